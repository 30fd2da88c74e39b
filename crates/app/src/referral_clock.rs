//! The clocks of referrals: silence becomes a task for a named human.

use throughline_core::clock::ClockId;
use throughline_core::id::ReferralId;
use throughline_core::pack::Pack;
use throughline_core::referral::{ReferralMove, ReferralState};
use throughline_core::risk::RiskBand;
use throughline_core::task::OnTimeout;
use throughline_policy::action::{CaseRead, ReferralRecord};
use throughline_policy::{Actor, Permit, Purpose};
use throughline_store::Work;
use throughline_store::referral::{Referral, Via};

use crate::referral::{Step, make_move, pack_named, task_for};
use crate::referral_hold::{hold_the_later_yes, hold_where_another_has_them};
use crate::referral_line::{is_listed, look};
use crate::referral_link::link_lives_on;
use crate::{App, Error, Result};

/// Acts on every clock that has run out: silence becomes a task for a named human, never nothing. Gives how many it acted on.
/// Each referral is its own unit of work, so that one that cannot be moved holds up no other.
pub async fn time_out_due(app: &App, limit: u64) -> Result<usize> {
    let system = crate::outbox::system(app).await?;
    let due = app
        .store
        .work(&system, Purpose::KeepPromises, |w| {
            Box::pin(async move { w.referrals_overdue(&w.scope(), limit).await })
        })
        .await?;
    let mut acted = 0;
    for referral in due {
        match time_out(app, &system, referral.id).await {
            Ok(true) => acted += 1,
            Ok(false) | Err(Error::Conflict) => {}
            Err(error) => tracing::error!(%error, "a clock ran out and could not be acted on"),
        }
    }
    Ok(acted)
}

/// Makes every request of a case that runs more urgent from now on, where the risk turned out higher: its clock ends when it would if it
/// began now, or before. A risk that turned out lower takes back nothing that somebody was promised.
pub(crate) async fn follow_the_risk(
    w: &mut Work<'_>,
    read: &Permit<CaseRead>,
    pack: &Pack,
    band: RiskBand,
) -> Result<()> {
    for one in w.case_referrals(read).await? {
        let more_urgent = pack.urgency(one.need, band) < pack.urgency(one.need, one.risk);
        if !more_urgent || one.state.duty().is_none() {
            continue;
        }
        let facts = w.referral_facts_by_id(one.id).await?;
        let permit = w.permit_found::<ReferralRecord>(facts)?;
        let now = w.referral_for_update(&permit).await?;
        if let Some(duty) = now.state.duty() {
            let due = pack.due(duty.clock, pack.urgency(now.need, band), w.now());
            let due = now.due_at.map_or(due, |before| before.min(due));
            w.referral_risk_raised(&permit, band, due).await?;
        }
    }
    Ok(())
}

async fn time_out(app: &App, system: &Actor, id: ReferralId) -> Result<bool> {
    app.store
        .work(system, Purpose::KeepPromises, |w| {
            Box::pin(async move {
                let facts = w.referral_facts_by_id(id).await?;
                let permit = w.permit_found::<ReferralRecord>(facts)?;
                // All of its line are locked in one order, so that two nodes never wait for each other.
                let all = w.referral_line_for_update(&permit).await?;
                let own = all.iter().find(|one| one.id == id);
                let Some(referral) = own.cloned() else {
                    return Ok(false);
                };
                let now = w.now();
                let (Some(duty), true) = (
                    referral.state.duty(),
                    referral.due_at.is_some_and(|due| due <= now),
                ) else {
                    return Ok(false);
                };
                if referral.state == ReferralState::InLine {
                    look(app, w, facts, &permit, &all).await?;
                    return Ok(true);
                }
                if hold_where_another_has_them(app, w, &permit, &all).await?
                    || hold_the_later_yes(app, w, &permit, &all).await?
                {
                    return Ok(true);
                }
                if lost_its_service(w, &referral).await? {
                    // Nobody there will answer; a late yes is a yes all the same.
                    let step = Step::plain(&ReferralMove::TimeOut, Via::Clock);
                    make_move(app, w, &permit, &referral, step).await?;
                    return Ok(true);
                }
                match duty.on_timeout {
                    OnTimeout::Move(made) => {
                        let step = Step::plain(&made, Via::Clock);
                        make_move(app, w, &permit, &referral, step).await?;
                    }
                    OnTimeout::Climb(kind) => {
                        let pack = pack_named(app, &w.referral_pack(&permit).await?)?;
                        let urgency = pack.urgency(referral.need, referral.risk);
                        if !w.referral_task_waits(&permit, kind).await? {
                            let climbs = pack.due(ClockId::EscalationAcknowledge, urgency, now);
                            w.task_add(&task_for(&referral, kind, now, climbs)).await?;
                        }
                        let again = pack.due(duty.clock, urgency, now);
                        w.referral_clock_set(&permit, &referral, again).await?;
                        let stands = (referral.state, again);
                        link_lives_on(app, w, &permit, &referral, stands).await?;
                    }
                }
                Ok(true)
            })
        })
        .await
}

/// Whether a request waits for an answer of a service that left the directory or closed.
async fn lost_its_service(w: &mut Work<'_>, referral: &Referral) -> Result<bool> {
    if referral.state.apply(&ReferralMove::TimeOut).is_err() {
        return Ok(false);
    }
    let service = w.service_by_id(referral.service).await?;
    Ok(!service.is_some_and(|service| is_listed(&service)))
}
