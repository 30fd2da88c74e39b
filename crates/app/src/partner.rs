//! Referrals as the service that is asked: by account, or by a one-time link with its code. Both end in the same moves.
//!
//! Following a link changes nothing and is not "opened": mail scanners follow links. Acceptance names a human. How to reach the
//! person is [`crate::reach`].

use throughline_core::clock::ClockId;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::reason::Words;
use throughline_core::referral::{ReferralMove, ReferralState};
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{
    OutcomeRecord, PacketRead, ReferralAnswer, ReferralReceive, ReferralRecord,
};
use throughline_policy::{Actor, Permit, Purpose};
use throughline_seal::Token;
use throughline_store::Work;
use throughline_store::link::Link;
use throughline_store::referral::{Referral, Transition, Via};
use throughline_store::referral_content::{Accepted, Exchange};

use crate::packet::Packet;
use crate::place::{PlaceTold, told};
use crate::referral::{
    Step, give_task, give_task_also_when_closed, make_move, pack_named, still, task_for,
};
use crate::referral_answer::{Answer, after_answer};
use crate::{App, Error, Result};

const ANSWER: Purpose = Purpose::AnswerAReferral;
/// Wrong codes after which a link closes (our design).
pub const CODE_TRIES: i64 = 5;

/// States in which a service has yet to answer.
const UNANSWERED: [ReferralState; 4] = [
    ReferralState::Sent,
    ReferralState::Received,
    ReferralState::Opened,
    ReferralState::NoResponse,
];
/// States in which it has taken somebody on, or lets them wait.
const TAKEN_ON: [ReferralState; 4] = [
    ReferralState::Accepted,
    ReferralState::Waitlisted,
    ReferralState::FirstContact,
    ReferralState::InService,
];

/// One row of the inbox: that something waits, for what kind of need, since when and until when. No content, and nothing that is
/// worked out from the risk but the time by which an answer is due: the person may have struck both out.
#[derive(Debug, Clone)]
pub struct InboxRow {
    /// Reference.
    pub reference: Ref,
    /// The need.
    pub need: NeedType,
    /// Where it stands.
    pub state: ReferralState,
    /// When it was sent.
    pub sent_at: Option<At>,
    /// When the clock runs out.
    pub due_at: Option<At>,
    /// Name of the organisation that sent it.
    pub from: String,
}

/// A referral as the service sees it.
#[derive(Debug, Clone)]
pub struct PartnerView {
    /// Plain facts.
    pub referral: Referral,
    /// Name of the organisation that sent it.
    pub from: String,
    /// The packet; `None` when what was agreed has lapsed or was taken back.
    pub packet: Option<Packet>,
    /// What the one who accepted said.
    pub accepted: Option<Accepted>,
    /// The steps so far.
    pub steps: Vec<Transition>,
    /// What was asked and answered.
    pub exchanges: Vec<Exchange>,
    /// The addresses that the service gave, what waits first, and who saw them: never an address.
    pub places: Vec<PlaceTold>,
}

/// What following a link finds. Nothing is changed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landing {
    /// A code is asked for.
    AskCode,
    /// Its time is over: ask the sender for a new one.
    Expired,
    /// It was closed, for example after too many wrong codes or because a newer one was made.
    Closed,
    /// The request was taken back, waits for somebody else or is over. Not which: no link tells what a person chose, nor that
    /// somebody else was asked.
    Over,
    /// There is no such link: part of it may be missing.
    Unknown,
}

/// What giving a code leads to, or the pass of a page that one was given for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    /// In: who they are from now on, which referral, and the pass that the pages carry in place of the code.
    In(Actor, Ref, String),
    /// The code does not fit; so many tries are left.
    WrongCode {
        /// Tries left.
        left: i64,
    },
    /// As [`Landing`]: there is nothing to give a code to.
    Not(Landing),
}

fn via(actor: &Actor) -> Via {
    match actor {
        Actor::LinkHolder { .. } => Via::Link,
        Actor::Client { .. } => Via::Api,
        _ => Via::Account,
    }
}

