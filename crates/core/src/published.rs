//! The one way by which a count of people becomes publishable (SPEC NE-15; ASSURANCE section 7: the 10-5 rule, noughts hidden too).
//!
//! What keeps a number from being worked out is not the rounding alone but what is never published beside it:
//! - each number counts people, not requests: ten requests of one person are one;
//! - a quarter of a year is published once it is settled, one whole quarter after it ended, and counts nothing from later: who asks
//!   every day is told the same every day;
//! - one fixed cut, by need. No totals: four numbers of 13 are each shown as 15 and their total of 52 as 50, which gives all five
//!   away exactly;
//! - the steps of one cut lie one inside the other, and all are rounded into the same bins, so that no step narrows another.
//!
//! So whatever is known of all releases together, each number could be any of its bin: ten values when hidden, three or more
//! when shown.
//!
//! A release must be kept as it was first published: a person erased afterwards must not alter it.
//!
//! Nothing else can make a [`Published`]:
//!
//! ```compile_fail,E0451
//! use throughline_core::published::Published;
//! let exact = Published { about: Some(3) };
//! ```

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::code::Code as _;
use crate::funnel::{RequestFacts, Step};
use crate::id::{self, Id};
use crate::time::At;

/// Below so many nothing is shown (ONS 10-5).
const SHOWN_FROM: u64 = 10;
/// What is shown is rounded to the nearest so many (ONS 10-5).
const ROUNDED_TO: u64 = 5;
/// A rate is told only of so many or more (ASSURANCE section 7).
const RATE_FROM: u64 = 50;
/// So many organisations must have contributed (ASSURANCE section 7).
const CONTRIBUTORS: usize = 3;
/// None of them may have contributed more than so many in a hundred (ASSURANCE section 7).
const LARGEST_PERCENT: u64 = 80;

/// A number as it may be published. Made by [`Release::of`] and by nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Published {
    about: Option<u64>,
}

impl Published {
    /// The disclosure control itself: people by organisation that sent them. Nobody stands in two organisations.
    fn of(by_organisation: &[u64]) -> Self {
        let total: u64 = by_organisation.iter().sum();
        let contributors = by_organisation.iter().filter(|n| **n > 0).count();
        let largest = by_organisation.iter().max().copied().unwrap_or(0);
        let hidden = total < SHOWN_FROM
            || contributors < CONTRIBUTORS
            || largest * 100 > total * LARGEST_PERCENT;
        Self {
            about: (!hidden).then(|| (total + ROUNDED_TO / 2) / ROUNDED_TO * ROUNDED_TO),
        }
    }

    /// About how many, to the nearest five. `None`: hidden, which may be nought, a few, or many from too few organisations.
    pub fn about(self) -> Option<u64> {
        self.about
    }

    /// How many in a hundred of `whole` this is, from the two rounded numbers and so telling nothing that they do not. `None` where
    /// either is hidden, `whole` is small, or this is more than `whole`.
    pub fn percent_of(self, whole: Self) -> Option<u64> {
        let (part, whole) = (self.about?, whole.about?);
        (whole >= RATE_FROM && part <= whole).then(|| (part * 100 + whole / 2) / whole)
    }
}

/// A quarter of a calendar year, in London.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quarter {
    year: i16,
    /// 0 to 3.
    number: i8,
}

impl Quarter {
    /// The quarter of an instant.
    pub fn of(at: At) -> Self {
        let day = at.london_date();
        Self {
            year: day.year(),
            number: (day.month() - 1) / 3,
        }
    }

    /// The quarter after.
    #[must_use]
    pub fn next(self) -> Self {
        if self.number == 3 {
            Self {
                year: self.year.saturating_add(1),
                number: 0,
            }
        } else {
            Self {
                number: self.number + 1,
                ..self
            }
        }
    }

    /// Its year, and its number from 1 to 4.
    pub fn year_and_number(self) -> (i16, i8) {
        (self.year, self.number + 1)
    }

    /// The first instant of it. `None` at the end of the calendar.
    pub fn starts_at(self) -> Option<At> {
        let day = Date::new(self.year, self.number * 3 + 1, 1).ok()?;
        At::from_london(day.at(0, 0, 0, 0))
    }

    /// When it is settled: one whole quarter after it ended. Nothing of it is published before, and nothing later counts in it.
    pub fn settles_at(self) -> Option<At> {
        self.next().next().starts_at()
    }
}

/// What is known of one request, for publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRequest {
    /// Whose it is: counted once, however many requests.
    pub person: Id<id::Person>,
    /// Who sent it.
    pub organisation: Id<id::Organisation>,
    /// The code of the need.
    pub need: String,
    /// How far it came.
    pub facts: RequestFacts,
}

/// What is published of a quarter: about how many people with each need came to each step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Of which quarter.
    pub quarter: Quarter,
    /// By code of need, and step.
    pub cells: BTreeMap<(String, &'static str), Published>,
}

impl Release {
    /// The release of `quarter`, for every need in `needs`, those with nobody too. `requests` are all the requests of the installation:
    /// a choice among them would be a second cut. `None` while it is not settled.
    pub fn of(
        quarter: Quarter,
        needs: &[&str],
        requests: &[PersonRequest],
        now: At,
    ) -> Option<Self> {
        let until = quarter.settles_at().filter(|settled| now >= *settled)?;
        let mut cells = BTreeMap::new();
        for need in needs {
            let sent = requests
                .iter()
                .filter(|r| r.need == *need && Quarter::of(r.facts.referred_at) == quarter);
            for step in Step::ALL {
                let came = sent
                    .clone()
                    .filter(|r| r.facts.reached_at(*step, until).is_some());
                let cell = ((*need).to_owned(), step.code());
                cells.insert(cell, Published::of(&people(came)));
            }
        }
        Some(Self { quarter, cells })
    }
}

/// How many people each organisation sent; who was sent by two counts for the first of them.
fn people<'a>(requests: impl Iterator<Item = &'a PersonRequest>) -> Vec<u64> {
    let mut counted = BTreeSet::new();
    let mut by: BTreeMap<_, u64> = BTreeMap::new();
    for request in requests {
        if counted.insert(request.person) {
            *by.entry(request.organisation).or_default() += 1;
        }
    }
    by.into_values().collect()
}

#[cfg(test)]
#[path = "published_tests.rs"]
mod tests;
