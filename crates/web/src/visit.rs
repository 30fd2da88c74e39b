//! What a handler is given, and how it answers.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use throughline_app::App;
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::time::At;
use throughline_policy::{Actor, Standing};
use throughline_ui::form::Form;
use throughline_ui::html::Html;
use throughline_ui::layout::{Flash, Helpline, Page, Who};
use throughline_ui::navigation::NavItem;
use throughline_ui::text::{Lang, Text};

use crate::Web;
use crate::admin::nation_words;
use crate::fault::Fault;
use crate::route::Route;

/// A helpline as the strip shows it; `of`: the nations it is for, where not all.
fn strip_line(line: &throughline_core::pack::Helpline, of: String) -> Helpline {
    Helpline {
        name: line.name.clone(),
        of,
        number: line.contact.clone(),
        last_verified: line.last_verified,
    }
}

/// Someone who is signed in.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Who they are to policy.
    pub actor: Actor,
    /// Their name, for the header.
    pub name: String,
    /// Their organisation's name.
    pub organisation: String,
    /// Where they work; `None` while the session is locked.
    pub nation: Option<Nation>,
    /// The token that every form carries.
    pub csrf: String,
    /// What is open to them for an hour only, and until when: every page says so.
    pub open_now: Option<(Ref, At)>,
    /// Whether the session is locked for privacy.
    pub locked: bool,
    /// The session's token, for locking, stepping up and signing out.
    pub token: throughline_identity::Token,
    /// The session itself.
    pub here: throughline_identity::sessions::Authenticated,
}

/// One request, checked by the shell.
#[derive(Debug)]
pub struct Visit {
    /// The system.
    pub web: Web,
    /// The route that matched.
    pub route: Route,
    /// Who is signed in; always there on routes that need it.
    pub signed: Option<Signed>,
    /// A program's actor, on API routes.
    pub client: Option<Actor>,
    /// The language of the page.
    pub lang: Lang,
    /// References in the path.
    pub params: Vec<(String, String)>,
    /// The query string: only for the public directory API, the language switch, which page of a list, and what a sign-in service
    /// sends back.
    pub query: String,
    /// The path itself.
    pub path: String,
    /// The body, within the route's limit.
    pub body: Bytes,
    /// The request's headers.
    pub headers: HeaderMap,
    /// Where it came from.
    pub address: IpAddr,
    /// A word to show once, from the last action: a catalogue key.
    pub flash: Option<String>,
}

impl Visit {
    /// The use cases.
    pub fn app(&self) -> &Arc<App> {
        self.web.app()
    }

    /// The instant now.
    pub fn now(&self) -> At {
        self.app().env().now()
    }

    /// The words.
    pub fn text(&self) -> Text {
        Text::new(self.lang)
    }

    /// Who asks: staff, a program, or the public.
    pub fn actor(&self) -> &Actor {
        const PUBLIC: &Actor = &Actor::Public;
        self.signed
            .as_ref()
            .map(|signed| &signed.actor)
            .or(self.client.as_ref())
            .unwrap_or(PUBLIC)
    }

    /// A reference in the path. Text that is none is "not found", like a reference to nothing.
    pub fn reference(&self, name: &str) -> Result<Ref, Fault> {
        self.param(name)
            .and_then(|text| text.parse().ok())
            .ok_or(Fault::NotFound)
    }

    /// A part of the path.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The form that was sent.
    pub fn form(&self) -> Result<Form, Fault> {
        Form::parse(&self.body).map_err(|_| Fault::BadRequest)
    }

    /// The token for forms on this page; empty for the public, whose forms change nothing.
    pub fn csrf(&self) -> String {
        self.signed
            .as_ref()
            .map(|signed| signed.csrf.clone())
            .unwrap_or_default()
    }

