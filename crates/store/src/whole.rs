//! How SQLite notices a bit that flipped on the disk: every column stands in an index as well as in its table, and the two are
//! compared (decision 0027).
//!
//! PostgreSQL keeps a checksum of each page by itself, so there is nothing to add there. SQLite keeps none: of a column in no index
//! it reads back whatever the disk gives. So each table has one index over the columns that no other index holds. Its condition
//! is in no query, so that no plan ever takes it.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::error::Result;
use crate::migration;
use crate::tx::Tx;

/// How the names of these indexes begin.
pub(crate) const PREFIX: &str = "whole_";
/// What is proved entry by entry by the audit record's own chain.
const PROVED: [&str; 1] = ["audit_entry"];
/// How many faults SQLite names before it stops looking.
const NAMED: usize = 20;

/// Makes these indexes anew where a table's columns have changed; SQLite only.
pub(crate) async fn keep(tx: &Tx) -> Result<()> {
    if tx.get_database_backend() != DbBackend::Sqlite {
        return Ok(());
    }
    let (mut others, mut held) = (Columns::new(), Columns::new());
    for (table, index, column) in indexed(tx).await? {
        let list = if index.starts_with(PREFIX) {
            &mut held
        } else {
            &mut others
        };
        list.entry(table).or_default().insert(column);
    }
    let ledger = ["name", "hash"].map(str::to_owned);
    let mut all = Columns::from([("schema_migration".to_owned(), ledger.into())]);
    for told in migration::columns() {
        all.entry(told.table.to_owned())
            .or_default()
            .insert(told.column.to_owned());
    }
    for (table, columns) in all {
        if PROVED.contains(&table.as_str()) {
            continue;
        }
        let others = others.remove(&table).unwrap_or_default();
        let wanted: BTreeSet<String> = columns.difference(&others).cloned().collect();
        if wanted == held.remove(&table).unwrap_or_default() {
            continue;
        }
        let name = format!("{PREFIX}{table}");
        tx.execute_unprepared(&format!("DROP INDEX IF EXISTS {name}"))
            .await?;
        if !wanted.is_empty() {
            let list: Vec<String> = wanted.into_iter().collect();
            let list = list.join(", ");
            tx.execute_unprepared(&format!("CREATE INDEX {name} ON {table} ({list}) WHERE 1"))
                .await?;
        }
    }
    Ok(())
}

/// Columns by table.
type Columns = BTreeMap<String, BTreeSet<String>>;

/// Table, index and column, for every column of every index.
async fn indexed(tx: &Tx) -> Result<Vec<(String, String, String)>> {
    let sql = "SELECT m.name, i.name, x.name FROM sqlite_master m JOIN pragma_index_list(m.name) i \
               JOIN pragma_index_info(i.name) x WHERE m.type = 'table' AND x.name IS NOT NULL";
    let rows = tx
        .query_all_raw(Statement::from_string(DbBackend::Sqlite, sql))
        .await?;
    let read = rows.iter().map(|row| {
        let text = |at| row.try_get_by_index::<String>(at);
        Ok((text(0)?, text(1)?, text(2)?))
    });
    read.collect()
}

/// What does not fit on the disk, in SQLite's own words (tables, indexes and row numbers; never what a row holds). On PostgreSQL:
/// how many pages did not fit their checksum so far, if any.
pub(crate) async fn faults(tx: &Tx) -> Result<Vec<String>> {
    match tx.get_database_backend() {
        DbBackend::Sqlite => {
            let sql = format!("PRAGMA integrity_check({NAMED})");
            let rows = tx
                .query_all_raw(Statement::from_string(DbBackend::Sqlite, sql))
                .await?;
            let said: std::result::Result<Vec<String>, _> = rows
                .iter()
                .map(|row| row.try_get_by_index::<String>(0))
                .collect();
            Ok(said?.into_iter().filter(|word| word != "ok").collect())
        }
        backend => {
            let sql = "SELECT coalesce(checksum_failures, 0)::bigint FROM pg_stat_database WHERE datname = current_database()";
            let row = tx
                .query_one_raw(Statement::from_string(backend, sql))
                .await?;
            let failures = match row {
                Some(row) => row.try_get_by_index::<i64>(0)?,
                None => 0,
            };
            Ok((failures > 0)
                .then(|| format!("{failures} pages did not fit their checksum"))
                .into_iter()
                .collect())
        }
    }
}

/// Whether the database checks what it reads from the disk: SQLite by [`keep`], PostgreSQL by `data_checksums`.
pub(crate) async fn is_checked(tx: &Tx) -> Result<bool> {
    let backend = tx.get_database_backend();
    if backend == DbBackend::Sqlite {
        return Ok(true);
    }
    let row = tx
        .query_one_raw(Statement::from_string(backend, "SHOW data_checksums"))
        .await?;
    Ok(match row {
        Some(row) => row.try_get_by_index::<String>(0)? == "on",
        None => false,
    })
}
