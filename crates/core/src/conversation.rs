//! A conversation at a front door (SPEC 4.3 SM-RESPONSE, 3.20). First: is it safe to talk? "Not now" is a good ending, a
//! sign is not a disclosure, and an emergency is never gated by a form.

use crate::answer::Answer;
use crate::clock::ClockId;
use crate::code::Code;
use crate::machine::IllegalMove;
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
        /// It is closed. Guarded by [`crate::closing::may_close`].
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
            // Again and again, if need be: it comes back on a fresh clock each time.
            M::Leave if self != Self::Closed => Self::Later,
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

#[cfg(test)]
#[path = "conversation_tests.rs"]
mod tests;
