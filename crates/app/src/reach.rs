//! How a service that said yes reaches the person: for a reason, on record first, the rules before the number, and the number only
//! while the gate says that it may be used now (ASSURANCE I4). When a life is at risk it is shown at once, and reviewed.

use throughline_core::artefact::Artefact;
use throughline_core::consent::PacketItem;
use throughline_core::contact::{AnsweredBy, Channel, Window};
use throughline_core::gate::{Alternative, DenyReason};
use throughline_core::id::{Ref, ReferralId};
use throughline_core::reveal::{Reason, Why};
use throughline_core::time::At;
use throughline_policy::action::{ContactReveal, ContactRevealAtRisk, PacketRead};
use throughline_policy::{Actor, Facts, Permit, Purpose};
use throughline_store::Work;
use throughline_store::contact::Contact;
use throughline_store::reveal::RevealsContact;

use crate::packet::Packet;
use crate::referral::review_by_another;
use crate::release::would_reach;
use crate::{App, Result};

const ANSWER: Purpose = Purpose::AnswerAReferral;

/// One way to reach the person: its rules, and the number only where the gate lets it be used now.
#[derive(Debug, Clone)]
pub struct Way {
    /// The channel.
    pub channel: Channel,
    /// When it is safe; empty means at any hour.
    pub windows: Vec<Window>,
    /// Who may answer or read first.
    pub answered_by: AnsweredBy,
    /// Whether a voicemail may be left. Unless the person said so themselves: no.
    pub voicemail: bool,
    /// What to say when someone else answers.
    pub say: Option<String>,
    /// The number or address; `None` while it must not be used or was not agreed.
    pub value: Option<String>,
    /// Why it is hidden now.
    pub hidden: Option<DenyReason>,
    /// When it opens again, where that is known.
    pub opens_at: Option<At>,
}

impl Way {
    /// Whether it may be used: now, or at its hours. Only then do its rules mean anything; of the others the service learns
    /// why not, and no hours.
    pub const fn is_usable(&self) -> bool {
        match self.hidden {
            None => true,
            Some(DenyReason::OutsideWindow) => self.opens_at.is_some(),
            Some(_) => false,
        }
    }
}

/// Whether somebody may ask to be shown it. Errors with a refusal for step-up when they have to prove themselves first; nothing is
/// shown and nothing of the person is read.
pub async fn may_ask(app: &App, actor: &Actor, reference: Ref) -> Result<()> {
    app.store
        .work(actor, ANSWER, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                w.permit_found::<ContactReveal>(facts).map(drop)
            })
        })
        .await
}

/// How to reach the person, for a reason: only after acceptance and while what was agreed holds. `ask` is good once: errors with
/// [`crate::Error::Conflict`] when it was answered before. For a life at risk nobody has to prove themselves first, and the worker
/// whose case it is gets the task to review it.
pub async fn reach(
    app: &App,
    actor: &Actor,
    reference: Ref,
    ask: Ref,
    reason: &Reason,
) -> Result<Vec<Way>> {
    let at_risk = reason.why() == Why::LifeAtRisk;
    app.store
        .work(actor, ANSWER, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                if !at_risk {
                    let permit = w.permit_found::<ContactReveal>(facts)?;
                    return Ok(shown(w, &permit, facts, (ask, reason))
                        .await?
                        .unwrap_or_default());
                }
                let permit = w.permit_found::<ContactRevealAtRisk>(facts)?;
                let Some(ways) = shown(w, &permit, facts, (ask, reason)).await? else {
                    return Ok(Vec::new());
                };
                let referral = w.referral_for_update(&permit).await?;
                review_by_another(app, w, &permit, &referral).await?;
                Ok(ways)
            })
        })
        .await
}

/// What is shown; `None` while there is nothing that may be asked for.
async fn shown<A: RevealsContact>(
    w: &mut Work<'_>,
    permit: &Permit<A>,
    facts: Option<Facts<ReferralId>>,
    (ask, reason): (Ref, &Reason),
) -> Result<Option<Vec<Way>>> {
    let read = w.permit_found::<PacketRead>(facts)?;
    let referral = w.referral_for_update(&read).await?;
    if !referral.state.has_said_yes() || !w.consent_holds(referral.consent).await? {
        return Ok(None);
    }
    let packet = w.packet_read::<Packet>(&read).await?;
    if !packet.holds(PacketItem::ContactRules) {
        return Ok(None);
    }
    let details = packet.holds(PacketItem::ContactDetails);
    let known = w.contacts_revealed(permit, ask, reason).await?;
    let now = w.now();
    let ways = known
        .all
        .into_iter()
        .map(|contact| way(contact, known.changed_at, details, now));
    Ok(Some(ways.collect()))
}

/// The plainest thing one could send by a channel: what the gate is asked about.
const fn plainest(channel: Channel) -> Option<Artefact> {
    match channel {
        Channel::PhoneMobile
        | Channel::PhoneWork
        | Channel::PhoneViaTrustedPerson
        | Channel::ViaProfessional => Some(Artefact::CallScript),
        Channel::Sms => Some(Artefact::SmsAppointment),
        Channel::Email => Some(Artefact::EmailAppointment),
        Channel::Post | Channel::PostToAlternative => Some(Artefact::LetterAppointment),
        Channel::JournalOnlineAccount => Some(Artefact::JournalAppointment),
        Channel::InPersonSite | Channel::AppMessage => None,
    }
}

fn way(contact: Contact, changed_at: Option<At>, details: bool, now: At) -> Way {
    let asked = plainest(contact.point.channel)
        .map(|artefact| would_reach(&contact, changed_at, now, artefact));
    let (value, hidden, opens_at) = match asked {
        Some(Ok(release)) => (Some(release.to().to_owned()), None, None),
        Some(Err(denied)) => {
            let opens_at = match denied.alternative {
                Alternative::WaitUntil(at) => Some(at),
                _ => None,
            };
            (None, Some(denied.reason), opens_at)
        }
        None => (None, Some(DenyReason::WrongChannel), None),
    };
    let since = contact.point.voicemail_since;
    Way {
        channel: contact.point.channel,
        answered_by: contact.point.answered_by,
        voicemail: since
            .is_some_and(|since| since <= now && changed_at.is_none_or(|changed| changed < since)),
        windows: contact.point.windows,
        say: contact.say,
        value: value.filter(|_| details),
        hidden,
        opens_at,
    }
}
