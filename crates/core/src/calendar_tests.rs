//! Tests of the calendar, against golden dates and a naive count.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

const fn span(value: u16, unit: Unit, inclusive: bool) -> Span {
    Span {
        value,
        unit,
        inclusive,
    }
}

fn england() -> WorkingDays {
    WorkingDays::new(
        [
            date(2025, 12, 25),
            date(2025, 12, 26),
            date(2026, 1, 1),
            date(2026, 4, 3),
            date(2026, 4, 6),
        ],
        date(2026, 12, 31),
    )
}

#[test]
fn thirteen_weeks_from_notification_end_on_the_ninety_first_day() {
    let weeks = span(13, Unit::Weeks, true);
    assert_eq!(
        end_date(date(2026, 3, 2), weeks, &england()),
        date(2026, 5, 31)
    );
    assert_eq!(
        end_date(date(2026, 1, 31), weeks, &england()),
        date(2026, 5, 1)
    );
    assert_eq!(
        end_date(date(2026, 3, 2), span(26, Unit::Weeks, true), &england()),
        date(2026, 8, 30)
    );
}

#[test]
fn a_month_is_the_corresponding_date_or_the_last_of_a_shorter_month() {
    let month = span(1, Unit::Months, false);
    assert_eq!(
        end_date(date(2026, 3, 2), month, &england()),
        date(2026, 4, 2)
    );
    assert_eq!(
        end_date(date(2026, 1, 31), month, &england()),
        date(2026, 2, 28)
    );
    assert_eq!(
        end_date(date(2028, 1, 31), month, &england()),
        date(2028, 2, 29)
    );
}

#[test]
fn working_days_step_over_christmas_and_easter() {
    assert_eq!(
        england().add(date(2025, 12, 24), 2),
        date(2025, 12, 30),
        "24th, then 29th and 30th"
    );
    assert_eq!(
        england().add(date(2026, 4, 2), 1),
        date(2026, 4, 7),
        "Good Friday to Easter Monday are out"
    );
    assert_eq!(
        england().add(date(2026, 4, 4), 0),
        date(2026, 4, 7),
        "nothing falls due on a holiday"
    );
}

#[test]
fn a_day_keeps_the_time_on_the_clock_when_summer_begins() {
    let before = At::parse("2026-03-28T17:00:00Z").unwrap();
    assert_eq!(
        due(before, span(1, Unit::Days, false), &england()),
        At::parse("2026-03-29T16:00:00Z").unwrap()
    );
    assert_eq!(
        due(before, span(24, Unit::Hours, false), &england()),
        At::parse("2026-03-29T17:00:00Z").unwrap()
    );
}

#[test]
fn an_inclusive_span_runs_to_the_end_of_its_last_day() {
    let from = At::parse("2026-03-02T09:00:00Z").unwrap();
    assert_eq!(
        due(from, span(13, Unit::Weeks, true), &england()),
        At::parse("2026-05-31T23:00:00Z").unwrap(),
        "midnight in summer time"
    );
}

#[test]
fn an_inclusive_count_of_working_days_starts_on_the_first_working_day() {
    assert_eq!(
        end_date(
            date(2026, 1, 9),
            span(1, Unit::WorkingDays, true),
            &england()
        ),
        date(2026, 1, 9),
        "a Friday is day one"
    );
    assert_eq!(
        end_date(
            date(2026, 1, 10),
            span(2, Unit::WorkingDays, true),
            &england()
        ),
        date(2026, 1, 13),
        "a Saturday is not"
    );
}

#[test]
fn the_end_of_the_calendar_is_not_a_crash() {
    assert_eq!(england().add(Date::MAX, 5), Date::MAX);
    assert_eq!(add_months(Date::MAX, 3), Date::MAX);
    assert_eq!(
        end_date(Date::MAX, span(9, Unit::Days, false), &england()),
        Date::MAX
    );
}

