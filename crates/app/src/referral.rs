//! Referrals as the one who sends them: who is asked, what they will see, sending, what came back, what next.
//!
//! Every move goes through `make_move`: the state machine of `core`, the clock of the new state from the case's own policy
//! pack, and the next step that a no, a silence or a bounce calls for (NE-22).

use std::collections::BTreeSet;

use throughline_core::circumstances::Circumstances;
use throughline_core::clock::{ClockId, Urgency};
use throughline_core::consent::{
    self, Art9Condition, Consent, DpaCondition, HowAgreed, PacketItem, ShareBasis, SharePurpose,
};
use throughline_core::conversation::Reach;
use throughline_core::directory::ServiceType;
use throughline_core::geo::Postcode;
use throughline_core::id::{AccountId, CaseId, OrganisationId, Ref, ReferralId};
use throughline_core::nation::Nation;
use throughline_core::need::{NeedMove, NeedType};
use throughline_core::pack::Pack;
use throughline_core::reason::{Reason, Words, WorkerName};
use throughline_core::referral::{EndReason, Helped, ReferralMove, ReferralState, UnmetReason};
use throughline_core::scan::{Protected, scan};
use throughline_core::task::{OnTimeout, TaskKind};
use throughline_core::time::At;
use throughline_find::Query;
use throughline_policy::action::{
    CaseChange, CaseRead, OutcomeRecord, ReferralRead, ReferralRecord, ReferralSend,
};
use throughline_policy::{Actor, Permit, Purpose};
use throughline_seal::{Code, Token};
use throughline_store::Work;
use throughline_store::consent::NewConsent;
use throughline_store::directory::Service;
use throughline_store::outbox::OutboxKind;
pub use throughline_store::referral::{Accepted, Exchange, Referral, Transition, Via};
use throughline_store::referral::{MoveDetail, MovesReferral, NewReferral, SeesReferral};
use throughline_store::setup::OrganisationKind;
use throughline_store::task::{TaskNew, TaskOutcome};

use crate::packet::{self, Line, Packet};
use crate::{App, Error, Result};

/// How a service learns that it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    /// Its workers have accounts: it is in their inbox at once.
    Inbox,
    /// A one-time link by mail, with a code given another way.
    Link,
    /// Neither: the worker calls, and records what they say.
    Call,
}

/// Whom to ask for what.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// The case.
    pub case: Ref,
    /// The service.
    pub service: Ref,
    /// The need.
    pub need: NeedType,
}

/// What the worker and the person look at before anything is agreed.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Name of the service.
    pub service: String,
    /// Its published telephone number, for calling.
    pub phone: Option<String>,
    /// How it will learn of it.
    pub routes: Vec<Route>,
    /// How its code is given, when it gets a link.
    pub code_route: Option<String>,
    /// Every line that could be shared.
    pub lines: Vec<Line>,
    /// Which version of the statement the lines show.
    pub statement: Option<i64>,
    /// How urgent it is.
    pub urgency: Urgency,
    /// By when the service is to answer, were it sent now.
    pub answer_by: At,
    /// Whether the service is a specialist one for people who face domestic abuse.
    pub specialist: bool,
}

/// What was agreed, and with it the order to send.
#[derive(Debug, Clone)]
pub struct SendOrder {
    /// Whom to ask for what.
    pub ask: Ask,
    /// The items agreed.
    pub items: BTreeSet<PacketItem>,
    /// The lines of the statement that were struck out, counted from 1.
    pub struck: BTreeSet<usize>,
    /// The version of the statement that was shown; another one now is a conflict.
    pub statement: Option<i64>,
    /// Whether they were seen alone, so far as it may travel.
    pub reach: Reach,
    /// How the person agreed.
    pub how: HowAgreed,
    /// The words in which they agreed.
    pub words: Option<String>,
    /// Lawful basis.
    pub basis: ShareBasis,
    /// Condition for special-category data.
    pub art9: Option<Art9Condition>,
    /// Schedule 1 condition.
    pub dpa: Option<DpaCondition>,
    /// Why, when the basis is not consent.
    pub reasons: Option<Reason>,
}

