//! Table `referral_link`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "referral_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::ReferralLink>>,
    pub referral_id: Col<Id<id::Referral>>,
    pub token: Blob,
    pub token_hash: Blob,
    pub code_hash: Blob,
    pub created_at: Col<At>,
    pub expires_at: Col<At>,
    pub failures: i64,
    pub closed_at: Option<Col<At>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
