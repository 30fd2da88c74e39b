//! Where directories are read from: a path, bytes in memory, or an address whose pages are first kept on disk.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use throughline_exchange::inbound::{
    self, Detail, Format, Input, Limits, Options, Pages, Paging, ReadError, Sink, Summary,
    stable_id,
};

/// Something a directory can be read from, more than once: a unit of work may have to be done again.
pub trait Source: Send + Sync {
    /// Reads it from the beginning, giving each row to `sink`.
    fn read(&self, options: &Options, sink: &mut Sink<'_>) -> Result<Summary, ReadError>;
}

/// A file or a folder. A folder of `.json` files is a saved feed, one page a file in the order of their names; any other
/// folder is an HSDS package, its tables in it or in its folder `data`, as tabular data packages have them.
#[derive(Debug, Clone)]
pub struct FromPath(pub PathBuf);

/// Bytes in memory: an upload.
#[derive(Debug, Clone)]
pub struct FromBytes(pub Arc<[u8]>);

/// A source that somebody said is in one format: in any other it is not read, so that nothing is taken for what it is not.
pub struct InFormat {
    /// The source.
    pub source: Arc<dyn Source>,
    /// What it was said to be.
    pub format: Format,
}

impl Source for InFormat {
    fn read(&self, options: &Options, sink: &mut Sink<'_>) -> Result<Summary, ReadError> {
        let summary = self.source.read(options, sink)?;
        if summary.format == self.format {
            Ok(summary)
        } else {
            Err(ReadError::OtherFormat {
                found: summary.format.name(),
                wanted: self.format.name(),
            })
        }
    }
}

fn failed(error: &std::io::Error) -> ReadError {
    ReadError::Reading(error.kind())
}

fn files_in(folder: &Path) -> Result<BTreeMap<String, PathBuf>, ReadError> {
    let mut files = BTreeMap::new();
    for item in fs::read_dir(folder).map_err(|error| failed(&error))? {
        let item = item.map_err(|error| failed(&error))?;
        if item.file_type().is_ok_and(|kind| kind.is_file()) {
            files.insert(item.file_name().to_string_lossy().into_owned(), item.path());
        }
    }
    Ok(files)
}

impl Source for FromPath {
    fn read(&self, options: &Options, sink: &mut Sink<'_>) -> Result<Summary, ReadError> {
        if !self.0.is_dir() {
            let file = File::open(&self.0).map_err(|error| failed(&error))?;
            return inbound::read(Input::File(Box::new(BufReader::new(file))), options, sink);
        }
        let is_table = |name: &str| name.to_ascii_lowercase().ends_with(".csv");
        let mut files = files_in(&self.0)?;
        let inner = self.0.join("data");
        if !files.keys().any(|name| is_table(name)) && inner.is_dir() {
            files = files_in(&inner)?;
        }
        let is_page = |name: &str| {
            let name = name.to_ascii_lowercase();
            std::path::Path::new(name.as_str())
                .extension()
                .is_some_and(|kind| kind.eq_ignore_ascii_case("json"))
                && name != "datapackage.json"
        };
        if !files.keys().any(|name| is_table(name)) {
            let pages: Vec<PathBuf> = files
                .into_iter()
                .filter(|(name, _)| is_page(name))
                .map(|(_, path)| path)
                .collect();
            if !pages.is_empty() {
                let mut saved = Saved {
                    pages,
                    details: None,
                    limits: options.limits,
                };
                return inbound::read(Input::Pages(&mut saved), options, sink);
            }
            return Err(ReadError::NoServices);
        }
        let mut tables: BTreeMap<String, Box<dyn Read>> = BTreeMap::new();
        for (name, path) in files {
            let file = File::open(path).map_err(|error| failed(&error))?;
            tables.insert(name, Box::new(BufReader::new(file)));
        }
        inbound::read(Input::Folder(tables), options, sink)
    }
}

impl Source for FromBytes {
    fn read(&self, options: &Options, sink: &mut Sink<'_>) -> Result<Summary, ReadError> {
        let bytes = Cursor::new(Arc::clone(&self.0));
        inbound::read(Input::File(Box::new(bytes)), options, sink)
    }
}

fn read_limited(path: &Path, limits: &Limits) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file =
        File::open(path).map_err(|error| format!("a saved page is missing ({})", error.kind()))?;
    file.take(limits.page_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| format!("a saved page cannot be read ({})", error.kind()))?;
    Ok(bytes)
}

/// Pages kept as files.
struct Saved {
    pages: Vec<PathBuf>,
    /// Folder of whole services, by [`detail_name`], where the feed has them.
    details: Option<PathBuf>,
    limits: Limits,
}

impl Pages for Saved {
    fn next(&mut self, known: Paging) -> Result<Option<Vec<u8>>, String> {
        let at = usize::try_from(known.read).unwrap_or(usize::MAX);
        self.pages
            .get(at)
            .map(|path| read_limited(path, &self.limits))
            .transpose()
    }

