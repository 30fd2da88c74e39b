//! Table `bar`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::Col;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "bar")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Col<Id<id::Account>>,
    pub person_id: Col<Id<id::Person>>,
    pub why: String,
    pub made_at: Col<At>,
    pub made_by: Option<Col<Id<id::Account>>>,
    pub lifted_at: Option<Col<At>>,
    pub interest_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
