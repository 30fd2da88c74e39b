//! What one machine sends from an office's address shuts out nobody who is known there; nothing is read from whoever may not send
//! it; and whoever is turned away at the door is on record.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop"
)]

use crate::office;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::office::{Browser, link_of, office, pressed};
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header};
use futures::stream;
use throughline_testkit::both;

/// Guesses from the office's address until it is told to wait; gives how many were let through.
async fn guess_on(machine: &Browser) -> usize {
    for guessed in 0..2_000 {
        let guess = Request::post("/sign-in/demo")
            .header(header::COOKIE, machine.cookies())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("account=nobody"))
            .unwrap();
        if machine.ask(guess).await.status == StatusCode::TOO_MANY_REQUESTS {
            return guessed;
        }
    }
    unreachable!("no machine is ever told to wait");
}

both!(
    a_machine_at_an_offices_address_shuts_out_nobody_who_is_known_there,
    |world| {
        let office = office(world).await;
        let ada = pressed(&office, "Ada").await;
        // Una has signed in on this device before, and out again.
        let page = format!("/admin/people/{}", office.people["Una"].reference);
        let stopped = ada.send(&page, &format!("{page}/stop"), "").await;
        let link = link_of(&stopped.page);
        let una = Browser::new(&office);
        una.send(&link, &link, "password=three+plain+words").await;
        let words = "email=Una%40example.org&password=three+plain+words";
        assert_eq!(una.send("/sign-in", "/sign-in", words).await.to, "/today");
        una.send("/today", "/sign-out", "").await;
        let machine = Browser::new(&office);
        assert!(
            guess_on(&machine).await >= 250,
            "an office's own sign-ins fit"
        );
        // Whoever is signed in goes on, and can prove themselves.
        assert_eq!(ada.get("/admin").await.status, StatusCode::OK);
        let proof = ada.send("/step-up", "/step-up", "password=").await;
        assert_ne!(proof.status, StatusCode::TOO_MANY_REQUESTS);
        // Whoever comes to a device that is known signs in; the page itself opens on any.
        assert_eq!(una.send("/sign-in", "/sign-in", words).await.to, "/today");
        assert_eq!(machine.get("/sign-in").await.status, StatusCode::OK);
        // A cookie that was made up is no known device: it is let through no further than the address is.
        let made_up = ("__Host-device".to_owned(), "A".repeat(43));
        machine.jar.borrow_mut().extend([made_up]);
        assert!(guess_on(&machine).await < 150);
    }
);

both!(nothing_is_read_from_whoever_may_not_send_it, |world| {
    let office = office(world).await;
    let una = pressed(&office, "Una").await;
    for browser in [&Browser::new(&office), &una] {
        let read = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&read);
        let endless = stream::repeat_with(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Infallible>(Bytes::from_static(&[0; 1_024]))
        });
        let upload = Request::post("/steward/import")
            .header(header::COOKIE, browser.cookies())
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
            .body(Body::from_stream(endless))
            .unwrap();
        let answer = browser.ask(upload).await;
        assert!([StatusCode::SEE_OTHER, StatusCode::NOT_FOUND].contains(&answer.status));
        assert_eq!(read.load(Ordering::SeqCst), 0, "pieces of a kilobyte");
    }
});

/// Looks for people of invented names until told to wait; gives how often that was answered.
async fn look_for_people(browser: &Browser) -> usize {
    let page = browser.get("/with-me/again").await.page;
    let csrf = office::value_of(&page, "csrf").unwrap();
    for looked in 0..1_000 {
        let guess = Request::post("/with-me/again")
            .header(header::COOKIE, browser.cookies())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("csrf={csrf}&name=Guess{looked}")))
            .unwrap();
        let status = browser.ask(guess).await.status;
        if status == StatusCode::TOO_MANY_REQUESTS {
            return looked;
        }
        assert_eq!(status, StatusCode::OK);
    }
    unreachable!("nobody is ever told to wait");
}

both!(
    e4_ne_26_who_looks_for_more_people_than_work_needs_waits_and_the_security_officer_reads_it,
    |world| {
        let office = office(world).await;
        let (una, ola) = (pressed(&office, "Una").await, pressed(&office, "Ola").await);
        let told = "looked for too many people in an hour";
        assert!(!ola.get("/security").await.page.contains(told));
        // One is gained every 36 seconds: a slow machine may see a few more.
        let looked = look_for_people(&una).await;
        assert!((100..115).contains(&looked), "{looked}");
        assert!(ola.get("/security").await.page.contains(told));
        // All the rest of her work goes on, and her colleague's as well.
        assert_eq!(una.get("/today").await.status, StatusCode::OK);
        let lee = pressed(&office, "Lee").await;
        let found = lee
            .send("/with-me/again", "/with-me/again", "name=Una")
            .await;
        assert_eq!(found.status, StatusCode::OK);
    }
);