    /// A page with a neutral title (a catalogue key), with everything around the body filled in.
    pub fn page(&self, title_key: &str, body: impl Into<Html>) -> Page {
        let text = self.text();
        let body = body.into();
        let typed = is_typed_in(body.as_str());
        let mut page = Page::new(self.lang, text.plain(title_key), body);
        page.paper = self.route.paper;
        page.service_name
            .clone_from(&self.web.settings().service_name);
        page.demo_banner = self.app().settings.demo;
        page.help = self.helplines();
        page.exit_button = self.signed.is_none();
        if let Some(signed) = self.signed.as_ref().filter(|signed| !signed.locked) {
            let standing = signed.actor.standing();
            "/today".clone_into(&mut page.home_href);
            page.signed_in = Some(Who {
                name: signed.name.clone(),
                organisation: signed.organisation.clone(),
                role_label: text.plain(role_key(standing)),
            });
            page.sign_out = Some(("/sign-out".to_owned(), signed.csrf.clone()));
            page.lock_href = Some("/lock".to_owned());
            page.ways_href = Some("/keys".to_owned());
            page.about_href = Some(crate::about_you::AT.to_owned());
            page.nav = self.navigation(standing);
            page.called_999 = self.called_999(&signed.csrf, typed);
            page.open_now = signed
                .open_now
                .map(|(at, until)| crate::urgent::line(text, self.now(), at, until));
        }
        page.flash = self.flash.as_deref().map(|key| Flash::Done(text.t(key)));
        let other = if self.lang == Lang::En { "cy" } else { "en" };
        page.other_language_href =
            Some(format!("/language?to={other}&back={}", self.switch_back()));
        page
    }

    /// The one button "I called 999" at the top of every page, with where they are. Where somebody may be half-way through a form
    /// it answers in a tab of its own: what they typed stays as it is, with JavaScript or without.
    fn called_999(&self, csrf: &str, typed: bool) -> Option<Html> {
        let reads = self.route.method == crate::route::Method1::Get;
        if self.path == "/emergency" {
            return None;
        }
        let mut form = throughline_ui::prelude::PostForm::new("/emergency/called", csrf)
            .hidden("back", if reads { self.path.as_str() } else { "/today" });
        if let Ok(case) = self.reference("case") {
            form = form.hidden("case", case.to_string());
        }
        if let Ok(talk) = self.reference("talk") {
            form = form.hidden("conversation", talk.to_string());
        }
        let text = self.text();
        let mut words = text.t("emergency-called");
        if typed {
            form = apart(form);
            words.push(apart_words(text));
        }
        let button = format!(
            "<button class=\"tl-help__called\" data-prevent-double-click=\"true\">{words}</button>"
        );
        Some(form.body(Html::trusted(button)).into())
    }

    /// Where the language switch leads back to: this page, or home when this was a form that was sent.
    fn switch_back(&self) -> &str {
        if self.route.method == crate::route::Method1::Get {
            &self.path
        } else {
            "/"
        }
    }

    fn navigation(&self, standing: Standing) -> Vec<NavItem> {
        let text = self.text();
        crate::routes::NAVIGATION
            .iter()
            .filter(|(path, _)| crate::routes::admits(path, standing))
            .map(|(path, key)| {
                if self.path == *path {
                    NavItem::here(text.t(key))
                } else {
                    NavItem::new(text.t(key), path)
                }
            })
            .collect()
    }

    /// The helplines of the strip: where the worker works; else, as nobody says where they are, those of every nation, each with
    /// where it is for. Whoever reads Welsh is more likely in Wales.
    fn helplines(&self) -> Vec<Helpline> {
        let (app, now, text) = (self.app(), self.now(), self.text());
        let nation = self.signed.as_ref().and_then(|signed| signed.nation);
        if let Some(Ok(pack)) = nation.map(|nation| app.pack(nation, now)) {
            let here = pack.helplines().iter();
            return here.map(|line| strip_line(line, String::new())).collect();
        }
        let first = (self.lang == Lang::Cy).then_some(Nation::Wales);
        app.packs
            .helplines_everywhere(first, now.london_date())
            .into_iter()
            .map(|(line, of)| {
                let of: Vec<String> = of
                    .into_iter()
                    .map(|nation| text.plain(nation_words(nation)))
                    .collect();
                strip_line(line, of.join(", "))
            })
            .collect()
    }

    /// Answers with a page.
    #[expect(clippy::needless_pass_by_value, reason = "a page is shown once")]
    pub fn show(&self, page: Page) -> Response {
        html(StatusCode::OK, page.to_string())
    }

