//! A backup in the wrong hands (ASSURANCE G3): closed without keys; with the key of one organisation, its own people and nobody else.

use std::collections::BTreeMap;

use crate::shared::{TWO, amina, open_case, organisation};
use sea_orm::{ConnectionTrait, Database, DbBackend, QueryResult, Statement};
use throughline_testkit::db::TestStore;
use uuid::Uuid;

fn id(row: &QueryResult, at: usize) -> Uuid {
    row.try_get_by_index::<Uuid>(at).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g3_a_stolen_backup_is_closed_and_one_organisations_key_opens_its_own_people_only() {
    let world = TestStore::sqlite().await;
    let mut people = 0;
    for (name, first) in [("north", true), ("south", false)] {
        let (_, staff) = organisation(&world.store, name, first, TWO).await;
        for lead in &staff {
            open_case(&world.store, lead).await.unwrap();
            people += 1;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    let marks = folder.path().join("marks");
    world.store.backup(&backup, &marks).await.unwrap();

    // Without keys: no word of anybody, in any file of it.
    let mut database = None;
    for file in std::fs::read_dir(&backup).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            continue; // Signed checkpoints: hashes only.
        }
        let bytes = std::fs::read(&path).unwrap();
        for word in [
            amina().chosen,
            amina().family.unwrap(),
            amina().born.unwrap(),
        ] {
            let there = bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes());
            assert!(!there, "{word} stands in {}", path.display());
        }
        if path.extension().is_some_and(|end| end == "db") {
            database = Some(path);
        }
    }
    let url = format!("sqlite://{}", database.unwrap().display());
    let raw = Database::connect(url).await.unwrap();
    let rows = async |sql: &str| {
        raw.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql))
            .await
            .unwrap()
    };
    let keyring = world.store.keys().keyring();
    let mut keys = BTreeMap::new();
    for row in rows("SELECT organisation_id, wrapped, root_key_id FROM organisation_key").await {
        let wrapped = row.try_get_by_index::<Vec<u8>>(1).unwrap();
        let root = row.try_get_by_index::<String>(2).unwrap();
        let own = id(&row, 0);
        keys.insert(own, keyring.unwrap(&wrapped, &root, own).unwrap());
    }
    assert_eq!(keys.len(), 2);
    let sealed = rows("SELECT owner_id, organisation_id, wrapped FROM data_key").await;
    for (own, key) in &keys {
        let (mut opened, mut closed) = (0, 0);
        for row in &sealed {
            let wrapped = row.try_get_by_index::<Vec<u8>>(2).unwrap();
            let opens = key.unwrap(&wrapped, id(row, 0)).is_ok();
            assert_eq!(opens, id(row, 1) == *own);
            *(if opens { &mut opened } else { &mut closed }) += 1;
        }
        // Control: each opens something, and there is something that it does not open.
        assert!(
            opened >= people / 2 && closed >= people / 2,
            "{opened} {closed}"
        );
    }
    world.finish().await;
}
