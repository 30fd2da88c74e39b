//! Taking a consent back, agreeing again before it lapses, and the decision to share less. Agreeing happens where a referral is
//! sent ([`crate::referral_send`]); what a partner sees is made in [`crate::packet`].

use throughline_core::clock::{ClockId, Urgency};
use throughline_core::consent::{
    Consent, HowAgreed, LessFault, LessShared, ShareBasis, ToldPerson,
};
use throughline_core::id::{ConsentId, Ref, ReferralId};
use throughline_core::reason::Reason;
use throughline_core::task::TaskKind;
use throughline_policy::action::{
    CaseChange, CaseRead, ReferralRecord, ReferralTakeBack, SharingNarrow, SharingRead,
};
use throughline_policy::{Actor, Permit, Purpose};
use throughline_store::consent::NewConsent;
use throughline_store::referral::{Referral, SeesReferral, Via};
use throughline_store::sharing::SeesSharing;
use throughline_store::task::{TaskNew, TaskOutcome};
use throughline_store::{Error, Result, Work};

use crate::App;
use crate::case::{HELP, permit};
use crate::receipt;
use crate::referral::{Step, make_move, on_an_open_case, pack_named, task_for};
use crate::referral_answer::call_back_by_mail;
use crate::referral_send::is_high;

/// Takes a consent back: from now on the recipient cannot open the packet, and each referral that rests on it is taken back or
/// ended with it, so that the service is told and nobody waits for it. What was read cannot be forgotten, and the page says so
/// (SPEC SM-SHARE).
///
/// Errors with [`Error::Illegal`] where sharing does not rest on the person's agreement: then there is nothing to take back, and
/// whether it goes on is decided again (NE-28).
pub async fn withdraw(app: &App, actor: &Actor, case: Ref, consent: Ref) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may_read = permit::<SharingRead>(w, case).await?;
                let may = permit::<SharingNarrow>(w, case).await?;
                let record = w.consent(&may_read, consent).await?;
                if !record.consent.rests_on_agreement() {
                    return Err(Error::Illegal("withdraw"));
                }
                let open = open_under(w, &may_read, record.id).await?;
                // Agreed anew since the page was opened: what is to end is the newer one, and nobody is told that it has.
                let lapsed =
                    record.consent.withdrawn_at.is_none() && !record.consent.holds_at(w.now());
                if open.is_empty() && lapsed {
                    return Err(Error::Conflict);
                }
                let first = record.consent.withdrawn_at.is_none();
                w.consent_withdraw(&may, consent).await?;
                if first {
                    let receipt = receipt::made(w, &may_read, &record, None, &open).await?;
                    w.receipt_keep(&may, record.id, &receipt).await?;
                    decide_anew(app, w, &may_read).await?;
                    worker_sees(app, w, &may_read).await?;
                }
                for referral in open {
                    let (permit, referral) = locked::<ReferralTakeBack>(w, referral.id).await?;
                    if let Some(made) = referral.state.when_consent_is_taken_back() {
                        let step = Step::plain(&made, Via::Person);
                        make_move(app, w, &permit, &referral, step).await?;
                    }
                }
                Ok(())
            })
        })
        .await
}

/// At a high risk a "no" ends no thinking: somebody decides, with reasons, whether to share on another basis or not at all (NE-28).
async fn decide_anew(app: &App, w: &mut Work<'_>, may: &Permit<SharingRead>) -> Result<()> {
    if is_high(w.sharing_case(may).await?.risk) {
        task_once(app, w, may, TaskKind::DecideSharing).await?;
    }
    Ok(())
}

/// What the person did by themselves, their worker sees: help may hang on it.
pub(crate) async fn worker_sees(
    app: &App,
    w: &mut Work<'_>,
    may: &Permit<SharingRead>,
) -> Result<()> {
    if matches!(w.actor(), Actor::PersonHolder { .. }) {
        task_once(app, w, may, TaskKind::SeeWhatTheyChanged).await?;
    }
    Ok(())
}

