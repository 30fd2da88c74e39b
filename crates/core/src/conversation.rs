//! A conversation at a front door (SPEC 4.3 SM-RESPONSE, 3.20). First: is it safe to talk? "Not now" is a good ending, a
//! sign is not a disclosure, and an emergency is never gated by a form.

use crate::answer::Answer;
use crate::clock::ClockId;
use crate::code::Code;
use crate::immediate::ImmediateKind;
use crate::machine::IllegalMove;
use crate::referral::ReferralState;
use crate::risk::RiskBand;
use crate::task::{Duty, OnTimeout, Owner, TaskKind};

crate::code_list! {
    /// Who interprets.
    pub enum Interpreter {
        /// Nobody: none is needed.
        None = "none",
        /// A professional.
        Professional = "professional",
        /// Family, a friend, someone from their community (NE-18).
        Family = "family",
        /// Not known.
        NotKnown = "not_known",
    }
}

crate::code_list! {
    /// Who can hear or see.
    pub enum Overheard {
        /// Nobody.
        Nobody = "nobody",
        /// A child old enough to speak (SPEC 3.20).
        Child = "child",
        /// A partner or relative.
        PartnerOrFamily = "partner_or_family",
        /// The public, at an open desk.
        Public = "public",
        /// Colleagues.
        Staff = "staff",
        /// Not known.
        NotKnown = "not_known",
    }
}

crate::code_list! {
    /// How they talk.
    pub enum Mode {
        /// Face to face.
        InPerson = "in_person",
        /// By telephone.
        Telephone = "telephone",
        /// By telephone on a loudspeaker.
        Loudspeaker = "loudspeaker",
        /// By video.
        Video = "video",
    }
}

/// The answers to "is it safe to talk?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SafeToTalk {
    /// Are they alone?
    pub alone: Answer,
    /// Who interprets?
    pub interpreter: Interpreter,
    /// Who can hear or see?
    pub overheard: Overheard,
    /// How do they talk?
    pub mode: Mode,
}

/// How the worker should talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TalkMode {
    /// An ordinary appointment: nothing about abuse is asked or shown, and the screen says so quietly.
    OrdinaryAppointment,
    /// It is safe to ask.
    SafeEnquiry,
}

/// How far what is said may travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// As the person agrees.
    AsAgreed,
    /// Not beyond the specialist service (ASSURANCE C5).
    SpecialistOnly,
}

impl SafeToTalk {
    /// Whether to ask or to keep to an ordinary appointment. Anything unknown is not safe (SPEC 3.20).
    pub fn talk_mode(self) -> TalkMode {
        let interpreter_ok = matches!(
            self.interpreter,
            Interpreter::None | Interpreter::Professional
        );
        let heard_by_nobody = self.overheard == Overheard::Nobody && self.mode != Mode::Loudspeaker;
        if self.alone.is_yes() && interpreter_ok && heard_by_nobody {
            TalkMode::SafeEnquiry
        } else {
            TalkMode::OrdinaryAppointment
        }
    }
}

/// How far it may travel, from the answer to "seen alone?". No answer at all counts as no (ASSURANCE C5).
pub fn reach(safe: Option<SafeToTalk>) -> Reach {
    match safe.map(SafeToTalk::talk_mode) {
        Some(TalkMode::SafeEnquiry) => Reach::AsAgreed,
        Some(TalkMode::OrdinaryAppointment) | None => Reach::SpecialistOnly,
    }
}

