//! The pages that work out dates of benefits: what they say, what they never say, and that a slip keeps what was typed (SPEC R-UC-01
//! to R-UC-07).

use axum::http::StatusCode;
use throughline_testkit::both;

use crate::office::{office, pressed};

const WORK: &str = "/benefit-dates/work";
const RENT: &str = "/benefit-dates/rent";
const NOTIFIED: &str = "notified-day=1&notified-month=2&notified-year=2025";
const GIVEN: &str = "evidence=police&given-day=1&given-month=3&given-year=2025";

both!(
    thirteen_weeks_are_worked_out_from_the_day_the_jobcentre_was_told,
    |world| {
        let office = office(world).await;
        let una = pressed(&office, "Una").await;
        let fields = format!("{NOTIFIED}&recent=yes&none-before=yes&apart=yes&{GIVEN}");
        let shown = una.send(WORK, WORK, &fields).await;
        assert_eq!(shown.status, StatusCode::OK);
        for words in [
            "Every test is met",
            "does not wait for evidence",
            "1 March 2025",
            "2 May 2025",
            "1 August 2025",
            "1 August 2024",
        ] {
            assert!(shown.page.contains(words), "{words}");
        }
    }
);

both!(
    a_test_that_fails_leads_to_the_jobcentres_discretion_and_never_to_a_no,
    |world| {
        let office = office(world).await;
        let una = pressed(&office, "Una").await;
        let fields = format!("{NOTIFIED}&recent=yes&none-before=yes&apart=no&{GIVEN}");
        let shown = una.send(WORK, WORK, &fields).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(
            shown
                .page
                .contains("Ask the jobcentre for time off at its discretion")
        );
        assert!(shown.page.contains("Never say that it would help to move"));
        assert!(!shown.page.contains("Every test is met"));
        assert!(
            !shown.page.contains("2 May 2025"),
            "no date of what does not apply"
        );
    }
);

both!(
    what_is_not_known_is_asked_and_evidence_given_late_is_not_in_time,
    |world| {
        let office = office(world).await;
        let una = pressed(&office, "Una").await;
        let fields = format!("{NOTIFIED}&recent=not-known&none-before=yes&apart=yes&{GIVEN}");
        let shown = una.send(WORK, WORK, &fields).await;
        assert!(shown.page.contains("Nothing stands in the way so far"));
        assert!(
            shown
                .page
                .contains("<li>violence or a threat in the months before</li>")
        );
        let late = GIVEN.replace("given-day=1", "given-day=2");
        let fields = format!("{NOTIFIED}&recent=yes&none-before=yes&apart=yes&{late}");
        let shown = una.send(WORK, WORK, &fields).await;
        assert!(shown.page.contains("<li>evidence within its month</li>"));
        assert!(shown.page.contains("at its discretion"));
    }
);

both!(
    a_slip_says_what_is_missing_and_keeps_what_was_typed,
    |world| {
        let office = office(world).await;
        let una = pressed(&office, "Una").await;
        let shown = una
            .send(
                WORK,
                WORK,
                "notified-day=7&notified-month=&notified-year=2025&recent=yes",
            )
            .await;
        assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(shown.page.contains("value=\"2025\""));
        let ahead = "left-day=1&left-month=2&left-year=2199&fear=yes&return=yes&day=32";
        let shown = una.send(RENT, RENT, ahead).await;
        assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(shown.page.contains("Enter a day that is not after today"));
        assert!(shown.page.contains("Enter a day of the month from 1 to 31"));
        assert!(shown.page.contains("value=\"32\""));
    }
);

both!(
    the_rent_of_two_homes_depends_on_what_they_mean_to_do_and_the_page_does_not_advise,
    |world| {
        let office = office(world).await;
        let una = pressed(&office, "Una").await;
        let left = "left-day=20&left-month=2&left-year=2025&day=31";
        for (answers, words) in [
            ("fear=yes&return=yes", "not after 19 February 2026"),
            (
                "fear=yes&return=no",
                "Who lives where on 27 February 2025 counts",
            ),
            ("fear=yes&return=not-known", "This cannot be worked out yet"),
        ] {
            let shown = una.send(RENT, RENT, &format!("{left}&{answers}")).await;
            assert_eq!(shown.status, StatusCode::OK, "{answers}");
            assert!(shown.page.contains(words), "{answers}");
            assert!(
                shown.page.contains("27 February 2025"),
                "the period's end: {answers}"
            );
            assert!(
                shown.page.contains("Ask a welfare rights adviser"),
                "{answers}"
            );
        }
    }
);

both!(who_works_with_no_case_has_no_such_pages, |world| {
    let office = office(world).await;
    let ada = pressed(&office, "Ada").await;
    for page in [WORK, RENT] {
        assert_eq!(ada.get(page).await.status, StatusCode::NOT_FOUND, "{page}");
    }
});
