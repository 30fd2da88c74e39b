//! What every test of taking over a feed needs.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on has failed; a skipped one says so"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use throughline_app::directory_import::{self, Import, ImportError, Report};
use throughline_app::directory_source::{FromBytes, Source};
use throughline_app::{App, Settings};
use throughline_core::id::OrganisationId;
use throughline_core::nation::Nation;
use throughline_core::pack::Packs;
use throughline_core::role::Role;
use throughline_exchange::inbound::Limits;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::NewAccount;
use throughline_store::setup::OrganisationKind;
use throughline_testkit::actor::proved;
use throughline_testkit::db::TestStore;

pub async fn office(world: &TestStore) -> (App, OrganisationId, Actor) {
    let settings = Settings {
        base_url: "http://localhost".into(),
        mail_from: "noreply@example.org".into(),
        call: Some("01632 960123".to_owned()),
        node: "test".into(),
        demo: true,
    };
    let app = App::new(world.store.clone(), Packs::embedded().unwrap(), settings).unwrap();
    let (organisation, steward) = world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let kind = OrganisationKind::Council;
                let ours = w
                    .installation_create("Ours", kind, Nation::England, true)
                    .await?;
                let new = NewAccount {
                    organisation: ours.id,
                    site: None,
                    role: Role::DirectorySteward,
                    name: "A steward",
                    email: "one@example.org",
                    password: None,
                };
                let account = w.account_create(&new).await?;
                Ok((ours.id, proved(account.actor(), w.now())))
            })
        })
        .await
        .unwrap();
    (app, organisation, steward)
}

pub async fn take(
    app: &App,
    actor: &Actor,
    organisation: OrganisationId,
    source: impl Source + 'static,
    dry_run: bool,
) -> Result<Report, ImportError> {
    let import = Import {
        organisation,
        feed: "council",
        location: "a test",
        dry_run,
        limits: Limits::default(),
    };
    let source: Arc<dyn Source> = Arc::new(source);
    directory_import::import(app, actor, &import, &source, &|_| {}).await
}

pub fn bytes(text: &str) -> FromBytes {
    FromBytes(Arc::from(text.as_bytes()))
}

pub fn real(path: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/data/directory").join(path))
        .find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: shared/data/directory/{path} is not here");
    }
    found
}

pub fn adds_up(report: &Report) {
    let sum = report.added + report.changed + report.unchanged + report.quarantined;
    assert_eq!(report.read, sum);
}
