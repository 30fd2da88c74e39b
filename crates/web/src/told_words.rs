//! What somebody told when a service was found for them, in words: for the copy that they ask for.

use throughline_app::access_request::Told;
use throughline_core::code::Code;
use throughline_core::directory::Weekday;
use throughline_ui::text::Text;

/// One line for each thing that was told; nothing of what was not.
pub(crate) fn told_words(text: Text, named_told: &Told) -> Vec<String> {
    let told = &named_told.told;
    let mut lines = Vec::new();
    let mut line = |key: &str, value: String| lines.push(format!("{}: {value}", text.plain(key)));
    for (key, names) in [
        ("find-place", &named_told.place),
        ("find-avoid", &named_told.avoid),
        ("find-avoid-services", &named_told.services),
    ] {
        if !names.is_empty() {
            line(key, names.join(", "));
        }
    }
    if let Some(gender) = told.gender {
        line("find-gender", text.plain(&format!("find-gender-{gender}")));
    }
    if let Some(age) = told.age {
        line("find-age", age.to_string());
    }
    if let Some(children) = &told.children {
        let ages = children.iter().filter_map(|child| child.age);
        let ages: Vec<String> = ages.map(|age| age.to_string()).collect();
        let mut said = yes_no(text, !children.is_empty());
        if !ages.is_empty() {
            said = format!("{said} ({})", ages.join(", "));
        }
        line("find-children", said);
    }
    for (key, answer) in [
        ("find-pregnant", told.pregnant),
        ("find-pets", told.pets),
        ("find-travel", told.can_travel),
        ("find-lgb", told.lgb),
        ("find-in-work", told.in_work),
        ("find-can-pay", told.can_pay),
        ("find-alcohol", told.alcohol),
        ("find-drugs", told.drugs),
        ("find-offending", told.offending),
    ] {
        if let Some(answer) = answer {
            line(key, yes_no(text, answer));
        }
    }
    if let Some(access) = &told.access {
        line("find-access", named(text, "find-access", access));
    }
    if !told.languages.is_empty() {
        line("find-language", told.languages.join(", "));
    }
    if !told.communities.is_empty() {
        let said = named(text, "find-community", &told.communities);
        line("find-communities", said);
    }
    if !told.ways.is_empty() {
        line("find-ways", named(text, "find-way", &told.ways));
    }
    for time in &told.safe_times {
        let day = time.day.code();
        let at = Weekday::ALL
            .iter()
            .position(|one| one.code() == day)
            .map_or(1, |at| at + 1);
        let day = text.plain(&format!("weekday-{at}"));
        let (from, until) = (text.time(time.from), text.time(time.until));
        line("find-day", format!("{day}, {from}, {until}"));
    }
    lines
}

fn yes_no(text: Text, yes: bool) -> String {
    text.plain(if yes { "answer-yes" } else { "answer-no" })
}

fn named<C: Code + 'static>(text: Text, prefix: &str, codes: &[C]) -> String {
    let words = codes
        .iter()
        .map(|code| text.plain(&format!("{prefix}-{}", code.code())));
    words.collect::<Vec<_>>().join(", ")
}
