//! Housing costs for two homes, and why the day of a move matters (SPEC R-UC-07). It warns; it never says what to do.

use jiff::civil::Date;

use crate::answer::Answer;
use crate::calendar::add_months;
use crate::pack::{Pack, ThresholdId};

/// The day of the month on which the assessment periods of a claim begin: 1 to 31.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodDay(i8);

impl PeriodDay {
    /// `None` where no month has that day.
    pub fn new(day: i64) -> Option<Self> {
        i8::try_from(day)
            .ok()
            .filter(|day| (1..=31).contains(day))
            .map(Self)
    }

    /// The day in the month of a date on which a period begins: the last one where the month is too short.
    fn start_in_month_of(self, date: Date) -> Date {
        let last = date.last_of_month();
        let day = self.0.min(last.day());
        date.first_of_month()
            .checked_add(jiff::Span::new().days(i64::from(day) - 1))
            .unwrap_or(last)
    }

    /// The last day of the assessment period in which a date lies. Who lives where on that day counts for all of the period.
    pub fn period_end(self, on: Date) -> Date {
        let here = self.start_in_month_of(on);
        let next = if on < here {
            here
        } else {
            self.start_in_month_of(add_months(on.first_of_month(), 1))
        };
        next.yesterday().unwrap_or(next)
    }
}

/// What may hold for the costs of two homes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TwoHomes {
    /// Both may be paid, for a time: not after this day.
    BothUntil(Date),
    /// No rule pays for both. Where they live at the end of the assessment period decides.
    OneHome,
    /// Something is not known: it is asked first.
    Ask,
}

/// What may hold for somebody who left a home on a day: whether it was for fear of violence, and whether they mean to return. Nobody
/// has to have made up their mind: anything but a plain answer is asked again.
pub fn two_homes(pack: &Pack, left_on: Date, fear: Answer, to_return: Answer) -> TwoHomes {
    if fear.is_no() || to_return.is_no() {
        TwoHomes::OneHome
    } else if fear.is_yes() && to_return.is_yes() {
        let months = pack
            .threshold(ThresholdId::TwoHomesMonthsUpTo)
            .map_or(0, |months| months.value);
        let end = add_months(left_on, u16::try_from(months).unwrap_or(u16::MAX));
        TwoHomes::BothUntil(end.yesterday().unwrap_or(end))
    } else {
        TwoHomes::Ask
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code as _;
    use crate::nation::Nation;
    use crate::pack::Packs;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn end(day: i64, on: Date) -> Date {
        PeriodDay::new(day).unwrap().period_end(on)
    }

    #[test]
    fn a_period_ends_the_day_before_the_next_begins() {
        assert_eq!(end(10, date(2026, 3, 9)), date(2026, 3, 9));
        assert_eq!(end(10, date(2026, 3, 10)), date(2026, 4, 9));
        assert_eq!(end(1, date(2026, 12, 1)), date(2026, 12, 31));
        assert_eq!(end(10, date(2026, 12, 20)), date(2027, 1, 9));
    }

    #[test]
    fn in_a_short_month_a_period_begins_on_its_last_day() {
        assert_eq!(end(31, date(2026, 2, 27)), date(2026, 2, 27));
        assert_eq!(end(31, date(2026, 2, 28)), date(2026, 3, 30));
        assert_eq!(end(30, date(2028, 2, 28)), date(2028, 2, 28));
        assert_eq!(end(30, date(2028, 2, 29)), date(2028, 3, 29));
    }

    #[test]
    fn no_month_has_day_nought_or_thirty_two() {
        assert_eq!(PeriodDay::new(0), None);
        assert_eq!(PeriodDay::new(32), None);
        assert_eq!(PeriodDay::new(1_000), None);
        assert!(PeriodDay::new(31).is_some());
    }

    #[test]
    fn both_homes_need_two_plain_yeses_and_a_no_is_never_guessed() {
        let packs = Packs::embedded().unwrap();
        let left = date(2027, 3, 1);
        let pack = packs.in_force(Nation::England, left).unwrap();
        for fear in Answer::ALL.iter().copied() {
            for to_return in Answer::ALL.iter().copied() {
                let expected = if fear.is_no() || to_return.is_no() {
                    TwoHomes::OneHome
                } else if fear.is_yes() && to_return.is_yes() {
                    TwoHomes::BothUntil(date(2028, 2, 29))
                } else {
                    TwoHomes::Ask
                };
                let found = two_homes(pack, left, fear, to_return);
                assert_eq!(found, expected, "{fear}, {to_return}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_day_lies_in_one_period_and_periods_follow_each_other(day in 1_i64..=31, n in 0_i64..2_000) {
            let on = date(2024, 1, 1).checked_add(jiff::Span::new().days(n)).unwrap();
            let period = PeriodDay::new(day).unwrap();
            let last = period.period_end(on);
            prop_assert!(on <= last);
            prop_assert!(on.until(last).unwrap().get_days() <= 30);
            prop_assert_eq!(period.period_end(last), last);
            let next = period.period_end(last.tomorrow().unwrap());
            let length = last.until(next).unwrap().get_days();
            prop_assert!((28..=31).contains(&length), "{} days", length);
        }
    }
}
