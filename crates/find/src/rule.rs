//! What a rule is: one question about one service and one person, with an honest answer.
//!
//! A rule answers `None` when its question does not arise, else a [`Finding`]. It may say yes only where the entry
//! itself says so: a field the provider left empty is [`Verdict::AskService`], never yes (SPEC 4.9). Where an entry turns
//! some people away and the person has not said whether they are one, the answer is [`Verdict::AskPerson`].
//!
//! # How to add a rule
//!
//! Write a function from a [`Case`] to an answer, give it an id, and add it to the table [`RULES`](crate::rules::RULES)
//! (and its sentences to the message files: each id has one for each verdict it can give). Here is a rule for services
//! that see people in a private room, tried on its own:
//!
//! ```
//! use std::sync::Arc;
//! use throughline_core::{directory::Entry, id::Ref, time::At};
//! use throughline_find::{find_with, Knowledge, Listing, Query, Snapshot};
//! use throughline_find::rule::{Case, Finding, Kind, Rule, RuleId, Verdict};
//!
//! fn private_room(case: &Case<'_>) -> Option<Finding> {
//!     Some(match case.entry().eligibility.private_room {
//!         Some(true) => Finding::new(Verdict::Yes),
//!         Some(false) => Finding::new(Verdict::No),
//!         None => Finding::new(Verdict::AskService), // unknown is never yes
//!     })
//! }
//! let rule = Rule { id: RuleId("private_room"), kind: Kind::Eligibility, judge: private_room };
//!
//! let knowledge = Arc::new(Knowledge::built_in()?);
//! let listings = [None, Some(true), Some(false)].into_iter().zip(1_u8..).map(|(room, n)| {
//!     let mut entry = Entry::new(n.to_string(), format!("Desk {n}"));
//!     entry.eligibility.private_room = room;
//!     Listing { reference: Ref::from_bytes([n; 16]), version: 1, confirmed_at: None, entry }
//! });
//! let snapshot = Snapshot::build(knowledge, listings);
//! let now = At::parse("2026-11-20T10:00:00Z").ok_or("time")?;
//! let answer = find_with(&snapshot, &Query::default(), now, &[rule]);
//!
//! let names: Vec<&str> = answer.results.iter().map(|found| found.name.as_str()).collect();
//! assert_eq!(names, ["Desk 2", "Desk 1"]); // certain first; Desk 3 is ruled out, and said to be
//! assert_eq!(answer.ruled_out[0].count, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use jiff::civil::Date;
use serde::Serialize;
use throughline_core::circumstances::Circumstances;
use throughline_core::directory::Entry;
use throughline_core::geo::{AreaCode, DistanceBand};
use throughline_core::need::NeedType;
use throughline_core::time::At;

use crate::home::Home;
use crate::knowledge::Knowledge;
use crate::listed::Listed;

/// The stable name of a rule: what message files and reports of unmet need refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RuleId(pub &'static str);

impl std::fmt::Display for RuleId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

throughline_core::code_list! {
    /// What a rule found.
    pub enum Verdict {
        /// The entry says that it fits.
        Yes = "yes",
        /// The entry does not say: ask the service.
        AskService = "ask_service",
        /// The entry turns some people away, and it was not told whether the person is one: ask them.
        AskPerson = "ask_person",
        /// The entry says that it does not fit.
        No = "no",
    }
}

impl Verdict {
    /// Whether somebody has to be asked.
    pub const fn is_ask(self) -> bool {
        matches!(self, Self::AskService | Self::AskPerson)
    }
}

/// One fact that explains a verdict, for a sentence in any language.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Param {
    /// A number: of years, children, places, days.
    Number(i64),
    /// A code from a code list.
    Code(&'static str),
    /// An area.
    Area(AreaCode),
    /// Words as the provider wrote them.
    Text(String),
    /// An instant.
    When(At),
}

/// A verdict and the facts that explain it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// Facts, by the names that message files use.
    pub params: Vec<(&'static str, Param)>,
}

impl Finding {
    /// A verdict that needs no further facts.
    pub const fn new(verdict: Verdict) -> Self {
        Self {
            verdict,
            params: Vec::new(),
        }
    }

    /// The same with one more fact.
    #[must_use]
    pub fn with(mut self, name: &'static str, param: Param) -> Self {
        self.params.push((name, param));
        self
    }
}

throughline_core::code_list! {
    /// What a rule's verdict does.
    pub enum Kind {
        /// Whether the service is about what the person needs. No: not part of the answer at all.
        Relevance = "relevance",
        /// Whether the service stands at all. No: left out and not counted, because nothing the person could change opens it.
        Standing = "standing",
        /// Whether the service takes this person. No: ruled out, counted, and named if it alone stands in the way.
        Eligibility = "eligibility",
        /// Whether the service is nearer to what the person would like. Never rules out.
        Preference = "preference",
    }
}

/// An instant on a wall clock, Europe/London: worked out once for a question, not once for each service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    /// The date.
    pub today: Date,
    /// Minutes since Monday began.
    pub minute_of_week: i32,
}

impl Local {
    /// From an instant.
    pub fn at(now: At) -> Self {
        let local = now.london();
        let days = i32::from(local.weekday().to_monday_zero_offset());
        let minutes = i32::from(local.hour()) * 60 + i32::from(local.minute());
        Self {
            today: local.date(),
            minute_of_week: days * 24 * 60 + minutes,
        }
    }
}

/// One service and one person, with everything a rule may look at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What the person told.
    pub told: &'a Circumstances,
    /// Needs told, and those that typed words tell of.
    pub wanted: &'a [NeedType],
    /// Where the person is.
    pub home: Option<&'a Home>,
    /// The service.
    pub listed: &'a Listed,
    /// How far it is, coarsely, where that may be said.
    pub band: Option<DistanceBand>,
    /// Places, phrases and numbers.
    pub knowledge: &'a Knowledge,
    /// The instant at which it is asked.
    pub now: At,
    /// The same instant on a wall clock.
    pub local: Local,
}

impl<'a> Case<'a> {
    /// The entry.
    pub fn entry(&self) -> &'a Entry {
        self.listed.entry()
    }
}

/// A rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its stable name.
    pub id: RuleId,
    /// What its verdict does.
    pub kind: Kind,
    /// The question. `None`: it does not arise.
    pub judge: fn(&Case<'_>) -> Option<Finding>,
}

/// The common question: something about the person that a service takes or does not take.
pub(crate) fn takes(person: Option<bool>, service: Option<bool>) -> Option<Finding> {
    let verdict = match (person, service) {
        (Some(false), _) | (None, Some(true) | None) => return None,
        (Some(true), Some(true)) => Verdict::Yes,
        (Some(true), Some(false)) => Verdict::No,
        (Some(true), None) => Verdict::AskService,
        (None, Some(false)) => Verdict::AskPerson,
    };
    Some(Finding::new(verdict))
}
