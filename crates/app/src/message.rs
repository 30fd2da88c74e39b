//! Messages to the person: asked for by a worker, let through by the gate at the moment they go, and never lost in silence (SPEC
//! 4.5, NE-01). What a mail server does not take there, a worker hands over: says, posts, types. Every no is a task with what can
//! be done instead.

use throughline_core::artefact::{Artefact, Lang, Slots, Text};
use throughline_core::clock::ClockId;
use throughline_core::code::Code as _;
use throughline_core::gate::{Alternative, Denied, DenyReason, Release};
use throughline_core::id::{CaseId, MessageId, Ref};
use throughline_core::message::{MessageMove, MessageState};
use throughline_core::scan::Protected;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, CaseRead, MessageSend};
use throughline_policy::{Actor, Permit, Purpose};
use throughline_store::contact::Contact;
pub use throughline_store::contact_words::WhoseWord;
use throughline_store::message::NewMessage;
pub use throughline_store::message::{Message, MessageCase, MessageWay};
use throughline_store::outbox::OutboxKind;
use throughline_store::task::{TaskNew, TaskOutcome};
use throughline_store::{Error, Result, Work};

use crate::App;
use crate::case::{HELP, permit};
use crate::referral::pack_named;
use crate::release::{to_person, would_reach};

/// How many messages the page of a case shows.
const SHOWN: u64 = 50;
/// How long before a way lapses its worker is told, in days (our design): long enough to meet once more.
const LAPSE_DAYS: i64 = 7;

/// Something that could go to the person by one of their ways, and whether it may.
#[derive(Debug)]
pub struct Offer {
    /// The way.
    pub contact: Contact,
    /// What.
    pub artefact: Artefact,
    /// Whether it may go now, or from when; else why not and what can be done instead.
    pub verdict: std::result::Result<Option<At>, Denied>,
}

/// What a worker asks to reach the person.
#[derive(Debug, Clone, Copy)]
pub struct MessageAsk {
    /// By which way.
    pub contact: Ref,
    /// What.
    pub artefact: Artefact,
    /// When the appointment is that it tells of.
    pub appointment: Option<At>,
}

/// What became of asking.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// It goes by itself, at once or from this moment.
    Waits(At),
    /// The worker has it in hand: this message.
    InHand(Ref),
    /// Nothing goes; somebody has the task to agree a safe way.
    Refused(Denied),
}

/// What the gate and its message came to, at one moment.
pub(crate) enum Step {
    /// A mail server is to take it.
    Mail(Release),
    /// A worker has it in hand.
    InHand,
    /// Not yet: the gate is asked again then.
    Later(At),
    /// Nothing went, and somebody was given the task.
    Refused(Denied),
    /// There is nothing to send any more.
    Over,
}

/// A message that a worker has in hand, as the gate lets it through at this moment.
#[derive(Debug)]
pub struct InHand {
    /// The message.
    pub message: Message,
    /// What to say, post or type, and to whom; or why not now and what can be done instead. `None`: it is not in hand.
    pub released: Option<std::result::Result<Release, Denied>>,
    /// What the person wants said when someone else answers.
    pub say: Option<String>,
    /// Whether there are words by which they know each other.
    pub has_words: bool,
    /// The way it goes by.
    pub contact: Ref,
}

/// How handing it over went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandedOver {
    /// It reached them.
    Done,
    /// It did not.
    CouldNot,
    /// It is not wanted any more.
    NotWanted,
}

/// The language that the person is written to in.
pub(crate) fn language(code: Option<&str>) -> Lang {
    match code {
        Some("cy") => Lang::Welsh,
        _ => Lang::English,
    }
}

/// What fills the slots of a message.
fn text(app: &App, message: &Message) -> Option<Text> {
    let slots = Slots {
        when: message.appointment,
        call: app.settings.call.as_deref(),
        entry: Some((message.reference, message.made_at)),
        ..Slots::default()
    };
    message.artefact.text(message.lang, slots).ok()
}

