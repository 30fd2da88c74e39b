//! What people agreed to share, on both databases: taken back it ends what rests on it, and before it lapses they are asked again.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::town;
use std::sync::Mutex;

use crate::town::{HELP, Town, town};
use throughline_app::address;
use throughline_app::case_view;
use throughline_app::consent::{self, Again};
use throughline_app::mail::{Letter, Mailer, NotSent};
use throughline_app::outbox::dispatch_once;
use throughline_app::partner::{self, Landing};
use throughline_app::referral::{self, Via};
use throughline_app::referral_answer::{self, Answer, Outcome};
use throughline_app::referral_clock;
use throughline_app::referral_send::{self, SendOrder, Sent};
use throughline_app::today;
use throughline_core::code::Code as _;
use throughline_core::consent::{Art9Condition, HowAgreed, ShareBasis};
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::reason::{Reason, Words};
use throughline_core::referral::{EndReason, ReferralState, UnmetReason};
use throughline_core::task::TaskKind;
use throughline_store::Error;
use throughline_store::task::{Task, TaskOutcome};
use throughline_testkit::both;

const DAY: i64 = 86_400;

fn order(town: &Town, service: Ref) -> SendOrder {
    town::order(town.case, service, NeedType::Debt)
}

async fn send(town: &Town, service: Ref) -> Sent {
    referral_send::send(&town.app, &town.coach.actor(), &order(town, service))
        .await
        .unwrap()
}

async fn seen(town: &Town, reference: Ref) -> referral::Referral {
    referral::view(&town.app, &town.coach.actor(), reference)
        .await
        .unwrap()
        .referral
}

/// The service goes on to a state, as its worker hears by telephone.
async fn comes_to(town: &Town, reference: Ref, state: ReferralState) {
    let (app, coach) = (&town.app, &town.coach.actor());
    let accept = yes();
    let wait = Answer::Waitlist { days: Some(90) };
    let answer = match state {
        ReferralState::Received => return,
        ReferralState::Waitlisted => &wait,
        _ => &accept,
    };
    let version = seen(town, reference).await.version;
    referral_answer::record_answer(app, coach, reference, version, answer, Via::Phone)
        .await
        .unwrap();
    for (outcome, after) in [
        (Outcome::FirstContact, ReferralState::FirstContact),
        (Outcome::Started, ReferralState::InService),
    ] {
        let now = seen(town, reference).await;
        if now.state == state {
            return;
        }
        referral_answer::outcome(app, coach, reference, now.version, outcome, Via::Phone)
            .await
            .unwrap();
        assert_eq!(seen(town, reference).await.state, after);
    }
}

fn yes() -> Answer {
    Answer::Accept {
        by: Words::new("Rhian").unwrap(),
        when: None,
        how: None,
    }
}

/// The newest consent of the case.
async fn newest(town: &Town) -> case_view::Agreed {
    let view = case_view::read(&town.app, &town.coach.actor(), town.case).await;
    view.unwrap().consents.remove(0)
}

async fn tasks(town: &Town, kind: TaskKind) -> Vec<Task> {
    let mut all = town
        .app
        .store
        .work(&town.coach.actor(), HELP, |w| {
            Box::pin(async move { w.tasks(&w.scope(), 50).await })
        })
        .await
        .unwrap();
    all.retain(|task| task.kind == kind);
    all
}

async fn asks(town: &Town) -> usize {
    consent::ask_before_it_lapses(&town.app, 50).await.unwrap()
}

fn again(how: HowAgreed) -> Again {
    Again {
        how,
        words: Some("Yes, still".into()),
        reasons: None,
    }
}

#[derive(Default)]
struct Post(Mutex<Vec<(String, String)>>);

impl Mailer for Post {
    async fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        let whole = letter.release.text().whole();
        let mut letters = self.0.lock().unwrap();
        letters.push((letter.release.to().to_owned(), whole));
        Ok(())
    }
}

/// A mail system that takes nothing for anybody.
struct Lost;

impl Mailer for Lost {
    async fn send(&self, _: &Letter) -> Result<(), NotSent> {
        Err(NotSent::Never("refused"))
    }
}

impl Post {
    fn token(&self) -> String {
        let letters = self.0.lock().unwrap();
        let text = letters.iter().rev().find_map(|(_, text)| {
            let (_, rest) = text.split_once("/r/")?;
            rest.lines().next().map(str::to_owned)
        });
        text.unwrap()
    }

