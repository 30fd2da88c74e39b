//! Cases: opening, finding again, everything one page shows, immediate needs, children, risk, own words, closing, handing over.

use jiff::civil::Date;
use throughline_core::child::{ChildMove, Safeguarding};
use throughline_core::clock::ClockId;
use throughline_core::conversation::{CloseFacts, StillOpen, may_close};
use throughline_core::id::{AccountId, CaseId, OrganisationId, Ref};
use throughline_core::immediate::{ImmediateAnswer, ImmediateDue, ImmediateKind};
use throughline_core::need::{NeedMove, NeedState, NeedType, WorkGoals, work_goals};
use throughline_core::pack::{HighRiskRoute, MoneyRoute, Pack};
use throughline_core::reason::{Reason, Words};
use throughline_core::risk::RiskBand;
use throughline_core::task::{Owner, TaskKind};
use throughline_core::time::At;
use throughline_policy::action::{
    CaseChange, CaseHandOver, CaseLookers, CaseOpen, CaseRead, PersonSearch,
};
use throughline_policy::{Action, Actor, Permit, Purpose};
pub use throughline_store::account::Account;
pub use throughline_store::case::{Case, CaseState, PersonSheet};
use throughline_store::case::{Look, NewCase, RiskClock, StoryLine};
pub use throughline_store::child::Child;
use throughline_store::consent::ConsentRecord;
use throughline_store::contact::Contacts;
use throughline_store::immediate::{Immediate, ImmediateSaid};
use throughline_store::need::Need;
use throughline_store::referral::Referral;
use throughline_store::risk::Risk;
use throughline_store::statement::Statement;
use throughline_store::task::{TaskNew, TaskOutcome};
use throughline_store::{Error, Result, Work};

use crate::App;
use crate::contact::{SafelyNow, safely_now};
use crate::referral::pack_named;
use crate::site::{own_site, pack_at};

pub(crate) const HELP: Purpose = Purpose::HelpAPerson;
/// How many people a search shows at most: more would be browsing.
const SEARCH_LIMIT: u64 = 20;
/// How many lines of the story and of the looks a page shows.
const PAGE_LINES: u64 = 200;

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

/// The actor's cases, newest first.
pub async fn caseload(app: &App, actor: &Actor, closed_too: bool) -> Result<Vec<Case>> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let scope = w.scope::<CaseRead>();
                w.cases(&scope, closed_too, PAGE_LINES).await
            })
        })
        .await
}

/// A line of the story with the names that its words need.
#[derive(Debug, Clone)]
pub struct Told {
    /// The line.
    pub line: StoryLine,
    /// Who did it, by name.
    pub by: Option<String>,
    /// The other organisation that it is about, by name.
    pub organisation: Option<String>,
}

/// A consent with its recipient's name.
#[derive(Debug, Clone)]
pub struct Agreed {
    /// What was agreed.
    pub record: ConsentRecord,
    /// The recipient's name.
    pub recipient: String,
    /// Whether it holds now.
    pub holds: bool,
}

/// A judgement with its judge's name.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The judgement.
    pub risk: Risk,
    /// The judge's name.
    pub by: String,
}

/// Everything the page of one case shows.
#[derive(Debug, Clone)]
pub struct CaseView {
    /// The case and the person.
    pub case: Case,
    /// Who leads, by name.
    pub lead: String,
    /// How to make contact safely, at this moment.
    pub safely_now: SafelyNow,
    /// Needs, in the order in which they are met.
    pub needs: Vec<Need>,
    /// Whether goals about work are open, or what comes first.
    pub work: WorkGoals,
    /// Bed, money and essentials, as far as they are answered.
    pub immediate: Vec<Immediate>,
    /// Children.
    pub children: Vec<Child>,
    /// Judgements of risk, newest first.
    pub risks: Vec<Judged>,
    /// Own words, newest version first.
    pub statements: Vec<Statement>,
    /// Ways to reach the person.
    pub contacts: Contacts,
    /// What was agreed.
    pub consents: Vec<Agreed>,
    /// Referrals with the name of the service or organisation asked.
    pub referrals: Vec<(Referral, String)>,
    /// The story, newest first.
    pub story: Vec<Told>,
    /// What stands before closing.
    pub still_open: Vec<StillOpen>,
    /// Where a high risk goes.
    pub high_risk: HighRiskRoute,
    /// Ways to money today.
    pub money: Vec<MoneyRoute>,
}

