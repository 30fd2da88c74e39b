//! Erasing a person: what stands before it, that two people do it, that nothing is left that opens, in rows or in the raw bytes of
//! the files, and that a backup brings nobody again (docs/decisions/0022-erasure.md; ASSURANCE G4).

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use crate::shared::{HELP, Raw, amina, open_case, organisation, read_name};
use throughline_core::answer::Answer;
use throughline_core::child::Safeguarding;
use throughline_core::contact::{AnsweredBy, Channel, Verdict};
use throughline_core::disclosure::AskedBy;
use throughline_core::erasure::{ErasureState, Ground, HoldKind};
use throughline_core::id::Ref;
use throughline_core::reason::{Reason, Words};
use throughline_core::role::Role;
use throughline_policy::action::{
    AccessAnswer, CaseChange, CaseErase, CaseRead, DraftKeep, ErasureDecide,
};
use throughline_policy::{ActionKind, Actor, Purpose};
use throughline_store::account::Account;
use throughline_store::backup::restore;
use throughline_store::case::CaseState;
use throughline_store::contact::NewContact;
use throughline_store::erasure::Erasure;
use throughline_store::{Durability, Error, Result, Store, Work};
use throughline_testkit::actor::proved;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

const RIGHTS: Purpose = Purpose::AnswerRights;
const ROLES: &[Role] = &[Role::WorkCoach, Role::DaLead, Role::SecurityOfficer];

fn why() -> Reason {
    Reason::new("a letter of the third").unwrap()
}

/// A coach, the lead of their site, and the security officer.
struct People {
    coach: Account,
    lead: Actor,
    officer: Actor,
}

async fn people(world: &TestStore) -> People {
    let (_, accounts) = organisation(&world.store, "north", true, ROLES).await;
    People {
        coach: accounts[0].clone(),
        lead: proved(accounts[1].actor(), world.env.now()),
        officer: proved(accounts[2].actor(), world.env.now()),
    }
}

/// Gives a case a statement, a number, a draft about it and a conversation's worth of rows.
async fn fill(world: &TestStore, coach: &Account, case: Ref) {
    let (actor, case) = (coach.actor(), &case);
    world
        .store
        .work(&actor, HELP, |w| {
            Box::pin(async move {
                let facts = w.case_facts(*case).await?;
                let may = w.permit_found::<CaseChange>(facts)?;
                w.statement_write(&may, &Words::new("He found the house.").unwrap())
                    .await?;
                let expires_at = w.now().plus_days(30);
                let number = NewContact {
                    channel: Channel::PhoneMobile,
                    verdict: Verdict::Safe,
                    value: "07700 900123",
                    windows: &[],
                    voicemail: false,
                    answered_by: AnsweredBy::OnlyThem,
                    neutral_only: true,
                    shared_account: Answer::No,
                    say: None,
                    expires_at,
                };
                w.contact_add(&may, &number).await?;
                let page = format!("cases/{case}/statement");
                let mine = w.draft_facts(&page).await?;
                let may = w.permit::<DraftKeep>(&mine)?;
                w.draft_keep(&may, &page, &BTreeMap::from([("words", "He found")]))
                    .await?;
                Ok(())
            })
        })
        .await
        .unwrap();
}

async fn close(store: &Store, coach: &Account, case: Ref) {
    let (actor, case) = (coach.actor(), &case);
    store
        .work(&actor, HELP, |w| {
            Box::pin(async move {
                let facts = w.case_facts(*case).await?;
                let read = w.permit_found::<CaseRead>(facts)?;
                let version = w.case_read(&read).await?.version;
                let may = w.permit_found::<CaseChange>(facts)?;
                w.case_state_set(&may, version, CaseState::Closed).await
            })
        })
        .await
        .unwrap();
}

/// A step under the permit that asks for an erasure and sets holds.
macro_rules! asking {
    ($world:expr, $actor:expr, $case:expr, |$w:ident, $may:ident| $step:expr) => {
        asking!($world, $actor, $case, CaseErase, |$w, $may| $step)
    };
    ($world:expr, $actor:expr, $case:expr, $action:ty, |$w:ident, $may:ident| $step:expr) => {{
        let case = &$case;
        $world
            .store
            .work($actor, RIGHTS, |$w: &mut Work<'_>| {
                Box::pin(async move {
                    let facts = $w.case_facts(*case).await?;
                    let $may = &$w.permit_found::<$action>(facts)?;
                    $step
                })
            })
            .await
    }};
}

