//! Two years of invented people: each arrives, is heard, is asked for elsewhere, is answered, and is done. Every step is a use
//! case, with the clock set to its instant, in the order of time. What lies in the future has not happened.
//!
//! The plan and the order are here; the first visit is in `visit`, referrals and their answers in `help`, what workers do about
//! their lists in `lists`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use throughline_app::address::{self, Proposal};
use throughline_app::mail::FolderMailer;
use throughline_app::{App, conversation, front_desk, outbox, promises};
use throughline_core::conversation::Mode;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::reason::{Reason, Words};
use throughline_core::risk::RiskBand;
use throughline_core::time::At;
use throughline_find::bench::Stream;
use throughline_store::account::Account;
use throughline_store::{Error, Result};

use super::arrival::{Arrival, below, chance, draw, office_hour};
use super::parameters::Parameters;
use super::staff::{Partner, Staff, TOWNS};
use super::{Counts, Size};
use crate::actor::proved;
use crate::env::SetClock;

/// Days of history in which people arrive.
const DAYS: i64 = 728;
/// How many of the first people meet the coach who signs in: some today, some who were told no today, some these days, some
/// lately, some long ago.
pub(super) const TODAY: usize = 3;
pub(super) const PLANTED: usize = 5;
const THESE_DAYS: usize = 9;
const LATELY: usize = 15;
const HOME: usize = 40;
/// How many of the others come once: something is seen, they are told how to come back, and that is all.
const ONCE: f64 = 0.75;
/// How often, in hours, the jobs look at what is due: weekly in the past, and as it matters towards the end.
const JOBS_EVERY: i64 = 24 * 7;
const JOBS_EVERY_LATELY: i64 = 2;
/// How many days before the end "lately" begins for the jobs.
const LATELY_DAYS: i64 = 4;

/// How many days before the end a service without an account gets its address.
const ADDRESS_DAYS: i64 = 30;

/// A service that partners of the demo answer for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answered {
    /// Its reference.
    pub(super) service: Ref,
    /// Which partner, as an index.
    pub(super) partner: usize,
    /// Which town, as an index.
    pub(super) town: usize,
    /// The need that it is asked for.
    pub(super) need: NeedType,
}

/// Something that happens. Numbers are places in [`History::known`].
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// Somebody comes in.
    Arrive(usize),
    /// What comes first is answered: bed, money, children, risk.
    First {
        n: usize,
        known: usize,
        talk: Option<Ref>,
    },
    /// A service is asked.
    Ask { known: usize, need: NeedType },
    /// It answers.
    Reply(Ref),
    /// There is room for somebody who waited.
    TakeOn(Ref),
    /// It speaks with the person.
    Contact(Ref),
    /// Help begins.
    Start(Ref),
    /// Help ends.
    End(Ref),
    /// The last visit.
    Finish(usize),
    /// A coach does what their list says.
    List { post: usize, coach: usize },
    /// A lead does what has come up to them.
    Lead(usize),
    /// The jobs do what they do all the time.
    Jobs,
    /// A steward has called a service back and proposes where requests to it go by mail.
    Propose,
    /// Another steward confirms it.
    Confirm { service: Ref, address: Ref },
}

/// A case that was opened.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) case: Ref,
    pub(super) post: usize,
    pub(super) coach: usize,
    pub(super) town: usize,
    /// Needs with the version of each, as far as they are not settled.
    pub(super) needs: BTreeMap<NeedType, i64>,
    /// The children's own cases.
    pub(super) children: Vec<Ref>,
    /// Whether somebody looked at the children's own needs.
    pub(super) reviewed: bool,
    /// The risk as it was judged last.
    pub(super) risk: Option<RiskBand>,
    /// The version of the case.
    pub(super) version: i64,
    /// Referrals that are not over.
    pub(super) open: u32,
    /// The services that were asked.
    pub(super) tried: BTreeSet<Ref>,
    /// Whether the first answer is a no of today (planted): what to offer next is on the list that the demo opens with.
    pub(super) planted: bool,
}

/// A referral that was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking {
    pub(super) known: usize,
    pub(super) asked: Answered,
    /// The version that its service saw last.
    pub(super) version: i64,
    /// Whether its service has asked back.
    pub(super) asked_back: bool,
    /// Whether nothing more is to come.
    pub(super) over: bool,
}

