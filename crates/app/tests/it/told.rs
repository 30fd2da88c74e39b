//! Somebody who told us is never closed as if they had not, on both databases: whatever became of the conversation, bed, money,
//! essentials, children and the risk are answered first; and what was answered once is not asked again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeSet;

use crate::front_site::{Site, site};
use throughline_app::case::{self, Case, Closing};
use throughline_app::conversation::{self, Heard, SafeAnswers, ToCase, TwoColumns};
use throughline_app::conversation_end::{self, CloseAnswers, Ending};
use throughline_app::{case_now, case_view, today};
use throughline_core::answer::Answer;
use throughline_core::closing::{AreThereChildren, StillOpen};
use throughline_core::code::Code as _;
use throughline_core::conversation::{Interpreter, Mode, Overheard, Stage};
use throughline_core::id::Ref;
use throughline_core::immediate::{
    ImmediateAnswer, ImmediateCode, ImmediateKind, MoneyGiven, MoneyWay,
};
use throughline_core::need::NeedType;
use throughline_core::reason::Reason;
use throughline_core::risk::RiskBand;
use throughline_core::task::TaskKind;
use throughline_policy::Purpose;
use throughline_store::account::Account;
use throughline_store::person::PersonSheet;
use throughline_store::task::{Task, TaskOutcome};
use throughline_testkit::both;

async fn disclosed(site: &Site) -> Ref {
    let actor = site.coach.actor();
    let app = &site.app;
    let talk = conversation::start(app, &actor, Mode::InPerson)
        .await
        .unwrap();
    let alone = SafeAnswers {
        alone: Answer::Yes,
        interpreter: Interpreter::None,
        overheard: Overheard::Nobody,
        mode: Mode::InPerson,
    };
    conversation::safe_to_talk(app, &actor, talk, 1, alone)
        .await
        .unwrap();
    let columns = TwoColumns {
        signs: BTreeSet::new(),
        seen: String::new(),
        told: "he waits outside".to_owned(),
        heard: Heard::Told,
    };
    conversation::keep(app, &actor, talk, 2, &columns)
        .await
        .unwrap();
    talk
}

async fn end(site: &Site, talk: Ref, ending: &Ending) -> Result<Stage, Vec<StillOpen>> {
    let actor = site.coach.actor();
    let open = conversation::open(&site.app, &actor, talk).await.unwrap();
    let version = open.plain.version;
    conversation_end::end(&site.app, &actor, talk, version, ending)
        .await
        .unwrap()
}

async fn go_on(site: &Site, talk: Ref, to: ToCase) -> Ref {
    conversation::continue_to_case(&site.app, &site.coach.actor(), talk, &to)
        .await
        .unwrap()
}

fn sheet(chosen: &str) -> PersonSheet {
    PersonSheet {
        chosen: chosen.into(),
        given: None,
        family: None,
        born: None,
        age_band: None,
        language: None,
        interpreter: None,
        access: vec![],
    }
}

async fn shown(site: &Site, case: Ref) -> case_view::CaseView {
    case_view::read(&site.app, &site.coach.actor(), case)
        .await
        .unwrap()
}

async fn known(site: &Site, case: Ref) -> Case {
    shown(site, case).await.case
}

async fn close(site: &Site, case: Ref) -> Vec<StillOpen> {
    let version = known(site, case).await.version;
    match case::close(&site.app, &site.coach.actor(), case, version)
        .await
        .unwrap()
    {
        Closing::Closed => Vec::new(),
        Closing::StillOpen(open) => open,
    }
}

async fn judge(site: &Site, case: Ref) {
    let why = Reason::new("Looked at together").unwrap();
    let (app, actor) = (&site.app, site.coach.actor());
    case_now::risk_judge(app, &actor, case, RiskBand::Standard, &why, false)
        .await
        .unwrap();
}

async fn answer(site: &Site, case: Ref, answer: ImmediateAnswer) {
    for kind in ImmediateKind::ALL {
        let before = shown(site, case).await.immediate;
        let before = before.iter().find(|before| before.kind == *kind);
        let said = case_now::Said {
            kind: *kind,
            answer: answer.clone(),
            only_theirs: None,
            into_account: false,
            version: before.map_or(0, |before| before.version),
        };
        case_now::immediate_answer(&site.app, &site.coach.actor(), case, &said)
            .await
            .unwrap();
    }
}

async fn no_children(site: &Site, case: Ref) {
    let (app, actor) = (&site.app, site.coach.actor());
    case_now::children_answer(app, &actor, case, AreThereChildren::None)
        .await
        .unwrap();
}

async fn tasks(site: &Site, who: &Account, kind: TaskKind) -> Vec<Task> {
    let actor = who.actor();
    let mut all = site
        .app
        .store
        .work(&actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move { w.tasks(&w.scope(), 100).await })
        })
        .await
        .unwrap();
    all.retain(|task| task.kind == kind);
    all
}

const EVERYTHING: [StillOpen; 5] = [
    StillOpen::Immediate(ImmediateKind::Bed),
    StillOpen::Immediate(ImmediateKind::Money),
    StillOpen::Immediate(ImmediateKind::Essentials),
    StillOpen::AreThereChildren,
    StillOpen::Risk,
];

