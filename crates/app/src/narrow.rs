//! What was agreed, made less: lines struck out, its time shortened. With the worker, or by the person alone.

use std::collections::BTreeSet;

use throughline_core::consent::PacketItem;
use throughline_core::id::Ref;
use throughline_core::narrow::{NarrowFault, Narrowing};
use throughline_core::packet_line::PacketLine;
use throughline_policy::Actor;
use throughline_policy::action::{ReferralTakeBack, SharingNarrow, SharingRead};
use throughline_store::referral::Referral;
use throughline_store::{Error, Result};

use crate::App;
use crate::case::{HELP, permit};
use crate::consent::{locked, open_under, worker_sees};
use crate::packet::Packet;
use crate::receipt;
use crate::referral_answer::call_back_by_mail;

/// The lines that say what help is asked for: they end only with the whole.
pub fn asked_for<'a>(open: impl IntoIterator<Item = &'a Referral>) -> BTreeSet<PacketLine> {
    open.into_iter()
        .filter_map(|referral| PacketLine::of_need(PacketItem::Needs, referral.need))
        .collect()
}

/// The message key of what is wrong with it.
const fn problem(fault: NarrowFault) -> (&'static str, &'static str) {
    match fault {
        NarrowFault::NothingLess => ("line", "narrow-nothing-less"),
        NarrowFault::NothingLeft => ("line", "narrow-nothing-left"),
        NarrowFault::AskedFor => ("line", "narrow-asked-for"),
        NarrowFault::NotSooner => ("until", "narrow-not-sooner"),
    }
}

/// Makes less of what was agreed: a record of its own takes the place of the one before, which keeps the receipt of what was
/// recalled. From now on the service reads what is left, and is asked to look again where a line went. Gives the new reference.
///
/// Errors with [`Error::Illegal`] where sharing does not rest on the person's agreement (NE-28), with [`Error::Conflict`] when it
/// holds no more or was changed meanwhile, and with [`Error::Invalid`] as [`NarrowFault`] says.
pub async fn narrow(
    app: &App,
    actor: &Actor,
    case: Ref,
    consent: Ref,
    less: &Narrowing,
) -> Result<Ref> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may_read = permit::<SharingRead>(w, case).await?;
                let may = permit::<SharingNarrow>(w, case).await?;
                let before = w.consent(&may_read, consent).await?;
                if !before.consent.rests_on_agreement() {
                    return Err(Error::Illegal("narrow"));
                }
                if !before.consent.holds_at(w.now()) {
                    return Err(Error::Conflict);
                }
                let open = open_under(w, &may_read, before.id).await?;
                let left = less
                    .of(&before.consent, &asked_for(&open), w.now())
                    .map_err(|fault| {
                        let (field, problem) = problem(fault);
                        Error::Invalid { field, problem }
                    })?;
                let receipt = receipt::made(w, &may_read, &before, Some(&left), &open).await?;
                w.receipt_keep(&may, before.id, &receipt).await?;
                let (id, reference) = w.consent_narrow(&may, &before, &left).await?;
                for referral in open {
                    let (permit, referral) = locked::<ReferralTakeBack>(w, referral.id).await?;
                    // Taken back, or renewed, in the same instant.
                    if referral.consent != before.id || referral.state.is_final() {
                        return Err(Error::Conflict);
                    }
                    let kept = |packet: Packet| packet.kept(&left.items);
                    w.packet_narrow(&permit, &referral, id, kept).await?;
                    if !receipt.lines.is_empty() && referral.state.is_with_service() {
                        call_back_by_mail(app, w, &permit, &referral).await?;
                    }
                }
                worker_sees(app, w, &may_read).await?;
                Ok(reference)
            })
        })
        .await
}