/// Makes the words of a message and asks the gate about them, now.
async fn weigh(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<MessageSend>,
    case: &MessageCase,
    message: &Message,
) -> Result<(MessageWay, std::result::Result<Release, Denied>)> {
    let way = w.message_way(permit, message).await?;
    let text = text(app, message).ok_or(Error::Illegal("a text has an empty slot"))?;
    let mut names = Vec::new();
    names.extend(w.organisation(case.organisation).await?.map(|it| it.name));
    names.extend(w.site(case.site).await?.map(|it| it.name));
    let protected = Protected::new(names.iter().map(String::as_str));
    let now = w.now();
    let released = to_person(&way.contact, way.changed_at, now, &text, &protected);
    let past = |at: At| message.appointment.is_some_and(|when| when <= at);
    let released = match released {
        // What tells of an appointment is of no use once it is over.
        Err(Denied {
            alternative: Alternative::WaitUntil(at),
            reason,
            found,
        }) if past(at) => Err(Denied {
            reason,
            alternative: Alternative::AgreeASafeWay,
            found,
        }),
        Ok(_) if past(now) => Err(Denied {
            reason: DenyReason::OutsideWindow,
            alternative: Alternative::AgreeASafeWay,
            found: None,
        }),
        other => other,
    };
    Ok((way, released))
}

/// Gives the worker of a case a task, unless they have one of the kind already.
async fn give(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<MessageSend>,
    case: &MessageCase,
    kind: TaskKind,
) -> Result<()> {
    if w.message_task_waits(permit, kind).await? {
        return Ok(());
    }
    let pack = pack_named(app, &case.pack)?;
    let urgency = pack.urgency_by_risk(case.risk);
    let due_at = pack.due(ClockId::EscalationAct, urgency, w.now());
    let new = TaskNew {
        organisation: case.organisation,
        site: Some(case.site),
        case: Some(permit.on()),
        referral: None,
        owner_account: Some(case.lead),
        kind,
        due_at,
        climbs_at: due_at,
    };
    w.task_add(&new).await.map(drop)
}

/// Takes a waiting message as far as it goes at this moment. The case is locked first, then the message.
async fn step(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<MessageSend>,
    id: MessageId,
) -> Result<Step> {
    let case = w.message_case(permit).await?;
    let message = w.message(permit, id).await?;
    if message.state != MessageState::Waiting {
        return Ok(Step::Over);
    }
    if case.closed {
        w.message_move(permit, &message, MessageMove::Drop, None)
            .await?;
        return Ok(Step::Over);
    }
    let (_, released) = weigh(app, w, permit, &case, &message).await?;
    match released {
        Ok(release) if message.artefact.is_mailed() => Ok(Step::Mail(release)),
        Ok(_) => {
            w.message_move(permit, &message, MessageMove::Hand, None)
                .await?;
            give(app, w, permit, &case, TaskKind::HandOverMessage).await?;
            Ok(Step::InHand)
        }
        Err(Denied {
            alternative: Alternative::WaitUntil(at),
            ..
        }) => Ok(Step::Later(at)),
        Err(denied) => {
            let why = Some(denied.reason);
            w.message_move(permit, &message, MessageMove::Deny, why)
                .await?;
            give(app, w, permit, &case, TaskKind::AgreeSafeContact).await?;
            Ok(Step::Refused(denied))
        }
    }
}

/// Everything that could go to the person, way by way, and whether it may now.
pub async fn offers(app: &App, actor: &Actor, case: Ref) -> Result<Vec<Offer>> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let permit = permit::<MessageSend>(w, case).await?;
                let ways = w.message_ways(&permit).await?;
                let now = w.now();
                let in_use = ways
                    .into_iter()
                    .filter(|way| way.contact.ended_at.is_none());
                Ok(in_use.flat_map(|way| offers_by(app, &way, now)).collect())
            })
        })
        .await
}

fn offers_by(app: &App, way: &MessageWay, now: At) -> Vec<Offer> {
    let sendable = |artefact: &&Artefact| {
        // A sheet is made on a page of its own. What asks for a call needs a number to call.
        **artefact != Artefact::PrintSheet
            && artefact.goes_by(way.contact.point.channel)
            && (app.settings.call.is_some() || !artefact.asks_for_a_call())
    };
    let offer = |artefact: &Artefact| {
        let asked = would_reach(&way.contact, way.changed_at, now, *artefact);
        let verdict = match asked {
            Ok(_) => Ok(None),
            Err(Denied {
                alternative: Alternative::WaitUntil(at),
                ..
            }) => Ok(Some(at)),
            Err(denied) => Err(denied),
        };
        Offer {
            contact: way.contact.clone(),
            artefact: *artefact,
            verdict,
        }
    };
    Artefact::ALL.iter().filter(sendable).map(offer).collect()
}

