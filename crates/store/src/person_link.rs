//! A person's own link (decision 0021): an address and three words, told in the room and never sent. Both halves are kept as
//! hashes, and so is the visit that is under way.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code as _;
use throughline_core::id::{CaseId, OrganisationId, Ref};
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, CaseRead, SharingRead};
use throughline_policy::{Action as _, Permit};
use throughline_seal::{Phrase, Token};
use uuid::Uuid;

use crate::audit::Event;
use crate::case::CaseState;
use crate::col::{Blob, Col};
use crate::entity::{person_link, support_case};
use crate::error::{Error, Result};
use crate::work::Work;

/// The label of the keyed hash of phrases.
const PHRASE_INDEX: &str = "person_link";

/// A person's own link.
#[derive(Debug, Clone)]
pub struct PersonLink {
    id: Uuid,
    /// Whose case it opens.
    pub case: CaseId,
    /// The organisation that holds it.
    pub organisation: OrganisationId,
    /// When it was made.
    pub made_at: At,
    /// When it lapses.
    pub expires_at: At,
    /// When somebody last came in by it, or did anything there.
    pub visited_at: Option<At>,
    /// Wrong phrases so far.
    pub failures: i64,
    closed_at: Option<At>,
    phrase_hash: Vec<u8>,
    visit_hash: Option<Vec<u8>>,
}

impl PersonLink {
    /// Whether it opens anything at an instant.
    pub fn is_open_at(&self, now: At) -> bool {
        self.closed_at.is_none() && now < self.expires_at
    }

    /// Whether this is the visit that is under way, and nobody has been away from it for longer than `seconds`.
    pub fn is_visited_by(&self, visit: &Token, seconds: i64, now: At) -> bool {
        let lately = self
            .visited_at
            .is_some_and(|at| at <= now && now.seconds_since(at) < seconds);
        lately && self.visit_hash.as_deref() == Some(visit.hash().as_slice())
    }
}

fn link_of(row: person_link::Model) -> PersonLink {
    PersonLink {
        id: row.id,
        case: row.case_id.0,
        organisation: row.organisation_id.0,
        made_at: row.made_at.0,
        expires_at: row.expires_at.0,
        visited_at: row.visited_at.map(|at| at.0),
        failures: row.failures,
        closed_at: row.closed_at.map(|at| at.0),
        phrase_hash: row.phrase_hash.0,
        visit_hash: row.visit_hash.map(|hash| hash.0),
    }
}

