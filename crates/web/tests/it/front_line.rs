//! The front line through its pages: rooms without a reason, a safe conversation, words that are not lost, and 999.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::sync::Arc;

use crate::front_site::{Site, site};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use throughline_app::App;
use throughline_identity::Identity;
use throughline_store::account::Account;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;
use throughline_web::{Settings, Web, shell};
use tower::ServiceExt as _;

struct Browser {
    router: Router,
    cookie: String,
    csrf: String,
}

struct Answer {
    status: StatusCode,
    to: String,
    page: String,
}

impl Browser {
    async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let to = response
            .headers()
            .get(header::LOCATION)
            .map(|to| to.to_str().unwrap().to_owned())
            .unwrap_or_default();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let page = String::from_utf8(body.to_vec()).unwrap();
        for area in [
            "talk-",
            "today-",
            "desk-",
            "task-",
            "doors-",
            "again-",
            "onward-",
            "emergency-",
            "sign-",
            "post-",
            "page-",
        ] {
            for before in [">", "> ", "\n"] {
                assert!(
                    !page.contains(&format!("{before}{area}")),
                    "a key without words: {area} in {page}"
                );
            }
        }
        let title = page
            .split_once("<title>")
            .and_then(|(_, rest)| rest.split_once("</title>"))
            .map_or("", |(title, _)| title);
        for word in ["abuse", "danger", "risk", "Amina"] {
            assert!(!title.contains(word), "{title}");
        }
        Answer { status, to, page }
    }

    async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header(header::COOKIE, &self.cookie);
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, fields: &str) -> Answer {
        let request = Request::post(path)
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let body = format!("csrf={}&{fields}", self.csrf);
        self.ask(request.body(Body::from(body)).unwrap()).await
    }

    /// Posts with the version that the page at `path` shows now.
    async fn post_now(&self, page: &str, path: &str, fields: &str) -> Answer {
        let shown = self.get(page).await;
        let version = value_of(&shown.page, "version");
        self.post(path, &format!("version={version}&{fields}"))
            .await
    }
}

/// The value of a hidden field.
fn value_of(page: &str, name: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("name=\"{name}\""))
        .unwrap_or_else(|| panic!("no {name} in {page}"));
    let (_, rest) = rest.split_once("value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

struct Places {
    site: Site,
    web: Web,
}

async fn places(world: &TestStore, posts: &[i64]) -> Places {
    let site = site(world, posts).await;
    let (packs, settings) = (site.app.packs.clone(), site.app.settings.clone());
    let app = App::new(world.store.clone(), packs, settings).unwrap();
    let app = Arc::new(app);
    let identity = Identity::new(
        world.store.clone(),
        throughline_identity::Settings::default(),
    )
    .unwrap();
    let settings = Settings {
        service_name: "Appointments".to_owned(),
        secure: false,
        behind_proxy: false,
    };
    let web = Web::new(app, identity, settings, None);
    Places { site, web }
}

async fn signed_in(places: &Places, account: &Account) -> Browser {
    let signed = places
        .web
        .identity()
        .demo_sign_in(account.reference, None)
        .await
        .unwrap()
        .unwrap();
    let name = places.web.cookies().session_name();
    let mut browser = Browser {
        router: shell::router(&places.web),
        cookie: format!("{name}={}", signed.token.reveal()),
        csrf: String::new(),
    };
    let page = browser.get("/emergency").await.page;
    browser.csrf = value_of(&page, "csrf");
    browser
}

async fn begun(browser: &Browser, mode: &str) -> String {
    let started = browser
        .post("/conversations", &format!("mode={mode}"))
        .await;
    assert_eq!(started.status, StatusCode::SEE_OTHER);
    started.to
}

async fn safe(browser: &Browser, talk: &str, answers: &str) -> String {
    let path = format!("{talk}/first");
    let kept = browser.post_now(&path, &path, answers).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.page);
    browser.get(talk).await.page
}

const SAFE: &str = "alone=yes&overheard=nobody&interpreter=none&mode=in_person";

