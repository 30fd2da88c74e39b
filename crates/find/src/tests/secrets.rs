use super::*;

/// The directory as it would be had some services never existed, with confidential areas shown as they are now.
fn world_without(listings: &[Listing], gone: &BTreeSet<Ref>, as_shown_in: &Snapshot) -> Snapshot {
    let rest = listings
        .iter()
        .filter(|listing| !gone.contains(&listing.reference))
        .cloned();
    Snapshot::build_among(
        Arc::clone(&KNOWLEDGE),
        rest,
        Some(as_shown_in.crowds().clone()),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn services_to_stay_away_from_leave_no_trace(seed in any::<u64>()) {
        let listings = synthetic_listings(&KNOWLEDGE, seed, 120, now());
        let directory = snapshot(listings.clone());
        let mut stream = Stream::new(seed);
        for mut query in synthetic_queries(&KNOWLEDGE, seed ^ 3, 8) {
            query.told.avoid_services = (0..5).map(|_| listings[stream.below(listings.len())].reference).collect();
            let gone: BTreeSet<Ref> = directory
                .all()
                .filter(|listed| must_not_meet(listed, &query.told, &KNOWLEDGE.gazetteer))
                .map(Listed::reference)
                .collect();
            prop_assert!(gone.len() >= query.told.avoid_services.iter().collect::<BTreeSet<_>>().len());
            let without = world_without(&listings, &gone, &directory);
            prop_assert_eq!(find(&directory, &query, now()), find(&without, &query, now()));
        }
    }

    #[test]
    fn a_confidential_service_that_is_not_offered_leaves_no_trace(seed in any::<u64>()) {
        let listings = synthetic_listings(&KNOWLEDGE, seed, 120, now());
        let directory = snapshot(listings.clone());
        for query in synthetic_queries(&KNOWLEDGE, seed ^ 4, 8) {
            let answer = find(&directory, &query, now());
            let offered: BTreeSet<Ref> = answer.results.iter().map(|found| found.service).collect();
            let gone: BTreeSet<Ref> = directory
                .all()
                .filter(|listed| listed.entry().is_confidential() && !offered.contains(&listed.reference()))
                .map(Listed::reference)
                .collect();
            let without = world_without(&listings, &gone, &directory);
            prop_assert_eq!(answer, find(&without, &query, now()));
        }
    }

    #[test]
    fn no_service_to_stay_away_from_is_ever_offered(seed in any::<u64>()) {
        let directory = snapshot(synthetic_listings(&KNOWLEDGE, seed, 100, now()));
        for query in synthetic_queries(&KNOWLEDGE, seed, 8) {
            for found in find(&directory, &query, now()).results {
                let listed = directory.get(found.service).unwrap();
                prop_assert!(!must_not_meet(listed, &query.told, &KNOWLEDGE.gazetteer));
            }
        }
    }
}

/// What a searcher learns of the confidential services: order, words and distance.
fn seen(answer: &Answer) -> Vec<(Ref, Option<DistanceBand>, Vec<AreaCode>)> {
    let confidential = answer.results.iter().filter(|found| found.confidential);
    confidential
        .map(|found| (found.service, found.distance, found.areas.clone()))
        .collect()
}

#[test]
fn a_thousand_postcodes_of_one_council_tell_nothing_of_where_a_refuge_is() {
    // Two in each of the sixty councils nearest to Bristol, so that many lie close to the edge of a band.
    let middle = KNOWLEDGE
        .gazetteer
        .area(bristol())
        .unwrap()
        .centroid
        .unwrap();
    let mut councils = KNOWLEDGE.gazetteer.councils();
    councils.retain(|area| area.centroid.is_some());
    councils.sort_by(|a, b| {
        let from = |area: &throughline_core::geo::Area| middle.metres_to(area.centroid.unwrap());
        from(a).total_cmp(&from(b))
    });
    let mut listings: Vec<Listing> = (1..=120)
        .map(|n| {
            let name = format!("Refuge {n}");
            refuge(n, &name, Some(&councils[usize::from(n) / 2].name))
        })
        .collect();
    listings.extend(synthetic_listings(&KNOWLEDGE, 9, 50, now()));
    let directory = snapshot(listings);
    let letters = b"ABDEFGHJLNPQRSTUWXYZ";
    let (mut tried, mut first) = (0, None);
    'all: for sector in ["BS1 5", "BS2 8", "BS3 1", "BS5 6", "BS6 5", "BS7 8"] {
        for one in letters {
            for two in letters {
                let postcode =
                    Postcode::parse(&format!("{sector}{}{}", char::from(*one), char::from(*two)))
                        .unwrap();
                let resolved = KNOWLEDGE.gazetteer.resolve(&postcode).unwrap();
                if resolved.area() != Some(bristol()) {
                    continue;
                }
                for nearest_first in [false, true] {
                    let told = Circumstances {
                        needs: vec![NeedType::SafeAccommodation],
                        postcode: Some(postcode.clone()),
                        ..Circumstances::default()
                    };
                    let answer = find(
                        &directory,
                        &Query {
                            nearest_first,
                            ..query(told)
                        },
                        now(),
                    );
                    let learnt = seen(&answer);
                    let known = first.get_or_insert([None, None]);
                    let slot = &mut known[usize::from(nearest_first)];
                    assert_eq!(
                        slot.get_or_insert_with(|| learnt.clone()),
                        &learnt,
                        "{postcode}"
                    );
                }
                tried += 1;
                if tried == 1_000 {
                    break 'all;
                }
            }
        }
    }
    assert_eq!(tried, 1_000);
}

