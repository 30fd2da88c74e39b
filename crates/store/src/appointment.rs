//! Appointments: booked, moved and answered for on a case; listed for a site by time, without names.
//!
//! Booking looks at nothing but its own time (decision 0023). There is no column in which anybody could say why (NE-21).

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use throughline_core::appointment::{
    AppointmentMove, AppointmentState, can_be_booked, is_at_the_site,
};
use throughline_core::artefact::NeutralTitle;
use throughline_core::code::Code;
use throughline_core::id::{AccountId, AppointmentId, CaseId, Ref};
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{AppointmentList, CaseChange, CaseRead};
use throughline_policy::{Action, Permit, Scope};

use crate::case::CaseState;
use crate::col::Col;
use crate::entity::{appointment, support_case};
use crate::error::{Error, Result};
use crate::scope::{About, TieColumns, branches};
use crate::story::{NewEvent, StoryKind};
use crate::task::{TaskNew, TaskOutcome};
use crate::work::Work;

/// How many appointments one case or one day of a site shows at most.
const SHOWN: u64 = 500;

/// An appointment.
#[derive(Debug, Clone)]
pub struct Appointment {
    /// Internal id.
    pub id: AppointmentId,
    /// Reference.
    pub reference: Ref,
    /// Whom it is with.
    pub with: AccountId,
    /// Its title, which says nothing.
    pub title: NeutralTitle,
    /// Where it stands.
    pub state: AppointmentState,
    /// When it begins.
    pub starts_at: At,
    /// How long it lasts.
    pub minutes: i64,
    /// When it was last changed.
    pub changed_at: At,
    /// Version, for optimistic locking.
    pub version: i64,
}

/// When an appointment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// When it begins.
    pub starts_at: At,
    /// How long it lasts, in minutes.
    pub minutes: i64,
}

const fn ties() -> TieColumns<appointment::Column> {
    TieColumns {
        organisation: Some(appointment::Column::OrganisationId),
        site: Some(appointment::Column::SiteId),
        lead: Some(appointment::Column::LeadAccountId),
        to: None,
        accepted_by: None,
        referral: None,
        about: About::Person(appointment::Column::PersonId),
    }
}

const fn bad(column: &'static str) -> Error {
    Error::RowShape {
        table: "appointment",
        column,
    }
}

pub(crate) fn state_of(row: &appointment::Model) -> Result<AppointmentState> {
    AppointmentState::from_code(&row.state).map_err(|_| bad("state"))
}

fn appointment_of(row: &appointment::Model) -> Result<Appointment> {
    Ok(Appointment {
        id: row.id.0,
        reference: row.reference.0,
        with: row.lead_account_id.0,
        title: NeutralTitle::from_code(&row.title).map_err(|_| bad("title"))?,
        state: state_of(row)?,
        starts_at: row.starts_at.0,
        minutes: row.minutes,
        changed_at: row.changed_at.0,
        version: row.version,
    })
}

/// The line of the story that a move leaves.
const fn told_as(by: AppointmentMove) -> StoryKind {
    match by {
        AppointmentMove::Move => StoryKind::AppointmentMoved,
        AppointmentMove::Rearrange => StoryKind::AppointmentToRearrange,
        AppointmentMove::Cancel => StoryKind::AppointmentCancelled,
        AppointmentMove::Happen => StoryKind::AppointmentHappened,
        AppointmentMove::Miss => StoryKind::AppointmentMissed,
    }
}

