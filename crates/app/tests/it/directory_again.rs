//! A feed that is read again: what it may not undo, and what it may not make poorer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use crate::feed::{adds_up, bytes, office, take};
use throughline_app::directory_aside::{self, Decision};
use throughline_app::directory_import::{self, Import, ImportError, Report};
use throughline_app::directory_source::{Fetch, Fetched, FromBytes, Source};
use throughline_app::{App, directory};
use throughline_core::id::OrganisationId;
use throughline_exchange::inbound::{Limits, Options, Problem, ReadError, Sink, Summary};
use throughline_exchange::outbound::ServiceQuery;
use throughline_policy::Actor;
use throughline_testkit::both;

const TWO: &str = r#"{"contents":[
    {"id":"1","name":"Advice desk","url":"https://a.example"},
    {"id":"1","name":"Food bank","url":"https://b.example"}]}"#;

/// A listing with a place, of a feed that says of it what it likes.
fn placed(name: &str, description: &str) -> String {
    format!(
        r#"{{"contents":[{{"id":"1","name":"{name}","description":"{description}","url":"https://a.example",
        "service_at_locations":[{{"id":"l","location":{{"id":"x","location_type":"physical","latitude":51.45,"longitude":-2.59,
        "addresses":[{{"id":"y","address_1":"14 Canary Quay","city":"Anytown","postal_code":"ZZ1 2ZZ"}}]}}}}]}}]}}"#
    )
}

fn shown(app: &App) -> String {
    let snapshot = app.directory.snapshot();
    let all: Vec<_> = snapshot.all().map(|one| one.entry().clone()).collect();
    format!("{all:?}")
}

both!(
    an_address_that_was_withheld_stays_so_when_the_feed_puts_it_otherwise,
    |world| {
        let (app, ours, steward) = office(world).await;
        let refuge = placed("Harbour Refuge", "For women fleeing domestic abuse.");
        let plain = placed("Harbour", "A warm welcome.");
        let read = async |text: &str| {
            take(&app, &steward, ours, bytes(text), false)
                .await
                .unwrap()
        };
        let waiting = async || directory::queue(&app, &steward).await.unwrap().waiting;
        let decide = async |decision| {
            let row = &waiting().await[0];
            directory_aside::decide(&app, &steward, row.reference, decision)
                .await
                .unwrap();
        };
        read(&refuge).await;
        decide(Decision::WithoutAddress).await;
        // Shortened and renamed, twice: the second time it is compared with what the first left.
        for _ in 0..2 {
            read(&plain).await;
            assert!(!shown(&app).contains("Canary Quay"), "{}", shown(&app));
        }
        assert_eq!(waiting().await.len(), 1);
        assert_eq!(
            waiting().await[0].because.as_deref(),
            Some("withheld_before")
        );
        // A steward who knows better clears it, and it stays cleared while nothing new speaks against it.
        decide(Decision::ShowAddress).await;
        assert!(shown(&app).contains("Canary Quay"));
        let again = read(&plain).await;
        assert_eq!((again.unchanged, again.withheld), (1, 0));
        read(&placed("Harbour", "A very warm welcome.")).await;
        assert!(shown(&app).contains("Canary Quay"));
        // Where nobody had looked yet, it waits just the same.
        read(&refuge).await;
        read(&plain.replace("warm", "kind")).await;
        assert!(!shown(&app).contains("Canary Quay"));
        assert_eq!(waiting().await.len(), 1);
    }
);

both!(
    the_latest_decision_about_an_address_holds_when_an_older_text_returns,
    |world| {
        let (app, ours, steward) = office(world).await;
        let cleared = placed("Refuge outreach", "We visit people at home.");
        let changed = placed("Refuge outreach", "Come to us at any hour.");
        let read = async |text: &str| {
            take(&app, &steward, ours, bytes(text), false)
                .await
                .unwrap();
        };
        let waiting = async || directory::queue(&app, &steward).await.unwrap().waiting;
        let decide = async |decision| {
            let row = &waiting().await[0];
            world.clock.advance_seconds(60);
            directory_aside::decide(&app, &steward, row.reference, decision)
                .await
                .unwrap();
        };
        read(&cleared).await;
        decide(Decision::ShowAddress).await;
        assert!(shown(&app).contains("Canary Quay"));
        read(&changed).await;
        decide(Decision::WithoutAddress).await;
        // What was cleared comes back, twice: it waits for a steward, as what was decided since says.
        for _ in 0..2 {
            read(&cleared).await;
            assert!(!shown(&app).contains("Canary Quay"), "{}", shown(&app));
            assert_eq!(waiting().await.len(), 1);
        }
        decide(Decision::ShowAddress).await;
        read(&cleared).await;
        assert!(shown(&app).contains("Canary Quay"));
        assert!(waiting().await.is_empty());
        // Nor does it come back by itself where nobody has decided about what came in between.
        read(&changed).await;
        read(&cleared).await;
        assert!(!shown(&app).contains("Canary Quay"), "{}", shown(&app));
        assert_eq!(waiting().await.len(), 1);
    }
);

