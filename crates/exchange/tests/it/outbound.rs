//! What we publish passes the official schemas, says nothing of confidential places, and reads back.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot read its sample has failed; a skipped one says so"
)]

use std::path::Path;

use crate::common::{bytes, collect, folder, sample, sample_bytes};
use jsonschema::{Retrieve, Uri, Validator};
use serde_json::{Value, json};
use throughline_core::directory::Entry;
use throughline_exchange::inbound::{Input, Options, stable_id};
use throughline_exchange::outbound::{
    ApiDetails, Published, envelope, organization, service_at_locations, service_full,
    service_minimal, service_row, taxonomies, taxonomy_terms,
};

const SITE: &str = "https://openreferraluk.org/specifications/3.0/";

fn stored(path: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("schemas/oruk-site-2026-03/3.0")
        .join(path);
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// The official schemas, from their stored copies.
struct Stored;

impl Retrieve for Stored {
    fn retrieve(
        &self,
        uri: &Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let path = uri
            .as_str()
            .strip_prefix(SITE)
            .ok_or("not a schema of the standard")?;
        Ok(stored(path))
    }
}

fn official(name: &str) -> Validator {
    jsonschema::options()
        .with_retriever(Stored)
        .should_validate_formats(true)
        .build(&stored(&format!("schema/{name}.json")))
        .unwrap()
}

#[track_caller]
fn passes(validator: &Validator, value: &Value) {
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
    assert_eq!(empties(value), 0, "{value:#}");
}

fn empties(value: &Value) -> usize {
    match value {
        Value::Null => 1,
        Value::String(text) => usize::from(text.is_empty()),
        Value::Array(list) => {
            usize::from(list.is_empty()) + list.iter().map(empties).sum::<usize>()
        }
        Value::Object(map) => {
            usize::from(map.is_empty()) + map.values().map(empties).sum::<usize>()
        }
        Value::Bool(_) | Value::Number(_) => 0,
    }
}

fn entries() -> Vec<Entry> {
    let readings = [
        bytes(sample_bytes("oruk-v1.json")).unwrap(),
        bytes(sample_bytes("outpost.json")).unwrap(),
        bytes(sample_bytes("oruk-v3-page.json")).unwrap(),
        folder(&sample("hsds-1.1")).unwrap(),
        folder(&sample("hsds-3")).unwrap(),
    ];
    readings
        .iter()
        .flat_map(|reading| reading.entries().into_iter().cloned())
        .collect()
}

fn published(entry: &Entry) -> Published<'_> {
    let body = entry
        .organisation
        .as_ref()
        .map(|body| body.source_id.as_str())
        .unwrap_or_default();
    Published {
        entry,
        id: stable_id("test", &entry.source_id),
        organisation_id: stable_id("test-organisations", body),
        changed_at: None,
    }
}

#[test]
fn the_stored_schemas_do_reject_what_is_wrong() {
    let service = official("service");
    assert!(!service.is_valid(&json!({"id": "not-a-uuid", "name": "A", "status": "active"})));
    assert!(!service.is_valid(
        &json!({"id": "11111111-1111-4111-8111-111111111111", "name": "A", "status": "open"})
    ));
    assert!(!service.is_valid(
        &json!({"id": "11111111-1111-4111-8111-111111111111", "name": "A", "status": "active",
        "organization": {"id": "11111111-1111-4111-8111-111111111111", "name": "no description"}})
    ));
}

#[test]
fn every_answer_passes_the_official_schema() {
    let entries = entries();
    assert!(entries.len() >= 10);
    let all: Vec<Published<'_>> = entries.iter().map(published).collect();
    let full = official("service");
    for one in &all {
        passes(&full, &service_full(one));
    }
    let list = |rows: Vec<Value>| envelope(&rows, u64::try_from(rows.len()).unwrap(), 1, 50);
    passes(
        &official("service_list"),
        &list(all.iter().map(service_row).collect()),
    );
    let places: Vec<Value> = all.iter().flat_map(service_at_locations).collect();
    assert!(places.len() >= 4);
    let place = official("service_at_location");
    for one in &places {
        passes(&place, one);
    }
    passes(&official("service_at_location_list"), &list(places));
    let bodies: Vec<Value> = all.iter().filter_map(organization).collect();
    let body = official("organization");
    for one in &bodies {
        passes(&body, one);
    }
    passes(&official("organization_list"), &list(bodies));
    let (lists, terms) = (taxonomies(&entries), taxonomy_terms(&entries));
    for one in &lists {
        passes(&official("taxonomy"), one);
    }
    for one in &terms {
        passes(&official("taxonomy_term"), one);
    }
    passes(&official("taxonomy_list"), &list(lists));
    passes(&official("taxonomy_term_list"), &list(terms));
    let root =
        serde_json::to_value(ApiDetails::new("https://example.org/api/openapi.json")).unwrap();
    passes(&official("api_details"), &root);
    assert!(all.iter().all(|one| {
        service_minimal(one)
            .as_object()
            .unwrap()
            .keys()
            .all(|key| key == "id" || key == "last_modified")
    }));
}

