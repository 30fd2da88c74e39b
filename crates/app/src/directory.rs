//! The directory as its steward sees it: confirming entries, taking one out, feeds and how their readings went, what waits.

use throughline_core::id::{OrganisationId, Ref};
use throughline_core::time::At;
use throughline_policy::action::{DirectoryImport, ServiceEdit};
use throughline_policy::{Actor, Purpose};
use throughline_store::directory::ServiceState;
use throughline_store::feed::{Feed, FeedRun, RowProblem, RunOutcome, import_facts};
pub use throughline_store::listing_doubt::{Doubt, DoubtState};
use throughline_store::quarantine::QuarantineRow;
use throughline_store::{Error, Result};

use crate::App;

pub(crate) const PURPOSE: Purpose = Purpose::RunTheDirectory;

/// Records that a steward or the provider confirmed what the directory says about a service.
pub async fn confirm(app: &App, actor: &Actor, reference: Ref) -> Result<()> {
    let reference = &reference;
    app.store
        .work(actor, PURPOSE, |work| {
            Box::pin(async move {
                let facts = work.service_facts(*reference).await?;
                let permit = work.permit_found::<ServiceEdit>(facts)?;
                work.service_confirm(&permit).await
            })
        })
        .await?;
    app.directory.refresh(&app.store).await.map(|_| ())
}

/// Takes a service out of the directory, or puts it back.
pub async fn set_listed(app: &App, actor: &Actor, reference: Ref, listed: bool) -> Result<()> {
    let (reference, listed) = (&reference, &listed);
    app.store
        .work(actor, PURPOSE, |work| {
            Box::pin(async move {
                let facts = work.service_facts(*reference).await?;
                let permit = work.permit_found::<ServiceEdit>(facts)?;
                let state = if *listed {
                    ServiceState::Listed
                } else {
                    ServiceState::Withdrawn
                };
                work.service_set_state(&permit, state).await
            })
        })
        .await?;
    app.directory.refresh(&app.store).await.map(|_| ())
}

/// Decides what the noes of a service say of its entry: it was put right, and with that confirmed, or it stays as it is.
pub async fn decide_doubt(
    app: &App,
    actor: &Actor,
    reference: Ref,
    state: DoubtState,
) -> Result<()> {
    app.store
        .work(actor, PURPOSE, |work| {
            Box::pin(async move {
                let facts = work.listing_doubt_facts(reference).await?;
                let permit = work.permit_found::<ServiceEdit>(facts)?;
                work.listing_doubt_decide(&permit, reference, state).await?;
                if state == DoubtState::PutRight {
                    work.service_confirm(&permit).await?;
                }
                Ok(())
            })
        })
        .await?;
    app.directory.refresh(&app.store).await.map(|_| ())
}

/// A feed and its latest readings.
#[derive(Debug, Clone)]
pub struct FeedHealth {
    /// The feed.
    pub feed: Feed,
    /// Its latest readings, newest first.
    pub runs: Vec<FeedRun>,
}

impl FeedHealth {
    /// Whether its latest reading failed.
    pub fn is_failing(&self) -> bool {
        self.runs
            .first()
            .is_some_and(|run| run.outcome == RunOutcome::Failed)
    }
}

/// An entry that has not been confirmed for too long.
#[derive(Debug, Clone)]
pub struct Fading {
    /// The service.
    pub reference: Ref,
    /// Its name.
    pub name: String,
    /// Whether it keeps where it is to itself.
    pub confidential: bool,
    /// When it was last vouched for, by us or its source.
    pub vouched_at: Option<At>,
}

/// What waits for a steward, what does most harm if it is wrong first.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Rows set aside.
    pub waiting: Vec<QuarantineRow>,
    /// Entries that may be wrong, by what their services said no for, the latest first.
    pub doubts: Vec<Doubt>,
    /// Feeds, those that fail first.
    pub feeds: Vec<FeedHealth>,
    /// Entries that have not been confirmed for too long, refuges first, then the longest unconfirmed.
    pub fading: Vec<Fading>,
    /// How many such entries there are in all.
    pub fading_total: usize,
    /// How many services there are.
    pub services: usize,
}

/// How many doubts the queue shows.
const DOUBTS: u64 = 50;
/// How many rows of each list the queue shows.
const QUEUE_ROWS: usize = 100;

