//! The audit record: one RFC 6962 log per organisation, appended in the same transaction as what it records.
//!
//! An entry names who, what, which record and which *fields*; never a value, a name or a URL (ASSURANCE 6.1).

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use throughline_core::code::Code as _;
use throughline_core::id::{OrganisationId, PersonId};
use throughline_core::time::At;
use throughline_policy::{ActionKind, Actor, Purpose, Reason};
use throughline_seal::canonical_json;
use throughline_seal::merkle::{Frontier, leaf_hash};
use uuid::Uuid;

use crate::col::{Blob, Col};
use crate::entity::{audit_entry, audit_head, installation, seen};
use crate::error::{Error, Result as StoreResult};
use crate::tx::Tx;

throughline_core::code_list! {
    /// What is recorded and is not an action on a record.
    pub enum Event {
        /// Signed in.
        SignedIn = "signed_in",
        /// A sign-in failed.
        SignInFailed = "sign_in_failed",
        /// Signed out.
        SignedOut = "signed_out",
        /// The privacy lock fell or was lifted.
        SessionLock = "session_lock",
        /// Proved themselves again.
        SteppedUp = "stepped_up",
        /// Access was given, changed or ended.
        AccountChanged = "account_changed",
        /// An API client was made or revoked.
        ClientChanged = "client_changed",
        /// The installation, an organisation or a site was set up.
        SetUp = "set_up",
        /// The directory was changed.
        DirectoryChanged = "directory_changed",
        /// A job did what was promised: delivered, reminded, escalated.
        PromiseKept = "promise_kept",
        /// Keys were rotated.
        KeysRotated = "keys_rotated",
        /// Something was exported or backed up.
        Exported = "exported",
        /// Somebody was erased: everything that was kept about them, and the key that opened it.
        Erased = "erased",
        /// A passkey was used whose counter went back: somebody may hold a copy. It was refused and stopped.
        PasskeyCopied = "passkey_copied",
        /// A message that was given up is to be tried again.
        MessageRetried = "message_retried",
        /// Somebody of another organisation looked for a person from whom they are barred. The subject is who looked.
        ClosedLook = "closed_look",
    }
}

/// Whether it was allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Result {
    Granted,
    Refused(Reason),
}

/// What will become one entry.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub what: &'static str,
    pub kind: Option<ActionKind>,
    pub subject: Option<Uuid>,
    pub person: Option<PersonId>,
    /// Everybody else whose record it showed something of: those on a list, or found by a search.
    pub people: BTreeSet<PersonId>,
    pub fields: BTreeSet<&'static str>,
    pub result: Result,
    /// Another organisation's log, for what was done to that organisation; else the log of the work.
    pub log: Option<OrganisationId>,
}

/// Tables that hold nothing about a person's help, or that only carry a change recorded elsewhere in the same transaction.
const SELF_COVERED: &[&str] = &[
    "audit_head",
    "audit_entry",
    "seen",
    "session",
    "known_device",
    "sign_in_attempt",
    "sign_in_flow",
    "outbox",
    "sent_mail",
    "idempotency",
    "missed_look",
    "search_count",
    "schema_migration",
];

