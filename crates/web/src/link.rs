//! A service without an account: page 1 asks for the code, page 2 shows the request, page 3 says what was answered.
//!
//! Following the link shows page 1 and changes nothing. There is no session: the code goes along with every form, so that a
//! shared or borrowed computer keeps nothing.

use throughline_app::partner::{self, Entered, Landing};
use throughline_app::referral::Via;
use throughline_app::referral_answer;
use throughline_core::code::Code as _;
use throughline_core::id::Ref;
use throughline_core::reason::Words;
use throughline_core::referral::ReferralState;
use throughline_policy::Actor;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::partner::{reach, request_body};
use crate::referral::read_outcome;
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::{read_answer, seen, word};
use crate::visit::Visit;

const TITLE: &str = "page-request-title";

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let open = Access::Public;
    vec![
        get("/r/{token}", TITLE, open, Rate::Page, |v| {
            Box::pin(landing(v))
        }),
        post("/r/{token}", TITLE, open, Rate::SignIn, |v| {
            Box::pin(enter(v))
        }),
        post("/r/{token}/answer", TITLE, open, Rate::SignIn, |v| {
            Box::pin(answer(v))
        }),
        post("/r/{token}/ask", TITLE, open, Rate::SignIn, |v| {
            Box::pin(ask(v))
        }),
        post("/r/{token}/outcome", TITLE, open, Rate::SignIn, |v| {
            Box::pin(outcome(v))
        }),
    ]
}

fn path(visit: &Visit) -> String {
    format!("/r/{}", visit.param("token").unwrap_or_default())
}

/// A link that opens nothing explains itself.
fn closed(visit: &Visit, landing: Landing) -> Page {
    let text = visit.text();
    let (what, next) = match landing {
        Landing::Expired => ("link-expired", "link-ask-sender"),
        Landing::Closed => ("link-closed", "link-ask-sender"),
        Landing::Over => ("link-over", "link-nothing-to-do"),
        Landing::Unknown | Landing::AskCode => ("link-unknown", "link-check-mail"),
    };
    let body = Html::heading(1, Size::L, text.t("link-heading"))
        .then(Html::paragraph(text.t(what)))
        .then(Html::paragraph(text.t(next)));
    visit.page(TITLE, body)
}

fn code_page(visit: &Visit, form: &Form) -> Page {
    let text = visit.text();
    let body = Html::heading(1, Size::L, text.t("link-heading"))
        .then(Html::paragraph(text.t("link-one-request")))
        .then(
            PostForm::new(path(visit), visit.csrf()).body(
                Html::from(
                    Input::new("code", text.t("link-code"))
                        .hint(text.t("link-code-hint"))
                        .width(10)
                        .spellcheck(false)
                        .bind(form, text),
                )
                .then(Button::new(text.t("link-continue"))),
            ),
        )
        .then(Details::new(
            text.t("link-no-code"),
            Html::paragraph(text.t("link-no-code-what")),
        ));
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    page
}

async fn landing(visit: Visit) -> Outcome {
    let token = visit.param("token").unwrap_or_default();
    let page = match partner::link_landing(visit.app(), token).await? {
        Landing::AskCode => code_page(&visit, &Form::empty()),
        other => closed(&visit, other),
    };
    Ok(visit.show(page))
}

/// Who they are, by link and code; or the page that says why not.
async fn holder(visit: &Visit, form: &mut Form) -> Result<Result<(Actor, Ref), Page>, Fault> {
    let Some(code) = form.required_within("code", "link-code-needed", 40) else {
        return Ok(Err(code_page(visit, form)));
    };
    let token = visit.param("token").unwrap_or_default();
    Ok(
        match partner::link_enter(visit.app(), token, &code).await? {
            Entered::In(actor, reference) => Ok((actor, reference)),
            Entered::WrongCode { left: 0 } => Err(closed(visit, Landing::Closed)),
            Entered::WrongCode { left } => {
                form.wrong_with("code", "link-code-wrong", vec![("left", left.into())]);
                Err(code_page(visit, form))
            }
            Entered::Not(landing) => Err(closed(visit, landing)),
        },
    )
}

async fn request_page(
    visit: &Visit,
    actor: &Actor,
    reference: Ref,
    form: &Form,
) -> Result<Page, Fault> {
    let view = partner::open(visit.app(), actor, reference).await?;
    let reach = reach(visit, actor, &view).await?;
    let code = form.value("code").to_owned();
    let body = request_body(visit, &view, &reach, form, |to| {
        PostForm::new(format!("{}/{to}", path(visit)), visit.csrf()).hidden("code", code.clone())
    });
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(visit.text());
    Ok(page)
}

