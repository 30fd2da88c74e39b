//! Which tasks wait: for a program that shows its organisation what is to be done, and on the page of a case. Nothing here says
//! what happened to a person, and nothing here takes or ends a task.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{BTreeMap, BTreeSet};
use throughline_core::code::Code as _;
use throughline_core::id::{AccountId, CaseId, Ref};
use throughline_core::task::TaskKind;
use throughline_policy::action::{CaseRead, TaskList};
use throughline_policy::{Permit, Scope};

use crate::col::Col;
use crate::entity::{account, support_case, task};
use crate::error::Result;
use crate::scope::{NOT_A_ROW, condition};
use crate::task::{Task, task_of, ties};
use crate::work::Work;

/// A task as a list from outside shows it.
#[derive(Debug, Clone)]
pub struct TaskListed {
    /// The task. Its words are those of its kind.
    pub task: Task,
    /// Reference of whoever was told last, took it or owns it.
    pub owner: Option<Ref>,
    /// Reference of the case it is about.
    pub case: Option<Ref>,
}

impl Work<'_> {
    /// One page of the unfinished tasks, oldest first, from the one after `after` on, also when that one has ended since. The
    /// order is that in which they were made, so that no clock that moves between two pages leaves one out.
    ///
    /// Errors with [`Error::Invalid`](crate::Error::Invalid) when `after` is no task of this list.
    pub async fn task_list(
        &mut self,
        scope: &Scope<TaskList>,
        after: Option<Ref>,
        limit: u64,
    ) -> Result<Vec<TaskListed>> {
        self.note_scope(scope, &["kind", "state", "due_at"]);
        let Some(mine) = condition(scope, &ties(task::Column::OwnerAccountId), self.now()) else {
            return Ok(Vec::new());
        };
        // Who plans whom apart is for the planner alone: an organisation's program shows its list to everybody there.
        let mine = Condition::all()
            .add(mine)
            .add(task::Column::Kind.ne(TaskKind::PlanApart.code()));
        let mut query = task::Entity::find()
            .filter(mine.clone())
            .filter(task::Column::DoneAt.is_null());
        if let Some(after) = after {
            let last = task::Entity::find()
                .filter(mine)
                .filter(task::Column::Reference.eq(Col(after)))
                .one(&self.tx)
                .await?
                .ok_or(NOT_A_ROW)?;
            query = query.filter(task::Column::Id.gt(last.id));
        }
        let rows = query
            .order_by_asc(task::Column::Id)
            .limit(limit)
            .all(&self.tx)
            .await?;
        let tasks = rows.iter().map(task_of).collect::<Result<Vec<_>>>()?;
        let people = self
            .people_of(tasks.iter().filter_map(|task| task.case))
            .await?;
        self.note_shown(scope, people);
        let cases = self
            .case_references(tasks.iter().filter_map(|task| task.case))
            .await?;
        let owner = |task: &Task| task.told.or(task.owner);
        let owners = self.references_of(tasks.iter().filter_map(owner)).await?;
        Ok(tasks
            .into_iter()
            .map(|task| TaskListed {
                owner: owner(&task).and_then(|id| owners.get(&id).copied()),
                case: task.case.and_then(|id| cases.get(&id).copied()),
                task,
            })
            .collect())
    }

    /// The unfinished tasks of a case and its referrals, oldest first.
    pub async fn case_tasks(&mut self, permit: &Permit<CaseRead>) -> Result<Vec<Task>> {
        self.note(permit, permit.on().uuid(), &["tasks"]);
        let rows = task::Entity::find()
            .filter(task::Column::CaseId.eq(Col(permit.on())))
            .filter(task::Column::DoneAt.is_null())
            .order_by_asc(task::Column::Id)
            .all(&self.tx)
            .await?;
        rows.iter().map(task_of).collect()
    }

    /// The references of the accounts that a case names, which are the only names they have outside.
    pub async fn account_references(
        &mut self,
        permit: &Permit<CaseRead>,
        ids: impl IntoIterator<Item = AccountId>,
    ) -> Result<BTreeMap<AccountId, Ref>> {
        self.note(permit, permit.on().uuid(), &["account"]);
        self.references_of(ids).await
    }

    async fn references_of(
        &mut self,
        ids: impl IntoIterator<Item = AccountId>,
    ) -> Result<BTreeMap<AccountId, Ref>> {
        let ids: BTreeSet<AccountId> = ids.into_iter().collect();
        // None of nothing is a question that reads everything.
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        Ok(account::Entity::find()
            .filter(account::Column::Id.is_in(ids.into_iter().map(Col)))
            .all(&self.tx)
            .await?
            .into_iter()
            .map(|row| (row.id.0, row.reference.0))
            .collect())
    }

    async fn case_references(
        &mut self,
        ids: impl IntoIterator<Item = CaseId>,
    ) -> Result<BTreeMap<CaseId, Ref>> {
        let ids: BTreeSet<CaseId> = ids.into_iter().collect();
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        Ok(support_case::Entity::find()
            .filter(support_case::Column::Id.is_in(ids.into_iter().map(Col)))
            .all(&self.tx)
            .await?
            .into_iter()
            .map(|row| (row.id.0, row.reference.0))
            .collect())
    }
}
