//! The front line on both databases: rooms that never say why, conversations, 999, drafts, and tasks that somebody always has.

use std::collections::{BTreeMap, BTreeSet};

use crate::front_site::{Site, site};

use throughline_app::conversation::{self, Heard, SafeAnswers, ToCase, TwoColumns};
use throughline_app::conversation_end::{self, CloseAnswers, Ending};
use throughline_app::{App, Settings, drafts, front_desk, promises, today};
use throughline_core::answer::Answer;
use throughline_core::closing::{AreThereChildren, StillOpen};
use throughline_core::code::Code as _;
use throughline_core::conversation::{Interpreter, Mode, Overheard, Reach, Sign, Stage, TalkMode};
use throughline_core::id::Ref;
use throughline_core::immediate::{ImmediateCode, ImmediateKind};
use throughline_core::pack::Packs;
use throughline_core::room::{RoomMove, RoomState};
use throughline_core::task::{Owner, TaskKind, TaskState};
use throughline_policy::action::{CaseHandOver, ConversationStart, ReferralSend, TaskDo};
use throughline_policy::{Actor, Facts, Purpose, Ties};
use throughline_store::Error;
use throughline_store::account::Account;
use throughline_store::outbox::OutboxKind;
use throughline_store::person::PersonSheet;
use throughline_store::task::{Task, TaskNew, TaskOutcome};
use throughline_testkit::both;

const HELP: Purpose = Purpose::HelpAPerson;

/// Who was sent a neutral notice, in order; takes them from the outbox.
async fn told(site: &Site) -> Vec<Account> {
    let system = Actor::System {
        organisation: site.coach.organisation,
    };
    let leases = site
        .app
        .store
        .work(&system, Purpose::KeepPromises, |w| {
            Box::pin(async move {
                let leases = w.outbox_lease("test", 50).await?;
                for lease in &leases {
                    w.outbox_done(lease).await?;
                }
                Ok(leases)
            })
        })
        .await
        .unwrap();
    leases
        .into_iter()
        .map(|lease| {
            assert_eq!(lease.kind, OutboxKind::StaffTask);
            let says = lease.payload.as_object().unwrap();
            assert!(
                says.keys().all(|name| name == "urgency"),
                "a notice says nothing but how soon: {says:?}"
            );
            [
                &site.lead,
                &site.deputy,
                &site.manager,
                &site.coach,
                &site.other,
            ]
            .into_iter()
            .find(|account| Some(account.id.uuid()) == lease.subject)
            .unwrap()
            .clone()
        })
        .collect()
}

fn names(accounts: &[Account]) -> Vec<&str> {
    accounts
        .iter()
        .map(|account| account.name.as_str())
        .collect()
}

const ALONE: SafeAnswers = SafeAnswers {
    alone: Answer::Yes,
    interpreter: Interpreter::None,
    overheard: Overheard::Nobody,
    mode: Mode::InPerson,
};

fn columns(told: &str, heard: Heard) -> TwoColumns {
    TwoColumns {
        signs: BTreeSet::from([Sign::AnsweredFor]),
        seen: String::new(),
        told: told.to_owned(),
        heard,
    }
}

async fn begun(site: &Site) -> Ref {
    conversation::start(&site.app, &site.coach.actor(), Mode::InPerson)
        .await
        .unwrap()
}

async fn version(site: &Site, talk: Ref) -> i64 {
    conversation::open(&site.app, &site.coach.actor(), talk)
        .await
        .unwrap()
        .plain
        .version
}

async fn disclosed(site: &Site) -> Ref {
    let talk = begun(site).await;
    let actor = site.coach.actor();
    conversation::safe_to_talk(&site.app, &actor, talk, 1, ALONE)
        .await
        .unwrap();
    let at = version(site, talk).await;
    let columns = columns("he waits outside", Heard::Told);
    conversation::keep(&site.app, &actor, talk, at, &columns)
        .await
        .unwrap();
    talk
}

fn amina() -> PersonSheet {
    PersonSheet {
        chosen: "Amina".into(),
        given: None,
        family: None,
        born: None,
        age_band: None,
        language: None,
        interpreter: None,
        access: vec![],
    }
}

