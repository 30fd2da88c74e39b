//! Messages to the person, as a worker's browser shows them: the words and the number only while the gate lets them, and on paper
//! nothing but what is meant for paper.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::pages;
use crate::pages::{Browser, Places, places, signed_in};
use axum::http::StatusCode;
use throughline_app::contact::{self, ContactEnded, ContactSaid};
use throughline_core::answer::Answer;
use throughline_core::code::Code as _;
use throughline_core::contact::{AnsweredBy, Channel, Verdict};
use throughline_core::id::Ref;
use throughline_core::scan::{Protected, scan};
use throughline_policy::{ActionKind, Standing, table};
use throughline_testkit::both;
use throughline_ui::layout::Paper;
use throughline_web::route::{Access, Kind};
use throughline_web::routes::all;

async fn adds(places: &Places, channel: Channel, value: &str) -> Ref {
    let said = ContactSaid {
        channel,
        verdict: Verdict::Safe,
        value: value.to_owned(),
        windows: Vec::new(),
        voicemail: false,
        answered_by: AnsweredBy::OnlyThem,
        neutral_only: false,
        shared_account: Answer::NotAsked,
        say: Some("Say it is the library.".to_owned()),
    };
    contact::add(&places.app, &places.coach.actor(), places.case, &said)
        .await
        .unwrap()
}

/// Asks for something on the page of messages; gives where that leads.
async fn asks(places: &Places, coach: &Browser, what: &str, more: &[(&str, &str)]) -> String {
    let at = format!("/cases/{}/messages", places.case);
    let (status, page) = coach.get(&at).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains(what), "{what} is offered: {page}");
    let mut fields = vec![("what", what)];
    fields.extend(more);
    let (status, to, page) = coach.post(&at, &page, &fields).await;
    assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
    to
}

/// What of a page comes out of a printer; nothing where it is not for paper.
fn on_paper(page: &str) -> &str {
    if page.contains("tl-prints-nothing") {
        return "";
    }
    let (_, paper) = page.split_once("<div class=\"tl-paper\">").unwrap();
    paper.split("</div>").next().unwrap()
}

/// What a worker is told to say: the block between the facts and the buttons.
fn script(page: &str) -> &str {
    let (_, rest) = page.split_once("govuk-inset-text\">").unwrap();
    rest.split("</div>").next().unwrap()
}

both!(
    ne_01_a_number_and_its_words_are_shown_only_while_the_gate_lets_them,
    |world| {
        let places = places(world).await;
        let coach = signed_in(&places, &places.coach).await;
        let way = adds(&places, Channel::Sms, "07700 900456").await;
        let to = asks(&places, &coach, &format!("{way}.sms_please_call"), &[]).await;
        let shown = |page: &str| page.contains("07700 900456") && page.contains("01632 960123");
        let (_, before) = coach.get(&to).await;
        assert!(
            shown(&before),
            "the control: while it is safe it is shown: {before}"
        );
        let (app, actor) = (&places.app, places.coach.actor());
        contact::end(app, &actor, places.case, way, ContactEnded::NotSafe)
            .await
            .unwrap();
        let (status, after) = coach.get(&to).await;
        assert_eq!(status, StatusCode::OK);
        assert!(!after.contains("07700 900456") && !after.contains("01632 960123"));
        assert!(after.contains("Do not send or say it now"), "{after}");
        assert!(after.contains("agree a safe way"), "what to do instead");
        let (_, list) = coach.get(&format!("/cases/{}/messages", places.case)).await;
        assert!(!list.contains(&format!("{way}.")), "it is offered no more");
        let path = format!("{to}/could-not");
        let (status, ..) = coach.post(&path, &after, &[]).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let (_, today) = coach.get("/today").await;
        assert!(today.contains("Agree a safe way"), "and a task says so");
    }
);

