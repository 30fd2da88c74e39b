//! Who was agreed to in advance is asked next by itself, on both databases: after a no, after silence, once, and nobody else.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::collections::BTreeSet;

use throughline_app::case_now;
use throughline_app::consent;
use throughline_app::directory;
use throughline_app::mail::{Letter, Mailer, NotSent};
use throughline_app::outbox::dispatch_once;
use throughline_app::partner::{self, Entered};
use throughline_app::referral;
use throughline_app::referral_answer::{self, Answer};
use throughline_app::referral_clock::time_out_due;
use throughline_app::referral_hold;
use throughline_app::referral_line;
use throughline_app::referral_next;
use throughline_app::referral_send::{self, SendOrder, Sent};
use throughline_app::{App, Error};
use throughline_core::circumstances::Circumstances;
use throughline_core::consent::{HowAgreed, PacketItem};
use throughline_core::conversation::Reach;
use throughline_core::directory::{Entry, Place, Provision, ServiceType};
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::reason::Words;
use throughline_core::referral::{ReferralState, UnmetReason};
use throughline_core::risk::RiskBand;
use throughline_core::task::TaskKind;
use throughline_policy::Actor;
use throughline_policy::action::CaseRead;
use throughline_store::referral::{Referral, Via};
use throughline_testkit::both;

use crate::town::{self, HELP, Town, lists, town};

const DAY: i64 = 86_400;

struct Post(std::sync::Mutex<Vec<String>>);

impl Mailer for Post {
    async fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        self.0.lock().unwrap().push(letter.release.text().whole());
        Ok(())
    }
}

/// A request to `first`, with these in line behind it.
fn order(town: &Town, first: Ref, next: &[Ref]) -> SendOrder {
    let mut order = town::order(town.case, first, NeedType::Debt);
    order.items.insert(PacketItem::Statement.into());
    order.struck = BTreeSet::from([1]);
    order.next = next.to_vec();
    order
}

async fn send(town: &Town, first: Ref, next: &[Ref]) -> Sent {
    town.app.directory.refresh(&town.app.store).await.unwrap();
    let order = order(town, first, next);
    referral_send::send(&town.app, &town.coach.actor(), &order)
        .await
        .unwrap()
}

/// Every request of the case, with the service asked.
async fn all(town: &Town) -> Vec<(Ref, Referral)> {
    let case = &town.case;
    town.app
        .store
        .work(&town.coach.actor(), HELP, |w| {
            Box::pin(async move {
                let facts = w.case_facts(*case).await?;
                let permit = w.permit_found::<CaseRead>(facts)?;
                let mut out = Vec::new();
                for one in w.case_referrals(&permit).await? {
                    let service = w.service_by_id(one.service).await?.unwrap();
                    out.push((service.reference, one));
                }
                Ok(out)
            })
        })
        .await
        .unwrap()
}

async fn one(town: &Town, service: Ref) -> Referral {
    let found = all(town).await;
    let found = found.into_iter().find(|(asked, _)| *asked == service);
    found.unwrap().1
}

/// Where the requests to these services stand.
async fn states(town: &Town, services: &[Ref]) -> Vec<ReferralState> {
    let mut out = Vec::new();
    for service in services {
        out.push(one(town, *service).await.state);
    }
    out
}

async fn tasks(town: &Town) -> Vec<TaskKind> {
    let found = town
        .app
        .store
        .work(&town.coach.actor(), HELP, |w| {
            Box::pin(async move { w.tasks(&w.scope(), 50).await })
        })
        .await
        .unwrap();
    found.iter().map(|task| task.kind).collect()
}

async fn answer(town: &Town, service: Ref, answer: &Answer) {
    let one = &one(town, service).await;
    let coach = town.coach.actor();
    referral_answer::record_answer(
        &town.app,
        &coach,
        one.reference,
        one.version,
        answer,
        Via::Phone,
    )
    .await
    .unwrap();
}

const fn no(reason: UnmetReason) -> Answer {
    Answer::Decline {
        reason,
        words: None,
    }
}

fn yes() -> Answer {
    Answer::Accept {
        by: Words::new("Rhian").unwrap(),
        when: None,
        how: None,
    }
}

async fn kept(app: &App) {
    time_out_due(app, 50).await.unwrap();
}

