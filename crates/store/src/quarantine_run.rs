//! What a reading of a feed does to the rows that are set aside ([`crate::quarantine`]).

use std::collections::{BTreeSet, HashMap, HashSet};

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use throughline_core::code::Code;
use throughline_core::id::{FeedId, FeedRunId, QuarantineId, ServiceId};
use throughline_policy::Permit;
use throughline_policy::action::DirectoryImport;
use uuid::Uuid;

use crate::col::{Blob, Col};
use crate::directory::ServiceState;
use crate::entity::{quarantine, service};
use crate::error::Result;
use crate::feed::Feed;
use crate::keys::place;
use crate::quarantine::{NewQuarantine, QuarantineState};
use crate::work::Work;

impl Work<'_> {
    /// Sets rows aside. A row seen before is not set aside twice; it keeps what was decided. But one that was cleared, or that a newer
    /// version had replaced, waits again: it would not be here if what was decided still held.
    pub async fn quarantine_add(
        &mut self,
        permit: &Permit<DirectoryImport>,
        feed: &Feed,
        run: FeedRunId,
        rows: &[NewQuarantine],
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.note(permit, feed.id.uuid(), &["quarantine"]);
        let organisation = feed.organisation;
        self.organisation_data_key(organisation).await?;
        let key = self.blind_key(organisation, "quarantined row").await?;
        for chunk in rows.chunks(100) {
            let prints: Vec<Vec<u8>> = chunk
                .iter()
                .map(|row| {
                    let source = row.source_id.as_deref().unwrap_or_default();
                    key.hash(&format!("{}\u{1f}{source}\u{1f}{}", row.reason, row.raw))
                        .to_vec()
                })
                .collect();
            let seen = self.quarantine_seen(feed.id, &prints).await?;
            let mut again: Vec<Uuid> = Vec::new();
            let mut reopened: Vec<(Uuid, &NewQuarantine)> = Vec::new();
            let mut met: HashSet<Vec<u8>> = HashSet::new();
            let mut fresh: Vec<quarantine::ActiveModel> = Vec::new();
            for (row, print) in chunk.iter().zip(prints) {
                if let Some((id, lapsed)) = seen.get(&print) {
                    again.push(*id);
                    if *lapsed {
                        reopened.push((*id, row));
                    }
                } else if met.insert(print.clone()) {
                    fresh.push(self.quarantine_model(feed, run, row, &print).await?);
                }
            }
            if !again.is_empty() {
                let touched = quarantine::ActiveModel {
                    run_id: Set(Col(run)),
                    ..Default::default()
                };
                quarantine::Entity::update_many()
                    .set(touched)
                    .filter(quarantine::Column::Id.is_in(again))
                    .exec(&self.tx)
                    .await?;
            }
            for (id, row) in reopened {
                self.quarantine_reopen(feed, id, row).await?;
            }
            if !fresh.is_empty() {
                quarantine::Entity::insert_many(fresh)
                    .exec_without_returning(&self.tx)
                    .await?;
            }
        }
        Ok(())
    }

    async fn quarantine_seen(
        &self,
        feed: FeedId,
        prints: &[Vec<u8>],
    ) -> Result<HashMap<Vec<u8>, (Uuid, bool)>> {
        let rows: Vec<(Uuid, Blob, String)> = quarantine::Entity::find()
            .select_only()
            .columns([
                quarantine::Column::Id,
                quarantine::Column::Fingerprint,
                quarantine::Column::State,
            ])
            .filter(quarantine::Column::FeedId.eq(Col(feed)))
            .filter(quarantine::Column::Fingerprint.is_in(prints.iter().cloned().map(Blob)))
            .into_tuple()
            .all(&self.tx)
            .await?;
        let lapsed = [QuarantineState::Cleared, QuarantineState::Superseded].map(Code::code);
        Ok(rows
            .into_iter()
            .map(|(id, print, state)| (print.0, (id, lapsed.contains(&state.as_str()))))
            .collect())
    }

    /// Puts a row back into the queue, with what it holds.
    async fn quarantine_reopen(
        &mut self,
        feed: &Feed,
        id: Uuid,
        row: &NewQuarantine,
    ) -> Result<()> {
        let owner = feed.organisation.uuid();
        let raw = self
            .seal(owner, place("quarantine", "raw", id), &row.raw)
            .await?;
        let change = quarantine::ActiveModel {
            service_id: Set(row.service.map(Col)),
            // The rule that withholds it may be another by now.
            reason: Set(row.why()),
            raw: Set(raw),
            state: Set(QuarantineState::Open.code().to_owned()),
            decided_by: Set(None),
            decided_at: Set(None),
            cleared_digest: Set(None),
            ..Default::default()
        };
        quarantine::Entity::update_many()
            .set(change)
            .filter(quarantine::Column::Id.eq(id))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    async fn quarantine_model(
        &mut self,
        feed: &Feed,
        run: FeedRunId,
        row: &NewQuarantine,
        print: &[u8],
    ) -> Result<quarantine::ActiveModel> {
        let id: QuarantineId = self.env().id();
        let owner = feed.organisation.uuid();
        let raw = self
            .seal(owner, place("quarantine", "raw", id.uuid()), &row.raw)
            .await?;
        Ok(quarantine::ActiveModel {
            id: Set(Col(id)),
            reference: Set(Col(self.env().reference())),
            organisation_id: Set(Col(feed.organisation)),
            feed_id: Set(Col(feed.id)),
            run_id: Set(Col(run)),
            row_number: Set(i64::try_from(row.row).unwrap_or(i64::MAX)),
            source_id: Set(row.source_id.clone()),
            service_id: Set(row.service.map(Col)),
            reason: Set(row.why()),
            fingerprint: Set(Blob(print.to_vec())),
            raw: Set(raw),
            state: Set(QuarantineState::Open.code().to_owned()),
            created_at: Set(Col(self.now())),
            decided_by: Set(None),
            decided_at: Set(None),
            cleared_digest: Set(None),
        })
    }

    /// Takes out of the directory what was kept apart, with its place, from services whose place is withheld from this reading on. Their
    /// rows wait again once this reading sets them aside.
    pub async fn quarantine_reconsider(
        &mut self,
        permit: &Permit<DirectoryImport>,
        feed: &Feed,
        withheld: &BTreeSet<String>,
    ) -> Result<()> {
        self.note(permit, feed.id.uuid(), &["quarantine", "service"]);
        if withheld.is_empty() {
            return Ok(());
        }
        let apart = quarantine::Entity::find()
            .filter(quarantine::Column::FeedId.eq(Col(feed.id)))
            .filter(quarantine::Column::State.eq(QuarantineState::KeptApart.code()))
            .all(&self.tx)
            .await?;
        for row in apart {
            let Some(id) = row.service_id else { continue };
            if !row
                .source_id
                .as_ref()
                .is_some_and(|id| withheld.contains(id))
            {
                continue;
            }
            let shown = service::Entity::find_by_id(id)
                .filter(service::Column::Confidential.eq(false))
                .one(&self.tx)
                .await?;
            if shown.is_some() {
                self.service_state(id.0, ServiceState::Withdrawn).await?;
                self.quarantine_over(feed, row.id.0).await?;
            }
        }
        Ok(())
    }

    /// Takes out of the queue every row that this reading, which was whole, did not bring: what is in the feed now is in the directory
    /// or waits by itself, and an older row must never be published over it. What such a row held is destroyed. A service that was
    /// kept apart is taken out when its row came in another version, one of `source_ids`: a steward looks at it again. What waits about
    /// a service that was kept apart and stays, or that was not read as a whole, one of `kept`, waits on.
    pub async fn quarantine_supersede(
        &mut self,
        permit: &Permit<DirectoryImport>,
        feed: &Feed,
        run: FeedRunId,
        source_ids: &BTreeSet<String>,
        kept: &BTreeSet<String>,
    ) -> Result<()> {
        self.note(permit, feed.id.uuid(), &["quarantine", "service"]);
        let states = [QuarantineState::Open, QuarantineState::KeptApart].map(Code::code);
        let rows = quarantine::Entity::find()
            .filter(quarantine::Column::FeedId.eq(Col(feed.id)))
            .filter(quarantine::Column::State.is_in(states))
            .all(&self.tx)
            .await?;
        let (apart, open): (Vec<_>, Vec<_>) = rows
            .into_iter()
            .partition(|row| row.state == QuarantineState::KeptApart.code());
        let is_in = |ids: &BTreeSet<String>, row: &quarantine::Model| {
            row.source_id.as_ref().is_some_and(|id| ids.contains(id))
        };
        let mut stay: HashSet<Uuid> = HashSet::new();
        for row in apart {
            let service = row.service_id.map(|id| id.0);
            if row.run_id.0 == run || is_in(kept, &row) || !is_in(source_ids, &row) {
                stay.extend(service.map(ServiceId::uuid));
                continue;
            }
            if let Some(service) = service {
                self.service_state(service, ServiceState::Withdrawn).await?;
            }
            self.quarantine_over(feed, row.id.0).await?;
        }
        for row in open {
            let of_apart = row.service_id.is_some_and(|id| stay.contains(&id.0.uuid()));
            if row.run_id.0 != run && !is_in(kept, &row) && !of_apart {
                self.quarantine_over(feed, row.id.0).await?;
            }
        }
        Ok(())
    }

    /// A row is over: another took its place. What it held is destroyed.
    async fn quarantine_over(&mut self, feed: &Feed, id: QuarantineId) -> Result<()> {
        let owner = feed.organisation.uuid();
        let at = place("quarantine", "raw", id.uuid());
        let change = quarantine::ActiveModel {
            state: Set(QuarantineState::Superseded.code().to_owned()),
            raw: Set(self.seal(owner, at, &None::<String>).await?),
            ..Default::default()
        };
        quarantine::Entity::update_many()
            .set(change)
            .filter(quarantine::Column::Id.eq(Col(id)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}
