//! Whom a person is to be kept apart from, as they told it. Nothing on this page, and nothing that it does, depends on whether that
//! person is known here (decision 0023).

use throughline_app::apart::{self, Links, NewLink, OtherSheet, ProtectiveLink};
use throughline_app::case_view::CaseView;
use throughline_core::apart::{Ground, LinkState, Window};
use throughline_core::code::Code;
use throughline_core::id::Ref;
use throughline_core::people::RelationshipRole;
use throughline_policy::ActionKind;
use throughline_ui::html::Html;
use throughline_ui::prelude::*;

use crate::appointment::version;
use crate::case::{CHANGE, READ, TITLE, again, moment, opened, step, word};
use crate::case_now::{choices, chosen};
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::Visit;

const CONFIRM: Access = Access::Staff(&[ActionKind::LinkConfirm]);
/// The windows that can be chosen, in days on either side.
const WINDOWS: [&str; 4] = ["0", "1", "3", "7"];

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases/{case}/apart", TITLE, READ, page, |v| Box::pin(show(v))),
        get("/cases/{case}/apart/add", TITLE, CHANGE, page, |v| Box::pin(new(v))),
        post("/cases/{case}/apart/add", TITLE, CHANGE, page, |v| Box::pin(add(v))),
        post("/cases/{case}/apart/end", TITLE, CHANGE, page, |v| Box::pin(end(v))),
        post("/cases/{case}/apart/confirm", TITLE, CONFIRM, page, |v| Box::pin(confirm(v))),
    ]
}

async fn show(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let known = apart::links(visit.app(), visit.actor(), view.case.reference).await?;
    Ok(visit.show(links_page(&visit, &view, &known, &Form::empty())))
}

fn facts(text: Text, link: &ProtectiveLink) -> SummaryList {
    let mut list = SummaryList::new();
    if let Some(born) = link
        .other
        .born
        .as_deref()
        .and_then(|born| born.parse().ok())
    {
        list = list.fact(text.t("apart-born"), Html::text(text.date(born)));
    }
    if let Some(known) = &link.other.else_known {
        list = list.fact(text.t("apart-else"), Html::text(known));
    }
    let state = match (link.state, link.ground) {
        (LinkState::Confirmed, Some(ground)) => {
            let why = text.plain(&format!("apart-ground-{ground}"));
            text.t_with("apart-confirmed-on", &[("why", why.into())])
        }
        (state, _) => word(text, "apart-state", state.code()),
    };
    list = list
        .fact(
            text.t("apart-role"),
            word(text, "apart-role", link.role.code()),
        )
        .fact(
            text.t("apart-window"),
            text.t(&format!("apart-window-{}", link.window.days())),
        )
        .fact(text.t("apart-state"), state)
        .fact(text.t("apart-told"), Html::text(moment(text, link.told_at)));
    match link.ended_at {
        Some(at) => list.fact(text.t("apart-ended"), Html::text(moment(text, at))),
        None => list,
    }
}

fn links_page(visit: &Visit, view: &CaseView, known: &Links, form: &Form) -> Page {
    let text = visit.text();
    let at = format!("/cases/{}/apart", view.case.reference);
    let mut body =
        Html::paragraph(text.t("apart-what")).then(Html::paragraph(text.t("apart-quiet")));
    if known.links.is_empty() {
        body.push(InsetText::new(text.t("apart-none")));
    }
    for link in &known.links {
        body.push(SummaryCard::new(
            Html::text(&link.other.name),
            facts(text, link),
        ));
        let hidden = |path: &str, inner: Html| {
            PostForm::new(format!("{at}/{path}"), visit.csrf())
                .hidden("link", link.reference.to_string())
                .hidden("version", link.version.to_string())
                .body(inner)
        };
        if link.state == LinkState::Told && known.may_confirm {
            let grounds = Radios::new("ground", Legend::new(text.t("apart-ground")))
                .items(choices::<Ground>(text, "apart-ground"));
            let inner = Html::paragraph(text.t("apart-confirm-what"))
                .then(grounds)
                .then(Button::new(text.t("apart-confirm")).secondary());
            body.push(Details::new(
                text.t("apart-confirm-summary"),
                hidden("confirm", inner),
            ));
        }
        if link.state != LinkState::Ended {
            let button = Button::new(text.t("apart-end")).warning();
            body.push(Details::new(
                text.t("apart-end-summary"),
                hidden("end", button.into()),
            ));
        }
    }
    body.push(Button::link(text.t("apart-add"), format!("{at}/add")));
    step(visit, view, "apart-heading", "/appointments", form, body)
}

