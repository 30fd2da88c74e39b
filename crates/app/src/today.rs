//! Today: what to do now, what others are to do, what comes next. Every row says whose turn it is, by when, and has one action.

use std::collections::{BTreeMap, BTreeSet};

use throughline_core::clock::{ClockId, Urgency};
use throughline_core::code::Code as _;
use throughline_core::id::{CaseId, Ref, ReferralId};
use throughline_core::pack::Pack;
use throughline_core::referral::ReferralState;
use throughline_core::risk::RiskBand;
use throughline_core::room::RoomState;
use throughline_core::task::{OnTimeout, Owner, TaskKind};
use throughline_core::time::At;
use throughline_policy::action::{ConversationTakeUp, RoomAnswer, TaskDo};
use throughline_policy::{Action as _, Actor, Permit, Purpose, table};
use throughline_store::case::Case;
use throughline_store::referral::Referral;
use throughline_store::task::Task;
pub use throughline_store::task::TaskOutcome;
use throughline_store::{Error, Result, Work};

use crate::App;
use crate::front_desk::{OnDuty, on_duty};
use crate::promises::{pack_of, urgency};
use crate::site::pack_at;

/// The most rows read for one list.
const LIMIT: u64 = 500;

/// What a row is about. Its words are fixed per kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A private room was asked for.
    Room(RoomState),
    /// A task.
    Task(TaskKind),
    /// A referral.
    Referral(ReferralState),
    /// The risk of a case.
    Risk(RiskBand),
}

/// Where the one action of a row leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The request for a room.
    Room(Ref),
    /// The task itself.
    Task(Ref),
    /// The case.
    Case(Ref),
    /// The referral.
    Referral(Ref),
    /// The conversation.
    Conversation(Ref),
}

/// What happens if nobody acts by the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// This post is told next.
    Tells(Owner),
    /// It comes back to the worker, to choose what next.
    ComesBack,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    /// What it is about.
    pub what: What,
    /// The name by which the person wants to be called, where the actor may know it.
    pub who: Option<String>,
    /// Whose turn it is.
    pub turn: Owner,
    /// Since when.
    pub since: At,
    /// By when; `None` where no clock runs.
    pub due_at: Option<At>,
    /// Whether that time has passed.
    pub overdue: bool,
    /// What happens if nobody acts.
    pub then: Option<Then>,
    /// Where the one action leads.
    pub target: Target,
    /// The task, where the row can be taken or ended.
    pub task: Option<Ref>,
}

/// A worker's day.
#[derive(Debug, Clone, Default)]
pub struct Today {
    /// Overdue, high, or today.
    pub do_now: Vec<Row>,
    /// With others.
    pub waiting: Vec<Row>,
    /// The rest, soonest first.
    pub next: Vec<Row>,
    /// Who is told at the site, in this order.
    pub on_duty: Vec<OnDuty>,
}

/// A lead's day for the site.
#[derive(Debug, Clone, Default)]
pub struct SiteToday {
    /// Private rooms asked for.
    pub rooms: Vec<Row>,
    /// High risks, and risks that nobody has judged.
    pub risks: Vec<Row>,
    /// Tasks and referrals that have climbed or are late.
    pub climbing: Vec<Row>,
    /// Who is told at the site. Fewer than two who hold a post is a gap in cover (SPEC 4.3 SM-SPOC).
    pub on_duty: Vec<OnDuty>,
}

struct Known {
    cases: BTreeMap<CaseId, Case>,
    now: At,
}

impl Known {
    fn who(&self, case: Option<CaseId>) -> Option<String> {
        case.and_then(|case| self.cases.get(&case))
            .map(|case| case.sheet.chosen.clone())
    }

    fn high(&self, case: Option<CaseId>) -> bool {
        case.and_then(|case| self.cases.get(&case))
            .is_some_and(|case| case.risk.severity() == RiskBand::High.severity())
    }

    fn task(&self, task: &Task, referrals: &BTreeMap<ReferralId, Ref>) -> Row {
        let referral = task.referral.and_then(|id| referrals.get(&id).copied());
        let case = task.case.and_then(|case| self.cases.get(&case));
        let target = referral.map_or_else(
            || {
                case.map_or(Target::Task(task.reference), |case| {
                    Target::Case(case.reference)
                })
            },
            Target::Referral,
        );
        Row {
            what: What::Task(task.kind),
            who: self.who(task.case),
            turn: task.post,
            since: task.created_at,
            due_at: Some(task.due_at),
            overdue: task.due_at <= self.now,
            then: Some(Then::Tells(task.post.climbs_to())),
            target,
            task: Some(task.reference),
        }
    }

