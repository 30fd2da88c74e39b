//! Tasks, who owns them, and how they climb when nobody acts (SPEC 4.3 SM-ESCALATION, NE-08).

use crate::clock::ClockId;
use crate::code::Code;
use crate::machine::IllegalMove;

crate::code_list! {
    /// Who holds a duty. A post, not a name: the application finds the named human who holds it today.
    pub enum Owner {
        /// The worker whose case it is.
        CaseWorker = "case_worker",
        /// The lead for the site.
        Lead = "lead",
        /// The lead's deputy.
        Deputy = "deputy",
        /// The site manager.
        SiteManager = "site_manager",
        /// The district.
        District = "district",
        /// National.
        National = "national",
        /// The service the referral went to.
        ReceivingService = "receiving_service",
        /// The named human at the service who accepted.
        AcceptingWorker = "accepting_worker",
        /// The person who keeps the directory true.
        DirectorySteward = "directory_steward",
        /// The security officer.
        SecurityOfficer = "security_officer",
    }
}

impl Owner {
    /// Who is told next when the clock runs out: lead, deputy, site manager, district, national. The top stays at the top:
    /// an overdue duty is shown there until someone owns it (NE-08).
    #[must_use]
    pub const fn climbs_to(self) -> Self {
        match self {
            Self::CaseWorker | Self::DirectorySteward => Self::Lead,
            Self::Lead => Self::Deputy,
            Self::Deputy => Self::SiteManager,
            Self::SiteManager => Self::District,
            Self::District | Self::National | Self::SecurityOfficer => Self::National,
            // Silence at a service comes back to the one who sent.
            Self::ReceivingService | Self::AcceptingWorker => Self::CaseWorker,
        }
    }
}

crate::code_list! {
    /// What a task asks of its owner. The words shown are fixed per kind and carry no personal data.
    pub enum TaskKind {
        /// Agree a safe way to make contact (NE-01).
        AgreeSafeContact = "agree_safe_contact",
        /// Hand a message over to the person: say it, post it, type it.
        HandOverMessage = "hand_over_message",
        /// Offer the next option after a decline, silence or a bounce (NE-22).
        OfferNext = "offer_next",
        /// Send the referral that was begun, or drop it.
        FinishReferral = "finish_referral",
        /// Chase a referral nobody has taken up.
        ChaseReferral = "chase_referral",
        /// Ask the person which offer they choose.
        AskWhichOffer = "ask_which_offer",
        /// Ask whether help has begun.
        AskWhetherStarted = "ask_whether_started",
        /// Ask whether the help is helping.
        AskWhetherHelping = "ask_whether_helping",
        /// Ask whether they still want to wait.
        AskWhetherStillWaiting = "ask_whether_still_waiting",
        /// Judge the risk.
        JudgeRisk = "judge_risk",
        /// Answer the request for a private room.
        AnswerRoom = "answer_room",
        /// Try again for a bed, money or essentials.
        RetryImmediate = "retry_immediate",
        /// Look at a child's own needs.
        ReviewChild = "review_child",
        /// Ask whether there are children: nobody knew when somebody told us.
        AskAboutChildren = "ask_about_children",
        /// Take up a conversation that was left for later.
        ResumeConversation = "resume_conversation",
        /// Answer a question from the service.
        AnswerQuestion = "answer_question",
        /// Finish a duty to refer that was begun: the agreements, and sending it.
        FinishDutyToRefer = "finish_duty_to_refer",
        /// Chase the authority that a duty to refer went to.
        ChaseDutyToRefer = "chase_duty_to_refer",
        /// Ask the person again about their home: the authority could not reach them.
        AskAboutHomeAgain = "ask_about_home_again",
        /// Read what a service wrote of a request; it waits for no answer.
        ReadTheirWords = "read_their_words",
        /// Ask whether they still agree, before what they agreed to share lapses.
        AskConsentAgain = "ask_consent_again",
        /// Put on record in full why something was shared first, because a life was at stake.
        CompleteSharing = "complete_sharing",
        /// Decide, with reasons, whether to share at a high risk now that the person no longer agrees (NE-28).
        DecideSharing = "decide_sharing",
        /// See what it means for their help that the person, by themselves, made less of what is shared.
        SeeWhatTheyChanged = "see_what_they_changed",
        /// Ring a service from which a request was taken: it learns of it in no other way.
        TellService = "tell_service",
        /// Confirm a directory entry.
        ConfirmListing = "confirm_listing",
        /// Act on an escalation.
        ActOnEscalation = "act_on_escalation",
        /// See the address that a service gave, once, before it lapses.
        SeePlace = "see_place",
        /// Review why somebody was shown at once how to reach this person.
        ReviewReveal = "review_reveal",
        /// Review a break-glass look.
        ReviewBreakGlass = "review_break_glass",
        /// Plan two appointments at one site apart (NE-05). For a planner, never for the worker of either person.
        PlanApart = "plan_apart",
        /// Agree the time of an appointment with the person: somebody else changed it.
        AgreeTime = "agree_time",
    }
}

