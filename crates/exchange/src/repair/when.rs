//! Dates, instants, times of day and days of the week.

use jiff::civil::{Date, DateTime, Time};
use throughline_core::directory::Weekday;
use throughline_core::time::At;

use super::{Mend, Mended};

const DATE: Mend = Mend {
    problem: "date in another spelling",
    did: "read as day, month, year",
};
const NOT_A_DATE: Mend = Mend {
    problem: "not a date",
    did: "left out",
};
const NO_ZONE: Mend = Mend {
    problem: "time without a time zone",
    did: "read as United Kingdom time",
};
const TIME: Mend = Mend {
    problem: "time in another spelling",
    did: "read as a time of day",
};
const NOT_A_TIME: Mend = Mend {
    problem: "not a time of day",
    did: "kept as words",
};
const NOT_A_DAY: Mend = Mend {
    problem: "not a day of the week",
    did: "kept as words",
};

/// A calendar date: ISO, ISO with a time, or day/month/year.
pub(crate) fn date(raw: &str) -> Mended<Option<Date>> {
    let text = raw.trim();
    if let Some(date) = iso_date(text) {
        return Mended::sound(Some(date));
    }
    let with_time = text.get(..10).and_then(iso_date).filter(|_| {
        text.get(10..11)
            .is_some_and(|next| matches!(next, "T" | " "))
    });
    let by_day = || {
        let mut parts = text
            .split(['/', '-', '.'])
            .map(|part| part.trim().parse::<i16>().ok());
        let (day, month, year) = (parts.next()??, parts.next()??, parts.next()??);
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
            .ok()
            .filter(|date| sensible(*date))
    };
    with_time.or_else(by_day).map_or_else(
        || Mended::after(None, NOT_A_DATE),
        |date| Mended::after(Some(date), DATE),
    )
}

fn iso_date(text: &str) -> Option<Date> {
    (text.len() == 10)
        .then(|| text.parse().ok())
        .flatten()
        .filter(|date| sensible(*date))
}

fn sensible(date: Date) -> bool {
    (1900..=2100).contains(&date.year())
}

/// An instant; without a zone, United Kingdom time; a bare date is its midnight.
pub(crate) fn instant(raw: &str) -> Mended<Option<At>> {
    let text = raw.trim();
    if let Some(at) = At::parse(text) {
        return Mended::sound(Some(at));
    }
    let civil: Option<DateTime> = text.parse().ok().or_else(|| {
        date(text)
            .value
            .map(|date| date.to_datetime(Time::midnight()))
    });
    match civil
        .filter(|at| sensible(at.date()))
        .and_then(At::from_london)
    {
        Some(at) => Mended::after(Some(at), NO_ZONE),
        None => Mended::after(None, NOT_A_DATE),
    }
}

/// A time of day: `09:00`, `09:00:00`, `9am`, `8:30 p.m.`, with or without a zone after it.
pub(crate) fn time(raw: &str) -> Mended<Option<Time>> {
    let text = raw.trim().trim_end_matches(['Z', 'z']);
    let text = text.split_once(['+']).map_or(text, |(before, _)| before);
    if let Some(time) = clock(text).filter(|_| text.len() >= 5) {
        return Mended::sound(Some(time));
    }
    let lower: String = text
        .to_lowercase()
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '.')
        .collect();
    let read = if let Some(bare) = lower.strip_suffix("am").or_else(|| lower.strip_suffix('a')) {
        twelve(bare, false)
    } else if let Some(bare) = lower.strip_suffix("pm").or_else(|| lower.strip_suffix('p')) {
        twelve(bare, true)
    } else if matches!(lower.as_str(), "noon" | "midday") {
        Time::new(12, 0, 0, 0).ok()
    } else if matches!(lower.as_str(), "midnight" | "24:00" | "24:00:00") {
        Some(Time::midnight())
    } else {
        clock(&lower)
    };
    read.map_or_else(
        || Mended::after(None, NOT_A_TIME),
        |time| Mended::after(Some(time), TIME),
    )
}

/// `9:05`, `09:05`, `09:05:00` on a clock of 24 hours.
fn clock(text: &str) -> Option<Time> {
    let mut parts = text.split(':');
    let hour: i8 = whole(parts.next()?)?;
    let minute: i8 = whole(parts.next()?)?;
    let second: i8 = parts
        .next()
        .map_or(Some(0), |s| whole(s.split('.').next().unwrap_or_default()))?;
    parts
        .next()
        .is_none()
        .then(|| Time::new(hour, minute, second, 0).ok())
        .flatten()
}

