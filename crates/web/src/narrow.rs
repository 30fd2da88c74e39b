//! Less of what was agreed, with the person: lines struck out, or a shorter time.

use std::collections::BTreeSet;

use throughline_app::case_view::{Agreed, CaseView};
use throughline_app::narrow::{asked_for, narrow};
use throughline_core::consent::Consent;
use throughline_core::narrow::Narrowing;
use throughline_core::packet_line::PacketLine;
use throughline_core::time::At;
use throughline_ui::prelude::*;

use crate::case::{CHANGE, TITLE, opened, step};
use crate::case_now::at;
use crate::consent::{named, open_under};
use crate::fault::Outcome;
use crate::route::{Rate, Route, get, post};
use crate::shown::line_name;
use crate::visit::Visit;

/// The shorter times that can be chosen, in days.
const DAYS: [(&str, i64); 3] = [("7", 7), ("28", 28), ("91", 91)];
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let (path, page) = ("/cases/{case}/sharing/{consent}/less", Rate::Page);
    vec![
        get(path, TITLE, CHANGE, page, |v| Box::pin(ask(v))),
        post(path, TITLE, CHANGE, page, |v| Box::pin(less(v))),
    ]
}

/// The shorter times there are for a consent: those that end before it does.
fn sooner(known: &Consent, now: At) -> impl Iterator<Item = (&'static str, At)> {
    let ends = known.expires_at;
    DAYS.into_iter()
        .map(move |(code, days)| (code, now.plus_seconds(days * DAY_SECONDS)))
        .filter(move |(_, until)| *until < ends)
}

/// The lines that can be struck by themselves: what help is asked for ends only with the whole.
fn strikable<'a>(
    known: &'a Consent,
    asked: &'a BTreeSet<PacketLine>,
) -> impl Iterator<Item = PacketLine> + 'a {
    known.items.difference(asked).copied()
}

/// Which lines, by their `name` on this page, and for how long: nothing is struck before somebody strikes it.
pub(crate) fn questions(
    text: Text,
    known: &Consent,
    asked: &BTreeSet<PacketLine>,
    now: At,
    (form, name): (&Form, fn(Text, PacketLine) -> String),
) -> Html {
    let lines = strikable(known, asked)
        .map(|line| Choice::new(line.to_string(), Html::text(name(text, line))));
    let mut times = vec![Choice::new("same", text.t("less-until-same"))];
    times.extend(
        sooner(known, now)
            .map(|(code, _)| Choice::new(code, text.t(&format!("less-until-{code}")))),
    );
    Html::from(
        Checkboxes::new("line", Legend::new(text.t("less-lines")))
            .hint(text.t("less-lines-hint"))
            .items(lines)
            .bind(form, text),
    )
    .then(
        Radios::new("until", Legend::new(text.t("less-until")))
            .items(times)
            .bind(form, text),
    )
}

/// What was chosen; `None` with the form's own errors where it cannot be read.
pub(crate) fn read(
    form: &mut Form,
    known: &Consent,
    asked: &BTreeSet<PacketLine>,
    now: At,
) -> Option<Narrowing> {
    let lines: Vec<String> = strikable(known, asked)
        .map(|line| line.to_string())
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let without = form.choices("line", &lines);
    let mut times = vec!["same"];
    times.extend(sooner(known, now).map(|(code, _)| code));
    let until = form.choice("until", &times);
    (!form.has_errors()).then(|| Narrowing {
        without: without
            .iter()
            .filter_map(|line| line.parse().ok())
            .collect(),
        until: sooner(known, now)
            .find(|(code, _)| until.as_deref() == Some(*code))
            .map(|(_, until)| until),
    })
}

fn path(view: &CaseView, agreed: &Agreed) -> String {
    format!("{}/sharing/{}/less", at(view), agreed.record.reference)
}

fn asked_under(view: &CaseView, agreed: &Agreed) -> BTreeSet<PacketLine> {
    asked_for(open_under(view, agreed))
}

fn page(visit: &Visit, view: &CaseView, agreed: &Agreed, form: &Form) -> Page {
    let text = visit.text();
    let known = &agreed.record.consent;
    let mut body = Html::heading(2, Size::M, Html::text(&agreed.recipient));
    if !known.rests_on_agreement() {
        body.push(InsetText::new(text.t("sharing-not-by-agreement")));
    } else if agreed.holds {
        let asked = asked_under(view, agreed);
        body.push(Html::paragraph(text.t("less-what")));
        body.push(
            PostForm::new(path(view, agreed), visit.csrf()).body(
                questions(text, known, &asked, visit.now(), (form, line_name))
                    .then(Button::new(text.t("less-go"))),
            ),
        );
    } else {
        body.push(InsetText::new(text.t("less-over")));
    }
    step(visit, view, "less-heading", "/sharing", form, body)
}

async fn ask(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let agreed = named(&visit, &view)?;
    Ok(visit.show(page(&visit, &view, agreed, &Form::empty())))
}

async fn less(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let agreed = named(&visit, &view)?;
    let mut form = visit.form()?;
    let asked = asked_under(&view, agreed);
    let chosen = read(&mut form, &agreed.record.consent, &asked, visit.now());
    if let Some(chosen) = chosen {
        let (case, reference) = (view.case.reference, agreed.record.reference);
        match narrow(visit.app(), visit.actor(), case, reference, &chosen).await {
            Ok(_) => {
                let receipt = format!("/cases/{case}/sharing/{reference}/receipt");
                return Ok(visit.go_saying(&receipt, "less-said"));
            }
            Err(throughline_app::Error::Invalid { field, problem }) => form.wrong(field, problem),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(visit.show_errors(page(&visit, &view, agreed, &form)))
}
