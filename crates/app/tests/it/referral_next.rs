//! The next option after a no or a silence, on both databases: named by the one finder, never one that was asked for it already.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::collections::BTreeSet;

use crate::town::{Town, order, town};
use jiff::civil::date;
use throughline_app::Error;
use throughline_app::referral_answer::{self, Answer};
use throughline_app::referral_next::{self, Before, of_service};
use throughline_app::referral_send;
use throughline_app::{case, case_now, referral_clock};
use throughline_core::circumstances::Child;
use throughline_core::consent::PacketItem;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::referral::{Asked, UnmetReason};
use throughline_store::person::PersonSheet;
use throughline_store::referral::Via;
use throughline_testkit::both;

async fn asks(town: &Town, service: Ref, need: NeedType) -> Result<Ref, Error> {
    let mut order = order(town.case, service, need);
    order.items.insert(PacketItem::Statement.into());
    referral_send::send(&town.app, &town.coach.actor(), &order)
        .await
        .map(|sent| sent.reference)
}

async fn says_no(town: &Town, request: Ref) {
    let actor = town.coach.actor();
    let view = throughline_app::referral::view(&town.app, &actor, request)
        .await
        .unwrap();
    let no = Answer::Decline {
        reason: UnmetReason::NoCapacityOrNoSpace,
        words: None,
    };
    let seen = view.referral.version;
    referral_answer::record_answer(&town.app, &actor, request, seen, &no, Via::Phone)
        .await
        .unwrap();
}

/// The alternatives that are named, and whether one is sure.
async fn named(town: &Town, request: Ref) -> (BTreeSet<Ref>, bool) {
    let next = referral_next::alternatives(&town.app, &town.coach.actor(), request)
        .await
        .unwrap();
    let found = next.found.iter().map(|found| found.service).collect();
    (found, next.sure)
}

async fn before(town: &Town) -> Vec<Before> {
    referral_next::begun(&town.app, &town.coach.actor(), town.case)
        .await
        .unwrap()
        .before
}

async fn refreshed(town: &Town) {
    town.app.directory.refresh(&town.app.store).await.unwrap();
}

both!(
    ne_22_after_a_no_other_services_are_named_until_there_is_none,
    |world| {
        let town = town(world).await;
        refreshed(&town).await;
        let first = asks(&town, town.inbox, NeedType::Debt).await.unwrap();
        says_no(&town, first).await;
        let others = BTreeSet::from([town.linked, town.listed]);
        assert_eq!(named(&town, first).await, (others, true));
        // One that has a request already is no alternative either.
        let second = asks(&town, town.linked, NeedType::Debt).await.unwrap();
        let left = BTreeSet::from([town.listed]);
        assert_eq!(named(&town, first).await, (left, true));
        let third = asks(&town, town.listed, NeedType::Debt).await.unwrap();
        says_no(&town, third).await;
        for request in [first, second, third] {
            assert_eq!(named(&town, request).await, (BTreeSet::new(), false));
        }
    }
);

both!(after_silence_other_services_are_named, |world| {
    let town = town(world).await;
    refreshed(&town).await;
    let silent = asks(&town, town.linked, NeedType::Debt).await.unwrap();
    for _ in 0..5 {
        world.clock.advance_seconds(5 * 86_400);
        referral_clock::time_out_due(&town.app, 50).await.unwrap();
    }
    let before = before(&town).await;
    assert_eq!(
        before[0].came,
        Asked::Waiting,
        "silence is still an open request"
    );
    let others = BTreeSet::from([town.inbox, town.listed]);
    assert_eq!(named(&town, silent).await, (others, true));
});

both!(
    what_came_of_asking_is_told_with_its_day_and_an_open_request_first,
    |world| {
        let town = town(world).await;
        let sent_at = world.env.now();
        let first = asks(&town, town.inbox, NeedType::Debt).await.unwrap();
        world.clock.advance_seconds(3 * 86_400);
        says_no(&town, first).await;
        let no = Before {
            service: town.inbox,
            request: first,
            need: NeedType::Debt,
            came: Asked::No,
            at: world.env.now(),
        };
        assert_eq!(before(&town).await, std::slice::from_ref(&no));
        assert!(no.at > sent_at, "the day of the no, not of the asking");
        assert!(no.matters_for(&[NeedType::Debt]) && no.matters_for(&[]));
        assert!(
            !no.matters_for(&[NeedType::Employment]),
            "a no to one need says nothing of another"
        );
        // Asked again after its no, for another need: the open request stands before what is over, whatever is looked for.
        let again = asks(&town, town.inbox, NeedType::MoneyToday).await.unwrap();
        let all = before(&town).await;
        for needs in [vec![], vec![NeedType::Debt], vec![NeedType::Employment]] {
            let said = of_service(&all, town.inbox, &needs).unwrap();
            assert_eq!((said.request, said.came), (again, Asked::Waiting));
        }
        assert_eq!(of_service(&all, town.linked, &[]), None);
        let twice = asks(&town, town.inbox, NeedType::Debt).await;
        assert!(matches!(
            twice,
            Err(Error::Invalid {
                problem: "refer-already-asked",
                ..
            })
        ));
    }
);

both!(
    the_finder_begins_with_what_is_known_and_for_nobody_else,
    |world| {
        let town = town(world).await;
        let actor = town.coach.actor();
        let begun = referral_next::begun(&town.app, &actor, town.case)
            .await
            .unwrap();
        let born = date(1990, 2, 3);
        let years = born
            .until((jiff::Unit::Year, world.env.now().london_date()))
            .unwrap()
            .get_years();
        assert_eq!(begun.age.map(i16::from), Some(years));
        assert_eq!((begun.needs, begun.children), (vec![], None));
        for (need, told) in [(NeedType::Debt, true), (NeedType::Employment, false)] {
            case::need_add(&town.app, &actor, town.case, need, told)
                .await
                .unwrap();
        }
        for born in [Some("2020-01-01".to_owned()), None] {
            let sheet = PersonSheet {
                chosen: "Sam".into(),
                given: None,
                family: None,
                born,
                age_band: None,
                language: None,
                interpreter: None,
                access: vec![],
            };
            case_now::child_add(&town.app, &actor, town.case, &sheet)
                .await
                .unwrap();
        }
        let begun = referral_next::begun(&town.app, &actor, town.case)
            .await
            .unwrap();
        assert_eq!(
            begun.needs,
            [NeedType::Debt],
            "a sign alone looks for nobody"
        );
        let mut ages: Vec<Option<u8>> = begun
            .children
            .unwrap()
            .iter()
            .map(|child: &Child| child.age)
            .collect();
        ages.sort_unstable();
        assert!(matches!(ages[..], [None, Some(_)]), "{ages:?}");
        for stranger in [town.partner.actor(), town.stewards[0].clone()] {
            let begun = referral_next::begun(&town.app, &stranger, town.case).await;
            assert!(matches!(begun, Err(Error::Denied(_))), "{stranger:?}");
        }
    }
);
