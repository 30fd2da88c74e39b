//! Appointments of two people who are to be kept apart: how they are found, told of and settled (NE-05, decision 0023).
//!
//! People are matched here and nowhere else, by the keyed hashes of name and birth date: no name is opened. What is found is told to a
//! planner, who sees two times. The workers of the two, and whoever recorded the link, are passed over: none of them learns that
//! anybody was found. The notes name no person, because whoever reads "who has looked" would learn it there.

use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait as _,
};
use throughline_core::apart::{LinkState, planned_by};
use throughline_core::appointment::{AppointmentMove, AppointmentState};
use throughline_core::code::Code;
use throughline_core::id::{OrganisationId, PersonId, SiteId};
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::Scope;
use throughline_policy::action::PlanApart;
use uuid::Uuid;

use crate::apart::{state_of, window_of};
use crate::appointment::{others_at_the_site, state_of as slot_state, titles_at_the_site};
use crate::col::Col;
use crate::entity::{appointment, clash, person_index, protective_link, task};
use crate::error::{Error, Result};
use crate::post::{Below, NOBODY_TO_TELL, Sparing};
use crate::read::Read;
use crate::task::{TOP, TaskNew, TaskOutcome};
use crate::tx::Tx;
use crate::work::Work;

throughline_core::code_list! {
    /// How it ended that two appointments met.
    pub enum ClashOutcome {
        /// The planner gave one of them another time.
        Moved = "moved",
        /// One of them is to be rearranged: the planner said so, or nobody had acted in time.
        Rearranged = "rearranged",
        /// The planner arranged it otherwise, and both stay.
        ArrangedOtherwise = "arranged_otherwise",
        /// The planner found that it is somebody else of that name.
        SomebodyElse = "somebody_else",
        /// It was over before anybody acted: one was moved or called off, or the link ended.
        Over = "over",
    }
}

impl ClashOutcome {
    /// Whether the same two times are not raised again. That both stay is decided on words; once a lead confirms the link it does
    /// not hold any longer.
    fn stands(self, link: LinkState) -> bool {
        match self {
            Self::SomebodyElse => true,
            Self::ArrangedOtherwise => link != LinkState::Confirmed,
            Self::Moved | Self::Rearranged | Self::Over => false,
        }
    }
}

/// Two appointments that meet although a link says they must not, before anybody was told of it.
#[derive(Debug, Clone)]
pub struct Found {
    link: protective_link::Model,
    own: appointment::Model,
    other: appointment::Model,
}

impl Found {
    /// The site at which they meet.
    pub const fn site(&self) -> SiteId {
        self.own.site_id.0
    }

    /// Whose site it is.
    pub const fn organisation(&self) -> OrganisationId {
        self.own.organisation_id.0
    }

    /// By when a planner is to have acted.
    pub fn planned_by(&self) -> At {
        planned_by(self.own.starts_at.0, self.other.starts_at.0)
    }
}

/// Two appointments that a planner was told of.
#[derive(Debug, Clone, Copy)]
pub struct Open {
    id: Uuid,
    /// The site at which they meet.
    pub site: SiteId,
    /// Whose site it is.
    pub organisation: OrganisationId,
}

/// Every pair of appointments ahead that meets although a link that holds says it must not, and of which nobody was told yet.
async fn found(tx: &Tx, now: At) -> Result<Vec<Found>> {
    let linked = protective_link::Entity::find()
        .select_only()
        .column(protective_link::Column::PersonId)
        .filter(protective_link::Column::EndedAt.is_null())
        .into_query();
    let ahead = appointment::Entity::find()
        .filter(appointment::Column::PersonId.in_subquery(linked))
        .filter(appointment::Column::StartsAt.gt(Col(now)))
        .filter(appointment::Column::Title.is_in(titles_at_the_site()))
        .filter(appointment::Column::State.eq(AppointmentState::Booked.code()))
        .order_by_asc(appointment::Column::StartsAt)
        .order_by_asc(appointment::Column::Id)
        .all(tx)
        .await?;
    let mut out = Vec::new();
    for own in ahead {
        let links = protective_link::Entity::find()
            .filter(protective_link::Column::PersonId.eq(own.person_id))
            .filter(protective_link::Column::EndedAt.is_null())
            .order_by_asc(protective_link::Column::Id)
            .all(tx)
            .await?;
        for link in links {
            for other in meeting(tx, &link, &own).await? {
                let known = row_of(tx, &link, &own, &other).await?;
                if !is_open_or_stands(known.as_ref(), &link)? {
                    out.push(Found {
                        link: link.clone(),
                        own: own.clone(),
                        other,
                    });
                }
            }
        }
    }
    Ok(out)
}

