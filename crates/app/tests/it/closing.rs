//! Closing on both databases: nothing stays on anybody's list for a closed case, and what must not be left to nobody holds it
//! open. A child's case is a case: its risk is on the clock, and a look at the child ends when it has been had.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::town::{HELP, Town, order, town};
use throughline_app::case::{self, Closing};
use throughline_app::case_now::{self, Said};
use throughline_app::referral_send::{self, Sent};
use throughline_app::{case_view, contact, conversation, referral, referral_answer, today};
use throughline_core::child::{ChildMove, Safeguarding};
use throughline_core::clock::ClockId;
use throughline_core::closing::{AreThereChildren, StillOpen};
use throughline_core::code::Code as _;
use throughline_core::conversation::Mode;
use throughline_core::id::Ref;
use throughline_core::immediate::{ImmediateAnswer, ImmediateKind};
use throughline_core::need::NeedType;
use throughline_core::reason::Reason;
use throughline_core::risk::RiskBand;
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_policy::{Actor, Purpose};
use throughline_store::Error;
use throughline_store::account::NewAccount;
use throughline_store::person::PersonSheet;
use throughline_store::task::{Task, TaskOutcome};
use throughline_testkit::both;

fn why() -> Reason {
    Reason::new("they said so").unwrap()
}

fn noor() -> PersonSheet {
    PersonSheet {
        chosen: "Noor".to_owned(),
        given: None,
        family: None,
        born: None,
        age_band: None,
        language: None,
        interpreter: None,
        access: vec![],
    }
}

async fn tasks(town: &Town) -> Vec<Task> {
    town.app
        .store
        .work(&town.coach.actor(), HELP, |w| {
            Box::pin(async move { w.tasks(&w.scope(), 50).await })
        })
        .await
        .unwrap()
}

async fn kinds(town: &Town) -> Vec<TaskKind> {
    let mut kinds: Vec<_> = tasks(town).await.iter().map(|task| task.kind).collect();
    kinds.sort_unstable();
    kinds
}

async fn version(town: &Town, case: Ref) -> i64 {
    let coach = town.coach.actor();
    let view = case_view::read(&town.app, &coach, case).await;
    view.unwrap().case.version
}

async fn close(town: &Town, case: Ref) -> Closing {
    let version = version(town, case).await;
    case::close(&town.app, &town.coach.actor(), case, version)
        .await
        .unwrap()
}

async fn judge(town: &Town, case: Ref, band: RiskBand) {
    case_now::risk_judge(&town.app, &town.coach.actor(), case, band, &why(), false)
        .await
        .unwrap();
}

both!(
    closing_a_case_takes_whoever_was_not_asked_out_of_the_line,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        answer_everything(&town).await;
        judge(&town, town.case, RiskBand::Standard).await;
        let mut order = order(town.case, town.listed, NeedType::Debt);
        order.next = vec![town.inbox];
        let sent = referral_send::send(app, coach, &order).await.unwrap();
        assert_eq!(
            close(&town, town.case).await,
            Closing::StillOpen(vec![StillOpen::Referral]),
            "who was asked may still answer"
        );
        let view = referral::view(app, coach, sent.reference).await.unwrap();
        let (next, _) = &view.others[0];
        let seen = view.referral.version;
        referral_answer::withdraw(app, coach, sent.reference, seen)
            .await
            .unwrap();
        assert_eq!(close(&town, town.case).await, Closing::Closed);
        let view = referral::view(app, coach, next.reference).await.unwrap();
        assert_eq!(view.referral.state.code(), "withdrawn");
        assert_eq!(kinds(&town).await, []);
    }
);

async fn answer_everything(town: &Town) {
    for kind in ImmediateKind::ALL {
        let said = Said {
            kind: *kind,
            answer: ImmediateAnswer::PutOff {
                until: town.app.env().now().plus_hours(3),
                reason: why(),
            },
            only_theirs: None,
            into_account: false,
            version: 0,
        };
        case_now::immediate_answer(&town.app, &town.coach.actor(), town.case, &said)
            .await
            .unwrap();
    }
    case_now::children_answer(
        &town.app,
        &town.coach.actor(),
        town.case,
        AreThereChildren::None,
    )
    .await
    .unwrap();
}

