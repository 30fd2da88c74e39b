//! Table `conversation`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::Conversation>>,
    pub reference: Col<Ref>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub site_id: Col<Id<id::Site>>,
    pub account_id: Col<Id<id::Account>>,
    pub case_id: Option<Col<Id<id::Case>>>,
    pub stage: String,
    pub mode: String,
    pub reach: String,
    pub content: Option<Blob>,
    pub started_at: Col<At>,
    pub ended_at: Option<Col<At>>,
    pub version: i64,
    pub told_at: Option<Col<At>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
