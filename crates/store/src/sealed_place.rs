//! The one address that a service gives once it has said yes (decision 0026): sealed under the key of the service's organisation,
//! opened once for the worker whose case it is, and gone in the same commit.

use std::cmp::Reverse;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use throughline_core::code::Code as _;
use throughline_core::id::{AccountId, Ref, ReferralId};
use throughline_core::place::{PLACE_DAYS, PlaceEnd};
use throughline_core::reason::Words;
use throughline_core::reveal::Reason;
use throughline_core::time::At;
use throughline_policy::action::{PlaceReveal, PlaceRevealAtRisk, PlaceSay};
use throughline_policy::{Action, Actor, Permit};
use uuid::Uuid;

use crate::audit::Event;
use crate::col::Col;
use crate::entity::sealed_place;
use crate::error::{Error, Result};
use crate::keys::place;
use crate::referral::{Referral, SeesReferral};
use crate::reveal::Reveals;
use crate::work::Work;

/// Actions under which the address is shown.
pub trait RevealsPlace: Reveals {}
impl RevealsPlace for PlaceReveal {}
impl RevealsPlace for PlaceRevealAtRisk {}

/// What is known of an address that a service gave: never the address.
#[derive(Debug, Clone)]
pub struct PlaceSaid {
    /// Which one, for the second person. Shown to nobody.
    pub id: Uuid,
    /// When it was given.
    pub said_at: At,
    /// Until when it waits to be seen.
    pub lapses_at: At,
    /// How and when it came to its end; `None` while it waits.
    pub ended: Option<(PlaceEnd, At)>,
    /// Who saw it.
    pub shown_to: Option<AccountId>,
}

const TABLE: &str = "sealed_place";

fn said(row: &sealed_place::Model, now: At) -> Result<PlaceSaid> {
    let ended = match (row.ended.as_deref(), row.ended_at) {
        (Some(code), Some(at)) => {
            let end = PlaceEnd::from_code(code).map_err(|_| Error::RowShape {
                table: TABLE,
                column: "ended",
            })?;
            Some((end, at.0))
        }
        // Whether or not a job has come by.
        _ if row.lapses_at.0 <= now => Some((PlaceEnd::Lapsed, row.lapses_at.0)),
        _ => None,
    };
    Ok(PlaceSaid {
        id: row.id,
        said_at: row.said_at.0,
        lapses_at: row.lapses_at.0,
        ended,
        shown_to: row.shown_to.map(|id| id.0),
    })
}

