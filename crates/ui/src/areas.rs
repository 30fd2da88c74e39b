//! Questions with longer answers, or one from a long list: textarea, character count, select.

use askama::Template;

use crate::fields::{Group, Hint, Label, labelled, question};
use crate::form::Form;
use crate::html::{Attrs, Classes, Html, component, setters};
use crate::text::{Lang, Text};

/// Several lines of text.
#[derive(Debug, Clone, Template)]
#[template(path = "textarea.html")]
pub struct Textarea {
    group: Group,
    value: String,
    rows: u16,
    spellcheck: Option<bool>,
    autocomplete: Option<String>,
    after: Option<Html>,
}

impl Textarea {
    /// A box for several lines.
    pub fn new(name: impl Into<String>, label: impl Into<Label>) -> Self {
        Self {
            group: Group::new(name, label),
            value: String::new(),
            rows: 5,
            spellcheck: None,
            autocomplete: None,
            after: None,
        }
    }

    /// Takes its value and error back from a form.
    #[must_use]
    pub fn bind(mut self, form: &Form, text: Text) -> Self {
        if form.has(&self.group.name) {
            form.value(&self.group.name).clone_into(&mut self.value);
        }
        self.group.error = form.error(text, &self.group.name);
        self
    }

    /// What is in the box.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// How many lines the box shows.
    #[must_use]
    pub const fn rows(mut self, rows: u16) -> Self {
        self.rows = rows;
        self
    }

    /// Whether the browser may mark spelling.
    #[must_use]
    pub const fn spellcheck(mut self, yes: bool) -> Self {
        self.spellcheck = Some(yes);
        self
    }

    setters! {
        /// What the browser may fill in.
        text autocomplete;
    }
}

question!(Textarea);
labelled!(Textarea);
component!(Textarea, |_lang| Self::new("words", "In your own words")
    .value("Line one\nLine two"));

/// A textarea that says how many characters are left; the limit is also checked when the form is read.
#[derive(Debug, Clone, Template)]
#[template(ext = "html", source = "{{ self.composed() }}")]
pub struct CharacterCount {
    area: Textarea,
    message: String,
    count_classes: Classes,
}

impl CharacterCount {
    /// A box for at most `max` characters.
    pub fn new(lang: Lang, name: impl Into<String>, label: impl Into<Label>, max: u32) -> Self {
        let text = Text::new(lang);
        let mut area = Textarea::new(name, label);
        let attrs = &mut area.group.form_group_attrs;
        attrs.set("data-module", "govuk-character-count");
        attrs.set("data-maxlength", max.to_string());
        // English is built into the script; other languages travel with the page.
        if lang != Lang::En {
            for (attribute, key) in [
                ("characters-under-limit.one", "chars-under-one"),
                ("characters-under-limit.other", "chars-under-other"),
                ("characters-at-limit", "chars-at"),
                ("characters-over-limit.one", "chars-over-one"),
                ("characters-over-limit.other", "chars-over-other"),
            ] {
                let words = text.plain(&format!("component-{key}"));
                attrs.set(&format!("data-i18n.{attribute}"), words);
            }
        }
        Self {
            area,
            message: text.plain_with(
                "component-count-hint",
                // Written as text: the script and the fixtures know it without commas.
                &[("count", max.to_string().into())],
            ),
            count_classes: Classes::default(),
        }
    }

    /// Takes its value and error back from a form.
    #[must_use]
    pub fn bind(mut self, form: &Form, text: Text) -> Self {
        self.area = self.area.bind(form, text);
        self
    }

