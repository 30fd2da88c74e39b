//! A record that is kept to others, opened for an hour because it cannot wait (SPEC 4.6, decision 0019): with a yes from another
//! organisation, or by the duty officer of the site alone when a life is at risk.
//!
//! Whoever asks names the person; what fits is written down then, and nothing tells whether anything did. Nothing is open until they
//! have read what follows and go on: then for an hour they see it as a viewer does, without what would outlast the hour. Who is
//! barred is never let in by this: they may be the relative. What somebody else makes of it afterwards is in the module
//! `urgent_review`.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use throughline_core::id::{AccountId, Ref};
use throughline_core::reason::Reason;
use throughline_core::scan::Protected;
use throughline_core::second_person::{Guarded, SECOND_PERSON_MINUTES, SecondPersonState};
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_core::urgent::{URGENT_MINUTES, review_climbs_at};
use throughline_policy::action::UrgentAccess;
use throughline_policy::{Action as _, Permit};
use uuid::Uuid;

use crate::closed::{barred_people, kept_people};
use crate::col::Col;
use crate::entity::{support_case, urgent, urgent_case};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::outbox::OutboxKind;
use crate::post::{Below, NOBODY_TO_TELL, Sparing};
use crate::read::Read;
use crate::second_person::NewAsk;
use crate::story::{NewEvent, StoryKind};
use crate::task::{TOP, TaskNew};
use crate::work::Work;

/// How many askings a page lists.
const LISTED: u64 = 20;

/// Whom somebody needs to see now, and why.
#[derive(Debug)]
pub struct NewUrgent<'a> {
    /// The name they go by, or part of it.
    pub name: &'a str,
    /// Their date of birth, where it is known.
    pub born: Option<&'a str>,
    /// Why it cannot wait.
    pub reason: &'a Reason,
    /// Whether they open it alone, as the duty officer, because a life is at risk; else somebody of another organisation answers.
    pub alone: bool,
}

/// Where one asking stands, for whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrgentState {
    /// Somebody of another organisation has until then to answer.
    Waits(At),
    /// It can be opened until then.
    Ready(At),
    /// It is open until then.
    Open(At),
    /// Somebody of another organisation said no.
    Refused,
    /// Its time is over.
    Over,
}

/// One asking.
#[derive(Debug, Clone)]
pub struct Urgent {
    /// Reference.
    pub reference: Ref,
    /// Where it stands.
    pub state: UrgentState,
    /// The records that are open by it; none unless it is open.
    pub cases: Vec<Ref>,
}

