//! Who has looked at a person's record, on both databases: whole, by list and by search too, and in pages.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::town::{Town, town};
use throughline_app::case;
use throughline_app::case_view::{self, LookBy, Looks};
use throughline_app::today;
use throughline_core::role::Role;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::NewAccount;
use throughline_testkit::both;

/// A lead of the site.
async fn lead(town: &Town) -> Actor {
    let new = &NewAccount {
        organisation: town.coach.organisation,
        site: town.coach.site,
        role: Role::DaLead,
        name: "Dee",
        email: "dee@example.org",
        password: None,
    };
    town.app
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move { w.account_create(new).await })
        })
        .await
        .unwrap()
        .actor()
}

async fn looks(town: &Town, page: u64) -> Looks {
    case_view::lookers(&town.app, &town.coach.actor(), town.case, page)
        .await
        .unwrap()
}

/// How often this account saw the person on a list or found them, as "who has looked" tells it.
async fn listed(town: &Town, who: &Actor) -> usize {
    let by = LookBy::Account(who.account().unwrap());
    let looks = looks(town, 1).await.looks;
    let theirs = |one: &&case_view::Looked| one.look.on_list && one.look.by == by;
    looks.iter().filter(theirs).count()
}

both!(
    who_saw_somebody_on_a_list_or_found_them_is_among_those_who_looked,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let lead = &lead(&town).await;
        assert_eq!(listed(&town, lead).await, 0);
        // Each way of seeing a name without opening a record, one after the other.
        case::caseload(app, lead, 1).await.unwrap();
        assert_eq!(listed(&town, lead).await, 1);
        today::lead(app, lead).await.unwrap();
        assert_eq!(listed(&town, lead).await, 2);
        today::worker(app, lead).await.unwrap();
        assert_eq!(listed(&town, lead).await, 3);
        let name = case_view::read(app, coach, town.case).await.unwrap();
        let name = name.case.sheet.chosen;
        let before = listed(&town, coach).await;
        case::find(app, coach, &name, None).await.unwrap();
        assert_eq!(listed(&town, coach).await, before + 1);
        // The control: who was not found was not looked at.
        let none = case::find(app, coach, "Zebedee", None).await.unwrap();
        assert!(none.is_empty());
        assert_eq!(listed(&town, coach).await, before + 1);
    }
);

both!(
    who_has_looked_is_told_in_pages_and_never_cut_short,
    |world| {
        let town = town(world).await;
        let lead = &lead(&town).await;
        for _ in 0..101 {
            case_view::read(&town.app, lead, town.case).await.unwrap();
            case::caseload(&town.app, lead, 1).await.unwrap();
        }
        let first = looks(&town, 1).await;
        assert!(first.pages > 1 && first.all >= 202, "{}", first.all);
        let (mut told, mut times) = (0, Vec::new());
        for page in 1..=first.pages {
            let one = looks(&town, page).await;
            assert_eq!(one.page, page);
            told += one.looks.len();
            times.extend(one.looks.iter().map(|look| look.look.at));
        }
        // Turning a page is a look as well: what a later page holds has moved on by those before it.
        assert!(u64::try_from(told).unwrap() >= first.all, "{told}");
        assert!(times.is_sorted_by(|newer, older| newer >= older));
        let beyond = looks(&town, 99).await;
        assert_eq!(beyond.page, beyond.pages);
    }
);
