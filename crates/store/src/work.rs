//! The unit of work: one transaction, its audit entries and its outbox rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::marker::PhantomData;

use sea_orm::{ColumnTrait as _, EntityTrait, QueryFilter as _, QuerySelect};
use throughline_core::code::Code as _;
use throughline_core::env::Env;
use throughline_core::id::{CaseId, OrganisationId, PersonId};
use throughline_core::time::At;
use throughline_policy::{
    Action, ActionKind, Actor, Denied, Facts, Permit, Purpose, Reason, Scope, decide,
};
use throughline_seal::PersonKey;
use uuid::Uuid;

use crate::account::AccountState;
use crate::audit::{self, Event, Note, Result as NoteResult};
use crate::col::Col;
use crate::entity::{account, support_case};
use crate::error::{Error, Result};
use crate::gather::Parked;
use crate::store::Store;
use crate::tx::Tx;

/// One transaction. Methods that touch personal data take a permit and write the audit note themselves; a change that no note
/// covers cannot be committed.
pub struct Work<'e> {
    pub(crate) store: &'e Store,
    pub(crate) tx: Tx,
    actor: &'e Actor,
    purpose: Purpose,
    now: At,
    notes: Vec<Note>,
    pub(crate) data_keys: HashMap<Uuid, PersonKey>,
    /// The number of this work's change of the directory, once it has changed it.
    pub(crate) directory_number: Option<i64>,
    bound: PhantomData<fn(&'e ()) -> &'e ()>,
}

impl std::fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Work")
    }
}

impl<'e> Work<'e> {
    pub(crate) fn new(store: &'e Store, tx: Tx, actor: &'e Actor, purpose: Purpose) -> Self {
        let now = store.env().now();
        Self {
            store,
            tx,
            actor,
            purpose,
            now,
            notes: Vec::new(),
            data_keys: HashMap::new(),
            directory_number: None,
            bound: PhantomData,
        }
    }

    /// Goes on with a unit that was parked.
    pub(crate) fn resume(store: &'e Store, actor: &'e Actor, parked: Parked) -> Self {
        Self {
            store,
            tx: parked.tx,
            actor,
            purpose: parked.purpose,
            now: parked.now,
            notes: parked.notes,
            data_keys: parked.data_keys,
            directory_number: parked.directory_number,
            bound: PhantomData,
        }
    }

    /// Leaves the unit open for its next step.
    pub(crate) fn park(self) -> Parked {
        Parked {
            tx: self.tx,
            actor: self.actor.clone(),
            purpose: self.purpose,
            now: self.now,
            notes: self.notes,
            data_keys: self.data_keys,
            directory_number: self.directory_number,
        }
    }

    /// The instant of this work: the same for everything in it.
    pub const fn now(&self) -> At {
        self.now
    }