/// Everything that closing a disclosure asks, settled.
fn whole() -> CloseAnswers {
    CloseAnswers {
        right_now: ImmediateKind::ALL
            .iter()
            .map(|kind| (*kind, ImmediateCode::NotNeeded))
            .collect(),
        children: Some(AreThereChildren::None),
        ..CloseAnswers::default()
    }
}

async fn tasks_of(site: &Site, actor: &Actor) -> Vec<Task> {
    site.app
        .store
        .work(actor, HELP, |w| {
            Box::pin(async move { w.tasks(&w.scope(), 100).await })
        })
        .await
        .unwrap()
}

both!(
    a_room_is_asked_for_once_and_climbs_until_somebody_comes,
    |world| {
        let site = site(world, &[0, 1, 2]).await;
        let asked = front_desk::room_request(&site.app, &site.desk.actor())
            .await
            .unwrap();
        assert_eq!(asked.state, RoomState::LeadAlerted);
        assert_eq!(names(&told(&site).await), ["lead"]);

        world.clock.advance_seconds(14 * 60);
        promises::run(&site.app).await.unwrap();
        assert!(told(&site).await.is_empty(), "the lead has fifteen minutes");

        for (state, name) in [
            (RoomState::DeputyAlerted, "deputy"),
            (RoomState::ManagerAlerted, "manager"),
            (RoomState::ManagerAlerted, "manager"),
        ] {
            world.clock.advance_seconds(15 * 60);
            assert_eq!(promises::run(&site.app).await.unwrap().rooms, 1);
            assert_eq!(promises::run(&site.app).await.unwrap().rooms, 0, "once");
            assert_eq!(names(&told(&site).await), [name]);
            let desk = front_desk::desk(&site.app, &site.desk.actor())
                .await
                .unwrap();
            assert_eq!(desk.rooms[0].state, state);
        }
        // The desk asks; it does not answer.
        let actor = site.desk.actor();
        let denied = front_desk::room_answer(&site.app, &actor, asked.reference, RoomMove::Answer);
        assert!(matches!(denied.await, Err(Error::Denied(_))));
        let actor = site.lead.actor();
        front_desk::room_answer(&site.app, &actor, asked.reference, RoomMove::Answer)
            .await
            .unwrap();
        world.clock.advance_seconds(15 * 60);
        promises::run(&site.app).await.unwrap();
        assert!(
            told(&site).await.is_empty(),
            "nobody is alerted once someone came"
        );
        // A request that is forgotten closes by itself when the talk must be over.
        world.clock.advance_seconds(24 * 3_600);
        promises::run(&site.app).await.unwrap();
        let desk = front_desk::desk(&site.app, &site.desk.actor())
            .await
            .unwrap();
        assert!(desk.rooms.is_empty());
    }
);

both!(
    a_site_without_a_lead_alerts_whoever_is_next_at_once,
    |world| {
        let site = site(world, &[1]).await;
        let asked = front_desk::room_request(&site.app, &site.desk.actor())
            .await
            .unwrap();
        assert_eq!(asked.state, RoomState::DeputyAlerted);
        assert_eq!(names(&told(&site).await), ["deputy"]);
    }
);

both!(a_room_is_neutral_for_everyone_who_can_see_it, |world| {
    let site = site(world, &[0, 1]).await;
    front_desk::room_request(&site.app, &site.desk.actor())
        .await
        .unwrap();
    let desk = front_desk::desk(&site.app, &site.desk.actor())
        .await
        .unwrap();
    let lead = today::lead(&site.app, &site.lead.actor()).await.unwrap();
    assert_eq!(lead.rooms.len(), 1);
    for shown in [format!("{:?}", desk.rooms), format!("{:?}", lead.rooms)] {
        let shown = shown.to_lowercase();
        for word in ["ani", "abuse", "ask for", "code"] {
            assert!(!shown.contains(&format!("\"{word}")), "{shown}");
        }
    }
    // The desk's own day shows no rows at all: it answers nothing and leads nobody.
    let day = today::worker(&site.app, &site.desk.actor()).await.unwrap();
    assert!(day.do_now.is_empty() && day.next.is_empty() && day.waiting.is_empty());
});

