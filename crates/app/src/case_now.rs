//! What comes first in a case: bed, money and essentials; children; the risk.

use std::collections::BTreeMap;

use throughline_core::child::{ChildMove, Safeguarding};
use throughline_core::clock::{ClockId, Urgency};
use throughline_core::closing::{AreThereChildren, left_by_closing};
use throughline_core::id::Ref;
use throughline_core::immediate::{
    ImmediateAnswer, ImmediateCode, ImmediateDue, ImmediateDuty, ImmediateKind, MoneyGiven,
    MoneyWay,
};
use throughline_core::need::NeedMove;
use throughline_core::pack::Pack;
use throughline_core::reason::Reason;
use throughline_core::risk::RiskBand;
use throughline_core::task::{Owner, TaskKind};
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, CaseRead};
use throughline_policy::{Actor, Permit};
use throughline_store::immediate::ImmediateSaid;
use throughline_store::person::PersonSheet;
use throughline_store::task::TaskOutcome;
use throughline_store::{Error, Result, Work};

use crate::App;
use crate::case::{Case, HELP, change, permit, risk_due, task};
use crate::referral::pack_named;
use crate::referral_clock::follow_the_risk;

/// What happened about bed, money or essentials, from a page or a program.
#[derive(Debug, Clone)]
pub struct Said {
    /// Which.
    pub kind: ImmediateKind,
    /// What happened.
    pub answer: ImmediateAnswer,
    /// For money: whether the account is theirs alone.
    pub only_theirs: Option<throughline_core::answer::Answer>,
    /// For money that was given: whether it went into an account.
    pub into_account: bool,
    /// The version that the page was made from; 0 for the first answer.
    pub version: i64,
}

/// Records what happened about an immediate need. What could not be had goes to the lead on the pack's clock; what was put
/// off comes back to the worker at the time that was agreed. The need of the same kind follows.
pub async fn immediate_answer(app: &App, actor: &Actor, case: Ref, said: &Said) -> Result<()> {
    if let ImmediateAnswer::PutOff { until, .. } = said.answer
        && until <= app.env().now()
    {
        return Err(Error::Invalid {
            field: "until",
            problem: "case-time-must-be-later",
        });
    }
    change!(app, actor, case, |w, may, read| {
        let left = answer_in(app, w, may, read, said, w.now()).await?;
        // This answer takes the place of the one before; what another card left to be done stays to be done.
        let may_read = permit::<CaseRead>(w, case).await?;
        let others = w.immediate_needs(&may_read).await?;
        if others
            .iter()
            .all(|other| other.kind == said.kind || other.due_at.is_none())
        {
            let (about, done) = (Some(may.on()), TaskOutcome::Done);
            w.tasks_settle(about, None, TaskKind::RetryImmediate, done)
                .await?;
        }
        if let Some((duty, due_at)) = left {
            task(w, read, duty.owner, duty.task, due_at).await?;
        }
        Ok(())
    })
}

/// Records an answer that was given at `since`, and lets the need of the same kind follow. Gives what it leaves to be done and by
/// when; the caller sees to it that somebody has it.
async fn answer_in(
    app: &App,
    w: &mut Work<'_>,
    may: &Permit<CaseChange>,
    read: &Case,
    said: &Said,
    since: At,
) -> Result<Option<(ImmediateDuty, At)>> {
    let left = match said.answer.duty() {
        None => None,
        Some(duty) => Some(match duty.due {
            ImmediateDue::At(at) => (duty, at),
            ImmediateDue::Clock(clock) => {
                let pack = pack_named(app, &read.pack)?;
                let urgency = pack.urgency(said.kind.need(), read.risk);
                (duty, pack.due(clock, urgency, since))
            }
        }),
    };
    let kept = ImmediateSaid {
        kind: said.kind,
        answer: &said.answer,
        only_theirs: said.only_theirs,
        into_account: said.into_account,
        owner: left
            .filter(|(duty, _)| duty.owner == Owner::CaseWorker)
            .map(|_| read.lead),
        due_at: left.map(|(_, due_at)| due_at),
    };
    w.immediate_answer(may, &kept, said.version).await?;
    let need = said.kind.need();
    if said.answer != ImmediateAnswer::NotNeeded {
        w.need_add(may, need, true).await?;
    }
    let by = match said.answer {
        ImmediateAnswer::Given => Some(NeedMove::Meet),
        ImmediateAnswer::Declined => Some(NeedMove::Refuse),
        ImmediateAnswer::PutOff { .. } => Some(NeedMove::PutOff),
        ImmediateAnswer::NotNeeded | ImmediateAnswer::Unavailable => None,
    };
    if let Some(by) = by {
        w.need_follows_answer(may, need, by).await?;
    }
    Ok(left)
}

