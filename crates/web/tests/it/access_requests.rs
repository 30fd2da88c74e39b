//! Answering somebody who asks what is held about them: what nobody decided is not given, what was struck out is nowhere, and no
//! answer tells anything of anybody else (NE-04, NE-12).

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::office::{Browser, Office, office, pressed, value_of};
use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use jiff::civil::Weekday;
use throughline_app::access_request::{self, Files};
use throughline_app::case::{self, PersonSheet};
use throughline_app::case_now::Said;
use throughline_app::contact::ContactSaid;
use throughline_app::mail::FolderMailer;
use throughline_app::message::MessageAsk;
use throughline_app::{Error, apart, appointment, case_now, consent, contact, jobs, message};
use throughline_core::answer::Answer;
use throughline_core::artefact::{Artefact, NeutralTitle};
use throughline_core::child::Safeguarding;
use throughline_core::consent::{HowMuch, LessShared, PacketItem, SharePurpose, ToldPerson};
use throughline_core::contact::{AnsweredBy, Channel, Verdict, Window};
use throughline_core::disclosure::{ItemKind, RequestState};
use throughline_core::id::Ref;
use throughline_core::immediate::{ImmediateAnswer, ImmediateKind};
use throughline_core::people::RelationshipRole;
use throughline_core::reason::{Reason, Words};
use throughline_core::risk::RiskBand;
use throughline_policy::Actor;
use throughline_store::apart::{NewLink, OtherSheet};
use throughline_store::appointment::Slot;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;
use tower::ServiceExt as _;

async fn open(office: &Office, name: &str, words: &str, risk: &str) -> Ref {
    let sheet = PersonSheet {
        chosen: name.to_owned(),
        given: None,
        family: None,
        born: None,
        age_band: None,
        language: None,
        interpreter: None,
        access: vec![],
    };
    let (app, una) = (office.web.app(), &office.people["Una"].actor());
    let case = case::open(app, una, &sheet).await.unwrap();
    let words = Words::new(words).unwrap();
    case::statement_write(app, una, case, &words).await.unwrap();
    let why = Reason::new(risk).unwrap();
    case_now::risk_judge(app, una, case, RiskBand::Medium, &why, false)
        .await
        .unwrap();
    case
}

async fn proved(office: &Office, name: &str) -> Browser {
    let browser = pressed(office, name).await;
    let done = browser.send("/step-up", "/step-up", "password=").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.page);
    browser
}

fn lee_actor(office: &Office, world: &TestStore) -> Actor {
    throughline_testkit::actor::proved(office.people["Lee"].actor(), world.env.now())
}

/// Records a request; gives its page.
async fn asked(lee: &Browser, case: Ref, asked_by: &str) -> String {
    let here = format!("/cases/{case}/access");
    let fields =
        format!("asked_by={asked_by}&recipient=Robin+Fairweather&answer_lang=en&checked=yes");
    let done = lee.send(&here, &here, &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.page);
    done.to
}

