//! `audit verify`, `backup`, `restore`, `keys`.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use serde_json::json;
use throughline_seal::shares::{Share, recover, split};
use throughline_store::Store;
use throughline_store::backup::restore as put_back;

use crate::command::{KeysCommand, Place};
use crate::config::Config;
use crate::report::{Failure, Outcome, Report};
use crate::{envs, key_file, open};

/// The part of docs/OPERATIONS.md that says how a PostgreSQL database is copied and put back.
const POSTGRES: &str = "Backups of PostgreSQL";

/// `throughline audit verify`. `checkpoints` is a folder in place of the configured one.
pub async fn verify(place: &Place, checkpoints: Option<&Path>) -> Outcome {
    let config = Config::of(place)?;
    if let Some(folder) = checkpoints.filter(|folder| !folder.is_dir()) {
        return Err(Failure::input(format!(
            "there is no folder {}. Nothing was compared.",
            folder.display()
        )));
    }
    let store = open::store(&config).await?;
    let found = store
        .audit_verify(checkpoints.or(config.jobs.checkpoints.as_deref()))
        .await?;
    // Only what was signed elsewhere tells the record from an older copy of itself.
    let compared = found
        .logs
        .iter()
        .all(|log| log.entries == 0 || log.checkpoints > 0);
    let mut text = String::new();
    for log in &found.logs {
        let _ = writeln!(
            text,
            "{} entries, root {}, compared with {} checkpoints",
            log.entries, log.root, log.checkpoints
        );
    }
    for problem in found.all_problems() {
        let _ = writeln!(text, "PROBLEM {problem}");
    }
    if !found.disk_checked {
        text.push_str("This PostgreSQL was made without checksums: what its disk changes by itself is not noticed (docs/OPERATIONS.md).\n");
    }
    text.push_str(match (found.ok(), compared) {
        (true, true) => "The record is whole.",
        (true, false) => "Every entry fits the next. But not every log has a checkpoint to be compared with: nothing tells it from an older copy of itself. Name a witness's copies with --checkpoints.",
        (false, _) => "The record is NOT whole. Do not restart and do not repair: docs/OPERATIONS.md says what to do.",
    });
    let logs: Vec<_> = found
        .logs
        .iter()
        .map(|log| json!({ "organisation": log.reference, "entries": log.entries, "root": log.root, "checkpoints": log.checkpoints, "more_problems": log.more_problems }))
        .collect();
    let problems: Vec<String> = found.all_problems().map(ToString::to_string).collect();
    Ok(Report::new(
        text,
        json!({ "ok": found.ok(), "compared": compared, "disk_checked": found.disk_checked, "logs": logs, "problems": problems }),
    )
    .but_wrong(!found.ok()))
}

fn checkpoints(config: &Config) -> Result<&Path, Failure> {
    config
        .jobs
        .checkpoints
        .as_deref()
        .ok_or_else(|| Failure::input("[jobs] checkpoints names no folder: a backup without its checkpoint could not be told from an old copy"))
}

/// `throughline backup`.
pub async fn backup(place: &Place, out: &Path) -> Outcome {
    let config = Config::of(place)?;
    if config.database.sqlite.is_none() {
        return Err(Failure::input(format!(
            "this database is PostgreSQL: copy it with pg_dump, as docs/OPERATIONS.md says under \"{POSTGRES}\". Nothing was written."
        )));
    }
    let store = open::store(&config).await?;
    std::fs::create_dir_all(checkpoints(&config)?).map_err(|error| {
        Failure::failed(format!(
            "the folder for checkpoints cannot be made ({error})"
        ))
    })?;
    if let Some(parent) = out.parent() {
        std::fs::create_dir_all(parent).map_err(|error| {
            Failure::failed(format!("{} cannot be made ({error})", parent.display()))
        })?;
    }
    let manifest = store.backup(out, checkpoints(&config)?).await?;
    Ok(Report::new(
        format!(
            "A backup is in {}. Copy it to another place.",
            out.display()
        ),
        json!({ "folder": out, "manifest": manifest }),
    ))
}

