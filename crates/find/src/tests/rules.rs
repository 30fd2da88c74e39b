use super::*;
use throughline_core::circumstances::Asker;
use throughline_core::directory::{Capacity, Room, RoomSaid};

/// A person about whom every question arises.
fn awkward() -> Circumstances {
    serde_json::from_str(
        r#"{"needs":["safe_accommodation"],"postcode":"BS1 5TR","gender":"trans_woman","lgb":true,"age":17,
        "children":[{"age":14,"son":true},{}],"pregnant":true,"nrpf":"unsure","immigration_worry":true,
        "access":["wheelchair","deaf","learning_disability","mental_health"],"languages":["Tigrinya"],"pets":true,
        "alcohol":true,"drugs":true,"offending":true,"in_work":true,"can_pay":false,"communities":["deaf"],
        "can_travel":false,"ways":["text"],"safe_times":[{"day":"TU","from":"09:00","until":"15:00"}],
        "avoid_areas":["W92000004"],"avoid_postcodes":["SE1"],"asker":"person"}"#,
    )
    .unwrap()
}

/// Entries that say nothing at all, of each kind of place.
fn silent() -> Vec<Listing> {
    let mut public = Entry::new("3", "Silent, public");
    let nowhere = Place::Public {
        locations: vec![],
        schedules: vec![],
    };
    public.provision = Provision::new(vec![], nowhere).unwrap();
    let mut listings = vec![
        listing(1, Entry::new("1", "Silent")),
        refuge(2, "Silent refuge", None),
        listing(3, public),
    ];
    for listing in &mut listings {
        listing.confirmed_at = None;
    }
    listings
}

#[test]
fn what_an_entry_does_not_say_is_never_a_yes() {
    let directory = snapshot(silent());
    let told = awkward();
    let home = Home::from_told(&told, &KNOWLEDGE.gazetteer);
    let mut asked = BTreeSet::new();
    for listed in directory.all() {
        let case = Case {
            told: &told,
            wanted: &[NeedType::Debt],
            home: home.as_ref(),
            listed,
            band: None,
            knowledge: &KNOWLEDGE,
            now: now(),
            local: Local::at(now()),
        };
        for rule in RULES {
            if let Some(found) = (rule.judge)(&case) {
                assert_ne!(
                    found.verdict,
                    Verdict::Yes,
                    "{} of {}",
                    rule.id,
                    listed.entry().name
                );
                if rule.kind == Kind::Eligibility {
                    assert_eq!(
                        found.verdict,
                        Verdict::AskService,
                        "{} of {}",
                        rule.id,
                        listed.entry().name
                    );
                    asked.insert(rule.id);
                }
            }
        }
    }
    let eligibility = RULES
        .iter()
        .filter(|rule| rule.kind == Kind::Eligibility)
        .count();
    assert_eq!(
        asked.len(),
        eligibility,
        "every question arose for somebody: {asked:?}"
    );
}

#[test]
fn what_the_person_did_not_tell_is_never_a_no() {
    let directory = snapshot(synthetic_listings(&KNOWLEDGE, 5, 400, now()));
    let answer = find(&directory, &Query::default(), now());
    let only_room = |out: &RuledOut| out.rule == RuleId("capacity");
    assert!(
        answer.ruled_out.iter().all(only_room),
        "{:?}",
        answer.ruled_out
    );
}

#[test]
fn a_service_that_turns_some_people_away_says_so_before_anybody_asks() {
    let mut only_women = plain(1, "Women only", NeedType::Debt);
    only_women.entry.eligibility.women = Some(true);
    only_women.entry.eligibility.men = Some(false);
    only_women.entry.eligibility.pets = Some(false);
    let directory = snapshot(vec![only_women]);
    let answer = find(&directory, &Query::default(), now());
    assert_eq!(verdict_of(&answer, "gender"), Some(Verdict::AskPerson));
    assert_eq!(verdict_of(&answer, "pets"), Some(Verdict::AskPerson));
    let man = Circumstances {
        gender: Some(Gender::Man),
        ..Circumstances::default()
    };
    let answer = find(&directory, &query(man), now());
    assert_eq!(
        answer.ruled_out,
        [RuledOut {
            rule: RuleId("gender"),
            count: 1
        }]
    );
    assert_eq!(
        answer.if_only,
        [IfOnly {
            rule: RuleId("gender"),
            opens: 1
        }]
    );
}

