//! Where referrals to a service go: proposed after a call-back, confirmed by somebody else. The only way in.

use throughline_core::id::Ref;
use throughline_policy::action::{AddressConfirm, AddressPropose};
use throughline_policy::{Action as _, Actor, Purpose};
use throughline_store::address::NewAddress;
pub use throughline_store::address::{Address, AddressState};

use crate::referral_link::tell_of_cut_off;
use crate::referral_recipient::{asked, recipient};
use crate::site::nation_at;
use crate::{App, Error, Result};

const DIRECTORY: Purpose = Purpose::RunTheDirectory;

/// What a steward proposes.
#[derive(Debug)]
pub struct Proposal<'a> {
    /// The e-mail address.
    pub email: &'a str,
    /// How the code is given.
    pub code_route: &'a str,
    /// Whether they called back on a number they already knew.
    pub called_back: bool,
}

/// The addresses of a service, newest first, with its name.
pub async fn list(app: &App, actor: &Actor, service: Ref) -> Result<(String, Vec<Address>)> {
    app.store
        .work(actor, DIRECTORY, |w| {
            Box::pin(async move {
                let facts = w.service_facts(service).await?;
                let permit = w.permit_found::<AddressPropose>(facts)?;
                let name = w.service(service).await?.map(|found| found.entry.name);
                Ok((name.unwrap_or_default(), w.addresses(&permit).await?))
            })
        })
        .await
}

/// Proposes an address. Nothing goes there until somebody else confirms it. Errors with [`Error::Invalid`] when nobody called
/// back.
pub async fn propose(
    app: &App,
    actor: &Actor,
    service: Ref,
    proposal: &Proposal<'_>,
) -> Result<Ref> {
    if !proposal.called_back {
        return Err(Error::Invalid {
            field: "called_back",
            problem: "address-call-back-needed",
        });
    }
    app.store
        .work(actor, DIRECTORY, |w| {
            Box::pin(async move {
                let facts = w.service_facts(service).await?;
                let permit = w.permit_found::<AddressPropose>(facts)?;
                let asked = asked(w, service).await?;
                let own = w.actor().organisation();
                let own = own.ok_or(Error::NotFound(AddressPropose::KIND))?;
                let here = nation_at(w, w.actor().site(), own).await?;
                let organisation = recipient(app, w, &asked, here).await?;
                let called_back_at = w.now();
                let new = NewAddress {
                    organisation,
                    email: proposal.email,
                    code_route: proposal.code_route,
                    called_back_at,
                };
                w.address_propose(&permit, &new).await
            })
        })
        .await
}

/// Confirms what somebody else proposed; the one in use until now is retired, and who lost a link to it is to be called.
pub async fn confirm(app: &App, actor: &Actor, service: Ref, address: Ref) -> Result<()> {
    app.store
        .work(actor, DIRECTORY, |w| {
            Box::pin(async move {
                let facts = w.service_facts(service).await?;
                let permit = w.permit_found::<AddressConfirm>(facts)?;
                let cut_off = w.address_confirm(&permit, address).await?;
                tell_of_cut_off(app, w, &cut_off).await
            })
        })
        .await
}

/// Takes an address out of use. One person suffices: stopping is always safe. The links mailed there close, and the worker of each
/// request is to call.
pub async fn retire(app: &App, actor: &Actor, service: Ref, address: Ref) -> Result<()> {
    app.store
        .work(actor, DIRECTORY, |w| {
            Box::pin(async move {
                let facts = w.service_facts(service).await?;
                let permit = w.permit_found::<AddressPropose>(facts)?;
                let cut_off = w.address_retire(&permit, address).await?;
                tell_of_cut_off(app, w, &cut_off).await
            })
        })
        .await
}
