//! A clock that is set back opens nothing that had ended (ASSURANCE, O3), on both databases.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop"
)]

use crate::town;
use std::sync::Arc;

use crate::town::{Town, reached, town};
use throughline_app::App;
use throughline_app::partner;
use throughline_app::referral;
use throughline_app::referral_answer::Answer;
use throughline_app::referral_send;
use throughline_core::consent::PacketItem;
use throughline_core::env::{Clock, Env};
use throughline_core::gate::DenyReason;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::packet_line::PacketLine;
use throughline_core::ratchet::Ratchet;
use throughline_core::reason::Words;
use throughline_policy::Actor;
use throughline_seal::{Keyring, RootKey};
use throughline_store::{Durability, Keys, Store};
use throughline_testkit::both;
use throughline_testkit::db::TestStore;
use throughline_testkit::env::{Seeded, SetClock, seeded, test_start};

/// A node that starts on this world's database with this clock.
async fn node(world: &TestStore, town: &Town, clock: Arc<dyn Clock>) -> App {
    let keys = Keys::new(Keyring::new(
        RootKey::generate(&seeded(7, test_start()).0),
        [],
    ));
    let env = Env {
        clock,
        // Every node has chance of its own: no two make the same number.
        entropy: Seeded::new(u64::from_le_bytes(world.env.bytes())),
    };
    let store = match (world.sqlite_path(), world.postgres_url()) {
        (Some(path), _) => Store::sqlite(&path, env, keys, Durability::Full).await,
        (None, url) => Store::postgres(&url.unwrap(), env, keys, 2).await,
    };
    let mut settings = town.app.settings.clone();
    settings.demo = false;
    App::new(store.unwrap(), town.app.packs.clone(), settings).unwrap()
}

async fn hidden(app: &App, partner: &Actor, referral: Ref) -> Option<DenyReason> {
    let ways = reached(app, partner, referral).await.unwrap();
    assert_eq!(ways[0].value.is_none(), ways[0].hidden.is_some());
    ways[0].hidden
}

both!(
    o3_a_clock_set_back_while_nothing_ran_shows_no_number_again_that_had_lapsed,
    |world| {
        let town = town(world).await;
        let (app, partner) = (&town.app, &town.partner.actor());
        let sent = accepted(&town, town.inbox).await;
        let begun = world.env.now();
        world.clock.advance_seconds(31 * 86_400);
        let lapsed = Some(DenyReason::Expired);
        assert_eq!(hidden(app, partner, sent).await, lapsed);

        // The control: a node that believes the machine shows it again. That is the harm.
        let believing = node(world, &town, SetClock::at(begun)).await;
        believing.tell_time().await.unwrap();
        assert_eq!(hidden(&believing, partner, sent).await, None);

        let careful = node(world, &town, Ratchet::over(SetClock::at(begun))).await;
        // The last entry of this log is the believing node's: it stands at the clock that was set back.
        hidden(app, partner, sent).await;
        assert!(careful.store.ready().await, "it knows nothing of it yet");
        careful.tell_time().await.unwrap();
        assert_eq!(hidden(&careful, partner, sent).await, lapsed);
        assert!(careful.env().now() >= world.env.now());
        assert!(!careful.store.ready().await, "a person must mend the clock");

        // A clock that is right is believed, and the node is ready.
        let right = node(world, &town, Ratchet::over(SetClock::at(world.env.now()))).await;
        right.tell_time().await.unwrap();
        assert!(right.store.ready().await);
        assert_eq!(hidden(&right, partner, sent).await, lapsed);
    }
);

both!(
    a_clock_set_back_while_it_runs_shows_no_number_again_that_had_lapsed,
    |world| {
        let town = town(world).await;
        let partner = &town.partner.actor();
        let sent = accepted(&town, town.inbox).await;
        let begun = world.env.now();
        let machine = SetClock::at(begun);
        let app = node(
            world,
            &town,
            Ratchet::over(Arc::<SetClock>::clone(&machine)),
        )
        .await;
        assert_eq!(hidden(&app, partner, sent).await, None);
        machine.advance_seconds(31 * 86_400);
        let lapsed = Some(DenyReason::Expired);
        assert_eq!(hidden(&app, partner, sent).await, lapsed);
        for (back, ready) in [(9 * 60, true), (11 * 60, false), (31 * 86_400, false)] {
            machine.set(begun.plus_days(31).plus_seconds(-back));
            assert_eq!(hidden(&app, partner, sent).await, lapsed);
            assert_eq!(app.store.ready().await, ready, "{back} s back");
        }
        // In the order in which it happened, whatever the machine showed.
        let report = app.store.audit_verify(None).await.unwrap();
        assert_eq!(report.all_problems().count(), 0);
    }
);

/// Asks a service for help, and says how the person can be reached once it has accepted; it accepts.
async fn accepted(town: &Town, service: Ref) -> Ref {
    let coach = town.coach.actor();
    let mut order = town::order(town.case, service, NeedType::Debt);
    let reach = [PacketItem::ContactRules, PacketItem::ContactDetails];
    order.items.extend(reach.map(PacketLine::from));
    let sent = referral_send::send(&town.app, &coach, &order).await;
    let sent = sent.unwrap().reference;
    let view = referral::view(&town.app, &coach, sent).await.unwrap();
    let yes = Answer::Accept {
        by: Words::new("Rhian").unwrap(),
        when: None,
        how: None,
    };
    let (partner, seen) = (town.partner.actor(), view.referral.version);
    partner::answer(&town.app, &partner, sent, seen, &yes)
        .await
        .unwrap();
    sent
}
