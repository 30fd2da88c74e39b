//! Someone is with me: four doors, the conversation behind one of them, and one button for "I called 999".

use std::collections::BTreeSet;

use axum::response::Response;
use throughline_app::conversation::{self, Heard, SafeAnswers, Talk, TwoColumns};
use throughline_core::answer::Answer;
use throughline_core::code::Code;
use throughline_core::conversation::{Interpreter, Mode, Overheard, Sign, Stage, TalkMode};
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::draft::said;
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::Visit;
use crate::with_me::called_button;

pub(crate) const TALK: Access = Access::Staff(&[ActionKind::ConversationStart]);
pub(crate) const TITLE: &str = "page-talk-title";
/// The longest text of one column, in characters: many pages.
const WORDS_MAX: usize = 50_000;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let (page, title) = (Rate::Page, TITLE);
    vec![
        post("/conversations", title, TALK, page, |v| Box::pin(start(v))),
        get("/conversations/{talk}", title, TALK, page, |v| {
            Box::pin(show(v))
        }),
        get("/conversations/{talk}/first", title, TALK, page, |v| {
            Box::pin(ask_safe(v))
        }),
        post("/conversations/{talk}/first", title, TALK, page, |v| {
            Box::pin(keep_safe(v))
        }),
        get("/conversations/{talk}/notes", title, TALK, page, |v| {
            Box::pin(notes(v))
        }),
        post("/conversations/{talk}/notes", title, TALK, page, |v| {
            Box::pin(keep_notes(v))
        })
        .keeping(&["signs", "seen", "told", "heard"]),
    ]
}

async fn start(visit: Visit) -> Outcome {
    let form = visit.form()?;
    let mode = Mode::from_code(form.value("mode")).unwrap_or(Mode::InPerson);
    let talk = conversation::start(visit.app(), visit.actor(), mode).await?;
    Ok(visit.go(&format!("/conversations/{talk}")))
}

pub(crate) async fn opened(visit: &Visit) -> Result<Talk, Fault> {
    let reference = visit.reference("talk")?;
    Ok(conversation::open(visit.app(), visit.actor(), reference).await?)
}

async fn show(visit: Visit) -> Outcome {
    let talk = opened(&visit).await?;
    if talk.plain.stage == Stage::Closed {
        return Ok(over(&visit, &talk));
    }
    match talk.talk_mode {
        None => Ok(safe_page(&visit, &talk)),
        Some(TalkMode::SafeEnquiry) => notes_page(&visit, &talk).await,
        Some(TalkMode::OrdinaryAppointment) => Ok(ordinary(&visit, &talk)),
    }
}

fn over(visit: &Visit, talk: &Talk) -> Response {
    let text = visit.text();
    let mut body = Html::heading(1, Size::L, text.t("talk-heading"))
        .then(Html::paragraph(text.t("talk-over")));
    if let Some(case) = talk.case {
        body.push(Button::link(
            text.t("talk-to-case"),
            format!("/cases/{case}"),
        ));
    }
    if talk.plain.case.is_none() {
        // What outlives the talk, such as a risk to be judged, is done on a plan.
        body.push(
            Button::link(
                text.t("talk-continue"),
                format!("/conversations/{}/continue", talk.plain.reference),
            )
            .secondary(),
        );
    }
    body.push(called_button(visit, Some(talk.plain.reference)));
    visit.show(with_back(visit, body))
}

fn with_back(visit: &Visit, body: Html) -> Page {
    let mut page = visit.page(TITLE, body);
    page.back = Some("/today".to_owned());
    page
}

/// An ordinary appointment: nothing on it that anyone who sees the screen could read anything into.
fn ordinary(visit: &Visit, talk: &Talk) -> Response {
    let text = visit.text();
    let base = format!("/conversations/{}", talk.plain.reference);
    let body = Html::heading(1, Size::L, text.t("talk-heading"))
        .then(Html::paragraph(text.t("talk-ordinary")))
        .then(Html::paragraph(text.t("talk-ordinary-what")))
        .then(Button::link(
            text.t("talk-ordinary-changed"),
            format!("{base}/first"),
        ))
        .then(Html::paragraph(Link::new(
            text.t("talk-ordinary-notes"),
            format!("{base}/notes"),
        )))
        .then(Html::paragraph(Link::new(
            text.t("talk-finish"),
            format!("{base}/end"),
        )));
    visit.show(with_back(visit, body))
}

