//! Today: what to do now, what waits for others, what comes next; for a lead the site as well. One task on its own page.

use jiff::SignedDuration;
use throughline_app::Error;
use throughline_app::front_desk::OnDuty;
use throughline_app::today::{self, Row as Line, Target, TaskOutcome, Then, What};
use throughline_core::code::Code;
use throughline_core::task::Owner;
use throughline_core::time::At;
use throughline_policy::{ActionKind, Standing, table};
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::about_you;
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::Visit;

const DO: Access = Access::Staff(&[ActionKind::TaskDo]);
const TITLE: &str = "page-today-title";

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        get("/today", TITLE, Access::SignedIn, Rate::Page, |v| {
            Box::pin(day(v))
        }),
        get("/tasks/{task}", TITLE, DO, Rate::Page, |v| {
            Box::pin(task(v))
        }),
        post("/tasks/{task}/take", TITLE, DO, Rate::Page, |v| {
            Box::pin(take(v))
        }),
        post("/tasks/{task}/finish", TITLE, DO, Rate::Page, |v| {
            Box::pin(finish(v))
        }),
    ]
}

/// A clock in words: "due in 2 hours", "overdue by 3 days".
pub(crate) fn clock(visit: &Visit, due: At) -> String {
    visit
        .text()
        .due(SignedDuration::from_secs(due.seconds_since(visit.now())))
}

async fn day(visit: Visit) -> Outcome {
    let standing = visit.actor().standing();
    if table::relations(standing, ActionKind::TaskDo).is_empty() {
        return elsewhere(&visit, standing);
    }
    let text = visit.text();
    let mine = today::worker(visit.app(), visit.actor()).await?;
    let mut body = Html::heading(1, Size::L, text.t("today-heading"))
        .then(about_you::asked(&visit).await?)
        .then(Button::link(text.t("today-with-me"), "/with-me"));
    body.push(crate::second_person::way(&visit).await?);
    body.push(crate::urgent::mine(&visit).await?);
    if standing == Standing::DaLead {
        let site = today::lead(visit.app(), visit.actor()).await?;
        body.push(list(&visit, "today-rooms", &site.rooms));
        body.push(list(&visit, "today-risks", &site.risks));
        body.push(list(&visit, "today-climbing", &site.climbing));
    }
    body.push(list(&visit, "today-do-now", &mine.do_now));
    body.push(list(&visit, "today-waiting", &mine.waiting));
    body.push(list(&visit, "today-next", &mine.next));
    body.push(Html::heading(2, Size::M, text.t("today-in-building")));
    if mine.on_duty.iter().all(|who| who.stands_in) {
        body.push(WarningText::new(
            visit.lang,
            text.t(nobody_words(&mine.on_duty)),
        ));
    }
    if !mine.on_duty.is_empty() {
        let names = mine.on_duty.iter().map(|who| {
            let key = if who.first {
                "today-first"
            } else {
                "today-then"
            };
            text.t_with(key, &[("name", who.name.as_str().into())])
        });
        body.push(Html::bullets(names));
        if mine.on_duty.len() < 2 && mine.on_duty.iter().all(|who| !who.stands_in) {
            body.push(InsetText::new(text.t("today-cover-gap")));
        }
    }
    Ok(visit.show(visit.page(TITLE, body)))
}

/// What is said where nobody holds a post: that others stand in, or that nobody can be told.
pub(crate) fn nobody_words(on_duty: &[OnDuty]) -> &'static str {
    if on_duty.is_empty() {
        "desk-nobody"
    } else {
        "desk-stand-ins"
    }
}

/// Where the day of someone without tasks begins.
fn elsewhere(visit: &Visit, standing: Standing) -> Outcome {
    crate::routes::NAVIGATION
        .iter()
        .map(|(path, _)| *path)
        .find(|path| *path != "/today" && crate::routes::admits(path, standing))
        .map(|path| visit.go(path))
        .ok_or(Fault::NotFound)
}

