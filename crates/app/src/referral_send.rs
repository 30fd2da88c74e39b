//! Sending a referral: what they will see, what was agreed, the packet, the link and its code, the notices.

use std::collections::BTreeSet;

use throughline_core::circumstances::Circumstances;
use throughline_core::clock::{ClockId, Urgency};
use throughline_core::consent::{
    self, Art9Condition, DpaCondition, HowAgreed, PacketItem, ShareBasis,
};
use throughline_core::conversation::Reach;
use throughline_core::id::Ref;
use throughline_core::need::{NeedMove, NeedType};
use throughline_core::pack::Pack;
use throughline_core::packet_line::PacketLine;
use throughline_core::reason::Reason;
use throughline_core::referral::ReferralMove;
use throughline_core::risk::RiskBand;
use throughline_core::scan::{Protected, scan};
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{
    CaseChange, CaseRead, DraftKeep, ReferralRead, ReferralRecord, ReferralSend,
};
use throughline_policy::{Actor, Permit, Purpose};
use throughline_seal::{Code, Token};
use throughline_store::Work;
use throughline_store::outbox::OutboxKind;
use throughline_store::referral::{NewReferral, Referral, Via};
use throughline_store::task::TaskOutcome;

use crate::packet::{self, Line};
use crate::referral::{SenderView, Step, call_them, make_move, pack_named, task_for, view_in};
use crate::referral_agree::{Agreement, agree, may_have_a_line, put_in_line};
use crate::referral_next::{Before, before, of_service};
use crate::referral_recipient::{
    Asked, Route, asked, asked_already, is_specialist, phone_of, recipient,
};
use crate::site::nation_at;
use crate::{App, Error, Result};

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
    /// Name of the organisation that asks, as the service reads it.
    pub from: String,
    /// The service's published telephone number, for calling.
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
    /// Whether the risk is high: then the decision to send is reasoned, whatever it rests on (NE-28).
    pub high_risk: bool,
    /// What came of asking this service for this person before. While a request is open, no other can be sent.
    pub before: Option<Before>,
}

/// What was agreed, and with it the order to send.
#[derive(Debug, Clone)]
pub struct SendOrder {
    /// Whom to ask for what.
    pub ask: Ask,
    /// The lines agreed.
    pub items: BTreeSet<PacketLine>,
    /// A separate yes to telling that help is asked for with immigration; needed where it is, and only there (NE-11).
    pub immigration: bool,
    /// The mark of the packet that was looked at ([`packet::Packet::mark`]); another one now is a conflict. `None` from a program, which
    /// was shown lines and no page.
    pub shown: Option<String>,
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
    /// Why: where the basis is not consent, and at a high risk whatever it rests on (NE-28).
    pub reasons: Option<Reason>,
    /// Whether a life is at stake: shared first, and put on record in full within a day (SPEC 4.7).
    pub life_at_risk: bool,
    /// Services that the person agrees to in advance: asked in turn, with the same lines, when those before come to nothing. At most
    /// [`crate::referral_agree::IN_LINE`].
    pub next: Vec<Ref>,
    /// What the person told when the service was found for them, kept sealed with the request so that the next one is found without
    /// their telling it again. It goes to no service.
    pub told: Option<Circumstances>,
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

/// What the worker and the person look at: who, what they would see, how they would learn of it and when an answer is due.
pub async fn prepare(app: &App, actor: &Actor, ask: &Ask) -> Result<Prepared> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.case_facts(ask.case).await?;
                w.permit_found::<ReferralSend>(facts)?;
                let permit = w.permit_found::<CaseRead>(facts)?;
                let asked = asked(w, ask.service).await?;
                asked.still_there()?;
                let sent = w.case_referrals(&permit).await?;
                let before = before(w, &sent).await?;
                let mut known = prepared_in(app, w, &permit, asked, ask.need).await?;
                known.before = of_service(&before, ask.service, &[]).cloned();
                Ok(known)
            })
        })
        .await
}