both!(
    not_sure_is_an_ordinary_appointment_until_they_are_seen_alone,
    |world| {
        let site = site(world, &[0, 1]).await;
        let actor = site.coach.actor();
        let talk = begun(&site).await;
        for answers in [
            SafeAnswers {
                alone: Answer::NotSure,
                ..ALONE
            },
            SafeAnswers {
                alone: Answer::No,
                ..ALONE
            },
            SafeAnswers {
                interpreter: Interpreter::Family,
                ..ALONE
            },
            SafeAnswers {
                overheard: Overheard::Child,
                ..ALONE
            },
            SafeAnswers {
                mode: Mode::Loudspeaker,
                ..ALONE
            },
        ] {
            let at = version(&site, talk).await;
            let mode = conversation::safe_to_talk(&site.app, &actor, talk, at, answers)
                .await
                .unwrap();
            assert_eq!(mode, TalkMode::OrdinaryAppointment, "{answers:?}");
            let seen = conversation::open(&site.app, &actor, talk).await.unwrap();
            assert_eq!(seen.plain.stage, Stage::UnsafeToAsk);
            assert_eq!(seen.plain.reach, Reach::SpecialistOnly);
        }
        let at = version(&site, talk).await;
        conversation::safe_to_talk(&site.app, &actor, talk, at, ALONE)
            .await
            .unwrap();
        let seen = conversation::open(&site.app, &actor, talk).await.unwrap();
        assert_eq!(seen.plain.reach, Reach::AsAgreed);
        // A page from before is not kept over what came after.
        let late =
            conversation::keep(&site.app, &actor, talk, at, &columns("", Heard::Nothing)).await;
        assert!(matches!(late, Err(Error::Conflict)));
    }
);

both!(
    a_conversation_goes_no_further_than_the_specialist_before_the_question_is_answered,
    |world| {
        let site = site(world, &[0]).await;
        let talk = begun(&site).await;
        let seen = conversation::open(&site.app, &site.coach.actor(), talk)
            .await
            .unwrap();
        assert_eq!(seen.talk_mode, None);
        assert_eq!(seen.plain.reach, Reach::SpecialistOnly);
    }
);

both!(
    nobody_else_opens_a_conversation_and_its_words_are_sealed,
    |world| {
        let site = site(world, &[0, 1]).await;
        let talk = disclosed(&site).await;
        for actor in [
            site.other.actor(),
            site.lead.actor(),
            site.desk.actor(),
            site.officer.actor(),
        ] {
            let opened = conversation::open(&site.app, &actor, talk).await;
            assert!(matches!(opened, Err(Error::Denied(_))), "{actor:?}");
        }
        let mine = conversation::open(&site.app, &site.coach.actor(), talk)
            .await
            .unwrap();
        assert_eq!(mine.notes.told, "he waits outside");
        if let Some(path) = world.sqlite_path() {
            for file in [path.clone(), path.with_extension("db-wal")] {
                let bytes = std::fs::read(&file).unwrap_or_default();
                for word in ["he waits outside", "answered_for"] {
                    assert!(
                        !bytes.windows(word.len()).any(|w| w == word.as_bytes()),
                        "{word}"
                    );
                }
            }
        }
    }
);

both!(
    what_was_told_puts_the_risk_on_its_clock_and_the_close_names_all_that_is_open,
    |world| {
        let site = site(world, &[0, 1]).await;
        let actor = site.coach.actor();
        let talk = disclosed(&site).await;
        let mine = tasks_of(&site, &actor).await;
        assert_eq!(
            mine.iter().map(|task| task.kind).collect::<Vec<_>>(),
            [TaskKind::JudgeRisk]
        );

        let at = version(&site, talk).await;
        let nothing = Ending::Close(CloseAnswers::default());
        let open = conversation_end::end(&site.app, &actor, talk, at, &nothing)
            .await
            .unwrap()
            .unwrap_err();
        let mut all: Vec<StillOpen> = ImmediateKind::ALL
            .iter()
            .map(|kind| StillOpen::Immediate(*kind))
            .collect();
        all.push(StillOpen::AreThereChildren);
        assert_eq!(open, all);
        assert_eq!(version(&site, talk).await, at, "nothing was changed");

        let closed = conversation_end::end(&site.app, &actor, talk, at, &Ending::Close(whole()))
            .await
            .unwrap();
        assert_eq!(closed, Ok(Stage::Closed));
        let mine = tasks_of(&site, &actor).await;
        assert_eq!(
            mine.len(),
            1,
            "a risk that nobody judged outlives the conversation"
        );
    }
);

