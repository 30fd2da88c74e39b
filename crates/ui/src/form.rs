//! Forms on the way in: what was sent, what it means, and what to say when it is not right.
//!
//! One value carries a form through its life: `Form::empty()` for a new page, `Form::from_pairs` for a saved draft,
//! `Form::parse` for what was posted. Getters collect errors; components take their values and errors back from it, so
//! nothing a person typed is lost when something is wrong.

use jiff::civil::{Date, Time};

use crate::errors::{ErrorItem, ErrorSummary};
use crate::fields::ErrorMessage;
use crate::text::{Text, Value};

/// The most a form may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole body.
    pub bytes: usize,
    /// Number of name and value pairs.
    pub pairs: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 * 1024,
            pairs: 1_000,
        }
    }
}

/// Why a body could not be read as a form. Each has a sentence: [`FormProblem::key`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormProblem {
    /// Larger than the limits.
    #[error("the form is larger than this service accepts")]
    TooBig,
    /// Not URL-encoded UTF-8.
    #[error("the form is not URL-encoded UTF-8")]
    Unreadable,
}

impl FormProblem {
    /// The key of the sentence that tells a person.
    pub const fn key(self) -> &'static str {
        match self {
            Self::TooBig => "error-form-too-big",
            Self::Unreadable => "error-form-unreadable",
        }
    }
}

/// One thing to put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The name of the field.
    pub field: String,
    /// The id the error summary links to; the field's own name except for dates, where it is the part in question.
    pub target: String,
    /// The key of the sentence.
    pub key: String,
    /// Values in the sentence.
    pub values: Vec<(&'static str, Value)>,
}

/// What a form holds, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
    from_draft: bool,
}

impl Form {
    /// Nothing filled in.
    pub const fn empty() -> Self {
        Self {
            pairs: Vec::new(),
            errors: Vec::new(),
            from_draft: false,
        }
    }

