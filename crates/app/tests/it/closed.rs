//! Who may not see a record, on both databases: kept to named viewers, closed to a colleague, and nothing left with whoever can no
//! longer see it (SPEC 4.6, NE-07, NE-26, decision 0019).

use crate::kept::{NOTHING, Office, SEES, elsewhere, office, sheet, why};
use throughline_app::access::Leaver;
use throughline_app::case::{self, Closing};
use throughline_app::case_lead;
use throughline_app::case_now;
use throughline_app::case_view;
use throughline_app::closed::{self, Change};
use throughline_app::promises;
use throughline_app::security::{self, Overview, ReadOverview};
use throughline_core::id::AccountId;
use throughline_core::reason::Reason;
use throughline_core::risk::RiskBand;
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_policy::action::CaseChange;
use throughline_policy::{Actor, Purpose};
use throughline_store::Error;
use throughline_store::account::{Account, NewAccount};
use throughline_store::person::PersonSheet;
use throughline_store::review::{Which, record_facts};
use throughline_store::task::{Task, TaskNew};
use throughline_testkit::both;

both!(
    ne_07_a_colleague_who_must_not_see_it_meets_no_such_record_everywhere,
    |world| {
        let office = office(world).await;
        // Without it the safety lead of the site sees it: what hides it below is the bar, and nothing else.
        assert_eq!(office.meets(&office.dee, office.case).await, SEES);
        assert!(!office.tasks(&office.dee).await.is_empty());
        let bar = Change::Bar(office.dee.reference);
        office.changes(&office.bea, bar).await.unwrap();
        assert_eq!(office.meets(&office.dee, office.case).await, NOTHING);
        assert!(office.tasks(&office.dee).await.is_empty());
        assert_eq!(office.meets(&office.eve, office.case).await, SEES);
        assert_eq!(office.meets(&office.bea, office.case).await, SEES);
        let lift = Change::LiftBar(office.dee.reference);
        office.changes(&office.bea, lift).await.unwrap();
        assert_eq!(office.meets(&office.dee, office.case).await, SEES);
    }
);

both!(
    a_record_that_is_kept_is_seen_by_its_viewers_and_so_are_the_children_in_it,
    |world| {
        let office = office(world).await;
        let actor = office.bea.actor();
        let child = case_now::child_add(&office.app, &actor, office.case, &sheet("Sam"))
            .await
            .unwrap();
        office.changes(&office.bea, why()).await.unwrap();
        for hidden in [&office.dee, &office.eve] {
            assert_eq!(office.meets(hidden, office.case).await, NOTHING);
            assert_eq!(office.meets(hidden, child).await, NOTHING);
        }
        let name = Change::Name(office.dee.reference);
        office.changes(&office.bea, name).await.unwrap();
        assert_eq!(office.meets(&office.dee, office.case).await, (true, 1, 2));
        assert!(office.meets(&office.dee, child).await.0);
        // A child who is told of later is kept like the others.
        let later = case_now::child_add(&office.app, &actor, office.case, &sheet("Lou"))
            .await
            .unwrap();
        assert!(office.meets(&office.dee, later).await.0);
        assert_eq!(office.meets(&office.eve, later).await, NOTHING);
        let unname = Change::Unname(office.dee.reference);
        office.changes(&office.bea, unname).await.unwrap();
        assert_eq!(office.meets(&office.dee, office.case).await, NOTHING);
        office
            .changes(&office.bea, Change::KeepNoLonger)
            .await
            .unwrap();
        assert_eq!(office.meets(&office.eve, office.case).await, (true, 1, 3));
    }
);

