//! The only connection that the rest of the store can name: a transaction that keeps a ledger of the tables it changes.

use std::collections::BTreeSet;
use std::sync::Mutex;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};

/// A transaction. Streaming and nesting are left out on purpose: every statement passes the ledger.
pub(crate) struct Tx {
    inner: DatabaseTransaction,
    ledger: Mutex<BTreeSet<String>>,
    /// Every statement, for the tests that ask the database how it would answer.
    #[cfg(test)]
    said: Mutex<Vec<Statement>>,
}

impl Tx {
    pub(crate) const fn new(inner: DatabaseTransaction) -> Self {
        Self {
            inner,
            ledger: Mutex::new(BTreeSet::new()),
            #[cfg(test)]
            said: Mutex::new(Vec::new()),
        }
    }

    /// Every query so far, with its values.
    #[cfg(test)]
    pub(crate) fn said(&self) -> Vec<Statement> {
        self.said
            .lock()
            .map(|said| said.clone())
            .unwrap_or_default()
    }

    /// The tables changed so far.
    pub(crate) fn changed(&self) -> BTreeSet<String> {
        self.ledger
            .lock()
            .map(|ledger| ledger.clone())
            .unwrap_or_default()
    }

    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        self.inner.commit().await
    }

    pub(crate) async fn rollback(self) -> Result<(), DbErr> {
        self.inner.rollback().await
    }

    fn enter(&self, sql: &str) {
        if let Some(table) = table_changed(sql)
            && let Ok(mut ledger) = self.ledger.lock()
        {
            ledger.insert(table);
        }
    }
}

/// The table that a statement changes; `None` for a plain query. A change that cannot be read is named `unknown`, which
/// nothing covers.
fn table_changed(sql: &str) -> Option<String> {
    let upper: String = sql
        .trim_start()
        .chars()
        .take(12)
        .collect::<String>()
        .to_ascii_uppercase();
    let rest =
        if upper.starts_with("SELECT") || upper.starts_with("PRAGMA") || upper.starts_with("SET") {
            return None;
        } else if upper.starts_with("INSERT INTO") || upper.starts_with("DELETE FROM") {
            sql.trim_start().get(11..)
        } else if upper.starts_with("UPDATE") {
            sql.trim_start().get(6..)
        } else {
            return Some("unknown".to_owned());
        };
    let name: String = rest?
        .trim_start()
        .trim_start_matches('"')
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    Some(name)
}

#[async_trait::async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }
    async fn execute_raw(&self, stmt: Statement) -> Result<ExecResult, DbErr> {
        self.enter(&stmt.sql);
        self.inner.execute_raw(stmt).await
    }
    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.enter(sql);
        self.inner.execute_unprepared(sql).await
    }
    async fn query_one_raw(&self, stmt: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.enter(&stmt.sql);
        #[cfg(test)]
        if let Ok(mut said) = self.said.lock() {
            said.push(stmt.clone());
        }
        self.inner.query_one_raw(stmt).await
    }
    async fn query_all_raw(&self, stmt: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.enter(&stmt.sql);
        #[cfg(test)]
        if let Ok(mut said) = self.said.lock() {
            said.push(stmt.clone());
        }
        self.inner.query_all_raw(stmt).await
    }
}

#[cfg(test)]
mod tests {
    use super::table_changed;

    #[test]
    fn every_change_names_its_table_and_a_query_none() {
        assert_eq!(table_changed("SELECT 1"), None);
        assert_eq!(
            table_changed("INSERT INTO \"person\" (\"id\") VALUES (1)").as_deref(),
            Some("person")
        );
        assert_eq!(
            table_changed("UPDATE \"support_case\" SET x = 1").as_deref(),
            Some("support_case")
        );
        assert_eq!(
            table_changed("DELETE FROM draft WHERE 1").as_deref(),
            Some("draft")
        );
        assert_eq!(
            table_changed("WITH x AS (DELETE FROM y) SELECT 1").as_deref(),
            Some("unknown")
        );
    }
}
