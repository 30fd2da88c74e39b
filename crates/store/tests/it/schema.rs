//! SQLite's schema, PostgreSQL's, the entities and the classification say the same, and SQLite is set up to be safe.

use std::collections::BTreeSet;

use crate::shared::Raw;
use throughline_store::schema::{Holds, Tables, classes, expected};
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

both!(
    the_live_tables_are_those_of_the_entities_and_of_the_classification,
    |world| {
        let live = world.store.schema_live().await.unwrap();
        world.store.schema_check().await.unwrap();
        let expected = expected();
        assert_eq!(names(&live), names(&expected));
        for (name, table) in &live {
            assert_eq!(table.columns, expected[name].columns, "{name}");
            assert!(
                table
                    .columns
                    .values()
                    .all(|column| column.holds != Holds::Other),
                "{name}"
            );
        }
        let classes = classes().unwrap();
        assert_eq!(names(&live), classes.keys().cloned().collect::<Vec<_>>());
        for (name, table) in &live {
            let mut classed = classes[name].clone();
            let retention = classed.remove("retention").unwrap_or_default();
            assert!(
                [
                    "account",
                    "audit",
                    "case",
                    "directory",
                    "ephemeral",
                    "installation"
                ]
                .contains(&retention.as_str()),
                "{name}: retention {retention}"
            );
            assert_eq!(
                table.columns.keys().collect::<Vec<_>>(),
                classed.keys().collect::<Vec<_>>(),
                "{name}"
            );
        }
    }
);