crate::code_list! {
    /// Something the worker saw. An observation, not a diagnosis: it never makes a flag that others see (SPEC 3.20).
    pub enum Sign {
        /// An injury.
        Injury = "injury",
        /// They seem afraid of someone.
        AfraidOfSomeone = "afraid_of_someone",
        /// Someone else answers for them.
        AnsweredFor = "answered_for",
        /// They never come alone.
        NeverAlone = "never_alone",
        /// Their phone rings or is watched all the time.
        PhoneWatched = "phone_watched",
        /// They have no money of their own.
        NoOwnMoney = "no_own_money",
        /// They carry their belongings.
        CarriesBelongings = "carries_belongings",
        /// They have slept outside or in a car.
        SleptRough = "slept_rough",
        /// They missed appointments.
        MissedAppointments = "missed_appointments",
        /// They are in distress.
        InDistress = "in_distress",
        /// They changed the subject or fell silent.
        FellSilent = "fell_silent",
        /// A child seems afraid or hungry.
        ChildSeemsAfraid = "child_seems_afraid",
        /// They moved suddenly.
        MovedSuddenly = "moved_suddenly",
        /// They speak of ending their life.
        SpeaksOfSuicide = "speaks_of_suicide",
    }
}

crate::code_list! {
    /// Where a conversation stands.
    pub enum Stage {
        /// Begun.
        Noticed = "noticed",
        /// It was not safe to ask.
        UnsafeToAsk = "unsafe_to_ask",
        /// Asked, and they did not say anything. A good ending; no note that a partner may see.
        NotDisclosed = "not_disclosed",
        /// They told us.
        Disclosed = "disclosed",
        /// The risk was judged, or put on its clock.
        RiskChecked = "risk_checked",
        /// Bed, money and essentials were answered.
        NeedsAnswered = "needs_answered",
        /// A referral was made.
        Referred = "referred",
        /// Getting on with life.
        Recovery = "recovery",
        /// Information was offered.
        InformationOffered = "information_offered",
        /// Left for another day.
        Later = "later",
        /// Closed.
        Closed = "closed",
    }
}

crate::code_list! {
    /// What can happen in a conversation.
    pub enum StageMove {
        /// It is not safe to ask.
        FindUnsafe = "find_unsafe",
        /// They were asked safely and said nothing.
        HearNothing = "hear_nothing",
        /// They tell, asked or unasked.
        Hear = "hear",
        /// The risk is judged or put on its clock.
        CheckRisk = "check_risk",
        /// Bed, money and essentials are answered.
        AnswerNeeds = "answer_needs",
        /// A referral is made.
        Refer = "refer",
        /// Recovery begins.
        Recover = "recover",
        /// Information is offered.
        OfferInformation = "offer_information",
        /// It is left for another day.
        Leave = "leave",
        /// It is closed. Guarded by [`may_close`].
        Close = "close",
        /// "I called 999." From any stage, nothing else mandatory; the stage stays.
        Called999 = "called_999",
    }
}

impl Stage {
    /// Whether nothing more is to come.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Closed)
    }

    /// The stage after a move. "I called 999" is possible from every stage, a closed one too.
    pub fn apply(self, by: StageMove) -> Result<Self, IllegalMove> {
        use StageMove as M;
        let before_telling = matches!(
            self,
            Self::Noticed
                | Self::UnsafeToAsk
                | Self::NotDisclosed
                | Self::InformationOffered
                | Self::Later
        );
        let next = match by {
            M::Called999 => self,
            M::FindUnsafe if before_telling => Self::UnsafeToAsk,
            M::HearNothing if before_telling => Self::NotDisclosed,
            M::Hear if before_telling => Self::Disclosed,
            M::CheckRisk if self == Self::Disclosed => Self::RiskChecked,
            M::AnswerNeeds if matches!(self, Self::Disclosed | Self::RiskChecked) => {
                Self::NeedsAnswered
            }
            // Referring must not wait for the other cards.
            M::Refer
                if matches!(
                    self,
                    Self::Disclosed | Self::RiskChecked | Self::NeedsAnswered
                ) =>
            {
                Self::Referred
            }
            // Recovery does wait for bed, money and essentials (SPEC 4.3); the close guard asks again.
            M::Recover if matches!(self, Self::NeedsAnswered | Self::Referred) => Self::Recovery,
            M::OfferInformation if matches!(self, Self::NotDisclosed | Self::UnsafeToAsk) => {
                Self::InformationOffered
            }
            M::Leave if !matches!(self, Self::Closed | Self::Later) => Self::Later,
            M::Close if self != Self::Closed => Self::Closed,
            _ => {
                return Err(IllegalMove {
                    machine: "conversation",
                    from: self.code(),
                    by: by.code(),
                });
            }
        };
        Ok(next)
    }

    /// Who must act next and by which clock; `None` when it is closed.
    pub const fn duty(self) -> Option<Duty<StageMove>> {
        let (clock, task) = match self {
            Self::Closed => return None,
            Self::Disclosed => (ClockId::RiskJudged, TaskKind::JudgeRisk),
            _ => (ClockId::ConversationResume, TaskKind::ResumeConversation),
        };
        Some(Duty {
            owner: Owner::CaseWorker,
            clock,
            on_timeout: OnTimeout::Climb(task),
        })
    }
}

