//! The ways in which an account can sign in: showing them, making and using passkeys, taking a way away.

use throughline_core::id::Ref;
use throughline_policy::{Actor, Purpose};
use throughline_seal::Token;
use throughline_store::Error as StoreError;
use throughline_store::account::AccountState;
use throughline_store::sign_in_way::NewPasskey;

use crate::flow::{Aim, Flow};
use crate::outside::{Besides, Came};
use crate::passkey::{Made, Site, Used, made, used, user_handle};
use crate::sessions::Authenticated;
use crate::{Identity, Result};

pub use throughline_store::sign_in_way::{Passkey, Ways};

/// The most letters in a passkey's name.
pub const LONGEST_NAME: usize = 60;

/// What came of changing the ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is as asked.
    Done,
    /// They have not proved themselves again lately.
    NotProved,
    /// Nothing would be left to sign in with.
    Last,
    /// What the passkey said is not believed, or it is kept already, or there is no such way.
    Refused,
}

/// A way that is to be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The tie to the organisation's sign-in service.
    Provider,
    /// A passkey.
    Passkey(Ref),
}

/// Whether something is left to sign in with. `passwords`: whether one does here; `provider`: whether there is a service here.
pub fn is_left(ways: &Ways, without: Way, passwords: bool, provider: bool) -> bool {
    (passwords && ways.password)
        || (provider && ways.provider && without != Way::Provider)
        || ways
            .passkeys
            .iter()
            .any(|key| key.stopped_at.is_none() && without != Way::Passkey(key.reference))
}

impl Identity {
    /// The ways in which somebody who is here can sign in.
    pub async fn ways(&self, here: &Authenticated) -> Result<Option<Ways>> {
        let id = here.account;
        Ok(self
            .store()
            .work(&here.actor, Purpose::SignIn, |w| Box::pin(w.ways(id)))
            .await?)
    }

    /// The account's reference, which a new passkey is told.
    pub async fn user_handle(&self, here: &Authenticated) -> Result<Option<String>> {
        let id = here.account;
        let found = self
            .store()
            .work(&here.actor, Purpose::SignIn, |w| {
                Box::pin(w.credentials(id))
            })
            .await?;
        Ok(found.map(|found| user_handle(found.reference)))
    }

    /// Keeps a new passkey of somebody who is here and has proved themselves again.
    pub async fn passkey_keep(
        &self,
        flow: &Flow,
        here: &Authenticated,
        site: &Site,
        given: Made<'_>,
        name: &str,
    ) -> Result<Changed> {
        if flow.aim() != Aim::NewPasskey || flow.bound() != here.csrf {
            return Ok(Changed::Refused);
        }
        if !here.actor.proved_lately(self.now()) {
            return Ok(Changed::NotProved);
        }
        let new = match made(given, &self.flow_challenge(flow), site) {
            Ok(new) => new,
            Err(why) => {
                tracing::warn!(why, "a new passkey is not believed");
                return Ok(Changed::Refused);
            }
        };
        if !self.first_use(flow).await? {
            return Ok(Changed::Refused);
        }
        let name: String = name.trim().chars().take(LONGEST_NAME).collect();
        let new = &NewPasskey {
            credential: &new.credential,
            public_key: &new.public_key,
            counter: new.counter,
            name: &name,
        };
        let (id, version) = (here.account, here.account_version);
        let kept = self
            .store()
            .work(&here.actor, Purpose::SignIn, |w| {
                Box::pin(async move {
                    // Whose access was stopped since this request began makes no new way in. The account is locked by the look.
                    let same = w.credentials(id).await?;
                    if same.is_none_or(|now| now.version != version) {
                        return Err(StoreError::Conflict);
                    }
                    w.passkey_create(id, new).await
                })
            })
            .await;
        match kept {
            Ok(()) => Ok(Changed::Done),
            Err(StoreError::Illegal(_) | StoreError::Conflict | StoreError::Denied(_)) => {
                Ok(Changed::Refused)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a way away from somebody who is here and has proved themselves again; never the last one.
    pub async fn way_remove(&self, here: &Authenticated, way: Way) -> Result<Changed> {
        if !here.actor.proved_lately(self.now()) {
            return Ok(Changed::NotProved);
        }
        let (id, way) = (here.account, &way);
        let (passwords, provider) = (&self.settings().passwords, &self.provider().is_some());
        let done = self
            .store()
            .work(&here.actor, Purpose::SignIn, |w| {
                Box::pin(async move {
                    let Some(ways) = w.ways(id).await? else {
                        return Ok(Changed::Refused);
                    };
                    if !is_left(&ways, *way, *passwords, *provider) {
                        return Ok(Changed::Last);
                    }
                    match way {
                        Way::Provider => w.subject_unlink(id).await?,
                        Way::Passkey(reference) => {
                            if !w.passkey_remove(id, *reference).await? {
                                return Ok(Changed::Refused);
                            }
                        }
                    }
                    Ok(Changed::Done)
                })
            })
            .await?;
        Ok(done)
    }

    /// Signs in, steps up or lifts the lock with a passkey: it stands for both factors. A passkey whose count went back is stopped,
    /// and that is on record.
    pub async fn passkey_use(
        &self,
        flow: &Flow,
        site: &Site,
        given: Used<'_>,
        here: Option<&Authenticated>,
        token: Option<&Token>,
    ) -> Result<Came> {
        let same_session = here.is_some_and(|here| here.csrf == flow.bound());
        if !matches!(flow.aim(), Aim::SignIn | Aim::StepUp | Aim::Unlock)
            || (flow.aim() != Aim::SignIn && !same_session)
        {
            return Ok(Came::Over);
        }
        let Some(credential) = crate::signature::from_base64url(given.credential) else {
            return self.not_let_in(None).await;
        };
        let credential = &credential;
        let found = self
            .store()
            .work(&Actor::Public, Purpose::SignIn, |w| {
                Box::pin(async move {
                    let Some(key) = w.passkey_by_credential(credential).await? else {
                        return Ok(None);
                    };
                    let found = w.credentials(key.account).await?;
                    Ok(found.map(|found| (key, found)))
                })
            })
            .await?;
        let Some((key, found)) = found else {
            return self.not_let_in(None).await;
        };
        let theirs = user_handle(found.reference) == given.user
            && found.state == AccountState::Active
            && (flow.aim() == Aim::SignIn || here.is_some_and(|here| here.account == found.id));
        let said = used(given, &key.public_key, &self.flow_challenge(flow), site);
        let counter = match said {
            Ok(counter) if theirs && !key.stopped => counter,
            Ok(_) => return self.not_let_in(Some(&found)).await,
            Err(why) => {
                tracing::warn!(why, "a passkey is not believed");
                return self.not_let_in(Some(&found)).await;
            }
        };
        if !self.first_use(flow).await? {
            return Ok(Came::Over);
        }
        let besides = Besides::Passkey(credential, counter);
        match (flow.aim(), token) {
            (Aim::SignIn, _) => self.begin_session(&found, besides, token).await,
            (aim, Some(token)) => {
                self.prove_elsewhere(aim == Aim::Unlock, &found, besides, token)
                    .await
            }
            (_, None) => Ok(Came::Over),
        }
    }
}
