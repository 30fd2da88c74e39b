//! Things to read: inset and warning text, details, panel, tag, banner, table, summary list and card, tabs, task list.

use askama::Template;

use crate::html::{Attrs, Classes, Html, component, setters};
use crate::text::{Lang, Text};

/// Text set apart by a bar at its side.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<div{% if let Some(id) = id %} id="{{ id }}"{% endif %} class="govuk-inset-text{{ classes }}"{{ attrs }}>{{ body }}</div>"#
)]
pub struct InsetText {
    body: Html,
    id: Option<String>,
    classes: Classes,
    attrs: Attrs,
}

impl InsetText {
    /// Text set apart.
    pub fn new(body: impl Into<Html>) -> Self {
        Self {
            body: body.into(),
            id: None,
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    setters! {
        /// Its id.
        text id;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(InsetText, |_lang| Self::new("You can come back to this."));

/// A warning with an exclamation mark.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<div class="govuk-warning-text{{ classes }}"{{ attrs }}><span class="govuk-warning-text__icon" aria-hidden="true">!</span><strong class="govuk-warning-text__text"><span class="govuk-visually-hidden">{{ prefix }}</span> {{ words }}</strong></div>"#
)]
pub struct WarningText {
    words: Html,
    prefix: String,
    classes: Classes,
    attrs: Attrs,
}

impl WarningText {
    /// A warning; a screen reader hears "Warning" first.
    pub fn new(lang: Lang, words: impl Into<Html>) -> Self {
        Self {
            words: words.into(),
            prefix: Text::new(lang).plain("component-warning"),
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// Other words in place of "Warning".
    #[must_use]
    pub fn prefix(mut self, words: impl Into<String>) -> Self {
        self.prefix = words.into();
        self
    }

    setters! {
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(WarningText, |lang| Self::new(
    lang,
    "Do not leave a message on this number."
));

/// Words that open when pressed; for help only some people need.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<details{% if let Some(id) = id %} id="{{ id }}"{% endif %} class="govuk-details{{ classes }}"{{ attrs }}{% if open %} open{% endif %}><summary class="govuk-details__summary"><span class="govuk-details__summary-text">{{ summary }}</span></summary><div class="govuk-details__text">{{ body }}</div></details>"#
)]
pub struct Details {
    summary: Html,
    body: Html,
    id: Option<String>,
    open: bool,
    classes: Classes,
    attrs: Attrs,
}

impl Details {
    /// What shows, and what opens.
    pub fn new(summary: impl Into<Html>, body: impl Into<Html>) -> Self {
        Self {
            summary: summary.into(),
            body: body.into(),
            id: None,
            open: false,
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    setters! {
        /// Its id.
        text id;
        /// Open from the start.
        flag open;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(Details, |_lang| Self::new(
    "Why we ask",
    "So that nobody is sent somewhere unsafe."
));

/// The green box that confirms.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<div class="govuk-panel govuk-panel--confirmation{{ classes }}"{{ attrs }}><h{{ level }} class="govuk-panel__title">{{ title }}</h{{ level }}>{% if let Some(body) = body %}<div class="govuk-panel__body">{{ body }}</div>{% endif %}</div>"#
)]
pub struct Panel {
    title: Html,
    body: Option<Html>,
    level: u8,
    classes: Classes,
    attrs: Attrs,
}

impl Panel {
    /// What has happened.
    pub fn new(title: impl Into<Html>) -> Self {
        Self {
            title: title.into(),
            body: None,
            level: 1,
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// A heading level other than 1.
    #[must_use]
    pub const fn level(mut self, level: u8) -> Self {
        self.level = level;
        self
    }

    setters! {
        /// What follows, such as a reference.
        html body;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(Panel, |_lang| Self::new("Sent")
    .body("You will hear by 3pm tomorrow"));

/// The state of something, in a word.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<strong class="govuk-tag{{ classes }}"{{ attrs }}>{{ words }}</strong>"#
)]
pub struct Tag {
    words: Html,
    classes: Classes,
    attrs: Attrs,
}

/// The colour of a [`Tag`]. The words carry the meaning, never the colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Nothing to do.
    Grey,
    /// Well.
    Green,
    /// New.
    Teal,
    /// Under way.
    Blue,
    /// Seen.
    Purple,
    /// Urgent.
    Red,
    /// Needs a person.
    Orange,
    /// Waiting.
    Yellow,
}

impl Tag {
    /// A blue tag.
    pub fn new(words: impl Into<Html>) -> Self {
        Self {
            words: words.into(),
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// A tag of another colour.
    #[must_use]
    pub fn colour(mut self, colour: Colour) -> Self {
        let name = match colour {
            Colour::Grey => "grey",
            Colour::Green => "green",
            Colour::Teal => "teal",
            Colour::Blue => return self,
            Colour::Purple => "purple",
            Colour::Red => "red",
            Colour::Orange => "orange",
            Colour::Yellow => "yellow",
        };
        self.classes.add(&format!("govuk-tag--{name}"));
        self
    }

    setters! {
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(Tag, |_lang| Self::new("Waiting").colour(Colour::Yellow));

/// Something everyone on the page must see.
#[derive(Debug, Clone, Template)]
#[template(path = "notification_banner.html")]
pub struct NotificationBanner {
    title: Html,
    title_id: String,
    level: u8,
    role: String,
    done: bool,
    body: Html,
    autofocus: Option<bool>,
    classes: Classes,
    attrs: Attrs,
}

impl NotificationBanner {
    fn build(title: Html, role: &str, done: bool, body: Html) -> Self {
        Self {
            title,
            title_id: "govuk-notification-banner-title".to_owned(),
            level: 2,
            role: role.to_owned(),
            done,
            body,
            autofocus: None,
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// "Important": a sentence.
    pub fn important(lang: Lang, words: impl Into<Html>) -> Self {
        let body = Self::sentence(words);
        Self::build(
            Text::new(lang).t("component-important"),
            "region",
            false,
            body,
        )
    }

    /// "Done": something has just worked. A screen reader says it at once.
    pub fn done(lang: Lang, words: impl Into<Html>) -> Self {
        let body = Self::sentence(words);
        Self::build(Text::new(lang).t("component-success"), "alert", true, body)
    }

    /// More than a sentence, in place of it.
    #[must_use]
    pub fn body(mut self, body: impl Into<Html>) -> Self {
        self.body = body.into();
        self
    }

    /// Another title.
    #[must_use]
    pub fn title(mut self, title: impl Into<Html>) -> Self {
        self.title = title.into();
        self
    }

    /// Another heading level than 2.
    #[must_use]
    pub const fn level(mut self, level: u8) -> Self {
        self.level = level;
        self
    }

    /// Another id of the title, when a page has two banners.
    #[must_use]
    pub fn title_id(mut self, id: impl Into<String>) -> Self {
        self.title_id = id.into();
        self
    }

    /// Another ARIA role.
    #[must_use]
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.role = role.into();
        self
    }

    /// Should the page jump here when it opens? A "done" banner does unless told not to.
    #[must_use]
    pub const fn autofocus(mut self, yes: bool) -> Self {
        self.autofocus = Some(yes);
        self
    }

    fn sentence(words: impl Into<Html>) -> Html {
        let words = words.into();
        Html::trusted(format!(
            "<p class=\"govuk-notification-banner__heading\">{words}</p>"
        ))
    }

    setters! {
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(NotificationBanner, |lang| Self::done(
    lang,
    "Your draft is saved."
));

/// A table of facts or figures.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "table.html")]
pub struct Table {
    caption: Option<Html>,
    caption_classes: Classes,
    head: Vec<Cell>,
    rows: Vec<Vec<Cell>>,
    first_cell_is_header: bool,
    classes: Classes,
    attrs: Attrs,
}

/// One cell of a [`Table`].
#[derive(Debug, Clone, Default)]
pub struct Cell {
    words: Html,
    format: Option<String>,
    classes: Classes,
    colspan: Option<u16>,
    rowspan: Option<u16>,
    attrs: Attrs,
}

impl Cell {
    /// A cell.
    pub fn new(words: impl Into<Html>) -> Self {
        Self {
            words: words.into(),
            ..Self::default()
        }
    }

    /// A figure: on the right, digits lined up.
    pub fn numeric(words: impl Into<Html>) -> Self {
        Self::new(words).format("numeric")
    }

    /// Across this many columns.
    #[must_use]
    pub const fn colspan(mut self, columns: u16) -> Self {
        self.colspan = Some(columns);
        self
    }

    /// Down this many rows.
    #[must_use]
    pub const fn rowspan(mut self, rows: u16) -> Self {
        self.rowspan = Some(rows);
        self
    }

    setters! {
        /// A way of setting it: `numeric`.
        text format;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

impl<T: Into<Html>> From<T> for Cell {
    fn from(words: T) -> Self {
        Self::new(words)
    }
}

impl Table {
    /// A table with a caption; every table on a page needs one.
    pub fn new(caption: impl Into<Html>) -> Self {
        Self {
            caption: Some(caption.into()),
            caption_classes: Classes::new("govuk-table__caption--m"),
            ..Self::default()
        }
    }

    /// Without a caption: only where a heading just above says the same.
    pub fn bare() -> Self {
        Self::default()
    }

    /// The headings of the columns.
    #[must_use]
    pub fn head<T: Into<Cell>>(mut self, cells: impl IntoIterator<Item = T>) -> Self {
        self.head = cells.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a row.
    #[must_use]
    pub fn row<T: Into<Cell>>(mut self, cells: impl IntoIterator<Item = T>) -> Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    setters! {
        /// Class names of the caption, in place of the usual.
        classes caption_classes;
        /// The first cell of each row names the row.
        flag first_cell_is_header;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(Table, |_lang| Self::new("Waits")
    .head([Cell::new("Place"), Cell::numeric("Days")])
    .row([Cell::new("Leeds"), Cell::numeric("12")])
    .first_cell_is_header());

/// Parts of one thing that are read one at a time. Without JavaScript, one under the other.
#[derive(Debug, Clone, Template)]
#[template(path = "tabs.html")]
pub struct Tabs {
    title: Html,
    id: Option<String>,
    items: Vec<Tab>,
    classes: Classes,
    attrs: Attrs,
}

/// One of [`Tabs`].
#[derive(Debug, Clone)]
pub struct Tab {
    id: String,
    label: Html,
    panel: Html,
    attrs: Attrs,
    panel_attrs: Attrs,
}

impl Tab {
    /// An id, a label and what it shows.
    pub fn new(id: impl Into<String>, label: impl Into<Html>, panel: impl Into<Html>) -> Self {
        Self {
            id: id.into(),
            label: label.into(),
            panel: panel.into(),
            attrs: Attrs::new(),
            panel_attrs: Attrs::new(),
        }
    }

    /// An extra attribute on the panel.
    #[must_use]
    pub fn panel_attr(mut self, name: &str, value: impl Into<String>) -> Self {
        self.panel_attrs.set(name, value);
        self
    }

    setters! {
        /// An extra attribute on the tab.
        attr attr;
    }
}

impl Tabs {
    /// No tabs yet.
    pub fn new(lang: Lang) -> Self {
        Self {
            title: Text::new(lang).t("component-contents"),
            id: None,
            items: Vec::new(),
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// Another title than "Contents".
    #[must_use]
    pub fn title(mut self, title: impl Into<Html>) -> Self {
        self.title = title.into();
        self
    }

    /// Adds a tab.
    #[must_use]
    pub fn tab(mut self, tab: Tab) -> Self {
        self.items.push(tab);
        self
    }

    setters! {
        /// Its id.
        text id;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(Tabs, |lang| Self::new(lang)
    .tab(Tab::new("story", "Story", Html::paragraph("What happened")))
    .tab(Tab::new("plan", "Plan", Html::paragraph("What is next"))));
