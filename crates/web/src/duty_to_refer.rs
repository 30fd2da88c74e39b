//! The duty to refer: what cannot wait first, then where they must stay away from, then the council, then three agreements, then sending
//! and what came of it. It is never shown as somewhere to stay.

use throughline_app::case_view::CaseView;
use throughline_app::duty_to_refer::{self, Begin, Duty, DutyPage, SentBy, Step};
use throughline_core::code::Code as _;
use throughline_core::duty_to_refer::{
    ATTEMPTS_BEFORE_CLOSING, Agreements, DutyMove, DutyOutcome, DutyState,
};
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::reason::Words;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::case::{CHANGE, TITLE, again, opened, step, word};
use crate::case_now::{choices, chosen};
use crate::fault::{Fault, Outcome};
use crate::route::{Rate, Route, get, post};
use crate::shown::{seen, when};
use crate::visit::Visit;

/// The longest reason, and the longest list of places, in characters.
const WORDS: usize = 1_000;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases/{case}/home", TITLE, CHANGE, page, |v| {
            Box::pin(show(v))
        }),
        post("/cases/{case}/home", TITLE, CHANGE, page, |v| {
            Box::pin(begin(v))
        })
        .keeping(&["avoid", "authority", "reason"]),
        post("/cases/{case}/home/{duty}", TITLE, CHANGE, page, |v| {
            Box::pin(happens(v))
        })
        .keeping(&["words"]),
    ]
}

async fn show(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let form = visit
        .typed(
            &format!("/cases/{}/home", view.case.reference),
            Form::empty(),
        )
        .await?;
    let page = page_of(&visit, &view, &form).await?;
    Ok(visit.show(page))
}

async fn page_of(visit: &Visit, view: &CaseView, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let case = view.case.reference;
    let known = duty_to_refer::page(visit.app(), visit.actor(), case).await?;
    let mut body = tonight(text, case);
    if known.nation != Nation::England {
        let route = text.t(&format!("council-route-{}", known.nation));
        body.push(Html::paragraph(route));
        return Ok(step(visit, view, "council-heading", "/plan", form, body));
    }
    body.push(Html::paragraph(text.t("council-what")));
    body.push(Details::new(
        text.t("council-abuse"),
        Html::bullets(
            [
                "council-abuse-priority",
                "council-abuse-left",
                "council-abuse-proof",
                "council-abuse-back",
            ]
            .map(|key| text.t(key)),
        ),
    ));
    let open = known.duties.iter().find(|one| !one.state.is_final());
    match open {
        Some(duty) => body.push(running(visit, case, &known, duty, form)),
        None => body.push(questions(visit, case, &known, form)),
    }
    for over in known.duties.iter().filter(|one| one.state.is_final()) {
        body.push(facts(text, over));
        body.push(log(text, over));
    }
    Ok(step(visit, view, "council-heading", "/plan", form, body))
}

/// What cannot wait stands first: this is no way to a bed.
fn tonight(text: Text, case: Ref) -> Html {
    let body = Html::paragraph(text.t("council-tonight"))
        .then(Html::bullets(
            [
                "council-tonight-call",
                "council-tonight-apply",
                "council-tonight-shelter",
            ]
            .map(|key| text.t(key)),
        ))
        .then(Html::paragraph(Link::new(
            text.t("council-tonight-bed"),
            format!("/cases/{case}/now/bed"),
        )));
    InsetText::new(body).into()
}

/// Where they must stay away from, and then the council.
fn questions(visit: &Visit, case: Ref, known: &DutyPage, form: &Form) -> Html {
    let text = visit.text();
    let mut form = form.clone();
    if !form.has("avoid") && !known.avoid.is_empty() {
        form.set("avoid", known.avoid.join("\n"));
    }
    let form = &form;
    let questions = Html::join([
        Html::from(
            Textarea::new("avoid", text.t("council-avoid"))
                .hint(text.t("council-avoid-hint"))
                .rows(3)
                .bind(form, text),
        ),
        Input::new("authority", text.t("council-authority"))
            .hint(text.t("council-authority-hint"))
            .bind(form, text)
            .into(),
        Checkboxes::new("in_spite", Legend::new(text.t("council-in-spite")))
            .hint(text.t("council-in-spite-hint"))
            .items([Choice::new("yes", text.t("council-in-spite-yes"))])
            .bind(form, text)
            .into(),
        DateInput::new(visit.lang, "homeless_on", text.t("council-when"))
            .hint(text.t("council-when-hint"))
            .bind(form, text)
            .into(),
        Textarea::new("reason", text.t("council-reason"))
            .hint(text.t("council-reason-hint"))
            .rows(3)
            .bind(form, text)
            .into(),
        Button::new(text.t("council-begin")).into(),
    ]);
    visit
        .form_to(format!("/cases/{case}/home"))
        .body(questions)
        .into()
}

