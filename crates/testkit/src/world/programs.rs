//! Two programs that ask the demo world's API, for tests of the API against its own description: one of those who send, one of a
//! service that answers. Their secrets leave the demo only when they are asked for.

use serde::Serialize;
use throughline_app::access::{self, MakeClient, grantable};
use throughline_core::code::Code as _;
use throughline_core::id::{OrganisationId, Ref};
use throughline_core::need::NeedType;
use throughline_core::role::Role;
use throughline_identity::clients::secret_text;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::{Account, NewAccount};
use throughline_store::directory::Service;
use throughline_store::{Error, Result, Store};

use crate::actor::proved;

/// The programs, and what they need to begin: references that no page of the API gives.
#[derive(Debug, Serialize)]
pub struct Programs {
    /// The secret of the program of those who send, with every action that a program can be given.
    pub sender: String,
    /// The secret of the program of a service that answers, with every action that a program can be given.
    pub service: String,
    /// A site of those who send.
    pub site: Ref,
    /// Somebody of that site who leads cases.
    pub lead: Ref,
    /// A service whose requests come into the inbox of the second program.
    pub inbox: Ref,
    /// A service without accounts, which gets a link by mail.
    pub linked: Ref,
    /// A need that both are asked for.
    pub need: &'static str,
}

/// Makes the two programs, each by an administrator of its own organisation who has just proved who they are.
///
/// Errors with [`Error::Illegal`] where the store holds no demo world.
pub async fn programs(store: &Store) -> Result<Programs> {
    let none = || Error::Illegal("a program of a demo without its people");
    let people = store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move { w.demo_accounts().await })
        })
        .await?;
    let of = |role| people.iter().find(|one| one.role == role).ok_or_else(none);
    let (coach, partner) = (of(Role::WorkCoach)?, of(Role::PartnerWorker)?);
    let (site, lead) = (coach.site.ok_or_else(none)?, coach.reference);
    let partner = partner.organisation;
    // The demo has an administrator of its own; its services have workers only.
    let theirs = administrator(store, partner).await?;
    let sender = program(store, of(Role::Administrator)?).await?;
    let service = program(store, &theirs).await?;
    let services = store
        .read(|r| Box::pin(async move { r.services_changed_since(0).await }))
        .await?;
    let site = store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move { w.site(site).await })
        })
        .await?
        .ok_or_else(none)?;
    let linked = linked(store, &services).await?.ok_or_else(none)?;
    let both = |one: &&Service| {
        one.organisation == Some(partner)
            && one
                .entry
                .needs
                .iter()
                .any(|need| linked.entry.needs.contains(need))
    };
    let inbox = services.iter().find(both).ok_or_else(none)?;
    let shared = |need: &&NeedType| linked.entry.needs.contains(need);
    let need = inbox.entry.needs.iter().find(shared).ok_or_else(none)?;
    Ok(Programs {
        sender,
        service,
        site: site.reference,
        lead,
        inbox: inbox.reference,
        linked: linked.reference,
        need: need.code(),
    })
}

/// The first service that has a confirmed address.
async fn linked<'s>(store: &Store, services: &'s [Service]) -> Result<Option<&'s Service>> {
    let found = store
        .work(&Actor::Public, Purpose::RunTheDirectory, |w| {
            Box::pin(async move {
                for service in services {
                    if w.address_in_use(service.id).await?.is_some() {
                        return Ok(Some(service.id));
                    }
                }
                Ok(None)
            })
        })
        .await?;
    Ok(services.iter().find(|one| Some(one.id) == found))
}

async fn administrator(store: &Store, organisation: OrganisationId) -> Result<Account> {
    let organisation = &organisation;
    store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let new = NewAccount {
                    organisation: *organisation,
                    site: None,
                    role: Role::Administrator,
                    name: "Odalys Penhallick",
                    email: "administrator@lantern.example.org",
                    password: None,
                };
                w.account_create(&new).await
            })
        })
        .await
}

async fn program(store: &Store, administrator: &Account) -> Result<String> {
    let scopes = grantable();
    let make = MakeClient {
        name: "A test of the API",
        scopes: &scopes,
    };
    let actor = proved(administrator.actor(), store.env().now());
    let (_, secret) = access::change(store, &actor, &make).await?;
    Ok(secret_text(&secret))
}