async fn enter(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    match holder(&visit, &mut form).await? {
        Ok((actor, reference)) => {
            let page = request_page(&visit, &actor, reference, &form).await?;
            Ok(visit.show(page))
        }
        Err(page) => Ok(visit.show_errors(page)),
    }
}

/// Page 3: what was answered, and what happens now. It answers the post itself: there is no session to come back with.
fn answered(visit: &Visit, state: ReferralState) -> Page {
    let text = visit.text();
    let key = match state {
        ReferralState::Accepted => "link-next-accepted",
        ReferralState::Declined => "link-next-declined",
        ReferralState::Waitlisted => "link-next-waitlisted",
        _ => "link-next-recorded",
    };
    let panel =
        Panel::new(text.t("link-answered")).body(word(text, "referral-state", state.code()));
    let mut body = Html::from(panel).then(Html::paragraph(text.t(key)));
    if state.is_with_service() {
        let code = visit
            .form()
            .map(|form| form.value("code").to_owned())
            .unwrap_or_default();
        body.push(
            PostForm::new(path(visit), visit.csrf())
                .hidden("code", code)
                .body(Button::new(text.t("link-see-request"))),
        );
    }
    visit.page(TITLE, body)
}

async fn answer(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let (actor, reference) = match holder(&visit, &mut form).await? {
        Ok(found) => found,
        Err(page) => return Ok(visit.show_errors(page)),
    };
    let Some(said) = read_answer(&mut form, false) else {
        let page = request_page(&visit, &actor, reference, &form).await?;
        return Ok(visit.show_errors(page));
    };
    match partner::answer(visit.app(), &actor, reference, seen(&form), &said).await {
        Ok(state) => Ok(visit.show(answered(&visit, state))),
        Err(throughline_app::Error::Conflict) => {
            form.wrong("answer", "partner-someone-first");
            let page = request_page(&visit, &actor, reference, &form).await?;
            Ok(visit.show_conflict(page))
        }
        Err(throughline_app::Error::Invalid { problem, .. }) => {
            form.wrong("answer", problem);
            let page = request_page(&visit, &actor, reference, &form).await?;
            Ok(visit.show_errors(page))
        }
        Err(error) => Err(error.into()),
    }
}

async fn ask(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let (actor, reference) = match holder(&visit, &mut form).await? {
        Ok(found) => found,
        Err(page) => return Ok(visit.show_errors(page)),
    };
    let words = form.required_within("question", "partner-question-needed", 1_000);
    let Some(words) = words.and_then(|words| Words::new(&words).ok()) else {
        let page = request_page(&visit, &actor, reference, &form).await?;
        return Ok(visit.show_errors(page));
    };
    match partner::ask(visit.app(), &actor, reference, &words).await {
        Ok(()) => {
            let mut page = request_page(
                &visit,
                &actor,
                reference,
                &Form::from_pairs([("code", form.value("code").to_owned())]),
            )
            .await?;
            page.flash = Some(Flash::Done(visit.text().t("partner-asked")));
            Ok(visit.show(page))
        }
        Err(throughline_app::Error::Invalid { problem, .. }) => {
            form.wrong("question", problem);
            let page = request_page(&visit, &actor, reference, &form).await?;
            Ok(visit.show_errors(page))
        }
        Err(error) => Err(error.into()),
    }
}

async fn outcome(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let (actor, reference) = match holder(&visit, &mut form).await? {
        Ok(found) => found,
        Err(page) => return Ok(visit.show_errors(page)),
    };
    let Some(came) = read_outcome(&mut form) else {
        let page = request_page(&visit, &actor, reference, &form).await?;
        return Ok(visit.show_errors(page));
    };
    match referral_answer::outcome(visit.app(), &actor, reference, seen(&form), came, Via::Link)
        .await
    {
        Ok(state) => Ok(visit.show(answered(&visit, state))),
        Err(throughline_app::Error::Conflict) => {
            form.wrong("outcome", "partner-someone-first");
            let page = request_page(&visit, &actor, reference, &form).await?;
            Ok(visit.show_conflict(page))
        }
        Err(error) => Err(error.into()),
    }
}