/// What was answered when a conversation was closed, for the case that is made from it: it was told once. What was left to be
/// done is on somebody's list already and goes on with the case.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    /// Bed, money and essentials.
    pub right_now: &'a BTreeMap<ImmediateKind, ImmediateCode>,
    /// How money was given, and whether the account is theirs alone.
    pub money: MoneyGiven,
    /// Whether there are children.
    pub children: Option<AreThereChildren>,
    /// When the conversation was closed.
    pub at: At,
}

/// Carries the answers of a conversation over into the case it led to. What the case was told since is not written over.
pub(crate) async fn carry_over(
    app: &App,
    w: &mut Work<'_>,
    case: Ref,
    answered: &Answered<'_>,
) -> Result<()> {
    let may_read = permit::<CaseRead>(w, case).await?;
    let may = &permit::<CaseChange>(w, case).await?;
    let read = w.case_read(&may_read).await?;
    let known = w.immediate_needs(&may_read).await?;
    for (kind, code) in answered.right_now {
        let before = known.iter().find(|before| before.kind == *kind);
        if before.is_some_and(|before| before.answered_at >= answered.at) {
            continue;
        }
        let Some(answer) = code.alone() else {
            continue;
        };
        let money = *kind == ImmediateKind::Money;
        let said = Said {
            kind: *kind,
            answer,
            only_theirs: answered.money.only_theirs.filter(|_| money),
            into_account: money && answered.money.way == Some(MoneyWay::Account),
            version: before.map_or(0, |before| before.version),
        };
        answer_in(app, w, may, &read, &said, answered.at).await?;
    }
    if let Some(answer) = answered.children
        && read.about_children.is_none()
    {
        w.children_answer(may, answer).await?;
    }
    Ok(())
}

/// Records whether there are children. What nobody knows is asked again by a certain time; what is known is not.
pub async fn children_answer(
    app: &App,
    actor: &Actor,
    case: Ref,
    answer: AreThereChildren,
) -> Result<()> {
    change!(app, actor, case, |w, may, read| children_answer_in(
        app, w, may, read, answer
    )
    .await)
}

/// The same within a unit of work.
pub(crate) async fn children_answer_in(
    app: &App,
    w: &mut Work<'_>,
    may: &Permit<CaseChange>,
    read: &Case,
    answer: AreThereChildren,
) -> Result<()> {
    w.children_answer(may, answer).await?;
    let (about, done) = (Some(may.on()), TaskOutcome::Done);
    w.tasks_settle(about, None, TaskKind::AskAboutChildren, done)
        .await?;
    let pack = pack_named(app, &read.pack)?;
    for left in left_by_closing([], Some(answer)) {
        let due_at = pack.due(left.clock, pack.urgency(left.need, read.risk), w.now());
        task(w, read, left.owner, left.task, due_at).await?;
    }
    Ok(())
}

/// Records a child: a person of their own, with a case of their own, looked at again on the pack's clock. Gives the reference
/// of the child's case.
pub async fn child_add(app: &App, actor: &Actor, case: Ref, sheet: &PersonSheet) -> Result<Ref> {
    change!(app, actor, case, |w, may, read| child_add_in(
        app, w, may, read, sheet
    )
    .await)
}

