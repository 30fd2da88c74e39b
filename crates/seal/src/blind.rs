//! Blind indexes: equality look-up over sealed values, keyed per organisation, so that neither a thief of the database nor
//! another organisation can look anyone up.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization;

use crate::keys::Bytes32;

/// Sixteen bytes stored beside a sealed value.
pub type BlindHash = [u8; 16];

/// The key of one blind index.
#[derive(Clone)]
pub struct BlindKey(pub(crate) Bytes32);

impl fmt::Debug for BlindKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlindKey(..)")
    }
}

impl BlindKey {
    /// A key from bytes derived elsewhere, for the installation's own look-ups.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Bytes32(bytes))
    }

    /// The hash of a normalised value (see [`normal`]).
    pub fn hash(&self, normalised: &str) -> BlindHash {
        let mut out = [0_u8; 16];
        if let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0.0) {
            mac.update(normalised.as_bytes());
            out.iter_mut()
                .zip(mac.finalize().into_bytes())
                .for_each(|(to, from)| *to = from);
        }
        out
    }

    /// Whether two texts are the same. How long it takes tells nothing of where they differ.
    pub fn same(&self, one: &str, other: &str) -> bool {
        self.hash(one).ct_eq(&self.hash(other)).into()
    }
}

/// Normal forms: what makes two spellings the same value.
pub mod normal {
    use super::UnicodeNormalization as _;

    /// A name: lower case, without accents, punctuation, spaces or order of capitals.
    pub fn name(text: &str) -> String {
        text.nfkd()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    }

    /// A telephone number: digits only. A British one begins with `0`, whether it was written with `+44`, `0044` or `0`;
    /// a foreign one with `+`, whether it was written with `+` or `00`.
    pub fn phone(text: &str) -> String {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let plus = text.chars().find(|c| c.is_ascii_digit() || *c == '+') == Some('+');
        let abroad = if plus {
            Some(digits.as_str())
        } else {
            digits.strip_prefix("00")
        };
        let Some(abroad) = abroad else { return digits };
        let british = abroad
            .strip_prefix("44")
            .map(|rest| format!("0{}", rest.trim_start_matches('0')));
        british.unwrap_or_else(|| format!("+{abroad}"))
    }

    /// An e-mail address: lower case, no space around it.
    pub fn email(text: &str) -> String {
        text.trim().to_lowercase()
    }

    /// A postcode: capitals without spaces.
    pub fn postcode(text: &str) -> String {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_uppercase())
            .collect()
    }
}

#[cfg(test)]
#[path = "blind_tests.rs"]
mod tests;
