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
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::Actor;
use uuid::Uuid;

use crate::case::CaseState;
use crate::col::Col;
use crate::entity::{
    bar, child, conversation, person, referral, restriction, support_case, task, viewer,
};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::post::{Below, NOBODY_TO_TELL};
use crate::task::{TOP, TaskNew};
use crate::work::Work;

/// How long somebody who did not ask for a case has before the task to look at it climbs, in hours (our design).
const NEW_LEAD_HOURS: i64 = 4;

throughline_core::code_list! {
    /// Why somebody is barred.
    pub enum BarWhy {
        /// The person, or their worker for them, said that this colleague must not see it.
        Told = "told",
        /// The colleague said of themselves what concerns the person.
        Declared = "declared",
    }
}

/// A bar to be made.
pub(crate) struct NewBar {
    /// Who may not see.
    pub account: AccountId,
    /// Whom.
    pub person: PersonId,
    pub why: BarWhy,
    /// Who said so; nobody, where it follows from what the colleague said.
    pub by: Option<AccountId>,
    /// What the colleague said of themselves, where it follows from that.
    pub interest: Option<Uuid>,
}

/// The people who are closed to this actor, one query for each reason. To the system's own jobs nobody is: they show nothing to
/// anybody. Nor is anybody closed to themselves. A record is kept within the organisation that holds it; a partner that a referral was sent to works on.
pub(crate) fn closed_people(actor: &Actor, now: At) -> Vec<SelectStatement> {
    if matches!(actor, Actor::System { .. } | Actor::PersonHolder { .. }) {
        return Vec::new();
    }
    let barred = actor.account().map(barred_people);
    let own = actor.organisation();
    let kept = own.map(|own| kept_people(own, actor.account(), now));
    barred.into_iter().chain(kept).collect()
}

/// The people from whom an account is barred.
pub(crate) fn barred_people(me: AccountId) -> SelectStatement {
    bar::Entity::find()
        .select_only()
        .column(bar::Column::PersonId)
        .filter(bar::Column::AccountId.eq(Col(me)))
        .filter(bar::Column::LiftedAt.is_null())
        .into_query()
}

/// The people whose record is kept to others than this account, within one organisation.
pub(crate) fn kept_people(own: OrganisationId, me: Option<AccountId>, now: At) -> SelectStatement {
    let kept = restriction::Entity::find()
        .select_only()
        .column(restriction::Column::PersonId)
        .filter(restriction::Column::OrganisationId.eq(Col(own)))
        .filter(restriction::Column::LiftedAt.is_null());
    let Some(me) = me else {
        return kept.into_query();
    };
    let mine = viewer::Entity::find()
        .select_only()
        .column(viewer::Column::RestrictionId)
        .filter(viewer::Column::AccountId.eq(Col(me)))
        .filter(still(now))
        .into_query();
    kept.filter(restriction::Column::Id.not_in_subquery(mine))
        .into_query()
}

