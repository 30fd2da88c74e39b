//! What was promised and is still to be done: mail to send, after the change that promised it was committed.
//!
//! A row is added in the same transaction as what it is about and carries ids only; words are made when it is sent. One node
//! holds a row at a time, by a lease that runs out by itself, so that a node that dies loses nothing. Delivery is at least
//! once: a crash between sending and marking sends again, with the same link, which is harmless. Nothing waits unseen:
//! [`OutboxHealth`] feeds the age alarm (ASSURANCE incidents 16 and 17).

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{LockBehavior, LockType, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::json;
use throughline_core::clock::Urgency;
use throughline_core::code::Code;
use throughline_core::id::{AccountId, OutboxId};
use throughline_core::time::At;
use uuid::Uuid;

use crate::audit::Event;
use crate::col::Col;
use crate::entity::{outbox, sent_mail};
use crate::error::{Error, Result};
use crate::read::Read;
use crate::work::Work;

throughline_core::code_list! {
    /// What is to be sent. Each kind has one recipient, found when it is sent.
    pub enum OutboxKind {
        /// To a service: you have one request. Subject: the one-time link.
        PartnerNotice = "partner_notice",
        /// To a service: a request waits. Subject: the one-time link.
        PartnerReminder = "partner_reminder",
        /// To a service: a request was closed or taken back. Subject: the one-time link.
        PartnerWithdrawn = "partner_withdrawn",
        /// To somebody at a service with an account: a request was closed or taken back. Subject: the account.
        AccountWithdrawn = "account_withdrawn",
        /// To the first person of a partner: choose a password. Subject: the account.
        PartnerWelcome = "partner_welcome",
        /// To the person, by the way that it names, if the gate lets it through when its time comes. Subject: the message.
        PersonMessage = "person_message",
        /// To a colleague: you have something to do. Subject: the account.
        StaffTask = "staff_task",
    }
}

throughline_core::code_list! {
    /// Where a row stands.
    pub enum OutboxState {
        /// It waits for its time or for a node.
        Waiting = "waiting",
        /// A node holds it.
        Leased = "leased",
        /// Done.
        Done = "done",
        /// Given up after too many tries; a human sees it and can try again.
        Dead = "dead",
    }
}

/// How long a node may hold a row, in seconds (our design).
pub const LEASE_SECONDS: i64 = 60;
/// How often a row is tried before it is given up and shown to a human (our design).
pub const TRIES: i64 = 10;
/// The first pause after a failure, in seconds; it doubles each time (our design).
const PAUSE_SECONDS: i64 = 10;
/// The longest pause, in seconds (one hour) (our design).
const PAUSE_MOST_SECONDS: i64 = 3_600;

/// A row that this node holds.
#[derive(Debug, Clone)]
pub struct Lease {
    /// The row.
    pub id: OutboxId,
    /// What is to be sent.
    pub kind: OutboxKind,
    /// What it is about.
    pub subject: Option<Uuid>,
    /// Ids that go with it; never words.
    pub payload: serde_json::Value,
    /// Which try this is, from 1. One beyond [`TRIES`] is none: the lease of the last ran out, and somebody is to be told.
    pub attempt: i64,
    /// Until when this node holds it.
    pub until: At,
}

/// The name under which a row says how urgent it is.
const URGENCY: &str = "urgency";

impl Lease {
    /// How urgent it is; what does not say so cannot wait.
    pub fn urgency(&self) -> Urgency {
        let code = self.payload.get(URGENCY).and_then(|code| code.as_str());
        code.and_then(|code| Urgency::from_code(code).ok())
            .unwrap_or(Urgency::Immediate)
    }
}

/// A row given up on.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// The row.
    pub id: OutboxId,
    /// What was to be sent.
    pub kind: OutboxKind,
    /// Why the last try came to nothing: a code.
    pub error: String,
    /// Tries so far.
    pub attempts: i64,
    /// When it was promised.
    pub created_at: At,
}

