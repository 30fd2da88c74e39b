//! The directory steward: what waits, what does most harm if it is wrong first; rows set aside as they came; feeds and their
//! readings. Taking a file over is in `steward_import`.

use std::collections::HashMap;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use throughline_app::directory::{self, DoubtState, FeedHealth, Queue};
use throughline_app::directory_aside::{self, Decision, decisions};
use throughline_app::records::feed::{FeedRun, RunOutcome};
use throughline_core::code::Code as _;
use throughline_core::id::FeedId;
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;
use throughline_ui::text::Value;

use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::when;
use crate::visit::{Visit, answer};

pub(crate) const STEWARDS: Access = Access::Staff(&[ActionKind::DirectoryImport]);
pub(crate) const TITLE: &str = "page-steward-title";
/// Problems shown on a page; the table has all.
const PROBLEMS: u64 = 200;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        get("/steward", TITLE, STEWARDS, Rate::Page, |v| {
            Box::pin(queue(v))
        }),
        get("/steward/rows/{row}", TITLE, STEWARDS, Rate::Page, |v| {
            Box::pin(row(v))
        }),
        post("/steward/rows/{row}", TITLE, STEWARDS, Rate::Page, |v| {
            Box::pin(decide(v))
        }),
        post(
            "/steward/doubts/{doubt}",
            TITLE,
            STEWARDS,
            Rate::Page,
            |v| Box::pin(decide_doubt(v)),
        ),
        get("/steward/runs/{run}", TITLE, STEWARDS, Rate::Page, |v| {
            Box::pin(run(v))
        }),
        get(
            "/steward/runs/{run}/problems",
            TITLE,
            STEWARDS,
            Rate::Page,
            |v| Box::pin(table(v)),
        ),
        get(
            "/steward/services/{service}",
            TITLE,
            STEWARDS,
            Rate::Page,
            |v| Box::pin(entry(v)),
        ),
        post(
            "/steward/services/{service}",
            TITLE,
            STEWARDS,
            Rate::Page,
            |v| Box::pin(change(v)),
        ),
    ]
}

pub(crate) fn count(number: u64) -> Value {
    Value::from(i64::try_from(number).unwrap_or(i64::MAX))
}

fn counted(number: usize) -> Value {
    Value::from(i64::try_from(number).unwrap_or(i64::MAX))
}

async fn queue(visit: Visit) -> Outcome {
    let queue = directory::queue(visit.app(), visit.actor()).await?;
    let text = visit.text();
    let mut body = Html::heading(1, Size::L, text.t("steward-heading"))
        .then(Html::paragraph(text.t_with(
            "steward-services",
            &[("count", counted(queue.services))],
        )))
        .then(Button::link(text.t("steward-import"), "/steward/import"));
    body.push(waiting(text, &queue));
    body.push(doubts(&visit, &queue));
    body.push(feeds(text, &queue.feeds));
    body.push(fading(text, &queue));
    let mut page = visit.page(TITLE, body);
    page.wide = true;
    Ok(visit.show(page))
}

fn waiting(text: Text, queue: &Queue) -> Html {
    let mut out = Html::heading(2, Size::M, text.t("steward-waiting"));
    if queue.waiting.is_empty() {
        return out.then(Html::paragraph(text.t("steward-nothing-waits")));
    }
    let names: HashMap<FeedId, &str> = queue
        .feeds
        .iter()
        .map(|health| (health.feed.id, health.feed.name.as_str()))
        .collect();
    let mut rows =
        Table::new(text.t_with("steward-rows", &[("count", counted(queue.waiting.len()))]))
            .stacked()
            .head([
                text.t("steward-why"),
                text.t("steward-feed"),
                text.t("steward-row"),
                text.t("steward-since"),
            ]);
    for row in queue.waiting.iter().take(100) {
        rows = rows.row([
            Html::from(Link::new(
                text.t(&reason_key(&row.reason, row.because.as_deref())),
                format!("/steward/rows/{}", row.reference),
            )),
            Html::text(names.get(&row.feed).copied().unwrap_or_default()),
            Html::text(row.row.to_string()),
            Html::text(when(text, row.created_at)),
        ]);
    }
    out.push(rows);
    out
}

fn reason_key(reason: &str, because: Option<&str>) -> String {
    because.map_or_else(
        || format!("steward-reason-{reason}"),
        |because| format!("steward-because-{because}"),
    )
}

fn run_words(text: Text, run: &FeedRun) -> Html {
    match run.outcome {
        RunOutcome::Failed => text.t("steward-run-failed"),
        RunOutcome::Done => text.t_with(
            "steward-run-done",
            &[
                ("read", count(run.counts.read)),
                ("added", count(run.counts.added)),
                ("changed", count(run.counts.changed)),
                ("unchanged", count(run.counts.unchanged)),
                ("quarantined", count(run.counts.quarantined)),
            ],
        ),
    }
}