/// The tables that each kind of note accounts for. One constant table: a note about one thing cannot cover another.
fn covers(note: &Note) -> &'static [&'static str] {
    const CASE: &[&str] = &[
        "support_case",
        "case_event",
        "person",
        "person_index",
        "data_key",
        "organisation_key",
        "need",
        "unmet_need",
        "duty_to_refer",
        "immediate_need",
        "child",
        "risk_assessment",
        "contact_point",
        "message",
        "statement",
        "consent",
        "task",
        "conversation",
        // A child whom a case names is closed to whomever the parent is closed to.
        "bar",
        "restriction",
        "viewer",
        "appointment",
        "protective_link",
        "person_link",
    ];
    const REFERRAL: &[&str] = &[
        "referral",
        "referral_transition",
        "referral_link",
        "sealed_place",
        "case_event",
        "task",
        "need",
        "listing_doubt",
    ];
    use ActionKind as A;
    match note.kind {
        Some(A::EmergencyRecord) => &["emergency", "case_event", "conversation"],
        Some(A::RoomRequest | A::RoomAnswer) => &["room_request"],
        // That somebody told is known of the case too.
        Some(A::ConversationStart | A::ConversationKeep) => &[
            "conversation",
            "support_case",
            "data_key",
            "organisation_key",
            "emergency",
            "task",
        ],
        Some(A::ConversationTakeUp) => &["conversation", "support_case", "task"],
        Some(A::CaseOpen | A::CaseChange) => CASE,
        // When the person was last there.
        Some(A::SharingRead) => &["person_link"],
        Some(A::SharingNarrow) => &["consent", "case_event", "task"],
        Some(A::MessageSend) => &["message", "contact_point", "case_event", "task"],
        // Who is shut out leaves nothing behind.
        Some(A::CaseRestrict) => &[
            "bar",
            "restriction",
            "viewer",
            "support_case",
            "case_event",
            "task",
            "conversation",
            "referral",
            "appointment",
        ],
        Some(A::UrgentAccess) => &[
            "urgent",
            "urgent_case",
            "second_person",
            "data_key",
            "organisation_key",
            "viewer",
            "case_event",
            "task",
        ],
        Some(A::SecondPersonDecide) => &["second_person"],
        Some(A::CaseHandOver) => &[
            "support_case",
            "viewer",
            "case_event",
            "task",
            "conversation",
            "referral",
            "appointment",
        ],
        Some(A::InterestKeep) => &["interest", "interest_mark", "organisation_key"],
        // Whoever is met by what they said is shut out, and that leaves nothing behind.
        Some(A::InterestCompare) => &[
            "interest",
            "interest_mark",
            "person",
            "person_mark",
            "organisation_key",
            "bar",
            "viewer",
            "support_case",
            "case_event",
            "task",
            "conversation",
            "referral",
            "appointment",
        ],
        Some(A::LinkConfirm) => &["protective_link"],
        Some(A::PlanApart) => &["clash", "appointment", "message", "case_event", "task"],
        Some(A::ReferralSend) => &[
            "referral",
            "referral_transition",
            "referral_link",
            "case_event",
            "task",
            "need",
            "consent",
            "data_key",
        ],
        Some(
            A::ReferralRecord
            | A::ReferralTakeBack
            | A::ReferralAnswer
            | A::OutcomeRecord
            | A::PacketRead,
        ) => REFERRAL,
        Some(A::TaskDo) => &["task", "case_event", "room_request", "urgent_case"],
        Some(A::DraftKeep) => &["draft", "data_key", "organisation_key"],
        Some(A::DirectoryImport) => &[
            "feed",
            "feed_run",
            "feed_problem",
            "quarantine",
            "service",
            "directory_head",
            "data_key",
            "organisation_key",
            "referral",
        ],
        Some(A::ServiceEdit) => &["service", "directory_head", "listing_doubt", "referral"],
        Some(A::QuarantineRead) => &["quarantine", "service", "directory_head", "referral"],
        // A link mailed to an address that is no longer used closes with it, and somebody is told to chase the request.
        Some(A::AddressPropose | A::AddressConfirm) => &[
            "referral_address",
            "data_key",
            "organisation_key",
            "referral_link",
            "task",
        ],
        Some(A::AccountManage) => &[
            "account",
            "interest",
            "interest_mark",
            "site_lead",
            "session",
            "sign_in_link",
            "passkey",
            "data_key",
            "organisation_key",
            "task",
            "support_case",
            "case_event",
            "conversation",
            "referral",
            "viewer",
        ],
        Some(A::SitePostName) => &["site_lead"],
        Some(A::PartnerPropose | A::PartnerConfirm) => &[
            "partner_join",
            "organisation",
            "organisation_key",
            "data_key",
            "service",
            "directory_head",
            "referral_address",
            "account",
        ],
        Some(A::ClientManage) => &["api_client"],
        Some(
            A::RoomList
            | A::TaskList
            | A::AppointmentList
            | A::PersonSearch
            | A::CaseRead
            | A::CaseLookers
            | A::ReferralRead
            | A::ReferralReceive
            | A::AuditRead,
        ) => &[],
        Some(A::ContactReveal) => &["reveal"],
        Some(A::ContactRevealAtRisk) => &["reveal", "task"],
        Some(A::PlaceSay) => &["sealed_place", "task", "data_key", "organisation_key"],
        Some(A::PlaceReveal) => &[
            "sealed_place",
            "reveal",
            "task",
            "second_person",
            "data_key",
            "organisation_key",
        ],
        Some(A::PlaceRevealAtRisk) => &["sealed_place", "reveal", "task"],
        Some(A::AccessAnswer) => &["access_request"],
        Some(A::CaseErase) => &["erasure", "legal_hold"],
        Some(A::ErasureDecide) => &["erasure"],
        None => match Event::from_code(note.what) {
            Ok(Event::SetUp) => &[
                "installation",
                "organisation",
                "organisation_key",
                "site",
                "account",
                "site_lead",
                "data_key",
                "directory_head",
                "service",
                "referral_address",
                "feed",
            ],
            Ok(Event::AccountChanged | Event::SignedIn | Event::SteppedUp) => &[
                "account",
                "site_lead",
                "sign_in_link",
                "passkey",
                "person_link",
            ],
            // A passkey lifts the lock as well: then how often it was used changes with it.
            Ok(Event::PasskeyCopied | Event::SessionLock) => &["passkey"],
            Ok(Event::SignInFailed) => &["account", "referral_link", "person_link"],
            Ok(Event::SignedOut) => &["person_link"],
            Ok(Event::ClientChanged) => &["api_client"],
            Ok(Event::DirectoryChanged) => &["service", "directory_head"],
            Ok(Event::PromiseKept) => &[
                "referral",
                "referral_transition",
                "referral_link",
                "case_event",
                "task",
                "room_request",
                "need",
                "draft",
                "erasure",
                "access_request",
                "second_person",
                "sealed_place",
            ],
            Ok(Event::Erased) => crate::erase::changed(),
            Ok(Event::KeysRotated) => &["organisation_key", "account", "sign_in_link"],
            Ok(Event::Exported | Event::MessageRetried | Event::ClosedLook) | Err(_) => &[],
        },
    }
}