/// How the outbox fares, for the alarm and the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxHealth {
    /// Rows whose time has come and that are not done.
    pub due: u64,
    /// Rows given up on.
    pub dead: u64,
    /// Since when the oldest undone row could have been sent; `None` when nothing is late.
    pub oldest_due_at: Option<At>,
}

/// A mail that left: a neutral text and an address, for the record and for the demo's mail folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMail {
    /// Code of the artefact.
    pub artefact: String,
    /// To whom.
    pub recipient: String,
    /// Its title.
    pub title: String,
    /// Its body.
    pub body: String,
    /// When it left.
    pub sent_at: At,
}

fn bad(column: &'static str) -> Error {
    Error::RowShape {
        table: "outbox",
        column,
    }
}

/// The pause after try number `attempt` (from 1), in seconds: doubling, with up to a quarter added so that rows that failed
/// together do not come back together. `jitter` is a random byte.
fn pause_seconds(attempt: i64, jitter: u8) -> i64 {
    let doublings = u32::try_from(attempt.clamp(1, 20) - 1).unwrap_or(0);
    let pause = PAUSE_SECONDS
        .saturating_mul(1_i64 << doublings)
        .clamp(PAUSE_SECONDS, PAUSE_MOST_SECONDS);
    pause + pause * i64::from(jitter) / 1024
}

async fn health(tx: &impl ConnectionTrait, now: At) -> Result<OutboxHealth> {
    let undone = || {
        outbox::Entity::find()
            .filter(
                outbox::Column::State
                    .is_in([OutboxState::Waiting.code(), OutboxState::Leased.code()]),
            )
            .filter(outbox::Column::DueAt.lte(Col(now)))
    };
    // A first try is late since it fell due: a reminder is made days before. One that failed waits since it was made, however
    // far its next try was put off.
    let first = undone()
        .filter(outbox::Column::Attempts.eq(0))
        .order_by_asc(outbox::Column::DueAt)
        .limit(1)
        .one(tx)
        .await?;
    let tried = outbox::Entity::find()
        .filter(
            outbox::Column::State.is_in([OutboxState::Waiting.code(), OutboxState::Leased.code()]),
        )
        .filter(outbox::Column::Attempts.gt(0))
        .order_by_asc(outbox::Column::CreatedAt)
        .limit(1)
        .one(tx)
        .await?;
    let first = first.map(|row| row.due_at.0);
    let tried = tried.map(|row| row.created_at.0);
    Ok(OutboxHealth {
        due: undone().count(tx).await?,
        dead: outbox::Entity::find()
            .filter(outbox::Column::State.eq(OutboxState::Dead.code()))
            .count(tx)
            .await?,
        oldest_due_at: first.into_iter().chain(tried).min(),
    })
}

