//! The safe-contact gate (SPEC 4.5, 3.20, NE-01, NE-02). Everything that goes to a person passes [`gate`] at the moment it
//! is sent. There is no other way to a [`Release`], and no flag that goes around it. Unknown is denied.

use jiff::civil::{Time, Weekday};

use crate::artefact::{Artefact, Audience, Text};
use crate::scan::{Found, Protected, scan, scan_protected};
use crate::time::At;

crate::code_list! {
    /// A channel to a person (SPEC 4.2 `safe_contact_channel`).
    pub enum Channel {
        /// In person at a site.
        InPersonSite = "in_person_site",
        /// Their mobile phone.
        PhoneMobile = "phone_mobile",
        /// Their phone at work.
        PhoneWork = "phone_work",
        /// Through someone they trust.
        PhoneViaTrustedPerson = "phone_via_trusted_person",
        /// Text message.
        Sms = "sms",
        /// E-mail.
        Email = "email",
        /// Letter to where they live.
        Post = "post",
        /// Letter to another address.
        PostToAlternative = "post_to_alternative",
        /// Message in an app.
        AppMessage = "app_message",
        /// The benefit account's journal, which a partner in a joint claim can read (R-UC-05).
        JournalOnlineAccount = "journal_online_account",
        /// Through a professional.
        ViaProfessional = "via_professional",
    }
}

impl Channel {
    /// Whether somebody may pick up.
    pub const fn is_phone(self) -> bool {
        matches!(
            self,
            Self::PhoneMobile | Self::PhoneWork | Self::PhoneViaTrustedPerson
        )
    }
}

crate::code_list! {
    /// What the person said about a channel (SPEC 4.2 `safe_contact_verdict`).
    pub enum Verdict {
        /// Safe.
        Safe = "safe",
        /// Safe at certain times only.
        SafeOnlyInWindow = "safe_only_in_window",
        /// Never.
        Never = "never",
        /// Unknown: treated as never.
        UnknownTreatAsNever = "unknown_treat_as_never",
    }
}

impl Verdict {
    /// The verdict when two records of one channel are merged: the more careful. A retired point cannot be revived by a merge.
    #[must_use]
    pub fn merged_with(self, other: Self) -> Self {
        let care = |verdict| match verdict {
            Self::Safe => 0,
            Self::SafeOnlyInWindow => 1,
            Self::UnknownTreatAsNever => 2,
            Self::Never => 3,
        };
        if care(self) >= care(other) {
            self
        } else {
            other
        }
    }
}

crate::code_list! {
    /// Who may pick up or read it first.
    pub enum AnsweredBy {
        /// Only the person.
        OnlyThem = "only_them",
        /// Someone they trust.
        TrustedPerson = "trusted_person",
        /// Someone else may.
        SomeoneElseMay = "someone_else_may",
        /// Not known.
        NotKnown = "not_known",
    }
}

/// A stretch of one weekday, on the wall clock in London, that is safe. It cannot run past midnight: use two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "(i8, i16, i16)", into = "(i8, i16, i16)")]
pub struct Window {
    day: Weekday,
    from: i16,
    to: i16,
}

/// A window that is empty, runs past midnight or names no weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a safe time must start before it ends, on one day")]
pub struct NotAWindow;

impl Window {
    /// Minutes in a day.
    const DAY: i16 = 24 * 60;

    /// From `from` (included) to `to` (excluded), in minutes after midnight, 0 to 1440.
    pub fn new(day: Weekday, from: i16, to: i16) -> Result<Self, NotAWindow> {
        if from >= 0 && from < to && to <= Self::DAY {
            Ok(Self { day, from, to })
        } else {
            Err(NotAWindow)
        }
    }

    /// The weekday.
    pub const fn day(self) -> Weekday {
        self.day
    }

    /// Start, in minutes after midnight (included).
    pub const fn from(self) -> i16 {
        self.from
    }

    /// End, in minutes after midnight (excluded); 1440 is midnight.
    pub const fn to(self) -> i16 {
        self.to
    }