async fn try_send(town: &Town) -> Result<Sent, Error> {
    let order = order(town.case, town.inbox, NeedType::Debt);
    referral_send::send(&town.app, &town.coach.actor(), &order).await
}

fn is_closed<T>(done: &Result<T, Error>) -> bool {
    matches!(
        done,
        Err(Error::Invalid {
            problem: "case-is-closed",
            ..
        })
    )
}

both!(closing_a_case_ends_every_task_of_it, |world| {
    let town = town(world).await;
    let coach = town.coach.actor();
    answer_everything(&town).await;
    let (app, now) = (&town.app, world.env.now());
    contact::change_of_address_or_separation(app, &coach, town.case, now)
        .await
        .unwrap();
    judge(&town, town.case, RiskBand::Standard).await;
    let before = tasks(&town).await;
    assert!(before.len() >= 2, "{before:?}");
    assert_eq!(close(&town, town.case).await, Closing::Closed);
    assert_eq!(kinds(&town).await, []);
    // Each is told in the story, and none is told as done.
    let view = case_view::read(app, &coach, town.case).await.unwrap();
    let ended: Vec<_> = view
        .story
        .iter()
        .filter(|told| told.line.kind == "task_ended")
        .map(|told| told.line.detail["outcome"].clone())
        .collect();
    assert_eq!(ended.len(), before.len());
    assert!(ended.iter().all(|outcome| outcome == "case_closed"));
    // No clock brings any of it back.
    world.clock.advance_seconds(40 * 86_400);
    throughline_app::promises::run(app).await.unwrap();
    assert_eq!(kinds(&town).await, []);
});

both!(nobody_is_given_work_on_a_closed_case, |world| {
    let town = town(world).await;
    let (app, coach) = (&town.app, town.coach.actor());
    assert_eq!(close(&town, town.case).await, Closing::Closed);
    assert!(is_closed(&try_send(&town).await));
    let high = case_now::risk_judge(app, &coach, town.case, RiskBand::High, &why(), false).await;
    assert!(is_closed(&high));
    // That they moved is kept all the same: a way that is no longer safe must not look safe.
    contact::change_of_address_or_separation(app, &coach, town.case, world.env.now())
        .await
        .unwrap();
    assert_eq!(kinds(&town).await, []);
    // Open again: the risk that nobody has judged is on its clock again.
    let seen = version(&town, town.case).await;
    case::reopen(app, &coach, town.case, seen).await.unwrap();
    assert_eq!(kinds(&town).await, [TaskKind::JudgeRisk]);
    // Nobody ends a task by saying that its case was closed.
    let task = tasks(&town).await[0].reference;
    let closed = today::task_finish(app, &coach, task, TaskOutcome::CaseClosed).await;
    assert!(matches!(closed, Err(Error::Illegal(_))));
});

both!(a_request_that_a_service_still_has_holds_the_case, |world| {
    let town = town(world).await;
    let (app, coach) = (&town.app, town.coach.actor());
    let sent = try_send(&town).await.unwrap();
    answer_everything(&town).await;
    judge(&town, town.case, RiskBand::Medium).await;
    let held = Closing::StillOpen(vec![StillOpen::Referral]);
    assert_eq!(close(&town, town.case).await, held);
    let view = referral::view(app, &coach, sent.reference).await.unwrap();
    referral_answer::withdraw(app, &coach, sent.reference, view.referral.version)
        .await
        .unwrap();
    assert_eq!(close(&town, town.case).await, Closing::Closed);
    assert_eq!(kinds(&town).await, []);
});

