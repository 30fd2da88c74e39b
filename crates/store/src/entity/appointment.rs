//! Table `appointment`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::Col;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "appointment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::Appointment>>,
    pub reference: Col<Ref>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub site_id: Col<Id<id::Site>>,
    pub case_id: Col<Id<id::Case>>,
    pub person_id: Col<Id<id::Person>>,
    pub lead_account_id: Col<Id<id::Account>>,
    pub title: String,
    pub state: String,
    pub starts_at: Col<At>,
    pub minutes: i64,
    pub created_at: Col<At>,
    pub changed_at: Col<At>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