impl Work<'_> {
    /// Makes a person's own link and ends any older one. Errors with [`Error::Invalid`] where the case is closed.
    pub async fn person_link_make(
        &mut self,
        permit: &Permit<CaseChange>,
        (token, phrase): (&Token, &Phrase),
        expires_at: At,
    ) -> Result<()> {
        let by = self.named_human()?;
        let case = self.case_row(permit.on()).await?;
        if case.state == CaseState::Closed.code() {
            return Err(Error::Invalid {
                field: "case",
                problem: "case-is-closed",
            });
        }
        self.person_links_close(permit.on()).await?;
        self.note(permit, permit.on().uuid(), &["own_link"]);
        let key = self.blind_key(case.organisation_id.0, PHRASE_INDEX).await?;
        let row = person_link::ActiveModel {
            id: Set(self.env().id::<()>().uuid()),
            case_id: Set(case.id),
            person_id: Set(case.person_id),
            organisation_id: Set(case.organisation_id),
            token_hash: Set(Blob(token.hash().to_vec())),
            phrase_hash: Set(Blob(phrase.hash(&key).to_vec())),
            visit_hash: Set(None),
            visited_at: Set(None),
            made_at: Set(Col(self.now())),
            made_by: Set(Col(by)),
            expires_at: Set(Col(expires_at)),
            failures: Set(0),
            closed_at: Set(None),
        };
        person_link::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// The link of a case that still opens something, if there is one.
    pub async fn person_link_open(
        &mut self,
        permit: &Permit<CaseRead>,
    ) -> Result<Option<PersonLink>> {
        self.note(permit, permit.on().uuid(), &["own_link"]);
        let row = person_link::Entity::find()
            .filter(person_link::Column::CaseId.eq(Col(permit.on())))
            .filter(person_link::Column::ClosedAt.is_null())
            .order_by_desc(person_link::Column::Id)
            .one(&self.tx)
            .await?;
        let now = self.now();
        Ok(row.map(link_of).filter(|link| link.is_open_at(now)))
    }

    /// Ends the links of a case.
    pub async fn person_links_end(&mut self, permit: &Permit<CaseChange>) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["own_link"]);
        self.person_links_close(permit.on()).await
    }

    /// Ends the links of a case. The caller has noted why.
    pub(crate) async fn person_links_close(&mut self, case: CaseId) -> Result<()> {
        let change = person_link::ActiveModel {
            closed_at: Set(Some(Col(self.now()))),
            visit_hash: Set(None),
            ..Default::default()
        };
        person_link::Entity::update_many()
            .set(change)
            .filter(person_link::Column::CaseId.eq(Col(case)))
            .filter(person_link::Column::ClosedAt.is_null())
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// A link by its token, locked until commit; whether it still opens anything is the caller's to ask.
    pub async fn person_link_find(&mut self, token: &Token) -> Result<Option<PersonLink>> {
        let row = person_link::Entity::find()
            .filter(person_link::Column::TokenHash.eq(Blob(token.hash().to_vec())))
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        Ok(row.map(link_of))
    }

    /// Whether what somebody typed is the phrase of this link. Constant time.
    pub async fn person_link_fits(&mut self, link: &PersonLink, typed: &str) -> Result<bool> {
        let key = self.blind_key(link.organisation, PHRASE_INDEX).await?;
        Ok(Phrase::matches(typed, &link.phrase_hash, &key))
    }

    /// Counts a wrong phrase, and ends the link at `limit`. It must be committed: the caller returns normally and says no
    /// afterwards.
    pub async fn person_link_failed(&mut self, link: &PersonLink, limit: i64) -> Result<()> {
        let failures = link.failures + 1;
        let change = person_link::ActiveModel {
            failures: Set(failures),
            closed_at: Set((failures >= limit).then_some(Col(self.now()))),
            ..Default::default()
        };
        self.note_event(Event::SignInFailed, Some(link.id), &["own_link"]);
        self.person_link_set(link, change).await
    }

    /// A visit begins, and any other that was under way is over. Gives the reference of the case.
    pub async fn person_link_enter(&mut self, link: &PersonLink, visit: &Token) -> Result<Ref> {
        let change = person_link::ActiveModel {
            visit_hash: Set(Some(Blob(visit.hash().to_vec()))),
            visited_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        self.note_event(Event::SignedIn, Some(link.id), &["own_link"]);
        self.person_link_set(link, change).await?;
        self.person_link_case(link).await
    }

    /// Notes that the person is still there, by the link of this case.
    pub async fn person_link_touch(&mut self, permit: &Permit<SharingRead>) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["own_link"]);
        let change = person_link::ActiveModel {
            visited_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        person_link::Entity::update_many()
            .set(change)
            .filter(person_link::Column::CaseId.eq(Col(permit.on())))
            .filter(person_link::Column::VisitHash.is_not_null())
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// The visit is over; the link can be opened again with its phrase.
    pub async fn person_link_leave(&mut self, link: &PersonLink) -> Result<()> {
        let change = person_link::ActiveModel {
            visit_hash: Set(None),
            ..Default::default()
        };
        self.note_event(Event::SignedOut, Some(link.id), &["own_link"]);
        self.person_link_set(link, change).await
    }

    async fn person_link_set(
        &mut self,
        link: &PersonLink,
        change: person_link::ActiveModel,
    ) -> Result<()> {
        person_link::Entity::update_many()
            .set(change)
            .filter(person_link::Column::Id.eq(link.id))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// The reference of the case behind a link.
    pub async fn person_link_case(&self, link: &PersonLink) -> Result<Ref> {
        let row = support_case::Entity::find_by_id(Col(link.case))
            .one(&self.tx)
            .await?;
        row.map(|row| row.reference.0)
            .ok_or(Error::NotFound(CaseRead::KIND))
    }
}