/// A step under the permit that decides.
macro_rules! deciding {
    ($store:expr, $actor:expr, $erasure:expr, |$w:ident, $may:ident| $step:expr) => {{
        let erasure = &$erasure;
        $store
            .work($actor, RIGHTS, |$w: &mut Work<'_>| {
                Box::pin(async move {
                    let facts = $w.erasure_facts(*erasure).await?;
                    let $may = &$w.permit_found::<ErasureDecide>(facts)?;
                    $step
                })
            })
            .await
    }};
}

async fn ask(world: &TestStore, people: &People, case: Ref) -> Result<Ref> {
    asking!(world, &people.lead, case, |w, may| w
        .erasure_ask(may, Ground::AskedByPerson, &why())
        .await)
}

async fn confirm(world: &TestStore, people: &People, erasure: Ref) -> Result<()> {
    deciding!(world.store, &people.officer, erasure, |w, may| w
        .erasure_confirm(may)
        .await)
}

async fn read(world: &TestStore, people: &People, erasure: Ref) -> Erasure {
    deciding!(world.store, &people.officer, erasure, |w, may| w
        .erasure(may)
        .await)
    .unwrap()
    .0
}

/// Asked and decided.
async fn erase(world: &TestStore, people: &People, case: Ref) -> Ref {
    close(&world.store, &people.coach, case).await;
    let erasure = ask(world, people, case).await.unwrap();
    confirm(world, people, erasure).await.unwrap();
    erasure
}

/// Rows by table, of the tables that grow with people.
async fn rows(raw: &Raw) -> BTreeMap<&'static str, i64> {
    let mut out = BTreeMap::new();
    for table in [
        "person",
        "person_index",
        "support_case",
        "case_event",
        "statement",
        "contact_point",
        "draft",
        "legal_hold",
    ] {
        out.insert(
            table,
            raw.number(&format!("SELECT count(*) FROM {table}")).await,
        );
    }
    let keys = "SELECT count(*) FROM data_key WHERE owner_kind = 'person'";
    out.insert("data_key", raw.number(keys).await);
    out
}

both!(
    a_person_is_erased_by_two_and_is_then_as_if_they_had_never_been_there,
    |world| {
        let people = people(world).await;
        let (gone, stays) = (
            open_case(&world.store, &people.coach).await.unwrap(),
            open_case(&world.store, &people.coach).await.unwrap(),
        );
        fill(world, &people.coach, stays).await;
        let raw = Raw::of(world).await;
        let of_one = rows(&raw).await;
        fill(world, &people.coach, gone).await;
        assert_ne!(of_one, rows(&raw).await);
        let erasure = erase(world, &people, gone).await;

        // One person's rows are left, and they open.
        let left = rows(&raw).await;
        assert_eq!(
            (left["person"], left["data_key"], left["support_case"]),
            (1, 1, 1),
            "{left:?}"
        );
        assert_eq!(
            (left["statement"], left["contact_point"], left["draft"]),
            (1, 1, 1)
        );
        assert_eq!(left["person_index"] * 2, of_one["person_index"]);
        let coach = people.coach.actor();
        assert_eq!(
            read_name(&world.store, &coach, stays).await.unwrap(),
            "Amina"
        );
        // To whoever asks, it is what never was: the same error as for a reference to nothing.
        let never = world.env.reference();
        for actor in [&coach, &people.lead, &people.officer] {
            let (a, b) = (
                read_name(&world.store, actor, gone).await.unwrap_err(),
                read_name(&world.store, actor, never).await.unwrap_err(),
            );
            assert!(matches!(a, Error::NotFound(ActionKind::CaseRead)), "{a:?}");
            assert_eq!(format!("{a:?}"), format!("{b:?}"));
        }
        // What is left of the decision names nobody.
        let done = read(world, &people, erasure).await;
        assert_eq!(
            (done.state, done.person, done.reason),
            (ErasureState::Done, None, None)
        );
        assert!(done.held_since.is_some());
        // The record of who looked is whole, and says that it was done.
        assert!(world.store.audit_verify(None).await.unwrap().ok());
        let erased = "SELECT count(*) FROM audit_entry WHERE action = 'erased'";
        assert_eq!(raw.number(erased).await, 1);
        // Nothing is decided twice.
        let twice = confirm(world, &people, erasure).await;
        assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
    }
);

