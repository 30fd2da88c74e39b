//! Table `session`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::Session>>,
    pub account_id: Col<Id<id::Account>>,
    pub token_hash: Blob,
    pub created_at: Col<At>,
    pub seen_at: Col<At>,
    pub expires_at: Col<At>,
    pub locked_at: Option<Col<At>>,
    pub stepped_up_at: Option<Col<At>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
