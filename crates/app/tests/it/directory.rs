//! Feeds taken over through the use case, on both databases: real feeds where they are at hand, and feeds that misbehave.

use crate::feed::{adds_up, bytes, office, real, take};
use throughline_app::directory_aside::{self, Decision};
use throughline_app::directory_import::ImportError;
use throughline_app::directory_node::SearchKind;
use throughline_app::directory_source::FromPath;
use throughline_app::{App, Error, directory, find};
use throughline_core::need::NeedType;
use throughline_find::Query;
use throughline_store::feed::RunOutcome;
use throughline_testkit::both;

both!(bristol_is_taken_over_once_and_then_unchanged, |world| {
    let Some(path) = real("bristol.oruk-v1.json") else {
        return;
    };
    let (app, ours, steward) = office(world).await;
    let dry = take(&app, &steward, ours, FromPath(path.clone()), true)
        .await
        .unwrap();
    assert_eq!((dry.read, dry.added), (819, 818));
    assert!(
        app.directory.snapshot().is_empty(),
        "a dry run shows nothing"
    );

    let first = take(&app, &steward, ours, FromPath(path.clone()), false)
        .await
        .unwrap();
    adds_up(&first);
    assert_eq!(
        (
            first.read,
            first.added,
            first.changed,
            first.unchanged,
            first.quarantined
        ),
        (819, 818, 0, 0, 1)
    );
    assert_eq!(app.directory.snapshot().len(), 818);
    let again = take(&app, &steward, ours, FromPath(path), false)
        .await
        .unwrap();
    adds_up(&again);
    assert_eq!(
        (
            again.read,
            again.added,
            again.changed,
            again.unchanged,
            again.quarantined
        ),
        (819, 0, 0, 818, 1)
    );
    let query = Query {
        text: Some("debt".into()),
        limit: 5,
        ..Query::default()
    };
    let answer = find::find(&app, &query, SearchKind::Worker);
    assert!(answer.total > 0 && answer.needs.contains(&NeedType::Debt));
    assert!(
        answer
            .results
            .iter()
            .all(|one| one.distance.is_none() && one.place_unknown)
    );
    let queue = directory::queue(&app, &steward).await.unwrap();
    assert_eq!(
        queue
            .waiting
            .iter()
            .filter(|row| row.reason == "repeated_id")
            .count(),
        1
    );
    let csv = directory::problems_csv(&app, &steward, queue.feeds[0].runs[0].reference)
        .await
        .unwrap();
    assert!(csv.len() > 1_000);
});

both!(miami_is_taken_over_whole, |world| {
    let Some(path) = real("miami-hsds-1.1") else {
        return;
    };
    let (app, ours, steward) = office(world).await;
    let report = take(&app, &steward, ours, FromPath(path), false)
        .await
        .unwrap();
    adds_up(&report);
    assert_eq!(
        (report.read, report.schedules, report.terms),
        (4_089, 11_350, 26_259)
    );
});

const NAMELESS: &str = r#"{"contents":[
    {"id":"1","name":"Advice desk","url":"https://a.example"},
    {"id":"2","name":"","url":"https://b.example"},
    {"id":"3","name":"Hall with no number"},
    {"id":"4","name":""}]}"#;

