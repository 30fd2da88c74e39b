//! The audit record is attacked in every way that a database password allows, and every way is found.

use crate::shared::{Raw, little_world, open_case};
use sea_orm::{ConnectionTrait, Statement};
use throughline_policy::Purpose;
use throughline_seal::merkle::{Frontier, leaf_hash};
use throughline_seal::{Keyring, RootKey};
use throughline_store::proof::Problem;
use throughline_store::{Durability, Error, Keys, Store};
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

/// Each attack on an entry `{seq}`: what it does, and its SQL.
const ATTACKS: &[(&str, &str)] = &[
    (
        "its time changed",
        "UPDATE audit_entry SET at = at + 1 WHERE seq = {seq}",
    ),
    (
        "its action changed",
        "UPDATE audit_entry SET action = 'room_list' WHERE seq = {seq}",
    ),
    (
        "its result changed",
        "UPDATE audit_entry SET result = 'no_relation' WHERE seq = {seq}",
    ),
    (
        "its account removed",
        "UPDATE audit_entry SET account_id = NULL WHERE seq = {seq}",
    ),
    (
        "its account swapped for another",
        "UPDATE audit_entry SET account_id = (SELECT id FROM account WHERE id <> audit_entry.account_id LIMIT 1) WHERE seq = {seq}",
    ),
    (
        "its person removed",
        "UPDATE audit_entry SET person_id = NULL WHERE seq = {seq}",
    ),
    (
        "its text changed",
        "UPDATE audit_entry SET body = replace(body, 'granted', 'refused') WHERE seq = {seq}",
    ),
    (
        "one space added to its text",
        "UPDATE audit_entry SET body = body || ' ' WHERE seq = {seq}",
    ),
    (
        "its text emptied",
        "UPDATE audit_entry SET body = '' WHERE seq = {seq}",
    ),
    (
        "its leaf taken from another",
        "UPDATE audit_entry SET leaf = (SELECT leaf FROM audit_entry b WHERE b.log_id = audit_entry.log_id AND b.seq = 1) WHERE seq = {seq}",
    ),
    (
        "its root taken from another",
        "UPDATE audit_entry SET root = (SELECT root FROM audit_entry b WHERE b.log_id = audit_entry.log_id AND b.seq = 1) WHERE seq = {seq}",
    ),
    (
        "its number changed",
        "UPDATE audit_entry SET seq = 100000 WHERE seq = {seq}",
    ),
    (
        "its number made negative",
        "UPDATE audit_entry SET seq = -1 WHERE seq = {seq}",
    ),
    ("it is removed", "DELETE FROM audit_entry WHERE seq = {seq}"),
    (
        "the first is removed",
        "DELETE FROM audit_entry WHERE seq = 0",
    ),
    (
        "the last is removed",
        "DELETE FROM audit_entry WHERE seq = (SELECT max(seq) FROM audit_entry)",
    ),
    ("all are removed", "DELETE FROM audit_entry"),
    (
        "its log changed",
        "UPDATE audit_entry SET log_id = (SELECT id FROM site LIMIT 1) WHERE seq = {seq}",
    ),
    (
        "two swap places",
        "UPDATE audit_entry SET seq = CASE seq WHEN {seq} THEN -7 ELSE seq END; UPDATE audit_entry SET seq = {seq} WHERE seq = {seq} + 1; UPDATE audit_entry SET seq = {seq} + 1 WHERE seq = -7",
    ),
    (
        "one is added at the end",
        "INSERT INTO audit_entry SELECT log_id, (SELECT max(seq) + 1 FROM audit_entry), at, action, result, account_id, person_id, body, leaf, root FROM audit_entry WHERE seq = {seq}",
    ),
    (
        "the head counts one less",
        "UPDATE audit_head SET size = size - 1",
    ),
    (
        "the head has another root",
        "UPDATE audit_head SET root = (SELECT leaf FROM audit_entry WHERE seq = 1)",
    ),
    (
        "the head is emptied",
        "UPDATE audit_head SET frontier = (SELECT leaf FROM audit_entry WHERE seq = 1)",
    ),
    ("the head is removed", "DELETE FROM audit_head"),
];

