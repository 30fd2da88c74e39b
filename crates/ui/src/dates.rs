//! Questions answered with a date.

use askama::Template;

use crate::choices::{Fieldset, Legend, wrap};
use crate::fields::{ErrorMessage, Group, Input, Label, attribute, question};
use crate::form::Form;
use crate::html::{Attrs, Classes, Html, component, setters};
use crate::text::{Lang, Text};

/// One box of a [`DateInput`].
#[derive(Debug, Clone, Default)]
pub struct DatePart {
    pub(crate) name: String,
    pub(crate) label: Html,
    pub(crate) id: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) classes: Classes,
    pub(crate) error: Option<bool>,
    pub(crate) autocomplete: Option<String>,
    pub(crate) pattern: Option<String>,
    pub(crate) inputmode: Option<String>,
    pub(crate) attrs: Attrs,
}

impl DatePart {
    /// A box: `day`, `month` or `year`, and its label.
    pub fn new(name: impl Into<String>, label: impl Into<Html>) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            ..Self::default()
        }
    }

    /// Wrong, or certainly not, whatever the error of the whole.
    #[must_use]
    pub const fn error(mut self, yes: bool) -> Self {
        self.error = Some(yes);
        self
    }

    setters! {
        /// An id other than the one made from the name.
        text id;
        /// What is in the box.
        text value;
        /// More class names.
        classes classes;
        /// What the browser may fill in.
        text autocomplete;
        /// A pattern old phones use to choose a keyboard.
        text pattern;
        /// Which keyboard a phone shows; numbers unless told.
        text inputmode;
        /// An extra attribute.
        attr attr;
    }

    fn wrong(&self) -> bool {
        self.error == Some(true) || self.classes.contains("govuk-input--error")
    }
}

/// A date someone knows, in three boxes named `name-day`, `name-month`, `name-year`.
#[derive(Debug, Clone, Template)]
#[template(ext = "html", source = "{{ self.composed() }}")]
pub struct DateInput {
    group: Group,
    fieldset: Option<Fieldset>,
    parts: Vec<DatePart>,
    name_prefix: String,
}

impl DateInput {
    /// A date with this name and legend.
    pub fn new(lang: Lang, name: impl Into<String>, legend: impl Into<Legend>) -> Self {
        let mut new = Self::bare(lang, name);
        new.fieldset = Some(Fieldset::new(legend).role("group"));
        new
    }

    /// Without a legend: only inside something that already asks the question.
    pub fn bare(lang: Lang, name: impl Into<String>) -> Self {
        let text = Text::new(lang);
        let name = name.into();
        Self {
            name_prefix: name.clone(),
            group: Group::new(name, Html::default()),
            fieldset: None,
            parts: ["day", "month", "year"]
                .into_iter()
                .map(|part| DatePart::new(part, text.t(&format!("component-{part}"))))
                .collect(),
        }
    }

    /// Other boxes than day, month and year.
    #[must_use]
    pub fn parts(mut self, parts: impl IntoIterator<Item = DatePart>) -> Self {
        self.parts = parts.into_iter().collect();
        self
    }

    /// A prefix of the names of the boxes other than the name of the whole; empty for none.
    #[must_use]
    pub fn name_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.name_prefix = prefix.into();
        self
    }

    /// Changes the fieldset: classes, attributes.
    #[must_use]
    pub fn fieldset(mut self, change: impl FnOnce(Fieldset) -> Fieldset) -> Self {
        self.fieldset = self.fieldset.map(change);
        self
    }

    /// Fills in a date.
    #[must_use]
    pub fn date(mut self, date: jiff::civil::Date) -> Self {
        for part in &mut self.parts {
            part.value = match part.name.as_str() {
                "day" => Some(date.day().to_string()),
                "month" => Some(date.month().to_string()),
                "year" => Some(date.year().to_string()),
                _ => part.value.take(),
            };
        }
        self
    }

    /// Takes its values and error back from a form.
    #[must_use]
    pub fn bind(mut self, form: &Form, text: Text) -> Self {
        let name = self.group.name.clone();
        for part in &mut self.parts {
            let field = format!("{name}-{}", part.name);
            if form.has(&field) {
                part.value = Some(form.value(&field).to_owned());
            }
            // Only the missing box is marked when the error says which.
            if form
                .errors()
                .iter()
                .any(|e| e.key == "error-date-missing" && e.target == field)
            {
                part.error = Some(true);
            }
        }
        self.group.error = form.error(text, &name);
        self
    }

    fn composed(&self) -> Html {
        let any_wrong = self.parts.iter().any(DatePart::wrong);
        let mut boxes = Html::default();
        for part in &self.parts {
            boxes.push(Html::trusted(format!(
                "<div class=\"govuk-date-input__item\">{}</div>",
                self.part(part, any_wrong)
            )));
        }
        let inner = self.group.hint_and_error().then(Html::trusted(format!(
            "<div class=\"govuk-date-input{}\"{}{}>{boxes}</div>",
            self.group.classes,
            self.group.attrs,
            attribute("id", self.group.id())
        )));
        wrap(&self.group, self.fieldset.as_ref(), inner)
    }

    fn part(&self, part: &DatePart, any_wrong: bool) -> Html {
        let mut classes = Classes::new("govuk-date-input__input");
        let marked = part.classes.contains("govuk-input--error");
        let whole_wrong = part.error != Some(false) && self.group.error.is_some() && !any_wrong;
        if !marked && (part.wrong() || whole_wrong) {
            classes.add("govuk-input--error");
        }
        if !part.classes.contains("govuk-input--width-") {
            classes.add(if part.name.ends_with("year") {
                "govuk-input--width-4"
            } else {
                "govuk-input--width-2"
            });
        }
        classes.add(part.classes.as_str());
        let id = part
            .id
            .clone()
            .unwrap_or_else(|| format!("{}-{}", self.group.id(), part.name));
        let name = match self.name_prefix.as_str() {
            "" => part.name.clone(),
            prefix => format!("{prefix}-{}", part.name),
        };
        let mut input = Input::new(
            name,
            Label::new(part.label.clone()).classes("govuk-date-input__label"),
        )
        .id(id)
        .classes(classes.as_str())
        .inputmode(part.inputmode.as_deref().unwrap_or("numeric"))
        .with_attrs(part.attrs.clone());
        if let Some(value) = &part.value {
            input = input.value(value);
        }
        if let Some(autocomplete) = &part.autocomplete {
            input = input.autocomplete(autocomplete);
        }
        if let Some(pattern) = &part.pattern {
            input = input.pattern(pattern);
        }
        input.into()
    }
}

question!(DateInput);
component!(DateInput, |lang| Self::new(lang, "born", "Date of birth")
    .hint("For example, 27 3 1990")
    .error(ErrorMessage::new(lang, "Not a date")));
