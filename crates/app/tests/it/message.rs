//! Messages to the person, on both databases: what goes, what waits, what is refused, and that nobody is left not knowing.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::collections::BTreeMap;

use crate::reach::{Post, adds, asks, safe, states, tasks, turn};
use crate::town::{Bounces, HELP, Town, open_case, town};
use jiff::civil::Weekday;
use throughline_app::case::{self, Closing};
use throughline_app::case_view;
use throughline_app::contact::{self, ContactEnded, ContactSaid};
use throughline_app::message::{self, Asked, HandedOver};
use throughline_app::outbox::{Turn, dispatch_once, dispatch_without_mail};
use throughline_core::answer::Answer;
use throughline_core::artefact::{Artefact, Lang};
use throughline_core::code::Code as _;
use throughline_core::contact::{AnsweredBy, Channel, Verdict, Window};
use throughline_core::gate::{Alternative, DenyReason, Sender};
use throughline_core::id::{MessageId, Ref};
use throughline_core::message::MessageState;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, MessageSend};
use throughline_store::Error;
use throughline_store::contact::NewContact;
use throughline_store::contact_words::WhoseWord;
use throughline_store::message::NewMessage;
use throughline_store::outbox::{OutboxKind, TRIES};
use throughline_testkit::both;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

both!(
    ne_01_what_was_safe_when_it_was_asked_for_does_not_go_once_it_is_not_and_a_no_is_a_task,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        for (broken, expected) in [
            ("ended", DenyReason::Never),
            ("moved", DenyReason::Reconfirm),
            ("lapsed", DenyReason::Expired),
            ("never", DenyReason::Never),
        ] {
            let case = open_case(&app.store, &town.coach).await;
            let said = safe(Channel::Email, "amina@home.example");
            let way = adds(&town, case, &said).await;
            let asked = asks(&town, case, way, Artefact::EmailPleaseCall).await;
            assert!(matches!(asked, Asked::Waits(_)), "{broken}");
            match broken {
                "ended" => contact::end(app, coach, case, way, ContactEnded::NotSafe)
                    .await
                    .unwrap(),
                "moved" => {
                    contact::change_of_address_or_separation(app, coach, case, app.env().now())
                        .await
                        .unwrap();
                }
                "lapsed" => world.clock.advance_seconds(60 * DAY),
                _ => {
                    let never = ContactSaid {
                        verdict: Verdict::Never,
                        ..said
                    };
                    adds(&town, case, &never).await;
                }
            }
            let post = Post::default();
            turn(&town, &post).await;
            assert_eq!(post.to_the_person(), [], "{broken}");
            let denied = (MessageState::Denied, Some(expected));
            assert_eq!(states(&town, case).await, [denied], "{broken}");
            let left = tasks(&town, case, TaskKind::AgreeSafeContact).await;
            assert_eq!(left.len(), 1, "{broken}: somebody agrees a safe way");
            assert_eq!(left[0].owner, Some(town.coach.id));
            let view = case_view::read(app, coach, case).await.unwrap();
            let told = view
                .story
                .iter()
                .any(|it| it.line.kind == "message_not_sent");
            assert!(told, "{broken}: the story says so");
        }
        // The negative control: the same way, left alone, is used.
        let case = open_case(&app.store, &town.coach).await;
        let way = adds(&town, case, &safe(Channel::Email, "amina@home.example")).await;
        asks(&town, case, way, Artefact::EmailPleaseCall).await;
        let post = Post::default();
        turn(&town, &post).await;
        let [(to, artefact, whole)] = &post.to_the_person()[..] else {
            panic!("one mail")
        };
        assert_eq!(
            (to.as_str(), *artefact),
            ("amina@home.example", Artefact::EmailPleaseCall)
        );
        assert!(whole.contains("01632 960123"));
        for name in ["Riverside", "Somebody", "Amina", "Okafor"] {
            assert!(!whole.contains(name), "{name}: {whole}");
        }
        assert_eq!(states(&town, case).await, [(MessageState::Sent, None)]);
        assert!(
            tasks(&town, case, TaskKind::AgreeSafeContact)
                .await
                .is_empty()
        );
    }
);

