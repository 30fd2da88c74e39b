//! Accounts: who may sign in, for which organisation, in which role, and how they prove who they are. Names, addresses and
//! second factors are sealed under the account's own key. Giving, changing and ending access is in [`crate::access`], the posts of
//! a site in [`crate::post`].

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait};
use throughline_core::code::Code;
use throughline_core::id::{AccountId, OrganisationId, Ref, SiteId};
use throughline_core::role::Role;
use throughline_core::time::At;
use throughline_policy::{Actor, Facts, Ties};
use throughline_seal::{BlindKey, normal};

use crate::audit::Event;
use crate::col::{Blob, Col};
use crate::entity::{account, installation, passkey, sign_in_link};
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

/// The version of an account that nobody has used or changed yet.
pub(crate) const FIRST_VERSION: i64 = 1;

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

/// What proves who somebody is. Never printed.
#[derive(Clone)]
pub struct Credentials {
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
    /// Whether the account can be used.
    pub state: AccountState,
    /// The password's PHC string, once they have chosen one.
    pub password: Option<String>,
    /// Whether they have a second factor.
    pub second_factor: bool,
    /// Version, for optimistic locking: it changes with everything that matters to signing in.
    pub version: i64,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(..)")
    }
}

impl Credentials {
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

fn credentials_of(row: account::Model) -> Result<Credentials> {
    let bad = |column| Error::RowShape {
        table: "account",
        column,
    };
    Ok(Credentials {
        id: row.id.0,
        reference: row.reference.0,
        organisation: row.organisation_id.0,
        site: row.site_id.map(|site| site.0),
        role: Role::from_code(&row.role).map_err(|_| bad("role"))?,
        state: AccountState::from_code(&row.state).map_err(|_| bad("state"))?,
        password: row.password,
        second_factor: row.totp.is_some(),
        version: row.version,
    })
}

/// The problem of an address that signs in already.
pub(crate) const EMAIL_TAKEN: &str = "account-email-taken";

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

    /// Makes an account while an installation is being set up. Errors with [`Error::Invalid`] when the address is taken.
    pub async fn account_create(&mut self, new: &NewAccount<'_>) -> Result<Account> {
        let id = self.env().id();
        let made = self.account_insert(id, new).await?;
        self.note_event(Event::SetUp, Some(id.uuid()), &["account"]);
        Ok(made)
    }