both!(
    nobody_is_erased_while_a_case_is_open_or_held_or_by_one_person_alone,
    |world| {
        let people = people(world).await;
        let case = open_case(&world.store, &people.coach).await.unwrap();
        let raw = Raw::of(world).await;
        let before = rows(&raw).await;
        // Asked while it is open (the use case refuses; here the second look is what is tried).
        let erasure = ask(world, &people, case).await.unwrap();
        let open = confirm(world, &people, erasure).await;
        assert!(
            matches!(open, Err(Error::Illegal("erasure-something-stands"))),
            "{open:?}"
        );
        close(&world.store, &people.coach, case).await;
        // A hold that is set between the two.
        asking!(world, &people.lead, case, |w, may| w
            .hold_set(may, HoldKind::DeathReview, &why())
            .await)
        .unwrap();
        let held = confirm(world, &people, erasure).await;
        assert!(
            matches!(held, Err(Error::Illegal("erasure-something-stands"))),
            "{held:?}"
        );
        let twice = asking!(world, &people.lead, case, |w, may| w
            .hold_set(may, HoldKind::Complaint, &why())
            .await);
        assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
        let hold = asking!(world, &people.lead, case, |w, may| w.hold(may).await)
            .unwrap()
            .unwrap();
        assert_eq!(
            (hold.kind, hold.reason.as_str()),
            (HoldKind::DeathReview, why().as_str())
        );
        let hold = hold.reference;
        asking!(world, &people.lead, case, |w, may| w
            .hold_lift(may, hold)
            .await)
        .unwrap();
        // Somebody who asked to see what is held has no answer yet.
        let recipient = &Words::new("Amina Quill").unwrap();
        let request = asking!(world, &people.lead, case, AccessAnswer, |w, may| w
            .access_request_add(may, AskedBy::Person, "en", recipient)
            .await)
        .unwrap();
        let unseen = confirm(world, &people, erasure).await;
        assert!(
            matches!(unseen, Err(Error::Illegal("erasure-something-stands"))),
            "{unseen:?}"
        );
        asking!(world, &people.lead, case, AccessAnswer, |w, may| w
            .access_end(may, request, 1)
            .await)
        .unwrap();
        // Whoever asked cannot decide, whatever role they have since been given.
        let me = people.officer.account().unwrap().uuid();
        let spelled = if raw.is_sqlite() {
            format!("X'{}'", me.simple())
        } else {
            format!("'{me}'")
        };
        let own = format!("UPDATE erasure SET asked_by = {spelled}");
        assert_eq!(raw.run(&own).await, 1);
        let alone = confirm(world, &people, erasure).await;
        assert!(
            matches!(alone, Err(Error::Illegal("erasure-needs-second-person"))),
            "{alone:?}"
        );
        assert_eq!(raw.run("UPDATE erasure SET asked_by = NULL").await, 1);
        // Nothing of all that erased anything.
        let now = rows(&raw).await;
        assert_eq!(
            (now["person"], now["data_key"]),
            (before["person"], before["data_key"])
        );
        // Control: with all of it out of the way, it is done.
        confirm(world, &people, erasure).await.unwrap();
        assert_eq!(rows(&raw).await["person"], 0);
    }
);

