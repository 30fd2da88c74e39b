//! Who may not see a person (SPEC 4.6, NE-07, decision 0019): members of staff who are barred from them, and records that are kept
//! to named viewers within the organisation that holds them. One meaning, `closed_people`, asked of one person for a decision and
//! of all of them for a list.
//!
//! What closes a person closes the children named in their case as well, and nothing that anybody had in hand is left with
//! somebody who can no longer see it: cases go to another lead, tasks climb at once.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait as _,
};
use throughline_core::code::Code as _;
use throughline_core::id::{AccountId, CaseId, OrganisationId, PersonId};
use throughline_core::reason::Reason;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{AccountManage, CaseHandOver, CaseRestrict};
use throughline_policy::{Action as _, Actor, Permit};
use uuid::Uuid;

use crate::case::CaseState;
use crate::col::Col;
use crate::entity::{bar, child, person, restriction, support_case, task, viewer};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::post::{Below, NOBODY_TO_TELL};
use crate::story::{NewEvent, StoryKind};
use crate::task::{TOP, TaskNew};
use crate::work::Work;

/// How long somebody who did not ask for a case has before the task to look at it climbs, in hours (our design).
const NEW_LEAD_HOURS: i64 = 4;

throughline_core::code_list! {
    /// Why somebody is barred.
    pub enum BarWhy {
        /// The person, or their worker for them, said that this colleague must not see it.
        Told = "told",
    }
}

/// A record that is kept to named viewers.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Why, in the worker's words.
    pub reason: String,
    /// Since when.
    pub since: At,
    /// Who said so.
    pub by: AccountId,
    /// The viewers, whoever leads among them.
    pub viewers: Vec<AccountId>,
}

/// The people who are closed to this actor, one query for each reason. To the system's own jobs nobody is: they show nothing to
/// anybody. A record is kept within the organisation that holds it; a partner that a referral was sent to works on.
pub(crate) fn closed_people(actor: &Actor, now: At) -> Vec<SelectStatement> {
    if matches!(actor, Actor::System { .. }) {
        return Vec::new();
    }
    let barred = actor.account().map(|me| {
        bar::Entity::find()
            .select_only()
            .column(bar::Column::PersonId)
            .filter(bar::Column::AccountId.eq(Col(me)))
            .filter(bar::Column::LiftedAt.is_null())
            .into_query()
    });
    let kept = actor.organisation().map(|own| {
        let kept = restriction::Entity::find()
            .select_only()
            .column(restriction::Column::PersonId)
            .filter(restriction::Column::OrganisationId.eq(Col(own)))
            .filter(restriction::Column::LiftedAt.is_null());
        match actor.account() {
            Some(me) => {
                let mine = viewer::Entity::find()
                    .select_only()
                    .column(viewer::Column::RestrictionId)
                    .filter(viewer::Column::AccountId.eq(Col(me)))
                    .filter(still(now))
                    .into_query();
                kept.filter(restriction::Column::Id.not_in_subquery(mine))
                    .into_query()
            }
            None => kept.into_query(),
        }
    });
    barred.into_iter().chain(kept).collect()
}

/// A viewer's time is not over.
fn still(now: At) -> Condition {
    Condition::any()
        .add(viewer::Column::UntilAt.is_null())
        .add(viewer::Column::UntilAt.gt(Col(now)))
}

/// Who cannot see a person, among the staff of the organisation that holds the record.
pub(crate) struct ShutOut {
    barred: BTreeSet<AccountId>,
    viewers: Option<Vec<AccountId>>,
}

impl ShutOut {
    /// Whether this account may see them, as far as bars and viewers go.
    pub(crate) fn lets(&self, account: AccountId) -> bool {
        !self.barred.contains(&account)
            && self
                .viewers
                .as_ref()
                .is_none_or(|viewers| viewers.contains(&account))
    }

    /// Those who are left when nobody else may be told: the viewers who are not barred.
    pub(crate) fn left(&self) -> Vec<AccountId> {
        let viewers = self.viewers.iter().flatten().copied();
        viewers.filter(|viewer| self.lets(*viewer)).collect()
    }
}

