//! Whom a referral can be sent to: how they can be reached, which organisation answers.

use throughline_core::directory::{ServiceType, Status};
use throughline_core::id::{AccountId, OrganisationId, Ref};
use throughline_core::nation::Nation;
use throughline_store::Work;
use throughline_store::address::Address;
use throughline_store::directory::{Service, ServiceState};
use throughline_store::referral::Referral;
use throughline_store::setup::OrganisationKind;

use crate::{App, Error, Result};

throughline_core::code_list! {
    /// How a service learns that it is asked.
    pub enum Route {
        /// Its workers have accounts: it is in their inbox at once.
        Inbox = "inbox",
        /// A one-time link by mail, with a code given another way.
        Link = "link",
        /// Neither: the worker calls, and records what they say.
        Call = "call",
    }
}

/// Kinds of service that are for people who face domestic abuse: what was not said alone may go to these only.
pub(crate) fn is_specialist(service: &Service) -> bool {
    use ServiceType as S;
    service.entry.types().iter().any(|kind| {
        matches!(
            kind,
            S::Refuge
                | S::SpecialistSafeAccommodation
                | S::DispersedAccommodation
                | S::SecondStage
                | S::SanctuaryScheme
                | S::OtherDesignatedEmergency
                | S::RespiteRoom
                | S::Idva
                | S::Isva
                | S::OutreachOrFloatingSupport
                | S::CaseworkerBelowIdva
                | S::StalkingIntervention
                | S::ForcedMarriageUnit
        )
    })
}

/// A service with how it can be reached.
pub(crate) struct Asked {
    pub(crate) service: Service,
    organisation: Option<OrganisationId>,
    pub(crate) inbox: Vec<AccountId>,
    pub(crate) code_route: Option<String>,
    pub(crate) routes: Vec<Route>,
}

/// A service that is about to be asked, with how whoever answers for it now can be reached.
pub(crate) async fn asked(w: &mut Work<'_>, service: Ref) -> Result<Asked> {
    let service = w.service(service).await?.ok_or(Error::NotFound(
        throughline_policy::ActionKind::ReferralSend,
    ))?;
    let address = w.address_in_use(service.id).await?;
    let organisation = service
        .organisation
        .or(address.as_ref().map(|address| address.organisation));
    ways(w, service, address, organisation).await
}

/// The service of a request that was sent, with how whoever has the request can be reached. Another organisation may answer for
/// the service now: it was not asked, and cannot see it.
pub(crate) async fn asked_already(w: &mut Work<'_>, sent: &Referral) -> Result<Asked> {
    let service = w.service_by_id(sent.service).await?;
    let service = service.ok_or(Error::NotFound(
        throughline_policy::ActionKind::ReferralRead,
    ))?;
    let address = w.address_in_use(service.id).await?;
    ways(w, service, address, Some(sent.to)).await
}

async fn ways(
    w: &mut Work<'_>,
    service: Service,
    address: Option<Address>,
    organisation: Option<OrganisationId>,
) -> Result<Asked> {
    // An address of whoever answered before is not theirs who answer now: two people have to confirm one of theirs.
    let address = address.filter(|address| Some(address.organisation) == organisation);
    let inbox = match organisation {
        Some(organisation) => w.answering_accounts(organisation).await?,
        None => Vec::new(),
    };
    let mut routes = Vec::new();
    if !inbox.is_empty() {
        routes.push(Route::Inbox);
    }
    if address.is_some() {
        routes.push(Route::Link);
    }
    if routes.is_empty() {
        routes.push(Route::Call);
    }
    Ok(Asked {
        service,
        organisation,
        inbox,
        code_route: address.map(|address| address.code_route),
        routes,
    })
}

impl Asked {
    /// Errors with [`Error::Invalid`] when nobody may be sent there any more: a steward took it out of the directory, or it has closed.
    pub(crate) fn still_there(&self) -> Result<()> {
        let service = &self.service;
        if service.state == ServiceState::Listed && service.entry.status == Status::Active {
            return Ok(());
        }
        Err(Error::Invalid {
            field: "service",
            problem: "refer-service-gone",
        })
    }
}

pub(crate) fn phone_of(service: &Service) -> Option<String> {
    service
        .entry
        .phones
        .first()
        .map(|phone| phone.number.clone())
}

/// The organisation that answers for a service. One that is known only by its listing gets a row of its own: never that of an
/// organisation with a like name, because a feed can claim any name. Its nation says in which languages it is written to: that of
/// the service, or `elsewhere`, where whoever asks it works, when its listing does not say.
pub(crate) async fn recipient(
    app: &App,
    w: &mut Work<'_>,
    asked: &Asked,
    elsewhere: Nation,
) -> Result<OrganisationId> {
    if let Some(organisation) = asked.organisation {
        return Ok(organisation);
    }
    // Somebody may have let a partner in since, or sent the first request: theirs is the one.
    if let Some(organisation) = w.service_answering(asked.service.id).await? {
        return Ok(organisation);
    }
    let entry = &asked.service.entry;
    let name = entry
        .organisation
        .as_ref()
        .map_or(entry.name.as_str(), |body| body.name.as_str());
    let nation = app.directory.gazetteer().nation_of(entry);
    let made = w
        .organisation_create(name, OrganisationKind::Other, nation.unwrap_or(elsewhere))
        .await?;
    w.service_answered_by(asked.service.id, made.id, None)
        .await?;
    Ok(made.id)
}
