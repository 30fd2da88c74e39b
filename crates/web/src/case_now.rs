//! The cards of "right now" (bed, money, essentials, children, risk), needs, and handing a case over. Every card is answered or
//! put off with a reason and a time; nothing is filled in for anybody.

use jiff::civil::Date;
use throughline_app::case::{self, CaseView, Child, Said};
use throughline_core::answer::Answer;
use throughline_core::child::{Safeguarding, SafeguardingCode};
use throughline_core::code::Code;
use throughline_core::immediate::{ImmediateAnswer, ImmediateCode, ImmediateKind};
use throughline_core::need::{NeedMove, NeedType};
use throughline_core::reason::Reason;
use throughline_core::risk::RiskBand;
use throughline_core::time::At;
use throughline_ui::prelude::*;

use crate::case::{CHANGE, TITLE, again, moment, opened, step, word};
use crate::fault::{Fault, Outcome};
use crate::route::{Rate, Route, get, post};
use crate::visit::Visit;

/// The longest reason, in characters.
const REASON: usize = 2_000;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases/{case}/now/{kind}", TITLE, CHANGE, page, |v| {
            Box::pin(card(v))
        }),
        post("/cases/{case}/now/{kind}", TITLE, CHANGE, page, |v| {
            Box::pin(answer(v))
        }),
        get("/cases/{case}/risk", TITLE, CHANGE, page, |v| {
            Box::pin(risk(v))
        }),
        post("/cases/{case}/risk", TITLE, CHANGE, page, |v| {
            Box::pin(judge(v))
        }),
        get("/cases/{case}/children", TITLE, CHANGE, page, |v| {
            Box::pin(children(v))
        }),
        post("/cases/{case}/children", TITLE, CHANGE, page, |v| {
            Box::pin(child_add(v))
        }),
        get("/cases/{case}/children/{child}", TITLE, CHANGE, page, |v| {
            Box::pin(child(v))
        }),
        post("/cases/{case}/children/{child}", TITLE, CHANGE, page, |v| {
            Box::pin(child_decide(v))
        }),
        get("/cases/{case}/needs/add", TITLE, CHANGE, page, |v| {
            Box::pin(need_new(v))
        }),
        post("/cases/{case}/needs/add", TITLE, CHANGE, page, |v| {
            Box::pin(need_add(v))
        }),
        get("/cases/{case}/needs/{need}", TITLE, CHANGE, page, |v| {
            Box::pin(need(v))
        }),
        post("/cases/{case}/needs/{need}", TITLE, CHANGE, page, |v| {
            Box::pin(need_move(v))
        }),
        get("/cases/{case}/hand-over", TITLE, CHANGE, page, |v| {
            Box::pin(hand_over(v))
        }),
        post("/cases/{case}/hand-over", TITLE, CHANGE, page, |v| {
            Box::pin(hand_over_to(v))
        }),
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
fn named<C: Code>(visit: &Visit, name: &str) -> Result<C, Fault> {
    visit
        .param(name)
        .and_then(|code| C::from_code(code).ok())
        .ok_or(Fault::NotFound)
}

/// The reason that was given; a blank one is recorded on the form.
fn reason(form: &mut Form) -> Option<Reason> {
    let words = form.required_within("reason", "case-reason-needed", REASON)?;
    Reason::new(&words).ok()
}

fn form_to(visit: &Visit, view: &CaseView, path: &str, version: i64, body: Html) -> Html {
    PostForm::new(
        format!("/cases/{}{path}", view.case.reference),
        visit.csrf(),
    )
    .hidden("version", version.to_string())
    .body(body)
    .into()
}

fn version(form: &Form) -> Result<i64, Fault> {
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

// ---- bed, money, essentials

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
        questions.push(
            Radios::new("only_theirs", text.t("now-only-theirs"))
                .hint(text.t("now-only-theirs-hint"))
                .items(choices::<Answer>(text, "answered-as"))
                .bind(form, text),
        );
        questions.push(
            Radios::new("how", text.t("now-how"))
                .item(Choice::new("account", text.t("now-how-account")))
                .item(Choice::new("hand", text.t("now-how-hand")))
                .bind(form, text),
        );
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
        match case::immediate_answer(visit.app(), visit.actor(), reference, &said).await {
            Ok(()) => return Ok(visit.go_saying(&format!("/cases/{reference}"), "case-saved")),
            Err(error) => again(&mut form, error)?,
        }
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(card_page(&visit, &view, kind, &form)))
}

// ---- risk

