//! How far a directory entry can be trusted today, from when it was last confirmed (SPEC 4.3 SM-LISTING, C21, 4.9).

use crate::clock::{ClockId, Urgency};
use crate::pack::Pack;
use crate::time::At;

crate::code_list! {
    /// How fresh an entry is.
    pub enum Freshness {
        /// Confirmed lately.
        Live = "live",
        /// Due for review.
        DueReview = "due_review",
        /// Stale: shown with a warning, never used silently for an urgent match.
        Stale = "stale",
        /// Never confirmed. Treated as stale.
        NeverConfirmed = "never_confirmed",
    }
}

impl Freshness {
    /// Whether it may be picked for an urgent match without someone asking first.
    pub const fn is_trusted_when_urgent(self) -> bool {
        matches!(self, Self::Live | Self::DueReview)
    }
}

/// How fresh an entry is. A confirmation dated in the future is a mistake and counts as never.
pub fn freshness(confirmed_at: Option<At>, now: At, pack: &Pack) -> Freshness {
    let Some(confirmed) = confirmed_at.filter(|at| *at <= now) else {
        return Freshness::NeverConfirmed;
    };
    if now >= pack.due(ClockId::ListingStale, Urgency::Routine, confirmed) {
        Freshness::Stale
    } else if now >= pack.due(ClockId::ListingDueReview, Urgency::Routine, confirmed) {
        Freshness::DueReview
    } else {
        Freshness::Live
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nation::Nation;
    use crate::pack::Packs;

    #[test]
    fn an_entry_fades_at_ninety_and_at_one_hundred_and_eighty_days() {
        let packs = Packs::embedded().unwrap();
        let pack = packs
            .in_force(Nation::England, jiff::civil::date(2026, 6, 1))
            .unwrap();
        let confirmed = At::parse("2026-01-10T12:00:00Z").unwrap();
        let after = |days| freshness(Some(confirmed), confirmed.plus_days(days), pack);
        assert_eq!(after(0), Freshness::Live);
        assert_eq!(after(89), Freshness::Live);
        assert_eq!(after(91), Freshness::DueReview);
        assert_eq!(after(179), Freshness::DueReview);
        assert_eq!(after(181), Freshness::Stale);
        assert_eq!(after(-1), Freshness::NeverConfirmed);
        assert_eq!(freshness(None, confirmed, pack), Freshness::NeverConfirmed);
        assert!(!Freshness::NeverConfirmed.is_trusted_when_urgent());
    }

    #[test]
    fn an_entry_fades_at_the_very_moment_of_its_clock_and_one_of_this_moment_is_live() {
        let packs = Packs::embedded().unwrap();
        let day = jiff::civil::date(2026, 6, 1);
        let pack = packs.in_force(Nation::England, day).unwrap();
        let confirmed = At::parse("2026-01-10T12:00:00Z").unwrap();
        let at = |now| freshness(Some(confirmed), now, pack);
        for (clock, before, then) in [
            (
                ClockId::ListingDueReview,
                Freshness::Live,
                Freshness::DueReview,
            ),
            (
                ClockId::ListingStale,
                Freshness::DueReview,
                Freshness::Stale,
            ),
        ] {
            let due = pack.due(clock, Urgency::Routine, confirmed);
            assert_eq!((at(due.plus_seconds(-1)), at(due)), (before, then));
        }
        assert!(
            Freshness::Live.is_trusted_when_urgent()
                && !at(confirmed.plus_days(400)).is_trusted_when_urgent()
        );
    }
}
