//! HSDS packages: tables in a folder or a zip, as versions 1.1 and 3 define them.
//!
//! Each row of `services.csv` is joined with the rows of the other tables that name it (or its location, organisation or contact) and
//! read as an Open Referral UK 3 service. Tables stay as the bytes they were, with an index of where each row begins. Rows that
//! nothing claims are counted and reported.

use std::collections::HashMap;

use csv::{ByteRecord, ReaderBuilder};
use serde_json::{Map, Value, json};

use super::archive::Files;
use super::row::RowReader;
use super::{Format, Options, Problem, ReadError, Sink, Summary};

/// Columns that name the owner of a row, the nearest first.
const OWNERS: [&str; 6] = [
    "service_id",
    "service_at_location_id",
    "location_id",
    "contact_id",
    "organization_id",
    "link_id",
];

/// Tables by the names files go by.
const TABLES: [(&str, &[&str]); 18] = [
    ("services", &["services", "service"]),
    (
        "organizations",
        &["organizations", "organization", "organisations"],
    ),
    ("locations", &["locations", "location"]),
    (
        "service_at_locations",
        &[
            "service_at_locations",
            "services_at_location",
            "service_at_location",
        ],
    ),
    (
        "addresses",
        &[
            "addresses",
            "address",
            "physical_addresses",
            "physical_address",
        ],
    ),
    ("postal_addresses", &["postal_addresses", "postal_address"]),
    ("phones", &["phones", "phone"]),
    ("contacts", &["contacts", "contact"]),
    (
        "schedules",
        &[
            "schedules",
            "schedule",
            "regular_schedules",
            "regular_schedule",
        ],
    ),
    ("holidays", &["holiday_schedules", "holiday_schedule"]),
    ("languages", &["languages", "language"]),
    ("eligibilities", &["eligibility", "eligibilities"]),
    ("service_areas", &["service_areas", "service_area"]),
    ("funding", &["funding", "fundings"]),
    ("cost_options", &["cost_options", "cost_option"]),
    (
        "accessibility",
        &["accessibility", "accessibility_for_disabilities"],
    ),
    (
        "required_documents",
        &["required_documents", "required_document"],
    ),
    (
        "attributes",
        &[
            "attributes",
            "attribute",
            "services_taxonomy",
            "service_taxonomies",
            "service_taxonomy",
        ],
    ),
];

/// Tables of the classification, found by identifier.
const TERMS: [(&str, &[&str]); 2] = [
    ("terms", &["taxonomy_terms", "taxonomy_term", "taxonomy"]),
    ("taxonomies", &["taxonomies"]),
];

/// Reads the tables of a package.
pub(crate) fn read_tables(
    files: Files,
    options: &Options,
    sink: &mut Sink<'_>,
) -> Result<Summary, ReadError> {
    let mut package = Package::open(files)?;
    let mut rows = RowReader::of_format(options, sink, Format::HsdsTabular);
    for index in 0..package.services.rows.len() {
        let service = package.services.row(index).unwrap_or_default();
        rows.accept(Value::Object(package.whole(service)), None)?;
    }
    for problem in package.unclaimed() {
        rows.note(problem);
    }
    Ok(rows.finish())
}

/// One table: its bytes, its columns, where each row is, and which rows belong to whom.
struct Table {
    file: String,
    bytes: Vec<u8>,
    columns: Vec<String>,
    rows: Vec<(usize, usize)>,
    owners: HashMap<(&'static str, String), Vec<usize>>,
    by_id: HashMap<String, usize>,
    claimed: Vec<bool>,
}

impl Table {
    fn open(file: String, bytes: Vec<u8>) -> Result<Self, ReadError> {
        let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
            Some(rest) => rest.to_vec(),
            None => bytes,
        };
        if std::str::from_utf8(&bytes).is_err() {
            return Err(ReadError::NotUtf8(file));
        }
        let mut reader = ReaderBuilder::new()
            .flexible(true)
            .from_reader(bytes.as_slice());
        let broken = |error: &csv::Error, file: &str| ReadError::BrokenTable {
            file: file.to_owned(),
            line: error.position().map_or(1, csv::Position::line),
        };
        let columns: Vec<String> = reader
            .headers()
            .map_err(|error| broken(&error, &file))?
            .iter()
            .map(|name| name.trim().to_lowercase())
            .collect();
        let mut table = Self {
            file,
            bytes: Vec::new(),
            columns,
            rows: Vec::new(),
            owners: HashMap::new(),
            by_id: HashMap::new(),
            claimed: Vec::new(),
        };
        let mut record = ByteRecord::new();
        loop {
            let start = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
            if !reader
                .read_byte_record(&mut record)
                .map_err(|error| broken(&error, &table.file))?
            {
                break;
            }
            let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
            let index = table.rows.len();
            table.rows.push((start, end));
            table.index(index, &record);
        }
        table.claimed = vec![false; table.rows.len()];
        table.bytes = bytes;
        Ok(table)
    }

