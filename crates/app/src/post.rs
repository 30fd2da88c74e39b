//! The posts of a site: who is told there when nobody acts, naming them, and what a new installation still lacks.

use throughline_core::id::Ref;
use throughline_policy::action::{AccountManage, SitePostName};
use throughline_policy::{Action as _, Actor, Purpose};
use throughline_store::account::Account;
pub use throughline_store::post::{Holder, SitePost};
use throughline_store::setup::Site;
use throughline_store::{Error, Result, Store, UseCase, Work};

/// Everything that the page about a site shows.
#[derive(Debug)]
pub struct SitePosts {
    /// The site.
    pub site: Site,
    /// Who holds its posts, in the order in which they are told. A post that nobody holds is not among them.
    pub holders: Vec<Holder>,
    /// The names of those who are told as long as no holder of a post can be, the first first; empty otherwise.
    pub stand_ins: Vec<String>,
    /// The colleagues who could be given a post, by name.
    pub candidates: Vec<Account>,
}

impl SitePosts {
    /// Who holds a post.
    pub fn holder(&self, post: SitePost) -> Option<&Holder> {
        self.holders.iter().find(|held| held.post == post)
    }
}

/// A site of the actor's own organisation. Errors as "not found" for any other.
async fn own_site(w: &Work<'_>, reference: Ref) -> Result<Site> {
    let own = w.actor().organisation();
    w.site_by_reference(reference)
        .await?
        .filter(|site| Some(site.organisation) == own)
        .ok_or(Error::NotFound(AccountManage::KIND))
}

/// Reads what the page about a site shows.
#[derive(Debug)]
pub struct ReadSitePosts {
    /// The site, by reference.
    pub site: Ref,
}

impl UseCase for ReadSitePosts {
    type Output = SitePosts;
    async fn run(&self, w: &mut Work<'_>) -> Result<SitePosts> {
        let site = own_site(w, self.site).await?;
        let scope = w.scope::<AccountManage>();
        let holders = w.site_posts(&scope, site.id).await?;
        let candidates = w.post_candidates(&scope, site.id).await?;
        let on_call = w.site_on_call(&site).await?;
        let stand_ins = on_call
            .into_iter()
            .filter(|who| who.stands_in)
            .map(|who| who.account.name)
            .collect();
        Ok(SitePosts {
            site,
            holders,
            stand_ins,
            candidates,
        })
    }
}

/// Gives a post of a site to a colleague from now on, in the place of whoever had it. The actor must have proved themselves
/// again: whoever holds a post learns of every escalation there.
#[derive(Debug)]
pub struct NamePost {
    /// The site, by reference.
    pub site: Ref,
    /// Which post.
    pub post: SitePost,
    /// The colleague, by reference.
    pub account: Ref,
}

impl UseCase for NamePost {
    type Output = ();
    async fn run(&self, w: &mut Work<'_>) -> Result<()> {
        let site = own_site(w, self.site).await?;
        let permit = w.permit::<SitePostName>(&w.site_facts(&site))?;
        let facts = w.account_facts(self.account).await?;
        let holder = w.permit_found::<AccountManage>(facts)?;
        w.site_post_name(&permit, self.post, &holder).await
    }
}

/// What an installation lacks before an escalation reaches somebody who was named for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// There is no site at all.
    Site,
    /// Nobody works there who could be told of an escalation and act on it: a safety lead who can sign in.
    SafetyLead {
        /// The site.
        site: Ref,
        /// Its name.
        name: String,
    },
    /// Somebody could be, and nobody is named as lead, or whoever is cannot be told.
    Lead {
        /// The site.
        site: Ref,
        /// Its name.
        name: String,
    },
}

/// What is missing at the sites of the actor's organisation, in the order in which it is to be done. That there is no site is
/// said only to those who run the installation: an organisation that only answers needs none.
pub async fn missing(store: &Store, actor: &Actor) -> Result<Vec<Missing>> {
    let Some(organisation) = actor.organisation() else {
        return Ok(Vec::new());
    };
    let (sites, runs_it) = store
        .read(move |r| {
            Box::pin(async move {
                let sites = r.sites(organisation).await?;
                let operator = r.installation().await?.and_then(|here| here.operator);
                Ok((sites, operator == Some(organisation)))
            })
        })
        .await?;
    if sites.is_empty() {
        let none = runs_it.then_some(Missing::Site);
        return Ok(none.into_iter().collect());
    }
    let ids: &Vec<_> = &sites.iter().map(|site| site.id).collect();
    let without = store
        .work(actor, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let scope = w.scope::<AccountManage>();
                w.sites_without_lead(&scope, ids).await
            })
        })
        .await?;
    Ok(sites
        .into_iter()
        .filter_map(|site| {
            let (_, could) = without.iter().find(|(id, _)| *id == site.id)?;
            let (site, name) = (site.reference, site.name);
            Some(if *could {
                Missing::Lead { site, name }
            } else {
                Missing::SafetyLead { site, name }
            })
        })
        .collect())
}
