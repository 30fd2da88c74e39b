//! Who is asked next when a service says no, is silent, cannot be reached or has no room any more (PRODUCT 2, NE-22).
//!
//! The person agrees in advance whom else may be asked, with which lines. Those requests stand in line
//! ([`ReferralState::InLine`]). This says what becomes of a line, from what became of the requests before it; it sends nothing.

use crate::circumstances::{AccessNeed, Child, Circumstances, NrpfState};
use crate::referral::{NextStep, ReferralState, UnmetReason};
use crate::task::TaskKind;
use crate::time::At;

/// What became of a request for the same need that does not stand in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// Where it stands.
    pub state: ReferralState,
    /// What its end calls for ([`crate::referral::EndReason::next_step`]); `None` where help helped, and where it did not end.
    pub after_end: Option<NextStep>,
    /// When it ended.
    pub ended_at: Option<At>,
    /// Whether the service it went to has closed or has no room any more.
    pub lost: bool,
    /// Whether the service said that it helps them with this already ([`UnmetReason::AlreadyWithUs`]).
    pub already_helps: bool,
}

crate::code_list! {
    /// What becomes of a line.
    pub enum Turn {
        /// Somebody was asked and may still help.
        Wait = "wait",
        /// The next one is asked, with the same packet: the person agreed to it in advance.
        Send = "send",
        /// The last word was the person's, or their worker's: nobody is asked before they have spoken about it again.
        Ask = "ask",
        /// Help helped, or there is nobody to help any more: nobody else is asked.
        Over = "over",
    }
}

/// What becomes of a line, from every other request of the same case for the same need. With no request before it, it waits: a line
/// is never begun by a machine.
pub fn turn(before: &[Before]) -> Turn {
    use ReferralState as S;
    let may_help = |one: &Before| match one.state {
        // Not read yet, or not answered: while the service can still help.
        S::Sent | S::Received | S::Opened => !one.lost,
        S::Draft | S::Held | S::Accepted | S::Waitlisted | S::FirstContact | S::InService => true,
        S::InLine
        | S::Undelivered
        | S::NoResponse
        | S::Declined
        | S::SurvivorDeclined
        | S::Withdrawn
        | S::Ended => false,
    };
    if before.is_empty() || before.iter().any(may_help) {
        return Turn::Wait;
    }
    // What ended last says what is wanted now. What has not ended came to nothing so far: a late yes is still a yes.
    let last = before
        .iter()
        .filter(|one| one.state.is_final())
        .max_by_key(|one| one.ended_at);
    match last {
        None => Turn::Send,
        Some(last) => match last.state {
            S::SurvivorDeclined | S::Withdrawn => Turn::Ask,
            // Somebody helps them: whether anybody else is wanted is theirs to say.
            S::Declined if last.already_helps => Turn::Ask,
            S::Ended => match last.after_end {
                Some(next) if next.task == TaskKind::OfferNext => Turn::Send,
                _ => Turn::Over,
            },
            _ => Turn::Send,
        },
    }
}

