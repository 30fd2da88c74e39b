//! Where referrals to a service go by mail, and how its code is given. A wrong address sends a survivor's packet to a stranger,
//! so one is proposed after a call-back and confirmed by somebody else. No feed, import or provider's edit touches this table:
//! only the two actions here are covered to change it.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code;
use throughline_core::gate::Confirmed;
use throughline_core::id::{AccountId, OrganisationId, Ref, ServiceId};
use throughline_core::time::At;
use throughline_policy::action::{AddressConfirm, AddressPropose};
use throughline_policy::{Action, Permit};

use crate::col::Col;
use crate::entity::referral_address;
use crate::error::{Error, Result};
use crate::keys::place;
use crate::link::CutOff;
use crate::work::Work;

throughline_core::code_list! {
    /// Where an address stands.
    pub enum AddressState {
        /// Proposed after a call-back; not used until somebody else confirms it.
        Proposed = "proposed",
        /// Confirmed: referrals go there.
        Confirmed = "confirmed",
        /// No longer used.
        Retired = "retired",
    }
}

/// An address to be proposed.
#[derive(Debug)]
pub struct NewAddress<'a> {
    /// The organisation that reads what arrives there.
    pub organisation: OrganisationId,
    /// The e-mail address.
    pub email: &'a str,
    /// How the code is given, for example a telephone number and whom to ask for.
    pub code_route: &'a str,
    /// When the proposer called back on a number they already knew.
    pub called_back_at: At,
}

/// A referral address.
#[derive(Clone)]
pub struct Address {
    /// Reference.
    pub reference: Ref,
    /// The service.
    pub service: ServiceId,
    /// The organisation that reads what arrives there.
    pub organisation: OrganisationId,
    /// The e-mail address.
    pub email: String,
    /// How the code is given.
    pub code_route: String,
    /// Where it stands.
    pub state: AddressState,
    /// When the proposer called back.
    pub called_back_at: At,
    /// Who proposed it.
    pub proposed_by: AccountId,
    /// When.
    pub proposed_at: At,
    /// Who confirmed it.
    pub confirmed_by: Option<AccountId>,
    /// When.
    pub confirmed_at: Option<At>,
}

impl Address {
    /// Whether the same organisation reads both at the same e-mail address.
    fn is_read_where(&self, other: &Self) -> bool {
        self.organisation == other.organisation && self.email.eq_ignore_ascii_case(&other.email)
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Address({})", self.state)
    }
}

/// Whether text has the shape of one plain e-mail address; nothing that could smuggle a second recipient or a header.
pub(crate) fn is_email(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.@".contains(c);
    match text.split_once('@') {
        Some((local, domain)) => {
            !local.is_empty()
                && domain.contains('.')
                && !domain.contains('@')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
                && text.len() <= 254
                && text.chars().all(plain)
        }
        None => false,
    }
}

impl Address {
    /// Where mail to the service may go: only what two people have stood up for.
    pub fn confirmed(&self) -> Option<Confirmed> {
        (self.state == AddressState::Confirmed).then(|| Confirmed::by_two(self.email.clone()))
    }
}

