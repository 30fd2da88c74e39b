//! Tasks: what a named human is to do by a certain time, and the ladder it climbs when nobody acts (SPEC 4.3 SM-ESCALATION,
//! NE-08). The state machine is `core::task`; this keeps what it says; who holds each post is in [`crate::post`].
//!
//! A task always belongs to someone: to its owner, and once it has climbed to the post of its ladder level as well. Nothing on
//! a task says what happened to a person: its kind has fixed words.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code;
use throughline_core::id::{
    AccountId, CaseId, ConversationId, OrganisationId, Ref, ReferralId, SiteId, TaskId,
};
use throughline_core::need::NeedType;
use throughline_core::notice::urgency_of;
use throughline_core::risk::RiskBand;
use throughline_core::task::{Owner, TaskKind, TaskState};
use throughline_core::time::At;
use throughline_policy::action::TaskDo;
use throughline_policy::{Action, Facts, Permit, Scope, Ties};
use uuid::Uuid;

use crate::case::CaseState;
use crate::col::Col;
use crate::entity::{conversation, referral, room_request, support_case, task};
use crate::error::{Error, Result};
use crate::post::{Below, NOBODY_TO_TELL, Sparing};
use crate::read::Read;
use crate::scope::{About, TieColumns, branches};
use crate::work::Work;

/// The posts of the ladder by level: the owner, then up (SPEC 4.3). A level is one more than the rank in `site_lead`.
const LADDER: [Owner; 6] = [
    Owner::CaseWorker,
    Owner::Lead,
    Owner::Deputy,
    Owner::SiteManager,
    Owner::District,
    Owner::National,
];
/// The top: a task stays there, alerting again, until someone takes it.
pub(crate) const TOP: i64 = 5;

throughline_core::code_list! {
    /// How a task ended.
    pub enum TaskOutcome {
        /// It was done.
        Done = "done",
        /// The person was asked and does not want it.
        PersonDeclined = "person_declined",
        /// It was tried and did not work; what comes next is its own task.
        CouldNot = "could_not",
        /// Something else made it needless.
        NotNeeded = "not_needed",
        /// It ended with its case. Only closing a case gives this: nobody chooses it for a task.
        CaseClosed = "case_closed",
    }
}

impl TaskOutcome {
    /// Whether a person may end a task so.
    pub const fn is_chosen(self) -> bool {
        !matches!(self, Self::CaseClosed)
    }
}

/// A task to be made.
#[derive(Debug, Clone)]
pub struct TaskNew {
    /// Whose record it belongs to.
    pub organisation: OrganisationId,
    /// The site whose ladder it climbs.
    pub site: Option<SiteId>,
    /// The case it is about.
    pub case: Option<CaseId>,
    /// The referral it is about.
    pub referral: Option<ReferralId>,
    /// Whose task it is; `None` for the first post of the site.
    pub owner_account: Option<AccountId>,
    /// What is to be done.
    pub kind: TaskKind,
    /// By when.
    pub due_at: At,
    /// When the next one up is told, if nobody has acted.
    pub climbs_at: At,
}

/// A task.
#[derive(Debug, Clone)]
pub struct Task {
    /// Internal id.
    pub id: TaskId,
    /// Reference.
    pub reference: Ref,
    /// Whose record it belongs to.
    pub organisation: OrganisationId,
    /// The site whose ladder it climbs.
    pub site: Option<SiteId>,
    /// The case it is about.
    pub case: Option<CaseId>,
    /// The referral it is about.
    pub referral: Option<ReferralId>,
    /// The conversation it is about.
    pub conversation: Option<ConversationId>,
    /// Whose task it is.
    pub owner: Option<AccountId>,
    /// Who was told last, or took it.
    pub told: Option<AccountId>,
    /// What is to be done.
    pub kind: TaskKind,
    /// Where it stands.
    pub state: TaskState,
    /// The post it has climbed to.
    pub post: Owner,
    /// By when.
    pub due_at: At,
    /// When the next one up is told; `None` once it is over.
    pub climbs_at: Option<At>,
    /// When it was made.
    pub created_at: At,
    /// When it ended.
    pub done_at: Option<At>,
    /// How it ended.
    pub outcome: Option<TaskOutcome>,
    /// Version, for optimistic locking.
    pub version: i64,
}

