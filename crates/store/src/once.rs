//! Idempotency: the same write sent twice is done once, and answered the same both times.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};
use throughline_core::time::At;

use crate::col::{Blob, Col};
use crate::entity::idempotency;
use crate::error::{Error, Result};
use crate::work::Work;

/// What a write answered: a status and references only, never anything about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The HTTP status.
    pub status: u16,
    /// The answer: JSON of references and states.
    pub body: serde_json::Value,
}

/// One write, told apart from others by who sent it, the key they chose, and what was sent.
#[derive(Debug, Clone)]
pub struct Once {
    id: Vec<u8>,
    request: Vec<u8>,
}

impl Once {
    /// Of a client's own key and everything that the request says: method, path and body.
    pub fn new(client: &[u8], key: &str, request: &[&[u8]]) -> Self {
        let id = Sha256::new()
            .chain_update(b"throughline/v1/once/")
            .chain_update(client)
            .chain_update([0])
            .chain_update(key.as_bytes())
            .finalize();
        let mut hash = Sha256::new();
        for part in request {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        Self {
            id: id.to_vec(),
            request: hash.finalize().to_vec(),
        }
    }
}

impl Work<'_> {
    /// What this write answered before, if it was done. Errors with [`Error::Invalid`] when the key was used for something else.
    pub async fn once_find(&mut self, once: &Once) -> Result<Option<Done>> {
        let row = idempotency::Entity::find_by_id(Blob(once.id.clone()))
            .one(&self.tx)
            .await?;
        let Some(row) = row else { return Ok(None) };
        if row.request_hash.0 != once.request {
            return Err(Error::Invalid {
                field: "Idempotency-Key",
                problem: "api-key-used-before",
            });
        }
        let bad = |column| Error::RowShape {
            table: "idempotency",
            column,
        };
        let body = row
            .body
            .map(|body| serde_json::from_slice(&body.0))
            .transpose();
        Ok(Some(Done {
            status: u16::try_from(row.status).map_err(|_| bad("status"))?,
            body: body.map_err(|_| bad("body"))?.unwrap_or_default(),
        }))
    }

    /// Keeps what this write answered, in the same transaction as the write.
    pub async fn once_keep(&mut self, once: &Once, done: &Done) -> Result<()> {
        let row = idempotency::ActiveModel {
            id: Set(Blob(once.id.clone())),
            request_hash: Set(Blob(once.request.clone())),
            status: Set(i64::from(done.status)),
            body: Set(Some(Blob(done.body.to_string().into_bytes()))),
            created_at: Set(Col(self.now())),
        };
        match idempotency::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await
            .map_err(Error::from)
        {
            // The same write came in twice at once: the other one won, and this one changes nothing.
            Err(error) if error.is_duplicate() => Err(Error::Conflict),
            other => other.map(|_| ()),
        }
    }

    /// Forgets answers older than `before`.
    pub async fn once_purge(&mut self, before: At) -> Result<u64> {
        let done = idempotency::Entity::delete_many()
            .filter(idempotency::Column::CreatedAt.lt(Col(before)))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected)
    }
}