/// The history under way.
pub(super) struct History<'a> {
    pub(super) app: &'a App,
    pub(super) staff: &'a Staff,
    pub(super) answered: &'a [Answered],
    pub(super) parameters: &'a Parameters,
    pub(super) stream: Stream,
    pub(super) arrivals: Vec<Arrival>,
    queue: BTreeMap<(At, u64), Event>,
    next: u64,
    pub(super) end: At,
    pub(super) known: Vec<Known>,
    pub(super) asking: BTreeMap<Ref, Asking>,
    lists: BTreeSet<(usize, usize, i64)>,
    pub(super) referrals: u32,
}

/// Lives through the history.
pub(super) async fn fill(
    app: &App,
    clock: &Arc<SetClock>,
    staff: &Staff,
    answered: &[Answered],
    size: &Size,
    counts: &mut Counts,
    progress: &(dyn Fn(u32) + Send + Sync),
) -> Result<()> {
    let parameters = Parameters::built_in();
    let mut history = History {
        app,
        staff,
        answered,
        parameters: &parameters,
        stream: Stream::new(size.seed ^ 0x9e0_91e),
        arrivals: Vec::new(),
        queue: BTreeMap::new(),
        next: 0,
        end: size.end,
        known: Vec::new(),
        asking: BTreeMap::new(),
        lists: BTreeSet::new(),
        referrals: 0,
    };
    history.plan(size);
    while let Some(((at, _), event)) = history.queue.pop_first() {
        clock.set(at);
        history.live(at, event, counts).await?;
        progress(counts.people);
    }
    counts.referrals = history.referrals;
    Ok(())
}

/// What waits at the moment the demo is opened: somebody at the front desk, and a talk that has begun.
pub(super) async fn today(app: &App, staff: &Staff) -> Result<()> {
    let Some(post) = staff.posts.first() else {
        return Ok(());
    };
    if let Some(coach) = post.coaches.first() {
        conversation::start(app, &coach.actor(), Mode::InPerson).await?;
    }
    if let Some(desk) = &post.desk {
        front_desk::room_request(app, &desk.actor()).await?;
    }
    Ok(())
}