/// Who, what could be shared and by when an answer would be due; not what came of asking before.
pub(crate) async fn prepared_in(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<CaseRead>,
    asked: Asked,
    need: NeedType,
) -> Result<Prepared> {
    let case = w.case_read(permit).await?;
    let pack = pack_named(app, &case.pack)?;
    let urgency = pack.urgency(need, case.risk);
    let lines = packet::known(w, permit, urgency).await?;
    let statement = w.statement_latest(permit).await?;
    let from = w.organisation(case.organisation).await?;
    Ok(Prepared {
        before: None,
        from: from.map(|from| from.name).unwrap_or_default(),
        phone: phone_of(&asked.service),
        specialist: is_specialist(&asked.service),
        high_risk: is_high(case.risk),
        service: asked.service.entry.name,
        routes: asked.routes,
        code_route: asked.code_route,
        lines,
        statement: statement.map(|statement| statement.number),
        urgency,
        answer_by: pack.due(ClockId::ReferralAnswer, urgency, w.now()),
    })
}

/// What opens a link: the token in its address and the code given another way. Kept only as hashes.
pub(crate) struct Secrets {
    token: Token,
    code: Code,
}

/// Fresh secrets. The token's link passes the scan: random letters can spell a postcode.
pub(crate) fn fresh_secrets(app: &App) -> Secrets {
    let mut token = Token::generate(app.env());
    for _ in 0..32 {
        let link = format!("{}/r/{}", app.settings.base_url, token.reveal());
        if scan(&link, &Protected::default()).is_ok() {
            break;
        }
        token = Token::generate(app.env());
    }
    Secrets {
        token,
        code: Code::generate(app.env()),
    }
}

/// Sends a referral: what was agreed, the packet, the state, the link, the notices and the story, all or nothing.
///
/// Errors with [`Error::Invalid`] when what was agreed does not allow it, [`Error::Conflict`] when the statement changed since
/// it was shown, or anything else of what the service would read.
pub async fn send(app: &App, actor: &Actor, order: &SendOrder) -> Result<Sent> {
    let secrets = &fresh_secrets(app);
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let sent = send_in(app, w, order, secrets).await?;
                if let Some(code) = &sent.code {
                    let route = sent.code_route.clone();
                    keep_code(w, sent.reference, code.clone(), route).await?;
                }
                Ok(sent)
            })
        })
        .await
}

pub(crate) async fn send_in(
    app: &App,
    w: &mut Work<'_>,
    order: &SendOrder,
    secrets: &Secrets,
) -> Result<Sent> {
    let invalid = |field, problem| Error::Invalid { field, problem };
    if order.basis == ShareBasis::RecognisedLegitimateInterest {
        // Prospective: not law yet (SPEC 4.2), whatever a page or a program sends.
        return Err(invalid("basis", "refer-basis-not-in-force"));
    }
    if order.ask.need.leaves_only_by_itself() && !order.immigration {
        return Err(invalid("immigration", "refer-immigration-needed"));
    }
    let facts = w.case_facts(order.ask.case).await?;
    let send = w.permit_found::<ReferralSend>(facts)?;
    let read = w.permit_found::<CaseRead>(facts)?;
    let change = w.permit_found::<CaseChange>(facts)?;
    let case = w.case_read(&read).await?;
    let pack = pack_named(app, &case.pack)?;
    let (now, need) = (w.now(), order.ask.need);
    if is_high(case.risk) && order.reasons.is_none() && !order.life_at_risk {
        return Err(invalid("reasons", "refer-decision-needed"));
    }
    let urgency = pack.urgency(need, case.risk);
    may_have_a_line(order)?;
    let live = w.case_referrals(&read).await?;
    let asked = to_be_asked(w, order.ask.service, &live).await?;
    let statement = w.statement_latest(&read).await?;
    let number = statement.as_ref().map(|statement| statement.number);
    let told = order.items.contains(&PacketItem::Statement.into());
    if told && number != order.statement {
        return Err(Error::Conflict);
    }
    let here = nation_at(w, Some(case.site), case.organisation).await?;
    let to = recipient(app, w, &asked, here).await?;
    let known = packet::known(w, &read, urgency).await?;
    let agreement = Agreement {
        order,
        change: &change,
        send: &send,
        statement: statement.as_ref().map(|statement| statement.id),
        known: &known,
        expires_at: pack.due(ClockId::ConsentExpiry, urgency, now),
        in_place_of: None,
    };
    let (consent, packet) = agree(w, &agreement, &asked, to).await?;
    let new = NewReferral {
        service: asked.service.id,
        to,
        consent,
        need,
        risk: case.risk,
    };
    // Asking the next one is what "offer the next" asked for.
    for before in live.iter().filter(|before| before.need == need) {
        let done = TaskOutcome::Done;
        w.tasks_settle(None, Some(before.id), TaskKind::OfferNext, done)
            .await?;
    }
    let kept = order.told.clone().map(Circumstances::to_keep);
    let draft = w
        .referral_create(&send, &new, &packet, kept.as_ref())
        .await?;
    let delivery = pack.due(ClockId::ReferralDelivery, urgency, now);
    let made = ReferralMove::Send;
    w.referral_begin(&send, &draft, &made, delivery).await?;
    need_referred(w, &read, &change, need).await?;
    let look_at = pack.due(ClockId::LineReview, urgency, now);
    for next in &order.next {
        let next = to_be_asked(w, *next, &live).await?;
        let to = recipient(app, w, &next, here).await?;
        put_in_line(w, &agreement, (&next, to), case.risk, look_at).await?;
    }
    let facts = w.referral_facts_by_id(draft.id).await?;
    let record = w.permit_found::<ReferralRecord>(facts)?;
    let sent = w.referral_for_update(&record).await?;
    let answer_by = pack.due(ClockId::ReferralAnswer, urgency, now);
    notify(app, w, pack, &record, &sent, &asked, secrets, urgency).await?;
    if order.life_at_risk {
        let due = now.plus_seconds(consent::SHARED_FIRST_SECONDS);
        w.task_add(&task_for(&sent, TaskKind::CompleteSharing, due, due))
            .await?;
    }
    let (decided, done) = (TaskKind::DecideSharing, TaskOutcome::Done);
    w.tasks_settle(Some(case.id), None, decided, done).await?;
    let linked = asked.routes.contains(&Route::Link);
    Ok(Sent {
        reference: sent.reference,
        code: linked.then(|| secrets.code.reveal()),
        code_route: asked.code_route,
        routes: asked.routes,
        answer_by,
    })
}

