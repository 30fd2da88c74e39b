//! Accounts: who may sign in, for which organisation, in which role. Names and addresses are sealed under the account's own key.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use throughline_core::code::Code;
use throughline_core::id::{AccountId, OrganisationId, Ref, SiteId};
use throughline_core::role::Role;
use throughline_core::time::At;
use throughline_policy::{Actor, Facts, Ties};
use throughline_seal::{BlindKey, normal};

use crate::audit::Event;
use crate::col::{Blob, Col};
use crate::entity::{account, site_lead};
use crate::error::{Error, Result};
use crate::keys::{Owner, place};
use crate::work::Work;

throughline_core::code_list! {
    /// Whether an account can be used.
    pub enum AccountState {
        /// It can.
        Active = "active",
        /// Its owner has left: nothing works from the next request on.
        Ended = "ended",
    }
}

/// An account to be made.
#[derive(Debug)]
pub struct NewAccount<'a> {
    /// For which organisation.
    pub organisation: OrganisationId,
    /// At which site.
    pub site: Option<SiteId>,
    /// In which role.
    pub role: Role,
    /// Their name.
    pub name: &'a str,
    /// Their e-mail address, by which they sign in.
    pub email: &'a str,
    /// The password's PHC string, once they have one.
    pub password: Option<&'a str>,
}

/// An account.
#[derive(Debug, Clone)]
pub struct Account {
    /// Internal id.
    pub id: AccountId,
    /// Reference.
    pub reference: Ref,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// At which site.
    pub site: Option<SiteId>,
    /// In which role.
    pub role: Role,
    /// Whether it can be used.
    pub state: AccountState,
    /// Their name.
    pub name: String,
    /// When access ended.
    pub ended_at: Option<At>,
    /// Version, for optimistic locking.
    pub version: i64,
}

impl Account {
    /// The actor that this account is, before any step-up.
    pub const fn actor(&self) -> Actor {
        Actor::Staff {
            account: self.id,
            organisation: self.organisation,
            site: self.site,
            role: self.role,
            stepped_up_at: None,
        }
    }
}

impl Work<'_> {
    /// The installation's own look-up key for e-mail addresses: sign-in does not know the organisation yet.
    pub(crate) fn email_key(&self) -> BlindKey {
        BlindKey::from_bytes(
            self.store
                .keys()
                .keyring()
                .current()
                .derive("sign-in e-mail index"),
        )
    }

    /// Makes an account with a key of its own. Errors with [`Error::Invalid`] when the address is taken.
    pub async fn account_create(&mut self, new: &NewAccount<'_>) -> Result<Account> {
        let (id, reference) = (
            self.env().id::<throughline_core::id::Account>(),
            self.env().reference(),
        );
        let index = self.email_key().hash(&normal::email(new.email));
        let taken = account::Entity::find()
            .filter(account::Column::EmailIndex.eq(Blob(index.to_vec())))
            .one(&self.tx)
            .await?;
        if taken.is_some() {
            return Err(Error::Invalid {
                field: "email",
                problem: "account-email-taken",
            });
        }
        self.data_key_create(id.uuid(), Owner::Account, new.organisation)
            .await?;
        let name = self
            .seal(id.uuid(), place("account", "name", id.uuid()), &new.name)
            .await?;
        let email = self
            .seal(id.uuid(), place("account", "email", id.uuid()), &new.email)
            .await?;
        let row = account::ActiveModel {
            id: Set(Col(id)),
            reference: Set(Col(reference)),
            organisation_id: Set(Col(new.organisation)),
            site_id: Set(new.site.map(Col)),
            role: Set(new.role.code().to_owned()),
            state: Set(AccountState::Active.code().to_owned()),
            name: Set(name),
            email: Set(email),
            email_index: Set(Blob(index.to_vec())),
            password: Set(new.password.map(str::to_owned)),
            totp: Set(None),
            totp_step: Set(None),
            created_at: Set(Col(self.now())),
            ended_at: Set(None),
            version: Set(1),
        };
        account::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note_event(Event::SetUp, Some(id.uuid()), &["account"]);
        Ok(Account {
            id,
            reference,
            organisation: new.organisation,
            site: new.site,
            role: new.role,
            state: AccountState::Active,
            name: new.name.to_owned(),
            ended_at: None,
            version: 1,
        })
    }

    pub(crate) async fn account_of(&mut self, row: account::Model) -> Result<Account> {
        let bad = |column| Error::RowShape {
            table: "account",
            column,
        };
        let id = row.id.0;
        let name = self
            .open(id.uuid(), place("account", "name", id.uuid()), &row.name)
            .await?;
        Ok(Account {
            id,
            reference: row.reference.0,
            organisation: row.organisation_id.0,
            site: row.site_id.map(|site| site.0),
            role: Role::from_code(&row.role).map_err(|_| bad("role"))?,
            state: AccountState::from_code(&row.state).map_err(|_| bad("state"))?,
            name,
            ended_at: row.ended_at.map(|at| at.0),
            version: row.version,
        })
    }

    /// An account by id, for showing who did something to those who may see that it was done.
    pub async fn account(&mut self, id: AccountId) -> Result<Option<Account>> {
        match account::Entity::find_by_id(Col(id)).one(&self.tx).await? {
            Some(row) => self.account_of(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The ties of an account, by reference.
    pub async fn account_facts(&mut self, reference: Ref) -> Result<Option<Facts<AccountId>>> {
        let row = account::Entity::find()
            .filter(account::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        Ok(row.map(|row| Facts {
            subject: row.id.0,
            person: None,
            ties: Ties {
                organisation: Some(row.organisation_id.0),
                site: row.site_id.map(|site| site.0),
                ..Ties::default()
            },
        }))
    }

    /// Makes an account the lead (rank 0) or deputy (rank 1) of a site from now on.
    pub async fn site_lead_set(
        &mut self,
        site: SiteId,
        account: AccountId,
        rank: i64,
    ) -> Result<()> {
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
        self.note_event(Event::SetUp, Some(account.uuid()), &["site_lead"]);
        Ok(())
    }

    /// Lead and deputies of a site now, in the order in which they are alerted; those who left are not among them.
    pub async fn site_leads(&mut self, site: SiteId) -> Result<Vec<Account>> {
        let rows = site_lead::Entity::find()
            .filter(site_lead::Column::SiteId.eq(Col(site)))
            .filter(site_lead::Column::UntilAt.is_null())
            .order_by_asc(site_lead::Column::LeadRank)
            .order_by_asc(site_lead::Column::Id)
            .all(&self.tx)
            .await?;
        let mut out = Vec::new();
        for row in rows {
            let account = self.account(row.account_id.0).await?;
            out.extend(account.filter(|account| account.state == AccountState::Active));
        }
        Ok(out)
    }
}