both!(
    anything_but_a_plain_yes_shows_an_ordinary_appointment,
    |world| {
        let places = places(world, &[0, 1]).await;
        let coach = signed_in(&places, &places.site.coach).await;
        assert_eq!(coach.get("/with-me").await.status, StatusCode::OK);
        let talk = begun(&coach, "in_person").await;
        assert!(coach.get(&talk).await.page.contains("Is it safe to talk?"));
        for answers in [
            "mode=in_person",
            "alone=not_sure&overheard=nobody&interpreter=none&mode=in_person",
            "alone=no&overheard=nobody&interpreter=none&mode=in_person",
            "alone=yes&overheard=child&interpreter=none&mode=in_person",
            "alone=yes&overheard=nobody&interpreter=family&mode=in_person",
            "alone=yes&overheard=nobody&interpreter=none&mode=loudspeaker",
            "alone=perhaps&overheard=nobody&interpreter=none&mode=in_person",
        ] {
            let page = safe(&coach, &talk, answers).await;
            let (_, main) = page.split_once("<main").unwrap();
            let main = main.split("</main>").next().unwrap().to_lowercase();
            assert!(main.contains("ordinary appointment"), "{answers}: {main}");
            for word in [
                "safe",
                "signs",
                "told",
                "danger",
                "risk",
                "abuse",
                "specialist",
            ] {
                assert!(!main.contains(word), "{answers}: {word} in {main}");
            }
        }
        let page = safe(&coach, &talk, SAFE).await;
        assert!(page.contains("What I saw") && page.contains("What they told me"));
        assert!(!page.contains("yes or no is enough"));
        let page = safe(&coach, &talk, &SAFE.replace("in_person", "telephone")).await;
        assert!(
            page.contains("yes or no is enough"),
            "questions for the telephone"
        );
    }
);

both!(
    what_was_typed_is_there_again_after_signing_in_on_another_machine,
    |world| {
        let places = places(world, &[0]).await;
        let coach = signed_in(&places, &places.site.coach).await;
        let talk = begun(&coach, "in_person").await;
        safe(&coach, &talk, SAFE).await;
        let typed = format!("draft_of={talk}/notes&signs=injury&seen=&told=he+said+he+would+nev");
        let kept = coach.post("/drafts", &typed).await;
        assert_eq!(kept.status, StatusCode::NO_CONTENT);
        let again = signed_in(&places, &places.site.coach).await;
        let page = again.get(&talk).await.page;
        assert!(page.contains("he said he would nev"));
        assert!(page.contains("kept as you typed"));
        // Kept for good, the draft is gone and the words stay.
        let notes = format!("{talk}/notes");
        let own = format!("draft_of={notes}");
        let told = "signs=injury&told=he+said+he+would+never+stop&heard=told&then=stay";
        let saved = again
            .post_now(&notes, &notes, &format!("{own}&{told}"))
            .await;
        assert_eq!(
            (saved.status, saved.to.as_str()),
            (StatusCode::SEE_OTHER, talk.as_str())
        );
        let page = again.get(&talk).await.page;
        assert!(page.contains("never stop") && !page.contains("kept as you typed"));
        // A page from before is not kept over it, and its words wait in the draft.
        let late = again
            .post(
                &notes,
                &format!("{own}&version=1&told=from+the+other+window"),
            )
            .await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(
            again
                .get(&talk)
                .await
                .page
                .contains("from the other window")
        );
    }
);

both!(a_conversation_is_not_there_for_anyone_else, |world| {
    let places = places(world, &[0]).await;
    let coach = signed_in(&places, &places.site.coach).await;
    let talk = begun(&coach, "in_person").await;
    for account in [&places.site.other, &places.site.lead, &places.site.desk] {
        let browser = signed_in(&places, account).await;
        let theirs = browser.get(&talk).await;
        let absent = browser
            .get(&format!("/conversations/{}", world.env.reference()))
            .await;
        assert_eq!(theirs.status, StatusCode::NOT_FOUND);
        assert_eq!(
            theirs.page.len(),
            absent.page.len(),
            "no telling one from the other"
        );
    }
});