/// A referral that was sent: what the confirmation says.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its reference.
    pub reference: Ref,
    /// How the service learns of it.
    pub routes: Vec<Route>,
    /// The code to give the service another way. Shown once.
    pub code: Option<String>,
    /// How to give it.
    pub code_route: Option<String>,
    /// By when the service is to answer.
    pub answer_by: At,
}

/// An answer, whoever records it and however it came.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A named human takes it on.
    Accept {
        /// Their name.
        by: WorkerName,
        /// When they will first make contact, in their words.
        when: Option<String>,
        /// How, in their words.
        how: Option<String>,
    },
    /// Onto the waiting list.
    Waitlist {
        /// How long it may take, in days, when they say.
        days: Option<u16>,
    },
    /// No.
    Decline {
        /// Why.
        reason: UnmetReason,
        /// Words that came with it.
        words: Option<String>,
    },
    /// They have seen it and have not yet answered.
    Seen,
    /// The person does not want it.
    PersonDeclines,
}

impl Answer {
    pub(crate) fn step(&self, via: Via) -> (ReferralMove, Step<'static>) {
        let (made, note, contact) = match self {
            Self::Accept { by, when, how } => (
                ReferralMove::Accept { by: by.clone() },
                None,
                Some((when.clone(), how.clone())),
            ),
            Self::Waitlist { days } => (ReferralMove::Waitlist { days: *days }, None, None),
            Self::Decline { reason, words } => (
                ReferralMove::Decline { reason: *reason },
                words.clone(),
                None,
            ),
            Self::Seen => (ReferralMove::Open, None, None),
            Self::PersonDeclines => (ReferralMove::PersonDeclines, None, None),
        };
        let step = Step {
            made: std::borrow::Cow::Owned(made.clone()),
            via,
            note,
            contact,
        };
        (made, step)
    }
}

/// What came of help, as facts apart: contact, start, end, and whether it helped.
#[derive(Debug, Clone, Copy)]
pub enum Outcome {
    /// The service has spoken with the person.
    FirstContact,
    /// Help has begun.
    Started,
    /// Help has ended.
    Ended {
        /// Why.
        reason: EndReason,
        /// Whether it helped: another fact.
        helped: Helped,
    },
}

/// One move with what goes beside it.
pub(crate) struct Step<'a> {
    made: std::borrow::Cow<'a, ReferralMove>,
    via: Via,
    note: Option<String>,
    contact: Option<(Option<String>, Option<String>)>,
}

impl<'a> Step<'a> {
    pub(crate) const fn plain(made: &'a ReferralMove, via: Via) -> Self {
        Self {
            made: std::borrow::Cow::Borrowed(made),
            via,
            note: None,
            contact: None,
        }
    }
}

/// A referral as its sender sees it.
#[derive(Debug, Clone)]
pub struct SenderView {
    /// Plain facts.
    pub referral: Referral,
    /// The case it belongs to.
    pub case: Ref,
    /// Name of the service.
    pub service: String,
    /// Its published telephone number.
    pub phone: Option<String>,
    /// What the service sees.
    pub packet: Packet,
    /// Who accepted, and what they said.
    pub accepted: Option<Accepted>,
    /// The steps so far.
    pub steps: Vec<Transition>,
    /// What was asked and answered.
    pub exchanges: Vec<Exchange>,
}

/// The pack that a case was opened under, by its name there (`id@version`, or the id alone).
pub(crate) fn pack_named<'a>(app: &'a App, name: &str) -> Result<&'a Pack> {
    let (id, version) = name
        .split_once('@')
        .map_or((name, None), |(id, version)| (id, version.parse().ok()));
    app.packs
        .iter()
        .filter(|pack| pack.id() == id)
        .filter(|pack| version.is_none_or(|version: u32| pack.version() == version))
        .max_by_key(|pack| pack.version())
        .ok_or_else(|| Error::Setup(format!("the policy pack {name} is not here")))
}

