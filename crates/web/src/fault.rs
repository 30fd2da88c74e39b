//! Every way a request can end badly: what happened, that nothing was lost, what to do next.

use axum::response::Response;
use throughline_app::Error;
use throughline_core::closing::StillOpen;
use throughline_policy::Reason;

/// What a handler gives.
pub type Outcome = Result<Response, Fault>;

/// Why there is no ordinary answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// There is no such thing, or none that this visitor may know of: the same bytes.
    NotFound,
    /// The method is not one that this address knows.
    MethodNotAllowed,
    /// They must sign in first.
    SignIn,
    /// Their session is locked.
    Locked,
    /// They must prove themselves again first.
    StepUp,
    /// Somebody else changed it first.
    Conflict,
    /// A program has seen another version than there is now (RFC 9110, 13.1.1).
    PreconditionFailed,
    /// A program did not say which version it has seen (RFC 6585, 3).
    PreconditionRequired,
    /// A rule forbids it: the code of what was tried.
    Illegal(&'static str),
    /// A field cannot be kept.
    Invalid {
        /// Which field.
        field: &'static str,
        /// Message key.
        problem: &'static str,
    },
    /// A case is not closed while this stands before it.
    StillOpen(Vec<StillOpen>),
    /// The form did not come from our own page, or the page is too old.
    CrossSite,
    /// The request cannot be read.
    BadRequest,
    /// The body is too large.
    TooLarge,
    /// Too many requests: try again in this many seconds.
    TooMany(u64),
    /// The system cannot do it right now; nothing was saved.
    Unavailable,
    /// Something is wrong with the system itself.
    Broken,
}

impl Fault {
    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::SignIn | Self::Locked | Self::StepUp => 401,
            Self::Conflict => 409,
            Self::PreconditionFailed => 412,
            Self::PreconditionRequired => 428,
            Self::Illegal(_) | Self::Invalid { .. } | Self::StillOpen(_) => 422,
            Self::CrossSite => 403,
            Self::BadRequest => 400,
            Self::TooLarge => 413,
            Self::TooMany(_) => 429,
            Self::Unavailable => 503,
            Self::Broken => 500,
        }
    }

    /// The catalogue keys begin with this.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "fault-not-found",
            Self::MethodNotAllowed => "fault-method",
            Self::SignIn => "fault-sign-in",
            Self::Locked => "fault-locked",
            Self::StepUp => "fault-step-up",
            Self::Conflict | Self::PreconditionFailed => "fault-conflict",
            Self::PreconditionRequired => "fault-version",
            Self::Illegal(_) | Self::Invalid { .. } | Self::StillOpen(_) => "fault-not-possible",
            Self::CrossSite => "fault-cross-site",
            Self::BadRequest => "fault-bad-request",
            Self::TooLarge => "fault-too-large",
            Self::TooMany(_) => "fault-too-many",
            Self::Unavailable => "fault-unavailable",
            Self::Broken => "fault-broken",
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) if denied.reason == Reason::StepUpNeeded => Self::StepUp,
            Error::Denied(_) | Error::NotFound(_) => Self::NotFound,
            Error::Conflict => Self::Conflict,
            Error::Illegal(what) => Self::Illegal(what),
            Error::Invalid { field, problem } => Self::Invalid { field, problem },
            Error::Busy | Error::Full => Self::Unavailable,
            Error::Database { .. } => {
                tracing::error!(error = %error, "the database failed");
                Self::Unavailable
            }
            Error::RowShape { .. }
            | Error::Uncovered(_)
            | Error::Sealed
            | Error::Integrity(_)
            | Error::Setup(_) => {
                // These messages hold table and column names only.
                tracing::error!(error = %error, "the store refused");
                Self::Broken
            }
        }
    }
}

impl From<throughline_identity::Error> for Fault {
    fn from(error: throughline_identity::Error) -> Self {
        match error {
            throughline_identity::Error::Store(error) => error.into(),
            throughline_identity::Error::Password => {
                tracing::error!("a password could not be checked");
                Self::Unavailable
            }
        }
    }
}
