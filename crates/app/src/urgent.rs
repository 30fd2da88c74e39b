//! A record that is kept to others, opened for an hour because it cannot wait, and its review (SPEC 4.6, decision 0019).

use throughline_core::clock::{ClockId, Urgency};
use throughline_core::id::Ref;
use throughline_core::reason::Reason;
use throughline_core::time::At;
pub use throughline_core::urgent::UrgentVerdict;
use throughline_policy::action::{CaseRead, TaskDo, UrgentAccess};
use throughline_policy::{Action as _, Actor, Permit, table};
pub use throughline_store::urgent::{NewUrgent, Urgent, UrgentState};
pub use throughline_store::urgent_review::{Opening, Review};
use throughline_store::{Result, Work};

use crate::App;
use crate::case::{HELP, permit};
use crate::case_view::{account_name, organisation_name};
use crate::site::{own_site, pack_at};

/// One asking, with the names of those whose records are open by it.
#[derive(Debug)]
pub struct Shown {
    /// Where it stands.
    pub urgent: Urgent,
    /// The records that are open: reference and name.
    pub records: Vec<(Ref, String)>,
}

/// What is reviewed, with names.
#[derive(Debug)]
pub struct Reviewed {
    /// What was opened, why and when, and what was looked at.
    pub review: Review,
    /// Who opened it.
    pub by: String,
    /// Who of which other organisation said yes.
    pub second: Option<(String, String)>,
}

fn here(w: &Work<'_>, actor: &Actor) -> Result<Permit<UrgentAccess>> {
    w.permit::<UrgentAccess>(&own_site(actor, UrgentAccess::KIND)?)
}

/// Asks to open what fits at the actor's own site, and gives the reference of the asking. It is the same whether anybody fits.
///
/// Errors with [`crate::Error::Invalid`] as [`Work::urgent_ask`], and as refused unless the actor is a safety lead there and has
/// proved themselves again.
pub async fn ask(app: &App, actor: &Actor, new: &NewUrgent<'_>) -> Result<Ref> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = here(w, actor)?;
                w.urgent_ask(&may, new).await
            })
        })
        .await
}

/// Where one asking stands.
pub async fn read(app: &App, actor: &Actor, reference: Ref) -> Result<Shown> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = here(w, actor)?;
                let urgent = w.urgent(&may, reference).await?;
                let mut records = Vec::new();
                for case in &urgent.cases {
                    // What was closed again meanwhile is not among them.
                    if let Ok(may) = permit::<CaseRead>(w, *case).await {
                        records.push((*case, w.case_read(&may).await?.sheet.chosen));
                    }
                }
                Ok(Shown { urgent, records })
            })
        })
        .await
}

/// What the actor asked and can still come to something. No proof is asked for: nothing is shown but that it was asked.
pub async fn mine(app: &App, actor: &Actor) -> Result<Vec<Urgent>> {
    app.store
        .work(actor, HELP, |w| Box::pin(w.urgent_mine()))
        .await
}

/// What is open to the actor for an hour only, and until when. It is asked for every page, of those only who could open anything.
pub async fn now(app: &App, actor: &Actor) -> Result<Option<(Ref, At)>> {
    let may = !table::relations(actor.standing(), UrgentAccess::KIND).is_empty();
    match actor.account().filter(|_| may) {
        Some(account) => app.store.read(|r| Box::pin(r.urgent_now(account))).await,
        None => Ok(None),
    }
}

/// Opens what fits, for an hour.
///
/// Errors with [`crate::Error::Conflict`] when nobody said yes, or the time is over.
pub async fn open(app: &App, actor: &Actor, reference: Ref) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = here(w, actor)?;
                let pack = pack_at(app, w, Some(may.on()), may.organisation()).await?;
                let review_by = pack.due(ClockId::BreakGlassReview, Urgency::Routine, w.now());
                w.urgent_open(&may, reference, review_by).await
            })
        })
        .await
}

async fn task_permit(w: &mut Work<'_>, task: Ref) -> Result<Permit<TaskDo>> {
    let facts = w.task_facts(task).await?;
    w.permit_found::<TaskDo>(facts)
}

/// What a task asks to review; `None` once it is reviewed.
///
/// Errors as "not found" for whoever opened it, and for every task that they may not see.
pub async fn review(app: &App, actor: &Actor, task: Ref) -> Result<Option<Reviewed>> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = task_permit(w, task).await?;
                let Some(review) = w.urgent_review(&may).await? else {
                    return Ok(None);
                };
                let second = match review.second_by {
                    None => None,
                    Some(id) => match w.account(id).await? {
                        None => None,
                        Some(who) => {
                            let from = organisation_name(w, who.organisation).await?;
                            Some((who.name, from))
                        }
                    },
                };
                Ok(Some(Reviewed {
                    by: account_name(w, review.by).await?,
                    second,
                    review,
                }))
            })
        })
        .await
}

/// Decides a review.
///
/// Errors with [`crate::Error::Conflict`] when somebody was first.
pub async fn decide(
    app: &App,
    actor: &Actor,
    task: Ref,
    verdict: UrgentVerdict,
    words: &Reason,
) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = task_permit(w, task).await?;
                w.urgent_decide(&may, verdict, words).await
            })
        })
        .await
}