fn closing(code: ImmediateCode) -> Ending {
    Ending::Close(CloseAnswers {
        right_now: ImmediateKind::ALL
            .iter()
            .map(|kind| (*kind, code))
            .collect(),
        money: MoneyGiven {
            way: Some(MoneyWay::Hand),
            only_theirs: None,
        },
        children: Some(AreThereChildren::None),
        safeguarding: None,
    })
}

both!(who_told_and_was_left_for_another_day_still_told, |world| {
    let site = site(world, &[0]).await;
    let talk = disclosed(&site).await;
    assert_eq!(end(&site, talk, &Ending::NotNow).await, Ok(Stage::Later));
    let case = go_on(&site, talk, ToCase::New(sheet("Amina"))).await;
    assert_eq!(close(&site, case).await, EVERYTHING);
    answer(&site, case, ImmediateAnswer::NotNeeded).await;
    assert_eq!(close(&site, case).await, EVERYTHING[3..]);
    no_children(&site, case).await;
    judge(&site, case).await;
    assert_eq!(close(&site, case).await, []);
});

both!(
    a_case_made_from_a_closed_conversation_holds_its_risk,
    |world| {
        let site = site(world, &[0]).await;
        let talk = disclosed(&site).await;
        let closed = end(&site, talk, &closing(ImmediateCode::NotNeeded)).await;
        assert_eq!(closed, Ok(Stage::Closed));
        let case = go_on(&site, talk, ToCase::New(sheet("Amina"))).await;
        // Bed, money, essentials and children were answered in the conversation: they are not asked again.
        assert_eq!(close(&site, case).await, [StillOpen::Risk]);
        let view = shown(&site, case).await;
        assert_eq!(view.immediate.len(), ImmediateKind::ALL.len());
        assert_eq!(view.case.about_children, Some(AreThereChildren::None));
    }
);

both!(what_could_not_be_had_goes_on_with_the_case_once, |world| {
    let site = site(world, &[0]).await;
    let talk = disclosed(&site).await;
    end(&site, talk, &closing(ImmediateCode::Unavailable))
        .await
        .unwrap();
    let before = tasks(&site, &site.lead, TaskKind::RetryImmediate).await;
    world.clock.advance_seconds(600);
    let case = go_on(&site, talk, ToCase::New(sheet("Amina"))).await;
    let after = tasks(&site, &site.lead, TaskKind::RetryImmediate).await;
    assert_eq!(after.len(), 1, "one task, as before");
    assert_eq!(
        after.first().unwrap().due_at,
        before.first().unwrap().due_at
    );
    let view = shown(&site, case).await;
    assert!(
        view.immediate
            .iter()
            .all(|known| known.answer == ImmediateAnswer::Unavailable)
    );
    assert!(view.immediate.iter().all(|known| known.due_at.is_some()));
});

both!(
    an_open_conversation_does_not_let_a_case_close_without_asking,
    |world| {
        let site = site(world, &[0]).await;
        let talk = disclosed(&site).await;
        let case = go_on(&site, talk, ToCase::New(sheet("Amina"))).await;
        answer(&site, case, ImmediateAnswer::NotNeeded).await;
        judge(&site, case).await;
        assert_eq!(close(&site, case).await, [StillOpen::AreThereChildren]);
    }
);

both!(
    a_case_without_a_conversation_is_asked_about_children_too,
    |world| {
        let site = site(world, &[0]).await;
        let (app, actor) = (&site.app, site.coach.actor());
        let case = case::open(app, &actor, &sheet("Amina")).await.unwrap();
        case::need_add(app, &actor, case, NeedType::Debt, true)
            .await
            .unwrap();
        assert_eq!(close(&site, case).await, EVERYTHING);
        answer(&site, case, ImmediateAnswer::NotNeeded).await;
        judge(&site, case).await;
        // What nobody knows is somebody's to ask; a yes is recorded child by child.
        let about = AreThereChildren::NotKnown;
        case_now::children_answer(app, &actor, case, about)
            .await
            .unwrap();
        assert_eq!(
            tasks(&site, &site.coach, TaskKind::AskAboutChildren)
                .await
                .len(),
            1
        );
        assert_eq!(close(&site, case).await, [StillOpen::AreThereChildren]);
        let about = AreThereChildren::Yes;
        case_now::children_answer(app, &actor, case, about)
            .await
            .unwrap();
        assert_eq!(
            tasks(&site, &site.coach, TaskKind::AskAboutChildren)
                .await
                .len(),
            0
        );
        assert_eq!(close(&site, case).await, [StillOpen::RecordChild]);
        let own = case_now::child_add(app, &actor, case, &sheet("Sam"))
            .await
            .unwrap();
        // Of the child nobody asks whether they have children.
        case::need_add(app, &actor, own, NeedType::ChildrenSafety, true)
            .await
            .unwrap();
        assert!(
            !close(&site, own)
                .await
                .contains(&StillOpen::AreThereChildren)
        );
    }
);

