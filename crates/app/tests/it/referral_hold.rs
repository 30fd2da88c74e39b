//! Several offers at once on both databases: an acceptance holds the others until the person chooses.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::sync::Mutex;

use crate::town::{HELP, Town, order, town};
use throughline_app::case;
use throughline_app::conversation::PersonSheet;
use throughline_app::mail::{Letter, Mailer, NotSent};
use throughline_app::outbox::dispatch_once;
use throughline_app::partner::{self, Entered, Landing};
use throughline_app::referral;
use throughline_app::referral_answer::{self, Answer};
use throughline_app::referral_clock;
use throughline_app::referral_hold;
use throughline_app::referral_recipient::Route;
use throughline_app::referral_send::{self, Sent};
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::reason::Words;
use throughline_core::referral::{ReferralMove, ReferralState};
use throughline_core::task::TaskKind;
use throughline_policy::Purpose;
use throughline_policy::action::ReferralAnswer;
use throughline_store::referral::{MoveDetail, Via};
use throughline_testkit::both;

async fn send(town: &Town, service: Ref, need: NeedType) -> Sent {
    send_for(town, town.case, service, need).await
}

async fn send_for(town: &Town, case: Ref, service: Ref, need: NeedType) -> Sent {
    let mut order = order(case, service, need);
    if case != town.case {
        order.statement = None;
    }
    referral_send::send(&town.app, &town.coach.actor(), &order)
        .await
        .unwrap()
}

async fn state(town: &Town, sent: &Sent) -> (ReferralState, i64) {
    let view = referral::view(&town.app, &town.coach.actor(), sent.reference)
        .await
        .unwrap();
    (view.referral.state, view.referral.version)
}

async fn asked_which(town: &Town) -> usize {
    town.app
        .store
        .work(&town.coach.actor(), HELP, |w| {
            Box::pin(async move { w.tasks(&w.scope(), 50).await })
        })
        .await
        .unwrap()
        .into_iter()
        .filter(|task| task.kind == TaskKind::AskWhichOffer && task.owner == Some(town.coach.id))
        .count()
}

fn yes() -> Answer {
    Answer::Accept {
        by: Words::new("Rhian").unwrap(),
        when: None,
        how: None,
    }
}

async fn accept(town: &Town, sent: &Sent) {
    let (_, seen) = state(town, sent).await;
    partner::answer(
        &town.app,
        &town.partner.actor(),
        sent.reference,
        seen,
        &yes(),
    )
    .await
    .unwrap();
}

#[derive(Default)]
struct Post(Mutex<Vec<String>>);

impl Mailer for Post {
    async fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        self.0.lock().unwrap().push(letter.release.text().whole());
        Ok(())
    }
}

impl Post {
    fn token(&self) -> String {
        let letters = self.0.lock().unwrap();
        let letter = letters.iter().rev().find(|it| it.contains("/r/")).unwrap();
        let (_, rest) = letter.split_once("/r/").unwrap();
        rest.lines().next().unwrap().to_owned()
    }
}

both!(
    an_acceptance_holds_the_other_offers_until_the_person_chooses,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let post = Post::default();
        let first = send(&town, town.inbox, NeedType::Debt).await;
        let second = send(&town, town.linked, NeedType::Debt).await;
        let other_need = send(&town, town.listed, NeedType::TrainingAndSkills).await;
        dispatch_once(app, &post, "one").await.unwrap();
        let token = post.token();
        accept(&town, &first).await;

        assert_eq!(state(&town, &second).await.0, ReferralState::Held);
        assert_eq!(state(&town, &other_need).await.0, ReferralState::Sent);
        assert_eq!(asked_which(&town).await, 1, "a named human asks the person");
        assert_eq!(
            partner::link_landing(app, &token).await.unwrap(),
            Landing::Over,
            "what is held is not theirs to read"
        );
        let view = referral::view(app, coach, first.reference).await.unwrap();
        assert_eq!(view.others.len(), 1, "the other need is another matter");

        let (_, seen) = state(&town, &first).await;
        assert!(
            referral_hold::choose(app, coach, first.reference, seen - 1)
                .await
                .is_err(),
            "not from an old page"
        );
        referral_hold::choose(app, coach, first.reference, seen)
            .await
            .unwrap();
        assert_eq!(state(&town, &second).await.0, ReferralState::Withdrawn);
        assert_eq!(state(&town, &first).await.0, ReferralState::Accepted);
        assert_eq!(asked_which(&town).await, 0);
        let told = dispatch_once(app, &post, "one").await.unwrap();
        assert_eq!(told.sent, 1, "the service is told in one neutral sentence");
    }
);

