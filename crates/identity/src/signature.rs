//! Signatures of others: two algorithms, chosen by us and never by what is checked. What anything else says it is signed with, or
//! that it is not signed, is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

/// Bytes as text that is safe in a URL.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of such a text.
pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// A public key of a sign-in service (RFC 7517).
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    /// Whether it is the key for something signed with `alg` by the key called `kid`.
    pub(crate) fn is_for(&self, alg: &str, kid: Option<&str>) -> bool {
        self.purpose
            .as_deref()
            .is_none_or(|purpose| purpose == "sig")
            && self.alg.as_deref().is_none_or(|own| own == alg)
            && (kid.is_none() || self.kid.as_deref() == kid)
            && match alg {
                "RS256" => self.kty == "RSA",
                "ES256" => self.kty == "EC" && self.crv.as_deref() == Some("P-256"),
                _ => false,
            }
    }

    /// Whether it signed the message with `alg`.
    pub(crate) fn verifies(&self, alg: &str, message: &[u8], signature: &[u8]) -> bool {
        let part = |text: &Option<String>| text.as_deref().and_then(from_base64url);
        match alg {
            "RS256" => {
                let (Some(n), Some(e)) = (part(&self.n), part(&self.e)) else {
                    return false;
                };
                RsaPublicKeyComponents { n, e }
                    .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                    .is_ok()
            }
            "ES256" => {
                let (Some(x), Some(y)) = (part(&self.x), part(&self.y)) else {
                    return false;
                };
                let point = [&[4][..], &x, &y].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(message, signature)
                    .is_ok()
            }
            _ => false,
        }
    }
}

/// What stands before the point of a P-256 key in `SubjectPublicKeyInfo` (RFC 5480): it is the same for all of them.
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// What an RSA key of 2048 bits with the usual exponent begins with (RFC 3279): what Windows makes where it has no better chip.
const RSA_2048: [u8; 24] = [
    0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
    0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
];

/// Whether a key that a passkey came with is one that we can check: P-256, or RSA of 2048 bits.
pub(crate) fn is_known_key(key: &[u8]) -> bool {
    let is_point = |point: &[u8]| point.len() == 65 && point.first() == Some(&4);
    key.strip_prefix(&P256).is_some_and(is_point)
        || key
            .strip_prefix(&RSA_2048)
            .is_some_and(|inner| inner.len() == 270)
}

/// Whether the holder of a passkey's key (`SubjectPublicKeyInfo`) signed the message.
pub(crate) fn passkey_verifies(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    if let Some(point) = key.strip_prefix(&P256) {
        return UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .verify(message, signature)
            .is_ok();
    }
    key.strip_prefix(&RSA_2048).is_some_and(|inner| {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, inner)
            .verify(message, signature)
            .is_ok()
    })
}
