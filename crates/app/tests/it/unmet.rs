//! What nobody was asked for, in one press; and what the noes of services say of the directory. On both databases.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::town::{Town, order, town};
use throughline_app::directory::{self, Doubt, DoubtState};
use throughline_app::referral_answer::{self, Answer};
use throughline_app::unmet::{NotSent, Said, not_worth_sending};
use throughline_app::{Error, case, case_view, referral_send};
use throughline_core::circumstances::Circumstances;
use throughline_core::id::Ref;
use throughline_core::need::{NeedState, NeedType};
use throughline_core::referral::UnmetReason;
use throughline_store::referral::Via;
use throughline_testkit::both;

const NEED: NeedType = NeedType::Debt;

async fn tells(town: &Town) {
    let coach = town.coach.actor();
    town.app.directory.refresh(&town.app.store).await.unwrap();
    case::need_add(&town.app, &coach, town.case, NEED, true)
        .await
        .unwrap();
}

fn said(service: Option<Ref>) -> Said {
    Said {
        need: NEED,
        because: NotSent::NoRoom,
        service,
        told: Some(Circumstances {
            avoid_services: vec![Ref::from_bytes([1; 16])],
            ..Circumstances::default()
        }),
    }
}

async fn press(town: &Town, said: &Said) -> Result<(), Error> {
    not_worth_sending(&town.app, &town.coach.actor(), town.case, said).await
}

async fn shown(town: &Town) -> case_view::CaseView {
    case_view::read(&town.app, &town.coach.actor(), town.case)
        .await
        .unwrap()
}

/// What the only line of a kind in the story says.
fn line(view: &case_view::CaseView, kind: &str) -> serde_json::Value {
    let mut found = view.story.iter().filter(|told| told.line.kind == kind);
    let line = found.next().unwrap().line.detail.clone();
    assert!(found.next().is_none(), "one line");
    line
}

async fn asks(town: &Town, service: Ref) -> Ref {
    let order = order(town.case, service, NEED);
    referral_send::send(&town.app, &town.coach.actor(), &order)
        .await
        .unwrap()
        .reference
}

async fn says_no(town: &Town, request: Ref, reason: UnmetReason) {
    let actor = town.coach.actor();
    let view = throughline_app::referral::view(&town.app, &actor, request)
        .await
        .unwrap();
    let no = Answer::Decline {
        reason,
        words: Some("Rosewood House".to_owned()),
    };
    let seen = view.referral.version;
    referral_answer::record_answer(&town.app, &actor, request, seen, &no, Via::Phone)
        .await
        .unwrap();
}

async fn doubts(town: &Town) -> Vec<Doubt> {
    directory::queue(&town.app, &town.stewards[0])
        .await
        .unwrap()
        .doubts
}

both!(
    one_press_keeps_an_unmet_need_with_why_and_with_what_was_found,
    |world| {
        let town = town(world).await;
        tells(&town).await;
        press(&town, &said(None)).await.unwrap();
        let view = shown(&town).await;
        let need = view.needs.iter().find(|need| need.kind == NEED).unwrap();
        assert_eq!(need.state, NeedState::NotWorthSending);
        assert_eq!(view.unmet.len(), 1);
        assert_eq!(view.unmet[0].because, NotSent::NoRoom);
        assert_eq!(view.unmet[0].service, None);
        assert_eq!(view.unmet[0].blocked.found, 3, "three services do this");
        let line = &line(&view, "need_moved");
        assert_eq!(line["because"], "no_room");
        // A second press says nothing new, and changes nothing.
        assert!(matches!(
            press(&town, &said(None)).await,
            Err(Error::Invalid { .. })
        ));
        assert_eq!(shown(&town).await.unmet.len(), 1);
    }
);

both!(
    telling_it_again_is_counted_and_stands_in_the_story,
    |world| {
        let town = town(world).await;
        let coach = &town.coach.actor();
        assert_eq!(shown(&town).await.asked_again, 0);
        for _ in 0..2 {
            case::asked_again(&town.app, coach, town.case)
                .await
                .unwrap();
        }
        let view = shown(&town).await;
        assert_eq!(view.asked_again, 2);
        let told = view.story.iter().filter(|it| it.line.kind == "asked_again");
        assert_eq!(told.count(), 2);
        let stranger = case::asked_again(&town.app, &town.partner.actor(), town.case).await;
        assert!(matches!(stranger, Err(Error::Denied(_))));
    }
);

