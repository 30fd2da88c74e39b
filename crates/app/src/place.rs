//! The one address that a worker needs once a service has said yes (decision 0026). The service gives it; the lead of the case sees
//! it once, for a reason, and it is gone. Where it is a place that people flee to, somebody of another organisation says yes first;
//! when a life is at risk the duty officer sees it alone, and somebody else reviews it.

use throughline_core::clock::ClockId;
use throughline_core::id::Ref;
pub use throughline_core::place::PlaceEnd;
use throughline_core::reason::Words;
use throughline_core::reveal::{Reason, Why};
use throughline_core::scan::Protected;
use throughline_core::second_person::{Guarded, SecondPersonState};
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{
    CaseRead, PlaceReveal, PlaceRevealAtRisk, PlaceSay, ReferralRead,
};
use throughline_policy::{Actor, Permit, Purpose};
use throughline_store::Work;
use throughline_store::referral::{Referral, SeesReferral};
use throughline_store::sealed_place::{PlaceSaid, RevealsPlace};
use throughline_store::second_person::NewAsk;
use throughline_store::task::TaskOutcome;

use crate::case_view::account_name;
use crate::referral::{give_task, on_an_open_case, review_by_another};
use crate::{App, Error, Result};

const HELP: Purpose = Purpose::HelpAPerson;
const ANSWER: Purpose = Purpose::AnswerAReferral;

/// What became of an address that a service gave, with the name of who saw it. Never the address.
#[derive(Debug, Clone)]
pub struct PlaceTold {
    /// When it was given, until when it waits, how it ended.
    pub said: PlaceSaid,
    /// Who saw it.
    pub by: Option<String>,
}

/// What stands between the lead of a case and the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Only a reason.
    Reason,
    /// A second person is to be asked; where somebody was asked before, what came of it.
    Ask(Option<SecondPersonState>),
    /// A second person was asked, and has until then.
    Asked(At),
}

/// The addresses that a service gave, what waits first, with names, for both sides.
pub(crate) async fn told<A: SeesReferral>(
    w: &mut Work<'_>,
    permit: &Permit<A>,
) -> Result<Vec<PlaceTold>> {
    let mut out = Vec::new();
    for said in w.places(permit).await? {
        let by = match said.shown_to {
            Some(id) => Some(account_name(w, id).await?),
            None => None,
        };
        out.push(PlaceTold { said, by });
    }
    Ok(out)
}

const fn nothing() -> Error {
    Error::Invalid {
        field: "place",
        problem: "place-nothing",
    }
}

/// The service gives the address, after its yes, and the worker gets the task to see it before it lapses.
///
/// Errors with [`Error::Invalid`] when the service has not said yes or what was agreed no longer holds.
pub async fn say(app: &App, actor: &Actor, reference: Ref, address: &Words) -> Result<()> {
    app.store
        .work(actor, ANSWER, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let permit = w.permit_found::<PlaceSay>(facts)?;
                let referral = w.referral_for_update(&permit).await?;
                if !is_asked_for(w, &referral).await? {
                    return Err(nothing());
                }
                w.place_say(&permit, address).await?;
                let (kind, clock) = (TaskKind::SeePlace, ClockId::NextOffer);
                on_an_open_case(give_task(app, w, &permit, &referral, kind, clock).await)
            })
        })
        .await
}

/// The service takes it back, before it was seen.
///
/// Errors with [`Error::Conflict`] when none waits: somebody was quicker.
pub async fn take_back(app: &App, actor: &Actor, reference: Ref) -> Result<()> {
    app.store
        .work(actor, ANSWER, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let permit = w.permit_found::<PlaceSay>(facts)?;
                let referral = w.referral_for_update(&permit).await?;
                w.place_take_back(&permit).await?;
                settle(w, &referral, TaskOutcome::NotNeeded).await
            })
        })
        .await
}

/// Whether the service has said yes, and what was agreed still holds.
async fn is_asked_for(w: &mut Work<'_>, referral: &Referral) -> Result<bool> {
    Ok(referral.state.has_said_yes() && w.consent_holds(referral.consent).await?)
}

async fn settle(w: &mut Work<'_>, referral: &Referral, outcome: TaskOutcome) -> Result<()> {
    w.tasks_settle(None, Some(referral.id), TaskKind::SeePlace, outcome)
        .await
        .map(drop)
}

/// The address that waits, if it may be asked for now.
async fn waiting<A: RevealsPlace>(
    w: &mut Work<'_>,
    permit: &Permit<A>,
    referral: &Referral,
) -> Result<PlaceSaid> {
    let waits = w.place_waiting(permit).await?;
    match waits {
        Some(waits) if is_asked_for(w, referral).await? => Ok(waits),
        _ => Err(nothing()),
    }
}

async fn referral_of(w: &mut Work<'_>, reference: Ref) -> Result<Referral> {
    let facts = w.referral_facts(reference).await?;
    let read = w.permit_found::<ReferralRead>(facts)?;
    w.referral_for_update(&read).await
}

