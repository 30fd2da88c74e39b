//! Signing in at the organisation's own sign-in service: the way there, the way back, and the code where one is still asked.
//!
//! A browser that comes back from another site brings no cookie of ours that is `Strict`, and all of ours are. So the page that it
//! comes back to only leads on, from us to us, and brings them then.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use throughline_identity::flow::{Aim, Flow};
use throughline_identity::outside::Came;
use throughline_identity::provider::Returned;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::session::cookie;
use crate::shell::no_other_site;
use crate::sign_in::{
    after_step_up, at_time, code_input, proved, set_cookie, signed_in, stepped_up, way_on,
};
use crate::visit::{Visit, answer};

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        get(
            "/sign-in/with",
            "page-sign-in-title",
            Access::Public,
            Rate::SignIn,
            |v| Box::pin(with(v)),
        ),
        get(
            "/keys/with",
            "page-keys-title",
            Access::SignedIn,
            Rate::SignIn,
            |v| Box::pin(link(v)),
        ),
        get(
            "/sign-in/back",
            "page-sign-in-title",
            Access::Public,
            Rate::Page,
            |v| Box::pin(back(v)),
        ),
        get(
            "/sign-in/finish",
            "page-sign-in-title",
            Access::Public,
            Rate::SignIn,
            |v| Box::pin(finish(v)),
        ),
        post(
            "/sign-in/finish",
            "page-sign-in-title",
            Access::Public,
            Rate::SignIn,
            |v| Box::pin(code_post(v)),
        ),
        get(
            "/sign-in/leave",
            "page-sign-in-title",
            Access::Public,
            Rate::SignIn,
            |v| Box::pin(leave(v)),
        ),
    ]
}

/// The links to the other ways of doing what a page asks a password for.
pub(crate) fn other_ways(visit: &Visit, aim: Aim) -> Html {
    let text = visit.text();
    let identity = visit.web.identity();
    let mut out = Html::default();
    if let Some(provider) = identity.provider() {
        let href = match aim {
            Aim::Welcome => format!(
                "/sign-in/with?for=welcome&code={}",
                visit.param("code").unwrap_or_default()
            ),
            Aim::StepUp => "/sign-in/with?for=step-up".to_owned(),
            Aim::Unlock => "/sign-in/with?for=unlock".to_owned(),
            _ => "/sign-in/with".to_owned(),
        };
        let name = [("name", provider.name().into())];
        out.push(Html::paragraph(Link::new(
            text.t_with("provider-use", &name),
            href,
        )));
        if aim == Aim::SignIn {
            out.push(Html::paragraph(Link::new(
                text.t_with("provider-leave", &name),
                "/sign-in/leave",
            )));
        }
    }
    let passkey = match aim {
        Aim::SignIn => "/sign-in/passkey",
        Aim::StepUp => "/step-up/passkey",
        Aim::Unlock => "/locked/passkey",
        _ => return out,
    };
    if crate::keys::site(visit).is_some() {
        out.push(Html::paragraph(Link::new(
            text.t("passkey-use-link"),
            passkey,
        )));
    }
    out
}

/// Sends somebody to an address that the service named, which was checked.
fn away(url: &str) -> Result<Response, Fault> {
    let value = HeaderValue::from_str(url).map_err(|_| Fault::Unavailable)?;
    let mut response = answer(
        StatusCode::SEE_OTHER,
        "text/plain; charset=utf-8",
        axum::body::Body::empty(),
    );
    response.headers_mut().insert(header::LOCATION, value);
    Ok(response)
}

