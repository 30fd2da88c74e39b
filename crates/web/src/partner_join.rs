//! Partners, for the administrators of the organisation that runs the installation: two people and a call-back let one in. What
//! happens inside it is not on these pages. Whoever else asks for them gets what does not exist.

use throughline_app::partner_join::{self, AddressState, Joining, Line, Place};
use throughline_app::records::setup::OrganisationKind;
use throughline_core::code::Code;
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::admin::{day, nation_words, onto};
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::{select, when, word};
use crate::visit::Visit;

const PARTNERS: Access = Access::Staff(&[ActionKind::PartnerPropose]);
const TITLE: &str = "page-partners-title";

/// How many services a search lists.
const FOUND: usize = 20;

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/partners", TITLE, PARTNERS, Rate::Page, |v| Box::pin(list(v))),
        get("/admin/partners/{service}", TITLE, PARTNERS, Rate::Page, |v| Box::pin(show(v))),
        post("/admin/partners/{service}", TITLE, PARTNERS, Rate::Page, |v| Box::pin(propose(v))),
        post("/admin/partners/{service}/{partner}/confirm", TITLE, PARTNERS, Rate::Page, |v| Box::pin(confirm(v))),
        post("/admin/partners/{service}/{partner}/retire", TITLE, PARTNERS, Rate::Page, |v| Box::pin(retire(v))),
        post("/admin/partners/{service}/{partner}/welcome", TITLE, PARTNERS, Rate::Page, |v| Box::pin(welcome(v))),
    ]
}

fn page_path(service: Ref) -> String {
    format!("/admin/partners/{service}")
}

async fn list(visit: Visit) -> Outcome {
    let text = visit.text();
    let lines = partner_join::list(visit.app(), visit.actor()).await?;
    let asked = Form::parse(visit.query.as_bytes()).map_err(|_| Fault::BadRequest)?;
    let search = Html::from(
        Input::new("name", text.t("partner-search"))
            .hint(text.t("partner-search-hint"))
            .kind("search")
            .bind(&asked, text),
    )
    .then(Button::new(text.t("partner-search-button")).secondary());
    let mut body = Html::heading(1, Size::L, text.t("partner-heading"))
        .then(Html::paragraph(text.t("partner-what")))
        .then(Html::heading(2, Size::M, text.t("partner-new")))
        .then(GetForm::new("/admin/partners").body(search));
    let name = asked.value("name").trim().to_lowercase();
    if !name.is_empty() {
        body.push(found(&visit, &name));
    }
    body.push(Html::heading(2, Size::M, text.t("partner-known")));
    if lines.is_empty() {
        body.push(Html::paragraph(text.t("partner-none")));
    } else {
        body.push(known(text, &lines));
    }
    let mut page = visit.page(TITLE, body);
    page.back = Some("/admin".to_owned());
    Ok(visit.show(page))
}

/// The services whose name, or whose organisation's, holds the words.
fn found(visit: &Visit, words: &str) -> Html {
    let text = visit.text();
    let snapshot = visit.app().directory.snapshot();
    let mut links: Vec<(String, Ref)> = snapshot
        .all()
        .map(|listed| {
            let entry = listed.entry();
            let whose = entry.organisation.as_ref().map(|body| body.name.as_str());
            let name = whose.filter(|whose| *whose != entry.name).map_or_else(
                || entry.name.clone(),
                |whose| format!("{}, {whose}", entry.name),
            );
            (name, listed.listing.reference)
        })
        .filter(|(name, _)| name.to_lowercase().contains(words))
        .collect();
    links.sort();
    links.truncate(FOUND);
    if links.is_empty() {
        return Html::paragraph(text.t("partner-not-found"));
    }
    Html::bullets(
        links
            .into_iter()
            .map(|(name, service)| Link::new(name, page_path(service))),
    )
}

