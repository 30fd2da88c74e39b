//! `bench journey`: pages and writes over HTTP against a server of its own, on a demo world in a temporary folder. CPU time is
//! the server's alone, as the system counts it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use throughline_app::access::{self, MakeClient};
use throughline_core::role::Role;
use throughline_identity::clients::secret_text;
use throughline_policy::{ActionKind, Actor, Purpose};
use throughline_testkit::visitor::{Answered, NoAnswer, Visitor};

use crate::config::Config;
use crate::open;
use crate::report::{Failure, Outcome, Report};

/// How large a run.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Invented people in the world.
    pub people: u32,
    /// Requests per case.
    pub requests: usize,
    /// Visitors at once.
    pub visitors: usize,
}

/// `throughline bench journey`.
pub async fn of_journey(size: Size) -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| cannot(&error))?;
    let world = folder.path().join("world");
    let begun = Instant::now();
    let people = size.people.to_string();
    let made = own()?
        .args([
            "demo",
            "--only-make",
            "--json",
            "--people",
            &people,
            "--data",
        ])
        .arg(&world)
        .output()
        .map_err(|error| cannot(&error))?;
    if !made.status.success() {
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        return Err(Failure::failed(format!("the world was not made: {said}")));
    }
    let made_s = begun.elapsed().as_secs_f64();
    let keys = secrets(&world).await?;
    tokio::task::spawn_blocking(move || measure(&world, &keys, size, made_s))
        .await
        .map_err(|error| cannot(&error))?
}

/// What a program needs to be let in, and where it opens cases.
struct Secrets {
    program: String,
    site: String,
    lead: String,
}

async fn secrets(world: &Path) -> Result<Secrets, Failure> {
    let store = open::store(&Config::folder(world)).await?;
    let people = store
        .work(&Actor::Public, Purpose::SignIn, |w| {
            Box::pin(w.demo_accounts())
        })
        .await?;
    let of = |role: Role| {
        let found = people.iter().find(|account| account.role == role);
        found.ok_or_else(|| Failure::failed("the world has not everyone that this needs"))
    };
    let (admin, lead) = (of(Role::Administrator)?, of(Role::WorkCoach)?);
    let actor = throughline_testkit::actor::proved(admin.actor(), store.env().now());
    let scopes = [
        ActionKind::CaseOpen,
        ActionKind::CaseRead,
        ActionKind::CaseChange,
        ActionKind::ReferralSend,
        ActionKind::ReferralRecord,
    ];
    let make = MakeClient {
        name: "Measuring",
        scopes: &scopes,
    };
    let (_, secret) = access::change(&store, &actor, &make).await?;
    let organisation = lead.organisation;
    let sites = store
        .read(|r| Box::pin(async move { r.sites(organisation).await }))
        .await?;
    let site = sites.iter().find(|site| Some(site.id) == lead.site);
    let site = site.ok_or_else(|| Failure::failed("the work coach has no site"))?;
    let secrets = Secrets {
        program: secret_text(&secret),
        site: site.reference.to_string(),
        lead: lead.reference.to_string(),
    };
    store.clone().close().await?;
    store.disconnect().await;
    Ok(secrets)
}

fn cannot(error: &dyn std::fmt::Display) -> Failure {
    Failure::failed(format!("this could not be measured: {error}"))
}

/// This program again.
fn own() -> Result<Command, Failure> {
    std::env::current_exe()
        .map(Command::new)
        .map_err(|error| cannot(&error))
}

