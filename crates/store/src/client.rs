//! API clients: programs with a secret of their own, bound to one organisation, that may do only what they were given.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use throughline_core::code::Code;
use throughline_core::id::{AccountId, ApiClientId, OrganisationId, Ref};
use throughline_core::time::At;
use throughline_policy::action::ClientManage;
use throughline_policy::{Action, ActionKind, Actor, Facts, Permit, Scope, Standing, Ties, table};
use throughline_seal::{Token, TokenHash};

use crate::col::{Blob, Col};
use crate::entity::api_client;
use crate::error::{Error, Result};
use crate::read::Read;
use crate::scope::{About, TieColumns, condition};
use crate::work::Work;

/// An API client. Its secret is not among what is known of it.
#[derive(Debug, Clone)]
pub struct Client {
    /// Internal id.
    pub id: ApiClientId,
    /// Reference.
    pub reference: Ref,
    /// The organisation that it acts for.
    pub organisation: OrganisationId,
    /// What its makers call it.
    pub name: String,
    /// The actions it was given.
    pub scopes: Vec<ActionKind>,
    /// When it was made.
    pub created_at: At,
    /// Who made it.
    pub created_by: AccountId,
    /// When it was revoked: from the next request on nothing works.
    pub revoked_at: Option<At>,
}

impl Client {
    /// The actor that this client is, while it has not been revoked.
    pub fn actor(&self) -> Option<Actor> {
        self.revoked_at.is_none().then(|| Actor::Client {
            client: self.id,
            organisation: self.organisation,
            scopes: self.scopes.clone(),
        })
    }
}

/// The actions that a program can be given at all: those for which the table knows a relation of programs.
pub fn grantable() -> Vec<ActionKind> {
    ActionKind::ALL
        .iter()
        .copied()
        .filter(|action| !table::relations(Standing::ApiClient, *action).is_empty())
        .collect()
}

fn client_of(row: api_client::Model) -> Result<Client> {
    let scopes = row
        .scopes
        .split_whitespace()
        .map(|code| {
            ActionKind::from_code(code).map_err(|_| Error::RowShape {
                table: "api_client",
                column: "scopes",
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Client {
        id: row.id.0,
        reference: row.reference.0,
        organisation: row.organisation_id.0,
        name: row.name,
        scopes,
        created_at: row.created_at.0,
        created_by: row.created_by.0,
        revoked_at: row.revoked_at.map(|at| at.0),
    })
}

impl Read<'_> {
    /// The client of a secret's hash, revoked or not, as it is at this instant.
    pub async fn client(&self, hash: TokenHash) -> Result<Option<Client>> {
        api_client::Entity::find()
            .filter(api_client::Column::SecretHash.eq(Blob(hash.to_vec())))
            .one(&self.tx)
            .await?
            .map(client_of)
            .transpose()
    }
}

impl Work<'_> {
    /// The ties of a client that is yet to be made for an organisation.
    pub fn client_place(&self, organisation: OrganisationId) -> Facts<ApiClientId> {
        Facts {
            subject: self.env().id(),
            person: None,
            ties: Ties {
                organisation: Some(organisation),
                ..Ties::default()
            },
        }
    }

    /// The ties of a client, by reference.
    pub async fn client_facts(&mut self, reference: Ref) -> Result<Option<Facts<ApiClientId>>> {
        let row = api_client::Entity::find()
            .filter(api_client::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        Ok(row.map(|row| Facts {
            subject: row.id.0,
            person: None,
            ties: Ties {
                organisation: Some(row.organisation_id.0),
                ..Ties::default()
            },
        }))
    }

    /// Makes a client for the permit's organisation. Errors with [`Error::Invalid`] without a name, without an action or with
    /// one that programs cannot be given.
    pub async fn client_create(
        &mut self,
        permit: &Permit<ClientManage>,
        name: &str,
        scopes: &[ActionKind],
        secret: &Token,
    ) -> Result<Ref> {
        let name = name.trim();
        let invalid = |field, problem| Err(Error::Invalid { field, problem });
        if name.is_empty() || name.chars().count() > 100 {
            return invalid("name", "client-name-missing");
        }
        let allowed = grantable();
        if scopes.is_empty() || scopes.iter().any(|scope| !allowed.contains(scope)) {
            return invalid("scopes", "client-scopes-missing");
        }
        let reference = self.env().reference();
        let by = self
            .actor()
            .account()
            .ok_or(Error::NotFound(ClientManage::KIND))?;
        let mut codes: Vec<&str> = scopes.iter().map(|scope| scope.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        let row = api_client::ActiveModel {
            id: Set(Col(permit.on())),
            reference: Set(Col(reference)),
            organisation_id: Set(Col(permit.organisation())),
            name: Set(name.to_owned()),
            secret_hash: Set(Blob(secret.hash().to_vec())),
            scopes: Set(codes.join(" ")),
            created_at: Set(Col(self.now())),
            created_by: Set(Col(by)),
            revoked_at: Set(None),
        };
        api_client::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["name", "scopes", "secret"]);
        Ok(reference)
    }

    /// Revokes a client: its next request is refused. Doing it twice changes nothing.
    pub async fn client_revoke(&mut self, permit: &Permit<ClientManage>) -> Result<()> {
        let change = api_client::ActiveModel {
            revoked_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        api_client::Entity::update_many()
            .set(change)
            .filter(api_client::Column::Id.eq(Col(permit.on())))
            .filter(api_client::Column::RevokedAt.is_null())
            .exec(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["revoked"]);
        Ok(())
    }

    /// The clients that this actor may manage, newest first.
    pub async fn clients(&mut self, scope: &Scope<ClientManage>) -> Result<Vec<Client>> {
        let columns = TieColumns {
            organisation: Some(api_client::Column::OrganisationId),
            site: None,
            lead: None,
            to: None,
            accepted_by: None,
            referral: None,
            about: About::Nobody,
        };
        self.note_scope(scope, &["name", "scopes"]);
        let Some(condition) = condition(scope, &columns, self.now()) else {
            return Ok(Vec::new());
        };
        api_client::Entity::find()
            .filter(condition)
            .order_by_desc(api_client::Column::CreatedAt)
            .order_by_desc(api_client::Column::Id)
            .all(&self.tx)
            .await?
            .into_iter()
            .map(client_of)
            .collect()
    }
}
