//! Questions answered by choosing: fieldset, radios, checkboxes.

use askama::Template;

use crate::fields::{Group, Hint, Input, Label, question};
use crate::form::Form;
use crate::html::{Attrs, Classes, Html, component, setters};
use crate::text::Text;

/// The name of a group of fields.
#[derive(Debug, Clone, Default)]
pub struct Legend {
    words: Html,
    classes: Classes,
    page_heading: bool,
}

impl Legend {
    /// A legend.
    pub fn new(words: impl Into<Html>) -> Self {
        Self {
            words: words.into(),
            ..Self::default()
        }
    }

    /// A legend that is the heading of the page.
    pub fn heading(words: impl Into<Html>) -> Self {
        Self::new(words)
            .page_heading()
            .classes("govuk-fieldset__legend--l")
    }

    setters! {
        /// More class names.
        classes classes;
        /// This legend is the heading of the page.
        flag page_heading;
    }
}

impl<T: Into<Html>> From<T> for Legend {
    fn from(words: T) -> Self {
        Self::new(words)
    }
}

/// Fields that belong together.
#[derive(Debug, Clone, Default, Template)]
#[template(path = "fieldset.html")]
pub struct Fieldset {
    legend: Legend,
    classes: Classes,
    role: Option<String>,
    described_by: Option<String>,
    attrs: Attrs,
    body: Html,
}

impl Fieldset {
    /// A fieldset with a legend.
    pub fn new(legend: impl Into<Legend>) -> Self {
        Self {
            legend: legend.into(),
            ..Self::default()
        }
    }

    /// What is inside.
    #[must_use]
    pub fn body(mut self, body: impl Into<Html>) -> Self {
        self.body = body.into();
        self
    }

    setters! {
        /// More class names.
        classes classes;
        /// Its ARIA role.
        text role;
        /// The ids of what describes it.
        text described_by;
        /// An extra attribute.
        attr attr;
    }
}

component!(Fieldset, |_lang| Self::new("Your address")
    .body(Input::new("town", "Town")));

/// One answer of [`Radios`] or [`Checkboxes`].
#[derive(Debug, Clone, Default)]
pub struct Choice {
    value: String,
    words: Html,
    id: Option<String>,
    name: Option<String>,
    hint: Option<Html>,
    checked: Option<bool>,
    disabled: bool,
    exclusive: bool,
    conditional: Option<Html>,
    divider: Option<Html>,
    label_classes: Classes,
    label_attrs: Attrs,
    attrs: Attrs,
}

impl Choice {
    /// An answer with a value and words.
    pub fn new(value: impl Into<String>, words: impl Into<Html>) -> Self {
        Self {
            value: value.into(),
            words: words.into(),
            ..Self::default()
        }
    }

    /// A word between answers, such as "or".
    pub fn divider(words: impl Into<Html>) -> Self {
        Self {
            divider: Some(words.into()),
            ..Self::default()
        }
    }

    /// Chosen, or certainly not, whatever the value of the whole.
    #[must_use]
    pub const fn checked(mut self, yes: bool) -> Self {
        self.checked = Some(yes);
        self
    }

    /// An extra attribute on the label.
    #[must_use]
    pub fn label_attr(mut self, name: &str, value: impl Into<String>) -> Self {
        self.label_attrs.set(name, value);
        self
    }

    setters! {
        /// An id other than the one made from the name and the place in the list.
        text id;
        /// A name of its own (checkboxes only).
        text name;
        /// Help with this answer.
        html hint;
        /// What is asked next when this answer is chosen; always shown without JavaScript.
        html conditional;
        /// Shown but cannot be chosen.
        flag disabled;
        /// "None of these": choosing it clears the others (checkboxes only).
        flag exclusive;
        /// More class names on the label.
        classes label_classes;
        /// An extra attribute on the box.
        attr attr;
    }
}

/// What radios and checkboxes share.
#[derive(Debug, Clone)]
struct ChoiceSet {
    fieldset: Option<Fieldset>,
    items: Vec<Choice>,
    values: Vec<String>,
}

#[derive(Template)]
#[template(path = "choice.html")]
struct ChoiceRow<'a> {
    block: &'a str,
    kind: &'a str,
    choice: &'a Choice,
    id: String,
    name: &'a str,
    checked: bool,
    described: String,
}

impl ChoiceRow<'_> {
    fn label(&self) -> Html {
        let mut classes = Classes::new(&format!("{}__label", self.block));
        classes.add(self.choice.label_classes.as_str());
        let label = Label::new(self.choice.words.clone()).for_id(&self.id);
        label
            .with_classes(classes, self.choice.label_attrs.clone())
            .into()
    }

    fn hint(&self) -> Html {
        self.choice
            .hint
            .as_ref()
            .map_or_else(Html::default, |hint| {
                Hint::new(hint.clone())
                    .id(format!("{}-item-hint", self.id))
                    .classes(&format!("{}__hint", self.block))
                    .into()
            })
    }
}

impl ChoiceSet {
    fn rows(&self, group: &Group, block: &str, kind: &str) -> Html {
        let mut out = Html::default();
        for (index, choice) in self.items.iter().enumerate() {
            if let Some(divider) = &choice.divider {
                out.push(Html::trusted(format!(
                    "<div class=\"{block}__divider\">{divider}</div>"
                )));
                continue;
            }
            let id = choice.id.clone().unwrap_or_else(|| match index {
                // The first has the plain id, so an error summary can lead to it.
                0 => group.id().to_owned(),
                _ => format!("{}-{}", group.id(), index + 1),
            });
            let mut described = Vec::new();
            if kind == "checkbox" && self.fieldset.is_none() {
                described.push(group.described());
            }
            if choice.hint.is_some() {
                described.push(format!("{id}-item-hint"));
            }
            described.retain(|id| !id.is_empty());
            let row = ChoiceRow {
                block,
                kind,
                choice,
                checked: choice
                    .checked
                    .unwrap_or_else(|| self.values.contains(&choice.value)),
                name: choice.name.as_deref().unwrap_or(&group.name),
                described: described.join(" "),
                id,
            };
            out.push(Html::trusted(row.render().unwrap_or_default()));
        }
        out
    }

