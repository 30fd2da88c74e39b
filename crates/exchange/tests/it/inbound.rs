//! Every dialect is read, repaired and reported.

use std::collections::VecDeque;

use crate::common::{Reading, bytes, collect, folder, sample, sample_bytes};
use serde_json::{Value, json};
use throughline_core::directory::{Place, Weekday};
use throughline_core::need::NeedType;
use throughline_exchange::inbound::{
    Detail, Format, Input, Options, Pages, Paging, ReadError, Reason,
};

fn report(reading: &Reading) -> Value {
    json!({
        "format": reading.summary.format.name(),
        "read": reading.summary.read,
        "quarantined": reading.quarantined().iter().map(|aside| json!([aside.row, aside.reason.code()])).collect::<Vec<_>>(),
        "withheld": reading.rows.iter().filter_map(|row| row.withheld.as_ref()).map(|aside| json!([aside.row, aside.reason.sentence()])).collect::<Vec<_>>(),
        "entries": reading.entries(),
        "problems": reading.problems().iter().map(|p| format!("{} {}: {} -> {}", p.row, p.field, p.problem, p.did)).collect::<Vec<_>>(),
    })
}

#[test]
fn version_1_is_read_repaired_and_reported() {
    let reading = bytes(sample_bytes("oruk-v1.json")).unwrap();
    assert_eq!(reading.summary.format, Format::OrukV1);
    insta::assert_json_snapshot!(report(&reading));
}

#[test]
fn outpost_is_read_repaired_and_reported() {
    let reading = bytes(sample_bytes("outpost.json")).unwrap();
    assert_eq!(reading.summary.format, Format::Outpost);
    insta::assert_json_snapshot!(report(&reading));
}

#[test]
fn hsds_1_1_tables_are_read_repaired_and_reported() {
    insta::assert_json_snapshot!(report(&folder(&sample("hsds-1.1")).unwrap()));
}

#[test]
fn hsds_3_tables_are_read_repaired_and_reported() {
    insta::assert_json_snapshot!(report(&folder(&sample("hsds-3")).unwrap()));
}

/// A feed from memory.
struct Memory {
    pages: VecDeque<Vec<u8>>,
    detail: Option<Vec<u8>>,
}

impl Pages for Memory {
    fn next(&mut self, _known: Paging) -> Result<Option<Vec<u8>>, String> {
        Ok(self.pages.pop_front())
    }

    fn detail(&mut self, id: &str) -> Result<Detail, String> {
        let whole = self.detail.clone().filter(|_| id.starts_with("4444"));
        Ok(whole.map_or(Detail::NotKept, Detail::Whole))
    }
}

#[test]
fn version_3_in_pages_takes_the_whole_of_each_service() {
    let mut pages = Memory {
        pages: [sample_bytes("oruk-v3-page.json")].into(),
        detail: Some(sample_bytes("oruk-v3-detail.json")),
    };
    let reading = collect(Input::Pages(&mut pages), &Options::new("test")).unwrap();
    assert_eq!(reading.summary.format, Format::OrukV3);
    insta::assert_json_snapshot!(report(&reading));
}

#[test]
fn a_feed_that_stops_before_its_last_page_is_not_taken_for_the_whole() {
    let page = json!({"contents": [{"id": "1", "name": "A", "url": ""}], "total_pages": 3, "page_number": 1});
    let mut pages = Memory {
        pages: [serde_json::to_vec(&page).unwrap()].into(),
        detail: None,
    };
    let error = collect(Input::Pages(&mut pages), &Options::new("test")).unwrap_err();
    assert_eq!(
        error,
        ReadError::MissingPages {
            promised: 3,
            given: 1
        }
    );
}

