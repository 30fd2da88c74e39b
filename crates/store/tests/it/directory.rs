//! The directory on both databases: taking feeds over, change numbers, quarantine.

use std::collections::BTreeSet;

use throughline_core::directory::Entry;
use throughline_core::id::OrganisationId;
use throughline_core::nation::Nation;
use throughline_core::role::Role;
use throughline_policy::action::{DirectoryImport, QuarantineRead, ServiceEdit};
use throughline_policy::{Actor, Purpose};
use throughline_store::account::NewAccount;
use throughline_store::directory::{NewService, ServiceState, Upsert};
use throughline_store::feed::{Feed, RowProblem, import_facts};
use throughline_store::quarantine::{NewQuarantine, QuarantineState};
use throughline_store::setup::OrganisationKind;
use throughline_store::{Error, Store};
use throughline_testkit::actor::proved;
use throughline_testkit::both;

const RUN: Purpose = Purpose::RunTheDirectory;

/// An installation with a steward of its operator and one of another organisation.
async fn stewards(store: &Store) -> (OrganisationId, Actor, Actor) {
    store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let council = OrganisationKind::Council;
                let ours = w
                    .installation_create("Ours", council, Nation::England, true)
                    .await?;
                let theirs = w
                    .organisation_create("Theirs", council, Nation::England)
                    .await?;
                let new = |organisation, email| NewAccount {
                    organisation,
                    site: None,
                    role: Role::DirectorySteward,
                    name: "A steward",
                    email,
                    password: None,
                };
                let one = w.account_create(&new(ours.id, "one@example.org")).await?;
                let two = w.account_create(&new(theirs.id, "two@example.org")).await?;
                let now = w.now();
                Ok((ours.id, proved(one.actor(), now), proved(two.actor(), now)))
            })
        })
        .await
        .unwrap()
}

fn row(id: &str, name: &str) -> NewService {
    let entry = Entry::new(id, name);
    NewService {
        digest: entry.canonical_json().unwrap().into_bytes(),
        entry,
    }
}

async fn take_over(
    store: &Store,
    actor: &Actor,
    organisation: OrganisationId,
    rows: &[NewService],
) -> Result<Vec<Upsert>, Error> {
    let organisation = &organisation;
    store
        .work(actor, RUN, |w| {
            Box::pin(async move {
                let permit = w.permit::<DirectoryImport>(&import_facts(*organisation))?;
                let feed = match w.feed_lock(&permit, "Council").await? {
                    Some(feed) => feed,
                    None => w.feed_create(&permit, "Council", "a file").await?,
                };
                let done = w.services_upsert(&permit, &feed, rows).await?;
                Ok(done.into_iter().map(|(what, _)| what).collect())
            })
        })
        .await
}

async fn version(store: &Store) -> i64 {
    store
        .read(|r| Box::pin(async move { r.directory_version().await }))
        .await
        .unwrap()
}

async fn names_since(store: &Store, version: i64) -> Vec<String> {
    let version = &version;
    let changed = store
        .read(|r| Box::pin(async move { r.services_changed_since(*version).await }))
        .await
        .unwrap();
    changed.into_iter().map(|one| one.entry.name).collect()
}

both!(
    the_same_feed_twice_changes_nothing_and_a_missing_row_deletes_nothing,
    |world| {
        let (ours, steward, _) = stewards(&world.store).await;
        let store = &world.store;
        let first = [row("1", "Advice desk"), row("2", "Food bank")];
        let done = take_over(store, &steward, ours, &first).await.unwrap();
        assert_eq!(done, [Upsert::Added, Upsert::Added]);
        let before = version(store).await;
        assert_eq!(
            take_over(store, &steward, ours, &first).await.unwrap(),
            [Upsert::Unchanged, Upsert::Unchanged]
        );
        assert_eq!(
            version(store).await,
            before,
            "nothing changed, so no number was used"
        );

        let second = [row("2", "Food bank and kitchen")];
        assert_eq!(
            take_over(store, &steward, ours, &second).await.unwrap(),
            [Upsert::Changed]
        );
        assert_eq!(names_since(store, before).await, ["Food bank and kitchen"]);
        assert_eq!(
            names_since(store, 0).await.len(),
            2,
            "the row that went missing stays"
        );
    }
);

