//! A referral as its sender sees it after it was sent: what came back, recording it, asking again, taking it back.

use throughline_app::referral::{self, SenderView, Via};
use throughline_app::referral_answer::{self, Outcome as Came};
use throughline_app::referral_send::{self};
use throughline_core::code::Code as _;
use throughline_core::id::Ref;
use throughline_core::reason::Words;
use throughline_core::referral::{EndReason, Helped, ReferralState};
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::refer::{SENDERS, TITLE};
use crate::route::{Rate, Route, get, post};
use crate::shown::{
    answer_fields, choices, codes, due, exchanges, packet, read_answer, seen, select, steps, when,
    word,
};
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        get("/referrals/{referral}", TITLE, SENDERS, Rate::Page, |v| {
            Box::pin(show(v))
        }),
        post(
            "/referrals/{referral}/answer",
            TITLE,
            SENDERS,
            Rate::Page,
            |v| Box::pin(record(v)),
        ),
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
        ),
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

pub(crate) fn code_words(text: Text, code: &str, route: Option<&str>) -> Html {
    let mut body = Html::paragraph(text.t("refer-code-what"))
        .then(Html::heading(2, Size::L, code))
        .then(Html::paragraph(text.t("refer-code-once")));
    if let Some(route) = route {
        body.push(Html::paragraph(
            text.t_with("refer-code-route", &[("route", route.into())]),
        ));
    }
    InsetText::new(body).into()
}

async fn show(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let view = referral::view(visit.app(), visit.actor(), reference).await?;
    let page = show_page(&visit, &view, &Form::empty());
    Ok(visit.show(page))
}

fn fact_word(text: Text, view: &SenderView, made: &str) -> String {
    view.steps
        .iter()
        .find(|step| step.made == made)
        .map_or_else(|| text.plain("refer-not-yet"), |step| when(text, step.at))
}