/// Rows shown at once; the others open when asked for, so that what comes next can be seen without scrolling for long.
const SHOWN: usize = 8;

fn list(visit: &Visit, key: &'static str, rows: &[Line]) -> Html {
    let text = visit.text();
    let mut out = Html::heading(2, Size::M, text.t(key));
    if rows.is_empty() {
        out.push(Html::paragraph(text.t(&format!("{key}-none"))));
        return out;
    }
    let (first, more) = rows.split_at(rows.len().min(SHOWN));
    out.push(tasks(visit, key, first));
    if !more.is_empty() {
        let count = i64::try_from(more.len()).unwrap_or(i64::MAX);
        out.push(Details::new(
            text.t_with("today-more", &[("count", count.into())]),
            tasks(visit, &format!("{key}-more"), more),
        ));
    }
    out
}

fn tasks(visit: &Visit, id: &str, rows: &[Line]) -> Html {
    let mut tasks = TaskList::new().id_prefix(id);
    let mut rooms = Html::default();
    for row in rows {
        match row.target {
            // The one row that is answered here and now.
            Target::Room(room) => rooms.push(room_card(visit, row, room)),
            target => {
                let href = row
                    .task
                    .map_or_else(|| address(target), |task| format!("/tasks/{task}"));
                let task = Task::new(Html::text(words(visit, row)), state(visit, row))
                    .href(href)
                    .hint(then(visit, row));
                tasks = tasks.task(task);
            }
        }
    }
    if rows
        .iter()
        .any(|row| !matches!(row.target, Target::Room(_)))
    {
        rooms.push(tasks);
    }
    rooms
}

/// The clock of a row in words: a red tag once it has run out, else since when.
fn state(visit: &Visit, row: &Line) -> Html {
    let text = visit.text();
    match row.due_at {
        Some(due) if row.overdue => Tag::new(Html::text(clock(visit, due)))
            .colour(Colour::Red)
            .into(),
        Some(due) => Html::text(clock(visit, due)),
        None => {
            let since = SignedDuration::from_secs(visit.now().seconds_since(row.since));
            text.t_with("today-since", &[("time", text.duration(since).into())])
        }
    }
}

/// Whose turn it is and what happens when they do not act, in one line.
fn then(visit: &Visit, row: &Line) -> Html {
    let text = visit.text();
    let who = post_words(visit, row.turn);
    let mut parts = vec![text.plain_with("today-turn", &[("who", who.into())])];
    match row.then {
        // At the top of the ladder there is nobody else to tell.
        Some(Then::Tells(owner)) if owner != row.turn => {
            let who = post_words(visit, owner);
            parts.push(text.plain_with("today-then-tells", &[("who", who.into())]));
        }
        Some(Then::ComesBack) => parts.push(text.plain("today-then-back")),
        _ => {}
    }
    Html::text(parts.join(" "))
}

fn room_card(visit: &Visit, row: &Line, room: throughline_core::id::Ref) -> Html {
    let text = visit.text();
    let come = PostForm::new(format!("/rooms/{room}/come"), visit.csrf())
        .body(Button::new(text.t("desk-come")));
    let mut card = Card::new(Html::text(words(visit, row)))
        .body(turn(visit, row))
        .action(come);
    if row.overdue {
        card = card.tag(Tag::new(text.t("today-overdue")).colour(Colour::Red));
    }
    Html::from(card)
}

/// What a row is about, in words.
pub(crate) fn words(visit: &Visit, row: &Line) -> String {
    let text = visit.text();
    let what = match row.what {
        What::Room(_) => text.plain("desk-room"),
        What::Task(kind) => text.plain(&format!("task-kind-{}", kind.code())),
        What::Referral(state) => text.plain(&format!("today-referral-{}", state.code())),
        What::Risk(band) => text.plain(&format!("today-risk-{}", band.code())),
    };
    match &row.who {
        Some(name) => text.plain_with(
            "today-about",
            &[("name", name.as_str().into()), ("what", what.into())],
        ),
        None => what,
    }
}

