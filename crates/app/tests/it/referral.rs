//! Referrals end to end on both databases: by inbox, by link, by silence, by bounce, by two people at once.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::town;
use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::town::{Bounces, DIRECTORY, HELP, Town, confirm, listing, propose, reached, town};
use throughline_app::Error;
use throughline_app::mail::{Letter, Mailer, NotSent};
use throughline_app::outbox::dispatch_once;
use throughline_app::partner::{self, CODE_TRIES, Entered, Landing};
use throughline_app::referral;
use throughline_app::referral_answer::{self, Answer, Outcome};
use throughline_app::referral_clock;
use throughline_app::referral_recipient::Route;
use throughline_app::referral_send::{self, Ask, SendOrder, Sent};
use throughline_app::{case_now, directory, today};
use throughline_core::consent::{HowAgreed, PacketItem};
use throughline_core::conversation::Reach;
use throughline_core::gate::DenyReason;
use throughline_core::id::{AccountId, Ref};
use throughline_core::need::NeedType;
use throughline_core::packet_line::PacketLine;
use throughline_core::reason::{Reason, Words};
use throughline_core::referral::{EndReason, Helped, ReferralState, UnmetReason};
use throughline_core::risk::RiskBand;
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_policy::action::DirectoryImport;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::NewAccount;
use throughline_store::feed::import_facts;
use throughline_store::referral::Via;
use throughline_store::task::TaskOutcome;
use throughline_testkit::both;

fn order(town: &Town, service: Ref) -> SendOrder {
    let mut order = town::order(town.case, service, NeedType::Debt);
    order.items.extend(
        [
            PacketItem::Statement,
            PacketItem::ContactRules,
            PacketItem::ContactDetails,
        ]
        .map(PacketLine::from),
    );
    order.struck = BTreeSet::from([1]);
    order.words = Some("Yes, ask them".into());
    order
}

async fn send(town: &Town, service: Ref) -> Sent {
    referral_send::send(&town.app, &town.coach.actor(), &order(town, service))
        .await
        .unwrap()
}

async fn state(town: &Town, reference: Ref) -> (ReferralState, i64) {
    let view = referral::view(&town.app, &town.coach.actor(), reference)
        .await
        .unwrap();
    (view.referral.state, view.referral.version)
}

/// The kinds of the unfinished tasks about a referral, with their owners.
async fn tasks(town: &Town) -> Vec<(TaskKind, Option<AccountId>)> {
    town.app
        .store
        .work(&town.coach.actor(), HELP, |w| {
            Box::pin(async move { w.tasks(&w.scope(), 50).await })
        })
        .await
        .unwrap()
        .into_iter()
        .map(|task| (task.kind, task.owner))
        .collect()
}

const fn problem<T>(result: &Result<T, Error>) -> &'static str {
    match result {
        Err(Error::Invalid { problem, .. }) => problem,
        _ => "",
    }
}

fn yes() -> Answer {
    Answer::Accept {
        by: Words::new("Rhian").unwrap(),
        when: Some("tomorrow".into()),
        how: Some("by telephone".into()),
    }
}

#[derive(Default)]
struct Post {
    letters: Mutex<Vec<(String, String)>>,
    fails: Mutex<Option<NotSent>>,
}

impl Mailer for Post {
    async fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        if let Some(problem) = *self.fails.lock().unwrap() {
            return Err(problem);
        }
        let whole = letter.release.text().whole();
        self.letters
            .lock()
            .unwrap()
            .push((letter.release.to().to_owned(), whole));
        Ok(())
    }
}

impl Post {
    fn failing(problem: NotSent) -> Self {
        let post = Self::default();
        *post.fails.lock().unwrap() = Some(problem);
        post
    }

    fn token(&self) -> String {
        let letters = self.letters.lock().unwrap();
        let (_, text) = letters
            .iter()
            .rev()
            .find(|(_, text)| text.contains("/r/"))
            .unwrap();
        let (_, rest) = text.split_once("/r/").unwrap();
        rest.lines().next().unwrap().to_owned()
    }
}

