use proptest::prelude::*;

use super::*;
use crate::fixed_env;

fn key() -> RootKey {
    RootKey::generate(&fixed_env(5))
}

fn three_of_five() -> Vec<Share> {
    split(&key(), 3, 5, &fixed_env(6)).unwrap()
}

fn chosen(shares: &[Share], mask: u32) -> Vec<Share> {
    (0..shares.len())
        .filter(|at| mask & (1 << at) != 0)
        .map(|at| shares[at].clone())
        .collect()
}

#[test]
fn any_three_of_five_give_the_key_back_and_fewer_do_not() {
    let shares = three_of_five();
    for mask in 0..32_u32 {
        let some = chosen(&shares, mask);
        match (recover(&some), some.len()) {
            (Ok(found), 3..) => assert_eq!(found.expose(), key().expose()),
            (Err(error), 0) => assert_eq!(error, ShareError::Nothing),
            (Err(error), have @ 1..=2) => assert_eq!(error, ShareError::TooFew { have, need: 3 }),
            (other, have) => panic!("{have} shares: {other:?}"),
        }
    }
}

#[test]
fn the_same_share_twice_counts_once() {
    let shares = three_of_five();
    let twice = [shares[0].clone(), shares[1].clone(), shares[0].clone()];
    assert_eq!(
        recover(&twice).unwrap_err(),
        ShareError::TooFew { have: 2, need: 3 }
    );
}

#[test]
fn even_the_library_asked_directly_gets_another_key_from_too_few() {
    let mut shares = three_of_five();
    shares.truncate(2);
    for share in &mut shares {
        share.needed = 2;
    }
    assert_eq!(recover(&shares).unwrap_err(), ShareError::WrongKey);
}

#[test]
fn order_does_not_matter() {
    let mut shares = three_of_five();
    shares.reverse();
    assert_eq!(recover(&shares[..3]).unwrap().expose(), key().expose());
}