/// Makes a move: state, clock, transition, story, and what must follow. Errors with [`Error::Illegal`] when the state does
/// not allow it.
pub(crate) async fn make_move<A: MovesReferral + SeesReferral>(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<A>,
    referral: &Referral,
    step: Step<'_>,
) -> Result<ReferralState> {
    let pack = pack_named(app, &w.referral_pack(permit).await?)?;
    let urgency = pack.urgency(referral.need, referral.risk);
    let now = w.now();
    let next = referral
        .state
        .apply(&step.made)
        .map_err(|illegal| Error::Illegal(illegal.by))?;
    let detail = MoveDetail {
        due_at: next.duty().map(|duty| pack.due(duty.clock, urgency, now)),
        note: step.note,
        contact: step.contact,
    };
    w.referral_move(permit, referral, &step.made, step.via, detail)
        .await?;
    for kind in settled_by(next) {
        w.tasks_settle(None, Some(referral.id), *kind, TaskOutcome::NotNeeded)
            .await?;
    }
    if let Some(step) = next.next_step() {
        let new = task_for(
            referral,
            step.task,
            pack.due(step.clock, urgency, now),
            pack.due(ClockId::EscalationAcknowledge, urgency, now),
        );
        if !w.referral_task_waits(permit, step.task).await? {
            w.task_add(&new).await?;
        }
    }
    if next.is_final() {
        w.referral_links_close(referral).await?;
    }
    Ok(next)
}

/// The tasks that reaching a state makes needless.
const fn settled_by(state: ReferralState) -> &'static [TaskKind] {
    use TaskKind as T;
    match state {
        ReferralState::Accepted | ReferralState::Waitlisted => {
            &[T::ChaseReferral, T::OfferNext, T::AskWhetherStillWaiting]
        }
        ReferralState::FirstContact => &[T::ChaseReferral],
        ReferralState::InService => &[T::AskWhetherStarted],
        ReferralState::Sent => &[T::FinishReferral, T::OfferNext],
        ReferralState::Declined => &[T::ChaseReferral, T::AskWhetherStillWaiting],
        ReferralState::Withdrawn | ReferralState::SurvivorDeclined | ReferralState::Ended => &[
            T::ChaseReferral,
            T::OfferNext,
            T::AskWhetherStillWaiting,
            T::AskWhetherStarted,
            T::AskWhetherHelping,
            T::AnswerQuestion,
        ],
        _ => &[],
    }
}

/// A task about a referral for the worker whose case it is: a named human, always.
pub(crate) fn task_for(referral: &Referral, kind: TaskKind, due_at: At, climbs_at: At) -> TaskNew {
    TaskNew {
        organisation: referral.from,
        site: Some(referral.site),
        case: Some(referral.case),
        referral: Some(referral.id),
        owner_account: Some(referral.lead),
        kind,
        due_at,
        climbs_at: climbs_at.max(due_at),
    }
}

/// Kinds of service that are for people who face domestic abuse: what was not said alone may go to these only.
fn is_specialist(service: &Service) -> bool {
    use ServiceType as S;
    service.entry.types().iter().any(|kind| {
        matches!(
            kind,
            S::Refuge
                | S::SpecialistSafeAccommodation
                | S::DispersedAccommodation
                | S::SecondStage
                | S::SanctuaryScheme
                | S::OtherDesignatedEmergency
                | S::RespiteRoom
                | S::Idva
                | S::Isva
                | S::OutreachOrFloatingSupport
                | S::CaseworkerBelowIdva
                | S::StalkingIntervention
                | S::ForcedMarriageUnit
        )
    })
}

/// A service with how it can be reached.
pub(crate) struct Asked {
    pub(crate) service: Service,
    organisation: Option<OrganisationId>,
    inbox: Vec<AccountId>,
    code_route: Option<String>,
    routes: Vec<Route>,
}

pub(crate) async fn asked(w: &mut Work<'_>, service: Ref) -> Result<Asked> {
    let service = w.service(service).await?.ok_or(Error::NotFound(
        throughline_policy::ActionKind::ReferralSend,
    ))?;
    let address = w.address_in_use(service.id).await?;
    let organisation = address
        .as_ref()
        .map(|address| address.organisation)
        .or(service.organisation);
    let inbox = match organisation {
        Some(organisation) => w.answering_accounts(organisation).await?,
        None => Vec::new(),
    };
    let mut routes = Vec::new();
    if !inbox.is_empty() {
        routes.push(Route::Inbox);
    }
    if address.is_some() {
        routes.push(Route::Link);
    }
    if routes.is_empty() {
        routes.push(Route::Call);
    }
    Ok(Asked {
        service,
        organisation,
        inbox,
        code_route: address.map(|address| address.code_route),
        routes,
    })
}