fn known(text: Text, lines: &[Line]) -> Table {
    let mut table = Table::new(text.t("partner-known")).stacked().head([
        text.t("partner-organisation"),
        text.t("partner-service"),
        text.t("partner-stands"),
    ]);
    for line in lines {
        let join = &line.join;
        let since = join.confirmed_at.unwrap_or(join.proposed_at);
        let stands = word(text, "partner-state", join.state.code());
        table = table.row([
            Html::text(&join.name),
            Link::new(line.service_name.as_str(), page_path(line.service)).into(),
            Html::text(format!("{stands}, {}", day(text, since))),
        ]);
    }
    table
}

async fn show(visit: Visit) -> Outcome {
    let service = visit.reference("service")?;
    let page = service_page(&visit, service, None).await?;
    Ok(visit.show(page))
}

/// The page of a service; with `form`, what was typed and what is wrong with it.
async fn service_page(visit: &Visit, service: Ref, form: Option<&Form>) -> Result<Page, Fault> {
    let text = visit.text();
    let place = partner_join::place(visit.app(), visit.actor(), service).await?;
    let mut body = Html::heading(1, Size::L, text.t("partner-service-heading"))
        .then(Html::paragraph(Link::new(
            place.entry.name.as_str(),
            format!("/services/{service}"),
        )))
        .then(Html::paragraph(text.t("partner-service-what")));
    for line in &place.lines {
        body.push(card(visit, line));
    }
    let taken = |line: &Line| line.join.state != AddressState::Retired;
    if form.is_some() || !place.lines.iter().any(taken) {
        let name = place.entry.organisation.as_ref();
        let name = name.map_or(place.entry.name.as_str(), |body| body.name.as_str());
        let fresh = Form::from_pairs([("name", name)]);
        body.push(Html::heading(2, Size::M, text.t("partner-propose-heading")));
        body.push(
            PostForm::new(page_path(service), visit.csrf()).body(questions(
                text,
                &place,
                form.unwrap_or(&fresh),
            )),
        );
    }
    let mut page = visit.page(TITLE, body);
    page.errors = form.and_then(|form| form.summary(text));
    page.back = Some("/admin/partners".to_owned());
    Ok(page)
}

fn questions(text: Text, place: &Place, form: &Form) -> Html {
    let mut which = Select::new("organisation", text.t("partner-which"))
        .hint(text.t("partner-which-hint"))
        .option("", text.plain("partner-which-new"));
    for partner in &place.partners {
        which = which.option(partner.reference.to_string(), partner.name.clone());
    }
    let mut nations =
        Select::new("nation", text.t("admin-nation")).option("", text.plain("refer-choose"));
    for nation in Nation::ALL {
        nations = nations.option(nation.code(), text.plain(nation_words(*nation)));
    }
    let kinds = select::<OrganisationKind>(text, "kind", "partner-kind", "organisation-kind");
    Html::from(which.bind(form, text))
        .then(Input::new("name", text.t("partner-name")).bind(form, text))
        .then(kinds.bind(form, text))
        .then(nations.bind(form, text))
        .then(
            Input::new("person", text.t("partner-person"))
                .hint(text.t("partner-person-hint"))
                .bind(form, text),
        )
        .then(
            Input::new("email", text.t("partner-email"))
                .hint(text.t("partner-email-hint"))
                .kind("email")
                .spellcheck(false)
                .bind(form, text),
        )
        .then(
            Checkboxes::new("called_back", Legend::new(text.t("address-call-back")))
                .item(Choice::new("yes", text.t("partner-called-back")))
                .bind(form, text),
        )
        .then(Button::new(text.t("partner-propose")))
}

