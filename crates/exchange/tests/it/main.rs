//! Every test of this crate against its public face, in one program: one link, one file on the disk.

#![cfg(test)]

mod bad_input;
mod common;
mod inbound;
mod outbound;
mod properties;
mod shared_data;
