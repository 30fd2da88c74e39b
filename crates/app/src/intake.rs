//! Cases that another system opens and reads: the same rules as for people, with a write that is done once however often it
//! is sent.

use throughline_core::id::Ref;
use throughline_core::role::Role;
use throughline_policy::action::{CaseOpen, CaseRead};
use throughline_policy::{Action, Actor, Facts, Purpose, Ties};
use throughline_store::account::AccountState;
use throughline_store::case::{Case, NewCase, RiskClock};
use throughline_store::once::{Done, Once};
use throughline_store::person::PersonSheet;

use crate::case::{pack_key, risk_due};
use crate::{App, Error, Result};

/// A case to be opened from outside.
#[derive(Debug, Clone)]
pub struct Intake {
    /// The site at which the person will be seen.
    pub site: Ref,
    /// Who will lead: a work coach or safety lead of that site.
    pub lead: Ref,
    /// What the person told of themselves.
    pub person: PersonSheet,
}

/// Opens a case for a lead who is named, once per key. Errors like a search that found nothing when site or lead are not of
/// the actor's organisation.
pub async fn open(app: &App, actor: &Actor, once: &Once, intake: &Intake) -> Result<Done> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                if let Some(done) = w.once_find(once).await? {
                    return Ok(done);
                }
                let missing = || Error::NotFound(CaseOpen::KIND);
                let site = w
                    .site_by_reference(intake.site)
                    .await?
                    .ok_or_else(missing)?;
                let ties = Ties {
                    organisation: Some(site.organisation),
                    site: Some(site.id),
                    ..Ties::default()
                };
                let permit = w.permit::<CaseOpen>(&Facts {
                    subject: site.id,
                    person: None,
                    ties,
                })?;
                let lead = w.account_facts(intake.lead).await?.ok_or_else(missing)?;
                let lead = w.account(lead.subject).await?.ok_or_else(missing)?;
                let leads = matches!(lead.role, Role::WorkCoach | Role::DaLead)
                    && lead.state == AccountState::Active
                    && lead.organisation == site.organisation
                    && lead.site == Some(site.id);
                if !leads {
                    return Err(missing());
                }
                let pack = app.pack(site.nation, w.now())?;
                let new = NewCase {
                    person: &intake.person,
                    lead: lead.id,
                    pack: &pack_key(pack),
                    risk_clock: RiskClock::Due(risk_due(pack, w.now())),
                };
                let (_, reference) = w.case_open(&permit, &new).await?;
                let done = Done {
                    status: 201,
                    body: serde_json::json!({ "reference": reference, "version": 1 }),
                };
                w.once_keep(once, &done).await?;
                Ok(done)
            })
        })
        .await
}

/// Reads a case.
pub async fn read(app: &App, actor: &Actor, reference: Ref) -> Result<Case> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.case_facts(reference).await?;
                let permit = w.permit_found::<CaseRead>(facts)?;
                w.case_read(&permit).await
            })
        })
        .await
}
