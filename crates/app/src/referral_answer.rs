//! What comes back, whoever records it and however it came: an answer, an outcome, a question; and taking a referral back.

use throughline_core::id::{Ref, ReferralId};
use throughline_core::reason::{Words, WorkerName};
use throughline_core::referral::{EndReason, Helped, ReferralMove, ReferralState, UnmetReason};
use throughline_core::task::TaskKind;
use throughline_policy::action::{OutcomeRecord, ReferralRecord};
use throughline_policy::{Actor, Permit, Purpose};
use throughline_store::Work;
use throughline_store::outbox::OutboxKind;
use throughline_store::referral::{Referral, SeesReferral, Via};
use throughline_store::task::TaskOutcome;

use crate::referral::{Step, call_them, make_move, on_an_open_case, pack_named, still};
use crate::referral_hold::hold_the_rest;
use crate::{App, Result};

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

/// Records an answer that came by telephone, on paper or through the person. `seen` is the version on the worker's page.
pub async fn record_answer(
    app: &App,
    actor: &Actor,
    reference: Ref,
    seen: i64,
    answer: &Answer,
    via: Via,
) -> Result<ReferralState> {
    let (next, id) = app
        .store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let (permit, referral) = still::<ReferralRecord>(w, reference, seen).await?;
                let (_, step) = answer.step(via);
                let next = make_move(app, w, &permit, &referral, step).await?;
                Ok((next, referral.id))
            })
        })
        .await?;
    Ok(after_answer(app, next, id).await)
}

/// What follows an answer once it is recorded: other offers wait while the person chooses, or this one does where another service
/// was first. It cannot undo the answer. Gives where the request stands now.
pub(crate) async fn after_answer(app: &App, next: ReferralState, id: ReferralId) -> ReferralState {
    if next != ReferralState::Accepted {
        return next;
    }
    match hold_the_rest(app, id).await {
        Ok(now) => now.unwrap_or(next),
        Err(error) => {
            tracing::error!(%error, "the other offers could not be held yet; their clocks will do it");
            next
        }
    }
}

/// Takes a referral back. The service is told in one neutral sentence and can no longer read it.
pub async fn withdraw(app: &App, actor: &Actor, reference: Ref, seen: i64) -> Result<()> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let (permit, referral) = still::<ReferralRecord>(w, reference, seen).await?;
                withdraw_in(app, w, &permit, &referral).await
            })
        })
        .await
}

/// Takes one back inside a unit of work.
pub(crate) async fn withdraw_in(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<ReferralRecord>,
    referral: &Referral,
) -> Result<()> {
    let step = Step::plain(&ReferralMove::Withdraw, Via::Worker);
    make_move(app, w, permit, referral, step).await.map(|_| ())
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
                let (permit, referral) = still::<OutcomeRecord>(w, reference, seen).await?;
                make_move(app, w, &permit, &referral, Step::plain(made, via)).await
            })
        })
        .await
}

/// Writes to the service, and answers its question where one waits. It stands beside the packet.
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
                tell_more(app, w, &permit, &referral).await
            })
        })
        .await
}

/// Tells everybody at the service who can read it that there is more to read: each account and the address in use, in neutral words.
/// Where nobody reads mail of ours the worker gets the task to call. While another service is being chosen they can read nothing, and
/// nobody is told.
pub(crate) async fn tell_more<A: SeesReferral>(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<A>,
    referral: &Referral,
) -> Result<()> {
    if !referral.state.is_with_service() {
        return Ok(());
    }
    let accounts = w.answering_accounts(referral.to).await?;
    let pack = pack_named(app, &w.referral_pack(permit).await?)?;
    let urgency = pack.urgency(referral.need, referral.risk);
    for account in &accounts {
        w.alert(*account, None, urgency).await?;
    }
    match w.referral_link_newest(referral).await? {
        Some(link) if link.is_open_at(w.now()) => {
            w.tell(OutboxKind::PartnerNotice, link.id.uuid(), None)
                .await
        }
        _ if accounts.is_empty() => on_an_open_case(call_them(app, w, permit, referral).await),
        _ => Ok(()),
    }
}

/// Calls a service that answers by link to the request again, in whatever state it has it: its question was answered, or it may read
/// it once more. Where its link has expired and nobody there has an account, the worker gets the task to call.
pub(crate) async fn call_back_by_mail<A: SeesReferral>(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<A>,
    referral: &Referral,
) -> Result<()> {
    let Some(link) = w.referral_link_newest(referral).await? else {
        return Ok(());
    };
    if link.is_open_at(w.now()) {
        return w
            .tell(OutboxKind::PartnerNotice, link.id.uuid(), None)
            .await;
    }
    if w.answering_accounts(referral.to).await?.is_empty() {
        call_them(app, w, permit, referral).await?;
    }
    Ok(())
}
