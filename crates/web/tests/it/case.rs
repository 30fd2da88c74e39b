//! One case through its pages: the cards of right now, risk, children, own words, contact, sharing, closing, who looked. Every
//! page is neutral in its title and has words for everything it shows; what is missing is asked for again with what was typed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::sync::Arc;

use crate::town::{Town, town};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use throughline_app::today::{self, TaskOutcome, What};
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_identity::Identity;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::{Account, NewAccount};
use throughline_testkit::both;
use throughline_testkit::db::TestStore;
use throughline_web::{Settings, Web, shell};
use tower::ServiceExt as _;

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

    /// A page of another area, whose title is another neutral word.
    async fn get_any(&self, path: &str) -> String {
        let request = Request::get(path).header(header::COOKIE, &self.cookie);
        let request = request.body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
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

/// A lead joins the site and does what has come up.
async fn lead_acts(town: &Town) {
    let new = &NewAccount {
        organisation: town.coach.organisation,
        site: town.coach.site,
        role: Role::DaLead,
        name: "Dee",
        email: "dee@example.org",
        password: None,
    };
    let lead = town
        .app
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move { w.account_create(new).await })
        })
        .await
        .unwrap()
        .actor();
    let site = today::lead(&town.app, &lead).await.unwrap();
    for row in site.climbing {
        if row.what == What::Task(TaskKind::ActOnEscalation) {
            today::task_finish(&town.app, &lead, row.task.unwrap(), TaskOutcome::Done)
                .await
                .unwrap();
        }
    }
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
    // A page that is not there is the nearest that is.
    let beyond = coach.get("/cases?page=18446744073709551615").await;
    assert!(beyond.contains("Noor"));
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
    let need = format!("{case}/needs/9");
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
        "A bed tonight: Not available",
        "Risk: High",
        "version 1",
    ] {
        assert!(page.contains(line), "{line} is not in {page}");
    }
    let version = hidden(&page, "version");
    // A high risk on which nobody has acted holds it, and it says so.
    coach
        .refused(
            &format!("{case}/close"),
            &[("version", &version)],
            "Your lead has yet to act on the high risk",
        )
        .await;
    lead_acts(&town).await;
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

/// The reference of the only child on a page of children.
fn child_on(page: &str) -> String {
    let (rest, _) = page.split_once("/needs/add\"").unwrap();
    rest.rsplit("/cases/").next().unwrap().to_owned()
}

both!(a_child_has_needs_and_help_of_their_own, |world| {
    let (web, town) = start(world).await;
    let coach = browser(&web, &town.coach).await;
    let case = format!("/cases/{}", town.case);
    let children = format!("{case}/children");
    coach.send(&children, &[("chosen", "Ali")]).await;
    let page = coach.get(&children).await;
    assert!(
        page.contains("Nothing recorded yet. Listen to them"),
        "{page}"
    );
    let own = child_on(&page);
    let need = [("need", "emotional_support"), ("told", "seen")];
    coach.send(&format!("/cases/{own}/needs/add"), &need).await;
    let page = coach.get(&children).await;
    assert!(
        page.contains("Someone to talk to (You saw signs of it)"),
        "{page}"
    );
    assert!(page.contains("Their own needs are known"), "{page}");

    // Their own help, step by step; what cannot follow is not offered and not taken.
    let at = format!("{children}/{own}");
    let shown = coach.get(&at).await;
    assert!(shown.contains("A service has begun to help them"));
    assert!(!shown.contains("value=\"reopen\""));
    let version = hidden(&shown, "version");
    let help = format!("{at}/help");
    let begin = [("version", version.as_str()), ("move", "start_service")];
    coach
        .refused(&help, &[("version", &version)], "Choose one of the answers")
        .await;
    coach
        .refused(
            &help,
            &[("version", &version), ("move", "reopen")],
            "This cannot follow",
        )
        .await;
    coach.send(&help, &begin).await;
    let (status, _, _) = coach.post(&help, &begin).await;
    assert_eq!(status, StatusCode::CONFLICT, "once");
    assert!(coach.get(&children).await.contains("A service helps them"));
    assert!(coach.get(&case).await.contains("A service helps them"));

    // What the child needs goes into a request, as a line of its own that can be struck out.
    let refer = coach.get_any(&format!("{case}/refer/{}", town.inbox)).await;
    assert!(
        refer.contains("What the children need for themselves")
            && refer.contains("Someone to talk to"),
        "{refer}"
    );
});

both!(
    a_decision_to_share_nothing_or_only_part_stands_in_the_story,
    |world| {
        let (web, town) = start(world).await;
        let coach = browser(&web, &town.coach).await;
        let case = format!("/cases/{}", town.case);
        let path = format!("{case}/not-shared");
        coach.get(&path).await;
        assert!(coach.get(&format!("{case}/sharing")).await.contains(&path));
        coach
            .refused(&path, &[("with", "Their school")], "Their school")
            .await;
        let not = [
            ("with", "Their school"),
            ("purpose", "child_safety"),
            ("how_much", "nothing"),
            ("reason", "The other parent works there."),
            ("if_not", "They may be asked about it. I call on Monday."),
            ("told", "told"),
        ];
        // A decision like any other: who could come to harm because nothing is said, and whether they know.
        for field in ["how_much", "reason", "if_not", "told"] {
            let less: Vec<_> = not
                .iter()
                .copied()
                .filter(|(name, _)| *name != field)
                .collect();
            coach.refused(&path, &less, "Their school").await;
        }
        coach.send(&path, &not).await;
        let part = [
            ("with", "The housing office"),
            ("purpose", "referral"),
            ("how_much", "part"),
            ("reason", "They need no more to find a room."),
            (
                "if_not",
                "They may write to the old address. I told them not to write.",
            ),
            ("told", "not_safe"),
        ];
        coach
            .refused(&path, &part, "Choose what is not shared")
            .await;
        let part: Vec<_> = part
            .into_iter()
            .chain([("left_out", "pets"), ("left_out", "statement")])
            .collect();
        coach.send(&path, &part).await;
        let called = [("case", case.trim_start_matches("/cases/"))];
        coach.send("/emergency/called", &called).await;
        let story = coach.get(&case).await;
        for said in [
            "Not shared with Their school",
            "The other parent works there.",
            "They may be asked about it. I call on Monday.",
            "They were told",
            "Only part was shared with The housing office",
            "They need no more to find a room.",
            "<li>Pets</li>",
            "It was not safe to tell them",
            "999 was called",
        ] {
            assert!(story.contains(said), "{said} is not in {story}");
        }
    }
);

both!(what_a_service_is_told_of_access_has_words, |world| {
    let (web, town) = start(world).await;
    let coach = browser(&web, &town.coach).await;
    let person = [("chosen", "Noor"), ("access", "quiet_place")];
    let case = coach.send("/cases/new", &person).await;
    let page = coach.get_any(&format!("{case}/refer/{}", town.inbox)).await;
    assert!(page.contains("A quiet place"), "{page}");
    assert!(!page.contains("access-quiet_place"));
});
