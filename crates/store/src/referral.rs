//! Referrals: rows, transitions, links. The state machine is `core::referral`; this only keeps what it says.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use throughline_core::circumstances::Circumstances;
use throughline_core::code::Code;
use throughline_core::id::{
    AccountId, CaseId, ConsentId, OrganisationId, PersonId, Ref, ReferralId, ServiceId, SiteId,
};
use throughline_core::need::NeedType;
use throughline_core::referral::{ReferralMove, ReferralState};
use throughline_core::risk::RiskBand;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{
    ContactRevealAtRisk, OutcomeRecord, PacketRead, PlaceRevealAtRisk, PlaceSay, ReferralAnswer,
    ReferralRead, ReferralReceive, ReferralRecord, ReferralSend, ReferralTakeBack,
};
use throughline_policy::{Action, Facts, Permit, Ties};

use crate::case::CaseState;
use crate::col::Col;
use crate::entity::{consent, referral, referral_transition, support_case, task};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::referral_content::Accepted;
use crate::story::{NewEvent, StoryKind};
use crate::task::TaskOutcome;
use crate::work::Work;

throughline_core::code_list! {
    /// By which route an answer or a move came in. One state machine, whatever the route.
    pub enum Via {
        /// The worker on the sending side.
        Worker = "worker",
        /// A partner signed in.
        Account = "account",
        /// A partner with a one-time link and code.
        Link = "link",
        /// The partner said so on the telephone; the worker recorded it.
        Phone = "phone",
        /// The person said so.
        Person = "person",
        /// On paper.
        Paper = "paper",
        /// A program.
        Api = "api",
        /// A clock ran out.
        Clock = "clock",
        /// The mail system.
        Mail = "mail",
        /// Another service accepted: the system holds this offer until the person has chosen.
        Another = "another",
    }
}

/// Actions under which a referral may be moved.
pub trait MovesReferral: Action<Subject = ReferralId> {}
impl MovesReferral for ReferralRecord {}
impl MovesReferral for ReferralTakeBack {}
impl MovesReferral for ReferralAnswer {}
impl MovesReferral for OutcomeRecord {}

/// Actions under which a referral's plain facts may be read.
pub trait SeesReferral: Action<Subject = ReferralId> {}
impl SeesReferral for ReferralRead {}
impl SeesReferral for ReferralRecord {}
impl SeesReferral for ReferralTakeBack {}
impl SeesReferral for ReferralReceive {}
impl SeesReferral for ReferralAnswer {}
impl SeesReferral for PacketRead {}
impl SeesReferral for OutcomeRecord {}
impl SeesReferral for ContactRevealAtRisk {}
impl SeesReferral for PlaceSay {}
impl SeesReferral for PlaceRevealAtRisk {}

/// A referral to be made.
#[derive(Debug)]
pub struct NewReferral {
    /// The service asked.
    pub service: ServiceId,
    /// The organisation that answers for it.
    pub to: OrganisationId,
    /// What was agreed.
    pub consent: ConsentId,
    /// The need.
    pub need: NeedType,
    /// The risk as judged, for clocks.
    pub risk: RiskBand,
}

/// The plain facts of a referral: nothing sealed.
#[derive(Debug, Clone)]
pub struct Referral {
    /// Internal id.
    pub id: ReferralId,
    /// Reference.
    pub reference: Ref,
    /// The case.
    pub case: CaseId,
    /// The person.
    pub person: PersonId,
    /// The sending organisation.
    pub from: OrganisationId,
    /// The sending site.
    pub site: SiteId,
    /// The case's lead worker.
    pub lead: AccountId,
    /// The service asked.
    pub service: ServiceId,
    /// The organisation asked.
    pub to: OrganisationId,
    /// What was agreed.
    pub consent: ConsentId,
    /// The need.
    pub need: NeedType,
    /// The risk, for clocks.
    pub risk: RiskBand,
    /// Where it stands.
    pub state: ReferralState,
    /// Reason code of a decline or an end.
    pub reason: Option<String>,
    /// Whether it helped, once ended.
    pub helped: Option<String>,
    /// Whether a named human there ever took it on.
    pub said_yes: bool,
    /// When it was made.
    pub created_at: At,
    /// When it was last sent.
    pub sent_at: Option<At>,
    /// When the state's clock runs out.
    pub due_at: Option<At>,
    /// When it was first answered.
    pub answered_at: Option<At>,
    /// When it ended.
    pub ended_at: Option<At>,
    /// Version, for optimistic locking.
    pub version: i64,
}

