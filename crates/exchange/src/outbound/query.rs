//! What a client may ask of the lists: the union of the parameters of HSDS 3.0, the UK profile and Open Referral UK 1.

use jiff::civil::Time;
use throughline_core::directory::{Entry, Schedule, Weekday};
use throughline_core::geo::Postcode;
use throughline_core::time::At;
use uuid::Uuid;

use super::{Published, public_terms, taxonomy_id};
use crate::repair::when;

/// Most rows of one page.
const PER_PAGE_AT_MOST: u64 = 1_000;

/// Rows of a page when nothing is asked.
const PER_PAGE: u64 = 50;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListFormat {
    /// One JSON envelope a page.
    #[default]
    Json,
    /// Every row, one JSON object a line.
    Ndjson,
}

/// A parameter whose value cannot be used: answer 400. The text is for a person and never repeats the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{parameter} must be {expected}")]
pub struct BadQuery {
    /// The parameter.
    pub parameter: &'static str,
    /// What it must be.
    pub expected: &'static str,
}

/// What is asked. Filters add up: a service must pass each.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceQuery {
    /// Words to find.
    pub search: Option<String>,
    /// Page, the first being 1.
    pub page: u64,
    /// Rows a page, 1 to 1,000.
    pub per_page: u64,
    /// How the list is written.
    pub format: ListFormat,
    /// Any of these terms.
    pub taxonomy_term_ids: Vec<Uuid>,
    /// A term of any of these taxonomies.
    pub taxonomy_ids: Vec<Uuid>,
    /// Of this organisation.
    pub organization_id: Option<Uuid>,
    /// Changed at or after this.
    pub modified_after: Option<At>,
    /// Identifier and time of change only.
    pub minimal: bool,
    /// Everything nested.
    pub full: bool,
    /// For `/organizations`: with their services.
    pub full_service: bool,
    /// Serves someone of this age or older.
    pub minimum_age: Option<u8>,
    /// Serves someone of this age or younger.
    pub maximum_age: Option<u8>,
    /// Open on this day.
    pub day: Option<Weekday>,
    /// Open at or after this time of day.
    pub start_time: Option<Time>,
    /// Open until this time of day or before.
    pub end_time: Option<Time>,
    /// Near this postcode; alone: covering it.
    pub postcode: Option<Postcode>,
    /// Metres from the postcode's centre.
    pub proximity: Option<u32>,
    /// For `/taxonomy_terms`: those without a parent.
    pub top_only: bool,
    /// For `/taxonomy_terms`: below this term.
    pub parent_id: Option<Uuid>,
}

impl Default for ServiceQuery {
    fn default() -> Self {
        Self {
            search: None,
            page: 1,
            per_page: PER_PAGE,
            format: ListFormat::Json,
            taxonomy_term_ids: Vec::new(),
            taxonomy_ids: Vec::new(),
            organization_id: None,
            modified_after: None,
            minimal: false,
            full: false,
            full_service: false,
            minimum_age: None,
            maximum_age: None,
            day: None,
            start_time: None,
            end_time: None,
            postcode: None,
            proximity: None,
            top_only: false,
            parent_id: None,
        }
    }
}

