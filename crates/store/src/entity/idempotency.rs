//! Table `idempotency`.

use sea_orm::entity::prelude::*;
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Blob,
    pub request_hash: Blob,
    pub status: i64,
    pub body: Option<Blob>,
    pub created_at: Col<At>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
