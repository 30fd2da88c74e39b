//! The directory's use cases: taking a feed over, deciding about rows set aside, confirming entries, the steward's queue.
//!
//! A feed is read in one thread and stored in one unit of work, some rows at a time: nothing is seen before all of it is, and
//! a feed that cannot be read to its end changes nothing. A row that goes missing from a feed is not deleted: harvests fail in
//! too many ways to take silence for closing.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};
use throughline_core::code::Code as _;
use throughline_core::directory::Entry;
use throughline_core::id::{OrganisationId, Ref};
use throughline_core::time::At;
use throughline_exchange::digest;
use throughline_exchange::inbound::{
    Limits, Options, Outcome, Problem, Quarantined, ReadError, Reason, Row, Stop, Summary,
};
use throughline_policy::action::{DirectoryImport, QuarantineRead, ServiceEdit};
use throughline_policy::{Actor, Permit, Purpose};
use throughline_store::directory::{NewService, ServiceState, Upsert};
use throughline_store::feed::{Feed, FeedRun, RowProblem, RunCounts, RunOutcome, import_facts};
use throughline_store::quarantine::{NewQuarantine, QuarantineRow, QuarantineState};
use throughline_store::{Error, Result, Work};
use tokio::sync::mpsc;

use crate::App;
use crate::directory_source::{FromBytes, Source};

const PURPOSE: Purpose = Purpose::RunTheDirectory;
/// How many rows are stored at a time.
const BATCH: usize = 100;
/// How many problems a report lists; the rest is counted. All are kept with the reading.
const LISTED_PROBLEMS: usize = 200_000;

/// What is to be taken over.
#[derive(Debug, Clone)]
pub struct Import<'a> {
    /// Whose steward looks after the feed.
    pub organisation: OrganisationId,
    /// The feed's name, unique within the organisation. Identifiers are unique within the feed.
    pub feed: &'a str,
    /// Where it is read from, for the record: a path or an address.
    pub location: &'a str,
    /// Only say what would be done.
    pub dry_run: bool,
    /// Bounds.
    pub limits: Limits,
}

