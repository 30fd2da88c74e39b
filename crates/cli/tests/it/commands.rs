//! Every command as a person at the prompt meets it: what it says, what it leaves alone, how it exits.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A small demo world in a folder of its own.
struct Demo {
    folder: tempfile::TempDir,
}

impl Demo {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = throughline(&[
            "demo",
            "--data",
            folder.path().join("data").to_str().unwrap(),
            "--people",
            "8",
            "--now",
            "2026-11-24T11:00:00Z",
            "--only-make",
            "--json",
        ]);
        assert_eq!(made.status.code(), Some(0), "{}", said(&made));
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command on this world.
    fn run(&self, args: &[&str]) -> Output {
        let data = self.path("data");
        let mut all = args.to_vec();
        all.extend(["--data", data.to_str().unwrap(), "--json"]);
        throughline(&all)
    }
}

fn throughline(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_throughline"))
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// The one object that a command prints, and nothing beside it.
fn json(output: &Output) -> Value {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    assert_eq!(text.trim_end().lines().count(), 1, "{}", said(output));
    let value: Value = serde_json::from_str(text).unwrap();
    assert!(value.is_object(), "{text}");
    value
}

fn refused(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{}", said(output));
    json(output)["error"].as_str().unwrap().to_owned()
}

fn write(path: &Path, text: &str) -> String {
    std::fs::write(path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

const FEED: &str = r#"[{"id":"a","name":"Harbour Advice","description":"Debt advice","url":"https://harbour.example.org","status":"active"},
 {"id":"b","name":"","url":"https://nameless.example.org"}]"#;

#[test]
fn a_directory_is_taken_in_once_by_the_format_it_is_in_and_bad_input_changes_nothing() {
    let demo = Demo::new();
    let feed = write(&demo.path("feed.json"), FEED);
    let wrong = demo.run(&["directory", "import", &feed, "--format", "hsds"]);
    let sentence = refused(&wrong, 2);
    assert!(sentence.contains("not HSDS tables"), "{sentence}");
    let dry = json(&demo.run(&["directory", "import", &feed, "--dry-run"]));
    let first = json(&demo.run(&["directory", "import", &feed, "--format", "oruk-v1"]));
    for count in [
        "read",
        "added",
        "changed",
        "unchanged",
        "repaired",
        "quarantined",
    ] {
        assert!(first[count].is_u64(), "{count}: {first}");
        assert_eq!(
            dry[count], first[count],
            "a dry run counts the same: {count}"
        );
    }
    let sum = |report: &Value| {
        ["added", "changed", "unchanged", "quarantined"]
            .iter()
            .map(|count| report[*count].as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(
        (first["read"].as_u64(), sum(&first)),
        (Some(2), 2),
        "{first}"
    );
    assert_eq!(
        (first["added"].as_u64(), first["quarantined"].as_u64()),
        (Some(1), Some(1)),
        "what has no name waits for the steward: {first}"
    );
    let problem = &first["problems"][0];
    for part in ["row", "field", "problem", "did"] {
        assert!(!problem[part].is_null(), "{part}: {first}");
    }
    let again = json(&demo.run(&["directory", "import", &feed]));
    assert_eq!(
        (again["added"].as_u64(), again["unchanged"].as_u64()),
        (Some(0), Some(1)),
        "{again}"
    );
    let synced = json(&demo.run(&["directory", "sync"]));
    let synced = synced["feeds"].as_array().unwrap();
    let read = synced.iter().filter(|feed| feed["read"].is_u64());
    assert_eq!(read.count(), 1, "{synced:?}");

    let brackets = "[".repeat(200_000);
    for (name, text) in [
        ("empty.json", ""),
        ("words.txt", "hello"),
        ("cut.json", "[{\"id\":\"a\",\"name\":\"Harb"),
        ("deep.json", brackets.as_str()),
        ("page.html", "<!doctype html><p>No"),
        ("table.csv", "Date,Amount,Payee\n1,2,3\n"),
    ] {
        let path = write(&demo.path(name), text);
        let sentence = refused(&demo.run(&["directory", "import", &path]), 2);
        assert!(
            sentence.ends_with("Nothing was changed."),
            "{name}: {sentence}"
        );
    }
    assert!(refused(&demo.run(&["directory", "import", "/nowhere/at.all"]), 2).contains("no file"));
    let after = json(&demo.run(&["directory", "import", &feed, "--dry-run"]));
    assert_eq!(after["unchanged"], 1, "{after}");
}

#[test]
fn a_newer_table_of_postcodes_takes_the_place_of_the_one_in_the_program_and_a_bad_one_does_not() {
    let demo = Demo::new();
    let find = |near: &str| demo.run(&["find", "--need", "debt", "--near", near]);
    let kept = demo.path("data").join("postcodes.bin");
    for (name, text) in [
        ("none.csv", "a,b,c\n1,2,3\n"),
        (
            "few.csv",
            "pcds,oslaua,lat,long\nSE15 4AA,E09000028,51.47,-0.07\n",
        ),
        ("damaged.bin", "TLPC1\nthis is no table"),
        ("empty.csv", ""),
    ] {
        let path = write(&demo.path(name), text);
        let sentence = refused(&demo.run(&["geo", "import", &path]), 2);
        assert!(
            sentence.ends_with("Nothing was changed."),
            "{name}: {sentence}"
        );
        assert!(!kept.exists(), "{name}");
    }
    // Sixty sectors of an outward code that Great Britain does not have, in Carmarthenshire.
    let mut rows = "pcds,oslaua,lat,long\n".to_owned();
    for district in 90..96 {
        for sector in 0..10 {
            writeln!(rows, "SE{district} {sector}AA,W06000010,51.85,-4.31").unwrap();
        }
    }
    let path = write(&demo.path("newer.csv"), &rows);
    let done = json(&demo.run(&[
        "geo",
        "import",
        &path,
        "--edition",
        "Invented, November 2026",
    ]));
    assert_eq!(done["sectors"], 60, "{done}");
    assert!(
        done["attribution"]
            .as_str()
            .unwrap()
            .contains("Open Government Licence")
    );
    assert!(kept.exists());
    let near = json(&find("SE90 1AA"));
    assert_ne!(near["place_not_known"], true, "{near}");
    // What it does not have is still known from the program's own.
    assert_ne!(json(&find("SE15 4AA"))["place_not_known"], true);
    // The packed form goes in as well, and a damaged one stops everything with one sentence.
    let packed = demo.path("packed.bin");
    std::fs::copy(&kept, &packed).unwrap();
    assert_eq!(
        json(&demo.run(&["geo", "import", packed.to_str().unwrap()]))["sectors"],
        60
    );
    std::fs::write(&kept, "TLPC1\n").unwrap();
    assert!(refused(&find("SE15 4AA"), 1).contains("Import them again"));
}

#[test]
fn o2_nothing_starts_on_a_database_that_was_put_back_or_altered_by_hand() {
    let demo = Demo::new();
    let data = demo.path("data");
    let old = demo.path("old.db");
    // A backup signs nothing by itself; the checkpoint of now does.
    let backup = demo.path("first");
    assert!(
        demo.run(&["backup", backup.to_str().unwrap()])
            .status
            .success()
    );
    // Every command closes what it opened: the database is one file, and a copy of it is whole.
    assert!(!data.join("throughline.db-wal").exists());
    std::fs::copy(data.join("throughline.db"), &old).unwrap();
    let feed = write(&demo.path("feed.json"), FEED);
    assert!(demo.run(&["directory", "import", &feed]).status.success());
    sign(&demo);
    assert!(demo.run(&["audit", "verify"]).status.success());
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(data.join(format!("throughline.db{end}")));
    }
    std::fs::copy(&old, data.join("throughline.db")).unwrap();
    let verified = demo.run(&["audit", "verify"]);
    assert_eq!(verified.status.code(), Some(1), "{}", said(&verified));
    for args in [
        vec!["serve", "--bind", "127.0.0.1:0"],
        vec!["work"],
        vec!["directory", "import", &feed],
    ] {
        let sentence = refused(&demo.run(&args), 1);
        assert!(
            sentence.contains("older copy was put back"),
            "{args:?}: {sentence}"
        );
    }
    let demo_again = throughline(&[
        "demo",
        "--data",
        data.to_str().unwrap(),
        "--no-browser",
        "--json",
    ]);
    assert!(refused(&demo_again, 1).contains("older copy was put back"));
    // Evidence is never written over.
    let into = demo.path("into.toml");
    let config = format!(
        "[database]\nsqlite = \"{}\"\n[keys]\nfile = \"{}\"\n[jobs]\ncheckpoints = \"{}\"\n",
        demo.path("new.db").display(),
        data.join("root.key").display(),
        data.join("checkpoints").display()
    );
    std::fs::write(&into, config).unwrap();
    let restored = throughline(&[
        "restore",
        backup.to_str().unwrap(),
        "--config",
        into.to_str().unwrap(),
        "--json",
    ]);
    assert!(refused(&restored, 2).contains("Move that folder aside"));
    assert!(!demo.path("new.db").exists());
    // Put back together with its own checkpoints it fits them: only a witness's copies tell.
    std::fs::rename(data.join("checkpoints"), demo.path("witness")).unwrap();
    let alone = json(&demo.run(&["audit", "verify"]));
    assert_eq!(
        (&alone["ok"], &alone["compared"]),
        (&true.into(), &false.into())
    );
    let at = data.to_str().unwrap();
    let told = throughline(&["audit", "verify", "--data", at]);
    assert!(said(&told).contains("nothing tells it from an older copy"));
    let witness = demo.path("witness");
    let witnessed = [
        "audit",
        "verify",
        "--checkpoints",
        witness.to_str().unwrap(),
    ];
    assert_eq!(demo.run(&witnessed).status.code(), Some(1));
    let nowhere = ["audit", "verify", "--checkpoints", "/nowhere/at/all"];
    assert!(refused(&demo.run(&nowhere), 2).contains("Nothing was compared"));

    let altered = Demo::new();
    alter(&altered.path("data").join("throughline.db"));
    for args in [vec!["serve", "--bind", "127.0.0.1:0"], vec!["work"]] {
        let sentence = refused(&altered.run(&args), 1);
        assert!(
            sentence.contains("throughline migrate"),
            "{args:?}: {sentence}"
        );
    }
}

/// Signs the state of every log, as the job does every minute.
fn sign(demo: &Demo) {
    let keys = std::fs::read_to_string(demo.path("data").join("root.key")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let keys =
            throughline_store::Keys::new(throughline_seal::Keyring::from_text(&keys).unwrap());
        let (env, _) = throughline_testkit::env::seeded(1, throughline_testkit::env::test_start());
        let store = throughline_store::Store::sqlite(
            &demo.path("data").join("throughline.db"),
            env,
            keys,
            throughline_store::Durability::Full,
        )
        .await
        .unwrap();
        let folder = demo.path("data").join("checkpoints");
        std::fs::create_dir_all(&folder).unwrap();
        assert!(store.checkpoint_write(&folder).await.unwrap() > 0);
        store.clone().close().await.unwrap();
        store.disconnect().await;
    });
}

/// Somebody adds a column by hand.
fn alter(database: &Path) {
    use sea_orm::ConnectionTrait as _;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let url = format!("sqlite://{}", database.display());
        let raw = sea_orm::Database::connect(url).await.unwrap();
        raw.execute_unprepared("ALTER TABLE need ADD COLUMN extra text")
            .await
            .unwrap();
        raw.close().await.unwrap();
    });
}

