//! People and their cases: opening, finding again, reading, handing over, and the story.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use throughline_core::closing::AreThereChildren;
use throughline_core::code::Code;
use throughline_core::id::{AccountId, CaseId, OrganisationId, PersonId, Ref, SiteId};
use throughline_core::risk::RiskBand;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, CaseOpen, CaseRead};
use throughline_policy::{Action, Facts, Permit, Scope, Ties};
use uuid::Uuid;

use crate::col::Col;
use crate::entity::{child, support_case};
use crate::error::{Error, Result};
use crate::person::PersonSheet;
use crate::scope::{About, TieColumns, branches, condition};
use crate::story::{NewEvent, StoryKind};
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
    /// When they last told us, in a conversation that led here; it outlives the conversation.
    pub told_at: Option<At>,
    /// Whether there are children, as far as it was asked.
    pub about_children: Option<AreThereChildren>,
}

impl Case {
    /// Whether an answer about bed, money or essentials counts that was given then: what was answered before they last told us is
    /// asked again, because it was another day's bed.
    pub fn counts(&self, answered_at: At) -> bool {
        self.told_at.is_none_or(|told_at| answered_at >= told_at)
    }
}

pub(crate) const fn ties() -> TieColumns<support_case::Column> {
    TieColumns {
        organisation: Some(support_case::Column::OrganisationId),
        site: Some(support_case::Column::SiteId),
        lead: Some(support_case::Column::LeadAccountId),
        to: None,
        accepted_by: None,
        referral: None,
        about: About::Person(support_case::Column::PersonId),
    }
}

/// The ties of a case as its row tells them: whether the person is closed to anybody is asked beside it.
pub(crate) fn facts(row: &support_case::Model) -> Facts<CaseId> {
    Facts {
        subject: row.id.0,
        person: Some(row.person_id.0),
        ties: Ties {
            organisation: Some(row.organisation_id.0),
            site: Some(row.site_id.0),
            lead: Some(row.lead_account_id.0),
            case: Some(row.id.0),
            ..Ties::default()
        },
    }
}

/// Whose key seals what a case holds.
pub(crate) fn person_of<A: Action<Subject = CaseId>>(permit: &Permit<A>) -> Result<Uuid> {
    let person = permit.person().ok_or(Error::NotFound(A::KIND))?;
    Ok(person.uuid())
}

