//! Keys: root key outside the database → organisation key → one data key per owner (person, conversation, account, referral
//! address, feed). Destroying an owner's key erases what it sealed (ASSURANCE 6.3).

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use throughline_core::id::OrganisationId;
use throughline_seal::{BlindKey, Keyring, OrgKey, PersonKey, Place, Sealed};
use uuid::Uuid;

use crate::col::{Blob, Col};
use crate::entity::{data_key, organisation_key};
use crate::error::{Error, Result};
use crate::work::Work;

/// Unwrapped organisation keys by organisation and key version.
type OrgKeys = HashMap<(Uuid, i64), Arc<OrgKey>>;

/// The keys of a running node: the root keyring, and organisation keys once they have been unwrapped.
#[derive(Clone)]
pub struct Keys {
    keyring: Arc<Keyring>,
    organisations: Arc<RwLock<OrgKeys>>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

/// What a data key belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Person,
    Conversation,
    Account,
    Organisation,
}

impl Owner {
    const fn code(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Conversation => "conversation",
            Self::Account => "account",
            Self::Organisation => "organisation",
        }
    }
}

impl Keys {
    /// Keys from a root keyring, which the caller read from the key file.
    pub fn new(keyring: Keyring) -> Self {
        Self {
            keyring: Arc::new(keyring),
            organisations: Arc::default(),
        }
    }

    /// The root keyring.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }
}

