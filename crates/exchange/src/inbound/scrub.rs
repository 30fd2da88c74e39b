//! Taking out of free text what tells where a place is.

use throughline_core::directory::Phone;
use throughline_core::geo::Postcode;

/// Whether the text leads to a map.
pub(crate) fn is_map(text: &str) -> bool {
    let lower = text.to_lowercase();
    [
        "maps.",
        "/maps",
        "goo.gl/maps",
        "what3words",
        "w3w.co",
        "streetmap",
        "openstreetmap",
        "///",
    ]
    .iter()
    .any(|mark| lower.contains(mark))
}

/// The text with everything that looks like an address, a postcode, a local phone number, coordinates or a map replaced by
/// `[withheld]`. It takes too much rather than too little.
pub(crate) fn scrub(text: &str) -> String {
    let words = spans(text);
    let mut bad = vec![false; words.len()];
    for at in 0..words.len() {
        mark_postcode(&words, at, &mut bad);
        mark_street(&words, at, &mut bad);
        mark_phone(&words, at, &mut bad);
        let word = words.get(at).map_or("", |word| word.text);
        if is_map(word) || is_coordinate(word) {
            set(&mut bad, at);
        }
    }
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut open = false;
    for (word, bad) in words.iter().zip(&bad) {
        let end = word.start + word.text.len();
        if *bad {
            if !open {
                out.push_str(text.get(copied..word.start).unwrap_or_default());
                out.push_str("[withheld]");
            }
        } else {
            out.push_str(text.get(copied..end).unwrap_or_default());
        }
        open = *bad;
        copied = end;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out
}

#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    start: usize,
}

impl Word<'_> {
    /// The word without marks around it.
    fn bare(&self) -> &str {
        self.text
            .trim_matches(|letter: char| !letter.is_alphanumeric())
    }
}

fn spans(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        if letter.is_whitespace() || at == text.len() {
            if let Some(start) = start.take() {
                words.push(Word {
                    text: text.get(start..at).unwrap_or_default(),
                    start,
                });
            }
        } else {
            start.get_or_insert(at);
        }
    }
    words
}

fn set(bad: &mut [bool], at: usize) {
    if let Some(mark) = bad.get_mut(at) {
        *mark = true;
    }
}

