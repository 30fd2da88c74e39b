//! Taking a feed over.
//!
//! A feed is read and compared before anything is written, so that nobody waits for it; what is new or different is then stored in
//! one short unit of work. Nothing is seen before all of it is, and a feed that cannot be read to its end changes nothing. If somebody
//! changed what the feed was compared with in between, it is compared again. A row that goes missing from a feed is not deleted:
//! harvests fail in too many ways to take silence for closing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde::Serialize;
use throughline_core::code::Code as _;
use throughline_core::directory::{Entry, Status};
use throughline_core::id::{OrganisationId, ServiceId};
use throughline_exchange::digest;
use throughline_exchange::inbound::{
    Limits, Options, Outcome, Problem, Quarantined, ReadError, Reason, Row, Stop, Summary,
};
use throughline_policy::Actor;
use throughline_policy::action::DirectoryImport;
use throughline_store::directory::{Held, NewService};
use throughline_store::feed::{RowProblem, RunCounts, import_facts};
use throughline_store::quarantine::NewQuarantine;
use throughline_store::{Error, Result, Work};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::App;
use crate::directory::PURPOSE;
use crate::directory_source::Source;

/// How many rows the reader hands over at a time.
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

/// Forgets that the services of a feed had pages of their own: their publisher has given them up, and a row of its list is whole from
/// now on. There being no such feed is no error.
pub async fn forget_details(
    app: &App,
    actor: &Actor,
    organisation: OrganisationId,
    feed: &str,
) -> Result<()> {
    app.store
        .work(actor, PURPOSE, |work| {
            Box::pin(async move {
                let permit = work.permit::<DirectoryImport>(&import_facts(organisation))?;
                match work.feed_lock(&permit, feed).await? {
                    Some(feed) => work.feed_details_set(&permit, &feed, false).await,
                    None => Ok(()),
                }
            })
        })
        .await
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

/// A row as the reader hands it over.
#[expect(
    clippy::large_enum_variant,
    reason = "a hundred rows at a time are held"
)]
enum Taken {
    Service {
        new: NewService,
        withheld: Option<NewQuarantine>,
        in_part: bool,
    },
    Aside(NewQuarantine),
}

/// How often a feed is compared again when what it was compared with has changed in between.
const ATTEMPTS: u8 = 3;

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
    let mut doubted = BTreeSet::new();
    for _ in 0..ATTEMPTS {
        let before = before(app, actor, import).await?;
        let news = match compared_with_doubts(import, &before, &mut doubted, source, progress).await
        {
            Ok(news) => news,
            Err(ImportError::Unreadable(found)) => {
                if !import.dry_run {
                    record_failure(app, actor, import, &found.to_string()).await?;
                }
                return Err(ImportError::Unreadable(found));
            }
            Err(other) => return Err(other),
        };
        if import.dry_run || stored(app, actor, import, &before, &news).await? {
            if !import.dry_run {
                app.directory.refresh(&app.store).await?;
            }
            return Ok(news.report(import));
        }
    }
    Err(ImportError::Store(Error::Conflict))
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

/// What a feed is compared with.
#[derive(Debug, Default, PartialEq, Eq)]
struct Before {
    /// Services, by their identifiers at the source.
    held: HashMap<String, Held>,
    /// What a steward has cleared.
    cleared: BTreeSet<String>,
    /// What a steward decided to keep withheld.
    withheld: BTreeSet<String>,
    /// Whether its services have had pages of their own.
    has_details: bool,
}

impl Before {
    async fn of(work: &mut Work<'_>, import: &Import<'_>) -> Result<Self> {
        let permit = work.permit::<DirectoryImport>(&import_facts(import.organisation))?;
        let Some(feed) = work.feed_lock(&permit, import.feed).await? else {
            return Ok(Self::default());
        };
        Ok(Self {
            held: work.services_of(&permit, &feed).await?,
            cleared: work.quarantine_cleared(&permit, &feed).await?,
            withheld: work.quarantine_withheld(&permit, &feed).await?,
            has_details: feed.details_at.is_some(),
        })
    }