both!(
    whoever_leads_is_a_viewer_and_nobody_closes_a_record_to_themselves,
    |world| {
        let office = office(world).await;
        let oneself = Change::Bar(office.bea.reference);
        assert!(matches!(
            office.changes(&office.bea, oneself).await,
            Err(Error::Invalid {
                problem: "closed-oneself",
                ..
            })
        ));
        office.changes(&office.bea, why()).await.unwrap();
        assert!(matches!(
            office.changes(&office.bea, why()).await,
            Err(Error::Conflict)
        ));
        let leads = Change::Unname(office.bea.reference);
        assert!(matches!(
            office.changes(&office.bea, leads).await,
            Err(Error::Invalid {
                problem: "closed-leads",
                ..
            })
        ));
        // Handing it over makes the next lead a viewer, and without a step-up nothing is said.
        let actor = office.bea.actor();
        let unproved = closed::change(&office.app, &actor, office.case, &Change::KeepNoLonger);
        assert!(matches!(unproved.await, Err(Error::Denied(_))));
        case_lead::hand_over(&office.app, &actor, office.case, office.cal.reference)
            .await
            .unwrap();
        assert_eq!(office.meets(&office.cal, office.case).await, SEES);
        assert_eq!(office.meets(&office.bea, office.case).await, NOTHING);
    }
);

both!(
    a_lead_who_must_not_see_it_leads_no_longer_in_the_same_instant,
    |world| {
        let office = office(world).await;
        let bar = Change::Bar(office.bea.reference);
        office.changes(&office.dee, bar).await.unwrap();
        assert_eq!(office.meets(&office.bea, office.case).await, NOTHING);
        assert!(office.tasks(&office.bea).await.is_empty());
        let kinds: Vec<TaskKind> = office
            .tasks(&office.dee)
            .await
            .iter()
            .map(|task| task.kind)
            .collect();
        assert!(kinds.contains(&TaskKind::ActOnEscalation), "{kinds:?}");
        assert!(kinds.contains(&TaskKind::JudgeRisk), "{kinds:?}");
        // And nobody gives it back to them by mistake: it goes to whoever is told first there.
        let to = office.bea.reference;
        case_lead::hand_over(&office.app, &office.dee.actor(), office.case, to)
            .await
            .unwrap();
        assert_eq!(office.meets(&office.bea, office.case).await, NOTHING);
        let view = case_view::read(&office.app, &office.dee.actor(), office.case).await;
        assert_eq!(view.unwrap().lead, "Dee");
    }
);

both!(
    a_task_about_a_kept_record_climbs_past_whoever_may_not_see_it_and_is_never_nobodys,
    |world| {
        let office = office(world).await;
        office.changes(&office.bea, why()).await.unwrap();
        let name = Change::Name(office.eve.reference);
        office.changes(&office.bea, name).await.unwrap();
        // The clock on the risk runs out again and again: the holder of the post may not be told.
        for _ in 0..4 {
            world.clock.advance_seconds(200 * 3_600);
            promises::run(&office.app).await.unwrap();
            assert!(office.tasks(&office.dee).await.is_empty());
        }
        let told: Vec<_> = office.tasks(&office.eve).await;
        assert!(
            told.iter().any(|task| task.kind == TaskKind::JudgeRisk
                && [Some(office.eve.id), Some(office.bea.id)].contains(&task.told)),
            "{told:?}"
        );
    }
);