    /// Who was told that a request is closed; the letters are taken away.
    fn told_it_is_closed(&self) -> Vec<String> {
        let letters = std::mem::take(&mut *self.0.lock().unwrap());
        letters
            .into_iter()
            .filter(|(_, text)| text.contains("One request is closed"))
            .map(|(to, _)| to)
            .collect()
    }
}

both!(
    taking_consent_back_takes_the_request_from_the_service_and_tells_it,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        for (state, after) in [
            (ReferralState::Received, ReferralState::Withdrawn),
            (ReferralState::Waitlisted, ReferralState::Withdrawn),
            (ReferralState::Accepted, ReferralState::Withdrawn),
            (ReferralState::FirstContact, ReferralState::Ended),
            (ReferralState::InService, ReferralState::Ended),
        ] {
            let post = Post::default();
            let sent = send(&town, town.linked).await;
            dispatch_once(app, &post, "one").await.unwrap();
            let token = post.token();
            comes_to(&town, sent.reference, state).await;
            let agreed = newest(&town).await.record.reference;
            consent::withdraw(app, coach, town.case, agreed)
                .await
                .unwrap();

            let now = seen(&town, sent.reference).await;
            assert_eq!(now.state, after, "{state}");
            assert_eq!(
                partner::link_landing(app, &token).await.unwrap(),
                Landing::Over,
                "{state}"
            );
            let offers = tasks(&town, TaskKind::OfferNext).await;
            let ended = after == ReferralState::Ended;
            assert_eq!(!offers.is_empty(), ended, "{state}: who lost help is asked");
            assert_eq!(
                now.reason.as_deref(),
                ended.then_some(EndReason::PersonStopped.code())
            );
            // The reminder that was due half way never leaves, and no clock makes silence of it.
            world.clock.advance_seconds(30 * DAY);
            referral_clock::time_out_due(app, 50).await.unwrap();
            dispatch_once(app, &post, "one").await.unwrap();
            let reminded = post.0.lock().unwrap().len();
            assert_eq!(reminded, 2, "{state}: the notice, and that it is closed");
            assert_eq!(
                post.told_it_is_closed(),
                ["referrals@quayside.example"],
                "{state}"
            );
            assert_eq!(seen(&town, sent.reference).await.state, after, "{state}");
            // A second time changes nothing.
            consent::withdraw(app, coach, town.case, agreed)
                .await
                .unwrap();
        }
    }
);

both!(
    a_service_that_no_mail_reaches_is_rung_when_a_request_is_taken_from_it,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let kind = TaskKind::TellService;
        let take_back = async || {
            let agreed = newest(&town).await.record.reference;
            consent::withdraw(app, coach, town.case, agreed)
                .await
                .unwrap();
        };
        // Nobody has rung them yet: they have never heard of it.
        let sent = send(&town, town.listed).await;
        take_back().await;
        let now = seen(&town, sent.reference).await.state;
        assert_eq!(now, ReferralState::Withdrawn);
        assert!(tasks(&town, kind).await.is_empty());
        // A worker has rung them, and nobody there has answered yet.
        world.clock.advance_seconds(1);
        let sent = send(&town, town.listed).await;
        let request = seen(&town, sent.reference).await.id;
        let calls = tasks(&town, TaskKind::ChaseReferral).await;
        let call = calls.iter().find(|call| call.referral == Some(request));
        today::task_finish(app, coach, call.unwrap().reference, TaskOutcome::Done)
            .await
            .unwrap();
        assert_eq!(seen(&town, sent.reference).await.state, ReferralState::Sent);
        take_back().await;
        let [task] = &tasks(&town, kind).await[..] else {
            panic!("whoever was rung may ring the person");
        };
        today::task_finish(app, coach, task.reference, TaskOutcome::Done)
            .await
            .unwrap();
        // Time alone is no call.
        world.clock.advance_seconds(1);
        let sent = send(&town, town.listed).await;
        world.clock.advance_seconds(20 * DAY);
        referral_clock::time_out_due(app, 50).await.unwrap();
        let now = seen(&town, sent.reference).await.state;
        assert_eq!(now, ReferralState::NoResponse);
        take_back().await;
        assert!(tasks(&town, kind).await.is_empty());
        // They said yes on the telephone, and somebody there has the person on their list.
        world.clock.advance_seconds(1);
        let sent = send(&town, town.listed).await;
        comes_to(&town, sent.reference, ReferralState::Accepted).await;
        take_back().await;
        let [task] = &tasks(&town, kind).await[..] else {
            panic!("the worker rings them");
        };
        assert_eq!(task.owner, Some(town.coach.id));
        today::task_finish(app, coach, task.reference, TaskOutcome::Done)
            .await
            .unwrap();
        // Where accounts or an address were told, nobody need ring; unless that mail comes back.
        let (post, lost) = (Post::default(), Lost);
        world.clock.advance_seconds(1);
        let sent = send(&town, town.linked).await;
        dispatch_once(app, &post, "one").await.unwrap();
        comes_to(&town, sent.reference, ReferralState::Accepted).await;
        take_back().await;
        assert!(tasks(&town, kind).await.is_empty());
        dispatch_once(app, &lost, "one").await.unwrap();
        assert_eq!(tasks(&town, kind).await.len(), 1);
        // Nor does it reach anybody once its address is taken away.
        world.clock.advance_seconds(1);
        let sent = send(&town, town.linked).await;
        dispatch_once(app, &post, "one").await.unwrap();
        comes_to(&town, sent.reference, ReferralState::Accepted).await;
        take_back().await;
        let [steward, _] = &town.stewards;
        let (_, held) = address::list(app, steward, town.linked).await.unwrap();
        address::retire(app, steward, town.linked, held[0].reference)
            .await
            .unwrap();
        dispatch_once(app, &post, "one").await.unwrap();
        assert_eq!(tasks(&town, kind).await.len(), 2);
    }
);

