//! Taking a consent back, and the decision not to share. Agreeing happens where a referral is sent ([`crate::referral`]); what a
//! partner sees is made in [`crate::packet`].

use throughline_core::consent::SharePurpose;
use throughline_core::id::Ref;
use throughline_core::reason::{Reason, Words};
use throughline_policy::Actor;
use throughline_policy::action::CaseChange;
use throughline_store::Result;

use crate::App;
use crate::case::{HELP, permit};

/// Takes a consent back: from now on the recipient cannot open the packet. What was read cannot be forgotten, and the page
/// says so (SPEC SM-SHARE).
pub async fn withdraw(app: &App, actor: &Actor, case: Ref, consent: Ref) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseChange>(w, case).await?;
                w.consent_withdraw(&may, consent).await
            })
        })
        .await
}

/// Records that it was decided not to share with somebody, and why: kept like a decision to share (SPEC 4.7).
pub async fn not_share(
    app: &App,
    actor: &Actor,
    case: Ref,
    with: &Words,
    purpose: SharePurpose,
    reason: &Reason,
) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseChange>(w, case).await?;
                w.not_shared(&may, with, purpose, reason).await
            })
        })
        .await
}
