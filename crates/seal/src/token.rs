//! Secrets that are shown once: tokens in links and clients' secrets, and short codes given another way.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use throughline_core::env::Env;
use zeroize::Zeroize;

use crate::blind::{BlindHash, BlindKey};

/// The stored form of a token.
pub type TokenHash = [u8; 32];

/// A random 256-bit secret, shown once. Only its hash is kept: it cannot be guessed, so a plain hash suffices.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl Drop for Token {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    /// A new token.
    pub fn generate(env: &Env) -> Self {
        Self(env.bytes())
    }

    /// The text to hand out: 43 characters that are safe in a URL.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Reads a token that somebody presents; `None` when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// What is stored.
    pub fn hash(&self) -> TokenHash {
        Sha256::new()
            .chain_update(b"throughline/v1/token/")
            .chain_update(self.0)
            .finalize()
            .into()
    }
}

/// A short code for reading out: eight letters and digits that cannot be mistaken for each other. It can be guessed from a
/// plain hash, so what is kept is keyed.
#[derive(Clone)]
pub struct Code(String);

impl Drop for Code {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}

/// 28 signs: no 0/O, 1/I/L, 5/S, U/V.
const SIGNS: &[u8] = b"2346789ABCDEFGHJKMNPQRTVWXYZ";

impl Code {
    /// A new code. Bytes that would make some signs likelier are drawn again.
    pub fn generate(env: &Env) -> Self {
        let mut text = String::new();
        while text.len() < 8 {
            let [byte] = env.bytes::<1>();
            // 252 = 9 × 28: above it the remainder would be biased.
            if byte < 252
                && let Some(sign) = SIGNS.get(usize::from(byte) % SIGNS.len())
            {
                text.push(char::from(*sign));
            }
        }
        Self(text)
    }

    /// The text to read out, in two groups of four.
    pub fn reveal(&self) -> String {
        let (a, b) = self.0.split_at(4);
        format!("{a} {b}")
    }

    /// The keyed hash that is stored.
    pub fn hash(&self, key: &BlindKey) -> BlindHash {
        key.hash(&self.0)
    }

    /// Whether what somebody typed is the code behind a stored hash; spaces, dashes and case do not matter. Constant time.
    pub fn matches(typed: &str, stored: &[u8], key: &BlindKey) -> bool {
        let tidy: String = typed
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_uppercase())
            .collect();
        key.hash(&tidy).as_slice().ct_eq(stored).into()
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