both!(an_inbox_referral_goes_from_sent_to_helped, |world| {
    let town = town(world).await;
    let (app, partner) = (&town.app, &town.partner.actor());
    let sent = send(&town, town.inbox).await;
    assert_eq!(sent.routes, [Route::Inbox]);
    assert_eq!(sent.code, None);
    assert_eq!(
        state(&town, sent.reference).await.0,
        ReferralState::Received
    );
    assert_eq!(partner::inbox(app, partner, 10).await.unwrap().len(), 1);
    assert!(
        reached(app, partner, sent.reference).await.is_err(),
        "no number before acceptance"
    );

    let view = partner::open(app, partner, sent.reference).await.unwrap();
    assert_eq!(view.referral.state, ReferralState::Opened);
    let packet = view.packet.unwrap();
    let shown = serde_json::to_string(&packet).unwrap();
    assert!(shown.contains("I owe rent."));
    assert!(!shown.contains("Rosewood"), "a struck line leaves no trace");
    assert!(
        !shown.contains("07700"),
        "the number is never in the packet"
    );
    assert!(!packet.holds(PacketItem::Risk), "only what was agreed");

    partner::answer(app, partner, sent.reference, view.referral.version, &yes())
        .await
        .unwrap();
    let ways = reached(app, partner, sent.reference).await.unwrap();
    assert_eq!(ways[0].value.as_deref(), Some("07700 900123"));
    assert!(!ways[0].voicemail);
    for (step, expected) in [
        (Outcome::FirstContact, ReferralState::FirstContact),
        (Outcome::Started, ReferralState::InService),
        (
            Outcome::Ended {
                reason: EndReason::Finished,
                helped: Helped::NotKnown,
            },
            ReferralState::Ended,
        ),
    ] {
        let (_, seen) = state(&town, sent.reference).await;
        let now = referral_answer::outcome(app, partner, sent.reference, seen, step, Via::Account)
            .await
            .unwrap();
        assert_eq!(now, expected);
    }
    let view = referral::view(app, &town.coach.actor(), sent.reference)
        .await
        .unwrap();
    assert_eq!(
        view.referral.helped.as_deref(),
        Some("not_known"),
        "closed is not helped"
    );
    assert_eq!(view.accepted.unwrap().by, "Rhian");
});

both!(a_number_is_hidden_once_its_confirmation_lapses, |world| {
    let town = town(world).await;
    let (app, partner) = (&town.app, &town.partner.actor());
    let sent = send(&town, town.inbox).await;
    let (_, seen) = state(&town, sent.reference).await;
    partner::answer(app, partner, sent.reference, seen, &yes())
        .await
        .unwrap();
    world.clock.advance_seconds(31 * 86_400);
    let ways = reached(app, partner, sent.reference).await.unwrap();
    assert_eq!(ways[0].value, None);
    assert_eq!(ways[0].hidden, Some(DenyReason::Expired));
});