both!(
    not_now_may_be_said_again_and_again_and_it_comes_back_each_time,
    |world| {
        let site = site(world, &[0]).await;
        let talk = disclosed(&site).await;
        for _ in 0..3 {
            world.clock.advance_seconds(86_400);
            assert_eq!(end(&site, talk, &Ending::NotNow).await, Ok(Stage::Later));
            let comes_back = tasks(&site, &site.coach, TaskKind::ResumeConversation).await;
            assert_eq!(comes_back.len(), 1);
            assert!(comes_back.first().unwrap().due_at > world.env.now());
            // Beside it the risk stays on its clock.
            assert_eq!(
                tasks(&site, &site.coach, TaskKind::JudgeRisk).await.len(),
                1
            );
        }
    }
);

both!(
    a_conversation_that_is_not_over_comes_back_once_the_risk_is_judged,
    |world| {
        let site = site(world, &[0]).await;
        let talk = disclosed(&site).await;
        let case = go_on(&site, talk, ToCase::New(sheet("Amina"))).await;
        assert_eq!(
            tasks(&site, &site.coach, TaskKind::ResumeConversation)
                .await
                .len(),
            0
        );
        judge(&site, case).await;
        let back = tasks(&site, &site.coach, TaskKind::ResumeConversation).await;
        assert_eq!(back.len(), 1);
        assert_eq!(back.first().unwrap().owner, Some(site.coach.id));
        // Judged again, it is there once.
        judge(&site, case).await;
        assert_eq!(
            tasks(&site, &site.coach, TaskKind::ResumeConversation)
                .await
                .len(),
            1
        );
    }
);

both!(who_comes_back_and_tells_again_is_helped_again, |world| {
    let site = site(world, &[0]).await;
    let talk = disclosed(&site).await;
    let case = go_on(&site, talk, ToCase::New(sheet("Amina"))).await;
    answer(&site, case, ImmediateAnswer::Given).await;
    no_children(&site, case).await;
    judge(&site, case).await;
    assert_eq!(close(&site, case).await, []);
    // A year later it is another day's bed, and another danger.
    world.clock.advance_seconds(365 * 86_400);
    let talk = disclosed(&site).await;
    assert_eq!(go_on(&site, talk, ToCase::Known(case)).await, case);
    let view = shown(&site, case).await;
    assert_eq!(view.case.state, case::CaseState::Open);
    let open = close(&site, case).await;
    assert_eq!(
        open,
        [EVERYTHING[0], EVERYTHING[1], EVERYTHING[2], EVERYTHING[4]]
    );
    answer(&site, case, ImmediateAnswer::NotNeeded).await;
    assert_eq!(
        close(&site, case).await,
        [StillOpen::Risk],
        "judged before they told again"
    );
    judge(&site, case).await;
    assert_eq!(close(&site, case).await, []);
});

both!(
    who_tells_again_while_helped_is_asked_again_in_the_same_case,
    |world| {
        let site = site(world, &[0]).await;
        let first = disclosed(&site).await;
        let case = go_on(&site, first, ToCase::New(sheet("Amina"))).await;
        answer(&site, case, ImmediateAnswer::Given).await;
        judge(&site, case).await;
        world.clock.advance_seconds(86_400);
        let again = disclosed(&site).await;
        assert_eq!(go_on(&site, again, ToCase::Known(case)).await, case);
        assert_eq!(close(&site, case).await, EVERYTHING);
        // Told in a conversation that led here before, it counts all the same.
        answer(&site, case, ImmediateAnswer::NotNeeded).await;
        judge(&site, case).await;
        no_children(&site, case).await;
        assert_eq!(close(&site, case).await, []);
    }
);

both!(
    a_task_to_ask_about_children_that_is_ended_by_hand_holds_nothing,
    |world| {
        let site = site(world, &[0]).await;
        let talk = disclosed(&site).await;
        let case = go_on(&site, talk, ToCase::New(sheet("Amina"))).await;
        answer(&site, case, ImmediateAnswer::NotNeeded).await;
        judge(&site, case).await;
        let (app, actor) = (&site.app, site.coach.actor());
        let about = AreThereChildren::NotKnown;
        case_now::children_answer(app, &actor, case, about)
            .await
            .unwrap();
        let asks = tasks(&site, &site.coach, TaskKind::AskAboutChildren).await;
        let task = asks.first().unwrap().reference;
        today::task_finish(app, &actor, task, TaskOutcome::NotNeeded)
            .await
            .unwrap();
        assert_eq!(
            close(&site, case).await,
            [],
            "they could not be asked any more"
        );
    }
);

both!(
    a_name_that_many_others_bear_hides_nobody_who_is_found_again,
    |world| {
        let site = site(world, &[0]).await;
        let (app, mine) = (&site.app, &site.coach.actor());
        for _ in 0..220 {
            case::open(app, &site.other.actor(), &sheet("Maryam"))
                .await
                .unwrap();
        }
        let known = case::open(app, mine, &sheet("Maryam")).await.unwrap();
        let found = case::find(app, mine, "maryam", None).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].reference, known);
        assert!(case::find(app, mine, "", None).await.unwrap().is_empty());
    }
);
