//! The doors as others see them: no database type in a public signature, no global clock, chance or environment anywhere.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|end| end == "rs") {
            out.push(path);
        }
    }
}

/// The names that a file takes from the database library.
fn foreign(text: &str) -> Vec<String> {
    let mut names = vec!["sea_orm".to_owned(), "sqlx".to_owned()];
    for part in text.split("use sea_orm").skip(1) {
        let list = part.split(';').next().unwrap_or_default();
        names.extend(
            list.split(|c: char| !c.is_alphanumeric() && c != '_')
                .filter(|word| word.chars().next().is_some_and(char::is_uppercase))
                .map(str::to_owned),
        );
    }
    names
}

/// Every public signature of a text: from `pub` to the brace or semicolon, over lines.
fn signatures(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let start = line.trim_start();
        let is = [
            "pub fn",
            "pub async fn",
            "pub const fn",
            "pub struct",
            "pub enum",
            "pub trait",
            "pub type",
        ]
        .iter()
        .any(|kind| start.starts_with(kind));
        // A public field is a signature as well.
        let field = start.starts_with("pub ") && start.ends_with(',') && start.contains(": ");
        if !(is || field) {
            continue;
        }
        let mut signature = line.to_owned();
        while is && !signature.contains('{') && !signature.contains(';') {
            let Some(next) = lines.next() else { break };
            signature.push(' ');
            signature.push_str(next.trim());
        }
        out.push(signature);
    }
    out
}

#[test]
fn no_public_signature_of_the_store_names_a_type_of_the_database_library() {
    let (mut checked, mut wrong) = (0, Vec::new());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = fs::read_to_string(source.join("lib.rs")).unwrap();
    for entry in fs::read_dir(&source).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else {
            continue;
        };
        let reachable =
            lib.contains(&format!("pub mod {name};")) || lib.contains(&format!("pub use {name}::"));
        if !reachable || path.is_dir() {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let names = foreign(&text);
        for signature in signatures(&text) {
            checked += 1;
            let words: Vec<&str> = signature
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .collect();
            if names.iter().any(|name| words.contains(&name.as_str())) {
                wrong.push(format!("{name}: {signature}"));
            }
        }
    }
    assert!(checked > 200, "only {checked} signatures were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for private in ["mod entity;", "mod tx;", "mod col;", "mod audit;"] {
        assert!(
            lib.contains(private) && !lib.contains(&format!("pub {private}")),
            "{private}"
        );
    }
}

#[test]
fn a_signature_with_a_database_type_is_caught() {
    let text = "use sea_orm::{DatabaseConnection, EntityTrait};\npub async fn door(\n    &self,\n) -> DatabaseConnection {\n";
    let found = signatures(text);
    assert_eq!(found.len(), 1);
    assert!(
        foreign(text)
            .iter()
            .any(|name| found[0].contains(name.as_str()))
    );
}

#[test]
fn the_lints_that_forbid_globals_and_shortcuts_stand() {
    let banned = fs::read_to_string(root().join("clippy.toml")).unwrap();
    for global in [
        "std::time::SystemTime::now",
        "jiff::Timestamp::now",
        "jiff::Zoned::now",
        "uuid::Uuid::new_v4",
        "uuid::Uuid::now_v7",
        "getrandom::fill",
        "std::env::var",
        "std::env::vars",
    ] {
        assert!(
            banned.contains(&format!("\"{global}\"")),
            "{global} may be used"
        );
    }
    let workspace = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    for law in [
        "unsafe_code = \"forbid\"",
        "missing_docs = \"deny\"",
        "unwrap_used = \"deny\"",
        "expect_used = \"deny\"",
        "indexing_slicing = \"deny\"",
        "panic = \"deny\"",
        "disallowed_methods = \"deny\"",
        "disallowed_types = \"deny\"",
    ] {
        assert!(workspace.contains(law), "{law} is gone");
    }
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let manifest = entry.unwrap().path().join("Cargo.toml");
        if manifest.exists() {
            let text = fs::read_to_string(&manifest).unwrap();
            assert!(
                text.contains("[lints]\nworkspace = true"),
                "{}",
                manifest.display()
            );
        }
    }
}

/// What can carry words out of the building, and the only files that may name it. A feed is fetched by the second, and a
/// sign-in service is asked who somebody is; nothing else is sent.
/// A file to download: what is wrong with a feed, and the copy of their record that one person asked for (decision 0024).
const WAYS_OUT: [(&str, &[&str]); 5] = [
    ("lettre", &["app/src/mail.rs"]),
    (
        "ureq",
        &[
            "cli/src/directory.rs",
            "cli/src/provider.rs",
            "testkit/src/visitor.rs",
        ],
    ),
    ("TcpStream", &[]),
    ("UdpSocket", &[]),
    (
        "CONTENT_DISPOSITION",
        &["web/src/steward.rs", "web/src/access_requests.rs"],
    ),
];

