//! Table `audit_entry`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub log_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub at: Col<At>,
    pub action: String,
    pub result: String,
    pub account_id: Option<Col<Id<id::Account>>>,
    pub person_id: Option<Col<Id<id::Person>>>,
    pub body: String,
    pub leaf: Blob,
    pub root: Blob,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