/// The keys of the items on a page.
fn keys(page: &str) -> Vec<String> {
    page.split("name=\"item\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

fn encoded(text: &str) -> String {
    text.replace(' ', "+")
}

/// Gives everything that may be given, without `strike`, withholds the rest, and makes the copy.
async fn everything(lee: &Browser, at: &str, strike: &str) {
    for key in keys(&lee.get(at).await.page) {
        let fields = |decision: &str| {
            format!(
                "item={}&decision={decision}&strike={}",
                encoded(&key),
                encoded(strike)
            )
        };
        let given = lee.send(at, at, &fields("give")).await;
        if given.status != StatusCode::SEE_OTHER {
            let withheld = lee.send(at, at, &fields("child_abuse")).await;
            assert_eq!(withheld.to, at, "{}", withheld.page);
        }
    }
    let made = lee.send(at, &format!("{at}/copy"), "").await;
    assert_eq!(made.to, at, "{}", made.page);
}

async fn fetched(office: &Office, world: &TestStore, case: Ref, at: &str) -> Result<Files, Error> {
    let request = at.rsplit('/').next().unwrap().parse().unwrap();
    access_request::fetch(office.web.app(), &lee_actor(office, world), case, request).await
}

fn whole(files: &Files) -> String {
    files.values().cloned().collect::<Vec<_>>().join("\n")
}

both!(
    i8_g5_a_copy_holds_what_was_decided_for_one_recipient_and_lapses,
    |world| {
        let office = office(world).await;
        let case = open(
            &office,
            "Amina",
            "Karl Voss broke the door.",
            "told by neighbour Zed",
        )
        .await;
        let una = proved(&office, "Una").await;
        let here = format!("/cases/{case}/access");
        assert_eq!(una.get(&here).await.status, StatusCode::NOT_FOUND);
        let lee = pressed(&office, "Lee").await;
        assert_eq!(lee.get(&here).await.to, "/step-up");
        let lee = proved(&office, "Lee").await;
        let unproved = "asked_by=person&recipient=Amina&answer_lang=en";
        let refused = lee.send(&here, &here, unproved).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let at = asked(&lee, case, "person").await;
        assert!(lee.get("/requests-to-see").await.page.contains(&at));

        // What nobody decided is not given: there is no copy before everything is looked at.
        let early = lee.send(&at, &format!("{at}/copy"), "").await;
        assert_eq!(early.status, StatusCode::CONFLICT);
        let shown = lee.get(&at).await.page;
        assert!(keys(&shown).len() >= 4, "{:?}", keys(&shown));
        everything(&lee, &at, "karl voss; Zed").await;
        let files = fetched(&office, world, case, &at).await.unwrap();
        let text = whole(&files);
        assert!(text.contains("broke the door") && text.contains("neighbour"));
        for struck in ["Karl", "Voss", "Zed"] {
            assert!(!text.contains(struck), "{struck} in {text}");
        }
        for (name, file) in &files {
            assert!(
                file.contains("Robin Fairweather") && file.contains("Jobcentre"),
                "{name}"
            );
        }
        // The file itself: one zip with a name that tells nothing.
        let page = lee.get(&at).await.page;
        let request = Request::post(format!("{at}/file"))
            .header(header::COOKIE, lee.cookies())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!(
                "csrf={}",
                value_of(&page, "csrf").unwrap()
            )))
            .unwrap();
        let response = lee.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/zip");
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        assert!(bytes.starts_with(b"PK"));

        // A week later it is gone, and the request is over.
        world.clock.set(world.env.now().plus_days(8));
        let gone = fetched(&office, world, case, &at).await;
        assert!(matches!(gone, Err(Error::NotFound(_))), "{gone:?}");
        let app = office.web.app();
        assert!(
            jobs::run_once::<FolderMailer>(app, None, None, 30)
                .await
                .is_empty()
        );
        let requests = access_request::of_case(app, &lee_actor(&office, world), case).await;
        assert_eq!(requests.unwrap()[0].state, RequestState::Ended);
    }
);

both!(
    ne_04_a_request_by_an_alleged_perpetrator_tells_nothing_of_anybody_else,
    |world| {
        let office = office(world).await;
        // Both are known here. What she told names him; what is known of him says nothing of her.
        let hers = open(&office, "Amina", "Karl Voss found Zqmarkone.", "Zqmarktwo").await;
        let his = open(&office, "Karl Voss", "I need work.", "nothing told").await;
        let lee = proved(&office, "Lee").await;
        let marks = ["Zqmarkone", "Zqmarktwo", "Amina", &hers.to_string()];
        let at = asked(&lee, his, "person").await;
        everything(&lee, &at, "").await;
        let text = whole(&fetched(&office, world, his, &at).await.unwrap());
        assert!(text.contains("I need work"));
        for mark in marks {
            assert!(!text.contains(mark), "{mark} in {text}");
        }
        // Control: the same way of looking finds every mark in her own, but for the reference, which is in nobody's.
        let at = asked(&lee, hers, "person").await;
        everything(&lee, &at, "").await;
        let text = whole(&fetched(&office, world, hers, &at).await.unwrap());
        assert!(marks[..3].iter().all(|mark| text.contains(mark)), "{text}");
        // The words about what is withheld are there whether anything is or not: withheld, there is no gap to see.
        let withheld = "Some information may have been withheld";
        assert!(text.contains(withheld));
    }
);

both!(
    ne_12_a_parent_is_given_nothing_that_the_child_said_whatever_is_decided,
    |world| {
        let office = office(world).await;
        let child = open(&office, "Noor", "Zqmarkone hurt me.", "Zqmarktwo").await;
        let lee = proved(&office, "Lee").await;
        let at = asked(&lee, child, "parent").await;
        everything(&lee, &at, "").await;
        let text = whole(&fetched(&office, world, child, &at).await.unwrap());
        assert!(text.contains("Noor"));
        assert!(!text.contains("Zqmark"), "{text}");
        // Control: the child asks, and everything that was decided is given.
        let at = asked(&lee, child, "person").await;
        everything(&lee, &at, "").await;
        let text = whole(&fetched(&office, world, child, &at).await.unwrap());
        assert!(text.contains("Zqmarkone") && text.contains("Zqmarktwo"));
    }
);

