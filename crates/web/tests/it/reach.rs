//! How a service reaches somebody, and where it says that they can come, as it stands on its page by account and by link and code, and in the API: what the person ruled
//! out is not there at all. A page is printed as it stands: there is no other text for paper.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::pages::{
    Browser, Places, code_of, link_of, nobody, places, proved_in, refer, request_of, signed_in,
};
use crate::programs::receiver;
use crate::town;
use axum::http::StatusCode;
use jiff::civil::Weekday;
use throughline_app::mail::FolderMailer;
use throughline_app::outbox::dispatch_once;
use throughline_core::answer::Answer;
use throughline_core::code::Code as _;
use throughline_core::contact::{AnsweredBy, Channel, Verdict, Window};
use throughline_policy::action::CaseChange;
use throughline_store::contact::NewContact;
use throughline_testkit::both;
use town::HELP;

/// What tells of a way to reach somebody.
const TELLING: [&str; 9] = [
    "At any time",
    "Mobile phone",
    "07700",
    "They said never",
    "Nobody knows whether",
    "Who answers",
    "Leave no message",
    "Say it is the library",
    "Read the rules before",
];
const NO_SAFE_WAY: &str = "You have no safe way to reach them yourself now";

/// The person says it of the number that is known.
async fn says(places: &Places, verdict: Verdict, windows: &[Window]) {
    let (case, windows) = (&places.case, &windows);
    places
        .app
        .store
        .work(&places.coach.actor(), HELP, |w| {
            Box::pin(async move {
                let facts = w.case_facts(*case).await?;
                let permit = w.permit_found::<CaseChange>(facts)?;
                let new = NewContact {
                    channel: Channel::PhoneMobile,
                    verdict,
                    value: "07700 900123",
                    windows,
                    voicemail: false,
                    answered_by: AnsweredBy::OnlyThem,
                    neutral_only: true,
                    shared_account: Answer::No,
                    say: Some("Say it is the library."),
                    expires_at: w.now().plus_days(30),
                };
                w.contact_add(&permit, &new).await
            })
        })
        .await
        .unwrap();
}

/// Every hour of the week, day by day.
fn whole_week() -> Vec<Window> {
    (1..=7)
        .map(|day| Window::new(Weekday::from_monday_one_offset(day).unwrap(), 0, 1_440).unwrap())
        .collect()
}

/// The page holds what this verdict lets it hold and nothing else.
fn shows(page: &str, verdict: Verdict) {
    let usable = matches!(verdict, Verdict::Safe | Verdict::SafeOnlyInWindow);
    assert_eq!(page.contains(NO_SAFE_WAY), !usable, "{verdict}: {page}");
    assert_eq!(page.contains("07700 900123"), usable, "{verdict}: {page}");
    assert_eq!(
        page.contains("At any time"),
        verdict == Verdict::Safe,
        "{verdict}: {page}"
    );
    assert_eq!(
        page.contains("Sunday"),
        verdict == Verdict::SafeOnlyInWindow,
        "{verdict}: {page}"
    );
    if !usable {
        for words in TELLING {
            assert!(!page.contains(words), "{verdict}: {words} is in {page}");
        }
        assert!(page.contains("Ask the worker who sent this request"));
    }
}

const YES: [(&str, &str); 2] = [("answer", "accept"), ("name", "Rhian")];

/// The page of the request in the inbox, accepted.
async fn accepted(places: &Places, sent: &str) -> (Browser, String) {
    let partner = proved_in(places, &places.partner).await;
    let path = request_of(sent).replace("/referrals/", "/requests/");
    let (_, page) = partner.get(&path).await;
    let (status, _, page) = partner.post(&format!("{path}/answer"), &page, &YES).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    (partner, path)
}

/// A reason of the list.
const WHY: [(&str, &str); 1] = [("reveal", "first_contact")];

/// The page that shows how to reach them, by account, after a reason was given.
async fn reached(partner: &Browser, path: &str) -> String {
    let at = format!("{path}/reach");
    let (status, asks) = partner.get(&at).await;
    assert_eq!(status, StatusCode::OK, "{asks}");
    let (status, _, page) = partner.post(&at, &asks, &WHY).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page
}

