//! Table `account`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::Account>>,
    pub reference: Col<Ref>,
    pub organisation_id: Col<Id<id::Organisation>>,
    pub site_id: Option<Col<Id<id::Site>>>,
    pub role: String,
    pub state: String,
    pub name: Blob,
    pub email: Blob,
    pub email_index: Blob,
    pub password: Option<String>,
    pub totp: Option<Blob>,
    pub totp_step: Option<i64>,
    pub created_at: Col<At>,
    pub ended_at: Option<Col<At>>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
