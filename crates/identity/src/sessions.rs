//! The session on every request: who is there, the privacy lock, proving oneself again, signing out.

use throughline_core::id::{AccountId, SessionId};
use throughline_core::nation::Nation;
use throughline_core::time::At;
use throughline_policy::{Actor, Purpose};
use throughline_seal::Token;
use throughline_store::account::AccountState;
use throughline_store::session::{Bucket, SessionRow};

use crate::outside::unchanged;
use crate::sign_in::proved;
use crate::{Identity, Result, totp};

/// Somebody who is signed in, as true at the instant of the request.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// Who they are to policy.
    pub actor: Actor,
    /// Their account.
    pub account: AccountId,
    /// Their session.
    pub session: SessionId,
    /// The token that their forms carry against forged requests. It stays the same when the session's own token changes, so
    /// that a page that was open while the lock fell can still be sent.
    pub csrf: String,
    /// When the session ends whatever happens.
    pub expires_at: At,
    /// The account as this session knows it: what is changed meanwhile, an access that was stopped above all, ends what was begun.
    pub(crate) account_version: i64,
}

/// What is behind a session cookie.
#[derive(Debug, Clone)]
pub enum Presence {
    /// Nobody: no session, or one that is over.
    Absent,
    /// Somebody whose session is locked for privacy. Only unlocking and signing out may be offered; not even their name shown.
    Locked(Authenticated),
    /// Somebody.
    Here(Authenticated),
}

/// The name and organisation in the header.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// Their name.
    pub name: String,
    /// Their organisation's name.
    pub organisation: String,
    /// Where they work: the nation of their site, else of their organisation.
    pub nation: Option<Nation>,
}

/// What came of proving oneself again.
#[derive(Debug)]
pub enum Proof {
    /// Done; the session goes on under a new token.
    Done(Token),
    /// The password is right; the code of the second factor is still to be given.
    NeedsTotp,
    /// Something is wrong.
    Refused,
    /// Too many tries in this session: wait until then.
    Slow(At),
    /// There is no such session any more: sign in.
    Gone,
}

/// A second factor that is being set up: shown once, kept only when a code proves that the app has it.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// The secret as people type it.
    pub spelled: String,
    /// The address that an app opens.
    pub uri: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Unlock,
    StepUp,
}

/// Passes over what could not be written beside a look at a session, and says so in the log.
fn written<E: std::fmt::Display>(done: std::result::Result<(), E>) {
    if let Err(error) = done {
        tracing::warn!(%error, "what a session did could not be written");
    }
}

impl Identity {
    /// Who is behind a session's token. Asks the database every time. Locks the session when it has been idle for too long.
    pub async fn actor_of_session(&self, token: Option<&Token>) -> Result<Presence> {
        let Some(token) = token else {
            return Ok(Presence::Absent);
        };
        let Some(row) = self.row(token).await? else {
            return Ok(Presence::Absent);
        };
        let now = self.now();
        let authenticated = self.authenticated(&row);
        if row.locked_at.is_some() {
            return Ok(Presence::Locked(authenticated));
        }
        let idle = now.seconds_since(row.seen_at);
        if idle >= self.settings().idle_minutes * 60 {
            // Locked to whoever stands there, also where nothing can be written now.
            written(self.lock_row(&row).await);
            return Ok(Presence::Locked(authenticated));
        }
        if idle >= self.settings().touch_seconds {
            let (actor, id) = (row.actor(), &row.id);
            // A database that takes no writes shuts nobody out of what needs none: "I called 999" and every public page. The clock
            // of the session then runs from the last write, and errs towards locking.
            written(
                self.store()
                    .work(&actor, Purpose::SignIn, |w| Box::pin(w.session_touch(*id)))
                    .await,
            );
        }
        Ok(Presence::Here(authenticated))
    }

    /// The session of a token, if it is good now and its account can be used.
    pub(crate) async fn row(&self, token: &Token) -> Result<Option<SessionRow>> {
        let hash = token.hash();
        let row = self
            .store()
            .read(move |r| Box::pin(async move { r.session(hash).await }))
            .await?;
        let now = self.now();
        Ok(row.filter(|row| row.state == AccountState::Active && now < row.expires_at))
    }

