//! Many at once: nothing lost, nothing half done, and the audit record stays one chain.

use std::time::{Duration, Instant};

use crate::shared::{HELP, Raw, TWO, amina, little_world, open_case, organisation, read_name};
use throughline_policy::action::{CaseChange, CaseHandOver};
use throughline_store::account::Account;
use throughline_store::case::CaseState;
use throughline_store::{Error, Store};
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

both!(
    of_two_who_change_one_case_one_wins_and_the_other_is_told,
    |world| {
        let (accounts, cases) = little_world(&world.store).await;
        let (actor, case) = (&accounts[0].actor(), &cases[0]);
        let set = async |state: CaseState, version: i64| {
            let (state, version) = (&state, &version);
            world
                .store
                .work(actor, HELP, |w| {
                    Box::pin(async move {
                        let facts = w.case_facts(*case).await?;
                        let permit = w.permit_found::<CaseChange>(facts)?;
                        // Both read before either wrote, as two browsers do.
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        w.case_state_set(&permit, *version, *state).await
                    })
                })
                .await
        };
        let (one, two) = tokio::join!(set(CaseState::Closed, 1), set(CaseState::Open, 1));
        let won = [&one, &two].iter().filter(|done| done.is_ok()).count();
        let told = [&one, &two]
            .iter()
            .filter(|done| matches!(done, Err(Error::Conflict)))
            .count();
        assert_eq!((won, told), (1, 1), "{one:?} {two:?}");
        assert!(world.store.audit_verify(None).await.unwrap().ok());
    }
);

both!(
    four_writers_on_one_log_lose_nothing_and_keep_one_chain,
    |world| {
        const EACH: usize = 250;
        let (_, accounts) = organisation(&world.store, "north", true, TWO).await;
        let raw = Raw::of(world).await;
        let before = raw.number("SELECT count(*) FROM audit_entry").await;
        let start = Instant::now();
        let mut writers = tokio::task::JoinSet::new();
        for account in accounts {
            let store = world.store.clone();
            writers.spawn(async move {
                let case = open_case(&store, &account).await.unwrap();
                for _ in 1..EACH {
                    change_name(&store, &account, case).await.unwrap();
                }
            });
        }
        writers.join_all().await;
        let seconds = start.elapsed().as_secs_f64();
        let added = raw.number("SELECT count(*) FROM audit_entry").await - before;
        assert_eq!(added, 1_000, "one entry for each of the writes");
        assert_eq!(
            raw.number("SELECT max(seq) + 1 FROM audit_entry").await,
            before + added
        );
        let report = world.store.audit_verify(None).await.unwrap();
        assert!(report.ok(), "{report:?}");
        assert_eq!(report.logs.len(), 1);
        let versions = raw
            .number("SELECT cast(sum(version) AS bigint) FROM person")
            .await;
        assert_eq!(versions, 1_000, "every change of every person is there");
        eprintln!(
            "measured: 4 writers, 1,000 audited writes on one log, {:.0} a second",
            1_000.0 / seconds
        );
    }
);

async fn change_name(
    store: &Store,
    account: &Account,
    case: throughline_core::id::Ref,
) -> Result<(), Error> {
    let case = &case;
    store
        .work(&account.actor(), HELP, |w| {
            Box::pin(async move {
                let facts = w.case_facts(*case).await?;
                let permit = w.permit_found::<CaseChange>(facts)?;
                w.person_change(&permit, &amina()).await
            })
        })
        .await
}

both!(work_that_is_dropped_half_way_leaves_nothing, |world| {
    let (accounts, cases) = little_world(&world.store).await;
    let raw = Raw::of(world).await;
    let entries = raw.number("SELECT count(*) FROM audit_entry").await;
    let (actor, case) = (&accounts[0].actor(), &cases[0]);
    let dropped = world.store.work(actor, HELP, |w| {
        Box::pin(async move {
            let facts = w.case_facts(*case).await?;
            let permit = w.permit_found::<CaseChange>(facts)?;
            w.case_state_set(&permit, 1, CaseState::Closed).await?;
            std::future::pending::<()>().await;
            Ok(())
        })
    });
    let gone = tokio::time::timeout(Duration::from_millis(300), dropped).await;
    assert!(gone.is_err(), "it was dropped while it waited");
    // The next one is not held up by it, and sees the case open.
    read_name(&world.store, actor, *case).await.unwrap();
    assert_eq!(
        raw.number("SELECT count(*) FROM support_case WHERE state = 'closed'")
            .await,
        0
    );
    assert_eq!(
        raw.number("SELECT count(*) FROM audit_entry").await,
        entries + 1
    );
    assert!(world.store.audit_verify(None).await.unwrap().ok());
});

both!(two_who_lock_in_opposite_order_both_get_through, |world| {
    let (accounts, cases) = little_world(&world.store).await;
    let other = &accounts[2].id;
    let hand_over = async |order: [usize; 2]| {
        let (order, cases, lead) = (&order, &cases, &accounts[1]);
        world
            .store
            .work(&lead.actor(), HELP, |w| {
                Box::pin(async move {
                    for at in order {
                        let facts = w.case_facts(cases[*at]).await?;
                        let permit = w.permit_found::<CaseHandOver>(facts)?;
                        w.case_hand_over(&permit, lead.id).await?;
                        tokio::time::sleep(Duration::from_millis(120)).await;
                    }
                    Ok(())
                })
            })
            .await
    };
    assert_ne!(*other, accounts[1].id);
    // The first two cases are at the lead's own site.
    let (one, two) = tokio::join!(hand_over([0, 1]), hand_over([1, 0]));
    one.unwrap();
    two.unwrap();
    assert!(world.store.audit_verify(None).await.unwrap().ok());
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_and_a_look_for_nothing_leave_entries_alike() {
    let world = TestStore::sqlite().await;
    let (accounts, cases) = little_world(&world.store).await;
    let raw = Raw::of(&world).await;
    let stranger = accounts[2].actor();
    for (case, reason) in [
        (cases[0], "no_relation"),
        (world.env.reference(), "no_such_thing"),
    ] {
        let before = raw.number("SELECT count(*) FROM audit_entry").await;
        assert!(read_name(&world.store, &stranger, case).await.is_err());
        assert_eq!(
            raw.number("SELECT count(*) FROM audit_entry").await,
            before + 1
        );
        let last = raw.texts("SELECT result || ' ' || action || ' ' || CASE WHEN person_id IS NULL THEN 'nobody' ELSE 'somebody' END FROM audit_entry ORDER BY seq DESC LIMIT 1").await;
        assert_eq!(last, [format!("{reason} case_read nobody")]);
    }
    world.finish().await;
}
