//! Table `urgent`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::Col;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "urgent")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub reference: Col<Ref>,
    pub account_id: Col<Id<id::Account>>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub site_id: Col<Id<id::Site>>,
    pub alone: bool,
    pub asked_at: Col<At>,
    pub opened_at: Option<Col<At>>,
    pub until_at: Option<Col<At>>,
    pub second_by: Option<Col<Id<id::Account>>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
