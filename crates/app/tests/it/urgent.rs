//! A record that is kept to others, opened because it cannot wait, on both databases: with a yes from another organisation or by the
//! duty officer alone, for an hour, never to whoever is barred, and always reviewed by somebody else (SPEC 4.6, decision 0019).

use crate::kept::{NOTHING, Office, SEES, elsewhere, office, sheet, why};
use throughline_app::closed::Change;
use throughline_app::security::{Overview, ReadOverview};
use throughline_app::today::{self, TaskOutcome};
use throughline_app::urgent::{self, NewUrgent, UrgentState, UrgentVerdict};
use throughline_app::{case_lead, case_now, case_view, promises, second_person};
use throughline_core::id::Ref;
use throughline_core::reason::Reason;
use throughline_core::task::TaskKind;
use throughline_policy::Purpose;
use throughline_policy::action::CaseChange;
use throughline_store::account::Account;
use throughline_store::task::Task;
use throughline_store::{Error, Result};
use throughline_testkit::both;

const WORDS: &str = "A call from the ward: he is at the door.";

async fn ask(office: &Office, who: &Account, name: &str, alone: bool) -> Result<Ref> {
    let reason = Reason::new(WORDS).unwrap();
    let new = NewUrgent {
        name,
        born: None,
        reason: &reason,
        alone,
    };
    urgent::ask(&office.app, &office.proved(who), &new).await
}

async fn state(office: &Office, who: &Account, reference: Ref) -> (UrgentState, Vec<Ref>) {
    let shown = urgent::read(&office.app, &office.proved(who), reference).await;
    let shown = shown.unwrap();
    let open = shown.records.into_iter().map(|(case, _)| case).collect();
    (shown.urgent.state, open)
}

async fn open(office: &Office, who: &Account, reference: Ref) -> Result<()> {
    urgent::open(&office.app, &office.proved(who), reference).await
}

/// The newest thing that somebody of another organisation can answer is answered with yes.
async fn says_yes(office: &Office, who: &Account) {
    let actor = office.proved(who);
    let waiting = second_person::waiting(&office.app, &actor).await.unwrap();
    let asked = waiting.last().unwrap().asked.reference;
    second_person::answer(&office.app, &actor, asked, true)
        .await
        .unwrap();
}

async fn reviews(office: &Office, who: &Account) -> Vec<Task> {
    let mut tasks = office.tasks(who).await;
    tasks.retain(|task| task.kind == TaskKind::ReviewBreakGlass);
    tasks
}

async fn overview(office: &Office, officer: &Account) -> Overview {
    let actor = officer.actor();
    let run = office
        .app
        .store
        .run(&actor, Purpose::ReviewSecurity, &ReadOverview);
    run.await.unwrap()
}

both!(
    a_yes_from_elsewhere_opens_a_kept_record_for_an_hour_once_it_was_read_what_follows,
    |world| {
        let office = office(world).await;
        office.changes(&office.bea, why()).await.unwrap();
        let [sam, ..] = elsewhere(world).await;
        let asked = ask(&office, &office.dee, "Amina", false).await.unwrap();
        assert!(matches!(
            state(&office, &office.dee, asked).await.0,
            UrgentState::Waits(_)
        ));
        let early = open(&office, &office.dee, asked).await;
        assert!(matches!(early, Err(Error::Conflict)), "{early:?}");
        says_yes(&office, &sam).await;
        // Nothing is open by the yes alone, nor to a colleague who has the address of the page.
        assert_eq!(office.meets(&office.dee, office.case).await, NOTHING);
        assert!(open(&office, &office.eve, asked).await.is_err());
        open(&office, &office.dee, asked).await.unwrap();
        assert_eq!(office.meets(&office.dee, office.case).await, SEES);
        let (now, records) = state(&office, &office.dee, asked).await;
        assert!(matches!(now, UrgentState::Open(_)), "{now:?}");
        assert_eq!(records, [office.case]);
        assert_eq!(office.meets(&office.eve, office.case).await, NOTHING);
        // Nothing that outlasts the hour: they name no viewer, do not lead it, and a child who is told of is open as long as the rest.
        let name = Change::Name(office.dee.reference);
        let named = office.changes(&office.dee, name.clone()).await;
        assert!(matches!(named, Err(Error::Denied(_))), "{named:?}");
        let actor = office.proved(&office.dee);
        let mine = case_lead::hand_over(&office.app, &actor, office.case, office.dee.reference);
        assert!(matches!(mine.await, Err(Error::Denied(_))));
        let actor = office.bea.actor();
        let child = case_now::child_add(&office.app, &actor, office.case, &sheet("Sam"))
            .await
            .unwrap();
        world.clock.advance_seconds(61 * 60);
        assert_eq!(office.meets(&office.dee, office.case).await, NOTHING);
        assert!(!office.meets(&office.dee, child).await.0);
        assert_eq!(
            state(&office, &office.dee, asked).await,
            (UrgentState::Over, vec![])
        );
        // The control: a named viewer sees it still, and may name others.
        office.changes(&office.bea, name).await.unwrap();
        assert!(office.meets(&office.dee, office.case).await.0);
        let name = Change::Name(office.eve.reference);
        office.changes(&office.dee, name).await.unwrap();
    }
);

