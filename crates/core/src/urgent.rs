//! A record that is kept to others, opened because it cannot wait (SPEC 4.6, decision 0019).

use crate::time::At;

/// How long it stays open, in minutes (SPEC 4.6).
pub const URGENT_MINUTES: i64 = 60;

crate::code_list! {
    /// What whoever reviews it found.
    pub enum UrgentVerdict {
        /// It was right to open it, and what was looked at was needed.
        InOrder = "in_order",
        /// It was not: the security officers are told.
        NotInOrder = "not_in_order",
    }
}

/// When the review climbs, if nobody has begun it: half of the time there is, so that somebody else still has the other half.
pub fn review_climbs_at(now: At, review_by: At) -> At {
    now.plus_seconds(review_by.seconds_since(now).max(0) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_climbs_while_there_is_time_left_for_somebody_else() {
        let now = At::parse("2026-11-20T16:00:00Z").unwrap();
        let by = At::parse("2026-11-24T17:00:00Z").unwrap();
        let climbs = review_climbs_at(now, by);
        assert!(now < climbs && climbs < by);
        assert_eq!(by.seconds_since(climbs), climbs.seconds_since(now));
        // A clock that went on meanwhile: at once, never in the past.
        assert_eq!(review_climbs_at(by, now), by);
    }
}