impl Work<'_> {
    /// Whoever asks is told first at their site when nobody acts there.
    async fn on_duty(&mut self, permit: &Permit<UrgentAccess>, me: AccountId) -> Result<()> {
        let site = self.site(permit.on()).await?;
        let site = site.ok_or(Error::NotFound(UrgentAccess::KIND))?;
        let on_call = self.site_on_call(&site).await?;
        if on_call.iter().any(|who| who.account.id == me) {
            return Ok(());
        }
        Err(Error::Invalid {
            field: "how",
            problem: "urgent-not-on-duty",
        })
    }

    /// Asks to open what fits, where it is kept to others at the site of the permit. Nothing tells whether anything does.
    ///
    /// Errors with [`Error::Invalid`] where nobody is named, for whoever would open it alone and is not on duty, and as
    /// [`Work::second_person_ask`].
    pub async fn urgent_ask(
        &mut self,
        permit: &Permit<UrgentAccess>,
        new: &NewUrgent<'_>,
    ) -> Result<Ref> {
        let me = self.named_human()?;
        let own = permit.organisation();
        let wanted = self.wanted_by(own, new.name, new.born).await?;
        if wanted.is_empty() {
            return Err(Error::Invalid {
                field: "name",
                problem: "again-nothing-given",
            });
        }
        if new.alone {
            self.on_duty(permit, me).await?;
        }
        let (id, reference) = (self.env().id::<()>().uuid(), self.env().reference());
        let row = urgent::ActiveModel {
            id: Set(id),
            reference: Set(Col(reference)),
            account_id: Set(Col(me)),
            organisation_id: Set(Col(own)),
            site_id: Set(Col(permit.on())),
            alone: Set(new.alone),
            asked_at: Set(Col(self.now())),
            opened_at: Set(None),
            until_at: Set(None),
            second_by: Set(None),
        };
        urgent::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, id, &["reason", "urgent"]);
        // One question, so that whoever is barred learns nothing by how long it takes.
        let wanted = wanted.into_iter().fold(Condition::all(), Condition::add);
        let barred = self.barred_among(wanted.clone()).await?;
        self.look_missed(UrgentAccess::KIND, barred).await?;
        let fits = support_case::Entity::find()
            .filter(wanted)
            .filter(support_case::Column::OrganisationId.eq(Col(own)))
            .filter(support_case::Column::SiteId.eq(Col(permit.on())))
            .filter(support_case::Column::PersonId.in_subquery(kept_people(
                own,
                Some(me),
                self.now(),
            )))
            .filter(support_case::Column::PersonId.not_in_subquery(barred_people(me)))
            .all(&self.tx)
            .await?;
        for case in fits {
            self.urgent_case_add(id, &case, new.reason).await?;
        }
        if !new.alone {
            let ask = NewAsk {
                guarded: Guarded::UrgentAccess,
                about: id,
                site: Some(permit.on()),
                reason: new.reason,
                unsaid: &Protected::new(std::iter::once(new.name).chain(new.born)),
            };
            self.second_person_ask(permit, &ask).await?;
        }
        Ok(reference)
    }

    async fn urgent_case_add(
        &mut self,
        urgent: Uuid,
        case: &support_case::Model,
        reason: &Reason,
    ) -> Result<()> {
        let id = self.env().id::<()>().uuid();
        let at = place("urgent_case", "reason", id);
        let owner = case.person_id.0.uuid();
        let reason = self.seal(owner, at, &reason.as_str()).await?;
        let row = urgent_case::ActiveModel {
            id: Set(id),
            urgent_id: Set(urgent),
            person_id: Set(case.person_id),
            case_id: Set(case.id),
            reason: Set(reason),
            task_id: Set(None),
            reviewed_by: Set(None),
            reviewed_at: Set(None),
            verdict: Set(None),
            words: Set(None),
        };
        urgent_case::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// The actor's own asking: anybody else's is none.
    async fn urgent_row(
        &self,
        permit: &Permit<UrgentAccess>,
        reference: Ref,
    ) -> Result<urgent::Model> {
        urgent::Entity::find()
            .filter(urgent::Column::Reference.eq(Col(reference)))
            .filter(urgent::Column::AccountId.eq(Col(self.named_human()?)))
            .filter(urgent::Column::SiteId.eq(Col(permit.on())))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(UrgentAccess::KIND))
    }

    async fn urgent_state(&self, row: &urgent::Model) -> Result<UrgentState> {
        let now = self.now();
        if let Some(until) = row.until_at {
            return Ok(if until.0 > now {
                UrgentState::Open(until.0)
            } else {
                UrgentState::Over
            });
        }
        if row.alone {
            let until = row.asked_at.0.plus_minutes(SECOND_PERSON_MINUTES);
            return Ok(if until > now {
                UrgentState::Ready(until)
            } else {
                UrgentState::Over
            });
        }
        let asked = self
            .second_person_newest(Guarded::UrgentAccess, row.id)
            .await?;
        Ok(match asked.map(|asked| (asked.state, asked.until)) {
            Some((SecondPersonState::Asked, until)) => UrgentState::Waits(until),
            Some((SecondPersonState::Approved, until)) => UrgentState::Ready(until),
            Some((SecondPersonState::Refused, _)) => UrgentState::Refused,
            _ => UrgentState::Over,
        })
    }

    /// Where one asking of this actor stands, and what is open by it.
    pub async fn urgent(
        &mut self,
        permit: &Permit<UrgentAccess>,
        reference: Ref,
    ) -> Result<Urgent> {
        let row = self.urgent_row(permit, reference).await?;
        self.note(permit, row.id, &["urgent"]);
        let state = self.urgent_state(&row).await?;
        let mut cases = Vec::new();
        if matches!(state, UrgentState::Open(_)) {
            for one in self.urgent_cases(row.id).await? {
                let case = support_case::Entity::find_by_id(one.case_id);
                let case = case.one(&self.tx).await?;
                cases.extend(case.map(|case| case.reference.0));
            }
        }
        Ok(Urgent {
            reference,
            state,
            cases,
        })
    }

    /// What this actor asked lately and is not over, the newest first. It tells them no more than that they asked.
    pub async fn urgent_mine(&mut self) -> Result<Vec<Urgent>> {
        let me = self.named_human()?;
        let since = self.now().plus_minutes(-2 * URGENT_MINUTES);
        let rows = urgent::Entity::find()
            .filter(urgent::Column::AccountId.eq(Col(me)))
            .filter(urgent::Column::AskedAt.gt(Col(since)))
            .order_by_desc(urgent::Column::Id)
            .limit(LISTED)
            .all(&self.tx)
            .await?;
        let mut out = Vec::new();
        for row in rows {
            let state = self.urgent_state(&row).await?;
            if !matches!(state, UrgentState::Over) {
                out.push(Urgent {
                    reference: row.reference.0,
                    state,
                    cases: Vec::new(),
                });
            }
        }
        Ok(out)
    }

    async fn urgent_cases(&self, urgent: Uuid) -> Result<Vec<urgent_case::Model>> {
        Ok(urgent_case::Entity::find()
            .filter(urgent_case::Column::UrgentId.eq(urgent))
            .order_by_asc(urgent_case::Column::Id)
            .all(&self.tx)
            .await?)
    }

    /// Opens what fits for an hour: whoever asked has read what follows. Somebody else has to review it by `review_by`.
    ///
    /// Errors with [`Error::Conflict`] when nobody said yes, or the time to open it is over, or it is open already.
    pub async fn urgent_open(
        &mut self,
        permit: &Permit<UrgentAccess>,
        reference: Ref,
        review_by: At,
    ) -> Result<()> {
        let me = self.named_human()?;
        let row = self.urgent_row(permit, reference).await?;
        if !matches!(self.urgent_state(&row).await?, UrgentState::Ready(_)) {
            return Err(Error::Conflict);
        }
        let second_by = if row.alone {
            self.on_duty(permit, me).await?;
            None
        } else {
            let yes = self.second_person_use(permit, Guarded::UrgentAccess, row.id);
            Some(Col(yes.await?))
        };
        let until = self.now().plus_minutes(URGENT_MINUTES);
        let change = urgent::ActiveModel {
            opened_at: Set(Some(Col(self.now()))),
            until_at: Set(Some(Col(until))),
            second_by: Set(second_by),
            ..Default::default()
        };
        let done = urgent::Entity::update_many()
            .set(change)
            .filter(urgent::Column::Id.eq(row.id))
            .filter(urgent::Column::OpenedAt.is_null())
            .exec(&self.tx)
            .await?;
        if done.rows_affected != 1 {
            return Err(Error::Conflict);
        }
        self.note(permit, row.id, &["urgent", "viewers"]);
        for one in self.urgent_cases(row.id).await? {
            let case = self.case_row(one.case_id.0).await?;
            for person in self.family(&case).await? {
                self.viewer_for_now(person, me, until).await?;
            }
            // "Who has looked" tells that it was opened.
            let person = Some(case.person_id.0);
            self.note_person::<UrgentAccess>(one.case_id.0.uuid(), person, &["opened"]);
            self.urgent_tell(&one, &case, me, review_by).await?;
        }
        Ok(())
    }

    /// The story tells it, and somebody else than whoever opened it is told to review it: whoever leads, or the next one up. On a
    /// closed case too.
    async fn urgent_tell(
        &mut self,
        one: &urgent_case::Model,
        case: &support_case::Model,
        asker: AccountId,
        review_by: At,
    ) -> Result<()> {
        let owner = case.person_id.0.uuid();
        let at = place("urgent_case", "reason", one.id);
        let reason: String = self.open(owner, at, &one.reason).await?;
        self.event_add(NewEvent {
            case: case.id.0,
            owner,
            kind: StoryKind::OpenedUrgently,
            referral: None,
            detail: Some(json!({ "reason": reason })),
        })
        .await?;
        let (organisation, site) = (case.organisation_id.0, case.site_id.0);
        let lead = case.lead_account_id.0;
        let told = if lead != asker && !self.who_of(vec![lead]).await?.is_empty() {
            (0, lead)
        } else {
            let below = Below {
                case: Some(case.id.0),
                ..Below::default()
            };
            let sparing = Sparing {
                never: Some(asker),
                ..Sparing::default()
            };
            let next = self.next_post_but(organisation, Some(site), below, TOP, &sparing);
            let next = next.await?;
            (next.level, next.told.ok_or(Error::Illegal(NOBODY_TO_TELL))?)
        };
        let new = TaskNew {
            organisation,
            site: Some(site),
            case: Some(case.id.0),
            referral: None,
            owner_account: Some(told.1),
            kind: TaskKind::ReviewBreakGlass,
            due_at: review_by,
            climbs_at: review_climbs_at(self.now(), review_by),
        };
        let (task, _) = self.task_insert_told(&new, new.case, None, told).await?;
        // Theirs also after it has climbed; and nobody waits for them to look at their day.
        let once = format!("urgent:{}:opened", one.id);
        self.tell(OutboxKind::StaffTask, told.1.uuid(), Some(&once))
            .await?;
        let change = urgent_case::ActiveModel {
            task_id: Set(Some(Col(task))),
            ..Default::default()
        };
        urgent_case::Entity::update_many()
            .set(change)
            .filter(urgent_case::Column::Id.eq(one.id))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}

impl Read<'_> {
    /// What is open to an account for now, and until when: its asking and the instant. For the line at the top of every page.
    pub async fn urgent_now(&self, account: AccountId) -> Result<Option<(Ref, At)>> {
        let now = self.env().now();
        let row = urgent::Entity::find()
            .filter(urgent::Column::AccountId.eq(Col(account)))
            .filter(urgent::Column::UntilAt.gt(Col(now)))
            .order_by_desc(urgent::Column::UntilAt)
            .one(&self.tx)
            .await?;
        Ok(row.and_then(|row| Some((row.reference.0, row.until_at?.0))))
    }
}
