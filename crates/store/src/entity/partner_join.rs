//! Table `partner_join`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "partner_join")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub reference: Col<Ref>,
    pub service_id: Col<Id<id::Service>>,
    pub organisation_id: Option<Col<Id<id::Organisation>>>,
    pub name: String,
    pub kind: String,
    pub nation: String,
    pub contact_name: Option<Blob>,
    pub contact_email: Option<Blob>,
    pub account_id: Option<Col<Id<id::Account>>>,
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