fn facts(text: Text, duty: &Duty) -> Html {
    let mut list = SummaryList::new()
        .fact(text.t("council-authority"), &duty.content.authority.1)
        .fact(
            text.t("council-state"),
            word(text, "duty-state", duty.state.code()),
        );
    if !duty.content.avoid.is_empty() {
        list = list.fact(text.t("council-avoid"), text.list(&duty.content.avoid));
    }
    list = list.fact(text.t("council-reason"), &duty.content.reason);
    if let Some(way) = &duty.content.contact {
        list = list.fact(text.t("council-way"), way);
    }
    if let Some(outcome) = duty.outcome {
        list = list.fact(
            text.t("council-outcome"),
            word(text, "duty-outcome", outcome.code()),
        );
    }
    list.into()
}

fn log(text: Text, duty: &Duty) -> Html {
    let events = duty.content.log.iter().rev().map(|one| {
        let title = word(text, "duty-step", &one.made);
        let event = Event::new(title, one.at.to_string(), when(text, one.at));
        match &one.words {
            Some(words) => event.body(Html::paragraph(Html::text(words))),
            None => event,
        }
    });
    Timeline::new(events).into()
}

/// One that is not over: where it stands, what comes next, and the way to stop it at any point.
fn running(visit: &Visit, case: Ref, known: &DutyPage, duty: &Duty, form: &Form) -> Html {
    let text = visit.text();
    let post = || {
        visit
            .form_to(format!("/cases/{case}/home/{}", duty.reference))
            .hidden("seen", duty.version.to_string())
    };
    let words = || {
        Html::from(
            Textarea::new("words", text.t("council-words"))
                .hint(text.t("council-words-hint"))
                .rows(2)
                .bind(form, text),
        )
    };
    let button = |code: &str| {
        let words = text.t(&format!("duty-do-{code}"));
        Html::from(Button::new(words).secondary().sends("made", code))
    };
    let mut body = facts(text, duty);
    match duty.state {
        DutyState::Draft | DutyState::Consented => {
            body.push(post().body(agreements(text, known, duty, form)));
            if duty.state == DutyState::Consented {
                body.push(Html::heading(2, Size::M, text.t("council-send")));
                let how = Radios::new("sent_by", text.t("council-sent-by"))
                    .items(choices::<SentBy>(text, "duty-sent"))
                    .bind(form, text);
                let send = Button::new(text.t("duty-do-send")).sends("made", "send");
                body.push(post().body(Html::from(how).then(words()).then(send)));
            }
        }
        DutyState::ClosedNoContact => {
            body.push(Html::paragraph(text.t("council-ask-again")));
            body.push(post().body(words().then(button("ask_again"))));
        }
        _ => {
            let mut steps = vec!["chase"];
            if duty.state == DutyState::Sent {
                steps.push("acknowledge");
            }
            if matches!(duty.state, DutyState::Sent | DutyState::Acknowledged) {
                steps.extend(["miss", "make_contact"]);
                if duty.attempts >= ATTEMPTS_BEFORE_CLOSING {
                    steps.push("close");
                }
            }
            if duty.state != DutyState::Assessed {
                steps.push("assess");
            }
            let buttons: Vec<Html> = steps.into_iter().map(button).collect();
            body.push(Html::heading(2, Size::M, text.t("council-happened")));
            body.push(Html::paragraph(text.t("council-their-clock")));
            body.push(post().body(words().then(Html::from(ButtonGroup::new(buttons)))));
        }
    }
    if !matches!(duty.state, DutyState::Draft | DutyState::Consented) {
        let outcome = Radios::new("outcome", text.t("council-outcome"))
            .items(choices::<DutyOutcome>(text, "duty-outcome"))
            .bind(form, text);
        let save = Button::new(text.t("duty-do-conclude"))
            .secondary()
            .sends("made", "conclude");
        body.push(post().body(Html::from(outcome).then(save)));
    }
    body.push(
        post().body(Html::from(
            Button::new(text.t("duty-do-withdraw"))
                .warning()
                .sends("made", "withdraw"),
        )),
    );
    body.then(log(text, duty))
}

