//! A referral, from draft to outcome (SPEC 4.3 SM-REFERRAL). No state that is not final is without an owner, a clock and a
//! way out, and no decline, silence or bounce is without a next step (NE-22).
//!
//! Delivered, opened and accepted are three facts. Following a link is not opening: mail scanners follow links. Opened
//! means that a human gave the code. Accepted means that a named human took it on (ASSURANCE 2.19).

use crate::clock::ClockId;
use crate::code::Code;
use crate::machine::IllegalMove;
use crate::reason::WorkerName;
use crate::task::{Duty, OnTimeout, Owner, TaskKind};

crate::code_list! {
    /// Where a referral stands.
    pub enum ReferralState {
        /// Begun, not sent.
        Draft = "draft",
        /// Agreed in advance: it is sent when the one before it comes to nothing ([`crate::line`]).
        InLine = "in_line",
        /// It has left us; nothing shows that it arrived.
        Sent = "sent",
        /// It arrived (`received` in SPEC 4.3). Nobody has read it yet.
        Received = "received",
        /// A human at the service gave the code and saw it.
        Opened = "opened",
        /// Another service accepted; this offer waits until the person chooses.
        Held = "held",
        /// A named human took it on.
        Accepted = "accepted",
        /// On the service's waiting list.
        Waitlisted = "waitlisted",
        /// It could not be delivered.
        Undelivered = "undelivered",
        /// Nobody answered in time. A late yes is still a yes.
        NoResponse = "no_response",
        /// The service has spoken with the person.
        FirstContact = "first_contact",
        /// Help is under way.
        InService = "in_service",
        /// The service said no, with a reason.
        Declined = "declined",
        /// The person said no. Never counted as the service's refusal.
        SurvivorDeclined = "survivor_declined",
        /// Taken back by the worker, for example because the person chose another offer.
        Withdrawn = "withdrawn",
        /// Ended. Whether it helped is a separate fact.
        Ended = "ended",
    }
}

crate::code_list! {
    /// Why a service said no or a need stayed unmet (SPEC 4.2 `unmet_reason`).
    pub enum UnmetReason {
        /// No capacity or no space.
        NoCapacityOrNoSpace = "no_capacity_or_no_space",
        /// No space for a family of this size.
        NoSpaceForFamilySize = "no_space_for_family_size",
        /// No recourse to public funds.
        NoRecourseToPublicFunds = "no_recourse_to_public_funds",
        /// Mental health needs too high for the service.
        MentalHealthNeedsTooHigh = "mental_health_needs_too_high",
        /// Drug needs too high for the service.
        DrugNeedsTooHigh = "drug_needs_too_high",
        /// Alcohol needs too high for the service.
        AlcoholNeedsTooHigh = "alcohol_needs_too_high",
        /// Offending history.
        OffendingHistory = "offending_history",
        /// Age of a boy in the family.
        AgeOfMaleChild = "age_of_male_child",
        /// Younger than the service takes.
        YoungVictimUnderThreshold = "young_victim_under_threshold",
        /// No access for a disabled person.
        DisabilityAccessNotAvailable = "disability_access_not_available",
        /// No support in their language.
        LanguageSupportNotAvailable = "language_support_not_available",
        /// Another reason to do with immigration.
        ImmigrationOther = "immigration_other",
        /// The service does not serve their sex.
        VictimGenderNotServed = "victim_gender_not_served",
        /// The service does not serve LGBT+ people.
        LgbtNotServed = "lgbt_not_served",
        /// A large pet.
        LargePet = "large_pet",
        /// Outside the area or a local-connection rule.
        OutsideAreaOrLocalConnectionRule = "outside_area_or_local_connection_rule",
        /// Risk to others, or the area is unsafe for them.
        RiskToOthersOrAreaUnsafe = "risk_to_others_or_area_unsafe",
        /// In work and the rent cannot be afforded.
        EmploymentRentUnaffordable = "employment_rent_unaffordable",
        /// The service could not reach the person. Not a refusal.
        CouldNotContact = "could_not_contact",
        /// The person said no to the offer. Not a refusal.
        SurvivorDeclinedOffer = "survivor_declined_offer",
        /// The person found something else. Not a refusal.
        SurvivorFoundOther = "survivor_found_other",
        /// The service takes no referrals now.
        ServiceClosedToReferrals = "service_closed_to_referrals",
        /// Another reason.
        Other = "other",
        /// It is not what the service does: the request went to the wrong place. Ours, not in SPEC 4.2; no refusal of the person.
        NotOurWork = "not_our_work",
        /// The service helps this person with this already, or has the same request twice. Ours, not in SPEC 4.2; no refusal.
        AlreadyWithUs = "already_with_us",
    }
}

