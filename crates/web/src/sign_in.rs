//! Signing in and out, the privacy lock, proving oneself again.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use throughline_core::time::At;
use throughline_identity::Token;
use throughline_identity::cookies::Devices;
use throughline_identity::flow::Aim;
use throughline_identity::sessions::Proof;
use throughline_identity::sign_in::{Attempt, DemoPerson, Outcome as SignedIn, Signed};
use throughline_policy::Standing;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::Web;
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::session::cookie;
use crate::visit::Visit;

/// The cookie that holds the path of the page that was open when the lock fell.
const BACK: &str = "back";

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        get(
            "/sign-in",
            "page-sign-in-title",
            Access::Public,
            Rate::Page,
            |v| Box::pin(sign_in(v)),
        ),
        post(
            "/sign-in",
            "page-sign-in-title",
            Access::Public,
            Rate::SignIn,
            |v| Box::pin(sign_in_post(v)),
        ),
        post(
            "/sign-in/demo",
            "page-sign-in-title",
            Access::Public,
            Rate::SignIn,
            |v| Box::pin(demo_post(v)),
        ),
        post(
            "/sign-out",
            "page-sign-in-title",
            Access::Locked,
            Rate::Page,
            |v| Box::pin(sign_out(v)),
        ),
        get(
            "/locked",
            "page-locked-title",
            Access::Locked,
            Rate::Page,
            |v| Box::pin(locked(v)),
        ),
        post(
            "/locked",
            "page-locked-title",
            Access::Locked,
            Rate::SignIn,
            |v| Box::pin(unlock(v)),
        ),
        post(
            "/lock",
            "page-locked-title",
            Access::Locked,
            Rate::Page,
            |v| Box::pin(lock(v)),
        ),
        get(
            "/step-up",
            "page-step-up-title",
            Access::SignedIn,
            Rate::Page,
            |v| Box::pin(step_up(v)),
        ),
        post(
            "/step-up",
            "page-step-up-title",
            Access::SignedIn,
            Rate::SignIn,
            |v| Box::pin(step_up_post(v)),
        ),
    ]
}

pub(crate) fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// The cookie by which the page that was open is found again after the lock.
pub(crate) fn way_back(web: &Web, path: &str) -> Option<HeaderValue> {
    let secure = if web.settings().secure {
        "; Secure"
    } else {
        ""
    };
    HeaderValue::from_str(&format!(
        "{BACK}={path}; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict{secure}"
    ))
    .ok()
}

/// Forgets that page once it was reached.
pub(crate) fn no_way_back(visit: &Visit) -> String {
    format!(
        "{BACK}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{}",
        visit.secure()
    )
}

/// The page that was open when the lock fell or that asks for proof, else `usual`.
pub(crate) fn way_on<'v>(visit: &'v Visit, usual: &'v str) -> &'v str {
    cookie(&visit.headers, BACK)
        .filter(|path| path.starts_with('/'))
        .unwrap_or(usual)
}

/// Goes on under the session's new token.
pub(crate) fn proved(visit: &Visit, token: &Token, to: &str) -> Response {
    let mut response = visit.go(to);
    set_cookie(&mut response, &visit.web.cookies().session(token));
    set_cookie(&mut response, &no_way_back(visit));
    response
}

/// When somebody may try again, in words.
pub(crate) fn at_time(text: Text, until: At) -> Vec<(&'static str, Value)> {
    // The minute in which it is over, so that a wait is never said to be shorter than it is.
    vec![(
        "time",
        text.time(until.plus_seconds(59).london().time()).into(),
    )]
}

async fn sign_in(visit: Visit) -> Outcome {
    if visit.signed.as_ref().is_some_and(|signed| !signed.locked) {
        return Ok(visit.go("/today"));
    }
    let page = sign_in_page(&visit, &Form::default()).await?;
    Ok(visit.show(page))
}

async fn sign_in_page(visit: &Visit, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let questions = Html::join([
        Html::from(
            Input::new("email", text.t("sign-in-email"))
                .kind("email")
                .autocomplete("username")
                .bind(form, text),
        ),
        PasswordInput::new(visit.lang, "password", text.t("sign-in-password"))
            .error(form.error(text, "password"))
            .into(),
        code_input(text, form, "sign-in-code-hint").into(),
        Button::new(text.t("sign-in-button")).into(),
    ]);
    let mut body = Html::heading(1, Size::L, text.t("sign-in-heading"));
    if visit.web.identity().settings().passwords {
        body = body
            .then(PostForm::new("/sign-in", visit.csrf()).body(questions))
            .then(Html::paragraph(text.t("sign-in-lost")));
    }
    body = body.then(crate::provider::other_ways(visit, Aim::SignIn));
    let people = visit.web.identity().demo_people().await?;
    if !people.is_empty() {
        body = body.then(demo_table(visit, &people));
    }
    let mut page = visit.page("page-sign-in-title", body);
    page.errors = form.summary(text);
    Ok(page)
}