both!(a_link_needs_its_code_and_mail_tells_nothing, |world| {
    let town = town(world).await;
    let app = &town.app;
    let sent = send(&town, town.linked).await;
    assert_eq!(sent.routes, [Route::Link]);
    let post = Post::default();
    dispatch_once(app, &post, "one").await.unwrap();
    assert_eq!(
        state(&town, sent.reference).await.0,
        ReferralState::Received
    );
    let code = sent.code.unwrap();
    for (to, text) in post.letters.lock().unwrap().iter() {
        assert_eq!(to, "referrals@quayside.example");
        for secret in [
            "Amina",
            "Okafor",
            "Rosewood",
            "rent",
            "ebt",
            "Quayside",
            "Riverside",
            &code,
        ] {
            assert!(!text.contains(secret), "{secret} is in: {text}");
        }
    }
    let token = post.token();
    let before = state(&town, sent.reference).await;
    for _ in 0..20 {
        assert_eq!(
            partner::link_landing(app, &token).await.unwrap(),
            Landing::AskCode
        );
    }
    assert_eq!(
        state(&town, sent.reference).await,
        before,
        "a scanner changes nothing"
    );
    assert_eq!(
        partner::link_landing(app, "nonsense").await.unwrap(),
        Landing::Unknown
    );

    let Entered::In(holder, reference, _) = partner::link_enter(app, &token, &code).await.unwrap()
    else {
        panic!("the code fits")
    };
    assert_eq!(reference, sent.reference);
    let view = partner::open(app, &holder, reference).await.unwrap();
    assert_eq!(view.referral.state, ReferralState::Opened);
    partner::ask(
        app,
        &holder,
        reference,
        &Words::new("Which language?").unwrap(),
    )
    .await
    .unwrap();
    assert!(
        tasks(&town)
            .await
            .contains(&(TaskKind::AnswerQuestion, Some(town.coach.id)))
    );
    assert!(
        partner::ask(app, &holder, reference, &Words::new("And?").unwrap())
            .await
            .is_err(),
        "one question at a time"
    );
    referral_answer::reply(
        app,
        &town.coach.actor(),
        reference,
        &Words::new("English").unwrap(),
    )
    .await
    .unwrap();
    let view = partner::open(app, &holder, reference).await.unwrap();
    assert_eq!(view.exchanges.len(), 2);

    let no = Answer::Decline {
        reason: UnmetReason::NoCapacityOrNoSpace,
        words: Some("full until May".into()),
    };
    partner::answer(app, &holder, reference, view.referral.version, &no)
        .await
        .unwrap();
    assert!(
        tasks(&town)
            .await
            .contains(&(TaskKind::OfferNext, Some(town.coach.id)))
    );
    send(&town, town.inbox).await;
    let offers = |(kind, _): &(TaskKind, _)| *kind == TaskKind::OfferNext;
    assert!(
        !tasks(&town).await.iter().any(offers),
        "the next one is asked"
    );
    assert_eq!(
        partner::link_landing(app, &token).await.unwrap(),
        Landing::Over
    );
    assert!(
        partner::open(app, &holder, reference).await.is_err(),
        "a no ends the reading"
    );
});

both!(five_wrong_codes_close_a_link_and_tell_the_sender, |world| {
    let town = town(world).await;
    let app = &town.app;
    let sent = send(&town, town.linked).await;
    let post = Post::default();
    dispatch_once(app, &post, "one").await.unwrap();
    let token = post.token();
    for left in (0..CODE_TRIES).rev() {
        assert_eq!(
            partner::link_enter(app, &token, "AAAA AAAA").await.unwrap(),
            Entered::WrongCode { left }
        );
    }
    let code = sent.code.unwrap();
    assert_eq!(
        partner::link_enter(app, &token, &code).await.unwrap(),
        Entered::Not(Landing::Closed),
        "the right code comes too late"
    );
    assert!(
        tasks(&town)
            .await
            .contains(&(TaskKind::ChaseReferral, Some(town.coach.id)))
    );
    let (fresh, route) = referral_send::new_code(app, &town.coach.actor(), sent.reference)
        .await
        .unwrap();
    assert_eq!(route, "Ring the duty desk");
    dispatch_once(app, &post, "one").await.unwrap();
    let entered = partner::link_enter(app, &post.token(), &fresh)
        .await
        .unwrap();
    assert!(matches!(entered, Entered::In(..)));
    world.clock.advance_seconds(60 * 86_400);
    assert_eq!(
        partner::link_landing(app, &post.token()).await.unwrap(),
        Landing::Expired
    );
});

both!(two_who_answer_at_once_do_not_both_win, |world| {
    let town = town(world).await;
    let app = &town.app;
    let sent = send(&town, town.inbox).await;
    let (_, seen) = state(&town, sent.reference).await;
    let (one, two) = (town.partner.actor(), town.colleague.actor());
    let no = Answer::Decline {
        reason: UnmetReason::Other,
        words: None,
    };
    let accept = yes();
    let (a, b) = tokio::join!(
        partner::answer(app, &one, sent.reference, seen, &accept),
        partner::answer(app, &two, sent.reference, seen, &no),
    );
    let ((Ok(_), Err(lost)) | (Err(lost), Ok(_))) = (&a, &b) else {
        panic!("exactly one wins: {a:?} {b:?}")
    };
    assert!(
        matches!(lost, Error::Conflict | Error::Denied(_)),
        "{lost:?}"
    );
    let steps = referral::view(app, &town.coach.actor(), sent.reference)
        .await
        .unwrap()
        .steps;
    assert_eq!(steps.len(), 3, "sent, delivered, one answer");
});

