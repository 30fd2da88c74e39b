//! The server is killed while people and programs use it, and started again, many times over (QUALITY Q-01). Whatever it said
//! was done is done, once; what it could not say is sent again and is done once too; every referral has an owner and a clock;
//! what was typed is there. `THROUGHLINE_KILLS` says how often (5 without it; the assurance run asks for 100).

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on must stop"
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::running::{configuration, free_port, program, start};
use crate::town::{HELP, Town, town};
use serde_json::json;
use throughline_app::mail::FolderMailer;
use throughline_app::outbox::dispatch_once;
use throughline_app::{App, case_view};
use throughline_core::id::Ref;
use throughline_core::referral::ReferralState;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::CaseRead;
use throughline_policy::{ActionKind, Actor};
use throughline_seal::{Keyring, RootKey};
use throughline_store::account::Account;
use throughline_store::{Durability, Keys, Store};
use throughline_testkit::both;
use throughline_testkit::db::TestStore;
use throughline_testkit::env::{seeded, test_start};
use throughline_testkit::visitor::{Answered, NoAnswer, Visitor};

const WORKERS: usize = 3;

/// What one person's help has come to, as far as the server said so.
#[derive(Debug, Clone)]
struct Person {
    key: String,
    /// Sent to the service with an inbox, or to the one that gets a link.
    to: Ref,
    case: Option<String>,
    statement: bool,
    referral: Option<String>,
    answered: bool,
}

/// Everything the load needs, and what it was told.
struct Load {
    base: String,
    sender: String,
    partner: String,
    site: String,
    lead: String,
    inbox: Ref,
    linked: Ref,
    told: Mutex<BTreeMap<String, Person>>,
    stop: AtomicBool,
}

impl Load {
    /// How many writes the server said were done, beside what was typed.
    fn acknowledged(&self) -> usize {
        let told = self.told.lock().unwrap();
        told.values()
            .map(|person| {
                usize::from(person.case.is_some())
                    + usize::from(person.statement)
                    + usize::from(person.referral.is_some())
                    + usize::from(person.answered)
            })
            .sum()
    }

    /// Takes one person as far as their help can go. Stops without an error where the server goes away.
    fn help(&self, person: &mut Person) -> Result<(), NoAnswer> {
        let mut sender = Visitor::program(&self.base, &self.sender);
        let mut partner = Visitor::program(&self.base, &self.partner);
        if person.case.is_none() {
            let key = format!("{}-case", person.key);
            let body =
                json!({ "site": self.site, "lead": self.lead, "person": { "chosen": person.key } });
            let made = until_free(|| {
                sender.send_json("/api/v1/cases", &[("idempotency-key", &key)], &body)
            })?;
            assert_eq!(made.status, 201, "{}", made.body);
            person.case = Some(made.json()["reference"].as_str().unwrap().to_owned());
        }
        let case = person.case.clone().unwrap();
        if !person.statement {
            let key = format!("{}-words", person.key);
            let path = format!("/api/v1/cases/{case}/statement");
            let body = json!({ "words": "I owe rent.\nI want to stay." });
            let kept = until_free(|| sender.send_json(&path, &[("idempotency-key", &key)], &body))?;
            assert_eq!(kept.status, 201, "{}", kept.body);
            person.statement = true;
        }
        if person.referral.is_none() {
            let key = format!("{}-send", person.key);
            let path = format!("/api/v1/cases/{case}/referrals");
            let body = json!({
                "service": person.to, "need": "debt", "items": ["chosen_name", "statement"], "struck": [2], "statement": 1,
                "how": "spoken", "basis": "consent_6_1_a", "art9": "explicit_consent_9_2_a", "seen_alone": true,
            });
            let sent = until_free(|| sender.send_json(&path, &[("idempotency-key", &key)], &body))?;
            assert_eq!(sent.status, 201, "{}", sent.body);
            person.referral = Some(sent.json()["reference"].as_str().unwrap().to_owned());
        }
        if person.to == self.inbox && !person.answered {
            let path = format!("/api/v1/referrals/{}", person.referral.as_ref().unwrap());
            let open = until_free(|| partner.get(&path))?;
            assert_eq!(open.status, 200, "{}", open.body);
            let state = open.json()["state"].as_str().unwrap().to_owned();
            if state != "accepted" {
                let seen = open.etag.unwrap();
                let answer = json!({ "answer": "accept", "name": "Rhian" });
                let path = format!("{path}/answer");
                let said =
                    until_free(|| partner.send_json(&path, &[("if-match", &seen)], &answer))?;
                assert_eq!(said.status, 200, "{}", said.body);
            }
            person.answered = true;
        }
        Ok(())
    }

