//! The JSON API, version 1, as a service that is asked: its inbox, a referral's packet, the answer, the outcome. What the asking
//! side does is in `api_case`; both stand on the helpers here.
//!
//! Reading gives an `ETag`; changing needs it back in `If-Match`, so nobody overwrites what they have not seen: without it the
//! answer is 428, with another version than there is now 412 (RFC 6585, RFC 9110). Creating needs an `Idempotency-Key`, so a write sent twice is done once. Problems are RFC 9457 and never repeat what was sent.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use throughline_app::partner;
use throughline_app::records::once::Once;
use throughline_app::records::referral::{Referral, Via};
use throughline_app::referral_answer::{self, Answer, Outcome as Came};
use throughline_core::code::Code as _;
use throughline_core::reason::Words;
use throughline_core::referral::{EndReason, Helped, ReferralState, UnmetReason};
use throughline_policy::{ActionKind, Actor};

use crate::fault::{Fault, Outcome};
use crate::route::{Access, Method1, Rate, Route, api};
use crate::visit::{Visit, json as answer_json};

/// Rows in one list.
const LIST_LIMIT: u64 = 200;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let client = Access::Client;
    let mut document = api(
        Method1::Get,
        "/api/openapi.json",
        "This description",
        Access::Public,
        |v| Box::pin(document(v)),
    );
    document.rate = Rate::Api;
    vec![
        document,
        api(
            Method1::Get,
            "/api/v1/referrals",
            "Referrals that wait for an answer",
            client(ActionKind::ReferralReceive),
            |v| Box::pin(inbox(v)),
        ),
        api(
            Method1::Get,
            "/api/v1/referrals/{referral}",
            "Read a referral and its packet",
            client(ActionKind::PacketRead),
            |v| Box::pin(referral_read(v)),
        ),
        api(
            Method1::Post,
            "/api/v1/referrals/{referral}/answer",
            "Answer a referral",
            client(ActionKind::ReferralAnswer),
            |v| Box::pin(referral_answer(v)),
        ),
        api(
            Method1::Post,
            "/api/v1/referrals/{referral}/outcome",
            "Record what came of it",
            client(ActionKind::OutcomeRecord),
            |v| Box::pin(referral_outcome(v)),
        ),
    ]
}

#[derive(Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum AnswerBody {
    Accept {
        name: String,
        when: Option<String>,
        how: Option<String>,
    },
    Waitlist {
        days: Option<u16>,
    },
    Decline {
        reason: UnmetReason,
        words: Option<String>,
    },
}

impl AnswerBody {
    /// The answer it says.
    pub(crate) fn read(self) -> Result<Answer, Fault> {
        Ok(match self {
            Self::Accept { name, when, how } => Answer::Accept {
                by: words(&name, "name")?,
                when,
                how,
            },
            Self::Waitlist { days } => Answer::Waitlist { days },
            Self::Decline { reason, words } => Answer::Decline { reason, words },
        })
    }
}

#[derive(Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case", deny_unknown_fields)]
enum OutcomeBody {
    FirstContact {},
    Started {},
    Ended { reason: EndReason, helped: Helped },
}

/// The body as `T`. What is wrong with it is never repeated back (ASSURANCE G6).
pub(crate) fn body<T: DeserializeOwned>(visit: &Visit) -> Result<T, Fault> {
    let json = visit
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !json {
        return Err(Fault::BadRequest);
    }
    serde_json::from_slice(&visit.body).map_err(|_| Fault::BadRequest)
}

pub(crate) fn words(text: &str, field: &'static str) -> Result<Words, Fault> {
    Words::new(text).map_err(|_| Fault::Invalid {
        field,
        problem: "error-required",
    })
}

/// The version that the caller has seen. Without one, or with `*`, they have not said what they would change: 428. A tag that
/// was never ours matches nothing: 412.
pub(crate) fn if_match(visit: &Visit) -> Result<i64, Fault> {
    let tag = visit.headers.get(header::IF_MATCH);
    let tag = tag.ok_or(Fault::PreconditionRequired)?.as_bytes();
    let tag = tag.trim_ascii();
    if tag == b"*" {
        return Err(Fault::PreconditionRequired);
    }
    let version = std::str::from_utf8(tag)
        .ok()
        .and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    version.ok_or(Fault::PreconditionFailed)
}

