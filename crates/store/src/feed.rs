//! Feeds, their runs, and what was wrong with their rows. None of it is personal; what was set aside is in
//! [`crate::quarantine`].

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code as _;
use throughline_core::id::{FeedId, FeedRunId, OrganisationId, Ref};
use throughline_core::time::At;
use throughline_policy::action::DirectoryImport;
use throughline_policy::{Facts, Permit, Ties};

use crate::col::Col;
use crate::entity::{feed, feed_problem, feed_run};
use crate::error::{Error, Result};
use crate::read::Read;
use crate::work::Work;

/// Facts for importing as an organisation.
pub fn import_facts(organisation: OrganisationId) -> Facts<OrganisationId> {
    Facts {
        subject: organisation,
        person: None,
        ties: Ties {
            organisation: Some(organisation),
            ..Ties::default()
        },
    }
}

/// Whether a feed is read from an address, so that it can be read again without anybody.
pub fn is_address(location: &str) -> bool {
    location.starts_with("https://") || location.starts_with("http://")
}

/// A source of directory entries.
#[derive(Debug, Clone)]
pub struct Feed {
    /// Internal id.
    pub id: FeedId,
    /// Reference.
    pub reference: Ref,
    /// Whose steward looks after it.
    pub organisation: OrganisationId,
    /// Its name, unique within the organisation.
    pub name: String,
    /// Where it is read from: its address, if it has one; otherwise where it was last read from, a path or `upload`.
    pub location: String,
    /// The dialect last read, in words; empty before the first reading.
    pub format: String,
    /// When it was last read to its end.
    pub last_run_at: Option<At>,
    /// When a service of it was last read from a page of its own; `None` where none ever was.
    pub details_at: Option<At>,
}

throughline_core::code_list! {
    /// How a reading ended.
    pub enum RunOutcome {
        /// Read to its end and taken over.
        Done = "done",
        /// It could not be read; the last good copy stays.
        Failed = "failed",
    }
}

/// What a reading counted. `read = added + changed + unchanged + quarantined`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunCounts {
    /// Rows.
    pub read: u64,
    /// New services.
    pub added: u64,
    /// Services that changed.
    pub changed: u64,
    /// Services that did not.
    pub unchanged: u64,
    /// Services with at least one repair.
    pub repaired: u64,
    /// Rows set aside.
    pub quarantined: u64,
}

/// One reading of a feed.
#[derive(Debug, Clone)]
pub struct FeedRun {
    /// Internal id.
    pub id: FeedRunId,
    /// Reference.
    pub reference: Ref,
    /// Of which feed.
    pub feed: FeedId,
    /// When it began.
    pub started_at: At,
    /// How it ended.
    pub outcome: RunOutcome,
    /// What it counted.
    pub counts: RunCounts,
    /// Why it failed, in a sentence.
    pub message: Option<String>,
}

/// One thing that was wrong with a row. It never holds the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowProblem {
    /// The row, the first being 1; 0 for the feed as a whole.
    pub row: u64,
    /// Which field.
    pub field: String,
    /// What was wrong.
    pub problem: String,
    /// What was done.
    pub did: String,
}

pub(crate) fn feed_of(row: feed::Model) -> Feed {
    Feed {
        id: row.id.0,
        reference: row.reference.0,
        organisation: row.organisation_id.0,
        name: row.name,
        location: row.location,
        format: row.format,
        last_run_at: row.last_run_at.map(|at| at.0),
        details_at: row.details_at.map(|at| at.0),
    }
}

