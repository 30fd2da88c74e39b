//! A record that is kept to others, opened for an hour because it cannot wait: asking, the page that is read before anything is open,
//! and the review by somebody else. Until it is open, every page is the same whether anybody fits.

use throughline_app::urgent::{
    self, NewUrgent, Opening, Reviewed, Shown, Urgent, UrgentState, UrgentVerdict,
};
use throughline_core::code::Code as _;
use throughline_core::time::At;
use throughline_policy::{ActionKind, table};
use throughline_ui::prelude::*;

use crate::case::{again, moment, word};
use crate::case_now::reason;
use crate::conversation::TITLE;
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::security::words;
use crate::sign_in::stepped_up;
use crate::visit::Visit;

const URGENT: Access = Access::Staff(&[ActionKind::UrgentAccess]);
const REVIEW: Access = Access::Staff(&[ActionKind::TaskDo]);
const HOME: &str = "/urgent-access";

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    vec![
        get("/urgent-access", TITLE, URGENT, Rate::Page, |v| Box::pin(ask(v))),
        post("/urgent-access", TITLE, URGENT, Rate::People, |v| Box::pin(asked(v))),
        get("/urgent-access/{urgent}", TITLE, URGENT, Rate::Page, |v| Box::pin(stands(v))),
        post("/urgent-access/{urgent}/open", TITLE, URGENT, Rate::Page, |v| Box::pin(open(v))),
        get("/tasks/{task}/opened", TITLE, REVIEW, Rate::Page, |v| Box::pin(review(v))),
        post("/tasks/{task}/opened", TITLE, REVIEW, Rate::Page, |v| Box::pin(reviewed(v))).keeping(&["reason"]),
    ]
}

/// The way here for whoever may ask: always there for them, so that it says nothing of whom they looked for.
pub(crate) fn way(visit: &Visit) -> Html {
    if table::relations(visit.actor().standing(), ActionKind::UrgentAccess).is_empty() {
        return Html::default();
    }
    Html::paragraph(Link::new(visit.text().t("urgent-way"), HOME))
}

/// What they asked and can still come to something, for their day.
pub(crate) async fn mine(visit: &Visit) -> Result<Html, Fault> {
    let mut out = Html::default();
    if table::relations(visit.actor().standing(), ActionKind::UrgentAccess).is_empty() {
        return Ok(out);
    }
    let text = visit.text();
    for one in urgent::mine(visit.app(), visit.actor()).await? {
        let link = Link::new(
            text.t(&format!("urgent-today-{}", state(&one).0)),
            format!("{HOME}/{}", one.reference),
        );
        out.push(InsetText::new(Html::from(link)));
    }
    Ok(out)
}

/// The word of a state, and until when it lasts.
const fn state(one: &Urgent) -> (&'static str, Option<At>) {
    match one.state {
        UrgentState::Waits(until) => ("waits", Some(until)),
        UrgentState::Ready(until) => ("ready", Some(until)),
        UrgentState::Open(until) => ("open", Some(until)),
        UrgentState::Refused => ("refused", None),
        UrgentState::Over => ("over", None),
    }
}

/// The line at the top of every page while something is open.
pub(crate) fn line(text: Text, now: At, at: throughline_core::id::Ref, until: At) -> Html {
    let left = until.seconds_since(now).max(0) / 60 + 1;
    let values = [
        ("time", text.time(until.london().time()).into()),
        ("minutes", left.into()),
    ];
    Html::from(Link::new(
        text.t_with("urgent-line", &values),
        format!("{HOME}/{at}"),
    ))
}

/// What was opened, for a security officer.
pub(crate) fn openings(text: Text, found: &[(Opening, String)]) -> Html {
    let heading = Html::heading(2, Size::M, text.t("urgent-openings"));
    if found.is_empty() {
        return heading.then(Html::paragraph(text.t("security-none")));
    }
    let mut table = Table::new(text.t("urgent-openings-caption"))
        .stacked()
        .head([
            text.t("security-when"),
            text.t("security-who"),
            text.t("urgent-openings-how"),
            text.t("urgent-openings-records"),
            text.t("urgent-openings-review"),
        ]);
    for (one, by) in found {
        let how = if one.alone { "alone" } else { "second" };
        let wrong = one.verdicts.contains(&UrgentVerdict::NotInOrder);
        let review = match (wrong, one.verdicts.len() < one.records) {
            (true, _) => text.t("urgent-found-not_in_order"),
            (false, true) => text.t("urgent-openings-waits"),
            (false, false) => text.t("urgent-found-in_order"),
        };
        table = table.row([
            Html::text(moment(text, one.opened_at)),
            Html::text(by),
            text.t(&format!("urgent-openings-{how}")),
            Html::text(number(i64::try_from(one.records).unwrap_or(i64::MAX))),
            if one.records == 0 {
                Html::default()
            } else {
                review
            },
        ]);
    }
    heading.then(table)
}

