//! Somebody asks what is held about them: the request, what was decided item by item, and the copy until it lapses (UK GDPR Article
//! 15; `core::disclosure`). All of it is sealed under the person's key and ends with it.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait as _};
use throughline_core::code::Code;
use throughline_core::disclosure::{AskedBy, Decided, RequestState, answer_by, fetch_until};
use throughline_core::id::{AccountId, PersonId, Ref};
use throughline_core::reason::Words;
use throughline_core::time::At;
use throughline_policy::action::AccessAnswer;
use throughline_policy::{Action, Permit, Scope};
use uuid::Uuid;

use crate::audit::Event;
use crate::case::{person_of, ties};
use crate::col::Col;
use crate::entity::{access_request, support_case};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::scope::condition;
use crate::work::Work;

/// What was decided, by the key of each item.
pub type Decisions = BTreeMap<String, Decided>;

/// A copy: texts by the names of their files.
pub type Files = BTreeMap<String, String>;

/// A request.
#[derive(Clone)]
pub struct AccessRequest {
    /// Reference.
    pub reference: Ref,
    /// Who asks.
    pub asked_by: AskedBy,
    /// The code of the language that it is answered in.
    pub lang: String,
    /// To whom alone the copy goes, in words.
    pub recipient: String,
    /// Where it stands.
    pub state: RequestState,
    /// What was decided so far.
    pub decisions: Decisions,
    /// When it was asked.
    pub asked_at: At,
    /// By when it must be answered.
    pub due_at: At,
    /// Who put the copy together.
    pub ready_by: Option<AccountId>,
    /// When.
    pub ready_at: Option<At>,
    /// Until when the copy can be fetched.
    pub lapses_at: Option<At>,
    /// Version, for optimistic locking.
    pub version: i64,
}

impl std::fmt::Debug for AccessRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AccessRequest({}, {})", self.asked_by, self.state)
    }
}

/// A request that waits, for a list: no word of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The case.
    pub case: Ref,
    /// The request.
    pub reference: Ref,
    /// Where it stands.
    pub state: RequestState,
    /// By when it must be answered.
    pub due_at: At,
}

const TABLE: &str = "access_request";

const fn bad(column: &'static str) -> Error {
    Error::RowShape {
        table: TABLE,
        column,
    }
}