    fn detail(&mut self, id: &str) -> Result<Detail, String> {
        match self
            .details
            .as_ref()
            .map(|folder| folder.join(detail_name(id)))
        {
            Some(path) if path.exists() => read_limited(&path, &self.limits).map(Detail::Whole),
            Some(_) => Ok(Detail::Missing),
            None => Ok(Detail::NotKept),
        }
    }
}

/// A file name made from an identifier that somebody else chose.
fn detail_name(id: &str) -> String {
    format!("{}.json", stable_id("saved detail", id))
}

/// Fetches addresses. The caller brings the network.
pub trait Fetch: Send + Sync {
    /// The body at an address, at most `limit` bytes. `None`: there is nothing there (404, 501). Errors are sentences.
    fn get(&self, url: &str, limit: u64) -> Result<Option<Vec<u8>>, String>;
}

/// A feed fetched to its end and kept in a folder, so that no transaction waits for somebody else's server.
#[derive(Debug)]
pub struct Fetched {
    pages: Vec<PathBuf>,
    /// Folder of whole services, where the feed has them.
    details: Option<PathBuf>,
}

impl Fetched {
    /// Fetches every page of `{base}/services` and, where the feed has them, every whole service, into an empty folder.
    ///
    /// # Errors
    /// When the feed cannot be read to its end. Nothing was taken over.
    pub fn all(
        base: &str,
        folder: &Path,
        fetch: &dyn Fetch,
        options: &Options,
        progress: &dyn Fn(u64),
    ) -> Result<Self, ReadError> {
        let base = base.trim_end_matches('/');
        let list = if base.ends_with("/services") {
            base.to_owned()
        } else {
            format!("{base}/services")
        };
        let mut fetching = Fetching {
            list,
            folder: folder.to_owned(),
            fetch,
            limits: options.limits,
            pages: Vec::new(),
            has_details: options.has_details,
            missing: 0,
        };
        let mut count = 0;
        inbound::read(Input::Pages(&mut fetching), options, &mut |_| {
            count += 1;
            progress(count);
            Ok(())
        })?;
        Ok(Self {
            pages: fetching.pages,
            details: fetching.has_details.then(|| folder.to_owned()),
        })
    }
}

impl Source for Fetched {
    fn read(&self, options: &Options, sink: &mut Sink<'_>) -> Result<Summary, ReadError> {
        let mut saved = Saved {
            pages: self.pages.clone(),
            details: self.details.clone(),
            limits: options.limits,
        };
        inbound::read(Input::Pages(&mut saved), options, sink)
    }
}

struct Fetching<'a> {
    list: String,
    folder: PathBuf,
    fetch: &'a dyn Fetch,
    limits: Limits,
    pages: Vec<PathBuf>,
    /// Whether one of the services asked for was there as a whole, now or in an earlier reading.
    has_details: bool,
    /// How many of this page of the list were not.
    missing: u32,
}

/// Of a page of the list of which none of the first so many services is there as a whole, no more are asked for.
const NONE_OF: u32 = 20;

impl Fetching<'_> {
    fn keep(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, String> {
        let path = self.folder.join(name);
        fs::write(&path, bytes)
            .map_err(|error| format!("a page could not be kept on disk ({})", error.kind()))?;
        Ok(path)
    }
}

impl Pages for Fetching<'_> {
    fn next(&mut self, known: Paging) -> Result<Option<Vec<u8>>, String> {
        let page = known.read + 1;
        self.missing = 0;
        let url = format!("{}?page={page}&per_page=100", self.list);
        let body = self.fetch.get(&url, self.limits.page_bytes)?;
        let Some(bytes) = body else {
            return if known.read == 0 {
                Err("there is no list of services at this address".to_owned())
            } else {
                Ok(None)
            };
        };
        let path = self.keep(&format!("page-{page:06}.json"), &bytes)?;
        self.pages.push(path);
        Ok(Some(bytes))
    }

    fn detail(&mut self, id: &str) -> Result<Detail, String> {
        if !self.has_details && self.missing >= NONE_OF {
            return Ok(Detail::NotKept);
        }
        let url = format!("{}/{}", self.list, in_path(id));
        let body = self.fetch.get(&url, self.limits.row_bytes)?;
        let Some(bytes) = body else {
            self.missing += 1;
            return Ok(Detail::Missing);
        };
        self.has_details = true;
        self.keep(&detail_name(id), &bytes)?;
        Ok(Detail::Whole(bytes))
    }
}

