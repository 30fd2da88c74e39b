//! Referrals: how any of them moves, and one as its sender sees it.
//!
//! Every move goes through `make_move`: the state machine of `core`, the clock of the new state from the case's own policy
//! pack, and the next step that a no, a silence or a bounce calls for (NE-22).

use throughline_core::clock::ClockId;
use throughline_core::id::{CaseId, OrganisationId, Ref};
use throughline_core::pack::Pack;
use throughline_core::referral::{ReferralMove, ReferralState};
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::{CaseRead, ReferralRead};
use throughline_policy::{Actor, Permit, Purpose};
use throughline_store::Work;
use throughline_store::outbox::OutboxKind;
use throughline_store::referral::{MoveDetail, MovesReferral, SeesReferral};
pub use throughline_store::referral::{Referral, Transition, Via};
pub use throughline_store::referral_content::{Accepted, Exchange};
use throughline_store::reveal::Reveal;
use throughline_store::task::{TaskNew, TaskOutcome};

use crate::case_view::{account_name, organisation_name};
use crate::packet::Packet;
use crate::place::{PlaceTold, told};
use crate::referral_link::link_lives_on;
use crate::referral_recipient::phone_of;
use crate::{App, Error, Result};

/// One move with what goes beside it.
pub(crate) struct Step<'a> {
    pub(crate) made: std::borrow::Cow<'a, ReferralMove>,
    pub(crate) via: Via,
    pub(crate) note: Option<String>,
    pub(crate) contact: Option<(Option<String>, Option<String>)>,
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
    /// Other services asked for the same need that are not over, by name.
    pub others: Vec<(Referral, String)>,
    /// Each time that the service was shown how to reach the person, newest first.
    pub shown: Vec<ShownTo>,
    /// The addresses that the service gave, what waits first: never an address.
    pub places: Vec<PlaceTold>,
}

/// One time that somebody was shown how to reach the person, with their names.
#[derive(Debug, Clone)]
pub struct ShownTo {
    /// When and why.
    pub reveal: Reveal,
    /// Who, by name, where it was somebody with an account; else the holder of a link.
    pub by: Option<String>,
    /// In which organisation, by name.
    pub organisation: String,
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
    let due_at = next.duty().map(|duty| pack.due(duty.clock, urgency, now));
    let detail = MoveDetail {
        due_at,
        note: step.note,
        contact: step.contact,
    };
    let (made, via) = (step.made, step.via);
    w.referral_move(permit, referral, &made, via, detail)
        .await?;
    if let ReferralMove::Decline { reason } = &*made {
        w.listing_doubted(permit, referral, *reason).await?;
    }
    for kind in settled_by(next) {
        w.tasks_settle(None, Some(referral.id), *kind, TaskOutcome::NotNeeded)
            .await?;
    }
    if let Some(step) = made.next_step(next) {
        match give_task(app, w, permit, referral, step.task, step.clock).await {
            // What a service says of help that outlived its case is kept all the same; nobody is given work on it.
            Err(Error::Invalid { field: "case", .. }) if next == ReferralState::Ended => {}
            given => given?,
        }
    }
    if let Some(due_at) = due_at {
        link_lives_on(app, w, permit, referral, (next, due_at)).await?;
    }
    if is_taken_from_the_service(referral, &made, via, w.actor().organisation())
        && !tell_it_is_closed(w, referral).await?
        && has_heard(w, permit).await?
    {
        tell_by_telephone(app, w, permit, referral).await?;
    }
    if next.is_final() {
        w.referral_links_close(referral).await?;
    }
    if next.is_final() || next.next_step().is_some() {
        w.referral_line_wake(permit, referral).await?;
    }
    if !next.has_said_yes() {
        w.place_over(referral).await?;
    }
    Ok(next)
}

/// Whether a move that is not the service's own takes a request away from it: somebody there may be about to ring.
fn is_taken_from_the_service(
    referral: &Referral,
    made: &ReferralMove,
    via: Via,
    by: Option<OrganisationId>,
) -> bool {
    let ends = matches!(
        made,
        ReferralMove::PersonDeclines | ReferralMove::Withdraw | ReferralMove::End { .. }
    );
    let had = referral.state.is_with_service() || referral.state == ReferralState::Held;
    // On the telephone or on paper it is the service that said so; a worker wrote it down.
    let their_own = matches!(via, Via::Account | Via::Link | Via::Phone | Via::Paper)
        || by == Some(referral.to);
    ends && had && !their_own
}

