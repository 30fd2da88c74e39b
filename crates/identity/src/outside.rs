//! Signing in at the organisation's own sign-in service, and what else one comes back from there for.
//!
//! - An account is found by who they are there, once that was tied to it: never by an e-mail address, which says nothing of who
//!   holds it. It is tied by somebody who is signed in and has proved themselves again, or by the link that a joiner was given.
//! - Where the service says (`acr`, `amr`; configured) that it asked two factors, ours is not asked again; else it is.

use throughline_core::id::Ref;
use throughline_policy::{Actor, Purpose};
use throughline_seal::Token;
use throughline_store::account::{AccountState, Credentials};
use throughline_store::session::Bucket;
use throughline_store::{Error as StoreError, Work};

use crate::cookies::Devices;
use crate::flow::{Aim, Flow};
use crate::passkey::is_copy;
use crate::provider::{Believed, Returned, Wrong};
use crate::sessions::Authenticated;
use crate::sign_in::{Signed, proved};
use crate::{Identity, Result};

/// What came of coming back.
#[derive(Debug)]
pub enum Came {
    /// They are signed in.
    Signed(Signed),
    /// They proved themselves again, or lifted the lock: the session goes on under a new token.
    Proved(Token),
    /// The account is tied to the service.
    Linked,
    /// The code of the second factor is still to be given: the way goes on as this one.
    NeedsCode(Flow),
    /// They cannot be let in; never said why.
    Refused,
    /// Whoever they are there, another account is tied to it.
    Taken,
    /// Too many wrong codes: wait.
    Slow(throughline_core::time::At),
    /// The service cannot be reached.
    Away,
    /// It took too long, began in another browser, or was used: begin again.
    Over,
}

/// What has to hold besides, in the same unit of work that lets somebody in.
#[derive(Clone, Copy)]
pub(crate) enum Besides<'a> {
    /// Nothing: the sign-in service has seen to it.
    Nothing,
    /// The code of the second factor, on a way that is used up by it.
    Code(&'a str, &'a Flow),
    /// That a passkey's count has grown.
    Passkey(&'a [u8], i64),
}

impl Besides<'_> {
    async fn holds(self, w: &mut Work<'_>, found: &Credentials) -> throughline_store::Result<bool> {
        match self {
            Self::Nothing => Ok(true),
            Self::Code(code, flow) => {
                let right = proved(w, found, Some(code)).await?;
                if right && !w.flow_use(&flow.mark(), flow.until()).await? {
                    // The way was used: then neither is the code.
                    return Err(StoreError::Conflict);
                }
                Ok(right)
            }
            Self::Passkey(credential, counter) => {
                // Read again under its lock: of two uses at once the second is compared with the first.
                let key = w.passkey_by_credential(credential).await?;
                let Some(key) = key.filter(|key| !key.stopped) else {
                    return Ok(false);
                };
                if is_copy(key.counter, counter) {
                    w.passkey_stop(&key).await?;
                    return Ok(false);
                }
                w.passkey_used(&key, counter).await?;
                Ok(true)
            }
        }
    }
}

fn account_text(found: &Credentials) -> String {
    format!("{}_{}", found.reference, found.version)
}

fn account_of(text: &str) -> Option<(Ref, i64)> {
    let (reference, version) = text.split_once('_')?;
    Some((reference.parse().ok()?, version.parse().ok()?))
}

impl Identity {
    /// Where to send somebody for a way that begins; `None` when the service cannot be reached.
    pub async fn way_to_provider(&self, flow: &Flow) -> Option<String> {
        // At a shared desk somebody else may still be signed in there: their account is not tied by accident.
        let fresh = matches!(
            flow.aim(),
            Aim::StepUp | Aim::Unlock | Aim::Link | Aim::Welcome
        );
        let asked = self
            .ask_provider(Some(flow), move |provider, now, expected| {
                provider.way_there(now, expected, fresh)
            })
            .await;
        said(asked)
    }

