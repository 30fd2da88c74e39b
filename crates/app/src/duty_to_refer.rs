//! The duty to refer (SPEC 3.5, England): begun with where they must stay away from and the council that they choose, agreed three times
//! over, sent by a worker, chased until something came of it. It is no application for somewhere to stay and never a bed tonight. In
//! the other nations it does not exist, and nothing can be begun.

use jiff::civil::Date;
use throughline_core::clock::{ClockId, Urgency};
use throughline_core::contact::Verdict;
use throughline_core::duty_to_refer::{Agreements, DutyMove, DutyState, Scope, scope};
use throughline_core::geo::AreaCode;
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::need::NeedType;
use throughline_core::pack::Pack;
use throughline_core::reason::Words;
use throughline_core::task::{Owner, TaskKind};
use throughline_core::time::At;
use throughline_policy::action::{CaseChange, CaseRead, ReferralRead};
use throughline_policy::{Actor, Permit};
use throughline_store::Work;
use throughline_store::contact::Contact;
pub use throughline_store::duty_to_refer::{Duty, DutyContent, Happened, SentBy};
use throughline_store::task::TaskOutcome;

use crate::case::{Case, HELP, change, permit, task};
use crate::contact::{SafelyNow, safely_now};
use crate::referral::pack_named;
use crate::{App, Error, Result};

/// The tasks of one that is not over: each step settles them and gives the next.
pub(crate) const TASKS: [TaskKind; 3] = [
    TaskKind::FinishDutyToRefer,
    TaskKind::ChaseDutyToRefer,
    TaskKind::AskAboutHomeAgain,
];

/// What the page shows.
#[derive(Debug, Clone)]
pub struct DutyPage {
    /// Whose rules hold.
    pub nation: Nation,
    /// Every one of this case, newest first.
    pub duties: Vec<Duty>,
    /// Where they said before that they must stay away from, by name.
    pub avoid: Vec<String>,
    /// Ways to reach them that are confirmed as safe now: only these may be passed on.
    pub safe_ways: Vec<(Ref, String)>,
}

/// What is said when one is begun.
#[derive(Debug, Clone)]
pub struct Begin {
    /// The council that they choose, in words.
    pub authority: String,
    /// Where they must stay away from, a place each.
    pub avoid: Vec<String>,
    /// Whether it was looked at that the council lies where they must stay away from, and they choose it all the same.
    pub in_spite: bool,
    /// By when they may lose their home; `None`: they have, or nobody knows.
    pub homeless_on: Option<Date>,
    /// Why it is sent, in words that the person agreed to.
    pub reason: Words,
}

/// What happened next.
#[derive(Debug, Clone)]
pub enum Step {
    /// The three agreements as they stand, and which safe way may be passed on.
    Agree(Agreements, Option<Ref>),
    /// A worker sent it.
    Send(SentBy),
    /// The council was chased, and nothing followed.
    Chase,
    /// Something that moves it.
    Move(DutyMove),
}

const fn invalid(field: &'static str, problem: &'static str) -> Error {
    Error::Invalid { field, problem }
}

/// Reads the page.
pub async fn page(app: &App, actor: &Actor, case: Ref) -> Result<DutyPage> {
    app.store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let may = permit::<CaseRead>(w, case).await?;
                let read = w.case_read(&may).await?;
                let pack = pack_named(app, &read.pack)?;
                let duties = w.duties(&may).await?;
                let mut avoid = duties.first().map(|it| it.content.avoid.clone());
                if avoid.is_none() {
                    avoid = told_before(app, w, &may).await?;
                }
                let safe = safe_ways(w, &may).await?.into_iter();
                Ok(DutyPage {
                    nation: pack.nation(),
                    duties,
                    avoid: avoid.unwrap_or_default(),
                    safe_ways: safe.map(|one| (one.reference, one.value)).collect(),
                })
            })
        })
        .await
}