both!(
    a_change_keeps_the_reference_the_confirmation_and_who_answers,
    |world| {
        let (ours, steward, _) = stewards(&world.store).await;
        let store = &world.store;
        take_over(store, &steward, ours, &[row("1", "Desk")])
            .await
            .unwrap();
        let one = store
            .read(|r| Box::pin(async move { r.services_changed_since(0).await }))
            .await
            .unwrap()
            .remove(0);
        let (one_ref, ours_ref) = (&one, &ours);
        store
            .work(&steward, RUN, |w| {
                Box::pin(async move {
                    w.service_answered_by(one_ref.id, *ours_ref, None).await?;
                    let facts = w.service_facts(one_ref.reference).await?;
                    let permit = w.permit_found::<ServiceEdit>(facts)?;
                    w.service_confirm(&permit).await?;
                    w.service_set_state(&permit, ServiceState::Withdrawn).await
                })
            })
            .await
            .unwrap();
        take_over(store, &steward, ours, &[row("1", "Help desk")])
            .await
            .unwrap();
        let after = store
            .read(|r| Box::pin(async move { r.service(one_ref.reference).await }))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(after.entry.name, "Help desk");
        assert_eq!(after.organisation, Some(ours));
        assert!(after.confirmed_at.is_some());
        assert_eq!(
            after.state,
            ServiceState::Withdrawn,
            "a feed cannot put back what a steward took out"
        );
        assert_eq!(after.version, 5);
    }
);

both!(a_steward_imports_only_for_their_own_organisation, |world| {
    let (ours, _, stranger) = stewards(&world.store).await;
    let refused = take_over(&world.store, &stranger, ours, &[row("1", "Desk")]).await;
    assert!(matches!(refused, Err(Error::Denied(_))));
    assert!(names_since(&world.store, 0).await.is_empty());
});

both!(two_readings_at_once_lose_no_number, |world| {
    let (ours, steward, _) = stewards(&world.store).await;
    let store = &world.store;
    take_over(store, &steward, ours, &[row("0", "First")])
        .await
        .unwrap();
    let many: Vec<NewService> = (1..40)
        .map(|n| row(&n.to_string(), &format!("S{n}")))
        .collect();
    let (left, right) = many.split_at(20);
    let (a, b) = tokio::join!(
        take_over(store, &steward, ours, left),
        take_over(store, &steward, ours, right),
    );
    assert!(a.is_ok() && b.is_ok());
    assert_eq!(version(store).await, 3);
    let mut numbers: Vec<i64> = store
        .read(|r| Box::pin(async move { r.services_changed_since(1).await }))
        .await
        .unwrap()
        .iter()
        .map(|one| one.changed_in)
        .collect();
    numbers.dedup();
    assert_eq!(numbers, [2, 3]);
});

const HIDDEN: &str = r#"{"id":"9","name":"Harbour refuge","address_1":"14 Hidden Lane"}"#;

async fn set_aside(store: &Store, steward: &Actor, organisation: OrganisationId, raw: &str) {
    let (organisation, raw) = (&organisation, &raw);
    store
        .work(steward, RUN, |w| {
            Box::pin(async move {
                let permit = w.permit::<DirectoryImport>(&import_facts(*organisation))?;
                let feed = match w.feed_lock(&permit, "Council").await? {
                    Some(feed) => feed,
                    None => w.feed_create(&permit, "Council", "a file").await?,
                };
                let run = w.run_start(&permit, &feed).await?;
                let rows = [NewQuarantine {
                    row: 1,
                    source_id: Some("9".into()),
                    service: None,
                    reason: "address_withheld",
                    because: Some("name"),
                    raw: (*raw).to_owned(),
                }];
                w.quarantine_add(&permit, &feed, run, &rows).await?;
                w.quarantine_supersede(&permit, &feed, run, &BTreeSet::new(), &BTreeSet::new())
                    .await?;
                let problems = vec![
                    RowProblem {
                        row: 1,
                        field: "locations".into(),
                        problem: "an address".into(),
                        did: "withheld".into(),
                    };
                    3
                ];
                w.problems_add(&permit, run, &problems).await
            })
        })
        .await
        .unwrap();
}

async fn waiting(
    store: &Store,
    actor: &Actor,
) -> Vec<throughline_store::quarantine::QuarantineRow> {
    store
        .work(actor, RUN, |w| {
            Box::pin(async move { w.quarantine_waiting(&w.scope(), 100).await })
        })
        .await
        .unwrap()
}

async fn open_row(
    store: &Store,
    actor: &Actor,
    reference: throughline_core::id::Ref,
) -> Result<(Feed, Option<String>), Error> {
    let reference = &reference;
    store
        .work(actor, RUN, |w| {
            Box::pin(async move {
                let facts = w.quarantine_facts(*reference).await?;
                let permit = w.permit_found::<QuarantineRead>(facts)?;
                let (_, feed, raw) = w.quarantine_read(&permit).await?;
                Ok((feed, raw))
            })
        })
        .await
}

