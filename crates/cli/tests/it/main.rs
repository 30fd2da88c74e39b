//! Every test of this crate against its public face, in one program: one link, one file on the disk.

#![cfg(test)]

mod commands;
mod config;
mod contract;
mod feeds;
mod kill;
mod marked;
mod marked_journey;
mod outbox;
mod postgres_copy;
mod ready;
mod running;
#[allow(dead_code, reason = "the tests of another crate use the rest")]
#[path = "../../../store/tests/it/shared/mod.rs"]
mod shared;
#[allow(dead_code, reason = "the tests of another crate use the rest")]
#[path = "../../../app/tests/it/town/mod.rs"]
mod town;
