//! The ways in which somebody signs in: seeing them, making and using a passkey, taking a way away. A passkey needs JavaScript; the
//! password and the code do not, and stay.

use throughline_identity::flow::Aim;
use throughline_identity::outside::Came;
use throughline_identity::passkey::{Made, Site, Used};
use throughline_identity::ways::{Changed, LONGEST_NAME, Passkey, Way, Ways};

use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;

use crate::fault::{Fault, Outcome};
use crate::provider::{answered, flow};
use crate::route::{Access, Rate, Route, get, post};
use crate::sign_in::{set_cookie, stepped_up};
use crate::visit::Visit;
use crate::welcome::here;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        get(
            "/keys",
            "page-keys-title",
            Access::SignedIn,
            Rate::Page,
            |v| Box::pin(keys(v)),
        ),
        post(
            "/keys/with/remove",
            "page-keys-title",
            Access::SignedIn,
            Rate::SignIn,
            |v| Box::pin(untie_post(v)),
        ),
        get(
            "/keys/passkey",
            "page-keys-title",
            Access::SignedIn,
            Rate::Page,
            |v| Box::pin(new(v)),
        ),
        post(
            "/keys/passkey",
            "page-keys-title",
            Access::SignedIn,
            Rate::SignIn,
            |v| Box::pin(new_post(v)),
        ),
        post(
            "/keys/passkey/{key}/remove",
            "page-keys-title",
            Access::SignedIn,
            Rate::SignIn,
            |v| Box::pin(remove_post(v)),
        ),
        get(
            "/sign-in/passkey",
            "page-sign-in-title",
            Access::Public,
            Rate::Page,
            |v| Box::pin(sign_in(v)),
        ),
        post(
            "/sign-in/passkey",
            "page-sign-in-title",
            Access::Public,
            Rate::SignIn,
            |v| Box::pin(sign_in_post(v)),
        ),
        get(
            "/step-up/passkey",
            "page-step-up-title",
            Access::SignedIn,
            Rate::Page,
            |v| Box::pin(step_up(v)),
        ),
        post(
            "/step-up/passkey",
            "page-step-up-title",
            Access::SignedIn,
            Rate::SignIn,
            |v| Box::pin(step_up_post(v)),
        ),
        get(
            "/locked/passkey",
            "page-locked-title",
            Access::Locked,
            Rate::Page,
            |v| Box::pin(unlock(v)),
        ),
        post(
            "/locked/passkey",
            "page-locked-title",
            Access::Locked,
            Rate::SignIn,
            |v| Box::pin(unlock_post(v)),
        ),
    ]
}

/// Who we are to a browser; `None` where passkeys cannot work.
pub(crate) fn site(visit: &Visit) -> Option<Site> {
    Site::of(&visit.app().settings.base_url)
}

async fn keys(visit: Visit) -> Outcome {
    if !stepped_up(&visit) {
        return Err(Fault::StepUp);
    }
    let page = keys_page(&visit, None).await?;
    Ok(visit.show(page))
}

async fn keys_page(visit: &Visit, problem: Option<&str>) -> Result<Page, Fault> {
    let text = visit.text();
    let identity = visit.web.identity();
    let ways = identity.ways(here(visit)?).await?.ok_or(Fault::SignIn)?;
    let body = Html::heading(1, Size::L, text.t("keys-heading"))
        .then(Html::paragraph(text.t("keys-what")))
        .then(facts(visit, &ways))
        .then(provider_part(visit, &ways))
        .then(Html::heading(2, Size::M, text.t("keys-passkeys")))
        .then(passkeys_part(visit, &ways));
    let mut page = visit.page("page-keys-title", body);
    if let Some(problem) = problem {
        let mut form = Form::default();
        form.wrong("main-content", problem);
        page.errors = form.summary(text);
    }
    Ok(page)
}

fn facts(visit: &Visit, ways: &Ways) -> SummaryList {
    let text = visit.text();
    let has = |yes: bool| text.t(if yes { "keys-yes" } else { "keys-no" });
    let code = if ways.second_factor {
        text.t("keys-yes")
    } else {
        has(false)
            .then(" ")
            .then(Link::new(text.t("keys-code-set"), "/second-step"))
    };
    SummaryList::new()
        .fact(text.t("keys-password"), has(ways.password))
        .fact(text.t("keys-code"), code)
}

fn provider_part(visit: &Visit, ways: &Ways) -> Html {
    let text = visit.text();
    let Some(provider) = visit.web.identity().provider() else {
        return Html::default();
    };
    let name = [("name", provider.name().into())];
    let heading = Html::heading(2, Size::M, text.t_with("keys-provider", &name));
    if !ways.provider {
        return heading
            .then(Html::paragraph(text.t("keys-provider-none")))
            .then(Button::link(text.t_with("keys-provider-tie", &name), "/keys/with").secondary());
    }
    let untie = PostForm::new("/keys/with/remove", visit.csrf())
        .body(Button::new(text.t_with("keys-provider-untie", &name)).secondary());
    heading
        .then(Html::paragraph(text.t("keys-provider-tied")))
        .then(untie)
}

