//! Somebody asks what is held about them: the queue, what is given item by item, and the copy for one recipient. For whoever answers
//! for a site's safety, once they have proved themselves again.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use throughline_app::access_request::{self, AccessRequest};
use throughline_app::case_view::CaseView;
use throughline_core::code::Code;
use throughline_core::disclosure::{
    AskedBy, Decided, Decision, Exemption, Item, RequestState, decision_on, given,
};
use throughline_core::id::Ref;
use throughline_core::reason::Words;
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;
use throughline_ui::text::Lang;

use crate::access_items::{Mark, copy, items};
use crate::case::{TITLE, opened, step};
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::{choices, when, word};
use crate::visit::{Visit, answer};

const ANSWER: Access = Access::Staff(&[ActionKind::AccessAnswer]);

/// The longest name of a recipient, in characters.
const RECIPIENT_MAX: usize = 200;

/// The routes of this area.
#[rustfmt::skip]
pub fn routes() -> Vec<Route> {
    let page = Rate::Page;
    vec![
        get("/requests-to-see", "page-rights-title", ANSWER, page, |v| Box::pin(queue(v))),
        get("/requests-to-see/neither", "page-rights-title", ANSWER, page, |v| Box::pin(neither(v))),
        get("/cases/{case}/access", TITLE, ANSWER, page, |v| Box::pin(of_case(v))),
        post("/cases/{case}/access", TITLE, ANSWER, page, |v| Box::pin(record(v))),
        get("/cases/{case}/access/{request}", TITLE, ANSWER, page, |v| Box::pin(one(v))),
        post("/cases/{case}/access/{request}", TITLE, ANSWER, page, |v| Box::pin(decide(v))),
        post("/cases/{case}/access/{request}/copy", TITLE, ANSWER, page, |v| Box::pin(make(v))),
        post("/cases/{case}/access/{request}/file", TITLE, ANSWER, Rate::Search, |v| Box::pin(file(v))),
        post("/cases/{case}/access/{request}/end", TITLE, ANSWER, page, |v| Box::pin(end(v))),
    ]
}

async fn queue(visit: Visit) -> Outcome {
    let text = visit.text();
    let waiting = access_request::waiting(visit.app(), visit.actor()).await?;
    let mut body = Html::heading(1, Size::L, text.t("access-heading"))
        .then(Html::paragraph(text.t("access-what")))
        .then(Html::paragraph(Link::new(
            text.t("access-neither-heading"),
            "/requests-to-see/neither",
        )));
    if waiting.is_empty() {
        body.push(Html::paragraph(text.t("access-none")));
    } else {
        let mut table = Table::new(text.t("access-heading"))
            .stacked()
            .head([text.t("access-due"), text.t("erasures-stands")]);
        for one in &waiting {
            let at = format!("/cases/{}/access/{}", one.case, one.reference);
            let due = when(text, one.due_at);
            let late = if one.due_at < visit.now() {
                Tag::new(text.t("access-late")).colour(Colour::Red).into()
            } else {
                Html::default()
            };
            table = table.row([
                Html::from(Link::new(due, at)).then(late),
                Html::text(word(text, "access-state", one.state.code())),
            ]);
        }
        body.push(table);
    }
    Ok(visit.show(visit.page("page-rights-title", body)))
}

/// The answer that is the same for everyone, whatever is held and of whom (R-IG-08): to be read out or copied into a letter.
async fn neither(visit: Visit) -> Outcome {
    let text = visit.text();
    let body = Html::heading(1, Size::L, text.t("access-neither-heading"))
        .then(Html::paragraph(text.t("access-neither-what")))
        .then(InsetText::new(text.t("access-neither-words")));
    let mut page = visit.page("page-rights-title", body);
    page.back = Some("/requests-to-see".to_owned());
    Ok(visit.show(page))
}

