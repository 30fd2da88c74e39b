//! The store: opening, doors, retries.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend,
    IsolationLevel, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use throughline_core::env::Env;
use throughline_core::time::At;
use throughline_policy::{ActionKind, Actor, Denied, Purpose, Reason};

use crate::account::EMAIL_TAKEN;
use crate::error::{Error, Result};
use crate::gather::Gather;
use crate::keys::Keys;
use crate::migration;
use crate::proof::Checked;
use crate::read::Read;
use crate::reserve::Reserve;
use crate::sqlite::{self, Durability};
use crate::tx::Tx;
use crate::whole;
use crate::work::Work;

/// How often a unit of work is tried when the database asks for it.
const TRIES: u32 = 8;

/// A unit of work as a value: everything it needs is in `self`, so that it can be done again after a deadlock.
pub trait UseCase: Send + Sync {
    /// What it gives.
    type Output: Send;
    /// Does it. Must be pure but for the work: no mail, no HTTP, no waiting; those go through the outbox.
    fn run(&self, work: &mut Work<'_>) -> impl Future<Output = Result<Self::Output>> + Send;
}

enum Engine {
    Sqlite {
        writer: DatabaseConnection,
        readers: DatabaseConnection,
    },
    Postgres(DatabaseConnection),
}

/// The database. Its connections are private: the only doors are [`Store::run`], [`Store::work`] and [`Store::read`].
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    /// The open unit of a handle that gathers; none for every other.
    pub(crate) gather: Option<Gather>,
}

struct Inner {
    /// Whether what is acknowledged need not be on disk.
    throwaway: bool,
    engine: Engine,
    env: Env,
    keys: Keys,
    /// Where the signed checkpoints are, once somebody has said so.
    checkpoints: OnceLock<PathBuf>,
    /// When the record was last checked on this node, by what, and what came of it.
    checked: Mutex<Option<Checked>>,
    /// When the tables were last seen to be right.
    tables: Mutex<Option<At>>,
    /// Room on the disk for the record, where some is kept.
    reserve: OnceLock<Reserve>,
}

