//! Someone is with me: four doors, finding a person again, and one button for "I called 999".

use throughline_app::conversation::{self};
use throughline_core::code::Code;
use throughline_core::conversation::Mode;
use throughline_core::id::Ref;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::conversation::{TALK, TITLE};
use crate::fault::Outcome;
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::{Visit, apart, apart_words};

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let (page, title) = (Rate::Page, TITLE);
    vec![
        get("/with-me", title, TALK, page, |v| Box::pin(doors(v))),
        get("/with-me/again", title, TALK, page, |v| Box::pin(again(v))),
        post("/with-me/again", title, TALK, Rate::People, |v| {
            Box::pin(found(v))
        }),
        get("/emergency", title, Access::SignedIn, page, |v| {
            Box::pin(emergency(v))
        }),
        post("/emergency/called", title, Access::SignedIn, page, |v| {
            Box::pin(called(v))
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
        .then(search_form(&visit, &Form::empty()))
        .then(crate::urgent::way(&visit));
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
    body.push(crate::urgent::way(&visit));
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
pub(crate) fn called_button(visit: &Visit, talk: Option<Ref>) -> Html {
    let text = visit.text();
    let mut form = PostForm::new("/emergency/called", visit.csrf());
    let mut words = text.t("emergency-called");
    if let Some(talk) = talk {
        // There is a form above it on a page of a conversation: what is typed there stays as it is.
        form = apart(form.hidden("conversation", talk.to_string()));
        words.push(apart_words(text));
    }
    form.body(Button::new(words).warning()).into()
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
    if form.value("apart") == "yes" {
        // The page they were on is still open, with what was typed.
        return Ok(visit.go_saying("/emergency", "emergency-recorded-apart"));
    }
    // Back to the page they were on: nobody loses their place for having called. Only ever to a page of ours.
    let ours = |back: &str| back.starts_with('/') && !back.contains("//") && !back.contains('\\');
    let back = match (talk, form.value("back")) {
        (Some(talk), _) => format!("/conversations/{talk}"),
        (None, back) if ours(back) => back.to_owned(),
        (None, _) => "/emergency".to_owned(),
    };
    Ok(visit.go_saying(&back, "emergency-recorded"))
}