both!(
    ne_02_no_letter_goes_to_the_old_home_after_a_move_also_not_one_that_was_asked_for_before,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let home = adds(
            &town,
            town.case,
            &safe(Channel::Post, "1 Old Road, Oldtown"),
        )
        .await;
        let asked = asks(&town, town.case, home, Artefact::LetterPleaseCall).await;
        let Asked::InHand(letter) = asked else {
            panic!("a letter is posted by hand: {asked:?}")
        };
        let before = message::in_hand(app, coach, town.case, letter)
            .await
            .unwrap();
        assert!(
            before.released.unwrap().unwrap().to().contains("Old Road"),
            "the control: before the move it may go"
        );
        contact::change_of_address_or_separation(app, coach, town.case, app.env().now())
            .await
            .unwrap();
        let after = message::in_hand(app, coach, town.case, letter)
            .await
            .unwrap();
        let denied = after.released.unwrap().unwrap_err();
        assert_eq!(denied.reason, DenyReason::Never);
        assert_eq!(denied.alternative, Alternative::AgreeASafeWay);
        // And what is asked for now is refused at once, with a task.
        let again = asks(&town, town.case, home, Artefact::LetterAppointment).await;
        assert!(matches!(again, Asked::Refused(_)), "{again:?}");
        let left = tasks(&town, town.case, TaskKind::AgreeSafeContact).await;
        assert_eq!(left.len(), 1, "one task, however often it is refused");
    }
);

both!(
    what_may_not_go_yet_waits_for_its_hour_and_is_asked_about_again_then,
    |world| {
        let town = town(world).await;
        let tuesday = Window::new(Weekday::Tuesday, 600, 660).unwrap();
        let said = ContactSaid {
            verdict: Verdict::SafeOnlyInWindow,
            windows: vec![tuesday],
            ..safe(Channel::Email, "amina@home.example")
        };
        let way = adds(&town, town.case, &said).await;
        let opens = At::parse("2026-11-24T10:00:00Z").unwrap();
        let asked = asks(&town, town.case, way, Artefact::CalendarEntry).await;
        assert_eq!(asked, Asked::Waits(opens));
        let post = Post::default();
        turn(&town, &post).await;
        world.clock.set(opens.plus_seconds(-1));
        turn(&town, &post).await;
        assert_eq!(post.to_the_person(), []);
        assert_eq!(
            states(&town, town.case).await,
            [(MessageState::Waiting, None)]
        );
        // Nobody looked while it was open: the same hour a week later, not the next best moment.
        world.clock.set(opens.plus_hours(1));
        turn(&town, &post).await;
        assert_eq!(post.to_the_person(), []);
        // The appointment is on Thursday: a week later it would be of no use, and somebody is told instead.
        let late = (MessageState::Denied, Some(DenyReason::OutsideWindow));
        assert_eq!(states(&town, town.case).await, [late]);
        assert_eq!(
            tasks(&town, town.case, TaskKind::AgreeSafeContact)
                .await
                .len(),
            1
        );
        // Asked for again, and within the hour it goes.
        let again = asks(&town, town.case, way, Artefact::EmailPleaseCall).await;
        assert_eq!(again, Asked::Waits(opens.plus_days(7)));
        world.clock.set(opens.plus_days(7));
        turn(&town, &post).await;
        assert_eq!(post.to_the_person().len(), 1);
        assert_eq!(
            states(&town, town.case).await[0],
            (MessageState::Sent, None)
        );
    }
);