    /// Keeps a new account with a key of its own. The caller notes it.
    pub(crate) async fn account_insert(
        &mut self,
        id: AccountId,
        new: &NewAccount<'_>,
    ) -> Result<Account> {
        let reference = self.env().reference();
        let index = self.email_key().hash(&normal::email(new.email));
        let taken = account::Entity::find()
            .filter(account::Column::EmailIndex.eq(Blob(index.to_vec())))
            .one(&self.tx)
            .await?;
        if taken.is_some() {
            return Err(Error::Invalid {
                field: "email",
                problem: EMAIL_TAKEN,
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
            version: Set(FIRST_VERSION),
        };
        account::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(Account {
            id,
            reference,
            organisation: new.organisation,
            site: new.site,
            role: new.role,
            state: AccountState::Active,
            name: new.name.to_owned(),
            ended_at: None,
            version: FIRST_VERSION,
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

    /// Who can sign in, as a condition on accounts: those who have not left and have a password, are known to the organisation's
    /// own sign-in service, or have a passkey. One who never chose, or whose access was stopped, has none. Nobody in a demo has a password: there
    /// one press is enough.
    pub(crate) async fn who_can_sign_in(&self) -> Result<Condition> {
        let active = Condition::all().add(account::Column::State.eq(AccountState::Active.code()));
        Ok(if self.is_demo().await? {
            active
        } else {
            let linked = sign_in_link::Entity::find()
                .select_only()
                .column(sign_in_link::Column::AccountId)
                .into_query();
            let keyed = passkey::Entity::find()
                .select_only()
                .column(passkey::Column::AccountId)
                .filter(passkey::Column::StoppedAt.is_null())
                .into_query();
            active.add(
                Condition::any()
                    .add(account::Column::Password.is_not_null())
                    .add(account::Column::Id.in_subquery(linked))
                    .add(account::Column::Id.in_subquery(keyed)),
            )
        })
    }

    async fn is_demo(&self) -> Result<bool> {
        let row = installation::Entity::find_by_id(1).one(&self.tx).await?;
        Ok(row.is_some_and(|row| row.demo))
    }

    /// The invented people of a demo, for signing in with one press: one for each role (`work.coach@demo.example.org` and so on), and
    /// a second where two people do a thing (`second.administrator@demo.example.org`). Empty unless the installation is a demo.
    pub async fn demo_accounts(&mut self) -> Result<Vec<Account>> {
        if !self.is_demo().await? {
            return Ok(Vec::new());
        }
        let mut out = Vec::new();
        for role in Role::ALL {
            for which in ["", "second."] {
                let email = format!("{which}{}@demo.example.org", role.code().replace('_', "."));
                let index = self.email_key().hash(&normal::email(&email));
                let row = account::Entity::find()
                    .filter(account::Column::EmailIndex.eq(Blob(index.to_vec())))
                    .filter(account::Column::State.eq(AccountState::Active.code()))
                    .one(&self.tx)
                    .await?;
                if let Some(row) = row {
                    out.push(self.account_of(row).await?);
                }
            }
        }
        Ok(out)
    }

    /// What proves who somebody is, by the address that they sign in with.
    pub async fn credentials_by_email(&self, email: &str) -> Result<Option<Credentials>> {
        let index = self.email_key().hash(&normal::email(email));
        account::Entity::find()
            .filter(account::Column::EmailIndex.eq(Blob(index.to_vec())))
            .one(&self.tx)
            .await?
            .map(credentials_of)
            .transpose()
    }

    /// What proves who somebody is, locked until this work ends.
    pub async fn credentials(&self, id: AccountId) -> Result<Option<Credentials>> {
        account::Entity::find_by_id(Col(id))
            .lock_exclusive()
            .one(&self.tx)
            .await?
            .map(credentials_of)
            .transpose()
    }

    /// What proves who somebody is, by reference, locked until this work ends.
    pub async fn credentials_by_reference(&self, reference: Ref) -> Result<Option<Credentials>> {
        account::Entity::find()
            .filter(account::Column::Reference.eq(Col(reference)))
            .lock_exclusive()
            .one(&self.tx)
            .await?
            .map(credentials_of)
            .transpose()
    }

    /// The secret of an account's second factor, opened.
    pub async fn totp_secret(&mut self, id: AccountId) -> Result<Option<Vec<u8>>> {
        let row = account::Entity::find_by_id(Col(id)).one(&self.tx).await?;
        let sealed = row.and_then(|row| row.totp);
        self.open_option(
            id.uuid(),
            place("account", "totp", id.uuid()),
            sealed.as_ref(),
        )
        .await
    }

    /// Uses up one step of a second factor; gives whether it was still unused. A code works once (RFC 6238, 5.2). What it was
    /// used for, signing in or stepping up, is noted by the session.
    pub async fn totp_step_use(&mut self, id: AccountId, step: i64) -> Result<bool> {
        let change = account::ActiveModel {
            totp_step: Set(Some(step)),
            ..Default::default()
        };
        let unused = Condition::any()
            .add(account::Column::TotpStep.is_null())
            .add(account::Column::TotpStep.lt(step));
        let done = account::Entity::update_many()
            .set(change)
            .filter(account::Column::Id.eq(Col(id)))
            .filter(unused)
            .exec(&self.tx)
            .await?;
        let fresh = done.rows_affected == 1;
        if !fresh {
            self.note_event(Event::SignInFailed, Some(id.uuid()), &["used_code"]);
        }
        Ok(fresh)
    }

    /// Sets the password of one's own account (a PHC string); every session of it ends.
    pub async fn password_set(&mut self, id: AccountId, version: i64, phc: &str) -> Result<()> {
        let change = account::ActiveModel {
            password: Set(Some(phc.to_owned())),
            version: Set(version + 1),
            ..Default::default()
        };
        self.account_update(id, version, change).await?;
        self.sessions_end(id).await?;
        self.note_event(Event::AccountChanged, Some(id.uuid()), &["password"]);
        Ok(())
    }

    /// Sets or removes the second factor of one's own account.
    pub async fn totp_set(
        &mut self,
        id: AccountId,
        version: i64,
        secret: Option<&[u8]>,
    ) -> Result<()> {
        let secret = secret.map(<[u8]>::to_vec);
        let sealed = self
            .seal_option(
                id.uuid(),
                place("account", "totp", id.uuid()),
                secret.as_ref(),
            )
            .await?;
        let change = account::ActiveModel {
            totp: Set(sealed),
            totp_step: Set(None),
            version: Set(version + 1),
            ..Default::default()
        };
        self.account_update(id, version, change).await?;
        self.note_event(Event::AccountChanged, Some(id.uuid()), &["second_factor"]);
        Ok(())
    }

    pub(crate) async fn account_update(
        &self,
        id: AccountId,
        version: i64,
        change: account::ActiveModel,
    ) -> Result<()> {
        let done = account::Entity::update_many()
            .set(change)
            .filter(account::Column::Id.eq(Col(id)))
            .filter(account::Column::Version.eq(version))
            .filter(account::Column::State.eq(AccountState::Active.code()))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }
}
