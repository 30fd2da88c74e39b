//! Where the actor stands: their site, its ties and the policy pack in force there.

use throughline_core::id::{OrganisationId, SiteId};
use throughline_core::nation::Nation;
use throughline_core::pack::Pack;
use throughline_policy::{ActionKind, Actor, Facts, Ties};
use throughline_store::{Error, Result, Work};

use crate::App;

/// The ties of the actor's own site. Errors as "not found" for whoever works at none.
pub(crate) fn own_site(actor: &Actor, action: ActionKind) -> Result<Facts<SiteId>> {
    let (site, organisation) = actor
        .site()
        .zip(actor.organisation())
        .ok_or(Error::NotFound(action))?;
    Ok(facts(site, organisation))
}

const fn facts(site: SiteId, organisation: OrganisationId) -> Facts<SiteId> {
    Facts {
        subject: site,
        person: None,
        ties: Ties {
            organisation: Some(organisation),
            site: Some(site),
            lead: None,
            to_organisation: None,
            accepted_by: None,
            referral: None,
            case: None,
            closed: false,
            for_now: false,
        },
    }
}

/// The nation of a site; of its organisation where there is no site.
pub(crate) async fn nation_at(
    w: &Work<'_>,
    site: Option<SiteId>,
    organisation: OrganisationId,
) -> Result<Nation> {
    let nation = match site {
        Some(site) => w.site(site).await?.map(|site| site.nation),
        None => w
            .organisation(organisation)
            .await?
            .map(|found| found.nation),
    };
    nation.ok_or_else(|| Error::Setup("a site has no nation; nothing was changed".to_owned()))
}

/// The policy pack in force at a site now; of its organisation's nation where there is no site.
pub(crate) async fn pack_at<'a>(
    app: &'a App,
    w: &Work<'_>,
    site: Option<SiteId>,
    organisation: OrganisationId,
) -> Result<&'a Pack> {
    app.pack(nation_at(w, site, organisation).await?, w.now())
}