both!(
    after_a_no_the_next_in_line_is_asked_by_itself_with_the_same_packet,
    |world| {
        let town = town(world).await;
        let (app, partner) = (&town.app, &town.partner.actor());
        send(&town, town.listed, &[town.inbox]).await;
        assert_eq!(
            states(&town, &[town.listed, town.inbox]).await,
            [ReferralState::Sent, ReferralState::InLine]
        );
        let waits = one(&town, town.inbox).await.reference;
        assert!(
            partner::inbox(app, partner, 10).await.unwrap().is_empty(),
            "nobody in line knows of it"
        );
        assert!(partner::open(app, partner, waits).await.is_err());
        kept(app).await;
        assert_eq!(one(&town, town.inbox).await.state, ReferralState::InLine);

        answer(&town, town.listed, &no(UnmetReason::NoCapacityOrNoSpace)).await;
        assert!(tasks(&town).await.contains(&TaskKind::OfferNext));
        kept(app).await;
        assert_eq!(
            states(&town, &[town.listed, town.inbox]).await,
            [ReferralState::Declined, ReferralState::Received]
        );
        assert!(
            !tasks(&town).await.contains(&TaskKind::OfferNext),
            "it was offered"
        );
        let read = partner::open(app, partner, waits).await.unwrap();
        let packet = serde_json::to_string(&read.packet.unwrap()).unwrap();
        assert!(packet.contains("I owe rent."));
        assert!(
            !packet.contains("Rosewood"),
            "what was struck out stays out"
        );
        kept(app).await;
        assert_eq!(all(&town).await.len(), 2);
    }
);

both!(
    after_silence_the_next_in_line_is_asked_and_a_late_yes_is_still_a_yes,
    |world| {
        let town = town(world).await;
        send(&town, town.listed, &[town.inbox]).await;
        world.clock.advance_seconds(10 * DAY);
        kept(&town.app).await;
        kept(&town.app).await;
        assert_eq!(
            states(&town, &[town.listed, town.inbox]).await,
            [ReferralState::NoResponse, ReferralState::Received]
        );
        answer(&town, town.listed, &yes()).await;
        assert_eq!(
            states(&town, &[town.listed, town.inbox]).await,
            [ReferralState::Accepted, ReferralState::Held]
        );
    }
);

both!(
    nobody_in_line_is_asked_while_somebody_may_help_and_nobody_once_the_person_chose,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        send(&town, town.listed, &[town.inbox]).await;
        answer(&town, town.listed, &yes()).await;
        world.clock.advance_seconds(DAY);
        kept(app).await;
        assert_eq!(
            states(&town, &[town.listed, town.inbox]).await,
            [ReferralState::Accepted, ReferralState::InLine],
            "whoever is in line is not held: they were not asked"
        );
        let first = &one(&town, town.listed).await;
        referral_hold::choose(app, coach, first.reference, first.version)
            .await
            .unwrap();
        assert_eq!(
            states(&town, &[town.listed, town.inbox]).await,
            [ReferralState::Accepted, ReferralState::Withdrawn]
        );
    }
);

both!(
    when_the_person_says_no_nobody_else_is_asked_before_they_were_spoken_with,
    |world| {
        let town = town(world).await;
        send(&town, town.listed, &[town.inbox]).await;
        answer(&town, town.listed, &Answer::PersonDeclines).await;
        kept(&town.app).await;
        assert_eq!(
            states(&town, &[town.listed, town.inbox]).await,
            [ReferralState::SurvivorDeclined, ReferralState::InLine]
        );
        assert!(tasks(&town).await.contains(&TaskKind::AskWhichOffer));
    }
);

both!(
    what_they_take_back_leaves_the_line_and_what_lapsed_is_asked_again,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        send(&town, town.listed, &[town.inbox]).await;
        let second = &one(&town, town.inbox).await;
        let record = app
            .store
            .work(coach, HELP, |w| {
                let case = town.case;
                let wanted = second.consent;
                Box::pin(async move {
                    let facts = w.case_facts(case).await?;
                    let permit = w.permit_found::<CaseRead>(facts)?;
                    let all = w.consents(&permit).await?;
                    Ok(all.into_iter().find(|one| one.id == wanted).unwrap())
                })
            })
            .await
            .unwrap();
        consent::withdraw(app, coach, town.case, record.reference)
            .await
            .unwrap();
        assert_eq!(
            states(&town, &[town.listed, town.inbox]).await,
            [ReferralState::Sent, ReferralState::Withdrawn]
        );
        answer(&town, town.listed, &no(UnmetReason::Other)).await;
        kept(app).await;
        assert!(tasks(&town).await.contains(&TaskKind::OfferNext));
    }
);