#[test]
fn shares_are_read_back_however_they_are_typed() {
    for share in three_of_five() {
        let text = share.to_text();
        let heading = text.lines().next().unwrap();
        let signs: String = text.lines().skip(1).collect::<String>().replace(' ', "");
        let lax = |c: char| match c {
            '1' => 'l',
            '0' => 'o',
            c => c.to_ascii_lowercase(),
        };
        let typed = [
            text.clone(),
            text.to_lowercase(),
            text.to_uppercase(),
            text.replace('\n', " \r\n  "),
            format!("{heading}\n{signs}"),
            format!(
                "{heading} {}",
                text.lines()
                    .skip(1)
                    .collect::<Vec<_>>()
                    .join(" ")
                    .replace(' ', "-")
            ),
            format!("{heading}\n{}", signs.chars().map(lax).collect::<String>()),
        ];
        for text in typed {
            let read = Share::from_text(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            assert_eq!(read.to_text(), share.to_text());
        }
    }
}

#[test]
fn shares_survive_being_printed_and_typed_in() {
    let typed: Vec<Share> = three_of_five()
        .iter()
        .map(|share| Share::from_text(&share.to_text()).unwrap())
        .collect();
    assert_eq!(recover(&typed[2..]).unwrap().expose(), key().expose());
}

#[test]
fn every_wrong_sign_is_named_by_share_and_group() {
    let share = &three_of_five()[1];
    let text = share.to_text();
    let start = text.find('\n').unwrap() + 1;
    let mut group = 0;
    for (at, was) in text.char_indices().skip(start) {
        if (at - start).is_multiple_of(6) {
            group += 1;
        }
        if was.is_whitespace() {
            continue;
        }
        for wrong in ('0'..='9')
            .chain('A'..='Z')
            .chain(['?', 'é', '€'])
            .filter(|c| value(*c) != value(was))
        {
            let typed = format!("{}{wrong}{}", &text[..at], &text[at + 1..]);
            assert_eq!(
                Share::from_text(&typed).unwrap_err(),
                ShareError::Group { share: 2, group },
                "{typed}"
            );
        }
        let missing = format!("{}{}", &text[..at], &text[at + 1..]);
        assert_eq!(
            Share::from_text(&missing).unwrap_err(),
            ShareError::Group { share: 2, group },
            "{missing}"
        );
        let doubled = format!("{}{was}{}", &text[..at], &text[at..]);
        assert_eq!(
            Share::from_text(&doubled).unwrap_err(),
            ShareError::Group { share: 2, group },
            "{doubled}"
        );
    }
    assert_eq!(group, GROUPS);
}

#[test]
fn swapped_signs_in_a_group_are_named() {
    let share = &three_of_five()[0];
    let text = share.to_text();
    let (heading, groups) = text.split_once('\n').unwrap();
    let groups: Vec<Vec<char>> = groups
        .split_whitespace()
        .map(|group| group.chars().collect())
        .collect();
    for at in 0..GROUPS {
        for (a, b) in (0..GROUP).flat_map(|a| (0..a).map(move |b| (a, b))) {
            let mut typed = groups.clone();
            typed[at].swap(a, b);
            if typed == groups {
                continue;
            }
            let typed: Vec<String> = typed.iter().map(|group| group.iter().collect()).collect();
            let error = Share::from_text(&format!("{heading} {}", typed.join(" "))).unwrap_err();
            assert_eq!(
                error,
                ShareError::Group {
                    share: 1,
                    group: at + 1
                }
            );
        }
    }
}

#[test]
fn swapped_and_missing_groups_are_found() {
    let share = &three_of_five()[0];
    let text = share.to_text();
    let (heading, groups) = text.split_once('\n').unwrap();
    let groups: Vec<&str> = groups.split_whitespace().collect();
    for at in 1..GROUPS {
        let mut typed = groups.clone();
        typed.swap(at - 1, at);
        let error = Share::from_text(&format!("{heading} {}", typed.join(" "))).unwrap_err();
        assert_eq!(
            error,
            ShareError::Group {
                share: 1,
                group: at
            }
        );
        let mut typed = groups.clone();
        typed.remove(at);
        let error = Share::from_text(&format!("{heading} {}", typed.join(" "))).unwrap_err();
        assert_eq!(
            error,
            ShareError::Groups {
                share: 1,
                found: 15
            }
        );
    }
}

#[test]
fn a_mistyped_heading_is_named_by_the_number_that_was_typed() {
    let text = three_of_five()[1].to_text();
    let id = key().id();
    assert!(
        text.starts_with(&format!("throughline-share-v1 2 needs 3 key {id}\n")),
        "{text}"
    );
    let other_id = id.replace(id.chars().next().unwrap(), "?");
    let cases = [
        (
            text.replace("v1 2 needs", "v1 4 needs"),
            ShareError::Heading { share: 4 },
        ),
        (
            text.replace("v1 2 needs", "v1 0 needs"),
            ShareError::Heading { share: 0 },
        ),
        (
            text.replace("needs 3", "needs 2"),
            ShareError::Heading { share: 2 },
        ),
        (
            text.replace("needs 3", "needs 0"),
            ShareError::Heading { share: 2 },
        ),
        (
            text.replace(&id, &other_id),
            ShareError::Heading { share: 2 },
        ),
        (text.replace("needs 3", "needs 300"), ShareError::NotAShare),
        (text.replace("-v1", "-v2"), ShareError::NotAShare),
        (text.replace("key", "kye"), ShareError::NotAShare),
        (String::new(), ShareError::NotAShare),
        (key().to_text(), ShareError::NotAShare),
    ];
    for (typed, error) in cases {
        assert_eq!(Share::from_text(&typed).unwrap_err(), error, "{typed}");
    }
    let error = ShareError::Group { share: 2, group: 7 }.to_string();
    assert!(
        error.contains("share 2") && error.contains("group 7"),
        "{error}"
    );
}

#[test]
fn shares_of_different_keys_are_refused_by_name() {
    let other = RootKey::generate(&fixed_env(50));
    let strange = split(&other, 3, 5, &fixed_env(51)).unwrap();
    let ours = three_of_five();
    let mixed = [ours[0].clone(), ours[1].clone(), strange[3].clone()];
    assert_eq!(
        recover(&mixed).unwrap_err(),
        ShareError::OtherKey {
            share: 4,
            key: other.id()
        }
    );
}

#[test]
fn shares_of_the_same_key_split_at_different_times_are_refused_by_name() {
    let later = split(&key(), 3, 5, &fixed_env(7)).unwrap();
    let ours = three_of_five();
    let mixed = [ours[0].clone(), ours[1].clone(), later[4].clone()];
    assert_eq!(
        recover(&mixed).unwrap_err(),
        ShareError::OtherSplit { share: 5 }
    );
}

#[test]
fn a_share_that_lies_gives_no_key() {
    let mut shares = three_of_five();
    shares[1].data.0[9] ^= 1;
    assert_eq!(recover(&shares).unwrap_err(), ShareError::WrongKey);
    assert_eq!(recover(&shares[..3]).unwrap_err(), ShareError::WrongKey);
}

#[test]
fn a_split_that_protects_nothing_or_cannot_be_undone_is_refused() {
    for (needed, total) in [(0, 0), (0, 5), (1, 5), (1, 1), (4, 3), (2, 1)] {
        assert_eq!(
            split(&key(), needed, total, &fixed_env(1)).unwrap_err(),
            ShareError::Numbers,
            "{needed} of {total}"
        );
    }
    let all = split(&key(), 255, 255, &fixed_env(1)).unwrap();
    assert_eq!(all.len(), 255);
    assert_eq!(recover(&all).unwrap().expose(), key().expose());
    assert_eq!(
        recover(&all[1..]).unwrap_err(),
        ShareError::TooFew {
            have: 254,
            need: 255
        }
    );
}

#[test]
fn a_share_shows_its_number_and_nothing_of_the_key() {
    assert_eq!(
        format!("{:?}", three_of_five()[0]),
        format!("Share(1 of key {})", key().id())
    );
}

#[test]
fn five_bit_values_and_bytes_say_the_same() {
    assert_eq!(
        encode(&[0xff, 0, 0xff, 0, 0xff]),
        [31, 28, 0, 15, 30, 0, 7, 31]
    );
    for at in 0..=255_u8 {
        let bytes: Vec<u8> = (0..40)
            .map(|n| at.wrapping_mul(n).wrapping_add(n))
            .collect();
        assert_eq!(decode(&encode(&bytes)), bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_key_comes_back_from_any_enough_of_its_shares(
        bytes: [u8; 32], seed: u64, needed in 2_u8..6, more in 0_u8..4, skip in 0_usize..4,
    ) {
        let key = RootKey::from_bytes(bytes);
        let shares = split(&key, needed, needed + more, &fixed_env(seed)).unwrap();
        let from = skip.min(usize::from(more));
        let enough = &shares[from..from + usize::from(needed)];
        let found = recover(enough).unwrap();
        prop_assert_eq!(found.expose(), key.expose());
        prop_assert!(recover(&enough[1..]).is_err());
    }

    #[test]
    fn no_text_breaks_the_reader(text in "(throughline-share-v1 [0-9]{1,3} needs [0-9]{1,3} key )?\\PC{0,100}") {
        prop_assert!(Share::from_text(&text).is_err());
    }
}
