//! Text of any kind.

use super::{Mend, Mended, html, mojibake};

pub(crate) const EMPTY: Mend = Mend {
    problem: "empty where nothing is known",
    did: "left out",
};
const ENCODING: Mend = Mend {
    problem: "letters garbled by a wrong encoding",
    did: "put right",
};
const LINES: Mend = Mend {
    problem: "line breaks written as backslash n",
    did: "made into line breaks",
};
const HTML: Mend = Mend {
    problem: "HTML in the text",
    did: "made into plain text",
};
const STRAY: Mend = Mend {
    problem: "stray spaces or hidden characters",
    did: "taken away",
};
const LONG: Mend = Mend {
    problem: "far longer than a person would read",
    did: "cut",
};

/// Most letters kept of one text.
const LETTERS_AT_MOST: usize = 20_000;

/// Plain text of one field; `None` when nothing is left.
pub(crate) fn clean(raw: &str) -> Mended<Option<String>> {
    let mut mends = Vec::new();
    let mut text = raw.to_owned();
    if let Some(mended) = mojibake::mend(&text) {
        text = mended;
        mends.push(ENCODING);
    }
    if text.contains("\\n") {
        text = text.replace("\\r", "").replace("\\n", "\n");
        mends.push(LINES);
    }
    if html::looks_like(&text) {
        text = html::to_text(&text);
        mends.push(HTML);
    }
    let tidy = tidy(&text);
    if tidy != text {
        mends.push(STRAY);
        text = tidy;
    }
    if let Some((at, _)) = text.char_indices().nth(LETTERS_AT_MOST) {
        text.truncate(at);
        mends.push(LONG);
    }
    if text.is_empty() {
        return Mended::after(None, EMPTY);
    }
    Mended {
        value: Some(text),
        mends,
    }
}

/// One line of plain text, for names.
pub(crate) fn line(raw: &str) -> Mended<Option<String>> {
    let mut mended = clean(raw);
    if let Some(text) = &mut mended.value
        && text.contains('\n')
    {
        *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        mended.mends.push(STRAY);
    }
    mended
}

/// Takes away control and invisible characters and space at both ends; carriage returns become line breaks.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' => {
                if letters.peek() != Some(&'\n') {
                    out.push('\n');
                }
            }
            '\n' => out.push('\n'),
            '\t' | '\u{a0}' | '\u{202f}' | '\u{3000}' => out.push(' '),
            hidden if is_hidden(hidden) => {}
            other => out.push(other),
        }
    }
    out.trim().to_owned()
}

/// Characters that show nothing, or that turn the direction of what follows.
pub(crate) fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_absent_and_not_an_empty_text() {
        for nothing in ["", "  ", "<p><br></p>", "\u{200b}", "&nbsp;"] {
            assert_eq!(clean(nothing), Mended::after(None, EMPTY), "{nothing:?}");
        }
    }

    #[test]
    fn hidden_and_direction_turning_characters_go() {
        let mended = clean("\u{202e}Ad\u{200b}vice\u{a0}desk\r\nOpen");
        assert_eq!(mended.value.as_deref(), Some("Advice desk\nOpen"));
        assert_eq!(mended.mends, vec![STRAY]);
    }

    #[test]
    fn good_text_is_not_touched() {
        assert_eq!(
            clean("Advice – on debt,\n\nfor all."),
            Mended::sound(Some("Advice – on debt,\n\nfor all.".to_owned()))
        );
    }

    #[test]
    fn line_breaks_written_out_become_line_breaks_and_a_name_is_one_line() {
        assert_eq!(clean("One\\n\\nTwo").value.as_deref(), Some("One\n\nTwo"));
        assert_eq!(line("One\nTwo").value.as_deref(), Some("One Two"));
    }
}
