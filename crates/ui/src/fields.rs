//! Questions answered in a line of words: label, hint, error message, input, password.

use askama::Template;

use crate::form::Form;
use crate::html::{Attrs, Classes, Html, component, escape, setters};
use crate::text::{Lang, Text};

/// The name of a field.
#[derive(Debug, Clone, Template)]
#[template(path = "label.html")]
pub struct Label {
    words: Html,
    classes: Classes,
    page_heading: bool,
    for_id: Option<String>,
    attrs: Attrs,
}

impl Label {
    /// A label.
    pub fn new(words: impl Into<Html>) -> Self {
        Self {
            words: words.into(),
            classes: Classes::default(),
            page_heading: false,
            for_id: None,
            attrs: Attrs::new(),
        }
    }

    setters! {
        /// More class names.
        classes classes;
        /// This label is the heading of the page.
        flag page_heading;
        /// The id of the field.
        text for_id;
        /// An extra attribute.
        attr attr;
    }
}

impl Label {
    /// With these class names and attributes, as another component needs.
    pub(crate) fn with_classes(mut self, classes: Classes, attrs: Attrs) -> Self {
        self.classes = classes;
        self.attrs = attrs;
        self
    }
}

component!(Label, |_lang| Self::new("Full name").for_id("name"));

macro_rules! label_from {
    ($($words:ty),*) => {
        $(impl From<$words> for Label {
            fn from(words: $words) -> Self {
                Self::new(words)
            }
        })*
    };
}
label_from!(&str, &String, String, Html);

/// Help with answering.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<div{% if let Some(id) = id %} id="{{ id }}"{% endif %} class="govuk-hint{{ classes }}"{{ attrs }}>{{ words }}</div>"#
)]
pub struct Hint {
    words: Html,
    id: Option<String>,
    classes: Classes,
    attrs: Attrs,
}

