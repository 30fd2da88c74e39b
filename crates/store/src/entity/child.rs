//! Table `child`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "child")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub case_id: Col<Id<id::Case>>,
    pub person_id: Col<Id<id::Person>>,
    pub own_case_id: Col<Id<id::Case>>,
    pub state: String,
    pub safeguarding: Option<String>,
    pub reason: Option<Blob>,
    pub decided_at: Option<Col<At>>,
    pub decided_by: Option<Col<Id<id::Account>>>,
    pub created_at: Col<At>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
