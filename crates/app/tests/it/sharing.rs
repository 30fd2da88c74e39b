//! Decisions about sharing, on both databases: a "yes" or a "no" never takes the decision from whoever has to make it, what is
//! shared first is reasoned within a day, and what is taken back leaves a signed receipt.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::town;
use std::collections::BTreeSet;

use crate::town::{HELP, Town, town};
use throughline_app::case_now;
use throughline_app::case_view;
use throughline_app::consent::{self, Again, Completed};
use throughline_app::narrow::narrow;
use throughline_app::partner;
use throughline_app::partner::PartnerView;
use throughline_app::receipt::{self, Signed};
use throughline_app::referral_send::{self, SendOrder, Sent};
use throughline_app::today;
use throughline_core::code::Code as _;
use throughline_core::consent::{
    Art9Condition, HowAgreed, HowMuch, LessShared, PacketItem, ShareBasis, SharePurpose, ToldPerson,
};
use throughline_core::id::Ref;
use throughline_core::narrow::Narrowing;
use throughline_core::need::NeedType;
use throughline_core::packet_line::PacketLine;
use throughline_core::reason::{Reason, Words};
use throughline_core::risk::RiskBand;
use throughline_core::task::TaskKind;
use throughline_store::Error;
use throughline_store::task::{Task, TaskOutcome};
use throughline_testkit::both;

const DAY: i64 = 86_400;

fn why(words: &str) -> Reason {
    Reason::new(words).unwrap()
}

fn order(town: &Town, service: Ref) -> SendOrder {
    town::order(town.case, service, NeedType::Debt)
}

async fn try_send(town: &Town, order: &SendOrder) -> Result<Sent, Error> {
    referral_send::send(&town.app, &town.coach.actor(), order).await
}

/// Which field was refused, and with which words.
fn refused<T: std::fmt::Debug>(done: Result<T, Error>) -> (&'static str, &'static str) {
    match done {
        Err(Error::Invalid { field, problem }) => (field, problem),
        other => panic!("{other:?}"),
    }
}

async fn judged(town: &Town, band: RiskBand) {
    let (app, coach) = (&town.app, &town.coach.actor());
    case_now::risk_judge(app, coach, town.case, band, &why("As told."), false)
        .await
        .unwrap();
}

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

async fn taken_back(town: &Town) -> Signed {
    let (app, coach) = (&town.app, &town.coach.actor());
    let agreed = newest(town).await.record.reference;
    consent::withdraw(app, coach, town.case, agreed)
        .await
        .unwrap();
    receipt::read(app, coach, town.case, agreed)
        .await
        .unwrap()
        .unwrap()
}

both!(
    ne_28_at_a_high_risk_neither_a_yes_nor_a_no_decides,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        // The control: where the risk is not high, a yes is enough and a no leaves nothing to decide.
        try_send(&town, &order(&town, town.inbox)).await.unwrap();
        taken_back(&town).await;
        assert!(tasks(&town, TaskKind::DecideSharing).await.is_empty());
        world.clock.advance_seconds(60);

        judged(&town, RiskBand::High).await;
        // A yes alone sends nothing.
        let mut order = order(&town, town.inbox);
        let done = try_send(&town, &order).await;
        assert_eq!(refused(done), ("reasons", "refer-decision-needed"));
        order.reasons = Some(why(
            "They asked for help with rent, and he controls the money.",
        ));
        try_send(&town, &order).await.unwrap();
        let kept = newest(&town).await.record.consent;
        assert_eq!(
            (kept.how, kept.reasons),
            (HowAgreed::Spoken, order.reasons.clone())
        );

        // A no recalls what was shared, and is no decision: that is somebody's to make, with reasons.
        taken_back(&town).await;
        assert!(!newest(&town).await.holds);
        let [task] = &tasks(&town, TaskKind::DecideSharing).await[..] else {
            panic!("nobody has to decide")
        };
        assert_eq!(task.owner, Some(town.coach.id));
        for outcome in TaskOutcome::ALL.iter().filter(|one| one.is_chosen()) {
            let done = today::task_finish(app, coach, task.reference, *outcome).await;
            assert_eq!(refused(done), ("outcome", "task-decide-first"));
        }
        let with = Words::new("The debt service").unwrap();
        let reason = why("They fear that he would hear of it; we meet again tomorrow.");
        let mut less = LessShared {
            with,
            purpose: SharePurpose::Safety,
            how_much: HowMuch::Part,
            left_out: [].into(),
            reason,
            if_not: why("They may not know how to call safely; I call them for it."),
            told: ToldPerson::Told,
        };
        // A part says which, and not all: else it is no decision.
        for (left_out, problem) in [
            (BTreeSet::new(), "less-left-out-needed"),
            (
                PacketItem::ALL.iter().copied().collect(),
                "less-left-out-all",
            ),
        ] {
            less.left_out = left_out;
            let done = consent::share_less(app, coach, town.case, &less).await;
            assert_eq!(refused(done), ("left_out", problem));
            assert_eq!(tasks(&town, TaskKind::DecideSharing).await.len(), 1);
        }
        less.left_out = [PacketItem::ContactDetails].into();
        consent::share_less(app, coach, town.case, &less)
            .await
            .unwrap();
        assert!(tasks(&town, TaskKind::DecideSharing).await.is_empty());
    }
);

