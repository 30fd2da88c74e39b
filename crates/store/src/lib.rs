//! The database: the only room that knows one. SQLite inside the process, or PostgreSQL; one set of tables and queries.
//!
//! # Doors
//! [`Store::run`] and [`Store::work`] give a [`Work`]: one transaction with its audit entries, refused at commit when a changed
//! table is not covered. [`Store::read`] gives a [`Read`] for what is not personal. There is no other way in: connections are
//! private, and no database type appears in a public signature.
//!
//! # Rules
//! - A method on personal data takes `&Permit<ThatAction>` (or `&Scope<..>` for lists), takes the id from the permit, and writes
//!   its own audit note. Callers never write notes.
//! - Plaintext goes in through `seal` and comes out through `open`, with the place it belongs to.
//! - An error ends the work: after a failed statement PostgreSQL has killed the transaction.
//! - Locks in this order: person, case, referral, outbox, audit head (last, by `commit`).
//!
//! # To add a table
//! A migration text in `schema/`, its entity in `entity/`, the classes of its columns in `classification.toml`, what may change
//! it in `audit.rs`, and one aggregate file with `impl Work<'_>` blocks.
//!
//! What must never happen here: HTML, HTTP, a connection handed out, a value in an error or a log.

pub mod access;
pub mod access_request;
pub mod account;
pub mod address;
pub mod apart;
pub mod apart_plan;
pub mod appointment;
mod audit;
pub mod backup;
pub mod case;
mod case_lead;
mod checkpoint;
pub mod child;
pub mod clash;
pub mod client;
mod closed;
pub mod closing;
mod col;
pub mod consent;
pub mod contact;
mod contact_lapse;
pub mod contact_words;
pub mod conversation;
mod conversation_task;
pub mod directory;
pub mod draft;
pub mod duty_to_refer;
pub mod emergency;
mod entity;
mod erase;
mod erase_settle;
pub mod erased_list;
pub mod erasure;
mod error;
pub mod feed;
pub mod figures;
pub mod gather;
pub mod immediate;
pub mod interest;
pub mod interest_compare;
mod keys;
pub mod legal_hold;
pub mod link;
pub mod listing_doubt;
pub mod looks;
pub mod mail;
mod marks;
pub mod message;
mod migration;
pub mod need;
pub mod once;
pub mod outbox;
pub mod partner_join;
pub mod person;
/// A person's own link.
pub mod person_link;
pub mod post;
pub mod proof;
mod proof_walk;
pub mod quarantine;
mod quarantine_run;
mod read;
pub mod receipt;
pub mod referral;
pub mod referral_content;
mod referral_list;
mod reserve;
pub mod reveal;
pub mod review;
pub mod risk;
pub mod room;
pub mod rotate;
pub mod schema;
mod scope;
pub mod sealed_place;
pub mod second_person;
pub mod session;
pub mod setup;
pub mod sharing;
pub mod sign_in_way;
mod sqlite;
pub mod statement;
mod store;
pub mod story;
pub mod task;
pub mod task_list;
mod task_move;
mod tx;
pub mod unmet;
pub mod urgent;
pub mod urgent_review;
pub mod watch;
mod whole;
mod work;

#[cfg(test)]
mod doors_tests;
#[cfg(test)]
mod plans_tests;
#[cfg(test)]
mod reserve_tests;

pub use error::{Error, Result};
pub use keys::Keys;
pub use migration::fingerprint as schema_fingerprint;
pub use read::Read;
pub use sqlite::Durability;
pub use store::{Store, UseCase};
pub use work::Work;
