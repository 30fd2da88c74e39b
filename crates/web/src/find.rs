//! Finding help: for a worker without anybody's record, for anyone on the public page, and the view for a turned screen.
//!
//! What was asked is in the body of a post and nowhere else: not in an address, a title or a log. Every question may be left out.

use throughline_app::directory_node::SearchKind;
use throughline_app::find::{self, Answer, Fit, Match, Param, Query, Soon, Verdict};
use throughline_core::circumstances::{
    AccessNeed, Asker, Child, Circumstances, Gender, NrpfState, SafeTime,
};
use throughline_core::code::Code as _;
use throughline_core::directory::Weekday;
use throughline_core::geo::{AreaCode, Postcode};
use throughline_core::need::NeedType;
use throughline_policy::ActionKind;
use throughline_ui::html::{Html, Size};
use throughline_ui::prelude::*;
use throughline_ui::text::{Value, has_key};

use crate::fault::{Fault, Outcome};
use crate::route::{Access, Rate, Route, get, post};
use crate::shown::codes;
use crate::visit::Visit;

const WORKERS: Access = Access::Staff(&[ActionKind::CaseRead]);
const TITLE: &str = "page-find-title";
/// Matches shown at first, and how many more each time.
const STEP: i64 = 20;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    vec![
        get("/find", TITLE, WORKERS, Rate::Page, |v| {
            Box::pin(ask(v, "/find"))
        }),
        get("/find/for/{case}", TITLE, WORKERS, Rate::Page, |v| {
            Box::pin(ask(v, "/find"))
        }),
        post("/find", TITLE, WORKERS, Rate::Page, |v| {
            Box::pin(results(v, "/find"))
        }),
        post("/find/turned", TITLE, WORKERS, Rate::Page, |v| {
            Box::pin(turned(v))
        }),
        get("/find-help", TITLE, Access::Public, Rate::Page, |v| {
            Box::pin(ask(v, "/find-help"))
        }),
        post("/find-help", TITLE, Access::Public, Rate::Search, |v| {
            Box::pin(results(v, "/find-help"))
        }),
        get(
            "/services/{service}",
            "page-service-title",
            Access::Public,
            Rate::Page,
            |v| Box::pin(service(v)),
        ),
    ]
}

async fn ask(visit: Visit, action: &'static str) -> Outcome {
    let mut form = Form::empty();
    if let Ok(case) = visit.reference("case") {
        form.set("case", case.to_string());
    }
    let body = Html::heading(1, Size::L, visit.text().t("find-heading"))
        .then(Html::paragraph(visit.text().t("find-intro")))
        .then(questions(&visit, &form, action));
    let page = visit.page(TITLE, body);
    Ok(visit.show(page))
}

async fn results(visit: Visit, action: &'static str) -> Outcome {
    let mut form = visit.form()?;
    let query = query(&visit, &mut form);
    let text = visit.text();
    if form.has_errors() {
        let body = Html::heading(1, Size::L, text.t("find-heading"))
            .then(questions(&visit, &form, action));
        let mut page = visit.page(TITLE, body);
        page.errors = form.summary(text);
        return Ok(visit.show_errors(page));
    }
    let answer = answered(&visit, &query);
    let mut body =
        Html::heading(1, Size::L, text.t("find-results-heading")).then(summary(text, &answer));
    for found in &answer.results {
        body.push(card(&visit, &form, found, false));
    }
    if answer.total > answer.results.len() {
        let more = PostForm::new(action, visit.csrf()).body(
            again(&form, &[("limit", limit(&form) + STEP)])
                .then(Button::new(text.t("find-more")).secondary()),
        );
        body.push(Html::from(more));
    }
    if visit.signed.is_some() {
        let turn = PostForm::new("/find/turned", visit.csrf())
            .body(again(&form, &[]).then(Button::new(text.t("find-turn")).secondary()));
        body.push(Html::from(turn));
    }
    body.push(Details::new(
        text.t("find-change"),
        questions(&visit, &form, action),
    ));
    let page = visit.page(TITLE, body);
    Ok(visit.show(page))
}

/// What the person may choose from: large, and nothing of what was asked.
async fn turned(visit: Visit) -> Outcome {
    let mut form = visit.form()?;
    let query = query(&visit, &mut form);
    let text = visit.text();
    let answer = answered(&visit, &query);
    let mut body = Html::heading(1, Size::L, text.t("find-turned-heading"));
    for found in &answer.results {
        body.push(card(&visit, &form, found, true));
    }
    let back = PostForm::new("/find", visit.csrf())
        .body(again(&form, &[]).then(Button::new(text.t("find-turn-back")).secondary()));
    body.push(Html::from(back));
    let mut page = visit.page(TITLE, body);
    page.turned = true;
    page.exit_button = true;
    Ok(visit.show(page))
}