/// Tries out words by which a person is known until told to wait; gives how many were looked at.
async fn try_words(browser: &Browser, record: &str) -> usize {
    let page = browser.get("/with-me/again").await.page;
    let csrf = office::value_of(&page, "csrf").unwrap();
    for tried in 0..200 {
        let guess = Request::post(format!("/cases/{record}/contact/{record}/words/check"))
            .header(header::COOKIE, browser.cookies())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("csrf={csrf}&word=guess{tried}")))
            .unwrap();
        if browser.ask(guess).await.status == StatusCode::TOO_MANY_REQUESTS {
            return tried;
        }
    }
    unreachable!("nobody is ever told to wait");
}

both!(
    a_word_by_which_a_person_is_known_is_not_found_by_trying,
    |world| {
        let office = office(world).await;
        let (una, lee) = (pressed(&office, "Una").await, pressed(&office, "Lee").await);
        let record = world.env.reference().to_string();
        // One is gained every three minutes.
        let tried = try_words(&una, &record).await;
        assert!((20..23).contains(&tried), "{tried}");
        // All the rest of her work goes on, and a colleague's words as well.
        assert_eq!(una.get("/today").await.status, StatusCode::OK);
        assert!(try_words(&lee, &record).await >= 20);
    }
);

both!(
    who_tries_out_which_addresses_sign_in_is_on_record_for_the_security_officer,
    |world| {
        let office = office(world).await;
        let (ada, ola) = (pressed(&office, "Ada").await, pressed(&office, "Ola").await);
        let told = "an e-mail address that signs in already";
        let new = "/admin/people/new";
        let form = ada.get(new).await.page;
        let before = form.split_once(">Peckham<").unwrap().0;
        let site = before.rsplit('"').nth(1).unwrap();
        for (email, status) in [
            ("new%40example.org", StatusCode::OK),
            ("Una%40example.org", StatusCode::UNPROCESSABLE_ENTITY),
        ] {
            assert!(!ola.get("/security").await.page.contains(told));
            let fields = format!("name=Somebody&email={email}&role=work_coach&site={site}");
            assert_eq!(ada.send(new, new, &fields).await.status, status);
        }
        assert!(ola.get("/security").await.page.contains(told));
    }
);

both!(whoever_is_turned_away_at_the_door_is_on_record, |world| {
    let office = office(world).await;
    let (una, ola) = (pressed(&office, "Una").await, pressed(&office, "Ola").await);
    let named = |page: &str| page.matches("Una").count();
    let before = named(&ola.get("/security").await.page);
    // No record is looked for: these pages are not for the role.
    assert_eq!(una.get("/admin").await.status, StatusCode::NOT_FOUND);
    let after = named(&ola.get("/security").await.page);
    assert!(after > before, "{before} and then {after}");
});

both!(
    another_site_that_leads_somebody_here_begins_no_way_to_sign_in,
    |world| {
        let office = office(world).await;
        let browser = Browser::new(&office);
        let from = async |site: &str| {
            let request = Request::get("/sign-in/with?for=welcome&code=theirs")
                .header("sec-fetch-site", site)
                .body(Body::empty())
                .unwrap();
            browser.ask(request).await
        };
        for site in ["cross-site", "same-site"] {
            let answer = from(site).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{site}");
            assert_eq!(answer.to, "/sign-in", "{site}");
        }
        // The control: a press of their own is looked at, and here there is no such service.
        for site in ["same-origin", "none"] {
            assert_eq!(from(site).await.status, StatusCode::NOT_FOUND, "{site}");
        }
        // So it is for whoever is signed in, and goes there to prove themselves again.
        let una = pressed(&office, "Una").await;
        let request = Request::get("/sign-in/with?for=step-up")
            .header(header::COOKIE, una.cookies())
            .header("sec-fetch-site", "same-origin")
            .body(Body::empty())
            .unwrap();
        assert_eq!(una.ask(request).await.status, StatusCode::NOT_FOUND);
    }
);