both!(
    two_nodes_send_one_letter_and_a_dead_node_loses_none,
    |world| {
        let town = town(world).await;
        let app = &town.app;
        send(&town, town.linked).await;
        let post = Post::default();
        let (a, b) = tokio::join!(
            dispatch_once(app, &post, "one"),
            dispatch_once(app, &post, "two")
        );
        assert_eq!(a.unwrap().sent + b.unwrap().sent, 1);
        assert_eq!(post.letters.lock().unwrap().len(), 1);

        let second = send(&town, town.inbox).await;
        let system = throughline_app::outbox::system(app).await.unwrap();
        let taken = app
            .store
            .work(&system, Purpose::KeepPromises, |w| {
                Box::pin(async move { w.outbox_lease("dies", 20).await })
            })
            .await
            .unwrap();
        assert_eq!(taken.len(), 2, "one notice for each partner worker");
        assert_eq!(dispatch_once(app, &post, "two").await.unwrap().sent, 0);
        world.clock.advance_seconds(61);
        assert_eq!(dispatch_once(app, &post, "two").await.unwrap().sent, 2);
        let held = app
            .store
            .work(&system, Purpose::KeepPromises, |w| {
                let lease = &taken[0];
                Box::pin(async move { w.outbox_done(lease).await })
            })
            .await
            .unwrap();
        assert!(!held, "the dead node's lease is worth nothing now");
        assert_eq!(
            state(&town, second.reference).await.0,
            ReferralState::Received
        );
        let folder = app
            .store
            .read(|r| Box::pin(async move { r.sent_mails(10).await }))
            .await
            .unwrap();
        assert_eq!(folder.len(), 3);
    }
);

both!(silence_ends_with_a_task_for_a_named_human, |world| {
    let town = town(world).await;
    let app = &town.app;
    for service in [town.inbox, town.linked, town.listed] {
        send(&town, service).await;
    }
    for _ in 0..5 {
        world.clock.advance_seconds(5 * 86_400);
        referral_clock::time_out_due(app, 50).await.unwrap();
    }
    let (_, all) = referral::of_case(app, &town.coach.actor(), town.case)
        .await
        .unwrap();
    assert_eq!(all.len(), 3);
    for referral in all {
        assert_eq!(referral.state, ReferralState::NoResponse);
        assert!(referral.due_at.is_some(), "a clock still runs");
    }
    let waiting = tasks(&town).await;
    let next = waiting
        .iter()
        .filter(|(kind, _)| *kind == TaskKind::OfferNext)
        .count();
    assert_eq!(next, 3, "one each, not one per tick: {waiting:?}");
    assert!(
        waiting
            .iter()
            .all(|(_, owner)| *owner == Some(town.coach.id))
    );
});

both!(m6_a_bounce_is_not_silence, |world| {
    let town = town(world).await;
    let app = &town.app;
    let sent = send(&town, town.linked).await;
    let later = Post::failing(NotSent::Later("server_not_reached"));
    assert_eq!(dispatch_once(app, &later, "one").await.unwrap().again, 1);
    assert_eq!(state(&town, sent.reference).await.0, ReferralState::Sent);
    world.clock.advance_seconds(60);
    let never = Post::failing(NotSent::Never("refused_by_server"));
    assert_eq!(dispatch_once(app, &never, "one").await.unwrap().dead, 1);
    assert_eq!(
        state(&town, sent.reference).await.0,
        ReferralState::Undelivered
    );
    assert!(
        tasks(&town)
            .await
            .contains(&(TaskKind::OfferNext, Some(town.coach.id)))
    );
    let dead = app
        .store
        .read(|r| Box::pin(async move { r.dead_letters(10).await }))
        .await
        .unwrap();
    assert_eq!(dead.len(), 1);
    let revived = throughline_app::outbox::retry_all(&app.store)
        .await
        .unwrap();
    assert_eq!(revived, 1);
    let coach = &town.coach.actor();
    referral_send::new_code(app, coach, sent.reference)
        .await
        .unwrap();
    assert_eq!(state(&town, sent.reference).await.0, ReferralState::Sent);
    dispatch_once(app, &Post::default(), "one").await.unwrap();
    assert_eq!(
        state(&town, sent.reference).await.0,
        ReferralState::Received,
        "sent again after a bounce"
    );
});

