//! Markup that may be trusted, and the one trait every component has.

use std::fmt;

use crate::text::Lang;

/// Markup that is already safe to put on a page.
///
/// Plain text becomes `Html` only by being escaped (`Html::from("…")`), so forgetting to escape is not possible. Markup
/// made by a component is trusted; [`Html::trusted`] is for markup this code wrote itself, never for anything a person
/// typed or another system sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Html(String);

impl Html {
    /// Escaped text.
    pub fn text(plain: impl AsRef<str>) -> Self {
        Self(escape(plain.as_ref()))
    }

    /// Markup taken as it stands. Only for markup written in this code base.
    pub fn trusted(markup: impl Into<String>) -> Self {
        Self(markup.into())
    }

    /// Several pieces, one after another, with a line break between them.
    pub fn join<I, T>(pieces: I) -> Self
    where
        I: IntoIterator<Item = T>,
        T: Into<Self>,
    {
        let all: Vec<String> = pieces.into_iter().map(|piece| piece.into().0).collect();
        Self(all.join("\n"))
    }

    /// This, then that.
    #[must_use]
    pub fn then(mut self, next: impl Into<Self>) -> Self {
        self.push(next);
        self
    }

    /// Adds a piece at the end.
    pub fn push(&mut self, next: impl Into<Self>) {
        let next = next.into();
        if !self.0.is_empty() && !next.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(&next.0);
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True when there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The markup, by value.
    pub fn into_string(self) -> String {
        self.0
    }

    /// A heading: level 1 to 6; its size is GOV.UK's `xl`, `l`, `m` or `s`. Other levels are brought into range.
    pub fn heading(level: u8, size: Size, words: impl Into<Self>) -> Self {
        let level = level.clamp(1, 6);
        let size = size.letter();
        let words = words.into();
        Self(format!(
            "<h{level} class=\"govuk-heading-{size}\">{words}</h{level}>"
        ))
    }

    /// A word of the machine's own, such as the name of a scope: it may be broken anywhere, so that it fits.
    pub fn code(word: &str) -> Self {
        Self::trusted(format!(
            "<code class=\"tl-code\">{}</code>",
            Self::text(word).as_str()
        ))
    }

    /// A paragraph of body text.
    pub fn paragraph(words: impl Into<Self>) -> Self {
        Self(format!("<p class=\"govuk-body\">{}</p>", words.into()))
    }

    /// A bulleted list.
    pub fn bullets<I, T>(items: I) -> Self
    where
        I: IntoIterator<Item = T>,
        T: Into<Self>,
    {
        let mut out = String::from("<ul class=\"govuk-list govuk-list--bullet\">");
        for item in items {
            out.push_str("<li>");
            out.push_str(item.into().as_str());
            out.push_str("</li>");
        }
        out.push_str("</ul>");
        Self(out)
    }
}

/// How big a heading looks; its level says how deep it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Extra large.
    Xl,
    /// Large.
    L,
    /// Medium.
    M,
    /// Small.
    S,
}

impl Size {
    /// The letters GOV.UK class names end in.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Xl => "xl",
            Self::L => "l",
            Self::M => "m",
            Self::S => "s",
        }
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Html {}

impl From<&str> for Html {
    fn from(plain: &str) -> Self {
        Self::text(plain)
    }
}

impl From<&String> for Html {
    fn from(plain: &String) -> Self {
        Self::text(plain)
    }
}

impl From<String> for Html {
    fn from(plain: String) -> Self {
        Self::text(plain)
    }
}

impl<C: Component> From<C> for Html {
    fn from(component: C) -> Self {
        component.html()
    }
}

/// A piece of a page with its own type.
pub trait Component: Sized {
    /// The piece as markup.
    fn html(&self) -> Html;

    /// One honest example in a language, for tests and the page that shows every component.
    fn sample(lang: Lang) -> Self;
}