fn answered(visit: &Visit, query: &Query) -> Answer {
    let kind = if visit.signed.is_some() {
        SearchKind::Worker
    } else {
        SearchKind::Public
    };
    find::find(visit.app(), query, kind)
}

fn limit(form: &Form) -> i64 {
    form.value("limit").parse().unwrap_or(STEP).clamp(STEP, 200)
}

/// Everything that was answered, to be sent again.
fn again(form: &Form, set: &[(&str, i64)]) -> Html {
    let hidden = |name: &str, value: &str| {
        Html::trusted(format!(
            "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
            Html::text(name).as_str(),
            Html::text(value).as_str()
        ))
    };
    let kept = form
        .pairs()
        .iter()
        .filter(|(name, _)| name != "csrf" && !set.iter().any(|(own, _)| own == name))
        .map(|(name, value)| hidden(name, value));
    let set = set
        .iter()
        .map(|(name, value)| hidden(name, &value.to_string()));
    Html::join(kept.chain(set))
}

/// A place as people write it: a postcode, or the name of a council.
enum Place {
    Postcode(Postcode),
    Area(AreaCode),
}

fn place(visit: &Visit, words: &str) -> Option<Place> {
    if let Ok(postcode) = Postcode::parse(words) {
        return Some(Place::Postcode(postcode));
    }
    let area = visit.app().gazetteer().named(words)?;
    Some(Place::Area(area.code))
}

fn query(visit: &Visit, form: &mut Form) -> Query {
    let mut told = Circumstances {
        needs: form
            .choices("need", &codes::<NeedType>())
            .iter()
            .filter_map(|code| NeedType::from_code(code).ok())
            .collect(),
        gender: form
            .choice("gender", &codes::<Gender>())
            .and_then(|code| Gender::from_code(&code).ok()),
        age: form
            .number("age", 0, 120)
            .and_then(|age| u8::try_from(age).ok()),
        children: children(form),
        pregnant: form.yes_no("pregnant"),
        nrpf: form
            .choice("nrpf", &codes::<NrpfState>())
            .and_then(|code| NrpfState::from_code(&code).ok()),
        languages: form
            .optional_within("language", 100)
            .map(|words| split(&words))
            .unwrap_or_default(),
        pets: form.yes_no("pets"),
        can_travel: form.yes_no("can_travel"),
        asker: Some(if visit.signed.is_some() {
            Asker::Worker
        } else {
            Asker::Person
        }),
        ..Circumstances::default()
    };
    let access = form.choices("access", &codes::<AccessNeed>());
    if !access.is_empty() {
        told.access = Some(
            access
                .iter()
                .filter_map(|code| AccessNeed::from_code(code).ok())
                .collect(),
        );
    }
    if let Some(words) = form.optional_within("place", 60) {
        match place(visit, &words) {
            Some(Place::Postcode(postcode)) => told.postcode = Some(postcode),
            Some(Place::Area(area)) => told.area = Some(area),
            None => form.wrong("place", "find-place-unknown"),
        }
    }
    for words in split(form.value("avoid")) {
        match place(visit, &words) {
            Some(Place::Postcode(postcode)) => told.avoid_postcodes.push(postcode),
            Some(Place::Area(area)) => told.avoid_areas.push(area),
            // Never passed over: a place to stay away from that is not understood must be asked again.
            None => form.wrong("avoid", "find-avoid-unknown"),
        }
    }
    safe_time(form, &mut told);
    Query {
        told,
        text: form.optional_within("words", 200),
        nearest_first: form.ticked("nearest"),
        skip: 0,
        limit: usize::try_from(limit(form)).unwrap_or(20),
    }
}

