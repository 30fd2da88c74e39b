//! A handle that gathers units of work: what it commits and when, what becomes of a refusal, and that its record is whole.
//! Each look goes through a connection of its own, which sees only what is committed.

use crate::shared::{Raw, TWO, amina, open_case, organisation, read_name};
use tempfile::TempDir;
use throughline_core::id::Ref;
use throughline_core::time::At;
use throughline_policy::{Actor, Purpose};
use throughline_seal::{Keyring, RootKey};
use throughline_store::account::Account;
use throughline_store::{Durability, Error, Keys, Store};
use throughline_testkit::both;
use throughline_testkit::env::{SetClock, seeded, test_start};

/// A store that need not wait for the disk: the only kind whose handles gather.
struct World {
    store: Store,
    clock: std::sync::Arc<SetClock>,
    raw: Raw,
    staff: Vec<Account>,
    _folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let (env, clock) = seeded(7, test_start());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let keys = Keys::new(Keyring::new(RootKey::generate(&env), []));
        let store = Store::sqlite(&path, env, keys, Durability::Throwaway)
            .await
            .unwrap();
        store.migrate().await.unwrap();
        let (_, staff) = organisation(&store, "north", true, TWO).await;
        let url = format!("sqlite://{}?mode=rw", path.display());
        let raw = Raw(sea_orm::Database::connect(url).await.unwrap());
        Self {
            store,
            clock,
            raw,
            staff,
            _folder: folder,
        }
    }

    /// How many cases are committed.
    async fn cases(&self) -> i64 {
        cases(&self.raw).await
    }
}

async fn cases(raw: &Raw) -> i64 {
    raw.number("SELECT count(*) FROM support_case").await
}

async fn entries(raw: &Raw) -> i64 {
    raw.number("SELECT count(*) FROM audit_entry").await
}

/// Reads nothing, for another purpose.
async fn for_another_purpose(store: &Store, actor: &Actor) -> Result<At, Error> {
    store
        .work(actor, Purpose::ReviewSecurity, |w| {
            Box::pin(async move { Ok(w.now()) })
        })
        .await
}