both!(
    what_is_shared_first_is_put_on_record_within_a_day,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let mut order = order(&town, town.inbox);
        order.how = HowAgreed::NotAskedUnsafe;
        order.basis = ShareBasis::VitalInterests;
        order.art9 = Some(Art9Condition::VitalInterestsIncapable);
        // The control: without a life at stake it needs its reasons first, and rests on nothing vital.
        let done = try_send(&town, &order).await;
        assert_eq!(refused(done), ("reasons", "consent-reasons-missing"));
        order.reasons = Some(why("It seemed urgent."));
        let done = try_send(&town, &order).await;
        assert_eq!(refused(done), ("life", "consent-life-not-at-risk"));

        order.reasons = None;
        order.life_at_risk = true;
        try_send(&town, &order).await.unwrap();
        let first = newest(&town).await.record;
        assert!(first.is_owed());
        let [task] = &tasks(&town, TaskKind::CompleteSharing).await[..] else {
            panic!("nobody has to put it on record")
        };
        assert!(task.due_at <= first.consent.agreed_at.plus_seconds(DAY));
        assert_eq!(task.climbs_at, Some(task.due_at));
        let done = today::task_finish(app, coach, task.reference, TaskOutcome::Done).await;
        assert_eq!(refused(done), ("outcome", "task-complete-first"));

        let completed = Completed {
            reasons: why("He was at the door with a knife; the service could move her at once."),
            told: ToldPerson::Told,
        };
        consent::complete(app, coach, town.case, first.reference, &completed)
            .await
            .unwrap();
        assert!(tasks(&town, TaskKind::CompleteSharing).await.is_empty());
        let kept = newest(&town).await.record;
        assert_eq!(kept.consent.reasons, Some(completed.reasons.clone()));
        assert_eq!(kept.told, Some(ToldPerson::Told));
        assert!(!kept.is_owed());
        let twice = consent::complete(app, coach, town.case, first.reference, &completed).await;
        assert!(matches!(twice, Err(Error::Illegal(_))), "{twice:?}");
    }
);

both!(
    what_was_written_when_it_was_shared_first_stays_and_a_renewal_leaves_nothing_owed,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let mut order = order(&town, town.inbox);
        order.how = HowAgreed::NotAskedUnsafe;
        order.basis = ShareBasis::VitalInterests;
        order.art9 = Some(Art9Condition::VitalInterestsIncapable);
        order.life_at_risk = true;
        let hurried = why("He is at the door.");
        order.reasons = Some(hurried.clone());
        try_send(&town, &order).await.unwrap();
        let first = newest(&town).await.record;
        let again = Again {
            how: HowAgreed::NotAskedUnsafe,
            words: None,
            reasons: Some(why("He has not been found yet.")),
        };
        world.clock.advance_seconds(60);
        consent::agree_again(app, coach, town.case, first.reference, &again)
            .await
            .unwrap();
        let completed = Completed {
            reasons: why("He was at the door with a knife; the service could move her at once."),
            told: ToldPerson::Told,
        };
        consent::complete(app, coach, town.case, first.reference, &completed)
            .await
            .unwrap();
        assert!(tasks(&town, TaskKind::CompleteSharing).await.is_empty());
        let view = case_view::read(app, coach, town.case).await.unwrap();
        assert_eq!(view.consents.len(), 2);
        for agreed in &view.consents {
            assert!(!agreed.record.is_owed());
        }
        let line = view
            .story
            .iter()
            .find(|told| told.line.kind == "sharing_completed")
            .expect("the story says that it was completed");
        assert_eq!(line.line.detail["first"], hurried.as_str());
    }
);