both!(what_is_published_is_as_new_as_what_we_did_to_it, |world| {
    let (app, ours, steward) = office(world).await;
    let old = placed("Harbour", "A warm welcome.").replace(
        r#""id":"1","#,
        r#""id":"1","last_modified":"2020-01-01T00:00:00Z","#,
    );
    take(&app, &steward, ours, bytes(&old), false)
        .await
        .unwrap();
    let copied_at = app.env().now();
    world.clock.advance_seconds(60);
    let refuge = old.replace("A warm welcome.", "A refuge for women.");
    take(&app, &steward, ours, bytes(&refuge), false)
        .await
        .unwrap();
    // Its source says that it has not changed since 2020, and its address is not to be shown any more.
    let published = app.directory.published();
    let listed = published.snapshot.all().next().unwrap();
    let outward = published.outward(listed);
    assert!(listed.entry().is_confidential());
    assert!(outward.modified() > Some(copied_at));
    let since = ServiceQuery {
        modified_after: Some(copied_at.plus_seconds(1)),
        ..ServiceQuery::default()
    };
    assert!(since.matches(&outward));
});

both!(a_dry_run_says_what_it_would_do_and_does_not, |world| {
    let (app, ours, steward) = office(world).await;
    let dry = take(&app, &steward, ours, bytes(TWO), true).await.unwrap();
    assert_eq!((dry.added, dry.quarantined), (1, 1));
    app.directory.refresh(&app.store).await.unwrap();
    assert!(app.directory.snapshot().is_empty());
    assert!(directory::feeds(&app, ours).await.unwrap().is_empty());
});

/// A feed whose reader does something else to the directory when it is first read.
struct Meanwhile {
    bytes: FromBytes,
    first: AtomicBool,
    started: Sender<()>,
    go_on: Mutex<Receiver<()>>,
}

impl Source for Meanwhile {
    fn read(&self, options: &Options, sink: &mut Sink<'_>) -> Result<Summary, ReadError> {
        if self.first.swap(false, Ordering::SeqCst) {
            self.started.send(()).unwrap();
            self.go_on.lock().unwrap().recv().unwrap();
        }
        self.bytes.read(options, sink)
    }
}

both!(
    nobody_waits_while_a_feed_is_read_and_what_changed_meanwhile_is_not_undone,
    |world| {
        let (app, ours, steward) = office(world).await;
        let refuge = placed("Refuge outreach", "");
        take(&app, &steward, ours, bytes(&refuge), false)
            .await
            .unwrap();
        let waiting = directory::queue(&app, &steward).await.unwrap().waiting;
        let (started, has_started) = channel();
        let (go, go_on) = channel();
        let slow = Meanwhile {
            bytes: bytes(&refuge),
            first: AtomicBool::new(true),
            started,
            go_on: Mutex::new(go_on),
        };
        // While it is read, a steward clears the address: their work does not wait, and the reading takes it for what it is.
        let read = take(&app, &steward, ours, slow, false);
        let cleared = async {
            tokio::task::spawn_blocking(move || has_started.recv().unwrap())
                .await
                .unwrap();
            directory_aside::decide(&app, &steward, waiting[0].reference, Decision::ShowAddress)
                .await
                .unwrap();
            go.send(()).unwrap();
        };
        let (report, ()) = tokio::join!(read, cleared);
        assert_eq!(report.unwrap().withheld, 0);
        assert!(shown(&app).contains("Canary Quay"), "{}", shown(&app));
    }
);

/// Pages as a feed of version 3 gives them.
struct InPages(fn(&str) -> Option<String>);

impl Fetch for InPages {
    fn get(&self, url: &str, _: u64) -> Result<Option<Vec<u8>>, String> {
        Ok((self.0)(url).map(String::into_bytes))
    }
}