both!(
    an_address_takes_two_people_and_no_import_touches_it,
    |world| {
        let town = town(world).await;
        let coach = &town.coach.actor();
        let ask = Ask {
            case: town.case,
            service: town.listed,
            need: NeedType::Debt,
        };
        let address = propose(&town, town.listed).await.unwrap();
        let routes = referral_send::prepare(&town.app, coach, &ask)
            .await
            .unwrap()
            .routes;
        assert_eq!(routes, [Route::Call], "a proposal is not used");
        assert!(
            matches!(
                confirm(&town, 0, town.listed, address).await,
                Err(Error::Invalid { .. })
            ),
            "not by the one who proposed it"
        );
        confirm(&town, 1, town.listed, address).await.unwrap();
        let routes = referral_send::prepare(&town.app, coach, &ask)
            .await
            .unwrap()
            .routes;
        assert_eq!(routes, [Route::Link]);

        let mut row = listing("3", "Hilltop Families");
        row.entry.email = Some("attacker@example.net".into());
        row.digest = b"changed".to_vec();
        let (rows, ours) = (&[row], &town.coach.organisation);
        town.app
            .store
            .work(&town.stewards[0], DIRECTORY, |w| {
                Box::pin(async move {
                    let permit = w.permit::<DirectoryImport>(&import_facts(*ours))?;
                    let feed = w.feed_lock(&permit, "Council").await?.unwrap();
                    w.services_upsert(&permit, &feed, rows).await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
        let sent = send(&town, town.listed).await;
        let post = Post::default();
        dispatch_once(&town.app, &post, "one").await.unwrap();
        assert_eq!(
            post.letters.lock().unwrap()[0].0,
            "referrals@quayside.example"
        );
        assert!(sent.code.is_some());
    }
);

both!(what_was_not_agreed_is_not_sent, |world| {
    let town = town(world).await;
    let (app, coach) = (&town.app, &town.coach.actor());
    let mut refused = order(&town, town.inbox);
    refused.how = HowAgreed::DidNotAgree;
    assert!(matches!(
        referral_send::send(app, coach, &refused).await,
        Err(Error::Invalid { .. })
    ));
    let mut alone = order(&town, town.inbox);
    alone.reach = Reach::SpecialistOnly;
    assert!(matches!(
        referral_send::send(app, coach, &alone).await,
        Err(Error::Invalid { field: "reach", .. })
    ));
    let mut old = order(&town, town.inbox);
    old.statement = None;
    assert!(matches!(
        referral_send::send(app, coach, &old).await,
        Err(Error::Conflict)
    ));
    let (_, none) = referral::of_case(app, coach, town.case).await.unwrap();
    assert!(none.is_empty(), "all or nothing");
    send(&town, town.inbox).await;
    assert!(
        referral_send::send(app, coach, &order(&town, town.inbox))
            .await
            .is_err(),
        "the same service is not asked twice at once"
    );
});

both!(a_service_that_has_the_person_gets_a_fresh_link, |world| {
    let town = town(world).await;
    let (app, coach) = (&town.app, &town.coach.actor());
    let sent = send(&town, town.linked).await;
    let post = Post::default();
    dispatch_once(app, &post, "one").await.unwrap();
    let reference = sent.reference;
    let wait = Answer::Waitlist { days: Some(90) };
    let steps = [
        (ReferralState::Waitlisted, None),
        (ReferralState::Accepted, None),
        (ReferralState::FirstContact, Some(Outcome::FirstContact)),
        (ReferralState::InService, Some(Outcome::Started)),
    ];
    let mut code = sent.code.unwrap();
    for (expected, outcome) in steps {
        let Entered::In(holder, ..) = partner::link_enter(app, &post.token(), &code)
            .await
            .unwrap()
        else {
            panic!("no way in before {expected}")
        };
        let (_, seen) = state(&town, reference).await;
        match outcome {
            Some(outcome) => {
                referral_answer::outcome(app, &holder, reference, seen, outcome, Via::Link).await
            }
            None if expected == ReferralState::Waitlisted => {
                partner::answer(app, &holder, reference, seen, &wait).await
            }
            None => partner::answer(app, &holder, reference, seen, &yes()).await,
        }
        .unwrap();
        assert_eq!(state(&town, reference).await.0, expected);

        let words = Words::new("Which language?").unwrap();
        partner::ask(app, &holder, reference, &words).await.unwrap();
        let words = Words::new("English").unwrap();
        referral_answer::reply(app, coach, reference, &words)
            .await
            .unwrap();
        let told = dispatch_once(app, &post, "one").await.unwrap();
        assert_eq!(told.sent, 1, "{expected}: they are told of the reply");

        world.clock.advance_seconds(40 * 86_400);
        assert_eq!(
            partner::link_landing(app, &post.token()).await.unwrap(),
            Landing::Expired
        );
        (code, _) = referral_send::new_code(app, coach, reference)
            .await
            .unwrap();
        let told = dispatch_once(app, &post, "one").await.unwrap();
        assert_eq!(told.sent, 1, "{expected}: the fresh link goes out");
        assert_eq!(
            partner::link_landing(app, &post.token()).await.unwrap(),
            Landing::AskCode,
            "{expected}"
        );
    }
});

both!(
    a_reply_that_no_link_can_carry_is_told_by_telephone,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let sent = send(&town, town.linked).await;
        let post = Post::default();
        dispatch_once(app, &post, "one").await.unwrap();
        let code = sent.code.unwrap();
        let Entered::In(holder, reference, _) = partner::link_enter(app, &post.token(), &code)
            .await
            .unwrap()
        else {
            panic!("the code fits")
        };
        let words = Words::new("Which language?").unwrap();
        partner::ask(app, &holder, reference, &words).await.unwrap();
        world.clock.advance_seconds(60 * 86_400);
        let words = Words::new("English").unwrap();
        referral_answer::reply(app, coach, reference, &words)
            .await
            .unwrap();
        assert!(
            tasks(&town)
                .await
                .contains(&(TaskKind::ChaseReferral, Some(town.coach.id)))
        );
    }
);

both!(
    a_reply_whose_mail_comes_back_is_told_by_telephone,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let sent = send(&town, town.linked).await;
        let post = Post::default();
        dispatch_once(app, &post, "one").await.unwrap();
        let code = sent.code.unwrap();
        let Entered::In(holder, reference, _) = partner::link_enter(app, &post.token(), &code)
            .await
            .unwrap()
        else {
            panic!("the code fits")
        };
        partner::open(app, &holder, reference).await.unwrap();
        let words = Words::new("Which language?").unwrap();
        partner::ask(app, &holder, reference, &words).await.unwrap();
        let words = Words::new("English").unwrap();
        referral_answer::reply(app, coach, reference, &words)
            .await
            .unwrap();
        let call = (TaskKind::ChaseReferral, Some(town.coach.id));
        assert!(
            !tasks(&town).await.contains(&call),
            "the mail may yet leave"
        );
        let turn = dispatch_once(app, &Bounces, "one").await.unwrap();
        assert_eq!(turn.dead, 1);
        assert!(tasks(&town).await.contains(&call));
        let (now, _) = state(&town, reference).await;
        assert_eq!(now, ReferralState::Opened, "they still have the request");
    }
);

both!(
    a_service_is_told_when_a_request_is_taken_from_it_however_it_answers,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let closed = |post: &Post| -> Vec<String> {
            let letters = std::mem::take(&mut *post.letters.lock().unwrap());
            letters
                .into_iter()
                .filter(|(_, text)| text.contains("One request is closed"))
                .map(|(to, _)| to)
                .collect()
        };
        let accounts = ["one@harbour.example", "two@harbour.example"];
        for (service, expected) in [
            (town.linked, &["referrals@quayside.example"][..]),
            (town.inbox, &accounts[..]),
        ] {
            let post = Post::default();
            // The person says no after the service said yes.
            let sent = send(&town, service).await;
            dispatch_once(app, &post, "one").await.unwrap();
            for (answer, via) in [(yes(), Via::Phone), (Answer::PersonDeclines, Via::Person)] {
                let (_, seen) = state(&town, sent.reference).await;
                referral_answer::record_answer(app, coach, sent.reference, seen, &answer, via)
                    .await
                    .unwrap();
            }
            closed(&post);
            dispatch_once(app, &post, "one").await.unwrap();
            let mut told = closed(&post);
            told.sort();
            assert_eq!(told, expected, "the person said no");
            // It is taken back, and the link had been closed by wrong codes before.
            let sent = send(&town, service).await;
            dispatch_once(app, &post, "one").await.unwrap();
            if sent.code.is_some() {
                for _ in 0..5 {
                    partner::link_enter(app, &post.token(), "000000")
                        .await
                        .unwrap();
                }
            }
            let (_, seen) = state(&town, sent.reference).await;
            referral_answer::withdraw(app, coach, sent.reference, seen)
                .await
                .unwrap();
            closed(&post);
            dispatch_once(app, &post, "one").await.unwrap();
            let mut told = closed(&post);
            told.sort();
            assert_eq!(told, expected, "it was taken back");
        }
        // What the service itself ends, it knows.
        let partner_here = &town.partner.actor();
        let sent = send(&town, town.inbox).await;
        let (_, seen) = state(&town, sent.reference).await;
        let no = Answer::Decline {
            reason: UnmetReason::NoCapacityOrNoSpace,
            words: None,
        };
        partner::answer(app, partner_here, sent.reference, seen, &no)
            .await
            .unwrap();
        let post = Post::default();
        dispatch_once(app, &post, "one").await.unwrap();
        assert_eq!(closed(&post), Vec::<String>::new());
    }
);

both!(
    nothing_is_sent_to_a_service_that_a_steward_took_out_or_that_closed,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let order = order(&town, town.inbox);
        directory::set_listed(app, &town.stewards[0], town.inbox, false)
            .await
            .unwrap();
        let refused = referral_send::send(app, coach, &order).await;
        assert_eq!(problem(&refused), "refer-service-gone");
        let refused = referral_send::prepare(app, coach, &order.ask).await;
        assert_eq!(problem(&refused), "refer-service-gone");
        let post = Post::default();
        dispatch_once(app, &post, "one").await.unwrap();
        assert!(post.letters.lock().unwrap().is_empty());
        directory::set_listed(app, &town.stewards[0], town.inbox, true)
            .await
            .unwrap();
        send(&town, town.inbox).await;
    }
);