both!(
    closing_names_what_is_open_and_keeps_the_answers_given,
    |world| {
        let places = places(world, &[0]).await;
        let coach = signed_in(&places, &places.site.coach).await;
        let talk = begun(&coach, "in_person").await;
        safe(&coach, &talk, SAFE).await;
        let notes = format!("{talk}/notes");
        coach
            .post_now(&notes, &notes, "told=x&heard=told&then=end")
            .await;
        let end = format!("{talk}/end");
        let refused = coach.post_now(&end, &end, "ending=close&bed=given").await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.page.contains("There is a problem"));
        assert!(refused.page.contains("Are there children?"));
        assert!(refused.page.contains("Is the account theirs alone?"));
        for (answers, problem) in [
            ("money=not_needed", "Say if there are children"),
            ("money=not_needed&children=yes", "keeping the children safe"),
            (
                "money=not_needed&children=yes&decision=not_needed&reason=",
                "Say why",
            ),
            ("money=given&children=none", "Choose one of the answers"),
            (
                "money=given&how=account&only_theirs=not_sure&children=none",
                "Do not pay into this account",
            ),
        ] {
            let sent = format!("ending=close&bed=given&essentials=declined&{answers}");
            let refused = coach.post_now(&end, &end, &sent).await;
            assert_eq!(
                refused.status,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{answers}"
            );
            assert!(
                refused.page.contains(problem),
                "{answers}: {}",
                refused.page
            );
        }
        let all = "ending=close&bed=unavailable&money=given&how=hand&essentials=declined\
                   &children=yes&decision=referred";
        let closed = coach.post_now(&end, &end, all).await;
        assert_eq!(
            (closed.status, closed.to.as_str()),
            (StatusCode::SEE_OTHER, "/today")
        );
        let today = coach.get("/today").await.page;
        assert!(
            today.contains("Judge the risk"),
            "the risk is still on somebody's list"
        );
        // It goes on from the list, or to a plan with nothing but a name.
        let (_, link) = today.split_once("href=\"/tasks/").unwrap();
        let task = format!("/tasks/{}", link.split('"').next().unwrap());
        assert_eq!(coach.get(&task).await.status, StatusCode::OK);
        let done = coach.post(&format!("{task}/take"), "").await;
        assert_eq!(done.to, task);
        let done = coach.post(&format!("{task}/finish"), "outcome=done").await;
        assert_eq!(done.to, task, "a word that it is done ends no risk");
        let told = Browser {
            router: coach.router.clone(),
            cookie: format!("{}; said=task-judge-first-talk", coach.cookie),
            csrf: coach.csrf.clone(),
        };
        let said = told.get(&task).await.page;
        assert!(
            said.contains("This ends when somebody judges the risk"),
            "{said}"
        );
        // The closed talk still leads on to a plan.
        assert!(
            coach
                .get(&talk)
                .await
                .page
                .contains(&format!("{talk}/continue"))
        );
    }
);

