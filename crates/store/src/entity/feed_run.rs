//! Table `feed_run`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::Col;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "feed_run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::FeedRun>>,
    pub reference: Col<Ref>,
    pub feed_id: Col<Id<id::Feed>>,
    pub started_at: Col<At>,
    pub finished_at: Option<Col<At>>,
    pub outcome: String,
    pub rows_read: i64,
    pub rows_added: i64,
    pub rows_changed: i64,
    pub rows_unchanged: i64,
    pub rows_repaired: i64,
    pub rows_quarantined: i64,
    pub message: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