both!(
    one_service_is_left_out_without_the_need_being_given_up,
    |world| {
        let town = town(world).await;
        tells(&town).await;
        press(&town, &said(Some(town.linked))).await.unwrap();
        let view = shown(&town).await;
        let need = view.needs.iter().find(|need| need.kind == NEED).unwrap();
        assert_eq!(need.state, NeedState::Told);
        assert!(view.unmet[0].service.is_some());
        let line = &line(&view, "not_asked");
        assert_eq!(line["service"], "Quayside Women's Centre");
    }
);

both!(
    nothing_is_unmet_while_somebody_is_asked_or_of_a_need_nobody_told,
    |world| {
        let town = town(world).await;
        let press_now = press(&town, &said(None)).await;
        assert!(matches!(press_now, Err(Error::Invalid { .. })), "not told");
        tells(&town).await;
        asks(&town, town.inbox).await;
        let press_now = press(&town, &said(None)).await;
        assert!(matches!(press_now, Err(Error::Invalid { .. })), "asked");
        assert!(shown(&town).await.unmet.is_empty());
        let stranger = &town.partner.actor();
        let denied = not_worth_sending(&town.app, stranger, town.case, &said(None)).await;
        assert!(matches!(denied, Err(Error::Denied(_))));
    }
);

both!(
    a_no_about_whom_a_service_takes_asks_the_steward_to_see_its_entry,
    |world| {
        let town = town(world).await;
        tells(&town).await;
        let first = asks(&town, town.listed).await;
        says_no(&town, first, UnmetReason::NoCapacityOrNoSpace).await;
        assert!(doubts(&town).await.is_empty(), "full today says nothing");
        for _ in 0..2 {
            let request = asks(&town, town.listed).await;
            says_no(&town, request, UnmetReason::LargePet).await;
        }
        let found = doubts(&town).await;
        assert_eq!(found.len(), 1, "one row, however often");
        assert_eq!(
            (found[0].reason, found[0].times),
            (UnmetReason::LargePet, 2)
        );
        assert_eq!(found[0].service_reference, town.listed);
        let held = format!("{found:?}");
        assert!(!held.contains("Rosewood"), "nothing that was said: {held}");
        // Only a steward decides, and once.
        let decide =
            |actor, state| directory::decide_doubt(&town.app, actor, found[0].reference, state);
        let coach = &town.coach.actor();
        let denied = decide(coach, DoubtState::Left).await;
        assert!(matches!(denied, Err(Error::Denied(_))));
        decide(&town.stewards[0], DoubtState::Left).await.unwrap();
        let late = decide(&town.stewards[1], DoubtState::PutRight).await;
        assert!(matches!(late, Err(Error::Conflict)));
        // What was left is not asked again at once, and is asked again after a while.
        let request = asks(&town, town.listed).await;
        says_no(&town, request, UnmetReason::LargePet).await;
        assert!(doubts(&town).await.is_empty());
        world.clock.advance_seconds(91 * 86_400);
        case::need_add(&town.app, coach, town.case, NEED, true)
            .await
            .unwrap();
        let request = asks(&town, town.listed).await;
        says_no(&town, request, UnmetReason::LargePet).await;
        assert_eq!(doubts(&town).await.len(), 1);
    }
);

both!(
    an_entry_that_was_put_right_and_is_still_wrong_comes_back,
    |world| {
        let town = town(world).await;
        tells(&town).await;
        let request = asks(&town, town.listed).await;
        says_no(&town, request, UnmetReason::NotOurWork).await;
        let found = doubts(&town).await;
        let steward = &town.stewards[0];
        directory::decide_doubt(&town.app, steward, found[0].reference, DoubtState::PutRight)
            .await
            .unwrap();
        assert!(doubts(&town).await.is_empty());
        let request = asks(&town, town.listed).await;
        says_no(&town, request, UnmetReason::NotOurWork).await;
        assert_eq!(doubts(&town).await[0].times, 1);
    }
);
