//! Keeping a record to named viewers and barring colleagues from it (SPEC 4.6, NE-07, decision 0019): what whoever may say so does.
//! What it means to be closed, and what follows from it, is in the module `closed`.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use throughline_core::code::Code as _;
use throughline_core::id::{AccountId, CaseId, PersonId};
use throughline_core::reason::Reason;
use throughline_core::time::At;
use throughline_policy::action::{AccountManage, CaseHandOver, CaseRestrict};
use throughline_policy::{Action as _, Permit};

use crate::closed::{BarWhy, NewBar, still};
use crate::col::Col;
use crate::entity::{bar, restriction, support_case, viewer};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::story::{NewEvent, StoryKind};
use crate::work::Work;

/// A record that is kept to named viewers.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Why, in the worker's words.
    pub reason: String,
    /// Since when.
    pub since: At,
    /// Who said so.
    pub by: AccountId,
    /// The viewers, whoever leads among them.
    pub viewers: Vec<AccountId>,
}

impl Work<'_> {
    /// The record as the permit's holder may keep it: its row and everybody whom it closes.
    async fn record_kept(
        &mut self,
        permit: &Permit<CaseRestrict>,
        field: &'static str,
    ) -> Result<(support_case::Model, Vec<PersonId>)> {
        let case = self.case_row(permit.on()).await?;
        let family = self.family(&case).await?;
        self.note(permit, permit.on().uuid(), &[field]);
        Ok((case, family))
    }

    pub(crate) async fn access_changed(&mut self, case: &support_case::Model) -> Result<()> {
        self.event_add(NewEvent {
            case: case.id.0,
            owner: case.person_id.0.uuid(),
            kind: StoryKind::AccessChanged,
            referral: None,
            detail: None,
        })
        .await
    }

    /// Whether a record is kept to named viewers, and why.
    pub async fn kept(&mut self, permit: &Permit<CaseRestrict>) -> Result<Option<Kept>> {
        let (case, _) = self.record_kept(permit, "viewers").await?;
        let person = case.person_id.0;
        let Some(row) = self.restriction_of(person).await? else {
            return Ok(None);
        };
        Ok(Some(Kept {
            reason: self
                .open(
                    person.uuid(),
                    place("restriction", "reason", row.id),
                    &row.reason,
                )
                .await?,
            since: row.made_at.0,
            by: row.made_by.0,
            viewers: self.viewers_of(row.id).await?,
        }))
    }

    /// Keeps a record, and those of the children named in it, to named viewers: at first whoever leads it and whoever says so.
    ///
    /// Errors with [`Error::Conflict`] when it is kept already.
    pub async fn keep(&mut self, permit: &Permit<CaseRestrict>, reason: &Reason) -> Result<()> {
        let by = self.named_human()?;
        let (case, family) = self.record_kept(permit, "viewers").await?;
        let mut viewers = vec![case.lead_account_id.0];
        viewers.extend((by != case.lead_account_id.0).then_some(by));
        for (at, person) in family.into_iter().enumerate() {
            if self.restriction_of(person).await?.is_none() {
                let own = case.organisation_id.0;
                self.restriction_insert(person, own, reason.as_str(), by, &viewers)
                    .await?;
                self.viewers_lead(person).await?;
                self.leave_nothing(person).await?;
            } else if at == 0 {
                return Err(Error::Conflict);
            }
        }
        self.access_changed(&case).await
    }

    /// Whoever leads a case of this person is a viewer.
    async fn viewers_lead(&mut self, person: PersonId) -> Result<()> {
        let cases = support_case::Entity::find()
            .filter(support_case::Column::PersonId.eq(Col(person)))
            .all(&self.tx)
            .await?;
        for case in cases {
            self.viewer_ensure(person, case.lead_account_id.0).await?;
        }
        Ok(())
    }

    /// A record, and those of the children named in it, is kept no longer.
    pub async fn keep_no_longer(&mut self, permit: &Permit<CaseRestrict>) -> Result<()> {
        let (case, family) = self.record_kept(permit, "viewers").await?;
        let change = restriction::ActiveModel {
            lifted_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        restriction::Entity::update_many()
            .set(change)
            .filter(restriction::Column::PersonId.is_in(family.into_iter().map(Col)))
            .filter(restriction::Column::LiftedAt.is_null())
            .exec(&self.tx)
            .await?;
        self.access_changed(&case).await
    }

    /// Names one more viewer.
    pub async fn viewer_add(
        &mut self,
        permit: &Permit<CaseRestrict>,
        account: AccountId,
    ) -> Result<()> {
        let (case, family) = self.record_kept(permit, "viewers").await?;
        for person in family {
            self.viewer_ensure(person, account).await?;
        }
        self.access_changed(&case).await
    }

    /// Somebody is a viewer no longer; whoever leads always is one.
    ///
    /// Errors with [`Error::Invalid`] for whoever leads.
    pub async fn viewer_end(
        &mut self,
        permit: &Permit<CaseRestrict>,
        account: AccountId,
    ) -> Result<()> {
        let (case, family) = self.record_kept(permit, "viewers").await?;
        if case.lead_account_id.0 == account {
            return Err(Error::Invalid {
                field: "account",
                problem: "closed-leads",
            });
        }
        for person in family {
            let Some(kept) = self.restriction_of(person).await? else {
                continue;
            };
            let change = viewer::ActiveModel {
                until_at: Set(Some(Col(self.now()))),
                ..Default::default()
            };
            viewer::Entity::update_many()
                .set(change)
                .filter(viewer::Column::RestrictionId.eq(kept.id))
                .filter(viewer::Column::AccountId.eq(Col(account)))
                .filter(still(self.now()))
                .exec(&self.tx)
                .await?;
            self.viewers_lead(person).await?;
            self.leave_nothing(person).await?;
        }
        self.access_changed(&case).await
    }

    /// The colleagues of whom the person or their worker said that they must not see it. Nobody learns here what a colleague
    /// declared of themselves.
    pub async fn barred(&mut self, permit: &Permit<CaseRestrict>) -> Result<Vec<AccountId>> {
        let (case, _) = self.record_kept(permit, "barred").await?;
        let rows = self.bars_of(case.person_id.0).await?;
        Ok(rows
            .into_iter()
            .filter(|row| row.why == BarWhy::Told.code())
            .map(|row| row.account_id.0)
            .collect())
    }

    /// Whether a colleague is kept away because of what they said of themselves: never who, nor what they said.
    pub async fn is_kept_from_declared(&mut self, permit: &Permit<CaseRestrict>) -> Result<bool> {
        let (case, _) = self.record_kept(permit, "barred").await?;
        let rows = self.bars_of(case.person_id.0).await?;
        Ok(rows.iter().any(|row| row.why == BarWhy::Declared.code()))
    }

    /// Bars a colleague from a person and the children named in their case. Whatever they had in hand goes to somebody else in
    /// the same instant.
    ///
    /// Errors with [`Error::Invalid`] for oneself: who must not see it hands it over first.
    pub async fn bar(&mut self, permit: &Permit<CaseRestrict>, account: AccountId) -> Result<()> {
        let by = self.named_human()?;
        if by == account {
            return Err(Error::Invalid {
                field: "account",
                problem: "closed-oneself",
            });
        }
        let (case, family) = self.record_kept(permit, "barred").await?;
        for person in family {
            let known = self.bars_of(person).await?;
            let told =
                |row: &bar::Model| row.account_id.0 == account && row.why == BarWhy::Told.code();
            if !known.iter().any(told) {
                self.bar_insert(NewBar {
                    account,
                    person,
                    why: BarWhy::Told,
                    by: Some(by),
                    interest: None,
                })
                .await?;
                self.leave_nothing(person).await?;
            }
        }
        self.access_changed(&case).await
    }

    /// Takes back that a colleague must not see it, as far as it was said here.
    pub async fn bar_lift(
        &mut self,
        permit: &Permit<CaseRestrict>,
        account: AccountId,
    ) -> Result<()> {
        let (case, family) = self.record_kept(permit, "barred").await?;
        let change = bar::ActiveModel {
            lifted_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        bar::Entity::update_many()
            .set(change)
            .filter(bar::Column::AccountId.eq(Col(account)))
            .filter(bar::Column::PersonId.is_in(family.into_iter().map(Col)))
            .filter(bar::Column::Why.eq(BarWhy::Told.code()))
            .filter(bar::Column::LiftedAt.is_null())
            .exec(&self.tx)
            .await?;
        self.access_changed(&case).await
    }

    /// The permit to hand over a case of a leaver's caseload. Nothing is closed to it: it shows nothing, and a leaver's access
    /// could not be ended if one of their records were kept from whoever ends it.
    pub async fn permit_to_hand_on(
        &mut self,
        permit: &Permit<AccountManage>,
        case: CaseId,
    ) -> Result<Permit<CaseHandOver>> {
        self.note(permit, permit.on().uuid(), &["cases"]);
        let row = support_case::Entity::find_by_id(Col(case))
            .filter(support_case::Column::LeadAccountId.eq(Col(permit.on())))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(CaseHandOver::KIND))?;
        self.permit(&crate::case::facts(&row))
    }
}