fn phone_of(service: &Service) -> Option<String> {
    service
        .entry
        .phones
        .first()
        .map(|phone| phone.number.clone())
}

/// The organisation that answers for a service. One that is known only by its listing gets a row of its own: never that of an
/// organisation with a like name, because a feed can claim any name.
pub(crate) async fn recipient(w: &mut Work<'_>, asked: &Asked) -> Result<OrganisationId> {
    if let Some(organisation) = asked.organisation {
        return Ok(organisation);
    }
    let entry = &asked.service.entry;
    let name = entry
        .organisation
        .as_ref()
        .map_or(entry.name.as_str(), |body| body.name.as_str());
    let made = w
        .organisation_create(name, OrganisationKind::Other, Nation::England)
        .await?;
    w.service_answered_by(asked.service.id, made.id, None)
        .await?;
    Ok(made.id)
}

/// A service that could be asked.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Its reference.
    pub service: Ref,
    /// Its name.
    pub name: String,
    /// Who runs it.
    pub organisation: Option<String>,
    /// What it does, in its own words.
    pub what: Option<String>,
}

/// The services that could be asked for one need, best first.
#[derive(Debug, Clone)]
pub struct Offers {
    /// Best first.
    pub offers: Vec<Offer>,
    /// How many there are in all.
    pub total: usize,
    /// Whether a place was given that is not known: then nothing was judged by place.
    pub place_not_known: bool,
    /// Whether nothing surely meets the need: then a named human and a helpline are shown.
    pub last_resort: bool,
}

/// Finds whom to ask for a need of a case, near a place where one is given. The worker needs leave to refer from the case.
pub async fn offers(
    app: &App,
    actor: &Actor,
    case: Ref,
    need: NeedType,
    place: Option<&str>,
    limit: usize,
) -> Result<Offers> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.case_facts(case).await?;
                w.permit_found::<ReferralSend>(facts).map(|_| ())
            })
        })
        .await?;
    let place = place.map(str::trim).filter(|place| !place.is_empty());
    let found = place.map(|place| app.directory.gazetteer().place(place));
    let told = Circumstances {
        needs: vec![need],
        postcode: place.and_then(|place| Postcode::parse(place).ok()),
        area: found.as_ref().and_then(|found| found.as_ref()?.area()),
        ..Circumstances::default()
    };
    let query = Query {
        told,
        limit,
        ..Query::default()
    };
    let answer = throughline_find::find(&app.directory.snapshot(), &query, app.env().now());
    Ok(Offers {
        total: answer.total,
        place_not_known: answer.place_not_known || matches!(found, Some(None)),
        last_resort: answer.last_resort,
        offers: answer
            .results
            .into_iter()
            .map(|found| Offer {
                service: found.service,
                what: found.listing.entry.description.clone(),
                name: found.name,
                organisation: found.organisation,
            })
            .collect(),
    })
}

/// What the worker and the person look at: who, what they would see, how they would learn of it and when an answer is due.
pub async fn prepare(app: &App, actor: &Actor, ask: &Ask) -> Result<Prepared> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.case_facts(ask.case).await?;
                w.permit_found::<ReferralSend>(facts)?;
                let permit = w.permit_found::<CaseRead>(facts)?;
                let asked = asked(w, ask.service).await?;
                let case = w.case_read(&permit).await?;
                let pack = pack_named(app, &case.pack)?;
                let urgency = pack.urgency(ask.need, case.risk);
                let lines = packet::known(w, &permit, urgency).await?;
                let statement = w.statement_latest(&permit).await?;
                Ok(Prepared {
                    phone: phone_of(&asked.service),
                    specialist: is_specialist(&asked.service),
                    service: asked.service.entry.name,
                    routes: asked.routes,
                    code_route: asked.code_route,
                    lines,
                    statement: statement.map(|statement| statement.number),
                    urgency,
                    answer_by: pack.due(ClockId::ReferralAnswer, urgency, w.now()),
                })
            })
        })
        .await
}

