use super::*;
use crate::code::Code as _;

fn somewhere() -> Place {
    Place::Public {
        locations: vec![Location {
            postcode: Some("BS1 1AA".into()),
            ..Location::default()
        }],
        schedules: Vec::new(),
    }
}

#[test]
fn f1_no_confidential_kind_can_be_given_an_address() {
    for kind in ServiceType::confidential() {
        assert_eq!(
            Provision::new(vec![ServiceType::Helpline, kind], somewhere()),
            Err(AddressNotAllowed),
            "{kind}"
        );
        let open = Place::Unknown {
            schedules: vec![Schedule::default()],
        };
        assert_eq!(
            Provision::new(vec![kind], open),
            Err(AddressNotAllowed),
            "{kind}"
        );
    }
    for kind in ServiceType::ALL
        .iter()
        .filter(|kind| !kind.is_confidential())
    {
        assert!(Provision::new(vec![*kind], somewhere()).is_ok(), "{kind}");
    }
}

#[test]
fn json_cannot_smuggle_an_address_into_a_confidential_entry() {
    let smuggled = r#"{"types":["refuge"],"place":{"kind":"public","locations":[{"location_type":"physical","postcode":"BS1 1AA"}]}}"#;
    assert!(serde_json::from_str::<Provision>(smuggled).is_err());
    let extra = r#"{"types":["refuge"],"place":{"kind":"confidential","postcode":"BS1 1AA"}}"#;
    assert!(serde_json::from_str::<Provision>(extra).is_err());
}

#[test]
fn a_confidential_kind_of_unknown_place_is_confidential() {
    let mut entry = Entry::new("1", "Harbour");
    entry.provision = Provision::new(vec![ServiceType::Refuge], Place::default()).unwrap();
    assert!(entry.is_confidential());
    assert!(entry.locations().is_empty() && entry.schedules().is_empty());
}

#[test]
fn an_entry_survives_json_and_gives_the_same_canonical_text() {
    let mut entry = Entry::new("1", "Advice desk");
    entry.provision = Provision::new(vec![ServiceType::HousingAdvice], somewhere()).unwrap();
    entry.eligibility.women = Some(false);
    entry.needs = vec![NeedType::Debt];
    let text = entry.canonical_json().unwrap();
    let back: Entry = serde_json::from_str(&text).unwrap();
    assert_eq!(back, entry);
    assert_eq!(back.canonical_json().unwrap(), text);
    entry.confirmed_at = At::parse("2026-01-01T00:00:00Z");
    assert_eq!(
        entry.canonical_json().unwrap(),
        text,
        "our own confirmation is no change of the feed"
    );
}

#[test]
fn local_numbers_tell_a_place_and_national_ones_do_not() {
    for safe in [
        "0808 2000 247",
        "0300 123 4567",
        "07700 900123",
        "+44 808 2000 247",
        "+44 (0)300 123 4567",
        "116 123",
        "999",
    ] {
        assert!(Phone::new(safe).tells_no_place(), "{safe}");
    }
    for telling in [
        "0117 496 0000",
        "+44 117 496 0000",
        "020 7946 0000",
        "305-253-4841",
        "+1 800 555 0100",
        "",
        "tel",
    ] {
        assert!(!Phone::new(telling).tells_no_place(), "{telling}");
    }
}
