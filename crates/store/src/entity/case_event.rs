//! Table `case_event`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "case_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub case_id: Col<Id<id::Case>>,
    pub at: Col<At>,
    pub kind: String,
    pub account_id: Option<Col<Id<id::Account>>>,
    pub referral_id: Option<Col<Id<id::Referral>>>,
    pub detail: Option<Blob>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