    fn referral(&self, referral: &Referral) -> Option<Row> {
        // What stands in line is nobody's turn: it goes by itself, or the task about the one before it says what to do.
        let state = Some(referral.state).filter(|state| *state != ReferralState::InLine);
        let duty = state?.duty()?;
        let then = match duty.on_timeout {
            OnTimeout::Move(_) => Then::ComesBack,
            OnTimeout::Climb(_) => Then::Tells(duty.owner.climbs_to()),
        };
        Some(Row {
            what: What::Referral(referral.state),
            who: self.who(Some(referral.case)),
            turn: duty.owner,
            since: referral.sent_at.unwrap_or(referral.created_at),
            due_at: referral.due_at,
            overdue: referral.due_at.is_some_and(|due| due <= self.now),
            then: Some(then),
            target: Target::Referral(referral.reference),
            task: None,
        })
    }
}

async fn known(w: &mut Work<'_>) -> Result<Known> {
    let cases = w.cases(&w.scope(), false, LIMIT).await?;
    Ok(Known {
        cases: cases.into_iter().map(|case| (case.id, case)).collect(),
        now: w.now(),
    })
}

async fn room_rows(w: &mut Work<'_>, actor: &Actor) -> Result<Vec<Row>> {
    if table::relations(actor.standing(), RoomAnswer::KIND).is_empty() {
        return Ok(Vec::new());
    }
    let now = w.now();
    let rooms = w.rooms(&w.scope(), LIMIT).await?;
    Ok(rooms
        .iter()
        .filter(|room| room.state != RoomState::Answered)
        .filter_map(|room| {
            let turn = room.state.duty()?.owner;
            Some(Row {
                what: What::Room(room.state),
                who: None,
                turn,
                since: room.asked_at,
                due_at: room.due_at,
                overdue: room.due_at.is_some_and(|due| due <= now),
                then: Some(Then::Tells(turn.climbs_to())),
                target: Target::Room(room.reference),
                task: None,
            })
        })
        .collect())
}

fn by_clock(rows: &mut [Row]) {
    rows.sort_by_key(|row| (row.due_at.is_none(), row.due_at, row.since));
}

/// A worker's day.
pub async fn worker(app: &App, actor: &Actor) -> Result<Today> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let known = known(w).await?;
                let mut today = Today {
                    do_now: room_rows(w, actor).await?,
                    on_duty: on_duty(w, actor).await?,
                    ..Today::default()
                };
                let referrals = w.referrals_sent(&w.scope(), LIMIT).await?;
                let references = references(&referrals);
                let me = actor.account();
                let tasks = w.tasks(&w.scope(), LIMIT).await?;
                let mut in_hand = BTreeSet::new();
                for task in &tasks {
                    if task.owner != me && task.told != me {
                        continue;
                    }
                    in_hand.extend(task.referral);
                    let mut row = known.task(task, &references);
                    if let Some(id) = task.conversation
                        && task.case.is_none()
                        && let Some(reference) = w.conversation_reference(&w.scope(), id).await?
                    {
                        row.target = Target::Conversation(reference);
                    }
                    let today_is_the_day = task.due_at.london_date() <= known.now.london_date();
                    if row.overdue || today_is_the_day || known.high(task.case) {
                        today.do_now.push(row);
                    } else {
                        today.next.push(row);
                    }
                }
                for referral in &referrals {
                    if Some(referral.lead) != me || in_hand.contains(&referral.id) {
                        continue;
                    }
                    let Some(row) = known.referral(referral) else {
                        continue;
                    };
                    match row.turn {
                        Owner::ReceivingService | Owner::AcceptingWorker => today.waiting.push(row),
                        _ if row.overdue || known.high(Some(referral.case)) => {
                            today.do_now.push(row);
                        }
                        _ => today.next.push(row),
                    }
                }
                by_clock(&mut today.do_now);
                by_clock(&mut today.waiting);
                by_clock(&mut today.next);
                Ok(today)
            })
        })
        .await
}

fn references(referrals: &[Referral]) -> BTreeMap<ReferralId, Ref> {
    referrals
        .iter()
        .map(|referral| (referral.id, referral.reference))
        .collect()
}

