//! Tests of consent and packets.

use super::*;
use crate::code::Code;

fn at(text: &str) -> At {
    At::parse(text).unwrap()
}

fn now() -> At {
    at("2026-01-14T14:00:00Z")
}

fn lines<const N: usize>(items: [PacketItem; N]) -> BTreeSet<PacketLine> {
    BTreeSet::from(items.map(PacketLine::from))
}

fn agreed() -> Consent {
    Consent {
        recipient: OrganisationId::from_uuid(uuid::Uuid::from_u128(7)),
        purpose: SharePurpose::Referral,
        items: lines([
            PacketItem::ChosenName,
            PacketItem::ContactRules,
            PacketItem::ContactDetails,
            PacketItem::Statement,
        ]),
        how: HowAgreed::Spoken,
        own_words: true,
        basis: ShareBasis::Consent,
        art9: Some(Art9Condition::ExplicitConsent),
        dpa: None,
        reasons: None,
        life_at_risk: false,
        agreed_at: at("2026-01-14T13:00:00Z"),
        expires_at: at("2026-04-14T13:00:00Z"),
        withdrawn_at: None,
    }
}

#[test]
fn consent_as_basis_needs_agreement_and_any_other_basis_needs_reasons() {
    for basis in ShareBasis::ALL {
        for how in HowAgreed::ALL {
            for reasons in [None, Some(Reason::new("life at risk").unwrap())] {
                let consent = Consent {
                    basis: *basis,
                    how: *how,
                    reasons: reasons.clone(),
                    art9: Some(Art9Condition::HealthOrSocialCare),
                    ..agreed()
                };
                let expected = if *basis == ShareBasis::Consent {
                    how.is_agreement()
                } else {
                    reasons.is_some()
                };
                assert_eq!(
                    consent.check().is_ok(),
                    expected,
                    "{basis} {how} {reasons:?}"
                );
            }
        }
    }
}

#[test]
fn explicit_consent_is_never_claimed_for_someone_who_did_not_agree() {
    let consent = Consent {
        how: HowAgreed::DidNotAgree,
        basis: ShareBasis::PublicTask,
        reasons: Some(Reason::new("life at risk").unwrap()),
        ..agreed()
    };
    assert_eq!(consent.check(), Err(ConsentFault::NoExplicitConsent));
}

#[test]
fn substantial_public_interest_needs_its_schedule_condition() {
    let consent = Consent {
        art9: Some(Art9Condition::SubstantialPublicInterest),
        ..agreed()
    };
    assert_eq!(consent.check(), Err(ConsentFault::ScheduleMissing));
    assert_eq!(
        Consent {
            dpa: Some(DpaCondition::PreventingUnlawfulActs),
            ..consent
        }
        .check(),
        Ok(())
    );
    assert_eq!(
        Consent {
            art9: None,
            ..agreed()
        }
        .check(),
        Err(ConsentFault::ConditionMissing)
    );
}

#[test]
fn a_packet_holds_what_was_agreed_and_nothing_else() {
    for line in PacketLine::all().filter(|line| line.item() != PacketItem::ContactDetails) {
        let consent = Consent {
            items: BTreeSet::from([line]),
            ..agreed()
        };
        let packet =
            Packet::build(&consent, BTreeSet::new(), Reach::AsAgreed, false, now()).unwrap();
        assert_eq!(packet.items().collect::<Vec<_>>(), [line]);
        for item in PacketItem::ALL {
            assert_eq!(packet.holds(*item), *item == line.item(), "{line} {item}");
        }
    }
}

#[test]
fn needs_are_never_shared_all_at_once() {
    for item in [PacketItem::Needs, PacketItem::ChildrenNeeds] {
        let consent = Consent {
            items: lines([PacketItem::ChosenName, item]),
            ..agreed()
        };
        assert_eq!(
            Packet::build(&consent, BTreeSet::new(), Reach::AsAgreed, true, now()),
            Err(PacketRefused::EveryNeed)
        );
    }
}

