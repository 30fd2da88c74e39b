//! Reaching a person: what is known, what is safe at this moment, and what happens when they move or separate. The verdict is
//! always `core::gate::gate`'s, asked now; nothing here has an opinion of its own.

use throughline_core::answer::Answer;
use throughline_core::artefact::Artefact;
use throughline_core::clock::{ClockId, Urgency};
use throughline_core::contact::{AnsweredBy, Channel, Verdict, Window};
use throughline_core::gate::{Alternative, DenyReason};
use throughline_core::id::Ref;
use throughline_core::scan::{Protected, scan};
use throughline_core::task::{Owner, TaskKind};
use throughline_core::time::At;
use throughline_policy::Actor;
use throughline_policy::action::{CaseChange, CaseRead};
use throughline_store::case::CaseState;
use throughline_store::contact::NewContact;
pub use throughline_store::contact::{Contact, ContactEnded, Contacts};
use throughline_store::task::TaskOutcome;
use throughline_store::{Error, Result, Work};

use crate::App;
use crate::case::{HELP, permit, task};
use crate::referral::pack_named;
use crate::release::would_reach;

/// A way that is safe now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Which contact point.
    pub reference: Ref,
    /// The channel.
    pub channel: Channel,
    /// Until when, where it ends today or earlier than the confirmation does.
    pub until: Option<At>,
    /// Whether a voicemail may be left.
    pub voicemail: bool,
}

/// How to make contact safely at one moment. It is a verdict of a moment: a message is checked again when it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SafelyNow {
    /// By these.
    By(Vec<Way>),
    /// Not now; from this moment by this channel.
    From(At, Channel),
    /// No safe way is recorded, and why the best known one is not.
    NoWay(DenyReason),
}

/// The fixed neutral text by which a channel is tried.
const fn artefact(channel: Channel) -> Artefact {
    match channel {
        Channel::InPersonSite => Artefact::PrintSheet,
        Channel::PhoneMobile
        | Channel::PhoneWork
        | Channel::PhoneViaTrustedPerson
        | Channel::ViaProfessional => Artefact::CallScript,
        Channel::Sms => Artefact::SmsPleaseCall,
        Channel::Email => Artefact::EmailPleaseCall,
        Channel::Post | Channel::PostToAlternative => Artefact::LetterPleaseCall,
        Channel::AppMessage => Artefact::AppPleaseCall,
        Channel::JournalOnlineAccount => Artefact::JournalPleaseCall,
    }
}

/// When the safe time that is running ends.
fn until(contact: &Contact, now: At) -> Option<At> {
    let today = now.london_date();
    let window = contact
        .point
        .windows
        .iter()
        .filter(|window| window.contains(now))
        .filter_map(|window| {
            let minutes = i64::from(window.to());
            At::from_london(today.at(0, 0, 0, 0)).map(|midnight| midnight.plus_minutes(minutes))
        })
        .max();
    let lapses = contact
        .point
        .expires_at
        .filter(|at| at.london_date() == today);
    [window, lapses].into_iter().flatten().min()
}

/// How the person can be reached safely at `now`.
pub fn safely_now(contacts: &Contacts, now: At) -> SafelyNow {
    let mut ways = Vec::new();
    let mut later: Option<(At, Channel)> = None;
    let mut reason = DenyReason::NothingKnown;
    for contact in contacts.all.iter().filter(|it| it.ended_at.is_none()) {
        let channel = contact.point.channel;
        match would_reach(contact, contacts.changed_at, now, artefact(channel)) {
            Ok(_) => ways.push(Way {
                reference: contact.reference,
                channel,
                until: until(contact, now),
                voicemail: channel.is_phone()
                    && would_reach(
                        contact,
                        contacts.changed_at,
                        now,
                        Artefact::VoicemailPleaseCall,
                    )
                    .is_ok(),
            }),
            Err(denied) => {
                if let Alternative::WaitUntil(at) = denied.alternative
                    && later.is_none_or(|(known, _)| at < known)
                {
                    later = Some((at, channel));
                }
                // "Never" says least about what to do next: any other reason takes its place.
                if matches!(reason, DenyReason::NothingKnown | DenyReason::Never) {
                    reason = denied.reason;
                }
            }
        }
    }
    match (ways.is_empty(), later) {
        (false, _) => SafelyNow::By(ways),
        (true, Some((at, channel))) => SafelyNow::From(at, channel),
        (true, None) => SafelyNow::NoWay(reason),
    }
}

