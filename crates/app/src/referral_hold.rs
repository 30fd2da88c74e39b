//! Several offers at once: when one service accepts, the others wait until the person has chosen (PRODUCT 2). They choose this
//! one, and the others are taken back; or they do not, and the others are asked again. Two services that say yes in the same second
//! are both told the truth: one keeps the person meanwhile, and the other's yes stands and waits.
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

/// Of several offers for one need, the one that keeps the person while they choose: whose service has spoken with them, else who said
/// yes first. `None` where nobody has said yes.
fn keeper(offers: &[Referral]) -> Option<ReferralId> {
    offers
        .iter()
        .filter(|offer| is_taken_on(offer.state))
        .min_by_key(|offer| {
            let begun = offer.state != ReferralState::Accepted;
            (!begun, offer.answered_at, offer.id)
        })
        .map(|offer| offer.id)
}

/// After an offer was accepted: where another service has the person already, this one's yes waits while they choose; else every
/// offer that nobody has said yes to waits. Gives where the accepted one stands now, where it was held itself.
///
/// Each is done with every offer of the line locked, and only the accepted one's own call ever holds an acceptance. So of two that
/// come in the same second, on two nodes, exactly one is held, and neither is told something that changes a moment later. What cannot
/// be held now, because somebody else is just moving it, its clock holds later: an acceptance that was recorded stays recorded.
pub(crate) async fn hold_the_rest(
    app: &App,
    accepted: ReferralId,
) -> Result<Option<ReferralState>> {
    let system = &crate::outbox::system(app).await?;
    let others = app
        .store
        .work(system, Purpose::KeepPromises, |w| {
            Box::pin(async move {
                let facts = w.referral_facts_by_id(accepted).await?;
                let permit = w.permit_found::<ReferralRecord>(facts)?;
                let offers = w.referral_line_for_update(&permit).await?;
                let own = offers.iter().find(|offer| offer.id == accepted);
                let Some(own) = own.filter(|own| own.state == ReferralState::Accepted) else {
                    return Ok(Some(Vec::new()));
                };
                let others = || offers.iter().filter(|offer| offer.id != accepted);
                if others().any(|offer| is_taken_on(offer.state)) {
                    hold(app, w, &permit, own).await?;
                    return Ok(None);
                }
                Ok(Some(others().map(|offer| offer.id).collect()))
            })
        })
        .await?;
    let Some(others) = others else {
        return Ok(Some(ReferralState::Held));
    };
    for other in others {
        let done = app
            .store
            .work(system, Purpose::KeepPromises, |w| {
                Box::pin(async move {
                    let facts = w.referral_facts_by_id(other).await?;
                    let permit = w.permit_found::<ReferralRecord>(facts)?;
                    let offers = w.referral_line_for_update(&permit).await?;
                    hold_where_another_has_them(app, w, &permit, &offers).await
                })
            })
            .await;
        match done {
            Ok(_) | Err(Error::Conflict | Error::Illegal(_)) => {}
            Err(error) => tracing::error!(%error, "an offer could not be held yet"),
        }
    }
    Ok(None)
}

/// Holds an offer that nobody has said yes to where another service has the person. `offers`: all of its line, locked. Gives whether
/// it was held.
pub(crate) async fn hold_where_another_has_them(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<ReferralRecord>,
    offers: &[Referral],
) -> Result<bool> {
    let Some(own) = offers.iter().find(|offer| offer.id == permit.on()) else {
        return Ok(false);
    };
    let another = offers
        .iter()
        .any(|offer| offer.id != own.id && is_taken_on(offer.state));
    let can = own.state != ReferralState::Accepted && own.state.apply(&ReferralMove::Hold).is_ok();
    if !another || !can {
        return Ok(false);
    }
    hold(app, w, permit, own).await?;
    Ok(true)
}

/// By the clock of an acceptance: holds it where another service has the person and was first, because a node stopped between the
/// acceptance and the hold. One that the person chose afterwards is not held again. Gives whether it was held.
pub(crate) async fn hold_the_later_yes(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<ReferralRecord>,
    offers: &[Referral],
) -> Result<bool> {
    let own = offers.iter().find(|offer| offer.id == permit.on());
    let Some(own) = own.filter(|own| own.state == ReferralState::Accepted) else {
        return Ok(false);
    };
    if keeper(offers) == Some(own.id) {
        return Ok(false);
    }
    let chosen = ReferralMove::Release { said_yes: true }.code();
    if w.referral_steps(permit)
        .await?
        .iter()
        .any(|step| step.made == chosen)
    {
        return Ok(false);
    }
    hold(app, w, permit, own).await?;
    Ok(true)
}

/// Holds one offer, and gives the worker the task to ask which one the person chooses.
async fn hold(
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

/// Whether the person may choose this offer: its service said yes, whether it keeps them meanwhile or waits.
pub const fn can_be_chosen(offer: &Referral) -> bool {
    is_taken_on(offer.state) || (matches!(offer.state, ReferralState::Held) && offer.said_yes)
}

/// The person chooses a service that said yes: every other offer for the same need is taken back, and the services are told
/// in one neutral sentence. One that waited has them from now on, and is told. `seen` is the version on the worker's page.
pub async fn choose(app: &App, actor: &Actor, reference: Ref, seen: i64) -> Result<()> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let (read, chosen) = still::<ReferralRead>(w, reference, seen).await?;
                if !can_be_chosen(&chosen) {
                    return Err(Error::Illegal("choose"));
                }
                if chosen.state == ReferralState::Held {
                    let facts = w.referral_facts_by_id(chosen.id).await?;
                    let permit = w.permit_found::<ReferralRecord>(facts)?;
                    release(app, w, &permit, &chosen).await?;
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
                release(app, w, &permit, &referral).await
            })
        })
        .await
}

/// Releases an offer that was held: its service is asked again, or, where it had said yes, told that they are coming.
async fn release(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<ReferralRecord>,
    held: &Referral,
) -> Result<Vec<Route>> {
    let made = ReferralMove::Release {
        said_yes: held.said_yes,
    };
    let step = Step::plain(&made, Via::Worker);
    make_move(app, w, permit, held, step).await?;
    let sent = w.referral_for_update(permit).await?;
    remind(app, w, permit, &sent).await
}

/// Tells the service: in its inbox, by the link it has, or through the worker, who gets a task to call.
pub(crate) async fn remind(
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
        let kind = if sent.state.has_said_yes() {
            OutboxKind::PartnerNotice
        } else {
            OutboxKind::PartnerReminder
        };
        w.tell(kind, link.id.uuid(), None).await?;
        routes.push(Route::Link);
    }
    if there && asked.routes.contains(&Route::Inbox) {
        for account in &asked.inbox {
            w.tell(OutboxKind::StaffTask, account.uuid(), None).await?;
        }
        if sent.state.apply(&ReferralMove::Deliver).is_ok() {
            let step = Step::plain(&ReferralMove::Deliver, Via::Account);
            make_move(app, w, permit, sent, step).await?;
        }
        routes.push(Route::Inbox);
    }
    if routes.is_empty() {
        call_them(app, w, permit, sent).await?;
        routes.push(Route::Call);
    }
    Ok(routes)
}
