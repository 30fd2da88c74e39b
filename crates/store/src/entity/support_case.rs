//! Table `support_case`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::Col;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "support_case")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::Case>>,
    pub reference: Col<Ref>,
    pub person_id: Col<Id<id::Person>>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub site_id: Col<Id<id::Site>>,
    pub lead_account_id: Col<Id<id::Account>>,
    pub pack_id: String,
    pub state: String,
    pub risk_band: String,
    pub opened_at: Col<At>,
    pub closed_at: Option<Col<At>>,
    pub version: i64,
    pub told_at: Option<Col<At>>,
    pub children_answer: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
