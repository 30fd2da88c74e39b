//! Working days, months and weeks as law counts them, in Europe/London, per nation (SPEC 4.4).

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, Weekday};

use crate::time::At;

crate::code_list! {
    /// A unit of a clock.
    pub enum Unit {
        /// Minutes of elapsed time.
        Minutes = "minutes",
        /// Hours of elapsed time.
        Hours = "hours",
        /// Calendar days on the London calendar.
        Days = "days",
        /// Working days of the nation.
        WorkingDays = "working_days",
        /// Weeks of seven days.
        Weeks = "weeks",
        /// Months: the corresponding date, or the last day of a shorter month.
        Months = "months",
    }
}

/// A length of time as a pack states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// How many.
    pub value: u16,
    /// Of what.
    pub unit: Unit,
    /// Whether the first day counts as day one: the last day is then one earlier.
    pub inclusive: bool,
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self {
        value: 0,
        unit: Unit::Minutes,
        inclusive: false,
    };
}

/// The bank holidays of one nation. Saturdays and Sundays are not working days anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkingDays {
    holidays: BTreeSet<Date>,
    horizon: Option<Date>,
}

impl WorkingDays {
    /// From a list of bank holidays and the last day for which the list is complete.
    pub fn new(holidays: impl IntoIterator<Item = Date>, horizon: Date) -> Self {
        Self {
            holidays: holidays.into_iter().collect(),
            horizon: Some(horizon),
        }
    }

    /// The last day for which bank holidays are known. Beyond it only weekends are left out, so a clock runs out early, never late.
    pub const fn horizon(&self) -> Option<Date> {
        self.horizon
    }

    /// Whether a day is a working day.
    pub fn is_working(&self, date: Date) -> bool {
        !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
            && !self.holidays.contains(&date)
    }

    /// The day that is `count` working days after `from`; the day `from` itself is not counted. `0` gives `from` on a working day,
    /// otherwise the next one.
    pub fn add(&self, from: Date, count: u16) -> Date {
        let mut date = from;
        let mut left = count;
        if left == 0 {
            while !self.is_working(date) {
                let Ok(next) = date.tomorrow() else {
                    return date;
                };
                date = next;
            }
        }
        while left > 0 {
            let Ok(next) = date.tomorrow() else {
                return date;
            };
            date = next;
            if self.is_working(date) {
                left -= 1;
            }
        }
        date
    }

    /// The working days after `from` up to and including `to`; `0` when `to` is not later.
    pub fn between(&self, from: Date, to: Date) -> u32 {
        let mut date = from;
        let mut count = 0;
        while date < to {
            let Ok(next) = date.tomorrow() else {
                return count;
            };
            date = next;
            count += u32::from(self.is_working(date));
        }
        count
    }
}

/// The date some months later: the corresponding date, or the last day of a shorter month (31 January gives 28 or 29 February).
pub fn add_months(from: Date, months: u16) -> Date {
    from.checked_add(jiff::Span::new().months(i64::from(months)))
        .unwrap_or(Date::MAX)
}

/// The last date of a span that begins on `from`. Minutes and hours are not counted in dates: they give `from`.
pub fn end_date(from: Date, span: Span, working: &WorkingDays) -> Date {
    let days = |count: i64| {
        from.checked_add(jiff::Span::new().days(count))
            .unwrap_or(Date::MAX)
    };
    let end = match span.unit {
        Unit::Minutes | Unit::Hours => return from,
        Unit::Days => days(i64::from(span.value)),
        Unit::Weeks => days(i64::from(span.value) * 7),
        Unit::WorkingDays if span.inclusive && span.value > 0 => {
            // Day one is the first working day on or after the start.
            return working.add(working.add(from, 0), span.value - 1);
        }
        Unit::WorkingDays => return working.add(from, span.value),
        Unit::Months => add_months(from, span.value),
    };
    if span.inclusive && span.value > 0 {
        end.yesterday().unwrap_or(end)
    } else {
        end
    }
}

/// When a span that begins at an instant runs out. Minutes and hours are elapsed time. Days and longer keep the time of day
/// on the London clock. An inclusive span runs to the end of its last day, and so do working days that begin on a day which is
/// none: at the hour of its beginning it would end before one that began earlier.
pub fn due(from: At, span: Span, working: &WorkingDays) -> At {
    match span.unit {
        Unit::Minutes => return from.plus_minutes(i64::from(span.value)),
        Unit::Hours => return from.plus_hours(i64::from(span.value)),
        Unit::Days | Unit::WorkingDays | Unit::Weeks | Unit::Months => {}
    }
    let local = from.london();
    let end = end_date(local.date(), span, working);
    let began_between =
        span.unit == Unit::WorkingDays && span.value > 0 && !working.is_working(local.date());
    if span.inclusive || began_between {
        let midnight = end
            .tomorrow()
            .ok()
            .and_then(|next| At::from_london(next.to_datetime(Time::midnight())));
        return midnight.map_or(from, |at| at);
    }
    At::from_london(end.to_datetime(local.time())).unwrap_or(from)
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
