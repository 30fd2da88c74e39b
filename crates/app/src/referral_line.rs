//! Who is asked next, by itself: the requests that the person agreed to in advance stand in line, and when the one before comes to
//! nothing the next fit is sent the packet that was looked at with it (PRODUCT 2; NE-22). The rule is [`throughline_core::line`].
//!
//! A line is looked at when something becomes of a request for the same need (each move wakes it, in its own commit), and again by
//! its own clock: whatever is cut short is taken up there. Nobody is asked who was not agreed to, and nobody without a consent that
//! holds; where nobody in line can be asked, the task to offer the next option stands with the worker as ever.

use throughline_core::circumstances::Circumstances;
use throughline_core::code::Code as _;
use throughline_core::id::{Ref, ReferralId};
use throughline_core::line::{Before, Turn, turn};
use throughline_core::referral::{EndReason, Helped, ReferralMove, ReferralState};
use throughline_core::task::TaskKind;
use throughline_find::{Query, Stand, stand};
use throughline_policy::action::{ReferralRead, ReferralRecord};
use throughline_policy::{Actor, Facts, Permit, Purpose};
use throughline_store::Work;
use throughline_store::directory::ServiceState;
use throughline_store::referral::{Referral, Via};
use throughline_store::task::TaskOutcome;

use crate::referral::{Step, give_task, make_move, pack_named, still};
use crate::referral_hold::remind;
use crate::referral_next::with_its_no;
use crate::referral_recipient::{Route, asked_already};
use crate::referral_send::new_code;
use crate::{App, Error, Result};

/// The rule whose no means that a service has no room.
const NO_ROOM: &str = "capacity";

/// Looks at the line that one request stands in, and does what its turn is. The request's own clock starts anew where it still waits.
pub(crate) async fn look(
    app: &App,
    w: &mut Work<'_>,
    facts: Option<Facts<ReferralId>>,
    permit: &Permit<ReferralRecord>,
) -> Result<()> {
    let all = w.referral_line_for_update(permit).await?;
    let Some(own) = all.iter().find(|one| one.id == permit.on()) else {
        return Ok(());
    };
    if own.state != ReferralState::InLine {
        return Ok(());
    }
    let (line, asked): (Vec<&Referral>, Vec<&Referral>) = all
        .iter()
        .partition(|one| one.state == ReferralState::InLine);
    let mut before = Vec::with_capacity(asked.len());
    for one in &asked {
        before.push(what_became(app, w, one).await?);
    }
    match turn(&before) {
        Turn::Wait => wait(app, w, permit, own).await,
        Turn::Over => {
            let step = Step::plain(&ReferralMove::Withdraw, Via::Clock);
            make_move(app, w, permit, own, step).await.map(drop)
        }
        Turn::Ask => {
            let (kind, clock) = (TaskKind::AskWhichOffer, ReferralState::InLine.duty());
            let asked = w.referral_task_was_done(permit, kind).await?;
            if let (Some(duty), false) = (clock, asked) {
                give_task(app, w, permit, own, kind, duty.clock).await?;
            }
            wait(app, w, permit, own).await
        }
        Turn::Send => {
            let read = w.permit_found::<ReferralRead>(facts)?;
            let told = told_and_learnt(w, &read, own, &asked).await?;
            match whose_turn(app, w, told, &line).await? {
                (Some(first), _) if first == own.id => send_on(app, w, permit, own, &asked).await,
                (_, gone) if gone.contains(&own.id) => {
                    let step = Step::plain(&ReferralMove::Withdraw, Via::Clock);
                    make_move(app, w, permit, own, step).await.map(drop)
                }
                _ => wait(app, w, permit, own).await,
            }
        }
    }
}

/// What became of a request that is not in line.
async fn what_became(app: &App, w: &mut Work<'_>, one: &Referral) -> Result<Before> {
    let end = one.reason.as_deref().zip(one.helped.as_deref());
    let after_end =
        end.filter(|_| one.state == ReferralState::Ended)
            .and_then(|(reason, helped)| {
                let reason = EndReason::from_code(reason).ok()?;
                reason.next_step(Helped::from_code(helped).ok()?)
            });
    let service = w.service_by_id(one.service).await?;
    let lost = match service {
        Some(service) if service.state == ServiceState::Listed => {
            let stands = stand(
                &app.directory.snapshot(),
                &Query::default(),
                w.now(),
                [service.reference],
            );
            stands.iter().any(|(_, stand)| match stand {
                Stand::Fits => false,
                Stand::Refused(rule) => rule.0 == NO_ROOM,
                Stand::Gone => true,
            })
        }
        _ => true,
    };
    Ok(Before {
        state: one.state,
        after_end,
        ended_at: one.ended_at,
        lost,
    })
}

