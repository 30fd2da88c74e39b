//! Finding: harm first, then rules, then order.
//!
//! 1. Services the person must not meet are taken out. Nothing after this step can tell that they exist.
//! 2. Every rule is asked about every service that is about the need or the words.
//! 3. What no rule refuses is ordered: not asked before, fit, certainty, how soon, how near, name.
//! 4. What a rule refuses is counted by rule, except confidential services, whose number in a place is itself a clue.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use throughline_core::circumstances::Circumstances;
use throughline_core::directory::Place;
use throughline_core::geo::{AreaCode, DistanceBand};
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::time::At;

use crate::home::{Home, band, lies_in, must_not_meet};
use crate::listed::{Listed, Listing};
use crate::rule::{Case, Kind, Local, Param, Rule, RuleId, Verdict};
use crate::rules::RULES;
use crate::rules_when::{Soon, soon};
use crate::snapshot::{Snapshot, WordScore};
use crate::text::Word;

/// A question to the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What the person told.
    pub told: Circumstances,
    /// Words typed: needs are read from them, and services whose words agree are found by them.
    pub text: Option<String>,
    /// Whether places to flee to are ordered by nearness too. Without it they are not: near is not safe.
    pub nearest_first: bool,
    /// Services that were asked for this before: they come after all others. Never an answer of their own, so that leaving
    /// them out or not changes nothing that is counted.
    pub asked_before: Vec<Ref>,
    /// How many matches to leave out at the front.
    pub skip: usize,
    /// How many matches to give at most.
    pub limit: usize,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            told: Circumstances::default(),
            text: None,
            nearest_first: false,
            asked_before: Vec::new(),
            skip: 0,
            limit: usize::MAX,
        }
    }
}

/// What one rule says of one match.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fit {
    /// The rule.
    pub rule: RuleId,
    /// Yes, or whom to ask. Never no.
    pub verdict: Verdict,
    /// Facts for the sentence.
    pub params: BTreeMap<&'static str, Param>,
}

/// A service that may help.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Match {
    /// The service.
    pub service: Ref,
    /// Version of the entry it was judged by.
    pub version: u64,
    /// Its name.
    pub name: String,
    /// Who runs it.
    pub organisation: Option<String>,
    /// The areas it is in; for a confidential service one wide area, or none.
    pub areas: Vec<AreaCode>,
    /// Whether it keeps where it is to itself.
    pub confidential: bool,
    /// Why it fits and what to ask, in the order of the rules.
    pub fit: Vec<Fit>,
    /// How far it is, coarsely. `None`: not known, or not to be said.
    pub distance: Option<DistanceBand>,
    /// Whether its place is not known at all. Such a service was never placed by distance.
    pub place_unknown: bool,
    /// How soon help may begin.
    pub soon: Soon,
    /// When it was last vouched for.
    pub vouched_at: Option<At>,
    /// The listing, for what a page shows besides.
    #[serde(skip)]
    pub listing: Arc<Listing>,
}

/// How many services one rule refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuledOut {
    /// The first rule that refused them.
    pub rule: RuleId,
    /// How many.
    pub count: usize,
}

/// How many services would open if one thing were different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IfOnly {
    /// The only rule that refused them.
    pub rule: RuleId,
    /// How many.
    pub opens: usize,
}

/// The answer to a [`Query`]. It holds nothing about the person but the needs they told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The instant at which it was true.
    pub as_of: At,
    /// The needs looked for, told and typed.
    pub needs: Vec<NeedType>,
    /// Whether a place was told that is not known here. Then nothing was judged by place.
    pub place_not_known: bool,
    /// Matches, best first.
    pub results: Vec<Match>,
    /// How many matches there are in all.
    pub total: usize,
    /// Refused, by rule, in the order of the rules. Confidential services are never counted.
    pub ruled_out: Vec<RuledOut>,
    /// What one change would open, most first. Confidential services are never counted.
    pub if_only: Vec<IfOnly>,
    /// Whether nothing here surely meets the need: show the helpline and the named human (no answer is ever empty).
    pub last_resort: bool,
}

/// Finds services by every rule.
pub fn find(snapshot: &Snapshot, query: &Query, now: At) -> Answer {
    find_with(snapshot, query, now, RULES)
}

