//! Table `erasure`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "erasure")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::Erasure>>,
    pub reference: Col<Ref>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub person_id: Option<Col<Id<id::Person>>>,
    pub person_hash: Blob,
    pub ground: String,
    pub reason: Option<Blob>,
    pub state: String,
    pub asked_by: Option<Col<Id<id::Account>>>,
    pub asked_at: Col<At>,
    pub decided_by: Option<Col<Id<id::Account>>>,
    pub decided_at: Option<Col<At>>,
    pub held_since: Option<Col<At>>,
    pub told: Option<String>,
    pub purged_at: Option<Col<At>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
