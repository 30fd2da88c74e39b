//! What happens to every request, in this order: address → route → session → rate → access → body limit → cross-site check →
//! handler → headers. The router is made here, from the table, and nowhere else.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use subtle::ConstantTimeEq as _;
use throughline_policy::{ActionKind, Actor, Reason};
use throughline_ui::form::Form;
use throughline_ui::html::Html;
use throughline_ui::text::Lang;

use crate::Web;
use crate::draft::{Typed, page_of_form};
use crate::fault::Fault;
use crate::route::{Access, Kind, Method1, Rate, Route};
use crate::visit::{Visit, answer, html, json};

/// The router of the whole service.
pub fn router(web: &Web) -> Router {
    let mut router = Router::new();
    for route in crate::routes::all() {
        let filter = match route.method {
            Method1::Get => MethodFilter::GET,
            Method1::Post => MethodFilter::POST,
            Method1::Put => MethodFilter::PUT,
            Method1::Patch => MethodFilter::PATCH,
            Method1::Delete => MethodFilter::DELETE,
        };
        let web = web.clone();
        let handler = move |params: RawPathParams, request: Request| async move {
            respond(web, route, params, request).await
        };
        router = router.route(route.path, on(filter, handler));
    }
    let (missing, method) = (web.clone(), web.clone());
    router
        .fallback(
            move |request: Request| async move { lost(missing, request, Fault::NotFound).await },
        )
        .method_not_allowed_fallback(move |request: Request| async move {
            lost(method, request, Fault::MethodNotAllowed).await
        })
}

/// Answers one request by its row in the table.
async fn respond(web: Web, route: Route, params: RawPathParams, request: Request) -> Response {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let address = address_of(
        &web,
        &parts.headers,
        parts.extensions.get::<ConnectInfo<SocketAddr>>(),
    );
    let lang = language(&parts.headers);
    let visit = Visit {
        lang,
        params: params
            .iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        path: parts.uri.path().to_owned(),
        body: axum::body::Bytes::new(),
        flash: crate::session::cookie(&parts.headers, "said")
            .filter(|key| throughline_ui::text::has_key(key))
            .map(str::to_owned),
        headers: parts.headers,
        address,
        signed: None,
        client: None,
        web,
        route,
    };
    let web = visit.web.clone();
    let had_flash = visit.flash.is_some();
    let path = visit.path.clone();
    let mut visit = visit;
    let squeezable = may_compress(route.kind, route.method == Method1::Get, &visit.headers);
    let admitted = handle(&mut visit, body).await;
    let signed = visit.signed.clone();
    let typed = typed(&visit, &admitted);
    let outcome = match (admitted, typed) {
        (Ok(()), None) => (route.handler)(visit).await,
        (Ok(()), Some(typed)) => {
            typed.keep_first().await;
            let outcome = (route.handler)(visit).await;
            typed.settle(&outcome).await;
            outcome
        }
        (Err(fault), typed) => {
            if let Some(typed) = typed {
                typed.keep_if_nothing_waits().await;
            }
            Err(fault)
        }
    };
    let mut response = match outcome {
        Ok(response) => response,
        Err(fault) => {
            let mut response = fault_response(&web, route.kind, lang, signed, &fault);
            // The page that was open when the lock fell, or that asks for proof, is where the password leads back to.
            if matches!(fault, Fault::Locked | Fault::StepUp)
                && let Some(page) = page_of_form(&route, &path)
                && let Some(value) = crate::sign_in::way_back(&web, page)
            {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
            response
        }
    };
    if had_flash && route.kind == Kind::Page {
        response.headers_mut().append(
            header::SET_COOKIE,
            HeaderValue::from_static("said=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"),
        );
    }
    finish(&web, route.kind, &mut response);
    if !squeezable {
        response.extensions_mut().insert(NotCompressed);
    }
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = response.status().as_u16();
    tracing::info!(
        method = route.method.name(),
        route = route.path,
        status,
        millis,
        "answered"
    );
    metrics::counter!("throughline_requests_total", "method" => route.method.name(), "route" => route.path, "status" => status.to_string()).increment(1);
    metrics::histogram!("throughline_request_seconds", "route" => route.path)
        .record(started.elapsed().as_secs_f64());
    response
}

/// What a form that is kept was sent with, by somebody who may send it or whose session has locked meanwhile.
fn typed(visit: &Visit, admitted: &Result<(), Fault>) -> Option<Typed> {
    match admitted {
        Ok(()) => Typed::on(visit),
        Err(Fault::Locked) if same_site(visit).is_ok() => Typed::on(visit),
        Err(_) => None,
    }
}

/// On an answer that must go out as it is: see [`may_compress`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct NotCompressed;

/// Whether the answer may be compressed. The size of a compressed page tells something of what is in it to whoever can make
/// a browser ask for it again and again with words of their own (BREACH; docs/decisions/0009). So a page that may hold
/// anything secret is compressed only when the browser itself says that our own page, or the person, asked for it.
fn may_compress(kind: Kind, reads: bool, headers: &HeaderMap) -> bool {
    if kind != Kind::Page {
        return true;
    }
    match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin" || site == "none",
        // Browsers that do not say: only what is the same for everybody.
        None => reads && !headers.contains_key(header::COOKIE),
    }
}

