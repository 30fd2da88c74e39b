//! HTML to plain text with paragraphs.

use std::collections::HashSet;

/// More tags than this in one text are not prose; they are thrown away without building a tree, whose cost can grow with
/// the square of its depth.
const TAGS_AT_MOST: usize = 10_000;

/// Whether a text is written in HTML: it has a tag or a named or numbered character.
pub(crate) fn looks_like(text: &str) -> bool {
    let tag = text.match_indices('<').any(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or_default();
        rest.starts_with(|next: char| next.is_ascii_alphabetic() || next == '/' || next == '!')
            && rest.contains('>')
    });
    tag || text.match_indices('&').any(|(at, _)| {
        let name: String = text
            .get(at + 1..)
            .unwrap_or_default()
            .chars()
            .take(9)
            .collect();
        name.split_once(';').is_some_and(|(name, _)| {
            let name = name.strip_prefix('#').unwrap_or(name);
            name.len() >= 2 && name.chars().all(|letter| letter.is_ascii_alphanumeric())
        })
    })
}

/// The words of an HTML text: paragraphs, headings and list items on lines of their own, addresses of links after their words,
/// scripts and styles gone.
pub(crate) fn to_text(html: &str) -> String {
    if html.matches('<').count() > TAGS_AT_MOST {
        return strip(html);
    }
    let tags: HashSet<&str> = BLOCKS
        .iter()
        .chain(&["br", "li", "a", "td", "th"])
        .copied()
        .collect();
    let tidy = ammonia::Builder::new()
        .tags(tags)
        .generic_attributes(HashSet::new())
        .tag_attributes([("a", HashSet::from(["href"]))].into_iter().collect())
        .url_schemes(HashSet::from(["http", "https"]))
        .link_rel(None)
        .clean(html)
        .to_string();
    from_tidy(&tidy)
}

/// Elements that stand on their own.
const BLOCKS: [&str; 17] = [
    "p",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "table",
    "tr",
    "blockquote",
    "section",
    "article",
    "header",
    "hr",
];

/// Reads what the sanitiser wrote: known tags only, five named characters, no comments.
fn from_tidy(tidy: &str) -> String {
    let mut out = String::with_capacity(tidy.len());
    let mut link: Option<(String, usize)> = None;
    let mut rest = tidy;
    while let Some((before, after)) = rest.split_once('<') {
        words(&mut out, before);
        let Some((tag, next)) = after.split_once('>') else {
            return tidy_lines(&out);
        };
        rest = next;
        let (closing, name) = tag
            .strip_prefix('/')
            .map_or((false, tag), |name| (true, name));
        let name = name.split([' ', '/']).next().unwrap_or_default();
        match name {
            "br" => out.push('\n'),
            "li" if !closing => out.push_str("\n* "),
            "td" | "th" if closing => out.push(' '),
            "a" if closing => {
                if let Some((href, from)) = link.take() {
                    let shown = out.get(from..).unwrap_or_default();
                    if !shown.contains(&href) {
                        out.push_str(" (");
                        out.push_str(&href);
                        out.push(')');
                    }
                }
            }
            "a" => link = href_of(tag).map(|href| (href, out.len())),
            name if BLOCKS.contains(&name) => out.push_str("\n\n"),
            _ => {}
        }
    }
    words(&mut out, rest);
    tidy_lines(&out)
}

fn href_of(tag: &str) -> Option<String> {
    let (_, after) = tag.split_once("href=\"")?;
    let (href, _) = after.split_once('"')?;
    let mut out = String::new();
    words(&mut out, href);
    Some(out)
}

/// Adds text with its named characters spelt out.
fn words(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let known = [
            ("amp;", "&"),
            ("lt;", "<"),
            ("gt;", ">"),
            ("quot;", "\""),
            ("nbsp;", " "),
        ];
        let found = known
            .iter()
            .find_map(|(name, plain)| after.strip_prefix(name).map(|next| (*plain, next)));
        let (plain, next) = found.unwrap_or(("&", after));
        out.push_str(plain);
        rest = next;
    }
    out.push_str(rest);
}

/// Throws away everything between angle brackets.
fn strip(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            letter if !inside => out.push(letter),
            _ => {}
        }
    }
    tidy_lines(&out)
}

/// One space between words, at most one empty line between paragraphs, no empty bullets.
fn tidy_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for line in text.lines() {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() || line == "*" {
            gap = true;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if gap { "\n\n" } else { "\n" });
        }
        gap = false;
        out.push_str(&line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_lists_and_links_become_plain_text() {
        let html = "<h4>Help&nbsp;now</h4><p>For <b>all</b> &amp; any.<br>Ring <a href=\"https://a.example/x?y=1&amp;z=2\">us</a></p><ul><li>One</li><li>Two</li></ul>";
        assert_eq!(
            to_text(html),
            "Help now\n\nFor all & any.\nRing us (https://a.example/x?y=1&z=2)\n\n* One\n* Two"
        );
    }

    #[test]
    fn nothing_that_runs_survives() {
        let html = "<p onclick=evil()>Hi</p><script>alert(1)</script><style>p{}</style><a href=\"javascript:alert(1)\">x</a>";
        assert_eq!(to_text(html), "Hi\n\nx");
    }

    #[test]
    fn an_empty_paragraph_is_no_text() {
        assert_eq!(to_text("<p><br></p>"), "");
    }

    #[test]
    fn text_that_only_has_a_less_than_sign_is_not_html() {
        for plain in ["5 < 6", "Q&A; ask", "fish & chips", "a <- b"] {
            assert!(!looks_like(plain), "{plain}");
        }
        for html in ["<p>x</p>", "fish &amp; chips", "&#163;10", "a<br/>b"] {
            assert!(looks_like(html), "{html}");
        }
    }

    #[test]
    fn a_mountain_of_tags_is_thrown_away_without_a_tree() {
        let html = format!("{}word", "<div>".repeat(200_000));
        assert_eq!(to_text(&html), "word");
    }
}