    fn work(&self, worker: usize, round: usize) {
        // First what was under way when the server went: sent again as it was.
        let unfinished: Vec<Person> = {
            let told = self.told.lock().unwrap();
            let mine = told.values().filter(|person| {
                person.key.ends_with(&format!("-{worker}"))
                    && (person.referral.is_none() || (person.to == self.inbox && !person.answered))
            });
            mine.cloned().collect()
        };
        for mut person in unfinished {
            let done = self.help(&mut person);
            self.told.lock().unwrap().insert(person.key.clone(), person);
            if done.is_err() {
                return;
            }
        }
        for n in 0.. {
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            let to = if n % 2 == 0 { self.inbox } else { self.linked };
            let mut person = Person {
                key: format!("round-{round}-{n}-{worker}"),
                to,
                case: None,
                statement: false,
                referral: None,
                answered: false,
            };
            let done = self.help(&mut person);
            self.told.lock().unwrap().insert(person.key.clone(), person);
            if done.is_err() {
                return;
            }
        }
    }
}

/// Asks again where the server says that it is busy: that is an answer, and nothing was done.
fn until_free(mut ask: impl FnMut() -> Result<Answered, NoAnswer>) -> Result<Answered, NoAnswer> {
    for _ in 0..200 {
        let answered = ask()?;
        if ![409, 412, 429, 503].contains(&answered.status) {
            return Ok(answered);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    ask()
}

/// One coach who types, and is told each time that it is kept.
struct Typist {
    visitor: Visitor,
    talk: String,
    page: Answered,
    kept: u32,
}

impl Typist {
    fn sit_down(base: &str, coach: Ref) -> Self {
        let mut visitor = Visitor::new(base);
        let mut door = visitor.get("/sign-in").unwrap();
        // Only the demo's own people have a button there.
        door.body.clear();
        let me = [("csrf", ""), ("account", &coach.to_string())];
        let signed = visitor.send("/sign-in/demo", &door, &me).unwrap();
        assert_eq!(signed.status, 303, "{}", signed.body);
        let doors = until_free(|| visitor.get("/with-me")).unwrap();
        assert_eq!(doors.status, 200, "{}", doors.body);
        let mode = [("mode", "in_person")];
        let begun = until_free(|| visitor.send("/conversations", &doors, &mode)).unwrap();
        assert_eq!(begun.status, 303, "{}", begun.body);
        let at = begun.location.unwrap();
        let talk = at.split('/').nth(2).unwrap().to_owned();
        Self {
            visitor,
            talk,
            page: doors,
            kept: 0,
        }
    }

    /// Types until the server goes away.
    fn type_on(&mut self, stop: &AtomicBool) {
        let (path, notes) = ("/drafts", format!("/conversations/{}/notes", self.talk));
        // The token against cross-site forms is the session's own: any page of it will do.
        self.page.body = self
            .page
            .body
            .replace("action=\"/conversations\"", &format!("action=\"{path}\""));
        while !stop.load(Ordering::SeqCst) {
            let words = format!("word {}", self.kept + 1);
            match self
                .visitor
                .send(path, &self.page, &[("draft_of", &notes), ("told", &words)])
            {
                Ok(answered) if answered.status == 204 => self.kept += 1,
                Ok(answered) => assert!([429, 503].contains(&answered.status), "{}", answered.body),
                Err(_) => return,
            }
        }
    }

    /// What was typed last and kept is on the page, or what was on its way when the server went.
    fn look(&mut self) {
        let path = format!("/conversations/{}/notes", self.talk);
        let page = self.visitor.get(&path).unwrap();
        assert_eq!(
            page.status, 200,
            "the session outlives the server: {}",
            page.body
        );
        let kept = |n: u32| page.body.contains(&format!("word {n}</textarea>"));
        assert!(
            self.kept == 0 || kept(self.kept) || kept(self.kept + 1),
            "word {} is gone: {}",
            self.kept,
            page.body
        );
        if kept(self.kept + 1) {
            self.kept += 1;
        }
    }
}

/// Everything that was said to be done is done once, and nobody is without an owner and a clock.
async fn nothing_is_lost(app: &App, coach: &Account, load: &Load) -> (usize, usize) {
    let actor = &coach.actor();
    let told = load.told.lock().unwrap().clone();
    let cases = app
        .store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let scope = w.scope::<CaseRead>();
                w.cases(&scope, true, 1_000_000).await
            })
        })
        .await
        .unwrap();
    for case in &cases {
        let known = told
            .values()
            .filter(|person| person.key == case.sheet.chosen)
            .count();
        // The town's own case stands beside those of the load.
        assert!(
            known == 1 || case.sheet.chosen == "Amina",
            "{}",
            case.sheet.chosen
        );
    }
    let mut referrals = 0;
    for person in told.values() {
        let opened = cases
            .iter()
            .filter(|case| case.sheet.chosen == person.key)
            .count();
        assert!(opened <= 1, "{} was opened {opened} times", person.key);
        let Some(reference) = &person.case else {
            continue;
        };
        assert_eq!(opened, 1, "{} is lost", person.key);
        let view = case_view::read(app, actor, reference.parse().unwrap())
            .await
            .unwrap();
        assert!(view.statements.len() <= 1 && (!person.statement || view.statements.len() == 1));
        assert!(!view.lead.is_empty(), "{} is ownerless", person.key);
        let sent = &view.referrals;
        assert!(
            sent.len() <= 1,
            "{} was sent {} times",
            person.key,
            sent.len()
        );
        if let Some(referral) = &person.referral {
            assert_eq!(sent.len(), 1, "the referral of {} is lost", person.key);
            assert_eq!(&sent[0].0.reference.to_string(), referral);
        }
        for (referral, _) in sent {
            referrals += 1;
            assert!(referral.due_at.is_some(), "{} has no clock", person.key);
            assert!(
                !person.answered || referral.state == ReferralState::Accepted,
                "an answer is lost"
            );
        }
    }
    let risk = tasks(app, actor, TaskKind::JudgeRisk).await;
    // Each case but the town's own, which was opened with its clock running elsewhere.
    assert_eq!(risk, cases.len() - 1, "somebody's risk is on no clock");
    (cases.len(), referrals)
}