/// A server that ends with the measuring.
struct Server {
    child: Child,
    base: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(world: &Path) -> Result<(Self, Duration), Failure> {
        let probe = std::net::TcpListener::bind("127.0.0.1:0").map_err(|error| cannot(&error))?;
        let port = probe.local_addr().map_err(|error| cannot(&error))?.port();
        drop(probe);
        let base = format!("http://127.0.0.1:{port}");
        let path =
            |name: &str| toml::Value::from(world.join(name).display().to_string()).to_string();
        // Each visitor comes from an address of their own, so that what stops machines does not stop the measuring.
        let text = format!(
            "[server]\nbind = \"127.0.0.1:{port}\"\nbase_url = \"{base}\"\nbehind_proxy = true\n[database]\nsqlite = {}\n[keys]\nfile = {}\n[mail]\nfolder = true\n[log]\nlevel = \"error\"\n",
            path("throughline.db"),
            path("root.key"),
        );
        let config: PathBuf = world.join("bench.toml");
        std::fs::write(&config, text).map_err(|error| cannot(&error))?;
        let begun = Instant::now();
        let child = own()?
            .arg("serve")
            .arg("--config")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| cannot(&error))?;
        let server = Self { child, base };
        let mut visitor = Visitor::new(&server.base);
        while visitor.get("/readyz").map_or(0, |answered| answered.status) != 200 {
            if begun.elapsed() > Duration::from_mins(2) {
                return Err(Failure::failed("the server was not ready in two minutes"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok((server, begun.elapsed()))
    }

    /// CPU time of the server so far, in milliseconds, where the system tells (Linux).
    fn cpu_ms(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // After the name in brackets: state, then numbers; user and system time are the 12th and 13th, in hundredths.
        let mut rest = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let user: f64 = rest.next()?.parse().ok()?;
        let system: f64 = rest.next()?.parse().ok()?;
        Some((user + system) * 10.0)
    }

    /// The most memory it held, in MiB.
    fn peak_mib(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
        let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib / 1024)
    }
}

/// One visitor's request: the n-th of a case.
type Ask<'a> = dyn Fn(&mut Visitor, usize) -> Result<Answered, NoAnswer> + Sync + 'a;

/// What one case came to.
struct Figures {
    name: &'static str,
    per_second: f64,
    times: Vec<Duration>,
    cpu_ms: Option<f64>,
    bytes: usize,
}

impl Figures {
    fn at(&self, share: usize) -> f64 {
        let last = self.times.len().saturating_sub(1);
        let at = (self.times.len() * share / 100).min(last);
        self.times
            .get(at)
            .map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }

    fn json(&self) -> Value {
        let round = |x: f64| (x * 100.0).round() / 100.0;
        json!({
            "case": self.name, "requests": self.times.len(), "per_second": round(self.per_second), "p50_ms": round(self.at(50)),
            "p95_ms": round(self.at(95)), "p99_ms": round(self.at(99)), "cpu_ms": self.cpu_ms.map(round), "bytes": self.bytes,
        })
    }

    fn line(&self) -> String {
        let cpu = self
            .cpu_ms
            .map_or_else(|| "-".to_owned(), |ms| format!("{ms:.2}"));
        format!(
            "{:<28} {:>9.0} {:>9.1} {:>9.1} {:>9.1} {:>11} {:>8}\n",
            self.name,
            self.per_second,
            self.at(50),
            self.at(95),
            self.at(99),
            cpu,
            self.bytes
        )
    }
}

/// Asks `requests` times with several visitors at once. Errors when anything but the wished-for status comes back.
fn run(
    server: &Server,
    name: &'static str,
    size: Size,
    wanted: u16,
    visitor: &Visitor,
    ask: &Ask<'_>,
) -> Result<Figures, Failure> {
    let (next, times, wrong, bytes) = (
        AtomicUsize::new(0),
        Mutex::new(Vec::with_capacity(size.requests)),
        Mutex::new(None),
        AtomicUsize::new(0),
    );
    let cpu = server.cpu_ms();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for at in 0..size.visitors {
            let (next, times, wrong, bytes) = (&next, &times, &wrong, &bytes);
            scope.spawn(move || {
                let mut mine = Vec::new();
                loop {
                    let n = next.fetch_add(1, Ordering::SeqCst);
                    if n >= size.requests {
                        break;
                    }
                    let address = format!("10.{at}.{}.{}", n / 250 % 250, n % 250);
                    let mut visitor = visitor.clone().from_address(&address);
                    let begun = Instant::now();
                    let answered = ask(&mut visitor, n);
                    mine.push(begun.elapsed());
                    match answered {
                        Ok(answered) if answered.status == wanted => {
                            bytes.store(answered.body.len(), Ordering::SeqCst);
                        }
                        Ok(answered) => {
                            let start: String = answered.body.chars().take(300).collect();
                            *locked(wrong) = Some(format!("{name}: {} {start}", answered.status));
                            break;
                        }
                        Err(error) => {
                            *locked(wrong) = Some(format!("{name}: {error}"));
                            break;
                        }
                    }
                }
                locked(times).extend(mine);
            });
        }
    });
    let took = begun.elapsed().as_secs_f64();
    if let Some(wrong) = locked(&wrong).take() {
        return Err(Failure::failed(wrong));
    }
    let mut times = std::mem::take(&mut *locked(&times));
    times.sort_unstable();
    let count = times.len().max(1);
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let count = count as f64;
    Ok(Figures {
        name,
        per_second: count / took,
        cpu_ms: server
            .cpu_ms()
            .zip(cpu)
            .map(|(after, before)| (after - before) / count),
        times,
        bytes: bytes.load(Ordering::SeqCst),
    })
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn signed_in(base: &str, name: &str) -> Result<Visitor, Failure> {
    let mut visitor = Visitor::new(base);
    match visitor.demo_sign_in(name) {
        Ok(true) => Ok(visitor),
        Ok(false) => Err(Failure::failed(format!("nobody signs in as {name}"))),
        Err(error) => Err(cannot(&error)),
    }
}

fn measure(world: &Path, secrets: &Secrets, size: Size, made_s: f64) -> Outcome {
    let (server, ready) = Server::start(world)?;
    let base = server.base.clone();
    let nobody = Visitor::new(&base);
    let mut coach = signed_in(&base, "Work coach")?;
    let partner = signed_in(&base, "Partner worker")?;
    let program = Visitor::program(&base, &secrets.program);
    let cases = coach.get("/cases").map_err(|error| cannot(&error))?;
    let case = cases
        .after("href=\"/cases/")
        .filter(|case| case.len() == 26);
    let case = format!(
        "/cases/{}",
        case.ok_or_else(|| Failure::failed("the coach has no case"))?
    );
    let form = coach.get("/find").map_err(|error| cannot(&error))?;
    let public = nobody
        .clone()
        .get("/find-help")
        .map_err(|error| cannot(&error))?;
    let question = [("need", "debt"), ("place", "SE15 4QL")];

    let mut all = Vec::new();
    let mut page = |name, visitor: &Visitor, path: &str| {
        all.push(run(
            &server,
            name,
            size,
            200,
            visitor,
            &|v: &mut Visitor, _| v.get(path),
        )?);
        Ok::<(), Failure>(())
    };
    page("sign-in page", &nobody, "/sign-in")?;
    page("today", &coach, "/today")?;
    page("caseload", &coach, "/cases")?;
    page("a case", &coach, &case)?;
    page("a partner's inbox", &partner, "/inbox")?;
    let mut ask = |name, wanted, visitor: &Visitor, ask: &Ask<'_>| {
        all.push(run(&server, name, size, wanted, visitor, ask)?);
        Ok::<(), Failure>(())
    };
    ask("find, public page", 200, &nobody, &|v, _| {
        v.send("/find-help", &public, &question)
    })?;
    ask("find, worker's page", 200, &coach, &|v, _| {
        v.send("/find", &form, &question)
    })?;
    let told = json!({ "circumstances": { "needs": ["debt"], "postcode": "SE15 4QL" } });
    ask("find, API", 200, &nobody, &|v, _| {
        v.send_json("/api/v1/find", &[], &told)
    })?;