impl Inner {
    fn new(engine: Engine, env: Env, keys: Keys, throwaway: bool) -> Self {
        Self {
            throwaway,
            engine,
            env,
            keys,
            checkpoints: OnceLock::new(),
            checked: Mutex::new(None),
            tables: Mutex::new(None),
            reserve: OnceLock::new(),
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Opens (and makes, if need be) a SQLite database. Errors when the linked SQLite is too old or the pragmas did not take.
    pub async fn sqlite(path: &Path, env: Env, keys: Keys, durability: Durability) -> Result<Self> {
        let (writer, readers) = sqlite::open(path, durability).await?;
        Ok(Self {
            inner: Arc::new(Inner::new(
                Engine::Sqlite { writer, readers },
                env,
                keys,
                durability == Durability::Throwaway,
            )),
            gather: None,
        })
    }

    /// Opens a PostgreSQL database by URL.
    pub async fn postgres(url: &str, env: Env, keys: Keys, max_connections: u32) -> Result<Self> {
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(max_connections)
            .acquire_timeout(Duration::from_secs(5))
            .sqlx_logging(false)
            .map_sqlx_postgres_opts(|pg| {
                pg.application_name("throughline").options([
                    ("lock_timeout", "5s"),
                    ("statement_timeout", "30s"),
                    ("idle_in_transaction_session_timeout", "20s"),
                ])
            });
        let pool = Database::connect(options).await.map_err(|_| {
            Error::Setup("cannot reach the PostgreSQL database; nothing was changed".to_owned())
        })?;
        Ok(Self {
            inner: Arc::new(Inner::new(Engine::Postgres(pool), env, keys, false)),
            gather: None,
        })
    }

    /// The surroundings: clock and entropy.
    pub fn env(&self) -> &Env {
        &self.inner.env
    }

    /// The keys.
    pub fn keys(&self) -> &Keys {
        &self.inner.keys
    }

    /// Says where the signed checkpoints of the audit record are; once, where the program starts.
    pub fn checkpoints_in(&self, folder: &Path) {
        // The first word holds: what it is compared with must not change while it runs.
        let _ = self.inner.checkpoints.set(folder.to_owned());
    }

    /// Where the signed checkpoints are.
    pub fn checkpoints(&self) -> Option<&Path> {
        self.inner.checkpoints.get().map(PathBuf::as_path)
    }

    /// Whether the tables were seen to be right within so many seconds.
    pub(crate) fn schema_seen_since(&self, seconds: i64) -> bool {
        let tables = self.inner.tables.lock();
        let seen = *tables.unwrap_or_else(PoisonError::into_inner);
        seen.is_some_and(|at| self.env().now().seconds_since(at) < seconds)
    }

    pub(crate) fn schema_seen(&self) {
        let tables = self.inner.tables.lock();
        *tables.unwrap_or_else(PoisonError::into_inner) = Some(self.env().now());
    }

    /// When the record was last checked on this node, by what, and what came of it.
    pub fn last_check(&self) -> Option<Checked> {
        let checked = self.inner.checked.lock();
        checked.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_last_check(&self, checked: Checked) {
        let last = self.inner.checked.lock();
        *last.unwrap_or_else(PoisonError::into_inner) = Some(checked);
    }

    pub(crate) fn reserve(&self) -> Option<&Reserve> {
        self.inner.reserve.get()
    }

    pub(crate) fn set_reserve(&self, reserve: Reserve) {
        // The first word holds: one server keeps one reserve.
        let _ = self.inner.reserve.set(reserve);
    }

    pub(crate) fn is_throwaway(&self) -> bool {
        self.inner.throwaway
    }

    /// Whether the database is SQLite inside this process (else PostgreSQL).
    pub fn is_sqlite(&self) -> bool {
        matches!(self.inner.engine, Engine::Sqlite { .. })
    }

    /// Brings the schema up to date; gives the names of the migrations that ran.
    pub async fn migrate(&self) -> Result<Vec<&'static str>> {
        self.migrate_with(true).await
    }

    /// The same for a world that is made in one go: SQLite's second look at every column (decision 0027) is made faster over what is
    /// there than row by row, by [`Store::migrate`] afterwards.
    pub async fn migrate_to_fill(&self) -> Result<Vec<&'static str>> {
        self.migrate_with(false).await
    }

    async fn migrate_with(&self, second_look: bool) -> Result<Vec<&'static str>> {
        let tx = self.begin().await?;
        let ran = migration::up(&tx).await?;
        if second_look {
            whole::keep(&tx).await?;
        }
        tx.commit().await?;
        Ok(ran)
    }

