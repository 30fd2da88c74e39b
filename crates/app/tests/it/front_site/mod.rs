//! One site with everybody in it, for the tests of the front line.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "each test file uses its own part of it, and one that cannot go on must stop"
)]

use throughline_app::{App, Settings};
use throughline_core::nation::Nation;
use throughline_core::pack::Packs;
use throughline_core::role::Role;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::{Account, NewAccount};
use throughline_store::setup::OrganisationKind;
use throughline_testkit::db::TestStore;

pub struct Site {
    pub app: App,
    pub coach: Account,
    pub other: Account,
    pub desk: Account,
    pub lead: Account,
    pub deputy: Account,
    pub manager: Account,
    pub officer: Account,
}

/// One site with everybody in it. `posts` says which ranks of the ladder are held: 0 lead, 1 deputy, 2 site manager.
pub async fn site(world: &TestStore, posts: &[i64]) -> Site {
    let settings = Settings {
        base_url: "https://throughline.example".into(),
        mail_from: "office@throughline.example".into(),
        call: Some("01632 960123".to_owned()),
        node: "test".into(),
        demo: true,
    };
    let app = App::new(world.store.clone(), Packs::embedded().unwrap(), settings).unwrap();
    let accounts = world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let organisation = w
                    .installation_create(
                        "Jobcentre",
                        OrganisationKind::Jobcentre,
                        Nation::England,
                        true,
                    )
                    .await?;
                let site = w
                    .site_create(organisation.id, "Peckham", None, Nation::England, true)
                    .await?;
                let mut made = Vec::new();
                for (role, name) in [
                    (Role::WorkCoach, "coach"),
                    (Role::WorkCoach, "other"),
                    (Role::FrontDesk, "desk"),
                    (Role::DaLead, "lead"),
                    (Role::DaLead, "deputy"),
                    (Role::DaLead, "manager"),
                    (Role::SecurityOfficer, "officer"),
                ] {
                    let new = NewAccount {
                        organisation: organisation.id,
                        site: (role != Role::SecurityOfficer).then_some(site.id),
                        role,
                        name,
                        email: &format!("{name}@example.org"),
                        password: None,
                    };
                    made.push(w.account_create(&new).await?);
                }
                for rank in posts {
                    let holder = &made[3 + usize::try_from(*rank).unwrap()];
                    w.site_lead_set(site.id, holder.id, *rank).await?;
                }
                Ok(made)
            })
        })
        .await
        .unwrap();
    let [coach, other, desk, lead, deputy, manager, officer] =
        <[Account; 7]>::try_from(accounts).unwrap();
    Site {
        app,
        coach,
        other,
        desk,
        lead,
        deputy,
        manager,
        officer,
    }
}
