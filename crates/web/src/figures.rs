//! The figures for monitoring, and who may read them: in a small place, how often a page was opened by the second tells when
//! somebody was seen (docs/SAFETY.md).

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use metrics_exporter_prometheus::PrometheusHandle;
use subtle::ConstantTimeEq as _;

use crate::fault::{Fault, Outcome};
use crate::visit::{Visit, answer};

/// What is counted, and the word that a program on another machine must know to read it.
#[derive(Clone)]
pub struct Figures {
    /// What is counted.
    pub counted: PrometheusHandle,
    /// The word; none: only this machine reads them.
    pub word: Option<String>,
}

impl std::fmt::Debug for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Figures")
    }
}

/// What a proxy adds when it asks for somebody else.
const FOR_ANOTHER: [&str; 6] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
];

/// Lets in whoever asks from this machine for themselves, and whoever brings the word as `Authorization: Bearer`. Errors with "there
/// is no such page" for anyone else.
pub(crate) fn admit(visit: &Visit) -> Result<(), Fault> {
    let here = visit.address.to_canonical().is_loopback();
    let for_another = FOR_ANOTHER
        .iter()
        .any(|name| visit.headers.contains_key(*name));
    let word = visit
        .web
        .figures()
        .and_then(|figures| figures.word.as_deref());
    if (here && !for_another) || word.is_some_and(|word| brings(&visit.headers, word)) {
        Ok(())
    } else {
        Err(Fault::NotFound)
    }
}

/// Whether the request brings this word.
fn brings(headers: &HeaderMap, word: &str) -> bool {
    let brought = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    brought.is_some_and(|brought| bool::from(brought.ct_eq(word.as_bytes())))
}

/// The figures, as Prometheus reads them.
pub(crate) async fn page(visit: Visit) -> Outcome {
    let text = visit
        .web
        .figures()
        .map(|figures| figures.counted.render())
        .unwrap_or_default();
    Ok(answer(
        StatusCode::OK,
        "text/plain; version=0.0.4; charset=utf-8",
        Body::from(text),
    ))
}
