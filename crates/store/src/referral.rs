//! Referrals: rows, transitions, links. The state machine is `core::referral`; this only keeps what it says.

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use serde::de::DeserializeOwned;
use throughline_core::code::Code;
use throughline_core::id::{
    AccountId, CaseId, ConsentId, OrganisationId, PersonId, Ref, ReferralId, ServiceId, SiteId,
};
use throughline_core::need::NeedType;
use throughline_core::reason::Words;
use throughline_core::referral::{ReferralMove, ReferralState};
use throughline_core::risk::RiskBand;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{
    CaseRead, ContactReveal, OutcomeRecord, PacketRead, ReferralAnswer, ReferralRead,
    ReferralReceive, ReferralRecord, ReferralSend,
};
use throughline_policy::{Action, Facts, Permit, Rule, Scope, Ties};

use crate::case::NewEvent;
use crate::col::Col;
use crate::entity::{case_event, referral, referral_transition, support_case, task};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::scope::{TieColumns, branches};
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
    }
}

/// Actions under which a referral may be moved.
pub trait MovesReferral: Action<Subject = ReferralId> {}
impl MovesReferral for ReferralRecord {}
impl MovesReferral for ReferralAnswer {}
impl MovesReferral for OutcomeRecord {}

/// Actions under which a referral's plain facts may be read.
pub trait SeesReferral: Action<Subject = ReferralId> {}
impl SeesReferral for ReferralRead {}
impl SeesReferral for ReferralRecord {}
impl SeesReferral for ReferralReceive {}
impl SeesReferral for ReferralAnswer {}
impl SeesReferral for PacketRead {}
impl SeesReferral for OutcomeRecord {}
impl SeesReferral for ContactReveal {}

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

/// What the one who accepts says, sealed with the referral.
#[derive(Clone, Serialize, serde::Deserialize, PartialEq, Eq)]
pub struct Accepted {
    /// Their name.
    pub by: String,
    /// When they will first make contact, in their words.
    pub when: Option<String>,
    /// How, in their words.
    pub how: Option<String>,
}

impl std::fmt::Debug for Accepted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Accepted(..)")
    }
}

/// One thing asked or said about a referral between the service and the worker.
#[derive(Clone, Serialize, serde::Deserialize, PartialEq, Eq)]
pub struct Exchange {
    /// Whether the service said it; else the worker.
    pub by_service: bool,
    /// The words.
    pub words: String,
    /// When.
    pub at: At,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Exchange(..)")
    }
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

/// The kind of the story's lines that hold what was asked and answered.
const SAID: &str = "referral_said";

const fn ties() -> TieColumns<referral::Column> {
    TieColumns {
        organisation: Some(referral::Column::FromOrganisationId),
        site: Some(referral::Column::FromSiteId),
        lead: Some(referral::Column::LeadAccountId),
        to: Some(referral::Column::LiveOrganisationId),
        accepted_by: Some(referral::Column::AcceptedOrganisationId),
        referral: Some(referral::Column::Id),
    }
}

fn facts(row: &referral::Model) -> Facts<ReferralId> {
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
        },
    }
}

pub(crate) fn state_of(row: &referral::Model) -> Result<ReferralState> {
    ReferralState::from_code(&row.state).map_err(|_| Error::RowShape {
        table: "referral",
        column: "state",
    })
}

