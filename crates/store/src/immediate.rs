//! Bed, money, essentials: what happened about each, with an owner and a time where something is left to be done.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use throughline_core::answer::Answer;
use throughline_core::code::Code;
use throughline_core::id::AccountId;
use throughline_core::immediate::{ImmediateAnswer, ImmediateCode, ImmediateKind, may_pay_into};
use throughline_core::reason::Reason;
use throughline_core::time::At;
use throughline_policy::Permit;
use throughline_policy::action::{CaseChange, CaseRead};
use uuid::Uuid;

use crate::case::person_of;
use crate::col::Col;
use crate::entity::immediate_need;
use crate::error::{Error, Result};
use crate::keys::place;
use crate::story::StoryKind;
use crate::work::Work;

/// What happened about an immediate need, as it is to be recorded.
#[derive(Debug)]
pub struct ImmediateSaid<'a> {
    /// Which need.
    pub kind: ImmediateKind,
    /// What happened.
    pub answer: &'a ImmediateAnswer,
    /// For money: whether the account is theirs alone. `None` for the others.
    pub only_theirs: Option<Answer>,
    /// For money that was given: whether it went into an account (else in hand or by voucher).
    pub into_account: bool,
    /// Who looks at it again, where something is left to be done and the owner is a named human already.
    pub owner: Option<AccountId>,
    /// When it is looked at again; needed where something is left to be done.
    pub due_at: Option<At>,
}

/// What happened about an immediate need.
#[derive(Debug, Clone)]
pub struct Immediate {
    /// Which need.
    pub kind: ImmediateKind,
    /// What happened.
    pub answer: ImmediateAnswer,
    /// For money: whether the account is theirs alone.
    pub only_theirs: Option<Answer>,
    /// Who looks at it again.
    pub owner: Option<AccountId>,
    /// When it is looked at again.
    pub due_at: Option<At>,
    /// When it was answered.
    pub answered_at: At,
    /// Version, for optimistic locking.
    pub version: i64,
}

const fn bad(column: &'static str) -> Error {
    Error::RowShape {
        table: "immediate_need",
        column,
    }
}

impl Work<'_> {
    /// The answers so far; one that is missing is not answered.
    pub async fn immediate_needs(&mut self, permit: &Permit<CaseRead>) -> Result<Vec<Immediate>> {
        self.note(permit, permit.on().uuid(), &["immediate_needs"]);
        let owner = person_of(permit)?;
        let rows = immediate_need::Entity::find()
            .filter(immediate_need::Column::CaseId.eq(Col(permit.on())))
            .all(&self.tx)
            .await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            out.push(self.immediate_of(owner, row).await?);
        }
        out.sort_by_key(|known| known.kind);
        Ok(out)
    }

    async fn immediate_of(&mut self, owner: Uuid, row: immediate_need::Model) -> Result<Immediate> {
        let note: Option<String> = self
            .open_option(
                owner,
                place("immediate_need", "note", row.id),
                row.note.as_ref(),
            )
            .await?;
        let answer = match ImmediateCode::from_code(&row.answer).map_err(|_| bad("answer"))? {
            ImmediateCode::Given => ImmediateAnswer::Given,
            ImmediateCode::NotNeeded => ImmediateAnswer::NotNeeded,
            ImmediateCode::Declined => ImmediateAnswer::Declined,
            ImmediateCode::Unavailable => ImmediateAnswer::Unavailable,
            ImmediateCode::PutOff => ImmediateAnswer::PutOff {
                until: row.due_at.ok_or(bad("due_at"))?.0,
                reason: note
                    .as_deref()
                    .and_then(|note| Reason::new(note).ok())
                    .ok_or(bad("note"))?,
            },
        };
        let only_theirs = row.account_control.as_deref().map(Answer::from_code);
        Ok(Immediate {
            kind: ImmediateKind::from_code(&row.kind).map_err(|_| bad("kind"))?,
            answer,
            only_theirs: only_theirs
                .transpose()
                .map_err(|_| bad("account_control"))?,
            owner: row.owner_account_id.map(|id| id.0),
            due_at: row.due_at.map(|at| at.0),
            answered_at: row.answered_at.0,
            version: row.version,
        })
    }

    /// Records what happened. `version` is that of the answer it takes the place of, 0 for the first.
    ///
    /// Errors with [`Error::Invalid`] when money is said to have gone into an account that is not plainly theirs alone
    /// (R-UC-06), or when something is left to be done and no time was set.
    pub async fn immediate_answer(
        &mut self,
        permit: &Permit<CaseChange>,
        said: &ImmediateSaid<'_>,
        version: i64,
    ) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["immediate_needs"]);
        let owner = person_of(permit)?;
        let only_theirs = (said.kind == ImmediateKind::Money)
            .then(|| said.only_theirs.unwrap_or(Answer::NotAsked));
        if said.into_account
            && *said.answer == ImmediateAnswer::Given
            && only_theirs.is_some_and(|answer| may_pay_into(answer).is_err())
        {
            return Err(Error::Invalid {
                field: "only_theirs",
                problem: "case-account-not-theirs-alone",
            });
        }
        let due_at = match said.answer.duty() {
            None => None,
            Some(_) => Some(said.due_at.ok_or(Error::Invalid {
                field: "until",
                problem: "case-time-needed",
            })?),
        };
        let known = immediate_need::Entity::find()
            .filter(immediate_need::Column::CaseId.eq(Col(permit.on())))
            .filter(immediate_need::Column::Kind.eq(said.kind.code()))
            .one(&self.tx)
            .await?;
        if known.as_ref().map_or(0, |row| row.version) != version {
            return Err(Error::Conflict);
        }
        let id = known
            .as_ref()
            .map_or_else(|| self.env().id::<()>().uuid(), |row| row.id);
        let reason = match said.answer {
            ImmediateAnswer::PutOff { reason, .. } => Some(reason.as_str().to_owned()),
            _ => None,
        };
        let note = self
            .seal_option(owner, place("immediate_need", "note", id), reason.as_ref())
            .await?;
        let row = immediate_need::ActiveModel {
            id: Set(id),
            case_id: Set(Col(permit.on())),
            kind: Set(said.kind.code().to_owned()),
            answer: Set(said.answer.code().code().to_owned()),
            account_control: Set(only_theirs.map(|answer| answer.code().to_owned())),
            owner_account_id: Set(due_at.and(said.owner).map(Col)),
            due_at: Set(due_at.map(Col)),
            note: Set(note),
            answered_at: Set(Col(self.now())),
            version: Set(version + 1),
        };
        if known.is_some() {
            let done = immediate_need::Entity::update_many()
                .set(row)
                .filter(immediate_need::Column::Id.eq(id))
                .filter(immediate_need::Column::Version.eq(version))
                .exec(&self.tx)
                .await?;
            if done.rows_affected != 1 {
                return Err(Error::Conflict);
            }
        } else {
            immediate_need::Entity::insert(row)
                .exec_without_returning(&self.tx)
                .await?;
        }
        let detail = json!({
            "kind": said.kind.code(),
            "answer": said.answer.code().code(),
            "reason": reason,
            "due": due_at.map(|at| at.to_string()),
        });
        self.case_event(permit, StoryKind::ImmediateAnswered, Some(detail))
            .await
    }
}
