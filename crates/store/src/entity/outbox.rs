//! Table `outbox`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::Col;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::Outbox>>,
    pub kind: String,
    pub subject_id: Option<Uuid>,
    pub payload: String,
    pub once_key: Option<String>,
    pub state: String,
    pub due_at: Col<At>,
    pub attempts: i64,
    pub lease_until_at: Option<Col<At>>,
    pub leased_by: Option<String>,
    pub last_error: Option<String>,
    pub created_at: Col<At>,
    pub done_at: Option<Col<At>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
