//! Leaving a conversation, and what its end leaves to others: what could not be had, children nobody knows of, a risk that nobody
//! has judged. Whoever then has the task in hand can take the conversation up (SPEC 4.3 SM-RESPONSE, SM-ESCALATION).

use std::collections::BTreeMap;

use serde::Deserialize;
use throughline_core::answer::Answer;
use throughline_core::child::{Safeguarding, SafeguardingCode};
use throughline_core::clock::{ClockId, Urgency};
use throughline_core::closing::{
    AreThereChildren, CloseFacts, StillOpen, left_by_closing, may_close,
};
use throughline_core::conversation::{Mode, Stage, StageMove};
use throughline_core::id::Ref;
use throughline_core::immediate::{ImmediateCode, ImmediateKind, MoneyGiven, money_open};
use throughline_core::risk::RiskBand;
use throughline_core::task::{Owner, TaskKind};
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, CaseRead, ConversationKeep, ConversationTakeUp};
use throughline_policy::{Action as _, Actor, Permit};
use throughline_store::conversation::{Conversation, ConversationChange};
use throughline_store::person::PersonSheet;
use throughline_store::task::TaskOutcome;
use throughline_store::{Error, Result, Work};

use crate::App;
use crate::case::open_in;
use crate::case_now::{Answered, carry_over};
use crate::case_view::account_name;
use crate::conversation::{HELP, Notes, SafeAnswers, kept, reach_of};
use crate::site::pack_at;

/// How a conversation is left.
#[derive(Debug, Clone)]
pub enum Ending {
    /// "Not now": it is taken up again later.
    NotNow,
    /// Information was offered, and it is taken up again later.
    InformationOffered,
    /// It is over.
    Close(CloseAnswers),
}

/// The answers that closing asks for when somebody told us.
#[derive(Debug, Clone, Default)]
pub struct CloseAnswers {
    /// Bed, money and essentials, where there is no case to hold them.
    pub right_now: BTreeMap<ImmediateKind, ImmediateCode>,
    /// How money was given, and whether the account is theirs alone.
    pub money: MoneyGiven,
    /// Are there children?
    pub children: Option<AreThereChildren>,
    /// What was decided about safeguarding children who are recorded nowhere.
    pub safeguarding: Option<Safeguarding>,
}

/// Leaves a conversation. Gives what stands open when it may not be closed yet; then nothing was changed.
pub async fn end(
    app: &App,
    actor: &Actor,
    reference: Ref,
    version: i64,
    ending: &Ending,
) -> Result<std::result::Result<Stage, Vec<StillOpen>>> {
    let (reference, version) = (&reference, &version);
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let (permit, plain, mut notes) = kept(w, *reference).await?;
                let moves: &[StageMove] = match ending {
                    Ending::NotNow => &[StageMove::Leave],
                    Ending::InformationOffered => &[StageMove::OfferInformation],
                    Ending::Close(closing) => {
                        answered(&mut notes, &plain, closing);
                        if let Err(open) = may_close_now(w, &permit, &plain, &notes).await? {
                            return Ok(Err(open));
                        }
                        &[StageMove::Close]
                    }
                };
                let change = ConversationChange {
                    version: *version,
                    moves,
                    mode: plain.mode,
                    reach: reach_of(&notes),
                    content: &notes,
                };
                let stage = w.conversation_keep(&permit, &change).await?;
                if stage.is_final() {
                    leave(app, w, &permit, &plain, &notes).await?;
                    tell_case(w, &plain, &notes).await?;
                } else {
                    // Asked again another day. Whoever told keeps the risk's clock beside it.
                    let pack = pack_at(app, w, Some(plain.site), plain.organisation).await?;
                    let clock = ClockId::ConversationResume;
                    let due_at = pack.due(clock, Urgency::Routine, w.now());
                    w.conversation_task(&permit, TaskKind::ResumeConversation, due_at)
                        .await?;
                }
                Ok(Ok(stage))
            })
        })
        .await
}

