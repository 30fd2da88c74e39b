//! Text that was read in the wrong encoding and saved again.

/// Windows-1252 for bytes 0x80 to 0x9F; the five unassigned ones stand for themselves, as browsers read them.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// UTF-8 punctuation read as code page 437 and then stripped of Greek: seen in United States feeds.
const CP437: [(&str, &str); 7] = [
    ("GÇÖ", "’"),
    ("GÇÿ", "‘"),
    ("GÇ£", "“"),
    ("GÇ¥", "”"),
    ("GÇô", "–"),
    ("GÇö", "—"),
    ("GÇó", "•"),
];

/// Undoes the damage where it is certain: every letter beyond ASCII came from a byte of Windows-1252 and the bytes together
/// are good UTF-8, which real text practically never is. `None`: nothing to undo, or not certain.
pub(crate) fn mend(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    if text.contains("GÇ") {
        let mended = CP437.iter().fold(text.to_owned(), |text, (wrong, right)| {
            text.replace(wrong, right)
        });
        return (mended != text).then_some(mended);
    }
    let bytes: Option<Vec<u8>> = text.chars().map(byte_of).collect();
    String::from_utf8(bytes?).ok()
}

fn byte_of(letter: char) -> Option<u8> {
    if let Some(at) = HIGH.iter().position(|high| *high == letter) {
        return u8::try_from(at).ok().map(|at| at + 0x80);
    }
    u8::try_from(u32::from(letter)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_damage_is_undone() {
        assert_eq!(mend("CafÃ©").as_deref(), Some("Café"));
        assert_eq!(
            mend("womenâ€™s aid â€“ Â£10").as_deref(),
            Some("women’s aid – £10")
        );
        assert_eq!(
            mend("Attorney GeneralGÇÖs Office").as_deref(),
            Some("Attorney General’s Office")
        );
    }

    #[test]
    fn good_text_is_left_alone() {
        for good in [
            "plain",
            "Café",
            "£10 – women’s",
            "Ynys Môn",
            "naïve",
            "日本",
            "Ã alone",
            "l'été Â",
        ] {
            assert_eq!(mend(good), None, "{good}");
        }
    }
}