/// A lead's day for the site: what policy lets them see of it, and nothing for anyone else.
pub async fn lead(app: &App, actor: &Actor) -> Result<SiteToday> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let known = known(w).await?;
                let referrals = w.referrals_sent(&w.scope(), LIMIT).await?;
                let references = references(&referrals);
                let tasks = w.tasks(&w.scope(), LIMIT).await?;
                let mut site = SiteToday {
                    rooms: room_rows(w, actor).await?,
                    on_duty: on_duty(w, actor).await?,
                    ..SiteToday::default()
                };
                let bands: Vec<RiskBand> = RiskBand::ALL
                    .iter()
                    .copied()
                    .filter(|band| band.severity() == RiskBand::High.severity())
                    .collect();
                for case in &w.cases_at_risk(&w.scope(), &bands, LIMIT).await? {
                    let judge = tasks.iter().find(|task| {
                        task.kind == TaskKind::JudgeRisk && task.case == Some(case.id)
                    });
                    site.risks.push(Row {
                        what: What::Risk(case.risk),
                        who: Some(case.sheet.chosen.clone()),
                        turn: judge.map_or(Owner::CaseWorker, |task| task.post),
                        since: judge.map_or(case.opened_at, |task| task.created_at),
                        due_at: judge.map(|task| task.due_at),
                        overdue: judge.is_some_and(|task| task.due_at <= known.now),
                        then: judge.map(|task| Then::Tells(task.post.climbs_to())),
                        target: Target::Case(case.reference),
                        task: judge.map(|task| task.reference),
                    });
                }
                let risen =
                    |task: &&Task| task.post != Owner::CaseWorker || task.due_at <= known.now;
                site.climbing.extend(
                    tasks
                        .iter()
                        .filter(risen)
                        .map(|task| known.task(task, &references)),
                );
                site.climbing
                    .extend(referrals.iter().filter_map(|referral| {
                        let silent = matches!(
                            referral.state,
                            ReferralState::NoResponse | ReferralState::Undelivered
                        );
                        known.referral(referral).filter(|row| row.overdue || silent)
                    }));
                by_clock(&mut site.rooms);
                by_clock(&mut site.risks);
                by_clock(&mut site.climbing);
                Ok(site)
            })
        })
        .await
}

/// A task on its own page.
#[derive(Debug, Clone)]
pub struct TaskView {
    /// The row as on Today.
    pub row: Row,
    /// Its reference.
    pub reference: Ref,
    /// Whether it is over.
    pub over: bool,
    /// Whether a named human has taken it.
    pub taken: bool,
    /// The conversation it is about, for its own worker.
    pub conversation: Option<Ref>,
    /// Whether the actor can take up the conversation of somebody else that it is about.
    pub take_up: bool,
    /// Whether it asks to plan two appointments apart, on a page of its own.
    pub plan_apart: bool,
    /// Whether it asks to review what somebody opened, on a page of its own.
    pub review: bool,
}

/// One task.
pub async fn task(app: &App, actor: &Actor, reference: Ref) -> Result<TaskView> {
    let reference = &reference;
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.task_facts(*reference).await?;
                let permit = w.permit_found::<TaskDo>(facts)?;
                let task = w.task(&permit).await?;
                let known = known(w).await?;
                let referrals = w.referrals_sent(&w.scope(), LIMIT).await?;
                let conversation = match task.conversation {
                    Some(id) => w.conversation_reference(&w.scope(), id).await?,
                    None => None,
                };
                let take_up = !task.state.is_final()
                    && task.conversation.is_some()
                    && conversation.is_none()
                    && w.permit_found::<ConversationTakeUp>(facts).is_ok();
                let plan_apart = task.kind == TaskKind::PlanApart
                    && !task.state.is_final()
                    && w.apart_facts(*reference).await?.is_some();
                Ok(TaskView {
                    take_up,
                    plan_apart,
                    review: task.kind == TaskKind::ReviewBreakGlass
                        && w.urgent_review(&permit).await?.is_some(),
                    row: known.task(&task, &references(&referrals)),
                    reference: task.reference,
                    over: task.state.is_final(),
                    taken: task.state == throughline_core::task::TaskState::Acknowledged,
                    conversation,
                })
            })
        })
        .await
}

/// Takes a task: the actor is the named human who has it now.
pub async fn task_take(app: &App, actor: &Actor, reference: Ref) -> Result<()> {
    let reference = &reference;
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.task_facts(*reference).await?;
                let permit = w.permit_found::<TaskDo>(facts)?;
                let task = w.task(&permit).await?;
                let (pack, urgency) = clocks_of(app, w, &permit, &task).await?;
                let climbs_at = pack.due(ClockId::EscalationAct, urgency, w.now());
                // Whoever takes it early still has until it was due.
                w.task_take(&permit, climbs_at.max(task.due_at)).await
            })
        })
        .await
}

