//! Instants and dates. Stored in UTC, shown and counted in Europe/London.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use serde::{Deserialize, Serialize};

/// An instant, UTC, to the microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct At(Timestamp);

impl At {
    /// From microseconds since 1970-01-01T00:00:00Z. `None` beyond the range that a calendar can show.
    pub fn from_micros(micros: i64) -> Option<Self> {
        Timestamp::from_microsecond(micros).ok().map(Self)
    }

    /// Reads RFC 3339 text, for example `2026-11-22T09:00:00Z`.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<Timestamp>().ok().map(Self::from)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// The same instant as a `jiff` timestamp.
    pub fn timestamp(self) -> Timestamp {
        self.0
    }

    /// This instant on a wall clock in the United Kingdom (Europe/London).
    pub fn london(self) -> Zoned {
        let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
        self.0.to_zoned(zone)
    }

    /// The calendar date in Europe/London.
    pub fn london_date(self) -> Date {
        self.london().date()
    }

    /// The instant at which a London calendar date and time of day falls (the earlier one where a clock change repeats it).
    pub fn from_london(at: jiff::civil::DateTime) -> Option<Self> {
        let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
        zone.to_ambiguous_zoned(at)
            .compatible()
            .ok()
            .map(|z| Self::from(z.timestamp()))
    }

    /// Later by some seconds (earlier when negative). Saturates at the calendar's ends.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        self.0
            .checked_add(SignedDuration::from_secs(seconds))
            .map_or(self, Self)
    }

    /// Later by some minutes.
    #[must_use]
    pub fn plus_minutes(self, minutes: i64) -> Self {
        self.plus_seconds(minutes.saturating_mul(60))
    }

    /// Later by some hours.
    #[must_use]
    pub fn plus_hours(self, hours: i64) -> Self {
        self.plus_seconds(hours.saturating_mul(3_600))
    }

    /// Later by some whole days of 24 hours.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        self.plus_seconds(days.saturating_mul(86_400))
    }

    /// Whole seconds from `earlier` to this instant; negative when this is the earlier one.
    pub fn seconds_since(self, earlier: Self) -> i64 {
        self.0.duration_since(earlier.0).as_secs()
    }
}

impl From<Timestamp> for At {
    /// Drops what is finer than a microsecond, so that a stored instant equals the one in hand.
    fn from(value: Timestamp) -> Self {
        Self(Timestamp::from_microsecond(value.as_microsecond()).unwrap_or(value))
    }
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> At {
        At::parse(text).unwrap()
    }

    #[test]
    fn later_by_so_much_is_as_a_clock_and_a_calendar_show() {
        let noon = at("2026-03-01T12:00:00Z");
        for (later, expected) in [
            (noon.plus_seconds(61), "2026-03-01T12:01:01Z"),
            (noon.plus_minutes(61), "2026-03-01T13:01:00Z"),
            (noon.plus_hours(25), "2026-03-02T13:00:00Z"),
            (noon.plus_days(31), "2026-04-01T12:00:00Z"),
            (noon.plus_days(-1), "2026-02-28T12:00:00Z"),
            (noon.plus_days(i64::MAX), "2026-03-01T12:00:00Z"),
        ] {
            assert_eq!(later, at(expected));
        }
        assert_eq!(noon.plus_minutes(2).seconds_since(noon), 120);
        assert_eq!(noon.seconds_since(noon.plus_minutes(2)), -120);
    }

    #[test]
    fn an_instant_is_kept_to_the_microsecond_and_written_as_it_is_read() {
        let fine = at("2026-03-01T12:00:00.123456789Z");
        assert_eq!(fine.to_string(), "2026-03-01T12:00:00.123456Z");
        assert_eq!(At::from_micros(fine.micros()), Some(fine));
        assert_eq!(At::from_micros(1_000_001).map(At::micros), Some(1_000_001));
        assert_eq!(fine.timestamp().as_microsecond(), fine.micros());
        assert_eq!(At::from_micros(i64::MAX), None);
        assert_eq!(At::parse("yesterday"), None);
    }

    #[test]
    fn an_evening_in_summer_is_the_next_day_in_london() {
        let late = at("2026-06-30T23:30:00Z");
        let day = jiff::civil::date(2026, 7, 1);
        assert_eq!((late.london_date(), late.london().hour()), (day, 0));
        assert_eq!(At::from_london(day.at(0, 30, 0, 0)), Some(late));
    }
}
