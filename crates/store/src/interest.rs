//! What members of staff say of themselves: whom and which places they must not deal with (SPEC 4.6, NE-07, decision 0019). Sealed
//! under their own account's key, ended with a date, gone with the access. Nothing that is read or answered here depends on whether
//! anybody is met by it: [`crate::interest_compare`] does that, later, on a beat of its own.

use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait as _,
};
use throughline_core::code::Code as _;
use throughline_core::id::{AccountId, OrganisationId, Ref};
use throughline_core::time::At;
use throughline_policy::action::{CaseOpen, InterestKeep};
use throughline_policy::{Action as _, Facts, Permit, Ties};
use uuid::Uuid;

use crate::audit;
use crate::col::{Blob, Col};
use crate::entity::{interest, interest_mark};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::marks::traces_of_sheet;
pub use crate::marks::{Declared, Named};
use crate::person::PersonSheet;
use crate::read::Read;
use crate::work::Work;

/// How many people and how many homes one account names within a year, those that ended included (our design). Many times what
/// anybody needs, and too few to try out names and streets by looking which record is gone.
const PEOPLE_A_YEAR: u64 = 40;
const HOMES_A_YEAR: u64 = 6;
const YEAR_HOURS: i64 = 365 * 24;

throughline_core::code_list! {
    /// What somebody said.
    pub enum InterestKind {
        /// Their own name: said by whoever gave them access.
        Oneself = "oneself",
        /// Somebody they must not deal with.
        Person = "person",
        /// A home, their own or of somebody close.
        Home = "home",
        /// That this is all, or that there is nothing.
        All = "all",
    }
}

/// One thing that somebody said, as they see it.
#[derive(Debug, Clone)]
pub struct Interest {
    /// Reference.
    pub reference: Ref,
    /// What they said.
    pub told: Declared,
    /// When.
    pub made_at: At,
}

/// What somebody said, as they see it.
#[derive(Debug, Clone, Default)]
pub struct Interests {
    /// What holds, in the order in which it was said.
    pub told: Vec<Interest>,
    /// When they last said that this is all.
    pub all_at: Option<At>,
}

impl Read<'_> {
    /// When somebody last said that this is all: whether they are to be asked again.
    pub async fn interests_all_at(&self, account: AccountId) -> Result<Option<At>> {
        let row = interest::Entity::find()
            .filter(interest::Column::AccountId.eq(Col(account)))
            .filter(interest::Column::Kind.eq(InterestKind::All.code()))
            .one(&self.tx)
            .await?;
        Ok(row.map(|row| row.made_at.0))
    }
}