both!(two_nodes_that_send_at_once_send_one, |world| {
    let town = town(world).await;
    let way = adds(
        &town,
        town.case,
        &safe(Channel::Email, "amina@home.example"),
    )
    .await;
    asks(&town, town.case, way, Artefact::EmailPleaseCall).await;
    let post = Post::default();
    let (one, two) = tokio::join!(
        dispatch_once(&town.app, &post, "one"),
        dispatch_once(&town.app, &post, "two")
    );
    one.unwrap();
    two.unwrap();
    turn(&town, &post).await;
    assert_eq!(post.to_the_person().len(), 1);
});

both!(
    a_mail_that_comes_back_or_finds_no_relay_leaves_somebody_with_the_task,
    |world| {
        let town = town(world).await;
        for relay in [true, false] {
            let case = open_case(&town.app.store, &town.coach).await;
            let way = adds(&town, case, &safe(Channel::Email, "amina@home.example")).await;
            asks(&town, case, way, Artefact::EmailPleaseCall).await;
            if relay {
                dispatch_once(&town.app, &Bounces, "one").await.unwrap();
            } else {
                for _ in 0..TRIES {
                    assert_eq!(states(&town, case).await, [(MessageState::Waiting, None)]);
                    dispatch_without_mail(&town.app, "one").await.unwrap();
                    world.clock.advance_seconds(2 * HOUR);
                }
            }
            assert_eq!(states(&town, case).await, [(MessageState::Failed, None)]);
            assert_eq!(
                tasks(&town, case, TaskKind::AgreeSafeContact).await.len(),
                1
            );
        }
    }
);

both!(
    what_goes_by_hand_is_somebodys_until_they_say_how_it_went,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let agreed = ContactSaid {
            neutral_only: false,
            answered_by: AnsweredBy::SomeoneElseMay,
            say: Some("Say it is the library.".to_owned()),
            ..safe(Channel::Sms, "07700 900456")
        };
        let way = adds(&town, town.case, &agreed).await;
        for (how, state, left) in [
            (HandedOver::Done, MessageState::Sent, 0),
            (HandedOver::NotWanted, MessageState::Dropped, 0),
            (HandedOver::CouldNot, MessageState::Failed, 1),
        ] {
            world.clock.advance_seconds(1);
            let Asked::InHand(message) = asks(&town, town.case, way, Artefact::SmsPleaseCall).await
            else {
                panic!("a text is sent by hand")
            };
            assert_eq!(
                tasks(&town, town.case, TaskKind::HandOverMessage)
                    .await
                    .len(),
                1
            );
            let open = message::in_hand(app, coach, town.case, message)
                .await
                .unwrap();
            let release = open.released.unwrap().unwrap();
            assert_eq!(release.to(), "07700 900456");
            assert_eq!(
                release.sender(),
                Sender::Neutral,
                "somebody else may read it"
            );
            assert_eq!(open.say.as_deref(), Some("Say it is the library."));
            message::handed_over(app, coach, town.case, message, how)
                .await
                .unwrap();
            assert_eq!(states(&town, town.case).await[0].0, state);
            assert!(
                tasks(&town, town.case, TaskKind::HandOverMessage)
                    .await
                    .is_empty()
            );
            let agree = tasks(&town, town.case, TaskKind::AgreeSafeContact).await;
            assert_eq!(agree.len(), left);
            let twice = message::handed_over(app, coach, town.case, message, how).await;
            assert!(matches!(twice, Err(Error::Illegal(_))), "{twice:?}");
            let over = message::in_hand(app, coach, town.case, message)
                .await
                .unwrap();
            assert!(over.released.is_none() && over.say.is_none());
        }
        // Two in hand are one task, which ends with the last of them.
        let mut two = Vec::new();
        for _ in 0..2 {
            match asks(&town, town.case, way, Artefact::SmsAppointment).await {
                Asked::InHand(message) => two.push(message),
                other => panic!("{other:?}"),
            }
        }
        for (message, left) in two.into_iter().zip([1, 0]) {
            message::handed_over(app, coach, town.case, message, HandedOver::Done)
                .await
                .unwrap();
            assert_eq!(
                tasks(&town, town.case, TaskKind::HandOverMessage)
                    .await
                    .len(),
                left
            );
        }
    }
);

