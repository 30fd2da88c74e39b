//! Joiner, mover, leaver: giving, changing and ending a colleague's access, and what they leave behind (ASSURANCE V7, 7.4.2).
//!
//! Whoever ends an access locks the account's row first. Work that the leaver has begun either commits before that, and is
//! then part of what is handed on, or fails at its own commit: nothing is stranded between.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use throughline_core::code::Code;
use throughline_core::id::{AccountId, CaseId, OrganisationId, Ref, SiteId};
use throughline_core::role::Role;
use throughline_policy::action::AccountManage;
use throughline_policy::{Action, Facts, Permit, Scope, Ties};

use crate::account::{Account, AccountState, NewAccount};
use crate::col::Col;
use crate::entity::{account, conversation, referral, site, site_lead, support_case, task};
use crate::error::{Error, Result};
use crate::scope::{About, TieColumns, condition};
use crate::setup::Site;
use crate::work::Work;

/// What an account holds that somebody must hold after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holdings {
    /// The cases that it leads.
    pub cases: Vec<(CaseId, SiteId)>,
    /// The sites at which something of it waits; `None` is work that belongs to no site.
    pub sites: BTreeSet<Option<SiteId>>,
    /// How many tasks are open.
    pub tasks: u64,
    /// How many conversations have not ended or belong to a case.
    pub conversations: u64,
    /// The sites that it leads or deputises for.
    pub leads: BTreeSet<SiteId>,
    /// How many referrals to its organisation only this account can answer when signed in.
    pub only_it_can_answer: u64,
}

impl Holdings {
    /// Whether somebody must take something over.
    pub fn needs_taker(&self) -> bool {
        !self.sites.is_empty() || !self.leads.is_empty()
    }
}