fn passkeys_part(visit: &Visit, ways: &Ways) -> Html {
    let text = visit.text();
    if site(visit).is_none() {
        return Html::paragraph(text.t("keys-passkeys-cannot"));
    }
    let mut out = Html::paragraph(text.t("keys-passkeys-what"));
    if !ways.passkeys.is_empty() {
        let mut table = Table::new(text.t("keys-passkeys-yours")).stacked().head([
            Cell::new(text.t("keys-passkey-name")),
            Cell::new(text.t("keys-passkey-made")),
            Cell::new(text.t("keys-passkey-used")),
            Cell::new(text.t("keys-passkey-remove")),
        ]);
        for key in &ways.passkeys {
            table = table.row(passkey_row(visit, key));
        }
        out.push(table);
    }
    out.then(Button::link(text.t("keys-passkey-new"), "/keys/passkey"))
}

fn passkey_row(visit: &Visit, key: &Passkey) -> [Cell; 4] {
    let text = visit.text();
    let used = match (key.stopped_at, key.used_at) {
        (Some(at), _) => text.t_with(
            "keys-passkey-stopped",
            &[("date", text.date(at.london_date()).into())],
        ),
        (None, Some(at)) => Html::text(text.date(at.london_date())),
        (None, None) => text.t("keys-passkey-never"),
    };
    let name = [("name", key.name.as_str().into())];
    let remove = PostForm::new(
        format!("/keys/passkey/{}/remove", key.reference),
        visit.csrf(),
    )
    .body(Button::new(text.t_with("keys-passkey-remove-this", &name)).secondary());
    [
        Cell::new(key.name.as_str()),
        Cell::new(Html::text(text.date(key.created_at.london_date()))),
        Cell::new(used),
        Cell::new(Html::from(remove)),
    ]
}

async fn changed(visit: &Visit, changed: Changed, said: &str) -> Outcome {
    let problem = match changed {
        Changed::Done => return Ok(visit.go_saying("/keys", said)),
        Changed::NotProved => return Err(Fault::StepUp),
        Changed::Last => "keys-last",
        Changed::Refused => return Err(Fault::NotFound),
    };
    let page = keys_page(visit, Some(problem)).await?;
    Ok(visit.show_errors(page))
}

async fn untie_post(visit: Visit) -> Outcome {
    let done = visit
        .web
        .identity()
        .way_remove(here(&visit)?, Way::Provider)
        .await?;
    changed(&visit, done, "keys-untied").await
}

async fn remove_post(visit: Visit) -> Outcome {
    let way = Way::Passkey(visit.reference("key")?);
    let done = visit.web.identity().way_remove(here(&visit)?, way).await?;
    changed(&visit, done, "keys-passkey-removed").await
}

/// A form that the browser's passkey fills in. Hidden until JavaScript shows it.
fn passkey_form(
    visit: &Visit,
    action: &str,
    fields: &[&str],
    data: &[(&str, String)],
    body: Html,
) -> Html {
    let text = visit.text();
    let mut form = PostForm::new(action, visit.csrf()).attr("hidden", "");
    for (name, value) in data {
        form = form.attr(name, value.as_str());
    }
    for field in fields {
        form = form.hidden(*field, "");
    }
    Html::trusted(format!(
        "<div data-passkey-without><p class=\"govuk-body\">{}</p></div>\
         <p class=\"govuk-body\" data-passkey-failed role=\"alert\" hidden>{}</p>",
        text.t("passkey-without"),
        text.t("passkey-failed")
    ))
    .then(form.body(body))
}

async fn new(visit: Visit) -> Outcome {
    if !stepped_up(&visit) {
        return Err(Fault::StepUp);
    }
    new_page(&visit, &Form::default()).await
}

async fn new_page(visit: &Visit, form: &Form) -> Outcome {
    let (text, identity) = (visit.text(), visit.web.identity());
    let site = site(visit).ok_or(Fault::NotFound)?;
    let who = here(visit)?;
    let ways = identity.ways(who).await?.ok_or(Fault::SignIn)?;
    let user = identity.user_handle(who).await?.ok_or(Fault::SignIn)?;
    let flow = identity.flow_begin(Aim::NewPasskey, &who.csrf);
    let known: Vec<String> = ways
        .passkeys
        .iter()
        .map(|key| throughline_identity::passkey::named(&key.credential))
        .collect();
    let name = visit
        .signed
        .as_ref()
        .map(|signed| signed.name.clone())
        .unwrap_or_default();
    let data = [
        ("data-passkey", "make".to_owned()),
        ("data-challenge", identity.flow_challenge(&flow)),
        ("data-host", site.host().to_owned()),
        ("data-service", visit.web.settings().service_name.clone()),
        ("data-user", user),
        ("data-name", name),
        ("data-known", known.join(" ")),
    ];
    let questions = Html::from(
        Input::new("name", text.t("passkey-name"))
            .hint(text.t("passkey-name-hint"))
            .bind(form, text),
    )
    .then(Button::new(text.t("passkey-make")));
    let fields = ["credential", "client", "device", "key"];
    let body = Html::heading(1, Size::L, text.t("passkey-new-heading"))
        .then(Html::paragraph(text.t("passkey-new-what")))
        .then(passkey_form(
            visit,
            "/keys/passkey",
            &fields,
            &data,
            questions,
        ));
    let mut page = visit.page("page-keys-title", body);
    page.errors = form.summary(text);
    page.back = Some("/keys".to_owned());
    let mut response = if form.has_errors() {
        visit.show_errors(page)
    } else {
        visit.show(page)
    };
    let value = visit.web.cookies().flow(&identity.flow_cookie(&flow));
    set_cookie(&mut response, &value);
    Ok(response)
}

