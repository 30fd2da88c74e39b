//! The session behind a cookie.

use axum::http::HeaderMap;

use crate::Web;
use crate::fault::Fault;
use crate::visit::Signed;

/// Reads one cookie.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(axum::http::header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// Who is signed in, by the session cookie.
pub(crate) async fn signed_in(_web: &Web, _headers: &HeaderMap) -> Result<Option<Signed>, Fault> {
    Ok(None)
}

/// The program that a bearer secret belongs to.
pub(crate) async fn client(
    _web: &Web,
    _headers: &HeaderMap,
) -> Result<Option<throughline_policy::Actor>, Fault> {
    Ok(None)
}
