//! The JSON API, version 1: lists that are read page by page. `next` is the last row of a page that others follow; it is sent
//! back as `after`. Rows come in the order in which they were made, so that no clock that moves meanwhile leaves one out.

use axum::http::StatusCode;
use serde_json::{Value, json};
use throughline_app::lists::{self, PAGE_LIMIT, Page};
use throughline_core::code::Code as _;
use throughline_core::id::Ref;
use throughline_policy::ActionKind as A;
use throughline_ui::prelude::Form;

use crate::api::compact;
use crate::api_case::with_to;
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Method1, Route, api};
use crate::visit::{Visit, json as answer_json};

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        api(
            Method1::Get,
            "/api/v1/tasks",
            "What waits to be done, oldest first",
            Access::Client(A::TaskList),
            |v| Box::pin(tasks(v)),
        ),
        api(
            Method1::Get,
            "/api/v1/sent",
            "Referrals that were sent, newest first",
            Access::Client(A::ReferralRead),
            |v| Box::pin(sent(v)),
        ),
    ]
}

/// Which page was asked for.
fn page(visit: &Visit) -> Result<Page, Fault> {
    let asked = Form::parse(visit.query.as_bytes()).map_err(|_| Fault::BadRequest)?;
    let after = asked.optional("after").map(|after| after.parse::<Ref>());
    let limit = asked.optional("limit").map(|limit| limit.parse::<u64>());
    Ok(Page {
        after: after.transpose().map_err(|_| Fault::Invalid {
            field: "after",
            problem: "api-after-unknown",
        })?,
        limit: limit
            .unwrap_or(Ok(PAGE_LIMIT))
            .map_err(|_| Fault::Invalid {
                field: "limit",
                problem: "api-limit",
            })?,
    })
}

async fn tasks(visit: Visit) -> Outcome {
    let (rows, more) = lists::tasks(visit.app(), visit.actor(), page(&visit)?).await?;
    let next = rows.last().filter(|_| more).map(|row| row.task.reference);
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            let task = &row.task;
            compact(json!({
                "reference": task.reference, "kind": task.kind.code(), "state": task.state.code(), "post": task.post.code(),
                "owner": row.owner, "case": row.case, "since": task.created_at.to_string(), "due_at": task.due_at.to_string(),
            }))
        })
        .collect();
    let value = compact(json!({ "tasks": rows, "next": next }));
    Ok(answer_json(StatusCode::OK, &value))
}

async fn sent(visit: Visit) -> Outcome {
    let (rows, more) = lists::sent(visit.app(), visit.actor(), page(&visit)?).await?;
    let next = rows.last().filter(|_| more).map(|(row, _)| row.reference);
    let rows: Vec<Value> = rows.iter().map(|(row, to)| with_to(row, to)).collect();
    let value = compact(json!({ "referrals": rows, "next": next }));
    Ok(answer_json(StatusCode::OK, &value))
}
