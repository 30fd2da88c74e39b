//! The next option: what the finder begins with for a case, whom it asked before and what came of it, and who else could help
//! after a no or a silence (NE-22).

use jiff::civil::Date;
use throughline_core::circumstances::{Asker, Child, Circumstances};
use throughline_core::code::Code as _;
use throughline_core::id::Ref;
use throughline_core::line::learnt;
use throughline_core::need::NeedType;
use throughline_core::people::Age;
use throughline_core::referral::{Asked, ReferralState, UnmetReason};
use throughline_core::time::At;
use throughline_find::{Match, Query};
use throughline_policy::action::{CaseRead, ReferralRead, ReferralSend};
use throughline_policy::{Actor, Permit, Purpose};
use throughline_store::Work;
use throughline_store::referral::Referral;

use crate::referral_send::Ask;
use crate::{App, Result};

/// A service that was asked for somebody before, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// The service.
    pub service: Ref,
    /// The request.
    pub request: Ref,
    /// The need it was asked for.
    pub need: NeedType,
    /// What came of it.
    pub came: Asked,
    /// When it was asked; once it is over, when that was.
    pub at: At,
}

impl Before {
    /// Whether it says something to who looks for help with these needs: an open request always does, because a service is
    /// not asked a second time while it has one.
    pub fn matters_for(&self, needs: &[NeedType]) -> bool {
        self.came.is_open() || needs.is_empty() || needs.contains(&self.need)
    }
}

/// What the finder begins with for a case. Each part can be changed, and nothing of it is a place: where they are and where they
/// must not go is asked each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Needs that were told and that nobody helps with now.
    pub needs: Vec<NeedType>,
    /// Age in whole years, where the date of birth is known.
    pub age: Option<u8>,
    /// The children of the case by their ages. `None`: none is recorded, which does not say that there are none.
    pub children: Option<Vec<Child>>,
    /// Services that were asked before, newest first.
    pub before: Vec<Before>,
}

/// Who else could help.
#[derive(Debug, Clone)]
pub struct Next {
    /// Services by name, best first. Never one that was asked for this before.
    pub found: Vec<Match>,
    /// Whether at least one of them surely meets the need. If not, a named human and a helpline come first.
    pub sure: bool,
    /// What they were found by.
    pub told: Circumstances,
}

/// How many alternatives are named on a page: more are with the finder.
const NAMED: usize = 3;
/// How many are named to choose from, of whom a few may stand in line.
const TO_CHOOSE_FROM: usize = 6;

/// What the finder begins with for a case. The worker needs leave to refer from it.
pub async fn begun(app: &App, actor: &Actor, case: Ref) -> Result<Begun> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.case_facts(case).await?;
                w.permit_found::<ReferralSend>(facts)?;
                let read = w.permit_found::<CaseRead>(facts)?;
                begun_in(w, &read).await
            })
        })
        .await
}

pub(crate) async fn begun_in(w: &mut Work<'_>, read: &Permit<CaseRead>) -> Result<Begun> {
    let today = w.now().london_date();
    let needs = w.needs(read).await?;
    let children = w.children(read).await?;
    let born = w.case_read(read).await?.sheet.born;
    let asked = w.case_referrals(read).await?;
    let children: Vec<Child> = children
        .iter()
        .map(|child| Child {
            age: years(child.sheet.born.as_deref(), today),
            son: None,
        })
        .collect();
    Ok(Begun {
        needs: needs
            .iter()
            .filter(|need| need.state.looks_for_help())
            .map(|need| need.kind)
            .collect(),
        age: years(born.as_deref(), today),
        children: (!children.is_empty()).then_some(children),
        before: before(w, &asked).await?,
    })
}

/// Whole years on a day, by the rule of birthdays that decides everything else about age.
fn years(born: Option<&str>, today: Date) -> Option<u8> {
    let age = Age::Born(born?.parse().ok()?);
    (0..=120_u8).find(|years| age.is_under(years.saturating_add(1), today) == Some(true))
}

