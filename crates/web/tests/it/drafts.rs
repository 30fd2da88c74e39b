//! What somebody typed is there again: after the session locked, after somebody else was first, after something was wrong; and
//! on no page but that form's, for nobody but who typed it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::pages;
use crate::pages::{Browser, Places, places, signed_in};
use axum::http::StatusCode;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

const TYPED: &str = "The landlord changed the locks.";
const HERE: &str = "kept as you typed";

/// A coach of the town, and the path of the page for the person's own words.
async fn at_the_words(world: &TestStore) -> (Places, Browser, String) {
    let places = places(world).await;
    let coach = signed_in(&places, &places.coach).await;
    let words = format!("/cases/{}/words", places.case);
    (places, coach, words)
}

/// The path of the page of a need that was told.
async fn told_need(places: &Places, coach: &Browser) -> String {
    let add = format!("/cases/{}/needs/add", places.case);
    let (_, page) = coach.get(&add).await;
    let (status, _, page) = coach
        .post(&add, &page, &[("need", "debt"), ("told", "told")])
        .await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    format!("/cases/{}/needs/9", places.case)
}

/// Saves as the page does while somebody types.
async fn type_on(browser: &Browser, page: &str, form: &str, field: &str, typed: &str) {
    let (_, shown) = browser.get(page).await;
    assert!(shown.contains("data-autosave=\"/drafts\""), "{shown}");
    let form = shown
        .split("<form")
        .find(|one| one.contains(&format!("action=\"{form}\"")) && one.contains("\"draft_of\""))
        .unwrap();
    let (_, fields) = form.split_once("novalidate").unwrap();
    let at = format!("<form action=\"/drafts\" {fields}");
    let (status, _, said) = browser.post("/drafts", &at, &[(field, typed)]).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "{said}");
}

both!(
    what_is_being_typed_waits_on_its_page_until_it_is_sent,
    |world| {
        let (places, coach, words) = at_the_words(world).await;
        type_on(&coach, &words, &words, "words", TYPED).await;
        let elsewhere = signed_in(&places, &places.coach).await;
        let (_, page) = elsewhere.get(&words).await;
        assert!(page.contains(TYPED) && page.contains(HERE), "{page}");
        let plan = format!("/cases/{}/plan", places.case);
        assert!(!elsewhere.get(&plan).await.1.contains(TYPED));
        // Sent, it is the statement and no draft any more.
        let (status, _, _) = elsewhere.post(&words, &page, &[("words", TYPED)]).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let (_, page) = coach.get(&words).await;
        assert!(page.contains(TYPED) && !page.contains(HERE));
    }
);

both!(what_is_taken_out_again_is_kept_no_more, |world| {
    let (_, coach, words) = at_the_words(world).await;
    type_on(&coach, &words, &words, "words", TYPED).await;
    type_on(&coach, &words, &words, "words", "  ").await;
    let (_, page) = coach.get(&words).await;
    assert!(!page.contains(TYPED) && !page.contains(HERE));
});

both!(
    a_form_sent_to_a_locked_session_is_there_after_the_password,
    |world| {
        let (places, coach, _) = at_the_words(world).await;
        let need = told_need(&places, &coach).await;
        let (_, page) = coach.get(&need).await;
        world.clock.advance_seconds(11 * 60);
        let typed = [("move", "put_off"), ("reason", TYPED)];
        let (status, to, _) = coach.post(&need, &page, &typed).await;
        assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/locked"));
        let (_, locked) = coach.get("/locked").await;
        assert!(!locked.contains(TYPED), "nothing of it is on the lock page");
        let again = signed_in(&places, &places.coach).await;
        let (_, page) = again.get(&need).await;
        assert!(page.contains(TYPED) && page.contains(HERE), "{page}");
        assert!(checked(&page, "put_off"), "{page}");
    }
);

both!(
    a_locked_session_writes_over_nothing_and_takes_nothing_away,
    |world| {
        let (places, coach, words) = at_the_words(world).await;
        let (_, page) = coach.get(&words).await;
        type_on(&coach, &words, &words, "words", TYPED).await;
        world.clock.advance_seconds(11 * 60);
        for other in ["", "Nothing happened."] {
            let (status, to, _) = coach.post(&words, &page, &[("words", other)]).await;
            assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/locked"));
        }
        let again = signed_in(&places, &places.coach).await;
        let (_, page) = again.get(&words).await;
        assert!(page.contains(TYPED) && !page.contains("Nothing happened"));
    }
);

both!(another_form_to_the_same_place_takes_nothing_away, |world| {
    let places = places(world).await;
    let coach = signed_in(&places, &places.coach).await;
    let (_, doors) = coach.get("/with-me").await;
    let begun = [("mode", "in_person")];
    let (_, talk, _) = coach.post("/conversations", &doors, &begun).await;
    let (first, end) = (format!("{talk}/first"), format!("{talk}/end"));
    let (_, page) = coach.get(&first).await;
    let safe = [
        ("alone", "yes"),
        ("overheard", "nobody"),
        ("interpreter", "none"),
        ("mode", "in_person"),
    ];
    coach.post(&first, &page, &safe).await;
    let notes = format!("{talk}/notes");
    let (_, page) = coach.get(&notes).await;
    let told = [("told", "he waits outside"), ("heard", "told")];
    let (status, _, _) = coach.post(&notes, &page, &told).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, page) = coach.get(&end).await;
    type_on(&coach, &end, &end, "reason", TYPED).await;
    // "Not now" is another form of the same page.
    let (status, _, _) = coach.post(&end, &page, &[("ending", "not_now")]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, later) = coach.get(&end).await;
    assert!(later.contains(TYPED) && later.contains(HERE), "{later}");
});

