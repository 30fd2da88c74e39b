//! Ending a conversation: not now, with information, closed, or on to a case.

use throughline_app::conversation::{self, Found, PersonSheet, Talk, ToCase};
use throughline_app::conversation_end::{self, CloseAnswers, Ending};
use throughline_core::answer::Answer;
use throughline_core::child::{Safeguarding, SafeguardingCode};
use throughline_core::closing::{AreThereChildren, StillOpen};
use throughline_core::code::Code;
use throughline_core::conversation::Stage;
use throughline_core::id::Ref;
use throughline_core::immediate::{ImmediateCode, ImmediateKind, MoneyGiven, MoneyOpen, MoneyWay};
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::case::again;
use crate::case_now::{choices, reason};
use crate::conversation::{TALK, TITLE, opened, version};
use crate::draft::said;
use crate::fault::{Fault, Outcome};
use crate::route::{Rate, Route, get, post};
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let (page, title) = (Rate::Page, TITLE);
    vec![
        get("/conversations/{talk}/end", title, TALK, page, |v| {
            Box::pin(ending(v))
        }),
        post("/conversations/{talk}/end", title, TALK, page, |v| {
            Box::pin(end(v))
        })
        .keeping(&[
            "bed",
            "money",
            "essentials",
            "only_theirs",
            "how",
            "children",
            "decision",
            "reason",
        ]),
        get("/conversations/{talk}/continue", title, TALK, page, |v| {
            Box::pin(onward(v))
        }),
        post("/conversations/{talk}/continue", title, TALK, page, |v| {
            Box::pin(go_on(v))
        }),
    ]
}

async fn ending(visit: Visit) -> Outcome {
    let talk = opened(&visit).await?;
    let action = format!("/conversations/{}/end", talk.plain.reference);
    let form = visit.typed(&action, Form::empty()).await?;
    Ok(visit.show(ending_page(&visit, &talk, &form)))
}

fn ending_page(visit: &Visit, talk: &Talk, form: &Form) -> Page {
    let text = visit.text();
    let action = format!("/conversations/{}/end", talk.plain.reference);
    let version = talk.plain.version.to_string();
    let post = |body: Html| {
        PostForm::new(action.clone(), visit.csrf())
            .hidden("version", version.clone())
            .body(body)
    };
    let mut body = Html::heading(1, Size::L, text.t("talk-end-heading"))
        .then(Html::paragraph(text.t("talk-not-now-what")))
        .then(post(
            Button::new(text.t("talk-end-not-now"))
                .sends("ending", "not_now")
                .into(),
        ));
    if matches!(talk.plain.stage, Stage::NotDisclosed | Stage::UnsafeToAsk) {
        body.push(post(
            Button::new(text.t("talk-end-information"))
                .secondary()
                .sends("ending", "information")
                .into(),
        ));
    }
    body.push(Html::heading(2, Size::M, text.t("talk-close-heading")));
    body.push(said(text, form));
    let mut close = Html::default();
    if talk.notes.disclosed {
        if talk.plain.case.is_none() {
            close.push(right_now(text, form));
        }
        close.push(children(text, talk, form));
    }
    close.push(
        Button::new(text.t("talk-close"))
            .secondary()
            .sends("ending", "close"),
    );
    body.push(
        visit
            .form_to(action.clone())
            .hidden("version", version.clone())
            .body(close),
    );
    let mut page = visit.page(TITLE, body);
    page.back = Some(format!("/conversations/{}", talk.plain.reference));
    page.errors = form.summary(text);
    page
}

/// Bed, money and essentials, where there is no case to hold them. Of money the same is asked as on the card of a case.
fn right_now(text: Text, form: &Form) -> Html {
    let mut out = Html::default();
    let answers = ImmediateCode::ALL
        .iter()
        .filter(|code| code.alone().is_some());
    for kind in ImmediateKind::ALL {
        let question = text.t(&format!("talk-immediate-{}", kind.code()));
        out.push(
            Radios::new(kind.code(), Legend::new(question))
                .items(answers.clone().map(|code| {
                    let code = code.code();
                    Choice::new(code, text.t(&format!("talk-answer-{code}")))
                }))
                .bind(form, text),
        );
        if *kind == ImmediateKind::Money {
            out.push(money_questions(text, form));
        }
    }
    out
}

/// What is asked of money that was given (R-UC-06), in the same words with a case and without one.
pub(crate) fn money_questions(text: Text, form: &Form) -> Html {
    Html::from(
        Radios::new("only_theirs", text.t("now-only-theirs"))
            .hint(text.t("now-only-theirs-hint"))
            .items(choices::<Answer>(text, "answered-as"))
            .bind(form, text),
    )
    .then(
        Radios::new("how", text.t("now-how"))
            .items(choices::<MoneyWay>(text, "now-how"))
            .bind(form, text),
    )
}