#[test]
fn a_key_is_split_made_again_and_changed_and_the_backup_of_before_still_opens() {
    let demo = Demo::new();
    let backup = demo.path("backup");
    assert!(
        demo.run(&["backup", backup.to_str().unwrap()])
            .status
            .success()
    );
    let split = json(&demo.run(&["keys", "split", "--needed", "2", "--total", "3"]));
    let shares: Vec<&str> = split["shares"]
        .as_array()
        .unwrap()
        .iter()
        .map(|share| share.as_str().unwrap())
        .collect();
    assert_eq!(shares.len(), 3);
    let drill = demo.path("drill");
    std::fs::create_dir(&drill).unwrap();
    let recover = |shares: &[&str]| {
        use std::io::Write as _;
        let mut child = Command::new(env!("CARGO_BIN_EXE_throughline"))
            .args([
                "keys",
                "recover",
                "--data",
                drill.to_str().unwrap(),
                "--json",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(shares.join("\n\n").as_bytes())
            .unwrap();
        child.wait_with_output().unwrap()
    };
    refused(&recover(&shares[..1]), 2);
    assert!(!drill.join("root.key").exists());
    assert!(recover(&[shares[2], shares[0]]).status.success());
    let at = |command: &[&str]| {
        let mut all = command.to_vec();
        all.extend(["--data", drill.to_str().unwrap(), "--json"]);
        throughline(&all)
    };
    let back = at(&["restore", backup.to_str().unwrap()]);
    assert!(back.status.success(), "{}", said(&back));
    let verified = json(&at(&["audit", "verify"]));
    assert_eq!(verified["ok"], true, "{verified}");
    // A new key goes on top of the key file; the old one stays until no backup needs it.
    let old = std::fs::read_to_string(drill.join("root.key")).unwrap();
    let fresh = demo.path("fresh");
    std::fs::create_dir(&fresh).unwrap();
    assert!(
        throughline(&["migrate", "--new-key", "--data", fresh.to_str().unwrap()])
            .status
            .success()
    );
    let new = std::fs::read_to_string(fresh.join("root.key")).unwrap();
    std::fs::remove_file(drill.join("root.key")).unwrap();
    write(&drill.join("root.key"), &format!("{new}{old}"));
    set_private(&drill.join("root.key"));
    let rotated = json(&at(&["keys", "rotate"]));
    assert!(
        rotated["organisation_keys"].as_u64().unwrap() > 0,
        "{rotated}"
    );
    std::fs::remove_file(drill.join("root.key")).unwrap();
    write(&drill.join("root.key"), &new);
    set_private(&drill.join("root.key"));
    let found = at(&["find", "--need", "debt"]);
    assert!(found.status.success(), "{}", said(&found));
    assert_eq!(json(&at(&["keys", "rotate"]))["organisation_keys"], 0);
}

#[cfg(unix)]
fn set_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o400)).unwrap();
}

