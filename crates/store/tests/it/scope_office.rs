//! The lists that name no person helped: colleagues, programs, rows of a feed set aside. Each is exactly what the decision would
//! allow one by one, for every standing, once that actor has proved themselves again.

use std::collections::BTreeSet;

use crate::shared::{HELP, Raw, organisation};
use throughline_core::code::Code as _;
use throughline_core::id::{Id, Ref};
use throughline_core::role::Role;
use throughline_core::time::At;
use throughline_policy::action::{AccountManage, ClientManage, QuarantineRead, SecondPersonDecide};
use throughline_policy::{Action, ActionKind, Actor, Facts, decide};
use throughline_store::account::Account;
use throughline_testkit::actor::proved;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;
use uuid::Uuid;

/// Which of them the decision allows: a list shows what may be asked for, the proof is asked for when one is opened.
fn allowed<A: Action>(
    actor: &Actor,
    facts: &[Facts<A::Subject>],
    id: fn(A::Subject) -> Uuid,
    now: At,
) -> BTreeSet<Uuid> {
    facts
        .iter()
        .filter(|facts| decide::<A>(&proved(actor.clone(), now), HELP, facts, now).is_ok())
        .map(|facts| id(facts.subject))
        .collect()
}

async fn references(raw: &Raw, table: &str, only: &str) -> Vec<Ref> {
    let sql = format!("SELECT reference FROM {table} WHERE {only}");
    let rows = raw.texts(&sql).await;
    rows.iter().map(|text| text.parse().unwrap()).collect()
}

/// Programs, rows set aside and questions to a second person of both organisations, some over and some waiting.
async fn fill(world: &TestStore, raw: &Raw) {
    let (bytes, id): (_, fn(&Uuid) -> String) = if raw.is_sqlite() {
        ("X'", |id| format!("X'{}'", id.simple()))
    } else {
        ("'\\x", |id| format!("'{id}'"))
    };
    let fresh = || world.env.id::<()>().uuid();
    let blob = || format!("{bytes}{}'", fresh().simple());
    let reference = || world.env.reference();
    let spelled = if raw.is_sqlite() {
        "hex(id)"
    } else {
        "id::text"
    };
    let organisations = raw
        .texts(&format!("SELECT {spelled} FROM organisation"))
        .await;
    for own in &organisations {
        let own = id(&own.parse().unwrap());
        let (feed, run) = (id(&fresh()), id(&fresh()));
        raw.run(&format!(
            "INSERT INTO feed (id, reference, organisation_id, name, location, format, created_at, version) \
             VALUES ({feed}, '{}', {own}, 'A feed', 'here', 'x', 1, 1)",
            reference()
        ))
        .await;
        raw.run(&format!(
            "INSERT INTO feed_run (id, reference, feed_id, started_at, outcome, rows_read, rows_added, rows_changed, rows_unchanged, \
             rows_repaired, rows_quarantined) VALUES ({run}, '{}', {feed}, 1, 'done', 0, 0, 0, 0, 0, 0)",
            reference()
        ))
        .await;
        for (n, state) in ["open", "open", "discarded"].iter().enumerate() {
            raw.run(&format!(
                "INSERT INTO quarantine (id, reference, organisation_id, feed_id, run_id, row_number, reason, fingerprint, raw, state, created_at) \
                 VALUES ({}, '{}', {own}, {feed}, {run}, {n}, 'not_a_service', {}, {}, '{state}', 1)",
                id(&fresh()),
                reference(),
                blob(),
                blob()
            ))
            .await;
        }
        for state in ["asked", "asked", "refused"] {
            raw.run(&format!(
                "INSERT INTO second_person (id, reference, guarded, about_id, organisation_id, asked_by, asked_at, state, until_at) \
                 SELECT {}, '{}', 'urgent_access', {own}, {own}, id, 1, '{state}', 9000000000000000 FROM account WHERE organisation_id = {own} ORDER BY id LIMIT 1",
                id(&fresh()),
                reference(),
            ))
            .await;
        }
        for revoked in ["NULL", "2"] {
            raw.run(&format!(
                "INSERT INTO api_client (id, reference, organisation_id, name, secret_hash, scopes, created_at, created_by, revoked_at) \
                 VALUES ({}, '{}', {own}, 'A program', {}, 'case_read', 1, {own}, {revoked})",
                id(&fresh()),
                reference(),
                blob()
            ))
            .await;
        }
    }
}