both!(
    the_answer_that_tells_nothing_is_the_same_whatever_is_held,
    |world| {
        let office = office(world).await;
        let lee = proved(&office, "Lee").await;
        let neither = async || {
            let page = lee.get("/requests-to-see/neither").await.page;
            page.split_once("<main").unwrap().1.to_owned()
        };
        let before = neither().await;
        assert!(before.contains("neither confirm nor deny"));
        let case = open(&office, "Amina", "words", "why").await;
        asked(&lee, case, "person").await;
        assert_eq!(before, neither().await);
        // Control: a page that does look is another one now.
        assert!(
            lee.get("/requests-to-see")
                .await
                .page
                .contains(&case.to_string())
        );
    }
);

/// Where each column that holds something of a person is shown to whoever asks: table, column, kind of item.
const SHOWN: &[(&str, &str, ItemKind)] = &[
    ("child", "reason", ItemKind::Child),
    ("child", "safeguarding", ItemKind::Child),
    ("child", "state", ItemKind::Child),
    ("consent", "items", ItemKind::Consent),
    ("consent", "reasons", ItemKind::Consent),
    ("consent", "words", ItemKind::Consent),
    ("contact_point", "rules", ItemKind::Contact),
    ("contact_point", "value", ItemKind::Contact),
    ("duty_to_refer", "content", ItemKind::Referral),
    ("immediate_need", "account_control", ItemKind::RightNow),
    ("immediate_need", "answer", ItemKind::RightNow),
    ("immediate_need", "kind", ItemKind::RightNow),
    ("immediate_need", "note", ItemKind::RightNow),
    ("message", "appointment", ItemKind::Message),
    ("need", "kind", ItemKind::Need),
    ("need", "state", ItemKind::Need),
    ("person", "born", ItemKind::About),
    ("person", "details", ItemKind::About),
    ("person", "name", ItemKind::About),
    ("protective_link", "told", ItemKind::Apart),
    ("referral", "accepted", ItemKind::Referral),
    ("referral", "need", ItemKind::Referral),
    ("referral", "packet", ItemKind::Referral),
    ("referral", "told", ItemKind::Referral),
    ("referral_transition", "note", ItemKind::Referral),
    ("risk_assessment", "band", ItemKind::Risk),
    ("risk_assessment", "reason", ItemKind::Risk),
    ("statement", "words", ItemKind::Statement),
    ("unmet_need", "because", ItemKind::Need),
    ("unmet_need", "blocked", ItemKind::Need),
    ("unmet_need", "need", ItemKind::Need),
    ("case_event", "detail", ItemKind::Story),
];

/// And where it is not, why.
const NOT_SHOWN: &[(&str, &str, &str)] = &[
    ("access_request", "copy", "the copy itself"),
    (
        "access_request",
        "decisions",
        "how this very request is answered",
    ),
    (
        "access_request",
        "recipient",
        "how this very request is answered",
    ),
    ("account", "email", "of staff"),
    ("account", "email_index", "of staff"),
    ("account", "name", "of staff"),
    (
        "consent",
        "receipt",
        "they have it, and the receipt repeats what is shown as consent and request",
    ),
    (
        "conversation",
        "content",
        "the worker's own sheet while they talk, which nobody else can open: a gap, named in docs/SAFETY.md",
    ),
    ("draft", "body", "not sent yet: it lapses by itself"),
    (
        "erasure",
        "reason",
        "how their right is answered, told when it is",
    ),
    ("interest", "told", "of staff, about themselves"),
    ("interest_mark", "hash", "a keyed hash"),
    (
        "legal_hold",
        "reason",
        "how their right is answered, told when it is",
    ),
    ("partner_join", "contact_email", "of a partner"),
    ("partner_join", "contact_name", "of a partner"),
    ("passkey", "name", "of staff"),
    (
        "person",
        "contact_changed_at",
        "a time, in the story as what changed",
    ),
    ("person_index", "hash", "a keyed hash"),
    ("person_mark", "hash", "a keyed hash"),
    ("protective_link", "born_hash", "a keyed hash"),
    ("protective_link", "name_hash", "a keyed hash"),
    ("quarantine", "raw", "of a directory"),
    (
        "referral",
        "risk_band",
        "the band shown as a judgement, as it stood when it was sent",
    ),
    ("referral_address", "code_route", "of a service"),
    ("referral_address", "email", "of a service"),
    (
        "restriction",
        "reason",
        "whom the record is kept from: it may say who is on the staff",
    ),
    (
        "reveal",
        "words",
        "of the service that asked; who was shown what is on their own page",
    ),
    ("second_person", "reason", "of staff, about each other"),
    ("sign_in_link", "subject", "of staff"),
    ("sign_in_link", "who", "of staff"),
    (
        "support_case",
        "risk_band",
        "the newest judgement, which is shown",
    ),
    (
        "urgent_case",
        "reason",
        "of staff; who opened the record is on their own page",
    ),
    ("urgent_case", "words", "of staff"),
];

