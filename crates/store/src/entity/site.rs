//! Table `site`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::Col;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "site")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::Site>>,
    pub reference: Col<Ref>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub name: String,
    pub area_code: Option<String>,
    pub nation: String,
    pub private_room: bool,
    pub created_at: Col<At>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