impl UnmetReason {
    /// Whether it counts as the service refusing. Three of the reasons of SPEC 4.2 do not (`not_refusal` in the list), and the two of
    /// ours do not.
    pub const fn is_refusal(self) -> bool {
        !matches!(
            self,
            Self::SurvivorDeclinedOffer
                | Self::SurvivorFoundOther
                | Self::CouldNotContact
                | Self::NotOurWork
                | Self::AlreadyWithUs
        )
    }

    /// Whether it says whom the service takes or what it does, so that its entry in the directory may be wrong or silent about it. How
    /// full it is on one day does not, nor what it says of one person.
    pub const fn is_about_the_entry(self) -> bool {
        match self {
            Self::NoRecourseToPublicFunds
            | Self::MentalHealthNeedsTooHigh
            | Self::DrugNeedsTooHigh
            | Self::AlcoholNeedsTooHigh
            | Self::OffendingHistory
            | Self::AgeOfMaleChild
            | Self::YoungVictimUnderThreshold
            | Self::DisabilityAccessNotAvailable
            | Self::LanguageSupportNotAvailable
            | Self::VictimGenderNotServed
            | Self::LgbtNotServed
            | Self::LargePet
            | Self::OutsideAreaOrLocalConnectionRule
            | Self::EmploymentRentUnaffordable
            | Self::ServiceClosedToReferrals
            | Self::NotOurWork => true,
            Self::NoCapacityOrNoSpace
            | Self::NoSpaceForFamilySize
            | Self::ImmigrationOther
            | Self::RiskToOthersOrAreaUnsafe
            | Self::CouldNotContact
            | Self::SurvivorDeclinedOffer
            | Self::SurvivorFoundOther
            | Self::Other
            | Self::AlreadyWithUs => false,
        }
    }
}

crate::code_list! {
    /// Why help ended. It says nothing about whether it helped: see [`Helped`].
    pub enum EndReason {
        /// The work was finished.
        Finished = "finished",
        /// The person chose to stop.
        PersonStopped = "person_stopped",
        /// The person moved away.
        Moved = "moved",
        /// Passed to another service that has accepted.
        PassedOn = "passed_on",
        /// The service lost touch with the person.
        LostTouch = "lost_touch",
        /// The service could not go on.
        ServiceStopped = "service_stopped",
        /// The person died.
        Died = "died",
        /// Another reason.
        Other = "other",
    }
}

crate::code_list! {
    /// Whether the help helped, as the person sees it. Closed and helped are two facts.
    pub enum Helped {
        /// Yes.
        Yes = "yes",
        /// In part.
        Partly = "partly",
        /// No.
        No = "no",
        /// Nobody knows. Never counted as yes and never as no.
        NotKnown = "not_known",
    }
}

impl EndReason {
    /// The next step after help ended so. Only work that was finished and helped leaves nobody to look after: everybody else
    /// must not be lost between the service and the worker (NE-22).
    pub const fn next_step(self, helped: Helped) -> Option<NextStep> {
        let (task, clock) = match (self, helped) {
            (Self::Finished, Helped::Yes) => return None,
            // There is nothing to offer any more, and somebody must know.
            (Self::Died, _) => (TaskKind::ActOnEscalation, ClockId::EscalationAct),
            _ => (TaskKind::OfferNext, ClockId::NextOffer),
        };
        Some(NextStep {
            task,
            owner: Owner::CaseWorker,
            clock,
        })
    }
}

