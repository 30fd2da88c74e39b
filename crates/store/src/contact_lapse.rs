//! Ways to reach somebody that lapse: who is to be told of it before it happens (NE-08, SPEC 4.5 `expires_on`).

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use throughline_core::code::Code as _;
use throughline_core::contact::Verdict;
use throughline_core::id::{CaseId, PersonId};
use throughline_core::time::At;
use throughline_policy::action::MessageSend;
use throughline_policy::{Action as _, Facts, Permit, Scope};

use crate::case::{CaseState, facts, ties};
use crate::col::Col;
use crate::entity::{contact_point, support_case};
use crate::error::{Error, Result};
use crate::read::Read;
use crate::scope::branches;
use crate::work::Work;

/// Whose ways lapse by then without anybody having been told: ways in use, and those alone that anybody may use.
fn lapsing(before: At) -> SelectStatement {
    use contact_point::Column as C;
    Query::select()
        .column(C::PersonId)
        .from(contact_point::Entity)
        .and_where(C::LapseToldAt.is_null())
        .and_where(C::ExpiresAt.lte(Col(before)))
        .and_where(C::EndedAt.is_null())
        .and_where(C::Verdict.is_in([Verdict::Safe.code(), Verdict::SafeOnlyInWindow.code()]))
        .to_owned()
}

impl Read<'_> {
    /// Whether somebody is to be told that a way lapses by then.
    pub async fn contacts_lapse(&self, before: At) -> Result<bool> {
        let found = support_case::Entity::find()
            .filter(support_case::Column::State.eq(CaseState::Open.code()))
            .filter(support_case::Column::PersonId.in_subquery(lapsing(before)))
            .one(&self.tx)
            .await?;
        Ok(found.is_some())
    }
}

impl Work<'_> {
    /// Open cases of people of whom a way lapses by `before` without anybody having been told, at most `limit`.
    pub async fn contacts_lapsing(
        &mut self,
        scope: &Scope<MessageSend>,
        before: At,
        limit: u64,
    ) -> Result<Vec<CaseId>> {
        self.note_scope(scope, &["contact"]);
        let mut out = Vec::new();
        for branch in branches(scope, &ties(), self.now()) {
            let rows = support_case::Entity::find()
                .filter(branch)
                .filter(support_case::Column::State.eq(CaseState::Open.code()))
                .filter(support_case::Column::PersonId.in_subquery(lapsing(before)))
                .limit(limit)
                .all(&self.tx)
                .await?;
            out.extend(rows.into_iter().map(|row| row.id.0));
        }
        Ok(out)
    }

    /// Somebody agreed one way anew, and with it ends the task that was for all: of the others that lapse somebody is told again.
    pub(crate) async fn contacts_lapse_untold(&mut self, person: PersonId) -> Result<()> {
        let change = contact_point::ActiveModel {
            lapse_told_at: Set(None),
            ..Default::default()
        };
        contact_point::Entity::update_many()
            .set(change)
            .filter(contact_point::Column::PersonId.eq(Col(person)))
            .filter(contact_point::Column::EndedAt.is_null())
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Notes that somebody was told of every way of the person that lapses by `before`. Gives the open cases of the person, each
    /// of which has a worker who is to know; none when all were told already.
    pub async fn contacts_lapse_told(
        &mut self,
        permit: &Permit<MessageSend>,
        before: At,
    ) -> Result<Vec<Facts<CaseId>>> {
        let missing = Error::NotFound(MessageSend::KIND);
        let person = permit.person().ok_or(missing)?;
        let change = contact_point::ActiveModel {
            lapse_told_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        let told = contact_point::Entity::update_many()
            .set(change)
            .filter(contact_point::Column::PersonId.eq(Col(person)))
            .filter(contact_point::Column::LapseToldAt.is_null())
            .filter(contact_point::Column::ExpiresAt.lte(Col(before)))
            .exec(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["contact"]);
        if told.rows_affected == 0 {
            return Ok(Vec::new());
        }
        let rows = support_case::Entity::find()
            .filter(support_case::Column::PersonId.eq(Col(person)))
            .filter(support_case::Column::State.eq(CaseState::Open.code()))
            .all(&self.tx)
            .await?;
        Ok(rows.iter().map(facts).collect())
    }
}