/// `throughline restore`. Whoever was erased since the backup was made is erased again before anybody sees them: as far as
/// `erased`, the newest list of them, or the backup's own says.
pub async fn restore(place: &Place, from: &Path, erased: Option<&Path>) -> Outcome {
    let config = Config::of(place)?;
    let Some(database) = &config.database.sqlite else {
        return Err(Failure::input(format!(
            "this database is PostgreSQL: put the copy back with pg_restore, as docs/OPERATIONS.md says under \"{POSTGRES}\". Nothing was changed."
        )));
    };
    if database.exists() {
        return Err(Failure::input(format!(
            "there is a database at {}. Nothing was changed. Restore into an empty place.",
            database.display()
        )));
    }
    let keys = key_file::read(&config.keys.file)?;
    let to = checkpoints(&config)?;
    let evidence = std::fs::read_dir(to).is_ok_and(|mut files| files.next().is_some());
    if evidence {
        return Err(Failure::input(format!(
            "there are checkpoints in {}: they say what is missing from an older copy. Nothing was changed. Move that folder aside and keep it.",
            to.display()
        )));
    }
    let made = |path: &Path| {
        std::fs::create_dir_all(path).map_err(|error| {
            Failure::failed(format!("{} cannot be made ({error})", path.display()))
        })
    };
    made(to)?;
    if let Some(folder) = database.parent() {
        made(folder)?;
    }
    if let Some(list) = erased.filter(|list| !list.is_file()) {
        return Err(Failure::input(format!(
            "there is no list {}. Nothing was changed.",
            list.display()
        )));
    }
    let manifest = put_back(from, database, to, &keys).await?;
    let mut text =
        "The backup was put back and fits its manifest. Now run `throughline audit verify`."
            .to_owned();
    match erased {
        Some(list) => Store::erasures_join(list, to).await?,
        None => text.push_str(
            "\nWhoever was erased after it was made may be in it: give the newest list with --erased, or copy it into the folder of checkpoints before anybody works with it.",
        ),
    }
    let store = open::store(&config).await?;
    let again = store.erasures_settle(to).await?;
    if again > 0 {
        let _ = write!(
            text,
            "\n{again} people who had been erased were erased again."
        );
    }
    store.erasures_purge().await?;
    Ok(Report::new(
        text,
        json!({ "manifest": manifest, "erased_again": again }),
    ))
}

/// `throughline shred`.
pub async fn shred(place: &Place) -> Outcome {
    let config = Config::of(place)?;
    let store = open::store(&config).await?;
    open::sound(&config, &store).await?;
    let done = store.erasures_purge().await?;
    let text = if done == 0 {
        "Nothing was erased since the last time.".to_owned()
    } else {
        format!(
            "What {done} erasures left in free space was overwritten. Backups from before are yours to delete: the page of each erasure names them."
        )
    };
    Ok(Report::new(text, json!({ "erasures": done })))
}

/// `throughline keys`.
pub async fn keys(place: &Place, command: &KeysCommand) -> Outcome {
    let config = Config::of(place)?;
    match command {
        KeysCommand::Split { needed, total } => {
            let ring = key_file::read(&config.keys.file)?;
            let shares = split(ring.current(), *needed, *total, &envs::system())
                .map_err(|error| Failure::input(error.to_string()))?;
            let texts: Vec<String> = shares.iter().map(Share::to_text).collect();
            let text = format!(
                "Give each share to another person. Any {needed} of them make the key; fewer say nothing.\n\n{}",
                texts.join("\n\n")
            );
            Ok(Report::new(
                text,
                json!({ "needed": needed, "shares": texts }),
            ))
        }
        KeysCommand::Recover => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| Failure::input(format!("the shares cannot be read ({error})")))?;
            let shares = text
                .split("\n\n")
                .map(str::trim)
                .filter(|share| !share.is_empty())
                .map(|share| {
                    Share::from_text(share).map_err(|error| Failure::input(error.to_string()))
                })
                .collect::<Result<Vec<_>, _>>()?;
            let key = recover(&shares).map_err(|error| Failure::input(error.to_string()))?;
            key_file::write(&config.keys.file, &key_file::text(&key))?;
            Ok(Report::new(
                format!("The key {} is in {}.", key.id(), config.keys.file.display()),
                json!({ "key": key.id() }),
            ))
        }
        KeysCommand::Rotate => {
            let store = open::store(&config).await?;
            let done = store.keys_rotate().await?;
            let text = format!(
                "{} keys are wrapped under the current root key now. The older keys may leave the key file once no backup needs them.",
                done.organisation_keys
            );
            Ok(Report::new(
                text,
                json!({ "organisation_keys": done.organisation_keys, "accounts": done.accounts }),
            ))
        }
    }
}