    /// Where to send somebody to sign out there too; `None` when it has no such page or cannot be reached.
    pub async fn way_out_of_provider(&self) -> Option<String> {
        let asked = self
            .ask_provider(None, |provider, now, _| provider.way_out(now))
            .await;
        said(asked).flatten()
    }

    /// Somebody has come back from the service, on the way that this browser's cookie names. `here`: who is signed in in it, also
    /// behind the privacy lock; `token`: that session's.
    pub async fn came_back(
        &self,
        flow: &Flow,
        returned: Returned<'_>,
        here: Option<&Authenticated>,
        token: Option<&Token>,
    ) -> Result<Came> {
        let same_session = here.is_some_and(|here| here.csrf == flow.bound());
        let needs_session = matches!(flow.aim(), Aim::Link | Aim::StepUp | Aim::Unlock);
        if needs_session && !same_session {
            return Ok(Came::Over);
        }
        let (code, state, issuer) = (
            returned.code.to_owned(),
            returned.state.to_owned(),
            returned.issuer.to_owned(),
        );
        let asked = self
            .ask_provider(Some(flow), move |provider, now, expected| {
                let returned = Returned {
                    code: &code,
                    state: &state,
                    issuer: &issuer,
                };
                provider.redeem(now, returned, expected)
            })
            .await;
        let away = matches!(asked, Err(Wrong::Away(_)));
        let Some(who) = said(asked) else {
            return if away {
                Ok(Came::Away)
            } else {
                self.not_let_in(None).await
            };
        };
        if !self.first_use(flow).await? {
            return Ok(Came::Over);
        }
        match flow.aim() {
            Aim::SignIn => self.signed_in_there(&who, token).await,
            Aim::Link => self.link(here, &who).await,
            Aim::Welcome => self.welcomed_there(flow.bound(), &who, token).await,
            Aim::StepUp | Aim::Unlock => self.proved_there(flow, here, token, &who).await,
            Aim::NewPasskey | Aim::Code | Aim::CodeAgain => Ok(Came::Over),
        }
    }

    /// Whether a way is used for the first time: whoever comes second with the same one is refused.
    pub(crate) async fn first_use(&self, flow: &Flow) -> Result<bool> {
        let (mark, until) = (&flow.mark(), &flow.until());
        Ok(self
            .store()
            .work(&Actor::Public, Purpose::SignIn, |w| {
                Box::pin(w.flow_use(mark, *until))
            })
            .await?)
    }

    async fn known_there(&self, who: &Believed) -> Result<Option<Credentials>> {
        let (issuer, subject) = (&self.issuer(), &who.subject);
        let found = self
            .store()
            .work(&Actor::Public, Purpose::SignIn, |w| {
                Box::pin(async move { w.credentials_by_subject(issuer, subject).await })
            })
            .await?;
        Ok(found.filter(|found| found.state == AccountState::Active))
    }

    async fn signed_in_there(&self, who: &Believed, replaces: Option<&Token>) -> Result<Came> {
        let Some(found) = self.known_there(who).await? else {
            return self.not_let_in(None).await;
        };
        if found.second_factor && !who.two_factors {
            let flow = self.flow_begin(Aim::Code, &account_text(&found));
            return Ok(Came::NeedsCode(flow));
        }
        self.begin_session(&found, Besides::Nothing, replaces).await
    }

