//! What follows a decision about sharing: the receipt of what was taken back, for the person to have; and the full record of what
//! was shared first, because a life was at stake.

use std::collections::BTreeSet;

use throughline_app::case_view::{Agreed, CaseView};
use throughline_app::consent::{self, Completed};
use throughline_app::receipt::{self, Signed};
use throughline_core::code::Code;
use throughline_core::consent::ToldPerson;
use throughline_core::packet_line::PacketLine;
use throughline_core::receipt::Recalled;
use throughline_ui::prelude::*;

use crate::case::{CHANGE, READ, TITLE, moment, opened, step, word};
use crate::case_now::{at, choices, chosen, reason};
use crate::consent::named;
use crate::fault::Outcome;
use crate::route::{Rate, Route, get, post};
use crate::shown::line_name;
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get(
            "/cases/{case}/sharing/{consent}/receipt",
            TITLE,
            READ,
            page,
            |v| Box::pin(shown(v)),
        ),
        get(
            "/cases/{case}/sharing/{consent}/complete",
            TITLE,
            CHANGE,
            page,
            |v| Box::pin(ask(v)),
        ),
        post(
            "/cases/{case}/sharing/{consent}/complete",
            TITLE,
            CHANGE,
            page,
            |v| Box::pin(complete(v)),
        )
        .keeping(&["reason"]),
    ]
}

async fn shown(visit: Visit) -> Outcome {
    let text = visit.text();
    let view = opened(&visit).await?;
    let agreed = named(&visit, &view)?;
    let (case, reference) = (view.case.reference, agreed.record.reference);
    let found = receipt::read(visit.app(), visit.actor(), case, reference).await?;
    let body = match &found {
        Some(signed) => receipt_of(text, signed),
        None => InsetText::new(text.t("receipt-none")).into(),
    };
    let heading = "receipt-heading";
    let page = step(&visit, &view, heading, "/sharing", &Form::empty(), body);
    Ok(visit.show(page))
}

/// The receipt in words, and to the letter as it was signed.
fn receipt_of(text: Text, signed: &Signed) -> Html {
    let receipt = &signed.receipt;
    let names = |lines: &BTreeSet<PacketLine>| {
        Html::bullets(lines.iter().map(|line| line_name(text, *line)))
    };
    let mut facts = SummaryList::new()
        .fact(text.t("receipt-recipient"), Html::text(&receipt.recipient))
        .fact(
            text.t("sharing-withdrawn"),
            Html::text(moment(text, receipt.taken_back_at)),
        );
    if !receipt.lines.is_empty() {
        facts = facts.fact(text.t("receipt-lines"), names(&receipt.lines));
    }
    if let Some(until) = receipt.kept_until {
        facts = facts
            .fact(text.t("receipt-kept"), names(&receipt.kept))
            .fact(text.t("sharing-until"), Html::text(moment(text, until)));
    }
    let mut body = Html::paragraph(text.t("receipt-what")).then(facts);
    for one in &receipt.requests {
        body.push(request(text, one));
    }
    let after = if receipt.had_been_seen() {
        "receipt-seen"
    } else {
        "receipt-unseen"
    };
    let signed = Html::paragraph(text.t("receipt-check")).then(
        Textarea::new("receipt", text.t("receipt-signed"))
            .rows(14)
            .attr("readonly", "readonly")
            .bind(&Form::from_pairs([("receipt", signed.note.as_str())]), text),
    );
    body.then(Html::paragraph(text.t(after)))
        .then(Html::paragraph(text.t("receipt-theirs")))
        .then(signed)
}

/// One request: whether it ended now, and what the service had seen of it.
fn request(text: Text, one: &Recalled) -> SummaryCard {
    let when = |at: Option<throughline_core::time::At>| {
        at.map_or_else(
            || text.t("receipt-never"),
            |at| Html::text(moment(text, at)),
        )
    };
    let ended = if one.ended_now {
        "receipt-ended-now"
    } else if one.goes_on {
        "receipt-goes-on"
    } else {
        "receipt-ended-before"
    };
    let facts = SummaryList::new()
        .fact(text.t("receipt-state"), text.t(ended))
        .fact(text.t("receipt-first"), when(one.first_read_at))
        .fact(text.t("receipt-last"), when(one.last_read_at))
        .fact(text.t("receipt-contact"), when(one.contact_seen_at));
    SummaryCard::new(word(text, "need", one.need.code()), facts)
}

async fn ask(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let agreed = named(&visit, &view)?;
    let path = path(&view, agreed);
    let form = visit.typed(&path, Form::empty()).await?;
    Ok(visit.show(complete_page(&visit, &view, agreed, &form)))
}

fn path(view: &CaseView, agreed: &Agreed) -> String {
    format!("{}/sharing/{}/complete", at(view), agreed.record.reference)
}

/// Shared first, reasoned now: why, what else could have happened, why no less, and whether they were told (SPEC 4.7).
fn complete_page(visit: &Visit, view: &CaseView, agreed: &Agreed, form: &Form) -> Page {
    let text = visit.text();
    let mut body = Html::heading(2, Size::M, Html::text(&agreed.recipient));
    if agreed.record.is_owed() {
        let questions = Html::from(
            Textarea::new("reason", text.t("complete-why"))
                .hint(text.t("complete-why-hint"))
                .rows(5)
                .bind(form, text),
        )
        .then(
            Radios::new("told", Legend::new(text.t("complete-told")))
                .hint(text.t("complete-told-hint"))
                .items(choices::<ToldPerson>(text, "told"))
                .bind(form, text),
        )
        .then(Button::new(text.t("complete-go")));
        body.push(Html::paragraph(text.t("complete-what")));
        body.push(visit.form_to(path(view, agreed)).body(questions));
    } else {
        body.push(InsetText::new(text.t("complete-none")));
    }
    step(visit, view, "complete-heading", "/sharing", form, body)
}

async fn complete(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let agreed = named(&visit, &view)?;
    let mut form = visit.form()?;
    let reasons = reason(&mut form);
    let told = chosen::<ToldPerson>(&mut form, "told");
    if let (Some(reasons), Some(told), false) = (reasons, told, form.has_errors()) {
        let completed = Completed { reasons, told };
        let (case, reference) = (view.case.reference, agreed.record.reference);
        consent::complete(visit.app(), visit.actor(), case, reference, &completed).await?;
        return Ok(visit.go_saying(&format!("/cases/{case}/sharing"), "complete-said"));
    }
    Ok(visit.show_errors(complete_page(&visit, &view, agreed, &form)))
}
