//! How an organisation that answers for a service comes to have accounts here. Whoever lets one in decides who reads what people
//! told, so it goes as a referral address does ([`crate::address`]): proposed after a call-back on a number known from elsewhere,
//! approved by somebody else, and no feed, import or edit touches this table.
//!
//! Approving makes everything at once or nothing: the organisation, its tie to the service, its first account. What that person's
//! name and address were is then erased here: they are the account's own.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code;
use throughline_core::id::{AccountId, OrganisationId, Ref, ServiceId};
use throughline_core::nation::Nation;
use throughline_core::role::Role;
use throughline_core::time::At;
use throughline_policy::action::{PartnerConfirm, PartnerPropose};
use throughline_policy::{Action, Facts, Permit, Ties};
use throughline_seal::normal;

use crate::account::{AccountState, EMAIL_TAKEN, FIRST_VERSION, NewAccount};
use crate::address::{AddressState, is_email};
use crate::col::{Blob, Col};
use crate::entity::{account, organisation, partner_join, service};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::setup::{Organisation, OrganisationKind, organisation_of};
use crate::work::Work;

/// Which organisation joins.
#[derive(Debug, Clone, Copy)]
pub enum Joining<'a> {
    /// One that has accounts here already, by reference: it answers for one more service.
    Known(Ref),
    /// A new one, with its first person.
    New {
        /// Its name.
        name: &'a str,
        /// What kind of body it is.
        kind: OrganisationKind,
        /// Whose rules it works under.
        nation: Nation,
        /// The name of its first person, who manages access there.
        person: &'a str,
        /// The address that they will sign in with.
        email: &'a str,
    },
}

/// A partner that is proposed, or has joined.
#[derive(Clone)]
pub struct Join {
    /// Reference.
    pub reference: Ref,
    /// The service that it answers for.
    pub service: ServiceId,
    /// The organisation: from the proposal on where it had accounts already, else from approval on.
    pub organisation: Option<OrganisationId>,
    /// Its name.
    pub name: String,
    /// What kind of body it is.
    pub kind: OrganisationKind,
    /// Whose rules it works under.
    pub nation: Nation,
    /// Name and address of its first person, until somebody decided.
    pub person: Option<(String, String)>,
    /// The first account, once approved.
    pub account: Option<AccountId>,
    /// Where it stands.
    pub state: AddressState,
    /// When the proposer called back.
    pub called_back_at: At,
    /// Who proposed it.
    pub proposed_by: AccountId,
    /// When.
    pub proposed_at: At,
    /// Who approved it.
    pub confirmed_by: Option<AccountId>,
    /// When.
    pub confirmed_at: Option<At>,
}

impl std::fmt::Debug for Join {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Join({})", self.state)
    }
}

const fn invalid(field: &'static str, problem: &'static str) -> Error {
    Error::Invalid { field, problem }
}

