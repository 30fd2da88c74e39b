//! The service with a directory from a feed, asked by anyone.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use throughline_app::App;
use throughline_app::directory_import::{self, Import};
use throughline_app::directory_source::{FromBytes, Source};
use throughline_core::nation::Nation;
use throughline_core::pack::Packs;
use throughline_exchange::inbound::Limits;
use throughline_identity::Identity;
use throughline_policy::{Actor, Purpose};
use throughline_store::setup::OrganisationKind;
use throughline_testkit::db::TestStore;
use throughline_web::{Settings, Web, shell};
use tower::ServiceExt as _;

/// The whole service, with a directory that was read from this feed.
pub async fn site_of(world: &TestStore, feed: &str) -> Router {
    let settings = throughline_app::Settings {
        base_url: "http://localhost".into(),
        mail_from: "noreply@example.org".into(),
        call: Some("01632 960123".to_owned()),
        node: "test".into(),
        demo: true,
    };
    let app = App::new(world.store.clone(), Packs::embedded().unwrap(), settings).unwrap();
    let organisation = world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let kind = OrganisationKind::Council;
                let ours = w
                    .installation_create("Ours", kind, Nation::England, true)
                    .await?;
                Ok(ours.id)
            })
        })
        .await
        .unwrap();
    let import = Import {
        organisation,
        feed: "council",
        location: "a test",
        dry_run: false,
        limits: Limits::default(),
    };
    let source: Arc<dyn Source> = Arc::new(FromBytes(Arc::from(feed.as_bytes())));
    let system = Actor::System { organisation };
    directory_import::import(&app, &system, &import, &source, &|_| {})
        .await
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
    shell::router(&Web::new(Arc::new(app), identity, settings, None))
}

pub async fn ask(router: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, headers, String::from_utf8(body.to_vec()).unwrap())
}

pub async fn get(router: &Router, path: &str) -> (StatusCode, HeaderMap, String) {
    ask(router, Request::get(path).body(Body::empty()).unwrap()).await
}

pub async fn post(router: &Router, path: &str, body: &str) -> (StatusCode, String) {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body.to_owned()))
        .unwrap();
    let (status, _, page) = ask(router, request).await;
    (status, page)
}
