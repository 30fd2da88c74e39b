//! Table `passkey`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id, Ref};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "passkey")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub reference: Col<Ref>,
    pub account_id: Col<Id<id::Account>>,
    pub credential: Blob,
    pub public_key: Blob,
    pub counter: i64,
    pub name: Blob,
    pub created_at: Col<At>,
    pub used_at: Option<Col<At>>,
    pub stopped_at: Option<Col<At>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
