//! Every list, as SQLite would answer it: through an index, whatever the actor's standing.

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use throughline_core::code::Code as _;
use throughline_core::id::{AccountId, Id, OrganisationId};
use throughline_core::nation::Nation;
use throughline_core::need::NeedType;
use throughline_core::referral::ReferralState;
use throughline_core::risk::RiskBand;
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{
    CaseHandOver, CaseLookers, CaseOpen, CaseRead, ConversationKeep, MessageSend, ReferralRead,
    ReferralRecord,
};
use throughline_policy::{Action, ActionKind, Actor, Facts, Purpose, Ties};

use crate::Store;
use crate::account::{Account, NewAccount};
use crate::case::{NewCase, RiskClock};
use crate::doors_tests::store;
use crate::person::PersonSheet;
use crate::referral::Referral;
use crate::setup::OrganisationKind;
use crate::task::TaskOutcome;

/// Tables that grow with the people helped: none of them may be read from end to end.
const LARGE: &[&str] = &[
    "access_request",
    "account",
    "api_client",
    "appointment",
    "audit_entry",
    "bar",
    "case_event",
    "child",
    "clash",
    "consent",
    "contact_point",
    "conversation",
    "data_key",
    "duty_to_refer",
    "emergency",
    "erasure",
    "immediate_need",
    "legal_hold",
    "listing_doubt",
    "message",
    "missed_look",
    "need",
    "outbox",
    "person",
    "person_index",
    "person_link",
    "protective_link",
    "quarantine",
    "referral",
    "referral_link",
    "referral_transition",
    "restriction",
    "reveal",
    "risk_assessment",
    "sealed_place",
    "second_person",
    "seen",
    "statement",
    "support_case",
    "task",
    "unmet_need",
    "urgent",
    "urgent_case",
    "viewer",
];

fn others(organisation: OrganisationId, account: AccountId) -> [Actor; 2] {
    [
        Actor::LinkHolder {
            referral: Id::from_uuid(account.uuid()),
            organisation,
            code_given_at: At::parse("2026-11-23T09:00:00Z").unwrap(),
        },
        Actor::Client {
            client: Id::from_uuid(account.uuid()),
            organisation,
            scopes: ActionKind::ALL.to_vec(),
        },
    ]
}

/// One member of staff of every role, at one site.
async fn everybody(store: &Store) -> Vec<Account> {
    store
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
        .unwrap()
}

/// Explains every reading among the statements; gives the tables that were read, and adds what reads a large one whole.
async fn explain(
    store: &Store,
    said: Vec<Statement>,
    who: &str,
    wrong: &mut Vec<String>,
) -> std::collections::BTreeSet<String> {
    let mut seen = std::collections::BTreeSet::new();
    for query in said {
        if !query.sql.starts_with("SELECT") {
            continue;
        }
        let sql = format!("EXPLAIN QUERY PLAN {}", query.sql);
        let explain = match &query.values {
            Some(values) => Statement::from_sql_and_values(query.db_backend, &sql, values.clone()),
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
                wrong.push(format!("{who}: {step}: {}", query.sql));
            }
            seen.insert(table);
        }
    }
    seen
}

