//! Someone is with me: four doors, the conversation behind one of them, and one button for "I called 999".

use std::collections::{BTreeMap, BTreeSet};

use throughline_app::conversation::{
    self, Ending, Heard, PersonSheet, SafeAnswers, Talk, ToCase, TwoColumns,
};
use throughline_app::drafts::{self, Fields};
use throughline_core::answer::Answer;
use throughline_core::code::Code;
use throughline_core::conversation::{
    Interpreter, Mode, Overheard, Sign, Stage, StillOpen, TalkMode,
};
use throughline_core::id::Ref;
use throughline_core::immediate::{ImmediateCode, ImmediateKind};
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::Visit;

const TALK: Access = Access::Staff(&[ActionKind::ConversationStart]);
const TITLE: &str = "page-talk-title";
/// The longest text of one column, in characters: many pages.
const WORDS_MAX: usize = 50_000;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let (page, title) = (Rate::Page, TITLE);
    vec![
        get("/with-me", title, TALK, page, |v| Box::pin(doors(v))),
        get("/with-me/again", title, TALK, page, |v| Box::pin(again(v))),
        post("/with-me/again", title, TALK, Rate::Search, |v| {
            Box::pin(found(v))
        }),
        get("/emergency", title, Access::SignedIn, page, |v| {
            Box::pin(emergency(v))
        }),
        post("/emergency/called", title, Access::SignedIn, page, |v| {
            Box::pin(called(v))
        }),
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
        }),
        post("/drafts/conversations/{talk}", title, TALK, page, |v| {
            Box::pin(keep_draft(v))
        }),
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

async fn doors(visit: Visit) -> Outcome {
    let text = visit.text();
    let modes = [Mode::InPerson, Mode::Telephone, Mode::Video].map(|mode| {
        Button::new(text.t(&format!("talk-start-{}", mode.code()))).sends("mode", mode.code())
    });
    let start = PostForm::new("/conversations", visit.csrf()).body(ButtonGroup::new(modes));
    let door = |key: &str, body: Html| Card::new(text.t(key)).level(2).body(body);
    let body = Html::heading(1, Size::L, text.t("doors-heading"))
        .then(door("doors-danger", Html::paragraph(text.t("doors-danger-what"))).href("/emergency"))
        .then(door("doors-find", Html::paragraph(text.t("doors-find-what"))).href("/find"))
        .then(door(
            "doors-talk",
            Html::paragraph(text.t("doors-talk-what")).then(start),
        ))
        .then(
            door("doors-again", Html::paragraph(text.t("doors-again-what"))).href("/with-me/again"),
        );
    let mut page = visit.page(TITLE, body);
    page.back = Some("/today".to_owned());
    Ok(visit.show(page))
}

fn search_form(visit: &Visit, form: &Form) -> Html {
    let text = visit.text();
    let questions = Html::from(
        Input::new("name", text.t("again-name"))
            .hint(text.t("again-name-hint"))
            .bind(form, text),
    )
    .then(DateInput::new(visit.lang, "born", text.t("again-born")).bind(form, text))
    .then(Button::new(text.t("again-search")));
    PostForm::new("/with-me/again", visit.csrf())
        .body(questions)
        .into()
}

async fn again(visit: Visit) -> Outcome {
    let body = Html::heading(1, Size::L, visit.text().t("again-heading"))
        .then(search_form(&visit, &Form::empty()));
    let mut page = visit.page(TITLE, body);
    page.back = Some("/with-me".to_owned());
    Ok(visit.show(page))
}

async fn found(visit: Visit) -> Outcome {
    let text = visit.text();
    let mut form = visit.form()?;
    let name = form.optional("name").unwrap_or_default();
    let born = form.date("born").map(|date| date.to_string());
    if name.is_empty() && born.is_none() && !form.has_errors() {
        form.wrong("name", "again-nothing-given");
    }
    let mut body = Html::heading(1, Size::L, text.t("again-heading"));
    let wrong = form.has_errors();
    if !wrong {
        let people =
            conversation::find_again(visit.app(), visit.actor(), &name, born.as_deref()).await?;
        if people.is_empty() {
            body.push(InsetText::new(text.t("again-none")));
        }
        for one in people {
            let since = text.date(one.since.london_date());
            body.push(
                Card::new(Html::text(&one.name))
                    .level(2)
                    .href(format!("/cases/{}", one.case))
                    .body(Html::paragraph(
                        text.t_with("again-since", &[("date", since.into())]),
                    )),
            );
        }
    }
    body.push(search_form(&visit, &form));
    let mut page = visit.page(TITLE, body);
    page.back = Some("/with-me".to_owned());
    page.errors = form.summary(text);
    Ok(if wrong {
        visit.show_errors(page)
    } else {
        visit.show(page)
    })
}

