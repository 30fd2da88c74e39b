//! Table `quarantine`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "quarantine")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::Quarantine>>,
    pub reference: Col<Ref>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub feed_id: Col<Id<id::Feed>>,
    pub run_id: Col<Id<id::FeedRun>>,
    pub row_number: i64,
    pub source_id: Option<String>,
    pub service_id: Option<Col<Id<id::Service>>>,
    pub reason: String,
    pub fingerprint: Blob,
    pub raw: Blob,
    pub state: String,
    pub created_at: Col<At>,
    pub decided_by: Option<Col<Id<id::Account>>>,
    pub decided_at: Option<Col<At>>,
    pub cleared_digest: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
