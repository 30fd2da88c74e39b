//! What somebody types is kept as they type it (ARCHITECTURE rule 8), also when the session locks, when somebody else was first
//! and when something is wrong: the form's page shows it again, marked as not sent yet.
//!
//! A route that takes a form says in the table which of its fields are kept ([`Route::keeping`]). All the rest is here: the shell
//! keeps them when the form did not go through and drops them when it did, the page fills them in with [`Visit::typed`], and
//! [`Visit::form_to`] has them saved while they are typed, where there is JavaScript.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use throughline_app::drafts::{self, Fields};
use throughline_policy::Actor;
use throughline_ui::form::Form;
use throughline_ui::html::Html;
use throughline_ui::prelude::{InsetText, PostForm};
use throughline_ui::text::Text;

use crate::Web;
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Method1, Rate, Route, post};
use crate::visit::Visit;

/// The field that says which form was typed in: the path that it is sent to.
const FORM: &str = "draft_of";

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![post(
        "/drafts",
        "page-draft-title",
        Access::SignedIn,
        Rate::Page,
        |v| Box::pin(keep(v)),
    )]
}

/// What was typed on one form, and by whom.
#[derive(Debug)]
pub(crate) struct Typed {
    web: Web,
    actor: Actor,
    page: String,
    fields: Fields,
}

impl Typed {
    /// What this request sends to a form that is kept; nothing on any other route, and nothing of another form that is sent to the
    /// same place.
    pub(crate) fn on(visit: &Visit) -> Option<Self> {
        let form = visit.form().ok()?;
        (form.value(FORM) == visit.path)
            .then(|| Self::of(visit, &visit.route, &visit.path, &form))
            .flatten()
    }

    fn of(visit: &Visit, route: &Route, path: &str, form: &Form) -> Option<Self> {
        let signed = visit.signed.as_ref()?;
        (!route.keeps.is_empty()).then(|| Self {
            web: visit.web.clone(),
            actor: signed.actor.clone(),
            page: page(path),
            fields: fields(route, form),
        })
    }

    /// Keeps it before anything is done with it, so that whatever becomes of the rest, it is kept. A failure to keep it never hides
    /// the answer.
    pub(crate) async fn keep_first(&self) {
        told(self.keep().await);
    }

    /// Keeps what a locked session sends, where nothing waits yet: whoever stands at the screen takes nothing from its owner and
    /// writes over nothing.
    pub(crate) async fn keep_if_nothing_waits(&self) {
        let app = self.web.app();
        told(match drafts::read(app, &self.actor, &self.page).await {
            Ok(None) => self.keep().await,
            Ok(Some(_)) => Ok(()),
            Err(error) => Err(error),
        });
    }

    /// Drops it when the form went through, which is when the answer leads on to another page, and when there is no such page for
    /// them: then it would never be seen again.
    pub(crate) fn settle(self, outcome: &Outcome) -> impl Future<Output = ()> + Send {
        let over = match outcome {
            Ok(response) => response.status() == StatusCode::SEE_OTHER,
            Err(fault) => matches!(fault, Fault::NotFound),
        };
        async move {
            if over {
                told(drafts::drop_page(self.web.app(), &self.actor, &self.page).await);
            }
        }
    }

    /// Keeps it in place of what was kept before. Where everything was taken out again, nothing is kept.
    async fn keep(&self) -> throughline_app::Result<()> {
        let app = self.web.app();
        if self
            .fields
            .values()
            .flatten()
            .all(|value| value.trim().is_empty())
        {
            return drafts::drop_page(app, &self.actor, &self.page).await;
        }
        drafts::keep(app, &self.actor, &self.page, &self.fields).await?;
        Ok(())
    }
}

/// Says in the log that something could not be kept or dropped.
fn told(settled: throughline_app::Result<()>) {
    if let Err(error) = settled {
        tracing::warn!(%error, "what was typed could not be kept or dropped");
    }
}

/// The draft of the form that is sent to a path.
fn page(path: &str) -> String {
    path.trim_start_matches('/').to_owned()
}

/// The fields of the form that are kept, each with its values.
fn fields(route: &Route, form: &Form) -> Fields {
    let mut out = Fields::new();
    for (name, value) in form.pairs() {
        if route.keeps.contains(&name.as_str()) {
            out.entry(name.clone()).or_default().push(value.clone());
        }
    }
    out
}

