//! The code lists of this crate against the specification's own list of values (`reference_enums.json`).

#![expect(
    clippy::unwrap_used,
    reason = "a test helper: a broken reference file must stop the test"
)]

use throughline_core::code::Code;
use throughline_core::consent::{Art9Condition, DpaCondition, ShareBasis};
use throughline_core::contact::{Channel, Verdict};
use throughline_core::nation::Nation;
use throughline_core::need::NeedType;
use throughline_core::people::RelationshipRole;
use throughline_core::referral::UnmetReason;
use throughline_core::risk::RiskBand;

fn reference() -> serde_json::Value {
    serde_json::from_str(include_str!("reference_enums.json")).unwrap()
}

fn same<C: Code + std::fmt::Debug>(list: &str) {
    let reference = reference();
    let listed = reference.get(list).unwrap();
    let values = listed.get("values").unwrap_or(listed);
    let expected: Vec<&str> = values
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_str().unwrap())
        .collect();
    let got: Vec<&str> = C::ALL.iter().map(|value| value.code()).collect();
    assert_eq!(got, expected, "{list}");
    for value in C::ALL {
        assert_eq!(C::from_code(value.code()), Ok(*value));
    }
}

#[test]
fn every_list_spells_every_value_as_the_specification_does_and_in_its_order() {
    same::<Nation>("nation");
    same::<NeedType>("need_type");
    same::<RiskBand>("risk_band");
    same::<Channel>("safe_contact_channel");
    same::<Verdict>("safe_contact_verdict");
    same::<ShareBasis>("share_basis_art6");
    same::<Art9Condition>("share_condition_art9");
    same::<DpaCondition>("dpa_sch1_condition");
    same::<RelationshipRole>("role_in_relationship");
}

#[test]
fn the_reasons_of_a_no_are_those_of_the_specification_and_two_of_ours_after_them() {
    let reference = reference();
    let values = reference["unmet_reason"]["values"].as_array().unwrap();
    let expected: Vec<&str> = values
        .iter()
        .map(|value| value.as_str().unwrap())
        .chain(OURS.map(Code::code))
        .collect();
    let got: Vec<&str> = UnmetReason::ALL.iter().map(|one| one.code()).collect();
    assert_eq!(got, expected);
    for value in UnmetReason::ALL {
        assert_eq!(UnmetReason::from_code(value.code()), Ok(*value));
    }
}

/// "Not what we do" and "they are with us already" (docs/decisions/0029).
const OURS: [UnmetReason; 2] = [UnmetReason::NotOurWork, UnmetReason::AlreadyWithUs];

#[test]
fn the_reasons_that_are_no_refusal_are_the_ones_the_specification_names() {
    let reference = reference();
    let named = reference["unmet_reason"]["not_refusal"].as_array().unwrap();
    for reason in UnmetReason::ALL {
        let is_named = named.iter().any(|code| code == reason.code()) || OURS.contains(reason);
        assert_eq!(!reason.is_refusal(), is_named, "{reason}");
    }
}
