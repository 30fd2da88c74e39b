//! `config check` as an administrator meets it while the data of the policy packs runs out: before its end, on its last day and
//! after it, in words and as JSON.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const ENGLAND: &str = include_str!("../../../core/packs/england/england-2024.toml");
const OTHERS: [(&str, &str); 3] = [
    (
        "wales",
        include_str!("../../../core/packs/wales/wales-2024.toml"),
    ),
    (
        "scotland",
        include_str!("../../../core/packs/scotland/scotland-2024.toml"),
    ),
    (
        "northern_ireland",
        include_str!("../../../core/packs/northern_ireland/northern_ireland-2024.toml"),
    ),
];

/// An installation that can be used, with packs of its own.
struct Place {
    folder: tempfile::TempDir,
    config: PathBuf,
}

impl Place {
    /// With these packs for England, and those of the program for the other nations.
    fn new(england: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (data, packs) = (folder.path().join("data"), folder.path().join("packs"));
        let made = throughline(&["migrate", "--new-key", "--data", data.to_str().unwrap()]);
        assert!(made.status.success());
        std::fs::create_dir(&packs).unwrap();
        for (name, text) in OTHERS {
            write(&packs.join(format!("{name}.toml")), text);
        }
        for (at, text) in england.iter().enumerate() {
            write(&packs.join(format!("england-{at}.toml")), text);
        }
        let config = folder.path().join("one.toml");
        let text = format!(
            "[database]\nsqlite = \"{0}/throughline.db\"\n[keys]\nfile = \"{0}/root.key\"\n[jobs]\ncheckpoints = \"{0}/checkpoints\"\n[policy]\npacks = \"{1}\"\n[mail]\nfolder = true\n",
            data.display(),
            packs.display()
        );
        write(&config, &text);
        Self { folder, config }
    }

    fn check(&self, now: &str, json: bool) -> Output {
        let mut args = vec![
            "config",
            "check",
            "--config",
            self.config.to_str().unwrap(),
            "--now",
            now,
        ];
        if json {
            args.push("--json");
        }
        throughline(&args)
    }

    /// What is found of England at an instant beside its helplines: (wrong, what). Both outputs say the same.
    fn of_england(&self, now: &str) -> Vec<(bool, String)> {
        let (words, object) = (self.check(now, false), self.check(now, true));
        let (words, code) = (
            String::from_utf8(words.stdout).unwrap(),
            words.status.code(),
        );
        assert_eq!(object.status.code(), code, "{words}");
        let object: Value = serde_json::from_slice(&object.stdout).unwrap();
        assert_eq!(object["ok"], code == Some(0), "{object}");
        let end = if code == Some(0) {
            "The configuration can be used."
        } else {
            "The service would not be safe like this."
        };
        assert!(words.trim_end().ends_with(end), "{words}");
        let mut found = Vec::new();
        for finding in object["findings"].as_array().unwrap() {
            let (wrong, text) = (finding["wrong"].as_bool().unwrap(), &finding["text"]);
            let text = text.as_str().unwrap().to_owned();
            let sign = if wrong { "WRONG  " } else { "look   " };
            assert!(words.contains(&format!("{sign}{text}\n")), "{words}");
            if text.to_lowercase().contains("england") && !text.contains("helplines") {
                found.push((wrong, text));
            }
        }
        found
    }
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

fn throughline(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_throughline"))
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// The text with one line changed that must stand in it.
fn with(pack: &str, was: &str, is: &str) -> String {
    assert_eq!(pack.matches(was).count(), 1, "{was}");
    pack.replacen(was, is, 1)
}

fn look(text: &str) -> (bool, String) {
    (false, text.to_owned())
}

#[test]
fn bank_holidays_that_end_are_named_half_a_year_before_and_from_then_on() {
    // They end half a year before the pack itself.
    let pack = with(
        ENGLAND,
        "complete_to = 2028-12-31",
        "complete_to = 2027-12-31",
    );
    let place = Place::new(&[&pack]);
    let said = look("policy pack england-2024 knows bank holidays only up to 2027-12-31");
    // 180 days before is 4 July, which begins at 23:00 UTC on the evening before.
    assert_eq!(place.of_england("2027-07-03T22:59:59Z"), []);
    for now in [
        "2027-07-03T23:00:00Z",
        "2027-12-31T12:00:00Z",
        "2028-01-01T00:00:00Z",
        "2028-06-01T12:00:00Z",
    ] {
        assert_eq!(place.of_england(now), std::slice::from_ref(&said), "{now}");
    }
    drop(place.folder);
}

#[test]
fn clocks_and_thresholds_that_end_are_named_before_and_the_day_after_the_service_is_not_safe() {
    let place = Place::new(&[ENGLAND]);
    let ends = look("policy pack england-2024 ends on 2028-12-31 and no other follows");
    let holidays = look("policy pack england-2024 knows bank holidays only up to 2028-12-31");
    assert_eq!(place.of_england("2028-07-03T12:00:00Z"), []);
    for now in ["2028-07-04T12:00:00Z", "2028-12-31T23:59:59Z"] {
        let both = [ends.clone(), holidays.clone()];
        assert_eq!(place.of_england(now), both, "{now}");
    }
    let gone = (
        true,
        "no policy pack for England is in force today".to_owned(),
    );
    assert_eq!(place.of_england("2029-01-01T00:00:00Z"), [gone]);
    // Nor is it before anything is in force.
    assert!(place.of_england("2023-12-31T12:00:00Z")[0].0);
}

#[test]
fn a_pack_that_another_follows_does_not_end_but_what_it_knows_of_bank_holidays_does() {
    let first = with(ENGLAND, "valid_to = 2028-12-31", "valid_to = 2027-06-30");
    let next = with(
        &with(
            ENGLAND,
            "pack_id = \"england-2024\"",
            "pack_id = \"england-2027\"",
        ),
        "valid_from = 2024-01-01",
        "valid_from = 2027-07-01",
    );
    let place = Place::new(&[&first, &next]);
    assert_eq!(place.of_england("2027-06-30T12:00:00Z"), []);
    let found = place.of_england("2028-12-01T12:00:00Z");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|(_, text)| text.contains("england-2027")));
    // A day between the two is a day without clocks: the first one does end.
    let late = with(&next, "valid_from = 2027-07-01", "valid_from = 2027-07-02");
    let found = Place::new(&[&first, &late]).of_england("2027-06-01T12:00:00Z");
    let ends = look("policy pack england-2024 ends on 2027-06-30 and no other follows");
    assert_eq!(found, [ends]);
}

#[test]
fn an_instant_that_is_none_is_refused_in_one_sentence() {
    let refused = Place::new(&[ENGLAND]).check("tomorrow", true);
    assert_eq!(refused.status.code(), Some(2));
    let said: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert!(said["error"].as_str().unwrap().contains("--now takes"));
}