    /// Filled in from a draft or a record.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self {
            pairs: pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            errors: Vec::new(),
            from_draft: false,
        }
    }

    /// From a posted body (or a query string), with the usual limits.
    pub fn parse(body: &[u8]) -> Result<Self, FormProblem> {
        Self::parse_within(body, Limits::default())
    }

    /// From a posted body, with given limits.
    pub fn parse_within(body: &[u8], limits: Limits) -> Result<Self, FormProblem> {
        if body.len() > limits.bytes {
            return Err(FormProblem::TooBig);
        }
        let mut pairs = Vec::new();
        for piece in body.split(|b| *b == b'&').filter(|piece| !piece.is_empty()) {
            if pairs.len() == limits.pairs {
                return Err(FormProblem::TooBig);
            }
            let cut = piece.iter().position(|b| *b == b'=').unwrap_or(piece.len());
            let (name, rest) = piece.split_at_checked(cut).unwrap_or((piece, &[]));
            let value = rest.strip_prefix(b"=").unwrap_or(rest);
            pairs.push((decode(name)?, decode(value)?));
        }
        Ok(Self {
            pairs,
            errors: Vec::new(),
            from_draft: false,
        })
    }

    /// Everything that was sent, in order.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// The first value of a field as it was typed; empty when it was not sent. For showing again.
    pub fn value(&self, name: &str) -> &str {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value)
    }

    /// Every value of a field, for checkboxes.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.pairs
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// Was this field sent at all?
    pub fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known == name)
    }

    /// Puts a value in, in place of any the field had.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.pairs.retain(|(known, _)| known != name);
        self.pairs.push((name.to_owned(), value.into()));
    }

    /// Puts what was typed and never sent in place of what stands in the fields of these names.
    pub fn fill_from_draft(
        &mut self,
        names: &[&str],
        typed: impl IntoIterator<Item = (String, String)>,
    ) {
        self.pairs
            .retain(|(known, _)| !names.contains(&known.as_str()));
        self.pairs.extend(
            typed
                .into_iter()
                .filter(|(name, _)| names.contains(&name.as_str())),
        );
        self.from_draft = true;
    }

    /// Whether any of it was typed before and never sent: the page says so.
    pub const fn is_from_draft(&self) -> bool {
        self.from_draft
    }

    /// Text that need not be there: trimmed, line endings made plain, `None` when empty.
    pub fn optional(&self, name: &str) -> Option<String> {
        let value = self.value(name).replace("\r\n", "\n");
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Text that need not be there but may not be longer than `max` characters.
    pub fn optional_within(&mut self, name: &str, max: usize) -> Option<String> {
        let value = self.optional(name)?;
        if value.chars().count() > max {
            self.wrong_with(name, "error-too-long", vec![("max", max.into())]);
            return None;
        }
        Some(value)
    }

    /// Text that must be there; `key` is the sentence when it is not.
    pub fn required(&mut self, name: &str, key: &str) -> Option<String> {
        let value = self.optional(name);
        if value.is_none() {
            self.wrong(name, key);
        }
        value
    }

    /// Text that must be there, of at most `max` characters.
    pub fn required_within(&mut self, name: &str, key: &str, max: usize) -> Option<String> {
        self.required(name, key)?;
        self.optional_within(name, max)
    }

    /// Anything that has its own parser: `None` from it is the error `key`. An empty field is `None` and no error.
    pub fn parsed<T>(
        &mut self,
        name: &str,
        key: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.optional(name)?;
        let parsed = parse(&value);
        if parsed.is_none() {
            self.wrong(name, key);
        }
        parsed
    }

    /// A whole number within bounds; commas and spaces are forgiven. Empty is `None` and no error.
    pub fn number(&mut self, name: &str, min: i64, max: i64) -> Option<i64> {
        let value = self.optional(name)?.replace([',', ' '], "");
        match value.parse::<i64>() {
            Ok(n) if (min..=max).contains(&n) => Some(n),
            Ok(_) => {
                let bounds = vec![("min", min.into()), ("max", max.into())];
                self.wrong_with(name, "error-number-range", bounds);
                None
            }
            Err(_) => {
                self.wrong(name, "error-number");
                None
            }
        }
    }

    /// One of the answers on offer. Anything else sent is an error; nothing sent is `None` and no error.
    pub fn choice(&mut self, name: &str, allowed: &[&str]) -> Option<String> {
        let value = self.optional(name)?;
        if allowed.contains(&value.as_str()) {
            return Some(value);
        }
        self.wrong(name, "error-not-in-list");
        None
    }

    /// One of the answers on offer, which must be given; `key` is the sentence when it is not.
    pub fn required_choice(&mut self, name: &str, allowed: &[&str], key: &str) -> Option<String> {
        if self.optional(name).is_none() {
            self.wrong(name, key);
            return None;
        }
        self.choice(name, allowed)
    }

    /// All the answers ticked, in the order of `allowed`, each once. Anything not on offer is an error.
    pub fn choices(&mut self, name: &str, allowed: &[&str]) -> Vec<String> {
        let ticked = self.values(name);
        let unknown = ticked.iter().any(|v| !v.is_empty() && !allowed.contains(v));
        let chosen = allowed
            .iter()
            .filter(|option| ticked.contains(option))
            .map(|option| (*option).to_owned())
            .collect();
        if unknown {
            self.wrong(name, "error-not-in-list");
        }
        chosen
    }

    /// A yes or a no (`yes`, `no`); "not known" and nothing at all are both `None`: missing is never no.
    pub fn yes_no(&mut self, name: &str) -> Option<bool> {
        match self.choice(name, &["yes", "no", "not-known"])?.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }
    }

    /// A single box: ticked or not.
    pub fn ticked(&self, name: &str) -> bool {
        !self.value(name).is_empty()
    }

    /// A date in three parts, `name-day`, `name-month`, `name-year`. All empty is `None` and no error; a month may be a
    /// number or its English or Welsh name.
    pub fn date(&mut self, name: &str) -> Option<Date> {
        let part = |form: &Self, part: &str| form.optional(&format!("{name}-{part}"));
        let (day, month, year) = (part(self, "day"), part(self, "month"), part(self, "year"));
        if day.is_none() && month.is_none() && year.is_none() {
            return None;
        }
        let missing = [("day", &day), ("month", &month), ("year", &year)]
            .into_iter()
            .find(|(_, value)| value.is_none());
        if let Some((part, _)) = missing {
            self.wrong_at(name, format!("{name}-{part}"), "error-date-missing");
            return None;
        }
        let date = (|| {
            let year = year?
                .parse::<i16>()
                .ok()
                .filter(|y| (1900..=2200).contains(y))?;
            Date::new(year, month_number(&month?)?, day?.parse().ok()?).ok()
        })();
        if date.is_none() {
            self.wrong_at(name, format!("{name}-day"), "error-date");
        }
        date
    }

    /// A time of day: `15:30`, `3.30pm`, `3pm`, `midday`. Empty is `None` and no error.
    pub fn time(&mut self, name: &str) -> Option<Time> {
        self.parsed(name, "error-time", read_time)
    }

    /// Records that a field is wrong, under the sentence `key`.
    pub fn wrong(&mut self, name: &str, key: &str) {
        self.wrong_with(name, key, Vec::new());
    }

    /// Records that a field is wrong, with values in the sentence.
    pub fn wrong_with(&mut self, name: &str, key: &str, values: Vec<(&'static str, Value)>) {
        self.errors.push(FieldError {
            field: name.to_owned(),
            target: name.to_owned(),
            key: key.to_owned(),
            values,
        });
    }

    fn wrong_at(&mut self, name: &str, target: String, key: &str) {
        self.errors.push(FieldError {
            field: name.to_owned(),
            target,
            key: key.to_owned(),
            values: Vec::new(),
        });
    }

    /// Is anything wrong?
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// What is wrong, in the order found.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// The message to show at a field, if something is wrong with it: the first thing found.
    pub fn error(&self, text: Text, name: &str) -> Option<ErrorMessage> {
        self.errors
            .iter()
            .find(|error| error.field == name)
            .map(|error| ErrorMessage::new(text.lang(), text.t_with(&error.key, &error.values)))
    }

    /// The summary at the top of the page; `None` when nothing is wrong.
    pub fn summary(&self, text: Text) -> Option<ErrorSummary> {
        if self.errors.is_empty() {
            return None;
        }
        Some(
            ErrorSummary::new(text.lang()).items(self.errors.iter().map(|error| {
                ErrorItem::to(
                    text.t_with(&error.key, &error.values),
                    format!("#{}", error.target),
                )
            })),
        )
    }
}