#[test]
fn two_reasons_against_open_nothing_by_one_change() {
    let mut strict = plain(1, "Strict", NeedType::Debt);
    strict.entry.eligibility.pets = Some(false);
    strict.entry.eligibility.drugs = Some(false);
    let told = Circumstances {
        pets: Some(true),
        drugs: Some(true),
        ..Circumstances::default()
    };
    let answer = find(&snapshot(vec![strict]), &query(told), now());
    assert_eq!(
        answer.ruled_out.iter().map(|out| out.count).sum::<usize>(),
        1
    );
    assert_eq!(answer.if_only, []);
}

fn one(
    change: impl FnOnce(&mut Entry),
    told: &Circumstances,
    rule: &'static str,
) -> Option<Verdict> {
    let mut listing = refuge(1, "Refuge", None);
    change(&mut listing.entry);
    let answer = find(&snapshot(vec![listing]), &query(told.clone()), now());
    if answer.total == 0 {
        // A confidential refusal is not counted anywhere; it shows only as an absence.
        assert_eq!((answer.ruled_out.len(), answer.last_resort), (0, true));
        return Some(Verdict::No);
    }
    verdict_of(&answer, rule)
}

#[test]
fn a_son_too_old_is_a_no_and_a_child_of_unknown_sex_or_age_a_question() {
    let family = |child| Circumstances {
        children: Some(vec![child]),
        ..Circumstances::default()
    };
    let takes = |entry: &mut Entry| {
        entry.eligibility.children = Some(true);
        entry.eligibility.boys_up_to_age = Some(12);
    };
    for (child, expected) in [
        (
            Child {
                age: Some(13),
                son: Some(true),
            },
            Some(Verdict::No),
        ),
        (
            Child {
                age: Some(12),
                son: Some(true),
            },
            Some(Verdict::Yes),
        ),
        (
            Child {
                age: None,
                son: Some(true),
            },
            Some(Verdict::AskPerson),
        ),
        (
            Child {
                age: Some(13),
                son: None,
            },
            Some(Verdict::AskPerson),
        ),
        (
            Child {
                age: Some(13),
                son: Some(false),
            },
            None,
        ),
    ] {
        assert_eq!(one(takes, &family(child), "sons"), expected, "{child:?}");
    }
}

#[test]
fn no_recourse_left_out_on_purpose_is_neither_asked_of_the_person_nor_a_no() {
    let refuses = |entry: &mut Entry| entry.eligibility.no_recourse = Some(false);
    let told = |nrpf| Circumstances {
        nrpf: Some(nrpf),
        ..Circumstances::default()
    };
    assert_eq!(
        one(
            refuses,
            &told(NrpfState::NotRecordedOnPurpose),
            "no_recourse"
        ),
        Some(Verdict::AskService)
    );
    assert_eq!(
        one(refuses, &told(NrpfState::Unsure), "no_recourse"),
        Some(Verdict::AskService)
    );
    assert_eq!(
        one(refuses, &told(NrpfState::NoRecourse), "no_recourse"),
        Some(Verdict::No)
    );
    assert_eq!(
        one(refuses, &told(NrpfState::Recourse), "no_recourse"),
        None
    );
    assert_eq!(
        one(refuses, &Circumstances::default(), "no_recourse"),
        Some(Verdict::AskPerson)
    );
}

#[test]
fn an_old_word_on_room_is_asked_again_and_a_missing_one_is_not_zero() {
    let room = |available, updated: &str| throughline_core::directory::Capacity {
        unit: "rooms".into(),
        available,
        maximum: None,
        updated: At::parse(updated),
    };
    for (capacity, expected) in [
        (Some(room(Some(2), "2026-11-19T10:00:00Z")), Verdict::Yes),
        (Some(room(Some(0), "2026-11-19T10:00:00Z")), Verdict::No),
        (
            Some(room(Some(0), "2026-01-19T10:00:00Z")),
            Verdict::AskService,
        ),
        (
            Some(room(Some(2), "2026-01-19T10:00:00Z")),
            Verdict::AskService,
        ),
        (
            Some(room(Some(2), "2027-01-19T10:00:00Z")),
            Verdict::AskService,
        ),
        (
            Some(room(None, "2026-11-19T10:00:00Z")),
            Verdict::AskService,
        ),
        (None, Verdict::AskService),
    ] {
        let entry_of = |entry: &mut Entry| entry.capacity.clone_from(&capacity);
        assert_eq!(
            one(entry_of, &Circumstances::default(), "capacity"),
            Some(expected),
            "{capacity:?}"
        );
    }
}

