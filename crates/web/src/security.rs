//! The record of access for a security officer: refusals, who did what, leavers, whether the record is whole. Never content.

use throughline_app::security::{
    Checked, CheckedBy, Line, Overview, ReadAccount, ReadOverview, check_record,
};
use throughline_policy::{ActionKind, Purpose};
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;
use throughline_ui::text::has_key;

use crate::fault::Outcome;
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::Visit;

const OFFICER: Access = Access::Staff(&[ActionKind::AuditRead]);

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    vec![
        get("/security", "page-security-title", OFFICER, Rate::Page, |v| Box::pin(overview(v))),
        post("/security/check", "page-security-title", OFFICER, Rate::Search, |v| Box::pin(check(v))),
        get("/security/people/{account}", "page-security-title", OFFICER, Rate::Page, |v| Box::pin(account(v))),
    ]
}

/// The words of a code; a code that has none yet is written with spaces.
pub(crate) fn words(text: Text, kind: &str, code: &str) -> Html {
    let key = format!("{kind}-{code}");
    if has_key(&key) {
        text.t(&key)
    } else {
        Html::text(code.replace('_', " "))
    }
}

fn table(text: Text, caption: &str, lines: &[Line]) -> Html {
    if lines.is_empty() {
        return Html::paragraph(text.t("security-none"));
    }
    let mut table = Table::new(text.t(caption)).stacked().head([
        text.t("security-when"),
        text.t("security-who"),
        text.t("security-what"),
        text.t("security-result"),
    ]);
    for line in lines {
        let who = match &line.who {
            Some((reference, name)) => {
                Link::new(name.as_str(), format!("/security/people/{reference}")).into()
            }
            None => text.t("security-nobody"),
        };
        table = table.row([
            Html::text(text.date_time(line.seen.at.london().datetime())),
            who,
            words(text, "look", &line.seen.action),
            words(text, "audit-result", &line.seen.result),
        ]);
    }
    table.into()
}

/// Looks by staff of other organisations at people from whom they are barred, and whether anybody is told of our own.
fn closed_looks(text: Text, found: &Overview) -> Html {
    let mut out = Html::heading(2, Size::M, text.t("watch-heading"))
        .then(Html::paragraph(text.t("watch-what")));
    if !found.is_watched {
        out.push(InsetText::new(text.t("watch-nobody")));
    }
    if found.closed_looks.is_empty() {
        return out.then(Html::paragraph(text.t("security-none")));
    }
    let mut table = Table::new(text.t("watch-caption")).stacked().head([
        text.t("security-when"),
        text.t("security-who"),
        text.t("watch-where"),
        text.t("security-what"),
    ]);
    for watched in &found.closed_looks {
        table = table.row([
            Html::text(text.date_time(watched.look.at.london().datetime())),
            Html::text(watched.name.as_str()),
            Html::text(watched.organisation.as_str()),
            words(text, "look", &watched.look.action),
        ]);
    }
    out.then(table)
}

/// When the record was last checked, by what, against what, and what came of it.
fn last_check(text: Text, checked: Option<&Checked>) -> Html {
    let Some(checked) = checked else {
        return Html::paragraph(text.t("security-check-never"));
    };
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let values = [
        ("entries", count(checked.entries).into()),
        ("problems", count(checked.problems).into()),
        ("checkpoints", count(checked.checkpoints).into()),
        (
            "time",
            text.date_time(checked.at.london().datetime()).into(),
        ),
    ];
    let key = match (checked.problems, checked.by) {
        (0, CheckedBy::Start) => "security-check-start",
        (0, CheckedBy::Job) => "security-check-job",
        (0, CheckedBy::Person) => "security-check-whole",
        _ => "security-check-broken",
    };
    let against = if checked.checkpoints == 0 {
        "security-check-no-marks"
    } else {
        "security-check-marks"
    };
    Html::paragraph(text.t_with(key, &values)).then(Html::paragraph(text.t_with(against, &values)))
}

async fn overview(visit: Visit) -> Outcome {
    let text = visit.text();
    let found = visit
        .app()
        .store
        .run(visit.actor(), Purpose::ReviewSecurity, &ReadOverview)
        .await?;
    let entries = i64::try_from(found.state.entries).unwrap_or(i64::MAX);
    let facts = SummaryList::new()
        .fact(text.t("security-entries"), number(entries))
        .fact(text.t("security-root"), found.state.root.as_str());
    let check = PostForm::new("/security/check", visit.csrf())
        .body(Button::new(text.t("security-check")).secondary());
    let mut leavers = Table::new(text.t("security-leavers")).stacked().head([
        text.t("admin-name"),
        text.t("security-left"),
        text.t("security-after"),
    ]);
    for (account, after) in &found.leavers {
        let left = account
            .ended_at
            .map(|at| text.date_time(at.london().datetime()))
            .unwrap_or_default();
        let link = Link::new(
            account.name.as_str(),
            format!("/security/people/{}", account.reference),
        );
        leavers = leavers.row([
            Html::from(link),
            Html::text(left),
            Html::text(number(i64::try_from(*after).unwrap_or(i64::MAX))),
        ]);
    }
    let leavers: Html = if found.leavers.is_empty() {
        Html::paragraph(text.t("security-none"))
    } else {
        leavers.into()
    };
    let body = Html::heading(1, Size::L, text.t("security-heading"))
        .then(Html::paragraph(text.t("security-about")))
        .then(crate::second_person::way(&visit).await?)
        .then(crate::erasures::way(text))
        .then(Html::heading(2, Size::M, text.t("security-whole")))
        .then(facts)
        .then(last_check(text, found.last_check.as_ref()))
        .then(check)
        .then(Html::heading(2, Size::M, text.t("security-refusals")))
        .then(table(text, "security-refusals-caption", &found.refusals))
        .then(closed_looks(text, &found))
        .then(crate::urgent::openings(text, &found.openings))
        .then(Html::heading(
            2,
            Size::M,
            text.t("security-leavers-heading"),
        ))
        .then(leavers)
        .then(Html::heading(2, Size::M, text.t("security-latest")))
        .then(table(text, "security-latest-caption", &found.latest));
    let mut page = visit.page("page-security-title", body);
    page.wide = true;
    Ok(visit.show(page))
}

async fn check(visit: Visit) -> Outcome {
    let text = visit.text();
    let checked = check_record(&visit.app().store, visit.actor()).await?;
    let body = Html::heading(1, Size::L, text.t("security-whole"))
        .then(last_check(text, Some(&checked)))
        .then(Html::paragraph(Link::new(
            text.t("security-back"),
            "/security",
        )));
    Ok(visit.show(visit.page("page-security-title", body)))
}

async fn account(visit: Visit) -> Outcome {
    let text = visit.text();
    let read = ReadAccount {
        reference: visit.reference("account")?,
    };
    let (account, lines) = visit
        .app()
        .store
        .run(visit.actor(), Purpose::ReviewSecurity, &read)
        .await?;
    let body = Html::heading(1, Size::L, account.name.as_str()).then(table(
        text,
        "security-latest-caption",
        &lines,
    ));
    let mut page = visit.page("page-security-title", body);
    page.back = Some("/security".to_owned());
    page.wide = true;
    Ok(visit.show(page))
}