async fn organisation_name(
    w: &Work<'_>,
    id: throughline_core::id::OrganisationId,
) -> Result<String> {
    Ok(w.organisation(id)
        .await?
        .map(|found| found.name)
        .unwrap_or_default())
}

async fn rows(w: &Work<'_>, found: Vec<Referral>) -> Result<Vec<InboxRow>> {
    let mut out = Vec::with_capacity(found.len());
    for referral in found {
        out.push(InboxRow {
            reference: referral.reference,
            need: referral.need,
            state: referral.state,
            sent_at: referral.sent_at,
            due_at: referral.due_at,
            from: organisation_name(w, referral.from).await?,
        });
    }
    Ok(out)
}

/// What waits for an answer, soonest due first.
pub async fn inbox(app: &App, actor: &Actor, limit: u64) -> Result<Vec<InboxRow>> {
    app.store
        .work(actor, ANSWER, |w| {
            Box::pin(async move {
                let scope = w.scope::<ReferralReceive>();
                let found = w.referrals_received(&scope, &UNANSWERED, limit).await?;
                rows(w, found).await
            })
        })
        .await
}

/// What was taken on and is not over, soonest due first.
pub async fn caseload(app: &App, actor: &Actor, limit: u64) -> Result<Vec<InboxRow>> {
    app.store
        .work(actor, ANSWER, |w| {
            Box::pin(async move {
                let received = w.scope::<ReferralReceive>();
                let found = w.referrals_received(&received, &TAKEN_ON, limit).await?;
                rows(w, found).await
            })
        })
        .await
}

/// The steps that are a service's to see: not that its offer waited while somebody else's was chosen (docs/decisions/0010).
fn steps_of_theirs(mut steps: Vec<Transition>) -> Vec<Transition> {
    let release = ReferralMove::Release { said_yes: false };
    let hidden = [ReferralMove::Hold.code(), release.code()];
    steps.retain(|step| !hidden.contains(&step.made.as_str()));
    steps
}

/// Reads a referral as the service. The first reading by a human is "opened"; looking again changes nothing. When what was
/// agreed no longer holds, nothing of the person is shown.
pub async fn open(app: &App, actor: &Actor, reference: Ref) -> Result<PartnerView> {
    app.store
        .work(actor, ANSWER, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let read = w.permit_found::<PacketRead>(facts)?;
                let mut referral = w.referral_for_update(&read).await?;
                let holds = w.consent_holds(referral.consent).await?;
                if holds && referral.state.apply(&ReferralMove::Open).is_ok() {
                    let permit = w.permit_found::<ReferralAnswer>(facts)?;
                    let step = Step::plain(&ReferralMove::Open, via(w.actor()));
                    make_move(app, w, &permit, &referral, step).await?;
                    referral = w.referral_for_update(&read).await?;
                }
                let packet = if holds {
                    Some(w.packet_read::<Packet>(&read).await?)
                } else {
                    None
                };
                Ok(PartnerView {
                    from: organisation_name(w, referral.from).await?,
                    packet,
                    accepted: w.referral_accepted(&read).await?,
                    places: told(w, &read).await?,
                    steps: steps_of_theirs(w.referral_steps(&read).await?),
                    exchanges: if holds {
                        w.referral_exchanges(&read).await?
                    } else {
                        Vec::new()
                    },
                    referral,
                })
            })
        })
        .await
}

/// Answers as the service. `seen` is the version on the page: when a colleague was first this is [`Error::Conflict`], and the
/// page shows what was answered. A yes in the same second as another service's is on record and waits ([`ReferralState::Held`]) until
/// the person has chosen. Errors with [`Error::Invalid`] for a yes to what the person no longer agrees to share, and for one from a
/// program where nobody there could make contact.
pub async fn answer(
    app: &App,
    actor: &Actor,
    reference: Ref,
    seen: i64,
    answer: &Answer,
) -> Result<ReferralState> {
    if matches!(answer, Answer::Seen | Answer::PersonDeclines) {
        return Err(Error::Illegal("answer"));
    }
    let (next, id) = app
        .store
        .work(actor, ANSWER, |w| {
            Box::pin(async move {
                let (permit, referral) = still::<ReferralAnswer>(w, reference, seen).await?;
                may_be_answered(w, &referral, answer).await?;
                let (_, step) = answer.step(via(w.actor()));
                let next = make_move(app, w, &permit, &referral, step).await?;
                Ok((next, referral.id))
            })
        })
        .await?;
    Ok(after_answer(app, next, id).await)
}

