//! Many things at once: table, tabs.

use askama::Template;

use crate::html::{Attrs, Classes, Html, component, setters};
use crate::text::{Lang, Text};

/// A table of facts or figures.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "table.html")]
pub struct Table {
    caption: Option<Html>,
    caption_classes: Classes,
    head: Vec<Cell>,
    rows: Vec<Vec<Cell>>,
    first_cell_is_header: bool,
    stacked: bool,
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
        /// On a narrow screen each row becomes a block, with the heading of its column before each cell, so that nobody
        /// has to scroll sideways. For tables of words; figures that are compared stay side by side.
        flag stacked;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

impl Table {
    /// The heading of a column, to stand before a cell when the row is stacked.
    fn heading_of(&self, column: usize) -> Option<&Html> {
        let words = self
            .stacked
            .then(|| self.head.get(column))?
            .map(|cell| &cell.words)?;
        (!words.is_empty()).then_some(words)
    }
}

component!(Table, |_lang| Self::new("Waits")
    .head([Cell::new("Place"), Cell::numeric("Days")])
    .row([Cell::new("Leeds"), Cell::numeric("12")])
    .first_cell_is_header()
    .stacked());

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
