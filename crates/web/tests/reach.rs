//! How a service reaches somebody, as it stands on its page by account and by link and code, and in the API: what the person ruled
//! out is not there at all. A page is printed as it stands: there is no other text for paper.

#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

mod pages;
mod programs;

use axum::http::StatusCode;
use jiff::civil::Weekday;
use pages::{
    Browser, Places, code_of, link_of, nobody, places, refer, request_of, signed_in, town,
};
use programs::receiver;
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
    let partner = signed_in(places, &places.partner).await;
    let path = request_of(sent).replace("/referrals/", "/requests/");
    let (_, page) = partner.get(&path).await;
    let (status, _, page) = partner.post(&format!("{path}/answer"), &page, &YES).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    (partner, path)
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
            let (_, page) = partner.get(&path).await;
            shows(&page, *verdict);
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
    let code = code_of(&refer(&places, places.linked).await);
    dispatch_once(&places.app, &FolderMailer, "one")
        .await
        .unwrap();
    let nobody = nobody(&places);
    let path = link_of(&nobody).await;
    let (_, first) = nobody.get(&path).await;
    let given = [("code", code.as_str())];
    let (_, _, page) = nobody.post(&path, &first, &given).await;
    let (status, _, _) = nobody.post(&format!("{path}/answer"), &page, &YES).await;
    assert_eq!(status, StatusCode::OK);
    for verdict in Verdict::ALL {
        let windows = match verdict {
            Verdict::SafeOnlyInWindow => whole_week(),
            _ => Vec::new(),
        };
        says(&places, *verdict, &windows).await;
        let (status, _, page) = nobody.post(&path, &first, &given).await;
        assert_eq!(status, StatusCode::OK);
        shows(&page, *verdict);
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
        let (_, page) = partner.get(&path).await;
        assert!(page.contains("Not at this hour. It opens again"), "{page}");
        assert!(page.contains("Leave no message") && !page.contains(NO_SAFE_WAY));
        assert!(!page.contains("07700"), "{page}");
        // A confirmation that lapsed is no leave to call at any time.
        says(&places, Verdict::Safe, &[]).await;
        world.clock.advance_seconds(31 * 86_400);
        let partner = signed_in(&places, &places.partner).await;
        let (_, page) = partner.get(&path).await;
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
        let (_, page) = partner.get(&path).await;
        shows(&page, Verdict::Never);
    }
);
