//! The words, in English and Welsh.
//!
//! Every sentence a person reads comes from `locales/<lang>/<area>.ftl`, in plain English at a reading age of nine. A
//! key that has no Welsh yet is shown in English, marked `lang="en"` so that a screen reader says it properly, and is
//! counted by [`missing_welsh`]: the committed count may only go down.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use crate::html::Html;

/// A language of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Welsh.
    Cy,
}

impl Lang {
    /// Both, in the order the language switch shows them.
    pub const ALL: [Self; 2] = [Self::En, Self::Cy];

    /// The code for `<html lang>`: `en` or `cy`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Cy => "cy",
        }
    }

    /// The language for a code; `None` when it is neither.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// The language's own name for itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Cy => "Cymraeg",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::En => Self::Cy,
            Self::Cy => Self::En,
        }
    }
}

/// A value put into a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Words, put in as they are (and escaped with the sentence).
    Text(String),
    /// A whole number: chooses the plural and is written with commas.
    Number(i64),
}

impl From<&str> for Value {
    fn from(words: &str) -> Self {
        Self::Text(words.to_owned())
    }
}

impl From<String> for Value {
    fn from(words: String) -> Self {
        Self::Text(words)
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Number(n)
    }
}

impl From<u32> for Value {
    fn from(n: u32) -> Self {
        Self::Number(i64::from(n))
    }
}

impl From<usize> for Value {
    fn from(n: usize) -> Self {
        Self::Number(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

/// The words in one language. Cheap to copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Text {
    lang: Lang,
}

impl Text {
    /// The words in `lang`.
    pub const fn new(lang: Lang) -> Self {
        Self { lang }
    }

    /// The language.
    pub const fn lang(self) -> Lang {
        self.lang
    }

    /// The sentence for a key, escaped. No Welsh: the English, marked as English. No such key: the key itself, which a
    /// test over the sources catches.
    pub fn t(self, key: &str) -> Html {
        self.t_with(key, &[])
    }

    /// The sentence for a key with values in it; the whole is escaped.
    pub fn t_with(self, key: &str, values: &[(&str, Value)]) -> Html {
        if let Some(words) = format(self.lang, key, values) {
            return Html::text(words);
        }
        match format(Lang::En, key, values) {
            Some(words) => Html::trusted(format!(
                "<span lang=\"en\">{}</span>",
                crate::html::escape(&words)
            )),
            None => Html::text(key),
        }
    }

    /// The sentence as plain words, for a title, an attribute or a message (it is escaped where it is used).
    pub fn plain(self, key: &str) -> String {
        self.plain_with(key, &[])
    }

    /// The sentence with values, as plain words.
    pub fn plain_with(self, key: &str, values: &[(&str, Value)]) -> String {
        format(self.lang, key, values)
            .or_else(|| format(Lang::En, key, values))
            .unwrap_or_else(|| key.to_owned())
    }
}

/// Does this key exist in English? A test over templates and sources asks.
pub fn has_key(key: &str) -> bool {
    CATALOGUE.keys(Lang::En).contains(key)
}

/// Every key there is in English.
pub fn keys() -> Vec<String> {
    CATALOGUE.keys(Lang::En).iter().cloned().collect()
}

/// Keys that have English but no Welsh yet, in order.
pub fn missing_welsh() -> Vec<String> {
    CATALOGUE
        .keys(Lang::En)
        .difference(CATALOGUE.keys(Lang::Cy))
        .cloned()
        .collect()
}

/// What is wrong with the files themselves: lines Fluent could not read, keys written twice, Welsh for keys that have no
/// English. Empty in a good build; a test asserts it.
pub fn catalogue_faults() -> Vec<String> {
    let mut faults = CATALOGUE.faults.clone();
    for key in CATALOGUE
        .keys(Lang::Cy)
        .difference(CATALOGUE.keys(Lang::En))
    {
        faults.push(format!("Welsh without English: {key}"));
    }
    faults
}

#[derive(rust_embed::RustEmbed)]
#[folder = "locales"]
struct Files;

struct Catalogue {
    languages: BTreeMap<Lang, (FluentBundle<FluentResource>, BTreeSet<String>)>,
    nothing: BTreeSet<String>,
    faults: Vec<String>,
}

impl Catalogue {
    fn keys(&self, lang: Lang) -> &BTreeSet<String> {
        self.languages
            .get(&lang)
            .map_or(&self.nothing, |(_, keys)| keys)
    }
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let mut catalogue = Catalogue {
        languages: BTreeMap::new(),
        nothing: BTreeSet::new(),
        faults: Vec::new(),
    };
    for lang in Lang::ALL {
        let loaded = load(lang, &mut catalogue.faults);
        catalogue.languages.insert(lang, loaded);
    }
    catalogue
});

fn load(lang: Lang, faults: &mut Vec<String>) -> (FluentBundle<FluentResource>, BTreeSet<String>) {
    let identifier: LanguageIdentifier = lang.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
    // Both languages run left to right, so the invisible isolation marks would only get in the way of copying.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(with_commas));
    let mut keys = BTreeSet::new();
    let folder = format!("{}/", lang.code());
    let mut names: Vec<_> = Files::iter()
        .filter(|name| name.starts_with(&folder))
        .collect();
    names.sort();
    for name in names {
        let Some(file) = Files::get(&name) else {
            continue;
        };
        let Ok(source) = String::from_utf8(file.data.into_owned()) else {
            faults.push(format!("{name}: not UTF-8"));
            continue;
        };
        for line in source.lines() {
            if let Some(key) = key_of(line)
                && !keys.insert(key.to_owned())
            {
                faults.push(format!("{name}: {key} is written twice"));
            }
        }
        let resource = FluentResource::try_new(source).unwrap_or_else(|(partial, errors)| {
            faults.extend(errors.iter().map(|error| format!("{name}: {error}")));
            partial
        });
        // Keys written twice are already on the list above.
        let _twice = bundle.add_resource(resource);
    }
    (bundle, keys)
}

/// The key a line of a catalogue begins, if it begins one.
fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    let key = key.trim_end();
    let letter = key.starts_with(|c: char| c.is_ascii_alphabetic());
    let plain = key
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    (letter && plain).then_some(key)
}

