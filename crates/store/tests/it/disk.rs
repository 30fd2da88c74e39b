//! A bit that flips on SQLite's disk is found, whatever table and column it hits (PO4, decision 0027).

use std::collections::BTreeSet;
use std::path::Path;

use crate::shared::{TWO, open_case, organisation};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement};
use throughline_store::proof::{Problem, Report};
use throughline_store::schema::expected;
use throughline_store::{Durability, Keys, Store};
use throughline_testkit::db::TestStore;

async fn raw(path: &Path) -> Result<DatabaseConnection, DbErr> {
    Database::connect(format!("sqlite://{}?mode=rwc", path.display())).await
}

async fn texts(raw: &DatabaseConnection, sql: &str) -> Result<Vec<String>, DbErr> {
    let rows = raw
        .query_all_raw(Statement::from_string(DbBackend::Sqlite, sql))
        .await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Everything that the tables hold, read from the tables alone and not from an index; `None` where it cannot be read.
async fn everything(path: &Path) -> Option<Vec<Vec<String>>> {
    let raw = raw(path).await.ok()?;
    let mut all = Vec::new();
    for (table, about) in expected() {
        let columns: Vec<String> = about
            .columns
            .keys()
            .map(|column| format!("coalesce(typeof({column}) || quote({column}), '')"))
            .collect();
        let columns = columns.join(" || ',' || ");
        let sql =
            format!("SELECT rowid || ':' || {columns} FROM {table} NOT INDEXED ORDER BY rowid");
        all.push(texts(&raw, &sql).await.ok()?);
    }
    raw.close().await.ok()?;
    Some(all)
}

/// Whether the check of the record finds something in this file.
async fn is_found(path: &Path, like: &TestStore, keys: Keys) -> bool {
    let open = Store::sqlite(path, like.env.clone(), keys, Durability::Full).await;
    let Ok(store) = open else { return true };
    let found = store.audit_verify(None).await;
    !found.is_ok_and(|report| report.ok())
}

/// A file with these bytes and nothing of an older one beside it.
fn write(file: &Path, bytes: &[u8]) {
    for end in ["-wal", "-shm"] {
        let mut beside = file.as_os_str().to_owned();
        beside.push(end);
        let _ = std::fs::remove_file(beside);
    }
    std::fs::write(file, bytes).unwrap();
}

/// What the check of the record says when the last bit of one byte is another.
async fn checked(world: &TestStore, file: &Path, bytes: &[u8], at: usize) -> Report {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    write(file, &bytes);
    let keys = world.store.keys().clone();
    let store = Store::sqlite(file, world.env.clone(), keys, Durability::Full)
        .await
        .unwrap();
    store.audit_verify(None).await.unwrap()
}

/// A copy of a small world, as one file that nobody has open.
async fn copied(world: &TestStore, folder: &Path) -> Vec<u8> {
    let (_, staff) = organisation(&world.store, "first", true, TWO).await;
    for lead in &staff {
        open_case(&world.store, lead).await.unwrap();
    }
    world
        .store
        .backup(&folder.join("backup"), &folder.join("marks"))
        .await
        .unwrap();
    let files = std::fs::read_dir(folder.join("backup")).unwrap();
    let database = files
        .map(|file| file.unwrap().path())
        .find(|file| file.extension().is_some_and(|end| end == "db"))
        .expect("a backup has a database");
    std::fs::read(database).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_column_of_every_table_stands_in_an_index_or_in_the_record_itself() {
    let world = TestStore::sqlite().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.db");
    std::fs::write(&file, copied(&world, folder.path()).await).unwrap();
    let raw = raw(&file).await.unwrap();
    let sql = "SELECT m.name || '.' || x.name FROM sqlite_master m JOIN pragma_index_list(m.name) i \
               JOIN pragma_index_info(i.name) x WHERE m.type = 'table' AND x.name IS NOT NULL";
    let indexed: BTreeSet<String> = texts(&raw, sql).await.unwrap().into_iter().collect();
    let mut left = 0;
    for (table, about) in expected() {
        for column in about.columns.keys() {
            let name = format!("{table}.{column}");
            // The chain of the record proves these: `every_change_of_an_entry_or_a_head_is_found_without_any_checkpoint`.
            if table == "audit_entry" {
                left += usize::from(!indexed.contains(&name));
            } else {
                assert!(indexed.contains(&name), "{name} is compared with nothing");
            }
        }
    }
    assert!(left > 0, "the record's text need not be kept twice");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn po4_a_bit_that_flips_on_the_disk_is_found_wherever_it_changes_anything() {
    let world = TestStore::sqlite().await;
    let folder = tempfile::tempdir().unwrap();
    let whole = copied(&world, folder.path()).await;
    let keys = || world.store.keys().clone();
    let file = folder.path().join("flipped.db");
    std::fs::write(&file, &whole).unwrap();
    assert!(
        !is_found(&file, &world, keys()).await,
        "nothing is wrong yet"
    );
    let truth = everything(&file).await.expect("it can be read");

    // The same places each time, all over the file.
    let (mut changed, mut found, mut place) = (0_u32, 0_u32, 1_u64);
    for _ in 0..400 {
        place = place
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let bits = u64::try_from(whole.len()).unwrap() * 8;
        let bit = (place >> 20) % bits;
        let mut bytes = whole.clone();
        bytes[usize::try_from(bit / 8).unwrap()] ^= 1 << (bit % 8);
        write(&file, &bytes);
        if everything(&file).await.as_ref() == Some(&truth) {
            continue;
        }
        changed += 1;
        write(&file, &bytes);
        found += u32::from(is_found(&file, &world, keys()).await);
    }
    assert!(changed > 10, "{changed}");
    assert!(found * 100 >= changed * 99, "{found} of {changed}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_column_that_changed_under_its_index_is_named_by_table_and_never_by_what_it_holds()
{
    let world = TestStore::sqlite().await;
    let folder = tempfile::tempdir().unwrap();
    let whole = copied(&world, folder.path()).await;
    let file = folder.path().join("flipped.db");
    // The name of an organisation is in its table and in one index: one of the two is changed, in each of its places in turn.
    let places: Vec<usize> = (0..whole.len() - 7)
        .filter(|at| whole[*at..].starts_with(b"first 0"))
        .collect();
    assert!(places.len() >= 2, "{places:?}");
    for at in places {
        let report = checked(&world, &file, &whole, at).await;
        let [Problem::Disk(said), ..] = report.problems.as_slice() else {
            panic!("{:?}", report.problems);
        };
        assert!(said.contains("site"), "{said}");
        assert!(!said.contains("first"), "{said}");
    }

    // Control: without that index the same change is found by nothing.
    write(&file, &whole);
    let raw = raw(&file).await.unwrap();
    raw.execute_unprepared("DROP INDEX whole_site; VACUUM")
        .await
        .unwrap();
    raw.close().await.unwrap();
    let bare = std::fs::read(&file).unwrap();
    let places: Vec<usize> = (0..bare.len() - 7)
        .filter(|at| bare[*at..].starts_with(b"first 0"))
        .collect();
    let [at] = places.as_slice() else {
        panic!("{places:?}");
    };
    assert!(checked(&world, &file, &bare, *at).await.ok());
    world.finish().await;
}
