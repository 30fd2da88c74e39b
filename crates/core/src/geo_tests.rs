//! Postcodes, points, bands of distance and areas.

use super::*;
use crate::code::Code as _;

#[test]
fn postcodes_are_read_however_they_are_typed() {
    for text in [
        "SE15 4QL",
        "se154ql",
        " Se15  4qL",
        "se15-4ql",
        "s e 1 5 4 q l",
        "SE15 4ql.",
    ] {
        assert_eq!(
            Postcode::parse(text).unwrap().to_string(),
            "SE15 4QL",
            "{text}"
        );
    }
    assert_eq!(
        Postcode::parse("m1 1ae").unwrap().sector().as_deref(),
        Some("M1 1")
    );
    assert_eq!(Postcode::parse("W1A OAX").unwrap().to_string(), "W1A 0AX");
    assert_eq!(Postcode::parse("EC1A1BB").unwrap().outward(), "EC1A");
    assert_eq!(Postcode::parse("EC1A1BB").unwrap().area_letters(), "EC");
}

#[test]
fn the_beginning_of_a_postcode_is_enough() {
    assert!(!Postcode::parse("SE15").unwrap().is_full());
    assert_eq!(
        Postcode::parse("SE15 4").unwrap().sector().as_deref(),
        Some("SE15 4")
    );
    assert_eq!(Postcode::parse("SE15").unwrap().sector(), None);
}

#[test]
fn what_is_no_postcode_is_refused() {
    for text in [
        "",
        " ",
        "Peckham",
        "12345",
        "SE15 4CI",
        "SE15 44L",
        "SEE5 4QL",
        "SÉ15 4QL",
        "1E15 4QL",
        "SE15 4QLX",
    ] {
        assert_eq!(Postcode::parse(text), Err(NotAPostcode), "{text}");
    }
}

#[test]
fn a_beginning_is_told_from_a_longer_outward_code() {
    let read = |text| Postcode::parse(text).unwrap();
    for (beginning, whole, expected) in [
        ("SE1", "SE1 4TW", true),
        ("SE1", "SE15 4QL", false),
        ("SE15 4", "SE15 4QL", true),
        ("SE15 5", "SE15 4QL", false),
        ("SE15 4QL", "SE15 4QL", true),
        ("SE15 4QL", "SE15", false),
    ] {
        assert_eq!(
            read(beginning).begins(&read(whole)),
            expected,
            "{beginning} {whole}"
        );
    }
}

#[test]
fn debug_output_does_not_hold_a_whole_postcode() {
    assert!(!format!("{:?}", Postcode::parse("SE15 4QL").unwrap()).contains("4QL"));
}

#[test]
fn london_to_edinburgh_is_about_534_kilometres() {
    let london = Point::new(51.5074, -0.1278).unwrap();
    let edinburgh = Point::new(55.9533, -3.1883).unwrap();
    assert!((london.metres_to(edinburgh) - 534_000.0).abs() < 2_000.0);
    assert!((london.metres_to(london)).abs() < 0.001);
}

#[test]
fn a_point_off_the_globe_cannot_be_made_or_read() {
    assert!(Point::new(91.0, 0.0).is_err());
    assert!(Point::new(f64::NAN, 0.0).is_err());
    assert!(serde_json::from_str::<Point>(r#"{"lat":51.0,"lon":181.0}"#).is_err());
}

#[test]
fn area_codes_are_a_letter_and_eight_digits() {
    assert!(AreaCode::parse("E09000028").is_ok());
    for text in ["E0900002", "SWK", "X09000028", "E0900002A"] {
        assert_eq!(AreaCode::parse(text), Err(NotAnAreaCode), "{text}");
    }
}

#[test]
fn as_much_of_a_postcode_is_told_as_was_given() {
    let parts = |text| {
        let read = Postcode::parse(text).unwrap();
        (read.sector_digit(), read.unit(), read.is_full())
    };
    assert_eq!(parts("SE15"), (None, None, false));
    assert_eq!(parts("SE15 4"), (Some(b'4'), None, false));
    assert_eq!(parts("SE15 4QL"), (Some(b'4'), Some(*b"QL"), true));
    assert_eq!(Postcode::parse("SE15 Q"), Err(NotAPostcode));
}

#[test]
fn a_point_is_where_it_was_said_to_be() {
    let point = Point::new(51.5, -0.125).unwrap();
    assert!((point.lat() - 51.5).abs() < f64::EPSILON);
    assert!((point.lon() + 0.125).abs() < f64::EPSILON);
}

#[test]
fn a_band_begins_at_its_first_mile_and_ends_before_the_next_one() {
    use DistanceBand as B;
    let mile = 1_609.344;
    for (miles, band) in [
        (0.0, B::UnderThreeMiles),
        (2.999, B::UnderThreeMiles),
        (3.0, B::ThreeToTenMiles),
        (9.999, B::ThreeToTenMiles),
        (10.0, B::TenToThirtyMiles),
        (29.999, B::TenToThirtyMiles),
        (30.0, B::ThirtyToHundredMiles),
        (99.999, B::ThirtyToHundredMiles),
        (100.0, B::OverHundredMiles),
        (f64::NAN, B::OverHundredMiles),
    ] {
        assert_eq!(B::from_metres(miles * mile), band, "{miles} miles");
    }
    for band in B::ALL {
        match band.ends_at_metres() {
            // What lies just before the end is in it, and what lies at the end is in the next one.
            Some(end) => {
                assert_eq!(B::from_metres(end - 1.0), *band);
                assert!(B::from_metres(end) > *band);
            }
            None => assert!(matches!(band, B::SameArea | B::OverHundredMiles)),
        }
    }
}

#[test]
fn the_first_letter_of_an_area_says_its_nation() {
    for (code, nation) in [
        ("E09000028", Some(Nation::England)),
        ("W06000015", Some(Nation::Wales)),
        ("S12000036", Some(Nation::Scotland)),
        ("N09000003", Some(Nation::NorthernIreland)),
        ("K02000001", None),
    ] {
        assert_eq!(AreaCode::parse(code).unwrap().nation(), nation, "{code}");
    }
    for nation in Nation::ALL {
        assert_eq!(AreaCode::of_nation(*nation).nation(), Some(*nation));
    }
}

#[test]
fn an_area_lies_in_itself_and_in_what_contains_it_and_nowhere_else() {
    let code = |text| AreaCode::parse(text).unwrap();
    let southwark = Area {
        code: code("E09000028"),
        name: "Southwark".to_owned(),
        kind: AreaKind::ALL[0],
        nation: Some(Nation::England),
        within: vec![code("E12000007")],
        centroid: None,
        population: None,
        police_force: None,
    };
    assert!(southwark.is_within(code("E09000028")));
    assert!(southwark.is_within(code("E12000007")));
    assert!(!southwark.is_within(code("E09000022")));
}
