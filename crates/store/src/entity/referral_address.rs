//! Table `referral_address`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "referral_address")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub reference: Col<Ref>,
    pub service_id: Col<Id<id::Service>>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub email: Blob,
    pub code_route: Blob,
    pub state: String,
    pub called_back_at: Col<At>,
    pub proposed_by: Col<Id<id::Account>>,
    pub proposed_at: Col<At>,
    pub confirmed_by: Option<Col<Id<id::Account>>>,
    pub confirmed_at: Option<Col<At>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
