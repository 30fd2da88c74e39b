//! What a service was told, changed after it was sent: agreed anew with the person, looked at as it will be read, and said to both
//! sides line by line. What somebody is about to answer is no longer what they read, so their answer is refused until they have.

use std::collections::BTreeMap;

use throughline_core::clock::ClockId;
use throughline_core::consent::{PacketItem, SHARED_FIRST_SECONDS};
use throughline_core::id::Ref;
use throughline_core::packet_line::PacketLine;
use throughline_core::task::TaskKind;
use throughline_policy::action::{
    CaseChange, CaseRead, ReferralRead, ReferralRecord, ReferralSend,
};
use throughline_policy::{Actor, Purpose};
use throughline_store::Work;
use throughline_store::referral::Referral;
use throughline_store::task::TaskOutcome;

use crate::packet::{self, Packet};
use crate::referral::{pack_named, still, task_for};
use crate::referral_agree::{Agreement, agree};
use crate::referral_answer::tell_more;
use crate::referral_recipient::asked_already;
use crate::referral_send::{Prepared, SendOrder, is_high, prepared_in};
use crate::{App, Error, Result};

/// What the worker and the person look at before anything is changed.
#[derive(Debug, Clone)]
pub struct Change {
    /// Every line that could be shared now.
    pub known: Prepared,
    /// What the service reads now.
    pub packet: Packet,
    /// The case.
    pub case: Ref,
    /// Plain facts.
    pub referral: Referral,
}

/// What could be shared now beside what the service reads. Errors with [`Error::Illegal`] where it was not sent or is over.
pub async fn prepare(app: &App, actor: &Actor, reference: Ref) -> Result<Change> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let record = w.permit_found::<ReferralRecord>(facts)?;
                let read = w.permit_found::<ReferralRead>(facts)?;
                let referral = w.referral_for_update(&record).await?;
                if !referral.state.may_be_told_more() {
                    return Err(Error::Illegal("amend"));
                }
                let facts = w.case_facts_by_id(referral.case).await?;
                w.permit_found::<ReferralSend>(facts)?;
                let may = w.permit_found::<CaseRead>(facts)?;
                let asked = asked_already(w, &referral).await?;
                let packet = reads_now(w, &read, &may, &referral).await?;
                Ok(Change {
                    known: prepared_in(app, w, &may, asked, referral.need).await?,
                    packet,
                    case: w.case_read(&may).await?.reference,
                    referral,
                })
            })
        })
        .await
}

/// What the service reads now: the packet as it was sealed, without what was taken back since.
async fn reads_now(
    w: &mut Work<'_>,
    read: &throughline_policy::Permit<ReferralRead>,
    may: &throughline_policy::Permit<CaseRead>,
    referral: &Referral,
) -> Result<Packet> {
    let (packet, _) = w.referral_content::<Packet>(read).await?;
    let consents = w.consents(may).await?;
    let agreed = consents.iter().find(|one| one.id == referral.consent);
    Ok(match agreed {
        Some(agreed) => packet.kept(&agreed.consent.items),
        None => packet,
    })
}

/// Changes what the service reads. The case, the service and the need of the order are those of the request. `seen` is the version on
/// the worker's page.
///
/// Errors with [`Error::Conflict`] when anything was changed meanwhile, [`Error::Invalid`] when what was agreed does not allow it or the
/// service would read just what it reads now, and [`Error::Illegal`] where the request is over.
pub async fn amend(
    app: &App,
    actor: &Actor,
    reference: Ref,
    seen: i64,
    order: &SendOrder,
) -> Result<()> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move { amend_in(app, w, (reference, seen), order).await })
        })
        .await
}

async fn amend_in(
    app: &App,
    w: &mut Work<'_>,
    (reference, seen): (Ref, i64),
    order: &SendOrder,
) -> Result<()> {
    let (record, referral) = still::<ReferralRecord>(w, reference, seen).await?;
    if !referral.state.may_be_told_more() {
        return Err(Error::Illegal("amend"));
    }
    let facts = w.case_facts_by_id(referral.case).await?;
    let send = w.permit_found::<ReferralSend>(facts)?;
    let read = w.permit_found::<CaseRead>(facts)?;
    let change = w.permit_found::<CaseChange>(facts)?;
    let case = w.case_read(&read).await?;
    if order.ask.need != referral.need || order.ask.case != case.reference {
        return Err(Error::Conflict);
    }
    if is_high(case.risk) && order.reasons.is_none() && !order.life_at_risk {
        return Err(Error::Invalid {
            field: "reasons",
            problem: "refer-decision-needed",
        });
    }
    let pack = pack_named(app, &case.pack)?;
    let urgency = pack.urgency(referral.need, case.risk);
    let statement = w.statement_latest(&read).await?;
    let number = statement.as_ref().map(|statement| statement.number);
    if order.items.contains(&PacketItem::Statement.into()) && number != order.statement {
        return Err(Error::Conflict);
    }
    let facts = w.referral_facts(reference).await?;
    let may_read = w.permit_found::<ReferralRead>(facts)?;
    let before = reads_now(w, &may_read, &read, &referral).await?;
    let consents = w.consents(&read).await?;
    let agreed = consents.into_iter().find(|one| one.id == referral.consent);
    let agreed = agreed.ok_or(Error::Conflict)?;
    let asked = asked_already(w, &referral).await?;
    let known = packet::known(w, &read, urgency).await?;
    let agreement = Agreement {
        order,
        change: &change,
        send: &send,
        statement: statement.as_ref().map(|statement| statement.id),
        known: &known,
        expires_at: pack.due(ClockId::ConsentExpiry, urgency, w.now()),
        in_place_of: Some(&agreed),
    };
    let (consent, packet) = agree(w, &agreement, &asked, referral.to).await?;
    let changed = changed(&before, &packet);
    if changed.is_empty() {
        return Err(Error::Invalid {
            field: "item",
            problem: "refer-change-nothing",
        });
    }
    w.referral_amend(&record, &referral, consent, &packet, changed)
        .await?;
    let (kind, done) = (TaskKind::AskConsentAgain, TaskOutcome::Done);
    w.tasks_settle(None, Some(referral.id), kind, done).await?;
    if order.life_at_risk {
        // Shared first: the reasons are put on record in full within a day, as with sending.
        let due = w.now().plus_seconds(SHARED_FIRST_SECONDS);
        w.task_add(&task_for(&referral, TaskKind::CompleteSharing, due, due))
            .await?;
    }
    tell_more(app, w, &record, &referral).await
}

/// The lines of which the service reads something else than before: added, taken away or with other words.
pub fn changed(before: &Packet, now: &Packet) -> Vec<PacketLine> {
    let lines = |packet: &Packet| -> BTreeMap<PacketLine, packet::Line> {
        let lines = packet.lines.iter();
        lines.map(|line| (line.id(), line.clone())).collect()
    };
    let (before, now) = (lines(before), lines(now));
    let mut ids: Vec<PacketLine> = before.keys().chain(now.keys()).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    ids.retain(|id| before.get(id) != now.get(id));
    ids
}