/// A service that may be asked: it is in the directory, and has no request for this person that is not over.
async fn to_be_asked(w: &mut Work<'_>, service: Ref, live: &[Referral]) -> Result<Asked> {
    let asked = asked(w, service).await?;
    asked.still_there()?;
    if live
        .iter()
        .any(|other| other.service == asked.service.id && !other.state.is_final())
    {
        return Err(Error::Invalid {
            field: "service",
            problem: "refer-already-asked",
        });
    }
    Ok(asked)
}

/// Whether somebody judged the risk as high. What nobody has judged yet is treated as high by the clocks, and is judged first.
pub(crate) fn is_high(risk: RiskBand) -> bool {
    risk == RiskBand::High
}

/// For how long a code can be looked at again on the confirmation, in seconds: a page that is loaded twice must not lose it.
const CODE_SHOWN_SECONDS: i64 = 15 * 60;

/// A code as it stands on the confirmation, kept for its writer alone under their own key.
#[derive(serde::Serialize, serde::Deserialize)]
struct KeptCode {
    code: String,
    route: Option<String>,
}

fn code_page(reference: Ref) -> String {
    format!("codes/{reference}")
}

/// Keeps a code for the confirmation. A program was given it in its answer and has no page.
async fn keep_code(
    w: &mut Work<'_>,
    reference: Ref,
    code: String,
    route: Option<String>,
) -> Result<()> {
    if w.actor().account().is_none() {
        return Ok(());
    }
    let page = code_page(reference);
    let facts = w.draft_facts(&page).await?;
    let permit = w.permit::<DraftKeep>(&facts)?;
    w.draft_keep(&permit, &page, &KeptCode { code, route })
        .await
        .map(|_| ())
}

/// What the page after sending says: what was sent, to whom, by when they answer, and who looks after it.
#[derive(Debug, Clone)]
pub struct Confirmation {
    /// The referral as its sender sees it.
    pub view: SenderView,
    /// How the service learns of it.
    pub routes: Vec<Route>,
    /// By when the service is to answer.
    pub answer_by: At,
    /// Who looks after it, by name.
    pub owner: String,
    /// The code to give them another way and how, while it is still shown.
    pub code: Option<(String, Option<String>)>,
}

