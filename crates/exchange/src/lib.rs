//! Bytes in, directory entries out, and back: Open Referral UK and HSDS, CSV, iCalendar.
//!
//! - [`inbound`] reads feeds and packages row by row, repairs what can be repaired, withholds what must not be known and says what it
//!   did about each row;
//! - [`outbound`] writes entries as Open Referral UK 3.0 JSON (a superset of HSDS 3.0) and reads the query that asks for them;
//! - [`csv_out`] writes tables that are safe to open.
//!
//! # To add an importer
//!
//! One module in `inbound` that turns its rows into HSDS 3.0 shaped JSON objects and gives each to the shared row reader; a
//! golden sample in `tests/samples`; a fuzz target. Where the dialect only differs in names, a table of names is all it takes
//! (see `inbound::names`). The caller sees every dialect in the same way:
//!
//! ```
//! use std::io::Cursor;
//! use throughline_exchange::inbound::{Input, Options, Outcome, read};
//!
//! let feed = br#"{"contents":[{"id":"1","name":"Advice desk","url":"www.advice.example","minimum_age":-1}],"total_pages":1}"#;
//! let mut names = Vec::new();
//! let summary = read(Input::File(Box::new(Cursor::new(feed))), &Options::new("example"), &mut |row| {
//!     assert!(row.problems.iter().any(|problem| problem.field == "minimum_age"));
//!     if let Outcome::Entry(entry) = row.outcome {
//!         names.push((entry.name, entry.url));
//!     }
//!     Ok(())
//! })?;
//! assert_eq!(names, [("Advice desk".to_owned(), Some("https://www.advice.example".to_owned()))]);
//! assert_eq!((summary.read, summary.repaired), (1, 1));
//! # Ok::<(), throughline_exchange::inbound::ReadError>(())
//! ```
//!
//! # What must never happen here
//!
//! Input or output beyond the readers and writers that the caller hands in; a clock; a panic on any bytes whatever; an address of a
//! confidential service in an [`Entry`] or in anything written; a row that disappears
//! without a word.

pub mod csv_out;
pub mod inbound;
pub mod outbound;
mod repair;

use sha2::{Digest as _, Sha256};
use throughline_core::directory::Entry;

/// SHA-256 of an entry's canonical JSON, in hexadecimal: equal exactly when the feed says the same about it.
///
/// # Errors
/// When the entry cannot be written as JSON, which no entry made here can cause.
pub fn digest(entry: &Entry) -> Result<String, serde_json::Error> {
    Ok(hex_digest(&entry.canonical_json()?))
}

/// SHA-256 of a text, in hexadecimal.
pub fn hex_digest(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}