    /// Whether an instant lies in it.
    pub fn contains(self, at: At) -> bool {
        let local = at.london();
        let minute = i16::from(local.hour()) * 60 + i16::from(local.minute());
        local.weekday() == self.day && self.from <= minute && minute < self.to
    }
}

impl TryFrom<(i8, i16, i16)> for Window {
    type Error = NotAWindow;

    /// From weekday (1 Monday to 7 Sunday), start and end minute.
    fn try_from((day, from, to): (i8, i16, i16)) -> Result<Self, NotAWindow> {
        Self::new(
            Weekday::from_monday_one_offset(day).map_err(|_| NotAWindow)?,
            from,
            to,
        )
    }
}

impl From<Window> for (i8, i16, i16) {
    fn from(window: Window) -> Self {
        (window.day.to_monday_one_offset(), window.from, window.to)
    }
}

/// The next instant, at or after `now` and within eight days, that lies in one of the windows.
pub fn next_open(windows: &[Window], now: At) -> Option<At> {
    if windows.iter().any(|window| window.contains(now)) {
        return Some(now);
    }
    let today = now.london_date();
    (0..=7_i64)
        .filter_map(|ahead| today.checked_add(jiff::Span::new().days(ahead)).ok())
        .flat_map(|date| {
            windows
                .iter()
                .filter(move |window| window.day == date.weekday())
                .map(move |window| (date, window.from))
        })
        .filter_map(|(date, minute)| {
            let time = Time::new(
                i8::try_from(minute / 60).ok()?,
                i8::try_from(minute % 60).ok()?,
                0,
                0,
            )
            .ok()?;
            At::from_london(date.to_datetime(time))
        })
        .filter(|at| *at >= now)
        .min()
}

/// What is known about one way to reach a person. The number or address itself is sealed elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactPoint {
    /// The channel.
    pub channel: Channel,
    /// What the person said.
    pub verdict: Verdict,
    /// When it is safe. With the verdict `safe`, none means any hour; with `safe_only_in_window`, none means never.
    pub windows: Vec<Window>,
    /// When the person last confirmed it. `None`: never.
    pub confirmed_at: Option<At>,
    /// When the confirmation lapses: C20 of the pack after `confirmed_at`. `None` counts as lapsed.
    pub expires_at: Option<At>,
    /// The person's own permission to leave a voicemail on this number, and when they gave it. `None`: no (SPEC 3.20).
    pub voicemail_since: Option<At>,
    /// Who may pick up or read first.
    pub answered_by: AnsweredBy,
    /// Whether only a neutral sender may show. The safe setting is yes.
    pub neutral_only: bool,
    /// Whether another claimant reads the same account: for the journal (R-UC-05). Anything but a plain no counts as yes.
    pub shared_account: crate::answer::Answer,
}

impl ContactPoint {
    /// A channel of which nothing is known: nothing passes.
    pub const fn unknown(channel: Channel) -> Self {
        Self {
            channel,
            verdict: Verdict::UnknownTreatAsNever,
            windows: Vec::new(),
            confirmed_at: None,
            expires_at: None,
            voicemail_since: None,
            answered_by: AnsweredBy::NotKnown,
            neutral_only: true,
            shared_account: crate::answer::Answer::NotAsked,
        }
    }

    /// Whether the person said that this is a way to reach them, at some hour at least. "Never", what nobody knows, and
    /// "at certain times" without one are no way: whoever must not use it is not told that it is there (SPEC 4.5, 3.20).
    pub const fn is_a_way(&self) -> bool {
        match self.verdict {
            Verdict::Safe => true,
            Verdict::SafeOnlyInWindow => !self.windows.is_empty(),
            Verdict::Never | Verdict::UnknownTreatAsNever => false,
        }
    }

    /// The point after its person moved or left: kept, and never used again (SPEC 4.5).
    #[must_use]
    pub fn retired(self) -> Self {
        Self {
            verdict: Verdict::Never,
            voicemail_since: None,
            ..self
        }
    }
}