/// Makes an askama template a [`Component`]: safe inside other templates, with a sample.
macro_rules! component {
    ($name:ty, |$lang:ident| $sample:expr) => {
        impl askama::filters::HtmlSafe for $name {}
        impl $crate::html::Component for $name {
            fn html(&self) -> $crate::html::Html {
                // Writing to a `String` cannot fail, and no `Display` here returns an error of its own.
                $crate::html::Html::trusted(askama::Template::render(self).unwrap_or_default())
            }
            fn sample($lang: $crate::text::Lang) -> Self {
                $sample
            }
        }
    };
}
pub(crate) use component;

/// Builder methods: `text` (a string), `html` (anything that becomes [`Html`]), `flag` (true) and `list`.
macro_rules! setters {
    ($($(#[$doc:meta])* $kind:ident $name:ident;)*) => {
        $( $crate::html::setters!(@one $(#[$doc])* $kind $name); )*
    };
    (@one $(#[$doc:meta])* text $name:ident) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, value: impl Into<String>) -> Self {
            self.$name = Some(value.into());
            self
        }
    };
    (@one $(#[$doc:meta])* html $name:ident) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, value: impl Into<$crate::html::Html>) -> Self {
            self.$name = Some(value.into());
            self
        }
    };
    (@one $(#[$doc:meta])* flag $name:ident) => {
        $(#[$doc])*
        #[must_use]
        pub const fn $name(mut self) -> Self {
            self.$name = true;
            self
        }
    };
    (@one $(#[$doc:meta])* classes $name:ident) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, value: &str) -> Self {
            self.$name = $crate::html::Classes::new(value);
            self
        }
    };
    (@one $(#[$doc:meta])* attr $name:ident) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, name: &str, value: impl Into<String>) -> Self {
            self.attrs.set(name, value);
            self
        }
    };
}
pub(crate) use setters;

/// Extra attributes of an element. Names that would run script or carry style in the page itself (`on…`, `style`) are
/// dropped: the content security policy forbids them, so they could only ever be a mistake or an attack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attrs(Vec<(String, String)>);

impl Attrs {
    /// None.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one attribute, or replaces it.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let name = name.to_ascii_lowercase();
        let plain = name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':'));
        if name.is_empty() || !plain || name.starts_with("on") || name == "style" {
            return;
        }
        self.0.retain(|(known, _)| *known != name);
        self.0.push((name, value.into()));
    }
}

impl fmt::Display for Attrs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.0 {
            write!(f, " {name}=\"{}\"", escape(value))?;
        }
        Ok(())
    }
}

impl askama::filters::HtmlSafe for Attrs {}

/// Extra class names: written with a space before them, so a template puts them straight after its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Classes(String);

impl Classes {
    /// From a list separated by spaces.
    pub fn new(names: &str) -> Self {
        Self(names.trim().to_owned())
    }

    /// The list.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// True when `name` is a part of the list.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Adds names to the list.
    pub(crate) fn add(&mut self, names: &str) {
        if names.is_empty() {
            return;
        }
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        self.0.push_str(names.trim());
    }
}

impl fmt::Display for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, " {}", escape(&self.0))
    }
}

impl askama::filters::HtmlSafe for Classes {}

/// Text with the five characters that mean something to HTML written as entities.
pub(crate) fn escape(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len() + 8);
    for c in plain.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_escaped_whichever_way_it_arrives() {
        let nasty = "<script>alert('x')</script> & \"more\"";
        let safe = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;";
        assert_eq!(Html::from(nasty).as_str(), safe);
        assert_eq!(Html::from(nasty.to_owned()).as_str(), safe);
        assert_eq!(Html::text(nasty).as_str(), safe);
        assert_eq!(
            Html::paragraph(nasty).as_str(),
            format!("<p class=\"govuk-body\">{safe}</p>")
        );
    }

    #[test]
    fn attributes_that_run_script_or_carry_style_are_dropped() {
        let mut attrs = Attrs::new();
        attrs.set("onclick", "steal()");
        attrs.set("OnLoad", "steal()");
        attrs.set("style", "x");
        attrs.set("data-x\" onfocus=\"y", "z");
        attrs.set("data-name", "\"quoted\" <b>");
        assert_eq!(
            attrs.to_string(),
            " data-name=\"&quot;quoted&quot; &lt;b&gt;\""
        );
    }
}