impl Work<'_> {
    /// Whether a person is closed to whoever does this work. It is asked of nobody too, so that what is not there takes as long
    /// as what is closed.
    pub(crate) async fn is_closed(&self, who: Option<PersonId>) -> Result<bool> {
        let who = who.unwrap_or(PersonId::from_uuid(Uuid::nil()));
        let closed = closed_people(self.actor(), self.now());
        if closed.is_empty() {
            return Ok(false);
        }
        let any = closed.into_iter().fold(Condition::any(), |any, people| {
            any.add(person::Column::Id.in_subquery(people))
        });
        let found = person::Entity::find_by_id(Col(who))
            .filter(any)
            .one(&self.tx)
            .await?;
        Ok(found.is_some())
    }

    /// Whom a case is about; asked of no case too, for the same reason.
    pub(crate) async fn person_in(&self, case: Option<CaseId>) -> Result<Option<PersonId>> {
        let case = case.unwrap_or(CaseId::from_uuid(Uuid::nil()));
        let row = support_case::Entity::find_by_id(Col(case))
            .one(&self.tx)
            .await?;
        Ok(row.map(|row| row.person_id.0))
    }

    async fn restriction_of(&self, person: PersonId) -> Result<Option<restriction::Model>> {
        Ok(restriction::Entity::find()
            .filter(restriction::Column::PersonId.eq(Col(person)))
            .filter(restriction::Column::LiftedAt.is_null())
            .one(&self.tx)
            .await?)
    }

    async fn viewers_of(&self, restriction: Uuid) -> Result<Vec<AccountId>> {
        let rows = viewer::Entity::find()
            .filter(viewer::Column::RestrictionId.eq(restriction))
            .filter(still(self.now()))
            .order_by_asc(viewer::Column::Id)
            .all(&self.tx)
            .await?;
        Ok(rows.into_iter().map(|row| row.account_id.0).collect())
    }

    async fn bars_of(&self, person: PersonId) -> Result<Vec<bar::Model>> {
        Ok(bar::Entity::find()
            .filter(bar::Column::PersonId.eq(Col(person)))
            .filter(bar::Column::LiftedAt.is_null())
            .order_by_asc(bar::Column::Id)
            .all(&self.tx)
            .await?)
    }

    /// Who may not be told of a person.
    pub(crate) async fn shut_out(&self, person: PersonId) -> Result<ShutOut> {
        let barred = self.bars_of(person).await?;
        let viewers = match self.restriction_of(person).await? {
            Some(kept) => Some(self.viewers_of(kept.id).await?),
            None => None,
        };
        Ok(ShutOut {
            barred: barred.into_iter().map(|row| row.account_id.0).collect(),
            viewers,
        })
    }

    /// The person of a case and the children named in it: what closes one closes all of them.
    async fn family(&self, case: &support_case::Model) -> Result<Vec<PersonId>> {
        let rows = child::Entity::find()
            .filter(child::Column::CaseId.eq(case.id))
            .all(&self.tx)
            .await?;
        let children = rows.into_iter().map(|row| row.person_id.0);
        Ok(std::iter::once(case.person_id.0).chain(children).collect())
    }

    /// A child who is named in a case is closed to whomever the parent is closed to.
    pub(crate) async fn close_like(&mut self, parent: PersonId, child: PersonId) -> Result<()> {
        for row in self.bars_of(parent).await? {
            let why = BarWhy::from_code(&row.why).map_err(|_| Error::RowShape {
                table: "bar",
                column: "why",
            })?;
            self.bar_insert(row.account_id.0, child, why, row.made_by.map(|by| by.0))
                .await?;
        }
        if let Some(kept) = self.restriction_of(parent).await? {
            let reason: String = self
                .open(
                    parent.uuid(),
                    place("restriction", "reason", kept.id),
                    &kept.reason,
                )
                .await?;
            let viewers = self.viewers_of(kept.id).await?;
            let (own, by) = (kept.organisation_id.0, kept.made_by.0);
            self.restriction_insert(child, own, &reason, by, &viewers)
                .await?;
        }
        Ok(())
    }

    async fn bar_insert(
        &mut self,
        account: AccountId,
        person: PersonId,
        why: BarWhy,
        by: Option<AccountId>,
    ) -> Result<()> {
        let row = bar::ActiveModel {
            id: Set(self.env().id::<()>().uuid()),
            account_id: Set(Col(account)),
            person_id: Set(Col(person)),
            why: Set(why.code().to_owned()),
            made_at: Set(Col(self.now())),
            made_by: Set(by.map(Col)),
            lifted_at: Set(None),
        };
        bar::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    async fn restriction_insert(
        &mut self,
        person: PersonId,
        organisation: OrganisationId,
        reason: &str,
        by: AccountId,
        viewers: &[AccountId],
    ) -> Result<()> {
        let id = self.env().id::<()>().uuid();
        let reason = self
            .seal(person.uuid(), place("restriction", "reason", id), &reason)
            .await?;
        let row = restriction::ActiveModel {
            id: Set(id),
            person_id: Set(Col(person)),
            organisation_id: Set(Col(organisation)),
            reason: Set(reason),
            made_at: Set(Col(self.now())),
            made_by: Set(Col(by)),
            lifted_at: Set(None),
        };
        restriction::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        for viewer in viewers {
            self.viewer_insert(id, *viewer).await?;
        }
        Ok(())
    }

    async fn viewer_insert(&mut self, restriction: Uuid, account: AccountId) -> Result<()> {
        let row = viewer::ActiveModel {
            id: Set(self.env().id::<()>().uuid()),
            restriction_id: Set(restriction),
            account_id: Set(Col(account)),
            from_at: Set(Col(self.now())),
            until_at: Set(None),
        };
        viewer::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Whoever comes to lead a record that is kept is a viewer of it.
    pub(crate) async fn viewer_ensure(
        &mut self,
        person: PersonId,
        account: AccountId,
    ) -> Result<()> {
        if let Some(kept) = self.restriction_of(person).await?
            && !self.viewers_of(kept.id).await?.contains(&account)
        {
            self.viewer_insert(kept.id, account).await?;
        }
        Ok(())
    }

    /// Who is to lead a case that was meant for `to`: they, unless the person is barred from them; then whoever is told first there.
    pub(crate) async fn lead_for(
        &self,
        case: &support_case::Model,
        to: AccountId,
    ) -> Result<AccountId> {
        if !self.shut_out(case.person_id.0).await?.barred.contains(&to) {
            return Ok(to);
        }
        let below = Below {
            case: Some(case.id.0),
            ..Below::default()
        };
        let (own, site) = (case.organisation_id.0, case.site_id.0);
        let next = self.next_post(own, Some(site), below, TOP).await?;
        next.told.ok_or(Error::Illegal(NOBODY_TO_TELL))
    }

    /// A case has come to somebody who did not ask for it: they are told to look at it.
    pub(crate) async fn lead_told(
        &mut self,
        case: &support_case::Model,
        lead: AccountId,
    ) -> Result<()> {
        if case.state == CaseState::Closed.code() {
            return Ok(());
        }
        let due_at = self.now().plus_hours(NEW_LEAD_HOURS);
        self.task_add(&TaskNew {
            organisation: case.organisation_id.0,
            site: Some(case.site_id.0),
            case: Some(case.id.0),
            referral: None,
            owner_account: Some(lead),
            kind: TaskKind::ActOnEscalation,
            due_at,
            climbs_at: due_at,
        })
        .await
        .map(|_| ())
    }

    /// After somebody was shut out: their cases of this person go to another lead, and what they were told of climbs now.
    async fn leave_nothing(&mut self, person: PersonId) -> Result<()> {
        let shut = self.shut_out(person).await?;
        let cases = support_case::Entity::find()
            .filter(support_case::Column::PersonId.eq(Col(person)))
            .all(&self.tx)
            .await?;
        for case in cases {
            let was = case.lead_account_id.0;
            let lead = self.lead_for(&case, was).await?;
            if lead != was {
                self.lead_change(&case, lead).await?;
                self.lead_told(&case, lead).await?;
            }
            let waiting = task::Entity::find()
                .filter(task::Column::CaseId.eq(case.id))
                .filter(task::Column::DoneAt.is_null())
                .all(&self.tx)
                .await?;
            for row in waiting {
                let with = row.told_account_id.or(row.owner_account_id);
                if with.is_some_and(|with| !shut.lets(with.0)) {
                    let change = task::ActiveModel {
                        climbs_at: Set(Some(Col(self.now()))),
                        ..Default::default()
                    };
                    task::Entity::update_many()
                        .set(change)
                        .filter(task::Column::Id.eq(row.id))
                        .exec(&self.tx)
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// The record as the permit's holder may keep it: its row and everybody whom it closes.
    async fn record_kept(
        &mut self,
        permit: &Permit<CaseRestrict>,
        field: &'static str,
    ) -> Result<(support_case::Model, Vec<PersonId>)> {
        let case = self.case_row(permit.on()).await?;
        let family = self.family(&case).await?;
        self.note(permit, permit.on().uuid(), &[field]);
        Ok((case, family))
    }

    async fn access_changed(&mut self, case: &support_case::Model) -> Result<()> {
        self.event_add(NewEvent {
            case: case.id.0,
            owner: case.person_id.0.uuid(),
            kind: StoryKind::AccessChanged,
            referral: None,
            detail: None,
        })
        .await
    }

    /// Whether a record is kept to named viewers, and why.
    pub async fn kept(&mut self, permit: &Permit<CaseRestrict>) -> Result<Option<Kept>> {
        let (case, _) = self.record_kept(permit, "viewers").await?;
        let person = case.person_id.0;
        let Some(row) = self.restriction_of(person).await? else {
            return Ok(None);
        };
        Ok(Some(Kept {
            reason: self
                .open(
                    person.uuid(),
                    place("restriction", "reason", row.id),
                    &row.reason,
                )
                .await?,
            since: row.made_at.0,
            by: row.made_by.0,
            viewers: self.viewers_of(row.id).await?,
        }))
    }

    /// Keeps a record, and those of the children named in it, to named viewers: at first whoever leads it and whoever says so.
    ///
    /// Errors with [`Error::Conflict`] when it is kept already.
    pub async fn keep(&mut self, permit: &Permit<CaseRestrict>, reason: &Reason) -> Result<()> {
        let by = self.named_human()?;
        let (case, family) = self.record_kept(permit, "viewers").await?;
        let mut viewers = vec![case.lead_account_id.0];
        viewers.extend((by != case.lead_account_id.0).then_some(by));
        for (at, person) in family.into_iter().enumerate() {
            if self.restriction_of(person).await?.is_none() {
                let own = case.organisation_id.0;
                self.restriction_insert(person, own, reason.as_str(), by, &viewers)
                    .await?;
                self.viewers_lead(person).await?;
                self.leave_nothing(person).await?;
            } else if at == 0 {
                return Err(Error::Conflict);
            }
        }
        self.access_changed(&case).await
    }

    /// Whoever leads a case of this person is a viewer.
    async fn viewers_lead(&mut self, person: PersonId) -> Result<()> {
        let cases = support_case::Entity::find()
            .filter(support_case::Column::PersonId.eq(Col(person)))
            .all(&self.tx)
            .await?;
        for case in cases {
            self.viewer_ensure(person, case.lead_account_id.0).await?;
        }
        Ok(())
    }

    /// A record, and those of the children named in it, is kept no longer.
    pub async fn keep_no_longer(&mut self, permit: &Permit<CaseRestrict>) -> Result<()> {
        let (case, family) = self.record_kept(permit, "viewers").await?;
        let change = restriction::ActiveModel {
            lifted_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        restriction::Entity::update_many()
            .set(change)
            .filter(restriction::Column::PersonId.is_in(family.into_iter().map(Col)))
            .filter(restriction::Column::LiftedAt.is_null())
            .exec(&self.tx)
            .await?;
        self.access_changed(&case).await
    }

    /// Names one more viewer.
    pub async fn viewer_add(
        &mut self,
        permit: &Permit<CaseRestrict>,
        account: AccountId,
    ) -> Result<()> {
        let (case, family) = self.record_kept(permit, "viewers").await?;
        for person in family {
            self.viewer_ensure(person, account).await?;
        }
        self.access_changed(&case).await
    }

    /// Somebody is a viewer no longer; whoever leads always is one.
    ///
    /// Errors with [`Error::Invalid`] for whoever leads.
    pub async fn viewer_end(
        &mut self,
        permit: &Permit<CaseRestrict>,
        account: AccountId,
    ) -> Result<()> {
        let (case, family) = self.record_kept(permit, "viewers").await?;
        if case.lead_account_id.0 == account {
            return Err(Error::Invalid {
                field: "account",
                problem: "closed-leads",
            });
        }
        for person in family {
            let Some(kept) = self.restriction_of(person).await? else {
                continue;
            };
            let change = viewer::ActiveModel {
                until_at: Set(Some(Col(self.now()))),
                ..Default::default()
            };
            viewer::Entity::update_many()
                .set(change)
                .filter(viewer::Column::RestrictionId.eq(kept.id))
                .filter(viewer::Column::AccountId.eq(Col(account)))
                .filter(still(self.now()))
                .exec(&self.tx)
                .await?;
            self.viewers_lead(person).await?;
            self.leave_nothing(person).await?;
        }
        self.access_changed(&case).await
    }

    /// The colleagues of whom the person or their worker said that they must not see it. Nobody learns here what a colleague
    /// declared of themselves.
    pub async fn barred(&mut self, permit: &Permit<CaseRestrict>) -> Result<Vec<AccountId>> {
        let (case, _) = self.record_kept(permit, "barred").await?;
        let rows = self.bars_of(case.person_id.0).await?;
        Ok(rows
            .into_iter()
            .filter(|row| row.why == BarWhy::Told.code())
            .map(|row| row.account_id.0)
            .collect())
    }

    /// Bars a colleague from a person and the children named in their case. Whatever they had in hand goes to somebody else in
    /// the same instant.
    ///
    /// Errors with [`Error::Invalid`] for oneself: who must not see it hands it over first.
    pub async fn bar(&mut self, permit: &Permit<CaseRestrict>, account: AccountId) -> Result<()> {
        let by = self.named_human()?;
        if by == account {
            return Err(Error::Invalid {
                field: "account",
                problem: "closed-oneself",
            });
        }
        let (case, family) = self.record_kept(permit, "barred").await?;
        for person in family {
            let known = self.bars_of(person).await?;
            let told =
                |row: &bar::Model| row.account_id.0 == account && row.why == BarWhy::Told.code();
            if !known.iter().any(told) {
                self.bar_insert(account, person, BarWhy::Told, Some(by))
                    .await?;
                self.leave_nothing(person).await?;
            }
        }
        self.access_changed(&case).await
    }

    /// Takes back that a colleague must not see it, as far as it was said here.
    pub async fn bar_lift(
        &mut self,
        permit: &Permit<CaseRestrict>,
        account: AccountId,
    ) -> Result<()> {
        let (case, family) = self.record_kept(permit, "barred").await?;
        let change = bar::ActiveModel {
            lifted_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        bar::Entity::update_many()
            .set(change)
            .filter(bar::Column::AccountId.eq(Col(account)))
            .filter(bar::Column::PersonId.is_in(family.into_iter().map(Col)))
            .filter(bar::Column::Why.eq(BarWhy::Told.code()))
            .filter(bar::Column::LiftedAt.is_null())
            .exec(&self.tx)
            .await?;
        self.access_changed(&case).await
    }

    /// The permit to hand over a case of a leaver's caseload. Nothing is closed to it: it shows nothing, and a leaver's access
    /// could not be ended if one of their records were kept from whoever ends it.
    pub async fn permit_to_hand_on(
        &mut self,
        permit: &Permit<AccountManage>,
        case: CaseId,
    ) -> Result<Permit<CaseHandOver>> {
        self.note(permit, permit.on().uuid(), &["cases"]);
        let row = support_case::Entity::find_by_id(Col(case))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(CaseHandOver::KIND))?;
        self.permit(&crate::case::facts(&row))
    }
}