    /// Does a use case in one transaction with its audit entries. Tried again on deadlock; a refusal is recorded.
    ///
    /// Errors as the use case does; whatever the error, nothing was changed and nothing must be shown.
    pub async fn run<'e, U: UseCase>(
        &'e self,
        actor: &'e Actor,
        purpose: Purpose,
        case: &'e U,
    ) -> Result<U::Output> {
        self.work(actor, purpose, |work| Box::pin(case.run(work)))
            .await
    }

    /// The door beneath [`Store::run`], for closures. Captured values must be references, so that it can be done again.
    pub async fn work<'e, T, F>(&'e self, actor: &'e Actor, purpose: Purpose, f: F) -> Result<T>
    where
        T: Send,
        F: for<'w> Fn(&'w mut Work<'e>) -> BoxFuture<'w, Result<T>> + Send + Sync + 'e,
    {
        let mut attempt = 0_u32;
        loop {
            attempt += 1;
            let done = match &self.gather {
                None => self.attempt(actor, purpose, &f).await,
                Some(gather) => self.attempt_gathered(gather, actor, purpose, &f).await,
            };
            match done {
                Err(error) if error.is_retry() && attempt < TRIES => {
                    let [jitter] = self.inner.env.bytes::<1>();
                    tokio::time::sleep(Duration::from_millis(
                        u64::from(jitter) / 8 + 4 * u64::from(attempt),
                    ))
                    .await;
                }
                Err(error) if self.may_use_reserve(&error) && attempt < TRIES => {}
                Err(error) => {
                    self.record_refusal(actor, purpose, &error).await?;
                    return Err(match error {
                        busy if busy.is_retry() => Error::Busy,
                        full if self.is_sqlite() && full.is_no_room() => Error::Full,
                        error => error,
                    });
                }
                done => return done,
            }
        }
    }

    async fn attempt<'e, T, F>(&'e self, actor: &'e Actor, purpose: Purpose, f: &F) -> Result<T>
    where
        T: Send,
        F: for<'w> Fn(&'w mut Work<'e>) -> BoxFuture<'w, Result<T>> + Send + Sync,
    {
        let tx = self.begin().await?;
        let mut work = Work::new(self, tx, actor, purpose);
        match f(&mut work).await {
            Ok(value) => work.commit().await.map(|()| value),
            Err(error) => {
                work.rollback().await;
                Err(error)
            }
        }
    }

    /// Records that somebody was turned away before any record was looked for: what they asked is not for their role, or was not
    /// given to the program. Errors when it cannot be recorded; then nothing must be answered either.
    pub async fn turned_away(
        &self,
        actor: &Actor,
        action: ActionKind,
        reason: Reason,
    ) -> Result<()> {
        let denied = Error::Denied(Denied {
            action,
            reason,
            closed: None,
        });
        self.record_refusal(actor, Purpose::HelpAPerson, &denied)
            .await
    }

    /// Refusals, look-ups of things that do not exist and addresses that sign in already leave an entry of their own, alike, before anything is shown.
    async fn record_refusal(&self, actor: &Actor, purpose: Purpose, error: &Error) -> Result<()> {
        let (action, reason, closed) = match error {
            // Where the actor works, even the record does not tell that somebody is there who is closed to them.
            Error::Denied(denied) if denied.reason == Reason::Closed => {
                (denied.action, Reason::NoSuchThing, denied.closed)
            }
            Error::Denied(denied) => (denied.action, denied.reason, None),
            Error::NotFound(action) => (*action, Reason::NoSuchThing, None),
            // Whoever asks learns that somebody has an account somewhere: how often they ask is on record.
            Error::Invalid {
                problem: EMAIL_TAKEN,
                ..
            } => (ActionKind::AccountManage, Reason::AddressTaken, None),
            _ => return Ok(()),
        };
        let tx = self.begin().await?;
        let mut work = Work::new(self, tx, actor, purpose);
        work.note_refusal(action, reason);
        // Whoever it was that is closed: as many rows as for nobody.
        work.look_missed(action, closed).await?;
        work.commit().await
    }

    /// A consistent look at what is not personal: directory, sites, settings.
    ///
    /// Captured values must be references, as with [`Store::work`].
    pub async fn read<'e, T, F>(&'e self, f: F) -> Result<T>
    where
        T: Send,
        F: for<'r> Fn(&'r Read<'e>) -> BoxFuture<'r, Result<T>> + Send + Sync + 'e,
    {
        let tx = self.begin_read().await?;
        let read = Read::new(self, tx);
        let out = f(&read).await;
        read.tx.rollback().await?;
        out
    }

    /// Whether the database answers; for readiness.
    pub async fn ping(&self) -> Result<()> {
        self.connection()
            .query_one_raw(Statement::from_string(self.backend(), "SELECT 1"))
            .await?;
        Ok(())
    }

    /// Closes the pools after letting SQLite fold its log into the main file.
    pub async fn close(self) -> Result<()> {
        if let Engine::Sqlite { writer, .. } = &self.inner.engine {
            writer
                .execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
                .await?;
        }
        Ok(())
    }

    /// Folds SQLite's write-ahead log into the main file and empties it. Errors with [`Error::Busy`] when somebody still reads an
    /// older state. PostgreSQL recycles its log by itself.
    pub async fn fold(&self) -> Result<()> {
        let Engine::Sqlite { writer, .. } = &self.inner.engine else {
            return Ok(());
        };
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let row = writer
            .query_one_raw(Statement::from_string(DbBackend::Sqlite, sql))
            .await?;
        match row.map(|row| row.try_get_by_index::<i64>(0)).transpose()? {
            Some(0) => Ok(()),
            _ => Err(Error::Busy),
        }
    }

    /// Writes every page or row anew, so that nothing that was deleted is left in free space: SQLite by `VACUUM` and an empty
    /// write-ahead log, PostgreSQL by `VACUUM FULL` of each table that an erasure touches. It takes its time and stops other
    /// writers meanwhile: for a quiet hour. What a file system, an archive of logs or a backup keeps is not in its reach.
    pub async fn rewrite(&self) -> Result<()> {
        match &self.inner.engine {
            Engine::Sqlite { writer, .. } => {
                writer.execute_unprepared("VACUUM").await?;
                self.fold().await
            }
            Engine::Postgres(pool) => {
                let failed = |error: sea_orm::sqlx::Error| {
                    Error::from(sea_orm::DbErr::Exec(sea_orm::RuntimeErr::SqlxError(
                        error.into(),
                    )))
                };
                let pool = pool.get_postgres_connection_pool();
                // A connection of its own: its limit on time is another one, and it is closed afterwards.
                let mut connection = pool.acquire().await.map_err(failed)?;
                connection.close_on_drop();
                let mut statements = vec!["SET statement_timeout = 0".to_owned()];
                let tables = crate::erase::rewritten();
                statements.extend(tables.iter().map(|table| format!("VACUUM (FULL) {table}")));
                for sql in statements {
                    sea_orm::sqlx::Executor::execute(
                        &mut *connection,
                        sea_orm::sqlx::AssertSqlSafe(sql),
                    )
                    .await
                    .map_err(failed)?;
                }
                Ok(())
            }
        }
    }

    /// Copies a SQLite database, consistent and compact, to a new file. Errors on PostgreSQL, which has its own tools.
    pub async fn copy_to(&self, path: &Path) -> Result<()> {
        let Engine::Sqlite { writer, .. } = &self.inner.engine else {
            return Err(Error::Setup(
                "a PostgreSQL database is backed up with pg_dump or a base backup".to_owned(),
            ));
        };
        let sql = "VACUUM INTO $1";
        let target = path.to_string_lossy().into_owned();
        writer
            .execute_raw(Statement::from_sql_and_values(
                DbBackend::Sqlite,
                sql,
                [target.into()],
            ))
            .await?;
        Ok(())
    }

    /// Runs one statement on a PostgreSQL server without a store: making and dropping databases, for setting up and for tests.
    pub async fn postgres_execute(url: &str, sql: &str) -> Result<()> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let connection = Database::connect(options).await?;
        let done = connection.execute_unprepared(sql).await;
        connection.close().await?;
        done?;
        Ok(())
    }

    /// Closes every connection. The store cannot be used after it.
    pub async fn disconnect(&self) {
        match &self.inner.engine {
            Engine::Sqlite { writer, readers } => {
                // A pool that fails to close is dropped with the process.
                let _ = writer.close_by_ref().await;
                let _ = readers.close_by_ref().await;
            }
            Engine::Postgres(pool) => {
                let _ = pool.close_by_ref().await;
            }
        }
    }

    /// A transaction that sees one state of the database and changes nothing.
    pub(crate) async fn begin_read(&self) -> Result<Tx> {
        self.settle().await?;
        let tx = match &self.inner.engine {
            Engine::Sqlite { readers, .. } => readers.begin().await?,
            Engine::Postgres(pool) => {
                let options = TransactionOptions {
                    isolation_level: Some(IsolationLevel::RepeatableRead),
                    access_mode: Some(AccessMode::ReadOnly),
                    ..TransactionOptions::default()
                };
                pool.begin_with_options(options).await?
            }
        };
        Ok(Tx::new(tx))
    }

    pub(crate) async fn begin(&self) -> Result<Tx> {
        self.settle().await?;
        self.begin_now().await
    }

    pub(crate) async fn begin_now(&self) -> Result<Tx> {
        let options = TransactionOptions {
            isolation_level: (!self.is_sqlite()).then_some(IsolationLevel::ReadCommitted),
            access_mode: None,
            sqlite_transaction_mode: self.is_sqlite().then_some(SqliteTransactionMode::Immediate),
        };
        Ok(Tx::new(
            self.connection().begin_with_options(options).await?,
        ))
    }

    pub(crate) fn backend(&self) -> DbBackend {
        if self.is_sqlite() {
            DbBackend::Sqlite
        } else {
            DbBackend::Postgres
        }
    }

    pub(crate) fn connection(&self) -> &DatabaseConnection {
        match &self.inner.engine {
            Engine::Sqlite { writer, .. } => writer,
            Engine::Postgres(pool) => pool,
        }
    }
}