/// What can happen to a referral.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferralMove {
    /// It waits until the one before it comes to nothing.
    PutInLine,
    /// It is sent, or sent again after a bounce or silence.
    Send,
    /// There is proof that it arrived.
    Deliver,
    /// It could not be delivered.
    Bounce,
    /// A human gave the code and saw it.
    Open,
    /// A named human takes it on.
    Accept {
        /// The name they gave.
        by: WorkerName,
    },
    /// The service puts the person on its waiting list.
    Waitlist {
        /// How long the wait may be, in days, when the service says.
        days: Option<u16>,
    },
    /// The service says no.
    Decline {
        /// Why.
        reason: UnmetReason,
    },
    /// The clock ran out.
    TimeOut,
    /// Another service accepted: this one waits.
    Hold,
    /// The person did not choose the other one: the service is asked again and its clock starts again. One that had said yes is
    /// not asked again: its yes stands.
    Release {
        /// Whether it had said yes before its offer was held.
        said_yes: bool,
    },
    /// The person says no.
    PersonDeclines,
    /// The worker takes it back.
    Withdraw,
    /// The service has spoken with the person.
    FirstContact,
    /// Help begins.
    Start,
    /// Help ends.
    End {
        /// Why it ended.
        reason: EndReason,
        /// Whether it helped.
        helped: Helped,
    },
}

impl ReferralMove {
    /// Its stable code, for the record of transitions.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PutInLine => "put_in_line",
            Self::Send => "send",
            Self::Deliver => "deliver",
            Self::Bounce => "bounce",
            Self::Open => "open",
            Self::Accept { .. } => "accept",
            Self::Waitlist { .. } => "waitlist",
            Self::Decline { .. } => "decline",
            Self::TimeOut => "time_out",
            Self::Hold => "hold",
            Self::Release { .. } => "release",
            Self::PersonDeclines => "person_declines",
            Self::Withdraw => "withdraw",
            Self::FirstContact => "first_contact",
            Self::Start => "start",
            Self::End { .. } => "end",
        }
    }

    /// The next step that this move into `state` calls for: that of the state, or of how help ended.
    pub const fn next_step(&self, state: ReferralState) -> Option<NextStep> {
        match self {
            Self::End { reason, helped } => reason.next_step(*helped),
            _ => state.next_step(),
        }
    }
}

/// What must follow when a service says no, is silent or cannot be reached (NE-22): a task for the worker with at least one
/// alternative (a named human and a helpline when nothing else fits). The statement and the packet are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextStep {
    /// The task.
    pub task: TaskKind,
    /// Who gets it.
    pub owner: Owner,
    /// The clock it runs on.
    pub clock: ClockId,
}

crate::code_list! {
    /// What asking a service has come to, in the words of somebody who might ask it again (NE-22).
    pub enum Asked {
        /// Not asked yet: it is next in line.
        InLine = "in_line",
        /// No answer yet.
        Waiting = "waiting",
        /// It said yes, keeps the person on its list, or helps.
        Yes = "yes",
        /// It said no.
        No = "no",
        /// The person did not want it.
        PersonDeclined = "person_declined",
        /// It was taken back.
        TakenBack = "taken_back",
        /// Help was given, and is over.
        Over = "over",
    }
}

impl Asked {
    /// Whether the request is still open: the service is not asked a second time.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::InLine | Self::Waiting | Self::Yes)
    }
}

impl ReferralState {
    /// What asking has come to. Only what is final may be asked afresh: an open request is looked at first.
    pub const fn asked(self) -> Asked {
        match self {
            Self::InLine => Asked::InLine,
            Self::Draft
            | Self::Sent
            | Self::Received
            | Self::Opened
            | Self::Held
            | Self::Undelivered
            | Self::NoResponse => Asked::Waiting,
            Self::Accepted | Self::Waitlisted | Self::FirstContact | Self::InService => Asked::Yes,
            Self::Declined => Asked::No,
            Self::SurvivorDeclined => Asked::PersonDeclined,
            Self::Withdrawn => Asked::TakenBack,
            Self::Ended => Asked::Over,
        }
    }

