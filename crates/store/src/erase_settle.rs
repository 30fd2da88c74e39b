//! After an erasure: the list of erased people and the database say the same, whoever a backup had brought is erased again, and what is
//! left in free pages is overwritten (ASSURANCE 6.4, decision 0022).

use std::collections::BTreeSet;
use std::path::Path;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code;
use throughline_core::erasure::{ErasureState, Ground};
use throughline_core::time::At;
use throughline_policy::{Actor, Purpose};

use crate::audit::{self, Event};
use crate::checkpoint::blocking;
use crate::col::{Blob, Col};
use crate::entity::{erasure, person};
use crate::erased_list::{self, hash_of};
use crate::error::Result;
use crate::read::Read;
use crate::store::Store;
use crate::work::Work;

/// How many people are looked at at once when a list of erased ones is compared.
const PAGE: u64 = 5_000;

impl Work<'_> {
    /// Erases again whoever is on a list of erased people, because a backup that was put back had brought them. Gives how many.
    async fn erase_listed(&mut self, listed: &BTreeSet<String>) -> Result<u64> {
        let (mut after, mut again) = (None, 0);
        loop {
            let mut query = person::Entity::find()
                .order_by_asc(person::Column::Id)
                .limit(PAGE);
            if let Some(after) = after {
                query = query.filter(person::Column::Id.gt(after));
            }
            let rows = query.all(&self.tx).await?;
            let Some(last) = rows.last() else {
                return Ok(again);
            };
            after = Some(last.id);
            for row in rows {
                let hash = hash_of(row.id.0);
                if listed.contains(&erased_list::line(&hash)) {
                    self.erase_again(&row, &hash).await?;
                    again += 1;
                }
            }
        }
    }

    async fn erase_again(&mut self, row: &person::Model, hash: &[u8]) -> Result<()> {
        self.erasure_empty(row.id.0).await?;
        let told = self.recipients(row.id.0).await?;
        let left = erasure::ActiveModel {
            id: Set(Col(self.env().id())),
            reference: Set(Col(self.env().reference())),
            organisation_id: Set(row.organisation_id),
            person_id: Set(None),
            person_hash: Set(Blob(hash.to_vec())),
            ground: Set(Ground::PutBack.code().to_owned()),
            reason: Set(None),
            state: Set(ErasureState::Done.code().to_owned()),
            asked_by: Set(None),
            asked_at: Set(Col(self.now())),
            decided_by: Set(None),
            decided_at: Set(Some(Col(self.now()))),
            held_since: Set(Some(row.created_at)),
            told: Set(Some(told)),
            purged_at: Set(None),
        };
        erasure::Entity::insert(left)
            .exec_without_returning(&self.tx)
            .await?;
        self.person_purge(row.id.0).await
    }
}

impl Read<'_> {
    /// The hashes of everybody whose erasure is done.
    async fn erased(&self) -> Result<BTreeSet<String>> {
        let rows = erasure::Entity::find()
            .filter(erasure::Column::State.eq(ErasureState::Done.code()))
            .all(&self.tx)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| erased_list::line(&row.person_hash.0))
            .collect())
    }

    /// How many erasures are done of which traces may be left on disk.
    pub async fn erasures_unpurged(&self) -> Result<u64> {
        Ok(erasure::Entity::find()
            .filter(erasure::Column::State.eq(ErasureState::Done.code()))
            .filter(erasure::Column::PurgedAt.is_null())
            .count(&self.tx)
            .await?)
    }
}

impl Store {
    /// Makes the list of erased people in `folder` and the database say the same: whoever is done is on the list, and whoever is
    /// on the list and was brought again by a backup is erased again. Gives how many were.
    pub async fn erasures_settle(&self, folder: &Path) -> Result<u64> {
        let done = self.read(|r| Box::pin(r.erased())).await?;
        let listed = erased_list::read(folder).await?;
        erased_list::add(folder, done.difference(&listed).cloned().collect()).await?;
        let again: BTreeSet<String> = listed.difference(&done).cloned().collect();
        if again.is_empty() {
            return Ok(0);
        }
        let (system, again) = (self.system().await?, &again);
        self.work(&system, Purpose::KeepPromises, |w| {
            Box::pin(w.erase_listed(again))
        })
        .await
    }

    /// Takes another installation's list of erased people, or an older one's, into the list in `folder`.
    pub async fn erasures_join(from: &Path, folder: &Path) -> Result<()> {
        let (from, to) = (from.to_owned(), folder.to_owned());
        blocking(folder, move || erased_list::join(&from, &to)).await
    }

    /// Overwrites what erasures left in free pages and in the write-ahead log ([`Store::rewrite`]) and keeps when that was. Gives
    /// of how many erasures the last trace is gone now; with none waiting nothing is rewritten. Errors with [`crate::Error::Busy`] when
    /// somebody still reads an older state: then it is done again later.
    pub async fn erasures_purge(&self) -> Result<u64> {
        let waiting = self.read(|r| Box::pin(r.erasures_unpurged())).await?;
        if waiting == 0 {
            return Ok(0);
        }
        let before = self.env().now();
        self.rewrite().await?;
        let (system, before) = (self.system().await?, &before);
        self.work(&system, Purpose::KeepPromises, |w| {
            Box::pin(w.erasures_purged(*before))
        })
        .await
    }

    async fn system(&self) -> Result<Actor> {
        let tx = self.begin_read().await?;
        let operator = audit::operator(&tx).await;
        tx.rollback().await?;
        Ok(Actor::System {
            organisation: operator?,
        })
    }
}

impl Work<'_> {
    async fn erasures_purged(&mut self, before: At) -> Result<u64> {
        let done = erasure::Entity::update_many()
            .col_expr(erasure::Column::PurgedAt, Expr::value(Col(self.now())))
            .filter(erasure::Column::State.eq(ErasureState::Done.code()))
            .filter(erasure::Column::PurgedAt.is_null())
            .filter(erasure::Column::DecidedAt.lte(Col(before)))
            .exec(&self.tx)
            .await?;
        self.note_event(Event::PromiseKept, None, &["purged"]);
        Ok(done.rows_affected)
    }
}
