//! Table `listing_doubt`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id, Ref};
use throughline_core::time::At;

use crate::col::Col;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "listing_doubt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub reference: Col<Ref>,
    pub service_id: Col<Id<id::Service>>,
    pub reason: String,
    pub state: String,
    pub times: i64,
    pub first_on: String,
    pub last_on: String,
    pub decided_at: Option<Col<At>>,
    pub decided_by: Option<Col<Id<id::Account>>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
