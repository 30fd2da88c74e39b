//! Surroundings that a test or a demo world controls: a clock that is set by hand and entropy from a seed.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use throughline_core::env::{Clock, Entropy, Env};
use throughline_core::time::At;

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct SetClock(AtomicI64);

impl SetClock {
    /// A clock that shows `at`.
    pub fn at(at: At) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(at.micros())))
    }

    /// Sets the clock, forwards or back.
    pub fn set(&self, at: At) {
        self.0.store(at.micros(), Ordering::SeqCst);
    }

    /// Moves the clock on.
    pub fn advance_seconds(&self, seconds: i64) {
        self.0
            .fetch_add(seconds.saturating_mul(1_000_000), Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> At {
        At::from_micros(self.0.load(Ordering::SeqCst)).unwrap_or_else(epoch)
    }
}

fn epoch() -> At {
    At::from(jiff::Timestamp::UNIX_EPOCH)
}

/// Entropy that repeats itself for the same seed. Never for a service with real people in it.
pub struct Seeded(Mutex<ChaCha20Rng>);

impl std::fmt::Debug for Seeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seeded")
    }
}

impl Seeded {
    /// Entropy from a seed.
    pub fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(ChaCha20Rng::seed_from_u64(seed))))
    }
}

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(bytes);
    }
}

/// An environment from a seed and a start, with its clock in hand.
pub fn seeded(seed: u64, start: At) -> (Env, Arc<SetClock>) {
    let clock = SetClock::at(start);
    (
        Env {
            clock: Arc::<SetClock>::clone(&clock),
            entropy: Seeded::new(seed),
        },
        clock,
    )
}

/// Monday 23 November 2026, nine in the morning: when tests happen unless they say otherwise.
pub fn test_start() -> At {
    At::parse("2026-11-23T09:00:00Z").unwrap_or_else(epoch)
}
