//! Changing what a service was told, after it was sent: the same two pages as sending, filled in with what it reads now.

use throughline_app::referral_amend::{self, Change};
use throughline_app::referral_send::{Ask, SendOrder};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::refer::{SENDERS, TITLE, agree, lines_page, sent};
use crate::refer_line::as_before;
use crate::route::{Rate, Route, get, post};
use crate::shown::seen;
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/referrals/{referral}/change", TITLE, SENDERS, page, |v| {
            Box::pin(lines(v))
        }),
        post("/referrals/{referral}/change", TITLE, SENDERS, page, |v| {
            Box::pin(agree(v))
        }),
        post(
            "/referrals/{referral}/change/send",
            TITLE,
            SENDERS,
            page,
            |v| Box::pin(change(v)),
        )
        .keeping(&["agreed_words", "decision", "reasons"]),
    ]
}

/// What could be told now, beside what was.
pub(crate) async fn prepared(visit: &Visit) -> Result<Change, Fault> {
    let reference = visit.reference("referral")?;
    Ok(referral_amend::prepare(visit.app(), visit.actor(), reference).await?)
}

async fn lines(visit: Visit) -> Outcome {
    let now = prepared(&visit).await?;
    let form = as_before(&now.known, &now.packet, now.referral.need, "");
    let seen = ("seen".to_owned(), now.referral.version.to_string());
    let form = Form::from_pairs(form.pairs().iter().cloned().chain([seen]));
    Ok(visit.show(lines_page(&visit, &now.known, &form)))
}

async fn change(visit: Visit) -> Outcome {
    let now = prepared(&visit).await?;
    let case = now.case;
    // The service is the one that has it, whatever an order says.
    let service = visit.reference("referral")?;
    sent(visit, |need| Ask {
        case,
        service,
        need,
    })
    .await
}

/// Changes what was sent by what was agreed.
pub(crate) async fn amended(
    visit: &Visit,
    form: &Form,
    order: &SendOrder,
) -> throughline_app::Result<axum::response::Response> {
    let Some(reference) = visit.param("referral").and_then(|text| text.parse().ok()) else {
        return Err(throughline_app::Error::Illegal("no such request"));
    };
    referral_amend::amend(visit.app(), visit.actor(), reference, seen(form), order).await?;
    Ok(visit.go_saying(&format!("/referrals/{reference}"), "refer-changed"))
}