    fn authenticated(&self, row: &SessionRow) -> Authenticated {
        let csrf = self
            .key("cross-site token")
            .hash(&row.id.uuid().to_string())
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        Authenticated {
            actor: row.actor(),
            account: row.account,
            session: row.id,
            csrf,
            expires_at: row.expires_at,
            account_version: row.account_version,
        }
    }

    /// Whether a form's token is the session's, in constant time.
    pub fn csrf_matches(who: &Authenticated, given: &str) -> bool {
        use subtle::ConstantTimeEq as _;
        who.csrf.as_bytes().ct_eq(given.as_bytes()).into()
    }

    /// The name and organisation of somebody who is here. Kept until the account changes.
    pub async fn who(&self, here: &Authenticated) -> Result<Who> {
        let known = self.inner.names.read().ok().and_then(|names| {
            names
                .get(&here.account)
                .filter(|(version, _)| *version == here.account_version)
                .map(|(_, who)| who.clone())
        });
        if let Some(who) = known {
            return Ok(who);
        }
        let id = &here.account;
        let who = self
            .store()
            .work(&here.actor, Purpose::SignIn, |w| {
                Box::pin(async move {
                    let account = w.account(*id).await?;
                    let organisation = match &account {
                        Some(account) => w.organisation(account.organisation).await?,
                        None => None,
                    };
                    let site = match account.as_ref().and_then(|account| account.site) {
                        Some(site) => w.site(site).await?,
                        None => None,
                    };
                    let nation = site.map(|site| site.nation);
                    Ok(Who {
                        nation: nation.or(organisation.as_ref().map(|o| o.nation)),
                        name: account.map(|account| account.name).unwrap_or_default(),
                        organisation: organisation.map(|o| o.name).unwrap_or_default(),
                    })
                })
            })
            .await?;
        if let Ok(mut names) = self.inner.names.write() {
            names.insert(here.account, (here.account_version, who.clone()));
        }
        Ok(who)
    }

    /// Locks a session for privacy at its owner's wish. What they were writing stays where it is.
    pub async fn lock(&self, token: &Token) -> Result<()> {
        match self.row(token).await? {
            Some(row) => self.lock_row(&row).await,
            None => Ok(()),
        }
    }

    async fn lock_row(&self, row: &SessionRow) -> Result<()> {
        let actor = row.actor();
        self.store()
            .work(&actor, Purpose::SignIn, |w| {
                Box::pin(w.session_lock(row.id, row.account))
            })
            .await?;
        Ok(())
    }

    /// Ends a session. There being none is no error.
    pub async fn sign_out(&self, token: &Token) -> Result<()> {
        let actor = self
            .row(token)
            .await?
            .map_or(Actor::Public, |row| row.actor());
        self.store()
            .work(&actor, Purpose::SignIn, |w| Box::pin(w.session_end(token)))
            .await?;
        Ok(())
    }

    /// Lifts the privacy lock with the password.
    pub async fn unlock(&self, token: &Token, password: &str) -> Result<Proof> {
        self.prove(token, password, None, Why::Unlock).await
    }

    /// Proves who they are again, for actions that need it: password, and second factor where there is one.
    pub async fn step_up(
        &self,
        token: &Token,
        password: &str,
        code: Option<&str>,
    ) -> Result<Proof> {
        let code = code.filter(|code| !code.trim().is_empty());
        self.prove(token, password, code, Why::StepUp).await
    }

