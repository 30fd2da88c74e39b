//! From the row of any dialect to a [`Row`].

use std::collections::HashSet;

use serde_json::{Map, Value};
use throughline_core::code::Code as _;
use throughline_core::directory::confidential::Because;
use throughline_core::directory::{Entry, Status};
use uuid::Uuid;

use super::notes::Notes;
use super::stream::FORMAT_OF_NOTHING;
use super::{
    Format, Options, Outcome, Problem, Quarantined, ReadError, Reason, Row, Sink, Stop, Summary,
    judged, meaning, names, oruk_v3, stable_id, withhold,
};

/// Reads row after row of one feed: counts, finds repeated identifiers, hands over.
pub(crate) struct RowReader<'a, 's> {
    options: &'a Options,
    sink: &'a mut Sink<'s>,
    seen: HashSet<Uuid>,
    format: Option<Format>,
    summary: Summary,
}

impl<'a, 's> RowReader<'a, 's> {
    pub(crate) fn new(options: &'a Options, sink: &'a mut Sink<'s>) -> Self {
        Self {
            options,
            sink,
            seen: HashSet::new(),
            format: None,
            summary: Summary::new(FORMAT_OF_NOTHING),
        }
    }

    /// A reader whose dialect is known.
    pub(crate) fn of_format(options: &'a Options, sink: &'a mut Sink<'s>, format: Format) -> Self {
        Self {
            format: Some(format),
            summary: Summary::new(format),
            ..Self::new(options, sink)
        }
    }

    /// Takes a row of which the rest could not be read: what is held of it already is more than this.
    pub(crate) fn accept_part(
        &mut self,
        value: Value,
        list_key: Option<&str>,
    ) -> Result<(), ReadError> {
        self.take(value, list_key, true)
    }

    /// Takes one row. The first row decides whether this is a directory at all.
    pub(crate) fn accept(&mut self, value: Value, list_key: Option<&str>) -> Result<(), ReadError> {
        self.take(value, list_key, false)
    }

    fn take(
        &mut self,
        mut value: Value,
        list_key: Option<&str>,
        in_part: bool,
    ) -> Result<(), ReadError> {
        let number = self.summary.read + 1;
        if number > self.options.limits.rows {
            return Err(ReadError::TooManyRows(self.options.limits.rows));
        }
        let is_service = names::looks_like_a_service(&value);
        if number == 1 && !is_service {
            return Err(ReadError::NotADirectory("JSON, but not a list of services"));
        }
        self.summary.read = number;
        let format = *self
            .format
            .get_or_insert_with(|| names::format_of(list_key, &value));
        self.summary.format = format;
        let mut notes = Notes::new(number);
        names::canonical(&mut value, format, &mut notes);
        if in_part {
            notes.add(
                "id",
                "its own page was not there",
                "kept as it is held; if it is new, took what the list says",
            );
        }
        let mut row = match value {
            Value::Object(map) if is_service => self.service(number, map, notes),
            other => set_aside(number, None, Reason::NotAService, other, Vec::new()),
        };
        row.in_part = in_part;
        self.count(&row);
        (self.sink)(row).map_err(|Stop| ReadError::Stopped)
    }