impl History<'_> {
    /// Draws who comes and when, and sets the times at which the jobs run.
    fn plan(&mut self, size: &Size) {
        let mut before = None;
        let mut people = 0;
        while people < size.people {
            let n = self.arrivals.len();
            let at = if n < TODAY {
                let minutes = 50 + self.below(240);
                size.end.plus_minutes(-minutes)
            } else {
                let back = match n {
                    _ if n < PLANTED => 1,
                    _ if n < THESE_DAYS => 1 + self.below(4),
                    _ if n < LATELY => 5 + self.below(14),
                    _ if n < HOME => 20 + self.below(DAYS - 20),
                    _ => self.below(DAYS),
                };
                office_hour(&mut self.stream, size.end, back)
            };
            let mut arrival = draw(&mut self.stream, self.parameters, at, &mut before);
            // Most come once, and do not say much.
            arrival.once = n >= HOME && self.chance(ONCE);
            if arrival.once {
                arrival.children.clear();
            }
            let room = usize::try_from(size.people - people - 1).unwrap_or(usize::MAX);
            arrival.children.truncate(room);
            people += 1 + u32::try_from(arrival.children.len()).unwrap_or(0);
            if n < LATELY {
                arrival.asks = arrival.asks.max(1);
            }
            if n < TODAY {
                arrival.risk = [None, Some(RiskBand::High), Some(RiskBand::Medium)]
                    .get(n)
                    .copied()
                    .flatten();
            }
            if n >= HOME {
                arrival.post = self.stream.below(self.staff.posts.len());
                arrival.coach = match arrival.post {
                    0 => 1,
                    _ => self.stream.below(2),
                };
            } else if n >= LATELY {
                // Those of long ago are over by now.
                let since = size.end.seconds_since(at) / 86_400;
                arrival.days = arrival.days.min((since - 6).max(2));
            }
            self.arrivals.push(arrival);
            self.put(at, Event::Arrive(n));
        }
        self.put(size.end.plus_days(-ADDRESS_DAYS), Event::Propose);
        let lately = size.end.plus_days(-LATELY_DAYS);
        let mut at = size.end.plus_days(-DAYS);
        while at < size.end {
            at = if at < lately {
                at.plus_hours(JOBS_EVERY).min(lately)
            } else {
                at.plus_hours(JOBS_EVERY_LATELY)
            };
            self.put(at.min(size.end), Event::Jobs);
        }
    }

    pub(super) fn below(&mut self, bound: i64) -> i64 {
        below(&mut self.stream, bound)
    }

    pub(super) fn chance(&mut self, share: f64) -> bool {
        chance(&mut self.stream, share)
    }

    /// What lies in the future has not happened.
    pub(super) fn put(&mut self, at: At, event: Event) {
        if at <= self.end {
            self.next += 1;
            self.queue.insert((at, self.next), event);
        }
    }

    /// The coach of a case looks at their list then, or within the hours after it.
    pub(super) fn put_list(&mut self, known: usize, at: At) {
        let Some(known) = self.known.get(known) else {
            return;
        };
        let (post, coach) = (known.post, known.coach);
        let at = at.plus_minutes(30);
        if self
            .lists
            .insert((post, coach, at.micros() / 7_200_000_000))
        {
            self.put(at, Event::List { post, coach });
        }
    }

    async fn live(&mut self, at: At, event: Event, counts: &mut Counts) -> Result<()> {
        match event {
            Event::Arrive(n) => self.arrive(at, n, counts).await,
            Event::First { n, known, talk } => self.first(at, n, known, talk).await,
            Event::Ask { known, need } => self.ask(at, known, need).await.map(|_| ()),
            Event::Reply(referral) => self.reply(at, referral).await,
            Event::TakeOn(referral) => self.take_on(at, referral).await,
            Event::Contact(referral) => self.contacted(at, referral).await,
            Event::Start(referral) => self.started(at, referral).await,
            Event::End(referral) => self.ended(referral).await,
            Event::Finish(known) => self.finish(at, known).await,
            Event::List { post, coach } => self.list(at, post, coach).await,
            Event::Lead(post) => self.lead(post).await,
            Event::Jobs => self.jobs().await,
            Event::Propose => self.propose(at).await,
            Event::Confirm { service, address } => {
                let second = proved(self.staff.second_steward.actor(), at);
                address::confirm(self.app, &second, service, address).await
            }
        }
    }

    /// What jobs do all the time in a real service.
    async fn jobs(&mut self) -> Result<()> {
        promises::run(self.app).await?;
        loop {
            let turn = outbox::dispatch_once(self.app, &FolderMailer, "demo").await?;
            if turn.sent + turn.dropped == 0 {
                return Ok(());
            }
        }
    }

    /// One service of the first town has no account here: it answers by a link, with a code that it is told when it calls.
    async fn propose(&mut self, at: At) -> Result<()> {
        let [town, ..] = TOWNS;
        let name = format!("{} Willow Dispersed Homes", town.name);
        let services = self
            .app
            .store
            .read(|r| Box::pin(async move { r.services_changed_since(0).await }))
            .await?;
        let Some(service) = services.iter().find(|one| one.entry.name == name) else {
            return Err(Error::Illegal(
                "a demo without a service that has no account",
            ));
        };
        let proposal = Proposal {
            email: "duty@willow.example.org",
            code_route: "01632 960188, ask for whoever is on duty",
            called_back: true,
        };
        let steward = self.staff.steward.actor();
        let address = address::propose(self.app, &steward, service.reference, &proposal).await?;
        let service = service.reference;
        self.put(at.plus_hours(20), Event::Confirm { service, address });
        Ok(())
    }

    /// The account of a coach.
    pub(super) fn coach(&self, post: usize, coach: usize) -> Result<Account> {
        self.staff
            .posts
            .get(post)
            .and_then(|post| post.coaches.get(coach))
            .cloned()
            .ok_or(Error::Illegal("a demo site without its coaches"))
    }
}

/// Words that are not blank.
pub(super) fn words(text: &str) -> Result<Reason> {
    Words::new(text).map_err(|_| Error::Illegal("blank words in the demo"))
}

/// The partner of a town that answers for a kind of service, as an index.
pub(super) fn partner_of(partners: &[Partner], town: &str, at: usize) -> Option<usize> {
    partners
        .iter()
        .enumerate()
        .filter(|(_, partner)| partner.town.area == town)
        .map(|(index, _)| index)
        .nth(at)
}
