//! What a planner sees of two appointments that meet and must not, and what they decide (NE-05, decision 0023). How the two are found
//! and settled is in the module `clash`.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use throughline_core::apart::{OFTEN_WITHIN, planned_by};
use throughline_core::appointment::AppointmentMove;
use throughline_core::id::{AccountId, Ref, TaskId};
use throughline_core::time::At;
use throughline_policy::action::PlanApart;
use throughline_policy::{Facts, Permit};

use crate::appointment::Slot;
use crate::clash::{ClashOutcome, bad, meeting, whole};
use crate::col::Col;
use crate::entity::{clash, protective_link, support_case};
use crate::error::{Error, Result};
use crate::work::Work;

/// What the planner sees: times and workers, no name.
#[derive(Debug, Clone)]
pub struct Plan {
    /// When the appointment begins that is to be moved: of the one who is to be protected.
    pub starts_at: At,
    /// How long it lasts, in minutes.
    pub minutes: i64,
    /// Whom it is with.
    pub with: AccountId,
    /// When the other one begins.
    pub other_starts_at: At,
    /// Whom the other one is with.
    pub other_with: AccountId,
    /// The reference of the case of the one who is to be protected, for whoever may read it.
    pub case: Ref,
    /// The reference of the case of the other one, for whoever may read it.
    pub other_case: Ref,
    /// Whether the link was confirmed: then, from `by_itself_at` on, the time is set to be rearranged by itself.
    pub confirmed: bool,
    /// By when the planner is to have acted.
    pub planned_by: At,
    /// How many pairs of times came up lately by a link of this person, this one included. The same two times count once.
    pub often: u64,
    /// Version of the appointment that is to be moved.
    pub version: i64,
}

/// What the planner decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// Another time for the one who is to be protected.
    Move(Slot),
    /// Its worker agrees another time.
    Rearrange,
    /// Both stay: it was arranged otherwise. Not for a confirmed link.
    ArrangedOtherwise,
    /// Both stay: it is somebody else of that name.
    SomebodyElse,
}

impl Work<'_> {
    /// The ties of a task to plan two appointments apart; none for any other task. It is closed to whoever one of the two is.
    pub async fn apart_facts(&mut self, task: Ref) -> Result<Option<Facts<TaskId>>> {
        let Some(mut facts) = self.task_facts(task).await? else {
            return Ok(None);
        };
        let clash = clash::Entity::find()
            .filter(clash::Column::TaskId.eq(Col(facts.subject)))
            .one(&self.tx)
            .await?;
        let Some(clash) = clash else { return Ok(None) };
        let whole = whole(&self.tx, clash).await?;
        for person in [whole.own.person_id.0, whole.other.person_id.0] {
            facts.ties.closed |= self.is_closed(Some(person)).await?;
        }
        Ok(Some(facts))
    }

    /// What a planner sees of two appointments that meet; nothing once it is settled.
    pub async fn plan_apart(&mut self, permit: &Permit<PlanApart>) -> Result<Option<Plan>> {
        self.note(permit, permit.on().uuid(), &["appointment"]);
        let Some(whole) = self
            .clash_whole(clash::Column::TaskId.eq(Col(permit.on())))
            .await?
        else {
            return Ok(None);
        };
        if !whole.is_still_so(self.now())? {
            return Ok(None);
        }
        let since = At::from_micros(
            self.now().micros() - i64::try_from(OFTEN_WITHIN.as_micros()).unwrap_or(0),
        );
        let ids = [whole.own.case_id, whole.other.case_id];
        let cases: BTreeMap<_, _> = support_case::Entity::find()
            .filter(support_case::Column::Id.is_in(ids))
            .all(&self.tx)
            .await?
            .into_iter()
            .map(|row| (row.id, row.reference.0))
            .collect();
        let case = |id| cases.get(&id).copied().ok_or(bad("appointment_id"));
        let links = protective_link::Entity::find()
            .filter(protective_link::Column::PersonId.eq(whole.own.person_id))
            .all(&self.tx)
            .await?;
        let links: BTreeSet<_> = links.into_iter().map(|link| link.id).collect();
        let often = clash::Entity::find()
            .filter(clash::Column::LinkId.is_in(links))
            .filter(clash::Column::FoundAt.gte(since.unwrap_or(self.now()).micros()))
            .count(&self.tx)
            .await?;
        Ok(Some(Plan {
            starts_at: whole.own.starts_at.0,
            minutes: whole.own.minutes,
            with: whole.own.lead_account_id.0,
            other_starts_at: whole.other.starts_at.0,
            other_with: whole.other.lead_account_id.0,
            case: case(whole.own.case_id)?,
            other_case: case(whole.other.case_id)?,
            confirmed: whole.confirmed()?,
            planned_by: planned_by(whole.own.starts_at.0, whole.other.starts_at.0),
            often,
            version: whole.own.version,
        }))
    }

    /// Does what the planner decided. `agree_due`: by when the worker of the one who is to be protected agrees the time with them.
    ///
    /// Errors with [`Error::Invalid`] when the new time meets the other one again, or both are to stay although the link is
    /// confirmed; with [`Error::Conflict`] when it was settled or changed meanwhile.
    pub async fn plan_decide(
        &mut self,
        permit: &Permit<PlanApart>,
        version: i64,
        decided: Decided,
        agree_due: At,
    ) -> Result<()> {
        self.note(
            permit,
            permit.on().uuid(),
            &["appointment", "clash", "message"],
        );
        let which = clash::Column::TaskId.eq(Col(permit.on()));
        let Some(whole) = self.clash_whole(which).await? else {
            return Err(Error::Conflict);
        };
        if !whole.is_still_so(self.now())? || whole.own.version != version {
            return Err(Error::Conflict);
        }
        let outcome = match decided {
            Decided::Move(slot) => {
                let mut there = whole.own.clone();
                there.starts_at = Col(slot.starts_at);
                if !meeting(&self.tx, &whole.link, &there).await?.is_empty() {
                    return Err(Error::Invalid {
                        field: "day",
                        problem: "apart-meets-again",
                    });
                }
                self.slot_move(&whole.own, version, slot, agree_due).await?;
                ClashOutcome::Moved
            }
            Decided::Rearrange => {
                let by = AppointmentMove::Rearrange;
                self.slot_step(&whole.own, version, by, agree_due).await?;
                ClashOutcome::Rearranged
            }
            Decided::ArrangedOtherwise if whole.confirmed()? => {
                return Err(Error::Invalid {
                    field: "decided",
                    problem: "apart-confirmed-stays",
                });
            }
            Decided::ArrangedOtherwise => ClashOutcome::ArrangedOtherwise,
            Decided::SomebodyElse => ClashOutcome::SomebodyElse,
        };
        self.clash_settle(&whole.row, outcome).await
    }
}