/// A request to a service without an account, accepted by its link; gives the link, the code and the page of the request.
async fn accepted_by_link(places: &Places, nobody: &Browser) -> (String, String, String) {
    let code = code_of(&refer(places, places.linked).await);
    dispatch_once(&places.app, &FolderMailer, "one")
        .await
        .unwrap();
    let path = link_of(nobody).await;
    let (_, first) = nobody.get(&path).await;
    let (_, _, page) = nobody.post(&path, &first, &[("code", &code)]).await;
    let (status, _, done) = nobody.post(&format!("{path}/answer"), &page, &YES).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _, page) = nobody.post(&path, &done, &[]).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    (path, code, page)
}

both!(
    ne_01_a_number_marked_never_is_no_way_by_account_or_program,
    |world| {
        let places = places(world).await;
        let theirs = receiver(world, &places.web, places.partner.organisation).await;
        let sent = refer(&places, places.inbox).await;
        let (partner, path) = accepted(&places, &sent).await;
        for verdict in Verdict::ALL {
            let windows = match verdict {
                Verdict::SafeOnlyInWindow => whole_week(),
                _ => Vec::new(),
            };
            says(&places, *verdict, &windows).await;
            shows(&reached(&partner, &path).await, *verdict);
            let told = theirs
                .get(&path.replace("/requests/", "/api/v1/referrals/"))
                .await;
            assert_eq!(told.status, StatusCode::OK, "{}", told.body);
            let told = told.body.to_string();
            for words in ["07700", "never", "phone", "library"] {
                assert!(!told.contains(words), "{verdict}: {words} is in {told}");
            }
        }
    }
);

both!(a_number_marked_never_is_no_way_by_link_and_code, |world| {
    let places = places(world).await;
    let nobody = nobody(&places);
    let (path, _, mut request) = accepted_by_link(&places, &nobody).await;
    for verdict in Verdict::ALL {
        let windows = match verdict {
            Verdict::SafeOnlyInWindow => whole_week(),
            _ => Vec::new(),
        };
        says(&places, *verdict, &windows).await;
        let at = format!("{path}/reach");
        let (status, _, page) = nobody.post(&at, &request, &WHY).await;
        assert_eq!(status, StatusCode::OK);
        shows(&page, *verdict);
        // Every page of the request asks anew.
        (_, _, request) = nobody.post(&path, &page, &[]).await;
    }
});

both!(
    a_way_that_may_not_be_used_now_shows_hours_only_if_it_opens_again,
    |world| {
        let places = places(world).await;
        let sent = refer(&places, places.inbox).await;
        let (partner, path) = accepted(&places, &sent).await;
        let today = world.env.now().london_date().weekday();
        let later = Window::new(today.wrapping_add(1), 600, 660).unwrap();
        says(&places, Verdict::SafeOnlyInWindow, &[later]).await;
        let page = reached(&partner, &path).await;
        assert!(page.contains("Not at this hour. It opens again"), "{page}");
        assert!(page.contains("Leave no message") && !page.contains(NO_SAFE_WAY));
        assert!(!page.contains("07700"), "{page}");
        // A confirmation that lapsed is no leave to call at any time.
        says(&places, Verdict::Safe, &[]).await;
        world.clock.advance_seconds(31 * 86_400);
        let partner = proved_in(&places, &places.partner).await;
        let page = reached(&partner, &path).await;
        assert!(
            page.contains("It is too long since they confirmed it"),
            "{page}"
        );
        assert!(page.contains(NO_SAFE_WAY));
        for words in ["At any time", "07700", "Leave no message", "Who answers"] {
            assert!(!page.contains(words), "{words} is in {page}");
        }
    }
);

both!(
    who_has_no_safe_way_is_referred_without_a_word_of_one,
    |world| {
        let places = places(world).await;
        says(&places, Verdict::Never, &[]).await;
        let sent = refer(&places, places.inbox).await;
        assert!(!sent.contains("How to contact them safely"), "{sent}");
        let partner = signed_in(&places, &places.partner).await;
        let path = request_of(&sent).replace("/referrals/", "/requests/");
        let (_, page) = partner.get(&path).await;
        for words in ["How to contact them safely", "Number or address"] {
            assert!(!page.contains(words), "{words} is in {page}");
        }
        let (partner, path) = accepted(&places, &sent).await;
        shows(&reached(&partner, &path).await, Verdict::Never);
    }
);

const NUMBER: &str = "07700 900123";

