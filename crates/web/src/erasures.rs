//! Erasures, for the second person: grounds, dates and what stands before it, never whose record it is. After it is done, what is
//! left to do outside this program: whom to tell, and which backups must go.

use throughline_app::erasure::{self, Decision, Erasure, ErasureState};
use throughline_core::code::Code;
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::case::word;
use crate::fault::Outcome;
use crate::keeping::standing;
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::when;
use crate::visit::Visit;

const DECIDE: Access = Access::Staff(&[ActionKind::ErasureDecide]);
const TITLE: &str = "page-security-title";

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    vec![
        get("/security/erasures", TITLE, DECIDE, Rate::Page, |v| Box::pin(list(v))),
        get("/security/erasures/{erasure}", TITLE, DECIDE, Rate::Page, |v| Box::pin(show(v))),
        post("/security/erasures/{erasure}/confirm", TITLE, DECIDE, Rate::Page, |v| Box::pin(confirm(v))),
        post("/security/erasures/{erasure}/refuse", TITLE, DECIDE, Rate::Page, |v| Box::pin(refuse(v))),
    ]
}

/// The way here, from the officer's first page.
pub(crate) fn way(text: Text) -> Html {
    Html::paragraph(Link::new(text.t("erasures-heading"), "/security/erasures"))
}

async fn list(visit: Visit) -> Outcome {
    let text = visit.text();
    let found = erasure::list(visit.app(), visit.actor()).await?;
    let mut body = Html::heading(1, Size::L, text.t("erasures-heading"))
        .then(Html::paragraph(text.t("erasures-what")));
    if found.is_empty() {
        body.push(Html::paragraph(text.t("security-none")));
    } else {
        body.push(table(text, &found));
    }
    let mut page = visit.page(TITLE, body);
    page.back = Some("/security".to_owned());
    Ok(visit.show(page))
}

fn table(text: Text, found: &[Erasure]) -> Table {
    let mut table = Table::new(text.t("erasures-caption")).stacked().head([
        text.t("erasures-asked"),
        text.t("keeping-erase-why"),
        text.t("erasures-stands"),
    ]);
    for one in found {
        let at = format!("/security/erasures/{}", one.reference);
        table = table.row([
            Link::new(when(text, one.asked_at), at).into(),
            word(text, "erase-ground", one.ground.code()),
            word(text, "erase-state", one.state.code()),
        ]);
    }
    table
}

async fn show(visit: Visit) -> Outcome {
    let text = visit.text();
    let reference = visit.reference("erasure")?;
    let read = erasure::read(visit.app(), visit.actor(), reference).await?;
    let one = &read.erasure;
    let by = |at, name: &str| format!("{}, {name}", when(text, at));
    let mut facts = SummaryList::new()
        .fact(
            text.t("erasures-stands"),
            word(text, "erase-state", one.state.code()),
        )
        .fact(
            text.t("keeping-erase-why"),
            word(text, "erase-ground", one.ground.code()),
        );
    if let Some(reason) = &one.reason {
        facts = facts.fact(text.t("keeping-erase-reason"), reason.as_str());
    }
    if one.asked_by.is_some() {
        facts = facts.fact(text.t("erasures-asked"), by(one.asked_at, &read.asked_by));
    }
    if let Some(at) = one.decided_at {
        facts = facts.fact(text.t("erasures-decided"), by(at, &read.decided_by));
    }
    let mut body = Html::heading(1, Size::L, text.t("erasures-one-heading")).then(facts);
    match one.state {
        ErasureState::Asked => body.push(decide(&visit, &read)),
        ErasureState::Done => body.push(afterwards(text, &read)),
        ErasureState::Refused => {}
    }
    let mut page = visit.page(TITLE, body);
    page.back = Some("/security/erasures".to_owned());
    Ok(visit.show(page))
}

fn decide(visit: &Visit, read: &Decision) -> Html {
    let text = visit.text();
    let at = format!("/security/erasures/{}", read.erasure.reference);
    let form = |path: &str| PostForm::new(format!("{at}/{path}"), visit.csrf());
    let mut out = Html::default();
    if read.erasure.asked_by == visit.actor().account() {
        out.push(Html::paragraph(text.t("erasures-second-person")));
    } else if read.stands.is_empty() {
        out.push(WarningText::new(visit.lang, text.t("erasures-for-good")));
        out.push(form("confirm").body(Button::new(text.t("erasures-confirm")).warning()));
    } else {
        out.push(Html::paragraph(text.t("keeping-erase-not-yet")));
        out.push(standing(text, &read.stands));
    }
    out.push(form("refuse").body(Button::new(text.t("erasures-refuse")).secondary()));
    out
}

/// What is left to do where this program does not reach.
fn afterwards(text: Text, read: &Decision) -> Html {
    let mut out = Html::heading(2, Size::M, text.t("erasures-afterwards"));
    out.push(Html::paragraph(match read.erasure.purged_at {
        Some(at) => text.t_with("erasures-purged", &[("when", when(text, at).into())]),
        None => text.t("erasures-not-purged"),
    }));
    if let Some(by) = read.backups_gone_by {
        let day = text.date(by.london_date());
        out.push(Html::paragraph(
            text.t_with("erasures-backups", &[("day", day.into())]),
        ));
    }
    if !read.backups.is_empty() {
        out.push(Html::paragraph(text.t("erasures-backups-known")));
        out.push(Html::bullets(read.backups.iter().map(|at| when(text, *at))));
    }
    if !read.told.is_empty() {
        out.push(Html::paragraph(text.t("erasures-tell")));
        out.push(Html::bullets(read.told.iter().map(Html::text)));
    }
    out
}

async fn confirm(visit: Visit) -> Outcome {
    let reference = visit.reference("erasure")?;
    erasure::confirm(visit.app(), visit.actor(), reference).await?;
    Ok(visit.go_saying(
        &format!("/security/erasures/{reference}"),
        "erasures-confirmed-said",
    ))
}

async fn refuse(visit: Visit) -> Outcome {
    let reference = visit.reference("erasure")?;
    erasure::refuse(visit.app(), visit.actor(), reference).await?;
    Ok(visit.go_saying(
        &format!("/security/erasures/{reference}"),
        "erasures-refused-said",
    ))
}