pub(crate) fn code_input(text: Text, form: &Form, hint: &str) -> Input {
    Input::new("code", text.t("sign-in-code"))
        .hint(text.t(hint))
        .autocomplete("one-time-code")
        .width(10)
        .error(form.error(text, "code"))
}

/// The invented people of a demo: one press each.
fn demo_table(visit: &Visit, people: &[DemoPerson]) -> Html {
    let text = visit.text();
    let mut table = Table::new(text.t("sign-in-demo-caption")).stacked().head([
        Cell::new(text.t("sign-in-demo-name")),
        Cell::new(text.t("sign-in-demo-role")),
        Cell::new(text.t("sign-in-demo-organisation")),
        Cell::new(text.t("sign-in-demo-press")),
    ]);
    for person in people {
        let role = text.plain(role_words(person.role));
        let words = text.t_with(
            "sign-in-demo-as",
            &[
                ("name", person.name.as_str().into()),
                ("role", role.as_str().into()),
            ],
        );
        let press = PostForm::new("/sign-in/demo", visit.csrf())
            .hidden("account", person.reference.to_string())
            .body(Button::new(words).secondary());
        table = table.row([
            Cell::new(person.name.as_str()),
            Cell::new(text.t(role_words(person.role))),
            Cell::new(person.organisation.as_str()),
            Cell::new(Html::from(press)),
        ]);
    }
    Html::heading(2, Size::M, text.t("sign-in-demo-heading"))
        .then(Html::paragraph(text.t("sign-in-demo-what")))
        .then(table)
}

/// The catalogue key of a role.
pub(crate) const fn role_words(role: throughline_core::role::Role) -> &'static str {
    use throughline_core::role::Role;
    crate::visit::role_key(match role {
        Role::WorkCoach => Standing::WorkCoach,
        Role::FrontDesk => Standing::FrontDesk,
        Role::DaLead => Standing::DaLead,
        Role::PartnerWorker => Standing::PartnerWorker,
        Role::DirectorySteward => Standing::DirectorySteward,
        Role::SecurityOfficer => Standing::SecurityOfficer,
        Role::Administrator => Standing::Administrator,
    })
}

async fn sign_in_post(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let email = form.required("email", "sign-in-email-missing");
    if form.value("password").trim().is_empty() {
        form.wrong("password", "sign-in-password-missing");
    }
    if let (Some(email), false) = (email, form.has_errors()) {
        let devices = cookie(&visit.headers, visit.web.cookies().device_name())
            .map(Devices::parse)
            .unwrap_or_default();
        let replaces = crate::session::token(&visit.web, &visit.headers);
        let attempt = Attempt {
            email: &email,
            password: form.value("password"),
            code: Some(form.value("code")),
            devices: &devices,
            address: Some(visit.address),
            replaces: replaces.as_ref(),
        };
        match visit.web.identity().sign_in(&attempt).await? {
            SignedIn::Signed(signed) => return Ok(signed_in(&visit, &signed, true)),
            SignedIn::NeedsTotp => form.wrong("code", "sign-in-code-missing"),
            SignedIn::Refused => form.wrong("email", "sign-in-refused"),
            SignedIn::Slow(until) => {
                form.wrong_with("email", "sign-in-slow", at_time(visit.text(), until));
            }
        }
    }
    let page = sign_in_page(&visit, &form).await?;
    Ok(visit.show_errors(page))
}

pub(crate) fn signed_in(visit: &Visit, signed: &Signed, remember: bool) -> Response {
    let mut response = visit.go("/today");
    let cookies = visit.web.cookies();
    set_cookie(&mut response, &cookies.session(&signed.token));
    if remember {
        let days = visit.web.identity().settings().device_days;
        set_cookie(&mut response, &cookies.devices(&signed.devices, days));
    }
    response
}

async fn demo_post(visit: Visit) -> Outcome {
    let form = visit.form()?;
    let reference = form.value("account").parse().map_err(|_| Fault::NotFound)?;
    let replaces = crate::session::token(&visit.web, &visit.headers);
    let signed = visit
        .web
        .identity()
        .demo_sign_in(reference, replaces.as_ref())
        .await?
        .ok_or(Fault::NotFound)?;
    Ok(signed_in(&visit, &signed, false))
}

/// The session's token of somebody who is here or locked.
pub(crate) fn own_token(visit: &Visit) -> Result<Token, Fault> {
    visit
        .signed
        .as_ref()
        .map(|signed| signed.token.clone())
        .ok_or(Fault::SignIn)
}