/// What a person said about one way to reach them.
#[derive(Debug, Clone)]
pub struct ContactSaid {
    /// The channel.
    pub channel: Channel,
    /// What they said.
    pub verdict: Verdict,
    /// The number or address.
    pub value: String,
    /// When it is safe.
    pub windows: Vec<Window>,
    /// Whether a voicemail may be left on this number.
    pub voicemail: bool,
    /// Who may pick up or read first.
    pub answered_by: AnsweredBy,
    /// Whether only a neutral sender may show.
    pub neutral_only: bool,
    /// Whether another claimant reads the same account.
    pub shared_account: Answer,
    /// What to say when someone else answers.
    pub say: Option<String>,
}

/// Records a way to reach the person; it lapses on the pack's clock (C20) unless asked again.
pub async fn add(app: &App, actor: &Actor, case: Ref, said: &ContactSaid) -> Result<Ref> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move { add_in(app, w, case, said).await })
        })
        .await
}

pub(crate) async fn add_in(
    app: &App,
    w: &mut Work<'_>,
    case: Ref,
    said: &ContactSaid,
) -> Result<Ref> {
    let may_read = permit::<CaseRead>(w, case).await?;
    let read = w.case_read(&may_read).await?;
    let may = permit::<CaseChange>(w, case).await?;
    let pack = pack_named(app, &read.pack)?;
    // It is said to whoever answers.
    if let Some(say) = &said.say
        && scan(say, &Protected::default()).is_err()
    {
        return Err(Error::Invalid {
            field: "say",
            problem: "contact-say-telling",
        });
    }
    let new = NewContact {
        channel: said.channel,
        verdict: said.verdict,
        value: &said.value,
        windows: &said.windows,
        voicemail: said.voicemail,
        answered_by: said.answered_by,
        neutral_only: said.neutral_only,
        shared_account: said.shared_account,
        say: said.say.as_deref(),
        expires_at: pack.due(ClockId::SafeContactExpiry, Urgency::Routine, w.now()),
    };
    let reference = w.contact_add(&may, &new).await?;
    if matches!(said.verdict, Verdict::Safe | Verdict::SafeOnlyInWindow) {
        let done = TaskOutcome::Done;
        w.tasks_settle(Some(may.on()), None, TaskKind::AgreeSafeContact, done)
            .await?;
    }
    Ok(reference)
}

/// The person confirms a way again: "ask again at each contact" (C20).
pub async fn confirm(app: &App, actor: &Actor, case: Ref, contact: Ref) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may_read = permit::<CaseRead>(w, case).await?;
                let read = w.case_read(&may_read).await?;
                let may = permit::<CaseChange>(w, case).await?;
                let pack = pack_named(app, &read.pack)?;
                let expires_at = pack.due(ClockId::SafeContactExpiry, Urgency::Routine, w.now());
                w.contact_confirm(&may, contact, expires_at).await?;
                let (kind, done) = (TaskKind::AgreeSafeContact, TaskOutcome::Done);
                w.tasks_settle(Some(may.on()), None, kind, done).await?;
                Ok(())
            })
        })
        .await
}

/// Retires a way to reach the person: never again.
pub async fn end(
    app: &App,
    actor: &Actor,
    case: Ref,
    contact: Ref,
    why: ContactEnded,
) -> Result<()> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseChange>(w, case).await?;
                w.contact_end(&may, contact, why).await
            })
        })
        .await
}

/// Records a change of address or a separation. Letters to the old home end for good; every other way waits until the person
/// confirms it, and someone is asked to agree a safe way (NE-01, NE-02).
pub async fn change_of_address_or_separation(
    app: &App,
    actor: &Actor,
    case: Ref,
    happened_at: At,
) -> Result<()> {
    if happened_at > app.env().now() {
        return Err(Error::Invalid {
            field: "happened",
            problem: "contact-change-in-future",
        });
    }
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may_read = permit::<CaseRead>(w, case).await?;
                let read = w.case_read(&may_read).await?;
                let may = permit::<CaseChange>(w, case).await?;
                w.contact_changed(&may, happened_at).await?;
                if read.state == CaseState::Closed {
                    // Nobody makes contact until the case is open again, and every way then waits to be confirmed.
                    return Ok(());
                }
                let pack = pack_named(app, &read.pack)?;
                let urgency = pack.urgency_by_risk(read.risk);
                let due = pack.due(ClockId::EscalationAct, urgency, w.now());
                task(w, &read, Owner::CaseWorker, TaskKind::AgreeSafeContact, due).await
            })
        })
        .await
}
