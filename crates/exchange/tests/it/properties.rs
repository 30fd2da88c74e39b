//! Whatever the bytes, nothing panics, no row disappears, no confidential kind has a place.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use crate::common::{bytes, collect, sample_bytes};
use proptest::prelude::*;
use throughline_exchange::digest;
use throughline_exchange::inbound::{Input, Options};

/// JSON of any shape, with the names and values that importers look at.
fn value() -> impl Strategy<Value = serde_json::Value> {
    let names = prop::sample::select(vec![
        "id",
        "name",
        "description",
        "url",
        "email",
        "status",
        "organization",
        "organisation",
        "service_at_locations",
        "location",
        "addresses",
        "address_1",
        "postal_code",
        "latitude",
        "longitude",
        "phones",
        "number",
        "contacts",
        "schedules",
        "regular_schedules",
        "byday",
        "opens_at",
        "attributes",
        "taxonomy_term",
        "minimum_age",
        "maximum_age",
        "service_areas",
        "cost_options",
        "amount",
        "eligibility",
        "confidential",
        "service_types",
        "assured_date",
    ]);
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "\\PC{0,24}".prop_map(Into::into),
        prop::sample::select(vec![
            "refuge",
            "Safe house for women fleeing domestic abuse",
            "12 High Street, BS1 1AA",
            "<p>x</p>",
            "MO,TU",
            "9am",
            "-1",
            "www.a.example",
            "0117 496 0111"
        ])
        .prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::hash_map(names.clone().prop_map(str::to_owned), inner, 0..8)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_read_or_refused(data in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = bytes(data.clone());
        let mut json = b"[{\"id\":\"1\",\"name\":\"".to_vec();
        json.extend(data);
        let _ = bytes(json);
    }

    #[test]
    fn a_good_file_with_one_byte_changed_is_read_or_refused(at in 0..4_000_usize, byte: u8) {
        let mut data = sample_bytes("oruk-v1.json");
        let end = data.len() - 1;
        data[at.min(end)] = byte;
        let _ = bytes(data);
    }

    #[test]
    fn any_tables_are_read_or_refused(services in "(id,name,url\n)?[a-z0-9,\"\n ]{0,200}", phones in "\\PC{0,100}") {
        let files: BTreeMap<String, Box<dyn Read>> = [("services.csv", services), ("phones.csv", phones)]
            .into_iter()
            .map(|(name, text)| (name.to_owned(), Box::new(Cursor::new(text.into_bytes())) as Box<dyn Read>))
            .collect();
        let _ = collect(Input::Folder(files), &Options::new("test"));
    }

    #[test]
    fn any_row_keeps_the_promises(row in value()) {
        let mut first = serde_json::json!({"id": "first", "name": "First"});
        if let (Some(first), Some(row)) = (first.as_object_mut(), row.as_object()) {
            first.extend(row.iter().filter(|(key, _)| *key != "id" && *key != "name").map(|(key, value)| (key.clone(), value.clone())));
        }
        let feed = serde_json::to_vec(&serde_json::json!([first, row])).unwrap();
        let reading = bytes(feed.clone()).unwrap();
        prop_assert_eq!(reading.summary.read, 2);
        let again = bytes(feed).unwrap();
        for (entry, same) in reading.entries().iter().zip(again.entries()) {
            prop_assert!(!entry.name.is_empty());
            prop_assert!(!entry.types().iter().any(|kind| kind.is_confidential()) || entry.is_confidential());
            prop_assert!(!entry.is_confidential() || (entry.locations().is_empty() && entry.schedules().is_empty()));
            prop_assert_eq!(digest(entry).unwrap(), digest(same).unwrap());
            let back: throughline_core::directory::Entry = serde_json::from_str(&entry.canonical_json().unwrap()).unwrap();
            prop_assert_eq!(digest(&back).unwrap(), digest(entry).unwrap());
        }
    }
}
