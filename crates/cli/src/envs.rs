//! The real clock and the real entropy: the only place that asks the machine for either.

use std::sync::Arc;

use throughline_core::env::{Clock, Entropy, Env};
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

/// The surroundings of a real service.
pub fn system() -> Env {
    Env {
        clock: Arc::new(SystemClock),
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