pub(crate) async fn before(w: &mut Work<'_>, asked: &[Referral]) -> Result<Vec<Before>> {
    let mut out = Vec::new();
    for referral in asked {
        let Some(service) = w.service_by_id(referral.service).await? else {
            continue;
        };
        let came = referral.state.asked();
        let sent = referral.sent_at.unwrap_or(referral.created_at);
        out.push(Before {
            service: service.reference,
            request: referral.reference,
            need: referral.need,
            came,
            at: match referral.ended_at {
                Some(ended) if !came.is_open() => ended,
                _ => sent,
            },
        });
    }
    Ok(out)
}

/// What is to be said of one service: its open request, else what came of the newest one for any of these needs.
pub fn of_service<'a>(
    before: &'a [Before],
    service: Ref,
    needs: &[NeedType],
) -> Option<&'a Before> {
    let mut own = before
        .iter()
        .filter(|one| one.service == service && one.matters_for(needs));
    let newest = own.clone().next();
    own.find(|one| one.came.is_open()).or(newest)
}

/// What is known of somebody when the next one is looked for: what they told when a service was found for them, with what the case
/// says since. Nobody who was asked for this before, and none that still has a request.
pub(crate) fn looked_for(
    begun: &Begun,
    told: Option<Circumstances>,
    need: NeedType,
) -> Circumstances {
    let needs = vec![need];
    let mut told = told.unwrap_or_default();
    told.age = begun.age.or(told.age);
    if told.children.is_none() {
        told.children.clone_from(&begun.children);
    }
    let before = begun.before.iter().filter(|one| one.matters_for(&needs));
    told.avoid_services.extend(before.map(|one| one.service));
    Circumstances {
        needs,
        asker: Some(Asker::Worker),
        ..told
    }
}

fn named(app: &App, told: Circumstances, limit: usize) -> Next {
    let query = Query {
        told,
        limit,
        ..Query::default()
    };
    let answer = throughline_find::find(&app.directory.snapshot(), &query, app.env().now());
    Next {
        found: answer.results,
        sure: !answer.last_resort,
        told: query.told,
    }
}

/// Who else could help with the need of a referral that came back: named by the one finder by what was told when its service was
/// found, and what its no and those before it have taught. Never a service that was asked for it before, and none that still has a
/// request.
pub async fn alternatives(app: &App, actor: &Actor, referral: Ref) -> Result<Next> {
    let told = app
        .store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(referral).await?;
                let permit = w.permit_found::<ReferralRead>(facts)?;
                let referral = w.referral_for_update(&permit).await?;
                let facts = w.case_facts_by_id(referral.case).await?;
                let read = w.permit_found::<CaseRead>(facts)?;
                let begun = begun_in(w, &read).await?;
                let told = w.referral_told(&permit).await?;
                let mut told = looked_for(&begun, told, referral.need);
                for one in w.case_referrals(&read).await? {
                    if one.need == referral.need {
                        told = with_its_no(told, &one);
                    }
                }
                Ok(told)
            })
        })
        .await?;
    Ok(named(app, told, NAMED))
}

/// What a request that came to a no has taught, added to what was told.
pub(crate) fn with_its_no(told: Circumstances, one: &Referral) -> Circumstances {
    let reason = one
        .reason
        .as_deref()
        .filter(|_| one.state == ReferralState::Declined)
        .and_then(|reason| UnmetReason::from_code(reason).ok());
    match reason {
        Some(reason) => learnt(told, reason),
        None => told,
    }
}

/// Who could stand in line behind a service that is about to be asked, best first. `told` is what was told when that one was found.
pub async fn could_be_next(
    app: &App,
    actor: &Actor,
    ask: &Ask,
    told: Option<&Circumstances>,
) -> Result<Vec<Match>> {
    let told = app
        .store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.case_facts(ask.case).await?;
                w.permit_found::<ReferralSend>(facts)?;
                let read = w.permit_found::<CaseRead>(facts)?;
                let begun = begun_in(w, &read).await?;
                Ok(looked_for(&begun, told.cloned(), ask.need))
            })
        })
        .await?;
    let mut told = told;
    told.avoid_services.push(ask.service);
    Ok(named(app, told, TO_CHOOSE_FROM).found)
}