fn codes<C: Code>(text: Text, prefix: &str) -> Vec<Choice> {
    C::ALL
        .iter()
        .map(|code| {
            let code = code.code();
            Choice::new(code, text.t(&format!("{prefix}-{code}")))
        })
        .collect()
}

async fn ask_safe(visit: Visit) -> Outcome {
    let talk = opened(&visit).await?;
    Ok(safe_page(&visit, &talk))
}

fn safe_page(visit: &Visit, talk: &Talk) -> Response {
    let text = visit.text();
    let alone = [
        ("yes", "talk-alone-yes"),
        ("no", "talk-alone-no"),
        ("not_sure", "talk-alone-not-sure"),
    ];
    let form = Form::from_pairs([("mode", talk.plain.mode.code())]);
    let questions = Html::join([
        Html::from(
            Radios::new("alone", Legend::new(text.t("talk-alone")))
                .items(alone.map(|(code, key)| Choice::new(code, text.t(key)))),
        ),
        Radios::new("overheard", Legend::new(text.t("talk-overheard")))
            .items(codes::<Overheard>(text, "talk-overheard"))
            .into(),
        Radios::new("interpreter", Legend::new(text.t("talk-interpreter")))
            .hint(text.t("talk-interpreter-hint"))
            .items(codes::<Interpreter>(text, "talk-interpreter"))
            .into(),
        Radios::new("mode", Legend::new(text.t("talk-mode")))
            .items(codes::<Mode>(text, "talk-mode"))
            .bind(&form, text)
            .into(),
        Button::new(text.t("talk-go-on")).into(),
    ]);
    let action = format!("/conversations/{}/first", talk.plain.reference);
    let mut body = Html::heading(1, Size::L, text.t("talk-safe-heading"));
    if talk.yes_or_no() {
        body.push(InsetText::new(text.t("talk-phone-safe")));
    }
    body.push(Html::paragraph(text.t("talk-safe-what")));
    body.push(
        PostForm::new(action, visit.csrf())
            .hidden("version", talk.plain.version.to_string())
            .body(questions),
    );
    body.push(called_button(visit, Some(talk.plain.reference)));
    visit.show(with_back(visit, body))
}

pub(crate) fn version(form: &Form) -> Result<i64, Fault> {
    form.value("version").parse().map_err(|_| Fault::BadRequest)
}

async fn keep_safe(visit: Visit) -> Outcome {
    let reference = visit.reference("talk")?;
    let form = visit.form()?;
    // What was not answered is not known, and what is not known is not safe.
    let answers = SafeAnswers {
        alone: Answer::from_code(form.value("alone")).unwrap_or(Answer::NotAsked),
        interpreter: Interpreter::from_code(form.value("interpreter"))
            .unwrap_or(Interpreter::NotKnown),
        overheard: Overheard::from_code(form.value("overheard")).unwrap_or(Overheard::NotKnown),
        mode: Mode::from_code(form.value("mode")).map_err(|_| Fault::BadRequest)?,
    };
    let at = version(&form)?;
    conversation::safe_to_talk(visit.app(), visit.actor(), reference, at, answers).await?;
    Ok(visit.go(&format!("/conversations/{reference}")))
}

async fn notes(visit: Visit) -> Outcome {
    let talk = opened(&visit).await?;
    if talk.plain.stage == Stage::Closed {
        return Ok(over(&visit, &talk));
    }
    notes_page(&visit, &talk).await
}

/// The fields as they were kept for good.
fn kept(talk: &Talk) -> Form {
    let mut pairs: Vec<(&str, String)> = talk
        .notes
        .signs
        .iter()
        .map(|sign| ("signs", sign.code().to_owned()))
        .collect();
    pairs.push(("seen", talk.notes.seen.clone()));
    pairs.push(("told", talk.notes.told.clone()));
    Form::from_pairs(pairs)
}

