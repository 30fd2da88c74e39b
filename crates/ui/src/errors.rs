//! The error summary at the top of a page.

use askama::Template;

use crate::html::{Attrs, Classes, Html, component, setters};
use crate::text::{Lang, Text};

/// One line of an error summary.
#[derive(Debug, Clone)]
pub struct ErrorItem {
    words: Html,
    href: Option<String>,
    attrs: Attrs,
}

impl ErrorItem {
    /// A line with no link.
    pub fn new(words: impl Into<Html>) -> Self {
        Self {
            words: words.into(),
            href: None,
            attrs: Attrs::new(),
        }
    }

    /// A line that leads to the field: `#name`.
    pub fn to(words: impl Into<Html>, href: impl Into<String>) -> Self {
        Self {
            href: Some(href.into()),
            ..Self::new(words)
        }
    }

    setters! {
        /// An extra attribute on the link.
        attr attr;
    }
}

/// "There is a problem", with a link to each thing to put right.
#[derive(Debug, Clone, Template)]
#[template(path = "error_summary.html")]
pub struct ErrorSummary {
    title: Html,
    description: Option<Html>,
    list: Vec<ErrorItem>,
    classes: Classes,
    attrs: Attrs,
    autofocus: Option<bool>,
}

impl ErrorSummary {
    /// An empty summary.
    pub fn new(lang: Lang) -> Self {
        Self {
            title: Text::new(lang).t("component-problem"),
            description: None,
            list: Vec::new(),
            classes: Classes::default(),
            attrs: Attrs::new(),
            autofocus: None,
        }
    }

    /// Adds lines.
    #[must_use]
    pub fn items(mut self, items: impl IntoIterator<Item = ErrorItem>) -> Self {
        self.list.extend(items);
        self
    }

    /// Other words for the title.
    #[must_use]
    pub fn title(mut self, title: impl Into<Html>) -> Self {
        self.title = title.into();
        self
    }

    /// Should the page jump here when it opens? It does unless told not to.
    #[must_use]
    pub const fn autofocus(mut self, yes: bool) -> Self {
        self.autofocus = Some(yes);
        self
    }

    setters! {
        /// A sentence between the title and the list.
        html description;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(ErrorSummary, |lang| Self::new(lang).items([ErrorItem::to(
    Text::new(lang).t("error-required"),
    "#name"
)]));
