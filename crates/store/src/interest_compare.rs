//! Comparing records with what members of staff said of themselves, and barring whom it concerns (SPEC 4.6, NE-07, decision 0019).
//!
//! A job does it on a beat of its own, never whoever records or says something: how long that takes then tells nobody whether
//! anybody was met. It shows nothing to anybody, and its notes name no person, because whoever reads "who has looked" would learn
//! there what a colleague said.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait as _,
};
use throughline_core::code::Code as _;
use throughline_core::contact::Channel;
use throughline_core::id::{AccountId, OrganisationId, PersonId};
use throughline_policy::action::InterestCompare;
use throughline_policy::{Facts, Permit, Ties};
use uuid::Uuid;

use crate::account::AccountState;
use crate::apart::OtherSheet;
use crate::closed::{BarWhy, NewBar};
use crate::col::Col;
use crate::entity::{
    account, bar, child, contact_point, interest, interest_mark, person, person_mark,
    protective_link, support_case,
};
use crate::error::Result;
use crate::interest::InterestKind;
use crate::keys::place;
use crate::marks::{Declared, Named, Traces, traces_of_sheet};
use crate::read::Read;
use crate::work::Work;

/// What waits to be compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Accounts of which nobody has kept yet whose they are.
    pub accounts: Vec<AccountId>,
    /// What was said and not compared yet.
    pub said: Vec<Uuid>,
    /// Whose record is new or has changed.
    pub people: Vec<PersonId>,
}

/// Accounts whose owner's own name is kept already.
fn kept_of_oneself() -> SelectStatement {
    interest::Entity::find()
        .select_only()
        .column(interest::Column::AccountId)
        .filter(interest::Column::Kind.eq(InterestKind::Oneself.code()))
        .into_query()
}

impl Read<'_> {
    /// What waits to be compared: at most `limit` of each.
    pub async fn interests_waiting(&self, limit: u64) -> Result<Waiting> {
        let accounts = account::Entity::find()
            .filter(account::Column::State.eq(AccountState::Active.code()))
            .filter(account::Column::Id.not_in_subquery(kept_of_oneself()))
            .limit(limit)
            .all(&self.tx)
            .await?;
        let said = interest::Entity::find()
            .filter(interest::Column::ComparedAt.is_null())
            .limit(limit)
            .all(&self.tx)
            .await?;
        let people = person::Entity::find()
            .filter(person::Column::ComparedAt.is_null())
            .limit(limit)
            .all(&self.tx)
            .await?;
        Ok(Waiting {
            accounts: accounts.into_iter().map(|row| row.id.0).collect(),
            said: said.into_iter().map(|row| row.id).collect(),
            people: people.into_iter().map(|row| row.id.0).collect(),
        })
    }
}

