//! Each time somebody was shown how to reach a person: who, when and why (ASSURANCE I4). It is written in the work that shows it.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use throughline_core::code::Code as _;
use throughline_core::id::{AccountId, OrganisationId, Ref, ReferralId};
use throughline_core::reveal::{Reason, Why};
use throughline_core::time::At;
use throughline_policy::action::{
    ContactReveal, ContactRevealAtRisk, PlaceReveal, PlaceRevealAtRisk, ReferralRead, TaskDo,
};
use throughline_policy::{Action, Permit};

use crate::col::Col;
use crate::entity::reveal;
use crate::error::{Error, Result};
use crate::keys::place;
use crate::work::Work;

/// Actions under which something that leads to a person is shown.
pub trait Reveals: Action<Subject = ReferralId> {}
impl Reveals for ContactReveal {}
impl Reveals for ContactRevealAtRisk {}
impl Reveals for PlaceReveal {}
impl Reveals for PlaceRevealAtRisk {}

/// Actions under which it is shown how to reach them.
pub trait RevealsContact: Reveals {}
impl RevealsContact for ContactReveal {}
impl RevealsContact for ContactRevealAtRisk {}

/// One time that something was shown.
#[derive(Clone)]
pub struct Reveal {
    /// When.
    pub at: At,
    /// To somebody of which organisation.
    pub organisation: OrganisationId,
    /// To whom, where it was somebody with an account; else the holder of a link.
    pub account: Option<AccountId>,
    /// Why.
    pub why: Why,
    /// Their own words.
    pub words: Option<String>,
}

impl std::fmt::Debug for Reveal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reveal({}, {})", self.why, self.at)
    }
}

const TABLE: &str = "reveal";

impl Work<'_> {
    /// Puts on record that something is shown, and why, before it is. An ask is good once: errors with [`Error::Conflict`] when
    /// this one was answered before.
    pub(crate) async fn reveal_record<A: Reveals>(
        &mut self,
        permit: &Permit<A>,
        ask: Ref,
        reason: &Reason,
    ) -> Result<()> {
        let owner = permit.person().ok_or(Error::NotFound(A::KIND))?.uuid();
        let organisation = self
            .actor()
            .organisation()
            .ok_or(Error::NotFound(A::KIND))?;
        let asked = reveal::Column::Reference.eq(Col(ask));
        let before = reveal::Entity::find().filter(asked).one(&self.tx).await?;
        if before.is_some() {
            return Err(Error::Conflict);
        }
        let id = self.env().id::<()>().uuid();
        let said = reason.words().map(|words| words.as_str().to_owned());
        let words = self
            .seal_option(owner, place(TABLE, "words", id), said.as_ref())
            .await?;
        let row = reveal::ActiveModel {
            id: Set(id),
            reference: Set(Col(ask)),
            referral_id: Set(Col(permit.on())),
            organisation_id: Set(Col(organisation)),
            account_id: Set(self.actor().account().map(Col)),
            why: Set(reason.why().code().to_owned()),
            words: Set(words),
            at: Set(Col(self.now())),
        };
        reveal::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["reason"]);
        Ok(())
    }

    /// Whether it was whoever does this task who was shown at once what the referral of it leads to: somebody else reviews that.
    pub async fn reveal_was_mine(
        &mut self,
        permit: &Permit<TaskDo>,
        referral: ReferralId,
    ) -> Result<bool> {
        self.note(permit, permit.on().uuid(), &["looks"]);
        let by = self.reveal_at_risk_by(referral).await?;
        Ok(by.is_some() && by == self.actor().account())
    }

    /// Who was last shown at once what a referral leads to, where it was somebody with an account.
    pub(crate) async fn reveal_at_risk_by(
        &self,
        referral: ReferralId,
    ) -> Result<Option<AccountId>> {
        let row = reveal::Entity::find()
            .filter(reveal::Column::ReferralId.eq(Col(referral)))
            .filter(reveal::Column::Why.eq(Why::LifeAtRisk.code()))
            .order_by_desc(reveal::Column::At)
            .one(&self.tx)
            .await?;
        Ok(row.and_then(|row| row.account_id).map(|id| id.0))
    }

    /// Each time that something of a referral was shown, newest first, for those who sent it.
    pub async fn reveals(&mut self, permit: &Permit<ReferralRead>) -> Result<Vec<Reveal>> {
        let absent = Error::NotFound(ReferralRead::KIND);
        let owner = permit.person().ok_or(absent)?.uuid();
        let rows = reveal::Entity::find()
            .filter(reveal::Column::ReferralId.eq(Col(permit.on())))
            .order_by_desc(reveal::Column::At)
            .order_by_desc(reveal::Column::Id)
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["looks"]);
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            out.push(Reveal {
                at: row.at.0,
                organisation: row.organisation_id.0,
                account: row.account_id.map(|id| id.0),
                why: Why::from_code(&row.why).map_err(|_| Error::RowShape {
                    table: TABLE,
                    column: "why",
                })?,
                words: self
                    .open_option(owner, place(TABLE, "words", row.id), row.words.as_ref())
                    .await?,
            });
        }
        Ok(out)
    }
}