async fn sign_out(visit: Visit) -> Outcome {
    visit.web.identity().sign_out(&own_token(&visit)?).await?;
    let mut response = visit.go("/sign-in");
    set_cookie(&mut response, &visit.web.cookies().session_over());
    // Pages that the browser kept go with the session; the device stays known.
    response.headers_mut().insert(
        "clear-site-data",
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(response)
}

async fn lock(visit: Visit) -> Outcome {
    visit.web.identity().lock(&own_token(&visit)?).await?;
    Ok(visit.go("/locked"))
}

async fn locked(visit: Visit) -> Outcome {
    if visit.signed.as_ref().is_some_and(|signed| !signed.locked) {
        return Ok(visit.go("/today"));
    }
    Ok(visit.show(locked_page(&visit, &Form::default())))
}

/// Whether a password proves who somebody is here; in a demo one press does.
fn asks_password(visit: &Visit) -> bool {
    visit.web.identity().settings().passwords || visit.app().settings.demo
}

/// The field for one's own password; in a demo it says that there is none.
fn password(visit: &Visit, form: &Form, label: &str) -> PasswordInput {
    let text = visit.text();
    let field = PasswordInput::new(visit.lang, "password", text.t(label))
        .error(form.error(text, "password"));
    if visit.app().settings.demo {
        field.hint(text.t("sign-in-demo-no-password"))
    } else {
        field
    }
}

/// No name, no organisation, nothing of the page that was open.
fn locked_page(visit: &Visit, form: &Form) -> Page {
    let text = visit.text();
    let question = password(visit, form, "locked-password");
    let unlock = PostForm::new("/locked", visit.csrf())
        .body(Html::from(question).then(Button::new(text.t("locked-button"))));
    let leave = PostForm::new("/sign-out", visit.csrf())
        .body(Button::new(text.t("locked-sign-out")).secondary());
    let mut body = Html::heading(1, Size::L, text.t("locked-heading"))
        .then(Html::paragraph(text.t("locked-what")));
    if asks_password(visit) {
        body = body.then(unlock);
    }
    let body = body
        .then(crate::provider::other_ways(visit, Aim::Unlock))
        .then(leave);
    let mut page = visit.page("page-locked-title", body);
    page.errors = form.summary(text);
    page
}

async fn unlock(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let proof = visit
        .web
        .identity()
        .unlock(&own_token(&visit)?, form.value("password"))
        .await?;
    match proof {
        Proof::Done(token) => {
            return Ok(proved(&visit, &token, way_on(&visit, "/today")));
        }
        Proof::Gone => return Err(Fault::SignIn),
        Proof::NeedsTotp | Proof::Refused => form.wrong("password", "locked-refused"),
        Proof::Slow(until) => {
            form.wrong_with("password", "sign-in-slow", at_time(visit.text(), until));
        }
    }
    Ok(visit.show_errors(locked_page(&visit, &form)))
}

/// Whether this visitor has proved themselves again lately.
pub(crate) fn stepped_up(visit: &Visit) -> bool {
    visit.actor().proved_lately(visit.now())
}

/// Where proving oneself again leads: to the part of the service that asks it of this role.
pub(crate) fn after_step_up(visit: &Visit) -> &'static str {
    match visit.actor().standing() {
        Standing::Administrator => "/admin/programs/new",
        Standing::DirectorySteward => "/steward",
        _ => "/second-step",
    }
}

async fn step_up(visit: Visit) -> Outcome {
    Ok(visit.show(step_up_page(&visit, &Form::default())))
}

pub(crate) fn step_up_page(visit: &Visit, form: &Form) -> Page {
    let text = visit.text();
    let next = if form.has("next") {
        form.value("next")
    } else {
        way_on(visit, after_step_up(visit))
    };
    let questions = Html::from(password(visit, form, "sign-in-password"))
        .then(code_input(text, form, "sign-in-code-hint"))
        .then(Button::new(text.t("step-up-button")));
    let mut body = Html::heading(1, Size::L, text.t("step-up-heading"))
        .then(Html::paragraph(text.t("step-up-what")));
    if asks_password(visit) {
        body = body.then(
            PostForm::new("/step-up", visit.csrf())
                .hidden("next", next.to_owned())
                .body(questions),
        );
    }
    body = body.then(crate::provider::other_ways(visit, Aim::StepUp));
    let mut page = visit.page("page-step-up-title", body);
    page.errors = form.summary(text);
    page
}

async fn step_up_post(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let proof = visit
        .web
        .identity()
        .step_up(
            &own_token(&visit)?,
            form.value("password"),
            Some(form.value("code")),
        )
        .await?;
    match proof {
        Proof::Done(token) => {
            let next = if form.has("next") {
                form.value("next")
            } else {
                after_step_up(&visit)
            };
            return Ok(proved(&visit, &token, next));
        }
        Proof::Gone => return Err(Fault::SignIn),
        Proof::NeedsTotp => form.wrong("code", "sign-in-code-missing"),
        Proof::Refused => form.wrong("password", "step-up-refused"),
        Proof::Slow(until) => {
            form.wrong_with("password", "sign-in-slow", at_time(visit.text(), until));
        }
    }
    Ok(visit.show_errors(step_up_page(&visit, &form)))
}
