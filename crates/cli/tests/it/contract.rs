//! The command line's promises, asked of the program itself: exit codes, one JSON object, a demo that repeats itself.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn throughline(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_throughline"))
        .args(args)
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    assert_eq!(
        text.trim_end().lines().count(),
        1,
        "one object, one line: {text}"
    );
    let value: Value = serde_json::from_str(text).unwrap();
    assert!(value.is_object(), "{text}");
    value
}

fn demo(folder: &Path, seed: &str) -> Value {
    let made = throughline(&[
        "demo",
        "--data",
        folder.to_str().unwrap(),
        "--people",
        "20",
        "--seed",
        seed,
        "--now",
        "2026-11-23T09:00:00Z",
        "--only-make",
        "--json",
    ]);
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let verified = throughline(&[
        "audit",
        "verify",
        "--data",
        folder.to_str().unwrap(),
        "--json",
    ]);
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
    let mut roots: Vec<String> = json(&verified)["logs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|log| log["root"].to_string())
        .collect();
    roots.sort();
    let mut both = json(&made)["counts"].clone();
    both["roots"] = Value::from(roots);
    both
}

#[test]
fn the_same_seed_makes_the_same_world_to_the_last_audit_entry_and_another_seed_another() {
    let folder = tempfile::tempdir().unwrap();
    let one = demo(&folder.path().join("one"), "7");
    assert_eq!(one, demo(&folder.path().join("two"), "7"));
    assert_ne!(
        one["roots"],
        demo(&folder.path().join("three"), "8")["roots"]
    );
    assert!(
        one["sites"].as_u64().unwrap() >= 40 && one["services"].as_u64().unwrap() >= 400,
        "{one}"
    );
    let data = folder.path().join("one");
    let data = data.to_str().unwrap();

    let found = json(&throughline(&[
        "find", "--data", data, "--near", "SE15 4AA", "--need", "debt", "--json",
    ]));
    assert!(found["total"].as_u64().unwrap() > 0, "{found}");
    let shelter = json(&throughline(&[
        "find",
        "--data",
        data,
        "--near",
        "SE15 4AA",
        "--need",
        "safe_accommodation",
        "--json",
    ]));
    for one in shelter["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["confidential"] == true)
    {
        assert!(
            one["distance"].is_null() || one["distance"] != "under_one_mile",
            "{one}"
        );
    }
    let feed = folder.path().join("refuges.json");
    let refuge = |id: &str, area: &str| serde_json::json!({ "id": id, "name": format!("Refuge {id}"), "service_areas": [{ "id": "a", "name": area }] });
    let rows = [
        refuge("cedar", "Isles of Scilly"),
        refuge("elm", "Rutland"),
        refuge("oak", "Rutland"),
    ];
    std::fs::write(&feed, serde_json::json!({ "contents": rows }).to_string()).unwrap();
    let taken = throughline(&[
        "directory",
        "import",
        feed.to_str().unwrap(),
        "--data",
        data,
        "--json",
    ]);
    assert_eq!(json(&taken)["added"], 3);
    let out = folder.path().join("out.json");
    let given = throughline(&[
        "directory",
        "export",
        "--format",
        "oruk-v3",
        out.to_str().unwrap(),
        "--data",
        data,
        "--json",
    ]);
    assert!(
        given.status.success(),
        "{}",
        String::from_utf8_lossy(&given.stdout)
    );
    let page: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    let areas = |name: &str| {
        let rows = page["contents"].as_array().unwrap();
        let row = rows.iter().find(|row| row["name"] == name).unwrap();
        row["service_areas"].to_string()
    };
    let sole = areas("Refuge cedar");
    assert!(
        sole.contains("England") && !sole.contains("Scilly") && !sole.contains("E06000053"),
        "the council of a sole refuge is in what is given out: {sole}"
    );
    assert!(areas("Refuge elm").contains("Rutland"));
    let again = json(&throughline(&[
        "directory",
        "import",
        out.to_str().unwrap(),
        "--dry-run",
        "--data",
        data,
        "--json",
    ]));
    assert_eq!(again["read"], json(&given)["services"], "{again}");
    // A backup goes into an empty place only, and comes back whole.
    let backup = folder.path().join("backup");
    let copied = throughline(&["backup", backup.to_str().unwrap(), "--data", data, "--json"]);
    assert!(
        copied.status.success(),
        "{}",
        String::from_utf8_lossy(&copied.stdout)
    );
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    std::fs::copy(folder.path().join("one/root.key"), empty.join("root.key")).unwrap();
    let back = throughline(&[
        "restore",
        backup.to_str().unwrap(),
        "--data",
        empty.to_str().unwrap(),
        "--json",
    ]);
    assert!(
        back.status.success(),
        "{}",
        String::from_utf8_lossy(&back.stdout)
    );
    let whole = throughline(&[
        "audit",
        "verify",
        "--data",
        empty.to_str().unwrap(),
        "--json",
    ]);
    assert!(
        whole.status.success(),
        "{}",
        String::from_utf8_lossy(&whole.stdout)
    );
    let twice = throughline(&[
        "restore",
        backup.to_str().unwrap(),
        "--data",
        empty.to_str().unwrap(),
        "--json",
    ]);
    assert_eq!(twice.status.code(), Some(2));
}

#[test]
fn a_demo_never_opens_a_folder_that_holds_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    assert!(
        throughline(&["migrate", "--new-key", "--data", data])
            .status
            .success()
    );
    let refused = throughline(&["demo", "--data", data, "--only-make", "--json"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        json(&refused)["error"]
            .as_str()
            .unwrap()
            .contains("Nothing was changed")
    );
    let again = throughline(&["migrate", "--new-key", "--data", data, "--json"]);
    assert_eq!(
        again.status.code(),
        Some(1),
        "a root key is never written over"
    );
    let twice = throughline(&["migrate", "--data", data, "--json"]);
    assert!(twice.status.success());
    assert_eq!(json(&twice)["migrations"].as_array().unwrap().len(), 0);
}

#[test]
fn what_makes_no_sense_exits_with_two_and_one_json_object() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("wrong.toml");
    std::fs::write(
        &config,
        "[database]\nsqlite = \"a.db\"\n[keys]\nfile = \"k\"\n[sevrer]\n",
    )
    .unwrap();
    let config = config.to_str().unwrap();
    for args in [
        vec!["serve", "--json"],
        vec!["config", "check", "--config", config, "--json"],
        vec!["migrate", "--config", "/nowhere/at/all.toml", "--json"],
        vec!["demo", "--config", config, "--json"],
        vec!["find", "--data", "x", "--need", "no_such_need", "--json"],
        vec![
            "find",
            "--data",
            "x",
            "--need",
            "debt",
            "--near",
            "not a postcode",
            "--json",
        ],
    ] {
        let output = throughline(&args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(json(&output)["error"].is_string(), "{args:?}");
    }
    assert_eq!(throughline(&["no-such-command"]).status.code(), Some(2));
    // Words that make no command are bad input like any other.
    for args in [
        vec!["no-such-command", "--json"],
        vec!["find", "--no-such-flag", "--json"],
        vec!["backup", "--json"],
        vec!["migrate", "--data", "x", "--config", "y", "--json"],
    ] {
        let output = throughline(&args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(json(&output)["error"].is_string(), "{args:?}");
    }
}

#[test]
fn what_needs_no_installation_works_without_one() {
    let pages = json(&throughline(&["pages", "--json"]));
    let rows = pages["pages"].as_array().unwrap();
    assert!(
        rows.iter()
            .any(|row| row["path"] == "/" && row["role"] == "public")
    );
    assert!(
        rows.iter()
            .all(|row| row["path"].is_string() && row["role"].is_string())
    );
    assert!(json(&throughline(&["openapi", "--json"]))["openapi"].is_string());
    assert!(json(&throughline(&["find", "--schema", "--json"]))["properties"].is_object());
    let bench = json(&throughline(&[
        "bench",
        "find",
        "--services",
        "200",
        "--questions",
        "20",
        "--json",
    ]));
    assert_eq!(bench["different_from_scan"], 0);
    let bench = json(&throughline(&[
        "bench",
        "audit",
        "--entries",
        "1200",
        "--looks",
        "40",
        "--writers",
        "2",
        "--json",
    ]));
    assert_eq!(bench["whole"], true);
    assert!(bench["entries"].as_u64() > Some(1_240), "{bench}");
    assert!(throughline(&["completions", "bash"]).status.success());
}
