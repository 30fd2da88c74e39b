//! Messages to the person, as the tests ask for them and see what became of them.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses its own part of it, and one that cannot go on must stop"
)]

use std::sync::Mutex;

use throughline_app::contact::{self, ContactSaid};
use throughline_app::mail::{Letter, Mailer, NotSent};
use throughline_app::message::{self, Asked, MessageAsk};
use throughline_app::outbox::dispatch_once;
use throughline_core::answer::Answer;
use throughline_core::artefact::Artefact;
use throughline_core::contact::{AnsweredBy, Channel, Verdict};
use throughline_core::gate::{DenyReason, Sender};
use throughline_core::id::Ref;
use throughline_core::message::MessageState;
use throughline_core::task::TaskKind;
use throughline_store::task::Task;

use crate::town::{HELP, Town};

/// What left by mail: to whom, what, and its words.
#[derive(Default)]
pub struct Post(pub Mutex<Vec<(String, Artefact, String)>>);

impl Mailer for Post {
    async fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        let text = letter.release.text();
        let to = letter.release.to().to_owned();
        assert_eq!(letter.release.sender(), Sender::Neutral);
        self.0
            .lock()
            .unwrap()
            .push((to, text.artefact(), text.whole()));
        Ok(())
    }
}

impl Post {
    /// What left to the person: everybody else's mail is another test's.
    pub fn to_the_person(&self) -> Vec<(String, Artefact, String)> {
        let all = self.0.lock().unwrap();
        all.iter()
            .filter(|(to, ..)| to.ends_with("@home.example"))
            .cloned()
            .collect()
    }
}

pub fn safe(channel: Channel, value: &str) -> ContactSaid {
    ContactSaid {
        channel,
        verdict: Verdict::Safe,
        value: value.to_owned(),
        windows: Vec::new(),
        voicemail: false,
        answered_by: AnsweredBy::OnlyThem,
        neutral_only: true,
        shared_account: Answer::No,
        say: None,
    }
}

pub async fn adds(town: &Town, case: Ref, said: &ContactSaid) -> Ref {
    contact::add(&town.app, &town.coach.actor(), case, said)
        .await
        .unwrap()
}

pub async fn asks(town: &Town, case: Ref, contact: Ref, artefact: Artefact) -> Asked {
    let ask = MessageAsk {
        contact,
        artefact,
        appointment: artefact
            .is_about_a_time()
            .then(|| town.app.env().now().plus_days(3)),
    };
    message::ask(&town.app, &town.coach.actor(), case, &ask)
        .await
        .unwrap()
}

pub async fn states(town: &Town, case: Ref) -> Vec<(MessageState, Option<DenyReason>)> {
    let known = message::messages(&town.app, &town.coach.actor(), case).await;
    let known = known.unwrap();
    known.iter().map(|it| (it.state, it.denied)).collect()
}

pub async fn tasks(town: &Town, case: Ref, kind: TaskKind) -> Vec<Task> {
    let case = &case;
    town.app
        .store
        .work(&town.coach.actor(), HELP, |w| {
            Box::pin(async move {
                let about = w.case_facts(*case).await?.unwrap().subject;
                let all = w.tasks(&w.scope(), 500).await?;
                let one = |task: &Task| task.kind == kind && task.case == Some(about);
                Ok(all.into_iter().filter(one).collect())
            })
        })
        .await
        .unwrap()
}

pub async fn turn(town: &Town, post: &Post) {
    dispatch_once(&town.app, post, "one").await.unwrap();
}
