//! Two years of invented people: each arrives, is heard, is asked for elsewhere, is answered, and is done. Every step is a use
//! case, with the clock set to its instant, in the order of time. What lies in the future has not happened.
//!
//! The first visit is here; referrals and their answers are in `help`, what workers do about their lists in `lists`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use throughline_app::case::Closing;
use throughline_app::contact::ContactSaid;
use throughline_app::conversation::{Ending, Heard, SafeAnswers, ToCase, TwoColumns};
use throughline_app::mail::FolderMailer;
use throughline_app::{App, case, case_now, contact, conversation, front_desk, outbox, promises};
use throughline_core::answer::Answer;
use throughline_core::child::Safeguarding;
use throughline_core::code::Code as _;
use throughline_core::contact::{AnsweredBy, Channel, Verdict};
use throughline_core::conversation::{Interpreter, Mode, Overheard, Sign};
use throughline_core::id::Ref;
use throughline_core::immediate::{ImmediateAnswer, ImmediateKind};
use throughline_core::need::NeedType;
use throughline_core::reason::{Reason, Words};
use throughline_core::risk::RiskBand;
use throughline_core::time::At;
use throughline_find::bench::Stream;
use throughline_policy::Actor;
use throughline_store::account::Account;
use throughline_store::{Error, Result};

use super::arrival::{Arrival, below, chance, draw, office_hour, sheet};
use super::parameters::Parameters;
use super::staff::{Partner, Staff, TOWNS};
use super::{Counts, Size};
use crate::env::SetClock;

