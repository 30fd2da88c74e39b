//! Who is asking: passwords, second factor, sessions, cookies, programs' secrets.
//!
//! # What is where
//! [`passwords`]: argon2id and what may be a password. [`totp`]: the second factor. [`throttle`]: how guessing is slowed
//! without shutting anyone out. [`sign_in`]: signing in. [`sessions`]: the session on every request, privacy lock, step-up,
//! signing out. [`cookies`]: the cookies' exact text. [`welcome`]: how a joiner chooses a first password. [`clients`]:
//! programs. [`flow`]: a way that leads elsewhere and back. [`provider`] and [`outside`]: the organisation's own sign-in service.
//! [`passkey`] and [`ways`]: passkeys, and which ways of signing in an account has.
//!
//! # Rules
//! - Every request asks the database: no copy of a session or a client is kept, so access ends on the next request.
//! - Slow work (argon2) happens outside a unit of work and off the async threads.
//! - An address that has no account costs what one that has costs, and meets the same words.
//! - Tokens are shown once; the database holds their hashes. A new token at sign-in, unlock and step-up.
//!
//! What must never happen here: pages, HTTP, a password or token in an error or a log.

pub mod clients;
pub mod cookies;
pub mod flow;
pub mod outside;
pub mod passkey;
pub mod passwords;
pub mod provider;
pub mod sessions;
pub mod sign_in;
mod signature;
pub mod throttle;
pub mod totp;
pub mod ways;
pub mod welcome;

pub use throughline_seal::Token;
pub use throughline_store::session::DeviceId;

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use throughline_core::id::AccountId;
use throughline_core::time::At;
use throughline_seal::BlindKey;
use throughline_store::Store;

use passwords::{Cost, Passwords};
use sessions::Who;
use throttle::Limits;

/// How signing in is set up. The defaults are design values; an installation may be stricter.
#[derive(Debug, Clone)]
pub struct Settings {
    /// After how many minutes without a request the privacy lock falls.
    pub idle_minutes: i64,
    /// After how many hours a session ends whatever happens.
    pub absolute_hours: i64,
    /// For how many days a device is remembered after the last sign-in on it.
    pub device_days: i64,
    /// For how many days a joiner's link works.
    pub welcome_days: i64,
    /// After how many seconds a session that is used is marked as used again: spares one write per request.
    pub touch_seconds: i64,
    /// Whether a password signs somebody in. Without, it takes the organisation's sign-in service or a passkey.
    pub passwords: bool,
    /// How guessing is slowed.
    pub limits: Limits,
    /// What a password costs to check.
    pub cost: Cost,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            idle_minutes: 10,
            absolute_hours: 12,
            device_days: 180,
            welcome_days: throughline_seal::WELCOME_DAYS,
            touch_seconds: 60,
            passwords: true,
            limits: Limits::default(),
            cost: Cost::OWASP,
        }
    }
}

/// Signing in and everything behind it. One per process; cheap to clone.
#[derive(Clone)]
pub struct Identity {
    inner: Arc<Inner>,
    provider: Option<Arc<provider::Provider>>,
}

struct Inner {
    store: Store,
    settings: Settings,
    passwords: Passwords,
    names: RwLock<HashMap<AccountId, (i64, Who)>>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

/// Why identity could not answer at all. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error(transparent)]
    Store(#[from] throughline_store::Error),
    /// A password could not be hashed or checked: out of memory, or a stored hash that is none.
    #[error("a password could not be checked")]
    Password,
}

/// The result of identity's calls.
pub type Result<T> = std::result::Result<T, Error>;

impl Identity {
    /// Joins a store and settings. Errors when the first hash, which unknown addresses are checked against, cannot be made.
    pub fn new(store: Store, settings: Settings) -> Result<Self> {
        let passwords = Passwords::new(store.env(), settings.cost)?;
        Ok(Self {
            inner: Arc::new(Inner {
                store,
                settings,
                passwords,
                names: RwLock::default(),
            }),
            provider: None,
        })
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The device that a cookie names, if anybody who signed in on it is still remembered there. Not whose it is.
    pub async fn known_device(&self, devices: &cookies::Devices) -> Result<Option<DeviceId>> {
        let tokens = devices.tokens();
        Ok(self
            .store()
            .read(|r| Box::pin(async move { r.device_of(tokens).await }))
            .await?)
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Passwords.
    pub fn passwords(&self) -> &Passwords {
        &self.inner.passwords
    }

    fn now(&self) -> At {
        self.inner.store.env().now()
    }

    /// A key of the installation for one purpose, from the root key.
    fn key(&self, label: &str) -> BlindKey {
        BlindKey::from_bytes(self.inner.store.keys().keyring().current().derive(label))
    }
}
