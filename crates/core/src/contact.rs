//! What a person said about how to reach them (SPEC 3.20, 4.5). Whether a message may go is the gate's: [`crate::gate`].

use jiff::civil::{Time, Weekday};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_its_own_day_of_the_week_and_no_other() {
        let window = Window::new(Weekday::Wednesday, 9 * 60, 17 * 60).unwrap();
        // 14 January 2026 is a Wednesday.
        for day in 12..=18 {
            for (hour, within) in [
                ("08:59", false),
                ("09:00", true),
                ("16:59", true),
                ("17:00", false),
            ] {
                let at = At::parse(&format!("2026-01-{day}T{hour}:00Z")).unwrap();
                assert_eq!(window.contains(at), within && day == 14, "{day} {hour}");
            }
        }
    }

    #[test]
    fn a_way_of_the_old_home_keeps_no_permission_for_a_voicemail() {
        let at = At::parse("2026-01-14T10:00:00Z").unwrap();
        let point = ContactPoint {
            verdict: Verdict::Safe,
            voicemail_since: Some(at),
            ..ContactPoint::unknown(Channel::PhoneMobile)
        };
        let retired = point.retired();
        assert_eq!(
            (retired.verdict, retired.voicemail_since),
            (Verdict::Never, None)
        );
    }
}