async fn new_post(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let site = site(&visit).ok_or(Fault::NotFound)?;
    let name = form.required("name", "passkey-name-missing");
    if name
        .as_ref()
        .is_some_and(|name| name.chars().count() > LONGEST_NAME)
    {
        form.wrong("name", "passkey-name-long");
    }
    let (Some(name), false) = (name, form.has_errors()) else {
        return new_page(&visit, &form).await;
    };
    let Some(flow) = flow(&visit) else {
        form.wrong("name", "passkey-over");
        return new_page(&visit, &form).await;
    };
    let made = Made {
        client_data: form.value("client"),
        device_data: form.value("device"),
        public_key: form.value("key"),
        credential: form.value("credential"),
    };
    let kept = visit
        .web
        .identity()
        .passkey_keep(&flow, here(&visit)?, &site, made, &name)
        .await?;
    if kept == Changed::Refused {
        form.wrong("name", "passkey-refused");
        return new_page(&visit, &form).await;
    }
    changed(&visit, kept, "keys-passkey-kept").await
}

/// The page on which a passkey is used.
fn use_page(visit: &Visit, aim: Aim, bound: &str, failed: Option<&str>) -> Outcome {
    let (text, identity) = (visit.text(), visit.web.identity());
    let site = site(visit).ok_or(Fault::NotFound)?;
    let flow = identity.flow_begin(aim, bound);
    let data = [
        ("data-passkey", "use".to_owned()),
        ("data-challenge", identity.flow_challenge(&flow)),
        ("data-host", site.host().to_owned()),
    ];
    let fields = ["credential", "client", "device", "signature", "user"];
    let press = Html::from(Button::new(text.t("passkey-use")));
    let other = match aim {
        Aim::StepUp => "/step-up",
        Aim::Unlock => "/locked",
        _ => "/sign-in",
    };
    let body = Html::heading(1, Size::L, text.t("passkey-use-heading"))
        .then(Html::paragraph(text.t("passkey-use-what")))
        .then(passkey_form(visit, &visit.path, &fields, &data, press))
        .then(Html::paragraph(Link::new(text.t("passkey-other"), other)));
    let mut page = visit.page(visit.route.title, body);
    let mut response = match failed {
        Some(problem) => {
            let mut form = Form::default();
            form.wrong("main-content", problem);
            page.errors = form.summary(text);
            visit.show_errors(page)
        }
        None => visit.show(page),
    };
    let value = visit.web.cookies().flow(&identity.flow_cookie(&flow));
    set_cookie(&mut response, &value);
    Ok(response)
}

async fn used_post(visit: &Visit, aim: Aim, bound: &str) -> Outcome {
    let form = visit.form()?;
    let site = site(visit).ok_or(Fault::NotFound)?;
    let Some(flow) = flow(visit).filter(|flow| flow.aim() == aim) else {
        return use_page(visit, aim, bound, Some("passkey-over"));
    };
    let given = Used {
        client_data: form.value("client"),
        device_data: form.value("device"),
        signature: form.value("signature"),
        credential: form.value("credential"),
        user: form.value("user"),
    };
    let signed = visit.signed.as_ref();
    let came = visit
        .web
        .identity()
        .passkey_use(
            &flow,
            &site,
            given,
            signed.map(|signed| &signed.here),
            signed.map(|signed| &signed.token),
        )
        .await?;
    match came {
        Came::Refused => use_page(visit, aim, bound, Some("passkey-refused")),
        Came::Over => use_page(visit, aim, bound, Some("passkey-over")),
        came => Ok(answered(visit, &flow, came)),
    }
}

async fn sign_in(visit: Visit) -> Outcome {
    use_page(&visit, Aim::SignIn, "", None)
}

async fn sign_in_post(visit: Visit) -> Outcome {
    used_post(&visit, Aim::SignIn, "").await
}

async fn step_up(visit: Visit) -> Outcome {
    use_page(&visit, Aim::StepUp, &visit.csrf(), None)
}

async fn step_up_post(visit: Visit) -> Outcome {
    used_post(&visit, Aim::StepUp, &visit.csrf()).await
}

async fn unlock(visit: Visit) -> Outcome {
    use_page(&visit, Aim::Unlock, &visit.csrf(), None)
}

async fn unlock_post(visit: Visit) -> Outcome {
    used_post(&visit, Aim::Unlock, &visit.csrf()).await
}
