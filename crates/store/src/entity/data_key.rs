//! Table `data_key`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "data_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner_id: Uuid,
    pub owner_kind: String,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub key_version: i64,
    pub wrapped: Blob,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
