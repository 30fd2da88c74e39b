use proptest::prelude::*;

use super::*;
use crate::fixed_env;

const HERE: Place<'_> = Place {
    table: "statement",
    column: "words",
    row: Uuid::from_u128(1),
};

fn sealed(key: &PersonKey) -> Sealed<String> {
    Sealed::seal(&"He takes my wages".to_owned(), key, &HERE, &fixed_env(3)).unwrap()
}

#[test]
fn a_value_with_any_changed_bit_stays_closed() {
    let key = PersonKey::generate(&fixed_env(1));
    let bytes = sealed(&key).bytes().to_vec();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            let opened =
                Sealed::<String>::from_bytes(&changed).and_then(|value| value.open(&key, &HERE));
            assert_eq!(opened, Err(SealError::Closed), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn a_value_cut_short_or_made_longer_stays_closed() {
    let key = PersonKey::generate(&fixed_env(1));
    let bytes = sealed(&key).bytes().to_vec();
    for length in 0..bytes.len() {
        let opened = Sealed::<String>::from_bytes(&bytes[..length])
            .and_then(|value| value.open(&key, &HERE));
        assert_eq!(opened, Err(SealError::Closed), "{length} bytes");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(
        Sealed::<String>::from_bytes(&longer)
            .unwrap()
            .open(&key, &HERE),
        Err(SealError::Closed)
    );
}

#[test]
fn a_value_moved_to_another_row_column_table_or_person_stays_closed() {
    let env = fixed_env(1);
    let (key, other) = (PersonKey::generate(&env), PersonKey::generate(&env));
    let value = sealed(&key);
    assert_eq!(value.open(&key, &HERE).unwrap(), "He takes my wages");
    let elsewhere = [
        Place {
            row: Uuid::from_u128(2),
            ..HERE
        },
        Place {
            column: "word",
            ..HERE
        },
        Place { column: "", ..HERE },
        Place {
            table: "statements",
            ..HERE
        },
        Place {
            table: "words",
            column: "statement",
            ..HERE
        },
    ];
    for place in elsewhere {
        assert_eq!(
            value.open(&key, &place),
            Err(SealError::Closed),
            "{place:?}"
        );
    }
    assert_eq!(value.open(&other, &HERE), Err(SealError::Closed));
}

#[test]
fn a_value_of_another_type_stays_closed() {
    let key = PersonKey::generate(&fixed_env(1));
    let number = Sealed::<u32>::from_bytes(sealed(&key).bytes()).unwrap();
    assert_eq!(number.open(&key, &HERE), Err(SealError::Closed));
}

#[test]
fn the_same_words_sealed_twice_look_different() {
    let env = fixed_env(1);
    let key = PersonKey::generate(&env);
    let seal = || {
        Sealed::seal(&"the same", &key, &HERE, &env)
            .unwrap()
            .bytes()
            .to_vec()
    };
    assert_ne!(seal(), seal());
}

#[test]
fn a_sealed_value_does_not_contain_its_words() {
    let value = sealed(&PersonKey::generate(&fixed_env(1)));
    assert!(!value.bytes().windows(4).any(|part| part == b"wage"));
    assert_eq!(format!("{value:?}"), "Sealed(..)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_opens_in_its_place(words in "\\PC{0,200}", row: u128, seed: u64) {
        let env = fixed_env(seed);
        let key = PersonKey::generate(&env);
        let place = Place { row: Uuid::from_u128(row), ..HERE };
        let stored = Sealed::seal(&words, &key, &place, &env).unwrap().bytes().to_vec();
        prop_assert_eq!(Sealed::<String>::from_bytes(&stored).unwrap().open(&key, &place).unwrap(), words);
    }

    #[test]
    fn no_stored_bytes_break_the_reader(bytes: Vec<u8>) {
        let key = PersonKey::generate(&fixed_env(1));
        let opened = Sealed::<String>::from_bytes(&bytes).and_then(|value| value.open(&key, &HERE));
        prop_assert_eq!(opened, Err(SealError::Closed));
    }
}