both!(not_now_is_a_good_ending_that_comes_back, |world| {
    let site = site(world, &[0]).await;
    let actor = site.coach.actor();
    let talk = begun(&site).await;
    let stage = conversation_end::end(&site.app, &actor, talk, 1, &Ending::NotNow)
        .await
        .unwrap();
    assert_eq!(stage, Ok(Stage::Later));
    let mine = tasks_of(&site, &actor).await;
    assert_eq!(mine.len(), 1);
    assert_eq!(mine[0].kind, TaskKind::ResumeConversation);
    assert!(mine[0].due_at > world.env.now().plus_days(7));
    let day = today::worker(&site.app, &actor).await.unwrap();
    assert_eq!(day.next.len(), 1);
    assert_eq!(day.next[0].target, today::Target::Conversation(talk));
});

both!(nothing_stands_between_anyone_and_i_called_999, |world| {
    let site = site(world, &[0]).await;
    let talk = begun(&site).await;
    let absent = world.env.reference();
    for account in [
        &site.coach,
        &site.other,
        &site.desk,
        &site.lead,
        &site.officer,
    ] {
        for conversation in [None, Some(talk), Some(absent)] {
            conversation::called_999(&site.app, &account.actor(), conversation, Some(absent))
                .await
                .unwrap();
        }
    }
    let seen = conversation::open(&site.app, &site.coach.actor(), talk)
        .await
        .unwrap();
    assert_eq!(
        seen.called_999.len(),
        1,
        "only the worker's own is tied to the conversation"
    );
    // An ordinary end asks nothing either.
    conversation_end::end(
        &site.app,
        &site.coach.actor(),
        talk,
        1,
        &Ending::Close(CloseAnswers::default()),
    )
    .await
    .unwrap()
    .unwrap();
    conversation::called_999(&site.app, &site.coach.actor(), Some(talk), None)
        .await
        .unwrap();
});

both!(
    a_case_is_linked_and_what_was_said_stays_with_the_conversation,
    |world| {
        let site = site(world, &[0, 1]).await;
        let actor = site.coach.actor();
        let talk = disclosed(&site).await;
        let case = conversation::continue_to_case(&site.app, &actor, talk, &ToCase::New(amina()))
            .await
            .unwrap();
        let seen = conversation::open(&site.app, &actor, talk).await.unwrap();
        assert_eq!(seen.case, Some(case));
        // The lead of the site may read the case, and still not what was said.
        assert!(
            conversation::open(&site.app, &site.lead.actor(), talk)
                .await
                .is_err()
        );
        let lead_day = today::lead(&site.app, &site.lead.actor()).await.unwrap();
        assert_eq!(lead_day.risks.len(), 1);
        assert!(
            lead_day.risks[0].due_at.is_some(),
            "a risk nobody judged has a clock"
        );
        let case_ref = &case;
        let reach = site
            .app
            .store
            .work(&actor, HELP, |w| {
                Box::pin(async move {
                    let facts = w.case_facts(*case_ref).await?;
                    let permit = w.permit_found::<ReferralSend>(facts)?;
                    w.case_reach(&permit).await
                })
            })
            .await
            .unwrap();
        assert_eq!(reach, Some(Reach::AsAgreed));
        // A second case is not silently put in its place.
        let again =
            conversation::continue_to_case(&site.app, &actor, talk, &ToCase::New(amina())).await;
        assert!(matches!(again, Err(Error::Illegal(_))));

        let to = &site.other.id;
        site.app
            .store
            .work(&actor, HELP, |w| {
                Box::pin(async move {
                    let facts = w.case_facts(*case_ref).await?;
                    let permit = w.permit_found::<CaseHandOver>(facts)?;
                    w.case_hand_over(&permit, *to).await
                })
            })
            .await
            .unwrap();
        assert!(conversation::open(&site.app, &actor, talk).await.is_err());
        let theirs = conversation::open(&site.app, &site.other.actor(), talk)
            .await
            .unwrap();
        assert_eq!(theirs.notes.told, "he waits outside");
        assert_eq!(tasks_of(&site, &site.other.actor()).await.len(), 1);
        assert!(tasks_of(&site, &actor).await.is_empty());
    }
);

