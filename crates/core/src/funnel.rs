//! What happened to requests: how far each came, how long each step took, and what is not known (SPEC 4.3 SM-REFERRAL, 4.1
//! `MetricDefinition`). Pure counting over small facts. The counts here are exact: they are for those whose job the cases are, and
//! leave the house only as [`crate::published::Published`].
//!
//! Households, people and anonymous searches are three kinds of count, and adding two of them does not compile:
//!
//! ```
//! use throughline_core::funnel::{Count, Households};
//! let both = Count::<Households>::new(2) + Count::<Households>::new(3);
//! assert_eq!(both.exact(), 5);
//! ```
//!
//! ```compile_fail,E0308
//! use throughline_core::funnel::{AnonymousSearches, Count, Households};
//! let both = Count::<Households>::new(2) + Count::<AnonymousSearches>::new(3);
//! ```
//!
//! ```compile_fail,E0308
//! use throughline_core::funnel::{Count, Households, Individuals};
//! let both = Count::<Households>::new(2) + Count::<Individuals>::new(3);
//! ```

use std::marker::PhantomData;
use std::ops::Add;

use crate::code::Code as _;
use crate::referral::Helped;
use crate::time::At;

/// Counted: households.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Households;
/// Counted: people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Individuals;
/// Counted: searches by nobody knows whom. One person may search many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnonymousSearches;
/// Counted: requests sent. One person may have many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requests;

/// An exact count of one kind of thing. It has no `Display`: a page must ask for [`Count::exact`] by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count<K>(u64, PhantomData<K>);

impl<K> Count<K> {
    /// So many.
    pub const fn new(number: u64) -> Self {
        Self(number, PhantomData)
    }

    /// The exact number: never for publication.
    pub fn exact(&self) -> u64 {
        self.0
    }
}

impl<K> Add for Count<K> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.0.saturating_add(other.0))
    }
}

crate::code_list! {
    /// A step of a request, in order. Whoever reached one reached all before it.
    pub enum Step {
        /// It was sent.
        Referred = "referred",
        /// The service answered, or a human there opened it.
        Acknowledged = "acknowledged",
        /// A named human took it on.
        Accepted = "accepted",
        /// Help is under way.
        Started = "started",
        /// The person says that it helped, wholly or in part.
        Helped = "helped",
    }
}

/// What is known of one request. An instant that is not known is `None`, never the instant of another step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestFacts {
    /// When it was sent.
    pub referred_at: At,
    /// When a human at the service opened it.
    pub acknowledged_at: Option<At>,
    /// When the service answered: yes, no or a place on a list.
    pub answered_at: Option<At>,
    /// When a named human took it on.
    pub accepted_at: Option<At>,
    /// When help began.
    pub started_at: Option<At>,
    /// When it ended, and whether it had helped.
    pub ended: Option<(At, Helped)>,
    /// Whether harm after it was recorded. `None`: nobody recorded either way, which is not "no harm".
    pub harm_after: Option<bool>,
}

impl RequestFacts {
    /// When this very step is recorded to have happened.
    fn own(&self, step: Step) -> Option<At> {
        match step {
            Step::Referred => Some(self.referred_at),
            Step::Acknowledged => match (self.acknowledged_at, self.answered_at) {
                (Some(opened), Some(answered)) => Some(opened.min(answered)),
                (opened, answered) => opened.or(answered),
            },
            Step::Accepted => self.accepted_at,
            Step::Started => self.started_at,
            Step::Helped => self
                .ended
                .filter(|(_, helped)| matches!(helped, Helped::Yes | Helped::Partly))
                .map(|(at, _)| at),
        }
    }

    /// When it had come as far as `step` at the latest, as known before `until`: a later step shows that the earlier ones were
    /// taken. Each request reaches fewer steps the further they lie.
    pub fn reached_at(&self, step: Step, until: At) -> Option<At> {
        Step::ALL
            .iter()
            .filter(|later| **later >= step)
            .filter_map(|later| self.own(*later))
            .filter(|at| *at < until)
            .min()
    }
}

/// How long a step took, with those who still wait counted as waiting longest: an unanswered request never makes a service look
/// fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waits {
    /// How many came from the first step to the second.
    pub came: u64,
    /// How many reached the first step and not the second.
    pub not_yet: u64,
    /// Half of all, those who wait among them, took no more than so many seconds. `None`: half had not come yet.
    pub median_seconds: Option<i64>,
    /// Nine in ten of all took no more than so many seconds. `None`: fewer than nine in ten have come.
    pub ninetieth_seconds: Option<i64>,
}

/// How long requests took from one step to a later one, as known before `until`.
pub fn waits(facts: &[RequestFacts], from: Step, to: Step, until: At) -> Waits {
    let mut came: Vec<i64> = Vec::new();
    let mut not_yet: u64 = 0;
    for fact in facts {
        match (fact.reached_at(from, until), fact.reached_at(to, until)) {
            (Some(first), Some(then)) => came.push(then.seconds_since(first).max(0)),
            (Some(_), None) => not_yet += 1,
            (None, _) => {}
        }
    }
    came.sort_unstable();
    let all = came.len() as u64 + not_yet;
    // Nearest rank: the smallest time that at least so many of ten took. Those who wait stand after all who came.
    let rank = |tenths: u64| {
        let place = (all * tenths).div_ceil(10).checked_sub(1)?;
        came.get(usize::try_from(place).ok()?).copied()
    };
    Waits {
        came: came.len() as u64,
        not_yet,
        median_seconds: rank(5),
        ninetieth_seconds: rank(9),
    }
}

