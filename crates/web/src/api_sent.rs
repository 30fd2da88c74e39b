//! The JSON API, version 1, as the one who sent a referral: where it stands, an answer that came another way, the person's choice
//! between two offers, taking back, a fresh code.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use throughline_app::records::referral::Via;
use throughline_app::referral;
use throughline_app::referral_answer::{self, Answer};
use throughline_app::referral_hold;
use throughline_app::referral_line;
use throughline_app::referral_send;
use throughline_core::code::Code as _;
use throughline_policy::ActionKind as A;

use crate::api::{AnswerBody, body, if_match, if_matched, moves_to, tagged};
use crate::api_case::with_to;
use crate::fault::Outcome;
use crate::route::{Access, Handler, Method1, Route, api};
use crate::visit::{Visit, json as answer_json};

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let record = |path, title, handler: Handler| {
        let client = Access::Client(A::ReferralRecord);
        api(Method1::Post, path, title, client, handler)
    };
    vec![
        api(
            Method1::Get,
            "/api/v1/sent/{referral}",
            "Read a referral as the one who sent it",
            Access::Client(A::ReferralRead),
            |v| Box::pin(sent(v)),
        ),
        record(
            "/api/v1/sent/{referral}/answer",
            "Record an answer that came by telephone, on paper or through the person",
            |v| Box::pin(answer(v)),
        ),
        record(
            "/api/v1/sent/{referral}/choose",
            "The person chooses this offer: the others are taken back",
            |v| Box::pin(choose(v)),
        ),
        record(
            "/api/v1/sent/{referral}/ask-again",
            "The person does not choose the other offer: ask this service again",
            |v| Box::pin(ask_again(v)),
        ),
        record(
            "/api/v1/sent/{referral}/ask-now",
            "Ask a service that stands in line now, beside those that were asked",
            |v| Box::pin(ask_now(v)),
        ),
        record(
            "/api/v1/sent/{referral}/withdraw",
            "Take a referral back",
            |v| Box::pin(take_back(v)),
        ),
        record(
            "/api/v1/sent/{referral}/code",
            "A fresh link, and the code to give another way",
            |v| Box::pin(code(v)),
        ),
    ]
}

/// An answer that came another way, and by which.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedBody {
    via: Another,
    answer: Said,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Another {
    Phone,
    Paper,
    Person,
}

/// What a service said, or the person.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    Service(AnswerBody),
    Person(PersonBody),
}

#[derive(Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
enum PersonBody {
    Seen {},
    PersonDeclines {},
}

async fn sent(visit: Visit) -> Outcome {
    let view = referral::view(visit.app(), visit.actor(), visit.reference("referral")?).await?;
    let steps: Vec<Value> = view
        .steps
        .iter()
        .map(|step| {
            json!({ "at": step.at.to_string(), "from": step.from.code(), "to": step.to.code(), "via": step.via.code() })
        })
        .collect();
    let others: Vec<Value> = view
        .others
        .iter()
        .map(|(other, to)| with_to(other, to))
        .collect();
    let mut value = with_to(&view.referral, &view.service);
    if let Some(map) = value.as_object_mut() {
        map.insert("case".to_owned(), view.case.to_string().into());
        map.insert("steps".to_owned(), steps.into());
        map.insert("others".to_owned(), others.into());
    }
    Ok(tagged(
        answer_json(StatusCode::OK, &value),
        view.referral.version,
    ))
}

/// The state after a change, with its new version.
fn now(state: &str, version: i64) -> Response {
    let value = json!({ "state": state });
    tagged(answer_json(StatusCode::OK, &value), version)
}

async fn answer(visit: Visit) -> Outcome {
    let seen = if_match(&visit)?;
    let sent: RecordedBody = body(&visit)?;
    let via = match sent.via {
        Another::Phone => Via::Phone,
        Another::Paper => Via::Paper,
        Another::Person => Via::Person,
    };
    let answer = match sent.answer {
        Said::Service(said) => said.read()?,
        Said::Person(PersonBody::Seen {}) => Answer::Seen,
        Said::Person(PersonBody::PersonDeclines {}) => Answer::PersonDeclines,
    };
    let reference = visit.reference("referral")?;
    let done =
        referral_answer::record_answer(visit.app(), visit.actor(), reference, seen, &answer, via);
    let state = if_matched(done.await)?;
    Ok(now(state.code(), seen + moves_to(state)))
}

async fn choose(visit: Visit) -> Outcome {
    let seen = if_match(&visit)?;
    let reference = visit.reference("referral")?;
    if_matched(referral_hold::choose(visit.app(), visit.actor(), reference, seen).await)?;
    let view = referral::view(visit.app(), visit.actor(), reference).await?;
    Ok(now(view.referral.state.code(), view.referral.version))
}

async fn ask_again(visit: Visit) -> Outcome {
    let seen = if_match(&visit)?;
    let reference = visit.reference("referral")?;
    if_matched(referral_hold::ask_again(visit.app(), visit.actor(), reference, seen).await)?;
    let view = referral::view(visit.app(), visit.actor(), reference).await?;
    Ok(now(view.referral.state.code(), view.referral.version))
}

async fn ask_now(visit: Visit) -> Outcome {
    let seen = if_match(&visit)?;
    let reference = visit.reference("referral")?;
    let done = referral_line::ask_now(visit.app(), visit.actor(), reference, seen).await;
    let code = if_matched(done)?;
    let view = referral::view(visit.app(), visit.actor(), reference).await?;
    let mut value = json!({ "state": view.referral.state.code() });
    if let (Some(map), Some((code, route))) = (value.as_object_mut(), code) {
        map.insert("code".to_owned(), code.into());
        map.insert("code_route".to_owned(), route.into());
    }
    let version = view.referral.version;
    Ok(tagged(answer_json(StatusCode::OK, &value), version))
}

async fn take_back(visit: Visit) -> Outcome {
    let seen = if_match(&visit)?;
    let reference = visit.reference("referral")?;
    if_matched(referral_answer::withdraw(visit.app(), visit.actor(), reference, seen).await)?;
    Ok(now("withdrawn", seen + 1))
}

async fn code(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let (code, code_route) = referral_send::new_code(visit.app(), visit.actor(), reference).await?;
    let value = json!({ "code": code, "code_route": code_route });
    Ok(answer_json(StatusCode::OK, &value))
}
