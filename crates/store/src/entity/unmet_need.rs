//! Table `unmet_need`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "unmet_need")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub case_id: Col<Id<id::Case>>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub site_id: Col<Id<id::Site>>,
    pub need: String,
    pub because: String,
    pub service_id: Option<Col<Id<id::Service>>>,
    pub blocked: Blob,
    pub recorded_by: Col<Id<id::Account>>,
    pub recorded_at: Col<At>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