/// A no is always taken. Anything else only while what the person agreed to holds: who takes somebody on must be able to read
/// why. And a program takes nobody on where no human could learn how to make contact: the number is shown to people alone
/// (docs/decisions/0017).
async fn may_be_answered(w: &mut Work<'_>, referral: &Referral, answer: &Answer) -> Result<()> {
    let refused = |problem| {
        Err(Error::Invalid {
            field: "answer",
            problem,
        })
    };
    if matches!(answer, Answer::Decline { .. }) {
        return Ok(());
    }
    if !w.consent_holds(referral.consent).await? {
        return refused("partner-consent-over");
    }
    if matches!(answer, Answer::Accept { .. })
        && via(w.actor()) == Via::Api
        && w.answering_accounts(referral.to).await?.is_empty()
    {
        let link = w.referral_link_newest(referral).await?;
        if !link.is_some_and(|link| link.is_open_at(w.now())) {
            return refused("partner-nobody-to-make-contact");
        }
    }
    Ok(())
}

/// Tells the sender something that waits for no answer: a named human reads it.
pub async fn tell(app: &App, actor: &Actor, reference: Ref, words: &Words) -> Result<()> {
    app.store
        .work(actor, ANSWER, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let permit = w.permit_found::<ReferralAnswer>(facts)?;
                let referral = w.referral_for_update(&permit).await?;
                w.referral_said(&permit, &referral, true, words).await?;
                let (kind, clock) = (TaskKind::ReadTheirWords, ClockId::NextOffer);
                // What is written of help that outlived its case is read all the same.
                give_task_also_when_closed(app, w, &permit, &referral, kind, clock).await
            })
        })
        .await
}

/// Asks the sender a question. One at a time: until it is answered a second is refused with [`Error::Invalid`].
pub async fn ask(app: &App, actor: &Actor, reference: Ref, words: &Words) -> Result<()> {
    app.store
        .work(actor, ANSWER, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                let permit = w.permit_found::<ReferralAnswer>(facts)?;
                let referral = w.referral_for_update(&permit).await?;
                if w.referral_task_waits(&permit, TaskKind::AnswerQuestion)
                    .await?
                {
                    return Err(Error::Invalid {
                        field: "question",
                        problem: "partner-question-waits",
                    });
                }
                w.referral_said(&permit, &referral, true, words).await?;
                let (kind, clock) = (TaskKind::AnswerQuestion, ClockId::NextOffer);
                give_task(app, w, &permit, &referral, kind, clock).await
            })
        })
        .await
}

/// Whether somebody may still record outcomes as this actor; for showing the right page.
pub async fn may_record(app: &App, actor: &Actor, reference: Ref) -> Result<bool> {
    app.store
        .work(actor, ANSWER, |w| {
            Box::pin(async move {
                let facts = w.referral_facts(reference).await?;
                Ok(
                    facts
                        .is_some_and(|facts| w.scope::<OutcomeRecord>().rule().allows(&facts.ties)),
                )
            })
        })
        .await
}

fn landing_of(link: Option<&Link>, now: At) -> Landing {
    match link {
        None => Landing::Unknown,
        Some(link) if link.organisation.is_none() => Landing::Over,
        Some(link) if link.closed_at.is_some() => Landing::Closed,
        Some(link) if !link.is_open_at(now) => Landing::Expired,
        Some(_) => Landing::AskCode,
    }
}

