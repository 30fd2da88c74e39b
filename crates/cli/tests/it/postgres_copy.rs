//! What docs/OPERATIONS.md says under "Backups of PostgreSQL", done: a copy with pg_dump, put back into another database with the
//! key from elsewhere, checked, and noticed when something is missing from it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on must stop"
)]

use crate::shared;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::running::configuration;
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database};
use serde_json::Value;
use throughline_store::Store;
use throughline_testkit::db::TestStore;
use throughline_testkit::postgres;

/// A program of PostgreSQL. Debian keeps those of the server out of PATH, one folder per version: the newest.
fn program(name: &str) -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|folder| folder.join("bin").join(name).exists())
        .collect();
    versions.sort_by_key(|folder| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        name.parse::<u32>().unwrap_or(0)
    });
    let debian = versions.pop().map(|folder| folder.join("bin").join(name));
    debian.or_else(|| {
        let found = Command::new(name).arg("--version").output();
        found
            .is_ok_and(|out| out.status.success())
            .then(|| name.into())
    })
}

fn run(program: &Path, args: &[&str]) {
    let done = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(done.status.success(), "{program:?} {args:?}: {done:?}");
}

fn throughline(args: &[&str], config: &Path) -> (Output, Value) {
    let done = Command::new(env!("CARGO_BIN_EXE_throughline"))
        .args(args)
        .args(["--config", config.to_str().unwrap(), "--json"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let value = serde_json::from_slice(&done.stdout).unwrap_or(Value::Null);
    (done, value)
}

/// The same configuration for another database, in a folder with its own copy of key and checkpoints.
fn elsewhere(config: &Path, folder: &Path, from: &str, to: &str) -> PathBuf {
    let here = config.parent().unwrap();
    std::fs::copy(here.join("root.key"), folder.join("root.key")).unwrap();
    std::fs::create_dir(folder.join("checkpoints")).unwrap();
    for entry in std::fs::read_dir(here.join("checkpoints")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(
            entry.path(),
            folder.join("checkpoints").join(entry.file_name()),
        )
        .unwrap();
    }
    let text = std::fs::read_to_string(config).unwrap();
    assert!(text.contains(from));
    let text = text
        .replace(from, to)
        .replace(here.to_str().unwrap(), folder.to_str().unwrap());
    let other = folder.join("throughline.toml");
    std::fs::write(&other, text).unwrap();
    other
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_postgres_comes_back_whole_and_says_when_something_is_missing() {
    let Some(world) = TestStore::postgres().await else {
        return;
    };
    let (Some(dump), Some(restore)) = (program("pg_dump"), program("pg_restore")) else {
        eprintln!(
            "skipped: a copy of PostgreSQL (pg_dump is not installed; Debian: postgresql-client)"
        );
        return;
    };
    shared::little_world(&world.store).await;
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    std::fs::create_dir(&here).unwrap();
    std::fs::create_dir(&there).unwrap();
    let config = configuration(&world, &here, 1, "");
    let checkpoints = here.join("checkpoints");
    std::fs::create_dir(&checkpoints).unwrap();
    world.store.checkpoint_write(&checkpoints).await.unwrap();
    let (done, before) = throughline(&["audit", "verify"], &config);
    assert!(done.status.success(), "{done:?}");

    // The program's own backup is for SQLite: it says where to read on, and makes nothing.
    let out = here.join("backup");
    let (refused, said) = throughline(&["backup", out.to_str().unwrap()], &config);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let sentence = said["error"].as_str().unwrap();
    let part = sentence.split('"').nth(1).unwrap();
    let manual = include_str!("../../../../docs/OPERATIONS.md");
    assert!(manual.contains(&format!("## {part}\n")), "{sentence}");
    assert!(sentence.contains("pg_dump") && !out.exists(), "{sentence}");

    let url = world.postgres_url().unwrap();
    let name = postgres::database_name(&format!("{}_copy", std::process::id()));
    let cluster = postgres::cluster().unwrap();
    let copy = cluster.database_url(&name);
    let file = folder.path().join("copy.dump");
    let file = file.to_str().unwrap();
    run(
        &dump,
        &[
            "--format=custom",
            "--no-owner",
            "--file",
            file,
            "--dbname",
            &url,
        ],
    );
    let make = format!("CREATE DATABASE \"{name}\"");
    Store::postgres_execute(cluster.admin_url(), &make)
        .await
        .unwrap();
    run(
        &restore,
        &["--no-owner", "--exit-on-error", "--dbname", &copy, file],
    );
    let config = elsewhere(&config, &there, &url, &copy);
    let (done, after) = throughline(&["audit", "verify"], &config);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(after["logs"], before["logs"]);
    let roots = after["logs"].as_array().unwrap();
    assert!(
        !roots.is_empty() && roots.iter().all(|log| log["checkpoints"] != 0),
        "{after}"
    );
    // Its tables are those of this version.
    let (done, migrated) = throughline(&["migrate"], &config);
    assert!(
        done.status.success() && migrated["migrations"] == serde_json::json!([]),
        "{done:?}"
    );

    // Somebody takes the last line out of the copy's record.
    let mut options = ConnectOptions::new(copy);
    options.max_connections(1).sqlx_logging(false);
    let attacker = Database::connect(options).await.unwrap();
    let cut = "DELETE FROM audit_entry WHERE seq = (SELECT max(seq) FROM audit_entry)";
    attacker.execute_unprepared(cut).await.unwrap();
    attacker.close().await.unwrap();
    let (done, tampered) = throughline(&["audit", "verify"], &config);
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    assert!(
        !tampered["problems"].as_array().unwrap().is_empty(),
        "{tampered}"
    );
    let _ = Store::postgres_execute(cluster.admin_url(), &postgres::drop_database(&name)).await;
    world.finish().await;
}
