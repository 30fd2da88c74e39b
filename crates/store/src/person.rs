//! People: what they tell of themselves, sealed under their own key, and finding them again by it.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait as _,
};
use serde::{Deserialize, Serialize};
use throughline_core::id::{OrganisationId, PersonId, SiteId};
use throughline_policy::action::{CaseChange, PersonSearch};
use throughline_policy::{Action, Permit, Scope};
use throughline_seal::{BlindHash, normal};

use crate::case::{Case, ties};
use crate::col::{Blob, Col};
use crate::entity::{person, person_index, support_case};
use crate::error::{Error, Result};
use crate::keys::{Owner, place};
use crate::scope::branches;
use crate::work::Work;

/// What a person tells of themselves: all of it sealed, none of it needed but a name to call them by.
#[derive(Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct PersonSheet {
    /// The name they want to be called by.
    pub chosen: String,
    /// Given names, where told.
    pub given: Option<String>,
    /// Family name, where told.
    pub family: Option<String>,
    /// Date of birth, ISO, where told.
    pub born: Option<String>,
    /// Age band code, where told.
    pub age_band: Option<String>,
    /// Language tag, where told.
    pub language: Option<String>,
    /// Whether a professional interpreter is needed: an answer code.
    pub interpreter: Option<String>,
    /// Access needs, as codes.
    pub access: Vec<String>,
}

impl std::fmt::Debug for PersonSheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonSheet(..)")
    }
}

