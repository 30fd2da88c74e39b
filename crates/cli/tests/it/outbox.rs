//! What was given up is seen at the prompt and let go again there, on both databases (docs/OPERATIONS.md, "dead letters").

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop"
)]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::running::{configuration, now};
use crate::shared::Raw;
use crate::town::{send, town};
use serde_json::Value;
use throughline_app::mail::{FolderMailer, Letter, Mailer, NotSent};
use throughline_app::outbox::dispatch_once;
use throughline_testkit::both;

/// A relay that takes nothing.
struct Refuses;

impl Mailer for Refuses {
    async fn send(&self, _: &Letter) -> Result<(), NotSent> {
        Err(NotSent::Never("refused_by_server"))
    }
}

fn outbox(config: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_throughline"))
        .arg("outbox")
        .args(args)
        .args(["--config", config.to_str().unwrap(), "--json"])
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn json(output: &Output, code: i32) -> Value {
    let said = format!("{output:?}");
    assert_eq!(output.status.code(), Some(code), "{said}");
    let text = std::str::from_utf8(&output.stdout).unwrap();
    assert_eq!(text.trim_end().lines().count(), 1, "{said}");
    serde_json::from_str(text).unwrap()
}

fn given_up(config: &Path) -> Vec<Value> {
    let list = json(&outbox(config, &["list"]), 0);
    list["given_up"].as_array().unwrap().clone()
}

both!(
    what_was_given_up_is_listed_without_a_name_and_is_tried_again_when_told,
    |world| {
        // What is let go at the prompt is due by the machine's clock, and here it is looked at by the test's.
        world.clock.set(now());
        let town = town(world).await;
        let folder = tempfile::tempdir().unwrap();
        let config = &configuration(world, folder.path(), 1, "");
        assert_eq!(given_up(config), [] as [Value; 0]);
        let nothing = json(&outbox(config, &["retry", "--all"]), 0);
        assert_eq!(nothing["retried"], 0);

        // Two colleagues are told of a request, and a service gets its link: nothing arrives.
        send(&town, town.inbox).await;
        send(&town, town.linked).await;
        let turn = dispatch_once(&town.app, &Refuses, "one").await.unwrap();
        assert_eq!(turn.dead, 3);
        let listed = outbox(config, &["list"]);
        let whole = String::from_utf8(listed.stdout.clone()).unwrap();
        for name in [
            "Quayside", "Harbour", "quayside", "harbour", "/r/", "Amina", "debt", "@",
        ] {
            assert!(!whole.contains(name), "{name}: {whole}");
        }
        let dead = given_up(config);
        let mut kinds: Vec<&str> = dead
            .iter()
            .map(|one| one["kind"].as_str().unwrap())
            .collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["partner_notice", "staff_task", "staff_task"]);
        for one in &dead {
            assert_eq!(
                (&one["reason"], &one["tries"]),
                (&"refused_by_server".into(), &1.into())
            );
            assert!(one["promised_at"].is_string());
        }

        // All of what is named, or nothing.
        let staff: Vec<&str> = dead
            .iter()
            .filter(|one| one["kind"] == "staff_task")
            .map(|one| one["reference"].as_str().unwrap())
            .collect();
        let never = "0".repeat(26);
        for wrong in [
            vec!["retry", "no-such-thing"],
            vec!["retry", &never],
            vec!["retry", staff[0], &never],
        ] {
            let refused = json(&outbox(config, &wrong), 2);
            let sentence = refused["error"].as_str().unwrap();
            assert!(sentence.contains("Nothing was changed."), "{sentence}");
            assert_eq!(given_up(config).len(), 3, "{wrong:?}");
        }
        for senseless in [vec!["retry"], vec!["retry", "--all", staff[0]]] {
            assert_eq!(outbox(config, &senseless).status.code(), Some(2));
        }

        let raw = Raw::of(world).await;
        let noted = "SELECT count(*) FROM audit_entry WHERE action = 'message_retried'";
        assert_eq!(raw.number(noted).await, 0);
        let one = json(&outbox(config, &["retry", staff[0], staff[0]]), 0);
        assert_eq!(one["retried"], 1, "named twice is named once");
        assert_eq!((given_up(config).len(), raw.number(noted).await), (2, 1));
        let again = json(&outbox(config, &["retry", staff[0]]), 2);
        assert!(again["error"].is_string(), "it waits already");
        let rest = json(&outbox(config, &["retry", "--all"]), 0);
        assert_eq!(rest["retried"], 2);
        assert_eq!((given_up(config).len(), raw.number(noted).await), (0, 3));

        world.clock.set(now());
        // Now the relay is mended. The worker was told that the link did not arrive and has a task: nobody waits for it here.
        let turn = dispatch_once(&town.app, &FolderMailer, "one")
            .await
            .unwrap();
        assert_eq!((turn.sent, turn.dropped, turn.dead), (2, 1, 0));
    }
);
