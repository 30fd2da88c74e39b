//! Who may do what, and why.
//!
//! [`decide()`] is the only maker of a [`Permit`]; [`Scope::of`] the only maker of a [`Scope`]. Both read one table
//! ([`table::relations`]): standing × action → the relations, any one of which suffices. The same [`Rule`] that `decide`
//! evaluates over facts in memory is rendered into SQL by the store, and a property test compares the two.
//!
//! To add an action: one line in [`action`], one arm in [`table`], and look at the diff of `authz-matrix.txt`.
//! To add a role: one column in [`table`].
//!
//! What must never happen here: reading a database, a page, a default that allows.
//!
//! The wrong permit does not compile. This does:
//! ```
//! use throughline_policy::{Permit, action::CaseRead};
//! fn case_read(_: &Permit<CaseRead>) {}
//! fn caller(permit: &Permit<CaseRead>) { case_read(permit) }
//! ```
//! and this does not:
//! ```compile_fail,E0308
//! use throughline_policy::{Permit, action::{CaseRead, CaseChange}};
//! fn case_change(_: &Permit<CaseChange>) {}
//! fn caller(permit: &Permit<CaseRead>) { case_change(permit) }
//! ```
//! Nobody else can make one:
//! ```compile_fail,E0451
//! use throughline_policy::{Permit, action::CaseRead};
//! fn forge(other: Permit<CaseRead>, subject: throughline_core::id::CaseId) -> Permit<CaseRead> { Permit { subject, ..other } }
//! ```

pub mod action;
pub mod actor;
mod decide;
pub mod facts;
mod scope;
pub mod table;

pub use action::{Action, ActionKind};
pub use actor::{Actor, Purpose, Standing};
pub use decide::{Denied, Permit, Reason, STEP_UP_SECONDS, decide};
pub use facts::{Facts, Ties};
pub use scope::{Atom, Rule, Scope};
