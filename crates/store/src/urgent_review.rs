//! What somebody else makes of a record that was opened because it could not wait (SPEC 4.6: always reviewed, within two working
//! days): why, with whom, what was looked at and when, and a decision with its reason. Never by whoever opened it.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use throughline_core::code::Code as _;
use throughline_core::id::{AccountId, TaskId};
use throughline_core::reason::Reason;
use throughline_core::role::Role;
use throughline_core::time::At;
use throughline_core::urgent::UrgentVerdict;
use throughline_policy::action::{AuditRead, TaskDo};
use throughline_policy::{Action as _, Permit};

use crate::col::Col;
use crate::entity::{account, audit_entry, seen, urgent, urgent_case};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::outbox::OutboxKind;
use crate::story::{NewEvent, StoryKind};
use crate::task::TaskOutcome;
use crate::work::Work;

/// The most looks that a review shows.
const LOOKS: u64 = 500;

/// One look of whoever opened it.
#[derive(Debug, Clone)]
pub struct OpenedLook {
    /// When.
    pub at: At,
    /// What, as the code of an action.
    pub action: String,
}

/// A record that was opened because it could not wait, for whoever reviews it.
#[derive(Clone)]
pub struct Review {
    /// Who opened it.
    pub by: AccountId,
    /// Why, in their words.
    pub reason: String,
    /// Whether alone, because a life was at risk.
    pub alone: bool,
    /// Who of another organisation said yes.
    pub second_by: Option<AccountId>,
    /// When it was opened.
    pub opened_at: At,
    /// Until when it was open.
    pub until: At,
    /// What they looked at meanwhile, the first first.
    pub looks: Vec<OpenedLook>,
}

impl std::fmt::Debug for Review {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Review({})", self.opened_at)
    }
}

/// An opening, for a security officer: never of whose record.
#[derive(Debug, Clone)]
pub struct Opening {
    /// Who opened.
    pub by: AccountId,
    /// When.
    pub opened_at: At,
    /// Whether alone, because a life was at risk.
    pub alone: bool,
    /// How many records it opened: none where nobody fitted.
    pub records: usize,
    /// What those who reviewed it found so far.
    pub verdicts: Vec<UrgentVerdict>,
}

fn bad() -> Error {
    Error::RowShape {
        table: "urgent",
        column: "opened_at",
    }
}

