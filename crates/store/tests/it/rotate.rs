//! Keys change hands: rotation, a lost root key put together again from paper, and a backup that opens elsewhere.

use crate::shared::{Raw, little_world, open_case, read_name};
use throughline_seal::shares::{Share, recover, split};
use throughline_seal::{Keyring, RootKey};
use throughline_store::backup::restore;
use throughline_store::{Durability, Error, Keys, Store};
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

/// Another process on the same database, with its own key file.
async fn opened(world: &TestStore, ring: Keyring) -> Store {
    let keys = Keys::new(ring);
    match (world.sqlite_path(), world.postgres_url()) {
        (Some(path), _) => Store::sqlite(&path, world.env.clone(), keys, Durability::Full)
            .await
            .unwrap(),
        (None, url) => Store::postgres(&url.unwrap(), world.env.clone(), keys, 2)
            .await
            .unwrap(),
    }
}

both!(
    o1_after_a_rotation_the_new_key_alone_opens_everything_and_the_old_one_nothing,
    |world| {
        let (accounts, cases) = little_world(&world.store).await;
        let (actor, case) = (accounts[0].actor(), cases[0]);
        let old = world.store.keys().keyring().current().clone();
        let new = RootKey::generate(&world.env);
        let raw = Raw::of(world).await;
        let sealed = raw.texts(HASHES).await;

        let both_keys = opened(world, Keyring::new(new.clone(), [old.clone()])).await;
        assert_eq!(
            read_name(&both_keys, &actor, case).await.unwrap(),
            "Amina",
            "before, with both"
        );
        let done = both_keys.keys_rotate().await.unwrap();
        assert_eq!((done.organisation_keys, done.accounts), (1, 4));
        let again = both_keys.keys_rotate().await.unwrap();
        assert_eq!(
            (again.organisation_keys, again.accounts),
            (0, 0),
            "once is enough"
        );
        both_keys.disconnect().await;

        let only_new = opened(world, Keyring::new(new, [])).await;
        assert_eq!(read_name(&only_new, &actor, case).await.unwrap(), "Amina");
        open_case(&only_new, &accounts[0]).await.unwrap();
        assert!(only_new.audit_verify(None).await.unwrap().ok());
        only_new.disconnect().await;
        let only_old = opened(world, Keyring::new(old, [])).await;
        assert!(matches!(
            read_name(&only_old, &actor, case).await,
            Err(Error::Sealed)
        ));
        only_old.disconnect().await;
        // What people's keys sealed was not touched.
        assert_eq!(raw.texts(HASHES).await[..sealed.len()], sealed);
        let noted = "SELECT count(*) FROM audit_entry WHERE action = 'keys_rotated'";
        assert_eq!(raw.number(noted).await, 2);
    }
);

const HASHES: &str =
    "SELECT coalesce(replace(cast(reference AS text), ' ', ''), '') FROM person ORDER BY id";

both!(a_rotation_without_the_old_key_changes_nothing, |world| {
    let (accounts, cases) = little_world(&world.store).await;
    let stranger = opened(world, Keyring::new(RootKey::generate(&world.env), [])).await;
    assert!(matches!(stranger.keys_rotate().await, Err(Error::Sealed)));
    stranger.disconnect().await;
    let same = opened(world, world.store.keys().keyring().clone()).await;
    assert_eq!(
        read_name(&same, &accounts[0].actor(), cases[0])
            .await
            .unwrap(),
        "Amina"
    );
    same.disconnect().await;
});