#[test]
fn an_area_with_one_confidential_service_is_not_named_for_it() {
    let alone = snapshot(vec![
        refuge(1, "Ash", Some("Bristol")),
        refuge(2, "Elm", Some("Leeds")),
        refuge(3, "Oak", Some("Leeds")),
    ]);
    let told = Circumstances {
        needs: vec![NeedType::SafeAccommodation],
        area: Some(bristol()),
        ..Circumstances::default()
    };
    let answer = find(&alone, &query(told), now());
    let of = |name: &str| {
        answer
            .results
            .iter()
            .find(|found| found.name == name)
            .unwrap()
    };
    assert_eq!(of("Ash").areas, [AreaCode::ENGLAND]);
    assert_eq!(
        of("Ash").distance,
        None,
        "the same council must not be told by its distance either"
    );
    assert_eq!(of("Elm").areas, [area("E08000035")]);
}

#[test]
fn a_second_listing_of_one_refuge_or_one_that_has_closed_hides_nobody() {
    let twice = |second: Listing| {
        let snapshot = snapshot(vec![refuge(1, "Ash", Some("Cornwall")), second]);
        let ash = snapshot.get(Ref::from_bytes([1; 16])).unwrap();
        ash.shown_area
    };
    let another = refuge(2, "Elm", Some("Cornwall"));
    assert_eq!(twice(another.clone()), Some(area("E06000052")));
    let mut closed = another.clone();
    closed.entry.status = Status::Defunct;
    let mut marked = another;
    marked.entry.provision = Provision::confidential(vec![], Some("Cornwall".to_owned()));
    for hides_nobody in [refuge(2, "ASH ", Some("Cornwall")), closed, marked] {
        assert_ne!(twice(hides_nobody), Some(area("E06000052")));
    }
}

