//! A conversation, from "is it safe to talk?" to a good ending (SPEC 3.20, 4.3 SM-RESPONSE). What was seen is kept apart from
//! what was told; an emergency needs nothing but one press.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use throughline_core::answer::Answer;
use throughline_core::child::SafeguardingCode;
use throughline_core::clock::{ClockId, Urgency};
use throughline_core::closing::AreThereChildren;
use throughline_core::conversation::{
    Interpreter, Mode, Overheard, Reach, SafeToTalk, Sign, Stage, StageMove, TalkMode, reach,
};
use throughline_core::id::Ref;
use throughline_core::immediate::{ImmediateCode, ImmediateKind, MoneyGiven};
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{
    CaseChange, CaseRead, ConversationKeep, ConversationStart, EmergencyRecord, PersonSearch,
};
use throughline_policy::{Action as _, Actor, Facts, Permit, Purpose, Ties};
use throughline_store::conversation::{Conversation, ConversationChange};
use throughline_store::emergency::EmergencyAt;
pub use throughline_store::person::PersonSheet;
use throughline_store::{Error, Result, Work};

use crate::App;
use crate::case::{CaseState, open_in, reopen_in, risk_due};
use crate::case_now::{Answered, carry_over};
use crate::site::{own_site, pack_at};

pub(crate) const HELP: Purpose = Purpose::HelpAPerson;

/// The answers to "is it safe to talk?", as they were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafeAnswers {
    /// Are they alone?
    pub alone: Answer,
    /// Who interprets?
    pub interpreter: Interpreter,
    /// Who can hear or see?
    pub overheard: Overheard,
    /// How do they talk?
    pub mode: Mode,
}

impl From<SafeAnswers> for SafeToTalk {
    fn from(answers: SafeAnswers) -> Self {
        Self {
            alone: answers.alone,
            interpreter: answers.interpreter,
            overheard: answers.overheard,
            mode: answers.mode,
        }
    }
}

/// What is kept of a conversation. Sealed under the conversation's own key.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// The last answers to "is it safe to talk?"; asked again each time.
    pub safe: Option<SafeAnswers>,
    /// What the worker saw: observations.
    pub signs: BTreeSet<Sign>,
    /// What else the worker saw, in the worker's words.
    pub seen: String,
    /// What they told, in their own words.
    pub told: String,
    /// Whether they told anything of what this is about. It stays true.
    pub disclosed: bool,
    /// What happened about bed, money and essentials, where there is no case to hold it.
    pub right_now: BTreeMap<ImmediateKind, ImmediateCode>,
    /// How money was given, and whether the account is theirs alone.
    pub money: MoneyGiven,
    /// What was answered to "are there children?".
    pub children: Option<AreThereChildren>,
    /// What was decided about safeguarding children who are recorded nowhere, with its reason.
    pub safeguarding: Option<(SafeguardingCode, Option<String>)>,
}

impl std::fmt::Debug for Notes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notes(..)")
    }
}

/// Whether they told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// Nothing has been asked yet, or it is as before.
    AsBefore,
    /// They were asked, and did not say anything. A good answer.
    Nothing,
    /// They told us.
    Told,
}

/// The two columns of the page.
#[derive(Clone)]
pub struct TwoColumns {
    /// What the worker saw.
    pub signs: BTreeSet<Sign>,
    /// What else, in the worker's words.
    pub seen: String,
    /// What they told, in their own words.
    pub told: String,
    /// Whether they told.
    pub heard: Heard,
}

impl std::fmt::Debug for TwoColumns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TwoColumns(..)")
    }
}

/// A conversation as its page shows it.
#[derive(Debug, Clone)]
pub struct Talk {
    /// The plain facts.
    pub plain: Conversation,
    /// What was seen and told.
    pub notes: Notes,
    /// Whether to ask, or to keep to an ordinary appointment; `None` before the question has been answered.
    pub talk_mode: Option<TalkMode>,
    /// When 999 was called.
    pub called_999: Vec<At>,
    /// The case it led to, if the worker may read it.
    pub case: Option<Ref>,
}

impl Talk {
    /// Whether the questions should be put so that yes or no will do (SPEC 3.20): on any telephone or screen.
    pub fn yes_or_no(&self) -> bool {
        self.plain.mode != Mode::InPerson
    }
}