    fn html(&self, group: &Group, block: &str, kind: &str) -> Html {
        let inner = group.hint_and_error().then(Html::trusted(format!(
            "<div class=\"{block}{}\"{} data-module=\"{block}\">{}</div>",
            group.classes,
            group.attrs,
            self.rows(group, block, kind)
        )));
        wrap(group, self.fieldset.as_ref(), inner)
    }
}

/// Puts the inside of a question into its fieldset, if it has one, and its form group.
pub(crate) fn wrap(group: &Group, fieldset: Option<&Fieldset>, inner: Html) -> Html {
    let inner = match fieldset {
        None => inner,
        Some(fieldset) => {
            let mut fieldset = fieldset.clone();
            fieldset.described_by = Some(group.described());
            fieldset.body(inner).into()
        }
    };
    Html::trusted(format!("{}\n{inner}\n</div>", group.open()))
}

/// The builder methods radios and checkboxes share.
macro_rules! chosen {
    ($name:ident, $block:literal, $kind:literal) => {
        impl $name {
            /// A question with this name and legend.
            pub fn new(name: impl Into<String>, legend: impl Into<Legend>) -> Self {
                let mut new = Self::bare(name);
                new.set.fieldset = Some(Fieldset::new(legend));
                new
            }

            /// Without a legend: only inside something that already asks the question.
            pub fn bare(name: impl Into<String>) -> Self {
                Self {
                    group: Group::new(name, Html::default()),
                    set: ChoiceSet {
                        fieldset: None,
                        items: Vec::new(),
                        values: Vec::new(),
                    },
                }
            }

            /// Adds an answer.
            #[must_use]
            pub fn item(mut self, choice: Choice) -> Self {
                self.set.items.push(choice);
                self
            }

            /// Adds answers.
            #[must_use]
            pub fn items(mut self, choices: impl IntoIterator<Item = Choice>) -> Self {
                self.set.items.extend(choices);
                self
            }

            /// Takes what was chosen and any error back from a form.
            #[must_use]
            pub fn bind(mut self, form: &Form, text: Text) -> Self {
                if form.has(&self.group.name) {
                    let values = form.values(&self.group.name);
                    self.set.values = values.into_iter().map(str::to_owned).collect();
                }
                self.group.error = form.error(text, &self.group.name);
                self
            }

            /// Changes the fieldset: classes, attributes.
            #[must_use]
            pub fn fieldset(mut self, change: impl FnOnce(Fieldset) -> Fieldset) -> Self {
                self.set.fieldset = self.set.fieldset.map(change);
                self
            }

            fn composed(&self) -> Html {
                self.set.html(&self.group, $block, $kind)
            }
        }
        question!($name);
    };
}

/// Choose one.
#[derive(Debug, Clone, Template)]
#[template(ext = "html", source = "{{ self.composed() }}")]
pub struct Radios {
    group: Group,
    set: ChoiceSet,
}

impl Radios {
    /// The value that is chosen.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.set.values = vec![value.into()];
        self
    }

    /// In a row rather than a column; for two short answers.
    #[must_use]
    pub fn inline(self) -> Self {
        self.classes("govuk-radios--inline")
    }

    /// Smaller, for dense pages that staff use all day.
    #[must_use]
    pub fn small(self) -> Self {
        self.classes("govuk-radios--small")
    }

    /// Yes, no and "not known", in that order: the answers [`Form::yes_no`] reads.
    #[must_use]
    pub fn yes_no_not_known(self, text: Text) -> Self {
        self.items([
            Choice::new("yes", text.t("answer-yes")),
            Choice::new("no", text.t("answer-no")),
            Choice::new("not-known", text.t("answer-not-known")),
        ])
    }
}

chosen!(Radios, "govuk-radios", "radio");
component!(Radios, |lang| Self::new("safe", "Is it safe to talk?")
    .yes_no_not_known(Text::new(lang))
    .item(Choice::divider("or"))
    .item(
        Choice::new("later", "Another time")
            .hint("You can come back")
            .conditional(Input::new("when", "When?")),
    )
    .value("later"));

/// Choose any.
#[derive(Debug, Clone, Template)]
#[template(ext = "html", source = "{{ self.composed() }}")]
pub struct Checkboxes {
    group: Group,
    set: ChoiceSet,
}

impl Checkboxes {
    /// The values that are chosen.
    #[must_use]
    pub fn values<V: Into<String>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.set.values = values.into_iter().map(Into::into).collect();
        self
    }

    /// Smaller, for dense pages that staff use all day.
    #[must_use]
    pub fn small(self) -> Self {
        self.classes("govuk-checkboxes--small")
    }
}

chosen!(Checkboxes, "govuk-checkboxes", "checkbox");
component!(Checkboxes, |lang| Self::new(
    "signs",
    "What did you notice?"
)
.item(Choice::new("tired", "Very tired"))
.item(Choice::new("hurt", "A mark or an injury").hint("Only what you saw"))
.item(Choice::new("none", Text::new(lang).t("answer-no")).exclusive())
.values(["hurt"]));