both!(
    what_was_set_aside_is_sealed_seen_once_and_only_by_its_own_steward,
    |world| {
        let (ours, steward, stranger) = stewards(&world.store).await;
        let store = &world.store;
        set_aside(store, &steward, ours, HIDDEN).await;
        set_aside(store, &steward, ours, HIDDEN).await;
        let queue = waiting(store, &steward).await;
        assert_eq!(queue.len(), 1, "the same row is set aside once");
        assert_eq!(queue[0].because.as_deref(), Some("name"));
        assert!(waiting(store, &stranger).await.is_empty());
        let reference = queue[0].reference;
        assert!(matches!(
            open_row(store, &stranger, reference).await,
            Err(Error::Denied(_))
        ));
        let (_, raw) = open_row(store, &steward, reference).await.unwrap();
        assert_eq!(raw.as_deref(), Some(HIDDEN));
        if let Some(path) = world.sqlite_path() {
            for file in [path.clone(), path.with_extension("db-wal")] {
                let bytes = std::fs::read(file).unwrap_or_default();
                assert!(
                    !bytes.windows(11).any(|w| w == b"Hidden Lane"),
                    "in the file"
                );
            }
        }
    }
);

both!(a_row_is_opened_only_after_proving_oneself_again, |world| {
    let (ours, steward, _) = stewards(&world.store).await;
    set_aside(&world.store, &steward, ours, HIDDEN).await;
    let reference = waiting(&world.store, &steward).await[0].reference;
    world.clock.advance_seconds(16 * 60);
    assert!(matches!(
        open_row(&world.store, &steward, reference).await,
        Err(Error::Denied(_))
    ));
});

both!(
    a_newer_version_of_a_row_takes_the_place_of_the_old_one_in_the_queue,
    |world| {
        let (ours, steward, _) = stewards(&world.store).await;
        set_aside(&world.store, &steward, ours, HIDDEN).await;
        let newer = HIDDEN.replace("14", "15");
        set_aside(&world.store, &steward, ours, &newer).await;
        let queue = waiting(&world.store, &steward).await;
        assert_eq!(queue.len(), 1);
        let (_, raw) = open_row(&world.store, &steward, queue[0].reference)
            .await
            .unwrap();
        assert_eq!(raw, Some(newer));
    }
);

both!(a_clearance_that_no_longer_holds_waits_again, |world| {
    let (ours, steward, _) = stewards(&world.store).await;
    let store = &world.store;
    set_aside(store, &steward, ours, HIDDEN).await;
    let reference = &waiting(store, &steward).await[0].reference;
    // As one that was given before clearances were bound to what was judged.
    store
        .work(&steward, RUN, |w| {
            Box::pin(async move {
                let facts = w.quarantine_facts(*reference).await?;
                let permit = w.permit_found::<QuarantineRead>(facts)?;
                w.quarantine_decide(&permit, QuarantineState::Cleared, None, None)
                    .await
            })
        })
        .await
        .unwrap();
    assert!(waiting(store, &steward).await.is_empty());
    set_aside(store, &steward, ours, HIDDEN).await;
    assert_eq!(waiting(store, &steward).await.len(), 1);
    let (_, raw) = open_row(store, &steward, *reference).await.unwrap();
    assert_eq!(raw.as_deref(), Some(HIDDEN));
});

both!(
    a_decision_is_made_once_and_destroys_what_the_row_held,
    |world| {
        let (ours, steward, _) = stewards(&world.store).await;
        let store = &world.store;
        set_aside(store, &steward, ours, HIDDEN).await;
        let reference = waiting(store, &steward).await[0].reference;
        let reference_ref = &reference;
        let decide = async || {
            store
                .work(&steward, RUN, |w| {
                    Box::pin(async move {
                        let facts = w.quarantine_facts(*reference_ref).await?;
                        let permit = w.permit_found::<QuarantineRead>(facts)?;
                        w.quarantine_decide(&permit, QuarantineState::WithoutAddress, None, None)
                            .await
                    })
                })
                .await
        };
        decide().await.unwrap();
        assert!(matches!(decide().await, Err(Error::Conflict)));
        assert!(waiting(store, &steward).await.is_empty());
        let (_, raw) = open_row(store, &steward, reference).await.unwrap();
        assert_eq!(raw, None);
        set_aside(store, &steward, ours, HIDDEN).await;
        assert!(
            waiting(store, &steward).await.is_empty(),
            "decided stays decided"
        );
    }
);

both!(s4_s6_searches_are_counted_by_day_and_kind, |world| {
    stewards(&world.store).await;
    for count in [1, 4] {
        let count = &count;
        world
            .store
            .work(&Actor::Public, Purpose::HelpAPerson, |w| {
                Box::pin(async move { w.searches_add("2026-11-22", "public", *count).await })
            })
            .await
            .unwrap();
    }
    let counted = world
        .store
        .read(|r| Box::pin(async move { r.searches(10).await }))
        .await
        .unwrap();
    assert_eq!(counted, [("2026-11-22".to_owned(), "public".to_owned(), 5)]);
});
