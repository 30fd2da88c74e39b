//! The real clock and the real entropy: the only place that asks the machine for either.

use std::sync::{Arc, LazyLock};
use std::time::Instant;

use throughline_core::env::{Clock, Entropy, Env};
use throughline_core::ratchet::Ratchet;
use throughline_core::time::At;

use crate::report::Failure;

/// The clock of the machine, UTC.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else is given"
    )]
    fn now(&self) -> At {
        At::from(jiff::Timestamp::now())
    }

    fn steady_micros(&self) -> i64 {
        static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
        i64::try_from(BEGUN.elapsed().as_micros()).unwrap_or(i64::MAX)
    }
}

/// The entropy of the machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the entropy that everything else is given"
    )]
    #[expect(
        clippy::panic,
        reason = "to go on without entropy would seal under keys that can be guessed"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the machine gives no random numbers: {error}");
        }
    }
}

/// The surroundings of a real service. Its clock never goes back.
pub fn system() -> Env {
    Env {
        clock: Ratchet::over(Arc::new(SystemClock)),
        entropy: Arc::new(SystemEntropy),
    }
}

/// The instant that `--now` names; without it, now.
pub fn instant(now: Option<&str>) -> Result<At, Failure> {
    let Some(text) = now else {
        return Ok(system().now());
    };
    At::parse(text)
        .ok_or_else(|| Failure::input("--now takes an instant such as 2026-11-23T09:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_a_real_service_never_goes_back_behind_what_has_been() {
        let env = system();
        let tomorrow = SystemClock.now().plus_days(1);
        env.clock.has_been(tomorrow);
        assert!(env.now() >= tomorrow && SystemClock.now() < tomorrow);
        assert!(env.clock.behind_seconds() > 86_000);
    }
}