impl Work<'_> {
    /// Whether somebody who is to be recorded is whom the actor must not deal with, by what they said themselves and nothing else.
    pub async fn is_of_oneself(
        &mut self,
        permit: &Permit<CaseOpen>,
        sheet: &PersonSheet,
    ) -> Result<bool> {
        let Some(me) = self.actor().account() else {
            return Ok(false);
        };
        self.note(permit, permit.on().uuid(), &["interests"]);
        let hashes = self.mark_hashes(traces_of_sheet(sheet).marks()).await?;
        let own = interest::Entity::find()
            .select_only()
            .column(interest::Column::Id)
            .filter(interest::Column::AccountId.eq(Col(me)))
            .into_query();
        let met = interest_mark::Entity::find()
            .filter(interest_mark::Column::InterestId.in_subquery(own))
            .filter(interest_mark::Column::Hash.is_in(hashes))
            .count(&self.tx)
            .await?;
        Ok(met > 0)
    }

    /// The ties of what the actor says of themselves.
    pub fn interest_facts(&self) -> Result<Facts<AccountId>> {
        let me = self.named_human()?;
        Ok(Facts {
            subject: me,
            person: None,
            ties: Ties {
                organisation: self.actor().organisation(),
                lead: Some(me),
                ..Ties::default()
            },
        })
    }

    /// What the actor said and has not ended. Never whether anybody was met by it.
    pub async fn interests(&mut self, permit: &Permit<InterestKeep>) -> Result<Interests> {
        self.note(permit, permit.on().uuid(), &["interests"]);
        let owner = permit.on().uuid();
        let rows = interest::Entity::find()
            .filter(interest::Column::AccountId.eq(Col(permit.on())))
            .filter(interest::Column::EndedAt.is_null())
            .order_by_asc(interest::Column::Id)
            .all(&self.tx)
            .await?;
        let mut out = Interests::default();
        for row in rows {
            if row.kind == InterestKind::All.code() {
                out.all_at = Some(row.made_at.0);
            }
            let at = place("interest", "told", row.id);
            if let Some(told) = self.open_option(owner, at, row.told.as_ref()).await? {
                out.told.push(Interest {
                    reference: row.reference.0,
                    told,
                    made_at: row.made_at.0,
                });
            }
        }
        Ok(out)
    }

    /// Says whom or what the actor must not deal with. It is the same whether anybody is met by it or not.
    ///
    /// Errors with [`Error::Invalid`] where nothing can be compared by it, and after too many within a year.
    pub async fn interest_add(
        &mut self,
        permit: &Permit<InterestKeep>,
        told: &Declared,
    ) -> Result<()> {
        let (kind, field, most, nothing) = match told {
            Declared::Person(_) => (
                InterestKind::Person,
                "name",
                PEOPLE_A_YEAR,
                "about-you-name-whole",
            ),
            Declared::Home(_) => (
                InterestKind::Home,
                "postcode",
                HOMES_A_YEAR,
                "about-you-postcode-whole",
            ),
        };
        let invalid = |problem| Err(Error::Invalid { field, problem });
        if told.marks().is_empty() {
            return invalid(nothing);
        }
        let lately = interest::Entity::find()
            .filter(interest::Column::AccountId.eq(Col(permit.on())))
            .filter(interest::Column::Kind.eq(kind.code()))
            .filter(interest::Column::MadeAt.gt(Col(self.now().plus_hours(-YEAR_HOURS))))
            .count(&self.tx)
            .await?;
        if lately >= most {
            return invalid("about-you-too-many");
        }
        self.note(permit, permit.on().uuid(), &["interests"]);
        let id = self.interest_insert(permit.on(), kind, Some(told)).await?;
        self.interest_marks_keep(id, told).await
    }

    /// Says that this is all, or that there is nothing.
    pub async fn interests_all(&mut self, permit: &Permit<InterestKeep>) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["interests_asked"]);
        interest::Entity::delete_many()
            .filter(interest::Column::AccountId.eq(Col(permit.on())))
            .filter(interest::Column::Kind.eq(InterestKind::All.code()))
            .exec(&self.tx)
            .await?;
        self.interest_insert(permit.on(), InterestKind::All, None)
            .await?;
        Ok(())
    }

    /// Ends one thing that was said: no record is compared with it from now on. What it closed stays closed until somebody who leads
    /// the record has it looked at: ending it is no way to open anything.
    pub async fn interest_end(
        &mut self,
        permit: &Permit<InterestKeep>,
        reference: Ref,
    ) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["interests"]);
        let row = interest::Entity::find()
            .filter(interest::Column::Reference.eq(Col(reference)))
            .filter(interest::Column::AccountId.eq(Col(permit.on())))
            .filter(
                interest::Column::Kind
                    .is_in([InterestKind::Person.code(), InterestKind::Home.code()]),
            )
            .lock_exclusive()
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(InterestKeep::KIND))?;
        if row.ended_at.is_some() {
            return Ok(());
        }
        let change = interest::ActiveModel {
            told: Set(None),
            ended_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        interest::Entity::update_many()
            .set(change)
            .filter(interest::Column::Id.eq(row.id))
            .exec(&self.tx)
            .await?;
        self.interest_marks_drop(vec![row.id]).await
    }

    /// Keeps what was said.
    pub(crate) async fn interest_insert(
        &mut self,
        account: AccountId,
        kind: InterestKind,
        told: Option<&Declared>,
    ) -> Result<Uuid> {
        let id = self.env().id::<()>().uuid();
        let at = place("interest", "told", id);
        let sealed = self.seal_option(account.uuid(), at, told).await?;
        let row = interest::ActiveModel {
            id: Set(id),
            reference: Set(Col(self.env().reference())),
            account_id: Set(Col(account)),
            kind: Set(kind.code().to_owned()),
            told: Set(sealed),
            made_at: Set(Col(self.now())),
            // There is nothing to compare "that is all" with.
            compared_at: Set((kind == InterestKind::All).then_some(Col(self.now()))),
            ended_at: Set(None),
        };
        interest::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(id)
    }

    /// Keeps the marks by which something that was said is compared.
    pub(crate) async fn interest_marks_keep(&mut self, id: Uuid, told: &Declared) -> Result<()> {
        let hashes = self.mark_hashes(told.marks()).await?;
        let rows: Vec<_> = hashes
            .into_iter()
            .map(|hash| interest_mark::ActiveModel {
                id: Set(self.env().id::<()>().uuid()),
                interest_id: Set(id),
                hash: Set(hash),
            })
            .collect();
        if !rows.is_empty() {
            interest_mark::Entity::insert_many(rows)
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// The hashes of marks, under one key for the whole installation: that of the organisation which runs it. A colleague here may be
    /// the cousin of somebody whom another organisation helps.
    pub(crate) async fn mark_hashes(
        &mut self,
        marks: impl IntoIterator<Item = String> + Send,
    ) -> Result<Vec<Blob>> {
        let operator: OrganisationId = audit::operator(&self.tx).await?;
        let key = self.blind_key(operator, "interest").await?;
        let hashes = marks.into_iter().map(|mark| key.hash(&mark).to_vec());
        Ok(hashes.map(Blob).collect())
    }

    async fn interest_marks_drop(&mut self, interests: Vec<Uuid>) -> Result<()> {
        interest_mark::Entity::delete_many()
            .filter(interest_mark::Column::InterestId.is_in(interests))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// What a leaver said goes with their access. Their bars stay: they are the records', and should they come back they hold.
    pub(crate) async fn interests_forget(&mut self, account: AccountId) -> Result<()> {
        let rows: Vec<Uuid> = interest::Entity::find()
            .select_only()
            .column(interest::Column::Id)
            .filter(interest::Column::AccountId.eq(Col(account)))
            .into_tuple()
            .all(&self.tx)
            .await?;
        if rows.is_empty() {
            return Ok(());
        }
        self.interest_marks_drop(rows).await?;
        interest::Entity::delete_many()
            .filter(interest::Column::AccountId.eq(Col(account)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}
