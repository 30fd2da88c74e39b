//! Ways to sign in besides the password: who somebody is at the organisation's own sign-in service (OpenID Connect), and passkeys.
//! A subject is found by a keyed hash and sealed for the day when the key changes; of a passkey only the public half is here.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::id::{AccountId, Ref};
use throughline_core::time::At;
use throughline_seal::BlindKey;
use uuid::Uuid;

use crate::account::Credentials;
use crate::audit::Event;
use crate::col::{Blob, Col};
use crate::entity::{account, passkey, sign_in_flow, sign_in_link};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::work::Work;

/// A passkey of an account, as its owner sees it.
#[derive(Debug, Clone)]
pub struct Passkey {
    /// Its reference.
    pub reference: Ref,
    /// How the browser names it, so that it is not made twice.
    pub credential: Vec<u8>,
    /// What its owner calls it.
    pub name: String,
    /// Since when.
    pub created_at: At,
    /// When it last signed somebody in.
    pub used_at: Option<At>,
    /// Since when it is refused, because somebody may hold a copy.
    pub stopped_at: Option<At>,
}

/// A passkey as it is checked.
#[derive(Debug, Clone)]
pub struct PasskeyKey {
    id: Uuid,
    /// Whose it is.
    pub account: AccountId,
    /// The public key (`SubjectPublicKeyInfo`, DER).
    pub public_key: Vec<u8>,
    /// How often it was used, as it said last; 0 where it does not count.
    pub counter: i64,
    /// Whether it is refused.
    pub stopped: bool,
}

/// A passkey to keep.
#[derive(Debug)]
pub struct NewPasskey<'a> {
    /// How the browser names it.
    pub credential: &'a [u8],
    /// The public key (`SubjectPublicKeyInfo`, DER).
    pub public_key: &'a [u8],
    /// How often it was used, as it says.
    pub counter: i64,
    /// What its owner calls it.
    pub name: &'a str,
}

/// Every way in which an account can sign in.
#[derive(Debug, Clone)]
pub struct Ways {
    /// Whether it has a password.
    pub password: bool,
    /// Whether an app makes codes for it.
    pub second_factor: bool,
    /// Whether it is known to the organisation's sign-in service.
    pub provider: bool,
    /// Its passkeys, oldest first.
    pub passkeys: Vec<Passkey>,
}