both!(
    i4_how_to_reach_somebody_is_shown_once_for_a_reason_by_who_proved_themselves,
    |world| {
        let places = places(world).await;
        let sent = refer(&places, places.inbox).await;
        let (partner, path) = accepted(&places, &sent).await;
        let (_, request) = partner.get(&path).await;
        assert!(!request.contains(NUMBER), "it stands on no page by itself");
        let at = format!("{path}/reach");
        // Somebody who has not proved themselves is asked to, and shown nothing.
        let unproved = signed_in(&places, &places.partner).await;
        let (status, asked) = unproved.get(&at).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{asked}");
        let (_, asks) = partner.get(&at).await;
        for (reason, wanted) in [
            (&[][..], "Choose why you need it"),
            (&[("reveal", "other")][..], "Write why you need it"),
            (&[("reveal", "life_at_risk")][..], "There is a problem"),
        ] {
            let (status, _, page) = partner.post(&at, &asks, reason).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(page.contains(wanted) && !page.contains(NUMBER), "{page}");
        }
        let other = [("reveal", "other"), ("more", "She asked for Zq")];
        let (status, _, page) = partner.post(&at, &asks, &other).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains(NUMBER), "{page}");
        // The same form once more shows nothing; a new ask is the control.
        let (status, to, page) = partner.post(&at, &asks, &other).await;
        assert_eq!(
            (status, to.as_str()),
            (StatusCode::SEE_OTHER, path.as_str())
        );
        assert!(!page.contains(NUMBER));
        assert!(reached(&partner, &path).await.contains(NUMBER));
        // Who sent it reads who was shown it, when and why.
        let coach = signed_in(&places, &places.coach).await;
        let (_, theirs) = coach.get(&request_of(&sent)).await;
        for words in [
            "Who was shown how to reach them",
            places.partner.name.as_str(),
            "Something else",
            "She asked for Zq",
            "To make first contact",
        ] {
            assert!(theirs.contains(words), "{words} is not in {theirs}");
        }
        let (_, looks) = coach.get(&format!("/cases/{}/looks", places.case)).await;
        assert!(looks.contains("Saw how to make contact"), "{looks}");
    }
);

both!(
    i4_when_a_life_is_at_risk_it_is_shown_at_once_and_somebody_reviews_it,
    |world| {
        let places = places(world).await;
        let sent = refer(&places, places.inbox).await;
        let (_, path) = accepted(&places, &sent).await;
        let unproved = signed_in(&places, &places.partner).await;
        let (_, request) = unproved.get(&path).await;
        let now = format!("{path}/reach-now");
        let (status, _, page) = unproved.post(&now, &request, &[]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!page.contains(NUMBER), "not without a word of why: {page}");
        let coach = signed_in(&places, &places.coach).await;
        let review = "Review why somebody was shown at once";
        let (_, today) = coach.get("/today").await;
        assert!(!today.contains(review), "the control: {today}");
        let danger = [("danger", "He is at the door")];
        let (status, _, page) = unproved.post(&now, &page, &danger).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains(NUMBER), "{page}");
        let (_, today) = coach.get("/today").await;
        assert!(today.contains(review), "{today}");
        let (_, theirs) = coach.get(&request_of(&sent)).await;
        assert!(theirs.contains("He is at the door"), "{theirs}");
    }
);

both!(
    i4_a_code_that_was_given_a_while_ago_shows_nothing_until_it_is_given_again,
    |world| {
        let places = places(world).await;
        let nobody = nobody(&places);
        let (path, code, request) = accepted_by_link(&places, &nobody).await;
        assert!(
            !request.contains(&code) && !request.contains(NUMBER),
            "neither the code nor the number stands on the page: {request}"
        );
        let at = format!("{path}/reach");
        let (_, _, page) = nobody.post(&at, &request, &WHY).await;
        assert!(page.contains(NUMBER), "the control: {page}");
        world.clock.advance_seconds(16 * 60);
        // Somebody else sits down at the page that was left open.
        let (_, _, left) = nobody.post(&path, &page, &[]).await;
        assert!(
            left.contains("I owe rent."),
            "what was shared is still there"
        );
        let (status, _, page) = nobody.post(&at, &left, &WHY).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("Give the code once more") && !page.contains(NUMBER));
        let (_, _, again) = nobody.post(&path, &page, &[("code", &code)]).await;
        let (_, _, page) = nobody.post(&at, &again, &WHY).await;
        assert!(page.contains(NUMBER), "{page}");
        // A pass that was made up opens nothing.
        let forged = left.replace("name=\"pass\" value=\"", "name=\"pass\" value=\"9");
        assert_ne!(forged, left);
        let (status, _, page) = nobody.post(&at, &forged, &WHY).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!page.contains(NUMBER) && !page.contains("I owe rent."));
        // A life at risk does not wait for a code.
        let danger = [("danger", "He is at the door")];
        let now = format!("{path}/reach-now");
        let (_, _, page) = nobody.post(&now, &left, &danger).await;
        assert!(page.contains(NUMBER), "{page}");
    }
);

