//! What another system may do for an organisation: open a case, keep what the person told, send a referral. The same rules as
//! for people; each write is done once however often it is sent; judging and deciding stay with named humans (R-IG-10).

use serde_json::json;
use throughline_core::closing::AreThereChildren;
use throughline_core::code::Code as _;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::reason::Words;
use throughline_core::role::Role;
use throughline_policy::action::{CaseChange, CaseOpen, CaseRead};
use throughline_policy::{Action, Actor, Facts, Ties};
use throughline_store::Work;
use throughline_store::account::AccountState;
use throughline_store::case::{NewCase, RiskClock};
use throughline_store::once::{Done, Once};
use throughline_store::person::PersonSheet;

use crate::case::{HELP, pack_key, permit, risk_due};
use crate::case_now;
use crate::contact::{self, ContactSaid};
use crate::referral_send::{self, SendOrder, fresh_secrets};
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

/// Does a write once per key, however often it is sent: what it answered is kept in the same unit of work.
macro_rules! once {
    ($app:expr, $actor:expr, $once:expr, |$w:ident| $write:expr) => {
        $app.store
            .work($actor, HELP, |$w| {
                Box::pin(async move {
                    if let Some(done) = $w.once_find($once).await? {
                        return Ok(done);
                    }
                    let done: Done = $write;
                    $w.once_keep($once, &done).await?;
                    Ok(done)
                })
            })
            .await
    };
}

fn made(body: serde_json::Value) -> Done {
    Done { status: 201, body }
}

/// Opens a case for a lead who is named, once per key. Errors like a search that found nothing when site or lead are not of
/// the actor's organisation.
pub async fn open(app: &App, actor: &Actor, once: &Once, intake: &Intake) -> Result<Done> {
    once!(app, actor, once, |w| {
        let reference = open_in(app, w, intake).await?;
        made(json!({ "reference": reference, "version": 1 }))
    })
}

async fn open_in(app: &App, w: &mut Work<'_>, intake: &Intake) -> Result<Ref> {
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
    Ok(reference)
}

/// Records a need that the person told of, once per key.
pub async fn need(
    app: &App,
    actor: &Actor,
    once: &Once,
    case: Ref,
    need: NeedType,
) -> Result<Done> {
    once!(app, actor, once, |w| {
        let may = permit::<CaseChange>(w, case).await?;
        let state = w.need_add(&may, need, true).await?;
        made(json!({ "need": need.code(), "state": state.code() }))
    })
}

/// Records a child, once per key. What is decided about keeping the child safe, a person decides.
pub async fn child(
    app: &App,
    actor: &Actor,
    once: &Once,
    case: Ref,
    sheet: &PersonSheet,
) -> Result<Done> {
    once!(app, actor, once, |w| {
        let may_read = permit::<CaseRead>(w, case).await?;
        let may = permit::<CaseChange>(w, case).await?;
        let read = w.case_read(&may_read).await?;
        let own = case_now::child_add_in(app, w, &may, &read, sheet).await?;
        made(json!({ "reference": own }))
    })
}

/// Records whether there are children, once per key. Errors with [`Error::Conflict`] when it was answered otherwise already: whoever
/// heard the person changes an answer, on the pages.
pub async fn children(
    app: &App,
    actor: &Actor,
    once: &Once,
    case: Ref,
    answer: AreThereChildren,
) -> Result<Done> {
    once!(app, actor, once, |w| {
        let may_read = permit::<CaseRead>(w, case).await?;
        let may = permit::<CaseChange>(w, case).await?;
        let read = w.case_read(&may_read).await?;
        let known = read
            .about_children
            .filter(|known| *known != AreThereChildren::NotKnown);
        if known.is_some_and(|known| known != answer) {
            return Err(Error::Conflict);
        }
        case_now::children_answer_in(app, w, &may, &read, answer).await?;
        made(json!({ "answer": answer.code() }))
    })
}

/// Adds a version of the person's own words, once per key. Answers with its number, never with the words.
pub async fn statement(
    app: &App,
    actor: &Actor,
    once: &Once,
    case: Ref,
    words: &Words,
) -> Result<Done> {
    once!(app, actor, once, |w| {
        let may = permit::<CaseChange>(w, case).await?;
        let number = w.statement_write(&may, words).await?;
        made(json!({ "statement": number }))
    })
}

/// Records a way to reach the person, once per key.
pub async fn contact(
    app: &App,
    actor: &Actor,
    once: &Once,
    case: Ref,
    said: &ContactSaid,
) -> Result<Done> {
    once!(app, actor, once, |w| {
        let reference = contact::add_in(app, w, case, said).await?;
        made(json!({ "reference": reference }))
    })
}

/// Sends a referral, once per key. Gives the code that opens its link the first time only: it is kept nowhere in clear. A
/// program whose first answer was lost asks for a fresh one.
pub async fn send(
    app: &App,
    actor: &Actor,
    once: &Once,
    order: &SendOrder,
) -> Result<(Done, Option<String>)> {
    let secrets = &fresh_secrets(app);
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                if let Some(done) = w.once_find(once).await? {
                    return Ok((done, None));
                }
                let sent = referral_send::send_in(app, w, order, secrets).await?;
                let routes: Vec<&str> = sent.routes.iter().map(|route| route.code()).collect();
                let done = made(json!({
                    "reference": sent.reference, "answer_by": sent.answer_by.to_string(), "routes": routes,
                }));
                w.once_keep(once, &done).await?;
                Ok((done, sent.code))
            })
        })
        .await
}
