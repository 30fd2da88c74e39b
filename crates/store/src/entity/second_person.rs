//! Table `second_person`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "second_person")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::SecondPerson>>,
    pub reference: Col<Ref>,
    pub guarded: String,
    pub about_id: Uuid,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub site_id: Option<Col<Id<id::Site>>>,
    pub asked_by: Col<Id<id::Account>>,
    pub asked_at: Col<At>,
    pub reason: Option<Blob>,
    pub state: String,
    pub until_at: Col<At>,
    pub decided_by: Option<Col<Id<id::Account>>>,
    pub decided_at: Option<Col<At>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
