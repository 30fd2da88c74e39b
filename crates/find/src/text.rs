//! Words as people type them: folded, cut to their stems, forgiven one slip.

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words too common to tell services apart, in English and Welsh, folded.
const COMMON_WORDS: &[&str] = &[
    "a", "about", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can",
    "cant", "do", "does", "dont", "for", "from", "get", "got", "had", "has", "have", "he", "help",
    "her", "him", "his", "how", "i", "id", "im", "in", "is", "it", "its", "ive", "just", "keep",
    "me", "my", "need", "needs", "no", "not", "of", "on", "or", "our", "out", "she", "so", "some",
    "someone", "that", "the", "their", "them", "there", "they", "this", "to", "up", "us", "want",
    "wants", "was", "we", "who", "will", "with", "you", "your", "ac", "ar", "eisiau", "fy", "gan",
    "gyda", "i", "mae", "mewn", "o", "rwyn", "wedi", "y", "yn", "yr",
];

/// A word this short must be spelt right: one slip makes another word of it.
const TOLERANT_FROM_LETTERS: usize = 5;

/// Lower case, no accents, no apostrophes, every other mark a single space.
///
/// ```
/// assert_eq!(throughline_find::text::fold("  Women’s  Aid, Ynys-Môn "), "womens aid ynys mon");
/// ```
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.nfkd().filter(|letter| !is_combining_mark(*letter)) {
        match letter {
            '\'' | '’' | '‘' | 'ʼ' => {}
            _ if letter.is_alphanumeric() => out.extend(letter.to_lowercase()),
            _ if out.is_empty() || out.ends_with(' ') => {}
            _ => out.push(' '),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// One word of a text: as folded, and its stem.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word {
    /// Folded.
    pub folded: String,
    /// Its English stem. Welsh words mostly stay as they are.
    pub stem: String,
}

/// Cuts texts into words.
pub struct Splitter {
    stemmer: Stemmer,
}

impl std::fmt::Debug for Splitter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Splitter")
    }
}

impl Default for Splitter {
    fn default() -> Self {
        Self {
            stemmer: Stemmer::create(Algorithm::English),
        }
    }
}

impl Splitter {
    /// The words of a text in order, without those too common to matter.
    pub fn words(&self, text: &str) -> Vec<Word> {
        let mut words = self.every_word(text);
        words.retain(|word| !COMMON_WORDS.contains(&word.folded.as_str()));
        words
    }

    /// The words of a text in order, all of them.
    pub fn every_word(&self, text: &str) -> Vec<Word> {
        fold(text)
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(|word| Word {
                folded: word.to_owned(),
                stem: self.stemmer.stem(word).into_owned(),
            })
            .collect()
    }
}

/// How well a typed word agrees with a word of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    /// One letter added, lost, changed, or two neighbours swapped.
    OneSlip,
    /// The same, or the same stem.
    Same,
}

/// Whether and how well a typed word agrees with a word of a text.
pub fn agree(typed: &Word, written: &Word) -> Option<Agreement> {
    if typed.stem == written.stem || typed.folded == written.folded {
        Some(Agreement::Same)
    } else if is_tolerant(&typed.folded)
        && is_tolerant(&written.folded)
        && (within_one_slip(&typed.folded, &written.folded)
            || within_one_slip(&typed.stem, &written.stem))
    {
        Some(Agreement::OneSlip)
    } else {
        None
    }
}

/// Whether a word is long enough to be forgiven a slip.
pub(crate) fn is_tolerant(word: &str) -> bool {
    word.chars().count() >= TOLERANT_FROM_LETTERS
}

/// Whether two words differ by at most one letter added, lost or changed, or two neighbours swapped.
pub fn within_one_slip(a: &str, b: &str) -> bool {
    // No letter is more than four bytes, so lengths further apart than that cannot be one letter apart.
    if a.len().abs_diff(b.len()) > 4 {
        return false;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() {
        (&a, &b)
    } else {
        (&b, &a)
    };
    if long.len() - short.len() > 1 {
        return false;
    }
    let same_start = short
        .iter()
        .zip(long.iter())
        .take_while(|(x, y)| x == y)
        .count();
    let rest = |word: &[char], skip: usize| word.get(skip..).unwrap_or_default().to_vec();
    if short.len() != long.len() {
        return rest(short, same_start) == rest(long, same_start + 1);
    }
    if rest(short, same_start + 1) == rest(long, same_start + 1) {
        return true;
    }
    let swapped = short.get(same_start) == long.get(same_start + 1)
        && short.get(same_start + 1) == long.get(same_start);
    swapped && rest(short, same_start + 2) == rest(long, same_start + 2)
}

/// A word with each letter left out in turn, and the word itself: two words within one slip of each other share at
/// least one of these, which is how slips are found without reading the whole vocabulary.
pub(crate) fn neighbours(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    let mut found: Vec<String> = (0..letters.len())
        .map(|gap| {
            letters
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != gap)
                .map(|(_, letter)| *letter)
                .collect()
        })
        .collect();
    found.push(word.to_owned());
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_slip_is_forgiven_and_two_are_not() {
        for (a, b) in [
            ("homeless", "homelss"),
            ("refuge", "refuse"),
            ("counselling", "counseling"),
            ("shelter", "sheltre"),
        ] {
            assert!(within_one_slip(a, b) && within_one_slip(b, a), "{a} {b}");
        }
        for (a, b) in [
            ("homeless", "hopelesss"),
            ("debt", "bed"),
            ("abcd", "dcba"),
            ("refuge", "refu"),
        ] {
            assert!(!within_one_slip(a, b), "{a} {b}");
        }
    }

    #[test]
    fn short_words_must_be_right() {
        let split = Splitter::default();
        let word = |text: &str| split.every_word(text).remove(0);
        assert_eq!(agree(&word("debt"), &word("dept")), None);
        assert!(agree(&word("counseling"), &word("counselling")).is_some());
    }

    #[test]
    fn folding_never_leaves_a_space_at_an_end_and_is_idempotent() {
        for text in ["", "  ", "’", "a’b", "Ynys Môn!", "ﬁne", "İstanbul"] {
            let folded = fold(text);
            assert_eq!(folded.trim(), folded);
            assert_eq!(fold(&folded), folded);
        }
    }

    proptest! {
        #[test]
        fn words_one_slip_apart_always_share_a_neighbour(a in "[a-d]{4,7}", b in "[a-d]{4,7}") {
            if within_one_slip(&a, &b) {
                let other = neighbours(&b);
                prop_assert!(neighbours(&a).iter().any(|word| other.contains(word)), "{a} {b}");
            }
        }
    }
}
