//! Every list, as SQLite would answer it: through an index, whatever the actor's standing.

use sea_orm::{ConnectionTrait as _, Statement};
use throughline_core::code::Code as _;
use throughline_core::id::{AccountId, Id, OrganisationId};
use throughline_core::nation::Nation;
use throughline_core::role::Role;
use throughline_policy::{ActionKind, Actor, Purpose};

use crate::account::{Account, NewAccount};
use crate::doors_tests::store;
use crate::setup::OrganisationKind;

/// Tables that grow with the people helped: none of them may be read from end to end.
const LARGE: &[&str] = &[
    "audit_entry",
    "case_event",
    "conversation",
    "data_key",
    "person",
    "person_index",
    "referral",
    "referral_transition",
    "support_case",
    "task",
];

fn others(organisation: OrganisationId, account: AccountId) -> [Actor; 2] {
    [
        Actor::LinkHolder {
            referral: Id::from_uuid(account.uuid()),
            organisation,
        },
        Actor::Client {
            client: Id::from_uuid(account.uuid()),
            organisation,
            scopes: ActionKind::ALL.to_vec(),
        },
    ]
}

#[tokio::test]
async fn every_list_is_read_through_an_index() {
    let (_folder, store) = store().await;
    let staff = store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let own = w
                    .installation_create("North", OrganisationKind::Council, Nation::England, true)
                    .await?;
                let site = w
                    .site_create(own.id, "Desk", None, Nation::England, true)
                    .await?;
                let mut staff = Vec::new();
                for role in Role::ALL {
                    let new = NewAccount {
                        organisation: own.id,
                        site: Some(site.id),
                        role: *role,
                        name: "A worker",
                        email: role.code(),
                        password: None,
                    };
                    staff.push(w.account_create(&new).await?);
                }
                Ok(staff)
            })
        })
        .await
        .unwrap();
    let actors: Vec<Actor> = staff
        .iter()
        .map(Account::actor)
        .chain(others(staff[0].organisation, staff[0].id))
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    let mut wrong = Vec::new();
    for actor in actors {
        let said = store
            .work(&actor, Purpose::HelpAPerson, |w| {
                Box::pin(async move {
                    w.cases(&w.scope(), false, 50).await?;
                    w.cases(&w.scope(), true, 50).await?;
                    w.people_matching(&w.scope(), "amina quill", Some("1990-02-03"), 50)
                        .await?;
                    w.conversations(&w.scope(), 50).await?;
                    w.referrals_received(&w.scope(), 50).await?;
                    w.referrals_sent(&w.scope(), 50).await?;
                    w.referrals_accepted(&w.scope(), 50).await?;
                    w.referrals_overdue(&w.scope(), 50).await?;
                    w.rooms(&w.scope(), 50).await?;
                    w.rooms_due(&w.scope(), 50).await?;
                    w.tasks(&w.scope(), 50).await?;
                    w.tasks_to_climb(&w.scope(), 50).await?;
                    Ok(w.tx.said())
                })
            })
            .await
            .unwrap();
        for query in said {
            if !query.sql.starts_with("SELECT") {
                continue;
            }
            let sql = format!("EXPLAIN QUERY PLAN {}", query.sql);
            let explain = match &query.values {
                Some(values) => {
                    Statement::from_sql_and_values(query.db_backend, &sql, values.clone())
                }
                None => Statement::from_string(query.db_backend, &sql),
            };
            for step in store.connection().query_all_raw(explain).await.unwrap() {
                let step: String = step.try_get("", "detail").unwrap();
                let table = step
                    .split_whitespace()
                    .nth(1)
                    .unwrap_or_default()
                    .to_owned();
                if step.starts_with("SCAN") && LARGE.contains(&table.as_str()) {
                    wrong.push(format!("{:?}: {step}: {}", actor.standing(), query.sql));
                }
                seen.insert(table);
            }
        }
    }
    for table in [
        "support_case",
        "referral",
        "task",
        "conversation",
        "room_request",
    ] {
        assert!(
            seen.contains(table),
            "no list of {table} was explained: {seen:?}"
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