/// The one button. Nothing else is asked for.
fn called_button(visit: &Visit, talk: Option<Ref>) -> Html {
    let mut form = PostForm::new("/emergency/called", visit.csrf());
    if let Some(talk) = talk {
        form = form.hidden("conversation", talk.to_string());
    }
    form.body(Button::new(visit.text().t("emergency-called")).warning())
        .into()
}

async fn emergency(visit: Visit) -> Outcome {
    let text = visit.text();
    let steps = ["emergency-1", "emergency-2", "emergency-3", "emergency-4"];
    let body = Html::heading(1, Size::L, text.t("emergency-heading"))
        .then(Html::bullets(steps.map(|key| text.t(key))))
        .then(called_button(&visit, None))
        .then(Html::paragraph(text.t("emergency-nothing-else")));
    let mut page = visit.page(TITLE, body);
    page.back = Some("/with-me".to_owned());
    Ok(visit.show(page))
}

async fn called(visit: Visit) -> Outcome {
    // A reference that cannot be read does not stand in the way: it is simply left out.
    let form = visit.form().unwrap_or_else(|_| Form::empty());
    let talk = form.value("conversation").parse::<Ref>().ok();
    let case = form.value("case").parse::<Ref>().ok();
    conversation::called_999(visit.app(), visit.actor(), talk, case).await?;
    // Back to the page they were on: nobody loses their place for having called.
    let back = match (talk, form.value("back")) {
        (Some(talk), _) => format!("/conversations/{talk}"),
        (None, "") => "/emergency".to_owned(),
        (None, back) => back.to_owned(),
    };
    Ok(visit.go_saying(&back, "emergency-recorded"))
}

async fn start(visit: Visit) -> Outcome {
    let form = visit.form()?;
    let mode = Mode::from_code(form.value("mode")).unwrap_or(Mode::InPerson);
    let talk = conversation::start(visit.app(), visit.actor(), mode).await?;
    Ok(visit.go(&format!("/conversations/{talk}")))
}

async fn opened(visit: &Visit) -> Result<Talk, Fault> {
    let reference = visit.reference("talk")?;
    Ok(conversation::open(visit.app(), visit.actor(), reference).await?)
}

async fn show(visit: Visit) -> Outcome {
    let talk = opened(&visit).await?;
    if talk.plain.stage == Stage::Closed {
        return over(&visit, &talk);
    }
    match talk.talk_mode {
        None => safe_page(&visit, &talk),
        Some(TalkMode::SafeEnquiry) => notes_page(&visit, &talk).await,
        Some(TalkMode::OrdinaryAppointment) => ordinary(&visit, &talk),
    }
}

fn over(visit: &Visit, talk: &Talk) -> Outcome {
    let text = visit.text();
    let mut body = Html::heading(1, Size::L, text.t("talk-heading"))
        .then(Html::paragraph(text.t("talk-over")));
    if let Some(case) = talk.case {
        body.push(Button::link(
            text.t("talk-to-case"),
            format!("/cases/{case}"),
        ));
    }
    body.push(called_button(visit, Some(talk.plain.reference)));
    Ok(visit.show(with_back(visit, body)))
}

fn with_back(visit: &Visit, body: Html) -> Page {
    let mut page = visit.page(TITLE, body);
    page.back = Some("/today".to_owned());
    page
}

/// An ordinary appointment: nothing on it that anyone who sees the screen could read anything into.
fn ordinary(visit: &Visit, talk: &Talk) -> Outcome {
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
    Ok(visit.show(with_back(visit, body)))
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
    safe_page(&visit, &talk)
}