both!(
    what_a_leaver_had_of_a_kept_record_comes_to_nobody_who_may_not_see_it,
    |world| {
        let office = office(world).await;
        // Cal has a task about a record that Bea leads, and is named as a viewer; Eve, who takes over, is not.
        let (actor, case) = (office.bea.actor(), office.case);
        let (cal, eve) = (&office.cal, &office.eve);
        let due_at = office.app.env().now().plus_hours(48);
        let give = async |actor: &Actor, owner: AccountId| {
            let work = office.app.store.work(actor, Purpose::HelpAPerson, |w| {
                Box::pin(async move {
                    let may = w.case_facts(case).await?;
                    let may = w.permit_found::<CaseChange>(may)?;
                    // The note of this look covers the task.
                    w.case_tasks_open(&may).await?;
                    let new = TaskNew {
                        organisation: may.organisation(),
                        site: None,
                        case: Some(may.on()),
                        referral: None,
                        owner_account: Some(owner),
                        kind: TaskKind::ActOnEscalation,
                        due_at,
                        climbs_at: due_at,
                    };
                    w.task_add(&new).await
                })
            });
            work.await.unwrap()
        };
        give(&actor, cal.id).await;
        office.changes(&office.bea, why()).await.unwrap();
        let name = Change::Name(cal.reference);
        office.changes(&office.bea, name).await.unwrap();
        let leaver = Leaver {
            reference: cal.reference,
            version: cal.version,
            taker: Some(eve.reference),
        };
        let store = &office.app.store;
        let new = NewAccount {
            organisation: office.bea.organisation,
            site: office.bea.site,
            role: Role::Administrator,
            name: "Ada",
            email: "ada@example.org",
            password: None,
        };
        let ada = store
            .work(&Actor::Public, Purpose::AdministerAccess, |w| {
                Box::pin(w.account_create(&new))
            })
            .await
            .unwrap();
        store
            .run(&ada.actor(), Purpose::AdministerAccess, &leaver)
            .await
            .unwrap();
        let mine = |tasks: Vec<Task>| {
            let escalated = |task: &&Task| task.kind == TaskKind::ActOnEscalation;
            tasks.iter().filter(escalated).count()
        };
        assert_eq!(mine(office.tasks(eve).await), 0, "they may not see it");
        // It climbs now, not in two days: to somebody who may see it.
        assert_eq!(mine(office.tasks(&office.bea).await), 0);
        promises::run(&office.app).await.unwrap();
        assert_eq!(mine(office.tasks(&office.bea).await), 1);
        assert_eq!(office.meets(eve, case).await, NOTHING);
    }
);

both!(
    a_child_who_is_closed_to_the_worker_of_the_parent_has_no_name_there,
    |world| {
        let office = office(world).await;
        let actor = office.bea.actor();
        let child = case_now::child_add(&office.app, &actor, office.case, &sheet("Sam"))
            .await
            .unwrap();
        case_lead::hand_over(&office.app, &actor, child, office.cal.reference)
            .await
            .unwrap();
        let bar = Change::Bar(office.bea.reference);
        let seen = case_view::read(&office.app, &actor, office.case)
            .await
            .unwrap();
        assert_eq!(seen.children[0].sheet.chosen, "Sam");
        closed::change(&office.app, &office.proved(&office.cal), child, &bar)
            .await
            .unwrap();
        let seen = case_view::read(&office.app, &actor, office.case)
            .await
            .unwrap();
        assert!(seen.children[0].closed);
        assert_eq!(seen.children[0].sheet, PersonSheet::default());
        // That there is a child stays known, and the parent's case can go on.
        assert_eq!(seen.children.len(), 1);
        let closing = case::close(&office.app, &actor, office.case, seen.case.version).await;
        assert!(matches!(closing, Ok(Closing::StillOpen(_))), "{closing:?}");
    }
);

both!(
    ne_26_where_they_work_the_record_tells_no_more_than_that_there_is_no_such_thing,
    |world| {
        let office = office(world).await;
        let bar = Change::Bar(office.dee.reference);
        office.changes(&office.bea, bar).await.unwrap();
        let nowhere = office.app.env().reference();
        for at in [office.case, nowhere] {
            let actor = office.dee.actor();
            assert!(case_view::read(&office.app, &actor, at).await.is_err());
        }
        let (officer, own) = (office.ola.actor(), &office.ola.organisation);
        let which = &Which::Refused;
        let lines = office
            .app
            .store
            .work(&officer, Purpose::ReviewSecurity, |w| {
                Box::pin(async move {
                    let permit = w.permit(&record_facts(*own))?;
                    w.record(&permit, *which, 10).await
                })
            })
            .await
            .unwrap();
        let said: Vec<_> = lines
            .iter()
            .map(|line| (line.action.as_str(), line.result.as_str(), line.account))
            .collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert_eq!(said[0], said[1], "what is closed and what is not there");
        assert_eq!(said[0].1, "no_such_thing");
    }
);

