//! Policy packs: law and policy as dated, nation-scoped data with their sources (SPEC 0, engineering rule 1). A case
//! stores the pack and version it was decided under.
//!
//! To change a number: change it in `packs/<nation>/<pack>.toml`, or add a pack with a later `valid_from`. What must never
//! happen: a clock or threshold as a constant in code.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::calendar::{self, Span, WorkingDays};
use crate::clock::{ClockId, Urgency};
use crate::code::Code;
use crate::nation::Nation;
use crate::need::NeedType;
use crate::notice::Quiet;
use crate::risk::RiskBand;
use crate::time::At;

#[path = "pack_file.rs"]
mod file;
#[path = "pack_set.rs"]
mod set;

pub use set::{NoPackInForce, PackWarning, Packs};

crate::code_list! {
    /// Whether a pack is law (SPEC 0).
    pub enum PackStatus {
        /// In force.
        InForce = "in_force",
        /// Not yet in force: never used for a decision.
        Prospective = "prospective",
        /// Repealed: kept for the cases that were decided under it.
        Repealed = "repealed",
    }
}

crate::code_list! {
    /// Where a number comes from (SPEC 0, source marks).
    pub enum Mark {
        /// In a seed document.
        Seed = "seed",
        /// Read on a published page.
        Found = "found",
        /// Professional knowledge: to be confirmed before it gates a real decision.
        Known = "known",
        /// Our own choice.
        Design = "design",
        /// Varies by area.
        Local = "local",
    }
}

crate::code_list! {
    /// A threshold that is not a clock.
    pub enum ThresholdId {
        /// Age in years from which behaviour is domestic abuse in law (R-DAA-01).
        AbuseAgeFrom = "abuse_age_from",
        /// Under this age in years someone is a child (R-DAA-04).
        ChildUnder = "child_under",
        /// Under this age in years someone is a child for the benefit (R-UC-01).
        BenefitChildUnder = "benefit_child_under",
        /// Advance: at most this per cent of the first payment (R-UC-06).
        AdvancePercentUpTo = "advance_percent_up_to",
        /// Advance: repaid over at most this many months (R-UC-06).
        AdvanceRepayMonthsUpTo = "advance_repay_months_up_to",
        /// Easement: the violence or threat was within this many months before notification (R-UC-01).
        EasementAbuseWithinMonths = "easement_abuse_within_months",
        /// Easement: none applied within this many months before notification (R-UC-01).
        EasementNotWithinMonths = "easement_not_within_months",
        /// Housing costs for two homes for at most this many months (R-UC-07).
        TwoHomesMonthsUpTo = "two_homes_months_up_to",
        /// Days before the end of a pack or of its bank holidays from which it is named.
        WarnBeforeEndDays = "warn_before_end_days",
    }
}

/// A way to money today (R-UC-06).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoneyRoute {
    /// Stable code.
    pub id: String,
    /// Name.
    pub name: String,
    /// One plain sentence.
    pub note: String,
    /// Where it comes from.
    pub mark: Mark,
    /// Source.
    pub source: String,
}

/// Where a risk that was judged as high goes, beside the lead or adviser the same day (SPEC 2.3).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HighRiskRoute {
    /// Name.
    pub name: String,
    /// What to do, in plain sentences.
    pub note: String,
    /// Where it comes from.
    pub mark: Mark,
    /// Source.
    pub source: String,
}

/// A helpline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helpline {
    /// Name.
    pub name: String,
    /// Number, or what to dial.
    pub contact: String,
    /// When it answers, in words.
    pub hours: String,
    /// Where it comes from.
    pub mark: Mark,
    /// When someone last checked it; `None`: not verified, and it is shown so.
    pub last_verified: Option<Date>,
}

/// A number with its source, for the page that shows why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// How sure its source is.
    pub mark: Mark,
    /// Source.
    pub source: String,
}

/// A policy pack, checked: every clock, every threshold and every urgency is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    id: String,
    version: u32,
    nation: Nation,
    valid_from: Date,
    valid_to: Date,
    status: PackStatus,
    source: String,
    clocks: BTreeMap<(ClockId, Urgency), Sourced<Span>>,
    thresholds: BTreeMap<ThresholdId, Sourced<u32>>,
    high_risk: HighRiskRoute,
    money: Vec<MoneyRoute>,
    helplines: Vec<Helpline>,
    working_days: Sourced<WorkingDays>,
    quiet: Sourced<Quiet>,
    by_need: BTreeMap<NeedType, Urgency>,
    by_risk: BTreeMap<RiskBand, Urgency>,
    immediate_when_high: Sourced<Vec<NeedType>>,
}

