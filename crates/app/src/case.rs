//! Cases: opening, finding again, what a person told of themselves, needs, own words, closing.

use jiff::civil::Date;
use throughline_core::clock::ClockId;
use throughline_core::closing::{AreThereChildren, CloseFacts, StillOpen, may_close_case};
use throughline_core::id::{CaseId, Ref};
use throughline_core::immediate::ImmediateKind;
use throughline_core::need::{NeedMove, NeedState, NeedType};
use throughline_core::pack::Pack;
use throughline_core::reason::{Reason, Words};
use throughline_core::referral::ReferralState;
use throughline_core::risk::RiskBand;
use throughline_core::task::{Owner, TaskKind};
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, CaseOpen, CaseRead, PersonSearch, ReferralRecord};
use throughline_policy::{Action, Actor, Permit, Purpose};
pub use throughline_store::account::Account;
pub use throughline_store::case::{Case, CaseState};
use throughline_store::case::{NewCase, RiskClock};
pub use throughline_store::child::Child;
pub use throughline_store::person::PersonSheet;
use throughline_store::story::StoryKind;
use throughline_store::task::TaskNew;
use throughline_store::{Error, Result, Work};

use crate::App;
use crate::referral::pack_named;
use crate::referral_answer::withdraw_in;
use crate::site::{own_site, pack_at};

pub(crate) const HELP: Purpose = Purpose::HelpAPerson;
/// How many people a search shows at most: more would be browsing.
const SEARCH_LIMIT: u64 = 20;
/// How many cases a page of them shows.
const CASES_ON_A_PAGE: u64 = 50;
/// The furthest page that is looked for: further there is none.
pub(crate) const PAGES_AT_MOST: u64 = 1_000_000;
/// How many lines of the story and of the looks a page shows.
pub(crate) const PAGE_LINES: u64 = 200;

/// What a case keeps of its pack: id and version.
pub fn pack_key(pack: &Pack) -> String {
    format!("{}@{}", pack.id(), pack.version())
}

/// A permit on a case, by reference.
pub(crate) async fn permit<A: Action<Subject = CaseId>>(
    work: &mut Work<'_>,
    case: Ref,
) -> Result<Permit<A>> {
    let facts = work.case_facts(case).await?;
    work.permit_found(facts)
}

/// Where a new task of a case goes: to a post of its site, or to the worker who leads.
pub(crate) async fn task(
    work: &mut Work<'_>,
    case: &Case,
    owner: Owner,
    kind: TaskKind,
    due_at: At,
) -> Result<()> {
    let new = TaskNew {
        organisation: case.organisation,
        site: Some(case.site),
        case: Some(case.id),
        referral: None,
        owner_account: (owner == Owner::CaseWorker).then_some(case.lead),
        kind,
        due_at,
        climbs_at: due_at,
    };
    work.task_add(&new).await.map(|_| ())
}

/// By when a risk that nobody has judged is judged.
pub(crate) fn risk_due(pack: &Pack, now: At) -> At {
    let urgency = pack.urgency_by_risk(RiskBand::NotAssessed);
    pack.due(ClockId::RiskJudged, urgency, now)
}

/// Opens a case for a person at the actor's own site, inside a unit of work. `running`: the clock on judging the risk started
/// with a disclosure already.
pub async fn open_in(
    app: &App,
    w: &mut Work<'_>,
    actor: &Actor,
    sheet: &PersonSheet,
    running: bool,
) -> Result<Ref> {
    let lead = actor.account().ok_or(Error::NotFound(CaseOpen::KIND))?;
    let facts = own_site(actor, CaseOpen::KIND)?;
    let may_open = w.permit::<CaseOpen>(&facts)?;
    if w.is_of_oneself(&may_open, sheet).await? {
        return Err(Error::Invalid {
            field: "chosen",
            problem: "about-you-not-by-you",
        });
    }
    let pack = pack_at(app, w, Some(facts.subject), may_open.organisation()).await?;
    let new = NewCase {
        person: sheet,
        lead,
        pack: &pack_key(pack),
        risk_clock: if running {
            RiskClock::Running
        } else {
            RiskClock::Due(risk_due(pack, w.now()))
        },
    };
    w.case_open(&may_open, &new)
        .await
        .map(|(_, reference)| reference)
}

