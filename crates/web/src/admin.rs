//! People and access: colleagues who join, move and leave, and sites; programs are in `programs`. Never any content of a case.

use throughline_app::access::{
    self, Colleague, Joiner, Leaver, MakeSite, Mover, ReadColleague, Stop,
};
use throughline_app::{Error, Store};
use throughline_core::code::Code;
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::role::Role;
use throughline_core::time::At;
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::sign_in::role_words;
use crate::visit::Visit;

const PEOPLE: Access = Access::Staff(&[ActionKind::AccountManage]);

/// How many colleagues one page lists.
const PEOPLE_ON_A_PAGE: usize = 50;

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    vec![
        get("/admin", "page-admin-title", PEOPLE, Rate::Page, |v| Box::pin(people(v))),
        get("/admin/people/new", "page-admin-title", PEOPLE, Rate::Page, |v| Box::pin(joiner(v))),
        post("/admin/people/new", "page-admin-title", PEOPLE, Rate::Page, |v| Box::pin(joiner_post(v))),
        get("/admin/people/{account}", "page-admin-title", PEOPLE, Rate::Page, |v| Box::pin(person(v))),
        post("/admin/people/{account}/move", "page-admin-title", PEOPLE, Rate::Page, |v| Box::pin(mover_post(v))),
        post("/admin/people/{account}/end", "page-admin-title", PEOPLE, Rate::Page, |v| Box::pin(leaver_post(v))),
        post("/admin/people/{account}/stop", "page-admin-title", PEOPLE, Rate::Page, |v| Box::pin(stop_post(v))),
        get("/admin/sites", "page-admin-title", PEOPLE, Rate::Page, |v| Box::pin(sites(v))),
        post("/admin/sites", "page-admin-title", PEOPLE, Rate::Page, |v| Box::pin(site_post(v))),
    ]
}

pub(crate) fn store(visit: &Visit) -> &Store {
    &visit.app().store
}

/// A site as forms need it.
struct SiteLine {
    reference: Ref,
    id: throughline_core::id::SiteId,
    name: String,
}

async fn own_sites(visit: &Visit) -> Result<Vec<SiteLine>, Fault> {
    let Some(organisation) = visit.actor().organisation() else {
        return Err(Fault::NotFound);
    };
    let sites = store(visit)
        .read(move |r| Box::pin(async move { r.sites(organisation).await }))
        .await?;
    Ok(sites
        .into_iter()
        .map(|site| SiteLine {
            reference: site.reference,
            id: site.id,
            name: site.name,
        })
        .collect())
}

pub(crate) fn day(text: Text, at: At) -> String {
    text.date(at.london_date())
}

/// Puts a refusal of the store onto the form; what is no matter of the form stays a fault.
pub(crate) fn onto(form: &mut Form, error: Error) -> Result<(), Fault> {
    match error {
        Error::Invalid { field, problem } => form.wrong(field, problem),
        Error::Illegal(
            key @ ("leaver-nobody-to-take"
            | "leaver-site-without-lead"
            | "leaver-only-one-who-answers"
            | "leaver-holds-work"
            | "access-of-oneself"),
        ) => form.wrong("taker", key),
        other => return Err(other.into()),
    }
    Ok(())
}