/// What waits for this steward.
pub async fn queue(app: &App, actor: &Actor) -> Result<Queue> {
    let organisation = actor
        .organisation()
        .ok_or(Error::Denied(throughline_policy::Denied {
            action: throughline_policy::ActionKind::DirectoryImport,
            reason: throughline_policy::Reason::NotForThisRole,
            closed: None,
        }))?;
    let organisation_ref = &organisation;
    let (mut waiting, doubts) = app
        .store
        .work(actor, PURPOSE, |work| {
            Box::pin(async move {
                let permit = work.permit::<DirectoryImport>(&import_facts(*organisation_ref))?;
                let waiting = work.quarantine_waiting(&work.scope(), 1_000).await?;
                Ok((waiting, work.listing_doubts(&permit, DOUBTS).await?))
            })
        })
        .await?;
    waiting.sort_by_key(|row| (harm(row), row.created_at, row.row));
    let feeds = feeds(app, organisation).await?;
    let (fading, fading_total, services) = fading(app);
    Ok(Queue {
        waiting,
        doubts,
        feeds,
        fading,
        fading_total,
        services,
    })
}

/// Less is worse: an address that may be shown in doubt, a person sent to the wrong one of two, a row of no use.
fn harm(row: &QuarantineRow) -> u8 {
    match row.reason.as_str() {
        "address_withheld" => 0,
        "repeated_id" => 1,
        _ => 2,
    }
}

/// The feeds of an organisation, those that fail first.
pub async fn feeds(app: &App, organisation: OrganisationId) -> Result<Vec<FeedHealth>> {
    let organisation = &organisation;
    let mut out = app
        .store
        .read(|read| {
            Box::pin(async move {
                let mut out = Vec::new();
                for feed in read.feeds(*organisation).await? {
                    let runs = read.runs(feed.id, 5).await?;
                    out.push(FeedHealth { feed, runs });
                }
                Ok(out)
            })
        })
        .await?;
    out.sort_by_key(|health| !health.is_failing());
    Ok(out)
}

fn fading(app: &App) -> (Vec<Fading>, usize, usize) {
    let snapshot = app.directory.snapshot();
    let days = i64::from(snapshot.knowledge().settings.listing_fresh_days);
    let since = app.env().now().plus_days(-days);
    let mut fading: Vec<Fading> = snapshot
        .all()
        .filter(|listed| listed.vouched_at.is_none_or(|at| at < since))
        .map(|listed| Fading {
            reference: listed.reference(),
            name: listed.entry().name.clone(),
            confidential: listed.entry().is_confidential(),
            vouched_at: listed.vouched_at,
        })
        .collect();
    let total = fading.len();
    fading.sort_by(|a, b| {
        (!a.confidential, a.vouched_at, &a.name).cmp(&(!b.confidential, b.vouched_at, &b.name))
    });
    fading.truncate(QUEUE_ROWS);
    (fading, total, snapshot.len())
}

/// A reading of a feed of the actor's organisation, with what was wrong with its rows from the `skip`th problem on.
pub async fn run(
    app: &App,
    actor: &Actor,
    reference: Ref,
    skip: u64,
    limit: u64,
) -> Result<(Feed, FeedRun, Vec<RowProblem>)> {
    let not_found = Error::NotFound(throughline_policy::ActionKind::DirectoryImport);
    let Some(organisation) = actor.organisation() else {
        return Err(not_found);
    };
    let asked = &(organisation, reference, skip, limit);
    app.store
        .work(actor, PURPOSE, |work| {
            Box::pin(async move {
                work.permit::<DirectoryImport>(&import_facts(asked.0))
                    .map(|_| ())
            })
        })
        .await?;
    let found = app
        .store
        .read(|read| {
            Box::pin(async move {
                let Some((feed, run)) = read.run(asked.0, asked.1).await? else {
                    return Ok(None);
                };
                let problems = read.problems(run.id, asked.2, asked.3).await?;
                Ok(Some((feed, run, problems)))
            })
        })
        .await?;
    found.ok_or(not_found)
}

/// The problems of a reading as a table that is safe to open in a spreadsheet.
pub async fn problems_csv(app: &App, actor: &Actor, reference: Ref) -> Result<Vec<u8>> {
    let mut rows: Vec<[String; 4]> = Vec::new();
    loop {
        let skip = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let (_, _, problems) = run(app, actor, reference, skip, 5_000).await?;
        if problems.is_empty() {
            break;
        }
        rows.extend(
            problems
                .into_iter()
                .map(|one| [one.row.to_string(), one.field, one.problem, one.did]),
        );
    }
    let mut out = Vec::new();
    throughline_exchange::csv_out::write(
        &mut out,
        &["row", "field", "problem", "did"],
        rows.iter().map(<[String; 4]>::as_slice),
    )
    .map_err(|_| Error::Illegal("the table could not be written"))?;
    Ok(out)
}
