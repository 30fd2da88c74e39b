//! Rules about time: whether it runs, when it is open, whether there is room, how old the facts are.

use jiff::civil::Time;
use throughline_core::circumstances::Asker;
use throughline_core::circumstances::SafeTime;
use throughline_core::code::Code;
use throughline_core::directory::{Room, Schedule, Status, Weekday};
use throughline_core::time::At;

use crate::listed::Listed;
use crate::rule::{Case, Finding, Local, Param, Verdict};

const MINUTES_IN_A_DAY: i32 = 24 * 60;
const MINUTES_IN_A_WEEK: i32 = 7 * MINUTES_IN_A_DAY;
const SECONDS_IN_A_DAY: i64 = 86_400;

/// Is it running?
pub(crate) fn status(case: &Case<'_>) -> Option<Finding> {
    let verdict = match case.entry().status {
        Status::Active => return None,
        Status::Inactive | Status::Defunct | Status::TemporarilyClosed => Verdict::No,
    };
    Some(Finding::new(verdict).with("status", Param::Code(case.entry().status.code())))
}

/// Is it open at a time that is safe for the person?
pub(crate) fn safe_times(case: &Case<'_>) -> Option<Finding> {
    if case.told.safe_times.is_empty() {
        return None;
    }
    let (mut open, mut doubt, mut said) = (false, false, false);
    for schedule in
        schedules(case.listed).filter(|schedule| !schedule.closed && holds(schedule, case.local))
    {
        said = true;
        match weekly_minutes(schedule) {
            Some(spans) => {
                open |= case
                    .told
                    .safe_times
                    .iter()
                    .any(|safe| spans.iter().any(|span| meets(*span, span_of(safe))));
            }
            None => doubt = true,
        }
    }
    Some(Finding::new(if open {
        Verdict::Yes
    } else if doubt || !said {
        Verdict::AskService
    } else {
        Verdict::No
    }))
}

/// Is there room? What its own people said here last goes before what its source says, unless that is newer.
pub(crate) fn capacity(case: &Case<'_>) -> Option<Finding> {
    // How full a refuge is is a worker's to know, never the public's.
    let told = !case.entry().is_confidential() || case.told.asker == Some(Asker::Worker);
    if let Some(said) = case.entry().room.filter(|_| told) {
        let source = case.entry().capacity.as_ref().and_then(|one| one.updated);
        let days = days_between(said.said_at, case.now);
        let fresh = (0..=i64::from(case.knowledge.settings.capacity_fresh_days)).contains(&days);
        if fresh && source.is_none_or(|source| source <= said.said_at) {
            let verdict = match said.room {
                Room::Now => Verdict::Yes,
                Room::Waiting => Verdict::AskPerson,
                Room::Full => Verdict::No,
            };
            let mut found = Finding::new(verdict).with("days", Param::Number(days));
            if let Some(wait) = said.wait_days {
                found = found.with("wait_days", Param::Number(wait.into()));
            }
            return Some(found);
        }
    }
    let Some(capacity) = &case.entry().capacity else {
        return case
            .listed
            .is_accommodation()
            .then(|| Finding::new(Verdict::AskService));
    };
    let days = capacity
        .updated
        .map(|updated| days_between(updated, case.now));
    let fresh = days.is_some_and(|days| {
        (0..=i64::from(case.knowledge.settings.capacity_fresh_days)).contains(&days)
    });
    let verdict = match capacity.available {
        Some(0) if fresh => Verdict::No,
        Some(1..) if fresh => Verdict::Yes,
        _ => Verdict::AskService,
    };
    let mut found = Finding::new(verdict).with("unit", Param::Text(capacity.unit.clone()));
    if let Some(available) = capacity.available {
        found = found.with("available", Param::Number(available.into()));
    }
    if let Some(days) = days {
        found = found.with("days", Param::Number(days));
    }
    Some(found)
}

/// Has anybody vouched for the listing lately?
#[expect(
    clippy::unnecessary_wraps,
    reason = "every rule has this shape; this question always arises"
)]
pub(crate) fn stale(case: &Case<'_>) -> Option<Finding> {
    let Some(vouched) = case.listed.vouched_at else {
        return Some(Finding::new(Verdict::AskService));
    };
    let days = days_between(vouched, case.now);
    // A date in the future is a mistake and vouches for nothing; a day is allowed for clocks that differ.
    let fresh = (-1..=i64::from(case.knowledge.settings.listing_fresh_days)).contains(&days);
    Some(
        Finding::new(if fresh {
            Verdict::Yes
        } else {
            Verdict::AskService
        })
        .with("days", Param::Number(days.max(0)))
        .with("vouched", Param::When(vouched)),
    )
}

throughline_core::code_list! {
    /// How soon help may begin, as far as the entry says. In the order in which options are offered.
    pub enum Soon {
        /// It has room, by a word that is not old.
        HasRoom = "has_room",
        /// It is open now.
        OpenNow = "open_now",
        /// Not known.
        NotKnown = "not_known",
    }
}

