//! Table `room_request`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::Col;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "room_request")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::RoomRequest>>,
    pub reference: Col<Ref>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub site_id: Col<Id<id::Site>>,
    pub state: String,
    pub asked_at: Col<At>,
    pub asked_by: Col<Id<id::Account>>,
    pub lead_alerted_at: Option<Col<At>>,
    pub deputy_alerted_at: Option<Col<At>>,
    pub due_at: Option<Col<At>>,
    pub answered_by: Option<Col<Id<id::Account>>>,
    pub answered_at: Option<Col<At>>,
    pub closed_at: Option<Col<At>>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