#[test]
fn what_a_services_own_people_say_of_its_room_counts_for_a_week_and_a_refuges_for_workers_alone() {
    let said = |room, said_at: &str| {
        Some(RoomSaid {
            room,
            wait_days: None,
            said_at: At::parse(said_at).unwrap(),
        })
    };
    let older = Capacity {
        unit: "rooms".into(),
        available: Some(0),
        maximum: None,
        updated: At::parse("2026-11-18T10:00:00Z"),
    };
    let fresh = "2026-11-19T10:00:00Z";
    for (room, source, expected) in [
        (said(Room::Now, fresh), None, Verdict::Yes),
        (said(Room::Waiting, fresh), None, Verdict::AskPerson),
        (said(Room::Full, fresh), None, Verdict::No),
        (said(Room::Now, fresh), Some(&older), Verdict::Yes),
        (
            said(Room::Now, "2026-11-17T10:00:00Z"),
            Some(&older),
            Verdict::No,
        ),
        (
            said(Room::Full, "2026-01-19T10:00:00Z"),
            None,
            Verdict::AskService,
        ),
    ] {
        let entry_of = |entry: &mut Entry| {
            entry.room = room;
            entry.capacity = source.cloned();
        };
        let worker = Circumstances {
            asker: Some(Asker::Worker),
            ..Circumstances::default()
        };
        let got = one(entry_of, &worker, "capacity");
        assert_eq!(got.unwrap_or(Verdict::AskService), expected, "{room:?}");
    }
    // Whoever is not a worker learns nothing of how full a refuge is.
    let refuge = |entry: &mut Entry| {
        entry.provision = Provision::new(vec![ServiceType::Refuge], Place::default()).unwrap();
        entry.room = said(Room::Full, fresh);
    };
    for (asker, expected) in [
        (None, Verdict::AskService),
        (Some(Asker::Person), Verdict::AskService),
        (Some(Asker::Worker), Verdict::No),
    ] {
        let told = Circumstances {
            asker,
            ..Circumstances::default()
        };
        assert_eq!(one(refuge, &told, "capacity"), Some(expected), "{asker:?}");
    }
}

#[test]
fn areas_served_are_judged_through_counties_regions_and_nations() {
    for (served, home, expected) in [
        ("Bristol", "E06000023", Some(Verdict::Yes)),
        ("England", "E06000023", Some(Verdict::Yes)),
        ("South West", "E06000023", Some(Verdict::Yes)),
        ("Wales", "E06000023", None),
        ("Leeds", "E06000023", None),
        ("Ashford", "E10000016", Some(Verdict::AskService)),
        ("Kent", "E07000105", Some(Verdict::Yes)),
        ("The Marches", "E06000023", Some(Verdict::AskService)),
    ] {
        let told = Circumstances {
            area: Some(area(home)),
            ..Circumstances::default()
        };
        let listing = serving(plain(1, "Desk", NeedType::Debt), served);
        let answer = find(&snapshot(vec![listing]), &query(told), now());
        assert_eq!(
            verdict_of(&answer, "area_served"),
            expected,
            "{served} for {home}"
        );
        assert_eq!(answer.total == 0, expected.is_none());
    }
}

#[test]
fn a_service_that_no_longer_runs_is_not_offered_and_not_counted() {
    let mut gone = plain(1, "Gone", NeedType::Debt);
    gone.entry.status = Status::Defunct;
    let answer = find(&snapshot(vec![gone]), &Query::default(), now());
    assert_eq!((answer.total, answer.ruled_out.len()), (0, 0));
}

#[test]
fn a_refuge_of_unknown_area_is_asked_where_it_is_when_there_are_areas_to_stay_away_from() {
    let told = Circumstances {
        avoid_areas: vec![bristol()],
        ..Circumstances::default()
    };
    assert_eq!(one(|_| {}, &told, "stay_away"), Some(Verdict::AskService));
}

#[test]
fn every_rule_has_its_own_id() {
    let ids: BTreeSet<RuleId> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), RULES.len());
}

#[test]
fn judged_services_keep_no_more_than_is_needed_to_order_them() {
    assert!(
        std::mem::size_of::<Judged>() <= 128,
        "a large directory is judged at every keystroke"
    );
}