both!(
    what_a_mail_server_takes_is_nobodys_to_call_done_and_ends_with_the_case,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let case = open_case(&app.store, &town.coach).await;
        let way = adds(&town, case, &safe(Channel::Email, "amina@home.example")).await;
        asks(&town, case, way, Artefact::EmailPleaseCall).await;
        let known = message::messages(app, coach, case).await.unwrap();
        let done = message::handed_over(app, coach, case, known[0].reference, HandedOver::Done);
        assert!(matches!(done.await, Err(Error::Illegal(_))));
        let text = adds(&town, case, &safe(Channel::Sms, "07700 900456")).await;
        asks(&town, case, text, Artefact::SmsPleaseCall).await;
        // Whatever else stands before closing does not matter here: the case is closed as the store closes it.
        let closing = case::close(app, coach, case, 1).await;
        if !matches!(closing, Ok(Closing::Closed)) {
            let case = &case;
            app.store
                .work(coach, HELP, |w| {
                    Box::pin(async move {
                        let facts = w.case_facts(*case).await?;
                        let may = w.permit_found::<CaseChange>(facts)?;
                        w.messages_end(&may).await
                    })
                })
                .await
                .unwrap();
        }
        let dropped = (MessageState::Dropped, None);
        assert_eq!(states(&town, case).await, [dropped, dropped]);
        let post = Post::default();
        turn(&town, &post).await;
        assert_eq!(post.to_the_person(), []);
    }
);

both!(
    ne_08_before_a_way_to_reach_somebody_lapses_their_worker_is_told_once,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let case = open_case(&app.store, &town.coach).await;
        // The way that the town's case begins with lapses after thirty days.
        let told = async || message::ask_before_a_way_lapses(app, 200).await.unwrap();
        world.clock.advance_seconds(22 * DAY);
        assert_eq!(told().await, 0, "a week before is soon enough");
        assert!(
            tasks(&town, case, TaskKind::AgreeSafeContact)
                .await
                .is_empty()
        );
        world.clock.advance_seconds(2 * DAY);
        assert_eq!(told().await, 2, "everybody whose way lapses");
        assert_eq!(told().await, 0, "once, not each time");
        assert_eq!(
            tasks(&town, case, TaskKind::AgreeSafeContact).await.len(),
            1
        );
        let view = case_view::read(app, coach, case).await.unwrap();
        let way = view.contacts.all[0].reference;
        contact::confirm(app, coach, case, way).await.unwrap();
        assert!(
            tasks(&town, case, TaskKind::AgreeSafeContact)
                .await
                .is_empty(),
            "asked again, it is done"
        );
        // Confirmed, it lapses anew and is told of anew; ended, it is not.
        world.clock.advance_seconds(60 * DAY);
        assert_eq!(told().await, 1);
        contact::end(app, coach, case, way, ContactEnded::NotSafe)
            .await
            .unwrap();
        assert_eq!(told().await, 0);
    }
);

