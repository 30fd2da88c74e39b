//! Every test of this crate against its public face, in one program: one link, one file on the disk.

#![cfg(test)]

mod access;
mod access_requests;
mod api;
mod api_now;
mod benefit_dates;
mod canaries;
mod case;
mod directory;
mod doors;
mod drafts;
mod existence;
mod front_line;
#[allow(dead_code, reason = "the tests of another crate use the rest")]
#[path = "../../../app/tests/it/front_site/mod.rs"]
mod front_site;
mod headers;
mod location;
mod matrix;
mod office;
mod open;
mod oracle;
mod own;
mod packet;
mod pages;
mod partner_join;
mod programs;
mod rates;
mod reach;
mod reaching;
mod referral;
mod rights;
mod slow;
#[allow(dead_code, reason = "the tests of another crate use the rest")]
#[path = "../../../app/tests/it/town/mod.rs"]
mod town;
mod words;
