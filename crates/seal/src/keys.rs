//! The key hierarchy. Keys are wrapped with XChaCha20-Poly1305; the associated data names what is wrapped and for whom.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use throughline_core::env::Env;
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::SealError;
use crate::blind::BlindKey;

const NONCE: usize = 24;

/// Thirty-two bytes that are wiped when dropped and never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Bytes32(pub [u8; 32]);

/// Encrypts under `key`, bound to `context`. Output: nonce, ciphertext, tag.
pub(crate) fn encrypt(
    key: &Bytes32,
    plain: &[u8],
    context: &[u8],
    env: &Env,
) -> Result<Vec<u8>, SealError> {
    let nonce = env.bytes::<NONCE>();
    let cipher = XChaCha20Poly1305::new(&key.0.into());
    let sealed = cipher
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: plain,
                aad: context,
            },
        )
        .map_err(|_| SealError::Value)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Decrypts what [`encrypt`] made.
pub(crate) fn decrypt(key: &Bytes32, sealed: &[u8], context: &[u8]) -> Result<Vec<u8>, SealError> {
    let (nonce, body) = sealed
        .split_first_chunk::<NONCE>()
        .ok_or(SealError::Closed)?;
    let cipher = XChaCha20Poly1305::new(&key.0.into());
    cipher
        .decrypt(
            &XNonce::from(*nonce),
            Payload {
                msg: body,
                aad: context,
            },
        )
        .map_err(|_| SealError::Closed)
}

pub(crate) fn derive(key: &Bytes32, label: &str) -> Bytes32 {
    let mut out = Bytes32([0; 32]);
    // 32 bytes is always a valid HKDF length; on the impossible error the key stays zero and nothing opens.
    let _ =
        Hkdf::<Sha256>::new(Some(b"throughline/v1"), &key.0).expand(label.as_bytes(), &mut out.0);
    out
}

/// The key at the top, kept in a file outside the database.
#[derive(Clone)]
pub struct RootKey(pub(crate) Bytes32);

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootKey({})", self.id())
    }
}

impl RootKey {
    /// A new key.
    pub fn generate(env: &Env) -> Self {
        Self(Bytes32(env.bytes()))
    }

    /// A key from recovered bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Bytes32(bytes))
    }

    /// The bytes, for splitting into shares. Handle with care.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0.0
    }

    /// A short public name of the key: it tells keys apart and gives nothing away.
    pub fn id(&self) -> String {
        let hash = Sha256::new()
            .chain_update(b"throughline root key id")
            .chain_update(self.0.0)
            .finalize();
        hash.iter()
            .take(6)
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }

    /// One line for the key file: version, id, key, checksum.
    pub fn to_text(&self) -> String {
        format!(
            "throughline-root-key-v1 {} {}",
            self.id(),
            STANDARD.encode(self.0.0)
        )
    }

    /// Reads a line that [`RootKey::to_text`] wrote. Errors when it was damaged: the id must match the key.
    pub fn from_text(line: &str) -> Result<Self, SealError> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["throughline-root-key-v1", id, key] = words.as_slice() else {
            return Err(SealError::KeyText);
        };
        let bytes = STANDARD
            .decode(key)
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or(SealError::KeyText)?;
        let key = Self(Bytes32(bytes));
        if key.id() == *id {
            Ok(key)
        } else {
            Err(SealError::KeyText)
        }
    }

    /// A key for one purpose of the whole installation (signing checkpoints, sign-in look-ups), apart from all others.
    pub fn derive(&self, label: &str) -> [u8; 32] {
        derive(&self.0, label).0
    }
}

/// The current root key and the older ones that still open what they wrapped.
#[derive(Clone, Debug)]
pub struct Keyring {
    current: RootKey,
    all: BTreeMap<String, RootKey>,
}

impl Keyring {
    /// A ring whose first key is the current one.
    pub fn new(current: RootKey, older: impl IntoIterator<Item = RootKey>) -> Self {
        let all = older
            .into_iter()
            .chain([current.clone()])
            .map(|key| (key.id(), key))
            .collect();
        Self { current, all }
    }

    /// Reads a key file: one key a line, the first is the current one; lines that start with `#` are comments.
    pub fn from_text(text: &str) -> Result<Self, SealError> {
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut keys = lines
            .map(RootKey::from_text)
            .collect::<Result<Vec<_>, _>>()?
            .into_iter();
        let current = keys.next().ok_or(SealError::KeyText)?;
        Ok(Self::new(current, keys))
    }

    /// The current root key.
    pub const fn current(&self) -> &RootKey {
        &self.current
    }

    /// Every root key on the ring: what an older one signed is still known.
    pub fn keys(&self) -> impl Iterator<Item = &RootKey> {
        self.all.values()
    }

    /// The id of the current root key.
    pub fn current_id(&self) -> String {
        self.current.id()
    }

    /// Wraps an organisation's key under the current root key.
    pub fn wrap(&self, key: &OrgKey, organisation: Uuid, env: &Env) -> Result<Vec<u8>, SealError> {
        encrypt(
            &self.current.0,
            &key.0.0,
            &context("organisation", organisation),
            env,
        )
    }

    /// Unwraps an organisation's key with the root key that wrapped it.
    pub fn unwrap(
        &self,
        wrapped: &[u8],
        root_key_id: &str,
        organisation: Uuid,
    ) -> Result<OrgKey, SealError> {
        let root = self.all.get(root_key_id).ok_or(SealError::NoKey)?;
        key_of(&decrypt(
            &root.0,
            wrapped,
            &context("organisation", organisation),
        )?)
        .map(OrgKey)
    }
}

fn context(kind: &str, owner: Uuid) -> Vec<u8> {
    [
        b"throughline/v1/key/",
        kind.as_bytes(),
        b"/",
        owner.as_bytes(),
    ]
    .concat()
}

fn key_of(bytes: &[u8]) -> Result<Bytes32, SealError> {
    <[u8; 32]>::try_from(bytes)
        .map(Bytes32)
        .map_err(|_| SealError::Closed)
}

/// One organisation's key.
#[derive(Clone)]
pub struct OrgKey(pub(crate) Bytes32);

/// The key of one person, conversation, account or the like: destroying it erases what it sealed.
#[derive(Clone)]
pub struct PersonKey(pub(crate) Bytes32);

impl fmt::Debug for OrgKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrgKey(..)")
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonKey(..)")
    }
}

impl OrgKey {
    /// A new key.
    pub fn generate(env: &Env) -> Self {
        Self(Bytes32(env.bytes()))
    }

    /// Wraps a data key for its owner.
    pub fn wrap(&self, key: &PersonKey, owner: Uuid, env: &Env) -> Result<Vec<u8>, SealError> {
        encrypt(&self.0, &key.0.0, &context("data", owner), env)
    }

    /// Unwraps a data key.
    pub fn unwrap(&self, wrapped: &[u8], owner: Uuid) -> Result<PersonKey, SealError> {
        key_of(&decrypt(&self.0, wrapped, &context("data", owner))?).map(PersonKey)
    }

    /// The key of a blind index for one column.
    pub fn blind_key(&self, label: &str) -> BlindKey {
        BlindKey(derive(&self.0, &format!("blind/{label}")))
    }
}

impl PersonKey {
    /// A new key.
    pub fn generate(env: &Env) -> Self {
        Self(Bytes32(env.bytes()))
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
