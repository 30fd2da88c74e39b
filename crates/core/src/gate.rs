//! The safe-contact gate (SPEC 4.5, 3.20, NE-01, NE-02). Everything that goes to a person passes [`gate`] at the moment it
//! is sent. There is no other way to a [`Release`], and no flag that goes around it. Unknown is denied.

use crate::artefact::{Artefact, Audience, Text};
use crate::contact::{AnsweredBy, Channel, ContactPoint, Verdict, next_open};
use crate::scan::{Found, Protected, scan, scan_protected};
use crate::time::At;

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

/// An e-mail address at an organisation that somebody answers for. The store alone makes one, from what it holds (a test says
/// so); an address that was typed is none.
#[derive(Clone, PartialEq, Eq)]
pub struct Confirmed(String);

impl Confirmed {
    /// Of an account: its holder was let in with it and signs in with it.
    pub const fn of_account(email: String) -> Self {
        Self(email)
    }

    /// Of a service: one steward rang back and proposed it, another confirmed it.
    pub const fn by_two(email: String) -> Self {
        Self(email)
    }
}

impl std::fmt::Debug for Confirmed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Confirmed")
    }
}

/// Leave to send one text to one recipient, now. Only the gate makes one; it carries the very text that was looked at and the
/// one recipient it was looked at for, and it is used up by sending: a queued message is checked again when it goes.
///
/// ```compile_fail,E0451
/// use throughline_core::gate::{Release, Sender};
/// let forged = Release { text: unreachable!(), to: unreachable!(), channel: None, sender: Sender::Neutral };
/// ```
#[derive(PartialEq, Eq)]
pub struct Release {
    text: Text,
    to: String,
    channel: Option<Channel>,
    sender: Sender,
}

impl std::fmt::Debug for Release {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Release({})", self.text.artefact())
    }
}

impl Release {
    /// What may be sent.
    pub const fn text(&self) -> &Text {
        &self.text
    }

    /// To whom: one number or address. Blank where the channel has none, as in person at a site.
    pub fn to(&self) -> &str {
        &self.to
    }

    /// By which channel to the person; `None` when it goes to a partner or a colleague.
    pub const fn channel(&self) -> Option<Channel> {
        self.channel
    }

    /// Which sender must show.
    pub const fn sender(&self) -> Sender {
        self.sender
    }
}

/// The gate to a person (SPEC 4.5): whether a text may go `to` the number or address of a point, now. `changed_at` is the latest
/// of: when a change of address or a separation happened, and when we learned of it; `None` when there was none.
pub fn gate(
    point: Option<&ContactPoint>,
    to: &str,
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
    // Whoever else may pick up or read first is told no name of an agency, whatever the person agreed to see themselves.
    let sender = if point.neutral_only || point.answered_by != AnsweredBy::OnlyThem {
        Sender::Neutral
    } else {
        sender
    };
    Ok(Release {
        text: content.text.clone(),
        to: to.to_owned(),
        channel: Some(point.channel),
        sender,
    })
}

/// The gate to a partner or a colleague: same scan, no person's channel.
pub fn gate_to_worker(to: &Confirmed, content: Content<'_>) -> Result<Release, Denied> {
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
    match content.scan() {
        Err(found) => deny(DenyReason::NotNeutral, Some(found)),
        Ok(()) => Ok(Release {
            text: content.text.clone(),
            to: to.0.clone(),
            channel: None,
            sender: Sender::Neutral,
        }),
    }
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
