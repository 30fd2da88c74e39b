//! Several use cases in one unit of work, while a world that can be made again is filled.
//!
//! A gathering handle keeps the transaction of a unit open as long as the same actor goes on, for the same purpose, at the same
//! instant. Whatever differs commits it first: so one commit, and one look whether the actor may still work, stand for a whole
//! visit. Every permit, note and check is as in any other unit; only when it is committed differs.
//!
//! What must never happen here: a service with real people in it. "Done" is said before it is on disk.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use throughline_core::time::At;
use throughline_policy::{Actor, Purpose};
use throughline_seal::PersonKey;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::audit::Note;
use crate::error::{Error, Result};
use crate::store::Store;
use crate::tx::Tx;
use crate::work::Work;

/// A unit of work that waits for its next step.
pub(crate) struct Parked {
    pub tx: Tx,
    pub actor: Actor,
    pub purpose: Purpose,
    pub now: At,
    pub notes: Vec<Note>,
    pub data_keys: HashMap<Uuid, PersonKey>,
    pub directory_number: Option<i64>,
}

/// What a gathering handle holds.
#[derive(Default)]
pub(crate) struct Gathered {
    parked: Option<Parked>,
    /// A step failed after others had been called done: what they did is gone, and nothing may go on as if it were there.
    lost: bool,
}

pub(crate) type Gather = Arc<Mutex<Gathered>>;

impl Store {
    /// A handle that gathers units of work; see [`crate::gather`]. On a store that waits for the disk it is a plain one.
    ///
    /// Not for two tasks at once, and [`Store::settle`] must be called at the end.
    #[must_use]
    pub fn gathering(&self) -> Self {
        let mut store = self.clone();
        store.gather = self.is_throwaway().then(Gather::default);
        store
    }

    /// Commits what is gathered. Call it before a step that may be refused: a refusal undoes everything since the last commit.
    pub async fn settle(&self) -> Result<()> {
        match &self.gather {
            Some(gather) => self.settle_in(&mut *gather.lock().await).await,
            None => Ok(()),
        }
    }

    async fn settle_in(&self, gathered: &mut Gathered) -> Result<()> {
        if gathered.lost {
            return Err(lost());
        }
        match gathered.parked.take() {
            Some(parked) => {
                let actor = parked.actor.clone();
                let done = Work::resume(self, &actor, parked).commit().await;
                gathered.lost = done.is_err();
                done
            }
            None => Ok(()),
        }
    }

    /// One step of a gathered unit: goes on with the open one where it fits.
    pub(crate) async fn attempt_gathered<'e, T, F>(
        &'e self,
        gather: &Gather,
        actor: &'e Actor,
        purpose: Purpose,
        f: &F,
    ) -> Result<T>
    where
        T: Send,
        F: for<'w> Fn(&'w mut Work<'e>) -> BoxFuture<'w, Result<T>> + Send + Sync,
    {
        let mut gathered = gather.lock().await;
        let now = self.env().now();
        let fits = gathered.parked.as_ref().is_some_and(|parked| {
            parked.actor == *actor && parked.purpose == purpose && parked.now == now
        });
        if !fits {
            self.settle_in(&mut gathered).await?;
        }
        let mut work = match gathered.parked.take() {
            Some(parked) => Work::resume(self, actor, parked),
            None => Work::new(self, self.begin_now().await?, actor, purpose),
        };
        match f(&mut work).await {
            Ok(value) => {
                gathered.parked = Some(work.park());
                Ok(value)
            }
            Err(error) => {
                work.rollback().await;
                gathered.lost = fits;
                Err(error)
            }
        }
    }
}

fn lost() -> Error {
    Error::Integrity("a gathered unit of work failed after a step of it was called done".to_owned())
}