async fn of_case(visit: Visit) -> Outcome {
    let page = case_page(&visit, &Form::empty()).await?;
    Ok(visit.show(page))
}

async fn case_page(visit: &Visit, form: &Form) -> Result<Page, Fault> {
    let text = visit.text();
    let case = visit.reference("case")?;
    let known = access_request::of_case(visit.app(), visit.actor(), case).await?;
    let view = opened(visit).await?;
    let mut body = Html::paragraph(text.t("access-what"));
    let links: Vec<_> = known
        .iter()
        .map(|one| {
            let words = text.plain_with(
                "access-one",
                &[
                    ("when", when(text, one.asked_at).into()),
                    ("state", word(text, "access-state", one.state.code()).into()),
                ],
            );
            Link::new(words, format!("/cases/{case}/access/{}", one.reference))
        })
        .collect();
    if !links.is_empty() {
        body.push(Html::bullets(links));
    }
    let languages = Lang::ALL
        .iter()
        .map(|lang| Choice::new(lang.code(), lang.own_name()));
    let questions = Html::from(
        Radios::new("asked_by", Legend::new(text.t("access-asked-by")))
            .items(choices::<AskedBy>(text, "asked-by"))
            .bind(form, text),
    )
    .then(
        Input::new("recipient", text.t("access-recipient"))
            .hint(text.t("access-recipient-hint"))
            .bind(form, text),
    )
    .then(
        Radios::new("answer_lang", Legend::new(text.t("access-lang")))
            .items(languages)
            .bind(form, text),
    )
    .then(
        Checkboxes::new("checked", Legend::new(text.t("access-checked")))
            .item(Choice::new("yes", text.t("access-checked-yes")))
            .bind(form, text),
    )
    .then(Button::new(text.t("access-record")));
    body.push(Html::heading(2, Size::M, text.t("access-new")));
    body.push(PostForm::new(format!("/cases/{case}/access"), visit.csrf()).body(questions));
    Ok(step(visit, &view, "access-heading", "", form, body))
}

async fn record(visit: Visit) -> Outcome {
    let case = visit.reference("case")?;
    let mut form = visit.form()?;
    form.required("asked_by", "error-choose-one");
    form.required("answer_lang", "error-choose-one");
    form.required_within("recipient", "error-required", RECIPIENT_MAX);
    if !form.ticked("checked") {
        form.wrong("checked", "access-checked-needed");
    }
    let asked_by = AskedBy::from_code(form.value("asked_by")).ok();
    let lang = Lang::from_code(form.value("answer_lang"));
    let recipient = Words::new(form.value("recipient")).ok();
    if !form.has_errors()
        && let Some(((asked_by, lang), recipient)) = asked_by.zip(lang).zip(recipient)
    {
        let (app, actor) = (visit.app(), visit.actor());
        let made =
            access_request::record(app, actor, case, asked_by, lang.code(), &recipient).await?;
        return Ok(visit.go(&format!("/cases/{case}/access/{made}")));
    }
    let page = case_page(&visit, &form).await?;
    Ok(visit.show_errors(page))
}

/// A request with all that is held, in its own language.
struct Looked {
    request: AccessRequest,
    view: CaseView,
    items: Vec<Item>,
    words: Text,
}

async fn looked(visit: &Visit) -> Result<Looked, Fault> {
    let (app, actor) = (visit.app(), visit.actor());
    let (case, reference) = (visit.reference("case")?, visit.reference("request")?);
    let request = access_request::read(app, actor, case, reference).await?;
    let held = access_request::held(app, actor, case).await?;
    let words = Text::new(Lang::from_code(&request.lang).unwrap_or_default());
    Ok(Looked {
        items: items(words, &held),
        request,
        view: held.view,
        words,
    })
}

fn here(visit: &Visit, looked: &Looked, end: &str) -> PostForm {
    let (case, request) = (looked.view.case.reference, looked.request.reference);
    PostForm::new(format!("/cases/{case}/access/{request}{end}"), visit.csrf())
        .hidden("version", looked.request.version.to_string())
}

