//! A clock that never goes back.
//!
//! Consents, safe ways to reach somebody, links and sessions end at an instant. Whoever sets the machine's clock back, by mistake or
//! not, would open again what had ended (ASSURANCE, O3). So the latest instant that was seen holds: from there time goes on at the
//! pace of a clock that nobody can set, until the machine's clock has caught up.

use std::sync::{Arc, Mutex, PoisonError};

use crate::env::Clock;
use crate::time::At;

/// Further behind than this, something is wrong that a person has to mend: a node is not ready, and says so. Less is a clock that
/// is being put right.
pub const BEHIND_SECONDS: i64 = 10 * 60;

/// A clock over another: the same time, but never earlier than it has been.
pub struct Ratchet {
    clock: Arc<dyn Clock>,
    /// The latest instant that was seen, and what the steady clock showed then.
    latest: Mutex<Option<(At, i64)>>,
}

impl std::fmt::Debug for Ratchet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ratchet")
    }
}

impl Ratchet {
    /// Over this clock, from now on.
    pub fn over(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            clock,
            latest: Mutex::new(None),
        })
    }

    /// The instant that it must be by now at the least, given what has been.
    fn at_least(latest: Option<(At, i64)>, steady: i64) -> Option<At> {
        let (at, then) = latest?;
        let passed = steady.saturating_sub(then).max(0);
        Some(At::from_micros(at.micros().saturating_add(passed)).unwrap_or(at))
    }

    fn look(&self, also: Option<At>) -> At {
        // Taken first: two who look at once see the clocks in one order.
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let (shown, steady) = (self.clock.now(), self.clock.steady_micros());
        let floor = Self::at_least(*latest, steady);
        let now = [floor, also].into_iter().flatten().fold(shown, At::max);
        // The floor itself is not kept: it follows from what is, and would gather what rounding loses.
        if floor != Some(now) {
            *latest = Some((now, steady));
        }
        now
    }
}

impl Clock for Ratchet {
    fn now(&self) -> At {
        self.look(None)
    }

    fn steady_micros(&self) -> i64 {
        self.clock.steady_micros()
    }

    fn has_been(&self, at: At) {
        self.look(Some(at));
    }

    fn behind_seconds(&self) -> i64 {
        self.look(None).seconds_since(self.clock.now()).max(0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    /// What the machine shows, and what nobody can set; both in seconds.
    #[derive(Default)]
    struct Machine {
        shown: AtomicI64,
        steady: AtomicI64,
    }

    impl Clock for Machine {
        fn now(&self) -> At {
            At::from_micros(self.shown.load(Ordering::SeqCst) * 1_000_000).unwrap()
        }
        fn steady_micros(&self) -> i64 {
            self.steady.load(Ordering::SeqCst) * 1_000_000
        }
    }

    fn machine(shown: i64) -> (Arc<Machine>, Arc<Ratchet>) {
        let machine = Arc::new(Machine::default());
        machine.shown.store(shown, Ordering::SeqCst);
        let ratchet = Ratchet::over(Arc::<Machine>::clone(&machine));
        (machine, ratchet)
    }

    fn second(n: i64) -> At {
        At::from_micros(n * 1_000_000).unwrap()
    }

    #[test]
    fn a_clock_set_back_goes_on_from_where_it_was_until_it_has_caught_up() {
        let (machine, ratchet) = machine(10_000);
        assert_eq!(ratchet.now(), second(10_000));
        machine.shown.store(3_000, Ordering::SeqCst);
        assert_eq!(
            (ratchet.now(), machine.now()),
            (second(10_000), second(3_000))
        );
        assert_eq!(ratchet.behind_seconds(), 7_000);
        // Five minutes pass: on both clocks, and so here.
        machine.shown.store(3_300, Ordering::SeqCst);
        machine.steady.store(300, Ordering::SeqCst);
        assert_eq!(
            (ratchet.now(), ratchet.behind_seconds()),
            (second(10_300), 7_000)
        );
        // Somebody puts it right.
        machine.shown.store(10_400, Ordering::SeqCst);
        machine.steady.store(400, Ordering::SeqCst);
        assert_eq!(
            (ratchet.now(), ratchet.behind_seconds()),
            (second(10_400), 0)
        );
    }

    #[test]
    fn ten_minutes_are_what_a_clock_may_be_behind_and_the_steady_one_is_passed_on() {
        assert_eq!(BEHIND_SECONDS, 600);
        let (machine, ratchet) = machine(1_000);
        machine.steady.store(7, Ordering::SeqCst);
        assert_eq!(ratchet.steady_micros(), 7_000_000);
    }

    #[test]
    fn what_has_been_holds_also_where_this_clock_never_showed_it() {
        let (machine, ratchet) = machine(1_000);
        ratchet.has_been(second(900));
        assert_eq!(ratchet.now(), second(1_000));
        ratchet.has_been(second(5_000));
        assert_eq!(
            (ratchet.now(), ratchet.behind_seconds()),
            (second(5_000), 4_000)
        );
        machine.steady.store(60, Ordering::SeqCst);
        assert_eq!(ratchet.now(), second(5_060));
    }

    #[test]
    fn the_steady_clock_alone_never_moves_a_right_clock() {
        let (machine, ratchet) = machine(1_000);
        ratchet.now();
        // A machine that slept: its own clock went on, the steady one did not. Then the other way round: it is slow by a second.
        machine.shown.store(2_000, Ordering::SeqCst);
        assert_eq!(ratchet.now(), second(2_000));
        machine.shown.store(2_099, Ordering::SeqCst);
        machine.steady.store(100, Ordering::SeqCst);
        assert_eq!(
            (ratchet.now(), ratchet.behind_seconds()),
            (second(2_100), 1)
        );
    }
}
