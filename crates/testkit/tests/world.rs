//! The demo world: lived through the use cases, so that old things are over and what is open has an owner and a clock.

#![cfg(test)]

use throughline_app::today::{self, What};
use throughline_app::{App, Settings, case, case_view, partner};
use throughline_core::pack::Packs;
use throughline_core::risk::RiskBand;
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::{Actor, Purpose};
use throughline_seal::{Keyring, RootKey};
use throughline_store::{Durability, Keys, Store};
use throughline_testkit::env::seeded;
use throughline_testkit::world::{self, Counts, SIGN_INS, Size};

struct World {
    app: App,
    counts: Counts,
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
        call: Some("01632 960123".to_owned()),
        node: "demo".to_owned(),
        demo: true,
    };
    World {
        app: App::new(store, packs, settings).unwrap(),
        counts,
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

/// People are heard and lists are worked through in another order at every hour; none of it may stop the demo from being made.
#[tokio::test]
async fn a_demo_is_made_at_whatever_hour_somebody_first_looks_at_it() {
    for end in [
        "2026-11-23T00:13:00Z",
        "2026-11-23T08:59:00Z",
        "2026-11-25T13:30:00Z",
        "2026-11-27T17:05:00Z",
        "2026-11-28T03:40:00Z",
        "2027-03-28T01:30:00Z",
    ] {
        assert_eq!(world(30, end).await.counts.people, 30, "{end}");
    }
}

#[tokio::test]
async fn the_state_that_a_demo_opens_with_is_that_of_a_place_that_works() {
    // A Tuesday morning, and a Sunday night: whenever somebody looks at it.
    for end in ["2026-11-24T11:00:00Z", "2026-11-22T22:30:00Z"] {
        let world = world(70, end).await;
        assert_eq!(world.counts.people, 70);
        assert!(world.counts.sites >= 40 && world.counts.services >= 400);
        let coach = actor(&world, Role::WorkCoach).await;
        let day = today::worker(&world.app, &coach).await.unwrap();
        let rows = || day.do_now.iter().chain(&day.next);
        let all = rows().count();
        let overdue = rows().filter(|row| row.overdue).count();
        let whats: Vec<_> = rows().map(|row| (row.what, row.overdue)).collect();
        assert!((5..=20).contains(&all), "{end}: {whats:?}");
        assert!((1..=4).contains(&overdue), "{end}: {whats:?}");
        assert!(
            rows().any(|row| row.what == What::Task(TaskKind::OfferNext)),
            "{end}: somebody was told no today: {whats:?}"
        );
        assert!(!day.waiting.is_empty(), "{end}: nothing is with others");
        // Nobody is left behind: every row that is not with others has a clock.
        assert!(rows().all(|row| row.due_at.is_some()), "{end}: {whats:?}");

        let cases = case::caseload(&world.app, &coach, 1).await.unwrap().cases;
        let open = cases.iter().filter(|case| case.closed_at.is_none());
        for case in open.clone() {
            let view = case_view::read(&world.app, &coach, case.reference)
                .await
                .unwrap();
            let judged = case.risk != RiskBand::NotAssessed;
            let clock = rows().any(|row| row.what == What::Task(TaskKind::JudgeRisk));
            assert!(judged || clock, "{end}: a risk that nobody is to judge");
            assert!(!view.story.is_empty());
        }
        let (open, all) = (open.count(), cases.len());
        assert!(open * 2 < all, "{end}: {open} of {all} cases are open");

        let lead = actor(&world, Role::DaLead).await;
        let site = today::lead(&world.app, &lead).await.unwrap();
        assert_eq!(site.rooms.len(), 1);
        assert!(!site.climbing.is_empty() && site.climbing.len() <= 20);
        let partner = actor(&world, Role::PartnerWorker).await;
        let inbox = partner::inbox(&world.app, &partner, 100).await.unwrap();
        let caseload = partner::caseload(&world.app, &partner, 100).await.unwrap();
        assert!(!inbox.is_empty() && !caseload.is_empty());
        // Nothing waits to be sent or to climb: the jobs have done their part.
        let late = world
            .app
            .store
            .read(|r| Box::pin(async move { Ok((r.figures().await?, r.outbox_health().await?)) }))
            .await
            .unwrap();
        assert_eq!((late.0.late_tasks, late.0.late_referrals), (0, 0));
        assert_eq!(late.1.dead, 0);
        let record = world.app.store.audit_verify(None).await.unwrap();
        assert!(record.ok(), "{record:?}");
    }
}