/// Days of history in which people arrive.
const DAYS: i64 = 728;
/// How many of the first people meet the coach who signs in: some today, some who were told no today, some these days, some
/// lately, some long ago.
const TODAY: usize = 3;
const PLANTED: usize = 5;
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
    arrivals: Vec<Arrival>,
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

    /// The account of a coach.
    pub(super) fn coach(&self, post: usize, coach: usize) -> Result<Account> {
        self.staff
            .posts
            .get(post)
            .and_then(|post| post.coaches.get(coach))
            .cloned()
            .ok_or(Error::Illegal("a demo site without its coaches"))
    }

    /// Who comes in is heard: a conversation, or a case at once where somebody rang ahead.
    async fn arrive(&mut self, at: At, n: usize, counts: &mut Counts) -> Result<()> {
        let Some(arrival) = self.arrivals.get(n).cloned() else {
            return Ok(());
        };
        let actor = self.coach(arrival.post, arrival.coach)?.actor();
        let person = sheet(
            &arrival.given,
            &arrival.family,
            &arrival.born,
            arrival.language,
        );
        if arrival.once {
            counts.people += 1;
            return self.came_once(&actor, &arrival, person).await;
        }
        let (case, talk) = if arrival.talks {
            let (case, talk) = self.talk(&actor, &arrival, person).await?;
            (case, Some(talk))
        } else {
            (case::open(self.app, &actor, &person).await?, None)
        };
        counts.people += 1 + u32::try_from(arrival.children.len()).unwrap_or(0);
        let mut needs = BTreeMap::new();
        for need in &arrival.needs {
            case::need_add(self.app, &actor, case, *need, true).await?;
            needs.insert(*need, 1);
        }
        case::statement_write(self.app, &actor, case, &words(arrival.statement)?).await?;
        let town = self
            .staff
            .posts
            .get(arrival.post)
            .and_then(|post| TOWNS.iter().position(|town| town.area == post.town.area));
        let known = self.known.len();
        self.known.push(Known {
            case,
            post: arrival.post,
            coach: arrival.coach,
            town: town.unwrap_or(0),
            needs,
            children: Vec::new(),
            reviewed: true,
            version: 1,
            open: 0,
            tried: BTreeSet::new(),
            planted: (TODAY..PLANTED).contains(&n),
        });
        let minutes = 7 + self.below(9);
        self.put(at.plus_minutes(minutes), Event::First { n, known, talk });
        Ok(())
    }

    /// Somebody who comes once and does not tell: what was seen, a judgement, how to reach them, and a door left open.
    async fn came_once(
        &mut self,
        actor: &Actor,
        arrival: &Arrival,
        person: conversation::PersonSheet,
    ) -> Result<()> {
        let app = self.app;
        let case = case::open(app, actor, &person).await?;
        for need in arrival.needs.iter().take(1) {
            case::need_add(app, actor, case, *need, false).await?;
        }
        let band = match arrival.risk {
            Some(RiskBand::High | RiskBand::Medium) => RiskBand::Medium,
            _ => RiskBand::Standard,
        };
        let reason = words("Nothing was told; seen alone, calm")?;
        case_now::risk_judge(app, actor, case, band, &reason, false).await?;
        // Opened, then judged.
        match case::close(app, actor, case, 2).await? {
            Closing::Closed => Ok(()),
            Closing::StillOpen(open) => Err(Error::Integrity(format!(
                "a demo case cannot close: {open:?}"
            ))),
        }
    }

    /// A conversation in which somebody tells, up to the case it leads to.
    async fn talk(
        &mut self,
        actor: &Actor,
        arrival: &Arrival,
        person: conversation::PersonSheet,
    ) -> Result<(Ref, Ref)> {
        let app = self.app;
        let mode = if self.chance(0.8) {
            Mode::InPerson
        } else {
            Mode::Telephone
        };
        let talk = conversation::start(app, actor, mode).await?;
        let interpreter = match arrival.language {
            "en" | "cy" => Interpreter::None,
            _ => Interpreter::Professional,
        };
        let answers = SafeAnswers {
            alone: Answer::Yes,
            interpreter,
            overheard: Overheard::Nobody,
            mode,
        };
        conversation::safe_to_talk(app, actor, talk, 1, answers).await?;
        let signs = [Sign::InDistress, Sign::PhoneWatched, Sign::NoOwnMoney];
        let signs = signs.get(self.stream.below(5)).copied();
        let columns = TwoColumns {
            signs: signs.into_iter().collect(),
            seen: String::new(),
            told: arrival.statement.to_owned(),
            heard: Heard::Told,
        };
        conversation::keep(app, actor, talk, 2, &columns).await?;
        let case = conversation::continue_to_case(app, actor, talk, &ToCase::New(person)).await?;
        Ok((case, talk))
    }

    /// Bed, money, essentials; children; the risk; how to reach them. Then the talk is over and services are asked.
    async fn first(&mut self, at: At, n: usize, at_known: usize, talk: Option<Ref>) -> Result<()> {
        let (Some(arrival), Some(known)) =
            (self.arrivals.get(n).cloned(), self.known.get(at_known))
        else {
            return Ok(());
        };
        let (app, case, town) = (self.app, known.case, known.town);
        let actor = self.coach(arrival.post, arrival.coach)?.actor();
        let asked: Vec<NeedType> = arrival
            .needs
            .iter()
            .filter(|need| {
                self.answered
                    .iter()
                    .any(|one| one.town == town && one.need == **need)
            })
            .take(arrival.asks)
            .copied()
            .collect();
        for kind in ImmediateKind::ALL {
            self.immediate(&actor, at_known, *kind, &arrival, &asked, at)
                .await?;
        }
        for (given, born) in &arrival.children {
            let child = sheet(given, &arrival.family, born, arrival.language);
            let own = case_now::child_add(app, &actor, case, &child).await?;
            let decision = match self.below(20) {
                0..=3 => Safeguarding::Referred,
                4..=6 => Safeguarding::AlreadyOpen,
                _ => Safeguarding::NotNeeded(words("Safe with a grandparent; seen today")?),
            };
            case_now::child_decide(app, &actor, case, own, 1, &decision).await?;
            let reason = words("What was told and seen of the child today")?;
            let band = match arrival.risk {
                Some(RiskBand::High | RiskBand::Medium) => RiskBand::Medium,
                _ => RiskBand::Standard,
            };
            case_now::risk_judge(app, &actor, own, band, &reason, false).await?;
            if let Some(known) = self.known.get_mut(at_known) {
                known.children.push(own);
                known.reviewed = false;
            }
        }
        match arrival.risk {
            Some(band) => self.judge(&actor, at_known, band, at).await?,
            // Somebody thinks about it and judges within the hour.
            None => self.put_list(at_known, at.plus_minutes(20)),
        }
        let said = ContactSaid {
            channel: Channel::PhoneMobile,
            verdict: match (arrival.phone_never, arrival.windows.is_empty()) {
                (true, _) => Verdict::Never,
                (false, true) => Verdict::Safe,
                (false, false) => Verdict::SafeOnlyInWindow,
            },
            value: arrival.phone.clone(),
            windows: arrival.windows.clone(),
            voicemail: false,
            answered_by: AnsweredBy::OnlyThem,
            neutral_only: true,
            shared_account: Answer::No,
            say: Some("Say it is the library.".to_owned()),
        };
        contact::add(app, &actor, case, &said).await?;
        if let Some(talk) = talk {
            // Started, safe to talk, told, led to a case: four versions.
            let ending = Ending::Close(BTreeMap::new());
            if let Err(open) = conversation::end(app, &actor, talk, 4, &ending).await? {
                return Err(Error::Integrity(format!(
                    "a demo talk cannot end: {open:?}"
                )));
            }
        }
        let mut minutes = 2;
        for need in asked {
            minutes += 3 + self.below(25);
            self.put(
                at.plus_minutes(minutes),
                Event::Ask {
                    known: at_known,
                    need,
                },
            );
        }
        if !arrival.children.is_empty() {
            self.put_list(at_known, at.plus_days(6));
        }
        let last = at.plus_days(arrival.days).plus_minutes(self.below(90));
        self.put(last, Event::Finish(at_known));
        Ok(())
    }

    /// What happened about a bed, money or essentials. What services are asked for is not answered here as well.
    async fn immediate(
        &mut self,
        actor: &Actor,
        at_known: usize,
        kind: ImmediateKind,
        arrival: &Arrival,
        asked: &[NeedType],
        at: At,
    ) -> Result<()> {
        let need = kind.need();
        let wanted = arrival.needs.contains(&need) && !asked.contains(&need);
        // Towards the end something cannot be had: the lead tries again.
        let lately = self.end.seconds_since(at) < 5 * 3_600;
        let answer = match self.below(10) {
            _ if !wanted => ImmediateAnswer::NotNeeded,
            0..=3 if lately => ImmediateAnswer::Unavailable,
            0 => ImmediateAnswer::Declined,
            _ => ImmediateAnswer::Given,
        };
        let settled = matches!(answer, ImmediateAnswer::Given | ImmediateAnswer::Declined);
        let Some(known) = self.known.get_mut(at_known) else {
            return Ok(());
        };
        let said = case_now::Said {
            kind,
            answer,
            only_theirs: (kind == ImmediateKind::Money).then_some(Answer::Yes),
            into_account: false,
            version: 0,
        };
        case_now::immediate_answer(self.app, actor, known.case, &said).await?;
        if settled {
            known.needs.remove(&need);
        }
        Ok(())
    }

    /// A judgement; a high one reaches the lead, who acts within hours.
    pub(super) async fn judge(
        &mut self,
        actor: &Actor,
        at_known: usize,
        band: RiskBand,
        at: At,
    ) -> Result<()> {
        let lead_in = 20 + self.below(150);
        let Some(known) = self.known.get_mut(at_known) else {
            return Ok(());
        };
        // Where nobody leads, nobody could act.
        let lead = self
            .staff
            .posts
            .get(known.post)
            .is_some_and(|post| post.lead.is_some());
        let band = if band == RiskBand::High && !lead {
            RiskBand::Medium
        } else {
            band
        };
        let reason = words("What was told in the conversation")?;
        case_now::risk_judge(self.app, actor, known.case, band, &reason, false).await?;
        known.version += 1;
        let post = known.post;
        if band == RiskBand::High {
            self.put(at.plus_minutes(lead_in), Event::Lead(post));
        }
        Ok(())
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
