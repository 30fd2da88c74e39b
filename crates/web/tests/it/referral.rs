//! Referring someone through the pages: from the first tick to the number behind its rules, with and without an account.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::pages::{
    Browser, Places, code_of, found_for, link_of, nobody, places, refer, request_of, signed_in,
};
use axum::http::StatusCode;
use throughline_app::mail::FolderMailer;
use throughline_app::outbox::dispatch_once;
use throughline_core::id::Ref;
use throughline_core::role::Role;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::NewAccount;
use throughline_testkit::both;

both!(
    a_service_without_an_account_answers_in_three_pages,
    |world| {
        let places = places(world).await;
        let sent = refer(&places, places.linked).await;
        let code = code_of(&sent);
        dispatch_once(&places.app, &FolderMailer, "one")
            .await
            .unwrap();
        let nobody = nobody(&places);
        let path = &link_of(&nobody).await;
        let (status, first) = nobody.get(path).await;
        assert_eq!(status, StatusCode::OK);
        assert!(first.contains("Enter the code you were given"));
        let (status, _, wrong) = nobody.post(path, &first, &[("code", "AAAA AAAA")]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.contains("4 more times"), "{wrong}");
        let (status, _, second) = nobody.post(path, &first, &[("code", &code)]).await;
        assert_eq!(status, StatusCode::OK, "{second}");
        assert!(second.contains("Amina") && second.contains("I owe rent."));
        assert!(!second.contains("Rosewood") && !second.contains("07700"));
        let (status, _, third) = nobody
            .post(&format!("{path}/answer"), &second, &[("answer", "accept")])
            .await;
        assert_eq!(
            status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "acceptance names a human"
        );
        let yes = [("answer", "accept"), ("name", "Rhian")];
        let (status, _, done) = nobody.post(&format!("{path}/answer"), &third, &yes).await;
        assert_eq!(status, StatusCode::OK, "{done}");
        assert!(done.contains("Your answer was sent"));
        // Two taps: why, and show.
        let (_, _, request) = nobody.post(path, &done, &[]).await;
        let why = [("reveal", "first_contact")];
        let (_, _, reach) = nobody.post(&format!("{path}/reach"), &request, &why).await;
        let (rules, number) = (
            reach.find("Leave no message").unwrap(),
            reach.find("07700 900123").unwrap(),
        );
        assert!(rules < number, "rules come before the number");
        let (_, unknown) = nobody.get("/r/nothing").await;
        assert!(unknown.contains("Part of the link may be missing"));
    }
);

both!(a_service_with_accounts_answers_from_its_inbox, |world| {
    let places = places(world).await;
    refer(&places, places.inbox).await;
    let partner = signed_in(&places, &places.partner).await;
    let (status, inbox) = partner.get("/inbox").await;
    assert_eq!(status, StatusCode::OK, "{inbox}");
    assert!(!inbox.contains("Amina"), "the inbox names nobody");
    // What tells two requests for the same need apart: when each came, and the beginning of its reference.
    let (_, reference) = inbox.split_once("/requests/").unwrap();
    let mark = format!("(request {})", &reference[..6]);
    assert!(
        inbox.contains(&mark) && inbox.contains("Received"),
        "{inbox}"
    );
    let path = format!(
        "/requests/{}",
        inbox
            .split("/requests/")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
    );
    let (_, request) = partner.get(&path).await;
    assert!(request.contains("Amina"));
    let no = [("answer", "decline"), ("reason", "no_capacity_or_no_space")];
    let answer = format!("{path}/answer");
    let (status, to, _) = partner.post(&answer, &request, &no).await;
    assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/inbox"));
    let (status, _) = partner.get(&path).await;
    assert_eq!(
        status,
        StatusCode::NOT_FOUND,
        "after a no there is nothing to read"
    );
    let coach = signed_in(&places, &places.coach).await;
    let (status, _) = coach.get("/inbox").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "an inbox is the service's");
    let sent = places
        .app
        .store
        .read(|r| Box::pin(async move { r.sent_mails(10).await }))
        .await
        .unwrap();
    assert!(sent.is_empty());
});

