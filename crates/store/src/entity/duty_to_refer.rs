//! Table `duty_to_refer`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id, Ref};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "duty_to_refer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub reference: Col<Ref>,
    pub case_id: Col<Id<id::Case>>,
    pub state: String,
    pub content: Blob,
    pub attempts: i64,
    pub chased: i64,
    pub outcome: Option<String>,
    pub created_at: Col<At>,
    pub sent_at: Option<Col<At>>,
    pub changed_at: Col<At>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
