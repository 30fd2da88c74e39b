//! Joiner, mover, leaver, and programs: who may come in, and what becomes of their work when they may no longer.
//!
//! Access ends in the same unit of work in which the caseload changes hands, so that there is no instant at which a person's
//! case belongs to nobody or to somebody who has left.

use throughline_core::id::{AccountId, OrganisationId, Ref, SiteId};
use throughline_core::nation::Nation;
use throughline_core::role::Role;
use throughline_policy::action::{AccountManage, ClientManage};
use throughline_policy::{Action, ActionKind, Actor, Permit, Purpose};
use throughline_seal::Token;
use throughline_store::access::Holdings;
use throughline_store::account::{Account, AccountState, NewAccount};
use throughline_store::client::Client;
pub use throughline_store::client::grantable;
use throughline_store::post::may_hold_a_post;
use throughline_store::setup::Site;
use throughline_store::{Error, Result, Store, UseCase, Work};

const WHY: Purpose = Purpose::AdministerAccess;
/// How often a change of access is tried again when a colleague changed one of the cases at the same instant.
const TRIES: u32 = 5;

/// Whether a role can lead cases.
pub const fn leads_cases(role: Role) -> bool {
    matches!(role, Role::WorkCoach | Role::DaLead)
}

fn own_organisation(actor: &Actor) -> Result<OrganisationId> {
    actor
        .organisation()
        .ok_or(Error::NotFound(AccountManage::KIND))
}

/// Whether the actor's organisation is the one that runs the installation. Every other one with accounts is a partner.
pub async fn operates(store: &Store, actor: &Actor) -> Result<bool> {
    let installation = store.read(|r| Box::pin(r.installation())).await?;
    let operator = installation.and_then(|installation| installation.operator);
    Ok(operator.is_some() && operator == actor.organisation())
}

/// The roles that there are in the actor's organisation.
pub async fn roles(store: &Store, actor: &Actor) -> Result<&'static [Role]> {
    Ok(roles_of(operates(store, actor).await?))
}

const fn roles_of(operator: bool) -> &'static [Role] {
    if operator {
        Role::OF_THE_OPERATOR
    } else {
        Role::OF_A_PARTNER
    }
}

/// Refuses a role that there is not in an organisation, whatever a page sends.
async fn role_is_there(w: &Work<'_>, organisation: OrganisationId, role: Role) -> Result<()> {
    if roles_of(organisation == w.operator().await?).contains(&role) {
        Ok(())
    } else {
        Err(Error::Invalid {
            field: "role",
            problem: "account-role-not-here",
        })
    }
}

/// A colleague who joins.
#[derive(Debug)]
pub struct Joiner<'a> {
    /// Their name.
    pub name: &'a str,
    /// Their e-mail address.
    pub email: &'a str,
    /// Their role.
    pub role: Role,
    /// Their site, by reference.
    pub site: Option<Ref>,
}

impl UseCase for Joiner<'_> {
    type Output = Account;
    async fn run(&self, w: &mut Work<'_>) -> Result<Account> {
        let organisation = own_organisation(w.actor())?;
        let permit = w.permit::<AccountManage>(&w.account_place(organisation))?;
        role_is_there(w, organisation, self.role).await?;
        let site = site_of(w, organisation, self.role, self.site).await?;
        let new = NewAccount {
            organisation,
            site,
            role: self.role,
            name: self.name.trim(),
            email: self.email.trim(),
            password: None,
        };
        w.account_add(&permit, &new).await
    }
}

/// The site of a role. Whoever sees people at a site must have one.
async fn site_of(
    w: &Work<'_>,
    organisation: OrganisationId,
    role: Role,
    reference: Option<Ref>,
) -> Result<Option<SiteId>> {
    let site = match reference {
        Some(reference) => {
            let site = w.site_by_reference(reference).await?;
            Some(
                site.filter(|site| site.organisation == organisation)
                    .ok_or(Error::Invalid {
                        field: "site",
                        problem: "account-site-wrong",
                    })?,
            )
        }
        None => None,
    };
    if site.is_none() && (leads_cases(role) || role == Role::FrontDesk) {
        return Err(Error::Invalid {
            field: "site",
            problem: "account-site-missing",
        });
    }
    Ok(site.map(|site| site.id))
}

/// Everything that the page about a colleague shows.
#[derive(Debug)]
pub struct Colleague {
    /// The colleague.
    pub account: Account,
    /// What they hold.
    pub holdings: Holdings,
    /// Who could take it, by name.
    pub takers: Vec<Account>,
}

/// Reads what the page about a colleague shows.
#[derive(Debug)]
pub struct ReadColleague {
    /// Their reference.
    pub reference: Ref,
}