async fn one(visit: Visit) -> Outcome {
    let looked = looked(&visit).await?;
    let page = one_page(&visit, &looked, &Form::empty());
    Ok(visit.show(page))
}

fn one_page(visit: &Visit, looked: &Looked, form: &Form) -> Page {
    let (text, request) = (visit.text(), &looked.request);
    let facts = SummaryList::new()
        .fact(
            text.t("access-asked-by"),
            word(text, "asked-by", request.asked_by.code()),
        )
        .fact(text.t("access-recipient"), request.recipient.as_str())
        .fact(text.t("access-due"), when(text, request.due_at))
        .fact(
            text.t("erasures-stands"),
            word(text, "access-state", request.state.code()),
        );
    let mut body = Html::from(facts);
    match request.state {
        RequestState::Open => {
            body.push(Html::paragraph(text.t("access-items-what")));
            for (number, item) in looked.items.iter().enumerate() {
                body.push(card(visit, looked, number, item));
            }
            let left = looked
                .items
                .iter()
                .filter(|item| decision_on(item, &request.decisions).is_none())
                .count();
            body.push(Html::heading(2, Size::M, text.t("access-copy-heading")));
            if left == 0 {
                body.push(
                    here(visit, looked, "/copy").body(Button::new(text.t("access-copy-make"))),
                );
            } else {
                body.push(Html::paragraph(
                    text.t_with("access-left", &[("count", left.into())]),
                ));
            }
        }
        RequestState::Ready => {
            let until = request.lapses_at.map(|at| when(text, at));
            body.push(Html::paragraph(text.t_with(
                "access-ready",
                &[("until", until.unwrap_or_default().into())],
            )));
            body.push(here(visit, looked, "/file").body(Button::new(text.t("access-fetch"))));
        }
        RequestState::Ended => body.push(Html::paragraph(text.t("access-ended"))),
    }
    if request.state != RequestState::Ended {
        body.push(here(visit, looked, "/end").body(Button::new(text.t("access-end")).secondary()));
    }
    step(visit, &looked.view, "access-heading", "/access", form, body)
}

/// One item: what it says, how it was decided, and the question.
fn card(visit: &Visit, looked: &Looked, number: usize, item: &Item) -> Html {
    let (text, request) = (visit.text(), &looked.request);
    let decision = decision_on(item, &request.decisions);
    let mut body = Html::bullets(item.lines.iter().map(Html::text));
    if item.kind.may_be_about_others() {
        body.push(Html::paragraph(text.t("access-others")));
    }
    let stands = match decision {
        None => text.t("access-undecided"),
        Some(Decision::Withhold { exemption }) => {
            Html::text(word(text, "exemption", exemption.code()))
        }
        Some(Decision::Give { .. }) => text.t("access-given"),
    };
    let mut facts = SummaryList::new()
        .fact(text.t("access-says"), body)
        .fact(text.t("erasures-stands"), stands);
    if let Some(lines) = given(item, request.asked_by, decision) {
        facts = facts.fact(
            text.t("access-goes-out"),
            Html::bullets(lines.iter().map(Html::text)),
        );
    }
    let mut ways = Vec::new();
    if item.kind.may_go_to(request.asked_by) {
        ways.push(Choice::new("give", text.t("access-give")));
    }
    ways.extend(
        Exemption::ALL.iter().map(|exemption| {
            Choice::new(exemption.code(), word(text, "exemption", exemption.code()))
        }),
    );
    let form = Form::from_pairs([(
        "strike",
        match decision {
            Some(Decision::Give { strike }) => {
                strike.iter().cloned().collect::<Vec<_>>().join("; ")
            }
            _ => String::new(),
        },
    )]);
    let id = |name: &str| format!("{name}{number}");
    let questions = Html::from(
        Radios::new("decision", Legend::new(text.t("access-decide")))
            .id(id("decision"))
            .small()
            .items(ways),
    )
    .then(
        Input::new("strike", text.t("access-strike"))
            .id(id("strike"))
            .hint(text.t("access-strike-hint"))
            .bind(&form, text),
    )
    .then(Button::new(text.t("access-keep")).secondary());
    let name = word(text, "access-item", item.kind.code());
    Html::from(SummaryCard::new(name, facts)).then(
        here(visit, looked, "")
            .hidden("item", item.key.as_str())
            .body(questions),
    )
}