/// What was done. `read = added + changed + unchanged + quarantined`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The feed's name.
    pub feed: String,
    /// The dialect.
    pub format: &'static str,
    /// Whether nothing was stored on purpose.
    pub dry_run: bool,
    /// Rows.
    pub read: u64,
    /// New services.
    pub added: u64,
    /// Services that changed.
    pub changed: u64,
    /// Services that did not.
    pub unchanged: u64,
    /// Services with at least one repair.
    pub repaired: u64,
    /// Rows set aside for the steward.
    pub quarantined: u64,
    /// Services that were published without their address, for the steward to look at.
    pub withheld: u64,
    /// Opening hours read.
    pub schedules: u64,
    /// Classification terms read.
    pub terms: u64,
    /// What was wrong, row by row, and what was done about it.
    pub problems: Vec<Problem>,
    /// How many more problems there are than are listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub problems_left_out: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Why nothing was taken over.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The feed could not be read. The text is one sentence for a person.
    #[error("{0}")]
    Unreadable(ReadError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A row on its way from the reader to the store.
#[expect(clippy::large_enum_variant, reason = "one row at a time is held")]
enum Taken {
    Service {
        new: NewService,
        withheld: Option<NewQuarantine>,
    },
    Aside(NewQuarantine),
}

struct Batch {
    rows: Vec<Taken>,
    problems: Vec<Problem>,
    read: u64,
}

/// Takes a feed over: every row of it, or none. `progress` is told how many rows were stored so far.
///
/// # Errors
/// [`ImportError::Unreadable`] when the feed cannot be read to its end: then nothing was changed, and that the reading failed
/// is recorded where the feed was known before.
pub async fn import(
    app: &App,
    actor: &Actor,
    import: &Import<'_>,
    source: &Arc<dyn Source>,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> std::result::Result<Report, ImportError> {
    if import.feed.trim().is_empty() || import.feed.len() > 120 {
        return Err(ImportError::Store(Error::Invalid {
            field: "feed",
            problem: "feed-name",
        }));
    }
    let unreadable = Mutex::new(None);
    let unreadable_ref = &unreadable;
    let done = app
        .store
        .work(actor, PURPOSE, |work| {
            Box::pin(take_over(work, import, source, progress, unreadable_ref))
        })
        .await;
    let error = match done {
        Ok(report) => {
            if !import.dry_run {
                app.directory.refresh(&app.store).await?;
            }
            return Ok(report);
        }
        Err(error) => error,
    };
    let found = unreadable
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let Some(found) = found else {
        return Err(error.into());
    };
    if !import.dry_run {
        record_failure(app, actor, import, &found.to_string()).await?;
    }
    Err(ImportError::Unreadable(found))
}

/// Takes over a feed that could not be fetched: records that the reading failed, if the feed is known.
pub async fn record_failure(
    app: &App,
    actor: &Actor,
    import: &Import<'_>,
    message: &str,
) -> Result<()> {
    let message = &message;
    app.store
        .work(actor, PURPOSE, |work| {
            Box::pin(async move {
                let permit = work.permit::<DirectoryImport>(&import_facts(import.organisation))?;
                match work.feed_lock(&permit, import.feed).await? {
                    Some(feed) => work.run_failed(&permit, &feed, message).await,
                    None => Ok(()),
                }
            })
        })
        .await
}

async fn take_over(
    work: &mut Work<'_>,
    import: &Import<'_>,
    source: &Arc<dyn Source>,
    progress: &(dyn Fn(u64) + Send + Sync),
    unreadable: &Mutex<Option<ReadError>>,
) -> Result<Report> {
    let permit = work.permit::<DirectoryImport>(&import_facts(import.organisation))?;
    let feed = match work.feed_lock(&permit, import.feed).await? {
        Some(feed) => feed,
        None if import.dry_run => unknown_feed(work, import),
        None => {
            work.feed_create(&permit, import.feed, import.location)
                .await?
        }
    };
    let mut options = Options::new(import.feed);
    options.limits = import.limits;
    options.cleared = work.quarantine_cleared(&permit, &feed).await?;
    let mut storing = Storing {
        permit: &permit,
        feed: &feed,
        run: if import.dry_run {
            None
        } else {
            Some(work.run_start(&permit, &feed).await?)
        },
        counts: RunCounts::default(),
        withheld: 0,
        aside: Vec::new(),
        problems: Vec::new(),
        left_out: 0,
    };
    let (sender, mut batches) = mpsc::channel(2);
    let source = Arc::clone(source);
    let reading = tokio::task::spawn_blocking(move || read_all(source.as_ref(), &options, &sender));
    // An error here drops the receiver, which makes the reader stop.
    while let Some(batch) = batches.recv().await {
        let read = batch.read;
        storing.store(work, batch).await?;
        progress(read);
    }
    let summary = match reading.await {
        Ok(Ok(summary)) => summary,
        Ok(Err(error)) => {
            *unreadable.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            return Err(Error::Illegal("the feed cannot be read"));
        }
        Err(_) => return Err(Error::Illegal("the reader of the feed stopped")),
    };
    storing.finish(work, import, summary).await
}

/// A feed that a dry run would make.
fn unknown_feed(work: &Work<'_>, import: &Import<'_>) -> Feed {
    Feed {
        id: work.env().id(),
        reference: work.env().reference(),
        organisation: import.organisation,
        name: import.feed.to_owned(),
        location: import.location.to_owned(),
        format: String::new(),
        last_run_at: None,
    }
}

/// Reads in a thread of its own and hands batches over; waits when the store is behind, so that memory stays bounded.
fn read_all(
    source: &dyn Source,
    options: &Options,
    to: &mpsc::Sender<Batch>,
) -> std::result::Result<Summary, ReadError> {
    let mut batch = Batch {
        rows: Vec::with_capacity(BATCH),
        problems: Vec::new(),
        read: 0,
    };
    let summary = source.read(options, &mut |row| {
        batch.read = row.number;
        let (taken, problems) = taken(row)?;
        batch.rows.push(taken);
        batch.problems.extend(problems);
        if batch.rows.len() < BATCH {
            return Ok(());
        }
        let full = std::mem::replace(
            &mut batch,
            Batch {
                rows: Vec::with_capacity(BATCH),
                problems: Vec::new(),
                read: 0,
            },
        );
        to.blocking_send(full).map_err(|_| Stop)
    })?;
    if !batch.rows.is_empty() {
        to.blocking_send(batch).map_err(|_| ReadError::Stopped)?;
    }
    Ok(summary)
}

fn taken(row: Row) -> std::result::Result<(Taken, Vec<Problem>), Stop> {
    let taken = match row.outcome {
        Outcome::Entry(entry) => Taken::Service {
            new: new_service(*entry).map_err(|_| Stop)?,
            withheld: row.withheld.map(set_aside),
        },
        Outcome::Quarantined(aside) => Taken::Aside(set_aside(aside)),
    };
    Ok((taken, row.problems))
}

fn set_aside(aside: Quarantined) -> NewQuarantine {
    NewQuarantine {
        row: aside.row,
        source_id: aside.source_id,
        service: None,
        reason: aside.reason.code(),
        because: match aside.reason {
            Reason::AddressWithheld(because) => Some(because.code()),
            Reason::RepeatedId | Reason::NotAService => None,
        },
        raw: aside.raw.to_string(),
    }
}

/// An entry with its digest.
///
/// # Errors
/// When the entry cannot be written as JSON.
pub fn new_service(entry: Entry) -> Result<NewService> {
    let digest = digest(&entry).map_err(|_| Error::Invalid {
        field: "entry",
        problem: "service-entry-unwritable",
    })?;
    Ok(NewService {
        digest: digest.into_bytes(),
        entry,
    })
}

/// What is being stored of one feed.
struct Storing<'a> {
    permit: &'a Permit<DirectoryImport>,
    feed: &'a Feed,
    run: Option<throughline_core::id::FeedRunId>,
    counts: RunCounts,
    withheld: u64,
    aside: Vec<String>,
    problems: Vec<Problem>,
    left_out: u64,
}

impl Storing<'_> {
    async fn store(&mut self, work: &mut Work<'_>, batch: Batch) -> Result<()> {
        let mut services = Vec::with_capacity(batch.rows.len());
        let mut withheld = Vec::new();
        let mut aside = Vec::new();
        for row in batch.rows {
            self.counts.read += 1;
            match row {
                Taken::Service { new, withheld: of } => {
                    services.push(new);
                    withheld.push(of);
                }
                Taken::Aside(row) => {
                    self.counts.quarantined += 1;
                    aside.push(row);
                }
            }
        }
        let dry = self.run.is_none();
        let done = work
            .services_upsert(self.permit, self.feed, &services, dry)
            .await?;
        for ((what, id), of) in done.into_iter().zip(withheld) {
            match what {
                Upsert::Added => self.counts.added += 1,
                Upsert::Changed => self.counts.changed += 1,
                Upsert::Unchanged => self.counts.unchanged += 1,
            }
            if let Some(mut row) = of {
                self.withheld += 1;
                row.service = Some(id);
                aside.push(row);
            }
        }
        if let Some(run) = self.run {
            work.quarantine_add(self.permit, self.feed, run, &aside)
                .await?;
            self.problems_of(work, run, &batch.problems).await?;
        }
        self.aside
            .extend(aside.into_iter().filter_map(|row| row.source_id));
        self.list(batch.problems);
        Ok(())
    }

    async fn problems_of(
        &self,
        work: &mut Work<'_>,
        run: throughline_core::id::FeedRunId,
        problems: &[Problem],
    ) -> Result<()> {
        let rows: Vec<RowProblem> = problems
            .iter()
            .map(|problem| RowProblem {
                row: problem.row,
                field: problem.field.clone(),
                problem: problem.problem.clone().into_owned(),
                did: problem.did.clone().into_owned(),
            })
            .collect();
        work.problems_add(self.permit, run, &rows).await
    }

    fn list(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            if self.problems.len() < LISTED_PROBLEMS {
                self.problems.push(problem);
            } else {
                self.left_out += 1;
            }
        }
    }

    async fn finish(
        mut self,
        work: &mut Work<'_>,
        import: &Import<'_>,
        summary: Summary,
    ) -> Result<Report> {
        self.counts.repaired = summary.repaired;
        if let Some(run) = self.run {
            self.problems_of(work, run, &summary.problems).await?;
            work.quarantine_supersede(self.permit, self.feed, run, &self.aside)
                .await?;
            let format = summary.format.name();
            work.run_finish(
                self.permit,
                self.feed,
                run,
                format,
                import.location,
                &self.counts,
            )
            .await?;
        }
        self.list(summary.problems);
        Ok(Report {
            feed: self.feed.name.clone(),
            format: summary.format.name(),
            dry_run: import.dry_run,
            read: self.counts.read,
            added: self.counts.added,
            changed: self.counts.changed,
            unchanged: self.counts.unchanged,
            repaired: self.counts.repaired,
            quarantined: self.counts.quarantined,
            withheld: self.withheld,
            schedules: summary.schedules,
            terms: summary.terms,
            problems: self.problems,
            problems_left_out: self.left_out,
        })
    }
}

