//! Equal marks say what somebody would who reads both slowly.

use proptest::prelude::*;

use super::{Declared, Named, Traces};

fn meets(declared: &Declared, record: &Traces) -> bool {
    !declared.marks().is_disjoint(&record.marks())
}

fn named(name: &str, born: Option<&str>) -> Named {
    Named {
        name: name.to_owned(),
        born: born.map(str::to_owned),
    }
}

fn of(people: &[Named], addresses: &[&str]) -> Traces {
    Traces {
        people: people.to_vec(),
        addresses: addresses.iter().map(|text| (*text).to_owned()).collect(),
    }
}

/// The letters of one word: accents, apostrophes and capitals off, by a list that anybody can read.
fn letters(word: &str) -> String {
    word.chars()
        .filter_map(|c| match c.to_lowercase().next()? {
            'ŵ' => Some('w'),
            'ŷ' => Some('y'),
            'â' | 'á' | 'à' => Some('a'),
            'ê' | 'é' | 'ë' => Some('e'),
            'î' | 'ï' => Some('i'),
            'ô' | 'ó' => Some('o'),
            'û' => Some('u'),
            c if c.is_ascii_alphanumeric() => Some(c),
            _ => None,
        })
        .collect()
}

/// Whether one text read on from somewhere in the middle, and then from its beginning, is the other.
fn reads_on(one: &str, other: &str) -> bool {
    one.len() == other.len() && format!("{one}{one}").contains(other)
}

/// The rule as somebody would tell it, name by name.
fn same_person_slowly(one: &Named, other: &Named) -> bool {
    let ways = |named: &Named| {
        let words: Vec<String> = named.name.split_whitespace().map(letters).collect();
        let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
        if words.len() < 2 {
            return Vec::new();
        }
        let short = format!("{}{}", words[0], words[words.len() - 1]);
        vec![words.concat(), short]
    };
    let same_name = ways(one)
        .iter()
        .any(|a| ways(other).iter().any(|b| reads_on(a, b)));
    let born_differs = matches!((&one.born, &other.born), (Some(a), Some(b)) if a != b);
    same_name && !born_differs
}

const FIRST: &[&str] = &[
    "Siân",
    "Sian",
    "Gŵen",
    "Gwen",
    "Ŷva",
    "Amina",
    "José",
    "Jose",
    "Mary Ann",
    "Mary",
    "Zoë Lynn",
    "Ann",
];
const LAST: &[&str] = &[
    "O'Brien",
    "O Brien",
    "OBrien",
    "ap Rhys",
    "Ap-Rhys",
    "Jones",
    "Jones-Evans",
    "Evans",
    "Llŷr",
    "Llyr",
    "Okafor",
];
const BORN: &[Option<&str>] = &[None, Some("1980-02-03"), Some("1991-12-30")];

/// A name as one of many people would write it down.
fn written(first: &str, last: &str, how: u8) -> String {
    let whole = match how % 3 {
        0 => format!("{first} {last}"),
        1 => format!("{last}, {first}"),
        _ => format!("  {first}   {last} "),
    };
    match (how / 3) % 3 {
        0 => whole,
        1 => whole.to_uppercase(),
        _ => whole.to_lowercase(),
    }
}

fn anybody() -> impl Strategy<Value = (String, Option<&'static str>)> {
    let chosen = (
        prop::sample::select(FIRST),
        prop::sample::select(LAST),
        any::<u8>(),
        prop::sample::select(BORN),
    );
    chosen.prop_map(|(first, last, how, born)| (written(first, last, how), born))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]
    #[test]
    fn equal_marks_are_the_rule_read_slowly(one in anybody(), others in prop::collection::vec(anybody(), 1..4)) {
        let one = named(&one.0, one.1);
        let others: Vec<Named> = others.iter().map(|(name, born)| named(name, *born)).collect();
        let slowly = others.iter().any(|other| same_person_slowly(&one, other));
        prop_assert_eq!(meets(&Declared::Person(one), &of(&others, &[])), slowly);
    }
}

#[test]
fn a_name_is_the_same_with_accents_in_any_order_and_spacing_and_without_what_stands_in_the_middle()
{
    for (one, other) in [
        ("Siân O'Brien", "sian o brien"),
        ("Siân O'Brien", "O'BRIEN, Sian"),
        ("Mary Ann Jones", "Mary Jones"),
        ("Mary Ann Jones", "Jones Mary Ann"),
        ("Llŷr ap Rhys", "Ap-Rhys Llyr"),
    ] {
        let declared = Declared::Person(named(one, None));
        assert!(
            meets(&declared, &of(&[named(other, Some("1980-02-03"))], &[])),
            "{one} {other}"
        );
    }
    for (one, other) in [
        ("Mary Jones", "Mary Evans"),
        ("Mary Jones", "Ann Jones"),
        ("Mary", "Mary"),
        ("", ""),
        ("Mary ...", "Mary Jones"),
    ] {
        let declared = Declared::Person(named(one, None));
        assert!(
            !meets(&declared, &of(&[named(other, None)], &[])),
            "{one} {other}"
        );
    }
}

#[test]
fn a_date_of_birth_tells_apart_only_where_both_are_known() {
    let record = |born| of(&[named("Mary Jones", born)], &[]);
    let said = |born| Declared::Person(named("Mary Jones", born));
    let (day, other) = (Some("1980-02-03"), Some("1980-02-04"));
    assert!(meets(&said(day), &record(day)));
    assert!(meets(&said(day), &record(None)));
    assert!(meets(&said(None), &record(day)));
    assert!(meets(&said(None), &record(None)));
    assert!(!meets(&said(day), &record(other)));
}

#[test]
fn a_home_is_met_by_any_address_of_its_postcode_and_by_nothing_less() {
    let home = Declared::Home("se15 4ql".to_owned());
    for address in [
        "Flat 2, 12 High Street, London SE15 4QL",
        "12 high st\nse154ql",
        "SE15  4QL",
    ] {
        assert!(meets(&home, &of(&[], &[address])), "{address}");
    }
    for address in ["SE15", "SE15 4", "12 High Street", "SE15 4QM", ""] {
        assert!(!meets(&home, &of(&[], &[address])), "{address}");
    }
    assert!(Declared::Home("SE15".to_owned()).marks().is_empty());
    // A home is no name and a name no home.
    let odd = Declared::Person(named("SE15 4QL", None));
    assert!(!meets(&odd, &of(&[], &["SE15 4QL"])));
}