    /// How the feed is to be read: an address that was withheld until now stays so, whatever the feed says today.
    fn options(&self, import: &Import<'_>, doubted: &BTreeSet<Uuid>) -> Options {
        let confidential = self
            .held
            .iter()
            .filter(|(_, held)| held.confidential)
            .map(|(source_id, _)| source_id);
        let mut options = Options::new(import.feed);
        options.limits = import.limits;
        options.cleared.clone_from(&self.cleared);
        options.has_details = self.has_details;
        options.doubted.clone_from(doubted);
        options.withheld = self.withheld.iter().chain(confidential).cloned().collect();
        options
    }
}

async fn before(app: &App, actor: &Actor, import: &Import<'_>) -> Result<Before> {
    app.store
        .work(actor, PURPOSE, |work| Box::pin(Before::of(work, import)))
        .await
}

/// Reads the feed, and once more where a later row told that the place of an earlier one is to be withheld too.
async fn compared_with_doubts(
    import: &Import<'_>,
    before: &Before,
    doubted: &mut BTreeSet<Uuid>,
    source: &Arc<dyn Source>,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> std::result::Result<News, ImportError> {
    loop {
        let news = compared(import, before, doubted, source, progress).await?;
        let told = news.summary.as_ref().map(|read| &read.doubted);
        match told.filter(|told| !told.is_subset(doubted)) {
            Some(told) => doubted.extend(told),
            None => return Ok(news),
        }
    }
}

/// Reads the feed and keeps what differs from what is held.
async fn compared(
    import: &Import<'_>,
    before: &Before,
    doubted: &BTreeSet<Uuid>,
    source: &Arc<dyn Source>,
    progress: &(dyn Fn(u64) + Send + Sync),
) -> std::result::Result<News, ImportError> {
    let stopped = || ImportError::Store(Error::Illegal("the reader of the feed stopped"));
    let (sender, mut batches) = mpsc::channel(2);
    let (source, options) = (Arc::clone(source), before.options(import, doubted));
    let reading = tokio::task::spawn_blocking(move || read_all(source.as_ref(), &options, &sender));
    let mut news = News::default();
    // Whoever stops waiting for this drops the receiver, which makes the reader stop.
    while let Some(batch) = batches.recv().await {
        let read = batch.read;
        news.take(batch, before);
        progress(read);
    }
    let summary = reading
        .await
        .map_err(|_| stopped())?
        .map_err(ImportError::Unreadable)?;
    if summary.read == 0 && !before.held.is_empty() {
        let held = before.held.len();
        return Err(ImportError::Unreadable(ReadError::NoRows { held }));
    }
    news.counts.repaired = summary.repaired;
    news.list(&summary.problems);
    news.summary = Some(summary);
    Ok(news)
}

/// Stores what differs. False: something that it was compared with has changed since, and nothing was stored.
async fn stored(
    app: &App,
    actor: &Actor,
    import: &Import<'_>,
    before: &Before,
    news: &News,
) -> Result<bool> {
    app.store
        .work(actor, PURPOSE, |work| {
            Box::pin(async move {
                if Before::of(work, import).await? != *before {
                    return Ok(false);
                }
                news.store(work, import).await?;
                Ok(true)
            })
        })
        .await
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
            in_part: row.in_part,
        },
        Outcome::Quarantined(aside) => Taken::Aside(set_aside(aside)),
    };
    Ok((taken, row.problems))
}

