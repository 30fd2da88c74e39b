//! Messages to the person: which artefact goes by which of their ways, and what became of it. There are no words here: they are
//! made at the moment it goes, when the gate is asked again (SPEC 4.5).

use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use throughline_core::artefact::{Artefact, Lang};
use throughline_core::code::Code;
use throughline_core::gate::DenyReason;
use throughline_core::id::{
    AccountId, CaseId, ContactPointId, MessageId, OrganisationId, PersonId, Ref, SiteId,
};
use throughline_core::message::{MessageMove, MessageState};
use throughline_core::risk::RiskBand;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, MessageSend};
use throughline_policy::{ActionKind, Facts, Permit};

use crate::case::CaseState;
use crate::col::Col;
use crate::contact::Contact;
use crate::entity::{contact_point, message};
use crate::error::{Error, Result};
use crate::keys::place;
use crate::story::{NewEvent, StoryKind};
use crate::task::TaskOutcome;
use crate::work::Work;

/// A message to be kept until it has gone.
#[derive(Debug, Clone, Copy)]
pub struct NewMessage {
    /// By which of the person's ways.
    pub contact: Ref,
    /// What.
    pub artefact: Artefact,
    /// In which language.
    pub lang: Lang,
    /// When the appointment is that it tells of.
    pub appointment: Option<At>,
}

/// A message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Internal id.
    pub id: MessageId,
    /// Reference.
    pub reference: Ref,
    /// The way it goes by.
    pub contact: ContactPointId,
    /// What it is.
    pub artefact: Artefact,
    /// In which language.
    pub lang: Lang,
    /// When the appointment is that it tells of.
    pub appointment: Option<At>,
    /// Where it stands.
    pub state: MessageState,
    /// Why the gate said no, once it has.
    pub denied: Option<DenyReason>,
    /// Who asked for it.
    pub made_by: AccountId,
    /// When.
    pub made_at: At,
    /// When it came to stand where it stands.
    pub moved_at: At,
    /// Version, for optimistic locking.
    pub version: i64,
}

/// What a message needs to know of its case: whose it is, and what its clocks depend on. Nothing of the person.
#[derive(Debug, Clone)]
pub struct MessageCase {
    /// The organisation that holds it.
    pub organisation: OrganisationId,
    /// The site at which they are seen.
    pub site: SiteId,
    /// Who leads.
    pub lead: AccountId,
    /// The policy pack.
    pub pack: String,
    /// The risk as last judged.
    pub risk: RiskBand,
    /// Whether it is closed: then nothing goes.
    pub closed: bool,
}

/// A way to reach the person, and the latest of when they moved or separated and when we learned of it.
#[derive(Debug, Clone)]
pub struct MessageWay {
    /// The way.
    pub contact: Contact,
    /// When things changed.
    pub changed_at: Option<At>,
}

/// What has not gone and still may.
const NOT_GONE: [MessageState; 2] = [MessageState::Waiting, MessageState::Handed];

const MISSING: Error = Error::NotFound(ActionKind::MessageSend);

const fn bad(column: &'static str) -> Error {
    Error::RowShape {
        table: "message",
        column,
    }
}

/// The line of the story that tells of a move.
const fn told(by: MessageMove) -> StoryKind {
    match by {
        MessageMove::Hand => StoryKind::MessageHanded,
        MessageMove::Send => StoryKind::MessageSent,
        MessageMove::Deny | MessageMove::Fail => StoryKind::MessageNotSent,
        MessageMove::Drop => StoryKind::MessageDropped,
    }
}

