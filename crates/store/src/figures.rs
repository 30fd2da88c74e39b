//! What monitoring asks: counts and ages, nothing of whom or which.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, Statement};
use throughline_core::ratchet::BEHIND_SECONDS;
use throughline_core::time::At;

use crate::audit::heads;
use crate::col::Col;
use crate::entity::{installation, referral, room_request, task};
use crate::error::Result;
use crate::read::Read;
use crate::store::Store;

/// Clocks that ran out this long ago and were not acted on are late: the jobs come round every few seconds.
const LATE_MINUTES: i64 = 5;
/// How long tables that were right are taken to be so: it is asked again and again, and nobody alters them every second.
const SCHEMA_STANDS_SECONDS: i64 = 60;

/// Counts for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Entries in all audit logs.
    pub audit_entries: u64,
    /// Tasks whose time to climb is over and that did not climb.
    pub late_tasks: u64,
    /// Referrals whose clock ran out and that nothing happened to.
    pub late_referrals: u64,
    /// Requests for a room whose clock ran out and that nobody else was told of.
    pub late_rooms: u64,
}

impl Read<'_> {
    /// Counts for monitoring.
    pub async fn figures(&self) -> Result<Figures> {
        let late: At = self.env().now().plus_minutes(-LATE_MINUTES);
        let heads = heads(&self.tx).await?;
        Ok(Figures {
            audit_entries: heads
                .iter()
                .map(|head| u64::try_from(head.size).unwrap_or(0))
                .sum(),
            late_tasks: task::Entity::find()
                .filter(task::Column::DoneAt.is_null())
                .filter(task::Column::ClimbsAt.lte(Col(late)))
                .count(&self.tx)
                .await?,
            late_referrals: referral::Entity::find()
                .filter(referral::Column::DueAt.lte(Col(late)))
                .count(&self.tx)
                .await?,
            late_rooms: room_request::Entity::find()
                .filter(room_request::Column::ClosedAt.is_null())
                .filter(room_request::Column::DueAt.lte(Col(late)))
                .count(&self.tx)
                .await?,
        })
    }
}

impl Store {
    /// Whether this node can do its work: the database answers, was migrated by this version, holds an installation, and its
    /// tables are as this version expects; and the machine's clock is not far behind what has been.
    pub async fn ready(&self) -> bool {
        if self.env().clock.behind_seconds() > BEHIND_SECONDS {
            return false;
        }
        // Only what is right stands for a while: a database that is back, or mended, is ready at the next look.
        if !self.schema_seen_since(SCHEMA_STANDS_SECONDS) {
            if self.schema_check().await.is_err() {
                return false;
            }
            self.schema_seen();
        }
        self.migrated().await.unwrap_or(false)
    }

    /// The latest instant at the end of any log of the record: it has certainly been. `None` where nothing was recorded.
    pub async fn latest_recorded(&self) -> Result<Option<At>> {
        let tx = self.begin_read().await?;
        // The last entry of each log: two looks by key, whatever its length.
        let sql = "SELECT max(e.at) AS latest FROM audit_head h JOIN audit_entry e ON e.log_id = h.log_id AND e.seq >= h.size - 1";
        let row = tx
            .query_one_raw(Statement::from_string(self.backend(), sql))
            .await;
        tx.rollback().await?;
        let latest = match row? {
            Some(row) => row.try_get::<Option<i64>>("", "latest")?,
            None => None,
        };
        Ok(latest.and_then(At::from_micros))
    }

    async fn migrated(&self) -> Result<bool> {
        let tx = self.begin_read().await?;
        let sql = "SELECT name, hash FROM schema_migration";
        let rows = tx
            .query_all_raw(Statement::from_string(self.backend(), sql))
            .await;
        let held = installation::Entity::find_by_id(1).one(&tx).await;
        tx.rollback().await?;
        let mut ran = std::collections::BTreeMap::new();
        for row in rows? {
            ran.insert(
                row.try_get::<String>("", "name")?,
                row.try_get::<String>("", "hash")?,
            );
        }
        Ok(held?.is_some() && crate::migration::is_all(&ran))
    }
}
