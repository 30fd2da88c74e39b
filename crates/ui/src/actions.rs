//! Things to press: buttons, links, and the forms they send.

use askama::Template;

use crate::html::{Attrs, Classes, Html, component, escape, setters};
use crate::text::{Lang, Text};

/// An address to link to: `http`, `https`, `mailto`, `tel`, or a place in this service. Anything else (`javascript:` in
/// a feed, for one) becomes `#`.
pub fn safe_href(href: &str) -> String {
    let href = href.trim();
    let scheme = href
        .split_once(':')
        .map(|(before, _)| before)
        .filter(|before| !before.contains(['/', '?', '#']));
    let control = href.chars().any(char::is_control);
    let known = match scheme {
        None => true,
        Some(scheme) => ["http", "https", "mailto", "tel", "sms"]
            .iter()
            .any(|good| scheme.eq_ignore_ascii_case(good)),
    };
    if known && !control {
        href.to_owned()
    } else {
        "#".to_owned()
    }
}

/// A button, or a link that looks like one.
#[derive(Debug, Clone, Template)]
#[template(path = "button.html")]
pub struct Button {
    words: Html,
    href: Option<String>,
    kind: String,
    name: Option<String>,
    value: Option<String>,
    id: Option<String>,
    disabled: bool,
    start: bool,
    prevent_double_click: Option<bool>,
    classes: Classes,
    attrs: Attrs,
}

impl Button {
    /// A button that sends its form.
    pub fn new(words: impl Into<Html>) -> Self {
        Self {
            words: words.into(),
            href: None,
            kind: "submit".to_owned(),
            name: None,
            value: None,
            id: None,
            disabled: false,
            start: false,
            prevent_double_click: None,
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// A link that looks like a button.
    pub fn link(words: impl Into<Html>, href: impl AsRef<str>) -> Self {
        Self {
            href: Some(safe_href(href.as_ref())),
            ..Self::new(words)
        }
    }

    /// The second choice on a page.
    #[must_use]
    pub fn secondary(mut self) -> Self {
        self.classes.add("govuk-button--secondary");
        self
    }

    /// Something hard to undo.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.classes.add("govuk-button--warning");
        self
    }

    /// Another `type` than `submit`: `button`, `reset`.
    #[must_use]
    pub fn kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = kind.into();
        self
    }

    /// A name and value sent with the form, to tell several buttons apart.
    #[must_use]
    pub fn sends(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.name(name).value(value)
    }

    /// Ignores a second press within a second (the server must not mind one either).
    #[must_use]
    pub const fn prevent_double_click(mut self, yes: bool) -> Self {
        self.prevent_double_click = Some(yes);
        self
    }

    setters! {
        /// The name sent with the form.
        text name;
        /// The value sent with the form.
        text value;
        /// Its id.
        text id;
        /// Shown but cannot be pressed.
        flag disabled;
        /// The large green button that begins something.
        flag start;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(Button, |_lang| Self::new("Save and continue"));

/// Buttons and links in a row.
#[derive(Debug, Clone, Default, Template)]
#[template(
    ext = "html",
    source = r#"<div class="govuk-button-group">{% for item in items %}{{ item }}{% endfor %}</div>"#
)]
pub struct ButtonGroup {
    items: Vec<Html>,
}

impl ButtonGroup {
    /// A row of these.
    pub fn new<T: Into<Html>>(items: impl IntoIterator<Item = T>) -> Self {
        Self {
            items: items.into_iter().map(Into::into).collect(),
        }
    }
}

component!(ButtonGroup, |_lang| Self::new([
    Html::from(Button::new("Send")),
    Html::from(Link::new("Not now", "/later")),
]));

/// A link in a sentence.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<a class="govuk-link{{ classes }}" href="{{ href }}"{% if outside %} rel="noreferrer noopener nofollow"{% endif %}{{ attrs }}>{{ words }}{% if let Some(hidden) = hidden %}<span class="govuk-visually-hidden"> {{ hidden }}</span>{% endif %}</a>"#
)]
pub struct Link {
    words: Html,
    href: String,
    outside: bool,
    hidden: Option<Html>,
    classes: Classes,
    attrs: Attrs,
}

impl Link {
    /// A link; an address that could run script becomes `#`. Links that leave the service never say where they came from.
    pub fn new(words: impl Into<Html>, href: impl AsRef<str>) -> Self {
        let href = safe_href(href.as_ref());
        Self {
            words: words.into(),
            outside: href.contains("://") || href.starts_with("//"),
            href,
            hidden: None,
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// Looks like plain text until it is pointed at; for lists of links.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.classes.add("govuk-link--no-underline");
        self
    }

    setters! {
        /// More words for a screen reader: "Change *name*".
        html hidden;
        /// More class names.
        classes classes;
        /// An extra attribute.
        attr attr;
    }
}

component!(Link, |_lang| Self::new("Details", "/details")
    .hidden("of the hostel"));

/// A form that changes something: it carries the token against forged requests, and asks the browser to remember
/// nothing and to send nothing to a spelling service.
#[derive(Debug, Clone, Template)]
#[template(path = "post_form.html")]
pub struct PostForm {
    action: String,
    csrf: String,
    hidden: Vec<(String, String)>,
    autosave: Option<String>,
    autosave_words: String,
    body: Html,
    attrs: Attrs,
}

impl PostForm {
    /// A form posted to `action`. `csrf` is the session's token, sent as the field `csrf`.
    pub fn new(action: impl AsRef<str>, csrf: impl Into<String>) -> Self {
        Self {
            action: safe_href(action.as_ref()),
            csrf: csrf.into(),
            hidden: Vec::new(),
            autosave: None,
            autosave_words: String::new(),
            body: Html::default(),
            attrs: Attrs::new(),
        }
    }