fn names(tables: &Tables) -> Vec<String> {
    tables.keys().cloned().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_have_the_same_tables_indexes_and_references() {
    let Some(postgres) = TestStore::postgres().await else {
        return;
    };
    let sqlite = TestStore::sqlite().await;
    let (a, b) = (
        sqlite.store.schema_live().await.unwrap(),
        postgres.store.schema_live().await.unwrap(),
    );
    assert_eq!(names(&a), names(&b));
    for (name, table) in &a {
        assert_eq!(*table, b[name], "{name}");
    }
    assert!(a.values().map(|table| table.indexes.len()).sum::<usize>() > 30);
    assert!(
        a.values()
            .map(|table| table.references.len())
            .sum::<usize>()
            > 30
    );
    sqlite.finish().await;
    postgres.finish().await;
}

both!(
    a_column_added_or_dropped_by_hand_is_seen_at_the_start,
    |world| {
        let raw = Raw::of(world).await;
        raw.without_second_look().await;
        raw.run("ALTER TABLE person ADD COLUMN nickname text").await;
        let error = world.store.schema_check().await.unwrap_err().to_string();
        assert!(error.contains("person"), "{error}");
        raw.run("ALTER TABLE person DROP COLUMN nickname").await;
        world.store.schema_check().await.unwrap();
        raw.run("ALTER TABLE person DROP COLUMN details").await;
        assert!(world.store.schema_check().await.is_err());
    }
);

/// Columns of a protected class that are not sealed, each for its reason.
const PLAIN: &[(&str, &str, &str)] = &[
    ("child", "state", "a code that lists depend on"),
    ("need", "state", "a code that lists and clocks depend on"),
    (
        "person",
        "contact_changed_at",
        "an instant: it says when, never what",
    ),
    (
        "account",
        "password",
        "an argon2id hash in its own text form",
    ),
    (
        "child",
        "safeguarding",
        "a code that clocks depend on; it names nobody",
    ),
    ("need", "kind", "a code that lists and clocks depend on"),
    ("immediate_need", "kind", "a code"),
    ("immediate_need", "answer", "a code"),
    ("immediate_need", "account_control", "a code"),
    ("support_case", "risk_band", "a code that clocks depend on"),
    ("risk_assessment", "band", "a code"),
    (
        "consent",
        "items",
        "codes; a need among them stands as a code in `need` already",
    ),
    ("referral", "need", "a code that lists and clocks depend on"),
    ("unmet_need", "need", "a code that figures count"),
    ("unmet_need", "because", "a code that figures count"),
    ("referral", "risk_band", "a code that clocks depend on"),
];

#[tokio::test]
async fn no_personal_column_holds_anything_but_bytes_unless_it_is_listed_with_its_reason() {
    let (tables, classes) = (expected(), classes().unwrap());
    let mut plain = BTreeSet::new();
    for (table, columns) in &classes {
        for (column, class) in columns.iter().filter(|(column, _)| *column != "retention") {
            let known = [
                "public",
                "operational",
                "personal",
                "special-category",
                "secret",
            ];
            assert!(known.contains(&class.as_str()), "{table}.{column}: {class}");
            let protected = ["personal", "special-category", "secret"].contains(&class.as_str());
            if protected && tables[table].columns[column].holds != Holds::Bytes {
                plain.insert((table.as_str(), column.as_str()));
            }
        }
    }
    let listed: BTreeSet<_> = PLAIN
        .iter()
        .map(|(table, column, _)| (*table, *column))
        .collect();
    let unlisted: Vec<_> = plain.difference(&listed).collect();
    assert!(
        unlisted.is_empty(),
        "in plain text and not listed: {unlisted:?}"
    );
}

#[tokio::test]
async fn sqlite_is_new_enough_and_both_pools_are_set_up_to_lose_nothing() {
    let world = TestStore::sqlite().await;
    let raw = Raw::of(&world).await;
    let version = raw.texts("SELECT sqlite_version()").await.remove(0);
    let parts: Vec<u32> = version
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect();
    assert!(parts >= vec![3, 51, 3], "{version}");
    assert_eq!(raw.texts("PRAGMA journal_mode").await, ["wal"]);
    world.finish().await;
}

both!(
    a_migration_runs_once_and_a_changed_one_is_refused,
    |world| {
        assert!(world.store.migrate().await.unwrap().is_empty());
        let raw = Raw::of(world).await;
        raw.run("UPDATE schema_migration SET hash = 'another'")
            .await;
        let refused = world.store.migrate().await.unwrap_err().to_string();
        assert!(refused.contains("nothing was changed"), "{refused}");
        raw.run("UPDATE schema_migration SET name = 'm9999_later' WHERE name = 'm0001_spine'")
            .await;
        let newer = world.store.migrate().await.unwrap_err().to_string();
        assert!(newer.contains("newer version"), "{newer}");
    }
);

both!(
    a_database_of_the_version_before_is_brought_up_with_all_it_holds,
    |world| {
        let raw = Raw::of(world).await;
        raw.without_second_look().await;
        for index in [
            "ix_task_referral_id",
            "ix_task_conversation_id",
            "ix_case_event_referral_id_at",
            "ix_emergency_conversation_id",
            "ix_api_client_organisation_id",
            "ix_outbox_subject_id",
            "ix_referral_service_id_state",
            "ix_service_organisation_id",
        ] {
            raw.run(&format!("DROP INDEX {index}")).await;
        }
        raw.run("ALTER TABLE quarantine DROP COLUMN cleared_digest")
            .await;
        for table in [
            "unmet_need",
            "duty_to_refer",
            "listing_doubt",
            "interest_mark",
            "interest",
            "person_mark",
            "clash",
            "protective_link",
            "appointment",
            "partner_join",
            "legal_hold",
            "erasure",
            "missed_look",
            "urgent_case",
            "urgent",
            "access_request",
            "second_person",
            "reveal",
            "sealed_place",
            "person_link",
            "bar",
            "viewer",
            "restriction",
            "passkey",
            "sign_in_link",
            "sign_in_flow",
            "seen",
        ] {
            raw.run(&format!("DROP TABLE {table}")).await;
        }
        raw.run("DROP TABLE message").await;
        raw.run("DROP INDEX ix_contact_point_lapse_told_at_expires_at")
            .await;
        raw.run("DROP INDEX ix_person_compared_at").await;
        for column in [
            "person DROP COLUMN compared_at",
            "conversation DROP COLUMN told_at",
            "support_case DROP COLUMN told_at",
            "support_case DROP COLUMN children_answer",
            "feed DROP COLUMN details_at",
            "contact_point DROP COLUMN lapse_told_at",
            "consent DROP COLUMN receipt",
            "consent DROP COLUMN life_at_risk",
            "consent DROP COLUMN told",
            "consent DROP COLUMN completed_at",
            "referral DROP COLUMN told",
            "service DROP COLUMN room",
            "service DROP COLUMN room_wait_days",
            "service DROP COLUMN room_said_at",
        ] {
            raw.run(&format!("ALTER TABLE {column}")).await;
        }
        raw.run("DELETE FROM schema_migration WHERE name <> 'm0001_spine'")
            .await;
        let before = raw.texts("SELECT name FROM schema_migration").await;
        assert_eq!(before, ["m0001_spine"]);
        let ran = world.store.migrate().await.unwrap();
        assert_eq!(
            ran,
            [
                "m0002_by_referral",
                "m0003_clearance",
                "m0004_partner_join",
                "m0005_told",
                "m0006_details",
                "m0007_closed",
                "m0008_message",
                "m0009_seen",
                "m0010_sharing",
                "m0011_erasure",
                "m0013_reveal",
                "m0014_sign_in",
                "m0015_apart",
                "m0016_access_request",
                "m0017_second_person",
                "m0018_interest",
                "m0019_place",
                "m0020_person_link",
                "m0022_urgent",
                "m0023_watch",
                "m0024_line",
                "m0025_duty",
                "m0033_unmet",
                "m0034_notice",
                "m0035_room"
            ]
        );
        assert!(world.store.migrate().await.unwrap().is_empty());
        world.store.schema_check().await.unwrap();
        if raw.is_sqlite() {
            let looks = "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND substr(name, 1, 6) = 'whole_'";
            assert!(
                raw.number(looks).await > 50,
                "every column stands in an index again"
            );
        }
    }
);
