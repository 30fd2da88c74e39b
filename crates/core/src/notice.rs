//! When a mail that says "you have something to do" goes out: at once where it cannot wait, else not at night and not one after the
//! other (PRODUCT "calm"; the "quiet hours unless risk is immediate; one digest, not many alerts"). The numbers are data in the
//! policy pack ([`crate::pack::Pack::quiet`]). The work itself never waits for its mail: it stands in Today from the commit on.

use jiff::civil::Time;

use crate::clock::Urgency;
use crate::time::At;

/// When mails about work rest, on the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    /// From when.
    pub from: Time,
    /// Until when, on the same day or the next.
    pub until: Time,
    /// How long what is routine is collected after a mail, in minutes.
    pub collect_minutes: u16,
}

impl Quiet {
    /// When a mail about work of this urgency goes out, promised by `now`, where the last one to the same person left at `last`.
    /// Never before `now`; within [`Urgency::Immediate`] always `now`.
    pub fn goes_at(&self, now: At, urgency: Urgency, last: Option<At>) -> At {
        match urgency {
            Urgency::Immediate => now,
            Urgency::SameDay => self.after_the_night(now),
            Urgency::Routine => {
                let collected = last.map(|last| last.plus_minutes(i64::from(self.collect_minutes)));
                self.after_the_night(collected.map_or(now, |at| at.max(now)))
            }
        }
    }

    /// The first instant from `at` on at which no mail rests.
    fn after_the_night(&self, at: At) -> At {
        let clock = at.london();
        let (day, time) = (clock.date(), clock.time());
        let over_midnight = self.until < self.from;
        let rests = if over_midnight {
            time >= self.from || time < self.until
        } else {
            time >= self.from && time < self.until
        };
        if !rests {
            return at;
        }
        let day = if over_midnight && time >= self.from {
            day.tomorrow().unwrap_or(day)
        } else {
            day
        };
        // An hour that does not exist on the day the clocks change ends the night an hour earlier rather than never.
        At::from_london(day.to_datetime(self.until)).map_or(at, |end| end.max(at))
    }
}

/// How urgent a mail is about work that is to be done by `due`: within two hours cannot wait for the morning.
pub fn urgency_of(now: At, due: At) -> Urgency {
    const HOUR_SECONDS: i64 = 3_600;
    match due.seconds_since(now) {
        soon if soon <= 2 * HOUR_SECONDS => Urgency::Immediate,
        today if today <= 24 * HOUR_SECONDS => Urgency::SameDay,
        _ => Urgency::Routine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NIGHT: Quiet = Quiet {
        from: Time::constant(20, 0, 0, 0),
        until: Time::constant(7, 0, 0, 0),
        collect_minutes: 60,
    };

    fn at(text: &str) -> At {
        At::from_london(text.parse().unwrap()).unwrap()
    }

    #[test]
    fn what_cannot_wait_goes_in_the_middle_of_the_night() {
        let night = at("2026-11-23T02:00");
        let last = Some(night.plus_minutes(-1));
        assert_eq!(NIGHT.goes_at(night, Urgency::Immediate, last), night);
    }

    #[test]
    fn all_else_waits_for_the_morning_on_either_side_of_midnight() {
        for urgency in [Urgency::SameDay, Urgency::Routine] {
            for (now, goes) in [
                ("2026-11-23T19:59", "2026-11-23T19:59"),
                ("2026-11-23T20:00", "2026-11-24T07:00"),
                ("2026-11-23T23:59", "2026-11-24T07:00"),
                ("2026-11-24T00:00", "2026-11-24T07:00"),
                ("2026-11-24T06:59", "2026-11-24T07:00"),
                ("2026-11-24T07:00", "2026-11-24T07:00"),
                // The clocks go forward on this night, and back on that one.
                ("2026-03-28T22:00", "2026-03-29T07:00"),
                ("2026-10-24T22:00", "2026-10-25T07:00"),
            ] {
                assert_eq!(NIGHT.goes_at(at(now), urgency, None), at(goes), "{now}");
            }
        }
    }

    #[test]
    fn what_is_routine_is_collected_for_an_hour_after_the_last_mail() {
        let now = at("2026-11-23T10:00");
        for (last, goes) in [
            ("2026-11-23T09:59", "2026-11-23T10:59"),
            ("2026-11-23T09:00", "2026-11-23T10:00"),
            ("2026-11-20T09:00", "2026-11-23T10:00"),
        ] {
            let last = Some(at(last));
            assert_eq!(NIGHT.goes_at(now, Urgency::Routine, last), at(goes));
            assert_eq!(NIGHT.goes_at(now, Urgency::SameDay, last), now);
        }
        // Collected into the night, it goes in the morning.
        let evening = at("2026-11-23T19:30");
        let goes = NIGHT.goes_at(evening, Urgency::Routine, Some(evening));
        assert_eq!(goes, at("2026-11-24T07:00"));
    }

    #[test]
    fn work_that_is_due_within_two_hours_cannot_wait() {
        let now = at("2026-11-23T10:00");
        for (minutes, urgency) in [
            (-5, Urgency::Immediate),
            (120, Urgency::Immediate),
            (121, Urgency::SameDay),
            (24 * 60, Urgency::SameDay),
            (24 * 60 + 1, Urgency::Routine),
        ] {
            assert_eq!(urgency_of(now, now.plus_minutes(minutes)), urgency);
        }
    }

    proptest! {
        #[test]
        fn a_mail_never_goes_before_its_time_and_never_waits_longer_than_a_night_and_an_hour(
            second in 1_700_000_000_i64..1_900_000_000,
            ago in proptest::option::of(0_i64..10_000),
            from in 0_i8..24,
            until in 0_i8..24,
            urgency in proptest::sample::select(vec![Urgency::Immediate, Urgency::SameDay, Urgency::Routine]),
        ) {
            let quiet = Quiet {
                from: Time::constant(from, 0, 0, 0),
                until: Time::constant(until, 0, 0, 0),
                collect_minutes: 60,
            };
            let now = At::from_micros(second * 1_000_000).unwrap();
            let last = ago.map(|ago| now.plus_seconds(-ago));
            let goes = quiet.goes_at(now, urgency, last);
            prop_assert!(goes >= now);
            prop_assert!(goes.seconds_since(now) <= 26 * 3_600);
            // Asked again at that instant, it goes.
            prop_assert_eq!(quiet.goes_at(goes, urgency, last), goes);
        }
    }
}
