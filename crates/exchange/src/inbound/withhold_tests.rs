//! What is withheld with a place, wherever it stands.

use super::*;
use crate::inbound::oruk_v3;
use serde_json::json;

fn settled(json: &serde_json::Value) -> (Entry, Option<Because>) {
    let mut notes = Notes::new(1);
    settle(
        oruk_v3::draft(json.as_object().unwrap(), "1".to_owned(), &mut notes),
        |_| false,
        false,
        &mut notes,
    )
}

fn leaky(name: &str) -> serde_json::Value {
    json!({
        "id": "1", "name": name, "url": "https://harbour.example", "email": "help@harbour.example",
        "description": "Safe and warm at 14 Quay Street, Anytown, ZZ1 2ZZ. Ring 0117 496 0123 or 0808 2000 247.",
        "service_areas": [{"id": "a", "name": "Bristol"}, {"id": "b", "name": "Quayside estate"}],
        "phones": [{"id": "p", "number": "0117 496 0123"}, {"id": "q", "number": "0808 2000 247"}],
        "contacts": [{"id": "c", "name": "Pat Example", "phones": [{"id": "r", "number": "0117 496 0124"}]}],
        "schedules": [{"id": "s", "opens_at": "09:00", "closes_at": "17:00", "byday": "MO"}],
        "service_at_locations": [{"id": "l", "location": {"id": "m", "location_type": "physical", "latitude": 51.45123, "longitude": -2.59123,
            "addresses": [{"id": "n", "address_1": "14 Quay Street", "city": "Anytown", "postal_code": "ZZ1 2ZZ"}]}}],
    })
}

#[test]
fn nothing_that_tells_where_a_refuge_is_reaches_the_entry() {
    let (entry, because) = settled(&leaky("Harbour Refuge"));
    assert_eq!(because, Some(Because::Name));
    assert!(entry.is_confidential());
    assert_eq!(
        entry.place(),
        &Place::Confidential {
            area_label: Some("Bristol".into())
        }
    );
    let text = serde_json::to_string(&entry).unwrap();
    for secret in [
        "Quay", "ZZ1", "2ZZ", "0117", "51.45", "-2.59", "Pat", "Anytown", "09:00",
    ] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(text.contains("0808 2000 247") && text.contains("help@harbour.example"));
}