fn split(words: &str) -> Vec<String> {
    words
        .split([',', ';', '\n'])
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn children(form: &mut Form) -> Option<Vec<Child>> {
    let coming = form.yes_no("children");
    let ages = split(form.value("ages"));
    let read: Vec<Option<u8>> = ages.iter().map(|age| age.parse().ok()).collect();
    if read.iter().any(|age| age.is_none_or(|age| age > 30)) {
        form.wrong("ages", "find-ages-wrong");
        return None;
    }
    if coming == Some(false) {
        return Some(Vec::new());
    }
    if !read.is_empty() {
        return Some(
            read.into_iter()
                .map(|age| Child { age, son: None })
                .collect(),
        );
    }
    coming.map(|_| vec![Child::default()])
}

fn safe_time(form: &mut Form, told: &mut Circumstances) {
    let day = form
        .choice("day", &codes::<Weekday>())
        .and_then(|code| Weekday::from_code(&code).ok());
    let (from, until) = (form.time("from"), form.time("until"));
    match (day, from, until) {
        (Some(day), Some(from), Some(until)) => told.safe_times.push(SafeTime { day, from, until }),
        (None, None, None) => {}
        _ if form.has_errors() => {}
        _ => form.wrong("day", "find-time-whole"),
    }
}

fn named<T: throughline_core::code::Code + 'static>(text: Text, prefix: &str) -> Vec<Choice> {
    codes::<T>()
        .into_iter()
        .map(|code| Choice::new(code, text.t(&format!("{prefix}-{code}"))))
        .collect()
}

fn questions(visit: &Visit, form: &Form, action: &str) -> Html {
    let text = visit.text();
    let mut day = Select::new("day", text.t("find-day")).option("", text.plain("find-any-day"));
    for (at, code) in codes::<Weekday>().into_iter().enumerate() {
        day = day.option(code, text.plain(&format!("weekday-{}", at + 1)));
    }
    let yes_no = |name: &str, key: &str| {
        Html::from(
            Radios::new(name, Legend::new(text.t(key)))
                .yes_no_not_known(text)
                .inline()
                .bind(form, text),
        )
    };
    let mut nrpf = Select::new("nrpf", text.t("find-nrpf")).option("", text.plain("find-not-told"));
    for code in codes::<NrpfState>() {
        nrpf = nrpf.option(code, text.plain(&format!("find-nrpf-{code}")));
    }
    let about = Html::join([
        Html::from(
            Radios::new("gender", Legend::new(text.t("find-gender")))
                .items(named::<Gender>(text, "find-gender"))
                .small()
                .bind(form, text),
        ),
        Input::new("age", text.t("find-age"))
            .whole_number()
            .width(3)
            .bind(form, text)
            .into(),
        yes_no("children", "find-children"),
        Input::new("ages", text.t("find-ages"))
            .hint(text.t("find-ages-hint"))
            .bind(form, text)
            .into(),
        yes_no("pregnant", "find-pregnant"),
        nrpf.bind(form, text).into(),
        Checkboxes::new("access", Legend::new(text.t("find-access")))
            .items(named::<AccessNeed>(text, "find-access"))
            .small()
            .bind(form, text)
            .into(),
        Input::new("language", text.t("find-language"))
            .bind(form, text)
            .into(),
        yes_no("pets", "find-pets"),
        yes_no("can_travel", "find-travel"),
    ]);
    let away = Html::join([
        Html::from(
            Textarea::new("avoid", text.t("find-avoid"))
                .hint(text.t("find-avoid-hint"))
                .rows(2)
                .bind(form, text),
        ),
        day.bind(form, text).into(),
        Input::new("from", text.t("find-from"))
            .hint(text.t("find-time-hint"))
            .width(5)
            .bind(form, text)
            .into(),
        Input::new("until", text.t("find-until"))
            .width(5)
            .bind(form, text)
            .into(),
    ]);
    let fields = Html::join([
        Html::from(
            Input::new("words", text.t("find-words"))
                .hint(text.t("find-words-hint"))
                .bind(form, text),
        ),
        Input::new("place", text.t("find-place"))
            .hint(text.t("find-place-hint"))
            .width(20)
            .bind(form, text)
            .into(),
        Checkboxes::new("need", Legend::new(text.t("find-needs")))
            .items(named::<NeedType>(text, "need"))
            .classes("govuk-checkboxes--small tl-many")
            .bind(form, text)
            .into(),
        Details::new(text.t("find-about"), about).into(),
        Details::new(text.t("find-stay-away"), away).into(),
        Checkboxes::bare("nearest")
            .item(Choice::new("yes", text.t("find-nearest")))
            .small()
            .bind(form, text)
            .into(),
        Button::new(text.t("find-button")).into(),
    ]);
    let mut sent = PostForm::new(action, visit.csrf());
    if form.has("case") {
        sent = sent.hidden("case", form.value("case"));
    }
    sent.body(fields).into()
}

fn number(count: usize) -> Value {
    Value::from(i64::try_from(count).unwrap_or(i64::MAX))
}

