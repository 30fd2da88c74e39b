//! Consent: what a partner will see before it is agreed, what was agreed, taking it back; and the packet itself.
//!
//! A packet is made from a consent and nothing else: an item that was not agreed is not in it, and a struck line leaves no gap.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use throughline_core::clock::{ClockId, Urgency};
use throughline_core::code::Code as _;
use throughline_core::consent::{
    Art9Condition, Consent, DpaCondition, HowAgreed, Packet as Agreed, PacketItem, PacketRefused,
    ShareBasis, SharePurpose,
};
use throughline_core::contact::{AnsweredBy, Channel, Verdict, Window};
use throughline_core::conversation::Reach;
use throughline_core::id::{ConsentId, OrganisationId, Ref};
use throughline_core::need::NeedType;
use throughline_core::people::{Age, AgeBand};
use throughline_core::reason::Reason;
use throughline_core::risk::RiskBand;
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, CaseRead};
use throughline_policy::{Actor, Permit};
use throughline_store::case::{Case, PersonSheet};
use throughline_store::consent::{ConsentRecord, NewConsent};
use throughline_store::{Error, Result, Work};

use crate::App;
use crate::case::{HELP, permit};

/// What one recipient sees: exactly the agreed items. A field that was not agreed is absent, and nothing says that it exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Packet {
    /// The name they want to be called by.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub chosen_name: Option<String>,
    /// The name on documents.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub legal_name: Option<String>,
    /// Age band.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub age_band: Option<AgeBand>,
    /// How to make contact safely: always before any number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contact_rules: Option<Vec<ContactRule>>,
    /// Whether the numbers themselves may be shown after acceptance. They are never in the packet: they are read afresh, and
    /// only while they are safe.
    #[serde(default)]
    pub contact_details_agreed: bool,
    /// What they need help with.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub need: Option<NeedType>,
    /// How urgent it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub urgency: Option<Urgency>,
    /// The risk as a human judged it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub risk: Option<RiskBand>,
    /// Their own words, line by line, without those they struck out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub statement: Option<Vec<String>>,
    /// Age in whole years of each child, oldest first; `None` where it is not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub children: Option<Vec<Option<u8>>>,
    /// Language tag.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<String>,
    /// Whether a professional interpreter is needed: an answer code.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interpreter: Option<String>,
    /// What they need so that they can take part, as codes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub access: Option<Vec<String>>,
}

/// The rules of one way to reach the person: no number and no address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRule {
    /// The channel.
    pub channel: Channel,
    /// What the person said.
    pub verdict: Verdict,
    /// When it is safe.
    pub windows: Vec<Window>,
    /// Who may pick up or read first.
    pub answered_by: AnsweredBy,
    /// Whether a voicemail may be left.
    pub voicemail: bool,
    /// What to say when someone else answers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub say: Option<String>,
}

/// What the person is asked to agree to.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Who receives.
    pub recipient: OrganisationId,
    /// For what.
    pub purpose: SharePurpose,
    /// Which items.
    pub items: BTreeSet<PacketItem>,
    /// The lines of the statement that they strike out, counted from 1.
    pub struck: BTreeSet<usize>,
    /// How they agreed, or that they did not.
    pub how: HowAgreed,
    /// The words in which they agreed.
    pub words: Option<String>,
    /// Whether the statement is in their own words.
    pub own_words: bool,
    /// Lawful basis: chosen, never filled in.
    pub basis: ShareBasis,
    /// Condition for special-category data.
    pub art9: Option<Art9Condition>,
    /// Schedule 1 condition.
    pub dpa: Option<DpaCondition>,
    /// Why, when the basis is not consent.
    pub reasons: Option<Reason>,
}

/// What the packet is about and where it goes.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// The need.
    pub need: NeedType,
    /// How far what was said may travel.
    pub reach: Reach,
    /// Whether the recipient is the specialist service for this need.
    pub to_specialist: bool,
}

/// The message key of why no packet can be made.
const fn refused(why: PacketRefused) -> Error {
    let (field, problem) = match why {
        PacketRefused::NoConsent => ("how", "consent-does-not-hold"),
        PacketRefused::NotSeenAlone => ("recipient", "consent-not-seen-alone"),
        PacketRefused::DetailsWithoutRules => ("items", "consent-details-without-rules"),
    };
    Error::Invalid { field, problem }
}

fn consent_of(app: &App, case: &Case, terms: &Terms, now: At) -> Result<Consent> {
    let pack = app.case_pack(&case.pack)?;
    Ok(Consent {
        recipient: terms.recipient,
        purpose: terms.purpose,
        items: terms.items.clone(),
        how: terms.how,
        own_words: terms.own_words,
        basis: terms.basis,
        art9: terms.art9,
        dpa: terms.dpa,
        reasons: terms.reasons.clone(),
        agreed_at: now,
        expires_at: pack.due(ClockId::ConsentExpiry, Urgency::Routine, now),
        withdrawn_at: None,
    })
}

/// Exactly what the partner will see under these terms. Nothing is kept.
pub async fn preview(
    app: &App,
    actor: &Actor,
    case: Ref,
    terms: &Terms,
    about: About,
) -> Result<Packet> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseRead>(w, case).await?;
                let read = w.case_read(&may).await?;
                let consent = consent_of(app, &read, terms, w.now())?;
                packet(app, w, &may, &consent, &terms.struck, about).await
            })
        })
        .await
}

