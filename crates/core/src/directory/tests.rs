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
        "116",
        "116 12",
        "123456",
    ] {
        assert!(!Phone::new(telling).tells_no_place(), "{telling}");
    }
}

#[test]
fn the_confidential_kinds_are_those_that_house_people_who_flee() {
    let kinds: Vec<&str> = ServiceType::confidential()
        .map(crate::code::Code::code)
        .collect();
    assert_eq!(
        kinds,
        [
            "refuge",
            "specialist_safe_accommodation",
            "dispersed_accommodation",
            "second_stage",
            "other_designated_emergency",
            "respite_room",
        ]
    );
}

#[test]
fn an_entry_tells_its_kinds_places_and_hours_unless_they_are_confidential() {
    let hours = vec![Schedule::default()];
    let place = Place::Public {
        locations: vec![Location::default()],
        schedules: hours.clone(),
    };
    let mut entry = Entry::new("1", "Advice desk");
    entry.provision = Provision::new(vec![ServiceType::HousingAdvice], place).unwrap();
    assert_eq!(entry.types(), [ServiceType::HousingAdvice]);
    assert_eq!((entry.locations().len(), entry.schedules().len()), (1, 1));
    assert!(!entry.is_confidential());

    let unknown = Place::Unknown { schedules: hours };
    entry.provision = Provision::new(vec![ServiceType::HousingAdvice], unknown).unwrap();
    assert_eq!((entry.locations().len(), entry.schedules().len()), (0, 1));

    let kinds = vec![
        ServiceType::Refuge,
        ServiceType::Helpline,
        ServiceType::Refuge,
    ];
    entry.provision = Provision::confidential(kinds, Some("Kent".to_owned()));
    assert!(entry.is_confidential());
    assert_eq!(entry.types().len(), 2, "each once");
    assert!(entry.types().contains(&ServiceType::Refuge));
    assert_eq!((entry.locations().len(), entry.schedules().len()), (0, 0));
    let Place::Confidential { area_label } = entry.place() else {
        panic!("its place was lost");
    };
    assert_eq!(area_label.as_deref(), Some("Kent"));
}

#[test]
fn who_may_come_is_not_known_until_something_is_said() {
    assert!(Eligibility::default().says_nothing());
    let said = Eligibility {
        women: Some(false),
        ..Eligibility::default()
    };
    assert!(!said.says_nothing());
}