async fn tasks(app: &App, actor: &Actor, kind: TaskKind) -> usize {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let scope = w.scope();
                w.tasks(&scope, 1_000_000).await
            })
        })
        .await
        .unwrap()
        .into_iter()
        .filter(|task| task.kind == kind)
        .count()
}

/// The store again, as a process would open it that starts after the last kill.
async fn reopened(world: &TestStore) -> Store {
    let (env, _) = seeded(7, test_start());
    let keys = Keys::new(Keyring::new(RootKey::generate(&env), []));
    match (world.sqlite_path(), world.postgres_url()) {
        (Some(path), _) => Store::sqlite(&path, world.env.clone(), keys, Durability::Full)
            .await
            .unwrap(),
        (None, Some(url)) => Store::postgres(&url, world.env.clone(), keys, 4)
            .await
            .unwrap(),
        (None, None) => world.store.clone(),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how often, from whoever runs the test; and the time that the server sees"
)]
fn outside() -> (usize, At) {
    let kills = std::env::var("THROUGHLINE_KILLS")
        .ok()
        .and_then(|text| text.parse().ok());
    (kills.unwrap_or(5), At::from(jiff::Timestamp::now()))
}

both!(
    whatever_was_acknowledged_outlives_kill_after_kill,
    |world| {
        let (kills, now) = outside();
        world.clock.set(now);
        let Town {
            app,
            coach,
            partner,
            inbox,
            linked,
            ..
        } = town(world).await;
        let sender = [
            ActionKind::CaseOpen,
            ActionKind::CaseRead,
            ActionKind::CaseChange,
            ActionKind::ReferralSend,
            ActionKind::ReferralRecord,
        ];
        let sender = program(world, coach.organisation, &sender).await;
        let receiver = [
            ActionKind::ReferralReceive,
            ActionKind::PacketRead,
            ActionKind::ReferralAnswer,
        ];
        let receiver = program(world, partner.organisation, &receiver).await;
        let organisation = coach.organisation;
        let sites = world
            .store
            .read(|r| Box::pin(async move { r.sites(organisation).await }))
            .await
            .unwrap();
        let site = &sites[0];
        let (packs, settings) = (app.packs.clone(), app.settings.clone());
        drop(app);
        // No other process has the file open, so that what the killed one left behind is what the next one finds.
        world.store.disconnect().await;

        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let more = "[mail]\nfolder = true\n[log]\nlevel = \"warn\"\n";
        let config = configuration(world, folder.path(), port, more);
        let base = format!("http://127.0.0.1:{port}");
        let load = Arc::new(Load {
            base: base.clone(),
            sender,
            partner: receiver,
            site: site.reference.to_string(),
            lead: coach.reference.to_string(),
            inbox,
            linked,
            told: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let (mut server, _) = start(&config, &base);
        let mut typist = Typist::sit_down(&base, coach.reference);
        let mut slowest = Duration::ZERO;
        for round in 0..kills {
            load.stop.store(false, Ordering::SeqCst);
            let busy: Vec<_> = (0..WORKERS)
                .map(|worker| {
                    let load = Arc::clone(&load);
                    std::thread::spawn(move || load.work(worker, round))
                })
                .collect();
            let typing = {
                let load = Arc::clone(&load);
                std::thread::spawn(move || {
                    typist.type_on(&load.stop);
                    typist
                })
            };
            // Never the same moment of the work: 300 to 1,200 ms in.
            tokio::time::sleep(Duration::from_millis(300 + (round as u64 * 263) % 900)).await;
            server.kill();
            load.stop.store(true, Ordering::SeqCst);
            for worker in busy {
                worker.join().unwrap();
            }
            typist = typing.join().unwrap();
            let (again, ready) = start(&config, &base);
            (server, slowest) = (again, slowest.max(ready));
            typist.look();
        }
        // What was under way at the last kill is sent again.
        load.stop.store(true, Ordering::SeqCst);
        (0..WORKERS).for_each(|worker| load.work(worker, kills));
        assert!(typist.kept > 0, "nothing was typed");
        server.kill();

        let store = reopened(world).await;
        let app = App::new(store.clone(), packs, settings).unwrap();
        let (cases, referrals) = nothing_is_lost(&app, &coach, &load).await;
        while dispatch_once(&app, &FolderMailer, "after")
            .await
            .unwrap()
            .sent
            > 0
        {}
        let mails = store
            .read(|r| Box::pin(async move { r.sent_mails(1_000_000).await }))
            .await
            .unwrap();
        let report = store
            .audit_verify(Some(&folder.path().join("checkpoints")))
            .await
            .unwrap();
        assert_eq!(report.all_problems().count(), 0);
        let linked = load
            .told
            .lock()
            .unwrap()
            .values()
            .filter(|person| person.to == load.linked && person.referral.is_some())
            .count();
        let notices = mails.len();
        assert!(
            notices >= linked,
            "{linked} services were to be told and {notices} were"
        );
        assert!(
            cases > kills && referrals > 0,
            "there was hardly any load: {cases} cases"
        );
        let acknowledged = load.acknowledged() + usize::try_from(typist.kept).unwrap();
        eprintln!(
            "{kills} kills: 0 of {acknowledged} acknowledged writes lost ({cases} cases, {referrals} referrals, {} words kept, {notices} messages); ready again within {} ms",
            typist.kept,
            slowest.as_millis()
        );
        store.disconnect().await;
    }
);
