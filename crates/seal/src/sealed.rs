//! A sealed value: ciphertext that says nothing of what is in it.

use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::SealError;
use crate::keys::{PersonKey, decrypt, encrypt};
use throughline_core::env::Env;

/// First byte of every sealed value: the format's version.
const VERSION: u8 = 1;

/// Where a sealed value belongs: it opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The row's id.
    pub row: Uuid,
}

impl Place<'_> {
    fn context(&self) -> Vec<u8> {
        [
            b"throughline/v1/field/",
            self.table.as_bytes(),
            b"/",
            self.column.as_bytes(),
            b"/",
            self.row.as_bytes(),
        ]
        .concat()
    }
}

/// A value of type `T` that only its key and place open. It has no `Display` and no `Serialize`, and its `Debug` is `Sealed(..)`.
pub struct Sealed<T> {
    bytes: Vec<u8>,
    of: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(..)")
    }
}

impl<T> Sealed<T> {
    /// The stored form.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// From the stored form. Errors when it is of no version that this program knows.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SealError> {
        if bytes.first() == Some(&VERSION) {
            Ok(Self {
                bytes: bytes.to_vec(),
                of: PhantomData,
            })
        } else {
            Err(SealError::Closed)
        }
    }
}

impl<T: Serialize> Sealed<T> {
    /// Seals a value for one place.
    pub fn seal(
        value: &T,
        key: &PersonKey,
        place: &Place<'_>,
        env: &Env,
    ) -> Result<Self, SealError> {
        let plain = Zeroizing::new(serde_json::to_vec(value).map_err(|_| SealError::Value)?);
        let mut bytes = vec![VERSION];
        bytes.extend(encrypt(&key.0, &plain, &place.context(), env)?);
        Ok(Self {
            bytes,
            of: PhantomData,
        })
    }
}

impl<T: DeserializeOwned> Sealed<T> {
    /// Opens the value at its place. Errors with a wrong key, a wrong place or any changed byte.
    pub fn open(&self, key: &PersonKey, place: &Place<'_>) -> Result<T, SealError> {
        let (_, body) = self.bytes.split_first().ok_or(SealError::Closed)?;
        let plain = Zeroizing::new(decrypt(&key.0, body, &place.context())?);
        serde_json::from_slice(&plain).map_err(|_| SealError::Closed)
    }
}

#[cfg(test)]
#[path = "sealed_tests.rs"]
mod tests;
