//! Taking a feed over.
//!
//! A feed is read in one thread and stored in one unit of work, some rows at a time: nothing is seen before all of it is, and
//! a feed that cannot be read to its end changes nothing. A row that goes missing from a feed is not deleted: harvests fail in
//! too many ways to take silence for closing.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use throughline_core::code::Code as _;
use throughline_core::directory::Entry;
use throughline_core::id::OrganisationId;
use throughline_exchange::digest;
use throughline_exchange::inbound::{
    Limits, Options, Outcome, Problem, Quarantined, ReadError, Reason, Row, Stop, Summary,
};
use throughline_policy::action::DirectoryImport;
use throughline_policy::{Actor, Permit};
use throughline_store::directory::{NewService, Upsert};
use throughline_store::feed::{Feed, RowProblem, RunCounts, import_facts};
use throughline_store::quarantine::NewQuarantine;
use throughline_store::{Error, Result, Work};
use tokio::sync::mpsc;

use crate::App;
use crate::directory::PURPOSE;
use crate::directory_source::Source;

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
        aside: BTreeSet::new(),
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
            Reason::RepeatedId | Reason::NotAService | Reason::NoName => None,
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
    aside: BTreeSet<String>,
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
                self.withheld += u64::from(row.because.is_some());
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