impl Work<'_> {
    /// An organisation's newest key; made at first use.
    async fn organisation_key(
        &mut self,
        organisation: OrganisationId,
    ) -> Result<(i64, Arc<OrgKey>)> {
        let found = organisation_key::Entity::find()
            .filter(organisation_key::Column::OrganisationId.eq(organisation.uuid()))
            .order_by_desc(organisation_key::Column::KeyVersion)
            .one(&self.tx)
            .await?;
        if let Some(row) = found {
            return Ok((row.key_version, self.unwrap(&row)?));
        }
        let key = OrgKey::generate(self.env());
        let wrapped = self
            .store
            .keys()
            .keyring
            .wrap(&key, organisation.uuid(), self.env())?;
        let row = organisation_key::ActiveModel {
            id: Set(self.env().id::<()>().uuid()),
            organisation_id: Set(Col(organisation)),
            key_version: Set(1),
            root_key_id: Set(self.store.keys().keyring.current_id()),
            wrapped: Set(Blob(wrapped)),
            created_at: Set(Col(self.now())),
        };
        organisation_key::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok((1, Arc::new(key)))
    }

    async fn organisation_key_of(
        &mut self,
        organisation: Uuid,
        version: i64,
    ) -> Result<Arc<OrgKey>> {
        let cached = self
            .store
            .keys()
            .organisations
            .read()
            .ok()
            .and_then(|keys| keys.get(&(organisation, version)).cloned());
        if let Some(key) = cached {
            return Ok(key);
        }
        let row = organisation_key::Entity::find()
            .filter(organisation_key::Column::OrganisationId.eq(organisation))
            .filter(organisation_key::Column::KeyVersion.eq(version))
            .one(&self.tx)
            .await?
            .ok_or(Error::Sealed)?;
        self.unwrap(&row)
    }

    fn unwrap(&self, row: &organisation_key::Model) -> Result<Arc<OrgKey>> {
        let at = (row.organisation_id.0.uuid(), row.key_version);
        let keys = self.store.keys();
        if let Some(key) = keys
            .organisations
            .read()
            .ok()
            .and_then(|known| known.get(&at).cloned())
        {
            return Ok(key);
        }
        let key = Arc::new(
            keys.keyring
                .unwrap(&row.wrapped.0, &row.root_key_id, at.0)?,
        );
        if let Ok(mut known) = keys.organisations.write() {
            known.insert(at, Arc::clone(&key));
        }
        Ok(key)
    }

    /// Makes the data key of a new owner.
    pub(crate) async fn data_key_create(
        &mut self,
        owner: Uuid,
        kind: Owner,
        organisation: OrganisationId,
    ) -> Result<()> {
        let (version, organisation_key) = self.organisation_key(organisation).await?;
        let key = PersonKey::generate(self.env());
        let row = data_key::ActiveModel {
            owner_id: Set(owner),
            owner_kind: Set(kind.code().to_owned()),
            organisation_id: Set(Col(organisation)),
            key_version: Set(version),
            wrapped: Set(Blob(organisation_key.wrap(&key, owner, self.env())?)),
        };
        data_key::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.data_keys.insert(owner, key);
        Ok(())
    }

    /// Makes sure that an organisation has a data key of its own, for what is sealed and belongs to no person.
    pub(crate) async fn organisation_data_key(
        &mut self,
        organisation: OrganisationId,
    ) -> Result<()> {
        if self.data_keys.contains_key(&organisation.uuid()) {
            return Ok(());
        }
        match data_key::Entity::find_by_id(organisation.uuid())
            .one(&self.tx)
            .await?
        {
            Some(_) => self.data_key(organisation.uuid()).await.map(|_| ()),
            None => {
                self.data_key_create(organisation.uuid(), Owner::Organisation, organisation)
                    .await
            }
        }
    }

    async fn data_key(&mut self, owner: Uuid) -> Result<&PersonKey> {
        if !self.data_keys.contains_key(&owner) {
            let row = data_key::Entity::find_by_id(owner)
                .one(&self.tx)
                .await?
                .ok_or(Error::Sealed)?;
            let organisation_key = self
                .organisation_key_of(row.organisation_id.0.uuid(), row.key_version)
                .await?;
            let key = organisation_key.unwrap(&row.wrapped.0, owner)?;
            self.data_keys.insert(owner, key);
        }
        self.data_keys.get(&owner).ok_or(Error::Sealed)
    }

    /// Reads the data keys of many owners in one query, for lists.
    pub(crate) async fn data_keys_prefetch(&mut self, owners: &[Uuid]) -> Result<()> {
        let missing: Vec<Uuid> = owners
            .iter()
            .copied()
            .filter(|owner| !self.data_keys.contains_key(owner))
            .collect();
        for chunk in missing.chunks(500) {
            let rows = data_key::Entity::find()
                .filter(data_key::Column::OwnerId.is_in(chunk.iter().copied()))
                .all(&self.tx)
                .await?;
            for row in rows {
                let organisation_key = self
                    .organisation_key_of(row.organisation_id.0.uuid(), row.key_version)
                    .await?;
                self.data_keys.insert(
                    row.owner_id,
                    organisation_key.unwrap(&row.wrapped.0, row.owner_id)?,
                );
            }
        }
        Ok(())
    }

    /// Seals a value for one column of one row, under its owner's key.
    pub(crate) async fn seal<T: Serialize + Sync>(
        &mut self,
        owner: Uuid,
        at: Place<'_>,
        value: &T,
    ) -> Result<Blob> {
        let env = self.env();
        let key = self.data_key(owner).await?;
        Ok(Blob(Sealed::seal(value, key, &at, env)?.bytes().to_vec()))
    }

    /// Seals a value that may be absent.
    pub(crate) async fn seal_option<T: Serialize + Sync>(
        &mut self,
        owner: Uuid,
        at: Place<'_>,
        value: Option<&T>,
    ) -> Result<Option<Blob>> {
        match value {
            Some(value) => self.seal(owner, at, value).await.map(Some),
            None => Ok(None),
        }
    }

    /// Opens a value. The caller has used a permit for the row.
    pub(crate) async fn open<T: DeserializeOwned>(
        &mut self,
        owner: Uuid,
        at: Place<'_>,
        blob: &Blob,
    ) -> Result<T> {
        let key = self.data_key(owner).await?;
        Ok(Sealed::<T>::from_bytes(&blob.0)?.open(key, &at)?)
    }

    /// Opens a value that may be absent.
    pub(crate) async fn open_option<T: DeserializeOwned>(
        &mut self,
        owner: Uuid,
        at: Place<'_>,
        blob: Option<&Blob>,
    ) -> Result<Option<T>> {
        match blob {
            Some(blob) => self.open(owner, at, blob).await.map(Some),
            None => Ok(None),
        }
    }

    /// The blind-index key of an organisation for one column.
    pub(crate) async fn blind_key(
        &mut self,
        organisation: OrganisationId,
        label: &'static str,
    ) -> Result<BlindKey> {
        let (_, key) = self.organisation_key(organisation).await?;
        Ok(key.blind_key(label))
    }
}

/// Names a column of a row, for the associated data of what is sealed there.
pub(crate) const fn place(table: &'static str, column: &'static str, row: Uuid) -> Place<'static> {
    Place { table, column, row }
}

impl From<throughline_seal::SealError> for Error {
    fn from(_: throughline_seal::SealError) -> Self {
        Self::Sealed
    }
}
