//! Ministry of Justice patterns and our own: timeline, identity bar, sub-navigation, cards, columns.

use askama::Template;

use crate::actions::{Button, safe_href};
use crate::content::{Colour, Tag};
use crate::html::{Attrs, Classes, Html, component, setters};
use crate::text::{Lang, Text};

/// What happened, one thing after another.
#[derive(Debug, Clone, Template)]
#[template(path = "timeline.html")]
pub struct Timeline {
    items: Vec<Event>,
    level: u8,
    classes: Classes,
    attrs: Attrs,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Event {
    title: Html,
    byline: Option<Html>,
    machine_time: String,
    time: String,
    body: Html,
    classes: Classes,
}

impl Event {
    /// What happened and when: `machine_time` is ISO 8601, `time` is how people say it.
    pub fn new(
        title: impl Into<Html>,
        machine_time: impl Into<String>,
        time: impl Into<String>,
    ) -> Self {
        Self {
            title: title.into(),
            byline: None,
            machine_time: machine_time.into(),
            time: time.into(),
            body: Html::default(),
            classes: Classes::default(),
        }
    }

    /// By whom, in a language: "by Jo Hughes".
    #[must_use]
    pub fn by(mut self, lang: Lang, who: &str) -> Self {
        self.byline = Some(Text::new(lang).t_with("component-timeline-by", &[("who", who.into())]));
        self
    }

    /// More about it.
    #[must_use]
    pub fn body(mut self, body: impl Into<Html>) -> Self {
        self.body = body.into();
        self
    }

