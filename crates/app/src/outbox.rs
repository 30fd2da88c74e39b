//! Keeping promises: taking what is in the outbox, making its words at that moment, sending it, and saying what became of it.
//!
//! At least once: a node that dies between sending and marking leaves the row to another, which sends the same neutral text
//! with the same link again. That is harmless: following a link changes nothing, and its code is given another way.

use throughline_core::artefact::{Artefact, Lang, Slots};
use throughline_core::clock::Urgency;
use throughline_core::gate::{Confirmed, Release};
use throughline_core::id::{AccountId, Id, OutboxId, ReferralLinkId};
use throughline_core::nation::Nation;
use throughline_core::referral::{ReferralMove, ReferralState};
use throughline_core::time::At;
use throughline_policy::action::ReferralRecord;
use throughline_policy::{Actor, Permit, Purpose};
use throughline_seal::{WELCOME_DAYS, Welcome};
use throughline_store::outbox::{DeadLetter, Lease, OutboxKind, SentMail, TRIES};
use throughline_store::referral::{Referral, Via};
use throughline_store::{Store, Work};

use crate::mail::{Letter, Mailer, NoRelay, NotSent};
use crate::referral::{Step, call_them, make_move, on_an_open_case, tell_by_telephone};
use crate::{App, Error, Result, message, release};

/// How many rows one turn takes.
const BATCH: u64 = 20;
/// How many rows are let go again in one unit of work.
const RETRIED_AT_ONCE: usize = 500;

/// What came of one turn.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Letters that left.
    pub sent: usize,
    /// Rows that no longer needed sending.
    pub dropped: usize,
    /// Rows to be tried again.
    pub again: usize,
    /// Rows given up on.
    pub dead: usize,
}