both!(a_bounce_takes_nothing_out_of_an_inbox, |world| {
    let town = town(world).await;
    let app = &town.app;
    let service = &town.linked;
    let reader = app
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let service = w.service(*service).await?.unwrap();
                let address = w.address_in_use(service.id).await?.unwrap();
                let new = NewAccount {
                    organisation: address.organisation,
                    site: None,
                    role: Role::PartnerWorker,
                    name: "Somebody",
                    email: "one@quayside.example",
                    password: None,
                };
                w.account_create(&new).await
            })
        })
        .await
        .unwrap()
        .actor();
    let sent = send(&town, town.linked).await;
    assert_eq!(sent.routes, [Route::Inbox, Route::Link]);
    let never = Post::failing(NotSent::Never("refused_by_server"));
    assert_eq!(dispatch_once(app, &never, "one").await.unwrap().dead, 2);
    assert_eq!(
        state(&town, sent.reference).await.0,
        ReferralState::Received
    );
    assert_eq!(partner::inbox(app, &reader, 10).await.unwrap().len(), 1);
    let dead = app
        .store
        .read(|r| Box::pin(async move { r.dead_letters(10).await }))
        .await
        .unwrap();
    assert_eq!(dead.len(), 2, "the bounce is not forgotten");
});

both!(help_that_ended_too_soon_is_somebody_s_again, |world| {
    let town = town(world).await;
    let (app, partner) = (&town.app, &town.partner.actor());
    for (reason, helped, task) in [
        (EndReason::Finished, Helped::Yes, None),
        (EndReason::Finished, Helped::No, Some(TaskKind::OfferNext)),
        (
            EndReason::LostTouch,
            Helped::NotKnown,
            Some(TaskKind::OfferNext),
        ),
        (
            EndReason::Died,
            Helped::NotKnown,
            Some(TaskKind::ActOnEscalation),
        ),
        (
            EndReason::ServiceStopped,
            Helped::Partly,
            Some(TaskKind::OfferNext),
        ),
    ] {
        let sent = send(&town, town.inbox).await;
        let (_, seen) = state(&town, sent.reference).await;
        partner::answer(app, partner, sent.reference, seen, &yes())
            .await
            .unwrap();
        let (_, seen) = state(&town, sent.reference).await;
        let ended = Outcome::Ended { reason, helped };
        referral_answer::outcome(app, partner, sent.reference, seen, ended, Via::Account)
            .await
            .unwrap();
        let found = tasks(&town).await;
        let owned: Vec<_> = found
            .into_iter()
            .filter(|(kind, _)| matches!(kind, TaskKind::OfferNext) || Some(*kind) == task)
            .collect();
        let expected: Vec<_> = task
            .map(|kind| (kind, Some(town.coach.id)))
            .into_iter()
            .collect();
        assert_eq!(owned, expected, "{reason} {helped}");
    }
});

