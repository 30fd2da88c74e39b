//! Proof that the audit record is whole: every entry recomputed, every head compared, every signed checkpoint honoured.
//!
//! Three things must agree: the entries with each other (hash chain), the entries with the head, and both with the signed
//! checkpoints outside the database. An attacker who rewrites the database consistently, cuts its end or puts an older copy
//! back is found by the third.
//!
//! What must never happen here: a repair. What does not fit is reported and stays as evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use serde::Deserialize;
use throughline_core::code::Code as _;
use throughline_core::id::{OrganisationId, Ref};
use throughline_core::role::Role;
use throughline_core::time::At;
use throughline_seal::checkpoint::{Checkpoint, sign};
use throughline_seal::merkle::{Frontier, Hash, leaf_hash};
use uuid::Uuid;

use crate::audit::{entries, heads};
use crate::checkpoint::{self, Known};
use crate::col::Col;
use crate::entity::{audit_entry, audit_head, installation, organisation, seen};
use crate::error::{Error, Result};
use crate::store::Store;
use crate::tx::Tx;

/// Entries read at once.
const PAGE: u64 = 5_000;
/// Problems named per log; the rest are counted.
const NAMED: usize = 20;

/// What does not fit. Every one means that the record was changed outside this program, or that storage lost something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Entries are missing.
    #[error("entries {from} to {until} are missing")]
    Gap {
        /// The first that is missing.
        from: i64,
        /// The last that is missing.
        until: i64,
    },
    /// An entry stands where none can.
    #[error("entry {0} stands where no entry can")]
    Misplaced(i64),
    /// Text and hash of an entry differ.
    #[error("entry {0} was changed: its text and its hash do not fit")]
    Leaf(i64),
    /// The text of an entry cannot be read.
    #[error("entry {0} cannot be read")]
    Unreadable(i64),
    /// A column that repeats what the text says, says something else.
    #[error("entry {seq}: its column {column} was changed")]
    Column {
        /// Which entry.
        seq: i64,
        /// Which column.
        column: &'static str,
    },
    /// The chain does not fit.
    #[error("from entry {0} on the chain does not fit")]
    Chain(i64),
    /// The head counts another number.
    #[error("the head counts {head} entries and there are {found}")]
    Size {
        /// What the head says.
        head: i64,
        /// How many there are.
        found: u64,
    },
    /// The head's hashes do not fit the entries.
    #[error("the head was changed: its hashes do not fit the entries")]
    Head,
    /// A signed checkpoint knows of more entries.
    #[error(
        "a signed checkpoint knows of {signed} entries and there are {found}: the end was cut or an older copy was put back"
    )]
    Shorter {
        /// How many were signed.
        signed: u64,
        /// How many there are.
        found: u64,
    },
    /// The first entries are not those that were signed.
    #[error("the first {0} entries are not those that were signed")]
    Rewritten(u64),
    /// A checkpoint file that this installation did not sign.
    #[error("{0} is not a checkpoint that this installation signed")]
    Forged(String),
    /// A log with entries and no head.
    #[error("the log {0} has entries and no head")]
    NoHead(String),
    /// The organisation of a log is gone.
    #[error("the organisation of this log is gone")]
    Stranger,
    /// A checkpoint of a log that is not here.
    #[error("the log {0} was signed and is not here")]
    Gone(String),
}

/// What was found in one log.
#[derive(Debug, Clone)]
pub struct LogReport {
    /// Whose log it is.
    pub organisation: OrganisationId,
    /// Their reference, if they are still there.
    pub reference: Option<Ref>,
    /// How many entries were read.
    pub entries: u64,
    /// The root over them, in hexadecimal.
    pub root: String,
    /// How many signed checkpoints they were compared with. None: an older copy put back would not be seen.
    pub checkpoints: u64,
    /// What does not fit: the first ones.
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub more_problems: u64,
}

