//! Who watches whom (SPEC 4.6, NE-07, NE-26, decision 0019): a look by somebody who is barred from whom they looked for is told to the
//! security officers of another organisation, and nowhere where they work.
//!
//! Every look that is refused or finds nothing leaves a row, and so does every search: the one that matters takes no longer and
//! leaves no other trace. A job reads them, tells whoever watches, and forgets them.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code as _;
use throughline_core::id::{AccountId, Id, OrganisationId, PersonId};
use throughline_core::role::Role;
use throughline_core::time::At;
use throughline_policy::action::AuditRead;
use throughline_policy::{ActionKind, Actor, Permit};
use uuid::Uuid;

use crate::audit::{self, Event};
use crate::closed::barred_people;
use crate::col::Col;
use crate::entity::{account, audit_entry, bar, missed_look, support_case};
use crate::error::{Error, Result};
use crate::outbox::OutboxKind;
use crate::work::Work;

/// A look, by staff of another organisation, at somebody from whom they are barred.
#[derive(Debug, Clone)]
pub struct ClosedLook {
    /// When it was told, seconds after it happened.
    pub at: At,
    /// Who looked.
    pub account: AccountId,
    /// What they tried, as the code of an action.
    pub action: String,
}

/// Who watches an organisation's staff.
#[derive(Debug, Clone)]
struct Watcher {
    organisation: OrganisationId,
    officers: Vec<AccountId>,
}

const fn bad() -> Error {
    Error::RowShape {
        table: "audit_entry",
        column: "body",
    }
}