both!(the_sender_sees_three_facts_and_records_a_call, |world| {
    let places = places(world).await;
    let sent = refer(&places, places.inbox).await;
    let path = request_of(&sent);
    let coach = signed_in(&places, &places.coach).await;
    let (status, page) = coach.get(&path).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    for fact in ["Arrived", "Read by someone there", "Accepted by"] {
        assert!(page.contains(fact), "{fact}");
    }
    let (status, _, _) = coach.post(&format!("{path}/answer"), &page, &[]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let yes = [("via", "phone"), ("answer", "accept"), ("name", "Rhian")];
    let (status, to, _) = coach.post(&format!("{path}/answer"), &page, &yes).await;
    assert_eq!(
        (status, to.as_str()),
        (StatusCode::SEE_OTHER, path.as_str())
    );
    let (status, _, old) = coach.post(&format!("{path}/answer"), &page, &yes).await;
    assert_eq!(
        status,
        StatusCode::CONFLICT,
        "an old page does not overwrite"
    );
    assert!(
        old.contains("Somebody was quicker") && old.contains("Accepted by a named person"),
        "and shows what changed: {old}"
    );
    let (_, page) = coach.get(&path).await;
    assert!(page.contains("Rhian") && page.contains("by telephone"));
});

both!(
    the_confirmation_says_it_all_and_sends_nothing_again,
    |world| {
        let places = places(world).await;
        let sent = refer(&places, places.linked).await;
        for said in [
            "Quayside",
            "Read this code",
            "They should answer",
            "If nobody is in line, you get a task",
            "looks after this request",
            "I owe rent.",
        ] {
            assert!(sent.contains(said), "{said} is not in {sent}");
        }
        let path = request_of(&sent);
        let coach = signed_in(&places, &places.coach).await;
        let (_, again) = coach.get(&format!("{path}/sent")).await;
        assert!(
            again.contains("Read this code"),
            "loading it twice loses nothing"
        );
        let (_, list) = coach
            .get(&format!("/cases/{}/referrals", places.case))
            .await;
        assert_eq!(list.matches("href=\"/referrals/").count(), 1);
        let other = signed_in(&places, &places.partner).await;
        let (status, _) = other.get(&format!("{path}/sent")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        let (status, to, _) = coach.post(&format!("{path}/sent"), &again, &[]).await;
        assert_eq!((status, to), (StatusCode::SEE_OTHER, path.clone()));
        let (_, later) = coach.get(&format!("{path}/sent")).await;
        assert!(
            !later.contains("Read this code"),
            "passed on, shown no more"
        );
        // A new one is on the same page, for a quarter of an hour.
        let (_, page) = coach.get(&path).await;
        let (status, to, _) = coach.post(&format!("{path}/code"), &page, &[]).await;
        assert_eq!(
            (status, to),
            (StatusCode::SEE_OTHER, format!("{path}/sent"))
        );
        let (_, fresh) = coach.get(&format!("{path}/sent")).await;
        assert!(fresh.contains("Read this code"));
        world.clock.advance_seconds(16 * 60);
        let (_, stale) = coach.get(&format!("{path}/sent")).await;
        assert!(!stale.contains("Read this code"));
    }
);

both!(the_person_chooses_between_two_offers_on_the_page, |world| {
    let places = places(world).await;
    let first = request_of(&refer(&places, places.inbox).await);
    let second = request_of(&refer(&places, places.linked).await);
    let coach = signed_in(&places, &places.coach).await;
    let (_, page) = coach.get(&first).await;
    let yes = [("via", "phone"), ("answer", "accept"), ("name", "Rhian")];
    coach.post(&format!("{first}/answer"), &page, &yes).await;

    let (_, waits) = coach.get(&second).await;
    assert!(
        waits.contains("Waiting for the person to choose"),
        "{waits}"
    );
    assert!(waits.contains("because another service said yes"));
    let (_, chosen) = coach.get(&first).await;
    assert!(chosen.contains("Ask which one they choose"), "{chosen}");

    // They do not choose the first one: the second is asked again.
    let no = [("via", "person"), ("answer", "person")];
    let (status, _, _) = coach.post(&format!("{first}/answer"), &chosen, &no).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let ask_again = format!("{second}/ask-again");
    let (status, to, _) = coach.post(&ask_again, &waits, &[]).await;
    assert_eq!((status, to), (StatusCode::SEE_OTHER, second.clone()));
    let (_, page) = coach.get(&second).await;
    assert!(page.contains("Asked again"), "{page}");
    let (status, _, old) = coach.post(&ask_again, &waits, &[]).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(old.contains("Somebody was quicker"), "{old}");
});

both!(choosing_one_offer_takes_the_others_back, |world| {
    let places = places(world).await;
    let first = request_of(&refer(&places, places.inbox).await);
    let second = request_of(&refer(&places, places.linked).await);
    let coach = signed_in(&places, &places.coach).await;
    let (_, page) = coach.get(&first).await;
    let yes = [("via", "paper"), ("answer", "accept"), ("name", "Rhian")];
    coach.post(&format!("{first}/answer"), &page, &yes).await;
    let (_, page) = coach.get(&first).await;
    let (status, _, _) = coach.post(&format!("{first}/choose"), &page, &[]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, page) = coach.get(&second).await;
    assert!(page.contains("Taken back"), "{page}");
    let (_, page) = coach.get(&first).await;
    assert!(!page.contains("Ask which one they choose"));
    assert!(page.contains("on paper"));
    // The person says that help has begun: their word is kept as theirs.
    for came in ["contact", "started"] {
        let (_, page) = coach.get(&first).await;
        let said = [("came", "person"), ("outcome", came)];
        let (status, _, _) = coach.post(&format!("{first}/outcome"), &page, &said).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{came}");
    }
    let (_, page) = coach.get(&first).await;
    assert!(page.contains("the person told us"), "{page}");
});

both!(a_partner_who_is_second_sees_what_changed, |world| {
    let places = places(world).await;
    refer(&places, places.inbox).await;
    let one = signed_in(&places, &places.partner).await;
    let two = signed_in(&places, &places.colleague).await;
    let (_, inbox) = one.get("/inbox").await;
    let (_, rest) = inbox.split_once("/requests/").unwrap();
    let path = format!("/requests/{}", rest.split('"').next().unwrap());
    let (_, seen) = one.get(&path).await;
    let (_, same) = two.get(&path).await;
    let answer = format!("{path}/answer");
    let wait = [("answer", "waitlist"), ("days", "14")];
    let (status, _, _) = one.post(&answer, &seen, &wait).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let no = [("answer", "decline"), ("reason", "no_capacity_or_no_space")];
    let (status, _, lost) = two.post(&answer, &same, &no).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(
        lost.contains("Somebody was quicker") && lost.contains("On the waiting list"),
        "{lost}"
    );
    // From the page as it stands now it can be done; then it is nobody's there any more, and the other one is told so.
    let (status, _, _) = two.post(&answer, &lost, &no).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (status, to, _) = one.post(&answer, &seen, &wait).await;
    assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/inbox"));
});

both!(
    ne_24_what_sharing_rests_on_is_chosen_and_never_filled_in,
    |world| {
        let places = places(world).await;
        let coach = signed_in(&places, &places.coach).await;
        let path = format!("/cases/{}/refer/{}", places.case, places.inbox);
        let (_, page) = coach.get(&path).await;
        let ticks = [("need", "debt"), ("item", "chosen_name")];
        let (_, _, page) = coach.post(&path, &page, &ticks).await;
        let (_, form) = page.split_once("What does sharing rest on?").unwrap();
        let form = form.split("</form>").next().unwrap();
        assert!(
            !form.contains(" checked") && !form.contains(" selected value=\"c"),
            "{form}"
        );
        assert!(
            !form.contains("Their consent"),
            "consent is not a basis to be picked from a list"
        );
        let send = format!("{path}/send");
        let agreed = [("alone", "yes"), ("agreed", "spoken")];
        let (status, _, page) = coach.post(&send, &page, &agreed).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("Choose what sharing rests on"));
        // Another basis needs its condition and its reasons; one that is not law yet is none.
        let mut other = vec![
            ("alone", "yes"),
            ("agreed", "did_not_agree"),
            ("rests", "other"),
            ("basis", "vital_interests_6_1_d"),
            ("art9", "vital_interests_incapable_9_2_c"),
        ];
        let (status, _, page) = coach.post(&send, &page, &other).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("Say why it is being shared without resting on their consent"));
        other.push(("reasons", "He is on his way to her."));
        // Vital interests are for when a life is at stake, and that is said.
        let (status, _, page) = coach.post(&send, &page, &other).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("Vital interests are only for when a life is at stake"));
        other.push(("life", "yes"));
        let mut not_yet = other.clone();
        not_yet[3] = ("basis", "recognised_legitimate_interest_prospective");
        let (status, _, page) = coach.post(&send, &page, &not_yet).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        let (status, to, page) = coach.post(&send, &page, &other).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
        assert!(to.ends_with("/sent"));
        let (_, sharing) = coach.get(&format!("/cases/{}/sharing", places.case)).await;
        assert!(
            sharing.contains("Vital interests") && sharing.contains("He is on his way to her.")
        );
    }
);