both!(
    a_draft_outlives_everything_but_its_page_and_is_nobody_elses,
    |world| {
        let site = site(world, &[]).await;
        let (mine, theirs) = (site.coach.actor(), site.other.actor());
        let fields = |words: &str| BTreeMap::from([("told".to_owned(), vec![words.to_owned()])]);
        for words in ["first", "a sentence that was nev"] {
            drafts::keep(&site.app, &mine, "conversation/x", &fields(words))
                .await
                .unwrap();
        }
        let read = drafts::read(&site.app, &mine, "conversation/x")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(read.body, fields("a sentence that was nev"));
        assert!(
            drafts::read(&site.app, &theirs, "conversation/x")
                .await
                .unwrap()
                .is_none()
        );
        assert!(
            drafts::read(&site.app, &mine, "conversation/y")
                .await
                .unwrap()
                .is_none()
        );
        let typed = drafts::keep(&site.app, &mine, "Amina Khan", &fields("x")).await;
        assert!(
            matches!(typed, Err(Error::Invalid { .. })),
            "a page has no name that was typed"
        );
        drafts::drop_page(&site.app, &theirs, "conversation/x")
            .await
            .unwrap();
        assert!(
            drafts::read(&site.app, &mine, "conversation/x")
                .await
                .unwrap()
                .is_some()
        );
        drafts::drop_page(&site.app, &mine, "conversation/x")
            .await
            .unwrap();
        assert!(
            drafts::read(&site.app, &mine, "conversation/x")
                .await
                .unwrap()
                .is_none()
        );
    }
);

/// Makes a task for the coach that is due in an hour.
async fn task_for(site: &Site, owner: Option<&Account>) -> Ref {
    let (coach, owner) = (&site.coach, &owner);
    site.app
        .store
        .work(&coach.actor(), HELP, |w| {
            Box::pin(async move {
                let facts = Facts {
                    subject: coach.site.unwrap(),
                    person: None,
                    ties: Ties {
                        organisation: Some(coach.organisation),
                        site: coach.site,
                        ..Ties::default()
                    },
                };
                // The conversation's note covers the task.
                let permit = w.permit::<ConversationStart>(&facts)?;
                w.conversation_start(&permit, Mode::InPerson).await?;
                let due_at = w.now().plus_hours(1);
                let new = TaskNew {
                    organisation: coach.organisation,
                    site: coach.site,
                    case: None,
                    referral: None,
                    owner_account: owner.map(|owner| owner.id),
                    kind: TaskKind::OfferNext,
                    due_at,
                    climbs_at: due_at,
                };
                w.task_add(&new).await.map(|(_, reference)| reference)
            })
        })
        .await
        .unwrap()
}

async fn task_now(site: &Site, reference: Ref) -> Task {
    let system = Actor::System {
        organisation: site.coach.organisation,
    };
    let reference = &reference;
    site.app
        .store
        .work(&system, Purpose::KeepPromises, |w| {
            Box::pin(async move {
                let facts = w.task_facts(*reference).await?;
                let permit = w.permit_found::<TaskDo>(facts)?;
                w.task(&permit).await
            })
        })
        .await
        .unwrap()
}

