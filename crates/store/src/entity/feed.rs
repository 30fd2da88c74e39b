//! Table `feed`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::Col;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "feed")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::Feed>>,
    pub reference: Col<Ref>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub name: String,
    pub location: String,
    pub format: String,
    pub created_at: Col<At>,
    pub last_run_at: Option<Col<At>>,
    pub version: i64,
    pub details_at: Option<Col<At>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