/// What was found in all logs.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Log by log.
    pub logs: Vec<LogReport>,
    /// What belongs to no log.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether everything fits.
    pub fn ok(&self) -> bool {
        self.problems.is_empty() && self.logs.iter().all(|log| log.problems.is_empty())
    }

    /// Every problem that is named.
    pub fn all_problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems
            .iter()
            .chain(self.logs.iter().flat_map(|log| &log.problems))
    }
}

/// What checked the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckedBy {
    /// The quick check of every start: heads and the newest checkpoints.
    Start,
    /// The job that reads every entry.
    Job,
    /// Somebody who pressed the button.
    Person,
}

/// The last check of the record on this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// When.
    pub at: At,
    /// By what.
    pub by: CheckedBy,
    /// How many entries it stands for.
    pub entries: u64,
    /// With how many signed checkpoints they were compared; none: an older copy put back would not be seen.
    pub checkpoints: u64,
    /// How many things did not fit.
    pub problems: u64,
}

/// The parts of an entry's text that columns repeat.
#[derive(Deserialize)]
struct Body<'a> {
    log: Uuid,
    seq: i64,
    at: &'a str,
    standing: &'a str,
    who: Option<Uuid>,
    action: &'a str,
    person: Option<Uuid>,
    #[serde(default)]
    people: BTreeSet<Uuid>,
    result: &'a str,
}

impl Store {
    /// Recomputes every log from its entries and compares it with its head and with the signed checkpoints in `checkpoints`.
    ///
    /// Errors only when the database or the folder cannot be read: what does not fit is in the report.
    pub async fn audit_verify(&self, checkpoints: Option<&Path>) -> Result<Report> {
        let installation = self.installation_reference().await?;
        let known = match (checkpoints, &installation) {
            (Some(folder), Some(reference)) => {
                checkpoint::load(folder, self.keys().keyring(), reference).await?
            }
            (Some(folder), None) => checkpoint::load(folder, self.keys().keyring(), "none").await?,
            (None, _) => Known::default(),
        };
        let tx = self.begin_read().await?;
        let report = report(&tx, &installation.unwrap_or_default(), &known).await;
        tx.rollback().await?;
        report
    }

    /// The full check against the checkpoints of this node ([`Store::checkpoints_in`]), kept as its last one.
    pub async fn record_check(&self, by: CheckedBy) -> Result<Checked> {
        let report = self.audit_verify(self.checkpoints()).await?;
        let named = u64::try_from(report.all_problems().count()).unwrap_or(u64::MAX);
        let more: u64 = report.logs.iter().map(|log| log.more_problems).sum();
        let checked = Checked {
            at: self.env().now(),
            by,
            entries: report.logs.iter().map(|log| log.entries).sum(),
            checkpoints: report.logs.iter().map(|log| log.checkpoints).sum(),
            problems: named.saturating_add(more),
        };
        self.set_last_check(checked.clone());
        Ok(checked)
    }

    /// Signs the state of every log and writes it to `folder`, where it has changed; gives how many were written.
    ///
    /// Errors, and signs nothing, when a log does not continue what was signed before: a false state must never be signed.
    pub async fn checkpoint_write(&self, folder: &Path) -> Result<usize> {
        let Some(installation) = self.installation_reference().await? else {
            return Ok(0);
        };
        let keys = self.keys().keyring();
        let signer = checkpoint::signer(keys, &installation)?;
        let (known, states) = self.startup_states(folder, &installation).await?;
        let mut written = 0;
        for (reference, size, root) in states {
            let name = reference.to_string();
            let origin = checkpoint::origin(&installation, &name);
            if size == 0 || known.newest.get(&origin) == Some(&size) {
                continue;
            }
            let note = sign(&Checkpoint { origin, size, root }, &signer)
                .map_err(checkpoint::cannot_sign)?;
            checkpoint::write(folder, &name, note).await?;
            written += 1;
        }
        Ok(written)
    }

