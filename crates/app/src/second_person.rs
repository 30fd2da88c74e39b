//! Somebody of another organisation says yes or no before something guarded is opened: what waits for them, and their answer
//! (decision 0019). They are told who asks, where, when and why; nobody here knows whose record it is.

use throughline_core::id::Ref;
pub use throughline_core::second_person::{Guarded, SecondPersonState};
use throughline_policy::action::SecondPersonDecide;
use throughline_policy::{Actor, Permit, Purpose};
use throughline_store::account::Account;
pub use throughline_store::second_person::Asked;
use throughline_store::{Result, Work};

use crate::App;
use crate::case_view::organisation_name;

const WHY: Purpose = Purpose::ReviewSecurity;

/// The most that a page lists.
const LIMIT: u64 = 50;

/// What somebody asks, for whoever answers.
#[derive(Debug)]
pub struct Waiting {
    /// What is asked, since when and until when.
    pub asked: Asked,
    /// Who asks; nobody where their account is gone.
    pub by: Option<Account>,
    /// The name of their site, where they have one.
    pub site: Option<String>,
    /// The name of their organisation.
    pub organisation: String,
    /// Why, as long as it waits; never in a list.
    pub reason: Option<String>,
}

async fn shown(w: &mut Work<'_>, asked: Asked, reason: Option<String>) -> Result<Waiting> {
    let site = match asked.site {
        Some(site) => w.site(site).await?.map(|site| site.name),
        None => None,
    };
    Ok(Waiting {
        by: w.account(asked.by).await?,
        site,
        organisation: organisation_name(w, asked.organisation).await?,
        asked,
        reason,
    })
}

async fn permit(w: &mut Work<'_>, ask: Ref) -> Result<Permit<SecondPersonDecide>> {
    let facts = w.second_person_facts(ask).await?;
    w.permit_found::<SecondPersonDecide>(facts)
}

/// What waits for an answer, the one with the least time first. Empty for whoever may never answer.
pub async fn waiting(app: &App, actor: &Actor) -> Result<Vec<Waiting>> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let mut out = Vec::new();
                for asked in w.second_person_waiting(&w.scope(), LIMIT).await? {
                    out.push(shown(w, asked, None).await?);
                }
                Ok(out)
            })
        })
        .await
}

/// One of them, with the reason.
///
/// Errors as refused for staff of the organisation that asks, and for whoever has not proved themselves again.
pub async fn read(app: &App, actor: &Actor, ask: Ref) -> Result<Waiting> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let permit = permit(w, ask).await?;
                let (asked, reason) = w.second_person_read(&permit).await?;
                shown(w, asked, reason).await
            })
        })
        .await
}

/// Answers yes or no.
///
/// Errors with [`crate::Error::Conflict`] when somebody answered first or the time ran out.
pub async fn answer(app: &App, actor: &Actor, ask: Ref, yes: bool) -> Result<()> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let permit = permit(w, ask).await?;
                w.second_person_decide(&permit, yes).await
            })
        })
        .await
}

/// Lets what has run out lapse: a job. Gives how many rows it touched.
///
/// Errors when the store does; then it is done in the next turn.
pub async fn lapse(app: &App) -> Result<u64> {
    let system = crate::outbox::system(app).await?;
    app.store
        .work(&system, Purpose::KeepPromises, |w| {
            Box::pin(w.second_person_lapse())
        })
        .await
}
