//! The link of a service without an account after it has answered: it lives as long as the request does with it, and where it
//! cannot, somebody is told. Without it nobody there would ever see how to make contact.

use throughline_core::clock::{ClockId, Urgency};
use throughline_core::referral::ReferralState;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::Permit;
use throughline_store::Work;
use throughline_store::link::CutOff;
use throughline_store::referral::{Referral, SeesReferral};

use crate::referral::{call_them, pack_named, task_for};
use crate::{App, Error, Result};

/// Lets the link of a service that has the person work until after the clock that now runs, and gives the worker the task to call
/// where it is over and nobody there has an account.
pub(crate) async fn link_lives_on<A: SeesReferral>(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<A>,
    referral: &Referral,
    (state, due_at): (ReferralState, At),
) -> Result<()> {
    if !state.has_the_person() {
        return Ok(());
    }
    // One that was never sent a link is reached another way.
    let Some(link) = w.referral_link_last(referral).await? else {
        return Ok(());
    };
    if link.is_open_at(w.now()) {
        let pack = pack_named(app, &w.referral_pack(permit).await?)?;
        let urgency = pack.urgency(referral.need, referral.risk);
        let until = pack.due(ClockId::LinkExpiry, urgency, due_at);
        return w
            .referral_link_extend(&link, until.max(link.expires_at))
            .await;
    }
    if !w.answering_accounts(referral.to).await?.is_empty() {
        return Ok(());
    }
    unless_closed(call_them(app, w, permit, referral).await)
}

/// Tells the worker of each case that the service can no longer come in by the link it had.
pub(crate) async fn tell_of_cut_off(app: &App, w: &mut Work<'_>, cut_off: &[CutOff]) -> Result<()> {
    for CutOff { referral, pack } in cut_off {
        let pack = pack_named(app, pack)?;
        let urgency: Urgency = pack.urgency(referral.need, referral.risk);
        let now = w.now();
        let climbs = pack.due(ClockId::EscalationAcknowledge, urgency, now);
        let new = task_for(referral, TaskKind::ChaseReferral, now, climbs);
        unless_closed(w.task_add(&new).await.map(|_| ()))?;
    }
    Ok(())
}

/// Help may outlive its case; nobody is given work on a closed one.
fn unless_closed(told: Result<()>) -> Result<()> {
    match told {
        Err(Error::Invalid { field: "case", .. }) => Ok(()),
        other => other,
    }
}
