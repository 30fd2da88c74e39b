//! Signing in.

use std::net::IpAddr;
use std::time::Duration;

use throughline_core::id::{AccountId, Ref};
use throughline_core::role::Role;
use throughline_core::time::At;
use throughline_policy::{Actor, Purpose};
use throughline_seal::{Token, normal};
use throughline_store::account::{AccountState, Credentials};
use throughline_store::session::{Attempts, Bucket, DeviceId};
use throughline_store::{Result as StoreResult, Work};

use crate::cookies::Devices;
use crate::outside::unchanged;
use crate::throttle::network;
use crate::{Identity, Result, totp};

/// What somebody gave to sign in.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// The e-mail address.
    pub email: &'a str,
    /// The password.
    pub password: &'a str,
    /// The code of the second factor, if they gave one.
    pub code: Option<&'a str>,
    /// By which tokens this device is known.
    pub devices: &'a Devices,
    /// Where they come from.
    pub address: Option<IpAddr>,
    /// The session that this device had until now: it ends, whoever's it was.
    pub replaces: Option<&'a Token>,
}

/// A session that has begun.
#[derive(Debug)]
pub struct Signed {
    /// Its token, for the cookie.
    pub token: Token,
    /// The tokens by which the device is known from now on.
    pub devices: Devices,
    /// Whose it is.
    pub account: AccountId,
}

/// What came of it.
#[derive(Debug)]
pub enum Outcome {
    /// They are signed in.
    Signed(Signed),
    /// The password is right; the code of the second factor is still to be given.
    NeedsTotp,
    /// Something is wrong; never said what.
    Refused,
    /// Too many guesses: this device, or this address for this network, must wait until then. Nothing was checked.
    Slow(At),
}

/// Somebody invented, whom a visitor of a demo can be.
#[derive(Debug, Clone)]
pub struct DemoPerson {
    /// Their account.
    pub reference: Ref,
    /// Their invented name.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// Their invented organisation.
    pub organisation: String,
}

/// What was found before anything was checked.
struct Looked {
    credentials: Option<Credentials>,
    device: Option<DeviceId>,
    wait: std::result::Result<Duration, At>,
}

impl Identity {
    /// Signs somebody in, or not. An unknown address, a wrong password, a wrong or used code and an ended account all give
    /// [`Outcome::Refused`] after the same work.
    pub async fn sign_in(&self, attempt: &Attempt<'_>) -> Result<Outcome> {
        if !self.settings().passwords {
            return Ok(Outcome::Refused);
        }
        let email = normal::email(attempt.email);
        let from = network(attempt.address);
        let looked = self.look(&email, &from, attempt.devices).await?;
        match looked.wait {
            Err(until) => return Ok(Outcome::Slow(until)),
            Ok(delay) if !delay.is_zero() => tokio::time::sleep(delay).await,
            Ok(_) => {}
        }
        let credentials = looked
            .credentials
            .filter(|found| found.state == AccountState::Active);
        let phc = credentials
            .as_ref()
            .and_then(|found| found.password.as_deref());
        let right = self.passwords().check(attempt.password, phc).await?;
        let Some(found) = credentials else {
            return self.failed(None).await;
        };
        if !right {
            return self.failed(Some(found.id)).await;
        }
        let code = attempt.code.filter(|code| !code.trim().is_empty());
        if found.second_factor && code.is_none() {
            return Ok(Outcome::NeedsTotp);
        }
        let begin = Begin {
            identity: self,
            found: &found,
            code,
            device: looked.device,
            devices: attempt.devices,
            replaces: attempt.replaces,
            email: &email,
            from: &from,
        };
        let actor = found.actor();
        let signed = self
            .store()
            .work(&actor, Purpose::SignIn, |work| Box::pin(begin.begin(work)))
            .await?;
        match signed {
            Some(signed) => Ok(Outcome::Signed(signed)),
            None => self.failed(Some(found.id)).await,
        }
    }

    /// Finds the account and counts the attempt before it is checked, in one unit of work.
    async fn look(&self, email: &str, from: &str, devices: &Devices) -> Result<Looked> {
        let limits = &self.settings().limits;
        let (email, from, devices) = (&email, &from, devices);
        let looked = self
            .store()
            .work(&Actor::Public, Purpose::SignIn, |w| {
                Box::pin(async move {
                    let credentials = w.credentials_by_email(email).await?;
                    // The same question for an address that has no account: it finds nothing.
                    let owner = credentials
                        .as_ref()
                        .map_or_else(|| w.env().id(), |found| found.id);
                    let device = w.known_device(owner, devices.tokens()).await?;
                    let now = w.now();
                    let own = device.map_or(
                        Bucket::Place {
                            email,
                            network: from,
                        },
                        Bucket::Device,
                    );
                    let counted = w.attempts(own).await?;
                    let mut wait = Ok(Duration::ZERO);
                    match limits.one_more(counted, now) {
                        Err(until) => wait = Err(until),
                        Ok(more) => {
                            w.attempts_set(own, more).await?;
                            if device.is_none() {
                                let mut delay = Duration::ZERO;
                                for soft in [Bucket::Email(email), Bucket::Network(from)] {
                                    let counted = w.attempts(soft).await?;
                                    let more = limits.one_more_soft(counted, now);
                                    w.attempts_set(soft, more).await?;
                                    delay = delay.max(limits.delay(more));
                                }
                                wait = Ok(delay);
                            }
                        }
                    }
                    Ok(Looked {
                        credentials,
                        device,
                        wait,
                    })
                })
            })
            .await?;
        Ok(looked)
    }