/// Whether a change of `table` is accounted for.
pub(crate) fn is_covered(table: &str, notes: &[Note]) -> bool {
    SELF_COVERED.contains(&table)
        || notes
            .iter()
            .any(|note| note.result == Result::Granted && covers(note).contains(&table))
}

/// The organisation that runs the installation: its log takes what nobody else's does.
pub(crate) async fn operator(tx: &Tx) -> StoreResult<OrganisationId> {
    let row = installation::Entity::find_by_id(1).one(tx).await?;
    row.and_then(|row| row.operator_organisation_id)
        .map(|id| id.0)
        .ok_or_else(|| Error::Setup("the installation has not been set up".to_owned()))
}

/// Appends one entry per note, holding the log's head from here to commit: the last lock taken, the shortest held.
pub(crate) async fn append(
    tx: &Tx,
    log: OrganisationId,
    actor: &Actor,
    purpose: Purpose,
    now: At,
    notes: &[&Note],
) -> StoreResult<()> {
    let log_id = log.uuid();
    let find = || audit_head::Entity::find_by_id(log_id).lock_exclusive();
    let head = if let Some(head) = find().one(tx).await? {
        head
    } else {
        let empty = Frontier::new();
        let fresh = audit_head::ActiveModel {
            log_id: Set(log_id),
            size: Set(0),
            frontier: Set(Blob(empty.to_bytes())),
            root: Set(Blob(empty.root().to_vec())),
        };
        let once = OnConflict::column(audit_head::Column::LogId)
            .do_nothing()
            .to_owned();
        audit_head::Entity::insert(fresh)
            .on_conflict(once)
            .exec_without_returning(tx)
            .await?;
        find()
            .one(tx)
            .await?
            .ok_or_else(|| Error::Integrity("an audit log has no head".to_owned()))?
    };
    let mut frontier = Frontier::from_bytes(&head.frontier.0)
        .map_err(|_| Error::Integrity("an audit head cannot be read".to_owned()))?;
    let mut rows = Vec::with_capacity(notes.len());
    let mut shown = Vec::new();
    for note in notes {
        let seq = i64::try_from(frontier.size()).unwrap_or(i64::MAX);
        let body = canonical_json(&entry(log, seq, actor, purpose, now, note));
        let leaf = leaf_hash(&body);
        frontier.push(leaf);
        shown.extend(note.people.iter().map(|person| seen::ActiveModel {
            log_id: Set(log_id),
            seq: Set(seq),
            person_id: Set(Col(*person)),
            at: Set(Col(now)),
        }));
        rows.push(audit_entry::ActiveModel {
            log_id: Set(log_id),
            seq: Set(seq),
            at: Set(Col(now)),
            action: Set(note.what.to_owned()),
            result: Set(result_code(note.result).to_owned()),
            account_id: Set(actor.account().map(Col)),
            person_id: Set(note.person.map(Col)),
            body: Set(String::from_utf8(body)
                .map_err(|_| Error::Integrity("an audit entry is not text".to_owned()))?),
            leaf: Set(Blob(leaf.to_vec())),
            root: Set(Blob(frontier.root().to_vec())),
        });
    }
    for chunk in rows.chunks(500) {
        audit_entry::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(tx)
            .await?;
    }
    for chunk in shown.chunks(500) {
        seen::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(tx)
            .await?;
    }
    let update = audit_head::ActiveModel {
        size: Set(i64::try_from(frontier.size()).unwrap_or(i64::MAX)),
        frontier: Set(Blob(frontier.to_bytes())),
        root: Set(Blob(frontier.root().to_vec())),
        ..Default::default()
    };
    let done = audit_head::Entity::update_many()
        .set(update)
        .filter(audit_head::Column::LogId.eq(log_id))
        .filter(audit_head::Column::Size.eq(head.size))
        .exec(tx)
        .await?;
    if done.rows_affected == 1 {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

fn entry(
    log: OrganisationId,
    seq: i64,
    actor: &Actor,
    purpose: Purpose,
    now: At,
    note: &Note,
) -> serde_json::Value {
    let who = match actor {
        Actor::Staff { account, .. } => Some(account.uuid()),
        Actor::LinkHolder { referral, .. } => Some(referral.uuid()),
        Actor::PersonHolder { case, .. } => Some(case.uuid()),
        Actor::Client { client, .. } => Some(client.uuid()),
        Actor::System { .. } | Actor::Public => None,
    };
    let mut entry = json!({
        "v": 1,
        "log": log.uuid(),
        "seq": seq,
        "at": now.to_string(),
        "standing": actor.standing().code(),
        "who": who,
        "action": note.what,
        "purpose": purpose.code(),
        "subject": note.subject,
        "person": note.person.map(throughline_core::id::Id::uuid),
        "fields": note.fields,
        "result": result_code(note.result),
    });
    // Only where there is somebody: the text of every other entry stays as it always was.
    if !note.people.is_empty()
        && let Some(entry) = entry.as_object_mut()
    {
        let people: Vec<Uuid> = note.people.iter().map(|person| person.uuid()).collect();
        entry.insert("people".to_owned(), json!(people));
    }
    entry
}

pub(crate) fn result_code(result: Result) -> &'static str {
    match result {
        Result::Granted => "granted",
        Result::Refused(reason) => reason.code(),
    }
}

/// The heads of all logs, in a fixed order.
pub(crate) async fn heads(tx: &impl ConnectionTrait) -> StoreResult<Vec<audit_head::Model>> {
    Ok(audit_head::Entity::find()
        .order_by_asc(audit_head::Column::LogId)
        .all(tx)
        .await?)
}

/// One page of a log's entries from `seq` on.
pub(crate) async fn entries(
    tx: &impl ConnectionTrait,
    log: Uuid,
    seq: i64,
    limit: u64,
) -> StoreResult<Vec<audit_entry::Model>> {
    Ok(audit_entry::Entity::find()
        .filter(audit_entry::Column::LogId.eq(log))
        .filter(audit_entry::Column::Seq.gte(seq))
        .order_by_asc(audit_entry::Column::Seq)
        .limit(limit)
        .all(tx)
        .await?)
}