fn summary(text: Text, answer: &Answer) -> Html {
    let mut out = Html::paragraph(text.t_with("find-total", &[("count", number(answer.total))]));
    let ruled: usize = answer.ruled_out.iter().map(|row| row.count).sum();
    if ruled > 0 {
        out.push(Html::paragraph(
            text.t_with("find-ruled-out", &[("count", number(ruled))]),
        ));
        out.push(Html::bullets(answer.ruled_out.iter().map(|row| {
            text.t_with(
                &format!("ruled-out-{}", row.rule),
                &[("count", number(row.count))],
            )
        })));
    }
    if !answer.if_only.is_empty() {
        let rows = answer.if_only.iter().take(3).map(|row| {
            text.t_with(
                &format!("if-only-{}", row.rule),
                &[("count", number(row.opens))],
            )
        });
        out.push(Html::bullets(rows));
    }
    if answer.place_not_known {
        out.push(InsetText::new(text.t("find-place-not-placed")));
    }
    if answer.last_resort {
        out.push(InsetText::new(text.t("find-last-resort")));
    }
    out
}

fn card(visit: &Visit, form: &Form, found: &Match, turned: bool) -> Html {
    let text = visit.text();
    let entry = &found.listing.entry;
    let mut out = Html::default();
    if let Some(body) = found
        .organisation
        .as_ref()
        .filter(|body| **body != found.name)
    {
        out.push(Html::paragraph(Html::text(body)));
    }
    if let Some(words) = &entry.description {
        out.push(Html::paragraph(Html::text(opening(words))));
    }
    let mut facts = vec![text.plain(&where_key(found))];
    if !turned {
        out.push(sentences(visit, found, "find-why", "fits", |fit| {
            fit.verdict == Verdict::Yes
        }));
        out.push(sentences(visit, found, "find-ask", "ask", |fit| {
            fit.verdict.is_ask()
        }));
        facts.push(text.plain(match found.soon {
            Soon::HasRoom => "find-soon-room",
            Soon::OpenNow => "find-soon-open",
            Soon::NotKnown => "find-soon-unknown",
        }));
        facts.push(match found.vouched_at {
            Some(at) => text.plain_with(
                "find-vouched",
                &[("date", text.date(at.london_date()).into())],
            ),
            None => text.plain("find-never-vouched"),
        });
    }
    out.push(Html::paragraph(format!("{}.", facts.join(". "))));
    out.push(reach(visit, found.listing.as_ref()));
    let mut card = Card::new(Html::text(&found.name)).level(2).body(out);
    if !turned {
        card = card.href(format!("/services/{}", found.service));
        if visit.signed.is_some()
            && let Ok(case) = form.value("case").parse::<throughline_core::id::Ref>()
        {
            card = card.action(Button::link(
                text.t("find-refer"),
                format!("/cases/{case}/refer/{}", found.service),
            ));
        }
    }
    card.into()
}

fn where_key(found: &Match) -> String {
    match (found.distance, found.confidential) {
        (Some(band), _) => format!("find-band-{}", band.code()),
        (None, true) => "find-place-kept".to_owned(),
        (None, false) if found.place_unknown => "find-place-ask".to_owned(),
        (None, false) => "find-distance-unknown".to_owned(),
    }
}

/// A list, unless there is only one.
fn one_or_bullets(rows: impl Iterator<Item = Html>) -> Html {
    let mut rows: Vec<Html> = rows.collect();
    match (rows.pop(), rows.is_empty()) {
        (Some(one), true) => one,
        (last, _) => Html::bullets(rows.into_iter().chain(last)),
    }
}

/// The first sentence, or the first two hundred letters.
fn opening(words: &str) -> String {
    let line = words.lines().next().unwrap_or_default();
    match line.split_once(". ") {
        Some((first, _)) if first.chars().count() <= 200 => format!("{first}."),
        _ if line.chars().count() <= 200 => line.to_owned(),
        _ => line.chars().take(200).chain(['…']).collect(),
    }
}

fn sentences(
    visit: &Visit,
    found: &Match,
    heading: &str,
    mark: &str,
    which: fn(&&Fit) -> bool,
) -> Html {
    let text = visit.text();
    let rows: Vec<Html> = found
        .fit
        .iter()
        .filter(which)
        .map(|fit| sentence(visit, fit))
        .collect();
    if rows.is_empty() {
        return Html::default();
    }
    let rows: String = rows.iter().fold(String::new(), |all, row| {
        all + "<li>" + row.as_str() + "</li>"
    });
    Html::heading(3, Size::S, text.t(heading)).then(Html::trusted(format!(
        "<ul class=\"govuk-list tl-reasons tl-reasons--{mark}\">{rows}</ul>"
    )))
}