/// Reads the page after sending. It changes nothing, so that loading it twice sends nothing twice.
pub async fn confirmation(app: &App, actor: &Actor, reference: Ref) -> Result<Confirmation> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let view = view_in(w, reference).await?;
                let facts = w.referral_facts(reference).await?;
                let permit = w.permit_found::<ReferralRead>(facts)?;
                let pack = pack_named(app, &w.referral_pack(&permit).await?)?;
                let urgency = pack.urgency(view.referral.need, view.referral.risk);
                let sent_at = view.referral.sent_at.unwrap_or(view.referral.created_at);
                let routes = asked_already(w, &view.referral).await?.routes;
                let page = code_page(reference);
                let facts = w.draft_facts(&page).await?;
                let keep = w.permit::<DraftKeep>(&facts)?;
                let kept = w.draft::<KeptCode>(&keep, &page).await?;
                let now = w.now();
                let code = kept
                    .filter(|kept| now.seconds_since(kept.saved_at) < CODE_SHOWN_SECONDS)
                    .map(|kept| (kept.body.code, kept.body.route));
                Ok(Confirmation {
                    routes,
                    answer_by: pack.due(ClockId::ReferralAnswer, urgency, sent_at),
                    owner: crate::case_view::account_name(w, view.referral.lead).await?,
                    code,
                    view,
                })
            })
        })
        .await
}

/// The code was passed on: it is shown no more.
pub async fn code_passed_on(app: &App, actor: &Actor, reference: Ref) -> Result<()> {
    crate::drafts::drop_page(app, actor, &code_page(reference)).await
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
    secrets: &Secrets,
    urgency: Urgency,
) -> Result<()> {
    let now = w.now();
    if asked.routes.contains(&Route::Link) {
        let expires = pack.due(ClockId::LinkExpiry, urgency, now);
        let link = w
            .referral_link_create(sent, &secrets.token, &secrets.code, expires)
            .await?;
        let (notice, reminder) = (OutboxKind::PartnerNotice, OutboxKind::PartnerReminder);
        let once = format!("notice:{}", link.uuid());
        w.tell(notice, link.uuid(), Some(&once)).await?;
        let answer = pack.due(ClockId::ReferralAnswer, urgency, now);
        let half = now.plus_seconds(answer.seconds_since(now) / 2);
        let once = format!("reminder:{}", link.uuid());
        w.tell_at(reminder, link.uuid(), Some(&once), half).await?;
    }
    if asked.routes.contains(&Route::Inbox) {
        for account in &asked.inbox {
            let once = format!("inbox:{}:{}", sent.id.uuid(), account.uuid());
            w.alert(*account, Some(&once), urgency).await?;
        }
        // It stands in their inbox from the commit on: that is its arrival.
        let step = Step::plain(&ReferralMove::Deliver, Via::Account);
        make_move(app, w, record, sent, step).await?;
    }
    if asked.routes.contains(&Route::Call) {
        call_them(app, w, record, sent).await?;
    }
    Ok(())
}

/// Makes a fresh link and code for a referral that still waits, for example when the first code was lost or mistyped too
/// often. Gives the code to read out and how.
pub async fn new_code(app: &App, actor: &Actor, reference: Ref) -> Result<(String, String)> {
    let Secrets { token, code } = &fresh_secrets(app);
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
                if !w.consent_holds(referral.consent).await? {
                    // A link to nothing: first the person is asked again.
                    return Err(Error::Invalid {
                        field: "how",
                        problem: "refer-consent-over",
                    });
                }
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
                // With a service that has the person it outlives the clock that runs, like one that was extended.
                let clock = referral.due_at.filter(|_| referral.state.has_the_person());
                let from = clock.map_or(now, |due| due.max(now));
                let expires = pack.due(ClockId::LinkExpiry, urgency, from);
                let link = w
                    .referral_link_create(&referral, token, code, expires)
                    .await?;
                let once = format!("notice:{}", link.uuid());
                w.tell(OutboxKind::PartnerNotice, link.uuid(), Some(&once))
                    .await?;
                let route = Some(address.code_route.clone());
                keep_code(w, reference, code.reveal(), route).await?;
                Ok((code.reveal(), address.code_route))
            })
        })
        .await
}
