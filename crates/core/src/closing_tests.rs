//! Tests of closing: every combination of what can be known, against the rules one by one.

use super::*;

/// A disclosure with everything answered; each test leaves something out.
const WHOLE: CloseFacts<'_> = CloseFacts {
    disclosed: true,
    answered: ImmediateKind::ALL,
    children: &[],
    has_case: false,
    about_children: Some(AreThereChildren::None),
    safeguarding_said: false,
    money: None,
    risk: Some(RiskBand::NotAssessed),
    risk_on_clock: true,
};

const NOTHING: CloseFacts<'_> = CloseFacts {
    disclosed: false,
    answered: &[],
    children: &[],
    has_case: false,
    about_children: None,
    safeguarding_said: false,
    money: None,
    risk: None,
    risk_on_clock: false,
};

#[test]
fn a_conversation_in_which_nothing_was_said_closes_freely() {
    assert_eq!(may_close(&NOTHING), Ok(()));
    assert_eq!(may_close(&WHOLE), Ok(()));
}

#[test]
fn everything_that_stands_open_is_named_at_once() {
    let open = may_close(&CloseFacts {
        disclosed: true,
        money: Some(MoneyOpen::Way),
        ..NOTHING
    });
    assert_eq!(
        open.unwrap_err(),
        [
            StillOpen::Immediate(ImmediateKind::Bed),
            StillOpen::Immediate(ImmediateKind::Money),
            StillOpen::Immediate(ImmediateKind::Essentials),
            StillOpen::Money(MoneyOpen::Way),
            StillOpen::AreThereChildren,
            StillOpen::Risk,
        ]
    );
}

#[test]
fn whether_there_are_children_is_answered_in_every_way_there_is_or_it_stays_open() {
    use AreThereChildren as A;
    let lists: [&[bool]; 4] = [&[], &[true], &[true, false], &[false]];
    let answers = || A::ALL.iter().map(|answer| Some(*answer)).chain([None]);
    let mut tried = 0;
    for disclosed in [true, false] {
        for has_case in [true, false] {
            for children in lists {
                for about_children in answers() {
                    for safeguarding_said in [true, false] {
                        let facts = CloseFacts {
                            disclosed,
                            children,
                            has_case,
                            about_children,
                            safeguarding_said,
                            ..WHOLE
                        };
                        let expected = match (children, about_children) {
                            // A child's safety does not depend on whether an adult told us.
                            (known, _) if known.contains(&false) => Some(StillOpen::Child),
                            (known, _) if !known.is_empty() || !disclosed => None,
                            (_, None) => Some(StillOpen::AreThereChildren),
                            (_, Some(A::Yes)) if has_case => Some(StillOpen::RecordChild),
                            (_, Some(A::Yes)) if !safeguarding_said => {
                                Some(StillOpen::Safeguarding)
                            }
                            (_, Some(_)) => None,
                        };
                        let open = may_close(&facts).err().unwrap_or_default();
                        assert_eq!(open, Vec::from_iter(expected), "{facts:?}");
                        tried += 1;
                    }
                }
            }
        }
    }
    assert_eq!(tried, 2 * 2 * 4 * 4 * 2);
}

#[test]
fn a_risk_nobody_judged_closes_only_on_its_clock() {
    for (risk, on_clock, ok) in [
        (None, true, false),
        (Some(RiskBand::NotAssessed), false, false),
        (Some(RiskBand::NotAssessed), true, true),
        (Some(RiskBand::High), false, true),
    ] {
        let facts = CloseFacts {
            risk,
            risk_on_clock: on_clock,
            ..WHOLE
        };
        assert_eq!(may_close(&facts).is_ok(), ok, "{risk:?} {on_clock}");
    }
}

#[test]
fn what_could_not_be_had_and_what_nobody_knew_are_left_to_somebody_and_nothing_else_is() {
    for kind in ImmediateKind::ALL {
        for code in ImmediateCode::ALL {
            let left = left_by_closing([(*kind, *code)], None);
            assert_eq!(left.len(), usize::from(*code == ImmediateCode::Unavailable));
            for one in left {
                assert_eq!(one.task, TaskKind::RetryImmediate);
                assert_eq!((one.owner, one.need), (Owner::Lead, kind.need()));
            }
        }
    }
    for about in AreThereChildren::ALL {
        let left = left_by_closing([], Some(*about));
        let tasks: Vec<TaskKind> = left.iter().map(|one| one.task).collect();
        let expected: &[TaskKind] = match about {
            AreThereChildren::NotKnown => &[TaskKind::AskAboutChildren],
            AreThereChildren::None | AreThereChildren::Yes => &[],
        };
        assert_eq!(tasks, expected, "{}", about.code());
    }
}