fn sentence(visit: &Visit, fit: &Fit) -> Html {
    let text = visit.text();
    let values: Vec<(&str, Value)> = fit
        .params
        .iter()
        .map(|(name, param)| {
            let value = match param {
                Param::Number(number) => Value::from(*number),
                Param::Code(code) => {
                    let key = format!("{name}-{code}");
                    Value::from(if has_key(&key) {
                        text.plain(&key)
                    } else {
                        code.replace('_', " ")
                    })
                }
                Param::Area(area) => Value::from(
                    visit
                        .app()
                        .gazetteer()
                        .area(*area)
                        .map_or_else(|| area.to_string(), |area| area.name.clone()),
                ),
                Param::Text(words) => Value::from(words.as_str()),
                Param::When(at) => Value::from(text.date(at.london_date())),
            };
            (*name, value)
        })
        .collect();
    text.t_with(
        &format!("rule-{}-{}", fit.rule, fit.verdict.code()),
        &values,
    )
}

/// Ways to reach a service, as its source publishes them.
fn reach(visit: &Visit, listing: &find::Listing) -> Html {
    let text = visit.text();
    let entry = &listing.entry;
    let mut list = SummaryList::new();
    let mut any = false;
    let phones = entry
        .phones
        .iter()
        .chain(entry.contacts.iter().flat_map(|contact| &contact.phones));
    for phone in phones.take(3) {
        // A number that can be pressed on a phone; spaces and brackets are for eyes only.
        let dial: String = phone
            .number
            .chars()
            .filter(|c| c.is_ascii_digit() || *c == '+')
            .collect();
        list = list.fact(
            text.t("find-phone"),
            Link::new(Html::text(&phone.number), format!("tel:{dial}")),
        );
        any = true;
    }
    let mails = entry.email.iter().chain(
        entry
            .contacts
            .iter()
            .filter_map(|contact| contact.email.as_ref()),
    );
    for mail in mails.take(1) {
        list = list.fact(text.t("find-email"), Html::text(mail));
        any = true;
    }
    if let Some(url) = &entry.url {
        list = list.fact(text.t("find-web"), Link::new(Html::text(url), url));
        any = true;
    }
    if any {
        list.into()
    } else {
        Html::paragraph(text.t("find-no-way"))
    }
}

async fn service(visit: Visit) -> Outcome {
    let listed = find::service(visit.app(), visit.reference("service")?).ok_or(Fault::NotFound)?;
    let text = visit.text();
    let entry = listed.entry();
    let mut body = Html::heading(1, Size::L, Html::text(&entry.name));
    if let Some(organisation) = &entry.organisation {
        body.push(Html::paragraph(Html::text(&organisation.name)));
    }
    for paragraph in entry
        .description
        .iter()
        .flat_map(|words| words.split("\n\n"))
    {
        body.push(Html::paragraph(Html::text(paragraph)));
    }
    body.push(reach(&visit, &listed.listing));
    let mut facts = SummaryList::new();
    let place = match entry.locations() {
        _ if entry.is_confidential() => text.t("find-place-kept"),
        [] => text.t("find-place-ask"),
        places => one_or_bullets(places.iter().map(|place| {
            let parts: Vec<&str> = place
                .address
                .iter()
                .chain(&place.city)
                .chain(&place.postcode)
                .map(String::as_str)
                .collect();
            Html::text(parts.join(", "))
        })),
    };
    facts = facts.fact(text.t("service-where"), place);
    if !entry.service_areas.is_empty() {
        let names: Vec<String> = entry
            .service_areas
            .iter()
            .map(|area| area.name.clone())
            .collect();
        facts = facts.fact(text.t("service-areas"), Html::text(text.list(&names)));
    }
    for (key, words) in [
        ("service-who", entry.eligibility.words.as_ref()),
        ("service-apply", entry.application.as_ref()),
        ("service-wait", entry.wait.as_ref()),
        ("service-cost", entry.fees.as_ref()),
        ("service-interpreters", entry.interpretation.as_ref()),
    ] {
        let value = words.map_or_else(|| text.t("service-not-said"), Html::text);
        facts = facts.fact(text.t(key), value);
    }
    let vouched = listed.vouched_at.map_or_else(
        || text.t("find-never-vouched"),
        |at| Html::text(text.date(at.london_date())),
    );
    body.push(facts.fact(text.t("service-confirmed"), vouched));
    let page = visit.page("page-service-title", body);
    Ok(visit.show(page))
}
