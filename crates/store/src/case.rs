//! People and their cases: opening, finding again, reading, handing over, and the story.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use throughline_core::code::Code;
use throughline_core::id::{AccountId, CaseId, OrganisationId, PersonId, Ref, ReferralId, SiteId};
use throughline_core::risk::RiskBand;
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{
    CaseChange, CaseHandOver, CaseLookers, CaseOpen, CaseRead, PersonSearch,
};
use throughline_policy::{Action, Facts, Permit, Scope, Ties};
use throughline_seal::{BlindHash, normal};
use uuid::Uuid;

use crate::account::{Account, AccountState};
use crate::col::{Blob, Col};
use crate::entity::{account, audit_entry, case_event, person, person_index, support_case};
use crate::error::{Error, Result};
use crate::keys::{Owner, place};
use crate::scope::{TieColumns, branches};
use crate::task::TaskNew;
use crate::work::Work;

throughline_core::code_list! {
    /// Where a case stands.
    pub enum CaseState {
        /// Open.
        Open = "open",
        /// Closed; it can be opened again with everything kept (SPEC INV-022).
        Closed = "closed",
    }
}

/// What a person tells of themselves: all of it sealed, none of it needed but a name to call them by.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
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

/// A case to be opened.
#[derive(Debug)]
pub struct NewCase<'a> {
    /// The person.
    pub person: &'a PersonSheet,
    /// Who leads.
    pub lead: AccountId,
    /// The policy pack it is decided under; kept for its whole life.
    pub pack: &'a str,
    /// By when somebody judges the risk: nobody can open a case without saying so.
    pub risk_clock: RiskClock,
}

/// The clock on judging the risk of a person whose case is opened (SPEC 3.20: not assessed runs on the clock of high).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RiskClock {
    /// It starts with the case: whoever leads judges the risk by then.
    Due(At),
    /// It started earlier, with a disclosure. That task is linked to the case; a second one would only give it more time.
    Running,
}

/// A case under a permit to read it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Internal id.
    pub id: CaseId,
    /// Reference.
    pub reference: Ref,
    /// The person's internal id.
    pub person: PersonId,
    /// What they told of themselves.
    pub sheet: PersonSheet,
    /// The organisation that holds it.
    pub organisation: OrganisationId,
    /// The site at which they are seen.
    pub site: SiteId,
    /// Who leads.
    pub lead: AccountId,
    /// The policy pack.
    pub pack: String,
    /// Where it stands.
    pub state: CaseState,
    /// The risk as last judged.
    pub risk: RiskBand,
    /// When it was opened.
    pub opened_at: At,
    /// When it was closed.
    pub closed_at: Option<At>,
    /// Version, for optimistic locking.
    pub version: i64,
}

/// One line of the story.
#[derive(Debug, Clone)]
pub struct StoryLine {
    /// When.
    pub at: At,
    /// What kind of thing happened: a code with its own words in the catalogue.
    pub kind: String,
    /// By whom, if staff.
    pub account: Option<AccountId>,
    /// The referral it is about.
    pub referral: Option<ReferralId>,
    /// Parameters of the words.
    pub detail: serde_json::Value,
}

/// One look at a person's record.
#[derive(Debug, Clone)]
pub struct Look {
    /// When.
    pub at: At,
    /// Action code.
    pub action: String,
    /// Who, if staff.
    pub account: Option<AccountId>,
    /// The organisation in whose log it stands.
    pub organisation: OrganisationId,
    /// Field names.
    pub fields: Vec<String>,
}

pub(crate) struct NewEvent {
    pub case: CaseId,
    pub owner: Uuid,
    pub kind: &'static str,
    pub referral: Option<ReferralId>,
    pub detail: Option<serde_json::Value>,
}

const fn ties() -> TieColumns<support_case::Column> {
    TieColumns {
        organisation: Some(support_case::Column::OrganisationId),
        site: Some(support_case::Column::SiteId),
        lead: Some(support_case::Column::LeadAccountId),
        to: None,
        accepted_by: None,
        referral: None,
    }
}

