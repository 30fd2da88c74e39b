//! A consistent look at what is not personal.

use std::marker::PhantomData;

use throughline_core::env::Env;

use crate::store::Store;
use crate::tx::Tx;

/// Handed to the closure of [`Store::read`]. Methods on it never touch personal data: those take a permit and a `Work`.
pub struct Read<'e> {
    store: &'e Store,
    pub(crate) tx: Tx,
    bound: PhantomData<fn(&'e ()) -> &'e ()>,
}

impl std::fmt::Debug for Read<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Read")
    }
}

impl<'e> Read<'e> {
    pub(crate) const fn new(store: &'e Store, tx: Tx) -> Self {
        Self {
            store,
            tx,
            bound: PhantomData,
        }
    }

    /// The surroundings.
    pub fn env(&self) -> &Env {
        self.store.env()
    }
}
