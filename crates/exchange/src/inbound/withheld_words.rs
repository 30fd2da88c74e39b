//! The words of a withheld place, and taking them out of texts. To change what counts as a word, change the lists in `data/`.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use throughline_core::directory::{Entry, Location, ServiceArea};

/// What stands where a word was.
const GONE: &str = "[withheld]";

/// The shortest word that is taken out: Ae and Io are places, Jo and Al are people; one letter is neither.
const SHORTEST: usize = 2;

/// From so many letters on, a word is taken out with the word that it is a part of: `Canarytown` with `Canarytowners`, but not `Bath`
/// with `bathroom`.
const TELLING: usize = 6;

/// The shortest street of one word that is taken out without its number: `14 Quayside`.
const STREET: usize = 4;

/// From so many words on that must not be known, a text is taken out whole: nobody's place has so many, and looking for each of them
/// at each word of a long text would take for ever.
const TOO_MANY: usize = 500;

/// Lines of a list under `data/`; what follows a `#` is said to people.
fn listed(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty())
}

/// Councils, counties, regions, nations and police areas: names wide enough to be shown for a confidential service. Made from the
/// specification's table of local authorities.
static WIDE_AREAS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    listed(include_str!("../../data/wide_areas.txt"))
        .map(plain)
        .collect()
});

/// First three letters of official codes of such areas.
static WIDE_CODES: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| listed(include_str!("../../data/wide_area_codes.txt")).collect());

/// Words that say what kind of building, desk or person it is, in many names and in every description of a service.
static KINDS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| listed(include_str!("../../data/words_of_kinds.txt")).collect());

/// Words that say what a desk, a team or a line is for.
static FUNCTIONS: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| listed(include_str!("../../data/words_of_functions.txt")).collect());

/// What the name of a function ends in.
const DESKS: [&str; 13] = [
    "department",
    "desk",
    "helpdesk",
    "helpline",
    "hotline",
    "line",
    "office",
    "reception",
    "service",
    "services",
    "switchboard",
    "team",
    "teams",
];

/// Ordinary words that are names of places and people too: they are taken out only where they have a capital letter.
static ORDINARY: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| listed(include_str!("../../data/ordinary_words.txt")).collect());

/// Whether an area is wide enough to be shown.
pub(crate) fn is_wide(area: &ServiceArea) -> bool {
    WIDE_AREAS.contains(&plain(&area.name))
}

/// Whether an official code is that of such an area, and not of a ward or a street's worth of houses.
pub(crate) fn is_wide_code(code: &str) -> bool {
    let code = code.trim();
    code.len() == 9
        && code
            .get(..3)
            .is_some_and(|kind| WIDE_CODES.contains(kind.to_ascii_uppercase().as_str()))
        && code
            .get(3..)
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether the name of a contact is that of a desk, a team or a line, and of nobody: every word of it says what it is for, and the last
/// that it is one. One word that is not known to, and it counts as a person's.
pub(crate) fn is_function(name: &str) -> bool {
    let words: Vec<String> = words(name).into_iter().map(|word| word.whole).collect();
    words
        .last()
        .is_some_and(|last| DESKS.contains(&last.as_str()))
        && words.iter().all(|word| FUNCTIONS.contains(word.as_str()))
}

/// A name without case, spaces and marks.
fn plain(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .collect()
}

/// A word of a text and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    start: usize,
    end: usize,
    /// In lower case, without apostrophes.
    whole: String,
    /// In lower case, up to its apostrophe: `Ely's` is of Ely.
    stem: String,
    capital: bool,
}

fn words(text: &str) -> Vec<Word> {
    let is_apostrophe = |letter: char| matches!(letter, '\'' | '’' | 'ʼ' | '`' | '´');
    let mut found: Vec<Word> = Vec::new();
    let mut open = false;
    for (at, letter) in text.char_indices() {
        let end = at + letter.len_utf8();
        if letter.is_alphanumeric() {
            if !open {
                found.push(Word {
                    start: at,
                    end,
                    whole: String::new(),
                    stem: String::new(),
                    capital: letter.is_uppercase(),
                });
            }
            open = true;
            if let Some(word) = found.last_mut() {
                let joined = word.stem.len() < word.whole.len() || word.end < at;
                word.whole.extend(letter.to_lowercase());
                if !joined {
                    word.stem.extend(letter.to_lowercase());
                }
                word.end = end;
            }
        } else if !is_apostrophe(letter) {
            open = false;
        }
    }
    found
}