/// The hashes under which a person is found again: chosen or given name with family name, and date of birth.
fn keys_of(sheet: &PersonSheet) -> Vec<(&'static str, String)> {
    let family = sheet.family.as_deref().unwrap_or_default();
    let mut keys: BTreeSet<(&'static str, String)> = [Some(&sheet.chosen), sheet.given.as_ref()]
        .into_iter()
        .flatten()
        .map(|first| ("name", normal::name(&format!("{first}{family}"))))
        .collect();
    keys.insert(("first", normal::name(&sheet.chosen)));
    keys.extend(sheet.born.iter().map(|born| ("born", born.clone())));
    keys.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

impl Work<'_> {
    /// Makes a person with a key of their own. The caller notes it.
    pub(crate) async fn person_create(
        &mut self,
        organisation: OrganisationId,
        site: Option<SiteId>,
        sheet: &PersonSheet,
    ) -> Result<PersonId> {
        let id: PersonId = self.env().id();
        let owner = id.uuid();
        self.data_key_create(owner, Owner::Person, organisation)
            .await?;
        let name = self
            .seal(owner, place("person", "name", owner), sheet)
            .await?;
        let row = person::ActiveModel {
            id: Set(Col(id)),
            reference: Set(Col(self.env().reference())),
            organisation_id: Set(Col(organisation)),
            site_id: Set(site.map(Col)),
            name: Set(name),
            born: Set(None),
            details: Set(None),
            contact_changed_at: Set(None),
            created_at: Set(Col(self.now())),
            version: Set(1),
            compared_at: Set(None),
        };
        person::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.person_index(id, organisation, sheet).await?;
        Ok(id)
    }

    async fn person_index(
        &mut self,
        id: PersonId,
        organisation: OrganisationId,
        sheet: &PersonSheet,
    ) -> Result<()> {
        let mut rows = Vec::new();
        for (kind, value) in keys_of(sheet) {
            let hash = self.blind_key(organisation, kind).await?.hash(&value);
            rows.push(person_index::ActiveModel {
                id: Set(self.env().id::<()>().uuid()),
                person_id: Set(Col(id)),
                organisation_id: Set(Col(organisation)),
                kind: Set(kind.to_owned()),
                hash: Set(Blob(hash.to_vec())),
            });
        }
        if !rows.is_empty() {
            person_index::Entity::insert_many(rows)
                .exec_without_returning(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// Replaces what a person told of themselves.
    pub async fn person_change(
        &mut self,
        permit: &Permit<CaseChange>,
        sheet: &PersonSheet,
    ) -> Result<()> {
        let case = self.case_row(permit.on()).await?;
        let owner = case.person_id.0.uuid();
        let name = self
            .seal(owner, place("person", "name", owner), sheet)
            .await?;
        let row = person::Entity::find_by_id(case.person_id)
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(CaseChange::KIND))?;
        let change = person::ActiveModel {
            name: Set(name),
            version: Set(row.version + 1),
            compared_at: Set(None),
            ..Default::default()
        };
        let done = person::Entity::update_many()
            .set(change)
            .filter(person::Column::Id.eq(case.person_id))
            .filter(person::Column::Version.eq(row.version))
            .exec(&self.tx)
            .await?;
        if done.rows_affected != 1 {
            return Err(Error::Conflict);
        }
        person_index::Entity::delete_many()
            .filter(person_index::Column::PersonId.eq(case.person_id))
            .exec(&self.tx)
            .await?;
        self.person_index(case.person_id.0, case.organisation_id.0, sheet)
            .await?;
        self.note(permit, permit.on().uuid(), &["name", "born", "details"]);
        Ok(())
    }

    /// What a person told of themselves. The caller has noted the reading.
    pub(crate) async fn person_sheet(&mut self, id: PersonId) -> Result<PersonSheet> {
        let row = person::Entity::find_by_id(Col(id))
            .one(&self.tx)
            .await?
            .ok_or(Error::RowShape {
                table: "person",
                column: "id",
            })?;
        self.open(id.uuid(), place("person", "name", id.uuid()), &row.name)
            .await
    }

    /// Finds people again by what they tell: all given values must match. Only cases in scope are ever looked at, so a record
    /// that the actor may not know of changes nothing here.
    pub async fn people_matching(
        &mut self,
        scope: &Scope<PersonSearch>,
        name: &str,
        born: Option<&str>,
        limit: u64,
    ) -> Result<Vec<Case>> {
        self.note_scope(scope, &["name", "born"]);
        let Some(organisation) = scope.actor().organisation() else {
            return Ok(Vec::new());
        };
        let wanted_by = self.wanted_by(organisation, name, born).await?;
        if wanted_by.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = std::collections::BTreeMap::new();
        for branch in branches(scope, &ties(), self.now()) {
            let query = support_case::Entity::find().filter(branch).filter(
                wanted_by
                    .iter()
                    .cloned()
                    .fold(Condition::all(), Condition::add),
            );
            let rows = query
                .order_by_desc(support_case::Column::Id)
                .limit(limit)
                .all(&self.tx)
                .await?;
            found.extend(rows.into_iter().map(|row| (row.id.0, row)));
        }
        // Looked for in every search, and one row left by each: nothing here takes longer because somebody is there.
        let wanted = wanted_by.into_iter().fold(Condition::all(), Condition::add);
        let barred = self.barred_among(wanted).await?;
        self.look_missed(PersonSearch::KIND, barred).await?;
        self.cases_shown(scope, found.into_values().rev().collect())
            .await
    }

    /// What a person must fit to be the one who is looked for: every part that was given. Empty where nothing was.
    pub(crate) async fn wanted_by(
        &mut self,
        organisation: OrganisationId,
        name: &str,
        born: Option<&str>,
    ) -> Result<Vec<Condition>> {
        let wanted = normal::name(name);
        // Who may be known of decides in the same question: a name that many others bear hides nobody.
        let mut wanted_by = Vec::new();
        if !wanted.is_empty() {
            let whole = self.blind_hash(organisation, "name", &wanted).await?;
            let first = self.blind_hash(organisation, "first", &wanted).await?;
            wanted_by.push(
                Condition::any()
                    .add(is_indexed(organisation, "name", whole))
                    .add(is_indexed(organisation, "first", first)),
            );
        }
        if let Some(born) = born {
            let born = self.blind_hash(organisation, "born", born).await?;
            wanted_by.push(Condition::all().add(is_indexed(organisation, "born", born)));
        }
        Ok(wanted_by)
    }

    async fn blind_hash(
        &mut self,
        organisation: OrganisationId,
        kind: &'static str,
        value: &str,
    ) -> Result<BlindHash> {
        Ok(self.blind_key(organisation, kind).await?.hash(value))
    }
}

/// A case is of somebody with this hash in the blind index.
fn is_indexed(organisation: OrganisationId, kind: &'static str, hash: BlindHash) -> SimpleExpr {
    let people = person_index::Entity::find()
        .select_only()
        .column(person_index::Column::PersonId)
        .filter(person_index::Column::OrganisationId.eq(Col(organisation)))
        .filter(person_index::Column::Kind.eq(kind))
        .filter(person_index::Column::Hash.eq(Blob(hash.to_vec())))
        .into_query();
    support_case::Column::PersonId.in_subquery(people)
}