async fn decide(visit: Visit) -> Outcome {
    let looked = looked(&visit).await?;
    let mut form = visit.form()?;
    let version = version(&form)?;
    let item = looked
        .items
        .iter()
        .find(|item| item.key == form.value("item"))
        .ok_or(Fault::Conflict)?;
    let decision = match form.value("decision") {
        "give" if item.kind.may_go_to(looked.request.asked_by) => Some(Decision::Give {
            strike: form
                .value("strike")
                .split(';')
                .map(|word| word.trim().to_owned())
                .filter(|word| !word.is_empty())
                .collect::<BTreeSet<_>>(),
        }),
        other => Exemption::from_code(other)
            .ok()
            .map(|exemption| Decision::Withhold { exemption }),
    };
    let Some(decision) = decision else {
        form.wrong("decision", "error-choose-one");
        let page = one_page(&visit, &looked, &form);
        return Ok(visit.show_errors(page));
    };
    let mut decisions = looked.request.decisions.clone();
    let of = item.lines.clone();
    decisions.insert(item.key.clone(), Decided { of, decision });
    let (case, request) = (looked.view.case.reference, looked.request.reference);
    let (app, actor) = (visit.app(), visit.actor());
    access_request::decide(app, actor, case, request, version, &decisions).await?;
    Ok(visit.go(&format!("/cases/{case}/access/{request}")))
}

fn version(form: &Form) -> Result<i64, Fault> {
    form.value("version").parse().map_err(|_| Fault::BadRequest)
}

async fn make(visit: Visit) -> Outcome {
    let looked = looked(&visit).await?;
    let version = version(&visit.form()?)?;
    let undecided = |item: &Item| decision_on(item, &looked.request.decisions).is_none();
    if looked.items.iter().any(undecided) {
        return Err(Fault::Conflict);
    }
    let organisation = visit
        .signed
        .as_ref()
        .map(|signed| signed.organisation.clone())
        .unwrap_or_default();
    let mark = Mark {
        organisation: &organisation,
        at: visit.now(),
    };
    let files = copy(looked.words, &looked.request, &looked.items, &mark);
    let (case, request) = (looked.view.case.reference, looked.request.reference);
    let (app, actor) = (visit.app(), visit.actor());
    access_request::ready(app, actor, case, request, version, &files).await?;
    Ok(visit.go_saying(
        &format!("/cases/{case}/access/{request}"),
        "access-made-said",
    ))
}

/// The copy, as one file with a name that tells nothing.
async fn file(visit: Visit) -> Outcome {
    let (case, request) = (visit.reference("case")?, visit.reference("request")?);
    let files = access_request::fetch(visit.app(), visit.actor(), case, request).await?;
    let bytes = throughline_exchange::outbound::zip_of(&files).map_err(|_| Fault::Broken)?;
    let mut response = answer(StatusCode::OK, "application/zip", Body::from(bytes));
    response.headers_mut().insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"copy.zip\""),
    );
    Ok(response)
}

async fn end(visit: Visit) -> Outcome {
    let (case, request): (Ref, Ref) = (visit.reference("case")?, visit.reference("request")?);
    let version = version(&visit.form()?)?;
    access_request::end(visit.app(), visit.actor(), case, request, version).await?;
    Ok(visit.go_saying("/requests-to-see", "access-ended-said"))
}
