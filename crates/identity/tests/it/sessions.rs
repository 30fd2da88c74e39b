//! Sessions: fixation, idling, ending, proving oneself again. On both databases, with a clock in hand.

use crate::world::{PASSWORD, attempt, identity, office, signed};
use sea_orm::{ConnectionTrait as _, Database};
use throughline_identity::cookies::Devices;
use throughline_identity::sessions::{Presence, Proof};
use throughline_identity::sign_in::Attempt;
use throughline_identity::{Identity, passwords};
use throughline_policy::Actor;
use throughline_seal::Token;
use throughline_testkit::both;

const OFFICE: &str = "192.0.2.10";
const ME: &str = "coach0@example.org";

async fn is_here(identity: &Identity, token: &Token) -> bool {
    matches!(
        identity.actor_of_session(Some(token)).await.unwrap(),
        Presence::Here(_)
    )
}

async fn is_locked(identity: &Identity, token: &Token) -> bool {
    matches!(
        identity.actor_of_session(Some(token)).await.unwrap(),
        Presence::Locked(_)
    )
}

async fn is_absent(identity: &Identity, token: &Token) -> bool {
    matches!(
        identity.actor_of_session(Some(token)).await.unwrap(),
        Presence::Absent
    )
}

both!(
    a_token_planted_before_signing_in_is_worth_nothing_after_it,
    |world| {
        let identity = identity(world);
        office(world, &identity, false, 2).await;
        let none = Devices::default();
        // An attacker signs in and plants their own session in the worker's browser.
        let planted = signed(
            &identity,
            &attempt("coach1@example.org", PASSWORD, &none, OFFICE),
        )
        .await
        .token;
        let mine = signed(
            &identity,
            &Attempt {
                replaces: Some(&planted),
                ..attempt(ME, PASSWORD, &none, OFFICE)
            },
        )
        .await;
        assert_ne!(mine.token.hash(), planted.hash());
        assert!(is_absent(&identity, &planted).await);
        assert!(is_here(&identity, &mine.token).await);
        assert!(is_absent(&identity, &Token::generate(&world.env)).await);
        assert!(matches!(
            identity.actor_of_session(None).await.unwrap(),
            Presence::Absent
        ));
    }
);

both!(
    the_token_changes_at_step_up_and_the_forms_stay_good,
    |world| {
        let identity = identity(world);
        office(world, &identity, false, 1).await;
        let old = signed(
            &identity,
            &attempt(ME, PASSWORD, &Devices::default(), OFFICE),
        )
        .await
        .token;
        let Presence::Here(before) = identity.actor_of_session(Some(&old)).await.unwrap() else {
            panic!()
        };
        assert!(matches!(
            before.actor,
            Actor::Staff {
                stepped_up_at: None,
                ..
            }
        ));
        let Proof::Done(new) = identity.step_up(&old, PASSWORD, None).await.unwrap() else {
            panic!()
        };
        assert!(is_absent(&identity, &old).await);
        let Presence::Here(after) = identity.actor_of_session(Some(&new)).await.unwrap() else {
            panic!()
        };
        assert!(matches!(
            after.actor,
            Actor::Staff {
                stepped_up_at: Some(_),
                ..
            }
        ));
        assert_eq!(before.csrf, after.csrf);
        assert!(Identity::csrf_matches(&after, &before.csrf));
        assert!(!Identity::csrf_matches(&after, ""));
        assert!(matches!(
            identity.step_up(&old, PASSWORD, None).await.unwrap(),
            Proof::Gone
        ));
        assert!(matches!(
            identity.step_up(&new, "a wrong guess", None).await.unwrap(),
            Proof::Refused
        ));
    }
);

both!(
    ten_idle_minutes_lock_and_the_password_brings_everything_back,
    |world| {
        let identity = identity(world);
        office(world, &identity, false, 1).await;
        let token = signed(
            &identity,
            &attempt(ME, PASSWORD, &Devices::default(), OFFICE),
        )
        .await
        .token;
        for _ in 0..5 {
            world.clock.advance_seconds(9 * 60);
            assert!(is_here(&identity, &token).await, "used every nine minutes");
        }
        world.clock.advance_seconds(10 * 60);
        assert!(is_locked(&identity, &token).await);
        // Looking again does not lift it, nor does stepping up go round it.
        assert!(is_locked(&identity, &token).await);
        assert!(matches!(
            identity.step_up(&token, PASSWORD, None).await.unwrap(),
            Proof::Refused
        ));
        assert!(matches!(
            identity.unlock(&token, "a wrong guess").await.unwrap(),
            Proof::Refused
        ));
        let Proof::Done(new) = identity.unlock(&token, PASSWORD).await.unwrap() else {
            panic!()
        };
        assert!(is_here(&identity, &new).await);
        assert!(is_absent(&identity, &token).await);
        // One may lock it oneself.
        identity.lock(&new).await.unwrap();
        assert!(is_locked(&identity, &new).await);
    }
);

