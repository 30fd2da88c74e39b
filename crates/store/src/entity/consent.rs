//! Table `consent`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "consent")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::Consent>>,
    pub reference: Col<Ref>,
    pub person_id: Col<Id<id::Person>>,
    pub case_id: Col<Id<id::Case>>,
    pub to_organisation_id: Col<Id<id::Organisation>>,
    pub purpose: String,
    pub basis: String,
    pub art9_condition: Option<String>,
    pub dpa_condition: Option<String>,
    pub how_agreed: Option<String>,
    pub words: Option<Blob>,
    pub own_words: bool,
    pub reasons: Option<Blob>,
    pub items: String,
    pub struck_lines: String,
    pub statement_id: Option<Col<Id<id::Statement>>>,
    pub given_at: Col<At>,
    pub given_by: Col<Id<id::Account>>,
    pub expires_at: Col<At>,
    pub withdrawn_at: Option<Col<At>>,
    pub receipt: Option<Blob>,
    pub life_at_risk: Option<bool>,
    pub told: Option<String>,
    pub completed_at: Option<Col<At>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