/// Opens a case for a person, on its own.
pub async fn open(app: &App, actor: &Actor, sheet: &PersonSheet) -> Result<Ref> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move { open_in(app, w, actor, sheet, false).await })
        })
        .await
}

/// Finds people again by what they tell: a name, a date of birth, or both. Only cases that the actor may know of.
pub async fn find(app: &App, actor: &Actor, name: &str, born: Option<Date>) -> Result<Vec<Case>> {
    let born = born.map(|born| born.to_string());
    let born = born.as_deref();
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let scope = w.scope::<PersonSearch>();
                w.people_matching(&scope, name, born, SEARCH_LIMIT).await
            })
        })
        .await
}

/// One page of the actor's cases.
#[derive(Debug)]
pub struct Caseload {
    /// The cases: open ones first, newest first among them.
    pub cases: Vec<Case>,
    /// Which page this is, from 1: the one that was asked for, or the nearest that there is.
    pub page: u64,
    /// How many there are, at least 1.
    pub pages: u64,
}

/// The actor's cases, page by page: open ones first, so that none is lost behind the closed ones. The first page is 1.
pub async fn caseload(app: &App, actor: &Actor, page: u64) -> Result<Caseload> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let scope = w.scope::<CaseRead>();
                let (mut page, mut pages) = (page.clamp(1, PAGES_AT_MOST), 1);
                let (mut cases, all) = w.cases_page(&scope, page - 1, CASES_ON_A_PAGE).await?;
                pages = pages.max(all.div_ceil(CASES_ON_A_PAGE));
                if page > pages {
                    page = pages;
                    (cases, _) = w.cases_page(&scope, page - 1, CASES_ON_A_PAGE).await?;
                }
                Ok(Caseload { cases, page, pages })
            })
        })
        .await
}

/// Changes a case in one unit of work: reads it, then does `step` under a permit to change it.
macro_rules! change {
    ($app:expr, $actor:expr, $case:expr, |$w:ident, $may:ident, $read:ident| $step:expr) => {
        $app.store
            .work($actor, HELP, |$w| {
                Box::pin(async move {
                    let may_read = permit::<CaseRead>($w, $case).await?;
                    let $may = &permit::<CaseChange>($w, $case).await?;
                    let $read = &$w.case_read(&may_read).await?;
                    $step
                })
            })
            .await
    };
}
pub(crate) use change;

/// Replaces what a person told of themselves.
pub async fn person_change(app: &App, actor: &Actor, case: Ref, sheet: &PersonSheet) -> Result<()> {
    change!(app, actor, case, |w, may, _read| {
        w.person_change(may, sheet).await?;
        w.case_event(may, StoryKind::PersonChanged, None).await
    })
}

/// Records a need: told by the person, or only seen by the worker.
pub async fn need_add(
    app: &App,
    actor: &Actor,
    case: Ref,
    kind: NeedType,
    told: bool,
) -> Result<NeedState> {
    change!(app, actor, case, |w, may, _read| w
        .need_add(may, kind, told)
        .await)
}

/// Moves a need on.
pub async fn need_move(
    app: &App,
    actor: &Actor,
    case: Ref,
    kind: NeedType,
    version: i64,
    by: NeedMove,
    reason: Option<&Reason>,
) -> Result<NeedState> {
    change!(app, actor, case, |w, may, _read| w
        .need_move(may, kind, version, by, reason)
        .await)
}

/// Adds a version of the person's own words.
pub async fn statement_write(app: &App, actor: &Actor, case: Ref, words: &Words) -> Result<i64> {
    change!(app, actor, case, |w, may, _read| w
        .statement_write(may, words)
        .await)
}