both!(
    every_change_of_an_entry_or_a_head_is_found_without_any_checkpoint,
    |world| {
        let (accounts, _) = little_world(&world.store).await;
        let raw = Raw::of(world).await;
        raw.run("CREATE TABLE kept_entry AS SELECT * FROM audit_entry")
            .await;
        raw.run("CREATE TABLE kept_head AS SELECT * FROM audit_head")
            .await;
        let seq = raw
        .number("SELECT min(seq) FROM audit_entry WHERE account_id IS NOT NULL AND person_id IS NOT NULL AND seq > 1")
        .await;
        let untouched = world.store.audit_verify(None).await.unwrap();
        assert!(untouched.ok(), "{untouched:?}");
        assert_eq!(untouched.logs.len(), 1);
        assert_eq!(untouched.logs[0].organisation, accounts[0].organisation);
        assert_eq!(
            i64::try_from(untouched.logs[0].entries).unwrap(),
            raw.number("SELECT count(*) FROM audit_entry").await
        );
        for (what, sql) in ATTACKS {
            for statement in sql.replace("{seq}", &seq.to_string()).split(';') {
                assert!(raw.run(statement).await > 0, "{what}: nothing was changed");
            }
            let report = world.store.audit_verify(None).await.unwrap();
            assert!(!report.ok(), "not found: {what}");
            raw.run("DELETE FROM audit_entry").await;
            raw.run("DELETE FROM audit_head").await;
            raw.run("INSERT INTO audit_entry SELECT * FROM kept_entry")
                .await;
            raw.run("INSERT INTO audit_head SELECT * FROM kept_head")
                .await;
            let again = world.store.audit_verify(None).await.unwrap();
            assert!(again.ok(), "after {what}: {again:?}");
        }
    }
);

both!(a_problem_names_the_entry_and_the_column, |world| {
    little_world(&world.store).await;
    let raw = Raw::of(world).await;
    raw.run("UPDATE audit_entry SET at = at + 1 WHERE seq = 4")
        .await;
    raw.run("DELETE FROM audit_entry WHERE seq = 6").await;
    let report = world.store.audit_verify(None).await.unwrap();
    let problems: Vec<_> = report.all_problems().collect();
    assert!(problems.contains(&&Problem::Column {
        seq: 4,
        column: "at"
    }));
    assert!(problems.contains(&&Problem::Gap { from: 6, until: 6 }));
    assert!(problems.contains(&&Problem::Chain(7)));
    assert!(report.logs[0].problems.len() < 8, "{problems:?}");
});

both!(
    whom_a_list_showed_can_be_neither_forgotten_nor_made_up,
    |world| {
        let (accounts, _) = little_world(&world.store).await;
        world
            .store
            .work(&accounts[0].actor(), Purpose::HelpAPerson, |w| {
                Box::pin(async move { w.cases(&w.scope(), false, 50).await })
            })
            .await
            .unwrap();
        let raw = Raw::of(world).await;
        assert!(raw.number("SELECT count(*) FROM seen").await > 0);
        assert!(world.store.audit_verify(None).await.unwrap().ok());
        raw.run("CREATE TABLE kept_seen AS SELECT * FROM seen")
            .await;
        for (what, sql) in [
            ("forgotten", "DELETE FROM seen"),
            (
                "another instead",
                "UPDATE seen SET person_id = (SELECT id FROM organisation LIMIT 1)",
            ),
            (
                "one more",
                "INSERT INTO seen SELECT log_id, seq, (SELECT id FROM organisation LIMIT 1), at FROM seen LIMIT 1",
            ),
            (
                "of no entry",
                "INSERT INTO seen SELECT log_id, 100000, person_id, at FROM seen LIMIT 1",
            ),
            ("another time", "UPDATE seen SET at = at + 1"),
        ] {
            assert!(raw.run(sql).await > 0, "{what}: nothing was changed");
            let report = world.store.audit_verify(None).await.unwrap();
            let of_seen =
                |problem: &&Problem| matches!(problem, Problem::Column { column: "seen", .. });
            assert!(report.all_problems().any(|it| of_seen(&it)), "{what}");
            raw.run("DELETE FROM seen").await;
            raw.run("INSERT INTO seen SELECT * FROM kept_seen").await;
            assert!(world.store.audit_verify(None).await.unwrap().ok());
        }
    }
);

