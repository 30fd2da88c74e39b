//! What an orchestrator is told (`/readyz`, `/healthz`) while the database is away, altered, of another version or empty, and
//! that the node comes back by itself. The server runs inside the test, so that its clock is in hand.

use std::sync::Arc;

use crate::shared::Raw;
use crate::town::town;
use throughline_app::App;
use throughline_core::pack::Packs;
use throughline_identity::Identity;
use throughline_store::Store;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;
use throughline_testkit::postgres;
use throughline_testkit::visitor::Visitor;
use throughline_web::server::Limits;
use throughline_web::{Settings, Web};

/// Longer than a look at the tables may stand for.
const UNTIL_LOOKED_AGAIN: i64 = 61;

/// A node on the store of a test; it goes when the test does.
async fn node(world: &TestStore) -> String {
    let settings = throughline_app::Settings {
        base_url: "https://example.test".to_owned(),
        mail_from: "post@example.test".to_owned(),
        call: Some("01632 960123".to_owned()),
        node: "test".to_owned(),
        demo: true,
    };
    let app = App::new(world.store.clone(), Packs::embedded().unwrap(), settings).unwrap();
    let settings = throughline_identity::Settings::default();
    let identity = Identity::new(world.store.clone(), settings).unwrap();
    let settings = Settings {
        service_name: "Throughline".to_owned(),
        secure: true,
        behind_proxy: false,
    };
    let web = Web::new(Arc::new(app), identity, settings, None);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let never = std::future::pending();
    tokio::spawn(throughline_web::server::serve(
        listener,
        web,
        Limits::default(),
        never,
    ));
    base
}

/// What the node says now: (`/readyz`, its word). It is alive, whatever else it is.
fn asked(base: &str) -> (u16, String) {
    tokio::task::block_in_place(|| {
        let alive = Visitor::new(base).get("/healthz").unwrap();
        assert_eq!((alive.status, &*alive.body), (200, r#"{"status":"alive"}"#));
        let ready = Visitor::new(base).get("/readyz").unwrap();
        (ready.status, ready.body)
    })
}

fn ready() -> (u16, String) {
    (200, r#"{"status":"ready"}"#.to_owned())
}

/// Nothing of what is wrong: anybody may ask.
fn not_ready() -> (u16, String) {
    (503, r#"{"status":"not ready"}"#.to_owned())
}

both!(
    a_node_is_not_ready_before_somebody_set_it_up_or_migrations_ran_and_is_as_soon_as_they_have,
    |world| {
        let base = node(world).await;
        assert_eq!(asked(&base), not_ready(), "nobody has set it up");
        town(world).await;
        assert_eq!(asked(&base), ready());
        let raw = Raw::of(world).await;
        for (undo, redo) in [
            // An older database: the newest migration is missing.
            (
                "UPDATE schema_migration SET name = 'x' || name WHERE name LIKE 'm0002%'",
                "UPDATE schema_migration SET name = substr(name, 2) WHERE name LIKE 'xm0002%'",
            ),
            // A newer one.
            (
                "INSERT INTO schema_migration (name, hash) VALUES ('m9999_later', 'x')",
                "DELETE FROM schema_migration WHERE name = 'm9999_later'",
            ),
            // One that was made with another text of the same migration.
            (
                "UPDATE schema_migration SET hash = 'x' || hash WHERE name LIKE 'm0001%'",
                "UPDATE schema_migration SET hash = substr(hash, 2) WHERE name LIKE 'm0001%'",
            ),
            // No record of migrations at all.
            (
                "ALTER TABLE schema_migration RENAME TO gone",
                "ALTER TABLE gone RENAME TO schema_migration",
            ),
        ] {
            raw.run(undo).await;
            assert_eq!(asked(&base), not_ready(), "{undo}");
            raw.run(redo).await;
            assert_eq!(asked(&base), ready(), "{redo}");
        }
    }
);

both!(
    a_node_whose_tables_were_altered_is_not_ready_within_a_minute_and_is_as_soon_as_they_are_right,
    |world| {
        town(world).await;
        let base = node(world).await;
        assert_eq!(asked(&base), ready());
        let raw = Raw::of(world).await;
        raw.run("ALTER TABLE need ADD COLUMN extra text").await;
        world.clock.advance_seconds(UNTIL_LOOKED_AGAIN);
        assert_eq!(asked(&base), not_ready());
        raw.run("ALTER TABLE need DROP COLUMN extra").await;
        assert_eq!(asked(&base), ready());
    }
);

/// Only PostgreSQL can be away: SQLite is inside the process, and its file stays open whatever becomes of its name.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_that_cannot_reach_its_database_is_not_ready_and_is_as_soon_as_it_can() {
    let Some(world) = TestStore::postgres().await else {
        return;
    };
    town(&world).await;
    let base = node(&world).await;
    assert_eq!(asked(&base), ready());
    let url = world.postgres_url().unwrap();
    let name = url.rsplit('/').find(|part| part.contains("test_")).unwrap();
    let name = name.split('?').next().unwrap();
    let cluster = postgres::cluster().unwrap();
    let admin = async |sql: String| Store::postgres_execute(cluster.admin_url(), &sql).await;
    // Both when it had looked at the tables a moment ago and when it looks at them while the database is away.
    for later in [0, UNTIL_LOOKED_AGAIN] {
        let allow = |yes| format!("ALTER DATABASE \"{name}\" WITH ALLOW_CONNECTIONS {yes}");
        admin(allow(false)).await.unwrap();
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        admin(end).await.unwrap();
        world.clock.advance_seconds(later);
        assert_eq!(asked(&base), not_ready(), "{later} s after the last look");
        admin(allow(true)).await.unwrap();
        assert_eq!(asked(&base), ready(), "{later} s after the last look");
    }
    world.finish().await;
}
