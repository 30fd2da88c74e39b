//! How a joiner chooses a first password, and how one that was lost is chosen anew.
//!
//! The administrator gets a link to pass on; the first person of a partner gets it by mail. What it holds is
//! [`throughline_seal::Welcome`].

use throughline_core::id::Ref;
use throughline_policy::{Actor, Purpose};
use throughline_seal::Welcome;
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
        Welcome::code(self.store().keys().keyring(), account, version, until)
    }

    /// The account that a code opens now; `None` when it is over.
    pub(crate) async fn welcomed(&self, code: &str) -> Result<Option<Credentials>> {
        let Some(claim) = Welcome::parse(code).filter(|claim| claim.holds_at(self.now())) else {
            return Ok(None);
        };
        let reference = &claim.account();
        let found = self
            .store()
            .work(&Actor::Public, Purpose::SignIn, |w| {
                Box::pin(w.credentials_by_reference(*reference))
            })
            .await?;
        let ring = self.store().keys().keyring();
        Ok(found.filter(|found| {
            found.state == AccountState::Active && claim.is_for(ring, found.version)
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
        if !self.settings().passwords {
            return Ok(Chosen::Over);
        }
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