impl ServiceQuery {
    /// Reads the parameters of a request. Empty values and names that are not known are passed over.
    ///
    /// # Errors
    /// [`BadQuery`] for the first value that cannot be used.
    pub fn parse<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, BadQuery> {
        let mut query = Self::default();
        for (name, value) in pairs {
            let value = value.trim();
            if !value.is_empty() {
                query.set(name, value)?;
            }
        }
        Ok(query)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), BadQuery> {
        match name {
            "search" | "text" => self.search = Some(value.chars().take(200).collect()),
            "page" => {
                self.page = within(
                    value,
                    1..=1_000_000,
                    "page",
                    "a whole number from 1 to 1000000",
                )?;
            }
            "per_page" => {
                self.per_page = within(
                    value,
                    1..=PER_PAGE_AT_MOST,
                    "per_page",
                    "a whole number from 1 to 1000",
                )?;
            }
            "format" => {
                self.format = match value {
                    "json" => ListFormat::Json,
                    "ndjson" => ListFormat::Ndjson,
                    _ => {
                        return Err(BadQuery {
                            parameter: "format",
                            expected: "json or ndjson",
                        });
                    }
                };
            }
            "taxonomy_term_id" | "taxonomy_term_id[]" => self
                .taxonomy_term_ids
                .extend(uuids(value, "taxonomy_term_id")?),
            "taxonomy_id" | "taxonomy_id[]" => {
                self.taxonomy_ids.extend(uuids(value, "taxonomy_id")?);
            }
            "organization_id" => {
                self.organization_id = uuids(value, "organization_id")?.first().copied();
            }
            "parent_id" => self.parent_id = uuids(value, "parent_id")?.first().copied(),
            "modified_after" => {
                let bad = BadQuery {
                    parameter: "modified_after",
                    expected: "a date or a date and time, like 2026-11-22T09:00:00Z",
                };
                self.modified_after = Some(when::instant(value).value.ok_or(bad)?);
            }
            "minimal" => self.minimal = truth(value, "minimal")?,
            "full" => self.full = truth(value, "full")?,
            "full_service" => self.full_service = truth(value, "full_service")?,
            "top_only" => self.top_only = truth(value, "top_only")?,
            "minimum_age" => self.minimum_age = Some(age(value, "minimum_age")?),
            "maximum_age" => self.maximum_age = Some(age(value, "maximum_age")?),
            "day" | "day[]" => {
                let bad = BadQuery {
                    parameter: "day",
                    expected: "a day of the week, like Monday or MO",
                };
                self.day = Some(when::weekdays(value).value.0.first().copied().ok_or(bad)?);
            }
            "start_time" | "start_time[]" => self.start_time = Some(time(value, "start_time")?),
            "end_time" | "end_time[]" => self.end_time = Some(time(value, "end_time")?),
            "postcode" | "coverage" => {
                self.postcode = Some(Postcode::parse(value).map_err(|_| BadQuery {
                    parameter: "postcode",
                    expected: "a postcode, like BS1 4ND",
                })?);
            }
            "proximity" => {
                let metres = within(
                    value,
                    1..=1_000_000,
                    "proximity",
                    "a number of metres from 1 to 1000000",
                )?;
                self.proximity = u32::try_from(metres).ok();
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether a service passes every filter but those of place, which need to know where postcodes are.
    pub fn matches(&self, published: &Published<'_>) -> bool {
        let entry = published.entry;
        let of_organisation =
            |id: Uuid| entry.organisation.is_some() && published.organisation_id == id;
        self.organization_id.is_none_or(of_organisation)
            && self
                .modified_after
                .is_none_or(|after| published.modified().is_some_and(|at| at >= after))
            && self.has_terms(entry)
            && self
                .minimum_age
                .is_none_or(|age| entry.eligibility.maximum_age.is_none_or(|most| most >= age))
            && self.maximum_age.is_none_or(|age| {
                entry
                    .eligibility
                    .minimum_age
                    .is_none_or(|least| least <= age)
            })
            && self.is_open(entry)
            && self
                .search
                .as_deref()
                .is_none_or(|words| has_words(entry, words))
    }

    fn has_terms(&self, entry: &Entry) -> bool {
        if self.taxonomy_term_ids.is_empty() && self.taxonomy_ids.is_empty() {
            return true;
        }
        let terms = public_terms(entry);
        let term = self.taxonomy_term_ids.is_empty()
            || terms
                .iter()
                .any(|term| self.taxonomy_term_ids.contains(&term.id()));
        let taxonomy = self.taxonomy_ids.is_empty()
            || terms
                .iter()
                .any(|term| self.taxonomy_ids.contains(&taxonomy_id(&term.taxonomy)));
        term && taxonomy
    }

    fn is_open(&self, entry: &Entry) -> bool {
        if self.day.is_none() && self.start_time.is_none() && self.end_time.is_none() {
            return true;
        }
        let hours = entry
            .schedules()
            .iter()
            .chain(entry.locations().iter().flat_map(|place| &place.schedules));
        let fits = |hours: &Schedule| {
            !hours.closed
                && self
                    .day
                    .is_none_or(|day| hours.weekdays.is_empty() || hours.weekdays.contains(&day))
                && self.start_time.is_none_or(|start| {
                    hours.closes.is_none_or(|closes| {
                        closes > start || hours.opens.is_some_and(|opens| closes <= opens)
                    })
                })
                && self
                    .end_time
                    .is_none_or(|end| hours.opens.is_none_or(|opens| opens < end))
        };
        hours.into_iter().any(fits)
    }
}

/// Whether every word asked for begins a word of the entry.
fn has_words(entry: &Entry, asked: &str) -> bool {
    let terms = entry.terms.iter().map(|term| term.name.as_str());
    let body = entry.organisation.as_ref().map(|body| body.name.as_str());
    let texts = [
        Some(entry.name.as_str()),
        entry.alternate_name.as_deref(),
        entry.description.as_deref(),
        body,
    ];
    let text: String = texts
        .into_iter()
        .flatten()
        .chain(terms)
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    let has = |word: &str| {
        text.split(|c: char| !c.is_alphanumeric())
            .any(|own| own.starts_with(word))
    };
    let asked = asked.to_lowercase();
    let mut words = asked
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .peekable();
    words.peek().is_some() && words.all(has)
}

fn within(
    value: &str,
    range: std::ops::RangeInclusive<u64>,
    parameter: &'static str,
    expected: &'static str,
) -> Result<u64, BadQuery> {
    value
        .parse()
        .ok()
        .filter(|number| range.contains(number))
        .ok_or(BadQuery {
            parameter,
            expected,
        })
}

fn uuids(value: &str, parameter: &'static str) -> Result<Vec<Uuid>, BadQuery> {
    value
        .split(',')
        .map(|one| {
            Uuid::parse_str(one.trim()).map_err(|_| BadQuery {
                parameter,
                expected: "a UUID",
            })
        })
        .collect()
}

fn truth(value: &str, parameter: &'static str) -> Result<bool, BadQuery> {
    match value {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(BadQuery {
            parameter,
            expected: "true or false",
        }),
    }
}

fn age(value: &str, parameter: &'static str) -> Result<u8, BadQuery> {
    let age = within(
        value,
        0..=200,
        parameter,
        "an age in whole years from 0 to 200",
    )?;
    u8::try_from(age).map_err(|_| BadQuery {
        parameter,
        expected: "an age in whole years from 0 to 200",
    })
}

fn time(value: &str, parameter: &'static str) -> Result<Time, BadQuery> {
    when::time(value).value.ok_or(BadQuery {
        parameter,
        expected: "a time of day, like 09:00",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use throughline_core::directory::{Organisation, Place, Provision, ServiceType, Term};
    use throughline_core::need::NeedType;

    fn entry() -> Entry {
        let mut entry = Entry::new("1", "Debt advice");
        entry.organisation = Some(Organisation {
            source_id: "o".into(),
            name: "Harbour".into(),
            description: None,
            website: None,
            email: None,
        });
        entry.needs = vec![NeedType::Debt];
        entry.terms = vec![Term {
            taxonomy: Some("t".into()),
            source_id: Some("7".into()),
            name: "Money".into(),
        }];
        entry.eligibility.minimum_age = Some(18);
        entry.eligibility.maximum_age = Some(25);
        entry.last_modified = At::parse("2026-01-02T00:00:00Z");
        let hours = Schedule {
            weekdays: vec![Weekday::Monday],
            opens: Time::new(9, 0, 0, 0).ok(),
            closes: Time::new(12, 0, 0, 0).ok(),
            ..Schedule::default()
        };
        entry.provision = Provision::new(
            vec![ServiceType::DebtAndMoneyAdvice],
            Place::Unknown {
                schedules: vec![hours],
            },
        )
        .unwrap();
        entry
    }

    fn passes(name: &str, value: &str) -> bool {
        let entry = entry();
        let published = Published {
            entry: &entry,
            id: Uuid::from_u128(1),
            organisation_id: Uuid::from_u128(2),
            changed_at: At::parse("2026-03-01T00:00:00Z"),
        };
        ServiceQuery::parse([(name, value)])
            .unwrap()
            .matches(&published)
    }

    #[test]
    fn every_filter_lets_through_what_fits_and_stops_what_does_not() {
        let term = public_terms(&entry()).first().unwrap().id().to_string();
        let need = public_terms(&entry()).get(1).unwrap().id().to_string();
        for (name, fits, fails) in [
            ("search", "debt har", "zebra"),
            ("text", "ADVICE", "!!!"),
            (
                "organization_id",
                "00000000-0000-0000-0000-000000000002",
                "00000000-0000-0000-0000-000000000003",
            ),
            ("modified_after", "2026-02-28", "2026-03-02T00:00:00Z"),
            (
                "taxonomy_term_id",
                term.as_str(),
                "00000000-0000-0000-0000-000000000003",
            ),
            (
                "taxonomy_term_id",
                need.as_str(),
                "00000000-0000-0000-0000-000000000003",
            ),
            (
                "taxonomy_id",
                &taxonomy_id("t").to_string(),
                &taxonomy_id("u").to_string(),
            ),
            ("minimum_age", "20", "30"),
            ("maximum_age", "20", "10"),
            ("day", "Monday", "TU"),
            ("start_time", "10:00", "13:00"),
            ("end_time", "10:00", "08:00"),
        ] {
            assert!(passes(name, fits), "{name}={fits}");
            assert!(!passes(name, fails), "{name}={fails}");
        }
    }

    #[test]
    fn a_value_that_cannot_be_used_is_said_plainly_and_not_repeated() {
        for (name, value) in [
            ("page", "0"),
            ("page", "-1"),
            ("page", "abc"),
            ("per_page", "0"),
            ("per_page", "1000000"),
            ("format", "xml"),
            ("organization_id", "x"),
            ("modified_after", "soon"),
            ("minimal", "maybe"),
            ("minimum_age", "-5"),
            ("day", "someday"),
            ("start_time", "dawn"),
            ("postcode", "notapostcode"),
            ("proximity", "far"),
        ] {
            let error = ServiceQuery::parse([(name, value)]).unwrap_err();
            assert_eq!(error.parameter, name);
            assert!(
                !error.to_string().contains(value) || value.len() < 3,
                "{error}"
            );
        }
    }

    #[test]
    fn empty_values_and_unknown_names_are_passed_over() {
        assert_eq!(
            ServiceQuery::parse([("page", ""), ("utm_source", "x")]),
            Ok(ServiceQuery::default())
        );
    }
}