/// The number of a month written as a number or a name in either language; names may be cut short to three letters or
/// more.
fn month_number(written: &str) -> Option<i8> {
    if let Ok(n) = written.parse::<i8>() {
        return (1..=12).contains(&n).then_some(n);
    }
    let written = written.to_lowercase();
    if written.chars().count() < 3 {
        return None;
    }
    crate::text::Lang::ALL.into_iter().find_map(|lang| {
        (1..=12).find(|n| {
            Text::new(lang)
                .plain(&format!("month-{n}"))
                .to_lowercase()
                .starts_with(&written)
        })
    })
}

/// A time as people write it.
fn read_time(written: &str) -> Option<Time> {
    let written = written.to_lowercase().replace(' ', "").replace('.', ":");
    match written.as_str() {
        "midday" | "noon" => return Time::new(12, 0, 0, 0).ok(),
        "midnight" => return Time::new(0, 0, 0, 0).ok(),
        _ => {}
    }
    let (digits, afternoon) = if let Some(digits) = written.strip_suffix("pm") {
        (digits, Some(true))
    } else if let Some(digits) = written.strip_suffix("am") {
        (digits, Some(false))
    } else {
        (written.as_str(), None)
    };
    let (hour, minute) = match digits.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => {
            (hour.parse::<i8>().ok()?, minute.parse::<i8>().ok()?)
        }
        // "9" alone could be morning or night: ask.
        None if afternoon.is_some() => (digits.parse::<i8>().ok()?, 0),
        _ => return None,
    };
    let hour = match afternoon {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(false) => hour % 12,
        Some(true) => hour % 12 + 12,
    };
    Time::new(hour, minute, 0, 0).ok()
}

/// `+` is a space, `%41` is a byte; the whole must be UTF-8 without a NUL (which no database takes).
fn decode(raw: &[u8]) -> Result<String, FormProblem> {
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let (Some(high), Some(low)) = (hex(bytes.next()), hex(bytes.next())) else {
                    return Err(FormProblem::Unreadable);
                };
                out.push(high * 16 + low);
            }
            _ => out.push(byte),
        }
    }
    if out.contains(&0) {
        return Err(FormProblem::Unreadable);
    }
    String::from_utf8(out).map_err(|_| FormProblem::Unreadable)
}

fn hex(digit: Option<u8>) -> Option<u8> {
    char::from(digit?)
        .to_digit(16)
        .and_then(|n| u8::try_from(n).ok())
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
