//! Table `service`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "service")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::Service>>,
    pub reference: Col<Ref>,
    pub feed_id: Option<Col<Id<id::Feed>>>,
    pub source_id: String,
    pub organisation_id: Option<Col<Id<id::Organisation>>>,
    pub name: String,
    pub state: String,
    pub confidential: bool,
    pub document: String,
    pub digest: Blob,
    pub confirmed_at: Option<Col<At>>,
    pub changed_at: Col<At>,
    pub changed_in: i64,
    pub version: i64,
    pub room: Option<String>,
    pub room_wait_days: Option<i64>,
    pub room_said_at: Option<Col<At>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
