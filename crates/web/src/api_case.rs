//! The JSON API, version 1, as the organisation that asks: find help, open a case, keep what the person told, see what a
//! service would see, send. What comes back is in `api_sent`, what comes first in `api_now`. Judging a risk and deciding for a child
//! are nowhere in the API: named humans do that (R-IG-10).

use std::collections::BTreeSet;

use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use throughline_app::case;
use throughline_app::case_view;
use throughline_app::contact::ContactSaid;
use throughline_app::directory_node::SearchKind;
use throughline_app::find::{self, Query};
use throughline_app::intake::{self, Intake};
use throughline_app::records::once::Done;
use throughline_app::records::person::PersonSheet;
use throughline_app::records::referral::Referral;
use throughline_app::referral_send::{self, Ask, SendOrder};
use throughline_core::answer::Answer;
use throughline_core::circumstances::Circumstances;
use throughline_core::code::Code as _;
use throughline_core::consent::{Art9Condition, DpaCondition, HowAgreed, ShareBasis};
use throughline_core::contact::{AnsweredBy, Channel, Verdict, Window};
use throughline_core::conversation::Reach;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::packet_line::PacketLine;
use throughline_policy::ActionKind as A;

use crate::api::{body, compact, once, plain, tagged, words};
use crate::fault::{Fault, Outcome};
use crate::route::{Access, Handler, Method1, Rate, Route, api};
use crate::visit::{Visit, json as answer_json};

/// Matches in one answer at most.
const FOUND_LIMIT: usize = 100;

