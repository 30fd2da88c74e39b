//! Decisions about sharing, on both databases: a "yes" or a "no" never takes the decision from whoever has to make it, what is
//! shared first is reasoned within a day, and what is taken back leaves a signed receipt.

#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

mod town;

use std::collections::BTreeSet;

use throughline_app::case_now;
use throughline_app::case_view;
use throughline_app::consent::{self, Completed};
use throughline_app::partner;
use throughline_app::receipt::{self, Signed};
use throughline_app::referral_send::{self, Ask, SendOrder, Sent};
use throughline_app::today;
use throughline_core::code::Code as _;
use throughline_core::consent::{
    Art9Condition, HowAgreed, PacketItem, ShareBasis, SharePurpose, ToldPerson,
};
use throughline_core::conversation::Reach;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::reason::{Reason, Words};
use throughline_core::risk::RiskBand;
use throughline_core::task::TaskKind;
use throughline_store::Error;
use throughline_store::task::{Task, TaskOutcome};
use throughline_testkit::both;
use town::{HELP, Town, town};

const DAY: i64 = 86_400;

fn why(words: &str) -> Reason {
    Reason::new(words).unwrap()
}

fn order(town: &Town, service: Ref) -> SendOrder {
    SendOrder {
        ask: Ask {
            case: town.case,
            service,
            need: NeedType::Debt,
        },
        items: BTreeSet::from([PacketItem::ChosenName].map(Into::into)),
        immigration: false,
        shown: None,
        struck: BTreeSet::new(),
        statement: Some(1),
        reach: Reach::AsAgreed,
        how: HowAgreed::Spoken,
        words: None,
        basis: ShareBasis::Consent,
        art9: Some(Art9Condition::ExplicitConsent),
        dpa: None,
        reasons: None,
        life_at_risk: false,
    }
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
        consent::not_share(app, coach, town.case, &with, SharePurpose::Safety, &reason)
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