crate::code_list! {
    /// Why the gate said no.
    pub enum DenyReason {
        /// No contact point is known for the channel.
        NothingKnown = "nothing_known",
        /// The person said never.
        Never = "never",
        /// Nobody knows whether it is safe.
        NotKnownSafe = "not_known_safe",
        /// The person has not confirmed it.
        NotConfirmed = "not_confirmed",
        /// The confirmation has lapsed.
        Expired = "expired",
        /// Not at this hour.
        OutsideWindow = "outside_window",
        /// They moved or separated since they confirmed it.
        Reconfirm = "reconfirm",
        /// Nobody knows who may pick up.
        NotKnownWhoAnswers = "not_known_who_answers",
        /// Another person reads this account.
        SharedAccount = "shared_account",
        /// No permission to leave a voicemail on this number.
        NoVoicemail = "no_voicemail",
        /// The content holds a name, a place or a topic that it must not.
        NotNeutral = "not_neutral",
        /// This artefact does not go by this channel or to this audience.
        WrongChannel = "wrong_channel",
    }
}

/// What the worker can do instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alternative {
    /// Agree a safe way when next with the person; a task is raised (NE-01).
    AgreeASafeWay,
    /// Wait: it opens then. The gate is asked again at that moment.
    WaitUntil(At),
    /// Use the fixed neutral wording.
    UseNeutralWording,
    /// Telephone and speak only with the person, leaving no message.
    CallAndLeaveNoMessage,
    /// Speak with them in private: a pinned note or by phone, not the shared account.
    SpeakInPrivate,
}

/// The gate said no. Nothing was sent and nothing is lost: the message waits with a task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Nothing was sent: {reason}. The message is kept, and a task says what to do instead.")]
pub struct Denied {
    /// Why.
    pub reason: DenyReason,
    /// What can be done instead.
    pub alternative: Alternative,
    /// What the scan found, when it was the content.
    pub found: Option<Found>,
}

/// Who a message shows as its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The neutral sender of the installation.
    Neutral,
    /// The organisation's own name. Only for those who agreed to see it.
    Organisation,
}

/// The content of one artefact for one recipient.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// The text as it would go out.
    pub text: &'a Text,
    /// What this recipient must not see: names of agencies, addresses.
    pub protected: &'a Protected,
    /// Our own address, which begins each link to an organisation: chosen by whoever runs the installation and in the sender of
    /// every mail, it says nothing about anybody. Empty for what goes to a person.
    pub our_address: &'a str,
}

impl Content<'_> {
    fn scan(&self) -> Result<(), Found> {
        let mut whole = self.text.whole();
        if !self.our_address.is_empty() && self.text.artefact().audience() != Audience::Person {
            whole = whole.replace(self.our_address, " ");
        }
        if self.text.artefact() == Artefact::PrintSheet {
            scan_protected(&whole, self.protected)
        } else {
            scan(&whole, self.protected)
        }
    }
}

/// Leave to send one text to one recipient, now. Only the gate makes one; it carries the very text that was looked at, and
/// it is used up by sending.
///
/// ```compile_fail,E0451
/// use throughline_core::contact::{Release, Sender};
/// let forged = Release { text: unreachable!(), channel: None, sender: Sender::Neutral, at: unreachable!() };
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Release {
    text: Text,
    channel: Option<Channel>,
    sender: Sender,
    at: At,
}

impl Release {
    /// What may be sent.
    pub const fn text(&self) -> &Text {
        &self.text
    }

    /// By which channel to the person; `None` when it goes to a partner or a colleague.
    pub const fn channel(&self) -> Option<Channel> {
        self.channel
    }

    /// Which sender must show.
    pub const fn sender(&self) -> Sender {
        self.sender
    }

    /// When it was given. It does not outlive the moment: a queued message is checked again at dispatch.
    pub const fn at(&self) -> At {
        self.at
    }
}