/// Opens a case that nobody has.
async fn refused(store: &Store, actor: &Actor) -> Error {
    let nowhere = Ref::from_bytes([9; 16]);
    read_name(store, actor, nowhere).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_actor_purpose_and_instant_wait_for_one_commit_and_whatever_differs_commits_first()
{
    let world = World::new().await;
    let [one, two] = [&world.staff[0], &world.staff[2]];
    let gathering = world.store.gathering();
    open_case(&gathering, one).await.unwrap();
    open_case(&gathering, one).await.unwrap();
    assert_eq!(world.cases().await, 0, "the same visit goes on");
    open_case(&gathering, two).await.unwrap();
    assert_eq!(world.cases().await, 2, "somebody else commits it");
    world.clock.advance_seconds(1);
    open_case(&gathering, two).await.unwrap();
    assert_eq!(world.cases().await, 3, "another instant commits it");
    for_another_purpose(&gathering, &two.actor()).await.unwrap();
    assert_eq!(world.cases().await, 4, "another purpose commits it");
    gathering.settle().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_sees_what_the_steps_before_it_did_and_settling_or_reading_commits_them() {
    let world = World::new().await;
    let coach = &world.staff[0];
    let gathering = world.store.gathering();
    let case = open_case(&gathering, coach).await.unwrap();
    let name = read_name(&gathering, &coach.actor(), case).await.unwrap();
    assert_eq!((name.as_str(), world.cases().await), ("Amina", 0));
    gathering.settle().await.unwrap();
    assert_eq!(world.cases().await, 1, "settling commits");
    gathering.settle().await.unwrap();
    open_case(&gathering, coach).await.unwrap();
    assert_eq!(world.cases().await, 1);
    gathering
        .read(|r| Box::pin(async move { r.installation().await }))
        .await
        .unwrap();
    assert_eq!(
        world.cases().await,
        2,
        "the door for reading commits it first"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_after_a_step_was_called_done_is_said_at_every_call_from_then_on() {
    let world = World::new().await;
    let [one, two] = [&world.staff[0], &world.staff[2]];
    let gathering = world.store.gathering();
    let lost = |error: &Error| matches!(error, Error::Integrity(_));
    open_case(&gathering, one).await.unwrap();
    let said = refused(&gathering, &one.actor()).await;
    assert!(lost(&said), "what was called done is gone: {said:?}");
    // Nothing goes on as if it were there: neither the same visit, nor another, nor a reading, nor the end.
    for account in [one, two] {
        assert!(lost(&open_case(&gathering, account).await.unwrap_err()));
    }
    let read = gathering
        .read(|r| Box::pin(async move { r.installation().await }))
        .await;
    assert!(read.is_err_and(|error| lost(&error)));
    for _ in 0..2 {
        assert!(gathering.settle().await.is_err_and(|error| lost(&error)));
    }
    assert_eq!(world.cases().await, 0, "it was undone as a whole");
    // Another handle on the same store is as good as new.
    open_case(&world.store, one).await.unwrap();
    assert_eq!(world.cases().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_that_undoes_nothing_is_on_the_record_and_the_handle_goes_on() {
    let world = World::new().await;
    let [one, two] = [&world.staff[0], &world.staff[2]];
    let gathering = world.store.gathering();
    let before = entries(&world.raw).await;
    let said = refused(&gathering, &one.actor()).await;
    assert!(matches!(said, Error::NotFound(_)), "{said:?}");
    assert_eq!(entries(&world.raw).await, before + 1);
    // Somebody else's refusal: what the first one did was committed before it.
    open_case(&gathering, one).await.unwrap();
    let said = refused(&gathering, &two.actor()).await;
    assert!(matches!(said, Error::NotFound(_)), "{said:?}");
    assert_eq!(world.cases().await, 1);
    // Settled before a step that may be refused, nothing is lost by the same one's refusal either.
    open_case(&gathering, one).await.unwrap();
    gathering.settle().await.unwrap();
    let said = refused(&gathering, &one.actor()).await;
    assert!(matches!(said, Error::NotFound(_)), "{said:?}");
    gathering.settle().await.unwrap();
    assert_eq!(world.cases().await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_refused_is_said_and_nothing_goes_on_after_it() {
    let world = World::new().await;
    let coach = &world.staff[0];
    // Their access has ended: the step does not look, the commit does.
    world
        .raw
        .run("UPDATE account SET state = 'ended', ended_at = 1")
        .await;
    let gathering = world.store.gathering();
    open_case(&gathering, coach).await.unwrap();
    let said = gathering.settle().await.unwrap_err();
    assert!(matches!(said, Error::Denied(_)), "{said:?}");
    let said = gathering.settle().await.unwrap_err();
    assert!(matches!(said, Error::Integrity(_)), "{said:?}");
    assert_eq!(world.cases().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_record_of_gathered_work_is_whole_and_holds_what_single_units_would_have_written() {
    // What was done, to whom and for what; when it was committed is no part of it.
    let said = "SELECT action || ' ' || result || ' ' || body FROM audit_entry ORDER BY seq";
    let mut records = Vec::new();
    for gathered in [false, true] {
        let world = World::new().await;
        let store = if gathered {
            world.store.gathering()
        } else {
            world.store.clone()
        };
        for account in [&world.staff[0], &world.staff[0], &world.staff[2]] {
            let case = open_case(&store, account).await.unwrap();
            world.clock.advance_seconds(1);
            read_name(&store, &account.actor(), case).await.unwrap();
        }
        store.settle().await.unwrap();
        let report = world.store.audit_verify(None).await.unwrap();
        assert_eq!(report.all_problems().count(), 0, "gathered: {gathered}");
        records.push(world.raw.texts(said).await);
    }
    let [single, gathered] = [&records[0], &records[1]];
    let opened = |lines: &[String]| lines.iter().filter(|l| l.starts_with("case_open ")).count();
    assert_eq!(opened(gathered), 3, "{gathered:?}");
    assert_eq!(single, gathered);
    assert!(gathered.iter().all(|line| !line.contains(&amina().chosen)));
}

both!(
    on_a_store_that_waits_for_the_disk_a_gathering_handle_is_a_plain_one,
    |world| {
        let raw = Raw::of(world).await;
        let (_, staff) = organisation(&world.store, "north", true, TWO).await;
        let (handle, coach) = (world.store.gathering(), &staff[0]);
        let case = open_case(&handle, coach).await.unwrap();
        assert_eq!(cases(&raw).await, 1, "done is said when it is on disk");
        let said = refused(&handle, &coach.actor()).await;
        assert!(matches!(said, Error::NotFound(_)), "{said:?}");
        let name = read_name(&handle, &coach.actor(), case).await.unwrap();
        assert_eq!(name, "Amina", "a refusal undoes nothing that was done");
        handle.settle().await.unwrap();
        let report = world.store.audit_verify(None).await.unwrap();
        assert_eq!(report.all_problems().count(), 0);
    }
);
