//! The match engine: which services may help this person, why, what must be asked, and what stands in the way.
//!
//! What lives here: an immutable [`Snapshot`] of the public directory, [`find`], which answers a [`Query`] about one
//! person with explained matches, [`text_search`], which filters the directory without a person, and the
//! [`geo::Gazetteer`], which places postcodes and councils without a network.
//!
//! To add to it: a criterion is one rule ([`rule`] shows how, in a tested example); a phrase people say, a name of a place
//! or a number is a line in `data/`, no code.
//!
//! What must never happen here: input or output, a clock, randomness; a record of a person; a yes from a field that the
//! provider left empty; a trace of a service the person must not meet; a distance to a confidential service finer than from
//! the middle of one council to the middle of another (SPEC 4.8, NE-06).

pub mod bench;
mod engine;
mod filter;
pub mod geo;
pub mod grid;
mod home;
mod knowledge;
mod listed;
pub mod postcode_table;
pub mod rule;
pub mod rules;
mod rules_when;
mod rules_where;
mod rules_who;
mod snapshot;
mod stand;
pub mod text;
pub mod thesaurus;

pub use engine::{Answer, Fit, IfOnly, Match, Query, RuledOut, find, find_with};
pub use filter::{Filter, Near, text_search};
pub use home::Home;
pub use knowledge::{Knowledge, KnowledgeError, Settings};
pub use listed::{Listed, Listing, PublicPlace, Served};
pub use rules_when::Soon;
pub use snapshot::Snapshot;
pub use stand::{Stand, stand};

#[cfg(test)]
mod tests;