both!(
    nobody_else_is_asked_by_itself_when_a_service_helps_them_already,
    |world| {
        let town = town(world).await;
        send(&town, town.listed, &[town.inbox]).await;
        answer(&town, town.listed, &no(UnmetReason::AlreadyWithUs)).await;
        kept(&town.app).await;
        assert_eq!(one(&town, town.inbox).await.state, ReferralState::InLine);
        assert!(tasks(&town).await.contains(&TaskKind::AskWhichOffer));
    }
);

both!(two_nodes_ask_the_next_one_once, |world| {
    let town = town(world).await;
    let more = lists(&town, advice("9", "Riverbank Money Advice", false)).await;
    send(&town, town.listed, &[town.inbox, more]).await;
    answer(&town, town.listed, &no(UnmetReason::NoCapacityOrNoSpace)).await;
    let (one, two) = tokio::join!(time_out_due(&town.app, 50), time_out_due(&town.app, 50));
    one.unwrap();
    two.unwrap();
    kept(&town.app).await;
    let line = states(&town, &[town.listed, town.inbox, more]).await;
    let waiting = line.iter().filter(|it| **it == ReferralState::InLine);
    assert_eq!(waiting.count(), 1, "{line:?}");
    assert_eq!(line[0], ReferralState::Declined);
});

fn advice(id: &str, name: &str, pets: bool) -> Entry {
    let mut entry = Entry::new(id, name);
    let kinds = vec![ServiceType::DebtAndMoneyAdvice];
    entry.provision = Provision::new(kinds, Place::default()).unwrap();
    entry.eligibility.pets = Some(pets);
    entry
}

both!(what_a_no_has_taught_decides_who_is_asked_next, |world| {
    let town = town(world).await;
    let without = lists(&town, advice("8", "No animals", false)).await;
    send(&town, town.listed, &[without, town.inbox]).await;
    answer(&town, town.listed, &no(UnmetReason::LargePet)).await;
    kept(&town.app).await;
    kept(&town.app).await;
    assert_eq!(
        states(&town, &[town.listed, without, town.inbox]).await,
        [
            ReferralState::Declined,
            ReferralState::InLine,
            ReferralState::Received
        ],
        "the one that takes no animals is passed over"
    );
});

both!(
    the_line_goes_on_when_a_service_leaves_the_directory,
    |world| {
        let town = town(world).await;
        let other = lists(&town, advice("7", "Closing soon", true)).await;
        send(&town, other, &[town.inbox]).await;
        directory::set_listed(&town.app, &town.stewards[0], other, false)
            .await
            .unwrap();
        world.clock.advance_seconds(4 * 3_600);
        kept(&town.app).await;
        kept(&town.app).await;
        assert_eq!(
            one(&town, town.inbox).await.state,
            ReferralState::Received,
            "nobody waits for a service that is gone"
        );
    }
);

both!(only_the_person_names_whom_else_to_ask, |world| {
    let town = town(world).await;
    let (app, coach) = (&town.app, &town.coach.actor());
    app.directory.refresh(&app.store).await.unwrap();
    let good = order(&town, town.listed, &[town.inbox]);
    let unasked = SendOrder {
        how: HowAgreed::NotAskedUnsafe,
        ..good.clone()
    };
    let twice = SendOrder {
        next: vec![town.inbox, town.inbox],
        ..good.clone()
    };
    let itself = SendOrder {
        next: vec![town.listed],
        ..good.clone()
    };
    let not_alone = SendOrder {
        reach: Reach::SpecialistOnly,
        ..good
    };
    for (bad, problem) in [
        (unasked, "refer-next-needs-agreement"),
        (twice, "refer-next-too-many"),
        (itself, "refer-next-too-many"),
        (not_alone, "refer-not-seen-alone"),
    ] {
        let refused = referral_send::send(app, coach, &bad).await;
        let Err(Error::Invalid { problem: said, .. }) = refused else {
            panic!("{problem}: {refused:?}");
        };
        assert_eq!(said, problem);
    }
    assert!(all(&town).await.is_empty(), "nothing was sent");
});