/// Records what was agreed, or decided on another basis with its reasons. For use inside the unit of work that sends.
pub async fn give_in(
    app: &App,
    w: &mut Work<'_>,
    case: Ref,
    terms: &Terms,
) -> Result<(ConsentId, Ref)> {
    let may_read = permit::<CaseRead>(w, case).await?;
    let may = permit::<CaseChange>(w, case).await?;
    let read = w.case_read(&may_read).await?;
    let consent = consent_of(app, &read, terms, w.now())?;
    let statement = w.statement_latest(&may_read).await?;
    let new = NewConsent {
        consent: &consent,
        statement: statement.map(|statement| statement.id),
        struck: &terms.struck,
        words: terms.words.as_deref(),
    };
    w.consent_give(&may, &new).await
}

/// Records what was agreed, on its own.
pub async fn give(app: &App, actor: &Actor, case: Ref, terms: &Terms) -> Result<Ref> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                give_in(app, w, case, terms)
                    .await
                    .map(|(_, reference)| reference)
            })
        })
        .await
}

/// Takes a consent back: from now on the recipient cannot open the packet.
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

/// Records that it was decided not to share, and why (SPEC 4.7).
pub async fn not_share(
    app: &App,
    actor: &Actor,
    case: Ref,
    recipient: OrganisationId,
    purpose: SharePurpose,
    reason: &Reason,
) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseChange>(w, case).await?;
                w.not_shared(&may, recipient, purpose, reason).await
            })
        })
        .await
}

/// The packet of a consent on record, for sealing into a referral. Errors with [`Error::Invalid`] when the consent does not
/// hold now, when they were not seen alone and the recipient is not the specialist, or when numbers would go without rules.
pub async fn packet_of(
    app: &App,
    w: &mut Work<'_>,
    may: &Permit<CaseRead>,
    record: &ConsentRecord,
    about: About,
) -> Result<Packet> {
    packet(app, w, may, &record.consent, &record.struck, about).await
}

async fn packet(
    app: &App,
    w: &mut Work<'_>,
    may: &Permit<CaseRead>,
    consent: &Consent,
    struck: &BTreeSet<usize>,
    about: About,
) -> Result<Packet> {
    let agreed = Agreed::build(
        consent,
        struck.clone(),
        about.reach,
        about.to_specialist,
        w.now(),
    )
    .map_err(refused)?;
    let case = w.case_read(may).await?;
    let today = w.now().london_date();
    let sheet = &case.sheet;
    let mut packet = Packet::default();
    for item in agreed.items() {
        match item {
            PacketItem::ChosenName => packet.chosen_name = Some(sheet.chosen.clone()),
            PacketItem::LegalName => packet.legal_name = legal_name(sheet),
            PacketItem::AgeBand => packet.age_band = Some(age_band(sheet, today)),
            PacketItem::ContactRules => packet.contact_rules = Some(rules(w, may).await?),
            PacketItem::ContactDetails => packet.contact_details_agreed = true,
            PacketItem::Needs => packet.need = Some(about.need),
            PacketItem::Urgency => {
                let pack = app.case_pack(&case.pack)?;
                packet.urgency = Some(pack.urgency(about.need, case.risk));
            }
            PacketItem::Risk => packet.risk = Some(case.risk),
            PacketItem::Statement => {
                let words = w.statement_latest(may).await?;
                let words = words.and_then(|latest| agreed.statement(&latest.words));
                packet.statement = words.map(|words| words.lines().map(str::to_owned).collect());
            }
            PacketItem::Children => {
                let mut ages: Vec<Option<u8>> = w
                    .children(may)
                    .await?
                    .iter()
                    .map(|child| years(&child.sheet, today))
                    .collect();
                ages.sort_by(|a, b| b.cmp(a));
                packet.children = Some(ages);
            }
            PacketItem::Language => {
                packet.language.clone_from(&sheet.language);
                packet.interpreter.clone_from(&sheet.interpreter);
            }
            PacketItem::AccessNeeds => packet.access = Some(sheet.access.clone()),
            // Kept with the conversation, under its own key; the worker tells them by word of mouth.
            PacketItem::Pets | PacketItem::AvoidAreas => {}
        }
    }
    Ok(packet)
}

async fn rules(w: &mut Work<'_>, may: &Permit<CaseRead>) -> Result<Vec<ContactRule>> {
    let known = w.contacts(may).await?;
    Ok(known
        .all
        .into_iter()
        .filter(|contact| contact.ended_at.is_none())
        .map(|contact| ContactRule {
            channel: contact.point.channel,
            verdict: contact.point.verdict,
            windows: contact.point.windows,
            answered_by: contact.point.answered_by,
            voicemail: contact.point.voicemail_since.is_some(),
            say: contact.say,
        })
        .collect())
}

fn legal_name(sheet: &PersonSheet) -> Option<String> {
    let parts: Vec<&str> = [sheet.given.as_deref(), sheet.family.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Age in whole years; `None` when it is not known.
fn years(sheet: &PersonSheet, today: Date) -> Option<u8> {
    let born: Date = sheet.born.as_deref()?.parse().ok()?;
    let age = Age::Born(born);
    (0..=130_u8)
        .rev()
        .find(|years| age.is_under(*years, today) == Some(false))
}

/// The band of an age; what is not known stays not known.
pub fn age_band(sheet: &PersonSheet, today: Date) -> AgeBand {
    match years(sheet, today) {
        Some(0..=15) => AgeBand::Under16,
        Some(16..=17) => AgeBand::From16To17,
        Some(18..=24) => AgeBand::From18To24,
        Some(25..=59) => AgeBand::From25To59,
        Some(_) => AgeBand::Over60,
        None => sheet
            .age_band
            .as_deref()
            .and_then(|code| AgeBand::from_code(code).ok())
            .unwrap_or(AgeBand::NotKnown),
    }
}