    /// Begins a session for somebody who proved who they are without our password.
    pub(crate) async fn begin_session(
        &self,
        found: &Credentials,
        besides: Besides<'_>,
        replaces: Option<&Token>,
    ) -> Result<Came> {
        let expires_at = &self.session_end(self.now());
        let token = self
            .store()
            .work(&found.actor(), Purpose::SignIn, |w| {
                Box::pin(async move {
                    if !unchanged(w, found).await? || !besides.holds(w, found).await? {
                        return Ok(None);
                    }
                    w.attempts_forget(Bucket::SecondFactor(found.id)).await?;
                    if let Some(old) = replaces {
                        w.session_end(old).await?;
                    }
                    let token = Token::generate(w.env());
                    w.session_create(found.id, &token, *expires_at).await?;
                    Ok(Some(token))
                })
            })
            .await;
        match token {
            Ok(Some(token)) => Ok(Came::Signed(Signed {
                token,
                devices: Devices::default(),
                account: found.id,
            })),
            Ok(None) => self.not_let_in(Some(found)).await,
            Err(StoreError::Conflict) => Ok(Came::Over),
            Err(error) => Err(error.into()),
        }
    }

    async fn link(&self, here: Option<&Authenticated>, who: &Believed) -> Result<Came> {
        let Some(here) = here.filter(|here| here.actor.proved_lately(self.now())) else {
            return Ok(Came::Over);
        };
        let (issuer, subject) = (self.issuer(), &who.subject);
        let (issuer, id, version) = (&issuer, here.account, here.account_version);
        let done = self
            .store()
            .work(&here.actor, Purpose::SignIn, |w| {
                Box::pin(w.subject_link(id, version, issuer, subject))
            })
            .await;
        came_of_link(done)
    }

    /// A joiner whom the service knows: the link is used up, the account is tied, and they are signed in.
    async fn welcomed_there(
        &self,
        code: &str,
        who: &Believed,
        replaces: Option<&Token>,
    ) -> Result<Came> {
        let Some(found) = self.welcomed(code).await? else {
            return Ok(Came::Over);
        };
        let (issuer, subject, joiner) = (&self.issuer(), &who.subject, &found);
        let done = self
            .store()
            .work(&found.actor(), Purpose::SignIn, |w| {
                Box::pin(w.subject_link(joiner.id, joiner.version, issuer, subject))
            })
            .await;
        match came_of_link(done)? {
            Came::Linked => self.signed_in_there(who, replaces).await,
            other => Ok(other),
        }
    }

    async fn proved_there(
        &self,
        flow: &Flow,
        here: Option<&Authenticated>,
        token: Option<&Token>,
        who: &Believed,
    ) -> Result<Came> {
        let (Some(here), Some(token)) = (here, token) else {
            return Ok(Came::Over);
        };
        let Some(found) = self
            .known_there(who)
            .await?
            .filter(|found| found.id == here.account && who.fresh)
        else {
            return self.not_let_in(None).await;
        };
        if flow.aim() == Aim::StepUp && found.second_factor && !who.two_factors {
            return Ok(Came::NeedsCode(
                self.flow_begin(Aim::CodeAgain, flow.bound()),
            ));
        }
        let unlock = flow.aim() == Aim::Unlock;
        self.prove_elsewhere(unlock, &found, Besides::Nothing, token)
            .await
    }

    /// Lifts the lock or steps up for somebody who proved who they are without our password.
    pub(crate) async fn prove_elsewhere(
        &self,
        unlock: bool,
        found: &Credentials,
        besides: Besides<'_>,
        token: &Token,
    ) -> Result<Came> {
        // A locked session is unlocked first: stepping up is no way round the lock.
        let locked = self
            .row(token)
            .await?
            .is_some_and(|row| row.locked_at.is_some());
        if locked != unlock {
            return Ok(Came::Over);
        }
        let unlock = &unlock;
        let done = self
            .store()
            .work(&found.actor(), Purpose::SignIn, |w| {
                Box::pin(async move {
                    if !unchanged(w, found).await? || !besides.holds(w, found).await? {
                        return Ok(None);
                    }
                    w.attempts_forget(Bucket::SecondFactor(found.id)).await?;
                    let new = Token::generate(w.env());
                    if *unlock {
                        w.session_unlock(found.id, token, &new).await?;
                    } else {
                        w.session_step_up(found.id, token, &new).await?;
                    }
                    Ok(Some(new))
                })
            })
            .await;
        match done {
            Ok(Some(new)) => Ok(Came::Proved(new)),
            Ok(None) => self.not_let_in(Some(found)).await,
            Err(StoreError::Conflict | StoreError::Denied(_)) => Ok(Came::Over),
            Err(error) => Err(error.into()),
        }
    }

