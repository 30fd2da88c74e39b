//! The table of rules, in the order in which they are told: what it is about, whether it stands, whom it takes, where,
//! when, and what the person would rather have.

use crate::rule::{Kind, Rule, RuleId};
use crate::{rules_when, rules_where, rules_who};

/// Declares the table, so that each rule is one line.
macro_rules! rules {
    ($($id:literal, $kind:ident, $judge:path;)+) => {
        &[$(Rule { id: RuleId($id), kind: Kind::$kind, judge: $judge }),+]
    };
}

/// The id of the rule about needs.
pub const NEED: RuleId = RuleId("need");

/// Every rule. Where several rule a service out, it is counted under the first.
pub const RULES: &[Rule] = rules! {
    "need", Relevance, rules_who::need;
    "status", Standing, rules_when::status;
    "area_served", Eligibility, rules_where::area_served;
    "age", Eligibility, rules_who::age;
    "gender", Eligibility, rules_who::gender;
    "lgb", Eligibility, rules_who::lgb;
    "children", Eligibility, rules_who::children;
    "family_size", Eligibility, rules_who::family_size;
    "sons", Eligibility, rules_who::sons;
    "pregnancy", Eligibility, rules_who::pregnancy;
    "no_recourse", Eligibility, rules_who::no_recourse;
    "immigration_worry", Eligibility, rules_who::immigration_worry;
    "wheelchair", Eligibility, rules_who::wheelchair;
    "deaf", Eligibility, rules_who::deaf;
    "learning_disability", Eligibility, rules_who::learning_disability;
    "mental_health", Eligibility, rules_who::mental_health;
    "language", Eligibility, rules_who::language;
    "pets", Eligibility, rules_who::pets;
    "alcohol", Eligibility, rules_who::alcohol;
    "drugs", Eligibility, rules_who::drugs;
    "offending", Eligibility, rules_who::offending;
    "in_work", Eligibility, rules_who::in_work;
    "cost", Eligibility, rules_who::cost;
    "referral_route", Eligibility, rules_who::referral_route;
    "ways", Eligibility, rules_where::ways;
    "travel", Eligibility, rules_where::travel;
    "stay_away", Eligibility, rules_where::stay_away;
    "safe_times", Eligibility, rules_when::safe_times;
    "capacity", Eligibility, rules_when::capacity;
    "stale", Eligibility, rules_when::stale;
    "community", Preference, rules_who::community;
};