fn bare<'a>(words: &'a [Word<'_>], at: usize) -> &'a str {
    words.get(at).map_or("", Word::bare)
}

/// `BS1 1AA`, `BS11AA`, and in capitals `BS1` alone.
fn mark_postcode(words: &[Word<'_>], at: usize, bad: &mut [bool]) {
    let word = bare(words, at);
    let full = |text: &str| Postcode::parse(text).is_ok_and(|code| code.is_full());
    if word.len() <= 8 && full(word) {
        set(bad, at);
        mark_town_before(words, at, bad);
    }
    let next = bare(words, at + 1);
    if (2..=4).contains(&word.len()) && next.len() == 3 && full(&format!("{word} {next}")) {
        set(bad, at);
        set(bad, at + 1);
        mark_town_before(words, at, bad);
    }
    let letters = word.chars().take_while(char::is_ascii_uppercase).count();
    let rest = word.get(letters..).unwrap_or_default();
    let outward = (1..=2).contains(&letters)
        && (1..=2).contains(&rest.len())
        && rest.starts_with(|c: char| c.is_ascii_digit())
        && rest
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
    if outward {
        set(bad, at);
    }
}

/// The town that stands before a postcode: words with capitals, back to the end of another sentence.
fn mark_town_before(words: &[Word<'_>], postcode: usize, bad: &mut [bool]) {
    for at in (postcode.saturating_sub(4)..postcode).rev() {
        let word = words.get(at).map_or("", |word| word.text);
        if word.ends_with(['.', ':', ';']) || !word.starts_with(char::is_uppercase) {
            break;
        }
        set(bad, at);
    }
}

/// The town that stands after a street and a comma.
fn mark_town_after(words: &[Word<'_>], street: usize, bad: &mut [bool]) {
    let comma = words
        .get(street)
        .is_some_and(|word| word.text.ends_with(','));
    if comma && bare(words, street + 1).starts_with(char::is_uppercase) {
        set(bad, street + 1);
    }
}

/// Words that end the name of a street.
const STREETS: [&str; 28] = [
    "road",
    "rd",
    "street",
    "st",
    "lane",
    "ln",
    "avenue",
    "ave",
    "drive",
    "crescent",
    "terrace",
    "gardens",
    "square",
    "grove",
    "mews",
    "parade",
    "quay",
    "wharf",
    "boulevard",
    "blvd",
    "highway",
    "parkway",
    "villas",
    "broadway",
    "causeway",
    "embankment",
    "esplanade",
    "yard",
];

/// Words that end the name of a street and mean other things too: they count after a number, after "at" or "on", and before a comma or a
/// full stop.
const STREETS_PERHAPS: [&str; 10] = [
    "way", "close", "court", "row", "hill", "place", "walk", "rise", "green", "circus",
];

/// `23 The Parade`, `Coniston Road`, `1907 NW 38th Street`, `Flat 2, Harbour House`.
fn mark_street(words: &[Word<'_>], at: usize, bad: &mut [bool]) {
    let word = bare(words, at);
    let starts_name = |text: &str| {
        text.starts_with(|letter: char| letter.is_uppercase() || letter.is_ascii_digit())
    };
    let is_street = STREETS.contains(&word.to_lowercase().as_str());
    let is_house = matches!(
        word.to_lowercase().as_str(),
        "house" | "court" | "lodge" | "cottage" | "flat" | "unit" | "suite" | "room"
    );
    let before = bare(words, at.wrapping_sub(1));
    if at == 0 || before.is_empty() || !starts_name(before) {
        let numbered = is_house && bare(words, at + 1).starts_with(|c: char| c.is_ascii_digit());
        if numbered && matches!(word.to_lowercase().as_str(), "flat" | "unit" | "suite") {
            set(bad, at);
            set(bad, at + 1);
        }
        return;
    }
    let mut from = at;
    while from > 0 && at - from < 5 && starts_name(bare(words, from - 1)) {
        from -= 1;
    }
    let numbered = (from..at).any(|at| is_house_number(bare(words, at)));
    let named = starts_name(word) || numbered;
    let perhaps = STREETS_PERHAPS.contains(&word.to_lowercase().as_str());
    let ends = words
        .get(at)
        .is_some_and(|word| word.text.ends_with([',', '.']));
    let after_at = from > 0
        && matches!(
            bare(words, from - 1),
            "at" | "on" | "in" | "off" | "near" | "behind" | "opposite"
        );
    let is_street = is_street || (perhaps && (numbered || ends || after_at));
    if (is_street && named) || (is_house && numbered) {
        for at in from..=at {
            set(bad, at);
        }
        mark_town_after(words, at, bad);
    }
}

/// `14`, `12a`.
fn is_house_number(word: &str) -> bool {
    word.len() <= 6
        && word.starts_with(|c: char| c.is_ascii_digit())
        && word.chars().all(char::is_alphanumeric)
}

/// A run of digits of nine or more that is not a national number.
fn mark_phone(words: &[Word<'_>], at: usize, bad: &mut [bool]) {
    let is_part = |text: &str| {
        text.chars().any(|c| c.is_ascii_digit())
            && text
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, '+' | '(' | ')' | '-' | '.' | ',' | ';'))
    };
    let is_start = words.get(at).is_some_and(|word| is_part(word.text))
        && !at
            .checked_sub(1)
            .and_then(|at| words.get(at))
            .is_some_and(|word| is_part(word.text));
    if !is_start {
        return;
    }
    let run: Vec<&str> = words
        .iter()
        .skip(at)
        .map(|word| word.text)
        .take_while(|text| is_part(text))
        .take(6)
        .collect();
    let number = run.join(" ");
    let digits = number.chars().filter(char::is_ascii_digit).count();
    if digits >= 9 && !Phone::new(number.trim_end_matches(['.', ',', ';'])).tells_no_place() {
        for at in at..at + run.len() {
            set(bad, at);
        }
    }
}

/// `51.45678`: a number exact enough to be a place.
fn is_coordinate(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_ascii_digit());
    bare.split_once('.').is_some_and(|(whole, part)| {
        whole.len() <= 3
            && part.len() >= 4
            && whole
                .chars()
                .chain(part.chars())
                .all(|c| c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_text_are_found_and_ordinary_words_are_not() {
        for (text, scrubbed) in [
            (
                "We are at 23 The Parade, Coniston Road, Patchway, BS34 5LP.",
                "We are at [withheld]",
            ),
            ("1907 NW 38th Street, Miami", "[withheld]"),
            (
                "2-1-1 UNITED WAY OF NORTHEAST ANYSHIRE",
                "2-1-1 UNITED WAY OF NORTHEAST ANYSHIRE",
            ),
            (
                "The house is on Coniston Way in town",
                "The house is on [withheld] in town",
            ),
            ("Call 0117 496 0123 now", "Call [withheld] now"),
            ("Call 0808 2000 247 now", "Call 0808 2000 247 now"),
            ("Find us: https://maps.example/x", "Find us: [withheld]"),
            ("Flat 2 at 51.45123, -2.59123", "[withheld] at [withheld]"),
            (
                "Help in your own way, for 12 women and 24 children.",
                "Help in your own way, for 12 women and 24 children.",
            ),
            (
                "Open since 2009; on the way home; close to people.",
                "Open since 2009; on the way home; close to people.",
            ),
        ] {
            assert_eq!(scrub(text), scrubbed);
        }
    }
}
