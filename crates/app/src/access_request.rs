//! Answering somebody who asks what is held about them: the queue, the decisions item by item, the copy for one recipient (UK GDPR
//! Article 15). What may be given is `core::disclosure`; what an item says is made by the pages, in the language of the request.

use std::collections::BTreeMap;

use throughline_core::circumstances::Circumstances;
use throughline_core::disclosure::AskedBy;
use throughline_core::geo::{AreaCode, Postcode};
use throughline_core::id::Ref;
use throughline_core::reason::Words;
use throughline_policy::action::{AccessAnswer, CaseRead, MessageSend, ReferralRead};
use throughline_policy::{Actor, Purpose};
use throughline_store::Result;
pub use throughline_store::access_request::{AccessRequest, Decisions, Files, Waiting};
use throughline_store::apart::ProtectiveLink;
use throughline_store::appointment::Appointment;
use throughline_store::message::Message;

use crate::App;
use crate::case::permit;
use crate::case_view::{self, CaseView};
use crate::referral::{self, SenderView};

const WHY: Purpose = Purpose::AnswerRights;

/// How many requests the queue shows.
const LINES: u64 = 200;

/// Everything that is held about somebody, whole: nothing is left out because there is much of it.
const ALL: u64 = 1_000_000;

/// What is held about somebody in a case.
#[derive(Debug)]
pub struct Held {
    /// The case with the whole of its story.
    pub view: CaseView,
    /// Each request to a service.
    pub referrals: Vec<SenderView>,
    /// What was told when the service of a request was found, by the reference of the request.
    pub told: BTreeMap<Ref, Told>,
    /// Every message.
    pub messages: Vec<Message>,
    /// Every appointment.
    pub appointments: Vec<Appointment>,
    /// Whom they are to be kept apart from.
    pub links: Vec<ProtectiveLink>,
}

/// What somebody told when a service was found for them, with the names of what it points to.
#[derive(Debug)]
pub struct Told {
    /// What they told.
    pub told: Circumstances,
    /// Where they wanted help.
    pub place: Vec<String>,
    /// Where they stay away from.
    pub avoid: Vec<String>,
    /// Services they must not meet.
    pub services: Vec<String>,
}

fn named(app: &App, told: Circumstances) -> Told {
    let (snapshot, gazetteer) = (app.directory.snapshot(), app.directory.gazetteer());
    let area = |code: &AreaCode| {
        let known = gazetteer.area(*code);
        known.map_or_else(|| code.to_string(), |area| area.name.clone())
    };
    let written = |codes: &[Postcode]| codes.iter().map(ToString::to_string).collect();
    let mut place: Vec<String> = written(told.postcode.as_slice());
    place.extend(told.area.iter().map(area));
    let mut avoid: Vec<String> = written(&told.avoid_postcodes);
    avoid.extend(told.avoid_areas.iter().map(area));
    let services = told.avoid_services.iter();
    let services = services
        .filter_map(|service| Some(snapshot.get(*service)?.entry().name.clone()))
        .collect();
    Told {
        told,
        place,
        avoid,
        services,
    }
}

/// Reads everything that is held about the person of a case, at one moment.
pub async fn held(app: &App, actor: &Actor, case: Ref) -> Result<Held> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let may = permit::<CaseRead>(w, case).await?;
                let view = case_view::view(app, w, &may, ALL).await?;
                let mut referrals = Vec::with_capacity(view.referrals.len());
                let mut told = BTreeMap::new();
                for (sent, _) in &view.referrals {
                    referrals.push(referral::view_in(w, sent.reference).await?);
                    let facts = w.referral_facts(sent.reference).await?;
                    let read = w.permit_found::<ReferralRead>(facts)?;
                    if let Some(kept) = w.referral_told(&read).await? {
                        told.insert(sent.reference, named(app, kept));
                    }
                }
                let appointments = w.appointments(&may).await?;
                let links = w.links(&may).await?;
                let may = permit::<MessageSend>(w, case).await?;
                let messages = w.messages(&may, ALL).await?;
                Ok(Held {
                    view,
                    referrals,
                    told,
                    messages,
                    appointments,
                    links,
                })
            })
        })
        .await
}

/// A step under the permit to answer about a case.
macro_rules! answering {
    ($app:expr, $actor:expr, $case:expr, |$w:ident, $may:ident| $step:expr) => {
        $app.store
            .work($actor, WHY, |$w| {
                Box::pin(async move {
                    let $may = &permit::<AccessAnswer>($w, $case).await?;
                    $step
                })
            })
            .await
    };
}

/// The requests that wait for an answer, at the actor's site or about their own cases, the most urgent first.
pub async fn waiting(app: &App, actor: &Actor) -> Result<Vec<Waiting>> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let scope = w.scope::<AccessAnswer>();
                w.access_requests_waiting(&scope, LINES).await
            })
        })
        .await
}

/// Records that somebody asks. `recipient`: to whom alone the copy will go; `lang`: the code of the language of the answer.
pub async fn record(
    app: &App,
    actor: &Actor,
    case: Ref,
    asked_by: AskedBy,
    lang: &str,
    recipient: &Words,
) -> Result<Ref> {
    answering!(app, actor, case, |w, may| w
        .access_request_add(may, asked_by, lang, recipient)
        .await)
}

/// The requests about a case, newest first.
pub async fn of_case(app: &App, actor: &Actor, case: Ref) -> Result<Vec<AccessRequest>> {
    answering!(app, actor, case, |w, may| w.access_requests(may).await)
}

/// One of them.
pub async fn read(app: &App, actor: &Actor, case: Ref, request: Ref) -> Result<AccessRequest> {
    answering!(app, actor, case, |w, may| w
        .access_request(may, request)
        .await)
}

/// Keeps what was decided so far. Errors with `Error::Conflict` when somebody else was first.
pub async fn decide(
    app: &App,
    actor: &Actor,
    case: Ref,
    request: Ref,
    version: i64,
    decisions: &Decisions,
) -> Result<()> {
    answering!(app, actor, case, |w, may| w
        .access_decide(may, request, version, decisions)
        .await)
}

/// Keeps the copy until it lapses. Errors as [`decide`].
pub async fn ready(
    app: &App,
    actor: &Actor,
    case: Ref,
    request: Ref,
    version: i64,
    copy: &Files,
) -> Result<()> {
    answering!(app, actor, case, |w, may| w
        .access_ready(may, request, version, copy)
        .await)
}

/// Fetches the copy. Errors with `Error::NotFound` when there is none or it has lapsed.
pub async fn fetch(app: &App, actor: &Actor, case: Ref, request: Ref) -> Result<Files> {
    answering!(app, actor, case, |w, may| w.access_copy(may, request).await)
}

/// Ends a request; a copy of it is gone.
pub async fn end(app: &App, actor: &Actor, case: Ref, request: Ref, version: i64) -> Result<()> {
    answering!(app, actor, case, |w, may| w
        .access_end(may, request, version)
        .await)
}
