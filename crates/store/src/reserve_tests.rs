//! A disk without room: nothing half done, nothing shown without its record, and everything goes on when there is room again.

use std::path::PathBuf;

use sea_orm::ConnectionTrait as _;
use tempfile::TempDir;
use throughline_core::nation::Nation;
use throughline_core::role::Role;
use throughline_policy::action::{CaseOpen, CaseRead};
use throughline_policy::{Actor, Facts, Purpose, Ties};
use throughline_seal::Token;

use crate::account::{Account, NewAccount};
use crate::case::{NewCase, RiskClock};
use crate::doors_tests::store;
use crate::person::PersonSheet;
use crate::setup::OrganisationKind;
use crate::{Error, Result, Store};

const MEGABYTE: u64 = 1 << 20;

/// A world with one coach: the folder, the store, the coach and where the database is.
async fn world() -> (TempDir, Store, Account, PathBuf) {
    let (folder, store) = store().await;
    let coach = store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let own = w
                    .installation_create("North", OrganisationKind::Council, Nation::England, true)
                    .await?;
                let site = w
                    .site_create(own.id, "Desk", None, Nation::England, true)
                    .await?;
                let new = NewAccount {
                    organisation: own.id,
                    site: Some(site.id),
                    role: Role::WorkCoach,
                    name: "A coach",
                    email: "coach@example.org",
                    password: None,
                };
                w.account_create(&new).await
            })
        })
        .await
        .unwrap();
    let path = folder.path().join("test.db");
    (folder, store, coach, path)
}

async fn open_case(store: &Store, coach: &Account) -> Result<()> {
    store
        .work(&coach.actor(), Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let site = coach.site.ok_or(Error::Conflict)?;
                let permit = w.permit::<CaseOpen>(&Facts {
                    subject: site,
                    person: None,
                    ties: Ties {
                        organisation: Some(coach.organisation),
                        site: Some(site),
                        ..Ties::default()
                    },
                })?;
                let person = PersonSheet {
                    chosen: "Amina".to_owned(),
                    given: None,
                    family: None,
                    born: None,
                    age_band: None,
                    language: None,
                    interpreter: None,
                    access: vec![],
                };
                let new = NewCase {
                    person: &person,
                    lead: coach.id,
                    pack: "england-test",
                    risk_clock: RiskClock::Running,
                };
                w.case_open(&permit, &new).await.map(drop)
            })
        })
        .await
}

/// How many cases the coach is shown; each look is recorded.
async fn looked(store: &Store, coach: &Account) -> Result<usize> {
    store
        .work(&coach.actor(), Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let scope = w.scope::<CaseRead>();
                Ok(w.cases(&scope, true, 1_000).await?.len())
            })
        })
        .await
}

async fn entries(store: &Store) -> u64 {
    store
        .read(|r| Box::pin(async move { Ok(r.figures().await?.audit_entries) }))
        .await
        .unwrap()
}

/// The database grows no further: SQLite takes the least number of pages that there is.
async fn is_full(store: &Store) {
    let sql = "PRAGMA max_page_count = 1";
    store.connection().execute_unprepared(sql).await.unwrap();
}

async fn has_room(store: &Store) {
    let sql = "PRAGMA max_page_count = 1073741823";
    store.connection().execute_unprepared(sql).await.unwrap();
}

/// Opens cases until one is refused; gives how many there are and why it was.
async fn until_refused(store: &Store, coach: &Account, mut kept: usize) -> (usize, Error) {
    loop {
        match open_case(store, coach).await {
            Ok(()) => kept += 1,
            Err(error) => return (kept, error),
        }
        assert!(kept < 1_000, "it never was full");
    }
}

#[tokio::test]
async fn a_database_without_room_takes_nothing_and_takes_again_once_there_is_room() {
    let (_folder, store, coach, _) = world().await;
    is_full(&store).await;
    let (kept, refused) = until_refused(&store, &coach, 0).await;
    assert!(matches!(refused, Error::Full), "{refused:?}");
    // Again and again: one failure must not spoil what comes after. (The connection that failed is never used again; the next
    // one has to be told that there is no room.)
    for _ in 0..3 {
        is_full(&store).await;
        let refused = open_case(&store, &coach).await;
        assert!(matches!(refused, Err(Error::Full)), "{refused:?}");
    }
    has_room(&store).await;
    open_case(&store, &coach).await.unwrap();
    assert_eq!(looked(&store, &coach).await.unwrap(), kept + 1);
    let report = store.audit_verify(None).await.unwrap();
    assert_eq!(report.all_problems().count(), 0);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn while_the_reserve_lasts_people_are_read_about_and_nothing_else_is_kept() {
    let (_folder, store, coach, path) = world().await;
    assert!(store.keep_room(&path, MEGABYTE));
    let reserve = path.with_extension("reserve");
    assert_eq!(std::fs::metadata(&reserve).unwrap().len(), MEGABYTE);
    open_case(&store, &coach).await.unwrap();

    is_full(&store).await;
    let (kept, _) = until_refused(&store, &coach, 1).await;
    assert!(store.is_short_of_room() && !reserve.exists());
    // What the reserve held is there for the record now.
    has_room(&store).await;
    let before = entries(&store).await;
    assert_eq!(looked(&store, &coach).await.unwrap(), kept);
    assert_eq!(entries(&store).await, before + 1, "a look is not on record");
    let refused = open_case(&store, &coach).await;
    assert!(matches!(refused, Err(Error::Full)), "{refused:?}");
    assert_eq!(looked(&store, &coach).await.unwrap(), kept);
    // A search and a refusal leave a row for whoever watches, and are not stopped by that.
    let found = store
        .work(&coach.actor(), Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let found = w.people_matching(&w.scope(), "Amina", None, 1_000).await?;
                Ok(found.len())
            })
        })
        .await;
    assert_eq!(found.unwrap(), kept);
    let nowhere = store
        .work(&coach.actor(), Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.case_facts(w.env().reference()).await?;
                w.permit_found::<CaseRead>(facts).map(drop)
            })
        })
        .await;
    assert!(matches!(nowhere, Err(Error::NotFound(_))), "{nowhere:?}");

    // Whoever has to sign in again is let in, also with a code, a passkey or at the organisation's own service.
    let id = coach.id;
    store
        .work(&coach.actor(), Purpose::SignIn, |w| {
            Box::pin(async move {
                let until = w.now().plus_hours(1);
                assert!(w.flow_use(&[7; 32], until).await?);
                w.totp_step_use(id, 7).await?;
                let token = Token::generate(w.env());
                w.session_create(id, &token, until).await
            })
        })
        .await
        .unwrap();

    // Somebody made room: nothing is started again.
    store.look_for_room();
    assert!(!store.is_short_of_room() && reserve.exists());
    open_case(&store, &coach).await.unwrap();
    assert_eq!(looked(&store, &coach).await.unwrap(), kept + 1);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_reserve_larger_than_the_disk_is_not_taken_and_changes_wait_for_it() {
    let (_folder, store, coach, path) = world().await;
    assert!(!store.keep_room(&path, 1 << 60));
    store.look_for_room();
    assert!(store.is_short_of_room());
    assert!(!path.with_extension("reserve").exists());
    let refused = open_case(&store, &coach).await;
    assert!(matches!(refused, Err(Error::Full)), "{refused:?}");
    assert_eq!(looked(&store, &coach).await.unwrap(), 0);
}
