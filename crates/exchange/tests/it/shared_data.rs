//! Real feeds, where they are beside this checkout. Exact counts.

use crate::common;
use std::collections::BTreeSet;

use crate::common::{bytes, folder, shared};
use throughline_core::directory::Place;
use throughline_exchange::digest;
use throughline_exchange::inbound::{Format, Reason};

#[test]
fn bristol_keeps_818_of_819_rows_and_sets_the_repeated_one_aside() {
    let Some(path) = shared("bristol.oruk-v1.json") else {
        return;
    };
    let feed = std::fs::read(path).unwrap();
    let reading = bytes(feed.clone()).unwrap();
    let summary = &reading.summary;
    assert_eq!(
        (
            summary.format,
            summary.read,
            summary.entries,
            summary.quarantined
        ),
        (Format::OrukV1, 819, 818, 1)
    );
    let aside = reading.quarantined();
    assert_eq!((aside[0].row, aside[0].reason), (811, Reason::RepeatedId));
    assert_eq!(
        summary.repaired, 818,
        "the official schema rejects every row"
    );
    assert!(reading.rows.iter().all(|row| !row.problems.is_empty()));
    for entry in reading.entries() {
        assert!(!entry.name.trim().is_empty());
        assert!(
            entry.locations().is_empty() && !matches!(entry.place(), Place::Public { .. }),
            "the feed has no places"
        );
        assert!(
            entry
                .description
                .as_deref()
                .is_none_or(|text| !text.contains("<p") && !text.contains("&nbsp;"))
        );
        assert!(
            entry
                .url
                .as_deref()
                .is_none_or(|url| url.starts_with("http"))
        );
    }
    assert!(
        reading.rows[0]
            .problems
            .iter()
            .any(|problem| problem.field == "name")
    );
    let again = bytes(feed).unwrap();
    let digests = |reading: &common::Reading| {
        reading
            .entries()
            .iter()
            .map(|entry| digest(entry).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        digests(&reading),
        digests(&again),
        "the same feed says the same"
    );
    assert_eq!(digests(&reading).iter().collect::<BTreeSet<_>>().len(), 818);
    let withheld: Vec<_> = reading
        .rows
        .iter()
        .filter(|row| row.withheld.is_some())
        .map(|row| row.number)
        .collect();
    let confidential: Vec<_> = reading
        .entries()
        .iter()
        .filter(|entry| entry.is_confidential())
        .map(|entry| entry.name.clone())
        .collect();
    eprintln!("withheld {withheld:?}, confidential {confidential:?}");
    assert!(
        confidential.iter().any(|name| name.contains("Next Link")),
        "{confidential:?}"
    );
    assert!(confidential.len() <= 8, "{confidential:?}");
}

#[test]
fn miami_keeps_every_service_schedule_and_tag() {
    let Some(path) = shared("miami-hsds-1.1/data") else {
        return;
    };
    let reading = folder(&path).unwrap();
    let summary = &reading.summary;
    assert_eq!(
        (
            summary.format,
            summary.read,
            summary.entries,
            summary.quarantined
        ),
        (Format::HsdsTabular, 4_089, 4_089, 0)
    );
    assert_eq!((summary.schedules, summary.terms), (11_350, 26_259));
    let tags: usize = reading
        .entries()
        .iter()
        .map(|entry| entry.terms.len())
        .sum();
    assert_eq!(tags, 26_259);
    let orphans: Vec<_> = summary
        .problems
        .iter()
        .map(|problem| (problem.field.as_str(), problem.problem.as_ref()))
        .collect();
    assert!(
        orphans
            .iter()
            .any(|(file, what)| *file == "eligibility.csv" && what.starts_with("2244 rows")),
        "{orphans:?}"
    );
    let confidential: Vec<_> = reading
        .entries()
        .iter()
        .filter(|entry| entry.is_confidential())
        .map(|entry| (entry.source_id.clone(), entry.name.clone()))
        .collect();
    eprintln!(
        "{} confidential or doubtful: {confidential:?}",
        confidential.len()
    );
    for known in ["3288", "3603", "3221", "6726"] {
        assert!(confidential.iter().any(|(id, _)| id == known), "{known}");
    }
    assert!(confidential.len() < 120, "{}", confidential.len());
    let placed = reading
        .entries()
        .iter()
        .filter(|entry| entry.locations().iter().any(|place| place.point.is_some()))
        .count();
    assert!((2_100..=2_260).contains(&placed), "{placed}");
}

#[test]
fn the_other_samples_are_read_whole() {
    if let Some(path) = shared("sample-hsds-datapackage") {
        assert_eq!(folder(&path).unwrap().summary.quarantined, 0);
    }
    if let Some(path) = shared("outpost-bucks/services.json") {
        let summary = bytes(std::fs::read(path).unwrap()).unwrap().summary;
        assert_eq!((summary.format, summary.quarantined), (Format::Outpost, 0));
        assert_eq!(summary.read, 20);
    }
    if let Some(path) = shared("bristol-oruk-v3/bristol-services-page1.json") {
        let reading = bytes(std::fs::read(path).unwrap()).unwrap();
        assert_eq!(
            (reading.summary.format, reading.summary.read),
            (Format::OrukV3, 3)
        );
        assert_eq!(reading.summary.paging.total_pages, Some(292));
    }
    if let Some(path) = shared("bristol-oruk-v3/bristol-service-1625ip.json") {
        let reading = bytes(std::fs::read(path).unwrap()).unwrap();
        let entries = reading.entries();
        let phones = &entries[0].contacts[0].phones;
        assert_eq!(
            (phones[1].label.as_deref(), phones[1].number.as_str()),
            (Some("Bristol Youth MAPS"), "0117 332 7111")
        );
        assert_eq!(
            (
                entries[0].eligibility.minimum_age,
                entries[0].service_areas.len()
            ),
            (None, 2)
        );
    }
}
