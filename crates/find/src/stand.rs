//! Services that were already chosen, looked at again: which of them still fit, in the order in which they would be offered now.

use throughline_core::id::Ref;
use throughline_core::time::At;

use crate::engine::{Asked, Query};
use crate::rule::RuleId;
use crate::rules::RULES;
use crate::snapshot::Snapshot;

/// How a service that was chosen before stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// No rule refuses it.
    Fits,
    /// A rule refuses it by what is known now.
    Refused(RuleId),
    /// It is not in the directory any more, does not run, or the person must not meet it.
    Gone,
}

/// How each of these services stands for a query: those that fit first, in the order in which [`crate::find`] would offer them. What a service is about is not asked: the person chose it.
pub fn stand(
    snapshot: &Snapshot,
    query: &Query,
    now: At,
    services: impl IntoIterator<Item = Ref>,
) -> Vec<(Ref, Stand)> {
    let asked = Asked::new(snapshot, query, now, RULES);
    let mut found: Vec<_> = services
        .into_iter()
        .map(|service| {
            let judged = snapshot
                .position(service)
                .and_then(|position| asked.judge(position));
            let stand = match &judged {
                None => Stand::Gone,
                Some(judged) => judged.refused_by().map_or(Stand::Fits, Stand::Refused),
            };
            let order = judged
                .filter(|_| stand == Stand::Fits)
                .map(|judged| (asked.order(&judged), judged.position()));
            (service, stand, order)
        })
        .collect();
    found.sort_by_key(|(_, _, order)| (order.is_none(), *order));
    found
        .into_iter()
        .map(|(service, stand, _)| (service, stand))
        .collect()
}
