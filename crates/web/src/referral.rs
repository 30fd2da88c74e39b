//! A referral as its sender sees it after it was sent: what came back, recording it, asking again, taking it back.

use throughline_app::referral::{self, SenderView, Via};
use throughline_app::referral_answer;
use throughline_app::referral_hold;
use throughline_app::referral_line;
use throughline_app::referral_next;
use throughline_app::referral_recipient::Route as Way;
use throughline_app::referral_send::{self};
use throughline_core::code::Code as _;
use throughline_core::id::Ref;
use throughline_core::reason::Words;
use throughline_core::referral::ReferralState;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::draft::said;
use crate::fault::{Fault, Outcome};
use crate::place::seeing;
use crate::reach::shown_to;
use crate::refer::{SENDERS, TITLE, route_words};
use crate::referral_next::{next_is_asked, next_option};
use crate::referral_outcome::{outcome_form, read_outcome};
use crate::route::{Rate, Route, get, post};
use crate::shown::{
    ANSWER, answer_fields, due, exchanges, packet, read_answer, seen, steps, when, word,
};
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        get("/referrals/{referral}", TITLE, SENDERS, Rate::Page, |v| {
            Box::pin(show(v))
        }),
        get(
            "/referrals/{referral}/sent",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(sent(v)),
        ),
        post(
            "/referrals/{referral}/sent",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(passed_on(v)),
        ),
        post(
            "/referrals/{referral}/choose",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(choose(v)),
        ),
        post(
            "/referrals/{referral}/ask-again",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(ask_again(v)),
        ),
        post(
            "/referrals/{referral}/ask-now",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(ask_now(v)),
        ),
        post(
            "/referrals/{referral}/answer",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(record(v)),
        )
        .keeping(ANSWER),
        post(
            "/referrals/{referral}/outcome",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(outcome(v)),
        ),
        post(
            "/referrals/{referral}/reply",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(reply(v)),
        )
        .keeping(&["reply"]),
        post(
            "/referrals/{referral}/code",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(code(v)),
        ),
        post(
            "/referrals/{referral}/withdraw",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(withdraw(v)),
        ),
    ]
}

/// The confirmation: what was sent, to whom, by when they answer and what happens if not, who looks after it. It is a page of
/// its own, so that loading it again sends nothing again.
async fn sent(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let known = referral_send::confirmation(visit.app(), visit.actor(), reference).await?;
    let text = visit.text();
    let view = &known.view;
    let mut body = Html::from(Panel::new(text.t("refer-sent-heading")).body(&view.service));
    body.push(route_words(text, &known.routes));
    if let Some((code, route)) = &known.code {
        body.push(code_words(&visit, reference, code, route.as_deref()));
    }
    if let (true, Some(phone)) = (known.routes.contains(&Way::Call), &view.phone) {
        body.push(Html::paragraph(
            text.t_with("refer-call-them", &[("phone", phone.clone().into())]),
        ));
    }
    let due = due(text, known.answer_by, visit.now());
    body.push(Html::heading(2, Size::M, text.t("refer-hear-back")));
    body.push(Html::paragraph(
        text.t_with("refer-hear-back-by", &[("due", due.into())]),
    ));
    body.push(Html::paragraph(text.t("refer-hear-back-silence")));
    body.push(Html::paragraph(
        text.t_with("refer-owner", &[("name", known.owner.clone().into())]),
    ));
    body.push(Html::heading(2, Size::M, text.t("refer-they-see")));
    body.push(packet(text, &view.packet));
    body.push(Button::link(
        text.t("refer-see"),
        format!("/referrals/{reference}"),
    ));
    let mut page = visit.page(TITLE, body);
    page.back = Some(format!("/cases/{}", view.case));
    Ok(visit.show(page))
}

fn code_words(visit: &Visit, reference: Ref, code: &str, route: Option<&str>) -> Html {
    let text = visit.text();
    let mut body = Html::paragraph(text.t("refer-code-what"))
        .then(Html::heading(2, Size::L, code))
        .then(Html::paragraph(text.t("refer-code-once")));
    if let Some(route) = route {
        body.push(Html::paragraph(
            text.t_with("refer-code-route", &[("route", route.into())]),
        ));
    }
    body.push(
        PostForm::new(format!("/referrals/{reference}/sent"), visit.csrf())
            .body(Button::new(text.t("refer-code-passed-on")).secondary()),
    );
    InsetText::new(body).into()
}

