//! Who is written to in which language, on both databases.

#![cfg(test)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod town;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use throughline_app::mail::{Letter, Mailer, NotSent};
use throughline_app::outbox::dispatch_once;
use throughline_app::referral_send::{self, Ask, SendOrder};
use throughline_core::consent::{Art9Condition, HowAgreed, PacketItem, ShareBasis};
use throughline_core::conversation::Reach;
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::need::NeedType;
use throughline_core::role::Role;
use throughline_policy::action::AddressPropose;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::NewAccount;
use throughline_store::address::NewAddress;
use throughline_store::setup::OrganisationKind;
use throughline_testkit::both;
use town::{DIRECTORY, Town, confirm, town};

/// What left, by its address.
#[derive(Default)]
struct Post(Mutex<BTreeMap<String, String>>);

impl Mailer for Post {
    async fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        let whole = letter.release.text().whole();
        self.0.lock().unwrap().insert(letter.to.clone(), whole);
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

/// An organisation in Wales reads what is sent to this service by mail.
async fn answered_from_wales(town: &Town, service: Ref) {
    let to = &service;
    let address = town
        .app
        .store
        .work(&town.stewards[0], DIRECTORY, |w| {
            Box::pin(async move {
                let kind = OrganisationKind::Charity;
                let made = w
                    .organisation_create("Glannau", kind, Nation::Wales)
                    .await?;
                let facts = w.service_facts(*to).await?;
                let permit = w.permit_found::<AddressPropose>(facts)?;
                let called_back_at = w.now();
                let new = NewAddress {
                    organisation: made.id,
                    email: "ceisiadau@glannau.example",
                    code_route: "Ffoniwch y ddesg",
                    called_back_at,
                };
                w.address_propose(&permit, &new).await
            })
        })
        .await
        .unwrap();
    confirm(town, 1, service, address).await.unwrap();
}

async fn send(town: &Town, service: Ref) {
    let order = SendOrder {
        ask: Ask {
            case: town.case,
            service,
            need: NeedType::Debt,
        },
        items: BTreeSet::from([PacketItem::ChosenName].map(Into::into)),
        immigration: false,
        shown: None,
        struck: BTreeSet::new(),
        statement: Some(1),
        reach: Reach::AsAgreed,
        how: HowAgreed::Spoken,
        words: None,
        basis: ShareBasis::Consent,
        art9: Some(Art9Condition::ExplicitConsent),
        dpa: None,
        reasons: None,
    };
    referral_send::send(&town.app, &town.coach.actor(), &order)
        .await
        .unwrap();
}

both!(
    who_works_in_wales_is_written_to_in_welsh_and_then_in_english_and_nobody_else_is,
    |world| {
        let town = town(world).await;
        colleague_in_wales(&town).await;
        answered_from_wales(&town, town.listed).await;
        for service in [town.inbox, town.linked, town.listed] {
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
