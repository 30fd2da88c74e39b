//! Table `task`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::Col;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::Task>>,
    pub reference: Col<Ref>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub site_id: Option<Col<Id<id::Site>>>,
    pub case_id: Option<Col<Id<id::Case>>>,
    pub referral_id: Option<Col<Id<id::Referral>>>,
    pub conversation_id: Option<Col<Id<id::Conversation>>>,
    pub owner_account_id: Option<Col<Id<id::Account>>>,
    pub told_account_id: Option<Col<Id<id::Account>>>,
    pub kind: String,
    pub state: String,
    pub ladder_level: i64,
    pub due_at: Col<At>,
    pub climbs_at: Option<Col<At>>,
    pub created_at: Col<At>,
    pub done_at: Option<Col<At>>,
    pub done_by: Option<Col<Id<id::Account>>>,
    pub outcome: Option<String>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