#[test]
fn config_check_says_what_is_wrong_and_what_needs_an_eye() {
    let demo = Demo::new();
    let good = demo.run(&["config", "check"]);
    assert_eq!(good.status.code(), Some(0), "{}", said(&good));
    let packs = demo.path("packs");
    std::fs::create_dir(&packs).unwrap();
    let england = include_str!("../../../core/packs/england/england-2024.toml");
    std::fs::write(packs.join("england.toml"), england).unwrap();
    let config = demo.path("one.toml");
    let text = format!(
        "[database]\nsqlite = \"{0}/throughline.db\"\n[keys]\nfile = \"{0}/root.key\"\n[policy]\npacks = \"{1}\"\n[mail]\nfolder = true\n",
        demo.path("data").display(),
        packs.display()
    );
    std::fs::write(&config, text).unwrap();
    // Only England has a pack here: the other nations have none in force.
    let checked = throughline(&[
        "config",
        "check",
        "--config",
        config.to_str().unwrap(),
        "--json",
    ]);
    assert_eq!(checked.status.code(), Some(1), "{}", said(&checked));
    let findings = json(&checked)["findings"].clone();
    let texts: Vec<&str> = findings
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["text"].as_str().unwrap())
        .collect();
    assert!(
        texts
            .iter()
            .any(|text| text.contains("no policy pack for Wales")),
        "{texts:?}"
    );
    assert!(
        texts.iter().any(|text| text.contains("checkpoints")),
        "{texts:?}"
    );
}

