//! Legal holds: nothing of a record is erased while one stands (SPEC R-IG-11, decision 0022).

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use throughline_core::code::Code;
use throughline_core::erasure::HoldKind;
use throughline_core::id::{AccountId, Ref};
use throughline_core::reason::Reason;
use throughline_core::time::At;
use throughline_policy::Permit;
use throughline_policy::action::CaseErase;

use crate::case::person_of;
use crate::col::Col;
use crate::entity::legal_hold;
use crate::error::{Error, Result};
use crate::keys::place;
use crate::work::Work;

/// A hold that nobody has lifted.
#[derive(Clone)]
pub struct Hold {
    /// Reference.
    pub reference: Ref,
    /// Why the record must be kept.
    pub kind: HoldKind,
    /// In words.
    pub reason: String,
    /// Who set it.
    pub set_by: AccountId,
    /// When.
    pub set_at: At,
}

impl std::fmt::Debug for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hold({})", self.kind)
    }
}

impl Work<'_> {
    /// The hold on a person's record, if there is one.
    pub async fn hold(&mut self, permit: &Permit<CaseErase>) -> Result<Option<Hold>> {
        let owner = person_of(permit)?;
        let row = legal_hold::Entity::find()
            .filter(legal_hold::Column::PersonId.eq(owner))
            .filter(legal_hold::Column::LiftedAt.is_null())
            .order_by_asc(legal_hold::Column::Id)
            .one(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["hold"]);
        let Some(row) = row else { return Ok(None) };
        let reason = self
            .open(owner, place("legal_hold", "reason", row.id), &row.reason)
            .await?;
        Ok(Some(Hold {
            reference: row.reference.0,
            kind: HoldKind::from_code(&row.kind).map_err(|_| Error::RowShape {
                table: "legal_hold",
                column: "kind",
            })?,
            reason,
            set_by: row.set_by.0,
            set_at: row.set_at.0,
        }))
    }

    /// Sets a hold. Errors with [`Error::Conflict`] when there is one.
    pub async fn hold_set(
        &mut self,
        permit: &Permit<CaseErase>,
        kind: HoldKind,
        reason: &Reason,
    ) -> Result<()> {
        let by = self.named_human()?;
        let owner = self.person_locked(permit).await?;
        if self.hold(permit).await?.is_some() {
            return Err(Error::Conflict);
        }
        let id = self.env().id::<()>().uuid();
        let reason = self
            .seal(
                owner.uuid(),
                place("legal_hold", "reason", id),
                &reason.as_str(),
            )
            .await?;
        let row = legal_hold::ActiveModel {
            id: Set(id),
            reference: Set(Col(self.env().reference())),
            person_id: Set(Col(owner)),
            kind: Set(kind.code().to_owned()),
            reason: Set(reason),
            set_by: Set(Col(by)),
            set_at: Set(Col(self.now())),
            lifted_by: Set(None),
            lifted_at: Set(None),
        };
        legal_hold::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["hold"]);
        Ok(())
    }

    /// Lifts a hold. Errors with [`Error::Conflict`] when it is lifted already.
    pub async fn hold_lift(&mut self, permit: &Permit<CaseErase>, hold: Ref) -> Result<()> {
        let by = self.named_human()?;
        let lifted = legal_hold::ActiveModel {
            lifted_by: Set(Some(Col(by))),
            lifted_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        let done = legal_hold::Entity::update_many()
            .set(lifted)
            .filter(legal_hold::Column::Reference.eq(Col(hold)))
            .filter(legal_hold::Column::PersonId.eq(person_of(permit)?))
            .filter(legal_hold::Column::LiftedAt.is_null())
            .exec(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["hold"]);
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }
}