/// What happened to requests. A `None` is not recorded: missing, never nought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Funnel {
    /// Households seen.
    pub seen: Option<Count<Households>>,
    /// Households that were offered something.
    pub offered: Option<Count<Households>>,
    /// Needs recorded as met by nothing worth sending. The one place where that count comes in.
    pub not_worth_sending: Option<u64>,
    /// How many requests came to each step, in order.
    pub steps: Vec<(Step, Count<Requests>)>,
    /// Requests that were answered, whatever the answer. The closed-loop rate is this over those sent.
    pub answered: Count<Requests>,
    /// Requests where help began. The got-help rate is this over those sent, and never the closed-loop rate.
    pub got_help: Count<Requests>,
    /// Requests that ended with nobody knowing whether they helped: neither success nor failure.
    pub helped_not_known: Count<Requests>,
    /// Requests after which harm was recorded. `None`: of no request was it recorded either way.
    pub harm_after: Option<Count<Requests>>,
    /// Requests of which nobody recorded whether harm came after.
    pub harm_not_recorded: Count<Requests>,
}

/// Counts what happened to `facts`, as known before `until`. What comes from cases is given beside, or is missing.
pub fn funnel(
    facts: &[RequestFacts],
    seen: Option<Count<Households>>,
    offered: Option<Count<Households>>,
    not_worth_sending: Option<u64>,
    until: At,
) -> Funnel {
    let sent: Vec<&RequestFacts> = facts.iter().filter(|f| f.referred_at < until).collect();
    let count = |which: &dyn Fn(&RequestFacts) -> bool| {
        Count::new(sent.iter().filter(|f| which(f)).count() as u64)
    };
    let recorded = sent.iter().any(|f| f.harm_after.is_some());
    Funnel {
        seen,
        offered,
        not_worth_sending,
        steps: Step::ALL
            .iter()
            .map(|step| (*step, count(&|f| f.reached_at(*step, until).is_some())))
            .collect(),
        answered: count(&|f| f.answered_at.is_some_and(|at| at < until)),
        got_help: count(&|f| f.reached_at(Step::Started, until).is_some()),
        helped_not_known: count(&|f| matches!(f.ended, Some((at, Helped::NotKnown)) if at < until)),
        harm_after: recorded.then(|| count(&|f| f.harm_after == Some(true))),
        harm_not_recorded: count(&|f| f.harm_after.is_none()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> At {
        At::parse("2026-01-05T09:00:00Z").unwrap().plus_hours(hours)
    }

    fn sent() -> RequestFacts {
        RequestFacts {
            referred_at: at(0),
            acknowledged_at: None,
            answered_at: None,
            accepted_at: None,
            started_at: None,
            ended: None,
            harm_after: None,
        }
    }

    fn steps(funnel: &Funnel) -> Vec<u64> {
        funnel.steps.iter().map(|(_, n)| n.exact()).collect()
    }

    #[test]
    fn an_answer_is_not_help_and_not_known_is_not_helped() {
        let no = RequestFacts {
            answered_at: Some(at(2)),
            ..sent()
        };
        let ended = RequestFacts {
            accepted_at: Some(at(1)),
            answered_at: Some(at(1)),
            started_at: Some(at(3)),
            ended: Some((at(9), Helped::NotKnown)),
            ..sent()
        };
        let all = funnel(&[sent(), no, ended], None, None, None, at(99));
        assert_eq!(steps(&all), [3, 2, 1, 1, 0]);
        assert_eq!(all.answered.exact(), 2);
        assert_eq!(all.got_help.exact(), 1);
        assert_eq!(all.helped_not_known.exact(), 1);
    }

    #[test]
    fn what_nobody_recorded_is_missing_and_never_nought() {
        let none = funnel(&[sent()], None, None, None, at(99));
        assert_eq!(none.not_worth_sending, None);
        assert_eq!(none.seen, None);
        assert_eq!(none.harm_after, None);
        assert_eq!(none.harm_not_recorded.exact(), 1);
        let safe = RequestFacts {
            harm_after: Some(false),
            ..sent()
        };
        let one = funnel(&[sent(), safe], None, None, None, at(99));
        assert_eq!(one.harm_after.map(|n| n.exact()), Some(0));
        assert_eq!(one.harm_not_recorded.exact(), 1);
    }

    #[test]
    fn a_service_that_answers_few_is_not_shown_as_fast() {
        let quick = RequestFacts {
            answered_at: Some(at(1)),
            ..sent()
        };
        let half = waits(
            &[quick, sent(), sent()],
            Step::Referred,
            Step::Acknowledged,
            at(99),
        );
        assert_eq!((half.came, half.not_yet), (1, 2));
        assert_eq!(half.median_seconds, None);
        let most = waits(
            &[quick, quick, sent()],
            Step::Referred,
            Step::Acknowledged,
            at(99),
        );
        assert_eq!(most.median_seconds, Some(3600));
        assert_eq!(most.ninetieth_seconds, None);
        assert_eq!(
            waits(&[], Step::Referred, Step::Started, at(99)),
            Waits::default()
        );
    }

    #[test]
    fn what_happens_after_the_count_was_closed_does_not_change_it() {
        let late = RequestFacts {
            answered_at: Some(at(50)),
            accepted_at: Some(at(50)),
            ended: Some((at(60), Helped::Yes)),
            ..sent()
        };
        let early = funnel(&[late], None, None, None, at(50));
        assert_eq!(steps(&early), [1, 0, 0, 0, 0]);
        assert_eq!(early.answered.exact(), 0);
        assert_eq!(steps(&funnel(&[late], None, None, None, at(61))), [1; 5]);
    }
}
