//! How long a record is kept: a legal hold, and asking for it to be erased. For whoever answers for a site's safety, once they have
//! proved themselves again; somebody else decides ([`crate::erasures`]).

use throughline_app::case_view::CaseView;
use throughline_app::erasure::{self, Keeping};
use throughline_core::code::Code;
use throughline_core::erasure::{Ground, HoldKind, Stands};
use throughline_core::reason::Reason;
use throughline_policy::ActionKind;
use throughline_ui::prelude::*;

use crate::case::{TITLE, again, moment, opened, step, word};
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::Visit;

const KEEPING: Access = Access::Staff(&[ActionKind::CaseErase]);

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases/{case}/keeping", TITLE, KEEPING, page, |v| Box::pin(show(v))),
        post("/cases/{case}/keeping/hold", TITLE, KEEPING, page, |v| Box::pin(hold(v))).keeping(&["hold_reason"]),
        post("/cases/{case}/keeping/lift", TITLE, KEEPING, page, |v| Box::pin(lift(v))),
        post("/cases/{case}/keeping/erase", TITLE, KEEPING, page, |v| Box::pin(erase(v))).keeping(&["reason"]),
        post("/cases/{case}/keeping/take-back", TITLE, KEEPING, page, |v| Box::pin(take_back(v))),
    ]
}

/// Whether this visitor may come here: for the link that leads to it.
pub(crate) fn is_for(visit: &Visit) -> bool {
    KEEPING.admits(visit.actor().standing())
}

async fn show(visit: Visit) -> Outcome {
    let at = visit.path.clone();
    let form = visit.typed(&format!("{at}/hold"), Form::empty()).await?;
    let form = visit.typed(&format!("{at}/erase"), form).await?;
    let page = keeping_page(&visit, &form).await?;
    Ok(visit.show(page))
}

async fn keeping_page(visit: &Visit, form: &Form) -> Result<Page, Fault> {
    let reference = visit.reference("case")?;
    let known = erasure::keeping(visit.app(), visit.actor(), reference).await?;
    let view = opened(visit).await?;
    let body = held(visit, &view, &known, form).then(erased(visit, &view, &known, form));
    Ok(step(visit, &view, "keeping-heading", "", form, body))
}

fn to(visit: &Visit, view: &CaseView, path: &str) -> PostForm {
    let at = format!("/cases/{}/keeping/{path}", view.case.reference);
    visit.form_to(at)
}

fn held(visit: &Visit, view: &CaseView, known: &Keeping, form: &Form) -> Html {
    let text = visit.text();
    let out = Html::heading(2, Size::M, text.t("keeping-hold-heading"))
        .then(Html::paragraph(text.t("keeping-hold-what")));
    let Some((hold, by)) = &known.hold else {
        let kinds = HoldKind::ALL
            .iter()
            .map(|kind| Choice::new(kind.code(), word(text, "hold-kind", kind.code())));
        let questions = Html::from(
            Radios::new("kind", Legend::new(text.t("keeping-hold-why")))
                .items(kinds)
                .bind(form, text),
        )
        .then(Textarea::new("hold_reason", text.t("keeping-hold-reason")).bind(form, text))
        .then(Button::new(text.t("keeping-hold-set")).secondary());
        return out.then(to(visit, view, "hold").body(questions));
    };
    let facts = SummaryList::new()
        .fact(
            text.t("keeping-hold-why"),
            word(text, "hold-kind", hold.kind.code()),
        )
        .fact(text.t("keeping-hold-reason"), hold.reason.as_str())
        .fact(
            text.t("keeping-since"),
            format!("{}, {by}", moment(text, hold.set_at)),
        );
    out.then(facts).then(
        to(visit, view, "lift")
            .hidden("hold", hold.reference.to_string())
            .body(Button::new(text.t("keeping-hold-lift")).secondary()),
    )
}

fn erased(visit: &Visit, view: &CaseView, known: &Keeping, form: &Form) -> Html {
    let text = visit.text();
    let out = Html::heading(2, Size::M, text.t("keeping-erase-heading"))
        .then(Html::paragraph(text.t("keeping-erase-what")));
    if let Some((asked, by)) = &known.asked {
        let facts = SummaryList::new()
            .fact(
                text.t("keeping-erase-why"),
                word(text, "erase-ground", asked.ground.code()),
            )
            .fact(
                text.t("keeping-since"),
                format!("{}, {by}", moment(text, asked.asked_at)),
            );
        return out
            .then(InsetText::new(text.t("keeping-erase-waits")))
            .then(facts)
            .then(
                to(visit, view, "take-back")
                    .body(Button::new(text.t("keeping-erase-take-back")).secondary()),
            );
    }
    if !known.stands.is_empty() {
        return out
            .then(Html::paragraph(text.t("keeping-erase-not-yet")))
            .then(standing(text, &known.stands));
    }
    let grounds = Ground::ALL
        .iter()
        .filter(|ground| **ground != Ground::PutBack)
        .map(|ground| Choice::new(ground.code(), word(text, "erase-ground", ground.code())));
    let questions = Html::from(
        Radios::new("ground", Legend::new(text.t("keeping-erase-why")))
            .items(grounds)
            .bind(form, text),
    )
    .then(Textarea::new("reason", text.t("keeping-erase-reason")).bind(form, text))
    .then(Button::new(text.t("keeping-erase-ask")).warning());
    out.then(to(visit, view, "erase").body(questions))
}

/// What stands before erasing, in words.
pub(crate) fn standing(text: Text, stands: &[Stands]) -> Html {
    Html::bullets(
        stands
            .iter()
            .map(|one| word(text, "erase-stands", one.code())),
    )
}

fn reason(form: &mut Form, field: &'static str) -> Option<Reason> {
    form.required(field, "error-required");
    Reason::new(form.value(field)).ok()
}

async fn hold(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let mut form = visit.form()?;
    let kind = form
        .required("kind", "error-choose-one")
        .and_then(|_| HoldKind::from_code(form.value("kind")).ok());
    let why = reason(&mut form, "hold_reason");
    if let Some((kind, why)) = kind.zip(why) {
        match erasure::hold(visit.app(), visit.actor(), case, kind, &why).await {
            Ok(()) => return Ok(said(&visit, "keeping-hold-said")),
            Err(error) => again(&mut form, error)?,
        }
    }
    let page = keeping_page(&visit, &form).await?;
    Ok(visit.show_errors(page))
}

async fn lift(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let form = visit.form()?;
    let hold = form.value("hold").parse().map_err(|_| Fault::BadRequest)?;
    erasure::lift(visit.app(), visit.actor(), case, hold).await?;
    Ok(said(&visit, "keeping-lift-said"))
}

async fn erase(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let mut form = visit.form()?;
    let ground = form
        .required("ground", "error-choose-one")
        .and_then(|_| Ground::from_code(form.value("ground")).ok());
    let why = reason(&mut form, "reason");
    if let Some((ground, why)) = ground.zip(why) {
        match erasure::ask(visit.app(), visit.actor(), case, ground, &why).await {
            Ok(_) => return Ok(said(&visit, "keeping-erase-said")),
            Err(error) => again(&mut form, error)?,
        }
    }
    let page = keeping_page(&visit, &form).await?;
    Ok(visit.show_errors(page))
}

async fn take_back(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    erasure::take_back(visit.app(), visit.actor(), case).await?;
    Ok(said(&visit, "keeping-take-back-said"))
}

fn said(visit: &Visit, key: &str) -> axum::response::Response {
    let case = visit.param("case").unwrap_or_default();
    visit.go_saying(&format!("/cases/{case}/keeping"), key)
}
