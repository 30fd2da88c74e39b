//! The decision to share nothing, or only part, of what somebody asked for: kept like a decision to share (SPEC 4.7).

use std::collections::BTreeSet;

use throughline_app::case_view::CaseView;
use throughline_app::consent;
use throughline_core::code::Code;
use throughline_core::consent::{HowMuch, LessShared, PacketItem, SharePurpose, ToldPerson};
use throughline_core::reason::{Reason, Words};
use throughline_ui::prelude::*;

use crate::case::{CHANGE, TITLE, opened, step};
use crate::case_now::{at, choices, chosen, codes, form_to, reason};
use crate::fault::Outcome;
use crate::route::{Rate, Route, get, post};
use crate::visit::Visit;

/// The most that somebody may write in one field, in characters.
const WORDS: usize = 1_000;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases/{case}/not-shared", TITLE, CHANGE, page, |v| {
            Box::pin(ask(v))
        }),
        post("/cases/{case}/not-shared", TITLE, CHANGE, page, |v| {
            Box::pin(decide(v))
        })
        .keeping(&[
            "with", "purpose", "how_much", "left_out", "reason", "if_not", "told",
        ]),
    ]
}

async fn ask(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let form = visit
        .typed(&format!("{}/not-shared", at(&view)), Form::empty())
        .await?;
    Ok(visit.show(page(&visit, &view, &form)))
}

fn page(visit: &Visit, view: &CaseView, form: &Form) -> Page {
    let text = visit.text();
    let questions = Html::from(
        Input::new("with", text.t("sharing-not-with"))
            .hint(text.t("sharing-not-with-hint"))
            .bind(form, text),
    )
    .then(
        Radios::new("purpose", Legend::new(text.t("sharing-not-purpose")))
            .items(choices::<SharePurpose>(text, "purpose"))
            .bind(form, text),
    )
    .then(
        Radios::new("how_much", Legend::new(text.t("less-how-much")))
            .items(choices::<HowMuch>(text, "less"))
            .bind(form, text),
    )
    .then(
        Checkboxes::new("left_out", Legend::new(text.t("less-left-out")))
            .hint(text.t("less-left-out-hint"))
            .items(choices::<PacketItem>(text, "packet"))
            .bind(form, text),
    )
    .then(
        Textarea::new("reason", text.t("sharing-not-why"))
            .hint(text.t("sharing-not-why-hint"))
            .rows(3)
            .bind(form, text),
    )
    .then(
        Textarea::new("if_not", text.t("less-if-not"))
            .hint(text.t("less-if-not-hint"))
            .rows(3)
            .bind(form, text),
    )
    .then(
        Radios::new("told", Legend::new(text.t("less-told")))
            .hint(text.t("less-told-hint"))
            .items(choices::<ToldPerson>(text, "told"))
            .bind(form, text),
    )
    .then(Button::new(text.t("case-save")));
    let body = Html::paragraph(text.t("sharing-not-what")).then(form_to(
        visit,
        view,
        "/not-shared",
        view.case.version,
        questions,
    ));
    step(visit, view, "sharing-not-heading", "/sharing", form, body)
}

/// What the form says, or what is wrong in the form.
fn said(form: &mut Form) -> Option<LessShared> {
    let with = form
        .required_within("with", "sharing-not-with-needed", 200)
        .and_then(|with| Words::new(&with).ok());
    let purpose = chosen::<SharePurpose>(form, "purpose");
    let how_much = chosen::<HowMuch>(form, "how_much");
    let left_out: BTreeSet<PacketItem> = form
        .choices("left_out", &codes::<PacketItem>())
        .iter()
        .filter_map(|code| PacketItem::from_code(code).ok())
        .collect();
    let why = reason(form);
    let if_not = form
        .required_within("if_not", "less-if-not-needed", WORDS)
        .and_then(|words| Reason::new(&words).ok());
    let told = chosen::<ToldPerson>(form, "told");
    Some(LessShared {
        with: with?,
        purpose: purpose?,
        how_much: how_much?,
        left_out,
        reason: why?,
        if_not: if_not?,
        told: told?,
    })
}

async fn decide(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let mut form = visit.form()?;
    let less = said(&mut form);
    if let (Some(less), false) = (less, form.has_errors()) {
        match consent::share_less(visit.app(), visit.actor(), case, &less).await {
            Ok(()) => {
                return Ok(visit.go_saying(&format!("/cases/{case}/sharing"), "sharing-not-said"));
            }
            Err(throughline_app::Error::Invalid { field, problem }) => form.wrong(field, problem),
            Err(error) => return Err(error.into()),
        }
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(page(&visit, &view, &form)))
}