/// One step of a referral, for the story.
#[derive(Debug, Clone)]
pub struct Transition {
    /// When.
    pub at: At,
    /// From which state.
    pub from: ReferralState,
    /// To which.
    pub to: ReferralState,
    /// Code of the move.
    pub made: String,
    /// By which route.
    pub via: Via,
    /// By whom, if staff.
    pub account: Option<AccountId>,
}

/// What a move sets beside the state.
#[derive(Debug, Default, Clone)]
pub struct MoveDetail {
    /// When the new state's clock runs out.
    pub due_at: Option<At>,
    /// Words that came with it, to be sealed.
    pub note: Option<String>,
    /// With an acceptance: when and how the service will first make contact.
    pub contact: Option<(Option<String>, Option<String>)>,
}

fn facts(row: &referral::Model, closed: bool) -> Facts<ReferralId> {
    Facts {
        subject: row.id.0,
        person: Some(row.person_id.0),
        ties: Ties {
            organisation: Some(row.from_organisation_id.0),
            site: Some(row.from_site_id.0),
            lead: Some(row.lead_account_id.0),
            to_organisation: row.live_organisation_id.map(|id| id.0),
            accepted_by: row.accepted_organisation_id.map(|id| id.0),
            referral: Some(row.id.0),
            case: Some(row.case_id.0),
            closed,
            // Only a case is asked for what would outlast the hour.
            for_now: false,
        },
    }
}

pub(crate) fn state_of(row: &referral::Model) -> Result<ReferralState> {
    ReferralState::from_code(&row.state).map_err(|_| Error::RowShape {
        table: "referral",
        column: "state",
    })
}

pub(crate) fn plain(row: &referral::Model) -> Result<Referral> {
    let bad = |column| Error::RowShape {
        table: "referral",
        column,
    };
    Ok(Referral {
        id: row.id.0,
        reference: row.reference.0,
        case: row.case_id.0,
        person: row.person_id.0,
        from: row.from_organisation_id.0,
        site: row.from_site_id.0,
        lead: row.lead_account_id.0,
        service: row.service_id.0,
        to: row.to_organisation_id.0,
        consent: row.consent_id.0,
        need: NeedType::from_code(&row.need).map_err(|_| bad("need"))?,
        risk: RiskBand::from_code(&row.risk_band).map_err(|_| bad("risk_band"))?,
        state: state_of(row)?,
        reason: row.reason.clone(),
        helped: row.helped.clone(),
        said_yes: row.accepted.is_some(),
        created_at: row.created_at.0,
        sent_at: row.sent_at.map(|at| at.0),
        due_at: row.due_at.map(|at| at.0),
        answered_at: row.answered_at.map(|at| at.0),
        ended_at: row.ended_at.map(|at| at.0),
        version: row.version,
    })
}

