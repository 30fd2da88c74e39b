//! One mail and not many, and none at night unless it cannot wait; clocks that follow the risk; a service that is gone while somebody
//! waits for its answer. On both databases.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::town::{HELP, Town, open_case, order, send, town};
use throughline_app::mail::{Letter, Mailer, NotSent};
use throughline_app::outbox::dispatch_once;
use throughline_app::referral_clock::time_out_due;
use throughline_app::{case_now, directory, partner, referral, referral_send};
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::reason::Words;
use throughline_core::referral::ReferralState;
use throughline_core::risk::RiskBand;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_store::referral::Referral;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

/// A post that counts what leaves, or takes nothing.
#[derive(Default)]
struct Post {
    left: AtomicUsize,
    shut: bool,
}

impl Mailer for Post {
    async fn send(&self, _: &Letter) -> Result<(), NotSent> {
        if self.shut {
            return Err(NotSent::Later("shut"));
        }
        self.left.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// How many mails leave now.
async fn leave(town: &Town) -> usize {
    let post = Post::default();
    for _ in 0..3 {
        dispatch_once(&town.app, &post, "one").await.unwrap();
    }
    post.left.into_inner()
}

async fn judged(town: &Town, case: Ref, band: RiskBand) {
    let why = Words::new("they said so").unwrap();
    case_now::risk_judge(&town.app, &town.coach.actor(), case, band, &why, false)
        .await
        .unwrap();
}

/// Asks a service with accounts for somebody new whose risk is judged so.
async fn asks(town: &Town, band: RiskBand, need: NeedType) -> Ref {
    let case = open_case(&town.app.store, &town.coach).await;
    judged(town, case, band).await;
    let mut order = order(case, town.inbox, need);
    if band == RiskBand::High {
        order.reasons = Some(Words::new("She asked for it.").unwrap());
    }
    referral_send::send(&town.app, &town.coach.actor(), &order)
        .await
        .unwrap()
        .reference
}

fn to(world: &TestStore, clock: &str) {
    let at = At::from_london(clock.parse().unwrap()).unwrap();
    let seconds = at.seconds_since(world.env.now());
    assert!(seconds >= 0, "time goes on");
    world.clock.advance_seconds(seconds);
}

async fn row(town: &Town, request: Ref) -> Referral {
    referral::view(&town.app, &town.coach.actor(), request)
        .await
        .unwrap()
        .referral
}

/// Everybody at the service with an account is told: two.
const THERE: usize = 2;

both!(
    routine_work_waits_for_the_morning_and_is_one_mail_however_much_it_is,
    |world| {
        let town = town(world).await;
        to(world, "2026-12-01T21:00");
        for _ in 0..3 {
            asks(&town, RiskBand::Standard, NeedType::Debt).await;
        }
        assert_eq!(leave(&town).await, 0, "it is night");
        assert_eq!(
            partner::inbox(&town.app, &town.partner.actor(), 10)
                .await
                .unwrap()
                .len(),
            3,
            "what waits is the mail, not the work"
        );
        to(world, "2026-12-02T06:59");
        assert_eq!(leave(&town).await, 0);
        to(world, "2026-12-02T07:00");
        assert_eq!(leave(&town).await, THERE, "one each");
        // What comes within the hour is collected, and is one mail again.
        to(world, "2026-12-02T07:10");
        for _ in 0..2 {
            asks(&town, RiskBand::Standard, NeedType::Debt).await;
        }
        assert_eq!(leave(&town).await, 0);
        to(world, "2026-12-02T08:00");
        assert_eq!(leave(&town).await, THERE);
        to(world, "2026-12-02T12:00");
        assert_eq!(leave(&town).await, 0, "nothing is told twice");
    }
);

both!(what_cannot_wait_goes_at_night_and_tells_the_rest, |world| {
    let town = town(world).await;
    to(world, "2026-12-01T23:00");
    asks(&town, RiskBand::Standard, NeedType::Debt).await;
    assert_eq!(leave(&town).await, 0);
    asks(&town, RiskBand::High, NeedType::LegalProtection).await;
    let left = leave(&town).await;
    assert!(
        left >= THERE,
        "each at the service, and whoever a high risk is for: {left}"
    );
    to(world, "2026-12-02T07:00");
    assert_eq!(
        leave(&town).await,
        0,
        "the mail of the night told of all of it"
    );
});

both!(a_mail_that_did_not_leave_tells_of_nothing, |world| {
    let town = town(world).await;
    to(world, "2026-12-01T12:00");
    for _ in 0..3 {
        asks(&town, RiskBand::Standard, NeedType::Debt).await;
    }
    let shut = Post {
        shut: true,
        ..Post::default()
    };
    dispatch_once(&town.app, &shut, "one").await.unwrap();
    world.clock.advance_seconds(600);
    assert_eq!(leave(&town).await, THERE, "tried again, and one each");
});

both!(clocks_follow_a_risk_that_rises, |world| {
    let town = town(world).await;
    let request = asks(&town, RiskBand::Standard, NeedType::LegalProtection).await;
    let before = row(&town, request).await;
    let case = case_of(&town, request).await;
    judged(&town, case, RiskBand::High).await;
    let high = row(&town, request).await;
    assert!(
        high.due_at < before.due_at,
        "{:?} {:?}",
        high.due_at,
        before.due_at
    );
    assert_eq!(high.risk, RiskBand::High);
    assert_eq!(
        high.version, before.version,
        "nobody who answers is turned away"
    );
});

async fn case_of(town: &Town, request: Ref) -> Ref {
    referral::view(&town.app, &town.coach.actor(), request)
        .await
        .unwrap()
        .case
}

both!(
    whoever_waits_for_a_service_that_leaves_the_directory_is_told_at_once,
    |world| {
        let town = town(world).await;
        let request = send(&town, town.listed).await.reference;
        let other = send(&town, town.inbox).await.reference;
        let other_due = row(&town, other).await.due_at;
        directory::set_listed(&town.app, &town.stewards[0], town.listed, false)
            .await
            .unwrap();
        time_out_due(&town.app, 50).await.unwrap();
        let gone = row(&town, request).await;
        assert_eq!(gone.state, ReferralState::NoResponse, "a late yes is a yes");
        let tasks = town
            .app
            .store
            .work(&town.coach.actor(), HELP, |w| {
                Box::pin(async move { w.tasks(&w.scope(), 50).await })
            })
            .await
            .unwrap();
        let offers = tasks.iter().filter(|task| task.kind == TaskKind::OfferNext);
        assert_eq!(offers.count(), 1);
        assert_eq!(
            row(&town, other).await.due_at,
            other_due,
            "nobody else's clock"
        );
    }
);