both!(
    a_lead_whom_the_ladder_reached_sees_what_is_known_and_makes_a_plan,
    |world| {
        let places = places(world, &[0, 1]).await;
        let coach = signed_in(&places, &places.site.coach).await;
        let talk = begun(&coach, "in_person").await;
        safe(&coach, &talk, SAFE).await;
        let notes = format!("{talk}/notes");
        let told = "told=he+waits+outside&heard=told&then=end";
        coach.post_now(&notes, &notes, told).await;
        let end = format!("{talk}/end");
        let all = "ending=close&bed=unavailable&money=declined&essentials=declined&children=none";
        assert_eq!(coach.post_now(&end, &end, all).await.to, "/today");

        // What could not be had is the lead's at once.
        let lead = signed_in(&places, &places.site.lead).await;
        let day = lead.get("/today").await.page;
        assert!(day.contains("Try again for a bed"), "{day}");
        let (_, link) = day.split_once("href=\"/tasks/").unwrap();
        let task = format!("/tasks/{}", link.split('"').next().unwrap());
        let page = lead.get(&task).await.page;
        assert!(page.contains(&format!("{task}/talk")), "{page}");
        let known = lead.get(&format!("{task}/talk")).await;
        assert_eq!(known.status, StatusCode::OK, "{}", known.page);
        assert!(known.page.contains("Not available") && known.page.contains("What is known"));
        assert!(!known.page.contains("he waits outside"));
        assert_eq!(lead.get(&talk).await.status, StatusCode::NOT_FOUND);
        let other = signed_in(&places, &places.site.other).await;
        let refused = other.get(&format!("{task}/talk")).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);

        let nameless = lead.post(&format!("{task}/talk"), "chosen=").await;
        assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
        let made = lead.post(&format!("{task}/talk"), "chosen=Amina").await;
        assert!(made.to.starts_with("/cases/"), "{}", made.page);
        let known = lead.get(&format!("{task}/talk")).await.page;
        assert!(known.contains(&format!("href=\"{}\"", made.to)), "{known}");
        let risk = format!("{}/risk", made.to);
        let judged = "band=medium&reason=Looked+at+together&by=me";
        let judged = lead.post_now(&risk, &risk, judged).await;
        assert_eq!(judged.status, StatusCode::SEE_OTHER, "{}", judged.page);
        assert!(!coach.get("/today").await.page.contains("Judge the risk"));
    }
);

both!(a_plan_needs_only_a_name_to_call_them_by, |world| {
    let places = places(world, &[0]).await;
    let coach = signed_in(&places, &places.site.coach).await;
    let talk = begun(&coach, "in_person").await;
    let onward = format!("{talk}/continue");
    let refused = coach.post(&onward, "chosen=&family=Khan").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.page.contains("Khan"),
        "what was typed is still there"
    );
    let made = coach.post(&onward, "chosen=Amina").await;
    assert!(made.to.starts_with("/cases/"), "{}", made.to);
    let found = coach.post("/with-me/again", "name=amina").await;
    assert!(found.page.contains(&made.to), "found again by name");
    let other = signed_in(&places, &places.site.other).await;
    let found = other.post("/with-me/again", "name=amina").await;
    assert!(!found.page.contains("/cases/"), "and by nobody else");
});

both!(e3_somebody_we_have_met_is_not_recorded_twice, |world| {
    let places = places(world, &[0]).await;
    let coach = signed_in(&places, &places.site.coach).await;
    let first = begun(&coach, "in_person").await;
    let who = "chosen=Amina&family=Khan&born-day=3&born-month=2&born-year=1990";
    let made = coach.post(&format!("{first}/continue"), who).await;
    assert!(made.to.starts_with("/cases/"), "{}", made.to);

    // The same name, and the same birthday under another name: both are asked about before anything is made.
    let second = begun(&coach, "in_person").await;
    let onward = format!("{second}/continue");
    for who in [
        "chosen=amina",
        "chosen=Minnie&born-day=3&born-month=2&born-year=1990",
    ] {
        let met = coach.post(&onward, who).await;
        assert_eq!(met.status, StatusCode::OK, "{who}: {}", met.page);
        assert!(met.page.contains("Have we met before?"), "{}", met.page);
        assert!(met.page.contains("Yes: go on with Amina Khan"));
        assert!(met.page.contains("No: make a new plan"));
    }
    let met = coach.post(&onward, "chosen=amina").await;
    let known = value_of(&met.page, "case");
    assert_eq!(made.to, format!("/cases/{known}"));
    let on = coach.post(&onward, &format!("case={known}")).await;
    assert_eq!(on.to, made.to, "the conversation goes on with their plan");
    let back = coach.get(&onward).await;
    assert_eq!(back.to, made.to, "and is linked to it");

    // Somebody else of that name is somebody else; and nobody else's people are ever shown or taken.
    let third = begun(&coach, "in_person").await;
    let new = coach
        .post(&format!("{third}/continue"), "chosen=Amina&new=yes")
        .await;
    assert!(new.to.starts_with("/cases/") && new.to != made.to);
    let other = signed_in(&places, &places.site.other).await;
    let talk = begun(&other, "in_person").await;
    let fresh = other
        .post(&format!("{talk}/continue"), "chosen=Amina")
        .await;
    assert!(fresh.to.starts_with("/cases/"), "{}", fresh.page);
    let talk = begun(&other, "in_person").await;
    let stolen = other
        .post(&format!("{talk}/continue"), &format!("case={known}"))
        .await;
    assert_eq!(stolen.status, StatusCode::NOT_FOUND);
});

