//! One case through its pages: the cards of right now, risk, children, own words, contact, sharing, closing, who looked. Every
//! page is neutral in its title and has words for everything it shows; what is missing is asked for again with what was typed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

#[path = "../../app/tests/town/mod.rs"]
mod town;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use throughline_identity::Identity;
use throughline_store::account::Account;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;
use throughline_web::{Settings, Web, shell};
use tower::ServiceExt as _;
use town::{Town, town};

struct Browser {
    router: Router,
    cookie: String,
    csrf: String,
}

impl Browser {
    async fn ask(&self, request: Request<Body>) -> (StatusCode, String, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let location = response
            .headers()
            .get(header::LOCATION)
            .map(|to| to.to_str().unwrap().to_owned())
            .unwrap_or_default();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        if status == StatusCode::OK {
            let title = text.split("<title>").nth(1).unwrap();
            let title = title.split("</title>").next().unwrap();
            assert!(
                title.contains("Appointment") || title.contains("Your people"),
                "{title}"
            );
        }
        (status, location, text)
    }

    async fn get(&self, path: &str) -> String {
        let request = Request::get(path).header(header::COOKIE, &self.cookie);
        let (status, _, text) = self.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        for list in [
            "case-",
            "now-",
            "risk-",
            "need-",
            "contact-",
            "sharing-",
            "story-",
            "look-",
            "person-",
            "words-",
            "child-",
            "children-",
            "immediate-",
            "verdict-",
            "channel-",
            "answered-",
            "safeguarding-",
            "hand-over-",
            "adjustment-",
            "cases-",
        ] {
            for before in [">", "> ", "\n"] {
                assert!(
                    !text.contains(&format!("{before}{list}")),
                    "{path} has a key without words: {list} in {text}"
                );
            }
        }
        text
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, String, String) {
        let fields = fields.iter().copied().chain([("csrf", self.csrf.as_str())]);
        let body: Vec<String> = fields
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, &self.cookie);
        self.ask(request.body(Body::from(body.join("&"))).unwrap())
            .await
    }

    /// Sends a form that must be taken; gives where it leads.
    async fn send(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let (status, location, text) = self.post(path, fields).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{path}: {text}");
        location
    }

    /// Sends a form that must come back with a sentence.
    async fn refused(&self, path: &str, fields: &[(&str, &str)], sentence: &str) {
        let (status, _, text) = self.post(path, fields).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {text}");
        assert!(text.contains(sentence), "{path}: {text}");
    }
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap();
    rest.split('"').next().unwrap().to_owned()
}

async fn browser(web: &Web, account: &Account) -> Browser {
    let signed = web
        .identity()
        .demo_sign_in(account.reference, None)
        .await
        .unwrap()
        .unwrap();
    let mut browser = Browser {
        router: shell::router(web),
        cookie: format!("{}={}", web.cookies().session_name(), signed.token.reveal()),
        csrf: String::new(),
    };
    browser.csrf = hidden(&browser.get("/cases").await, "csrf");
    browser
}

async fn start(world: &TestStore) -> (Web, Town) {
    let town = town(world).await;
    let app = throughline_app::App::new(
        world.store.clone(),
        throughline_core::pack::Packs::embedded().unwrap(),
        town.app.settings.clone(),
    )
    .unwrap();
    let identity = Identity::new(
        world.store.clone(),
        throughline_identity::Settings::default(),
    )
    .unwrap();
    let settings = Settings {
        service_name: "Appointments".to_owned(),
        secure: false,
        behind_proxy: false,
    };
    (Web::new(Arc::new(app), identity, settings, None), town)
}