both!(guesses_at_the_lock_must_wait, |world| {
    let identity = identity(world);
    office(world, &identity, false, 1).await;
    let token = signed(
        &identity,
        &attempt(ME, PASSWORD, &Devices::default(), OFFICE),
    )
    .await
    .token;
    identity.lock(&token).await.unwrap();
    for _ in 0..5 {
        assert!(matches!(
            identity.unlock(&token, "a wrong guess").await.unwrap(),
            Proof::Refused
        ));
    }
    assert!(matches!(
        identity.unlock(&token, PASSWORD).await.unwrap(),
        Proof::Slow(_)
    ));
    world.clock.advance_seconds(2);
    assert!(matches!(
        identity.unlock(&token, PASSWORD).await.unwrap(),
        Proof::Done(_)
    ));
});

both!(twelve_hours_end_it_whatever_happens, |world| {
    let identity = identity(world);
    office(world, &identity, false, 1).await;
    let mut token = signed(
        &identity,
        &attempt(ME, PASSWORD, &Devices::default(), OFFICE),
    )
    .await
    .token;
    for _ in 0..11 {
        world.clock.advance_seconds(3600);
        let Proof::Done(new) = identity.unlock(&token, PASSWORD).await.unwrap() else {
            panic!()
        };
        token = new;
    }
    world.clock.advance_seconds(3599);
    assert!(is_locked(&identity, &token).await);
    world.clock.advance_seconds(1);
    assert!(is_absent(&identity, &token).await);
    assert!(matches!(
        identity.unlock(&token, PASSWORD).await.unwrap(),
        Proof::Gone
    ));
});

both!(signing_out_ends_it_at_once, |world| {
    let identity = identity(world);
    office(world, &identity, false, 1).await;
    let token = signed(
        &identity,
        &attempt(ME, PASSWORD, &Devices::default(), OFFICE),
    )
    .await
    .token;
    identity.sign_out(&token).await.unwrap();
    assert!(is_absent(&identity, &token).await);
    identity.sign_out(&token).await.unwrap();
});

both!(a_new_password_ends_every_session, |world| {
    let identity = identity(world);
    let people = office(world, &identity, false, 1).await;
    let one = signed(
        &identity,
        &attempt(ME, PASSWORD, &Devices::default(), OFFICE),
    )
    .await;
    let two = signed(&identity, &attempt(ME, PASSWORD, &one.devices, OFFICE)).await;
    let code = identity.welcome_code(people[0].reference, people[0].version + 1);
    identity
        .welcome_choose(&code, "another plain sentence")
        .await
        .unwrap();
    assert!(is_absent(&identity, &one.token).await && is_absent(&identity, &two.token).await);
});

both!(the_header_names_who_is_here, |world| {
    let identity = identity(world);
    office(world, &identity, false, 1).await;
    let token = signed(
        &identity,
        &attempt(ME, PASSWORD, &Devices::default(), OFFICE),
    )
    .await
    .token;
    let Presence::Here(here) = identity.actor_of_session(Some(&token)).await.unwrap() else {
        panic!()
    };
    let who = identity.who(&here).await.unwrap();
    assert_eq!(
        (who.name.as_str(), who.organisation.as_str()),
        ("A coach", "Jobcentre")
    );
    assert_eq!(identity.who(&here).await.unwrap(), who);
    assert!(passwords::acceptable(PASSWORD, ME).is_ok());
});

/// From now on nothing about a session can be written, as on a full disk.
async fn fill_the_disk(world: &throughline_testkit::db::TestStore) {
    let trigger = "CREATE TRIGGER full_disk BEFORE UPDATE ON session";
    let (url, sql) = match (world.sqlite_path(), world.postgres_url()) {
        (Some(path), _) => (
            format!("sqlite://{}?mode=rw", path.display()),
            format!("{trigger} BEGIN SELECT RAISE(ABORT, 'full'); END"),
        ),
        (None, url) => (
            url.unwrap(),
            format!(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$;
                 {trigger} FOR EACH ROW EXECUTE FUNCTION full_disk()"
            ),
        ),
    };
    let raw = Database::connect(url).await.unwrap();
    raw.execute_unprepared(&sql).await.unwrap();
}

both!(
    a_disk_that_takes_no_writes_shuts_nobody_out_and_still_locks_the_screen,
    |world| {
        let identity = identity(world);
        office(world, &identity, false, 1).await;
        let none = Devices::default();
        let token = signed(&identity, &attempt(ME, PASSWORD, &none, OFFICE))
            .await
            .token;
        fill_the_disk(world).await;
        world.clock.advance_seconds(5 * 60);
        assert!(is_here(&identity, &token).await);
        // Nothing of that look could be kept: ten minutes after the last one that was, the screen is locked.
        world.clock.advance_seconds(5 * 60);
        assert!(is_locked(&identity, &token).await);
        assert!(is_locked(&identity, &token).await);
    }
);