#[test]
fn no_word_of_a_refuges_address_reaches_its_entry_in_any_dialect() {
    let secrets = [
        "Quay",
        "ZZ1",
        "960123",
        "51.45678",
        "Pat Example",
        "Palm",
        "33158",
        "555-0199",
        "Hidden",
        "ZZ2",
    ];
    let readings = [
        bytes(sample_bytes("oruk-v1.json")).unwrap(),
        bytes(sample_bytes("outpost.json")).unwrap(),
        folder(&sample("hsds-1.1")).unwrap(),
    ];
    for reading in &readings {
        assert_eq!(reading.summary.withheld, 1);
        let confidential: Vec<_> = reading
            .entries()
            .into_iter()
            .filter(|entry| entry.is_confidential())
            .collect();
        assert_eq!(confidential.len(), 1);
        let text = serde_json::to_string(&confidential).unwrap();
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        let problems = serde_json::to_string(&reading.problems()).unwrap();
        assert!(
            secrets.iter().all(|secret| !problems.contains(secret)),
            "the report does not repeat it either"
        );
        let aside = reading
            .rows
            .iter()
            .find_map(|row| row.withheld.as_ref())
            .unwrap();
        assert!(matches!(aside.reason, Reason::AddressWithheld(_)));
        assert!(
            secrets
                .iter()
                .any(|secret| aside.raw.to_string().contains(secret)),
            "the steward sees it"
        );
    }
}

#[test]
fn a_service_of_unknown_place_has_needs_and_no_place() {
    let reading =
        bytes(r#"[{"id":"1","name":"Food bank","url":"https://a.example","status":"active"}]"#)
            .unwrap();
    let entries = reading.entries();
    assert_eq!(entries[0].place(), &Place::default());
    assert_eq!(entries[0].needs, [NeedType::FoodAndEssentials]);
}

#[test]
fn the_first_of_the_month_and_closing_days_are_kept() {
    let reading = bytes(
        r#"[{"id":"1","name":"A","url":"","schedules":[{"freq":"MONTHLY","byday":"1MO","opens_at":"10:00","closes_at":"12:00"}],
            "holiday_schedules":[{"closed":true,"start_date":"2026-12-24","end_date":"2026-12-26"}]}]"#,
    )
    .unwrap();
    let entries = reading.entries();
    let [open, shut] = entries[0].schedules() else {
        panic!("two schedules")
    };
    assert_eq!(
        (open.weekdays.as_slice(), open.week_of_month, open.closed),
        (&[Weekday::Monday][..], Some(1), false)
    );
    assert!(shut.closed && shut.valid_from.is_some());
}

#[test]
fn one_service_alone_and_one_a_line_are_read_too() {
    assert_eq!(
        bytes(r#"{"id":"1","name":"A","url":"https://a.example"}"#)
            .unwrap()
            .summary
            .read,
        1
    );
    let lines = "{\"id\":\"1\",\"name\":\"A\"}\n{\"id\":\"2\",\"name\":\"B\"}\n";
    assert_eq!(bytes(lines).unwrap().summary.read, 2);
    assert_eq!(
        bytes("\u{feff}[{\"id\":\"1\",\"name\":\"A\"}]")
            .unwrap()
            .summary
            .read,
        1
    );
    assert_eq!(bytes("[]").unwrap().summary.read, 0);
}

#[test]
fn rows_that_are_no_services_are_set_aside_and_counted() {
    let reading =
        bytes(r#"[{"id":"1","name":"A"}, null, 7, {"x":1}, {"id":"","name":" "}]"#).unwrap();
    assert_eq!(
        (
            reading.summary.read,
            reading.summary.entries,
            reading.summary.quarantined
        ),
        (5, 1, 4)
    );
}

#[test]
fn an_identifier_that_is_missing_is_made_the_same_way_each_time() {
    let feed = r#"[{"name":"A","url":"https://a.example","organization":{"name":"O"}}]"#;
    let (first, second) = (bytes(feed).unwrap(), bytes(feed).unwrap());
    assert_eq!(first.entries()[0].source_id, second.entries()[0].source_id);
    assert!(!first.entries()[0].source_id.is_empty());
}

#[test]
fn fewer_services_than_the_feed_speaks_of_are_not_taken_for_the_whole() {
    let page = |total: u32| {
        let json = format!(
            r#"{{"total_pages":1,"total_items":{total},"contents":[{{"id":"1","name":"One"}}]}}"#
        );
        let mut pages = Memory {
            pages: [json.into_bytes()].into(),
            detail: None,
        };
        collect(Input::Pages(&mut pages), &Options::new("test")).map(|reading| reading.rows.len())
    };
    assert_eq!(page(1), Ok(1));
    assert_eq!(
        page(2),
        Err(ReadError::MissingRows {
            promised: 2,
            given: 1
        })
    );
}
