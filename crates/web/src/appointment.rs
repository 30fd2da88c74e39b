//! Appointments: on the page of a case, and the day of a site. Every title is neutral; nothing here says why, and nothing here
//! depends on anybody else's appointments (decision 0023).

use jiff::civil::Date;
use throughline_app::appointment::{self, Appointment, Shown, Slot, Which};
use throughline_app::case_view::CaseView;
use throughline_core::appointment::{AppointmentMove, AppointmentState, LENGTHS, TITLES};
use throughline_core::artefact::NeutralTitle;
use throughline_core::code::Code;
use throughline_core::id::Ref;
use throughline_core::time::At;
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::case::{CHANGE, READ, TITLE, Tab, again, frame, moment, opened, step, word};
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::Visit;

const LIST: Access = Access::Staff(&[ActionKind::AppointmentList]);

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/appointments", "page-appointments-title", LIST, page, |v| Box::pin(day(v))),
        get("/cases/{case}/appointments", TITLE, READ, page, |v| Box::pin(tab(v))),
        get("/cases/{case}/appointments/add", TITLE, CHANGE, page, |v| Box::pin(new(v))),
        post("/cases/{case}/appointments/add", TITLE, CHANGE, page, |v| Box::pin(add(v)))
            .keeping(&["title", "day-day", "day-month", "day-year", "time", "minutes"]),
        get("/cases/{case}/appointments/{appointment}", TITLE, CHANGE, page, |v| Box::pin(show(v))),
        post("/cases/{case}/appointments/{appointment}/move", TITLE, CHANGE, page, |v| Box::pin(move_to(v))),
        post("/cases/{case}/appointments/{appointment}/step", TITLE, CHANGE, page, |v| Box::pin(set(v))),
    ]
}

/// The title of an appointment in the language of the page.
fn title(text: Text, title: NeutralTitle) -> Html {
    word(text, "appointment-title", title.code())
}

/// When it is and how long it lasts.
pub(crate) fn when(text: Text, starts_at: At, minutes: i64) -> String {
    let values = [
        ("when", moment(text, starts_at).into()),
        ("minutes", minutes.into()),
    ];
    text.plain_with("appointment-when", &values)
}

fn state(text: Text, state: AppointmentState) -> Html {
    let tag = Tag::new(word(text, "appointment-state", state.code()));
    match state {
        AppointmentState::Booked => tag.into(),
        AppointmentState::ToRearrange => tag.colour(Colour::Yellow).into(),
        _ => tag.colour(Colour::Grey).into(),
    }
}

async fn tab(visit: Visit) -> Outcome {
    let text = visit.text();
    let view = opened(&visit).await?;
    let at = format!("/cases/{}", view.case.reference);
    let all = appointment::of_case(visit.app(), visit.actor(), view.case.reference).await?;
    let mut body = Html::default();
    if all.is_empty() {
        body.push(InsetText::new(text.t("appointments-none")));
    } else {
        let mut list = TaskList::new().id_prefix("appointments");
        for one in &all {
            let it = &one.appointment;
            let row = Task::new(
                Html::text(when(text, it.starts_at, it.minutes)),
                state(text, it.state),
            )
            .href(format!("{at}/appointments/{}", it.reference))
            .hint(title(text, it.title));
            list = list.task(row);
        }
        body.push(list);
    }
    body.push(Button::link(
        text.t("appointment-add"),
        format!("{at}/appointments/add"),
    ));
    // What reaches them is a message like any other: the gate releases it, a calendar entry too.
    body.push(Html::paragraph(Link::new(
        text.t("appointment-tell"),
        format!("{at}/messages"),
    )));
    body.push(Html::paragraph(Link::new(
        text.t("apart-link"),
        format!("{at}/apart"),
    )));
    let page = frame(&visit, &view, Tab::Appointments, body);
    Ok(visit.show(page))
}

/// The questions for a day, a time and a length.
pub(crate) fn slot_questions(visit: &Visit, form: &Form) -> Html {
    let text = visit.text();
    let lengths = LENGTHS.map(|minutes| {
        let words = text.t_with("appointment-minutes", &[("minutes", minutes.into())]);
        Choice::new(minutes.to_string(), words)
    });
    Html::from(DateInput::new(visit.lang, "day", text.t("appointment-day")).bind(form, text))
        .then(
            Input::new("time", text.t("appointment-time"))
                .hint(text.t("contact-time-hint"))
                .width(10)
                .bind(form, text),
        )
        .then(
            Radios::new("minutes", text.t("appointment-length"))
                .items(lengths)
                .bind(form, text),
        )
}