impl Work<'_> {
    /// Promises something for right after the commit. A second row with the same `once` is not added: asking twice promises
    /// once.
    pub async fn tell(
        &mut self,
        kind: OutboxKind,
        subject: Uuid,
        once: Option<&str>,
    ) -> Result<()> {
        let now = self.now();
        self.tell_at(kind, subject, once, now).await
    }

    /// Promises a colleague a mail that there is something to do. By how urgent it is it waits for the morning and for others like it
    /// ([`throughline_core::notice`]); that is decided when it goes out, not here.
    pub async fn alert(
        &mut self,
        account: AccountId,
        once: Option<&str>,
        urgency: Urgency,
    ) -> Result<()> {
        let payload = json!({ URGENCY: urgency.code() }).to_string();
        let (kind, now) = (OutboxKind::StaffTask, self.now());
        self.outbox_add(kind, account.uuid(), once, now, payload)
            .await
    }

    /// Whether a row is still held by this lease: another mail may have told of it meanwhile.
    pub async fn outbox_holds(&mut self, lease: &Lease) -> Result<bool> {
        let row = outbox::Entity::find_by_id(Col(lease.id))
            .one(&self.tx)
            .await?;
        Ok(row.is_some_and(|row| {
            row.state == OutboxState::Leased.code()
                && row.attempts == lease.attempt
                && row.lease_until_at == Some(Col(lease.until))
        }))
    }

    /// When a colleague was last sent a mail that there is something to do, where that was within a day.
    pub async fn alert_last(&mut self, account: AccountId) -> Result<Option<At>> {
        let since = self.now().plus_hours(-24);
        let row = outbox::Entity::find()
            .filter(outbox::Column::SubjectId.eq(account.uuid()))
            .filter(outbox::Column::Kind.eq(OutboxKind::StaffTask.code()))
            .filter(outbox::Column::State.eq(OutboxState::Done.code()))
            .filter(outbox::Column::DoneAt.gt(Col(since)))
            .order_by_desc(outbox::Column::DoneAt)
            .limit(1)
            .one(&self.tx)
            .await?;
        Ok(row.and_then(|row| row.done_at).map(|at| at.0))
    }

    /// Settles what else waited to tell a colleague that there is something to do when this mail was taken up: it says the same of
    /// all of it. What was promised since is told by a mail of its own.
    pub async fn alerts_told(&mut self, lease: &Lease) -> Result<()> {
        let taken_at = lease.until.plus_seconds(-LEASE_SECONDS);
        let change = outbox::ActiveModel {
            state: Set(OutboxState::Done.code().to_owned()),
            done_at: Set(Some(Col(self.now()))),
            ..Default::default()
        };
        outbox::Entity::update_many()
            .set(change)
            .filter(outbox::Column::SubjectId.eq(lease.subject))
            .filter(outbox::Column::Kind.eq(OutboxKind::StaffTask.code()))
            .filter(
                outbox::Column::State
                    .is_in([OutboxState::Waiting, OutboxState::Leased].map(Code::code)),
            )
            .filter(outbox::Column::CreatedAt.lte(Col(taken_at)))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// The same for a later instant.
    pub async fn tell_at(
        &mut self,
        kind: OutboxKind,
        subject: Uuid,
        once: Option<&str>,
        due_at: At,
    ) -> Result<()> {
        self.outbox_add(kind, subject, once, due_at, "{}".to_owned())
            .await
    }

    async fn outbox_add(
        &mut self,
        kind: OutboxKind,
        subject: Uuid,
        once: Option<&str>,
        due_at: At,
        payload: String,
    ) -> Result<()> {
        let row = outbox::ActiveModel {
            id: Set(Col(self.env().id())),
            kind: Set(kind.code().to_owned()),
            subject_id: Set(Some(subject)),
            payload: Set(payload),
            once_key: Set(once.map(str::to_owned)),
            state: Set(OutboxState::Waiting.code().to_owned()),
            due_at: Set(Col(due_at)),
            attempts: Set(0),
            lease_until_at: Set(None),
            leased_by: Set(None),
            last_error: Set(None),
            created_at: Set(Col(self.now())),
            done_at: Set(None),
        };
        let once = OnConflict::column(outbox::Column::OnceKey)
            .do_nothing()
            .to_owned();
        outbox::Entity::insert(row)
            .on_conflict(once)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }

    /// Takes up to `limit` rows whose time has come, oldest first, for [`LEASE_SECONDS`]. Rows that another node holds are
    /// passed over; rows whose lease ran out are taken again, also once they were tried [`TRIES`] times: whoever takes them then gives
    /// them up and tells somebody.
    pub async fn outbox_lease(&mut self, node: &str, limit: u64) -> Result<Vec<Lease>> {
        self.outbox_lease_some(node, limit, None).await
    }

    /// The same for rows of one kind.
    pub async fn outbox_lease_of(
        &mut self,
        kind: OutboxKind,
        node: &str,
        limit: u64,
    ) -> Result<Vec<Lease>> {
        self.outbox_lease_some(node, limit, Some(kind)).await
    }

    async fn outbox_lease_some(
        &mut self,
        node: &str,
        limit: u64,
        only: Option<OutboxKind>,
    ) -> Result<Vec<Lease>> {
        let now = self.now();
        let open = Condition::any()
            .add(outbox::Column::State.eq(OutboxState::Waiting.code()))
            .add(
                Condition::all()
                    .add(outbox::Column::State.eq(OutboxState::Leased.code()))
                    .add(outbox::Column::LeaseUntilAt.lte(Col(now))),
            );
        let mut due = outbox::Entity::find()
            .filter(open)
            .filter(outbox::Column::DueAt.lte(Col(now)));
        if let Some(kind) = only {
            due = due.filter(outbox::Column::Kind.eq(kind.code()));
        }
        let rows = due
            .order_by_asc(outbox::Column::DueAt)
            .order_by_asc(outbox::Column::Id)
            .limit(limit)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(&self.tx)
            .await?;
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            let until = now.plus_seconds(LEASE_SECONDS);
            let change = outbox::ActiveModel {
                state: Set(OutboxState::Leased.code().to_owned()),
                leased_by: Set(Some(node.to_owned())),
                lease_until_at: Set(Some(Col(until))),
                attempts: Set(row.attempts + 1),
                ..Default::default()
            };
            outbox::Entity::update_many()
                .set(change)
                .filter(outbox::Column::Id.eq(row.id))
                .exec(&self.tx)
                .await?;
            out.push(Lease {
                id: row.id.0,
                kind: OutboxKind::from_code(&row.kind).map_err(|_| bad("kind"))?,
                subject: row.subject_id,
                payload: serde_json::from_str(&row.payload).map_err(|_| bad("payload"))?,
                attempt: row.attempts + 1,
                until,
            });
        }
        Ok(out)
    }

    /// Marks a held row done. `false` when the lease ran out meanwhile and the row is no longer ours.
    pub async fn outbox_done(&mut self, lease: &Lease) -> Result<bool> {
        let change = outbox::ActiveModel {
            state: Set(OutboxState::Done.code().to_owned()),
            done_at: Set(Some(Col(self.now()))),
            lease_until_at: Set(None),
            ..Default::default()
        };
        self.outbox_settle(lease, change).await
    }

    /// Puts a held row back for later, or gives it up after [`TRIES`] tries. `error` is a code, never a message: servers echo
    /// what they were sent. `false` when the row is no longer ours.
    pub async fn outbox_retry(&mut self, lease: &Lease, error: &'static str) -> Result<bool> {
        let [jitter] = self.env().bytes::<1>();
        let dead = lease.attempt >= TRIES;
        let state = if dead {
            OutboxState::Dead
        } else {
            OutboxState::Waiting
        };
        let due = self
            .now()
            .plus_seconds(pause_seconds(lease.attempt, jitter));
        let change = outbox::ActiveModel {
            state: Set(state.code().to_owned()),
            due_at: Set(Col(due)),
            lease_until_at: Set(None),
            leased_by: Set(None),
            last_error: Set(Some(error.to_owned())),
            ..Default::default()
        };
        self.outbox_settle(lease, change).await
    }

    /// Puts a held row back for an instant that somebody else decides: it was not tried, so nothing counts against it. `false` when
    /// the row is no longer ours.
    pub async fn outbox_put_off(&mut self, lease: &Lease, due_at: At) -> Result<bool> {
        let change = outbox::ActiveModel {
            state: Set(OutboxState::Waiting.code().to_owned()),
            due_at: Set(Col(due_at)),
            attempts: Set(0),
            lease_until_at: Set(None),
            leased_by: Set(None),
            ..Default::default()
        };
        self.outbox_settle(lease, change).await
    }

    /// Gives a held row up at once: trying again cannot help.
    pub async fn outbox_give_up(&mut self, lease: &Lease, error: &'static str) -> Result<bool> {
        let change = outbox::ActiveModel {
            state: Set(OutboxState::Dead.code().to_owned()),
            lease_until_at: Set(None),
            leased_by: Set(None),
            last_error: Set(Some(error.to_owned())),
            ..Default::default()
        };
        self.outbox_settle(lease, change).await
    }

    /// A change that only the holder of this very lease may make: its end and the try's number are the fence. The number alone is
    /// none, because what is put off begins again at one.
    async fn outbox_settle(&mut self, lease: &Lease, change: outbox::ActiveModel) -> Result<bool> {
        let done = outbox::Entity::update_many()
            .set(change)
            .filter(outbox::Column::Id.eq(Col(lease.id)))
            .filter(outbox::Column::State.eq(OutboxState::Leased.code()))
            .filter(outbox::Column::Attempts.eq(lease.attempt))
            .filter(outbox::Column::LeaseUntilAt.eq(Col(lease.until)))
            .exec(&self.tx)
            .await?;
        Ok(done.rows_affected == 1)
    }

    /// Lets a row that was given up be tried again from the start, and records it. `false` when there is no such dead row.
    pub async fn outbox_revive(&mut self, id: OutboxId) -> Result<bool> {
        let change = outbox::ActiveModel {
            state: Set(OutboxState::Waiting.code().to_owned()),
            due_at: Set(Col(self.now())),
            attempts: Set(0),
            ..Default::default()
        };
        let done = outbox::Entity::update_many()
            .set(change)
            .filter(outbox::Column::Id.eq(Col(id)))
            .filter(outbox::Column::State.eq(OutboxState::Dead.code()))
            .exec(&self.tx)
            .await?;
        let revived = done.rows_affected == 1;
        if revived {
            self.note_event(Event::MessageRetried, Some(id.uuid()), &["state"]);
        }
        Ok(revived)
    }

    /// Keeps what left, once per row. Only in a demo: there is a link in it.
    pub async fn sent_mail_add(&mut self, lease: &Lease, mail: &SentMail) -> Result<()> {
        let row = sent_mail::ActiveModel {
            id: Set(self.env().id::<()>().uuid()),
            outbox_id: Set(Col(lease.id)),
            artefact: Set(mail.artefact.clone()),
            recipient: Set(mail.recipient.clone()),
            title: Set(mail.title.clone()),
            body: Set(mail.body.clone()),
            sent_at: Set(Col(mail.sent_at)),
        };
        let once = OnConflict::column(sent_mail::Column::OutboxId)
            .do_nothing()
            .to_owned();
        sent_mail::Entity::insert(row)
            .on_conflict(once)
            .exec_without_returning(&self.tx)
            .await?;
        Ok(())
    }
}