/// What a row turned into when its moment came.
enum Rendered {
    Letter(Box<Release>),
    /// What it was about is over, or a human has it in hand: nothing to send.
    Needless,
    /// It must wait until then, and be asked about again.
    Later(At),
    /// It must not or cannot go; trying again cannot help.
    Refused(&'static str),
}

/// The actor of the system's own jobs. Errors before the installation was set up.
pub async fn system(app: &App) -> Result<Actor> {
    system_of(&app.store).await
}

async fn system_of(store: &Store) -> Result<Actor> {
    let installation = store
        .read(|r| Box::pin(async move { r.installation().await }))
        .await?;
    let organisation = installation.and_then(|installation| installation.operator);
    organisation
        .map(|organisation| Actor::System { organisation })
        .ok_or_else(|| Error::Setup("the installation has not been set up".to_owned()))
}

/// Takes what is due, sends it and marks it. Called again and again by a job; several nodes may call it at once.
pub async fn dispatch_once<M: Mailer>(app: &App, mailer: &M, node: &str) -> Result<Turn> {
    let system = &system(app).await?;
    let leases = app
        .store
        .work(system, Purpose::KeepPromises, |w| {
            Box::pin(async move { w.outbox_lease(node, BATCH).await })
        })
        .await?;
    dispatch_all(app, system, mailer, &leases).await
}

/// The same where there is no mail relay: what a worker hands over to a person waits for none. What could only go by mail is given
/// up after some tries, and then a worker has the task.
pub async fn dispatch_without_mail(app: &App, node: &str) -> Result<Turn> {
    let system = &system(app).await?;
    let kind = OutboxKind::PersonMessage;
    let leases = app
        .store
        .work(system, Purpose::KeepPromises, |w| {
            Box::pin(async move { w.outbox_lease_of(kind, node, BATCH).await })
        })
        .await?;
    dispatch_all(app, system, &NoRelay, &leases).await
}

async fn dispatch_all<M: Mailer>(
    app: &App,
    system: &Actor,
    mailer: &M,
    leases: &[Lease],
) -> Result<Turn> {
    let mut turn = Turn::default();
    for lease in leases {
        // One that fails holds up no other: its lease runs out, and it is taken again.
        if let Err(error) = dispatch(app, system, mailer, lease, &mut turn).await {
            tracing::error!(kind = %lease.kind, %error, "a promise could not be settled");
            turn.again += 1;
        }
    }
    Ok(turn)
}

/// Everything that was given up, oldest first: what kind, why, since when. Nothing of it names anybody.
pub async fn given_up(store: &Store) -> Result<Vec<DeadLetter>> {
    // The database counts rows with a signed number.
    let all = u64::try_from(i64::MAX).unwrap_or(u64::MAX);
    store
        .read(|r| Box::pin(async move { r.dead_letters(all).await }))
        .await
}

/// Lets these be tried again from the start, once their cause is mended, and records each. All or none: errors with
/// [`Error::Illegal`] when one of them is not among what was given up.
pub async fn retry(store: &Store, letters: &[OutboxId]) -> Result<usize> {
    let system = &system_of(store).await?;
    store
        .work(system, Purpose::KeepPromises, |w| {
            Box::pin(async move {
                for letter in letters {
                    if !w.outbox_revive(*letter).await? {
                        return Err(Error::Illegal("retry"));
                    }
                }
                Ok(letters.len())
            })
        })
        .await
}

/// Lets everything that was given up be tried again from the start, and records each. What somebody else lets go meanwhile is
/// theirs. Gives how many.
pub async fn retry_all(store: &Store) -> Result<usize> {
    let system = &system_of(store).await?;
    let dead = given_up(store).await?;
    let mut retried = 0;
    for some in dead.chunks(RETRIED_AT_ONCE) {
        retried += store
            .work(system, Purpose::KeepPromises, |w| {
                Box::pin(async move {
                    let mut revived = 0;
                    for letter in some {
                        revived += usize::from(w.outbox_revive(letter.id).await?);
                    }
                    Ok(revived)
                })
            })
            .await?;
    }
    Ok(retried)
}

async fn dispatch<M: Mailer>(
    app: &App,
    system: &Actor,
    mailer: &M,
    lease: &Lease,
    turn: &mut Turn,
) -> Result<()> {
    let rendered = if lease.attempt > TRIES {
        Ok(Rendered::Refused("lease_ran_out"))
    } else {
        app.store
            .work(system, Purpose::KeepPromises, |w| {
                Box::pin(async move { render(app, w, lease).await })
            })
            .await
    };
    // That a request is closed reaches nobody by mail any more: its address was taken away since.
    let unreached =
        lease.kind == OutboxKind::PartnerWithdrawn && matches!(rendered, Ok(Rendered::Needless));
    if let Ok(Rendered::Later(at)) = rendered {
        app.store
            .work(system, Purpose::KeepPromises, |w| {
                Box::pin(async move { w.outbox_put_off(lease, at).await })
            })
            .await?;
        turn.again += 1;
        return Ok(());
    }
    let (sent, problem) = match rendered {
        Ok(Rendered::Letter(letter)) => {
            let letter = Letter {
                release: *letter,
                message: app.env().reference(),
            };
            match mailer.send(&letter).await {
                Ok(()) => (Some(letter), None),
                Err(problem) => (None, Some(problem)),
            }
        }
        Ok(Rendered::Needless | Rendered::Later(_)) => (None, None),
        Ok(Rendered::Refused(code)) => (None, Some(NotSent::Never(code))),
        // Something of ours failed: the row waits for its next try, and what failed is in the log of errors.
        Err(error) => {
            tracing::error!(kind = %lease.kind, %error, "a promise could not be prepared");
            (None, Some(NotSent::Later("not_prepared")))
        }
    };
    let given_up = match problem {
        Some(NotSent::Never(_)) => true,
        Some(NotSent::Later(_)) => lease.attempt >= TRIES,
        None => false,
    };
    let sent = &sent;
    app.store
        .work(system, Purpose::KeepPromises, |w| {
            Box::pin(async move {
                let held = match problem {
                    Some(NotSent::Never(code)) => w.outbox_give_up(lease, code).await?,
                    Some(NotSent::Later(code)) => w.outbox_retry(lease, code).await?,
                    None => w.outbox_done(lease).await?,
                };
                // Only for the page where a demo shows its mail: a link that was sent opens a door, and is kept nowhere else.
                if let Some(letter) = sent.as_ref().filter(|_| app.settings.demo) {
                    let text = letter.release.text();
                    let mail = SentMail {
                        artefact: text.artefact().to_string(),
                        recipient: letter.release.to().to_owned(),
                        title: text.subject().to_owned(),
                        body: text.body().to_owned(),
                        sent_at: w.now(),
                    };
                    w.sent_mail_add(lease, &mail).await?;
                }
                if held && sent.is_some() && lease.kind == OutboxKind::StaffTask {
                    w.alerts_told(lease).await?;
                }
                if held && (sent.is_some() || given_up || unreached) {
                    arrived(app, w, lease, sent.is_some()).await?;
                }
                Ok(())
            })
        })
        .await?;
    match (sent.is_some(), problem, given_up) {
        (true, ..) => turn.sent += 1,
        (_, None, _) => turn.dropped += 1,
        (_, Some(_), true) => turn.dead += 1,
        (_, Some(_), false) => turn.again += 1,
    }
    Ok(())
}

/// Tells the referral what became of its notice: their mail system took it, or it cannot be delivered. A referral that has
/// moved on meanwhile stays as it is; where its service has it and the notice came back, the worker gets the task to call.
async fn arrived(app: &App, w: &mut Work<'_>, lease: &Lease, delivered: bool) -> Result<()> {
    if let (OutboxKind::PersonMessage, Some(subject)) = (lease.kind, lease.subject) {
        return message::arrived(app, w, Id::from_uuid(subject), delivered).await;
    }
    let closed = lease.kind == OutboxKind::PartnerWithdrawn;
    if !closed
        && !matches!(
            lease.kind,
            OutboxKind::PartnerNotice | OutboxKind::PartnerReminder
        )
    {
        return Ok(());
    }
    let Some(link) = link_of(w, lease).await? else {
        return Ok(());
    };
    let facts = w.referral_facts_by_id(link.referral).await?;
    let permit = w.permit_found::<ReferralRecord>(facts)?;
    let referral = w.referral_for_update(&permit).await?;
    if closed {
        // They were to hear that they are not to act any more, and did not.
        let told = delivered || !w.answering_accounts(referral.to).await?.is_empty();
        if told {
            return Ok(());
        }
        return tell_by_telephone(app, w, &permit, &referral).await;
    }
    let made = if delivered {
        ReferralMove::Deliver
    } else {
        ReferralMove::Bounce
    };
    // A reminder counts only where it is the first thing that reaches them: after a hold they are asked again by one.
    let reminded = lease.kind == OutboxKind::PartnerReminder;
    let moves = referral.state.apply(&made).is_ok();
    if reminded && referral.state != ReferralState::Sent || delivered && !moves {
        return Ok(());
    }
    if !delivered && stands_in_an_inbox(w, &permit, &referral).await? {
        return Ok(());
    }
    if moves {
        let step = Step::plain(&made, Via::Mail);
        return make_move(app, w, &permit, &referral, step).await.map(drop);
    }
    // They have it already, and what came back told them something more: an answer to their question, a fresh link.
    if !referral.state.is_with_service() {
        return Ok(());
    }
    on_an_open_case(call_them(app, w, &permit, &referral).await)
}

/// Whether somebody with an account has it in their inbox, so that a mail which bounces takes nothing from them. That the mail
/// bounced stays among what was given up.
async fn stands_in_an_inbox(
    w: &mut Work<'_>,
    permit: &Permit<ReferralRecord>,
    referral: &Referral,
) -> Result<bool> {
    let delivered = w
        .referral_steps(permit)
        .await?
        .iter()
        .any(|step| step.made == ReferralMove::Deliver.code() && step.via == Via::Account);
    Ok(delivered && !w.answering_accounts(referral.to).await?.is_empty())
}

async fn link_of(w: &mut Work<'_>, lease: &Lease) -> Result<Option<throughline_store::link::Link>> {
    match lease.subject {
        Some(id) => w.referral_link(ReferralLinkId::from_uuid(id)).await,
        None => Ok(None),
    }
}

/// Makes the words now: who may still be told, at which address, is decided at the moment of sending.
async fn render(app: &App, w: &mut Work<'_>, lease: &Lease) -> Result<Rendered> {
    let Some(subject) = lease.subject else {
        return Ok(Rendered::Refused("no_subject"));
    };
    match lease.kind {
        OutboxKind::PartnerNotice | OutboxKind::PartnerReminder | OutboxKind::PartnerWithdrawn => {
            partner(app, w, lease).await
        }
        OutboxKind::PersonMessage => {
            let step = message::dispatch(app, w, Id::from_uuid(subject)).await?;
            Ok(match step {
                message::Step::Mail(release) => Rendered::Letter(Box::new(release)),
                message::Step::Later(at) => Rendered::Later(at),
                _ => Rendered::Needless,
            })
        }
        OutboxKind::PartnerWelcome => welcome(app, w, Id::from_uuid(subject)).await,
        OutboxKind::StaffTask | OutboxKind::AccountWithdrawn => {
            let account: AccountId = Id::from_uuid(subject);
            let artefact = match lease.kind {
                OutboxKind::AccountWithdrawn => Artefact::PartnerWithdrawn,
                _ => Artefact::StaffTask,
            };
            match w.staff_address(account).await? {
                // Another mail told of it while this one was taken up.
                Some(_) if !w.outbox_holds(lease).await? => Ok(Rendered::Needless),
                Some(to) => {
                    if let Some(at) = rests_until(app, w, lease, account, to.nation).await? {
                        return Ok(Rendered::Later(at));
                    }
                    let about = (artefact, Slots::default());
                    to_worker(app, &to.email, to.nation, about, &[])
                }
                None => Ok(Rendered::Needless),
            }
        }
    }
}

/// Until when a mail about work waits: for the morning, and for others like it. `None`: it goes now.
async fn rests_until(
    app: &App,
    w: &mut Work<'_>,
    lease: &Lease,
    account: AccountId,
    nation: Nation,
) -> Result<Option<At>> {
    let urgency = lease.urgency();
    if lease.kind != OutboxKind::StaffTask || urgency == Urgency::Immediate {
        return Ok(None);
    }
    let now = w.now();
    // Where no pack is in force nobody has said when mails rest.
    let Ok(pack) = app.packs.in_force(nation, now.london_date()) else {
        return Ok(None);
    };
    let last = w.alert_last(account).await?;
    let at = pack.quiet().goes_at(now, urgency, last);
    Ok((at > now).then_some(at))
}

/// The mail to the first person of a partner. Its link works from now on, so that one that had to wait is none the shorter.
async fn welcome(app: &App, w: &mut Work<'_>, account: AccountId) -> Result<Rendered> {
    let Some((to, reference, version)) = w.welcome_waiting(account).await? else {
        return Ok(Rendered::Needless);
    };
    let until = w.now().plus_days(WELCOME_DAYS);
    let ring = app.store.keys().keyring();
    // Random letters can spell a postcode: a link that ends an hour sooner has others.
    let links = (0..32).map(|hours| {
        let code = Welcome::code(ring, reference, version, until.plus_seconds(-3_600 * hours));
        format!("{}/welcome/{code}", app.settings.base_url)
    });
    for link in links {
        let slots = Slots {
            link: Some(&link),
            ..Slots::default()
        };
        let about = (Artefact::PartnerWelcome, slots);
        let rendered = to_worker(app, &to.email, to.nation, about, &[])?;
        if matches!(rendered, Rendered::Letter(_)) {
            return Ok(rendered);
        }
    }
    Ok(Rendered::Refused("not_neutral"))
}

async fn partner(app: &App, w: &mut Work<'_>, lease: &Lease) -> Result<Rendered> {
    let Some(link) = link_of(w, lease).await? else {
        return Ok(Rendered::Refused("no_link"));
    };
    let facts = w.referral_facts_by_id(link.referral).await?;
    let permit = w.permit_found::<ReferralRecord>(facts)?;
    let referral = w.referral_for_update(&permit).await?;
    // A notice opens the door to whoever may still read it, also long after a yes; a reminder asks for an answer.
    let wanted = match lease.kind {
        OutboxKind::PartnerReminder => matches!(
            referral.state,
            ReferralState::Sent | ReferralState::Received | ReferralState::Opened
        ),
        _ => referral.state.is_with_service(),
    };
    // Nobody is called to a request that there is nothing to read of.
    let wanted = wanted && w.consent_holds(referral.consent).await?;
    let artefact = match lease.kind {
        OutboxKind::PartnerWithdrawn => Artefact::PartnerWithdrawn,
        _ if !wanted || !link.is_open_at(w.now()) => return Ok(Rendered::Needless),
        OutboxKind::PartnerReminder => Artefact::PartnerReminder,
        _ => Artefact::PartnerNotice,
    };
    let missing = |why| match artefact {
        // They are rung instead.
        Artefact::PartnerWithdrawn => Rendered::Needless,
        _ => Rendered::Refused(why),
    };
    let Some(address) = w.address_in_use(referral.service).await? else {
        return Ok(missing("no_address"));
    };
    // The address may have been given to another organisation since: then it is not this referral's any more.
    if address.organisation != referral.to {
        return Ok(missing("address_changed"));
    }
    let Some(to) = address.confirmed() else {
        return Ok(missing("no_address"));
    };
    let token = w.referral_link_token(&permit, &link).await?;
    let url = format!("{}/r/{token}", app.settings.base_url);
    let slots = Slots {
        link: Some(&url),
        ..Slots::default()
    };
    let mut names = Vec::new();
    let mut nation = None;
    for id in [referral.from, referral.to] {
        if let Some(found) = w.organisation(id).await? {
            nation = (id == referral.to).then_some(found.nation).or(nation);
            names.push(found.name);
        }
    }
    let Some(nation) = nation else {
        return Ok(Rendered::Refused("no_organisation"));
    };
    names.extend(w.site(referral.site).await?.map(|site| site.name));
    to_worker(app, &to, nation, (artefact, slots), &names)
}

/// Fills the text, in the languages of where its reader works, and asks the gate. Names of the organisations and the site must not
/// be in it.
fn to_worker(
    app: &App,
    to: &Confirmed,
    nation: Nation,
    (artefact, slots): (Artefact, Slots<'_>),
    names: &[String],
) -> Result<Rendered> {
    let text = artefact
        .text_in(Lang::of_mail_to(nation), slots)
        .map_err(|_| Error::Illegal("a text has an empty slot"))?;
    let released = release::to_worker(&app.settings, to, &text, names);
    Ok(match released {
        Ok(release) => Rendered::Letter(Box::new(release)),
        Err(_) => Rendered::Refused("not_neutral"),
    })
}