both!(
    what_is_taken_back_leaves_a_signed_receipt_of_what_had_been_seen,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let sent = try_send(&town, &order(&town, town.inbox)).await.unwrap();
        let agreed = newest(&town).await.record.reference;
        let none = receipt::read(app, coach, town.case, agreed).await.unwrap();
        assert!(none.is_none(), "nothing was taken back");
        world.clock.advance_seconds(60);
        let read_at = world.env.now();
        partner::open(app, &town.partner.actor(), sent.reference)
            .await
            .unwrap();
        world.clock.advance_seconds(60);
        let signed = taken_back(&town).await;
        let recalled = &signed.receipt.requests[..];
        let [one] = recalled else {
            panic!("{recalled:?}")
        };
        assert!(one.ended_now && signed.receipt.had_been_seen());
        assert_eq!(
            (one.request, one.first_read_at),
            (sent.reference, Some(read_at))
        );
        assert_eq!(one.contact_seen_at, None);
        assert_eq!(signed.receipt.taken_back_at, world.env.now());
        let gone = partner::open(app, &town.partner.actor(), sent.reference).await;
        assert!(
            gone.is_err() || gone.is_ok_and(|view| view.packet.is_none()),
            "it can still be read"
        );

        // It is genuine, and no letter of it can be changed.
        let store = &app.store;
        let genuine = store.receipt_verify(&signed.note).await.unwrap();
        assert_eq!(genuine, signed.receipt);
        for (at, was) in signed.note.char_indices().step_by(7) {
            let now = if was == 'x' { 'y' } else { 'x' };
            let mut forged = signed.note.clone();
            forged.replace_range(at..at + was.len_utf8(), &now.to_string());
            assert!(store.receipt_verify(&forged).await.is_err(), "at {at}");
        }

        // Another that nobody opened says so; and taking back twice gives the same receipt.
        world.clock.advance_seconds(60);
        try_send(&town, &order(&town, town.linked)).await.unwrap();
        let unseen = taken_back(&town).await;
        assert!(!unseen.receipt.had_been_seen());
        world.clock.advance_seconds(60);
        let again = taken_back(&town).await;
        assert_eq!(again.note, unseen.note);
    }
);

fn lines(items: &[PacketItem]) -> BTreeSet<PacketLine> {
    items.iter().copied().map(Into::into).collect()
}

fn strike(items: &[PacketItem]) -> Narrowing {
    Narrowing {
        without: lines(items),
        until: None,
    }
}

async fn read_by_service(town: &Town, request: Ref) -> PartnerView {
    partner::open(&town.app, &town.partner.actor(), request)
        .await
        .unwrap()
}