async fn risk(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    Ok(visit.show(risk_page(&visit, &view, &Form::empty())))
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
        match case::risk_judge(visit.app(), visit.actor(), reference, band, &reason, them).await {
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

// ---- children

async fn children(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    Ok(visit.show(children_page(&visit, &view, &Form::empty())))
}

fn children_page(visit: &Visit, view: &CaseView, form: &Form) -> Page {
    let text = visit.text();
    let mut body = Html::paragraph(text.t("children-what"));
    for child in &view.children {
        let decided = match &child.safeguarding {
            None => Html::from(Tag::new(text.t("children-undecided")).colour(Colour::Yellow)),
            Some(decision) => word(text, "safeguarding", decision.code().code()),
        };
        let list = SummaryList::new()
            .fact(text.t("children-safeguarding"), decided)
            .fact(
                text.t("children-help"),
                word(text, "child-state", child.state.code()),
            );
        let card = SummaryCard::new(Html::text(&child.sheet.chosen), list)
            .action(Action::new(
                text.t("children-decide"),
                format!(
                    "/cases/{}/children/{}",
                    view.case.reference, child.reference
                ),
            ))
            .action(Action::new(
                text.t("children-own"),
                format!("/cases/{}", child.reference),
            ));
        body.push(card);
    }
    let questions = Html::from(
        Input::new("chosen", text.t("children-name"))
            .hint(text.t("children-name-hint"))
            .bind(form, text),
    )
    .then(DateInput::new(visit.lang, "born", text.t("children-born")).bind(form, text))
    .then(Button::new(text.t("children-add")));
    body.push(Html::heading(2, Size::M, text.t("children-another")));
    body.push(form_to(
        visit,
        view,
        "/children",
        view.case.version,
        questions,
    ));
    step(visit, view, "children-heading", "", form, body)
}

async fn child_add(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    let chosen = form.required_within("chosen", "error-required", 200);
    let born: Option<Date> = form.date("born");
    if let (Some(chosen), false) = (chosen, form.has_errors()) {
        let sheet = crate::person::sheet(chosen, born);
        let own = case::child_add(visit.app(), visit.actor(), reference, &sheet).await?;
        return Ok(visit.go_saying(&format!("/cases/{reference}/children/{own}"), "case-saved"));
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(children_page(&visit, &view, &form)))
}

/// The child of this case that the address names.
fn child_of<'a>(visit: &Visit, view: &'a CaseView) -> Result<&'a Child, Fault> {
    let own = visit.reference("child")?;
    view.children
        .iter()
        .find(|child| child.reference == own)
        .ok_or(Fault::NotFound)
}

async fn child(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let mut form = Form::empty();
    let child = child_of(&visit, &view)?;
    if let Some(decision) = &child.safeguarding {
        form.set("decision", decision.code().code());
        if let Safeguarding::NotNeeded(reason) = decision {
            form.set("reason", reason.as_str());
        }
    }
    Ok(visit.show(child_page(&visit, &view, child, &form)))
}

fn child_page(visit: &Visit, view: &CaseView, child: &Child, form: &Form) -> Page {
    let text = visit.text();
    let questions = Html::from(
        Radios::new("decision", text.t("child-decision"))
            .items(choices::<SafeguardingCode>(text, "safeguarding"))
            .bind(form, text),
    )
    .then(
        Textarea::new("reason", text.t("child-reason"))
            .hint(text.t("child-reason-hint"))
            .bind(form, text),
    )
    .then(Button::new(text.t("case-save")));
    let body = Html::heading(2, Size::M, Html::text(&child.sheet.chosen))
        .then(Html::paragraph(text.t("child-what")))
        .then(form_to(
            visit,
            view,
            &format!("/children/{}", child.reference),
            child.version,
            questions,
        ));
    step(visit, view, "child-heading", "/children", form, body)
}

async fn child_decide(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    let version = version(&form)?;
    let decision = match chosen::<SafeguardingCode>(&mut form, "decision") {
        None => None,
        Some(SafeguardingCode::Referred) => Some(Safeguarding::Referred),
        Some(SafeguardingCode::AlreadyOpen) => Some(Safeguarding::AlreadyOpen),
        Some(SafeguardingCode::NotNeeded) => reason(&mut form).map(Safeguarding::NotNeeded),
    };
    if let (Some(decision), false) = (decision, form.has_errors()) {
        let own = visit.reference("child")?;
        case::child_decide(
            visit.app(),
            visit.actor(),
            reference,
            own,
            version,
            &decision,
        )
        .await?;
        return Ok(visit.go_saying(&format!("/cases/{reference}/children"), "case-saved"));
    }
    let view = opened(&visit).await?;
    let child = child_of(&visit, &view)?;
    Ok(visit.show_errors(child_page(&visit, &view, child, &form)))
}

// ---- needs

async fn need_new(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    Ok(visit.show(need_new_page(&visit, &view, &Form::empty())))
}