both!(
    an_end_cut_off_with_a_matching_head_is_found_by_the_checkpoint_alone,
    |world| {
        let (accounts, _) = little_world(&world.store).await;
        let folder = tempfile::tempdir().unwrap();
        let raw = Raw::of(world).await;
        raw.run("CREATE TABLE kept_head AS SELECT * FROM audit_head")
            .await;
        let before = raw.number("SELECT count(*) FROM audit_entry").await;
        open_case(&world.store, &accounts[0]).await.unwrap();
        assert_eq!(
            world.store.checkpoint_write(folder.path()).await.unwrap(),
            1
        );
        assert!(
            world
                .store
                .audit_verify(Some(folder.path()))
                .await
                .unwrap()
                .ok()
        );
        world.store.startup_check(folder.path()).await.unwrap();

        raw.run(&format!("DELETE FROM audit_entry WHERE seq >= {before}"))
            .await;
        raw.run("DELETE FROM audit_head").await;
        raw.run("INSERT INTO audit_head SELECT * FROM kept_head")
            .await;

        assert!(
            world.store.audit_verify(None).await.unwrap().ok(),
            "the cut is consistent in itself"
        );
        let report = world.store.audit_verify(Some(folder.path())).await.unwrap();
        assert!(
            report
                .all_problems()
                .any(|problem| matches!(problem, Problem::Shorter { .. })),
            "{report:?}"
        );
        assert!(matches!(
            world.store.startup_check(folder.path()).await,
            Err(Error::Integrity(_))
        ));
        // Nor is the false state signed, even when the log has grown past the old size again.
        assert!(matches!(
            world.store.checkpoint_write(folder.path()).await,
            Err(Error::Integrity(_))
        ));
        for _ in 0..6 {
            open_case(&world.store, &accounts[1]).await.unwrap();
        }
        assert!(matches!(
            world.store.checkpoint_write(folder.path()).await,
            Err(Error::Integrity(_))
        ));
        let report = world.store.audit_verify(Some(folder.path())).await.unwrap();
        assert!(
            report
                .all_problems()
                .any(|problem| matches!(problem, Problem::Rewritten(_))),
            "{report:?}"
        );
    }
);

/// What a careful attacker does: changes one entry and recomputes every hash after it, and the head.
async fn rewrite(raw: &Raw) {
    let backend = raw.0.get_database_backend();
    let sql = "UPDATE audit_entry SET body = replace(body, 'granted', 'refused'), result = 'refused' WHERE seq = 3";
    assert_eq!(raw.run(sql).await, 1);
    let mut frontier = Frontier::new();
    for (seq, body) in raw
        .texts("SELECT body FROM audit_entry ORDER BY seq")
        .await
        .iter()
        .enumerate()
    {
        let leaf = leaf_hash(body.as_bytes());
        frontier.push(leaf);
        let sql = "UPDATE audit_entry SET leaf = $1, root = $2 WHERE seq = $3";
        let values = [
            leaf.to_vec().into(),
            frontier.root().to_vec().into(),
            i64::try_from(seq).unwrap().into(),
        ];
        raw.0
            .execute_raw(Statement::from_sql_and_values(backend, sql, values))
            .await
            .unwrap();
    }
    let sql = "UPDATE audit_head SET frontier = $1, root = $2";
    let values = [frontier.to_bytes().into(), frontier.root().to_vec().into()];
    raw.0
        .execute_raw(Statement::from_sql_and_values(backend, sql, values))
        .await
        .unwrap();
}

