//! The promises of finding, each tried on made-up directories.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use throughline_core::circumstances::{Child, Circumstances, Gender, NrpfState};
use throughline_core::directory::{Entry, Place, Provision, ServiceArea, ServiceType, Status};
use throughline_core::geo::{AreaCode, DistanceBand, Point, Postcode};
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::time::At;

use crate::bench::{Stream, find_by_scanning, synthetic_listings, synthetic_queries};
use crate::engine::Judged;
use crate::home::{Home, must_not_meet};
use crate::rule::{Case, Kind, Local, RuleId, Verdict};
use crate::rules::RULES;
use crate::*;

mod order;
mod rules;
mod search;
mod secrets;

static KNOWLEDGE: LazyLock<Arc<Knowledge>> =
    LazyLock::new(|| Arc::new(Knowledge::built_in().unwrap()));

fn now() -> At {
    At::parse("2026-11-20T10:00:00Z").unwrap()
}

fn area(code: &str) -> AreaCode {
    AreaCode::parse(code).unwrap()
}

fn bristol() -> AreaCode {
    area("E06000023")
}

fn snapshot(listings: Vec<Listing>) -> Snapshot {
    Snapshot::build(Arc::clone(&KNOWLEDGE), listings)
}

fn listing(number: u8, entry: Entry) -> Listing {
    Listing {
        reference: Ref::from_bytes([number; 16]),
        version: 1,
        confirmed_at: Some(now()),
        entry,
    }
}

/// An active service that meets one need and says nothing else.
fn plain(number: u8, name: &str, need: NeedType) -> Listing {
    let mut entry = Entry::new(number.to_string(), name);
    entry.needs = vec![need];
    listing(number, entry)
}

fn refuge(number: u8, name: &str, label: Option<&str>) -> Listing {
    let mut entry = Entry::new(number.to_string(), name);
    entry.provision = Provision::confidential(vec![ServiceType::Refuge], label.map(str::to_owned));
    listing(number, entry)
}

fn serving(mut listing: Listing, name: &str) -> Listing {
    listing.entry.service_areas = vec![ServiceArea {
        name: name.into(),
        code: None,
    }];
    listing
}

fn names(answer: &Answer) -> Vec<&str> {
    answer
        .results
        .iter()
        .map(|found| found.name.as_str())
        .collect()
}

fn query(told: Circumstances) -> Query {
    Query {
        told,
        ..Query::default()
    }
}

fn verdict_of(answer: &Answer, rule: &'static str) -> Option<Verdict> {
    answer
        .results
        .first()?
        .fit
        .iter()
        .find(|fit| fit.rule == RuleId(rule))
        .map(|fit| fit.verdict)
}
