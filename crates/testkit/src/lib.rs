//! Worlds, actors and harnesses that tests, `demo` and `bench` share.
//!
//! To add to it: one module per kind of world or harness. What must never happen here: anything that a running service
//! with real people in it could reach.

pub mod actor;
pub mod db;
pub mod env;
pub mod marks;
pub mod postgres;
#[cfg(feature = "world")]
pub mod visitor;
#[cfg(feature = "world")]
pub mod world;