    /// What is in the box.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.area.value = value.into();
        self
    }

    /// How many lines the box shows.
    #[must_use]
    pub const fn rows(mut self, rows: u16) -> Self {
        self.area.rows = rows;
        self
    }

    /// Says how many are left only from this share of the limit, in per cent.
    #[must_use]
    pub fn threshold(mut self, percent: u8) -> Self {
        self.area
            .group
            .form_group_attrs
            .set("data-threshold", percent.to_string());
        self
    }

    /// More class names on the message.
    #[must_use]
    pub fn count_classes(mut self, classes: &str) -> Self {
        self.count_classes = Classes::new(classes);
        self
    }

    /// Changes the box itself: hint, error, id, classes and the rest.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(Textarea) -> Textarea) -> Self {
        self.area = change(self.area);
        self
    }

    fn composed(&self) -> Textarea {
        let mut area = self.area.clone();
        let info = format!("{}-info", area.group.id());
        let mut box_classes = Classes::new("govuk-js-character-count");
        box_classes.add(area.group.classes.as_str());
        area.group.classes = box_classes;
        let mut group_classes = Classes::new("govuk-character-count");
        group_classes.add(area.group.form_group_classes.as_str());
        area.group.form_group_classes = group_classes;
        let mut message_classes = Classes::new("govuk-character-count__message");
        message_classes.add(self.count_classes.as_str());
        area.after = Some(
            Hint::new(&self.message)
                .id(info.clone())
                .classes(message_classes.as_str())
                .into(),
        );
        area.group.described_by = Some(info);
        area
    }
}

component!(CharacterCount, |lang| Self::new(
    lang,
    "words",
    "In your own words",
    2000
));

/// A choice from a long list.
#[derive(Debug, Clone, Template)]
#[template(path = "select.html")]
pub struct Select {
    group: Group,
    options: Vec<SelectOption>,
    value: Option<String>,
}

/// One line of a [`Select`].
#[derive(Debug, Clone)]
pub struct SelectOption {
    value: Option<String>,
    words: String,
    selected: Option<bool>,
    disabled: bool,
    attrs: Attrs,
}

impl SelectOption {
    /// A line with a value and words.
    pub fn new(value: impl Into<String>, words: impl Into<String>) -> Self {
        Self {
            value: Some(value.into()),
            ..Self::words_only(words)
        }
    }

    /// A line whose words are its value.
    pub fn words_only(words: impl Into<String>) -> Self {
        Self {
            value: None,
            words: words.into(),
            selected: None,
            disabled: false,
            attrs: Attrs::new(),
        }
    }

    /// Chosen, or certainly not, whatever the value of the whole.
    #[must_use]
    pub const fn selected(mut self, yes: bool) -> Self {
        self.selected = Some(yes);
        self
    }

    setters! {
        /// Shown but cannot be chosen.
        flag disabled;
        /// An extra attribute.
        attr attr;
    }
}

impl Select {
    /// A list with this name and label.
    pub fn new(name: impl Into<String>, label: impl Into<Label>) -> Self {
        Self {
            group: Group::new(name, label),
            options: Vec::new(),
            value: None,
        }
    }

    /// Takes its value and error back from a form.
    #[must_use]
    pub fn bind(mut self, form: &Form, text: Text) -> Self {
        if form.has(&self.group.name) {
            self.value = Some(form.value(&self.group.name).to_owned());
        }
        self.group.error = form.error(text, &self.group.name);
        self
    }

    /// Adds a line with a value and words.
    #[must_use]
    pub fn option(mut self, value: impl Into<String>, words: impl Into<String>) -> Self {
        self.options.push(SelectOption::new(value, words));
        self
    }

    /// Adds lines.
    #[must_use]
    pub fn options(mut self, options: impl IntoIterator<Item = SelectOption>) -> Self {
        self.options.extend(options);
        self
    }

    setters! {
        /// The value that is chosen.
        text value;
    }

    fn selected(&self, option: &SelectOption) -> bool {
        let value = option.value.as_deref().unwrap_or(&option.words);
        option.selected.unwrap_or_else(|| {
            self.value
                .as_deref()
                .is_some_and(|chosen| !chosen.is_empty() && chosen == value)
        })
    }
}

question!(Select);
labelled!(Select);
component!(Select, |_lang| Self::new("nation", "Where")
    .option("", "")
    .option("england", "England")
    .option("wales", "Wales")
    .value("wales"));
