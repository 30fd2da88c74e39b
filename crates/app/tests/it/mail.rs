//! Who is written to in which language, on both databases.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::town::{Town, listing, lists, open_case, order, send, town};
use throughline_app::address;
use throughline_app::mail::{Letter, Mailer, NotSent};
use throughline_app::outbox::dispatch_once;
use throughline_app::referral_send;
use throughline_core::directory::{Entry, Location, Place, Provision, ServiceArea};
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::need::NeedType;
use throughline_core::role::Role;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::NewAccount;
use throughline_testkit::both;

/// What left, by its address.
#[derive(Default)]
struct Post(Mutex<BTreeMap<String, String>>);

impl Mailer for Post {
    async fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        let whole = letter.release.text().whole();
        self.0
            .lock()
            .unwrap()
            .insert(letter.release.to().to_owned(), whole);
        Ok(())
    }
}

/// A colleague of the partner's at a site in Wales.
async fn colleague_in_wales(town: &Town) {
    let organisation = &town.partner.organisation;
    town.app
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let site = w
                    .site_create(*organisation, "Glan-yr-afon", None, Nation::Wales, true)
                    .await?;
                let new = NewAccount {
                    organisation: *organisation,
                    site: Some(site.id),
                    role: Role::PartnerWorker,
                    name: "Rhywun",
                    email: "tri@harbour.example",
                    password: None,
                };
                w.account_create(&new).await
            })
        })
        .await
        .unwrap();
}

/// A service that says where it works, and nothing else about whom it is for.
fn service_in(id: &str, areas: &[&str], postcode: Option<&str>) -> Entry {
    let mut entry = listing(id, "Cymorth").entry;
    entry.service_areas = areas
        .iter()
        .map(|name| ServiceArea {
            name: (*name).to_owned(),
            code: None,
        })
        .collect();
    if let Some(postcode) = postcode {
        let here = Location {
            postcode: Some(postcode.to_owned()),
            ..Location::default()
        };
        let place = Place::Public {
            locations: vec![here],
            schedules: Vec::new(),
        };
        entry.provision = Provision::new(Vec::new(), place).unwrap();
    }
    entry
}

/// Two stewards agree where its mail goes.
async fn reached_at(town: &Town, service: Ref, email: &str) {
    let [one, two] = &town.stewards;
    let proposal = address::Proposal {
        email,
        code_route: "Ring the desk",
        called_back: true,
    };
    let found = address::propose(&town.app, one, service, &proposal)
        .await
        .unwrap();
    address::confirm(&town.app, two, service, found)
        .await
        .unwrap();
}

/// Somebody at a site of this nation asks a service for the first time, before anybody knows where its mail goes.
async fn asked_from(town: &Town, nation: Nation, service: Ref) {
    let organisation = &town.coach.organisation;
    let coach = town
        .app
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let site = w
                    .site_create(*organisation, "Elsewhere", None, nation, true)
                    .await?;
                let new = NewAccount {
                    organisation: *organisation,
                    site: Some(site.id),
                    role: Role::WorkCoach,
                    name: "Bea",
                    email: "bea@example.org",
                    password: None,
                };
                w.account_create(&new).await
            })
        })
        .await
        .unwrap();
    let case = open_case(&town.app.store, &coach).await;
    let order = order(case, service, NeedType::Debt);
    referral_send::send(&town.app, &coach.actor(), &order)
        .await
        .unwrap();
}

both!(
    who_works_in_wales_is_written_to_in_welsh_and_then_in_english_and_nobody_else_is,
    |world| {
        let town = town(world).await;
        colleague_in_wales(&town).await;
        let wales = lists(&town, service_in("4", &["Cardiff"], None)).await;
        reached_at(&town, wales, "ceisiadau@glannau.example").await;
        for service in [town.inbox, town.linked, wales] {
            send(&town, service).await;
        }
        let post = Post::default();
        dispatch_once(&town.app, &post, "one").await.unwrap();
        let letters = post.0.into_inner().unwrap();
        let to = |address: &str| letters.get(address).unwrap().as_str();
        assert_eq!(
            to("one@harbour.example"),
            "You have something to do\nSign in to see it."
        );
        assert_eq!(
            to("tri@harbour.example"),
            "Mae gennych rywbeth i’w wneud / You have something to do\nMewngofnodwch i’w weld.\n\nSign in to see it."
        );
        assert!(
            to("referrals@quayside.example").starts_with("One request\nYou have one request.\n")
        );
        let both = to("ceisiadau@glannau.example");
        let (welsh, english) = both.split_once("\n\n").unwrap();
        assert!(
            welsh.starts_with(
                "Un cais / One request\nMae gennych un cais.\nhttps://r.example.org/r/"
            ),
            "{both}"
        );
        assert!(
            english.starts_with("You have one request.\nhttps://r.example.org/r/"),
            "{both}"
        );
        for (address, letter) in &letters {
            for name in [
                "Riverside",
                "Harbour",
                "Quayside",
                "Glan",
                "Amina",
                "Okafor",
                "ebt",
            ] {
                assert!(!letter.contains(name), "{name} to {address}: {letter}");
            }
        }
    }
);

both!(
    a_service_that_answers_by_link_is_written_to_in_the_languages_of_where_it_works,
    |world| {
        let town = town(world).await;
        let both_nations = ["Cardiff", "Bristol"];
        let silent = lists(&town, service_in("4", &[], None)).await;
        asked_from(&town, Nation::Wales, silent).await;
        let mut services = vec![(silent, "its-asker@wales.example".to_owned(), true)];
        for (id, areas, postcode, welsh) in [
            ("5", &["Gwynedd"][..], None, true),
            ("6", &[], Some("CF10 1EP"), true),
            ("7", &both_nations, Some("CF10 1EP"), true),
            ("8", &both_nations, Some("BS1 5TR"), false),
            ("9", &["Bristol"], Some("CF10 1EP"), false),
            ("10", &both_nations, None, false),
        ] {
            let service = lists(&town, service_in(id, areas, postcode)).await;
            services.push((service, format!("number{id}@service.example"), welsh));
        }
        for (service, email, _) in &services {
            reached_at(&town, *service, email).await;
            send(&town, *service).await;
        }
        let post = Post::default();
        while dispatch_once(&town.app, &post, "one").await.unwrap().sent > 0 {}
        let letters = post.0.into_inner().unwrap();
        for (_, email, welsh) in &services {
            let letter = letters.get(email).unwrap();
            assert_eq!(letter.starts_with("Un cais"), *welsh, "{email}: {letter}");
            assert!(letter.contains("You have one request."), "{email}");
        }
    }
);