/// Fills in the visit, or says why it ends here.
async fn handle(visit: &mut Visit, body: Body) -> Result<(), Fault> {
    let route = visit.route;
    visit.web.rates().admit_address(route.rate, visit.address)?;
    if matches!(route.kind, Kind::Page) {
        visit.signed = crate::session::signed_in(&visit.web, &visit.headers).await?;
    }
    crate::rates::admit(visit).await?;
    let admitted = admit(visit).await;
    // Nothing is read from whoever may not send it: a body waits until it is known who is there. What is kept as it is typed is
    // kept for whoever is behind a lock, too.
    let typed = !route.keeps.is_empty() && matches!(admitted, Err(Fault::Locked));
    if admitted.is_ok() || typed {
        visit.body = read_body(body, route.body_limit).await?;
    }
    admitted?;
    if route.csrf {
        same_site(visit)?;
    }
    crate::rates::spend_a_search(visit).await
}

/// Whether this visitor may reach the route at all.
async fn admit(visit: &mut Visit) -> Result<(), Fault> {
    match visit.route.access {
        Access::Public => Ok(()),
        Access::Monitor => crate::figures::admit(visit),
        Access::Client(action) => {
            let client = crate::session::client(&visit.web, &visit.headers)
                .await?
                .ok_or(Fault::SignIn)?;
            let throughline_policy::Actor::Client { scopes, .. } = &client else {
                return Err(Fault::NotFound);
            };
            if !scopes.contains(&action) {
                return turned_away(visit, &client, action).await;
            }
            visit.client = Some(client);
            Ok(())
        }
        access => {
            let signed = visit.signed.as_ref().ok_or(Fault::SignIn)?;
            if signed.locked && access != Access::Locked {
                return Err(Fault::Locked);
            }
            match access {
                access if access.admits(signed.actor.standing()) => Ok(()),
                Access::Staff(&[action, ..]) => turned_away(visit, &signed.actor, action).await,
                _ => Err(Fault::NotFound),
            }
        }
    }
}

/// Somebody known asked for what is not for their role, or a program for what it was not given: on record before the answer, which
/// is that of a page that does not exist.
async fn turned_away(visit: &Visit, actor: &Actor, action: ActionKind) -> Result<(), Fault> {
    let reason = Reason::NotForThisRole;
    visit.app().store.turned_away(actor, action, reason).await?;
    Err(Fault::NotFound)
}

async fn read_body(body: Body, limit: usize) -> Result<axum::body::Bytes, Fault> {
    // A little above the limit, so that "too large" and "broken off" can be told apart.
    match to_bytes(body, limit.saturating_add(1)).await {
        Ok(bytes) if bytes.len() <= limit => Ok(bytes),
        Ok(_) => Err(Fault::TooLarge),
        Err(error)
            if std::error::Error::source(&error)
                .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>) =>
        {
            Err(Fault::TooLarge)
        }
        Err(_) => Err(Fault::BadRequest),
    }
}