impl UseCase for ReadColleague {
    type Output = Colleague;
    async fn run(&self, w: &mut Work<'_>) -> Result<Colleague> {
        let facts = w.account_facts(self.reference).await?;
        let permit = w.permit_found::<AccountManage>(facts)?;
        let account = w.account_for_change(&permit).await?;
        let holdings = w.account_holdings(&permit).await?;
        let scope = w.scope::<AccountManage>();
        let takers = w
            .accounts(&scope)
            .await?
            .into_iter()
            .filter(|other| can_take(other, &account))
            .collect();
        Ok(Colleague {
            account,
            holdings,
            takers,
        })
    }
}

/// The colleagues of the actor's organisation, by name.
pub async fn colleagues(store: &Store, actor: &Actor) -> Result<Vec<Account>> {
    store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let scope = w.scope::<AccountManage>();
                w.accounts(&scope).await
            })
        })
        .await
}

fn can_take(other: &Account, leaver: &Account) -> bool {
    other.id != leaver.id
        && other.organisation == leaver.organisation
        && other.state == AccountState::Active
        && leads_cases(other.role)
}

/// A colleague who moves to another role or site.
#[derive(Debug)]
pub struct Mover {
    /// Their reference.
    pub reference: Ref,
    /// The version that the page showed.
    pub version: i64,
    /// The new role.
    pub role: Role,
    /// The new site, by reference.
    pub site: Option<Ref>,
    /// Who takes what they leave behind; without one, the lead of each site.
    pub taker: Option<Ref>,
}

impl UseCase for Mover {
    type Output = ();
    async fn run(&self, w: &mut Work<'_>) -> Result<()> {
        let (permit, account) = to_change(w, self.reference, self.version).await?;
        if self.role != account.role {
            role_is_there(w, account.organisation, self.role).await?;
        }
        let site = site_of(w, account.organisation, self.role, self.site).await?;
        let held = w.account_holdings(&permit).await?;
        if held.only_it_can_answer > 0 && self.role != Role::PartnerWorker {
            return Err(Error::Illegal("leaver-only-one-who-answers"));
        }
        let named = taker(w, &account, self.taker, held.needs_taker()).await?;
        // Whoever still sees people at the same site keeps their people.
        if !(leads_cases(self.role) && account.site == site) {
            hand_over(w, &permit, &account, &held, named).await?;
        }
        // A post stays only with whoever may still hold it: escalations must not go to somebody who cannot open the case.
        for post in &held.leads {
            if !(may_hold_a_post(self.role) && site == Some(*post)) {
                w.site_lead_hand_on(&permit, *post, named).await?;
            }
        }
        w.account_change(&permit, self.version, self.role, site)
            .await
    }
}

/// A colleague who leaves.
#[derive(Debug)]
pub struct Leaver {
    /// Their reference.
    pub reference: Ref,
    /// The version that the page showed.
    pub version: i64,
    /// Who takes the caseload; without one, the lead of each site.
    pub taker: Option<Ref>,
}

impl UseCase for Leaver {
    type Output = ();
    async fn run(&self, w: &mut Work<'_>) -> Result<()> {
        let (permit, account) = to_change(w, self.reference, self.version).await?;
        let held = w.account_holdings(&permit).await?;
        if held.only_it_can_answer > 0 {
            return Err(Error::Illegal("leaver-only-one-who-answers"));
        }
        let named = taker(w, &account, self.taker, held.needs_taker()).await?;
        hand_over(w, &permit, &account, &held, named).await?;
        for post in &held.leads {
            w.site_lead_hand_on(&permit, *post, named).await?;
        }
        w.account_end(&permit, self.version).await
    }
}

/// Stops a colleague's access at once; what they hold stays theirs until somebody takes it. Gives the account's new version,
/// for a link by which they can choose a new password.
#[derive(Debug)]
pub struct Stop {
    /// Their reference.
    pub reference: Ref,
    /// The version that the page showed.
    pub version: i64,
}

impl UseCase for Stop {
    type Output = i64;
    async fn run(&self, w: &mut Work<'_>) -> Result<i64> {
        let (permit, _) = to_change(w, self.reference, self.version).await?;
        w.account_stop(&permit, self.version).await
    }
}

/// The permit and the account, locked and as the page showed it.
async fn to_change(
    w: &mut Work<'_>,
    reference: Ref,
    version: i64,
) -> Result<(Permit<AccountManage>, Account)> {
    let facts = w.account_facts(reference).await?;
    let permit = w.permit_found::<AccountManage>(facts)?;
    let account = w.account_for_change(&permit).await?;
    if account.state != AccountState::Active || account.version != version {
        return Err(Error::Conflict);
    }
    if w.actor().account() == Some(account.id) {
        return Err(Error::Illegal("access-of-oneself"));
    }
    Ok((permit, account))
}

/// The colleague who was chosen to take over, where there is something to take.
async fn taker(
    w: &mut Work<'_>,
    leaver: &Account,
    chosen: Option<Ref>,
    needed: bool,
) -> Result<Option<AccountId>> {
    match chosen.filter(|_| needed) {
        Some(reference) => named_taker(w, leaver, reference).await.map(Some),
        None => Ok(None),
    }
}

