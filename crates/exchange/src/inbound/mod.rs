//! Feeds and packages in: one call, [`read`], for every dialect.

mod archive;
mod evidence;
pub mod hsds_tabular;
mod kind_words;
mod meaning;
mod names;
mod need_words;
mod notes;
pub mod oruk_v1;
pub mod oruk_v3;
mod parts;
mod row;
mod scrub;
mod sniff;
mod stream;
mod unpublished;
mod withheld_words;
mod withhold;

pub(crate) use withhold::outward;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

use serde::Serialize;
use serde_json::{Map, Value};
use throughline_core::directory::Entry;
use throughline_core::directory::confidential::Because;
use uuid::Uuid;

pub use sniff::{Format, Kind, sniff};

/// A reader that can go back, as a file or bytes in memory can.
pub trait Source: Read + Seek {}
impl<T: Read + Seek> Source for T {}

/// Where a directory is read from. The caller opens files and fetches pages; nothing here does.
pub enum Input<'a> {
    /// One file: JSON of any dialect, or a zip of HSDS tables. What it is, is found out from its bytes.
    File(Box<dyn Source + 'a>),
    /// A folder of HSDS tables: file name to its contents. Files that are not tables are passed over.
    Folder(BTreeMap<String, Box<dyn Read + 'a>>),
    /// A feed in pages.
    Pages(&'a mut dyn Pages),
}

/// A feed in pages, fetched by the caller (over HTTP, from saved files). Errors are sentences for a person.
pub trait Pages {
    /// The next page of the list: its JSON, at most [`Limits::page_bytes`]. `None` after the last one.
    ///
    /// `known` tells what the pages so far said about how many there are.
    fn next(&mut self, known: Paging) -> Result<Option<Vec<u8>>, String>;

    /// The whole of one service, where the list only has a part of each (Open Referral UK 3 keeps locations, phones and
    /// schedules for `/services/{id}`).
    fn detail(&mut self, id: &str) -> Result<Detail, String>;
}

/// The whole of one service of a feed in pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// Its JSON.
    Whole(Vec<u8>),
    /// The feed has such pages, and not this one now: the list's row is only a part of the service.
    Missing,
    /// The feed has no such pages: the list's row is all there is.
    NotKept,
}

/// What a feed has said about its pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Paging {
    /// How many pages were read.
    pub read: u64,
    /// How many pages there are, if it says.
    pub total_pages: Option<u64>,
    /// How many services there are, if it says.
    pub total_items: Option<u64>,
    /// Whether the page just read calls itself the last or is empty.
    pub last: bool,
}

/// Bounds on what is read, so that nobody can fill the memory or the night.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of one service.
    pub row_bytes: u64,
    /// Most bytes of one page of a feed.
    pub page_bytes: u64,
    /// Most bytes in all, counted after unpacking.
    pub total_bytes: u64,
    /// Most services.
    pub rows: u64,
    /// Most files in a package.
    pub files: usize,
    /// How many times larger than its packed size a package may become, once it passes 8 MiB.
    pub inflation: u64,
}

impl Default for Limits {
    /// 4 MiB a service, 64 MiB a page, 512 MiB in all, 300,000 services, 200 files, 200 times.
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            row_bytes: 4 * MIB,
            page_bytes: 64 * MIB,
            total_bytes: 512 * MIB,
            rows: 300_000,
            files: 200,
            inflation: 200,
        }
    }
}

/// How to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// A stable name of the feed; identifiers are unique within it.
    pub feed: String,
    /// Bounds.
    pub limits: Limits,
    /// What a steward has looked at and cleared, each as [`judged`] tells it. It overrides what the words of a listing suggest, never a
    /// kind of service that is confidential, nor that a place was withheld since.
    pub cleared: BTreeSet<String>,
    /// Identifiers of services whose place was withheld until now, as [`Entry::source_id`] spells them. Whatever their rows say, and
    /// whatever was cleared before, it stays withheld until a steward clears it.
    pub withheld: BTreeSet<String>,
    /// Services of which another row of this feed speaks as of a refuge, as [`Summary::doubted`] names them: two rows of one identifier
    /// may be one house, so the first is withheld too until a steward clears it.
    pub doubted: BTreeSet<Uuid>,
    /// A steward has the row in front of them and lets its place be shown: whatever is read counts as cleared.
    pub clearing: bool,
    /// Whatever is read counts as withheld until now.
    pub withholding: bool,
    /// Services of this feed have had pages of their own: a row of its list alone is a part, whether or not any page is there now.
    pub has_details: bool,
}

impl Options {
    /// Usual bounds for the feed of this name.
    pub fn new(feed: impl Into<String>) -> Self {
        Self {
            feed: feed.into(),
            limits: Limits::default(),
            cleared: BTreeSet::new(),
            withheld: BTreeSet::new(),
            doubted: BTreeSet::new(),
            clearing: false,
            withholding: false,
            has_details: false,
        }
    }
}