/// The route that takes the form sent to a path, if its fields are kept.
fn keeping(path: &str) -> Option<Route> {
    let fits =
        |pattern: &str| {
            let (mut known, mut given) = (pattern.split('/'), path.split('/'));
            known.by_ref().zip(given.by_ref()).all(|(known, given)| {
                known == given || (known.starts_with('{') && !given.is_empty())
            }) && pattern.split('/').count() == path.split('/').count()
        };
    crate::routes::all()
        .into_iter()
        .find(|route| route.method == Method1::Post && !route.keeps.is_empty() && fits(route.path))
}

/// The page on which a kept form stands: its own, or the one above it.
pub(crate) fn page_of_form<'p>(route: &Route, path: &'p str) -> Option<&'p str> {
    let above = route.path.rsplit_once('/').map(|(above, _)| above);
    let reads = crate::routes::all();
    let is_page = |pattern: &str| {
        reads
            .iter()
            .any(|other| other.method == Method1::Get && other.path == pattern)
    };
    if route.method == Method1::Get || is_page(route.path) {
        return Some(path);
    }
    (!route.keeps.is_empty() && above.is_some_and(is_page))
        .then(|| path.rsplit_once('/').map(|(above, _)| above))
        .flatten()
}

/// Saves what is being typed, as the page asks for it a second after the last key.
async fn keep(visit: Visit) -> Outcome {
    let form = visit.form()?;
    let path = form.value(FORM);
    let route = keeping(path).ok_or(Fault::NotFound)?;
    if !route.access.admits(visit.actor().standing()) {
        return Err(Fault::NotFound);
    }
    let typed = Typed::of(&visit, &route, path, &form).ok_or(Fault::NotFound)?;
    typed.keep().await?;
    Ok(saved())
}

fn saved() -> Response {
    crate::visit::answer(
        StatusCode::NO_CONTENT,
        "text/plain; charset=utf-8",
        Body::empty(),
    )
}

/// Says that what stands in the form was typed before and is not sent; nothing where it was not.
pub(crate) fn said(text: Text, form: &Form) -> Html {
    if form.is_from_draft() {
        InsetText::new(text.t("draft-here")).into()
    } else {
        Html::default()
    }
}

impl Visit {
    /// A form sent to `action`. What is typed into it is saved as it is typed, if the table says so of the route.
    pub(crate) fn form_to(&self, action: impl Into<String>) -> PostForm {
        let action = action.into();
        let form = PostForm::new(&action, self.csrf());
        if keeping(&action).is_none() {
            return form;
        }
        form.hidden(FORM, action).autosave(self.lang, "/drafts")
    }

    /// The form as it stands, with what was typed before and never sent to `action` filled in.
    pub(crate) async fn typed(&self, action: &str, mut form: Form) -> Result<Form, Fault> {
        let Some(route) = keeping(action) else {
            return Ok(form);
        };
        if let Some(draft) = drafts::read(self.app(), self.actor(), &page(action)).await? {
            let typed = draft
                .body
                .into_iter()
                .flat_map(|(name, values)| values.into_iter().map(move |v| (name.clone(), v)));
            form.fill_from_draft(route.keeps, typed);
        }
        Ok(form)
    }
}

#[cfg(test)]
mod tests {
    use super::{keeping, page_of_form};
    use crate::route::Method1;

    #[test]
    fn only_a_form_that_the_table_names_is_kept() {
        let is_kept = |path: &str| keeping(path).is_some();
        assert!(is_kept("/cases/4f/words"));
        for other in [
            "/cases/4f/words/more",
            "/cases//words",
            "cases/4f/words",
            "/cases/4f",
            "/codes/4f",
            "/cases/new",
            "",
        ] {
            assert!(!is_kept(other), "{other:?}");
        }
    }

    #[test]
    fn every_kept_form_has_a_page_to_come_back_to_and_a_record_in_its_address() {
        for route in crate::routes::all() {
            if route.keeps.is_empty() {
                continue;
            }
            assert_eq!(route.method, Method1::Post, "{route:?}");
            assert!(page_of_form(&route, route.path).is_some(), "{route:?}");
            assert!(route.path.contains('{'), "{route:?}");
        }
    }

    #[test]
    fn agreeing_is_never_filled_in() {
        for route in crate::routes::all() {
            for field in [
                "agreed",
                "rests",
                "basis",
                "art9",
                "dpa",
                "immigration",
                "item",
            ] {
                assert!(!route.keeps.contains(&field), "{route:?} keeps {field}");
            }
        }
    }
}
