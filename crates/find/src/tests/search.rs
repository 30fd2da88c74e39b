use super::*;

fn typed(text: &str) -> Query {
    Query {
        text: Some(text.into()),
        ..Query::default()
    }
}

fn directory() -> Snapshot {
    let mut hinting = listing(4, Entry::new("4", "Corner House"));
    hinting.entry.description = Some("We give out food parcels every Friday.".into());
    let mut nameless = listing(5, Entry::new("5", "Silver Thread"));
    nameless.entry.description = Some("A choir.".into());
    snapshot(vec![
        plain(1, "Harbour debt advice", NeedType::Debt),
        plain(2, "Harbour counselling", NeedType::EmotionalSupport),
        refuge(3, "Juniper", None),
        hinting,
        nameless,
    ])
}

#[test]
fn words_people_say_find_the_service_that_meets_the_need() {
    let answer = find(&directory(), &typed("I've been sleeping in my car"), now());
    assert_eq!(names(&answer), ["Juniper"]);
    assert_eq!(answer.needs, [NeedType::SafeAccommodation]);
}

#[test]
fn what_a_providers_words_hint_at_is_asked_not_promised() {
    let answer = find(&directory(), &typed("food bank"), now());
    assert_eq!(names(&answer), ["Corner House"]);
    assert_eq!(verdict_of(&answer, "need"), Some(Verdict::AskService));
    assert!(answer.last_resort, "nothing surely meets the need");
}

#[test]
fn a_name_is_found_with_one_slip_in_it() {
    for text in ["silver thraed", "Silver Thead", "SILVER threadd"] {
        assert_eq!(
            names(&find(&directory(), &typed(text), now())),
            ["Silver Thread"],
            "{text}"
        );
    }
    assert_eq!(
        names(&find(&directory(), &typed("juniperr"), now())),
        ["Juniper"]
    );
}

#[test]
fn words_that_match_nothing_give_the_last_resort() {
    let answer = find(&directory(), &typed("xylophonists"), now());
    assert!(answer.total == 0 && answer.last_resort);
}

#[test]
fn filters_keep_what_states_it_and_leave_out_what_does_not() {
    let mut stated = plain(1, "States it", NeedType::Debt);
    stated.entry.eligibility.minimum_age = Some(18);
    stated.entry.last_modified = At::parse("2026-06-01T00:00:00Z");
    stated.entry.terms.push(throughline_core::directory::Term {
        taxonomy: Some("esd".into()),
        source_id: Some("42".into()),
        name: "Money".into(),
    });
    let directory = snapshot(vec![stated, plain(2, "Silent", NeedType::Debt)]);
    let found = |filter: Filter| -> Vec<&str> {
        text_search(&directory, &filter)
            .iter()
            .map(|listed| listed.entry().name.as_str())
            .collect()
    };
    let all = Filter::default();
    assert_eq!(found(all.clone()).len(), 2);
    assert_eq!(
        found(Filter {
            minimum_age: Some(30),
            ..all.clone()
        }),
        ["States it"]
    );
    assert_eq!(
        found(Filter {
            maximum_age: Some(17),
            ..all.clone()
        })
        .len(),
        0
    );
    assert_eq!(
        found(Filter {
            taxonomy_term_id: Some("42".into()),
            ..all.clone()
        }),
        ["States it"]
    );
    assert_eq!(
        found(Filter {
            modified_after: At::parse("2026-01-01T00:00:00Z"),
            ..all.clone()
        }),
        ["States it"]
    );
    assert_eq!(
        found(Filter {
            modified_after: At::parse("2026-07-01T00:00:00Z"),
            ..all.clone()
        })
        .len(),
        0
    );
    assert_eq!(
        found(Filter {
            text: Some("silnt".into()),
            ..all
        }),
        ["Silent"]
    );
}

proptest! {
    #[test]
    fn nearness_by_index_is_nearness_by_measuring(seed in any::<u64>(), metres in 100.0_f64..300_000.0) {
        let directory = snapshot(synthetic_listings(&KNOWLEDGE, seed, 60, now()));
        let point = Point::new(52.0, -1.5).unwrap();
        let slow: BTreeSet<Ref> = directory
            .all()
            .filter(|listed| listed.places.iter().filter_map(|place| place.point).any(|at| point.metres_to(at) <= metres))
            .map(Listed::reference)
            .collect();
        let near = Some(Near { point, metres });
        let fast: BTreeSet<Ref> =
            text_search(&directory, &Filter { near, ..Filter::default() }).iter().map(|listed| listed.reference()).collect();
        prop_assert_eq!(fast, slow);
    }

    #[test]
    fn nothing_anybody_types_breaks_the_search(text in "\\PC{0,60}") {
        let answer = find(&directory(), &typed(&text), now());
        prop_assert!(answer.total >= answer.results.len());
        let _found = text_search(&directory(), &Filter { text: Some(text), ..Filter::default() });
    }
}

#[test]
fn who_was_asked_before_comes_last_and_nothing_else_changes() {
    let directory = directory();
    let plain = find(&directory, &Query::default(), now());
    let first = plain.results[0].service;
    let asked = Query {
        asked_before: vec![first],
        ..Query::default()
    };
    let after = find(&directory, &asked, now());
    assert_eq!(after.results.last().unwrap().service, first);
    assert_eq!(
        (after.total, after.ruled_out),
        (plain.total, plain.ruled_out)
    );
    let rest = |answer: &[Match]| -> Vec<Ref> {
        let services = answer.iter().map(|found| found.service);
        services.filter(|service| *service != first).collect()
    };
    assert_eq!(rest(&after.results), rest(&plain.results));
}