both!(
    m4_ne_02_a_letter_that_was_asked_for_before_a_move_prints_nothing_after_it,
    |world| {
        let places = places(world).await;
        let coach = signed_in(&places, &places.coach).await;
        let way = adds(&places, Channel::Post, "1 Old Road\nOldtown").await;
        let to = asks(&places, &coach, &format!("{way}.letter_please_call"), &[]).await;
        let (_, before) = coach.get(&to).await;
        let paper = on_paper(&before);
        assert!(
            paper.contains("Old Road") && paper.contains("01632 960123"),
            "the control: before the move the letter is printed: {paper}"
        );
        // NE-25, M4: nobody is named on it but the person, and nothing says whom it is from.
        for name in [
            "Riverside",
            "Somebody",
            "Throughline",
            "Appointments",
            "library",
        ] {
            assert!(!paper.contains(name), "{name} is on the letter");
        }
        let actor = places.coach.actor();
        let now = places.app.env().now();
        contact::change_of_address_or_separation(&places.app, &actor, places.case, now)
            .await
            .unwrap();
        let (_, after) = coach.get(&to).await;
        assert_eq!(on_paper(&after), "");
        assert!(!after.contains("Old Road"), "{after}");
    }
);

both!(
    ne_03_a_journal_gets_the_fixed_words_whatever_is_sent_with_the_form,
    |world| {
        let places = places(world).await;
        let coach = signed_in(&places, &places.coach).await;
        let way = adds(&places, Channel::JournalOnlineAccount, "joint claim").await;
        let more = [
            ("when-day", "1"),
            ("when-month", "12"),
            ("when-year", "2026"),
            ("time", "2:30pm"),
            ("words", "About the refuge"),
            ("body", "About the refuge"),
        ];
        let what = format!("{way}.journal_appointment");
        let to = asks(&places, &coach, &what, &more).await;
        let (_, page) = coach.get(&to).await;
        let words = script(&page);
        assert!(
            words.contains("Your appointment is on 01/12/2026 at 14:30."),
            "{words}"
        );
        assert!(!page.contains("refuge"));
        assert_eq!(scan(words, &Protected::default()), Ok(()));
        let planted = words.replace("appointment", "refuge place");
        assert!(
            scan(&planted, &Protected::default()).is_err(),
            "the control"
        );
        assert_eq!(on_paper(&page), "", "a journal is not for paper");
    }
);

both!(
    ne_25_a_call_names_no_worker_and_shows_no_number_of_ours,
    |world| {
        let places = places(world).await;
        let coach = signed_in(&places, &places.coach).await;
        let way = adds(&places, Channel::PhoneWork, "01632 960999").await;
        let to = asks(&places, &coach, &format!("{way}.call_script"), &[]).await;
        let (_, page) = coach.get(&to).await;
        let names = |words: &str| {
            let all = ["Somebody", "Riverside", "Throughline"];
            all.iter().any(|name| words.contains(name))
        };
        assert!(!names(script(&page)), "{page}");
        assert!(
            names(&page),
            "the control: the page around it says who is signed in"
        );
        assert!(script(&page).contains("Withhold your number"));
        assert!(page.contains("Say it is the library."), "what they agreed");
    }
);