/// The appointments that meet this one although the link says they must not. Who has no date of birth on record may be the one.
pub(crate) async fn meeting(
    tx: &Tx,
    link: &protective_link::Model,
    own: &appointment::Model,
) -> Result<Vec<appointment::Model>> {
    let named = person_index::Entity::find()
        .select_only()
        .column(person_index::Column::PersonId)
        .filter(person_index::Column::OrganisationId.eq(link.organisation_id))
        .filter(person_index::Column::Kind.eq("name"))
        .filter(person_index::Column::Hash.eq(link.name_hash.clone()))
        .into_query();
    let others = others_at_the_site(own, window_of(link)?.span(own.starts_at.0))
        .filter(appointment::Column::PersonId.in_subquery(named))
        .order_by_asc(appointment::Column::Id)
        .all(tx)
        .await?;
    let Some(born) = &link.born_hash else {
        return Ok(others);
    };
    let mut out = Vec::new();
    for other in others {
        let known = person_index::Entity::find()
            .filter(person_index::Column::PersonId.eq(other.person_id))
            .filter(person_index::Column::Kind.eq("born"))
            .all(tx)
            .await?;
        if known.is_empty() || known.iter().any(|row| row.hash == *born) {
            out.push(other);
        }
    }
    Ok(out)
}

/// The one row there can be about these two appointments at these two times, under this link.
async fn row_of(
    tx: &Tx,
    link: &protective_link::Model,
    own: &appointment::Model,
    other: &appointment::Model,
) -> Result<Option<clash::Model>> {
    Ok(clash::Entity::find()
        .filter(clash::Column::LinkId.eq(link.id))
        .filter(clash::Column::AppointmentId.eq(own.id))
        .filter(clash::Column::OtherId.eq(other.id))
        .filter(clash::Column::StartsAt.eq(own.starts_at))
        .filter(clash::Column::OtherStartsAt.eq(other.starts_at))
        .one(tx)
        .await?)
}

/// Whether a planner has them before them, or decided what still holds.
fn is_open_or_stands(row: Option<&clash::Model>, link: &protective_link::Model) -> Result<bool> {
    let Some(row) = row else { return Ok(false) };
    let Some(outcome) = &row.outcome else {
        return Ok(true);
    };
    let outcome = ClashOutcome::from_code(outcome).map_err(|_| bad("outcome"))?;
    Ok(outcome.stands(state_of(link)?))
}

pub(crate) const fn bad(column: &'static str) -> Error {
    Error::RowShape {
        table: "clash",
        column,
    }
}

/// A clash with what it is about.
pub(crate) struct Whole {
    pub(crate) row: clash::Model,
    pub(crate) link: protective_link::Model,
    pub(crate) own: appointment::Model,
    pub(crate) other: appointment::Model,
}

pub(crate) async fn whole(tx: &Tx, row: clash::Model) -> Result<Whole> {
    let link = protective_link::Entity::find_by_id(row.link_id)
        .one(tx)
        .await?
        .ok_or(bad("link_id"))?;
    let one = async |id| {
        appointment::Entity::find_by_id(id)
            .one(tx)
            .await?
            .ok_or(bad("appointment_id"))
    };
    let (own, other) = (one(row.appointment_id).await?, one(row.other_id).await?);
    Ok(Whole {
        row,
        link,
        own,
        other,
    })
}

impl Whole {
    /// Whether they still meet as they did, and are still ahead.
    pub(crate) fn is_still_so(&self, now: At) -> Result<bool> {
        Ok(self.link.ended_at.is_none()
            && self.own.starts_at == self.row.starts_at
            && self.other.starts_at == self.row.other_starts_at
            && self.own.starts_at.0 > now
            && slot_state(&self.own)? == AppointmentState::Booked
            && slot_state(&self.other)?.brings_them())
    }

    /// Whether the time is set to be rearranged by itself now.
    fn acts_by_itself(&self, now: At) -> Result<bool> {
        let (own, other) = (self.own.starts_at.0, self.other.starts_at.0);
        Ok(state_of(&self.link)?.acts_by_itself(own, other, now))
    }

    pub(crate) fn confirmed(&self) -> Result<bool> {
        Ok(state_of(&self.link)? == LinkState::Confirmed)
    }
}

/// Whom it is about, and who must not learn that they were found to meet: their workers and whoever recorded it.
fn sparing(
    link: &protective_link::Model,
    own: &appointment::Model,
    other: &appointment::Model,
) -> Sparing {
    Sparing {
        about: [own.person_id, other.person_id].map(|id| id.0).to_vec(),
        not_to_learn: [own.lead_account_id, other.lead_account_id, link.told_by]
            .map(|id| id.0)
            .to_vec(),
        never: None,
    }
}

async fn open_rows(tx: &Tx) -> Result<Vec<clash::Model>> {
    Ok(clash::Entity::find()
        .filter(clash::Column::SettledAt.is_null())
        .order_by_asc(clash::Column::Id)
        .all(tx)
        .await?)
}

