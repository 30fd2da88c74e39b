//! Numbers, money, dates, times and lengths of time, as people say them in each language.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};

use crate::text::{Text, Value};

/// A whole number with commas: `1,204,331`.
pub fn number(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        out.push('-');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Money from pence: `£1,234.50`, or `£20` when there are no odd pence.
pub fn money(pence: i64) -> String {
    let sign = if pence < 0 { "-" } else { "" };
    let whole = pence.unsigned_abs() / 100;
    let odd = pence.unsigned_abs() % 100;
    let whole = number(i64::try_from(whole).unwrap_or(i64::MAX));
    if odd == 0 {
        format!("{sign}£{whole}")
    } else {
        format!("{sign}£{whole}.{odd:02}")
    }
}

impl Text {
    /// `3 March 2026`, `3 Mawrth 2026`.
    pub fn date(self, date: Date) -> String {
        format!(
            "{} {} {}",
            date.day(),
            self.month(date.month()),
            date.year()
        )
    }

    /// `Tuesday 3 March 2026`, `Dydd Mawrth 3 Mawrth 2026`.
    pub fn long_date(self, date: Date) -> String {
        let weekday = date.weekday().to_monday_one_offset();
        format!(
            "{} {}",
            self.plain(&format!("weekday-{weekday}")),
            self.date(date)
        )
    }

    /// A time of day: `4:05pm`, `midday`, `midnight`.
    pub fn time(self, time: Time) -> String {
        match (time.hour(), time.minute()) {
            (0, 0) => self.plain("time-midnight"),
            (12, 0) => self.plain("time-midday"),
            (hour, minute) => {
                let half = if hour < 12 { "am" } else { "pm" };
                let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
                if minute == 0 {
                    format!("{twelve}{half}")
                } else {
                    format!("{twelve}:{minute:02}{half}")
                }
            }
        }
    }

    /// `3 March 2026 at 4:05pm`.
    pub fn date_time(self, at: DateTime) -> String {
        self.plain_with(
            "date-at-time",
            &[
                ("date", self.date(at.date()).into()),
                ("time", self.time(at.time()).into()),
            ],
        )
    }

    /// A length of time in its largest whole unit: minutes up to an hour, hours up to two days, then days. Rounded
    /// down, so a clock never promises more time than there is. Direction is ignored.
    pub fn duration(self, length: SignedDuration) -> String {
        match length.as_secs().unsigned_abs() / 60 {
            0 => self.plain("less-than-a-minute"),
            minutes @ 1..60 => self.count("minutes", minutes),
            minutes @ 60..2880 => self.count("hours", minutes / 60),
            minutes => self.count("days", minutes / 1440),
        }
    }

    /// How long until something is due (`due in 2 hours`), or how late it is (`overdue by 3 days`).
    pub fn due(self, until: SignedDuration) -> String {
        let minutes = until.as_secs() / 60;
        if minutes == 0 {
            return self.plain("due-now");
        }
        let key = if minutes > 0 { "due-in" } else { "overdue-by" };
        self.plain_with(key, &[("time", self.duration(until).into())])
    }

    /// How old a fact is: `3 minutes ago`, `just now`.
    pub fn ago(self, age: SignedDuration) -> String {
        if age.as_secs() < 60 {
            return self.plain("just-now");
        }
        self.plain_with("time-ago", &[("time", self.duration(age).into())])
    }

    /// The name of a month, 1 to 12.
    fn month(self, month: i8) -> String {
        self.plain(&format!("month-{month}"))
    }

    fn count(self, unit: &str, n: u64) -> String {
        let n = Value::Number(i64::try_from(n).unwrap_or(i64::MAX));
        self.plain_with(&format!("count-{unit}"), &[("count", n)])
    }

    /// Words joined as a list: `a, b and c`, `a, b ac c`.
    pub fn list(self, words: &[String]) -> String {
        match words.split_last() {
            None => String::new(),
            Some((last, [])) => last.clone(),
            Some((last, rest)) => self.plain_with(
                "list-and",
                &[
                    ("first", rest.join(", ").into()),
                    ("last", last.as_str().into()),
                ],
            ),
        }
    }

    /// A yes, a no, or "not known": missing is never no.
    pub fn yes_no(self, answer: Option<bool>) -> String {
        self.plain(match answer {
            Some(true) => "answer-yes",
            Some(false) => "answer-no",
            None => "answer-not-known",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;
    use jiff::civil::{date, time};

    const EN: Text = Text::new(Lang::En);
    const CY: Text = Text::new(Lang::Cy);

    #[test]
    fn dates_are_said_in_each_language() {
        assert_eq!(EN.date(date(2026, 3, 3)), "3 March 2026");
        assert_eq!(CY.date(date(2026, 3, 3)), "3 Mawrth 2026");
        assert_eq!(EN.long_date(date(2026, 3, 3)), "Tuesday 3 March 2026");
        assert_eq!(CY.long_date(date(2026, 3, 3)), "Dydd Mawrth 3 Mawrth 2026");
        let at = date(2026, 3, 3).to_datetime(time(16, 5, 0, 0));
        assert_eq!(EN.date_time(at), "3 March 2026 at 4:05pm");
        assert_eq!(EN.time(time(0, 0, 0, 0)), "midnight");
        assert_eq!(EN.time(time(0, 30, 0, 0)), "12:30am");
        assert_eq!(EN.time(time(12, 0, 0, 0)), "midday");
        assert_eq!(EN.time(time(15, 0, 0, 0)), "3pm");
    }

    #[test]
    fn a_clock_is_said_in_words_and_never_promises_more_time_than_there_is() {
        let minutes = SignedDuration::from_mins;
        assert_eq!(EN.due(minutes(179)), "due in 2 hours");
        assert_eq!(EN.due(minutes(60)), "due in 1 hour");
        assert_eq!(EN.due(minutes(59)), "due in 59 minutes");
        assert_eq!(EN.due(minutes(0)), "due now");
        assert_eq!(EN.due(minutes(-4 * 1440)), "overdue by 4 days");
        assert_eq!(EN.ago(minutes(3)), "3 minutes ago");
        assert_eq!(EN.ago(SignedDuration::from_secs(5)), "just now");
        assert_eq!(CY.due(minutes(179)), "i’w wneud o fewn 2 awr");
    }

    #[test]
    fn numbers_and_money_carry_their_commas() {
        assert_eq!(number(1_204_331), "1,204,331");
        assert_eq!(number(-999), "-999");
        assert_eq!(number(i64::MIN), "-9,223,372,036,854,775,808");
        assert_eq!(money(123_450), "£1,234.50");
        assert_eq!(money(2_000), "£20");
        assert_eq!(money(-5), "-£0.05");
    }

    #[test]
    fn missing_is_never_no() {
        assert_eq!(EN.yes_no(None), "Not known");
        assert_eq!(EN.yes_no(Some(false)), "No");
    }

    #[test]
    fn lists_are_joined_as_people_say_them() {
        let words =
            |list: &[&str]| EN.list(&list.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        assert_eq!(words(&[]), "");
        assert_eq!(words(&["a"]), "a");
        assert_eq!(words(&["a", "b", "c"]), "a, b and c");
    }
}