/// The code was passed on: it is shown no more.
async fn passed_on(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    referral_send::code_passed_on(visit.app(), visit.actor(), reference).await?;
    Ok(visit.go(&format!("/referrals/{reference}")))
}

async fn show(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = Form::empty();
    for to in ["reply", "answer"] {
        form = visit
            .typed(&format!("/referrals/{reference}/{to}"), form)
            .await?;
    }
    let page = shown(&visit, reference, &form).await?;
    Ok(visit.show(page))
}

/// The page of a referral as it stands now, with who else could help where that is the question.
pub(crate) async fn shown(visit: &Visit, reference: Ref, form: &Form) -> Result<Page, Fault> {
    let view = referral::view(visit.app(), visit.actor(), reference).await?;
    let mut next = Html::default();
    if next_is_asked(&view.referral) {
        let others = referral_next::alternatives(visit.app(), visit.actor(), reference).await?;
        next = next_option(visit, &view, &others);
    }
    Ok(show_page(visit, &view, next, form))
}

fn fact_word(text: Text, view: &SenderView, made: &str) -> String {
    view.steps
        .iter()
        .find(|step| step.made == made)
        .map_or_else(|| text.plain("refer-not-yet"), |step| when(text, step.at))
}

fn show_page(visit: &Visit, view: &SenderView, next: Html, form: &Form) -> Page {
    let text = visit.text();
    let referral = &view.referral;
    let base = format!("/referrals/{}", referral.reference);
    let version = referral.version.to_string();
    let send = |to: &str| {
        visit
            .form_to(format!("{base}/{to}"))
            .hidden("seen", version.clone())
    };
    let in_line = referral.state == ReferralState::InLine;
    let mut facts = SummaryList::new().fact(
        text.t("refer-state"),
        word(text, "referral-state", referral.state.code()),
    );
    if !in_line {
        facts = facts
            .fact(text.t("refer-delivered"), fact_word(text, view, "deliver"))
            .fact(text.t("refer-opened"), fact_word(text, view, "open"))
            .fact(
                text.t("refer-accepted"),
                view.accepted.as_ref().map_or_else(
                    || text.plain("refer-not-yet"),
                    |accepted| accepted.by.clone(),
                ),
            );
    }
    if let Some(accepted) = &view.accepted {
        let said: Vec<String> = [&accepted.when, &accepted.how]
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        if !said.is_empty() {
            facts = facts.fact(text.t("refer-first-contact"), text.list(&said));
        }
    }
    if let Some(at) = referral.due_at.filter(|_| !in_line) {
        facts = facts.fact(text.t("refer-clock"), due(text, at, visit.now()));
    }
    if let Some(reason) = &referral.reason {
        let list = if referral.state == ReferralState::Ended {
            "ended"
        } else {
            "unmet"
        };
        facts = facts.fact(text.t("refer-reason"), word(text, list, reason));
    }
    if let Some(helped) = &referral.helped {
        facts = facts.fact(text.t("refer-helped"), word(text, "helped", helped));
    }
    if let Some(phone) = &view.phone {
        facts = facts.fact(text.t("refer-their-number"), phone);
    }
    let mut body = Html::heading(
        1,
        Size::L,
        text.t_with("refer-heading", &[("service", view.service.clone().into())]),
    )
    .then(said(text, form))
    .then(facts)
    .then(seeing(visit, view, form))
    .then(others(text, view, &send))
    .then(exchanges(text, &view.exchanges));
    body.push(next);
    if referral.state.may_be_told_more() {
        body.push(
            send("reply").body(
                Html::from(
                    Textarea::new("reply", text.t("refer-reply"))
                        .hint(text.t("refer-reply-hint"))
                        .rows(3)
                        .bind(form, text),
                )
                .then(Button::new(text.t("refer-reply-send")).secondary()),
            ),
        );
    }
    if in_line {
        // It was not asked: there is nothing that it could have said.
        let out = Button::new(text.t("refer-out-of-line")).secondary();
        body.push(send("withdraw").body(out));
    } else if !referral.state.is_final() {
        body.push(Html::heading(2, Size::M, text.t("refer-record-heading")));
        let more = vec![
            Choice::new("seen", text.t("refer-answer-seen")),
            Choice::new("person", text.t("refer-answer-person")),
        ];
        let via = Radios::new("via", Legend::new(text.t("refer-via")))
            .items(["phone", "paper", "person"].map(|via| Choice::new(via, word(text, "via", via))))
            .inline()
            .bind(form, text);
        body.push(
            send("answer").body(
                Html::from(via)
                    .then(answer_fields(form, text, more))
                    .then(Button::new(text.t("refer-record")).secondary()),
            ),
        );
        let came = Radios::new("came", Legend::new(text.t("refer-came")))
            .items(
                ["worker", "phone", "paper", "person"]
                    .map(|via| Choice::new(via, word(text, "via", via))),
            )
            .inline()
            .bind(form, text);
        body.push(outcome_form(
            text,
            form,
            send("outcome"),
            referral.state,
            came.into(),
        ));
        body.push(Html::heading(2, Size::M, text.t("refer-more-heading")));
        let sharing = format!("/cases/{}/sharing", view.case);
        body.push(Html::paragraph(Link::new(
            text.t("refer-to-sharing"),
            sharing,
        )));
        body.push(send("code").body(Button::new(text.t("refer-new-code")).secondary()));
        body.push(send("withdraw").body(Button::new(text.t("refer-withdraw")).warning()));
    }
    let see = if in_line {
        "refer-they-will-see"
    } else {
        "refer-they-see"
    };
    body.push(Html::heading(2, Size::M, text.t(see)));
    body.push(packet(text, &view.packet));
    if referral.state.may_be_told_more() {
        let change = Button::link(text.t("refer-change"), format!("{base}/change"));
        body.push(change.secondary());
    }
    body.push(shown_to(text, &view.shown));
    body.push(Html::heading(2, Size::M, text.t("refer-story")));
    body.push(steps(text, &view.steps));
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    page.back = Some(format!("/cases/{}", view.case));
    page
}