/// Where they told the finder last that they must stay away from.
async fn told_before(
    app: &App,
    w: &mut Work<'_>,
    may: &Permit<CaseRead>,
) -> Result<Option<Vec<String>>> {
    for one in w.case_referrals(may).await? {
        let facts = w.referral_facts_by_id(one.id).await?;
        let read = w.permit_found::<ReferralRead>(facts)?;
        let Some(told) = w.referral_told(&read).await? else {
            continue;
        };
        let name = |code: &AreaCode| {
            let area = app.gazetteer().area(*code);
            area.map_or_else(|| code.to_string(), |area| area.name.clone())
        };
        return Ok(Some(told.avoid_areas.iter().map(name).collect()));
    }
    Ok(None)
}

/// The ways by which the gate would let us reach them now, and that they confirmed as safe at any hour: a council keeps to no hours that
/// were agreed with us.
async fn safe_ways(w: &mut Work<'_>, may: &Permit<CaseRead>) -> Result<Vec<Contact>> {
    let contacts = w.contacts(may).await?;
    let SafelyNow::By(open) = safely_now(&contacts, w.now()) else {
        return Ok(Vec::new());
    };
    let mut ways = contacts.all;
    ways.retain(|one| {
        one.point.verdict == Verdict::Safe && open.iter().any(|it| it.reference == one.reference)
    });
    Ok(ways)
}

/// Begins one. Errors with [`Error::Invalid`] outside England, where the duty does not hold yet, where the council is not known as one
/// in England, where it lies where they must stay away from and that was not looked at, and while another one is not over.
pub async fn begin(app: &App, actor: &Actor, case: Ref, said: &Begin) -> Result<Ref> {
    change!(app, actor, case, |w, may, read| {
        let may_read = permit::<CaseRead>(w, case).await?;
        let pack = pack_named(app, &read.pack)?;
        let today = w.now().london_date();
        match scope(pack, today, said.homeless_on.unwrap_or(today)) {
            Scope::Applies => {}
            Scope::NotYet => return Err(invalid("homeless_on", "duty-not-yet")),
            Scope::LocalRoute => return Err(invalid("authority", "duty-not-here")),
        }
        let authority =
            council(app, &said.authority).ok_or(invalid("authority", "duty-authority-unknown"))?;
        let met = said.avoid.iter().any(|place| meets(app, place, &authority));
        if met && !said.in_spite {
            return Err(invalid("in_spite", "duty-authority-avoided"));
        }
        let content = DutyContent {
            authority,
            avoid: said.avoid.clone(),
            reason: said.reason.as_str().to_owned(),
            contact: None,
            agreed: Agreements::default(),
            sent_by: None,
            log: Vec::new(),
        };
        let reference = w.duty_begin(may, &may_read, &content).await?;
        give(w, read, pack, DutyState::Draft, (0, w.now())).await?;
        Ok(reference)
    })
}

/// A council in England by its name: code and name.
fn council(app: &App, words: &str) -> Option<(String, String)> {
    let area = app.gazetteer().named(words)?;
    let code = area.code.to_string();
    // Districts, unitary authorities, metropolitan districts and London boroughs are the housing authorities; counties are not.
    let houses = ["E06", "E07", "E08", "E09"];
    houses
        .iter()
        .any(|kind| code.starts_with(kind))
        .then(|| (code, area.name.clone()))
}

/// Whether a place to stay away from is the council, or has its name in it.
fn meets(app: &App, place: &str, (code, name): &(String, String)) -> bool {
    let known = app.gazetteer().named(place);
    let (place, name) = (place.trim().to_lowercase(), name.to_lowercase());
    known.is_some_and(|area| area.code.to_string() == *code)
        || !place.is_empty() && (name.contains(&place) || place.contains(&name))
}