/// Whatever field of the feed the town and the street stand in, they are not in the entry; but the name by which people know a
/// service keeps its town.
#[test]
fn a_withheld_town_survives_in_no_field() {
    let mut feed = leaky("Harbour Refuge");
    let more = json!({
        "accreditations": "Canarytown standard", "interpretation_services": "Canarytown interpreters", "wait_time": "Canarytown",
        "fees_description": "Canarytown", "application_process": "Canarytown", "eligibility_description": "Canarytown",
        "alternate_name": "Canarytown house", "url": "https://h.example/14+Quay+Street?near=maps.example",
        "languages": [{"id": "1", "name": "Canarytown Welsh"}, {"id": "2", "name": "Welsh"}],
        "description": "A safe house in Canarytown: Rose Cottage, for women of the Quayside estate. Ask for Pat Example.",
        "service_areas": [{"id": "a", "name": "Bristol"}, {"id": "b", "name": "Quayside estate"}],
        "funding": [{"id": "1", "source": "Canarytown fund"}],
        "required_documents": [{"id": "1", "document": "Canarytown library card"}],
        "cost_options": [{"id": "1", "option": "Canarytown", "amount": 5, "amount_description": "in Canarytown", "currency": "GBP"}],
        "phones": [{"id": "p", "number": "0808 2000 247", "extension": "Canarytown", "type": "Canarytown", "description": "Canarytown",
            "languages": [{"id": "1", "name": "Canarytown"}]}],
        "contacts": [{"id": "c", "name": "Pat Example", "title": "Manager, Canarytown", "email": "c@h.example"}],
        "organization": {"id": "o", "name": "Harbour", "description": "Of Canarytown.", "website": "https://maps.example/?q=14+Quay"},
        "attributes": [
            {"id": "1", "taxonomy_term": {"id": "t", "name": "Canarytown", "taxonomy": "places"}},
            {"id": "2", "taxonomy_term": {"id": "Canarytown", "name": "One", "taxonomy": "places"}},
            {"id": "3", "taxonomy_term": {"id": "u", "name": "Two", "taxonomy": "Wards of Canarytown"}},
            {"id": "4", "taxonomy_term": {"id": "v", "name": "Counselling", "taxonomy": "kinds"}}],
    });
    feed.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    // The town in its field, at the end of a line, and as a line of its own.
    let mut last = None;
    for (place, address) in [
        (
            "Rose Cottage",
            json!({"id": "n", "address_1": "14 Quay Street", "city": "Canarytown", "postal_code": "ZZ1 2ZZ"}),
        ),
        (
            "Rose Cottage",
            json!({"id": "n", "address_1": "14 Quay Street, Canarytown", "postal_code": "ZZ1 2ZZ"}),
        ),
        (
            "Safe House",
            json!({"id": "n", "address_1": "14 Quay Street", "address_2": "Canarytown", "state_province": "Bristol"}),
        ),
        (
            "Refuge",
            json!({"id": "n", "address_1": "14 Quay Street", "state_province": "Canarytown"}),
        ),
    ] {
        feed["service_at_locations"] = json!([{"id": "l", "location": {"id": "m", "location_type": "physical", "name": place,
            "addresses": [address]}}]);
        let (entry, because) = settled(&feed);
        assert!(because.is_some());
        let text = serde_json::to_string(&entry).unwrap();
        for secret in ["Canarytown", "Quay", "maps.", "Pat"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        // The name of the place goes too, unless it only says what kind of place it is.
        assert_eq!(text.contains("Rose Cottage"), place != "Rose Cottage");
        for kept in [
            "Counselling",
            "0808 2000 247",
            "c@h.example",
            "Welsh",
            "Bristol",
            "safe house",
            "Harbour Refuge",
        ] {
            assert!(text.contains(kept), "{kept} not in {text}");
        }
        last = Some(entry);
    }
    // Where the reader cannot yet bring a text, somebody may still type it in.
    let mut typed = last.unwrap();
    let canary = || Some("14 Quay Street, ZZ1 2ZZ".to_owned());
    typed.phones[0].extension = canary();
    typed.phones[0].kind = canary();
    typed.contacts[0].title = canary();
    typed.organisation.as_mut().unwrap().website = Some("https://what3words.com/a.b.c".into());
    typed.terms[0].taxonomy = canary();
    typed.languages[0].code = canary();
    let text = serde_json::to_string(&*outward(&typed)).unwrap();
    for secret in ["Quay", "ZZ1", "what3words"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[test]
fn an_ordinary_service_keeps_everything() {
    let (entry, because) = settled(&leaky("Harbour café"));
    assert_eq!(because, None);
    assert_eq!(
        (
            entry.locations().len(),
            entry.schedules().len(),
            entry.phones.len()
        ),
        (1, 1, 2)
    );
}

#[test]
fn a_steward_can_clear_a_doubt_but_not_a_kind_that_is_confidential() {
    let mut notes = Notes::new(1);
    let draft = |json: &serde_json::Value| {
        oruk_v3::draft(
            json.as_object().unwrap(),
            "1".to_owned(),
            &mut Notes::new(1),
        )
    };
    let (entry, _) = settle(draft(&leaky("Refuge outreach")), |_| true, true, &mut notes);
    assert_eq!(entry.locations().len(), 1);
    let mut typed = leaky("Harbour");
    typed
        .as_object_mut()
        .unwrap()
        .insert("service_types".into(), json!(["refuge"]));
    let (entry, because) = settle(draft(&typed), |_| true, true, &mut notes);
    assert!(entry.is_confidential() && because == Some(Because::KindOfService));
}

#[test]
fn a_doubt_about_a_listing_that_shows_no_place_withholds_nothing() {
    let (entry, because) = settled(
        &json!({"id": "1", "name": "Play", "description": "Staff visit a domestic violence shelter."}),
    );
    assert_eq!((because, entry.place()), (None, &Place::default()));
}

#[test]
fn a_name_that_is_short_or_a_part_of_a_name_survives_in_no_text() {
    let mut feed = leaky("Harbour Refuge");
    let more = json!({
        "description": "In Ayr, by the river Ayr: ask for Pat. Ayrshire has a bathroom for everyone.",
        "alternate_name": "The AYR house",
        "attributes": [{"id": "1", "taxonomy_term": {"id": "t", "name": "Ayr", "taxonomy": "places"}}],
        "service_at_locations": [{"id": "l", "location": {"id": "m", "location_type": "physical",
            "addresses": [{"id": "n", "address_1": "14 Quay Street", "city": "Ayr", "postal_code": "ZZ1 2ZZ"}]}}],
    });
    feed.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let (entry, _) = settled(&feed);
    let text = serde_json::to_string(&entry).unwrap();
    for secret in ["Ayr,", "Ayr:", "AYR", "\"Ayr\"", "Pat"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(text.contains("Ayrshire has a bathroom"), "{text}");
}

#[test]
fn an_area_with_a_wide_name_keeps_no_narrow_code() {
    let mut feed = leaky("Harbour Refuge");
    feed["service_areas"] = json!([
        {"id": "a", "name": "Bristol", "extent": "E05010885", "uri": "E05010885"},
    ]);
    let (mut entry, _) = settled(&feed);
    for (code, stays) in [
        ("E05010885", false),
        ("E01014485", false),
        ("E06000023", true),
    ] {
        entry.service_areas = vec![ServiceArea {
            name: "Bristol".into(),
            code: Some(code.into()),
        }];
        let out = outward(&entry).into_owned();
        assert_eq!(out.service_areas[0].code.is_some(), stays, "{code}");
        assert_eq!(out.service_areas[0].name, "Bristol");
    }
    let text = serde_json::to_string(&settled(&feed).0).unwrap();
    assert!(!text.contains("E05010885"), "{text}");
}

#[test]
fn what_was_withheld_stays_so_until_a_steward_clears_it_whatever_it_says_now() {
    let read = |feed: &serde_json::Value, cleared: bool| {
        settle(
            oruk_v3::draft(
                feed.as_object().unwrap(),
                "1".to_owned(),
                &mut Notes::new(1),
            ),
            |_| cleared,
            true,
            &mut Notes::new(1),
        )
    };
    let mut reworded = leaky("Harbour café");
    reworded["description"] = json!("A warm welcome.");
    let (entry, because) = read(&reworded, false);
    assert_eq!(because, Some(Because::WithheldBefore));
    assert!(entry.is_confidential() && entry.phones.len() == 1);
    let (entry, because) = read(&reworded, true);
    assert_eq!((because, entry.locations().len()), (None, 1));
    // A row that says nothing of a place for a while is not forgotten.
    let (entry, because) = read(&json!({"id": "1", "name": "Harbour"}), false);
    assert!(because.is_none() && entry.is_confidential());
}

#[test]
fn what_a_row_says_in_any_word_of_its_place_or_its_class_is_evidence() {
    let place = |more: serde_json::Value| {
        let mut feed = leaky("Harbour");
        let inner = feed["service_at_locations"][0]["location"].as_object_mut();
        inner.unwrap().extend(more.as_object().unwrap().clone());
        feed
    };
    let with = |more: serde_json::Value| {
        let mut feed = leaky("Harbour");
        let row = feed.as_object_mut().unwrap();
        row.extend(more.as_object().unwrap().clone());
        feed
    };
    let refuge = json!([{"id": "1", "taxonomy_term": {"id": "t", "name": "Women's refuge", "taxonomy": "kinds"}}]);
    let at = |more: serde_json::Value| {
        let mut feed = leaky("Harbour");
        let inner = feed["service_at_locations"][0].as_object_mut();
        inner.unwrap().extend(more.as_object().unwrap().clone());
        feed
    };
    let told = "A refuge for women fleeing domestic abuse.";
    for feed in [
        place(json!({"description": told})),
        place(json!({"alternate_name": "Women's refuge"})),
        place(json!({"attributes": refuge})),
        at(json!({"description": told})),
        at(json!({"attributes": refuge})),
        with(json!({"alert": told})),
        with(json!({"program": {"id": "1", "name": "Safe", "description": told}})),
        with(
            json!({"attributes": [{"id": "1", "label": "Women's refuge", "taxonomy_term": {"id": "t", "name": "Kind"}}]}),
        ),
        with(
            json!({"attributes": [{"id": "1", "value": "Women's refuge", "taxonomy_term": {"id": "t", "name": "Kind"}}]}),
        ),
        with(
            json!({"attributes": [{"id": "1", "taxonomy_term": {"id": "t", "name": "Kind 4", "description": told}}]}),
        ),
        with(
            json!({"organization": {"id": "o", "name": "Harbour", "attributes": [
            {"id": "1", "taxonomy_term": {"id": "t", "name": "Domestic abuse refuge"}}]}}),
        ),
    ] {
        let (entry, because) = settled(&feed);
        assert!(because.is_some() && entry.is_confidential(), "{feed}");
        let text = serde_json::to_string(&entry).unwrap();
        assert!(!text.contains("Quay") && !text.contains("ZZ1"), "{text}");
    }
    let (entry, because) = settled(&place(json!({"description": "A café with a garden."})));
    assert_eq!((because, entry.locations().len()), (None, 1));
}

#[test]
fn a_team_keeps_its_name_and_a_person_does_not() {
    let read = |name: &str| {
        let mut feed = leaky("Harbour Refuge");
        feed["contacts"] =
            json!([{"id": "c", "name": name, "phones": [{"id": "r", "number": "0808 2000 247"}]}]);
        feed["description"] = json!("For mental health, ask.");
        settled(&feed).0
    };
    for team in [
        "Mental Health Team",
        "Duty desk",
        "The 'Women's Support' Line",
        "Out of hours service",
    ] {
        let entry = read(team);
        assert_eq!(entry.contacts[0].name.as_deref(), Some(team));
        assert_eq!(
            entry.description.as_deref(),
            Some("For mental health, ask.")
        );
    }
    for other in [
        "Pat Example",
        "Rose Hall",
        "Mr Young",
        "Young",
        "Support, Pat",
        "Pat's team",
        "Quay Street office",
        "Anytown Mental Health Team",
        "Team",
    ] {
        let name = read(other).contacts[0].name.clone();
        assert_eq!(name.is_some(), other == "Team", "{other}");
    }
}