/// Finds services by the rules given.
pub fn find_with(snapshot: &Snapshot, query: &Query, now: At, rules: &[Rule]) -> Answer {
    let asked = Asked::new(snapshot, query, now, rules);
    let judged = asked
        .candidates()
        .into_iter()
        .filter_map(|position| asked.judge(position))
        .collect();
    asked.answer(judged)
}

/// A query made ready.
pub(crate) struct Asked<'a> {
    snapshot: &'a Snapshot,
    query: &'a Query,
    rules: &'a [Rule],
    now: At,
    local: Local,
    home: Option<Home>,
    wanted: Vec<NeedType>,
    typed: Vec<Word>,
    scores: BTreeMap<u32, WordScore>,
    home_is_avoided: bool,
}

/// What the rules made of one service.
pub(crate) struct Judged {
    position: u32,
    relevant_by_need: bool,
    needs_met: usize,
    score: WordScore,
    refused_by: Option<RuleId>,
    refused_by_another: bool,
    confidential: bool,
    asks: usize,
    wishes: usize,
    soon: Soon,
    in_home_area: InHomeArea,
    distance: Option<DistanceBand>,
    nearness: u8,
}

impl Judged {
    /// Where it stands in the directory: the last word on the order, so that it is always the same.
    pub(crate) const fn position(&self) -> u32 {
        self.position
    }

    /// The first rule that refused it.
    pub(crate) const fn refused_by(&self) -> Option<RuleId> {
        self.refused_by
    }
}

/// Not asked before, fit, away from home where home is not safe, certainty, how soon, how near: what comes first is smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Order(
    bool,
    Reverse<(usize, WordScore, usize)>,
    InHomeArea,
    usize,
    Soon,
    u8,
);