both!(
    a_locked_session_keeps_nothing_that_another_site_sends,
    |world| {
        let (places, coach, words) = at_the_words(world).await;
        world.clock.advance_seconds(11 * 60);
        let forged = format!("<form action=\"{words}\"></form>");
        let (status, _, _) = coach.post(&words, &forged, &[("words", TYPED)]).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let again = signed_in(&places, &places.coach).await;
        assert!(!again.get(&words).await.1.contains(TYPED));
    }
);

both!(what_could_not_be_taken_is_there_on_the_next_look, |world| {
    let (places, coach, _) = at_the_words(world).await;
    let need = told_need(&places, &coach).await;
    let (_, page) = coach.get(&need).await;
    // No answer was chosen.
    let (status, _, wrong) = coach.post(&need, &page, &[("reason", TYPED)]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.contains(TYPED));
    let (_, later) = coach.get(&need).await;
    assert!(later.contains(TYPED) && later.contains(HERE), "{later}");
    // Somebody else was first.
    let other = signed_in(&places, &places.coach).await;
    let (_, theirs) = other.get(&need).await;
    let (status, _, _) = other
        .post(&need, &theirs, &[("move", "put_off"), ("reason", "Later.")])
        .await;
    assert_eq!(
        status,
        StatusCode::SEE_OTHER,
        "sent, so that the draft is gone"
    );
    assert!(!coach.get(&need).await.1.contains(HERE));
    let (status, _, _) = coach
        .post(&need, &page, &[("move", "put_off"), ("reason", TYPED)])
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (_, later) = coach.get(&need).await;
    assert!(later.contains(TYPED) && later.contains(HERE), "{later}");
});

both!(two_forms_of_one_page_keep_their_words_apart, |world| {
    let places = places(world).await;
    let sent = pages::refer(&places, places.inbox).await;
    let page = pages::request_of(&sent).replace("/referrals/", "/requests/");
    let partner = signed_in(&places, &places.partner).await;
    let (answer, ask) = (format!("{page}/answer"), format!("{page}/ask"));
    type_on(&partner, &page, &answer, "words", "No room on Monday.").await;
    type_on(&partner, &page, &ask, "question", TYPED).await;
    let (_, shown) = partner.get(&page).await;
    assert!(shown.contains(TYPED) && shown.contains("No room on Monday."));
    let (status, _, _) = partner.post(&ask, &shown, &[("question", TYPED)]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, shown) = partner.get(&page).await;
    assert!(shown.contains("No room on Monday.") && shown.contains(HERE));
});

both!(
    what_one_worker_types_no_other_sees_and_no_form_of_another_role_is_kept,
    |world| {
        let (places, coach, words) = at_the_words(world).await;
        type_on(&coach, &words, &words, "words", TYPED).await;
        let partner = signed_in(&places, &places.partner).await;
        let (_, inbox) = partner.get("/inbox").await;
        let page = inbox.replace("action=\"/sign-out\"", "action=\"/drafts\"");
        for (form, field) in [
            (words.as_str(), "words"),
            ("/codes/4f", "code"),
            ("/cases/new", "chosen"),
            ("", "words"),
        ] {
            let fields = [("draft_of", form), (field, "Mine.")];
            let (status, _, _) = partner.post("/drafts", &page, &fields).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{form}");
        }
        let (_, page) = coach.get(&words).await;
        assert!(page.contains(TYPED) && !page.contains("Mine."));
    }
);

both!(agreeing_is_never_filled_in_from_before, |world| {
    let (places, coach, _) = at_the_words(world).await;
    let path = format!("/cases/{}/refer/{}", places.case, places.inbox);
    let send = format!("{path}/send");
    let ticks = [("need", "debt"), ("item", "chosen_name")];
    let (_, lines) = coach.get(&path).await;
    let (_, _, page) = coach.post(&path, &lines, &ticks).await;
    let said = [
        ("alone", "yes"),
        ("agreed", "spoken"),
        ("agreed_words", TYPED),
    ];
    let (status, _, _) = coach.post(&send, &page, &said).await;
    assert_eq!(
        status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "what it rests on is missing"
    );
    let (_, lines) = coach.get(&path).await;
    let (_, _, page) = coach.post(&path, &lines, &ticks).await;
    assert!(page.contains(TYPED) && page.contains(HERE), "{page}");
    assert!(
        !checked(&page, "spoken") && !checked(&page, "yes"),
        "{page}"
    );
});

both!(
    what_was_never_sent_is_forgotten_after_a_fortnight,
    |world| {
        let (places, coach, words) = at_the_words(world).await;
        type_on(&coach, &words, &words, "words", TYPED).await;
        let tidied = |days: i64| {
            world.clock.advance_seconds(days * 86_400);
            let app = &places.app;
            async move {
                throughline_app::jobs::run_once::<throughline_app::mail::FolderMailer>(
                    app, None, None, 30,
                )
                .await;
            }
        };
        tidied(13).await;
        let again = signed_in(&places, &places.coach).await;
        assert!(again.get(&words).await.1.contains(TYPED));
        tidied(2).await;
        let again = signed_in(&places, &places.coach).await;
        assert!(!again.get(&words).await.1.contains(TYPED));
    }
);

/// Whether the choice of a value is made on a page.
fn checked(page: &str, value: &str) -> bool {
    page.split("<input")
        .skip(1)
        .filter_map(|input| input.split('>').next())
        .any(|input| input.contains(&format!("value=\"{value}\"")) && input.contains(" checked"))
}