fn facts(row: &support_case::Model) -> Facts<CaseId> {
    Facts {
        subject: row.id.0,
        person: Some(row.person_id.0),
        ties: Ties {
            organisation: Some(row.organisation_id.0),
            site: Some(row.site_id.0),
            lead: Some(row.lead_account_id.0),
            ..Ties::default()
        },
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
    /// The ties of a case, by reference.
    pub async fn case_facts(&mut self, reference: Ref) -> Result<Option<Facts<CaseId>>> {
        let row = support_case::Entity::find()
            .filter(support_case::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        Ok(row.as_ref().map(facts))
    }

    /// The ties of a case, by id.
    pub async fn case_facts_by_id(&mut self, id: CaseId) -> Result<Option<Facts<CaseId>>> {
        Ok(support_case::Entity::find_by_id(Col(id))
            .one(&self.tx)
            .await?
            .as_ref()
            .map(facts))
    }

    /// Whose key seals what a case holds.
    pub(crate) fn case_person<A: Action<Subject = CaseId>>(
        &self,
        permit: &Permit<A>,
    ) -> Result<Uuid> {
        let person = permit.person().ok_or(Error::NotFound(A::KIND))?;
        Ok(person.uuid())
    }

    /// The member of staff who does this. Judging and deciding are never done by a program (R-IG-10).
    pub(crate) fn named_human(&self) -> Result<AccountId> {
        let account = self.actor().account();
        account.ok_or(Error::Illegal("only a named member of staff may do this"))
    }

    /// Who records this: a member of staff, or the program that an organisation uses.
    pub(crate) fn doer(&self) -> Result<AccountId> {
        match self.actor() {
            throughline_policy::Actor::Client { client, .. } => {
                Ok(AccountId::from_uuid(client.uuid()))
            }
            _ => self.named_human(),
        }
    }

    pub(crate) async fn case_row(&self, id: CaseId) -> Result<support_case::Model> {
        let row = support_case::Entity::find_by_id(Col(id))
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        row.ok_or(Error::NotFound(CaseRead::KIND))
    }

    /// Opens a case with its person: keys, person, blind index, case, story, in that order.
    pub async fn case_open(
        &mut self,
        permit: &Permit<CaseOpen>,
        new: &NewCase<'_>,
    ) -> Result<(CaseId, Ref)> {
        let organisation = permit.organisation();
        let person_id = self
            .person_create(organisation, Some(permit.on()), new.person)
            .await?;
        let (id, reference) = (self.env().id(), self.env().reference());
        let case = support_case::ActiveModel {
            id: Set(Col(id)),
            reference: Set(Col(reference)),
            person_id: Set(Col(person_id)),
            organisation_id: Set(Col(organisation)),
            site_id: Set(Col(permit.on())),
            lead_account_id: Set(Col(new.lead)),
            pack_id: Set(new.pack.to_owned()),
            state: Set(CaseState::Open.code().to_owned()),
            risk_band: Set(RiskBand::NotAssessed.code().to_owned()),
            opened_at: Set(Col(self.now())),
            closed_at: Set(None),
            version: Set(1),
        };
        support_case::Entity::insert(case)
            .exec_without_returning(&self.tx)
            .await?;
        self.event_add(NewEvent {
            case: id,
            owner: person_id.uuid(),
            kind: "case_opened",
            referral: None,
            detail: None,
        })
        .await?;
        if let RiskClock::Due(due_at) = new.risk_clock {
            self.task_add(&TaskNew {
                organisation,
                site: Some(permit.on()),
                case: Some(id),
                referral: None,
                owner_account: Some(new.lead),
                kind: TaskKind::JudgeRisk,
                due_at,
                climbs_at: due_at,
            })
            .await?;
        }
        self.note_person::<CaseOpen>(id.uuid(), Some(person_id), &["name", "born", "details"]);
        Ok((id, reference))
    }

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

    /// Reads a case.
    pub async fn case_read(&mut self, permit: &Permit<CaseRead>) -> Result<Case> {
        let row = support_case::Entity::find_by_id(Col(permit.on()))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(CaseRead::KIND))?;
        self.note(
            permit,
            permit.on().uuid(),
            &["name", "born", "details", "state", "risk_band"],
        );
        self.case_of(row).await
    }

    async fn case_of(&mut self, row: support_case::Model) -> Result<Case> {
        let bad = |column| Error::RowShape {
            table: "support_case",
            column,
        };
        let sheet = self.person_sheet(row.person_id.0).await?;
        Ok(Case {
            id: row.id.0,
            reference: row.reference.0,
            person: row.person_id.0,
            sheet,
            organisation: row.organisation_id.0,
            site: row.site_id.0,
            lead: row.lead_account_id.0,
            pack: row.pack_id,
            state: CaseState::from_code(&row.state).map_err(|_| bad("state"))?,
            risk: RiskBand::from_code(&row.risk_band).map_err(|_| bad("risk_band"))?,
            opened_at: row.opened_at.0,
            closed_at: row.closed_at.map(|at| at.0),
            version: row.version,
        })
    }

    /// The cases that the actor may read, newest first; closed ones only when asked.
    pub async fn cases(
        &mut self,
        scope: &Scope<CaseRead>,
        closed_too: bool,
        limit: u64,
    ) -> Result<Vec<Case>> {
        self.note_scope(scope, &["name", "state", "risk_band"]);
        let mut found = std::collections::BTreeMap::new();
        for branch in branches(scope.rule(), &ties()) {
            let mut query = support_case::Entity::find().filter(branch);
            if !closed_too {
                query = query.filter(support_case::Column::State.eq(CaseState::Open.code()));
            }
            let rows = query
                .order_by_desc(support_case::Column::Id)
                .limit(limit)
                .all(&self.tx)
                .await?;
            found.extend(rows.into_iter().map(|row| (row.id.0, row)));
        }
        let rows: Vec<_> = found
            .into_values()
            .rev()
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .collect();
        self.cases_of(rows).await
    }

    async fn cases_of(&mut self, rows: Vec<support_case::Model>) -> Result<Vec<Case>> {
        let owners: Vec<Uuid> = rows.iter().map(|row| row.person_id.0.uuid()).collect();
        self.data_keys_prefetch(&owners).await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            out.push(self.case_of(row).await?);
        }
        Ok(out)
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
        let wanted = normal::name(name);
        let by_name = [
            (
                "name",
                self.blind_hash(organisation, "name", &wanted).await?,
            ),
            (
                "first",
                self.blind_hash(organisation, "first", &wanted).await?,
            ),
        ];
        let by_born = match born {
            Some(born) => Some(self.blind_hash(organisation, "born", born).await?),
            None => None,
        };
        let mut people: Option<BTreeSet<Uuid>> = None;
        if !wanted.is_empty() {
            let mut found = BTreeSet::new();
            for (kind, hash) in by_name {
                found.extend(self.people_with(organisation, kind, hash).await?);
            }
            people = Some(found);
        }
        if let Some(hash) = by_born {
            let found = self.people_with(organisation, "born", hash).await?;
            people = Some(people.map_or_else(
                || found.clone(),
                |known| known.intersection(&found).copied().collect(),
            ));
        }
        let people: Vec<Uuid> = people.unwrap_or_default().into_iter().collect();
        let mut found = std::collections::BTreeMap::new();
        for branch in branches(scope.rule(), &ties()) {
            let query = support_case::Entity::find()
                .filter(branch)
                .filter(support_case::Column::PersonId.is_in(people.iter().copied()));
            let rows = query
                .order_by_desc(support_case::Column::Id)
                .limit(limit)
                .all(&self.tx)
                .await?;
            found.extend(rows.into_iter().map(|row| (row.id.0, row)));
        }
        self.cases_of(found.into_values().rev().collect()).await
    }

    async fn blind_hash(
        &mut self,
        organisation: OrganisationId,
        kind: &'static str,
        value: &str,
    ) -> Result<BlindHash> {
        Ok(self.blind_key(organisation, kind).await?.hash(value))
    }

    async fn people_with(
        &self,
        organisation: OrganisationId,
        kind: &str,
        hash: BlindHash,
    ) -> Result<BTreeSet<Uuid>> {
        let rows = person_index::Entity::find()
            .filter(person_index::Column::OrganisationId.eq(Col(organisation)))
            .filter(person_index::Column::Kind.eq(kind))
            .filter(person_index::Column::Hash.eq(Blob(hash.to_vec())))
            .limit(200)
            .all(&self.tx)
            .await?;
        Ok(rows.into_iter().map(|row| row.person_id.0.uuid()).collect())
    }

    /// Closes a case or opens it again.
    pub async fn case_state_set(
        &mut self,
        permit: &Permit<CaseChange>,
        version: i64,
        state: CaseState,
    ) -> Result<()> {
        let closed = state == CaseState::Closed;
        let change = support_case::ActiveModel {
            state: Set(state.code().to_owned()),
            closed_at: Set(closed.then_some(Col(self.now()))),
            version: Set(version + 1),
            ..Default::default()
        };
        self.case_update(permit.on(), version, change).await?;
        self.note(permit, permit.on().uuid(), &["state"]);
        self.case_event(
            permit,
            if closed {
                "case_closed"
            } else {
                "case_reopened"
            },
            None,
        )
        .await
    }

    pub(crate) async fn case_update(
        &mut self,
        id: CaseId,
        version: i64,
        change: support_case::ActiveModel,
    ) -> Result<()> {
        let done = support_case::Entity::update_many()
            .set(change)
            .filter(support_case::Column::Id.eq(Col(id)))
            .filter(support_case::Column::Version.eq(version))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }

    /// Hands a case over, with its open tasks and live referrals: access of the one who leaves ends with this.
    pub async fn case_hand_over(
        &mut self,
        permit: &Permit<CaseHandOver>,
        to: AccountId,
    ) -> Result<()> {
        use crate::entity::{conversation, referral, task};
        let row = self.case_row(permit.on()).await?;
        let change = support_case::ActiveModel {
            lead_account_id: Set(Col(to)),
            version: Set(row.version + 1),
            ..Default::default()
        };
        self.case_update(row.id.0, row.version, change).await?;
        let lead = referral::ActiveModel {
            lead_account_id: Set(Col(to)),
            ..Default::default()
        };
        referral::Entity::update_many()
            .set(lead)
            .filter(referral::Column::CaseId.eq(row.id))
            .exec(&self.tx)
            .await?;
        for (column, change) in [
            (
                task::Column::OwnerAccountId,
                task::ActiveModel {
                    owner_account_id: Set(Some(Col(to))),
                    ..Default::default()
                },
            ),
            (
                task::Column::ToldAccountId,
                task::ActiveModel {
                    told_account_id: Set(Some(Col(to))),
                    ..Default::default()
                },
            ),
        ] {
            task::Entity::update_many()
                .set(change)
                .filter(task::Column::CaseId.eq(row.id))
                .filter(column.eq(row.lead_account_id))
                .filter(task::Column::DoneAt.is_null())
                .exec(&self.tx)
                .await?;
        }
        // Conversations that led to the case go with it: the one who leaves reads them no more.
        let talked = conversation::ActiveModel {
            account_id: Set(Col(to)),
            ..Default::default()
        };
        conversation::Entity::update_many()
            .set(talked)
            .filter(conversation::Column::CaseId.eq(row.id))
            .filter(conversation::Column::AccountId.eq(row.lead_account_id))
            .exec(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["lead"]);
        let owner = row.person_id.0.uuid();
        self.event_add(NewEvent {
            case: row.id.0,
            owner,
            kind: "handed_over",
            referral: None,
            detail: None,
        })
        .await
    }

    /// The colleagues to whom a case can be handed over: those of the organisation that holds it who lead cases, by name.
    pub async fn case_colleagues(&mut self, permit: &Permit<CaseHandOver>) -> Result<Vec<Account>> {
        let leads = [Role::WorkCoach, Role::DaLead].map(Code::code);
        let rows = account::Entity::find()
            .filter(account::Column::OrganisationId.eq(Col(permit.organisation())))
            .filter(account::Column::State.eq(AccountState::Active.code()))
            .filter(account::Column::Role.is_in(leads))
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["colleagues"]);
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            out.push(self.account_of(row).await?);
        }
        out.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(out)
    }

    /// The ties of every open case that an account leads: for handing a leaver's caseload over.
    pub async fn caseload(&mut self, lead: AccountId) -> Result<Vec<Facts<CaseId>>> {
        let rows = support_case::Entity::find()
            .filter(support_case::Column::LeadAccountId.eq(Col(lead)))
            .all(&self.tx)
            .await?;
        Ok(rows.iter().map(facts).collect())
    }

    /// Adds a line to the story. `detail` holds the parameters of the words, sealed.
    pub async fn case_event(
        &mut self,
        permit: &Permit<CaseChange>,
        kind: &'static str,
        detail: Option<serde_json::Value>,
    ) -> Result<()> {
        let owner = permit
            .person()
            .ok_or(Error::NotFound(CaseChange::KIND))?
            .uuid();
        self.note(permit, permit.on().uuid(), &["story"]);
        self.event_add(NewEvent {
            case: permit.on(),
            owner,
            kind,
            referral: None,
            detail,
        })
        .await
    }

    pub(crate) async fn event_add(&mut self, new: NewEvent) -> Result<()> {
        let id = self.env().id::<()>().uuid();
        let detail = self
            .seal_option(
                new.owner,
                place("case_event", "detail", id),
                new.detail.as_ref(),
            )
            .await?;
        let row = case_event::ActiveModel {
            id: Set(id),
            case_id: Set(Col(new.case)),
            at: Set(Col(self.now())),
            kind: Set(new.kind.to_owned()),
            account_id: Set(self.actor().account().map(Col)),
            referral_id: Set(new.referral.map(Col)),
            detail: Set(detail),
        };
        case_event::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// The story, newest first.
    pub async fn story(&mut self, permit: &Permit<CaseRead>, limit: u64) -> Result<Vec<StoryLine>> {
        let owner = permit
            .person()
            .ok_or(Error::NotFound(CaseRead::KIND))?
            .uuid();
        let rows = case_event::Entity::find()
            .filter(case_event::Column::CaseId.eq(Col(permit.on())))
            .order_by_desc(case_event::Column::At)
            .order_by_desc(case_event::Column::Id)
            .limit(limit)
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["story"]);
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let detail = self
                .open_option(
                    owner,
                    place("case_event", "detail", row.id),
                    row.detail.as_ref(),
                )
                .await?;
            out.push(StoryLine {
                at: row.at.0,
                kind: row.kind,
                account: row.account_id.map(|id| id.0),
                referral: row.referral_id.map(|id| id.0),
                detail: detail.unwrap_or_default(),
            });
        }
        Ok(out)
    }

    /// Who has looked at this person's record, in every organisation, newest first. This look is not yet among them.
    pub async fn lookers(&mut self, permit: &Permit<CaseLookers>, limit: u64) -> Result<Vec<Look>> {
        let person = permit.person().ok_or(Error::NotFound(CaseLookers::KIND))?;
        let rows = audit_entry::Entity::find()
            .filter(audit_entry::Column::PersonId.eq(Col(person)))
            .order_by_desc(audit_entry::Column::At)
            .limit(limit)
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["looks"]);
        rows.into_iter()
            .map(|row| {
                let body: serde_json::Value =
                    serde_json::from_str(&row.body).map_err(|_| Error::RowShape {
                        table: "audit_entry",
                        column: "body",
                    })?;
                let fields = body
                    .get("fields")
                    .and_then(|fields| fields.as_array())
                    .cloned()
                    .unwrap_or_default();
                Ok(Look {
                    at: row.at.0,
                    action: row.action,
                    account: row.account_id.map(|id| id.0),
                    organisation: OrganisationId::from_uuid(row.log_id),
                    fields: fields
                        .into_iter()
                        .filter_map(|field| field.as_str().map(str::to_owned))
                        .collect(),
                })
            })
            .collect()
    }
}