/// That no other site led here, as the browser says.
pub(crate) fn no_other_site(visit: &Visit) -> Result<(), Fault> {
    if let Some(site) = visit.headers.get("sec-fetch-site")
        && site != "same-origin"
        && site != "none"
    {
        return Err(Fault::CrossSite);
    }
    if let (Some(origin), Some(host)) = (
        visit.headers.get(header::ORIGIN),
        visit.headers.get(header::HOST),
    ) {
        let origin = origin.to_str().unwrap_or_default();
        let host = host.to_str().unwrap_or_default();
        if origin != "null" && origin.split_once("://").map(|(_, rest)| rest) != Some(host) {
            return Err(Fault::CrossSite);
        }
    }
    Ok(())
}

/// A form must come from our own page: the browser's own word for it, and for a session its token.
fn same_site(visit: &Visit) -> Result<(), Fault> {
    no_other_site(visit)?;
    let Some(signed) = &visit.signed else {
        return Ok(());
    };
    let multipart = visit
        .headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
    let sent = if multipart {
        visit
            .headers
            .get("x-csrf")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
            .or_else(|| multipart_token(&visit.body))
    } else {
        Form::parse(&visit.body)
            .ok()
            .map(|form| form.value("csrf").to_owned())
    };
    if sent.is_some_and(|sent| bool::from(sent.as_bytes().ct_eq(signed.csrf.as_bytes()))) {
        Ok(())
    } else {
        Err(Fault::CrossSite)
    }
}

/// The token in an upload: the field `csrf` comes first in our own forms.
fn multipart_token(body: &[u8]) -> Option<String> {
    let head = body.get(..body.len().min(2_048))?;
    let text = String::from_utf8_lossy(head);
    let after = text.split_once("name=\"csrf\"")?.1;
    Some(after.trim_start().lines().next()?.trim().to_owned())
}

/// On an answer that is whole: it went through [`finish`].
#[derive(Debug, Clone, Copy)]
struct Whole;

/// Puts the page or problem for a fault in the place of an answer that nobody finished.
pub(crate) async fn whole(State(web): State<Web>, request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/");
    let kind = if api { Kind::Api } else { Kind::Page };
    let lang = language(request.headers());
    let answered = next.run(request).await;
    if answered.extensions().get::<Whole>().is_some() {
        return answered;
    }
    let fault = match answered.status() {
        StatusCode::SERVICE_UNAVAILABLE => Fault::Unavailable,
        _ => Fault::Broken,
    };
    tracing::error!(status = fault.status(), "an answer was not finished");
    let mut response = fault_response(&web, kind, lang, None, &fault);
    finish(&web, kind, &mut response);
    response.extensions_mut().insert(NotCompressed);
    response
}

/// A path that no route knows, or a method that its path does not.
async fn lost(web: Web, request: Request, fault: Fault) -> Response {
    let headers = request.headers();
    let lang = language(headers);
    let api = request.uri().path().starts_with("/api/");
    let kind = if api { Kind::Api } else { Kind::Page };
    let signed = if api {
        None
    } else {
        crate::session::signed_in(&web, headers)
            .await
            .ok()
            .flatten()
    };
    let mut response = fault_response(&web, kind, lang, signed, &fault);
    if request.method() == Method::TRACE {
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    }
    finish(&web, kind, &mut response);
    if !may_compress(kind, request.method() == Method::GET, headers) {
        response.extensions_mut().insert(NotCompressed);
    }
    response
}