fn follows(text: Text) -> Html {
    Html::bullets(
        [
            "urgent-follows-hour",
            "urgent-follows-record",
            "urgent-follows-review",
            "urgent-follows-not",
        ]
        .map(|key| text.t(key)),
    )
}

async fn ask(visit: Visit) -> Outcome {
    if !stepped_up(&visit) {
        return Err(Fault::StepUp);
    }
    // Nothing of it is kept while it is typed: it says whom somebody looks for, and has no record to go with.
    Ok(visit.show(ask_page(&visit, &Form::empty())))
}

fn ask_page(visit: &Visit, form: &Form) -> Page {
    let text = visit.text();
    let how = ["second", "alone"].map(|how| {
        Choice::new(how, text.t(&format!("urgent-how-{how}")))
            .hint(text.t(&format!("urgent-how-{how}-hint")))
    });
    let questions = Html::from(Input::new("name", text.t("again-name")).bind(form, text))
        .then(DateInput::new(visit.lang, "born", text.t("again-born")).bind(form, text))
        .then(
            Textarea::new("reason", text.t("urgent-why"))
                .hint(text.t("urgent-why-hint"))
                .bind(form, text),
        )
        .then(
            Radios::new("how", Legend::new(text.t("urgent-how")))
                .items(how)
                .bind(form, text),
        )
        .then(Button::new(text.t("urgent-go")));
    let body = Html::heading(1, Size::L, text.t("urgent-heading"))
        .then(Html::paragraph(text.t("urgent-what")))
        .then(follows(text))
        .then(PostForm::new(HOME, visit.csrf()).body(questions));
    let mut page = visit.page(TITLE, body);
    page.back = Some("/with-me/again".to_owned());
    page.errors = form.summary(text);
    page
}

async fn asked(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let name = form.optional("name").unwrap_or_default();
    let born = form.date("born").map(|date| date.to_string());
    let why = reason(&mut form);
    let how = form.required_choice("how", &["second", "alone"], "error-choose-one");
    if let (Some(why), Some(how), false) = (why, how, form.has_errors()) {
        let new = NewUrgent {
            name: &name,
            born: born.as_deref(),
            reason: &why,
            alone: how == "alone",
        };
        match urgent::ask(visit.app(), visit.actor(), &new).await {
            Ok(reference) => return Ok(visit.go(&format!("{HOME}/{reference}"))),
            Err(error) => again(&mut form, error)?,
        }
    }
    Ok(visit.show_errors(ask_page(&visit, &form)))
}

async fn stands(visit: Visit) -> Outcome {
    let text = visit.text();
    let reference = visit.reference("urgent")?;
    let shown = urgent::read(visit.app(), visit.actor(), reference).await?;
    let (state, until) = state(&shown.urgent);
    let values = [(
        "time",
        until
            .map(|until| text.time(until.london().time()))
            .unwrap_or_default()
            .into(),
    )];
    let mut body = Html::heading(1, Size::L, text.t(&format!("urgent-{state}-heading"))).then(
        Html::paragraph(text.t_with(&format!("urgent-{state}"), &values)),
    );
    match shown.urgent.state {
        UrgentState::Ready(_) => {
            let go = PostForm::new(format!("{HOME}/{reference}/open"), visit.csrf())
                .body(Button::new(text.t("urgent-open-go")).warning());
            body = body
                .then(follows(text))
                .then(go)
                .then(Html::paragraph(Link::new(text.t("urgent-leave"), "/today")));
        }
        UrgentState::Open(_) => body.push(records(text, &shown)),
        UrgentState::Waits(_) | UrgentState::Refused | UrgentState::Over => {}
    }
    let mut page = visit.page(TITLE, body);
    page.back = Some("/today".to_owned());
    // Whoever waits for an answer sees it without pressing anything.
    page.refresh_seconds = matches!(shown.urgent.state, UrgentState::Waits(_)).then_some(15);
    Ok(visit.show(page))
}

