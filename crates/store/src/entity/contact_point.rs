//! Table `contact_point`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_point")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::ContactPoint>>,
    pub reference: Col<Ref>,
    pub person_id: Col<Id<id::Person>>,
    pub channel: String,
    pub verdict: String,
    pub value: Blob,
    pub rules: Option<Blob>,
    pub windows: Option<String>,
    pub voicemail_on: Option<String>,
    pub confirmed_at: Col<At>,
    pub expires_at: Col<At>,
    pub ended_at: Option<Col<At>>,
    pub ended_reason: Option<String>,
    pub lapse_told_at: Option<Col<At>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
