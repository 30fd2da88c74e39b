//! The list of who was erased, outside the database: a file of hashes beside the signed checkpoints. A backup that is put back
//! brings erased people again; this list is what the newer decision is known by, and they are erased again before anybody sees
//! them (ASSURANCE 6.4).
//!
//! A line is the SHA-256 of an internal id, which is random, names nobody and never leaves the server: the list tells nothing to
//! whoever has no copy of the database from before.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use throughline_core::id::PersonId;

use crate::checkpoint::{blocking, sync_folder};
use crate::error::Result;
use crate::proof::hex;

/// Its name in the folder of checkpoints.
pub const FILE: &str = "erased.list";

/// The hash that stands for a person who was erased.
pub(crate) fn hash_of(person: PersonId) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"throughline/v1/erased/")
        .chain_update(person.uuid().as_bytes())
        .finalize()
        .into()
}

/// The lines of a list. A folder without one has erased nobody; a line that is none of ours is passed over, because a torn last
/// line must not hide the others.
pub(crate) async fn read(folder: &Path) -> Result<BTreeSet<String>> {
    let file = folder.join(FILE);
    blocking(folder, move || lines(&file)).await
}

fn lines(file: &Path) -> io::Result<BTreeSet<String>> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        text => text?,
    };
    let is_hash =
        |line: &&str| line.len() == 64 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    Ok(text.lines().filter(is_hash).map(str::to_owned).collect())
}

/// Adds what is missing. Nothing is ever taken from the list.
pub(crate) async fn add(folder: &Path, hashes: BTreeSet<String>) -> Result<()> {
    let at = folder.to_owned();
    blocking(folder, move || add_lines(&at, &hashes)).await
}

/// The same, at once: also for joining the list of a backup to one that is there.
pub(crate) fn add_lines(folder: &Path, hashes: &BTreeSet<String>) -> io::Result<()> {
    let file = folder.join(FILE);
    let known = lines(&file)?;
    let fresh: Vec<&String> = hashes.difference(&known).collect();
    if fresh.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    let mut text = String::new();
    // A line that a crash cut short is ended first.
    if fs::read(&file).is_ok_and(|old| old.last().is_some_and(|last| *last != b'\n')) {
        text.push('\n');
    }
    for hash in fresh {
        text.push_str(hash);
        text.push('\n');
    }
    let mut out = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&file)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    sync_folder(folder)
}

/// Takes the lines of another list into the one of this folder.
pub(crate) fn join(from: &Path, folder: &Path) -> io::Result<()> {
    add_lines(folder, &lines(from)?)
}

/// The text of a hash.
pub(crate) fn line(hash: &[u8]) -> String {
    hex(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_only_grows_and_survives_a_torn_line() {
        let folder = tempfile::tempdir().unwrap();
        let set = |names: &[u8]| {
            names
                .iter()
                .map(|n| line(&[*n; 32]))
                .collect::<BTreeSet<_>>()
        };
        assert!(lines(&folder.path().join(FILE)).unwrap().is_empty());
        add_lines(folder.path(), &set(&[1, 2])).unwrap();
        fs::OpenOptions::new()
            .append(true)
            .open(folder.path().join(FILE))
            .unwrap()
            .write_all(b"0102")
            .unwrap();
        add_lines(folder.path(), &set(&[2, 3])).unwrap();
        assert_eq!(lines(&folder.path().join(FILE)).unwrap(), set(&[1, 2, 3]));
        let text = fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert_eq!(text.matches(&line(&[2; 32])).count(), 1, "{text}");
    }
}
