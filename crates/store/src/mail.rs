//! Addresses of staff, for notices that say nothing but "sign in".

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code;
use throughline_core::id::{AccountId, OrganisationId, Ref};
use throughline_core::role::Role;

use crate::account::{AccountState, FIRST_VERSION};
use crate::audit::Event;
use crate::col::Col;
use crate::entity::{account, installation};
use crate::error::Result;
use crate::keys::place;
use crate::work::Work;

impl Work<'_> {
    /// The accounts that answer referrals for an organisation: its partner workers who have not left and can sign in. One who has
    /// not chosen a password yet, or whose access was stopped, reads no inbox. Ids only. Locked until commit: whoever ends the
    /// last of them waits for the referral that is being sent to their inbox, and then sees it.
    pub async fn answering_accounts(
        &mut self,
        organisation: OrganisationId,
    ) -> Result<Vec<AccountId>> {
        // In a demo nobody has a password: one press signs in.
        let demo = installation::Entity::find_by_id(1).one(&self.tx).await?;
        let demo = demo.is_some_and(|row| row.demo);
        let rows = account::Entity::find()
            .filter(account::Column::OrganisationId.eq(Col(organisation)))
            .filter(account::Column::Role.eq(Role::PartnerWorker.code()))
            .filter(account::Column::State.eq(AccountState::Active.code()))
            .order_by_asc(account::Column::Id)
            .lock_shared()
            .all(&self.tx)
            .await?;
        Ok(rows
            .into_iter()
            .filter(|row| demo || row.password.is_some())
            .map(|row| row.id.0)
            .collect())
    }

    /// The address of somebody who was let in and has never chosen a password, with the reference and version that their link is
    /// for; `None` once they have, or once anybody changed their access: then the link is for their own administrator to give.
    pub async fn welcome_waiting(&mut self, id: AccountId) -> Result<Option<(String, Ref, i64)>> {
        let row = account::Entity::find_by_id(Col(id))
            .filter(account::Column::State.eq(AccountState::Active.code()))
            .filter(account::Column::Version.eq(FIRST_VERSION))
            .filter(account::Column::Password.is_null())
            .one(&self.tx)
            .await?;
        let Some(row) = row else { return Ok(None) };
        self.note_event(Event::PromiseKept, Some(id.uuid()), &["email"]);
        let at = place("account", "email", id.uuid());
        let email = self.open(id.uuid(), at, &row.email).await?;
        Ok(Some((email, row.reference.0, row.version)))
    }

    /// The e-mail address of a member of staff, for a notice; `None` once they have left.
    pub async fn staff_address(&mut self, id: AccountId) -> Result<Option<String>> {
        let row = account::Entity::find_by_id(Col(id))
            .filter(account::Column::State.eq(AccountState::Active.code()))
            .one(&self.tx)
            .await?;
        let Some(row) = row else { return Ok(None) };
        self.note_event(Event::PromiseKept, Some(id.uuid()), &["email"]);
        let at = place("account", "email", id.uuid());
        self.open(id.uuid(), at, &row.email).await.map(Some)
    }
}