/// A token whose link passes the scan: random letters can spell a postcode.
fn fresh_token(app: &App) -> Token {
    let mut token = Token::generate(app.env());
    for _ in 0..32 {
        let link = format!("{}/r/{}", app.settings.base_url, token.reveal());
        if scan(&link, &Protected::default()).is_ok() {
            break;
        }
        token = Token::generate(app.env());
    }
    token
}

/// Sends a referral: what was agreed, the packet, the state, the link, the notices and the story, all or nothing.
///
/// Errors with [`Error::Invalid`] when what was agreed does not allow it, [`Error::Conflict`] when the statement changed since
/// it was shown.
pub async fn send(app: &App, actor: &Actor, order: &SendOrder) -> Result<Sent> {
    let token = &fresh_token(app);
    let code = &Code::generate(app.env());
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move { send_in(app, w, order, token, code).await })
        })
        .await
}

async fn send_in(
    app: &App,
    w: &mut Work<'_>,
    order: &SendOrder,
    token: &Token,
    code: &Code,
) -> Result<Sent> {
    let invalid = |field, problem| Error::Invalid { field, problem };
    let facts = w.case_facts(order.ask.case).await?;
    let send = w.permit_found::<ReferralSend>(facts)?;
    let read = w.permit_found::<CaseRead>(facts)?;
    let change = w.permit_found::<CaseChange>(facts)?;
    let case = w.case_read(&read).await?;
    let pack = pack_named(app, &case.pack)?;
    let (now, need) = (w.now(), order.ask.need);
    let urgency = pack.urgency(need, case.risk);
    let asked = asked(w, order.ask.service).await?;
    let live = w.case_referrals(&read).await?;
    if live
        .iter()
        .any(|other| other.service == asked.service.id && !other.state.is_final())
    {
        return Err(invalid("service", "refer-already-asked"));
    }
    let statement = w.statement_latest(&read).await?;
    let number = statement.as_ref().map(|statement| statement.number);
    if order.items.contains(&PacketItem::Statement) && number != order.statement {
        return Err(Error::Conflict);
    }
    let to = recipient(w, &asked).await?;
    let agreed = Consent {
        recipient: to,
        purpose: SharePurpose::Referral,
        items: order.items.clone(),
        how: order.how,
        own_words: order.items.contains(&PacketItem::Statement),
        basis: order.basis,
        art9: order.art9,
        dpa: order.dpa,
        reasons: order.reasons.clone(),
        agreed_at: now,
        expires_at: pack.due(ClockId::ConsentExpiry, urgency, now),
        withdrawn_at: None,
    };
    let new = NewConsent {
        consent: &agreed,
        statement: statement.as_ref().map(|statement| statement.id),
        struck: &order.struck,
        words: order.words.as_deref(),
    };
    let (consent, _) = w.consent_give(&change, &new).await?;
    // What was not said alone goes no further than the specialist, whatever a page or a program says (ASSURANCE C5).
    let reach = match w.case_reach(&send).await? {
        Some(Reach::SpecialistOnly) => Reach::SpecialistOnly,
        Some(Reach::AsAgreed) | None => order.reach,
    };
    let shared = consent::Packet::build(
        &agreed,
        order.struck.clone(),
        reach,
        is_specialist(&asked.service),
        now,
    )
    .map_err(|refused| match refused {
        consent::PacketRefused::NoConsent => invalid("how", "refer-no-consent"),
        consent::PacketRefused::NotSeenAlone => invalid("reach", "refer-not-seen-alone"),
        consent::PacketRefused::DetailsWithoutRules => {
            invalid("items", "refer-details-without-rules")
        }
    })?;
    let known = packet::known(w, &read, urgency).await?;
    let packet = Packet::of(&shared, order.how, need, urgency, &known);
    let new = NewReferral {
        service: asked.service.id,
        to,
        consent,
        need,
        risk: case.risk,
    };
    let draft = w.referral_create(&send, &new, &packet).await?;
    let delivery = pack.due(ClockId::ReferralDelivery, urgency, now);
    w.referral_send(&send, &draft, delivery).await?;
    need_referred(w, &read, &change, need).await?;
    let facts = w.referral_facts_by_id(draft.id).await?;
    let record = w.permit_found::<ReferralRecord>(facts)?;
    let sent = w.referral_for_update(&record).await?;
    let answer_by = pack.due(ClockId::ReferralAnswer, urgency, now);
    notify(app, w, pack, &record, &sent, &asked, (token, code), urgency).await?;
    let linked = asked.routes.contains(&Route::Link);
    Ok(Sent {
        reference: sent.reference,
        code: linked.then(|| code.reveal()),
        code_route: asked.code_route,
        routes: asked.routes,
        answer_by,
    })
}