/// Other services asked for the same need, and what the person's choice does.
fn others(text: Text, view: &SenderView, send: &impl Fn(&str) -> PostForm) -> Html {
    let state = view.referral.state;
    let held = state == ReferralState::Held;
    let mut body = Html::default();
    if state == ReferralState::InLine {
        body.push(InsetText::new(text.t("refer-in-line-what")));
        body.push(send("ask-now").body(Button::new(text.t("refer-ask-now")).secondary()));
    }
    if view.others.is_empty() && !held {
        return body;
    }
    if !view.others.is_empty() {
        let mut list = SummaryList::new();
        for (other, name) in &view.others {
            list = list.row(
                Row::new(
                    Html::text(name),
                    Html::text(word(text, "referral-state", other.state.code())),
                )
                .action(Action::new(
                    text.t("refer-others-open"),
                    format!("/referrals/{}", other.reference),
                )),
            );
        }
        body.push(Html::heading(2, Size::M, text.t("refer-others-heading")));
        body.push(list);
    }
    if held && view.referral.said_yes {
        body.push(Html::paragraph(text.t("refer-held-yes")));
        body.push(send("choose").body(Button::new(text.t("refer-choose-this"))));
    } else if held {
        body.push(Html::paragraph(text.t("refer-held-what")));
        body.push(send("ask-again").body(Button::new(text.t("refer-ask-again"))));
    } else if state == ReferralState::Accepted && !view.others.is_empty() {
        body.push(Html::paragraph(text.t("refer-choose-what")));
        body.push(send("choose").body(Button::new(text.t("refer-choose-this"))));
    }
    body
}

/// The same page with what is wrong.
async fn again(visit: &Visit, reference: Ref, form: &Form) -> Outcome {
    Ok(visit.show_errors(shown(visit, reference, form).await?))
}

