//! The file with the root key: made once, readable by its owner alone.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use throughline_seal::{Keyring, RootKey};

use crate::report::Failure;

/// Reads a key file. Errors when it is missing, damaged or readable by everybody.
pub fn read(path: &Path) -> Result<Keyring, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::failed(format!(
            "the root key file {} cannot be read ({error}). Nothing was changed. Put the key back, or make the first one with `throughline migrate --new-key`.",
            path.display()
        ))
    })?;
    if open_to_all(path) {
        return Err(Failure::failed(format!(
            "everybody on this machine may read the root key file {}. Nothing was changed. Run: chmod 0400 {}",
            path.display(),
            path.display()
        )));
    }
    Keyring::from_text(&text).map_err(|_| {
        Failure::failed(format!(
            "{} is not a key file that this program wrote, or it is damaged. Nothing was changed. Recover the key from its shares.",
            path.display()
        ))
    })
}

/// Writes a new key file, 0400. Errors when there is one: a root key is never written over.
pub fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o400);
    let made = options.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    made.map_err(|error| {
        Failure::failed(format!(
            "the root key file {} was not made ({error}). Nothing was changed.",
            path.display()
        ))
    })
}

/// The text of a key file with one key.
pub fn text(key: &RootKey) -> String {
    format!(
        "# The root key of a Throughline installation. Without it nothing sealed can be read. Keep it away from backups.\n{}\n",
        key.to_text()
    )
}

/// Whether everybody on the machine may read it.
pub fn open_to_all(path: &Path) -> bool {
    mode(path).is_some_and(|mode| mode & 0o007 != 0)
}

/// Whether a group may read it: right for some ways of giving out secrets, worth a look in all others.
pub fn open_to_group(path: &Path) -> bool {
    mode(path).is_some_and(|mode| mode & 0o070 != 0)
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path)
        .ok()
        .map(|meta| meta.permissions().mode())
}

#[cfg(not(unix))]
fn mode(_: &Path) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_and_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        let key = RootKey::generate(&crate::envs::system());
        write(&path, &text(&key)).unwrap();
        assert_eq!(read(&path).unwrap().current_id(), key.id());
        assert!(!open_to_all(&path) && !open_to_group(&path));
        assert!(write(&path, &text(&key)).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_everybody_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.key");
        write(&path, &text(&RootKey::generate(&crate::envs::system()))).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
        assert!(read(&path).is_err());
    }
}
