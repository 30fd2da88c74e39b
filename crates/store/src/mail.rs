//! Addresses of staff, for notices that say nothing but "sign in", and the nation whose languages they are written in.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code;
use throughline_core::gate::Confirmed;
use throughline_core::id::{AccountId, OrganisationId, Ref};
use throughline_core::nation::Nation;
use throughline_core::role::Role;

use crate::account::{AccountState, FIRST_VERSION};
use crate::audit::Event;
use crate::col::Col;
use crate::entity::account;
use crate::error::{Error, Result};
use crate::keys::place;
use crate::work::Work;

/// Where a notice to a member of staff goes.
#[derive(Clone)]
pub struct StaffAddress {
    /// The e-mail address.
    pub email: Confirmed,
    /// The nation of their site, else of their organisation: it says in which languages they are written to.
    pub nation: Nation,
}

impl std::fmt::Debug for StaffAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StaffAddress({})", self.nation)
    }
}

/// Let in, and nobody has chosen a password or changed their access since.
fn never_signed_in() -> Condition {
    Condition::all()
        .add(account::Column::State.eq(AccountState::Active.code()))
        .add(account::Column::Version.eq(FIRST_VERSION))
        .add(account::Column::Password.is_null())
}

impl Work<'_> {
    /// The accounts that answer referrals for an organisation: its partner workers who can sign in. Ids only. Who never chose
    /// a password, or was stopped, is no inbox: what was sent to them would wait for nobody (NE-22). Locked until commit: whoever
    /// ends the last of them waits for the referral that is being sent to their inbox, and then sees it.
    pub async fn answering_accounts(
        &mut self,
        organisation: OrganisationId,
    ) -> Result<Vec<AccountId>> {
        let rows = account::Entity::find()
            .filter(account::Column::OrganisationId.eq(Col(organisation)))
            .filter(account::Column::Role.eq(Role::PartnerWorker.code()))
            .filter(self.who_can_sign_in().await?)
            .order_by_asc(account::Column::Id)
            .lock_shared()
            .all(&self.tx)
            .await?;
        Ok(rows.into_iter().map(|row| row.id.0).collect())
    }

    /// The address of somebody who was let in and has never chosen a password, with the reference and version that their link is
    /// for; `None` once they have, or once anybody changed their access: then the link is for their own administrator to give.
    pub async fn welcome_waiting(
        &mut self,
        id: AccountId,
    ) -> Result<Option<(StaffAddress, Ref, i64)>> {
        let row = account::Entity::find_by_id(Col(id))
            .filter(never_signed_in())
            .one(&self.tx)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let (reference, version) = (row.reference.0, row.version);
        Ok(Some((
            self.staff_address_of(row).await?,
            reference,
            version,
        )))
    }

    /// Those of these accounts whose holders were let in and have never chosen a password. Opens nothing.
    pub async fn welcomes_waiting(&self, of: &[AccountId]) -> Result<Vec<AccountId>> {
        let rows = account::Entity::find()
            .select_only()
            .column(account::Column::Id)
            .filter(account::Column::Id.is_in(of.iter().copied().map(Col)))
            .filter(never_signed_in())
            .into_tuple::<Col<AccountId>>()
            .all(&self.tx)
            .await?;
        Ok(rows.into_iter().map(|id| id.0).collect())
    }

    /// Where a notice to a member of staff goes; `None` once they have left.
    pub async fn staff_address(&mut self, id: AccountId) -> Result<Option<StaffAddress>> {
        let row = account::Entity::find_by_id(Col(id))
            .filter(account::Column::State.eq(AccountState::Active.code()))
            .one(&self.tx)
            .await?;
        match row {
            Some(row) => self.staff_address_of(row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn staff_address_of(&mut self, row: account::Model) -> Result<StaffAddress> {
        let id = row.id.0;
        self.note_event(Event::PromiseKept, Some(id.uuid()), &["email"]);
        let at = place("account", "email", id.uuid());
        let email = self.open(id.uuid(), at, &row.email).await?;
        let mut nation = None;
        if let Some(site) = row.site_id {
            nation = self.site(site.0).await?.map(|site| site.nation);
        }
        if nation.is_none() {
            let organisation = self.organisation(row.organisation_id.0).await?;
            nation = organisation.map(|organisation| organisation.nation);
        }
        let nation = nation.ok_or(Error::RowShape {
            table: "account",
            column: "organisation_id",
        })?;
        Ok(StaffAddress {
            email: Confirmed::of_account(email),
            nation,
        })
    }
}
