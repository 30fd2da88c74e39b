//! The posts of a site: who is told when nobody acts, in which order, and who stands in where nobody holds one (SPEC 4.3
//! SM-ESCALATION and SM-SPOC, INV-001, NE-08).
//!
//! A post is on the ladder only while its holder can sign in and may act there. Where no post is, the safety leads of the site
//! stand in, then those of the organisation, then its administrators: an escalation never reaches nobody.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code;
use throughline_core::id::{AccountId, CaseId, OrganisationId, PersonId, SiteId};
use throughline_core::role::Role;
use throughline_core::time::At;
use throughline_policy::action::{AccountManage, SitePostName};
use throughline_policy::table::{Relation, relations};
use throughline_policy::{Action, ActionKind, Facts, Permit, Scope, Standing, Ties};

use crate::account::{Account, AccountState};
use crate::audit::Event;
use crate::closed::ShutOut;
use crate::col::Col;
use crate::entity::{account, site, site_lead, support_case};
use crate::error::{Error, Result};
use crate::scope::{About, TieColumns, condition};
use crate::setup::Site;
use crate::task::TOP;
use crate::work::Work;

/// Why a task or a request for a room was not made: a whole organisation has nobody who can sign in and could be told.
pub const NOBODY_TO_TELL: &str = "nobody-to-tell";

throughline_core::code_list! {
    /// A post of a site, in the order in which they are told (SPEC 4.3 SM-ESCALATION).
    pub enum SitePost {
        /// The lead: told first.
        Lead = "lead",
        /// The lead's deputy.
        Deputy = "deputy",
        /// The site manager.
        SiteManager = "site_manager",
    }
}

impl SitePost {
    /// Its rank in `site_lead`, from 0.
    pub const fn rank(self) -> i64 {
        match self {
            Self::Lead => 0,
            Self::Deputy => 1,
            Self::SiteManager => 2,
        }
    }

    fn of_rank(rank: i64) -> Option<Self> {
        Self::ALL.iter().copied().find(|post| post.rank() == rank)
    }
}

/// Whoever holds a post.
#[derive(Debug, Clone)]
pub struct Holder {
    /// Which.
    pub post: SitePost,
    /// Who.
    pub account: Account,
    /// Since when.
    pub from_at: At,
    /// Whether they are told now: they can sign in and may act there. Otherwise alerts pass them by.
    pub is_told: bool,
}

/// Somebody who is told when nobody acts.
#[derive(Debug, Clone)]
pub struct OnCall {
    /// Who.
    pub account: Account,
    /// Whether they hold no post and only stand in, because nobody else can be told.
    pub stands_in: bool,
}

/// From where the next one up is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Below {
    /// Above this level of the ladder.
    pub level: i64,
    /// Somebody else than this account.
    pub not: Option<AccountId>,
    /// Somebody who may see whom this case is about.
    pub case: Option<CaseId>,
}

/// Who is passed over on a ladder.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sparing {
    /// Whoever may not see one of these people.
    pub about: Vec<PersonId>,
    /// These, as long as there is anybody else.
    pub not_to_learn: Vec<AccountId>,
    /// This one, whoever else is there or not.
    pub never: Option<AccountId>,
}

/// The next one up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Next {
    /// The level on the ladder.
    pub level: i64,
    /// Who is to be told; `None` only where a whole organisation has nobody who could be. Then the level is the one below: it goes
    /// on from there once somebody can be told.
    pub told: Option<AccountId>,
    /// Whether nobody stood above: then the top is told again.
    pub again: bool,
}

/// Whether a role may hold a post: it may act on what reaches the site although it is somebody else's.
pub fn may_hold_a_post(role: Role) -> bool {
    Standing::from_code(role.code()).is_ok_and(|standing| {
        [
            ActionKind::TaskDo,
            ActionKind::RoomAnswer,
            ActionKind::CaseRead,
        ]
        .into_iter()
        .all(|action| relations(standing, action).contains(&Relation::OwnSite))
    })
}

fn post_roles() -> impl Iterator<Item = &'static str> {
    Role::ALL
        .iter()
        .filter(|role| may_hold_a_post(**role))
        .map(|role| role.code())
}

