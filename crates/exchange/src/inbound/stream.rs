//! JSON read one service at a time, within bounds.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{Cursor, Read};

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::row::RowReader;
use super::{Detail, Format, Limits, Options, Pages, Paging, ReadError, Sink, Source, Summary};

/// Keys under which the dialects keep their list of services.
const LISTS: [&str; 6] = [
    "contents", "content", "services", "data", "items", "results",
];

const NOT_SERVICES: &str = "JSON, but not a list of services";

/// Reads one file: a list, an envelope with a list, one service, or one of these a line.
pub(crate) fn read_file(
    source: Box<dyn Source + '_>,
    options: &Options,
    sink: &mut Sink<'_>,
) -> Result<Summary, ReadError> {
    let mut rows = RowReader::new(options, sink);
    let meter = Meter::new(&options.limits);
    let paging = read_values(source, &meter, &mut |value, key| rows.accept(value, key))?;
    let mut summary = rows.finish();
    if let Some(total) = paging.total_items
        && summary.read < total
    {
        summary.problems.push(super::Problem {
            row: 0,
            field: "total_items".to_owned(),
            problem: format!(
                "the feed speaks of {total} services and this file has {}",
                summary.read
            )
            .into(),
            did: "read what is here; the rest is on its other pages".into(),
        });
    }
    summary.paging = paging;
    Ok(summary)
}

/// Reads a feed page by page, with the whole of each service where the list only has a part.
pub(crate) fn read_pages(
    pages: &mut dyn Pages,
    options: &Options,
    sink: &mut Sink<'_>,
) -> Result<Summary, ReadError> {
    let mut rows = RowReader::new(options, sink);
    let mut known = Paging::default();
    let (mut total, mut whole_ones) = (0_u64, 0_u64);
    loop {
        let complete = known.last || known.total_pages.is_some_and(|pages| known.read >= pages);
        if known.read > 0 && complete {
            break;
        }
        let Some(page) = pages.next(known).map_err(ReadError::Page)? else {
            break;
        };
        total = within(total, &page, &options.limits)?;
        let mut list = Vec::new();
        let meter = Meter::new(&options.limits);
        let said = read_values(Cursor::new(page), &meter, &mut |value, key| {
            list.push((value, key.map(str::to_owned)));
            Ok(())
        })?;
        known = Paging {
            read: known.read + 1,
            total_pages: said.total_pages.or(known.total_pages),
            total_items: said.total_items.or(known.total_items),
            last: said.last || list.is_empty(),
        };
        for (value, key) in list {
            let id = id_of(&value);
            let whole = match &id {
                Some(id) => pages.detail(id).map_err(ReadError::Page)?,
                None => Detail::NotKept,
            };
            match whole {
                Detail::Whole(bytes) => {
                    total = within(total, &bytes, &options.limits)?;
                    let whole = one_value(bytes, &options.limits)?;
                    // Some servers answer an empty object, or another service, for a page that they do not have.
                    if id_of(&whole) == id {
                        whole_ones += 1;
                        rows.accept(merged(value, whole), key.as_deref())?;
                    } else {
                        rows.accept_part(value, key.as_deref())?;
                    }
                }
                Detail::Missing => rows.accept_part(value, key.as_deref())?,
                Detail::NotKept if options.has_details && id.is_some() => {
                    rows.accept_part(value, key.as_deref())?;
                }
                Detail::NotKept => rows.accept(value, key.as_deref())?,
            }
        }
    }
    if let Some(promised) = known.total_pages.filter(|promised| known.read < *promised) {
        return Err(ReadError::MissingPages {
            promised,
            given: known.read,
        });
    }
    let mut summary = rows.finish();
    if let Some(promised) = known
        .total_items
        .filter(|promised| summary.read < *promised)
    {
        return Err(ReadError::MissingRows {
            promised,
            given: summary.read,
        });
    }
    summary.whole = whole_ones;
    if options.has_details && whole_ones == 0 && summary.read > 0 {
        summary.problems.push(super::Problem {
            row: 0,
            field: "id".to_owned(),
            problem: "none of its services has a page of its own now, and they had before".into(),
            did: "kept each as it is held; ask the publisher of the list".into(),
        });
    }
    summary.paging = known;
    Ok(summary)
}

fn within(total: u64, bytes: &[u8], limits: &Limits) -> Result<u64, ReadError> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > limits.page_bytes {
        return Err(ReadError::TooLarge(limits.page_bytes));
    }
    Some(total.saturating_add(size))
        .filter(|total| *total <= limits.total_bytes)
        .ok_or(ReadError::TooLarge(limits.total_bytes))
}