fn feeds(text: Text, feeds: &[FeedHealth]) -> Html {
    let mut out = Html::heading(2, Size::M, text.t("steward-feeds"));
    if feeds.is_empty() {
        return out.then(Html::paragraph(text.t("steward-no-feeds")));
    }
    let mut rows = Table::new(text.t("steward-feeds-caption")).stacked().head([
        text.t("steward-feed"),
        text.t("steward-last-read"),
        text.t("steward-result"),
    ]);
    for health in feeds {
        let last = health.feed.last_run_at.map_or_else(
            || text.t("steward-never-read"),
            |at| Html::text(when(text, at)),
        );
        let result = health.runs.first().map_or_else(Html::default, |run| {
            Link::new(
                run_words(text, run),
                format!("/steward/runs/{}", run.reference),
            )
            .into()
        });
        rows = rows.row([Html::text(&health.feed.name), last, result]);
    }
    out.push(rows);
    out
}

fn fading(text: Text, queue: &Queue) -> Html {
    let mut out =
        Html::heading(2, Size::M, text.t("steward-fading")).then(Html::paragraph(text.t_with(
            "steward-fading-count",
            &[("count", counted(queue.fading_total))],
        )));
    let mut rows = Table::new(text.t("steward-fading-caption"))
        .stacked()
        .head([text.t("steward-service"), text.t("service-confirmed")]);
    for one in &queue.fading {
        let since = one.vouched_at.map_or_else(
            || text.t("find-never-vouched"),
            |at| Html::text(text.date(at.london_date())),
        );
        let name = Link::new(
            Html::text(&one.name),
            format!("/steward/services/{}", one.reference),
        );
        rows = rows.row([Html::from(name), since]);
    }
    if !queue.fading.is_empty() {
        out.push(rows);
    }
    out
}

/// What services said no for, where it says something of whom they take: each row is put right or left.
fn doubts(visit: &Visit, queue: &Queue) -> Html {
    let text = visit.text();
    if queue.doubts.is_empty() {
        return Html::default();
    }
    let mut out = Html::heading(2, Size::M, text.t("steward-doubts"))
        .then(Html::paragraph(text.t("steward-doubts-words")));
    for one in &queue.doubts {
        let day = |day: &str| {
            day.parse()
                .map_or_else(|_| day.to_owned(), |day| text.date(day))
        };
        let said = text.t_with(
            "steward-doubt",
            &[
                ("count", one.times.into()),
                ("first", day(&one.days.0).into()),
                ("last", day(&one.days.1).into()),
                ("why", text.plain(&format!("unmet-{}", one.reason)).into()),
            ],
        );
        let buttons = DoubtState::ALL
            .iter()
            .filter(|state| **state != DoubtState::Open)
            .map(|state| {
                let words = text.t(&format!("steward-doubt-{state}"));
                Html::from(
                    Button::new(words)
                        .secondary()
                        .sends("decision", state.code()),
                )
            });
        let form = PostForm::new(format!("/steward/doubts/{}", one.reference), visit.csrf())
            .body(Html::from(ButtonGroup::new(buttons.collect::<Vec<_>>())));
        let card = Card::new(Html::text(&one.name))
            .level(3)
            .href(format!("/steward/services/{}", one.service_reference))
            .body(Html::paragraph(said))
            .action(Html::from(form));
        out.push(Html::from(card));
    }
    out
}

async fn decide_doubt(visit: Visit) -> Outcome {
    let reference = visit.reference("doubt")?;
    let form = visit.form()?;
    let state = DoubtState::from_code(form.value("decision")).map_err(|_| Fault::BadRequest)?;
    if state == DoubtState::Open {
        return Err(Fault::BadRequest);
    }
    directory::decide_doubt(visit.app(), visit.actor(), reference, state).await?;
    Ok(visit.go_saying("/steward", "steward-said-decided"))
}

async fn row(visit: Visit) -> Outcome {
    let reference = visit.reference("row")?;
    let opened = directory_aside::open(visit.app(), visit.actor(), reference).await?;
    let text = visit.text();
    let mut body = Html::heading(1, Size::L, text.t("steward-row-heading")).then(
        SummaryList::new()
            .fact(
                text.t("steward-why"),
                text.t(&reason_key(
                    &opened.row.reason,
                    opened.row.because.as_deref(),
                )),
            )
            .fact(text.t("steward-feed"), Html::text(&opened.feed))
            .fact(
                text.t("steward-row"),
                Html::text(opened.row.row.to_string()),
            ),
    );
    match &opened.raw {
        Some(raw) => {
            body.push(Html::heading(2, Size::M, text.t("steward-as-it-came")));
            body.push(as_it_came(raw));
        }
        None => body.push(InsetText::new(text.t("steward-decided"))),
    }
    let buttons: Vec<Html> = decisions(&opened.row)
        .into_iter()
        .map(|decision| {
            let words = text.t(&format!("steward-decide-{}", decision.code()));
            let button = Button::new(words).sends("decision", decision.code());
            Html::from(if decision == Decision::ShowAddress {
                button.warning()
            } else {
                button.secondary()
            })
        })
        .collect();
    if !buttons.is_empty() {
        body.push(
            PostForm::new(format!("/steward/rows/{reference}"), visit.csrf())
                .body(Html::from(ButtonGroup::new(buttons))),
        );
    }
    let mut page = visit.page(TITLE, body);
    page.back = Some("/steward".to_owned());
    Ok(visit.show(page))
}