    fn index(&mut self, index: usize, record: &ByteRecord) {
        let value = |name: &str| {
            let at = self.columns.iter().position(|column| column == name)?;
            let text = std::str::from_utf8(record.get(at)?).ok()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let owner = OWNERS
            .iter()
            .find_map(|owner| value(owner).map(|id| (*owner, id)));
        let id = value("id");
        if let Some(key) = owner {
            self.owners.entry(key).or_default().push(index);
        }
        if let Some(id) = id {
            self.by_id.entry(id).or_insert(index);
        }
    }

    fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }

    /// One row as an object. An empty cell is how a table says nothing, so it is no field and no problem.
    fn row(&self, index: usize) -> Option<Map<String, Value>> {
        let (start, end) = *self.rows.get(index)?;
        let line = std::str::from_utf8(self.bytes.get(start..end)?).ok()?;
        Some(
            self.columns
                .iter()
                .cloned()
                .zip(cells(line))
                .filter(|(_, cell)| !cell.trim().is_empty())
                .map(|(name, cell)| (name, Value::String(cell)))
                .collect(),
        )
    }

    /// The rows of an owner, claimed from now on.
    fn of(&mut self, owner: &'static str, id: &str) -> Vec<Value> {
        let indexes = self
            .owners
            .get(&(owner, id.to_owned()))
            .cloned()
            .unwrap_or_default();
        indexes
            .into_iter()
            .filter_map(|index| {
                let row = self.row(index)?;
                if let Some(claimed) = self.claimed.get_mut(index) {
                    *claimed = true;
                }
                Some(Value::Object(row))
            })
            .collect()
    }

    fn find(&self, id: &str) -> Option<Map<String, Value>> {
        self.row(*self.by_id.get(id)?)
    }
}

/// The cells of one row whose bounds are known: a reader for each row would cost more than the row.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim_start_matches(['\r', '\n']);
    let mut cells = vec![String::new()];
    let mut letters = row.chars().peekable();
    let mut quoted = false;
    let mut fresh = true;
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                push(&mut cells, '"');
            }
            '"' if quoted => quoted = false,
            '"' if fresh => quoted = true,
            ',' if !quoted => {
                cells.push(String::new());
                fresh = true;
                continue;
            }
            '\r' | '\n' if !quoted => break,
            other => push(&mut cells, other),
        }
        fresh = false;
    }
    cells
}

fn push(cells: &mut [String], letter: char) {
    if let Some(last) = cells.last_mut() {
        last.push(letter);
    }
}

/// All tables of a package.
struct Package {
    services: Table,
    tables: HashMap<&'static str, Table>,
}

impl Package {
    fn open(mut files: Files) -> Result<Self, ReadError> {
        let mut take = |names: &[&str]| {
            names.iter().find_map(|name| {
                let file = format!("{name}.csv");
                files.remove(&file).map(|bytes| (file, bytes))
            })
        };
        let mut tables = HashMap::new();
        for (table, names) in TABLES.iter().chain(&TERMS) {
            if let Some((file, bytes)) = take(names) {
                tables.insert(*table, Table::open(file, bytes)?);
            }
        }
        let services = tables.remove("services").ok_or(ReadError::NoServices)?;
        for column in ["id", "name"] {
            if !services.has(column) {
                return Err(ReadError::NotATable {
                    file: services.file,
                    column,
                });
            }
        }
        if !["organization_id", "description", "url", "email", "status"]
            .iter()
            .any(|column| services.has(column))
        {
            return Err(ReadError::NotATable {
                file: services.file,
                column: "organization_id",
            });
        }
        Ok(Self { services, tables })
    }

    fn of(&mut self, table: &str, owner: &'static str, id: &str) -> Vec<Value> {
        self.tables
            .get_mut(table)
            .map(|table| table.of(owner, id))
            .unwrap_or_default()
    }

    fn find(&self, table: &str, id: &str) -> Option<Map<String, Value>> {
        self.tables.get(table).and_then(|table| table.find(id))
    }

