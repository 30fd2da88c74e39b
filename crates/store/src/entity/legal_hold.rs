//! Table `legal_hold`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "legal_hold")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub reference: Col<Ref>,
    pub person_id: Col<Id<id::Person>>,
    pub kind: String,
    pub reason: Blob,
    pub set_by: Col<Id<id::Account>>,
    pub set_at: Col<At>,
    pub lifted_by: Option<Col<Id<id::Account>>>,
    pub lifted_at: Option<Col<At>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
