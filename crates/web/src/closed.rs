//! Who may not see a record: kept to named viewers, or closed to a colleague by name. No word of it is in the title or the address.

use throughline_app::case_view::CaseView;
use throughline_app::closed::{self, Change, WhoMaySee};
use throughline_app::records::account::Account;
use throughline_policy::ActionKind;
use throughline_ui::prelude::*;

use crate::case::{TITLE, again, moment, opened, step};
use crate::case_now::{at, reason};
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::visit::Visit;

const CLOSE: Access = Access::Staff(&[ActionKind::CaseRestrict]);

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/cases/{case}/who-may-see", TITLE, CLOSE, page, |v| {
            Box::pin(shown(v))
        }),
        post("/cases/{case}/who-may-see", TITLE, CLOSE, page, |v| {
            Box::pin(changed(v))
        })
        .keeping(&["reason"]),
    ]
}

async fn shown(visit: Visit) -> Outcome {
    let view = opened(&visit).await?;
    let action = format!("{}/who-may-see", at(&view));
    let form = visit.typed(&action, Form::empty()).await?;
    let page = page(&visit, &view, &form).await?;
    Ok(visit.show(page))
}

async fn page(visit: &Visit, view: &CaseView, form: &Form) -> Result<Page, Fault> {
    let known = closed::who_may_see(visit.app(), visit.actor(), view.case.reference).await?;
    let body = kept(visit, view, &known, form).then(barred(visit, view, &known, form));
    Ok(step(visit, view, "closed-heading", "", form, body))
}

/// A form that does one thing.
fn does(visit: &Visit, view: &CaseView, then: &str, body: Html) -> Html {
    PostForm::new(format!("{}/who-may-see", at(view)), visit.csrf())
        .hidden("then", then)
        .body(body)
        .into()
}

/// One colleague of a list, chosen by name, and the button.
fn choose(visit: &Visit, label: &str, go: &str, from: &[&Account], form: &Form) -> Html {
    let text = visit.text();
    let nobody = SelectOption::new("", text.plain("refer-choose"));
    let items = from
        .iter()
        .map(|one| SelectOption::new(one.reference.to_string(), one.name.clone()));
    Html::from(
        Select::new("account", text.t(label))
            .options(std::iter::once(nobody).chain(items))
            .bind(form, text),
    )
    .then(Button::new(text.t(go)).secondary())
}

/// The named, each with a button that takes the name off.
fn named(visit: &Visit, view: &CaseView, who: &[Account], then: &str, go: &str) -> Html {
    let text = visit.text();
    let mut out = Html::default();
    for one in who {
        let button = Html::from(
            Button::new(text.t_with(go, &[("name", one.name.clone().into())])).secondary(),
        );
        let form = PostForm::new(format!("{}/who-may-see", at(view)), visit.csrf())
            .hidden("then", then)
            .hidden("account", one.reference.to_string())
            .body(button);
        out = out.then(form);
    }
    out
}

fn kept(visit: &Visit, view: &CaseView, known: &WhoMaySee, form: &Form) -> Html {
    let text = visit.text();
    let body = Html::heading(2, Size::M, text.t("closed-kept-heading"))
        .then(Html::paragraph(text.t("closed-kept-what")));
    let Some((why, since, by)) = &known.kept else {
        let questions = Html::from(
            Textarea::new("reason", text.t("closed-why"))
                .hint(text.t("closed-why-hint"))
                .bind(form, text),
        )
        .then(Button::new(text.t("closed-keep")));
        let form = visit
            .form_to(format!("{}/who-may-see", at(view)))
            .hidden("then", "keep")
            .body(questions);
        return body.then(form);
    };
    let list = SummaryList::new()
        .fact(text.t("closed-why"), why.as_str())
        .fact(text.t("closed-since"), moment(text, *since))
        .fact(text.t("closed-by"), by.as_str())
        .fact(
            text.t("closed-viewers"),
            Html::bullets(
                known
                    .viewers
                    .iter()
                    .map(|one| Html::text(one.name.as_str())),
            ),
        );
    let views = |one: &&Account| known.viewers.iter().any(|viewer| viewer.id == one.id);
    let others: Vec<&Account> = known.colleagues.iter().filter(|one| !views(one)).collect();
    let removable: Vec<Account> = known
        .viewers
        .iter()
        .filter(|one| one.id != view.case.lead)
        .cloned()
        .collect();
    let more = choose(visit, "closed-name", "closed-name-go", &others, form);
    body.then(list)
        .then(does(visit, view, "name", more))
        .then(named(visit, view, &removable, "unname", "closed-unname"))
        .then(does(
            visit,
            view,
            "open",
            Button::new(text.t("closed-open")).secondary().into(),
        ))
}

/// That a colleague is kept away by what they said of themselves.
fn declared(text: Text, known: &WhoMaySee) -> Html {
    if known.declared {
        InsetText::new(text.t("closed-declared")).into()
    } else {
        Html::default()
    }
}

fn barred(visit: &Visit, view: &CaseView, known: &WhoMaySee, form: &Form) -> Html {
    let text = visit.text();
    let is_barred = |one: &Account| known.barred.iter().any(|barred| barred.id == one.id);
    let me = visit.actor().account();
    let others: Vec<&Account> = known
        .colleagues
        .iter()
        .filter(|one| Some(one.id) != me && !is_barred(one))
        .collect();
    let more = choose(visit, "closed-bar", "closed-bar-go", &others, form);
    Html::heading(2, Size::M, text.t("closed-bar-heading"))
        .then(Html::paragraph(text.t("closed-bar-what")))
        .then(named(visit, view, &known.barred, "lift", "closed-lift"))
        .then(declared(text, known))
        .then(does(visit, view, "bar", more))
}

/// What the form asks for; `None` where something is missing and has been said in the form.
fn asked(form: &mut Form) -> Result<Option<Change>, Fault> {
    let then = form.value("then").to_owned();
    match then.as_str() {
        "keep" => return Ok(reason(form).map(Change::Keep)),
        "open" => return Ok(Some(Change::KeepNoLonger)),
        _ => {}
    }
    if form.required("account", "error-choose-one").is_none() {
        return Ok(None);
    }
    let who = form
        .value("account")
        .parse()
        .map_err(|_| Fault::BadRequest)?;
    match then.as_str() {
        "name" => Ok(Some(Change::Name(who))),
        "unname" => Ok(Some(Change::Unname(who))),
        "bar" => Ok(Some(Change::Bar(who))),
        "lift" => Ok(Some(Change::LiftBar(who))),
        _ => Err(Fault::BadRequest),
    }
}

async fn changed(visit: Visit) -> Outcome {
    let reference = visit.reference("case")?;
    let mut form = visit.form()?;
    // Who may not see it is asked before what was typed is read: nothing else is said to anybody.
    closed::who_may_see(visit.app(), visit.actor(), reference).await?;
    if let Some(change) = asked(&mut form)? {
        match closed::change(visit.app(), visit.actor(), reference, &change).await {
            Ok(()) => {
                let to = format!("/cases/{reference}/who-may-see");
                return Ok(visit.go_saying(&to, "case-saved"));
            }
            Err(error) => again(&mut form, error)?,
        }
    }
    let view = opened(&visit).await?;
    let page = page(&visit, &view, &form).await?;
    Ok(visit.show_errors(page))
}