both!(
    only_who_answers_for_the_site_asks_and_only_an_officer_decides_and_both_prove_themselves,
    |world| {
        let (_, accounts) = organisation(&world.store, "north", true, ROLES).await;
        let case = open_case(&world.store, &accounts[0]).await.unwrap();
        let people = People {
            coach: accounts[0].clone(),
            lead: proved(accounts[1].actor(), world.env.now()),
            officer: proved(accounts[2].actor(), world.env.now()),
        };
        // The lead of another site, the coach, the officer; the lead without proof.
        for actor in [
            proved(accounts[4].actor(), world.env.now()),
            proved(accounts[0].actor(), world.env.now()),
            people.officer.clone(),
            accounts[1].actor(),
        ] {
            let done = asking!(world, &actor, case, |w, may| w
                .erasure_ask(may, Ground::PeriodOver, &why())
                .await);
            assert!(matches!(done, Err(Error::Denied(_))), "{actor:?} {done:?}");
        }
        let erasure = ask(world, &people, case).await.unwrap();
        for actor in [
            people.lead.clone(),
            accounts[2].actor(),
            accounts[0].actor(),
        ] {
            let done = deciding!(world.store, &actor, erasure, |w, may| w
                .erasure_confirm(may)
                .await);
            assert!(matches!(done, Err(Error::Denied(_))), "{actor:?} {done:?}");
        }
        // Refused, it can be asked for again; taken back too.
        deciding!(world.store, &people.officer, erasure, |w, may| w
            .erasure_refuse(may)
            .await)
        .unwrap();
        ask(world, &people, case).await.unwrap();
        asking!(world, &people.lead, case, |w, may| w
            .erasure_take_back(may)
            .await)
        .unwrap();
        assert_eq!(
            read(world, &people, erasure).await.state,
            ErasureState::Refused
        );
        // The list is the organisation's, and holds neither reason nor person.
        let listed = world
            .store
            .work(&people.officer, RIGHTS, |w| {
                Box::pin(async move { w.erasures(&w.scope(), 50).await })
            })
            .await
            .unwrap();
        assert_eq!(listed.len(), 2);
        assert!(listed.iter().all(|one| one.reason.is_none()));
    }
);

both!(
    a_parents_record_ends_and_what_was_decided_about_the_child_stays_the_childs,
    |world| {
        let people = people(world).await;
        let parent = open_case(&world.store, &people.coach).await.unwrap();
        let (coach, parent) = (people.coach.actor(), &parent);
        let child = world
            .store
            .work(&coach, HELP, |w| {
                Box::pin(async move {
                    let facts = w.case_facts(*parent).await?;
                    let may = w.permit_found::<CaseChange>(facts)?;
                    let due = w.now().plus_days(1);
                    let child = w.child_add(&may, &amina(), due).await?;
                    let decision = Safeguarding::NotNeeded(Reason::new("safe with gran").unwrap());
                    w.child_decide(&may, child, 1, &decision).await?;
                    Ok(child)
                })
            })
            .await
            .unwrap();
        erase(world, &people, *parent).await;
        let child = &child;
        let (story, is_child) = world
            .store
            .work(&coach, HELP, |w| {
                Box::pin(async move {
                    let facts = w.case_facts(*child).await?;
                    let may = w.permit_found::<CaseRead>(facts)?;
                    let answered = w.case_read(&may).await?.about_children;
                    Ok((w.story(&may, 20).await?, answered))
                })
            })
            .await
            .unwrap();
        assert!(
            is_child.is_some(),
            "nobody asks whether a child has children"
        );
        let reasons: Vec<_> = story
            .iter()
            .filter_map(|line| line.detail.get("reason"))
            .collect();
        assert_eq!(reasons, ["safe with gran"]);
        let raw = Raw::of(world).await;
        assert_eq!(raw.number("SELECT count(*) FROM child").await, 0);
    }
);

both!(
    what_holds_a_parents_record_holds_the_childs_line_in_it,
    |world| {
        let people = people(world).await;
        let parent = open_case(&world.store, &people.coach).await.unwrap();
        let (coach, of) = (people.coach.actor(), &parent);
        let child = world
            .store
            .work(&coach, HELP, |w| {
                Box::pin(async move {
                    let facts = w.case_facts(*of).await?;
                    let may = w.permit_found::<CaseChange>(facts)?;
                    let due = w.now().plus_days(1);
                    w.child_add(&may, &amina(), due).await
                })
            })
            .await
            .unwrap();
        asking!(world, &people.lead, parent, |w, may| w
            .hold_set(may, HoldKind::DeathReview, &why())
            .await)
        .unwrap();
        close(&world.store, &people.coach, child).await;
        let erasure = ask(world, &people, child).await.unwrap();
        let held = confirm(world, &people, erasure).await;
        assert!(
            matches!(held, Err(Error::Illegal("erasure-something-stands"))),
            "{held:?}"
        );
        // Control: once nothing is held, it is done.
        let hold = asking!(world, &people.lead, parent, |w, may| w.hold(may).await)
            .unwrap()
            .unwrap()
            .reference;
        asking!(world, &people.lead, parent, |w, may| w
            .hold_lift(may, hold)
            .await)
        .unwrap();
        confirm(world, &people, erasure).await.unwrap();
    }
);