/// The same within a unit of work.
pub(crate) async fn child_add_in(
    app: &App,
    w: &mut Work<'_>,
    may: &Permit<CaseChange>,
    read: &Case,
    sheet: &PersonSheet,
) -> Result<Ref> {
    let pack = pack_named(app, &read.pack)?;
    let own = w.child_add(may, sheet, risk_due(pack, w.now())).await?;
    // Whether there are children is answered now.
    let (about, done) = (Some(may.on()), TaskOutcome::Done);
    w.tasks_settle(about, None, TaskKind::AskAboutChildren, done)
        .await?;
    w.child_reviewed(may, own, next_look(pack, read, w.now()))
        .await?;
    Ok(own)
}

/// By when a child is looked at next: on the clock of the case that names the child.
fn next_look(pack: &Pack, parent: &Case, now: At) -> At {
    pack.due(ClockId::ChildReview, pack.urgency_by_risk(parent.risk), now)
}

/// Records what was decided about safeguarding a child. The look at the child that was due has thereby been had; the next one is
/// on a fresh clock until the child's own help is closed.
pub async fn child_decide(
    app: &App,
    actor: &Actor,
    case: Ref,
    own_case: Ref,
    version: i64,
    decision: &Safeguarding,
) -> Result<()> {
    change!(app, actor, case, |w, may, read| {
        w.child_decide(may, own_case, version, decision).await?;
        let next = next_look(pack_named(app, &read.pack)?, read, w.now());
        w.child_reviewed(may, own_case, next).await
    })
}

/// Moves a child's own help on. Whoever does has looked at the child: the look that was due is done, and unless the help is
/// closed the next one is on a fresh clock.
pub async fn child_move(
    app: &App,
    actor: &Actor,
    case: Ref,
    own_case: Ref,
    version: i64,
    by: ChildMove,
) -> Result<()> {
    change!(app, actor, case, |w, may, read| {
        w.child_move(may, own_case, version, by).await?;
        let next = next_look(pack_named(app, &read.pack)?, read, w.now());
        w.child_reviewed(may, own_case, next).await
    })
}

/// Records a judgement of risk. High reaches the lead the same day and names the local route; the task to judge ends when a
/// human has judged. `said_by_them`: the person judged, the worker wrote it down.
pub async fn risk_judge(
    app: &App,
    actor: &Actor,
    case: Ref,
    band: RiskBand,
    reason: &Reason,
    said_by_them: bool,
) -> Result<()> {
    change!(app, actor, case, |w, may, read| {
        w.risk_judge(may, band, reason, said_by_them).await?;
        let pack = pack_named(app, &read.pack)?;
        let now = w.now();
        let may_read = permit::<CaseRead>(w, case).await?;
        follow_the_risk(w, &may_read, pack, band).await?;
        match band {
            RiskBand::NotAssessed => {
                if !w.case_has_task(&may_read, TaskKind::JudgeRisk).await? {
                    let due = pack.due(ClockId::RiskJudged, pack.urgency_by_risk(band), now);
                    task(w, read, Owner::CaseWorker, TaskKind::JudgeRisk, due).await?;
                }
                return Ok(());
            }
            RiskBand::High => {
                let due = pack.due(ClockId::EscalationAct, pack.urgency_by_risk(band), now);
                let due = due.min(end_of_day(now));
                task(w, read, Owner::Lead, TaskKind::ActOnEscalation, due).await?;
            }
            RiskBand::Standard | RiskBand::Medium => {}
        }
        w.tasks_settle(Some(may.on()), None, TaskKind::JudgeRisk, TaskOutcome::Done)
            .await?;
        // A conversation that is not over stays on its worker's list, also once the risk is judged (SPEC 4.3).
        let resume = pack.due(ClockId::ConversationResume, Urgency::Routine, now);
        w.conversations_resume(may, resume).await
    })
}

/// The last moment of today on the wall clock: "the same day".
fn end_of_day(now: At) -> At {
    At::from_london(now.london_date().at(23, 59, 0, 0)).map_or(now, |at| at.max(now))
}