/// Gives the worker a task about the case, unless one of the same kind waits.
async fn task_once(
    app: &App,
    w: &mut Work<'_>,
    may: &Permit<SharingRead>,
    kind: TaskKind,
) -> Result<()> {
    if w.case_has_task(may, kind).await? {
        return Ok(());
    }
    let case = w.sharing_case(may).await?;
    let pack = pack_named(app, &case.pack)?;
    let urgency = pack.urgency_by_risk(case.risk);
    let due_at = pack.due(ClockId::NextOffer, urgency, w.now());
    let climbs_at = pack.due(ClockId::EscalationAcknowledge, urgency, due_at);
    let task = TaskNew {
        organisation: case.organisation,
        site: Some(case.site),
        case: Some(may.on()),
        referral: None,
        owner_account: Some(case.lead),
        kind,
        due_at,
        climbs_at: climbs_at.max(due_at),
    };
    on_an_open_case(w.task_add(&task).await.map(|_| ()))
}

/// What was put on record after sharing first.
#[derive(Debug, Clone)]
pub struct Completed {
    /// Why it was shared, what could have happened otherwise, and why no less was enough.
    pub reasons: Reason,
    /// Whether the person was told.
    pub told: ToldPerson,
}

/// Puts on record in full why something was shared first, because a life was at stake; the task to do so ends with it (SPEC 4.7).
///
/// Errors with [`Error::Illegal`] where nothing is owed.
pub async fn complete(
    app: &App,
    actor: &Actor,
    case: Ref,
    consent: Ref,
    completed: &Completed,
) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may_read = permit::<CaseRead>(w, case).await?;
                let may = permit::<CaseChange>(w, case).await?;
                let record = w.consent(&may_read, consent).await?;
                if !record.is_owed() {
                    return Err(Error::Illegal("complete"));
                }
                w.consent_complete(&may, &record, &completed.reasons, completed.told)
                    .await?;
                let mut under = w.case_referrals(&may_read).await?;
                // Also one that rests on what this record was renewed as.
                under.retain(|referral| referral.to == record.consent.recipient);
                for referral in under {
                    let (kind, done) = (TaskKind::CompleteSharing, TaskOutcome::Done);
                    w.tasks_settle(None, Some(referral.id), kind, done).await?;
                }
                Ok(())
            })
        })
        .await
}

/// How the person said that they still agree.
#[derive(Debug, Clone)]
pub struct Again {
    /// How.
    pub how: HowAgreed,
    /// In which words.
    pub words: Option<String>,
    /// Why it is still shared, where that does not rest on their agreement.
    pub reasons: Option<Reason>,
}

/// Records that the person still agrees to share the same lines with the same service, for as long again. What the service reads
/// stays as it was.
///
/// Errors with [`Error::Illegal`] when it was taken back or nothing rests on it any more, and with [`Error::Invalid`] when what
/// was said does not carry it (NE-24).
pub async fn agree_again(
    app: &App,
    actor: &Actor,
    case: Ref,
    consent: Ref,
    again: &Again,
) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may_read = permit::<CaseRead>(w, case).await?;
                let may = permit::<CaseChange>(w, case).await?;
                let before = w.consent(&may_read, consent).await?;
                let open = open_under(w, &may_read, before.id).await?;
                let Some(first) = open
                    .first()
                    .filter(|_| before.consent.withdrawn_at.is_none())
                else {
                    return Err(Error::Illegal("agree_again"));
                };
                // A second time nobody is in a hurry: the reasons are given now, whatever was at stake the first time.
                if before.consent.basis != ShareBasis::Consent && again.reasons.is_none() {
                    return Err(Error::Invalid {
                        field: "reasons",
                        problem: "consent-reasons-missing",
                    });
                }
                let pack = pack_named(app, &w.case_read(&may_read).await?.pack)?;
                let urgency = pack.urgency(first.need, first.risk);
                let now = w.now();
                let agreed = Consent {
                    how: again.how,
                    reasons: again.reasons.clone(),
                    agreed_at: now,
                    expires_at: pack.due(ClockId::ConsentExpiry, urgency, now),
                    ..before.consent.clone()
                };
                let new = NewConsent {
                    consent: &agreed,
                    statement: before.statement,
                    struck: &before.struck,
                    words: again.words.as_deref(),
                };
                let renewed = w.consent_renew(&may, &before, &new).await?;
                let lapsed = !before.consent.holds_at(now);
                for referral in open {
                    let (permit, referral) = locked::<ReferralRecord>(w, referral.id).await?;
                    // Taken back in the same instant.
                    if referral.consent != before.id || referral.state.is_final() {
                        return Err(Error::Conflict);
                    }
                    w.referral_consent_set(&permit, renewed).await?;
                    let (kind, done) = (TaskKind::AskConsentAgain, TaskOutcome::Done);
                    w.tasks_settle(None, Some(referral.id), kind, done).await?;
                    // What was to be told while it had lapsed was not: nothing could be read then.
                    if lapsed && referral.state.is_with_service() {
                        call_back_by_mail(app, w, &permit, &referral).await?;
                    }
                }
                Ok(())
            })
        })
        .await
}

