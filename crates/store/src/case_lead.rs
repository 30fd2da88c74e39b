//! Who leads a case: handing it over with everything that hangs on it, and to whom.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use throughline_core::code::Code;
use throughline_core::id::{AccountId, CaseId};
use throughline_core::role::Role;
use throughline_policy::action::CaseHandOver;
use throughline_policy::{Action, Permit};

use crate::account::{Account, AccountState};
use crate::col::Col;
use crate::entity::{account, support_case};
use crate::error::Result;
use crate::story::{NewEvent, StoryKind};
use crate::work::Work;

impl Work<'_> {
    /// Hands a case over, with its open tasks and live referrals: access of the one who leaves ends with this. Where the person is
    /// closed to `to`, it goes to whoever is told first there instead, and nobody learns why.
    pub async fn case_hand_over(
        &mut self,
        permit: &Permit<CaseHandOver>,
        to: AccountId,
    ) -> Result<()> {
        let row = self.case_row(permit.on()).await?;
        let lead = self.lead_for(&row, to).await?;
        self.lead_change(&row, lead).await?;
        self.note(permit, permit.on().uuid(), &["lead"]);
        if lead == to {
            return Ok(());
        }
        self.lead_told(&row, lead).await
    }

    /// Gives a case another lead. The caller notes it.
    pub(crate) async fn lead_change(
        &mut self,
        row: &support_case::Model,
        to: AccountId,
    ) -> Result<()> {
        use crate::entity::{appointment, conversation, referral, task};
        self.viewer_ensure(row.person_id.0, to).await?;
        let change = support_case::ActiveModel {
            lead_account_id: Set(Col(to)),
            version: Set(row.version + 1),
            ..Default::default()
        };
        self.case_update(row.id.0, row.version, change).await?;
        let lead = referral::ActiveModel {
            lead_account_id: Set(Col(to)),
            ..Default::default()
        };
        referral::Entity::update_many()
            .set(lead)
            .filter(referral::Column::CaseId.eq(row.id))
            .exec(&self.tx)
            .await?;
        for (column, change) in [
            (
                task::Column::OwnerAccountId,
                task::ActiveModel {
                    owner_account_id: Set(Some(Col(to))),
                    ..Default::default()
                },
            ),
            (
                task::Column::ToldAccountId,
                task::ActiveModel {
                    told_account_id: Set(Some(Col(to))),
                    ..Default::default()
                },
            ),
        ] {
            task::Entity::update_many()
                .set(change)
                .filter(task::Column::CaseId.eq(row.id))
                .filter(column.eq(row.lead_account_id))
                .filter(task::Column::DoneAt.is_null())
                .exec(&self.tx)
                .await?;
        }
        let with = appointment::ActiveModel {
            lead_account_id: Set(Col(to)),
            ..Default::default()
        };
        appointment::Entity::update_many()
            .set(with)
            .filter(appointment::Column::CaseId.eq(row.id))
            .filter(appointment::Column::LeadAccountId.eq(row.lead_account_id))
            .exec(&self.tx)
            .await?;
        // Conversations that led to the case go with it: the one who leaves reads them no more.
        let talked = conversation::ActiveModel {
            account_id: Set(Col(to)),
            ..Default::default()
        };
        conversation::Entity::update_many()
            .set(talked)
            .filter(conversation::Column::CaseId.eq(row.id))
            .filter(conversation::Column::AccountId.eq(row.lead_account_id))
            .exec(&self.tx)
            .await?;
        let owner = row.person_id.0.uuid();
        self.event_add(NewEvent {
            case: row.id.0,
            owner,
            kind: StoryKind::HandedOver,
            referral: None,
            detail: None,
        })
        .await
    }

    /// The colleagues to whom a case can be handed over: those of the organisation that holds it who lead cases, by name.
    pub async fn case_colleagues<A: Action<Subject = CaseId>>(
        &mut self,
        permit: &Permit<A>,
    ) -> Result<Vec<Account>> {
        let leads = [Role::WorkCoach, Role::DaLead].map(Code::code);
        let rows = account::Entity::find()
            .filter(account::Column::OrganisationId.eq(Col(permit.organisation())))
            .filter(account::Column::State.eq(AccountState::Active.code()))
            .filter(account::Column::Role.is_in(leads))
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["colleagues"]);
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            out.push(self.account_of(row).await?);
        }
        out.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(out)
    }
}
