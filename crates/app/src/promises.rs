//! The job that keeps promises: rooms nobody came to, tasks nobody took (NE-08, SPEC 4.3 SM-ESCALATION). Each in a unit of work
//! of its own, so that one that fails holds up no other.

use throughline_core::clock::{ClockId, Urgency};
use throughline_core::pack::Pack;
use throughline_policy::action::{RoomList, TaskDo};
use throughline_policy::{Actor, Purpose};
use throughline_store::task::{Stake, Task};
use throughline_store::{Error, Result};

use crate::App;
use crate::front_desk::tell;
use crate::referral::pack_named;
use crate::referral_clock::time_out_due;
use crate::site::pack_at;

/// How many of each kind are looked at in one run; the next run takes the rest.
const BATCH: u64 = 200;

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// Rooms for which the next one was told, or that closed by themselves.
    pub rooms: usize,
    /// Tasks that went up.
    pub tasks: usize,
    /// Referrals whose clock ran out and that moved on, or for which somebody was given a task.
    pub referrals: usize,
    /// What failed and is tried again in the next run.
    pub failed: usize,
}

/// Keeps what has fallen due by now. Safe to run on several nodes at once: whoever is second finds nothing left to do.
pub async fn run(app: &App) -> Result<Kept> {
    let mut kept = Kept::default();
    // Most runs find nothing: then nothing is read, and the audit record stays readable.
    let now = &app.env().now();
    let due = app
        .store
        .read(|r| {
            Box::pin(
                async move { Ok(r.installation().await?.is_some() && r.clocks_due(*now).await?) },
            )
        })
        .await?;
    if !due {
        return Ok(kept);
    }
    let actor = &crate::outbox::system(app).await?;
    let purpose = Purpose::KeepPromises;
    let (rooms, tasks) = app
        .store
        .work(actor, purpose, |w| {
            Box::pin(async move {
                let rooms = w.rooms_due(&w.scope(), BATCH).await?;
                Ok((rooms, w.tasks_to_climb(&w.scope(), BATCH).await?))
            })
        })
        .await?;
    for room in &rooms {
        let done = app
            .store
            .work(actor, purpose, |w| {
                Box::pin(async move {
                    let facts = w.room_facts_by_id(room.id).await?;
                    let permit = w.permit_found::<RoomList>(facts)?;
                    let pack = pack_at(app, w, Some(room.site), room.organisation).await?;
                    let due = pack.due(ClockId::RoomAnswer, Urgency::Immediate, w.now());
                    let alert = w.room_time_out(&permit, due).await?;
                    if !alert.state.is_final() {
                        tell(w, &alert).await?;
                    }
                    Ok(alert)
                })
            })
            .await;
        let done = done.map(|alert| {
            if !alert.state.is_final() {
                alarm("room", alert.told.is_some(), alert.again);
            }
        });
        count(done, &mut kept.rooms, &mut kept.failed, "room");
    }
    kept.referrals = time_out_due(app, BATCH).await?;
    for task in &tasks {
        let done = climb(app, actor, task).await;
        count(done, &mut kept.tasks, &mut kept.failed, "task");
    }
    Ok(kept)
}

/// Says where an escalation found nobody above whom it could tell. A figure that somebody watches, because nobody inside will.
fn alarm(of: &'static str, told: bool, again: bool) {
    if !told {
        tracing::error!(of, "an escalation reached nobody");
        metrics::counter!("throughline_escalations_untold_total", "of" => of).increment(1);
    } else if again {
        tracing::warn!(of, "an escalation is at the top and was told again");
        metrics::counter!("throughline_escalations_again_total", "of" => of).increment(1);
    }
}

async fn climb(app: &App, actor: &Actor, task: &Task) -> Result<()> {
    let climbed = app
        .store
        .work(actor, Purpose::KeepPromises, |w| {
            Box::pin(async move {
                let facts = w.task_facts_by_id(task.id).await?;
                let permit = w.permit_found::<TaskDo>(facts)?;
                let stake = w.task_stake(&permit).await?;
                let here = pack_at(app, w, task.site, task.organisation).await?;
                let pack = pack_of(app, &stake).unwrap_or(here);
                let clock = ClockId::EscalationAcknowledge;
                let urgency = urgency(pack, &stake);
                let climbs_at = pack.due(clock, urgency, w.now());
                let climbed = w.task_climb(&permit, climbs_at).await?;
                let Some(told) = climbed.told else {
                    return Ok(climbed);
                };
                let once = format!("task:{}:{}", task.id.uuid(), climbs_at.micros());
                w.alert(told, Some(&once), urgency).await?;
                w.task_notified(&permit).await?;
                Ok(climbed)
            })
        })
        .await?;
    alarm("task", climbed.told.is_some(), climbed.again);
    Ok(())
}

/// The pack that the case of a task was decided under.
pub(crate) fn pack_of<'a>(app: &'a App, stake: &Stake) -> Option<&'a Pack> {
    stake
        .pack
        .as_deref()
        .and_then(|name| pack_named(app, name).ok())
}

/// How urgent a task is: by the need of its referral, else by risk alone. Danger sets the clocks.
pub(crate) fn urgency(pack: &Pack, stake: &Stake) -> Urgency {
    match stake.need {
        Some(need) => pack.urgency(need, stake.risk),
        None => pack.urgency_by_risk(stake.risk),
    }
}

fn count(done: Result<()>, kept: &mut usize, failed: &mut usize, what: &'static str) {
    match done {
        Ok(()) => *kept += 1,
        // Somebody else was first: another node, or the human it was meant for.
        Err(Error::Conflict | Error::Illegal(_) | Error::NotFound(_)) => {}
        Err(error) => {
            *failed += 1;
            tracing::error!(what, error = %error, "a promise could not be kept yet");
        }
    }
}
