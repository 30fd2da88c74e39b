//! The contact tab: how to reach someone safely, asked again at each contact, and what changes when they move or separate.

use jiff::civil::{Time, Weekday};
use throughline_app::case_view::CaseView;
use throughline_app::contact::{self, Contact, ContactEnded, ContactSaid};
use throughline_core::answer::Answer;
use throughline_core::code::Code;
use throughline_core::contact::{AnsweredBy, Channel, Verdict, Window};
use throughline_core::id::Ref;
use throughline_core::time::At;
use throughline_ui::prelude::*;

use crate::case::{CHANGE, READ, TITLE, Tab, again, frame, moment, opened, step, word};
use crate::case_now::{choices, chosen, codes};
use crate::fault::{Fault, Outcome};
use crate::route::{Rate, Route, get, post};
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases/{case}/contact", TITLE, READ, page, |v| {
            Box::pin(tab(v))
        }),
        get("/cases/{case}/contact/add", TITLE, CHANGE, page, |v| {
            Box::pin(new(v))
        }),
        post("/cases/{case}/contact/add", TITLE, CHANGE, page, |v| {
            Box::pin(add(v))
        }),
        post("/cases/{case}/contact/confirm", TITLE, CHANGE, page, |v| {
            Box::pin(confirm(v))
        }),
        post("/cases/{case}/contact/end", TITLE, CHANGE, page, |v| {
            Box::pin(end(v))
        }),
        get("/cases/{case}/contact/changed", TITLE, CHANGE, page, |v| {
            Box::pin(changed(v))
        }),
        post("/cases/{case}/contact/changed", TITLE, CHANGE, page, |v| {
            Box::pin(change(v))
        }),
    ]
}

/// A minute of the day in words; the last one is midnight.
fn minute(text: Text, minute: i16) -> String {
    let time = i8::try_from(minute / 60)
        .ok()
        .zip(i8::try_from(minute % 60).ok());
    text.time(
        time.and_then(|(hour, minute)| Time::new(hour % 24, minute, 0, 0).ok())
            .unwrap_or(Time::midnight()),
    )
}

pub(crate) fn window(text: Text, window: Window) -> String {
    let day = text.plain(&format!("weekday-{}", window.day().to_monday_one_offset()));
    let values = [
        ("day", day.into()),
        ("from", minute(text, window.from()).into()),
        ("to", minute(text, window.to()).into()),
    ];
    text.plain_with("contact-window", &values)
}

fn facts(visit: &Visit, contact: &Contact) -> SummaryList {
    let text = visit.text();
    let point = &contact.point;
    let mut list = SummaryList::new()
        .fact(
            text.t("contact-verdict"),
            word(text, "verdict", point.verdict.code()),
        )
        .fact(text.t("contact-value"), Html::text(&contact.value))
        .fact(
            text.t("contact-who-answers"),
            word(text, "answered", point.answered_by.code()),
        );
    if !point.windows.is_empty() {
        let times = point
            .windows
            .iter()
            .map(|one| Html::text(window(text, *one)));
        list = list.fact(text.t("contact-times"), Html::bullets(times));
    }
    if point.channel.is_phone() {
        let key = if point.voicemail_since.is_some() {
            "contact-voicemail-yes"
        } else {
            "contact-voicemail-no"
        };
        list = list.fact(text.t("contact-voicemail-fact"), text.t(key));
    }
    if let Some(say) = &contact.say {
        list = list.fact(text.t("contact-say-fact"), Html::text(say));
    }
    if let Some(ended) = contact.ended {
        list = list.fact(
            text.t("contact-ended"),
            word(text, "contact-ended", ended.code()),
        );
    } else {
        if let Some(at) = point.confirmed_at {
            list = list.fact(text.t("contact-confirmed"), Html::text(moment(text, at)));
        }
        if let Some(at) = point.expires_at {
            list = list.fact(text.t("contact-expires"), Html::text(moment(text, at)));
        }
    }
    list
}

