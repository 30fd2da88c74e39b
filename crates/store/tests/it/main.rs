//! Every test of this crate against its public face, in one program: one link, one file on the disk.

#![cfg(test)]

mod concurrency;
mod directory;
mod disk;
mod doors;
mod erasure;
mod gather;
mod journey;
mod noted;
mod proof;
mod rotate;
mod schema;
mod scope;
mod scope_office;
mod second_person;
mod shared;
mod stolen;
