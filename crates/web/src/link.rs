//! A service without an account: page 1 asks for the code, page 2 shows the request, page 3 says what was answered.
//!
//! Following the link shows page 1 and changes nothing. There is no session: a pass goes along with every form, which says when the
//! code was given, so that a shared or borrowed computer keeps nothing. The code itself stands on no page.

use throughline_app::partner::{self, Entered, Landing};
use throughline_app::reach;
use throughline_app::referral::Via;
use throughline_app::referral_answer;
use throughline_core::code::Code as _;
use throughline_core::id::Ref;
use throughline_core::reason::Words;
use throughline_core::referral::ReferralState;
use throughline_core::reveal::{Reason, Why};
use throughline_policy::{Actor, Reason as Refusal};
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::partner::{request_body, written};
use crate::place::{given, read_address};
use crate::reach::{ask_form, at_risk_form, read_danger, read_reason, shown_body};
use crate::referral_outcome::read_outcome;
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
        post("/r/{token}/reach", TITLE, open, Rate::SignIn, |v| {
            Box::pin(shows(v))
        }),
        post("/r/{token}/reach-now", TITLE, open, Rate::SignIn, |v| {
            Box::pin(shows_now(v))
        }),
        post("/r/{token}/place", TITLE, open, Rate::SignIn, |v| {
            Box::pin(gives(v, true))
        }),
        post("/r/{token}/place-back", TITLE, open, Rate::SignIn, |v| {
            Box::pin(gives(v, false))
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

/// Somebody who came in by a link.
struct Holder {
    actor: Actor,
    reference: Ref,
    pass: String,
}

impl Holder {
    /// A form of one of their pages.
    fn post(&self, visit: &Visit, to: &str) -> PostForm {
        PostForm::new(format!("{}{to}", path(visit)), visit.csrf())
            .hidden("pass", self.pass.clone())
    }
}

/// Who they are, by link and code, or by the pass of a page; or the page that says why not.
async fn holder(visit: &Visit, form: &mut Form) -> Result<Result<Holder, Page>, Fault> {
    let token = visit.param("token").unwrap_or_default();
    let entered = if form.has("pass") && !form.has("code") {
        partner::link_again(visit.app(), token, form.value("pass")).await?
    } else {
        let Some(code) = form.required_within("code", "link-code-needed", 40) else {
            return Ok(Err(code_page(visit, form)));
        };
        partner::link_enter(visit.app(), token, &code).await?
    };
    Ok(match entered {
        Entered::In(actor, reference, pass) => Ok(Holder {
            actor,
            reference,
            pass,
        }),
        Entered::WrongCode { left: 0 } => Err(closed(visit, Landing::Closed)),
        Entered::WrongCode { left } => {
            form.wrong_with("code", "link-code-wrong", vec![("left", left.into())]);
            Err(code_page(visit, form))
        }
        Entered::Not(Landing::AskCode) => Err(code_page(visit, form)),
        Entered::Not(landing) => Err(closed(visit, landing)),
    })
}

async fn request_page(visit: &Visit, holder: &Holder, form: &Form) -> Result<Page, Fault> {
    let view = partner::open(visit.app(), &holder.actor, holder.reference).await?;
    let text = visit.text();
    let reach = || {
        Html::paragraph(text.t("reveal-before"))
            .then(ask_form(
                visit,
                form,
                &Why::REACH,
                holder.post(visit, "/reach"),
            ))
            .then(at_risk_form(visit, form, holder.post(visit, "/reach-now")))
    };
    let post = |to: &str| holder.post(visit, &format!("/{to}"));
    let body = request_body(visit, &view, reach, form, post);
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    Ok(page)
}

async fn enter(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    match holder(&visit, &mut form).await? {
        Ok(holder) => {
            let page = request_page(&visit, &holder, &form).await?;
            Ok(visit.show(page))
        }
        Err(page) => Ok(visit.show_errors(page)),
    }
}

async fn shows(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let holder = match holder(&visit, &mut form).await? {
        Ok(found) => found,
        Err(page) => return Ok(visit.show_errors(page)),
    };
    let asked = read_reason(&mut form, &Why::REACH)?;
    shown(&visit, &holder, form, asked).await
}

async fn shows_now(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let holder = match holder(&visit, &mut form).await? {
        Ok(found) => found,
        Err(page) => return Ok(visit.show_errors(page)),
    };
    let asked = read_danger(&mut form)?;
    shown(&visit, &holder, form, asked).await
}

/// How to reach the person, once; where the code was given too long ago it is asked for again.
async fn shown(
    visit: &Visit,
    holder: &Holder,
    mut form: Form,
    asked: Option<(Ref, Reason)>,
) -> Outcome {
    let text = visit.text();
    let Some((ask, reason)) = asked else {
        let page = request_page(visit, holder, &form).await?;
        return Ok(visit.show_errors(page));
    };
    let (actor, reference) = (&holder.actor, holder.reference);
    match reach::reach(visit.app(), actor, reference, ask, &reason).await {
        Ok(found) => {
            let back = Button::new(text.t("link-see-request")).secondary();
            let body = shown_body(text, &found).then(holder.post(visit, "").body(back));
            Ok(visit.show(visit.page(TITLE, body)))
        }
        Err(throughline_app::Error::Conflict) => {
            let mut page = request_page(visit, holder, &Form::empty()).await?;
            page.flash = Some(Flash::Done(text.t("reveal-once")));
            Ok(visit.show(page))
        }
        Err(throughline_app::Error::Denied(denied)) if denied.reason == Refusal::StepUpNeeded => {
            form.wrong("code", "link-code-again");
            Ok(visit.show_errors(code_page(visit, &form)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Gives the address that a worker needs, or takes it back.
async fn gives(visit: Visit, gives: bool) -> Outcome {
    let mut form = visit.form()?;
    let holder = match holder(&visit, &mut form).await? {
        Ok(found) => found,
        Err(page) => return Ok(visit.show_errors(page)),
    };
    let address = gives.then(|| read_address(&mut form));
    if matches!(address, Some(None)) {
        let page = request_page(&visit, &holder, &form).await?;
        return Ok(visit.show_errors(page));
    }
    let address = address.flatten();
    let said = given(&visit, &holder.actor, holder.reference, address.as_ref()).await?;
    let mut page = request_page(&visit, &holder, &Form::empty()).await?;
    page.flash = Some(Flash::Done(visit.text().t(said)));
    Ok(visit.show(page))
}

/// Page 3: what was answered, and what happens now. It answers the post itself: there is no session to come back with.
fn answered(visit: &Visit, holder: &Holder, state: ReferralState) -> Page {
    let text = visit.text();
    let key = match state {
        ReferralState::Accepted => "link-next-accepted",
        ReferralState::Declined => "link-next-declined",
        ReferralState::Waitlisted => "link-next-waitlisted",
        ReferralState::Held => "partner-held",
        _ => "link-next-recorded",
    };
    let panel =
        Panel::new(text.t("link-answered")).body(word(text, "referral-state", state.code()));
    let mut body = Html::from(panel).then(Html::paragraph(text.t(key)));
    if state.is_with_service() {
        let button = Button::new(text.t("link-see-request"));
        body.push(holder.post(visit, "").body(button));
    }
    visit.page(TITLE, body)
}

async fn answer(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let holder = match holder(&visit, &mut form).await? {
        Ok(found) => found,
        Err(page) => return Ok(visit.show_errors(page)),
    };
    let Some(said) = read_answer(&mut form, false) else {
        let page = request_page(&visit, &holder, &form).await?;
        return Ok(visit.show_errors(page));
    };
    match partner::answer(
        visit.app(),
        &holder.actor,
        holder.reference,
        seen(&form),
        &said,
    )
    .await
    {
        Ok(state) => Ok(visit.show(answered(&visit, &holder, state))),
        Err(throughline_app::Error::Conflict) => {
            form.wrong("answer", "partner-someone-first");
            let page = request_page(&visit, &holder, &form).await?;
            Ok(visit.show_conflict(page))
        }
        Err(throughline_app::Error::Invalid { problem, .. }) => {
            form.wrong("answer", problem);
            let page = request_page(&visit, &holder, &form).await?;
            Ok(visit.show_errors(page))
        }
        Err(error) => Err(error.into()),
    }
}

async fn ask(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let holder = match holder(&visit, &mut form).await? {
        Ok(found) => found,
        Err(page) => return Ok(visit.show_errors(page)),
    };
    let words = form.required_within("question", "partner-question-needed", 1_000);
    let Some(words) = words.and_then(|words| Words::new(&words).ok()) else {
        let page = request_page(&visit, &holder, &form).await?;
        return Ok(visit.show_errors(page));
    };
    match written(&visit, &holder.actor, holder.reference, &form, &words).await {
        Ok(said) => {
            let mut page = request_page(&visit, &holder, &Form::empty()).await?;
            page.flash = Some(Flash::Done(visit.text().t(said)));
            Ok(visit.show(page))
        }
        Err(throughline_app::Error::Invalid { problem, .. }) => {
            form.wrong("question", problem);
            let page = request_page(&visit, &holder, &form).await?;
            Ok(visit.show_errors(page))
        }
        Err(error) => Err(error.into()),
    }
}

async fn outcome(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let holder = match holder(&visit, &mut form).await? {
        Ok(found) => found,
        Err(page) => return Ok(visit.show_errors(page)),
    };
    let Some(came) = read_outcome(&mut form) else {
        let page = request_page(&visit, &holder, &form).await?;
        return Ok(visit.show_errors(page));
    };
    match referral_answer::outcome(
        visit.app(),
        &holder.actor,
        holder.reference,
        seen(&form),
        came,
        Via::Link,
    )
    .await
    {
        Ok(state) => Ok(visit.show(answered(&visit, &holder, state))),
        Err(throughline_app::Error::Conflict) => {
            form.wrong("outcome", "partner-someone-first");
            let page = request_page(&visit, &holder, &form).await?;
            Ok(visit.show_conflict(page))
        }
        Err(error) => Err(error.into()),
    }
}
