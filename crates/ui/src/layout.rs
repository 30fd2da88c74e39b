//! The whole page around a body: every page of the service is a [`Page`], also one that says what went wrong.

use askama::Template;
use jiff::civil::Date;

use crate::actions::{ExitThisPage, safe_href};
use crate::assets;
use crate::content::NotificationBanner;
use crate::errors::ErrorSummary;
use crate::html::{Html, component, escape};
use crate::languages::LanguageNavigation;
use crate::navigation::{BackLink, Header, NavItem, PhaseBanner, ServiceNavigation, SkipLink};
use crate::text::{Lang, Text};

/// The person signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The name they chose.
    pub name: String,
    /// The organisation they are acting for.
    pub organisation: String,
    /// Their role there, in the language of the page.
    pub role_label: String,
}

/// A helpline in the strip at the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helpline {
    /// Its name.
    pub name: String,
    /// Where it is for, in words; empty: everywhere, or where the reader works.
    pub of: String,
    /// The number, as people dial it.
    pub number: String,
    /// When someone last checked the number; `None` is shown as "number not verified".
    pub last_verified: Option<Date>,
}

/// Something to say once, after an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flash {
    /// It worked: what happened, and what happens next.
    Done(Html),
    /// Something everyone should know.
    Important(Html),
}

/// What of a page a browser may print. Paper is found, photographed and left lying about: a page prints nothing but a line that says
/// so, unless it is meant for paper (ASSURANCE D7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paper {
    /// Nothing.
    #[default]
    Nothing,
    /// What the page has inside [`for_paper`]; without any, nothing.
    Marked,
    /// All of it: what anybody may read.
    Whole,
}

const MARK: &str = "<div class=\"tl-paper\">";

/// What of a page is meant for paper.
#[must_use]
pub fn for_paper(body: impl Into<Html>) -> Html {
    Html::trusted(format!("{MARK}{}</div>", body.into().as_str()))
}

/// A page of the service. Make one with [`Page::new`], then set what it needs; print it with `to_string` or `render`.
///
/// The title must embarrass nobody over a shoulder: "Appointment", never what the appointment is about (SPEC 3.20).
#[derive(Debug, Clone, Template)]
#[template(path = "page.html")]
pub struct Page {
    /// The language.
    pub lang: Lang,
    /// The neutral title, without the name of the service.
    pub title: String,
    /// The neutral name of the service.
    pub service_name: String,
    /// Where the name leads.
    pub home_href: String,
    /// Who is signed in.
    pub signed_in: Option<Who>,
    /// Where a post signs out, and the token for it.
    pub sign_out: Option<(String, String)>,
    /// Where a post hides the screen from other eyes, with the same token.
    pub lock_href: Option<String>,
    /// Where somebody sees how they sign in.
    pub ways_href: Option<String>,
    /// Where somebody says of themselves what keeps records away from them.
    pub about_href: Option<String>,
    /// The form of one button that records an emergency call, in the strip on every page of somebody signed in.
    pub called_999: Option<Html>,
    /// Helplines in the strip; the emergency number is always there.
    pub help: Vec<Helpline>,
    /// Show the exit button: on public and person-facing pages.
    pub exit_button: bool,
    /// Say that nobody here is real.
    pub demo_banner: bool,
    /// The parts of the service.
    pub nav: Vec<NavItem>,
    /// What is open for an hour only, said at the top of every page while it is; never on a screen that is turned.
    pub open_now: Option<Html>,
    /// Something to say once.
    pub flash: Option<Flash>,
    /// What is wrong: `form.summary(text)`.
    pub errors: Option<ErrorSummary>,
    /// Where "Back" leads.
    pub back: Option<String>,
    /// Where the language switch leads: the same page in the other language.
    pub other_language_href: Option<String>,
    /// Where the footer's three links lead: accessibility, privacy, what this service records.
    pub footer: FooterLinks,
    /// Large type and nothing of the case: the screen is turned towards the person.
    pub turned: bool,
    /// What of it may be printed.
    pub paper: Paper,
    /// Use the whole width: for pages with two columns or wide tables.
    pub wide: bool,
    /// Asks the browser to load the page again after this many seconds, without JavaScript. For pages that show the
    /// state of something, never for a page with a form.
    pub refresh_seconds: Option<u16>,
    /// Where that leads instead: to another page of ours, for one that stands only between two.
    pub refresh_to: Option<String>,
    /// What the page is for.
    pub body: Html,
}

