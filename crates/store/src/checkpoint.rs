//! Signed checkpoints on disk: what each audit log said of itself, outside the database.
//!
//! Per log two files: `<organisation>.checkpoint`, the newest, replaced atomically; and `<organisation>.history`, all of them,
//! each ended by a line of four dashes. A partner may keep a copy: any `.checkpoint` file in the folder is checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use throughline_seal::Keyring;
use throughline_seal::checkpoint::{Checkpoint, CheckpointError, Signer, Verifier, verify};
use throughline_seal::merkle::Hash;

use crate::error::{Error, Result};
use crate::proof::Problem;

/// Ends every note of a history file.
const END: &str = "----\n";

/// What the signed checkpoints of a folder say.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Sizes and roots by origin.
    pub marks: BTreeMap<String, BTreeSet<(u64, Hash)>>,
    /// Origins whose newest checkpoint the current key signed, with its size.
    pub newest: BTreeMap<String, u64>,
    /// Files that nobody here signed, or that somebody changed.
    pub problems: Vec<Problem>,
}

/// The name of an installation's logs and of the key that signs for them.
pub(crate) fn key_name(installation: &str) -> String {
    format!("throughline/{installation}")
}

/// The origin of one organisation's log.
pub(crate) fn origin(installation: &str, organisation: &str) -> String {
    format!("{}/{organisation}", key_name(installation))
}

/// The signer of an installation.
pub(crate) fn signer(keys: &Keyring, installation: &str) -> Result<Signer> {
    Signer::from_root(keys.current(), &key_name(installation)).map_err(cannot_sign)
}

pub(crate) fn cannot_sign(error: CheckpointError) -> Error {
    Error::Integrity(format!("no checkpoint was signed: {error}"))
}

/// Reads every checkpoint of a folder. A folder that does not exist holds none.
pub(crate) async fn load(folder: &Path, keys: &Keyring, installation: &str) -> Result<Known> {
    let path = folder.to_owned();
    let files = blocking(folder, move || read_all(&path)).await?;
    let current = signer(keys, installation)?.verifier();
    let verifiers = keys
        .keys()
        .map(|key| Signer::from_root(key, &key_name(installation)).map(|signer| signer.verifier()))
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(cannot_sign)?;
    let mut known = Known::default();
    for (name, text) in files {
        let newest = name.ends_with(".checkpoint");
        let notes: Vec<&str> = if newest {
            vec![&text]
        } else {
            // What follows the last end mark was cut short by a crash and never was a whole note.
            text.split_inclusive(END)
                .filter_map(|part| part.strip_suffix(END))
                .collect()
        };
        for note in notes {
            match read(note, &verifiers) {
                Ok(checkpoint) => {
                    if newest && verify(note, &current).is_ok() {
                        let size = known.newest.entry(checkpoint.origin.clone()).or_default();
                        *size = checkpoint.size.max(*size);
                    }
                    known
                        .marks
                        .entry(checkpoint.origin)
                        .or_default()
                        .insert((checkpoint.size, checkpoint.root));
                }
                // After a rotation the history holds notes of a key that has left the ring; newer ones cover them.
                Err(CheckpointError::Unsigned) if !newest => {}
                Err(_) => known.problems.push(Problem::Forged(name.clone())),
            }
        }
    }
    Ok(known)
}

fn read(note: &str, verifiers: &[Verifier]) -> std::result::Result<Checkpoint, CheckpointError> {
    let mut last = Err(CheckpointError::Unsigned);
    for verifier in verifiers {
        match verify(note, verifier) {
            Err(CheckpointError::Unsigned) => {}
            other => {
                last = other;
                break;
            }
        }
    }
    last
}

fn read_all(folder: &Path) -> io::Result<Vec<(String, String)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut out = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".checkpoint") || name.ends_with(".history") {
            // What is no text is no note: it is read as one that nobody signed.
            let bytes = fs::read(entry.path())?;
            out.push((name, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    out.sort();
    Ok(out)
}

/// Writes a log's newest checkpoint and adds it to the history.
pub(crate) async fn write(folder: &Path, organisation: &str, note: String) -> Result<()> {
    let (path, name) = (folder.to_owned(), organisation.to_owned());
    blocking(folder, move || write_both(&path, &name, &note)).await
}

fn write_both(folder: &Path, name: &str, note: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    replace(&folder.join(format!("{name}.checkpoint")), note.as_bytes())?;
    let history = folder.join(format!("{name}.history"));
    let mut file = fs::OpenOptions::new()
        .create(true)
        .read(true)
        .append(true)
        .open(&history)?;
    let old = fs::read_to_string(&history).unwrap_or_default();
    if !old.is_empty() && !old.ends_with(END) {
        let whole = old.rfind(END).map_or(0, |at| at + END.len());
        file.set_len(u64::try_from(whole).unwrap_or(0))?;
    }
    file.write_all(format!("{note}{END}").as_bytes())?;
    file.sync_all()
}

/// Replaces a file so that a crash leaves either the old one or the new one, never half.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary: PathBuf = path.to_owned();
    temporary.as_mut_os_string().push(".new");
    let mut file = fs::File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    match path.parent() {
        Some(folder) => sync_folder(folder),
        None => Ok(()),
    }
}

/// A rename is on disk only when its folder is.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

/// Does file work off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    what: &Path,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T> {
    let failed = |why: &dyn std::fmt::Display| {
        Error::Setup(format!(
            "cannot use {}: {why}; the database was not changed",
            what.display()
        ))
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(failed(&error)),
        Err(_) => Err(failed(&"the work was stopped")),
    }
}