both!(
    a_record_rewritten_with_all_its_hashes_is_found_by_the_checkpoint_alone,
    |world| {
        little_world(&world.store).await;
        let folder = tempfile::tempdir().unwrap();
        world.store.checkpoint_write(folder.path()).await.unwrap();
        rewrite(&Raw::of(world).await).await;
        assert!(
            world.store.audit_verify(None).await.unwrap().ok(),
            "the lie is consistent in itself"
        );
        let report = world.store.audit_verify(Some(folder.path())).await.unwrap();
        assert!(
            report
                .all_problems()
                .any(|problem| matches!(problem, Problem::Rewritten(_))),
            "{report:?}"
        );
        assert!(world.store.startup_check(folder.path()).await.is_err());
    }
);

both!(a_whole_log_that_vanished_is_missed, |world| {
    little_world(&world.store).await;
    let folder = tempfile::tempdir().unwrap();
    world.store.checkpoint_write(folder.path()).await.unwrap();
    let raw = Raw::of(world).await;
    raw.run("DELETE FROM audit_entry").await;
    raw.run("DELETE FROM audit_head").await;
    assert!(world.store.audit_verify(None).await.unwrap().ok());
    let report = world.store.audit_verify(Some(folder.path())).await.unwrap();
    assert!(
        matches!(report.problems.as_slice(), [Problem::Gone(_)]),
        "{report:?}"
    );
    assert!(world.store.startup_check(folder.path()).await.is_err());
});

both!(
    a_checkpoint_is_written_once_per_state_and_a_false_one_is_named,
    |world| {
        let (accounts, _) = little_world(&world.store).await;
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            world.store.checkpoint_write(folder.path()).await.unwrap(),
            1
        );
        assert_eq!(
            world.store.checkpoint_write(folder.path()).await.unwrap(),
            0
        );
        open_case(&world.store, &accounts[0]).await.unwrap();
        assert_eq!(
            world.store.checkpoint_write(folder.path()).await.unwrap(),
            1
        );
        let report = world.store.audit_verify(Some(folder.path())).await.unwrap();
        assert!(report.ok());
        assert_eq!(report.logs[0].checkpoints, 2);

        let file = |end: &str| {
            let found = std::fs::read_dir(folder.path())
                .unwrap()
                .map(|entry| entry.unwrap().path());
            found
                .into_iter()
                .find(|path| path.extension().is_some_and(|own| own == end))
                .unwrap()
        };
        let newest = std::fs::read_to_string(file("checkpoint")).unwrap();
        let size = newest.lines().nth(1).unwrap();
        std::fs::write(file("checkpoint"), newest.replacen(size, "3", 1)).unwrap();
        let report = world.store.audit_verify(Some(folder.path())).await.unwrap();
        assert!(
            report
                .all_problems()
                .any(|problem| matches!(problem, Problem::Forged(_))),
            "{report:?}"
        );
        std::fs::write(file("checkpoint"), newest).unwrap();

        // A history that a power cut tore is read as far as it goes, and goes on cleanly.
        let history = std::fs::read_to_string(file("history")).unwrap();
        std::fs::write(file("history"), &history[..history.len() - 9]).unwrap();
        assert!(
            world
                .store
                .audit_verify(Some(folder.path()))
                .await
                .unwrap()
                .ok()
        );
        open_case(&world.store, &accounts[0]).await.unwrap();
        world.store.checkpoint_write(folder.path()).await.unwrap();
        let report = world.store.audit_verify(Some(folder.path())).await.unwrap();
        assert!(report.ok(), "{report:?}");
        assert_eq!(report.logs[0].checkpoints, 2);
    }
);