    fn service(&mut self, number: u64, map: Map<String, Value>, mut notes: Notes) -> Row {
        let Some(source_id) = identifier(&map, &self.options.feed, &mut notes) else {
            return set_aside(
                number,
                None,
                Reason::NotAService,
                Value::Object(map),
                notes.finish(),
            );
        };
        let stable = stable_id(&self.options.feed, &source_id);
        if !self.seen.insert(stable) {
            let again = oruk_v3::draft(&map, source_id.clone(), &mut Notes::new(number));
            if withhold::is_to_be_withheld(again) {
                self.summary.doubted.insert(stable);
            }
            notes.add(
                "id",
                "an earlier row has the same identifier",
                "set aside for the steward",
            );
            return set_aside(
                number,
                Some(source_id),
                Reason::RepeatedId,
                Value::Object(map),
                notes.finish(),
            );
        }
        let mut draft = oruk_v3::draft(&map, source_id.clone(), &mut notes);
        self.summary.schedules += draft.schedules_read();
        self.summary.terms += u64::try_from(draft.entry.terms.len()).unwrap_or(u64::MAX);
        meaning::add(&mut draft);
        let withheld_before =
            self.options.withholding || self.options.withheld.contains(&source_id);
        // What was withheld since it was cleared is cleared no more, though its old text returns.
        let cleared = |because: Because| {
            self.options.clearing
                || (!withheld_before
                    && self.options.cleared.contains(&judged(&map, because.code())))
        };
        let stays_withheld = withheld_before || self.options.doubted.contains(&stable);
        let (mut entry, because) = withhold::settle(draft, cleared, stays_withheld, &mut notes);
        if entry.name.is_empty() {
            if !is_placeholder(&entry) {
                notes.add("name", "no name", "set aside for the steward");
                let (raw, problems) = (Value::Object(map), notes.finish());
                return set_aside(number, Some(source_id), Reason::NoName, raw, problems);
            }
            notes.add(
                "name",
                "no name, and nothing else is said",
                "kept as not running, so that nobody is sent there; shown to the steward",
            );
            NAMELESS.clone_into(&mut entry.name);
            entry.status = Status::Inactive;
            let raw = Value::Object(map);
            let shown = Quarantined {
                row: number,
                source_id: Some(source_id),
                reason: Reason::NoName,
                raw: raw.clone(),
            };
            return Row {
                number,
                outcome: Outcome::Entry(Box::new(entry)),
                problems: notes.finish(),
                withheld: Some(shown),
                in_part: false,
                raw,
            };
        }
        if !is_reachable(&entry) {
            notes.add(
                "contacts",
                "no way to reach it",
                "kept; ask the publisher of the list",
            );
        }
        let raw = Value::Object(map);
        let withheld = because.map(|because| Quarantined {
            row: number,
            source_id: Some(source_id),
            reason: Reason::AddressWithheld(because),
            raw: raw.clone(),
        });
        Row {
            number,
            outcome: Outcome::Entry(Box::new(entry)),
            problems: notes.finish(),
            withheld,
            in_part: false,
            raw,
        }
    }

    fn count(&mut self, row: &Row) {
        match row.outcome {
            Outcome::Entry(_) => {
                self.summary.entries += 1;
                self.summary.repaired += u64::from(!row.problems.is_empty());
                let withheld = row.withheld.as_ref().is_some_and(Quarantined::withholds);
                self.summary.withheld += u64::from(withheld);
            }
            Outcome::Quarantined(_) => self.summary.quarantined += 1,
        }
    }

    /// Notes a problem of the feed as a whole.
    pub(crate) fn note(&mut self, problem: Problem) {
        self.summary.problems.push(problem);
    }

    pub(crate) fn finish(self) -> Summary {
        self.summary
    }
}

fn set_aside(
    number: u64,
    source_id: Option<String>,
    reason: Reason,
    raw: Value,
    problems: Vec<Problem>,
) -> Row {
    let quarantined = Quarantined {
        row: number,
        source_id,
        reason,
        raw: raw.clone(),
    };
    Row {
        number,
        outcome: Outcome::Quarantined(quarantined),
        problems,
        withheld: None,
        in_part: false,
        raw,
    }
}

/// The identifier of a row as text; made from its name and organisation where it has none, so that it is the same next time.
fn identifier(map: &Map<String, Value>, feed: &str, notes: &mut Notes) -> Option<String> {
    let given = match map.get("id") {
        Some(Value::String(id)) => {
            Some(id.trim().to_owned()).filter(|id| !id.is_empty() && id.len() <= 200)
        }
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    if given.is_some() {
        return given;
    }
    let text = |value: Option<&Value>| {
        value
            .and_then(Value::as_str)
            .unwrap_or_default()
            .trim()
            .to_lowercase()
    };
    let name = text(map.get("name"));
    if name.is_empty() {
        return None;
    }
    let organisation = text(
        map.get("organization")
            .and_then(|organisation| organisation.get("name")),
    );
    notes.add(
        "id",
        "no identifier",
        "made one from its name and its organisation's",
    );
    Some(stable_id(feed, &format!("{name}\u{1f}{organisation}")).to_string())
}

/// What stands where a name would, in a placeholder.
const NAMELESS: &str = "Name not known";

/// Whether a row without a name says nothing else either: an identifier that its publisher holds free. There is nothing in it to
/// decide about (docs/decisions/0012).
fn is_placeholder(entry: &Entry) -> bool {
    !is_reachable(entry)
        && entry.description.is_none()
        && entry.organisation.is_none()
        && !entry.is_confidential()
}

/// Whether there is any way to reach the service or its organisation.
fn is_reachable(entry: &Entry) -> bool {
    let organisation = entry
        .organisation
        .as_ref()
        .is_some_and(|body| body.website.is_some() || body.email.is_some());
    let contact = entry
        .contacts
        .iter()
        .any(|contact| contact.email.is_some() || !contact.phones.is_empty());
    entry.url.is_some()
        || entry.email.is_some()
        || !entry.phones.is_empty()
        || contact
        || organisation
        || !entry.locations().is_empty()
}
