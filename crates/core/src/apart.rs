//! Keeping two people apart who are seen at one site (SPEC 4.6, NE-05), without telling either of them anything (decision 0023).
//!
//! A link is what one person told: whom they are to be kept apart from. Whoever claims to be the victim may be the other one, so
//! that a link which rests on words alone moves nothing by itself: a human decides. One that a lead has confirmed, on something else
//! than the person's word, holds by itself where nobody has acted in time.

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan as _};

use crate::code::Code;
use crate::machine::IllegalMove;
use crate::time::At;

crate::code_list! {
    /// Where a link stands.
    pub enum LinkState {
        /// The person, or somebody for them, told us.
        Told = "told",
        /// A lead has confirmed it, on something else than their word.
        Confirmed = "confirmed",
        /// It no longer holds.
        Ended = "ended",
    }
}

crate::code_list! {
    /// What can happen to a link.
    pub enum LinkMove {
        /// A lead confirms it.
        Confirm = "confirm",
        /// It is taken back.
        End = "end",
    }
}

crate::code_list! {
    /// What a confirmation rests on. The word of the person is not among them, however sure anybody is.
    pub enum Ground {
        /// An order of a court, seen.
        CourtOrder = "court_order",
        /// The police said so.
        Police = "police",
        /// Another service that knows them said so.
        OtherService = "other_service",
        /// Staff saw or heard it happen.
        SeenByStaff = "seen_by_staff",
    }
}

impl LinkState {
    /// The state after a move.
    pub fn apply(self, by: LinkMove) -> Result<Self, IllegalMove> {
        match (self, by) {
            (Self::Told, LinkMove::Confirm) => Ok(Self::Confirmed),
            (Self::Told | Self::Confirmed, LinkMove::End) => Ok(Self::Ended),
            _ => Err(IllegalMove {
                machine: "protective_link",
                from: self.code(),
                by: by.code(),
            }),
        }
    }

    /// Whether the time is set to be rearranged by itself at `now`, where two appointments at one site begin at these times and
    /// nobody has acted: only for a confirmed link, and only from [`planned_by`] on.
    pub fn acts_by_itself(self, one: At, other: At, now: At) -> bool {
        self == Self::Confirmed && now >= planned_by(one, other)
    }
}

/// How many days before and after the day itself two people are kept apart. The day itself always counts (NE-05: the window may be
/// wider, never narrower), so there is no window of less than a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window(u8);

/// The widest window: a week on either side.
const WIDEST: u8 = 7;

impl Window {
    /// The same day only.
    pub const SAME_DAY: Self = Self(0);

    /// The day itself and so many days before and after; `None` for more than a week.
    pub const fn around(days: u8) -> Option<Self> {
        if days <= WIDEST {
            Some(Self(days))
        } else {
            None
        }
    }

    /// How many days before and after.
    pub const fn days(self) -> u8 {
        self.0
    }

    /// Whether two instants are too close: on London days no further apart than the window.
    pub fn covers(self, one: At, other: At) -> bool {
        let (from, until) = self.span(one);
        other >= from && other < until
    }

    /// From the first instant that is too close to `at` until the first one after it that is not: whole London days.
    pub fn span(self, at: At) -> (At, At) {
        let day = at.london_date();
        let days = i64::from(self.0);
        let first = day.checked_sub(days.days()).unwrap_or(Date::MIN);
        let after = day.checked_add((days + 1).days()).unwrap_or(Date::MAX);
        (midnight(first, at), midnight(after, at))
    }
}

/// The beginning of a London day; `or` where the calendar ends.
fn midnight(day: Date, or: At) -> At {
    At::from_london(day.at(0, 0, 0, 0)).unwrap_or(or)
}

/// The hour by which a planner has acted, on the day before (our design: there is still time to reach the person safely).
const PLANNED_BY_HOUR: i8 = 18;

/// By when a planner has acted on two appointments: 18:00 on the day before the earlier of their days, in London.
pub fn planned_by(one: At, other: At) -> At {
    let first = one.min(other);
    first
        .london_date()
        .yesterday()
        .ok()
        .and_then(|day| At::from_london(day.at(PLANNED_BY_HOUR, 0, 0, 0)))
        .unwrap_or(first)
}

