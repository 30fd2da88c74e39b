//! The clock and the randomness that everything else is given. Nothing takes them from thin air.

use std::sync::Arc;

use crate::id::{Id, Ref};
use crate::time::At;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The instant now, UTC.
    fn now(&self) -> At;

    /// Microseconds since some moment, by a clock that nobody can set; 0 for ever where there is none.
    fn steady_micros(&self) -> i64 {
        0
    }

    /// Told of an instant that has certainly been: a clock that keeps to it (`crate::ratchet`) never shows an earlier one again.
    fn has_been(&self, _: At) {}

    /// How far the machine's clock is behind what has been.
    fn behind_seconds(&self) -> i64 {
        0
    }
}

/// Gives unpredictable bytes (in tests and the demo world: predictable ones from a seed).
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, bytes: &mut [u8]);
}

/// The surroundings of a running system: its clock and its entropy.
#[derive(Clone)]
pub struct Env {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The entropy.
    pub entropy: Arc<dyn Entropy>,
}

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Env")
    }
}

impl Env {
    /// The instant now, UTC.
    pub fn now(&self) -> At {
        self.clock.now()
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0_u8; N];
        self.entropy.fill(&mut out);
        out
    }

    /// A new UUIDv7 id, ordered by time. Never leaves the server.
    pub fn id<T>(&self) -> Id<T> {
        Id::new_v7(self.now(), self.bytes())
    }

    /// A new random 128-bit reference: the only kind of identifier that leaves the server.
    pub fn reference(&self) -> Ref {
        Ref::from_bytes(self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counts;
    impl Clock for Counts {
        fn now(&self) -> At {
            At::from_micros(1_000_000).unwrap()
        }
    }
    impl Entropy for Counts {
        fn fill(&self, bytes: &mut [u8]) {
            for (byte, count) in bytes.iter_mut().zip(7..) {
                *byte = count;
            }
        }
    }

    #[test]
    fn bytes_are_those_of_the_entropy_that_was_given() {
        let env = Env {
            clock: Arc::new(Counts),
            entropy: Arc::new(Counts),
        };
        assert_eq!(env.bytes::<4>(), [7, 8, 9, 10]);
        assert_ne!(env.reference(), Ref::from_bytes([0; 16]));
    }

    #[test]
    fn a_clock_without_another_to_compare_with_claims_nothing() {
        assert_eq!((Counts.steady_micros(), Counts.behind_seconds()), (0, 0));
    }
}