/// What the close guard looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseFacts<'a> {
    /// Whether they told us anything; a conversation without a disclosure closes freely.
    pub disclosed: bool,
    /// Which of bed, money and essentials have an answer.
    pub answered: &'a [ImmediateKind],
    /// For each child that is known of: whether safeguarding was decided.
    pub children: &'a [bool],
    /// The risk as recorded; `None`: nothing recorded.
    pub risk: Option<RiskBand>,
    /// Whether a risk that is not judged is on its clock with an owner.
    pub risk_on_clock: bool,
}

/// Something that stands before closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StillOpen {
    /// Bed, money or essentials has no answer.
    #[error("Say what happened about {}.", .0.plain())]
    Immediate(ImmediateKind),
    /// A child has no safeguarding decision.
    #[error("Decide about safeguarding for each child.")]
    Child,
    /// The risk is neither recorded nor on its clock.
    #[error("Record the risk, or ask your lead to judge it.")]
    Risk,
    /// A service still has a request.
    #[error("End each request that a service still has, or take it back.")]
    Referral,
    /// The lead has not yet acted on a high risk.
    #[error("Your lead has yet to act on the high risk.")]
    Escalation,
    /// Nobody has yet looked at what the child needs.
    #[error("Look at the child's own needs.")]
    ChildReview,
}

/// Whether a conversation may close (SPEC 4.3). Errors with everything that stands open, so that one look is enough.
pub fn may_close(facts: &CloseFacts<'_>) -> Result<(), Vec<StillOpen>> {
    let mut open = Vec::new();
    if facts.disclosed {
        let unanswered = |kind: &&ImmediateKind| !facts.answered.contains(kind);
        open.extend(
            ImmediateKind::ALL
                .iter()
                .filter(unanswered)
                .map(|kind| StillOpen::Immediate(*kind)),
        );
        match facts.risk {
            None => open.push(StillOpen::Risk),
            Some(RiskBand::NotAssessed) if !facts.risk_on_clock => open.push(StillOpen::Risk),
            Some(_) => {}
        }
    }
    // A child's safety does not depend on whether an adult told us.
    if facts.children.contains(&false) {
        open.push(StillOpen::Child);
    }
    if open.is_empty() { Ok(()) } else { Err(open) }
}

/// Whether a case may close: what holds a conversation, and what would be left with nobody once the case is closed. The clocks
/// of a case end with it, so that a risk that is only on its clock is not judged yet (docs/decisions/0011).
pub fn may_close_case(
    facts: &CloseFacts<'_>,
    referrals: &[ReferralState],
    tasks: &[TaskKind],
) -> Result<(), Vec<StillOpen>> {
    let mut open = may_close(&CloseFacts {
        risk_on_clock: false,
        ..*facts
    })
    .err()
    .unwrap_or_default();
    if referrals.iter().any(|state| !state.is_final()) {
        open.push(StillOpen::Referral);
    }
    if tasks.contains(&TaskKind::ActOnEscalation) {
        open.push(StillOpen::Escalation);
    }
    if tasks.contains(&TaskKind::ReviewChild) {
        open.push(StillOpen::ChildReview);
    }
    if open.is_empty() { Ok(()) } else { Err(open) }
}

#[cfg(test)]
#[path = "conversation_tests.rs"]
mod tests;