/// A page that says what happened and what to do.
fn says(visit: &Visit, status: StatusCode, key: &str) -> Response {
    let text = visit.text();
    let name = visit
        .web
        .identity()
        .provider()
        .map(|provider| provider.name().to_owned())
        .unwrap_or_default();
    let name = [("name", name.into())];
    let body = Html::heading(1, Size::L, text.t(&format!("{key}-heading")))
        .then(Html::paragraph(text.t_with(&format!("{key}-what"), &name)))
        .then(Html::paragraph(Link::new(
            text.t("provider-again"),
            if visit.signed.is_some() {
                "/today"
            } else {
                "/sign-in"
            },
        )));
    let mut response = visit.show(visit.page("page-sign-in-title", body));
    *response.status_mut() = status;
    set_cookie(&mut response, &visit.web.cookies().flow_over());
    response
}

async fn with(visit: Visit) -> Outcome {
    // Another site that leads somebody here begins nothing: it would sign them in, or tie them, where it chose. They press themselves.
    if no_other_site(&visit).is_err() {
        return Ok(visit.go("/sign-in"));
    }
    let identity = visit.web.identity();
    let asked = Form::parse(visit.query.as_bytes()).map_err(|_| Fault::BadRequest)?;
    let session = |locked: bool| {
        visit
            .signed
            .as_ref()
            .filter(|signed| signed.locked == locked)
            .map(|signed| signed.csrf.clone())
            .ok_or(Fault::NotFound)
    };
    let flow = match asked.value("for") {
        "" => identity.flow_begin(Aim::SignIn, ""),
        "step-up" => identity.flow_begin(Aim::StepUp, &session(false)?),
        "unlock" => identity.flow_begin(Aim::Unlock, &session(true)?),
        "welcome" if identity.welcome_holds(asked.value("code")).await? => {
            identity.flow_begin(Aim::Welcome, asked.value("code"))
        }
        _ => return Err(Fault::NotFound),
    };
    go_there(&visit, &flow).await
}

async fn link(visit: Visit) -> Outcome {
    if visit.web.identity().provider().is_none() {
        return Err(Fault::NotFound);
    }
    if !stepped_up(&visit) {
        return Err(Fault::StepUp);
    }
    let flow = visit.web.identity().flow_begin(Aim::Link, &visit.csrf());
    go_there(&visit, &flow).await
}

async fn go_there(visit: &Visit, flow: &Flow) -> Outcome {
    let identity = visit.web.identity();
    if identity.provider().is_none() {
        return Err(Fault::NotFound);
    }
    let Some(url) = identity.way_to_provider(flow).await else {
        return Ok(says(
            visit,
            StatusCode::SERVICE_UNAVAILABLE,
            "provider-away",
        ));
    };
    let mut response = away(&url)?;
    let cookie = visit.web.cookies().flow(&identity.flow_cookie(flow));
    set_cookie(&mut response, &cookie);
    Ok(response)
}

/// From the service to us; from here on it is us to us.
async fn back(visit: Visit) -> Outcome {
    if visit.web.identity().provider().is_none() {
        return Err(Fault::NotFound);
    }
    // Nothing but what a query may hold (RFC 3986) goes into the address, and no quotes.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~%&=+!$()*,;:@/?".contains(c);
    if !visit.query.chars().all(plain) {
        return Err(Fault::BadRequest);
    }
    let text = visit.text();
    let on = format!("/sign-in/finish?{}", visit.query);
    let body = Html::heading(1, Size::L, text.t("provider-on-heading")).then(Html::paragraph(
        Link::new(text.t("provider-on"), on.as_str()),
    ));
    let mut page = visit.page("page-sign-in-title", body);
    page.refresh_seconds = Some(0);
    page.refresh_to = Some(on);
    Ok(visit.show(page))
}

/// The way that this browser is on, by its cookie.
pub(crate) fn flow(visit: &Visit) -> Option<Flow> {
    let value = cookie(&visit.headers, visit.web.cookies().flow_name())?;
    visit.web.identity().flow_of(value)
}

