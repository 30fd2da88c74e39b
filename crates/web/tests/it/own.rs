//! The person's own page (decision 0021), without a script, on both databases: what it opens to, what ends it, what it can do, and
//! that it is to the byte the same whatever it may not hold (C1, C2, C4).

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::pages::{Browser, Places, encode, nobody, places, signed_in};
use crate::town;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use throughline_app::closed::{self, Change};
use throughline_app::own::{self, PHRASE_TRIES};
use throughline_app::partner;
use throughline_app::referral;
use throughline_app::referral_send;
use throughline_app::{apart, case, case_now, case_view, consent, contact};
use throughline_core::apart::Window;
use throughline_core::artefact::Lang;
use throughline_core::consent::{
    Art9Condition, HowAgreed, HowMuch, LessShared, PacketItem, ShareBasis, SharePurpose, ToldPerson,
};
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::people::RelationshipRole;
use throughline_core::reason::{Reason, Words};
use throughline_core::risk::RiskBand;
use throughline_core::task::TaskKind;
use throughline_policy::Actor;
use throughline_store::apart::{NewLink, OtherSheet};
use throughline_store::person::PersonSheet;
use throughline_testkit::actor::proved;
use throughline_testkit::both;

const MINUTE: i64 = 60;

struct Link {
    path: String,
    words: String,
}

async fn give(places: &Places) -> Link {
    let coach = places.coach.actor();
    let told = own::give(&places.app, &coach, places.case, Lang::English)
        .await
        .unwrap();
    let at = told.address.find("/m/").unwrap();
    Link {
        path: told.address[at..].to_owned(),
        words: told.words,
    }
}

async fn send(places: &Places, need: NeedType) -> Ref {
    send_to(places, places.inbox, need, None).await
}

async fn send_to(places: &Places, to: Ref, need: NeedType, basis: Option<ShareBasis>) -> Ref {
    let mut order = town::order(places.case, to, need);
    order.items = [
        PacketItem::ChosenName,
        PacketItem::Language,
        PacketItem::Urgency,
    ]
    .map(Into::into)
    .into();
    order.reasons = Some(Reason::new("Zanzibar was said at the door.").unwrap());
    if let Some(basis) = basis {
        order.basis = basis;
        order.how = HowAgreed::NotAskedUnsafe;
        order.art9 = Some(Art9Condition::HealthOrSocialCare);
    }
    referral_send::send(&places.app, &places.coach.actor(), &order)
        .await
        .unwrap()
        .reference
}

/// Sends a form to the person's page; gives the whole answer.
async fn press(who: &Browser, link: &Link, fields: &[(&str, &str)]) -> (StatusCode, String) {
    let body: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    let request = Request::post(&link.path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body.join("&")))
        .unwrap();
    let (status, _, page) = who.ask(request).await;
    (status, page)
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap_or_else(|| panic!("no {name} in {page}"));
    rest.split('"').next().unwrap().to_owned()
}

async fn enter(who: &Browser, link: &Link) -> String {
    let (status, page) = press(who, link, &[("words", &link.words)]).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page
}

/// Every page of a visit, in which nothing of the visit's own secret is left.
async fn every_page(who: &Browser, link: &Link) -> Vec<String> {
    let list = enter(who, link).await;
    let seat = hidden(&list, "seat");
    let what = hidden(&list, "what");
    let mut pages = vec![list];
    for go in ["agreed", "one", "looks", "receipt", "less"] {
        let fields = [("seat", &*seat), ("go", go), ("what", &*what)];
        pages.push(press(who, link, &fields).await.1);
    }
    pages
        .iter()
        .map(|page| page.replace(&seat, "SEAT"))
        .collect()
}