    /// The code of the second factor, after the service let them in. A wrong one may be tried again, as often as a password.
    pub async fn code_after_provider(
        &self,
        flow: &Flow,
        code: &str,
        here: Option<&Authenticated>,
        token: Option<&Token>,
    ) -> Result<Came> {
        let again = flow.aim() == Aim::CodeAgain;
        let account = match flow.aim() {
            Aim::Code => account_of(flow.bound()),
            Aim::CodeAgain => None,
            _ => return Ok(Came::Over),
        };
        let session = here.filter(|here| again && here.csrf == flow.bound());
        let (account, session) = (&account, &session.map(|here| here.account));
        let limits = &self.settings().limits;
        let counted = self
            .store()
            .work(&Actor::Public, Purpose::SignIn, |w| {
                Box::pin(async move {
                    let found = match (account, session) {
                        (Some((reference, version)), _) => w
                            .credentials_by_reference(*reference)
                            .await?
                            .filter(|found| found.version == *version),
                        (None, Some(id)) => w.credentials(*id).await?,
                        (None, None) => None,
                    };
                    let Some(found) = found.filter(|found| found.state == AccountState::Active)
                    else {
                        return Ok(None);
                    };
                    let bucket = Bucket::SecondFactor(found.id);
                    let counted = w.attempts(bucket).await?;
                    match limits.one_more(counted, w.now()) {
                        Err(until) => Ok(Some(Err(until))),
                        Ok(more) => {
                            w.attempts_set(bucket, more).await?;
                            Ok(Some(Ok(found)))
                        }
                    }
                })
            })
            .await?;
        let found = match counted {
            None => return Ok(Came::Over),
            Some(Err(until)) => return Ok(Came::Slow(until)),
            Some(Ok(found)) => found,
        };
        let code = Besides::Code(code, flow);
        match (again, token) {
            (false, _) => self.begin_session(&found, code, token).await,
            (true, Some(token)) => self.prove_elsewhere(false, &found, code, token).await,
            (true, None) => Ok(Came::Over),
        }
    }

    fn issuer(&self) -> String {
        self.provider()
            .map(|provider| provider.issuer().to_owned())
            .unwrap_or_default()
    }

    pub(crate) async fn not_let_in(&self, found: Option<&Credentials>) -> Result<Came> {
        self.note_failed(&Actor::Public, found.map(|found| found.id))
            .await?;
        Ok(Came::Refused)
    }
}

/// Whether the account is still as it was looked at.
pub(crate) async fn unchanged(
    w: &mut Work<'_>,
    found: &Credentials,
) -> throughline_store::Result<bool> {
    let current = w.credentials(found.id).await?;
    Ok(
        current
            .is_some_and(|now| now.state == AccountState::Active && now.version == found.version),
    )
}

fn came_of_link(done: throughline_store::Result<()>) -> Result<Came> {
    match done {
        Ok(()) => Ok(Came::Linked),
        Err(StoreError::Illegal(_)) => Ok(Came::Taken),
        Err(StoreError::Conflict | StoreError::Denied(_)) => Ok(Came::Over),
        Err(error) => Err(error.into()),
    }
}

/// What the service answered, or a line in the log why there is none.
fn said<T>(asked: std::result::Result<T, Wrong>) -> Option<T> {
    match asked {
        Ok(answer) => Some(answer),
        Err(Wrong::Away(why)) => {
            tracing::warn!(why, "the sign-in service cannot be asked");
            None
        }
        Err(Wrong::Not(why)) => {
            tracing::warn!(why, "an answer of the sign-in service is not believed");
            None
        }
    }
}