/// Whether it is a place that people flee to: then one person alone does not decide.
async fn needs_a_second_person(w: &mut Work<'_>, referral: &Referral) -> Result<bool> {
    let service = w.service_by_id(referral.service).await?;
    // A service that is no longer listed is not asked what it is.
    Ok(service.is_none_or(|service| service.entry.is_confidential()))
}

/// What stands between the lead and the address now.
///
/// Errors as refused for anybody but the lead, and for a lead who has not proved themselves again; with [`Error::Invalid`] when no
/// address waits.
pub async fn way(app: &App, actor: &Actor, reference: Ref) -> Result<Way> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let permit = w.permit_found::<PlaceReveal>(facts)?;
                let referral = referral_of(w, reference).await?;
                way_in(w, &permit, &referral).await
            })
        })
        .await
}

async fn way_in(
    w: &mut Work<'_>,
    permit: &Permit<PlaceReveal>,
    referral: &Referral,
) -> Result<Way> {
    let waits = waiting(w, permit, referral).await?;
    if !needs_a_second_person(w, referral).await? {
        return Ok(Way::Reason);
    }
    let asked = w.second_person_of(permit, Guarded::Place, waits.id).await?;
    Ok(match asked {
        None => Way::Ask(None),
        Some(asked) => match asked.state {
            SecondPersonState::Asked => Way::Asked(asked.until),
            SecondPersonState::Approved => Way::Reason,
            over => Way::Ask(Some(over)),
        },
    })
}

/// Asks a second person, of another organisation. `words` are read there: they name neither the person nor the service.
///
/// Errors with [`Error::Invalid`] when they do, and where nobody could be asked; with [`Error::Conflict`] when somebody was asked
/// already.
pub async fn ask(app: &App, actor: &Actor, reference: Ref, words: &Words) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let permit = w.permit_found::<PlaceReveal>(facts)?;
                let referral = referral_of(w, reference).await?;
                let waits = waiting(w, &permit, &referral).await?;
                let unsaid = unsaid(w, &referral).await?;
                let new = NewAsk {
                    guarded: Guarded::Place,
                    about: waits.id,
                    site: w.actor().site(),
                    reason: words,
                    unsaid: &unsaid,
                };
                w.second_person_ask(&permit, &new).await.map(drop)
            })
        })
        .await
}

/// The names that whoever is asked must not read.
async fn unsaid(w: &mut Work<'_>, referral: &Referral) -> Result<Protected> {
    let facts = w.case_facts_by_id(referral.case).await?;
    let case = w.permit_found::<CaseRead>(facts)?;
    let sheet = w.case_read(&case).await?.sheet;
    let service = w.service_by_id(referral.service).await?;
    let names = [
        Some(sheet.chosen),
        sheet.given,
        sheet.family,
        service.map(|service| service.entry.name),
    ];
    Ok(Protected::new(names.iter().flatten().map(String::as_str)))
}

/// The address, once. For a place that people flee to a second person must have said yes, and the yes is used.
///
/// Errors as [`way`]; with [`Error::Conflict`] when it has been shown, or nobody said yes.
pub async fn show(
    app: &App,
    actor: &Actor,
    reference: Ref,
    ask: Ref,
    reason: &Reason,
) -> Result<String> {
    if reason.why() == Why::LifeAtRisk {
        return show_at_risk(app, actor, reference, ask, reason).await;
    }
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let permit = w.permit_found::<PlaceReveal>(facts)?;
                let referral = referral_of(w, reference).await?;
                let waits = waiting(w, &permit, &referral).await?;
                if needs_a_second_person(w, &referral).await? {
                    w.second_person_use(&permit, Guarded::Place, waits.id)
                        .await?;
                }
                let address = w.place_show(&permit, ask, reason).await?;
                settle(w, &referral, TaskOutcome::Done).await?;
                Ok(address)
            })
        })
        .await
}

/// The same for the duty officer alone, at once; somebody else reviews it.
async fn show_at_risk(
    app: &App,
    actor: &Actor,
    reference: Ref,
    ask: Ref,
    reason: &Reason,
) -> Result<String> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let permit = w.permit_found::<PlaceRevealAtRisk>(facts)?;
                let referral = referral_of(w, reference).await?;
                waiting(w, &permit, &referral).await?;
                let address = w.place_show(&permit, ask, reason).await?;
                settle(w, &referral, TaskOutcome::Done).await?;
                review_by_another(app, w, &permit, &referral).await?;
                Ok(address)
            })
        })
        .await
}

/// Lets what nobody saw in time lapse: a job. Gives how many.
///
/// Errors when the store does; then it is done in the next turn.
pub async fn lapse(app: &App) -> Result<u64> {
    let system = crate::outbox::system(app).await?;
    app.store
        .work(&system, Purpose::KeepPromises, |w| {
            Box::pin(w.places_lapse())
        })
        .await
}
