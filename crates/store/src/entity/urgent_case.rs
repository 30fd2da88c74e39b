//! Table `urgent_case`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "urgent_case")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub urgent_id: Uuid,
    pub person_id: Col<Id<id::Person>>,
    pub case_id: Col<Id<id::Case>>,
    pub reason: Blob,
    pub task_id: Option<Col<Id<id::Task>>>,
    pub reviewed_by: Option<Col<Id<id::Account>>>,
    pub reviewed_at: Option<Col<At>>,
    pub verdict: Option<String>,
    pub words: Option<Blob>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
