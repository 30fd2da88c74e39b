//! A person's own view of what they agreed to and who has looked (decision 0021): the link that their worker tells them, the
//! visit by it, and what it shows. It can make less of what was agreed in the same way as a worker ([`crate::consent`],
//! [`crate::narrow`]), and do nothing else.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use throughline_core::artefact::Lang;
use throughline_core::code::Code as _;
use throughline_core::id::{OrganisationId, Ref};
use throughline_core::packet_line::PacketLine;
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, CaseLookers, CaseRead, SharingRead};
use throughline_policy::{ActionKind, Actor, Permit};
use throughline_seal::{Phrase, Token};
use throughline_store::consent::ConsentRecord;
use throughline_store::looks::{Look, LookBy};
use throughline_store::person_link::PersonLink;
use throughline_store::referral::Referral;
use throughline_store::{Result, Work};

use crate::App;
use crate::case::{HELP, PAGE_LINES, permit};
use crate::case_view::{account_name, organisation_name};
use crate::narrow::asked_for;
use crate::receipt::Signed;

/// How long a link works, in seconds: 72 hours (decision 0021).
pub const LINK_SECONDS: i64 = 72 * 60 * 60;
/// How long nobody may be away from a visit, in seconds: 10 minutes, as for staff (SPEC 3.20).
pub const AWAY_SECONDS: i64 = 10 * 60;
/// Wrong phrases after which a link ends (decision 0021).
pub const PHRASE_TRIES: i64 = 10;
/// How many pages of looks are read for the person: what is older is with their worker.
const LOOK_PAGES: u64 = 5;

/// A link as it is told: shown once and kept nowhere.
#[derive(Debug)]
pub struct Told {
    /// The address.
    pub address: String,
    /// The three words.
    pub words: String,
    /// When it lapses.
    pub lapses_at: At,
}

/// Makes a person's own link; any older one ends. Errors with [`crate::Error::Invalid`] where the case is closed.
pub async fn give(app: &App, actor: &Actor, case: Ref, lang: Lang) -> Result<Told> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseChange>(w, case).await?;
                let (token, phrase) = (Token::generate(w.env()), Phrase::generate(w.env(), lang));
                let lapses_at = w.now().plus_seconds(LINK_SECONDS);
                w.person_link_make(&may, (&token, &phrase), lapses_at)
                    .await?;
                Ok(Told {
                    address: format!("{}/m/{}", app.settings.base_url, token.reveal()),
                    words: phrase.reveal().to_owned(),
                    lapses_at,
                })
            })
        })
        .await
}

/// When the link of a case lapses; `None` where none opens anything.
pub async fn given(app: &App, actor: &Actor, case: Ref) -> Result<Option<At>> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseRead>(w, case).await?;
                let link = w.person_link_open(&may).await?;
                Ok(link.map(|link| link.expires_at))
            })
        })
        .await
}

/// Ends the link of a case at once, and the visit by it.
pub async fn end(app: &App, actor: &Actor, case: Ref) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseChange>(w, case).await?;
                w.person_links_end(&may).await
            })
        })
        .await
}

/// Somebody who gave an address and its phrase, or goes on with the visit that began so.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Who they are to policy.
    pub actor: Actor,
    /// Their case.
    pub case: Ref,
    /// The secret of the visit: it goes along with every form, so that no cookie is needed.
    pub seat: String,
}

impl Holder {
    fn of(link: &PersonLink, case: Ref, seat: &Token) -> Self {
        Self {
            actor: Actor::PersonHolder {
                case: link.case,
                organisation: link.organisation,
            },
            case,
            seat: seat.reveal(),
        }
    }
}

/// What giving a phrase leads to.
#[derive(Debug, Clone)]
pub enum Entered {
    /// In.
    In(Holder),
    /// It does not fit.
    Wrong,
    /// There is no such link, or no longer.
    Nothing,
}

/// The link behind an address, where it still opens something.
async fn open_link(w: &mut Work<'_>, token: &Token) -> Result<Option<PersonLink>> {
    let now = w.now();
    let link = w.person_link_find(token).await?;
    Ok(link.filter(|link| link.is_open_at(now)))
}