/// A row as it is set aside.
pub(crate) fn set_aside(aside: Quarantined) -> NewQuarantine {
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

/// What a reading brought that is not held yet. All of it is in memory until it is stored: at most what [`Limits`] let through.
#[derive(Default)]
struct News {
    counts: RunCounts,
    /// New and different services.
    services: Vec<NewService>,
    /// What was left out of services, with the service where it is held already.
    withheld: Vec<NewQuarantine>,
    /// Rows that became no service.
    aside: Vec<NewQuarantine>,
    /// Services whose place is withheld from this reading on.
    withheld_now: BTreeSet<String>,
    /// Services that were read in part and stay as they are held.
    kept: BTreeSet<String>,
    problems: Vec<Problem>,
    left_out: u64,
    /// All problems, as they are kept with the reading.
    rows: Vec<RowProblem>,
    summary: Option<Summary>,
}

impl News {
    fn take(&mut self, batch: Batch, before: &Before) {
        for row in batch.rows {
            self.counts.read += 1;
            match row {
                Taken::Service {
                    new,
                    withheld,
                    in_part,
                } => {
                    let held = before.held.get(&new.entry.source_id);
                    // What is held stays when only a part of a row could be read, unless even the part says that less may be shown:
                    // then what is published becomes poorer rather than stay.
                    let shows_less = |held: &Held| {
                        (new.entry.is_confidential() && !held.confidential)
                            || new.entry.status != Status::Active
                    };
                    if in_part && held.is_some_and(|held| !shows_less(held)) {
                        self.counts.unchanged += 1;
                        self.kept.insert(new.entry.source_id);
                        continue;
                    }
                    if new.entry.is_confidential() && !held.is_some_and(|held| held.confidential) {
                        self.withheld_now.insert(new.entry.source_id.clone());
                    }
                    if let Some(mut row) = withheld {
                        row.service = held.map(|held| held.id);
                        self.withheld.push(row);
                    }
                    match held {
                        Some(held) if held.digest == new.digest => self.counts.unchanged += 1,
                        Some(_) => {
                            self.counts.changed += 1;
                            self.services.push(new);
                        }
                        None => {
                            self.counts.added += 1;
                            self.services.push(new);
                        }
                    }
                }
                Taken::Aside(row) => {
                    self.counts.quarantined += 1;
                    self.aside.push(row);
                }
            }
        }
        self.list(&batch.problems);
    }

    fn list(&mut self, problems: &[Problem]) {
        self.rows.extend(problems.iter().map(|problem| RowProblem {
            row: problem.row,
            field: problem.field.clone(),
            problem: problem.problem.clone().into_owned(),
            did: problem.did.clone().into_owned(),
        }));
        let room = LISTED_PROBLEMS.saturating_sub(self.problems.len());
        self.problems.extend(problems.iter().take(room).cloned());
        let left_out = problems.len().saturating_sub(room);
        self.left_out += u64::try_from(left_out).unwrap_or(u64::MAX);
    }

    fn format(&self) -> &'static str {
        self.summary.as_ref().map_or("", |read| read.format.name())
    }

    async fn store(&self, work: &mut Work<'_>, import: &Import<'_>) -> Result<()> {
        let permit = work.permit::<DirectoryImport>(&import_facts(import.organisation))?;
        let feed = match work.feed_lock(&permit, import.feed).await? {
            Some(feed) => feed,
            None => {
                work.feed_create(&permit, import.feed, import.location)
                    .await?
            }
        };
        if self.summary.as_ref().is_some_and(|read| read.whole > 0) {
            work.feed_details_set(&permit, &feed, true).await?;
        }
        let run = work.run_start(&permit, &feed).await?;
        let done = work.services_upsert(&permit, &feed, &self.services).await?;
        let ids: HashMap<&str, ServiceId> = self
            .services
            .iter()
            .zip(done)
            .map(|(new, (_, id))| (new.entry.source_id.as_str(), id))
            .collect();
        let mut aside = self.withheld.clone();
        for row in &mut aside {
            let new = row.source_id.as_deref().and_then(|id| ids.get(id));
            row.service = row.service.or(new.copied());
        }
        aside.extend(self.aside.iter().cloned());
        work.quarantine_reconsider(&permit, &feed, &self.withheld_now)
            .await?;
        work.quarantine_add(&permit, &feed, run, &aside).await?;
        work.problems_add(&permit, run, &self.rows).await?;
        let brought = aside.into_iter().filter_map(|row| row.source_id).collect();
        work.quarantine_supersede(&permit, &feed, run, &brought, &self.kept)
            .await?;
        work.run_finish(
            &permit,
            &feed,
            run,
            self.format(),
            import.location,
            &self.counts,
        )
        .await
    }

    fn report(self, import: &Import<'_>) -> Report {
        let format = self.format();
        let withheld = self.withheld.iter().filter(|row| row.because.is_some());
        let read = |count: fn(&Summary) -> u64| self.summary.as_ref().map_or(0, count);
        Report {
            feed: import.feed.to_owned(),
            format,
            dry_run: import.dry_run,
            read: self.counts.read,
            added: self.counts.added,
            changed: self.counts.changed,
            unchanged: self.counts.unchanged,
            repaired: self.counts.repaired,
            quarantined: self.counts.quarantined,
            withheld: u64::try_from(withheld.count()).unwrap_or(u64::MAX),
            schedules: read(|summary| summary.schedules),
            terms: read(|summary| summary.terms),
            problems: self.problems,
            problems_left_out: self.left_out,
        }
    }
}
