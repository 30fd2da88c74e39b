//! Lists of facts and of things to do: summary list, summary card, task list.

use askama::Template;

use crate::actions::safe_href;
use crate::content::{Colour, Tag};
use crate::html::{Attrs, Classes, Component as _, Html, component, setters};
use crate::text::Text;

/// A link at the end of a row or card: "Change".
#[derive(Debug, Clone)]
pub struct Action {
    words: Html,
    href: String,
    hidden: Option<Html>,
    classes: Classes,
    attrs: Attrs,
}

impl Action {
    /// A link.
    pub fn new(words: impl Into<Html>, href: impl AsRef<str>) -> Self {
        Self {
            words: words.into(),
            href: safe_href(href.as_ref()),
            hidden: None,
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    setters! {
        /// What it changes, for a screen reader: "Change *name*".
        html hidden;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }

    fn html(&self, card_title: Option<&Html>) -> Html {
        let hidden = match (&self.hidden, card_title) {
            (None, None) => String::new(),
            (Some(words), None) => visually_hidden(&format!(" {words}")),
            (None, Some(title)) => visually_hidden(&format!(" ({title})")),
            (Some(words), Some(title)) => visually_hidden(&format!(" {words} ({title})")),
        };
        Html::trusted(format!(
            "<a class=\"govuk-link{}\" href=\"{}\"{}>{}{hidden}</a>",
            self.classes,
            crate::html::escape(&self.href),
            self.attrs,
            self.words
        ))
    }
}

/// Words only a screen reader hears.
fn visually_hidden(words: &str) -> String {
    format!("<span class=\"govuk-visually-hidden\">{words}</span>")
}

/// Links in a row: one by itself, several as a list. `list` and `item` are the class names of each case.
fn actions_html(
    actions: &[Action],
    title: Option<&Html>,
    wrapper: (&str, &str),
    list: (&str, &str, &str),
) -> Html {
    let (before, after) = wrapper;
    let (list_before, list_after, item) = list;
    match actions {
        [] => Html::default(),
        [only] => Html::trusted(format!("{before}{}{after}", only.html(title))),
        several => {
            let items = several.iter().map(|action| {
                Html::trusted(format!("<li class=\"{item}\">{}</li>", action.html(title)))
            });
            Html::trusted(format!("{list_before}{}{list_after}", Html::join(items)))
        }
    }
}

/// One fact of a [`SummaryList`].
#[derive(Debug, Clone)]
pub struct Row {
    key: Html,
    value: Html,
    actions: Vec<Action>,
    classes: Classes,
    key_classes: Classes,
    value_classes: Classes,
    actions_classes: Classes,
}

impl Row {
    /// A name and a value.
    pub fn new(key: impl Into<Html>, value: impl Into<Html>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
            actions: Vec::new(),
            classes: Classes::default(),
            key_classes: Classes::default(),
            value_classes: Classes::default(),
            actions_classes: Classes::default(),
        }
    }

    /// Adds a link at the end.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    setters! {
        /// More class names on the row.
        classes classes;
        /// More class names on its name.
        classes key_classes;
        /// More class names on its value.
        classes value_classes;
        /// More class names on its links.
        classes actions_classes;
    }

    fn actions_html(&self, card_title: Option<&Html>) -> Html {
        let open = format!(
            "<dd class=\"govuk-summary-list__actions{}\">",
            self.actions_classes
        );
        let list_open = format!("{open}<ul class=\"govuk-summary-list__actions-list\">");
        actions_html(
            &self.actions,
            card_title,
            (&open, "</dd>"),
            (
                &list_open,
                "</ul></dd>",
                "govuk-summary-list__actions-list-item",
            ),
        )
    }
}

/// Facts by name, with a way to change each.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "summary_list.html")]
pub struct SummaryList {
    rows: Vec<Row>,
    card_title: Option<Html>,
    classes: Classes,
    attrs: Attrs,
}

