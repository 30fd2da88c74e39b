//! Table `referral`.

use sea_orm::entity::prelude::*;
use throughline_core::id::Ref;
use throughline_core::id::{self, Id};
use throughline_core::time::At;

use crate::col::{Blob, Col};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "referral")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Col<Id<id::Referral>>,
    pub reference: Col<Ref>,
    pub case_id: Col<Id<id::Case>>,
    pub person_id: Col<Id<id::Person>>,
    pub from_organisation_id: Col<Id<id::Organisation>>,
    pub from_site_id: Col<Id<id::Site>>,
    pub lead_account_id: Col<Id<id::Account>>,
    pub service_id: Col<Id<id::Service>>,
    pub to_organisation_id: Col<Id<id::Organisation>>,
    pub live_organisation_id: Option<Col<Id<id::Organisation>>>,
    pub accepted_organisation_id: Option<Col<Id<id::Organisation>>>,
    pub consent_id: Col<Id<id::Consent>>,
    pub need: String,
    pub risk_band: String,
    pub state: String,
    pub packet: Blob,
    pub told: Option<Blob>,
    pub reason: Option<String>,
    pub accepted: Option<Blob>,
    pub helped: Option<String>,
    pub created_at: Col<At>,
    pub sent_at: Option<Col<At>>,
    pub due_at: Option<Col<At>>,
    pub answered_at: Option<Col<At>>,
    pub ended_at: Option<Col<At>>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