impl Work<'_> {
    /// The ties of a comparison: it is the installation's, whose organisation `operator` runs. Whom it is about is named in no note.
    pub fn compare_facts(operator: OrganisationId) -> Facts<OrganisationId> {
        Facts {
            subject: operator,
            person: None,
            ties: Ties {
                organisation: Some(operator),
                ..Ties::default()
            },
        }
    }

    /// Keeps whose account it is, as if they had said it: nobody deals with their own record, nor with that of somebody who is to be
    /// kept apart from them.
    pub async fn interest_of_oneself(
        &mut self,
        permit: &Permit<InterestCompare>,
        account: AccountId,
    ) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["interests"]);
        let row = account::Entity::find_by_id(Col(account))
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        let known = interest::Entity::find()
            .filter(interest::Column::AccountId.eq(Col(account)))
            .filter(interest::Column::Kind.eq(InterestKind::Oneself.code()))
            .count(&self.tx)
            .await?;
        let Some(row) = row.filter(|row| row.state == AccountState::Active.code() && known == 0)
        else {
            return Ok(());
        };
        let at = place("account", "name", account.uuid());
        let name = self.open(account.uuid(), at, &row.name).await?;
        let oneself = Declared::Person(Named { name, born: None });
        // The name is kept sealed with the account: here stand its marks alone.
        let id = self
            .interest_insert(account, InterestKind::Oneself, None)
            .await?;
        self.interest_marks_keep(id, &oneself).await
    }

    /// Compares one thing that somebody said with every record there is.
    pub async fn interest_compare(
        &mut self,
        permit: &Permit<InterestCompare>,
        said: Uuid,
    ) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["interests"]);
        let Some(row) = interest::Entity::find_by_id(said)
            .lock_exclusive()
            .one(&self.tx)
            .await?
        else {
            return Ok(());
        };
        let change = interest::ActiveModel {
            compared_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        interest::Entity::update_many()
            .set(change)
            .filter(interest::Column::Id.eq(said))
            .exec(&self.tx)
            .await?;
        let marks = interest_mark::Entity::find()
            .select_only()
            .column(interest_mark::Column::Hash)
            .filter(interest_mark::Column::InterestId.eq(said))
            .into_query();
        let met: Vec<Col<PersonId>> = person_mark::Entity::find()
            .select_only()
            .column(person_mark::Column::PersonId)
            .filter(person_mark::Column::Hash.in_subquery(marks))
            .into_tuple()
            .all(&self.tx)
            .await?;
        let met: BTreeSet<PersonId> = met.into_iter().map(|person| person.0).collect();
        for person in met {
            self.bars_derive(person, std::slice::from_ref(&row)).await?;
        }
        Ok(())
    }

    /// Compares one record with everything that members of staff said, and keeps what it is compared by.
    pub async fn person_compare(
        &mut self,
        permit: &Permit<InterestCompare>,
        person: PersonId,
    ) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["name", "born", "contact"]);
        // Cases before the person, like whoever changes what is known of them: nobody waits for each other.
        support_case::Entity::find()
            .filter(support_case::Column::PersonId.eq(Col(person)))
            .order_by_asc(support_case::Column::Id)
            .lock_exclusive()
            .all(&self.tx)
            .await?;
        let row = person::Entity::find_by_id(Col(person))
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        if row.is_none_or(|row| row.compared_at.is_some()) {
            return Ok(());
        }
        let traces = self.traces_of(person).await?;
        let hashes = self.mark_hashes(traces.marks()).await?;
        person_mark::Entity::delete_many()
            .filter(person_mark::Column::PersonId.eq(Col(person)))
            .exec(&self.tx)
            .await?;
        let marks: Vec<_> = hashes
            .iter()
            .map(|hash| person_mark::ActiveModel {
                id: Set(self.env().id::<()>().uuid()),
                person_id: Set(Col(person)),
                hash: Set(hash.clone()),
            })
            .collect();
        if !marks.is_empty() {
            person_mark::Entity::insert_many(marks)
                .exec_without_returning(&self.tx)
                .await?;
        }
        let change = person::ActiveModel {
            compared_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        person::Entity::update_many()
            .set(change)
            .filter(person::Column::Id.eq(Col(person)))
            .exec(&self.tx)
            .await?;
        let met = interest_mark::Entity::find()
            .select_only()
            .column(interest_mark::Column::InterestId)
            .filter(interest_mark::Column::Hash.is_in(hashes))
            .into_query();
        let met = interest::Entity::find()
            .filter(interest::Column::Id.in_subquery(met))
            .order_by_asc(interest::Column::Id)
            .all(&self.tx)
            .await?;
        self.bars_derive(person, &met).await
    }

    /// A record is new or has changed: it is compared again, soon.
    pub(crate) async fn person_changed(&mut self, person: PersonId) -> Result<()> {
        let change = person::ActiveModel {
            compared_at: Set(None),
            ..Default::default()
        };
        person::Entity::update_many()
            .set(change)
            .filter(person::Column::Id.eq(Col(person)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// What of a record is compared. An address counts for as long as it is known, also when nobody writes there any more: the home
    /// that somebody left may be the home of whoever they left.
    async fn traces_of(&mut self, person: PersonId) -> Result<Traces> {
        let owner = person.uuid();
        let sheet = self.person_sheet(person).await?;
        let mut traces = traces_of_sheet(&sheet);
        let posts = [Channel::Post.code(), Channel::PostToAlternative.code()];
        let addresses = contact_point::Entity::find()
            .filter(contact_point::Column::PersonId.eq(Col(person)))
            .filter(contact_point::Column::Channel.is_in(posts))
            .all(&self.tx)
            .await?;
        for row in addresses {
            let at = place("contact_point", "value", row.id.0.uuid());
            traces
                .addresses
                .push(self.open(owner, at, &row.value).await?);
        }
        let apart = protective_link::Entity::find()
            .filter(protective_link::Column::PersonId.eq(Col(person)))
            .filter(protective_link::Column::EndedAt.is_null())
            .all(&self.tx)
            .await?;
        for row in apart {
            let at = place("protective_link", "told", row.id.0.uuid());
            let other: OtherSheet = self.open(owner, at, &row.told).await?;
            traces.people.push(Named {
                name: other.name,
                born: other.born,
            });
        }
        Ok(traces)
    }

    /// Bars whoever said this from a person and from everybody whose record is closed with theirs. Once a bar was lifted because it
    /// was somebody else, the same thing said does not make it again.
    async fn bars_derive(&mut self, person: PersonId, said: &[interest::Model]) -> Result<()> {
        let (family, cases) = self.closed_together(person).await?;
        let mut fresh = false;
        for one in said.iter().filter(|one| one.ended_at.is_none()) {
            let known = bar::Entity::find()
                .filter(bar::Column::PersonId.eq(Col(person)))
                .filter(bar::Column::InterestId.eq(one.id))
                .count(&self.tx)
                .await?;
            if known > 0 {
                continue;
            }
            fresh = true;
            for closed in &family {
                self.bar_insert(NewBar {
                    account: one.account_id.0,
                    person: *closed,
                    why: BarWhy::Declared,
                    by: None,
                    interest: Some(one.id),
                })
                .await?;
            }
        }
        if !fresh {
            return Ok(());
        }
        for closed in family {
            self.leave_nothing(closed).await?;
        }
        for case in &cases {
            self.access_changed(case).await?;
        }
        Ok(())
    }

    /// Everybody whose record is closed with this one: the children named in their cases, and where they are a child themselves, the
    /// parent and the others. And the cases of them that name anybody.
    async fn closed_together(
        &mut self,
        person: PersonId,
    ) -> Result<(BTreeSet<PersonId>, Vec<support_case::Model>)> {
        let named_in = child::Entity::find()
            .select_only()
            .column(child::Column::CaseId)
            .filter(child::Column::PersonId.eq(Col(person)))
            .into_query();
        let cases = support_case::Entity::find()
            .filter(
                Condition::any()
                    .add(support_case::Column::PersonId.eq(Col(person)))
                    .add(support_case::Column::Id.in_subquery(named_in)),
            )
            .order_by_asc(support_case::Column::Id)
            .all(&self.tx)
            .await?;
        let mut all = BTreeSet::from([person]);
        for case in &cases {
            all.extend(self.family(case).await?);
        }
        Ok((all, cases))
    }
}