#[tokio::test]
async fn every_list_is_read_through_an_index() {
    let (_folder, store) = store().await;
    let staff = everybody(&store).await;
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
                    w.cases_page(&w.scope(), 0, 50).await?;
                    w.cases_at_risk(&w.scope(), RiskBand::ALL, 50).await?;
                    w.people_matching(&w.scope(), "amina quill", Some("1990-02-03"), 50)
                        .await?;
                    w.conversations(&w.scope(), 50).await?;
                    w.referrals_received(&w.scope(), &[ReferralState::Received], 50)
                        .await?;
                    w.referrals_sent(&w.scope(), 50).await?;
                    w.referrals_accepted(&w.scope(), 50).await?;
                    w.referrals_overdue(&w.scope(), 50).await?;
                    w.referrals_lapsing(&w.scope(), w.now(), 50).await?;
                    w.rooms(&w.scope(), 50).await?;
                    w.rooms_due(&w.scope(), 50).await?;
                    w.tasks(&w.scope(), 50).await?;
                    w.tasks_to_climb(&w.scope(), 50).await?;
                    w.contacts_lapsing(&w.scope(), w.now(), 50).await?;
                    w.task_list(&w.scope(), None, 50).await?;
                    w.appointments_between(&w.scope(), w.now(), w.now(), 50)
                        .await?;
                    w.referrals_sent_page(&w.scope(), None, 50).await?;
                    w.accounts(&w.scope()).await?;
                    w.clients(&w.scope()).await?;
                    w.quarantine_waiting(&w.scope(), 50).await?;
                    Ok(w.tx.said())
                })
            })
            .await
            .unwrap();
        let who = format!("{:?}", actor.standing());
        seen.extend(explain(&store, said, &who, &mut wrong).await);
    }
    for table in [
        "support_case",
        "referral",
        "task",
        "conversation",
        "room_request",
        "account",
        "api_client",
        "quarantine",
        "appointment",
    ] {
        assert!(
            seen.contains(table),
            "no list of {table} was explained: {seen:?}"
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_a_job_looks_for_every_minute_is_read_through_an_index() {
    let (_folder, store) = store().await;
    let staff = everybody(&store).await;
    let job = Actor::System {
        organisation: staff[0].organisation,
    };
    let said = store
        .work(&job, Purpose::KeepPromises, |w| {
            Box::pin(async move {
                w.clashes_found(&w.scope()).await?;
                w.clashes_open(&w.scope()).await?;
                Ok(w.tx.said())
            })
        })
        .await
        .unwrap();
    let mut wrong = Vec::new();
    let seen = explain(&store, said, "a job", &mut wrong).await;
    for table in ["appointment", "protective_link", "clash"] {
        assert!(seen.contains(table), "{table} was not explained: {seen:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A referral that is nowhere: what is asked about it is asked all the same.
fn nothing(coach: &Account, case: throughline_core::id::CaseId) -> Referral {
    Referral {
        id: Id::from_uuid(coach.id.uuid()),
        reference: coach.reference,
        case,
        person: Id::from_uuid(coach.id.uuid()),
        from: coach.organisation,
        site: Id::from_uuid(coach.id.uuid()),
        lead: coach.id,
        service: Id::from_uuid(coach.id.uuid()),
        to: coach.organisation,
        consent: Id::from_uuid(coach.id.uuid()),
        need: NeedType::Debt,
        risk: RiskBand::NotAssessed,
        state: ReferralState::Sent,
        reason: None,
        helped: None,
        said_yes: false,
        created_at: throughline_testkit::env::test_start(),
        sent_at: None,
        due_at: None,
        answered_at: None,
        ended_at: None,
        version: 1,
    }
}

fn own<A: Action>(subject: A::Subject, coach: &Account) -> Facts<A::Subject> {
    Facts {
        subject,
        person: Some(Id::from_uuid(coach.id.uuid())),
        ties: Ties {
            organisation: Some(coach.organisation),
            site: coach.site,
            lead: Some(coach.id),
            ..Ties::default()
        },
    }
}

#[tokio::test]
async fn everything_about_one_case_is_read_through_an_index() {
    let (_folder, store) = store().await;
    let staff = everybody(&store).await;
    let coach = staff
        .iter()
        .find(|account| account.role == Role::WorkCoach)
        .unwrap();
    let sheet = &PersonSheet {
        chosen: "Amina".to_owned(),
        given: None,
        family: None,
        born: None,
        age_band: None,
        language: None,
        interpreter: None,
        access: vec![],
    };
    let said = store
        .work(&coach.actor(), Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let site = coach.site.unwrap();
                let open = w.permit::<CaseOpen>(&own::<CaseOpen>(site, coach))?;
                let new = NewCase {
                    person: sheet,
                    lead: coach.id,
                    pack: "england-test",
                    risk_clock: RiskClock::Running,
                };
                let (case, _) = w.case_open(&open, &new).await?;
                let facts = w.case_facts_by_id(case).await?;
                let read = w.permit_found::<CaseRead>(facts)?;
                w.case_read(&read).await?;
                w.case_referrals(&read).await?;
                w.case_disclosed(&read).await?;
                w.case_has_task(&read, TaskKind::JudgeRisk).await?;
                w.case_tasks(&read).await?;
                w.children(&read).await?;
                w.person_link_open(&read).await?;
                w.consents(&read).await?;
                w.contacts(&read).await?;
                w.immediate_needs(&read).await?;
                w.needs(&read).await?;
                w.unmet(&read).await?;
                w.duties(&read).await?;
                w.times_asked_again(&read).await?;
                w.alert_last(coach.id).await?;
                w.services_answered_by(coach.organisation, 50).await?;
                w.risks(&read).await?;
                w.statements(&read).await?;
                w.statement_latest(&read).await?;
                w.story(&read, 50).await?;
                let lookers = w.permit_found::<CaseLookers>(facts)?;
                w.lookers(&lookers, 0, 50).await?;
                let send = w.permit_found::<MessageSend>(facts)?;
                w.messages(&send, 50).await?;
                w.messages_in_hand(&send).await?;
                w.message_task_waits(&send, TaskKind::HandOverMessage)
                    .await?;
                w.contacts_lapse_told(&send, w.now()).await?;
                let over = w.permit_found::<CaseHandOver>(facts)?;
                w.case_colleagues(&over).await?;

                let referral = nothing(coach, case);
                let read = w.permit::<ReferralRead>(&own::<ReferralRead>(referral.id, coach))?;
                let record =
                    w.permit::<ReferralRecord>(&own::<ReferralRecord>(referral.id, coach))?;
                w.referral_others(&read, &referral).await?;
                w.referral_steps(&read).await?;
                w.referral_exchanges(&read).await?;
                w.referral_task_waits(&record, TaskKind::OfferNext).await?;
                w.referral_link_newest(&referral).await?;
                w.tasks_settle(
                    None,
                    Some(referral.id),
                    TaskKind::OfferNext,
                    TaskOutcome::Done,
                )
                .await?;

                let talk = Id::from_uuid(coach.id.uuid());
                let keep = w.permit::<ConversationKeep>(&own::<ConversationKeep>(talk, coach))?;
                w.emergencies(&keep).await?;
                Ok(w.tx.said())
            })
        })
        .await
        .unwrap();
    let mut wrong = Vec::new();
    let seen = explain(&store, said, "work coach", &mut wrong).await;
    for table in [
        "case_event",
        "referral",
        "task",
        "need",
        "consent",
        "contact_point",
        "message",
        "child",
        "statement",
        "risk_assessment",
        "immediate_need",
        "referral_transition",
        "referral_link",
        "audit_entry",
        "emergency",
    ] {
        assert!(seen.contains(table), "no reading of {table}: {seen:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn sqlite_plans_a_statement_once_however_often_it_runs() {
    let (_folder, store) = store().await;
    let ask = Statement::from_string(DbBackend::Sqlite, "PRAGMA compile_options");
    let rows = store.connection().query_all_raw(ask).await.unwrap();
    let said: Vec<String> = rows
        .iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect();
    for option in ["ENABLE_QPSG", "DEFAULT_MEMSTATUS=0"] {
        assert!(
            said.iter().any(|one| one == option),
            "{option} is missing: is .cargo/config.toml there? (docs/decisions/0013)"
        );
    }
}
