//! Sessions, known devices and counted sign-in attempts. Tokens are kept as hashes only; nothing here is sealed, because
//! nothing here is about a person who is helped.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, Condition, EntityTrait, JoinType, QueryFilter, QuerySelect};
use throughline_core::code::Code;
use throughline_core::id::{AccountId, OrganisationId, Ref, SessionId, SiteId};
use throughline_core::role::Role;
use throughline_core::time::At;
use throughline_policy::Actor;
use throughline_seal::{BlindKey, Token, TokenHash};
use uuid::Uuid;

use crate::account::AccountState;
use crate::audit::Event;
use crate::col::{Blob, Col};
use crate::entity::{account, known_device, session, sign_in_attempt, sign_in_flow};
use crate::error::{Error, Result};
use crate::read::Read;
use crate::work::Work;

/// A session with the account it belongs to, as they are at this instant.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// The session.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// The account's reference.
    pub reference: Ref,
    /// For which organisation they act.
    pub organisation: OrganisationId,
    /// At which site.
    pub site: Option<SiteId>,
    /// In which role.
    pub role: Role,
    /// Whether the account can be used. An account that has ended has no sessions left; this is the second look.
    pub state: AccountState,
    /// The version of the account.
    pub account_version: i64,
    /// When they signed in.
    pub created_at: At,
    /// When they last did something.
    pub seen_at: At,
    /// When the session ends whatever happens.
    pub expires_at: At,
    /// Since when it is locked for privacy.
    pub locked_at: Option<At>,
    /// When they last proved themselves again.
    pub stepped_up_at: Option<At>,
}

impl SessionRow {
    /// The actor behind the session.
    pub const fn actor(&self) -> Actor {
        Actor::Staff {
            account: self.account,
            organisation: self.organisation,
            site: self.site,
            role: self.role,
            stepped_up_at: self.stepped_up_at,
        }
    }
}

/// What attempts to sign in are counted by. Only a keyed hash of it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket<'a> {
    /// Guesses on a device that its owner has signed in on before.
    Device(DeviceId),
    /// Guesses at one address for one e-mail address, from devices never seen before.
    Place {
        /// The e-mail address as normalised.
        email: &'a str,
        /// The network that the guess came from.
        network: &'a str,
    },
    /// Guesses for one e-mail address from anywhere, from devices never seen before.
    Email(&'a str),
    /// Guesses from one network, from devices never seen before.
    Network(&'a str),
    /// Attempts to lift the privacy lock of, or to step up in, one session.
    Session(SessionId),
    /// Guesses at the code of one account's second factor by somebody whom its sign-in service has let in.
    SecondFactor(AccountId),
}

impl Bucket<'_> {
    fn text(self) -> String {
        match self {
            Self::Device(id) => format!("device\n{}", id.0),
            Self::Place { email, network } => format!("place\n{network}\n{email}"),
            Self::Email(email) => format!("email\n{email}"),
            Self::Network(network) => format!("network\n{network}"),
            Self::Session(id) => format!("session\n{}", id.uuid()),
            Self::SecondFactor(id) => format!("second factor\n{}", id.uuid()),
        }
    }
}

/// A device that somebody has signed in on before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeviceId(Uuid);

/// What has been counted in a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Attempts that have not succeeded.
    pub failures: i64,
    /// Since when they are counted.
    pub since_at: At,
    /// Until when the next one must wait.
    pub until_at: Option<At>,
}

const fn bad(table: &'static str, column: &'static str) -> Error {
    Error::RowShape { table, column }
}

impl Read<'_> {
    /// The device that one of these tokens names, if anybody's is still remembered. Not whose it is.
    pub async fn device_of(&self, tokens: &[Token]) -> Result<Option<DeviceId>> {
        let hashes: Vec<Blob> = tokens.iter().map(|t| Blob(t.hash().to_vec())).collect();
        let row = known_device::Entity::find()
            .filter(known_device::Column::TokenHash.is_in(hashes))
            .filter(known_device::Column::ExpiresAt.gt(Col(self.env().now())))
            .one(&self.tx)
            .await?;
        Ok(row.map(|row| DeviceId(row.id)))
    }

    /// The session of a token's hash with its account, in one query: what is true at this instant, never a copy.
    pub async fn session(&self, hash: TokenHash) -> Result<Option<SessionRow>> {
        let found = session::Entity::find()
            .join(
                JoinType::InnerJoin,
                session::Entity::belongs_to(account::Entity)
                    .from(session::Column::AccountId)
                    .to(account::Column::Id)
                    .into(),
            )
            .select_also(account::Entity)
            .filter(session::Column::TokenHash.eq(Blob(hash.to_vec())))
            .one(&self.tx)
            .await?;
        let Some((session, Some(account))) = found else {
            return Ok(None);
        };
        Ok(Some(SessionRow {
            id: session.id.0,
            account: account.id.0,
            reference: account.reference.0,
            organisation: account.organisation_id.0,
            site: account.site_id.map(|site| site.0),
            role: Role::from_code(&account.role).map_err(|_| bad("account", "role"))?,
            state: AccountState::from_code(&account.state).map_err(|_| bad("account", "state"))?,
            account_version: account.version,
            created_at: session.created_at.0,
            seen_at: session.seen_at.0,
            expires_at: session.expires_at.0,
            locked_at: session.locked_at.map(|at| at.0),
            stepped_up_at: session.stepped_up_at.map(|at| at.0),
        }))
    }
}