fn post_words(visit: &Visit, owner: Owner) -> String {
    visit.text().plain(&format!("post-{}", owner.code()))
}

/// Whose turn it is, what happens if nobody acts, and by when.
fn turn(visit: &Visit, row: &Line) -> Html {
    Html::paragraph(state(visit, row)).then(Html::paragraph(then(visit, row)))
}

/// The page that a row leads to.
fn address(target: Target) -> String {
    match target {
        Target::Room(_) => "/front-desk".to_owned(),
        Target::Task(task) => format!("/tasks/{task}"),
        Target::Case(case) => format!("/cases/{case}"),
        Target::Referral(referral) => format!("/referrals/{referral}"),
        Target::Conversation(talk) => format!("/conversations/{talk}"),
    }
}

async fn task(visit: Visit) -> Outcome {
    let text = visit.text();
    let view = today::task(visit.app(), visit.actor(), visit.reference("task")?).await?;
    let mut body = Html::heading(1, Size::L, Html::text(words(&visit, &view.row)));
    if view.over {
        body.push(Html::paragraph(text.t("task-over")));
    } else {
        body.push(turn(&visit, &view.row));
        let target = view
            .conversation
            .map_or(view.row.target, Target::Conversation);
        if !matches!(target, Target::Task(_)) {
            body.push(Button::link(text.t("task-go"), address(target)));
        }
        let base = format!("/tasks/{}", view.reference);
        if view.plan_apart {
            body.push(Button::link(text.t("task-go"), format!("{base}/apart")));
        }
        if view.review {
            body.push(Button::link(text.t("task-go"), format!("{base}/opened")));
        }
        if view.take_up {
            body.push(Button::link(text.t("task-talk"), format!("{base}/talk")));
        }
        if view.taken {
            body.push(Html::paragraph(text.t("task-taken-already")));
        } else {
            body.push(
                PostForm::new(format!("{base}/take"), visit.csrf())
                    .body(Button::new(text.t("task-take")).secondary()),
            );
        }
        let by_hand = TaskOutcome::ALL
            .iter()
            .filter(|outcome| outcome.is_chosen());
        let choices = by_hand.map(|outcome| {
            Choice::new(
                outcome.code(),
                text.t(&format!("task-outcome-{}", outcome.code())),
            )
        });
        let question = Radios::new("outcome", Legend::new(text.t("task-how"))).items(choices);
        body.push(
            PostForm::new(format!("{base}/finish"), visit.csrf())
                .body(Html::from(question).then(Button::new(text.t("task-finish")))),
        );
    }
    let mut page = visit.page(TITLE, body);
    page.back = Some("/today".to_owned());
    Ok(visit.show(page))
}

async fn take(visit: Visit) -> Outcome {
    let task = visit.reference("task")?;
    today::task_take(visit.app(), visit.actor(), task).await?;
    Ok(visit.go_saying(&format!("/tasks/{task}"), "task-taken"))
}

async fn finish(visit: Visit) -> Outcome {
    let task = visit.reference("task")?;
    let form = visit.form()?;
    // An answer that is not one of ours, or none at all, ends nothing.
    let outcome = TaskOutcome::from_code(form.value("outcome")).ok();
    let Some(outcome) = outcome.filter(|outcome| outcome.is_chosen()) else {
        return Ok(visit.go_saying(&format!("/tasks/{task}"), "task-how-missing"));
    };
    match today::task_finish(visit.app(), visit.actor(), task, outcome).await {
        Err(Error::Invalid { problem, .. }) => {
            Ok(visit.go_saying(&format!("/tasks/{task}"), problem))
        }
        done => {
            done?;
            Ok(visit.go_saying("/today", "task-finished"))
        }
    }
}
