//! A partner joins: proposed after a call-back, approved by somebody else, then on its own. Whoever runs the installation lets an
//! organisation in and out again; what happens inside it is its own administrator's, and nobody else's.

use throughline_core::directory::Entry;
use throughline_core::id::Ref;
use throughline_policy::action::{PartnerConfirm, PartnerPropose};
use throughline_policy::{Actor, Permit, Purpose};
use throughline_store::Work;
pub use throughline_store::address::AddressState;
use throughline_store::outbox::OutboxKind;
pub use throughline_store::partner_join::{Join, Joining};
use throughline_store::setup::Organisation;

use crate::{App, Error, Result};

const WHY: Purpose = Purpose::AdministerAccess;

/// A partner with what the pages say about it.
#[derive(Debug)]
pub struct Line {
    /// What is kept of it.
    pub join: Join,
    /// Reference of the service.
    pub service: Ref,
    /// Name of the service.
    pub service_name: String,
    /// Whether its first person has not chosen a password yet.
    pub welcome_waits: bool,
}

async fn propose_permit(w: &mut Work<'_>) -> Result<Permit<PartnerPropose>> {
    let place = w.partner_place().await?;
    w.permit::<PartnerPropose>(&place)
}

async fn lines(w: &mut Work<'_>, joins: Vec<Join>) -> Result<Vec<Line>> {
    let services: Vec<_> = joins.iter().map(|join| join.service).collect();
    let services = w.services_by_id(&services).await?;
    let firsts: Vec<_> = joins.iter().filter_map(|join| join.account).collect();
    let waiting = w.welcomes_waiting(&firsts).await?;
    let line = |join: Join| {
        let service = services.iter().find(|service| service.id == join.service);
        let service = service.ok_or(Error::Integrity("a partner of no service".to_owned()))?;
        Ok(Line {
            service: service.reference,
            service_name: service.entry.name.clone(),
            welcome_waits: join.account.is_some_and(|first| waiting.contains(&first)),
            join,
        })
    };
    joins.into_iter().map(line).collect()
}

/// Every partner that was proposed or has joined, newest first.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Line>> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let permit = propose_permit(w).await?;
                let joins = w.partner_joins(&permit, None).await?;
                lines(w, joins).await
            })
        })
        .await
}

/// What the page about a service and its partner shows.
#[derive(Debug)]
pub struct Place {
    /// The service, as the directory has it.
    pub entry: Entry,
    /// The partners that were proposed for it or have joined, newest first.
    pub lines: Vec<Line>,
    /// The partners that have accounts here: each may answer for one more service.
    pub partners: Vec<Organisation>,
}

/// Reads what the page about a service and its partner shows.
pub async fn place(app: &App, actor: &Actor, service: Ref) -> Result<Place> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let permit = propose_permit(w).await?;
                let absent = Error::NotFound(throughline_policy::ActionKind::PartnerPropose);
                let found = w.service(service).await?.ok_or(absent)?;
                let joins = w.partner_joins(&permit, Some(found.id)).await?;
                Ok(Place {
                    entry: found.entry,
                    lines: lines(w, joins).await?,
                    partners: w.partners(&permit).await?,
                })
            })
        })
        .await
}

/// Proposes a partner for a service. Nothing changes until somebody else approves it. Errors with [`Error::Invalid`] when nobody
/// called back, or as [`Work::partner_propose`].
pub async fn propose(
    app: &App,
    actor: &Actor,
    service: Ref,
    joining: &Joining<'_>,
    called_back: bool,
) -> Result<Ref> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let permit = propose_permit(w).await?;
                if !called_back {
                    return Err(Error::Invalid {
                        field: "called_back",
                        problem: "address-call-back-needed",
                    });
                }
                let now = w.now();
                w.partner_propose(&permit, service, joining, now).await
            })
        })
        .await
}

/// Approves what somebody else proposed; its first person gets a mail with the link by which they choose a password. Nobody who
/// approves sees that link: it opens their organisation.
pub async fn confirm(app: &App, actor: &Actor, join: Ref) -> Result<()> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let place = w.partner_place().await?;
                let permit = w.permit::<PartnerConfirm>(&place)?;
                let first = w.partner_confirm(&permit, join).await?;
                if let Some(account) = first {
                    w.tell(OutboxKind::PartnerWelcome, account.uuid(), None)
                        .await?;
                }
                Ok(())
            })
        })
        .await
}

/// Sends the first person's mail again, with a fresh link, as long as they have not chosen a password. Errors with
/// [`Error::Conflict`] once they have.
pub async fn welcome_again(app: &App, actor: &Actor, join: Ref) -> Result<()> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let permit = propose_permit(w).await?;
                let account = w.partner_join(&permit, join).await?.account;
                let account = account.ok_or(Error::Conflict)?;
                if w.welcomes_waiting(&[account]).await?.is_empty() {
                    return Err(Error::Conflict);
                }
                w.tell(OutboxKind::PartnerWelcome, account.uuid(), None)
                    .await
            })
        })
        .await
}

/// Takes a proposal back, or ends that a partner answers for a service ([`Work::partner_retire`]).
pub async fn retire(app: &App, actor: &Actor, join: Ref) -> Result<()> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let permit = propose_permit(w).await?;
                w.partner_retire(&permit, join).await
            })
        })
        .await
}