    /// A field nobody sees, such as `version` or `idempotency_key`.
    #[must_use]
    pub fn hidden(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.hidden.push((name.into(), value.into()));
        self
    }

    /// Saves the draft as it is typed, by posting the fields to `href`; the page says so. Without JavaScript the form
    /// is simply sent.
    #[must_use]
    pub fn autosave(mut self, lang: Lang, href: impl AsRef<str>) -> Self {
        self.autosave = Some(safe_href(href.as_ref()));
        self.autosave_words = Text::new(lang).plain("saved-as-you-type");
        self
    }

    /// What is inside: questions and a button.
    #[must_use]
    pub fn body(mut self, body: impl Into<Html>) -> Self {
        self.body = body.into();
        self
    }

    setters! {
        /// An extra attribute.
        attr attr;
    }
}

component!(PostForm, |lang| Self::new("/save", "token")
    .autosave(lang, "/draft")
    .body(Button::new("Save")));

/// A form that only asks, such as a search: what is typed goes into the address, so never for words about a person.
#[derive(Debug, Clone, Template)]
#[template(
    ext = "html",
    source = r#"<form method="get" action="{{ action }}" novalidate autocomplete="off" spellcheck="false"{{ attrs }}>{{ body }}</form>"#
)]
pub struct GetForm {
    action: String,
    body: Html,
    attrs: Attrs,
}

impl GetForm {
    /// A form sent to `action`.
    pub fn new(action: impl AsRef<str>) -> Self {
        Self {
            action: safe_href(action.as_ref()),
            body: Html::default(),
            attrs: Attrs::new(),
        }
    }

    /// What is inside.
    #[must_use]
    pub fn body(mut self, body: impl Into<Html>) -> Self {
        self.body = body.into();
        self
    }

    setters! {
        /// An extra attribute.
        attr attr;
    }
}

component!(GetForm, |_lang| Self::new("/find")
    .body(Button::new("Find")));

/// The button that leaves for a neutral page: SPEC 3.20. Works without JavaScript as a link; with it, Shift three times
/// does the same and the page is blanked and replaced in the history.
#[derive(Debug, Clone, Template)]
#[template(path = "exit_this_page.html")]
pub struct ExitThisPage {
    words: Html,
    redirect: String,
    id: Option<String>,
    classes: Classes,
    attrs: Attrs,
}

impl ExitThisPage {
    /// The neutral page people are taken to.
    pub const WEATHER: &str = "https://www.bbc.co.uk/weather";

    /// The button, in a language.
    pub fn new(lang: Lang) -> Self {
        let text = Text::new(lang);
        Self {
            words: Html::trusted(format!(
                "<span class=\"govuk-visually-hidden\">{}</span> {}",
                escape(&text.plain("exit-emergency")),
                text.t("exit-this-page")
            )),
            redirect: Self::WEATHER.to_owned(),
            id: None,
            classes: Classes::default(),
            attrs: Attrs::new(),
        }
    }

    /// Other words on the button.
    #[must_use]
    pub fn words(mut self, words: impl Into<Html>) -> Self {
        self.words = words.into();
        self
    }

    /// Another neutral page.
    #[must_use]
    pub fn redirect(mut self, href: impl AsRef<str>) -> Self {
        self.redirect = safe_href(href.as_ref());
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

component!(ExitThisPage, |lang| Self::new(lang));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::Component as _;

    #[test]
    fn an_address_that_could_run_script_leads_nowhere() {
        for bad in [
            "javascript:alert(1)",
            " JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "java\nscript:alert(1)",
        ] {
            assert_eq!(safe_href(bad), "#", "{bad}");
        }
        for good in [
            "/a",
            "#b",
            "?c=d:e",
            "/a:b",
            "https://example.org",
            "tel:999",
            "mailto:a@b.c",
            "a/b",
        ] {
            assert_eq!(safe_href(good), good);
        }
    }

    #[test]
    fn links_that_leave_never_say_where_they_came_from() {
        assert!(
            Link::new("x", "https://example.org")
                .html()
                .as_str()
                .contains("noreferrer")
        );
        assert!(
            !Link::new("x", "/here")
                .html()
                .as_str()
                .contains("noreferrer")
        );
    }

    #[test]
    fn e5_a_post_form_always_carries_its_token_and_remembers_nothing() {
        let form = PostForm::new("/x", "to\"ken").hidden("version", "3").html();
        assert!(
            form.as_str().contains(r#"name="csrf" value="to&#34;ken""#),
            "{form}"
        );
        assert!(form.as_str().contains(r#"autocomplete="off""#));
    }
}