both!(
    c1_c2_their_own_page_is_to_the_byte_the_same_whatever_it_may_not_hold,
    |world| {
        let places = places(world).await;
        let (app, coach) = (&*places.app, &places.coach.actor());
        send(&places, NeedType::Debt).await;
        let (who, worker) = (nobody(&places), signed_in(&places, &places.coach).await);
        let link = give(&places).await;
        let workers = format!("/cases/{}", places.case);
        // The person looked once before: their own line stands on both.
        every_page(&who, &link).await;
        let before = every_page(&who, &link).await;
        let control = worker.get(&workers).await.1;
        for words in ["Amina", "What they may read"] {
            let found = before.iter().any(|page| page.contains(words));
            assert_eq!(found, words != "Amina", "{words}");
        }

        // Everything that is not theirs to see on a screen that somebody may make them open.
        let reason = Reason::new("Zanzibar: he asked the neighbours.").unwrap();
        apart::add(
            app,
            coach,
            places.case,
            &NewLink {
                other: &OtherSheet {
                    name: "Zanzibar Mann".into(),
                    else_known: None,
                    born: None,
                },
                role: RelationshipRole::AllegedPerpetrator,
                window: Window::SAME_DAY,
            },
        )
        .await
        .unwrap();
        case_now::risk_judge(app, coach, places.case, RiskBand::High, &reason, false)
            .await
            .unwrap();
        let child = PersonSheet {
            chosen: "Zanzibar".into(),
            given: None,
            family: None,
            born: Some("2020-02-03".into()),
            age_band: None,
            language: None,
            interpreter: None,
            access: vec![],
        };
        case_now::child_add(app, coach, places.case, &child)
            .await
            .unwrap();
        for need in [NeedType::ImmediateDanger, NeedType::SubstanceUse] {
            case::need_add(app, coach, places.case, need, false)
                .await
                .unwrap();
        }
        let with = Words::new("Zanzibar School").unwrap();
        let less = LessShared {
            with,
            purpose: SharePurpose::Safety,
            how_much: HowMuch::Nothing,
            left_out: [].into(),
            reason: reason.clone(),
            if_not: reason.clone(),
            told: ToldPerson::NotSafe,
        };
        consent::share_less(app, coach, places.case, &less)
            .await
            .unwrap();
        let other = Some(ShareBasis::LegitimateInterests);
        let unasked = send_to(&places, places.linked, NeedType::ImmediateDanger, other).await;
        let view = referral::view(app, coach, unasked).await.unwrap();
        let service = Actor::LinkHolder {
            referral: view.referral.id,
            organisation: view.referral.to,
            code_given_at: world.env.now(),
        };
        partner::open(app, &service, unasked).await.unwrap();

        let after = every_page(&who, &link).await;
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before, after);
            assert!(!after.contains("Zanzibar"), "{after}");
        }
        // The control: the same comparison of a page that does hold them.
        assert_ne!(control, worker.get(&workers).await.1);
    }
);

both!(
    their_own_link_ends_as_an_address_that_does_not_exist,
    |world| {
        let places = places(world).await;
        let (app, coach) = (&*places.app, &places.coach.actor());
        let who = nobody(&places);
        let unknown = who.get(&format!("/m/{}", "A".repeat(43))).await;
        assert_eq!(unknown.0, StatusCode::NOT_FOUND);
        for end in [
            "72 hours",
            "ten wrong",
            "newer",
            "worker",
            "moved",
            "closed",
        ] {
            let link = give(&places).await;
            // The control: until then it opens, with its words.
            let (status, page) = who.get(&link.path).await;
            assert_eq!(status, StatusCode::OK, "{end}");
            assert!(!page.contains(&link.words) && !page.contains("Amina"));
            let seat = hidden(&enter(&who, &link).await, "seat");
            match end {
                "72 hours" => world.clock.advance_seconds(own::LINK_SECONDS),
                "ten wrong" => {
                    for _ in 1..PHRASE_TRIES {
                        let wrong = press(&who, &link, &[("words", "not these words")]).await;
                        assert_eq!(wrong.0, StatusCode::UNPROCESSABLE_ENTITY);
                        assert!(!wrong.1.contains("not these words"), "{}", wrong.1);
                    }
                    let tenth = press(&who, &link, &[("words", "not these words")]).await;
                    assert_eq!(tenth, unknown);
                }
                "newer" => drop(give(&places).await),
                "worker" => own::end(app, coach, places.case).await.unwrap(),
                "moved" => {
                    let now = world.env.now();
                    contact::change_of_address_or_separation(app, coach, places.case, now)
                        .await
                        .unwrap();
                }
                _ => {
                    for task in tasks(&places).await {
                        let done = throughline_store::task::TaskOutcome::Done;
                        throughline_app::today::task_finish(app, coach, task.reference, done)
                            .await
                            .unwrap();
                    }
                    case_now::children_answer(
                        app,
                        coach,
                        places.case,
                        throughline_core::closing::AreThereChildren::None,
                    )
                    .await
                    .unwrap();
                    let why = Reason::new("Nothing tells of it.").unwrap();
                    case_now::risk_judge(app, coach, places.case, RiskBand::Standard, &why, false)
                        .await
                        .unwrap();
                    let view = case_view::read(app, coach, places.case).await.unwrap();
                    let closed = case::close(app, coach, places.case, view.case.version).await;
                    assert_eq!(closed.unwrap(), case::Closing::Closed);
                }
            }
            assert_eq!(who.get(&link.path).await, unknown, "{end}");
            let words = press(&who, &link, &[("words", &link.words)]).await;
            assert_eq!(words, unknown, "{end}");
            let (status, page) = press(&who, &link, &[("seat", &seat), ("go", "agreed")]).await;
            assert_eq!(status, StatusCode::SEE_OTHER, "{end}");
            assert_eq!(page, "", "{end}");
        }
    }
);

async fn tasks(places: &Places) -> Vec<throughline_store::task::Task> {
    places
        .app
        .store
        .work(&places.coach.actor(), town::HELP, |w| {
            Box::pin(async move { w.tasks(&w.scope(), 50).await })
        })
        .await
        .unwrap()
}