fn need_new_page(visit: &Visit, view: &CaseView, form: &Form) -> Page {
    let text = visit.text();
    let questions = Html::from(
        Radios::new("need", text.t("need-which"))
            .small()
            .items(choices::<NeedType>(text, "need"))
            .bind(form, text),
    )
    .then(
        Radios::new("told", text.t("need-told"))
            .hint(text.t("need-told-hint"))
            .item(Choice::new("told", text.t("need-told-yes")))
            .item(Choice::new("seen", text.t("need-told-seen")))
            .bind(form, text),
    )
    .then(Button::new(text.t("case-save")));
    let body = form_to(visit, view, "/needs/add", view.case.version, questions);
    step(visit, view, "need-add-heading", "/plan", form, body)
}

async fn need_add(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    let kind = chosen::<NeedType>(&mut form, "need");
    let told = form.required_choice("told", &["told", "seen"], "error-choose-one");
    if let (Some(kind), Some(told), false) = (kind, told, form.has_errors()) {
        case::need_add(visit.app(), visit.actor(), reference, kind, told == "told").await?;
        return Ok(visit.go_saying(&format!("/cases/{reference}/plan"), "case-saved"));
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(need_new_page(&visit, &view, &form)))
}

/// What a worker may say of a need by hand; the others happen with a referral.
const BY_HAND: [NeedMove; 7] = [
    NeedMove::Tell,
    NeedMove::Offer,
    NeedMove::JudgeNotWorthSending,
    NeedMove::PutOff,
    NeedMove::FallThrough,
    NeedMove::Refuse,
    NeedMove::Meet,
];

async fn need(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let kind = named::<NeedType>(&visit, "need")?;
    Ok(visit.show(need_page(&visit, &view, kind, &Form::empty())?))
}

fn need_page(visit: &Visit, view: &CaseView, kind: NeedType, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let known = view
        .needs
        .iter()
        .find(|need| need.kind == kind)
        .ok_or(Fault::NotFound)?;
    let moves = BY_HAND
        .into_iter()
        .filter(|by| known.state.apply(*by).is_ok())
        .map(|by| Choice::new(by.code(), word(text, "need-move", by.code())));
    let questions = Html::from(
        Radios::new("move", text.t("need-what"))
            .items(moves)
            .bind(form, text),
    )
    .then(
        Textarea::new("reason", text.t("need-reason"))
            .hint(text.t("need-reason-hint"))
            .bind(form, text),
    )
    .then(Button::new(text.t("case-save")));
    let body = Html::heading(2, Size::M, word(text, "need", kind.code()))
        .then(Html::paragraph(word(
            text,
            "need-state",
            known.state.code(),
        )))
        .then(form_to(
            visit,
            view,
            &format!("/needs/{kind}"),
            known.version,
            questions,
        ));
    Ok(step(visit, view, "need-heading", "/plan", form, body))
}

async fn need_move(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let kind = named::<NeedType>(&visit, "need")?;
    let mut form = visit.form()?;
    let version = version(&form)?;
    let by = chosen::<NeedMove>(&mut form, "move").filter(|by| BY_HAND.contains(by));
    let reason = form
        .optional_within("reason", REASON)
        .and_then(|words| Reason::new(&words).ok());
    if let (Some(by), false) = (by, form.has_errors()) {
        match case::need_move(
            visit.app(),
            visit.actor(),
            reference,
            kind,
            version,
            by,
            reason.as_ref(),
        )
        .await
        {
            Ok(_) => return Ok(visit.go_saying(&format!("/cases/{reference}/plan"), "case-saved")),
            Err(error) => again(&mut form, error)?,
        }
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(need_page(&visit, &view, kind, &form)?))
}

// ---- handing over

async fn hand_over(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let page = hand_over_page(&visit, &view, &Form::empty()).await?;
    Ok(visit.show(page))
}

async fn hand_over_page(visit: &Visit, view: &CaseView, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let colleagues = case::colleagues(visit.app(), visit.actor(), view.case.reference).await?;
    let items = colleagues
        .into_iter()
        .map(|colleague| Choice::new(colleague.reference.to_string(), Html::text(&colleague.name)));
    let questions = Html::from(
        Radios::new("to", text.t("hand-over-to"))
            .items(items)
            .bind(form, text),
    )
    .then(Button::new(text.t("hand-over-go")));
    let body = Html::paragraph(text.t("hand-over-what")).then(form_to(
        visit,
        view,
        "/hand-over",
        view.case.version,
        questions,
    ));
    Ok(step(visit, view, "case-hand-over", "", form, body))
}

async fn hand_over_to(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    if form.required("to", "error-choose-one").is_some() {
        let to = form.value("to").parse().map_err(|_| Fault::BadRequest)?;
        match case::hand_over(visit.app(), visit.actor(), reference, to).await {
            Ok(()) => return Ok(visit.go_saying("/cases", "hand-over-said")),
            Err(error) => again(&mut form, error)?,
        }
    }
    let view = opened(&visit).await?;
    let page = hand_over_page(&visit, &view, &form).await?;
    Ok(visit.show_errors(page))
}
