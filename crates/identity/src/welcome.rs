//! How a joiner chooses a first password, and how one that was lost is chosen anew.
//!
//! The administrator gets a link to pass on. It holds the account's reference, the instant at which it stops working and a
//! keyed hash over both and the account's version: choosing a password changes the version, so a link works once, and so does
//! anything that an administrator changes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use throughline_core::id::Ref;
use throughline_core::time::At;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::{AccountState, Credentials};

use crate::{Identity, Result, passwords};

/// What came of choosing a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// It is kept; they can sign in now.
    Done,
    /// It cannot be a password: the message key of why.
    NotAcceptable(&'static str),
    /// The link has been used, has run out or never was one.
    Over,
}

impl Identity {
    /// The link's code for an account at a version, good for [`crate::Settings::welcome_days`].
    pub fn welcome_code(&self, account: Ref, version: i64) -> String {
        let until = self.now().plus_days(self.settings().welcome_days);
        let hours = u32::try_from(until.micros() / 3_600_000_000).unwrap_or(0);
        let mut bytes = account.bytes().to_vec();
        bytes.extend(hours.to_be_bytes());
        bytes.extend(self.welcome_proof(account, hours, version));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn welcome_proof(&self, account: Ref, hours: u32, version: i64) -> [u8; 16] {
        self.key("welcome link")
            .hash(&format!("{account}\n{hours}\n{version}"))
    }

    /// The account that a code opens now; `None` when it is over.
    async fn welcomed(&self, code: &str) -> Result<Option<Credentials>> {
        let Some(bytes) = URL_SAFE_NO_PAD
            .decode(code)
            .ok()
            .filter(|bytes| bytes.len() == 36)
        else {
            return Ok(None);
        };
        let (Some(reference), Some(hours), Some(proof)) = (
            bytes
                .get(..16)
                .and_then(|part| part.try_into().ok())
                .map(Ref::from_bytes),
            bytes
                .get(16..20)
                .and_then(|part| part.try_into().ok())
                .map(u32::from_be_bytes),
            bytes.get(20..),
        ) else {
            return Ok(None);
        };
        let over = At::from_micros(i64::from(hours) * 3_600_000_000)
            .is_none_or(|until| until <= self.now());
        if over {
            return Ok(None);
        }
        let reference = &reference;
        let found = self
            .store()
            .work(&Actor::Public, Purpose::SignIn, |w| {
                Box::pin(w.credentials_by_reference(*reference))
            })
            .await?;
        Ok(found.filter(|found| {
            let right = self.welcome_proof(*reference, hours, found.version);
            found.state == AccountState::Active && bool::from(right.as_slice().ct_eq(proof))
        }))
    }

    /// Whether a code can be used now: decides which page is shown.
    pub async fn welcome_holds(&self, code: &str) -> Result<bool> {
        Ok(self.welcomed(code).await?.is_some())
    }

    /// Keeps the password that the holder of a code chose. Every session of the account ends.
    pub async fn welcome_choose(&self, code: &str, password: &str) -> Result<Chosen> {
        let Some(found) = self.welcomed(code).await? else {
            return Ok(Chosen::Over);
        };
        if let Err(problem) = passwords::acceptable(password, "") {
            return Ok(Chosen::NotAcceptable(problem));
        }
        let phc = self.passwords().hash(password).await?;
        let (actor, found, phc) = (found.actor(), &found, &phc);
        let kept = self
            .store()
            .work(&actor, Purpose::SignIn, |w| {
                Box::pin(w.password_set(found.id, found.version, phc))
            })
            .await;
        match kept {
            Ok(()) => Ok(Chosen::Done),
            Err(throughline_store::Error::Conflict | throughline_store::Error::Denied(_)) => {
                Ok(Chosen::Over)
            }
            Err(error) => Err(error.into()),
        }
    }
}
