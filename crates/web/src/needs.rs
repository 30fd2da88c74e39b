//! The needs of a case: adding one, and moving it on by hand.

use throughline_app::case::{self};
use throughline_app::case_view::CaseView;
use throughline_core::code::Code;
use throughline_core::need::{NeedMove, NeedType};
use throughline_core::reason::Reason;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::case::{CHANGE, TITLE, again, opened, step, word};
use crate::case_now::{REASON, at, choices, chosen, form_to, version};
use crate::fault::{Fault, Outcome};
use crate::route::{Rate, Route, get, post};
use crate::unmet::{About, buttons};
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases/{case}/needs/add", TITLE, CHANGE, page, |v| {
            Box::pin(need_new(v))
        }),
        post("/cases/{case}/needs/add", TITLE, CHANGE, page, |v| {
            Box::pin(need_add(v))
        }),
        get("/cases/{case}/needs/{need}", TITLE, CHANGE, page, |v| {
            Box::pin(need(v))
        }),
        post("/cases/{case}/needs/{need}", TITLE, CHANGE, page, |v| {
            Box::pin(need_move(v))
        })
        .keeping(&["move", "reason"]),
    ]
}

/// How a need stands in an address: by its number. A browser keeps addresses, and whoever sits there next would read the word.
pub(crate) fn in_address(kind: NeedType) -> String {
    let at = NeedType::ALL.iter().position(|one| *one == kind);
    at.unwrap_or_default().to_string()
}

/// The need that an address names. Errors with "there is no such page" where it names none.
fn of_address(visit: &Visit) -> Result<NeedType, Fault> {
    let number = visit
        .param("need")
        .and_then(|text| text.parse::<usize>().ok());
    number
        .and_then(|number| NeedType::ALL.get(number).copied())
        .ok_or(Fault::NotFound)
}

async fn need_new(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    Ok(visit.show(need_new_page(&visit, &view, &Form::empty())))
}

fn need_new_page(visit: &Visit, view: &CaseView, form: &Form) -> Page {
    let text = visit.text();
    let questions = Html::from(
        Radios::new("need", text.t("need-which"))
            .small()
            .items(choices::<NeedType>(text, "need"))
            .bind(form, text),
    )
    .then(
        Radios::new("told", text.t("need-told"))
            .hint(text.t("need-told-hint"))
            .item(Choice::new("told", text.t("need-told-yes")))
            .item(Choice::new("seen", text.t("need-told-seen")))
            .bind(form, text),
    )
    .then(Button::new(text.t("case-save")));
    let body = form_to(visit, view, "/needs/add", view.case.version, questions);
    step(visit, view, "need-add-heading", "/plan", form, body)
}

async fn need_add(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    let kind = chosen::<NeedType>(&mut form, "need");
    let told = form.required_choice("told", &["told", "seen"], "error-choose-one");
    if let (Some(kind), Some(told), false) = (kind, told, form.has_errors()) {
        case::need_add(visit.app(), visit.actor(), reference, kind, told == "told").await?;
        return Ok(visit.go_saying(&format!("/cases/{reference}/plan"), "case-saved"));
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(need_new_page(&visit, &view, &form)))
}

/// What a worker may say of a need by hand; the others happen with a referral, or are one press.
const BY_HAND: [NeedMove; 6] = [
    NeedMove::Tell,
    NeedMove::Offer,
    NeedMove::PutOff,
    NeedMove::FallThrough,
    NeedMove::Refuse,
    NeedMove::Meet,
];

async fn need(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let kind = of_address(&visit)?;
    let form = visit
        .typed(
            &format!("{}/needs/{}", at(&view), in_address(kind)),
            Form::empty(),
        )
        .await?;
    Ok(visit.show(need_page(&visit, &view, kind, &form)?))
}

fn need_page(visit: &Visit, view: &CaseView, kind: NeedType, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let known = view
        .needs
        .iter()
        .find(|need| need.kind == kind)
        .ok_or(Fault::NotFound)?;
    let moves = BY_HAND
        .into_iter()
        .filter(|by| known.state.apply(*by).is_ok())
        .map(|by| Choice::new(by.code(), word(text, "need-move", by.code())));
    let questions = Html::from(
        Radios::new("move", text.t("need-what"))
            .items(moves)
            .bind(form, text),
    )
    .then(
        Textarea::new("reason", text.t("need-reason"))
            .hint(text.t("need-reason-hint"))
            .bind(form, text),
    )
    .then(Button::new(text.t("case-save")));
    let body = Html::heading(2, Size::M, word(text, "need", kind.code()))
        .then(Html::paragraph(word(
            text,
            "need-state",
            known.state.code(),
        )))
        .then(form_to(
            visit,
            view,
            &format!("/needs/{}", in_address(kind)),
            known.version,
            questions,
        ));
    let body = if known.state.apply(NeedMove::JudgeNotWorthSending).is_ok() {
        let about = About {
            case: view.case.reference,
            need: kind,
            service: None,
            told: None,
        };
        body.then(Html::heading(2, Size::M, text.t("not-sent-heading")))
            .then(Html::paragraph(text.t("not-sent-words")))
            .then(buttons(visit, &about))
    } else {
        body
    };
    Ok(step(visit, view, "need-heading", "/plan", form, body))
}

async fn need_move(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let kind = of_address(&visit)?;
    let mut form = visit.form()?;
    let version = version(&form)?;
    let by = chosen::<NeedMove>(&mut form, "move").filter(|by| BY_HAND.contains(by));
    let reason = form
        .optional_within("reason", REASON)
        .and_then(|words| Reason::new(&words).ok());
    if let (Some(by), false) = (by, form.has_errors()) {
        match case::need_move(
            visit.app(),
            visit.actor(),
            reference,
            kind,
            version,
            by,
            reason.as_ref(),
        )
        .await
        {
            Ok(_) => return Ok(visit.go_saying(&format!("/cases/{reference}/plan"), "case-saved")),
            Err(error) => again(&mut form, error)?,
        }
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(need_page(&visit, &view, kind, &form)?))
}
