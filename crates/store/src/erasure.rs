//! Deciding that a person is erased: asking, the second person, and what is left to prove that it was done (SPEC
//! R-IG-11; ASSURANCE 6.4; UK GDPR Article 17). What is destroyed, and how it is found, is in the module `erase`.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait as _,
};
use throughline_core::code::Code;
use throughline_core::disclosure::RequestState;
use throughline_core::erasure::{BACKUP_DAYS, ErasureState, Ground, Standing};
use throughline_core::id::{AccountId, ErasureId, OrganisationId, PersonId, Ref};
use throughline_core::reason::Reason;
use throughline_core::time::At;
use throughline_policy::action::{CaseErase, ErasureDecide};
use throughline_policy::{Action, Facts, Permit, Scope, Ties};

use crate::audit::Event;
use crate::case::{CaseState, person_of};
use crate::col::{Blob, Col};
use crate::entity::{
    access_request, audit_entry, child, erasure, legal_hold, person, referral, support_case,
};
use crate::erased_list::hash_of;
use crate::error::{Error, Result};
use crate::keys::place;
use crate::scope::{About, TieColumns, condition};
use crate::work::Work;

/// A decision to erase somebody: asked for, taken back, or done.
#[derive(Clone)]
pub struct Erasure {
    /// Internal id.
    pub id: ErasureId,
    /// Reference.
    pub reference: Ref,
    /// Whose record it was.
    pub organisation: OrganisationId,
    /// The person, as long as there is one.
    pub person: Option<PersonId>,
    /// Why.
    pub ground: Ground,
    /// In words, as long as there is a person.
    pub reason: Option<String>,
    /// Where it stands.
    pub state: ErasureState,
    /// Who asked; nobody, when a backup was put back.
    pub asked_by: Option<AccountId>,
    /// When.
    pub asked_at: At,
    /// Who decided.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided_at: Option<At>,
    /// Since when the record had been kept; known once it is done.
    pub held_since: Option<At>,
    /// The organisations that had been sent something: each must be told (UK GDPR Article 19).
    pub told: Vec<OrganisationId>,
    /// When the last trace was overwritten on disk.
    pub purged_at: Option<At>,
}

impl std::fmt::Debug for Erasure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Erasure({}, {})", self.ground, self.state)
    }
}

const fn bad(column: &'static str) -> Error {
    Error::RowShape {
        table: "erasure",
        column,
    }
}

fn facts(row: &erasure::Model) -> Facts<ErasureId> {
    Facts {
        subject: row.id.0,
        person: row.person_id.map(|id| id.0),
        ties: Ties {
            organisation: Some(row.organisation_id.0),
            ..Ties::default()
        },
    }
}

const fn ties() -> TieColumns<erasure::Column> {
    TieColumns {
        organisation: Some(erasure::Column::OrganisationId),
        site: None,
        lead: None,
        to: None,
        accepted_by: None,
        referral: None,
        // Nobody who decides learns whose record it is: what is closed to them waits for them like any other.
        about: About::Nobody,
    }
}

