//! Private rooms asked for at the front desk (SPEC 3.4, NE-21). A request holds a site, times and who came: there is no column
//! in which anybody could say why.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code;
use throughline_core::id::{AccountId, OrganisationId, Ref, RoomRequestId, SiteId};
use throughline_core::room::{RoomMove, RoomState};
use throughline_core::task::Owner;
use throughline_core::time::At;
use throughline_policy::action::{RoomAnswer, RoomList, RoomRequest};
use throughline_policy::{Action, Facts, Permit, Scope, Ties};

use crate::audit::Event;
use crate::col::Col;
use crate::entity::room_request;
use crate::error::{Error, Result};
use crate::post::{Below, NOBODY_TO_TELL};
use crate::scope::{About, TieColumns, branches};
use crate::work::Work;

/// A request for a private room.
#[derive(Debug, Clone)]
pub struct Room {
    /// Internal id.
    pub id: RoomRequestId,
    /// Reference.
    pub reference: Ref,
    /// Whose site it is.
    pub organisation: OrganisationId,
    /// The site.
    pub site: SiteId,
    /// Where it stands.
    pub state: RoomState,
    /// When it was asked for.
    pub asked_at: At,
    /// Who came.
    pub answered_by: Option<AccountId>,
    /// When they came.
    pub answered_at: Option<At>,
    /// When the state's clock runs out: the next one is alerted, or the request closes by itself.
    pub due_at: Option<At>,
    /// Version, for optimistic locking.
    pub version: i64,
}

/// What a request or a climb did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomAlert {
    /// The request.
    pub id: RoomRequestId,
    /// Its reference.
    pub reference: Ref,
    /// Where it stands now.
    pub state: RoomState,
    /// Who is to be told; `None` when it is over, and where a whole organisation has nobody who could be.
    pub told: Option<AccountId>,
    /// Whether nobody stood above, so that the top is told again: an alarm.
    pub again: bool,
    /// Version, which tells one alert from the next.
    pub version: i64,
}

const fn ties() -> TieColumns<room_request::Column> {
    TieColumns {
        organisation: Some(room_request::Column::OrganisationId),
        site: Some(room_request::Column::SiteId),
        lead: None,
        to: None,
        accepted_by: None,
        referral: None,
        about: About::Nobody,
    }
}

fn facts(row: &room_request::Model) -> Facts<RoomRequestId> {
    Facts {
        subject: row.id.0,
        person: None,
        ties: Ties {
            organisation: Some(row.organisation_id.0),
            site: Some(row.site_id.0),
            ..Ties::default()
        },
    }
}

fn state_of(row: &room_request::Model) -> Result<RoomState> {
    RoomState::from_code(&row.state).map_err(|_| Error::RowShape {
        table: "room_request",
        column: "state",
    })
}

fn room_of(row: &room_request::Model) -> Result<Room> {
    Ok(Room {
        id: row.id.0,
        reference: row.reference.0,
        organisation: row.organisation_id.0,
        site: row.site_id.0,
        state: state_of(row)?,
        asked_at: row.asked_at.0,
        answered_by: row.answered_by.map(|id| id.0),
        answered_at: row.answered_at.map(|at| at.0),
        due_at: row.due_at.map(|at| at.0),
        version: row.version,
    })
}

/// A room climbs no further than the site manager, or the third who stands in: from there the same one is told again.
pub(crate) const TOP: i64 = 3;

/// The level on the ladder of the post that a state waits for; see `task`.
const fn level(state: RoomState) -> i64 {
    match state.duty() {
        Some(duty) => match duty.owner {
            Owner::Lead => 1,
            Owner::Deputy => 2,
            _ => TOP,
        },
        None => 0,
    }
}