throughline_core::code_list! {
    /// What a steward may do with a row set aside.
    pub enum Decision {
        /// Publish the second row of one identifier as a service of its own.
        KeepApart = "keep_apart",
        /// Its address stays withheld.
        WithoutAddress = "without_address",
        /// Its address may be shown: it houses nobody who flees.
        ShowAddress = "show_address",
        /// It is of no use.
        Discard = "discard",
    }
}

/// A row set aside, as a steward sees it after a step-up.
#[derive(Debug, Clone)]
pub struct Opened {
    /// What is known about it.
    pub row: QuarantineRow,
    /// Its feed's name.
    pub feed: String,
    /// The row as it came; `None` once it was decided.
    pub raw: Option<Value>,
    /// What may be decided.
    pub decisions: Vec<Decision>,
}

/// What may be decided about a row, by why it was set aside.
pub fn decisions(row: &QuarantineRow) -> Vec<Decision> {
    match (row.state, row.reason.as_str(), row.because.as_deref()) {
        (QuarantineState::Open, "repeated_id", _) => vec![Decision::KeepApart, Decision::Discard],
        // A kind that is confidential by what it is can never be shown (ASSURANCE F1).
        (QuarantineState::Open, "address_withheld", Some("kind_of_service")) => {
            vec![Decision::WithoutAddress]
        }
        (QuarantineState::Open, "address_withheld", _) => {
            vec![Decision::WithoutAddress, Decision::ShowAddress]
        }
        (QuarantineState::Open, _, _) => vec![Decision::Discard],
        _ => Vec::new(),
    }
}