both!(an_offer_that_waited_is_asked_again, |world| {
    let town = town(world).await;
    let (app, coach) = (&town.app, &town.coach.actor());
    let post = Post::default();
    let first = send(&town, town.inbox, NeedType::Debt).await;
    let second = send(&town, town.linked, NeedType::Debt).await;
    dispatch_once(app, &post, "one").await.unwrap();
    accept(&town, &first).await;
    let (_, seen) = state(&town, &first).await;
    referral_answer::record_answer(
        app,
        coach,
        first.reference,
        seen,
        &Answer::PersonDeclines,
        Via::Person,
    )
    .await
    .unwrap();

    let (held, seen) = state(&town, &second).await;
    assert_eq!(held, ReferralState::Held, "the worker asks, not the system");
    let routes = referral_hold::ask_again(app, coach, second.reference, seen)
        .await
        .unwrap();
    assert_eq!(routes, [Route::Link]);
    assert_eq!(state(&town, &second).await.0, ReferralState::Sent);
    assert_eq!(asked_which(&town).await, 0);
    assert!(
        referral_hold::ask_again(app, coach, second.reference, seen)
            .await
            .is_err(),
        "once"
    );
    dispatch_once(app, &post, "one").await.unwrap();
    assert_eq!(
        state(&town, &second).await.0,
        ReferralState::Received,
        "the reminder is how it arrives"
    );
    let code = second.code.unwrap();
    let entered = partner::link_enter(app, &post.token(), &code)
        .await
        .unwrap();
    let Entered::In(holder, reference, _) = entered else {
        panic!("the same link and code");
    };
    let view = partner::open(app, &holder, reference).await.unwrap();
    let made: Vec<&str> = view.steps.iter().map(|step| step.made.as_str()).collect();
    assert!(
        !made.contains(&"hold") && !made.contains(&"release") && made.contains(&"open"),
        "no service learns that another was asked: {made:?}"
    );
});

both!(
    an_offer_whose_hold_was_cut_short_is_held_by_its_clock,
    |world| {
        let town = town(world).await;
        let app = &town.app;
        let first = send(&town, town.inbox, NeedType::Debt).await;
        let second = send(&town, town.linked, NeedType::Debt).await;
        // The node died right after the acceptance was recorded.
        let made = &ReferralMove::Accept {
            by: Words::new("Rhian").unwrap(),
        };
        let reference = first.reference;
        app.store
            .work(&town.partner.actor(), Purpose::AnswerAReferral, |w| {
                Box::pin(async move {
                    let facts = w.referral_facts(reference).await?;
                    let permit = w.permit_found::<ReferralAnswer>(facts)?;
                    let referral = w.referral_for_update(&permit).await?;
                    let detail = MoveDetail::default();
                    w.referral_move(&permit, &referral, made, Via::Account, detail)
                        .await
                })
            })
            .await
            .unwrap();
        assert_eq!(state(&town, &second).await.0, ReferralState::Sent);
        world.clock.advance_seconds(10 * 86_400);
        referral_clock::time_out_due(app, 50).await.unwrap();
        assert_eq!(
            state(&town, &second).await.0,
            ReferralState::Held,
            "not silent: waiting for the person"
        );
        assert_eq!(asked_which(&town).await, 1);
    }
);

both!(
    the_oldest_request_stays_in_an_inbox_however_many_come_after_it,
    |world| {
        let town = town(world).await;
        let (app, partner) = (&town.app, &town.partner.actor());
        let oldest = send(&town, town.inbox, NeedType::Debt).await;
        let mut later = Vec::new();
        for name in ["Bea", "Cai"] {
            world.clock.advance_seconds(60);
            let person = PersonSheet {
                chosen: name.to_owned(),
                given: None,
                family: None,
                born: None,
                age_band: None,
                language: None,
                interpreter: None,
                access: Vec::new(),
            };
            let case = case::open(app, &town.coach.actor(), &person).await.unwrap();
            later.push(send_for(&town, case, town.inbox, NeedType::Debt).await);
        }
        let (next, taken) = (&later[0], &later[1]);
        accept(&town, taken).await;

        let inbox = partner::inbox(app, partner, 1).await.unwrap();
        assert_eq!(inbox[0].reference, oldest.reference);
        assert_eq!(partner::inbox(app, partner, 10).await.unwrap().len(), 2);
        let caseload = partner::caseload(app, partner, 1).await.unwrap();
        assert_eq!(caseload[0].reference, taken.reference);
        accept(&town, next).await;
        assert_eq!(partner::caseload(app, partner, 10).await.unwrap().len(), 2);
    }
);

both!(an_expired_link_is_no_way_to_ask_again, |world| {
    let town = town(world).await;
    let (app, coach) = (&town.app, &town.coach.actor());
    let post = Post::default();
    let first = send(&town, town.inbox, NeedType::Debt).await;
    let second = send(&town, town.linked, NeedType::Debt).await;
    dispatch_once(app, &post, "one").await.unwrap();
    accept(&town, &first).await;
    world.clock.advance_seconds(60 * 86_400);
    assert_eq!(
        partner::link_landing(app, &post.token()).await.unwrap(),
        Landing::Over
    );
    let (_, seen) = state(&town, &second).await;
    let routes = referral_hold::ask_again(app, coach, second.reference, seen)
        .await
        .unwrap();
    assert_eq!(routes, [Route::Call], "nothing is said to go by the link");
    let tasks = app
        .store
        .work(coach, HELP, |w| {
            Box::pin(async move { w.tasks(&w.scope(), 50).await })
        })
        .await
        .unwrap();
    let call = tasks
        .iter()
        .find(|task| task.kind == TaskKind::ChaseReferral)
        .unwrap();
    assert_eq!(call.owner, Some(town.coach.id));
});
