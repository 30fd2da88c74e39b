//! The second factor: time-based codes (RFC 6238) of six digits, thirty seconds, SHA-1, as every authenticator app makes them.

use throughline_core::env::Env;
use throughline_core::time::At;
use totp_rs::{Builder, Totp};

/// The length of a secret in bytes (RFC 4226 recommends 20).
pub const SECRET_BYTES: usize = 20;

/// A new secret.
pub fn secret(env: &Env) -> [u8; SECRET_BYTES] {
    env.bytes()
}

fn totp(secret: &[u8]) -> Option<Totp> {
    let secret: [u8; SECRET_BYTES] = secret.try_into().ok()?;
    Builder::new().with_secret(secret).with_skew(1).build().ok()
}

fn seconds(at: At) -> u64 {
    u64::try_from(at.micros().div_euclid(1_000_000)).unwrap_or(0)
}

/// The step that a code belongs to, one before or after now included: telephones' clocks are not exact. `None` when it is wrong.
pub fn step_of(secret: &[u8], code: &str, now: At) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let step = totp(secret)?.check(&digits, seconds(now))?;
    i64::try_from(step).ok()
}

/// The code that an app shows at an instant; for tests and the demo world.
pub fn code_at(secret: &[u8], at: At) -> Option<String> {
    totp(secret).map(|totp| totp.generate(seconds(at)).to_string())
}

/// The secret as people type it: base 32 in groups of four.
pub fn spelled(secret: &[u8]) -> String {
    let text = base32(secret);
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (at, sign) in text.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            out.push(' ');
        }
        out.push(sign);
    }
    out
}

/// RFC 4648 base 32 without padding: every five bits a sign.
fn base32(secret: &[u8]) -> String {
    const SIGNS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bit = |at: usize| {
        secret
            .get(at / 8)
            .map_or(0, |byte| usize::from(byte >> (7 - at % 8) & 1))
    };
    (0..(secret.len() * 8).div_ceil(5))
        .map(|sign| (0..5).fold(0, |value, at| value << 1 | bit(sign * 5 + at)))
        .filter_map(|value| SIGNS.get(value).copied().map(char::from))
        .collect()
}

/// The address that an authenticator app opens to learn the secret. It names the service, never what it is for.
pub fn uri(secret: &[u8], service: &str, email: &str) -> String {
    let service = escaped(service);
    format!(
        "otpauth://totp/{service}:{}?secret={}&issuer={service}",
        escaped(email),
        base32(secret)
    )
}

fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::{code_at, spelled, step_of, uri};
    use throughline_core::time::At;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        // RFC 6238 appendix B, SHA-1, the last six of eight digits.
        for (seconds, code) in [
            (59_i64, "287082"),
            (1_111_111_109, "081804"),
            (20_000_000_000, "353130"),
        ] {
            let at = At::from_micros(seconds * 1_000_000).unwrap();
            assert_eq!(code_at(SECRET, at).as_deref(), Some(code));
            assert_eq!(step_of(SECRET, code, at), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_holds_one_step_before_and_after_and_not_two() {
        let now = At::parse("2026-11-23T09:00:00Z").unwrap();
        let code = code_at(SECRET, now).unwrap();
        for (offset, right) in [
            (-60, false),
            (-30, true),
            (0, true),
            (30, true),
            (60, false),
        ] {
            assert_eq!(
                step_of(SECRET, &code, now.plus_seconds(offset)).is_some(),
                right,
                "{offset}"
            );
        }
        for wrong in ["", "12345", "1234567", "abcdef", "１２３４５６"] {
            assert_eq!(step_of(SECRET, wrong, now), None);
        }
        let spaced = format!("{} {}", &code[..3], &code[3..]);
        assert!(step_of(SECRET, &spaced, now).is_some());
    }

    #[test]
    fn the_secret_is_spelled_for_typing_and_for_apps() {
        assert_eq!(spelled(SECRET), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(
            uri(SECRET, "Case desk", "a+b@example.org"),
            "otpauth://totp/Case%20desk:a%2Bb@example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Case%20desk"
        );
    }
}