/// Opens a row set aside. Needs a step-up.
pub async fn open(app: &App, actor: &Actor, reference: Ref) -> Result<Opened> {
    let reference = &reference;
    app.store
        .work(actor, PURPOSE, |work| {
            Box::pin(async move {
                let facts = work.quarantine_facts(*reference).await?;
                let permit = work.permit_found::<QuarantineRead>(facts)?;
                let (row, feed, raw) = work.quarantine_read(&permit).await?;
                Ok(Opened {
                    decisions: decisions(&row),
                    row,
                    feed: feed.name,
                    raw: raw.and_then(|raw| serde_json::from_str(&raw).ok()),
                })
            })
        })
        .await
}

/// Decides about a row set aside. Needs a step-up. Errors with [`Error::Conflict`] when somebody has decided before, and with
/// [`Error::Illegal`] when this cannot be decided about such a row.
pub async fn decide(app: &App, actor: &Actor, reference: Ref, decision: Decision) -> Result<()> {
    let (reference, decision) = (&reference, &decision);
    app.store
        .work(actor, PURPOSE, |work| {
            Box::pin(async move {
                let facts = work.quarantine_facts(*reference).await?;
                let permit = work.permit_found::<QuarantineRead>(facts)?;
                let (row, feed, raw) = work.quarantine_read(&permit).await?;
                if row.state != QuarantineState::Open {
                    return Err(Error::Conflict);
                }
                if !decisions(&row).contains(decision) {
                    return Err(Error::Illegal("this cannot be decided about such a row"));
                }
                let raw = raw.unwrap_or_default();
                let (state, service) = match decision {
                    Decision::Discard => (QuarantineState::Discarded, None),
                    Decision::WithoutAddress => (QuarantineState::WithoutAddress, None),
                    Decision::KeepApart => {
                        let mut entry = read_again(&feed.name, &raw, None)?;
                        // A name of its own in the feed: its row number may change, this never does.
                        entry.source_id = format!("{}#{reference}", entry.source_id);
                        let new = new_service(entry)?;
                        let id = work.quarantine_publish(&permit, &feed, &new).await?;
                        (QuarantineState::KeptApart, Some(id))
                    }
                    Decision::ShowAddress => {
                        let entry = read_again(&feed.name, &raw, row.source_id.as_deref())?;
                        if entry.is_confidential() {
                            return Err(Error::Illegal("such a service never has an address"));
                        }
                        let new = new_service(entry)?;
                        let id = work.quarantine_publish(&permit, &feed, &new).await?;
                        (QuarantineState::Cleared, Some(id))
                    }
                };
                work.quarantine_decide(&permit, state, service).await
            })
        })
        .await?;
    app.directory.refresh(&app.store).await?;
    Ok(())
}