both!(
    a_row_without_a_name_is_set_aside_and_shown_to_the_steward,
    |world| {
        let (app, ours, steward) = office(world).await;
        let first = take(&app, &steward, ours, bytes(NAMELESS), false)
            .await
            .unwrap();
        adds_up(&first);
        assert_eq!((first.read, first.added, first.quarantined), (4, 3, 1));
        assert_eq!(first.withheld, 0);
        let told: Vec<(u64, &str)> = first
            .problems
            .iter()
            .filter(|problem| problem.problem.starts_with("no name") || problem.field == "contacts")
            .map(|problem| (problem.row, problem.problem.as_ref()))
            .collect();
        assert_eq!(
            told,
            [
                (2, "no name"),
                (3, "no way to reach it"),
                (4, "no name, and nothing else is said")
            ]
        );
        // Both wait for the steward; the one that says nothing at all is found by nobody.
        let queue = directory::queue(&app, &steward).await.unwrap();
        let waiting: Vec<(u64, &str)> = queue
            .waiting
            .iter()
            .map(|row| (row.row, row.reason.as_str()))
            .collect();
        assert_eq!(waiting, [(2, "no_name"), (4, "no_name")]);
        let answer = find::find(&app, &Query::default(), SearchKind::Worker);
        assert!(
            answer
                .results
                .iter()
                .all(|one| one.name != "Name not known")
        );
        let opened = directory_aside::open(&app, &steward, queue.waiting[0].reference)
            .await
            .unwrap();
        assert_eq!(opened.decisions, [Decision::Discard]);
        assert_eq!(opened.raw.unwrap()["url"], "https://b.example");
        let again = take(&app, &steward, ours, bytes(NAMELESS), false)
            .await
            .unwrap();
        adds_up(&again);
        assert_eq!((again.unchanged, again.quarantined), (3, 1));
        // Once its publisher names it, it is a service like any other.
        let named = NAMELESS.replace(r#""id":"2","name":"""#, r#""id":"2","name":"Food bank""#);
        let named = take(&app, &steward, ours, bytes(&named), false)
            .await
            .unwrap();
        assert_eq!((named.added, named.unchanged, named.quarantined), (1, 3, 0));
    }
);

/// An office whose words suggest a refuge; with and without an identifier of its own.
fn office_feed(id: &str, name: &str, street: &str, longitude: &str, touched: &str) -> String {
    format!(
        r#"{{"contents":[{{{id}"name":"{name}","organization":{{"id":"o","name":"Harbour"}},"url":"https://a.example","last_modified":"{touched}",
        "service_at_locations":[{{"id":"l","location":{{"id":"x","location_type":"physical","latitude":51.45,"longitude":{longitude},
        "addresses":[{{"id":"y","address_1":"{street}","city":"Anytown","postal_code":"ZZ1 2ZZ","country":"GB","address_type":"physical"}}]}}}}]}}]}}"#
    )
}

both!(
    what_a_steward_cleared_stays_cleared_only_while_it_says_the_same,
    |world| {
        let (app, ours, steward) = office(world).await;
        let (first, later) = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
        for id in [r#""id":"1","#, ""] {
            let name = if id.is_empty() {
                "Refuge support"
            } else {
                "Refuge outreach"
            };
            let cleared = office_feed(id, name, "2 Market Row", "-2.5912345678", first);
            take(&app, &steward, ours, bytes(&cleared), false)
                .await
                .unwrap();
            let waiting = directory::queue(&app, &steward).await.unwrap().waiting;
            assert_eq!(waiting.len(), 1);
            directory_aside::decide(&app, &steward, waiting[0].reference, Decision::ShowAddress)
                .await
                .unwrap();
            let shown = |app: &App| {
                let snapshot = app.directory.snapshot();
                let all: Vec<_> = snapshot.all().map(|one| one.entry().clone()).collect();
                format!("{all:?}")
            };
            assert!(shown(&app).contains("2 Market Row"));
            // The same again, touched since: still cleared, and nobody is asked twice.
            let same = office_feed(id, name, "2 Market Row", "-2.5912345678", later);
            take(&app, &steward, ours, bytes(&same), false)
                .await
                .unwrap();
            assert!(shown(&app).contains("2 Market Row"));
            assert!(
                directory::queue(&app, &steward)
                    .await
                    .unwrap()
                    .waiting
                    .is_empty()
            );
            // Another name, another street or another point: withheld, and a steward is asked.
            let renamed = if id.is_empty() {
                name
            } else {
                "Canarytown Refuge"
            };
            for (name, street, longitude) in [
                (renamed, "14 Canary Quay", "-2.5912345678"),
                (name, "14 Canary Quay", "-2.5912345678"),
                (name, "2 Market Row", "-1.4567890123"),
            ] {
                let changed = office_feed(id, name, street, longitude, later);
                take(&app, &steward, ours, bytes(&changed), false)
                    .await
                    .unwrap();
                let text = shown(&app);
                for canary in ["Canary Quay", "-1.45", "2 Market Row", "ZZ1"] {
                    assert!(!text.contains(canary), "{canary} in {text}");
                }
                let waiting = directory::queue(&app, &steward).await.unwrap().waiting;
                assert_eq!(waiting.len(), 1, "{name} {street} {longitude}");
            }
            // The old text again: it was withheld since, and only a steward lets it be shown.
            take(&app, &steward, ours, bytes(&same), false)
                .await
                .unwrap();
            assert!(!shown(&app).contains("2 Market Row"));
            let waiting = directory::queue(&app, &steward).await.unwrap().waiting;
            for row in waiting {
                directory_aside::decide(&app, &steward, row.reference, Decision::WithoutAddress)
                    .await
                    .unwrap();
            }
            let gone = office_feed(id, name, "3 Market Row", "-2.5912345678", later);
            take(&app, &steward, ours, bytes(&gone), false)
                .await
                .unwrap();
            for row in directory::queue(&app, &steward).await.unwrap().waiting {
                directory_aside::decide(&app, &steward, row.reference, Decision::WithoutAddress)
                    .await
                    .unwrap();
            }
        }
    }
);

