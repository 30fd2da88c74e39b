//! `bench`: how long finding takes over an invented directory, on this machine. Nothing of an installation is read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use throughline_find::bench::{find_by_scanning, synthetic_listings, synthetic_queries};
use throughline_find::{Knowledge, Snapshot, find};

use crate::envs;
use crate::report::{Failure, Outcome, Report};

/// `throughline bench find`.
pub fn of_find(services: usize, questions: usize) -> Outcome {
    let knowledge =
        Arc::new(Knowledge::built_in().map_err(|error| Failure::failed(error.to_string()))?);
    let now = envs::system().now();
    let begun = Instant::now();
    let snapshot = Snapshot::build(
        Arc::clone(&knowledge),
        synthetic_listings(&knowledge, 7, services, now),
    );
    let built = begun.elapsed();
    let queries = synthetic_queries(&knowledge, 7, questions);
    let mut times: Vec<Duration> = Vec::with_capacity(queries.len());
    for query in &queries {
        let begun = Instant::now();
        std::hint::black_box(find(&snapshot, query, now).total);
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    // One in ten is held against the plain scan: a fast wrong answer is worth nothing.
    let wrong = queries
        .iter()
        .step_by(10)
        .filter(|query| {
            find(&snapshot, query, now).total != find_by_scanning(&snapshot, query, now).total
        })
        .count();
    let at = |share: usize| {
        times
            .get((times.len() * share / 100).min(times.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
            .as_micros()
    };
    let text = format!(
        "{services} services indexed in {} ms. {questions} questions: median {} µs, 95 % {} µs, 99 % {} µs. Different from the plain scan: {wrong}.",
        built.as_millis(),
        at(50),
        at(95),
        at(99)
    );
    let json = json!({ "services": services, "questions": questions, "build_ms": built.as_millis(), "p50_us": at(50), "p95_us": at(95), "p99_us": at(99), "different_from_scan": wrong });
    Ok(Report::new(text, json).but_wrong(wrong > 0))
}
