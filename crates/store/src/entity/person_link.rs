//! Table `person_link`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "person_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub case_id: Col<Id<id::Case>>,
    pub person_id: Col<Id<id::Person>>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub token_hash: Blob,
    pub phrase_hash: Blob,
    pub visit_hash: Option<Blob>,
    pub visited_at: Option<Col<At>>,
    pub made_at: Col<At>,
    pub made_by: Col<Id<id::Account>>,
    pub expires_at: Col<At>,
    pub failures: i64,
    pub closed_at: Option<Col<At>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
