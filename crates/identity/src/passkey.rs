//! What a passkey says and what of it is believed (WebAuthn Level 3, 7.1 and 7.2). No attestation is asked, so what it is made of is
//! not known and not claimed; the browser's own reading of the public key is taken, which without attestation is worth as much.
//!
//! A passkey stands for both factors: it is on a device that they have, and every use needs their finger, face or PIN ("user
//! verification"). One that did not ask is refused.

use ring::digest::{SHA256, digest};
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

use crate::signature::{base64url, from_base64url, is_known_key, passkey_verifies};

/// Who we are to a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    origin: String,
    host: String,
}

impl Site {
    /// From the address that people reach us at. `None` where passkeys cannot work: it is a number, or not https (this machine by
    /// the name `localhost` apart).
    pub fn of(base_url: &str) -> Option<Self> {
        let (scheme, rest) = base_url.split_once("://")?;
        let authority = rest.split('/').next()?;
        let host = authority
            .rsplit_once(':')
            .map_or(authority, |(host, _)| host);
        let is_name = host.contains(|c: char| c.is_ascii_alphabetic()) && !host.starts_with('[');
        let is_safe = scheme == "https" || (scheme == "http" && host == "localhost");
        (is_name && is_safe).then(|| Self {
            origin: format!("{scheme}://{authority}"),
            host: host.to_owned(),
        })
    }

    /// The name that passkeys are made for.
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// What a browser sends when a passkey is made. All base64url.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    /// What it says it was asked, and by whom.
    pub client_data: &'a str,
    /// What the device says.
    pub device_data: &'a str,
    /// The public key.
    pub public_key: &'a str,
    /// What the browser calls it.
    pub credential: &'a str,
}

/// What a browser sends when a passkey is used. All base64url.
#[derive(Debug, Clone, Copy)]
pub struct Used<'a> {
    /// What it says it was asked, and by whom.
    pub client_data: &'a str,
    /// What the device says.
    pub device_data: &'a str,
    /// Its signature.
    pub signature: &'a str,
    /// What the browser calls it.
    pub credential: &'a str,
    /// Whose it says it is: the account's reference.
    pub user: &'a str,
}

/// A passkey that may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// What the browser calls it.
    pub credential: Vec<u8>,
    /// The public key.
    pub public_key: Vec<u8>,
    /// How often it was used, as it says.
    pub counter: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// The longest name that a browser may give a passkey, in bytes (WebAuthn).
const LONGEST_CREDENTIAL: usize = 1_023;
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const HAS_KEY: u8 = 0x40;

struct Device<'a> {
    counter: i64,
    rest: &'a [u8],
    flags: u8,
}

/// What the device says: for this site, by somebody who was there and whom it made sure of.
fn device<'a>(bytes: &'a [u8], site: &Site) -> Result<Device<'a>, &'static str> {
    const SHORT: &str = "the device's data are too short";
    let (hash, rest) = bytes.split_first_chunk::<32>().ok_or(SHORT)?;
    let (&flags, rest) = rest.split_first().ok_or(SHORT)?;
    let (counter, rest) = rest.split_first_chunk::<4>().ok_or(SHORT)?;
    let ours = digest(&SHA256, site.host.as_bytes());
    if !bool::from(ours.as_ref().ct_eq(hash)) {
        return Err("it is for another site");
    }
    if flags & PRESENT == 0 || flags & VERIFIED == 0 {
        return Err("nobody was made sure of");
    }
    Ok(Device {
        counter: i64::from(u32::from_be_bytes(*counter)),
        rest,
        flags,
    })
}

/// What the browser says: asked by our own page, for this.
fn client(bytes: &[u8], kind: &str, challenge: &str, site: &Site) -> Result<(), &'static str> {
    let said: ClientData =
        serde_json::from_slice(bytes).map_err(|_| "the browser's data cannot be read")?;
    if said.kind != kind {
        return Err("it was asked something else");
    }
    if !bool::from(said.challenge.as_bytes().ct_eq(challenge.as_bytes())) {
        return Err("it was asked another time");
    }
    if said.origin != site.origin || said.cross_origin {
        return Err("another site asked it");
    }
    Ok(())
}

fn bytes(text: &str) -> Result<Vec<u8>, &'static str> {
    from_base64url(text).ok_or("it cannot be read")
}

/// Checks what came of making a passkey. Errors say why it is not believed, for the log.
pub fn made(given: Made<'_>, challenge: &str, site: &Site) -> Result<New, &'static str> {
    const SHORT: &str = "the device's data are too short";
    client(
        &bytes(given.client_data)?,
        "webauthn.create",
        challenge,
        site,
    )?;
    let (data, credential) = (bytes(given.device_data)?, bytes(given.credential)?);
    let device = device(&data, site)?;
    if device.flags & HAS_KEY == 0 {
        return Err("it holds no key");
    }
    // Sixteen bytes say which make of device it is; then the length of its name and the name (WebAuthn 6.5.1).
    let rest = device.rest.get(16..).ok_or(SHORT)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(SHORT)?;
    let named = rest
        .get(..usize::from(u16::from_be_bytes(*length)))
        .ok_or(SHORT)?;
    if named.is_empty() || named.len() > LONGEST_CREDENTIAL || named != credential {
        return Err("the browser and the device name it differently");
    }
    let public_key = bytes(given.public_key)?;
    if !is_known_key(&public_key) {
        return Err("its key is of a kind that we do not take");
    }
    Ok(New {
        credential,
        public_key,
        counter: device.counter,
    })
}

/// Checks what came of using a passkey whose key is known; gives how often it was used, as it says. Errors as [`made`].
pub fn used(
    given: Used<'_>,
    public_key: &[u8],
    challenge: &str,
    site: &Site,
) -> Result<i64, &'static str> {
    let said = bytes(given.client_data)?;
    client(&said, "webauthn.get", challenge, site)?;
    let data = bytes(given.device_data)?;
    let device = device(&data, site)?;
    let signed = [data.as_slice(), digest(&SHA256, &said).as_ref()].concat();
    if !passkey_verifies(public_key, &signed, &bytes(given.signature)?) {
        return Err("its signature does not hold");
    }
    Ok(device.counter)
}

/// Whether a count that did not grow shows that there are two of one passkey (WebAuthn 6.1.1). Many never count: zero, always.
pub const fn is_copy(kept: i64, said: i64) -> bool {
    (kept > 0 || said > 0) && said <= kept
}

/// How a browser names a passkey, as text.
pub fn named(credential: &[u8]) -> String {
    base64url(credential)
}

/// How a passkey says whose it is.
pub fn user_handle(account: throughline_core::id::Ref) -> String {
    base64url(&account.bytes())
}