/// Starts a conversation at the actor's site. From now on it is on the worker's list until it is closed.
pub async fn start(app: &App, actor: &Actor, mode: Mode) -> Result<Ref> {
    let mode = &mode;
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let facts = own_site(actor, ConversationStart::KIND)?;
                let permit = w.permit::<ConversationStart>(&facts)?;
                let made = w.conversation_start(&permit, *mode).await?;
                let facts = w.conversation_facts(made.reference).await?;
                let keep = w.permit_found::<ConversationKeep>(facts)?;
                let pack = pack_at(app, w, Some(made.site), made.organisation).await?;
                let due_at = pack.due(ClockId::ConversationResume, Urgency::SameDay, w.now());
                w.conversation_task(&keep, TaskKind::ResumeConversation, due_at)
                    .await?;
                Ok(made.reference)
            })
        })
        .await
}

pub(crate) async fn kept(
    w: &mut Work<'_>,
    reference: Ref,
) -> Result<(Permit<ConversationKeep>, Conversation, Notes)> {
    let facts = w.conversation_facts(reference).await?;
    let permit = w.permit_found::<ConversationKeep>(facts)?;
    let (plain, notes) = w.conversation::<Notes>(&permit).await?;
    Ok((permit, plain, notes.unwrap_or_default()))
}

/// A conversation, for its page.
pub async fn open(app: &App, actor: &Actor, reference: Ref) -> Result<Talk> {
    let reference = &reference;
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let (permit, plain, notes) = kept(w, *reference).await?;
                let called_999 = w.emergencies(&permit).await?;
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
                let talk_mode = notes.safe.map(|safe| SafeToTalk::from(safe).talk_mode());
                Ok(Talk {
                    plain,
                    notes,
                    talk_mode,
                    called_999,
                    case,
                })
            })
        })
        .await
}

/// Keeps the answers to "is it safe to talk?". Anything but a plain yes makes it an ordinary appointment, and what was said
/// goes no further than the specialist until the person has been seen alone.
pub async fn safe_to_talk(
    app: &App,
    actor: &Actor,
    reference: Ref,
    version: i64,
    answers: SafeAnswers,
) -> Result<TalkMode> {
    let (reference, version, answers) = (&reference, &version, &answers);
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let (permit, plain, mut notes) = kept(w, *reference).await?;
                let safe = SafeToTalk::from(*answers);
                let mode = safe.talk_mode();
                notes.safe = Some(*answers);
                let unsafe_now = mode == TalkMode::OrdinaryAppointment
                    && plain.stage.apply(StageMove::FindUnsafe).is_ok();
                let moves: &[StageMove] = if unsafe_now {
                    &[StageMove::FindUnsafe]
                } else {
                    &[]
                };
                let change = ConversationChange {
                    version: *version,
                    moves,
                    mode: answers.mode,
                    reach: reach(Some(safe)),
                    content: &notes,
                };
                w.conversation_keep(&permit, &change).await?;
                Ok(mode)
            })
        })
        .await
}

/// Keeps what was seen and what was told. When they tell, the risk goes on its clock at once (SPEC 4.3).
pub async fn keep(
    app: &App,
    actor: &Actor,
    reference: Ref,
    version: i64,
    columns: &TwoColumns,
) -> Result<Stage> {
    let (reference, version) = (&reference, &version);
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let (permit, plain, mut notes) = kept(w, *reference).await?;
                notes.signs.clone_from(&columns.signs);
                notes.seen.clone_from(&columns.seen);
                notes.told.clone_from(&columns.told);
                let first = columns.heard == Heard::Told && !notes.disclosed;
                notes.disclosed |= columns.heard == Heard::Told;
                let made = match columns.heard {
                    Heard::AsBefore => None,
                    Heard::Nothing => Some(StageMove::HearNothing),
                    Heard::Told => Some(StageMove::Hear),
                };
                // What is already further on stays there.
                let made = made.filter(|made| plain.stage.apply(*made).is_ok());
                let change = ConversationChange {
                    version: *version,
                    moves: made.as_slice(),
                    mode: plain.mode,
                    reach: reach_of(&notes),
                    content: &notes,
                };
                let stage = w.conversation_keep(&permit, &change).await?;
                if first {
                    let pack = pack_at(app, w, Some(plain.site), plain.organisation).await?;
                    let due_at = risk_due(pack, w.now());
                    w.conversation_task(&permit, TaskKind::JudgeRisk, due_at)
                        .await?;
                }
                Ok(stage)
            })
        })
        .await
}

