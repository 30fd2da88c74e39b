//! The page that warns about the rent of two homes and the day on which an assessment period ends (SPEC R-UC-07). It never says
//! what to do; nothing is kept.

use jiff::civil::Date;
use throughline_core::pack::ThresholdId;
use throughline_core::two_homes::{PeriodDay, TwoHomes, two_homes};
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::easement::{TITLE, WORKERS, answered, law, number, past_day, yes_no};
use crate::fault::Outcome;
use crate::route::{Rate, Route, get, post};
use crate::visit::Visit;

/// Where the page is.
pub(crate) const AT: &str = "/benefit-dates/rent";

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    vec![
        get(AT, TITLE, WORKERS, Rate::Page, |v| Box::pin(show(v))),
        post(AT, TITLE, WORKERS, Rate::Page, |v| Box::pin(work_out(v))),
    ]
}

async fn show(visit: Visit) -> Outcome {
    Ok(visit.show(page(&visit, &Form::empty(), Html::default())))
}

async fn work_out(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let today = visit.now().london_date();
    let left = past_day(&mut form, "left", "two-homes-left-needed", today);
    let fear = answered(&mut form, "fear");
    let to_return = answered(&mut form, "return");
    let day = form.value("day").trim().parse().ok();
    let day = day.and_then(PeriodDay::new);
    if day.is_none() {
        form.wrong("day", "two-homes-day-needed");
    }
    let (Some(left), Some(fear), Some(to_return), Some(day)) = (left, fear, to_return, day) else {
        return Ok(visit.show_errors(page(&visit, &form, Html::default())));
    };
    let pack = law(&visit)?;
    let months = number(pack, ThresholdId::TwoHomesMonthsUpTo);
    let what = two_homes(pack, left, fear, to_return);
    let found = found(&visit, what, months, day.period_end(left));
    Ok(visit.show(page(&visit, &form, found)))
}

fn found(visit: &Visit, what: TwoHomes, months: i64, end: Date) -> Html {
    let text = visit.text();
    let said = match what {
        TwoHomes::BothUntil(day) => text.t_with(
            "two-homes-both",
            &[("months", months.into()), ("day", text.date(day).into())],
        ),
        TwoHomes::OneHome => text.t_with("two-homes-one", &[("day", text.date(end).into())]),
        TwoHomes::Ask => text.t("two-homes-ask"),
    };
    let facts = SummaryList::new().fact(text.t("two-homes-end"), Html::text(text.date(end)));
    Html::from(InsetText::new(
        Html::paragraph(said).then(Html::paragraph(text.t("benefit-welfare-rights"))),
    ))
    .then(facts)
}

fn page(visit: &Visit, form: &Form, found: Html) -> Page {
    let text = visit.text();
    let hint = Some(text.t("two-homes-return-hint"));
    let questions = Html::from(
        DateInput::new(visit.lang, "left", text.t("two-homes-left"))
            .fieldset(|set| set)
            .bind(form, text),
    )
    .then(yes_no(text, "fear", text.t("two-homes-fear"), None, form))
    .then(yes_no(
        text,
        "return",
        text.t("two-homes-return"),
        hint,
        form,
    ))
    .then(
        Input::new("day", text.t("two-homes-day"))
            .hint(text.t("two-homes-day-hint"))
            .width(2)
            .bind(form, text),
    )
    .then(Button::new(text.t("benefit-work-out")));
    let body = Html::heading(1, Size::L, text.t("two-homes-heading"))
        .then(found)
        .then(Html::paragraph(text.t("two-homes-what")))
        .then(Html::paragraph(text.t("benefit-not-kept")))
        .then(WarningText::new(visit.lang, text.t("benefit-journal")))
        .then(PostForm::new(AT, visit.csrf()).body(questions));
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    page
}
