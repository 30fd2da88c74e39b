//! How a disclosure without a case ends, on both databases: every answer, every refusal, and who has what is left.

use std::collections::BTreeSet;

use crate::front_site::{Site, site};
use throughline_app::conversation::{self, Heard, SafeAnswers, ToCase, TwoColumns};
use throughline_app::conversation_end::{self, CloseAnswers, Ending};
use throughline_app::{case, case_now, promises, today};
use throughline_core::answer::Answer;
use throughline_core::child::{Safeguarding, SafeguardingCode};
use throughline_core::closing::{AreThereChildren, StillOpen};
use throughline_core::code::Code as _;
use throughline_core::conversation::{Interpreter, Mode, Overheard, Sign, Stage};
use throughline_core::id::Ref;
use throughline_core::immediate::{
    ImmediateAnswer, ImmediateCode, ImmediateKind, MoneyGiven, MoneyOpen, MoneyWay,
};
use throughline_core::reason::Reason;
use throughline_core::risk::RiskBand;
use throughline_core::task::TaskKind;
use throughline_policy::{Actor, Purpose};
use throughline_store::Error;
use throughline_store::account::Account;
use throughline_store::person::PersonSheet;
use throughline_store::task::{Task, TaskOutcome};
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

const SECRET: &str = "he waits outside";

/// A conversation of the coach's in which somebody told.
async fn disclosed(site: &Site) -> Ref {
    let actor = site.coach.actor();
    let talk = conversation::start(&site.app, &actor, Mode::InPerson)
        .await
        .unwrap();
    let alone = SafeAnswers {
        alone: Answer::Yes,
        interpreter: Interpreter::None,
        overheard: Overheard::Nobody,
        mode: Mode::InPerson,
    };
    conversation::safe_to_talk(&site.app, &actor, talk, 1, alone)
        .await
        .unwrap();
    let columns = TwoColumns {
        signs: BTreeSet::from([Sign::AnsweredFor]),
        seen: String::new(),
        told: SECRET.to_owned(),
        heard: Heard::Told,
    };
    conversation::keep(&site.app, &actor, talk, 2, &columns)
        .await
        .unwrap();
    talk
}

/// Tries to close with these answers.
async fn close(site: &Site, talk: Ref, closing: CloseAnswers) -> Result<Stage, Vec<StillOpen>> {
    let actor = site.coach.actor();
    let open = conversation::open(&site.app, &actor, talk).await.unwrap();
    let ending = Ending::Close(closing);
    conversation_end::end(&site.app, &actor, talk, open.plain.version, &ending)
        .await
        .unwrap()
}

fn with(code: ImmediateCode) -> CloseAnswers {
    CloseAnswers {
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
    }
}

async fn tasks(site: &Site, who: &Account) -> Vec<Task> {
    site.app
        .store
        .work(&who.actor(), Purpose::HelpAPerson, |w| {
            Box::pin(async move { w.tasks(&w.scope(), 100).await })
        })
        .await
        .unwrap()
}

