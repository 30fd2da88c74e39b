//! The receipt of what a person took back: made when they do, read again whenever they ask.

use throughline_core::consent::Consent;
use throughline_core::id::{ConsentId, Ref};
use throughline_core::receipt::{Recalled, Receipt};
use throughline_policy::action::CaseRead;
use throughline_policy::{Actor, Permit};
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

/// What was recalled, and what had been seen. `still_open` says which requests end with it.
pub(crate) async fn made(
    w: &mut Work<'_>,
    may: &Permit<CaseRead>,
    (agreed, id, known): (Ref, ConsentId, &Consent),
    still_open: &[Ref],
) -> Result<Receipt> {
    let mut under = w.case_referrals(may).await?;
    under.retain(|referral| referral.consent == id);
    let mut requests = Vec::with_capacity(under.len());
    for referral in under {
        let seen = w.referral_seen(may, referral.id).await?;
        requests.push(Recalled {
            request: referral.reference,
            need: referral.need,
            ended_now: still_open.contains(&referral.reference),
            first_read_at: seen.first_read_at,
            last_read_at: seen.last_read_at,
            contact_seen_at: seen.contact_seen_at,
        });
    }
    Ok(Receipt {
        agreed,
        taken_back_at: w.now(),
        recipient: organisation_name(w, known.recipient).await?,
        lines: known.items.clone(),
        requests,
    })
}

/// The receipt of what was taken back; `None` where nothing was.
pub async fn read(app: &App, actor: &Actor, case: Ref, consent: Ref) -> Result<Option<Signed>> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseRead>(w, case).await?;
                let found = w.receipt(&may, consent).await?;
                Ok(found.map(|(note, receipt)| Signed { receipt, note }))
            })
        })
        .await
}