/// The words that must not be known, each a run of words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known(BTreeSet<Vec<String>>);

impl Known {
    /// Every name and part of an address of places that are withheld, to be taken out wherever else it is written: lines and what
    /// stands between their commas, with and without the house's number, town, county, postcode, name of the place, areas too narrow to
    /// be shown, and people, each word of their names; and `names`, by which places go besides. But for names of wide areas and of
    /// functions, and the names by which people know the service.
    pub(crate) fn of(entry: &Entry, locations: &[Location], names: &[String]) -> Self {
        let known_by: Vec<&String> = std::iter::once(&entry.name)
            .chain(entry.organisation.as_ref().map(|body| &body.name))
            .collect();
        let narrow = entry
            .service_areas
            .iter()
            .filter(|area| !is_wide(area))
            .map(|area| &area.name);
        let people: Vec<&String> = entry
            .contacts
            .iter()
            .filter_map(|contact| contact.name.as_ref())
            .filter(|name| !is_function(name))
            .collect();
        let mut known = Self::default();
        for text in of_places(locations)
            .chain(names)
            .chain(narrow)
            .chain(people.iter().copied())
        {
            for part in text.split([',', ';']).chain([text.as_str()]) {
                if !known_by.iter().any(|name| plain(name) == plain(part)) {
                    known.add(part);
                }
            }
        }
        let public: BTreeSet<String> = known_by
            .iter()
            .flat_map(|name| words(name))
            .map(|word| word.whole)
            .collect();
        for word in people.iter().flat_map(|name| words(name)) {
            if !public.contains(&word.whole) {
                known.add(&word.whole);
            }
        }
        known
    }

    /// Adds a name, unless it tells nothing.
    fn add(&mut self, name: &str) {
        let run: Vec<String> = words(name).into_iter().map(|word| word.whole).collect();
        let letters: usize = run.iter().map(|word| word.chars().count()).sum();
        if letters < SHORTEST || WIDE_AREAS.contains(&plain(name)) || names_a_kind(&run) {
            return;
        }
        // A number alone is a house's: without its street it tells nothing, and every text has numbers.
        if run
            .iter()
            .all(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return;
        }
        let street = run
            .iter()
            .position(|word| !word.starts_with(|letter: char| letter.is_ascii_digit()))
            .and_then(|at| run.get(at..))
            .filter(|street| street.len() < run.len())
            .filter(|street| match street {
                [one] => one.chars().count() >= STREET,
                _ => true,
            });
        if let Some(street) = street.filter(|street| !names_a_kind(street)) {
            self.0.insert(street.to_vec());
        }
        self.0.insert(run);
    }

    /// The text without them, whatever their case.
    pub(crate) fn taken_out_of(&self, text: &str) -> String {
        if self.0.len() > TOO_MANY && !text.is_empty() {
            return GONE.to_owned();
        }
        let words = words(text);
        let mut out = String::with_capacity(text.len());
        let (mut copied, mut at) = (0, 0);
        while let Some(word) = words.get(at) {
            let rest = words.get(at..).unwrap_or_default();
            let longest = self
                .0
                .iter()
                .filter(|run| stands(run, rest))
                .map(Vec::len)
                .max();
            if let Some(last) = longest.and_then(|many| words.get(at + many - 1)) {
                out.push_str(text.get(copied..word.start).unwrap_or_default());
                out.push_str(GONE);
                copied = last.end;
            }
            at += longest.unwrap_or(1);
        }
        out.push_str(text.get(copied..).unwrap_or_default());
        out
    }
}

