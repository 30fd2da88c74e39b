//! The last look at anything that goes out: no topic word, no agency, no postcode, no protected address
//! (SPEC 4.5, ASSURANCE 3 E M1). It errs towards refusing.

use std::fmt;

/// What one recipient must not see, for one artefact.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Protected {
    phrases: Vec<String>,
}

impl fmt::Debug for Protected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Protected({})", self.phrases.len())
    }
}

impl Protected {
    /// From names of agencies, workers and places, addresses and numbers. Blank ones are left out.
    pub fn new<'a>(phrases: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            phrases: phrases
                .into_iter()
                .map(plain)
                .filter(|phrase| !phrase.trim().is_empty())
                .collect(),
        }
    }
}

/// What the scan found. It does not repeat the words: they are what must not travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A word that gives the topic away.
    Topic,
    /// A postcode.
    Postcode,
    /// An agency, worker, place or address that was named as protected.
    Protected,
}

/// Words, in English and Welsh, that give the topic away. Not law and not local: a list of words.
const TOPICS: &[&str] = &[
    "abuse",
    "abused",
    "abuser",
    "abusive",
    "domestic",
    "violence",
    "violent",
    "refuge",
    "hostel",
    "shelter",
    "homeless",
    "homelessness",
    "survivor",
    "victim",
    "perpetrator",
    "rape",
    "sexual",
    "stalking",
    "safeguarding",
    "marac",
    "mash",
    "dash",
    "idva",
    "isva",
    "police",
    "ask for ani",
    "jobcentre",
    "job centre",
    "universal credit",
    "benefits",
    "charity",
    "counselling",
    "debt",
    "immigration",
    "women s aid",
    "womens aid",
    "housing",
    "addiction",
    "court",
    "social services",
    "social worker",
    "mental health",
    "helpline",
    "food bank",
    "samaritans",
    "cam drin",
    "trais",
    "lloches",
    "digartref",
    "digartrefedd",
    "heddlu",
    "goroeswr",
    "dioddefwr",
    "elusen",
    "ceiswyr",
    "canolfan waith",
    "credyd cynhwysol",
    "dyled",
    "llinell gymorth",
    "tai",
];

/// Looks at a text. Errors with the first thing found.
pub fn scan(text: &str, protected: &Protected) -> Result<(), Found> {
    let words = plain(text);
    if TOPICS
        .iter()
        .any(|topic| words.contains(&format!(" {topic} ")))
    {
        return Err(Found::Topic);
    }
    if has_postcode(&words) {
        return Err(Found::Postcode);
    }
    scan_protected(text, protected)
}

/// Looks for what is protected only: for a sheet handed over in the room, which may name the services that were chosen.
pub fn scan_protected(text: &str, protected: &Protected) -> Result<(), Found> {
    let words = plain(text);
    // Spaces dropped as well, so that "St.Mary's" and "st marys" are one.
    let tight: String = words.split_whitespace().collect();
    let holds = |phrase: &String| {
        let squeezed: String = phrase.split_whitespace().collect();
        words.contains(phrase.as_str())
            || (squeezed.chars().count() >= 5 && tight.contains(&squeezed))
    };
    if protected.phrases.iter().any(holds) {
        Err(Found::Protected)
    } else {
        Ok(())
    }
}

/// Lower case, letters and digits only, one space between and around words. Characters that show nothing vanish, so that
/// they cannot split a word.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for c in text.chars().filter(|c| {
        !matches!(
            c,
            '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}'
        )
    }) {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

/// Whether two neighbouring words, or one, make a postcode of the United Kingdom.
fn has_postcode(words: &str) -> bool {
    let list: Vec<&str> = words.split_whitespace().collect();
    let pairs = list
        .iter()
        .zip(list.iter().skip(1))
        .map(|(a, b)| format!("{a}{b}"));
    list.iter().any(|word| is_postcode(word)) || pairs.into_iter().any(|pair| is_postcode(&pair))
}

/// The shapes A9 9AA, A99 9AA, AA9 9AA, AA99 9AA, A9A 9AA, AA9A 9AA, without the space.
fn is_postcode(word: &str) -> bool {
    let shape: String = word
        .chars()
        .map(|c| {
            if c.is_ascii_digit() {
                '9'
            } else if c.is_ascii_alphabetic() {
                'a'
            } else {
                '?'
            }
        })
        .collect();
    matches!(
        shape.as_str(),
        "a99aa" | "a999aa" | "aa99aa" | "aa999aa" | "a9a9aa" | "aa9a9aa"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postcode_is_found_however_it_is_written() {
        for text in [
            "Come to SW1A 1AA.",
            "sw1a1aa",
            "at M1 1AE today",
            "CR2-6XH",
            "DN551PT",
            "w1a 0ax",
            "EC1A\u{200B}1BB",
            "G1 1AA",
        ] {
            assert_eq!(
                scan(text, &Protected::default()),
                Err(Found::Postcode),
                "{text}"
            );
        }
    }

    #[test]
    fn a_time_a_number_and_a_plain_sentence_are_no_postcode() {
        for text in [
            "Your appointment is on 01/06/2026 at 10:00.",
            "Please call 01632 960123.",
            "Room 4 at 9",
        ] {
            assert_eq!(scan(text, &Protected::default()), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_topic_word_is_found_in_any_case_and_with_hidden_characters() {
        for text in [
            "About the REFUGE",
            "re\u{200B}fuge place",
            "your domestic matter",
            "Jobcentre",
            "cam-drin",
            "Women’s Aid",
        ] {
            assert_eq!(
                scan(text, &Protected::default()),
                Err(Found::Topic),
                "{text}"
            );
        }
    }

    #[test]
    fn a_topic_inside_another_word_is_not_a_topic() {
        assert_eq!(scan("Courteous dashboard", &Protected::default()), Ok(()));
    }

    #[test]
    fn a_protected_name_or_address_is_found_however_it_is_spaced() {
        let protected = Protected::new(["St Mary's Centre", "12 Acacia Avenue", "", "  "]);
        for text in [
            "Meet at St. Mary's  Centre",
            "go to 12, acacia avenue",
            "12acaciaavenue",
            "stmaryscentre",
        ] {
            assert_eq!(scan(text, &protected), Err(Found::Protected), "{text}");
        }
        assert_eq!(
            scan("Please call", &protected),
            Ok(()),
            "a blank protected phrase would refuse everything"
        );
    }

    #[test]
    fn a_short_name_is_found_as_a_word_and_not_inside_another() {
        for (name, text, found) in [
            ("Anna", "Bananna", false),
            ("Anna", "ask Anna now", true),
            ("Al B", "alban", false),
            ("Al Bo", "albo", false),
            ("Al Bob", "xalbobx", true),
            ("Rosie", "prosiex", true),
        ] {
            let said = scan(text, &Protected::new([name]));
            assert_eq!(said.is_err(), found, "{name} in {text}");
        }
    }

    #[test]
    fn what_is_protected_is_counted_and_never_printed() {
        let protected = Protected::new(["St Mary's Centre", " "]);
        assert_eq!(format!("{protected:?}"), "Protected(1)");
    }
}