async fn new(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let form = Form::from_pairs([("days", "0")]);
    Ok(visit.show(new_page(&visit, &view, &form)))
}

fn new_page(visit: &Visit, view: &CaseView, form: &Form) -> Page {
    let text = visit.text();
    let windows = WINDOWS.map(|days| Choice::new(days, text.t(&format!("apart-window-{days}"))));
    let questions = Html::from(
        Input::new("name", text.t("apart-name"))
            .hint(text.t("apart-name-hint"))
            .attr("autocomplete", "off")
            .bind(form, text),
    )
    .then(
        DateInput::new(visit.lang, "born", text.t("apart-born"))
            .fieldset(|set| set)
            .bind(form, text),
    )
    .then(
        Input::new("else_known", text.t("apart-else"))
            .hint(text.t("apart-else-hint"))
            .attr("autocomplete", "off")
            .bind(form, text),
    )
    .then(
        Radios::new("role", text.t("apart-role"))
            .hint(text.t("apart-role-hint"))
            .items(choices::<RelationshipRole>(text, "apart-role"))
            .bind(form, text),
    )
    .then(
        Radios::new("days", text.t("apart-window"))
            .items(windows)
            .bind(form, text),
    )
    .then(Button::new(text.t("case-save")));
    let path = format!("/cases/{}/apart/add", view.case.reference);
    let body = PostForm::new(path, visit.csrf()).body(questions);
    step(
        visit,
        view,
        "apart-add-heading",
        "/apart",
        form,
        body.into(),
    )
}

async fn add(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let mut form = visit.form()?;
    let name = form.required_within("name", "apart-name-needed", 200);
    let born = form.date("born").map(|born| born.to_string());
    let else_known = form.optional_within("else_known", 500);
    let role = chosen::<RelationshipRole>(&mut form, "role");
    let window = form
        .required_choice("days", &WINDOWS, "error-choose-one")
        .and_then(|days| days.parse().ok())
        .and_then(Window::around);
    if let (Some(name), Some(role), Some(window), false) = (name, role, window, form.has_errors()) {
        let other = OtherSheet {
            name,
            born,
            else_known,
        };
        let new = NewLink {
            other: &other,
            role,
            window,
        };
        match apart::add(visit.app(), visit.actor(), case, &new).await {
            Ok(_) => {
                return Ok(visit.go_saying(&format!("/cases/{case}/apart"), "apart-added-said"));
            }
            Err(error) => again(&mut form, error)?,
        }
    }
    let view = opened(&visit).await?;
    Ok(visit.show_errors(new_page(&visit, &view, &form)))
}

/// The link that the form names.
fn named(form: &Form) -> Result<Ref, Fault> {
    form.value("link").parse().map_err(|_| Fault::BadRequest)
}

async fn end(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let form = visit.form()?;
    let (link, version) = (named(&form)?, version(&form)?);
    apart::end(visit.app(), visit.actor(), case, link, version).await?;
    Ok(visit.go_saying(&format!("/cases/{case}/apart"), "apart-ended-said"))
}

async fn confirm(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let form = visit.form()?;
    let (link, version) = (named(&form)?, version(&form)?);
    let to = format!("/cases/{case}/apart");
    let Ok(ground) = Ground::from_code(form.value("ground")) else {
        return Ok(visit.go_saying(&to, "apart-ground-needed"));
    };
    apart::confirm(visit.app(), visit.actor(), case, link, version, ground).await?;
    Ok(visit.go_saying(&to, "apart-confirmed-said"))
}
