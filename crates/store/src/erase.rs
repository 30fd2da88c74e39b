//! Everything that is kept about one person, and its end.
//!
//! Nobody keeps a list of tables by hand: whatever refers to a person, however many steps away, goes with them. A table that is
//! added later is reached as soon as it says whose it is; a test holds every column that names a person, a case, a referral or a
//! conversation against that. What only mentions the person beside it (keys, drafts, messages, answers to programs) is named here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use sea_orm::sea_query::{Alias, Cond, Expr, ExprTrait as _, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::json;
use throughline_core::closing::AreThereChildren;
use throughline_core::code::Code as _;
use throughline_core::id::PersonId;
use uuid::Uuid;

use crate::audit::Event;
use crate::col::{Blob, Col};
use crate::entity::{
    child, data_key, draft, emergency, idempotency, outbox, sent_mail, support_case,
};
use crate::error::Result;
use crate::keys::place;
use crate::migration::{Told, columns};
use crate::story::{NewEvent, StoryKind};
use crate::task::TaskOutcome;
use crate::work::Work;

/// Where it begins.
const PERSON: &str = "person";

/// How many values one statement names.
const AT_ONCE: usize = 500;

/// A table that holds something about a person.
#[derive(Debug)]
struct Reached {
    table: &'static str,
    /// The columns that lead there, each with the table that it refers to.
    by: Vec<(&'static str, &'static str)>,
    has_id: bool,
    has_reference: bool,
}

/// Every table that refers to a person, whoever is referred to first.
static REACHED: LazyLock<Vec<Reached>> = LazyLock::new(|| reached(&columns()));

/// What an erasure changes: the tables that are reached, and those in which something only lies beside a person.
static CHANGED: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let beside = ["data_key", "draft", "emergency", "erasure"];
    REACHED.iter().map(|one| one.table).chain(beside).collect()
});

/// The tables that the note of an erasure accounts for.
pub(crate) fn changed() -> &'static [&'static str] {
    &CHANGED
}

/// The tables that are rewritten so that nothing of what was erased is left on disk.
pub(crate) fn rewritten() -> Vec<&'static str> {
    let mut all = CHANGED.clone();
    all.extend(["outbox", "sent_mail", "idempotency"]);
    all
}

fn reached(columns: &[Told]) -> Vec<Reached> {
    let mut personal = BTreeSet::from([PERSON]);
    loop {
        let before = personal.len();
        personal.extend(
            columns
                .iter()
                .filter(|told| told.refers_to.is_some_and(|to| personal.contains(to)))
                .map(|told| told.table)
                .collect::<Vec<_>>(),
        );
        if personal.len() == before {
            break;
        }
    }
    let mut out: Vec<Reached> = Vec::new();
    // As many rounds as there are tables: each round places at least one whose own are all placed.
    for _ in 0..personal.len() {
        for table in &personal {
            let of = |told: &&Told| told.table == *table;
            let by: Vec<_> = columns
                .iter()
                .filter(of)
                .filter_map(|told| Some((told.column, told.refers_to?)))
                .filter(|(_, to)| personal.contains(to) && to != table)
                .collect();
            let placed = |name: &str| out.iter().any(|one| one.table == name);
            if placed(table) || !by.iter().all(|(_, to)| placed(to)) {
                continue;
            }
            let has = |column: &str| columns.iter().filter(of).any(|told| told.column == column);
            out.push(Reached {
                table,
                by,
                has_id: has("id"),
                has_reference: has("reference"),
            });
        }
    }
    out
}