impl Work<'_> {
    /// The case of an appointment that is to be at this time, locked until commit: only the time itself and that the case is open
    /// are asked (decision 0023).
    async fn slot_case(&self, case: CaseId, slot: Slot) -> Result<support_case::Model> {
        let refused = |problem| Error::Invalid {
            field: "day",
            problem,
        };
        if !can_be_booked(slot.starts_at, self.now()) {
            return Err(refused("appointment-not-ahead"));
        }
        let case = self.case_row(case).await?;
        if case.state == CaseState::Closed.code() {
            return Err(refused("case-is-closed"));
        }
        Ok(case)
    }

    /// Books an appointment at the site where the person is seen, with whoever leads.
    ///
    /// Errors with [`Error::Invalid`] when the time is not ahead and within a year, or the case is closed; with nothing else,
    /// whoever else is there that day.
    pub async fn appointment_book(
        &mut self,
        permit: &Permit<CaseChange>,
        title: NeutralTitle,
        slot: Slot,
    ) -> Result<Ref> {
        let case = self.slot_case(permit.on(), slot).await?;
        let reference = self.env().reference();
        let row = appointment::ActiveModel {
            id: Set(Col(self.env().id())),
            reference: Set(Col(reference)),
            organisation_id: Set(case.organisation_id),
            site_id: Set(case.site_id),
            case_id: Set(case.id),
            person_id: Set(case.person_id),
            lead_account_id: Set(case.lead_account_id),
            title: Set(title.code().to_owned()),
            state: Set(AppointmentState::Booked.code().to_owned()),
            starts_at: Set(Col(slot.starts_at)),
            minutes: Set(slot.minutes),
            created_at: Set(Col(self.now())),
            changed_at: Set(Col(self.now())),
            version: Set(1),
        };
        appointment::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["appointment"]);
        self.case_event(permit, StoryKind::AppointmentBooked, None)
            .await?;
        Ok(reference)
    }

    /// The appointments of a case, the latest first.
    pub async fn appointments(&mut self, permit: &Permit<CaseRead>) -> Result<Vec<Appointment>> {
        self.note(permit, permit.on().uuid(), &["appointment"]);
        appointment::Entity::find()
            .filter(appointment::Column::CaseId.eq(Col(permit.on())))
            .order_by_desc(appointment::Column::StartsAt)
            .order_by_desc(appointment::Column::Id)
            .limit(SHOWN)
            .all(&self.tx)
            .await?
            .iter()
            .map(appointment_of)
            .collect()
    }

    /// The appointments from one instant until before another that the actor may list, by time: times and workers, and nothing by
    /// which a person is known.
    pub async fn appointments_between(
        &mut self,
        scope: &Scope<AppointmentList>,
        from: At,
        until: At,
        limit: u64,
    ) -> Result<Vec<Appointment>> {
        self.note_scope(scope, &["appointment"]);
        let mut found = std::collections::BTreeMap::new();
        for branch in branches(scope, &ties(), self.now()) {
            let rows = appointment::Entity::find()
                .filter(branch)
                .filter(appointment::Column::StartsAt.gte(Col(from)))
                .filter(appointment::Column::StartsAt.lt(Col(until)))
                .filter(appointment::Column::State.ne(AppointmentState::Cancelled.code()))
                .filter(appointment::Column::State.ne(AppointmentState::ToRearrange.code()))
                .order_by_asc(appointment::Column::StartsAt)
                .order_by_asc(appointment::Column::Id)
                .limit(limit)
                .all(&self.tx)
                .await?;
            found.extend(
                rows.into_iter()
                    .map(|row| ((row.starts_at.0, row.id.0), row)),
            );
        }
        found.values().map(appointment_of).collect()
    }

    /// Gives an appointment of the case another time. `agree_due`: by when its worker has agreed it with the person, where somebody
    /// else moved it.
    ///
    /// Errors as [`Work::appointment_book`], with [`Error::Illegal`] once it is over and with [`Error::Conflict`] when it was
    /// changed meanwhile.
    pub async fn appointment_move(
        &mut self,
        permit: &Permit<CaseChange>,
        reference: Ref,
        version: i64,
        slot: Slot,
        agree_due: At,
    ) -> Result<()> {
        let row = self.appointment_row_of(permit, reference).await?;
        self.note(permit, permit.on().uuid(), &["appointment", "message"]);
        self.slot_move(&row, version, slot, agree_due).await
    }

    /// Records anything else that happens to an appointment of the case.
    ///
    /// Errors with [`Error::Illegal`] where it is not possible, as with a meeting that is still ahead and is said to have happened.
    pub async fn appointment_step(
        &mut self,
        permit: &Permit<CaseChange>,
        reference: Ref,
        version: i64,
        by: AppointmentMove,
        agree_due: At,
    ) -> Result<()> {
        let row = self.appointment_row_of(permit, reference).await?;
        let after = matches!(by, AppointmentMove::Happen | AppointmentMove::Miss);
        if by == AppointmentMove::Move || (after && row.starts_at.0 > self.now()) {
            return Err(Error::Illegal(by.code()));
        }
        self.note(permit, permit.on().uuid(), &["appointment", "message"]);
        self.slot_step(&row, version, by, agree_due).await
    }

    async fn appointment_row_of(
        &self,
        permit: &Permit<CaseChange>,
        reference: Ref,
    ) -> Result<appointment::Model> {
        self.case_row(permit.on()).await?;
        appointment::Entity::find()
            .filter(appointment::Column::Reference.eq(Col(reference)))
            .filter(appointment::Column::CaseId.eq(Col(permit.on())))
            .lock_exclusive()
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(CaseChange::KIND))
    }

    /// Moves an appointment; the caller holds a permit and notes it. One way for everybody, so that every move looks the same.
    pub(crate) async fn slot_move(
        &mut self,
        row: &appointment::Model,
        version: i64,
        slot: Slot,
        agree_due: At,
    ) -> Result<()> {
        self.slot_case(row.case_id.0, slot).await?;
        let change = appointment::ActiveModel {
            starts_at: Set(Col(slot.starts_at)),
            minutes: Set(slot.minutes),
            ..Default::default()
        };
        self.slot_change(row, version, AppointmentMove::Move, change, agree_due)
            .await
    }

    /// Records what happened to an appointment; the caller holds a permit and notes it.
    pub(crate) async fn slot_step(
        &mut self,
        row: &appointment::Model,
        version: i64,
        by: AppointmentMove,
        agree_due: At,
    ) -> Result<()> {
        let change = appointment::ActiveModel::default();
        self.slot_change(row, version, by, change, agree_due).await
    }

    async fn slot_change(
        &mut self,
        row: &appointment::Model,
        version: i64,
        by: AppointmentMove,
        mut change: appointment::ActiveModel,
        agree_due: At,
    ) -> Result<()> {
        let next = state_of(row)?
            .apply(by)
            .map_err(|illegal| Error::Illegal(illegal.by))?;
        let time_holds = match by {
            AppointmentMove::Move => change.starts_at.try_as_ref() == Some(&row.starts_at),
            AppointmentMove::Rearrange | AppointmentMove::Cancel => false,
            AppointmentMove::Happen | AppointmentMove::Miss => true,
        };
        change.state = Set(next.code().to_owned());
        change.changed_at = Set(Col(self.now()));
        change.version = Set(version + 1);
        let done = appointment::Entity::update_many()
            .set(change)
            .filter(appointment::Column::Id.eq(row.id))
            .filter(appointment::Column::Version.eq(version))
            .exec(&self.tx)
            .await?;
        if done.rows_affected != 1 {
            return Err(Error::Conflict);
        }
        self.event_add(NewEvent {
            case: row.case_id.0,
            owner: row.person_id.0.uuid(),
            kind: told_as(by),
            referral: None,
            detail: None,
        })
        .await?;
        if !time_holds {
            // What tells of the old time would bring them to it.
            self.messages_of_a_time_end(row.case_id.0, row.person_id.0, row.starts_at.0)
                .await?;
        }
        self.time_is_agreed(row, next, by, agree_due).await
    }

    /// Whose turn it is to agree the time with the person: the worker's, as long as a time does not hold or somebody else changed it.
    ///
    /// A task about the time is the appointment's by the instant of the change that made it: a change ends the task of the change
    /// before it, and no other appointment of the case does.
    async fn time_is_agreed(
        &mut self,
        row: &appointment::Model,
        next: AppointmentState,
        by: AppointmentMove,
        due_at: At,
    ) -> Result<()> {
        let by_worker = self.actor().account() == Some(row.lead_account_id.0);
        let to_do =
            next == AppointmentState::ToRearrange || (by == AppointmentMove::Move && !by_worker);
        // The worker changes a time with the person; whoever else changes it leaves the worker something new to agree.
        if by_worker || to_do {
            let ended = if to_do {
                TaskOutcome::NotNeeded
            } else {
                TaskOutcome::Done
            };
            let made_at = row.changed_at.0;
            self.tasks_settle_made_at(row.case_id.0, TaskKind::AgreeTime, made_at, ended)
                .await?;
        }
        if !to_do {
            return Ok(());
        }
        self.task_add(&TaskNew {
            organisation: row.organisation_id.0,
            site: Some(row.site_id.0),
            case: Some(row.case_id.0),
            referral: None,
            owner_account: Some(row.lead_account_id.0),
            kind: TaskKind::AgreeTime,
            due_at,
            climbs_at: due_at,
        })
        .await
        .map(|_| ())
    }

    /// Calls off what is still ahead, because the case is closed: nobody waits for somebody who is not to come.
    pub(crate) async fn appointments_end(&mut self, permit: &Permit<CaseChange>) -> Result<()> {
        let rows = appointment::Entity::find()
            .filter(appointment::Column::CaseId.eq(Col(permit.on())))
            .order_by_asc(appointment::Column::Id)
            .all(&self.tx)
            .await?;
        for row in rows {
            let state = state_of(&row)?;
            let ahead = state == AppointmentState::Booked && row.starts_at.0 > self.now();
            if ahead || state == AppointmentState::ToRearrange {
                let change = appointment::ActiveModel {
                    state: Set(AppointmentState::Cancelled.code().to_owned()),
                    changed_at: Set(Col(self.now())),
                    version: Set(row.version + 1),
                    ..Default::default()
                };
                appointment::Entity::update_many()
                    .set(change)
                    .filter(appointment::Column::Id.eq(row.id))
                    .exec(&self.tx)
                    .await?;
                self.case_event(permit, StoryKind::AppointmentCancelled, None)
                    .await?;
            }
        }
        Ok(())
    }

    /// An appointment and its case, locked until commit, the case first.
    pub(crate) async fn appointment_row(&self, id: AppointmentId) -> Result<appointment::Model> {
        let find = || appointment::Entity::find_by_id(Col(id));
        let row = find().one(&self.tx).await?.ok_or(bad("id"))?;
        self.case_row(row.case_id.0).await?;
        find()
            .lock_exclusive()
            .one(&self.tx)
            .await?
            .ok_or(bad("id"))
    }
}

/// The titles of appointments that bring somebody to the site.
pub(crate) fn titles_at_the_site() -> impl Iterator<Item = &'static str> {
    NeutralTitle::ALL
        .iter()
        .filter(|title| is_at_the_site(**title))
        .map(|title| title.code())
}

/// The appointments of others that bring them to the site of this one between two instants.
pub(crate) fn others_at_the_site(
    here: &appointment::Model,
    (from, until): (At, At),
) -> Select<appointment::Entity> {
    let brings = AppointmentState::ALL
        .iter()
        .filter(|state| state.brings_them())
        .map(|state| state.code());
    appointment::Entity::find()
        .filter(appointment::Column::SiteId.eq(here.site_id))
        .filter(appointment::Column::StartsAt.gte(Col(from)))
        .filter(appointment::Column::StartsAt.lt(Col(until)))
        .filter(appointment::Column::PersonId.ne(here.person_id))
        .filter(appointment::Column::Title.is_in(titles_at_the_site()))
        .filter(appointment::Column::State.is_in(brings))
}
