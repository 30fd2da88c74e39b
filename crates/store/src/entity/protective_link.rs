//! Table `protective_link`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "protective_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::ProtectiveLink>>,
    pub reference: Col<Ref>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub case_id: Col<Id<id::Case>>,
    pub person_id: Col<Id<id::Person>>,
    pub told: Blob,
    pub name_hash: Blob,
    pub born_hash: Option<Blob>,
    pub role: String,
    pub days: i64,
    pub state: String,
    pub told_at: Col<At>,
    pub told_by: Col<Id<id::Account>>,
    pub ground: Option<String>,
    pub confirmed_at: Option<Col<At>>,
    pub confirmed_by: Option<Col<Id<id::Account>>>,
    pub ended_at: Option<Col<At>>,
    pub ended_by: Option<Col<Id<id::Account>>>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