/// Reads one row again as a feed of its own, with its place cleared or not.
fn read_again(feed: &str, raw: &str, cleared: Option<&str>) -> Result<Entry> {
    let row: Value = serde_json::from_str(raw).map_err(|_| Error::Sealed)?;
    let source = FromBytes(Arc::from(
        json!({ "contents": [row] }).to_string().into_bytes(),
    ));
    let mut options = Options::new(feed);
    options.cleared.extend(cleared.map(str::to_owned));
    let mut found = None;
    source
        .read(&options, &mut |row| {
            if let Outcome::Entry(entry) = row.outcome {
                found = Some(*entry);
            }
            Ok(())
        })
        .map_err(|_| Error::Illegal("the row cannot be read as a service"))?;
    found.ok_or(Error::Illegal("the row cannot be read as a service"))
}

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
    /// Feeds, those that fail first.
    pub feeds: Vec<FeedHealth>,
    /// Entries that have not been confirmed for too long, refuges first, then the longest unconfirmed.
    pub fading: Vec<Fading>,
    /// How many such entries there are in all.
    pub fading_total: usize,
    /// How many services there are.
    pub services: usize,
}

/// How many rows of each list the queue shows.
const QUEUE_ROWS: usize = 100;

/// What waits for this steward.
pub async fn queue(app: &App, actor: &Actor) -> Result<Queue> {
    let organisation = actor
        .organisation()
        .ok_or(Error::Denied(throughline_policy::Denied {
            action: throughline_policy::ActionKind::DirectoryImport,
            reason: throughline_policy::Reason::NotForThisRole,
        }))?;
    let organisation_ref = &organisation;
    let mut waiting = app
        .store
        .work(actor, PURPOSE, |work| {
            Box::pin(async move {
                work.permit::<DirectoryImport>(&import_facts(*organisation_ref))?;
                work.quarantine_waiting(&work.scope(), 1_000).await
            })
        })
        .await?;
    waiting.sort_by_key(|row| (harm(row), row.created_at, row.row));
    let feeds = feeds(app, organisation).await?;
    let (fading, fading_total, services) = fading(app);
    Ok(Queue {
        waiting,
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
