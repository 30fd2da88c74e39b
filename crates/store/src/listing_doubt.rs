//! What the noes of services say of the directory: an entry may be wrong or silent about whom it takes. One row a service and reason,
//! with days and a number, and nothing of whom a no was about. A steward puts the entry right or leaves it.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait as _, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code as _;
use throughline_core::id::{Ref, ServiceId};
use throughline_core::referral::UnmetReason;
use throughline_policy::action::{DirectoryImport, ServiceEdit};
use throughline_policy::{Facts, Permit};

use crate::col::Col;
use crate::entity::{listing_doubt, service};
use crate::error::{Error, Result};
use crate::referral::{MovesReferral, Referral};
use crate::work::Work;

throughline_core::code_list! {
    /// What a steward made of it.
    pub enum DoubtState {
        /// Nobody has looked since the last no.
        Open = "open",
        /// The entry says it now. A later no for the same reason opens it again: then it does not.
        PutRight = "put_right",
        /// The entry stays as it is. It is not asked again for [`LEFT_DAYS`].
        Left = "left",
    }
}

/// For how long a steward is not asked again what they left as it is, in days (our design).
pub const LEFT_DAYS: i64 = 90;
const HOURS_A_DAY: i64 = 24;

/// What the noes of one service for one reason say of its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// Reference.
    pub reference: Ref,
    /// The service.
    pub service: ServiceId,
    /// The service by reference.
    pub service_reference: Ref,
    /// Its name.
    pub name: String,
    /// Why it said no.
    pub reason: UnmetReason,
    /// How often it did since the entry was last decided on.
    pub times: i64,
    /// The day of the first and of the last such no.
    pub days: (String, String),
}

impl Work<'_> {
    /// Counts a no that says something of the service's entry. It is noted the same for every no, so that a record of looks tells
    /// nothing of why.
    pub async fn listing_doubted<A: MovesReferral>(
        &mut self,
        permit: &Permit<A>,
        referral: &Referral,
        reason: UnmetReason,
    ) -> Result<()> {
        use listing_doubt::Column as C;
        if referral.id != permit.on() {
            return Err(Error::NotFound(A::KIND));
        }
        self.note(permit, permit.on().uuid(), &["reason"]);
        if !reason.is_about_the_entry() {
            return Ok(());
        }
        let today = self.now().london_date().to_string();
        let row = listing_doubt::ActiveModel {
            id: Set(self.env().id::<()>().uuid()),
            reference: Set(Col(self.env().reference())),
            service_id: Set(Col(referral.service)),
            reason: Set(reason.code().to_owned()),
            state: Set(DoubtState::Open.code().to_owned()),
            times: Set(1),
            first_on: Set(today.clone()),
            last_on: Set(today.clone()),
            decided_at: Set(None),
            decided_by: Set(None),
        };
        let own = |column| Expr::col((listing_doubt::Entity, column));
        let long_ago = self.now().plus_hours(-LEFT_DAYS * HOURS_A_DAY);
        let stays_left = own(C::State)
            .eq(DoubtState::Left.code())
            .and(own(C::DecidedAt).gt(Col(long_ago)));
        let again = OnConflict::columns([C::ServiceId, C::Reason])
            .value(C::Times, own(C::Times).add(1))
            .value(C::LastOn, today)
            .value(
                C::State,
                CaseStatement::new()
                    .case(stays_left, DoubtState::Left.code())
                    .finally(DoubtState::Open.code()),
            )
            .to_owned();
        listing_doubt::Entity::insert(row)
            .on_conflict(again)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// What waits for a steward, the latest first.
    pub async fn listing_doubts(
        &mut self,
        permit: &Permit<DirectoryImport>,
        limit: u64,
    ) -> Result<Vec<Doubt>> {
        self.note(permit, permit.on().uuid(), &["doubts"]);
        let rows = listing_doubt::Entity::find()
            .filter(listing_doubt::Column::State.eq(DoubtState::Open.code()))
            .order_by_desc(listing_doubt::Column::LastOn)
            .order_by_asc(listing_doubt::Column::Id)
            .limit(limit)
            .all(&self.tx)
            .await?;
        let ids: Vec<ServiceId> = rows.iter().map(|row| row.service_id.0).collect();
        let services = self.services_by_id(&ids).await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(service) = services.iter().find(|one| one.id == row.service_id.0) else {
                continue;
            };
            out.push(Doubt {
                reference: row.reference.0,
                service: service.id,
                service_reference: service.reference,
                name: service.entry.name.clone(),
                reason: UnmetReason::from_code(&row.reason).map_err(|_| Error::RowShape {
                    table: "listing_doubt",
                    column: "reason",
                })?,
                times: row.times,
                days: (row.first_on, row.last_on),
            });
        }
        Ok(out)
    }

    /// The ties of the service that a doubt is about.
    pub async fn listing_doubt_facts(&self, reference: Ref) -> Result<Option<Facts<ServiceId>>> {
        let row = listing_doubt::Entity::find()
            .filter(listing_doubt::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let service = service::Entity::find_by_id(row.service_id)
            .one(&self.tx)
            .await?;
        match service {
            Some(service) => self.service_facts(service.reference.0).await,
            None => Ok(None),
        }
    }

    /// Decides on a doubt. Errors with [`Error::Conflict`] when somebody has before.
    pub async fn listing_doubt_decide(
        &mut self,
        permit: &Permit<ServiceEdit>,
        reference: Ref,
        state: DoubtState,
    ) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["doubts"]);
        let change = listing_doubt::ActiveModel {
            state: Set(state.code().to_owned()),
            times: Set(0),
            first_on: Set(self.now().london_date().to_string()),
            decided_at: Set(Some(Col(self.now()))),
            decided_by: Set(Some(Col(self.named_human()?))),
            ..Default::default()
        };
        let done = listing_doubt::Entity::update_many()
            .set(change)
            .filter(listing_doubt::Column::Reference.eq(Col(reference)))
            .filter(listing_doubt::Column::ServiceId.eq(Col(permit.on())))
            .filter(listing_doubt::Column::State.eq(DoubtState::Open.code()))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }
}