/// Whether an address opens anything: only then is a phrase asked for. Changes nothing.
pub async fn is_open(app: &App, address: &str) -> Result<bool> {
    let Some(token) = &Token::parse(address) else {
        return Ok(false);
    };
    app.store
        .work(&Actor::Public, HELP, |w| {
            Box::pin(async move { Ok(open_link(w, token).await?.is_some()) })
        })
        .await
}

/// Gives a phrase to an address. Wrong ones are counted; after [`PHRASE_TRIES`] the link ends.
pub async fn enter(app: &App, address: &str, phrase: &str) -> Result<Entered> {
    let Some(token) = &Token::parse(address) else {
        return Ok(Entered::Nothing);
    };
    app.store
        .work(&Actor::Public, HELP, |w| {
            Box::pin(async move {
                let Some(link) = open_link(w, token).await? else {
                    return Ok(Entered::Nothing);
                };
                if w.person_link_fits(&link, phrase).await? {
                    let seat = Token::generate(w.env());
                    let case = w.person_link_enter(&link, &seat).await?;
                    return Ok(Entered::In(Holder::of(&link, case, &seat)));
                }
                w.person_link_failed(&link, PHRASE_TRIES).await?;
                Ok(if link.failures + 1 < PHRASE_TRIES {
                    Entered::Wrong
                } else {
                    Entered::Nothing
                })
            })
        })
        .await
}

/// Goes on with a visit. `None` where the link opens nothing, another visit began, or nobody was there for [`AWAY_SECONDS`].
pub async fn stay(app: &App, address: &str, seat: &str) -> Result<Option<Holder>> {
    let (Some(token), Some(seat)) = (&Token::parse(address), &Token::parse(seat)) else {
        return Ok(None);
    };
    app.store
        .work(&Actor::Public, HELP, |w| {
            Box::pin(async move {
                let Some(link) = open_link(w, token).await? else {
                    return Ok(None);
                };
                if !link.is_visited_by(seat, AWAY_SECONDS, w.now()) {
                    return Ok(None);
                }
                let case = w.person_link_case(&link).await?;
                Ok(Some(Holder::of(&link, case, seat)))
            })
        })
        .await
}

/// Ends the visit. The address can be opened again with its words until it lapses.
pub async fn leave(app: &App, address: &str) -> Result<()> {
    let Some(token) = &Token::parse(address) else {
        return Ok(());
    };
    app.store
        .work(&Actor::Public, HELP, |w| {
            Box::pin(async move {
                match open_link(w, token).await? {
                    Some(link) => w.person_link_leave(&link).await,
                    None => Ok(()),
                }
            })
        })
        .await
}

/// Something that the person agreed to share.
#[derive(Debug, Clone)]
pub struct OwnAgreed {
    /// What was agreed.
    pub record: ConsentRecord,
    /// Who receives it, by name; `None`: what it is called would tell why somebody goes there.
    pub recipient: Option<String>,
    /// Whether it holds now.
    pub holds: bool,
    /// The lines that say what help is asked for.
    pub asked_for: BTreeSet<PacketLine>,
}

/// Everything that the person agreed to share, newest first. What was shared on another basis is not here: they never agreed to
/// it, and why it was shared is not for a screen that somebody else can make them open.
pub async fn agreed(app: &App, holder: &Holder) -> Result<Vec<OwnAgreed>> {
    let case = holder.case;
    app.store
        .work(&holder.actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<SharingRead>(w, case).await?;
                w.person_link_touch(&may).await?;
                agreed_in(w, &may).await
            })
        })
        .await
}

async fn agreed_in(w: &mut Work<'_>, may: &Permit<SharingRead>) -> Result<Vec<OwnAgreed>> {
    let mut records = w.consents(may).await?;
    records.retain(|record| record.consent.rests_on_agreement());
    // What rests on anything else changes nothing here, not even a name.
    let mut referrals = w.case_referrals(may).await?;
    referrals.retain(|referral| records.iter().any(|record| record.id == referral.consent));
    let mut out = Vec::new();
    for record in records {
        let under: Vec<&Referral> = referrals
            .iter()
            .filter(|referral| referral.consent == record.id)
            .collect();
        let open = under
            .iter()
            .copied()
            .filter(|referral| !referral.state.is_final());
        out.push(OwnAgreed {
            asked_for: asked_for(open),
            recipient: own_name(w, record.consent.recipient, &referrals).await?,
            holds: record.consent.holds_at(w.now()),
            record,
        });
    }
    Ok(out)
}

