//! The language switch.

use askama::Template;

use crate::actions::safe_href;
use crate::html::{Attrs, Classes, Html, component, setters};
use crate::text::{Lang, Text};

/// The languages of the page.
#[derive(Debug, Clone, Template)]
#[template(path = "language_navigation.html")]
pub struct LanguageNavigation {
    label: String,
    items: Vec<LanguageItem>,
    classes: Classes,
    attrs: Attrs,
}

/// One language.
#[derive(Debug, Clone)]
pub struct LanguageItem {
    words: Html,
    code: Option<String>,
    href: Option<String>,
    dir: Option<String>,
    hidden: Option<Html>,
    classes: Classes,
    attrs: Attrs,
}

impl LanguageItem {
    /// A language by its own name and code, and where it is (nowhere: it is this one).
    pub fn new(words: impl Into<Html>, code: impl Into<String>, href: Option<&str>) -> Self {
        Self {
            words: words.into(),
            code: Some(code.into()),
            href: href.map(safe_href),
            dir: None,
            hidden: None,
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    setters! {
        /// The direction it is written in.
        text dir;
        /// More words for a screen reader.
        html hidden;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }

    fn code_attr(&self, name: &str) -> Html {
        crate::fields::attribute(name, self.code.as_deref().unwrap_or_default())
    }
}

impl LanguageNavigation {
    /// English and Welsh, where `href` leads to the one that is not shown.
    pub fn new(lang: Lang, href: &str) -> Self {
        let items = Lang::ALL.into_iter().map(|each| {
            LanguageItem::new(each.own_name(), each.code(), (each != lang).then_some(href))
        });
        Self::of(lang, items)
    }

    /// Any languages.
    pub fn of(lang: Lang, items: impl IntoIterator<Item = LanguageItem>) -> Self {
        Self {
            label: Text::new(lang).plain("language-label"),
            items: items.into_iter().collect(),
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// Other words for a screen reader.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    setters! {
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(LanguageNavigation, |lang| Self::new(lang, "/language"));