/// Tells everybody at the service who can answer, in one neutral sentence: by the address in use, where a link went to it, and each account.
/// Gives whether there was anybody.
async fn tell_it_is_closed(w: &mut Work<'_>, referral: &Referral) -> Result<bool> {
    let mut told = Vec::new();
    let address = w.address_in_use(referral.service).await?;
    if let Some(link) = w.referral_link_last(referral).await?
        && address.is_some_and(|address| address.organisation == referral.to)
    {
        told.push((OutboxKind::PartnerWithdrawn, link.id.uuid()));
    }
    for account in w.answering_accounts(referral.to).await? {
        told.push((OutboxKind::AccountWithdrawn, account.uuid()));
    }
    for &(kind, subject) in &told {
        let once = format!("withdrawn:{}:{subject}", referral.id.uuid());
        w.tell(kind, subject, Some(&once)).await?;
    }
    Ok(!told.is_empty())
}

/// Whether somebody at the service has heard of the request, by what is on record of it: it came to them, they said something of it,
/// or a worker has called them.
async fn has_heard<A: SeesReferral>(w: &mut Work<'_>, permit: &Permit<A>) -> Result<bool> {
    let came = |step: &Transition| {
        step.made == ReferralMove::Deliver.code()
            || matches!(step.via, Via::Account | Via::Link | Via::Phone | Via::Paper)
    };
    if w.referral_steps(permit).await?.iter().any(came) {
        return Ok(true);
    }
    w.referral_task_was_done(permit, TaskKind::ChaseReferral)
        .await
}

/// Gives the worker the task to ring a service that reads no mail of ours: somebody there may be about to call the person.
pub(crate) async fn tell_by_telephone<A: SeesReferral>(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<A>,
    referral: &Referral,
) -> Result<()> {
    let (kind, clock) = (TaskKind::TellService, ClockId::ReferralDelivery);
    give_task_also_when_closed(app, w, permit, referral, kind, clock).await
}

/// As [`give_task`]; where the case was closed meanwhile the task is about the request alone, and somebody still does it.
pub(crate) async fn give_task_also_when_closed<A: SeesReferral>(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<A>,
    referral: &Referral,
    kind: TaskKind,
    clock: ClockId,
) -> Result<()> {
    match give_task(app, w, permit, referral, kind, clock).await {
        Err(Error::Invalid { field: "case", .. }) => {
            let pack = pack_named(app, &w.referral_pack(permit).await?)?;
            let urgency = pack.urgency(referral.need, referral.risk);
            let due = pack.due(clock, urgency, w.now());
            let climbs = pack.due(ClockId::EscalationAcknowledge, urgency, w.now());
            let about = TaskNew {
                case: None,
                ..task_for(referral, kind, due, climbs)
            };
            w.task_add(&about).await.map(drop)
        }
        given => given,
    }
}

