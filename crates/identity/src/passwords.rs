//! Passwords: argon2id with OWASP's parameters, and what may be a password.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use throughline_core::env::Env;
use tokio::sync::Semaphore;

use crate::{Error, Result};

/// What checking one password costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Cost {
    /// OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane.
    pub const OWASP: Self = Self {
        memory_kib: 19 * 1024,
        passes: 2,
    };
}

/// How many passwords are checked at once: each takes memory and a processor.
const AT_ONCE: usize = 4;
/// The fewest signs of a password (NCSC: length over complexity) (our design).
pub const SHORTEST: usize = 12;
/// The most signs of a password: more would only be work for us.
pub const LONGEST: usize = 256;
/// Passwords that everybody tries first, and that are long enough to pass: one a line.
const COMMON: &str = include_str!("common_passwords.txt");

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    env: Env,
    cost: Cost,
    nobody: Arc<str>,
    turn: Arc<Semaphore>,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords")
    }
}

impl Passwords {
    /// Makes the hash that unknown addresses are checked against.
    pub fn new(env: &Env, cost: Cost) -> Result<Self> {
        let salt = env.bytes::<16>();
        let nobody = hash(&env.bytes::<16>(), &salt, cost)?;
        Ok(Self {
            env: env.clone(),
            cost,
            nobody: nobody.into(),
            turn: Arc::new(Semaphore::new(AT_ONCE)),
        })
    }

    /// Hashes a password into a PHC string, off the async threads.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let (password, salt, cost) = (normal(password), self.env.bytes::<16>(), self.cost);
        let _turn = self.turn.acquire().await.map_err(|_| Error::Password)?;
        tokio::task::spawn_blocking(move || hash(password.as_bytes(), &salt, cost))
            .await
            .map_err(|_| Error::Password)?
    }

    /// Checks a password, off the async threads. `None` costs the same and is never right.
    pub async fn check(&self, password: &str, phc: Option<&str>) -> Result<bool> {
        let (stored, known) = phc.map_or((self.nobody.as_ref(), false), |phc| (phc, true));
        let (password, stored) = (normal(password), stored.to_owned());
        let _turn = self.turn.acquire().await.map_err(|_| Error::Password)?;
        let right = tokio::task::spawn_blocking(move || {
            // Too long to be one of ours: the work is done all the same, on a part of it.
            let whole = password.len() <= LONGEST * 4;
            let bytes = password.as_bytes();
            let part = bytes.get(..bytes.len().min(LONGEST * 4)).unwrap_or(bytes);
            check(part, &stored).map(|right| right && whole)
        })
        .await
        .map_err(|_| Error::Password)??;
        Ok(right && known)
    }
}

/// The same password, however a keyboard or a paste made it: no space around it.
fn normal(password: &str) -> String {
    password.trim().to_owned()
}

fn hash(password: &[u8], salt: &[u8], cost: Cost) -> Result<String> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(|_| Error::Password)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(password, salt)
        .map(|phc: PasswordHash| phc.to_string())
        .map_err(|_| Error::Password)
}

fn check(password: &[u8], stored: &str) -> Result<bool> {
    let phc = PasswordHash::new(stored).map_err(|_| Error::Password)?;
    Ok(Argon2::default().verify_password(password, &phc).is_ok())
}

/// Whether something may be a password of the owner of `email`. Errors with the message key of what is wrong with it.
pub fn acceptable(password: &str, email: &str) -> std::result::Result<(), &'static str> {
    let password = password.trim();
    let length = password.chars().count();
    if length < SHORTEST {
        return Err("password-too-short");
    }
    if length > LONGEST {
        return Err("password-too-long");
    }
    let plain: String = password
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let own = email.split('@').next().unwrap_or_default().to_lowercase();
    let mut signs: Vec<char> = plain.chars().collect();
    signs.sort_unstable();
    signs.dedup();
    let common = COMMON.lines().any(|line| line == plain);
    if common || signs.len() < 4 || (own.len() >= 4 && plain.contains(&own)) {
        return Err("password-easy-to-guess");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Cost, Passwords, acceptable};

    const CHEAP: Cost = Cost {
        memory_kib: 64,
        passes: 1,
    };

    #[tokio::test]
    async fn a_password_is_right_for_its_own_hash_and_for_no_other() {
        let (env, _) = throughline_testkit::env::seeded(1, throughline_testkit::env::test_start());
        let passwords = Passwords::new(&env, CHEAP).unwrap();
        let one = passwords.hash("correct horse battery").await.unwrap();
        let two = passwords.hash("correct horse battery").await.unwrap();
        assert_ne!(one, two, "each hash has a salt of its own");
        assert!(one.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert!(
            passwords
                .check(" correct horse battery\n", Some(&one))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .check("correct horse batterY", Some(&one))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .check("correct horse battery", None)
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .check(&"x".repeat(1_000_000), Some(&one))
                .await
                .unwrap()
        );
        assert!(
            passwords
                .check("anything", Some("not a hash"))
                .await
                .is_err()
        );
    }

    #[tokio::test]
    async fn a_new_installation_uses_what_owasp_asks_for() {
        let (env, _) = throughline_testkit::env::seeded(1, throughline_testkit::env::test_start());
        let passwords = Passwords::new(&env, crate::Settings::default().cost).unwrap();
        let phc = passwords.hash("correct horse battery").await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
    }

    #[test]
    fn short_common_repeated_and_own_names_are_not_passwords() {
        let who = "samina@example.org";
        assert_eq!(acceptable("three plain words", who), Ok(()));
        assert_eq!(acceptable("elevensigns", who), Err("password-too-short"));
        assert_eq!(
            acceptable(&"a b".repeat(100), who),
            Err("password-too-long")
        );
        assert_eq!(
            acceptable("Password-1234", who),
            Err("password-easy-to-guess")
        );
        assert_eq!(
            acceptable("aaaaaaaaaaaab", who),
            Err("password-easy-to-guess")
        );
        assert_eq!(
            acceptable("Samina is here", who),
            Err("password-easy-to-guess")
        );
    }
}
