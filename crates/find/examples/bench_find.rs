//! How long finding takes, and how that compares with a plain scan of every service.
//!
//! usage: cargo run --release -p throughline-find --example bench_find [services] [questions]

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use throughline_core::time::At;
use throughline_find::bench::{find_by_scanning, synthetic_listings, synthetic_queries};
use throughline_find::{Answer, Knowledge, Query, Snapshot, find};

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<usize>());
    let services = numbers.next().transpose()?.unwrap_or(10_000);
    let questions = numbers.next().transpose()?.unwrap_or(500);
    let now = At::parse("2026-11-20T10:00:00Z").ok_or("time")?;

    let began = Instant::now();
    let knowledge = Arc::new(Knowledge::built_in()?);
    let loaded = began.elapsed();
    let listings = synthetic_listings(&knowledge, 1, services, now);
    let began = Instant::now();
    let snapshot = Snapshot::build(Arc::clone(&knowledge), listings);
    let built = began.elapsed();

    let queries: Vec<Query> = synthetic_queries(&knowledge, 2, questions)
        .into_iter()
        .map(|query| Query { limit: 20, ..query })
        .collect();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{services} services: data read in {loaded:?}, indexed in {built:?}"
    )?;
    let indexed = measure(&queries, |query| find(&snapshot, query, now));
    let scanned = measure(&queries, |query| find_by_scanning(&snapshot, query, now));
    for (name, times) in [("indexed", &indexed), ("scanned", &scanned)] {
        writeln!(
            out,
            "{name}: p50 {} µs, p99 {} µs",
            at(times, 50).as_micros(),
            at(times, 99).as_micros()
        )?;
    }
    let ratio = at(&scanned, 50).as_secs_f64() / at(&indexed, 50).as_secs_f64().max(f64::EPSILON);
    writeln!(
        out,
        "a plain scan takes {ratio:.1} times as long at the median"
    )?;
    Ok(())
}

/// Times in ascending order.
fn measure(queries: &[Query], find: impl Fn(&Query) -> Answer) -> Vec<Duration> {
    let mut times: Vec<Duration> = queries
        .iter()
        .map(|query| {
            let began = Instant::now();
            std::hint::black_box(find(query));
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    times
}

fn at(sorted: &[Duration], percent: usize) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get(last * percent / 100)
        .copied()
        .unwrap_or_default()
}
