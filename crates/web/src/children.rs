//! The children of a case: people with their own needs and their own case, and what was decided about keeping them safe.

use jiff::civil::Date;
use throughline_app::case::Child;
use throughline_app::case_now::{self};
use throughline_app::case_view::CaseView;
use throughline_core::child::{ChildMove, Safeguarding, SafeguardingCode};
use throughline_core::closing::AreThereChildren;
use throughline_core::code::Code;
use throughline_ui::prelude::*;

use crate::case::{CHANGE, TITLE, again, opened, step, word};
use crate::case_now::{at, choices, chosen, form_to, reason, version};
use crate::fault::{Fault, Outcome};
use crate::route::{Rate, Route, get, post};
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases/{case}/children", TITLE, CHANGE, page, |v| {
            Box::pin(children(v))
        }),
        post("/cases/{case}/children", TITLE, CHANGE, page, |v| {
            Box::pin(child_add(v))
        }),
        post("/cases/{case}/children/asked", TITLE, CHANGE, page, |v| {
            Box::pin(asked(v))
        }),
        get("/cases/{case}/children/{child}", TITLE, CHANGE, page, |v| {
            Box::pin(child(v))
        }),
        post("/cases/{case}/children/{child}", TITLE, CHANGE, page, |v| {
            Box::pin(child_decide(v))
        })
        .keeping(&["decision", "reason"]),
        post(
            "/cases/{case}/children/{child}/help",
            TITLE,
            CHANGE,
            page,
            |v| Box::pin(child_help(v)),
        ),
    ]
}

async fn children(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    Ok(visit.show(children_page(&visit, &view, &Form::empty())))
}

fn children_page(visit: &Visit, view: &CaseView, form: &Form) -> Page {
    let text = visit.text();
    let mut body = Html::paragraph(text.t("children-what"));
    for child in &view.children {
        if child.closed {
            body.push(Html::heading(2, Size::S, text.t("closed-child")));
            body.push(Html::paragraph(text.t("closed-child-what")));
            continue;
        }
        let decided = match &child.safeguarding {
            None => Html::from(Tag::new(text.t("children-undecided")).colour(Colour::Yellow)),
            Some(decision) => word(text, "safeguarding", decision.code().code()),
        };
        let list = SummaryList::new()
            .fact(text.t("children-safeguarding"), decided)
            .fact(
                text.t("children-help"),
                word(text, "child-state", child.state.code()),
            )
            .row(own_needs(text, view, child));
        let card = SummaryCard::new(Html::text(&child.sheet.chosen), list)
            .action(Action::new(
                text.t("children-decide"),
                format!(
                    "/cases/{}/children/{}",
                    view.case.reference, child.reference
                ),
            ))
            .action(Action::new(
                text.t("children-own"),
                format!("/cases/{}", child.reference),
            ));
        body.push(card);
    }
    if view.children.is_empty() {
        body.push(are_there(visit, view, form));
    }
    let questions = Html::from(
        Input::new("chosen", text.t("children-name"))
            .hint(text.t("children-name-hint"))
            .bind(form, text),
    )
    .then(DateInput::new(visit.lang, "born", text.t("children-born")).bind(form, text))
    .then(Button::new(text.t("children-add")));
    body.push(Html::heading(2, Size::M, text.t("children-another")));
    body.push(form_to(
        visit,
        view,
        "/children",
        view.case.version,
        questions,
    ));
    step(visit, view, "children-heading", "", form, body)
}

/// Are there children? Where there are, each is recorded, and the record answers.
fn are_there(visit: &Visit, view: &CaseView, form: &Form) -> Html {
    let text = visit.text();
    let mut body = Html::default();
    if let Some(answer) = view.case.about_children {
        body.push(InsetText::new(word(text, "children-answer", answer.code())));
    }
    let legend = Legend::new(text.t("talk-children")).classes("govuk-fieldset__legend--m");
    let questions = Html::from(
        Radios::new("answer", legend)
            .items(choices::<AreThereChildren>(text, "children-answer"))
            .bind(form, text),
    )
    .then(Button::new(text.t("case-save")));
    body.then(form_to(
        visit,
        view,
        "/children/asked",
        view.case.version,
        questions,
    ))
}

async fn asked(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    if let Some(answer) = chosen::<AreThereChildren>(&mut form, "answer") {
        case_now::children_answer(visit.app(), visit.actor(), reference, answer).await?;
        return Ok(visit.go_saying(&format!("/cases/{reference}/children"), "case-saved"));
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(children_page(&visit, &view, &form)))
}

/// What a child needs for themselves, and the way to add to it. A child whose case somebody else leads shows nothing here.
fn own_needs(text: Text, view: &CaseView, child: &Child) -> Row {
    let known = view.children_needs.get(&child.reference);
    let needs: Vec<String> = known
        .into_iter()
        .flatten()
        .map(|need| {
            text.plain_with(
                "children-need",
                &[
                    ("need", text.plain(&format!("need-{}", need.kind)).into()),
                    (
                        "state",
                        text.plain(&format!("need-state-{}", need.state)).into(),
                    ),
                ],
            )
        })
        .collect();
    let value = if needs.is_empty() {
        text.t("children-needs-none")
    } else {
        Html::bullets(needs.iter().map(Html::text))
    };
    let row = Row::new(text.t("children-needs"), value);
    if known.is_none() {
        return row;
    }
    row.action(Action::new(
        text.t("children-need-add"),
        format!("/cases/{}/needs/add", child.reference),
    ))
}

