//! Finding help: for a worker without anybody's record, for anyone on the public page, and the view for a turned screen.
//!
//! What was asked is in the body of a post and nowhere else: not in an address, a title or a log. Every question may be left out.
//!
//! There is one finder. For a case it begins with what is known of the case, says whom it asked before, and leads to a request.

use throughline_app::directory_node::SearchKind;
use throughline_app::find::{self, Answer, Query};
use throughline_app::referral_next::{self, Begun};
use throughline_core::circumstances::Circumstances;
use throughline_core::code::Code as _;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::layout::Paper;
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::find_questions::{STEP, left_out, limit, query, questions};
use crate::find_shown::{ForCase, card, number, service, summary, turned_card};
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::codes;
use crate::unmet::nothing_worth_sending;
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
            Box::pin(ask_for(v))
        }),
        post("/find/for/{case}", TITLE, WORKERS, Rate::Page, |v| {
            Box::pin(ask_for(v))
        }),
        post("/find", TITLE, WORKERS, Rate::Page, |v| {
            Box::pin(results(v, "/find"))
        }),
        post("/find/turned", TITLE, WORKERS, Rate::Page, |v| {
            Box::pin(turned(v))
        }),
        get("/find-help", TITLE, Access::Public, Rate::Page, |v| {
            Box::pin(ask(v, "/find-help"))
        })
        .printing(Paper::Whole),
        post("/find-help", TITLE, Access::Public, Rate::Search, |v| {
            Box::pin(results(v, "/find-help"))
        })
        .printing(Paper::Whole),
        get(
            "/services/{service}",
            "page-service-title",
            Access::Public,
            Rate::Page,
            |v| Box::pin(service(v)),
        )
        .printing(Paper::Whole),
    ]
}

async fn ask(visit: Visit, action: &'static str) -> Outcome {
    let page = ask_page(&visit, &Form::empty(), action, "find-intro");
    Ok(visit.show(page))
}

fn ask_page(visit: &Visit, form: &Form, action: &str, intro: &str) -> Page {
    let body = Html::heading(1, Size::L, visit.text().t("find-heading"))
        .then(Html::paragraph(visit.text().t(intro)))
        .then(questions(visit, form, action));
    visit.page(TITLE, body)
}

/// The questions for a case, with what is known of it filled in. A page about one need sends that need.
async fn ask_for(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let begun = referral_next::begun(visit.app(), visit.actor(), case).await?;
    let mut sent = visit.form()?;
    let needs = sent.choices("need", &codes::<NeedType>());
    let form = filled(case, &begun, needs);
    let mut page = ask_page(&visit, &form, "/find", "find-for-case");
    page.back = Some(format!("/cases/{case}"));
    Ok(visit.show(page))
}

fn filled(case: Ref, begun: &Begun, needs: Vec<String>) -> Form {
    let mut pairs = vec![("case", case.to_string())];
    if needs.is_empty() {
        let known = begun.needs.iter().map(|need| need.code().to_owned());
        pairs.extend(known.map(|need| ("need", need)));
    } else {
        pairs.extend(needs.into_iter().map(|need| ("need", need)));
    }
    pairs.extend(begun.age.map(|age| ("age", age.to_string())));
    if let Some(children) = &begun.children {
        pairs.push(("children", "yes".to_owned()));
        // Some ages only would say that there are no other children.
        let ages: Option<Vec<String>> = children
            .iter()
            .map(|child| child.age.map(|age| age.to_string()))
            .collect();
        pairs.extend(ages.map(|ages| ("ages", ages.join(", "))));
    }
    Form::from_pairs(pairs)
}

/// The case that a search is for, under leave to refer from it; `None` on the public page and without a case.
async fn for_case(visit: &Visit, form: &Form, action: &str) -> Result<Option<ForCase>, Fault> {
    if action != "/find" || form.value("case").is_empty() {
        return Ok(None);
    }
    let case: Ref = form.value("case").parse().map_err(|_| Fault::BadRequest)?;
    let begun = referral_next::begun(visit.app(), visit.actor(), case).await?;
    Ok(Some(ForCase {
        case,
        before: begun.before,
        looks_for: begun.needs,
        told: Circumstances::default(),
        like: None,
    }))
}

async fn results(visit: Visit, action: &'static str) -> Outcome {
    let mut form = visit.form()?;
    let mut query = query(&visit, &mut form);
    let mut case = for_case(&visit, &form, action).await?;
    if let Some(case) = &mut case {
        case.told = query.told.clone();
    }
    let text = visit.text();
    if form.has_errors() {
        let body = Html::heading(1, Size::L, text.t("find-heading"))
            .then(questions(&visit, &form, action));
        let mut page = visit.page(TITLE, body);
        page.errors = form.summary(text);
        return Ok(visit.show_errors(page));
    }
    last_comes_last(&mut query, case.as_ref());
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
        body.push(card(&visit, found, case.as_ref(), &query.told.needs));
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
    if let Some(case) = &case {
        body.push(nothing_worth_sending(&visit, case, &query.told.needs));
    }
    let page = visit.page(TITLE, body);
    Ok(visit.show(page))
}

/// What the person may choose from: large, and nothing of what was asked.
async fn turned(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let mut query = query(&visit, &mut form);
    let case = for_case(&visit, &form, "/find").await?;
    if form.has_errors() {
        // What is to be left out was not understood: nothing is shown rather than something that they must not meet.
        return Err(Fault::BadRequest);
    }
    let text = visit.text();
    last_comes_last(&mut query, case.as_ref());
    let answer = answered(&visit, &query);
    let mut body = Html::heading(1, Size::L, text.t("find-turned-heading"));
    for found in &answer.results {
        body.push(turned_card(&visit, found));
    }
    let back = PostForm::new("/find", visit.csrf())
        .body(again(&form, &[]).then(Button::new(text.t("find-turn-back")).secondary()));
    body.push(Html::from(back));
    let mut page = visit.page(TITLE, body);
    page.turned = true;
    page.exit_button = true;
    Ok(visit.show(page))
}

/// Whom they asked before comes after all others, in the same order on the worker's screen and on the turned one.
fn last_comes_last(query: &mut Query, case: Option<&ForCase>) {
    if let Some(case) = case {
        query.asked_before = case
            .before
            .iter()
            .filter(|one| one.matters_for(&query.told.needs))
            .map(|one| one.service)
            .collect();
    }
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
