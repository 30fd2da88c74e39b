//! Things to read: inset and warning text, details, panel, tag, banner.

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