/// The card of one service among what was found, by its name.
fn card_of<'a>(page: &'a str, name: &str) -> (usize, &'a str) {
    let mut at = 0;
    for card in page.split("<article").skip(1) {
        at += 1;
        if card.contains(name) {
            return (at, card);
        }
    }
    panic!("no card of {name} in {page}")
}

both!(
    after_a_no_the_page_names_other_services_and_the_finder_says_who_said_no,
    |world| {
        let places = places(world).await;
        let coach = signed_in(&places, &places.coach).await;
        let asked = request_of(&refer(&places, places.inbox).await);
        let (_, page) = coach.get(&asked).await;
        assert!(!page.contains("Who else could help"), "nobody said no yet");
        let no = [
            ("via", "phone"),
            ("answer", "decline"),
            ("reason", "no_capacity_or_no_space"),
        ];
        coach.post(&format!("{asked}/answer"), &page, &no).await;
        let (_, page) = coach.get(&asked).await;
        let (_, next) = page.split_once("Who else could help").unwrap();
        let way = |service: Ref| format!("/cases/{}/refer/{service}", places.case);
        for other in [places.linked, places.listed] {
            assert!(next.contains(&way(other)), "{next}");
        }
        assert!(
            !next.contains(&way(places.inbox)),
            "who said no is no alternative"
        );
        assert!(next.contains("I owe rent."), "what they said is kept");

        // On to the finder, with the need filled in and nothing in the address.
        let finder = format!("/find/for/{}", places.case);
        let (status, _, begin) = coach.post(&finder, &page, &[]).await;
        assert_eq!(status, StatusCode::OK, "{begin}");
        let (_, debt) = begin.split_once("value=\"debt\"").unwrap();
        assert!(
            debt.split('>').next().unwrap().contains("checked"),
            "{begin}"
        );
        let page = found_for(&places, &coach, &begin).await;
        let (last, said_no) = card_of(&page, "Harbour Money Advice");
        let (first, fresh) = card_of(&page, "Hilltop Families");
        assert!(last > first, "who said no comes after the others: {page}");
        assert!(said_no.contains("This service said no on"), "{said_no}");
        assert!(
            said_no.contains(&way(places.inbox)),
            "they may change their mind"
        );
        assert!(!fresh.contains("This service"), "{fresh}");

        // A service that still has a request is not asked again; the way to the request is.
        let open = request_of(&refer(&places, places.linked).await);
        let page = found_for(&places, &coach, &begin).await;
        let (_, waiting) = card_of(&page, "Quayside");
        assert!(waiting.contains("No answer yet"), "{waiting}");
        assert!(waiting.contains(&format!("href=\"{open}\"")));
        assert!(!waiting.contains(&way(places.linked)), "{waiting}");
        let (_, lines) = coach.get(&way(places.linked)).await;
        assert!(lines.contains("already been asked") && !lines.contains("I owe rent."));
        assert!(!lines.contains(&format!("action=\"{}\"", way(places.linked))));

        // On a turned screen nothing of it is seen.
        let (status, _, turned) = coach.post("/find/turned", &page, &[]).await;
        assert_eq!(status, StatusCode::OK);
        assert!(turned.contains("Quayside") && !turned.contains("/refer/"));
        for word in ["said no", "No answer yet", "/referrals/"] {
            assert!(!turned.contains(word), "{word}");
        }
    }
);