both!(
    the_next_one_is_found_by_what_was_told_before_and_no_service_reads_it,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let animals = lists(&town, advice("6", "Animals welcome", true)).await;
        let none = lists(&town, advice("5", "No animals", false)).await;
        app.directory.refresh(&app.store).await.unwrap();
        let mut order = order(&town, town.listed, &[]);
        order.told = Some(Circumstances {
            pets: Some(true),
            nrpf: Some(throughline_core::circumstances::NrpfState::NoRecourse),
            avoid_services: vec![town.linked],
            ..Circumstances::default()
        });
        let sent = referral_send::send(app, coach, &order).await.unwrap();
        answer(&town, town.listed, &no(UnmetReason::NoCapacityOrNoSpace)).await;
        let next = referral_next::alternatives(app, coach, sent.reference)
            .await
            .unwrap();
        let names: Vec<Ref> = next.found.iter().map(|one| one.service).collect();
        assert!(names.contains(&animals), "{names:?}");
        assert!(!names.contains(&none) && !names.contains(&town.linked));
        assert_eq!(next.told.nrpf, None, "of immigration nothing is kept");
    }
);

both!(
    the_worker_asks_the_next_one_at_once_where_they_choose,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        send(&town, town.listed, &[town.inbox, town.linked]).await;
        for service in [town.inbox, town.linked] {
            let one = &one(&town, service).await;
            let by_link = referral_line::ask_now(app, coach, one.reference, one.version)
                .await
                .unwrap();
            assert_eq!(by_link.is_some(), service == town.linked);
        }
        assert_eq!(
            states(&town, &[town.listed, town.inbox, town.linked]).await,
            [
                ReferralState::Sent,
                ReferralState::Received,
                ReferralState::Sent
            ]
        );
    }
);

/// Somebody at the service that is asked by a link.
async fn at_the_link(town: &Town, sent: &Sent) -> (Actor, Ref) {
    let post = Post(std::sync::Mutex::default());
    dispatch_once(&town.app, &post, "one").await.unwrap();
    let letters = post.0.lock().unwrap().clone();
    let letter = letters.iter().rev().find(|it| it.contains("/r/")).unwrap();
    let token = letter.split_once("/r/").unwrap().1.lines().next().unwrap();
    let code = sent.code.clone().unwrap();
    match partner::link_enter(&town.app, token, &code).await.unwrap() {
        Entered::In(actor, reference, _) => (actor, reference),
        other => panic!("{other:?}"),
    }
}

both!(
    of_two_services_that_say_yes_in_the_same_second_one_waits_and_both_are_told_so,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let first = send(&town, town.inbox, &[]).await;
        let second = send(&town, town.linked, &[]).await;
        let (holder, _) = at_the_link(&town, &second).await;
        partner::open(app, &town.partner.actor(), first.reference)
            .await
            .unwrap();
        partner::open(app, &holder, second.reference).await.unwrap();
        let seen = [
            one(&town, town.inbox).await.version,
            one(&town, town.linked).await.version,
        ];
        let (yes, partner) = (yes(), town.partner.actor());
        let (one, two) = tokio::join!(
            partner::answer(app, &partner, first.reference, seen[0], &yes),
            partner::answer(app, &holder, second.reference, seen[1], &yes)
        );
        let held = |it: &Result<ReferralState, Error>| matches!(it, Ok(ReferralState::Held));
        let has = |it: &Result<ReferralState, Error>| matches!(it, Ok(ReferralState::Accepted));
        // Whoever came a moment later either said yes and waits, or finds that it is not theirs to answer any more.
        let waits = |it: &Result<ReferralState, Error>| held(it) || it.is_err();
        assert!(
            has(&one) && waits(&two) || has(&two) && waits(&one),
            "{one:?} {two:?}"
        );
        let both = [town.inbox, town.linked];
        let mut now = states(&town, &both).await;
        now.sort_unstable();
        assert_eq!(now, [ReferralState::Held, ReferralState::Accepted]);

        // The person chooses the one that waits: its yes stands, and the other is told.
        if held(&one) || held(&two) {
            let waiting = all(&town).await;
            let (_, waiting) = waiting
                .iter()
                .find(|(_, one)| one.state == ReferralState::Held)
                .unwrap();
            assert!(waiting.said_yes);
            let service = if held(&two) { &holder } else { &partner };
            assert!(
                crate::town::reached(app, service, waiting.reference)
                    .await
                    .is_err(),
                "nobody who waits learns how to reach them"
            );
            referral_hold::choose(app, coach, waiting.reference, waiting.version)
                .await
                .unwrap();
            let mut now = states(&town, &both).await;
            now.sort_unstable();
            assert_eq!(now, [ReferralState::Accepted, ReferralState::Withdrawn]);
            let chosen = referral::view(app, coach, waiting.reference).await.unwrap();
            assert_eq!(chosen.referral.state, ReferralState::Accepted);
            assert_eq!(chosen.accepted.unwrap().by, "Rhian");
        }
    }
);