/// After an action: on with a word; or, when somebody else was first, the page as it stands now, saying so.
async fn acted(
    visit: &Visit,
    reference: Ref,
    mut form: Form,
    field: &str,
    done: throughline_app::Result<()>,
    said: &str,
) -> Outcome {
    match done {
        Ok(()) => Ok(visit.go_saying(&format!("/referrals/{reference}"), said)),
        Err(throughline_app::Error::Conflict | throughline_app::Error::Illegal(_)) => {
            form.wrong(field, "refer-someone-first");
            Ok(visit.show_conflict(shown(visit, reference, &form).await?))
        }
        Err(error) => Err(error.into()),
    }
}

async fn choose(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let form = visit.form()?;
    let done = referral_hold::choose(visit.app(), visit.actor(), reference, seen(&form)).await;
    acted(&visit, reference, form, "choose", done, "refer-chosen").await
}

async fn ask_again(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let form = visit.form()?;
    let done = referral_hold::ask_again(visit.app(), visit.actor(), reference, seen(&form)).await;
    let done = done.map(|_| ());
    acted(
        &visit,
        reference,
        form,
        "ask-again",
        done,
        "refer-asked-again",
    )
    .await
}

/// The worker asks one that stands in line now. Where it gets a link, that is made with its code, as for any other.
async fn ask_now(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    let done = referral_line::ask_now(visit.app(), visit.actor(), reference, seen(&form)).await;
    match done {
        Ok(Some(_)) => Ok(visit.go(&format!("/referrals/{reference}/sent"))),
        Err(throughline_app::Error::Invalid { problem, .. }) => {
            form.wrong("ask-now", problem);
            again(&visit, reference, &form).await
        }
        done => {
            let done = done.map(drop);
            let (field, said) = ("ask-now", "refer-asked-now");
            acted(&visit, reference, form, field, done, said).await
        }
    }
}

async fn record(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    let via = form.required_choice("via", &["phone", "paper", "person"], "refer-via-needed");
    let answer = read_answer(&mut form, true);
    let (Some(via), Some(answer)) = (via.and_then(|via| Via::from_code(&via).ok()), answer) else {
        return again(&visit, reference, &form).await;
    };
    let done = referral_answer::record_answer(
        visit.app(),
        visit.actor(),
        reference,
        seen(&form),
        &answer,
        via,
    )
    .await;
    let done = done.map(|_| ());
    acted(&visit, reference, form, "answer", done, "refer-recorded").await
}

async fn outcome(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    let Some(came) = read_outcome(&mut form) else {
        return again(&visit, reference, &form).await;
    };
    // Who says so: the worker themselves, unless it came another way.
    let via = form.choice("came", &["worker", "phone", "paper", "person"]);
    let via = via.and_then(|via| Via::from_code(&via).ok());
    let done = referral_answer::outcome(
        visit.app(),
        visit.actor(),
        reference,
        seen(&form),
        came,
        via.unwrap_or(Via::Worker),
    )
    .await;
    let done = done.map(|_| ());
    acted(&visit, reference, form, "outcome", done, "refer-recorded").await
}

async fn reply(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    let words = form.required_within("reply", "refer-reply-needed", 2_000);
    let Some(words) = words.and_then(|words| Words::new(&words).ok()) else {
        return again(&visit, reference, &form).await;
    };
    referral_answer::reply(visit.app(), visit.actor(), reference, &words).await?;
    Ok(visit.go_saying(&format!("/referrals/{reference}"), "refer-replied"))
}

async fn code(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    match referral_send::new_code(visit.app(), visit.actor(), reference).await {
        Ok(_) => Ok(visit.go(&format!("/referrals/{reference}/sent"))),
        Err(error) => match Fault::from(error) {
            Fault::Invalid { problem, .. } => {
                let mut form = Form::empty();
                form.wrong("code", problem);
                again(&visit, reference, &form).await
            }
            fault => Err(fault),
        },
    }
}

async fn withdraw(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let form = visit.form()?;
    let done = referral_answer::withdraw(visit.app(), visit.actor(), reference, seen(&form)).await;
    acted(&visit, reference, form, "withdraw", done, "refer-withdrawn").await
}