/// The day, time and length that were chosen; what is missing is recorded on the form.
pub(crate) fn slot(form: &mut Form) -> Option<Slot> {
    let day = form.date("day");
    if day.is_none() && !form.has_errors() {
        form.wrong("day", "error-required");
    }
    let time = form.time("time");
    if time.is_none() && form.value("time").is_empty() {
        form.wrong("time", "error-required");
    }
    let lengths = LENGTHS.map(|minutes| minutes.to_string());
    let lengths: Vec<&str> = lengths.iter().map(String::as_str).collect();
    let minutes = form.required_choice("minutes", &lengths, "error-choose-one");
    let starts_at = At::from_london(day?.to_datetime(time?))?;
    let minutes = minutes?.parse().ok()?;
    Some(Slot { starts_at, minutes })
}

async fn new(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let form = Form::from_pairs([("title", "appointment"), ("minutes", "30")]);
    Ok(visit.show(new_page(&visit, &view, &form)))
}

fn new_page(visit: &Visit, view: &CaseView, form: &Form) -> Page {
    let text = visit.text();
    let titles = TITLES.map(|one| Choice::new(one.code(), title(text, one)));
    let questions = Html::from(
        Radios::new("title", text.t("appointment-title-question"))
            .hint(text.t("appointment-title-hint"))
            .items(titles)
            .bind(form, text),
    )
    .then(slot_questions(visit, form))
    .then(Button::new(text.t("appointment-book")));
    let path = format!("/cases/{}/appointments/add", view.case.reference);
    let body = PostForm::new(path, visit.csrf()).body(questions);
    step(
        visit,
        view,
        "appointment-add-heading",
        "/appointments",
        form,
        body.into(),
    )
}

async fn add(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let mut form = visit.form()?;
    let titles = TITLES.map(Code::code);
    let title = form
        .required_choice("title", &titles, "error-choose-one")
        .and_then(|code| NeutralTitle::from_code(&code).ok());
    let slot = slot(&mut form);
    if let (Some(title), Some(slot), false) = (title, slot, form.has_errors()) {
        match appointment::book(visit.app(), visit.actor(), case, title, slot).await {
            Ok(_) => {
                let to = format!("/cases/{case}/appointments");
                return Ok(visit.go_saying(&to, "appointment-booked-said"));
            }
            Err(error) => again(&mut form, error)?,
        }
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(new_page(&visit, &view, &form)))
}

/// The appointment that the address names.
async fn named(visit: &Visit) -> Result<(Ref, Shown), Fault> {
    let (case, reference) = (visit.reference("case")?, visit.reference("appointment")?);
    let all = appointment::of_case(visit.app(), visit.actor(), case).await?;
    let one = all
        .into_iter()
        .find(|one| one.appointment.reference == reference)
        .ok_or(Fault::NotFound)?;
    Ok((case, one))
}

async fn show(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let (_, one) = named(&visit).await?;
    Ok(visit.show(one_page(&visit, &view, &one, &Form::empty())))
}

/// What can be recorded of an appointment now, besides another time.
fn steps(it: &Appointment, now: At) -> Vec<AppointmentMove> {
    let after = it.starts_at <= now;
    AppointmentMove::ALL
        .iter()
        .copied()
        .filter(|by| match by {
            AppointmentMove::Move => false,
            AppointmentMove::Happen | AppointmentMove::Miss => after,
            AppointmentMove::Rearrange | AppointmentMove::Cancel => !after,
        })
        .filter(|by| it.state.apply(*by).is_ok())
        .collect()
}