both!(
    words_by_which_they_know_each_other_are_compared_and_never_read,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let case = &town.case;
        let way = adds(&town, *case, &safe(Channel::PhoneMobile, "07700 900456")).await;
        let set = async |theirs: Option<&'static str>, ours: Option<&'static str>| {
            message::words_set(app, coach, *case, way, theirs, ours).await
        };
        let whose = async |typed: &'static str| {
            message::word_is(app, coach, *case, way, typed)
                .await
                .unwrap()
        };
        assert_eq!(whose("bluebell").await, None, "none is agreed yet");
        set(Some("Blue bell"), Some("Tadpole")).await.unwrap();
        assert_eq!(whose("bluebell!").await, Some(WhoseWord::Theirs));
        assert_eq!(whose("TADPOLE").await, Some(WhoseWord::Ours));
        for wrong in ["blue", "", "tadpoles", "blue bell tadpole"] {
            assert_eq!(whose(wrong).await, None, "{wrong}");
        }
        let alike = set(Some("tadpole"), Some("Tadpole")).await;
        assert!(matches!(alike, Err(Error::Invalid { .. })));
        assert_eq!(whose("tadpole").await, Some(WhoseWord::Ours), "kept");
        let view = case_view::read(app, coach, *case).await.unwrap();
        let known = view.contacts.all.iter().find(|it| it.reference == way);
        assert!(known.unwrap().has_words);
        set(None, None).await.unwrap();
        assert_eq!(whose("tadpole").await, None);
    }
);

both!(
    what_is_said_to_whoever_else_answers_may_tell_nothing,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        for (say, telling) in [
            ("Say it is the refuge.", true),
            ("Say it is the Jobcentre", true),
            ("Ask her to come to SW1A 1AA", true),
            ("Say it is the library.", false),
        ] {
            let said = ContactSaid {
                say: Some(say.to_owned()),
                ..safe(Channel::PhoneWork, "01632 960999")
            };
            let added = contact::add(app, coach, town.case, &said).await;
            let refused = matches!(added, Err(Error::Invalid { field: "say", .. }));
            assert_eq!(refused, telling, "{say}");
        }
    }
);

/// What comes of a message when its moment has come.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Comes {
    Sent,
    InHand,
    Waits,
    Denied,
}

/// One way and one thing to send by it.
#[derive(Debug, Clone, Copy)]
struct Try {
    channel: Channel,
    artefact: Artefact,
    verdict: Verdict,
    /// An hour of Monday that is safe.
    hour: Option<i16>,
    lapsed: bool,
    answered_by: AnsweredBy,
    voicemail: bool,
}

/// The rule read slowly, from SPEC 4.5 alone: now is Monday at nine.
fn slowly(it: &Try) -> Comes {
    let known = [Verdict::Safe, Verdict::SafeOnlyInWindow].contains(&it.verdict);
    if !known || it.lapsed {
        return Comes::Denied;
    }
    if it.hour.is_some_and(|hour| hour != 9) {
        return Comes::Waits;
    }
    let silent = it.artefact == Artefact::VoicemailPleaseCall && !it.voicemail;
    if it.answered_by == AnsweredBy::NotKnown || silent {
        return Comes::Denied;
    }
    match it.channel {
        Channel::Email => Comes::Sent,
        _ => Comes::InHand,
    }
}

