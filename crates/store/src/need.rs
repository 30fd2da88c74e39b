//! Needs of a case, in the order in which they are met. `core::need` says what may follow what; this keeps it.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;
use throughline_core::child::{ChildMove, ChildState};
use throughline_core::code::Code;
use throughline_core::id::{AccountId, CaseId, NeedId};
use throughline_core::need::{NeedMove, NeedState, NeedType};
use throughline_core::reason::Reason;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::Permit;
use throughline_policy::action::{CaseChange, CaseRead};

use crate::col::Col;
use crate::entity::{child, need};
use crate::error::{Error, Result};
use crate::sharing::SeesSharing;
use crate::story::StoryKind;
use crate::work::Work;

/// A need of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Internal id.
    pub id: NeedId,
    /// What kind of need.
    pub kind: NeedType,
    /// Where it stands.
    pub state: NeedState,
    /// When it was first seen or told.
    pub raised_at: At,
    /// By whom it was recorded.
    pub raised_by: AccountId,
    /// When it was settled.
    pub closed_at: Option<At>,
    /// Version, for optimistic locking.
    pub version: i64,
}

fn need_of(row: &need::Model) -> Result<Need> {
    let bad = |column| Error::RowShape {
        table: "need",
        column,
    };
    Ok(Need {
        id: row.id.0,
        kind: NeedType::from_code(&row.kind).map_err(|_| bad("kind"))?,
        state: NeedState::from_code(&row.state).map_err(|_| bad("state"))?,
        raised_at: row.raised_at.0,
        raised_by: row.raised_by.0,
        closed_at: row.closed_at.map(|at| at.0),
        version: row.version,
    })
}

