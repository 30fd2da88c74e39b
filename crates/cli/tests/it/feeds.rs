//! Feeds at an address, and feeds that cannot be read again, as a person at the prompt meets them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A small demo world in a folder of its own.
struct Demo(tempfile::TempDir);

impl Demo {
    fn new() -> Self {
        let demo = Self(tempfile::tempdir().unwrap());
        let made = demo.run(&["demo", "--people", "8", "--only-make"]);
        assert!(made.status.success(), "{made:?}");
        demo
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_throughline"))
            .args(args)
            .args(["--json", "--data"])
            .arg(self.0.path().join("data"))
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A server that answers everything with these bytes, until the test ends.
fn serving(body: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let asked = BufReader::new(stream.try_clone().unwrap());
            for line in asked.lines() {
                if line.is_ok_and(|line| line.is_empty()) {
                    break;
                }
            }
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(&body));
        }
    });
    address
}

#[test]
fn what_an_address_answers_is_refused_in_the_words_and_with_the_exit_of_a_file() {
    let demo = Demo::new();
    let page = |body: &str| body.as_bytes().to_vec();
    for (what, body, exit) in [
        ("no JSON", page("hello"), 2),
        ("a web page", page("<!doctype html><p>No"), 2),
        ("too deep", page(&"[".repeat(200_000)), 2),
        (
            "not UTF-8",
            b"[{\"id\":\"1\",\"name\":\"\xff\xfe\"}]".to_vec(),
            2,
        ),
        (
            "fewer than it speaks of",
            page(r#"{"total_pages":1,"total_items":9,"contents":[{"id":"1","name":"One"}]}"#),
            1,
        ),
    ] {
        let refused = demo.run(&["directory", "import", &serving(body)]);
        let sentence = json(&refused)["error"].as_str().unwrap().to_owned();
        assert_eq!(refused.status.code(), Some(exit), "{what}: {sentence}");
        assert!(
            sentence.ends_with(". Nothing was changed.") && !sentence.contains(".."),
            "{what}: {sentence}"
        );
    }
}

/// A server that answers with this page, and, once told so, with one byte at a time for as long as anybody listens.
fn serving_or_trickling(page: &'static str) -> (String, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let trickles = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&trickles);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let slow = told.load(Ordering::SeqCst);
            let length = if slow { 9_999_999 } else { page.len() };
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            let asked = BufReader::new(stream.try_clone().unwrap());
            asked
                .lines()
                .take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty()))
                .for_each(drop);
            let mut sent = stream.write_all(head.as_bytes());
            if !slow {
                let _ = sent.and_then(|()| stream.write_all(page.as_bytes()));
                continue;
            }
            std::thread::spawn(move || {
                while sent.is_ok() {
                    std::thread::sleep(Duration::from_millis(50));
                    sent = stream.write_all(b" ");
                }
            });
        }
    });
    (address, trickles)
}

#[test]
fn a_feed_that_trickles_for_ever_ends_at_its_limit_and_the_others_are_read() {
    let demo = Demo::new();
    let page = r#"{"total_pages":1,"contents":[{"id":"1","name":"Harbour Advice"}]}"#;
    let (address, trickles) = serving_or_trickling(page);
    let file = demo.0.path().join("feed.json");
    std::fs::write(&file, page).unwrap();
    for (feed, from) in [("a slow", address.as_str()), ("b", file.to_str().unwrap())] {
        let taken = demo.run(&["directory", "import", from, "--feed", feed]);
        assert!(taken.status.success(), "{taken:?}");
    }
    let data = demo.0.path().join("data");
    let config = demo.0.path().join("short.toml");
    let text = format!(
        "[database]\nsqlite = {:?}\n[keys]\nfile = {:?}\n[directory]\nfeed_seconds = 2\n",
        data.join("throughline.db"),
        data.join("root.key")
    );
    std::fs::write(&config, text).unwrap();
    trickles.store(true, Ordering::SeqCst);
    let began = Instant::now();
    let synced = Command::new(env!("CARGO_BIN_EXE_throughline"))
        .args(["directory", "sync", "--json", "--config"])
        .arg(&config)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    // An answer alone may take a minute.
    assert!(began.elapsed() < Duration::from_secs(50));
    assert_eq!(synced.status.code(), Some(1), "{synced:?}");
    let feeds = json(&synced)["feeds"].as_array().unwrap().clone();
    let of = |name: &str| feeds.iter().find(|one| one["feed"] == name).unwrap();
    assert_eq!(
        of("a slow")["error"],
        "The feed could not be read to its end: it took longer than 2 s, the limit for one feed (feed_seconds). \
         Nothing was changed."
    );
    assert_eq!(of("b")["unchanged"], 1, "{feeds:?}");
}

#[test]
fn a_feed_that_cannot_be_read_again_is_named_and_not_passed_over_in_silence() {
    let demo = Demo::new();
    let file = demo.0.path().join("feed.json");
    std::fs::write(&file, r#"[{"id":"1","name":"Harbour Advice"}]"#).unwrap();
    let path = file.to_str().unwrap();
    let taken = demo.run(&["directory", "import", path, "--feed", "council"]);
    assert!(taken.status.success(), "{taken:?}");
    std::fs::remove_file(&file).unwrap();
    let synced = demo.run(&["directory", "sync"]);
    let feeds = json(&synced)["feeds"].as_array().unwrap().clone();
    let council: Vec<&Value> = feeds
        .iter()
        .filter(|one| one["feed"] == "council")
        .collect();
    assert_eq!(council.len(), 1, "{feeds:?}");
    assert_eq!(council[0]["passed_over"], path);
}