impl Work<'_> {
    /// What stands before erasing the person of this case.
    pub async fn erasure_stands(&mut self, permit: &Permit<CaseErase>) -> Result<Standing> {
        let owner = PersonId::from_uuid(person_of(permit)?);
        self.note(permit, permit.on().uuid(), &["hold", "state"]);
        self.standing_of(owner).await
    }

    async fn standing_of(&self, person: PersonId) -> Result<Standing> {
        let open_cases = support_case::Entity::find()
            .filter(support_case::Column::PersonId.eq(Col(person)))
            .filter(support_case::Column::State.ne(CaseState::Closed.code()))
            .count(&self.tx)
            .await?;
        let live_referrals = referral::Entity::find()
            .filter(referral::Column::PersonId.eq(Col(person)))
            .filter(referral::Column::EndedAt.is_null())
            .filter(referral::Column::LiveOrganisationId.is_not_null())
            .count(&self.tx)
            .await?;
        // A child stands in the record of a parent: what holds that one holds their line in it too.
        let named = child::Entity::find()
            .select_only()
            .column(child::Column::CaseId)
            .filter(child::Column::PersonId.eq(Col(person)))
            .into_query();
        let parents = support_case::Entity::find()
            .select_only()
            .column(support_case::Column::PersonId)
            .filter(support_case::Column::Id.in_subquery(named))
            .into_query();
        let holds = legal_hold::Entity::find()
            .filter(
                Condition::any()
                    .add(legal_hold::Column::PersonId.eq(Col(person)))
                    .add(legal_hold::Column::PersonId.in_subquery(parents)),
            )
            .filter(legal_hold::Column::LiftedAt.is_null())
            .count(&self.tx)
            .await?;
        let open_requests = access_request::Entity::find()
            .filter(access_request::Column::PersonId.eq(Col(person)))
            .filter(access_request::Column::State.ne(RequestState::Ended.code()))
            .count(&self.tx)
            .await?;
        Ok(Standing {
            open_cases,
            live_referrals,
            holds,
            open_requests,
        })
    }

    /// The person of a case, with their row locked until this work ends: the first lock there is.
    pub(crate) async fn person_locked(&self, permit: &Permit<CaseErase>) -> Result<PersonId> {
        let owner = PersonId::from_uuid(person_of(permit)?);
        self.person_lock(owner).await?;
        Ok(owner)
    }

    pub(crate) async fn person_lock(&self, owner: PersonId) -> Result<person::Model> {
        person::Entity::find_by_id(Col(owner))
            .lock_exclusive()
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(CaseErase::KIND))
    }

    /// Asks for the person of this case to be erased. Errors with [`Error::Conflict`] when that is asked already. What stands
    /// before it is the caller's to look at.
    pub async fn erasure_ask(
        &mut self,
        permit: &Permit<CaseErase>,
        ground: Ground,
        reason: &Reason,
    ) -> Result<Ref> {
        let by = self.named_human()?;
        let owner = self.person_locked(permit).await?;
        if self.erasure_asked(permit).await?.is_some() {
            return Err(Error::Conflict);
        }
        let (id, reference): (ErasureId, Ref) = (self.env().id(), self.env().reference());
        let reason = self
            .seal(
                owner.uuid(),
                place("erasure", "reason", id.uuid()),
                &reason.as_str(),
            )
            .await?;
        let row = erasure::ActiveModel {
            id: Set(Col(id)),
            reference: Set(Col(reference)),
            organisation_id: Set(Col(permit.organisation())),
            person_id: Set(Some(Col(owner))),
            person_hash: Set(Blob(hash_of(owner).to_vec())),
            ground: Set(ground.code().to_owned()),
            reason: Set(Some(reason)),
            state: Set(ErasureState::Asked.code().to_owned()),
            asked_by: Set(Some(Col(by))),
            asked_at: Set(Col(self.now())),
            decided_by: Set(None),
            decided_at: Set(None),
            held_since: Set(None),
            told: Set(None),
            purged_at: Set(None),
        };
        erasure::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["erasure"]);
        Ok(reference)
    }

    /// The erasure that is asked for and not decided.
    pub async fn erasure_asked(&mut self, permit: &Permit<CaseErase>) -> Result<Option<Erasure>> {
        let row = erasure::Entity::find()
            .filter(erasure::Column::PersonId.eq(person_of(permit)?))
            .filter(erasure::Column::State.eq(ErasureState::Asked.code()))
            .one(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["erasure"]);
        match row {
            Some(row) => self.erasure_of(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Takes back what was asked for. Errors with [`Error::Conflict`] when it was decided meanwhile.
    pub async fn erasure_take_back(&mut self, permit: &Permit<CaseErase>) -> Result<()> {
        let asked = self.erasure_asked(permit).await?.ok_or(Error::Conflict)?;
        self.erasure_end(asked.id, ErasureState::Refused).await
    }

    async fn erasure_end(&self, id: ErasureId, state: ErasureState) -> Result<()> {
        let change = erasure::ActiveModel {
            state: Set(state.code().to_owned()),
            decided_by: Set(Some(Col(self.named_human()?))),
            decided_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        let done = erasure::Entity::update_many()
            .set(change)
            .filter(erasure::Column::Id.eq(Col(id)))
            .filter(erasure::Column::State.eq(ErasureState::Asked.code()))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }

    /// The ties of an erasure, by reference.
    pub async fn erasure_facts(&mut self, reference: Ref) -> Result<Option<Facts<ErasureId>>> {
        let row = erasure::Entity::find()
            .filter(erasure::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        Ok(row.as_ref().map(facts))
    }

    /// What is asked for and what was decided, newest first: grounds and dates, never whose record it is.
    pub async fn erasures(
        &mut self,
        scope: &Scope<ErasureDecide>,
        limit: u64,
    ) -> Result<Vec<Erasure>> {
        self.note_scope(scope, &["ground", "state"]);
        let Some(mine) = condition(scope, &ties(), self.now()) else {
            return Ok(Vec::new());
        };
        let rows = erasure::Entity::find()
            .filter(mine)
            .order_by_desc(erasure::Column::Id)
            .limit(limit)
            .all(&self.tx)
            .await?;
        let mut out = Vec::with_capacity(rows.len());
        for mut row in rows {
            row.reason = None;
            out.push(self.erasure_of(row).await?);
        }
        Ok(out)
    }

    /// Reads one, with what stands before it now.
    pub async fn erasure(&mut self, permit: &Permit<ErasureDecide>) -> Result<(Erasure, Standing)> {
        let row = self.erasure_row(permit).await?;
        self.note(permit, permit.on().uuid(), &["ground", "reason", "state"]);
        let read = self.erasure_of(row).await?;
        let standing = match read.person {
            Some(person) if read.state == ErasureState::Asked => self.standing_of(person).await?,
            _ => Standing::default(),
        };
        Ok((read, standing))
    }

    async fn erasure_row(&self, permit: &Permit<ErasureDecide>) -> Result<erasure::Model> {
        erasure::Entity::find_by_id(Col(permit.on()))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(ErasureDecide::KIND))
    }

    async fn erasure_of(&mut self, row: erasure::Model) -> Result<Erasure> {
        let reason = match (row.person_id, &row.reason) {
            (Some(person), Some(reason)) => {
                let at = place("erasure", "reason", row.id.0.uuid());
                Some(self.open(person.0.uuid(), at, reason).await?)
            }
            _ => None,
        };
        let told: Vec<uuid::Uuid> = match row.told.as_deref() {
            Some(text) => serde_json::from_str(text).map_err(|_| bad("told"))?,
            None => Vec::new(),
        };
        Ok(Erasure {
            id: row.id.0,
            reference: row.reference.0,
            organisation: row.organisation_id.0,
            person: row.person_id.map(|id| id.0),
            ground: Ground::from_code(&row.ground).map_err(|_| bad("ground"))?,
            reason,
            state: ErasureState::from_code(&row.state).map_err(|_| bad("state"))?,
            asked_by: row.asked_by.map(|id| id.0),
            asked_at: row.asked_at.0,
            decided_by: row.decided_by.map(|id| id.0),
            decided_at: row.decided_at.map(|at| at.0),
            held_since: row.held_since.map(|at| at.0),
            told: told.into_iter().map(OrganisationId::from_uuid).collect(),
            purged_at: row.purged_at.map(|at| at.0),
        })
    }

    /// Refuses what somebody asked for. Errors with [`Error::Conflict`] when it was decided meanwhile.
    pub async fn erasure_refuse(&mut self, permit: &Permit<ErasureDecide>) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["state"]);
        self.erasure_end(permit.on(), ErasureState::Refused).await
    }

    /// Erases, now and for good. Errors with [`Error::Illegal`] when the same person asked, or when something stands before it
    /// ([`Work::erasure`] says what); with [`Error::Conflict`] when it was decided meanwhile.
    pub async fn erasure_confirm(&mut self, permit: &Permit<ErasureDecide>) -> Result<()> {
        let row = self.erasure_row(permit).await?;
        let person = row.person_id.ok_or(Error::Conflict)?.0;
        let held = self.person_lock(person).await?;
        if row.asked_by.map(|by| by.0) == Some(self.named_human()?) {
            return Err(Error::Illegal("erasure-needs-second-person"));
        }
        let standing = self.standing_of(person).await?;
        if !throughline_core::erasure::stands_before(&standing).is_empty() {
            return Err(Error::Illegal("erasure-something-stands"));
        }
        self.note(permit, permit.on().uuid(), &["erasure"]);
        self.erasure_end(permit.on(), ErasureState::Done).await?;
        let told = self.recipients(person).await?;
        self.erasure_empty(person).await?;
        let left = erasure::ActiveModel {
            held_since: Set(Some(held.created_at)),
            told: Set(Some(told)),
            ..Default::default()
        };
        erasure::Entity::update_many()
            .set(left)
            .filter(erasure::Column::Id.eq(Col(permit.on())))
            .exec(&self.tx)
            .await?;
        self.person_purge(person).await
    }

    /// What every decision about this person keeps: neither the person nor the words.
    pub(crate) async fn erasure_empty(&self, person: PersonId) -> Result<()> {
        let empty = erasure::ActiveModel {
            person_id: Set(None),
            reason: Set(None),
            ..Default::default()
        };
        erasure::Entity::update_many()
            .set(empty)
            .filter(erasure::Column::PersonId.eq(Col(person)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// The organisations that were sent something about a person, as JSON.
    pub(crate) async fn recipients(&self, person: PersonId) -> Result<String> {
        let to: Vec<Col<OrganisationId>> = referral::Entity::find()
            .select_only()
            .column(referral::Column::ToOrganisationId)
            .distinct()
            .filter(referral::Column::PersonId.eq(Col(person)))
            .filter(referral::Column::SentAt.is_not_null())
            .into_tuple()
            .all(&self.tx)
            .await?;
        let to: BTreeSet<uuid::Uuid> = to.into_iter().map(|id| id.0.uuid()).collect();
        serde_json::to_string(&to).map_err(|_| bad("told"))
    }

    /// The backups that this program made and that may still open what an erasure destroyed: those of the last
    /// [`BACKUP_DAYS`] before it, oldest first. Older ones must be gone already.
    pub async fn backups_before(
        &mut self,
        permit: &Permit<ErasureDecide>,
        erased_at: At,
    ) -> Result<Vec<At>> {
        self.note(permit, permit.on().uuid(), &["backups"]);
        let log = self.operator().await?;
        let rows = audit_entry::Entity::find()
            .filter(audit_entry::Column::AccountId.is_null())
            .filter(audit_entry::Column::At.gte(Col(erased_at.plus_days(-BACKUP_DAYS))))
            .filter(audit_entry::Column::At.lte(Col(erased_at)))
            .filter(audit_entry::Column::Action.eq(Event::Exported.code()))
            .filter(audit_entry::Column::LogId.eq(Col(log)))
            .order_by_asc(audit_entry::Column::At)
            .all(&self.tx)
            .await?;
        let is_backup = |row: &audit_entry::Model| row.body.contains("\"backup\"");
        Ok(rows
            .into_iter()
            .filter(is_backup)
            .map(|row| row.at.0)
            .collect())
    }
}