impl Work<'_> {
    /// Records that somebody asks for a copy, and for whom alone it will be.
    pub async fn access_request_add(
        &mut self,
        permit: &Permit<AccessAnswer>,
        asked_by: AskedBy,
        lang: &str,
        recipient: &Words,
    ) -> Result<Ref> {
        let (by, owner) = (self.named_human()?, person_of(permit)?);
        // Whoever erases them meanwhile has looked at what stands before it under this lock.
        self.person_lock(PersonId::from_uuid(owner)).await?;
        let (id, reference) = (self.env().id::<()>().uuid(), self.env().reference());
        let recipient = self
            .seal(owner, place(TABLE, "recipient", id), &recipient.as_str())
            .await?;
        let decisions = self
            .seal(owner, place(TABLE, "decisions", id), &Decisions::new())
            .await?;
        let row = access_request::ActiveModel {
            id: Set(id),
            reference: Set(Col(reference)),
            case_id: Set(Col(permit.on())),
            person_id: Set(Col(PersonId::from_uuid(owner))),
            asked_by: Set(asked_by.code().to_owned()),
            lang: Set(lang.to_owned()),
            recipient: Set(recipient),
            state: Set(RequestState::Open.code().to_owned()),
            decisions: Set(decisions),
            copy: Set(None),
            asked_at: Set(Col(self.now())),
            recorded_by: Set(Col(by)),
            due_at: Set(Col(answer_by(self.now()))),
            ready_at: Set(None),
            ready_by: Set(None),
            lapses_at: Set(None),
            ended_at: Set(None),
            version: Set(1),
        };
        access_request::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["request"]);
        Ok(reference)
    }

    /// The requests about a case, newest first.
    pub async fn access_requests(
        &mut self,
        permit: &Permit<AccessAnswer>,
    ) -> Result<Vec<AccessRequest>> {
        let rows = access_request::Entity::find()
            .filter(access_request::Column::CaseId.eq(Col(permit.on())))
            .order_by_desc(access_request::Column::Id)
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["request"]);
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            out.push(self.access_request_of(row).await?);
        }
        Ok(out)
    }

    /// One request about a case.
    pub async fn access_request(
        &mut self,
        permit: &Permit<AccessAnswer>,
        reference: Ref,
    ) -> Result<AccessRequest> {
        let row = self.access_row(permit, reference).await?;
        self.note(permit, permit.on().uuid(), &["request"]);
        self.access_request_of(row).await
    }

    async fn access_row(
        &self,
        permit: &Permit<AccessAnswer>,
        reference: Ref,
    ) -> Result<access_request::Model> {
        access_request::Entity::find()
            .filter(access_request::Column::Reference.eq(Col(reference)))
            .filter(access_request::Column::CaseId.eq(Col(permit.on())))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(AccessAnswer::KIND))
    }

    async fn access_request_of(&mut self, row: access_request::Model) -> Result<AccessRequest> {
        let owner = row.person_id.0.uuid();
        Ok(AccessRequest {
            reference: row.reference.0,
            asked_by: AskedBy::from_code(&row.asked_by).map_err(|_| bad("asked_by"))?,
            lang: row.lang,
            recipient: self
                .open(owner, place(TABLE, "recipient", row.id), &row.recipient)
                .await?,
            state: RequestState::from_code(&row.state).map_err(|_| bad("state"))?,
            decisions: self
                .open(owner, place(TABLE, "decisions", row.id), &row.decisions)
                .await?,
            asked_at: row.asked_at.0,
            due_at: row.due_at.0,
            ready_by: row.ready_by.map(|id| id.0),
            ready_at: row.ready_at.map(|at| at.0),
            lapses_at: row.lapses_at.map(|at| at.0),
            version: row.version,
        })
    }

    /// The requests that wait, of the cases in scope, the most urgent first.
    pub async fn access_requests_waiting(
        &mut self,
        scope: &Scope<AccessAnswer>,
        limit: u64,
    ) -> Result<Vec<Waiting>> {
        self.note_scope(scope, &["request"]);
        let Some(mine) = condition(scope, &ties(), self.now()) else {
            return Ok(Vec::new());
        };
        let cases = support_case::Entity::find()
            .select_only()
            .column(support_case::Column::Id)
            .filter(mine)
            .into_query();
        let rows = access_request::Entity::find()
            .filter(access_request::Column::EndedAt.is_null())
            .filter(access_request::Column::CaseId.in_subquery(cases))
            .order_by_asc(access_request::Column::DueAt)
            .limit(limit)
            .all(&self.tx)
            .await?;
        let people = self.people_of(rows.iter().map(|row| row.case_id.0)).await?;
        self.note_shown(scope, people);
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let case = self.case_row(row.case_id.0).await?;
            out.push(Waiting {
                case: case.reference.0,
                reference: row.reference.0,
                state: RequestState::from_code(&row.state).map_err(|_| bad("state"))?,
                due_at: row.due_at.0,
            });
        }
        Ok(out)
    }

    /// Keeps what was decided. Errors with [`Error::Conflict`] when somebody else was first, or it is no longer open.
    pub async fn access_decide(
        &mut self,
        permit: &Permit<AccessAnswer>,
        reference: Ref,
        version: i64,
        decisions: &Decisions,
    ) -> Result<()> {
        let row = self.access_row(permit, reference).await?;
        let sealed = self
            .seal(
                row.person_id.0.uuid(),
                place(TABLE, "decisions", row.id),
                decisions,
            )
            .await?;
        let change = access_request::ActiveModel {
            decisions: Set(sealed),
            ..Default::default()
        };
        self.note(permit, permit.on().uuid(), &["decisions"]);
        self.access_change(row.id, RequestState::Open, version, change)
            .await
    }

    /// Keeps the copy, as files by their names, for [`fetch_until`]. Errors as [`Work::access_decide`].
    pub async fn access_ready(
        &mut self,
        permit: &Permit<AccessAnswer>,
        reference: Ref,
        version: i64,
        copy: &Files,
    ) -> Result<()> {
        let by = self.named_human()?;
        let row = self.access_row(permit, reference).await?;
        let sealed = self
            .seal(row.person_id.0.uuid(), place(TABLE, "copy", row.id), copy)
            .await?;
        let change = access_request::ActiveModel {
            copy: Set(Some(sealed)),
            state: Set(RequestState::Ready.code().to_owned()),
            ready_at: Set(Some(Col(self.now()))),
            ready_by: Set(Some(Col(by))),
            lapses_at: Set(Some(Col(fetch_until(self.now())))),
            ..Default::default()
        };
        self.note(permit, permit.on().uuid(), &["copy"]);
        self.access_change(row.id, RequestState::Open, version, change)
            .await
    }

    /// The copy, as long as it has not lapsed. Each fetching is noted.
    pub async fn access_copy(
        &mut self,
        permit: &Permit<AccessAnswer>,
        reference: Ref,
    ) -> Result<Files> {
        let row = self.access_row(permit, reference).await?;
        let holds = row.lapses_at.is_some_and(|at| at.0 > self.now());
        let copy = row.copy.filter(|_| holds);
        let copy = copy.ok_or(Error::NotFound(AccessAnswer::KIND))?;
        self.note(permit, permit.on().uuid(), &["copy"]);
        self.open(row.person_id.0.uuid(), place(TABLE, "copy", row.id), &copy)
            .await
    }

    /// Ends a request; a copy of it is gone. Errors with [`Error::Conflict`] when somebody else was first or it is over.
    pub async fn access_end(
        &mut self,
        permit: &Permit<AccessAnswer>,
        reference: Ref,
        version: i64,
    ) -> Result<()> {
        let row = self.access_row(permit, reference).await?;
        let state = RequestState::from_code(&row.state).map_err(|_| bad("state"))?;
        if state == RequestState::Ended {
            return Err(Error::Conflict);
        }
        let over = access_request::ActiveModel {
            copy: Set(None),
            state: Set(RequestState::Ended.code().to_owned()),
            ended_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        self.note(permit, permit.on().uuid(), &["request"]);
        self.access_change(row.id, state, version, over).await
    }

    async fn access_change(
        &self,
        id: Uuid,
        state: RequestState,
        version: i64,
        mut change: access_request::ActiveModel,
    ) -> Result<()> {
        change.version = Set(version + 1);
        let done = access_request::Entity::update_many()
            .set(change)
            .filter(access_request::Column::Id.eq(id))
            .filter(access_request::Column::Version.eq(version))
            .filter(access_request::Column::State.eq(state.code()))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }

    /// Drops every copy that has lapsed, and ends its request. Gives how many.
    pub async fn access_copies_lapse(&mut self) -> Result<u64> {
        let lapsed = access_request::Column::LapsesAt.lte(Col(self.now()));
        let held = access_request::Column::Copy.is_not_null();
        let any = access_request::Entity::find()
            .filter(lapsed.clone())
            .filter(held.clone())
            .limit(1)
            .one(&self.tx)
            .await?;
        // Most turns find nothing: then nothing is written, and the audit record stays readable.
        if any.is_none() {
            return Ok(0);
        }
        let over = access_request::ActiveModel {
            copy: Set(None),
            state: Set(RequestState::Ended.code().to_owned()),
            ended_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        let done = access_request::Entity::update_many()
            .set(over)
            .filter(lapsed)
            .filter(held)
            .exec(&self.tx)
            .await?;
        self.note_event(Event::PromiseKept, None, &["copy"]);
        Ok(done.rows_affected)
    }
}