both!(
    a_visit_ends_when_nobody_has_touched_it_for_ten_minutes_or_another_begins,
    |world| {
        let places = places(world).await;
        let who = nobody(&places);
        let link = give(&places).await;
        let seat = hidden(&enter(&who, &link).await, "seat");
        let stay = [("seat", &*seat), ("go", "looks")];
        for _ in 0..3 {
            world.clock.advance_seconds(10 * MINUTE - 1);
            assert_eq!(press(&who, &link, &stay).await.0, StatusCode::OK);
        }
        world.clock.advance_seconds(10 * MINUTE);
        assert_eq!(press(&who, &link, &stay).await.0, StatusCode::SEE_OTHER);

        let first = hidden(&enter(&who, &link).await, "seat");
        let second = hidden(&enter(&who, &link).await, "seat");
        for (seat, open) in [(&first, false), (&second, true)] {
            let (status, _) = press(&who, &link, &[("seat", seat), ("go", "agreed")]).await;
            assert_eq!(status == StatusCode::OK, open);
        }
        let left = press(&who, &link, &[("seat", &second), ("go", "leave")]).await;
        assert_eq!(left.0, StatusCode::OK);
        let (status, _) = press(&who, &link, &[("seat", &second), ("go", "agreed")]).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "it was closed");
    }
);

both!(
    c4_what_the_person_strikes_or_takes_back_by_themselves_ends_at_once_and_their_worker_hears_of_it,
    |world| {
        let places = places(world).await;
        let app = &*places.app;
        let request = send(&places, NeedType::Debt).await;
        let read = || async { partner::open(app, &places.partner.actor(), request).await };
        let packet = read().await.unwrap().packet.unwrap();
        assert!(packet.holds(PacketItem::Urgency), "the control");
        // That the record is kept to named viewers is nothing to the person themselves.
        let keep = Change::Keep(Reason::new("A colleague knows the family.").unwrap());
        let lead = proved(places.coach.actor(), world.env.now());
        closed::change(app, &lead, places.case, &keep).await.unwrap();
        world.clock.advance_seconds(MINUTE);

        let who = nobody(&places);
        let link = give(&places).await;
        let list = enter(&who, &link).await;
        let (seat, what) = (hidden(&list, "seat"), hidden(&list, "what"));
        let go = |go: &'static str, what: &str| {
            vec![("seat", seat.clone()), ("go", go.to_owned()), ("what", what.to_owned())]
        };
        let sent = |fields: Vec<(&'static str, String)>| {
            let (who, link) = (&who, &link);
            async move {
                let fields: Vec<(&str, &str)> =
                    fields.iter().map(|(name, value)| (*name, &**value)).collect();
                press(who, link, &fields).await
            }
        };
        let (status, page) = sent(go("less", &what)).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
        let mut strike = go("less", &what);
        strike.push(("line", "urgency".to_owned()));
        let (status, list) = sent(strike.clone()).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        let packet = read().await.unwrap().packet.unwrap();
        assert!(!packet.holds(PacketItem::Urgency) && packet.holds(PacketItem::ChosenName));
        let kinds: Vec<TaskKind> = tasks(&places).await.iter().map(|task| task.kind).collect();
        let told = |kind: &&TaskKind| **kind == TaskKind::SeeWhatTheyChanged;
        assert_eq!(kinds.iter().filter(told).count(), 1, "{kinds:?}");
        // The same form again changes nothing, and says so.
        let (status, page) = sent(strike).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("in the meantime"), "{page}");
        let (_, receipt) = sent(go("receipt", &what)).await;
        assert!(receipt.contains("What they can still read"), "{receipt}");

        let left = hidden(&list, "what");
        let (status, page) = sent(go("back", &left)).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let gone = read().await;
        assert!(gone.is_err() || gone.is_ok_and(|view| view.packet.is_none()));
        let (_, receipt) = sent(go("receipt", &left)).await;
        assert!(receipt.contains("cannot be unread"), "{receipt}");
        let looks = case_view::lookers(app, &places.coach.actor(), places.case, 1)
            .await
            .unwrap();
        let own = looks.looks.iter().any(|one| one.look.by == case_view::LookBy::Person);
        assert!(own, "that they were there is on record");
    }
);

both!(
    a_service_whose_name_would_tell_is_not_named_on_their_own_page,
    |world| {
        let places = places(world).await;
        let who = nobody(&places);
        let link = give(&places).await;
        send(&places, NeedType::Debt).await;
        send_to(&places, places.linked, NeedType::SafeAccommodation, None).await;
        let page = enter(&who, &link).await;
        let coach = &places.coach.actor();
        let view = case_view::read(&places.app, coach, places.case)
            .await
            .unwrap();
        for (referral, name) in view.referrals {
            // The control: the other one is named.
            let named = referral.need == NeedType::Debt;
            assert_eq!(page.contains(&name), named, "{name} in {page}");
        }
        assert!(page.contains("A service you agreed to"));
    }
);