/// What a service's no has taught about whom else to ask: what was told, with what the reason adds. Nothing that was told is changed,
/// and a reason that says nothing sure adds nothing. It is for finding the next one alone: no record of the person is made of it.
#[must_use]
pub fn learnt(mut told: Circumstances, reason: UnmetReason) -> Circumstances {
    use UnmetReason as R;
    let yes = |field: &mut Option<bool>| *field = field.or(Some(true));
    match reason {
        R::NoRecourseToPublicFunds => {
            told.nrpf = told.nrpf.or(Some(NrpfState::NoRecourse));
        }
        R::MentalHealthNeedsTooHigh => {
            let access = told.access.get_or_insert_with(Vec::new);
            if !access.contains(&AccessNeed::MentalHealth) {
                access.push(AccessNeed::MentalHealth);
            }
        }
        R::DrugNeedsTooHigh => yes(&mut told.drugs),
        R::AlcoholNeedsTooHigh => yes(&mut told.alcohol),
        R::OffendingHistory => yes(&mut told.offending),
        R::LargePet => yes(&mut told.pets),
        R::EmploymentRentUnaffordable => yes(&mut told.in_work),
        R::AgeOfMaleChild => {
            // Where one child comes, it is that one. Which of several it is was not said.
            let children = told.children.get_or_insert_with(|| vec![Child::default()]);
            if let [only] = children.as_mut_slice() {
                yes(&mut only.son);
            }
        }
        R::NoCapacityOrNoSpace
        | R::NoSpaceForFamilySize
        | R::YoungVictimUnderThreshold
        | R::DisabilityAccessNotAvailable
        | R::LanguageSupportNotAvailable
        | R::ImmigrationOther
        | R::VictimGenderNotServed
        | R::LgbtNotServed
        | R::OutsideAreaOrLocalConnectionRule
        | R::RiskToOthersOrAreaUnsafe
        | R::CouldNotContact
        | R::SurvivorDeclinedOffer
        | R::SurvivorFoundOther
        | R::ServiceClosedToReferrals
        | R::Other
        | R::NotOurWork
        | R::AlreadyWithUs => {}
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code as _;
    use crate::referral::{EndReason, Helped};
    use proptest::prelude::*;

    fn one(state: ReferralState) -> Before {
        Before {
            state,
            after_end: None,
            ended_at: state.is_final().then_some(at(1)),
            lost: false,
            already_helps: false,
        }
    }

    fn at(second: i64) -> At {
        At::from_micros(second * 1_000_000).unwrap()
    }

    fn ended(reason: EndReason, helped: Helped) -> Before {
        Before {
            after_end: reason.next_step(helped),
            ..one(ReferralState::Ended)
        }
    }

    #[test]
    fn what_one_request_before_it_means_for_a_line() {
        use ReferralState as S;
        for state in S::ALL {
            let expected = match state {
                S::InLine | S::Declined | S::NoResponse | S::Undelivered => Turn::Send,
                S::SurvivorDeclined | S::Withdrawn => Turn::Ask,
                S::Ended => Turn::Over,
                _ => Turn::Wait,
            };
            assert_eq!(turn(&[one(*state)]), expected, "{state}");
        }
        let helped = Before {
            already_helps: true,
            ..one(S::Declined)
        };
        assert_eq!(turn(&[helped]), Turn::Ask, "they are with them already");
        assert_eq!(turn(&[]), Turn::Wait, "a line is never begun by a machine");
    }

    #[test]
    fn help_that_ended_without_helping_is_followed_and_help_that_helped_and_a_death_are_not() {
        for reason in EndReason::ALL {
            for helped in Helped::ALL {
                let expected = match (reason, helped) {
                    (EndReason::Finished, Helped::Yes) | (EndReason::Died, _) => Turn::Over,
                    _ => Turn::Send,
                };
                assert_eq!(
                    turn(&[ended(*reason, *helped)]),
                    expected,
                    "{reason} {helped}"
                );
            }
        }
    }

    #[test]
    fn a_service_that_closed_or_is_full_keeps_nobody_waiting_unless_it_said_yes() {
        use ReferralState as S;
        for state in S::ALL {
            let lost = Before {
                lost: true,
                ..one(*state)
            };
            let expected = match state {
                S::Sent | S::Received | S::Opened => Turn::Send,
                _ => turn(&[one(*state)]),
            };
            assert_eq!(turn(&[lost]), expected, "{state}");
        }
    }

    #[test]
    fn the_persons_last_word_stands_until_they_are_asked() {
        let silent = one(ReferralState::NoResponse);
        let no = one(ReferralState::Declined);
        let theirs = Before {
            ended_at: Some(at(2)),
            ..one(ReferralState::SurvivorDeclined)
        };
        assert_eq!(turn(&[no, silent]), Turn::Send);
        assert_eq!(turn(&[no, theirs, silent]), Turn::Ask);
        let later = Before {
            ended_at: Some(at(3)),
            ..no
        };
        assert_eq!(
            turn(&[theirs, later]),
            Turn::Send,
            "a service was asked since"
        );
    }

    #[test]
    fn a_no_teaches_only_what_its_reason_says_for_sure() {
        let nothing = Circumstances::default();
        let taught: Vec<&str> = UnmetReason::ALL
            .iter()
            .filter(|reason| learnt(nothing.clone(), **reason) != nothing)
            .map(|reason| reason.code())
            .collect();
        assert_eq!(
            taught,
            [
                "no_recourse_to_public_funds",
                "mental_health_needs_too_high",
                "drug_needs_too_high",
                "alcohol_needs_too_high",
                "offending_history",
                "age_of_male_child",
                "large_pet",
                "employment_rent_unaffordable",
            ]
        );
    }

    #[test]
    fn what_was_told_is_never_changed_by_what_a_service_says() {
        let told = Circumstances {
            nrpf: Some(NrpfState::NotRecordedOnPurpose),
            drugs: Some(false),
            children: Some(vec![
                Child {
                    age: Some(4),
                    son: Some(false),
                };
                2
            ]),
            access: Some(vec![AccessNeed::MentalHealth]),
            ..Circumstances::default()
        };
        for reason in [
            UnmetReason::NoRecourseToPublicFunds,
            UnmetReason::DrugNeedsTooHigh,
            UnmetReason::AgeOfMaleChild,
            UnmetReason::MentalHealthNeedsTooHigh,
        ] {
            assert_eq!(learnt(told.clone(), reason), told, "{reason}");
        }
        let one_child = Circumstances {
            children: Some(vec![Child {
                age: Some(14),
                son: None,
            }]),
            ..Circumstances::default()
        };
        let taught = learnt(one_child, UnmetReason::AgeOfMaleChild);
        assert_eq!(taught.children.unwrap()[0].son, Some(true));
    }

    fn anyone() -> impl Strategy<Value = Before> {
        (
            proptest::sample::select(ReferralState::ALL),
            proptest::sample::select(EndReason::ALL),
            proptest::sample::select(Helped::ALL),
            0..9_i64,
            any::<bool>(),
            any::<bool>(),
        )
            .prop_map(|(state, reason, helped, second, lost, already)| Before {
                state,
                after_end: (state == ReferralState::Ended)
                    .then(|| reason.next_step(helped))
                    .flatten(),
                ended_at: state.is_final().then_some(at(second)),
                lost,
                already_helps: already && state == ReferralState::Declined,
            })
    }

    proptest! {
        /// While anybody who said yes, or may still say it, has the request, nobody else is asked; and whatever the order in which
        /// the requests are read, the answer is the same.
        #[test]
        fn nobody_is_asked_while_somebody_may_help(before in proptest::collection::vec(anyone(), 0..6)) {
            let got = turn(&before);
            let live = before.iter().any(|one| one.state.has_the_person() || (one.state.is_with_service() && one.state != ReferralState::NoResponse && !one.lost));
            if live {
                prop_assert_eq!(got, Turn::Wait);
            }
            let mut times: Vec<_> = before.iter().filter_map(|one| one.ended_at).collect();
            times.sort_unstable();
            times.dedup();
            if times.len() == before.iter().filter(|one| one.ended_at.is_some()).count() {
                let backwards: Vec<Before> = before.iter().rev().copied().collect();
                prop_assert_eq!(turn(&backwards), got);
            }
        }
    }
}