/// What a link leads to. Changes nothing.
pub async fn link_landing(app: &App, token: &str) -> Result<Landing> {
    let Some(token) = &Token::parse(token) else {
        return Ok(Landing::Unknown);
    };
    app.store
        .work(&Actor::Public, ANSWER, |w| {
            Box::pin(async move {
                let link = w.referral_link_find(token).await?;
                Ok(landing_of(link.as_ref(), w.now()))
            })
        })
        .await
}

/// Gives a code to a link. Wrong ones are counted; after [`CODE_TRIES`] the link closes and the sender gets a task.
pub async fn link_enter(app: &App, token: &str, code: &str) -> Result<Entered> {
    let Some(token) = &Token::parse(token) else {
        return Ok(Entered::Not(Landing::Unknown));
    };
    let (entered, closed) = app
        .store
        .work(&Actor::Public, ANSWER, |w| {
            Box::pin(async move {
                let link = w.referral_link_find(token).await?;
                let landing = landing_of(link.as_ref(), w.now());
                let (Some(link), Landing::AskCode) = (link, landing) else {
                    return Ok((Entered::Not(landing), None));
                };
                if w.referral_link_code_fits(&link, code).await? {
                    let now = w.now();
                    return Ok((entered(w, &link, now).await?, None));
                }
                let closed = w.referral_link_failed(&link, CODE_TRIES).await?;
                let left = (CODE_TRIES - link.failures - 1).max(0);
                Ok((Entered::WrongCode { left }, closed.then_some(link.referral)))
            })
        })
        .await?;
    if let Some(referral) = closed {
        tell_sender(app, referral).await?;
    }
    Ok(entered)
}

/// Comes back with the pass of a page: the code was given for it, and is not given again. A pass that was made up, or that is of
/// another link, leads to where the code is asked for.
pub async fn link_again(app: &App, token: &str, pass: &str) -> Result<Entered> {
    let Some(token) = &Token::parse(token) else {
        return Ok(Entered::Not(Landing::Unknown));
    };
    app.store
        .work(&Actor::Public, ANSWER, |w| {
            Box::pin(async move {
                let link = w.referral_link_find(token).await?;
                let landing = landing_of(link.as_ref(), w.now());
                let (Some(link), Landing::AskCode) = (link, landing) else {
                    return Ok(Entered::Not(landing));
                };
                match w.referral_link_passed(&link, pass) {
                    Some(given_at) => entered(w, &link, given_at).await,
                    None => Ok(Entered::Not(Landing::AskCode)),
                }
            })
        })
        .await
}

async fn entered(w: &mut Work<'_>, link: &Link, code_given_at: At) -> Result<Entered> {
    let Some(organisation) = link.organisation else {
        return Ok(Entered::Not(Landing::Over));
    };
    let reference = w.referral_reference(link).await?;
    let actor = Actor::LinkHolder {
        referral: link.referral,
        organisation,
        code_given_at,
    };
    let pass = w.referral_link_pass(link, code_given_at);
    Ok(Entered::In(actor, reference, pass))
}

/// Too many wrong codes: somebody has to call the service and make a new link.
async fn tell_sender(app: &App, id: throughline_core::id::ReferralId) -> Result<()> {
    let system = &crate::outbox::system(app).await?;
    app.store
        .work(system, Purpose::KeepPromises, |w| {
            Box::pin(async move {
                let facts = w.referral_facts_by_id(id).await?;
                let permit: Permit<ReferralRecord> = w.permit_found(facts)?;
                let referral = w.referral_for_update(&permit).await?;
                if w.referral_task_waits(&permit, TaskKind::ChaseReferral)
                    .await?
                {
                    return Ok(());
                }
                let pack = pack_named(app, &w.referral_pack(&permit).await?)?;
                let urgency = pack.urgency(referral.need, referral.risk);
                let now = w.now();
                let climbs = pack.due(ClockId::EscalationAcknowledge, urgency, now);
                let new = task_for(&referral, TaskKind::ChaseReferral, now, climbs);
                w.task_add(&new).await?;
                Ok(())
            })
        })
        .await
}
