//! Appointments of a person, and the day of a site. Whether one can be booked is decided by its own time alone (decision 0023).

use jiff::civil::Date;
use throughline_core::appointment::AppointmentMove;
use throughline_core::artefact::NeutralTitle;
use throughline_core::clock::{ClockId, Urgency};
use throughline_core::id::{OrganisationId, Ref, SiteId};
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, CaseRead};
use throughline_policy::{Actor, Permit, Purpose};
pub use throughline_store::appointment::{Appointment, Slot};
use throughline_store::{Error, Result, Work};

use crate::App;
use crate::case::{HELP, permit};
use crate::case_view::account_name;
use crate::site::pack_at;

/// The most appointments that a day shows.
const LIMIT: u64 = 500;

/// By when whoever changed a time, or was told that it does not hold, has agreed another one with the person.
pub(crate) async fn agree_due(
    app: &App,
    w: &Work<'_>,
    site: Option<SiteId>,
    organisation: OrganisationId,
) -> Result<At> {
    let pack = pack_at(app, w, site, organisation).await?;
    Ok(pack.due(ClockId::EscalationAct, Urgency::SameDay, w.now()))
}

/// The permit to change a case, and by when a time of it is agreed that somebody else than its worker changes.
async fn to_change(app: &App, w: &mut Work<'_>, case: Ref) -> Result<(Permit<CaseChange>, At)> {
    let facts = w.case_facts(case).await?;
    let site = facts.and_then(|facts| facts.ties.site);
    let may = w.permit_found::<CaseChange>(facts)?;
    let due = agree_due(app, w, site, may.organisation()).await?;
    Ok((may, due))
}

/// An appointment on the page of its case.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The appointment.
    pub appointment: Appointment,
    /// Whom it is with, by name.
    pub with: String,
}

async fn shown(w: &mut Work<'_>, all: Vec<Appointment>) -> Result<Vec<Shown>> {
    let mut out = Vec::with_capacity(all.len());
    for appointment in all {
        let with = account_name(w, appointment.with).await?;
        out.push(Shown { appointment, with });
    }
    Ok(out)
}

/// The appointments of a case, the latest first.
pub async fn of_case(app: &App, actor: &Actor, case: Ref) -> Result<Vec<Shown>> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseRead>(w, case).await?;
                let all = w.appointments(&may).await?;
                shown(w, all).await
            })
        })
        .await
}

/// Books an appointment at the site where the person is seen. Gives its reference.
pub async fn book(
    app: &App,
    actor: &Actor,
    case: Ref,
    title: NeutralTitle,
    slot: Slot,
) -> Result<Ref> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseChange>(w, case).await?;
                w.appointment_book(&may, title, slot).await
            })
        })
        .await
}

/// Which appointment, as it was when the page was opened.
#[derive(Debug, Clone, Copy)]
pub struct Which {
    /// The case.
    pub case: Ref,
    /// The appointment.
    pub appointment: Ref,
    /// Its version.
    pub version: i64,
}

/// Gives an appointment another time.
pub async fn move_to(app: &App, actor: &Actor, which: Which, slot: Slot) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let (may, due) = to_change(app, w, which.case).await?;
                w.appointment_move(&may, which.appointment, which.version, slot, due)
                    .await
            })
        })
        .await
}

/// Records anything else that happened to an appointment.
pub async fn step(app: &App, actor: &Actor, which: Which, by: AppointmentMove) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let (may, due) = to_change(app, w, which.case).await?;
                w.appointment_step(&may, which.appointment, which.version, by, due)
                    .await
            })
        })
        .await
}

/// The appointments of one London day that the actor may list, by time: whom they are with, and never whose they are.
///
/// Errors with [`Error::Invalid`] where the calendar ends.
pub async fn day(app: &App, actor: &Actor, day: Date) -> Result<Vec<Shown>> {
    let beginning = |date: Option<Date>| {
        date.and_then(|date| At::from_london(date.at(0, 0, 0, 0)))
            .ok_or(Error::Invalid {
                field: "day",
                problem: "error-date",
            })
    };
    let (from, until) = (beginning(Some(day))?, beginning(day.tomorrow().ok())?);
    let (from, until) = (&from, &until);
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let scope = w.scope();
                let all = w.appointments_between(&scope, *from, *until, LIMIT).await?;
                shown(w, all).await
            })
        })
        .await
}