/// What a steward judges when they clear a row, as a digest: everything the row says, and the rule that withheld it. When any of
/// that changes the clearance no longer holds. Only when its source last touched it says nothing about a place.
pub fn judged(raw: &Map<String, Value>, because: &str) -> String {
    let told: Map<String, Value> = raw
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "last_modified" | "assured_date"))
        .map(|(name, value)| (name.clone(), steady(value)))
        .collect();
    crate::hex_digest(&format!("{because}\u{1f}{}", Value::Object(told)))
}

/// The same after it was written and read again: fractions are text of a tenth of a millimetre's precision.
fn steady(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            Value::String(format!("{:.9}", number.as_f64().unwrap_or_default()))
        }
        Value::Array(list) => list.iter().map(steady).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| (name.clone(), steady(value)))
            .collect(),
        other => other.clone(),
    }
}

/// One row of a feed after reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its place in the feed, the first being 1.
    pub number: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// What was wrong with it and what was done.
    pub problems: Vec<Problem>,
    /// What was withheld from the entry, for the steward only.
    pub withheld: Option<Quarantined>,
    /// Whether only a part of the service could be read, which is no reason to forget the rest of it.
    pub in_part: bool,
    /// The row as the feed had it, in HSDS shape. May hold what was withheld: for the steward only, never for the directory.
    pub raw: Value,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// An entry for the directory.
    Entry(Box<Entry>),
    /// Set aside for a steward.
    Quarantined(Quarantined),
}

/// Something set aside for a steward.
#[derive(Debug, Clone, PartialEq)]
pub struct Quarantined {
    /// The row of the feed, the first being 1.
    pub row: u64,
    /// Identifier of the service at its source, where it has one.
    pub source_id: Option<String>,
    /// Why.
    pub reason: Reason,
    /// What the steward needs to see to decide. For [`Reason::AddressWithheld`] it holds the address: keep it sealed.
    pub raw: Value,
}

impl Quarantined {
    /// Whether this is what was left out of an entry, rather than a row that a steward is only to look at.
    pub const fn withholds(&self) -> bool {
        matches!(self.reason, Reason::AddressWithheld(_))
    }
}

/// Why something was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Its identifier was already used by an earlier row of the same feed.
    RepeatedId,
    /// It is not a service.
    NotAService,
    /// It has no name, nor has anything of it that could stand for one.
    NoName,
    /// Its place was withheld, by this rule.
    AddressWithheld(Because),
}

impl Reason {
    /// Stable spelling for storing.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RepeatedId => "repeated_id",
            Self::NotAService => "not_a_service",
            Self::NoName => "no_name",
            Self::AddressWithheld(_) => "address_withheld",
        }
    }

    /// The reason in words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::RepeatedId => {
                "an earlier row of this feed has the same identifier; decide which one is right"
            }
            Self::NotAService => "this row is not a service",
            Self::NoName => "this row has no name; ask the publisher of the list what it is",
            Self::AddressWithheld(because) => because.sentence(),
        }
    }
}

/// One thing that was wrong with a row, as the report lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The row, the first being 1; 0 for the feed as a whole.
    pub row: u64,
    /// Which field, in the names of Open Referral UK 3.
    pub field: String,
    /// What was wrong. Never holds the value.
    pub problem: Cow<'static, str>,
    /// What was done.
    pub did: Cow<'static, str>,
}

/// What was read in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The dialect.
    pub format: Format,
    /// Rows read. Always entries + quarantined.
    pub read: u64,
    /// Rows that became entries.
    pub entries: u64,
    /// Rows set aside.
    pub quarantined: u64,
    /// Entries with at least one repair.
    pub repaired: u64,
    /// Entries whose place was withheld.
    pub withheld: u64,
    /// Opening hours read, those of withheld places too.
    pub schedules: u64,
    /// Classification terms read.
    pub terms: u64,
    /// Services read from pages of their own.
    pub whole: u64,
    /// Services whose identifier came again in a row of which the place would be withheld. Their first rows were handed over before
    /// that was known: who publishes them reads again with these as [`Options::doubted`].
    pub doubted: BTreeSet<Uuid>,
    /// What was wrong with the feed as a whole.
    pub problems: Vec<Problem>,
    /// What the feed said about its pages.
    pub paging: Paging,
}

impl Summary {
    pub(crate) fn new(format: Format) -> Self {
        Self {
            format,
            read: 0,
            entries: 0,
            quarantined: 0,
            repaired: 0,
            withheld: 0,
            schedules: 0,
            terms: 0,
            whole: 0,
            doubted: BTreeSet::new(),
            problems: Vec::new(),
            paging: Paging::default(),
        }
    }
}

/// The caller wants no more rows (its own store failed, somebody pressed stop). It keeps its own reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop;

/// What [`read`] hands each row to.
pub type Sink<'a> = dyn FnMut(Row) -> Result<(), Stop> + 'a;

