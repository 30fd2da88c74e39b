//! Table `emergency`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::Col;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "emergency")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub site_id: Option<Col<Id<id::Site>>>,
    pub account_id: Col<Id<id::Account>>,
    pub conversation_id: Option<Col<Id<id::Conversation>>>,
    pub case_id: Option<Col<Id<id::Case>>>,
    pub at: Col<At>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
