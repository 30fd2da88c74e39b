//! The installation, its organisations and sites: what is there before any person is helped.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code;
use throughline_core::id::{OrganisationId, Ref, SiteId};
use throughline_core::nation::Nation;

use crate::account::AccountState;
use crate::audit::Event;
use crate::col::Col;
use crate::entity::{account, directory_head, installation, organisation, site};
use crate::error::{Error, Result};
use crate::read::Read;
use crate::work::Work;

throughline_core::code_list! {
    /// What kind of body an organisation is.
    pub enum OrganisationKind {
        /// A jobcentre district.
        Jobcentre = "jobcentre",
        /// A council.
        Council = "council",
        /// A charity or community group.
        Charity = "charity",
        /// A health body.
        Health = "health",
        /// A housing provider.
        Housing = "housing",
        /// Police or probation.
        Justice = "justice",
        /// Any other.
        Other = "other",
    }
}

/// An organisation.
#[derive(Debug, Clone)]
pub struct Organisation {
    /// Internal id.
    pub id: OrganisationId,
    /// Reference.
    pub reference: Ref,
    /// Its name.
    pub name: String,
    /// What kind of body it is.
    pub kind: OrganisationKind,
    /// Whose rules it works under.
    pub nation: Nation,
}

/// A site.
#[derive(Debug, Clone)]
pub struct Site {
    /// Internal id.
    pub id: SiteId,
    /// Reference.
    pub reference: Ref,
    /// Whose site it is.
    pub organisation: OrganisationId,
    /// Its name.
    pub name: String,
    /// The local authority it is in (GSS code), where known.
    pub area: Option<String>,
    /// Whose rules apply there.
    pub nation: Nation,
    /// Whether it has a private room.
    pub private_room: bool,
}

/// The installation.
#[derive(Debug, Clone)]
pub struct Installation {
    /// Its reference: the origin of its audit checkpoints.
    pub reference: Ref,
    /// The organisation that runs it.
    pub operator: Option<OrganisationId>,
    /// Whether it is a demo, with invented people only.
    pub demo: bool,
}

pub(crate) fn organisation_of(row: organisation::Model) -> Result<Organisation> {
    let bad = |column| Error::RowShape {
        table: "organisation",
        column,
    };
    Ok(Organisation {
        id: row.id.0,
        reference: row.reference.0,
        name: row.name,
        kind: OrganisationKind::from_code(&row.kind).map_err(|_| bad("kind"))?,
        nation: Nation::from_code(&row.nation).map_err(|_| bad("nation"))?,
    })
}

fn site_of(row: site::Model) -> Result<Site> {
    Ok(Site {
        id: row.id.0,
        reference: row.reference.0,
        organisation: row.organisation_id.0,
        name: row.name,
        area: row.area_code,
        nation: Nation::from_code(&row.nation).map_err(|_| Error::RowShape {
            table: "site",
            column: "nation",
        })?,
        private_room: row.private_room,
    })
}

