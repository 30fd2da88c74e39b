//! Children: people with a record, a key and a case of their own (R-DAA-04, SPEC SM-CHILD). A parent's case names them and
//! keeps the decision about safeguarding; closing it closes nothing of theirs.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use throughline_core::child::{ChildMove, ChildState, Safeguarding, SafeguardingCode};
use throughline_core::code::Code;
use throughline_core::id::{AccountId, PersonId, Ref};
use throughline_core::reason::Reason;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::Permit;
use throughline_policy::action::{CaseChange, CaseRead};

use crate::case::{CaseState, NewCase, RiskClock};
use crate::col::Col;
use crate::entity::{child, support_case};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::person::PersonSheet;
use crate::story::{NewEvent, StoryKind};
use crate::task::{TaskNew, TaskOutcome};
use crate::work::Work;

/// A child named in a case.
#[derive(Debug, Clone)]
pub struct Child {
    /// Reference of the child's own case: the only name it has outside.
    pub reference: Ref,
    /// The child's internal id.
    pub person: PersonId,
    /// What is known of the child.
    pub sheet: PersonSheet,
    /// Where the child's own help stands.
    pub state: ChildState,
    /// What was decided about safeguarding; `None`: nothing yet.
    pub safeguarding: Option<Safeguarding>,
    /// When it was decided.
    pub decided_at: Option<At>,
    /// By whom.
    pub decided_by: Option<AccountId>,
    /// Version, for optimistic locking.
    pub version: i64,
    /// Whether the child is closed to whoever asks: then the sheet is empty, and only that there is a child is known.
    pub closed: bool,
}

const fn bad(column: &'static str) -> Error {
    Error::RowShape {
        table: "child",
        column,
    }
}

