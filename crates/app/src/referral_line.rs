//! Who is asked next, by itself: the requests that the person agreed to in advance stand in line, and when the one before comes to
//! nothing the next fit is sent the packet that was looked at with it (PRODUCT 2; NE-22). The rule is [`throughline_core::line`].
//!
//! A line is looked at when something becomes of a request for the same need (each move wakes it, in its own commit), and again by
//! its own clock: whatever is cut short is taken up there. Nobody is asked who was not agreed to, and nobody without a consent that
//! holds; where nobody in line can be asked, the task to offer the next option stands with the worker as ever.

use throughline_core::circumstances::Circumstances;
use throughline_core::clock::ClockId;
use throughline_core::code::Code as _;
use throughline_core::conversation::Reach;
use throughline_core::directory::Status;
use throughline_core::id::{Ref, ReferralId};
use throughline_core::line::{Before, Turn, turn};
use throughline_core::referral::{EndReason, Helped, ReferralMove, ReferralState, UnmetReason};
use throughline_core::task::TaskKind;
use throughline_find::{Query, Stand, stand};
use throughline_policy::action::{ReferralRead, ReferralRecord, ReferralSend};
use throughline_policy::{Actor, Facts, Permit, Purpose};
use throughline_store::Work;
use throughline_store::directory::{Service, ServiceState};
use throughline_store::referral::{Referral, Via};
use throughline_store::task::TaskOutcome;

use crate::referral::{Step, give_task, make_move, pack_named, still};
use crate::referral_hold::remind;
use crate::referral_next::with_its_no;
use crate::referral_recipient::{Route, asked_already, is_specialist};
use crate::referral_send::{is_high, new_code};
use crate::{App, Error, Result};

/// The rule whose no means that a service has no room.
const NO_ROOM: &str = "capacity";

/// Looks at the line that one request stands in, and does what its turn is. Its own clock starts anew where it still waits.
pub(crate) async fn look(
    app: &App,
    w: &mut Work<'_>,
    facts: Option<Facts<ReferralId>>,
    permit: &Permit<ReferralRecord>,
    all: &[Referral],
) -> Result<()> {
    let Some(own) = all.iter().find(|one| one.id == permit.on()) else {
        return Ok(());
    };
    if own.state != ReferralState::InLine {
        return Ok(());
    }
    let (line, asked): (Vec<&Referral>, Vec<&Referral>) = all
        .iter()
        .partition(|one| one.state == ReferralState::InLine);
    let mut before = Vec::with_capacity(asked.len());
    for one in &asked {
        before.push(what_became(app, w, one).await?);
    }
    match turn(&before) {
        Turn::Wait => wait(app, w, permit, own).await,
        Turn::Over => leave(app, w, permit, own).await,
        Turn::Ask => {
            ask_which(app, w, permit, own).await?;
            wait(app, w, permit, own).await
        }
        Turn::Send => {
            let own_may = may_go(w, facts, own).await?;
            match own_may {
                MayGo::Gone => return leave(app, w, permit, own).await,
                MayGo::NotAgreed => {
                    ask(app, w, permit, own, TaskKind::AskConsentAgain).await?;
                    return wait(app, w, permit, own).await;
                }
                // The task to offer the next option stands with the worker, who decides with reasons. Once it is done and nobody was
                // asked, they are asked which.
                MayGo::Decide => {
                    let mut offers = false;
                    for one in &asked {
                        let facts = w.referral_facts_by_id(one.id).await?;
                        let of_one = w.permit_found::<ReferralRecord>(facts)?;
                        offers |= w.referral_task_waits(&of_one, TaskKind::OfferNext).await?;
                    }
                    if !offers {
                        ask_which(app, w, permit, own).await?;
                    }
                    return wait(app, w, permit, own).await;
                }
                MayGo::Yes => {}
            }
            let mut able = Vec::with_capacity(line.len());
            for one in line {
                let facts = w.referral_facts_by_id(one.id).await?;
                if may_go(w, facts, one).await? == MayGo::Yes {
                    able.push(one);
                }
            }
            let read = w.permit_found::<ReferralRead>(facts)?;
            let told = told_and_learnt(w, &read, own, &asked).await?;
            if first_of(app, w, told, &able).await? == Some(own.id) {
                go(app, w, permit, own, Via::Clock, &asked).await
            } else {
                wait(app, w, permit, own).await
            }
        }
    }
}

