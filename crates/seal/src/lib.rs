//! Keys and proof: what is sealed, by what, and how anyone can check the record.
//!
//! Root key (in a file outside the database) → [`OrgKey`] → [`PersonKey`] → [`Sealed`] field. Every wrap and every field is
//! bound to where it belongs by its associated data, so a ciphertext moved to another row, column or person does not open.
//!
//! To seal a new column: call [`Sealed::seal`] with its [`Place`]; classify the column in the store.
//! What must never happen here: a database, a page, a clock; key bytes or plaintext in any `Debug` or `Display`.
//!
//! ```
//! use throughline_seal::{PersonKey, Place, Sealed, fixed_env};
//! let env = fixed_env(7);
//! let key = PersonKey::generate(&env);
//! let here = Place { table: "statement", column: "words", row: uuid::Uuid::from_u128(1) };
//! let sealed = Sealed::seal(&"He takes my wages".to_owned(), &key, &here, &env).unwrap();
//! assert_eq!(format!("{sealed:?}"), "Sealed(..)");
//! assert_eq!(sealed.open(&key, &here).unwrap(), "He takes my wages");
//! let elsewhere = Place { row: uuid::Uuid::from_u128(2), ..here };
//! assert!(sealed.open(&key, &elsewhere).is_err());
//! ```
//! A sealed value cannot be shown:
//! ```compile_fail,E0277
//! fn show(sealed: &throughline_seal::Sealed<String>) -> String { format!("{sealed}") }
//! ```
//! nor written out:
//! ```compile_fail,E0277
//! fn write(sealed: &throughline_seal::Sealed<String>) -> String { serde_json::to_string(sealed).unwrap() }
//! ```

mod blind;
mod canonical;
pub mod checkpoint;
mod keys;
pub mod merkle;
mod phrase;
mod sealed;
pub mod shares;
mod token;
mod welcome;

pub use blind::{BlindHash, BlindKey, normal};
pub use canonical::canonical_json;
pub use keys::{Keyring, OrgKey, PersonKey, RootKey};
pub use phrase::Phrase;
pub use sealed::{Place, Sealed};
pub use token::{Code, Token, TokenHash};
pub use welcome::{WELCOME_DAYS, Welcome};

/// Why something could not be sealed or opened. It says no more: the details help only an attacker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The value could not be written.
    #[error("the value could not be sealed")]
    Value,
    /// Wrong key, wrong place, or somebody changed it.
    #[error("the sealed value did not open")]
    Closed,
    /// The key that sealed it is not on the ring.
    #[error("the key is not on the ring")]
    NoKey,
    /// Key text that cannot be read.
    #[error("this is not a key file that this program wrote")]
    KeyText,
}

/// Surroundings with a predictable entropy, for tests and doc tests. Never for real keys.
#[doc(hidden)]
pub fn fixed_env(seed: u64) -> throughline_core::env::Env {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use throughline_core::env::{Clock, Entropy, Env};
    use throughline_core::time::At;
    struct Still;
    impl Clock for Still {
        fn now(&self) -> At {
            At::from_micros(1_767_225_600_000_000).unwrap_or_else(|| At::from(jiff_epoch()))
        }
    }
    fn jiff_epoch() -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
    struct Counted(u64, AtomicU64);
    impl Entropy for Counted {
        fn fill(&self, bytes: &mut [u8]) {
            use sha2::{Digest, Sha256};
            for chunk in bytes.chunks_mut(32) {
                let n = self.1.fetch_add(1, Ordering::Relaxed);
                let block = Sha256::new()
                    .chain_update(self.0.to_be_bytes())
                    .chain_update(n.to_be_bytes())
                    .finalize();
                chunk
                    .iter_mut()
                    .zip(block.iter())
                    .for_each(|(to, from)| *to = *from);
            }
        }
    }
    Env {
        clock: Arc::new(Still),
        entropy: Arc::new(Counted(seed, AtomicU64::new(0))),
    }
}