/// Moves the need along with the referral. A need that is not in the case yet was just told by choosing it.
async fn need_referred(
    w: &mut Work<'_>,
    read: &Permit<CaseRead>,
    change: &Permit<CaseChange>,
    kind: NeedType,
) -> Result<()> {
    let find = |needs: Vec<throughline_store::need::Need>| {
        needs.into_iter().find(|need| need.kind == kind)
    };
    let mut need = find(w.needs(read).await?);
    if need
        .as_ref()
        .is_none_or(|need| need.state.apply(NeedMove::Refer).is_err())
    {
        w.need_add(change, kind, true).await?;
        need = find(w.needs(read).await?);
    }
    if let Some(need) = need
        && need.state.apply(NeedMove::Refer).is_ok()
    {
        w.need_move(change, kind, need.version, NeedMove::Refer, None)
            .await?;
    }
    Ok(())
}

/// Tells the service by every route it has; a worker who must call gets a task.
#[expect(
    clippy::too_many_arguments,
    reason = "one step of sending, split off to be read by itself"
)]
async fn notify(
    app: &App,
    w: &mut Work<'_>,
    pack: &Pack,
    record: &Permit<ReferralRecord>,
    sent: &Referral,
    asked: &Asked,
    secrets: (&Token, &Code),
    urgency: Urgency,
) -> Result<()> {
    let now = w.now();
    if asked.routes.contains(&Route::Link) {
        let expires = pack.due(ClockId::LinkExpiry, urgency, now);
        let link = w
            .referral_link_create(sent, secrets.0, secrets.1, expires)
            .await?;
        let subject = Some(link.uuid());
        let none = serde_json::Value::Null;
        let once = format!("notice:{}", link.uuid());
        w.outbox_add(
            OutboxKind::PartnerNotice,
            subject,
            none.clone(),
            Some(&once),
            now,
        )
        .await?;
        let answer = pack.due(ClockId::ReferralAnswer, urgency, now);
        let half = now.plus_seconds(answer.seconds_since(now) / 2);
        let once = format!("reminder:{}", link.uuid());
        w.outbox_add(
            OutboxKind::PartnerReminder,
            subject,
            none,
            Some(&once),
            half,
        )
        .await?;
    }
    if asked.routes.contains(&Route::Inbox) {
        for account in &asked.inbox {
            let once = format!("inbox:{}:{}", sent.id.uuid(), account.uuid());
            let payload = serde_json::Value::Null;
            w.outbox_add(
                OutboxKind::StaffTask,
                Some(account.uuid()),
                payload,
                Some(&once),
                now,
            )
            .await?;
        }
        // It stands in their inbox from the commit on: that is its arrival.
        let step = Step::plain(&ReferralMove::Deliver, Via::Account);
        make_move(app, w, record, sent, step).await?;
    }
    if asked.routes.contains(&Route::Call) {
        let due = pack.due(ClockId::ReferralDelivery, urgency, now);
        let climbs = pack.due(ClockId::EscalationAcknowledge, urgency, now);
        w.task_add(&task_for(sent, TaskKind::ChaseReferral, due, climbs))
            .await?;
    }
    Ok(())
}