/// Hands over cases with their referrals and tasks, then what belongs to no case.
async fn hand_over(
    w: &mut Work<'_>,
    permit: &Permit<AccountManage>,
    leaver: &Account,
    held: &Holdings,
    named: Option<AccountId>,
) -> Result<()> {
    for site in &held.sites {
        let to = match named {
            Some(named) => named,
            None => lead_of(w, leaver, *site).await?,
        };
        for (case, _) in held.cases.iter().filter(|(_, at)| Some(*at) == *site) {
            let hand_over = w.permit_to_hand_on(permit, *case).await?;
            w.case_hand_over(&hand_over, to).await?;
        }
        w.account_hand_on(permit, *site, to).await?;
    }
    Ok(())
}

async fn named_taker(w: &mut Work<'_>, leaver: &Account, reference: Ref) -> Result<AccountId> {
    let wrong = Error::Invalid {
        field: "taker",
        problem: "leaver-taker-wrong",
    };
    let Some(facts) = w.account_facts(reference).await? else {
        return Err(wrong);
    };
    let permit = w.permit::<AccountManage>(&facts)?;
    // Locked: somebody who is to take a caseload cannot leave in the same instant.
    let taker = w.account_for_change(&permit).await?;
    if can_take(&taker, leaver) {
        Ok(taker.id)
    } else {
        Err(wrong)
    }
}

async fn lead_of(w: &mut Work<'_>, leaver: &Account, site: Option<SiteId>) -> Result<AccountId> {
    let nobody = Error::Illegal("leaver-nobody-to-take");
    let Some(site) = site.or(leaver.site) else {
        return Err(nobody);
    };
    let leads = w.site_leads(site).await?;
    let Some(lead) = leads.into_iter().find(|lead| can_take(lead, leaver)) else {
        return Err(nobody);
    };
    named_taker(w, leaver, lead.reference).await
}

/// Changes an access. Tried again when a colleague changed one of the cases at the same instant; a conflict over the account
/// itself is given back at once.
pub async fn change<U: UseCase>(store: &Store, actor: &Actor, change: &U) -> Result<U::Output> {
    let mut tries = 0;
    loop {
        tries += 1;
        match store.run(actor, WHY, change).await {
            Err(Error::Conflict) if tries < TRIES => {}
            done => return done,
        }
    }
}

/// A program that is to be let in. Gives its reference and its secret, which is shown once.
#[derive(Debug)]
pub struct MakeClient<'a> {
    /// What its makers call it.
    pub name: &'a str,
    /// The actions it is given.
    pub scopes: &'a [ActionKind],
}

impl UseCase for MakeClient<'_> {
    type Output = (Ref, Token);
    async fn run(&self, w: &mut Work<'_>) -> Result<(Ref, Token)> {
        let organisation = own_organisation(w.actor())?;
        let permit = w.permit::<ClientManage>(&w.client_place(organisation))?;
        let secret = Token::generate(w.env());
        let reference = w
            .client_create(&permit, self.name, self.scopes, &secret)
            .await?;
        Ok((reference, secret))
    }
}

/// A program whose access ends with its next request.
#[derive(Debug)]
pub struct RevokeClient {
    /// Its reference.
    pub reference: Ref,
}

impl UseCase for RevokeClient {
    type Output = ();
    async fn run(&self, w: &mut Work<'_>) -> Result<()> {
        let facts = w.client_facts(self.reference).await?;
        let permit = w.permit_found::<ClientManage>(facts)?;
        w.client_revoke(&permit).await
    }
}

/// The programs of the actor's organisation.
pub async fn clients(store: &Store, actor: &Actor) -> Result<Vec<Client>> {
    store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let scope = w.scope::<ClientManage>();
                w.clients(&scope).await
            })
        })
        .await
}

/// A site that is to be added to the actor's organisation.
#[derive(Debug)]
pub struct MakeSite<'a> {
    /// Its name.
    pub name: &'a str,
    /// The code of the local authority it is in (ONS), where known.
    pub area: Option<&'a str>,
    /// The nation, whose rules apply there.
    pub nation: Nation,
    /// Whether there is a private room.
    pub private_room: bool,
}

impl UseCase for MakeSite<'_> {
    type Output = Site;
    async fn run(&self, w: &mut Work<'_>) -> Result<Site> {
        let organisation = own_organisation(w.actor())?;
        let _permit = w.permit::<AccountManage>(&w.account_place(organisation))?;
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 200 {
            return Err(Error::Invalid {
                field: "name",
                problem: "site-name-missing",
            });
        }
        w.site_create(
            organisation,
            name,
            self.area,
            self.nation,
            self.private_room,
        )
        .await
    }
}