fn with_commas(
    value: &FluentValue,
    _: &intl_memoizer::concurrent::IntlLangMemoizer,
) -> Option<String> {
    match value {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "only whole numbers are ever put in"
        )]
        FluentValue::Number(n) => Some(crate::format::number(n.value as i64)),
        _ => None,
    }
}

fn format(lang: Lang, key: &str, values: &[(&str, Value)]) -> Option<String> {
    let (bundle, _) = CATALOGUE.languages.get(&lang)?;
    let pattern = bundle.get_message(key)?.value()?;
    let mut args = FluentArgs::new();
    for (name, value) in values {
        match value {
            Value::Text(words) => args.set((*name).to_owned(), words.clone()),
            Value::Number(n) => args.set((*name).to_owned(), *n),
        }
    }
    let mut problems = Vec::new();
    let words = bundle.format_pattern(pattern, Some(&args), &mut problems);
    Some(words.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_files_have_no_faults() {
        assert_eq!(catalogue_faults(), Vec::<String>::new());
    }

    #[test]
    fn welsh_that_is_missing_can_only_become_less() {
        let missing = missing_welsh();
        let allowed: usize = include_str!("../missing_welsh.txt").trim().parse().unwrap();
        assert!(
            missing.len() <= allowed,
            "{} keys have no Welsh but missing_welsh.txt allows {allowed}: {missing:?}",
            missing.len()
        );
        if missing.len() < allowed {
            eprintln!("missing_welsh.txt can go down to {}", missing.len());
        }
    }

    #[test]
    fn values_are_escaped_with_the_sentence() {
        let words = Text::new(Lang::En).t_with("back-to", &[("place", "<b>Leeds</b>".into())]);
        assert_eq!(words.as_str(), "Back to &lt;b&gt;Leeds&lt;/b&gt;");
    }

    #[test]
    fn plurals_follow_each_language() {
        let options =
            |lang, n: i64| Text::new(lang).plain_with("options-found", &[("count", n.into())]);
        assert_eq!(options(Lang::En, 1), "1 option");
        assert_eq!(options(Lang::En, 1_234), "1,234 options");
        assert_eq!(options(Lang::Cy, 0), "0 opsiwn");
        assert_eq!(options(Lang::Cy, 2), "2 opsiwn");
    }

    #[test]
    fn an_unknown_key_shows_itself_rather_than_nothing() {
        assert_eq!(Text::new(Lang::Cy).t("no-such-key").as_str(), "no-such-key");
        assert!(!has_key("no-such-key"));
    }

    #[test]
    fn every_sentence_can_be_made_in_both_languages() {
        for key in keys() {
            for lang in Lang::ALL {
                assert!(!Text::new(lang).plain(&key).is_empty(), "{key} is empty");
            }
        }
    }
}
