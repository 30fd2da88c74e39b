//! Signing in: guesses, strangers, offices, second factors. On both databases.

use crate::world;
use crate::world::{PASSWORD, attempt, identity, office, signed, unspell};
use throughline_identity::cookies::Devices;
use throughline_identity::sessions::{Presence, Proof};
use throughline_identity::sign_in::{Attempt, Outcome};
use throughline_identity::totp;
use throughline_testkit::both;

const OFFICE: &str = "192.0.2.10";
const AWAY: &str = "203.0.113.5";

both!(
    the_right_password_signs_in_and_every_other_answer_is_the_same,
    |world| {
        let identity = identity(world);
        office(world, &identity, false, 1).await;
        let none = Devices::default();
        let done = signed(
            &identity,
            &attempt(" Coach0@Example.org ", PASSWORD, &none, OFFICE),
        )
        .await;
        assert!(matches!(
            identity.actor_of_session(Some(&done.token)).await.unwrap(),
            Presence::Here(_)
        ));
        for (email, password) in [
            ("coach0@example.org", "three plain word"),
            ("coach0@example.org", ""),
            ("nobody@example.org", PASSWORD),
            ("", ""),
        ] {
            let outcome = identity
                .sign_in(&attempt(email, password, &none, OFFICE))
                .await
                .unwrap();
            assert!(matches!(outcome, Outcome::Refused), "{email} {outcome:?}");
        }
    }
);

