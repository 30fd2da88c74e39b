//! The person's own link, as their worker gives it: an address and three words, shown once, on a screen turned to the person.

use throughline_app::case_view::CaseView;
use throughline_app::own::{self, Told};
use throughline_core::artefact::Lang as Spoken;
use throughline_core::time::At;
use throughline_ui::prelude::*;

use crate::case::{CHANGE, TITLE, moment, opened, step};
use crate::case_now::at;
use crate::fault::{Fault, Outcome};
use crate::route::{Rate, Route, get, post};
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let path = "/cases/{case}/own-page";
    vec![
        get(path, TITLE, CHANGE, Rate::Page, |v| Box::pin(ask(v))),
        post(path, TITLE, CHANGE, Rate::Page, |v| Box::pin(change(v))),
    ]
}

fn page(visit: &Visit, view: &CaseView, until: Option<At>) -> Page {
    let text = visit.text();
    let form =
        |button: Button| PostForm::new(format!("{}/own-page", at(view)), visit.csrf()).body(button);
    let mut body = Html::paragraph(text.t("own-what"))
        .then(Html::bullets([
            text.t("own-alone"),
            text.t("own-never-sent"),
            text.t("own-ends"),
        ]))
        .then(WarningText::new(visit.lang, text.t("own-warning")));
    if let Some(until) = until {
        let values = [("until", moment(text, until).into())];
        body.push(InsetText::new(text.t_with("own-open", &values)));
        body.push(form(
            Button::new(text.t("own-end")).warning().sends("do", "end"),
        ));
    }
    let give = if until.is_some() {
        "own-give-again"
    } else {
        "own-give"
    };
    body.push(form(Button::new(text.t(give)).sends("do", "give")));
    step(visit, view, "own-heading", "/sharing", &Form::empty(), body)
}

async fn ask(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let case = view.case.reference;
    let until = own::given(visit.app(), visit.actor(), case).await?;
    Ok(visit.show(page(&visit, &view, until)))
}

/// What the person takes along. It answers the form itself: it is kept nowhere that it could be shown from again.
fn told_page(visit: &Visit, view: &CaseView, told: &Told) -> Page {
    let text = visit.text();
    let facts = SummaryList::new()
        .fact(text.t("own-address"), Html::text(&told.address))
        .fact(text.t("own-words"), Html::text(&told.words))
        .fact(
            text.t("sharing-until"),
            Html::text(moment(text, told.lapses_at)),
        );
    let body = Html::heading(1, Size::L, text.t("own-told-heading"))
        .then(facts)
        .then(Html::paragraph(text.t("own-told-what")))
        .then(Html::paragraph(text.t("own-told-once")))
        .then(Html::paragraph(Link::new(
            text.t("own-told-back"),
            format!("{}/sharing", at(view)),
        )));
    let mut page = visit.page(TITLE, body);
    page.turned = true;
    page.exit_button = true;
    page
}

async fn change(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let case = view.case.reference;
    let form = visit.form()?;
    match form.value("do") {
        "give" => {
            let welsh = visit.lang == Lang::Cy || view.case.sheet.language.as_deref() == Some("cy");
            let lang = if welsh {
                Spoken::Welsh
            } else {
                Spoken::English
            };
            let told = own::give(visit.app(), visit.actor(), case, lang).await?;
            Ok(visit.show(told_page(&visit, &view, &told)))
        }
        "end" => {
            own::end(visit.app(), visit.actor(), case).await?;
            Ok(visit.go_saying(&format!("/cases/{case}/own-page"), "own-ended-said"))
        }
        _ => Err(Fault::BadRequest),
    }
}
