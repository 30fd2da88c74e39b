//! Closing: what stands before a conversation or a case may close, and what closing leaves to be done (SPEC 4.3 SM-RESPONSE,
//! R-UC-06, R-DAA-04). The same rules hold with a case and without one; only where an answer is kept differs. A conversation in
//! which nobody told anything closes freely, and "I called 999" is no matter of closing at all.

use crate::clock::ClockId;
use crate::code::Code as _;
use crate::immediate::{ImmediateAnswer, ImmediateCode, ImmediateDue, ImmediateKind, MoneyOpen};
use crate::need::NeedType;
use crate::referral::ReferralState;
use crate::risk::RiskBand;
use crate::task::{Owner, TaskKind};

crate::code_list! {
    /// The answer to "are there children?". Not asked is no answer, and is never "none".
    pub enum AreThereChildren {
        /// There are none.
        None = "none",
        /// There are.
        Yes = "yes",
        /// Nobody knows. Somebody asks again.
        NotKnown = "not_known",
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
    /// Whether there is a case, in which children can be recorded.
    pub has_case: bool,
    /// What was answered to "are there children?"; `None`: not asked.
    pub about_children: Option<AreThereChildren>,
    /// Whether safeguarding was decided, in the conversation itself, for children who are recorded nowhere.
    pub safeguarding_said: bool,
    /// What the answer about money leaves open.
    pub money: Option<MoneyOpen>,
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
    /// The answer about money is not whole.
    #[error("{0}")]
    Money(MoneyOpen),
    /// Nobody has said whether there are children, or nobody knows and it is still to be asked.
    #[error("Say whether there are children.")]
    AreThereChildren,
    /// There are children and none of them is recorded.
    #[error("Record each child.")]
    RecordChild,
    /// There are children who are recorded nowhere, and nothing was decided about safeguarding them.
    #[error("Decide about safeguarding the children.")]
    Safeguarding,
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
    /// A service may still ring the person about a request that was taken from it.
    #[error("Tell the service that it is not to act any more.")]
    ServiceNotTold,
    /// A council has a duty to refer, or one was begun.
    #[error("Record what the council said about their home, or stop the referral.")]
    DutyToRefer,
    /// Whether to share, or the reasons why it was shared first, are not written down (NE-28, SPEC 4.7).
    #[error("Decide about sharing, and give the reasons.")]
    Sharing,
}

impl StillOpen {
    /// Its code, for the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Immediate(ImmediateKind::Bed) => "bed",
            Self::Immediate(ImmediateKind::Money) => "money",
            Self::Immediate(ImmediateKind::Essentials) => "essentials",
            Self::Money(_) => "money_way",
            Self::AreThereChildren => "are_there_children",
            Self::RecordChild => "record_child",
            Self::Safeguarding => "safeguarding",
            Self::Child => "child",
            Self::Risk => "risk",
            Self::Referral => "referral",
            Self::Escalation => "escalation",
            Self::ChildReview => "child_review",
            Self::ServiceNotTold => "service_not_told",
            Self::DutyToRefer => "duty_to_refer",
            Self::Sharing => "sharing",
        }
    }
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
        open.extend(facts.money.map(StillOpen::Money));
        open.extend(children_open(facts));
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

/// What stands open about children whom no record names. Where children are recorded, the record answers: each has a decision.
fn children_open(facts: &CloseFacts<'_>) -> Option<StillOpen> {
    if !facts.children.is_empty() {
        return None;
    }
    match facts.about_children {
        None => Some(StillOpen::AreThereChildren),
        // A child is a person, not a line in a parent's talk: with a case each is recorded.
        Some(AreThereChildren::Yes) if facts.has_case => Some(StillOpen::RecordChild),
        Some(AreThereChildren::Yes) if !facts.safeguarding_said => Some(StillOpen::Safeguarding),
        Some(AreThereChildren::None | AreThereChildren::NotKnown | AreThereChildren::Yes) => None,
    }
}

/// Something that closing a conversation leaves to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// What.
    pub task: TaskKind,
    /// Whose turn it is.
    pub owner: Owner,
    /// By which clock.
    pub clock: ClockId,
    /// The need it is about, which makes it urgent.
    pub need: NeedType,
}

/// What closing leaves to be done: what could not be had is tried again, and whether there are children is asked again. With a
/// case and without one, it has an owner and a clock.
pub fn left_by_closing(
    right_now: impl IntoIterator<Item = (ImmediateKind, ImmediateCode)>,
    about_children: Option<AreThereChildren>,
) -> Vec<Left> {
    let mut left: Vec<Left> = right_now
        .into_iter()
        .filter(|(_, code)| *code == ImmediateCode::Unavailable)
        .filter_map(|(kind, _)| {
            let duty = ImmediateAnswer::Unavailable.duty()?;
            let ImmediateDue::Clock(clock) = duty.due else {
                return None;
            };
            Some(Left {
                task: duty.task,
                owner: duty.owner,
                clock,
                need: kind.need(),
            })
        })
        .collect();
    if about_children == Some(AreThereChildren::NotKnown) {
        left.push(Left {
            task: TaskKind::AskAboutChildren,
            owner: Owner::CaseWorker,
            clock: ClockId::ChildReview,
            need: NeedType::ChildrenSafety,
        });
    }
    left
}

/// Whether a case may close: what holds a conversation, and what would be left with nobody once the case is closed. The clocks
/// of a case end with it, so that a risk that is only on its clock is not judged yet (docs/decisions/0011).
pub fn may_close_case(
    facts: &CloseFacts<'_>,
    referrals: &[ReferralState],
    tasks: &[TaskKind],
) -> Result<(), Vec<StillOpen>> {
    let mut open = may_close(&CloseFacts {
        has_case: true,
        risk_on_clock: false,
        ..*facts
    })
    .err()
    .unwrap_or_default();
    // Whatever was judged before: since then somebody told us something that nobody has judged.
    if facts.disclosed && tasks.contains(&TaskKind::JudgeRisk) {
        open.push(StillOpen::Risk);
    }
    // Who stands in line was never asked: closing takes them out of it.
    let waits = |state: &ReferralState| !state.is_final() && *state != ReferralState::InLine;
    if referrals.iter().any(waits) {
        open.push(StillOpen::Referral);
    }
    if tasks.contains(&TaskKind::ActOnEscalation) {
        open.push(StillOpen::Escalation);
    }
    if tasks.contains(&TaskKind::AskAboutChildren) && facts.children.is_empty() {
        open.push(StillOpen::AreThereChildren);
    }
    if tasks.contains(&TaskKind::ReviewChild) {
        open.push(StillOpen::ChildReview);
    }
    if tasks.contains(&TaskKind::TellService) {
        open.push(StillOpen::ServiceNotTold);
    }
    let home = [
        TaskKind::FinishDutyToRefer,
        TaskKind::ChaseDutyToRefer,
        TaskKind::AskAboutHomeAgain,
    ];
    if home.iter().any(|kind| tasks.contains(kind)) {
        open.push(StillOpen::DutyToRefer);
    }
    let owed = [TaskKind::DecideSharing, TaskKind::CompleteSharing];
    if owed.iter().any(|kind| tasks.contains(kind)) {
        open.push(StillOpen::Sharing);
    }
    let mut named = Vec::new();
    open.retain(|one| {
        !named.contains(one) && {
            named.push(*one);
            true
        }
    });
    if open.is_empty() { Ok(()) } else { Err(open) }
}

#[cfg(test)]
#[path = "closing_tests.rs"]
mod tests;