/// Whether a request in line may be sent by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MayGo {
    /// What was agreed holds, and nothing has changed that somebody must decide about.
    Yes,
    /// What was agreed holds no more: the person is asked again.
    NotAgreed,
    /// The risk is high now, or they turned out not to have been alone: a human decides, with reasons (NE-28, ASSURANCE C5).
    Decide,
    /// Its service left the directory, or another organisation answers for it now: the person did not agree to that one.
    Gone,
}

async fn may_go(
    w: &mut Work<'_>,
    facts: Option<Facts<ReferralId>>,
    one: &Referral,
) -> Result<MayGo> {
    let permit = &w.permit_found::<ReferralRecord>(facts)?;
    let Some(service) = w.service_by_id(one.service).await? else {
        return Ok(MayGo::Gone);
    };
    let theirs = service.organisation.is_none_or(|now| now == one.to);
    if !is_listed(&service) || !theirs {
        return Ok(MayGo::Gone);
    }
    if !w.consent_holds(one.consent).await? {
        return Ok(MayGo::NotAgreed);
    }
    let case = w.case_facts_by_id(one.case).await?;
    let send = w.permit_found::<ReferralSend>(case)?;
    let alone = w.case_reach(&send).await? != Some(Reach::SpecialistOnly);
    let risk = w.referral_risk_now(permit, one).await?;
    let decided = !is_high(risk) || w.referral_is_reasoned(permit, one).await?;
    Ok(if decided && (alone || is_specialist(&service)) {
        MayGo::Yes
    } else {
        MayGo::Decide
    })
}

/// Whether a service is in the directory and runs. What this node last read of the directory may be older than that.
pub(crate) fn is_listed(service: &Service) -> bool {
    service.state == ServiceState::Listed && service.entry.status == Status::Active
}

/// What became of a request that is not in line.
async fn what_became(app: &App, w: &mut Work<'_>, one: &Referral) -> Result<Before> {
    let end = one.reason.as_deref().zip(one.helped.as_deref());
    let after_end =
        end.filter(|_| one.state == ReferralState::Ended)
            .and_then(|(reason, helped)| {
                let reason = EndReason::from_code(reason).ok()?;
                reason.next_step(Helped::from_code(helped).ok()?)
            });
    let lost = match w.service_by_id(one.service).await? {
        Some(service) if is_listed(&service) => {
            let (snapshot, query) = (app.directory.snapshot(), Query::default());
            let stands = stand(&snapshot, &query, w.now(), [service.reference]);
            stands
                .iter()
                .any(|(_, stand)| matches!(stand, Stand::Refused(rule) if rule.0 == NO_ROOM))
        }
        _ => true,
    };
    Ok(Before {
        state: one.state,
        after_end,
        ended_at: one.ended_at,
        lost,
        already_helps: one.reason.as_deref() == Some(UnmetReason::AlreadyWithUs.code()),
    })
}

/// What they told when this service was found for them, with what every no since has taught.
async fn told_and_learnt(
    w: &mut Work<'_>,
    read: &Permit<ReferralRead>,
    own: &Referral,
    asked: &[&Referral],
) -> Result<Circumstances> {
    let mut told = w.referral_told(read).await?.unwrap_or_default();
    told.needs = vec![own.need];
    for one in asked {
        told = with_its_no(told, one);
    }
    Ok(told)
}

/// The first of these that fits by what is known now, as the finder orders them.
async fn first_of(
    app: &App,
    w: &mut Work<'_>,
    told: Circumstances,
    line: &[&Referral],
) -> Result<Option<ReferralId>> {
    let mut services: Vec<(Ref, ReferralId)> = Vec::with_capacity(line.len());
    for one in line {
        if let Some(service) = w.service_by_id(one.service).await? {
            services.push((service.reference, one.id));
        }
    }
    let query = Query {
        told,
        ..Query::default()
    };
    let among = services.iter().map(|(service, _)| *service);
    let stands = stand(&app.directory.snapshot(), &query, w.now(), among);
    let first = stands.iter().find(|(_, stand)| *stand == Stand::Fits);
    Ok(first.and_then(|(first, _)| {
        let found = services.iter().find(|(service, _)| service == first);
        found.map(|(_, id)| *id)
    }))
}

