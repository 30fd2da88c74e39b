//! What members of staff say of themselves: people and places they must not deal with (NE-07, decision 0019). The page is the same
//! whether anybody is met by it or not, and no word of it is in its title or address.

use throughline_app::interest::{self, Declared, Interest, Interests, Named};
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::case::again;
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::Visit;

/// Where the page is.
pub(crate) const AT: &str = "/about-you";
const TITLE: &str = "page-about-you-title";

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    vec![
        get(AT, TITLE, Access::SignedIn, Rate::Page, |v| Box::pin(show(v))),
        post(AT, TITLE, Access::SignedIn, Rate::Page, |v| Box::pin(change(v))),
    ]
}

/// Asks somebody, on the first page of their day, who has not said yet or a year ago; nothing where they have.
pub(crate) async fn asked(visit: &Visit) -> Result<Html, Fault> {
    if !interest::is_due(visit.app(), visit.actor()).await? {
        return Ok(Html::default());
    }
    let text = visit.text();
    let link = Link::new(text.t("about-you-asked-link"), AT);
    Ok(InsetText::new(text.t("about-you-asked").then(" ").then(link)).into())
}

async fn show(visit: Visit) -> Outcome {
    let page = page(&visit, &Form::empty()).await?;
    Ok(visit.show(page))
}

async fn page(visit: &Visit, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let known = interest::read(visit.app(), visit.actor()).await?;
    let body = Html::heading(1, Size::L, text.t("about-you-heading"))
        .then(Html::paragraph(text.t("about-you-what")))
        .then(Html::bullets(
            ["about-you-family", "about-you-homes", "about-you-why"].map(|key| text.t(key)),
        ))
        .then(Html::paragraph(text.t("about-you-quiet")))
        .then(said(visit, &known))
        .then(somebody(visit, form))
        .then(home(visit, form))
        .then(all(visit, &known));
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    Ok(page)
}

/// A form that does one thing.
fn does(visit: &Visit, then: &str, body: Html) -> PostForm {
    PostForm::new(AT, visit.csrf())
        .hidden("then", then)
        .body(body)
}

fn said(visit: &Visit, known: &Interests) -> Html {
    let text = visit.text();
    let mut out = Html::heading(2, Size::M, text.t("about-you-said"));
    if known.told.is_empty() {
        return out.then(InsetText::new(text.t("about-you-none")));
    }
    for one in &known.told {
        let what = words(text, one);
        let end = text.t_with("about-you-end", &[("what", what.as_str().into())]);
        let button = does(visit, "end", Button::new(end).secondary().into());
        out.push(Html::paragraph(Html::text(what)));
        out.push(button.hidden("said", one.reference.to_string()));
    }
    out.then(Html::paragraph(text.t("about-you-end-what")))
}

/// What somebody said, on one line.
fn words(text: Text, one: &Interest) -> String {
    match &one.told {
        Declared::Home(postcode) => text.plain_with(
            "about-you-home-is",
            &[("postcode", postcode.as_str().into())],
        ),
        Declared::Person(Named { name, born }) => {
            match born.as_deref().and_then(|born| born.parse().ok()) {
                Some(born) => text.plain_with(
                    "about-you-born-on",
                    &[
                        ("name", name.as_str().into()),
                        ("born", text.date(born).into()),
                    ],
                ),
                None => name.clone(),
            }
        }
    }
}

fn somebody(visit: &Visit, form: &Form) -> Html {
    let text = visit.text();
    let questions = Html::from(
        Input::new("name", text.t("about-you-name"))
            .hint(text.t("about-you-name-hint"))
            .attr("autocomplete", "off")
            .bind(form, text),
    )
    .then(
        DateInput::new(visit.lang, "born", text.t("about-you-born"))
            .fieldset(|set| set)
            .bind(form, text),
    )
    .then(Button::new(text.t("about-you-add")).secondary());
    Html::heading(2, Size::M, text.t("about-you-person")).then(does(visit, "person", questions))
}

fn home(visit: &Visit, form: &Form) -> Html {
    let text = visit.text();
    let question = Html::from(
        Input::new("postcode", text.t("about-you-postcode"))
            .hint(text.t("about-you-postcode-hint"))
            .attr("autocomplete", "off")
            .bind(form, text),
    )
    .then(Button::new(text.t("about-you-add")).secondary());
    Html::heading(2, Size::M, text.t("about-you-home")).then(does(visit, "home", question))
}

fn all(visit: &Visit, known: &Interests) -> Html {
    let text = visit.text();
    let mut out = Html::heading(2, Size::M, text.t("about-you-all"));
    if let Some(at) = known.all_at {
        let day = text.date(at.london_date());
        out.push(Html::paragraph(
            text.t_with("about-you-all-said", &[("day", day.into())]),
        ));
    }
    let key = if known.told.is_empty() {
        "about-you-nothing"
    } else {
        "about-you-all-go"
    };
    out.then(does(visit, "all", Button::new(text.t(key)).into()))
}

/// What is said with the form; `None` where something is missing and has been said in the form.
fn told(form: &mut Form) -> Result<Option<Declared>, Fault> {
    match form.value("then") {
        "person" => {
            let name = form.required_within("name", "about-you-name-needed", 200);
            let born = form.date("born").map(|born| born.to_string());
            let named = name.map(|name| Declared::Person(Named { name, born }));
            Ok(named.filter(|_| !form.has_errors()))
        }
        "home" => {
            let postcode = form.required_within("postcode", "about-you-postcode-whole", 20);
            Ok(postcode.map(Declared::Home))
        }
        _ => Err(Fault::BadRequest),
    }
}

async fn change(visit: Visit) -> Outcome {
    let (app, actor) = (visit.app(), visit.actor());
    let mut form = visit.form()?;
    match form.value("then") {
        "all" => {
            interest::all(app, actor).await?;
            return Ok(visit.go_saying(AT, "about-you-all-done"));
        }
        "end" => {
            let said = form.value("said").parse().map_err(|_| Fault::BadRequest)?;
            interest::end(app, actor, said).await?;
            return Ok(visit.go_saying(AT, "about-you-ended"));
        }
        _ => {}
    }
    if let Some(told) = told(&mut form)? {
        match interest::declare(app, actor, &told).await {
            Ok(()) => return Ok(visit.go_saying(AT, "about-you-added")),
            Err(error) => again(&mut form, error)?,
        }
    }
    let page = page(&visit, &form).await?;
    Ok(visit.show_errors(page))
}