both!(i_called_999_is_one_press_for_everyone_signed_in, |world| {
    let places = places(world, &[0]).await;
    for account in [
        &places.site.coach,
        &places.site.desk,
        &places.site.lead,
        &places.site.officer,
    ] {
        let browser = signed_in(&places, account).await;
        let called = browser
            .post("/emergency/called", "conversation=nonsense")
            .await;
        assert_eq!(called.status, StatusCode::SEE_OTHER, "{}", called.page);
        assert!(browser.get("/emergency").await.page.contains("Call 999"));
    }
});

both!(
    i_called_999_leaves_what_is_being_typed_where_it_is,
    |world| {
        let places = places(world, &[0, 1]).await;
        let coach = signed_in(&places, &places.site.coach).await;
        let talk = begun(&coach, "in_person").await;
        let notes = safe(&coach, &talk, SAFE).await;
        let first = coach.get(&format!("{talk}/first")).await.page;
        let again = coach.get("/with-me/again").await.page;
        for page in [&notes, &first, &again] {
            // It stands before the page's own words, and answers in a tab of its own, without JavaScript too.
            let (top, _) = page.split_once("<main").unwrap();
            let (_, form) = top.split_once("action=\"/emergency/called\"").unwrap();
            let form = form.split("</form>").next().unwrap();
            assert!(form.contains("target=\"_blank\""), "{form}");
            assert!(form.contains("opens in a new tab"), "{form}");
        }
        assert_eq!(
            value_of(&notes, "conversation"),
            talk.trim_start_matches("/conversations/")
        );
        let sent = format!(
            "apart=yes&conversation={}",
            value_of(&notes, "conversation")
        );
        let called = coach.post("/emergency/called", &sent).await;
        assert_eq!(called.to, "/emergency");
        assert!(coach.get(&talk).await.page.contains("999"));
        // Where nothing can be typed it answers in place.
        let today = coach.get("/today").await.page;
        let (_, form) = today.split_once("action=\"/emergency/called\"").unwrap();
        assert!(!form.split("</form>").next().unwrap().contains("_blank"));
    }
);

both!(
    ne_21_the_front_desk_asks_and_the_lead_comes_and_no_page_says_why,
    |world| {
        let places = places(world, &[0, 1]).await;
        let desk = signed_in(&places, &places.site.desk).await;
        let day = desk.get("/today").await;
        assert_eq!(day.to, "/front-desk");
        assert_eq!(desk.post("/front-desk/room", "").await.to, "/front-desk");
        let page = desk.get("/front-desk").await.page;
        assert!(page.contains("Private room requested") && page.contains("The lead has been told"));
        assert!(!page.contains("/come"), "the desk asks; it does not answer");
        let lead = signed_in(&places, &places.site.lead).await;
        let today = lead.get("/today").await.page;
        for page in [&page, &today] {
            let (_, main) = page.split_once("<main").unwrap();
            let main = main.split("</main>").next().unwrap().to_lowercase();
            for word in [" ani", "abuse", "code word", "domestic"] {
                assert!(!main.contains(word), "{word} in {main}");
            }
        }
        let (_, link) = today.split_once("action=\"/rooms/").unwrap();
        let come = format!("/rooms/{}", link.split('"').next().unwrap());
        let status = desk.post(&come, "").await.status;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(lead.post(&come, "").await.to, "/front-desk");
        assert!(
            desk.get("/front-desk")
                .await
                .page
                .contains("Someone has come")
        );
    }
);