const fn account_ties() -> TieColumns<account::Column> {
    TieColumns {
        organisation: Some(account::Column::OrganisationId),
        site: None,
        lead: None,
        to: None,
        accepted_by: None,
        referral: None,
        about: About::Nobody,
    }
}

fn open_posts(site: SiteId) -> Condition {
    Condition::all()
        .add(site_lead::Column::SiteId.eq(Col(site)))
        .add(site_lead::Column::UntilAt.is_null())
}

impl Work<'_> {
    /// The ties of a site, for naming who holds its posts.
    pub const fn site_facts(&self, site: &Site) -> Facts<SiteId> {
        Facts {
            subject: site.id,
            person: None,
            ties: Ties {
                organisation: Some(site.organisation),
                site: Some(site.id),
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

    /// Who could hold a post of a site now: can sign in, works there, and may act on what reaches it.
    async fn who_can_hold(&self, site: SiteId) -> Result<Condition> {
        Ok(self
            .who_can_sign_in()
            .await?
            .add(account::Column::SiteId.eq(Col(site)))
            .add(account::Column::Role.is_in(post_roles())))
    }

    async fn open_post_rows(&self, site: SiteId) -> Result<Vec<site_lead::Model>> {
        Ok(site_lead::Entity::find()
            .filter(open_posts(site))
            .order_by_asc(site_lead::Column::LeadRank)
            .order_by_asc(site_lead::Column::Id)
            .all(&self.tx)
            .await?)
    }

    /// Who holds each post of a site and can be told now: level on the ladder (one more than the rank) and account.
    async fn named(&self, site: SiteId) -> Result<Vec<(i64, AccountId)>> {
        let can = self.who_can_hold(site).await?;
        let mut out = Vec::new();
        for row in self.open_post_rows(site).await? {
            let holder = account::Entity::find_by_id(row.account_id)
                .filter(can.clone())
                .one(&self.tx)
                .await?;
            if holder.is_some() {
                out.push((row.lead_rank.saturating_add(1).min(TOP), row.account_id.0));
            }
        }
        Ok(out)
    }

    /// Who leads a case.
    async fn lead_of(&self, case: Option<CaseId>) -> Result<Option<AccountId>> {
        let Some(case) = case else { return Ok(None) };
        let row = support_case::Entity::find_by_id(Col(case))
            .one(&self.tx)
            .await?;
        Ok(row.map(|row| row.lead_account_id.0))
    }

    /// Who stands in where nobody holds a post, the first first: as many as a ladder has levels.
    async fn stand_ins(
        &self,
        organisation: OrganisationId,
        at: Option<SiteId>,
        lets: &(dyn Fn(AccountId) -> bool + Sync),
    ) -> Result<Vec<AccountId>> {
        let most = usize::try_from(TOP).unwrap_or_default();
        let can = self
            .who_can_sign_in()
            .await?
            .add(account::Column::OrganisationId.eq(Col(organisation)));
        // Whoever may not be told is passed over before anybody is counted: else they would take the place of somebody who may.
        let some = async |which: Condition, limit: usize| {
            let rows = account::Entity::find()
                .filter(can.clone())
                .filter(which)
                .order_by_asc(account::Column::Id)
                .all(&self.tx)
                .await?;
            let ids = rows.into_iter().map(|row| row.id.0);
            Ok::<_, Error>(ids.filter(|who| lets(*who)).take(limit).collect::<Vec<_>>())
        };
        let leads = || Condition::all().add(account::Column::Role.is_in(post_roles()));
        let mut out = Vec::new();
        let mut elsewhere = leads();
        if let Some(at) = at {
            out = some(leads().add(account::Column::SiteId.eq(Col(at))), most).await?;
            elsewhere = elsewhere.add(
                Condition::any()
                    .add(account::Column::SiteId.is_null())
                    .add(account::Column::SiteId.ne(Col(at))),
            );
        }
        let left = most.saturating_sub(out.len());
        out.extend(some(elsewhere, left).await?);
        if out.is_empty() {
            let role = account::Column::Role.eq(Role::Administrator.code());
            out = some(Condition::all().add(role), most).await?;
        }
        Ok(out)
    }

    /// Those of these accounts who can sign in, in the same order.
    pub(crate) async fn who_of(&self, accounts: Vec<AccountId>) -> Result<Vec<AccountId>> {
        let can = self.who_can_sign_in().await?;
        let mut out = Vec::new();
        for id in accounts {
            let row = account::Entity::find_by_id(Col(id)).filter(can.clone());
            out.extend(row.one(&self.tx).await?.map(|row| row.id.0));
        }
        Ok(out)
    }

    /// The next post above that somebody holds. A post that nobody holds is passed over, and so is one whose holder may not see
    /// whom it is about: waiting for nobody helps nobody. Where none is left, those who stand in take the levels up to `top` in
    /// turn, and then the viewers of a record that is kept to them. Where nobody is above, the highest who is
    /// there is told again.
    pub(crate) async fn next_post(
        &self,
        organisation: OrganisationId,
        site: Option<SiteId>,
        below: Below,
        top: i64,
    ) -> Result<Next> {
        self.next_post_but(organisation, site, below, top, &Sparing::default())
            .await
    }

    /// The same, passing over whoever may not see one of these people and whoever must not learn of it. Only where nobody else is
    /// left is it theirs after all who must not learn of it: what nobody knows is done by nobody.
    pub(crate) async fn next_post_but(
        &self,
        organisation: OrganisationId,
        site: Option<SiteId>,
        below: Below,
        top: i64,
        sparing: &Sparing,
    ) -> Result<Next> {
        let mut about = sparing.about.clone();
        if let Some(case) = below.case {
            about.extend(self.person_in(Some(case)).await?);
        }
        let mut shut = Vec::with_capacity(about.len());
        for person in about {
            shut.push(self.shut_out(person).await?);
        }
        let lets =
            |who: AccountId| Some(who) != sparing.never && shut.iter().all(|shut| shut.lets(who));
        let spared = |who: AccountId| sparing.not_to_learn.contains(&who);
        let mut held = match site {
            Some(site) => self.named(site).await?,
            None => Vec::new(),
        };
        held.retain(|(_, who)| lets(*who));
        let mut ladder = held.clone();
        ladder.retain(|(_, who)| !spared(*who));
        if ladder.is_empty() {
            let mut others = self.stand_ins(organisation, site, &lets).await?;
            if others.is_empty() {
                // The viewers who are left, or, where all who could be told are shut out, whoever leads the case.
                let left = shut.iter().flat_map(ShutOut::left);
                let mut left: Vec<_> = left.filter(|who| lets(*who)).collect();
                if left.is_empty()
                    && !self
                        .stand_ins(organisation, site, &|_| true)
                        .await?
                        .is_empty()
                {
                    left.extend(self.lead_of(below.case).await?.filter(|who| lets(*who)));
                }
                others = self.who_of(left).await?;
            }
            let all = others.clone();
            others.retain(|who| !spared(*who));
            ladder = match (others.is_empty(), held.is_empty()) {
                (true, false) => held,
                (true, true) => (1..=top).zip(all).collect(),
                (false, _) => (1..=top).zip(others).collect(),
            };
        }
        let next = ladder
            .iter()
            .find(|(at, who)| *at > below.level && Some(*who) != below.not);
        let (level, told, again) = match (next, ladder.last()) {
            (Some((level, who)), _) => (*level, Some(*who), false),
            (None, Some((_, who))) => (top, Some(*who), true),
            (None, None) => (below.level, None, true),
        };
        Ok(Next { level, told, again })
    }

    /// Makes an account the lead (rank 0) or deputy (rank 1) of a site from now on, while an installation is being set up.
    pub async fn site_lead_set(
        &mut self,
        site: SiteId,
        account: AccountId,
        rank: i64,
    ) -> Result<()> {
        self.post_begin(site, account, rank).await?;
        self.note_event(Event::SetUp, Some(account.uuid()), &["site_lead"]);
        Ok(())
    }

    async fn post_begin(&mut self, site: SiteId, account: AccountId, rank: i64) -> Result<()> {
        let row = site_lead::ActiveModel {
            id: Set(self.env().id::<()>().uuid()),
            site_id: Set(Col(site)),
            account_id: Set(Col(account)),
            lead_rank: Set(rank),
            from_at: Set(Col(self.now())),
            until_at: Set(None),
        };
        site_lead::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    async fn posts_end(&mut self, site: SiteId, which: Condition) -> Result<()> {
        let change = site_lead::ActiveModel {
            until_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        site_lead::Entity::update_many()
            .set(change)
            .filter(open_posts(site))
            .filter(which)
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Changes of the posts of one site come one after the other.
    async fn site_lock(&self, site: SiteId) -> Result<()> {
        site::Entity::find_by_id(Col(site))
            .lock_exclusive()
            .one(&self.tx)
            .await?
            .map(|_| ())
            .ok_or(Error::NotFound(SitePostName::KIND))
    }

    /// Those who hold a post of a site and can be told now, in the order in which they are alerted. Who left, cannot sign in
    /// or works elsewhere is not among them.
    pub async fn site_leads(&mut self, site: SiteId) -> Result<Vec<Account>> {
        let named = self.named(site).await?;
        let mut out = Vec::with_capacity(named.len());
        for (_, id) in named {
            out.extend(self.account(id).await?);
        }
        Ok(out)
    }

    /// Who is told at a site when nobody acts, in this order: the holders of its posts, or whoever stands in. Empty only where
    /// a whole organisation has nobody who can sign in and could be told.
    pub async fn site_on_call(&mut self, site: &Site) -> Result<Vec<OnCall>> {
        let mut ids: Vec<_> = self
            .named(site.id)
            .await?
            .into_iter()
            .map(|(_, id)| id)
            .collect();
        let stands_in = ids.is_empty();
        if stands_in {
            ids = self
                .stand_ins(site.organisation, Some(site.id), &|_| true)
                .await?;
        }
        let mut out = Vec::with_capacity(ids.len());
        for id in ids {
            let account = self.account(id).await?;
            out.extend(account.map(|account| OnCall { account, stands_in }));
        }
        Ok(out)
    }

    /// Who holds each post of a site, in the order in which they are told; a post that nobody holds is not among them.
    pub async fn site_posts(
        &mut self,
        scope: &Scope<AccountManage>,
        site: SiteId,
    ) -> Result<Vec<Holder>> {
        self.note_scope(scope, &["name", "site_lead"]);
        let Some(mine) = condition(scope, &account_ties(), self.now()) else {
            return Ok(Vec::new());
        };
        let told = self.named(site).await?;
        let mut out = Vec::new();
        for row in self.open_post_rows(site).await? {
            let holder = account::Entity::find_by_id(row.account_id)
                .filter(mine.clone())
                .filter(account::Column::State.eq(AccountState::Active.code()))
                .one(&self.tx)
                .await?;
            let (Some(holder), Some(post)) = (holder, SitePost::of_rank(row.lead_rank)) else {
                continue;
            };
            out.push(Holder {
                post,
                is_told: told.iter().any(|(_, id)| *id == row.account_id.0),
                account: self.account_of(holder).await?,
                from_at: row.from_at.0,
            });
        }
        Ok(out)
    }

    /// The colleagues who could be given a post of a site, by name.
    pub async fn post_candidates(
        &mut self,
        scope: &Scope<AccountManage>,
        site: SiteId,
    ) -> Result<Vec<Account>> {
        self.note_scope(scope, &["name", "role", "site"]);
        let Some(mine) = condition(scope, &account_ties(), self.now()) else {
            return Ok(Vec::new());
        };
        let rows = account::Entity::find()
            .filter(mine)
            .filter(self.who_can_hold(site).await?)
            .all(&self.tx)
            .await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            out.push(self.account_of(row).await?);
        }
        out.sort_by_key(|account| (account.name.to_lowercase(), account.id));
        Ok(out)
    }

    /// Those of these sites at which nobody who can be told is named as lead, and of each whether somebody works there who could
    /// be. No names: it is asked each time an administrator looks.
    pub async fn sites_without_lead(
        &mut self,
        scope: &Scope<AccountManage>,
        sites: &[SiteId],
    ) -> Result<Vec<(SiteId, bool)>> {
        self.note_scope(scope, &["site", "site_lead"]);
        let Some(mine) = condition(scope, &account_ties(), self.now()) else {
            return Ok(Vec::new());
        };
        let fit = account::Entity::find()
            .filter(mine)
            .filter(self.who_can_sign_in().await?)
            .filter(account::Column::Role.is_in(post_roles()))
            .all(&self.tx)
            .await?;
        let leads = site_lead::Entity::find()
            .filter(site_lead::Column::SiteId.is_in(sites.iter().copied().map(Col)))
            .filter(site_lead::Column::LeadRank.eq(SitePost::Lead.rank()))
            .filter(site_lead::Column::UntilAt.is_null())
            .all(&self.tx)
            .await?;
        let mut out = Vec::new();
        for site in sites {
            let mut here = fit.iter().filter(|row| row.site_id == Some(Col(*site)));
            let led = here.clone().any(|row| {
                let leads_it =
                    |lead: &site_lead::Model| (lead.site_id.0, lead.account_id) == (*site, row.id);
                leads.iter().any(leads_it)
            });
            if !led {
                out.push((*site, here.next().is_some()));
            }
        }
        Ok(out)
    }

    /// Gives a post of the permit's site to the account of `holder`, from now on: whoever had it has it no longer, in the same
    /// instant. Nobody holds two posts of a site, so another one that they held there is free again.
    ///
    /// Errors with [`Error::Invalid`] when they cannot sign in, do not work there or may not act on what reaches it, and when
    /// the site would thereby have no lead.
    pub async fn site_post_name(
        &mut self,
        permit: &Permit<SitePostName>,
        post: SitePost,
        holder: &Permit<AccountManage>,
    ) -> Result<()> {
        let (site, who) = (permit.on(), holder.on());
        let invalid = |problem| Error::Invalid {
            field: "account",
            problem,
        };
        self.site_lock(site).await?;
        // Locked: they cannot leave in the same instant.
        self.account_for_change(holder).await?;
        let fit = account::Entity::find_by_id(Col(who))
            .filter(self.who_can_hold(site).await?)
            .one(&self.tx)
            .await?;
        if fit.is_none() {
            return Err(invalid("post-holder-wrong"));
        }
        self.note(permit, site.uuid(), &["site_lead"]);
        let held = self.open_post_rows(site).await?;
        let has = |row: &&site_lead::Model, post: SitePost| {
            row.account_id.0 == who && row.lead_rank == post.rank()
        };
        if held.iter().any(|row| has(&row, post)) {
            return Ok(());
        }
        if held.iter().any(|row| has(&row, SitePost::Lead)) {
            return Err(invalid("post-lead-first"));
        }
        let before = Condition::any()
            .add(site_lead::Column::LeadRank.eq(post.rank()))
            .add(site_lead::Column::AccountId.eq(Col(who)));
        self.posts_end(site, before).await?;
        self.post_begin(site, who, post.rank()).await
    }

    /// Ends what an account holds at a site. When nobody else is left there who holds a post and can be told, `to` leads from now
    /// on, or, where they cannot, another safety lead of the site. With a deputy or site manager the site may be without a lead:
    /// they are told in their place, and the administrators' page says that a lead is missing.
    ///
    /// Errors with [`Error::Illegal`] when there is none: a site is never left with nobody who was named for it.
    pub async fn site_lead_hand_on(
        &mut self,
        permit: &Permit<AccountManage>,
        site: SiteId,
        to: Option<AccountId>,
    ) -> Result<()> {
        let from = permit.on();
        self.site_lock(site).await?;
        let own = Condition::all().add(site_lead::Column::AccountId.eq(Col(from)));
        self.posts_end(site, own).await?;
        self.note(permit, from.uuid(), &["site_lead"]);
        if !self.named(site).await?.is_empty() {
            return Ok(());
        }
        // Locked: whoever is to lead cannot leave in the same instant.
        let fit = account::Entity::find()
            .filter(self.who_can_hold(site).await?)
            .filter(account::Column::OrganisationId.eq(Col(permit.organisation())))
            .filter(account::Column::Id.ne(Col(from)))
            .order_by_asc(account::Column::Id)
            .lock_exclusive()
            .all(&self.tx)
            .await?;
        let next = fit
            .iter()
            .find(|row| Some(row.id.0) == to)
            .or_else(|| fit.first())
            .ok_or(Error::Illegal("leaver-site-without-lead"))?;
        let next = next.id.0;
        // Whoever is named as lead and cannot be told makes way.
        let rank = site_lead::Column::LeadRank.eq(SitePost::Lead.rank());
        self.posts_end(site, Condition::all().add(rank)).await?;
        self.post_begin(site, next, SitePost::Lead.rank()).await
    }
}
