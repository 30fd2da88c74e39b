//! Tests of the referral machine: every state by every move.

use std::collections::BTreeSet;

use super::*;

fn moves() -> Vec<ReferralMove> {
    use ReferralMove as M;
    vec![
        M::PutInLine,
        M::Send,
        M::Deliver,
        M::Bounce,
        M::Open,
        M::Accept {
            by: WorkerName::new("Sam").unwrap(),
        },
        M::Waitlist { days: Some(14) },
        M::Decline {
            reason: UnmetReason::NoCapacityOrNoSpace,
        },
        M::TimeOut,
        M::Hold,
        M::Release { said_yes: false },
        M::Release { said_yes: true },
        M::PersonDeclines,
        M::Withdraw,
        M::FirstContact,
        M::Start,
        M::End {
            reason: EndReason::Finished,
            helped: Helped::NotKnown,
        },
    ]
}

/// For each state the moves it allows and where they lead. Everything else must be refused.
const TABLE: &[(&str, &str)] = &[
    (
        "draft",
        "put_in_line>in_line send>sent person_declines>survivor_declined withdraw>withdrawn",
    ),
    (
        "in_line",
        "send>sent person_declines>survivor_declined withdraw>withdrawn",
    ),
    (
        "sent",
        "deliver>received bounce>undelivered open>opened accept>accepted waitlist>waitlisted decline>declined time_out>no_response hold>held person_declines>survivor_declined withdraw>withdrawn",
    ),
    (
        "received",
        "bounce>undelivered open>opened accept>accepted waitlist>waitlisted decline>declined time_out>no_response hold>held person_declines>survivor_declined withdraw>withdrawn",
    ),
    (
        "opened",
        "accept>accepted waitlist>waitlisted decline>declined time_out>no_response hold>held person_declines>survivor_declined withdraw>withdrawn",
    ),
    (
        "held",
        "decline>declined release>sent release>accepted person_declines>survivor_declined withdraw>withdrawn",
    ),
    (
        "accepted",
        "decline>declined hold>held person_declines>survivor_declined withdraw>withdrawn first_contact>first_contact end>ended",
    ),
    (
        "waitlisted",
        "accept>accepted decline>declined hold>held person_declines>survivor_declined withdraw>withdrawn",
    ),
    (
        "undelivered",
        "send>sent time_out>no_response person_declines>survivor_declined withdraw>withdrawn",
    ),
    (
        "no_response",
        "send>sent accept>accepted waitlist>waitlisted decline>declined person_declines>survivor_declined withdraw>withdrawn",
    ),
    (
        "first_contact",
        "person_declines>survivor_declined start>in_service end>ended",
    ),
    ("in_service", "person_declines>survivor_declined end>ended"),
    ("declined", ""),
    ("survivor_declined", ""),
    ("withdrawn", ""),
    ("ended", ""),
];

#[test]
fn every_state_answers_every_move_as_the_table_says() {
    assert_eq!(TABLE.len(), ReferralState::ALL.len());
    for ((code, allowed), state) in TABLE.iter().zip(ReferralState::ALL) {
        assert_eq!(*code, state.code());
        let expected: BTreeSet<String> = allowed.split_whitespace().map(str::to_owned).collect();
        let got: BTreeSet<String> = moves()
            .iter()
            .filter_map(|by| {
                state
                    .apply(by)
                    .ok()
                    .map(|next| format!("{}>{next}", by.code()))
            })
            .collect();
        assert_eq!(got, expected, "{state}");
    }
}

#[test]
fn every_state_that_is_not_final_has_an_owner_a_clock_and_a_way_out() {
    for state in ReferralState::ALL {
        assert_eq!(state.duty().is_none(), state.is_final(), "{state}");
        if let Some(Duty {
            on_timeout: OnTimeout::Move(by),
            ..
        }) = state.duty()
        {
            assert!(
                state.apply(&by).is_ok(),
                "the clock of {state} makes a move that is refused"
            );
        }
    }
}

#[test]
fn an_end_can_be_reached_from_everywhere_and_nothing_leaves_an_end() {
    for state in ReferralState::ALL {
        let mut seen = BTreeSet::from([*state]);
        let mut todo = vec![*state];
        while let Some(at) = todo.pop() {
            for by in moves() {
                if let Ok(next) = at.apply(&by) {
                    assert!(!at.is_final(), "{at} is final but moves to {next}");
                    if seen.insert(next) {
                        todo.push(next);
                    }
                }
            }
        }
        assert!(seen.iter().any(|s| s.is_final()), "{state} never ends");
    }
}

#[test]
fn a_decline_silence_or_bounce_always_calls_for_a_next_step() {
    for state in ReferralState::ALL {
        for by in moves() {
            let Ok(next) = state.apply(&by) else { continue };
            if matches!(
                by,
                ReferralMove::Decline { .. } | ReferralMove::TimeOut | ReferralMove::Bounce
            ) {
                assert_eq!(
                    next.next_step().map(|step| step.task),
                    Some(TaskKind::OfferNext),
                    "{state} by {}",
                    by.code()
                );
            }
        }
    }
}