impl Work<'_> {
    /// The ties of a request, by reference.
    pub async fn room_facts(&mut self, reference: Ref) -> Result<Option<Facts<RoomRequestId>>> {
        let row = room_request::Entity::find()
            .filter(room_request::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        Ok(row.as_ref().map(facts))
    }

    /// The ties of a request, by id.
    pub async fn room_facts_by_id(
        &mut self,
        id: RoomRequestId,
    ) -> Result<Option<Facts<RoomRequestId>>> {
        Ok(room_request::Entity::find_by_id(Col(id))
            .one(&self.tx)
            .await?
            .as_ref()
            .map(facts))
    }

    /// Asks for a private room; the lead is alerted at once. Where a site has no lead today, whoever is next is, or stands in.
    ///
    /// Errors with [`Error::Illegal`] when a whole organisation has nobody who could be told: nobody is to wait for somebody who
    /// was never asked.
    pub async fn room_request(
        &mut self,
        permit: &Permit<RoomRequest>,
        due_at: At,
    ) -> Result<RoomAlert> {
        let asked_by = self
            .actor()
            .account()
            .ok_or(Error::NotFound(RoomRequest::KIND))?;
        let (id, reference) = (self.env().id(), self.env().reference());
        let next = self
            .next_post(
                permit.organisation(),
                Some(permit.on()),
                Below::default(),
                TOP,
            )
            .await?;
        let told = next.told.ok_or(Error::Illegal(NOBODY_TO_TELL))?;
        let mut state = RoomState::Asked
            .apply(RoomMove::AlertLead)
            .map_err(|illegal| Error::Illegal(illegal.by))?;
        while level(state) < next.level {
            state = state
                .apply(RoomMove::Climb)
                .map_err(|illegal| Error::Illegal(illegal.by))?;
        }
        let now = self.now();
        let row = room_request::ActiveModel {
            id: Set(Col(id)),
            reference: Set(Col(reference)),
            organisation_id: Set(Col(permit.organisation())),
            site_id: Set(Col(permit.on())),
            state: Set(state.code().to_owned()),
            asked_at: Set(Col(now)),
            asked_by: Set(Col(asked_by)),
            lead_alerted_at: Set((state == RoomState::LeadAlerted).then_some(Col(now))),
            deputy_alerted_at: Set((state == RoomState::DeputyAlerted).then_some(Col(now))),
            due_at: Set(Some(Col(due_at))),
            answered_by: Set(None),
            answered_at: Set(None),
            closed_at: Set(None),
            version: Set(1),
        };
        room_request::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, id.uuid(), &["room"]);
        Ok(RoomAlert {
            id,
            reference,
            state,
            told: Some(told),
            again: false,
            version: 1,
        })
    }

    /// The requests of a site that are not closed, oldest first.
    pub async fn rooms(&mut self, scope: &Scope<RoomList>, limit: u64) -> Result<Vec<Room>> {
        self.note_scope(scope, &["state", "asked_at"]);
        self.rooms_in(scope, None, limit).await
    }

    /// The requests whose clock has run out.
    pub async fn rooms_due(&mut self, scope: &Scope<RoomList>, limit: u64) -> Result<Vec<Room>> {
        self.note_scope(scope, &["state", "due_at"]);
        let now = self.now();
        self.rooms_in(scope, Some(now), limit).await
    }

    async fn rooms_in(
        &mut self,
        scope: &Scope<RoomList>,
        due: Option<At>,
        limit: u64,
    ) -> Result<Vec<Room>> {
        let mut out = Vec::new();
        for branch in branches(scope, &ties(), self.now()) {
            let mut query = room_request::Entity::find()
                .filter(branch)
                .filter(room_request::Column::ClosedAt.is_null());
            if let Some(now) = due {
                query = query.filter(room_request::Column::DueAt.lte(Col(now)));
            }
            let rows = query
                .order_by_asc(room_request::Column::Id)
                .limit(limit)
                .all(&self.tx)
                .await?;
            for row in &rows {
                out.push(room_of(row)?);
            }
        }
        Ok(out)
    }

    async fn room_row(&self, id: RoomRequestId) -> Result<room_request::Model> {
        let row = room_request::Entity::find_by_id(Col(id))
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        row.ok_or(Error::NotFound(RoomList::KIND))
    }

    async fn room_update(
        &mut self,
        row: &room_request::Model,
        mut change: room_request::ActiveModel,
    ) -> Result<()> {
        change.version = Set(row.version + 1);
        let done = room_request::Entity::update_many()
            .set(change)
            .filter(room_request::Column::Id.eq(row.id))
            .filter(room_request::Column::Version.eq(row.version))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }

    /// Answers a request: the actor comes ([`RoomMove::Answer`]), or says that it is over ([`RoomMove::Close`]). `due_at` is
    /// when an answered request closes by itself.
    ///
    /// Errors with [`Error::Illegal`] for any other move, or one that the state does not allow.
    pub async fn room_answer(
        &mut self,
        permit: &Permit<RoomAnswer>,
        made: RoomMove,
        due_at: At,
    ) -> Result<RoomState> {
        let row = self.room_row(permit.on()).await?;
        let next = match made {
            RoomMove::Answer | RoomMove::Close => state_of(&row)?
                .apply(made)
                .map_err(|illegal| Error::Illegal(illegal.by))?,
            RoomMove::AlertLead | RoomMove::Climb => return Err(Error::Illegal(made.code())),
        };
        let mut change = room_request::ActiveModel {
            state: Set(next.code().to_owned()),
            ..Default::default()
        };
        if next.is_final() {
            change.closed_at = Set(Some(Col(self.now())));
            change.due_at = Set(None);
        } else {
            change.answered_by = Set(self.actor().account().map(Col));
            change.answered_at = Set(Some(Col(self.now())));
            change.due_at = Set(Some(Col(due_at)));
        }
        self.room_update(&row, change).await?;
        self.note(permit, permit.on().uuid(), &["state"]);
        Ok(next)
    }

    /// Makes the move that a request makes by itself when its clock has run out: alert the next one, or close.
    ///
    /// Errors with [`Error::Illegal`] when its time has not come.
    pub async fn room_time_out(
        &mut self,
        permit: &Permit<RoomList>,
        due_at: At,
    ) -> Result<RoomAlert> {
        let row = self.room_row(permit.on()).await?;
        let state = state_of(&row)?;
        if row.due_at.is_none_or(|at| at.0 > self.now()) {
            return Err(Error::Illegal("climb"));
        }
        let step = |state: RoomState| match state.duty().map(|duty| duty.on_timeout) {
            Some(throughline_core::task::OnTimeout::Move(made)) => state
                .apply(made)
                .map_err(|illegal| Error::Illegal(illegal.by)),
            _ => Err(Error::Illegal("climb")),
        };
        let mut next = step(state)?;
        let (mut told, mut again) = (None, false);
        if !next.is_final() {
            let (organisation, site) = (row.organisation_id.0, row.site_id.0);
            let below = Below {
                level: level(state),
                ..Below::default()
            };
            let above = self.next_post(organisation, Some(site), below, TOP).await?;
            (told, again) = (above.told, above.again);
            while level(next) < above.level {
                next = step(next)?;
            }
        }
        let now = self.now();
        let mut change = room_request::ActiveModel {
            state: Set(next.code().to_owned()),
            due_at: Set((!next.is_final()).then_some(Col(due_at))),
            closed_at: Set(next.is_final().then_some(Col(now))),
            ..Default::default()
        };
        if next == RoomState::DeputyAlerted && told.is_some() {
            change.deputy_alerted_at = Set(Some(Col(now)));
        }
        self.room_update(&row, change).await?;
        self.note_event(Event::PromiseKept, Some(row.id.0.uuid()), &["room"]);
        self.note(permit, permit.on().uuid(), &["state"]);
        Ok(RoomAlert {
            id: row.id.0,
            reference: row.reference.0,
            state: next,
            told,
            again,
            version: row.version + 1,
        })
    }
}
