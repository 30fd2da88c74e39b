use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_indexes_find_what_a_plain_scan_finds(seed in any::<u64>()) {
        let listings = synthetic_listings(&KNOWLEDGE, seed, 120, now());
        let directory = snapshot(listings);
        for query in synthetic_queries(&KNOWLEDGE, seed ^ 1, 12) {
            prop_assert_eq!(find(&directory, &query, now()), find_by_scanning(&directory, &query, now()));
        }
    }

    #[test]
    fn the_index_of_words_scores_as_reading_every_word_does(seed in any::<u64>(), typed in "[a-e]{4,8}( (harbuor|counseling|debt|homelss|kestral))?") {
        let directory = snapshot(synthetic_listings(&KNOWLEDGE, seed, 60, now()));
        let words = KNOWLEDGE.splitter.words(&typed);
        let scores = directory.scores(&words);
        for position in directory.positions() {
            prop_assert_eq!(scores.get(&position).copied().unwrap_or(0), directory.score_slowly(position, &words));
        }
    }

    #[test]
    fn the_order_in_which_a_directory_was_read_changes_nothing(seed in any::<u64>()) {
        let listings = synthetic_listings(&KNOWLEDGE, seed, 80, now());
        let mut shuffled = listings.clone();
        let mut stream = Stream::new(seed ^ 2);
        for last in (1..shuffled.len()).rev() {
            shuffled.swap(last, stream.below(last + 1));
        }
        let (one, other) = (snapshot(listings), snapshot(shuffled));
        for query in synthetic_queries(&KNOWLEDGE, seed, 6) {
            prop_assert_eq!(find(&one, &query, now()), find(&other, &query, now()));
        }
    }

    #[test]
    fn pages_put_together_are_the_whole_answer(seed in any::<u64>(), size in 1_usize..9) {
        let directory = snapshot(synthetic_listings(&KNOWLEDGE, seed, 60, now()));
        for query in synthetic_queries(&KNOWLEDGE, seed, 3) {
            let whole = find(&directory, &query, now());
            let mut pages = Vec::new();
            while pages.len() < whole.total {
                let page = find(&directory, &Query { skip: pages.len(), limit: size, ..query.clone() }, now());
                prop_assert_eq!(page.total, whole.total);
                prop_assert!(!page.results.is_empty());
                pages.extend(page.results);
            }
            prop_assert_eq!(pages, whole.results);
        }
    }

    #[test]
    fn telling_who_is_ruled_out_adds_up(seed in any::<u64>()) {
        let directory = snapshot(synthetic_listings(&KNOWLEDGE, seed, 100, now()));
        for query in synthetic_queries(&KNOWLEDGE, seed, 6) {
            let answer = find(&directory, &query, now());
            for row in &answer.if_only {
                let out = answer.ruled_out.iter().find(|out| out.rule == row.rule);
                prop_assert!(out.is_some_and(|out| out.count >= row.opens));
            }
        }
    }
}

#[test]
fn fewer_open_questions_come_first_then_sooner_then_nearer_then_by_name() {
    let near = |number, name: &str, lat| {
        let mut listing = plain(number, name, NeedType::Debt);
        let location = throughline_core::directory::Location {
            point: Point::new(lat, -2.59).ok(),
            ..throughline_core::directory::Location::default()
        };
        listing.entry.provision = Provision::new(
            vec![],
            Place::Public {
                locations: vec![location],
                schedules: vec![],
            },
        )
        .unwrap();
        serving(listing, "Bristol")
    };
    let certain = near(1, "Zed, near", 51.45);
    let far = near(2, "Far", 52.45);
    let tied = near(3, "Alpha, near", 51.45);
    let mut doubtful = near(4, "Aardvark, doubtful", 51.45);
    doubtful.confirmed_at = None;
    let told = Circumstances {
        needs: vec![NeedType::Debt],
        area: Some(bristol()),
        ..Circumstances::default()
    };
    let answer = find(
        &snapshot(vec![certain, far, tied, doubtful]),
        &query(told),
        now(),
    );
    assert_eq!(
        names(&answer),
        ["Alpha, near", "Zed, near", "Far", "Aardvark, doubtful"]
    );
}

#[test]
fn a_service_of_unknown_place_is_found_flagged_and_given_no_distance() {
    let told = Circumstances {
        needs: vec![NeedType::Debt],
        area: Some(bristol()),
        ..Circumstances::default()
    };
    let answer = find(
        &snapshot(vec![plain(1, "Somewhere", NeedType::Debt)]),
        &query(told),
        now(),
    );
    assert!(answer.results[0].place_unknown);
    assert_eq!(answer.results[0].distance, None);
}

#[test]
fn an_empty_directory_still_sends_people_to_the_last_resort() {
    let answer = find(&snapshot(vec![]), &Query::default(), now());
    assert!(answer.last_resort && answer.total == 0);
    let told = Circumstances {
        needs: vec![NeedType::Debt],
        ..Circumstances::default()
    };
    assert!(
        find(
            &snapshot(vec![plain(1, "Clothes", NeedType::FoodAndEssentials)]),
            &query(told),
            now()
        )
        .last_resort
    );
}

#[test]
fn somebody_whose_home_area_is_not_safe_is_offered_places_away_from_it_first() {
    let listings = vec![
        refuge(1, "Alder, label unknown", None),
        refuge(2, "Birch, Bristol", Some("Bristol")),
        refuge(3, "Blackthorn, Bristol", Some("Bristol")),
        refuge(4, "Cedar, Leeds", Some("Leeds")),
        refuge(5, "Damson, Leeds", Some("Leeds")),
        // The only one in York: known to be in England, no more, so it may be near home.
        refuge(6, "Elder, York", Some("York")),
    ];
    let told = Circumstances {
        needs: vec![NeedType::SafeAccommodation],
        area: Some(bristol()),
        avoid_areas: vec![bristol()],
        ..Circumstances::default()
    };
    let answer = find(&snapshot(listings), &query(told), now());
    let away_first = [
        "Cedar, Leeds",
        "Damson, Leeds",
        "Elder, York",
        "Alder, label unknown",
    ];
    assert_eq!(names(&answer), away_first);
}
