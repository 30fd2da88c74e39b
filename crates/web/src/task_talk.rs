//! What is safe to know of the conversation that a task in hand is about, and a plan made from it. For whoever the ladder brought
//! the task to: no word of what was seen or told is on it.

use throughline_app::conversation::PersonSheet;
use throughline_app::conversation_end::{self, Summary};
use throughline_core::code::Code as _;
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::case::{moment, word};
use crate::conversation::TITLE;
use crate::fault::Outcome;
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::Visit;

const TAKE_UP: Access = Access::Staff(&[ActionKind::ConversationTakeUp]);

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let path = "/tasks/{task}/talk";
    vec![
        get(path, TITLE, TAKE_UP, Rate::Page, |v| Box::pin(show(v))),
        post(path, TITLE, TAKE_UP, Rate::Page, |v| Box::pin(take_up(v))),
    ]
}

async fn show(visit: Visit) -> Outcome {
    let task = visit.reference("task")?;
    let known = conversation_end::summary(visit.app(), visit.actor(), task).await?;
    Ok(visit.show(page(&visit, &known, &Form::empty())))
}

fn page(visit: &Visit, known: &Summary, form: &Form) -> Page {
    let text = visit.text();
    let not_said = || text.t("task-talk-not-said");
    let mut facts = SummaryList::new()
        .fact(text.t("task-talk-worker"), Html::text(&known.worker))
        .fact(
            text.t("task-talk-when"),
            Html::text(moment(text, known.started_at)),
        )
        .fact(
            text.t("talk-mode"),
            word(text, "talk-mode", known.mode.code()),
        )
        .fact(
            text.t("talk-alone"),
            known
                .alone
                .map_or_else(not_said, |answer| word(text, "answered-as", answer.code())),
        );
    for (kind, answer) in &known.right_now {
        facts = facts.fact(
            word(text, "talk-immediate", kind.code()),
            word(text, "immediate-answer", answer.code()),
        );
    }
    facts = facts.fact(
        text.t("talk-children"),
        known.children.map_or_else(not_said, |answer| {
            word(text, "talk-children", answer.code())
        }),
    );
    if let Some(decision) = known.safeguarding {
        facts = facts.fact(
            text.t("children-safeguarding"),
            word(text, "safeguarding", decision.code()),
        );
    }
    let mut body = Html::heading(1, Size::L, text.t("task-talk-heading"))
        .then(Html::paragraph(text.t("task-talk-what")))
        .then(facts);
    let task = visit.param("task").unwrap_or_default().to_owned();
    match (known.case, known.has_case) {
        (Some(case), _) => body.push(Button::link(
            text.t("talk-to-case"),
            format!("/cases/{case}"),
        )),
        (None, true) => body.push(Html::paragraph(text.t("task-talk-case-elsewhere"))),
        (None, false) => {
            let questions = Html::from(
                Input::new("chosen", text.t("onward-chosen"))
                    .hint(text.t("onward-chosen-hint"))
                    .bind(form, text),
            )
            .then(Button::new(text.t("onward-go")));
            body.push(Html::heading(2, Size::M, text.t("task-talk-plan")));
            body.push(Html::paragraph(text.t("task-talk-plan-what")));
            body.push(PostForm::new(format!("/tasks/{task}/talk"), visit.csrf()).body(questions));
        }
    }
    let mut page = visit.page(TITLE, body);
    page.back = Some(format!("/tasks/{task}"));
    page.errors = form.summary(text);
    page
}

async fn take_up(visit: Visit) -> Outcome {
    let task = visit.reference("task")?;
    let mut form = visit.form()?;
    let Some(chosen) = form.required_within("chosen", "onward-chosen-missing", 200) else {
        let known = conversation_end::summary(visit.app(), visit.actor(), task).await?;
        return Ok(visit.show_errors(page(&visit, &known, &form)));
    };
    let sheet: PersonSheet = crate::person::sheet(chosen, None);
    let case = conversation_end::take_up(visit.app(), visit.actor(), task, &sheet).await?;
    Ok(visit.go_saying(&format!("/cases/{case}"), "onward-made"))
}