    /// Whether nothing more is to come of this referral.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Declined | Self::SurvivorDeclined | Self::Withdrawn | Self::Ended
        )
    }

    /// What becomes of the referral when the person takes back what they agreed to share: it is taken back, or, once the service
    /// has begun, it ends because they chose so and somebody offers what comes next. `None` when it is over already.
    pub const fn when_consent_is_taken_back(self) -> Option<ReferralMove> {
        match self {
            Self::Declined | Self::SurvivorDeclined | Self::Withdrawn | Self::Ended => None,
            Self::FirstContact | Self::InService => Some(ReferralMove::End {
                reason: EndReason::PersonStopped,
                helped: Helped::NotKnown,
            }),
            _ => Some(ReferralMove::Withdraw),
        }
    }

    /// Whether the service has said yes, or lets the person wait: it needs the request long after its answer, to make contact
    /// and to say what came of it.
    pub const fn has_the_person(self) -> bool {
        matches!(
            self,
            Self::Accepted | Self::Waitlisted | Self::FirstContact | Self::InService
        )
    }

    /// Whether the service has said yes, and it is not over: only then may it learn how to reach them.
    pub const fn has_said_yes(self) -> bool {
        matches!(self, Self::Accepted | Self::FirstContact | Self::InService)
    }

    /// Whether the service may still read the packet and answer.
    pub const fn is_with_service(self) -> bool {
        matches!(
            self,
            Self::Sent
                | Self::Received
                | Self::Opened
                | Self::NoResponse
                | Self::Accepted
                | Self::Waitlisted
                | Self::FirstContact
                | Self::InService
        )
    }

    /// Whether its service may be told more of it, or that something changed: it was sent and is not over.
    pub const fn may_be_told_more(self) -> bool {
        !self.is_final() && !matches!(self, Self::Draft | Self::InLine)
    }

    /// The state after a move. Errors when the move is not possible from here; nothing is lost.
    pub fn apply(self, by: &ReferralMove) -> Result<Self, IllegalMove> {
        use ReferralMove as M;
        let waiting = matches!(self, Self::Sent | Self::Received | Self::Opened);
        let next = match by {
            M::PutInLine if self == Self::Draft => Self::InLine,
            M::Send
                if matches!(
                    self,
                    Self::Draft | Self::InLine | Self::Undelivered | Self::NoResponse
                ) =>
            {
                Self::Sent
            }
            M::Deliver if self == Self::Sent => Self::Received,
            M::Bounce if matches!(self, Self::Sent | Self::Received) => Self::Undelivered,
            // Proof of delivery may lag behind the reader.
            M::Open if matches!(self, Self::Sent | Self::Received) => Self::Opened,
            M::Accept { .. } if waiting || matches!(self, Self::Waitlisted | Self::NoResponse) => {
                Self::Accepted
            }
            M::Waitlist { .. } if waiting || self == Self::NoResponse => Self::Waitlisted,
            M::Decline { .. }
                if waiting
                    || matches!(
                        self,
                        Self::Accepted | Self::Waitlisted | Self::NoResponse | Self::Held
                    ) =>
            {
                Self::Declined
            }
            M::TimeOut if waiting || self == Self::Undelivered => Self::NoResponse,
            // Whoever said yes in the same instant as another is held as well: the person chooses.
            M::Hold if waiting || matches!(self, Self::Waitlisted | Self::Accepted) => Self::Held,
            M::Release { said_yes: true } if self == Self::Held => Self::Accepted,
            M::Release { said_yes: false } if self == Self::Held => Self::Sent,
            M::PersonDeclines if !self.is_final() => Self::SurvivorDeclined,
            M::Withdraw
                if !self.is_final() && !matches!(self, Self::FirstContact | Self::InService) =>
            {
                Self::Withdrawn
            }
            M::FirstContact if self == Self::Accepted => Self::FirstContact,
            M::Start if self == Self::FirstContact => Self::InService,
            M::End { .. }
                if matches!(self, Self::Accepted | Self::FirstContact | Self::InService) =>
            {
                Self::Ended
            }
            _ => {
                return Err(IllegalMove {
                    machine: "referral",
                    from: self.code(),
                    by: by.code(),
                });
            }
        };
        Ok(next)
    }

    /// Who must act, by which clock, and what happens if they do not; `None` when the state is final. How long the clock
    /// runs depends on the urgency, by the pack ([`crate::pack::Pack::urgency`]).
    pub const fn duty(self) -> Option<Duty<ReferralMove>> {
        let (owner, clock, on_timeout) = match self {
            Self::Draft => (
                Owner::CaseWorker,
                ClockId::ReferralSend,
                OnTimeout::Climb(TaskKind::FinishReferral),
            ),
            // Whenever the clock runs out it is seen whose turn it is ([`crate::line`]); the worker owns it until it is sent.
            Self::InLine => (
                Owner::CaseWorker,
                ClockId::LineReview,
                OnTimeout::Climb(TaskKind::AskWhichOffer),
            ),
            // The service cannot act on what has not reached it, so the sender owns it until it has.
            Self::Sent => (
                Owner::CaseWorker,
                ClockId::ReferralDelivery,
                OnTimeout::Move(ReferralMove::TimeOut),
            ),
            Self::Received | Self::Opened => (
                Owner::ReceivingService,
                ClockId::ReferralAnswer,
                OnTimeout::Move(ReferralMove::TimeOut),
            ),
            Self::Held => (
                Owner::CaseWorker,
                ClockId::HeldReview,
                OnTimeout::Climb(TaskKind::AskWhichOffer),
            ),
            Self::Accepted => (
                Owner::AcceptingWorker,
                ClockId::FirstContact,
                OnTimeout::Climb(TaskKind::ChaseReferral),
            ),
            Self::Waitlisted => (
                Owner::CaseWorker,
                ClockId::WaitlistReview,
                OnTimeout::Climb(TaskKind::AskWhetherStillWaiting),
            ),
            Self::Undelivered => (
                Owner::CaseWorker,
                ClockId::NextOffer,
                OnTimeout::Move(ReferralMove::TimeOut),
            ),
            Self::NoResponse => (
                Owner::CaseWorker,
                ClockId::NextOffer,
                OnTimeout::Climb(TaskKind::OfferNext),
            ),
            Self::FirstContact => (
                Owner::AcceptingWorker,
                ClockId::ServiceStart,
                OnTimeout::Climb(TaskKind::AskWhetherStarted),
            ),
            Self::InService => (
                Owner::AcceptingWorker,
                ClockId::ServiceReview,
                OnTimeout::Climb(TaskKind::AskWhetherHelping),
            ),
            Self::Declined | Self::SurvivorDeclined | Self::Withdrawn | Self::Ended => return None,
        };
        Some(Duty {
            owner,
            clock,
            on_timeout,
        })
    }

    /// The next step that entering this state calls for (NE-22).
    pub const fn next_step(self) -> Option<NextStep> {
        match self {
            Self::Declined | Self::NoResponse | Self::Undelivered => Some(NextStep {
                task: TaskKind::OfferNext,
                owner: Owner::CaseWorker,
                clock: ClockId::NextOffer,
            }),
            _ => None,
        }
    }
}

/// A warm handover: it is one only when both workers and the person say so (SPEC 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Handover {
    /// The worker who refers confirmed it.
    pub referrer: bool,
    /// The worker who receives confirmed it.
    pub receiver: bool,
    /// The person confirmed it.
    pub person: bool,
}

impl Handover {
    /// Whether all three confirmed.
    pub const fn is_complete(self) -> bool {
        self.referrer && self.receiver && self.person
    }
}

#[cfg(test)]
#[path = "referral_tests.rs"]
mod tests;