    async fn prove(
        &self,
        token: &Token,
        password: &str,
        code: Option<&str>,
        why: Why,
    ) -> Result<Proof> {
        let Some(row) = self.row(token).await? else {
            return Ok(Proof::Gone);
        };
        // A locked session is unlocked first: stepping up is no way round the lock.
        if why == Why::StepUp && row.locked_at.is_some() {
            return Ok(Proof::Refused);
        }
        let (actor, row) = (row.actor(), &row);
        let limits = &self.settings().limits;
        let counted = self
            .store()
            .work(&actor, Purpose::SignIn, |w| {
                Box::pin(async move {
                    let bucket = Bucket::Session(row.id);
                    let counted = w.attempts(bucket).await?;
                    match limits.one_more(counted, w.now()) {
                        Err(until) => Ok(Err(until)),
                        Ok(more) => {
                            w.attempts_set(bucket, more).await?;
                            Ok(Ok(w.credentials(row.account).await?))
                        }
                    }
                })
            })
            .await?;
        let found = match counted {
            Err(until) => return Ok(Proof::Slow(until)),
            Ok(None) => return Ok(Proof::Gone),
            Ok(Some(found)) => found,
        };
        // Nobody in a demo has a password: there, as at its sign-in page, one press is enough.
        let one_press = password.is_empty() && found.password.is_none() && self.is_demo().await?;
        let right = one_press
            || (self.settings().passwords
                && self
                    .passwords()
                    .check(password, found.password.as_deref())
                    .await?);
        if !right {
            return self.unproved(&actor, found.id).await;
        }
        if why == Why::StepUp && found.second_factor && code.is_none() {
            return Ok(Proof::NeedsTotp);
        }
        let found = &found;
        let done = self
            .store()
            .work(&actor, Purpose::SignIn, |w| {
                Box::pin(async move {
                    let same = unchanged(w, found).await?;
                    let proved = same && (why == Why::Unlock || proved(w, found, code).await?);
                    if !proved {
                        return Ok(None);
                    }
                    let new = Token::generate(w.env());
                    match why {
                        Why::Unlock => w.session_unlock(found.id, token, &new).await?,
                        Why::StepUp => w.session_step_up(found.id, token, &new).await?,
                    }
                    w.attempts_forget(Bucket::Session(row.id)).await?;
                    Ok(Some(new))
                })
            })
            .await;
        match done {
            Ok(Some(new)) => Ok(Proof::Done(new)),
            Ok(None) => self.unproved(&actor, found.id).await,
            // The token was changed or the session ended between the look and the work.
            Err(throughline_store::Error::Conflict | throughline_store::Error::Denied(_)) => {
                Ok(Proof::Gone)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn unproved(&self, actor: &Actor, account: AccountId) -> Result<Proof> {
        self.note_failed(actor, Some(account)).await?;
        Ok(Proof::Refused)
    }

    /// Begins setting up a second factor: the secret is derived for this session and this version of the account, so that the
    /// page can be shown again and nothing is kept until a code proves it.
    pub fn totp_begin(&self, here: &Authenticated, service: &str) -> Enrolment {
        let secret = self.totp_candidate(here);
        Enrolment {
            spelled: totp::spelled(&secret),
            uri: totp::uri(&secret, service, service),
        }
    }

    fn totp_candidate(&self, here: &Authenticated) -> Vec<u8> {
        let key = self.key("second factor candidate");
        let of = |part: u8| {
            key.hash(&format!(
                "{}\n{}\n{part}",
                here.session.uuid(),
                here.account_version
            ))
        };
        let mut secret = [of(0), of(1)].concat();
        secret.truncate(totp::SECRET_BYTES);
        secret
    }

    /// Keeps the second factor once a code shows that the app has it. Gives whether it did. The caller has asked for a
    /// step-up: without one in this session nothing is changed.
    pub async fn totp_finish(&self, here: &Authenticated, code: &str) -> Result<bool> {
        let now = self.now();
        let recent = here.actor.proved_lately(now);
        let secret = self.totp_candidate(here);
        let Some(step) = totp::step_of(&secret, code, now).filter(|_| recent) else {
            return Ok(false);
        };
        let (secret, step, id, version) = (&secret, &step, &here.account, &here.account_version);
        self.store()
            .work(&here.actor, Purpose::SignIn, |w| {
                Box::pin(async move {
                    w.totp_set(*id, *version, Some(secret)).await?;
                    w.totp_step_use(*id, *step).await
                })
            })
            .await
            .map_err(Into::into)
    }
}
