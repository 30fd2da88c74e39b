//! A server of one's own: the program itself, on a test's database, until it is killed.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use throughline_app::access::{self, MakeClient};
use throughline_core::role::Role;
use throughline_core::time::At;
use throughline_policy::{ActionKind, Actor, Purpose};
use throughline_seal::RootKey;
use throughline_store::account::NewAccount;
use throughline_testkit::db::TestStore;
use throughline_testkit::env::{seeded, test_start};
use throughline_testkit::visitor::Visitor;

/// What the clock of this machine shows: a program that is started sees it, whatever a test's own clock says.
#[expect(clippy::disallowed_methods, reason = "the time that the program sees")]
pub fn now() -> At {
    At::from(jiff::Timestamp::now())
}

/// A port nobody listens on, as far as the system knows.
pub fn free_port() -> u16 {
    let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    probe.local_addr().unwrap().port()
}

/// Writes the configuration of a server on this world's database, with `more` at its end.
pub fn configuration(world: &TestStore, folder: &Path, port: u16, more: &str) -> PathBuf {
    let (env, _) = seeded(7, test_start());
    let key = folder.join("root.key");
    std::fs::write(&key, format!("{}\n", RootKey::generate(&env).to_text())).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o400)).unwrap();
    let database = match (world.sqlite_path(), world.postgres_url()) {
        (Some(path), _) => format!("sqlite = {:?}", path.to_str().unwrap()),
        (None, Some(url)) => format!("postgres = {url:?}"),
        (None, None) => String::new(),
    };
    let text = format!(
        "[server]\nbind = \"127.0.0.1:{port}\"\nbase_url = \"http://127.0.0.1:{port}\"\n[database]\n{database}\n[keys]\nfile = {:?}\n[jobs]\ncheckpoints = {:?}\n{more}",
        key.to_str().unwrap(),
        folder.join("checkpoints").to_str().unwrap(),
    );
    let file = folder.join("throughline.toml");
    std::fs::write(&file, text).unwrap();
    file
}

/// A server that is gone when the test is, however that ends.
pub struct Server(Child);

impl Server {
    /// Whether the system would write this process's memory to a file if it failed; `None` where that cannot be known.
    pub fn may_be_dumped(&self) -> Option<bool> {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", self.0.id())).ok()?;
        let line = limits.lines().find(|line| line.starts_with("Max core"))?;
        let most = line.split_whitespace().nth(5)?;
        Some(most != "0")
    }

    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts it and waits until it is ready; gives how long that took. Its log goes beside its configuration.
pub fn start(config: &Path, base: &str) -> (Server, Duration) {
    let begun = Instant::now();
    let log = std::fs::File::create(config.with_extension("log")).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_throughline"))
        .args(["serve", "--config", config.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::from(log))
        .spawn()
        .unwrap();
    let server = Server(child);
    let mut visitor = Visitor::new(base);
    while visitor.get("/readyz").map_or(0, |answered| answered.status) != 200 {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "not ready in a minute"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    (server, begun.elapsed())
}

/// A program of this organisation, with what it may do; gives its secret.
pub async fn program(
    world: &TestStore,
    organisation: throughline_core::id::OrganisationId,
    scopes: &[ActionKind],
) -> String {
    let organisation = &organisation;
    let administrator = world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let new = NewAccount {
                    organisation: *organisation,
                    site: None,
                    role: Role::Administrator,
                    name: "Admin",
                    email: &format!("admin-{}@example.org", organisation.uuid()),
                    password: None,
                };
                w.account_create(&new).await
            })
        })
        .await
        .unwrap();
    let actor = throughline_testkit::actor::proved(administrator.actor(), world.env.now());
    let make = MakeClient {
        name: "A case system",
        scopes,
    };
    let (_, secret) = access::change(&world.store, &actor, &make).await.unwrap();
    throughline_identity::clients::secret_text(&secret)
}
