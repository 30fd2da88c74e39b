//! Ending a conversation: not now, with information, closed, or on to a case.

use std::collections::BTreeMap;

use throughline_app::conversation::{self, Ending, Found, PersonSheet, Talk, ToCase};
use throughline_core::code::Code;
use throughline_core::conversation::{Stage, StillOpen};
use throughline_core::id::Ref;
use throughline_core::immediate::{ImmediateCode, ImmediateKind};
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::conversation::{TALK, TITLE, opened, version};
use crate::fault::{Fault, Outcome};
use crate::route::{Rate, Route, get, post};
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let (page, title) = (Rate::Page, TITLE);
    vec![
        get("/conversations/{talk}/end", title, TALK, page, |v| {
            Box::pin(ending(v))
        }),
        post("/conversations/{talk}/end", title, TALK, page, |v| {
            Box::pin(end(v))
        }),
        get("/conversations/{talk}/continue", title, TALK, page, |v| {
            Box::pin(onward(v))
        }),
        post("/conversations/{talk}/continue", title, TALK, page, |v| {
            Box::pin(go_on(v))
        }),
    ]
}

async fn ending(visit: Visit) -> Outcome {
    let talk = opened(&visit).await?;
    Ok(visit.show(ending_page(&visit, &talk, &Form::empty())))
}

fn ending_page(visit: &Visit, talk: &Talk, form: &Form) -> Page {
    let text = visit.text();
    let action = format!("/conversations/{}/end", talk.plain.reference);
    let post = |body: Html| {
        PostForm::new(action.clone(), visit.csrf())
            .hidden("version", talk.plain.version.to_string())
            .body(body)
    };
    let mut body = Html::heading(1, Size::L, text.t("talk-end-heading"))
        .then(Html::paragraph(text.t("talk-not-now-what")))
        .then(post(
            Button::new(text.t("talk-end-not-now"))
                .sends("ending", "not_now")
                .into(),
        ));
    if matches!(talk.plain.stage, Stage::NotDisclosed | Stage::UnsafeToAsk) {
        body.push(post(
            Button::new(text.t("talk-end-information"))
                .secondary()
                .sends("ending", "information")
                .into(),
        ));
    }
    body.push(Html::heading(2, Size::M, text.t("talk-close-heading")));
    let mut close = Html::default();
    if talk.notes.disclosed && talk.case.is_none() {
        let answers = [
            ImmediateCode::Given,
            ImmediateCode::NotNeeded,
            ImmediateCode::Declined,
            ImmediateCode::Unavailable,
        ];
        for kind in ImmediateKind::ALL {
            let question = text.t(&format!("talk-immediate-{}", kind.code()));
            close.push(
                Radios::new(kind.code(), Legend::new(question))
                    .items(answers.map(|code| {
                        let code = code.code();
                        Choice::new(code, text.t(&format!("talk-answer-{code}")))
                    }))
                    .bind(form, text),
            );
        }
    }
    close.push(
        Button::new(text.t("talk-close"))
            .secondary()
            .sends("ending", "close"),
    );
    body.push(post(close));
    let mut page = visit.page(TITLE, body);
    page.back = Some(format!("/conversations/{}", talk.plain.reference));
    page.errors = form.summary(text);
    page
}

async fn end(visit: Visit) -> Outcome {
    let talk = opened(&visit).await?;
    let mut form = visit.form()?;
    let ending = match form.value("ending") {
        "not_now" => Ending::NotNow,
        "information" => Ending::InformationOffered,
        "close" => {
            let mut answers = BTreeMap::new();
            for kind in ImmediateKind::ALL {
                if let Ok(code) = ImmediateCode::from_code(form.value(kind.code())) {
                    answers.insert(*kind, code);
                }
            }
            Ending::Close(answers)
        }
        _ => return Err(Fault::BadRequest),
    };
    let (reference, at) = (talk.plain.reference, version(&form)?);
    match conversation::end(visit.app(), visit.actor(), reference, at, &ending).await? {
        Ok(_) => Ok(visit.go_saying("/today", "talk-ended")),
        Err(open) => {
            for one in open {
                match one {
                    StillOpen::Immediate(kind) => form.wrong(kind.code(), "talk-open-immediate"),
                    StillOpen::Child => form.wrong("ending", "talk-open-child"),
                    StillOpen::Risk => form.wrong("ending", "talk-open-risk"),
                    // These hold a case, never the talk that led to it.
                    StillOpen::Referral | StillOpen::Escalation | StillOpen::ChildReview => {
                        form.wrong("ending", "talk-open-case");
                    }
                }
            }
            Ok(visit.show_errors(ending_page(&visit, &talk, &form)))
        }
    }
}