pub(crate) fn reach_of(notes: &Notes) -> Reach {
    reach(notes.safe.map(SafeToTalk::from))
}

/// Records "I called 999". Nothing else is asked. A conversation or case that the actor may not know of is simply left out:
/// nothing stands between a person and this button.
pub async fn called_999(
    app: &App,
    actor: &Actor,
    conversation: Option<Ref>,
    case: Option<Ref>,
) -> Result<At> {
    let (conversation, case) = (&conversation, &case);
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let organisation = actor
                    .organisation()
                    .ok_or(Error::NotFound(EmergencyRecord::KIND))?;
                let facts = Facts {
                    subject: organisation,
                    person: None,
                    ties: Ties {
                        organisation: Some(organisation),
                        ..Ties::default()
                    },
                };
                let permit = w.permit::<EmergencyRecord>(&facts)?;
                if let Some(reference) = conversation {
                    let facts = w.conversation_facts(*reference).await?;
                    if let Ok(keep) = w.permit_found::<ConversationKeep>(facts) {
                        return w
                            .emergency_record(&permit, EmergencyAt::Conversation(&keep))
                            .await;
                    }
                }
                if let Some(reference) = case {
                    let facts = w.case_facts(*reference).await?;
                    if let Ok(change) = w.permit_found::<CaseChange>(facts) {
                        return w
                            .emergency_record(&permit, EmergencyAt::Case(&change))
                            .await;
                    }
                }
                w.emergency_record(&permit, EmergencyAt::Nothing).await
            })
        })
        .await
}

/// Goes on with a case: a new one for the person on the sheet, or one that the worker leads already. The conversation is
/// linked to it, and what was said stays sealed under its own key.
pub async fn continue_to_case(
    app: &App,
    actor: &Actor,
    reference: Ref,
    to: &ToCase,
) -> Result<Ref> {
    let reference = &reference;
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let (keep, plain, notes) = kept(w, *reference).await?;
                let case = match to {
                    ToCase::Known(case) => *case,
                    ToCase::New(sheet) => {
                        let running = w.conversation_close_look(&keep).await?.risk_on_clock;
                        open_in(app, w, actor, sheet, running).await?
                    }
                };
                let facts = w.case_facts(case).await?;
                let read = w.permit_found::<CaseRead>(facts)?;
                // Somebody who comes back is helped again: with everything kept.
                let known = w.case_read(&read).await?;
                if known.state == CaseState::Closed {
                    let facts = w.case_facts(case).await?;
                    let may = w.permit_found::<CaseChange>(facts)?;
                    reopen_in(app, w, &may, &known, known.version).await?;
                }
                w.conversation_link(&keep, &read).await?;
                if let Some(at) = plain.ended_at {
                    let answered = Answered {
                        right_now: &notes.right_now,
                        money: notes.money,
                        children: notes.children,
                        at,
                    };
                    carry_over(app, w, case, &answered).await?;
                }
                Ok(case)
            })
        })
        .await
}

/// Where a conversation goes on.
#[derive(Debug)]
pub enum ToCase {
    /// A case that is there already.
    Known(Ref),
    /// A new case for this person.
    New(PersonSheet),
}

/// Somebody who was found again.
#[derive(Debug, Clone)]
pub struct Found {
    /// The case.
    pub case: Ref,
    /// The name they want to be called by, and family name where told.
    pub name: String,
    /// When the case was opened.
    pub since: At,
}

/// Finds someone again by what they tell: a name, a date of birth (ISO), or both. Only among the actor's own cases, so that
/// somebody else's change nothing here.
pub async fn find_again(
    app: &App,
    actor: &Actor,
    name: &str,
    born: Option<&str>,
) -> Result<Vec<Found>> {
    let (name, born) = (&name, &born);
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let scope = w.scope::<PersonSearch>();
                let cases = w.people_matching(&scope, name, *born, 20).await?;
                Ok(cases
                    .into_iter()
                    .map(|case| Found {
                        case: case.reference,
                        name: match &case.sheet.family {
                            Some(family) => format!("{} {family}", case.sheet.chosen),
                            None => case.sheet.chosen.clone(),
                        },
                        since: case.opened_at,
                    })
                    .collect())
            })
        })
        .await
}