/// Takes the answers of the closing page into what is kept. An ordinary end asks nothing, and with a case what the case holds
/// counts: an answer beside it would be nobody's to act on.
fn answered(notes: &mut Notes, plain: &Conversation, closing: &CloseAnswers) {
    if !notes.disclosed {
        return;
    }
    notes.children = closing.children.or(notes.children);
    if plain.case.is_some() {
        return;
    }
    let answers = closing.right_now.iter();
    notes.right_now.extend(
        answers
            .filter(|(_, code)| code.alone().is_some())
            .map(|(kind, code)| (*kind, *code)),
    );
    notes.money = closing.money;
    if let Some(decision) = &closing.safeguarding {
        let reason = match decision {
            Safeguarding::NotNeeded(reason) => Some(reason.as_str().to_owned()),
            Safeguarding::Referred | Safeguarding::AlreadyOpen => None,
        };
        notes.safeguarding = Some((decision.code(), reason));
    }
}

async fn may_close_now(
    w: &mut Work<'_>,
    permit: &Permit<ConversationKeep>,
    plain: &Conversation,
    notes: &Notes,
) -> Result<std::result::Result<(), Vec<StillOpen>>> {
    let look = w.conversation_close_look(permit).await?;
    let has_case = plain.case.is_some();
    let answered = if has_case {
        look.answered
    } else {
        notes.right_now.keys().copied().collect()
    };
    let money = notes.right_now.get(&ImmediateKind::Money);
    // Without a case nobody can have judged the risk: it is either on its clock or nowhere.
    let risk = if has_case {
        look.risk
    } else {
        look.risk_on_clock.then_some(RiskBand::NotAssessed)
    };
    Ok(may_close(&CloseFacts {
        disclosed: notes.disclosed,
        answered: &answered,
        children: &look.children,
        has_case,
        about_children: notes.children.or(look.about_children),
        safeguarding_said: notes.safeguarding.is_some(),
        money: money
            .filter(|_| !has_case)
            .and_then(|code| money_open(*code, notes.money)),
        risk,
        risk_on_clock: look.risk_on_clock,
    }))
}

/// Lets the case that a conversation led to know whether there are children, where its worker still has the case. What nobody knew
/// this time takes the place of nothing that was known; what is known now is asked no more.
async fn tell_case(w: &mut Work<'_>, plain: &Conversation, notes: &Notes) -> Result<()> {
    let (Some(case), Some(answer)) = (plain.case, notes.children) else {
        return Ok(());
    };
    let facts = w.case_facts_by_id(case).await?;
    let (may, read) = match (
        w.permit_found::<CaseChange>(facts),
        w.permit_found::<CaseRead>(facts),
    ) {
        (Ok(may), Ok(read)) => (may, read),
        (Err(Error::Denied(_) | Error::NotFound(_)), _)
        | (_, Err(Error::Denied(_) | Error::NotFound(_))) => return Ok(()),
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    if answer != AreThereChildren::NotKnown {
        let (about, done) = (Some(may.on()), TaskOutcome::Done);
        w.tasks_settle(about, None, TaskKind::AskAboutChildren, done)
            .await?;
    } else if w.case_read(&read).await?.about_children.is_some() {
        return Ok(());
    }
    w.children_answer(&may, answer).await
}

/// Gives what closing leaves to be done to whose turn it is: what could not be had goes to the lead, whether there is a case or
/// not. The risk is taken as not judged, which runs on the clock of high.
async fn leave(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<ConversationKeep>,
    plain: &Conversation,
    notes: &Notes,
) -> Result<()> {
    let pack = pack_at(app, w, Some(plain.site), plain.organisation).await?;
    let mut soonest: BTreeMap<TaskKind, (Owner, At)> = BTreeMap::new();
    let answers = notes.right_now.iter().map(|(kind, code)| (*kind, *code));
    for left in left_by_closing(answers, notes.children) {
        let urgency = pack.urgency(left.need, RiskBand::NotAssessed);
        let due_at = pack.due(left.clock, urgency, w.now());
        let known = soonest.entry(left.task).or_insert((left.owner, due_at));
        known.1 = known.1.min(due_at);
    }
    for (kind, (owner, due_at)) in soonest {
        let owner = (owner == Owner::CaseWorker).then_some(plain.account);
        w.conversation_leaves(permit, kind, owner, due_at).await?;
    }
    Ok(())
}

/// The part of a conversation that is safe to show whoever has a task about it in hand. It has no place for a word of what was
/// seen or told, so that none is ever read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Shown {
    safe: Option<SafeAnswers>,
    right_now: BTreeMap<ImmediateKind, ImmediateCode>,
    money: MoneyGiven,
    children: Option<AreThereChildren>,
    safeguarding: Option<(SafeguardingCode, serde::de::IgnoredAny)>,
}