both!(
    a_life_at_risk_opens_a_kept_record_to_whoever_is_on_duty_alone_and_to_nobody_else,
    |world| {
        let office = office(world).await;
        office.changes(&office.bea, why()).await.unwrap();
        let (actor, reason) = (office.dee.actor(), Reason::new(WORDS).unwrap());
        let new = NewUrgent {
            name: "Amina",
            born: None,
            reason: &reason,
            alone: true,
        };
        let unproved = urgent::ask(&office.app, &actor, &new);
        assert!(matches!(unproved.await, Err(Error::Denied(_))));
        assert!(matches!(
            ask(&office, &office.eve, "Amina", true).await,
            Err(Error::Invalid {
                problem: "urgent-not-on-duty",
                ..
            })
        ));
        // With nobody elsewhere who could answer, that is said before anything is written down.
        assert!(matches!(
            ask(&office, &office.eve, "Amina", false).await,
            Err(Error::Invalid {
                problem: "second-person-nobody",
                ..
            })
        ));
        let asked = ask(&office, &office.dee, "Amina", true).await.unwrap();
        assert_eq!(office.meets(&office.dee, office.case).await, NOTHING);
        // What was not gone on with in a quarter of an hour has to be asked again.
        world.clock.advance_seconds(15 * 60);
        let late = open(&office, &office.dee, asked).await;
        assert!(matches!(late, Err(Error::Conflict)), "{late:?}");
        let asked = ask(&office, &office.dee, "Amina", true).await.unwrap();
        open(&office, &office.dee, asked).await.unwrap();
        assert_eq!(office.meets(&office.dee, office.case).await, SEES);
        let twice = open(&office, &office.dee, asked).await;
        assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
    }
);

both!(
    ne_07_whoever_is_barred_is_never_let_in_and_meets_what_nobody_would,
    |world| {
        let office = office(world).await;
        office.changes(&office.bea, why()).await.unwrap();
        let bar = Change::Bar(office.dee.reference);
        office.changes(&office.bea, bar).await.unwrap();
        let mut met = Vec::new();
        for name in ["Amina", "Nobody"] {
            let asked = ask(&office, &office.dee, name, true).await.unwrap();
            let ready = state(&office, &office.dee, asked).await;
            open(&office, &office.dee, asked).await.unwrap();
            met.push((ready, state(&office, &office.dee, asked).await));
        }
        assert_eq!(met[0], met[1], "barred, and nobody");
        assert_eq!(office.meets(&office.dee, office.case).await, NOTHING);
        assert!(reviews(&office, &office.bea).await.is_empty());
        // The control: without the bar the same asking opens it.
        let lift = Change::LiftBar(office.dee.reference);
        office.changes(&office.bea, lift).await.unwrap();
        let asked = ask(&office, &office.dee, "Amina", true).await.unwrap();
        open(&office, &office.dee, asked).await.unwrap();
        assert_eq!(office.meets(&office.dee, office.case).await, SEES);
    }
);

/// Dee opens the record, alone, and looks at it.
async fn opened(office: &Office) {
    office.changes(&office.bea, why()).await.unwrap();
    let asked = ask(office, &office.dee, "Amina", true).await.unwrap();
    open(office, &office.dee, asked).await.unwrap();
    case_view::read(&office.app, &office.dee.actor(), office.case)
        .await
        .unwrap();
}