impl Work<'_> {
    /// Leaves the row of a look that was refused or found nothing, and of every search; `who` is whoever was there, or nobody. The row
    /// names them only where the actor is barred from them: that a record is kept to others is no reason to tell, half an office may
    /// look for somebody of the same name. Only staff leave one: nobody else is ever barred.
    pub(crate) async fn look_missed(
        &mut self,
        action: ActionKind,
        who: Option<PersonId>,
    ) -> Result<()> {
        let Some(account) = self.actor().account() else {
            return Ok(());
        };
        // Asked of nobody too, so that it takes as long.
        let who = who.unwrap_or(PersonId::from_uuid(Uuid::nil()));
        let barred = bar::Entity::find()
            .filter(bar::Column::PersonId.eq(Col(who)))
            .filter(bar::Column::AccountId.eq(Col(account)))
            .filter(bar::Column::LiftedAt.is_null())
            .one(&self.tx)
            .await?;
        let row = missed_look::ActiveModel {
            id: Set(self.env().id::<()>().uuid()),
            at: Set(Col(self.now())),
            account_id: Set(Col(account)),
            action: Set(action.code().to_owned()),
            person_id: Set(barred.map(|bar| bar.person_id)),
        };
        missed_look::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Somebody who fits what is looked for and from whom the actor is barred. Asked in every search.
    pub(crate) async fn barred_among(&self, wanted: Condition) -> Result<Option<PersonId>> {
        let Some(me) = self.actor().account() else {
            return Ok(None);
        };
        let row = support_case::Entity::find()
            .filter(wanted)
            .filter(support_case::Column::PersonId.in_subquery(barred_people(me)))
            .one(&self.tx)
            .await?;
        Ok(row.map(|row| row.person_id.0))
    }

    /// The organisation that watches the staff of `own`, with its security officers who can sign in: the one that runs the
    /// installation, or, for its own staff, whichever has had an officer longest. `None` where no other organisation has one.
    async fn watcher_of(&self, own: OrganisationId) -> Result<Option<Watcher>> {
        let operator = audit::operator(&self.tx).await?;
        let officers = account::Entity::find()
            .filter(account::Column::Role.eq(Role::SecurityOfficer.code()))
            .filter(account::Column::OrganisationId.ne(Col(own)))
            .filter(self.who_can_sign_in().await?)
            .order_by_asc(account::Column::CreatedAt)
            .order_by_asc(account::Column::Id)
            .all(&self.tx)
            .await?;
        let first = officers
            .iter()
            .find(|officer| officer.organisation_id.0 == operator)
            .or(officers.first());
        Ok(first.map(|first| Watcher {
            organisation: first.organisation_id.0,
            officers: officers
                .iter()
                .filter(|officer| officer.organisation_id == first.organisation_id)
                .map(|officer| officer.id.0)
                .collect(),
        }))
    }

    /// Whether anybody outside is told of such looks by staff of the permit's organisation.
    pub async fn is_watched(&mut self, permit: &Permit<AuditRead>) -> Result<bool> {
        self.note(permit, permit.on().uuid(), &["watcher"]);
        Ok(self.watcher_of(permit.on()).await?.is_some())
    }

    /// Tells whoever watches of the looks that wait, at most `limit`, and forgets every look at nobody. A look stays where no other
    /// organisation has an officer yet, and is told to the first; it keeps no newer one waiting. Gives how many were told.
    ///
    /// Errors unless the system itself asks.
    pub async fn missed_looks_settle(&mut self, limit: u64) -> Result<usize> {
        if !matches!(self.actor(), Actor::System { .. }) {
            return Err(Error::Illegal("only the system settles looks"));
        }
        missed_look::Entity::delete_many()
            .filter(missed_look::Column::PersonId.is_null())
            .exec(&self.tx)
            .await?;
        let looked: Vec<Col<AccountId>> = missed_look::Entity::find()
            .select_only()
            .column(missed_look::Column::AccountId)
            .distinct()
            .into_tuple()
            .all(&self.tx)
            .await?;
        let mut told = 0;
        for who in looked {
            let Some(own) = self.account(who.0).await? else {
                continue;
            };
            // Theirs waits until somebody outside can be told: nobody else's does.
            let Some(watcher) = self.watcher_of(own.organisation).await? else {
                continue;
            };
            let rows = missed_look::Entity::find()
                .filter(missed_look::Column::AccountId.eq(who))
                .order_by_asc(missed_look::Column::Id)
                .limit(limit)
                .lock_exclusive()
                .all(&self.tx)
                .await?;
            for row in &rows {
                self.missed_look_tell(row, &watcher).await?;
            }
            told += rows.len();
            missed_look::Entity::delete_many()
                .filter(missed_look::Column::Id.is_in(rows.iter().map(|row| row.id)))
                .exec(&self.tx)
                .await?;
        }
        Ok(told)
    }

    async fn missed_look_tell(
        &mut self,
        row: &missed_look::Model,
        watcher: &Watcher,
    ) -> Result<()> {
        let action = ActionKind::from_code(&row.action).map_err(|_| Error::RowShape {
            table: "missed_look",
            column: "action",
        })?;
        let who = row.account_id.0.uuid();
        self.note_apart(Event::ClosedLook, watcher.organisation, who, action);
        for officer in &watcher.officers {
            let once = format!("closed-look:{}:{}", row.id, officer.uuid());
            self.tell(OutboxKind::StaffTask, officer.uuid(), Some(&once))
                .await?;
        }
        Ok(())
    }

    /// The looks, by staff whom the permit's organisation watches, at people from whom they are barred, newest first. Never at whom.
    pub async fn closed_looks(
        &mut self,
        permit: &Permit<AuditRead>,
        limit: u64,
    ) -> Result<Vec<ClosedLook>> {
        let rows = audit_entry::Entity::find()
            .filter(audit_entry::Column::LogId.eq(permit.on().uuid()))
            .filter(audit_entry::Column::Action.eq(Event::ClosedLook.code()))
            .order_by_desc(audit_entry::Column::Seq)
            .limit(limit)
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["record"]);
        rows.iter().map(closed_look).collect()
    }
}

/// What an entry of such a look says: its subject is who looked.
#[derive(serde::Deserialize)]
struct Body {
    subject: Uuid,
    fields: BTreeSet<String>,
}

fn closed_look(row: &audit_entry::Model) -> Result<ClosedLook> {
    let body: Body = serde_json::from_str(&row.body).map_err(|_| bad())?;
    Ok(ClosedLook {
        at: row.at.0,
        account: Id::from_uuid(body.subject),
        action: body.fields.into_iter().next().ok_or_else(bad)?,
    })
}