const TWO: &str = r#"{"contents":[
    {"id":"1","name":"Advice desk","url":"https://a.example"},
    {"id":"1","name":"Food bank","url":"https://b.example"}]}"#;

both!(
    bad_input_changes_nothing_and_says_so_in_one_sentence,
    |world| {
        let (app, ours, steward) = office(world).await;
        take(&app, &steward, ours, bytes(TWO), false).await.unwrap();
        world.clock.advance_seconds(60);
        let brackets = "[".repeat(1 << 20);
        for bad in [
            "",
            "hello",
            "a,b,c\n1,2,3",
            "<html>",
            "{\"contents\":[{\"id\":\"1\"",
            &brackets,
        ] {
            let error = take(&app, &steward, ours, bytes(bad), false)
                .await
                .unwrap_err();
            let ImportError::Unreadable(error) = error else {
                panic!("{error}");
            };
            assert!(error.to_string().ends_with('.'), "{error}");
        }
        assert_eq!(app.directory.snapshot().len(), 1);
        let feeds = directory::feeds(&app, ours).await.unwrap();
        assert!(feeds[0].is_failing());
        assert_eq!(feeds[0].runs[0].outcome, RunOutcome::Failed);
    }
);

both!(
    a_feed_that_breaks_off_after_good_rows_changes_nothing,
    |world| {
        let (app, ours, steward) = office(world).await;
        let rows: Vec<String> = (0..450)
            .map(|n| format!(r#"{{"id":"{n}","name":"Service {n}","url":"https://s.example"}}"#))
            .collect();
        let broken = format!("{{\"contents\":[{}", rows.join(","));
        assert!(
            take(&app, &steward, ours, bytes(&broken), false)
                .await
                .is_err()
        );
        app.directory.refresh(&app.store).await.unwrap();
        assert!(app.directory.snapshot().is_empty());
        assert!(directory::feeds(&app, ours).await.unwrap().is_empty());
    }
);

both!(a_repeated_row_can_be_kept_apart_and_stays_so, |world| {
    let (app, ours, steward) = office(world).await;
    take(&app, &steward, ours, bytes(TWO), false).await.unwrap();
    let reference = directory::queue(&app, &steward).await.unwrap().waiting[0].reference;
    let opened = directory_aside::open(&app, &steward, reference)
        .await
        .unwrap();
    assert_eq!(opened.raw.unwrap()["name"], "Food bank");
    directory_aside::decide(&app, &steward, reference, Decision::KeepApart)
        .await
        .unwrap();
    let names: Vec<String> = app
        .directory
        .snapshot()
        .all()
        .map(|one| one.entry().name.clone())
        .collect();
    assert_eq!(names, ["Advice desk", "Food bank"]);
    let again = directory_aside::decide(&app, &steward, reference, Decision::Discard).await;
    assert!(matches!(again, Err(Error::Conflict)));
    take(&app, &steward, ours, bytes(TWO), false).await.unwrap();
    assert_eq!(app.directory.snapshot().len(), 2);
    assert!(
        directory::queue(&app, &steward)
            .await
            .unwrap()
            .waiting
            .is_empty()
    );
});

both!(
    what_was_kept_apart_is_taken_out_when_its_row_comes_to_say_something_else,
    |world| {
        let (app, ours, steward) = office(world).await;
        take(&app, &steward, ours, bytes(TWO), false).await.unwrap();
        let reference = directory::queue(&app, &steward).await.unwrap().waiting[0].reference;
        directory_aside::decide(&app, &steward, reference, Decision::KeepApart)
            .await
            .unwrap();
        let changed = TWO.replace("Food bank", "Canarytown women's refuge");
        assert_ne!(changed, TWO);
        take(&app, &steward, ours, bytes(&changed), false)
            .await
            .unwrap();
        let names: Vec<String> = app
            .directory
            .snapshot()
            .all()
            .map(|one| one.entry().name.clone())
            .collect();
        assert_eq!(names, ["Advice desk"]);
        let waiting = directory::queue(&app, &steward).await.unwrap().waiting;
        assert_eq!(waiting.len(), 1, "a steward looks at it again");
        assert_ne!(waiting[0].reference, reference);
    }
);

both!(
    an_older_row_is_never_published_over_what_its_feed_says_by_now,
    |world| {
        let (app, ours, steward) = office(world).await;
        let first = office_feed(
            r#""id":"1","#,
            "Refuge outreach",
            "2 Market Row",
            "-2.59",
            "2026-01-01T00:00:00Z",
        );
        let made_safe = r#"{"contents":[{"id":"1","name":"Refuge outreach","service_types":["refuge"],"url":"https://a.example"}]}"#;
        let left_out = r#"{"contents":[{"id":"2","name":"Another","url":"https://b.example"}]}"#;
        for later in [made_safe, left_out] {
            take(&app, &steward, ours, bytes(&first), false)
                .await
                .unwrap();
            let waiting = directory::queue(&app, &steward).await.unwrap().waiting;
            assert_eq!(waiting.len(), 1);
            take(&app, &steward, ours, bytes(later), false)
                .await
                .unwrap();
            assert!(
                directory::queue(&app, &steward)
                    .await
                    .unwrap()
                    .waiting
                    .is_empty()
            );
            let old = waiting[0].reference;
            let decided = directory_aside::decide(&app, &steward, old, Decision::ShowAddress).await;
            assert!(matches!(decided, Err(Error::Conflict)));
            let opened = directory_aside::open(&app, &steward, old).await.unwrap();
            assert_eq!(opened.raw, None, "what it held is destroyed");
            let shown: Vec<_> = app
                .directory
                .snapshot()
                .all()
                .map(|one| one.entry().clone())
                .collect();
            assert!(!format!("{shown:?}").contains("Market Row"));
        }
    }
);

const REFUGE: &str = r#"{"contents":[{"id":"7","name":"Harbour women's refuge","description":"A refuge for women fleeing domestic abuse.",
    "url":"https://h.example","service_at_locations":[{"id":"l","location":{"id":"x","location_type":"physical","name":"Harbour House",
    "addresses":[{"id":"y","address_1":"14 Hidden Lane","city":"Anytown","postal_code":"BS1 4ND","country":"GB","address_type":"physical"}]}}]}]}"#;