impl Read<'_> {
    /// How the outbox fares now.
    pub async fn outbox_health(&self) -> Result<OutboxHealth> {
        health(&self.tx, self.env().now()).await
    }

    /// Rows given up on, oldest first.
    pub async fn dead_letters(&self, limit: u64) -> Result<Vec<DeadLetter>> {
        let rows = outbox::Entity::find()
            .filter(outbox::Column::State.eq(OutboxState::Dead.code()))
            .order_by_asc(outbox::Column::Id)
            .limit(limit)
            .all(&self.tx)
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(DeadLetter {
                    id: row.id.0,
                    kind: OutboxKind::from_code(&row.kind).map_err(|_| bad("kind"))?,
                    error: row.last_error.unwrap_or_default(),
                    attempts: row.attempts,
                    created_at: row.created_at.0,
                })
            })
            .collect()
    }

    /// The mails that left, newest first: neutral texts only.
    pub async fn sent_mails(&self, limit: u64) -> Result<Vec<SentMail>> {
        let rows = sent_mail::Entity::find()
            .order_by_desc(sent_mail::Column::SentAt)
            .order_by_desc(sent_mail::Column::Id)
            .limit(limit)
            .all(&self.tx)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| SentMail {
                artefact: row.artefact,
                recipient: row.recipient,
                title: row.title,
                body: row.body,
                sent_at: row.sent_at.0,
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{PAUSE_MOST_SECONDS, PAUSE_SECONDS, TRIES, pause_seconds};

    #[test]
    fn pauses_grow_and_never_exceed_an_hour_and_a_quarter() {
        let mut last = 0;
        for attempt in 1..=TRIES {
            let pause = pause_seconds(attempt, 0);
            assert!(pause >= last && pause >= PAUSE_SECONDS);
            assert!(pause_seconds(attempt, 255) <= PAUSE_MOST_SECONDS * 5 / 4);
            last = pause;
        }
        assert_eq!(pause_seconds(i64::MAX, 0), PAUSE_MOST_SECONDS);
    }
}