both!(
    a_sheet_holds_what_they_chose_and_only_if_they_said_that_paper_is_safe,
    |world| {
        let places = places(world).await;
        pages::refer(&places, places.linked).await;
        let coach = signed_in(&places, &places.coach).await;
        let at = format!("/cases/{}/sheet", places.case);
        let (_, page) = coach.get(&at).await;
        let (_, rest) = page.split_once("name=\"referral\"").unwrap();
        let (_, rest) = rest.split_once("value=\"").unwrap();
        let chosen = rest.split('"').next().unwrap();
        let (status, _, none) = coach.post(&at, &page, &[]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(none.contains("Choose at least one service"), "{none}");
        let (status, _, refused) = coach.post(&at, &page, &[("referral", chosen)]).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(on_paper(&refused), "", "nobody asked whether paper is safe");
        assert!(refused.contains("it is safe to take paper"), "{refused}");
        adds(&places, Channel::InPersonSite, "").await;
        let (_, _, made) = coach.post(&at, &page, &[("referral", chosen)]).await;
        let paper = on_paper(&made);
        assert!(
            paper.contains("Quayside") && paper.contains("Notes"),
            "{made}"
        );
        for name in ["Amina", "Okafor", "Riverside", "Somebody", "07700"] {
            assert!(!paper.contains(name), "{name} is on the sheet: {paper}");
        }
        let (_, story) = coach.get(&format!("/cases/{}", places.case)).await;
        assert!(story.contains("A sheet with 1 service was printed for them"));
        // A referral of nobody's, or of another case, is no choice.
        let other = world.env.reference().to_string();
        let (status, ..) = coach.post(&at, &page, &[("referral", &other)]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }
);

both!(
    words_between_them_are_typed_and_compared_and_stand_on_no_page,
    |world| {
        let places = places(world).await;
        let coach = signed_in(&places, &places.coach).await;
        let way = adds(&places, Channel::PhoneMobile, "07700 900456").await;
        let at = format!("/cases/{}/contact/{way}/words", places.case);
        let (_, page) = coach.get(&at).await;
        let words = [("theirs", "bluebell"), ("ours", "tadpole")];
        let (status, to, _) = coach.post(&at, &page, &words).await;
        assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, at.as_str()));
        let (_, page) = coach.get(&at).await;
        for path in [at.clone(), format!("/cases/{}/contact", places.case)] {
            let (_, page) = coach.get(&path).await;
            assert!(
                !page.contains("bluebell") && !page.contains("tadpole"),
                "{path}"
            );
        }
        let check = format!("{at}/check");
        let (status, ..) = coach.post(&check, &page, &[("word", "Bluebell")]).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let (status, _, alike) = coach
            .post(&at, &page, &[("theirs", "one"), ("ours", "One")])
            .await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(alike.contains("Choose two different words"));
    }
);

/// The pages of which something may be printed, each with how much. Whoever adds one adds a way out.
const PRINTED: [(&str, &str, Paper); 8] = [
    ("/accessibility", "GET", Paper::Whole),
    ("/cases/{case}/messages/{message}", "GET", Paper::Marked),
    ("/cases/{case}/sheet", "POST", Paper::Marked),
    ("/find-help", "GET", Paper::Whole),
    ("/find-help", "POST", Paper::Whole),
    ("/privacy", "GET", Paper::Whole),
    ("/services/{service}", "GET", Paper::Whole),
    ("/what-we-record", "GET", Paper::Whole),
];

#[test]
fn the_routes_by_which_anything_reaches_the_person_are_these_and_no_program_has_one() {
    let mut printed: Vec<(&str, &str, Paper)> = all()
        .iter()
        .filter(|route| route.paper != Paper::Nothing)
        .map(|route| (route.path, route.method.name(), route.paper))
        .collect();
    printed.sort_by_key(|(path, method, _)| (*path, *method));
    assert_eq!(printed, PRINTED);
    for route in all() {
        if route.paper == Paper::Whole {
            assert_eq!(
                route.access,
                Access::Public,
                "{route:?} is not for everybody"
            );
        }
        let sends = matches!(route.access, Access::Staff(actions) if actions.contains(&ActionKind::MessageSend));
        assert!(!sends || route.kind == Kind::Page, "{route:?}");
        assert_ne!(route.access, Access::Client(ActionKind::MessageSend));
    }
    for standing in Standing::ALL {
        let may = !table::relations(*standing, ActionKind::MessageSend).is_empty();
        let workers = [Standing::WorkCoach, Standing::DaLead, Standing::System];
        assert_eq!(may, workers.contains(standing), "{standing:?}");
    }
}

both!(
    d7_a_page_of_a_case_prints_nothing_and_one_that_would_is_told_apart,
    |world| {
        let places = places(world).await;
        let coach = signed_in(&places, &places.coach).await;
        for path in [
            "",
            "/plan",
            "/referrals",
            "/sharing",
            "/contact",
            "/looks",
            "/messages",
        ] {
            let (status, page) = coach.get(&format!("/cases/{}{path}", places.case)).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(
                page.contains("<body class=\"govuk-template__body tl-prints-nothing"),
                "{path}"
            );
            assert!(page.contains("This page is not for paper."), "{path}");
        }
        let (_, gone) = coach.get("/cases/nothing").await;
        assert!(
            gone.contains("tl-prints-nothing"),
            "an error prints nothing either"
        );
        let (_, public) = coach.get("/privacy").await;
        assert!(
            !public.contains("tl-prints-nothing"),
            "the control: what is for everybody is told apart"
        );
    }
);