    /// The quick check of every start: each log's head fits its last entry, and each log continues what was signed. A few
    /// look-ups a log, however long it is.
    pub async fn startup_check(&self, folder: &Path) -> Result<()> {
        let installation = self.installation_reference().await?;
        let (known, states) = self
            .startup_states(folder, installation.as_deref().unwrap_or("none"))
            .await?;
        self.set_last_check(Checked {
            at: self.env().now(),
            by: CheckedBy::Start,
            entries: states.iter().map(|(_, size, _)| size).sum(),
            checkpoints: u64::try_from(known.marks.len()).unwrap_or(u64::MAX),
            problems: 0,
        });
        Ok(())
    }

    /// Reads heads and checkpoints and compares them. Errors with the first thing that does not fit.
    async fn startup_states(
        &self,
        folder: &Path,
        installation: &str,
    ) -> Result<(Known, Vec<(Ref, u64, Hash)>)> {
        let known = checkpoint::load(folder, self.keys().keyring(), installation).await?;
        if let Some(problem) = known.problems.first() {
            return Err(Error::Integrity(problem.to_string()));
        }
        let tx = self.begin_read().await?;
        let states = quick_states(&tx, installation, &known).await;
        tx.rollback().await?;
        states.map(|states| (known, states))
    }

    async fn installation_reference(&self) -> Result<Option<String>> {
        let tx = self.begin_read().await?;
        let row = installation::Entity::find_by_id(1).one(&tx).await;
        tx.rollback().await?;
        Ok(row?.map(|row| row.reference.0.to_string()))
    }
}

async fn report(tx: &Tx, installation: &str, known: &Known) -> Result<Report> {
    let mut report = Report {
        logs: Vec::new(),
        problems: known.problems.clone(),
    };
    let mut seen = BTreeSet::new();
    for head in heads(tx).await? {
        let reference = reference_of(tx, head.log_id).await?;
        let origin = reference.map(|own| checkpoint::origin(installation, &own.to_string()));
        let marks = origin
            .as_ref()
            .and_then(|origin| known.marks.get(origin))
            .cloned()
            .unwrap_or_default();
        seen.extend(origin);
        report
            .logs
            .push(check_log(tx, &head, reference, marks).await?);
    }
    for log in logs_without_head(tx).await? {
        report.problems.push(Problem::NoHead(log.to_string()));
    }
    let gone = known.marks.keys().filter(|origin| !seen.contains(*origin));
    report.problems.extend(gone.cloned().map(Problem::Gone));
    Ok(report)
}

async fn reference_of(tx: &Tx, log: Uuid) -> Result<Option<Ref>> {
    let row = organisation::Entity::find_by_id(Col(OrganisationId::from_uuid(log)))
        .one(tx)
        .await?;
    Ok(row.map(|row| row.reference.0))
}

/// Logs that have entries and no head: their head was removed.
async fn logs_without_head(tx: &Tx) -> Result<Vec<Uuid>> {
    let logs: Vec<Uuid> = audit_entry::Entity::find()
        .select_only()
        .column(audit_entry::Column::LogId)
        .filter(
            audit_entry::Column::LogId.not_in_subquery(
                sea_orm::sea_query::Query::select()
                    .column(audit_head::Column::LogId)
                    .from(audit_head::Entity)
                    .to_owned(),
            ),
        )
        .distinct()
        .into_tuple()
        .all(tx)
        .await?;
    Ok(logs)
}