/// What they told when this service was found for them, with what every no since has taught.
async fn told_and_learnt(
    w: &mut Work<'_>,
    read: &Permit<ReferralRead>,
    own: &Referral,
    asked: &[&Referral],
) -> Result<Circumstances> {
    let mut told = w.referral_told(read).await?.unwrap_or_default();
    told.needs = vec![own.need];
    for one in asked {
        told = with_its_no(told, one);
    }
    Ok(told)
}

/// Who in the line is asked now: the first that fits by what is known now, as the finder orders them. Beside it those that are in the
/// directory no more.
async fn whose_turn(
    app: &App,
    w: &mut Work<'_>,
    told: Circumstances,
    line: &[&Referral],
) -> Result<(Option<ReferralId>, Vec<ReferralId>)> {
    let mut services: Vec<(Ref, ReferralId)> = Vec::with_capacity(line.len());
    let mut gone = Vec::new();
    for one in line {
        match w.service_by_id(one.service).await? {
            Some(service) if service.state == ServiceState::Listed => {
                services.push((service.reference, one.id));
            }
            _ => gone.push(one.id),
        }
    }
    let query = Query {
        told,
        ..Query::default()
    };
    let stands = stand(
        &app.directory.snapshot(),
        &query,
        w.now(),
        services.iter().map(|(service, _)| *service),
    );
    let id = |wanted: Ref| {
        let found = services.iter().find(|(service, _)| *service == wanted);
        found.map(|(_, id)| *id)
    };
    let first = stands.iter().find(|(_, stand)| *stand == Stand::Fits);
    let out = stands.iter().filter(|(_, stand)| *stand == Stand::Gone);
    gone.extend(out.filter_map(|(service, _)| id(*service)));
    Ok((first.and_then(|(service, _)| id(*service)), gone))
}

/// Sends the next one: the packet that was looked at when it was agreed goes out as it is. Where what was agreed holds no more, the
/// worker asks again instead.
async fn send_on(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<ReferralRecord>,
    own: &Referral,
    asked: &[&Referral],
) -> Result<()> {
    if !w.consent_holds(own.consent).await? {
        let kind = TaskKind::AskConsentAgain;
        if let Some(duty) = ReferralState::InLine.duty() {
            give_task(app, w, permit, own, kind, duty.clock).await?;
        }
        return wait(app, w, permit, own).await;
    }
    go(app, w, permit, own, Via::Clock, asked).await
}

/// Sends one from the line, by whichever way its service has, and settles the task to offer the next option.
async fn go(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<ReferralRecord>,
    own: &Referral,
    via: Via,
    asked: &[&Referral],
) -> Result<()> {
    let step = Step::plain(&ReferralMove::Send, via);
    make_move(app, w, permit, own, step).await?;
    let sent = w.referral_for_update(permit).await?;
    remind(app, w, permit, &sent).await?;
    for before in asked {
        let done = TaskOutcome::Done;
        w.tasks_settle(None, Some(before.id), TaskKind::OfferNext, done)
            .await?;
    }
    Ok(())
}

/// Starts the clock of a line anew.
async fn wait(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<ReferralRecord>,
    own: &Referral,
) -> Result<()> {
    let Some(duty) = own.state.duty() else {
        return Ok(());
    };
    let pack = pack_named(app, &w.referral_pack(permit).await?)?;
    let urgency = pack.urgency(own.need, own.risk);
    let again = pack.due(duty.clock, urgency, w.now());
    w.referral_clock_set(permit, own, again).await
}

/// The worker asks the next one now, though nobody before has said no: several may be asked at once. Gives the code
/// to pass on and how, where its service gets a link. `seen` is the version on the worker's page.
///
/// Errors with [`Error::Invalid`] where what was agreed holds no more or the service has left the directory.
pub async fn ask_now(
    app: &App,
    actor: &Actor,
    reference: Ref,
    seen: i64,
) -> Result<Option<(String, String)>> {
    let by_link = app
        .store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let (permit, own) = still::<ReferralRecord>(w, reference, seen).await?;
                if own.state != ReferralState::InLine {
                    return Err(Error::Illegal("send"));
                }
                let refused = |problem| {
                    Err(Error::Invalid {
                        field: "ask-now",
                        problem,
                    })
                };
                if !w.consent_holds(own.consent).await? {
                    return refused("refer-consent-over");
                }
                let asked = asked_already(w, &own).await?;
                if asked.still_there().is_err() {
                    return refused("refer-service-gone");
                }
                if asked.routes.contains(&Route::Link) && !asked.routes.contains(&Route::Inbox) {
                    return Ok(true);
                }
                go(app, w, &permit, &own, Via::Worker, &[]).await?;
                Ok(false)
            })
        })
        .await?;
    if !by_link {
        return Ok(None);
    }
    // Its code is given by the worker: the link is made where that can be shown.
    new_code(app, actor, reference).await.map(Some)
}