both!(
    a_lost_root_key_comes_back_from_any_three_of_five_papers,
    |world| {
        let (accounts, cases) = little_world(&world.store).await;
        let (actor, case) = (accounts[0].actor(), cases[0]);
        // The key file, as an installation has it; and the papers, as people have them.
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("root.key");
        let key = world.store.keys().keyring().current();
        std::fs::write(&file, key.to_text()).unwrap();
        let papers: Vec<String> = split(key, 3, 5, &world.env)
            .unwrap()
            .iter()
            .map(Share::to_text)
            .collect();
        std::fs::remove_file(&file).unwrap();

        // Typed in on a bad day: in small letters, in another order.
        let typed = |which: &[usize]| -> Vec<Share> {
            which
                .iter()
                .map(|at| Share::from_text(&papers[*at].to_lowercase()).unwrap())
                .collect()
        };
        assert!(recover(&typed(&[4, 1])).is_err(), "two are not enough");
        let found = recover(&typed(&[4, 0, 2])).unwrap();
        std::fs::write(&file, found.to_text()).unwrap();

        let ring = Keyring::from_text(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let store = opened(world, ring).await;
        assert_eq!(read_name(&store, &actor, case).await.unwrap(), "Amina");
        store.disconnect().await;
    }
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_put_back_elsewhere_is_whole_and_a_changed_one_is_refused() {
    let world = TestStore::sqlite().await;
    let (accounts, cases) = little_world(&world.store).await;
    let here = tempfile::tempdir().unwrap();
    let (marks, folder) = (here.path().join("checkpoints"), here.path().join("backup"));
    world.store.checkpoint_write(&marks).await.unwrap();
    let manifest = world.store.backup(&folder, &marks).await.unwrap();
    assert_eq!(manifest.rows["person"], 4);
    assert!(
        world.store.backup(&folder, &marks).await.is_err(),
        "a backup never overwrites another"
    );
    // Work went on: the backup does not know of it.
    open_case(&world.store, &accounts[0]).await.unwrap();

    let ring = world.store.keys().keyring();
    let elsewhere = tempfile::tempdir().unwrap();
    let (database, new_marks) = (
        elsewhere.path().join("throughline.db"),
        elsewhere.path().join("checkpoints"),
    );
    assert_eq!(
        restore(&folder, &database, &new_marks, ring).await.unwrap(),
        manifest
    );
    let store = Store::sqlite(
        &database,
        world.env.clone(),
        Keys::new(ring.clone()),
        Durability::Full,
    )
    .await
    .unwrap();
    let report = store.audit_verify(Some(&new_marks)).await.unwrap();
    assert!(report.ok(), "{report:?}");
    assert_eq!(
        report.logs[0].root,
        manifest.audit_roots.values().next().unwrap().as_str()
    );
    store.startup_check(&new_marks).await.unwrap();
    assert_eq!(
        read_name(&store, &accounts[0].actor(), cases[0])
            .await
            .unwrap(),
        "Amina"
    );
    store.disconnect().await;

    assert!(
        restore(&folder, &database, &new_marks, ring).await.is_err(),
        "never over a database"
    );
    let third = tempfile::tempdir().unwrap();
    let target = third.path().join("throughline.db");
    let stranger = Keyring::new(RootKey::generate(&world.env), []);
    assert!(matches!(
        restore(&folder, &target, third.path(), &stranger).await,
        Err(Error::Integrity(_))
    ));
    let copy = folder.join("throughline.db");
    let mut bytes = std::fs::read(&copy).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&copy, bytes).unwrap();
    assert!(matches!(
        restore(&folder, &target, third.path(), ring).await,
        Err(Error::Integrity(_))
    ));
    let text = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
    std::fs::write(
        folder.join("manifest.json"),
        text.replace("\"person\": 4", "\"person\": 3"),
    )
    .unwrap();
    assert!(matches!(
        restore(&folder, &target, third.path(), ring).await,
        Err(Error::Integrity(_))
    ));
    assert!(!target.exists());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_database_names_the_tools_that_back_it_up() {
    let Some(world) = TestStore::postgres().await else {
        return;
    };
    little_world(&world.store).await;
    let folder = tempfile::tempdir().unwrap();
    let error = world
        .store
        .backup(&folder.path().join("backup"), folder.path())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("pg_dump") && error.contains("nothing was written"),
        "{error}"
    );
    world.finish().await;
}