async fn people(visit: Visit) -> Outcome {
    let text = visit.text();
    let people = access::colleagues(store(&visit), visit.actor()).await?;
    let sites = own_sites(&visit).await?;
    let mut table = Table::new(text.t("admin-people-caption")).stacked().head([
        text.t("admin-name"),
        text.t("admin-role"),
        text.t("admin-site"),
        text.t("admin-access"),
    ]);
    let pages = people.len().div_ceil(PEOPLE_ON_A_PAGE).max(1);
    let asked = Form::parse(visit.query.as_bytes()).map_err(|_| Fault::BadRequest)?;
    let page = asked.value("page").parse().unwrap_or(1).clamp(1, pages);
    let shown = people
        .iter()
        .skip((page - 1) * PEOPLE_ON_A_PAGE)
        .take(PEOPLE_ON_A_PAGE);
    for person in shown {
        let site = sites
            .iter()
            .find(|site| Some(site.id) == person.site)
            .map(|site| site.name.clone());
        let link = Link::new(
            person.name.as_str(),
            format!("/admin/people/{}", person.reference),
        );
        let access = match person.ended_at {
            Some(at) => text.t_with("admin-left", &[("date", day(text, at).into())]),
            None => text.t("admin-active"),
        };
        table = table.row([
            Html::from(link),
            text.t(role_words(person.role)),
            site.unwrap_or_default().into(),
            access,
        ]);
    }
    let mut body = Html::heading(1, Size::L, text.t("admin-heading"))
        .then(crate::admin_site::warnings(&visit).await?)
        .then(Button::link(
            text.t("admin-new-person"),
            "/admin/people/new",
        ))
        .then(table);
    if pages > 1 {
        let to = |page: usize| format!("/admin?page={page}");
        body.push(Pagination::numbered(visit.lang, page, pages, to));
    }
    let mut more = vec![
        Link::new(text.t("admin-sites-link"), "/admin/sites"),
        Link::new(text.t("admin-programs-link"), "/admin/programs"),
    ];
    if access::operates(store(&visit), visit.actor()).await? {
        more.push(Link::new(text.t("admin-partners-link"), "/admin/partners"));
    }
    let body = body.then(Html::bullets(more));
    Ok(visit.show(visit.page("page-admin-title", body)))
}

/// The roles that there are in this organisation. One that somebody has is among them, wherever it came from.
fn role_select(text: Text, form: &Form, roles: &[Role], now: Option<Role>) -> Select {
    let mut select = Select::new("role", text.t("admin-role"));
    let old = now.filter(|now| !roles.contains(now));
    for role in roles.iter().chain(&old) {
        select = select.option(role.code(), text.plain(role_words(*role)));
    }
    if let Some(role) = now {
        select = select.value(role.code());
    }
    select.bind(form, text)
}

fn site_select(
    text: Text,
    form: &Form,
    sites: &[SiteLine],
    now: Option<throughline_core::id::SiteId>,
) -> Select {
    let mut select =
        Select::new("site", text.t("admin-site")).option("", text.plain("admin-no-site"));
    for site in sites {
        select = select.option(site.reference.to_string(), site.name.clone());
    }
    if let Some(site) = sites.iter().find(|site| Some(site.id) == now) {
        select = select.value(site.reference.to_string());
    }
    select.bind(form, text)
}

/// A reference that was chosen; an empty choice is none, rubbish is an error of the field.
pub(crate) fn chosen(form: &mut Form, name: &str) -> Option<Ref> {
    let text = form.optional(name)?;
    let found = text.parse().ok();
    if found.is_none() {
        form.wrong(name, "error-not-in-list");
    }
    found
}

fn role_of(form: &mut Form) -> Option<Role> {
    let found = Role::from_code(form.value("role")).ok();
    if found.is_none() {
        form.wrong("role", "error-not-in-list");
    }
    found
}

async fn joiner(visit: Visit) -> Outcome {
    let page = joiner_page(&visit, &Form::default()).await?;
    Ok(visit.show(page))
}

async fn joiner_page(visit: &Visit, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let sites = own_sites(visit).await?;
    let roles = access::roles(store(visit), visit.actor()).await?;
    let questions = Html::from(Input::new("name", text.t("admin-name")).bind(form, text))
        .then(
            Input::new("email", text.t("sign-in-email"))
                .kind("email")
                .bind(form, text),
        )
        .then(role_select(text, form, roles, None))
        .then(site_select(text, form, &sites, None))
        .then(Button::new(text.t("admin-joiner-button")));
    let body = Html::heading(1, Size::L, text.t("admin-new-person"))
        .then(PostForm::new("/admin/people/new", visit.csrf()).body(questions));
    let mut page = visit.page("page-admin-title", body);
    page.errors = form.summary(text);
    page.back = Some("/admin".to_owned());
    Ok(page)
}

async fn joiner_post(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let name = form
        .required("name", "account-name-missing")
        .unwrap_or_default();
    let email = form
        .required("email", "sign-in-email-missing")
        .unwrap_or_default();
    let (role, site) = (role_of(&mut form), chosen(&mut form, "site"));
    if let (Some(role), false) = (role, form.has_errors()) {
        let joiner = Joiner {
            name: &name,
            email: &email,
            role,
            site,
        };
        match access::change(store(&visit), visit.actor(), &joiner).await {
            Ok(made) => return Ok(welcome_link(&visit, made.reference, made.version)),
            Err(error) => onto(&mut form, error)?,
        }
    }
    let page = joiner_page(&visit, &form).await?;
    Ok(visit.show_errors(page))
}