/// The gate to a person (SPEC 4.5). `changed_at` is the latest of: when a change of address or a separation happened, and
/// when we learned of it; `None` when there was none.
pub fn gate(
    point: Option<&ContactPoint>,
    changed_at: Option<At>,
    now: At,
    content: Content<'_>,
    sender: Sender,
) -> Result<Release, Denied> {
    use Alternative as A;
    use DenyReason as R;
    let deny = |reason, alternative| {
        Err(Denied {
            reason,
            alternative,
            found: None,
        })
    };
    let Some(point) = point else {
        return deny(R::NothingKnown, A::AgreeASafeWay);
    };
    if content.text.artefact().audience() != Audience::Person
        || !content.text.artefact().goes_by(point.channel)
    {
        return deny(R::WrongChannel, A::AgreeASafeWay);
    }
    match point.verdict {
        Verdict::Never => return deny(R::Never, A::AgreeASafeWay),
        Verdict::UnknownTreatAsNever => return deny(R::NotKnownSafe, A::AgreeASafeWay),
        Verdict::Safe | Verdict::SafeOnlyInWindow => {}
    }
    // A confirmation dated in the future is a mistake, and a mistake is not knowledge.
    let Some(confirmed_at) = point.confirmed_at.filter(|at| *at <= now) else {
        return deny(R::NotConfirmed, A::AgreeASafeWay);
    };
    if changed_at.is_some_and(|changed| changed >= confirmed_at) {
        return deny(R::Reconfirm, A::AgreeASafeWay);
    }
    let Some(expires_at) = point.expires_at.filter(|at| now < *at) else {
        return deny(R::Expired, A::AgreeASafeWay);
    };
    let any_hour = point.verdict == Verdict::Safe && point.windows.is_empty();
    if !any_hour && !point.windows.iter().any(|window| window.contains(now)) {
        let wait = next_open(&point.windows, now).filter(|at| *at < expires_at);
        return deny(
            R::OutsideWindow,
            wait.map_or(A::AgreeASafeWay, A::WaitUntil),
        );
    }
    if point.answered_by == AnsweredBy::NotKnown {
        return deny(R::NotKnownWhoAnswers, A::AgreeASafeWay);
    }
    if point.channel == Channel::JournalOnlineAccount
        && !point.shared_account.is_no()
        && !content.text.artefact().is_neutral_for_journal()
    {
        return deny(R::SharedAccount, A::SpeakInPrivate);
    }
    if content.text.artefact() == Artefact::VoicemailPleaseCall
        && !point
            .voicemail_since
            .is_some_and(|since| since <= now && changed_at.is_none_or(|changed| changed < since))
    {
        return deny(R::NoVoicemail, A::CallAndLeaveNoMessage);
    }
    if let Err(found) = content.scan() {
        return Err(Denied {
            reason: R::NotNeutral,
            alternative: A::UseNeutralWording,
            found: Some(found),
        });
    }
    let sender = if point.neutral_only {
        Sender::Neutral
    } else {
        sender
    };
    Ok(Release {
        text: content.text.clone(),
        channel: Some(point.channel),
        sender,
        at: now,
    })
}

/// The gate to a partner or a colleague: same scan, no person's channel. The address must be one that the organisation
/// confirmed; `verified` says so. Unknown is denied.
pub fn gate_to_worker(verified: bool, now: At, content: Content<'_>) -> Result<Release, Denied> {
    let deny = |reason, found| {
        Err(Denied {
            reason,
            alternative: Alternative::UseNeutralWording,
            found,
        })
    };
    if content.text.artefact().audience() == Audience::Person {
        return deny(DenyReason::WrongChannel, None);
    }
    if !verified {
        return deny(DenyReason::NotKnownSafe, None);
    }
    match content.scan() {
        Err(found) => deny(DenyReason::NotNeutral, Some(found)),
        Ok(()) => Ok(Release {
            text: content.text.clone(),
            channel: None,
            sender: Sender::Neutral,
            at: now,
        }),
    }
}

#[cfg(test)]
#[path = "contact_tests.rs"]
mod tests;