both!(
    ne_08_a_task_nobody_takes_reaches_the_top_in_the_time_of_the_policy_whoever_is_missing,
    |world| {
        let site = site(world, &[0, 2]).await;
        for owner in [Some(&site.coach), Some(&site.lead), None] {
            let reference = task_for(&site, owner).await;
            let mut told_in_turn = Vec::new();
            let mut steps = 0;
            while task_now(&site, reference).await.post != Owner::National {
                let task = task_now(&site, reference).await;
                assert!(
                    task.owner.is_some() || task.told.is_some(),
                    "somebody always has it"
                );
                let climbs_at = task.climbs_at.expect("an unfinished task always climbs");
                // One post takes no longer than one clock of the policy: two hours, for a risk nobody judged.
                assert!(climbs_at <= world.env.now().plus_hours(2));
                world.clock.set(climbs_at);
                assert_eq!(promises::run(&site.app).await.unwrap().failed, 0);
                told_in_turn.extend(told(&site).await.into_iter().map(|account| account.name));
                steps += 1;
                assert!(steps <= 6, "the top is at most five posts away");
            }
            // A post that nobody holds is passed over, nobody is told of their own task, and what is nobody's own is told to the
            // first post at once.
            let expected: &[&str] = match owner {
                Some(owner) if owner.id == site.lead.id => &["manager", "manager"],
                _ => &["lead", "manager", "manager"],
            };
            assert_eq!(told_in_turn, expected);
            // At the top it stays, and alerts again.
            let top = task_now(&site, reference).await;
            world.clock.set(top.climbs_at.unwrap());
            promises::run(&site.app).await.unwrap();
            assert_eq!(names(&told(&site).await), ["manager"]);
            let actor = site.manager.actor();
            today::task_take(&site.app, &actor, reference)
                .await
                .unwrap();
            today::task_finish(&site.app, &actor, reference, TaskOutcome::Done)
                .await
                .unwrap();
            let done = task_now(&site, reference).await;
            assert_eq!((done.state, done.climbs_at), (TaskState::Done, None));
            let again = today::task_finish(&site.app, &actor, reference, TaskOutcome::Done).await;
            assert!(matches!(again, Err(Error::Illegal(_))));
        }
    }
);

both!(
    what_somebody_could_not_do_goes_to_somebody_else_above_them,
    |world| {
        let site = site(world, &[0, 1]).await;
        let mut reference = task_for(&site, Some(&site.coach)).await;
        // Above the deputy is nobody here: then it is another's again, from the first post on, and never their own.
        for (who, next, post) in [
            (&site.coach, &site.lead, Owner::Lead),
            (&site.lead, &site.deputy, Owner::Deputy),
            (&site.deputy, &site.lead, Owner::Lead),
        ] {
            let actor = who.actor();
            today::task_finish(&site.app, &actor, reference, TaskOutcome::CouldNot)
                .await
                .unwrap();
            assert_eq!(names(&told(&site).await), [&*next.name]);
            let left = tasks_of(&site, &next.actor()).await;
            let left = left.iter().find(|task| task.told == Some(next.id)).unwrap();
            assert_eq!((left.owner, left.post), (None, post));
            assert_eq!(left.kind, TaskKind::OfferNext);
            reference = left.reference;
        }
    }
);

both!(a_task_that_was_taken_and_left_climbs_again, |world| {
    let site = site(world, &[0, 1]).await;
    let reference = task_for(&site, Some(&site.coach)).await;
    today::task_take(&site.app, &site.coach.actor(), reference)
        .await
        .unwrap();
    let taken = task_now(&site, reference).await;
    assert_eq!(taken.state, TaskState::Acknowledged);
    world.clock.set(taken.climbs_at.unwrap());
    promises::run(&site.app).await.unwrap();
    let left = task_now(&site, reference).await;
    assert_eq!((left.post, left.told), (Owner::Lead, Some(site.lead.id)));
    assert_eq!(
        left.owner,
        Some(site.coach.id),
        "it is still the worker's too"
    );
    // Nobody who has nothing to do with it may touch it.
    let stranger = today::task_take(&site.app, &site.other.actor(), reference).await;
    assert!(matches!(stranger, Err(Error::Denied(_))));
    let lead = today::lead(&site.app, &site.lead.actor()).await.unwrap();
    assert_eq!(lead.climbing.len(), 1);
});

both!(
    the_job_does_nothing_before_there_is_an_installation,
    |world| {
        let settings = Settings {
            base_url: String::new(),
            mail_from: String::new(),
            call: None,
            node: "test".into(),
            demo: false,
        };
        let app = App::new(world.store.clone(), Packs::embedded().unwrap(), settings).unwrap();
        assert_eq!(
            promises::run(&app).await.unwrap(),
            promises::Kept::default()
        );
    }
);