    setters! {
        /// More class names.
        classes classes;
    }
}

impl Timeline {
    /// These things, in the order given.
    pub fn new(items: impl IntoIterator<Item = Event>) -> Self {
        Self {
            items: items.into_iter().collect(),
            level: 2,
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
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
}

component!(Timeline, |lang| Self::new([Event::new(
    "Asked Rosewood hostel for a bed",
    "2026-03-03T15:05:00Z",
    "3 March 2026 at 3:05pm"
)
.by(lang, "Jo Hughes")
.body(Html::paragraph("You will hear by 5pm today."))]));

/// Who this page is about, and how to reach them safely now.
#[derive(Debug, Clone, Template)]
#[template(path = "identity_bar.html")]
pub struct IdentityBar {
    title: Html,
    contact: Option<(Html, bool)>,
    actions: Vec<Html>,
    classes: Classes,
    attrs: Attrs,
}

impl IdentityBar {
    /// The name the person chose.
    pub fn new(title: impl Into<Html>) -> Self {
        Self {
            title: title.into(),
            contact: None,
            actions: Vec::new(),
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// A safe way to reach them now: "by text before 3 pm".
    #[must_use]
    pub fn safe_contact(mut self, words: impl Into<Html>) -> Self {
        self.contact = Some((words.into(), true));
        self
    }

    /// There is none: "no safe way recorded".
    #[must_use]
    pub fn no_safe_contact(mut self, words: impl Into<Html>) -> Self {
        self.contact = Some((words.into(), false));
        self
    }

    /// Adds a button or link.
    #[must_use]
    pub fn action(mut self, action: impl Into<Html>) -> Self {
        self.actions.push(action.into());
        self
    }

    setters! {
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(IdentityBar, |_lang| Self::new("Sam")
    .safe_contact("Safe now: by text before 3pm")
    .action(Button::link("Write a note", "/note").secondary()));

/// The parts of one record, as pages (so they work without JavaScript and can be linked to).
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<nav class="moj-sub-navigation{{ classes }}" aria-label="{{ label }}"><ul class="moj-sub-navigation__list">{% for item in items %}<li class="moj-sub-navigation__item"><a class="moj-sub-navigation__link"{% if item.2 %} aria-current="page"{% endif %} href="{{ item.1 }}">{{ item.0 }}</a></li>{% endfor %}</ul></nav>"#
)]
pub struct SubNavigation {
    label: String,
    items: Vec<(Html, String, bool)>,
    classes: Classes,
}

impl SubNavigation {
    /// No parts yet.
    pub fn new(lang: Lang) -> Self {
        Self {
            label: Text::new(lang).plain("component-sub-navigation"),
            items: Vec::new(),
            classes: Classes::default(),
        }
    }

    /// Adds a part; `current` when it is the one being shown.
    #[must_use]
    pub fn item(mut self, words: impl Into<Html>, href: impl AsRef<str>, current: bool) -> Self {
        self.items
            .push((words.into(), safe_href(href.as_ref()), current));
        self
    }

    setters! {
        /// More class names.
        classes classes;
    }
}

component!(SubNavigation, |lang| Self::new(lang)
    .item("Story", "/story", true)
    .item("Contact", "/contact", false));

/// A thing to look at and act on: a service that fits, a referral, a room.
#[derive(Debug, Clone, Template)]
#[template(path = "card.html")]
pub struct Card {
    title: Html,
    href: Option<String>,
    level: u8,
    tags: Vec<Html>,
    body: Html,
    actions: Vec<Html>,
    urgent: bool,
    id: Option<String>,
    classes: Classes,
}

impl Card {
    /// A card with a title.
    pub fn new(title: impl Into<Html>) -> Self {
        Self {
            title: title.into(),
            href: None,
            level: 3,
            tags: Vec::new(),
            body: Html::default(),
            actions: Vec::new(),
            urgent: false,
            id: None,
            classes: Classes::default(),
        }
    }

    /// Where the title leads.
    #[must_use]
    pub fn href(mut self, href: impl AsRef<str>) -> Self {
        self.href = Some(safe_href(href.as_ref()));
        self
    }

    /// Another heading level than 3.
    #[must_use]
    pub const fn level(mut self, level: u8) -> Self {
        self.level = level;
        self
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, tag: Tag) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// What it says.
    #[must_use]
    pub fn body(mut self, body: impl Into<Html>) -> Self {
        self.body = body.into();
        self
    }

    /// Adds a button or link.
    #[must_use]
    pub fn action(mut self, action: impl Into<Html>) -> Self {
        self.actions.push(action.into());
        self
    }

    setters! {
        /// Marked with a thick bar (the words must say why).
        flag urgent;
        /// Its id.
        text id;
        /// More class names.
        classes classes;
    }
}

component!(Card, |_lang| Self::new("Rosewood hostel")
    .href("/service/1")
    .tag(Tag::new("Space today").colour(Colour::Green))
    .body(Html::paragraph("A room of your own, for up to 28 days."))
    .action(Button::link("Refer", "/refer")));

/// Reasons in favour (ticks) and questions to ask, as lists that can be read out: the words say which is which.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<ul class="govuk-list tl-reasons tl-reasons--{{ kind }}">{% for item in items %}<li>{{ item }}</li>{% endfor %}</ul>"#
)]
pub struct Reasons {
    kind: &'static str,
    items: Vec<Html>,
}

impl Reasons {
    /// Why it fits: a tick before each.
    pub fn fits<T: Into<Html>>(items: impl IntoIterator<Item = T>) -> Self {
        Self {
            kind: "fits",
            items: items.into_iter().map(Into::into).collect(),
        }
    }

    /// What to ask: a question mark before each.
    pub fn ask<T: Into<Html>>(items: impl IntoIterator<Item = T>) -> Self {
        Self {
            kind: "ask",
            items: items.into_iter().map(Into::into).collect(),
        }
    }

    /// Why not: a cross before each.
    pub fn against<T: Into<Html>>(items: impl IntoIterator<Item = T>) -> Self {
        Self {
            kind: "against",
            items: items.into_iter().map(Into::into).collect(),
        }
    }
}

component!(Reasons, |_lang| Self::fits(["Takes couples", "Open now"]));

/// Two things side by side on a wide screen, one after the other on a phone.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<div class="tl-columns{{ classes }}"><div class="tl-columns__left">{{ left }}</div><div class="tl-columns__right">{{ right }}</div></div>"#
)]
pub struct Columns {
    left: Html,
    right: Html,
    classes: Classes,
}

impl Columns {
    /// Two halves.
    pub fn halves(left: impl Into<Html>, right: impl Into<Html>) -> Self {
        Self {
            left: left.into(),
            right: right.into(),
            classes: Classes::default(),
        }
    }

    /// A third and two thirds: filters and results.
    pub fn third(left: impl Into<Html>, right: impl Into<Html>) -> Self {
        Self {
            classes: Classes::new("tl-columns--third"),
            ..Self::halves(left, right)
        }
    }
}

component!(Columns, |_lang| Self::halves(
    Html::heading(2, crate::html::Size::M, "Signs seen"),
    Html::heading(2, crate::html::Size::M, "What they told me")
));
