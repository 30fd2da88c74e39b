//! Nobody acts at all, on both databases: every request still reaches the top of its ladder, within the time of its policy, and is
//! never without an owner and a clock on the way.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::collections::BTreeMap;

use throughline_app::promises;
use throughline_app::referral_send;
use throughline_app::today::{self, Row, Target};
use throughline_core::clock::{ClockId, Urgency};
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::need::NeedType;
use throughline_core::pack::{Pack, Packs};
use throughline_core::risk::RiskBand;
use throughline_core::role::Role;
use throughline_core::task::Owner;
use throughline_core::time::At;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::NewAccount;
use throughline_testkit::both;

use crate::town::{Town, order, town};

/// How long it may take for the clocks, beside what the policy says: they are looked at once an hour here.
const LOOKS_HOURS: i64 = 8;

/// The safety lead of the site: sees all that climbs, and does nothing.
async fn lead(town: &Town) -> Actor {
    let coach = &town.coach;
    town.app
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let new = NewAccount {
                    organisation: coach.organisation,
                    site: coach.site,
                    role: Role::DaLead,
                    name: "Nobody acts",
                    email: "lead@example.org",
                    password: None,
                };
                w.account_create(&new).await
            })
        })
        .await
        .unwrap()
        .actor()
}

/// The last moment at which a request that was sent then must be at the top: silence, the next offer, and each rung after it.
fn latest(pack: &Pack, urgency: Urgency, sent_at: At) -> At {
    let silent = [ClockId::ReferralDelivery, ClockId::ReferralAnswer]
        .map(|clock| pack.due(clock, urgency, sent_at));
    let mut at = pack.due(ClockId::NextOffer, urgency, silent[0].max(silent[1]));
    let mut rung = Owner::CaseWorker;
    while rung != rung.climbs_to() {
        at = pack.due(ClockId::EscalationAcknowledge, urgency, at);
        rung = rung.climbs_to();
    }
    at.plus_hours(LOOKS_HOURS)
}

async fn climbing(town: &Town, lead: &Actor) -> Vec<Row> {
    today::lead(&town.app, lead).await.unwrap().climbing
}

both!(
    with_nobody_acting_every_request_reaches_the_top_of_its_ladder_within_policy_time,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let lead = lead(&town).await;
        let packs = Packs::embedded().unwrap();
        let sent_at = app.env().now();
        let pack = packs
            .in_force(Nation::England, sent_at.london_date())
            .unwrap();
        let mut until: BTreeMap<Ref, At> = BTreeMap::new();
        for (service, need) in [
            (town.inbox, NeedType::SafeAccommodation),
            (town.linked, NeedType::FoodAndEssentials),
            (town.listed, NeedType::Debt),
        ] {
            let order = order(town.case, service, need);
            let sent = referral_send::send(app, coach, &order).await.unwrap();
            let urgency = pack.urgency(need, RiskBand::NotAssessed);
            until.insert(sent.reference, latest(pack, urgency, sent_at));
        }
        let last = *until.values().max().unwrap();
        while !until.is_empty() {
            let now = app.env().now();
            assert!(now <= last, "these never reached the top: {until:?}");
            promises::run(app).await.unwrap();
            for row in climbing(&town, &lead).await {
                let Target::Referral(request) = row.target else {
                    continue;
                };
                assert!(row.due_at.is_some(), "without a clock: {row:?}");
                if row.turn == Owner::National
                    && let Some(latest) = until.remove(&request)
                {
                    assert!(now <= latest, "too late: {row:?}");
                }
            }
            world.clock.advance_seconds(3_600);
        }
        // The top stays at the top: it is told again and again, and nothing falls off.
        world.clock.advance_seconds(30 * 86_400);
        promises::run(app).await.unwrap();
        let top = climbing(&town, &lead).await;
        let at_the_top = top.iter().filter(|row| row.turn == Owner::National);
        assert!(at_the_top.count() >= 3, "{top:?}");
    }
);