async fn quick_states(tx: &Tx, installation: &str, known: &Known) -> Result<Vec<(Ref, u64, Hash)>> {
    let wrong = |problem: Problem| Error::Integrity(problem.to_string());
    let mut states = Vec::new();
    let mut seen = BTreeSet::new();
    for head in heads(tx).await? {
        let reference = reference_of(tx, head.log_id)
            .await?
            .ok_or_else(|| wrong(Problem::Stranger))?;
        let frontier = Frontier::from_bytes(&head.frontier.0).map_err(|_| wrong(Problem::Head))?;
        let size = frontier.size();
        let root = frontier.root();
        let fits = i64::try_from(size) == Ok(head.size)
            && head.root.0 == root
            && root_at(tx, head.log_id, size).await? == Some(root);
        if !fits {
            return Err(wrong(Problem::Head));
        }
        if !entries(tx, head.log_id, head.size, 1).await?.is_empty() {
            return Err(wrong(Problem::Misplaced(head.size)));
        }
        let origin = checkpoint::origin(installation, &reference.to_string());
        // The newest mark is enough: the history is for the full check.
        if let Some((signed, root)) = known.marks.get(&origin).and_then(BTreeSet::last) {
            if *signed > size {
                return Err(wrong(Problem::Shorter {
                    signed: *signed,
                    found: size,
                }));
            }
            if root_at(tx, head.log_id, *signed).await? != Some(*root) {
                return Err(wrong(Problem::Rewritten(*signed)));
            }
        }
        seen.insert(origin);
        states.push((reference, size, root));
    }
    match known.marks.keys().find(|origin| !seen.contains(*origin)) {
        Some(gone) => Err(wrong(Problem::Gone(gone.clone()))),
        None => Ok(states),
    }
}

/// The root that the entry before `size` was stored with.
async fn root_at(tx: &Tx, log: Uuid, size: u64) -> Result<Option<Hash>> {
    let Some(last) = i64::try_from(size)
        .ok()
        .and_then(|size| size.checked_sub(1))
    else {
        return Ok(None);
    };
    if last < 0 {
        return Ok(Some(Frontier::new().root()));
    }
    let row = entries(tx, log, last, 1).await?.into_iter().next();
    Ok(row
        .filter(|row| row.seq == last)
        .and_then(|row| <Hash>::try_from(row.root.0.as_slice()).ok()))
}

async fn check_log(
    tx: &Tx,
    head: &audit_head::Model,
    reference: Option<Ref>,
    marks: BTreeSet<(u64, Hash)>,
) -> Result<LogReport> {
    let mut walk = Walk {
        log: head.log_id,
        checkpoints: u64::try_from(marks.len()).unwrap_or(u64::MAX),
        marks: marks
            .into_iter()
            .fold(BTreeMap::new(), |mut all, (size, root)| {
                all.entry(size).or_insert_with(Vec::new).push(root);
                all
            }),
        frontier: Frontier::new(),
        expected: 0,
        chain_fits: true,
        problems: Vec::new(),
        more: 0,
    };
    if reference.is_none() {
        walk.found(Problem::Stranger);
    }
    // Not from nought: an entry before the first one must be seen too.
    let mut next = i64::MIN;
    loop {
        let page = entries(tx, head.log_id, next, PAGE).await?;
        let Some(last) = page.last().map(|row| row.seq) else {
            break;
        };
        let mut shown = shown(tx, head.log_id, next, Some(last)).await?;
        for row in &page {
            walk.step(row, &shown.remove(&row.seq).unwrap_or_default());
        }
        walk.shown_by_nothing(shown);
        match last.checked_add(1) {
            Some(after) => next = after,
            None => break,
        }
    }
    walk.shown_by_nothing(shown(tx, head.log_id, walk.expected, None).await?);
    walk.end(head);
    Ok(LogReport {
        organisation: OrganisationId::from_uuid(head.log_id),
        reference,
        entries: walk.frontier.size(),
        root: hex(&walk.frontier.root()),
        checkpoints: walk.checkpoints,
        problems: walk.problems,
        more_problems: walk.more,
    })
}

/// Whom one entry showed, and the instants that stand beside their names.
#[derive(Default)]
struct Shown {
    people: BTreeSet<Uuid>,
    at: BTreeSet<At>,
}

/// Whom the entries of a log from one number to another showed on lists, as the table says that "who has looked" is read from.
async fn shown(tx: &Tx, log: Uuid, from: i64, to: Option<i64>) -> Result<BTreeMap<i64, Shown>> {
    let mut query = seen::Entity::find()
        .filter(seen::Column::LogId.eq(log))
        .filter(seen::Column::Seq.gte(from));
    if let Some(to) = to {
        query = query.filter(seen::Column::Seq.lte(to));
    }
    let mut out: BTreeMap<i64, Shown> = BTreeMap::new();
    for row in query.all(tx).await? {
        let one = out.entry(row.seq).or_default();
        one.people.insert(row.person_id.0.uuid());
        one.at.insert(row.at.0);
    }
    Ok(out)
}

