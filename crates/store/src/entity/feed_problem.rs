//! Table `feed_problem`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};

use crate::col::Col;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "feed_problem")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub run_id: Col<Id<id::FeedRun>>,
    pub row_number: i64,
    pub field: String,
    pub problem: String,
    pub did: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