/// A referral as its sender sees it: delivered, opened and accepted are three facts.
pub async fn view(app: &App, actor: &Actor, reference: Ref) -> Result<SenderView> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let permit = w.permit_found::<ReferralRead>(facts)?;
                let referral = w.referral_for_update(&permit).await?;
                let (packet, accepted) = w.referral_content(&permit).await?;
                let service = w.service_by_id(referral.service).await?;
                let facts = w.case_facts_by_id(referral.case).await?;
                let case = w.permit_found::<CaseRead>(facts)?;
                Ok(SenderView {
                    case: w.case_read(&case).await?.reference,
                    phone: service.as_ref().and_then(phone_of),
                    service: service
                        .map(|service| service.entry.name)
                        .unwrap_or_default(),
                    packet,
                    accepted,
                    steps: w.referral_steps(&permit).await?,
                    exchanges: w.referral_exchanges(&permit).await?,
                    referral,
                })
            })
        })
        .await
}

/// Checks that nobody moved it since the page was made: two people who answer at once must not both think they did.
pub(crate) fn still(referral: &Referral, seen: i64) -> Result<()> {
    if referral.version == seen {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

/// Records an answer that came by telephone, on paper or through the person. `seen` is the version on the worker's page.
pub async fn record_answer(
    app: &App,
    actor: &Actor,
    reference: Ref,
    seen: i64,
    answer: &Answer,
    via: Via,
) -> Result<ReferralState> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let permit = w.permit_found::<ReferralRecord>(facts)?;
                let referral = w.referral_for_update(&permit).await?;
                still(&referral, seen)?;
                let (_, step) = answer.step(via);
                make_move(app, w, &permit, &referral, step).await
            })
        })
        .await
}

/// Takes a referral back. The service is told in one neutral sentence and can no longer read it.
pub async fn withdraw(app: &App, actor: &Actor, reference: Ref, seen: i64) -> Result<()> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let permit = w.permit_found::<ReferralRecord>(facts)?;
                let referral = w.referral_for_update(&permit).await?;
                still(&referral, seen)?;
                let link = w.referral_link_newest(&referral).await?;
                let step = Step::plain(&ReferralMove::Withdraw, Via::Worker);
                make_move(app, w, &permit, &referral, step).await?;
                if let Some(link) = link {
                    let once = format!("withdrawn:{}", link.uuid());
                    let payload = serde_json::Value::Null;
                    let now = w.now();
                    w.outbox_add(
                        OutboxKind::PartnerWithdrawn,
                        Some(link.uuid()),
                        payload,
                        Some(&once),
                        now,
                    )
                    .await?;
                }
                Ok(())
            })
        })
        .await
}

/// Makes a fresh link and code for a referral that still waits, for example when the first code was lost or mistyped too
/// often. Gives the code to read out and how.
pub async fn new_code(app: &App, actor: &Actor, reference: Ref) -> Result<(String, String)> {
    let token = &fresh_token(app);
    let code = &Code::generate(app.env());
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let permit = w.permit_found::<ReferralRecord>(facts)?;
                let referral = w.referral_for_update(&permit).await?;
                let none = Error::Invalid {
                    field: "service",
                    problem: "refer-no-address",
                };
                let address = w
                    .address_in_use(referral.service)
                    .await?
                    .filter(|address| address.organisation == referral.to)
                    .ok_or(none)?;
                // After a bounce or silence this is sending again, on fresh clocks.
                let referral = if referral.state.apply(&ReferralMove::Send).is_ok() {
                    let step = Step::plain(&ReferralMove::Send, Via::Worker);
                    make_move(app, w, &permit, &referral, step).await?;
                    w.referral_for_update(&permit).await?
                } else if referral.state.is_with_service() {
                    referral
                } else {
                    return Err(Error::Illegal("send"));
                };
                let pack = pack_named(app, &w.referral_pack(&permit).await?)?;
                let urgency = pack.urgency(referral.need, referral.risk);
                let now = w.now();
                let expires = pack.due(ClockId::LinkExpiry, urgency, now);
                let link = w
                    .referral_link_create(&referral, token, code, expires)
                    .await?;
                let once = format!("notice:{}", link.uuid());
                w.outbox_add(
                    OutboxKind::PartnerNotice,
                    Some(link.uuid()),
                    serde_json::Value::Null,
                    Some(&once),
                    now,
                )
                .await?;
                Ok((code.reveal(), address.code_route))
            })
        })
        .await
}

