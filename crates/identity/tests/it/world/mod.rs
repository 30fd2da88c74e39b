//! What the tests of identity share: an office with colleagues who can sign in.
#![allow(
    missing_docs,
    clippy::missing_panics_doc,
    reason = "each test uses a part of it"
)]

use throughline_core::nation::Nation;
use throughline_core::role::Role;
use throughline_identity::cookies::Devices;
use throughline_identity::passwords::Cost;
use throughline_identity::sign_in::{Attempt, Outcome, Signed};
use throughline_identity::throttle::Limits;
use throughline_identity::welcome::Chosen;
use throughline_identity::{Identity, Settings};
use throughline_policy::action::AccountManage;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::{Account, NewAccount};
use throughline_store::setup::OrganisationKind;
use throughline_testkit::db::TestStore;

pub const PASSWORD: &str = "three plain words";

/// Settings that check a password quickly and never make a test wait.
pub fn settings() -> Settings {
    Settings {
        cost: Cost {
            memory_kib: 64,
            passes: 1,
        },
        limits: Limits {
            soft_longest_ms: 0,
            ..Limits::default()
        },
        ..Settings::default()
    }
}

pub fn identity(world: &TestStore) -> Identity {
    Identity::new(world.store.clone(), settings()).unwrap()
}

/// An office with as many work coaches as asked for; everybody has chosen the same password.
pub async fn office(
    world: &TestStore,
    identity: &Identity,
    demo: bool,
    people: usize,
) -> Vec<Account> {
    let count = &people;
    let accounts: Vec<Account> = world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let organisation = w
                    .installation_create(
                        "Jobcentre",
                        OrganisationKind::Jobcentre,
                        Nation::England,
                        demo,
                    )
                    .await?;
                let site = w
                    .site_create(organisation.id, "Peckham", None, Nation::England, true)
                    .await?;
                let mut out = Vec::new();
                for at in 0..*count {
                    let new = NewAccount {
                        organisation: organisation.id,
                        site: Some(site.id),
                        role: Role::WorkCoach,
                        name: "A coach",
                        email: &format!("coach{at}@example.org"),
                        password: None,
                    };
                    out.push(w.account_create(&new).await?);
                }
                Ok(out)
            })
        })
        .await
        .unwrap();
    for account in &accounts {
        let code = identity.welcome_code(account.reference, account.version);
        assert_eq!(
            identity.welcome_choose(&code, PASSWORD).await.unwrap(),
            Chosen::Done
        );
    }
    accounts
}

pub fn attempt<'a>(
    email: &'a str,
    password: &'a str,
    devices: &'a Devices,
    address: &str,
) -> Attempt<'a> {
    Attempt {
        email,
        password,
        code: None,
        devices,
        address: Some(address.parse().unwrap()),
        replaces: None,
    }
}

/// Signs in and must succeed.
pub async fn signed(identity: &Identity, attempt: &Attempt<'_>) -> Signed {
    match identity.sign_in(attempt).await.unwrap() {
        Outcome::Signed(signed) => signed,
        other => panic!("not signed in: {other:?}"),
    }
}

/// What a person's app does with the spelling.
pub fn unspell(text: &str) -> Vec<u8> {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut out, mut bits, mut held) = (vec![], 0_u32, 0);
    for sign in text.bytes().filter(|b| *b != b' ') {
        bits = bits << 5 | u32::try_from(SIGNS.iter().position(|s| *s == sign).unwrap()).unwrap();
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    out
}

/// An administrator beside them.
pub async fn administrator(world: &TestStore, people: &[Account]) -> Account {
    let (organisation, site) = (&people[0].organisation, &people[0].site);
    world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let new = NewAccount {
                    organisation: *organisation,
                    site: *site,
                    role: Role::Administrator,
                    name: "Ada",
                    email: "ada@example.org",
                    password: None,
                };
                w.account_create(&new).await
            })
        })
        .await
        .unwrap()
}

/// An administrator ends somebody's access, or stops it.
pub async fn access_ends(world: &TestStore, ada: &Account, whose: &Account, ends: bool) {
    let (who, ends) = (&whose.reference, &ends);
    world
        .store
        .work(&ada.actor(), Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let facts = w.account_facts(*who).await?;
                let permit = w.permit_found::<AccountManage>(facts)?;
                let version = w.credentials(permit.on()).await?.unwrap().version;
                if *ends {
                    w.account_end(&permit, version).await
                } else {
                    w.account_stop(&permit, version).await.map(|_| ())
                }
            })
        })
        .await
        .unwrap();
}
