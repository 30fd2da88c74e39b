//! Table `access_request`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "access_request")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub reference: Col<Ref>,
    pub case_id: Col<Id<id::Case>>,
    pub person_id: Col<Id<id::Person>>,
    pub asked_by: String,
    pub lang: String,
    pub recipient: Blob,
    pub state: String,
    pub decisions: Blob,
    pub copy: Option<Blob>,
    pub asked_at: Col<At>,
    pub recorded_by: Col<Id<id::Account>>,
    pub due_at: Col<At>,
    pub ready_at: Option<Col<At>>,
    pub ready_by: Option<Col<Id<id::Account>>>,
    pub lapses_at: Option<Col<At>>,
    pub ended_at: Option<Col<At>>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