const ADDRESS: &str = "41 Zqplacexw Row";

both!(
    ne_06_the_address_that_a_service_gives_is_seen_once_by_the_lead_alone_and_then_gone,
    |world| {
        let places = places(world).await;
        let nobody = nobody(&places);
        let (path, _, request) = accepted_by_link(&places, &nobody).await;
        let give = format!("{path}/place");
        let (status, _, page) = nobody.post(&give, &request, &[]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("Write where they can come"), "{page}");
        let (status, _, page) = nobody.post(&give, &page, &[("address", ADDRESS)]).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("An address waits to be seen"), "{page}");
        // It stands on no page, of nobody: the service's, the worker's, and those of the case.
        assert!(!page.contains(ADDRESS), "not even where it was given");
        let coach = signed_in(&places, &places.coach).await;
        let case = format!("/cases/{}", places.case);
        let (_, tab) = coach.get(&format!("{case}/referrals")).await;
        let referral = request_of(&tab);
        for at in [
            referral.clone(),
            case.clone(),
            format!("{case}/story"),
            format!("{case}/looks"),
            "/today".to_owned(),
        ] {
            let (_, page) = coach.get(&at).await;
            assert!(!page.contains(ADDRESS), "{at}");
        }
        let (_, today) = coach.get("/today").await;
        assert!(today.contains("See where they can come"), "{today}");
        // Whoever has not proved themselves is asked to; nobody else finds the page.
        let see = format!("{referral}/place");
        assert_eq!(coach.get(&see).await.0, StatusCode::SEE_OTHER);
        let partner = proved_in(&places, &places.partner).await;
        assert_eq!(partner.get(&see).await.0, StatusCode::NOT_FOUND);
        let coach = proved_in(&places, &places.coach).await;
        let (status, asks) = coach.get(&see).await;
        assert_eq!(status, StatusCode::OK, "{asks}");
        assert!(!asks.contains(ADDRESS));
        let (status, _, _) = coach.post(&see, &asks, &[]).await;
        assert_eq!(
            status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "not without a reason"
        );
        let why = [("reveal", "travel")];
        let (status, _, shown) = coach.post(&see, &asks, &why).await;
        assert_eq!(status, StatusCode::OK);
        assert!(shown.contains(ADDRESS), "the control: {shown}");
        // Once: the same form again, and a new ask, show nothing.
        let (status, to, page) = coach.post(&see, &asks, &why).await;
        assert_eq!(
            (status, to.as_str()),
            (StatusCode::SEE_OTHER, referral.as_str())
        );
        assert!(!page.contains(ADDRESS));
        assert_eq!(coach.get(&see).await.0, StatusCode::SEE_OTHER);
        let (_, after) = coach.get(&referral).await;
        assert!(
            !after.contains(ADDRESS) && after.contains("was seen, and is gone"),
            "{after}"
        );
        // The service reads that it was seen, by whom and when, and never reads it back.
        let (_, _, theirs) = nobody
            .post(&path, &page_with_pass(&request, &path), &[])
            .await;
        assert!(theirs.contains("was seen, and is gone"), "{theirs}");
        assert!(theirs.contains(&places.coach.name) && !theirs.contains(ADDRESS));
    }
);

/// A page whose only form leads to the request again, with the pass of this one.
fn page_with_pass(request: &str, path: &str) -> String {
    let (_, rest) = request.split_once("name=\"pass\" value=\"").unwrap();
    let pass = rest.split('"').next().unwrap();
    format!("<form action=\"{path}\"><input type=\"hidden\" name=\"pass\" value=\"{pass}\"></form>")
}
