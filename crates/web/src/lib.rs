//! The web: pages and the API over the same use cases.
//!
//! # What is where
//! [`routes`]: the one table of every route. [`visit`]: what a handler is given. [`fault`]: every way a request can end
//! badly, with the way on. [`shell`]: what happens to every request (session, cross-site check, headers, limits).
//! [`server`]: sockets and time-outs. One file per area for the pages.
//!
//! # To add a page
//! Three things in the file of its area: the form (parse), the page (a function that makes `throughline_ui` components), and
//! a row in the area's `routes()`:
//! ```
//! use throughline_web::fault::Outcome;
//! use throughline_web::route::{Access, Rate, Route, get};
//! use throughline_web::visit::Visit;
//!
//! async fn hello(visit: Visit) -> Outcome {
//!     let page = visit.page("page-hello-title", throughline_ui::html::Html::text("Hello"));
//!     Ok(visit.show(page))
//! }
//! pub fn routes() -> Vec<Route> {
//!     vec![get("/hello", "page-hello-title", Access::Public, Rate::Page, |v| Box::pin(hello(v)))]
//! }
//! assert_eq!(routes().len(), 1);
//! ```
//!
//! # What must never happen here
//! SQL; a route outside the table; personal data, a search term or a word about someone's situation in a URL, a title or a
//! log; a page that tells "you may not" from "there is no such thing".

mod about_you;
mod access_items;
mod access_requests;
mod address;
mod admin;
mod admin_site;
mod apart;
pub mod api;
mod api_case;
mod api_lists;
mod api_now;
mod api_sent;
mod appointment;
mod capacity;
mod case;
mod case_close;
mod case_now;
mod children;
mod closed;
mod consent;
mod contact;
mod conversation;
mod conversation_end;
mod draft;
mod duty_to_refer;
mod easement;
mod erasures;
pub mod fault;
pub mod figures;
mod find;
mod find_questions;
mod find_shown;
mod front_desk;
mod general;
mod hand_over;
mod keeping;
mod keys;
mod less_shared;
mod link;
mod message;
mod narrow;
mod needs;
pub mod openapi;
mod openapi_examples;
mod openapi_now;
mod openapi_schemas;
mod oruk;
mod own;
mod own_link;
mod partner;
mod partner_join;
mod person;
mod place;
mod plan_apart;
mod programs;
mod provider;
mod rates;
mod reach;
mod receipt;
mod refer;
mod refer_change;
mod refer_line;
mod referral;
mod referral_next;
mod referral_outcome;
pub mod route;
pub mod routes;
mod second_person;
mod security;
pub mod server;
mod session;
pub mod shell;
mod shown;
mod sign_in;
mod steward;
mod steward_import;
mod task_talk;
mod today;
mod told_words;
mod two_homes;
mod unmet;
mod urgent;
pub mod visit;
mod welcome;
mod with_me;

use std::sync::Arc;

use throughline_app::App;
use throughline_identity::Identity;
use throughline_identity::cookies::Cookies;

/// What every request can reach.
#[derive(Clone)]
pub struct Web {
    inner: Arc<Inner>,
}

struct Inner {
    app: Arc<App>,
    identity: Identity,
    settings: Settings,
    rates: rates::Rates,
    figures: Option<figures::Figures>,
}

/// How the server is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The neutral name of the service, for titles.
    pub service_name: String,
    /// Whether people reach it over TLS: then cookies are `Secure` with the `__Host-` prefix and HSTS is sent.
    pub secure: bool,
    /// Whether a proxy in front sets `X-Forwarded-For` and may be believed.
    pub behind_proxy: bool,
}

impl std::fmt::Debug for Web {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Web")
    }
}

impl Web {
    /// Joins the use cases and the settings.
    pub fn new(
        app: Arc<App>,
        identity: Identity,
        settings: Settings,
        figures: Option<figures::Figures>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                app,
                identity,
                settings,
                rates: rates::Rates::default(),
                figures,
            }),
        }
    }

    /// The use cases.
    pub fn app(&self) -> &Arc<App> {
        &self.inner.app
    }

    /// Accounts and sessions.
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// How cookies are named and marked.
    pub fn cookies(&self) -> Cookies {
        if self.inner.settings.secure {
            Cookies::Secure
        } else {
            Cookies::PlainHttpDemo
        }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn rates(&self) -> &rates::Rates {
        &self.inner.rates
    }

    pub(crate) fn figures(&self) -> Option<&figures::Figures> {
        self.inner.figures.as_ref()
    }
}
