//! Whether there is room, said by a service's own people. On both databases.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop"
)]

use crate::town::{Town, town};
use throughline_app::Error;
use throughline_app::capacity::{say, services};
use throughline_app::directory_node::SearchKind;
use throughline_app::find::{Query, find};
use throughline_core::circumstances::Circumstances;
use throughline_core::code::Code as _;
use throughline_core::directory::Room;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_testkit::both;

/// The services found for debt, each with what is said of its room.
fn found(town: &Town) -> Vec<(Ref, Option<String>)> {
    let query = Query {
        told: Circumstances {
            needs: vec![NeedType::Debt],
            ..Circumstances::default()
        },
        ..Query::default()
    };
    let answer = find(&town.app, &query, SearchKind::Worker);
    let room = |fit: &&throughline_app::find::Fit| fit.rule.0 == "capacity";
    answer
        .results
        .iter()
        .map(|one| {
            let said = one.fit.iter().find(room);
            (one.service, said.map(|fit| fit.verdict.code().to_owned()))
        })
        .collect()
}

async fn says(town: &Town, room: Room, days: Option<u16>) {
    say(&town.app, &town.partner.actor(), town.inbox, room, days)
        .await
        .unwrap();
}

both!(what_a_service_says_of_its_room_is_found_at_once, |world| {
    let town = town(world).await;
    town.app.directory.refresh(&town.app.store).await.unwrap();
    let of = |town: &Town| found(town).into_iter().find(|(one, _)| *one == town.inbox);
    assert_eq!(of(&town), Some((town.inbox, None)), "nobody has said");
    says(&town, Room::Now, None).await;
    assert_eq!(of(&town), Some((town.inbox, Some("yes".to_owned()))));
    assert_eq!(found(&town)[0].0, town.inbox, "who has room comes first");
    says(&town, Room::Waiting, Some(14)).await;
    assert_eq!(of(&town), Some((town.inbox, Some("ask_person".to_owned()))));
    let own = services(&town.app, &town.partner.actor()).await.unwrap();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].entry.room.unwrap().wait_days, Some(14));
    says(&town, Room::Full, Some(14)).await;
    assert_eq!(of(&town), None, "nobody is sent where there is no room");
    let own = services(&town.app, &town.partner.actor()).await.unwrap();
    assert_eq!(own[0].entry.room.unwrap().wait_days, None);
    // After a week it is old: whoever looks is told to ask.
    world.clock.advance_seconds(8 * 86_400);
    assert_eq!(of(&town), Some((town.inbox, None)));
});

both!(nobody_else_says_whether_a_service_has_room, |world| {
    let town = town(world).await;
    for (actor, service) in [
        (town.coach.actor(), town.inbox),
        (town.partner.actor(), town.listed),
    ] {
        let refused = say(&town.app, &actor, service, Room::Full, None).await;
        assert!(matches!(refused, Err(Error::Denied(_))));
    }
});