async fn onward(visit: Visit) -> Outcome {
    let talk = opened(&visit).await?;
    if let Some(case) = talk.case {
        return Ok(visit.go(&format!("/cases/{case}")));
    }
    Ok(visit.show(onward_page(&visit, talk.plain.reference, &Form::empty())))
}

fn onward_page(visit: &Visit, talk: Ref, form: &Form) -> Page {
    let text = visit.text();
    let questions = Html::from(
        Input::new("chosen", text.t("onward-chosen"))
            .hint(text.t("onward-chosen-hint"))
            .bind(form, text),
    )
    .then(Input::new("family", text.t("onward-family")).bind(form, text))
    .then(DateInput::new(visit.lang, "born", text.t("onward-born")).bind(form, text))
    .then(Button::new(text.t("onward-go")));
    let body = Html::heading(1, Size::L, text.t("onward-heading"))
        .then(Html::paragraph(text.t("onward-what")))
        .then(
            PostForm::new(format!("/conversations/{talk}/continue"), visit.csrf()).body(questions),
        );
    let mut page = visit.page(TITLE, body);
    page.back = Some(format!("/conversations/{talk}"));
    page.errors = form.summary(text);
    page
}

/// People like this whom the worker already helps: by the name to call them by, or by the date of birth.
async fn met_before(visit: &Visit, chosen: &str, born: Option<&str>) -> Result<Vec<Found>, Fault> {
    let mut found = conversation::find_again(visit.app(), visit.actor(), chosen, None).await?;
    if born.is_some() {
        let more = conversation::find_again(visit.app(), visit.actor(), "", born).await?;
        found.extend(more);
    }
    found.sort_by_key(|one| one.case);
    found.dedup_by_key(|one| one.case);
    Ok(found)
}

/// "Have we met before?" Nobody is to tell it twice, or to be on record twice.
fn met_page(visit: &Visit, talk: Ref, form: &Form, found: &[Found]) -> Page {
    let text = visit.text();
    let action = format!("/conversations/{talk}/continue");
    let mut body = Html::heading(1, Size::L, text.t("onward-met-heading"))
        .then(Html::paragraph(text.t("onward-met-what")));
    for one in found {
        let since = text.date(one.since.london_date());
        body.push(
            Card::new(Html::text(&one.name)).level(2).body(
                Html::paragraph(text.t_with("again-since", &[("date", since.into())])).then(
                    PostForm::new(action.clone(), visit.csrf())
                        .hidden("case", one.case.to_string())
                        .body(Button::new(text.t_with(
                            "onward-met-them",
                            &[("name", one.name.clone().into())],
                        ))),
                ),
            ),
        );
    }
    let mut fresh = PostForm::new(action, visit.csrf()).hidden("new", "yes");
    for (name, value) in form.pairs() {
        if name.starts_with("born") || name == "chosen" || name == "family" {
            fresh = fresh.hidden(name, value.clone());
        }
    }
    body.push(fresh.body(Button::new(text.t("onward-met-new")).secondary()));
    let mut page = visit.page(TITLE, body);
    page.back = Some(format!("/conversations/{talk}/continue"));
    page
}

async fn go_on(visit: Visit) -> Outcome {
    let talk = visit.reference("talk")?;
    let mut form = visit.form()?;
    if let Ok(case) = form.value("case").parse::<Ref>() {
        let to = ToCase::Known(case);
        let case = conversation::continue_to_case(visit.app(), visit.actor(), talk, &to).await?;
        return Ok(visit.go_saying(&format!("/cases/{case}"), "onward-known"));
    }
    let chosen = form.required_within("chosen", "onward-chosen-missing", 200);
    let family = form.optional_within("family", 200);
    let born = form.date("born").map(|date| date.to_string());
    let (Some(chosen), false) = (chosen, form.has_errors()) else {
        return Ok(visit.show_errors(onward_page(&visit, talk, &form)));
    };
    if form.value("new") != "yes" {
        let found = met_before(&visit, &chosen, born.as_deref()).await?;
        if !found.is_empty() {
            return Ok(visit.show(met_page(&visit, talk, &form, &found)));
        }
    }
    let sheet = PersonSheet {
        chosen,
        given: None,
        family,
        born,
        age_band: None,
        language: None,
        interpreter: None,
        access: Vec::new(),
    };
    let to = ToCase::New(sheet);
    let case = conversation::continue_to_case(visit.app(), visit.actor(), talk, &to).await?;
    Ok(visit.go_saying(&format!("/cases/{case}"), "onward-made"))
}