/// What happens when a clock runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnTimeout<M> {
    /// The machine makes this move by itself.
    Move(M),
    /// The state stays; this task climbs to the next owner until someone acts.
    Climb(TaskKind),
}

/// What every state that is not final must have: an owner, a clock and a way out (ASSURANCE 0.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duty<M> {
    /// Whose turn it is.
    pub owner: Owner,
    /// The clock that runs.
    pub clock: ClockId,
    /// What happens when it runs out.
    pub on_timeout: OnTimeout<M>,
}

crate::code_list! {
    /// Where a task or escalation stands.
    pub enum TaskState {
        /// Raised; nobody has taken it yet.
        Raised = "raised",
        /// Its owner has been told.
        Notified = "notified",
        /// A named human has taken it.
        Acknowledged = "acknowledged",
        /// Done.
        Done = "done",
        /// No longer needed, with a reason.
        Dropped = "dropped",
    }
}

crate::code_list! {
    /// What can happen to a task.
    pub enum TaskMove {
        /// The owner is told.
        Notify = "notify",
        /// A named human takes it.
        Acknowledge = "acknowledge",
        /// The clock ran out: the next owner up the ladder is to be told.
        Climb = "climb",
        /// It is done.
        Finish = "finish",
        /// It is no longer needed.
        Drop = "drop",
    }
}

impl TaskState {
    /// Whether nothing more is to come.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Dropped)
    }

    /// The state after a move.
    pub fn apply(self, by: TaskMove) -> Result<Self, IllegalMove> {
        match (self, by) {
            (Self::Raised, TaskMove::Notify) => Ok(Self::Notified),
            // Someone may act before any notice has gone out.
            (Self::Raised | Self::Notified, TaskMove::Acknowledge) => Ok(Self::Acknowledged),
            (Self::Raised | Self::Notified | Self::Acknowledged, TaskMove::Climb) => {
                Ok(Self::Raised)
            }
            (Self::Raised | Self::Notified | Self::Acknowledged, TaskMove::Finish) => {
                Ok(Self::Done)
            }
            (Self::Raised | Self::Notified | Self::Acknowledged, TaskMove::Drop) => {
                Ok(Self::Dropped)
            }
            _ => Err(IllegalMove {
                machine: "task",
                from: self.code(),
                by: by.code(),
            }),
        }
    }

    /// The duty of the state, `None` when it is final.
    pub const fn duty(self, owner: Owner) -> Option<Duty<TaskMove>> {
        let clock = match self {
            Self::Raised | Self::Notified => ClockId::EscalationAcknowledge,
            Self::Acknowledged => ClockId::EscalationAct,
            Self::Done | Self::Dropped => return None,
        };
        Some(Duty {
            owner,
            clock,
            on_timeout: OnTimeout::Move(TaskMove::Climb),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_owner_climbs_to_the_top_and_stays_there() {
        for owner in Owner::ALL {
            let mut at = *owner;
            for _ in 0..Owner::ALL.len() {
                at = at.climbs_to();
            }
            assert_eq!(at, Owner::National, "{owner}");
        }
    }

    #[test]
    fn every_open_task_has_an_owner_a_clock_and_a_way_to_climb() {
        for state in TaskState::ALL {
            match state.duty(Owner::Lead) {
                None => assert!(state.is_final()),
                Some(duty) => {
                    assert!(!state.is_final());
                    let OnTimeout::Move(by) = duty.on_timeout else {
                        panic!("a task climbs by moving")
                    };
                    assert!(state.apply(by).is_ok());
                }
            }
        }
    }

    /// Columns: notify acknowledge climb finish drop.
    const TABLE: &str = "
        raised       notified acknowledged raised done dropped
        notified     -        acknowledged raised done dropped
        acknowledged -        -            raised done dropped
        done         -        -            -      -    -
        dropped      -        -            -      -    -";

    #[test]
    fn every_state_answers_every_move_as_the_table_says() {
        for (row, state) in TABLE.trim().lines().zip(TaskState::ALL) {
            let cells: Vec<&str> = row.split_whitespace().collect();
            assert_eq!(cells.len(), TaskMove::ALL.len() + 1);
            assert_eq!(cells[0], state.code());
            for (cell, by) in cells[1..].iter().zip(TaskMove::ALL) {
                assert_eq!(
                    state.apply(*by).map_or("-", Code::code),
                    *cell,
                    "{state} by {by}"
                );
            }
        }
    }
}
