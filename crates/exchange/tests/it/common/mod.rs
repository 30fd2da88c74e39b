//! What every test of reading needs.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot read its sample has failed; a skipped one says so"
)]

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use throughline_core::directory::Entry;
use throughline_exchange::inbound::{
    Input, Options, Outcome, Problem, Quarantined, ReadError, Row, Summary, read,
};

/// Everything a reading gave.
#[derive(Debug)]
pub struct Reading {
    pub summary: Summary,
    pub rows: Vec<Row>,
}

impl Reading {
    pub fn entries(&self) -> Vec<&Entry> {
        self.rows
            .iter()
            .filter_map(|row| {
                if let Outcome::Entry(entry) = &row.outcome {
                    Some(entry.as_ref())
                } else {
                    None
                }
            })
            .collect()
    }

    pub fn quarantined(&self) -> Vec<&Quarantined> {
        self.rows
            .iter()
            .filter_map(|row| {
                if let Outcome::Quarantined(aside) = &row.outcome {
                    Some(aside)
                } else {
                    None
                }
            })
            .collect()
    }

    pub fn problems(&self) -> Vec<&Problem> {
        self.rows
            .iter()
            .flat_map(|row| &row.problems)
            .chain(&self.summary.problems)
            .collect()
    }
}

pub fn collect(input: Input<'_>, options: &Options) -> Result<Reading, ReadError> {
    let mut rows = Vec::new();
    let summary = read(input, options, &mut |row| {
        rows.push(row);
        Ok(())
    })?;
    assert_eq!(
        summary.read,
        summary.entries + summary.quarantined,
        "no row disappears"
    );
    Ok(Reading { summary, rows })
}

pub fn bytes(bytes: impl Into<Vec<u8>>) -> Result<Reading, ReadError> {
    collect(
        Input::File(Box::new(Cursor::new(bytes.into()))),
        &Options::new("test"),
    )
}

pub fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/samples")
        .join(name)
}

pub fn sample_bytes(name: &str) -> Vec<u8> {
    std::fs::read(sample(name)).unwrap()
}

pub fn folder(path: &Path) -> Result<Reading, ReadError> {
    let mut files: BTreeMap<String, Box<dyn Read>> = BTreeMap::new();
    for file in std::fs::read_dir(path).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.insert(name, Box::new(std::fs::File::open(&path).unwrap()));
        }
    }
    collect(Input::Folder(files), &Options::new("test"))
}

/// A file or folder of the shared reading material; says so and gives `None` where it is absent.
pub fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/directory")
        .join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {name} is not beside this checkout");
    None
}
