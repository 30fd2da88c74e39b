//! What was found: a card for each service with why it fits and what to ask, and the page of one service.

use throughline_app::find::{self, Answer, Fit, Match, Param, Soon, Verdict};
use throughline_app::referral_next::{Before, of_service};
use throughline_core::circumstances::Circumstances;
use throughline_core::code::Code as _;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_ui::html::{Html, Size};
use throughline_ui::layout::dial;
use throughline_ui::prelude::*;
use throughline_ui::text::{Value, has_key};

use crate::fault::{Fault, Outcome};
use crate::refer_line::{LIKE, TOLD, told_value};
use crate::unmet::{About, buttons};
use crate::visit::Visit;

pub(crate) fn number(count: usize) -> Value {
    Value::from(i64::try_from(count).unwrap_or(i64::MAX))
}

pub(crate) fn summary(text: Text, answer: &Answer) -> Html {
    let mut out = Html::heading(
        2,
        Size::M,
        text.t_with("find-total", &[("count", number(answer.total))]),
    );
    let ruled: usize = answer.ruled_out.iter().map(|row| row.count).sum();
    if ruled > 0 {
        let why: Vec<String> = answer
            .ruled_out
            .iter()
            .map(|row| {
                text.plain_with(
                    &format!("ruled-out-{}", row.rule),
                    &[("count", number(row.count))],
                )
            })
            .collect();
        out.push(Html::paragraph(text.t_with(
            "find-ruled-out",
            &[("count", number(ruled)), ("why", text.list(&why).into())],
        )));
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

/// The case that somebody is found for, and whom it asked before.
pub(crate) struct ForCase {
    pub(crate) case: Ref,
    pub(crate) before: Vec<Before>,
    /// The needs on record for which somebody may be asked.
    pub(crate) looks_for: Vec<NeedType>,
    /// What was told to the finder, to be carried to a request that is made from it.
    pub(crate) told: Circumstances,
    /// The request that came to nothing, and from which the next one is made.
    pub(crate) like: Option<Ref>,
}

/// A service for a worker: why it fits, what to ask, and for a case what came of asking it before.
pub(crate) fn card(
    visit: &Visit,
    found: &Match,
    case: Option<&ForCase>,
    needs: &[NeedType],
) -> Html {
    let text = visit.text();
    let mut out = opening_words(found);
    let before = case.and_then(|case| of_service(&case.before, found.service, needs));
    if let Some(before) = before {
        out.push(InsetText::new(asked_before(text, before)));
    }
    let mut facts = vec![text.plain(&where_key(found))];
    let why = sentences(visit, found, "find-why", "fits", |fit| {
        fit.verdict == Verdict::Yes
    });
    let ask = sentences(visit, found, "find-ask", "ask", |fit| fit.verdict.is_ask());
    out.push(Columns::halves(why, ask));
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
    out.push(Html::paragraph(format!("{}.", facts.join(". "))));
    out.push(reach(visit, found.listing.as_ref()));
    let card = Card::new(Html::text(&found.name))
        .level(2)
        .body(out)
        .href(format!("/services/{}", found.service));
    match (case, before.filter(|before| before.came.is_open())) {
        (None, _) => card.into(),
        (Some(_), Some(open)) => card.action(see_request(text, open)).into(),
        (Some(case), None) => {
            let to = format!("/cases/{}/refer/{}/ready", case.case, found.service);
            let mut post = PostForm::new(to, visit.csrf()).hidden(TOLD, told_value(&case.told));
            let words = match case.like {
                Some(like) => {
                    post = post.hidden(LIKE, like.to_string());
                    "find-refer-same"
                }
                None => "find-refer",
            };
            let mut action = Html::from(post.body(Button::new(text.t(words))));
            if let [need] = needs
                && case.looks_for.contains(need)
            {
                let about = About {
                    case: case.case,
                    need: *need,
                    service: Some(found.service),
                    told: Some(&case.told),
                };
                action.push(Details::new(text.t("not-sent-one"), buttons(visit, &about)));
            }
            card.action(action).into()
        }
    }
}

/// A service on a turned screen: nothing of anybody's case, and no way on.
pub(crate) fn turned_card(visit: &Visit, found: &Match) -> Html {
    let mut out = opening_words(found);
    let place = visit.text().plain(&where_key(found));
    out.push(Html::paragraph(format!("{place}.")));
    out.push(reach(visit, found.listing.as_ref()));
    Card::new(Html::text(&found.name)).level(2).body(out).into()
}

/// What came of asking a service before, and when: "said no on 3 March".
pub(crate) fn asked_before(text: Text, before: &Before) -> Html {
    let values = [
        ("date", text.date(before.at.london_date()).into()),
        ("need", text.plain(&format!("need-{}", before.need)).into()),
    ];
    Html::paragraph(text.t_with(&format!("find-asked-{}", before.came), &values))
}

/// The way to a request that is still open: the same service is not asked twice at once.
pub(crate) fn see_request(text: Text, open: &Before) -> Html {
    Button::link(
        text.t("find-asked-see"),
        format!("/referrals/{}", open.request),
    )
    .secondary()
    .into()
}

fn opening_words(found: &Match) -> Html {
    let mut out = Html::default();
    if let Some(body) = found
        .organisation
        .as_ref()
        .filter(|body| **body != found.name)
    {
        out.push(Html::paragraph(Html::text(body)));
    }
    if let Some(words) = &found.listing.entry.description {
        out.push(Html::paragraph(Html::text(opening(words))));
    }
    out
}

pub(crate) fn where_key(found: &Match) -> String {
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
        let number = match dial(&phone.number) {
            Some(dial) => Link::new(Html::text(&phone.number), format!("tel:{dial}")).html(),
            None => Html::text(&phone.number),
        };
        list = list.fact(text.t("find-phone"), number);
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

pub(crate) async fn service(visit: Visit) -> Outcome {
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