/// The links at the foot of every page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FooterLinks {
    /// The accessibility statement.
    pub accessibility: String,
    /// The privacy notice.
    pub privacy: String,
    /// What this service records.
    pub records: String,
}

impl Default for FooterLinks {
    fn default() -> Self {
        Self {
            accessibility: "/accessibility".to_owned(),
            privacy: "/privacy".to_owned(),
            records: "/what-we-record".to_owned(),
        }
    }
}

impl Page {
    /// A page with a neutral title and a body.
    pub fn new(lang: Lang, title: impl Into<String>, body: impl Into<Html>) -> Self {
        Self {
            lang,
            title: title.into(),
            service_name: "Throughline".to_owned(),
            home_href: "/".to_owned(),
            signed_in: None,
            sign_out: None,
            lock_href: None,
            ways_href: None,
            about_href: None,
            called_999: None,
            help: Vec::new(),
            exit_button: false,
            demo_banner: false,
            nav: Vec::new(),
            open_now: None,
            flash: None,
            errors: None,
            back: None,
            other_language_href: None,
            footer: FooterLinks::default(),
            turned: false,
            paper: Paper::Nothing,
            wide: false,
            refresh_seconds: None,
            refresh_to: None,
            body: body.into(),
        }
    }

    fn text(&self) -> Text {
        Text::new(self.lang)
    }

    /// The title the browser shows: an error is said first, and the name of the service last.
    fn full_title(&self) -> String {
        let title = format!("{} – {}", self.title, self.service_name);
        if self.errors.is_some() {
            return self
                .text()
                .plain_with("error-title-prefix", &[("title", title.into())]);
        }
        title
    }

    /// The class of what may be printed.
    fn paper_class(&self) -> &'static str {
        match self.paper {
            Paper::Whole => "tl-prints",
            Paper::Marked if self.body.as_str().contains(MARK) => "tl-prints-paper",
            Paper::Marked | Paper::Nothing => "tl-prints-nothing",
        }
    }

    fn skip(&self) -> SkipLink {
        SkipLink::new(self.lang)
    }

    fn header(&self) -> Header {
        Header::new(&self.service_name, &self.home_href)
    }

    fn navigation(&self) -> Option<ServiceNavigation> {
        if self.nav.is_empty() {
            return None;
        }
        let label = self.text().plain("nav-label");
        Some(ServiceNavigation::new(self.lang, self.nav.clone()).nav_label(label))
    }

    fn demo(&self) -> PhaseBanner {
        let text = self.text();
        PhaseBanner::new(text.t("demo-tag"), "", text.t("demo-banner")).classes("tl-demo")
    }

    fn languages(&self) -> Option<LanguageNavigation> {
        let href = self.other_language_href.as_deref()?;
        Some(LanguageNavigation::new(self.lang, href))
    }

    fn exit(&self) -> ExitThisPage {
        ExitThisPage::new(self.lang).attr("data-tl-exit", "")
    }

    fn back_link(&self) -> Option<BackLink> {
        let href = self.back.as_deref()?;
        Some(BackLink::new(self.lang, href))
    }

    fn open_now_banner(&self) -> Option<NotificationBanner> {
        let words = self.open_now.clone().filter(|_| !self.turned)?;
        let title = "tl-open-now-title";
        Some(NotificationBanner::important(self.lang, words).title_id(title))
    }

    fn flash_banner(&self) -> Option<NotificationBanner> {
        Some(match self.flash.clone()? {
            Flash::Done(words) => NotificationBanner::done(self.lang, words),
            Flash::Important(words) => NotificationBanner::important(self.lang, words),
        })
    }

    fn helplines(&self) -> Html {
        helplines(self.text(), &self.help)
    }

    fn sign_out_form(&self) -> Option<Html> {
        let (href, csrf) = self.sign_out.as_ref()?;
        let lock = self
            .lock_href
            .as_deref()
            .map(|lock| small_form(lock, csrf, &self.text().t("lock-screen")))
            .unwrap_or_default();
        Some(lock.then(small_form(href, csrf, &self.text().t("sign-out"))))
    }
}

