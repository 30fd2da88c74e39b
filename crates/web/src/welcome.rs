//! Becoming somebody who can sign in: the link by which a colleague chooses a password, and the second step.

use throughline_identity::flow::Aim;
use throughline_identity::passwords;
use throughline_identity::sessions::Authenticated;
use throughline_identity::welcome::Chosen;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::sign_in::{code_input, step_up_page, stepped_up};
use crate::visit::Visit;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        get(
            "/welcome/{code}",
            "page-welcome-title",
            Access::Public,
            Rate::Page,
            |v| Box::pin(welcome(v)),
        ),
        post(
            "/welcome/{code}",
            "page-welcome-title",
            Access::Public,
            Rate::SignIn,
            |v| Box::pin(welcome_post(v)),
        ),
        get(
            "/second-step",
            "page-second-step-title",
            Access::SignedIn,
            Rate::Page,
            |v| Box::pin(second_step(v)),
        ),
        post(
            "/second-step",
            "page-second-step-title",
            Access::SignedIn,
            Rate::SignIn,
            |v| Box::pin(second_step_post(v)),
        ),
    ]
}

async fn welcome(visit: Visit) -> Outcome {
    let holds = visit
        .web
        .identity()
        .welcome_holds(visit.param("code").unwrap_or_default())
        .await?;
    Ok(visit.show(if holds {
        welcome_page(&visit, &Form::default())
    } else {
        welcome_over(&visit)
    }))
}

fn welcome_over(visit: &Visit) -> Page {
    let text = visit.text();
    let body = Html::heading(1, Size::L, text.t("welcome-over-heading"))
        .then(Html::paragraph(text.t("welcome-over-what")))
        .then(Html::paragraph(Link::new(
            text.t("home-sign-in"),
            "/sign-in",
        )));
    visit.page("page-welcome-title", body)
}

fn welcome_page(visit: &Visit, form: &Form) -> Page {
    let text = visit.text();
    let hint = text.t_with(
        "welcome-password-hint",
        &[("count", passwords::SHORTEST.into())],
    );
    let questions = Html::from(
        PasswordInput::new(visit.lang, "password", text.t("welcome-password"))
            .new_password()
            .hint(hint)
            .error(form.error(text, "password")),
    )
    .then(Button::new(text.t("welcome-button")));
    let mut body = Html::heading(1, Size::L, text.t("welcome-heading"));
    if visit.web.identity().settings().passwords {
        body = body.then(PostForm::new(&visit.path, visit.csrf()).body(questions));
    }
    let body = body.then(crate::provider::other_ways(visit, Aim::Welcome));
    let mut page = visit.page("page-welcome-title", body);
    page.errors = form.summary(text);
    page
}

async fn welcome_post(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let code = visit.param("code").unwrap_or_default();
    match visit
        .web
        .identity()
        .welcome_choose(code, form.value("password"))
        .await?
    {
        Chosen::Done => Ok(visit.go_saying("/sign-in", "welcome-done")),
        Chosen::Over => Ok(visit.show_errors(welcome_over(&visit))),
        Chosen::NotAcceptable(problem) => {
            form.wrong("password", problem);
            Ok(visit.show_errors(welcome_page(&visit, &form)))
        }
    }
}

/// Somebody who is here, as identity knows them.
pub(crate) fn here(visit: &Visit) -> Result<&Authenticated, Fault> {
    visit
        .signed
        .as_ref()
        .map(|signed| &signed.here)
        .ok_or(Fault::SignIn)
}

async fn second_step(visit: Visit) -> Outcome {
    if !stepped_up(&visit) {
        let form = Form::from_pairs([("next", "/second-step")]);
        return Ok(visit.show(step_up_page(&visit, &form)));
    }
    let page = second_step_page(&visit, &Form::default())?;
    Ok(visit.show(page))
}

fn second_step_page(visit: &Visit, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let service = &visit.web.settings().service_name;
    let enrolment = visit.web.identity().totp_begin(here(visit)?, service);
    let facts = SummaryList::new().fact(text.t("second-step-key"), enrolment.spelled.as_str());
    let questions = Html::from(code_input(text, form, "second-step-code-hint"))
        .then(Button::new(text.t("second-step-button")));
    let body = Html::heading(1, Size::L, text.t("second-step-heading"))
        .then(Html::paragraph(text.t("second-step-what")))
        .then(Html::paragraph(text.t("second-step-type")))
        .then(facts)
        .then(PostForm::new("/second-step", visit.csrf()).body(questions));
    let mut page = visit.page("page-second-step-title", body);
    page.errors = form.summary(text);
    Ok(page)
}

async fn second_step_post(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    if !stepped_up(&visit) {
        return Err(Fault::StepUp);
    }
    let kept = visit
        .web
        .identity()
        .totp_finish(here(&visit)?, form.value("code"))
        .await?;
    if kept {
        return Ok(visit.go_saying("/today", "second-step-done"));
    }
    form.wrong("code", "second-step-refused");
    let page = second_step_page(&visit, &form)?;
    Ok(visit.show_errors(page))
}
