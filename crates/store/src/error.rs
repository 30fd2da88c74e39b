//! What can go wrong in the store. The only place that reads SQLSTATE. Never prints data: database messages can hold
//! values of rows, so only the code and the constraint are kept.

use sea_orm::{DbErr, RuntimeErr};
use throughline_policy::Denied;

/// Why a unit of work did not happen. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not allowed. To the person who asked this is the same as [`Error::NotFound`].
    #[error("refused")]
    Denied(Denied),
    /// No such thing, or none that this actor may know of.
    #[error("not found")]
    NotFound(throughline_policy::ActionKind),
    /// Somebody else changed it first.
    #[error("changed by someone else meanwhile")]
    Conflict,
    /// A rule of the domain forbids it.
    #[error("not possible: {0}")]
    Illegal(&'static str),
    /// A field holds something that cannot be kept.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// Message key.
        problem: &'static str,
    },
    /// The database was busy for too long.
    #[error("busy")]
    Busy,
    /// The disk has no more room, or fails.
    #[error("no room on the disk, or the disk fails")]
    Full,
    /// A stored row is not what its table promises.
    #[error("a stored row of {table} has a bad {column}")]
    RowShape {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// Rows were changed that no audit entry covers. A mistake in the program; the work was undone.
    #[error("change to {0} is not covered by an audit entry")]
    Uncovered(String),
    /// Sealed data did not open: a wrong key, or somebody changed it.
    #[error("sealed data did not open")]
    Sealed,
    /// The record's own proof does not hold.
    #[error("integrity: {0}")]
    Integrity(String),
    /// The start-up conditions do not hold.
    #[error("{0}")]
    Setup(String),
    /// Any other database failure.
    #[error("database failure {code} {constraint}")]
    Database {
        /// SQLSTATE or SQLite code, or a word.
        code: String,
        /// The constraint, where one was broken.
        constraint: String,
    },
}

/// The result of store calls.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Whether the same work may succeed if simply done again.
    pub(crate) fn is_retry(&self) -> bool {
        match self {
            Self::Database { code, .. } => {
                matches!(code.as_str(), "40001" | "40P01" | "5" | "517" | "55P03")
            }
            Self::Busy => true,
            _ => false,
        }
    }

    /// Whether SQLite found no room or could not write: `SQLITE_FULL`, or `SQLITE_IOERR` with whatever went wrong in its upper byte.
    pub(crate) fn is_no_room(&self) -> bool {
        let Self::Database { code, .. } = self else {
            return false;
        };
        code.parse::<u32>()
            .is_ok_and(|code| matches!(code & 0xff, 10 | 13))
    }

    /// Whether a unique or primary key was broken.
    pub(crate) fn is_duplicate(&self) -> bool {
        matches!(self, Self::Database { code, .. } if matches!(code.as_str(), "23505" | "2067" | "1555"))
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match &error {
            DbErr::Exec(RuntimeErr::SqlxError(e))
            | DbErr::Query(RuntimeErr::SqlxError(e))
            | DbErr::Conn(RuntimeErr::SqlxError(e)) => e.as_database_error().map_or_else(
                || Self::Database {
                    code: "connection".to_owned(),
                    constraint: String::new(),
                },
                |db| Self::Database {
                    code: db
                        .code()
                        .map(std::borrow::Cow::into_owned)
                        .unwrap_or_default(),
                    constraint: db.constraint().unwrap_or_default().to_owned(),
                },
            ),
            DbErr::ConnectionAcquire(_) => Self::Busy,
            DbErr::Type(_) => Self::RowShape {
                table: "a table",
                column: "typed column",
            },
            _ => Self::Database {
                code: "other".to_owned(),
                constraint: String::new(),
            },
        }
    }
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}
