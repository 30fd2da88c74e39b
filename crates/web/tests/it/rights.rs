//! Keeping and erasing through their pages: who comes there, that two people do it, and that what was erased is to the byte what
//! never was.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::office;
use crate::office::{Browser, Office, office, pressed};
use axum::http::StatusCode;
use throughline_app::case::{self, PersonSheet};
use throughline_core::closing::AreThereChildren;
use throughline_core::id::Ref;
use throughline_core::reason::Reason;
use throughline_core::risk::RiskBand;
use throughline_testkit::both;

fn sheet(name: &str) -> PersonSheet {
    PersonSheet {
        chosen: name.to_owned(),
        given: None,
        family: None,
        born: None,
        age_band: None,
        language: None,
        interpreter: None,
        access: vec![],
    }
}

async fn open(office: &Office, name: &str) -> Ref {
    case::open(
        office.web.app(),
        &office.people["Una"].actor(),
        &sheet(name),
    )
    .await
    .unwrap()
}

async fn close(office: &Office, case: Ref) {
    use throughline_app::{case_now, case_view};
    let (app, una) = (office.web.app(), &office.people["Una"].actor());
    case_now::children_answer(app, una, case, AreThereChildren::None)
        .await
        .unwrap();
    let why = Reason::new("nothing tells of it").unwrap();
    case_now::risk_judge(app, una, case, RiskBand::Standard, &why, false)
        .await
        .unwrap();
    let version = case_view::read(app, una, case).await.unwrap().case.version;
    let done = case::close(app, una, case, version).await.unwrap();
    assert_eq!(done, case::Closing::Closed);
}

async fn proved(office: &Office, name: &str) -> Browser {
    let browser = pressed(office, name).await;
    let done = browser.send("/step-up", "/step-up", "password=").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.page);
    browser
}

/// The first address on a page that begins so.
fn path_from(page: &str, start: &str) -> String {
    let found = page.split('"').find(|part| part.starts_with(start));
    found
        .unwrap_or_else(|| panic!("no {start} in {page}"))
        .to_owned()
}

/// The page without what is another one in every answer.
fn plain(page: &str, reference: Ref) -> String {
    page.replace(&reference.to_string(), "REFERENCE")
}

both!(
    a_record_is_held_then_erased_by_two_people_on_their_pages,
    |world| {
        let office = office(world).await;
        let case = open(&office, "Amina Quillmark").await;
        let here = format!("/cases/{case}/keeping");
        let lee = pressed(&office, "Lee").await;
        assert_eq!(lee.get(&here).await.to, "/step-up");
        let lee = proved(&office, "Lee").await;
        assert!(
            lee.get(&format!("/cases/{case}"))
                .await
                .page
                .contains(&here)
        );
        let una = proved(&office, "Una").await;
        assert_eq!(una.get(&here).await.status, StatusCode::NOT_FOUND);
        assert!(
            !una.get(&format!("/cases/{case}"))
                .await
                .page
                .contains(&here)
        );

        // Open, it cannot even be asked for.
        let shown = lee.get(&here).await.page;
        assert!(shown.contains("the case is open"), "{shown}");
        assert!(!shown.contains("name=\"ground\""), "{shown}");
        let erase = format!("{here}/erase");
        let early = lee
            .send(&here, &erase, "ground=period_over&reason=why")
            .await;
        assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
        close(&office, case).await;

        // A hold stands before it, in words.
        let hold = format!("{here}/hold");
        let empty = lee.send(&here, &hold, "kind=&hold_reason=").await;
        assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
        let set = lee
            .send(&here, &hold, "kind=complaint&hold_reason=the+letter+of+May")
            .await;
        assert_eq!(set.to, here);
        let shown = lee.get(&here).await.page;
        assert!(shown.contains("the letter of May") && shown.contains("legal hold on the record"));
        assert!(!shown.contains("name=\"ground\""), "{shown}");
        let reference = office::value_of(&shown, "hold").unwrap();
        let lift = format!("{here}/lift");
        assert_eq!(
            lee.send(&here, &lift, &format!("hold={reference}"))
                .await
                .to,
            here
        );
        let asked = lee
            .send(&here, &erase, "ground=asked_by_person&reason=Letter+seven")
            .await;
        assert_eq!(asked.to, here, "{}", asked.page);
        assert!(
            lee.get(&here)
                .await
                .page
                .contains("A security officer decides")
        );

        // The officer sees why, and never whose record it is.
        let ola = proved(&office, "Ola").await;
        assert!(
            ola.get("/security")
                .await
                .page
                .contains("/security/erasures")
        );
        let list = ola.get("/security/erasures").await.page;
        let one = path_from(&list, "/security/erasures/");
        let shown = ola.get(&one).await.page;
        assert!(shown.contains("Letter seven") && shown.contains("cannot be undone"));
        for page in [&list, &shown] {
            assert!(!page.contains("Quillmark") && !page.contains(&case.to_string()));
        }
        // Control: whoever may read the case does see the name.
        assert!(lee.get(&here).await.page.contains("Quillmark"));
        assert_eq!(lee.get(&one).await.status, StatusCode::NOT_FOUND);
        let done = ola.send(&one, &format!("{one}/confirm"), "").await;
        assert_eq!(done.to, one, "{}", done.page);
        let shown = ola.get(&one).await.page;
        assert!(
            shown.contains("What is left to do") && !shown.contains("Letter seven"),
            "{shown}"
        );
    }
);

both!(what_was_erased_is_to_the_byte_what_never_was, |world| {
    let office = office(world).await;
    let (gone, stays) = (open(&office, "Amina").await, open(&office, "Stays").await);
    close(&office, gone).await;
    let lee = proved(&office, "Lee").await;
    let here = format!("/cases/{gone}/keeping");
    let fields = "ground=never_right&reason=twice";
    assert_eq!(
        lee.send(&here, &format!("{here}/erase"), fields).await.to,
        here
    );
    let ola = proved(&office, "Ola").await;
    let one = path_from(
        &ola.get("/security/erasures").await.page,
        "/security/erasures/",
    );
    assert_eq!(ola.send(&one, &format!("{one}/confirm"), "").await.to, one);

    let (never, una) = (world.env.reference(), pressed(&office, "Una").await);
    let mut looked = 0;
    for route in throughline_web::routes::all() {
        let get = route.method == throughline_web::route::Method1::Get;
        if !get || !route.path.starts_with("/cases/{case}") || route.path.matches('{').count() > 1 {
            continue;
        }
        for browser in [&una, &lee] {
            let ask = async |reference: Ref| {
                let path = route.path.replace("{case}", &reference.to_string());
                let answer = browser.get(&path).await;
                (answer.status, plain(&answer.page, reference))
            };
            assert_eq!(ask(gone).await, ask(never).await, "{}", route.path);
            // Control: the same question about somebody who is there has another answer.
            let there = ask(stays).await;
            if there.0 == StatusCode::OK {
                assert_ne!(there, ask(never).await, "{}", route.path);
                looked += 1;
            }
        }
    }
    assert!(looked > 10, "{looked}");
    // No list of theirs names the person either.
    for (browser, path) in [
        (&una, "/cases"),
        (&una, "/today"),
        (&lee, "/cases"),
        (&lee, "/today"),
    ] {
        let page = browser.get(path).await.page;
        assert!(!page.contains("Amina"), "{path}");
    }
    assert!(una.get("/cases").await.page.contains("Stays"), "control");
});