impl SummaryList {
    /// No facts yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fact with its links.
    #[must_use]
    pub fn row(mut self, row: Row) -> Self {
        self.rows.push(row);
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn fact(self, key: impl Into<Html>, value: impl Into<Html>) -> Self {
        self.row(Row::new(key, value))
    }

    setters! {
        /// More class names, such as `govuk-summary-list--no-border`.
        classes classes;
        /// An extra attribute.
        attr attr;
    }

    fn any_actions(&self) -> bool {
        self.rows.iter().any(|row| !row.actions.is_empty())
    }
}

component!(SummaryList, |_lang| Self::new()
    .row(Row::new("Name", "Sam O’Neill").action(Action::new("Change", "/name").hidden("name")))
    .fact("Place", "Leeds"));

/// A summary list in a box with a title.
#[derive(Debug, Clone, Template)]
#[template(path = "summary_card.html")]
pub struct SummaryCard {
    title: Option<Html>,
    level: u8,
    actions: Vec<Action>,
    list: SummaryList,
    classes: Classes,
    attrs: Attrs,
}

impl SummaryCard {
    /// A box with a title.
    pub fn new(title: impl Into<Html>, list: SummaryList) -> Self {
        Self {
            title: Some(title.into()),
            ..Self::untitled(list)
        }
    }

    /// A box without a title.
    pub fn untitled(list: SummaryList) -> Self {
        Self {
            title: None,
            level: 2,
            actions: Vec::new(),
            list,
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// Adds a link at the top.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// Another heading level than 2.
    #[must_use]
    pub const fn level(mut self, level: u8) -> Self {
        self.level = level;
        self
    }

    setters! {
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }

    fn actions_html(&self) -> Html {
        actions_html(
            &self.actions,
            self.title.as_ref(),
            ("<div class=\"govuk-summary-card__actions\">", "</div>"),
            (
                "<ul class=\"govuk-summary-card__actions\">",
                "</ul>",
                "govuk-summary-card__action",
            ),
        )
    }

    fn list_html(&self) -> Html {
        let mut list = self.list.clone();
        list.card_title.clone_from(&self.title);
        list.html()
    }
}

component!(SummaryCard, |lang| Self::new(
    "Rosewood hostel",
    SummaryList::sample(lang)
)
.action(Action::new("Refer", "/refer")));

/// Things to do and how far along they are.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "task_list.html")]
pub struct TaskList {
    items: Vec<Task>,
    id_prefix: Option<String>,
    classes: Classes,
    attrs: Attrs,
}

/// One thing to do.
#[derive(Debug, Clone)]
pub struct Task {
    title: Html,
    title_classes: Classes,
    href: Option<String>,
    hint: Option<Html>,
    status: Html,
    status_classes: Classes,
    classes: Classes,
}

impl Task {
    /// A thing to do, with its state: a [`Tag`] or words.
    pub fn new(title: impl Into<Html>, status: impl Into<Html>) -> Self {
        Self {
            title: title.into(),
            title_classes: Classes::default(),
            href: None,
            hint: None,
            status: status.into(),
            status_classes: Classes::default(),
            classes: Classes::default(),
        }
    }

    /// Where it is done.
    #[must_use]
    pub fn href(mut self, href: impl AsRef<str>) -> Self {
        self.href = Some(safe_href(href.as_ref()));
        self
    }

    setters! {
        /// Help with it.
        html hint;
        /// More class names on the line.
        classes classes;
        /// More class names on the title.
        classes title_classes;
        /// More class names on the state.
        classes status_classes;
    }
}

impl TaskList {
    /// Nothing to do yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a thing to do.
    #[must_use]
    pub fn task(mut self, task: Task) -> Self {
        self.items.push(task);
        self
    }

    setters! {
        /// What the ids begin with, when a page has two lists.
        text id_prefix;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }

    fn prefix(&self) -> &str {
        self.id_prefix.as_deref().unwrap_or("task-list")
    }
}

component!(TaskList, |lang| Self::new()
    .task(
        Task::new(
            "A bed for tonight",
            Tag::new("Waiting").colour(Colour::Yellow)
        )
        .href("/bed")
    )
    .task(Task::new("Money", Text::new(lang).t("component-success"))));
