//! Table `immediate_need`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "immediate_need")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub case_id: Col<Id<id::Case>>,
    pub kind: String,
    pub answer: String,
    pub account_control: Option<String>,
    pub owner_account_id: Option<Col<Id<id::Account>>>,
    pub due_at: Option<Col<At>>,
    pub note: Option<Blob>,
    pub answered_at: Col<At>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