both!(
    when_everybody_was_asked_the_page_says_so_and_what_to_do,
    |world| {
        let places = places(world).await;
        let coach = signed_in(&places, &places.coach).await;
        let mut asked = String::new();
        for service in [places.inbox, places.linked, places.listed] {
            asked = request_of(&refer(&places, service).await);
        }
        let (_, page) = coach.get(&asked).await;
        let no = [
            ("via", "phone"),
            ("answer", "decline"),
            ("reason", "no_capacity_or_no_space"),
        ];
        coach.post(&format!("{asked}/answer"), &page, &no).await;
        let (_, page) = coach.get(&asked).await;
        assert!(
            page.contains("We found no other service for this need"),
            "{page}"
        );
        assert!(page.contains("safety lead"));
    }
);

both!(the_finder_of_a_case_is_for_nobody_else, |world| {
    let places = places(world).await;
    let coach = signed_in(&places, &places.coach).await;
    let finder = format!("/find/for/{}", places.case);
    let (_, begin) = coach.get(&finder).await;
    let other = colleague_of(&places).await;
    let absent = format!("/find/for/{}", world.env.reference());
    for path in [&finder, &absent] {
        assert_eq!(other.get(path).await.0, StatusCode::NOT_FOUND);
    }
    // The case that stands in a form that was copied is no way around.
    let (_, own) = other.get("/find").await;
    let case = begin.split("name=\"case\" value=\"").nth(1).unwrap();
    let case = case.split('"').next().unwrap();
    for path in ["/find", "/find/turned"] {
        let stolen = own.replace("action=\"/find\"", &format!("action=\"{path}\""));
        let (status, _, _) = other
            .post(path, &stolen, &[("need", "debt"), ("case", case)])
            .await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
});

/// A work coach of the same site, who leads no case.
async fn colleague_of(places: &Places) -> Browser {
    let new = &NewAccount {
        organisation: places.coach.organisation,
        site: places.coach.site,
        role: Role::WorkCoach,
        name: "Ola",
        email: "ola@example.org",
        password: None,
    };
    let account = places
        .app
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move { w.account_create(new).await })
        })
        .await
        .unwrap();
    signed_in(places, &account).await
}