/// The same database file in another place, opened with the same keys.
async fn reopened(
    world: &TestStore,
    keys: Keys,
    copy: impl AsyncFnOnce(&std::path::Path),
) -> (tempfile::TempDir, Store) {
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("copy.db");
    copy(&path).await;
    let store = Store::sqlite(&path, world.env.clone(), keys, Durability::Full)
        .await
        .unwrap();
    (elsewhere, store)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_of_the_file_put_back_is_found() {
    let world = TestStore::sqlite().await;
    let (accounts, _) = little_world(&world.store).await;
    let folder = tempfile::tempdir().unwrap();
    let keys = world.store.keys().clone();
    let (_old, older) = reopened(&world, keys.clone(), async |path| {
        world.store.copy_to(path).await.unwrap();
    })
    .await;
    older.startup_check(folder.path()).await.unwrap();
    open_case(&world.store, &accounts[0]).await.unwrap();
    world.store.checkpoint_write(folder.path()).await.unwrap();
    assert!(
        world
            .store
            .audit_verify(Some(folder.path()))
            .await
            .unwrap()
            .ok()
    );
    assert!(older.audit_verify(None).await.unwrap().ok());
    assert!(!older.audit_verify(Some(folder.path())).await.unwrap().ok());
    assert!(matches!(
        older.startup_check(folder.path()).await,
        Err(Error::Integrity(_))
    ));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_lost_its_write_ahead_log_is_found() {
    let world = TestStore::sqlite().await;
    let (accounts, _) = little_world(&world.store).await;
    let folder = tempfile::tempdir().unwrap();
    // Everything into the main file; then more, which stays in the log.
    world.store.clone().close().await.unwrap();
    open_case(&world.store, &accounts[0]).await.unwrap();
    world.store.checkpoint_write(folder.path()).await.unwrap();
    let file = world.sqlite_path().unwrap();
    let keys = world.store.keys().clone();
    let (_copy, torn) = reopened(&world, keys, async |path| {
        std::fs::copy(&file, path).unwrap();
    })
    .await;
    assert!(torn.audit_verify(None).await.unwrap().ok());
    let report = torn.audit_verify(Some(folder.path())).await.unwrap();
    assert!(
        report
            .all_problems()
            .any(|problem| matches!(problem, Problem::Shorter { .. })),
        "{report:?}"
    );
    assert!(torn.startup_check(folder.path()).await.is_err());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_rotation_old_checkpoints_count_while_their_key_is_kept_and_a_new_one_is_signed() {
    let world = TestStore::sqlite().await;
    little_world(&world.store).await;
    let folder = tempfile::tempdir().unwrap();
    world.store.checkpoint_write(folder.path()).await.unwrap();
    let old = world.store.keys().keyring().current().clone();
    let new = RootKey::generate(&world.env);
    let both_keys = Keys::new(Keyring::new(new.clone(), [old]));
    let (_a, with_both) = reopened(&world, both_keys, async |path| {
        world.store.copy_to(path).await.unwrap();
    })
    .await;
    assert!(
        with_both
            .audit_verify(Some(folder.path()))
            .await
            .unwrap()
            .ok()
    );
    // Nothing was added to the log, but the newest checkpoint must be one that the new key signed.
    assert_eq!(with_both.checkpoint_write(folder.path()).await.unwrap(), 1);
    let only_new = Keys::new(Keyring::new(new, []));
    let (_b, with_new) = reopened(&world, only_new, async |path| {
        world.store.copy_to(path).await.unwrap();
    })
    .await;
    let report = with_new.audit_verify(Some(folder.path())).await.unwrap();
    assert!(report.ok(), "{report:?}");
    assert_eq!(report.logs[0].checkpoints, 1);
    let stranger = Keys::new(Keyring::new(RootKey::generate(&world.env), []));
    let (_c, without) = reopened(&world, stranger, async |path| {
        world.store.copy_to(path).await.unwrap();
    })
    .await;
    let report = without.audit_verify(Some(folder.path())).await.unwrap();
    assert!(
        report
            .all_problems()
            .any(|problem| matches!(problem, Problem::Forged(_))),
        "{report:?}"
    );
    world.finish().await;
}