fn safe_page(visit: &Visit, talk: &Talk) -> Outcome {
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
    Ok(visit.show(with_back(visit, body)))
}

fn version(form: &Form) -> Result<i64, Fault> {
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

fn draft_page(talk: Ref) -> String {
    format!("conversations/{talk}")
}

async fn notes(visit: Visit) -> Outcome {
    let talk = opened(&visit).await?;
    if talk.plain.stage == Stage::Closed {
        return over(&visit, &talk);
    }
    notes_page(&visit, &talk).await
}

/// The fields as they stand: what was typed and never sent, else what was kept.
async fn filled(visit: &Visit, talk: &Talk) -> Result<(Form, bool), Fault> {
    let page = draft_page(talk.plain.reference);
    if let Some(draft) = drafts::read(visit.app(), visit.actor(), &page).await? {
        let pairs = draft
            .body
            .into_iter()
            .flat_map(|(name, values)| values.into_iter().map(move |v| (name.clone(), v)));
        return Ok((Form::from_pairs(pairs), true));
    }
    let mut pairs: Vec<(&str, String)> = talk
        .notes
        .signs
        .iter()
        .map(|sign| ("signs", sign.code().to_owned()))
        .collect();
    pairs.push(("seen", talk.notes.seen.clone()));
    pairs.push(("told", talk.notes.told.clone()));
    Ok((Form::from_pairs(pairs), false))
}

async fn notes_page(visit: &Visit, talk: &Talk) -> Outcome {
    let text = visit.text();
    let reference = talk.plain.reference;
    let (form, from_draft) = filled(visit, talk).await?;
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
    let mut body = Html::heading(1, Size::L, text.t("talk-heading"));
    if from_draft {
        body.push(InsetText::new(text.t("talk-from-draft")));
    }
    if talk.talk_mode != Some(TalkMode::SafeEnquiry) {
        body.push(InsetText::new(text.t("talk-specialist-only")));
    }
    body.push(
        PostForm::new(format!("/conversations/{reference}/notes"), visit.csrf())
            .hidden("version", talk.plain.version.to_string())
            .autosave(visit.lang, format!("/drafts/conversations/{reference}"))
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

/// The fields of the notes page, for a draft.
fn fields(form: &Form) -> Fields {
    let mut out = Fields::new();
    for (name, value) in form.pairs() {
        if ["signs", "seen", "told", "heard"].contains(&name.as_str()) {
            out.entry(name.clone()).or_default().push(value.clone());
        }
    }
    out
}

async fn keep_draft(visit: Visit) -> Outcome {
    let talk = visit.reference("talk")?;
    let form = visit.form()?;
    drafts::keep(
        visit.app(),
        visit.actor(),
        &draft_page(talk),
        &fields(&form),
    )
    .await?;
    Ok(crate::visit::answer(
        axum::http::StatusCode::NO_CONTENT,
        "text/plain; charset=utf-8",
        axum::body::Body::empty(),
    ))
}

async fn keep_notes(visit: Visit) -> Outcome {
    let reference = visit.reference("talk")?;
    let mut form = visit.form()?;
    let page = draft_page(reference);
    // First as a draft: whatever becomes of the rest, what was typed is kept.
    drafts::keep(visit.app(), visit.actor(), &page, &fields(&form)).await?;
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
    drafts::drop_page(visit.app(), visit.actor(), &page).await?;
    let base = format!("/conversations/{reference}");
    Ok(match form.value("then") {
        "continue" => visit.go(&format!("{base}/continue")),
        "end" => visit.go(&format!("{base}/end")),
        _ => visit.go_saying(&base, "talk-saved"),
    })
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

async fn go_on(visit: Visit) -> Outcome {
    let talk = visit.reference("talk")?;
    let mut form = visit.form()?;
    let chosen = form.required_within("chosen", "onward-chosen-missing", 200);
    let family = form.optional_within("family", 200);
    let born = form.date("born").map(|date| date.to_string());
    let (Some(chosen), false) = (chosen, form.has_errors()) else {
        return Ok(visit.show_errors(onward_page(&visit, talk, &form)));
    };
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
