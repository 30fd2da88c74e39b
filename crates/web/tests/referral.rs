//! Referring someone through the pages: from the first tick to the number behind its rules, with and without an account.

#![cfg(test)]
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
use throughline_app::App;
use throughline_app::mail::FolderMailer;
use throughline_app::outbox::dispatch_once;
use throughline_core::id::Ref;
use throughline_identity::Identity;
use throughline_store::account::Account;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;
use throughline_web::{Settings, Web, shell};
use tower::ServiceExt as _;
use town::{Town, town};

struct Browser {
    router: Router,
    cookie: Option<String>,
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
        for area in [
            "refer-", "partner-", "link-", "need-", "packet-", "address-",
        ] {
            assert!(
                !text.contains(&format!(">{area}")),
                "a key without words: {area} in {text}"
            );
        }
        (status, location, text)
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        let mut request = Request::get(path);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let (status, _, text) = self.ask(request.body(Body::empty()).unwrap()).await;
        (status, text)
    }

    /// Posts to `path` what stands in the hidden fields of `page`'s form to that path, with `fields`.
    async fn post(
        &self,
        path: &str,
        page: &str,
        fields: &[(&str, &str)],
    ) -> (StatusCode, String, String) {
        let (_, form) = page
            .split_once(&format!("action=\"{path}\""))
            .unwrap_or_else(|| panic!("no form to {path} in {page}"));
        let form = form.split("</form>").next().unwrap();
        let mut pairs: Vec<(String, String)> = form
            .split("type=\"hidden\"")
            .skip(1)
            .map(|field| {
                let value = |name: &str| {
                    let (_, rest) = field.split_once(&format!("{name}=\"")).unwrap();
                    rest.split('"').next().unwrap().to_owned()
                };
                (value("name"), value("value"))
            })
            .collect();
        pairs.extend(
            fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let body: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let mut request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        self.ask(request.body(Body::from(body.join("&"))).unwrap())
            .await
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

struct Places {
    web: Web,
    app: Arc<App>,
    coach: Account,
    partner: Account,
    case: Ref,
    inbox: Ref,
    linked: Ref,
}

async fn places(world: &TestStore) -> Places {
    let Town {
        app,
        coach,
        partner,
        case,
        inbox,
        linked,
        ..
    } = town(world).await;
    let app = Arc::new(app);
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
    Places {
        web: Web::new(Arc::clone(&app), identity, settings, None),
        app,
        coach,
        partner,
        case,
        inbox,
        linked,
    }
}

async fn signed_in(places: &Places, account: &Account) -> Browser {
    let signed = places
        .web
        .identity()
        .demo_sign_in(account.reference, None)
        .await
        .unwrap()
        .unwrap();
    let name = places.web.cookies().session_name();
    Browser {
        router: shell::router(&places.web),
        cookie: Some(format!("{name}={}", signed.token.reveal())),
    }
}

/// Goes through the whole flow; gives the confirmation.
async fn refer(places: &Places, service: Ref) -> String {
    let coach = signed_in(places, &places.coach).await;
    let whom = format!("/cases/{}/refer", places.case);
    let (_, page) = coach.get(&whom).await;
    places
        .app
        .directory
        .refresh(&places.app.store)
        .await
        .unwrap();
    let near = [("need", "debt"), ("place", "nowhere at all")];
    let (status, _, page) = coach.post(&whom, &page, &near).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains("We do not know this place"));
    let path = format!("/cases/{}/refer/{service}", places.case);
    let (status, page) = coach.get(&path).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains("I owe rent."));
    let (status, _, nothing) = coach.post(&path, &page, &[]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.contains("Choose what this request is about"));
    let ticks = [
        ("need", "debt"),
        ("item", "chosen_name"),
        ("item", "statement"),
        ("item", "contact_rules"),
        ("item", "contact_details"),
        ("line", "2"),
    ];
    let (status, _, page) = coach.post(&path, &page, &ticks).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(!page.contains("Rosewood"), "the struck line is gone");
    let agreed = [
        ("alone", "yes"),
        ("agreed", "spoken"),
        ("basis", "consent_6_1_a"),
        ("art9", "explicit_consent_9_2_a"),
    ];
    let (status, _, page) = coach.post(&format!("{path}/send"), &page, &agreed).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let title = page
        .split("<title>")
        .nth(1)
        .unwrap()
        .split("</title>")
        .next()
        .unwrap();
    for word in ["Amina", "ebt", "Quayside", "Harbour"] {
        assert!(!title.contains(word), "{title}");
    }
    page
}

