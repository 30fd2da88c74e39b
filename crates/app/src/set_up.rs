//! The first step of a real installation: the organisation that runs it and its first administrator. Everything else is made by
//! them, through the pages.

use throughline_core::nation::Nation;
use throughline_core::role::Role;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::{Account, NewAccount};
use throughline_store::setup::OrganisationKind;
use throughline_store::{Error, Result, Store};

/// What is known before anybody can sign in.
#[derive(Debug)]
pub struct First<'a> {
    /// The organisation that runs the installation.
    pub organisation: &'a str,
    /// What kind of body it is.
    pub kind: OrganisationKind,
    /// Whose rules it works under.
    pub nation: Nation,
    /// The administrator's name.
    pub name: &'a str,
    /// The address that the administrator signs in with.
    pub email: &'a str,
}

/// Sets an empty installation up. Gives the administrator, who has no password yet. Errors with [`Error::Invalid`] when it has
/// been done before or a name or address cannot be one; then nothing was changed.
pub async fn set_up(store: &Store, first: &First<'_>) -> Result<Account> {
    let invalid = |field, problem| Error::Invalid { field, problem };
    for (field, text) in [("organisation", first.organisation), ("name", first.name)] {
        if text.trim().is_empty() {
            return Err(invalid(field, "blank"));
        }
    }
    let (before, after) = first.email.trim().split_once('@').unwrap_or_default();
    if before.is_empty() || !after.contains('.') {
        return Err(invalid("email", "not an address"));
    }
    store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let operator = w
                    .installation_create(first.organisation.trim(), first.kind, first.nation, false)
                    .await?;
                let new = NewAccount {
                    organisation: operator.id,
                    site: None,
                    role: Role::Administrator,
                    name: first.name.trim(),
                    email: first.email.trim(),
                    password: None,
                };
                w.account_create(&new).await
            })
        })
        .await
}
