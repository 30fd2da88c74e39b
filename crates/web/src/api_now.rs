//! The JSON API, version 1, about what comes first in a case: bed, money and essentials, children, the risk; who has looked; and
//! closing. Judging a risk and deciding about a child are read here and never written: a named human does that (R-IG-10,
//! docs/decisions/0018).

use axum::http::StatusCode;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use throughline_app::case::{self, Closing};
use throughline_app::case_now::{self, Said};
use throughline_app::case_parts::{self, RightNow};
use throughline_app::case_view;
use throughline_app::intake;
use throughline_app::records::person::PersonSheet;
use throughline_core::answer::Answer;
use throughline_core::closing::AreThereChildren;
use throughline_core::code::Code as _;
use throughline_core::immediate::{
    ImmediateAnswer, ImmediateCode, ImmediateKind, MoneyGiven, MoneyOpen, MoneyWay, money_open,
};
use throughline_core::people::AgeBand;
use throughline_core::reason::Reason;
use throughline_core::time::At;
use throughline_policy::ActionKind as A;
use throughline_ui::prelude::Form;

use crate::api::{body, compact, if_match, if_matched, once, tagged, words};
use crate::api_case::done;
use crate::case_now::{REASON, named};
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Handler, Method1, Route, api};
use crate::visit::{Visit, json as answer_json};

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let ask = |path, title, action, handler: Handler| {
        api(Method1::Get, path, title, Access::Client(action), handler)
    };
    let tell = |path, title, handler: Handler| {
        let client = Access::Client(A::CaseChange);
        api(Method1::Post, path, title, client, handler)
    };
    vec![
        ask(
            "/api/v1/cases/{case}/right-now",
            "Bed, money and essentials: what happened about each",
            A::CaseRead,
            |v| Box::pin(right_now(v)),
        ),
        ask(
            "/api/v1/cases/{case}/right-now/{kind}",
            "One of bed, money and essentials",
            A::CaseRead,
            |v| Box::pin(right_now_one(v)),
        ),
        tell(
            "/api/v1/cases/{case}/right-now/{kind}",
            "Record what happened about bed, money or essentials",
            |v| Box::pin(right_now_answer(v)),
        ),
        ask(
            "/api/v1/cases/{case}/children",
            "The children of a case",
            A::CaseRead,
            |v| Box::pin(children(v)),
        ),
        tell("/api/v1/cases/{case}/children", "Record a child", |v| {
            Box::pin(child_add(v))
        }),
        tell(
            "/api/v1/cases/{case}/children/asked",
            "Record whether there are children",
            |v| Box::pin(children_asked(v)),
        ),
        ask(
            "/api/v1/cases/{case}/risk",
            "The risk as people judged it",
            A::CaseRead,
            |v| Box::pin(risk(v)),
        ),
        ask(
            "/api/v1/cases/{case}/looks",
            "Who has looked at the record, newest first",
            A::CaseLookers,
            |v| Box::pin(looks(v)),
        ),
        tell("/api/v1/cases/{case}/close", "Close a case", |v| {
            Box::pin(close(v))
        }),
        tell(
            "/api/v1/cases/{case}/reopen",
            "Open a closed case again",
            |v| Box::pin(reopen(v)),
        ),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChildBody {
    chosen: String,
    born: Option<Date>,
    age_band: Option<AgeBand>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedBody {
    answer: AreThereChildren,
}

#[derive(Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
enum RightNowBody {
    Given {
        how: Option<MoneyWay>,
        only_theirs: Option<Answer>,
    },
    NotNeeded {},
    Declined {},
    Unavailable {},
    PutOff {
        until: String,
        reason: String,
    },
}

impl RightNowBody {
    /// What it says about `kind`, for the version that was seen. How money was given is asked of money alone.
    fn read(self, kind: ImmediateKind, version: i64) -> Result<Said, Fault> {
        let mut money = MoneyGiven::default();
        let answer = match self {
            Self::Given { how, only_theirs } => {
                money.way = how;
                money.only_theirs = only_theirs;
                ImmediateAnswer::Given
            }
            Self::NotNeeded {} => ImmediateAnswer::NotNeeded,
            Self::Declined {} => ImmediateAnswer::Declined,
            Self::Unavailable {} => ImmediateAnswer::Unavailable,
            Self::PutOff { until, reason } => ImmediateAnswer::PutOff {
                until: At::parse(&until).ok_or(wrong("until", "case-time-needed"))?,
                reason: Reason::new(&reason)
                    .ok()
                    .filter(|reason| reason.as_str().chars().count() <= REASON)
                    .ok_or(wrong("reason", "case-reason-needed"))?,
            },
        };
        if kind != ImmediateKind::Money && money != MoneyGiven::default() {
            return Err(Fault::BadRequest);
        }
        if kind == ImmediateKind::Money && money_open(answer.code(), money) == Some(MoneyOpen::Way)
        {
            return Err(wrong("how", "error-choose-one"));
        }
        Ok(Said {
            kind,
            answer,
            only_theirs: money.only_theirs,
            into_account: money.way == Some(MoneyWay::Account),
            version,
        })
    }
}

const fn wrong(field: &'static str, problem: &'static str) -> Fault {
    Fault::Invalid { field, problem }
}

fn shown(now: &RightNow) -> Value {
    let known = now.known.as_ref();
    compact(json!({
        "kind": now.kind.code(), "counts": now.counts, "answer": known.map(|known| known.answer.code().code()),
        "only_theirs": known.and_then(|known| known.only_theirs).map(Answer::code),
        "answered_at": known.map(|known| known.answered_at.to_string()),
        "post": known.and_then(|known| known.answer.duty()).map(|duty| duty.owner.code()),
        "owner": now.owner, "due_at": known.and_then(|known| known.due_at).map(|at| at.to_string()),
    }))
}

async fn right_now(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let all = case_parts::right_now(visit.app(), visit.actor(), case).await?;
    let rows: Vec<Value> = all.iter().map(shown).collect();
    Ok(answer_json(StatusCode::OK, &json!({ "right_now": rows })))
}

async fn right_now_one(visit: Visit) -> Outcome {
    let kind = named::<ImmediateKind>(&visit, "kind")?;
    let case = visit.reference("case")?;
    let all = case_parts::right_now(visit.app(), visit.actor(), case).await?;
    let one = all.iter().find(|one| one.kind == kind);
    let one = one.ok_or(Fault::NotFound)?;
    Ok(tagged(
        answer_json(StatusCode::OK, &shown(one)),
        one.version(),
    ))
}

async fn right_now_answer(visit: Visit) -> Outcome {
    let seen = if_match(&visit)?;
    let kind = named::<ImmediateKind>(&visit, "kind")?;
    let said = body::<RightNowBody>(&visit)?.read(kind, seen)?;
    let case = visit.reference("case")?;
    let done = case_now::immediate_answer(visit.app(), visit.actor(), case, &said).await;
    if_matched(done)?;
    let value = json!({ "kind": kind.code(), "answer": ImmediateCode::code(said.answer.code()) });
    Ok(tagged(answer_json(StatusCode::OK, &value), seen + 1))
}

async fn children(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let known = case_parts::children(visit.app(), visit.actor(), case).await?;
    let rows: Vec<Value> = known
        .children
        .iter()
        .map(|(child, by)| {
            compact(json!({
                "reference": child.reference, "chosen": child.sheet.chosen, "born": child.sheet.born, "age_band": child.sheet.age_band,
                "help": child.state.code(), "safeguarding": child.safeguarding.as_ref().map(|decision| decision.code().code()),
                "decided_at": child.decided_at.map(|at| at.to_string()), "decided_by": by,
            }))
        })
        .collect();
    let value = json!({ "asked": known.asked.map(AreThereChildren::code), "children": rows });
    Ok(answer_json(StatusCode::OK, &compact(value)))
}

async fn child_add(visit: Visit) -> Outcome {
    let sent: ChildBody = body(&visit)?;
    let chosen = words(&sent.chosen, "chosen")?;
    let sheet = PersonSheet {
        chosen: chosen.as_str().to_owned(),
        given: None,
        family: None,
        born: sent.born.map(|born| born.to_string()),
        age_band: sent.age_band.map(|band| band.code().to_owned()),
        language: None,
        interpreter: None,
        access: Vec::new(),
    };
    let case = visit.reference("case")?;
    let once = once(&visit, &format!("POST child {case}"))?;
    Ok(done(
        &intake::child(visit.app(), visit.actor(), &once, case, &sheet).await?,
    ))
}

async fn children_asked(visit: Visit) -> Outcome {
    let sent: AskedBody = body(&visit)?;
    let case = visit.reference("case")?;
    let once = once(&visit, &format!("POST children asked {case}"))?;
    Ok(done(
        &intake::children(visit.app(), visit.actor(), &once, case, sent.answer).await?,
    ))
}

async fn risk(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let known = case_parts::risk(visit.app(), visit.actor(), case).await?;
    let judged: Vec<Value> = known
        .judged
        .iter()
        .map(|once| {
            compact(json!({
                "band": once.band.code(), "judged_as": once.judged_as.code(), "by": once.by, "at": once.at.to_string(),
            }))
        })
        .collect();
    let clocks: Vec<Value> = known
        .clocks
        .iter()
        .map(|clock| {
            json!({ "kind": clock.kind.code(), "post": clock.post.code(), "due_at": clock.due_at.to_string() })
        })
        .collect();
    let value = json!({
        "band": known.band.code(), "reason_known": !judged.is_empty(), "judged": judged, "clocks": clocks,
    });
    Ok(answer_json(StatusCode::OK, &value))
}

async fn looks(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let asked = Form::parse(visit.query.as_bytes()).map_err(|_| Fault::BadRequest)?;
    let page = match asked.value("page") {
        "" => 1,
        page => page.parse().map_err(|_| Fault::BadRequest)?,
    };
    let found = case_view::lookers(visit.app(), visit.actor(), case, page).await?;
    let rows: Vec<Value> = found
        .looks
        .iter()
        .map(|one| {
            compact(json!({
                "at": one.look.at.to_string(), "action": one.look.action, "by": one.by, "organisation": one.organisation,
                "fields": one.look.fields, "on_list": one.look.on_list,
            }))
        })
        .collect();
    Ok(answer_json(
        StatusCode::OK,
        &json!({ "looks": rows, "page": found.page, "pages": found.pages }),
    ))
}

async fn close(visit: Visit) -> Outcome {
    let seen = if_match(&visit)?;
    let case = visit.reference("case")?;
    let done = case::close(visit.app(), visit.actor(), case, seen).await;
    match if_matched(done)? {
        Closing::Closed => Ok(tagged(
            answer_json(StatusCode::OK, &json!({ "state": "closed" })),
            seen + 1,
        )),
        Closing::StillOpen(open) => Err(Fault::StillOpen(open)),
    }
}

async fn reopen(visit: Visit) -> Outcome {
    let seen = if_match(&visit)?;
    let case = visit.reference("case")?;
    let done = case::reopen(visit.app(), visit.actor(), case, seen).await;
    if_matched(done)?;
    Ok(tagged(
        answer_json(StatusCode::OK, &json!({ "state": "open" })),
        seen + 1,
    ))
}