both!(
    ne_28_nothing_can_be_taken_back_where_sharing_never_rested_on_agreement,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let mut order = order(&town, town.inbox);
        order.how = HowAgreed::DidNotAgree;
        order.basis = ShareBasis::VitalInterests;
        order.art9 = Some(Art9Condition::VitalInterestsIncapable);
        order.reasons = Some(Reason::new("He is on his way to her.").unwrap());
        order.life_at_risk = true;
        let sent = referral_send::send(app, coach, &order).await.unwrap();
        let agreed = newest(&town).await.record.reference;
        let refused = consent::withdraw(app, coach, town.case, agreed).await;
        assert!(matches!(refused, Err(Error::Illegal(_))), "{refused:?}");
        let now = seen(&town, sent.reference).await;
        assert_eq!(now.state, ReferralState::Received);
        assert!(newest(&town).await.holds);
        // It lapses all the same, and is decided again with its reasons.
        let mut anew = again(HowAgreed::DidNotAgree);
        let refused = consent::agree_again(app, coach, town.case, agreed, &anew).await;
        assert!(matches!(
            refused,
            Err(Error::Invalid {
                field: "reasons",
                ..
            })
        ));
        anew.reasons = Some(Reason::new("He is still looking for her.").unwrap());
        consent::agree_again(app, coach, town.case, agreed, &anew)
            .await
            .unwrap();
    }
);

