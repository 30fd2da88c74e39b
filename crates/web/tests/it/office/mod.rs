//! An office with one of each who has to do with access, and browsers that keep their cookies.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "each test file uses a part of it, and one that cannot go on must stop"
)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use throughline_app::{App, Settings as AppSettings};
use throughline_core::nation::Nation;
use throughline_core::pack::Packs;
use throughline_core::role::Role;
use throughline_identity::passwords::Cost;
use throughline_identity::{Identity, Settings as IdentitySettings};
use throughline_policy::{Actor, Purpose};
use throughline_store::account::{Account, NewAccount};
use throughline_store::setup::OrganisationKind;
use throughline_testkit::db::TestStore;
use throughline_web::{Settings, Web, shell};
use tower::ServiceExt as _;

pub struct Office {
    pub web: Web,
    pub people: BTreeMap<&'static str, Account>,
}

pub async fn office(world: &TestStore) -> Office {
    let settings = AppSettings {
        base_url: "https://throughline.example".into(),
        mail_from: "office@throughline.example".into(),
        call: Some("01632 960123".to_owned()),
        node: "test".into(),
        demo: true,
    };
    let app = App::new(world.store.clone(), Packs::embedded().unwrap(), settings).unwrap();
    let people = world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let kind = OrganisationKind::Jobcentre;
                let org = w
                    .installation_create("Jobcentre", kind, Nation::England, true)
                    .await?;
                let site = w
                    .site_create(org.id, "Peckham", None, Nation::England, true)
                    .await?;
                let mut people = BTreeMap::new();
                for (name, role) in [
                    ("Ada", Role::Administrator),
                    ("Ola", Role::SecurityOfficer),
                    ("Lee", Role::DaLead),
                    ("Una", Role::WorkCoach),
                ] {
                    let new = NewAccount {
                        organisation: org.id,
                        site: Some(site.id),
                        role,
                        name,
                        email: &format!("{name}@example.org"),
                        password: None,
                    };
                    people.insert(name, w.account_create(&new).await?);
                }
                Ok(people)
            })
        })
        .await
        .unwrap();
    let identity = IdentitySettings {
        cost: Cost {
            memory_kib: 64,
            passes: 1,
        },
        ..IdentitySettings::default()
    };
    let identity = Identity::new(world.store.clone(), identity).unwrap();
    let settings = Settings {
        service_name: "Appointments".to_owned(),
        secure: true,
        behind_proxy: false,
    };
    Office {
        web: Web::new(Arc::new(app), identity, settings, None),
        people,
    }
}

/// A browser that keeps cookies.
pub struct Browser {
    pub router: Router,
    pub jar: RefCell<BTreeMap<String, String>>,
}

pub struct Answer {
    pub status: StatusCode,
    pub to: String,
    pub page: String,
}

impl Browser {
    pub fn new(office: &Office) -> Self {
        Self {
            router: shell::router(&office.web),
            jar: RefCell::default(),
        }
    }

    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let (pair, rest) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            assert!(rest.contains("HttpOnly"), "{name}");
            if rest.contains("Max-Age=0") {
                self.jar.borrow_mut().remove(name);
            } else {
                self.jar.borrow_mut().insert(name.into(), value.into());
            }
        }
        let to = response
            .headers()
            .get(header::LOCATION)
            .map(|to| to.to_str().unwrap().to_owned())
            .unwrap_or_default();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let page = String::from_utf8(body.to_vec()).unwrap();
        for area in [
            "sign-in-",
            "admin-",
            "locked-",
            "step-up-",
            "security-",
            "welcome-",
            "audit-",
            "look-",
        ] {
            for before in [">", "> ", "\n"] {
                assert!(
                    !page.contains(&format!("{before}{area}")),
                    "a key without words: {page}"
                );
            }
        }
        Answer { status, to, page }
    }

    pub fn cookies(&self) -> String {
        let jar = self.jar.borrow();
        let pairs: Vec<String> = jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    pub async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header(header::COOKIE, self.cookies());
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    /// Opens the page at `page` and sends a form of it to `path`.
    pub async fn send(&self, page: &str, path: &str, fields: &str) -> Answer {
        let shown = self.get(page).await;
        assert_eq!(shown.status, StatusCode::OK, "{page}: {}", shown.to);
        let version = value_of(&shown.page, "version").unwrap_or_default();
        let csrf = value_of(&shown.page, "csrf").unwrap_or_default();
        let request = Request::post(path)
            .header(header::COOKIE, self.cookies())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let body = format!("csrf={csrf}&version={version}&{fields}");
        self.ask(request.body(Body::from(body)).unwrap()).await
    }
}

pub fn value_of(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\""))?;
    let (_, rest) = rest.split_once("value=\"")?;
    Some(rest.split('"').next()?.to_owned())
}

/// The path of the welcome link on a page.
pub fn link_of(page: &str) -> String {
    let (_, rest) = page
        .split_once("/welcome/")
        .unwrap_or_else(|| panic!("no link in {page}"));
    let code: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .collect();
    format!("/welcome/{code}")
}

pub async fn pressed(office: &Office, name: &str) -> Browser {
    let browser = Browser::new(office);
    let account = format!("account={}", office.people[name].reference);
    let done = browser.send("/sign-in", "/sign-in/demo", &account).await;
    assert_eq!(done.to, "/today");
    browser
}