/// Reads everything for the page of a case.
pub async fn read(app: &App, actor: &Actor, case: Ref) -> Result<CaseView> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseRead>(w, case).await?;
                view(app, w, &may).await
            })
        })
        .await
}

async fn view(app: &App, w: &mut Work<'_>, may: &Permit<CaseRead>) -> Result<CaseView> {
    let case = w.case_read(may).await?;
    let pack = pack_named(app, &case.pack)?;
    let needs = w.needs(may).await?;
    let stands: Vec<(NeedType, NeedState)> =
        needs.iter().map(|need| (need.kind, need.state)).collect();
    let immediate = w.immediate_needs(may).await?;
    let children = w.children(may).await?;
    let mut risks = Vec::new();
    for risk in w.risks(may).await? {
        let by = account_name(w, risk.by).await?;
        risks.push(Judged { risk, by });
    }
    let statements = w.statements(may).await?;
    let contacts = w.contacts(may).await?;
    let mut consents = Vec::new();
    for record in w.consents(may).await? {
        let recipient = organisation_name(w, record.consent.recipient).await?;
        let holds = record.consent.holds_at(w.now());
        consents.push(Agreed {
            record,
            recipient,
            holds,
        });
    }
    let mut referrals = Vec::new();
    for referral in w.case_referrals(may).await? {
        let name = organisation_name(w, referral.to).await?;
        referrals.push((referral, name));
    }
    let mut story = Vec::new();
    for line in w.story(may, PAGE_LINES).await? {
        let by = match line.account {
            Some(id) => Some(account_name(w, id).await?),
            None => None,
        };
        let to = line.detail.get("to").and_then(|to| to.as_str());
        let organisation = match to.and_then(|to| to.parse::<uuid::Uuid>().ok()) {
            Some(id) => Some(organisation_name(w, OrganisationId::from_uuid(id)).await?),
            None => None,
        };
        story.push(Told {
            line,
            by,
            organisation,
        });
    }
    let still_open = close_look(w, may, &case, &immediate, &children).await?;
    Ok(CaseView {
        lead: account_name(w, case.lead).await?,
        safely_now: safely_now(&contacts, w.now()),
        work: work_goals(&stands),
        high_risk: pack.high_risk().clone(),
        money: pack.money().to_vec(),
        case,
        needs,
        immediate,
        children,
        risks,
        statements,
        contacts,
        consents,
        referrals,
        story,
        still_open,
    })
}

pub(crate) async fn account_name(w: &mut Work<'_>, id: AccountId) -> Result<String> {
    Ok(w.account(id).await?.map_or_else(String::new, |it| it.name))
}

pub(crate) async fn organisation_name(w: &mut Work<'_>, id: OrganisationId) -> Result<String> {
    Ok(w.organisation(id)
        .await?
        .map_or_else(String::new, |it| it.name))
}