/// Ends a task.
pub async fn task_finish(
    app: &App,
    actor: &Actor,
    reference: Ref,
    outcome: TaskOutcome,
) -> Result<()> {
    let (reference, outcome) = (&reference, &outcome);
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.task_facts(*reference).await?;
                let permit = w.permit_found::<TaskDo>(facts)?;
                let task = w.task(&permit).await?;
                // With a case or without one: only a judgement ends it, never a word that it is done (NE-09).
                if task.kind == TaskKind::JudgeRisk && outcome.is_chosen() {
                    return Err(Error::Invalid {
                        field: "outcome",
                        problem: match task.case {
                            Some(_) => "task-judge-first",
                            None => "task-judge-first-talk",
                        },
                    });
                }
                // As with a judgement: what they agreed to is renewed, taken back, or the request is over.
                if task.kind == TaskKind::AskConsentAgain && outcome.is_chosen() {
                    return Err(Error::Invalid {
                        field: "outcome",
                        problem: "task-agree-first",
                    });
                }
                // Two people who must not meet are planned apart, or somebody says why not (NE-05); where one of them was erased,
                // nothing is left to plan.
                let planned = task.kind == TaskKind::PlanApart;
                if planned && w.apart_facts(*reference).await?.is_some() {
                    return Err(Error::Invalid {
                        field: "outcome",
                        problem: "task-apart-first",
                    });
                }
                // Whoever reviews it says whether it was in order; where the person was erased, nothing is left to review.
                let reviews = task.kind == TaskKind::ReviewBreakGlass && outcome.is_chosen();
                if reviews && w.urgent_review(&permit).await?.is_some() {
                    return Err(Error::Invalid {
                        field: "outcome",
                        problem: "task-review-first",
                    });
                }
                // A decision ends these, with its reasons, and nothing else (NE-28, SPEC 4.7).
                let decided = [
                    (TaskKind::CompleteSharing, "task-complete-first"),
                    (TaskKind::DecideSharing, "task-decide-first"),
                    (TaskKind::FinishDutyToRefer, "task-duty-first"),
                    (TaskKind::ChaseDutyToRefer, "task-duty-first"),
                    (TaskKind::AskAboutHomeAgain, "task-duty-first"),
                ];
                let owed = decided.iter().find(|(kind, _)| *kind == task.kind);
                if let Some((_, problem)) = owed.filter(|_| outcome.is_chosen()) {
                    return Err(Error::Invalid {
                        field: "outcome",
                        problem,
                    });
                }
                // Nobody reviews what they were shown themselves.
                if let (TaskKind::ReviewReveal, Some(referral)) = (task.kind, task.referral)
                    && w.reveal_was_mine(&permit, referral).await?
                {
                    return Err(Error::Invalid {
                        field: "outcome",
                        problem: "task-review-by-another",
                    });
                }
                w.task_finish(&permit, *outcome).await?;
                let climbs = matches!(task.kind, TaskKind::OfferNext | TaskKind::TellService);
                if climbs && *outcome == TaskOutcome::CouldNot {
                    raise(app, w, &permit, &task).await?;
                }
                Ok(())
            })
        })
        .await
}

/// The policy pack of a task and how urgent it is: by what it is about, else by where it is.
async fn clocks_of<'a>(
    app: &'a App,
    w: &mut Work<'_>,
    permit: &Permit<TaskDo>,
    task: &Task,
) -> Result<(&'a Pack, Urgency)> {
    let stake = w.task_stake(permit).await?;
    let here = pack_at(app, w, task.site, task.organisation).await?;
    let pack = pack_of(app, &stake).unwrap_or(here);
    Ok((pack, urgency(pack, &stake)))
}

/// Raises a task that could not be done to somebody else above, from where it climbs by itself.
async fn raise(app: &App, w: &mut Work<'_>, permit: &Permit<TaskDo>, task: &Task) -> Result<()> {
    let (pack, urgency) = clocks_of(app, w, permit, task).await?;
    let due_at = pack.due(ClockId::NextOffer, urgency, w.now());
    let climbs_at = pack.due(ClockId::EscalationAcknowledge, urgency, w.now());
    w.task_raise(permit, due_at, climbs_at).await
}