fn records(text: Text, shown: &Shown) -> Html {
    if shown.records.is_empty() {
        return Html::paragraph(text.t("urgent-nobody"));
    }
    let link = |(case, name): &(throughline_core::id::Ref, String)| {
        Html::from(Link::new(Html::text(name), format!("/cases/{case}")))
    };
    Html::bullets(shown.records.iter().map(link))
}

async fn open(visit: Visit) -> Outcome {
    let reference = visit.reference("urgent")?;
    let to = format!("{HOME}/{reference}");
    match urgent::open(visit.app(), visit.actor(), reference).await {
        // The page says what became of it, also where it was too late.
        Ok(()) | Err(throughline_app::Error::Conflict) => Ok(visit.go(&to)),
        Err(error) => Err(error.into()),
    }
}

async fn review(visit: Visit) -> Outcome {
    let task = visit.reference("task")?;
    let known = urgent::review(visit.app(), visit.actor(), task).await?;
    let path = format!("/tasks/{task}/opened");
    let form = visit.typed(&path, Form::empty()).await?;
    let page = review_page(&visit, known.as_ref(), &form)?;
    Ok(visit.show(page))
}

fn review_page(visit: &Visit, known: Option<&Reviewed>, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let mut body = Html::heading(1, Size::L, text.t("urgent-review-heading"));
    match known {
        None => body.push(InsetText::new(text.t("urgent-review-over"))),
        Some(known) => body.push(to_review(visit, known, form)?),
    }
    let mut page = visit.page(TITLE, body);
    page.back = Some("/today".to_owned());
    page.errors = form.summary(text);
    Ok(page)
}

fn to_review(visit: &Visit, known: &Reviewed, form: &Form) -> Result<Html, Fault> {
    let text = visit.text();
    let review = &known.review;
    let with = match &known.second {
        Some((name, from)) => Html::text(format!("{name}, {from}")),
        None => text.t("urgent-review-alone"),
    };
    let facts = SummaryList::new()
        .fact(text.t("urgent-review-by"), known.by.as_str())
        .fact(text.t("urgent-review-why"), review.reason.as_str())
        .fact(text.t("urgent-review-with"), with)
        .fact(text.t("urgent-review-from"), moment(text, review.opened_at))
        .fact(text.t("urgent-review-until"), moment(text, review.until));
    let looks: Html = if review.looks.is_empty() {
        Html::paragraph(text.t("urgent-review-no-looks"))
    } else {
        let mut table = Table::new(text.t("urgent-review-looks"))
            .stacked()
            .head([text.t("security-when"), text.t("security-what")]);
        for look in &review.looks {
            let at = Html::text(moment(text, look.at));
            table = table.row([at, words(text, "look", &look.action)]);
        }
        table.into()
    };
    let verdicts = UrgentVerdict::ALL
        .iter()
        .map(|one| Choice::new(one.code(), word(text, "urgent-verdict", one.code())));
    let questions = Html::from(
        Radios::new("verdict", Legend::new(text.t("urgent-review-decide")))
            .items(verdicts)
            .bind(form, text),
    )
    .then(Textarea::new("reason", text.t("urgent-review-reason")).bind(form, text))
    .then(Button::new(text.t("case-save")));
    let path = format!("/tasks/{}/opened", visit.reference("task")?);
    Ok(Html::paragraph(text.t("urgent-review-what"))
        .then(facts)
        .then(looks)
        .then(visit.form_to(path).body(questions)))
}

async fn reviewed(visit: Visit) -> Outcome {
    let task = visit.reference("task")?;
    let mut form = visit.form()?;
    let codes: Vec<_> = UrgentVerdict::ALL.iter().map(|one| one.code()).collect();
    let verdict = form.required_choice("verdict", &codes, "error-choose-one");
    let words = reason(&mut form);
    let known = urgent::review(visit.app(), visit.actor(), task).await?;
    if let (Some(verdict), Some(words), false) = (verdict, words, form.has_errors()) {
        let verdict = UrgentVerdict::from_code(&verdict).map_err(|_| Fault::BadRequest)?;
        match urgent::decide(visit.app(), visit.actor(), task, verdict, &words).await {
            Ok(()) => return Ok(visit.go_saying("/today", "urgent-review-said")),
            Err(error) => again(&mut form, error)?,
        }
    }
    Ok(visit.show_errors(review_page(&visit, known.as_ref(), &form)?))
}