/// The link to pass on, shown once: nobody, not even we, can show it again.
fn welcome_link(visit: &Visit, account: Ref, version: i64) -> axum::response::Response {
    let text = visit.text();
    let code = visit.web.identity().welcome_code(account, version);
    let link = format!("{}/welcome/{code}", visit.app().settings.base_url);
    let days = visit.web.identity().settings().welcome_days;
    let body = Html::heading(1, Size::L, text.t("admin-welcome-heading"))
        .then(Html::paragraph(text.t("admin-welcome-what")))
        .then(InsetText::new(link.as_str()))
        .then(Html::paragraph(
            text.t_with("admin-welcome-days", &[("count", days.into())]),
        ))
        .then(Html::paragraph(Link::new(text.t("admin-back"), "/admin")));
    visit.show(visit.page("page-admin-title", body))
}

async fn read_person(visit: &Visit) -> Result<Colleague, Fault> {
    let read = ReadColleague {
        reference: visit.reference("account")?,
    };
    Ok(access::change(store(visit), visit.actor(), &read).await?)
}

async fn person(visit: Visit) -> Outcome {
    let page = person_page(&visit, &Form::default()).await?;
    Ok(visit.show(page))
}

async fn person_page(visit: &Visit, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let found = read_person(visit).await?;
    let (account, held) = (&found.account, &found.holdings);
    let at = |what: &str| format!("/admin/people/{}/{what}", account.reference);
    let sites = own_sites(visit).await?;
    let roles = access::roles(store(visit), visit.actor()).await?;
    let site = sites
        .iter()
        .find(|site| Some(site.id) == account.site)
        .map(|site| site.name.clone());
    let facts = SummaryList::new()
        .fact(text.t("admin-role"), text.t(role_words(account.role)))
        .fact(
            text.t("admin-site"),
            site.unwrap_or_else(|| text.plain("admin-no-site")),
        )
        .fact(
            text.t("admin-cases"),
            number(i64::try_from(held.cases.len()).unwrap_or(i64::MAX)),
        )
        .fact(
            text.t("admin-tasks"),
            number(i64::try_from(held.tasks).unwrap_or(i64::MAX)),
        )
        .fact(
            text.t("admin-conversations"),
            number(i64::try_from(held.conversations).unwrap_or(i64::MAX)),
        );
    let mut body = Html::heading(1, Size::L, account.name.as_str()).then(facts);
    if let Some(ended) = account.ended_at {
        body = body.then(Html::paragraph(
            text.t_with("admin-left", &[("date", day(text, ended).into())]),
        ));
    } else if visit.actor().account() == Some(account.id) {
        body = body.then(Html::paragraph(text.t("access-of-oneself")));
    } else {
        let version = account.version.to_string();
        let taker = || {
            let mut select = Select::new("taker", text.t("admin-taker"))
                .hint(text.t("admin-taker-hint"))
                .option("", text.plain("admin-taker-lead"));
            for other in &found.takers {
                select = select.option(other.reference.to_string(), other.name.clone());
            }
            select.bind(form, text)
        };
        let moves = Html::from(role_select(text, form, roles, Some(account.role)))
            .then(site_select(text, form, &sites, account.site))
            .then(taker().id("move-taker"))
            .then(Button::new(text.t("admin-move-button")));
        let ends = Html::from(taker()).then(Button::new(text.t("admin-end-button")).warning());
        let stops = Button::new(text.t("admin-stop-button")).secondary();
        let post = |what: &str, inner: Html| {
            PostForm::new(at(what), visit.csrf())
                .hidden("version", version.clone())
                .body(inner)
        };
        body = body
            .then(Html::heading(2, Size::M, text.t("admin-move-heading")))
            .then(Html::paragraph(text.t("admin-move-what")))
            .then(post("move", moves))
            .then(Html::heading(2, Size::M, text.t("admin-end-heading")))
            .then(Html::paragraph(text.t("admin-end-what")))
            .then(post("end", ends))
            .then(Html::heading(2, Size::M, text.t("admin-stop-heading")))
            .then(Html::paragraph(text.t("admin-stop-what")))
            .then(post("stop", stops.into()));
    }
    let mut page = visit.page("page-admin-title", body);
    page.errors = form.summary(text);
    page.back = Some("/admin".to_owned());
    Ok(page)
}

