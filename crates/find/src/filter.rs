//! Plain filters over the public directory, for the Open Referral UK API. No person is in the question, so nothing is
//! judged: a service that does not state what is filtered by is left out.

use serde::{Deserialize, Serialize};
use throughline_core::geo::Point;
use throughline_core::need::NeedType;
use throughline_core::time::At;

use crate::listed::Listed;
use crate::snapshot::{Snapshot, WordScore};

/// What to keep. Made by [`Default`] it keeps everything.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Filter {
    /// Words to look for.
    pub text: Option<String>,
    /// Identifier of a classification term at its source.
    pub taxonomy_term_id: Option<String>,
    /// Identifier of a vocabulary at its source, or its name.
    pub taxonomy_id: Option<String>,
    /// Identifier of the organisation at its source.
    pub organization_id: Option<String>,
    /// A need it meets.
    pub need: Option<NeedType>,
    /// Changed at its source after this instant.
    pub modified_after: Option<At>,
    /// Takes people of this age or older.
    pub minimum_age: Option<u8>,
    /// Takes people of this age or younger.
    pub maximum_age: Option<u8>,
    /// Has a public place within so many metres of a point. Confidential services and unknown places are never found so.
    pub near: Option<Near>,
}

/// Nearness to a point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Near {
    /// The point.
    pub point: Point,
    /// How far, in metres.
    pub metres: f64,
}

/// Services that pass the filter: by how well words agree when words are given, else by name.
pub fn text_search<'a>(snapshot: &'a Snapshot, filter: &Filter) -> Vec<&'a Listed> {
    let mut found: Vec<(WordScore, u32)> = match &filter.text {
        Some(text) => {
            let typed = snapshot.knowledge().splitter.words(text);
            let scores = snapshot.scores(&typed);
            let passing: Vec<(WordScore, u32)> = scores
                .into_iter()
                .filter(|(at, _)| passes(snapshot, *at, filter))
                .map(|(at, score)| (score, at))
                .collect();
            // Services that agree with the most words; the rest share a word by chance.
            let best = passing.iter().map(|(score, _)| *score).max().unwrap_or(0);
            passing
                .into_iter()
                .filter(|(score, _)| *score == best)
                .collect()
        }
        None => snapshot
            .positions()
            .filter(|at| passes(snapshot, *at, filter))
            .map(|at| (0, at))
            .collect(),
    };
    if let Some(near) = &filter.near {
        let within = snapshot.within_metres(near.point, near.metres);
        found.retain(|(_, at)| within.binary_search(at).is_ok());
    }
    found.sort_by_key(|(_, at)| *at);
    found
        .into_iter()
        .filter_map(|(_, at)| snapshot.at(at))
        .collect()
}

fn passes(snapshot: &Snapshot, at: u32, filter: &Filter) -> bool {
    let Some(listed) = snapshot.at(at) else {
        return false;
    };
    let entry = listed.entry();
    let takes = &entry.eligibility;
    let wanted =
        |told: &Option<String>, held: &dyn Fn(&str) -> bool| told.as_deref().is_none_or(held);
    wanted(&filter.taxonomy_term_id, &|id| {
        entry
            .terms
            .iter()
            .any(|term| term.source_id.as_deref() == Some(id))
    }) && wanted(&filter.taxonomy_id, &|id| {
        entry
            .terms
            .iter()
            .any(|term| term.taxonomy.as_deref() == Some(id))
    }) && wanted(&filter.organization_id, &|id| {
        entry
            .organisation
            .as_ref()
            .is_some_and(|body| body.source_id == id)
    }) && filter.need.is_none_or(|need| listed.needs.contains(&need))
        && filter
            .modified_after
            .is_none_or(|after| entry.last_modified.is_some_and(|changed| changed > after))
        && ages_meet(filter, takes.minimum_age, takes.maximum_age)
}

fn ages_meet(filter: &Filter, least: Option<u8>, most: Option<u8>) -> bool {
    if filter.minimum_age.is_none() && filter.maximum_age.is_none() {
        return true;
    }
    // Neither bound stated: not known whom it takes, so not found by age. One stated: the other is open.
    (least.is_some() || most.is_some())
        && filter
            .minimum_age
            .is_none_or(|from| most.is_none_or(|most| most >= from))
        && filter
            .maximum_age
            .is_none_or(|to| least.is_none_or(|least| least <= to))
}
