//! Table `need`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::Col;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "need")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::Need>>,
    pub case_id: Col<Id<id::Case>>,
    pub kind: String,
    pub state: String,
    pub raised_at: Col<At>,
    pub raised_by: Col<Id<id::Account>>,
    pub closed_at: Option<Col<At>>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