impl Work<'_> {
    /// The ties of letting partners in: the organisation that runs the installation, whose administrators do it.
    pub async fn partner_place(&self) -> Result<Facts<OrganisationId>> {
        let operator = self.operator().await?;
        Ok(Facts {
            subject: operator,
            person: None,
            ties: Ties {
                organisation: Some(operator),
                ..Ties::default()
            },
        })
    }

    /// The partners that have accounts here, by name.
    pub async fn partners(&mut self, permit: &Permit<PartnerPropose>) -> Result<Vec<Organisation>> {
        self.note(permit, permit.on().uuid(), &["partners"]);
        self.organisations_with_accounts(permit.on()).await
    }

    async fn organisations_with_accounts(
        &self,
        operator: OrganisationId,
    ) -> Result<Vec<Organisation>> {
        let ids: Vec<Col<OrganisationId>> = account::Entity::find()
            .select_only()
            .column(account::Column::OrganisationId)
            .distinct()
            .filter(account::Column::State.eq(AccountState::Active.code()))
            .filter(account::Column::OrganisationId.ne(Col(operator)))
            .into_tuple()
            .all(&self.tx)
            .await?;
        let rows = organisation::Entity::find()
            .filter(organisation::Column::Id.is_in(ids))
            .all(&self.tx)
            .await?;
        let mut out = rows
            .into_iter()
            .map(organisation_of)
            .collect::<Result<Vec<_>>>()?;
        out.sort_by_key(|one| (one.name.to_lowercase(), one.id));
        Ok(out)
    }

    /// Nobody has an account in the organisation that answers for the service, so that its place is free.
    async fn service_is_free(&self, answering: Option<OrganisationId>) -> Result<()> {
        match answering {
            Some(other) if self.organisation_has_accounts(other).await? => {
                Err(invalid("organisation", "partner-service-answered"))
            }
            _ => Ok(()),
        }
    }

    /// A new partner has a name that no other bears, or two would be taken for one; and its first person an address of their own.
    async fn partner_is_new(
        &self,
        operator: OrganisationId,
        name: &str,
        person: &str,
        email: &str,
    ) -> Result<()> {
        if name.is_empty() || name.chars().count() > 200 {
            return Err(invalid("name", "partner-name-missing"));
        }
        let ours = self.organisation(operator).await?;
        let same = |other: &Organisation| other.name.to_lowercase() == name.to_lowercase();
        let others = self.organisations_with_accounts(operator).await?;
        if others.iter().chain(&ours).any(same) {
            return Err(invalid("name", "partner-name-taken"));
        }
        if person.is_empty() || person.chars().count() > 200 {
            return Err(invalid("person", "account-name-missing"));
        }
        if !is_email(email) {
            return Err(invalid("email", "address-email-bad"));
        }
        let index = self.email_key().hash(&normal::email(email));
        let taken = account::Entity::find()
            .filter(account::Column::EmailIndex.eq(Blob(index.to_vec())))
            .one(&self.tx)
            .await?;
        if taken.is_some() {
            return Err(invalid("email", EMAIL_TAKEN));
        }
        Ok(())
    }

    /// Proposes that a partner answers for a service, after calling back on a known number. Nothing changes yet. Errors with
    /// [`Error::Invalid`] when the service is answered by others with accounts, a proposal for it waits, or a detail cannot be.
    pub async fn partner_propose(
        &mut self,
        permit: &Permit<PartnerPropose>,
        reference: Ref,
        joining: &Joining<'_>,
        called_back_at: At,
    ) -> Result<Ref> {
        let absent = || Error::NotFound(PartnerPropose::KIND);
        let by = self.actor().account().ok_or_else(absent)?;
        let found = self.service(reference).await?.ok_or_else(absent)?;
        // Whoever else proposes one for the service, or approves one, waits.
        let answering = self.service_answering(found.id).await?;
        self.service_is_free(answering).await?;
        let waits = partner_join::Entity::find()
            .filter(partner_join::Column::ServiceId.eq(Col(found.id)))
            .filter(partner_join::Column::State.eq(AddressState::Proposed.code()))
            .one(&self.tx)
            .await?;
        if waits.is_some() {
            return Err(invalid("organisation", "partner-already-proposed"));
        }
        if called_back_at > self.now() {
            return Err(invalid("called_back", "address-call-back-needed"));
        }
        let (id, made, owner) = (
            self.env().id::<()>().uuid(),
            self.env().reference(),
            permit.on().uuid(),
        );
        let mut row = partner_join::ActiveModel {
            id: Set(id),
            reference: Set(Col(made)),
            service_id: Set(Col(found.id)),
            account_id: Set(None),
            state: Set(AddressState::Proposed.code().to_owned()),
            called_back_at: Set(Col(called_back_at)),
            proposed_by: Set(Col(by)),
            proposed_at: Set(Col(self.now())),
            confirmed_by: Set(None),
            confirmed_at: Set(None),
            ..Default::default()
        };
        match joining {
            Joining::Known(known) => {
                let partners = self.organisations_with_accounts(permit.on()).await?;
                let known = partners
                    .into_iter()
                    .find(|partner| partner.reference == *known)
                    .ok_or(invalid("organisation", "partner-organisation-wrong"))?;
                row.organisation_id = Set(Some(Col(known.id)));
                row.name = Set(known.name);
                row.kind = Set(known.kind.code().to_owned());
                row.nation = Set(known.nation.code().to_owned());
                row.contact_name = Set(None);
                row.contact_email = Set(None);
            }
            Joining::New {
                name,
                kind,
                nation,
                person,
                email,
            } => {
                let (name, person, email) = (name.trim(), person.trim(), email.trim());
                self.partner_is_new(permit.on(), name, person, email)
                    .await?;
                self.organisation_data_key(permit.on()).await?;
                let at = |column| place("partner_join", column, id);
                row.contact_name = Set(Some(self.seal(owner, at("contact_name"), &person).await?));
                row.contact_email = Set(Some(self.seal(owner, at("contact_email"), &email).await?));
                row.organisation_id = Set(None);
                row.name = Set(name.to_owned());
                row.kind = Set(kind.code().to_owned());
                row.nation = Set(nation.code().to_owned());
            }
        }
        partner_join::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, id, &["service", "organisation", "person", "email"]);
        Ok(made)
    }

    /// Every partner that was ever proposed, for a service or for any, newest first.
    pub async fn partner_joins(
        &mut self,
        permit: &Permit<PartnerPropose>,
        service: Option<ServiceId>,
    ) -> Result<Vec<Join>> {
        let mut query = partner_join::Entity::find();
        if let Some(service) = service {
            query = query.filter(partner_join::Column::ServiceId.eq(Col(service)));
        }
        let rows = query
            .order_by_desc(partner_join::Column::Id)
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["partners", "person", "email"]);
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            out.push(self.join_of(permit.on(), row).await?);
        }
        Ok(out)
    }

    /// One of them, by reference, locked until commit.
    async fn join_row<A: Action>(&mut self, reference: Ref) -> Result<partner_join::Model> {
        partner_join::Entity::find()
            .filter(partner_join::Column::Reference.eq(Col(reference)))
            .lock_exclusive()
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(A::KIND))
    }

    /// One of them, by reference.
    pub async fn partner_join(
        &mut self,
        permit: &Permit<PartnerPropose>,
        reference: Ref,
    ) -> Result<Join> {
        let row = self.join_row::<PartnerPropose>(reference).await?;
        self.note(
            permit,
            row.id,
            &["service", "organisation", "person", "email"],
        );
        self.join_of(permit.on(), row).await
    }

    /// Approves what somebody else proposed. From the commit on, the organisation answers for the service and its first account
    /// is there, with no password. For a new partner the row that stood for it while nobody there had an account becomes theirs,
    /// so that what was sent to it before is in their inbox. One that is here already is another than the one that people agreed
    /// to: what was sent before stays where it was sent, by link or by telephone, and the worker may ask again. Gives the first
    /// account, where one was made.
    ///
    /// Errors with [`Error::Invalid`] for one's own proposal (two people, always) or when what was proposed cannot be any more,
    /// with [`Error::Conflict`] when it was decided meanwhile.
    pub async fn partner_confirm(
        &mut self,
        permit: &Permit<PartnerConfirm>,
        reference: Ref,
    ) -> Result<Option<AccountId>> {
        let absent = || Error::NotFound(PartnerConfirm::KIND);
        let by = self.actor().account().ok_or_else(absent)?;
        let row = self.join_row::<PartnerConfirm>(reference).await?;
        let id = row.id;
        let join = self.join_of(permit.on(), row).await?;
        if join.state != AddressState::Proposed {
            return Err(Error::Conflict);
        }
        if join.proposed_by == by {
            return Err(invalid("partner", "partner-needs-second-person"));
        }
        let answering = self.service_answering(join.service).await?;
        self.service_is_free(answering).await?;
        let (there, account) = match (join.organisation, &join.person) {
            (Some(known), _) => {
                if !self.organisation_has_accounts(known).await? {
                    return Err(invalid("organisation", "partner-organisation-wrong"));
                }
                (known, None)
            }
            (None, Some((person, email))) => {
                self.partner_is_new(permit.on(), &join.name, person, email)
                    .await?;
                let there = self.partner_organisation(answering, &join).await?;
                let new = NewAccount {
                    organisation: there,
                    site: None,
                    role: Role::Administrator,
                    name: person,
                    email,
                    password: None,
                };
                let account = self.env().id();
                self.account_insert(account, &new).await?;
                (there, Some(account))
            }
            (None, None) => {
                return Err(Error::RowShape {
                    table: "partner_join",
                    column: "contact_name",
                });
            }
        };
        self.service_answered_by(join.service, there, None).await?;
        let change = partner_join::ActiveModel {
            organisation_id: Set(Some(Col(there))),
            account_id: Set(account.map(Col)),
            contact_name: Set(None),
            contact_email: Set(None),
            state: Set(AddressState::Confirmed.code().to_owned()),
            confirmed_by: Set(Some(Col(by))),
            confirmed_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        self.join_update(id, change).await?;
        self.note(permit, id, &["state", "organisation", "service", "account"]);
        self.note_there(permit, there, &["organisation", "service", "account"]);
        Ok(account)
    }

    /// The organisation of a new partner: the row that stood for it, or one of its own.
    async fn partner_organisation(
        &mut self,
        answering: Option<OrganisationId>,
        join: &Join,
    ) -> Result<OrganisationId> {
        let Some(known) = answering else {
            let made = self
                .organisation_create(&join.name, join.kind, join.nation)
                .await?;
            return Ok(made.id);
        };
        let change = organisation::ActiveModel {
            name: Set(join.name.clone()),
            kind: Set(join.kind.code().to_owned()),
            nation: Set(join.nation.code().to_owned()),
            ..Default::default()
        };
        organisation::Entity::update_many()
            .set(change)
            .filter(organisation::Column::Id.eq(Col(known)))
            .exec(&self.tx)
            .await?;
        Ok(known)
    }

    /// Takes a proposal back, or ends that a partner answers for a service: no further request goes there, nor to an address of
    /// theirs, until two people have let somebody in again. What they were sent before stays theirs to answer. A first person who
    /// never chose a password cannot come in any more. One person suffices: stopping is always safe.
    pub async fn partner_retire(
        &mut self,
        permit: &Permit<PartnerPropose>,
        reference: Ref,
    ) -> Result<()> {
        let row = self.join_row::<PartnerPropose>(reference).await?;
        let id = row.id;
        let join = self.join_of(permit.on(), row).await?;
        if join.state == AddressState::Retired {
            return Err(Error::Conflict);
        }
        if let (AddressState::Confirmed, Some(there)) = (join.state, join.organisation) {
            if self.service_answering(join.service).await? == Some(there) {
                let change = service::ActiveModel {
                    organisation_id: Set(None),
                    ..Default::default()
                };
                self.service_update(join.service, change).await?;
                self.addresses_retire(join.service, there).await?;
            }
            if let Some(first) = join.account {
                self.account_unwelcome(first).await?;
            }
            self.note_there(permit, there, &["service", "address", "account"]);
        }
        let change = partner_join::ActiveModel {
            contact_name: Set(None),
            contact_email: Set(None),
            state: Set(AddressState::Retired.code().to_owned()),
            ..Default::default()
        };
        self.join_update(id, change).await?;
        self.note(permit, id, &["state", "service", "address"]);
        Ok(())
    }

    /// Ends an account that nobody has ever used, and frees its address: it may have been a wrong one.
    async fn account_unwelcome(&self, id: AccountId) -> Result<()> {
        let nobody = self.email_key().hash(&format!("nobody {}", id.uuid()));
        let change = account::ActiveModel {
            state: Set(AccountState::Ended.code().to_owned()),
            ended_at: Set(Some(Col(self.now()))),
            email_index: Set(Blob(nobody.to_vec())),
            version: Set(FIRST_VERSION + 1),
            ..Default::default()
        };
        account::Entity::update_many()
            .set(change)
            .filter(account::Column::Id.eq(Col(id)))
            .filter(account::Column::Version.eq(FIRST_VERSION))
            .filter(account::Column::Password.is_null())
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    async fn join_update(&self, id: uuid::Uuid, change: partner_join::ActiveModel) -> Result<()> {
        partner_join::Entity::update_many()
            .set(change)
            .filter(partner_join::Column::Id.eq(id))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    async fn join_of(
        &mut self,
        operator: OrganisationId,
        row: partner_join::Model,
    ) -> Result<Join> {
        let bad = |column| Error::RowShape {
            table: "partner_join",
            column,
        };
        let owner = operator.uuid();
        let at = |column| place("partner_join", column, row.id);
        let name = self
            .open_option(owner, at("contact_name"), row.contact_name.as_ref())
            .await?;
        let email = self
            .open_option(owner, at("contact_email"), row.contact_email.as_ref())
            .await?;
        Ok(Join {
            reference: row.reference.0,
            service: row.service_id.0,
            organisation: row.organisation_id.map(|id| id.0),
            name: row.name,
            kind: OrganisationKind::from_code(&row.kind).map_err(|_| bad("kind"))?,
            nation: Nation::from_code(&row.nation).map_err(|_| bad("nation"))?,
            person: name.zip(email),
            account: row.account_id.map(|id| id.0),
            state: AddressState::from_code(&row.state).map_err(|_| bad("state"))?,
            called_back_at: row.called_back_at.0,
            proposed_by: row.proposed_by.0,
            proposed_at: row.proposed_at.0,
            confirmed_by: row.confirmed_by.map(|id| id.0),
            confirmed_at: row.confirmed_at.map(|at| at.0),
        })
    }
}