fn show_page(visit: &Visit, view: &SenderView, form: &Form) -> Page {
    let text = visit.text();
    let referral = &view.referral;
    let base = format!("/referrals/{}", referral.reference);
    let version = referral.version.to_string();
    let send = |to: &str| {
        PostForm::new(format!("{base}/{to}"), visit.csrf()).hidden("seen", version.clone())
    };
    let mut facts = SummaryList::new()
        .fact(
            text.t("refer-state"),
            word(text, "referral-state", referral.state.code()),
        )
        .fact(text.t("refer-delivered"), fact_word(text, view, "deliver"))
        .fact(text.t("refer-opened"), fact_word(text, view, "open"))
        .fact(
            text.t("refer-accepted"),
            view.accepted.as_ref().map_or_else(
                || text.plain("refer-not-yet"),
                |accepted| accepted.by.clone(),
            ),
        );
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
    if let Some(at) = referral.due_at {
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
    .then(facts)
    .then(exchanges(text, &view.exchanges));
    if referral.state.next_step().is_some() {
        // A no, a silence or a bounce is never the end (NE-22).
        body.push(InsetText::new(
            Html::paragraph(text.t("refer-next-what")).then(Button::link(
                text.t("refer-next-find"),
                format!("/cases/{}/refer", view.case),
            )),
        ));
    }
    if view.exchanges.last().is_some_and(|last| last.by_service) {
        body.push(
            send("reply").body(
                Html::from(
                    Textarea::new("reply", text.t("refer-reply"))
                        .rows(3)
                        .bind(form, text),
                )
                .then(Button::new(text.t("refer-reply-send"))),
            ),
        );
    }
    if !referral.state.is_final() {
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
        body.push(outcome_form(text, form, send("outcome"), referral.state));
        body.push(Html::heading(2, Size::M, text.t("refer-more-heading")));
        body.push(send("code").body(Button::new(text.t("refer-new-code")).secondary()));
        body.push(send("withdraw").body(Button::new(text.t("refer-withdraw")).warning()));
    }
    body.push(Html::heading(2, Size::M, text.t("refer-they-see")));
    body.push(packet(text, &view.packet));
    body.push(Html::heading(2, Size::M, text.t("refer-story")));
    body.push(steps(text, &view.steps));
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    page.back = Some(format!("/cases/{}", view.case));
    page
}

/// What may be recorded next about help under way; nothing before acceptance.
pub(crate) fn outcome_form(text: Text, form: &Form, post: PostForm, state: ReferralState) -> Html {
    let ended = Choice::new("ended", text.t("refer-outcome-ended")).conditional(
        Html::from(select::<EndReason>(text, "why", "refer-outcome-why", "ended").bind(form, text))
            .then(
                Radios::new("helped", Legend::new(text.t("refer-outcome-helped")))
                    .items(choices::<Helped>(text, "helped"))
                    .bind(form, text),
            ),
    );
    let next = match state {
        ReferralState::Accepted => Some(Choice::new("contact", text.t("refer-outcome-contact"))),
        ReferralState::FirstContact => {
            Some(Choice::new("started", text.t("refer-outcome-started")))
        }
        ReferralState::InService => None,
        _ => return Html::default(),
    };
    Html::heading(2, Size::M, text.t("refer-outcome-heading")).then(
        post.body(
            Html::from(
                Radios::new("outcome", Legend::new(text.t("refer-outcome")))
                    .items(next.into_iter().chain([ended]))
                    .bind(form, text),
            )
            .then(Button::new(text.t("refer-outcome-save"))),
        ),
    )
}

/// Reads what came of it; what is wrong stands in the form.
pub(crate) fn read_outcome(form: &mut Form) -> Option<Came> {
    let kinds = ["contact", "started", "ended"];
    Some(
        match form
            .required_choice("outcome", &kinds, "refer-outcome-needed")?
            .as_str()
        {
            "contact" => Came::FirstContact,
            "started" => Came::Started,
            _ => {
                let why =
                    form.required_choice("why", &codes::<EndReason>(), "refer-outcome-why-needed");
                let helped = form.required_choice(
                    "helped",
                    &codes::<Helped>(),
                    "refer-outcome-helped-needed",
                );
                Came::Ended {
                    reason: EndReason::from_code(&why?).ok()?,
                    helped: Helped::from_code(&helped?).ok()?,
                }
            }
        },
    )
}

/// The same page with what is wrong.
async fn again(visit: &Visit, reference: Ref, form: &Form) -> Outcome {
    let view = referral::view(visit.app(), visit.actor(), reference).await?;
    Ok(visit.show_errors(show_page(visit, &view, form)))
}

async fn record(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    let via = form.required_choice("via", &["phone", "paper", "person"], "refer-via-needed");
    let answer = read_answer(&mut form, true);
    let (Some(via), Some(answer)) = (via.and_then(|via| Via::from_code(&via).ok()), answer) else {
        return again(&visit, reference, &form).await;
    };
    referral_answer::record_answer(
        visit.app(),
        visit.actor(),
        reference,
        seen(&form),
        &answer,
        via,
    )
    .await?;
    Ok(visit.go_saying(&format!("/referrals/{reference}"), "refer-recorded"))
}

async fn outcome(visit: Visit) -> Outcome {
    let reference = visit.reference("referral")?;
    let mut form = visit.form()?;
    let Some(came) = read_outcome(&mut form) else {
        return again(&visit, reference, &form).await;
    };
    referral_answer::outcome(
        visit.app(),
        visit.actor(),
        reference,
        seen(&form),
        came,
        Via::Worker,
    )
    .await?;
    Ok(visit.go_saying(&format!("/referrals/{reference}"), "refer-recorded"))
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
        Ok((code, route)) => {
            let text = visit.text();
            let body = Html::heading(1, Size::L, text.t("refer-new-code-heading"))
                .then(code_words(text, &code, Some(&route)))
                .then(Button::link(
                    text.t("refer-see"),
                    format!("/referrals/{reference}"),
                ));
            let page = visit.page(TITLE, body);
            Ok(visit.show(page))
        }
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
    referral_answer::withdraw(visit.app(), visit.actor(), reference, seen(&form)).await?;
    Ok(visit.go_saying(&format!("/referrals/{reference}"), "refer-withdrawn"))
}
