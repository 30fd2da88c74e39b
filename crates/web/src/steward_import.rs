//! A steward takes in a file: first what it would do, then the doing of it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::header;
use futures::stream;
use throughline_app::directory_import::{self, Import, ImportError, Report};
use throughline_app::directory_source::{FromBytes, Source};
use throughline_exchange::inbound::Limits;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;
use throughline_ui::text::Value;

use crate::fault::{Fault, Outcome};
use crate::route::{Rate, Route, get, post};
use crate::steward::{STEWARDS, TITLE, count};
use crate::visit::Visit;

/// The largest file that a page takes, in bytes; larger ones are taken over at the command line.
const UPLOAD: usize = 64 << 20;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        get("/steward/import", TITLE, STEWARDS, Rate::Page, |v| {
            Box::pin(ask(v))
        }),
        post("/steward/import", TITLE, STEWARDS, Rate::Page, |v| {
            Box::pin(import(v))
        })
        .limit(UPLOAD),
    ]
}

async fn ask(visit: Visit) -> Outcome {
    let page = import_page(&visit, &Form::empty(), None);
    Ok(visit.show(page))
}

fn import_page(visit: &Visit, form: &Form, report: Option<&Report>) -> Page {
    let text = visit.text();
    let mut body = Html::heading(1, Size::L, text.t("steward-import"))
        .then(Html::paragraph(text.t("steward-import-what")));
    if let Some(report) = report {
        body.push(InsetText::new(told(text, report)));
    }
    let name = Input::new("feed", text.t("steward-feed-name"))
        .hint(text.t("steward-feed-name-hint"))
        .bind(form, text);
    let error = form
        .error(text, "file")
        .map_or_else(Html::default, Html::from);
    // A file cannot be in an ordinary form; the token comes first, where the shell looks for it.
    let markup = format!(
        "<form method=\"post\" action=\"/steward/import\" enctype=\"multipart/form-data\" novalidate autocomplete=\"off\">\
         <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">{name}\
         <div class=\"govuk-form-group\"><label class=\"govuk-label\" for=\"file\">{label}</label>\
         {error}<input class=\"govuk-file-upload\" id=\"file\" name=\"file\" type=\"file\"></div>\
         {dry}{button}</form>",
        csrf = Html::text(visit.csrf()).as_str(),
        name = Html::from(name).as_str(),
        label = text.t("steward-file").as_str(),
        error = error.as_str(),
        dry = Html::from(
            Checkboxes::bare("dry")
                .item(Choice::new("yes", text.t("steward-dry")))
                .small()
                .bind(form, text)
        )
        .as_str(),
        button = Html::from(Button::new(text.t("steward-import"))).as_str(),
    );
    body.push(Html::trusted(markup));
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    page.back = Some("/steward".to_owned());
    page
}

fn told(text: Text, report: &Report) -> Html {
    let key = if report.dry_run {
        "steward-would"
    } else {
        "steward-run-done"
    };
    text.t_with(
        key,
        &[
            ("read", count(report.read)),
            ("added", count(report.added)),
            ("changed", count(report.changed)),
            ("unchanged", count(report.unchanged)),
            ("quarantined", count(report.quarantined)),
        ],
    )
}

async fn import(visit: Visit) -> Outcome {
    let organisation = visit.actor().organisation().ok_or(Fault::NotFound)?;
    let kind = visit.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let parts = parts(kind, visit.body.clone())
        .await
        .ok_or(Fault::BadRequest)?;
    let words = |name: &str| {
        parts
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, bytes)| String::from_utf8_lossy(bytes).trim().to_owned())
            .unwrap_or_default()
    };
    let mut form = Form::empty();
    form.set("feed", words("feed"));
    if words("dry") == "yes" {
        form.set("dry", "yes");
    }
    let feed = form.required_within("feed", "steward-feed-needed", 120);
    let file: Option<Arc<[u8]>> = parts
        .iter()
        .find(|(name, bytes)| name == "file" && !bytes.is_empty())
        .map(|(_, bytes)| Arc::from(bytes.as_ref()));
    if file.is_none() {
        form.wrong("file", "steward-file-needed");
    }
    let (Some(feed), Some(file)) = (feed, file) else {
        let page = import_page(&visit, &form, None);
        return Ok(visit.show_errors(page));
    };
    let order = Import {
        organisation,
        feed: &feed,
        location: "upload",
        dry_run: form.ticked("dry"),
        limits: Limits::default(),
    };
    let source: Arc<dyn Source> = Arc::new(FromBytes(file));
    match directory_import::import(visit.app(), visit.actor(), &order, &source, &|_| {}).await {
        Ok(report) if report.dry_run => {
            let page = import_page(&visit, &form, Some(&report));
            Ok(visit.show(page))
        }
        Ok(_) => Ok(visit.go_saying("/steward", "steward-said-imported")),
        Err(ImportError::Unreadable(error)) => {
            form.wrong_with(
                "file",
                "steward-unreadable",
                vec![("why", Value::from(error.to_string()))],
            );
            let page = import_page(&visit, &form, None);
            Ok(visit.show_errors(page))
        }
        Err(ImportError::Store(error)) => Err(error.into()),
    }
}

/// The parts of an upload: name and bytes. `None` when it is none, or broke off.
async fn parts(kind: &str, body: Bytes) -> Option<Vec<(String, Bytes)>> {
    let boundary = multer::parse_boundary(kind).ok()?;
    let whole = stream::once(async move { Ok::<_, Infallible>(body) });
    let mut upload = multer::Multipart::new(whole, boundary);
    let mut parts = Vec::new();
    while let Some(part) = upload.next_field().await.ok()? {
        if let Some(name) = part.name().map(str::to_owned) {
            parts.push((name, part.bytes().await.ok()?));
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::{Bytes, parts};

    const KIND: &str = "multipart/form-data; boundary=x";

    #[test]
    fn the_proxies_that_are_shipped_let_through_what_is_taken_here() {
        let mib = super::UPLOAD >> 20;
        let caddy = include_str!("../../../deploy/Caddyfile");
        let nginx = include_str!("../../../deploy/nginx.conf");
        assert!(caddy.contains(&format!("request_body @feed {{\n\t\tmax_size {mib}MiB\n")));
        assert!(caddy.contains("@feed path /steward/import\n"));
        assert!(nginx.contains(&format!(
            "location = /steward/import {{\n        client_max_body_size {mib}m;"
        )));
    }

    #[tokio::test]
    async fn an_upload_is_taken_apart_byte_for_byte() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nt\r\n--x\r\n\
            Content-Disposition: form-data; name=\"file\"; filename=\"a.json\"\r\nContent-Type: text/plain\r\n\r\n\
            {\r\n--not\r\n\r\n}\r\n--x--\r\n";
        let found = parts(KIND, Bytes::from_static(body))
            .await
            .unwrap_or_default();
        assert_eq!(
            found,
            [
                ("csrf".to_owned(), Bytes::from_static(b"t")),
                (
                    "file".to_owned(),
                    Bytes::from_static(b"{\r\n--not\r\n\r\n}")
                ),
            ]
        );
    }

    #[tokio::test]
    async fn an_upload_that_breaks_off_is_none() {
        for body in [
            &b"--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nhalf"[..],
            b"--x\r\nContent-Disposition: form-data; name=\"file\"",
            b"",
        ] {
            assert_eq!(parts(KIND, Bytes::from_static(body)).await, None);
        }
        assert_eq!(parts("text/plain", Bytes::new()).await, None);
    }
}