fn one_page(visit: &Visit, view: &CaseView, one: &Shown, form: &Form) -> Page {
    let text = visit.text();
    let it = &one.appointment;
    let at = format!(
        "/cases/{}/appointments/{}",
        view.case.reference, it.reference
    );
    let facts = SummaryList::new()
        .fact(
            text.t("appointment-when-fact"),
            Html::text(when(text, it.starts_at, it.minutes)),
        )
        .fact(text.t("appointment-title-fact"), title(text, it.title))
        .fact(text.t("appointment-with"), Html::text(&one.with))
        .fact(text.t("appointment-state-fact"), state(text, it.state))
        .fact(
            text.t("appointment-changed"),
            Html::text(moment(text, it.changed_at)),
        );
    let mut body = Html::from(facts);
    let version = it.version.to_string();
    let steps = steps(it, visit.now());
    if !steps.is_empty() {
        let choices = steps
            .iter()
            .map(|by| Choice::new(by.code(), word(text, "appointment-step", by.code())));
        let question = Radios::new("by", Legend::new(text.t("appointment-what"))).items(choices);
        body.push(
            PostForm::new(format!("{at}/step"), visit.csrf())
                .hidden("version", version.as_str())
                .body(Html::from(question).then(Button::new(text.t("case-save")))),
        );
    }
    if it.state.apply(AppointmentMove::Move).is_ok() {
        body.push(Html::heading(
            2,
            Size::M,
            text.t("appointment-move-heading"),
        ));
        body.push(
            PostForm::new(format!("{at}/move"), visit.csrf())
                .hidden("version", version)
                .body(
                    slot_questions(visit, form)
                        .then(Button::new(text.t("appointment-move")).secondary()),
                ),
        );
    }
    step(
        visit,
        view,
        "appointment-heading",
        "/appointments",
        form,
        body,
    )
}

/// The version that a form was made from.
pub(crate) fn version(form: &Form) -> Result<i64, Fault> {
    form.value("version").parse().map_err(|_| Fault::BadRequest)
}

async fn move_to(visit: Visit) -> Outcome {
    let (case, one) = named(&visit).await?;
    let mut form = visit.form()?;
    let which = Which {
        case,
        appointment: one.appointment.reference,
        version: version(&form)?,
    };
    let slot = slot(&mut form);
    if let (Some(slot), false) = (slot, form.has_errors()) {
        match appointment::move_to(visit.app(), visit.actor(), which, slot).await {
            Ok(()) => {
                let to = format!("/cases/{case}/appointments");
                return Ok(visit.go_saying(&to, "appointment-moved-said"));
            }
            Err(error) => again(&mut form, error)?,
        }
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(one_page(&visit, &view, &one, &form)))
}

async fn set(visit: Visit) -> Outcome {
    let (case, one) = named(&visit).await?;
    let form = visit.form()?;
    let which = Which {
        case,
        appointment: one.appointment.reference,
        version: version(&form)?,
    };
    let to = format!("/cases/{case}/appointments");
    // An answer that is not one of ours, or none at all, changes nothing.
    let Ok(by) = AppointmentMove::from_code(form.value("by")) else {
        let back = format!("{to}/{}", which.appointment);
        return Ok(visit.go_saying(&back, "task-how-missing"));
    };
    appointment::step(visit.app(), visit.actor(), which, by).await?;
    Ok(visit.go_saying(&to, "appointment-saved-said"))
}

async fn day(visit: Visit) -> Outcome {
    let text = visit.text();
    let asked = Form::parse(visit.query.as_bytes()).map_err(|_| Fault::BadRequest)?;
    let today = visit.now().london_date();
    let date: Date = asked.value("day").parse().unwrap_or(today);
    let all = appointment::day(visit.app(), visit.actor(), date).await?;
    let mut body = Html::heading(1, Size::L, text.t("page-appointments-title"))
        .then(Html::heading(2, Size::M, Html::text(text.long_date(date))));
    if all.is_empty() {
        body.push(InsetText::new(text.t("appointments-day-none")));
    } else {
        let mut table = Table::new(text.t("appointments-day-caption")).head([
            text.t("appointments-day-time"),
            text.t("appointments-day-title"),
            text.t("appointments-day-with"),
        ]);
        for one in &all {
            table = table.row([
                Html::text(text.time(one.appointment.starts_at.london().time())),
                title(text, one.appointment.title),
                Html::text(&one.with),
            ]);
        }
        body.push(table);
    }
    let days = [
        (date.yesterday(), "appointments-day-before"),
        (date.tomorrow(), "appointments-day-after"),
    ];
    let links = days.into_iter().filter_map(|(date, key)| {
        let to = format!("/appointments?day={}", date.ok()?);
        Some(Html::from(Link::new(text.t(key), to)))
    });
    body.push(Html::bullets(links));
    let page = visit.page("page-appointments-title", body);
    Ok(visit.show(page))
}