impl Read<'_> {
    /// Whether anything is to be done about appointments that meet. It says nothing of which, or whose.
    pub async fn apart_due(&self, now: At) -> Result<bool> {
        if !found(&self.tx, now).await?.is_empty() {
            return Ok(true);
        }
        for row in open_rows(&self.tx).await? {
            let whole = whole(&self.tx, row).await;
            let waits = whole.and_then(|it| Ok(it.is_still_so(now)? && !it.acts_by_itself(now)?));
            // One that cannot be read is due as well: it holds back no other, and the job says that it failed.
            if !matches!(waits, Ok(true)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Work<'_> {
    /// The pairs that meet and of which nobody was told yet.
    pub async fn clashes_found(&mut self, scope: &Scope<PlanApart>) -> Result<Vec<Found>> {
        self.note_scope(scope, &["appointment", "protective_link"]);
        if scope.rule().any.iter().all(|branch| !branch.is_empty()) {
            return Ok(Vec::new());
        }
        found(&self.tx, self.now()).await
    }

    /// The pairs that a planner was told of and that are not settled; the links that were confirmed first come first, because what
    /// happens by itself happens to them first.
    pub async fn clashes_open(&mut self, scope: &Scope<PlanApart>) -> Result<Vec<Open>> {
        self.note_scope(scope, &["appointment", "protective_link"]);
        if scope.rule().any.iter().all(|branch| !branch.is_empty()) {
            return Ok(Vec::new());
        }
        let mut out = Vec::new();
        for row in open_rows(&self.tx).await? {
            let link = protective_link::Entity::find_by_id(row.link_id)
                .one(&self.tx)
                .await?
                .ok_or(bad("link_id"))?;
            let confirmed = link.confirmed_at.map(|at| at.0);
            let open = Open {
                id: row.id,
                site: row.site_id.0,
                organisation: row.organisation_id.0,
            };
            out.push(((confirmed.is_none(), confirmed, row.id), open));
        }
        out.sort_by_key(|(order, _)| *order);
        Ok(out.into_iter().map(|(_, open)| open).collect())
    }

    /// Tells a planner of two appointments that meet. Nothing is told to anybody else and nothing else changes.
    ///
    /// Errors with [`Error::Conflict`] when another node was first.
    pub async fn clash_raise(
        &mut self,
        scope: &Scope<PlanApart>,
        found: &Found,
        climbs_at: At,
    ) -> Result<()> {
        self.note_scope(scope, &["clash", "task"]);
        let Found { link, own, other } = found;
        let known = row_of(&self.tx, link, own, other).await?;
        if is_open_or_stands(known.as_ref(), link)? {
            return Err(Error::Conflict);
        }
        let sparing = sparing(link, own, other);
        let (organisation, site) = (own.organisation_id.0, Some(own.site_id.0));
        let first = Below::default();
        let next = self
            .next_post_but(organisation, site, first, TOP, &sparing)
            .await?;
        let told = next.told.ok_or(Error::Illegal(NOBODY_TO_TELL))?;
        // Without case and site: whoever sees the tasks of either must not see that there is one.
        let new = TaskNew {
            organisation,
            site: None,
            case: None,
            referral: None,
            owner_account: None,
            kind: TaskKind::PlanApart,
            due_at: found.planned_by().max(self.now()),
            climbs_at,
        };
        let (task, _) = self
            .task_insert_told(&new, None, None, (next.level, told))
            .await?;
        let mut row = clash::ActiveModel {
            task_id: Set(Col(task)),
            found_at: Set(Col(self.now())),
            settled_at: Set(None),
            outcome: Set(None),
            ..Default::default()
        };
        if let Some(known) = known {
            let done = clash::Entity::update_many()
                .set(row)
                .filter(clash::Column::Id.eq(known.id))
                .filter(clash::Column::SettledAt.is_not_null())
                .exec(&self.tx)
                .await?;
            return match done.rows_affected {
                1 => Ok(()),
                _ => Err(Error::Conflict),
            };
        }
        row.id = Set(self.env().id::<()>().uuid());
        row.organisation_id = Set(own.organisation_id);
        row.site_id = Set(own.site_id);
        row.link_id = Set(link.id);
        row.appointment_id = Set(own.id);
        row.other_id = Set(other.id);
        row.starts_at = Set(own.starts_at);
        row.other_starts_at = Set(other.starts_at);
        let added = clash::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await;
        match added.map_err(Error::from) {
            Err(error) if error.is_duplicate() => Err(Error::Conflict),
            added => added.map(drop),
        }
    }

    /// Looks at a pair again: settles it when they no longer meet; where the link is confirmed and nobody has acted in time, sets
    /// the appointment of the one who is to be protected to be rearranged. `agree_due`: by when its worker agrees another time.
    pub async fn clash_look(
        &mut self,
        scope: &Scope<PlanApart>,
        open: &Open,
        agree_due: At,
    ) -> Result<()> {
        self.note_scope(scope, &["clash", "appointment", "message", "task"]);
        let Some(whole) = self.clash_whole(clash::Column::Id.eq(open.id)).await? else {
            return Ok(());
        };
        if !whole.is_still_so(self.now())? {
            return self.clash_settle(&whole.row, ClashOutcome::Over).await;
        }
        if whole.acts_by_itself(self.now())? {
            let by = AppointmentMove::Rearrange;
            self.slot_step(&whole.own, whole.own.version, by, agree_due)
                .await?;
            return self
                .clash_settle(&whole.row, ClashOutcome::Rearranged)
                .await;
        }
        Ok(())
    }

    /// A pair that is not settled, with its appointment of the protected one locked until commit.
    pub(crate) async fn clash_whole(
        &self,
        which: sea_orm::sea_query::SimpleExpr,
    ) -> Result<Option<Whole>> {
        let find = || {
            clash::Entity::find()
                .filter(which.clone())
                .filter(clash::Column::SettledAt.is_null())
        };
        let Some(row) = find().one(&self.tx).await? else {
            return Ok(None);
        };
        self.appointment_row(row.appointment_id.0).await?;
        match find().lock_exclusive().one(&self.tx).await? {
            Some(row) => whole(&self.tx, row).await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) async fn clash_settle(
        &mut self,
        row: &clash::Model,
        outcome: ClashOutcome,
    ) -> Result<()> {
        let change = clash::ActiveModel {
            settled_at: Set(Some(Col(self.now()))),
            outcome: Set(Some(outcome.code().to_owned())),
            ..Default::default()
        };
        clash::Entity::update_many()
            .set(change)
            .filter(clash::Column::Id.eq(row.id))
            .exec(&self.tx)
            .await?;
        let ended = match outcome {
            ClashOutcome::Over | ClashOutcome::SomebodyElse => TaskOutcome::NotNeeded,
            _ => TaskOutcome::Done,
        };
        self.task_end_by_id(row.task_id.0, ended).await
    }

    /// The open tasks to plan apart in which this person is one of the two. They hang on no case, so nothing else finds them.
    pub(crate) async fn plan_tasks_about(&self, person: PersonId) -> Result<Vec<task::Model>> {
        let theirs = || {
            appointment::Entity::find()
                .select_only()
                .column(appointment::Column::Id)
                .filter(appointment::Column::PersonId.eq(Col(person)))
                .into_query()
        };
        let one_of_the_two = Condition::any()
            .add(clash::Column::AppointmentId.in_subquery(theirs()))
            .add(clash::Column::OtherId.in_subquery(theirs()));
        let tasks = clash::Entity::find()
            .select_only()
            .column(clash::Column::TaskId)
            .filter(clash::Column::SettledAt.is_null())
            .filter(one_of_the_two)
            .into_query();
        Ok(task::Entity::find()
            .filter(task::Column::Id.in_subquery(tasks))
            .filter(task::Column::DoneAt.is_null())
            .all(&self.tx)
            .await?)
    }

    /// On whose ladder a task climbs, and who is passed over. Errors with [`Error::Illegal`] for a task to plan apart of which
    /// nothing is left, as after an erasure: nobody else is told that there was one.
    pub(crate) async fn task_ladder(&self, row: &task::Model) -> Result<(Option<SiteId>, Sparing)> {
        let site = row.site_id.map(|site| site.0);
        if row.kind == TaskKind::ReviewBreakGlass.code() {
            // Whoever opened a record never reviews that, even where nobody else is left.
            let never = self.urgent_asker(row.id.0).await?;
            let sparing = Sparing {
                never,
                ..Sparing::default()
            };
            return Ok((site, sparing));
        }
        if let (true, Some(referral)) = (row.kind == TaskKind::ReviewReveal.code(), row.referral_id)
        {
            // Nor whoever was shown at once what leads to somebody.
            let never = self.reveal_at_risk_by(referral.0).await?;
            let sparing = Sparing {
                never,
                ..Sparing::default()
            };
            return Ok((site, sparing));
        }
        if row.kind != TaskKind::PlanApart.code() {
            return Ok((site, Sparing::default()));
        }
        let clash = clash::Entity::find()
            .filter(clash::Column::TaskId.eq(row.id))
            .one(&self.tx)
            .await?;
        let clash = clash.ok_or(Error::Illegal("climb"))?;
        let site = clash.site_id.0;
        let whole = whole(&self.tx, clash).await?;
        let sparing = sparing(&whole.link, &whole.own, &whole.other);
        Ok((Some(site), sparing))
    }
}
