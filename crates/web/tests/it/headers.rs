//! Every answer, whatever the route and however it ends: no sniffing, no framing, no caching, no script from anywhere else.

#![allow(clippy::panic, reason = "a test that cannot go on must stop")]

use std::net::SocketAddr;

use crate::doors::{Answer, Visitor, server};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use metrics_exporter_prometheus::PrometheusBuilder;
use throughline_policy::Standing;
use throughline_web::figures::Figures;
use throughline_web::route::{Kind, Method1, Route};
use throughline_web::routes::all;
use throughline_web::{Settings, Web, shell};
use tower::ServiceExt as _;

fn check(what: &str, answer: &Answer) {
    let has = |name: &str| {
        let value = answer
            .headers
            .get(name)
            .unwrap_or_else(|| panic!("{what}: no {name}"));
        value.to_str().unwrap().to_owned()
    };
    assert_eq!(has("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(has("x-frame-options"), "DENY", "{what}");
    assert_eq!(has("referrer-policy"), "no-referrer", "{what}");
    assert_eq!(has("cross-origin-opener-policy"), "same-origin", "{what}");
    assert!(
        has("strict-transport-security").starts_with("max-age=63072000"),
        "{what}"
    );
    assert!(
        has("permissions-policy").contains("geolocation=()"),
        "{what}"
    );
    assert!(has("x-robots-tag").contains("noindex"), "{what}");
    let policy = has("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{what}: {policy}");
    assert!(
        policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"),
        "{what}: {policy}"
    );
    for hole in [
        "unsafe-inline",
        "unsafe-eval",
        "*",
        "http:",
        "https:",
        "data:",
    ] {
        assert!(!policy.contains(hole), "{what}: {policy}");
    }
    // Files with their hash in the address may be kept, and the open directory for a minute.
    let open = what.contains("/api/oruk/v3") && has("cache-control") == "public, max-age=60";
    if !open && !has("cache-control").contains("immutable") {
        assert!(
            has("cache-control").contains("no-store"),
            "{what}: {}",
            has("cache-control")
        );
    }
    assert!(
        answer.headers.get("server").is_none() && answer.headers.get("x-powered-by").is_none(),
        "{what}"
    );
    for cookie in answer.headers.get_all(header::SET_COOKIE) {
        let cookie = cookie.to_str().unwrap();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite"),
            "{what}: {cookie}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_of_every_route_carries_the_safe_headers() {
    let server = server().await;
    let visitors = server.visitors().await;
    let coach = visitors
        .iter()
        .find(|who| who.standing == Standing::WorkCoach)
        .unwrap();
    for who in [&visitors[0], coach] {
        for route in all() {
            let path = server.path(&route);
            let answer = server.call(route.method.http(), &path, who, "").await;
            check(&format!("{:?} {route:?}", who.standing), &answer);
            assert!(
                !answer.status.is_server_error() || path == "/readyz",
                "{route:?}: {}",
                answer.status
            );
        }
    }
    for (method, path) in [
        (Method::GET, "/no-such-page"),
        (Method::GET, "/api/v1/none"),
        (Method::DELETE, "/"),
        (Method::TRACE, "/"),
    ] {
        let answer = server.call(method.clone(), path, &visitors[0], "").await;
        check(&format!("{method} {path}"), &answer);
        assert!(
            answer.status.is_client_error(),
            "{method} {path}: {}",
            answer.status
        );
    }
    server.world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_figures_are_for_this_machine_and_for_who_knows_their_word() {
    let server = server().await;
    let counted = PrometheusBuilder::new().build_recorder().handle();
    let settings = server.web.settings().clone();
    let web = |word: Option<&str>, behind_proxy| {
        let figures = Figures {
            counted: counted.clone(),
            word: word.map(str::to_owned),
        };
        let settings = Settings {
            behind_proxy,
            ..settings.clone()
        };
        let (app, identity) = (server.web.app().clone(), server.web.identity().clone());
        shell::router(&Web::new(app, identity, settings, Some(figures)))
    };
    let ask = async |router: Router, from: &str, headers: &[(&str, &str)]| {
        let mut request = Request::get("/metrics");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        let from: SocketAddr = from.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(from));
        router.oneshot(request).await.unwrap().status()
    };
    let (here, there) = ("127.0.0.1:4000", "192.0.2.7:4000");
    let mapped = "[::ffff:127.0.0.1]:4000";
    for behind_proxy in [false, true] {
        let asked = async |word, from, headers: &[(&str, &str)]| {
            ask(web(word, behind_proxy), from, headers).await
        };
        let word = Some("a long word");
        for (word, from, headers) in [
            (None, here, &[][..]),
            (None, mapped, &[]),
            (word, here, &[]),
            (word, there, &[("authorization", "Bearer a long word")]),
        ] {
            assert_eq!(
                asked(word, from, headers).await,
                StatusCode::OK,
                "{headers:?}"
            );
        }
        for (word, from, headers) in [
            (None, there, &[][..]),
            (None, there, &[("authorization", "Bearer ")]),
            (word, there, &[("authorization", "Bearer a long")]),
            (word, there, &[("authorization", "Basic a long word")]),
            (None, there, &[("x-forwarded-for", "127.0.0.1, 192.0.2.7")]),
            // A proxy on this machine asks for somebody else, whatever it says of them.
            (None, here, &[("x-forwarded-for", "127.0.0.1")]),
            (None, here, &[("x-forwarded-for", "192.0.2.7")]),
            (None, here, &[("via", "1.1 proxy")]),
            (None, here, &[("forwarded", "for=192.0.2.7")]),
        ] {
            let status = asked(word, from, headers).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{from} {headers:?}");
        }
    }
    server.world.finish().await;
}

/// Every form, with somebody who may send it.
fn forms(visitors: &[Visitor]) -> Vec<(Route, &Visitor)> {
    let may = |route: &Route| {
        visitors
            .iter()
            .find(|who| who.standing != Standing::Public && route.access.admits(who.standing))
    };
    all()
        .into_iter()
        .filter(|route| route.method == Method1::Post && route.kind == Kind::Page)
        .filter_map(|route| may(&route).map(|who| (route, who)))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_from_another_site_or_without_its_token_changes_nothing() {
    let server = server().await;
    let visitors = server.visitors().await;
    let forms = forms(&visitors);
    assert!(forms.len() > 10);
    for (route, who) in forms {
        let cookie = who.cookie.clone().unwrap();
        let path = server.path(&route);
        let post = || {
            Request::post(&path)
                .header(header::COOKIE, &cookie)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        };
        let good = format!("csrf={}", who.csrf);
        for (what, request) in [
            ("no token", post().body(Body::empty())),
            ("a false token", post().body(Body::from("csrf=AAAA"))),
            (
                "another site",
                post()
                    .header("sec-fetch-site", "cross-site")
                    .body(Body::from(good.clone())),
            ),
            (
                "a sister site",
                post()
                    .header("sec-fetch-site", "same-site")
                    .body(Body::from(good.clone())),
            ),
            (
                "another origin",
                post()
                    .header(header::HOST, "example.test")
                    .header(header::ORIGIN, "https://evil.test")
                    .body(Body::from(good.clone())),
            ),
        ] {
            let answer = server.ask(request.unwrap()).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}: {route:?}");
        }
    }
    server.world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_too_large_is_refused_with_413_by_every_form() {
    let server = server().await;
    let visitors = server.visitors().await;
    for (route, who) in forms(&visitors) {
        if route.body_limit > 1 << 20 {
            continue;
        }
        let body = "x".repeat(route.body_limit + 1);
        let answer = server
            .call(Method::POST, &server.path(&route), who, &body)
            .await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{route:?}");
    }
    server.world.finish().await;
}
