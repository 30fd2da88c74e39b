//! Table `api_client`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_client")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::ApiClient>>,
    pub reference: Col<Ref>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub name: String,
    pub secret_hash: Blob,
    pub scopes: String,
    pub created_at: Col<At>,
    pub created_by: Col<Id<id::Account>>,
    pub revoked_at: Option<Col<At>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
