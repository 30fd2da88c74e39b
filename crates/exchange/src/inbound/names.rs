//! The names by which one thing goes in the dialects, and the ways in which feeds misspell them.

use serde_json::{Map, Value};

use super::notes::Notes;
use super::{oruk_v1, sniff::Format};

/// Misspellings seen or likely in real feeds. Each is a repair and is reported.
const MISSPELT: &[(&str, &str)] = &[
    ("organisation", "organization"),
    ("organisations", "organizations"),
    ("organisation_id", "organization_id"),
    ("discription", "description"),
    ("desciption", "description"),
    ("adress_1", "address_1"),
    ("adresses", "addresses"),
    ("postcode", "postal_code"),
    ("post_code", "postal_code"),
    ("lattitude", "latitude"),
    ("lat", "latitude"),
    ("lng", "longitude"),
    ("lon", "longitude"),
    ("minumum_age", "minimum_age"),
    ("minimumAge", "minimum_age"),
    ("maximumAge", "maximum_age"),
    ("lastModified", "last_modified"),
    ("assuredDate", "assured_date"),
    ("service_at_location", "service_at_locations"),
    ("services_at_location", "service_at_locations"),
    ("serviceAtLocations", "service_at_locations"),
    ("serviceAreas", "service_areas"),
    ("service_area_s", "service_areas"),
    ("e_mail", "email"),
    ("emailAddress", "email"),
    ("telephone", "phone"),
];

/// Names that Outpost uses.
const OUTPOST: &[(&str, &str)] = &[
    ("organisation", "organization"),
    ("min_age", "minimum_age"),
    ("max_age", "maximum_age"),
    ("updated_at", "last_modified"),
    ("taxonomies", "attributes"),
    ("regular_schedules", "schedules"),
    ("accessibilities", "accessibility"),
];

/// Gives every field the name that Open Referral UK 3 uses, here and below. A name already taken is not overwritten.
pub(crate) fn canonical(value: &mut Value, format: Format, notes: &mut Notes) {
    match value {
        Value::Object(map) => {
            rename(map, format, notes);
            for below in map.values_mut() {
                canonical(below, format, notes);
            }
        }
        Value::Array(list) => {
            for below in list {
                canonical(below, format, notes);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn rename(map: &mut Map<String, Value>, format: Format, notes: &mut Notes) {
    let dialect = match format {
        Format::Outpost => OUTPOST,
        Format::OrukV1 | Format::OrukV3 | Format::HsdsTabular => &[],
    };
    let known = dialect
        .iter()
        .chain(oruk_v1::NAMES)
        .map(|pair| (pair, false));
    for ((from, to), misspelt) in known.chain(MISSPELT.iter().map(|pair| (pair, true))) {
        if map.contains_key(*from) && !map.contains_key(*to) {
            if let Some(value) = map.remove(*from) {
                map.insert((*to).to_owned(), value);
            }
            if misspelt {
                notes.add(
                    *from,
                    "a field name that the standard does not have",
                    format!("read as {to}"),
                );
            }
        }
    }
}

/// The dialect of a list, from the names its envelope and its first row use.
pub(crate) fn format_of(list_key: Option<&str>, row: &Value) -> Format {
    let has = |name: &str| row.get(name).is_some();
    if has("organisation") && (has("min_age") || has("taxonomies") || has("target_directories")) {
        return Format::Outpost;
    }
    match list_key {
        Some("contents") => Format::OrukV3,
        Some("content") => Format::OrukV1,
        _ if [
            "last_modified",
            "service_at_locations",
            "attributes",
            "organization_id",
            "schedules",
        ]
        .iter()
        .any(|name| has(name))
            && !has("regular_schedules") =>
        {
            Format::OrukV3
        }
        _ => Format::OrukV1,
    }
}

/// Whether an object has the fields that make it a service.
pub(crate) fn looks_like_a_service(row: &Value) -> bool {
    let Value::Object(map) = row else {
        return false;
    };
    let names = [
        "id",
        "name",
        "description",
        "url",
        "email",
        "status",
        "organization",
        "organisation",
        "organization_id",
        "service_areas",
    ];
    let has = names.iter().filter(|name| map.contains_key(**name)).count();
    (map.contains_key("name") || map.contains_key("id")) && has >= 2
}