/// A list of so many services, the last of which is a refuge, each with a page of its own.
fn pages(url: &str) -> Option<String> {
    let id = url.rsplit('/').next()?;
    if id.starts_with("services?") {
        let rows: Vec<String> = (1..=LISTED)
            .map(|id| {
                let name = if id == LISTED { "Refuge" } else { "Advice" };
                format!(r#"{{"id":"{id}","name":"{name} {id}"}}"#)
            })
            .collect();
        return Some(format!(
            r#"{{"total_pages":1,"contents":[{}]}}"#,
            rows.join(",")
        ));
    }
    Some(format!(
        r#"{{"id":"{id}","phones":[{{"id":"p{id}","number":"0808 20000{id:0>2}"}}]}}"#
    ))
}

const LISTED: u32 = 30;

/// Takes a feed over as `directory sync` does: fetched with what is remembered of it, then read.
async fn taken(
    app: &App,
    steward: &Actor,
    ours: OrganisationId,
    feed: fn(&str) -> Option<String>,
) -> Report {
    let known = directory::feeds(app, ours).await.unwrap();
    let mut options = Options::new("council");
    options.has_details = known.iter().any(|one| one.feed.details_at.is_some());
    let folder = tempfile::tempdir().unwrap();
    let base = "https://f.example";
    let fetched = Fetched::all(base, folder.path(), &InPages(feed), &options, &|_| {}).unwrap();
    let report = take(app, steward, ours, fetched, false).await.unwrap();
    adds_up(&report);
    report
}

both!(
    no_service_becomes_poorer_because_pages_of_a_feed_are_missing,
    |world| {
        let (app, ours, steward) = office(world).await;
        let first_is_missing = |url: &str| pages(url).filter(|_| !url.ends_with("/1"));
        let all_are_missing = |url: &str| pages(url).filter(|_| url.contains("?page="));
        let missing = |report: &Report, problem: &str| {
            let same = |one: &&Problem| one.problem == problem;
            report.problems.iter().filter(same).count()
        };
        for (feed, in_part, none) in [
            (pages as fn(&str) -> Option<String>, 0, 0),
            (first_is_missing, 1, 0),
            (all_are_missing, 30, 1),
            (all_are_missing, 30, 1),
            (pages, 0, 0),
        ] {
            let report = taken(&app, &steward, ours, feed).await;
            assert_eq!((report.read, report.changed), (30, 0));
            assert_eq!(missing(&report, "its own page was not there"), in_part);
            let said = "none of its services has a page of its own now, and they had before";
            assert_eq!(missing(&report, said), none);
            for id in 1..=LISTED {
                let number = format!("0808 20000{id:0>2}");
                assert!(shown(&app).contains(&number), "{number} of {}", shown(&app));
            }
        }
        // Their publisher has given them up for good: from now on a row of the list is all there is.
        directory_import::forget_details(&app, &steward, ours, "council")
            .await
            .unwrap();
        let report = taken(&app, &steward, ours, all_are_missing).await;
        assert_eq!((report.read, report.changed), (30, 30));
        let report = taken(&app, &steward, ours, all_are_missing).await;
        assert_eq!((report.read, report.unchanged), (30, 30));
    }
);

both!(
    a_service_of_which_even_a_part_says_that_it_is_a_refuge_is_withheld,
    |world| {
        let (app, ours, steward) = office(world).await;
        let whole = |url: &str| {
            let place = r#""locations":[{"id":"l","address_1":"14 Canary Quay"}],"phones""#;
            pages(url).map(|page| page.replace(r#""phones""#, place))
        };
        let in_part = |url: &str| {
            let list = pages(url).filter(|_| url.contains("?page="));
            list.map(|list| list.replace("Advice 1\"", "Harbour Refuge\""))
        };
        taken(&app, &steward, ours, whole).await;
        assert!(shown(&app).contains("Canary Quay"));
        let places = |app: &App| shown(app).matches("Canary Quay").count();
        let before = places(&app);
        taken(&app, &steward, ours, in_part).await;
        assert_eq!(places(&app), before - 1);
    }
);

both!(a_feed_that_has_nothing_any_more_is_not_believed, |world| {
    let (app, ours, steward) = office(world).await;
    let nothing = r#"{"contents":[]}"#;
    take(&app, &steward, ours, bytes(nothing), false)
        .await
        .unwrap();
    take(&app, &steward, ours, bytes(TWO), false).await.unwrap();
    world.clock.advance_seconds(60);
    let error = take(&app, &steward, ours, bytes(nothing), false)
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        ImportError::Unreadable(ReadError::NoRows { held: 1 })
    ));
    assert_eq!(app.directory.snapshot().len(), 1);
    assert!(directory::feeds(&app, ours).await.unwrap()[0].is_failing());
});

both!(an_upload_does_not_take_its_address_from_a_feed, |world| {
    let (app, ours, steward) = office(world).await;
    for (from, kept) in [
        ("upload", "upload"),
        ("https://f.example/api", "https://f.example/api"),
        ("upload", "https://f.example/api"),
        ("https://g.example/api", "https://g.example/api"),
    ] {
        let import = Import {
            organisation: ours,
            feed: "council",
            location: from,
            dry_run: false,
            limits: Limits::default(),
        };
        let source: Arc<dyn Source> = Arc::new(bytes(TWO));
        directory_import::import(&app, &steward, &import, &source, &|_| {})
            .await
            .unwrap();
        let feeds = directory::feeds(&app, ours).await.unwrap();
        assert_eq!(feeds[0].feed.location, kept);
    }
});