/// Are there children? With a case each of them is recorded there; without one, what was decided about safeguarding is said here.
fn children(text: Text, talk: &Talk, form: &Form) -> Html {
    let yes = Choice::new("yes", text.t("talk-children-yes"));
    let yes = if talk.plain.case.is_some() {
        yes.hint(text.t("talk-children-yes-case"))
    } else {
        yes.hint(text.t("talk-children-yes-hint")).conditional(
            Html::from(
                Radios::new("decision", text.t("child-decision"))
                    .items(choices::<SafeguardingCode>(text, "safeguarding"))
                    .bind(form, text),
            )
            .then(
                Textarea::new("reason", text.t("child-reason"))
                    .hint(text.t("child-reason-hint"))
                    .rows(2)
                    .bind(form, text),
            ),
        )
    };
    let question = Radios::new("children", Legend::new(text.t("talk-children")))
        .item(Choice::new("none", text.t("talk-children-none")))
        .item(yes)
        .item(
            Choice::new("not_known", text.t("talk-children-not_known"))
                .hint(text.t("talk-children-not_known-hint")),
        )
        .bind(form, text);
    let mut out = Html::from(question);
    if let Some(case) = talk.case {
        out.push(Html::paragraph(Link::new(
            text.t("talk-children-record"),
            format!("/cases/{case}/children"),
        )));
    }
    out
}

/// A code that was sent; nothing when it is none of the list.
fn sent<C: Code>(form: &Form, name: &str) -> Option<C> {
    C::from_code(form.value(name)).ok()
}

/// The answers of the closing page. A reason that is missing stands in the form.
fn closing(form: &mut Form) -> CloseAnswers {
    let mut out = CloseAnswers {
        money: MoneyGiven {
            way: sent::<MoneyWay>(form, "how"),
            only_theirs: sent::<Answer>(form, "only_theirs"),
        },
        children: sent::<AreThereChildren>(form, "children"),
        ..CloseAnswers::default()
    };
    for kind in ImmediateKind::ALL {
        if let Some(code) = sent::<ImmediateCode>(form, kind.code()) {
            out.right_now.insert(*kind, code);
        }
    }
    // What stands under an answer that was not chosen was not said.
    if out.children == Some(AreThereChildren::Yes) {
        out.safeguarding = match sent::<SafeguardingCode>(form, "decision") {
            None => None,
            Some(SafeguardingCode::Referred) => Some(Safeguarding::Referred),
            Some(SafeguardingCode::AlreadyOpen) => Some(Safeguarding::AlreadyOpen),
            Some(SafeguardingCode::NotNeeded) => reason(form).map(Safeguarding::NotNeeded),
        };
    }
    out
}

async fn end(visit: Visit) -> Outcome {
    let talk = opened(&visit).await?;
    let mut form = visit.form()?;
    let ending = match form.value("ending") {
        "not_now" => Ending::NotNow,
        "information" => Ending::InformationOffered,
        "close" => Ending::Close(if talk.notes.disclosed {
            closing(&mut form)
        } else {
            CloseAnswers::default()
        }),
        _ => return Err(Fault::BadRequest),
    };
    if form.has_errors() {
        return Ok(visit.show_errors(ending_page(&visit, &talk, &form)));
    }
    let (reference, at) = (talk.plain.reference, version(&form)?);
    match conversation_end::end(visit.app(), visit.actor(), reference, at, &ending).await? {
        Ok(_) => Ok(visit.go_saying("/today", "talk-ended")),
        Err(open) => {
            for one in open {
                match one {
                    StillOpen::Immediate(kind) => form.wrong(kind.code(), "talk-open-immediate"),
                    StillOpen::Money(MoneyOpen::Way) => form.wrong("how", "error-choose-one"),
                    StillOpen::Money(MoneyOpen::NotTheirsAlone) => {
                        form.wrong("only_theirs", "case-account-not-theirs-alone");
                    }
                    StillOpen::AreThereChildren => form.wrong("children", "talk-open-children"),
                    StillOpen::RecordChild => form.wrong("children", "talk-open-record-child"),
                    StillOpen::Safeguarding => form.wrong("decision", "talk-open-safeguarding"),
                    StillOpen::Child => form.wrong("ending", "talk-open-child"),
                    StillOpen::Risk => form.wrong("ending", "talk-open-risk"),
                    // These hold a case, never the talk that led to it.
                    StillOpen::Referral
                    | StillOpen::Escalation
                    | StillOpen::ChildReview
                    | StillOpen::ServiceNotTold
                    | StillOpen::DutyToRefer
                    | StillOpen::Sharing => form.wrong("ending", "talk-open-case"),
                }
            }
            Ok(visit.show_errors(ending_page(&visit, &talk, &form)))
        }
    }
}