impl Work<'_> {
    /// Keeps the address that the service gives, in place of one that waits.
    pub async fn place_say(&mut self, permit: &Permit<PlaceSay>, address: &Words) -> Result<()> {
        let own = self
            .actor()
            .organisation()
            .ok_or(Error::NotFound(PlaceSay::KIND))?;
        let of_referral = sealed_place::Column::ReferralId.eq(Col(permit.on()));
        self.places_end(of_referral, PlaceEnd::Replaced, None)
            .await?;
        self.organisation_data_key(own).await?;
        let id = self.env().id::<()>().uuid();
        let value = self
            .seal(own.uuid(), place(TABLE, "value", id), &address.as_str())
            .await?;
        let row = sealed_place::ActiveModel {
            id: Set(id),
            referral_id: Set(Col(permit.on())),
            organisation_id: Set(Col(own)),
            value: Set(Some(value)),
            said_at: Set(Col(self.now())),
            said_by: Set(self.actor().account().map(Col)),
            lapses_at: Set(Col(self.now().plus_days(PLACE_DAYS))),
            ended_at: Set(None),
            ended: Set(None),
            shown_to: Set(None),
        };
        sealed_place::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["place"]);
        Ok(())
    }

    /// Takes it back before anybody saw it. Errors with [`Error::Conflict`] when none waits: then somebody was quicker.
    pub async fn place_take_back(&mut self, permit: &Permit<PlaceSay>) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["place"]);
        let of_referral = sealed_place::Column::ReferralId.eq(Col(permit.on()));
        match self
            .places_end(of_referral, PlaceEnd::TakenBack, None)
            .await?
        {
            0 => Err(Error::Conflict),
            _ => Ok(()),
        }
    }

    /// The addresses that a service gave with a referral: what waits first, then what ended last. Never an address.
    pub async fn places<A: SeesReferral>(&mut self, permit: &Permit<A>) -> Result<Vec<PlaceSaid>> {
        self.note(permit, permit.on().uuid(), &["place_state"]);
        self.places_of(permit.on()).await
    }

    /// The address that waits to be seen; `None` when there is none.
    pub async fn place_waiting<A: RevealsPlace>(
        &mut self,
        permit: &Permit<A>,
    ) -> Result<Option<PlaceSaid>> {
        self.note(permit, permit.on().uuid(), &["place_state"]);
        let all = self.places_of(permit.on()).await?;
        // There is never more than one: another takes its place.
        Ok(all.into_iter().find(|place| place.ended.is_none()))
    }

    async fn places_of(&self, referral: ReferralId) -> Result<Vec<PlaceSaid>> {
        let rows = sealed_place::Entity::find()
            .filter(sealed_place::Column::ReferralId.eq(Col(referral)))
            .all(&self.tx)
            .await?;
        let all = rows.iter().map(|row| said(row, self.now()));
        let mut all: Vec<PlaceSaid> = all.collect::<Result<_>>()?;
        all.sort_by_key(|place| Reverse((place.ended.is_none(), place.ended.map(|(_, at)| at))));
        Ok(all)
    }

    /// The address, once: it is on record why and to whom, here and where the service is, and it is gone.
    ///
    /// Errors with [`Error::Conflict`] when none waits, or this ask was answered before.
    pub async fn place_show<A: RevealsPlace>(
        &mut self,
        permit: &Permit<A>,
        ask: Ref,
        reason: &Reason,
    ) -> Result<String> {
        let me = self.named_human()?;
        self.reveal_record(permit, ask, reason).await?;
        let waiting = self.place_waiting(permit).await?.ok_or(Error::Conflict)?;
        let row = sealed_place::Entity::find_by_id(waiting.id)
            .one(&self.tx)
            .await?
            .ok_or(Error::Conflict)?;
        let value = row.value.as_ref().ok_or(Error::Conflict)?;
        let owner = row.organisation_id.0;
        let address = self
            .open(owner.uuid(), place(TABLE, "value", row.id), value)
            .await?;
        let this = sealed_place::Column::Id.eq(row.id);
        if self.places_end(this, PlaceEnd::Shown, Some(me)).await? != 1 {
            return Err(Error::Conflict);
        }
        self.note(permit, permit.on().uuid(), &["place"]);
        self.note_there(permit, owner, &["place", PlaceEnd::Shown.code()]);
        Ok(address)
    }

    /// Ends what waits of a referral that is no longer with the service. The note of the move covers it.
    pub async fn place_over(&mut self, referral: &Referral) -> Result<()> {
        let of_referral = sealed_place::Column::ReferralId.eq(Col(referral.id));
        self.places_end(of_referral, PlaceEnd::Over, None)
            .await
            .map(drop)
    }

    /// Lets what nobody saw in time lapse. Gives how many.
    ///
    /// Errors unless the system itself asks.
    pub async fn places_lapse(&mut self) -> Result<u64> {
        if !matches!(self.actor(), Actor::System { .. }) {
            return Err(Error::Illegal("only the system lets it lapse"));
        }
        let late = sealed_place::Column::LapsesAt.lte(Col(self.now()));
        let gone = self.places_end(late, PlaceEnd::Lapsed, None).await?;
        if gone > 0 {
            self.note_event(Event::PromiseKept, None, &["place"]);
        }
        Ok(gone)
    }

    /// Ends those that wait, and their words with them.
    async fn places_end(
        &self,
        which: SimpleExpr,
        end: PlaceEnd,
        shown_to: Option<AccountId>,
    ) -> Result<u64> {
        let waits = Condition::all()
            .add(which)
            .add(sealed_place::Column::EndedAt.is_null());
        let any = sealed_place::Entity::find()
            .filter(waits.clone())
            .one(&self.tx)
            .await?;
        // A change that changes nothing would still have to be accounted for.
        if any.is_none() {
            return Ok(0);
        }
        let change = sealed_place::ActiveModel {
            value: Set(None),
            ended_at: Set(Some(Col(self.now()))),
            ended: Set(Some(end.code().to_owned())),
            shown_to: Set(shown_to.map(Col)),
            ..Default::default()
        };
        let done = sealed_place::Entity::update_many()
            .set(change)
            .filter(waits)
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected)
    }
}
