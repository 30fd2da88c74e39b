//! The sharing tab: what was agreed, with whom, line by line; taking it back.

use throughline_app::case_view::{Agreed, CaseView};
use throughline_app::consent;
use throughline_core::code::Code;
use throughline_core::id::Ref;
use throughline_ui::prelude::*;

use crate::case::{CHANGE, READ, TITLE, Tab, frame, moment, opened, step, word};
use crate::fault::{Fault, Outcome};
use crate::route::{Rate, Route, get, post};
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases/{case}/sharing", TITLE, READ, page, |v| {
            Box::pin(tab(v))
        }),
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
    let items = known
        .items
        .iter()
        .map(|item| word(text, "packet", item.code()));
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
