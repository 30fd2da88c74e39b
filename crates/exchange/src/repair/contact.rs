//! Web addresses, e-mail addresses and phone numbers.

use throughline_core::directory::Phone;

use super::{Mend, Mended, text};

const NO_SCHEME: Mend = Mend {
    problem: "web address without https://",
    did: "added",
};
const BAD_SCHEME: Mend = Mend {
    problem: "web address misspelt",
    did: "put right",
};
const NOT_A_URL: Mend = Mend {
    problem: "not a web address",
    did: "left out",
};
const STRAY: Mend = Mend {
    problem: "stray spaces or hidden characters",
    did: "taken away",
};
const SEVERAL: Mend = Mend {
    problem: "several in one field",
    did: "kept each",
};
const FIRST: Mend = Mend {
    problem: "several in one field",
    did: "kept the first",
};
const NOT_AN_EMAIL: Mend = Mend {
    problem: "not an e-mail address",
    did: "left out",
};
const MAILTO: Mend = Mend {
    problem: "mailto: before an e-mail address",
    did: "taken away",
};
const LABELLED: Mend = Mend {
    problem: "words in a phone number",
    did: "kept as its label",
};
const NOT_A_NUMBER: Mend = Mend {
    problem: "not a phone number",
    did: "left out",
};
const ODD_NUMBER: Mend = Mend {
    problem: "does not look like a whole phone number",
    did: "kept as it is",
};

/// A web address that a browser can open: `http` or `https`, a host with a dot, no spaces.
pub(crate) fn url(raw: &str) -> Mended<Option<String>> {
    let mut mends = Vec::new();
    let tidy: String = raw
        .chars()
        .filter(|letter| !text::is_hidden(*letter))
        .collect();
    let tidy = tidy.trim();
    if tidy.len() != raw.len() {
        mends.push(STRAY);
    }
    if tidy.is_empty() {
        return Mended::after(None, text::EMPTY);
    }
    let first = tidy
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .trim_end_matches([',', ';']);
    let lower = first.to_ascii_lowercase();
    let rest = ["https://", "http://"]
        .iter()
        .find(|scheme| lower.starts_with(*scheme))
        .map_or_else(
            || {
                let broken = [
                    "https:/",
                    "http:/",
                    "https:",
                    "http:",
                    "https//",
                    "http//",
                    "htttps://",
                    "htttp://",
                    "ttps://",
                    "ttp://",
                    "//",
                ];
                let found = broken.iter().find(|scheme| lower.starts_with(*scheme));
                mends.push(if found.is_some() {
                    BAD_SCHEME
                } else {
                    NO_SCHEME
                });
                let rest = found.map_or(first, |scheme| {
                    first.get(scheme.len()..).unwrap_or_default()
                });
                format!("https://{}", rest.trim_start_matches('/'))
            },
            |_| first.to_owned(),
        );
    if is_web_address(&rest)
        && (first == tidy || first.contains("://") || first.starts_with("www."))
    {
        if first != tidy {
            mends.push(FIRST);
        }
        return Mended {
            value: Some(rest),
            mends,
        };
    }
    Mended::after(None, NOT_A_URL)
}

fn is_web_address(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.chars().all(|c| c.is_ascii_digit()) {
            name
        } else {
            host
        }
    });
    let labels: Vec<&str> = host.split('.').collect();
    let last_is_name = labels
        .last()
        .is_some_and(|last| last.len() >= 2 && !last.chars().all(|c| c.is_ascii_digit()));
    url.len() <= 2_000
        && labels.len() >= 2
        && last_is_name
        && labels.iter().all(|label| {
            !label.is_empty()
                && label
                    .chars()
                    .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
        })
        && url.chars().all(|letter| {
            !letter.is_whitespace()
                && !letter.is_control()
                && !matches!(letter, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '}' | '|')
        })
}

