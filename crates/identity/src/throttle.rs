//! How guessing is slowed without shutting anyone out.
//!
//! - On a device that its owner has signed in on before, only guesses made on that very device count. Strangers cannot reach
//!   that count, so they can never lock a worker out of their own desk.
//! - On a device never seen, guesses count for one e-mail address *at one network*: a stranger elsewhere does not slow the
//!   worker at their office, and colleagues behind one address do not slow each other.
//! - What is guessed for one e-mail address from everywhere, or from one network for every address, never refuses anyone: it
//!   only makes the answer come up to two seconds later. An office behind one address keeps working.
//!
//! Waiting grows with each failure and is capped; nothing is locked until somebody unlocks it. Whether the address has an
//! account plays no part, so the counts tell nobody which addresses do.

use std::net::IpAddr;
use std::time::Duration;

use throughline_core::time::At;
use throughline_store::session::Attempts;

/// How guessing is slowed (our design).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Attempts without waiting.
    pub free: i64,
    /// The longest wait in seconds.
    pub longest_wait: i64,
    /// After how many minutes counting begins again.
    pub window_minutes: i64,
    /// Failures from one network or for one e-mail address before answers come later.
    pub soft_free: i64,
    /// The most that an answer is delayed, in milliseconds.
    pub soft_longest_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            free: 5,
            longest_wait: 300,
            window_minutes: 60,
            soft_free: 20,
            soft_longest_ms: 2_000,
        }
    }
}

impl Limits {
    fn current(&self, counted: Attempts, now: At) -> Attempts {
        let over = now.seconds_since(counted.since_at) >= self.window_minutes * 60;
        if over {
            Attempts {
                failures: 0,
                since_at: now,
                until_at: None,
            }
        } else {
            counted
        }
    }

    /// Counts one more attempt before it is known whether it succeeds, so that guesses made at once cannot slip past the
    /// count. Errors with the instant to wait for.
    pub fn one_more(&self, counted: Attempts, now: At) -> Result<Attempts, At> {
        if let Some(until) = counted.until_at {
            let wait = until.seconds_since(now);
            // More than the cap means that the clock was set back: then nobody waits for it.
            if until > now && wait <= self.longest_wait {
                return Err(until);
            }
        }
        let counted = self.current(counted, now);
        let failures = counted.failures.saturating_add(1);
        let beyond = failures - self.free;
        let wait = if beyond < 0 {
            0
        } else {
            let doubled = u32::try_from(beyond).unwrap_or(u32::MAX).min(20);
            (1_i64 << doubled).min(self.longest_wait)
        };
        Ok(Attempts {
            failures,
            since_at: counted.since_at,
            until_at: (wait > 0).then(|| now.plus_seconds(wait)),
        })
    }

    /// Counts one more attempt in a count that never refuses.
    pub fn one_more_soft(&self, counted: Attempts, now: At) -> Attempts {
        let counted = self.current(counted, now);
        Attempts {
            failures: counted.failures.saturating_add(1),
            ..counted
        }
    }

    /// How much later the answer comes.
    pub fn delay(&self, counted: Attempts) -> Duration {
        let beyond = u64::try_from(counted.failures - self.soft_free).unwrap_or(0);
        Duration::from_millis(beyond.saturating_mul(100).min(self.soft_longest_ms))
    }
}

/// The network that an address belongs to: what one household, office or hoster shares (IPv4 /24, IPv6 /48).
pub fn network(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(v4)) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Some(IpAddr::V6(v6)) => {
            let [a, b, c, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Limits, network};
    use throughline_core::time::At;
    use throughline_store::session::Attempts;

    fn start() -> At {
        At::parse("2026-11-23T09:00:00Z").unwrap()
    }

    fn nothing() -> Attempts {
        Attempts {
            failures: 0,
            since_at: start(),
            until_at: None,
        }
    }

    #[test]
    fn five_are_free_then_each_wait_doubles_to_five_minutes_at_most() {
        let limits = Limits::default();
        let (mut now, mut counted, mut waits) = (start(), nothing(), vec![]);
        for _ in 0..15 {
            counted = limits.one_more(counted, now).unwrap();
            let until = counted.until_at.unwrap_or(now);
            waits.push(until.seconds_since(now));
            if until > now {
                assert_eq!(limits.one_more(counted, until.plus_seconds(-1)), Err(until));
            }
            now = until;
        }
        assert_eq!(
            waits,
            [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
        );
    }

    #[test]
    fn counting_begins_again_after_the_window() {
        let limits = Limits::default();
        let many = Attempts {
            failures: 500,
            ..nothing()
        };
        let later = start().plus_minutes(60);
        assert_eq!(limits.one_more(many, later).unwrap().failures, 1);
        assert_eq!(limits.one_more_soft(many, later).failures, 1);
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let limits = Limits::default();
        let counted = Attempts {
            failures: 20,
            since_at: start(),
            until_at: Some(start().plus_seconds(300)),
        };
        assert!(limits.one_more(counted, start().plus_days(-1)).is_ok());
    }

    #[test]
    fn what_a_whole_network_guesses_never_costs_more_than_two_seconds() {
        let limits = Limits::default();
        let mut counted = nothing();
        for _ in 0..100_000 {
            counted = limits.one_more_soft(counted, start());
        }
        assert_eq!(counted.until_at, None);
        assert_eq!(limits.delay(counted).as_millis(), 2_000);
        assert_eq!(limits.delay(nothing()).as_millis(), 0);
    }

    #[test]
    fn one_network_is_one_office_in_either_kind_of_address() {
        let of = |text: &str| network(Some(text.parse().unwrap()));
        assert_eq!(of("192.0.2.7"), of("192.0.2.250"));
        assert_ne!(of("192.0.2.7"), of("192.0.3.7"));
        assert_eq!(of("2001:db8:1:2::3"), of("2001:db8:1:ffff::1"));
        assert_ne!(of("2001:db8:1::1"), of("2001:db8:2::1"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.9"));
    }
}
