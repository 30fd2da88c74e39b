//! Proof that the audit record is whole: every entry recomputed, every head compared, every signed checkpoint honoured.
//!
//! Three things must agree: the entries with each other (hash chain), the entries with the head, and both with the signed
//! checkpoints outside the database. An attacker who rewrites the database consistently, cuts its end or puts an older copy
//! back is found by the third.
//!
//! What must never happen here: a repair. What does not fit is reported and stays as evidence.

use std::path::Path;

use sea_orm::EntityTrait as _;
use throughline_core::id::{OrganisationId, Ref};
use throughline_core::time::At;
use throughline_seal::checkpoint::{Checkpoint, sign};
use throughline_seal::merkle::Hash;

use crate::checkpoint::{self, Known};
use crate::entity::installation;
use crate::error::{Error, Result};
use crate::proof_walk::{quick_states, report};
use crate::store::Store;
use crate::tx::Tx;
use crate::whole;

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
    /// The disk gave back something else than was written: in the database's own words, which name tables and rows and never what a
    /// row holds.
    #[error("the disk: {0}")]
    Disk(String),
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
    /// Whether the database notices what the disk changes: always with SQLite (decision 0027), with PostgreSQL where it was made with
    /// checksums.
    pub disk_checked: bool,
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

impl Store {
    /// Recomputes every log from its entries and compares it with its head and with the signed checkpoints in `checkpoints`; then has
    /// the database compare what every table and index hold, so that a bit which the disk flipped anywhere is found.
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
        let found = verified(&tx, &installation.unwrap_or_default(), &known).await;
        tx.rollback().await?;
        found
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

async fn verified(tx: &Tx, installation: &str, known: &Known) -> Result<Report> {
    let mut found = report(tx, installation, known).await?;
    let disk = whole::faults(tx).await?;
    found.problems.extend(disk.into_iter().map(Problem::Disk));
    found.disk_checked = whole::is_checked(tx).await?;
    Ok(found)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
