//! The person: what they want to be called and what they need so that they can take part; and their own words, in versions.

use jiff::civil::Date;
use throughline_app::case::{self, PersonSheet};
use throughline_app::case_view::CaseView;
use throughline_core::answer::Answer;
use throughline_core::people::{Adjustment, AgeBand};
use throughline_core::reason::Words;
use throughline_policy::ActionKind;
use throughline_ui::prelude::*;

use crate::case::{CHANGE, TITLE, again, moment, opened, step};
use crate::case_now::{at, choices, codes};
use crate::fault::Outcome;
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::Visit;

/// The longest statement, in characters.
const STATEMENT: usize = 20_000;
/// The longest name, in characters.
const NAME: usize = 200;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    const OPEN: Access = Access::Staff(&[ActionKind::CaseOpen]);
    let page = Rate::Page;
    vec![
        get("/cases/new", TITLE, OPEN, page, |v| Box::pin(new(v))),
        post("/cases/new", TITLE, OPEN, page, |v| Box::pin(open(v))),
        get("/cases/{case}/person", TITLE, CHANGE, page, |v| {
            Box::pin(person(v))
        }),
        post("/cases/{case}/person", TITLE, CHANGE, page, |v| {
            Box::pin(change(v))
        }),
        get("/cases/{case}/words", TITLE, CHANGE, page, |v| {
            Box::pin(words(v))
        }),
        post("/cases/{case}/words", TITLE, CHANGE, page, |v| {
            Box::pin(write(v))
        })
        .keeping(&["words"]),
        post("/cases/{case}/words/again", TITLE, CHANGE, page, |v| {
            Box::pin(asked_again(v))
        }),
    ]
}

/// A person of whom only a name, and perhaps a date of birth, is known.
pub(crate) fn sheet(chosen: String, born: Option<Date>) -> PersonSheet {
    PersonSheet {
        chosen,
        given: None,
        family: None,
        born: born.map(|born| born.to_string()),
        age_band: None,
        language: None,
        interpreter: None,
        access: Vec::new(),
    }
}

fn questions(visit: &Visit, form: &Form) -> Html {
    let text = visit.text();
    let input = |name: &str| Input::new(name, text.t(&format!("person-{name}"))).bind(form, text);
    Html::from(input("chosen").hint(text.t("person-chosen-hint")))
        .then(input("given"))
        .then(input("family"))
        .then(DateInput::new(visit.lang, "born", text.t("person-born")).bind(form, text))
        .then(
            Radios::new("age_band", text.t("person-age"))
                .hint(text.t("person-age-hint"))
                .items(choices::<AgeBand>(text, "age"))
                .bind(form, text),
        )
        .then(input("language").hint(text.t("person-language-hint")))
        .then(
            Radios::new("interpreter", text.t("person-interpreter"))
                .hint(text.t("person-interpreter-hint"))
                .items(choices::<Answer>(text, "answered-as"))
                .bind(form, text),
        )
        .then(
            Checkboxes::new("access", text.t("person-access"))
                .items(choices::<Adjustment>(text, "adjustment"))
                .bind(form, text),
        )
        .then(Button::new(text.t("case-save")))
}

/// What was typed, when nothing is wrong with it. Only the name is needed: the least that will do.
fn told(form: &mut Form) -> Option<PersonSheet> {
    let chosen = form.required_within("chosen", "person-chosen-missing", NAME);
    let given = form.optional_within("given", NAME);
    let family = form.optional_within("family", NAME);
    let born = form.date("born").map(|born| born.to_string());
    let age_band = form.choice("age_band", &codes::<AgeBand>());
    let language = form.optional_within("language", 40);
    let interpreter = form.choice("interpreter", &codes::<Answer>());
    let access = form.choices("access", &codes::<Adjustment>());
    let chosen = chosen?;
    (!form.has_errors()).then_some(PersonSheet {
        chosen,
        given,
        family,
        born,
        age_band,
        language,
        interpreter,
        access,
    })
}

fn new_page(visit: &Visit, form: &Form) -> Page {
    let text = visit.text();
    let body = Html::heading(1, Size::L, text.t("person-new-heading"))
        .then(Html::paragraph(text.t("person-least")))
        .then(PostForm::new("/cases/new", visit.csrf()).body(questions(visit, form)));
    let mut page = visit.page(TITLE, body);
    page.back = Some("/cases".to_owned());
    page.errors = form.summary(text);
    page
}

async fn new(visit: Visit) -> Outcome {
    Ok(visit.show(new_page(&visit, &Form::empty())))
}