    /// Who does it.
    pub const fn actor(&self) -> &'e Actor {
        self.actor
    }

    /// What for.
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The surroundings, for new ids and references.
    pub fn env(&self) -> &'e Env {
        self.store.env()
    }

    /// Asks policy. A refusal ends the work and is recorded by the store.
    pub fn permit<A: Action>(&self, facts: &Facts<A::Subject>) -> Result<Permit<A>> {
        decide(self.actor, self.purpose, facts, self.now).map_err(Error::Denied)
    }

    /// Asks policy about something that may not exist: absent and refused end alike.
    pub fn permit_found<A: Action>(&self, facts: Option<Facts<A::Subject>>) -> Result<Permit<A>> {
        self.permit(&facts.ok_or(Error::NotFound(A::KIND))?)
    }

    /// The rows that this actor may list.
    pub fn scope<A: Action>(&self) -> Scope<A> {
        Scope::of(self.actor)
    }

    /// Notes that a permit was used, and for which fields. Every method that takes a permit calls it.
    pub(crate) fn note<A: Action>(
        &mut self,
        permit: &Permit<A>,
        subject: Uuid,
        fields: &[&'static str],
    ) {
        self.note_person::<A>(subject, permit.person(), fields);
    }

    pub(crate) fn note_person<A: Action>(
        &mut self,
        subject: Uuid,
        person: Option<PersonId>,
        fields: &[&'static str],
    ) {
        self.add(Note {
            what: A::KIND.code(),
            kind: Some(A::KIND),
            subject: Some(subject),
            person,
            people: BTreeSet::new(),
            fields: fields.iter().copied().collect(),
            result: NoteResult::Granted,
            log: None,
        });
    }

    /// Notes that a list or a search over personal data was made, before anything is shown.
    pub(crate) fn note_scope<A: Action>(&mut self, _: &Scope<A>, fields: &[&'static str]) {
        self.add(Note {
            what: A::KIND.code(),
            kind: Some(A::KIND),
            subject: None,
            person: None,
            people: BTreeSet::new(),
            fields: fields.iter().copied().collect(),
            result: NoteResult::Granted,
            log: None,
        });
    }

    /// Notes of whom a list or a search showed something, so that "who has looked" knows of it too. Whoever this work notes
    /// already is not named twice; a job shows nobody anything.
    pub(crate) fn note_shown<A: Action>(
        &mut self,
        _: &Scope<A>,
        people: impl IntoIterator<Item = PersonId>,
    ) {
        if matches!(self.actor, Actor::System { .. }) {
            return;
        }
        let mut people: BTreeSet<PersonId> = people.into_iter().collect();
        for note in &self.notes {
            people.retain(|one| note.person != Some(*one) && !note.people.contains(one));
        }
        if people.is_empty() {
            return;
        }
        self.add(Note {
            what: A::KIND.code(),
            kind: Some(A::KIND),
            subject: None,
            person: None,
            people,
            fields: BTreeSet::new(),
            result: NoteResult::Granted,
            log: None,
        });
    }

    /// The people whose cases these are.
    pub(crate) async fn people_of(
        &self,
        cases: impl IntoIterator<Item = CaseId>,
    ) -> Result<BTreeSet<PersonId>> {
        let cases: BTreeSet<CaseId> = cases.into_iter().collect();
        // None of nothing is a question that reads everything.
        if cases.is_empty() {
            return Ok(BTreeSet::new());
        }
        let people: Vec<Col<PersonId>> = support_case::Entity::find()
            .select_only()
            .column(support_case::Column::PersonId)
            .filter(support_case::Column::Id.is_in(cases.into_iter().map(Col)))
            .into_tuple()
            .all(&self.tx)
            .await?;
        Ok(people.into_iter().map(|person| person.0).collect())
    }

    /// Notes in the log of another organisation what was done to it under a permit: its record tells what became of it without
    /// anybody else's (decision 0007).
    pub(crate) fn note_there<A: Action>(
        &mut self,
        _: &Permit<A>,
        there: OrganisationId,
        fields: &[&'static str],
    ) {
        self.add(Note {
            what: A::KIND.code(),
            kind: Some(A::KIND),
            subject: Some(there.uuid()),
            person: None,
            people: BTreeSet::new(),
            fields: fields.iter().copied().collect(),
            result: NoteResult::Granted,
            log: Some(there),
        });
    }

    /// Notes something that is not an action on a record: signing in, a job, setting up.
    pub(crate) fn note_event(
        &mut self,
        event: Event,
        subject: Option<Uuid>,
        fields: &[&'static str],
    ) {
        self.add(Note {
            what: event.code(),
            kind: None,
            subject,
            person: None,
            people: BTreeSet::new(),
            fields: fields.iter().copied().collect(),
            result: NoteResult::Granted,
            log: None,
        });
    }

    /// Notes in the log of another organisation what somebody did that nobody where they work is told. Each is an entry of its own.
    pub(crate) fn note_apart(
        &mut self,
        event: Event,
        there: OrganisationId,
        who: Uuid,
        tried: ActionKind,
    ) {
        self.notes.push(Note {
            what: event.code(),
            kind: None,
            subject: Some(who),
            person: None,
            people: BTreeSet::new(),
            fields: [tried.code()].into(),
            result: NoteResult::Granted,
            log: Some(there),
        });
    }

    pub(crate) fn note_refusal(&mut self, action: ActionKind, reason: Reason) {
        self.add(Note {
            what: action.code(),
            kind: Some(action),
            subject: None,
            person: None,
            people: BTreeSet::new(),
            fields: BTreeSet::new(),
            result: NoteResult::Refused(reason),
            log: None,
        });
    }

    /// One note per action and subject: fields are gathered.
    fn add(&mut self, note: Note) {
        let same = |old: &&mut Note| {
            old.what == note.what
                && old.subject == note.subject
                && old.result == note.result
                && old.log == note.log
        };
        if let Some(old) = self.notes.iter_mut().rev().take(64).find(same) {
            old.fields.extend(note.fields);
            old.people.extend(note.people);
        } else {
            self.notes.push(note);
        }
    }

    /// The log that this work is recorded in: the actor's organisation, or the operator's.
    async fn log(&self) -> Result<OrganisationId> {
        match self.actor.organisation() {
            Some(id) => Ok(id),
            None => audit::operator(&self.tx).await,
        }
    }

    /// Whether the account that does this work may still do it, in the same role, organisation and site. Its row is locked
    /// until commit: whoever ends the access waits for this work or this work fails, so that nothing can be stranded between.
    async fn still_there(&self) -> Result<()> {
        let Actor::Staff {
            account,
            organisation,
            site,
            role,
            ..
        } = self.actor
        else {
            return Ok(());
        };
        let row = account::Entity::find_by_id(Col(*account))
            .lock_shared()
            .one(&self.tx)
            .await?;
        let same = row.is_some_and(|row| {
            row.state == AccountState::Active.code()
                && row.organisation_id.0 == *organisation
                && row.site_id.map(|site| site.0) == *site
                && row.role == role.code()
        });
        let action = self.notes.iter().find_map(|note| note.kind);
        if same {
            Ok(())
        } else {
            Err(Error::Denied(Denied {
                action: action.unwrap_or(ActionKind::AccountManage),
                reason: Reason::NoRelation,
                closed: None,
            }))
        }
    }

    /// Appends the audit entries and commits. Errors, and changes nothing, when a changed table is not covered by a note or
    /// when the actor's access has ended meanwhile.
    pub(crate) async fn commit(self) -> Result<()> {
        if let Some(table) = self
            .tx
            .changed()
            .into_iter()
            .find(|table| !audit::is_covered(table, &self.notes))
        {
            self.rollback().await;
            return Err(Error::Uncovered(table));
        }
        if let Err(full) = self.store.may_change(&self.tx.changed()) {
            self.rollback().await;
            return Err(full);
        }
        let only_refusals = self
            .notes
            .iter()
            .all(|note| note.result != NoteResult::Granted)
            && self.tx.changed().is_empty();
        if !only_refusals && let Err(error) = self.still_there().await {
            self.rollback().await;
            return Err(error);
        }
        if !self.notes.is_empty() {
            let own = self.log().await?;
            // In one order, whoever works: two works that write in the same two logs wait for each other, never in a circle.
            let mut logs: BTreeMap<OrganisationId, Vec<&Note>> = BTreeMap::new();
            for note in &self.notes {
                logs.entry(note.log.unwrap_or(own)).or_default().push(note);
            }
            for (log, notes) in logs {
                audit::append(&self.tx, log, self.actor, self.purpose, self.now, &notes).await?;
            }
        }
        Ok(self.tx.commit().await?)
    }

    pub(crate) async fn rollback(self) {
        // A connection that cannot roll back is dropped by the pool, which has the same effect.
        let _ = self.tx.rollback().await;
    }
}