/// The routes of this area.
pub fn routes() -> Vec<Route> {
    let ask = |path, title, action, handler: Handler| {
        api(Method1::Get, path, title, Access::Client(action), handler)
    };
    let tell = |path, title, action, handler: Handler| {
        api(Method1::Post, path, title, Access::Client(action), handler)
    };
    let mut search = tell(
        "/api/v1/cases/search",
        "Find somebody again by what they tell",
        A::PersonSearch,
        |v| Box::pin(people(v)),
    );
    search.rate = Rate::People;
    let public = Access::Public;
    vec![
        api(Method1::Post, "/api/v1/find", "Find help", public, |v| {
            Box::pin(found(v))
        }),
        tell(
            "/api/v1/cases",
            "Open a case for a named lead",
            A::CaseOpen,
            |v| Box::pin(open(v)),
        ),
        search,
        ask("/api/v1/cases/{case}", "Read a case", A::CaseRead, |v| {
            Box::pin(read(v))
        }),
        ask(
            "/api/v1/cases/{case}/story",
            "What happened, newest first",
            A::CaseRead,
            |v| Box::pin(story(v)),
        ),
        tell(
            "/api/v1/cases/{case}/needs",
            "Record a need that the person told of",
            A::CaseChange,
            |v| Box::pin(need(v)),
        ),
        tell(
            "/api/v1/cases/{case}/statement",
            "Keep the person's own words",
            A::CaseChange,
            |v| Box::pin(statement(v)),
        ),
        tell(
            "/api/v1/cases/{case}/contacts",
            "Record a way to reach the person",
            A::CaseChange,
            |v| Box::pin(contact(v)),
        ),
        tell(
            "/api/v1/cases/{case}/packet",
            "What a service would see: show it before anything is agreed",
            A::ReferralSend,
            |v| Box::pin(packet(v)),
        ),
        tell(
            "/api/v1/cases/{case}/referrals",
            "Send a referral with what was agreed",
            A::ReferralSend,
            |v| Box::pin(send(v)),
        ),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FindBody {
    #[serde(default)]
    circumstances: Circumstances,
    text: Option<String>,
    #[serde(default)]
    nearest_first: bool,
    #[serde(default)]
    skip: usize,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseBody {
    site: Ref,
    lead: Ref,
    person: PersonBody,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonBody {
    chosen: String,
    given: Option<String>,
    family: Option<String>,
    born: Option<Date>,
    language: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SearchBody {
    name: String,
    born: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NeedBody {
    need: NeedType,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordsBody {
    words: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactBody {
    channel: Channel,
    verdict: Verdict,
    value: String,
    #[serde(default)]
    windows: Vec<Window>,
    #[serde(default)]
    voicemail: bool,
    answered_by: AnsweredBy,
    shared_account: Answer,
    say: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskBody {
    service: Ref,
    need: NeedType,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SendBody {
    service: Ref,
    need: NeedType,
    items: BTreeSet<PacketLine>,
    #[serde(default)]
    immigration: bool,
    #[serde(default)]
    struck: BTreeSet<usize>,
    statement: Option<i64>,
    seen_alone: bool,
    how: HowAgreed,
    words: Option<String>,
    basis: ShareBasis,
    art9: Option<Art9Condition>,
    dpa: Option<DpaCondition>,
    reasons: Option<String>,
    #[serde(default)]
    life_at_risk: bool,
    #[serde(default)]
    next: Vec<Ref>,
    circumstances: Option<Circumstances>,
}

pub(crate) fn done(done: &Done) -> Response {
    let status = StatusCode::from_u16(done.status).unwrap_or(StatusCode::OK);
    answer_json(status, &done.body)
}

async fn found(visit: Visit) -> Outcome {
    let sent: FindBody = body(&visit)?;
    let query = Query {
        told: sent.circumstances,
        text: sent.text,
        nearest_first: sent.nearest_first,
        asked_before: Vec::new(),
        skip: sent.skip,
        limit: sent.limit.unwrap_or(20).min(FOUND_LIMIT),
    };
    let answer = find::find(visit.app(), &query, SearchKind::Public);
    let answer = serde_json::to_value(&answer).map_err(|_| Fault::Broken)?;
    Ok(answer_json(StatusCode::OK, &answer))
}

async fn open(visit: Visit) -> Outcome {
    let sent: CaseBody = body(&visit)?;
    let chosen = words(&sent.person.chosen, "person.chosen")?;
    let order = Intake {
        site: sent.site,
        lead: sent.lead,
        person: PersonSheet {
            chosen: chosen.as_str().to_owned(),
            given: sent.person.given,
            family: sent.person.family,
            born: sent.person.born.map(|born| born.to_string()),
            age_band: None,
            language: sent.person.language,
            interpreter: None,
            access: Vec::new(),
        },
    };
    let once = once(&visit, "POST /api/v1/cases")?;
    let made = intake::open(visit.app(), visit.actor(), &once, &order).await?;
    Ok(tagged(done(&made), 1))
}

async fn people(visit: Visit) -> Outcome {
    let sent: SearchBody = body(&visit)?;
    let name = words(&sent.name, "name")?;
    let found = case::find(visit.app(), visit.actor(), name.as_str(), sent.born).await?;
    let rows: Vec<Value> = found
        .iter()
        .map(|case| json!({ "reference": case.reference, "state": case.state.code(), "opened_at": case.opened_at.to_string() }))
        .collect();
    Ok(answer_json(StatusCode::OK, &json!({ "cases": rows })))
}

async fn read(visit: Visit) -> Outcome {
    let view = case_view::read(visit.app(), visit.actor(), visit.reference("case")?).await?;
    let case = &view.case;
    let needs: Vec<Value> = view
        .needs
        .iter()
        .map(|need| json!({ "need": need.kind.code(), "state": need.state.code() }))
        .collect();
    let referrals: Vec<Value> = view
        .referrals
        .iter()
        .map(|(referral, to)| with_to(referral, to))
        .collect();
    let value = json!({
        "reference": case.reference, "state": case.state.code(), "risk": case.risk.code(), "opened_at": case.opened_at.to_string(),
        "person": compact(json!({ "chosen": case.sheet.chosen, "given": case.sheet.given, "family": case.sheet.family, "born": case.sheet.born })),
        "statement": view.statements.first().map_or(0, |statement| statement.number),
        "needs": needs, "referrals": referrals,
    });
    Ok(tagged(answer_json(StatusCode::OK, &value), case.version))
}

pub(crate) fn with_to(referral: &Referral, to: &str) -> Value {
    let mut value = plain(referral);
    if let Some(map) = value.as_object_mut() {
        map.insert("to".to_owned(), to.into());
    }
    value
}

async fn story(visit: Visit) -> Outcome {
    let view = case_view::read(visit.app(), visit.actor(), visit.reference("case")?).await?;
    let lines: Vec<Value> = view
        .story
        .iter()
        .map(|told| {
            compact(json!({
                "at": told.line.at.to_string(), "kind": told.line.kind, "by": told.by, "organisation": told.organisation,
            }))
        })
        .collect();
    Ok(answer_json(StatusCode::OK, &json!({ "story": lines })))
}

async fn need(visit: Visit) -> Outcome {
    let sent: NeedBody = body(&visit)?;
    let case = visit.reference("case")?;
    let once = once(&visit, &format!("POST need {case}"))?;
    Ok(done(
        &intake::need(visit.app(), visit.actor(), &once, case, sent.need).await?,
    ))
}

async fn statement(visit: Visit) -> Outcome {
    let sent: WordsBody = body(&visit)?;
    let words = words(&sent.words, "words")?;
    let case = visit.reference("case")?;
    let once = once(&visit, &format!("POST statement {case}"))?;
    Ok(done(
        &intake::statement(visit.app(), visit.actor(), &once, case, &words).await?,
    ))
}

async fn contact(visit: Visit) -> Outcome {
    let sent: ContactBody = body(&visit)?;
    let value = words(&sent.value, "value")?;
    let said = ContactSaid {
        channel: sent.channel,
        verdict: sent.verdict,
        value: value.as_str().to_owned(),
        windows: sent.windows,
        voicemail: sent.voicemail,
        answered_by: sent.answered_by,
        // A program cannot hear why a sender might show: it never may.
        neutral_only: true,
        shared_account: sent.shared_account,
        say: sent.say,
    };
    let case = visit.reference("case")?;
    let once = once(&visit, &format!("POST contact {case}"))?;
    Ok(done(
        &intake::contact(visit.app(), visit.actor(), &once, case, &said).await?,
    ))
}

async fn packet(visit: Visit) -> Outcome {
    let sent: AskBody = body(&visit)?;
    let ask = Ask {
        case: visit.reference("case")?,
        service: sent.service,
        need: sent.need,
    };
    let known = referral_send::prepare(visit.app(), visit.actor(), &ask).await?;
    let lines: Vec<Value> = known
        .lines
        .iter()
        .map(|line| {
            json!({
                "line": line.id(), "offered": line.id().starts_ticked(), "item": line.item.code(), "codes": line.codes, "words": line.words,
            })
        })
        .collect();
    let routes: Vec<&str> = known.routes.iter().map(|route| route.code()).collect();
    let value = json!({
        "service": known.service, "urgency": known.urgency.code(), "answer_by": known.answer_by.to_string(),
        "specialist": known.specialist, "statement": known.statement, "routes": routes, "lines": lines,
    });
    Ok(answer_json(StatusCode::OK, &compact(value)))
}

async fn send(visit: Visit) -> Outcome {
    let sent: SendBody = body(&visit)?;
    let case = visit.reference("case")?;
    let reasons = sent.reasons.as_deref().map(|text| words(text, "reasons"));
    let order = SendOrder {
        ask: Ask {
            case,
            service: sent.service,
            need: sent.need,
        },
        items: sent.items,
        immigration: sent.immigration,
        shown: None,
        struck: sent.struck,
        statement: sent.statement,
        reach: if sent.seen_alone {
            Reach::AsAgreed
        } else {
            Reach::SpecialistOnly
        },
        how: sent.how,
        words: sent.words,
        basis: sent.basis,
        art9: sent.art9,
        dpa: sent.dpa,
        reasons: reasons.transpose()?,
        life_at_risk: sent.life_at_risk,
        next: sent.next,
        told: sent.circumstances,
    };
    let once = once(&visit, &format!("POST referral {case}"))?;
    let (made, code) = intake::send(visit.app(), visit.actor(), &once, &order).await?;
    let mut value = made.body;
    if let (Some(map), Some(code)) = (value.as_object_mut(), code) {
        map.insert("code".to_owned(), code.into());
    }
    Ok(answer_json(StatusCode::CREATED, &value))
}