both!(what_a_worker_could_not_offer_is_the_leads, |world| {
    let town = town(world).await;
    let (app, coach) = (&town.app, &town.coach.actor());
    let new = &NewAccount {
        organisation: town.coach.organisation,
        site: town.coach.site,
        role: Role::DaLead,
        name: "Dee",
        email: "dee@example.org",
        password: None,
    };
    let lead = app
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let lead = w.account_create(new).await?;
                w.site_lead_set(new.site.unwrap(), lead.id, 0).await?;
                Ok(lead)
            })
        })
        .await
        .unwrap();
    let sent = send(&town, town.inbox).await;
    let (_, seen) = state(&town, sent.reference).await;
    let no = Answer::Decline {
        reason: UnmetReason::Other,
        words: None,
    };
    partner::answer(app, &town.partner.actor(), sent.reference, seen, &no)
        .await
        .unwrap();
    for actor in [coach, &lead.actor()] {
        let offers = |w: &today::Row| w.what == today::What::Task(TaskKind::OfferNext);
        let day = today::worker(app, actor).await.unwrap();
        let row = day.do_now.iter().chain(&day.next).find(|row| offers(row));
        let task = row.unwrap().task.unwrap();
        today::task_finish(app, actor, task, TaskOutcome::CouldNot)
            .await
            .unwrap();
    }
    let left = app
        .store
        .work(&lead.actor(), HELP, |w| {
            Box::pin(async move { w.tasks(&w.scope(), 50).await })
        })
        .await
        .unwrap();
    let offer = left
        .iter()
        .find(|task| task.kind == TaskKind::OfferNext)
        .unwrap();
    assert_eq!((offer.told, offer.owner), (Some(lead.id), None));
    assert!(offer.climbs_at.is_some());
});

both!(the_task_to_judge_ends_only_by_judging, |world| {
    let town = town(world).await;
    let (app, coach) = (&town.app, &town.coach.actor());
    let why = Reason::new("No time to ask").unwrap();
    case_now::risk_judge(app, coach, town.case, RiskBand::NotAssessed, &why, false)
        .await
        .unwrap();
    let day = today::worker(app, coach).await.unwrap();
    let task = day
        .do_now
        .iter()
        .chain(&day.next)
        .find(|row| row.what == today::What::Task(TaskKind::JudgeRisk))
        .and_then(|row| row.task)
        .unwrap();
    for outcome in [TaskOutcome::Done, TaskOutcome::NotNeeded] {
        assert!(matches!(
            today::task_finish(app, coach, task, outcome).await,
            Err(Error::Invalid {
                problem: "task-judge-first",
                ..
            })
        ));
    }
    let judges = |(kind, _): &(TaskKind, _)| *kind == TaskKind::JudgeRisk;
    assert!(tasks(&town).await.iter().any(judges));
    case_now::risk_judge(app, coach, town.case, RiskBand::Medium, &why, false)
        .await
        .unwrap();
    assert!(!tasks(&town).await.iter().any(judges));
});