async fn notes_page(visit: &Visit, talk: &Talk) -> Outcome {
    let text = visit.text();
    let reference = talk.plain.reference;
    let action = format!("/conversations/{reference}/notes");
    let form = visit.typed(&action, kept(talk)).await?;
    let seen = Html::heading(2, Size::M, text.t("talk-seen-heading"))
        .then(
            Checkboxes::new("signs", Legend::new(text.t("talk-signs")))
                .hint(text.t("talk-signs-hint"))
                .items(codes::<Sign>(text, "sign"))
                .bind(&form, text),
        )
        .then(
            Textarea::new("seen", text.t("talk-seen"))
                .rows(4)
                .bind(&form, text),
        );
    let mut told = Html::heading(2, Size::M, text.t("talk-told-heading"));
    if talk.yes_or_no() {
        let ask = [
            "talk-phone-1",
            "talk-phone-2",
            "talk-phone-3",
            "talk-phone-4",
        ];
        told.push(InsetText::new(
            Html::paragraph(text.t("talk-phone-ask")).then(Html::bullets(ask.map(|k| text.t(k)))),
        ));
    }
    let heard = ["as_before", "nothing", "told"]
        .map(|code| Choice::new(code, text.t(&format!("talk-heard-{code}"))));
    if talk.notes.disclosed {
        told.push(Html::paragraph(text.t("talk-heard-already")));
    } else {
        told.push(
            Radios::new("heard", Legend::new(text.t("talk-heard")))
                .items(heard)
                .bind(&form, text),
        );
    }
    told.push(
        Textarea::new("told", text.t("talk-told"))
            .hint(text.t("talk-told-hint"))
            .rows(8)
            .bind(&form, text),
    );
    let buttons = ButtonGroup::new([
        Button::new(text.t("talk-save")).sends("then", "stay"),
        Button::new(text.t("talk-continue"))
            .secondary()
            .sends("then", "continue"),
        Button::new(text.t("talk-not-now"))
            .secondary()
            .sends("then", "end"),
    ]);
    let mut body = Html::heading(1, Size::L, text.t("talk-heading")).then(said(text, &form));
    if talk.talk_mode != Some(TalkMode::SafeEnquiry) {
        body.push(InsetText::new(text.t("talk-specialist-only")));
    }
    body.push(
        visit
            .form_to(action)
            .hidden("version", talk.plain.version.to_string())
            .body(Html::from(Columns::halves(seen, told)).then(buttons)),
    );
    body.push(Html::paragraph(Link::new(
        text.t("talk-ask-again"),
        format!("/conversations/{reference}/first"),
    )));
    for at in &talk.called_999 {
        let time = text.time(at.london().time());
        body.push(Html::paragraph(
            text.t_with("talk-called-at", &[("time", time.into())]),
        ));
    }
    body.push(called_button(visit, Some(reference)));
    Ok(visit.show(with_back(visit, body)))
}

async fn keep_notes(visit: Visit) -> Outcome {
    let reference = visit.reference("talk")?;
    let mut form = visit.form()?;
    let seen = form.optional_within("seen", WORDS_MAX).unwrap_or_default();
    let told = form.optional_within("told", WORDS_MAX).unwrap_or_default();
    if form.has_errors() {
        return Err(Fault::TooLarge);
    }
    let signs: BTreeSet<Sign> = form
        .values("signs")
        .into_iter()
        .filter_map(|code| Sign::from_code(code).ok())
        .collect();
    let columns = TwoColumns {
        signs,
        seen,
        told,
        heard: match form.value("heard") {
            "nothing" => Heard::Nothing,
            "told" => Heard::Told,
            _ => Heard::AsBefore,
        },
    };
    let at = version(&form)?;
    conversation::keep(visit.app(), visit.actor(), reference, at, &columns).await?;
    let base = format!("/conversations/{reference}");
    Ok(match form.value("then") {
        "continue" => visit.go(&format!("{base}/continue")),
        "end" => visit.go(&format!("{base}/end")),
        _ => visit.go_saying(&base, "talk-saved"),
    })
}