both!(a_case_is_kept_through_its_pages, |world| {
    let (web, town) = start(world).await;
    let coach = browser(&web, &town.coach).await;
    let case = coach
        .send(
            "/cases/new",
            &[
                ("chosen", "Noor"),
                ("language", "ur"),
                ("access", "more_time"),
            ],
        )
        .await;
    coach
        .refused("/cases/new", &[("chosen", " "), ("given", "Zed")], "Zed")
        .await;
    let page = coach.get(&case).await;
    assert!(page.contains("Noor") && page.contains("No safe way to make contact is recorded"));
    for tab in [
        "plan",
        "referrals",
        "sharing",
        "contact",
        "looks",
        "person",
        "words",
        "risk",
        "children",
        "needs/add",
        "hand-over",
        "contact/add",
        "contact/changed",
    ] {
        coach.get(&format!("{case}/{tab}")).await;
    }

    // Right now.
    let bed = format!("{case}/now/bed");
    coach.get(&bed).await;
    coach
        .refused(&bed, &[("version", "0")], "Choose one of the answers")
        .await;
    coach
        .refused(
            &bed,
            &[
                ("version", "0"),
                ("answer", "put_off"),
                ("reason", "call back"),
            ],
            "call back",
        )
        .await;
    coach
        .send(&bed, &[("version", "0"), ("answer", "unavailable")])
        .await;
    let money = format!("{case}/now/money");
    coach.get(&money).await;
    let into_account = [
        ("version", "0"),
        ("answer", "given"),
        ("only_theirs", "not_sure"),
        ("how", "account"),
    ];
    coach
        .refused(&money, &into_account, "Do not pay into this account")
        .await;
    coach
        .send(
            &money,
            &[
                ("version", "0"),
                ("answer", "given"),
                ("only_theirs", "not_sure"),
                ("how", "hand"),
            ],
        )
        .await;
    let later = [
        ("version", "0"),
        ("answer", "put_off"),
        ("reason", "a parcel comes"),
        ("until-day", "24"),
        ("until-month", "11"),
        ("until-year", "2026"),
        ("time", "3:30pm"),
    ];
    coach.send(&format!("{case}/now/essentials"), &later).await;
    assert!(coach.get(&case).await.contains("due in"));

    // Needs, risk, children, own words.
    coach
        .send(
            &format!("{case}/needs/add"),
            &[("need", "debt"), ("told", "told")],
        )
        .await;
    let need = format!("{case}/needs/debt");
    coach.get(&need).await;
    coach
        .refused(&need, &[("version", "1"), ("move", "put_off")], "Say why")
        .await;
    coach
        .send(&need, &[("version", "1"), ("move", "offer")])
        .await;
    let risk = format!("{case}/risk");
    coach
        .send(
            &risk,
            &[("band", "high"), ("reason", "he said so"), ("by", "me")],
        )
        .await;
    world.clock.advance_seconds(1);
    coach
        .refused(
            &risk,
            &[("band", "standard"), ("reason", "calmer"), ("by", "me")],
            "Only a named practitioner can lower it",
        )
        .await;
    let child = coach
        .send(
            &format!("{case}/children"),
            &[
                ("chosen", "Ali"),
                ("born-day", "1"),
                ("born-month", "5"),
                ("born-year", "2019"),
            ],
        )
        .await;
    let page = coach.get(&child).await;
    coach
        .refused(
            &child,
            &[("version", "1"), ("decision", "not_needed")],
            "Say why",
        )
        .await;
    // Closing waits for the child.
    let page_of_case = coach.get(&case).await;
    let version = hidden(&page_of_case, "version");
    coach
        .refused(
            &format!("{case}/close"),
            &[("version", &version)],
            "Decide about safeguarding for each child",
        )
        .await;
    coach
        .send(
            &child,
            &[
                ("version", &hidden(&page, "version")),
                ("decision", "already_open"),
            ],
        )
        .await;
    coach.get(&format!("{case}/children")).await;
    coach
        .refused(
            &format!("{case}/words"),
            &[("words", "  ")],
            "Write at least one line",
        )
        .await;
    coach
        .send(
            &format!("{case}/words"),
            &[("words", "I can sing.\nI owe rent.")],
        )
        .await;
    assert!(
        coach
            .get(&format!("{case}/words"))
            .await
            .contains("Version 1")
    );

    // Contact.
    let sms = [
        ("channel", "sms"),
        ("value", "07700 900123"),
        ("verdict", "safe_only_in_window"),
        ("windows", "1"),
        ("from", "9am"),
        ("to", "3pm"),
        ("answered_by", "only_them"),
        ("voicemail", "no"),
    ];
    coach
        .refused(&format!("{case}/contact/add"), &sms[..3], "07700 900123")
        .await;
    coach.send(&format!("{case}/contact/add"), &sms).await;
    let page = coach.get(&format!("{case}/contact")).await;
    assert!(page.contains("Safe now: Text message before 3pm"), "{page}");
    coach
        .send(
            &format!("{case}/contact/changed"),
            &[
                ("happened-day", "22"),
                ("happened-month", "11"),
                ("happened-year", "2026"),
            ],
        )
        .await;
    let page = coach.get(&format!("{case}/contact")).await;
    assert!(
        page.contains("They moved or separated. Ask them again."),
        "{page}"
    );
    world.clock.advance_seconds(60);
    let point = hidden(&page, "contact");
    coach
        .send(&format!("{case}/contact/confirm"), &[("contact", &point)])
        .await;
    coach
        .send(
            &format!("{case}/contact/end"),
            &[("contact", &point), ("why", "not_safe")],
        )
        .await;
    assert!(
        coach
            .get(&format!("{case}/contact"))
            .await
            .contains("Never used again")
    );

    // The story, closing, opening again, who looked.
    let page = coach.get(&case).await;
    for line in [
        "They told us about: Debt",
        "A bed tonight: Could not be had",
        "Risk: High",
        "version 1",
    ] {
        assert!(page.contains(line), "{line} is not in {page}");
    }
    let version = hidden(&page, "version");
    coach
        .send(&format!("{case}/close"), &[("version", &version)])
        .await;
    let version = hidden(&coach.get(&case).await, "version");
    coach
        .send(&format!("{case}/reopen"), &[("version", &version)])
        .await;
    assert!(
        coach
            .get(&format!("{case}/looks"))
            .await
            .contains("Opened the record")
    );
});
