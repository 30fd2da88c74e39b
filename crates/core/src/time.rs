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