both!(
    they_are_asked_again_without_an_answer_filled_in_and_taking_back_says_what_follows,
    |world| {
        let places = places(world).await;
        let coach = signed_in(&places, &places.coach).await;
        let asked = request_of(&refer(&places, places.inbox).await);
        let (_, page) = coach.get(&asked).await;
        let tab = format!("/cases/{}/sharing", places.case);
        assert!(page.contains(&format!("href=\"{tab}\"")));
        let (_, sharing) = coach.get(&tab).await;
        let (_, rest) = sharing.split_once(&format!("href=\"{tab}/")).unwrap();
        let again = format!("{tab}/{}", rest.split('"').next().unwrap());
        let take_back = again.strip_suffix("/again").unwrap();
        let (_, form) = coach.get(&again).await;
        assert!(!form.contains(" checked"), "never filled in (NE-24)");
        assert!(!form.contains("did_not_agree"), "a no is no yes");
        let (status, _, page) = coach.post(&again, &form, &[]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("Say how they agreed"));
        let no = [("agreed", "did_not_agree")];
        let (status, _, _) = coach.post(&again, &page, &no).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        let (_, before) = coach.get(take_back).await;
        assert!(before.contains("The request is taken back."), "{before}");
        let yes = [("agreed", "telephone"), ("words", "Yes, still")];
        let (status, to, _) = coach.post(&again, &page, &yes).await;
        assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, tab.as_str()));
        let (_, story) = coach.get(&format!("/cases/{}", places.case)).await;
        assert!(story.contains("Still agreed to share with"), "{story}");

        // The one that was renewed is over; the new one is the one to take back.
        let (_, sharing) = coach.get(&tab).await;
        assert!(!sharing.contains(take_back));
        let (_, rest) = sharing.split_once(&format!("href=\"{tab}/")).unwrap();
        let newer = format!("{tab}/{}", rest.split('"').next().unwrap());
        let newer = newer.strip_suffix("/again").unwrap();
        let (_, page) = coach.get(newer).await;
        let (status, _, _) = coach.post(newer, &page, &[]).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let (_, page) = coach.get(&asked).await;
        assert!(page.contains("Taken back"), "{page}");
    }
);

both!(
    when_consent_has_lapsed_a_service_can_ask_and_say_no_and_nothing_else,
    |world| {
        let places = places(world).await;
        let asked = request_of(&refer(&places, places.inbox).await);
        world.clock.advance_seconds(200 * 86_400);
        let partner = signed_in(&places, &places.partner).await;
        let path = asked.replace("/referrals/", "/requests/");
        let (_, page) = partner.get(&path).await;
        assert!(page.contains("nothing to read here"), "{page}");
        assert!(!page.contains("value=\"accept\"") && !page.contains("I owe rent."));
        let question = [("question", "Do they still want this?")];
        let (status, _, _) = partner.post(&format!("{path}/ask"), &page, &question).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let no = [("reason", "no_capacity_or_no_space")];
        let (status, to, _) = partner.post(&format!("{path}/answer"), &page, &no).await;
        assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/inbox"));
    }
);
