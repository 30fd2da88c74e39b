//! A second person, of another organisation, before something guarded is opened (SPEC 4.6; ASSURANCE I4; decision 0019). The states
//! are in `core::second_person`; what is guarded belongs to the module that asks, which has an id for it and, once somebody said
//! yes, uses that yes once.
//!
//! Whoever is asked learns who asks, where, when and why. No word here, and no key that opens one, leads to whose record it is.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::code::Code;
use throughline_core::id::{AccountId, OrganisationId, Ref, SecondPersonId, SiteId};
use throughline_core::reason::Reason;
use throughline_core::role::Role;
use throughline_core::scan::{Protected, scan_protected};
use throughline_core::second_person::{
    Guarded, SECOND_PERSON_MINUTES, SecondPersonMove, SecondPersonState,
};
use throughline_core::time::At;
use throughline_policy::action::SecondPersonDecide;
use throughline_policy::{Action, Actor, Facts, Permit, Scope, Ties};
use uuid::Uuid;

use crate::audit::Event;
use crate::col::Col;
use crate::entity::{account, second_person};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::outbox::OutboxKind;
use crate::scope::{About, TieColumns, condition};
use crate::work::Work;

/// How many people are told that somebody asks: security officers first, then safety leads (our design).
const TOLD: u64 = 20;

/// How long the row of what is over stays, in days: whoever asked or answered can still see what became of it. The record of access
/// keeps who asked and who answered for good.
const KEPT_DAYS: i64 = 30;

/// What is asked for.
#[derive(Debug)]
pub struct NewAsk<'a> {
    /// What it opens.
    pub guarded: Guarded,
    /// What it is about, as the module that asks knows it. Nobody is ever shown it.
    pub about: Uuid,
    /// Where whoever asks works.
    pub site: Option<SiteId>,
    /// Why, in the words of whoever asks.
    pub reason: &'a Reason,
    /// Names and places that the reason must not hold: somebody of another organisation reads it.
    pub unsaid: &'a Protected,
}

/// One time that somebody asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Internal id.
    pub id: SecondPersonId,
    /// Reference.
    pub reference: Ref,
    /// What it opens.
    pub guarded: Guarded,
    /// Whose staff asked.
    pub organisation: OrganisationId,
    /// Where they work.
    pub site: Option<SiteId>,
    /// Who asked.
    pub by: AccountId,
    /// When.
    pub at: At,
    /// Where it stands now: what has run out has lapsed, whether or not a job has come by.
    pub state: SecondPersonState,
    /// Until when somebody can answer or, after a yes, until when it can be used.
    pub until: At,
    /// Who answered.
    pub decided_by: Option<AccountId>,
}

const fn ties() -> TieColumns<second_person::Column> {
    TieColumns {
        organisation: Some(second_person::Column::OrganisationId),
        site: None,
        lead: None,
        to: None,
        accepted_by: None,
        referral: None,
        // Nobody who answers learns whose record it is.
        about: About::Nobody,
    }
}

const fn facts(row: &second_person::Model) -> Facts<SecondPersonId> {
    Facts {
        subject: row.id.0,
        person: None,
        ties: Ties {
            organisation: Some(row.organisation_id.0),
            site: None,
            lead: None,
            to_organisation: None,
            accepted_by: None,
            referral: None,
            case: None,
            closed: false,
            for_now: false,
        },
    }
}

/// What waits for somebody: nobody has answered, or the yes is not used, and its time has not run out.
fn open(state: SecondPersonState, now: At) -> Condition {
    Condition::all()
        .add(second_person::Column::State.eq(state.code()))
        .add(second_person::Column::UntilAt.gt(Col(now)))
}

fn asked_of(row: &second_person::Model, now: At) -> Result<Asked> {
    let bad = |column| Error::RowShape {
        table: "second_person",
        column,
    };
    let state = SecondPersonState::from_code(&row.state).map_err(|_| bad("state"))?;
    let over = row.until_at.0 <= now && !state.is_final();
    Ok(Asked {
        id: row.id.0,
        reference: row.reference.0,
        guarded: Guarded::from_code(&row.guarded).map_err(|_| bad("guarded"))?,
        organisation: row.organisation_id.0,
        site: row.site_id.map(|id| id.0),
        by: row.asked_by.0,
        at: row.asked_at.0,
        state: if over {
            SecondPersonState::Lapsed
        } else {
            state
        },
        until: row.until_at.0,
        decided_by: row.decided_by.map(|id| id.0),
    })
}

