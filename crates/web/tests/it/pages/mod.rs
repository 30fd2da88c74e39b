//! Browsers without JavaScript in the town of the tests, and the way from the first tick to a sent request.

use std::sync::Arc;

use crate::town::{Town, town};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use throughline_app::App;
use throughline_core::id::Ref;
use throughline_identity::Identity;
use throughline_identity::sessions::Proof;
use throughline_store::account::Account;
use throughline_testkit::db::TestStore;
use throughline_web::{Settings, Web, shell};
use tower::ServiceExt as _;

pub struct Browser {
    pub router: Router,
    pub cookie: Option<String>,
}

impl Browser {
    pub async fn ask(&self, request: Request<Body>) -> (StatusCode, String, String) {
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
            "refer-", "partner-", "link-", "need-", "packet-", "address-", "reveal-", "place-",
        ] {
            assert!(
                !text.contains(&format!(">{area}")),
                "a key without words: {area} in {text}"
            );
        }
        (status, location, text)
    }

    pub async fn get(&self, path: &str) -> (StatusCode, String) {
        let mut request = Request::get(path);
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let (status, _, text) = self.ask(request.body(Body::empty()).unwrap()).await;
        (status, text)
    }

    /// Posts to `path` what stands in the hidden fields of `page`'s form to that path, with `fields`.
    pub async fn post(
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
                    let value = rest.split('"').next().unwrap();
                    value.replace("&#34;", "\"").replace("&#38;", "&")
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

pub fn encode(text: &str) -> String {
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

pub struct Places {
    pub web: Web,
    pub app: Arc<App>,
    pub coach: Account,
    pub partner: Account,
    pub colleague: Account,
    pub case: Ref,
    pub inbox: Ref,
    pub linked: Ref,
    pub listed: Ref,
}

pub async fn places(world: &TestStore) -> Places {
    let Town {
        app,
        coach,
        partner,
        colleague,
        case,
        inbox,
        linked,
        listed,
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
        colleague,
        case,
        inbox,
        linked,
        listed,
    }
}

pub async fn signed_in(places: &Places, account: &Account) -> Browser {
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

/// Somebody who is signed in and has just proved themselves once more.
pub async fn proved_in(places: &Places, account: &Account) -> Browser {
    let identity = places.web.identity();
    let signed = identity.demo_sign_in(account.reference, None).await;
    let signed = signed.unwrap().unwrap();
    let proof = identity.step_up(&signed.token, "", None).await.unwrap();
    let Proof::Done(token) = proof else {
        panic!("a press is enough in a demo: {proof:?}")
    };
    let name = places.web.cookies().session_name();
    Browser {
        router: shell::router(&places.web),
        cookie: Some(format!("{name}={}", token.reveal())),
    }
}

/// Finds help for the case by its one finder; gives the page of what was found.
pub async fn found_for(places: &Places, coach: &Browser, begin: &str) -> String {
    places
        .app
        .directory
        .refresh(&places.app.store)
        .await
        .unwrap();
    let (status, _, page) = coach.post("/find", begin, &[("need", "debt")]).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page
}

/// Goes through the whole flow; gives the confirmation.
pub async fn refer(places: &Places, service: Ref) -> String {
    let coach = signed_in(places, &places.coach).await;
    let (_, tab) = coach
        .get(&format!("/cases/{}/referrals", places.case))
        .await;
    let finder = format!("/find/for/{}", places.case);
    assert!(tab.contains(&format!("href=\"{finder}\"")), "{tab}");
    let (_, begin) = coach.get(&finder).await;
    let page = found_for(places, &coach, &begin).await;
    let path = format!("/cases/{}/refer/{service}", places.case);
    let ready = format!("{path}/ready");
    let (status, _, page) = coach.post(&ready, &page, &[]).await;
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
    let agreed = [("alone", "yes"), ("agreed", "spoken"), ("rests", "agreed")];
    let (status, to, page) = coach.post(&format!("{path}/send"), &page, &agreed).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    assert!(to.ends_with("/sent"), "sending leads to a page: {to}");
    let (status, page) = coach.get(&to).await;
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

/// Where the coach's page of a request is, from the confirmation.
pub fn request_of(sent: &str) -> String {
    let (_, rest) = sent.split_once("href=\"/referrals/").unwrap();
    format!("/referrals/{}", rest.split('"').next().unwrap())
}

/// Somebody who is not signed in.
pub fn nobody(places: &Places) -> Browser {
    Browser {
        router: shell::router(&places.web),
        cookie: None,
    }
}

/// The code to read out, from the confirmation.
pub fn code_of(sent: &str) -> String {
    let (_, rest) = sent.split_once("Read this code").unwrap();
    rest.split(['<', '>'])
        .find(|text| text.len() == 9 && text.chars().nth(4) == Some(' '))
        .unwrap()
        .to_owned()
}

/// Where the link in the last mail leads, from the demo's mail folder.
pub async fn link_of(nobody: &Browser) -> String {
    let (_, folder) = nobody.get("/demo/mail").await;
    let token = folder.split("/r/").nth(1).unwrap();
    format!("/r/{}", token.split(['"', '<']).next().unwrap())
}