fn version_of(form: &mut Form) -> Result<i64, Fault> {
    form.value("version").parse().map_err(|_| Fault::BadRequest)
}

async fn mover_post(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let version = version_of(&mut form)?;
    let (role, site, taker) = (
        role_of(&mut form),
        chosen(&mut form, "site"),
        chosen(&mut form, "taker"),
    );
    if let (Some(role), false) = (role, form.has_errors()) {
        let mover = Mover {
            reference: visit.reference("account")?,
            version,
            role,
            site,
            taker,
        };
        match access::change(store(&visit), visit.actor(), &mover).await {
            Ok(()) => return Ok(visit.go_saying("/admin", "admin-moved")),
            Err(error) => onto(&mut form, error)?,
        }
    }
    let page = person_page(&visit, &form).await?;
    Ok(visit.show_errors(page))
}

async fn leaver_post(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let version = version_of(&mut form)?;
    let taker = chosen(&mut form, "taker");
    if !form.has_errors() {
        let leaver = Leaver {
            reference: visit.reference("account")?,
            version,
            taker,
        };
        match access::change(store(&visit), visit.actor(), &leaver).await {
            Ok(()) => return Ok(visit.go_saying("/admin", "admin-ended")),
            Err(error) => onto(&mut form, error)?,
        }
    }
    let page = person_page(&visit, &form).await?;
    Ok(visit.show_errors(page))
}

async fn stop_post(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let version = version_of(&mut form)?;
    let reference = visit.reference("account")?;
    let stop = Stop { reference, version };
    let version = access::change(store(&visit), visit.actor(), &stop).await?;
    Ok(welcome_link(&visit, reference, version))
}

async fn sites(visit: Visit) -> Outcome {
    let page = sites_page(&visit, &Form::default()).await?;
    Ok(visit.show(page))
}

pub(crate) const fn nation_words(nation: Nation) -> &'static str {
    match nation {
        Nation::England => "admin-nation-england",
        Nation::Wales => "admin-nation-wales",
        Nation::Scotland => "admin-nation-scotland",
        Nation::NorthernIreland => "admin-nation-northern-ireland",
    }
}

async fn sites_page(visit: &Visit, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let links: Vec<Link> = own_sites(visit)
        .await?
        .into_iter()
        .map(|site| Link::new(site.name, format!("/admin/sites/{}", site.reference)))
        .collect();
    let mut nations = Radios::new("nation", Legend::new(text.t("admin-nation")));
    for nation in Nation::ALL {
        nations = nations.item(Choice::new(nation.code(), text.t(nation_words(*nation))));
    }
    let questions = Html::from(Input::new("name", text.t("admin-site-name")).bind(form, text))
        .then(nations.bind(form, text))
        .then(
            Checkboxes::bare("room")
                .item(Choice::new("yes", text.t("admin-private-room")))
                .bind(form, text),
        )
        .then(Button::new(text.t("admin-site-button")));
    let body = Html::heading(1, Size::L, text.t("admin-sites-heading"))
        .then(Html::bullets(links))
        .then(Html::heading(2, Size::M, text.t("admin-site-new")))
        .then(PostForm::new("/admin/sites", visit.csrf()).body(questions));
    let mut page = visit.page("page-admin-title", body);
    page.errors = form.summary(text);
    page.back = Some("/admin".to_owned());
    Ok(page)
}

async fn site_post(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let name = form
        .required("name", "site-name-missing")
        .unwrap_or_default();
    let nation = Nation::from_code(form.value("nation")).ok();
    if nation.is_none() {
        form.wrong("nation", "error-choose-one");
    }
    if let (Some(nation), false) = (nation, form.has_errors()) {
        let site = MakeSite {
            name: &name,
            area: None,
            nation,
            private_room: form.value("room") == "yes",
        };
        match access::change(store(&visit), visit.actor(), &site).await {
            Ok(_) => return Ok(visit.go_saying("/admin/sites", "admin-site-made")),
            Err(error) => onto(&mut form, error)?,
        }
    }
    let page = sites_page(&visit, &form).await?;
    Ok(visit.show_errors(page))
}