/// What is wrong with a pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// The file cannot be read.
    #[error("the policy pack cannot be read: {0}")]
    Unreadable(String),
    /// A date is not a calendar date.
    #[error("pack {pack}: {what} is not a date")]
    NotADate {
        /// Which pack.
        pack: String,
        /// Which date.
        what: &'static str,
    },
    /// It ends before it begins.
    #[error("pack {0} ends before it begins")]
    EndsBeforeItBegins(String),
    /// Something that every pack must state is missing.
    #[error("pack {pack} does not say {what}")]
    Missing {
        /// Which pack.
        pack: String,
        /// What is missing.
        what: String,
    },
    /// Something is stated twice.
    #[error("pack {pack} says {what} twice")]
    Twice {
        /// Which pack.
        pack: String,
        /// What is stated twice.
        what: String,
    },
    /// Two packs in force for one nation overlap in time.
    #[error("packs {0} and {1} are both in force on the same day")]
    Overlap(String, String),
}

impl Pack {
    /// Its id, for example `england-2024`. A case stores it together with the version.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its version.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Its nation.
    pub const fn nation(&self) -> Nation {
        self.nation
    }

    /// First and last day on which it is valid.
    pub const fn valid(&self) -> (Date, Date) {
        (self.valid_from, self.valid_to)
    }

    /// Whether it is law.
    pub const fn status(&self) -> PackStatus {
        self.status
    }

    /// Its source.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The working days of the nation.
    pub const fn working_days(&self) -> &WorkingDays {
        &self.working_days.value
    }

    /// Where a risk that was judged as high goes.
    pub const fn high_risk(&self) -> &HighRiskRoute {
        &self.high_risk
    }

    /// Ways to money today.
    pub fn money(&self) -> &[MoneyRoute] {
        &self.money
    }

    /// Helplines.
    pub fn helplines(&self) -> &[Helpline] {
        &self.helplines
    }

    /// How long a clock runs, with its source. A checked pack states every clock.
    pub fn clock(&self, id: ClockId, urgency: Urgency) -> Option<&Sourced<Span>> {
        self.clocks.get(&(id, urgency))
    }

    /// When a clock that started at `from` runs out. It is never later than for a less urgent matter: late in a day, four
    /// hours would outlast "today". Were a clock missing, which a checked pack rules out, it would be due at once.
    pub fn due(&self, id: ClockId, urgency: Urgency, from: At) -> At {
        let spans = Urgency::ALL
            .iter()
            .filter(|other| **other >= urgency)
            .map(|other| {
                self.clock(id, *other)
                    .map_or(Span::ZERO, |clock| clock.value)
            });
        spans
            .map(|span| calendar::due(from, span, self.working_days()))
            .min()
            .unwrap_or(from)
    }

    /// The last date of a clock that started on a date, for clocks that the law counts in days.
    pub fn end_date(&self, id: ClockId, urgency: Urgency, from: Date) -> Date {
        let span = self
            .clock(id, urgency)
            .map_or(Span::ZERO, |clock| clock.value);
        calendar::end_date(from, span, self.working_days())
    }

    /// A threshold, with its source. A checked pack states every one.
    pub fn threshold(&self, id: ThresholdId) -> Option<&Sourced<u32>> {
        self.thresholds.get(&id)
    }

    /// When mails about work rest, and for how long what is routine is collected.
    pub const fn quiet(&self) -> Quiet {
        self.quiet.value
    }

    /// How urgent a need is at a risk: danger sets the clocks. A risk that nobody judged counts like a high one.
    pub fn urgency(&self, need: NeedType, risk: RiskBand) -> Urgency {
        if risk.severity() == RiskBand::High.severity()
            && self.immediate_when_high.value.contains(&need)
        {
            return Urgency::Immediate;
        }
        let by = |urgency: Option<&Urgency>| urgency.copied().unwrap_or(Urgency::Immediate);
        by(self.by_need.get(&need)).or_sooner(by(self.by_risk.get(&risk)))
    }

    /// How urgent a matter is by its risk alone, where no need has been named. A risk that nobody judged counts like a high one.
    pub fn urgency_by_risk(&self, risk: RiskBand) -> Urgency {
        self.by_risk
            .get(&risk)
            .copied()
            .unwrap_or(Urgency::Immediate)
    }

    /// Whether it is in force on a day.
    pub fn is_in_force(&self, on: Date) -> bool {
        self.status == PackStatus::InForce && self.valid_from <= on && on <= self.valid_to
    }
}

#[cfg(test)]
#[path = "pack_tests.rs"]
mod tests;
