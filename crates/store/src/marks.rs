//! By what a record and what a member of staff said of themselves are seen to concern each other (SPEC 4.6, NE-07, decision 0019):
//! the rule, as texts that are equal exactly when it says so. They are hashed with a key before anything is kept; whoever holds a
//! hash learns nothing from it, and two that are equal are all that is ever compared.
//!
//! Somebody is the same by name and date of birth; where either is without a date of birth, by name. A place is the same by its
//! whole postcode, which is a dwelling and its neighbours.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use throughline_core::geo::Postcode;
use throughline_seal::normal;

use crate::person::PersonSheet;

/// Somebody by name and, where known, date of birth.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The whole name.
    pub name: String,
    /// Date of birth, ISO, where known.
    pub born: Option<String>,
}

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Named(..)")
    }
}

/// Whom or what somebody must not deal with, as they said it: sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Declared {
    /// Somebody.
    Person(Named),
    /// A home, their own or of somebody close, by its postcode.
    Home(String),
}

impl std::fmt::Debug for Declared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Declared(..)")
    }
}

/// What of a record is compared: everybody whom it is about or whom the person is kept apart from, and every address in it.
#[derive(Default)]
pub(crate) struct Traces {
    pub people: Vec<Named>,
    pub addresses: Vec<String>,
}

impl Declared {
    /// The marks of what somebody said. None: nothing can be compared by it.
    pub fn marks(&self) -> BTreeSet<String> {
        match self {
            Self::Person(named) => {
                let spellings = spellings(&named.name).into_iter();
                let marks = spellings.map(|name| match &named.born {
                    // The same day, or a record without one.
                    Some(born) => vec![mark(&name, born), mark(&name, NOT_KNOWN)],
                    None => vec![mark(&name, ANY)],
                });
                marks.flatten().collect()
            }
            Self::Home(postcode) => postcodes(postcode),
        }
    }
}

impl Traces {
    /// The marks of a record.
    pub(crate) fn marks(&self) -> BTreeSet<String> {
        let people = self.people.iter().flat_map(|named| {
            let born = named.born.as_deref().unwrap_or(NOT_KNOWN);
            let spellings = spellings(&named.name).into_iter();
            spellings.flat_map(move |name| [mark(&name, born), mark(&name, ANY)])
        });
        let places = self.addresses.iter().flat_map(|text| postcodes(text));
        people.chain(places).collect()
    }
}

/// What is compared of what a person told of themselves: their first names with the family name, and what they want to be called
/// by, because some write the whole name there.
pub(crate) fn traces_of_sheet(sheet: &PersonSheet) -> Traces {
    let family = sheet.family.as_deref().unwrap_or_default();
    let firsts = [Some(&sheet.chosen), sheet.given.as_ref()];
    let whole = firsts
        .into_iter()
        .flatten()
        .map(|first| format!("{first} {family}"));
    let named = |name| Named {
        name,
        born: sheet.born.clone(),
    };
    Traces {
        people: whole.chain([sheet.chosen.clone()]).map(named).collect(),
        addresses: Vec::new(),
    }
}

/// Instead of a date of birth: a record that has none, and any record at all.
const NOT_KNOWN: &str = "?";
const ANY: &str = "*";

fn mark(name: &str, born: &str) -> String {
    format!("{name} {born}")
}

/// How one name may be spelt: whole, and without what stands in the middle. Nobody is known by one word alone.
fn spellings(name: &str) -> BTreeSet<String> {
    let words: Vec<String> = name.split_whitespace().map(normal::name).collect();
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| !word.is_empty())
        .collect();
    let [first, .., last] = words.as_slice() else {
        return BTreeSet::new();
    };
    BTreeSet::from([turned(&words.concat()), turned(&format!("{first}{last}"))])
}

/// The letters of a name, begun where they come first in order: the same however it is spaced and whichever name comes first.
fn turned(letters: &str) -> String {
    let all: Vec<char> = letters.chars().collect();
    let from = |at: usize| all.iter().cycle().skip(at).take(all.len()).collect();
    (0..all.len()).map(from).min().unwrap_or_default()
}

/// Every whole postcode in a text, in one spelling.
fn postcodes(text: &str) -> BTreeSet<String> {
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let pairs = words.iter().zip(words.iter().skip(1));
    let joined = pairs.map(|(one, next)| format!("{one}{next}"));
    words
        .iter()
        .map(|word| (*word).to_owned())
        .chain(joined)
        .filter_map(|word| Postcode::parse(&word).ok())
        .filter(Postcode::is_full)
        .map(|postcode| postcode.to_string())
        .collect()
}

#[cfg(test)]
#[path = "marks_tests.rs"]
mod tests;
