//! The tasks about a conversation: the one that keeps it from being forgotten, and what whoever has one in hand may take up.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use serde::de::DeserializeOwned;
use throughline_core::code::Code;
use throughline_core::id::AccountId;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, CaseRead, ConversationKeep, ConversationTakeUp};
use throughline_policy::{Action, Permit};

use crate::col::Col;
use crate::conversation::{TakenUp, conversation_of};
use crate::entity::{conversation, task};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::post::Below;
use crate::task::TaskNew;
use crate::work::Work;

/// A task about a conversation, and about the case it led to.
fn task_about(
    row: &conversation::Model,
    kind: TaskKind,
    owner_account: Option<AccountId>,
    due_at: At,
) -> TaskNew {
    TaskNew {
        organisation: row.organisation_id.0,
        site: Some(row.site_id.0),
        case: row.case_id.map(|id| id.0),
        referral: None,
        owner_account,
        kind,
        due_at,
        climbs_at: due_at,
    }
}

impl Work<'_> {
    /// The conversation that a task in hand is about: its plain facts, and `C`, the part of what was kept that the caller may
    /// show. Leave to take it up is no leave to read its words: `C` must not name them.
    pub async fn conversation_by_task<C: DeserializeOwned>(
        &mut self,
        permit: &Permit<ConversationTakeUp>,
    ) -> Result<TakenUp<C>> {
        let (row, over) = self.conversation_of_task(permit).await?;
        let owner = row.id.0.uuid();
        let safe = self
            .open_option(
                owner,
                place("conversation", "content", owner),
                row.content.as_ref(),
            )
            .await?;
        let about = Condition::any().add(task::Column::ConversationId.eq(row.id));
        let risk_on_clock = self.risk_on_clock(about).await?;
        self.note(permit, owner, &["stage", "right_now", "children"]);
        Ok(TakenUp {
            plain: conversation_of(&row)?,
            safe,
            risk_on_clock,
            over,
        })
    }

    /// Links the conversation that a task in hand is about to a case that was made from it. Its words stay sealed, and its
    /// worker's.
    ///
    /// Errors with [`Error::Illegal`] when it already led to another case, or the task is over.
    pub async fn conversation_link_by_task(
        &mut self,
        permit: &Permit<ConversationTakeUp>,
        case: &Permit<CaseRead>,
    ) -> Result<()> {
        let (row, over) = self.conversation_of_task(permit).await?;
        if over {
            return Err(Error::Illegal("take_up"));
        }
        self.link_row(&row, case).await?;
        self.note(permit, row.id.0.uuid(), &["case"]);
        Ok(())
    }

    async fn conversation_of_task(
        &mut self,
        permit: &Permit<ConversationTakeUp>,
    ) -> Result<(conversation::Model, bool)> {
        let task = self.task_row(permit.on()).await?;
        let about = task.conversation_id;
        let about = about.ok_or(Error::NotFound(ConversationTakeUp::KIND))?;
        Ok((
            self.conversation_row(about.0).await?,
            task.done_at.is_some(),
        ))
    }

    pub(crate) async fn risk_on_clock(&self, about: Condition) -> Result<bool> {
        let judge = task::Entity::find()
            .filter(about)
            .filter(task::Column::Kind.eq(TaskKind::JudgeRisk.code()))
            .filter(task::Column::DoneAt.is_null())
            .one(&self.tx)
            .await?;
        Ok(judge.is_some())
    }

    /// Makes a task about a conversation, beside the ones that there are: for its worker, or, with `None`, for the lead of the site.
    pub async fn conversation_leaves(
        &mut self,
        permit: &Permit<ConversationKeep>,
        kind: TaskKind,
        owner: Option<AccountId>,
        due_at: At,
    ) -> Result<()> {
        let row = self.conversation_row(permit.on()).await?;
        self.conversation_task_add(permit, &row, kind, owner, due_at)
            .await
    }

    async fn conversation_task_add(
        &mut self,
        permit: &Permit<ConversationKeep>,
        row: &conversation::Model,
        kind: TaskKind,
        owner: Option<AccountId>,
        due_at: At,
    ) -> Result<()> {
        let new = task_about(row, kind, owner, due_at);
        self.task_insert(&new, Some(permit.on()), Below::default())
            .await?;
        self.note(permit, permit.on().uuid(), &["task"]);
        Ok(())
    }

    /// Sets the task that keeps a conversation from being forgotten, in place of the one before. That the risk is to be judged
    /// takes the place of both; it is never taken away here.
    pub async fn conversation_task(
        &mut self,
        permit: &Permit<ConversationKeep>,
        kind: TaskKind,
        due_at: At,
    ) -> Result<()> {
        let row = self.conversation_row(permit.on()).await?;
        let before = [TaskKind::ResumeConversation, kind];
        self.tasks_settle_conversation(permit.on(), &before).await?;
        let owner = Some(row.account_id.0);
        self.conversation_task_add(permit, &row, kind, owner, due_at)
            .await
    }

    /// Puts every conversation of a case that is not over, and that nobody has a task about, on its worker's list again.
    pub async fn conversations_resume(
        &mut self,
        permit: &Permit<CaseChange>,
        due_at: At,
    ) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["conversation", "task"]);
        let rows = conversation::Entity::find()
            .filter(conversation::Column::CaseId.eq(Col(permit.on())))
            .filter(conversation::Column::EndedAt.is_null())
            .order_by_asc(conversation::Column::Id)
            .all(&self.tx)
            .await?;
        for row in rows {
            let waits = task::Entity::find()
                .filter(task::Column::ConversationId.eq(row.id))
                .filter(task::Column::DoneAt.is_null())
                .one(&self.tx)
                .await?;
            if waits.is_some() {
                continue;
            }
            let owner = Some(row.account_id.0);
            let new = task_about(&row, TaskKind::ResumeConversation, owner, due_at);
            self.task_insert(&new, Some(row.id.0), Below::default())
                .await?;
        }
        Ok(())
    }
}
