//! What a route is. The shell enforces what the row says; snapshots and tests read the same rows.

use axum::http::Method;
use futures::future::BoxFuture;
use throughline_policy::{ActionKind, Standing, table};
use throughline_ui::layout::Paper;

use crate::fault::Outcome;
use crate::visit::Visit;

/// Who may reach a route at all. What they may do to a given record is decided again by policy, inside the unit of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Public,
    /// Anyone who is signed in.
    SignedIn,
    /// Staff whose standing gives them a relation for at least one of these actions. To anyone else it is 404.
    Staff(&'static [ActionKind]),
    /// Anyone who is signed in and whose session has locked: only the way back in and out.
    Locked,
    /// A program with a client secret that was given this action.
    Client(ActionKind),
    /// What watches over the service: a program on this very machine, or one that knows the word of the figures. To anyone else it
    /// is 404, because in a small place a count by the second tells when somebody was seen.
    Monitor,
}

impl Access {
    /// Whether a standing may reach the route.
    pub fn admits(self, standing: Standing) -> bool {
        let staff = !matches!(
            standing,
            Standing::Public
                | Standing::LinkHolder
                | Standing::PersonHolder
                | Standing::ApiClient
                | Standing::System
        );
        match self {
            Self::Public => true,
            Self::SignedIn | Self::Locked => staff,
            Self::Monitor => false,
            Self::Staff(actions) => {
                staff
                    && actions
                        .iter()
                        .any(|action| !table::relations(standing, *action).is_empty())
            }
            Self::Client(action) => {
                standing == Standing::ApiClient && !table::relations(standing, action).is_empty()
            }
        }
    }
}

/// How often one visitor may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rate {
    /// Static files and health: unlimited.
    Free,
    /// Ordinary pages and writes.
    Page,
    /// Searches, and anything that could be used to guess.
    Search,
    /// Searches over people: as [`Rate::Search`], and within an hourly budget.
    People,
    /// Signing in and one-time links.
    SignIn,
    /// Comparing what somebody typed with a word that nobody may read: a few an hour.
    Word,
    /// The API and the public directory.
    Api,
}

/// What kind of answer a route gives: errors take the same form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page for people.
    Page,
    /// JSON, with RFC 9457 problems.
    Api,
    /// A file or a machine's question.
    Raw,
}

/// A handler.
pub type Handler = fn(Visit) -> BoxFuture<'static, Outcome>;

/// One route.
#[derive(Clone, Copy)]
pub struct Route {
    /// The method.
    pub method: Method1,
    /// The path, with `{name}` for references.
    pub path: &'static str,
    /// Catalogue key of the neutral title (pages), or a summary (API).
    pub title: &'static str,
    /// Who may reach it.
    pub access: Access,
    /// How often.
    pub rate: Rate,
    /// What kind of answer.
    pub kind: Kind,
    /// The largest body it takes, in bytes.
    pub body_limit: usize,
    /// Whether a post must carry the session's cross-site token. Only the API, which has no cookies, goes without.
    pub csrf: bool,
    /// The fields of the form that are kept as they are typed; empty where nothing is. The module `draft` does the
    /// rest.
    pub keeps: &'static [&'static str],
    /// What of the page may be printed: nothing, unless the row says so (ASSURANCE D7).
    pub paper: Paper,
    /// What answers.
    pub handler: Handler,
}

/// The methods that routes use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method1 {
    /// GET (and HEAD).
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

impl Method1 {
    /// The method's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The `http` method.
    pub const fn http(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method.name(), self.path)
    }
}

/// Forms are small: 256 KiB.
const FORM_LIMIT: usize = 256 * 1024;

/// A page.
pub const fn get(
    path: &'static str,
    title: &'static str,
    access: Access,
    rate: Rate,
    handler: Handler,
) -> Route {
    Route {
        method: Method1::Get,
        path,
        title,
        access,
        rate,
        kind: Kind::Page,
        body_limit: 0,
        csrf: false,
        keeps: &[],
        paper: Paper::Nothing,
        handler,
    }
}

/// A form that is sent.
pub const fn post(
    path: &'static str,
    title: &'static str,
    access: Access,
    rate: Rate,
    handler: Handler,
) -> Route {
    Route {
        method: Method1::Post,
        path,
        title,
        access,
        rate,
        kind: Kind::Page,
        body_limit: FORM_LIMIT,
        csrf: true,
        keeps: &[],
        paper: Paper::Nothing,
        handler,
    }
}

/// An API operation.
pub const fn api(
    method: Method1,
    path: &'static str,
    title: &'static str,
    access: Access,
    handler: Handler,
) -> Route {
    let body_limit = if matches!(method, Method1::Get | Method1::Delete) {
        0
    } else {
        FORM_LIMIT
    };
    Route {
        method,
        path,
        title,
        access,
        rate: Rate::Api,
        kind: Kind::Api,
        body_limit,
        csrf: false,
        keeps: &[],
        paper: Paper::Nothing,
        handler,
    }
}

/// A file or a machine's question.
pub const fn raw(path: &'static str, title: &'static str, handler: Handler) -> Route {
    Route {
        method: Method1::Get,
        path,
        title,
        access: Access::Public,
        rate: Rate::Free,
        kind: Kind::Raw,
        body_limit: 0,
        csrf: false,
        keeps: &[],
        paper: Paper::Nothing,
        handler,
    }
}

impl Route {
    /// The same route with another limit on its body, for uploads.
    #[must_use]
    pub const fn limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The same page, of which this may be printed. What is not public may have only what the gate released inside its mark.
    #[must_use]
    pub const fn printing(mut self, paper: Paper) -> Self {
        self.paper = paper;
        self
    }

    /// The same form, whose fields of these names are kept as they are typed. Never one in which agreeing is asked: that is
    /// chosen each time and never filled in (NE-24). Never one that is not about a record in its address: what was typed of one
    /// person must not stand on the page of the next.
    #[must_use]
    pub const fn keeping(mut self, fields: &'static [&'static str]) -> Self {
        self.keeps = fields;
        self
    }
}