#[test]
fn a_case_does_not_close_while_it_is_to_be_asked_whether_there_are_children() {
    let judged = CloseFacts {
        has_case: true,
        risk: Some(RiskBand::Medium),
        ..WHOLE
    };
    assert_eq!(may_close_case(&judged, &[], &[]), Ok(()));
    let asked = [TaskKind::AskAboutChildren];
    assert_eq!(
        may_close_case(&judged, &[], &asked),
        Err(vec![StillOpen::AreThereChildren])
    );
    let recorded = CloseFacts {
        children: &[true],
        ..judged
    };
    assert_eq!(may_close_case(&recorded, &[], &asked), Ok(()));
}

#[test]
fn a_case_does_not_close_while_a_service_may_still_ring_the_person() {
    let judged = CloseFacts {
        has_case: true,
        risk: Some(RiskBand::Medium),
        ..WHOLE
    };
    assert_eq!(
        may_close_case(
            &judged,
            &[ReferralState::Withdrawn],
            &[TaskKind::TellService]
        ),
        Err(vec![StillOpen::ServiceNotTold])
    );
}

#[test]
fn ne_28_a_case_does_not_close_while_a_decision_about_sharing_is_owed() {
    let judged = CloseFacts {
        has_case: true,
        risk: Some(RiskBand::High),
        ..WHOLE
    };
    for owed in [TaskKind::DecideSharing, TaskKind::CompleteSharing] {
        assert_eq!(
            may_close_case(&judged, &[], &[owed]),
            Err(vec![StillOpen::Sharing])
        );
    }
    assert_eq!(may_close_case(&judged, &[], &[]), Ok(()));
}

#[test]
fn a_case_does_not_close_while_somebody_would_be_left_with_nobody() {
    let judged = CloseFacts {
        has_case: true,
        risk: Some(RiskBand::High),
        ..WHOLE
    };
    for (task, open) in [
        (TaskKind::JudgeRisk, StillOpen::Risk),
        (TaskKind::ActOnEscalation, StillOpen::Escalation),
        (TaskKind::ReviewChild, StillOpen::ChildReview),
    ] {
        assert_eq!(may_close_case(&judged, &[], &[task]), Err(vec![open]));
    }
    for state in ReferralState::ALL {
        let open = may_close_case(&judged, &[ReferralState::Ended, *state], &[]);
        let nobody_waits = state.is_final() || *state == ReferralState::InLine;
        assert_eq!(open.is_ok(), nobody_waits, "{state}");
        assert!(open.is_ok() || open == Err(vec![StillOpen::Referral]));
    }
    // Where nobody told anything there is no risk to judge; where it is not judged, its clock would end with the case.
    let untold = may_close_case(&NOTHING, &[], &[TaskKind::JudgeRisk]);
    assert_eq!(untold, Ok(()));
    assert_eq!(may_close_case(&WHOLE, &[], &[]), Err(vec![StillOpen::Risk]));
    let twice = may_close_case(&WHOLE, &[], &[TaskKind::JudgeRisk]);
    assert_eq!(twice, Err(vec![StillOpen::Risk]), "each is named once");
}

#[test]
fn what_stands_open_has_a_code_of_its_own() {
    let immediate = ImmediateKind::ALL
        .iter()
        .map(|kind| StillOpen::Immediate(*kind));
    let others = [
        StillOpen::Money(MoneyOpen::Way),
        StillOpen::AreThereChildren,
        StillOpen::RecordChild,
        StillOpen::Safeguarding,
        StillOpen::Child,
        StillOpen::Risk,
        StillOpen::Referral,
        StillOpen::Escalation,
        StillOpen::ChildReview,
        StillOpen::ServiceNotTold,
        StillOpen::Sharing,
    ];
    let codes: Vec<&str> = immediate.chain(others).map(StillOpen::code).collect();
    assert_eq!(
        codes,
        [
            "bed",
            "money",
            "essentials",
            "money_way",
            "are_there_children",
            "record_child",
            "safeguarding",
            "child",
            "risk",
            "referral",
            "escalation",
            "child_review",
            "service_not_told",
            "sharing",
        ]
    );
}

#[test]
fn a_case_does_not_close_while_a_child_in_it_is_recorded_nowhere_whatever_the_talk_said() {
    let said = CloseFacts {
        has_case: false,
        about_children: Some(AreThereChildren::Yes),
        safeguarding_said: true,
        risk: Some(RiskBand::Medium),
        ..WHOLE
    };
    assert_eq!(may_close(&said), Ok(()));
    assert_eq!(
        may_close_case(&said, &[], &[]),
        Err(vec![StillOpen::RecordChild])
    );
}