impl Work<'_> {
    /// Sets the installation up with the organisation that runs it. Errors when it has been done before.
    pub async fn installation_create(
        &mut self,
        name: &str,
        kind: OrganisationKind,
        nation: Nation,
        demo: bool,
    ) -> Result<Organisation> {
        let operator = self.organisation_create(name, kind, nation).await?;
        let row = installation::ActiveModel {
            id: Set(1),
            reference: Set(Col(self.env().reference())),
            operator_organisation_id: Set(Some(Col(operator.id))),
            demo: Set(demo),
            created_at: Set(Col(self.now())),
        };
        installation::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        directory_head::Entity::insert(directory_head::ActiveModel {
            id: Set(1),
            version: Set(0),
        })
        .exec_without_returning(&self.tx)
        .await?;
        self.note_event(Event::SetUp, Some(operator.id.uuid()), &["installation"]);
        Ok(operator)
    }

    /// Makes an organisation.
    pub async fn organisation_create(
        &mut self,
        name: &str,
        kind: OrganisationKind,
        nation: Nation,
    ) -> Result<Organisation> {
        let made = Organisation {
            id: self.env().id(),
            reference: self.env().reference(),
            name: name.to_owned(),
            kind,
            nation,
        };
        let row = organisation::ActiveModel {
            id: Set(Col(made.id)),
            reference: Set(Col(made.reference)),
            name: Set(made.name.clone()),
            kind: Set(kind.code().to_owned()),
            nation: Set(nation.code().to_owned()),
            created_at: Set(Col(self.now())),
        };
        organisation::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note_event(Event::SetUp, Some(made.id.uuid()), &["organisation"]);
        Ok(made)
    }

    /// Makes a site.
    pub async fn site_create(
        &mut self,
        organisation: OrganisationId,
        name: &str,
        area: Option<&str>,
        nation: Nation,
        private_room: bool,
    ) -> Result<Site> {
        let made = Site {
            id: self.env().id(),
            reference: self.env().reference(),
            organisation,
            name: name.to_owned(),
            area: area.map(str::to_owned),
            nation,
            private_room,
        };
        let row = site::ActiveModel {
            id: Set(Col(made.id)),
            reference: Set(Col(made.reference)),
            organisation_id: Set(Col(organisation)),
            name: Set(made.name.clone()),
            area_code: Set(made.area.clone()),
            nation: Set(nation.code().to_owned()),
            private_room: Set(private_room),
            created_at: Set(Col(self.now())),
        };
        site::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note_event(Event::SetUp, Some(made.id.uuid()), &["site"]);
        Ok(made)
    }

    /// The organisation that runs the installation. Errors with [`Error::Setup`] before it was set up.
    pub async fn operator(&self) -> Result<OrganisationId> {
        crate::audit::operator(&self.tx).await
    }

    /// Whether somebody has an account in an organisation: then nobody else may speak for it.
    pub(crate) async fn organisation_has_accounts(&self, id: OrganisationId) -> Result<bool> {
        let found = account::Entity::find()
            .filter(account::Column::OrganisationId.eq(Col(id)))
            .filter(account::Column::State.eq(AccountState::Active.code()))
            .limit(1)
            .one(&self.tx)
            .await?;
        Ok(found.is_some())
    }

    /// An organisation by id.
    pub async fn organisation(&self, id: OrganisationId) -> Result<Option<Organisation>> {
        organisation::Entity::find_by_id(Col(id))
            .one(&self.tx)
            .await?
            .map(organisation_of)
            .transpose()
    }

    /// A site by id.
    pub async fn site(&self, id: SiteId) -> Result<Option<Site>> {
        site::Entity::find_by_id(Col(id))
            .one(&self.tx)
            .await?
            .map(site_of)
            .transpose()
    }
}

impl Read<'_> {
    /// The installation, once it has been set up.
    pub async fn installation(&self) -> Result<Option<Installation>> {
        let row = installation::Entity::find_by_id(1).one(&self.tx).await?;
        Ok(row.map(|row| Installation {
            reference: row.reference.0,
            operator: row.operator_organisation_id.map(|id| id.0),
            demo: row.demo,
        }))
    }

    /// Every organisation, by name.
    pub async fn organisations(&self) -> Result<Vec<Organisation>> {
        let rows = organisation::Entity::find().all(&self.tx).await?;
        let mut out = rows
            .into_iter()
            .map(organisation_of)
            .collect::<Result<Vec<_>>>()?;
        out.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(out)
    }

    /// Every site of an organisation, by name.
    pub async fn sites(&self, organisation: OrganisationId) -> Result<Vec<Site>> {
        let query = site::Entity::find().filter(site::Column::OrganisationId.eq(Col(organisation)));
        let rows = query.order_by_asc(site::Column::Id).all(&self.tx).await?;
        let mut out = rows.into_iter().map(site_of).collect::<Result<Vec<_>>>()?;
        out.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Ok(out)
    }
}