    let found = nobody
        .clone()
        .send_json("/api/v1/find", &[], &told)
        .map_err(|error| cannot(&error))?;
    let service = found
        .json()
        .pointer("/results/0/service")
        .cloned()
        .unwrap_or_default();
    let opened = Mutex::new(vec![String::new(); size.requests]);
    ask("write: open a case", 201, &program, &|v, n| {
        let key = format!("bench-case-{n}");
        let body = json!({ "site": secrets.site, "lead": secrets.lead, "person": { "chosen": format!("Measure {n}") } });
        let made = v.send_json("/api/v1/cases", &[("idempotency-key", &key)], &body)?;
        if let Some(place) = locked(&opened).get_mut(n) {
            made.json()
                .get("reference")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .clone_into(place);
        }
        Ok(made)
    })?;
    let opened = locked(&opened).clone();
    let of = |n: usize| opened.get(n).map_or("", String::as_str);
    ask("write: own words", 201, &program, &|v, n| {
        let key = format!("bench-words-{n}");
        let path = format!("/api/v1/cases/{}/statement", of(n));
        v.send_json(
            &path,
            &[("idempotency-key", &key)],
            &json!({ "words": "I owe rent.\nI want to stay." }),
        )
    })?;
    ask("write: send a referral", 201, &program, &|v, n| {
        let key = format!("bench-send-{n}");
        let path = format!("/api/v1/cases/{}/referrals", of(n));
        let body = json!({
            "service": service, "need": "debt", "items": ["chosen_name", "statement"], "struck": [2], "statement": 1,
            "how": "spoken", "basis": "consent_6_1_a", "art9": "explicit_consent_9_2_a", "seen_alone": true,
        });
        v.send_json(&path, &[("idempotency-key", &key)], &body)
    })?;

    let mut text = format!(
        "{} people; the world was made in {made_s:.1} s; ready {} ms after start; {} visitors at once\n\n{:<28} {:>9} {:>9} {:>9} {:>9} {:>11} {:>8}\n",
        size.people,
        ready.as_millis(),
        size.visitors,
        "",
        "per s",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "CPU ms each",
        "bytes"
    );
    for one in &all {
        text.push_str(&one.line());
    }
    let peak = server.peak_mib();
    if let Some(peak) = peak {
        let _ = writeln!(text, "\nThe server held {peak} MiB at most.");
    }
    let json = json!({
        "people": size.people, "made_s": (made_s * 10.0).round() / 10.0, "ready_ms": ready.as_millis(), "visitors": size.visitors,
        "peak_mib": peak, "cases": all.iter().map(Figures::json).collect::<Vec<_>>(),
    });
    Ok(Report::new(text, json))
}