impl Work<'_> {
    async fn urgent_by_task(
        &self,
        task: TaskId,
    ) -> Result<Option<(urgent::Model, urgent_case::Model)>> {
        let case = urgent_case::Entity::find()
            .filter(urgent_case::Column::TaskId.eq(Col(task)))
            .one(&self.tx)
            .await?;
        let Some(case) = case else { return Ok(None) };
        let head = urgent::Entity::find_by_id(case.urgent_id);
        Ok(head.one(&self.tx).await?.map(|head| (head, case)))
    }

    /// Who opened what a task asks to review: it is never theirs.
    pub(crate) async fn urgent_asker(&self, task: TaskId) -> Result<Option<AccountId>> {
        let found = self.urgent_by_task(task).await?;
        Ok(found.map(|(head, _)| head.account_id.0))
    }

    /// What a task asks to review; `None` once it is reviewed, and for every other task.
    pub async fn urgent_review(&mut self, permit: &Permit<TaskDo>) -> Result<Option<Review>> {
        self.note(permit, permit.on().uuid(), &["urgent"]);
        let Some((head, one)) = self.urgent_by_task(permit.on()).await? else {
            return Ok(None);
        };
        if one.reviewed_at.is_some() {
            return Ok(None);
        }
        let (opened_at, until) = head.opened_at.zip(head.until_at).ok_or_else(bad)?;
        let owner = one.person_id.0.uuid();
        let at = place("urgent_case", "reason", one.id);
        Ok(Some(Review {
            by: head.account_id.0,
            reason: self.open(owner, at, &one.reason).await?,
            alone: head.alone,
            second_by: head.second_by.map(|id| id.0),
            opened_at: opened_at.0,
            until: until.0,
            looks: self.opened_looks(&head, &one).await?,
        }))
    }

    /// What whoever opened a record did about its people while it was open: by name, or on a list.
    async fn opened_looks(
        &mut self,
        head: &urgent::Model,
        one: &urgent_case::Model,
    ) -> Result<Vec<OpenedLook>> {
        let (from, until) = head.opened_at.zip(head.until_at).ok_or_else(bad)?;
        let case = self.case_row(one.case_id.0).await?;
        let people: Vec<_> = self.family(&case).await?.into_iter().map(Col).collect();
        let log = head.organisation_id.0.uuid();
        let listed: Vec<i64> = seen::Entity::find()
            .select_only()
            .column(seen::Column::Seq)
            .filter(seen::Column::PersonId.is_in(people.clone()))
            .filter(seen::Column::LogId.eq(log))
            .filter(seen::Column::At.gte(from))
            .filter(seen::Column::At.lte(until))
            .limit(LOOKS)
            .into_tuple()
            .all(&self.tx)
            .await?;
        let about = Condition::any()
            .add(audit_entry::Column::PersonId.is_in(people))
            .add(audit_entry::Column::Seq.is_in(listed));
        let rows = audit_entry::Entity::find()
            .filter(about)
            .filter(audit_entry::Column::LogId.eq(log))
            .filter(audit_entry::Column::AccountId.eq(head.account_id))
            .filter(audit_entry::Column::At.gte(from))
            .filter(audit_entry::Column::At.lte(until))
            .order_by_asc(audit_entry::Column::Seq)
            .limit(LOOKS)
            .all(&self.tx)
            .await?;
        let look = |row: audit_entry::Model| OpenedLook {
            at: row.at.0,
            action: row.action,
        };
        Ok(rows.into_iter().map(look).collect())
    }

    /// Decides what a task asks to review. Where it was not in order, the security officers are told.
    ///
    /// Errors with [`Error::Conflict`] when it is reviewed already.
    pub async fn urgent_decide(
        &mut self,
        permit: &Permit<TaskDo>,
        verdict: UrgentVerdict,
        words: &Reason,
    ) -> Result<()> {
        let me = self.named_human()?;
        let found = self.urgent_by_task(permit.on()).await?;
        let (head, one) = found.ok_or(Error::NotFound(TaskDo::KIND))?;
        if head.account_id.0 == me {
            return Err(Error::NotFound(TaskDo::KIND));
        }
        let owner = one.person_id.0.uuid();
        let at = place("urgent_case", "words", one.id);
        let change = urgent_case::ActiveModel {
            reviewed_by: Set(Some(Col(me))),
            reviewed_at: Set(Some(Col(self.now()))),
            verdict: Set(Some(verdict.code().to_owned())),
            words: Set(Some(self.seal(owner, at, &words.as_str()).await?)),
            ..Default::default()
        };
        let done = urgent_case::Entity::update_many()
            .set(change)
            .filter(urgent_case::Column::Id.eq(one.id))
            .filter(urgent_case::Column::ReviewedAt.is_null())
            .exec(&self.tx)
            .await?;
        if done.rows_affected != 1 {
            return Err(Error::Conflict);
        }
        self.note(permit, permit.on().uuid(), &["urgent", verdict.code()]);
        self.event_add(NewEvent {
            case: one.case_id.0,
            owner,
            kind: StoryKind::OpeningReviewed,
            referral: None,
            detail: Some(json!({ "verdict": verdict.code(), "reason": words.as_str() })),
        })
        .await?;
        self.task_end_by_id(permit.on(), TaskOutcome::Done).await?;
        if verdict == UrgentVerdict::InOrder {
            return Ok(());
        }
        let officers = account::Entity::find()
            .filter(account::Column::OrganisationId.eq(head.organisation_id))
            .filter(account::Column::Role.eq(Role::SecurityOfficer.code()))
            .filter(self.who_can_sign_in().await?)
            .all(&self.tx)
            .await?;
        for officer in officers {
            let officer = officer.id.0.uuid();
            let once = format!("urgent:{}:{officer}", one.id);
            self.tell(OutboxKind::StaffTask, officer, Some(&once))
                .await?;
        }
        Ok(())
    }

    /// What was opened because it could not wait by staff of the permit's organisation, newest first: never of whose record.
    pub async fn openings(
        &mut self,
        permit: &Permit<AuditRead>,
        limit: u64,
    ) -> Result<Vec<Opening>> {
        self.note(permit, permit.on().uuid(), &["urgent"]);
        let rows = urgent::Entity::find()
            .filter(urgent::Column::OrganisationId.eq(Col(permit.on())))
            .filter(urgent::Column::OpenedAt.is_not_null())
            .order_by_desc(urgent::Column::OpenedAt)
            .limit(limit)
            .all(&self.tx)
            .await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let cases = urgent_case::Entity::find()
                .filter(urgent_case::Column::UrgentId.eq(row.id))
                .all(&self.tx)
                .await?;
            let verdicts = cases.iter().filter_map(|one| one.verdict.as_deref());
            out.push(Opening {
                by: row.account_id.0,
                opened_at: row.opened_at.ok_or_else(bad)?.0,
                alone: row.alone,
                records: cases.len(),
                verdicts: verdicts
                    .map(UrgentVerdict::from_code)
                    .collect::<std::result::Result<_, _>>()
                    .map_err(|_| Error::RowShape {
                        table: "urgent_case",
                        column: "verdict",
                    })?,
            });
        }
        Ok(out)
    }
}