/// The page or problem for a fault. The same fault gives the same bytes, whatever caused it.
pub(crate) fn fault_response(
    web: &Web,
    kind: Kind,
    lang: Lang,
    signed: Option<crate::visit::Signed>,
    fault: &Fault,
) -> Response {
    let status = StatusCode::from_u16(fault.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if kind != Kind::Page {
        return problem(status, fault);
    }
    match fault {
        Fault::SignIn => return go("/sign-in"),
        Fault::Locked => return go("/locked"),
        Fault::StepUp => return go("/step-up"),
        _ => {}
    }
    let visit = bare(web, lang, signed);
    let text = visit.text();
    let key = fault.key();
    let mut body = Html::heading(
        1,
        throughline_ui::html::Size::L,
        text.t(&format!("{key}-heading")),
    );
    if let Fault::Invalid { problem, .. } = fault {
        body = body.then(Html::paragraph(text.t(problem)));
    }
    body = body
        .then(Html::paragraph(text.t(&format!("{key}-what"))))
        .then(Html::paragraph(text.t("fault-nothing-lost")))
        .then(Html::paragraph(text.t(&format!("{key}-next"))));
    let mut response = html(status, visit.page("page-fault-title", body).to_string());
    if let Fault::TooMany(seconds) = fault
        && let Ok(value) = HeaderValue::from_str(&seconds.to_string())
    {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// A visit without a request behind it, for pages that every request can end on.
fn bare(web: &Web, lang: Lang, signed: Option<crate::visit::Signed>) -> Visit {
    Visit {
        web: web.clone(),
        route: crate::route::get("/", "page-fault-title", Access::Public, Rate::Page, |_| {
            Box::pin(async { Err(Fault::NotFound) })
        }),
        signed,
        client: None,
        lang,
        params: Vec::new(),
        query: String::new(),
        path: "/".to_owned(),
        body: axum::body::Bytes::new(),
        headers: HeaderMap::new(),
        address: IpAddr::from([0, 0, 0, 0]),
        flash: None,
    }
}

fn go(path: &'static str) -> Response {
    let mut response = answer(
        StatusCode::SEE_OTHER,
        "text/plain; charset=utf-8",
        Body::empty(),
    );
    response
        .headers_mut()
        .insert(header::LOCATION, HeaderValue::from_static(path));
    response
}

/// An RFC 9457 problem. It never repeats what was sent.
pub(crate) fn problem(status: StatusCode, fault: &Fault) -> Response {
    let text = throughline_ui::text::Text::new(Lang::En);
    let mut value = serde_json::json!({
        "type": "about:blank",
        "title": text.plain(&format!("{}-heading", fault.key())),
        "status": status.as_u16(),
        "detail": text.plain(&format!("{}-next", fault.key())),
    });
    if let Fault::Invalid { field, problem } = fault
        && let Some(map) = value.as_object_mut()
    {
        map.insert("field".to_owned(), (*field).into());
        map.insert("problem".to_owned(), text.plain(problem).into());
    }
    if let Fault::StillOpen(open) = fault
        && let Some(map) = value.as_object_mut()
    {
        let codes: Vec<&str> = open.iter().map(|one| one.code()).collect();
        map.insert("still_open".to_owned(), codes.into());
    }
    let mut response = json(status, &value);
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    if status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The headers of every answer.
fn finish(web: &Web, kind: Kind, response: &mut Response) {
    response.extensions_mut().insert(Whole);
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        if !headers.contains_key(name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set("cache-control", "no-store");
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "no-referrer");
    set("cross-origin-opener-policy", "same-origin");
    set(
        "cross-origin-resource-policy",
        if kind == Kind::Api {
            "cross-origin"
        } else {
            "same-origin"
        },
    );
    set(
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()",
    );
    set("x-frame-options", "DENY");
    set("x-robots-tag", "noindex, nofollow");
    set(
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    if web.settings().secure {
        set(
            "strict-transport-security",
            "max-age=63072000; includeSubDomains",
        );
    }
}

/// The language: the cookie's, else the browser's first, else English.
fn language(headers: &HeaderMap) -> Lang {
    let chosen = crate::session::cookie(headers, "lang").and_then(Lang::from_code);
    let asked = || {
        headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| Lang::from_code(value.get(..2)?))
    };
    chosen.or_else(asked).unwrap_or(Lang::En)
}

/// Where the visitor is: the peer, or what a believed proxy says, which adds the true address last.
fn address_of(web: &Web, headers: &HeaderMap, peer: Option<&ConnectInfo<SocketAddr>>) -> IpAddr {
    let peer = peer.map_or(IpAddr::from([127, 0, 0, 1]), |info| info.0.ip());
    if !web.settings().behind_proxy {
        return peer;
    }
    let forwarded = headers
        .get("x-forwarded-for")
        .and_then(|value| value.to_str().ok());
    forwarded
        .and_then(|list| list.rsplit(',').next())
        .and_then(|last| last.trim().parse().ok())
        .unwrap_or(peer)
}