/// One e-mail address. Addresses that can never be answered (`.invalid`, `noemail@`) are absent.
pub(crate) fn email(raw: &str) -> Mended<Option<String>> {
    let mut mends = Vec::new();
    let tidy: String = raw
        .chars()
        .map(|c| if c == '\u{a0}' { ' ' } else { c })
        .filter(|c| !text::is_hidden(*c))
        .collect();
    let tidy = tidy.trim();
    if tidy.is_empty() {
        return Mended::after(None, text::EMPTY);
    }
    if tidy != raw {
        mends.push(STRAY);
    }
    let bare = if tidy
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case("mailto:"))
    {
        mends.push(MAILTO);
        tidy.get(7..).unwrap_or_default()
    } else {
        tidy
    };
    let mut parts = bare
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '/' | '<' | '>' | '(' | ')'))
        .filter(|part| part.contains('@'));
    let first = parts
        .next()
        .map(|part| part.trim_matches(['.', ':', '"', '\'']).to_owned());
    if parts.next().is_some() {
        mends.push(FIRST);
    }
    match first {
        Some(address) if is_email(&address) => {
            if mends.is_empty() && address != bare {
                mends.push(STRAY);
            }
            Mended {
                value: Some(address),
                mends,
            }
        }
        _ => Mended::after(None, NOT_AN_EMAIL),
    }
}

fn is_email(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else {
        return false;
    };
    let lower = address.to_ascii_lowercase();
    let junk = lower.ends_with(".invalid")
        || ["noemail@", "none@", "no-email@", "n/a@", "na@"]
            .iter()
            .any(|start| lower.starts_with(start));
    !junk
        && !local.is_empty()
        && address.len() <= 254
        && !domain.contains('@')
        && domain.contains('.')
        && domain.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
        && local
            .chars()
            .all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c))
}

/// The phone numbers of one field, each with its label and extension.
pub(crate) fn phones(raw: &str) -> Mended<Vec<Phone>> {
    let cleaned = text::line(raw);
    let mut mends = cleaned.mends;
    let Some(line) = cleaned.value else {
        return Mended::after(Vec::new(), text::EMPTY);
    };
    let pieces = split_numbers(&line);
    if pieces.len() > 1 {
        mends.push(SEVERAL);
    }
    let mut found = Vec::new();
    for piece in pieces {
        let (phone, labelled) = one_phone(piece);
        match phone {
            Some(phone) => {
                if labelled {
                    mends.push(LABELLED);
                }
                let digits = phone.number.chars().filter(char::is_ascii_digit).count();
                if digits < 10 && !phone.tells_no_place() {
                    mends.push(ODD_NUMBER);
                }
                found.push(phone);
            }
            None => mends.push(NOT_A_NUMBER),
        }
    }
    Mended {
        value: found,
        mends,
    }
}

/// Cuts at `/`, `;`, `,` and ` or ` where each piece has a number of its own.
fn split_numbers(line: &str) -> Vec<&str> {
    for between in ["/", ";", ",", " or ", " OR ", " and "] {
        let pieces: Vec<&str> = line
            .split(between)
            .map(str::trim)
            .filter(|piece| !piece.is_empty())
            .collect();
        if pieces.len() > 1
            && pieces
                .iter()
                .all(|piece| piece.chars().filter(char::is_ascii_digit).count() >= 7)
        {
            return pieces;
        }
    }
    vec![line]
}