/// The way through one log.
struct Walk {
    log: Uuid,
    marks: BTreeMap<u64, Vec<Hash>>,
    checkpoints: u64,
    frontier: Frontier,
    expected: i64,
    chain_fits: bool,
    problems: Vec<Problem>,
    more: u64,
}

impl Walk {
    fn found(&mut self, problem: Problem) {
        if self.problems.len() < NAMED {
            self.problems.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// Rows that name people for entries that there are not.
    fn shown_by_nothing(&mut self, rest: BTreeMap<i64, Shown>) {
        for seq in rest.into_keys() {
            self.found(Problem::Column {
                seq,
                column: "seen",
            });
        }
    }

    /// One entry, with those whom it showed as the table has them.
    fn step(&mut self, row: &audit_entry::Model, shown: &Shown) {
        if row.seq < self.expected {
            return self.found(Problem::Misplaced(row.seq));
        }
        if row.seq > self.expected {
            self.found(Problem::Gap {
                from: self.expected,
                until: row.seq - 1,
            });
        }
        self.expected = row.seq.saturating_add(1);
        let leaf = leaf_hash(row.body.as_bytes());
        if row.leaf.0 != leaf {
            self.found(Problem::Leaf(row.seq));
        }
        match serde_json::from_str::<Body<'_>>(&row.body) {
            Ok(body) => {
                if let Some(column) = column_that_differs(&body, row, self.log) {
                    self.found(Problem::Column {
                        seq: row.seq,
                        column,
                    });
                }
                if body.people != shown.people || shown.at.iter().any(|at| *at != row.at.0) {
                    self.found(Problem::Column {
                        seq: row.seq,
                        column: "seen",
                    });
                }
            }
            Err(_) => self.found(Problem::Unreadable(row.seq)),
        }
        self.frontier.push(leaf);
        let root = self.frontier.root();
        if self.chain_fits && row.root.0 != root {
            // Everything after it cannot fit either: said once.
            self.chain_fits = false;
            self.found(Problem::Chain(row.seq));
        }
        let size = self.frontier.size();
        if let Some(signed) = self.marks.remove(&size)
            && signed.iter().any(|signed| *signed != root)
        {
            self.found(Problem::Rewritten(size));
        }
    }

    fn end(&mut self, head: &audit_head::Model) {
        let found = self.frontier.size();
        if i64::try_from(found) != Ok(head.size) {
            self.found(Problem::Size {
                head: head.size,
                found,
            });
        }
        if head.frontier.0 != self.frontier.to_bytes() || head.root.0 != self.frontier.root() {
            self.found(Problem::Head);
        }
        if let Some((signed, _)) = self.marks.pop_last().filter(|(size, _)| *size > found) {
            self.found(Problem::Shorter { signed, found });
        }
    }
}

/// The first column that does not repeat what the text says.
fn column_that_differs(
    body: &Body<'_>,
    row: &audit_entry::Model,
    log: Uuid,
) -> Option<&'static str> {
    // Only staff have an account; a link holder's or a program's id is in the text alone.
    let account = body.who.filter(|_| is_staff(body.standing));
    [
        ("log_id", body.log == log && row.log_id == log),
        ("seq", body.seq == row.seq),
        ("at", At::parse(body.at) == Some(row.at.0)),
        ("action", body.action == row.action),
        ("result", body.result == row.result),
        (
            "account_id",
            account == row.account_id.map(|id| id.0.uuid()),
        ),
        (
            "person_id",
            body.person == row.person_id.map(|id| id.0.uuid()),
        ),
    ]
    .into_iter()
    .find_map(|(column, fits)| (!fits).then_some(column))
}

fn is_staff(standing: &str) -> bool {
    Role::from_code(standing).is_ok()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
