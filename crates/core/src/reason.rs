//! Free words that must be there: a reason, a name a person gave for themselves. Never blank, never in a log.

use std::fmt;

/// Words that were required and are blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this cannot be blank")]
pub struct Blank;

/// Words a human gave: trimmed, not blank. Its `Debug` shows a length only and it has no `Display` or `Serialize`,
/// because what people write about people is personal. The store seals it.
#[derive(Clone, PartialEq, Eq)]
pub struct Words(String);

impl Words {
    /// Keeps the words without the space around them. Errors when nothing is left.
    pub fn new(text: &str) -> Result<Self, Blank> {
        // Characters that show nothing would let a blank reason through.
        let text = text.trim_matches(|c: char| {
            c.is_whitespace()
                || c.is_control()
                || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
        });
        if text.is_empty() {
            Err(Blank)
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Words({} bytes)", self.0.len())
    }
}

/// Why a human decided as they did.
pub type Reason = Words;

/// The name by which a worker at another organisation takes something on.
pub type WorkerName = Words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_made_of_nothing_visible_is_blank() {
        for nothing in ["", "  ", "\n\t", "\u{200B}", " \u{FEFF} "] {
            assert_eq!(Words::new(nothing), Err(Blank));
        }
        assert_eq!(
            Words::new("  she told me \n").unwrap().as_str(),
            "she told me"
        );
    }

    #[test]
    fn debug_never_shows_the_words() {
        assert!(!format!("{:?}", Words::new("Aisha").unwrap()).contains("Aisha"));
    }
}