impl Hint {
    /// A hint.
    pub fn new(words: impl Into<Html>) -> Self {
        Self {
            words: words.into(),
            id: None,
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    setters! {
        /// Its id, for `aria-describedby`.
        text id;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(Hint, |_lang| Self::new("As on your letter").id("name-hint"));

/// What is wrong with an answer and how to put it right.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<p{% if let Some(id) = id %} id="{{ id }}"{% endif %} class="govuk-error-message{{ classes }}"{{ attrs }}>{% if !prefix.is_empty() %}<span class="govuk-visually-hidden">{{ prefix }}:</span> {% endif %}{{ words }}</p>"#
)]
pub struct ErrorMessage {
    words: Html,
    prefix: String,
    id: Option<String>,
    classes: Classes,
    attrs: Attrs,
}

impl ErrorMessage {
    /// A message; a screen reader hears "Error:" (or "Gwall:") before it.
    pub fn new(lang: Lang, words: impl Into<Html>) -> Self {
        Self {
            words: words.into(),
            prefix: Text::new(lang).plain("component-error"),
            id: None,
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// Other words before the message; empty for none.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    setters! {
        /// Its id, for `aria-describedby`.
        text id;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(ErrorMessage, |lang| Self::new(
    lang,
    Text::new(lang).t("error-required")
));

/// What every question has: a name, a label, perhaps a hint and an error.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) label: Label,
    pub(crate) hint: Option<Hint>,
    pub(crate) error: Option<ErrorMessage>,
    pub(crate) described_by: Option<String>,
    pub(crate) form_group_classes: Classes,
    pub(crate) form_group_attrs: Attrs,
    pub(crate) classes: Classes,
    pub(crate) attrs: Attrs,
    pub(crate) disabled: bool,
}

impl Group {
    pub(crate) fn new(name: impl Into<String>, label: impl Into<Label>) -> Self {
        Self {
            id: None,
            name: name.into(),
            label: label.into(),
            hint: None,
            error: None,
            described_by: None,
            form_group_classes: Classes::default(),
            form_group_attrs: Attrs::new(),
            classes: Classes::default(),
            attrs: Attrs::new(),
            disabled: false,
        }
    }

    /// The id: the name unless another was given.
    pub(crate) fn id(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.name)
    }

    /// `<div class="govuk-form-group">` with its classes.
    pub(crate) fn open(&self) -> Html {
        let error = if self.error.is_some() {
            " govuk-form-group--error"
        } else {
            ""
        };
        Html::trusted(format!(
            "<div class=\"govuk-form-group{error}{}\"{}>",
            self.form_group_classes, self.form_group_attrs
        ))
    }

    /// Label, hint and error message.
    pub(crate) fn head(&self) -> Html {
        let label = self.label.clone().for_id(self.id());
        Html::from(label).then(self.hint_and_error())
    }

    /// Hint and error message, with the ids that [`Group::described`] names.
    pub(crate) fn hint_and_error(&self) -> Html {
        let mut out = Html::default();
        if let Some(hint) = &self.hint {
            out.push(hint.clone().id(format!("{}-hint", self.id())));
        }
        if let Some(error) = &self.error {
            out.push(error.clone().id(format!("{}-error", self.id())));
        }
        out
    }

    /// The ids of what describes the field, in reading order.
    pub(crate) fn described(&self) -> String {
        let mut ids: Vec<String> = self.described_by.iter().cloned().collect();
        if self.hint.is_some() {
            ids.push(format!("{}-hint", self.id()));
        }
        if self.error.is_some() {
            ids.push(format!("{}-error", self.id()));
        }
        ids.retain(|id| !id.is_empty());
        ids.join(" ")
    }

    /// ` aria-describedby="…"`, when there is something.
    pub(crate) fn described_attr(&self) -> Html {
        attribute("aria-describedby", &self.described())
    }
}

/// ` name="value"`, or nothing when the value is empty.
pub(crate) fn attribute(name: &str, value: &str) -> Html {
    if value.is_empty() {
        return Html::default();
    }
    Html::trusted(format!(" {name}=\"{}\"", escape(value)))
}

/// The builder methods every question shares.
macro_rules! question {
    ($name:ty) => {
        impl $name {
            /// An id other than the name.
            #[must_use]
            pub fn id(mut self, id: impl Into<String>) -> Self {
                self.group.id = Some(id.into());
                self
            }
            /// Help with answering.
            #[must_use]
            pub fn hint(mut self, hint: impl Into<$crate::html::Html>) -> Self {
                self.group.hint = Some($crate::fields::Hint::new(hint));
                self
            }
            /// What is wrong, if anything: straight from `form.error(text, name)`.
            #[must_use]
            pub fn error(mut self, error: impl Into<Option<$crate::fields::ErrorMessage>>) -> Self {
                self.group.error = error.into();
                self
            }
            /// The id of something else on the page that describes this question.
            #[must_use]
            pub fn described_by(mut self, id: impl Into<String>) -> Self {
                self.group.described_by = Some(id.into());
                self
            }
            /// More class names on the field itself.
            #[must_use]
            pub fn classes(mut self, classes: &str) -> Self {
                self.group.classes = $crate::html::Classes::new(classes);
                self
            }
            /// More class names on the whole group.
            #[must_use]
            pub fn form_group_classes(mut self, classes: &str) -> Self {
                self.group.form_group_classes = $crate::html::Classes::new(classes);
                self
            }
            /// An extra attribute on the field itself.
            #[must_use]
            pub fn attr(mut self, name: &str, value: impl Into<String>) -> Self {
                self.group.attrs.set(name, value);
                self
            }
        }
    };
}
pub(crate) use question;

/// The builder methods of questions with a label (the rest have a legend).
macro_rules! labelled {
    ($name:ty) => {
        impl $name {
            /// This question's label is the heading of the page.
            #[must_use]
            pub fn page_heading(mut self) -> Self {
                self.group.label = self.group.label.page_heading().classes("govuk-label--l");
                self
            }
            /// The label is shown in bold at medium size.
            #[must_use]
            pub fn bold_label(mut self) -> Self {
                self.group.label = self.group.label.classes("govuk-label--s");
                self
            }
            /// The question is shown but cannot be answered.
            #[must_use]
            pub const fn disabled(mut self) -> Self {
                self.group.disabled = true;
                self
            }
        }
    };
}

pub(crate) use labelled;

/// One line of text.
#[derive(Debug, Clone, Template)]
#[template(path = "input.html")]
pub struct Input {
    group: Group,
    kind: String,
    value: Option<String>,
    spellcheck: Option<bool>,
    autocomplete: Option<String>,
    autocapitalize: Option<String>,
    pattern: Option<String>,
    inputmode: Option<String>,
    prefix: Option<Html>,
    suffix: Option<Html>,
    wrapper_classes: Classes,
    after: Option<Html>,
}

impl Input {
    /// A line of text with this name and label.
    pub fn new(name: impl Into<String>, label: impl Into<Label>) -> Self {
        Self {
            group: Group::new(name, label),
            kind: "text".to_owned(),
            value: None,
            spellcheck: None,
            autocomplete: None,
            autocapitalize: None,
            pattern: None,
            inputmode: None,
            prefix: None,
            suffix: None,
            wrapper_classes: Classes::default(),
            after: None,
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

    /// Another `type` than `text`: `email`, `tel`, `search`.
    #[must_use]
    pub fn kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = kind.into();
        self
    }

    /// A whole number: the number pad on a phone.
    #[must_use]
    pub fn whole_number(self) -> Self {
        self.inputmode("numeric")
    }

    /// Wide enough for this many characters: 2, 3, 4, 5, 10, 20 or 30.
    #[must_use]
    pub fn width(mut self, characters: u8) -> Self {
        self.group
            .classes
            .add(&format!("govuk-input--width-{characters}"));
        self
    }

    /// Words before the box, such as `£`.
    #[must_use]
    pub fn prefix(mut self, words: impl Into<Html>) -> Self {
        self.prefix = Some(words.into());
        self
    }

    /// Words after the box, such as `miles`.
    #[must_use]
    pub fn suffix(mut self, words: impl Into<Html>) -> Self {
        self.suffix = Some(words.into());
        self
    }

    /// Whether the browser may mark spelling. Forms here say no for all that is in them: some browsers send what is
    /// typed to a third party to check it.
    #[must_use]
    pub const fn spellcheck(mut self, yes: bool) -> Self {
        self.spellcheck = Some(yes);
        self
    }

    setters! {
        /// What is in the box.
        text value;
        /// What the browser may fill in; forms here turn that off unless it is asked for.
        text autocomplete;
        /// Whether a phone starts with a capital.
        text autocapitalize;
        /// A pattern old phones use to choose a keyboard.
        text pattern;
        /// Which keyboard a phone shows.
        text inputmode;
    }

    /// With these attributes, as another component needs.
    pub(crate) fn with_attrs(mut self, attrs: Attrs) -> Self {
        self.group.attrs = attrs;
        self
    }

    fn wrapped(&self) -> bool {
        self.prefix.is_some() || self.suffix.is_some() || self.after.is_some()
    }

    fn element(&self) -> Html {
        let group = &self.group;
        let error = if group.error.is_some() {
            " govuk-input--error"
        } else {
            ""
        };
        let mut out = format!(
            "<input class=\"govuk-input{}{error}\" id=\"{}\" name=\"{}\" type=\"{}\"",
            group.classes,
            escape(group.id()),
            escape(&group.name),
            escape(&self.kind)
        );
        if let Some(yes) = self.spellcheck {
            out.push_str(attribute("spellcheck", if yes { "true" } else { "false" }).as_str());
        }
        if let Some(value) = &self.value {
            out.push_str(" value=\"");
            out.push_str(&escape(value));
            out.push('"');
        }
        if group.disabled {
            out.push_str(" disabled");
        }
        out.push_str(group.described_attr().as_str());
        for (name, value) in [
            ("autocomplete", &self.autocomplete),
            ("autocapitalize", &self.autocapitalize),
            ("pattern", &self.pattern),
            ("inputmode", &self.inputmode),
        ] {
            if let Some(value) = value {
                out.push_str(attribute(name, value).as_str());
            }
        }
        Html::trusted(format!("{out}{}>", group.attrs))
    }
}

question!(Input);
labelled!(Input);
component!(Input, |lang| Self::new("name", "Full name")
    .hint("As on your letter")
    .value("Sam O’Neill")
    .error(ErrorMessage::new(
        lang,
        Text::new(lang).t("error-required")
    )));

/// A password, with a button to show it when there is JavaScript.
#[derive(Debug, Clone, Template)]
#[template(ext = "html", source = "{{ self.composed() }}")]
pub struct PasswordInput {
    lang: Lang,
    input: Input,
}

impl PasswordInput {
    /// A password that already exists.
    pub fn new(lang: Lang, name: impl Into<String>, label: impl Into<Label>) -> Self {
        Self {
            lang,
            input: Input::new(name, label)
                .kind("password")
                .spellcheck(false)
                .autocapitalize("none")
                .autocomplete("current-password"),
        }
    }

    /// A password being chosen.
    #[must_use]
    pub fn new_password(self) -> Self {
        self.with(|input| input.autocomplete("new-password"))
    }

    /// Help with answering.
    #[must_use]
    pub fn hint(self, hint: impl Into<Html>) -> Self {
        self.with(|input| input.hint(hint))
    }

    /// What is wrong, if anything. (There is no `bind`: a password is never shown again.)
    #[must_use]
    pub fn error(self, error: impl Into<Option<ErrorMessage>>) -> Self {
        self.with(|input| input.error(error))
    }

    /// Changes the box itself: id, classes and the rest.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(Input) -> Input) -> Self {
        self.input = change(self.input);
        self
    }

    fn composed(&self) -> Input {
        let text = Text::new(self.lang);
        let mut input = self.input.clone();
        let mut classes = Classes::new("govuk-password-input__input govuk-js-password-input-input");
        classes.add(input.group.classes.as_str());
        input.group.classes = classes;
        let mut classes = Classes::new("govuk-password-input");
        classes.add(input.group.form_group_classes.as_str());
        input.group.form_group_classes = classes;
        let attrs = &mut input.group.form_group_attrs;
        attrs.set("data-module", "govuk-password-input");
        // English is built into the script; other languages travel with the page.
        if self.lang != Lang::En {
            for (attribute, key) in [
                ("show-password", "show-password"),
                ("hide-password", "hide-password"),
                ("show-password-aria-label", "show-password-label"),
                ("hide-password-aria-label", "hide-password-label"),
                ("password-shown-announcement", "password-shown"),
                ("password-hidden-announcement", "password-hidden"),
            ] {
                let words = text.plain(&format!("component-{key}"));
                attrs.set(&format!("data-i18n.{attribute}"), words);
            }
        }
        input.wrapper_classes = Classes::new("govuk-password-input__wrapper");
        input.after = Some(Html::trusted(format!(
            "<button type=\"button\" class=\"govuk-button govuk-button--secondary govuk-password-input__toggle \
             govuk-js-password-input-toggle\" data-module=\"govuk-button\" aria-controls=\"{}\" aria-label=\"{}\" \
             hidden>{}</button>",
            escape(input.group.id()),
            escape(&text.plain("component-show-password-label")),
            text.t("component-show-password")
        )));
        input
    }
}

component!(PasswordInput, |lang| Self::new(
    lang, "password", "Password"
));