both!(
    a_node_that_has_not_read_the_directory_takes_nobody_out_of_a_line,
    |world| {
        let town = town(world).await;
        send(&town, town.listed, &[town.inbox]).await;
        // Another node, just started: it knows of no service yet.
        let fresh = App {
            directory: throughline_app::directory_node::DirectoryNode::new().unwrap(),
            store: town.app.store.clone(),
            packs: throughline_core::pack::Packs::embedded().unwrap(),
            settings: town.app.settings.clone(),
        };
        world.clock.advance_seconds(5 * 3_600);
        kept(&fresh).await;
        answer(&town, town.listed, &no(UnmetReason::Other)).await;
        kept(&fresh).await;
        assert_eq!(one(&town, town.inbox).await.state, ReferralState::InLine);
        world.clock.advance_seconds(5 * 3_600);
        kept(&town.app).await;
        assert_eq!(one(&town, town.inbox).await.state, ReferralState::Received);
    }
);

/// One in line behind a service that said no, at a risk that was judged high since; `reasons` were given when it was agreed.
async fn after_the_risk_rose(town: &Town, reasons: Option<&str>) -> Referral {
    let (app, coach) = (&town.app, &town.coach.actor());
    app.directory.refresh(&app.store).await.unwrap();
    let mut order = order(town, town.listed, &[town.inbox]);
    order.reasons = reasons.map(|words| Words::new(words).unwrap());
    referral_send::send(app, coach, &order).await.unwrap();
    let why = Words::new("New threats.").unwrap();
    case_now::risk_judge(app, coach, town.case, RiskBand::High, &why, false)
        .await
        .unwrap();
    answer(town, town.listed, &no(UnmetReason::Other)).await;
    kept(app).await;
    let next = one(town, town.inbox).await;
    assert_eq!(next.risk, RiskBand::High, "its clocks are those of now");
    next
}

both!(
    ne_28_once_the_risk_is_high_nobody_is_asked_by_itself_without_reasons,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let next = after_the_risk_rose(&town, None).await;
        assert_eq!(next.state, ReferralState::InLine);
        assert!(tasks(&town).await.contains(&TaskKind::OfferNext));
        let refused = referral_line::ask_now(app, coach, next.reference, next.version).await;
        assert!(refused.is_err(), "nor by one press: {refused:?}");
    }
);

both!(
    once_the_risk_is_high_who_was_decided_with_reasons_is_asked,
    |world| {
        let town = town(world).await;
        let next = after_the_risk_rose(&town, Some("They chose it, and it is safe.")).await;
        assert_eq!(next.state, ReferralState::Received);
    }
);

both!(
    whoever_answers_for_a_service_since_was_not_agreed_to,
    |world| {
        let town = town(world).await;
        send(&town, town.listed, &[town.inbox]).await;
        let (next, ours) = (&one(&town, town.inbox).await, &town.coach.organisation);
        town.app
            .store
            .work(&town.stewards[0], town::DIRECTORY, |w| {
                Box::pin(async move { w.service_answered_by(next.service, *ours, None).await })
            })
            .await
            .unwrap();
        answer(&town, town.listed, &no(UnmetReason::Other)).await;
        kept(&town.app).await;
        assert_eq!(one(&town, town.inbox).await.state, ReferralState::Withdrawn);
        assert!(tasks(&town).await.contains(&TaskKind::OfferNext));
    }
);