/// Three agreements, each by itself.
fn agreements(text: Text, known: &DutyPage, duty: &Duty, form: &Form) -> Html {
    let mut form = form.clone();
    let given = duty.content.agreed;
    let asked = [
        ("referred", given.referred),
        ("authority_agreed", given.authority),
        ("contact_details", given.contact_details),
    ];
    for (name, yes) in asked {
        if yes && !form.has(name) {
            form.set(name, "yes");
        }
    }
    let ways = known.safe_ways.iter().map(|(reference, value)| {
        let chosen = duty.content.contact.as_ref() == Some(value);
        Choice::new(reference.to_string(), value).checked(chosen)
    });
    let which = if known.safe_ways.is_empty() {
        Html::from(InsetText::new(text.t("council-no-safe-way")))
    } else {
        Radios::new("way", text.t("council-way"))
            .hint(text.t("council-way-hint"))
            .items(ways)
            .error(form.error(text, "way"))
            .into()
    };
    let council = [("council", duty.content.authority.1.clone().into())];
    let question = |name: &str, legend: Html| {
        Html::from(
            Radios::new(name, Legend::new(legend))
                .items([
                    Choice::new("yes", text.t("council-yes")),
                    Choice::new("no", text.t("council-no")),
                ])
                .inline()
                .bind(&form, text),
        )
    };
    Html::heading(2, Size::M, text.t("council-agree"))
        .then(Html::paragraph(text.t("council-agree-words")))
        .then(question("referred", text.t("council-agree-referred")))
        .then(question(
            "authority_agreed",
            text.t_with("council-agree-authority", &council),
        ))
        .then(question("contact_details", text.t("council-agree-contact")))
        .then(which)
        .then(Button::new(text.t("duty-do-agree")).sends("made", "agree"))
}

async fn begin(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let mut form = visit.form()?;
    let avoid = form.optional_within("avoid", WORDS).unwrap_or_default();
    let authority = form.required_within("authority", "council-authority-needed", 100);
    let homeless_on = form.date("homeless_on");
    let reason = form
        .required_within("reason", "council-reason-needed", WORDS)
        .and_then(|words| Words::new(&words).ok());
    let in_spite = form.choice("in_spite", &["yes"]).is_some();
    if let (Some(authority), Some(reason), false) = (authority, reason, form.has_errors()) {
        let places = avoid.split(['\n', ',']).map(str::trim);
        let said = Begin {
            authority,
            avoid: places
                .filter(|place| !place.is_empty())
                .map(str::to_owned)
                .collect(),
            in_spite,
            homeless_on,
            reason,
        };
        let case = view.case.reference;
        match duty_to_refer::begin(visit.app(), visit.actor(), case, &said).await {
            Ok(_) => return Ok(visit.go_saying(&format!("/cases/{case}/home"), "case-saved")),
            Err(error) => again(&mut form, error)?,
        }
    }
    let page = page_of(&visit, &view, &form).await?;
    Ok(visit.show_errors(page))
}

/// What was pressed, with its fields; what is missing stands in the form.
fn pressed(form: &mut Form) -> Result<Option<Step>, Fault> {
    Ok(match form.value("made").to_owned().as_str() {
        "agree" => {
            let answers = ["referred", "authority_agreed", "contact_details"]
                .map(|name| form.required_choice(name, &["yes", "no"], "error-choose-one"));
            let [referred, authority, contact_details] =
                answers.map(|answer| answer.as_deref() == Some("yes"));
            let way = match form.value("way") {
                "" => None,
                way => Some(way.parse().map_err(|_| Fault::BadRequest)?),
            };
            let given = Agreements {
                referred,
                authority,
                contact_details,
            };
            Some(Step::Agree(given, way))
        }
        "send" => chosen::<SentBy>(form, "sent_by").map(Step::Send),
        "chase" => Some(Step::Chase),
        "acknowledge" => Some(Step::Move(DutyMove::Acknowledge)),
        "miss" => Some(Step::Move(DutyMove::Miss)),
        "make_contact" => Some(Step::Move(DutyMove::MakeContact)),
        "assess" => Some(Step::Move(DutyMove::Assess)),
        "close" => Some(Step::Move(DutyMove::Close)),
        "ask_again" => Some(Step::Move(DutyMove::AskAgain)),
        "withdraw" => Some(Step::Move(DutyMove::Withdraw)),
        "conclude" => chosen::<DutyOutcome>(form, "outcome")
            .map(|outcome| Step::Move(DutyMove::Conclude(outcome))),
        _ => return Err(Fault::BadRequest),
    })
}

async fn happens(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let duty = visit.reference("duty")?;
    let mut form = visit.form()?;
    let words = form
        .optional_within("words", WORDS)
        .and_then(|words| Words::new(&words).ok());
    let pressed = pressed(&mut form)?;
    if let (Some(step), false) = (pressed, form.has_errors()) {
        let case = view.case.reference;
        let at = (duty, seen(&form));
        let done =
            duty_to_refer::step(visit.app(), visit.actor(), case, at, &step, words.as_ref()).await;
        match done {
            Ok(_) => return Ok(visit.go_saying(&format!("/cases/{case}/home"), "case-saved")),
            Err(error) => again(&mut form, error)?,
        }
    }
    let page = page_of(&visit, &view, &form).await?;
    Ok(visit.show_errors(page))
}
