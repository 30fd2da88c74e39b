//! The receipt of what a person took back, or struck out: made when they do, read again whenever they ask.

use throughline_core::consent::Consent;
use throughline_core::id::Ref;
use throughline_core::receipt::{Recalled, Receipt};
use throughline_policy::action::SharingRead;
use throughline_policy::{Actor, Permit};
use throughline_store::consent::ConsentRecord;
use throughline_store::referral::Referral;
use throughline_store::{Result, Work};

use crate::App;
use crate::case::{HELP, permit};
use crate::case_view::organisation_name;

/// A receipt as a page shows it.
#[derive(Debug, Clone)]
pub struct Signed {
    /// What it says.
    pub receipt: Receipt,
    /// The signed text, to the letter.
    pub note: String,
}

/// What was recalled, and what had been seen. `still_open` says which requests end with it, or go on with what is `left`.
pub(crate) async fn made(
    w: &mut Work<'_>,
    may: &Permit<SharingRead>,
    before: &ConsentRecord,
    left: Option<&Consent>,
    still_open: &[Referral],
) -> Result<Receipt> {
    let mut under = w.case_referrals(may).await?;
    under.retain(|referral| referral.consent == before.id);
    let mut requests = Vec::with_capacity(under.len());
    for referral in under {
        let seen = w.referral_seen(may, referral.id).await?;
        let open = still_open.iter().any(|one| one.id == referral.id);
        requests.push(Recalled {
            request: referral.reference,
            need: referral.need,
            ended_now: open && left.is_none(),
            goes_on: open && left.is_some(),
            first_read_at: seen.first_read_at,
            last_read_at: seen.last_read_at,
            contact_seen_at: seen.contact_seen_at,
        });
    }
    let kept = left.map(|left| left.items.clone()).unwrap_or_default();
    Ok(Receipt {
        agreed: before.reference,
        taken_back_at: w.now(),
        recipient: organisation_name(w, before.consent.recipient).await?,
        lines: before.consent.items.difference(&kept).copied().collect(),
        kept,
        kept_until: left.map(|left| left.expires_at),
        requests,
    })
}

/// The receipt of what was taken back; `None` where nothing was.
pub async fn read(app: &App, actor: &Actor, case: Ref, consent: Ref) -> Result<Option<Signed>> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<SharingRead>(w, case).await?;
                let found = w.receipt(&may, consent).await?;
                Ok(found.map(|(note, receipt)| Signed { receipt, note }))
            })
        })
        .await
}