/// Why a feed could not be read. The text is one sentence for a person. Rows may have been handed over before it was found: the
/// caller throws them away, so that half a feed is never taken for the whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No bytes.
    #[error("The file is empty; ask whoever sent it for a new copy.")]
    Empty,
    /// Neither JSON nor a zip.
    #[error(
        "This is {0}, not a directory; give an Open Referral UK feed (JSON) or an HSDS package (a folder or zip of tables)."
    )]
    NotADirectory(&'static str),
    /// Broken JSON.
    #[error(
        "This is not good JSON: the mistake is at line {line}, column {column}; ask the publisher to put it right."
    )]
    NotJson {
        /// Line, the first being 1.
        line: usize,
        /// Column, the first being 1.
        column: usize,
    },
    /// Ended too soon.
    #[error("The file ends in the middle; fetch it again.")]
    Truncated,
    /// Not UTF-8.
    #[error("{0} is not written in UTF-8; save it as UTF-8 and try again.")]
    NotUtf8(String),
    /// Brackets within brackets.
    #[error("The file nests things too deeply to be a directory.")]
    TooDeep,
    /// A service beyond the limit.
    #[error("Row {row} is larger than {limit} bytes, which no description of a service is.")]
    RowTooLarge {
        /// The row, the first being 1.
        row: u64,
        /// The limit.
        limit: u64,
    },
    /// Beyond the limit in all.
    #[error("The directory is larger than the limit of {0} bytes; raise the limit or split it.")]
    TooLarge(u64),
    /// Too many services.
    #[error("The directory has more than {0} services, which is the limit.")]
    TooManyRows(u64),
    /// A zip that cannot be read.
    #[error("The zip file is broken, locked with a password or cut short; ask for a new copy.")]
    BrokenZip,
    /// A zip that unpacks to far more than it should.
    #[error("The zip file unpacks to far more than its size allows and was not opened further.")]
    ZipBomb,
    /// Too many files.
    #[error("The package has more than {0} files, which is the limit.")]
    TooManyFiles(usize),
    /// A package without its main table.
    #[error(
        "The package has no table of services (services.csv); check that it is an HSDS package."
    )]
    NoServices,
    /// A table without the columns that make it one.
    #[error("{file} is not an HSDS table: it has no column named {column}.")]
    NotATable {
        /// File name.
        file: String,
        /// The column that is missing.
        column: &'static str,
    },
    /// Broken CSV.
    #[error("{file} is broken at line {line}; ask the publisher to put it right.")]
    BrokenTable {
        /// File name.
        file: String,
        /// Line, the first being 1.
        line: u64,
    },
    /// A page could not be fetched.
    #[error("The feed could not be read to its end: {0}")]
    Page(String),
    /// The pages do not add up.
    #[error("The feed promised {promised} pages and gave {given}; try again later.")]
    MissingPages {
        /// How many pages it promised.
        promised: u64,
        /// How many it gave.
        given: u64,
    },
    /// The rows do not add up.
    #[error("The feed promised {promised} services and gave {given}; try again later.")]
    MissingRows {
        /// How many services it promised.
        promised: u64,
        /// How many it gave.
        given: u64,
    },
    /// Nothing came where there was something before.
    #[error(
        "The feed has no services now and had {held} before; if that is right, take them out one by one."
    )]
    NoRows {
        /// How many there were.
        held: usize,
    },
    /// The reader failed.
    #[error("The file could not be read: {0}.")]
    Reading(std::io::ErrorKind),
    /// It is not in the format that the caller named.
    #[error("This is {found}, not {wanted}.")]
    OtherFormat {
        /// What it is.
        found: &'static str,
        /// What it was said to be.
        wanted: &'static str,
    },
    /// The caller asked to stop.
    #[error("Reading was stopped.")]
    Stopped,
}

/// Reads a directory of any dialect, giving each row to `sink` as soon as it is complete. What is held at one time is one row
/// (for JSON), one page (for pages) or the package's tables (for HSDS packages), each within its limit.
pub fn read(
    input: Input<'_>,
    options: &Options,
    sink: &mut Sink<'_>,
) -> Result<Summary, ReadError> {
    match input {
        Input::File(mut source) => match sniff(source.as_mut())? {
            Kind::Json => stream::read_file(source, options, sink),
            Kind::Zip => {
                hsds_tabular::read_tables(archive::unpack(source, &options.limits)?, options, sink)
            }
        },
        Input::Folder(files) => {
            hsds_tabular::read_tables(archive::collect(files, &options.limits)?, options, sink)
        }
        Input::Pages(pages) => stream::read_pages(pages, options, sink),
    }
}

/// A UUID for something of a feed: its own identifier when that is a UUID, otherwise one made from the feed's name and the identifier
/// (version 5), always the same.
pub fn stable_id(feed: &str, source_id: &str) -> Uuid {
    Uuid::parse_str(source_id).unwrap_or_else(|_| {
        let feed = Uuid::new_v5(
            &Uuid::NAMESPACE_URL,
            format!("urn:throughline:feed:{feed}").as_bytes(),
        );
        Uuid::new_v5(&feed, source_id.as_bytes())
    })
}