/// How soon help may begin.
pub(crate) fn soon(case: &Case<'_>) -> Soon {
    if capacity(case).is_some_and(|found| found.verdict == Verdict::Yes) {
        Soon::HasRoom
    } else if open_at(case.listed, case.local) {
        Soon::OpenNow
    } else {
        Soon::NotKnown
    }
}

fn days_between(earlier: At, later: At) -> i64 {
    later.seconds_since(earlier).div_euclid(SECONDS_IN_A_DAY)
}

fn schedules(listed: &Listed) -> impl Iterator<Item = &Schedule> {
    listed.entry().schedules().iter().chain(
        listed
            .entry()
            .locations()
            .iter()
            .flat_map(|place| &place.schedules),
    )
}

/// Whether a schedule holds on the day of an instant.
fn holds(schedule: &Schedule, local: Local) -> bool {
    let today = local.today;
    schedule.valid_from.is_none_or(|from| from <= today)
        && schedule.valid_to.is_none_or(|to| today <= to)
}

/// Whether a service is surely open at an instant: a weekly time covers it, and no closing does.
fn open_at(listed: &Listed, local: Local) -> bool {
    let minute = local.minute_of_week;
    let covers = |schedule: &Schedule| {
        weekly_minutes(schedule)
            .is_some_and(|spans| spans.iter().any(|span| meets(*span, (minute, minute + 1))))
    };
    let (mut open, mut shut) = (false, false);
    for schedule in schedules(listed).filter(|schedule| holds(schedule, local)) {
        if schedule.closed {
            // A closing whose times are not plain is taken to cover the day.
            shut |= weekly_minutes(schedule).is_none() || covers(schedule);
        } else {
            open |= covers(schedule);
        }
    }
    open && !shut
}

fn minute_of_day(time: Time) -> i32 {
    i32::from(time.hour()) * 60 + i32::from(time.minute())
}

/// The minutes of the week that a plain weekly schedule covers. `None`: not plain, or no times.
fn weekly_minutes(schedule: &Schedule) -> Option<Vec<(i32, i32)>> {
    if schedule.week_of_month.is_some() || schedule.every_weeks.is_some_and(|weeks| weeks > 1) {
        return None;
    }
    let (opens, closes) = (schedule.opens?, schedule.closes?);
    let days: &[Weekday] = if schedule.weekdays.is_empty() {
        Weekday::ALL
    } else {
        &schedule.weekdays
    };
    Some(days.iter().map(|day| span(*day, opens, closes)).collect())
}

fn span_of(safe: &SafeTime) -> (i32, i32) {
    span(safe.day, safe.from, safe.until)
}

/// Minutes of the week from one time to another, which is on the next day when it is not later.
fn span(day: Weekday, from: Time, until: Time) -> (i32, i32) {
    let midnight = Weekday::ALL
        .iter()
        .zip(0_i32..)
        .find(|(known, _)| **known == day)
        .map_or(0, |(_, number)| number)
        * MINUTES_IN_A_DAY;
    let (begin, end) = (minute_of_day(from), minute_of_day(until));
    let end = if end > begin {
        end
    } else {
        end + MINUTES_IN_A_DAY
    };
    (midnight + begin, midnight + end)
}

/// Whether two spans share a minute, round the end of the week.
fn meets(a: (i32, i32), b: (i32, i32)) -> bool {
    [-MINUTES_IN_A_WEEK, 0, MINUTES_IN_A_WEEK]
        .iter()
        .any(|shift| a.0 < b.1 + shift && b.0 + shift < a.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_night_service_that_opens_on_sunday_meets_early_monday() {
        let night = span(
            Weekday::Sunday,
            Time::constant(22, 0, 0, 0),
            Time::constant(6, 0, 0, 0),
        );
        let early = span(
            Weekday::Monday,
            Time::constant(5, 0, 0, 0),
            Time::constant(7, 0, 0, 0),
        );
        assert!(meets(night, early) && meets(early, night));
        let late = span(
            Weekday::Monday,
            Time::constant(6, 0, 0, 0),
            Time::constant(7, 0, 0, 0),
        );
        assert!(!meets(night, late));
    }

    proptest! {
        #[test]
        fn spans_meet_exactly_when_some_minute_is_in_both(
            d1 in 0_usize..7, f1 in 0_i8..24, u1 in 0_i8..24, d2 in 0_usize..7, f2 in 0_i8..24, u2 in 0_i8..24
        ) {
            let time = |hour| Time::constant(hour, 0, 0, 0);
            let a = span(Weekday::ALL[d1], time(f1), time(u1));
            let b = span(Weekday::ALL[d2], time(f2), time(u2));
            let minutes = |(from, to): (i32, i32)| -> std::collections::BTreeSet<i32> {
                (from..to).map(|minute| minute.rem_euclid(MINUTES_IN_A_WEEK)).collect()
            };
            prop_assert_eq!(meets(a, b), !minutes(a).is_disjoint(&minutes(b)));
        }
    }
}
