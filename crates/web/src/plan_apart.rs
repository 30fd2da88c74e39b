//! The planner's page: two times at one site that must not meet, and no name (NE-05, decision 0023).

use throughline_app::apart::{self, Decided, Planned};
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::appointment::{slot, slot_questions, version, when};
use crate::case::{TITLE, again, moment};
use crate::draft::said;
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::Visit;

const PLAN: Access = Access::Staff(&[ActionKind::PlanApart]);

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let path = "/tasks/{task}/apart";
    vec![
        get(path, TITLE, PLAN, Rate::Page, |v| Box::pin(show(v))),
        post(path, TITLE, PLAN, Rate::Page, |v| Box::pin(decide(v))),
    ]
}

async fn show(visit: Visit) -> Outcome {
    let task = visit.reference("task")?;
    let planned = apart::plan(visit.app(), visit.actor(), task).await?;
    Ok(visit.show(page(&visit, planned.as_ref(), &Form::empty())?))
}

fn page(visit: &Visit, planned: Option<&Planned>, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let mut body = Html::heading(1, Size::L, text.t("plan-apart-heading")).then(said(text, form));
    match planned {
        None => body.push(InsetText::new(text.t("plan-apart-over"))),
        Some(planned) => body.push(open(visit, planned, form)?),
    }
    let mut page = visit.page(TITLE, body);
    page.back = Some("/today".to_owned());
    page.errors = form.summary(text);
    Ok(page)
}

fn open(visit: &Visit, planned: &Planned, form: &Form) -> Result<Html, Fault> {
    let text = visit.text();
    let plan = &planned.plan;
    let facts = SummaryList::new()
        .fact(
            text.t("plan-apart-own"),
            Html::text(when(text, plan.starts_at, plan.minutes)),
        )
        .fact(text.t("plan-apart-own-with"), Html::text(&planned.with))
        .fact(
            text.t("plan-apart-other"),
            Html::text(moment(text, plan.other_starts_at)),
        )
        .fact(
            text.t("plan-apart-other-with"),
            Html::text(&planned.other_with),
        )
        .fact(
            text.t("plan-apart-by"),
            Html::text(moment(text, plan.planned_by)),
        );
    let mut body = Html::paragraph(text.t("plan-apart-what"))
        .then(WarningText::new(
            visit.lang,
            text.t("plan-apart-tell-nobody"),
        ))
        .then(facts);
    if plan.often >= throughline_core::apart::OFTEN {
        let count = i64::try_from(plan.often).unwrap_or(i64::MAX);
        body.push(WarningText::new(
            visit.lang,
            text.t_with("plan-apart-often", &[("count", count.into())]),
        ));
    }
    let rests = if plan.confirmed {
        "plan-apart-confirmed"
    } else {
        "plan-apart-told"
    };
    body.push(Html::paragraph(text.t(rests)));
    let mut choices = vec![
        Choice::new("move", text.t("plan-apart-move")),
        Choice::new("rearrange", text.t("plan-apart-rearrange")),
    ];
    if !plan.confirmed {
        choices.push(Choice::new("otherwise", text.t("plan-apart-otherwise")));
    }
    if planned.may_read_both {
        choices.push(Choice::new("somebody_else", text.t("plan-apart-somebody")));
        let records = [
            (plan.case, "plan-apart-record"),
            (plan.other_case, "plan-apart-other-record"),
        ];
        let links =
            records.map(|(case, key)| Html::from(Link::new(text.t(key), format!("/cases/{case}"))));
        body.push(Details::new(
            text.t("plan-apart-records"),
            Html::bullets(links),
        ));
    }
    let questions = Html::from(
        Radios::new("decided", Legend::new(text.t("plan-apart-decide")))
            .items(choices)
            .bind(form, text),
    )
    .then(Html::paragraph(text.t("plan-apart-when")))
    .then(slot_questions(visit, form))
    .then(Button::new(text.t("case-save")));
    let path = format!("/tasks/{}/apart", visit.reference("task")?);
    body.push(
        PostForm::new(path, visit.csrf())
            .hidden("version", plan.version.to_string())
            .body(questions),
    );
    Ok(body)
}

async fn decide(visit: Visit) -> Outcome {
    let task = visit.reference("task")?;
    let mut form = visit.form()?;
    let version = version(&form)?;
    let all = ["move", "rearrange", "otherwise", "somebody_else"];
    let code = form.required_choice("decided", &all, "error-choose-one");
    let decided = match code.as_deref() {
        Some("move") => slot(&mut form).map(Decided::Move),
        Some("rearrange") => Some(Decided::Rearrange),
        Some("otherwise") => Some(Decided::ArrangedOtherwise),
        Some(_) => Some(Decided::SomebodyElse),
        None => None,
    };
    if let (Some(decided), false) = (decided, form.has_errors()) {
        match apart::decide(visit.app(), visit.actor(), task, version, decided).await {
            Ok(()) => return Ok(visit.go_saying("/today", "plan-apart-said")),
            Err(error) => again(&mut form, error)?,
        }
    }
    let planned = apart::plan(visit.app(), visit.actor(), task).await?;
    Ok(visit.show_errors(page(&visit, planned.as_ref(), &form)?))
}