impl Work<'_> {
    /// The needs of a case, in the order in which they are met (SPEC INV-018).
    pub async fn needs(&mut self, permit: &Permit<CaseRead>) -> Result<Vec<Need>> {
        self.note(permit, permit.on().uuid(), &["needs"]);
        let rows = need::Entity::find()
            .filter(need::Column::CaseId.eq(Col(permit.on())))
            .all(&self.tx)
            .await?;
        let mut needs = rows.iter().map(need_of).collect::<Result<Vec<_>>>()?;
        needs.sort_by_key(|need| (need.kind.stability(), need.kind));
        Ok(needs)
    }

    /// Records a need: seen by the worker, or told by the person. One that is known already is told again where that means
    /// something, and is otherwise left as it is: a sign never takes the place of what was told.
    pub async fn need_add(
        &mut self,
        permit: &Permit<CaseChange>,
        kind: NeedType,
        told: bool,
    ) -> Result<NeedState> {
        self.note(permit, permit.on().uuid(), &["needs"]);
        let case = self.case_row(permit.on()).await?;
        let state = if let Some(row) = self.need_row(permit.on(), kind).await? {
            let known = need_of(&row)?;
            match known.state.apply(NeedMove::Tell) {
                Ok(next) if told => self.need_set(&known, next).await?,
                _ => return Ok(known.state),
            }
        } else {
            let state = if told {
                NeedState::Told
            } else {
                NeedState::Seen
            };
            let row = need::ActiveModel {
                id: Set(Col(self.env().id())),
                case_id: Set(Col(permit.on())),
                kind: Set(kind.code().to_owned()),
                state: Set(state.code().to_owned()),
                raised_at: Set(Col(self.now())),
                raised_by: Set(Col(self.doer()?)),
                closed_at: Set(None),
                version: Set(1),
            };
            need::Entity::insert(row)
                .exec_without_returning(&self.tx)
                .await?;
            state
        };
        self.child_is_heard(case.id.0).await?;
        let kind_of_line = if told {
            StoryKind::NeedTold
        } else {
            StoryKind::NeedSeen
        };
        let detail = json!({ "need": kind.code() });
        self.case_event(permit, kind_of_line, Some(detail)).await?;
        Ok(state)
    }

    /// Moves a need. Errors with [`Error::Invalid`] where the state does not allow it or a reason is missing: to put off needs one. That
    /// nothing is worth sending is recorded with what blocked it ([`Work::unmet_add`]), and errors with [`Error::Illegal`] here.
    pub async fn need_move(
        &mut self,
        permit: &Permit<CaseChange>,
        kind: NeedType,
        version: i64,
        by: NeedMove,
        reason: Option<&Reason>,
    ) -> Result<NeedState> {
        self.note(permit, permit.on().uuid(), &["needs"]);
        if by == NeedMove::JudgeNotWorthSending {
            return Err(Error::Illegal("what blocked it is recorded with it"));
        }
        if by == NeedMove::PutOff && reason.is_none() {
            return Err(Error::Invalid {
                field: "reason",
                problem: "case-reason-needed",
            });
        }
        let row = self.need_row(permit.on(), kind).await?;
        let known = need_of(&row.ok_or(Error::Illegal("no such need"))?)?;
        if known.version != version {
            return Err(Error::Conflict);
        }
        let next = known.state.apply(by).map_err(|_| Error::Invalid {
            field: "move",
            problem: "case-need-move-not-possible",
        })?;
        self.need_set(&known, next).await?;
        let detail = json!({
            "need": kind.code(),
            "state": next.code(),
            "reason": reason.map(Reason::as_str),
        });
        self.case_event(permit, StoryKind::NeedMoved, Some(detail))
            .await?;
        Ok(next)
    }

    /// Lets an answer about an immediate need move the need it belongs to, where the need can still move so. The answer writes
    /// the line of the story.
    pub async fn need_follows_answer(
        &mut self,
        permit: &Permit<CaseChange>,
        kind: NeedType,
        by: NeedMove,
    ) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["needs"]);
        self.need_follows(permit.on(), kind, by).await
    }

    /// Whether the person has told us of anything: a need beyond what was only seen, or a conversation in which they told.
    pub async fn case_disclosed(&mut self, permit: &Permit<CaseRead>) -> Result<bool> {
        self.note(permit, permit.on().uuid(), &["needs", "told_at"]);
        let told = need::Entity::find()
            .filter(need::Column::CaseId.eq(Col(permit.on())))
            .filter(need::Column::State.ne(NeedState::Seen.code()))
            .one(&self.tx)
            .await?;
        let case = self.case_row(permit.on()).await?;
        Ok(told.is_some() || case.told_at.is_some())
    }

    /// Whether somebody is to do a thing of this kind about the case by a certain time.
    pub async fn case_has_task<A: SeesSharing>(
        &mut self,
        permit: &Permit<A>,
        kind: TaskKind,
    ) -> Result<bool> {
        self.note(permit, permit.on().uuid(), &["tasks"]);
        self.task_is_open(permit.on(), kind).await
    }

    /// Lets something that happened to a referral move its need, where the need can still move so. The caller has noted it
    /// and writes the line of the story.
    pub(crate) async fn need_follows(
        &mut self,
        case: CaseId,
        kind: NeedType,
        by: NeedMove,
    ) -> Result<()> {
        if let Some(row) = self.need_row(case, kind).await? {
            let known = need_of(&row)?;
            if let Ok(next) = known.state.apply(by) {
                self.need_set(&known, next).await?;
            }
        }
        Ok(())
    }

    /// Moves a need as the worker says. Errors with [`Error::Invalid`] where it is not known of the case or cannot move so.
    pub(crate) async fn need_must(
        &mut self,
        case: CaseId,
        kind: NeedType,
        by: NeedMove,
    ) -> Result<NeedState> {
        let cannot = Error::Invalid {
            field: "because",
            problem: "case-need-move-not-possible",
        };
        let Some(row) = self.need_row(case, kind).await? else {
            return Err(cannot);
        };
        let known = need_of(&row)?;
        match known.state.apply(by) {
            Ok(next) => self.need_set(&known, next).await,
            Err(_) => Err(cannot),
        }
    }

    async fn need_row(&self, case: CaseId, kind: NeedType) -> Result<Option<need::Model>> {
        Ok(need::Entity::find()
            .filter(need::Column::CaseId.eq(Col(case)))
            .filter(need::Column::Kind.eq(kind.code()))
            .one(&self.tx)
            .await?)
    }

    async fn need_set(&mut self, known: &Need, next: NeedState) -> Result<NeedState> {
        let change = need::ActiveModel {
            state: Set(next.code().to_owned()),
            closed_at: Set(next.is_settled().then_some(Col(self.now()))),
            version: Set(known.version + 1),
            ..Default::default()
        };
        let done = need::Entity::update_many()
            .set(change)
            .filter(need::Column::Id.eq(Col(known.id)))
            .filter(need::Column::Version.eq(known.version))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(next)
        } else {
            Err(Error::Conflict)
        }
    }

    /// Where the case is a child's own, hearing a need moves the child on.
    async fn child_is_heard(&mut self, own_case: CaseId) -> Result<()> {
        let rows = child::Entity::find()
            .filter(child::Column::OwnCaseId.eq(Col(own_case)))
            .all(&self.tx)
            .await?;
        for row in rows {
            let state = ChildState::from_code(&row.state).map_err(|_| Error::RowShape {
                table: "child",
                column: "state",
            })?;
            if let Ok(next) = state.apply(ChildMove::HearNeeds) {
                self.child_state_set(&row, next).await?;
            }
        }
        Ok(())
    }
}