async fn onward(visit: Visit) -> Outcome {
    let talk = opened(&visit).await?;
    if let Some(case) = talk.case {
        return Ok(visit.go(&format!("/cases/{case}")));
    }
    Ok(visit.show(onward_page(&visit, talk.plain.reference, &Form::empty())))
}

fn onward_page(visit: &Visit, talk: Ref, form: &Form) -> Page {
    let text = visit.text();
    let questions = Html::from(
        Input::new("chosen", text.t("onward-chosen"))
            .hint(text.t("onward-chosen-hint"))
            .bind(form, text),
    )
    .then(Input::new("family", text.t("onward-family")).bind(form, text))
    .then(DateInput::new(visit.lang, "born", text.t("onward-born")).bind(form, text))
    .then(Button::new(text.t("onward-go")));
    let body = Html::heading(1, Size::L, text.t("onward-heading"))
        .then(Html::paragraph(text.t("onward-what")))
        .then(
            PostForm::new(format!("/conversations/{talk}/continue"), visit.csrf()).body(questions),
        );
    let mut page = visit.page(TITLE, body);
    page.back = Some(format!("/conversations/{talk}"));
    page.errors = form.summary(text);
    page
}

/// People like this whom the worker already helps: by the name to call them by, or by the date of birth.
async fn met_before(visit: &Visit, chosen: &str, born: Option<&str>) -> Result<Vec<Found>, Fault> {
    let mut found = conversation::find_again(visit.app(), visit.actor(), chosen, None).await?;
    if born.is_some() {
        let more = conversation::find_again(visit.app(), visit.actor(), "", born).await?;
        found.extend(more);
    }
    found.sort_by_key(|one| one.case);
    found.dedup_by_key(|one| one.case);
    Ok(found)
}

/// "Have we met before?" Nobody is to tell it twice, or to be on record twice.
fn met_page(visit: &Visit, talk: Ref, form: &Form, found: &[Found]) -> Page {
    let text = visit.text();
    let action = format!("/conversations/{talk}/continue");
    let mut body = Html::heading(1, Size::L, text.t("onward-met-heading"))
        .then(Html::paragraph(text.t("onward-met-what")));
    for one in found {
        let since = text.date(one.since.london_date());
        body.push(
            Card::new(Html::text(&one.name)).level(2).body(
                Html::paragraph(text.t_with("again-since", &[("date", since.into())])).then(
                    PostForm::new(action.clone(), visit.csrf())
                        .hidden("case", one.case.to_string())
                        .body(Button::new(text.t_with(
                            "onward-met-them",
                            &[("name", one.name.clone().into())],
                        ))),
                ),
            ),
        );
    }
    let mut fresh = PostForm::new(action, visit.csrf()).hidden("new", "yes");
    for (name, value) in form.pairs() {
        if name.starts_with("born") || name == "chosen" || name == "family" {
            fresh = fresh.hidden(name, value.clone());
        }
    }
    body.push(fresh.body(Button::new(text.t("onward-met-new")).secondary()));
    let mut page = visit.page(TITLE, body);
    page.back = Some(format!("/conversations/{talk}/continue"));
    page
}

async fn go_on(visit: Visit) -> Outcome {
    let talk = visit.reference("talk")?;
    let mut form = visit.form()?;
    if let Ok(case) = form.value("case").parse::<Ref>() {
        let to = ToCase::Known(case);
        let case = conversation::continue_to_case(visit.app(), visit.actor(), talk, &to).await?;
        return Ok(visit.go_saying(&format!("/cases/{case}"), "onward-known"));
    }
    let chosen = form.required_within("chosen", "onward-chosen-missing", 200);
    let family = form.optional_within("family", 200);
    let born = form.date("born").map(|date| date.to_string());
    let (Some(chosen), false) = (chosen, form.has_errors()) else {
        return Ok(visit.show_errors(onward_page(&visit, talk, &form)));
    };
    if form.value("new") != "yes" {
        let found = met_before(&visit, &chosen, born.as_deref()).await?;
        if !found.is_empty() {
            return Ok(visit.show(met_page(&visit, talk, &form, &found)));
        }
    }
    let sheet = PersonSheet {
        chosen,
        given: None,
        family,
        born,
        age_band: None,
        language: None,
        interpreter: None,
        access: Vec::new(),
    };
    let to = ToCase::New(sheet);
    match conversation::continue_to_case(visit.app(), visit.actor(), talk, &to).await {
        Ok(case) => Ok(visit.go_saying(&format!("/cases/{case}"), "onward-made")),
        Err(error) => {
            again(&mut form, error)?;
            Ok(visit.show_errors(onward_page(&visit, talk, &form)))
        }
    }
}
