//! The cards of "right now" (bed, money, essentials, children, risk), needs, and handing a case over. Every card is answered or
//! put off with a reason and a time; nothing is filled in for anybody.

use throughline_app::case_now::{self, Said};
use throughline_app::case_view::CaseView;
use throughline_core::answer::Answer;
use throughline_core::code::Code;
use throughline_core::immediate::{ImmediateAnswer, ImmediateCode, ImmediateKind};
use throughline_core::reason::Reason;
use throughline_core::risk::RiskBand;
use throughline_core::time::At;
use throughline_ui::prelude::*;

use crate::case::{CHANGE, TITLE, again, moment, opened, step, word};
use crate::conversation_end::money_questions;
use crate::fault::{Fault, Outcome};
use crate::route::{Rate, Route, get, post};
use crate::visit::Visit;

/// The longest reason, in characters.
pub(crate) const REASON: usize = 2_000;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases/{case}/now/{kind}", TITLE, CHANGE, page, |v| {
            Box::pin(card(v))
        }),
        post("/cases/{case}/now/{kind}", TITLE, CHANGE, page, |v| {
            Box::pin(answer(v))
        })
        .keeping(&[
            "answer",
            "only_theirs",
            "how",
            "until-day",
            "until-month",
            "until-year",
            "time",
            "reason",
        ]),
        get("/cases/{case}/risk", TITLE, CHANGE, page, |v| {
            Box::pin(risk(v))
        }),
        post("/cases/{case}/risk", TITLE, CHANGE, page, |v| {
            Box::pin(judge(v))
        })
        .keeping(&["band", "reason", "by"]),
    ]
}

/// One choice per code of a list, in its own words.
pub(crate) fn choices<C: Code>(text: Text, prefix: &str) -> Vec<Choice> {
    C::ALL
        .iter()
        .map(|code| Choice::new(code.code(), word(text, prefix, code.code())))
        .collect()
}

/// The codes of a list.
pub(crate) fn codes<C: Code>() -> Vec<&'static str> {
    C::ALL.iter().map(|code| code.code()).collect()
}

/// The code that was chosen; a missing or unknown one is recorded on the form.
pub(crate) fn chosen<C: Code>(form: &mut Form, name: &str) -> Option<C> {
    let code = form.required_choice(name, &codes::<C>(), "error-choose-one")?;
    C::from_code(&code).ok()
}

/// A part of the address that is a code of a list.
pub(crate) fn named<C: Code>(visit: &Visit, name: &str) -> Result<C, Fault> {
    visit
        .param(name)
        .and_then(|code| C::from_code(code).ok())
        .ok_or(Fault::NotFound)
}

/// The reason that was given; a blank one is recorded on the form.
pub(crate) fn reason(form: &mut Form) -> Option<Reason> {
    let words = form.required_within("reason", "case-reason-needed", REASON)?;
    Reason::new(&words).ok()
}

pub(crate) fn form_to(
    visit: &Visit,
    view: &CaseView,
    path: &str,
    version: i64,
    body: Html,
) -> Html {
    visit
        .form_to(format!("{}{path}", at(view)))
        .hidden("version", version.to_string())
        .body(body)
        .into()
}

/// The path of a case.
pub(crate) fn at(view: &CaseView) -> String {
    format!("/cases/{}", view.case.reference)
}

pub(crate) fn version(form: &Form) -> Result<i64, Fault> {
    form.value("version").parse().map_err(|_| Fault::BadRequest)
}

/// Words of the rules of the nation, which are in English: on a Welsh page they say so, for whoever hears it read out.
fn pack_words(visit: &Visit, words: &str) -> Html {
    let words = Html::text(words);
    if visit.lang == Lang::En {
        return words;
    }
    Html::trusted(format!("<span lang=\"en\">{words}</span>"))
}

async fn card(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let kind = named::<ImmediateKind>(&visit, "kind")?;
    let mut form = Form::empty();
    if let Some(known) = view.immediate.iter().find(|known| known.kind == kind) {
        form.set("answer", known.answer.code().code());
        if let Some(only_theirs) = known.only_theirs {
            form.set("only_theirs", only_theirs.code());
        }
        if let ImmediateAnswer::PutOff { reason, .. } = &known.answer {
            form.set("reason", reason.as_str());
        }
    }
    let form = visit
        .typed(&format!("{}/now/{kind}", at(&view)), form)
        .await?;
    Ok(visit.show(card_page(&visit, &view, kind, &form)))
}

fn card_page(visit: &Visit, view: &CaseView, kind: ImmediateKind, form: &Form) -> Page {
    let text = visit.text();
    let known = view.immediate.iter().find(|known| known.kind == kind);
    let mut questions = Html::from(
        Radios::new("answer", text.t("now-answer"))
            .items(choices::<ImmediateCode>(text, "immediate-answer"))
            .bind(form, text),
    );
    if kind == ImmediateKind::Money {
        questions.push(money_questions(text, form));
    }
    let later = Html::paragraph(text.t("now-later-what"))
        .then(DateInput::new(visit.lang, "until", text.t("now-until")).bind(form, text))
        .then(
            Input::new("time", text.t("now-time"))
                .hint(text.t("now-time-hint"))
                .width(10)
                .bind(form, text),
        )
        .then(Textarea::new("reason", text.t("now-reason")).bind(form, text));
    questions.push(Fieldset::new(text.t("now-later")).body(later));
    questions.push(Button::new(text.t("case-save")));
    let mut body = Html::paragraph(text.t(&format!("now-{kind}-what")));
    if kind == ImmediateKind::Money {
        let routes = view
            .money
            .iter()
            .map(|route| pack_words(visit, &format!("{}. {}", route.name, route.note)));
        body.push(Details::new(
            text.t("now-money-routes"),
            Html::bullets(routes),
        ));
        let dates = [
            ("easement-link", crate::easement::AT),
            ("two-homes-link", crate::two_homes::AT),
        ];
        body.push(Html::bullets(
            dates.map(|(key, at)| Link::new(text.t(key), at)),
        ));
    }
    body.push(form_to(
        visit,
        view,
        &format!("/now/{kind}"),
        known.map_or(0, |known| known.version),
        questions,
    ));
    step(visit, view, &format!("now-{kind}"), "", form, body)
}

