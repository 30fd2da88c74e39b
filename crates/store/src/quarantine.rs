//! Rows of feeds set aside for a steward. What a row held may be the address of a refuge: it is sealed under the key of
//! the organisation whose steward looks after the feed, opened only after a step-up, and destroyed when it is decided.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code;
use throughline_core::id::{FeedId, FeedRunId, QuarantineId, Ref, ServiceId};
use throughline_core::time::At;
use throughline_policy::action::{DirectoryImport, QuarantineRead};
use throughline_policy::{Facts, Permit, Scope, Ties};

use crate::col::Col;
use crate::directory::NewService;
use crate::entity::{feed, quarantine};
use crate::error::{Error, Result};
use crate::feed::Feed;
use crate::keys::place;
use crate::scope::{About, TieColumns, condition};
use crate::work::Work;

throughline_core::code_list! {
    /// What became of a row that was set aside.
    pub enum QuarantineState {
        /// Waiting for a steward.
        Open = "open",
        /// Published beside the other row of the same identifier, as a service of its own.
        KeptApart = "kept_apart",
        /// Its address stays withheld; the rest is published.
        WithoutAddress = "without_address",
        /// A steward looked and let its address be shown.
        Cleared = "cleared",
        /// Of no use.
        Discarded = "discarded",
        /// The feed has a newer version of the same row.
        Superseded = "superseded",
    }
}

/// A row to be set aside.
#[derive(Debug, Clone)]
pub struct NewQuarantine {
    /// Its place in the feed, the first being 1.
    pub row: u64,
    /// Its identifier at the source.
    pub source_id: Option<String>,
    /// The service that was published without what is withheld.
    pub service: Option<ServiceId>,
    /// Why, as a code.
    pub reason: &'static str,
    /// Which rule withheld it, as a code.
    pub because: Option<&'static str>,
    /// The row as it came: sealed from here on.
    pub raw: String,
}

impl NewQuarantine {
    /// The reason and the rule, as they are kept.
    pub(crate) fn why(&self) -> String {
        match self.because {
            Some(because) => format!("{}:{because}", self.reason),
            None => self.reason.to_owned(),
        }
    }
}

/// A row set aside, without what it held.
#[derive(Debug, Clone)]
pub struct QuarantineRow {
    /// Internal id.
    pub id: QuarantineId,
    /// Reference.
    pub reference: Ref,
    /// Of which feed.
    pub feed: FeedId,
    /// The reading that last brought it.
    pub run: FeedRunId,
    /// Its place in the feed, the first being 1.
    pub row: u64,
    /// Its identifier at the source.
    pub source_id: Option<String>,
    /// The service that was published without what is withheld.
    pub service: Option<ServiceId>,
    /// Why, as a code.
    pub reason: String,
    /// Which rule withheld it, as a code.
    pub because: Option<String>,
    /// What became of it.
    pub state: QuarantineState,
    /// When it was first seen.
    pub created_at: At,
    /// When it was decided.
    pub decided_at: Option<At>,
}

const fn ties() -> TieColumns<quarantine::Column> {
    TieColumns {
        organisation: Some(quarantine::Column::OrganisationId),
        site: None,
        lead: None,
        to: None,
        accepted_by: None,
        referral: None,
        about: About::Nobody,
    }
}

fn row_of(row: quarantine::Model) -> Result<QuarantineRow> {
    let (reason, because) = match row.reason.split_once(':') {
        Some((reason, because)) => (reason.to_owned(), Some(because.to_owned())),
        None => (row.reason, None),
    };
    Ok(QuarantineRow {
        id: row.id.0,
        reference: row.reference.0,
        feed: row.feed_id.0,
        run: row.run_id.0,
        row: u64::try_from(row.row_number).unwrap_or(0),
        source_id: row.source_id,
        service: row.service_id.map(|id| id.0),
        reason,
        because,
        state: QuarantineState::from_code(&row.state).map_err(|_| Error::RowShape {
            table: "quarantine",
            column: "state",
        })?,
        created_at: row.created_at.0,
        decided_at: row.decided_at.map(|at| at.0),
    })
}