fn run_of(row: feed_run::Model) -> Result<FeedRun> {
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(FeedRun {
        id: row.id.0,
        reference: row.reference.0,
        feed: row.feed_id.0,
        started_at: row.started_at.0,
        outcome: RunOutcome::from_code(&row.outcome).map_err(|_| Error::RowShape {
            table: "feed_run",
            column: "outcome",
        })?,
        counts: RunCounts {
            read: count(row.rows_read),
            added: count(row.rows_added),
            changed: count(row.rows_changed),
            unchanged: count(row.rows_unchanged),
            repaired: count(row.rows_repaired),
            quarantined: count(row.rows_quarantined),
        },
        message: row.message,
    })
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Work<'_> {
    /// A feed of this name, if the organisation has one; locked until commit, so that two readings of it wait for each other.
    pub async fn feed_lock(
        &mut self,
        permit: &Permit<DirectoryImport>,
        name: &str,
    ) -> Result<Option<Feed>> {
        self.note(permit, permit.on().uuid(), &["feed"]);
        let found = feed::Entity::find()
            .filter(feed::Column::OrganisationId.eq(Col(permit.on())))
            .filter(feed::Column::Name.eq(name))
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        Ok(found.map(feed_of))
    }

    /// Makes a feed.
    pub async fn feed_create(
        &mut self,
        permit: &Permit<DirectoryImport>,
        name: &str,
        location: &str,
    ) -> Result<Feed> {
        self.note(permit, permit.on().uuid(), &["feed"]);
        let made = Feed {
            id: self.env().id(),
            reference: self.env().reference(),
            organisation: permit.on(),
            name: name.to_owned(),
            location: location.to_owned(),
            format: String::new(),
            last_run_at: None,
            details_at: None,
        };
        let row = feed::ActiveModel {
            id: Set(Col(made.id)),
            reference: Set(Col(made.reference)),
            organisation_id: Set(Col(made.organisation)),
            name: Set(made.name.clone()),
            location: Set(made.location.clone()),
            format: Set(String::new()),
            created_at: Set(Col(self.now())),
            last_run_at: Set(None),
            version: Set(1),
            details_at: Set(None),
        };
        feed::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(made)
    }

    /// Begins a reading. Nobody else sees it before it has ended well: it is written in the same work as its rows.
    pub async fn run_start(
        &mut self,
        permit: &Permit<DirectoryImport>,
        feed: &Feed,
    ) -> Result<FeedRunId> {
        self.note(permit, feed.id.uuid(), &["feed_run"]);
        let id = self.env().id();
        let row = self.run_row(id, feed, RunOutcome::Done, None);
        feed_run::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(id)
    }

    fn run_row(
        &self,
        id: FeedRunId,
        feed: &Feed,
        outcome: RunOutcome,
        message: Option<&str>,
    ) -> feed_run::ActiveModel {
        feed_run::ActiveModel {
            id: Set(Col(id)),
            reference: Set(Col(self.env().reference())),
            feed_id: Set(Col(feed.id)),
            started_at: Set(Col(self.now())),
            finished_at: Set(Some(Col(self.now()))),
            outcome: Set(outcome.code().to_owned()),
            rows_read: Set(0),
            rows_added: Set(0),
            rows_changed: Set(0),
            rows_unchanged: Set(0),
            rows_repaired: Set(0),
            rows_quarantined: Set(0),
            message: Set(message.map(str::to_owned)),
        }
    }

    /// Ends a reading with what it counted. A file or an upload does not take its address from a feed: that is where it is read again.
    pub async fn run_finish(
        &mut self,
        permit: &Permit<DirectoryImport>,
        feed: &Feed,
        run: FeedRunId,
        format: &str,
        location: &str,
        counts: &RunCounts,
    ) -> Result<()> {
        self.note(permit, feed.id.uuid(), &["feed", "feed_run"]);
        let ended = feed_run::ActiveModel {
            rows_read: Set(number(counts.read)),
            rows_added: Set(number(counts.added)),
            rows_changed: Set(number(counts.changed)),
            rows_unchanged: Set(number(counts.unchanged)),
            rows_repaired: Set(number(counts.repaired)),
            rows_quarantined: Set(number(counts.quarantined)),
            ..Default::default()
        };
        feed_run::Entity::update_many()
            .set(ended)
            .filter(feed_run::Column::Id.eq(Col(run)))
            .exec(&self.tx)
            .await?;
        let location = if is_address(location) || !is_address(&feed.location) {
            location
        } else {
            feed.location.as_str()
        };
        let change = feed::ActiveModel {
            format: Set(format.to_owned()),
            location: Set(location.to_owned()),
            last_run_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        feed::Entity::update_many()
            .set(change)
            .col_expr(
                feed::Column::Version,
                Expr::col(feed::Column::Version).add(1),
            )
            .filter(feed::Column::Id.eq(Col(feed.id)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Remembers that services of a feed were read from pages of their own: from now on, one without is read in part. Or forgets it,
    /// where their publisher has given such pages up.
    pub async fn feed_details_set(
        &mut self,
        permit: &Permit<DirectoryImport>,
        feed: &Feed,
        has_details: bool,
    ) -> Result<()> {
        self.note(permit, feed.id.uuid(), &["feed"]);
        let change = feed::ActiveModel {
            details_at: Set(has_details.then(|| Col(self.now()))),
            ..Default::default()
        };
        feed::Entity::update_many()
            .set(change)
            .filter(feed::Column::Id.eq(Col(feed.id)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Records a reading that failed. The services of the feed stay as they are.
    pub async fn run_failed(
        &mut self,
        permit: &Permit<DirectoryImport>,
        feed: &Feed,
        message: &str,
    ) -> Result<()> {
        self.note(permit, feed.id.uuid(), &["feed_run"]);
        let id = self.env().id();
        let row = self.run_row(id, feed, RunOutcome::Failed, Some(message));
        feed_run::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Lists what was wrong with rows of a reading.
    pub async fn problems_add(
        &mut self,
        permit: &Permit<DirectoryImport>,
        run: FeedRunId,
        problems: &[RowProblem],
    ) -> Result<()> {
        self.note(permit, run.uuid(), &["feed_problem"]);
        for chunk in problems.chunks(500) {
            let rows: Vec<feed_problem::ActiveModel> = chunk
                .iter()
                .map(|problem| feed_problem::ActiveModel {
                    id: Set(self.env().id::<()>().uuid()),
                    run_id: Set(Col(run)),
                    row_number: Set(number(problem.row)),
                    field: Set(problem.field.clone()),
                    problem: Set(problem.problem.clone()),
                    did: Set(problem.did.clone()),
                })
                .collect();
            feed_problem::Entity::insert_many(rows)
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }
}

impl Read<'_> {
    /// The feeds of an organisation, by name.
    pub async fn feeds(&self, organisation: OrganisationId) -> Result<Vec<Feed>> {
        let rows = feed::Entity::find()
            .filter(feed::Column::OrganisationId.eq(Col(organisation)))
            .all(&self.tx)
            .await?;
        let mut out: Vec<Feed> = rows.into_iter().map(feed_of).collect();
        out.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(out)
    }

    /// The name of every feed, for making public identifiers.
    pub async fn feed_names(&self) -> Result<Vec<(FeedId, String)>> {
        let rows = feed::Entity::find().all(&self.tx).await?;
        Ok(rows.into_iter().map(|row| (row.id.0, row.name)).collect())
    }

    /// The latest readings of a feed, newest first.
    pub async fn runs(&self, feed: FeedId, limit: u64) -> Result<Vec<FeedRun>> {
        let rows = feed_run::Entity::find()
            .filter(feed_run::Column::FeedId.eq(Col(feed)))
            .order_by_desc(feed_run::Column::StartedAt)
            .order_by_desc(feed_run::Column::Id)
            .limit(limit)
            .all(&self.tx)
            .await?;
        rows.into_iter().map(run_of).collect()
    }

    /// A reading of a feed of this organisation, by reference, with its feed.
    pub async fn run(
        &self,
        organisation: OrganisationId,
        reference: Ref,
    ) -> Result<Option<(Feed, FeedRun)>> {
        let Some(row) = feed_run::Entity::find()
            .filter(feed_run::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?
        else {
            return Ok(None);
        };
        let found = feed::Entity::find_by_id(row.feed_id)
            .filter(feed::Column::OrganisationId.eq(Col(organisation)))
            .one(&self.tx)
            .await?;
        match found {
            Some(feed) => Ok(Some((feed_of(feed), run_of(row)?))),
            None => Ok(None),
        }
    }

    /// What was wrong with the rows of a reading, in their order, from the `skip`th on.
    pub async fn problems(&self, run: FeedRunId, skip: u64, limit: u64) -> Result<Vec<RowProblem>> {
        let rows = feed_problem::Entity::find()
            .filter(feed_problem::Column::RunId.eq(Col(run)))
            .order_by_asc(feed_problem::Column::RowNumber)
            .order_by_asc(feed_problem::Column::Id)
            .offset(skip)
            .limit(limit)
            .all(&self.tx)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| RowProblem {
                row: u64::try_from(row.row_number).unwrap_or(0),
                field: row.field,
                problem: row.problem,
                did: row.did,
            })
            .collect())
    }
}