/// What the clocks of a task depend on.
#[derive(Debug, Clone)]
pub struct Stake {
    /// The policy pack of the case it is about.
    pub pack: Option<String>,
    /// The risk of that case; not assessed where there is none.
    pub risk: RiskBand,
    /// The need of the referral it is about.
    pub need: Option<NeedType>,
}

/// What a climb did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Climbed {
    /// The post it climbed to.
    pub post: Owner,
    /// Who holds it and is to be told; `None` only where a whole organisation has nobody who could be.
    pub told: Option<AccountId>,
    /// Whether nobody stood above, so that the top is told again: an alarm.
    pub again: bool,
}

pub(crate) const fn ties(lead: task::Column) -> TieColumns<task::Column> {
    TieColumns {
        organisation: Some(task::Column::OrganisationId),
        site: Some(task::Column::SiteId),
        lead: Some(lead),
        to: None,
        accepted_by: None,
        referral: None,
        about: About::Case(task::Column::CaseId),
    }
}

pub(crate) fn post(level: i64) -> Owner {
    usize::try_from(level)
        .ok()
        .and_then(|level| LADDER.get(level))
        .copied()
        .unwrap_or(Owner::National)
}

pub(crate) fn task_of(row: &task::Model) -> Result<Task> {
    let bad = |column| Error::RowShape {
        table: "task",
        column,
    };
    Ok(Task {
        id: row.id.0,
        reference: row.reference.0,
        organisation: row.organisation_id.0,
        site: row.site_id.map(|id| id.0),
        case: row.case_id.map(|id| id.0),
        referral: row.referral_id.map(|id| id.0),
        conversation: row.conversation_id.map(|id| id.0),
        owner: row.owner_account_id.map(|id| id.0),
        told: row.told_account_id.map(|id| id.0),
        kind: TaskKind::from_code(&row.kind).map_err(|_| bad("kind"))?,
        state: TaskState::from_code(&row.state).map_err(|_| bad("state"))?,
        post: post(row.ladder_level),
        due_at: row.due_at.0,
        climbs_at: row.climbs_at.map(|at| at.0),
        created_at: row.created_at.0,
        done_at: row.done_at.map(|at| at.0),
        outcome: row
            .outcome
            .as_deref()
            .map(TaskOutcome::from_code)
            .transpose()
            .map_err(|_| bad("outcome"))?,
        version: row.version,
    })
}

