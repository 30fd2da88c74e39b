//! Table `organisation_key`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub key_version: i64,
    pub root_key_id: String,
    pub wrapped: Blob,
    pub created_at: Col<At>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
