//! Every test of this crate against its public face, in one program: one link, one file on the disk.

#![cfg(test)]

mod passkeys;
mod provider;
mod sessions;
mod sign_in;
mod world;