#[test]
fn no_time_at_all_ends_on_the_day_it_begins_or_on_the_next_working_day() {
    let (friday, saturday, monday) = (date(2026, 1, 9), date(2026, 1, 10), date(2026, 1, 12));
    for inclusive in [true, false] {
        for unit in [Unit::Days, Unit::Weeks, Unit::Months] {
            assert_eq!(
                end_date(saturday, span(0, unit, inclusive), &england()),
                saturday
            );
        }
        let working = span(0, Unit::WorkingDays, inclusive);
        assert_eq!(end_date(saturday, working, &england()), monday);
        assert_eq!(end_date(friday, working, &england()), friday);
    }
    let ten = |day: Date| At::from_london(day.at(10, 0, 0, 0)).unwrap();
    let working = span(0, Unit::WorkingDays, false);
    assert_eq!(due(ten(saturday), working, &england()), ten(monday));
    assert_eq!(england().between(monday, friday), 0);
    assert_eq!(england().horizon(), Some(date(2026, 12, 31)));
    assert_eq!(WorkingDays::default().horizon(), None);
}

fn any_date() -> impl Strategy<Value = Date> {
    (2025_i16..2028, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| date(y, m, d))
}

fn any_span() -> impl Strategy<Value = Span> {
    (1_u16..200, 0..6_usize, any::<bool>()).prop_map(|(value, unit, inclusive)| {
        let units = [
            Unit::Minutes,
            Unit::Hours,
            Unit::Days,
            Unit::WorkingDays,
            Unit::Weeks,
            Unit::Months,
        ];
        Span {
            value,
            unit: units[unit],
            inclusive,
        }
    })
}

#[test]
fn a_working_day_that_begins_on_a_holiday_is_the_whole_of_the_next_working_day() {
    let one = Span {
        value: 1,
        unit: Unit::WorkingDays,
        inclusive: false,
    };
    let at = |day: Date, hour: i8| At::from_london(day.at(hour, 0, 0, 0)).unwrap();
    // The Thursday before Easter 2026, and the Saturday after it: both run out on the Tuesday.
    let thursday = due(at(date(2026, 4, 2), 17), one, &england());
    let saturday = due(at(date(2026, 4, 4), 0), one, &england());
    assert_eq!(thursday, at(date(2026, 4, 7), 17));
    assert_eq!(saturday, at(date(2026, 4, 8), 0));
}

proptest! {
    #[test]
    fn working_days_agree_with_counting_one_day_at_a_time(from in any_date(), count in 1_u16..60) {
        let working = england();
        let end = working.add(from, count);
        prop_assert!(working.is_working(end));
        prop_assert_eq!(working.between(from, end), u32::from(count));
        // The naive count: walk from the start and tick working days off.
        let mut seen = 0;
        let mut day = from;
        while seen < count {
            day = day.tomorrow().unwrap();
            if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !england().holidays.contains(&day) {
                seen += 1;
            }
        }
        prop_assert_eq!(end, day);
    }

    #[test]
    fn a_clock_that_starts_later_never_ends_earlier(micros in 1_750_000_000_000_000_i64..1_830_000_000_000_000, later in 0_i64..10_000_000, span in any_span()) {
        let from = At::from_micros(micros).unwrap();
        let then = from.plus_seconds(later);
        let hour = if span.unit == Unit::Minutes || span.unit == Unit::Hours { 0 } else { 3_600 };
        // Where the clocks change, one London hour happens twice or not at all: up to an hour of slack.
        prop_assert!(due(then, span, &england()).seconds_since(due(from, span, &england())) >= -hour);
    }

    #[test]
    fn a_longer_clock_never_ends_earlier_and_never_before_it_starts(micros in 1_750_000_000_000_000_i64..1_830_000_000_000_000, span in any_span()) {
        let from = At::from_micros(micros).unwrap();
        let longer = Span { value: span.value + 1, ..span };
        prop_assert!(due(from, longer, &england()) >= due(from, span, &england()));
        prop_assert!(due(from, span, &england()) >= from);
    }
}
