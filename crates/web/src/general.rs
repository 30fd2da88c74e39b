//! What belongs to no area: the front page, the three pages that every footer leads to, language, assets, health.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use throughline_app::find::ATTRIBUTION;
use throughline_ui::html::{Html, Size};
use throughline_ui::layout::Paper;
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, raw};
use crate::visit::{Visit, answer, json};

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        get("/", "page-home-title", Access::Public, Rate::Page, |v| {
            Box::pin(home(v))
        }),
        get(
            "/accessibility",
            "page-accessibility-title",
            Access::Public,
            Rate::Page,
            |v| Box::pin(words(v, "accessibility", 5)),
        )
        .printing(Paper::Whole),
        get(
            "/privacy",
            "page-privacy-title",
            Access::Public,
            Rate::Page,
            |v| Box::pin(words(v, "privacy", 6)),
        )
        .printing(Paper::Whole),
        get(
            "/what-we-record",
            "page-records-title",
            Access::Public,
            Rate::Page,
            |v| Box::pin(words(v, RECORDS, 6)),
        )
        .printing(Paper::Whole),
        raw("/language", "Change the language of the pages", |v| {
            Box::pin(language(v))
        }),
        raw("/assets/{hash}/{name}", "Style, script and icon", |v| {
            Box::pin(asset(v))
        }),
        raw("/healthz", "Whether the process lives", |v| {
            Box::pin(healthz(v))
        }),
        raw("/readyz", "Whether it can serve", |v| Box::pin(readyz(v))),
        Route {
            access: Access::Monitor,
            ..raw("/metrics", "Figures for Prometheus", |v| {
                Box::pin(crate::figures::page(v))
            })
        },
        raw("/robots.txt", "What crawlers may read", |v| {
            Box::pin(robots(v))
        }),
    ]
}

async fn home(visit: Visit) -> Outcome {
    if visit.signed.as_ref().is_some_and(|signed| !signed.locked) {
        return Ok(visit.go("/today"));
    }
    let text = visit.text();
    let body = Html::heading(1, Size::L, text.t("home-heading"))
        .then(Html::paragraph(text.t("home-what")))
        .then(Button::link(text.t("home-find"), "/find-help"))
        .then(Html::heading(2, Size::M, text.t("home-staff-heading")))
        .then(Html::paragraph(Link::new(
            text.t("home-sign-in"),
            "/sign-in",
        )));
    let page = visit.page("page-home-title", body);
    Ok(visit.show(page))
}

/// The page that says what the service records, and where what it knows of places comes from.
const RECORDS: &str = "records";

/// A page of fixed words: a heading and paragraphs `<area>-1` … `<area>-n`.
async fn words(visit: Visit, area: &'static str, paragraphs: u8) -> Outcome {
    let text = visit.text();
    let mut body = Html::heading(1, Size::L, text.t(&format!("{area}-heading")));
    for n in 1..=paragraphs {
        body = body.then(Html::paragraph(text.t(&format!("{area}-{n}"))));
    }
    if area == RECORDS {
        // The licence of the table of postcodes asks for its words, as they are.
        let words = Html::text(ATTRIBUTION);
        body = body
            .then(Html::heading(2, Size::M, text.t("records-places")))
            .then(Html::paragraph(Html::trusted(format!(
                "<span lang=\"en\">{words}</span>"
            ))));
    }
    let page = visit.page(visit.route.title, body);
    Ok(visit.show(page))
}

async fn language(visit: Visit) -> Outcome {
    let pairs = Form::parse(visit.query.as_bytes()).map_err(|_| Fault::BadRequest)?;
    let lang = throughline_ui::text::Lang::from_code(pairs.value("to")).ok_or(Fault::BadRequest)?;
    let mut response = visit.go(pairs.value("back"));
    let cookie = format!(
        "lang={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{}",
        lang.code(),
        visit.secure()
    );
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

async fn asset(visit: Visit) -> Outcome {
    let rest = format!(
        "{}/{}",
        visit.param("hash").unwrap_or_default(),
        visit.param("name").unwrap_or_default()
    );
    let asset = throughline_ui::assets::find(&rest).ok_or(Fault::NotFound)?;
    let mut response = answer(
        StatusCode::OK,
        asset.content_type,
        Body::from(asset.bytes.into_owned()),
    );
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    Ok(response)
}

async fn healthz(_: Visit) -> Outcome {
    Ok(json(
        StatusCode::OK,
        &serde_json::json!({ "status": "alive" }),
    ))
}

async fn readyz(visit: Visit) -> Outcome {
    let ready = visit.app().store.ready().await;
    let (status, word) = if ready {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready")
    };
    Ok(json(status, &serde_json::json!({ "status": word })))
}

async fn robots(_: Visit) -> Outcome {
    Ok(answer(
        StatusCode::OK,
        "text/plain; charset=utf-8",
        Body::from("User-agent: *\nDisallow: /\n"),
    ))
}
