//! The session behind a cookie.

use axum::http::HeaderMap;
use throughline_identity::Token;
use throughline_identity::sessions::{Presence, Who};

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

/// Who is signed in, by the session cookie. A locked session says nothing of whose it is.
pub(crate) async fn signed_in(web: &Web, headers: &HeaderMap) -> Result<Option<Signed>, Fault> {
    let Some(token) = token(web, headers) else {
        return Ok(None);
    };
    let identity = web.identity();
    let (here, locked) = match identity.actor_of_session(Some(&token)).await? {
        Presence::Absent => return Ok(None),
        Presence::Locked(here) => (here, true),
        Presence::Here(here) => (here, false),
    };
    let who = if locked {
        Who::default()
    } else {
        identity.who(&here).await?
    };
    let open_now = if locked {
        None
    } else {
        throughline_app::urgent::now(web.app(), &here.actor).await?
    };
    Ok(Some(Signed {
        open_now,
        actor: here.actor.clone(),
        csrf: here.csrf.clone(),
        name: who.name,
        organisation: who.organisation,
        nation: who.nation,
        locked,
        token,
        here,
    }))
}

/// The token in the session cookie.
pub(crate) fn token(web: &Web, headers: &HeaderMap) -> Option<Token> {
    Token::parse(cookie(headers, web.cookies().session_name())?)
}

/// The program that a bearer secret belongs to.
pub(crate) async fn client(
    web: &Web,
    headers: &HeaderMap,
) -> Result<Option<throughline_policy::Actor>, Fault> {
    let header = headers
        .get(axum::http::header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    match header.and_then(|header| header.strip_prefix("Bearer ")) {
        Some(secret) => Ok(web.identity().client_of_secret(secret.trim()).await?),
        None => Ok(None),
    }
}
