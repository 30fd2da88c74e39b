//! Who has looked at a person's record: every entry that is about them, and every list and search that showed something of them.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;
use throughline_core::code::Code as _;
use throughline_core::id::{AccountId, OrganisationId, PersonId};
use throughline_core::time::At;
use throughline_policy::action::CaseLookers;
use throughline_policy::{Action as _, Permit, Standing};
use uuid::Uuid;

use crate::col::Col;
use crate::entity::{audit_entry, seen};
use crate::error::{Error, Result};
use crate::work::Work;

/// Who looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookBy {
    /// Somebody with an account.
    Account(AccountId),
    /// A service, with a one-time link and its code.
    Link,
    /// The person themselves, with their own link.
    Person,
    /// A program of an organisation.
    Program,
    /// Throughline itself, to keep a promise.
    System,
}

/// One look at a person's record.
#[derive(Debug, Clone)]
pub struct Look {
    /// When.
    pub at: At,
    /// Action code.
    pub action: String,
    /// Who.
    pub by: LookBy,
    /// The organisation in whose log it stands.
    pub organisation: OrganisationId,
    /// Field names.
    pub fields: Vec<String>,
    /// Whether the person was one of those on a list or found by a search.
    pub on_list: bool,
}

/// The parts of an entry's text that a look is told by.
#[derive(Deserialize)]
struct Body {
    standing: String,
    fields: Vec<String>,
    #[serde(default)]
    people: BTreeSet<Uuid>,
}

/// Where an entry stands, so that the newest comes first: when, in which log, at which number.
type Place = (i64, Uuid, i64);

impl Work<'_> {
    /// One page of who has looked at this person's record, in every organisation, newest first, and how many looks there are in
    /// all. The first page is 0. This look is not yet among them.
    pub async fn lookers(
        &mut self,
        permit: &Permit<CaseLookers>,
        page: u64,
        size: u64,
    ) -> Result<(Vec<Look>, u64)> {
        let person = permit.person().ok_or(Error::NotFound(CaseLookers::KIND))?;
        self.note(permit, permit.on().uuid(), &["looks"]);
        let about = audit_entry::Entity::find()
            .filter(audit_entry::Column::PersonId.eq(Col(person)))
            .order_by_desc(audit_entry::Column::At)
            .order_by_desc(audit_entry::Column::LogId)
            .order_by_desc(audit_entry::Column::Seq);
        let shown = seen::Entity::find()
            .filter(seen::Column::PersonId.eq(Col(person)))
            .order_by_desc(seen::Column::At)
            .order_by_desc(seen::Column::LogId)
            .order_by_desc(seen::Column::Seq);
        // An entry about somebody never names them among the others, so that nothing is counted twice.
        let all = about.clone().count(&self.tx).await? + shown.clone().count(&self.tx).await?;
        let first = page.saturating_mul(size);
        let until = first.saturating_add(size);
        let mut places: Vec<Place> = about
            .select_only()
            .columns([
                audit_entry::Column::At,
                audit_entry::Column::LogId,
                audit_entry::Column::Seq,
            ])
            .limit(until)
            .into_tuple()
            .all(&self.tx)
            .await?;
        let listed: Vec<Place> = shown
            .select_only()
            .columns([seen::Column::At, seen::Column::LogId, seen::Column::Seq])
            .limit(until)
            .into_tuple()
            .all(&self.tx)
            .await?;
        places.extend(listed);
        places.sort_unstable_by(|a, b| b.cmp(a));
        let mut of_log: BTreeMap<Uuid, Vec<i64>> = BTreeMap::new();
        let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        for (_, log, seq) in places.into_iter().skip(whole(first)).take(whole(size)) {
            of_log.entry(log).or_default().push(seq);
        }
        let mut found = Vec::new();
        for (log, numbers) in of_log {
            let rows = audit_entry::Entity::find()
                .filter(audit_entry::Column::LogId.eq(log))
                .filter(audit_entry::Column::Seq.is_in(numbers))
                .all(&self.tx)
                .await?;
            found.extend(rows);
        }
        found.sort_unstable_by_key(|row| std::cmp::Reverse((row.at.0, row.log_id, row.seq)));
        let looks = found.into_iter().map(|row| look_of(row, person));
        Ok((looks.collect::<Result<_>>()?, all))
    }
}

fn look_of(row: audit_entry::Model, person: PersonId) -> Result<Look> {
    let body: Body = serde_json::from_str(&row.body).map_err(|_| Error::RowShape {
        table: "audit_entry",
        column: "body",
    })?;
    let by = match (row.account_id, Standing::from_code(&body.standing)) {
        (Some(account), _) => LookBy::Account(account.0),
        (None, Ok(Standing::LinkHolder)) => LookBy::Link,
        (None, Ok(Standing::PersonHolder)) => LookBy::Person,
        (None, Ok(Standing::ApiClient)) => LookBy::Program,
        (None, _) => LookBy::System,
    };
    Ok(Look {
        at: row.at.0,
        action: row.action,
        by,
        organisation: OrganisationId::from_uuid(row.log_id),
        fields: body.fields,
        on_list: body.people.contains(&person.uuid()),
    })
}