#[test]
fn what_is_shown_of_a_sole_refuge_names_its_area_nowhere_and_the_next_snapshot_still_knows_it() {
    let in_area = |number, name, area| serving(refuge(number, name, Some(area)), area);
    let mut strict = in_area(1, "Ash", "Cornwall");
    strict.entry.eligibility.from_outside_area = Some(false);
    let first = snapshot(vec![
        strict,
        in_area(2, "Elm", "Leeds"),
        in_area(3, "Oak", "Leeds"),
    ]);
    let again = snapshot(first.kept().cloned().collect());
    for held in [&first, &again] {
        let of = |number| held.get(Ref::from_bytes([number; 16])).unwrap();
        let text = format!("{:?} {:?}", of(1).listing, of(1).served);
        assert!(
            !text.contains("Cornwall") && !text.contains("E06000052"),
            "{text}"
        );
        assert_eq!(of(1).entry().service_areas[0].name, "England");
        assert_eq!(of(2).entry().service_areas[0].name, "Leeds");
        assert_eq!(of(2).entry().service_areas.len(), 1);
    }
    // Nor can it be told by asking from one council after another.
    let asked_from = |home: &str| {
        let told = Circumstances {
            needs: vec![NeedType::SafeAccommodation],
            area: Some(area(home)),
            ..Circumstances::default()
        };
        let answer = find(&first, &query(told), now());
        let ash = answer.results.into_iter().find(|one| one.name == "Ash");
        ash.unwrap().fit
    };
    assert_eq!(asked_from("E06000052"), asked_from("E06000023"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_question_tells_in_which_council_a_sole_refuge_is(
        seed in any::<u64>(),
        one in 0_usize..300,
        other in 0_usize..300,
    ) {
        let councils = KNOWLEDGE.gazetteer.councils();
        let england: Vec<_> = councils.iter().filter(|area| area.is_within(AreaCode::ENGLAND)).collect();
        let (one, other) = (england[one % england.len()], england[other % england.len()]);
        // Nobody else here keeps a place confidential but two that lie elsewhere.
        let rest: Vec<Listing> = synthetic_listings(&KNOWLEDGE, seed, 60, now())
            .into_iter()
            .filter(|listing| !listing.entry.is_confidential())
            .chain([refuge(2, "Elm", Some("Cardiff")), refuge(3, "Oak", Some("Cardiff"))])
            .collect();
        let world = |area: &throughline_core::geo::Area| {
            let ash = serving(refuge(1, "Ash", Some(&area.name)), &area.name);
            snapshot(rest.iter().cloned().chain([ash]).collect())
        };
        let (here, there) = (world(one), world(other));
        let mut queries = synthetic_queries(&KNOWLEDGE, seed ^ 5, 8);
        // The attack: each place to stay away from, and each place to ask from, in turn.
        for area in [one, other, england[0], england[england.len() / 2]] {
            for told in [
                Circumstances { avoid_areas: vec![area.code], ..Circumstances::default() },
                Circumstances { area: Some(area.code), ..Circumstances::default() },
                Circumstances { area: Some(area.code), avoid_areas: vec![area.code], ..Circumstances::default() },
            ] {
                let needs = vec![NeedType::SafeAccommodation];
                queries.push(query(Circumstances { needs, ..told }));
            }
        }
        for query in queries {
            let (a, b) = (find(&here, &query, now()), find(&there, &query, now()));
            prop_assert_eq!(seen(&a), seen(&b));
            // Down to the last byte: reasons, counts, what was ruled out and what is said of the service itself.
            prop_assert_eq!(serde_json::to_string(&a).unwrap(), serde_json::to_string(&b).unwrap());
        }
    }
}

#[test]
fn a_place_finer_than_a_council_is_never_shown_for_a_confidential_service() {
    let listings = (1..=3)
        .map(|n| refuge(n, &format!("Refuge {n}"), Some("Stokes Croft")))
        .collect();
    let answer = find(&snapshot(listings), &Query::default(), now());
    assert!(
        answer
            .results
            .iter()
            .all(|found| found.areas.is_empty() && found.place_unknown)
    );
}

#[test]
fn the_answer_says_nothing_of_the_person_but_their_needs() {
    let told: Circumstances = serde_json::from_str(
        r#"{"needs":["debt"],"postcode":"BS1 5TR","nrpf":"no_recourse","age":34,"avoid_areas":["W92000004"]}"#,
    )
    .unwrap();
    let answer = find(
        &snapshot(vec![plain(1, "Desk", NeedType::Debt)]),
        &query(told),
        now(),
    );
    let text = serde_json::to_string(&answer).unwrap();
    for secret in ["BS1", "no_recourse\":", "34", "W92000004"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[test]
fn a_search_near_a_point_never_finds_a_confidential_service() {
    let listings = vec![
        refuge(1, "Refuge", Some("Bristol")),
        plain(2, "No place", NeedType::Debt),
    ];
    let middle = KNOWLEDGE
        .gazetteer
        .area(bristol())
        .unwrap()
        .centroid
        .unwrap();
    let near = Some(Near {
        point: middle,
        metres: 40_000_000.0,
    });
    assert!(
        text_search(
            &snapshot(listings),
            &Filter {
                near,
                ..Filter::default()
            }
        )
        .is_empty()
    );
}