#[test]
fn nothing_leaves_but_by_the_mail_room_and_that_takes_only_what_the_gate_released() {
    let mut files = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let source = entry.unwrap().path().join("src");
        if source.is_dir() {
            sources(&source, &mut files);
        }
    }
    assert!(files.len() > 200, "only {} files", files.len());
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        for (way, may) in WAYS_OUT {
            let here = file.to_string_lossy();
            assert!(
                !text.contains(way) || may.iter().any(|one| here.ends_with(one)),
                "{here} names {way}"
            );
        }
    }
    let room = fs::read_to_string(root().join("crates/app/src/mail.rs")).unwrap();
    let letter = room.split("pub struct Letter {").nth(1).unwrap();
    let fields: Vec<&str> = letter
        .split('}')
        .next()
        .unwrap()
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("pub "))
        .collect();
    assert_eq!(
        fields,
        ["pub release: Release,", "pub message: Ref,"],
        "a letter is what the gate released for one address, and nothing else"
    );
}

/// What asks the gate or vouches for an address, and the only files that may: so that nobody asks with other facts.
const KEEPERS: [(&str, &[&str]); 4] = [
    ("gate(", &["core/src/gate.rs", "app/src/release.rs"]),
    (
        "gate_to_worker(",
        &["core/src/gate.rs", "app/src/release.rs"],
    ),
    ("Confirmed::of_account(", &["store/src/mail.rs"]),
    ("Confirmed::by_two(", &["store/src/address.rs"]),
];

/// The keepers that a file names although it may not. Its tests come last, and may.
fn trespasses(file: &str, text: &str) -> Vec<&'static str> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let calls = |name: &str| {
        code.match_indices(name).any(|(at, _)| {
            let before = code[..at].chars().next_back().unwrap_or(' ');
            !before.is_alphanumeric() && before != '_'
        })
    };
    KEEPERS
        .iter()
        .filter(|(name, may)| calls(name) && !may.iter().any(|one| file.ends_with(one)))
        .map(|(name, _)| *name)
        .collect()
}

#[test]
fn one_function_releases_to_the_person_and_one_to_a_worker_and_nobody_else_asks_the_gate() {
    let mut files = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let source = entry.unwrap().path().join("src");
        if source.is_dir() {
            sources(&source, &mut files);
        }
    }
    for file in &files {
        let (here, text) = (file.to_string_lossy(), fs::read_to_string(file).unwrap());
        if here.ends_with("_tests.rs") {
            continue;
        }
        assert_eq!(trespasses(&here, &text), Vec::<&str>::new(), "{here}");
    }
    let release = fs::read_to_string(root().join("crates/app/src/release.rs")).unwrap();
    for name in ["gate(", "gate_to_worker("] {
        let calls = release.matches(&format!("    {name}")).count();
        assert_eq!(calls, 1, "{name} is asked in one place");
    }
    assert!(!release.contains("pub fn"), "nothing outside releases");
}

#[test]
fn whoever_asks_the_gate_elsewhere_or_vouches_for_an_address_is_caught() {
    for planted in [
        "fn send() { let _ = gate(None, \"\", None, now, content, sender); }",
        "use core::gate::gate_to_worker;\nlet sent = gate_to_worker(&to, now, content);",
        "let to = Confirmed::by_two(form.value(\"email\"));",
    ] {
        assert_eq!(
            trespasses("web/src/contact.rs", planted).len(),
            1,
            "{planted}"
        );
    }
    assert!(trespasses("app/src/release.rs", "gate(a)").is_empty());
    assert!(trespasses("web/src/x.rs", "navigate(a)\n#[cfg(test)]\ngate(b)").is_empty());
}

#[test]
fn the_pure_rooms_know_no_clock_no_chance_and_no_environment() {
    for room in ["core", "policy", "seal", "find", "exchange"] {
        let mut files = Vec::new();
        sources(&root().join("crates").join(room).join("src"), &mut files);
        assert!(files.len() > 3, "{room}");
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            for global in [
                "SystemTime::now",
                "Instant::now",
                "Timestamp::now",
                "Zoned::now",
                "new_v4",
                "now_v7",
                "env::var",
                "thread_rng",
            ] {
                assert!(!text.contains(global), "{} uses {global}", file.display());
            }
        }
    }
}

#[test]
fn g2_what_a_person_told_is_never_printed() {
    let sheet = throughline_store::person::PersonSheet {
        chosen: "Amina".into(),
        given: Some("Given".into()),
        family: Some("Family".into()),
        born: Some("1990-02-03".into()),
        age_band: None,
        language: None,
        interpreter: None,
        access: vec!["ramp".into()],
    };
    assert_eq!(format!("{sheet:?}"), "PersonSheet(..)");
    assert_eq!(format!("{sheet:#?}"), "PersonSheet(..)");
}
