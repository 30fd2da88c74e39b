//! Several offers at once: when one service accepts, the others wait until the person has chosen (PRODUCT 2). They choose this
//! one, and the others are taken back; or they do not, and the others are asked again.
//!
//! Holding is done by the system right after the acceptance, each offer in a unit of work of its own, because no service may
//! learn whom else somebody asked. If that is cut short, the clock of the other offer does it instead ([`crate::referral_clock`]).

use throughline_core::clock::ClockId;
use throughline_core::id::{Ref, ReferralId};
use throughline_core::referral::{ReferralMove, ReferralState};
use throughline_core::task::TaskKind;
use throughline_policy::action::{ReferralRead, ReferralRecord};
use throughline_policy::{Actor, Permit, Purpose};
use throughline_store::Work;
use throughline_store::outbox::OutboxKind;
use throughline_store::referral::{Referral, Via};

use crate::referral::{Step, call_them, give_task, make_move, still};
use crate::referral_answer::withdraw_in;
use crate::referral_recipient::{Route, asked_already};
use crate::{App, Error, Result};

/// Whether a service has said yes to this offer and the person can be helped by it.
pub(crate) const fn is_taken_on(state: ReferralState) -> bool {
    matches!(
        state,
        ReferralState::Accepted | ReferralState::FirstContact | ReferralState::InService
    )
}

/// Holds every other offer for the same need, after this one was accepted. Gives how many. What cannot be held now, because
/// somebody else is just moving it, its clock holds later: an acceptance that was recorded stays recorded.
pub(crate) async fn hold_the_rest(app: &App, accepted: ReferralId) -> Result<usize> {
    let system = &crate::outbox::system(app).await?;
    let others = app
        .store
        .work(system, Purpose::KeepPromises, |w| {
            Box::pin(async move {
                let facts = w.referral_facts_by_id(accepted).await?;
                let read = w.permit_found::<ReferralRead>(facts)?;
                let referral = w.referral_for_update(&read).await?;
                if !is_taken_on(referral.state) {
                    return Ok(Vec::new());
                }
                w.referral_others(&read, &referral).await
            })
        })
        .await?;
    let mut held = 0;
    for other in others {
        if other.state.apply(&ReferralMove::Hold).is_err() {
            continue;
        }
        let done = app
            .store
            .work(system, Purpose::KeepPromises, |w| {
                Box::pin(async move {
                    let facts = w.referral_facts_by_id(other.id).await?;
                    let permit = w.permit_found::<ReferralRecord>(facts)?;
                    let other = w.referral_for_update(&permit).await?;
                    hold(app, w, &permit, &other).await
                })
            })
            .await;
        match done {
            Ok(()) => held += 1,
            Err(Error::Conflict | Error::Illegal(_)) => {}
            Err(error) => tracing::error!(%error, "an offer could not be held yet"),
        }
    }
    Ok(held)
}

/// Holds one offer, and gives the worker the task to ask which one the person chooses.
pub(crate) async fn hold(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<ReferralRecord>,
    referral: &Referral,
) -> Result<()> {
    let step = Step::plain(&ReferralMove::Hold, Via::Another);
    make_move(app, w, permit, referral, step).await?;
    let (kind, clock) = (TaskKind::AskWhichOffer, ClockId::HeldReview);
    give_task(app, w, permit, referral, kind, clock).await
}

/// Whether another offer for the same need was accepted: then this one is held rather than given up as silent.
pub(crate) async fn another_is_taken_on(
    w: &mut Work<'_>,
    permit: &Permit<ReferralRead>,
    referral: &Referral,
) -> Result<bool> {
    let others = w.referral_others(permit, referral).await?;
    Ok(others.iter().any(|other| is_taken_on(other.state)))
}

/// The person chooses the service that accepted: every other offer for the same need is taken back, and the services are told
/// in one neutral sentence. `seen` is the version on the worker's page.
pub async fn choose(app: &App, actor: &Actor, reference: Ref, seen: i64) -> Result<()> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let (read, chosen) = still::<ReferralRead>(w, reference, seen).await?;
                if !is_taken_on(chosen.state) {
                    return Err(Error::Illegal("choose"));
                }
                for other in w.referral_others(&read, &chosen).await? {
                    if other.state.apply(&ReferralMove::Withdraw).is_err() {
                        continue;
                    }
                    let facts = w.referral_facts_by_id(other.id).await?;
                    let permit = w.permit_found::<ReferralRecord>(facts)?;
                    let other = w.referral_for_update(&permit).await?;
                    withdraw_in(app, w, &permit, &other).await?;
                }
                Ok(())
            })
        })
        .await
}

/// The person does not choose the other service: this one is asked again, on fresh clocks and by every way it has. Gives the
/// ways. `seen` is the version on the worker's page.
pub async fn ask_again(app: &App, actor: &Actor, reference: Ref, seen: i64) -> Result<Vec<Route>> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let (permit, referral) = still::<ReferralRecord>(w, reference, seen).await?;
                let step = Step::plain(&ReferralMove::Release, Via::Worker);
                make_move(app, w, &permit, &referral, step).await?;
                let sent = w.referral_for_update(&permit).await?;
                remind(app, w, &permit, &sent).await
            })
        })
        .await
}

/// Tells the service again: in its inbox, by the link it has, or through the worker, who gets a task to call.
async fn remind(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<ReferralRecord>,
    sent: &Referral,
) -> Result<Vec<Route>> {
    let asked = asked_already(w, sent).await?;
    // One that has left the directory since is asked by nobody but the worker, who learns why.
    let there = asked.still_there().is_ok();
    let now = w.now();
    let mut routes = Vec::new();
    // A link whose time is over is no way to them.
    let link = w.referral_link_newest(sent).await?;
    let link = link.filter(|link| there && link.is_open_at(now));
    if let (true, Some(link)) = (asked.routes.contains(&Route::Link), link) {
        w.tell(OutboxKind::PartnerReminder, link.id.uuid(), None)
            .await?;
        routes.push(Route::Link);
    }
    if there && asked.routes.contains(&Route::Inbox) {
        for account in &asked.inbox {
            w.tell(OutboxKind::StaffTask, account.uuid(), None).await?;
        }
        let step = Step::plain(&ReferralMove::Deliver, Via::Account);
        make_move(app, w, permit, sent, step).await?;
        routes.push(Route::Inbox);
    }
    if routes.is_empty() {
        call_them(app, w, permit, sent).await?;
        routes.push(Route::Call);
    }
    Ok(routes)
}