impl Work<'_> {
    /// The ties of the case that a message is about, by the message's id: for the job that sends it.
    pub async fn message_facts(&mut self, id: MessageId) -> Result<Option<Facts<CaseId>>> {
        let Some(row) = message::Entity::find_by_id(Col(id)).one(&self.tx).await? else {
            return Ok(None);
        };
        self.case_facts_by_id(row.case_id.0).await
    }

    /// What a message needs to know of its case, locked until commit: who closes it comes first or second, not between.
    pub async fn message_case(&mut self, permit: &Permit<MessageSend>) -> Result<MessageCase> {
        let row = self.case_row(permit.on()).await?;
        self.note(permit, permit.on().uuid(), &["state", "risk_band"]);
        Ok(MessageCase {
            organisation: row.organisation_id.0,
            site: row.site_id.0,
            lead: row.lead_account_id.0,
            pack: row.pack_id.clone(),
            risk: RiskBand::from_code(&row.risk_band).map_err(|_| Error::RowShape {
                table: "support_case",
                column: "risk_band",
            })?,
            closed: row.state == CaseState::Closed.code(),
        })
    }

    /// Keeps a message until it has gone. Errors with [`Error::NotFound`] when the way is not one of this person's.
    pub async fn message_add(
        &mut self,
        permit: &Permit<MessageSend>,
        new: &NewMessage,
    ) -> Result<Message> {
        let person = permit.person().ok_or(MISSING)?;
        let way = self.message_way_row(permit, new.contact).await?;
        let (id, reference) = (
            self.env().id::<throughline_core::id::Message>(),
            self.env().reference(),
        );
        let at = place("message", "appointment", id.uuid());
        let appointment = self
            .seal_option(person.uuid(), at, new.appointment.as_ref())
            .await?;
        let row = message::ActiveModel {
            id: Set(Col(id)),
            reference: Set(Col(reference)),
            organisation_id: Set(Col(permit.organisation())),
            case_id: Set(Col(permit.on())),
            person_id: Set(Col(person)),
            contact_point_id: Set(way.id),
            artefact: Set(new.artefact.code().to_owned()),
            lang: Set(new.lang.code().to_owned()),
            appointment: Set(appointment),
            state: Set(MessageState::Waiting.code().to_owned()),
            deny_reason: Set(None),
            made_by: Set(Col(self.named_human()?)),
            made_at: Set(Col(self.now())),
            moved_at: Set(Col(self.now())),
            version: Set(1),
        };
        message::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["message"]);
        self.message(permit, id).await
    }

    async fn message_of(&mut self, row: message::Model) -> Result<Message> {
        let at = place("message", "appointment", row.id.0.uuid());
        let appointment = self
            .open_option(row.person_id.0.uuid(), at, row.appointment.as_ref())
            .await?;
        let denied = row.deny_reason.as_deref().map(DenyReason::from_code);
        Ok(Message {
            id: row.id.0,
            reference: row.reference.0,
            contact: row.contact_point_id.0,
            artefact: Artefact::from_code(&row.artefact).map_err(|_| bad("artefact"))?,
            lang: Lang::from_code(&row.lang).map_err(|_| bad("lang"))?,
            appointment,
            state: MessageState::from_code(&row.state).map_err(|_| bad("state"))?,
            denied: denied.transpose().map_err(|_| bad("deny_reason"))?,
            made_by: row.made_by.0,
            made_at: row.made_at.0,
            moved_at: row.moved_at.0,
            version: row.version,
        })
    }

    /// A message of the case, locked until commit.
    pub async fn message(
        &mut self,
        permit: &Permit<MessageSend>,
        id: MessageId,
    ) -> Result<Message> {
        let row = message::Entity::find_by_id(Col(id))
            .filter(message::Column::CaseId.eq(Col(permit.on())))
            .lock_exclusive()
            .one(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["message"]);
        self.message_of(row.ok_or(MISSING)?).await
    }

    /// The same by reference.
    pub async fn message_named(
        &mut self,
        permit: &Permit<MessageSend>,
        reference: Ref,
    ) -> Result<Message> {
        let row = message::Entity::find()
            .filter(message::Column::Reference.eq(Col(reference)))
            .one(&self.tx)
            .await?;
        self.message(permit, row.ok_or(MISSING)?.id.0).await
    }

    /// The messages of the case, newest first.
    pub async fn messages(
        &mut self,
        permit: &Permit<MessageSend>,
        limit: u64,
    ) -> Result<Vec<Message>> {
        let rows = message::Entity::find()
            .filter(message::Column::CaseId.eq(Col(permit.on())))
            .order_by_desc(message::Column::MadeAt)
            .order_by_desc(message::Column::Id)
            .limit(limit)
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["message"]);
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            out.push(self.message_of(row).await?);
        }
        Ok(out)
    }

    /// How many messages of the case a worker still has in hand.
    pub async fn messages_in_hand(&mut self, permit: &Permit<MessageSend>) -> Result<usize> {
        let rows = message::Entity::find()
            .filter(message::Column::CaseId.eq(Col(permit.on())))
            .filter(message::Column::State.eq(MessageState::Handed.code()))
            .all(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["message"]);
        Ok(rows.len())
    }

    async fn message_way_row(
        &self,
        permit: &Permit<MessageSend>,
        reference: Ref,
    ) -> Result<contact_point::Model> {
        let person = permit.person().ok_or(MISSING)?;
        contact_point::Entity::find()
            .filter(contact_point::Column::Reference.eq(Col(reference)))
            .filter(contact_point::Column::PersonId.eq(Col(person)))
            .one(&self.tx)
            .await?
            .ok_or(MISSING)
    }

    /// Every way to reach the person of the case, for the gate.
    pub async fn message_ways(&mut self, permit: &Permit<MessageSend>) -> Result<Vec<MessageWay>> {
        let person = permit.person().ok_or(MISSING)?;
        self.note(permit, permit.on().uuid(), &["contact"]);
        let known = self.contacts_of(person).await?;
        let changed_at = known.changed_at;
        let ways = known.all.into_iter().map(|contact| MessageWay {
            contact,
            changed_at,
        });
        Ok(ways.collect())
    }

    /// The way that a message goes by, as it is known now.
    pub async fn message_way(
        &mut self,
        permit: &Permit<MessageSend>,
        message: &Message,
    ) -> Result<MessageWay> {
        let row = contact_point::Entity::find_by_id(Col(message.contact))
            .one(&self.tx)
            .await?
            .ok_or(MISSING)?;
        let ways = self.message_ways(permit).await?;
        let way = ways
            .into_iter()
            .find(|way| way.contact.reference == row.reference.0);
        way.ok_or(MISSING)
    }

    /// Moves a message on, with a line of the story. Errors with [`Error::Illegal`] for a move that its state does not allow, and
    /// with [`Error::Conflict`] when somebody else was first.
    pub async fn message_move(
        &mut self,
        permit: &Permit<MessageSend>,
        message: &Message,
        by: MessageMove,
        why: Option<DenyReason>,
    ) -> Result<()> {
        let person = permit.person().ok_or(MISSING)?;
        self.note(permit, permit.on().uuid(), &["message", "story"]);
        self.message_change((permit.on(), person), message, by, why, told(by))
            .await
    }

    async fn message_change(
        &mut self,
        (case, person): (CaseId, PersonId),
        message: &Message,
        by: MessageMove,
        why: Option<DenyReason>,
        kind: StoryKind,
    ) -> Result<()> {
        let next = message.state.apply(by);
        let next = next.map_err(|illegal| Error::Illegal(illegal.by))?;
        let change = message::ActiveModel {
            state: Set(next.code().to_owned()),
            deny_reason: Set(why.map(|why| why.code().to_owned())),
            moved_at: Set(Col(self.now())),
            version: Set(message.version + 1),
            ..Default::default()
        };
        let done = message::Entity::update_many()
            .set(change)
            .filter(message::Column::Id.eq(Col(message.id)))
            .filter(message::Column::Version.eq(message.version))
            .exec(&self.tx)
            .await?;
        if done.rows_affected != 1 {
            return Err(Error::Conflict);
        }
        self.event_add(NewEvent {
            case,
            owner: person.uuid(),
            kind,
            referral: None,
            detail: Some(json!({
                "artefact": message.artefact.code(),
                "denied": why.map(Code::code),
            })),
        })
        .await
    }

    /// Takes back what tells of an appointment at a time that does not hold any longer, and the task to hand it over with the last
    /// of it. The caller holds a permit and notes it.
    pub(crate) async fn messages_of_a_time_end(
        &mut self,
        case: CaseId,
        person: PersonId,
        time: At,
    ) -> Result<()> {
        let rows = message::Entity::find()
            .filter(message::Column::CaseId.eq(Col(case)))
            .filter(message::Column::State.is_in(NOT_GONE.map(MessageState::code)))
            .order_by_asc(message::Column::Id)
            .lock_exclusive()
            .all(&self.tx)
            .await?;
        let (mut in_hand, mut taken) = (0, 0);
        for row in rows {
            let message = self.message_of(row).await?;
            if message.appointment == Some(time) {
                let (by, told) = (MessageMove::Drop, StoryKind::MessageTimeChanged);
                self.message_change((case, person), &message, by, None, told)
                    .await?;
                taken += 1;
            } else if message.state == MessageState::Handed {
                in_hand += 1;
            }
        }
        if taken > 0 && in_hand == 0 {
            let (kind, ended) = (TaskKind::HandOverMessage, TaskOutcome::NotNeeded);
            self.tasks_settle(Some(case), None, kind, ended).await?;
        }
        Ok(())
    }

    /// Notes that a sheet of paper was given to the person: of which services, by number alone.
    pub async fn sheet_given(
        &mut self,
        permit: &Permit<MessageSend>,
        services: usize,
    ) -> Result<()> {
        self.note(permit, permit.on().uuid(), &["story"]);
        self.event_add(NewEvent {
            case: permit.on(),
            owner: permit.person().ok_or(MISSING)?.uuid(),
            kind: StoryKind::SheetGiven,
            referral: None,
            detail: Some(json!({ "number": services })),
        })
        .await
    }

    /// Takes back every message of a case that has not gone, because the case is closed.
    pub async fn messages_end(&mut self, permit: &Permit<CaseChange>) -> Result<()> {
        let change = message::ActiveModel {
            state: Set(MessageState::Dropped.code().to_owned()),
            moved_at: Set(Col(self.now())),
            ..Default::default()
        };
        message::Entity::update_many()
            .set(change)
            .filter(message::Column::CaseId.eq(Col(permit.on())))
            .filter(message::Column::State.is_in(NOT_GONE.map(MessageState::code)))
            .exec(&self.tx)
            .await?;
        self.note(permit, permit.on().uuid(), &["message"]);
        Ok(())
    }

    /// Whether somebody has a task of this kind about the case already.
    pub async fn message_task_waits(
        &mut self,
        permit: &Permit<MessageSend>,
        kind: TaskKind,
    ) -> Result<bool> {
        self.note(permit, permit.on().uuid(), &["tasks"]);
        self.task_is_open(permit.on(), kind).await
    }
}