fn plain(row: &referral::Model) -> Result<Referral> {
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
        Ok(row.as_ref().map(facts))
    }

    /// The ties of a referral, by id.
    pub async fn referral_facts_by_id(
        &mut self,
        id: ReferralId,
    ) -> Result<Option<Facts<ReferralId>>> {
        Ok(referral::Entity::find_by_id(Col(id))
            .one(&self.tx)
            .await?
            .as_ref()
            .map(facts))
    }

    /// Makes a referral in state `draft`, with the packet that the partner will see sealed in it.
    pub async fn referral_create<P: Serialize + Sync>(
        &mut self,
        permit: &Permit<ReferralSend>,
        new: &NewReferral,
        packet: &P,
    ) -> Result<Referral> {
        let case = self.case_row(permit.on()).await?;
        let (id, reference) = (self.env().id(), self.env().reference());
        let packet = self
            .seal(
                case.person_id.0.uuid(),
                place("referral", "packet", id.uuid()),
                packet,
            )
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
        self.note(permit, permit.on().uuid(), &["need", "packet", "consent"]);
        Ok(made)
    }

    /// Sends a fresh draft: the same move as any other, under the permit that made it.
    pub async fn referral_send(
        &mut self,
        permit: &Permit<ReferralSend>,
        referral: &Referral,
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
        self.referral_apply(referral, &ReferralMove::Send, Via::Worker, detail)
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
            ReferralMove::Send | ReferralMove::Release => change.sent_at = Set(Some(Col(now))),
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
            kind: "referral",
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

    /// The packet, as the partner.
    pub async fn packet_read<P: DeserializeOwned>(
        &mut self,
        permit: &Permit<PacketRead>,
    ) -> Result<P> {
        let row = referral::Entity::find_by_id(Col(permit.on()))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(PacketRead::KIND))?;
        self.note(permit, permit.on().uuid(), &["packet"]);
        self.open(
            row.person_id.0.uuid(),
            place("referral", "packet", row.id.0.uuid()),
            &row.packet,
        )
        .await
    }

    /// The packet and the name of who accepted, as the sender.
    pub async fn referral_content<P: DeserializeOwned>(
        &mut self,
        permit: &Permit<ReferralRead>,
    ) -> Result<(P, Option<Accepted>)> {
        let row = referral::Entity::find_by_id(Col(permit.on()))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(ReferralRead::KIND))?;
        self.note(permit, permit.on().uuid(), &["packet", "accepted"]);
        let owner = row.person_id.0.uuid();
        let packet = self
            .open(
                owner,
                place("referral", "packet", row.id.0.uuid()),
                &row.packet,
            )
            .await?;
        let name = self
            .open_option(
                owner,
                place("referral", "accepted", row.id.0.uuid()),
                row.accepted.as_ref(),
            )
            .await?;
        Ok((packet, name))
    }

    /// What the one who accepted said, for the service itself.
    pub async fn referral_accepted<A: SeesReferral>(
        &mut self,
        permit: &Permit<A>,
    ) -> Result<Option<Accepted>> {
        let row = referral::Entity::find_by_id(Col(permit.on()))
            .one(&self.tx)
            .await?
            .ok_or(Error::NotFound(A::KIND))?;
        self.note(permit, permit.on().uuid(), &["accepted"]);
        let at = place("referral", "accepted", row.id.0.uuid());
        self.open_option(row.person_id.0.uuid(), at, row.accepted.as_ref())
            .await
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

    /// Whether an unfinished task of a kind waits about a referral.
    pub async fn referral_task_waits<A: SeesReferral>(
        &mut self,
        permit: &Permit<A>,
        kind: TaskKind,
    ) -> Result<bool> {
        let found = task::Entity::find()
            .filter(task::Column::ReferralId.eq(Col(permit.on())))
            .filter(task::Column::Kind.eq(kind.code()))
            .filter(task::Column::DoneAt.is_null())
            .limit(1)
            .one(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["task"]);
        Ok(found.is_some())
    }

    /// Keeps what the service asked or the worker answered, sealed in the story.
    pub async fn referral_said<A: MovesReferral>(
        &mut self,
        permit: &Permit<A>,
        referral: &Referral,
        by_service: bool,
        words: &Words,
    ) -> Result<()> {
        if referral.id != permit.on() {
            return Err(Error::NotFound(A::KIND));
        }
        self.note(permit, permit.on().uuid(), &["question"]);
        let said = Exchange {
            by_service,
            words: words.as_str().to_owned(),
            at: self.now(),
        };
        let detail = serde_json::to_value(said).map_err(|_| Error::Illegal("question"))?;
        self.event_add(NewEvent {
            case: referral.case,
            owner: referral.person.uuid(),
            kind: SAID,
            referral: Some(referral.id),
            detail: Some(detail),
        })
        .await
    }

    /// What was asked and answered about a referral, oldest first.
    pub async fn referral_exchanges<A: SeesReferral>(
        &mut self,
        permit: &Permit<A>,
    ) -> Result<Vec<Exchange>> {
        let person = permit.person().ok_or(Error::NotFound(A::KIND))?.uuid();
        let rows = case_event::Entity::find()
            .filter(case_event::Column::ReferralId.eq(Col(permit.on())))
            .filter(case_event::Column::Kind.eq(SAID))
            .order_by_asc(case_event::Column::At)
            .order_by_asc(case_event::Column::Id)
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["question"]);
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let at = place("case_event", "detail", row.id);
            out.extend(
                self.open_option::<Exchange>(person, at, row.detail.as_ref())
                    .await?,
            );
        }
        Ok(out)
    }

    /// The referrals of a case, newest first.
    pub async fn case_referrals(&mut self, permit: &Permit<CaseRead>) -> Result<Vec<Referral>> {
        let rows = referral::Entity::find()
            .filter(referral::Column::CaseId.eq(Col(permit.on())))
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["referral"]);
        let mut out = rows.iter().map(plain).collect::<Result<Vec<_>>>()?;
        out.sort_by_key(|referral| std::cmp::Reverse(referral.id));
        Ok(out)
    }

    /// The steps of a referral, oldest first.
    pub async fn referral_steps<A: SeesReferral>(
        &mut self,
        permit: &Permit<A>,
    ) -> Result<Vec<Transition>> {
        let rows = referral_transition::Entity::find()
            .filter(referral_transition::Column::ReferralId.eq(Col(permit.on())))
            .order_by_asc(referral_transition::Column::At)
            .order_by_asc(referral_transition::Column::Id)
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["steps"]);
        let bad = |column| Error::RowShape {
            table: "referral_transition",
            column,
        };
        rows.into_iter()
            .map(|row| {
                Ok(Transition {
                    at: row.at.0,
                    from: ReferralState::from_code(&row.from_state)
                        .map_err(|_| bad("from_state"))?,
                    to: ReferralState::from_code(&row.to_state).map_err(|_| bad("to_state"))?,
                    made: row.made_move,
                    via: Via::from_code(&row.via).map_err(|_| bad("via"))?,
                    account: row.account_id.map(|id| id.0),
                })
            })
            .collect()
    }

    /// The partner's inbox: referrals with their organisation, by clock; no content.
    pub async fn referrals_received(
        &mut self,
        scope: &Scope<ReferralReceive>,
        limit: u64,
    ) -> Result<Vec<Referral>> {
        self.note_scope(scope, &["state", "need", "due_at"]);
        self.referrals_in(scope.rule(), None, limit).await
    }

    /// The referrals that the actor sent or leads, by clock; for Today.
    pub async fn referrals_sent(
        &mut self,
        scope: &Scope<ReferralRead>,
        limit: u64,
    ) -> Result<Vec<Referral>> {
        self.note_scope(scope, &["state", "need", "due_at"]);
        self.referrals_in(scope.rule(), None, limit).await
    }

    /// The referrals whose organisation accepted them: the partner's caseload.
    pub async fn referrals_accepted(
        &mut self,
        scope: &Scope<OutcomeRecord>,
        limit: u64,
    ) -> Result<Vec<Referral>> {
        self.note_scope(scope, &["state", "need", "due_at"]);
        self.referrals_in(scope.rule(), None, limit).await
    }

    /// Referrals whose clock has run out, oldest first: for the job that keeps promises.
    pub async fn referrals_overdue(
        &mut self,
        scope: &Scope<ReferralRecord>,
        limit: u64,
    ) -> Result<Vec<Referral>> {
        self.note_scope(scope, &["state", "due_at"]);
        let now = self.now();
        self.referrals_in(scope.rule(), Some(now), limit).await
    }

    /// One query per branch of the rule, merged by clock.
    async fn referrals_in(
        &mut self,
        rule: &Rule,
        due_before: Option<At>,
        limit: u64,
    ) -> Result<Vec<Referral>> {
        let mut found = std::collections::BTreeMap::new();
        for branch in branches(rule, &ties()) {
            let mut query = referral::Entity::find().filter(branch);
            if let Some(now) = due_before {
                query = query.filter(referral::Column::DueAt.lte(Col(now)));
            }
            let rows = query
                .order_by_desc(referral::Column::Id)
                .limit(limit)
                .all(&self.tx)
                .await?;
            found.extend(rows.into_iter().map(|row| (row.id.0, row)));
        }
        let mut out = found.values().map(plain).collect::<Result<Vec<_>>>()?;
        out.sort_by_key(|referral| (referral.due_at.is_none(), referral.due_at, referral.id));
        out.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(out)
    }
}