impl Work<'_> {
    fn subject_hash(&self, issuer: &str, subject: &str) -> Blob {
        let key = self.store.keys().keyring().current();
        let key = BlindKey::from_bytes(key.derive("sign-in subject index"));
        Blob(key.hash(&format!("{issuer}\n{subject}")).to_vec())
    }

    /// Whose account somebody is known by at a sign-in service, by what that service calls them and nothing else.
    pub async fn credentials_by_subject(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<Credentials>> {
        let found = sign_in_link::Entity::find()
            .filter(sign_in_link::Column::Subject.eq(self.subject_hash(issuer, subject)))
            .one(&self.tx)
            .await?;
        match found {
            Some(row) => self.credentials(row.account_id.0).await,
            None => Ok(None),
        }
    }

    /// Ties one's own account to a subject of the sign-in service; a tie there was is replaced. Errors with [`Error::Illegal`] when
    /// the subject is another account's, [`Error::Conflict`] when the account changed meanwhile.
    pub async fn subject_link(
        &mut self,
        id: AccountId,
        version: i64,
        issuer: &str,
        subject: &str,
    ) -> Result<()> {
        let hash = self.subject_hash(issuer, subject);
        self.subject_remove(id).await?;
        let row_id = self.env().id::<()>().uuid();
        let text = format!("{issuer}\n{subject}");
        let who = self
            .seal(id.uuid(), place("sign_in_link", "who", row_id), &text)
            .await?;
        let row = sign_in_link::ActiveModel {
            id: Set(row_id),
            account_id: Set(Col(id)),
            subject: Set(hash),
            who: Set(who),
            created_at: Set(Col(self.now())),
        };
        let once = OnConflict::column(sign_in_link::Column::Subject)
            .do_nothing()
            .to_owned();
        let done = sign_in_link::Entity::insert(row)
            .on_conflict(once)
            .exec_without_returning(&self.tx)
            .await?;
        if done != 1 {
            return Err(Error::Illegal("sign-in-subject-taken"));
        }
        let change = account::ActiveModel {
            version: Set(version + 1),
            ..Default::default()
        };
        self.account_update(id, version, change).await?;
        self.note_event(Event::AccountChanged, Some(id.uuid()), &["provider"]);
        Ok(())
    }

    /// Unties one's own account from the sign-in service.
    pub async fn subject_unlink(&mut self, id: AccountId) -> Result<()> {
        self.subject_remove(id).await?;
        self.note_event(Event::AccountChanged, Some(id.uuid()), &["provider"]);
        Ok(())
    }

    async fn subject_remove(&self, id: AccountId) -> Result<()> {
        sign_in_link::Entity::delete_many()
            .filter(sign_in_link::Column::AccountId.eq(Col(id)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Takes every way in but the password from an account. The caller notes why.
    pub(crate) async fn ways_forget(&self, id: AccountId) -> Result<()> {
        self.subject_remove(id).await?;
        passkey::Entity::delete_many()
            .filter(passkey::Column::AccountId.eq(Col(id)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// The look-up of subjects is keyed by the root key: a new key makes a new look-up.
    pub(crate) async fn subjects_renew(&mut self) -> Result<()> {
        for row in sign_in_link::Entity::find().all(&self.tx).await? {
            let at = place("sign_in_link", "who", row.id);
            let text: String = self.open(row.account_id.0.uuid(), at, &row.who).await?;
            let (issuer, subject) = text.split_once('\n').ok_or(Error::RowShape {
                table: "sign_in_link",
                column: "who",
            })?;
            let change = sign_in_link::ActiveModel {
                subject: Set(self.subject_hash(issuer, subject)),
                ..Default::default()
            };
            sign_in_link::Entity::update_many()
                .set(change)
                .filter(sign_in_link::Column::Id.eq(row.id))
                .exec(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// Every way in which one's own account can sign in. The account is locked until this work ends, so that of two who take a way
    /// away at once the second sees what the first has left.
    pub async fn ways(&mut self, id: AccountId) -> Result<Option<Ways>> {
        let Some(found) = self.credentials(id).await? else {
            return Ok(None);
        };
        let linked = sign_in_link::Entity::find()
            .filter(sign_in_link::Column::AccountId.eq(Col(id)))
            .one(&self.tx)
            .await?;
        let rows = passkey::Entity::find()
            .filter(passkey::Column::AccountId.eq(Col(id)))
            .order_by_asc(passkey::Column::CreatedAt)
            .order_by_asc(passkey::Column::Id)
            .all(&self.tx)
            .await?;
        let mut passkeys = Vec::with_capacity(rows.len());
        for row in rows {
            let at = place("passkey", "name", row.id);
            passkeys.push(Passkey {
                reference: row.reference.0,
                credential: row.credential.0.clone(),
                name: self.open(id.uuid(), at, &row.name).await?,
                created_at: row.created_at.0,
                used_at: row.used_at.map(|at| at.0),
                stopped_at: row.stopped_at.map(|at| at.0),
            });
        }
        Ok(Some(Ways {
            password: found.password.is_some(),
            second_factor: found.second_factor,
            provider: linked.is_some(),
            passkeys,
        }))
    }

    /// Keeps a passkey of one's own account. Errors with [`Error::Illegal`] when it is kept already.
    pub async fn passkey_create(&mut self, account: AccountId, new: &NewPasskey<'_>) -> Result<()> {
        let id = self.env().id::<()>().uuid();
        let reference = self.env().reference();
        let name = self
            .seal(account.uuid(), place("passkey", "name", id), &new.name)
            .await?;
        let row = passkey::ActiveModel {
            id: Set(id),
            reference: Set(Col(reference)),
            account_id: Set(Col(account)),
            credential: Set(Blob(new.credential.to_vec())),
            public_key: Set(Blob(new.public_key.to_vec())),
            counter: Set(new.counter),
            name: Set(name),
            created_at: Set(Col(self.now())),
            used_at: Set(None),
            stopped_at: Set(None),
        };
        let once = OnConflict::column(passkey::Column::Credential)
            .do_nothing()
            .to_owned();
        let done = passkey::Entity::insert(row)
            .on_conflict(once)
            .exec_without_returning(&self.tx)
            .await?;
        if done != 1 {
            return Err(Error::Illegal("passkey-taken"));
        }
        self.note_event(Event::AccountChanged, Some(account.uuid()), &["passkey"]);
        Ok(())
    }

    /// A passkey by the name that the browser gives it, locked until this work ends.
    pub async fn passkey_by_credential(&self, credential: &[u8]) -> Result<Option<PasskeyKey>> {
        let row = passkey::Entity::find()
            .filter(passkey::Column::Credential.eq(Blob(credential.to_vec())))
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        Ok(row.map(|row| PasskeyKey {
            id: row.id,
            account: row.account_id.0,
            public_key: row.public_key.0,
            counter: row.counter,
            stopped: row.stopped_at.is_some(),
        }))
    }

    /// Keeps how often a passkey was used, as it says. What it was used for is noted by the session.
    pub async fn passkey_used(&mut self, key: &PasskeyKey, counter: i64) -> Result<()> {
        let change = passkey::ActiveModel {
            counter: Set(counter),
            used_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        passkey::Entity::update_many()
            .set(change)
            .filter(passkey::Column::Id.eq(key.id))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Refuses a passkey from now on, because somebody may hold a copy of it.
    pub async fn passkey_stop(&mut self, key: &PasskeyKey) -> Result<()> {
        let change = passkey::ActiveModel {
            stopped_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        passkey::Entity::update_many()
            .set(change)
            .filter(passkey::Column::Id.eq(key.id))
            .exec(&self.tx)
            .await?;
        self.note_event(Event::PasskeyCopied, Some(key.account.uuid()), &["passkey"]);
        Ok(())
    }

    /// Removes a passkey of one's own account; gives whether it was there.
    pub async fn passkey_remove(&mut self, account: AccountId, reference: Ref) -> Result<bool> {
        let found = passkey::Entity::find()
            .filter(passkey::Column::AccountId.eq(Col(account)))
            .filter(passkey::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        let Some(row) = found else {
            return Ok(false);
        };
        passkey::Entity::delete_by_id(row.id).exec(&self.tx).await?;
        self.note_event(Event::AccountChanged, Some(account.uuid()), &["passkey"]);
        Ok(true)
    }

    /// Uses up a way that began in one browser; gives whether it was still unused. `until`: when it is over anyway.
    pub async fn flow_use(&mut self, flow: &[u8], until: At) -> Result<bool> {
        let row = sign_in_flow::ActiveModel {
            id: Set(self.env().id::<()>().uuid()),
            flow: Set(Blob(flow.to_vec())),
            until_at: Set(Col(until)),
        };
        let once = OnConflict::column(sign_in_flow::Column::Flow)
            .do_nothing()
            .to_owned();
        let done = sign_in_flow::Entity::insert(row)
            .on_conflict(once)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(done == 1)
    }
}
