//! Pages: GOV.UK and MOJ components as typed structs, forms, the layout, the words in English and Welsh, charts.
//!
//! # What is where
//!
//! - [`html`]: [`Html`] (escaped unless trusted), [`Component`].
//! - [`text`], [`mod@format`]: [`Text`] and [`Lang`]; keys in `locales/<lang>/<area>.ftl`; dates, clocks, numbers, money.
//! - [`form`]: [`Form`]: parse, check, show again.
//! - [`layout`]: [`Page`] around every body.
//! - [`fields`], [`areas`], [`choices`], [`dates`]: questions. [`actions`]: buttons, links, forms, exit. [`content`],
//!   [`lists`], [`tables`]: things to read. [`navigation`], [`languages`], [`pagination`], [`moj`], [`errors`],
//!   [`chart`]: the rest.
//! - [`assets`]: style and script, with hashes in their addresses.
//! - [`prelude`]: all of it at once.
//!
//! # A whole page
//!
//! ```
//! use throughline_ui::prelude::*;
//!
//! /// One question: read what was sent, or ask again with what is wrong.
//! fn page(lang: Lang, body: &[u8]) -> Result<String, FormProblem> {
//!     let text = Text::new(lang);
//!     let mut form = Form::parse(body)?;
//!     let name = form.required("name", "error-required");
//!     let safe = form.yes_no("safe");
//!     if let (Some(name), false) = (&name, form.has_errors()) {
//!         return Ok(format!("saved {name} {safe:?}"));
//!     }
//!     let questions = Html::join([
//!         Html::from(Input::new("name", "What should we call you?").hint("Any name you like").bind(&form, text)),
//!         Radios::new("safe", Legend::new("Is it safe to talk?")).yes_no_not_known(text).bind(&form, text).into(),
//!         DateInput::new(lang, "born", "When were you born?").bind(&form, text).into(),
//!         Button::new("Save and continue").into(),
//!     ]);
//!     let mut page = Page::new(
//!         lang,
//!         "Appointment",
//!         Html::heading(1, Size::L, "About you")
//!             .then(PostForm::new("/you", "csrf-token").autosave(lang, "/drafts/you").body(questions)),
//!     );
//!     page.errors = form.summary(text);
//!     page.back = Some("/today".to_owned());
//!     page.exit_button = true;
//!     page.other_language_href = Some("/language?to=cy&back=/you".to_owned());
//!     Ok(page.to_string())
//! }
//!
//! assert_eq!(page(Lang::En, b"name=Sam&safe=not-known"), Ok("saved Sam None".to_owned()));
//! let again = page(Lang::En, b"name=&safe=yes").unwrap();
//! assert!(again.contains("<title>Error: Appointment"));
//! assert!(again.contains("Fill in this answer"));
//! ```
//!
//! A page with a template of its own puts components in it as they are: `{{ input }}` (they are never escaped twice,
//! and plain strings are always escaped). Words for an attribute come from [`Text::plain`], for the page from
//! [`Text::t`].
//!
//! # To add a component
//!
//! A struct with private fields that derives `askama::Template`, builder methods, and `component!(Name, |lang| sample)`;
//! a template under `templates/`; one line in [`samples`]; and, if GOV.UK Frontend has it, one adapter in
//! `tests/it/fixtures.rs`, which proves it against every example GOV.UK ships.
//!
//! ```
//! use throughline_ui::prelude::*;
//! let tag = Tag::new("<Waiting>").colour(Colour::Yellow);
//! assert_eq!(tag.html().as_str(), r#"<strong class="govuk-tag govuk-tag--yellow">&lt;Waiting&gt;</strong>"#);
//! ```
//!
//! # To add words
//!
//! One line in `locales/en/<area>.ftl` and one in `locales/cy/<area>.ftl` (a new area is a new file; files are found by
//! themselves). Keys begin with the area: `referral-sent`.
//!
//! # What must never happen here
//!
//! Anything inline (style, script), anything from a third party, a word about a person's situation in a title, a domain
//! crate among the dependencies, markup from outside trusted without `ammonia` having seen it.

pub mod actions;
pub mod areas;
pub mod assets;
pub mod chart;
pub mod choices;
pub mod content;
pub mod dates;
pub mod errors;
pub mod fields;
pub mod form;
pub mod format;
pub mod html;
pub mod languages;
pub mod layout;
pub mod lists;
pub mod moj;
pub mod navigation;
pub mod pagination;
pub mod tables;
pub mod text;

pub use form::Form;
pub use html::{Component, Html};
pub use layout::Page;
pub use text::{Lang, Text};

/// Everything a page is made of.
pub mod prelude {
    pub use crate::actions::{
        Button, ButtonGroup, ExitThisPage, GetForm, Link, PostForm, safe_href,
    };
    pub use crate::areas::{CharacterCount, Select, SelectOption, Textarea};
    pub use crate::chart::{BarChart, Figure};
    pub use crate::choices::{Checkboxes, Choice, Fieldset, Legend, Radios};
    pub use crate::content::{
        Colour, Details, InsetText, NotificationBanner, Panel, Tag, WarningText,
    };
    pub use crate::dates::{DateInput, DatePart};
    pub use crate::errors::{ErrorItem, ErrorSummary};
    pub use crate::fields::{ErrorMessage, Hint, Input, Label, PasswordInput};
    pub use crate::form::{FieldError, Form, FormProblem, Limits};
    pub use crate::format::{money, number};
    pub use crate::html::{Component, Html, Size};
    pub use crate::languages::{LanguageItem, LanguageNavigation};
    pub use crate::layout::{Flash, FooterLinks, Helpline, Page, Who};
    pub use crate::lists::{Action, Row, SummaryCard, SummaryList, Task, TaskList};
    pub use crate::moj::{Card, Columns, Event, IdentityBar, Reasons, SubNavigation, Timeline};
    pub use crate::navigation::{
        BackLink, Breadcrumbs, Header, NavItem, PhaseBanner, ServiceNavigation, SkipLink,
    };
    pub use crate::pagination::{PageItem, PageStep, Pagination};
    pub use crate::tables::{Cell, Tab, Table, Tabs};
    pub use crate::text::{Lang, Text, Value};
}

/// One example of every component, by name: for the page that shows them all, and for tests.
pub fn samples(lang: Lang) -> Vec<(&'static str, Html)> {
    macro_rules! all {
        ($($name:ident),* $(,)?) => {
            vec![$((stringify!($name), prelude::$name::sample(lang).html())),*]
        };
    }
    all![
        BackLink,
        BarChart,
        Breadcrumbs,
        Button,
        ButtonGroup,
        Card,
        CharacterCount,
        Checkboxes,
        Columns,
        DateInput,
        Details,
        ErrorMessage,
        ErrorSummary,
        ExitThisPage,
        Fieldset,
        GetForm,
        Header,
        Hint,
        IdentityBar,
        Input,
        InsetText,
        Label,
        LanguageNavigation,
        Link,
        NotificationBanner,
        Page,
        Pagination,
        Panel,
        PasswordInput,
        PhaseBanner,
        PostForm,
        Radios,
        Reasons,
        Select,
        ServiceNavigation,
        SkipLink,
        SubNavigation,
        SummaryCard,
        SummaryList,
        Table,
        Tabs,
        Tag,
        TaskList,
        Textarea,
        Timeline,
        WarningText,
    ]
}