both!(before_a_consent_lapses_the_person_is_asked_again, |world| {
    let town = town(world).await;
    let (app, coach) = (&town.app, &town.coach.actor());
    let sent = send(&town, town.inbox).await;
    comes_to(&town, sent.reference, ReferralState::Waitlisted).await;
    let first = newest(&town).await.record;
    world.clock.advance_seconds(150 * DAY);
    assert_eq!(asks(&town).await, 0, "a month before is soon enough");
    world.clock.advance_seconds(8 * DAY);
    assert_eq!(asks(&town).await, 1);
    assert_eq!(asks(&town).await, 0, "one task, not one each time");
    let [task] = &tasks(&town, TaskKind::AskConsentAgain).await[..] else {
        panic!("one task")
    };
    assert_eq!(task.owner, Some(town.coach.id));
    assert!(task.due_at < first.consent.expires_at);
    assert!(
        task.climbs_at
            .is_some_and(|at| at < first.consent.expires_at)
    );
    let refused = today::task_finish(app, coach, task.reference, TaskOutcome::Done).await;
    let problem = match refused {
        Err(Error::Invalid { problem, .. }) => problem,
        _ => "",
    };
    assert_eq!(problem, "task-agree-first", "saying done renews nothing");

    let no = again(HowAgreed::DidNotAgree);
    let refused = consent::agree_again(app, coach, town.case, first.reference, &no).await;
    assert!(
        matches!(refused, Err(Error::Invalid { .. })),
        "a no is no yes"
    );
    let yes_again = again(HowAgreed::Telephone);
    consent::agree_again(app, coach, town.case, first.reference, &yes_again)
        .await
        .unwrap();
    assert!(tasks(&town, TaskKind::AskConsentAgain).await.is_empty());
    let renewed = newest(&town).await.record;
    assert_eq!(renewed.consent.items, first.consent.items);
    assert_eq!(renewed.consent.how, HowAgreed::Telephone);
    let view = case_view::read(app, coach, town.case).await.unwrap();
    assert_eq!(view.story[0].line.kind, "consent_renewed");
    let holding = view.consents.iter().filter(|agreed| agreed.holds).count();
    assert_eq!(holding, 1, "there is one to take back");

    // The service that says yes after seven months reads it and makes contact.
    world.clock.advance_seconds(60 * DAY);
    assert_eq!(asks(&town).await, 0);
    let partner = &town.partner.actor();
    let open = partner::open(app, partner, sent.reference).await.unwrap();
    assert!(open.packet.is_some());
    partner::answer(app, partner, sent.reference, open.referral.version, &yes())
        .await
        .unwrap();
    // And the one that was renewed is the one that is taken back: from an older page nothing is said to have ended.
    let stale = consent::withdraw(app, coach, town.case, first.reference).await;
    assert!(matches!(stale, Err(Error::Conflict)), "{stale:?}");
    consent::withdraw(app, coach, town.case, renewed.reference)
        .await
        .unwrap();
    let now = seen(&town, sent.reference).await;
    assert_eq!(now.state, ReferralState::Withdrawn);
    let late = consent::agree_again(app, coach, town.case, renewed.reference, &yes_again).await;
    assert!(matches!(late, Err(Error::Illegal(_))));
});

both!(
    a_lapsed_consent_lets_nobody_in_and_is_asked_about_until_somebody_does,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let partner = &town.partner.actor();
        let (one, two) = (
            send(&town, town.inbox).await,
            send(&town, town.linked).await,
        );
        comes_to(&town, one.reference, ReferralState::Waitlisted).await;
        world.clock.advance_seconds(200 * DAY);
        assert_eq!(asks(&town).await, 2, "also when it lapsed unseen");
        let open = partner::open(app, partner, one.reference).await.unwrap();
        assert!(open.packet.is_none());
        let version = open.referral.version;
        let refused = partner::answer(app, partner, one.reference, version, &yes()).await;
        let problem = match refused {
            Err(Error::Invalid { problem, .. }) => problem,
            _ => "",
        };
        assert_eq!(problem, "partner-consent-over");
        let words = Words::new("Do they still want this?").unwrap();
        partner::ask(app, partner, one.reference, &words)
            .await
            .unwrap();
        assert_eq!(tasks(&town, TaskKind::AnswerQuestion).await.len(), 1);
        // No mail calls anybody to a request that there is nothing to read of.
        let post = Post::default();
        dispatch_once(app, &post, "one").await.unwrap();
        let letters = std::mem::take(&mut *post.0.lock().unwrap());
        let called = letters.iter().filter(|(_, text)| text.contains("/r/"));
        assert_eq!(called.count(), 0);
        let refused = referral_send::new_code(app, coach, two.reference).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "how", .. })));
        // A no needs no reading, and ends what was asked about it.
        let no = Answer::Decline {
            reason: UnmetReason::NoCapacityOrNoSpace,
            words: None,
        };
        partner::answer(app, partner, one.reference, version, &no)
            .await
            .unwrap();
        assert!(tasks(&town, TaskKind::AnswerQuestion).await.is_empty());
        assert_eq!(tasks(&town, TaskKind::AskConsentAgain).await.len(), 1);
        // Agreed anew, the service is called to it again: what it was to be told meanwhile was not. Its link has ended since.
        assert!(tasks(&town, TaskKind::ChaseReferral).await.is_empty());
        let consent = seen(&town, two.reference).await.consent;
        let view = case_view::read(app, coach, town.case).await.unwrap();
        let agreed = view.consents.iter().find(|one| one.record.id == consent);
        let (agreed, how) = (
            agreed.unwrap().record.reference,
            again(HowAgreed::Telephone),
        );
        consent::agree_again(app, coach, town.case, agreed, &how)
            .await
            .unwrap();
        let [call] = &tasks(&town, TaskKind::ChaseReferral).await[..] else {
            panic!("the worker calls the service without accounts");
        };
        assert_eq!(call.referral, Some(seen(&town, two.reference).await.id));
    }
);
