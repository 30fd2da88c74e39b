//! Files of a package, in memory and within bounds.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::{Limits, ReadError, Source};

/// Files by lower-case name without folders.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A package smaller than this is never a bomb.
const HARMLESS_BYTES: u64 = 8 << 20;

/// Unpacks the tables of a zip. Sizes are counted as bytes come out, never believed from the header.
pub(crate) fn unpack(
    mut source: Box<dyn Source + '_>,
    limits: &Limits,
) -> Result<Files, ReadError> {
    let packed = source
        .seek(std::io::SeekFrom::End(0))
        .map_err(|error| ReadError::Reading(error.kind()))?;
    let mut zip = ZipArchive::new(source).map_err(|_| ReadError::BrokenZip)?;
    if zip.len() > limits.files {
        return Err(ReadError::TooManyFiles(limits.files));
    }
    let allowed = packed.saturating_mul(limits.inflation).max(HARMLESS_BYTES);
    let mut files = Files::new();
    let mut total = 0_u64;
    for index in 0..zip.len() {
        let file = zip.by_index(index).map_err(|error| match error {
            ZipError::Io(error) => ReadError::Reading(error.kind()),
            _ => ReadError::BrokenZip,
        })?;
        let Some(name) = file.name().ok().and_then(|name| table_name(&name)) else {
            continue;
        };
        let bytes =
            take(file, limits.total_bytes.min(allowed).saturating_sub(total)).map_err(|fault| {
                match fault {
                    Fault::TooMuch if allowed < limits.total_bytes => ReadError::ZipBomb,
                    Fault::TooMuch => ReadError::TooLarge(limits.total_bytes),
                    Fault::Io(_) => ReadError::BrokenZip,
                }
            })?;
        total = total.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        files.entry(name).or_insert(bytes);
    }
    Ok(files)
}

/// Reads the tables of a folder.
pub(crate) fn collect(
    folder: BTreeMap<String, Box<dyn Read + '_>>,
    limits: &Limits,
) -> Result<Files, ReadError> {
    if folder.len() > limits.files {
        return Err(ReadError::TooManyFiles(limits.files));
    }
    let mut files = Files::new();
    let mut total = 0_u64;
    for (path, reader) in folder {
        let Some(name) = table_name(&path) else {
            continue;
        };
        let bytes =
            take(reader, limits.total_bytes.saturating_sub(total)).map_err(
                |fault| match fault {
                    Fault::TooMuch => ReadError::TooLarge(limits.total_bytes),
                    Fault::Io(kind) => ReadError::Reading(kind),
                },
            )?;
        total = total.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        files.entry(name).or_insert(bytes);
    }
    Ok(files)
}

enum Fault {
    TooMuch,
    Io(ErrorKind),
}

/// At most so many bytes; one more is too much.
fn take(reader: impl Read, at_most: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let read = reader
        .take(at_most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Fault::Io(error.kind()))?;
    if u64::try_from(read).unwrap_or(u64::MAX) > at_most {
        return Err(Fault::TooMuch);
    }
    Ok(bytes)
}

/// The name of a table without its folders, in lower case; `None` for anything else in the package.
fn table_name(path: &str) -> Option<String> {
    if path.contains("__MACOSX") {
        return None;
    }
    let name = path
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let is_table = name
        .rsplit_once('.')
        .is_some_and(|(stem, end)| !stem.is_empty() && end == "csv");
    is_table.then_some(name)
}