/// For somebody whose own area is not safe: away from it comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum InHomeArea {
    No,
    MayBe,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(
        snapshot: &'a Snapshot,
        query: &'a Query,
        now: At,
        rules: &'a [Rule],
    ) -> Self {
        let knowledge = snapshot.knowledge();
        let told = &query.told;
        let text = query.text.as_deref().unwrap_or_default();
        let typed = knowledge.splitter.words(text);
        let mut wanted = told.needs.clone();
        wanted.extend(knowledge.thesaurus.needs_typed(&typed));
        wanted.sort_unstable();
        wanted.dedup();
        let home = Home::from_told(told, &knowledge.gazetteer);
        let home_is_avoided = home.as_ref().is_some_and(|home| {
            home.areas.iter().any(|area| {
                told.avoid_areas
                    .iter()
                    .any(|out| lies_in(&knowledge.gazetteer, *area, *out) != Some(false))
            })
        });
        let scores = snapshot.scores(&typed);
        Self {
            snapshot,
            query,
            rules,
            now,
            local: Local::at(now),
            home,
            wanted,
            typed,
            scores,
            home_is_avoided,
        }
    }

    /// Services that may be about the need or the words, in order of position.
    pub(crate) fn candidates(&self) -> Vec<u32> {
        // Relevance by need is a rule like others, and a set of rules without it must see every service.
        let by_need =
            !self.wanted.is_empty() && self.rules.iter().any(|rule| rule.kind == Kind::Relevance);
        if !by_need && self.typed.is_empty() {
            return self.snapshot.positions().collect();
        }
        let mut found: BTreeSet<u32> = self.scores.keys().copied().collect();
        if by_need {
            found.extend(
                self.wanted
                    .iter()
                    .flat_map(|need| self.snapshot.with_need(*need)),
            );
        }
        found.into_iter().collect()
    }

    fn case(&self, listed: &'a Listed) -> Case<'_> {
        let knowledge = self.snapshot.knowledge();
        Case {
            told: &self.query.told,
            wanted: &self.wanted,
            home: self.home.as_ref(),
            listed,
            band: band(
                listed,
                self.home.as_ref(),
                &self.query.told,
                &knowledge.gazetteer,
            ),
            knowledge,
            now: self.now,
            local: self.local,
        }
    }

    /// What the rules make of one service. `None`: the person must not meet it, or it does not stand.
    pub(crate) fn judge(&self, position: u32) -> Option<Judged> {
        let listed = self.snapshot.at(position)?;
        if must_not_meet(
            listed,
            &self.query.told,
            &self.snapshot.knowledge().gazetteer,
        ) {
            return None;
        }
        let case = self.case(listed);
        let mut judged = Judged {
            position,
            relevant_by_need: !self.wanted.is_empty(),
            needs_met: self
                .wanted
                .iter()
                .filter(|need| listed.needs.contains(need))
                .count(),
            score: self.scores.get(&position).copied().unwrap_or(0),
            refused_by: None,
            refused_by_another: false,
            confidential: case.entry().is_confidential(),
            asks: 0,
            wishes: 0,
            soon: Soon::NotKnown,
            in_home_area: self.in_home_area(listed),
            distance: case.band,
            nearness: 0,
        };
        for rule in self.rules {
            let Some(found) = (rule.judge)(&case) else {
                continue;
            };
            match (rule.kind, found.verdict) {
                (Kind::Relevance, Verdict::No) => judged.relevant_by_need = false,
                (Kind::Standing, Verdict::No) => return None,
                (Kind::Eligibility, Verdict::No) if judged.refused_by.is_none() => {
                    judged.refused_by = Some(rule.id);
                }
                (Kind::Eligibility, Verdict::No) => judged.refused_by_another = true,
                (Kind::Preference, Verdict::Yes) => judged.wishes += 1,
                (_, Verdict::AskService | Verdict::AskPerson) => judged.asks += 1,
                (_, Verdict::Yes | Verdict::No) => {}
            }
        }
        if judged.refused_by.is_none() {
            judged.soon = soon(&case);
        }
        judged.nearness = self.nearness(listed, case.band);
        Some(judged)
    }

    fn in_home_area(&self, listed: &Listed) -> InHomeArea {
        let Some(home) = self.home.as_ref().filter(|_| self.home_is_avoided) else {
            return InHomeArea::No;
        };
        let gazetteer = &self.snapshot.knowledge().gazetteer;
        let mut known = listed
            .places
            .iter()
            .map(|place| place.area)
            .chain(listed.shown_area.map(Some))
            .peekable();
        let somewhere = known.peek().is_some();
        let all_away = known.all(|area| {
            area.is_some_and(|area| {
                home.areas
                    .iter()
                    .all(|home| lies_in(gazetteer, area, *home) == Some(false))
            })
        });
        if somewhere && all_away {
            InHomeArea::No
        } else {
            InHomeArea::MayBe
        }
    }

    /// The place in the order of nearness. Where nobody need go, nothing is far. Where the place is not known, last.
    fn nearness(&self, listed: &Listed, band: Option<DistanceBand>) -> u8 {
        let flee_to = listed.is_accommodation() || listed.entry().is_confidential();
        if listed.is_remote_only() || (flee_to && !self.query.nearest_first) {
            return 0;
        }
        match band {
            Some(DistanceBand::SameArea | DistanceBand::UnderThreeMiles) => 0,
            Some(DistanceBand::ThreeToTenMiles) => 1,
            Some(DistanceBand::TenToThirtyMiles) => 2,
            Some(DistanceBand::ThirtyToHundredMiles) => 3,
            Some(DistanceBand::OverHundredMiles) => 4,
            None => 5,
        }
    }

    /// Puts the judged services together.
    pub(crate) fn answer(&self, judged: Vec<Judged>) -> Answer {
        let enough = self.words_enough(&judged);
        let relevant = |one: &Judged| {
            one.relevant_by_need
                || enough.is_some_and(|enough| one.score >= enough)
                || (self.wanted.is_empty() && self.typed.is_empty())
        };
        let (mut fitting, mut refused): (Vec<Judged>, Vec<Judged>) = judged
            .into_iter()
            .filter(relevant)
            .partition(|one| one.refused_by.is_none());
        fitting.sort_by_key(|one| (self.order(one), one.position));
        refused.retain(|one| !one.confidential);
        let sure = fitting
            .iter()
            .any(|one| self.wanted.is_empty() || one.needs_met > 0);
        Answer {
            as_of: self.now,
            needs: self.wanted.clone(),
            place_not_known: self.home.is_none()
                && (self.query.told.postcode.is_some() || self.query.told.area.is_some()),
            total: fitting.len(),
            results: fitting
                .iter()
                .skip(self.query.skip)
                .take(self.query.limit)
                .filter_map(|one| self.explain(one))
                .collect(),
            ruled_out: self.ruled_out(&refused),
            if_only: self.if_only(&refused),
            last_resort: !sure,
        }
    }

    /// Where it comes among those that fit.
    pub(crate) fn order(&self, one: &Judged) -> Order {
        Order(
            self.asked_before(one),
            Reverse((one.needs_met, one.score, one.wishes)),
            one.in_home_area,
            one.asks,
            one.soon,
            one.nearness,
        )
    }

    fn asked_before(&self, one: &Judged) -> bool {
        let asked = &self.query.asked_before;
        !asked.is_empty()
            && self
                .snapshot
                .at(one.position)
                .is_some_and(|listed| asked.contains(&listed.reference()))
    }

    /// The score of words that makes a service relevant by words alone. With a need, all words the same; without, the best
    /// that any service reaches which the person could be offered. Services not to be counted never set it.
    fn words_enough(&self, judged: &[Judged]) -> Option<WordScore> {
        if self.typed.is_empty() {
            return None;
        }
        if !self.wanted.is_empty() {
            return u32::try_from(self.typed.len()).ok().map(|words| words * 2);
        }
        let best = |of: fn(&&Judged) -> bool| judged.iter().filter(of).map(|one| one.score).max();
        best(|one| one.refused_by.is_none())
            .filter(|best| *best > 0)
            .or_else(|| best(|one| !one.confidential))
            .map(|best| best.max(1))
    }

    fn ruled_out(&self, refused: &[Judged]) -> Vec<RuledOut> {
        self.rules
            .iter()
            .map(|rule| RuledOut {
                rule: rule.id,
                count: refused
                    .iter()
                    .filter(|one| one.refused_by == Some(rule.id))
                    .count(),
            })
            .filter(|row| row.count > 0)
            .collect()
    }

    fn if_only(&self, refused: &[Judged]) -> Vec<IfOnly> {
        let alone = |id| {
            refused
                .iter()
                .filter(|one| one.refused_by == Some(id) && !one.refused_by_another)
                .count()
        };
        let mut rows: Vec<IfOnly> = self
            .rules
            .iter()
            .map(|rule| IfOnly {
                rule: rule.id,
                opens: alone(rule.id),
            })
            .filter(|row| row.opens > 0)
            .collect();
        rows.sort_by_key(|row| Reverse(row.opens));
        rows
    }

    fn explain(&self, judged: &Judged) -> Option<Match> {
        let listed = self.snapshot.at(judged.position)?;
        let case = self.case(listed);
        let entry = listed.entry();
        let fit = self
            .rules
            .iter()
            .filter_map(|rule| (rule.judge)(&case).map(|found| (rule, found)))
            // A service found by its words alone may not meet the need: that is no reason for it.
            .filter(|(_, found)| found.verdict != Verdict::No)
            .map(|(rule, found)| Fit {
                rule: rule.id,
                verdict: found.verdict,
                params: found.params.into_iter().collect(),
            })
            .collect();
        let mut areas: Vec<AreaCode> = listed
            .places
            .iter()
            .filter_map(|place| place.area)
            .chain(listed.shown_area)
            .collect();
        areas.sort_unstable();
        areas.dedup();
        Some(Match {
            service: listed.reference(),
            version: listed.listing.version,
            name: entry.name.clone(),
            organisation: entry.organisation.as_ref().map(|body| body.name.clone()),
            place_unknown: match entry.place() {
                Place::Public { .. } => listed.places.iter().all(|place| place.point.is_none()),
                Place::Confidential { .. } => listed.shown_area.is_none(),
                Place::Unknown { .. } => true,
            },
            areas,
            confidential: judged.confidential,
            fit,
            distance: judged.distance,
            soon: judged.soon,
            vouched_at: listed.vouched_at,
            listing: Arc::clone(&listed.listing),
        })
    }
}