/// Asks for a message to reach the person. The gate answers at once and again when it goes; a no leaves a task.
///
/// Errors with [`Error::Invalid`] for an appointment that is missing or over, and for what cannot be sent as a message.
pub async fn ask(app: &App, actor: &Actor, case: Ref, ask: &MessageAsk) -> Result<Asked> {
    let timely = match ask.appointment {
        Some(at) => ask.artefact.is_about_a_time() && at > app.env().now(),
        None => !ask.artefact.is_about_a_time(),
    };
    if !timely {
        return Err(Error::Invalid {
            field: "when",
            problem: "message-when-future",
        });
    }
    let by_hand = ask.artefact != Artefact::PrintSheet;
    let can_be_made = app.settings.call.is_some() || !ask.artefact.asks_for_a_call();
    if !(by_hand && can_be_made) {
        return Err(Error::Invalid {
            field: "what",
            problem: "error-required",
        });
    }
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move { ask_in(app, w, case, ask).await })
        })
        .await
}

async fn ask_in(app: &App, w: &mut Work<'_>, case: Ref, ask: &MessageAsk) -> Result<Asked> {
    let may_read = permit::<CaseRead>(w, case).await?;
    let permit = permit::<MessageSend>(w, case).await?;
    w.message_case(&permit).await?;
    let read = w.case_read(&may_read).await?;
    let new = NewMessage {
        contact: ask.contact,
        artefact: ask.artefact,
        lang: language(read.sheet.language.as_deref()),
        appointment: ask.appointment,
    };
    let message = w.message_add(&permit, &new).await?;
    let at = match step(app, w, &permit, message.id).await? {
        Step::InHand => return Ok(Asked::InHand(message.reference)),
        Step::Refused(denied) => return Ok(Asked::Refused(denied)),
        Step::Over => return Err(Error::Illegal("send")),
        Step::Mail(_) => w.now(),
        Step::Later(at) => at,
    };
    let once = format!("message:{}", message.id.uuid());
    w.tell_at(
        OutboxKind::PersonMessage,
        message.id.uuid(),
        Some(&once),
        at,
    )
    .await?;
    Ok(Asked::Waits(at))
}

/// A message whose time in the outbox has come: the gate is asked again, now.
pub(crate) async fn dispatch(app: &App, w: &mut Work<'_>, id: MessageId) -> Result<Step> {
    let facts = w.message_facts(id).await?;
    let permit = w.permit_found::<MessageSend>(facts)?;
    step(app, w, &permit, id).await
}

/// What became of a message that a mail server was to take: it went, or it never will.
pub(crate) async fn arrived(
    app: &App,
    w: &mut Work<'_>,
    id: MessageId,
    delivered: bool,
) -> Result<()> {
    let facts = w.message_facts(id).await?;
    let permit = w.permit_found::<MessageSend>(facts)?;
    let case = w.message_case(&permit).await?;
    let message = w.message(&permit, id).await?;
    // What was taken back while the mail server had it went all the same, and the record says so.
    let went = delivered && message.state == MessageState::Dropped;
    if message.state != MessageState::Waiting && !went {
        return Ok(());
    }
    if delivered {
        return w
            .message_move(&permit, &message, MessageMove::Send, None)
            .await;
    }
    w.message_move(&permit, &message, MessageMove::Fail, None)
        .await?;
    if case.closed {
        return Ok(());
    }
    give(app, w, &permit, &case, TaskKind::AgreeSafeContact).await
}

/// The messages of a case, newest first.
pub async fn messages(app: &App, actor: &Actor, case: Ref) -> Result<Vec<Message>> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let permit = permit::<MessageSend>(w, case).await?;
                w.messages(&permit, SHOWN).await
            })
        })
        .await
}

/// A message that a worker has in hand. The gate is asked at this moment: what was safe when it was asked for may not be now.
pub async fn in_hand(app: &App, actor: &Actor, case: Ref, message: Ref) -> Result<InHand> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let permit = permit::<MessageSend>(w, case).await?;
                let case = w.message_case(&permit).await?;
                let message = w.message_named(&permit, message).await?;
                let (way, released) = weigh(app, w, &permit, &case, &message).await?;
                let handed = message.state == MessageState::Handed && !case.closed;
                Ok(InHand {
                    released: handed.then_some(released),
                    say: way.contact.say.clone().filter(|_| handed),
                    has_words: way.contact.has_words,
                    contact: way.contact.reference,
                    message,
                })
            })
        })
        .await
}