impl Work<'_> {
    /// Begins a session. Always a new token: one that was there before signing in is never taken over.
    pub async fn session_create(
        &mut self,
        account: AccountId,
        token: &Token,
        expires_at: At,
    ) -> Result<SessionId> {
        let id = self.env().id();
        let row = session::ActiveModel {
            id: Set(Col(id)),
            account_id: Set(Col(account)),
            token_hash: Set(Blob(token.hash().to_vec())),
            created_at: Set(Col(self.now())),
            seen_at: Set(Col(self.now())),
            expires_at: Set(Col(expires_at)),
            locked_at: Set(None),
            stepped_up_at: Set(None),
        };
        session::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note_event(Event::SignedIn, Some(account.uuid()), &["session"]);
        Ok(id)
    }

    /// Remembers that its owner is there. Does nothing to a session that is locked or over.
    pub async fn session_touch(&mut self, id: SessionId) -> Result<()> {
        let change = session::ActiveModel {
            seen_at: Set(Col(self.now())),
            ..Default::default()
        };
        session::Entity::update_many()
            .set(change)
            .filter(session::Column::Id.eq(Col(id)))
            .filter(session::Column::LockedAt.is_null())
            .filter(session::Column::SeenAt.lt(Col(self.now())))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Locks a session for privacy; once is enough.
    pub async fn session_lock(&mut self, id: SessionId, account: AccountId) -> Result<()> {
        let change = session::ActiveModel {
            locked_at: Set(Some(Col(self.now()))),
            stepped_up_at: Set(None),
            ..Default::default()
        };
        let done = session::Entity::update_many()
            .set(change)
            .filter(session::Column::Id.eq(Col(id)))
            .filter(session::Column::LockedAt.is_null())
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            self.note_event(Event::SessionLock, Some(account.uuid()), &["locked"]);
        }
        Ok(())
    }

    /// Lifts the privacy lock and changes the token. Errors with [`Error::Conflict`] when the old token is no longer the one.
    pub async fn session_unlock(
        &mut self,
        account: AccountId,
        old: &Token,
        new: &Token,
    ) -> Result<()> {
        let change = session::ActiveModel {
            token_hash: Set(Blob(new.hash().to_vec())),
            seen_at: Set(Col(self.now())),
            locked_at: Set(None),
            ..Default::default()
        };
        self.session_rotate(account, old, change).await?;
        self.note_event(Event::SessionLock, Some(account.uuid()), &["lifted"]);
        Ok(())
    }

    /// Records that they proved themselves again and changes the token. Errors as [`Work::session_unlock`].
    pub async fn session_step_up(
        &mut self,
        account: AccountId,
        old: &Token,
        new: &Token,
    ) -> Result<()> {
        let change = session::ActiveModel {
            token_hash: Set(Blob(new.hash().to_vec())),
            seen_at: Set(Col(self.now())),
            stepped_up_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        self.session_rotate(account, old, change).await?;
        self.note_event(Event::SteppedUp, Some(account.uuid()), &["session"]);
        Ok(())
    }

    async fn session_rotate(
        &self,
        account: AccountId,
        old: &Token,
        change: session::ActiveModel,
    ) -> Result<()> {
        let done = session::Entity::update_many()
            .set(change)
            .filter(session::Column::TokenHash.eq(Blob(old.hash().to_vec())))
            .filter(session::Column::AccountId.eq(Col(account)))
            .filter(session::Column::ExpiresAt.gt(Col(self.now())))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }

    /// Ends the session of a token, if there is one.
    pub async fn session_end(&mut self, token: &Token) -> Result<()> {
        let hash = Blob(token.hash().to_vec());
        let found = session::Entity::find()
            .filter(session::Column::TokenHash.eq(hash))
            .one(&self.tx)
            .await?;
        if let Some(row) = found {
            session::Entity::delete_by_id(row.id).exec(&self.tx).await?;
            self.note_event(
                Event::SignedOut,
                Some(row.account_id.0.uuid()),
                &["session"],
            );
        }
        Ok(())
    }

    /// Ends every session of an account. The caller notes why.
    pub(crate) async fn sessions_end(&self, account: AccountId) -> Result<()> {
        session::Entity::delete_many()
            .filter(session::Column::AccountId.eq(Col(account)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Forgets every device that an account has signed in on.
    pub(crate) async fn devices_forget(&self, account: AccountId) -> Result<()> {
        known_device::Entity::delete_many()
            .filter(known_device::Column::AccountId.eq(Col(account)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// The device of an account that one of these tokens names, if it is still remembered.
    pub async fn known_device(
        &self,
        account: AccountId,
        tokens: &[Token],
    ) -> Result<Option<DeviceId>> {
        let hashes: Vec<Blob> = tokens.iter().map(|t| Blob(t.hash().to_vec())).collect();
        let row = known_device::Entity::find()
            .filter(known_device::Column::AccountId.eq(Col(account)))
            .filter(known_device::Column::TokenHash.is_in(hashes))
            .filter(known_device::Column::ExpiresAt.gt(Col(self.now())))
            .one(&self.tx)
            .await?;
        Ok(row.map(|row| DeviceId(row.id)))
    }

    /// Remembers a device for an account.
    pub async fn known_device_create(
        &mut self,
        account: AccountId,
        token: &Token,
        expires_at: At,
    ) -> Result<()> {
        let row = known_device::ActiveModel {
            id: Set(self.env().id::<()>().uuid()),
            account_id: Set(Col(account)),
            token_hash: Set(Blob(token.hash().to_vec())),
            created_at: Set(Col(self.now())),
            expires_at: Set(Col(expires_at)),
        };
        known_device::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Remembers a device for longer.
    pub async fn known_device_extend(&mut self, device: DeviceId, expires_at: At) -> Result<()> {
        let change = known_device::ActiveModel {
            expires_at: Set(Col(expires_at)),
            ..Default::default()
        };
        known_device::Entity::update_many()
            .set(change)
            .filter(known_device::Column::Id.eq(device.0))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    fn bucket(&self, bucket: Bucket<'_>) -> Blob {
        let key = BlindKey::from_bytes(
            self.store
                .keys()
                .keyring()
                .current()
                .derive("sign-in attempts"),
        );
        Blob(key.hash(&bucket.text()).to_vec())
    }

    /// What has been counted in a bucket, locked until this work ends, so that guesses made at once are counted one by one.
    pub async fn attempts(&mut self, bucket: Bucket<'_>) -> Result<Attempts> {
        let hash = self.bucket(bucket);
        let fresh = sign_in_attempt::ActiveModel {
            id: Set(self.env().id::<()>().uuid()),
            bucket: Set(hash.clone()),
            failures: Set(0),
            since_at: Set(Col(self.now())),
            until_at: Set(None),
        };
        sign_in_attempt::Entity::insert(fresh)
            .on_conflict(
                OnConflict::column(sign_in_attempt::Column::Bucket)
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(&self.tx)
            .await?;
        let row = sign_in_attempt::Entity::find()
            .filter(sign_in_attempt::Column::Bucket.eq(hash))
            .lock_exclusive()
            .one(&self.tx)
            .await?
            .ok_or(Error::Busy)?;
        Ok(Attempts {
            failures: row.failures,
            since_at: row.since_at.0,
            until_at: row.until_at.map(|at| at.0),
        })
    }

    /// Keeps what has been counted.
    pub async fn attempts_set(&mut self, bucket: Bucket<'_>, attempts: Attempts) -> Result<()> {
        let change = sign_in_attempt::ActiveModel {
            failures: Set(attempts.failures),
            since_at: Set(Col(attempts.since_at)),
            until_at: Set(attempts.until_at.map(Col)),
            ..Default::default()
        };
        sign_in_attempt::Entity::update_many()
            .set(change)
            .filter(sign_in_attempt::Column::Bucket.eq(self.bucket(bucket)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Forgets what was counted in a bucket: they have proved who they are.
    pub async fn attempts_forget(&mut self, bucket: Bucket<'_>) -> Result<()> {
        sign_in_attempt::Entity::delete_many()
            .filter(sign_in_attempt::Column::Bucket.eq(self.bucket(bucket)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Notes that somebody tried to sign in and did not. `account` only where the address was one of ours.
    pub fn sign_in_failed(&mut self, account: Option<AccountId>) {
        self.note_event(
            Event::SignInFailed,
            account.map(throughline_core::id::Id::uuid),
            &[],
        );
    }

    /// Throws away sessions and devices that are over, and attempts counted before `attempts_before`. For the chores.
    pub async fn sign_in_sweep(&mut self, attempts_before: At) -> Result<()> {
        let now = Col(self.now());
        session::Entity::delete_many()
            .filter(session::Column::ExpiresAt.lte(now))
            .exec(&self.tx)
            .await?;
        known_device::Entity::delete_many()
            .filter(known_device::Column::ExpiresAt.lte(now))
            .exec(&self.tx)
            .await?;
        sign_in_flow::Entity::delete_many()
            .filter(sign_in_flow::Column::UntilAt.lte(now))
            .exec(&self.tx)
            .await?;
        let waiting_over = Condition::any()
            .add(sign_in_attempt::Column::UntilAt.is_null())
            .add(sign_in_attempt::Column::UntilAt.lte(now));
        sign_in_attempt::Entity::delete_many()
            .filter(sign_in_attempt::Column::SinceAt.lt(Col(attempts_before)))
            .filter(waiting_over)
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}