/// What an organisation is called on a screen that somebody else may see: its name, unless a service of it that was asked is
/// kept confidential or helps with what must not be told.
async fn own_name(
    w: &mut Work<'_>,
    organisation: OrganisationId,
    referrals: &[Referral],
) -> Result<Option<String>> {
    for referral in referrals.iter().filter(|one| one.to == organisation) {
        let service = w.service_by_id(referral.service).await?;
        let confidential = service.is_none_or(|service| service.entry.is_confidential());
        if confidential || referral.need.tells_of_danger() {
            return Ok(None);
        }
    }
    Ok(Some(organisation_name(w, organisation).await?))
}

/// The signed receipt of what the person took back or struck out; `None` where there is none that is theirs to see.
pub async fn receipt(app: &App, holder: &Holder, consent: Ref) -> Result<Option<Signed>> {
    let case = holder.case;
    app.store
        .work(&holder.actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<SharingRead>(w, case).await?;
                w.person_link_touch(&may).await?;
                if !w.consent(&may, consent).await?.consent.rests_on_agreement() {
                    return Ok(None);
                }
                let found = w.receipt(&may, consent).await?;
                Ok(found.map(|(note, receipt)| Signed { receipt, note }))
            })
        })
        .await
}

/// Who looked, as the person is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnLooker {
    /// They themselves, by a link.
    You,
    /// A colleague of their worker, or the worker, by given name.
    Colleague(String),
    /// Somebody at a service that they agreed to share with, by its name where that may be told.
    Service(Option<String>),
    /// A program of their worker's organisation.
    Program,
}

/// One line for each day and each who looked: what somebody did there would tell of what this view does not hold.
pub type OwnLooks = Vec<(Date, OwnLooker)>;

/// Who has looked, newest day first. Looks that exist only because of what this view does not hold are not among them, nor is
/// anybody at an organisation that the person did not agree to share with: those are with their worker.
pub async fn looks(app: &App, holder: &Holder) -> Result<OwnLooks> {
    let (case, own) = (holder.case, holder.actor.organisation());
    app.store
        .work(&holder.actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<SharingRead>(w, case).await?;
                w.person_link_touch(&may).await?;
                let mut services = BTreeMap::new();
                for one in agreed_in(w, &may).await? {
                    services.insert(one.record.consent.recipient, one.recipient);
                }
                let may = permit::<CaseLookers>(w, case).await?;
                let mut days = BTreeSet::new();
                for page in 0..LOOK_PAGES {
                    let (found, all) = w.lookers(&may, page, PAGE_LINES).await?;
                    for look in &found {
                        if let Some(who) = looker(w, look, own, &services).await? {
                            days.insert((look.at.london_date(), who));
                        }
                    }
                    if (page + 1) * PAGE_LINES >= all {
                        break;
                    }
                }
                Ok(days.into_iter().rev().collect())
            })
        })
        .await
}

/// Actions that are done only because of what this view does not hold.
const UNTOLD: [ActionKind; 3] = [
    ActionKind::LinkConfirm,
    ActionKind::PlanApart,
    ActionKind::CaseRestrict,
];

async fn looker(
    w: &mut Work<'_>,
    look: &Look,
    own: Option<OrganisationId>,
    services: &BTreeMap<OrganisationId, Option<String>>,
) -> Result<Option<OwnLooker>> {
    if UNTOLD.iter().any(|action| action.code() == look.action) {
        return Ok(None);
    }
    let here = own == Some(look.organisation);
    Ok(match look.by {
        LookBy::Person => Some(OwnLooker::You),
        LookBy::System => None,
        LookBy::Account(id) if here => {
            let name = account_name(w, id).await?;
            let given = name.split_whitespace().next().unwrap_or_default();
            Some(OwnLooker::Colleague(given.to_owned()))
        }
        LookBy::Program if here => Some(OwnLooker::Program),
        LookBy::Account(_) | LookBy::Link | LookBy::Program => services
            .get(&look.organisation)
            .map(|name| OwnLooker::Service(name.clone())),
    })
}