#[test]
fn no_item_is_about_immigration_or_public_funds() {
    for item in PacketItem::ALL {
        assert!(
            !["immigration", "nrpf", "recourse", "status", "visa"]
                .iter()
                .any(|word| item.code().contains(word)),
            "{item}"
        );
    }
}

#[test]
fn a_number_never_travels_without_the_rules_for_using_it() {
    let consent = agreed().struck(&lines([PacketItem::ContactRules]));
    assert_eq!(
        Packet::build(&consent, BTreeSet::new(), Reach::AsAgreed, true, now()),
        Err(PacketRefused::DetailsWithoutRules)
    );
}

#[test]
fn someone_not_seen_alone_is_referred_only_to_the_specialist() {
    assert_eq!(
        Packet::build(
            &agreed(),
            BTreeSet::new(),
            Reach::SpecialistOnly,
            false,
            now()
        ),
        Err(PacketRefused::NotSeenAlone)
    );
    assert!(
        Packet::build(
            &agreed(),
            BTreeSet::new(),
            Reach::SpecialistOnly,
            true,
            now()
        )
        .is_ok()
    );
}

#[test]
fn a_consent_that_lapsed_was_taken_back_or_has_not_begun_shares_nothing() {
    let before = at("2026-01-14T12:59:59Z");
    let lapsed = agreed().expires_at;
    for (consent, when) in [
        (agreed(), before),
        (agreed(), lapsed),
        (agreed().withdrawn(now()), now()),
    ] {
        assert_eq!(
            Packet::build(&consent, BTreeSet::new(), Reach::AsAgreed, true, when),
            Err(PacketRefused::NoConsent)
        );
    }
    assert!(
        agreed().withdrawn(now()).holds_at(now().plus_seconds(-1)),
        "what was read before stays lawful"
    );
}

#[test]
fn a_second_withdrawal_does_not_reopen_the_time_between() {
    let twice = agreed().withdrawn(now()).withdrawn(now().plus_days(3));
    assert_eq!(twice.withdrawn_at, Some(now()));
}

#[test]
fn a_struck_line_leaves_no_gap_and_no_mark() {
    let full = "I left on Monday.\nHe knows my sister's house.\nI need a bed.";
    let packet =
        Packet::build(&agreed(), BTreeSet::from([2]), Reach::AsAgreed, true, now()).unwrap();
    assert_eq!(
        packet.statement(full).unwrap(),
        "I left on Monday.\nI need a bed."
    );
    let all = Packet::build(
        &agreed(),
        BTreeSet::from([1, 2, 3]),
        Reach::AsAgreed,
        true,
        now(),
    )
    .unwrap();
    assert_eq!(all.statement(full).unwrap(), "");
}

#[test]
fn a_statement_that_was_struck_whole_is_not_in_the_packet() {
    let consent = agreed().struck(&lines([PacketItem::Statement]));
    let packet = Packet::build(&consent, BTreeSet::new(), Reach::AsAgreed, true, now()).unwrap();
    assert_eq!(packet.statement("anything"), None);
}

#[test]
fn only_what_rests_on_agreement_can_be_taken_back() {
    assert!(agreed().rests_on_agreement());
    for basis in ShareBasis::ALL {
        for art9 in Art9Condition::ALL {
            let consent = Consent {
                basis: *basis,
                art9: Some(*art9),
                ..agreed()
            };
            let agreement =
                *basis == ShareBasis::Consent || *art9 == Art9Condition::ExplicitConsent;
            assert_eq!(consent.rests_on_agreement(), agreement, "{basis} {art9}");
        }
    }
}

#[test]
fn ne_24_vital_interests_are_claimed_only_with_a_life_at_stake() {
    for (basis, art9) in [
        (
            ShareBasis::VitalInterests,
            Art9Condition::HealthOrSocialCare,
        ),
        (
            ShareBasis::PublicTask,
            Art9Condition::VitalInterestsIncapable,
        ),
    ] {
        let claimed = Consent {
            basis,
            art9: Some(art9),
            reasons: Some(Reason::new("It seemed urgent.").unwrap()),
            ..agreed()
        };
        assert_eq!(claimed.check_new(), Err(ConsentFault::LifeNotAtRisk));
        let at_stake = Consent {
            life_at_risk: true,
            ..claimed
        };
        assert_eq!(at_stake.check_new(), Ok(()));
    }
    // What rests on neither needs no life at stake.
    assert_eq!(agreed().check_new(), Ok(()));
}