#[test]
fn every_column_that_holds_something_of_a_person_is_shown_to_whoever_asks_or_left_out_for_a_reason()
{
    let mut held: BTreeSet<(String, String)> = BTreeSet::new();
    for (table, columns) in throughline_store::schema::classes().unwrap() {
        for (column, class) in columns {
            if ["personal", "special-category"].contains(&class.as_str()) {
                held.insert((table.clone(), column));
            }
        }
    }
    let named = |table: &str, column: &str| (table.to_owned(), column.to_owned());
    let shown: BTreeSet<_> = SHOWN.iter().map(|(t, c, _)| named(t, c)).collect();
    let left: BTreeSet<_> = NOT_SHOWN.iter().map(|(t, c, _)| named(t, c)).collect();
    assert!(shown.is_disjoint(&left));
    assert_eq!(held, shown.union(&left).cloned().collect());
    assert_eq!(shown.len() + left.len(), SHOWN.len() + NOT_SHOWN.len());
}

both!(
    what_is_held_in_every_corner_is_in_the_copy_of_whoever_asks,
    |world| {
        let office = office(world).await;
        let case = open(&office, "Zqname", "Zqwords", "Zqrisk").await;
        let (app, una) = (office.web.app(), &office.people["Una"].actor());
        let now = world.env.now();
        let why = |words: &str| Reason::new(words).unwrap();
        let way = ContactSaid {
            channel: Channel::Post,
            verdict: Verdict::Safe,
            value: "Zqstreet 4".to_owned(),
            windows: vec![Window::new(Weekday::Monday, 9 * 60, 10 * 60).unwrap()],
            voicemail: false,
            answered_by: AnsweredBy::OnlyThem,
            neutral_only: true,
            shared_account: Answer::No,
            say: Some("Zqsay".to_owned()),
        };
        let contact = contact::add(app, una, case, &way).await.unwrap();
        let child = PersonSheet {
            chosen: "Zqchild".to_owned(),
            ..PersonSheet::default()
        };
        let own = case_now::child_add(app, una, case, &child).await.unwrap();
        let safe = Safeguarding::NotNeeded(why("Zqsafe"));
        let dee = office.people["Lee"].actor();
        case_now::child_decide(app, &dee, case, own, 1, &safe)
            .await
            .unwrap();
        let later = ImmediateAnswer::PutOff {
            reason: why("Zqlater"),
            until: now.plus_hours(2),
        };
        let said = Said {
            kind: ImmediateKind::Bed,
            answer: later,
            only_theirs: None,
            into_account: false,
            version: 0,
        };
        case_now::immediate_answer(app, una, case, &said)
            .await
            .unwrap();
        let other = OtherSheet {
            name: "Zqother".to_owned(),
            born: None,
            else_known: Some("Zqknown".to_owned()),
        };
        let link = NewLink {
            other: &other,
            role: RelationshipRole::AllegedPerpetrator,
            window: throughline_core::apart::Window::SAME_DAY,
        };
        apart::add(app, una, case, &link).await.unwrap();
        let slot = Slot {
            starts_at: now.plus_hours(48),
            minutes: 35,
        };
        appointment::book(app, una, case, NeutralTitle::Appointment, slot)
            .await
            .unwrap();
        let ask = MessageAsk {
            contact,
            artefact: Artefact::LetterAppointment,
            appointment: Some(now.plus_hours(48)),
        };
        message::ask(app, una, case, &ask).await.unwrap();
        let less = LessShared {
            with: Words::new("Zqschool").unwrap(),
            purpose: SharePurpose::Safety,
            how_much: HowMuch::Part,
            left_out: [PacketItem::Pets].into(),
            reason: why("Zqwhy"),
            if_not: why("Zqifnot"),
            told: ToldPerson::Told,
        };
        consent::share_less(app, una, case, &less).await.unwrap();
        let lee = proved(&office, "Lee").await;
        let at = asked(&lee, case, "person").await;
        everything(&lee, &at, "").await;
        let text = whole(&fetched(&office, world, case, &at).await.unwrap());
        for mark in [
            "Zqname",
            "Zqwords",
            "Zqrisk",
            "Zqstreet 4",
            "Zqsay",
            "Monday",
            "Zqchild",
            "Zqsafe",
            "Zqlater",
            "Zqother",
            "Zqknown",
            "35 minutes",
            "Zqschool",
            "Zqwhy",
            "Zqifnot",
            "Pets",
        ] {
            assert!(text.contains(mark), "{mark} is not in {text}");
        }
        for heading in [
            "A message to them",
            "An appointment",
            "What was not shared, or not wholly",
        ] {
            assert!(text.contains(heading), "{heading} is not in {text}");
        }
    }
);