/// The identifier of a service, as its list and its page spell it.
fn id_of(value: &Value) -> Option<String> {
    let id = value.get("id")?;
    let text = id.as_str().map(str::to_owned);
    text.or_else(|| id.as_u64().map(|id| id.to_string()))
}

/// The row of the list with everything that the whole service adds or says otherwise.
fn merged(row: Value, whole: Value) -> Value {
    match (row, whole) {
        (Value::Object(mut row), Value::Object(whole)) => {
            row.extend(whole);
            Value::Object(row)
        }
        (row, _) => row,
    }
}

fn one_value(bytes: Vec<u8>, limits: &Limits) -> Result<Value, ReadError> {
    let meter = Meter::new(limits);
    let mut found = Value::Null;
    read_values(Cursor::new(bytes), &meter, &mut |value, _| {
        found = value;
        Ok(())
    })?;
    Ok(found)
}

/// What is done with each service: the object and the key of the list it stood in.
type Each<'a> = dyn FnMut(Value, Option<&str>) -> Result<(), ReadError> + 'a;

/// Reads JSON text, giving each service to `each`.
fn read_values(source: impl Read, meter: &Meter, each: &mut Each<'_>) -> Result<Paging, ReadError> {
    let mut json = serde_json::Deserializer::from_reader(Metered::new(source, meter));
    let mut first = true;
    let mut paging = Paging::default();
    loop {
        let said = Top { meter, each }
            .deserialize(&mut json)
            .map_err(|error| meter.why(&error))?;
        if first {
            paging = said;
        }
        first = false;
        match json.end() {
            Ok(()) => return Ok(paging),
            Err(error)
                if error.is_syntax()
                    && meter.fault.borrow().is_none()
                    && meter.lines_of_objects.get() => {}
            Err(error) => return Err(meter.why(&error)),
        }
    }
}

/// Counts bytes against the limits and remembers why reading stopped.
struct Meter {
    limits: Limits,
    row: Cell<u64>,
    row_left: Cell<u64>,
    total_left: Cell<u64>,
    fault: RefCell<Option<ReadError>>,
    /// Whether the last value was one service by itself, as in a file of one object a line.
    lines_of_objects: Cell<bool>,
}

impl Meter {
    fn new(limits: &Limits) -> Self {
        Self {
            limits: *limits,
            row: Cell::new(1),
            row_left: Cell::new(limits.row_bytes),
            total_left: Cell::new(limits.total_bytes),
            fault: RefCell::new(None),
            lines_of_objects: Cell::new(false),
        }
    }

    /// The next row begins.
    fn next_row(&self) {
        self.row.set(self.row.get() + 1);
        self.row_left.set(self.limits.row_bytes);
    }

    fn fail(&self, error: ReadError) -> std::io::Error {
        self.fault.borrow_mut().get_or_insert(error);
        std::io::Error::other("stopped")
    }

    fn why(&self, error: &serde_json::Error) -> ReadError {
        if let Some(fault) = self.fault.borrow_mut().take() {
            return fault;
        }
        match error.classify() {
            serde_json::error::Category::Eof => ReadError::Truncated,
            serde_json::error::Category::Io => {
                ReadError::Reading(error.io_error_kind().unwrap_or(std::io::ErrorKind::Other))
            }
            serde_json::error::Category::Data => ReadError::NotADirectory(NOT_SERVICES),
            serde_json::error::Category::Syntax
                if error.to_string().contains("recursion limit") =>
            {
                ReadError::TooDeep
            }
            serde_json::error::Category::Syntax => ReadError::NotJson {
                line: error.line(),
                column: error.column(),
            },
        }
    }
}

/// A reader that keeps to the limits, checks that the bytes are UTF-8 and skips a byte order mark.
struct Metered<'m, R> {
    inner: R,
    meter: &'m Meter,
    chunk: Vec<u8>,
    at: usize,
    /// A letter cut by the end of a chunk.
    cut: Vec<u8>,
    started: bool,
}

impl<'m, R: Read> Metered<'m, R> {
    fn new(inner: R, meter: &'m Meter) -> Self {
        Self {
            inner,
            meter,
            chunk: Vec::new(),
            at: 0,
            cut: Vec::new(),
            started: false,
        }
    }