both!(
    what_was_opened_is_reviewed_by_somebody_else_who_reads_why_and_what_was_looked_at,
    |world| {
        let office = office(world).await;
        opened(&office).await;
        let [task] = reviews(&office, &office.bea).await.try_into().unwrap();
        let (bea, dee) = (office.bea.actor(), office.dee.actor());
        // Whoever opened it neither sees the review nor takes it, while they see everything else of the record.
        assert!(reviews(&office, &office.dee).await.is_empty());
        assert!(!office.tasks(&office.dee).await.is_empty());
        let own = urgent::review(&office.app, &dee, task.reference).await;
        assert!(matches!(own, Err(Error::Denied(_))), "{own:?}");
        let taken = today::task_take(&office.app, &dee, task.reference).await;
        assert!(matches!(taken, Err(Error::Denied(_))), "{taken:?}");
        // A word that it is done ends nothing.
        let word = today::task_finish(&office.app, &bea, task.reference, TaskOutcome::Done);
        assert!(matches!(
            word.await,
            Err(Error::Invalid {
                problem: "task-review-first",
                ..
            })
        ));
        let known = urgent::review(&office.app, &bea, task.reference)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((known.by.as_str(), known.second), ("Dee", None));
        assert_eq!(known.review.reason, WORDS);
        let looks = known.review.looks.iter();
        assert!(looks.clone().any(|look| look.action == "case_read"));
        assert!(looks.clone().all(|look| look.at >= known.review.opened_at));
        let waits = overview(&office, &office.ola).await.openings;
        assert_eq!((waits.len(), waits[0].0.records), (1, 1));
        assert!(waits[0].0.alone && waits[0].0.verdicts.is_empty());
        let words = Reason::new("He was not on the ward.").unwrap();
        let verdict = UrgentVerdict::NotInOrder;
        urgent::decide(&office.app, &bea, task.reference, verdict, &words)
            .await
            .unwrap();
        assert!(reviews(&office, &office.bea).await.is_empty());
        let again = urgent::decide(&office.app, &bea, task.reference, verdict, &words).await;
        assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
        let told = overview(&office, &office.ola).await.openings;
        assert_eq!(told[0].0.verdicts, [verdict]);
        let story = case_view::read(&office.app, &bea, office.case)
            .await
            .unwrap();
        let kinds: Vec<_> = story
            .story
            .iter()
            .map(|told| told.line.kind.as_str())
            .collect();
        assert!(kinds.contains(&"opened_urgently") && kinds.contains(&"opening_reviewed"));
    }
);

both!(
    a_review_outlives_its_case_and_climbs_in_time_to_anybody_but_whoever_opened_it,
    |world| {
        let office = office(world).await;
        opened(&office).await;
        let actor = office.bea.actor();
        office
            .app
            .store
            .work(&actor, Purpose::HelpAPerson, |w| {
                Box::pin(async move {
                    let facts = w.case_facts(office.case).await?;
                    let may = w.permit_found::<CaseChange>(facts)?;
                    w.case_tasks_end(&may).await
                })
            })
            .await
            .unwrap();
        let left = office.tasks(&office.bea).await;
        assert_eq!(left.len(), 1, "{left:?}");
        let [task] = reviews(&office, &office.bea).await.try_into().unwrap();
        // It climbs while there is time left, and everybody may see the record by then. Whoever holds the post opened it.
        assert!(task.climbs_at.unwrap() < task.due_at);
        office
            .changes(&office.bea, Change::KeepNoLonger)
            .await
            .unwrap();
        for _ in 0..3 {
            let until = reviews(&office, &office.bea).await[0].climbs_at.unwrap();
            let wait = until.seconds_since(world.env.now()).max(0) + 1;
            world.clock.advance_seconds(wait);
            promises::run(&office.app).await.unwrap();
            let [task] = reviews(&office, &office.bea).await.try_into().unwrap();
            assert_eq!(task.told, Some(office.eve.id));
            assert!(reviews(&office, &office.dee).await.is_empty());
        }
    }
);