async fn close_look(
    w: &mut Work<'_>,
    may: &Permit<CaseRead>,
    case: &Case,
    immediate: &[Immediate],
    children: &[Child],
) -> Result<Vec<StillOpen>> {
    let answered: Vec<ImmediateKind> = immediate.iter().map(|known| known.kind).collect();
    let decided: Vec<bool> = children
        .iter()
        .map(|child| child.safeguarding.is_some())
        .collect();
    let facts = CloseFacts {
        disclosed: w.case_disclosed(may).await?,
        answered: &answered,
        children: &decided,
        risk: Some(case.risk),
        risk_on_clock: w.case_has_task(may, TaskKind::JudgeRisk).await?,
    };
    Ok(may_close(&facts).err().unwrap_or_default())
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

/// Replaces what a person told of themselves.
pub async fn person_change(app: &App, actor: &Actor, case: Ref, sheet: &PersonSheet) -> Result<()> {
    change!(app, actor, case, |w, may, _read| {
        w.person_change(may, sheet).await?;
        w.case_event(may, "person_changed", None).await
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

/// What happened about bed, money or essentials, from a page or a program.
#[derive(Debug, Clone)]
pub struct Said {
    /// Which.
    pub kind: ImmediateKind,
    /// What happened.
    pub answer: ImmediateAnswer,
    /// For money: whether the account is theirs alone.
    pub only_theirs: Option<throughline_core::answer::Answer>,
    /// For money that was given: whether it went into an account.
    pub into_account: bool,
    /// The version that the page was made from; 0 for the first answer.
    pub version: i64,
}

/// Records what happened about an immediate need. What could not be had goes to the lead on the pack's clock; what was put
/// off comes back to the worker at the time that was agreed. The need of the same kind follows.
pub async fn immediate_answer(app: &App, actor: &Actor, case: Ref, said: &Said) -> Result<()> {
    if let ImmediateAnswer::PutOff { until, .. } = said.answer
        && until <= app.env().now()
    {
        return Err(Error::Invalid {
            field: "until",
            problem: "case-time-must-be-later",
        });
    }
    change!(app, actor, case, |w, may, read| {
        let duty = said.answer.duty();
        let due_at = match duty {
            None => None,
            Some(duty) => Some(match duty.due {
                ImmediateDue::At(at) => at,
                ImmediateDue::Clock(clock) => {
                    let pack = pack_named(app, &read.pack)?;
                    let urgency = pack.urgency(said.kind.need(), read.risk);
                    pack.due(clock, urgency, w.now())
                }
            }),
        };
        let kept = ImmediateSaid {
            kind: said.kind,
            answer: &said.answer,
            only_theirs: said.only_theirs,
            into_account: said.into_account,
            owner: duty
                .filter(|duty| duty.owner == Owner::CaseWorker)
                .map(|_| read.lead),
            due_at,
        };
        w.immediate_answer(may, &kept, said.version).await?;
        // This answer takes the place of the one before; what another card left to be done stays to be done.
        let may_read = permit::<CaseRead>(w, case).await?;
        let others = w.immediate_needs(&may_read).await?;
        if others
            .iter()
            .all(|other| other.kind == said.kind || other.due_at.is_none())
        {
            let (about, done) = (Some(may.on()), TaskOutcome::Done);
            w.tasks_settle(about, None, TaskKind::RetryImmediate, done)
                .await?;
        }
        if let (Some(duty), Some(due_at)) = (duty, due_at) {
            task(w, read, duty.owner, duty.task, due_at).await?;
        }
        let need = said.kind.need();
        if said.answer != ImmediateAnswer::NotNeeded {
            w.need_add(may, need, true).await?;
        }
        let by = match said.answer {
            ImmediateAnswer::Given => Some(NeedMove::Meet),
            ImmediateAnswer::Declined => Some(NeedMove::Refuse),
            ImmediateAnswer::PutOff { .. } => Some(NeedMove::PutOff),
            ImmediateAnswer::NotNeeded | ImmediateAnswer::Unavailable => None,
        };
        if let Some(by) = by {
            w.need_follows_answer(may, need, by).await?;
        }
        Ok(())
    })
}

/// Records a child: a person of their own, with a case of their own, looked at again on the pack's clock. Gives the reference
/// of the child's case.
pub async fn child_add(app: &App, actor: &Actor, case: Ref, sheet: &PersonSheet) -> Result<Ref> {
    change!(app, actor, case, |w, may, read| {
        let own = w.child_add(may, sheet).await?;
        let may_read = permit::<CaseRead>(w, own).await?;
        let child = w.case_read(&may_read).await?;
        let pack = pack_named(app, &read.pack)?;
        let due = pack.due(
            ClockId::ChildReview,
            pack.urgency_by_risk(read.risk),
            w.now(),
        );
        task(w, &child, Owner::CaseWorker, TaskKind::ReviewChild, due).await?;
        Ok(own)
    })
}

/// Records what was decided about safeguarding a child.
pub async fn child_decide(
    app: &App,
    actor: &Actor,
    case: Ref,
    own_case: Ref,
    version: i64,
    decision: &Safeguarding,
) -> Result<()> {
    change!(app, actor, case, |w, may, _read| w
        .child_decide(may, own_case, version, decision)
        .await)
}

/// Moves a child's own help on.
pub async fn child_move(
    app: &App,
    actor: &Actor,
    case: Ref,
    own_case: Ref,
    version: i64,
    by: ChildMove,
) -> Result<()> {
    change!(app, actor, case, |w, may, _read| w
        .child_move(may, own_case, version, by)
        .await
        .map(|_| ()))
}

/// Records a judgement of risk. High reaches the lead the same day and names the local route; the task to judge ends when a
/// human has judged. `said_by_them`: the person judged, the worker wrote it down.
pub async fn risk_judge(
    app: &App,
    actor: &Actor,
    case: Ref,
    band: RiskBand,
    reason: &Reason,
    said_by_them: bool,
) -> Result<()> {
    change!(app, actor, case, |w, may, read| {
        w.risk_judge(may, band, reason, said_by_them).await?;
        let pack = pack_named(app, &read.pack)?;
        let now = w.now();
        match band {
            RiskBand::NotAssessed => {
                let may_read = permit::<CaseRead>(w, case).await?;
                if !w.case_has_task(&may_read, TaskKind::JudgeRisk).await? {
                    let due = pack.due(ClockId::RiskJudged, pack.urgency_by_risk(band), now);
                    task(w, read, Owner::CaseWorker, TaskKind::JudgeRisk, due).await?;
                }
                return Ok(());
            }
            RiskBand::High => {
                let due = pack.due(ClockId::EscalationAct, pack.urgency_by_risk(band), now);
                let due = due.min(end_of_day(now));
                task(w, read, Owner::Lead, TaskKind::ActOnEscalation, due).await?;
            }
            RiskBand::Standard | RiskBand::Medium => {}
        }
        w.tasks_settle(Some(may.on()), None, TaskKind::JudgeRisk, TaskOutcome::Done)
            .await?;
        Ok(())
    })
}

/// The last moment of today on the wall clock: "the same day".
fn end_of_day(now: At) -> At {
    At::from_london(now.london_date().at(23, 59, 0, 0)).map_or(now, |at| at.max(now))
}

/// Adds a version of the person's own words.
pub async fn statement_write(app: &App, actor: &Actor, case: Ref, words: &Words) -> Result<i64> {
    change!(app, actor, case, |w, may, _read| w
        .statement_write(may, words)
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

/// Closes a case, unless something stands before it (SPEC 4.3). Children's own cases stay open.
pub async fn close(app: &App, actor: &Actor, case: Ref, version: i64) -> Result<Closing> {
    change!(app, actor, case, |w, may, read| {
        let may_read = permit::<CaseRead>(w, case).await?;
        let immediate = w.immediate_needs(&may_read).await?;
        let children = w.children(&may_read).await?;
        let open = close_look(w, &may_read, read, &immediate, &children).await?;
        if !open.is_empty() {
            return Ok(Closing::StillOpen(open));
        }
        w.case_state_set(may, version, CaseState::Closed).await?;
        Ok(Closing::Closed)
    })
}

/// Opens a closed case again, with everything kept.
pub async fn reopen(app: &App, actor: &Actor, case: Ref, version: i64) -> Result<()> {
    change!(app, actor, case, |w, may, _read| w
        .case_state_set(may, version, CaseState::Open)
        .await)
}

/// The colleagues to whom a case can be handed over.
pub async fn colleagues(app: &App, actor: &Actor, case: Ref) -> Result<Vec<Account>> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseHandOver>(w, case).await?;
                w.case_colleagues(&may).await
            })
        })
        .await
}

/// Hands a case over to a colleague of the same organisation, by the colleague's reference.
pub async fn hand_over(app: &App, actor: &Actor, case: Ref, to: Ref) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseHandOver>(w, case).await?;
                let missing = Error::Invalid {
                    field: "to",
                    problem: "case-no-such-colleague",
                };
                let colleagues = w.case_colleagues(&may).await?;
                let colleague = colleagues.iter().find(|known| known.reference == to);
                let to = colleague.ok_or(missing)?.id;
                // Children go with their parent, where the same worker leads them.
                let children = match permit::<CaseRead>(w, case).await {
                    Ok(may_read) => w.children(&may_read).await?,
                    Err(_) => Vec::new(),
                };
                w.case_hand_over(&may, to).await?;
                for child in children {
                    if let Ok(may) = permit::<CaseHandOver>(w, child.reference).await {
                        w.case_hand_over(&may, to).await?;
                    }
                }
                Ok(())
            })
        })
        .await
}

/// A look with the names of who looked.
#[derive(Debug, Clone)]
pub struct Looked {
    /// The look.
    pub look: Look,
    /// Who, by name; `None` for the system and for partners without an account.
    pub by: Option<String>,
    /// In which organisation, by name.
    pub organisation: String,
}

/// Who has looked at the person's record, newest first.
pub async fn lookers(app: &App, actor: &Actor, case: Ref) -> Result<Vec<Looked>> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseLookers>(w, case).await?;
                let mut out = Vec::new();
                for look in w.lookers(&may, PAGE_LINES).await? {
                    let by = match look.account {
                        Some(id) => Some(account_name(w, id).await?),
                        None => None,
                    };
                    let organisation = organisation_name(w, look.organisation).await?;
                    out.push(Looked {
                        look,
                        by,
                        organisation,
                    });
                }
                Ok(out)
            })
        })
        .await
}
