//! What comes first in a case: bed, money and essentials; children; the risk.

use throughline_core::child::{ChildMove, Safeguarding};
use throughline_core::clock::ClockId;
use throughline_core::id::Ref;
use throughline_core::immediate::{ImmediateAnswer, ImmediateDue, ImmediateKind};
use throughline_core::need::NeedMove;
use throughline_core::pack::Pack;
use throughline_core::reason::Reason;
use throughline_core::risk::RiskBand;
use throughline_core::task::{Owner, TaskKind};
use throughline_core::time::At;
use throughline_policy::Actor;
use throughline_policy::action::{CaseChange, CaseRead};
use throughline_store::immediate::ImmediateSaid;
use throughline_store::person::PersonSheet;
use throughline_store::task::TaskOutcome;
use throughline_store::{Error, Result};

use crate::App;
use crate::case::{Case, HELP, change, permit, risk_due, task};
use crate::referral::pack_named;

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
        let duty = said.answer.duty();
        let due_at = match duty {
            None => None,
            Some(duty) => Some(match duty.due {
                ImmediateDue::At(at) => at,
                ImmediateDue::Clock(clock) => {
                    let pack = pack_named(app, &read.pack)?;
                    let urgency = pack.urgency(said.kind.need(), read.risk);
                    pack.due(clock, urgency, w.now())
                }
            }),
        };
        let kept = ImmediateSaid {
            kind: said.kind,
            answer: &said.answer,
            only_theirs: said.only_theirs,
            into_account: said.into_account,
            owner: duty
                .filter(|duty| duty.owner == Owner::CaseWorker)
                .map(|_| read.lead),
            due_at,
        };
        w.immediate_answer(may, &kept, said.version).await?;
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
        if let (Some(duty), Some(due_at)) = (duty, due_at) {
            task(w, read, duty.owner, duty.task, due_at).await?;
        }
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
        Ok(())
    })
}

/// Records a child: a person of their own, with a case of their own, looked at again on the pack's clock. Gives the reference
/// of the child's case.
pub async fn child_add(app: &App, actor: &Actor, case: Ref, sheet: &PersonSheet) -> Result<Ref> {
    change!(app, actor, case, |w, may, read| {
        let pack = pack_named(app, &read.pack)?;
        let own = w.child_add(may, sheet, risk_due(pack, w.now())).await?;
        // Whether there are children is answered now.
        let (about, done) = (Some(may.on()), TaskOutcome::Done);
        w.tasks_settle(about, None, TaskKind::AskAboutChildren, done)
            .await?;
        w.child_reviewed(may, own, next_look(pack, read, w.now()))
            .await?;
        Ok(own)
    })
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
        match band {
            RiskBand::NotAssessed => {
                let may_read = permit::<CaseRead>(w, case).await?;
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
        Ok(())
    })
}

/// The last moment of today on the wall clock: "the same day".
fn end_of_day(now: At) -> At {
    At::from_london(now.london_date().at(23, 59, 0, 0)).map_or(now, |at| at.max(now))
}
