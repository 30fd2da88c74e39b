use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::fixed_env;

fn blind() -> BlindKey {
    BlindKey::from_bytes([7; 32])
}

#[test]
fn a_token_is_read_back_and_has_the_same_hash() {
    let env = fixed_env(1);
    let token = Token::generate(&env);
    let text = token.reveal();
    assert_eq!(text.len(), 43);
    assert!(
        text.chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'),
        "{text}"
    );
    assert_eq!(Token::parse(&text).unwrap().hash(), token.hash());
    assert_ne!(Token::generate(&env).hash(), token.hash());
}

#[test]
fn what_cannot_be_a_token_is_none() {
    let text = Token::generate(&fixed_env(1)).reveal();
    for wrong in [
        String::new(),
        text[1..].to_owned(),
        format!("{text}A"),
        format!("{text}="),
        text.replace(&text[..1], "/"),
    ] {
        assert!(Token::parse(&wrong).is_none(), "{wrong}");
    }
}

#[test]
fn a_changed_token_is_none_or_another_one() {
    let token = Token::generate(&fixed_env(1));
    let text = token.reveal();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = Token::parse(&String::from_utf8(bytes).unwrap());
        assert!(
            changed.is_none_or(|changed| changed.hash() != token.hash()),
            "sign {at}"
        );
    }
}

#[test]
fn the_stored_hash_says_nothing_of_the_token() {
    let token = Token::generate(&fixed_env(1));
    assert_ne!(token.hash(), token.0);
    assert_eq!(
        format!("{token:?} {:?}", Code::generate(&fixed_env(1))),
        "Token(..) Code(..)"
    );
}

#[test]
fn a_code_has_no_signs_that_are_mistaken_for_each_other_and_uses_all_others() {
    let env = fixed_env(2);
    let mut seen = BTreeSet::new();
    for _ in 0..500 {
        let text = Code::generate(&env).reveal();
        let (a, b) = text.split_once(' ').unwrap();
        assert_eq!((a.len(), b.len()), (4, 4), "{text}");
        assert!(
            !text.contains(['0', 'O', '1', 'I', 'L', '5', 'S', 'U']),
            "{text}"
        );
        seen.extend(text.bytes().filter(|sign| *sign != b' '));
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), SIGNS);
}

#[test]
fn no_sign_of_a_code_is_likelier_than_another() {
    let env = fixed_env(3);
    let mut counts = std::collections::BTreeMap::<u8, u32>::new();
    for sign in (0..3500).flat_map(|_| Code::generate(&env).0.clone().into_bytes()) {
        *counts.entry(sign).or_default() += 1;
    }
    // 28 000 signs: 1000 each are expected, with a standard deviation of 31.
    assert!(
        counts.values().all(|count| (820..1180).contains(count)),
        "{counts:?}"
    );
}

#[test]
fn a_code_matches_however_it_is_typed() {
    let code = Code::generate(&fixed_env(4));
    let (stored, shown) = (code.hash(&blind()), code.reveal());
    for typed in [
        shown.clone(),
        shown.to_lowercase(),
        shown.replace(' ', ""),
        shown.replace(' ', "-"),
        format!("  {} \n", shown.replace(' ', " – ")),
    ] {
        assert!(Code::matches(&typed, &stored, &blind()), "{typed}");
    }
}

#[test]
fn a_wrong_code_or_a_wrong_key_does_not_match() {
    let code = Code::generate(&fixed_env(4));
    let (stored, shown) = (code.hash(&blind()), code.reveal());
    for at in (0..shown.len()).filter(|at| *at != 4) {
        for sign in SIGNS.iter().filter(|sign| **sign != shown.as_bytes()[at]) {
            let mut typed = shown.clone().into_bytes();
            typed[at] = *sign;
            assert!(!Code::matches(
                &String::from_utf8(typed).unwrap(),
                &stored,
                &blind()
            ));
        }
        let shorter = format!("{}{}", &shown[..at], &shown[at + 1..]);
        assert!(!Code::matches(&shorter, &stored, &blind()));
    }
    assert!(!Code::matches("", &stored, &blind()));
    assert!(!Code::matches(
        &shown,
        &stored,
        &BlindKey::from_bytes([8; 32])
    ));
    assert!(!Code::matches(&shown, &stored[..15], &blind()));
    assert!(!Code::matches(&shown, &[], &blind()));
}

proptest! {
    #[test]
    fn no_text_breaks_the_readers(text in "\\PC{0,60}") {
        let code = Code::generate(&fixed_env(4));
        prop_assert!(Token::parse(&text).is_none_or(|token| token.reveal() == text));
        prop_assert!(!Code::matches(&text, &code.hash(&blind()), &blind()));
    }
}