both!(
    a_line_that_is_struck_out_is_gone_for_the_service_at_once_and_the_rest_stays,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let mut order = order(&town, town.inbox);
        order.items = lines(&[PacketItem::ChosenName, PacketItem::Urgency]);
        let sent = try_send(&town, &order).await.unwrap();
        let before = newest(&town).await.record;
        // The control: until then it is read.
        let seen = read_by_service(&town, sent.reference).await;
        assert!(seen.packet.unwrap().holds(PacketItem::Urgency));
        world.clock.advance_seconds(60);

        let less = strike(&[PacketItem::Urgency]);
        let left = narrow(app, coach, town.case, before.reference, &less)
            .await
            .unwrap();
        let now = read_by_service(&town, sent.reference).await;
        let packet = now.packet.unwrap();
        assert!(packet.holds(PacketItem::ChosenName) && !packet.holds(PacketItem::Urgency));
        assert_eq!(now.referral.state, seen.referral.state, "it goes on");
        // Nobody says yes from a page that showed more.
        let stale = partner::answer(
            app,
            &town.partner.actor(),
            sent.reference,
            seen.referral.version,
            &throughline_app::referral_answer::Answer::Accept {
                by: Words::new("Rhian").unwrap(),
                when: None,
                how: None,
            },
        )
        .await;
        assert!(matches!(stale, Err(Error::Conflict)), "{stale:?}");

        let newest = newest(&town).await;
        assert_eq!(newest.record.reference, left);
        assert!(newest.holds);
        assert_eq!(
            newest.record.consent.items,
            lines(&[PacketItem::ChosenName])
        );
        assert_eq!(newest.record.consent.expires_at, before.consent.expires_at);
        let signed = receipt::read(app, coach, town.case, before.reference)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(signed.receipt.lines, lines(&[PacketItem::Urgency]));
        assert_eq!(signed.receipt.kept, lines(&[PacketItem::ChosenName]));
        let [one] = &signed.receipt.requests[..] else {
            panic!("{:?}", signed.receipt)
        };
        assert!(one.goes_on && !one.ended_now && one.first_read_at.is_some());
        let genuine = app.store.receipt_verify(&signed.note).await.unwrap();
        assert_eq!(genuine, signed.receipt);

        // What was replaced can be changed no more; what is left can still be taken back as a whole.
        let again = narrow(app, coach, town.case, before.reference, &less).await;
        assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
        taken_back(&town).await;
        let gone = partner::open(app, &town.partner.actor(), sent.reference).await;
        assert!(gone.is_err() || gone.is_ok_and(|view| view.packet.is_none()));
    }
);

both!(
    a_shorter_time_ends_the_reading_then_and_nothing_is_made_longer_or_more,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let sent = try_send(&town, &order(&town, town.inbox)).await.unwrap();
        let before = newest(&town).await.record;
        let until = world.env.now().plus_seconds(2 * DAY);
        assert!(until < before.consent.expires_at, "the control");
        let to = |until| Narrowing {
            without: BTreeSet::new(),
            until: Some(until),
        };
        let case = town.case;
        for (less, problem) in [
            (Narrowing::default(), "narrow-nothing-less"),
            (strike(&[PacketItem::Risk]), "narrow-nothing-less"),
            (strike(&[PacketItem::ChosenName]), "narrow-nothing-left"),
            (to(before.consent.expires_at), "narrow-not-sooner"),
            (to(world.env.now()), "narrow-not-sooner"),
        ] {
            let refused_with = refused(narrow(app, coach, case, before.reference, &less).await).1;
            assert_eq!(refused_with, problem);
        }
        narrow(app, coach, case, before.reference, &to(until))
            .await
            .unwrap();
        let seen = read_by_service(&town, sent.reference).await;
        assert!(seen.packet.is_some());
        world.clock.advance_seconds(2 * DAY);
        let over = read_by_service(&town, sent.reference).await;
        assert!(over.packet.is_none(), "its time is over");
    }
);

both!(
    what_does_not_rest_on_agreement_is_not_made_less_but_decided_again,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let mut order = order(&town, town.inbox);
        order.items = lines(&[PacketItem::ChosenName, PacketItem::Urgency]);
        order.basis = ShareBasis::LegitimateInterests;
        order.art9 = Some(Art9Condition::HealthOrSocialCare);
        order.reasons = Some(why("They cannot reach the service by themselves."));
        try_send(&town, &order).await.unwrap();
        let agreed = newest(&town).await.record.reference;
        let less = strike(&[PacketItem::Urgency]);
        let done = narrow(app, coach, town.case, agreed, &less).await;
        assert!(matches!(done, Err(Error::Illegal(_))), "{done:?}");
        assert_eq!(newest(&town).await.record.reference, agreed);
    }
);