impl Work<'_> {
    /// Makes a task. One that is for a post of its site is told to its holder at once, by a neutral notice; where no post is held,
    /// to whoever stands in. It needs no permit of its own and notes nothing: the action that gives rise to it must cover it, or
    /// the work cannot be committed.
    ///
    /// Errors with [`Error::Invalid`] when its case is closed, and with [`Error::Illegal`] when a whole organisation has nobody
    /// who could be told: a task never belongs to nobody.
    pub async fn task_add(&mut self, new: &TaskNew) -> Result<(TaskId, Ref)> {
        self.task_insert(new, None, Below::default()).await
    }

    /// Makes a task for the first post that is not held by whoever does this, and never for them: also on a case that is closed.
    ///
    /// Errors with [`Error::Illegal`] when a whole organisation has nobody else who could be told.
    pub async fn task_add_for_another(&mut self, new: &TaskNew) -> Result<(TaskId, Ref)> {
        let below = Below {
            case: new.case,
            ..Below::default()
        };
        let sparing = Sparing {
            never: self.actor().account(),
            ..Sparing::default()
        };
        let next = self.next_post_but(new.organisation, new.site, below, TOP, &sparing);
        let next = next.await?;
        let told = next.told.ok_or(Error::Illegal(NOBODY_TO_TELL))?;
        self.task_insert_told(new, new.case, None, (next.level, told))
            .await
    }

    /// Raises what could not be done to somebody else above the actor: the next post above the one that the task had climbed to,
    /// else the first. What nobody could do is never nobody's; only where nobody else can be told is it theirs again.
    ///
    /// Errors as [`Work::task_add`].
    pub async fn task_raise(
        &mut self,
        permit: &Permit<TaskDo>,
        due_at: At,
        climbs_at: At,
    ) -> Result<()> {
        let row = self.task_row(permit.on()).await?;
        let new = TaskNew {
            organisation: row.organisation_id.0,
            site: row.site_id.map(|id| id.0),
            case: row.case_id.map(|id| id.0),
            referral: row.referral_id.map(|id| id.0),
            owner_account: None,
            kind: TaskKind::from_code(&row.kind).map_err(|_| Error::RowShape {
                table: "task",
                column: "kind",
            })?,
            due_at,
            climbs_at,
        };
        let not = self.actor().account();
        let mut below = Below {
            level: row.ladder_level,
            not,
            case: self.case_of_row(&row).await?,
        };
        let above = self.next_post(new.organisation, new.site, below, TOP);
        if above.await?.again {
            below.level = 0;
        }
        let conversation = row.conversation_id.map(|id| id.0);
        self.task_insert(&new, conversation, below).await?;
        self.note(permit, permit.on().uuid(), &["task"]);
        Ok(())
    }

    /// Makes a task; one that is nobody's own goes to the next post from `below` on.
    pub(crate) async fn task_insert(
        &mut self,
        new: &TaskNew,
        conversation: Option<ConversationId>,
        mut below: Below,
    ) -> Result<(TaskId, Ref)> {
        // Nobody is given work on a closed case. The lock makes whoever is just closing it come first or second, not between.
        let mut case = new.case;
        if let Some(about) = case
            && self.case_row(about).await?.state == CaseState::Closed.code()
        {
            if conversation.is_none() {
                return Err(Error::Invalid {
                    field: "case",
                    problem: "case-is-closed",
                });
            }
            // Talk that goes on after the case was closed is about itself.
            case = None;
        }
        // Whom it is about, also where the case is over: whoever must not see them is not told.
        below.case = self
            .case_of_task(new.case, conversation, new.referral)
            .await?;
        let (level, told) = if let Some(owner) = new.owner_account {
            (0, owner)
        } else {
            let next = self.next_post(new.organisation, new.site, below, TOP);
            let next = next.await?;
            // Written down for nobody, it would be done by nobody.
            let told = next.told.ok_or(Error::Illegal(NOBODY_TO_TELL))?;
            (next.level, told)
        };
        self.task_insert_told(new, case, conversation, (level, told))
            .await
    }

    /// Makes a task about a case, or none, for the account that is to be told of it, at its level of the ladder.
    pub(crate) async fn task_insert_told(
        &mut self,
        new: &TaskNew,
        case: Option<CaseId>,
        conversation: Option<ConversationId>,
        (level, told): (i64, AccountId),
    ) -> Result<(TaskId, Ref)> {
        let (id, reference) = (self.env().id(), self.env().reference());
        // Whoever holds a post does not look for work of others: they are told in the same instant.
        let mut state = TaskState::Raised;
        if new.owner_account.is_none() {
            let once = format!("task:{}:raised", id.uuid());
            let urgency = urgency_of(self.now(), new.due_at);
            self.alert(told, Some(&once), urgency).await?;
            state = TaskState::Notified;
        }
        let row = task::ActiveModel {
            id: Set(Col(id)),
            reference: Set(Col(reference)),
            organisation_id: Set(Col(new.organisation)),
            site_id: Set(new.site.map(Col)),
            case_id: Set(case.map(Col)),
            referral_id: Set(new.referral.map(Col)),
            conversation_id: Set(conversation.map(Col)),
            owner_account_id: Set(new.owner_account.map(Col)),
            told_account_id: Set(Some(Col(told))),
            kind: Set(new.kind.code().to_owned()),
            state: Set(state.code().to_owned()),
            ladder_level: Set(level),
            due_at: Set(Col(new.due_at)),
            climbs_at: Set(Some(Col(new.climbs_at))),
            created_at: Set(Col(self.now())),
            done_at: Set(None),
            done_by: Set(None),
            outcome: Set(None),
            version: Set(1),
        };
        task::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok((id, reference))
    }

    /// Whether it asks to review what this actor opened themselves: that is closed to them (SPEC 4.6).
    async fn is_own_opening(&self, row: &task::Model) -> Result<bool> {
        let me = self.actor().account();
        Ok(me.is_some()
            && row.kind == TaskKind::ReviewBreakGlass.code()
            && self.urgent_asker(row.id.0).await? == me)
    }

    /// Whose case a task is about: its own, or that of the talk or the request that it is about. Asked of nothing too, so that what
    /// is not there takes as long.
    pub(crate) async fn case_of_task(
        &self,
        case: Option<CaseId>,
        conversation: Option<ConversationId>,
        referral: Option<ReferralId>,
    ) -> Result<Option<CaseId>> {
        let talk = conversation.unwrap_or(ConversationId::from_uuid(Uuid::nil()));
        let talk = conversation::Entity::find_by_id(Col(talk))
            .one(&self.tx)
            .await?;
        let asked = referral.unwrap_or(ReferralId::from_uuid(Uuid::nil()));
        let asked = referral::Entity::find_by_id(Col(asked))
            .one(&self.tx)
            .await?;
        let talk = talk.and_then(|row| row.case_id);
        let asked = asked.map(|row| row.case_id);
        Ok(case.or(talk.or(asked).map(|case| case.0)))
    }

    /// Whose case a task is about.
    pub(crate) async fn case_of_row(&self, row: &task::Model) -> Result<Option<CaseId>> {
        self.case_of_task(
            row.case_id.map(|id| id.0),
            row.conversation_id.map(|id| id.0),
            row.referral_id.map(|id| id.0),
        )
        .await
    }

    async fn task_facts_of(&self, row: Option<&task::Model>) -> Result<Option<Facts<TaskId>>> {
        let case = match row {
            Some(row) => self.case_of_row(row).await?,
            None => self.case_of_task(None, None, None).await?,
        };
        let person = self.person_in(case).await?;
        let closed = self.is_closed(person).await?;
        let Some(row) = row else { return Ok(None) };
        let own = self.is_own_opening(row).await?;
        // Both the owner and the one who was told may act.
        let told = row
            .told_account_id
            .filter(|told| self.actor().account() == Some(told.0));
        Ok(Some(Facts {
            subject: row.id.0,
            person,
            ties: Ties {
                organisation: Some(row.organisation_id.0),
                site: row.site_id.map(|id| id.0),
                lead: told.or(row.owner_account_id).map(|id| id.0),
                closed: closed || own,
                ..Ties::default()
            },
        }))
    }

    /// The ties of a task, by reference.
    pub async fn task_facts(&mut self, reference: Ref) -> Result<Option<Facts<TaskId>>> {
        let row = task::Entity::find()
            .filter(task::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        self.task_facts_of(row.as_ref()).await
    }

    /// The ties of a task, by id.
    pub async fn task_facts_by_id(&mut self, id: TaskId) -> Result<Option<Facts<TaskId>>> {
        let row = task::Entity::find_by_id(Col(id)).one(&self.tx).await?;
        self.task_facts_of(row.as_ref()).await
    }

    pub(crate) async fn task_row(&self, id: TaskId) -> Result<task::Model> {
        let row = task::Entity::find_by_id(Col(id))
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        row.ok_or(Error::NotFound(TaskDo::KIND))
    }

    /// A task, locked until commit.
    pub async fn task(&mut self, permit: &Permit<TaskDo>) -> Result<Task> {
        let row = self.task_row(permit.on()).await?;
        self.note(permit, permit.on().uuid(), &["kind", "state", "due_at"]);
        task_of(&row)
    }

    /// The unfinished tasks that the actor may do, by when they are due.
    pub async fn tasks(&mut self, scope: &Scope<TaskDo>, limit: u64) -> Result<Vec<Task>> {
        self.note_scope(scope, &["kind", "state", "due_at"]);
        let found = self.tasks_in(scope, None, limit).await?;
        let people = self
            .people_of(found.iter().filter_map(|task| task.case))
            .await?;
        self.note_shown(scope, people);
        Ok(found)
    }

    /// The unfinished tasks whose time to climb has come, longest overdue first.
    pub async fn tasks_to_climb(&mut self, scope: &Scope<TaskDo>, limit: u64) -> Result<Vec<Task>> {
        self.note_scope(scope, &["kind", "state", "climbs_at"]);
        let now = self.now();
        self.tasks_in(scope, Some(now), limit).await
    }

    async fn tasks_in(
        &mut self,
        scope: &Scope<TaskDo>,
        climbing: Option<At>,
        limit: u64,
    ) -> Result<Vec<Task>> {
        let mut found = BTreeMap::new();
        for lead in [task::Column::OwnerAccountId, task::Column::ToldAccountId] {
            for branch in branches(scope, &ties(lead), self.now()) {
                let mut query = task::Entity::find()
                    .filter(branch)
                    .filter(task::Column::DoneAt.is_null());
                query = match climbing {
                    Some(now) => query
                        .filter(task::Column::ClimbsAt.lte(Col(now)))
                        .order_by_asc(task::Column::ClimbsAt),
                    None => query.order_by_asc(task::Column::DueAt),
                };
                let rows = query
                    .order_by_asc(task::Column::Id)
                    .limit(limit)
                    .all(&self.tx)
                    .await?;
                found.extend(rows.into_iter().map(|row| (row.id.0, row)));
            }
        }
        let mut out = Vec::with_capacity(found.len());
        for row in found.values() {
            if !self.is_own_opening(row).await? {
                out.push(task_of(row)?);
            }
        }
        if climbing.is_some() {
            out.sort_by_key(|task| (task.climbs_at, task.id));
        } else {
            out.sort_by_key(|task| (task.due_at, task.id));
        }
        out.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(out)
    }

    /// What the clocks of a task depend on: pack and risk of its case, need of its referral.
    pub async fn task_stake(&mut self, permit: &Permit<TaskDo>) -> Result<Stake> {
        let row = self.task_row(permit.on()).await?;
        let case = match row.case_id {
            Some(case) => support_case::Entity::find_by_id(case).one(&self.tx).await?,
            None => None,
        };
        let referral = match row.referral_id {
            Some(referral) => referral::Entity::find_by_id(referral).one(&self.tx).await?,
            None => None,
        };
        self.note(permit, permit.on().uuid(), &["risk_band", "need"]);
        let risk = match &case {
            Some(case) => RiskBand::from_code(&case.risk_band).map_err(|_| Error::RowShape {
                table: "support_case",
                column: "risk_band",
            })?,
            None => RiskBand::NotAssessed,
        };
        let need = referral
            .map(|referral| NeedType::from_code(&referral.need))
            .transpose()
            .map_err(|_| Error::RowShape {
                table: "referral",
                column: "need",
            })?;
        Ok(Stake {
            pack: case.map(|case| case.pack_id),
            risk,
            need,
        })
    }
}

impl Read<'_> {
    /// Whether any clock has run out by `now`: of a task, a room or a referral. It says nothing of which, or whose.
    pub async fn clocks_due(&self, now: At) -> Result<bool> {
        let task = task::Entity::find()
            .filter(task::Column::DoneAt.is_null())
            .filter(task::Column::ClimbsAt.lte(Col(now)))
            .one(&self.tx)
            .await?;
        let room = room_request::Entity::find()
            .filter(room_request::Column::ClosedAt.is_null())
            .filter(room_request::Column::DueAt.lte(Col(now)))
            .one(&self.tx)
            .await?;
        let referral = referral::Entity::find()
            .filter(referral::Column::DueAt.lte(Col(now)))
            .one(&self.tx)
            .await?;
        Ok(task.is_some() || room.is_some() || referral.is_some())
    }
}
