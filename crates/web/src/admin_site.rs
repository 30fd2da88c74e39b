//! Who is told at a site when nobody acts: its posts, naming who holds them, and what is missing until somebody does.

use throughline_app::access;
use throughline_app::post::{Missing, NamePost, ReadSitePosts, SitePost, SitePosts, missing};
use throughline_core::code::Code;
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::admin::{chosen, day, onto, store};
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::sign_in::stepped_up;
use crate::visit::Visit;

const SEE: Access = Access::Staff(&[ActionKind::AccountManage]);
const NAME: Access = Access::Staff(&[ActionKind::SitePostName]);
const TITLE: &str = "page-admin-title";

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/sites/{site}", TITLE, SEE, Rate::Page, |v| Box::pin(site(v))),
        get("/admin/sites/{site}/posts/{post}", TITLE, NAME, Rate::Page, |v| Box::pin(name(v))),
        post("/admin/sites/{site}/posts/{post}", TITLE, NAME, Rate::Page, |v| Box::pin(name_post(v))),
    ]
}

/// What an administrator has to do before an escalation reaches somebody who was named for it; nothing once it does.
pub(crate) async fn warnings(visit: &Visit) -> Result<Html, Fault> {
    let text = visit.text();
    let mut out = Html::default();
    for what in missing(store(visit), visit.actor()).await? {
        let (words, link) = match &what {
            Missing::Site => (
                text.t("admin-missing-site"),
                Link::new(text.t("admin-site-new"), "/admin/sites"),
            ),
            Missing::SafetyLead { site, name } | Missing::Lead { site, name } => (
                text.t_with("admin-missing-lead", &[("site", name.as_str().into())]),
                Link::new(
                    text.t_with("admin-posts-link", &[("site", name.as_str().into())]),
                    format!("/admin/sites/{site}"),
                ),
            ),
        };
        out.push(WarningText::new(visit.lang, words));
        if matches!(what, Missing::SafetyLead { .. }) {
            out.push(Html::paragraph(text.t("admin-missing-safety-lead")));
        }
        out.push(Html::paragraph(link));
    }
    Ok(out)
}

async fn read(visit: &Visit) -> Result<SitePosts, Fault> {
    let read = ReadSitePosts {
        site: visit.reference("site")?,
    };
    Ok(access::change(store(visit), visit.actor(), &read).await?)
}

async fn site(visit: Visit) -> Outcome {
    let text = visit.text();
    let found = read(&visit).await?;
    let name = found.site.name.as_str();
    let mut body = Html::heading(1, Size::L, name);
    if found
        .holder(SitePost::Lead)
        .is_none_or(|held| !held.is_told)
    {
        let words = text.t_with("admin-missing-lead", &[("site", name.into())]);
        body.push(WarningText::new(visit.lang, words));
    }
    if found.candidates.is_empty() {
        body.push(Html::paragraph(text.t("admin-missing-safety-lead")));
    }
    if !found.stand_ins.is_empty() {
        body.push(Html::paragraph(text.t("admin-stand-ins")));
        body.push(Html::bullets(found.stand_ins.iter().map(Html::text)));
    }
    let mut posts = SummaryList::new();
    for post in SitePost::ALL {
        let value = match found.holder(*post) {
            Some(held) => {
                let who = text.t_with(
                    "admin-post-since",
                    &[
                        ("name", held.account.name.as_str().into()),
                        ("date", day(text, held.from_at).into()),
                    ],
                );
                let mut said = Html::paragraph(who);
                if !held.is_told {
                    said.push(Html::paragraph(text.t("admin-post-not-told")));
                }
                said
            }
            None => text.t("admin-post-nobody"),
        };
        let words = text.plain(post_words(*post));
        let link = Action::new(
            text.t("admin-post-name"),
            format!("/admin/sites/{}/posts/{}", found.site.reference, post),
        )
        .hidden(Html::text(words));
        posts = posts.row(Row::new(text.t(post_words(*post)), value).action(link));
    }
    let body = body
        .then(Html::paragraph(text.t("admin-posts-what")))
        .then(posts);
    let mut page = visit.page(TITLE, body);
    page.back = Some("/admin/sites".to_owned());
    Ok(visit.show(page))
}

const fn post_words(post: SitePost) -> &'static str {
    match post {
        SitePost::Lead => "post-lead",
        SitePost::Deputy => "post-deputy",
        SitePost::SiteManager => "post-site_manager",
    }
}

fn post_of(visit: &Visit) -> Result<SitePost, Fault> {
    visit
        .param("post")
        .and_then(|code| SitePost::from_code(code).ok())
        .ok_or(Fault::NotFound)
}

async fn name(visit: Visit) -> Outcome {
    let post = post_of(&visit)?;
    if !stepped_up(&visit) {
        return Err(Fault::StepUp);
    }
    let page = name_page(&visit, post, &Form::empty()).await?;
    Ok(visit.show(page))
}

async fn name_page(visit: &Visit, post: SitePost, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let found = read(visit).await?;
    let at = format!("/admin/sites/{}", found.site.reference);
    let mut body = Html::heading(1, Size::L, found.site.name.as_str())
        .then(Html::heading(2, Size::M, text.t(post_words(post))))
        .then(Html::paragraph(text.t("admin-posts-what")));
    if found.candidates.is_empty() {
        body.push(Html::paragraph(text.t("admin-missing-safety-lead")));
        body.push(Html::paragraph(Link::new(
            text.t("admin-new-person"),
            "/admin/people/new",
        )));
    } else {
        let mut who = Select::new("account", text.t("admin-post-who"))
            .hint(text.t("admin-post-who-hint"))
            .option("", text.plain("refer-choose"));
        for colleague in &found.candidates {
            who = who.option(colleague.reference.to_string(), colleague.name.clone());
        }
        if let Some(held) = found.holder(post) {
            who = who.value(held.account.reference.to_string());
        }
        let questions =
            Html::from(who.bind(form, text)).then(Button::new(text.t("admin-post-button")));
        body.push(PostForm::new(format!("{at}/posts/{post}"), visit.csrf()).body(questions));
    }
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    page.back = Some(at);
    Ok(page)
}

async fn name_post(visit: Visit) -> Outcome {
    let post = post_of(&visit)?;
    let site = visit.reference("site")?;
    let mut form = visit.form()?;
    let account = chosen(&mut form, "account");
    if account.is_none() && !form.has_errors() {
        form.wrong("account", "post-holder-missing");
    }
    if let Some(account) = account {
        let name = NamePost {
            site,
            post,
            account,
        };
        match access::change(store(&visit), visit.actor(), &name).await {
            Ok(()) => {
                return Ok(visit.go_saying(&format!("/admin/sites/{site}"), "admin-post-named"));
            }
            Err(error) => onto(&mut form, error)?,
        }
    }
    let page = name_page(&visit, post, &form).await?;
    Ok(visit.show_errors(page))
}