async fn tab(visit: Visit) -> Outcome {
    let text = visit.text();
    let view = opened(&visit).await?;
    let at = format!("/cases/{}/contact", view.case.reference);
    let mut body = Html::paragraph(text.t("contact-ask-again"));
    if view
        .contacts
        .all
        .iter()
        .all(|contact| contact.ended_at.is_some())
    {
        body.push(InsetText::new(text.t("contact-none")));
    }
    for contact in view
        .contacts
        .all
        .iter()
        .filter(|contact| contact.ended_at.is_none())
    {
        body.push(SummaryCard::new(
            word(text, "channel", contact.point.channel.code()),
            facts(&visit, contact),
        ));
        let hidden = |path: &str, button: Button| {
            PostForm::new(format!("{at}/{path}"), visit.csrf())
                .hidden("contact", contact.reference.to_string())
                .body(button)
        };
        let why = Html::from(
            Select::new("why", text.t("contact-end-why"))
                .id(format!("why-{}", contact.reference))
                .options(
                    [ContactEnded::NotSafe, ContactEnded::NoLongerTheirs].map(|why| {
                        SelectOption::new(why.code(), text.plain(&format!("contact-ended-{why}")))
                    }),
                ),
        );
        let end = PostForm::new(format!("{at}/end"), visit.csrf())
            .hidden("contact", contact.reference.to_string())
            .body(why.then(Button::new(text.t("contact-end")).warning()));
        body.push(hidden(
            "confirm",
            Button::new(text.t("contact-confirm")).secondary(),
        ));
        body.push(Html::paragraph(Link::new(
            text.t("words-between-link"),
            format!("{at}/{}/words", contact.reference),
        )));
        body.push(Details::new(text.t("contact-end-summary"), end));
    }
    let case = format!("/cases/{}", view.case.reference);
    body.push(ButtonGroup::new([
        Html::from(Button::link(
            text.t("message-link"),
            format!("{case}/messages"),
        )),
        Button::link(text.t("contact-add"), format!("{at}/add"))
            .secondary()
            .into(),
    ]));
    body.push(Html::paragraph(Link::new(
        text.t("sheet-link"),
        format!("{case}/sheet"),
    )));
    body.push(Html::paragraph(Link::new(
        text.t("contact-changed-link"),
        format!("{at}/changed"),
    )));
    let ended: Vec<&Contact> = view
        .contacts
        .all
        .iter()
        .filter(|contact| contact.ended_at.is_some())
        .collect();
    if !ended.is_empty() {
        body.push(Html::heading(2, Size::M, text.t("contact-never-again")));
        for contact in ended {
            body.push(SummaryCard::new(
                word(text, "channel", contact.point.channel.code()),
                facts(&visit, contact),
            ));
        }
    }
    let page = frame(&visit, &view, Tab::Contact, body);
    Ok(visit.show(page))
}

async fn new(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let form = Form::from_pairs([("neutral_only", "yes")]);
    Ok(visit.show(new_page(&visit, &view, &form)))
}

fn new_page(visit: &Visit, view: &CaseView, form: &Form) -> Page {
    let text = visit.text();
    let days =
        (1..=7_u8).map(|day| Choice::new(day.to_string(), text.t(&format!("weekday-{day}"))));
    let questions = Html::from(
        Radios::new("channel", text.t("contact-channel"))
            .items(choices::<Channel>(text, "channel"))
            .bind(form, text),
    )
    .then(
        Input::new("value", text.t("contact-value"))
            .hint(text.t("contact-value-hint"))
            .bind(form, text),
    )
    .then(
        Radios::new("verdict", text.t("contact-safe"))
            .hint(text.t("contact-safe-hint"))
            .items(choices::<Verdict>(text, "verdict"))
            .bind(form, text),
    )
    .then(
        Fieldset::new(text.t("contact-when")).body(
            Html::from(
                Checkboxes::new("windows", text.t("contact-days"))
                    .small()
                    .items(days)
                    .bind(form, text),
            )
            .then(
                Input::new("from", text.t("contact-from"))
                    .hint(text.t("contact-time-hint"))
                    .width(10)
                    .bind(form, text),
            )
            .then(
                Input::new("to", text.t("contact-to"))
                    .width(10)
                    .bind(form, text),
            ),
        ),
    )
    .then(
        Radios::new("answered_by", text.t("contact-who-answers"))
            .items(choices::<AnsweredBy>(text, "answered"))
            .bind(form, text),
    )
    .then(
        Radios::new("voicemail", text.t("contact-voicemail"))
            .hint(text.t("contact-voicemail-hint"))
            .item(Choice::new("no", text.t("contact-voicemail-no")))
            .item(Choice::new("yes", text.t("contact-voicemail-yes")))
            .bind(form, text),
    )
    .then(
        Radios::new("neutral_only", text.t("contact-neutral"))
            .item(Choice::new("yes", text.t("contact-neutral-yes")))
            .item(Choice::new("no", text.t("contact-neutral-no")))
            .bind(form, text),
    )
    .then(
        Radios::new("shared_account", text.t("contact-shared"))
            .hint(text.t("contact-shared-hint"))
            .items(choices::<Answer>(text, "answered-as"))
            .bind(form, text),
    )
    .then(
        Input::new("say", text.t("contact-say"))
            .hint(text.t("contact-say-hint"))
            .bind(form, text),
    )
    .then(Button::new(text.t("case-save")));
    let body = PostForm::new(
        format!("/cases/{}/contact/add", view.case.reference),
        visit.csrf(),
    )
    .body(questions);
    step(
        visit,
        view,
        "contact-add-heading",
        "/contact",
        form,
        body.into(),
    )
}