    /// A service with everything that belongs to it, in the shape of version 3.
    fn whole(&mut self, mut service: Map<String, Value>) -> Map<String, Value> {
        let text = |map: &Map<String, Value>, key: &str| {
            map.get(key)
                .and_then(Value::as_str)
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let organisation = text(&service, "organization_id");
        let Some(id) = text(&service, "id") else {
            return service;
        };
        if let Some(body) = organisation
            .as_deref()
            .and_then(|id| self.find("organizations", id))
        {
            service.insert("organization".to_owned(), Value::Object(body));
        }
        for table in [
            "schedules",
            "holidays",
            "languages",
            "eligibilities",
            "service_areas",
            "funding",
            "cost_options",
            "required_documents",
            "phones",
            "contacts",
        ] {
            let rows = self.of(table, "service_id", &id);
            append(&mut service, table, rows);
        }
        if let Some(body) = &organisation {
            for table in ["phones", "contacts"] {
                let rows = self.of(table, "organization_id", body);
                append(&mut service, table, rows);
            }
        }
        let mut contacts = service
            .remove("contacts")
            .and_then(|list| list.as_array().cloned())
            .unwrap_or_default();
        for contact in contacts.iter_mut().filter_map(Value::as_object_mut) {
            let phones = text(contact, "id")
                .map(|id| self.of("phones", "contact_id", &id))
                .unwrap_or_default();
            append(contact, "phones", phones);
        }
        append(&mut service, "contacts", contacts);
        let mut attributes = self.of("attributes", "service_id", &id);
        attributes.extend(self.of("attributes", "link_id", &id));
        for attribute in attributes.iter_mut().filter_map(Value::as_object_mut) {
            self.classify(attribute);
        }
        append(&mut service, "attributes", attributes);
        let mut places = self.of("service_at_locations", "service_id", &id);
        for place in places.iter_mut().filter_map(Value::as_object_mut) {
            self.furnish(place);
        }
        append(&mut service, "service_at_locations", places);
        service
    }

    /// Gives an attribute its term's name and vocabulary.
    fn classify(&self, attribute: &mut Map<String, Value>) {
        let id = ["taxonomy_term_id", "taxonomy_id"]
            .iter()
            .find_map(|key| attribute.get(*key))
            .and_then(Value::as_str)
            .map(str::to_owned);
        let Some(id) = id else {
            return;
        };
        let mut term = self
            .find("terms", &id)
            .unwrap_or_else(|| Map::from_iter([("id".to_owned(), json!(id))]));
        let taxonomy = term
            .get("taxonomy_id")
            .and_then(Value::as_str)
            .and_then(|id| self.find("taxonomies", id));
        if let Some(taxonomy) = taxonomy {
            term.insert("taxonomy_detail".to_owned(), Value::Object(taxonomy));
        }
        attribute.insert("taxonomy_term".to_owned(), Value::Object(term));
    }

    /// Gives a service at a location what belongs to it and to the location.
    fn furnish(&mut self, place: &mut Map<String, Value>) {
        let at = place
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        for table in ["schedules", "holidays", "phones", "contacts"] {
            let rows = self.of(table, "service_at_location_id", &at);
            append(place, table, rows);
        }
        let Some(id) = place
            .get("location_id")
            .and_then(Value::as_str)
            .map(str::to_owned)
        else {
            return;
        };
        let mut location = self.find("locations", &id).unwrap_or_default();
        for table in [
            "addresses",
            "accessibility",
            "schedules",
            "holidays",
            "phones",
            "contacts",
        ] {
            let rows = self.of(table, "location_id", &id);
            append(&mut location, table, rows);
        }
        let mut postal = self.of("postal_addresses", "location_id", &id);
        for address in postal.iter_mut().filter_map(Value::as_object_mut) {
            address.insert("address_type".to_owned(), json!("postal"));
        }
        append(&mut location, "addresses", postal);
        place.insert("location".to_owned(), Value::Object(location));
    }

    /// Rows that nothing claimed, one problem for each table.
    fn unclaimed(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self
            .tables
            .iter()
            .filter(|(name, _)| !["organizations", "locations", "terms", "taxonomies"].contains(*name))
            .filter_map(|(_, table)| {
                let left: Vec<u64> = (1..).zip(&table.claimed).filter(|(_, claimed)| !**claimed).map(|(row, _)| row).collect();
                let (first, last) = (left.first()?, left.last()?);
                Some(Problem {
                    row: 0,
                    field: table.file.clone(),
                    problem: format!("{} rows (between rows {first} and {last} of the table) belong to no service of the package", left.len()).into(),
                    did: "not used".into(),
                })
            })
            .collect();
        problems.sort_by(|a, b| a.field.cmp(&b.field));
        problems
    }
}

/// Adds rows to a list of an object.
fn append(map: &mut Map<String, Value>, key: &str, rows: Vec<Value>) {
    if rows.is_empty() {
        return;
    }
    if let Value::Array(list) = map.entry(key).or_insert_with(|| json!([])) {
        list.extend(rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cells_are_those_of_the_csv_reader(text in "[ab,\"\n\r é]{0,40}") {
            let mut reader = ReaderBuilder::new().flexible(true).has_headers(false).from_reader(text.as_bytes());
            let mut record = ByteRecord::new();
            loop {
                let start = usize::try_from(reader.position().byte()).unwrap();
                if !reader.read_byte_record(&mut record).unwrap() {
                    break;
                }
                let end = usize::try_from(reader.position().byte()).unwrap();
                let expected: Vec<String> = record.iter().map(|cell| String::from_utf8(cell.to_vec()).unwrap()).collect();
                prop_assert_eq!(cells(&text[start..end]), expected);
            }
        }
    }
}
