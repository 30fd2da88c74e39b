//! The doors, tried from inside: what no caller outside this crate can even attempt must be refused as well.

use std::collections::BTreeSet;

use sea_orm::ConnectionTrait as _;
use tempfile::TempDir;
use throughline_core::code::Code as _;
use throughline_core::nation::Nation;
use throughline_policy::{ActionKind, Actor, Purpose, Reason};
use throughline_seal::{Keyring, RootKey};
use throughline_testkit::env::{seeded, test_start};

use crate::audit::{Event, Note, Result as NoteResult, is_covered};
use crate::schema::expected;
use crate::setup::OrganisationKind;
use crate::{Durability, Error, Keys, Store};

/// Tables whose rows say nothing of a person's help, or that only carry what is recorded beside them.
const NEED_NO_NOTE: &[&str] = &[
    "audit_entry",
    "audit_head",
    "idempotency",
    "known_device",
    "missed_look",
    "outbox",
    "search_count",
    "seen",
    "sent_mail",
    "session",
    "sign_in_attempt",
    "sign_in_flow",
];

/// A SQLite store of its own. (The harness for both databases knows this crate only from outside.)
pub(crate) async fn store() -> (TempDir, Store) {
    let (env, _) = seeded(7, test_start());
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys::new(Keyring::new(RootKey::generate(&env), []));
    let path = folder.path().join("test.db");
    let store = Store::sqlite(&path, env, keys, Durability::Full)
        .await
        .unwrap();
    store.migrate().await.unwrap();
    (folder, store)
}

async fn set_up(store: &Store) -> Result<(), Error> {
    store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                w.installation_create("North", OrganisationKind::Council, Nation::England, true)
                    .await
                    .map(|_| ())
            })
        })
        .await
}

#[tokio::test]
async fn a_change_of_any_table_without_its_note_cannot_be_committed() {
    let (_folder, store) = store().await;
    set_up(&store).await.unwrap();
    for table in expected().into_keys() {
        let table = &table;
        let done = store
            .work(&Actor::Public, Purpose::SignIn, |w| {
                Box::pin(async move {
                    let sql = format!("DELETE FROM {table} WHERE 1 = 2");
                    w.tx.execute_unprepared(&sql).await?;
                    Ok(())
                })
            })
            .await;
        if NEED_NO_NOTE.contains(&table.as_str()) {
            assert!(done.is_ok(), "{table}: {done:?}");
        } else {
            assert!(
                matches!(&done, Err(Error::Uncovered(named)) if named == table),
                "{table}: {done:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_write_that_hides_in_other_sql_is_refused_too() {
    let (_folder, store) = store().await;
    set_up(&store).await.unwrap();
    for sql in [
        "WITH x AS (SELECT 1) DELETE FROM person",
        "REPLACE INTO search_count VALUES ('a', 'b', 'c', 1)",
        "DROP TABLE person",
        "CREATE TABLE extra (id integer)",
    ] {
        let done = store
            .work(&Actor::Public, Purpose::SignIn, |w| {
                Box::pin(async move {
                    w.tx.execute_unprepared(sql).await?;
                    Ok(())
                })
            })
            .await;
        assert!(matches!(done, Err(Error::Uncovered(_))), "{sql}: {done:?}");
    }
}

fn note(what: &'static str, kind: Option<ActionKind>, result: NoteResult) -> Note {
    Note {
        what,
        kind,
        subject: None,
        person: None,
        people: std::collections::BTreeSet::new(),
        fields: BTreeSet::new(),
        result,
        log: None,
    }
}

#[test]
fn reading_covers_no_write_a_refusal_covers_nothing_and_no_note_covers_everything() {
    use ActionKind as A;
    let tables: Vec<String> = expected()
        .into_keys()
        .filter(|table| !NEED_NO_NOTE.contains(&table.as_str()))
        .collect();
    let mut covered = BTreeSet::new();
    for action in ActionKind::ALL {
        let granted = [note(action.code(), Some(*action), NoteResult::Granted)];
        let refused = [note(
            action.code(),
            Some(*action),
            NoteResult::Refused(Reason::NoRelation),
        )];
        let mine: Vec<_> = tables
            .iter()
            .filter(|table| is_covered(table, &granted))
            .collect();
        assert!(
            !tables.iter().any(|table| is_covered(table, &refused)),
            "{action:?}"
        );
        assert!(
            mine.len() < tables.len() / 2,
            "{action:?} covers too much: {mine:?}"
        );
        if matches!(
            action,
            A::RoomList
                | A::AppointmentList
                | A::PersonSearch
                | A::CaseRead
                | A::CaseLookers
                | A::ReferralRead
                | A::ReferralReceive
                | A::AuditRead
        ) {
            assert!(mine.is_empty(), "{action:?} is reading and covers {mine:?}");
        }
        covered.extend(mine.into_iter().cloned());
    }
    for event in Event::ALL {
        let granted = [note(event.code(), None, NoteResult::Granted)];
        covered.extend(
            tables
                .iter()
                .filter(|table| is_covered(table, &granted))
                .cloned(),
        );
    }
    let never: Vec<_> = tables
        .iter()
        .filter(|table| !covered.contains(*table))
        .collect();
    assert!(never.is_empty(), "no note can ever cover {never:?}");
}

#[tokio::test]
async fn when_the_record_cannot_be_written_nothing_is_read_and_nothing_is_changed() {
    let (_folder, store) = store().await;
    set_up(&store).await.unwrap();
    let count = async || {
        store
            .read(|r| Box::pin(r.organisations()))
            .await
            .unwrap()
            .len()
    };
    let before = count().await;
    store
        .connection()
        .execute_unprepared("ALTER TABLE audit_entry RENAME TO audit_entry_gone")
        .await
        .unwrap();
    let shown = store
        .work(&Actor::Public, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                w.note_scope(
                    &w.scope::<throughline_policy::action::CaseRead>(),
                    &["name"],
                );
                Ok("what must not be shown")
            })
        })
        .await;
    assert!(shown.is_err(), "{shown:?}");
    let made = store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                w.organisation_create("South", OrganisationKind::Charity, Nation::Wales)
                    .await
            })
        })
        .await;
    assert!(made.is_err());
    assert_eq!(count().await, before);
}
