//! The demo world: lived through the use cases, so that old things are over and what is open has an owner and a clock.

#![cfg(test)]

use std::sync::Arc;

use throughline_app::today;
use throughline_app::{App, Settings, case, partner};
use throughline_core::pack::Packs;
use throughline_core::role::Role;
use throughline_core::time::At;
use throughline_policy::{Actor, Purpose};
use throughline_seal::{Keyring, RootKey};
use throughline_store::{Durability, Keys, Store};
use throughline_testkit::env::{SetClock, seeded};
use throughline_testkit::world::{self, Counts, SIGN_INS, Size};

struct World {
    app: App,
    counts: Counts,
    clock: Arc<SetClock>,
    end: At,
    _folder: tempfile::TempDir,
}

async fn world(people: u32, end: &str) -> World {
    let end = At::parse(end).unwrap();
    let (env, clock) = seeded(7, end);
    let keys = Keys::new(Keyring::new(RootKey::generate(&env), []));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.db");
    let store = Store::sqlite(&path, env, keys, Durability::Throwaway)
        .await
        .unwrap();
    store.migrate().await.unwrap();
    let packs = Packs::embedded().unwrap();
    let size = Size {
        seed: 7,
        people,
        end,
    };
    let counts = world::fill(&store, &clock, &packs, &size, &|_| {})
        .await
        .unwrap();
    let settings = Settings {
        base_url: "http://127.0.0.1:8080".to_owned(),
        mail_from: "no-reply@example.org".to_owned(),
        node: "demo".to_owned(),
        demo: true,
    };
    World {
        app: App::new(store, packs, settings).unwrap(),
        counts,
        clock,
        end,
        _folder: folder,
    }
}

async fn actor(world: &World, role: Role) -> Actor {
    let email = &SIGN_INS.iter().find(|one| one.role == role).unwrap().email;
    let found = world
        .app
        .store
        .work(&Actor::Public, Purpose::SignIn, |w| {
            Box::pin(async move { w.credentials_by_email(email).await })
        })
        .await
        .unwrap()
        .unwrap();
    Actor::Staff {
        account: found.id,
        organisation: found.organisation,
        site: found.site,
        role,
        stepped_up_at: None,
    }
}

#[tokio::test]
async fn the_state_that_a_demo_opens_with_is_that_of_a_place_that_works() {
    let world = world(600, "2026-11-24T11:00:00Z").await;
    assert_eq!(world.counts.people, 600);
    let coach = actor(&world, Role::WorkCoach).await;
    let day = today::worker(&world.app, &coach).await.unwrap();
    for (name, rows) in [
        ("now", &day.do_now),
        ("waiting", &day.waiting),
        ("next", &day.next),
    ] {
        for row in rows {
            println!(
                "{name}: {:?} {:?} overdue {} due {:?} since {}",
                row.what,
                row.who,
                row.overdue,
                row.due_at.map(|at| at.to_string()),
                row.since
            );
        }
    }
    let lead = actor(&world, Role::DaLead).await;
    let site = today::lead(&world.app, &lead).await.unwrap();
    for (name, rows) in [
        ("rooms", &site.rooms),
        ("risks", &site.risks),
        ("climbing", &site.climbing),
    ] {
        for row in rows {
            println!(
                "{name}: {:?} {:?} overdue {} due {:?}",
                row.what,
                row.who,
                row.overdue,
                row.due_at.map(|at| at.to_string())
            );
        }
    }
    let partner = actor(&world, Role::PartnerWorker).await;
    println!(
        "inbox {:?}",
        partner::inbox(&world.app, &partner, 100)
            .await
            .unwrap()
            .len()
    );
    println!(
        "caseload {:?}",
        partner::caseload(&world.app, &partner, 100)
            .await
            .unwrap()
            .len()
    );
    let all = case::caseload(&world.app, &coach, true).await.unwrap();
    println!(
        "cases {} open {}",
        all.len(),
        all.iter().filter(|c| c.closed_at.is_none()).count()
    );
    panic!("look");
}
