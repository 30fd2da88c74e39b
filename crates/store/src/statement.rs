//! A person's own words: written once, told once, kept in versions. A version is never changed.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use throughline_core::id::{AccountId, StatementId};
use throughline_core::reason::Words;
use throughline_core::time::At;
use throughline_policy::Permit;
use throughline_policy::action::{CaseChange, CaseRead};

use crate::case::person_of;
use crate::col::Col;
use crate::entity::statement;
use crate::error::Result;
use crate::keys::place;
use crate::story::StoryKind;
use crate::work::Work;

/// One version of a person's own words.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Internal id.
    pub id: StatementId,
    /// Which version: 1 is the first.
    pub number: i64,
    /// The words.
    pub words: String,
    /// When it was written.
    pub written_at: At,
    /// By whom it was written down.
    pub written_by: AccountId,
}

impl Work<'_> {
    /// Every version, newest first.
    pub async fn statements(&mut self, permit: &Permit<CaseRead>) -> Result<Vec<Statement>> {
        self.statements_limit(permit, None).await
    }

    /// The newest version.
    pub async fn statement_latest(
        &mut self,
        permit: &Permit<CaseRead>,
    ) -> Result<Option<Statement>> {
        Ok(self.statements_limit(permit, Some(1)).await?.pop())
    }

    async fn statements_limit(
        &mut self,
        permit: &Permit<CaseRead>,
        limit: Option<u64>,
    ) -> Result<Vec<Statement>> {
        self.note(permit, permit.on().uuid(), &["statement"]);
        let person = person_of(permit)?;
        let rows = statement::Entity::find()
            .filter(statement::Column::PersonId.eq(person))
            .order_by_desc(statement::Column::Number)
            .limit(limit)
            .all(&self.tx)
            .await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let at = place("statement", "words", row.id.0.uuid());
            out.push(Statement {
                id: row.id.0,
                number: row.number,
                words: self.open(person, at, &row.words).await?,
                written_at: row.written_at.0,
                written_by: row.written_by.0,
            });
        }
        Ok(out)
    }

    /// Adds a version of the person's own words; gives its number.
    pub async fn statement_write(
        &mut self,
        permit: &Permit<CaseChange>,
        words: &Words,
    ) -> Result<i64> {
        let by = self.doer()?;
        let case = self.case_row(permit.on()).await?;
        let person = case.person_id.0.uuid();
        let last = statement::Entity::find()
            .filter(statement::Column::PersonId.eq(person))
            .order_by_desc(statement::Column::Number)
            .one(&self.tx)
            .await?;
        let number = last.map_or(1, |row| row.number + 1);
        let id: StatementId = self.env().id();
        let sealed = self
            .seal(
                person,
                place("statement", "words", id.uuid()),
                &words.as_str(),
            )
            .await?;
        let row = statement::ActiveModel {
            id: Set(Col(id)),
            person_id: Set(case.person_id),
            number: Set(number),
            words: Set(sealed),
            written_at: Set(Col(self.now())),
            written_by: Set(Col(by)),
        };
        statement::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["statement"]);
        let detail = json!({ "number": number });
        self.case_event(permit, StoryKind::StatementWritten, Some(detail))
            .await?;
        Ok(number)
    }
}