impl Work<'_> {
    /// The ties of a referral, by reference.
    pub async fn referral_facts(&mut self, reference: Ref) -> Result<Option<Facts<ReferralId>>> {
        let row = referral::Entity::find()
            .filter(referral::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        self.referral_facts_of(row.as_ref()).await
    }

    async fn referral_facts_of(
        &self,
        row: Option<&referral::Model>,
    ) -> Result<Option<Facts<ReferralId>>> {
        let closed = self.is_closed(row.map(|row| row.person_id.0)).await?;
        Ok(row.map(|row| facts(row, closed)))
    }

    /// The ties of a referral, by id.
    pub async fn referral_facts_by_id(
        &mut self,
        id: ReferralId,
    ) -> Result<Option<Facts<ReferralId>>> {
        let row = referral::Entity::find_by_id(Col(id)).one(&self.tx).await?;
        self.referral_facts_of(row.as_ref()).await
    }

    /// Makes a referral in state `draft`, with the packet that the partner will see sealed in it, and, beside it and for no partner,
    /// what the person told when the service was found for them.
    pub async fn referral_create<P: Serialize + Sync>(
        &mut self,
        permit: &Permit<ReferralSend>,
        new: &NewReferral,
        packet: &P,
        told: Option<&Circumstances>,
    ) -> Result<Referral> {
        let case = self.case_row(permit.on()).await?;
        if case.state == CaseState::Closed.code() {
            // Nobody would look after its answer.
            return Err(Error::Invalid {
                field: "case",
                problem: "case-is-closed",
            });
        }
        let (id, reference) = (self.env().id(), self.env().reference());
        let packet = self
            .seal(
                case.person_id.0.uuid(),
                place("referral", "packet", id.uuid()),
                packet,
            )
            .await?;
        let told_at = place("referral", "told", id.uuid());
        let told = self
            .seal_option(case.person_id.0.uuid(), told_at, told)
            .await?;
        let row = referral::Model {
            id: Col(id),
            reference: Col(reference),
            case_id: case.id,
            person_id: case.person_id,
            from_organisation_id: case.organisation_id,
            from_site_id: case.site_id,
            lead_account_id: case.lead_account_id,
            service_id: Col(new.service),
            to_organisation_id: Col(new.to),
            live_organisation_id: None,
            accepted_organisation_id: None,
            consent_id: Col(new.consent),
            need: new.need.code().to_owned(),
            risk_band: new.risk.code().to_owned(),
            state: ReferralState::Draft.code().to_owned(),
            packet,
            told,
            reason: None,
            accepted: None,
            helped: None,
            created_at: Col(self.now()),
            sent_at: None,
            due_at: None,
            answered_at: None,
            ended_at: None,
            version: 1,
        };
        let made = plain(&row)?;
        referral::Entity::insert(referral::ActiveModel::from(row))
            .exec_without_returning(&self.tx)
            .await?;
        let fields = ["need", "packet", "told", "consent"];
        self.note(permit, permit.on().uuid(), &fields);
        Ok(made)
    }

    /// Sends a fresh draft, or puts it in line: the same move as any other, under the permit that made it.
    pub async fn referral_begin(
        &mut self,
        permit: &Permit<ReferralSend>,
        referral: &Referral,
        made: &ReferralMove,
        due_at: At,
    ) -> Result<ReferralState> {
        if referral.case != permit.on() {
            return Err(Error::NotFound(ReferralSend::KIND));
        }
        self.note(permit, permit.on().uuid(), &["state"]);
        let detail = MoveDetail {
            due_at: Some(due_at),
            ..MoveDetail::default()
        };
        self.referral_apply(referral, made, Via::Worker, detail)
            .await
    }

    /// Moves a referral: state with version check, transition row and story in one transaction.
    ///
    /// Errors with [`Error::Illegal`] when the state does not allow it and [`Error::Conflict`] when somebody else was first.
    pub async fn referral_move<A: MovesReferral>(
        &mut self,
        permit: &Permit<A>,
        referral: &Referral,
        made: &ReferralMove,
        via: Via,
        detail: MoveDetail,
    ) -> Result<ReferralState> {
        if referral.id != permit.on() {
            return Err(Error::NotFound(A::KIND));
        }
        self.note(permit, permit.on().uuid(), &["state"]);
        self.referral_apply(referral, made, via, detail).await
    }

    async fn referral_apply(
        &mut self,
        referral: &Referral,
        made: &ReferralMove,
        via: Via,
        detail: MoveDetail,
    ) -> Result<ReferralState> {
        let next = referral
            .state
            .apply(made)
            .map_err(|illegal| Error::Illegal(illegal.by))?;
        let owner = referral.person.uuid();
        let now = self.now();
        let mut change = referral::ActiveModel {
            state: Set(next.code().to_owned()),
            version: Set(referral.version + 1),
            live_organisation_id: Set(next.is_with_service().then_some(Col(referral.to))),
            due_at: Set(detail.due_at.map(Col)),
            ..Default::default()
        };
        match made {
            ReferralMove::Send | ReferralMove::Release { said_yes: false } => {
                change.sent_at = Set(Some(Col(now)));
            }
            // While the person chooses, whoever said yes has them as little as anybody else.
            ReferralMove::Hold => change.accepted_organisation_id = Set(None),
            ReferralMove::Release { said_yes: true } => {
                change.accepted_organisation_id = Set(Some(Col(referral.to)));
            }
            ReferralMove::Accept { by } => {
                change.accepted_organisation_id = Set(Some(Col(referral.to)));
                change.answered_at = Set(Some(Col(referral.answered_at.unwrap_or(now))));
                let (when, how) = detail.contact.clone().unwrap_or_default();
                let said = Accepted {
                    by: by.as_str().to_owned(),
                    when,
                    how,
                };
                let at = place("referral", "accepted", referral.id.uuid());
                let name = self.seal(owner, at, &said).await?;
                change.accepted = Set(Some(name));
            }
            ReferralMove::Decline { reason } => {
                change.reason = Set(Some(reason.code().to_owned()));
                change.answered_at = Set(Some(Col(referral.answered_at.unwrap_or(now))));
                change.ended_at = Set(Some(Col(now)));
                change.accepted_organisation_id = Set(None);
            }
            ReferralMove::Waitlist { .. } => {
                change.answered_at = Set(Some(Col(referral.answered_at.unwrap_or(now))));
            }
            ReferralMove::End { reason, helped } => {
                change.reason = Set(Some(reason.code().to_owned()));
                change.helped = Set(Some(helped.code().to_owned()));
                change.ended_at = Set(Some(Col(now)));
            }
            ReferralMove::PersonDeclines | ReferralMove::Withdraw => {
                change.ended_at = Set(Some(Col(now)));
                change.accepted_organisation_id = Set(None);
            }
            _ => {}
        }
        let done = referral::Entity::update_many()
            .set(change)
            .filter(referral::Column::Id.eq(Col(referral.id)))
            .filter(referral::Column::Version.eq(referral.version))
            .exec(&self.tx)
            .await?;
        if done.rows_affected != 1 {
            return Err(Error::Conflict);
        }
        let id = self.env().id::<()>().uuid();
        let note = self
            .seal_option(
                owner,
                place("referral_transition", "note", id),
                detail.note.as_ref(),
            )
            .await?;
        let step = referral_transition::ActiveModel {
            id: Set(id),
            referral_id: Set(Col(referral.id)),
            at: Set(Col(now)),
            from_state: Set(referral.state.code().to_owned()),
            to_state: Set(next.code().to_owned()),
            made_move: Set(made.code().to_owned()),
            via: Set(via.code().to_owned()),
            account_id: Set(self.actor().account().map(Col)),
            note: Set(note),
        };
        referral_transition::Entity::insert(step)
            .exec_without_returning(&self.tx)
            .await?;
        self.event_add(NewEvent {
            case: referral.case,
            owner,
            kind: StoryKind::Referral,
            referral: Some(referral.id),
            detail: Some(
                serde_json::json!({ "move": made.code(), "to": next.code(), "via": via.code() }),
            ),
        })
        .await?;
        Ok(next)
    }

    /// The plain facts of a referral under any permit that sees it; locked until commit.
    pub async fn referral_for_update<A: SeesReferral>(
        &mut self,
        permit: &Permit<A>,
    ) -> Result<Referral> {
        let row = referral::Entity::find_by_id(Col(permit.on()))
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        let row = row.ok_or(Error::NotFound(A::KIND))?;
        self.note(permit, permit.on().uuid(), &["state"]);
        plain(&row)
    }

    /// The policy pack of the case that a referral belongs to: its clocks come from there, whoever acts.
    pub async fn referral_pack<A: SeesReferral>(&mut self, permit: &Permit<A>) -> Result<String> {
        let row = referral::Entity::find_by_id(Col(permit.on()))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(A::KIND))?;
        self.note(permit, permit.on().uuid(), &["pack"]);
        let case = support_case::Entity::find_by_id(row.case_id)
            .one(&self.tx)
            .await?;
        case.map(|case| case.pack_id)
            .ok_or(Error::NotFound(A::KIND))
    }

    /// Whether the decision to share that a referral rests on is reasoned, which it must be at a high risk (NE-28); never why.
    pub async fn referral_is_reasoned<A: SeesReferral>(
        &mut self,
        permit: &Permit<A>,
        referral: &Referral,
    ) -> Result<bool> {
        if referral.id != permit.on() {
            return Err(Error::NotFound(A::KIND));
        }
        let row = consent::Entity::find_by_id(Col(referral.consent))
            .one(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["consent"]);
        Ok(row.is_some_and(|row| row.reasons.is_some()))
    }

    /// The risk of the case as it is judged now, and, where it differs, that by which the clocks of a referral run from now on.
    pub async fn referral_risk_now(
        &mut self,
        permit: &Permit<ReferralRecord>,
        referral: &Referral,
    ) -> Result<RiskBand> {
        if referral.id != permit.on() {
            return Err(Error::NotFound(ReferralRecord::KIND));
        }
        self.note(permit, permit.on().uuid(), &["risk"]);
        let case = support_case::Entity::find_by_id(Col(referral.case))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(ReferralRecord::KIND))?;
        let risk = RiskBand::from_code(&case.risk_band).map_err(|_| Error::RowShape {
            table: "support_case",
            column: "risk_band",
        })?;
        if risk != referral.risk {
            let change = referral::ActiveModel {
                risk_band: Set(risk.code().to_owned()),
                ..Default::default()
            };
            referral::Entity::update_many()
                .set(change)
                .filter(referral::Column::Id.eq(Col(referral.id)))
                .exec(&self.tx)
                .await?;
        }
        Ok(risk)
    }

    /// Starts the state's clock anew without a move: after its running out has raised a task.
    pub async fn referral_clock_set(
        &mut self,
        permit: &Permit<ReferralRecord>,
        referral: &Referral,
        due_at: At,
    ) -> Result<()> {
        if referral.id != permit.on() {
            return Err(Error::NotFound(ReferralRecord::KIND));
        }
        self.note(permit, permit.on().uuid(), &["due_at"]);
        let change = referral::ActiveModel {
            due_at: Set(Some(Col(due_at))),
            version: Set(referral.version + 1),
            ..Default::default()
        };
        let done = referral::Entity::update_many()
            .set(change)
            .filter(referral::Column::Id.eq(Col(referral.id)))
            .filter(referral::Column::Version.eq(referral.version))
            .exec(&self.tx)
            .await?;
        if done.rows_affected == 1 {
            Ok(())
        } else {
            Err(Error::Conflict)
        }
    }

    /// Makes a referral that runs more urgent, because the risk turned out higher: its band, and the end of its clock. Nothing else of it
    /// changes, so that nobody who is about to answer is turned away. The caller holds its lock.
    pub async fn referral_risk_raised(
        &mut self,
        permit: &Permit<ReferralRecord>,
        risk: RiskBand,
        due_at: At,
    ) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["risk", "due_at"]);
        let change = referral::ActiveModel {
            risk_band: Set(risk.code().to_owned()),
            due_at: Set(Some(Col(due_at))),
            ..Default::default()
        };
        referral::Entity::update_many()
            .set(change)
            .filter(referral::Column::Id.eq(Col(permit.on())))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Whether a task of a kind about a referral was ever done, not only ended.
    pub async fn referral_task_was_done<A: SeesReferral>(
        &mut self,
        permit: &Permit<A>,
        kind: TaskKind,
    ) -> Result<bool> {
        let done = task::Column::Outcome.eq(TaskOutcome::Done.code());
        self.referral_has_task(permit, kind, done).await
    }

    /// When a task of a kind about a referral was last ended, in whatever way.
    pub async fn referral_task_ended_at<A: SeesReferral>(
        &mut self,
        permit: &Permit<A>,
        kind: TaskKind,
    ) -> Result<Option<At>> {
        self.note(permit, permit.on().uuid(), &["tasks"]);
        let row = task::Entity::find()
            .filter(task::Column::ReferralId.eq(Col(permit.on())))
            .filter(task::Column::Kind.eq(kind.code()))
            .filter(task::Column::DoneAt.is_not_null())
            .order_by_desc(task::Column::DoneAt)
            .limit(1)
            .one(&self.tx)
            .await?;
        Ok(row.and_then(|row| row.done_at).map(|at| at.0))
    }

    /// Whether an unfinished task of a kind waits about a referral.
    pub async fn referral_task_waits<A: SeesReferral>(
        &mut self,
        permit: &Permit<A>,
        kind: TaskKind,
    ) -> Result<bool> {
        self.referral_has_task(permit, kind, task::Column::DoneAt.is_null())
            .await
    }

    async fn referral_has_task<A: SeesReferral>(
        &mut self,
        permit: &Permit<A>,
        kind: TaskKind,
        which: SimpleExpr,
    ) -> Result<bool> {
        let found = task::Entity::find()
            .filter(task::Column::ReferralId.eq(Col(permit.on())))
            .filter(task::Column::Kind.eq(kind.code()))
            .filter(which)
            .limit(1)
            .one(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["task"]);
        Ok(found.is_some())
    }
}