/// Records what came of it, as the service or as the worker: contact, start, end. `seen` is the version on the page.
pub async fn outcome(
    app: &App,
    actor: &Actor,
    reference: Ref,
    seen: i64,
    outcome: Outcome,
    via: Via,
) -> Result<ReferralState> {
    let made = &match outcome {
        Outcome::FirstContact => ReferralMove::FirstContact,
        Outcome::Started => ReferralMove::Start,
        Outcome::Ended { reason, helped } => ReferralMove::End { reason, helped },
    };
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let permit = w.permit_found::<OutcomeRecord>(facts)?;
                let referral = w.referral_for_update(&permit).await?;
                still(&referral, seen)?;
                make_move(app, w, &permit, &referral, Step::plain(made, via)).await
            })
        })
        .await
}

/// Answers the service's question. It stands beside the packet.
pub async fn reply(app: &App, actor: &Actor, reference: Ref, words: &Words) -> Result<()> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let permit = w.permit_found::<ReferralRecord>(facts)?;
                let referral = w.referral_for_update(&permit).await?;
                w.referral_said(&permit, &referral, false, words).await?;
                w.tasks_settle(
                    None,
                    Some(referral.id),
                    TaskKind::AnswerQuestion,
                    TaskOutcome::Done,
                )
                .await?;
                if let Some(link) = w.referral_link_newest(&referral).await? {
                    let now = w.now();
                    w.outbox_add(
                        OutboxKind::PartnerReminder,
                        Some(link.uuid()),
                        serde_json::Value::Null,
                        None,
                        now,
                    )
                    .await?;
                }
                Ok(())
            })
        })
        .await
}

/// Acts on every clock that has run out: silence becomes a task for a named human, never nothing. Gives how many it acted on.
/// Each referral is its own unit of work, so that one that cannot be moved holds up no other.
pub async fn time_out_due(app: &App, limit: u64) -> Result<usize> {
    let system = crate::outbox::system(app).await?;
    let due = app
        .store
        .work(&system, Purpose::KeepPromises, |w| {
            Box::pin(async move { w.referrals_overdue(&w.scope(), limit).await })
        })
        .await?;
    let mut acted = 0;
    for referral in due {
        match time_out(app, &system, referral.id).await {
            Ok(true) => acted += 1,
            Ok(false) | Err(Error::Conflict) => {}
            Err(error) => tracing::error!(%error, "a clock ran out and could not be acted on"),
        }
    }
    Ok(acted)
}

async fn time_out(app: &App, system: &Actor, id: ReferralId) -> Result<bool> {
    app.store
        .work(system, Purpose::KeepPromises, |w| {
            Box::pin(async move {
                let facts = w.referral_facts_by_id(id).await?;
                let permit = w.permit_found::<ReferralRecord>(facts)?;
                let referral = w.referral_for_update(&permit).await?;
                let now = w.now();
                let (Some(duty), true) = (
                    referral.state.duty(),
                    referral.due_at.is_some_and(|due| due <= now),
                ) else {
                    return Ok(false);
                };
                match duty.on_timeout {
                    OnTimeout::Move(made) => {
                        let step = Step::plain(&made, Via::Clock);
                        make_move(app, w, &permit, &referral, step).await?;
                    }
                    OnTimeout::Climb(kind) => {
                        let pack = pack_named(app, &w.referral_pack(&permit).await?)?;
                        let urgency = pack.urgency(referral.need, referral.risk);
                        if !w.referral_task_waits(&permit, kind).await? {
                            let climbs = pack.due(ClockId::EscalationAcknowledge, urgency, now);
                            w.task_add(&task_for(&referral, kind, now, climbs)).await?;
                        }
                        let again = pack.due(duty.clock, urgency, now);
                        w.referral_clock_set(&permit, &referral, again).await?;
                    }
                }
                Ok(true)
            })
        })
        .await
}

/// The referrals of a case, for its tab.
pub async fn of_case(app: &App, actor: &Actor, case: Ref) -> Result<(CaseId, Vec<Referral>)> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.case_facts(case).await?;
                let permit = w.permit_found::<CaseRead>(facts)?;
                Ok((permit.on(), w.case_referrals(&permit).await?))
            })
        })
        .await
}