    fn fill(&mut self) -> std::io::Result<()> {
        let mut next = vec![0_u8; 64 << 10];
        let read = self.inner.read(&mut next)?;
        next.truncate(read);
        let left = self.meter.total_left.get();
        let used = u64::try_from(read).unwrap_or(u64::MAX);
        if used > left {
            return Err(self
                .meter
                .fail(ReadError::TooLarge(self.meter.limits.total_bytes)));
        }
        self.meter.total_left.set(left - used);
        let mut bytes = std::mem::take(&mut self.cut);
        if read == 0 && !bytes.is_empty() {
            return Err(self.meter.fail(ReadError::Truncated));
        }
        bytes.append(&mut next);
        if !self.started && bytes.len() >= 3 {
            self.started = true;
            if bytes.starts_with(b"\xef\xbb\xbf") {
                bytes.drain(..3);
            }
        }
        if let Err(error) = std::str::from_utf8(&bytes) {
            if error.error_len().is_some() {
                return Err(self.meter.fail(ReadError::NotUtf8("The file".to_owned())));
            }
            self.cut = bytes.split_off(error.valid_up_to());
        }
        self.chunk = bytes;
        self.at = 0;
        Ok(())
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        while self.at >= self.chunk.len() {
            let before = self.cut.len();
            self.fill()?;
            if self.chunk.is_empty() && self.cut.len() == before {
                return Ok(0);
            }
        }
        let rest = self.chunk.get(self.at..).unwrap_or_default();
        let given = rest.len().min(out.len());
        for (to, from) in out.iter_mut().zip(rest) {
            *to = *from;
        }
        self.at += given;
        let used = u64::try_from(given).unwrap_or(u64::MAX);
        let left = self.meter.row_left.get();
        if used > left {
            let limits = self.meter.limits;
            return Err(self.meter.fail(ReadError::RowTooLarge {
                row: self.meter.row.get(),
                limit: limits.row_bytes,
            }));
        }
        self.meter.row_left.set(left - used);
        Ok(given)
    }
}

/// A whole JSON text: a list of services, an envelope with one, or one service.
struct Top<'a, 'e> {
    meter: &'a Meter,
    each: &'a mut Each<'e>,
}

impl<'de> DeserializeSeed<'de> for Top<'_, '_> {
    type Value = Paging;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Paging, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = Paging;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of services")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Paging, A::Error> {
        self.meter.lines_of_objects.set(false);
        rows(seq, self.meter, None, self.each)?;
        Ok(Paging::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Paging, A::Error> {
        let mut rest = Map::new();
        let mut listed = false;
        while let Some(key) = map.next_key::<String>()? {
            let list = LISTS.iter().find(|list| **list == key).filter(|_| !listed);
            if let Some(list) = list {
                match map.next_value_seed(Listed {
                    meter: self.meter,
                    key: list,
                    each: &mut *self.each,
                })? {
                    None => listed = true,
                    Some(value) => {
                        rest.insert(key, value);
                    }
                }
            } else {
                rest.insert(key, map.next_value()?);
            }
        }
        self.meter.lines_of_objects.set(!listed);
        if listed {
            return Ok(paging_of(&rest));
        }
        give(self.meter, self.each, Value::Object(rest), None)?;
        Ok(Paging::default())
    }
}

/// The list of an envelope, given row by row; or whatever else stands there.
struct Listed<'a, 'e> {
    meter: &'a Meter,
    key: &'static str,
    each: &'a mut Each<'e>,
}

impl<'de> DeserializeSeed<'de> for Listed<'_, '_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Value>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Listed<'_, '_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of services")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        rows(seq, self.meter, Some(self.key), self.each)?;
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        serde::Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Some(Value::Null))
    }
}

fn rows<'de, A: SeqAccess<'de>>(
    mut seq: A,
    meter: &Meter,
    key: Option<&str>,
    each: &mut Each<'_>,
) -> Result<(), A::Error> {
    while let Some(value) = seq.next_element::<Value>()? {
        give(meter, each, value, key)?;
    }
    Ok(())
}

fn give<E: serde::de::Error>(
    meter: &Meter,
    each: &mut Each<'_>,
    value: Value,
    key: Option<&str>,
) -> Result<(), E> {
    meter.next_row();
    each(value, key).map_err(|error| E::custom(meter.fail(error)))
}

/// What an envelope says about its pages, in the words of versions 1 and 3.
fn paging_of(envelope: &Map<String, Value>) -> Paging {
    let number = |names: [&str; 2]| {
        names
            .iter()
            .find_map(|name| envelope.get(*name))
            .and_then(Value::as_u64)
    };
    let flag = |name: &str| envelope.get(name).and_then(Value::as_bool).unwrap_or(false);
    Paging {
        read: 1,
        total_pages: number(["total_pages", "totalPages"]),
        total_items: number(["total_items", "totalElements"]),
        last: flag("last_page") || flag("last") || flag("empty"),
    }
}

/// The dialect when nothing was read.
pub(crate) const FORMAT_OF_NOTHING: Format = Format::OrukV3;