async fn of_kind(site: &Site, who: &Account, kind: TaskKind) -> Vec<Task> {
    let mut all = tasks(site, who).await;
    all.retain(|task| task.kind == kind);
    all
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

both!(
    what_could_not_be_had_is_the_leads_with_a_clock_without_any_case,
    |world| {
        let site = site(world, &[0, 1]).await;
        for code in ImmediateCode::ALL {
            let talk = disclosed(&site).await;
            let before = of_kind(&site, &site.lead, TaskKind::RetryImmediate).await;
            let closed = close(&site, talk, with(*code)).await;
            let after = of_kind(&site, &site.lead, TaskKind::RetryImmediate).await;
            match code {
                // Putting off needs a time and a reason, which only a case keeps.
                ImmediateCode::PutOff => assert_eq!(closed.unwrap_err().len(), 3),
                ImmediateCode::Unavailable => {
                    assert_eq!(closed, Ok(Stage::Closed));
                    assert_eq!(after.len(), before.len() + 1);
                    let task = after.last().unwrap();
                    assert_eq!(task.told, Some(site.lead.id), "a named human");
                    assert!(task.due_at > world.env.now());
                    assert!(task.climbs_at.is_some(), "and it climbs");
                    assert_eq!(task.case, None);
                }
                ImmediateCode::Given | ImmediateCode::NotNeeded | ImmediateCode::Declined => {
                    assert_eq!(closed, Ok(Stage::Closed), "{code}");
                    assert_eq!(after.len(), before.len(), "{code}");
                }
            }
        }
    }
);

both!(
    money_that_was_given_says_how_and_into_whose_account_without_any_case,
    |world| {
        let site = site(world, &[0]).await;
        let talk = disclosed(&site).await;
        let given = |way, only_theirs| CloseAnswers {
            money: MoneyGiven { way, only_theirs },
            ..with(ImmediateCode::Given)
        };
        let open = close(&site, talk, given(None, None)).await.unwrap_err();
        assert_eq!(open, [StillOpen::Money(MoneyOpen::Way)]);
        let account = Some(MoneyWay::Account);
        let doubts = Answer::ALL.iter().filter(|answer| !answer.is_yes());
        for only_theirs in doubts.map(|answer| Some(*answer)).chain([None]) {
            let open = close(&site, talk, given(account, only_theirs))
                .await
                .unwrap_err();
            assert_eq!(
                open,
                [StillOpen::Money(MoneyOpen::NotTheirsAlone)],
                "{only_theirs:?}"
            );
        }
        let closed = close(&site, talk, given(account, Some(Answer::Yes))).await;
        assert_eq!(closed, Ok(Stage::Closed));
    }
);

both!(
    whether_there_are_children_is_asked_before_a_disclosure_closes,
    |world| {
        let site = site(world, &[0]).await;
        let answered = |children, safeguarding| CloseAnswers {
            children,
            safeguarding,
            ..with(ImmediateCode::NotNeeded)
        };
        let asks = TaskKind::AskAboutChildren;
        // Not asked; none; not known; yes and nothing decided: each in a conversation of its own.
        let talk = disclosed(&site).await;
        let open = close(&site, talk, answered(None, None)).await.unwrap_err();
        assert_eq!(open, [StillOpen::AreThereChildren]);
        let yes = Some(AreThereChildren::Yes);
        let open = close(&site, talk, answered(yes, None)).await.unwrap_err();
        assert_eq!(open, [StillOpen::Safeguarding]);
        let none = Some(AreThereChildren::None);
        assert_eq!(
            close(&site, talk, answered(none, None)).await,
            Ok(Stage::Closed)
        );
        assert!(of_kind(&site, &site.coach, asks).await.is_empty());

        let why = Reason::new("They live with their aunt").unwrap();
        for decision in [
            Safeguarding::Referred,
            Safeguarding::AlreadyOpen,
            Safeguarding::NotNeeded(why),
        ] {
            let talk = disclosed(&site).await;
            let closed = close(&site, talk, answered(yes, Some(decision.clone()))).await;
            assert_eq!(closed, Ok(Stage::Closed), "{decision:?}");
            let kept = conversation::open(&site.app, &site.coach.actor(), talk)
                .await
                .unwrap();
            let (code, _) = kept.notes.safeguarding.unwrap();
            assert_eq!(code, decision.code());
        }
        assert!(of_kind(&site, &site.coach, asks).await.is_empty());

        let talk = disclosed(&site).await;
        let unknown = Some(AreThereChildren::NotKnown);
        assert_eq!(
            close(&site, talk, answered(unknown, None)).await,
            Ok(Stage::Closed)
        );
        let left = of_kind(&site, &site.coach, asks).await;
        assert_eq!(left.len(), 1, "somebody asks again");
        assert_eq!(left[0].owner, Some(site.coach.id));
    }
);

both!(
    with_a_case_children_are_recorded_there_and_its_cards_count,
    |world| {
        let site = site(world, &[0]).await;
        let actor = site.coach.actor();
        let talk = disclosed(&site).await;
        let to = ToCase::New(sheet("Amina"));
        let case = conversation::continue_to_case(&site.app, &actor, talk, &to)
            .await
            .unwrap();
        let answered = |children| CloseAnswers {
            children: Some(children),
            safeguarding: Some(Safeguarding::Referred),
            ..with(ImmediateCode::NotNeeded)
        };
        // Answers beside the case count for nothing: nobody would act on them.
        let open = close(&site, talk, answered(AreThereChildren::Yes))
            .await
            .unwrap_err();
        assert_eq!(
            open.len(),
            4,
            "three cards, and a child to record: {open:?}"
        );
        assert!(open.contains(&StillOpen::RecordChild));
        for kind in ImmediateKind::ALL {
            let said = case_now::Said {
                kind: *kind,
                answer: ImmediateAnswer::NotNeeded,
                only_theirs: None,
                into_account: false,
                version: 0,
            };
            case_now::immediate_answer(&site.app, &actor, case, &said)
                .await
                .unwrap();
        }
        // Not known leaves the task with the case, which does not close before it is answered.
        let closed = close(&site, talk, answered(AreThereChildren::NotKnown)).await;
        assert_eq!(closed, Ok(Stage::Closed));
        let asks = TaskKind::AskAboutChildren;
        assert_eq!(of_kind(&site, &site.coach, asks).await.len(), 1);
        let why = Reason::new("Looked at together").unwrap();
        case_now::risk_judge(&site.app, &actor, case, RiskBand::Medium, &why, false)
            .await
            .unwrap();
        let shown = throughline_app::case_view::read(&site.app, &actor, case)
            .await
            .unwrap();
        let ended = case::close(&site.app, &actor, case, shown.case.version)
            .await
            .unwrap();
        assert_eq!(
            ended,
            case::Closing::StillOpen(vec![StillOpen::AreThereChildren])
        );
        case_now::child_add(&site.app, &actor, case, &sheet("Sam"))
            .await
            .unwrap();
        assert!(
            of_kind(&site, &site.coach, asks).await.is_empty(),
            "recording a child answers it"
        );
    }
);

/// A disclosure that was closed without a case, and the task to judge its risk as it stands with the lead.
async fn climbed(world: &TestStore, site: &Site) -> Ref {
    let talk = disclosed(site).await;
    let closing = CloseAnswers {
        children: Some(AreThereChildren::Yes),
        safeguarding: Some(Safeguarding::NotNeeded(Reason::new(SECRET).unwrap())),
        ..with(ImmediateCode::Unavailable)
    };
    close(site, talk, closing).await.unwrap();
    let judge = of_kind(site, &site.coach, TaskKind::JudgeRisk).await;
    let judge = judge.first().unwrap();
    world.clock.set(judge.climbs_at.unwrap());
    promises::run(&site.app).await.unwrap();
    judge.reference
}

both!(
    a_risk_without_a_case_ends_only_by_judging_it_and_the_lead_can,
    |world| {
        let site = site(world, &[0, 1]).await;
        let task = climbed(world, &site).await;
        let lead = site.lead.actor();
        for who in [&site.coach, &site.lead] {
            for outcome in TaskOutcome::ALL.iter().filter(|one| one.is_chosen()) {
                let ended = today::task_finish(&site.app, &who.actor(), task, *outcome).await;
                assert!(
                    matches!(
                        ended,
                        Err(Error::Invalid {
                            problem: "task-judge-first-talk",
                            ..
                        })
                    ),
                    "{} {outcome}",
                    who.name
                );
            }
        }
        assert!(
            today::task(&site.app, &lead, task).await.unwrap().take_up,
            "whoever has it finds the way"
        );
        let own = today::task(&site.app, &site.coach.actor(), task)
            .await
            .unwrap();
        assert!(own.conversation.is_some() && !own.take_up);

        let known = conversation_end::summary(&site.app, &lead, task)
            .await
            .unwrap();
        assert_eq!(known.worker, "coach");
        assert_eq!(known.alone, Some(Answer::Yes));
        assert_eq!(
            known.right_now.get(&ImmediateKind::Bed),
            Some(&ImmediateCode::Unavailable)
        );
        assert_eq!(known.children, Some(AreThereChildren::Yes));
        assert_eq!(known.safeguarding, Some(SafeguardingCode::NotNeeded));
        assert!(!known.has_case);
        assert!(
            !format!("{known:?}").contains(SECRET),
            "no word of it, not even a reason"
        );

        let case = conversation_end::take_up(&site.app, &lead, task, &sheet("Amina"))
            .await
            .unwrap();
        let again = conversation_end::take_up(&site.app, &lead, task, &sheet("Amina")).await;
        assert!(matches!(again, Err(Error::Illegal(_))), "one case, not two");
        let judges = of_kind(&site, &site.lead, TaskKind::JudgeRisk).await;
        assert_eq!(
            judges.len(),
            1,
            "the clock that ran goes on; no second begins"
        );
        assert!(judges[0].case.is_some());
        let why = Reason::new("Threats this week").unwrap();
        case_now::risk_judge(&site.app, &lead, case, RiskBand::High, &why, false)
            .await
            .unwrap();
        assert!(
            of_kind(&site, &site.lead, TaskKind::JudgeRisk)
                .await
                .is_empty()
        );
        // What was said is still its worker's alone.
        let known = conversation_end::summary(&site.app, &lead, task)
            .await
            .unwrap();
        assert_eq!(known.case, Some(case));
    }
);

both!(
    only_who_has_the_task_in_hand_takes_the_conversation_up,
    |world| {
        let site = site(world, &[0, 1]).await;
        let task = climbed(world, &site).await;
        let strangers: [Actor; 4] = [
            site.other.actor(),
            site.desk.actor(),
            site.officer.actor(),
            // A lead of the same site, whom the ladder has not reached.
            site.manager.actor(),
        ];
        for actor in strangers {
            let seen = conversation_end::summary(&site.app, &actor, task).await;
            assert!(matches!(seen, Err(Error::Denied(_))), "{actor:?}");
            let taken = conversation_end::take_up(&site.app, &actor, task, &sheet("X")).await;
            assert!(matches!(taken, Err(Error::Denied(_))), "{actor:?}");
        }
        // A lead who takes the task has it in hand, and nobody has it twice.
        let manager = site.manager.actor();
        today::task_take(&site.app, &manager, task).await.unwrap();
        conversation_end::summary(&site.app, &manager, task)
            .await
            .unwrap();
        let before = conversation_end::summary(&site.app, &site.lead.actor(), task).await;
        assert!(matches!(before, Err(Error::Denied(_))));
        // A task that is about no conversation gives none.
        let to = ToCase::New(sheet("Amina"));
        let talk = conversation::start(&site.app, &site.coach.actor(), Mode::InPerson)
            .await
            .unwrap();
        conversation::continue_to_case(&site.app, &site.coach.actor(), talk, &to)
            .await
            .unwrap();
        let judge = of_kind(&site, &site.coach, TaskKind::JudgeRisk).await;
        let about_case = judge.iter().find(|one| one.conversation.is_none()).unwrap();
        let none =
            conversation_end::summary(&site.app, &site.coach.actor(), about_case.reference).await;
        assert!(matches!(none, Err(Error::NotFound(_))));
    }
);

both!(
    a_task_that_is_over_opens_no_conversation_any_more,
    |world| {
        let site = site(world, &[0, 1]).await;
        climbed(world, &site).await;
        let deputy = site.deputy.actor();
        let retry = of_kind(&site, &site.deputy, TaskKind::RetryImmediate).await;
        let task = retry[0].reference;
        assert!(today::task(&site.app, &deputy, task).await.unwrap().take_up);
        conversation_end::summary(&site.app, &deputy, task)
            .await
            .unwrap();
        today::task_finish(&site.app, &deputy, task, TaskOutcome::Done)
            .await
            .unwrap();
        assert!(!today::task(&site.app, &deputy, task).await.unwrap().take_up);
        let seen = conversation_end::summary(&site.app, &deputy, task).await;
        assert!(matches!(seen, Err(Error::NotFound(_))), "{seen:?}");
        let taken = conversation_end::take_up(&site.app, &deputy, task, &sheet("Amina")).await;
        assert!(matches!(taken, Err(Error::Illegal("take_up"))), "{taken:?}");
    }
);

both!(an_ordinary_end_asks_nothing, |world| {
    let site = site(world, &[0]).await;
    let talk = conversation::start(&site.app, &site.coach.actor(), Mode::InPerson)
        .await
        .unwrap();
    conversation::called_999(&site.app, &site.coach.actor(), Some(talk), None)
        .await
        .unwrap();
    // What a page sends all the same makes nobody any work.
    let closed = close(&site, talk, with(ImmediateCode::Unavailable)).await;
    assert_eq!(closed, Ok(Stage::Closed));
    for who in [&site.coach, &site.lead] {
        assert!(tasks(&site, who).await.is_empty(), "{}", who.name);
    }
});
