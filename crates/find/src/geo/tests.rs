use std::sync::LazyLock;

use throughline_core::directory::{Location, Provision, ServiceArea};

use super::*;

static BUILT_IN: LazyLock<Gazetteer> = LazyLock::new(|| Gazetteer::built_in().unwrap());

fn council_of(postcode: &str) -> Option<String> {
    let found = BUILT_IN.resolve(&Postcode::parse(postcode).unwrap())?;
    Some(BUILT_IN.area(found.area()?)?.name.clone())
}

#[test]
fn every_built_in_postcode_is_in_a_council_that_the_table_names() {
    let mut seen = 0;
    for letters in [
        "SE15", "M1", "CF10", "EH1", "LD1", "S1", "TR1", "IV27", "ZE1",
    ] {
        for sector in BUILT_IN.built_in.sectors_of(letters) {
            seen += 1;
            for area in &sector.areas {
                assert!(
                    BUILT_IN
                        .area(*area)
                        .is_some_and(|area| area.kind == AreaKind::Council),
                    "{area}"
                );
            }
        }
    }
    assert!(seen > 20);
    assert!(BUILT_IN.built_in.len() > 11_000);
}

#[test]
fn postcodes_everybody_knows_are_in_the_right_council() {
    for (postcode, council) in [
        ("SW1A 1AA", "Westminster"),
        ("EH1 1YZ", "Edinburgh"),
        ("CF10 4UW", "Cardiff"),
        ("S1 2HH", "Sheffield"),
        ("M2 5DB", "Manchester"),
        ("BS1 5TR", "Bristol"),
    ] {
        assert!(
            council_of(postcode).is_some_and(|name| name.contains(council)),
            "{postcode} {:?}",
            council_of(postcode)
        );
    }
}

#[test]
fn a_council_is_found_by_its_names_in_both_languages() {
    for (text, code) in [
        ("Bristol", "E06000023"),
        ("bristol city council", "E06000023"),
        ("Caerdydd", "W06000015"),
        ("Ynys Mon", "W06000001"),
        ("SOUTHWARK", "E09000028"),
        ("London Borough of Southwark", "E09000028"),
        ("Kent", "E10000016"),
        ("Wales", "W92000004"),
    ] {
        let found = BUILT_IN.named(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(found.code.as_str(), code, "{text}");
    }
    assert!(BUILT_IN.named("Narnia").is_none());
}

#[test]
fn northern_ireland_gives_its_nation_and_admits_that_it_knows_no_more() {
    let found = BUILT_IN.place("BT1 1AA").unwrap();
    assert_eq!(
        (found.point, found.nation),
        (None, Some(Nation::NorthernIreland))
    );
    assert!(found.areas.is_empty());
    assert!(BUILT_IN.place("Belfast").unwrap().point.is_some());
}

#[test]
fn a_postcode_on_a_border_does_not_pretend_to_one_nation() {
    let chester = BUILT_IN.resolve(&Postcode::parse("CH4").unwrap()).unwrap();
    assert_eq!(chester.nation, None, "CH4 is in England and in Wales");
}

#[test]
fn a_district_lies_in_its_county_region_nation_and_kingdom() {
    let ashford = BUILT_IN.named("Ashford").unwrap();
    let names: Vec<&str> = ashford
        .within
        .iter()
        .filter_map(|code| BUILT_IN.area(*code))
        .map(|area| area.name.as_str())
        .collect();
    assert_eq!(names, ["Kent", "South East", "England", "United Kingdom"]);
}

#[test]
fn a_newer_code_of_a_council_finds_the_same_council() {
    let new = AreaCode::parse("E08000039").unwrap();
    assert_eq!(BUILT_IN.area(new).unwrap().name, "Sheffield");
}

#[test]
fn an_overlay_is_asked_first() {
    let csv = "pcds,oslaua,lat,long\nSE15 4QL,E06000023,51.45,-2.59\n";
    let plain = Gazetteer::without_postcodes().unwrap();
    let (table, _) = plain.from_csv(csv.as_bytes(), "test").unwrap();
    let with = BUILT_IN.clone().with_overlay(table);
    let found = with.resolve(&Postcode::parse("SE15 4QL").unwrap()).unwrap();
    assert_eq!(found.area().unwrap().as_str(), "E06000023");
}

#[test]
fn the_nation_of_a_service_is_that_of_its_areas_else_of_its_places() {
    let service = |areas: &[(&str, Option<&str>)], place: Place| {
        let mut entry = Entry::new("1", "Help");
        entry.service_areas = areas
            .iter()
            .map(|(name, code)| ServiceArea {
                name: (*name).to_owned(),
                code: code.map(str::to_owned),
            })
            .collect();
        entry.provision = Provision::new(Vec::new(), place).unwrap();
        BUILT_IN.nation_of(&entry)
    };
    let at = |postcode: &str| Place::Public {
        locations: vec![Location {
            postcode: Some(postcode.to_owned()),
            ..Location::default()
        }],
        schedules: Vec::new(),
    };
    let hidden = |label: &str| Place::Confidential {
        area_label: Some(label.to_owned()),
    };
    let (wales, england) = (Some(Nation::Wales), Some(Nation::England));
    let coded = [("The north", Some("W06000002"))];
    let kingdom = [("United Kingdom", Some("K02000001"))];
    let border = [("Bristol", None), ("Cardiff", None)];
    assert_eq!(service(&[], Place::default()), None);
    assert_eq!(service(&coded, Place::default()), wales);
    assert_eq!(service(&[("Wales", None)], at("BS1 5TR")), wales);
    assert_eq!(service(&border, at("BS1 5TR")), england);
    assert_eq!(service(&kingdom, at("CF10 1EP")), wales);
    assert_eq!(service(&border, Place::default()), None);
    assert_eq!(service(&[("Nowhere at all", None)], Place::default()), None);
    assert_eq!(service(&[], hidden("Gwynedd")), wales);
    assert_eq!(service(&[], at("BT1 1AA")), Some(Nation::NorthernIreland));
}