/// The safe times: on each ticked day, from one time to another.
fn windows(form: &mut Form) -> Vec<Window> {
    let names: Vec<String> = (1..=7_u8).map(|day| day.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let days = form.choices("windows", &names);
    if days.is_empty() {
        return Vec::new();
    }
    let minutes = |time: Time| i16::from(time.hour()) * 60 + i16::from(time.minute());
    let from = form.time("from").map_or(0, minutes);
    // Midnight at the end of the day is the end of the day.
    let to = form.time("to").map_or(24 * 60, minutes);
    let to = if to == 0 { 24 * 60 } else { to };
    let made: Option<Vec<Window>> = days
        .iter()
        .map(|day| {
            let day = Weekday::from_monday_one_offset(day.parse().ok()?).ok()?;
            Window::new(day, from, to).ok()
        })
        .collect();
    if made.is_none() {
        form.wrong("from", "contact-times-wrong");
    }
    made.unwrap_or_default()
}

async fn add(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    let channel = chosen::<Channel>(&mut form, "channel");
    let verdict = chosen::<Verdict>(&mut form, "verdict");
    let answered_by = chosen::<AnsweredBy>(&mut form, "answered_by");
    let value = form.optional_within("value", 500).unwrap_or_default();
    let windows = windows(&mut form);
    let shared = form
        .choice("shared_account", &codes::<Answer>())
        .and_then(|code| Answer::from_code(&code).ok());
    let say = form.optional_within("say", 500);
    if let (Some(channel), Some(verdict), Some(answered_by), false) =
        (channel, verdict, answered_by, form.has_errors())
    {
        let said = ContactSaid {
            channel,
            verdict,
            value,
            windows,
            voicemail: form.value("voicemail") == "yes",
            answered_by,
            neutral_only: form.value("neutral_only") != "no",
            shared_account: shared.unwrap_or(Answer::NotAsked),
            say,
        };
        match contact::add(visit.app(), visit.actor(), reference, &said).await {
            Ok(_) => {
                return Ok(visit.go_saying(&format!("/cases/{reference}/contact"), "case-saved"));
            }
            Err(error) => again(&mut form, error)?,
        }
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(new_page(&visit, &view, &form)))
}

/// The contact point that the form names.
fn named(form: &Form) -> Result<Ref, Fault> {
    form.value("contact").parse().map_err(|_| Fault::BadRequest)
}

async fn confirm(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let form = visit.form()?;
    contact::confirm(visit.app(), visit.actor(), reference, named(&form)?).await?;
    Ok(visit.go_saying(
        &format!("/cases/{reference}/contact"),
        "contact-confirmed-said",
    ))
}

async fn end(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let form = visit.form()?;
    let why = ContactEnded::from_code(form.value("why")).map_err(|_| Fault::BadRequest)?;
    contact::end(visit.app(), visit.actor(), reference, named(&form)?, why).await?;
    Ok(visit.go_saying(&format!("/cases/{reference}/contact"), "contact-ended-said"))
}

async fn changed(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    Ok(visit.show(changed_page(&visit, &view, &Form::empty())))
}

fn changed_page(visit: &Visit, view: &CaseView, form: &Form) -> Page {
    let text = visit.text();
    let questions = Html::from(
        DateInput::new(visit.lang, "happened", text.t("contact-happened")).bind(form, text),
    )
    .then(Button::new(text.t("contact-changed-go")));
    let body = Html::paragraph(text.t("contact-changed-what")).then(
        PostForm::new(
            format!("/cases/{}/contact/changed", view.case.reference),
            visit.csrf(),
        )
        .body(questions),
    );
    step(
        visit,
        view,
        "contact-changed-heading",
        "/contact",
        form,
        body,
    )
}

async fn change(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    let date = form.date("happened");
    if date.is_none() && !form.has_errors() {
        form.wrong("happened", "error-required");
    }
    let at = date.and_then(|date| At::from_london(date.at(0, 0, 0, 0)));
    if let (Some(at), false) = (at, form.has_errors()) {
        match contact::change_of_address_or_separation(visit.app(), visit.actor(), reference, at)
            .await
        {
            Ok(()) => {
                return Ok(visit.go_saying(
                    &format!("/cases/{reference}/contact"),
                    "contact-changed-said",
                ));
            }
            Err(error) => again(&mut form, error)?,
        }
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(changed_page(&visit, &view, &form)))
}