/// How often one person's links may come up before the planner is told that somebody may be finding out by booking (our design).
pub const OFTEN: u64 = 3;
/// Over how long that is counted.
pub const OFTEN_WITHIN: SignedDuration = SignedDuration::from_hours(90 * 24);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> At {
        At::parse(text).unwrap()
    }

    proptest! {
        #[test]
        fn the_same_day_is_the_same_date_on_a_wall_in_london(a in 1_780_000_000_i64..1_850_000_000, gap in -300_000_i64..300_000) {
            let one = At::from_micros(a * 1_000_000).unwrap();
            let other = one.plus_seconds(gap);
            prop_assert_eq!(
                Window::SAME_DAY.covers(one, other),
                one.london_date() == other.london_date()
            );
        }

        #[test]
        fn a_wider_window_covers_all_that_a_narrower_one_does_and_it_is_the_same_both_ways(
            a in 1_780_000_000_i64..1_850_000_000, gap in -900_000_i64..900_000, days in 0_u8..7
        ) {
            let one = At::from_micros(a * 1_000_000).unwrap();
            let other = one.plus_seconds(gap);
            let (narrow, wide) = (Window::around(days).unwrap(), Window::around(days + 1).unwrap());
            prop_assert!(!narrow.covers(one, other) || wide.covers(one, other));
            prop_assert_eq!(narrow.covers(one, other), narrow.covers(other, one));
            prop_assert!(narrow.covers(one, one));
        }
    }

    #[test]
    fn the_nights_on_which_the_clocks_change_are_still_one_day_each() {
        for (one, other, same) in [
            ("2026-03-29T00:30:00Z", "2026-03-29T22:30:00Z", true),
            ("2026-03-29T00:30:00Z", "2026-03-29T23:30:00Z", false),
            ("2026-10-24T23:30:00Z", "2026-10-25T23:30:00Z", true),
            ("2026-10-24T22:30:00Z", "2026-10-25T00:30:00Z", false),
        ] {
            assert_eq!(Window::SAME_DAY.covers(at(one), at(other)), same, "{one}");
        }
    }

    #[test]
    fn a_day_begins_at_its_midnight_and_ends_before_the_next() {
        let noon = at("2026-11-24T12:00:00Z");
        for (days, other, covered) in [
            (0, "2026-11-24T00:00:00Z", true),
            (0, "2026-11-23T23:59:59Z", false),
            (0, "2026-11-24T23:59:59Z", true),
            (0, "2026-11-25T00:00:00Z", false),
            (2, "2026-11-22T00:00:00Z", true),
            (2, "2026-11-21T23:59:59Z", false),
            (2, "2026-11-26T23:59:59Z", true),
            (2, "2026-11-27T00:00:00Z", false),
        ] {
            let window = Window::around(days).unwrap();
            assert_eq!(window.days(), days);
            assert_eq!(window.covers(noon, at(other)), covered, "{days} {other}");
        }
    }

    #[test]
    fn whoever_finds_out_by_booking_is_counted_over_ninety_days() {
        let counted = at("2026-11-24T12:00:00Z").plus_seconds(-OFTEN_WITHIN.as_secs());
        assert_eq!(counted, at("2026-08-26T12:00:00Z"));
    }

    #[test]
    fn no_window_is_narrower_than_a_day_or_wider_than_a_week_on_either_side() {
        assert_eq!(Window::default(), Window::SAME_DAY);
        assert!(Window::around(7).is_some() && Window::around(8).is_none());
    }

    #[test]
    fn a_planner_has_until_six_in_the_evening_of_the_day_before_the_earlier_one() {
        let (early, late) = (at("2026-11-24T09:00:00Z"), at("2026-11-26T15:00:00Z"));
        assert_eq!(planned_by(early, late), at("2026-11-23T18:00:00Z"));
        assert_eq!(planned_by(late, early), at("2026-11-23T18:00:00Z"));
        let summer = at("2026-06-02T09:00:00Z");
        assert_eq!(planned_by(summer, summer), at("2026-06-01T17:00:00Z"));
    }

    #[test]
    fn what_rests_on_words_alone_moves_nothing_by_itself_and_a_confirmed_link_only_once_time_is_up()
    {
        let (one, other) = (at("2026-11-24T09:00:00Z"), at("2026-11-24T15:00:00Z"));
        let (before, after) = (at("2026-11-23T17:59:59Z"), at("2026-11-23T18:00:00Z"));
        for (state, now, acts) in [
            (LinkState::Told, after, false),
            (LinkState::Ended, after, false),
            (LinkState::Confirmed, before, false),
            (LinkState::Confirmed, after, true),
        ] {
            assert_eq!(state.acts_by_itself(one, other, now), acts, "{state}");
        }
    }

    #[test]
    fn a_link_is_confirmed_once_and_ended_once() {
        use LinkMove::{Confirm, End};
        assert_eq!(LinkState::Told.apply(Confirm), Ok(LinkState::Confirmed));
        assert_eq!(LinkState::Told.apply(End), Ok(LinkState::Ended));
        assert_eq!(LinkState::Confirmed.apply(End), Ok(LinkState::Ended));
        for (state, by) in [
            (LinkState::Confirmed, Confirm),
            (LinkState::Ended, Confirm),
            (LinkState::Ended, End),
        ] {
            assert!(state.apply(by).is_err(), "{state} by {by}");
        }
    }
}