impl Work<'_> {
    /// Those of other organisations who could answer: officers first, whoever has been there longest first.
    async fn second_people(&self, own: OrganisationId) -> Result<Vec<AccountId>> {
        let roles = [Role::SecurityOfficer, Role::DaLead].map(Code::code);
        let rows = account::Entity::find()
            .filter(account::Column::Role.is_in(roles))
            .filter(account::Column::OrganisationId.ne(Col(own)))
            .filter(self.who_can_sign_in().await?)
            .order_by_desc(account::Column::Role)
            .order_by_asc(account::Column::CreatedAt)
            .order_by_asc(account::Column::Id)
            .limit(TOLD)
            .all(&self.tx)
            .await?;
        Ok(rows.into_iter().map(|row| row.id.0).collect())
    }

    /// Asks somebody of another organisation, under the permit for what is to be opened; those who could answer are told.
    ///
    /// Errors with [`Error::Invalid`] when the reason holds what must not be said, and where no other organisation has anybody who
    /// could answer; with [`Error::Conflict`] when this actor has asked about the same already.
    pub async fn second_person_ask<A: Action>(
        &mut self,
        permit: &Permit<A>,
        new: &NewAsk<'_>,
    ) -> Result<Ref> {
        let me = self.named_human()?;
        let own = self.actor().organisation().unwrap_or(permit.organisation());
        let invalid = |problem| Error::Invalid {
            field: "reason",
            problem,
        };
        scan_protected(new.reason.as_str(), new.unsaid)
            .map_err(|_| invalid("second-person-names"))?;
        let others = self.second_people(own).await?;
        if others.is_empty() {
            return Err(invalid("second-person-nobody"));
        }
        let known = self
            .second_person_of(permit, new.guarded, new.about)
            .await?;
        if known.is_some_and(|known| !known.state.is_final()) {
            return Err(Error::Conflict);
        }
        let (id, reference): (SecondPersonId, Ref) = (self.env().id(), self.env().reference());
        self.organisation_data_key(own).await?;
        let at = place("second_person", "reason", id.uuid());
        let reason = self.seal(own.uuid(), at, &new.reason.as_str()).await?;
        let row = second_person::ActiveModel {
            id: Set(Col(id)),
            reference: Set(Col(reference)),
            guarded: Set(new.guarded.code().to_owned()),
            about_id: Set(new.about),
            organisation_id: Set(Col(own)),
            site_id: Set(new.site.map(Col)),
            asked_by: Set(Col(me)),
            asked_at: Set(Col(self.now())),
            reason: Set(Some(reason)),
            state: Set(SecondPersonState::Asked.code().to_owned()),
            until_at: Set(Col(self.now().plus_minutes(SECOND_PERSON_MINUTES))),
            decided_by: Set(None),
            decided_at: Set(None),
        };
        second_person::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, id.uuid(), &["second_person"]);
        for other in others {
            let once = format!("second-person:{}:{}", id.uuid(), other.uuid());
            self.tell(OutboxKind::StaffTask, other.uuid(), Some(&once))
                .await?;
        }
        Ok(reference)
    }

    /// What this actor asked about one thing, the newest: under the permit for what is to be opened.
    pub async fn second_person_of<A: Action>(
        &mut self,
        permit: &Permit<A>,
        guarded: Guarded,
        about: Uuid,
    ) -> Result<Option<Asked>> {
        let asked = self.second_person_newest(guarded, about).await?;
        if let Some(asked) = &asked {
            self.note(permit, asked.id.uuid(), &["second_person"]);
        }
        Ok(asked)
    }

    /// The same, for a module that shows no more of it than that it was asked.
    pub(crate) async fn second_person_newest(
        &self,
        guarded: Guarded,
        about: Uuid,
    ) -> Result<Option<Asked>> {
        let row = second_person::Entity::find()
            .filter(second_person::Column::AskedBy.eq(Col(self.named_human()?)))
            .filter(second_person::Column::AboutId.eq(about))
            .filter(second_person::Column::Guarded.eq(guarded.code()))
            .order_by_desc(second_person::Column::Id)
            .one(&self.tx)
            .await?;
        row.map(|row| asked_of(&row, self.now())).transpose()
    }

    /// Uses the yes that somebody gave to this actor about one thing: it is good once. Gives who said it.
    ///
    /// Errors with [`Error::Conflict`] when nobody said yes, or it was used, or its time has run out.
    pub async fn second_person_use<A: Action>(
        &mut self,
        permit: &Permit<A>,
        guarded: Guarded,
        about: Uuid,
    ) -> Result<AccountId> {
        let asked = self.second_person_of(permit, guarded, about).await?;
        let asked = asked.ok_or(Error::Conflict)?;
        self.second_person_move(&asked, SecondPersonMove::Use, asked.until, None)
            .await?;
        asked.decided_by.ok_or(Error::Conflict)
    }

    /// Moves it on, unless somebody else did meanwhile or its time ran out. The words go with the answer.
    async fn second_person_move(
        &mut self,
        asked: &Asked,
        by: SecondPersonMove,
        until: At,
        decided_by: Option<AccountId>,
    ) -> Result<()> {
        let next = asked.state.apply(by).map_err(|_| Error::Conflict)?;
        let mut change = second_person::ActiveModel {
            state: Set(next.code().to_owned()),
            until_at: Set(Col(until)),
            reason: Set(None),
            ..Default::default()
        };
        if let Some(who) = decided_by {
            change.decided_by = Set(Some(Col(who)));
            change.decided_at = Set(Some(Col(self.now())));
        }
        let done = second_person::Entity::update_many()
            .set(change)
            .filter(second_person::Column::Id.eq(Col(asked.id)))
            .filter(open(asked.state, self.now()))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }

    /// What staff of other organisations ask and nobody has answered, the one with the least time first. Never the reasons.
    pub async fn second_person_waiting(
        &mut self,
        scope: &Scope<SecondPersonDecide>,
        limit: u64,
    ) -> Result<Vec<Asked>> {
        self.note_scope(scope, &["second_person"]);
        let now = self.now();
        let Some(others) = condition(scope, &ties(), now) else {
            return Ok(Vec::new());
        };
        let rows = second_person::Entity::find()
            .filter(others)
            .filter(open(SecondPersonState::Asked, now))
            .order_by_asc(second_person::Column::UntilAt)
            .order_by_asc(second_person::Column::Id)
            .limit(limit)
            .all(&self.tx)
            .await?;
        rows.iter().map(|row| asked_of(row, now)).collect()
    }

    /// The ties of what was asked, by reference.
    pub async fn second_person_facts(
        &mut self,
        reference: Ref,
    ) -> Result<Option<Facts<SecondPersonId>>> {
        let row = second_person::Entity::find()
            .filter(second_person::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        Ok(row.as_ref().map(facts))
    }

    /// What was asked, for whoever answers, with the reason as long as somebody has to.
    pub async fn second_person_read(
        &mut self,
        permit: &Permit<SecondPersonDecide>,
    ) -> Result<(Asked, Option<String>)> {
        let row = second_person::Entity::find_by_id(Col(permit.on()))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(SecondPersonDecide::KIND))?;
        self.note(permit, permit.on().uuid(), &["reason", "state"]);
        let asked = asked_of(&row, self.now())?;
        let reason = match &row.reason {
            Some(reason) if asked.state == SecondPersonState::Asked => {
                let at = place("second_person", "reason", row.id.0.uuid());
                Some(self.open(asked.organisation.uuid(), at, reason).await?)
            }
            _ => None,
        };
        Ok((asked, reason))
    }

    /// Answers as the second person. It is in the record of both organisations, and whoever asked is told.
    ///
    /// Errors with [`Error::Conflict`] when somebody answered first or the time ran out.
    pub async fn second_person_decide(
        &mut self,
        permit: &Permit<SecondPersonDecide>,
        yes: bool,
    ) -> Result<()> {
        let me = self.named_human()?;
        let (asked, _) = self.second_person_read(permit).await?;
        let (by, until) = if yes {
            let until = self.now().plus_minutes(SECOND_PERSON_MINUTES);
            (SecondPersonMove::Approve, until)
        } else {
            (SecondPersonMove::Refuse, asked.until)
        };
        self.second_person_move(&asked, by, until, Some(me)).await?;
        self.note_there(permit, asked.organisation, &["second_person", by.code()]);
        let once = format!("second-person:{}:answered", asked.id.uuid());
        self.tell(OutboxKind::StaffTask, asked.by.uuid(), Some(&once))
            .await
    }

    /// Lets what has run out lapse, its words with it, and forgets what has long been over.
    ///
    /// Errors unless the system itself asks.
    pub async fn second_person_lapse(&mut self) -> Result<u64> {
        if !matches!(self.actor(), Actor::System { .. }) {
            return Err(Error::Illegal("only the system lets it lapse"));
        }
        let waiting = [SecondPersonState::Asked, SecondPersonState::Approved].map(Code::code);
        let run_out = Condition::all()
            .add(second_person::Column::State.is_in(waiting))
            .add(second_person::Column::UntilAt.lte(Col(self.now())));
        let long_ago = self.now().plus_days(-KEPT_DAYS);
        let long_over = Condition::all()
            .add(second_person::Column::State.is_not_in(waiting))
            .add(second_person::Column::UntilAt.lt(Col(long_ago)));
        let due = second_person::Entity::find()
            .filter(Condition::any().add(run_out.clone()).add(long_over.clone()))
            .one(&self.tx)
            .await?;
        if due.is_none() {
            return Ok(0);
        }
        let gone = second_person::Entity::delete_many()
            .filter(long_over)
            .exec(&self.tx)
            .await?;
        let change = second_person::ActiveModel {
            state: Set(SecondPersonState::Lapsed.code().to_owned()),
            reason: Set(None),
            ..Default::default()
        };
        let lapsed = second_person::Entity::update_many()
            .set(change)
            .filter(run_out)
            .exec(&self.tx)
            .await?;
        self.note_event(Event::PromiseKept, None, &["second_person"]);
        Ok(lapsed.rows_affected.saturating_add(gone.rows_affected))
    }
}