/// A form of one button that looks like a link.
fn small_form(href: &str, csrf: &str, words: &Html) -> Html {
    Html::trusted(format!(
        "<form method=\"post\" action=\"{}\" class=\"tl-who__out\"><input type=\"hidden\" name=\"csrf\" \
         value=\"{}\"><button class=\"tl-link-button\">{words}</button></form>",
        escape(&safe_href(href)),
        escape(csrf),
    ))
}

/// What a telephone dials for a number as people write it: up to the first word, so that "999 then 55" dials 999 and an extension
/// is not made part of another number. `None` where there is nothing to dial.
#[must_use]
pub fn dial(number: &str) -> Option<String> {
    let written: String = number
        .trim()
        .chars()
        .take_while(|c| c.is_ascii_digit() || c.is_whitespace() || "+()-.\u{2011}".contains(*c))
        .collect();
    let plus = if written.starts_with('+') { "+" } else { "" };
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    (digits.len() >= 3).then(|| format!("{plus}{digits}"))
}

/// Each helpline with a number to press on a phone and how old the check of it is.
fn helplines(text: Text, lines: &[Helpline]) -> Html {
    lines
        .iter()
        .map(|line| {
            let of = if line.of.is_empty() {
                String::new()
            } else {
                format!(" ({})", escape(&line.of))
            };
            let number = escape(&line.number);
            let number = match dial(&line.number) {
                Some(dial) => {
                    format!("<a class=\"tl-help__number\" href=\"tel:{dial}\">{number}</a>")
                }
                None => number,
            };
            let checked = match line.last_verified {
                Some(date) => text.t_with("helpline-verified", &[("date", text.date(date).into())]),
                None => text.t("helpline-not-verified"),
            };
            Html::trusted(format!(
                "<li>{}{of} {number} <span class=\"tl-help__checked\">({checked})</span></li>",
                escape(&line.name),
            ))
        })
        .fold(Html::default(), Html::then)
}

component!(Page, |lang| {
    let mut page = Self::new(
        lang,
        "Appointment",
        Html::heading(1, crate::html::Size::L, "Today"),
    );
    page.signed_in = Some(Who {
        name: "Jo Hughes".to_owned(),
        organisation: "Riverside".to_owned(),
        role_label: "Work coach".to_owned(),
    });
    page.sign_out = Some(("/sign-out".to_owned(), "token".to_owned()));
    page.lock_href = Some("/lock".to_owned());
    page.called_999 = Some(Html::trusted(
        "<form method=\"post\" action=\"/emergency\"><button class=\"tl-help__called\">999</button></form>",
    ));
    page.help = vec![
        Helpline {
            name: "Riverside line".to_owned(),
            of: "Wales".to_owned(),
            number: "0808 157 0000".to_owned(),
            last_verified: Some(jiff::civil::date(2026, 3, 3)),
        },
        Helpline {
            name: "Unchecked line".to_owned(),
            of: String::new(),
            number: "0808 157 0001".to_owned(),
            last_verified: None,
        },
    ];
    page.exit_button = true;
    page.demo_banner = true;
    page.nav = vec![
        NavItem::new("Today", "/today").current(),
        NavItem::new("Find", "/find"),
    ];
    page.flash = Some(Flash::Done("Your draft is saved.".into()));
    page.back = Some("/".to_owned());
    page.other_language_href = Some("/language".to_owned());
    page
});

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
