//! Programs that are let in by the API: an administrator makes their secrets, says what each may do, and takes it back.

use throughline_app::access::{self, MakeClient, RevokeClient};
use throughline_core::code::Code;
use throughline_identity::clients::secret_text;
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::admin::{day, onto, store};
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::sign_in::stepped_up;
use crate::visit::Visit;

const PROGRAMS: Access = Access::Staff(&[ActionKind::ClientManage]);

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/programs", "page-admin-title", PROGRAMS, Rate::Page, |v| Box::pin(programs(v))),
        get("/admin/programs/new", "page-admin-title", PROGRAMS, Rate::Page, |v| Box::pin(program(v))),
        post("/admin/programs/new", "page-admin-title", PROGRAMS, Rate::Page, |v| Box::pin(program_post(v))),
        post("/admin/programs/{client}/revoke", "page-admin-title", PROGRAMS, Rate::Page, |v| Box::pin(revoke_post(v))),
    ]
}

async fn programs(visit: Visit) -> Outcome {
    let text = visit.text();
    let clients = access::clients(store(&visit), visit.actor()).await?;
    let mut table = Table::new(text.t("admin-programs-caption"))
        .stacked()
        .head([
            text.t("admin-name"),
            text.t("admin-program-may"),
            text.t("admin-program-since"),
            text.t("admin-access"),
        ]);
    for client in &clients {
        let may = client.scopes.iter().map(|scope| Html::code(scope.code()));
        let access = match client.revoked_at {
            Some(at) => text.t_with("admin-program-revoked", &[("date", day(text, at).into())]),
            None => PostForm::new(
                format!("/admin/programs/{}/revoke", client.reference),
                visit.csrf(),
            )
            .body(Button::new(text.t("admin-program-revoke")).warning())
            .into(),
        };
        table = table.row([
            client.name.as_str().into(),
            Html::bullets(may),
            day(text, client.created_at).into(),
            access,
        ]);
    }
    let body = Html::heading(1, Size::L, text.t("admin-programs-heading"))
        .then(Html::paragraph(text.t("admin-programs-what")))
        .then(Button::link(
            text.t("admin-program-new"),
            "/admin/programs/new",
        ))
        .then(if clients.is_empty() {
            Html::paragraph(text.t("admin-programs-none"))
        } else {
            table.into()
        });
    let mut page = visit.page("page-admin-title", body);
    page.back = Some("/admin".to_owned());
    Ok(visit.show(page))
}

async fn program(visit: Visit) -> Outcome {
    if !stepped_up(&visit) {
        return Err(Fault::StepUp);
    }
    Ok(visit.show(program_page(&visit, &Form::default())))
}

fn program_page(visit: &Visit, form: &Form) -> Page {
    let text = visit.text();
    let mut scopes = Checkboxes::new("scopes", Legend::new(text.t("admin-program-may")));
    for action in access::grantable() {
        scopes = scopes.item(Choice::new(action.code(), action.code()));
    }
    let questions = Html::from(Input::new("name", text.t("admin-program-name")).bind(form, text))
        .then(scopes.bind(form, text))
        .then(Button::new(text.t("admin-program-button")));
    let body = Html::heading(1, Size::L, text.t("admin-program-new"))
        .then(PostForm::new("/admin/programs/new", visit.csrf()).body(questions));
    let mut page = visit.page("page-admin-title", body);
    page.errors = form.summary(text);
    page.back = Some("/admin/programs".to_owned());
    page
}

async fn program_post(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let scopes: Vec<ActionKind> = form
        .values("scopes")
        .into_iter()
        .filter_map(|code| ActionKind::from_code(code).ok())
        .collect();
    let name = form.value("name").to_owned();
    let make = MakeClient {
        name: &name,
        scopes: &scopes,
    };
    match access::change(store(&visit), visit.actor(), &make).await {
        Ok((_, secret)) => {
            let text = visit.text();
            let body = Html::heading(1, Size::L, text.t("admin-secret-heading"))
                .then(Html::paragraph(text.t("admin-secret-what")))
                .then(InsetText::new(secret_text(&secret)))
                .then(Html::paragraph(Link::new(
                    text.t("admin-programs-link"),
                    "/admin/programs",
                )));
            Ok(visit.show(visit.page("page-admin-title", body)))
        }
        Err(error) => {
            onto(&mut form, error)?;
            Ok(visit.show_errors(program_page(&visit, &form)))
        }
    }
}

async fn revoke_post(visit: Visit) -> Outcome {
    let revoke = RevokeClient {
        reference: visit.reference("client")?,
    };
    access::change(store(&visit), visit.actor(), &revoke).await?;
    Ok(visit.go_saying("/admin/programs", "admin-revoked"))
}
