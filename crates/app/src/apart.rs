//! Keeping people apart: what a person told, the planner's part, and the job that finds appointments which meet (NE-05, decision
//! 0023). Nothing here answers whether somebody is known: only the planner is told, by a task, on a fixed beat and not on a booking.

use throughline_core::apart::Ground;
use throughline_core::clock::{ClockId, Urgency};
use throughline_core::id::Ref;
use throughline_policy::action::{CaseChange, CaseRead, LinkConfirm, PlanApart};
use throughline_policy::{Actor, Purpose};
pub use throughline_store::apart::{NewLink, OtherSheet, ProtectiveLink};
pub use throughline_store::apart_plan::{Decided, Plan};
use throughline_store::clash::{Found, Open};
use throughline_store::post::NOBODY_TO_TELL;
use throughline_store::{Error, Result};

use crate::App;
use crate::appointment::agree_due;
use crate::case::{HELP, permit};
use crate::case_view::account_name;
use crate::site::pack_at;

/// Whom a person is to be kept apart from.
#[derive(Debug, Clone)]
pub struct Links {
    /// What was told.
    pub links: Vec<ProtectiveLink>,
    /// Whether the actor may confirm one, once they have proved themselves again.
    pub may_confirm: bool,
}

/// The links of a case.
pub async fn links(app: &App, actor: &Actor, case: Ref) -> Result<Links> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseRead>(w, case).await?;
                let links = w.links(&may).await?;
                let relations = throughline_policy::table::relations(
                    actor.standing(),
                    throughline_policy::ActionKind::LinkConfirm,
                );
                Ok(Links {
                    links,
                    may_confirm: !relations.is_empty(),
                })
            })
        })
        .await
}

/// Records whom the person is to be kept apart from. It is the same, and takes as long, whether that person is known or not.
pub async fn add(app: &App, actor: &Actor, case: Ref, new: &NewLink<'_>) -> Result<Ref> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseChange>(w, case).await?;
                w.link_add(&may, new).await
            })
        })
        .await
}

/// Ends a link.
pub async fn end(app: &App, actor: &Actor, case: Ref, link: Ref, version: i64) -> Result<()> {
    let (link, version) = (&link, &version);
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseChange>(w, case).await?;
                w.link_end(&may, *link, *version).await
            })
        })
        .await
}

/// Confirms a link on something else than the person's word.
pub async fn confirm(
    app: &App,
    actor: &Actor,
    case: Ref,
    link: Ref,
    version: i64,
    ground: Ground,
) -> Result<()> {
    let (link, version, ground) = (&link, &version, &ground);
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<LinkConfirm>(w, case).await?;
                w.link_confirm(&may, *link, *version, *ground).await
            })
        })
        .await
}

/// What the planner sees.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The two times.
    pub plan: Plan,
    /// Whom the appointment is with that is to be moved.
    pub with: String,
    /// Whom the other one is with.
    pub other_with: String,
    /// Whether the actor may read the records of both, as they may at any time: then the page leads there.
    pub may_read_both: bool,
}

/// The two appointments that a task asks to plan apart; `None` once that is settled.
pub async fn plan(app: &App, actor: &Actor, task: Ref) -> Result<Option<Planned>> {
    let task = &task;
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let facts = w.apart_facts(*task).await?;
                let may = w.permit_found::<PlanApart>(facts)?;
                let Some(plan) = w.plan_apart(&may).await? else {
                    return Ok(None);
                };
                let own = permit::<CaseRead>(w, plan.case).await.is_ok();
                let other = permit::<CaseRead>(w, plan.other_case).await.is_ok();
                Ok(Some(Planned {
                    with: account_name(w, plan.with).await?,
                    other_with: account_name(w, plan.other_with).await?,
                    may_read_both: own && other,
                    plan,
                }))
            })
        })
        .await
}

/// Does what the planner decided.
pub async fn decide(
    app: &App,
    actor: &Actor,
    task: Ref,
    version: i64,
    decided: Decided,
) -> Result<()> {
    let (task, version, decided) = (&task, &version, &decided);
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let facts = w.apart_facts(*task).await?;
                let may = w.permit_found::<PlanApart>(facts)?;
                if *decided == Decided::SomebodyElse {
                    // Only whoever may read both records can tell.
                    let plan = w.plan_apart(&may).await?.ok_or(Error::Conflict)?;
                    permit::<CaseRead>(w, plan.case).await?;
                    permit::<CaseRead>(w, plan.other_case).await?;
                }
                let due = agree_due(app, w, None, may.organisation()).await?;
                w.plan_decide(&may, *version, *decided, due).await
            })
        })
        .await
}

/// Finds appointments that meet, tells planners, and does what happens by itself. Gives how much it did. One that
/// fails holds up no other. Safe on several nodes.
pub async fn run(app: &App) -> Result<usize> {
    let now = &app.env().now();
    // Most runs find nothing: then nothing is recorded, and the audit record stays readable.
    let due = app
        .store
        .read(|r| {
            Box::pin(
                async move { Ok(r.installation().await?.is_some() && r.apart_due(*now).await?) },
            )
        })
        .await?;
    if !due {
        return Ok(0);
    }
    let actor = &crate::outbox::system(app).await?;
    let purpose = Purpose::KeepPromises;
    let found = app
        .store
        .work(actor, purpose, |w| {
            Box::pin(async move { w.clashes_found(&w.scope()).await })
        })
        .await?;
    let mut done = 0;
    for one in &found {
        done += usize::from(settled(raise(app, actor, one).await));
    }
    let open = app
        .store
        .work(actor, purpose, |w| {
            Box::pin(async move { w.clashes_open(&w.scope()).await })
        })
        .await?;
    for one in &open {
        done += usize::from(settled(look(app, actor, one).await));
    }
    Ok(done)
}

/// Whether it was done here; another node, or the planner, may have been first. What fails holds up nobody else's protection: it is
/// said, counted, and tried again at the next beat.
fn settled(done: Result<()>) -> bool {
    match done {
        Ok(()) => return true,
        Err(Error::Illegal(NOBODY_TO_TELL)) => {
            tracing::error!("two people would meet, and there is nobody who could be told");
        }
        Err(Error::Conflict | Error::Illegal(_)) => return false,
        Err(error) => tracing::error!(%error, "two people could not be kept apart yet"),
    }
    metrics::counter!("throughline_apart_failed_total").increment(1);
    false
}

async fn raise(app: &App, actor: &Actor, found: &Found) -> Result<()> {
    app.store
        .work(actor, Purpose::KeepPromises, |w| {
            Box::pin(async move {
                let pack = pack_at(app, w, Some(found.site()), found.organisation()).await?;
                let clock = ClockId::EscalationAcknowledge;
                let climbs_at = pack.due(clock, Urgency::SameDay, w.now());
                let scope = w.scope();
                w.clash_raise(&scope, found, climbs_at).await
            })
        })
        .await
}

async fn look(app: &App, actor: &Actor, open: &Open) -> Result<()> {
    app.store
        .work(actor, Purpose::KeepPromises, |w| {
            Box::pin(async move {
                let due = agree_due(app, w, Some(open.site), open.organisation).await?;
                let scope = w.scope();
                w.clash_look(&scope, open, due).await
            })
        })
        .await
}