#[test]
fn a_confidential_service_shows_areas_and_nothing_that_tells_its_place() {
    let mut entries = entries();
    let mut seen = 0;
    for entry in entries.iter_mut().filter(|entry| entry.is_confidential()) {
        // Typed in after the import, by mistake:
        entry.description = Some("Come to 5 Hidden Lane, ZZ9 9ZZ or ring 01632 960555.".to_owned());
        entry
            .phones
            .push(throughline_core::directory::Phone::new("01632 960555"));
        entry.terms.push(throughline_core::directory::Term {
            taxonomy: Some("5 Hidden Lane, ZZ9 9ZZ".to_owned()),
            source_id: None,
            name: "5 Hidden Lane, ZZ9 9ZZ".to_owned(),
        });
        if let Some(body) = &mut entry.organisation {
            body.description = Some("Of 5 Hidden Lane, ZZ9 9ZZ.".to_owned());
        }
        let one = published(entry);
        assert!(service_at_locations(&one).is_empty());
        for text in [
            service_full(&one).to_string(),
            service_row(&one).to_string(),
            format!("{:?}", organization(&one)),
            format!("{:?}", taxonomies([one.entry])),
            format!("{:?}", taxonomy_terms([one.entry])),
        ] {
            for secret in [
                "Hidden",
                "ZZ9",
                "01632",
                "service_at_locations",
                "addresses",
                "latitude",
                "schedules",
                "capacities",
            ] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
        seen += 1;
    }
    assert!(seen >= 3);
}

#[test]
fn identifiers_are_the_same_each_time_and_none_is_used_twice() {
    let entries = entries();
    for entry in &entries {
        let (first, second) = (
            service_full(&published(entry)),
            service_full(&published(entry)),
        );
        assert_eq!(first, second);
        let mut ids = Vec::new();
        collect_ids(&first, &mut ids);
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count, "{first:#}");
    }
}

fn collect_ids(value: &Value, ids: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            ids.extend(map.get("id").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|below| collect_ids(below, ids));
        }
        Value::Array(list) => list.iter().for_each(|below| collect_ids(below, ids)),
        _ => {}
    }
}

#[test]
fn what_we_publish_reads_back_as_it_was() {
    let entries = entries();
    let rows: Vec<Value> = entries
        .iter()
        .map(|entry| service_full(&published(entry)))
        .collect();
    let text = serde_json::to_vec(&envelope(&rows, 99, 1, 99)).unwrap();
    let reading = collect(
        Input::File(Box::new(std::io::Cursor::new(text))),
        &Options::new("back"),
    )
    .unwrap();
    for (before, after) in entries.iter().zip(reading.entries()) {
        assert_eq!(
            (
                &before.name,
                &before.description,
                &before.url,
                &before.email
            ),
            (&after.name, &after.description, &after.url, &after.email)
        );
        assert_eq!(
            (before.types(), &before.needs, before.status),
            (after.types(), &after.needs, after.status)
        );
        assert_eq!(
            (
                &before.eligibility,
                &before.service_areas,
                &before.languages
            ),
            (&after.eligibility, &after.service_areas, &after.languages)
        );
        assert_eq!(
            (before.schedules(), &before.phones, &before.contacts),
            (after.schedules(), &after.phones, &after.contacts),
            "{}",
            before.name
        );
        assert_eq!(
            (before.is_confidential(), before.free, &before.cost_options),
            (after.is_confidential(), after.free, &after.cost_options)
        );
        assert_eq!(before.locations().len(), after.locations().len());
        assert_eq!(
            (before.assured_date, before.last_modified),
            (after.assured_date, after.last_modified)
        );
    }
    assert_eq!(reading.entries().len(), entries.len());
}
