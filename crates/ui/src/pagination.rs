//! Pages of a long list.

use askama::Template;

use crate::actions::safe_href;
use crate::html::{Attrs, Classes, Html, component, setters};
use crate::text::{Lang, Text};

/// Pages of a long list.
#[derive(Debug, Clone, Template)]
#[template(path = "pagination.html")]
pub struct Pagination {
    text: Text,
    label: String,
    previous: Option<PageStep>,
    next: Option<PageStep>,
    items: Vec<PageItem>,
    classes: Classes,
    attrs: Attrs,
}

/// The page before or after.
#[derive(Debug, Clone)]
pub struct PageStep {
    href: String,
    words: Option<Html>,
    label: Option<Html>,
    attrs: Attrs,
}

impl PageStep {
    /// A step to a page.
    pub fn new(href: impl AsRef<str>) -> Self {
        Self {
            href: safe_href(href.as_ref()),
            words: None,
            label: None,
            attrs: Attrs::new(),
        }
    }

    setters! {
        /// Other words than "Previous" or "Next".
        html words;
        /// What is on that page.
        html label;
        /// An extra attribute.
        attr attr;
    }
}

/// One number, or the gap between numbers.
#[derive(Debug, Clone)]
pub struct PageItem {
    number: String,
    href: Option<String>,
    current: bool,
    hidden: Option<String>,
}

impl PageItem {
    /// A page.
    pub fn new(number: impl Into<String>, href: impl AsRef<str>) -> Self {
        Self {
            number: number.into(),
            href: Some(safe_href(href.as_ref())),
            current: false,
            hidden: None,
        }
    }

    /// Pages left out.
    pub const fn gap() -> Self {
        Self {
            number: String::new(),
            href: None,
            current: false,
            hidden: None,
        }
    }

    setters! {
        /// The page being shown.
        flag current;
        /// Other words for a screen reader than "Page 2".
        text hidden;
    }
}

impl Pagination {
    /// No pages yet.
    pub fn new(lang: Lang) -> Self {
        let text = Text::new(lang);
        Self {
            text,
            label: text.plain("component-pagination"),
            previous: None,
            next: None,
            items: Vec::new(),
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// Page `current` of `total`, both from 1, where `href(n)` is the address of page `n`. Shows the first, the last and
    /// those beside the current one.
    pub fn numbered(
        lang: Lang,
        current: usize,
        total: usize,
        href: impl Fn(usize) -> String,
    ) -> Self {
        let mut new = Self::new(lang);
        if current > 1 {
            new = new.previous(PageStep::new(href(current - 1)));
        }
        let mut last = 0;
        for n in 1..=total {
            if n != 1 && n != total && n.abs_diff(current) > 1 {
                continue;
            }
            if n > last + 1 {
                new.items.push(PageItem::gap());
            }
            let item = PageItem::new(n.to_string(), href(n));
            new.items
                .push(if n == current { item.current() } else { item });
            last = n;
        }
        if current < total {
            new = new.next(PageStep::new(href(current + 1)));
        }
        new
    }

    /// The page before.
    #[must_use]
    pub fn previous(mut self, step: PageStep) -> Self {
        self.previous = Some(step);
        self
    }

    /// The page after.
    #[must_use]
    pub fn next(mut self, step: PageStep) -> Self {
        self.next = Some(step);
        self
    }

    /// Adds a number or a gap.
    #[must_use]
    pub fn item(mut self, item: PageItem) -> Self {
        self.items.push(item);
        self
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

    /// Only "previous" and "next": one above the other.
    fn block(&self) -> bool {
        self.items.is_empty() && (self.next.is_some() || self.previous.is_some())
    }

    fn words(&self, step: &PageStep, key: &str) -> Html {
        step.words.clone().unwrap_or_else(|| {
            Html::trusted(format!(
                "{}<span class=\"govuk-visually-hidden\"> {}</span>",
                self.text.t(&format!("component-{key}")),
                self.text.t("component-previous-page")
            ))
        })
    }

    fn hidden(&self, item: &PageItem) -> String {
        item.hidden.clone().unwrap_or_else(|| {
            self.text.plain_with(
                "component-page-number",
                &[("number", item.number.as_str().into())],
            )
        })
    }
}

component!(Pagination, |lang| Self::numbered(lang, 3, 20, |n| format!(
    "?page={n}"
)));
