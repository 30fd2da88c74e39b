//! Where referrals to a service go, for those who keep the directory: two people, and a call-back first.

use throughline_app::address::{self, Address, AddressState, Proposal};
use throughline_core::code::Code as _;
use throughline_core::id::Ref;
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::{when, word};
use crate::visit::Visit;

const STEWARDS: Access = Access::Staff(&[ActionKind::AddressPropose]);
const TITLE: &str = "page-address-title";

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let (page, rate) = (STEWARDS, Rate::Page);
    vec![
        get("/services/{service}/address", TITLE, page, rate, |v| {
            Box::pin(show(v))
        }),
        post("/services/{service}/address", TITLE, page, rate, |v| {
            Box::pin(propose(v))
        }),
        post(
            "/services/{service}/address/{address}/confirm",
            TITLE,
            page,
            rate,
            |v| Box::pin(confirm(v)),
        ),
        post(
            "/services/{service}/address/{address}/retire",
            TITLE,
            page,
            rate,
            |v| Box::pin(retire(v)),
        ),
    ]
}

async fn page_of(visit: &Visit, service: Ref, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let (name, known) = address::list(visit.app(), visit.actor(), service).await?;
    let mut body = Html::heading(1, Size::L, text.t("address-heading"))
        .then(Html::paragraph(name))
        .then(Html::paragraph(text.t("address-what")));
    for one in &known {
        body.push(card(visit, service, one));
    }
    let questions = Html::from(
        Input::new("email", text.t("address-email"))
            .kind("email")
            .spellcheck(false)
            .bind(form, text),
    )
    .then(
        Input::new("code_route", text.t("address-code-route"))
            .hint(text.t("address-code-route-hint"))
            .bind(form, text),
    )
    .then(
        Checkboxes::new("called_back", Legend::new(text.t("address-call-back")))
            .item(Choice::new("yes", text.t("address-called-back")))
            .bind(form, text),
    )
    .then(Button::new(text.t("address-propose")));
    body.push(Html::heading(2, Size::M, text.t("address-new")));
    body.push(PostForm::new(format!("/services/{service}/address"), visit.csrf()).body(questions));
    let mut page = visit.page(TITLE, body);
    page.errors = form.summary(text);
    page.back = Some("/steward".to_owned());
    Ok(page)
}

fn card(visit: &Visit, service: Ref, one: &Address) -> Html {
    let text = visit.text();
    let mut list = SummaryList::new()
        .fact(text.t("address-email"), &one.email)
        .fact(text.t("address-code-route"), &one.code_route)
        .fact(
            text.t("address-called-back-at"),
            when(text, one.called_back_at),
        );
    if let Some(at) = one.confirmed_at {
        list = list.fact(text.t("address-confirmed-at"), when(text, at));
    }
    let mut out = Html::from(SummaryCard::new(
        word(text, "address-state", one.state.code()),
        list,
    ));
    let form = |to: &str| {
        let path = format!("/services/{service}/address/{}/{to}", one.reference);
        PostForm::new(path, visit.csrf())
    };
    let own = visit.actor().account() == Some(one.proposed_by);
    if one.state == AddressState::Proposed && own {
        out.push(Html::paragraph(text.t("address-needs-second-person")));
    } else if one.state == AddressState::Proposed {
        out.push(form("confirm").body(Button::new(text.t("address-confirm"))));
    }
    if one.state != AddressState::Retired {
        out.push(form("retire").body(Button::new(text.t("address-retire")).secondary()));
    }
    out
}

async fn show(visit: Visit) -> Outcome {
    let service = visit.reference("service")?;
    let page = page_of(&visit, service, &Form::empty()).await?;
    Ok(visit.show(page))
}

async fn propose(visit: Visit) -> Outcome {
    let service = visit.reference("service")?;
    let mut form = visit.form()?;
    let proposal = Proposal {
        email: form.value("email"),
        code_route: form.value("code_route"),
        called_back: form.ticked("called_back"),
    };
    match address::propose(visit.app(), visit.actor(), service, &proposal).await {
        Ok(_) => Ok(visit.go_saying(&format!("/services/{service}/address"), "address-proposed")),
        Err(throughline_app::Error::Invalid { field, problem }) => {
            form.wrong(field, problem);
            let page = page_of(&visit, service, &form).await?;
            Ok(visit.show_errors(page))
        }
        Err(error) => Err(error.into()),
    }
}

async fn confirm(visit: Visit) -> Outcome {
    let (service, address) = (visit.reference("service")?, visit.reference("address")?);
    address::confirm(visit.app(), visit.actor(), service, address).await?;
    Ok(visit.go_saying(&format!("/services/{service}/address"), "address-confirmed"))
}

async fn retire(visit: Visit) -> Outcome {
    let (service, address) = (visit.reference("service")?, visit.reference("address")?);
    address::retire(visit.app(), visit.actor(), service, address).await?;
    Ok(visit.go_saying(&format!("/services/{service}/address"), "address-retired"))
}