fn card(visit: &Visit, line: &Line) -> Html {
    let (text, join) = (visit.text(), &line.join);
    let mut list = SummaryList::new()
        .fact(text.t("partner-name"), join.name.as_str())
        .fact(
            text.t("partner-kind"),
            word(text, "organisation-kind", join.kind.code()),
        );
    if let Some((name, email)) = &join.person {
        list = list
            .fact(text.t("partner-person"), name.as_str())
            .fact(text.t("partner-email"), email.as_str());
    }
    list = list.fact(
        text.t("address-called-back-at"),
        when(text, join.called_back_at),
    );
    if let Some(at) = join.confirmed_at {
        list = list.fact(text.t("partner-approved-at"), when(text, at));
    }
    let mut out = Html::from(SummaryCard::new(
        word(text, "partner-state", join.state.code()),
        list,
    ));
    let form = |to: &str| {
        let path = format!("{}/{}/{to}", page_path(line.service), join.reference);
        PostForm::new(path, visit.csrf())
    };
    if line.welcome_waits {
        out.push(Html::paragraph(text.t("partner-welcome-waits")));
        out.push(form("welcome").body(Button::new(text.t("partner-welcome")).secondary()));
    }
    match join.state {
        AddressState::Proposed => {
            if visit.actor().account() == Some(join.proposed_by) {
                out.push(Html::paragraph(text.t("partner-needs-second-person")));
            } else {
                out.push(form("confirm").body(Button::new(text.t("partner-confirm"))));
            }
            out.push(form("retire").body(Button::new(text.t("partner-take-back")).secondary()));
        }
        AddressState::Confirmed => {
            out.push(Html::paragraph(text.t("partner-retire-what")));
            out.push(form("retire").body(Button::new(text.t("partner-retire")).warning()));
        }
        AddressState::Retired => {}
    }
    out
}

/// What was typed, as what joins; whatever is missing is marked.
fn joining(form: &mut Form) -> Option<Joining<'_>> {
    if let Some(known) = form.optional("organisation") {
        let known = known.parse().ok();
        if known.is_none() {
            form.wrong("organisation", "error-not-in-list");
        }
        return known.map(Joining::Known);
    }
    let kind = OrganisationKind::from_code(form.value("kind")).ok();
    let nation = Nation::from_code(form.value("nation")).ok();
    for (field, missing) in [("kind", kind.is_none()), ("nation", nation.is_none())] {
        if missing {
            form.wrong(field, "error-choose-one");
        }
    }
    let (kind, nation) = kind.zip(nation)?;
    Some(Joining::New {
        name: form.value("name"),
        kind,
        nation,
        person: form.value("person"),
        email: form.value("email"),
    })
}

async fn propose(visit: Visit) -> Outcome {
    let service = visit.reference("service")?;
    let mut form = visit.form()?;
    let called_back = form.ticked("called_back");
    let done = match joining(&mut form) {
        Some(joining) => {
            let (app, actor) = (visit.app(), visit.actor());
            partner_join::propose(app, actor, service, &joining, called_back)
                .await
                .map(Some)
        }
        None => Ok(None),
    };
    match done {
        Ok(Some(_)) => return Ok(visit.go_saying(&page_path(service), "partner-proposed")),
        Ok(None) => {}
        Err(error) => onto(&mut form, error)?,
    }
    let page = service_page(&visit, service, Some(&form)).await?;
    Ok(visit.show_errors(page))
}

async fn confirm(visit: Visit) -> Outcome {
    let (service, join) = (visit.reference("service")?, visit.reference("partner")?);
    partner_join::confirm(visit.app(), visit.actor(), join).await?;
    Ok(visit.go_saying(&page_path(service), "partner-confirmed"))
}

async fn retire(visit: Visit) -> Outcome {
    let (service, join) = (visit.reference("service")?, visit.reference("partner")?);
    partner_join::retire(visit.app(), visit.actor(), join).await?;
    Ok(visit.go_saying(&page_path(service), "partner-retired"))
}

async fn welcome(visit: Visit) -> Outcome {
    let (service, join) = (visit.reference("service")?, visit.reference("partner")?);
    partner_join::welcome_again(visit.app(), visit.actor(), join).await?;
    Ok(visit.go_saying(&page_path(service), "partner-welcomed"))
}