/// Says how handing a message over went. What did not reach them leaves the task to agree a safe way.
pub async fn handed_over(
    app: &App,
    actor: &Actor,
    case: Ref,
    message: Ref,
    how: HandedOver,
) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let permit = permit::<MessageSend>(w, case).await?;
                let case = w.message_case(&permit).await?;
                let message = w.message_named(&permit, message).await?;
                let waiting = message.state == MessageState::Waiting;
                let (made, outcome) = match how {
                    HandedOver::Done => (MessageMove::Send, TaskOutcome::Done),
                    HandedOver::CouldNot => (MessageMove::Fail, TaskOutcome::CouldNot),
                    HandedOver::NotWanted => (MessageMove::Drop, TaskOutcome::NotNeeded),
                };
                // What a mail server is to take is nobody's to call done, nor is what was taken back.
                let not_theirs = waiting || message.state == MessageState::Dropped;
                if not_theirs && how != HandedOver::NotWanted {
                    return Err(Error::Illegal(made.code()));
                }
                w.message_move(&permit, &message, made, None).await?;
                if w.messages_in_hand(&permit).await? == 0 {
                    let kind = TaskKind::HandOverMessage;
                    w.tasks_settle(Some(permit.on()), None, kind, outcome)
                        .await?;
                }
                if how == HandedOver::CouldNot {
                    give(app, w, &permit, &case, TaskKind::AgreeSafeContact).await?;
                }
                Ok(())
            })
        })
        .await
}

/// Gives the worker of everybody of whom a way to reach them lapses soon, or has lapsed, the task to agree a safe one (NE-08).
/// Each person once for each way. Gives how many. One that fails holds up no other.
pub async fn ask_before_a_way_lapses(app: &App, limit: u64) -> Result<usize> {
    let before = app.env().now().plus_days(LAPSE_DAYS);
    // Most runs find nothing: then nothing is read, and the audit record stays readable.
    let any = app
        .store
        .read(|r| Box::pin(async move { r.contacts_lapse(before).await }))
        .await?;
    if !any {
        return Ok(0);
    }
    let system = &crate::outbox::system(app).await?;
    let cases = app
        .store
        .work(system, Purpose::KeepPromises, |w| {
            Box::pin(async move { w.contacts_lapsing(&w.scope(), before, limit).await })
        })
        .await?;
    let mut asked = 0;
    for case in cases {
        let done = app
            .store
            .work(system, Purpose::KeepPromises, |w| {
                Box::pin(async move { lapse_told(app, w, case, before).await })
            })
            .await;
        match done {
            Ok(told) => asked += usize::from(told),
            Err(error) => tracing::error!(%error, "nobody could be told that a way lapses"),
        }
    }
    Ok(asked)
}

async fn lapse_told(app: &App, w: &mut Work<'_>, case: CaseId, before: At) -> Result<bool> {
    let facts = w.case_facts_by_id(case).await?;
    let permit = w.permit_found::<MessageSend>(facts)?;
    w.message_case(&permit).await?;
    let cases = w.contacts_lapse_told(&permit, before).await?;
    let told = !cases.is_empty();
    for facts in cases {
        let permit = w.permit::<MessageSend>(&facts)?;
        let case = w.message_case(&permit).await?;
        give(app, w, &permit, &case, TaskKind::AgreeSafeContact).await?;
    }
    Ok(told)
}

/// Agrees the words by which the person and a worker know each other on a way. They are seen this once.
///
/// Errors with [`Error::Invalid`] when both say the same word.
pub async fn words_set(
    app: &App,
    actor: &Actor,
    case: Ref,
    contact: Ref,
    theirs: Option<&str>,
    ours: Option<&str>,
) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseChange>(w, case).await?;
                w.contact_words_set(&may, contact, theirs, ours).await
            })
        })
        .await
}

/// Whose word it is that somebody typed; `None`: neither's.
pub async fn word_is(
    app: &App,
    actor: &Actor,
    case: Ref,
    contact: Ref,
    typed: &str,
) -> Result<Option<WhoseWord>> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<MessageSend>(w, case).await?;
                w.contact_word_is(&may, contact, typed).await
            })
        })
        .await
}