/// What became of a change that was made for the version in `If-Match`: somebody else's change first is a failed precondition
/// (412). 409 stays for what conflicts without one.
pub(crate) fn if_matched<T>(done: throughline_app::Result<T>) -> Result<T, Fault> {
    done.map_err(|error| match error {
        throughline_app::Error::Conflict => Fault::PreconditionFailed,
        other => other.into(),
    })
}

pub(crate) fn tagged(mut response: Response, version: i64) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

/// This write, told apart from others by its sender and their key. Every write that makes something needs one.
pub(crate) fn once(visit: &Visit, path: &str) -> Result<Once, Fault> {
    let key = visit
        .headers
        .get("idempotency-key")
        .and_then(|value| value.to_str().ok())
        .filter(|key| (8..=200).contains(&key.len()));
    let key = key.ok_or(Fault::Invalid {
        field: "Idempotency-Key",
        problem: "api-key-needed",
    })?;
    let client = match visit.actor() {
        Actor::Client { client, .. } => client.uuid().as_bytes().to_vec(),
        _ => Vec::new(),
    };
    Ok(Once::new(&client, key, &[path.as_bytes(), &visit.body]))
}

async fn inbox(visit: Visit) -> Outcome {
    let rows = partner::inbox(visit.app(), visit.actor(), LIST_LIMIT).await?;
    let rows: Vec<Value> = rows
        .into_iter()
        .map(|row| {
            compact(json!({
                "reference": row.reference, "need": row.need.code(), "state": row.state.code(),
                "sent_at": row.sent_at.map(|at| at.to_string()), "due_at": row.due_at.map(|at| at.to_string()), "from": row.from,
            }))
        })
        .collect();
    Ok(answer_json(StatusCode::OK, &json!({ "referrals": rows })))
}

pub(crate) fn plain(referral: &Referral) -> Value {
    compact(json!({
        "reference": referral.reference, "need": referral.need.code(), "state": referral.state.code(), "reason": referral.reason,
        "helped": referral.helped, "sent_at": referral.sent_at.map(|at| at.to_string()), "due_at": referral.due_at.map(|at| at.to_string()),
    }))
}

async fn referral_read(visit: Visit) -> Outcome {
    let view = partner::open(visit.app(), visit.actor(), visit.reference("referral")?).await?;
    let mut value = plain(&view.referral);
    if let (Some(map), Some(packet)) = (value.as_object_mut(), &view.packet) {
        let lines: Vec<Value> =
            packet.lines.iter().map(|line| json!({ "item": line.item.code(), "codes": line.codes, "words": line.words })).collect();
        map.insert(
            "packet".to_owned(),
            json!({ "agreed": packet.agreed, "lines": lines }),
        );
    }
    Ok(tagged(
        answer_json(StatusCode::OK, &value),
        view.referral.version,
    ))
}

async fn referral_answer(visit: Visit) -> Outcome {
    let seen = if_match(&visit)?;
    let answer = body::<AnswerBody>(&visit)?.read()?;
    let reference = visit.reference("referral")?;
    let done = partner::answer(visit.app(), visit.actor(), reference, seen, &answer).await;
    let state = if_matched(done)?;
    Ok(tagged(
        answer_json(StatusCode::OK, &json!({ "state": state.code() })),
        seen + moves_to(state),
    ))
}

/// How many moves an answer made: a yes that waits because another service was first was recorded, then held.
pub(crate) const fn moves_to(state: ReferralState) -> i64 {
    if matches!(state, ReferralState::Held) {
        2
    } else {
        1
    }
}

async fn referral_outcome(visit: Visit) -> Outcome {
    let seen = if_match(&visit)?;
    let came = match body::<OutcomeBody>(&visit)? {
        OutcomeBody::FirstContact {} => Came::FirstContact,
        OutcomeBody::Started {} => Came::Started,
        OutcomeBody::Ended { reason, helped } => Came::Ended { reason, helped },
    };
    let reference = visit.reference("referral")?;
    let done =
        referral_answer::outcome(visit.app(), visit.actor(), reference, seen, came, Via::Api).await;
    let state = if_matched(done)?;
    Ok(tagged(
        answer_json(StatusCode::OK, &json!({ "state": state.code() })),
        seen + 1,
    ))
}

/// Leaves out what has no value.
pub(crate) fn compact(mut value: Value) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.retain(|_, value| !value.is_null());
    }
    value
}

async fn document(_: Visit) -> Outcome {
    Ok(answer_json(StatusCode::OK, &crate::openapi::document()))
}
