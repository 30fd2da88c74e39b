//! The demo world: invented people in real towns, their two years of history written through the use cases, the same for the
//! same seed.
//!
//! Names come from several language traditions and belong to nobody. Telephone numbers are Ofcom's drama numbers, mail is at
//! example.org, and no refuge has a point on a map.

mod names;
mod staff;

use std::sync::Arc;

use serde::Serialize;
use throughline_core::pack::Packs;
use throughline_core::time::At;
use throughline_store::{Result, Store};

use crate::env::SetClock;

pub use staff::{SIGN_INS, SignIn};

/// How large a world, from which seed, ending when.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// The seed.
    pub seed: u64,
    /// How many people.
    pub people: u32,
    /// The instant at which the history ends.
    pub end: At,
}

/// What was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Organisations.
    pub organisations: u32,
    /// Sites of the jobcentre.
    pub sites: u32,
    /// Accounts.
    pub accounts: u32,
    /// People.
    pub people: u32,
}

impl Counts {
    /// In words.
    pub fn words(&self) -> String {
        format!(
            "{} people, {} organisations, {} sites, {} accounts",
            self.people, self.organisations, self.sites, self.accounts
        )
    }
}

/// Fills an empty, migrated database. `progress` is told how many people there are so far.
pub async fn fill(
    store: &Store,
    clock: &Arc<SetClock>,
    _packs: &Packs,
    size: &Size,
    progress: &(dyn Fn(u32) + Send + Sync),
) -> Result<Counts> {
    clock.set(size.end.plus_days(-731));
    let mut counts = Counts::default();
    let _staff = staff::fill(store, size, &mut counts).await?;
    clock.set(size.end);
    progress(counts.people);
    Ok(counts)
}
