//! Finding the way: back link, breadcrumbs, skip link, phase banner, header, service navigation.

use askama::Template;

use crate::actions::safe_href;
use crate::content::Tag;
use crate::html::{Attrs, Classes, Html, component, setters};
use crate::text::{Lang, Text};

/// Back to the page before.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<a href="{{ href }}" class="govuk-back-link{{ classes }}"{{ attrs }}>{{ words }}</a>"#
)]
pub struct BackLink {
    words: Html,
    href: String,
    classes: Classes,
    attrs: Attrs,
}

impl BackLink {
    /// "Back".
    pub fn new(lang: Lang, href: impl AsRef<str>) -> Self {
        Self {
            words: Text::new(lang).t("back"),
            href: safe_href(href.as_ref()),
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// Other words: "Back to Leeds".
    #[must_use]
    pub fn words(mut self, words: impl Into<Html>) -> Self {
        self.words = words.into();
        self
    }

    setters! {
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(BackLink, |lang| Self::new(lang, "/"));

/// The first thing a keyboard reaches.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<a href="{{ href }}" class="govuk-skip-link{{ classes }}"{{ attrs }} data-module="govuk-skip-link">{{ words }}</a>"#
)]
pub struct SkipLink {
    words: Html,
    href: String,
    classes: Classes,
    attrs: Attrs,
}

impl SkipLink {
    /// "Skip to main content".
    pub fn new(lang: Lang) -> Self {
        Self {
            words: Text::new(lang).t("skip-to-content"),
            href: "#main-content".to_owned(),
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// Other words.
    #[must_use]
    pub fn words(mut self, words: impl Into<Html>) -> Self {
        self.words = words.into();
        self
    }

    /// Another place.
    #[must_use]
    pub fn href(mut self, href: impl AsRef<str>) -> Self {
        self.href = safe_href(href.as_ref());
        self
    }

    setters! {
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(SkipLink, |lang| Self::new(lang));

/// One step of [`Breadcrumbs`], or one place in a navigation.
#[derive(Debug, Clone)]
pub struct NavItem {
    words: Html,
    href: Option<String>,
    current: bool,
    active: bool,
    attrs: Attrs,
}

impl NavItem {
    /// A place to go.
    pub fn new(words: impl Into<Html>, href: impl AsRef<str>) -> Self {
        Self {
            href: Some(safe_href(href.as_ref())),
            ..Self::here(words)
        }
    }

    /// A name without a link.
    pub fn here(words: impl Into<Html>) -> Self {
        Self {
            words: words.into(),
            href: None,
            current: false,
            active: false,
            attrs: Attrs::new(),
        }
    }

    /// This is the page being shown, or not.
    #[must_use]
    pub const fn current_if(mut self, yes: bool) -> Self {
        self.current = yes;
        self
    }

    setters! {
        /// This is the page being shown.
        flag current;
        /// The page being shown is inside this part.
        flag active;
        /// An extra attribute.
        attr attr;
    }

    fn aria_current(&self) -> &'static str {
        if self.current {
            " aria-current=\"page\""
        } else if self.active {
            " aria-current=\"true\""
        } else {
            ""
        }
    }

    fn on(&self) -> bool {
        self.current || self.active
    }
}

/// Where this page is.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<nav class="govuk-breadcrumbs{{ classes }}"{{ attrs }} aria-label="{{ label }}"><ol class="govuk-breadcrumbs__list">{% for item in items %}{% if let Some(href) = item.href %}<li class="govuk-breadcrumbs__list-item"><a class="govuk-breadcrumbs__link" href="{{ href }}"{{ item.attrs }}>{{ item.words }}</a></li>{% else %}<li class="govuk-breadcrumbs__list-item" aria-current="page">{{ item.words }}</li>{% endif %}{% endfor %}</ol></nav>"#
)]
pub struct Breadcrumbs {
    label: String,
    items: Vec<NavItem>,
    classes: Classes,
    attrs: Attrs,
}

impl Breadcrumbs {
    /// Steps from the start.
    pub fn new(lang: Lang, items: impl IntoIterator<Item = NavItem>) -> Self {
        Self {
            label: Text::new(lang).plain("component-breadcrumb"),
            items: items.into_iter().collect(),
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// Other words for a screen reader.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Only the first and last on a phone.
    #[must_use]
    pub fn collapse_on_mobile(mut self) -> Self {
        self.classes.add("govuk-breadcrumbs--collapse-on-mobile");
        self
    }

    setters! {
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(Breadcrumbs, |lang| Self::new(
    lang,
    [NavItem::new("Home", "/"), NavItem::here("Leeds")]
));

/// What state this service is in.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<div class="govuk-phase-banner govuk-width-container{{ classes }}"{{ attrs }}><p class="govuk-phase-banner__content">{{ tag }} <span class="govuk-phase-banner__text">{{ body }}</span></p></div>"#
)]
pub struct PhaseBanner {
    tag: Tag,
    body: Html,
    classes: Classes,
    attrs: Attrs,
}

impl PhaseBanner {
    /// A word in a tag and a sentence. `tag_classes` are more class names of the tag.
    pub fn new(tag: impl Into<Html>, tag_classes: &str, body: impl Into<Html>) -> Self {
        let mut names = Classes::new("govuk-phase-banner__content__tag");
        names.add(tag_classes);
        Self {
            tag: Tag::new(tag).classes(names.as_str()),
            body: body.into(),
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    setters! {
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(PhaseBanner, |lang| Self::new(
    Text::new(lang).t("demo-tag"),
    "",
    Text::new(lang).t("demo-banner")
));

/// The bar at the top with the name of the service; no government marks.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<div class="govuk-generic-header{{ classes }}"{{ attrs }}><div class="govuk-generic-header__container {{ container_classes }}"><div class="govuk-generic-header__logo"><a href="{{ href }}" class="govuk-generic-header__homepage-link">{{ logo }}</a></div></div></div>"#
)]
pub struct Header {
    logo: Html,
    href: String,
    container_classes: String,
    classes: Classes,
    attrs: Attrs,
}

impl Header {
    /// The name, leading home.
    pub fn new(name: impl Into<Html>, href: impl AsRef<str>) -> Self {
        Self {
            logo: name.into(),
            href: safe_href(href.as_ref()),
            container_classes: "govuk-width-container".to_owned(),
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// Class names of the inside, in place of the usual.
    #[must_use]
    pub fn container_classes(mut self, classes: impl Into<String>) -> Self {
        self.container_classes = classes.into();
        self
    }

    setters! {
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(Header, |_lang| Self::new("Throughline", "/"));

/// The parts of the service, for someone signed in.
#[derive(Debug, Clone, Template)]
#[template(path = "service_navigation.html")]
pub struct ServiceNavigation {
    name: Option<Html>,
    href: Option<String>,
    items: Vec<NavItem>,
    label: String,
    menu: String,
    menu_label: Option<String>,
    nav_label: Option<String>,
    nav_classes: Classes,
    nav_id: String,
    collapse: Option<bool>,
    classes: Classes,
    attrs: Attrs,
}

impl ServiceNavigation {
    /// These parts.
    pub fn new(lang: Lang, items: impl IntoIterator<Item = NavItem>) -> Self {
        let text = Text::new(lang);
        Self {
            name: None,
            href: None,
            items: items.into_iter().collect(),
            label: text.plain("service-information"),
            menu: text.plain("nav-menu"),
            menu_label: None,
            nav_label: None,
            nav_classes: Classes::default(),
            nav_id: "navigation".to_owned(),
            collapse: None,
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// Where the name of the service leads.
    #[must_use]
    pub fn href(mut self, href: impl AsRef<str>) -> Self {
        self.href = Some(safe_href(href.as_ref()));
        self
    }

    /// Other words for a screen reader about the whole.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Other words than "Menu".
    #[must_use]
    pub fn menu(mut self, words: impl Into<String>) -> Self {
        self.menu = words.into();
        self
    }

    /// Another id of the list.
    #[must_use]
    pub fn nav_id(mut self, id: impl Into<String>) -> Self {
        self.nav_id = id.into();
        self
    }

    /// Whether the list hides behind a button on a phone; it does when there are two or more.
    #[must_use]
    pub const fn collapse(mut self, yes: bool) -> Self {
        self.collapse = Some(yes);
        self
    }

    setters! {
        /// The name of the service.
        html name;
        /// Other words for a screen reader about the menu button.
        text menu_label;
        /// Other words for a screen reader about the list.
        text nav_label;
        /// More class names on the list.
        classes nav_classes;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }

    fn collapses(&self) -> bool {
        self.collapse.unwrap_or(self.items.len() > 1)
    }

    fn nav_words(&self) -> &str {
        self.nav_label.as_deref().unwrap_or(&self.menu)
    }

    fn button_label(&self) -> Html {
        match &self.menu_label {
            Some(label) if *label != self.menu => crate::fields::attribute("aria-label", label),
            _ => Html::default(),
        }
    }
}

component!(ServiceNavigation, |lang| Self::new(
    lang,
    [
        NavItem::new("Today", "/today").current(),
        NavItem::new("Find", "/find"),
    ]
)
.name("Throughline")
.href("/"));
