//! Marked words go into every field that takes words, through a whole journey with its errors, over HTTP, on both databases
//! (QUALITY Q-23, NE-27). Then everything that leaves a running service, or stays behind it, is read for them: its log with
//! every level on, the database, the mail on its way, the published directory, the figures. `crates/app/tests/it/sealed.rs` walks
//! further through the use cases, on SQLite.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::marked_journey::{Journey, Relay, Staff};
use crate::running::{configuration, free_port, now, start};
use crate::shared::Raw;
use crate::town::town;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;
use throughline_testkit::marks::{plain, stands};
use throughline_testkit::visitor::Visitor;

fn none_of(words: &[String], text: &str, place: &str) {
    for word in words {
        assert!(!stands(text, word), "{word} stands in {place}");
    }
}

/// All that the database holds: the bytes of the files, or every row of every table.
async fn everything(world: &TestStore) -> Vec<u8> {
    if let Some(file) = world.sqlite_path() {
        let log = file.with_extension("db-wal");
        return [std::fs::read(&file).unwrap(), std::fs::read(log).unwrap()].concat();
    }
    let raw = Raw::of(world).await;
    let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()";
    let mut all = String::new();
    for table in raw.texts(tables).await {
        // A row as text: what is text as it is, bytes as hexadecimal.
        let rows = raw
            .texts(&format!("SELECT t::text FROM \"{table}\" t"))
            .await;
        all.push_str(&rows.join("\n"));
    }
    all.into_bytes()
}

/// Every byte of a backup, made while the service runs.
fn backup(config: &Path, folder: &Path) -> Vec<u8> {
    let to = folder.join("backup");
    let made = Command::new(env!("CARGO_BIN_EXE_throughline"))
        .args(["backup", to.to_str().unwrap(), "--config"])
        .arg(config)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let files = std::fs::read_dir(to)
        .unwrap()
        .map(|file| file.unwrap().path());
    files
        .filter(|file| file.is_file())
        .flat_map(|file| std::fs::read(file).unwrap())
        .collect()
}

/// What a password leaves in the database, of one that nobody knows.
const CHOSEN: &str = "$argon2id$v=19$m=64,t=1,p=1$c29tZSBzYWx0IG9mIG91cnM$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

both!(
    g1_ne_27_no_log_line_database_mail_export_or_figure_holds_a_word_of_a_person_or_a_secret,
    |world| {
        world.clock.set(now());
        let town = town(world).await;
        let folder = tempfile::tempdir().unwrap();
        let (port, relay) = (free_port(), Relay::open());
        let more = format!(
            "[mail]\nsmtp = \"smtp://127.0.0.1:{}\"\n[log]\nlevel = \"trace\"\n",
            relay.port
        );
        let config = configuration(world, folder.path(), port, &more);
        let base = format!("http://127.0.0.1:{port}");
        let (mut server, _) = start(&config, &base);
        assert_ne!(
            server.may_be_dumped(),
            Some(true),
            "its memory may be written to a file"
        );
        let mut staff = Staff::sign_in(world, &town, &base).await;
        server.kill();
        let mut log = std::fs::read_to_string(config.with_extension("log")).unwrap();
        // From here on it is an installation like any other: a demo keeps its mail, to show it.
        let raw = Raw::of(world).await;
        raw.run("UPDATE installation SET demo = FALSE").await;
        // Those who work there chose their passwords long ago: somebody can be told.
        raw.run(&format!("UPDATE account SET password = '{CHOSEN}'"))
            .await;
        (server, _) = start(&config, &base);
        let journey = Journey::walk(world, &town, &base, &mut staff, &relay, &raw).await;

        let mut public = Visitor::new(&base);
        let figures = public.get("/metrics").unwrap().body;
        let mut published = String::new();
        for list in ["services", "organizations", "service_at_locations"] {
            let path = format!("/api/oruk/v3/{list}?page=1&per_page=100");
            published.push_str(&public.get(&path).unwrap().body);
        }
        let out = folder.path().join("out.json");
        let given = Command::new(env!("CARGO_BIN_EXE_throughline"))
            .args(["directory", "export", "--config", config.to_str().unwrap()])
            .arg(&out)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(given.status.success(), "{given:?}");
        published.push_str(&std::fs::read_to_string(&out).unwrap());
        // PostgreSQL is copied by a tool of its own, which reads the rows that are read here as well.
        let kept = world.sqlite_path().map(|_| backup(&config, folder.path()));
        let held = everything(world).await;
        let mails = relay.said();
        server.kill();
        log.push_str(&std::fs::read_to_string(config.with_extension("log")).unwrap());

        // Below a warning only the product speaks: what a library would say there, nobody has looked at.
        for line in log.lines() {
            let mut parts = line.split_whitespace().skip(1);
            let (level, target) = (parts.next().unwrap(), parts.next().unwrap());
            let own = target.starts_with("throughline");
            assert!(own || ["WARN", "ERROR"].contains(&level), "{line}");
        }
        let (words, secrets) = (&journey.words, &journey.secrets);
        assert!(words.len() > 25 && secrets.len() > 6, "{words:?}");
        // What does stand in each place is found there, so that what is not found is not there.
        let mut places = vec![
            ("the log", log.as_bytes(), "/api/v1/cases/{case}/statement"),
            ("the log", log.as_bytes(), "the database failed"),
            ("the database", &held, "Harbour Money Advice"),
            (
                "the figures",
                figures.as_bytes(),
                "throughline_requests_total",
            ),
            (
                "what is published",
                published.as_bytes(),
                "Harbour Money Advice",
            ),
        ];
        if let Some(kept) = &kept {
            places.push(("the backup", kept, "Harbour Money Advice"));
        }
        for (place, text, known) in places {
            let text = plain(text);
            assert!(stands(&text, known), "{known} should stand in {place}");
            none_of(words, &text, place);
            none_of(secrets, &text, place);
        }
        // A mail brings the link, which is a secret, and never the code or the word of a person.
        let mails = plain(mails.as_bytes());
        assert!(stands(&mails, "/r/") && stands(&mails, "referrals@quayside.example"));
        none_of(words, &mails, "the mail");
        none_of(std::slice::from_ref(&journey.code), &mails, "the mail");
    }
);