/// A row of a feed, field by field, as text: nothing in it is taken for markup or followed.
fn as_it_came(raw: &serde_json::Value) -> Html {
    let mut list = SummaryList::new();
    for (name, value) in raw.as_object().into_iter().flatten() {
        let words = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        list = list.fact(Html::text(name), Html::text(words));
    }
    list.into()
}

async fn decide(visit: Visit) -> Outcome {
    let reference = visit.reference("row")?;
    let form = visit.form()?;
    let decision = Decision::from_code(form.value("decision")).map_err(|_| Fault::BadRequest)?;
    directory_aside::decide(visit.app(), visit.actor(), reference, decision).await?;
    Ok(visit.go_saying("/steward", "steward-said-decided"))
}

async fn run(visit: Visit) -> Outcome {
    let reference = visit.reference("run")?;
    let (feed, run, problems) =
        directory::run(visit.app(), visit.actor(), reference, 0, PROBLEMS).await?;
    let text = visit.text();
    let mut body = Html::heading(1, Size::L, Html::text(&feed.name))
        .then(Html::paragraph(Html::text(when(text, run.started_at))))
        .then(Html::paragraph(run_words(text, &run)));
    if let Some(message) = &run.message {
        body.push(InsetText::new(Html::text(message)));
        body.push(Html::paragraph(text.t("steward-last-copy-stays")));
    }
    if !problems.is_empty() {
        body.push(Html::paragraph(Link::new(
            text.t("steward-problems-table"),
            format!("/steward/runs/{reference}/problems"),
        )));
        let mut rows = Table::new(text.t("steward-problems")).stacked().head([
            text.t("steward-row"),
            text.t("steward-field"),
            text.t("steward-problem"),
            text.t("steward-did"),
        ]);
        for one in problems {
            rows = rows.row([
                Html::text(one.row.to_string()),
                Html::text(one.field),
                Html::text(one.problem),
                Html::text(one.did),
            ]);
        }
        body.push(rows);
    }
    let mut page = visit.page(TITLE, body);
    page.wide = true;
    page.back = Some("/steward".to_owned());
    Ok(visit.show(page))
}

async fn table(visit: Visit) -> Outcome {
    let csv = directory::problems_csv(visit.app(), visit.actor(), visit.reference("run")?).await?;
    let mut response = answer(StatusCode::OK, "text/csv; charset=utf-8", Body::from(csv));
    response.headers_mut().insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"problems.csv\""),
    );
    Ok(response)
}

async fn entry(visit: Visit) -> Outcome {
    let reference = visit.reference("service")?;
    let reference_ref = &reference;
    let service = visit
        .app()
        .store
        .read(|read| Box::pin(async move { read.service(*reference_ref).await }))
        .await?
        .ok_or(Fault::NotFound)?;
    let text = visit.text();
    let listed = service.state == throughline_app::records::directory::ServiceState::Listed;
    let confirmed = service.confirmed_at.map_or_else(
        || text.t("find-never-vouched"),
        |at| Html::text(text.date(at.london_date())),
    );
    let list = SummaryList::new()
        .fact(text.t("service-confirmed"), confirmed)
        .fact(
            text.t("steward-state"),
            text.t(if listed {
                "steward-listed"
            } else {
                "steward-withdrawn"
            }),
        );
    let toggle = if listed { "withdraw" } else { "list" };
    let buttons = ButtonGroup::new([
        Html::from(Button::new(text.t("steward-confirm")).sends("do", "confirm")),
        Html::from(
            Button::new(text.t(&format!("steward-{toggle}")))
                .secondary()
                .sends("do", toggle),
        ),
    ]);
    let body = Html::heading(1, Size::L, Html::text(&service.entry.name))
        .then(list)
        .then(Html::paragraph(Link::new(
            text.t("steward-as-shown"),
            format!("/services/{reference}"),
        )))
        .then(Html::paragraph(Link::new(
            text.t("steward-address"),
            format!("/services/{reference}/address"),
        )))
        .then(
            PostForm::new(format!("/steward/services/{reference}"), visit.csrf())
                .body(Html::from(buttons)),
        );
    let mut page = visit.page(TITLE, body);
    page.back = Some("/steward".to_owned());
    Ok(visit.show(page))
}

async fn change(visit: Visit) -> Outcome {
    let reference = visit.reference("service")?;
    let form = visit.form()?;
    match form.value("do") {
        "confirm" => directory::confirm(visit.app(), visit.actor(), reference).await?,
        "withdraw" => directory::set_listed(visit.app(), visit.actor(), reference, false).await?,
        "list" => directory::set_listed(visit.app(), visit.actor(), reference, true).await?,
        _ => return Err(Fault::BadRequest),
    }
    Ok(visit.go_saying(
        &format!("/steward/services/{reference}"),
        "steward-said-changed",
    ))
}