/// Names and parts of addresses of places.
fn of_places(locations: &[Location]) -> impl Iterator<Item = &String> {
    locations.iter().flat_map(|one| {
        let Location {
            // Published nowhere without the place.
            source_id: _,
            name,
            location_type: _,
            address,
            city,
            region,
            postcode,
            // A country is wide.
            country: _,
            // A point is taken away with the place; in a text, `scrub` knows one.
            point: _,
            // Sentences, which nobody repeats to the letter: `scrub` knows what in them is an address.
            accessibility: _,
            transport: _,
            schedules: _,
        } = one;
        address
            .iter()
            .chain(name)
            .chain(city)
            .chain(region)
            .chain(postcode)
    })
}

/// Whether the words begin with this run.
fn stands(run: &[String], words: &[Word]) -> bool {
    let Some(first) = words.first() else {
        return false;
    };
    if let [one] = run {
        if ORDINARY.contains(one.as_str()) && !first.capital {
            return false;
        }
        let telling = one.chars().count() >= TELLING && !ORDINARY.contains(one.as_str());
        let same = first.whole == *one || first.stem == *one;
        return same || (telling && first.whole.contains(one.as_str()));
    }
    words.len() >= run.len()
        && run
            .iter()
            .zip(words)
            .all(|(run, word)| *run == word.whole || *run == word.stem)
}

/// Whether a name is made of nothing but words of kinds: it tells no place, and without it a text would say nothing.
fn names_a_kind(name: &[String]) -> bool {
    name.iter()
        .filter(|word| word.len() > 1)
        .all(|word| KINDS.contains(word.as_str()) || KINDS.contains(word.trim_end_matches('s')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(known: &[&str], text: &str) -> String {
        let mut words = Known::default();
        for word in known {
            words.add(word);
        }
        words.taken_out_of(text)
    }

    #[test]
    fn whole_words_are_taken_out_whatever_their_case_and_length() {
        for (known, text, left) in [
            (
                "Ayr",
                "In AYR, near Ayr's park; the layrd.",
                "In [withheld], near [withheld] park; the layrd.",
            ),
            ("Usk", "usk and dusk", "[withheld] and dusk"),
            ("Bath", "A Bath bathroom", "A [withheld] bathroom"),
            ("Ynys Môn", "ar YNYS MÔN heddiw", "ar [withheld] heddiw"),
            ("Ŵyr", "Yn ŵyr", "Yn [withheld]"),
            (
                "14 Quay Street",
                "Find Quay Street or 14 Quay-Street.",
                "Find [withheld] or [withheld].",
            ),
            (
                "14 Quayside",
                "Ring at 14 Quayside, on the quayside.",
                "Ring at [withheld], on the [withheld].",
            ),
            (
                "Canarytown",
                "Canarytowners of #canarytown",
                "[withheld] of #[withheld]",
            ),
        ] {
            assert_eq!(without(&[known], text), left);
        }
    }

    #[test]
    fn a_text_is_taken_out_whole_where_there_are_too_many_words_to_look_for() {
        let streets: Vec<String> = (0..=TOO_MANY).map(|n| format!("Street{n}")).collect();
        let known: Vec<&str> = streets.iter().map(String::as_str).collect();
        assert_eq!(without(&known, "A warm welcome"), GONE);
        assert_eq!(without(&known, ""), "");
    }

    #[test]
    fn an_ordinary_word_goes_only_with_a_capital_and_a_word_of_a_kind_stays() {
        assert_eq!(
            without(&["Will", "May"], "We will ask Will, who may know May."),
            "We will ask [withheld], who may know [withheld]."
        );
        assert_eq!(without(&["Rye"], "of rye"), "of rye");
        assert_eq!(
            without(&["The Manager"], "Ask the manager"),
            "Ask the manager"
        );
    }

    #[test]
    fn only_codes_of_councils_and_wider_areas_are_wide() {
        for wide in [
            "E06000023",
            "w06000015",
            "S12000033",
            "N09000003",
            "E12000009",
            "E92000001",
        ] {
            assert!(is_wide_code(wide), "{wide}");
        }
        for narrow in [
            "E05010885",
            "E01014485",
            "E02003012",
            "W05000100",
            "Bristol",
            "E06",
            "E0600002x",
            "",
        ] {
            assert!(!is_wide_code(narrow), "{narrow}");
        }
    }
}
