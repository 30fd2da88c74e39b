//! Tests of the conversation: safe to talk, stages, closing.

use super::*;

const SAFE: SafeToTalk = SafeToTalk {
    alone: Answer::Yes,
    interpreter: Interpreter::None,
    overheard: Overheard::Nobody,
    mode: Mode::InPerson,
};

#[test]
fn only_a_plain_yes_to_alone_with_nobody_listening_makes_it_safe_to_ask() {
    let mut safe = 0;
    for alone in Answer::ALL {
        for interpreter in Interpreter::ALL {
            for overheard in Overheard::ALL {
                for mode in Mode::ALL {
                    let talk = SafeToTalk {
                        alone: *alone,
                        interpreter: *interpreter,
                        overheard: *overheard,
                        mode: *mode,
                    };
                    if talk.talk_mode() == TalkMode::SafeEnquiry {
                        safe += 1;
                        assert_eq!(*alone, Answer::Yes);
                        assert!(!matches!(
                            interpreter,
                            Interpreter::Family | Interpreter::NotKnown
                        ));
                        assert_eq!(*overheard, Overheard::Nobody);
                        assert_ne!(*mode, Mode::Loudspeaker);
                    }
                }
            }
        }
    }
    assert_eq!(
        safe,
        2 * 3,
        "two kinds of interpreter by three ways of talking"
    );
}

#[test]
fn c5_not_seen_alone_or_not_asked_stops_sharing_beyond_the_specialist() {
    assert_eq!(reach(Some(SAFE)), Reach::AsAgreed);
    assert_eq!(reach(None), Reach::SpecialistOnly);
    for alone in [
        Answer::No,
        Answer::NotSure,
        Answer::NotAsked,
        Answer::Declined,
    ] {
        assert_eq!(
            reach(Some(SafeToTalk { alone, ..SAFE })),
            Reach::SpecialistOnly
        );
    }
}

#[test]
fn nine_nine_nine_can_be_recorded_from_every_stage_and_loses_nothing() {
    for stage in Stage::ALL {
        assert_eq!(stage.apply(StageMove::Called999), Ok(*stage));
    }
}

/// Columns: unsafe nothing hear risk needs refer recover info leave close 999.
const TABLE: &str = "
    noticed             unsafe_to_ask not_disclosed disclosed -            -              -        -        -                    later closed noticed
    unsafe_to_ask       unsafe_to_ask not_disclosed disclosed -            -              -        -        information_offered  later closed unsafe_to_ask
    not_disclosed       unsafe_to_ask not_disclosed disclosed -            -              -        -        information_offered  later closed not_disclosed
    disclosed           -             -             -         risk_checked needs_answered referred -        -                    later closed disclosed
    risk_checked        -             -             -         -            needs_answered referred -        -                    later closed risk_checked
    needs_answered      -             -             -         -            -              referred recovery -                    later closed needs_answered
    referred            -             -             -         -            -              -        recovery -                    later closed referred
    recovery            -             -             -         -            -              -        -        -                    later closed recovery
    information_offered unsafe_to_ask not_disclosed disclosed -            -              -        -        -                    later closed information_offered
    later               unsafe_to_ask not_disclosed disclosed -            -              -        -        -                    later closed later
    closed              -             -             -         -            -              -        -        -                    -     -      closed";

#[test]
fn every_stage_answers_every_move_as_the_table_says() {
    let rows: Vec<&str> = TABLE.trim().lines().collect();
    assert_eq!(rows.len(), Stage::ALL.len());
    for (row, stage) in rows.iter().zip(Stage::ALL) {
        let cells: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(cells.len(), StageMove::ALL.len() + 1);
        assert_eq!(cells[0], stage.code());
        for (cell, by) in cells[1..].iter().zip(StageMove::ALL) {
            assert_eq!(
                stage.apply(*by).map_or("-", Code::code),
                *cell,
                "{stage} by {by}"
            );
        }
    }
}

#[test]
fn every_stage_but_the_last_has_an_owner_and_a_clock() {
    for stage in Stage::ALL {
        assert_eq!(stage.duty().is_none(), stage.is_final());
    }
}

#[test]
fn once_somebody_told_the_risk_is_judged_by_its_clock_and_everything_else_is_taken_up_again() {
    for stage in Stage::ALL.iter().filter(|stage| !stage.is_final()) {
        let expected = if *stage == Stage::Disclosed {
            (ClockId::RiskJudged, TaskKind::JudgeRisk)
        } else {
            (ClockId::ConversationResume, TaskKind::ResumeConversation)
        };
        let duty = stage.duty().unwrap();
        assert_eq!(duty.owner, Owner::CaseWorker);
        let OnTimeout::Climb(task) = duty.on_timeout else {
            panic!("{stage} changes by itself")
        };
        assert_eq!((duty.clock, task), expected, "{stage}");
    }
}
