//! `bench audit`: how many audited looks a second several writers come to, and how long the whole record takes to check. It makes an
//! installation of its own: in a temporary folder, or in an empty PostgreSQL database that is named for it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use serde_json::json;
use throughline_app::conversation::PersonSheet;
use throughline_app::{App, Settings, case};
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::pack::Packs;
use throughline_core::role::Role;
use throughline_policy::action::CaseRead;
use throughline_policy::{Actor, Purpose};
use throughline_seal::{Keyring, RootKey};
use throughline_store::account::NewAccount;
use throughline_store::setup::OrganisationKind;
use throughline_store::{Durability, Keys, Store, Work};

use crate::envs;
use crate::report::{Failure, Outcome, Report};

/// Cases of each organisation. More than the looks at one record that are noted as one.
const CASES: usize = 100;
/// Looks in one unit of work while the record is filled.
const AT_ONCE: u64 = 500;

/// How large a run.
#[derive(Debug, Clone)]
pub struct Size {
    /// Entries in the record when it is checked.
    pub entries: u64,
    /// Writers at once.
    pub writers: usize,
    /// Looks that are measured, each a unit of work of its own.
    pub looks: usize,
    /// A file that holds the address of an empty PostgreSQL database; without it, SQLite.
    pub postgres_file: Option<PathBuf>,
}

/// Who looks, and at what.
#[derive(Debug, Clone)]
struct Looker {
    actor: Actor,
    cases: Vec<Ref>,
}

/// What some looks came to.
struct Figures {
    per_second: f64,
    times: Vec<Duration>,
}

impl Figures {
    fn at(&self, share: usize) -> f64 {
        let last = self.times.len().saturating_sub(1);
        let at = (self.times.len() * share / 100).min(last);
        self.times
            .get(at)
            .map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }

    fn json(&self) -> serde_json::Value {
        let round = |x: f64| (x * 100.0).round() / 100.0;
        json!({ "per_second": round(self.per_second), "p50_ms": round(self.at(50)), "p99_ms": round(self.at(99)) })
    }

    fn words(&self) -> String {
        format!(
            "{:.0} a second, median {:.1} ms, 99 % {:.1} ms",
            self.per_second,
            self.at(50),
            self.at(99)
        )
    }
}

/// `throughline bench audit`.
pub async fn of_audit(size: &Size) -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| Failure::failed(error.to_string()))?;
    let store = open(folder.path(), size).await?;
    store.migrate().await?;
    if store.read(|r| Box::pin(r.installation())).await?.is_some() {
        return Err(Failure::input(
            "this database holds an installation. Nothing was changed. Measuring needs an empty one.",
        ));
    }
    let settings = Settings {
        base_url: "http://127.0.0.1:8080".to_owned(),
        mail_from: "no-reply@example.org".to_owned(),
        call: Some("01632 960123".to_owned()),
        node: "bench".to_owned(),
        demo: true,
    };
    let packs = Packs::embedded().map_err(|error| Failure::failed(error.to_string()))?;
    let app = App::new(store.clone(), packs, settings)?;
    let lookers = lookers(&app, size.writers.max(1)).await?;
    let Some(first) = lookers.first() else {
        return Err(Failure::failed("nobody looks"));
    };
    let share = size.looks.div_ceil(lookers.len());
    let one_log = vec![first.clone(); lookers.len()];
    let together = look(&store, &one_log, share).await?;
    let apart = look(&store, &lookers, share).await?;
    fill(&store, first, size.entries).await?;
    let begun = Instant::now();
    let report = store.audit_verify(None).await?;
    let checked = begun.elapsed();
    let entries: u64 = report.logs.iter().map(|log| log.entries).sum();
    let engine = if store.is_sqlite() {
        "SQLite"
    } else {
        "PostgreSQL"
    };
    let text = format!(
        "{engine}, {} writers. In one record: {}. In a record each: {}. {entries} entries checked in {:.1} s.",
        lookers.len(),
        together.words(),
        apart.words(),
        checked.as_secs_f64()
    );
    let json = json!({
        "engine": engine, "writers": lookers.len(), "looks": share * lookers.len(), "one_record": together.json(),
        "a_record_each": apart.json(), "entries": entries, "check_ms": checked.as_millis(), "whole": report.ok(),
    });
    Ok(Report::new(text, json).but_wrong(!report.ok()))
}