/// Finds the longest run of digits and the marks people put between them; the rest is the label.
fn one_phone(piece: &str) -> (Option<Phone>, bool) {
    let is_mark =
        |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')' | '+' | '*');
    let mut best: Option<(usize, usize, usize)> = None;
    let mut from = None;
    for (at, letter) in piece.char_indices().chain([(piece.len(), 'x')]) {
        if at < piece.len() && is_mark(letter) {
            from.get_or_insert(at);
        } else if let Some(start) = from.take() {
            let digits = piece
                .get(start..at)
                .unwrap_or_default()
                .chars()
                .filter(char::is_ascii_digit)
                .count();
            if digits >= 3 && best.is_none_or(|(_, _, most)| digits > most) {
                best = Some((start, at, digits));
            }
        }
    }
    let Some((start, end, _)) = best else {
        return (None, false);
    };
    let mut number = piece
        .get(start..end)
        .unwrap_or_default()
        .trim_matches([' ', '-', '.']);
    if !number.contains(')') {
        number = number.trim_end_matches(['(', ' ']);
    }
    if !number.contains('(') {
        number = number.trim_start_matches([')', ' ']);
    }
    let before = piece.get(..start).unwrap_or_default();
    let after = piece.get(end..).unwrap_or_default();
    let (extension, after) = extension(after);
    let label: String = [before, after]
        .iter()
        .map(|side| {
            side.trim_matches(|c: char| {
                c.is_whitespace() || matches!(c, ':' | '-' | '–' | '(' | ')' | ',' | '.')
            })
        })
        .filter(|side| {
            !side.is_empty()
                && !matches!(
                    side.to_ascii_lowercase().as_str(),
                    "tel" | "telephone" | "phone" | "call" | "t"
                )
        })
        .collect::<Vec<_>>()
        .join(", ");
    let labelled = !label.is_empty();
    let phone = Phone {
        extension,
        label: labelled.then_some(label),
        ..Phone::new(number.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    (Some(phone), labelled)
}

/// An extension after a number: `x57471`, `ext. 5`, `xOPT2`.
fn extension(after: &str) -> (Option<String>, &str) {
    let trimmed = after.trim_start();
    let lower = trimmed.to_ascii_lowercase();
    for mark in ["extension", "ext.", "ext", "xopt", "x"] {
        if let Some(rest) = lower.strip_prefix(mark) {
            let skipped = trimmed.len() - rest.trim_start_matches([' ', ':', '.']).len();
            let digits: String = trimmed
                .get(skipped..)
                .unwrap_or_default()
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            if !digits.is_empty() {
                let rest = trimmed.get(skipped + digits.len()..).unwrap_or_default();
                return (Some(digits), rest);
            }
        }
    }
    (None, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_addresses_get_the_scheme_they_lack() {
        for (raw, good) in [
            ("https://a.example/x", "https://a.example/x"),
            ("www.a.example", "https://www.a.example"),
            ("a.example/help?x=1#y", "https://a.example/help?x=1#y"),
            ("http:www.a.example", "https://www.a.example"),
            ("https:/a.example", "https://a.example"),
            (" http://a.example ", "http://a.example"),
        ] {
            assert_eq!(url(raw).value.as_deref(), Some(good), "{raw}");
        }
    }

    #[test]
    fn what_is_no_web_address_is_left_out() {
        for bad in [
            "Warmley Community Centre",
            "javascript:alert(1)",
            "n/a",
            "ftp",
            "http://",
            "http://localhost",
            "data:text/html,x",
            "a b.example",
            "https://1.2.3.4",
            "http://x.example\"onload=1",
        ] {
            assert_eq!(url(bad).value, None, "{bad}");
        }
    }

    #[test]
    fn e_mail_addresses_lose_what_is_around_them() {
        for (raw, good) in [
            ("a@b.example", "a@b.example"),
            ("\u{a0}a@b.example\u{a0}", "a@b.example"),
            ("mailto:a@b.example", "a@b.example"),
            ("Desk <a@b.example>", "a@b.example"),
            ("a@b.example; c@d.example", "a@b.example"),
            ("a@b.example.", "a@b.example"),
        ] {
            assert_eq!(email(raw).value.as_deref(), Some(good), "{raw}");
        }
        for bad in [
            "noemail@x.org",
            "x@noemail.invalid",
            "see website",
            "a@b",
            "@",
            "a@@b.example",
            "",
        ] {
            assert_eq!(email(bad).value, None, "{bad}");
        }
    }

    #[test]
    fn a_labelled_number_is_a_label_and_a_number() {
        let mended = phones("Bristol Youth MAPS: 0117 496 0111");
        assert_eq!(
            mended.value,
            vec![Phone {
                label: Some("Bristol Youth MAPS".into()),
                ..Phone::new("0117 496 0111")
            }]
        );
        assert_eq!(mended.mends, vec![LABELLED]);
    }

    #[test]
    fn extensions_and_several_numbers_are_told_apart() {
        assert_eq!(
            phones("305-555-4200 x57471").value,
            vec![Phone {
                extension: Some("57471".into()),
                ..Phone::new("305-555-4200")
            }]
        );
        let two = phones("0117 496 0111 / 07700 900123");
        assert_eq!(
            two.value
                .iter()
                .map(|p| p.number.as_str())
                .collect::<Vec<_>>(),
            ["0117 496 0111", "07700 900123"]
        );
        assert_eq!(
            phones("Tel: (0117) 496 0111").value,
            vec![Phone::new("(0117) 496 0111")]
        );
        assert_eq!(
            phones("0808 2000 247 (free, any hour)")
                .value
                .first()
                .unwrap()
                .label
                .as_deref(),
            Some("free, any hour")
        );
    }

    #[test]
    fn words_alone_are_no_number() {
        let mended = phones("Call us");
        assert_eq!((mended.value, mended.mends), (vec![], vec![NOT_A_NUMBER]));
    }
}