/// An identifier as one segment of an address.
fn in_path(id: &str) -> String {
    use std::fmt::Write as _;
    id.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    struct Feed {
        asked: Mutex<Vec<String>>,
        details: bool,
    }

    impl Fetch for Feed {
        fn get(&self, url: &str, _: u64) -> Result<Option<Vec<u8>>, String> {
            self.asked.lock().unwrap().push(url.to_owned());
            let body = match url.strip_prefix("https://feed.example/api/services") {
                Some("?page=1&per_page=100") => {
                    r#"{"total_pages":2,"contents":[{"id":"a/b","name":"One","url":"one.example"}]}"#
                }
                Some("?page=2&per_page=100") => {
                    r#"{"total_pages":2,"contents":[{"id":"2","name":"Two","url":"two.example"}]}"#
                }
                Some("/a%2Fb") if self.details => r#"{"id":"a/b","name":"One, whole"}"#,
                Some("/2") if self.details => r#"{"id":"2","name":"Two, whole"}"#,
                _ => return Ok(None),
            };
            Ok(Some(body.as_bytes().to_vec()))
        }
    }

    fn names(source: &dyn Source) -> Vec<String> {
        let mut names = Vec::new();
        source
            .read(&Options::new("t"), &mut |row| {
                if let inbound::Outcome::Entry(entry) = row.outcome {
                    names.push(entry.name);
                }
                Ok(())
            })
            .unwrap();
        names
    }

    #[test]
    fn a_feed_is_fetched_to_its_end_once_and_read_from_disk_as_often_as_needed() {
        for (details, expected) in [
            (true, ["One, whole", "Two, whole"]),
            (false, ["One", "Two"]),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let feed = Feed {
                asked: Mutex::default(),
                details,
            };
            let fetched = Fetched::all(
                "https://feed.example/api/",
                folder.path(),
                &feed,
                &Options::new("t"),
                &|_| {},
            )
            .unwrap();
            let asked = feed.asked.lock().unwrap().len();
            assert_eq!(asked, 4, "two pages, two services");
            assert_eq!(names(&fetched), expected);
            assert_eq!(names(&fetched), expected);
            assert_eq!(feed.asked.lock().unwrap().len(), asked);
        }
    }

    /// A list of thirty services, of which each is there as a whole but those asked about.
    struct Thirty(fn(u32) -> bool);

    impl Fetch for Thirty {
        fn get(&self, url: &str, _: u64) -> Result<Option<Vec<u8>>, String> {
            let last = url.rsplit('/').next().unwrap();
            let Ok(id) = last.parse::<u32>() else {
                let rows: Vec<_> = (1..=30)
                    .map(|id| format!(r#"{{"id":"{id}","name":"In part"}}"#))
                    .collect();
                let page = format!(r#"{{"total_pages":1,"contents":[{}]}}"#, rows.join(","));
                return Ok(Some(page.into_bytes()));
            };
            let whole = format!(r#"{{"id":"{id}","name":"Whole"}}"#);
            Ok((!(self.0)(id)).then(|| whole.into_bytes()))
        }
    }

    #[test]
    fn a_service_whose_page_is_missing_does_not_make_the_others_poorer() {
        let all: Vec<u64> = (1..=30).collect();
        for (missing, had_before, expected) in [
            ((|id| id == 1) as fn(u32) -> bool, false, vec![1]),
            (|id| id == 30, false, vec![30]),
            (|id| id < 20, false, (1..20).collect()),
            // A feed that never had such pages: its list is all there is.
            (|_| true, false, vec![]),
            (|_| true, true, all.clone()),
            (|id| id < 30, true, (1..30).collect()),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let mut options = Options::new("t");
            options.has_details = had_before;
            let feed = Thirty(missing);
            let fetched =
                Fetched::all("https://f.example", folder.path(), &feed, &options, &|_| {}).unwrap();
            let mut in_part = Vec::new();
            let mut listed = Vec::new();
            let summary = fetched
                .read(&options, &mut |row| {
                    if row.in_part {
                        in_part.push(row.number);
                    }
                    if row
                        .problems
                        .iter()
                        .any(|one| one.problem == "its own page was not there")
                    {
                        listed.push(row.number);
                    }
                    Ok(())
                })
                .unwrap();
            assert_eq!(in_part, expected);
            assert_eq!(listed, expected);
            let says_none = had_before && expected == all;
            assert_eq!(!summary.problems.is_empty(), says_none);
        }
    }

    #[test]
    fn a_feed_that_stops_halfway_is_not_taken_for_the_whole() {
        struct Broken;
        impl Fetch for Broken {
            fn get(&self, url: &str, _: u64) -> Result<Option<Vec<u8>>, String> {
                if url.contains("?page=2") || url.contains("&page=2") {
                    Err("the server closed the connection".to_owned())
                } else if url.contains("/services?") {
                    Ok(Some(
                        br#"{"total_pages":3,"contents":[{"id":"1","name":"One"}]}"#.to_vec(),
                    ))
                } else {
                    Ok(None)
                }
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let error = Fetched::all(
            "https://x",
            folder.path(),
            &Broken,
            &Options::new("t"),
            &|_| {},
        )
        .unwrap_err();
        assert!(matches!(error, ReadError::Page(_)), "{error}");
    }

    #[test]
    fn a_saved_feed_is_a_folder_of_pages_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for (page, name) in [("1", "One"), ("2", "Two")] {
            let body = format!(r#"{{"contents":[{{"id":"{page}","name":"{name}"}}]}}"#);
            fs::write(folder.path().join(format!("page{page}.json")), body).unwrap();
        }
        assert_eq!(names(&FromPath(folder.path().to_owned())), ["One", "Two"]);
    }
}