async fn child_add(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    let chosen = form.required_within("chosen", "error-required", 200);
    let born: Option<Date> = form.date("born");
    if let (Some(chosen), false) = (chosen, form.has_errors()) {
        let sheet = crate::person::sheet(chosen, born);
        let own = case_now::child_add(visit.app(), visit.actor(), reference, &sheet).await?;
        return Ok(visit.go_saying(&format!("/cases/{reference}/children/{own}"), "case-saved"));
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(children_page(&visit, &view, &form)))
}

/// The child of this case that the address names.
fn child_of<'a>(visit: &Visit, view: &'a CaseView) -> Result<&'a Child, Fault> {
    let own = visit.reference("child")?;
    view.children
        .iter()
        .find(|child| child.reference == own && !child.closed)
        .ok_or(Fault::NotFound)
}

async fn child(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let mut form = Form::empty();
    let child = child_of(&visit, &view)?;
    if let Some(decision) = &child.safeguarding {
        form.set("decision", decision.code().code());
        if let Safeguarding::NotNeeded(reason) = decision {
            form.set("reason", reason.as_str());
        }
    }
    let action = format!("{}/children/{}", at(&view), child.reference);
    let form = visit.typed(&action, form).await?;
    Ok(visit.show(child_page(&visit, &view, child, &form)))
}

fn child_page(visit: &Visit, view: &CaseView, child: &Child, form: &Form) -> Page {
    let text = visit.text();
    let questions = Html::from(
        Radios::new("decision", text.t("child-decision"))
            .items(choices::<SafeguardingCode>(text, "safeguarding"))
            .bind(form, text),
    )
    .then(
        Textarea::new("reason", text.t("child-reason"))
            .hint(text.t("child-reason-hint"))
            .bind(form, text),
    )
    .then(Button::new(text.t("case-save")));
    let body = Html::heading(2, Size::M, Html::text(&child.sheet.chosen))
        .then(Html::paragraph(text.t("child-what")))
        .then(form_to(
            visit,
            view,
            &format!("/children/{}", child.reference),
            child.version,
            questions,
        ))
        .then(help(visit, view, child, form));
    step(visit, view, "child-heading", "/children", form, body)
}

/// Where the child's own help stands, and what can happen next.
fn help(visit: &Visit, view: &CaseView, child: &Child, form: &Form) -> Html {
    let text = visit.text();
    let moves = ChildMove::ALL
        .iter()
        .filter(|by| child.state.apply(**by).is_ok())
        .map(|by| Choice::new(by.code(), word(text, "child-move", by.code())));
    let questions = Html::from(
        Radios::new("move", text.t("child-help-what"))
            .items(moves)
            .bind(form, text),
    )
    .then(Button::new(text.t("case-save")).secondary());
    Html::heading(2, Size::M, text.t("children-help"))
        .then(Html::paragraph(word(
            text,
            "child-state",
            child.state.code(),
        )))
        .then(form_to(
            visit,
            view,
            &format!("/children/{}/help", child.reference),
            child.version,
            questions,
        ))
}

async fn child_help(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    let version = version(&form)?;
    if let Some(by) = chosen::<ChildMove>(&mut form, "move") {
        let own = visit.reference("child")?;
        let done =
            case_now::child_move(visit.app(), visit.actor(), reference, own, version, by).await;
        match done {
            Ok(()) => {
                return Ok(visit.go_saying(&format!("/cases/{reference}/children"), "case-saved"));
            }
            Err(error) => again(&mut form, error)?,
        }
    }
    let view = opened(&visit).await?;
    let child = child_of(&visit, &view)?;
    Ok(visit.show_errors(child_page(&visit, &view, child, &form)))
}

async fn child_decide(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    let version = version(&form)?;
    let decision = match chosen::<SafeguardingCode>(&mut form, "decision") {
        None => None,
        Some(SafeguardingCode::Referred) => Some(Safeguarding::Referred),
        Some(SafeguardingCode::AlreadyOpen) => Some(Safeguarding::AlreadyOpen),
        Some(SafeguardingCode::NotNeeded) => reason(&mut form).map(Safeguarding::NotNeeded),
    };
    if let (Some(decision), false) = (decision, form.has_errors()) {
        let own = visit.reference("child")?;
        case_now::child_decide(
            visit.app(),
            visit.actor(),
            reference,
            own,
            version,
            &decision,
        )
        .await?;
        return Ok(visit.go_saying(&format!("/cases/{reference}/children"), "case-saved"));
    }
    let view = opened(&visit).await?;
    let child = child_of(&visit, &view)?;
    Ok(visit.show_errors(child_page(&visit, &view, child, &form)))
}
