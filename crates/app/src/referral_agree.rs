//! What was agreed with one recipient, and the packet that it leaves: for the service that is asked, and for each that may be asked
//! after it. Every recipient has a consent and a packet of its own (NE-10), made and looked at in the same instant.

use throughline_core::circumstances::Circumstances;
use throughline_core::consent::{self, Consent, PacketItem, ShareBasis, SharePurpose};
use throughline_core::conversation::Reach;
use throughline_core::id::{ConsentId, OrganisationId, Ref, StatementId};
use throughline_core::referral::ReferralMove;
use throughline_core::risk::RiskBand;
use throughline_core::time::At;
use throughline_policy::Permit;
use throughline_policy::action::{CaseChange, ReferralSend};
use throughline_store::Work;
use throughline_store::consent::{ConsentRecord, NewConsent};
use throughline_store::referral::NewReferral;

use crate::packet::{Line, Packet};
use crate::referral_recipient::{Asked, is_specialist};
use crate::referral_send::SendOrder;
use crate::{Error, Result};

/// The most services that may stand in line for one request: whom somebody agreed to is remembered by name.
pub const IN_LINE: usize = 3;

/// What is agreed, whoever receives it.
pub(crate) struct Agreement<'a> {
    pub(crate) order: &'a SendOrder,
    pub(crate) change: &'a Permit<CaseChange>,
    pub(crate) send: &'a Permit<ReferralSend>,
    pub(crate) statement: Option<StatementId>,
    pub(crate) known: &'a [Line],
    pub(crate) expires_at: At,
    /// What was agreed with this recipient before, and ends with it.
    pub(crate) in_place_of: Option<&'a ConsentRecord>,
}

const fn invalid(field: &'static str, problem: &'static str) -> Error {
    Error::Invalid { field, problem }
}

/// Records what was agreed with one recipient and makes the packet. Errors with [`Error::Conflict`] where it is not the packet that
/// was looked at.
pub(crate) async fn agree(
    w: &mut Work<'_>,
    agreement: &Agreement<'_>,
    asked: &Asked,
    to: OrganisationId,
) -> Result<(ConsentId, Packet)> {
    let order = agreement.order;
    let now = w.now();
    let agreed = Consent {
        recipient: to,
        purpose: SharePurpose::Referral,
        items: order.items.clone(),
        how: order.how,
        own_words: order.items.contains(&PacketItem::Statement.into()),
        basis: order.basis,
        art9: order.art9,
        dpa: order.dpa,
        reasons: order.reasons.clone(),
        life_at_risk: order.life_at_risk,
        agreed_at: now,
        expires_at: agreement.expires_at,
        withdrawn_at: None,
    };
    let new = NewConsent {
        consent: &agreed,
        statement: agreement.statement,
        struck: &order.struck,
        words: order.words.as_deref(),
    };
    let consent = match agreement.in_place_of {
        None => w.consent_give(agreement.change, &new).await?.0,
        Some(before) => w.consent_renew(agreement.change, before, &new).await?,
    };
    // What was not said alone goes no further than the specialist, whatever a page or a program says (ASSURANCE C5).
    let reach = match w.case_reach(agreement.send).await? {
        Some(Reach::SpecialistOnly) => Reach::SpecialistOnly,
        Some(Reach::AsAgreed) | None => order.reach,
    };
    let shared = consent::Packet::build(
        &agreed,
        order.struck.clone(),
        reach,
        is_specialist(&asked.service),
        now,
    )
    .map_err(|refused| match refused {
        consent::PacketRefused::NoConsent => invalid("how", "refer-no-consent"),
        consent::PacketRefused::NotSeenAlone => invalid("reach", "refer-not-seen-alone"),
        consent::PacketRefused::DetailsWithoutRules => {
            invalid("items", "refer-details-without-rules")
        }
        consent::PacketRefused::EveryNeed => invalid("items", "refer-needs-one-by-one"),
    })?;
    let packet = Packet::of(&shared, order.how, order.ask.need, agreement.known);
    match &order.shown {
        Some(shown) if *shown != packet.mark()? => Err(Error::Conflict),
        _ => Ok((consent, packet)),
    }
}

/// Whether anybody may stand in line for a request: only where the person agreed, and with nothing that leaves by itself alone (NE-11).
pub(crate) fn may_have_a_line(order: &SendOrder) -> Result<()> {
    if order.next.is_empty() {
        return Ok(());
    }
    if !order.how.is_agreement() || order.basis != ShareBasis::Consent {
        return Err(invalid("next", "refer-next-needs-agreement"));
    }
    if order.ask.need.leaves_only_by_itself() {
        return Err(invalid("next", "refer-next-immigration"));
    }
    let mut services: Vec<Ref> = order.next.clone();
    services.push(order.ask.service);
    services.sort_unstable();
    services.dedup();
    if order.next.len() > IN_LINE || services.len() != order.next.len() + 1 {
        return Err(invalid("next", "refer-next-too-many"));
    }
    Ok(())
}

/// Puts one service in line, with a consent and a packet of its own.
pub(crate) async fn put_in_line(
    w: &mut Work<'_>,
    agreement: &Agreement<'_>,
    (asked, to): (&Asked, OrganisationId),
    risk: RiskBand,
    look_at: At,
) -> Result<()> {
    let (consent, packet) = match agree(w, agreement, asked, to).await {
        // The first one was fine: it is this one that is not for people who were not seen alone.
        Err(Error::Invalid {
            problem: "refer-not-seen-alone",
            ..
        }) => return Err(invalid("next", "refer-next-not-seen-alone")),
        agreed => agreed?,
    };
    let order = agreement.order;
    let new = NewReferral {
        service: asked.service.id,
        to,
        consent,
        need: order.ask.need,
        risk,
    };
    let kept = order.told.clone().map(Circumstances::to_keep);
    let draft = w
        .referral_create(agreement.send, &new, &packet, kept.as_ref())
        .await?;
    w.referral_begin(agreement.send, &draft, &ReferralMove::PutInLine, look_at)
        .await
        .map(drop)
}
