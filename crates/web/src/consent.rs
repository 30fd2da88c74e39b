//! The sharing tab: what was agreed, with whom, line by line; taking it back.

use throughline_app::case_view::{Agreed, CaseView};
use throughline_app::consent;
use throughline_core::code::Code;
use throughline_core::consent::SharePurpose;
use throughline_core::id::Ref;
use throughline_core::reason::Words;
use throughline_ui::prelude::*;

use crate::case::{CHANGE, READ, TITLE, Tab, frame, moment, opened, step, word};
use crate::case_now::{at, choices, chosen, form_to, reason};
use crate::fault::{Fault, Outcome};
use crate::route::{Rate, Route, get, post};
use crate::shown::line_name;
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases/{case}/sharing", TITLE, READ, page, |v| {
            Box::pin(tab(v))
        }),
        get("/cases/{case}/not-shared", TITLE, CHANGE, page, |v| {
            Box::pin(not_shared(v))
        }),
        post("/cases/{case}/not-shared", TITLE, CHANGE, page, |v| {
            Box::pin(not_share(v))
        })
        .keeping(&["with", "purpose", "reason"]),
        get(
            "/cases/{case}/sharing/{consent}",
            TITLE,
            CHANGE,
            page,
            |v| Box::pin(ask(v)),
        ),
        post(
            "/cases/{case}/sharing/{consent}",
            TITLE,
            CHANGE,
            page,
            |v| Box::pin(withdraw(v)),
        ),
    ]
}

fn facts(visit: &Visit, agreed: &Agreed) -> SummaryList {
    let text = visit.text();
    let known = &agreed.record.consent;
    let items = known.items.iter().map(|line| line_name(text, *line));
    let mut list = SummaryList::new()
        .fact(text.t("sharing-items"), Html::bullets(items))
        .fact(
            text.t("sharing-purpose"),
            word(text, "purpose", known.purpose.code()),
        )
        .fact(
            text.t("sharing-how"),
            word(text, "agreed", known.how.code()),
        )
        .fact(
            text.t("sharing-basis"),
            word(text, "basis", known.basis.code()),
        );
    if let Some(reasons) = &known.reasons {
        list = list.fact(text.t("sharing-reasons"), Html::text(reasons.as_str()));
    }
    if let Some(words) = &agreed.record.words {
        list = list.fact(text.t("sharing-words"), Html::text(words));
    }
    if !agreed.record.struck.is_empty() {
        let struck = text.t_with(
            "sharing-struck-lines",
            &[("count", agreed.record.struck.len().into())],
        );
        list = list.fact(text.t("sharing-struck"), struck);
    }
    list = list.fact(
        text.t("sharing-since"),
        Html::text(moment(text, known.agreed_at)),
    );
    match known.withdrawn_at {
        Some(at) => list.fact(text.t("sharing-withdrawn"), Html::text(moment(text, at))),
        None => list.fact(
            text.t("sharing-until"),
            Html::text(moment(text, known.expires_at)),
        ),
    }
}

async fn tab(visit: Visit) -> Outcome {
    let text = visit.text();
    let view = opened(&visit).await?;
    let mut body = Html::paragraph(text.t("sharing-what"));
    if view.consents.is_empty() {
        body.push(InsetText::new(text.t("sharing-none")));
    }
    for agreed in &view.consents {
        let mut card = SummaryCard::new(Html::text(&agreed.recipient), facts(&visit, agreed));
        if agreed.holds {
            let href = format!(
                "/cases/{}/sharing/{}",
                view.case.reference, agreed.record.reference
            );
            card = card.action(Action::new(text.t("sharing-withdraw"), href));
        }
        body.push(card);
    }
    body.push(Html::paragraph(Link::new(
        text.t("sharing-not-link"),
        format!("/cases/{}/not-shared", view.case.reference),
    )));
    let page = frame(&visit, &view, Tab::Sharing, body);
    Ok(visit.show(page))
}

/// The consent of this case that the address names.
fn named<'a>(visit: &Visit, view: &'a CaseView) -> Result<&'a Agreed, Fault> {
    let reference: Ref = visit.reference("consent")?;
    view.consents
        .iter()
        .find(|agreed| agreed.record.reference == reference)
        .ok_or(Fault::NotFound)
}

async fn ask(visit: Visit) -> Outcome {
    let text = visit.text();
    let view = opened(&visit).await?;
    let agreed = named(&visit, &view)?;
    let action = format!(
        "/cases/{}/sharing/{}",
        view.case.reference, agreed.record.reference
    );
    let body = Html::heading(2, Size::M, Html::text(&agreed.recipient))
        .then(WarningText::new(
            visit.lang,
            text.t("sharing-withdraw-notice"),
        ))
        .then(
            PostForm::new(action, visit.csrf())
                .body(Button::new(text.t("sharing-withdraw-go")).warning()),
        );
    let page = step(
        &visit,
        &view,
        "sharing-withdraw-heading",
        "/sharing",
        &Form::empty(),
        body,
    );
    Ok(visit.show(page))
}

async fn withdraw(visit: Visit) -> Outcome {
    let (case, reference) = (visit.reference("case")?, visit.reference("consent")?);
    consent::withdraw(visit.app(), visit.actor(), case, reference).await?;
    Ok(visit.go_saying(&format!("/cases/{case}/sharing"), "sharing-withdrawn-said"))
}

async fn not_shared(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let form = visit
        .typed(&format!("{}/not-shared", at(&view)), Form::empty())
        .await?;
    Ok(visit.show(not_shared_page(&visit, &view, &form)))
}

/// A decision not to share is kept like a decision to share: with whom, for what, and why.
fn not_shared_page(visit: &Visit, view: &CaseView, form: &Form) -> Page {
    let text = visit.text();
    let questions = Html::from(
        Input::new("with", text.t("sharing-not-with"))
            .hint(text.t("sharing-not-with-hint"))
            .bind(form, text),
    )
    .then(
        Radios::new("purpose", text.t("sharing-not-purpose"))
            .items(choices::<SharePurpose>(text, "purpose"))
            .bind(form, text),
    )
    .then(
        Textarea::new("reason", text.t("sharing-not-why"))
            .hint(text.t("sharing-not-why-hint"))
            .rows(3)
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

async fn not_share(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let mut form = visit.form()?;
    let with = form
        .required_within("with", "sharing-not-with-needed", 200)
        .and_then(|with| Words::new(&with).ok());
    let purpose = chosen::<SharePurpose>(&mut form, "purpose");
    let why = reason(&mut form);
    if let (Some(with), Some(purpose), Some(why), false) = (with, purpose, why, form.has_errors()) {
        consent::not_share(visit.app(), visit.actor(), case, &with, purpose, &why).await?;
        return Ok(visit.go_saying(&format!("/cases/{case}/sharing"), "sharing-not-said"));
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(not_shared_page(&visit, &view, &form)))
}
