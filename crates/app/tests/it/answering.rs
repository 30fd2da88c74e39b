//! Who counts as somebody who answers, on both databases: only those who can sign in. A referral that waits for an account
//! nobody uses is lost.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::town::{Bounces, HELP, Town, real_town, send, town};
use throughline_app::access::{Leaver, Stop, change};
use throughline_app::outbox::dispatch_once;
use throughline_app::referral;
use throughline_app::referral_answer;
use throughline_app::referral_recipient::Route;
use throughline_app::referral_send::Sent;
use throughline_core::id::{AccountId, OrganisationId};
use throughline_core::referral::ReferralState;
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_policy::{Actor, Purpose};
use throughline_store::Error;
use throughline_store::account::{Account, NewAccount};
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

async fn state(town: &Town, sent: &Sent) -> ReferralState {
    referral::view(&town.app, &town.coach.actor(), sent.reference)
        .await
        .unwrap()
        .referral
        .state
}

/// The worker takes a request back, so that the same service can be asked again.
async fn taken_back(town: &Town, sent: &Sent) {
    let (app, coach) = (&town.app, &town.coach.actor());
    let view = referral::view(app, coach, sent.reference).await.unwrap();
    referral_answer::withdraw(app, coach, sent.reference, view.referral.version)
        .await
        .unwrap();
}

async fn coachs_tasks(town: &Town) -> Vec<TaskKind> {
    town.app
        .store
        .work(&town.coach.actor(), HELP, |w| {
            Box::pin(async move { w.tasks(&w.scope(), 50).await })
        })
        .await
        .unwrap()
        .into_iter()
        .map(|task| task.kind)
        .collect()
}

async fn worker(world: &TestStore, organisation: OrganisationId, role: Role) -> Account {
    let email = format!("{role}@{}.example", organisation.uuid());
    let new = &NewAccount {
        organisation,
        site: None,
        role,
        name: "Rhian",
        email: &email,
        password: None,
    };
    world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(w.account_create(new))
        })
        .await
        .unwrap()
}

/// Their first password: from now on they can sign in. Gives the account's new version.
async fn chooses_a_password(world: &TestStore, account: &Account) -> i64 {
    let (id, version): (&AccountId, i64) = (&account.id, account.version);
    world
        .store
        .work(&Actor::Public, Purpose::SignIn, |w| {
            Box::pin(w.password_set(*id, version, "$argon2id$v=19$invented"))
        })
        .await
        .unwrap();
    version + 1
}

both!(
    where_nobody_ever_chose_a_password_the_worker_calls_and_nothing_is_called_received,
    |world| {
        let town = real_town(world).await;
        let sent = send(&town, town.inbox).await;
        assert_eq!(sent.routes, [Route::Call]);
        assert_eq!(state(&town, &sent).await, ReferralState::Sent);
        assert!(coachs_tasks(&town).await.contains(&TaskKind::ChaseReferral));
        taken_back(&town, &sent).await;
        // The same, once somebody there can sign in, stands in their inbox.
        chooses_a_password(world, &town.partner).await;
        let sent = send(&town, town.inbox).await;
        assert_eq!(sent.routes, [Route::Inbox]);
        assert_eq!(state(&town, &sent).await, ReferralState::Received);
    }
);

both!(
    where_nobody_ever_chose_a_password_the_link_alone_counts_and_its_bounce_comes_back,
    |world| {
        let town = real_town(world).await;
        let service = &town.linked;
        let organisation = world
            .store
            .work(&town.coach.actor(), HELP, |w| {
                Box::pin(async move {
                    let service = w.service(*service).await?.unwrap();
                    Ok(w.address_in_use(service.id).await?.unwrap().organisation)
                })
            })
            .await
            .unwrap();
        worker(world, organisation, Role::PartnerWorker).await;
        let sent = send(&town, town.linked).await;
        assert_eq!(sent.routes, [Route::Link]);
        assert_eq!(state(&town, &sent).await, ReferralState::Sent);
        dispatch_once(&town.app, &Bounces, "one").await.unwrap();
        assert_eq!(state(&town, &sent).await, ReferralState::Undelivered);
        assert!(coachs_tasks(&town).await.contains(&TaskKind::OfferNext));
    }
);

both!(
    an_access_that_was_stopped_is_no_inbox_and_the_last_who_can_answer_stays,
    |world| {
        let town = real_town(world).await;
        let office = worker(world, town.partner.organisation, Role::Administrator)
            .await
            .actor();
        let one = chooses_a_password(world, &town.partner).await;
        let waits = send(&town, town.inbox).await;
        let leaver = Leaver {
            reference: town.partner.reference,
            version: one,
            taker: None,
        };
        let last = change(&world.store, &office, &leaver).await;
        assert!(
            matches!(last, Err(Error::Illegal("leaver-only-one-who-answers"))),
            "a colleague who cannot sign in answers nothing: {last:?}"
        );
        let two = chooses_a_password(world, &town.colleague).await;
        let stop = Stop {
            reference: town.colleague.reference,
            version: two,
        };
        change(&world.store, &office, &stop).await.unwrap();
        let last = change(&world.store, &office, &leaver).await;
        assert!(matches!(
            last,
            Err(Error::Illegal("leaver-only-one-who-answers"))
        ));
        let stop = Stop {
            reference: town.partner.reference,
            version: one,
        };
        change(&world.store, &office, &stop).await.unwrap();
        taken_back(&town, &waits).await;
        let sent = send(&town, town.inbox).await;
        assert_eq!(sent.routes, [Route::Call]);
        assert_eq!(state(&town, &sent).await, ReferralState::Sent);
    }
);

both!(in_a_demo_one_press_is_enough_to_be_an_inbox, |world| {
    let town = town(world).await;
    let sent = send(&town, town.inbox).await;
    assert_eq!(sent.routes, [Route::Inbox]);
    assert_eq!(state(&town, &sent).await, ReferralState::Received);
});