both!(a_high_risk_holds_the_case_until_somebody_acted, |world| {
    let town = town(world).await;
    let new = &NewAccount {
        organisation: town.coach.organisation,
        site: town.coach.site,
        role: Role::DaLead,
        name: "Dee",
        email: "dee@example.org",
        password: None,
    };
    let lead = town
        .app
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let lead = w.account_create(new).await?;
                w.site_lead_set(new.site.unwrap(), lead.id, 0).await?;
                Ok(lead)
            })
        })
        .await
        .unwrap()
        .actor();
    judge(&town, town.case, RiskBand::High).await;
    let held = Closing::StillOpen(vec![StillOpen::Escalation]);
    assert_eq!(close(&town, town.case).await, held);
    let site = today::lead(&town.app, &lead).await.unwrap();
    let task = site.climbing.iter().find_map(|row| row.task).unwrap();
    today::task_finish(&town.app, &lead, task, TaskOutcome::Done)
        .await
        .unwrap();
    assert_eq!(close(&town, town.case).await, Closing::Closed);
});

both!(a_conversation_ends_with_its_case, |world| {
    let town = town(world).await;
    let (app, coach) = (&town.app, town.coach.actor());
    let talk = conversation::start(app, &coach, Mode::InPerson)
        .await
        .unwrap();
    let to = conversation::ToCase::Known(town.case);
    conversation::continue_to_case(app, &coach, talk, &to)
        .await
        .unwrap();
    assert_eq!(close(&town, town.case).await, Closing::Closed);
    assert_eq!(kinds(&town).await, []);
    let open = app
        .store
        .work(&coach, HELP, |w| {
            Box::pin(async move { w.conversations(&w.scope(), 50).await })
        })
        .await
        .unwrap();
    assert!(open.is_empty());
});

both!(
    a_childs_own_case_has_its_risk_on_the_clock_of_high,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, town.coach.actor());
        let own = case_now::child_add(app, &coach, town.case, &noor())
            .await
            .unwrap();
        assert_eq!(
            kinds(&town).await,
            [TaskKind::JudgeRisk, TaskKind::ReviewChild]
        );
        let all = tasks(&town).await;
        let clock = all.iter().find(|task| task.kind == TaskKind::JudgeRisk);
        let packs = throughline_core::pack::Packs::embedded().unwrap();
        let pack = packs
            .iter()
            .find(|pack| pack.id() == "england-2024")
            .unwrap();
        let of_high = pack.urgency_by_risk(RiskBand::High);
        let due = pack.due(ClockId::RiskJudged, of_high, world.env.now());
        assert_eq!(clock.unwrap().due_at, due);
        assert_eq!(clock.unwrap().owner, Some(town.coach.id));
        judge(&town, own, RiskBand::Standard).await;
        assert_eq!(kinds(&town).await, [TaskKind::ReviewChild]);
    }
);

both!(a_look_at_a_child_ends_when_it_has_been_had, |world| {
    let town = town(world).await;
    let (app, coach) = (&town.app, town.coach.actor());
    let own = case_now::child_add(app, &coach, town.case, &noor())
        .await
        .unwrap();
    judge(&town, own, RiskBand::Standard).await;
    let mut due = tasks(&town).await[0].clone();
    assert_eq!(due.kind, TaskKind::ReviewChild);
    // A child nobody has looked at is not closed.
    let held = Closing::StillOpen(vec![StillOpen::ChildReview]);
    assert_eq!(close(&town, own).await, held);
    world.clock.advance_seconds(3_600);
    let decision = Safeguarding::NotNeeded(why());
    case_now::child_decide(app, &coach, town.case, own, 1, &decision)
        .await
        .unwrap();
    for (version, by) in [(2, ChildMove::HearNeeds), (3, ChildMove::NoService)] {
        let now = tasks(&town).await;
        // The look that was due is over; the next is due later, because no state is without one.
        assert_eq!(now.len(), 1);
        assert_ne!(now[0].reference, due.reference);
        assert!(now[0].due_at > due.due_at);
        due = now[0].clone();
        world.clock.advance_seconds(86_400);
        case_now::child_move(app, &coach, town.case, own, version, by)
            .await
            .unwrap();
    }
    case_now::child_move(app, &coach, town.case, own, 4, ChildMove::Close)
        .await
        .unwrap();
    assert_eq!(kinds(&town).await, []);
    assert_eq!(close(&town, own).await, Closing::Closed);
    // Known of again while the case is closed: nobody is given work on it.
    case_now::child_move(app, &coach, town.case, own, 5, ChildMove::Reopen)
        .await
        .unwrap();
    assert_eq!(kinds(&town).await, []);
});