    async fn failed(&self, account: Option<AccountId>) -> Result<Outcome> {
        self.note_failed(&Actor::Public, account).await?;
        Ok(Outcome::Refused)
    }

    /// Puts on record that somebody was not let in.
    pub(crate) async fn note_failed(
        &self,
        actor: &Actor,
        account: Option<AccountId>,
    ) -> Result<()> {
        let account = &account;
        self.store()
            .work(actor, Purpose::SignIn, |w| {
                Box::pin(async move {
                    w.sign_in_failed(*account);
                    Ok(())
                })
            })
            .await?;
        Ok(())
    }

    /// The invented people of a demo; nobody in any other installation.
    pub async fn demo_people(&self) -> Result<Vec<DemoPerson>> {
        let people = self
            .store()
            .work(&Actor::Public, Purpose::SignIn, |w| {
                Box::pin(async move {
                    let mut out = Vec::new();
                    for account in w.demo_accounts().await? {
                        let organisation = w.organisation(account.organisation).await?;
                        out.push(DemoPerson {
                            reference: account.reference,
                            name: account.name,
                            role: account.role,
                            organisation: organisation.map(|o| o.name).unwrap_or_default(),
                        });
                    }
                    Ok(out)
                })
            })
            .await?;
        Ok(people)
    }

    /// Signs in with one press, in a demo with invented people only. Gives `None` where the installation is no demo, and where
    /// there is no such account.
    pub async fn demo_sign_in(
        &self,
        account: Ref,
        replaces: Option<&Token>,
    ) -> Result<Option<Signed>> {
        if !self.is_demo().await? {
            return Ok(None);
        }
        let account = &account;
        let found = self
            .store()
            .work(&Actor::Public, Purpose::SignIn, |w| {
                Box::pin(w.credentials_by_reference(*account))
            })
            .await?
            .filter(|found| found.state == AccountState::Active);
        let Some(found) = found else { return Ok(None) };
        let (actor, found) = (found.actor(), &found);
        let expires_at = self.session_end(self.now());
        let expires_at = &expires_at;
        let token = self
            .store()
            .work(&actor, Purpose::SignIn, |w| {
                Box::pin(async move {
                    if let Some(old) = replaces {
                        w.session_end(old).await?;
                    }
                    let token = Token::generate(w.env());
                    w.session_create(found.id, &token, *expires_at).await?;
                    Ok(token)
                })
            })
            .await?;
        Ok(Some(Signed {
            token,
            devices: Devices::default(),
            account: found.id,
        }))
    }

    /// Whether this installation is a demo: the database says so itself, and nothing else.
    pub(crate) async fn is_demo(&self) -> Result<bool> {
        Ok(self
            .store()
            .read(|r| Box::pin(r.installation()))
            .await?
            .is_some_and(|installation| installation.demo))
    }

    pub(crate) fn session_end(&self, now: At) -> At {
        now.plus_hours(self.settings().absolute_hours)
    }
}

/// The second half of signing in, after the password was right.
struct Begin<'a> {
    identity: &'a Identity,
    found: &'a Credentials,
    code: Option<&'a str>,
    device: Option<DeviceId>,
    devices: &'a Devices,
    replaces: Option<&'a Token>,
    email: &'a str,
    from: &'a str,
}

impl Begin<'_> {
    /// `None` when the account has changed meanwhile or the code is wrong or used.
    async fn begin(&self, w: &mut Work<'_>) -> StoreResult<Option<Signed>> {
        let settings = self.identity.settings();
        let id = self.found.id;
        if !unchanged(w, self.found).await? || !proved(w, self.found, self.code).await? {
            return Ok(None);
        }
        if let Some(old) = self.replaces {
            w.session_end(old).await?;
        }
        let known_until = w.now().plus_days(settings.device_days);
        let devices = if let Some(device) = self.device {
            w.known_device_extend(device, known_until).await?;
            w.attempts_forget(Bucket::Device(device)).await?;
            self.devices.clone()
        } else {
            let token = Token::generate(w.env());
            w.known_device_create(id, &token, known_until).await?;
            let place = Bucket::Place {
                email: self.email,
                network: self.from,
            };
            w.attempts_forget(place).await?;
            for soft in [Bucket::Email(self.email), Bucket::Network(self.from)] {
                let counted = w.attempts(soft).await?;
                let failures = counted.failures.saturating_sub(1).max(0);
                w.attempts_set(
                    soft,
                    Attempts {
                        failures,
                        ..counted
                    },
                )
                .await?;
            }
            self.devices.with(token)
        };
        let token = Token::generate(w.env());
        let expires_at = self.identity.session_end(w.now());
        w.session_create(id, &token, expires_at).await?;
        Ok(Some(Signed {
            token,
            devices,
            account: id,
        }))
    }
}

/// Whether the second factor, where there is one, is proved by a code that was not used before. Uses the code up.
pub(crate) async fn proved(
    w: &mut Work<'_>,
    found: &Credentials,
    code: Option<&str>,
) -> StoreResult<bool> {
    if !found.second_factor {
        return Ok(true);
    }
    let (Some(secret), Some(code)) = (w.totp_secret(found.id).await?, code) else {
        return Ok(false);
    };
    match totp::step_of(&secret, code, w.now()) {
        Some(step) => w.totp_step_use(found.id, step).await,
        None => Ok(false),
    }
}