both!(
    f2_the_address_of_a_refuge_in_a_feed_reaches_nobody,
    |world| {
        let (app, ours, steward) = office(world).await;
        let report = take(&app, &steward, ours, bytes(REFUGE), false)
            .await
            .unwrap();
        assert_eq!((report.added, report.withheld), (1, 1));
        let told = serde_json::to_string(&report).unwrap();
        assert!(!told.contains("Hidden Lane") && !told.contains("BS1 4ND"));
        let snapshot = app.directory.snapshot();
        let listed = snapshot.all().next().unwrap();
        assert!(listed.entry().is_confidential());
        assert!(!listed.entry().canonical_json().unwrap().contains("Hidden"));
        if let Some(path) = world.sqlite_path() {
            for file in [path.clone(), path.with_extension("db-wal")] {
                let held = std::fs::read(file).unwrap_or_default();
                for secret in [&b"Hidden Lane"[..], b"BS1 4ND", b"Harbour House"] {
                    assert!(!held.windows(secret.len()).any(|w| w == secret));
                }
            }
        }
        let row = directory::queue(&app, &steward)
            .await
            .unwrap()
            .waiting
            .remove(0);
        directory_aside::decide(&app, &steward, row.reference, Decision::WithoutAddress)
            .await
            .unwrap();
        let again = take(&app, &steward, ours, bytes(REFUGE), false)
            .await
            .unwrap();
        assert_eq!((again.unchanged, again.withheld), (1, 1));
        assert!(
            directory::queue(&app, &steward)
                .await
                .unwrap()
                .waiting
                .is_empty()
        );
    }
);

both!(a_service_taken_out_is_found_no_more, |world| {
    let (app, ours, steward) = office(world).await;
    take(&app, &steward, ours, bytes(TWO), false).await.unwrap();
    let reference = app.directory.snapshot().all().next().unwrap().reference();
    directory::confirm(&app, &steward, reference).await.unwrap();
    assert!(find::service(&app, reference).unwrap().vouched_at.is_some());
    directory::set_listed(&app, &steward, reference, false)
        .await
        .unwrap();
    assert!(find::service(&app, reference).is_none());
    directory::set_listed(&app, &steward, reference, true)
        .await
        .unwrap();
    assert!(find::service(&app, reference).is_some());
});

both!(searches_are_counted_and_nothing_else, |world| {
    let (app, _, _) = office(world).await;
    for _ in 0..3 {
        find::find(&app, &Query::default(), SearchKind::Public);
    }
    app.directory.write_searches(&app.store).await.unwrap();
    app.directory.write_searches(&app.store).await.unwrap();
    let counted = app
        .store
        .read(|r| Box::pin(async move { r.searches(9).await }))
        .await
        .unwrap();
    assert_eq!(counted.len(), 1);
    assert_eq!(counted[0].2, 3);
});