/// `9`, `9:05` on a clock of 12 hours.
fn twelve(text: &str, afternoon: bool) -> Option<Time> {
    let (hour, minute) = text.split_once(':').unwrap_or((text, "0"));
    let hour: i8 = whole(hour).filter(|hour| (1..=12).contains(hour))?;
    let hour = hour % 12 + if afternoon { 12 } else { 0 };
    Time::new(hour, whole(minute)?, 0, 0).ok()
}

fn whole(text: &str) -> Option<i8> {
    (!text.is_empty() && text.len() <= 2 && text.chars().all(|c| c.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// Days of the week, and which of them in a month: `Monday`, `mon`, `MO,WE`, `1MO`, `-1FR`, `1` (Monday).
pub(crate) fn weekdays(raw: &str) -> Mended<(Vec<Weekday>, Option<i8>)> {
    let mut days = Vec::new();
    let mut week = None;
    for part in raw
        .split([',', ';', '|', ' '])
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let split = part.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
        let (ordinal, name) = part.split_at(split);
        match weekday(name) {
            Some(day) => {
                week = ordinal
                    .trim_start_matches('+')
                    .parse::<i8>()
                    .ok()
                    .filter(|n| (1..=5).contains(&n.abs()))
                    .or(week);
                days.push(day);
            }
            None => return Mended::after((Vec::new(), None), NOT_A_DAY),
        }
    }
    days.sort_unstable();
    days.dedup();
    Mended::sound((days, week))
}

fn weekday(name: &str) -> Option<Weekday> {
    let lower = name.to_lowercase();
    let day = match lower.get(..2).unwrap_or(&lower) {
        "mo" | "1" => Weekday::Monday,
        "tu" | "2" => Weekday::Tuesday,
        "we" | "3" => Weekday::Wednesday,
        "th" | "4" => Weekday::Thursday,
        "fr" | "5" => Weekday::Friday,
        "sa" | "6" => Weekday::Saturday,
        "su" | "7" => Weekday::Sunday,
        _ => return None,
    };
    let full = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let whole = full
        .iter()
        .any(|full| full.starts_with(&lower) || lower.strip_suffix('s') == Some(full))
        || lower.len() == 1;
    whole.then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_the_spellings_people_use() {
        for (raw, iso) in [
            ("2021-01-06", "2021-01-06"),
            ("06/01/2021", "2021-01-06"),
            ("2021-01-06T10:00:00Z", "2021-01-06"),
            ("6.1.2021", "2021-01-06"),
        ] {
            assert_eq!(date(raw).value.unwrap().to_string(), iso, "{raw}");
        }
        for bad in [
            "",
            "soon",
            "2021-13-01",
            "31/02/2021",
            "0001-01-01",
            "13/13/2020",
        ] {
            assert_eq!(date(bad).value, None, "{bad}");
        }
    }

    #[test]
    fn an_instant_without_a_zone_is_united_kingdom_time() {
        assert_eq!(
            instant("2025-07-02T12:06:15.654").value,
            At::parse("2025-07-02T11:06:15.654Z")
        );
        assert_eq!(
            instant("2025-07-02T12:06:15Z"),
            Mended::sound(At::parse("2025-07-02T12:06:15Z"))
        );
        assert_eq!(instant("never").value, None);
    }

    #[test]
    fn times_of_day_in_the_spellings_people_use() {
        for (raw, plain) in [
            ("09:00", "09:00:00"),
            ("09:00:00Z", "09:00:00"),
            ("9:00am", "09:00:00"),
            ("8:30 p.m.", "20:30:00"),
            ("12am", "00:00:00"),
            ("12:15pm", "12:15:00"),
            ("24:00", "00:00:00"),
            ("9:05", "09:05:00"),
            ("17:00:00+01:00", "17:00:00"),
            ("noon", "12:00:00"),
        ] {
            assert_eq!(
                time(raw).value.map(|t| t.to_string()).as_deref(),
                Some(plain),
                "{raw}"
            );
        }
        for bad in ["", "dawn", "25:00", "13pm", "9:99am", "4:30pm Mon", ":"] {
            assert_eq!(time(bad).value, None, "{bad}");
        }
    }

    #[test]
    fn days_of_the_week_in_words_codes_and_numbers() {
        assert_eq!(weekdays("Monday").value, (vec![Weekday::Monday], None));
        assert_eq!(
            weekdays("FR,MO").value,
            (vec![Weekday::Monday, Weekday::Friday], None)
        );
        assert_eq!(weekdays("-1FR").value, (vec![Weekday::Friday], Some(-1)));
        assert_eq!(weekdays("3").value, (vec![Weekday::Wednesday], None));
        assert_eq!(weekdays("Mondays").value.0, vec![Weekday::Monday]);
        assert_eq!(weekdays("mood").mends, vec![NOT_A_DAY]);
    }
}