impl Work<'_> {
    /// Proposes where referrals to a service go, after calling back on a known number. Nothing goes there yet.
    pub async fn address_propose(
        &mut self,
        permit: &Permit<AddressPropose>,
        new: &NewAddress<'_>,
    ) -> Result<Ref> {
        let invalid = |field, problem| Error::Invalid { field, problem };
        let by = self
            .actor()
            .account()
            .ok_or(Error::NotFound(AddressPropose::KIND))?;
        if !is_email(new.email.trim()) {
            return Err(invalid("email", "address-email-bad"));
        }
        if new.code_route.trim().is_empty() {
            return Err(invalid("code_route", "address-code-route-needed"));
        }
        if new.called_back_at > self.now() {
            return Err(invalid("called_back_at", "address-call-back-needed"));
        }
        let (id, reference) = (self.env().id::<()>().uuid(), self.env().reference());
        let owner = new.organisation.uuid();
        self.organisation_data_key(new.organisation).await?;
        let email = self
            .seal(
                owner,
                place("referral_address", "email", id),
                &new.email.trim(),
            )
            .await?;
        let code_route = self
            .seal(
                owner,
                place("referral_address", "code_route", id),
                &new.code_route.trim(),
            )
            .await?;
        let row = referral_address::ActiveModel {
            id: Set(id),
            reference: Set(Col(reference)),
            service_id: Set(Col(permit.on())),
            organisation_id: Set(Col(new.organisation)),
            email: Set(email),
            code_route: Set(code_route),
            state: Set(AddressState::Proposed.code().to_owned()),
            called_back_at: Set(Col(new.called_back_at)),
            proposed_by: Set(Col(by)),
            proposed_at: Set(Col(self.now())),
            confirmed_by: Set(None),
            confirmed_at: Set(None),
        };
        referral_address::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["email", "code_route"]);
        Ok(reference)
    }

    /// Confirms an address that somebody else proposed; the one in use until now is retired, and the links mailed there close
    /// unless it is the same one. Gives the referrals that lost theirs. Errors with [`Error::Invalid`] for one's own proposal: two
    /// people, always.
    pub async fn address_confirm(
        &mut self,
        permit: &Permit<AddressConfirm>,
        reference: Ref,
    ) -> Result<Vec<CutOff>> {
        let absent = || Error::NotFound(AddressConfirm::KIND);
        let by = self.actor().account().ok_or_else(absent)?;
        let row = referral_address::Entity::find()
            .filter(referral_address::Column::Reference.eq(Col(reference)))
            .filter(referral_address::Column::ServiceId.eq(Col(permit.on())))
            .lock_exclusive()
            .one(&self.tx)
            .await?
            .ok_or_else(absent)?;
        if row.state != AddressState::Proposed.code() {
            return Err(Error::Conflict);
        }
        if row.proposed_by.0 == by {
            return Err(Error::Invalid {
                field: "address",
                problem: "address-needs-second-person",
            });
        }
        let before = self.address_in_use(permit.on()).await?;
        let (id, new) = (row.id, self.address_of(row).await?);
        let mut cut_off = Vec::new();
        if let Some(before) = before.filter(|before| !before.is_read_where(&new)) {
            cut_off = self
                .service_links_close(permit.on(), before.organisation)
                .await?;
        }
        let retired = referral_address::ActiveModel {
            state: Set(AddressState::Retired.code().to_owned()),
            ..Default::default()
        };
        referral_address::Entity::update_many()
            .set(retired)
            .filter(referral_address::Column::ServiceId.eq(Col(permit.on())))
            .filter(referral_address::Column::State.eq(AddressState::Confirmed.code()))
            .exec(&self.tx)
            .await?;
        let change = referral_address::ActiveModel {
            state: Set(AddressState::Confirmed.code().to_owned()),
            confirmed_by: Set(Some(Col(by))),
            confirmed_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        referral_address::Entity::update_many()
            .set(change)
            .filter(referral_address::Column::Id.eq(id))
            .exec(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["state", "email", "link"]);
        Ok(cut_off)
    }

    /// Takes an address out of use, for example because mail to it came back or somebody doubts it. One person suffices. The
    /// links mailed there close: whoever reads there must not come in any more. Gives the referrals that lost theirs.
    pub async fn address_retire(
        &mut self,
        permit: &Permit<AddressPropose>,
        reference: Ref,
    ) -> Result<Vec<CutOff>> {
        let row = referral_address::Entity::find()
            .filter(referral_address::Column::Reference.eq(Col(reference)))
            .filter(referral_address::Column::ServiceId.eq(Col(permit.on())))
            .lock_exclusive()
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(AddressPropose::KIND))?;
        let change = referral_address::ActiveModel {
            state: Set(AddressState::Retired.code().to_owned()),
            ..Default::default()
        };
        referral_address::Entity::update_many()
            .set(change)
            .filter(referral_address::Column::Id.eq(row.id))
            .exec(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["state", "link"]);
        if row.state == AddressState::Confirmed.code() {
            self.service_links_close(permit.on(), row.organisation_id.0)
                .await
        } else {
            // Nothing was ever sent to a proposal.
            Ok(Vec::new())
        }
    }

    /// Takes every address of an organisation for a service out of use. The caller notes it.
    pub(crate) async fn addresses_retire(
        &mut self,
        service: ServiceId,
        organisation: OrganisationId,
    ) -> Result<()> {
        let change = referral_address::ActiveModel {
            state: Set(AddressState::Retired.code().to_owned()),
            ..Default::default()
        };
        referral_address::Entity::update_many()
            .set(change)
            .filter(referral_address::Column::ServiceId.eq(Col(service)))
            .filter(referral_address::Column::OrganisationId.eq(Col(organisation)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// The confirmed address of a service; `None` when there is none, and then no mail goes.
    pub async fn address_in_use(&mut self, service: ServiceId) -> Result<Option<Address>> {
        let row = referral_address::Entity::find()
            .filter(referral_address::Column::ServiceId.eq(Col(service)))
            .filter(referral_address::Column::State.eq(AddressState::Confirmed.code()))
            .order_by_desc(referral_address::Column::ConfirmedAt)
            .one(&self.tx)
            .await?;
        match row {
            Some(row) => self.address_of(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Every address that a service has or had, newest first, for those who keep the directory.
    pub async fn addresses(&mut self, permit: &Permit<AddressPropose>) -> Result<Vec<Address>> {
        let rows = referral_address::Entity::find()
            .filter(referral_address::Column::ServiceId.eq(Col(permit.on())))
            .order_by_desc(referral_address::Column::Id)
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["email", "code_route"]);
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            out.push(self.address_of(row).await?);
        }
        Ok(out)
    }

    async fn address_of(&mut self, row: referral_address::Model) -> Result<Address> {
        let owner = row.organisation_id.0.uuid();
        let email = self
            .open(
                owner,
                place("referral_address", "email", row.id),
                &row.email,
            )
            .await?;
        let code_route = self
            .open(
                owner,
                place("referral_address", "code_route", row.id),
                &row.code_route,
            )
            .await?;
        Ok(Address {
            reference: row.reference.0,
            service: row.service_id.0,
            organisation: row.organisation_id.0,
            email,
            code_route,
            state: AddressState::from_code(&row.state).map_err(|_| Error::RowShape {
                table: "referral_address",
                column: "state",
            })?,
            called_back_at: row.called_back_at.0,
            proposed_by: row.proposed_by.0,
            proposed_at: row.proposed_at.0,
            confirmed_by: row.confirmed_by.map(|id| id.0),
            confirmed_at: row.confirmed_at.map(|at| at.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::is_email;

    #[test]
    fn only_one_plain_address_is_taken() {
        assert!(is_email("referrals@service.example.org"));
        for bad in [
            "",
            "a@b",
            "@x.org",
            "a@x.org, b@y.org",
            "a@x.org\r\nBcc: b@y.org",
            "A <a@x.org>",
            "a@x@y.org",
            "a@.org",
            "a@x.org.",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