/// A viewer's time is not over.
pub(crate) fn still(now: At) -> Condition {
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

    pub(crate) async fn restriction_of(
        &self,
        person: PersonId,
    ) -> Result<Option<restriction::Model>> {
        Ok(restriction::Entity::find()
            .filter(restriction::Column::PersonId.eq(Col(person)))
            .filter(restriction::Column::LiftedAt.is_null())
            .one(&self.tx)
            .await?)
    }

    /// The named viewers of a record that is kept. Whoever sees it for an hour only is none of them: nothing is left in their hands.
    pub(crate) async fn viewers_of(&self, restriction: Uuid) -> Result<Vec<AccountId>> {
        let rows = viewer::Entity::find()
            .filter(viewer::Column::RestrictionId.eq(restriction))
            .filter(viewer::Column::UntilAt.is_null())
            .order_by_asc(viewer::Column::Id)
            .all(&self.tx)
            .await?;
        Ok(rows.into_iter().map(|row| row.account_id.0).collect())
    }

    pub(crate) async fn bars_of(&self, person: PersonId) -> Result<Vec<bar::Model>> {
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
    pub(crate) async fn family(&self, case: &support_case::Model) -> Result<Vec<PersonId>> {
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
            self.bar_insert(NewBar {
                account: row.account_id.0,
                person: child,
                why,
                by: row.made_by.map(|by| by.0),
                interest: row.interest_id,
            })
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

    pub(crate) async fn bar_insert(&mut self, new: NewBar) -> Result<()> {
        let row = bar::ActiveModel {
            id: Set(self.env().id::<()>().uuid()),
            account_id: Set(Col(new.account)),
            person_id: Set(Col(new.person)),
            why: Set(new.why.code().to_owned()),
            made_at: Set(Col(self.now())),
            made_by: Set(new.by.map(Col)),
            lifted_at: Set(None),
            interest_id: Set(new.interest),
        };
        bar::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    pub(crate) async fn restriction_insert(
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
            self.viewer_insert(id, *viewer, None).await?;
        }
        Ok(())
    }

    /// Somebody sees a person whose record is kept until `until`, and no longer.
    pub(crate) async fn viewer_for_now(
        &mut self,
        person: PersonId,
        account: AccountId,
        until: At,
    ) -> Result<()> {
        match self.restriction_of(person).await? {
            Some(kept) => self.viewer_insert(kept.id, account, Some(until)).await,
            None => Ok(()),
        }
    }

    /// Whether somebody whose record is kept is open to whoever does this work for an hour only. Asked of nobody too, as above.
    pub(crate) async fn is_for_now(&self, who: Option<PersonId>) -> Result<bool> {
        let Some(me) = self.actor().account() else {
            return Ok(false);
        };
        let who = who.unwrap_or(PersonId::from_uuid(Uuid::nil()));
        let kept = restriction::Entity::find()
            .select_only()
            .column(restriction::Column::Id)
            .filter(restriction::Column::PersonId.eq(Col(who)))
            .filter(restriction::Column::LiftedAt.is_null())
            .into_query();
        let mine = viewer::Entity::find()
            .filter(viewer::Column::AccountId.eq(Col(me)))
            .filter(viewer::Column::RestrictionId.in_subquery(kept))
            .filter(still(self.now()))
            .all(&self.tx)
            .await?;
        Ok(!mine.is_empty() && mine.iter().all(|row| row.until_at.is_some()))
    }

    async fn viewer_insert(
        &mut self,
        restriction: Uuid,
        account: AccountId,
        until: Option<At>,
    ) -> Result<()> {
        let row = viewer::ActiveModel {
            id: Set(self.env().id::<()>().uuid()),
            restriction_id: Set(restriction),
            account_id: Set(Col(account)),
            from_at: Set(Col(self.now())),
            until_at: Set(until.map(Col)),
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
            self.viewer_insert(kept.id, account, None).await?;
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
    pub(crate) async fn leave_nothing(&mut self, person: PersonId) -> Result<()> {
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
            // Also what is about their talk or a request alone, once the case was closed.
            let talks = conversation::Entity::find()
                .select_only()
                .column(conversation::Column::Id)
                .filter(conversation::Column::CaseId.eq(case.id))
                .into_query();
            let asked = referral::Entity::find()
                .select_only()
                .column(referral::Column::Id)
                .filter(referral::Column::CaseId.eq(case.id))
                .into_query();
            let about = Condition::any()
                .add(task::Column::CaseId.eq(case.id))
                .add(task::Column::ConversationId.in_subquery(talks))
                .add(task::Column::ReferralId.in_subquery(asked));
            let waiting = task::Entity::find()
                .filter(about)
                .filter(task::Column::DoneAt.is_null())
                .all(&self.tx)
                .await?;
            self.tasks_leave(&shut, &waiting).await?;
        }
        let to_plan = self.plan_tasks_about(person).await?;
        self.tasks_leave(&shut, &to_plan).await
    }

    /// After things came into somebody's hands together, as a leaver's do: what is of a person whom they may not see goes to whoever
    /// leads that case, and its tasks climb now. Nobody is told which those were.
    pub(crate) async fn leave_nothing_with(
        &mut self,
        own: OrganisationId,
        account: AccountId,
    ) -> Result<()> {
        let now = self.now();
        let closed = Condition::any()
            .add(support_case::Column::PersonId.in_subquery(barred_people(account)))
            .add(support_case::Column::PersonId.in_subquery(kept_people(own, Some(account), now)));
        let cases = support_case::Entity::find()
            .filter(support_case::Column::OrganisationId.eq(Col(own)))
            .filter(closed)
            .order_by_asc(support_case::Column::Id)
            .all(&self.tx)
            .await?;
        for case in cases {
            // First a lead who may see it, where the case itself had none.
            self.leave_nothing(case.person_id.0).await?;
            let lead = self.case_row(case.id.0).await?.lead_account_id;
            let change = conversation::ActiveModel {
                account_id: Set(lead),
                ..Default::default()
            };
            conversation::Entity::update_many()
                .set(change)
                .filter(conversation::Column::CaseId.eq(case.id))
                .filter(conversation::Column::AccountId.eq(Col(account)))
                .exec(&self.tx)
                .await?;
            let change = referral::ActiveModel {
                lead_account_id: Set(lead),
                ..Default::default()
            };
            referral::Entity::update_many()
                .set(change)
                .filter(referral::Column::CaseId.eq(case.id))
                .filter(referral::Column::LeadAccountId.eq(Col(account)))
                .exec(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// Those of these tasks that somebody who was shut out has go up now.
    async fn tasks_leave(&mut self, shut: &ShutOut, waiting: &[task::Model]) -> Result<()> {
        let with = |row: &&task::Model| row.told_account_id.or(row.owner_account_id);
        let theirs = waiting
            .iter()
            .filter(|row| with(row).is_some_and(|with| !shut.lets(with.0)));
        let change = task::ActiveModel {
            climbs_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        task::Entity::update_many()
            .set(change)
            .filter(task::Column::Id.is_in(theirs.map(|row| row.id)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }
}