impl Work<'_> {
    /// The children named in a case, in the order in which they were told of.
    pub async fn children(&mut self, permit: &Permit<CaseRead>) -> Result<Vec<Child>> {
        self.note(permit, permit.on().uuid(), &["children"]);
        let rows = child::Entity::find()
            .filter(child::Column::CaseId.eq(Col(permit.on())))
            .order_by_asc(child::Column::Id)
            .all(&self.tx)
            .await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let case = self.case_row(row.own_case_id.0).await?;
            let closed = self.is_closed(Some(row.person_id.0)).await?;
            let sheet = if closed {
                PersonSheet::default()
            } else {
                self.note_person::<CaseRead>(case.id.0.uuid(), Some(row.person_id.0), &["name"]);
                self.person_sheet(row.person_id.0).await?
            };
            let reason: Option<String> = self
                .open_option(
                    row.person_id.0.uuid(),
                    place("child", "reason", row.id),
                    row.reason.as_ref(),
                )
                .await?;
            let safeguarding = match row.safeguarding.as_deref() {
                None => None,
                Some(code) => Some(
                    match SafeguardingCode::from_code(code).map_err(|_| bad("safeguarding"))? {
                        SafeguardingCode::Referred => Safeguarding::Referred,
                        SafeguardingCode::AlreadyOpen => Safeguarding::AlreadyOpen,
                        SafeguardingCode::NotNeeded => Safeguarding::NotNeeded(
                            reason
                                .as_deref()
                                .and_then(|reason| Reason::new(reason).ok())
                                .ok_or(bad("reason"))?,
                        ),
                    },
                ),
            };
            out.push(Child {
                reference: case.reference.0,
                person: row.person_id.0,
                sheet,
                state: ChildState::from_code(&row.state).map_err(|_| bad("state"))?,
                safeguarding,
                decided_at: row.decided_at.map(|at| at.0),
                decided_by: row.decided_by.map(|id| id.0),
                version: row.version,
                closed,
            });
        }
        Ok(out)
    }

    /// Records a child: a person with a key of their own and a case of their own, led by the same worker at the same site. The
    /// risk to a child that nobody judged runs on its clock like anybody's, until `risk_due`. Gives the reference of the
    /// child's case.
    pub async fn child_add(
        &mut self,
        permit: &Permit<CaseChange>,
        sheet: &PersonSheet,
        risk_due: At,
    ) -> Result<Ref> {
        let parent = self.case_row(permit.on()).await?;
        let new = NewCase {
            person: sheet,
            lead: parent.lead_account_id.0,
            pack: &parent.pack_id,
            risk_clock: RiskClock::Due(risk_due),
        };
        let (own, person, reference) = self
            .case_insert(parent.organisation_id.0, parent.site_id.0, &new)
            .await?;
        let row = child::ActiveModel {
            id: Set(self.env().id::<()>().uuid()),
            case_id: Set(Col(permit.on())),
            person_id: Set(Col(person)),
            own_case_id: Set(Col(own)),
            state: Set(ChildState::Identified.code().to_owned()),
            safeguarding: Set(None),
            reason: Set(None),
            decided_at: Set(None),
            decided_by: Set(None),
            created_at: Set(Col(self.now())),
            version: Set(1),
        };
        child::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.close_like(parent.person_id.0, person).await?;
        self.note_person::<CaseChange>(own.uuid(), Some(person), &["name", "born"]);
        self.note(permit, permit.on().uuid(), &["children"]);
        self.case_event(permit, StoryKind::ChildAdded, None).await?;
        Ok(reference)
    }

    /// Ends the look at a child that was to be had, because it has been had, and begins the next one with `next_due`: a child
    /// whose own help is not closed is never without somebody who looks again (SPEC SM-CHILD).
    pub async fn child_reviewed(
        &mut self,
        permit: &Permit<CaseChange>,
        own_case: Ref,
        next_due: At,
    ) -> Result<()> {
        let row = self.child_row(permit, own_case).await?;
        let own = self.case_row(row.own_case_id.0).await?;
        let (about, done) = (Some(own.id.0), TaskOutcome::Done);
        self.tasks_settle(about, None, TaskKind::ReviewChild, done)
            .await?;
        let state = ChildState::from_code(&row.state).map_err(|_| bad("state"))?;
        self.note(permit, permit.on().uuid(), &["children", "tasks"]);
        if state.duty().is_none() || own.state == CaseState::Closed.code() {
            return Ok(());
        }
        self.task_add(&TaskNew {
            organisation: own.organisation_id.0,
            site: Some(own.site_id.0),
            case: Some(own.id.0),
            referral: None,
            owner_account: Some(own.lead_account_id.0),
            kind: TaskKind::ReviewChild,
            due_at: next_due,
            climbs_at: next_due,
        })
        .await
        .map(|_| ())
    }

    /// Records what was decided about safeguarding a child. A human decides; the reason is sealed under the child's key.
    pub async fn child_decide(
        &mut self,
        permit: &Permit<CaseChange>,
        own_case: Ref,
        version: i64,
        decision: &Safeguarding,
    ) -> Result<()> {
        let by = self.named_human()?;
        let row = self.child_row(permit, own_case).await?;
        let reason = match decision {
            Safeguarding::NotNeeded(reason) => Some(reason.as_str().to_owned()),
            Safeguarding::Referred | Safeguarding::AlreadyOpen => None,
        };
        let person = row.person_id.0;
        let reason = self
            .seal_option(
                person.uuid(),
                place("child", "reason", row.id),
                reason.as_ref(),
            )
            .await?;
        let change = child::ActiveModel {
            safeguarding: Set(Some(decision.code().code().to_owned())),
            reason: Set(reason),
            decided_at: Set(Some(Col(self.now()))),
            decided_by: Set(Some(Col(by))),
            version: Set(version + 1),
            ..Default::default()
        };
        self.child_update(&row, version, change).await?;
        self.note(permit, permit.on().uuid(), &["children"]);
        self.note_person::<CaseChange>(row.own_case_id.0.uuid(), Some(person), &["safeguarding"]);
        let detail = json!({ "decision": decision.code().code() });
        self.event_add(NewEvent {
            case: row.own_case_id.0,
            owner: person.uuid(),
            kind: StoryKind::ChildDecided,
            referral: None,
            detail: Some(detail.clone()),
        })
        .await?;
        self.case_event(permit, StoryKind::ChildDecided, Some(detail))
            .await
    }

    /// Moves a child's own help on.
    pub async fn child_move(
        &mut self,
        permit: &Permit<CaseChange>,
        own_case: Ref,
        version: i64,
        by: ChildMove,
    ) -> Result<ChildState> {
        let row = self.child_row(permit, own_case).await?;
        if row.version != version {
            return Err(Error::Conflict);
        }
        let state = ChildState::from_code(&row.state).map_err(|_| bad("state"))?;
        let next = state.apply(by).map_err(|_| Error::Invalid {
            field: "move",
            problem: "case-child-move-not-possible",
        })?;
        self.child_state_set(&row, next).await?;
        self.note(permit, permit.on().uuid(), &["children"]);
        let detail = json!({ "state": next.code() });
        self.case_event(permit, StoryKind::ChildMoved, Some(detail))
            .await?;
        Ok(next)
    }

    pub(crate) async fn child_state_set(
        &mut self,
        row: &child::Model,
        next: ChildState,
    ) -> Result<()> {
        let change = child::ActiveModel {
            state: Set(next.code().to_owned()),
            version: Set(row.version + 1),
            ..Default::default()
        };
        self.child_update(row, row.version, change).await
    }

    async fn child_update(
        &mut self,
        row: &child::Model,
        version: i64,
        change: child::ActiveModel,
    ) -> Result<()> {
        let done = child::Entity::update_many()
            .set(change)
            .filter(child::Column::Id.eq(row.id))
            .filter(child::Column::Version.eq(version))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }

    /// The row that links this case and the child whose own case has this reference.
    async fn child_row(&self, permit: &Permit<CaseChange>, own_case: Ref) -> Result<child::Model> {
        let missing = Error::NotFound(throughline_policy::ActionKind::CaseChange);
        let own = support_case::Entity::find()
            .filter(support_case::Column::Reference.eq(Col(own_case)))
            .one(&self.tx)
            .await?;
        let Some(own) = own else { return Err(missing) };
        if self.is_closed(Some(own.person_id.0)).await? {
            return Err(missing);
        }
        child::Entity::find()
            .filter(child::Column::CaseId.eq(Col(permit.on())))
            .filter(child::Column::OwnCaseId.eq(own.id))
            .one(&self.tx)
            .await?
            .ok_or(missing)
    }
}