    /// Answers with the same page and what is wrong with the form.
    #[expect(clippy::needless_pass_by_value, reason = "a page is shown once")]
    pub fn show_errors(&self, page: Page) -> Response {
        html(StatusCode::UNPROCESSABLE_ENTITY, page.to_string())
    }

    /// Answers with the page as it stands now, because somebody else was first: what they sent was not saved.
    #[expect(clippy::needless_pass_by_value, reason = "a page is shown once")]
    pub fn show_conflict(&self, page: Page) -> Response {
        html(StatusCode::CONFLICT, page.to_string())
    }

    /// Sends them on after a form, so that going back never sends it again.
    pub fn go(&self, path: &str) -> Response {
        redirect(path)
    }

    /// Sends them on, with a word to show once (a catalogue key; it is in a cookie for one page).
    pub fn go_saying(&self, path: &str, key: &str) -> Response {
        let mut response = redirect(path);
        let cookie = format!(
            "said={key}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax{}",
            self.secure()
        );
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        response
    }

    pub(crate) fn secure(&self) -> &'static str {
        if self.web.settings().secure {
            "; Secure"
        } else {
            ""
        }
    }
}

/// The catalogue key of a standing's label.
pub const fn role_key(standing: Standing) -> &'static str {
    match standing {
        Standing::WorkCoach => "role-work-coach",
        Standing::FrontDesk => "role-front-desk",
        Standing::DaLead => "role-da-lead",
        Standing::PartnerWorker => "role-partner-worker",
        Standing::DirectorySteward => "role-directory-steward",
        Standing::SecurityOfficer => "role-security-officer",
        Standing::Administrator => "role-administrator",
        Standing::LinkHolder
        | Standing::PersonHolder
        | Standing::ApiClient
        | Standing::System
        | Standing::Public => "role-visitor",
    }
}

/// An HTML answer.
pub fn html(status: StatusCode, body: String) -> Response {
    answer(status, "text/html; charset=utf-8", Body::from(body))
}

/// A JSON answer.
pub fn json(status: StatusCode, value: &serde_json::Value) -> Response {
    answer(status, "application/json", Body::from(value.to_string()))
}

/// Any answer.
pub fn answer(status: StatusCode, content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Only our own paths: never somewhere that a form or a query named. A browser drops tabs and reads a backslash as a slash, so
/// that neither may stand in one.
fn own(path: &str) -> &str {
    let plain = !path.contains(|c: char| c.is_control() || c == '\\');
    if plain && path.starts_with('/') && !path.starts_with("//") {
        path
    } else {
        "/"
    }
}

fn redirect(path: &str) -> Response {
    let mut response = answer(
        StatusCode::SEE_OTHER,
        "text/plain; charset=utf-8",
        Body::empty(),
    );
    let value = HeaderValue::from_str(own(path)).unwrap_or_else(|_| HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, value);
    response
}

/// Whether there is anything on a page that somebody may be half-way through.
fn is_typed_in(body: &str) -> bool {
    ["<textarea", "<select", "__input\"", "govuk-input"]
        .iter()
        .any(|field| body.contains(field))
}

/// Makes a form answer in a tab of its own.
pub(crate) fn apart(form: throughline_ui::prelude::PostForm) -> throughline_ui::prelude::PostForm {
    form.hidden("apart", "yes")
        .attr("target", "_blank")
        .attr("rel", "noopener")
}

/// What the button of such a form says to those who cannot see it happen.
pub(crate) fn apart_words(text: Text) -> Html {
    Html::trusted(format!(
        "<span class=\"govuk-visually-hidden\"> {}</span>",
        text.t("opens-in-new-tab")
    ))
}

#[cfg(test)]
mod tests {
    use super::own;

    #[test]
    fn the_way_back_never_leads_to_another_site() {
        for away in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "\t//evil.example",
            "/\r\n/evil.example",
            "/\u{85}/evil.example",
            "evil.example",
            "",
        ] {
            assert_eq!(own(away), "/", "{away:?}");
        }
        assert_eq!(own("/cases?page=2#top"), "/cases?page=2#top");
    }
}