/// The rows of a table that one of these columns ties to somebody; `None` when none can.
fn tied(by: &[(&'static str, Vec<Uuid>)]) -> Option<Cond> {
    let ties = by.iter().filter(|(_, ids)| !ids.is_empty());
    let mut any = Cond::any();
    let mut some = false;
    for (column, ids) in ties {
        some = true;
        for ids in ids.chunks(AT_ONCE) {
            any = any.add(Expr::col(Alias::new(*column)).is_in(ids.iter().copied()));
        }
    }
    some.then_some(any)
}

/// What is known of a person by ids: rows by table, and every name that the outside knows one of them by.
#[derive(Default)]
struct Found {
    ids: BTreeMap<&'static str, Vec<Uuid>>,
    references: Vec<String>,
}

impl Found {
    fn of(&self, table: &str) -> Vec<Uuid> {
        self.ids.get(table).cloned().unwrap_or_default()
    }

    fn ties(&self, one: &Reached) -> Vec<(&'static str, Vec<Uuid>)> {
        if one.table == PERSON {
            return vec![("id", self.of(PERSON))];
        }
        one.by
            .iter()
            .map(|(column, to)| (*column, self.of(to)))
            .collect()
    }
}

impl Work<'_> {
    /// Ends everything that is kept about a person, and the key that opens it. What is left is the audit record, in which only
    /// ids stand. The caller has decided that it may be done, and holds the person's row.
    pub(crate) async fn person_purge(&mut self, person: PersonId) -> Result<()> {
        self.children_keep_what_is_theirs(person).await?;
        // A task to plan two appointments apart hangs on no case: without its appointment it could neither climb nor end.
        for task in self.plan_tasks_about(person).await? {
            self.task_end_by_id(task.id.0, TaskOutcome::NotNeeded)
                .await?;
        }
        let found = self.found_of(person).await?;
        self.purge_beside(&found).await?;
        for one in REACHED.iter().rev() {
            let Some(tied) = tied(&found.ties(one)) else {
                continue;
            };
            let delete = Query::delete()
                .from_table(Alias::new(one.table))
                .cond_where(tied)
                .to_owned();
            self.tx.execute(&delete).await?;
        }
        self.note_event(Event::Erased, Some(person.uuid()), &["record", "key"]);
        Ok(())
    }

    async fn found_of(&self, person: PersonId) -> Result<Found> {
        let mut found = Found::default();
        found.ids.insert(PERSON, vec![person.uuid()]);
        for one in REACHED.iter().filter(|one| one.has_id) {
            let Some(tied) = tied(&found.ties(one)) else {
                continue;
            };
            let mut select = Query::select();
            select
                .column(Alias::new("id"))
                .from(Alias::new(one.table))
                .cond_where(tied);
            if one.has_reference {
                select.column(Alias::new("reference"));
            }
            let mut ids = Vec::new();
            for row in self.tx.query_all(&select).await? {
                ids.push(row.try_get_by_index::<Uuid>(0)?);
                if one.has_reference {
                    found.references.push(row.try_get_by_index(1)?);
                }
            }
            found.ids.insert(one.table, ids);
        }
        Ok(found)
    }

    /// What lies beside a person: keys, what somebody was typing on a page about them, messages about a row of theirs, answers to
    /// programs that name one, and which of them a call to 999 was about. That it was called stays.
    async fn purge_beside(&mut self, found: &Found) -> Result<()> {
        let ids: Vec<Uuid> = found.ids.values().flatten().copied().collect();
        for ids in ids.chunks(AT_ONCE) {
            data_key::Entity::delete_many()
                .filter(data_key::Column::OwnerId.is_in(ids.iter().copied()))
                .exec(&self.tx)
                .await?;
            self.purge_messages(ids).await?;
        }
        for owner in &ids {
            self.data_keys.remove(owner);
        }
        for reference in &found.references {
            draft::Entity::delete_many()
                .filter(draft::Column::Page.contains(reference))
                .exec(&self.tx)
                .await?;
            self.purge_answers(reference).await?;
        }
        let (cases, talks) = (found.of("support_case"), found.of("conversation"));
        let unlinked = emergency::ActiveModel {
            case_id: Set(None),
            conversation_id: Set(None),
            ..Default::default()
        };
        emergency::Entity::update_many()
            .set(unlinked)
            .filter(
                Cond::any()
                    .add(emergency::Column::CaseId.is_in(cases))
                    .add(emergency::Column::ConversationId.is_in(talks)),
            )
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// Messages about these rows, and the mails that were made of them.
    async fn purge_messages(&self, ids: &[Uuid]) -> Result<()> {
        let mut about = Cond::any().add(outbox::Column::SubjectId.is_in(ids.iter().copied()));
        for id in ids {
            about = about.add(outbox::Column::OnceKey.contains(id.to_string()));
        }
        let rows = outbox::Entity::find().filter(about).all(&self.tx).await?;
        for row in rows {
            sent_mail::Entity::delete_many()
                .filter(sent_mail::Column::OutboxId.eq(row.id))
                .exec(&self.tx)
                .await?;
            outbox::Entity::delete_many()
                .filter(outbox::Column::Id.eq(row.id))
                .exec(&self.tx)
                .await?;
        }
        Ok(())
    }

    /// Answers to programs that name this reference. They hold no word of a person, and are forgotten after two days anyway.
    async fn purge_answers(&self, reference: &str) -> Result<()> {
        let named = if self.store.is_sqlite() {
            "instr(body, $1) > 0"
        } else {
            "position($1::bytea in body) > 0"
        };
        idempotency::Entity::delete_many()
            .filter(Expr::cust_with_values(
                named,
                [Blob(reference.as_bytes().to_vec())],
            ))
            .exec(&self.tx)
            .await?;
        Ok(())
    }

    /// A parent's record names their children, and with each what was decided about its safety. That is the child's, under the
    /// child's key: it goes into the child's own story before the parent's record ends.
    async fn children_keep_what_is_theirs(&mut self, person: PersonId) -> Result<()> {
        let own: Vec<_> = support_case::Entity::find()
            .filter(support_case::Column::PersonId.eq(Col(person)))
            .all(&self.tx)
            .await?
            .into_iter()
            .map(|row| row.id)
            .collect();
        let named = child::Entity::find()
            .filter(child::Column::CaseId.is_in(own))
            .filter(child::Column::PersonId.ne(Col(person)))
            .all(&self.tx)
            .await?;
        for row in named {
            let owner = row.person_id.0.uuid();
            let reason: Option<String> = self
                .open_option(owner, place("child", "reason", row.id), row.reason.as_ref())
                .await?;
            if let Some(decision) = &row.safeguarding {
                self.event_add(NewEvent {
                    case: row.own_case_id.0,
                    owner,
                    kind: StoryKind::ChildDecided,
                    referral: None,
                    detail: Some(json!({ "decision": decision, "reason": reason })),
                })
                .await?;
            }
            // It stays the case of a child: nobody is asked whether a child has children.
            let none = support_case::ActiveModel {
                children_answer: Set(Some(AreThereChildren::None.code().to_owned())),
                ..Default::default()
            };
            support_case::Entity::update_many()
                .set(none)
                .filter(support_case::Column::Id.eq(row.own_case_id))
                .exec(&self.tx)
                .await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns that name somebody's row by their own name, in tables that an erasure does not empty, each with its reason.
    const LEFT: &[(&str, &str, &str)] = &[
        (
            "audit_entry",
            "person_id",
            "the record of who looked: an id that leads nowhere",
        ),
        (
            "seen",
            "person_id",
            "the record of who looked, from lists: an id that leads nowhere",
        ),
        ("erasure", "person_id", "emptied when it is done"),
        ("emergency", "case_id", "emptied: that 999 was called stays"),
        (
            "emergency",
            "conversation_id",
            "emptied: that 999 was called stays",
        ),
    ];

    /// The columns that name somebody's row and lead nowhere.
    fn forgotten(columns: &[Told]) -> Vec<(&'static str, &'static str)> {
        let reached = reached(columns);
        columns
            .iter()
            .filter(|told| {
                reached.iter().any(|one| {
                    told.column
                        .ends_with(&format!("{}_id", one.table.trim_start_matches("support_")))
                })
            })
            .filter(|told| !reached.iter().any(|one| one.table == told.table))
            .map(|told| (told.table, told.column))
            .filter(|at| {
                !LEFT
                    .iter()
                    .any(|(table, column, _)| (*table, *column) == *at)
            })
            .collect()
    }

    #[test]
    fn whatever_refers_to_a_person_is_reached_and_nothing_is_forgotten() {
        let columns = columns();
        assert_eq!(forgotten(&columns), []);
        let tables: Vec<_> = reached(&columns).iter().map(|one| one.table).collect();
        assert!(tables.len() > 15, "{tables:?}");
        for own in ["account", "organisation", "service", "audit_entry", "site"] {
            assert!(!tables.contains(&own), "{own} is not a person's");
        }
        // Whoever is referred to stands before: rows are deleted from the end.
        for one in reached(&columns) {
            let at = |name: &str| tables.iter().position(|table| *table == name);
            assert!(
                one.by.iter().all(|(_, to)| at(to) < at(one.table)),
                "{one:?}"
            );
        }
    }

    #[test]
    fn a_table_that_names_a_case_without_referring_to_it_is_caught() {
        let mut columns = columns();
        columns.push(Told {
            table: "diary",
            column: "case_id",
            refers_to: None,
        });
        assert_eq!(forgotten(&columns), [("diary", "case_id")]);
    }

    #[test]
    fn a_circle_of_tables_would_leave_one_out_and_there_is_none() {
        let columns = columns();
        let mut personal = BTreeSet::from([PERSON]);
        for _ in 0..columns.len() {
            let more: Vec<_> = columns
                .iter()
                .filter(|told| told.refers_to.is_some_and(|to| personal.contains(to)))
                .map(|told| told.table)
                .collect();
            personal.extend(more);
        }
        assert_eq!(reached(&columns).len(), personal.len());
    }
}