both!(
    a_service_without_an_account_answers_in_three_pages,
    |world| {
        let places = places(world).await;
        let sent = refer(&places, places.linked).await;
        let (_, rest) = sent.split_once("Read this code").unwrap();
        let code = rest
            .split(['<', '>'])
            .find(|text| text.len() == 9 && text.chars().nth(4) == Some(' '))
            .unwrap()
            .to_owned();
        dispatch_once(&places.app, &FolderMailer, "one")
            .await
            .unwrap();
        let nobody = Browser {
            router: shell::router(&places.web),
            cookie: None,
        };
        let (_, folder) = nobody.get("/demo/mail").await;
        let token = folder
            .split("/r/")
            .nth(1)
            .unwrap()
            .split(['"', '<'])
            .next()
            .unwrap();
        let path = &format!("/r/{token}");
        let (status, first) = nobody.get(path).await;
        assert_eq!(status, StatusCode::OK);
        assert!(first.contains("Enter the code you were given"));
        let (status, _, wrong) = nobody.post(path, &first, &[("code", "AAAA AAAA")]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.contains("4 more times"), "{wrong}");
        let (status, _, second) = nobody.post(path, &first, &[("code", &code)]).await;
        assert_eq!(status, StatusCode::OK, "{second}");
        assert!(second.contains("Amina") && second.contains("I owe rent."));
        assert!(!second.contains("Rosewood") && !second.contains("07700"));
        let (status, _, third) = nobody
            .post(&format!("{path}/answer"), &second, &[("answer", "accept")])
            .await;
        assert_eq!(
            status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "acceptance names a human"
        );
        let yes = [("answer", "accept"), ("name", "Rhian")];
        let (status, _, done) = nobody.post(&format!("{path}/answer"), &third, &yes).await;
        assert_eq!(status, StatusCode::OK, "{done}");
        assert!(done.contains("Your answer was sent"));
        let (_, _, reach) = nobody.post(path, &done, &[]).await;
        let (rules, number) = (
            reach.find("Leave no message").unwrap(),
            reach.find("07700 900123").unwrap(),
        );
        assert!(rules < number, "rules come before the number");
        let (_, unknown) = nobody.get("/r/nothing").await;
        assert!(unknown.contains("Part of the link may be missing"));
    }
);

both!(a_service_with_accounts_answers_from_its_inbox, |world| {
    let places = places(world).await;
    refer(&places, places.inbox).await;
    let partner = signed_in(&places, &places.partner).await;
    let (status, inbox) = partner.get("/inbox").await;
    assert_eq!(status, StatusCode::OK, "{inbox}");
    assert!(!inbox.contains("Amina"), "the inbox names nobody");
    let path = format!(
        "/requests/{}",
        inbox
            .split("/requests/")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
    );
    let (_, request) = partner.get(&path).await;
    assert!(request.contains("Amina"));
    let no = [("answer", "decline"), ("reason", "no_capacity_or_no_space")];
    let answer = format!("{path}/answer");
    let (status, to, _) = partner.post(&answer, &request, &no).await;
    assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/inbox"));
    let (status, _) = partner.get(&path).await;
    assert_eq!(
        status,
        StatusCode::NOT_FOUND,
        "after a no there is nothing to read"
    );
    let coach = signed_in(&places, &places.coach).await;
    let (status, _) = coach.get("/inbox").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "an inbox is the service's");
    let sent = places
        .app
        .store
        .read(|r| Box::pin(async move { r.sent_mails(10).await }))
        .await
        .unwrap();
    assert!(sent.is_empty());
});

both!(the_sender_sees_three_facts_and_records_a_call, |world| {
    let places = places(world).await;
    let sent = refer(&places, places.inbox).await;
    let path = format!(
        "/referrals/{}",
        sent.split("/referrals/")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
    );
    let coach = signed_in(&places, &places.coach).await;
    let (status, page) = coach.get(&path).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    for fact in ["Arrived", "Read by someone there", "Accepted by"] {
        assert!(page.contains(fact), "{fact}");
    }
    let (status, _, _) = coach.post(&format!("{path}/answer"), &page, &[]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let yes = [("via", "phone"), ("answer", "accept"), ("name", "Rhian")];
    let (status, to, _) = coach.post(&format!("{path}/answer"), &page, &yes).await;
    assert_eq!(
        (status, to.as_str()),
        (StatusCode::SEE_OTHER, path.as_str())
    );
    let (status, _, _) = coach.post(&format!("{path}/answer"), &page, &yes).await;
    assert_eq!(
        status,
        StatusCode::CONFLICT,
        "an old page does not overwrite"
    );
    let (_, page) = coach.get(&path).await;
    assert!(page.contains("Rhian") && page.contains("by telephone"));
});
