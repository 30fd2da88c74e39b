//! From a configuration to a running system.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use throughline_app::{App, Settings};
use throughline_core::env::Env;
use throughline_core::pack::Packs;
use throughline_find::Knowledge;
use throughline_store::{Durability, Error, Keys, Store};

use crate::config::Config;
use crate::envs;
use crate::key_file;
use crate::report::Failure;

/// The policy packs: the ones in the configured folder, else the ones that come with the program.
pub fn packs(config: &Config) -> Result<Packs, Failure> {
    let wrong = |problem: String| Failure::input(format!("the policy packs: {problem}"));
    let Some(folder) = &config.policy.packs else {
        return Packs::embedded().map_err(|error| wrong(error.to_string()));
    };
    let entries = std::fs::read_dir(folder)
        .map_err(|error| wrong(format!("{} cannot be read ({error})", folder.display())))?;
    let mut files: Vec<_> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    let texts = files
        .iter()
        .map(|path| {
            std::fs::read_to_string(path)
                .map_err(|error| wrong(format!("{} cannot be read ({error})", path.display())))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    Packs::parse(&texts).map_err(|error| wrong(error.to_string()))
}

/// Opens the database with the machine's clock and entropy.
pub async fn store(config: &Config) -> Result<Store, Failure> {
    store_with(config, envs::system(), Durability::Full).await
}

/// How long closing waits.
const CLOSING: Duration = Duration::from_secs(5);

/// What this process has opened: [`close`] closes it.
static OPENED: Mutex<Vec<Store>> = Mutex::new(Vec::new());

/// Closes what was opened, whatever came of the command. A SQLite database whose last connection is closed so is one file:
/// whoever copies it between two commands copies all of it. A job of this process that still holds a connection is waited for no
/// longer than [`CLOSING`]: what it had not committed is undone by the database.
pub async fn close() {
    let opened = std::mem::take(&mut *OPENED.lock().unwrap_or_else(PoisonError::into_inner));
    for store in opened {
        // Too late is no failure: the process ends, and every connection with it.
        let _ = tokio::time::timeout(CLOSING, store.disconnect()).await;
    }
}

/// Opens the database with given surroundings.
pub async fn store_with(
    config: &Config,
    env: Env,
    durability: Durability,
) -> Result<Store, Failure> {
    let store = connected(config, env, durability).await?;
    OPENED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(store.clone());
    Ok(store)
}

async fn connected(config: &Config, env: Env, durability: Durability) -> Result<Store, Failure> {
    let keys = Keys::new(key_file::read(&config.keys.file)?);
    if let Some(path) = &config.database.sqlite {
        return Ok(Store::sqlite(path, env, keys, durability).await?);
    }
    let url = match (&config.database.postgres, &config.database.postgres_file) {
        (Some(url), _) => url.clone(),
        (None, Some(file)) => std::fs::read_to_string(file)
            .map_err(|error| {
                Failure::failed(format!(
                    "the file {} with the address of the database cannot be read ({error})",
                    file.display()
                ))
            })?
            .trim()
            .to_owned(),
        (None, None) => return Err(Failure::input("[database] names no database")),
    };
    Ok(Store::postgres(&url, env, keys, config.database.connections).await?)
}

/// What is said of a database without tables.
pub fn not_migrated() -> Failure {
    Failure::failed(
        "the database is not at this version. Nothing was changed. Run `throughline migrate` first.",
    )
}

/// What must be so before anything is done with a database: its tables are those of this version, and its audit record
/// continues what was signed. An older copy that was put back is found here, before anybody works on it.
pub async fn sound(config: &Config, store: &Store) -> Result<(), Failure> {
    store.schema_check().await.map_err(|error| {
        Failure::failed(format!(
            "{error}. Run `throughline migrate`; if that finds nothing to do, somebody altered the tables."
        ))
    })?;
    let Some(folder) = &config.jobs.checkpoints else {
        return Ok(());
    };
    store.checkpoints_in(folder);
    store.startup_check(folder).await.map_err(|error| match error {
        Error::Integrity(problem) => Failure::failed(format!(
            "the audit record does not continue what was signed in {}: {problem}. Nothing was changed. Do not repair: docs/OPERATIONS.md says what to do.",
            folder.display()
        )),
        error => error.into(),
    })
}

/// Keeps the room on the disk that the configuration names, beside a SQLite file.
pub fn keep_room(config: &Config, store: &Store) {
    if let Some(path) = &config.database.sqlite {
        // What could not be taken is said in the log, and looked for again every few seconds.
        store.keep_room(path, config.database.reserve_mb.saturating_mul(1 << 20));
    }
}

/// Joins everything. Errors when the database has no schema, is not sound, or nobody has set the installation up.
pub async fn app(config: &Config, store: Store) -> Result<Arc<App>, Failure> {
    let packs = packs(config)?;
    let installation = store
        .read(|r| Box::pin(r.installation()))
        .await
        .map_err(|_| not_migrated())?;
    sound(config, &store).await?;
    let settings = Settings {
        base_url: config.server.base_url.clone(),
        mail_from: config.mail.from.clone(),
        call: config.service.call.clone(),
        node: config.jobs.node.clone(),
        demo: installation.is_some_and(|installation| installation.demo),
    };
    let knowledge = Knowledge::with_gazetteer(crate::geo::gazetteer(config)?)
        .map_err(|error| Failure::failed(error.to_string()))?;
    let directory = throughline_app::directory_node::DirectoryNode::with(Arc::new(knowledge));
    let app = App {
        store,
        packs,
        directory,
        settings,
    };
    app.directory
        .refresh(&app.store)
        .await
        .map_err(|_| Failure::failed("the directory could not be read. Nothing was changed. Check the database and start again."))?;
    Ok(Arc::new(app))
}