impl Work<'_> {
    /// The ties of a case, by reference.
    pub async fn case_facts(&mut self, reference: Ref) -> Result<Option<Facts<CaseId>>> {
        let row = support_case::Entity::find()
            .filter(support_case::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        self.case_facts_of(row.as_ref()).await
    }

    async fn case_facts_of(
        &self,
        row: Option<&support_case::Model>,
    ) -> Result<Option<Facts<CaseId>>> {
        let who = row.map(|row| row.person_id.0);
        let (closed, for_now) = (self.is_closed(who).await?, self.is_for_now(who).await?);
        Ok(row.map(facts).map(|mut facts| {
            facts.ties.closed = closed;
            facts.ties.for_now = for_now;
            facts
        }))
    }

    /// The ties of a case, by id.
    pub async fn case_facts_by_id(&mut self, id: CaseId) -> Result<Option<Facts<CaseId>>> {
        let row = support_case::Entity::find_by_id(Col(id))
            .one(&self.tx)
            .await?;
        self.case_facts_of(row.as_ref()).await
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
        let (organisation, site) = (permit.organisation(), permit.on());
        let (id, person, reference) = self.case_insert(organisation, site, new).await?;
        self.note_person::<CaseOpen>(id.uuid(), Some(person), &["name", "born", "details"]);
        Ok((id, reference))
    }

    /// The one way in which a case comes to be, a child's too: with its person, its story and its clock on the risk. The caller
    /// has a permit and notes it.
    pub(crate) async fn case_insert(
        &mut self,
        organisation: OrganisationId,
        site: SiteId,
        new: &NewCase<'_>,
    ) -> Result<(CaseId, PersonId, Ref)> {
        let person_id = self
            .person_create(organisation, Some(site), new.person)
            .await?;
        let (id, reference) = (self.env().id(), self.env().reference());
        let case = support_case::ActiveModel {
            id: Set(Col(id)),
            reference: Set(Col(reference)),
            person_id: Set(Col(person_id)),
            organisation_id: Set(Col(organisation)),
            site_id: Set(Col(site)),
            lead_account_id: Set(Col(new.lead)),
            pack_id: Set(new.pack.to_owned()),
            state: Set(CaseState::Open.code().to_owned()),
            risk_band: Set(RiskBand::NotAssessed.code().to_owned()),
            opened_at: Set(Col(self.now())),
            closed_at: Set(None),
            version: Set(1),
            told_at: Set(None),
            children_answer: Set(None),
        };
        support_case::Entity::insert(case)
            .exec_without_returning(&self.tx)
            .await?;
        self.event_add(NewEvent {
            case: id,
            owner: person_id.uuid(),
            kind: StoryKind::CaseOpened,
            referral: None,
            detail: None,
        })
        .await?;
        if let RiskClock::Due(due_at) = new.risk_clock {
            self.task_add(&TaskNew {
                organisation,
                site: Some(site),
                case: Some(id),
                referral: None,
                owner_account: Some(new.lead),
                kind: TaskKind::JudgeRisk,
                due_at,
                climbs_at: due_at,
            })
            .await?;
        }
        Ok((id, person_id, reference))
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
            told_at: row.told_at.map(|at| at.0),
            about_children: row
                .children_answer
                .as_deref()
                .map(AreThereChildren::from_code)
                .transpose()
                .map_err(|_| bad("children_answer"))?,
        })
    }

    /// Records whether there are children, in place of what was known before.
    pub async fn children_answer(
        &mut self,
        permit: &Permit<CaseChange>,
        answer: AreThereChildren,
    ) -> Result<()> {
        support_case::Entity::update_many()
            .col_expr(
                support_case::Column::ChildrenAnswer,
                Expr::value(answer.code()),
            )
            .filter(support_case::Column::Id.eq(Col(permit.on())))
            .exec(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["children"]);
        let detail = serde_json::json!({ "about_children": answer.code() });
        self.case_event(permit, StoryKind::ChildrenAsked, Some(detail))
            .await
    }

    /// Whether this is the case of a child whom another case names: of a child nobody is asked whether they have children.
    pub async fn is_case_of_child(&mut self, permit: &Permit<CaseRead>) -> Result<bool> {
        self.note(permit, permit.on().uuid(), &["children"]);
        let parent = child::Entity::find()
            .filter(child::Column::OwnCaseId.eq(Col(permit.on())))
            .one(&self.tx)
            .await?;
        Ok(parent.is_some())
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
        for branch in branches(scope, &ties(), self.now()) {
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
        self.cases_shown(scope, rows).await
    }

    /// One page of the cases that the actor may read, open ones first and newest first among them, and how many there are in all.
    /// The first page is 0.
    pub async fn cases_page(
        &mut self,
        scope: &Scope<CaseRead>,
        page: u64,
        size: u64,
    ) -> Result<(Vec<Case>, u64)> {
        self.note_scope(scope, &["name", "state"]);
        let Some(mine) = condition(scope, &ties(), self.now()) else {
            return Ok((Vec::new(), 0));
        };
        let mine = support_case::Entity::find().filter(mine);
        let all = mine.clone().count(&self.tx).await?;
        let rows = mine
            // "open" comes after "closed".
            .order_by_desc(support_case::Column::State)
            .order_by_desc(support_case::Column::Id)
            .offset(page.saturating_mul(size))
            .limit(size)
            .all(&self.tx)
            .await?;
        Ok((self.cases_shown(scope, rows).await?, all))
    }

    /// The open cases that the actor may read and whose risk stands in one of these bands, the oldest first: none of them may fall
    /// off the end of a list.
    pub async fn cases_at_risk(
        &mut self,
        scope: &Scope<CaseRead>,
        bands: &[RiskBand],
        limit: u64,
    ) -> Result<Vec<Case>> {
        self.note_scope(scope, &["name", "state", "risk_band"]);
        let Some(mine) = condition(scope, &ties(), self.now()) else {
            return Ok(Vec::new());
        };
        let codes = bands.iter().map(|band| band.code());
        let rows = support_case::Entity::find()
            .filter(mine)
            .filter(support_case::Column::State.eq(CaseState::Open.code()))
            .filter(support_case::Column::RiskBand.is_in(codes))
            .order_by_asc(support_case::Column::Id)
            .limit(limit)
            .all(&self.tx)
            .await?;
        self.cases_shown(scope, rows).await
    }

    /// The rows of a list or a search as they are shown, with a note of whom they are about.
    pub(crate) async fn cases_shown<A: Action>(
        &mut self,
        scope: &Scope<A>,
        rows: Vec<support_case::Model>,
    ) -> Result<Vec<Case>> {
        self.note_shown(scope, rows.iter().map(|row| row.person_id.0));
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
        if closed {
            self.appointments_end(permit).await?;
        }
        self.case_event(
            permit,
            if closed {
                StoryKind::CaseClosed
            } else {
                StoryKind::CaseReopened
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
}
