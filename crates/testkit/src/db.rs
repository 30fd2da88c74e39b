//! One test, both databases.
//!
//! ```no_run
//! throughline_testkit::both!(a_ping_is_answered, |world| {
//!     world.store.ping().await.unwrap();
//! });
//! ```
//! makes `a_ping_is_answered::sqlite` and `a_ping_is_answered::postgres`. Each gets a fresh, migrated store.

use std::sync::Arc;

use tempfile::TempDir;
use throughline_core::env::Env;
use throughline_seal::{Keyring, RootKey};
use throughline_store::{Durability, Keys, Store, schema_fingerprint};

use crate::env::{SetClock, seeded, test_start};
use crate::postgres::{
    Cluster, cluster, create_from_template, database_name, drop_database, template_name,
};

/// A store of its own for one test, with its clock in hand.
#[derive(Debug)]
pub struct TestStore {
    /// The store.
    pub store: Store,
    /// Its clock.
    pub clock: Arc<SetClock>,
    /// Its surroundings.
    pub env: Env,
    cleanup: Cleanup,
}

#[derive(Debug)]
enum Cleanup {
    Folder(TempDir),
    Database(Cluster, String),
}

fn keys(env: &Env) -> Keys {
    Keys::new(Keyring::new(RootKey::generate(env), []))
}

impl TestStore {
    /// A fresh SQLite store in a temporary folder.
    ///
    /// # Panics
    /// When the test cannot be set up.
    pub async fn sqlite() -> Self {
        Self::on_sqlite(Durability::Full).await
    }

    /// A fresh SQLite store that waits for no disk, as a demo's does: for a whole world of rows.
    ///
    /// # Panics
    /// When the test cannot be set up.
    pub async fn throwaway() -> Self {
        Self::on_sqlite(Durability::Throwaway).await
    }

    #[expect(clippy::expect_used, reason = "a test that cannot be set up must stop")]
    async fn on_sqlite(durability: Durability) -> Self {
        let (env, clock) = seeded(7, test_start());
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::sqlite(
            &folder.path().join("test.db"),
            env.clone(),
            keys(&env),
            durability,
        )
        .await
        .expect("a store");
        store.migrate().await.expect("a schema");
        Self {
            store,
            clock,
            env,
            cleanup: Cleanup::Folder(folder),
        }
    }

    /// A fresh PostgreSQL database, or `None` after saying that the test is skipped.
    ///
    /// # Panics
    /// When the test cannot be set up, or where CI has no PostgreSQL.
    #[expect(clippy::expect_used, reason = "a test that cannot be set up must stop")]
    pub async fn postgres() -> Option<Self> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let cluster = cluster()?;
        let (env, clock) = seeded(7, test_start());
        let template = template_name(&schema_fingerprint());
        // With surroundings of its own: whether the template was there already must not change what this test draws.
        template_ensure(&cluster, &template, &seeded(7, test_start()).0).await;
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let name = database_name(&format!("{}_{count}", std::process::id()));
        Store::postgres_execute(cluster.admin_url(), &drop_database(&name))
            .await
            .expect("an old database dropped");
        let mut made =
            Store::postgres_execute(cluster.admin_url(), &create_from_template(&name, &template))
                .await;
        // Two tests may copy the template at the same instant; PostgreSQL then refuses one.
        for _ in 0..50 {
            if made.is_ok() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(60)).await;
            made = Store::postgres_execute(
                cluster.admin_url(),
                &create_from_template(&name, &template),
            )
            .await;
        }
        made.expect("a database from the template");
        let store = Store::postgres(&cluster.database_url(&name), env.clone(), keys(&env), 8)
            .await
            .expect("a store");
        Some(Self {
            store,
            clock,
            env,
            cleanup: Cleanup::Database(cluster, name),
        })
    }

    /// The SQLite file, for tests that look at raw bytes.
    pub fn sqlite_path(&self) -> Option<std::path::PathBuf> {
        match &self.cleanup {
            Cleanup::Folder(folder) => Some(folder.path().join("test.db")),
            Cleanup::Database(..) => None,
        }
    }

    /// The URL of the PostgreSQL database, for tests with a second node.
    pub fn postgres_url(&self) -> Option<String> {
        match &self.cleanup {
            Cleanup::Folder(_) => None,
            Cleanup::Database(cluster, name) => Some(cluster.database_url(name)),
        }
    }

    /// Removes what the test made.
    pub async fn finish(self) {
        drop(self.store);
        if let Cleanup::Database(cluster, name) = self.cleanup {
            // A database left behind goes with the throwaway cluster.
            let _ = Store::postgres_execute(cluster.admin_url(), &drop_database(&name)).await;
        }
    }
}

/// Makes the template once per run: tests are processes, so the first to make the build database wins and the others wait
/// for the rename.
#[expect(clippy::expect_used, reason = "a test that cannot be set up must stop")]
async fn template_ensure(cluster: &Cluster, template: &str, env: &Env) {
    let build = format!("{template}_build");
    let exists = async || {
        let sql = format!(
            "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_database WHERE datname = '{template}') THEN RAISE 'none'; END IF; END $$"
        );
        Store::postgres_execute(cluster.admin_url(), &sql)
            .await
            .is_ok()
    };
    if exists().await {
        return;
    }
    if Store::postgres_execute(cluster.admin_url(), &format!("CREATE DATABASE \"{build}\""))
        .await
        .is_ok()
    {
        let store = Store::postgres(&cluster.database_url(&build), env.clone(), keys(env), 1)
            .await
            .expect("the template");
        store.migrate().await.expect("the schema");
        store.disconnect().await;
        Store::postgres_execute(
            cluster.admin_url(),
            &format!("ALTER DATABASE \"{build}\" RENAME TO \"{template}\""),
        )
        .await
        .expect("the template named");
        return;
    }
    for _ in 0..600 {
        if exists().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(exists().await, "the PostgreSQL template was never finished");
}

/// Declares one test that runs on both databases. See the module's documentation.
#[macro_export]
macro_rules! both {
    ($(#[$meta:meta])* $name:ident, |$world:ident| $body:block) => {
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "a test may not need what its file imports")]
            use super::*;
            async fn check($world: &$crate::db::TestStore) $body
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let world = $crate::db::TestStore::sqlite().await;
                check(&world).await;
                world.finish().await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(world) = $crate::db::TestStore::postgres().await {
                    check(&world).await;
                    world.finish().await;
                }
            }
        }
    };
}