both!(
    every_list_of_the_office_is_what_the_decision_allows,
    |world| {
        let (north, mut accounts) = organisation(&world.store, "north", true, Role::ALL).await;
        let (south, more) = organisation(&world.store, "south", false, Role::ALL).await;
        accounts.extend(more);
        let raw = Raw::of(world).await;
        fill(world, &raw).await;
        let known = &(
            references(&raw, "account", "1 = 1").await,
            references(&raw, "api_client", "1 = 1").await,
            references(&raw, "quarantine", "state = 'open'").await,
            references(&raw, "second_person", "state = 'asked'").await,
        );
        assert_eq!((known.1.len(), known.2.len()), (4, 4));
        let mut actors: Vec<Actor> = accounts.iter().map(Account::actor).collect();
        for organisation in [north, south] {
            actors.extend([
                Actor::LinkHolder {
                    referral: Id::from_uuid(organisation.uuid()),
                    organisation,
                    code_given_at: throughline_testkit::env::test_start(),
                },
                Actor::Client {
                    client: Id::from_uuid(organisation.uuid()),
                    organisation,
                    scopes: ActionKind::ALL.to_vec(),
                },
                Actor::System { organisation },
            ]);
        }
        actors.push(Actor::Public);
        let mut seen = [0_usize; 4];
        for actor in &actors {
            let (facts, lists, now) = world
                .store
                .work(actor, HELP, |w| {
                    Box::pin(async move {
                        let mut facts = (vec![], vec![], vec![], vec![]);
                        for at in &known.0 {
                            facts.0.extend(w.account_facts(*at).await?);
                        }
                        for at in &known.1 {
                            facts.1.extend(w.client_facts(*at).await?);
                        }
                        for at in &known.2 {
                            facts.2.extend(w.quarantine_facts(*at).await?);
                        }
                        for at in &known.3 {
                            facts.3.extend(w.second_person_facts(*at).await?);
                        }
                        let lists: [Vec<Uuid>; 4] = [
                            w.accounts(&w.scope())
                                .await?
                                .iter()
                                .map(|x| x.id.uuid())
                                .collect(),
                            w.clients(&w.scope())
                                .await?
                                .iter()
                                .map(|x| x.id.uuid())
                                .collect(),
                            w.quarantine_waiting(&w.scope(), 500)
                                .await?
                                .iter()
                                .map(|x| x.id.uuid())
                                .collect(),
                            w.second_person_waiting(&w.scope(), 500)
                                .await?
                                .iter()
                                .map(|x| x.id.uuid())
                                .collect(),
                        ];
                        Ok((facts, lists, w.now()))
                    })
                })
                .await
                .unwrap();
            let expected = [
                allowed::<AccountManage>(actor, &facts.0, Id::uuid, now),
                allowed::<ClientManage>(actor, &facts.1, Id::uuid, now),
                allowed::<QuarantineRead>(actor, &facts.2, Id::uuid, now),
                allowed::<SecondPersonDecide>(actor, &facts.3, Id::uuid, now),
            ];
            for (n, (expected, list)) in expected.into_iter().zip(lists).enumerate() {
                let once: BTreeSet<Uuid> = list.iter().copied().collect();
                assert_eq!(once.len(), list.len(), "list {n} names one twice");
                assert_eq!(once, expected, "list {n} for {actor:?}");
                seen[n] += once.len();
            }
        }
        // Two administrators of each organisation see its colleagues and its programs; two stewards see its rows; two officers and two
        // safety leads see what the other organisation asks.
        assert_eq!(seen, [4 * accounts.len() / 2, 4 * 2, 4 * 2, 8 * 2]);
    }
);