#[test]
fn every_command_says_what_it_does_and_names_the_place_it_takes() {
    for command in [
        vec!["demo"],
        vec!["serve"],
        vec!["work"],
        vec!["migrate"],
        vec!["config", "check"],
        vec!["directory", "import"],
        vec!["directory", "export"],
        vec!["directory", "sync"],
        vec!["geo", "import"],
        vec!["find"],
        vec!["audit", "verify"],
        vec!["receipt", "verify"],
        vec!["backup"],
        vec!["restore"],
        vec!["shred"],
        vec!["keys", "split"],
        vec!["keys", "recover"],
        vec!["keys", "rotate"],
        vec!["openapi"],
        vec!["bench", "find"],
        vec!["completions"],
    ] {
        let mut args = command.clone();
        args.push("--help");
        let help = throughline(&args);
        assert!(help.status.success(), "{command:?}");
        let text = said(&help);
        for option in ["--data", "--config", "--json"] {
            assert!(text.contains(option), "{command:?} has no {option}");
        }
    }
    for shell in ["bash", "fish", "zsh"] {
        let out = throughline(&["completions", shell]);
        assert!(said(&out).contains("throughline"), "{shell}");
    }
}

#[test]
fn an_installation_is_set_up_once_and_its_first_administrator_gets_a_link() {
    let place = Demo {
        folder: tempfile::tempdir().unwrap(),
    };
    let who = ["--admin-name", "Ada", "--admin-email", "ada@example.org"];
    let set_up: Vec<&str> = ["set-up", "--organisation", "Riverside"]
        .into_iter()
        .chain(who)
        .collect();
    assert_ne!(
        place.run(&set_up).status.code(),
        Some(0),
        "nothing is there to set up"
    );
    json(&place.run(&["migrate", "--new-key"]));
    let made = json(&place.run(&set_up));
    let link = made["link"].as_str().unwrap();
    assert!(link.contains("/welcome/"), "{made}");
    assert!(refused(&place.run(&set_up), 2).contains("Nothing was changed"));
    let whole = json(&place.run(&["audit", "verify"]));
    assert!(!whole["logs"].as_array().unwrap().is_empty(), "{whole}");
}
