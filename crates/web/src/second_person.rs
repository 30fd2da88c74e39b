//! The second person: somebody of another organisation asks to open something guarded. The page says who asks, where, when and
//! why, and takes a yes or a no. Nothing on it leads to whose record it is.

use throughline_app::Error;
use throughline_app::second_person::{self, SecondPersonState, Waiting};
use throughline_core::code::Code as _;
use throughline_policy::{ActionKind, table};
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::case::word;
use crate::conversation::TITLE;
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::when;
use crate::today::clock;
use crate::visit::{Visit, role_key};

const ANSWER: Access = Access::Staff(&[ActionKind::SecondPersonDecide]);
const HOME: &str = "/second-person";

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    vec![
        get("/second-person", TITLE, ANSWER, Rate::Page, |v| Box::pin(list(v))),
        get("/second-person/{ask}", TITLE, ANSWER, Rate::Page, |v| Box::pin(show(v))),
        post("/second-person/{ask}/yes", TITLE, ANSWER, Rate::Page, |v| Box::pin(answer(v, true))),
        post("/second-person/{ask}/no", TITLE, ANSWER, Rate::Page, |v| Box::pin(answer(v, false))),
    ]
}

/// The way here, where somebody waits for an answer; nothing for whoever may never answer.
pub(crate) async fn way(visit: &Visit) -> Result<Html, Fault> {
    let standing = visit.actor().standing();
    if table::relations(standing, ActionKind::SecondPersonDecide).is_empty() {
        return Ok(Html::default());
    }
    let waiting = second_person::waiting(visit.app(), visit.actor()).await?;
    if waiting.is_empty() {
        return Ok(Html::default());
    }
    let link = Link::new(visit.text().t("second-person-way"), HOME);
    Ok(InsetText::new(Html::from(link)).into())
}

async fn list(visit: Visit) -> Outcome {
    let text = visit.text();
    let waiting = second_person::waiting(visit.app(), visit.actor()).await?;
    let mut body = Html::heading(1, Size::L, text.t("second-person-heading"))
        .then(Html::paragraph(text.t("second-person-what")));
    if waiting.is_empty() {
        body.push(Html::paragraph(text.t("second-person-none")));
    } else {
        let mut table = Table::new(text.t("second-person-caption")).stacked().head([
            text.t("second-person-opens"),
            text.t("second-person-where"),
            text.t("second-person-asked"),
            text.t("second-person-left"),
        ]);
        for one in &waiting {
            let at = format!("{HOME}/{}", one.asked.reference);
            let opens = word(text, "guarded", one.asked.guarded.code());
            table = table.row([
                Link::new(opens, at).into(),
                Html::text(place(one)),
                Html::text(when(text, one.asked.at)),
                Html::text(clock(&visit, one.asked.until)),
            ]);
        }
        body.push(table);
    }
    let mut page = visit.page(TITLE, body);
    page.back = Some("/today".to_owned());
    Ok(visit.show(page))
}

fn place(one: &Waiting) -> String {
    match &one.site {
        Some(site) => format!("{site}, {}", one.organisation),
        None => one.organisation.clone(),
    }
}

async fn show(visit: Visit) -> Outcome {
    let text = visit.text();
    let reference = visit.reference("ask")?;
    let one = second_person::read(visit.app(), visit.actor(), reference).await?;
    let opens = word(text, "guarded", one.asked.guarded.code());
    let mut facts = SummaryList::new().fact(text.t("second-person-opens"), opens);
    if let Some(by) = &one.by {
        let job = text.plain(role_key(by.actor().standing()));
        facts = facts.fact(text.t("second-person-who"), format!("{}, {job}", by.name));
    }
    facts = facts
        .fact(text.t("second-person-where"), place(&one))
        .fact(text.t("second-person-asked"), when(text, one.asked.at));
    if let Some(reason) = &one.reason {
        facts = facts.fact(text.t("second-person-why"), reason.as_str());
    }
    let mut body = Html::heading(1, Size::L, text.t("second-person-heading"));
    if one.asked.state == SecondPersonState::Asked {
        facts = facts.fact(text.t("second-person-left"), clock(&visit, one.asked.until));
        let form = |path: &str| PostForm::new(format!("{HOME}/{reference}/{path}"), visit.csrf());
        body = body
            .then(Html::paragraph(text.t("second-person-what")))
            .then(facts)
            .then(Html::paragraph(text.t("second-person-follows")))
            .then(form("yes").body(Button::new(text.t("second-person-yes"))))
            .then(form("no").body(Button::new(text.t("second-person-no")).secondary()));
    } else {
        let state = format!("second-person-{}", one.asked.state.code());
        body = body.then(Html::paragraph(text.t(&state))).then(facts);
    }
    let mut page = visit.page(TITLE, body);
    page.back = Some(HOME.to_owned());
    Ok(visit.show(page))
}

async fn answer(visit: Visit, yes: bool) -> Outcome {
    let reference = visit.reference("ask")?;
    let said = match second_person::answer(visit.app(), visit.actor(), reference, yes).await {
        Ok(()) if yes => "second-person-approved",
        Ok(()) => "second-person-refused",
        // Somebody was faster, or the time ran out: the page says which.
        Err(Error::Conflict) => return Ok(visit.go(&format!("{HOME}/{reference}"))),
        Err(error) => return Err(error.into()),
    };
    Ok(visit.go_saying(HOME, said))
}
