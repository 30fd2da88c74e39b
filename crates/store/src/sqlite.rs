//! How a SQLite database is opened, and what must be so before it is used.

use std::path::Path;
use std::time::Duration;

use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sea_orm::sqlx::{ConnectOptions as _, Connection as _};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, SqlxSqliteConnector, Statement};

use crate::error::{Error, Result};

/// The oldest SQLite that is free of the WAL-reset corruption bug (ASSURANCE section 0, finding 4).
const FLOOR: [u32; 3] = [3, 51, 3];

/// How careful SQLite is with the disk. Anything but `Full` is for making a throwaway demo world or test faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Every commit is on disk before it is acknowledged.
    Full,
    /// No waiting for the disk: only while filling a world that can be made again.
    Throwaway,
    /// `synchronous=NORMAL`, only for the control of the power-loss run: it must be seen to lose what it acknowledged.
    #[doc(hidden)]
    Normal,
    /// `synchronous=OFF`, for the same control.
    #[doc(hidden)]
    Off,
}

/// Opens (and makes, if need be) a database: the one connection that writes, and those that read.
///
/// Errors when the linked SQLite is too old or the pragmas did not take.
pub(crate) async fn open(
    path: &Path,
    durability: Durability,
) -> Result<(DatabaseConnection, DatabaseConnection)> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(match durability {
            Durability::Full => SqliteSynchronous::Full,
            Durability::Normal => SqliteSynchronous::Normal,
            Durability::Throwaway | Durability::Off => SqliteSynchronous::Off,
        })
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .pragma("trusted_schema", "OFF")
        .pragma("secure_delete", "ON")
        .statement_cache_capacity(512)
        .disable_statement_logging();
    let options = if durability == Durability::Throwaway {
        // A world is written once, from end to end, and nobody reads it meanwhile: what a commit would undo is kept in
        // memory, and no page is written twice.
        options
            .journal_mode(SqliteJournalMode::Memory)
            .pragma("cache_size", "-262144")
    } else {
        options
    };
    let writer = pool(path, 1, options.clone()).await?;
    let readers = pool(path, 4, options.pragma("query_only", "ON")).await?;
    check(&writer, durability).await?;
    Ok((writer, readers))
}

async fn pool(path: &Path, max: u32, options: SqliteConnectOptions) -> Result<DatabaseConnection> {
    let pool = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(max)
        .max_lifetime(None)
        .idle_timeout(None)
        .test_before_acquire(false)
        // After some failures (no room, a disk that fails) SQLite itself has undone the transaction, and the driver, which was not
        // told, takes the connection to be in the middle of one for ever. Such a one is never given out again.
        .before_acquire(|connection, _| {
            let clean = !connection.is_in_transaction();
            Box::pin(async move { Ok(clean) })
        })
        .connect_with(options)
        .await;
    pool.map(SqlxSqliteConnector::from_sqlx_sqlite_pool)
        .map_err(|_| {
            Error::Setup(format!(
                "cannot open the database file {}; nothing was changed",
                path.display()
            ))
        })
}

async fn check(writer: &DatabaseConnection, durability: Durability) -> Result<()> {
    let version = one_text(writer, "SELECT sqlite_version()").await?;
    let parts: Vec<u32> = version
        .split('.')
        .filter_map(|part| part.parse().ok())
        .collect();
    if parts.as_slice() < FLOOR.as_slice() {
        return Err(Error::Setup(format!(
            "SQLite {version} can corrupt a busy database; 3.51.3 or newer is needed"
        )));
    }
    if durability != Durability::Full {
        return Ok(());
    }
    let synchronous = "SELECT CAST(synchronous AS text) FROM pragma_synchronous";
    if one_text(writer, synchronous).await? != "2" {
        return Err(Error::Setup(
            "SQLite did not accept synchronous=FULL".to_owned(),
        ));
    }
    if one_text(writer, "SELECT journal_mode FROM pragma_journal_mode").await? != "wal" {
        return Err(Error::Setup(
            "SQLite cannot use a write-ahead log here; is this a network file system?".to_owned(),
        ));
    }
    Ok(())
}

async fn one_text(writer: &DatabaseConnection, sql: &str) -> Result<String> {
    let row = writer
        .query_one_raw(Statement::from_string(DbBackend::Sqlite, sql))
        .await?;
    let row = row.ok_or_else(|| Error::Setup("SQLite did not answer".to_owned()))?;
    Ok(row.try_get_by_index::<String>(0)?)
}