/// A pick of every combination that is not always the same one of each: each flag with each other, many times over.
fn tries() -> Vec<Try> {
    let mut all = Vec::new();
    for channel in Channel::ALL {
        for artefact in Artefact::ALL {
            if !artefact.goes_by(*channel) || *artefact == Artefact::PrintSheet {
                continue;
            }
            for verdict in Verdict::ALL {
                for hour in [None, Some(8), Some(9), Some(10)] {
                    for lapsed in [false, true] {
                        for answered_by in [AnsweredBy::OnlyThem, AnsweredBy::NotKnown] {
                            for voicemail in [false, true] {
                                all.push(Try {
                                    channel: *channel,
                                    artefact: *artefact,
                                    verdict: *verdict,
                                    hour,
                                    lapsed,
                                    answered_by,
                                    voicemail,
                                });
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(all.len() > 1_000, "{}", all.len());
    // Certain times without a time cannot be recorded at all.
    all.retain(|it| it.verdict != Verdict::SafeOnlyInWindow || it.hour.is_some());
    all.into_iter().step_by(11).collect()
}

/// Adds a way and a message by it past every question, as if it had been safe when it was asked for.
async fn planted(town: &Town, case: &Ref, n: usize, it: Try) -> MessageId {
    town.app
        .store
        .work(&town.coach.actor(), HELP, |w| {
            Box::pin(async move {
                let facts = w.case_facts(*case).await?;
                let change = w.permit_found::<CaseChange>(facts)?;
                let send = w.permit_found::<MessageSend>(facts)?;
                let hour = |from: i16| Window::new(Weekday::Monday, from * 60, from * 60 + 60);
                let windows: Vec<Window> = it
                    .hour
                    .into_iter()
                    .map(|from| hour(from).unwrap())
                    .collect();
                let new = NewContact {
                    channel: it.channel,
                    verdict: it.verdict,
                    value: &match it.channel {
                        Channel::Email => format!("n{n}@home.example"),
                        _ => format!("07700 9{n:05}"),
                    },
                    windows: &windows,
                    voicemail: it.voicemail,
                    answered_by: it.answered_by,
                    neutral_only: true,
                    shared_account: Answer::NotAsked,
                    say: None,
                    expires_at: w.now().plus_days(if it.lapsed { 0 } else { 28 }),
                };
                let contact = w.contact_add(&change, &new).await?;
                let about = it.artefact.is_about_a_time();
                let new = NewMessage {
                    contact,
                    artefact: it.artefact,
                    lang: Lang::Welsh,
                    appointment: about.then(|| w.now().plus_days(30)),
                };
                let message = w.message_add(&send, &new).await?.id;
                w.tell(OutboxKind::PersonMessage, message.uuid(), None)
                    .await?;
                Ok(message)
            })
        })
        .await
        .unwrap()
}

both!(
    the_dispatcher_does_for_every_channel_hour_and_flag_what_the_rule_says_read_slowly,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let mut planned = BTreeMap::new();
        let mut case = town.case;
        for (n, it) in tries().into_iter().enumerate() {
            if n % 12 == 0 {
                case = open_case(&app.store, &town.coach).await;
            }
            let message = planted(&town, &case, n, it).await;
            planned.insert(message.uuid(), (case, it, n));
        }
        let post = Post::default();
        while dispatch_once(app, &post, "one").await.unwrap() != Turn::default() {}
        let mut seen = BTreeMap::new();
        let cases: std::collections::BTreeSet<Ref> =
            planned.values().map(|(case, ..)| *case).collect();
        for case in cases {
            for message in message::messages(app, coach, case).await.unwrap() {
                let came = match message.state {
                    MessageState::Sent => Comes::Sent,
                    MessageState::Handed => Comes::InHand,
                    MessageState::Waiting => Comes::Waits,
                    _ => Comes::Denied,
                };
                seen.insert(message.id.uuid(), came);
            }
        }
        let wrong: Vec<_> = planned
            .iter()
            .filter(|(id, (_, it, _))| seen[*id] != slowly(it))
            .map(|(id, (_, it, _))| (it, seen[id]))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        // What left is what was to leave, each to its own address, and nothing twice.
        let mut left: Vec<String> = post.to_the_person().into_iter().map(|it| it.0).collect();
        left.sort();
        let mut wanted: Vec<String> = planned
            .values()
            .filter(|(_, it, _)| slowly(it) == Comes::Sent)
            .map(|(.., n)| format!("n{n}@home.example"))
            .collect();
        wanted.sort();
        assert_eq!(left, wanted);
        // The control: every outcome came up, so each could have been wrong; and a rule that forgets lapsing differs.
        for comes in [Comes::Sent, Comes::InHand, Comes::Waits, Comes::Denied] {
            assert!(seen.values().any(|it| *it == comes), "{comes:?}");
        }
        let forgetful = |it: &Try| {
            slowly(&Try {
                lapsed: false,
                ..*it
            })
        };
        let differs = |(id, (_, it, _)): (&_, &(Ref, Try, usize))| seen[id] != forgetful(it);
        assert!(planned.iter().any(differs));
    }
);
