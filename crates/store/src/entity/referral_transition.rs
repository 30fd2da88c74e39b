//! Table `referral_transition`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "referral_transition")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub referral_id: Col<Id<id::Referral>>,
    pub at: Col<At>,
    pub from_state: String,
    pub to_state: String,
    pub made_move: String,
    pub via: String,
    pub account_id: Option<Col<Id<id::Account>>>,
    pub note: Option<Blob>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