/// Records that the person was asked to tell again what they had told before, by whoever asked.
pub async fn asked_again(app: &App, actor: &Actor, case: Ref) -> Result<()> {
    change!(app, actor, case, |w, may, _read| w
        .case_event(may, StoryKind::AskedAgain, None)
        .await)
}

/// How closing went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closing {
    /// It is closed.
    Closed,
    /// These stand before it; nothing was changed.
    StillOpen(Vec<StillOpen>),
}

/// Closes a case, unless something stands before it (SPEC 4.3). What is left to be done about it ends with it, each with a line of
/// the story: nothing stays on anybody's list. Children's own cases stay open.
pub async fn close(app: &App, actor: &Actor, case: Ref, version: i64) -> Result<Closing> {
    change!(app, actor, case, |w, may, read| {
        is_now(read, version, CaseState::Open, "close")?;
        let may_read = permit::<CaseRead>(w, case).await?;
        let tasks = w.case_tasks_open(may).await?;
        let immediate = w.immediate_needs(&may_read).await?;
        let children = w.children(&may_read).await?;
        let referrals = w.case_referrals(&may_read).await?;
        let answered: Vec<ImmediateKind> = immediate
            .iter()
            .filter(|known| read.counts(known.answered_at))
            .map(|known| known.kind)
            .collect();
        let decided: Vec<bool> = children
            .iter()
            .map(|child| child.safeguarding.is_some())
            .collect();
        let facts = CloseFacts {
            disclosed: w.case_disclosed(&may_read).await?,
            answered: &answered,
            children: &decided,
            has_case: true,
            about_children: if w.is_case_of_child(&may_read).await? {
                Some(AreThereChildren::None)
            } else {
                read.about_children
            },
            safeguarding_said: false,
            // Guarded when it was answered.
            money: None,
            risk: Some(read.risk),
            // Its clock would end with the case.
            risk_on_clock: false,
        };
        let asked: Vec<ReferralState> = referrals.iter().map(|asked| asked.state).collect();
        if let Err(open) = may_close_case(&facts, &asked, &tasks) {
            return Ok(Closing::StillOpen(open));
        }
        for one in &referrals {
            if one.state == ReferralState::InLine {
                let facts = w.referral_facts_by_id(one.id).await?;
                let permit = w.permit_found::<ReferralRecord>(facts)?;
                let one = w.referral_for_update(&permit).await?;
                withdraw_in(app, w, &permit, &one).await?;
            }
        }
        w.case_tasks_end(may).await?;
        w.messages_end(may).await?;
        w.conversations_end(may).await?;
        w.person_links_end(may).await?;
        w.case_state_set(may, version, CaseState::Closed).await?;
        Ok(Closing::Closed)
    })
}

/// Only an open case is closed and only a closed one opened again, by whoever has seen how it stands: done twice, the second
/// would begin its clocks anew.
fn is_now(read: &Case, version: i64, state: CaseState, what: &'static str) -> Result<()> {
    if read.version != version {
        Err(Error::Conflict)
    } else if read.state != state {
        Err(Error::Illegal(what))
    } else {
        Ok(())
    }
}

/// Opens a closed case again, with everything kept. A risk that nobody has judged is on its clock again.
pub async fn reopen(app: &App, actor: &Actor, case: Ref, version: i64) -> Result<()> {
    change!(app, actor, case, |w, may, read| reopen_in(
        app, w, may, read, version
    )
    .await)
}

/// The same within a unit of work.
pub(crate) async fn reopen_in(
    app: &App,
    w: &mut Work<'_>,
    may: &Permit<CaseChange>,
    read: &Case,
    version: i64,
) -> Result<()> {
    is_now(read, version, CaseState::Closed, "reopen")?;
    w.case_state_set(may, version, CaseState::Open).await?;
    if read.risk != RiskBand::NotAssessed {
        return Ok(());
    }
    let due = risk_due(pack_named(app, &read.pack)?, w.now());
    task(w, read, Owner::CaseWorker, TaskKind::JudgeRisk, due).await
}
