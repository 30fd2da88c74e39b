//! The clocks of referrals: silence becomes a task for a named human.

use throughline_core::clock::ClockId;
use throughline_core::id::ReferralId;
use throughline_core::referral::ReferralState;
use throughline_core::task::OnTimeout;
use throughline_policy::action::ReferralRecord;
use throughline_policy::{Actor, Purpose};
use throughline_store::referral::Via;

use crate::referral::{Step, make_move, pack_named, task_for};
use crate::referral_hold::{hold_the_later_yes, hold_where_another_has_them};
use crate::referral_line::look;
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