#[test]
fn only_with_a_life_at_stake_is_it_shared_first_and_reasoned_later() {
    let without_reasons = Consent {
        basis: ShareBasis::PublicTask,
        art9: Some(Art9Condition::HealthOrSocialCare),
        ..agreed()
    };
    assert_eq!(
        without_reasons.check_new(),
        Err(ConsentFault::ReasonsMissing)
    );
    let at_stake = Consent {
        life_at_risk: true,
        ..without_reasons
    };
    assert_eq!(at_stake.check_new(), Ok(()));
}

#[test]
fn what_was_shared_first_is_on_record_by_the_same_hour_of_the_next_day() {
    assert_eq!(
        now().plus_seconds(SHARED_FIRST_SECONDS),
        at("2026-01-15T14:00:00Z")
    );
}

#[test]
fn what_ends_before_or_as_it_begins_is_not_complete() {
    for (seconds, ok) in [(-1, false), (0, false), (1, true)] {
        let consent = Consent {
            expires_at: agreed().agreed_at.plus_seconds(seconds),
            ..agreed()
        };
        let expected = if ok {
            Ok(())
        } else {
            Err(ConsentFault::EndsBeforeItBegins)
        };
        assert_eq!(consent.check(), expected, "{seconds}");
    }
}

#[test]
fn what_was_agreed_holds_from_its_first_second_until_before_its_last() {
    let (begins, ends) = (agreed().agreed_at, agreed().expires_at);
    for (when, holds) in [
        (begins.plus_seconds(-1), false),
        (begins, true),
        (ends.plus_seconds(-1), true),
        (ends, false),
    ] {
        assert_eq!(agreed().holds_at(when), holds, "{when}");
    }
    let taken_back = agreed().withdrawn(now());
    assert!(taken_back.holds_at(now().plus_seconds(-1)) && !taken_back.holds_at(now()));
}

#[test]
fn only_who_was_asked_and_said_so_has_agreed() {
    for how in HowAgreed::ALL {
        let said_no = matches!(how, HowAgreed::NotAskedUnsafe | HowAgreed::DidNotAgree);
        assert_eq!(how.is_agreement(), !said_no, "{how}");
    }
}

#[test]
fn a_packet_says_for_whom_and_for_what_it_is_and_which_lines_are_struck() {
    let struck = BTreeSet::from([2, 5]);
    let packet = Packet::build(&agreed(), struck.clone(), Reach::AsAgreed, true, now()).unwrap();
    assert_eq!(packet.recipient(), agreed().recipient);
    assert_eq!(packet.purpose(), SharePurpose::Referral);
    assert_eq!(packet.struck_lines(), &struck);
}

#[test]
fn a_decision_to_share_only_part_says_which_and_leaves_something() {
    let all: BTreeSet<PacketItem> = PacketItem::ALL.iter().copied().collect();
    let less = |how_much, left_out: &BTreeSet<PacketItem>| {
        let less = LessShared {
            with: Words::new("Their school").unwrap(),
            purpose: SharePurpose::Safety,
            how_much,
            left_out: left_out.clone(),
            reason: Reason::new("They need no more.").unwrap(),
            if_not: Reason::new("I call again tomorrow.").unwrap(),
            told: ToldPerson::Told,
        };
        less.check()
    };
    let (none, one) = (BTreeSet::new(), BTreeSet::from([PacketItem::Pets]));
    assert_eq!(less(HowMuch::Part, &none), Err(LessFault::NothingLeftOut));
    assert_eq!(less(HowMuch::Part, &all), Err(LessFault::EverythingLeftOut));
    assert_eq!(less(HowMuch::Part, &one), Ok(()));
    for left_out in [none, one, all] {
        assert_eq!(less(HowMuch::Nothing, &left_out), Ok(()));
    }
}
