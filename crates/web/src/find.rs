//! Finding help: for a worker without anybody's record, for anyone on the public page, and the view for a turned screen.
//!
//! What was asked is in the body of a post and nowhere else: not in an address, a title or a log. Every question may be left out.

use throughline_app::directory_node::SearchKind;
use throughline_app::find::{self, Answer, Query};
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::find_questions::{STEP, left_out, limit, query, questions};
use crate::find_shown::{card, number, service, summary};
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::Visit;

const WORKERS: Access = Access::Staff(&[ActionKind::CaseRead]);
const TITLE: &str = "page-find-title";

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        get("/find", TITLE, WORKERS, Rate::Page, |v| {
            Box::pin(ask(v, "/find"))
        }),
        get("/find/for/{case}", TITLE, WORKERS, Rate::Page, |v| {
            Box::pin(ask(v, "/find"))
        }),
        post("/find", TITLE, WORKERS, Rate::Page, |v| {
            Box::pin(results(v, "/find"))
        }),
        post("/find/turned", TITLE, WORKERS, Rate::Page, |v| {
            Box::pin(turned(v))
        }),
        get("/find-help", TITLE, Access::Public, Rate::Page, |v| {
            Box::pin(ask(v, "/find-help"))
        }),
        post("/find-help", TITLE, Access::Public, Rate::Search, |v| {
            Box::pin(results(v, "/find-help"))
        }),
        get(
            "/services/{service}",
            "page-service-title",
            Access::Public,
            Rate::Page,
            |v| Box::pin(service(v)),
        ),
    ]
}

async fn ask(visit: Visit, action: &'static str) -> Outcome {
    let mut form = Form::empty();
    if let Ok(case) = visit.reference("case") {
        form.set("case", case.to_string());
    }
    let body = Html::heading(1, Size::L, visit.text().t("find-heading"))
        .then(Html::paragraph(visit.text().t("find-intro")))
        .then(questions(&visit, &form, action));
    let page = visit.page(TITLE, body);
    Ok(visit.show(page))
}

async fn results(visit: Visit, action: &'static str) -> Outcome {
    let mut form = visit.form()?;
    let query = query(&visit, &mut form);
    let text = visit.text();
    if form.has_errors() {
        let body = Html::heading(1, Size::L, text.t("find-heading"))
            .then(questions(&visit, &form, action));
        let mut page = visit.page(TITLE, body);
        page.errors = form.summary(text);
        return Ok(visit.show_errors(page));
    }
    let answer = answered(&visit, &query);
    let mut body =
        Html::heading(1, Size::L, text.t("find-results-heading")).then(summary(text, &answer));
    let names: Vec<String> = left_out(&visit, &form)
        .into_iter()
        .map(|(name, services)| {
            text.plain_with(
                "find-left-out-one",
                &[("name", name.into()), ("count", number(services.len()))],
            )
        })
        .collect();
    if !names.is_empty() {
        // What they typed, said back to them: the answer itself holds no trace of what they must not meet.
        body.push(Html::paragraph(
            text.t_with("find-left-out", &[("names", text.list(&names).into())]),
        ));
    }
    for found in &answer.results {
        body.push(card(&visit, &form, found, false));
    }
    if answer.total > answer.results.len() {
        let more = PostForm::new(action, visit.csrf()).body(
            again(&form, &[("limit", limit(&form) + STEP)])
                .then(Button::new(text.t("find-more")).secondary()),
        );
        body.push(Html::from(more));
    }
    if visit.signed.is_some() {
        let turn = PostForm::new("/find/turned", visit.csrf())
            .body(again(&form, &[]).then(Button::new(text.t("find-turn")).secondary()));
        body.push(Html::from(turn));
    }
    body.push(Details::new(
        text.t("find-change"),
        questions(&visit, &form, action),
    ));
    let page = visit.page(TITLE, body);
    Ok(visit.show(page))
}

/// What the person may choose from: large, and nothing of what was asked.
async fn turned(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let query = query(&visit, &mut form);
    if form.has_errors() {
        // What is to be left out was not understood: nothing is shown rather than something that they must not meet.
        return Err(Fault::BadRequest);
    }
    let text = visit.text();
    let answer = answered(&visit, &query);
    let mut body = Html::heading(1, Size::L, text.t("find-turned-heading"));
    for found in &answer.results {
        body.push(card(&visit, &form, found, true));
    }
    let back = PostForm::new("/find", visit.csrf())
        .body(again(&form, &[]).then(Button::new(text.t("find-turn-back")).secondary()));
    body.push(Html::from(back));
    let mut page = visit.page(TITLE, body);
    page.turned = true;
    page.exit_button = true;
    Ok(visit.show(page))
}

fn answered(visit: &Visit, query: &Query) -> Answer {
    let kind = if visit.signed.is_some() {
        SearchKind::Worker
    } else {
        SearchKind::Public
    };
    find::find(visit.app(), query, kind)
}

/// Everything that was answered, to be sent again.
fn again(form: &Form, set: &[(&str, i64)]) -> Html {
    let hidden = |name: &str, value: &str| {
        Html::trusted(format!(
            "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
            Html::text(name).as_str(),
            Html::text(value).as_str()
        ))
    };
    let kept = form
        .pairs()
        .iter()
        .filter(|(name, _)| name != "csrf" && !set.iter().any(|(own, _)| own == name))
        .map(|(name, value)| hidden(name, value));
    let set = set
        .iter()
        .map(|(name, value)| hidden(name, &value.to_string()));
    Html::join(kept.chain(set))
}