async fn open(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let Some(sheet) = told(&mut form) else {
        return Ok(visit.show_errors(new_page(&visit, &form)));
    };
    match case::open(visit.app(), visit.actor(), &sheet).await {
        Ok(case) => Ok(visit.go_saying(&format!("/cases/{case}"), "case-saved")),
        Err(error) => {
            again(&mut form, error)?;
            Ok(visit.show_errors(new_page(&visit, &form)))
        }
    }
}

fn person_page(visit: &Visit, view: &CaseView, form: &Form) -> Page {
    let action = format!("/cases/{}/person", view.case.reference);
    let body = Html::paragraph(visit.text().t("person-least"))
        .then(PostForm::new(action, visit.csrf()).body(questions(visit, form)));
    step(visit, view, "person-heading", "", form, body)
}

async fn person(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let known = &view.case.sheet;
    let mut pairs = vec![("chosen", known.chosen.clone())];
    let optional = [
        ("given", &known.given),
        ("family", &known.family),
        ("age_band", &known.age_band),
        ("language", &known.language),
        ("interpreter", &known.interpreter),
    ];
    for (name, value) in optional {
        pairs.extend(value.clone().map(|value| (name, value)));
    }
    if let Some(born) = known
        .born
        .as_deref()
        .and_then(|born| born.parse::<Date>().ok())
    {
        pairs.push(("born-day", born.day().to_string()));
        pairs.push(("born-month", born.month().to_string()));
        pairs.push(("born-year", born.year().to_string()));
    }
    pairs.extend(known.access.iter().map(|need| ("access", need.clone())));
    let form = Form::from_pairs(pairs);
    Ok(visit.show(person_page(&visit, &view, &form)))
}

async fn change(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    if let Some(sheet) = told(&mut form) {
        case::person_change(visit.app(), visit.actor(), reference, &sheet).await?;
        return Ok(visit.go_saying(&format!("/cases/{reference}"), "case-saved"));
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(person_page(&visit, &view, &form)))
}

fn words_page(visit: &Visit, view: &CaseView, form: &Form) -> Page {
    let text = visit.text();
    let questions = Html::from(
        Textarea::new("words", text.t("words-label"))
            .hint(text.t("words-hint"))
            .bind(form, text),
    )
    .then(Button::new(text.t("words-save")));
    let mut body = Html::paragraph(text.t("words-what"))
        .then(visit.form_to(format!("{}/words", at(view))).body(questions));
    body.push(told_again(visit, view));
    if !view.statements.is_empty() {
        body.push(Html::heading(2, Size::M, text.t("words-versions")));
    }
    for version in &view.statements {
        let title = text.plain_with(
            "words-version",
            &[
                ("number", version.number.into()),
                ("when", moment(text, version.written_at).into()),
            ],
        );
        let lines = Html::join(version.words.lines().map(Html::text).map(Html::paragraph));
        body.push(Details::new(Html::text(title), lines));
    }
    step(visit, view, "words-heading", "/plan", form, body)
}

/// How often they had to tell it again, and the one press that counts it.
fn told_again(visit: &Visit, view: &CaseView) -> Html {
    let text = visit.text();
    let times = i64::try_from(view.asked_again).unwrap_or(i64::MAX);
    let press = PostForm::new(format!("{}/words/again", at(view)), visit.csrf())
        .body(Button::new(text.t("told-again-press")).secondary());
    Html::heading(2, Size::M, text.t("told-again-heading"))
        .then(Html::paragraph(
            text.t_with("told-again-times", &[("count", times.into())]),
        ))
        .then(Html::paragraph(text.t("told-again-words")))
        .then(press)
}

async fn asked_again(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    case::asked_again(visit.app(), visit.actor(), reference).await?;
    Ok(visit.go_saying(&format!("/cases/{reference}/words"), "case-saved"))
}

async fn words(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let mut form = Form::empty();
    if let Some(latest) = view.statements.first() {
        form.set("words", latest.words.clone());
    }
    let form = visit.typed(&format!("{}/words", at(&view)), form).await?;
    Ok(visit.show(words_page(&visit, &view, &form)))
}

async fn write(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    let typed = form.required_within("words", "words-missing", STATEMENT);
    if let Some(words) = typed.and_then(|words| Words::new(&words).ok()) {
        case::statement_write(visit.app(), visit.actor(), reference, &words).await?;
        return Ok(visit.go_saying(&format!("/cases/{reference}/plan"), "case-saved"));
    }
    if !form.has_errors() {
        form.wrong("words", "words-missing");
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(words_page(&visit, &view, &form)))
}