both!(
    a_strangers_thousand_guesses_do_not_lock_the_workers_device,
    |world| {
        let identity = identity(world);
        office(world, &identity, false, 1).await;
        let none = Devices::default();
        let me = "coach0@example.org";
        let first = signed(&identity, &attempt(me, PASSWORD, &none, OFFICE)).await;
        let (mut refused, mut slow) = (0, 0);
        for guess in 0..1000 {
            // The worst stranger: at the worker's own address.
            let guess = format!("wrong guess {guess}");
            match identity
                .sign_in(&attempt(me, &guess, &none, OFFICE))
                .await
                .unwrap()
            {
                Outcome::Refused => refused += 1,
                Outcome::Slow(_) => slow += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(
            (refused, slow),
            (5, 995),
            "five guesses were checked, then each had to wait"
        );
        let again = signed(&identity, &attempt(me, PASSWORD, &first.devices, OFFICE)).await;
        assert_eq!(
            again.devices.tokens().len(),
            1,
            "the device is still the same one"
        );
        // Somewhere else, on a new device, the worker is let in as well.
        signed(&identity, &attempt(me, PASSWORD, &none, AWAY)).await;
        // And once the wait is over, even there.
        world.clock.advance_seconds(301);
        signed(&identity, &attempt(me, PASSWORD, &none, OFFICE)).await;
    }
);

both!(
    an_office_behind_one_address_keeps_working_under_attack,
    |world| {
        let identity = identity(world);
        office(world, &identity, false, 12).await;
        let none = Devices::default();
        for guess in 0..200 {
            let email = format!("guess{guess}@example.org");
            let outcome = identity
                .sign_in(&attempt(&email, PASSWORD, &none, OFFICE))
                .await
                .unwrap();
            assert!(matches!(outcome, Outcome::Refused));
        }
        for at in 0..12 {
            let email = format!("coach{at}@example.org");
            signed(&identity, &attempt(&email, PASSWORD, &none, OFFICE)).await;
        }
    }
);

both!(guesses_made_at_once_are_counted_one_by_one, |world| {
    let identity = identity(world);
    office(world, &identity, false, 1).await;
    let mut tasks = Vec::new();
    for guess in 0..40 {
        let identity = identity.clone();
        tasks.push(tokio::spawn(async move {
            let none = Devices::default();
            let guess = format!("wrong guess {guess}");
            identity
                .sign_in(&attempt("coach0@example.org", &guess, &none, OFFICE))
                .await
                .unwrap()
        }));
    }
    let mut checked = 0;
    for task in tasks {
        if matches!(task.await.unwrap(), Outcome::Refused) {
            checked += 1;
        }
    }
    assert_eq!(checked, 5, "no more than the free attempts were checked");
});

both!(a_guesser_on_the_workers_own_device_is_slowed, |world| {
    let identity = identity(world);
    office(world, &identity, false, 1).await;
    let me = "coach0@example.org";
    let first = signed(
        &identity,
        &attempt(me, PASSWORD, &Devices::default(), OFFICE),
    )
    .await;
    for _ in 0..5 {
        identity
            .sign_in(&attempt(me, "a wrong guess", &first.devices, OFFICE))
            .await
            .unwrap();
    }
    let outcome = identity
        .sign_in(&attempt(me, PASSWORD, &first.devices, OFFICE))
        .await
        .unwrap();
    assert!(matches!(outcome, Outcome::Slow(_)));
    // Another device of hers, or a colleague at the same desk, is not concerned.
    signed(
        &identity,
        &attempt(me, PASSWORD, &Devices::default(), OFFICE),
    )
    .await;
});

both!(an_unknown_address_costs_what_a_known_one_costs, |world| {
    // The real cost: the password check outweighs everything else, and both do exactly one.
    let identity = throughline_identity::Identity::new(
        world.store.clone(),
        throughline_identity::Settings {
            cost: throughline_identity::passwords::Cost::OWASP,
            ..world::settings()
        },
    )
    .unwrap();
    office(world, &identity, false, 1).await;
    let time = async |email: &str, from: &str| {
        let begun = std::time::Instant::now();
        let none = Devices::default();
        let outcome = identity
            .sign_in(&attempt(email, "a wrong guess", &none, from))
            .await
            .unwrap();
        assert!(matches!(outcome, Outcome::Refused));
        begun.elapsed()
    };
    let (mut known, mut unknown) = (vec![], vec![]);
    for round in 0..5 {
        known.push(time("coach0@example.org", &format!("198.51.{round}.1")).await);
        unknown.push(time("nobody@example.org", &format!("198.51.{round}.1")).await);
    }
    known.sort();
    unknown.sort();
    let ratio = known[2].as_secs_f64() / unknown[2].as_secs_f64();
    assert!(
        (0.4..2.5).contains(&ratio),
        "median {:?} against {:?}",
        known[2],
        unknown[2]
    );
});

both!(
    a_second_factor_is_asked_for_and_its_code_works_once,
    |world| {
        let identity = identity(world);
        office(world, &identity, false, 1).await;
        let none = Devices::default();
        let me = "coach0@example.org";
        let first = signed(&identity, &attempt(me, PASSWORD, &none, OFFICE)).await;
        let Presence::Here(here) = identity.actor_of_session(Some(&first.token)).await.unwrap()
        else {
            panic!()
        };
        let spelled = identity.totp_begin(&here, "Case desk").spelled;
        let secret = unspell(&spelled);
        let code = |at| totp::code_at(&secret, at).unwrap();
        // Without proving oneself again a borrowed screen could bind its own telephone.
        assert!(
            !identity
                .totp_finish(&here, &code(world.env.now()))
                .await
                .unwrap()
        );
        let Proof::Done(token) = identity
            .step_up(&first.token, PASSWORD, None)
            .await
            .unwrap()
        else {
            panic!()
        };
        let Presence::Here(here) = identity.actor_of_session(Some(&token)).await.unwrap() else {
            panic!()
        };
        assert_eq!(identity.totp_begin(&here, "Case desk").spelled, spelled);
        assert!(!identity.totp_finish(&here, "000000").await.unwrap());
        assert!(
            identity
                .totp_finish(&here, &code(world.env.now()))
                .await
                .unwrap()
        );

        let with = async |code: Option<String>| {
            let attempt = Attempt {
                code: code.as_deref(),
                ..attempt(me, PASSWORD, &first.devices, OFFICE)
            };
            identity.sign_in(&attempt).await.unwrap()
        };
        assert!(matches!(with(None).await, Outcome::NeedsTotp));
        // The code that set it up is used.
        assert!(matches!(
            with(Some(code(world.env.now()))).await,
            Outcome::Refused
        ));
        world.clock.advance_seconds(30);
        let fresh = code(world.env.now());
        assert!(matches!(
            with(Some(fresh.clone())).await,
            Outcome::Signed(_)
        ));
        assert!(
            matches!(with(Some(fresh)).await, Outcome::Refused),
            "a code works once"
        );
        world.clock.advance_seconds(30);
        let wrong = attempt(me, "a wrong guess", &first.devices, OFFICE);
        let fresh = code(world.env.now());
        let outcome = identity
            .sign_in(&Attempt {
                code: Some(&fresh),
                ..wrong
            })
            .await
            .unwrap();
        assert!(
            matches!(outcome, Outcome::Refused),
            "a code without the password is nothing"
        );
    }
);

both!(one_press_sign_in_exists_only_in_a_demo, |world| {
    let identity = identity(world);
    let people = office(world, &identity, false, 1).await;
    assert!(
        identity
            .demo_sign_in(people[0].reference, None)
            .await
            .unwrap()
            .is_none()
    );
});

both!(one_press_signs_in_in_a_demo, |world| {
    let identity = identity(world);
    let people = office(world, &identity, true, 1).await;
    let done = identity
        .demo_sign_in(people[0].reference, None)
        .await
        .unwrap()
        .unwrap();
    assert!(matches!(
        identity.actor_of_session(Some(&done.token)).await.unwrap(),
        Presence::Here(_)
    ));
    assert!(
        identity
            .demo_sign_in(world.env.reference(), None)
            .await
            .unwrap()
            .is_none()
    );
});

both!(a_welcome_link_works_once_and_not_for_ever, |world| {
    use throughline_identity::welcome::Chosen;
    let identity = identity(world);
    let people = office(world, &identity, false, 1).await;
    let account = &people[0];
    let choose =
        async |code: &str, password: &str| identity.welcome_choose(code, password).await.unwrap();
    // The version has moved on since the first choice.
    let used = identity.welcome_code(account.reference, account.version);
    assert_eq!(choose(&used, PASSWORD).await, Chosen::Over);
    let fresh = identity.welcome_code(account.reference, account.version + 1);
    assert_eq!(
        choose(&fresh, "too short").await,
        Chosen::NotAcceptable("password-too-short")
    );
    let mut forged = fresh.clone().into_bytes();
    forged[30] = if forged[30] == b'A' { b'B' } else { b'A' };
    assert_eq!(
        choose(&String::from_utf8(forged).unwrap(), PASSWORD).await,
        Chosen::Over
    );
    assert_eq!(choose("", PASSWORD).await, Chosen::Over);
    world.clock.advance_seconds(8 * 86_400);
    assert_eq!(choose(&fresh, PASSWORD).await, Chosen::Over);
    let last = identity.welcome_code(account.reference, account.version + 1);
    assert!(identity.welcome_holds(&last).await.unwrap());
    assert_eq!(choose(&last, "another plain sentence").await, Chosen::Done);
    assert_eq!(choose(&last, "another plain sentence").await, Chosen::Over);
    let none = Devices::default();
    signed(
        &identity,
        &attempt(
            "coach0@example.org",
            "another plain sentence",
            &none,
            OFFICE,
        ),
    )
    .await;
});
