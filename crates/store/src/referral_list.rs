//! Lists of referrals: of a case, sent, received, accepted, overdue; and the steps of one.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::NullOrdering;
use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code;
use throughline_core::id::Ref;
use throughline_core::referral::ReferralState;
use throughline_core::time::At;
use throughline_policy::action::{OutcomeRecord, ReferralRead, ReferralReceive, ReferralRecord};
use throughline_policy::{Action, Permit, Scope};

use crate::col::Col;
use crate::entity::{referral, referral_transition};
use crate::error::{Error, Result};
use crate::referral::{MovesReferral, Referral, SeesReferral, Transition, Via, plain};
use crate::scope::{About, NOT_A_ROW, TieColumns, branches, condition};
use crate::sharing::SeesSharing;
use crate::work::Work;

pub(crate) const fn ties() -> TieColumns<referral::Column> {
    TieColumns {
        organisation: Some(referral::Column::FromOrganisationId),
        site: Some(referral::Column::FromSiteId),
        lead: Some(referral::Column::LeadAccountId),
        to: Some(referral::Column::LiveOrganisationId),
        accepted_by: Some(referral::Column::AcceptedOrganisationId),
        referral: Some(referral::Column::Id),
        about: About::Person(referral::Column::PersonId),
    }
}

impl Work<'_> {
    /// The referrals of a case, newest first.
    pub async fn case_referrals<A: SeesSharing>(
        &mut self,
        permit: &Permit<A>,
    ) -> Result<Vec<Referral>> {
        let rows = referral::Entity::find()
            .filter(referral::Column::CaseId.eq(Col(permit.on())))
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["referral"]);
        let mut out = rows.iter().map(plain).collect::<Result<Vec<_>>>()?;
        out.sort_by_key(|referral| std::cmp::Reverse(referral.id));
        Ok(out)
    }

    /// The other referrals of the same case for the same need that are not over, oldest first. For the sender and the system:
    /// no service ever learns whom else somebody asked.
    pub async fn referral_others(
        &mut self,
        permit: &Permit<ReferralRead>,
        referral: &Referral,
    ) -> Result<Vec<Referral>> {
        if referral.id != permit.on() {
            return Err(Error::NotFound(ReferralRead::KIND));
        }
        let rows = referral::Entity::find()
            .filter(referral::Column::CaseId.eq(Col(referral.case)))
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["referral"]);
        let mut out = rows.iter().map(plain).collect::<Result<Vec<_>>>()?;
        out.retain(|other| {
            other.id != referral.id && other.need == referral.need && !other.state.is_final()
        });
        out.sort_by_key(|other| other.id);
        Ok(out)
    }

    /// Every referral of the same case for the same need, over or not, this one too, oldest first; locked until commit, so that two
    /// nodes do not both ask the next one. For the system, which says whose turn it is: no service ever learns whom else somebody asked.
    pub async fn referral_line_for_update(
        &mut self,
        permit: &Permit<ReferralRecord>,
    ) -> Result<Vec<Referral>> {
        let own = referral::Entity::find_by_id(Col(permit.on()))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(ReferralRecord::KIND))?;
        let rows = referral::Entity::find()
            .filter(referral::Column::CaseId.eq(own.case_id))
            .filter(referral::Column::Need.eq(own.need))
            .order_by_asc(referral::Column::Id)
            .lock_exclusive()
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["referral"]);
        rows.iter().map(plain).collect()
    }

    /// Has whoever stands in line for the same need looked at now, because something became of this request. It is said blindly and
    /// noted the same whether anybody stands there: no service, and no log of its organisation, learns whom else somebody asked.
    pub async fn referral_line_wake<A: MovesReferral>(
        &mut self,
        permit: &Permit<A>,
        referral: &Referral,
    ) -> Result<()> {
        if referral.id != permit.on() {
            return Err(Error::NotFound(A::KIND));
        }
        self.note(permit, permit.on().uuid(), &["line"]);
        let change = referral::ActiveModel {
            due_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        referral::Entity::update_many()
            .set(change)
            .filter(referral::Column::CaseId.eq(Col(referral.case)))
            .filter(referral::Column::Need.eq(referral.need.code()))
            .filter(referral::Column::State.eq(ReferralState::InLine.code()))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// The steps of a referral, oldest first.
    pub async fn referral_steps<A: SeesReferral>(
        &mut self,
        permit: &Permit<A>,
    ) -> Result<Vec<Transition>> {
        let rows = referral_transition::Entity::find()
            .filter(referral_transition::Column::ReferralId.eq(Col(permit.on())))
            .order_by_asc(referral_transition::Column::At)
            .order_by_asc(referral_transition::Column::Id)
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["steps"]);
        let bad = |column| Error::RowShape {
            table: "referral_transition",
            column,
        };
        rows.into_iter()
            .map(|row| {
                Ok(Transition {
                    at: row.at.0,
                    from: ReferralState::from_code(&row.from_state)
                        .map_err(|_| bad("from_state"))?,
                    to: ReferralState::from_code(&row.to_state).map_err(|_| bad("to_state"))?,
                    made: row.made_move,
                    via: Via::from_code(&row.via).map_err(|_| bad("via"))?,
                    account: row.account_id.map(|id| id.0),
                })
            })
            .collect()
    }

    /// Referrals with the partner's organisation that stand in one of these states, the most urgent clock first; no content.
    pub async fn referrals_received(
        &mut self,
        scope: &Scope<ReferralReceive>,
        states: &[ReferralState],
        limit: u64,
    ) -> Result<Vec<Referral>> {
        self.note_scope(scope, &["state", "need", "due_at"]);
        let found = self.referrals_in(scope, states, None, limit).await?;
        self.referrals_shown(scope, found).await
    }

    /// The referrals that the actor sent or leads, by clock; for Today.
    pub async fn referrals_sent(
        &mut self,
        scope: &Scope<ReferralRead>,
        limit: u64,
    ) -> Result<Vec<Referral>> {
        self.note_scope(scope, &["state", "need", "due_at"]);
        let found = self.referrals_in(scope, &[], None, limit).await?;
        self.referrals_shown(scope, found).await
    }

    /// One page of the referrals that the actor sent or leads, newest first, from the one after `after` on. The order is that in
    /// which they were made, so that no clock that moves between two pages leaves one out.
    ///
    /// Errors with [`Error::Invalid`] when `after` is no row of this list.
    pub async fn referrals_sent_page(
        &mut self,
        scope: &Scope<ReferralRead>,
        after: Option<Ref>,
        limit: u64,
    ) -> Result<Vec<Referral>> {
        self.note_scope(scope, &["state", "need", "due_at"]);
        let Some(mine) = condition(scope, &ties(), self.now()) else {
            return Ok(Vec::new());
        };
        let mut query = referral::Entity::find().filter(mine.clone());
        if let Some(after) = after {
            let last = referral::Entity::find()
                .filter(mine)
                .filter(referral::Column::Reference.eq(Col(after)))
                .one(&self.tx)
                .await?
                .ok_or(NOT_A_ROW)?;
            query = query.filter(referral::Column::Id.lt(last.id));
        }
        let rows = query
            .order_by_desc(referral::Column::Id)
            .limit(limit)
            .all(&self.tx)
            .await?;
        let found = rows.iter().map(plain).collect::<Result<Vec<_>>>()?;
        self.referrals_shown(scope, found).await
    }

    /// The rows of a list as they are shown, with a note of whom they are about.
    async fn referrals_shown<A: Action>(
        &mut self,
        scope: &Scope<A>,
        found: Vec<Referral>,
    ) -> Result<Vec<Referral>> {
        let people = self.people_of(found.iter().map(|one| one.case)).await?;
        self.note_shown(scope, people);
        Ok(found)
    }

    /// The referrals whose organisation accepted them: the partner's caseload.
    pub async fn referrals_accepted(
        &mut self,
        scope: &Scope<OutcomeRecord>,
        limit: u64,
    ) -> Result<Vec<Referral>> {
        self.note_scope(scope, &["state", "need", "due_at"]);
        let found = self.referrals_in(scope, &[], None, limit).await?;
        self.referrals_shown(scope, found).await
    }

    /// Referrals whose clock has run out, oldest first: for the job that keeps promises.
    pub async fn referrals_overdue(
        &mut self,
        scope: &Scope<ReferralRecord>,
        limit: u64,
    ) -> Result<Vec<Referral>> {
        self.note_scope(scope, &["state", "due_at"]);
        let now = self.now();
        self.referrals_in(scope, &[], Some(now), limit).await
    }

    /// One query per branch of the rule, merged by clock: what is most overdue is never what a limit cuts off, and what is over
    /// comes last. No states: any.
    async fn referrals_in<A: Action>(
        &mut self,
        scope: &Scope<A>,
        states: &[ReferralState],
        due_before: Option<At>,
        limit: u64,
    ) -> Result<Vec<Referral>> {
        let mut found = std::collections::BTreeMap::new();
        for branch in branches(scope, &ties(), self.now()) {
            let mut query = referral::Entity::find().filter(branch);
            if !states.is_empty() {
                let codes = states.iter().map(|state| state.code());
                query = query.filter(referral::Column::State.is_in(codes));
            }
            if let Some(now) = due_before {
                query = query.filter(referral::Column::DueAt.lte(Col(now)));
            }
            let rows = query
                .order_by_with_nulls(referral::Column::DueAt, Order::Asc, NullOrdering::Last)
                .order_by_desc(referral::Column::Id)
                .limit(limit)
                .all(&self.tx)
                .await?;
            found.extend(rows.into_iter().map(|row| (row.id.0, row)));
        }
        let mut out = found.values().map(plain).collect::<Result<Vec<_>>>()?;
        out.sort_by_key(|one| (one.due_at.is_none(), one.due_at, std::cmp::Reverse(one.id)));
        out.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(out)
    }
}
