//! Table `sealed_place`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sealed_place")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub referral_id: Col<Id<id::Referral>>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub value: Option<Blob>,
    pub said_at: Col<At>,
    pub said_by: Option<Col<Id<id::Account>>>,
    pub lapses_at: Col<At>,
    pub ended_at: Option<Col<At>>,
    pub ended: Option<String>,
    pub shown_to: Option<Col<Id<id::Account>>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