/// The referrals of a case that rest on a consent and are not over.
pub(crate) async fn open_under<A: SeesSharing>(
    w: &mut Work<'_>,
    permit: &Permit<A>,
    consent: ConsentId,
) -> Result<Vec<Referral>> {
    let mut open = w.case_referrals(permit).await?;
    open.retain(|referral| referral.consent == consent && !referral.state.is_final());
    Ok(open)
}

/// A referral as it stands now, locked, under the permit for what is done to it.
pub(crate) async fn locked<A: SeesReferral>(
    w: &mut Work<'_>,
    id: ReferralId,
) -> Result<(Permit<A>, Referral)> {
    let facts = w.referral_facts_by_id(id).await?;
    let permit = w.permit_found::<A>(facts)?;
    let referral = w.referral_for_update(&permit).await?;
    Ok((permit, referral))
}

/// Gives the worker of every referral whose consent lapses soon, or has lapsed, the task to ask the person again. Gives how many.
/// Each is a unit of work of its own, so that one that fails holds up no other.
pub async fn ask_before_it_lapses(app: &App, limit: u64) -> Result<usize> {
    let now = app.env().now();
    let soon = |pack: &throughline_core::pack::Pack| {
        pack.due(ClockId::ConsentAskAgain, Urgency::Routine, now)
    };
    let Some(before) = app.packs.iter().map(soon).max() else {
        return Ok(0);
    };
    // Most runs find nothing: then nothing is read, and the audit record stays readable.
    let any = app
        .store
        .read(|r| Box::pin(async move { r.consents_lapse(before).await }))
        .await?;
    if !any {
        return Ok(0);
    }
    let system = &crate::outbox::system(app).await?;
    let lapsing = app
        .store
        .work(system, Purpose::KeepPromises, |w| {
            Box::pin(async move { w.referrals_lapsing(&w.scope(), before, limit).await })
        })
        .await?;
    let mut asked = 0;
    for referral in lapsing {
        let done = app
            .store
            .work(system, Purpose::KeepPromises, |w| {
                Box::pin(async move { ask_again_task(app, w, referral).await })
            })
            .await;
        match done {
            Ok(made) => asked += usize::from(made),
            Err(error) => tracing::error!(%error, "nobody could be told that a consent lapses"),
        }
    }
    Ok(asked)
}

/// Gives the worker the task to ask again, due half way to the lapse. Gives whether it was time.
async fn ask_again_task(app: &App, w: &mut Work<'_>, id: ReferralId) -> Result<bool> {
    let (permit, referral) = locked::<ReferralRecord>(w, id).await?;
    let pack = pack_named(app, &w.referral_pack(&permit).await?)?;
    let urgency = pack.urgency(referral.need, referral.risk);
    let (now, kind) = (w.now(), TaskKind::AskConsentAgain);
    let Some(lapses) = w.consent_lapses_at(referral.consent).await? else {
        return Ok(false);
    };
    let early = pack.due(ClockId::ConsentAskAgain, urgency, now) < lapses;
    if early || referral.state.is_final() || w.referral_task_waits(&permit, kind).await? {
        return Ok(false);
    }
    let due = now.plus_seconds(lapses.seconds_since(now).max(0) / 2);
    let climbs = pack.due(ClockId::EscalationAcknowledge, urgency, due);
    w.task_add(&task_for(&referral, kind, due, climbs)).await?;
    Ok(true)
}

/// Records that it was decided to share nothing with somebody, or only part, and why: kept like a decision to share (SPEC 4.7).
///
/// Errors with [`Error::Invalid`] where it does not say what is left out.
pub async fn share_less(app: &App, actor: &Actor, case: Ref, less: &LessShared) -> Result<()> {
    less.check().map_err(|fault| Error::Invalid {
        field: "left_out",
        problem: match fault {
            LessFault::NothingLeftOut => "less-left-out-needed",
            LessFault::EverythingLeftOut => "less-left-out-all",
        },
    })?;
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseChange>(w, case).await?;
                w.less_shared(&may, less).await?;
                let (kind, done) = (TaskKind::DecideSharing, TaskOutcome::Done);
                w.tasks_settle(Some(may.on()), None, kind, done).await?;
                Ok(())
            })
        })
        .await
}