/// The bytes of every file of a SQLite database, and of what a temporary file of it would hold beside it.
fn files(database: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(database.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            all.extend(std::fs::read(path).unwrap());
        }
    }
    all
}

/// As much of a value as is looked for: enough for chance to have no part in it.
const PART: usize = 16;

/// Which of these stand in the bytes.
fn found(needles: &[(String, Vec<u8>)], bytes: &[u8]) -> Vec<String> {
    let wanted: HashSet<&[u8]> = needles.iter().map(|(_, part)| part.as_slice()).collect();
    let there: HashSet<&[u8]> = bytes
        .windows(PART)
        .filter(|window| wanted.contains(window))
        .collect();
    needles
        .iter()
        .filter(|(_, part)| there.contains(part.as_slice()))
        .map(|(name, _)| name.clone())
        .collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// Every byte that is kept of a person and that nobody else has: the wrapped key, hashes, sealed values, references.
async fn needles(raw: &Raw, reference: Ref) -> Vec<(String, Vec<u8>)> {
    let person = format!("(SELECT person_id FROM support_case WHERE reference = '{reference}')");
    let case = format!("(SELECT id FROM support_case WHERE reference = '{reference}')");
    let name = reference.to_string().into_bytes()[..PART].to_vec();
    let mut out = vec![("its reference".to_owned(), name)];
    for (table, column, of) in [
        ("data_key", "wrapped", format!("owner_id = {person}")),
        ("person", "name", format!("id = {person}")),
        ("person_index", "hash", format!("person_id = {person}")),
        ("person_index", "id", format!("person_id = {person}")),
        ("statement", "words", format!("person_id = {person}")),
        ("contact_point", "value", format!("person_id = {person}")),
        ("contact_point", "rules", format!("person_id = {person}")),
        ("case_event", "id", format!("case_id = {case}")),
        ("draft", "body", format!("page LIKE '%{reference}%'")),
    ] {
        let sql = format!("SELECT hex({column}) FROM {table} WHERE {of} AND {column} IS NOT NULL");
        for (n, value) in raw.texts(&sql).await.iter().enumerate() {
            // Long values lie on more than one page: the beginning of one is enough to be found.
            let bytes = unhex(value);
            let part = bytes[..PART].to_vec();
            out.push((format!("{table}.{column} {n}"), part));
        }
    }
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g4_nothing_of_an_erased_person_is_left_in_the_raw_files() {
    let world = TestStore::sqlite().await;
    let file = world.sqlite_path().unwrap();
    let people = people(&world).await;
    let raw = Raw::of(&world).await;
    let (mut gone, mut stay) = (Vec::new(), Vec::new());
    // Many, and on many pages, so that trees were split and balanced on the way.
    for n in 0..60 {
        let case = open_case(&world.store, &people.coach).await.unwrap();
        fill(&world, &people.coach, case).await;
        if n % 2 == 0 { &mut gone } else { &mut stay }.push(case);
    }
    let (mut theirs, mut others) = (Vec::new(), Vec::new());
    for case in &gone {
        theirs.extend(needles(&raw, *case).await);
    }
    for case in &stay {
        others.extend(needles(&raw, *case).await);
    }
    // Two people of one name have one hash: it stays with those who stay.
    let kept: std::collections::BTreeSet<_> =
        others.iter().map(|(_, bytes)| bytes.clone()).collect();
    theirs.retain(|(_, bytes)| !kept.contains(bytes));
    assert!(theirs.len() > gone.len() * 9, "{}", theirs.len());
    // Control: before, all of it is found, also by this very way of looking.
    assert_eq!(found(&theirs, &files(&file)).len(), theirs.len());
    for case in gone {
        erase(&world, &people, case).await;
    }
    // Control: deleted and no more than that, it is still there to be found, in the log or in free space.
    assert!(!found(&theirs, &files(&file)).is_empty());
    raw.0.close_by_ref().await.unwrap();
    assert!(world.store.erasures_purge().await.unwrap() > 0);
    let after = files(&file);
    assert_eq!(found(&theirs, &after), Vec::<String>::new());
    // Control: whoever stays is found, by the same way of looking.
    assert_eq!(found(&others, &after).len(), others.len());
    assert_eq!(
        world.store.erasures_purge().await.unwrap(),
        0,
        "once is enough"
    );
    assert!(world.store.audit_verify(None).await.unwrap().ok());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql_every_table_of_a_person_is_written_anew() {
    let Some(world) = TestStore::postgres().await else {
        return;
    };
    let people = people(&world).await;
    let raw = Raw::of(&world).await;
    let case = open_case(&world.store, &people.coach).await.unwrap();
    fill(&world, &people.coach, case).await;
    erase(&world, &people, case).await;
    let file = "SELECT string_agg(relname || ':' || relfilenode, ' ' ORDER BY relname) FROM pg_class \
                WHERE relname IN ('data_key', 'person', 'statement', 'contact_point', 'draft', 'outbox')";
    let before = raw.texts(file).await;
    assert_eq!(world.store.erasures_purge().await.unwrap(), 1);
    let after = raw.texts(file).await;
    let (before, after): (Vec<_>, Vec<_>) = (
        before[0].split(' ').collect(),
        after[0].split(' ').collect(),
    );
    assert_eq!(before.len(), 6);
    for (old, new) in before.iter().zip(&after) {
        assert_ne!(old, new, "still in its old file");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_is_put_back_brings_nobody_again() {
    let world = TestStore::sqlite().await;
    let people = people(&world).await;
    let case = open_case(&world.store, &people.coach).await.unwrap();
    let stays = open_case(&world.store, &people.coach).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    world
        .store
        .backup(&at("backup"), &at("marks"))
        .await
        .unwrap();
    let erasure = erase(&world, &people, case).await;
    assert_eq!(world.store.erasures_settle(&at("marks")).await.unwrap(), 0);
    let list = at("marks").join(throughline_store::erased_list::FILE);
    assert_eq!(std::fs::read_to_string(&list).unwrap().lines().count(), 1);
    // The officer is told which backups hold the key still.
    let done = read(&world, &people, erasure).await;
    let erased_at = done.decided_at.unwrap();
    let backups = deciding!(world.store, &people.officer, erasure, |w, may| w
        .backups_before(may, erased_at)
        .await)
    .unwrap();
    assert_eq!(backups.len(), 1);

    for with_list in [false, true] {
        let marks = at(if with_list { "with" } else { "without" });
        let database = marks.with_extension("db");
        let keys = world.store.keys();
        restore(&at("backup"), &database, &marks, keys.keyring())
            .await
            .unwrap();
        let store = Store::sqlite(&database, world.env.clone(), keys.clone(), Durability::Full)
            .await
            .unwrap();
        if with_list {
            Store::erasures_join(&list, &marks).await.unwrap();
        }
        let again = store.erasures_settle(&marks).await.unwrap();
        let coach = people.coach.actor();
        let name = read_name(&store, &coach, case).await;
        assert_eq!(read_name(&store, &coach, stays).await.unwrap(), "Amina");
        if with_list {
            assert_eq!(again, 1);
            assert!(matches!(name, Err(Error::NotFound(_))), "{name:?}");
            assert_eq!(
                store.erasures_settle(&marks).await.unwrap(),
                0,
                "once is enough"
            );
            assert!(store.audit_verify(None).await.unwrap().ok());
        } else {
            // Control: without the list the backup brings them again.
            assert_eq!((again, name.unwrap().as_str()), (0, "Amina"));
        }
    }
    world.finish().await;
}