async fn open(folder: &Path, size: &Size) -> Result<Store, Failure> {
    let env = envs::system();
    let keys = Keys::new(Keyring::new(RootKey::generate(&env), []));
    let Some(file) = &size.postgres_file else {
        let path = folder.join("throughline.db");
        return Ok(Store::sqlite(&path, env, keys, Durability::Full).await?);
    };
    let url = std::fs::read_to_string(file)
        .map_err(|error| Failure::input(format!("{} cannot be read ({error})", file.display())))?;
    let connections = u32::try_from(size.writers).unwrap_or(u32::MAX).max(2);
    Ok(Store::postgres(url.trim(), env, keys, connections).await?)
}

/// An organisation for each, with somebody who works there and leads some cases.
async fn lookers(app: &App, count: usize) -> Result<Vec<Looker>, Failure> {
    let accounts = app
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(staff(w, count))
        })
        .await?;
    let mut lookers = Vec::new();
    for actor in accounts {
        let mut cases = Vec::new();
        for n in 0..CASES {
            let person = PersonSheet {
                chosen: format!("Measure {n}"),
                given: None,
                family: None,
                born: None,
                age_band: None,
                language: None,
                interpreter: None,
                access: Vec::new(),
            };
            cases.push(case::open(app, &actor, &person).await?);
        }
        lookers.push(Looker { actor, cases });
    }
    Ok(lookers)
}

async fn staff(w: &mut Work<'_>, count: usize) -> throughline_store::Result<Vec<Actor>> {
    let (kind, nation) = (OrganisationKind::Jobcentre, Nation::England);
    let mut actors = Vec::new();
    for n in 0..count {
        let name = format!("Measured office {n}");
        let organisation = if n == 0 {
            w.installation_create(&name, kind, nation, true).await?.id
        } else {
            w.organisation_create(&name, kind, nation).await?.id
        };
        let site = w
            .site_create(organisation, &name, None, nation, true)
            .await?;
        let new = NewAccount {
            organisation,
            site: Some(site.id),
            role: Role::WorkCoach,
            name: &name,
            email: &format!("office.{n}@example.org"),
            password: None,
        };
        actors.push(w.account_create(&new).await?.actor());
    }
    Ok(actors)
}

/// Each looks `share` times, all at once; each look is a unit of work of its own, on disk before it is done.
async fn look(store: &Store, lookers: &[Looker], share: usize) -> Result<Figures, Failure> {
    let begun = Instant::now();
    let mut under_way = tokio::task::JoinSet::new();
    for looker in lookers {
        let (store, looker) = (store.clone(), looker.clone());
        under_way.spawn(async move {
            let mut times = Vec::with_capacity(share);
            for case in looker.cases.iter().cycle().take(share) {
                let begun = Instant::now();
                one(&store, &looker.actor, std::slice::from_ref(case)).await?;
                times.push(begun.elapsed());
            }
            Ok::<_, throughline_store::Error>(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = under_way.join_next().await {
        times.extend(done.map_err(|error| Failure::failed(error.to_string()))??);
    }
    let took = begun.elapsed().as_secs_f64();
    times.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let count = times.len() as f64;
    Ok(Figures {
        per_second: count / took,
        times,
    })
}

/// One unit of work in which each of the cases is read.
async fn one(store: &Store, actor: &Actor, cases: &[Ref]) -> throughline_store::Result<()> {
    store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                for case in cases {
                    let facts = w.case_facts(*case).await?;
                    let permit = w.permit_found::<CaseRead>(facts)?;
                    w.case_read(&permit).await?;
                }
                Ok(())
            })
        })
        .await
}

/// Looks until the record has so many entries, many looks to a unit of work.
async fn fill(store: &Store, looker: &Looker, entries: u64) -> Result<(), Failure> {
    let bar = ProgressBar::new(entries);
    let mut cases = looker.cases.iter().cycle().copied();
    let mut there = 0;
    while there < entries {
        let more = AT_ONCE.min(entries - there);
        let some: Vec<Ref> = cases
            .by_ref()
            .take(usize::try_from(more).unwrap_or(usize::MAX))
            .collect();
        one(store, &looker.actor, &some).await?;
        there += more;
        bar.set_position(there);
    }
    bar.finish_and_clear();
    Ok(())
}
