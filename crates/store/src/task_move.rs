//! Moving a task on: taken, finished, settled by something else, climbed, told of.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code;
use throughline_core::id::{CaseId, ConversationId, ReferralId, TaskId};
use throughline_core::task::{TaskKind, TaskMove, TaskState};
use throughline_core::time::At;
use throughline_policy::Permit;
use throughline_policy::action::{CaseChange, TaskDo};

use crate::col::Col;
use crate::entity::task;
use crate::error::{Error, Result};
use crate::post::Below;
use crate::story::{NewEvent, StoryKind};
use crate::task::{Climbed, TOP, TaskOutcome, post, task_of};
use crate::work::Work;

impl TaskOutcome {
    const fn made(self) -> TaskMove {
        match self {
            Self::Done | Self::PersonDeclined | Self::CouldNot => TaskMove::Finish,
            Self::NotNeeded | Self::CaseClosed => TaskMove::Drop,
        }
    }
}

impl Work<'_> {
    async fn task_update(
        &mut self,
        row: &task::Model,
        made: TaskMove,
        mut change: task::ActiveModel,
    ) -> Result<()> {
        let state = TaskState::from_code(&row.state).map_err(|_| Error::RowShape {
            table: "task",
            column: "state",
        })?;
        let next = state
            .apply(made)
            .map_err(|illegal| Error::Illegal(illegal.by))?;
        change.state = Set(next.code().to_owned());
        change.version = Set(row.version + 1);
        let done = task::Entity::update_many()
            .set(change)
            .filter(task::Column::Id.eq(row.id))
            .filter(task::Column::Version.eq(row.version))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }

    async fn task_event(
        &mut self,
        row: &task::Model,
        kind: StoryKind,
        detail: serde_json::Value,
    ) -> Result<()> {
        let Some(case) = row.case_id else {
            return Ok(());
        };
        let owner = self.case_row(case.0).await?.person_id.0.uuid();
        self.event_add(NewEvent {
            case: case.0,
            owner,
            kind,
            referral: row.referral_id.map(|id| id.0),
            detail: Some(detail),
        })
        .await
    }

    /// Takes a task: from now on the actor is the named human who has it, until `climbs_at`.
    pub async fn task_take(&mut self, permit: &Permit<TaskDo>, climbs_at: At) -> Result<()> {
        let row = self.task_row(permit.on()).await?;
        let me = self.actor().account();
        let change = task::ActiveModel {
            owner_account_id: Set(row.owner_account_id.or(me.map(Col))),
            told_account_id: Set(me.map(Col).or(row.told_account_id)),
            climbs_at: Set(Some(Col(climbs_at))),
            ..Default::default()
        };
        self.task_update(&row, TaskMove::Acknowledge, change)
            .await?;
        self.note(permit, permit.on().uuid(), &["state", "owner"]);
        Ok(())
    }

    /// Ends a task.
    pub async fn task_finish(
        &mut self,
        permit: &Permit<TaskDo>,
        outcome: TaskOutcome,
    ) -> Result<()> {
        if !outcome.is_chosen() {
            return Err(Error::Illegal("end a task with its case"));
        }
        let row = self.task_row(permit.on()).await?;
        self.task_end(&row, outcome).await?;
        self.note(permit, permit.on().uuid(), &["state", "outcome"]);
        self.task_event(
            &row,
            StoryKind::TaskDone,
            serde_json::json!({ "task": row.kind, "outcome": outcome.code() }),
        )
        .await
    }

    async fn task_end(&mut self, row: &task::Model, outcome: TaskOutcome) -> Result<()> {
        let change = task::ActiveModel {
            done_at: Set(Some(Col(self.now()))),
            done_by: Set(self.actor().account().map(Col)),
            outcome: Set(Some(outcome.code().to_owned())),
            climbs_at: Set(None),
            ..Default::default()
        };
        self.task_update(row, outcome.made(), change).await
    }

    /// Whether somebody has a task of this kind about a case.
    pub(crate) async fn task_is_open(&self, case: CaseId, kind: TaskKind) -> Result<bool> {
        let open = task::Entity::find()
            .filter(task::Column::CaseId.eq(Col(case)))
            .filter(task::Column::Kind.eq(kind.code()))
            .filter(task::Column::DoneAt.is_null())
            .one(&self.tx)
            .await?;
        Ok(open.is_some())
    }

    /// Ends one task, if it is not over yet. The action that settles what it asks for covers it.
    pub(crate) async fn task_end_by_id(&mut self, id: TaskId, outcome: TaskOutcome) -> Result<()> {
        let row = self.task_row(id).await?;
        if row.done_at.is_some() {
            return Ok(());
        }
        self.task_end(&row, outcome).await
    }

    /// Ends the unfinished tasks of one kind about a case or a referral, because what they ask for has happened. Gives how
    /// many. Like [`Work::task_add`] it is covered by the action that made it so.
    pub async fn tasks_settle(
        &mut self,
        case: Option<CaseId>,
        referral: Option<ReferralId>,
        kind: TaskKind,
        outcome: TaskOutcome,
    ) -> Result<usize> {
        let mut query = task::Entity::find()
            .filter(task::Column::Kind.eq(kind.code()))
            .filter(task::Column::DoneAt.is_null());
        query = match (case, referral) {
            (_, Some(referral)) => query.filter(task::Column::ReferralId.eq(Col(referral))),
            (Some(case), None) => query.filter(task::Column::CaseId.eq(Col(case))),
            (None, None) => return Ok(0),
        };
        let rows = query.lock_exclusive().all(&self.tx).await?;
        for row in &rows {
            self.task_end(row, outcome).await?;
        }
        Ok(rows.len())
    }

    /// Ends the unfinished tasks of one kind about a case that were made at this instant.
    pub(crate) async fn tasks_settle_made_at(
        &mut self,
        case: CaseId,
        kind: TaskKind,
        made_at: At,
        outcome: TaskOutcome,
    ) -> Result<()> {
        let rows = self.case_task_rows(case).await?;
        let made = |row: &&task::Model| row.kind == kind.code() && row.created_at.0 == made_at;
        for row in rows.iter().filter(made) {
            self.task_end(row, outcome).await?;
        }
        Ok(())
    }

    /// What ends with a case: everything but the review of who opened it or was shown something at once, which is about them and
    /// not about help.
    async fn case_task_rows(&self, case: CaseId) -> Result<Vec<task::Model>> {
        Ok(task::Entity::find()
            .filter(task::Column::CaseId.eq(Col(case)))
            .filter(
                task::Column::Kind.is_not_in(
                    [TaskKind::ReviewBreakGlass, TaskKind::ReviewReveal].map(Code::code),
                ),
            )
            .filter(task::Column::DoneAt.is_null())
            .order_by_asc(task::Column::Id)
            .lock_exclusive()
            .all(&self.tx)
            .await?)
    }

    /// What is still to be done about a case and its referrals. The case is locked until commit: what is added meanwhile waits,
    /// and then finds the case as this work left it.
    pub async fn case_tasks_open(&mut self, permit: &Permit<CaseChange>) -> Result<Vec<TaskKind>> {
        self.case_row(permit.on()).await?;
        self.note(permit, permit.on().uuid(), &["tasks"]);
        let rows = self.case_task_rows(permit.on()).await?;
        rows.iter().map(|row| Ok(task_of(row)?.kind)).collect()
    }

    /// Ends every unfinished task about a case and its referrals, because the case is closed, each with a line of the story.
    /// Gives how many.
    pub async fn case_tasks_end(&mut self, permit: &Permit<CaseChange>) -> Result<usize> {
        self.note(permit, permit.on().uuid(), &["tasks"]);
        let rows = self.case_task_rows(permit.on()).await?;
        let outcome = TaskOutcome::CaseClosed;
        for row in &rows {
            self.task_end(row, outcome).await?;
            let detail = serde_json::json!({ "task": row.kind, "outcome": outcome.code() });
            self.task_event(row, StoryKind::TaskEnded, detail).await?;
        }
        Ok(rows.len())
    }

    /// Ends the unfinished tasks about a conversation.
    pub(crate) async fn tasks_settle_conversation(
        &mut self,
        conversation: ConversationId,
        kinds: &[TaskKind],
    ) -> Result<()> {
        let rows = task::Entity::find()
            .filter(task::Column::ConversationId.eq(Col(conversation)))
            .filter(task::Column::Kind.is_in(kinds.iter().map(|kind| kind.code())))
            .filter(task::Column::DoneAt.is_null())
            .lock_exclusive()
            .all(&self.tx)
            .await?;
        for row in &rows {
            self.task_end(row, TaskOutcome::NotNeeded).await?;
        }
        Ok(())
    }

    /// Moves a task up to the next post that somebody holds, once its clock has run out. At the top it stays, and alerts again.
    /// Where nobody at all can be told it stays where it is, until its clock runs out again.
    ///
    /// Errors with [`Error::Illegal`] when its time has not come.
    pub async fn task_climb(&mut self, permit: &Permit<TaskDo>, climbs_at: At) -> Result<Climbed> {
        let row = self.task_row(permit.on()).await?;
        if row.climbs_at.is_none_or(|at| at.0 > self.now()) {
            return Err(Error::Illegal("climb"));
        }
        let was = row.told_account_id.or(row.owner_account_id).map(|id| id.0);
        let (site, sparing) = self.task_ladder(&row).await?;
        let below = Below {
            level: row.ladder_level,
            not: was,
            case: self.case_of_row(&row).await?,
        };
        let organisation = row.organisation_id.0;
        let next = self
            .next_post_but(organisation, site, below, TOP, &sparing)
            .await?;
        let change = task::ActiveModel {
            ladder_level: Set(next.level),
            // Where nobody can be told, whoever had it still does, should they come back.
            told_account_id: Set(next.told.map(Col).or(row.told_account_id)),
            climbs_at: Set(Some(Col(climbs_at))),
            ..Default::default()
        };
        self.task_update(&row, TaskMove::Climb, change).await?;
        self.note(permit, permit.on().uuid(), &["ladder_level", "told"]);
        let post = post(next.level);
        if next.told.is_some() {
            let detail = serde_json::json!({ "task": row.kind, "to": post.code() });
            self.task_event(&row, StoryKind::TaskClimbed, detail)
                .await?;
        }
        Ok(Climbed {
            post,
            told: next.told,
            again: next.again,
        })
    }

    /// Notes that a notice to the one who is told was put into the outbox.
    pub async fn task_notified(&mut self, permit: &Permit<TaskDo>) -> Result<()> {
        let row = self.task_row(permit.on()).await?;
        self.note(permit, permit.on().uuid(), &["state"]);
        self.task_update(&row, TaskMove::Notify, task::ActiveModel::default())
            .await
    }
}
