//! Room kept free beside a SQLite database, so that a full disk stops no reading.
//!
//! Whoever reads of a person is on record before anything is shown, so a disk without room for the record would stop reading too. A
//! file that holds nothing keeps that room. When the database finds no more, the file is given up: from then on nothing is kept
//! but the record itself, who is signed in, and "I called 999"; every other change is refused before it is made. When that room is
//! gone as well, the answer is "not now". As soon as somebody has made room the file is put back, and everything goes on: nothing is
//! started again. What needs no write, the public directory and what to do in an emergency, never notices.
//!
//! A disk that fails is met in the same way: the database cannot tell the two apart for certain.
//!
//! What must never happen here: anything said to be done that is not on the disk.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};
use crate::store::Store;

/// What may still grow while the reserve lasts.
const STILL_KEPT: [&str; 11] = [
    "audit_head",
    "audit_entry",
    "missed_look",
    "session",
    "sign_in_attempt",
    "known_device",
    "sign_in_flow",
    "sign_in_link",
    "passkey",
    "account",
    "emergency",
];

/// The room beside one database.
#[derive(Debug)]
pub(crate) struct Reserve {
    file: PathBuf,
    bytes: u64,
    /// Whether it was given up, or could not be taken yet.
    spent: AtomicBool,
}

impl Reserve {
    fn is_spent(&self) -> bool {
        self.spent.load(Ordering::SeqCst)
    }

    /// Gives the room to the record. Whether there was any to give.
    fn give_up(&self) -> bool {
        let first = !self.spent.swap(true, Ordering::SeqCst);
        match std::fs::remove_file(&self.file) {
            Ok(()) => true,
            // Another process on this database was first, a moment ago: there may be room now.
            Err(error) if error.kind() == ErrorKind::NotFound => first,
            Err(error) => {
                tracing::error!(%error, "the reserve on the disk cannot be given up");
                false
            }
        }
    }

    /// Takes the room, if there is so much and a quarter of it besides: else the next write would give it up again.
    fn take(&self) -> std::io::Result<()> {
        let held = std::fs::metadata(&self.file).map_or(0, |held| held.len());
        if held < self.bytes {
            let folder = self.file.parent().unwrap_or(Path::new("."));
            if free_bytes(folder)? < self.bytes.saturating_add(self.bytes / 4) {
                return Err(ErrorKind::StorageFull.into());
            }
            let taken = fill(&self.file, self.bytes);
            if taken.is_err() {
                // Half of it is of no use to anybody.
                let _ = std::fs::remove_file(&self.file);
            }
            taken?;
        }
        self.spent.store(false, Ordering::SeqCst);
        Ok(())
    }
}

/// How much room there is for this program.
#[cfg(target_os = "linux")]
fn free_bytes(folder: &Path) -> std::io::Result<u64> {
    let there = rustix::fs::statvfs(folder)?;
    Ok(there.f_bavail.saturating_mul(there.f_frsize))
}

/// Makes a file of so many bytes that are really there.
#[cfg(target_os = "linux")]
fn fill(path: &Path, bytes: u64) -> std::io::Result<()> {
    let file = File::create(path)?;
    let all = rustix::fs::FallocateFlags::empty();
    rustix::fs::fallocate(&file, all, 0, bytes)?;
    file.sync_all()
}

#[cfg(not(target_os = "linux"))]
fn free_bytes(_: &Path) -> std::io::Result<u64> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
fn fill(_: &Path, _: u64) -> std::io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

impl Store {
    /// Keeps so much room beside the database file from now on; once, where a server starts. Whether it could be taken at once:
    /// if not, nothing but the record is kept until there is room. PostgreSQL has a disk of its own to watch, and other systems
    /// than Linux have no sure way to hold room: there nothing is kept, and a full disk stops what must be recorded at once.
    pub fn keep_room(&self, database: &Path, bytes: u64) -> bool {
        if bytes == 0 || !self.is_sqlite() || !cfg!(target_os = "linux") {
            return true;
        }
        let reserve = Reserve {
            file: database.with_extension("reserve"),
            bytes,
            spent: AtomicBool::new(true),
        };
        let taken = reserve.take();
        if taken
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::Unsupported)
        {
            tracing::warn!("this file system cannot hold room: no reserve is kept");
            return true;
        }
        if let Err(error) = &taken {
            tracing::error!(%error, "there is no room for the reserve: until there is, changes are refused");
        }
        self.set_reserve(reserve);
        taken.is_ok()
    }

    /// Whether the disk is so full, or failing, that only the record is kept.
    pub fn is_short_of_room(&self) -> bool {
        self.reserve().is_some_and(Reserve::is_spent)
    }

    /// Takes the reserve back where there is room again. Asked every few seconds.
    pub fn look_for_room(&self) {
        if let Some(reserve) = self.reserve().filter(|reserve| reserve.is_spent())
            && reserve.take().is_ok()
        {
            tracing::info!("there is room on the disk again: changes are taken");
        }
    }

    /// After the database found no room: whether the same work may be tried again with what the reserve held.
    pub(crate) fn may_use_reserve(&self, error: &Error) -> bool {
        if !self.is_sqlite() || !error.is_no_room() {
            return false;
        }
        let given = self.reserve().is_some_and(Reserve::give_up);
        if given {
            tracing::error!(
                "the disk is full or failing: until there is room, only the record is kept and changes are refused"
            );
        }
        given
    }

    /// Errors when one of these tables may not grow now.
    pub(crate) fn may_change(&self, tables: &BTreeSet<String>) -> Result<()> {
        let still = |table: &String| STILL_KEPT.contains(&table.as_str());
        if self.is_short_of_room() && !tables.iter().all(still) {
            return Err(Error::Full);
        }
        Ok(())
    }
}