impl Work<'_> {
    /// Digests of what a steward has cleared, for the next reading.
    pub async fn quarantine_cleared(
        &mut self,
        permit: &Permit<DirectoryImport>,
        feed: &Feed,
    ) -> Result<BTreeSet<String>> {
        self.note(permit, feed.id.uuid(), &["quarantine"]);
        let rows: Vec<Option<String>> = quarantine::Entity::find()
            .select_only()
            .column(quarantine::Column::ClearedDigest)
            .filter(quarantine::Column::FeedId.eq(Col(feed.id)))
            .filter(quarantine::Column::State.eq(QuarantineState::Cleared.code()))
            .into_tuple()
            .all(&self.tx)
            .await?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// Identifiers of services whose address a steward decided to keep withheld, and has not cleared since.
    pub async fn quarantine_withheld(
        &mut self,
        permit: &Permit<DirectoryImport>,
        feed: &Feed,
    ) -> Result<BTreeSet<String>> {
        self.note(permit, feed.id.uuid(), &["quarantine"]);
        let decided = [QuarantineState::WithoutAddress, QuarantineState::Cleared].map(Code::code);
        let rows: Vec<(Option<String>, String)> = quarantine::Entity::find()
            .select_only()
            .columns([quarantine::Column::SourceId, quarantine::Column::State])
            .filter(quarantine::Column::FeedId.eq(Col(feed.id)))
            .filter(quarantine::Column::State.is_in(decided))
            .order_by_asc(quarantine::Column::DecidedAt)
            .order_by_asc(quarantine::Column::Id)
            .into_tuple()
            .all(&self.tx)
            .await?;
        let mut withheld = BTreeSet::new();
        for (source, state) in rows {
            let Some(source) = source else { continue };
            if state == QuarantineState::WithoutAddress.code() {
                withheld.insert(source);
            } else {
                withheld.remove(&source);
            }
        }
        Ok(withheld)
    }

    /// Rows waiting for a steward, longest first. What they held is not among it.
    pub async fn quarantine_waiting(
        &mut self,
        scope: &Scope<QuarantineRead>,
        limit: u64,
    ) -> Result<Vec<QuarantineRow>> {
        self.note_scope(scope, &["reason"]);
        let Some(mine) = condition(scope, &ties(), self.now()) else {
            return Ok(Vec::new());
        };
        let rows = quarantine::Entity::find()
            .filter(mine)
            .filter(quarantine::Column::State.eq(QuarantineState::Open.code()))
            .order_by_asc(quarantine::Column::CreatedAt)
            .order_by_asc(quarantine::Column::Id)
            .limit(limit)
            .all(&self.tx)
            .await?;
        rows.into_iter().map(row_of).collect()
    }

    /// The ties of a row set aside, by reference.
    pub async fn quarantine_facts(&self, reference: Ref) -> Result<Option<Facts<QuarantineId>>> {
        let row = quarantine::Entity::find()
            .filter(quarantine::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        Ok(row.map(|row| Facts {
            subject: row.id.0,
            person: None,
            ties: Ties {
                organisation: Some(row.organisation_id.0),
                ..Ties::default()
            },
        }))
    }

    async fn quarantine_row(&self, permit: &Permit<QuarantineRead>) -> Result<quarantine::Model> {
        quarantine::Entity::find_by_id(Col(permit.on()))
            .one(&self.tx)
            .await?
            .ok_or(Error::Conflict)
    }

    /// A row set aside with its feed and, while it waits, as it came.
    pub async fn quarantine_read(
        &mut self,
        permit: &Permit<QuarantineRead>,
    ) -> Result<(QuarantineRow, Feed, Option<String>)> {
        self.note(permit, permit.on().uuid(), &["raw"]);
        let model = self.quarantine_row(permit).await?;
        let feed = feed::Entity::find_by_id(model.feed_id)
            .one(&self.tx)
            .await?
            .ok_or(Error::RowShape {
                table: "quarantine",
                column: "feed_id",
            })?;
        let owner = model.organisation_id.0.uuid();
        let at = place("quarantine", "raw", model.id.0.uuid());
        let raw: Option<String> = self.open(owner, at, &model.raw).await?;
        Ok((row_of(model)?, crate::feed::feed_of(feed), raw))
    }

    /// Decides what becomes of a waiting row. What it held is destroyed, whatever was decided: the feed still has it. `cleared` is the
    /// digest of what may be shown from now on.
    /// Errors with [`Error::Conflict`] when somebody has decided before.
    pub async fn quarantine_decide(
        &mut self,
        permit: &Permit<QuarantineRead>,
        state: QuarantineState,
        service: Option<ServiceId>,
        cleared: Option<String>,
    ) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["state"]);
        let owner = permit.organisation().uuid();
        let at = place("quarantine", "raw", permit.on().uuid());
        let nothing = self.seal(owner, at, &None::<String>).await?;
        let mut change = quarantine::ActiveModel {
            state: Set(state.code().to_owned()),
            raw: Set(nothing),
            decided_by: Set(self.actor().account().map(Col)),
            decided_at: Set(Some(Col(self.now()))),
            cleared_digest: Set(cleared),
            ..Default::default()
        };
        if service.is_some() {
            change.service_id = Set(service.map(Col));
        }
        let done = quarantine::Entity::update_many()
            .set(change)
            .filter(quarantine::Column::Id.eq(Col(permit.on())))
            .filter(quarantine::Column::State.eq(QuarantineState::Open.code()))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }

    /// Publishes what a steward decided to publish from a row set aside, in place of what was read from that row. Errors with
    /// [`Error::Conflict`] when the directory says something else by now: an older row is never published over a newer entry.
    pub async fn quarantine_publish(
        &mut self,
        permit: &Permit<QuarantineRead>,
        feed: &Feed,
        new: &NewService,
        in_place_of: Option<&NewService>,
    ) -> Result<ServiceId> {
        self.note(permit, permit.on().uuid(), &["service"]);
        if permit.organisation() != feed.organisation {
            return Err(Error::Illegal("the feed is another organisation's"));
        }
        if let Some(read) = in_place_of
            && !self.service_says(feed, read).await?
        {
            return Err(Error::Conflict);
        }
        // What is kept apart once more was taken out when its row said something else.
        self.service_put(feed, new, in_place_of.is_none()).await
    }
}