impl Work<'_> {
    /// The ties of an account that is yet to be made for an organisation.
    pub fn account_place(&self, organisation: OrganisationId) -> Facts<AccountId> {
        Facts {
            subject: self.env().id(),
            person: None,
            ties: Ties {
                organisation: Some(organisation),
                ..Ties::default()
            },
        }
    }

    /// A joiner: makes an account in the permit's organisation. Errors with [`Error::Invalid`] when the address is taken or
    /// the name is empty, with [`Error::Illegal`] when the organisation or the site is not the administrator's.
    pub async fn account_add(
        &mut self,
        permit: &Permit<AccountManage>,
        new: &NewAccount<'_>,
    ) -> Result<Account> {
        if new.organisation != permit.organisation() {
            return Err(Error::Illegal("account-of-another-organisation"));
        }
        let invalid = |field, problem| Err(Error::Invalid { field, problem });
        if new.name.trim().is_empty() || new.name.chars().count() > 200 {
            return invalid("name", "account-name-missing");
        }
        let email = new.email.trim();
        if email.chars().count() > 254
            || !email
                .split_once('@')
                .is_some_and(|(a, b)| !a.is_empty() && b.contains('.'))
        {
            return invalid("email", "account-email-wrong");
        }
        self.site_of_organisation(new.organisation, new.site)
            .await?;
        let made = self.account_insert(permit.on(), new).await?;
        self.note(permit, permit.on().uuid(), &["account", "role", "site"]);
        Ok(made)
    }

    async fn site_of_organisation(
        &self,
        organisation: OrganisationId,
        site: Option<SiteId>,
    ) -> Result<()> {
        let Some(site) = site else { return Ok(()) };
        let row = site::Entity::find_by_id(Col(site)).one(&self.tx).await?;
        if row.is_some_and(|row| row.organisation_id.0 == organisation) {
            Ok(())
        } else {
            Err(Error::Invalid {
                field: "site",
                problem: "account-site-wrong",
            })
        }
    }

    /// A site by reference.
    pub async fn site_by_reference(&self, reference: Ref) -> Result<Option<Site>> {
        let row = site::Entity::find()
            .filter(site::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        match row {
            Some(row) => self.site(row.id.0).await,
            None => Ok(None),
        }
    }

    /// The colleagues that this actor may manage, by name; those who have left are among them, marked.
    pub async fn accounts(&mut self, scope: &Scope<AccountManage>) -> Result<Vec<Account>> {
        let columns = TieColumns {
            organisation: Some(account::Column::OrganisationId),
            site: None,
            lead: None,
            to: None,
            accepted_by: None,
            referral: None,
            about: About::Nobody,
        };
        self.note_scope(scope, &["name", "role", "site"]);
        let Some(condition) = condition(scope, &columns, self.now()) else {
            return Ok(Vec::new());
        };
        let rows = account::Entity::find()
            .filter(condition)
            .order_by_asc(account::Column::Id)
            .all(&self.tx)
            .await?;
        let owners: Vec<_> = rows.iter().map(|row| row.id.0.uuid()).collect();
        self.data_keys_prefetch(&owners).await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            out.push(self.account_of(row).await?);
        }
        out.sort_by_key(|account| (account.name.to_lowercase(), account.id));
        Ok(out)
    }

    /// The account of a permit, with its row locked until this work ends: the first step of every change of access.
    pub async fn account_for_change(&mut self, permit: &Permit<AccountManage>) -> Result<Account> {
        let row = account::Entity::find_by_id(Col(permit.on()))
            .lock_exclusive()
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(AccountManage::KIND))?;
        self.note(permit, permit.on().uuid(), &["name", "role", "site"]);
        self.account_of(row).await
    }

    /// What an account holds. The administrator learns counts and sites, never whose cases they are.
    pub async fn account_holdings(&mut self, permit: &Permit<AccountManage>) -> Result<Holdings> {
        let id = Col(permit.on());
        let row = account::Entity::find_by_id(id)
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(AccountManage::KIND))?;
        let mut held = Holdings::default();
        let cases = support_case::Entity::find()
            .filter(support_case::Column::LeadAccountId.eq(id))
            .order_by_asc(support_case::Column::Id)
            .all(&self.tx)
            .await?;
        for case in cases {
            held.sites.insert(Some(case.site_id.0));
            held.cases.push((case.id.0, case.site_id.0));
        }
        let tasks = task::Entity::find()
            .filter(tasks_of(permit.on()))
            .all(&self.tx)
            .await?;
        for task in tasks {
            held.sites.insert(task.site_id.map(|site| site.0));
            held.tasks += 1;
        }
        let conversations = conversation::Entity::find()
            .filter(conversations_of(permit.on()))
            .all(&self.tx)
            .await?;
        for conversation in conversations {
            held.sites.insert(Some(conversation.site_id.0));
            held.conversations += 1;
        }
        let referrals = referral::Entity::find()
            .filter(referral::Column::LeadAccountId.eq(id))
            .all(&self.tx)
            .await?;
        held.sites
            .extend(referrals.iter().map(|row| Some(row.from_site_id.0)));
        let leads = site_lead::Entity::find()
            .filter(site_lead::Column::AccountId.eq(id))
            .filter(site_lead::Column::UntilAt.is_null())
            .all(&self.tx)
            .await?;
        for lead in leads {
            held.leads.insert(lead.site_id.0);
        }
        if row.role == Role::PartnerWorker.code() {
            let others = self.answering_accounts(row.organisation_id.0).await?;
            if others.iter().all(|other| *other == permit.on()) {
                held.only_it_can_answer = referral::Entity::find()
                    .filter(referral::Column::LiveOrganisationId.eq(row.organisation_id))
                    .count(&self.tx)
                    .await?;
            }
        }
        self.note(permit, permit.on().uuid(), &["holdings"]);
        Ok(held)
    }

    /// Hands on what is not handed over with a case: open tasks, conversations and referrals at `site` (or without one). What is of
    /// a person whom `to` may not see goes on from there to somebody who may.
    pub async fn account_hand_on(
        &mut self,
        permit: &Permit<AccountManage>,
        site: Option<SiteId>,
        to: AccountId,
    ) -> Result<()> {
        let from = permit.on();
        let at_site = |column: task::Column| match site {
            Some(site) => column.eq(Col(site)),
            None => column.is_null(),
        };
        let change = task::ActiveModel {
            owner_account_id: Set(Some(Col(to))),
            ..Default::default()
        };
        task::Entity::update_many()
            .set(change)
            .filter(tasks_of(from))
            .filter(at_site(task::Column::SiteId))
            .exec(&self.tx)
            .await?;
        if let Some(site) = site {
            let change = conversation::ActiveModel {
                account_id: Set(Col(to)),
                ..Default::default()
            };
            conversation::Entity::update_many()
                .set(change)
                .filter(conversations_of(from))
                .filter(conversation::Column::SiteId.eq(Col(site)))
                .exec(&self.tx)
                .await?;
            let change = referral::ActiveModel {
                lead_account_id: Set(Col(to)),
                ..Default::default()
            };
            referral::Entity::update_many()
                .set(change)
                .filter(referral::Column::LeadAccountId.eq(Col(from)))
                .filter(referral::Column::FromSiteId.eq(Col(site)))
                .exec(&self.tx)
                .await?;
        }
        self.note(
            permit,
            from.uuid(),
            &["tasks", "conversations", "referrals"],
        );
        self.leave_nothing_with(permit.organisation(), to).await
    }

    /// A mover: changes role and site. Every session ends, so that the next request is decided by the new role.
    /// Errors with [`Error::Illegal`] for one's own account, [`Error::Conflict`] when somebody changed it first.
    pub async fn account_change(
        &mut self,
        permit: &Permit<AccountManage>,
        version: i64,
        role: Role,
        site: Option<SiteId>,
    ) -> Result<()> {
        self.not_oneself(permit)?;
        self.site_of_organisation(permit.organisation(), site)
            .await?;
        let change = account::ActiveModel {
            role: Set(role.code().to_owned()),
            site_id: Set(site.map(Col)),
            version: Set(version + 1),
            ..Default::default()
        };
        self.account_update(permit.on(), version, change).await?;
        self.sessions_end(permit.on()).await?;
        self.note(permit, permit.on().uuid(), &["role", "site", "sessions"]);
        Ok(())
    }

    /// A leaver: nothing of this account works from the next request on. Errors as [`Work::account_change`], and with
    /// [`Error::Illegal`] while something is still held by it.
    pub async fn account_end(
        &mut self,
        permit: &Permit<AccountManage>,
        version: i64,
    ) -> Result<()> {
        self.not_oneself(permit)?;
        let held = self.account_holdings(permit).await?;
        if held.needs_taker() {
            return Err(Error::Illegal("leaver-holds-work"));
        }
        let change = account::ActiveModel {
            state: Set(AccountState::Ended.code().to_owned()),
            ended_at: Set(Some(Col(self.now()))),
            password: Set(None),
            totp: Set(None),
            version: Set(version + 1),
            ..Default::default()
        };
        self.account_update(permit.on(), version, change).await?;
        self.sessions_end(permit.on()).await?;
        self.devices_forget(permit.on()).await?;
        self.ways_forget(permit.on()).await?;
        self.interests_forget(permit.on()).await?;
        self.note(
            permit,
            permit.on().uuid(),
            &[
                "state",
                "password",
                "second_factor",
                "passkeys",
                "provider",
                "sessions",
                "devices",
                "interests",
            ],
        );
        Ok(())
    }

    /// Stops an access at once without ending the account: every way to sign in, sessions and devices go, what it holds
    /// stays until a colleague takes it. For the moment when nobody is there to take it yet, and for a password that is lost.
    /// Gives the account's new version.
    pub async fn account_stop(
        &mut self,
        permit: &Permit<AccountManage>,
        version: i64,
    ) -> Result<i64> {
        self.not_oneself(permit)?;
        let change = account::ActiveModel {
            password: Set(None),
            totp: Set(None),
            totp_step: Set(None),
            version: Set(version + 1),
            ..Default::default()
        };
        self.account_update(permit.on(), version, change).await?;
        self.sessions_end(permit.on()).await?;
        self.devices_forget(permit.on()).await?;
        self.ways_forget(permit.on()).await?;
        self.note(
            permit,
            permit.on().uuid(),
            &[
                "password",
                "second_factor",
                "passkeys",
                "provider",
                "sessions",
                "devices",
            ],
        );
        Ok(version + 1)
    }

    fn not_oneself(&self, permit: &Permit<AccountManage>) -> Result<()> {
        if self.actor().account() == Some(permit.on()) {
            Err(Error::Illegal("access-of-oneself"))
        } else {
            Ok(())
        }
    }
}

fn tasks_of(account: AccountId) -> Condition {
    Condition::all()
        .add(task::Column::OwnerAccountId.eq(Col(account)))
        .add(task::Column::DoneAt.is_null())
}

/// Conversations that still need somebody: under way, or part of a case.
fn conversations_of(account: AccountId) -> Condition {
    let needed = Condition::any()
        .add(conversation::Column::EndedAt.is_null())
        .add(conversation::Column::CaseId.is_not_null());
    Condition::all()
        .add(conversation::Column::AccountId.eq(Col(account)))
        .add(needed)
}