async fn overview(office: &Office, officer: &Account) -> Overview {
    let actor = officer.actor();
    let run = office
        .app
        .store
        .run(&actor, Purpose::ReviewSecurity, &ReadOverview);
    run.await.unwrap()
}

both!(
    ne_07_an_officer_elsewhere_is_told_of_each_look_by_whoever_is_barred_and_nobody_where_they_work,
    |world| {
        let office = office(world).await;
        let looks = async |who: &Account| {
            let actor = who.actor();
            let page = case_view::read(&office.app, &actor, office.case).await;
            for name in ["Amina", "Nobody"] {
                case::find(&office.app, &actor, name, None).await.unwrap();
            }
            let nowhere = office.app.env().reference();
            let none = case_view::read(&office.app, &actor, nowhere).await;
            assert!(none.is_err(), "there is no such record");
            page.is_ok()
        };
        // The control: as long as they may see it there is nothing to tell, nor where it is only kept to others.
        assert!(looks(&office.dee).await);
        office.changes(&office.bea, why()).await.unwrap();
        assert!(!looks(&office.dee).await);
        assert_eq!(security::watch(&office.app).await.unwrap(), 0);
        let bar = Change::Bar(office.dee.reference);
        office.changes(&office.bea, bar).await.unwrap();
        assert!(!looks(&office.dee).await);
        // Nobody outside could be told yet: it is kept until somebody can, and the page says so.
        assert_eq!(security::watch(&office.app).await.unwrap(), 0);
        assert!(!overview(&office, &office.ola).await.is_watched);
        let [sam, ..] = elsewhere(world).await;
        assert_eq!(security::watch(&office.app).await.unwrap(), 2);
        assert_eq!(security::watch(&office.app).await.unwrap(), 0);
        let told = overview(&office, &sam).await.closed_looks;
        let told: Vec<_> = told
            .iter()
            .map(|one| {
                (
                    one.name.as_str(),
                    one.organisation.as_str(),
                    one.look.action.as_str(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("Dee", "Jobcentre", "person_search"),
                ("Dee", "Jobcentre", "case_read")
            ]
        );
        let own = overview(&office, &office.ola).await;
        assert!(own.is_watched && own.closed_looks.is_empty());
        // Whoever leads does not learn it from who has looked.
        let seen = case_view::lookers(&office.app, &office.bea.actor(), office.case, 1).await;
        let seen = format!("{:?}", seen.unwrap());
        assert!(!seen.contains("closed_look"), "{seen}");
    }
);

both!(
    where_every_safety_lead_is_barred_a_high_risk_is_still_judged_and_whoever_leads_is_told,
    |world| {
        let office = office(world).await;
        for lead in [&office.dee, &office.eve] {
            let bar = Change::Bar(lead.reference);
            office.changes(&office.bea, bar).await.unwrap();
        }
        let told = async |who: &Account| {
            let tasks = office.tasks(who).await;
            tasks
                .iter()
                .any(|task| task.kind == TaskKind::ActOnEscalation)
        };
        let actor = office.bea.actor();
        let reason = Reason::new("He has a key.").unwrap();
        let band = RiskBand::High;
        case_now::risk_judge(&office.app, &actor, office.case, band, &reason, true)
            .await
            .unwrap();
        assert!(told(&office.bea).await);
        assert!(!told(&office.dee).await && !told(&office.eve).await);
        // What they had been told of before is nobody's less: it climbs to somebody who may see it.
        for _ in 0..3 {
            world.clock.advance_seconds(200 * 3_600);
            promises::run(&office.app).await.unwrap();
        }
        assert!(told(&office.bea).await);
    }
);
