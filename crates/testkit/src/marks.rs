//! Whether a word stands in a text, in any form that a program may give it: the one checker of everything that must not be told.

/// A text for looking: letters of one kind, without spaces, and what an address encodes as it was.
pub fn plain(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text).to_lowercase();
    text.replace("%20", "")
        .replace("%40", "@")
        .replace([' ', '+'], "")
}

/// Whether a word stands in a text that [`plain`] made: as it is, in other letters, with its spaces lost or encoded, as
/// hexadecimal, as a list of numbers.
pub fn stands(plain_text: &str, word: &str) -> bool {
    let hex = |word: &str| {
        word.bytes()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    };
    let numbers = format!("{:?}", word.as_bytes());
    [
        plain(word.as_bytes()),
        hex(word),
        hex(&word.to_lowercase()),
        plain(numbers.trim_matches(['[', ']']).as_bytes()),
    ]
    .iter()
    .any(|form| plain_text.contains(form))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_in_every_form_that_a_program_gives_it() {
        for text in [
            "SE15 9ZQ",
            "near=se15%209zq&x",
            "near=SE15+9ZQ",
            "SE159ZQ",
            "53453135 5345313520395a51",
            "bytes=[7, 83, 69, 49, 53, 32, 57, 90, 81, 10]",
        ] {
            assert!(stands(&plain(text.as_bytes()), "SE15 9ZQ"), "{text}");
        }
        assert!(!stands("se159zr", "SE15 9ZQ"));
    }
}