/// Help can outlive its case: then nobody is given work on it.
pub(crate) fn on_an_open_case(given: Result<()>) -> Result<()> {
    match given {
        Err(Error::Invalid { field: "case", .. }) => Ok(()),
        given => given,
    }
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
        ReferralState::Sent => &[T::FinishReferral, T::OfferNext, T::AskWhichOffer],
        ReferralState::Declined => &[
            T::ChaseReferral,
            T::AskWhetherStillWaiting,
            T::AskWhichOffer,
            T::AnswerQuestion,
            T::AskConsentAgain,
            T::SeePlace,
        ],
        ReferralState::Held => &[T::ChaseReferral, T::AskWhetherStillWaiting],
        ReferralState::Withdrawn | ReferralState::SurvivorDeclined | ReferralState::Ended => &[
            T::ChaseReferral,
            T::OfferNext,
            T::AskWhichOffer,
            T::AskWhetherStillWaiting,
            T::AskWhetherStarted,
            T::AskWhetherHelping,
            T::AnswerQuestion,
            T::AskConsentAgain,
            T::SeePlace,
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

/// A referral as its sender sees it: delivered, opened and accepted are three facts.
pub async fn view(app: &App, actor: &Actor, reference: Ref) -> Result<SenderView> {
    app.store
        .work(actor, Purpose::HelpAPerson, |w| {
            Box::pin(async move { view_in(w, reference).await })
        })
        .await
}

/// The same inside a unit of work.
pub(crate) async fn view_in(w: &mut Work<'_>, reference: Ref) -> Result<SenderView> {
    let facts = w.referral_facts(reference).await?;
    let permit = w.permit_found::<ReferralRead>(facts)?;
    let referral = w.referral_for_update(&permit).await?;
    let (packet, accepted) = w.referral_content(&permit).await?;
    let service = w.service_by_id(referral.service).await?;
    let mut others = Vec::new();
    for other in w.referral_others(&permit, &referral).await? {
        let name = organisation_name(w, other.to).await?;
        others.push((other, name));
    }
    let mut shown = Vec::new();
    for reveal in w.reveals(&permit).await? {
        let by = match reveal.account {
            Some(id) => Some(account_name(w, id).await?),
            None => None,
        };
        let organisation = organisation_name(w, reveal.organisation).await?;
        shown.push(ShownTo {
            reveal,
            by,
            organisation,
        });
    }
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
        others,
        shown,
        places: told(w, &permit).await?,
        referral,
    })
}

/// The referral that somebody is about to move, locked, under their permit for it. Errors with [`Error::Conflict`] when it moved
/// since their page was made: two people who answer at once must not both think they did.
pub(crate) async fn still<A: SeesReferral>(
    w: &mut Work<'_>,
    reference: Ref,
    seen: i64,
) -> Result<(Permit<A>, Referral)> {
    let facts = w.referral_facts(reference).await?;
    let permit = w.permit_found::<A>(facts)?;
    let referral = w.referral_for_update(&permit).await?;
    if referral.version == seen {
        Ok((permit, referral))
    } else {
        Err(Error::Conflict)
    }
}

/// Gives the worker a task about a referral by a clock of its own pack, unless one of the same kind waits.
pub(crate) async fn give_task<A: SeesReferral>(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<A>,
    referral: &Referral,
    kind: TaskKind,
    clock: ClockId,
) -> Result<()> {
    if w.referral_task_waits(permit, kind).await? {
        return Ok(());
    }
    let pack = pack_named(app, &w.referral_pack(permit).await?)?;
    let urgency = pack.urgency(referral.need, referral.risk);
    let due = pack.due(clock, urgency, w.now());
    let climbs = pack.due(ClockId::EscalationAcknowledge, urgency, w.now());
    w.task_add(&task_for(referral, kind, due, climbs))
        .await
        .map(|_| ())
}

/// Gives somebody else than who was shown something at once the task to review it: the lead of the case, else the next one up.
pub(crate) async fn review_by_another<A: SeesReferral>(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<A>,
    referral: &Referral,
) -> Result<()> {
    let (kind, clock) = (TaskKind::ReviewReveal, ClockId::BreakGlassReview);
    if w.actor().account() != Some(referral.lead) {
        return give_task_also_when_closed(app, w, permit, referral, kind, clock).await;
    }
    let pack = pack_named(app, &w.referral_pack(permit).await?)?;
    let urgency = pack.urgency(referral.need, referral.risk);
    let due = pack.due(clock, urgency, w.now());
    let climbs = pack.due(ClockId::EscalationAcknowledge, urgency, w.now());
    let own = task_for(referral, kind, due, climbs);
    let new = TaskNew {
        owner_account: None,
        ..own
    };
    w.task_add_for_another(&new).await.map(drop)
}

/// Gives the worker the task to call a service that learns of a request in no other way.
pub(crate) async fn call_them<A: SeesReferral>(
    app: &App,
    w: &mut Work<'_>,
    permit: &Permit<A>,
    referral: &Referral,
) -> Result<()> {
    let (kind, clock) = (TaskKind::ChaseReferral, ClockId::ReferralDelivery);
    give_task(app, w, permit, referral, kind, clock).await
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
