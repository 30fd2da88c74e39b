//! Programs of two organisations in the town of the tests: one sends, the other answers.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::Value;
use throughline_app::access::{MakeClient, change};
use throughline_core::id::OrganisationId;
use throughline_core::role::Role;
use throughline_identity::{Identity, clients};
use throughline_policy::{ActionKind as A, Actor, Purpose};
use throughline_store::account::NewAccount;
use throughline_testkit::actor::proved;
use throughline_testkit::db::TestStore;
use throughline_web::{Settings, Web, shell};
use tower::ServiceExt as _;

use crate::town::{Town, town};

pub struct Program {
    pub router: Router,
    pub bearer: String,
}

pub struct Said {
    pub status: StatusCode,
    pub etag: String,
    pub kind: String,
    pub body: Value,
}

impl Program {
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Said {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.bearer));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let response = self
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let text = |name: header::HeaderName| {
            let value = response.headers().get(name);
            value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
        };
        let (status, etag) = (response.status(), text(header::ETAG));
        let kind = text(header::CONTENT_TYPE);
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Said {
            status,
            etag,
            kind,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }

    pub async fn get(&self, path: &str) -> Said {
        self.ask("GET", path, &[], None).await
    }

    /// A change of what was seen with this tag.
    pub async fn post(&self, path: &str, seen: &str, body: Option<Value>) -> Said {
        self.ask("POST", path, &[("if-match", seen)], body).await
    }
}

/// A program of an organisation, made by its administrator.
pub async fn program(
    world: &TestStore,
    web: &Web,
    organisation: OrganisationId,
    email: &str,
    scopes: &[A],
) -> Program {
    let made = world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let new = NewAccount {
                    organisation,
                    site: None,
                    role: Role::Administrator,
                    name: "Ada",
                    email,
                    password: None,
                };
                w.account_create(&new).await
            })
        })
        .await
        .unwrap();
    let proved = proved(made.actor(), world.env.now());
    let make = MakeClient {
        name: "A program",
        scopes,
    };
    let (_, secret) = change(&world.store, &proved, &make).await.unwrap();
    Program {
        router: shell::router(web),
        bearer: clients::secret_text(&secret),
    }
}

/// The town with a program of the sender and one of the service that answers.
pub async fn programs(world: &TestStore) -> (Town, Program, Program) {
    let town = town(world).await;
    let web = web(world, &town);
    let (from, to) = (town.coach.organisation, town.partner.organisation);
    let ours = sender(world, &web, from).await;
    let theirs = receiver(world, &web, to).await;
    (town, ours, theirs)
}

/// The pages and the API of the town.
pub fn web(world: &TestStore, town: &Town) -> Web {
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
    Web::new(Arc::new(app), identity, settings, None)
}

/// What a program that sends may do.
pub const SENDS: &[A] = &[
    A::CaseRead,
    A::CaseChange,
    A::CaseLookers,
    A::TaskList,
    A::ReferralSend,
    A::ReferralRead,
    A::ReferralRecord,
];

/// A program that sends for an organisation.
pub async fn sender(world: &TestStore, web: &Web, organisation: OrganisationId) -> Program {
    program(world, web, organisation, "ada@example.org", SENDS).await
}

/// A program that answers for an organisation.
pub async fn receiver(world: &TestStore, web: &Web, organisation: OrganisationId) -> Program {
    let scopes = [
        A::ReferralReceive,
        A::PacketRead,
        A::ReferralAnswer,
        A::OutcomeRecord,
    ];
    program(world, web, organisation, "ada@harbour.example", &scopes).await
}