async fn finish(visit: Visit) -> Outcome {
    let identity = visit.web.identity();
    if identity.provider().is_none() {
        return Err(Fault::NotFound);
    }
    let asked = Form::parse(visit.query.as_bytes()).map_err(|_| Fault::BadRequest)?;
    let Some(flow) = flow(&visit) else {
        return Ok(says(
            &visit,
            StatusCode::UNPROCESSABLE_ENTITY,
            "provider-over",
        ));
    };
    if asked.has("error") {
        return Ok(says(
            &visit,
            StatusCode::UNPROCESSABLE_ENTITY,
            "provider-refused",
        ));
    }
    let returned = Returned {
        code: asked.value("code"),
        state: asked.value("state"),
        issuer: asked.value("iss"),
    };
    let signed = visit.signed.as_ref();
    let came = identity
        .came_back(
            &flow,
            returned,
            signed.map(|signed| &signed.here),
            signed.map(|signed| &signed.token),
        )
        .await?;
    Ok(answered(&visit, &flow, came))
}

/// What follows from what came of a way.
pub(crate) fn answered(visit: &Visit, flow: &Flow, came: Came) -> Response {
    const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    let mut response = match came {
        Came::Signed(signed) => signed_in(visit, &signed, false),
        Came::Proved(token) if flow.aim() == Aim::Unlock => {
            proved(visit, &token, way_on(visit, "/today"))
        }
        Came::Proved(token) => proved(visit, &token, way_on(visit, after_step_up(visit))),
        Came::Linked => visit.go_saying("/keys", "keys-linked"),
        Came::NeedsCode(next) => {
            let mut response = visit.show(code_page(visit, &Form::default()));
            let value = visit.web.identity().flow_cookie(&next);
            set_cookie(&mut response, &visit.web.cookies().flow(&value));
            return response;
        }
        Came::Refused => return says(visit, WRONG, "provider-refused"),
        Came::Taken => return says(visit, WRONG, "provider-taken"),
        Came::Slow(until) => {
            let mut form = Form::default();
            form.wrong_with("code", "sign-in-slow", at_time(visit.text(), until));
            return visit.show_errors(code_page(visit, &form));
        }
        Came::Away => return says(visit, StatusCode::SERVICE_UNAVAILABLE, "provider-away"),
        Came::Over => return says(visit, WRONG, "provider-over"),
    };
    set_cookie(&mut response, &visit.web.cookies().flow_over());
    response
}

fn code_page(visit: &Visit, form: &Form) -> Page {
    let text = visit.text();
    let questions = Html::from(code_input(text, form, "provider-code-hint"))
        .then(Button::new(text.t("step-up-button")));
    let body = Html::heading(1, Size::L, text.t("provider-code-heading"))
        .then(Html::paragraph(text.t("provider-code-what")))
        .then(PostForm::new("/sign-in/finish", visit.csrf()).body(questions));
    let mut page = visit.page("page-sign-in-title", body);
    page.errors = form.summary(text);
    page
}

async fn code_post(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let Some(flow) = flow(&visit) else {
        return Ok(says(
            &visit,
            StatusCode::UNPROCESSABLE_ENTITY,
            "provider-over",
        ));
    };
    let signed = visit.signed.as_ref();
    let came = visit
        .web
        .identity()
        .code_after_provider(
            &flow,
            form.value("code"),
            signed.map(|signed| &signed.here),
            signed.map(|signed| &signed.token),
        )
        .await?;
    if matches!(came, Came::Refused) {
        form.wrong("code", "provider-code-wrong");
        return Ok(visit.show_errors(code_page(&visit, &form)));
    }
    Ok(answered(&visit, &flow, came))
}

/// Signs out at the service too, where it has a page for that: on a shared computer the next person would be let in there.
async fn leave(visit: Visit) -> Outcome {
    let identity = visit.web.identity();
    if identity.provider().is_none() {
        return Err(Fault::NotFound);
    }
    match identity.way_out_of_provider().await {
        Some(url) => away(&url),
        None => Ok(says(&visit, StatusCode::OK, "provider-stay")),
    }
}
