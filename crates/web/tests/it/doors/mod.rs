//! A server with one account of every role, and a way to ask it anything.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use throughline_app::App;
use throughline_core::code::Code as _;
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::pack::Packs;
use throughline_core::role::Role;
use throughline_identity::Identity;
use throughline_policy::{Actor, Purpose, Standing};
use throughline_store::account::{Account, NewAccount};
use throughline_store::setup::OrganisationKind;
use throughline_testkit::db::TestStore;
use throughline_web::route::Route;
use throughline_web::{Settings, Web, shell};
use tower::ServiceExt as _;

/// Someone who asks: nobody, or one account of a role.
pub struct Visitor {
    pub standing: Standing,
    pub account: Option<Ref>,
    pub cookie: Option<String>,
    pub csrf: String,
}

pub struct Server {
    pub web: Web,
    pub router: Router,
    pub world: TestStore,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

pub async fn server() -> Server {
    let world = TestStore::sqlite().await;
    let settings = throughline_app::Settings {
        base_url: "https://example.test".to_owned(),
        mail_from: "post@example.test".to_owned(),
        call: Some("01632 960123".to_owned()),
        node: "test".to_owned(),
        demo: true,
    };
    let app = App::new(world.store.clone(), Packs::embedded().unwrap(), settings).unwrap();
    let identity = Identity::new(
        world.store.clone(),
        throughline_identity::Settings::default(),
    )
    .unwrap();
    let settings = Settings {
        service_name: "Throughline".to_owned(),
        secure: true,
        behind_proxy: false,
    };
    let web = Web::new(Arc::new(app), identity, settings, None);
    let router = shell::router(&web);
    Server { web, router, world }
}

impl Server {
    /// Nobody, and one signed-in account of every role.
    pub async fn visitors(&self) -> Vec<Visitor> {
        let mut out = vec![Visitor {
            standing: Standing::Public,
            account: None,
            cookie: None,
            csrf: String::new(),
        }];
        for account in self.accounts().await {
            out.push(
                self.signed_in(account.actor().standing(), account.reference)
                    .await,
            );
        }
        out
    }

    /// The same one with a session of its own, for what ends or changes one.
    pub async fn again(&self, who: &Visitor) -> Visitor {
        match who.account {
            Some(account) => self.signed_in(who.standing, account).await,
            None => Visitor {
                standing: who.standing,
                account: None,
                cookie: None,
                csrf: String::new(),
            },
        }
    }

    async fn signed_in(&self, standing: Standing, account: Ref) -> Visitor {
        let identity = self.web.identity();
        let signed = identity.demo_sign_in(account, None).await.unwrap().unwrap();
        let cookie = self.web.cookies().session(&signed.token);
        let presence = identity
            .actor_of_session(Some(&signed.token))
            .await
            .unwrap();
        let throughline_identity::sessions::Presence::Here(here) = presence else {
            panic!("not here")
        };
        Visitor {
            standing,
            account: Some(account),
            cookie: Some(cookie.split(';').next().unwrap().to_owned()),
            csrf: here.csrf,
        }
    }

    async fn accounts(&self) -> Vec<Account> {
        self.world
            .store
            .work(&Actor::Public, Purpose::AdministerAccess, |w| {
                Box::pin(async move {
                    let own = w
                        .installation_create(
                            "North",
                            OrganisationKind::Charity,
                            Nation::England,
                            true,
                        )
                        .await?;
                    let site = w
                        .site_create(own.id, "Desk", None, Nation::England, true)
                        .await?;
                    let mut made = Vec::new();
                    for role in Role::ALL {
                        let email = format!("{}@example.org", role.code());
                        let new = NewAccount {
                            organisation: own.id,
                            site: Some(site.id),
                            role: *role,
                            name: "A worker",
                            email: &email,
                            password: None,
                        };
                        made.push(w.account_create(&new).await?);
                    }
                    Ok(made)
                })
            })
            .await
            .unwrap()
    }

    /// The route's path with references that lead to nothing.
    pub fn path(&self, route: &Route) -> String {
        route
            .path
            .split('/')
            .map(|part| {
                if part.starts_with('{') {
                    self.world.env.reference().to_string()
                } else {
                    part.to_owned()
                }
            })
            .collect::<Vec<_>>()
            .join("/")
    }

    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .to_vec();
        Answer {
            status,
            headers,
            body,
        }
    }

    pub async fn call(&self, method: Method, path: &str, who: &Visitor, body: &str) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(cookie) = &who.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        self.ask(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }
}
