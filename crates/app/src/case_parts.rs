//! Parts of a case, each read on its own by a program, which is given that part and no more. What is opened to make it stands on
//! record as seen, the person's sheet among it. Workers are named by their references, but for who looked.

use std::collections::BTreeMap;

use throughline_core::closing::AreThereChildren;
use throughline_core::code::Code as _;
use throughline_core::id::{AccountId, Ref};
use throughline_core::immediate::ImmediateKind;
use throughline_core::risk::RiskBand;
use throughline_core::task::{Owner, TaskKind};
use throughline_core::time::At;
use throughline_policy::Actor;
use throughline_policy::action::CaseRead;
use throughline_store::Result;
use throughline_store::child::Child;
use throughline_store::immediate::Immediate;
use throughline_store::risk::JudgedAs;

use crate::App;
use crate::case::{HELP, permit};

/// A clock that runs on a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// What is to be done.
    pub kind: TaskKind,
    /// The post whose turn it is.
    pub post: Owner,
    /// By when.
    pub due_at: At,
}

/// The children of a case.
#[derive(Debug, Clone)]
pub struct ChildrenKnown {
    /// What was answered to "are there children?"; `None`: not asked.
    pub asked: Option<AreThereChildren>,
    /// Those who are recorded, each with whoever decided about safeguarding.
    pub children: Vec<(Child, Option<Ref>)>,
}

/// What is known of bed, money or essentials.
#[derive(Debug, Clone)]
pub struct RightNow {
    /// Which.
    pub kind: ImmediateKind,
    /// What was answered; `None`: nothing yet.
    pub known: Option<Immediate>,
    /// Whether the answer counts: what was answered before they last told us is asked again.
    pub counts: bool,
    /// Whoever looks at it again, where that is one named human.
    pub owner: Option<Ref>,
}

impl RightNow {
    /// The version that an answer takes the place of: 0 before the first.
    pub fn version(&self) -> i64 {
        self.known.as_ref().map_or(0, |known| known.version)
    }
}

/// A judgement of the risk, without its words.
#[derive(Debug, Clone)]
pub struct JudgedOnce {
    /// The band.
    pub band: RiskBand,
    /// In which capacity it was judged.
    pub judged_as: JudgedAs,
    /// Who judged, or wrote down what the person said.
    pub by: Option<Ref>,
    /// When.
    pub at: At,
}

/// The risk of a case.
#[derive(Debug, Clone)]
pub struct RiskKnown {
    /// The band that counts.
    pub band: RiskBand,
    /// Every judgement, newest first.
    pub judged: Vec<JudgedOnce>,
    /// The clocks that run on it: to judge it, and to act on a high one.
    pub clocks: Vec<Clock>,
}

/// The children of a case and what was asked about them.
pub async fn children(app: &App, actor: &Actor, case: Ref) -> Result<ChildrenKnown> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseRead>(w, case).await?;
                let asked = w.case_read(&may).await?.about_children;
                let mut children = w.children(&may).await?;
                // A program is given references: not one that leads to what is closed.
                children.retain(|child| !child.closed);
                let deciders = children.iter().filter_map(|child| child.decided_by);
                let names = w.account_references(&may, deciders).await?;
                let with = |child: Child| {
                    let by = named(&names, child.decided_by);
                    (child, by)
                };
                let children = children.into_iter().map(with).collect();
                Ok(ChildrenKnown { asked, children })
            })
        })
        .await
}

/// Bed, money and essentials, in this order.
pub async fn right_now(app: &App, actor: &Actor, case: Ref) -> Result<Vec<RightNow>> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseRead>(w, case).await?;
                let read = w.case_read(&may).await?;
                let known = w.immediate_needs(&may).await?;
                let owners = known.iter().filter_map(|known| known.owner);
                let names = w.account_references(&may, owners).await?;
                let of = |kind: &ImmediateKind| {
                    let known = known.iter().find(|known| known.kind == *kind).cloned();
                    RightNow {
                        kind: *kind,
                        counts: known.as_ref().is_some_and(|it| read.counts(it.answered_at)),
                        owner: named(&names, known.as_ref().and_then(|known| known.owner)),
                        known,
                    }
                };
                Ok(ImmediateKind::ALL.iter().map(of).collect())
            })
        })
        .await
}

/// The risk of a case: what was judged, by whom, and which clocks run. The words of a judgement stay with people.
pub async fn risk(app: &App, actor: &Actor, case: Ref) -> Result<RiskKnown> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseRead>(w, case).await?;
                let band = w.case_read(&may).await?.risk;
                let risks = w.risks(&may).await?;
                let names = w
                    .account_references(&may, risks.iter().map(|risk| risk.by))
                    .await?;
                let once = |risk: &throughline_store::risk::Risk| JudgedOnce {
                    band: risk.band,
                    judged_as: risk.judged_as,
                    by: named(&names, Some(risk.by)),
                    at: risk.at,
                };
                let judged = risks.iter().map(once).collect();
                let about = [TaskKind::JudgeRisk, TaskKind::ActOnEscalation];
                let tasks = w.case_tasks(&may).await?;
                let tasks = tasks.iter().filter(|task| about.contains(&task.kind));
                let clock = |task: &throughline_store::task::Task| Clock {
                    kind: task.kind,
                    post: task.post,
                    due_at: task.due_at,
                };
                let clocks = tasks.map(clock).collect();
                Ok(RiskKnown {
                    band,
                    judged,
                    clocks,
                })
            })
        })
        .await
}

fn named(names: &BTreeMap<AccountId, Ref>, id: Option<AccountId>) -> Option<Ref> {
    id.and_then(|id| names.get(&id).copied())
}