/// Takes one out of the line. Its service was never asked.
async fn leave(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<ReferralRecord>,
    own: &Referral,
) -> Result<()> {
    let step = Step::plain(&ReferralMove::Withdraw, Via::Clock);
    make_move(app, w, permit, own, step).await.map(drop)
}

/// Gives the worker a task about one in line, unless it waits already.
/// Gives the worker the task to ask the person whom to ask. What they did about it is theirs, for a while: a line that nobody speaks
/// of any more would wait for ever.
async fn ask_which(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<ReferralRecord>,
    own: &Referral,
) -> Result<()> {
    let kind = TaskKind::AskWhichOffer;
    if let Some(ended_at) = w.referral_task_ended_at(permit, kind).await? {
        let pack = pack_named(app, &w.referral_pack(permit).await?)?;
        let urgency = pack.urgency(own.need, own.risk);
        if w.now() < pack.due(ClockId::NextOffer, urgency, ended_at) {
            return Ok(());
        }
    }
    ask(app, w, permit, own, kind).await
}

async fn ask(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<ReferralRecord>,
    own: &Referral,
    kind: TaskKind,
) -> Result<()> {
    match own.state.duty() {
        Some(duty) => give_task(app, w, permit, own, kind, duty.clock).await,
        None => Ok(()),
    }
}

/// Sends one from the line, by whichever way its service has and on the clocks of the risk as it is now: the packet that was looked
/// at when it was agreed goes out as it is. Settles the task to offer the next option.
async fn go(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<ReferralRecord>,
    own: &Referral,
    via: Via,
    asked: &[&Referral],
) -> Result<()> {
    let own = &Referral {
        risk: w.referral_risk_now(permit, own).await?,
        ..own.clone()
    };
    let step = Step::plain(&ReferralMove::Send, via);
    make_move(app, w, permit, own, step).await?;
    let sent = w.referral_for_update(permit).await?;
    remind(app, w, permit, &sent).await?;
    for before in asked {
        let done = TaskOutcome::Done;
        w.tasks_settle(None, Some(before.id), TaskKind::OfferNext, done)
            .await?;
    }
    Ok(())
}

/// Starts the clock of a line anew.
async fn wait(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<ReferralRecord>,
    own: &Referral,
) -> Result<()> {
    let Some(duty) = own.state.duty() else {
        return Ok(());
    };
    let pack = pack_named(app, &w.referral_pack(permit).await?)?;
    let urgency = pack.urgency(own.need, own.risk);
    let again = pack.due(duty.clock, urgency, w.now());
    w.referral_clock_set(permit, own, again).await
}

/// The worker asks the next one now, though nobody before has said no: several may be asked at once. Gives the code
/// to pass on and how, where its service gets a link. `seen` is the version on the worker's page.
///
/// Errors with [`Error::Invalid`] where what was agreed holds no more or the service has left the directory.
pub async fn ask_now(
    app: &App,
    actor: &Actor,
    reference: Ref,
    seen: i64,
) -> Result<Option<(String, String)>> {
    let by_link = app
        .store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let (permit, own) = still::<ReferralRecord>(w, reference, seen).await?;
                if own.state != ReferralState::InLine {
                    return Err(Error::Illegal("send"));
                }
                let refused = |problem| {
                    Err(Error::Invalid {
                        field: "ask-now",
                        problem,
                    })
                };
                let facts = w.referral_facts(reference).await?;
                match may_go(w, facts, &own).await? {
                    MayGo::Yes => {}
                    MayGo::NotAgreed => return refused("refer-consent-over"),
                    MayGo::Gone => return refused("refer-service-gone"),
                    MayGo::Decide => return refused("refer-decide-afresh"),
                }
                let asked = asked_already(w, &own).await?;
                if asked.routes.contains(&Route::Link) && !asked.routes.contains(&Route::Inbox) {
                    return Ok(true);
                }
                go(app, w, &permit, &own, Via::Worker, &[]).await?;
                Ok(false)
            })
        })
        .await?;
    if !by_link {
        return Ok(None);
    }
    // Its code is given by the worker: the link is made where that can be shown.
    new_code(app, actor, reference).await.map(Some)
}
