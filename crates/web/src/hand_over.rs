//! Handing a case over to a colleague.

use throughline_app::case_lead;
use throughline_app::case_view::CaseView;
use throughline_ui::prelude::*;

use crate::case::{CHANGE, TITLE, again, opened, step};
use crate::case_now::form_to;
use crate::fault::{Fault, Outcome};
use crate::route::{Rate, Route, get, post};
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases/{case}/hand-over", TITLE, CHANGE, page, |v| {
            Box::pin(hand_over(v))
        }),
        post("/cases/{case}/hand-over", TITLE, CHANGE, page, |v| {
            Box::pin(hand_over_to(v))
        }),
    ]
}

async fn hand_over(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let page = hand_over_page(&visit, &view, &Form::empty()).await?;
    Ok(visit.show(page))
}

async fn hand_over_page(visit: &Visit, view: &CaseView, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let colleagues = case_lead::colleagues(visit.app(), visit.actor(), view.case.reference).await?;
    let nobody = SelectOption::new("", text.plain("refer-choose"));
    let items = colleagues
        .into_iter()
        .map(|colleague| SelectOption::new(colleague.reference.to_string(), colleague.name));
    // A list that may be long: an organisation has hundreds of workers.
    let questions = Html::from(
        Select::new("to", text.t("hand-over-to"))
            .options(std::iter::once(nobody).chain(items))
            .bind(form, text),
    )
    .then(Button::new(text.t("hand-over-go")));
    let body = Html::paragraph(text.t("hand-over-what")).then(form_to(
        visit,
        view,
        "/hand-over",
        view.case.version,
        questions,
    ));
    Ok(step(visit, view, "case-hand-over", "", form, body))
}

async fn hand_over_to(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    if form.required("to", "error-choose-one").is_some() {
        let to = form.value("to").parse().map_err(|_| Fault::BadRequest)?;
        match case_lead::hand_over(visit.app(), visit.actor(), reference, to).await {
            Ok(()) => return Ok(visit.go_saying("/cases", "hand-over-said")),
            Err(error) => again(&mut form, error)?,
        }
    }
    let view = opened(&visit).await?;
    let page = hand_over_page(&visit, &view, &form).await?;
    Ok(visit.show_errors(page))
}
