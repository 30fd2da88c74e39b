//! "I called 999": one row, nothing mandatory (SPEC 4.3 SM-RESPONSE). Never gated by a form.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use throughline_core::id::{CaseId, ConversationId};
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, ConversationKeep, EmergencyRecord};
use throughline_policy::{Action, Permit};

use crate::col::Col;
use crate::entity::{conversation, emergency};
use crate::error::{Error, Result};
use crate::story::{NewEvent, StoryKind};
use crate::work::Work;

/// What the worker was at when they called 999, if they may know of it.
#[derive(Debug, Default)]
pub enum EmergencyAt<'a> {
    /// Nothing in particular.
    #[default]
    Nothing,
    /// A conversation.
    Conversation(&'a Permit<ConversationKeep>),
    /// A case.
    Case(&'a Permit<CaseChange>),
}

impl Work<'_> {
    /// Records that the actor called 999, now. With a case it is a line of its story as well.
    pub async fn emergency_record(
        &mut self,
        permit: &Permit<EmergencyRecord>,
        at: EmergencyAt<'_>,
    ) -> Result<At> {
        let account = self
            .actor()
            .account()
            .ok_or(Error::NotFound(EmergencyRecord::KIND))?;
        let (conversation, case): (Option<ConversationId>, Option<CaseId>) = match at {
            EmergencyAt::Nothing => (None, None),
            EmergencyAt::Conversation(keep) => {
                let row = conversation::Entity::find_by_id(Col(keep.on()))
                    .one(&self.tx)
                    .await?;
                (
                    Some(keep.on()),
                    row.and_then(|row| row.case_id).map(|case| case.0),
                )
            }
            EmergencyAt::Case(change) => (None, Some(change.on())),
        };
        let id = self.env().id::<()>().uuid();
        let row = emergency::ActiveModel {
            id: Set(id),
            organisation_id: Set(Col(permit.organisation())),
            site_id: Set(self.actor().site().map(Col)),
            account_id: Set(Col(account)),
            conversation_id: Set(conversation.map(Col)),
            case_id: Set(case.map(Col)),
            at: Set(Col(self.now())),
        };
        emergency::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, id, &["called_999"]);
        if let Some(case) = case {
            let owner = self.case_row(case).await?.person_id.0.uuid();
            self.event_add(NewEvent {
                case,
                owner,
                kind: StoryKind::Called999,
                referral: None,
                detail: None,
            })
            .await?;
        }
        Ok(self.now())
    }

    /// When 999 was called from a conversation, oldest first.
    pub async fn emergencies(&mut self, permit: &Permit<ConversationKeep>) -> Result<Vec<At>> {
        let rows = emergency::Entity::find()
            .filter(emergency::Column::ConversationId.eq(Col(permit.on())))
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["called_999"]);
        let mut times: Vec<At> = rows.into_iter().map(|row| row.at.0).collect();
        times.sort_unstable();
        Ok(times)
    }
}
