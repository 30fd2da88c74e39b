//! The code in the link by which somebody who joins chooses a password.
//!
//! It holds the account's reference, the instant at which it stops working and a keyed hash over both and the account's
//! version: choosing a password changes the version, so a link works once, and so does anything that an administrator changes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use throughline_core::id::Ref;
use throughline_core::time::At;

use crate::{BlindKey, Keyring};

/// For how many days such a link works (our design).
pub const WELCOME_DAYS: i64 = 7;

const MICROS_AN_HOUR: i64 = 3_600_000_000;

/// A code as somebody gave it: what it claims, not yet whether it is true.
pub struct Welcome {
    account: Ref,
    hours: u32,
    proof: [u8; 16],
}

impl std::fmt::Debug for Welcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Welcome(..)")
    }
}

fn proof(ring: &Keyring, account: Ref, hours: u32, version: i64) -> [u8; 16] {
    BlindKey::from_bytes(ring.current().derive("welcome link"))
        .hash(&format!("{account}\n{hours}\n{version}"))
}

impl Welcome {
    /// The code for an account at a version, good until the full hour before `until`.
    pub fn code(ring: &Keyring, account: Ref, version: i64, until: At) -> String {
        let hours = u32::try_from(until.micros() / MICROS_AN_HOUR).unwrap_or(0);
        let mut bytes = account.bytes().to_vec();
        bytes.extend(hours.to_be_bytes());
        bytes.extend(proof(ring, account, hours, version));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a code; `None` when it has not the form of one.
    pub fn parse(code: &str) -> Option<Self> {
        let bytes: [u8; 36] = URL_SAFE_NO_PAD.decode(code).ok()?.try_into().ok()?;
        let (account, rest) = bytes.split_first_chunk::<16>()?;
        let (hours, proof) = rest.split_first_chunk::<4>()?;
        Some(Self {
            account: Ref::from_bytes(*account),
            hours: u32::from_be_bytes(*hours),
            proof: proof.try_into().ok()?,
        })
    }

    /// The account that it says it is for.
    pub const fn account(&self) -> Ref {
        self.account
    }

    /// Whether it still works at an instant, were it true.
    pub fn holds_at(&self, now: At) -> bool {
        At::from_micros(i64::from(self.hours) * MICROS_AN_HOUR).is_some_and(|until| now < until)
    }

    /// Whether it was made here, for the account at this version.
    pub fn is_for(&self, ring: &Keyring, version: i64) -> bool {
        let right = proof(ring, self.account, self.hours, version);
        bool::from(right.as_slice().ct_eq(&self.proof))
    }
}