#[test]
fn only_help_that_was_finished_and_helped_leaves_nothing_to_do() {
    for reason in EndReason::ALL {
        for helped in Helped::ALL {
            let made = ReferralMove::End {
                reason: *reason,
                helped: *helped,
            };
            let over = (*reason, *helped) == (EndReason::Finished, Helped::Yes);
            let step = made.next_step(ReferralState::Ended);
            assert_eq!(step.is_none(), over, "{reason} {helped}");
            assert!(step.is_none_or(|step| step.owner == Owner::CaseWorker));
        }
    }
}

#[test]
fn the_person_may_say_no_at_any_point_and_it_is_never_called_a_decline_by_the_service() {
    for state in ReferralState::ALL.iter().filter(|state| !state.is_final()) {
        assert_eq!(
            state.apply(&ReferralMove::PersonDeclines),
            Ok(ReferralState::SurvivorDeclined)
        );
    }
}

#[test]
fn delivery_is_not_opening_and_opening_is_not_acceptance() {
    let delivered = ReferralState::Sent.apply(&ReferralMove::Deliver).unwrap();
    assert_eq!(delivered, ReferralState::Received);
    assert_eq!(
        delivered.apply(&ReferralMove::Open),
        Ok(ReferralState::Opened)
    );
    assert!(delivered.apply(&ReferralMove::FirstContact).is_err());
    assert!(
        ReferralState::Opened
            .apply(&ReferralMove::FirstContact)
            .is_err()
    );
}

#[test]
fn a_late_yes_is_still_a_yes() {
    let by = ReferralMove::Accept {
        by: WorkerName::new("Sam").unwrap(),
    };
    assert_eq!(
        ReferralState::NoResponse.apply(&by),
        Ok(ReferralState::Accepted)
    );
}

#[test]
fn five_reasons_are_not_refusals() {
    assert_eq!(
        UnmetReason::ALL
            .iter()
            .filter(|reason| !reason.is_refusal())
            .count(),
        5
    );
}

#[test]
fn a_handover_needs_all_three() {
    for bits in 0..8_u8 {
        let handover = Handover {
            referrer: bits & 1 > 0,
            receiver: bits & 2 > 0,
            person: bits & 4 > 0,
        };
        assert_eq!(handover.is_complete(), bits == 7);
    }
}

#[test]
fn what_asking_came_to_is_open_exactly_while_the_referral_is() {
    for state in ReferralState::ALL {
        assert_eq!(state.asked().is_open(), !state.is_final(), "{state}");
    }
    assert_eq!(ReferralState::Declined.asked(), Asked::No);
    assert_eq!(ReferralState::NoResponse.asked(), Asked::Waiting);
    // The person's own no is never told as the service's.
    assert_eq!(
        ReferralState::SurvivorDeclined.asked(),
        Asked::PersonDeclined
    );
}

#[test]
fn what_the_person_takes_back_ends_every_referral_that_is_not_over() {
    for state in ReferralState::ALL {
        let Some(made) = state.when_consent_is_taken_back() else {
            assert!(state.is_final(), "{state}");
            continue;
        };
        let after = state.apply(&made).unwrap();
        assert!(after.is_final(), "{state}");
        let begun = matches!(
            state,
            ReferralState::FirstContact | ReferralState::InService
        );
        assert_eq!(
            made.next_step(after).map(|step| step.task),
            begun.then_some(TaskKind::OfferNext),
            "{state}: who had help is not left without"
        );
    }
}

#[test]
fn only_who_has_said_yes_may_learn_how_to_reach_them_and_only_who_is_asked_reads_the_packet() {
    use ReferralState as S;
    for state in ReferralState::ALL {
        // What the service has come to: it reads and answers; it has the person; it may learn how to reach them.
        let expected = match state {
            S::Sent | S::Received | S::Opened | S::NoResponse => (true, false, false),
            S::Waitlisted => (true, true, false),
            S::Accepted | S::FirstContact | S::InService => (true, true, true),
            S::Draft
            | S::InLine
            | S::Held
            | S::Undelivered
            | S::Declined
            | S::SurvivorDeclined
            | S::Withdrawn
            | S::Ended => (false, false, false),
        };
        let got = (
            state.is_with_service(),
            state.has_the_person(),
            state.has_said_yes(),
        );
        assert_eq!(got, expected, "{state}");
    }
}

#[test]
fn after_an_end_somebody_offers_again_except_after_help_that_helped_or_a_death() {
    for end in EndReason::ALL {
        for helped in Helped::ALL {
            let task = end.next_step(*helped).map(|next| next.task);
            let expected = match (end, helped) {
                (EndReason::Finished, Helped::Yes) => None,
                (EndReason::Died, _) => Some(TaskKind::ActOnEscalation),
                _ => Some(TaskKind::OfferNext),
            };
            assert_eq!(task, expected, "{end} {helped}");
        }
    }
}