/// The moment that was agreed, from a date and a time of day.
fn until(form: &mut Form) -> Option<At> {
    let date = form.date("until");
    if date.is_none() && !form.has_errors() {
        form.wrong("until", "case-time-needed");
    }
    let time = form.time("time");
    if time.is_none() && !form.has_errors() {
        form.wrong("time", "case-time-needed");
    }
    At::from_london(date?.to_datetime(time?))
}

async fn answer(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let kind = named::<ImmediateKind>(&visit, "kind")?;
    let mut form = visit.form()?;
    let version = version(&form)?;
    let answer = match chosen::<ImmediateCode>(&mut form, "answer") {
        None => None,
        Some(ImmediateCode::Given) => Some(ImmediateAnswer::Given),
        Some(ImmediateCode::NotNeeded) => Some(ImmediateAnswer::NotNeeded),
        Some(ImmediateCode::Declined) => Some(ImmediateAnswer::Declined),
        Some(ImmediateCode::Unavailable) => Some(ImmediateAnswer::Unavailable),
        Some(ImmediateCode::PutOff) => {
            let (until, reason) = (until(&mut form), reason(&mut form));
            until
                .zip(reason)
                .map(|(until, reason)| ImmediateAnswer::PutOff { until, reason })
        }
    };
    let mut only_theirs = None;
    if kind == ImmediateKind::Money {
        only_theirs = form
            .choice("only_theirs", &codes::<Answer>())
            .and_then(|code| Answer::from_code(&code).ok());
        if answer == Some(ImmediateAnswer::Given) {
            form.required_choice("how", &["account", "hand"], "error-choose-one");
        }
    }
    if let (Some(answer), false) = (answer, form.has_errors()) {
        let said = Said {
            kind,
            answer,
            only_theirs,
            into_account: form.value("how") == "account",
            version,
        };
        match case_now::immediate_answer(visit.app(), visit.actor(), reference, &said).await {
            Ok(()) => return Ok(visit.go_saying(&format!("/cases/{reference}"), "case-saved")),
            Err(error) => again(&mut form, error)?,
        }
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(card_page(&visit, &view, kind, &form)))
}

async fn risk(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let form = visit
        .typed(&format!("{}/risk", at(&view)), Form::empty())
        .await?;
    Ok(visit.show(risk_page(&visit, &view, &form)))
}

fn risk_page(visit: &Visit, view: &CaseView, form: &Form) -> Page {
    let text = visit.text();
    let questions = Html::from(
        Radios::new("band", text.t("risk-band"))
            .hint(text.t("risk-band-hint"))
            .items(choices::<RiskBand>(text, "case-risk"))
            .bind(form, text),
    )
    .then(
        Textarea::new("reason", text.t("risk-reason"))
            .hint(text.t("risk-reason-hint"))
            .bind(form, text),
    )
    .then(
        Radios::new("by", text.t("risk-by"))
            .item(Choice::new("me", text.t("risk-by-me")))
            .item(Choice::new("them", text.t("risk-by-them")))
            .bind(form, text),
    )
    .then(Button::new(text.t("case-save")));
    let mut body = Html::paragraph(text.t(&format!("case-risk-{}", view.case.risk)))
        .then(InsetText::new(
            Html::paragraph(text.t("risk-high-today"))
                .then(Html::paragraph(pack_words(visit, &view.high_risk.name)))
                .then(Html::paragraph(pack_words(visit, &view.high_risk.note))),
        ))
        .then(form_to(visit, view, "/risk", view.case.version, questions));
    if !view.risks.is_empty() {
        let events = view.risks.iter().map(|judged| {
            Event::new(
                text.t(&format!("case-risk-{}", judged.risk.band)),
                judged.risk.at.to_string(),
                moment(text, judged.risk.at),
            )
            .by(
                visit.lang,
                &text.plain_with(
                    &format!("risk-as-{}", judged.risk.judged_as),
                    &[("name", judged.by.clone().into())],
                ),
            )
            .body(Html::paragraph(Html::text(&judged.risk.reason)))
        });
        body.push(Html::heading(2, Size::M, text.t("risk-before")));
        body.push(Timeline::new(events));
    }
    step(visit, view, "risk-heading", "", form, body)
}

async fn judge(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    let band = chosen::<RiskBand>(&mut form, "band");
    let reason = reason(&mut form);
    form.required_choice("by", &["me", "them"], "error-choose-one");
    if let (Some(band), Some(reason), false) = (band, reason, form.has_errors()) {
        let them = form.value("by") == "them";
        match case_now::risk_judge(visit.app(), visit.actor(), reference, band, &reason, them).await
        {
            Ok(()) => {
                let said = if band == RiskBand::High {
                    "risk-said-high"
                } else {
                    "case-saved"
                };
                return Ok(visit.go_saying(&format!("/cases/{reference}"), said));
            }
            Err(error) => again(&mut form, error)?,
        }
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(risk_page(&visit, &view, &form)))
}