/// What is safe to know of a conversation that a task is about.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The worker who talked with them, by name: whom to ask for more.
    pub worker: String,
    /// When it began.
    pub started_at: At,
    /// How they talked.
    pub mode: Mode,
    /// Whether they were alone; `None`: not asked.
    pub alone: Option<Answer>,
    /// Bed, money and essentials, where there was no case to hold them.
    pub right_now: BTreeMap<ImmediateKind, ImmediateCode>,
    /// Whether there are children.
    pub children: Option<AreThereChildren>,
    /// What was decided about safeguarding children who are recorded nowhere.
    pub safeguarding: Option<SafeguardingCode>,
    /// The case it led to, if the actor may read it.
    pub case: Option<Ref>,
    /// Whether it led to a case at all.
    pub has_case: bool,
}

/// What is safe to know of the conversation that a task in hand is about. Only for who has the task in hand, and recorded; once
/// the task is over, only for who can read the case that it led to.
pub async fn summary(app: &App, actor: &Actor, task: Ref) -> Result<Summary> {
    let task = &task;
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let facts = w.task_facts(*task).await?;
                let permit = w.permit_found::<ConversationTakeUp>(facts)?;
                let taken = w.conversation_by_task::<Shown>(&permit).await?;
                let (plain, safe) = (taken.plain, taken.safe.unwrap_or_default());
                let case = match plain.case {
                    Some(case) => {
                        let facts = w.case_facts_by_id(case).await?;
                        match w.permit_found::<CaseRead>(facts) {
                            Ok(permit) => Some(w.case_read(&permit).await?.reference),
                            Err(_) => None,
                        }
                    }
                    None => None,
                };
                // Over, it is nobody's to take up: what is left to see is the way to a case of one's own.
                if taken.over && case.is_none() {
                    return Err(Error::NotFound(ConversationTakeUp::KIND));
                }
                Ok(Summary {
                    worker: account_name(w, plain.account).await?,
                    started_at: plain.started_at,
                    mode: plain.mode,
                    alone: safe.safe.map(|answers| answers.alone),
                    right_now: safe.right_now,
                    children: safe.children,
                    safeguarding: safe.safeguarding.map(|(code, _)| code),
                    case,
                    has_case: plain.case.is_some(),
                })
            })
        })
        .await
}

/// Makes a case from the conversation that a task in hand is about, led by who takes it up, so that the risk can be judged there.
/// What is still to be done about the conversation goes on with the case.
///
/// Errors with [`Error::Illegal`] when it led to a case already, or the task is over.
pub async fn take_up(app: &App, actor: &Actor, task: Ref, sheet: &PersonSheet) -> Result<Ref> {
    let task = &task;
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let facts = w.task_facts(*task).await?;
                let permit = w.permit_found::<ConversationTakeUp>(facts)?;
                let taken = w.conversation_by_task::<Shown>(&permit).await?;
                let case = open_in(app, w, actor, sheet, taken.risk_on_clock).await?;
                let facts = w.case_facts(case).await?;
                let read = w.permit_found::<CaseRead>(facts)?;
                w.conversation_link_by_task(&permit, &read).await?;
                let shown = taken.safe.unwrap_or_default();
                if let Some(at) = taken.plain.ended_at {
                    let answered = Answered {
                        right_now: &shown.right_now,
                        money: shown.money,
                        children: shown.children,
                        at,
                    };
                    carry_over(app, w, case, &answered).await?;
                }
                Ok(case)
            })
        })
        .await
}
