//! Table `clash`.

use sea_orm::entity::prelude::*;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::Col;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "clash")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub site_id: Col<Id<id::Site>>,
    pub link_id: Col<Id<id::ProtectiveLink>>,
    pub appointment_id: Col<Id<id::Appointment>>,
    pub other_id: Col<Id<id::Appointment>>,
    pub starts_at: Col<At>,
    pub other_starts_at: Col<At>,
    pub task_id: Col<Id<id::Task>>,
    pub found_at: Col<At>,
    pub settled_at: Option<Col<At>>,
    pub outcome: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
