//! A new root key: organisation keys are wrapped again under it. Nothing that people's keys sealed is touched, so a rotation
//! takes as long for a million people as for ten.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect as _};
use throughline_policy::{Actor, Purpose};
use throughline_seal::normal;

use crate::audit::{self, Event};
use crate::col::Blob;
use crate::entity::{account, organisation_key};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::store::Store;
use crate::work::Work;

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// Organisation keys that are now wrapped under the current root key and were not before.
    pub organisation_keys: usize,
    /// Accounts whose sign-in look-up was made again.
    pub accounts: usize,
}

impl Store {
    /// Wraps every organisation key under the ring's current root key, and makes again what is derived from it: the look-up by
    /// which accounts sign in. The store must have been opened with a ring that has the new key first and the old ones after it;
    /// no other node may run meanwhile. One transaction: after a crash it is simply run again. Afterwards write new checkpoints
    /// ([`Store::checkpoint_write`]); then the old key may leave the ring.
    ///
    /// Errors with [`Error::Sealed`] when an old key is not on the ring; nothing is changed then.
    pub async fn keys_rotate(&self) -> Result<Rotated> {
        let tx = self.begin_read().await?;
        let operator = audit::operator(&tx).await;
        tx.rollback().await?;
        let actor = Actor::System {
            organisation: operator?,
        };
        self.work(&actor, Purpose::ReviewSecurity, |work| {
            Box::pin(async move { work.keys_rotate().await })
        })
        .await
    }
}

impl Work<'_> {
    async fn keys_rotate(&mut self) -> Result<Rotated> {
        let keyring = self.store.keys().keyring();
        let current = keyring.current_id();
        let old = organisation_key::Entity::find()
            .filter(organisation_key::Column::RootKeyId.ne(current.as_str()))
            .lock_exclusive()
            .all(&self.tx)
            .await?;
        for row in &old {
            let organisation = row.organisation_id.0.uuid();
            let key = keyring.unwrap(&row.wrapped.0, &row.root_key_id, organisation)?;
            let wrapped = keyring.wrap(&key, organisation, self.env())?;
            let change = organisation_key::ActiveModel {
                root_key_id: Set(current.clone()),
                wrapped: Set(Blob(wrapped)),
                ..Default::default()
            };
            organisation_key::Entity::update_many()
                .set(change)
                .filter(organisation_key::Column::Id.eq(row.id))
                .exec(&self.tx)
                .await?;
        }
        let accounts = self.sign_in_indexes_renew().await?;
        self.subjects_renew().await?;
        self.note_event(
            Event::KeysRotated,
            None,
            &["organisation_key", "email_index"],
        );
        Ok(Rotated {
            organisation_keys: old.len(),
            accounts,
        })
    }

    /// The look-up of accounts by e-mail address is keyed by the root key: a new key makes a new look-up.
    async fn sign_in_indexes_renew(&mut self) -> Result<usize> {
        let accounts = account::Entity::find().all(&self.tx).await?;
        let owners: Vec<_> = accounts.iter().map(|row| row.id.0.uuid()).collect();
        self.data_keys_prefetch(&owners).await?;
        let mut renewed = 0;
        for row in accounts {
            let id = row.id.0.uuid();
            let email: String = self
                .open(id, place("account", "email", id), &row.email)
                .await?;
            let index = self.email_key().hash(&normal::email(&email)).to_vec();
            if index == row.email_index.0 {
                continue;
            }
            let change = account::ActiveModel {
                email_index: Set(Blob(index)),
                ..Default::default()
            };
            let done = account::Entity::update_many()
                .set(change)
                .filter(account::Column::Id.eq(row.id))
                .exec(&self.tx)
                .await?;
            if done.rows_affected != 1 {
                return Err(Error::Conflict);
            }
            renewed += 1;
        }
        Ok(renewed)
    }
}