/// What happens next, from the page with version `seen`. `words` say who at the council said so, or took it.
///
/// Errors with [`Error::Invalid`] where the three agreements are not there or a way to reach them is not confirmed as safe,
/// [`Error::Illegal`] where it is not possible from here, and [`Error::Conflict`] when somebody was first.
pub async fn step(
    app: &App,
    actor: &Actor,
    case: Ref,
    (duty, seen): (Ref, i64),
    step: &Step,
    words: Option<&Words>,
) -> Result<DutyState> {
    change!(app, actor, case, |w, may, read| {
        let may_read = permit::<CaseRead>(w, case).await?;
        let all = w.duties(&may_read).await?;
        let own = all.iter().find(|one| one.reference == duty);
        let own = own.ok_or(Error::NotFound(throughline_policy::ActionKind::CaseRead))?;
        if own.version != seen {
            return Err(Error::Conflict);
        }
        let mut content = own.content.clone();
        let by = match step {
            Step::Agree(given, way) => {
                let safe = safe_ways(w, &may_read).await?;
                let chosen = way.map(|way| safe.iter().find(|one| one.reference == way));
                let way = match chosen {
                    Some(None) => return Err(invalid("way", "duty-way-not-safe")),
                    Some(Some(one)) => Some(one.value.clone()),
                    None => None,
                };
                if given.contact_details && way.is_none() {
                    return Err(invalid("way", "duty-way-needed"));
                }
                content.agreed = *given;
                content.contact = way.filter(|_| given.contact_details);
                Some(DutyMove::Agree(*given))
            }
            Step::Send(sent_by) => {
                still_safe(w, &may_read, &content).await?;
                content.sent_by = Some(*sent_by);
                Some(DutyMove::Send)
            }
            Step::Move(DutyMove::AskAgain) => {
                still_safe(w, &may_read, &content).await?;
                Some(DutyMove::AskAgain)
            }
            Step::Chase => None,
            Step::Move(by) => Some(*by),
        };
        content.log.push(Happened {
            at: w.now(),
            made: by.map_or("chase", DutyMove::code).to_owned(),
            words: words.map(|words| words.as_str().to_owned()),
        });
        let next = w.duty_move(may, own, by, &content).await?;
        for kind in TASKS {
            w.tasks_settle(Some(may.on()), None, kind, TaskOutcome::Done)
                .await?;
        }
        let pack = pack_named(app, &read.pack)?;
        let now = w.now();
        let since = own.sent_at.unwrap_or(now);
        let chased = match by {
            Some(DutyMove::Send | DutyMove::AskAgain) => (0, now),
            Some(_) => (own.chased, since),
            None => (own.chased.saturating_add(1), since),
        };
        give(w, read, pack, next, chased).await?;
        Ok(next)
    })
}

/// What is passed on must be safe at the moment at which it is: a way that lapsed or was retired since is asked for again.
async fn still_safe(w: &mut Work<'_>, may: &Permit<CaseRead>, content: &DutyContent) -> Result<()> {
    let safe = safe_ways(w, may).await?;
    let way = content.contact.as_ref();
    if way.is_none_or(|way| safe.iter().any(|one| one.value == *way)) {
        Ok(())
    } else {
        Err(invalid("way", "duty-way-not-safe"))
    }
}

/// Gives the worker what is next, by its clock; nobody acting, it climbs. The days of chasing count from when it was sent, and after the
/// last of them it is chased again and again.
async fn give(
    w: &mut Work<'_>,
    read: &Case,
    pack: &Pack,
    state: DutyState,
    (chased, since): (u8, At),
) -> Result<()> {
    let Some((kind, clock)) = state.next_step(chased) else {
        return Ok(());
    };
    let now = w.now();
    let due = match clock {
        // What was begun and not sent is sent on the clock of how urgent it is.
        ClockId::ReferralSend => pack.due(
            clock,
            pack.urgency(NeedType::SafeAccommodation, read.risk),
            now,
        ),
        clock if chased < 3 => {
            let day = pack.due(clock, Urgency::Routine, since);
            if day > now {
                day
            } else {
                pack.due(ClockId::DutyToReferChaseFirst, Urgency::Routine, now)
            }
        }
        clock => pack.due(clock, Urgency::Routine, now),
    };
    task(w, read, Owner::CaseWorker, kind, due).await
}
