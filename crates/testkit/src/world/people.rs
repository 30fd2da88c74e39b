//! Two years of invented people: each arrives, is asked, is referred, is answered. Every step goes through the use cases with
//! the clock set to its instant, in the order of time.
//!
//! The shares come from `data/demo_parameters.json`, where each is marked as evidence (with its source) or assumption.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use throughline_app::referral_answer::{self, Answer as Reply, Outcome};
use throughline_app::referral_send::{self, Ask, SendOrder};
use throughline_app::{
    App, conversation, front_desk, mail::FolderMailer, outbox, partner, promises,
};
use throughline_core::answer::Answer;
use throughline_core::consent::{Art9Condition, HowAgreed, PacketItem, ShareBasis};
use throughline_core::contact::{AnsweredBy, Channel, Verdict};
use throughline_core::conversation::{Mode, Reach};
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::reason::{Reason, Words, WorkerName};
use throughline_core::referral::{EndReason, Helped, UnmetReason};
use throughline_core::risk::RiskBand;
use throughline_core::time::At;
use throughline_find::bench::Stream;
use throughline_policy::action::{CaseChange, CaseOpen};
use throughline_policy::{Facts, Purpose, Ties};
use throughline_store::account::Account;
use throughline_store::case::NewCase;
use throughline_store::contact::NewContact;
use throughline_store::person::PersonSheet;
use throughline_store::referral::Via;
use throughline_store::{Result, Work};

use super::parameters::Parameters;
use super::staff::{Partner, Post, Staff};
use super::{Counts, Size, names};
use crate::env::SetClock;

const HELP: Purpose = Purpose::HelpAPerson;
/// How often, in the history, what fell due is looked at.
const PROMISES_EVERY_HOURS: i64 = 24 * 7;

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

/// Something that happens.
#[derive(Debug, Clone)]
enum Event {
    Arrive {
        n: u32,
    },
    Ask {
        case: Ref,
        coach: Account,
        town: usize,
        need: NeedType,
        tried: Vec<Ref>,
    },
    Reply {
        referral: Ref,
        asked: Answered,
        case: Ref,
        coach: Account,
        tried: Vec<Ref>,
    },
    Contact {
        referral: Ref,
        partner: usize,
    },
    End {
        referral: Ref,
        partner: usize,
    },
    Promises,
}

/// The history under way.
struct History<'a> {
    app: &'a App,
    clock: &'a Arc<SetClock>,
    staff: &'a Staff,
    answered: &'a [Answered],
    parameters: &'a Parameters,
    stream: Stream,
    queue: BTreeMap<(At, u64), Event>,
    next: u64,
    end: At,
    before: Option<(String, String, String)>,
    referrals: u32,
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
        clock,
        staff,
        answered,
        parameters: &parameters,
        stream: Stream::new(size.seed ^ 0x9e0_91e),
        queue: BTreeMap::new(),
        next: 0,
        end: size.end,
        before: None,
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
    let Some(coach) = staff.posts.first().and_then(|post| post.coaches.first()) else {
        return Ok(());
    };
    conversation::start(app, &coach.actor(), Mode::InPerson).await?;
    front_desk::room_request(app, &coach.actor()).await?;
    Ok(())
}

impl History<'_> {
    /// Spreads arrivals over two years, in office hours, and the regular look at what is due.
    fn plan(&mut self, size: &Size) {
        let days = 730;
        for n in 0..size.people {
            // The first thirty belong to the last week, so that the pages of today are full.
            let back = if n < 30 {
                self.below(6)
            } else {
                self.below(days)
            };
            let at = size
                .end
                .plus_days(-back)
                .plus_seconds(-self.below(8 * 3_600) - 3_600);
            self.put(at, Event::Arrive { n });
        }
        let mut at = size.end.plus_days(-days);
        while at < size.end {
            at = at.plus_hours(PROMISES_EVERY_HOURS);
            self.put(at.min(size.end), Event::Promises);
        }
    }

    fn below(&mut self, bound: i64) -> i64 {
        i64::try_from(self.stream.below(usize::try_from(bound).unwrap_or(1))).unwrap_or(0)
    }

    /// Whether something happens that happens this often (0 to 1).
    fn chance(&mut self, share: f64) -> bool {
        f64::from(u32::try_from(self.stream.below(10_000)).unwrap_or(0)) < share * 10_000.0
    }

    /// What lies in the future has not happened.
    fn put(&mut self, at: At, event: Event) {
        if at <= self.end {
            self.next += 1;
            self.queue.insert((at, self.next), event);
        }
    }

    async fn live(&mut self, at: At, event: Event, counts: &mut Counts) -> Result<()> {
        match event {
            Event::Arrive { n } => self.arrive(at, n, counts).await,
            Event::Ask {
                case,
                coach,
                town,
                need,
                tried,
            } => self.ask(at, case, coach, town, need, tried).await,
            Event::Reply {
                referral,
                asked,
                case,
                coach,
                tried,
            } => self.reply(at, referral, asked, case, coach, tried).await,
            Event::Contact { referral, partner } => {
                self.outcome(referral, partner, Outcome::FirstContact)
                    .await?;
                let later = at.plus_days(7 + self.below(60));
                self.put(later, Event::End { referral, partner });
                Ok(())
            }
            Event::End { referral, partner } => {
                self.outcome(referral, partner, Outcome::Started).await?;
                let helped = if self.chance(0.7) {
                    Helped::Yes
                } else {
                    Helped::Partly
                };
                self.outcome(
                    referral,
                    partner,
                    Outcome::Ended {
                        reason: EndReason::Finished,
                        helped,
                    },
                )
                .await
            }
            Event::Promises => self.keep_promises().await,
        }
    }

    /// What jobs do all the time in a real service.
    async fn keep_promises(&mut self) -> Result<()> {
        promises::run(self.app).await?;
        loop {
            let turn = outbox::dispatch_once(self.app, &FolderMailer, "demo").await?;
            if turn.sent + turn.dropped == 0 {
                return Ok(());
            }
        }
    }

    async fn arrive(&mut self, at: At, n: u32, counts: &mut Counts) -> Result<()> {
        // The first thirty meet the coach who signs in.
        let post_at = if n < 30 {
            0
        } else {
            self.stream.below(self.staff.posts.len())
        };
        let Some(post) = self.staff.posts.get(post_at) else {
            return Ok(());
        };
        let coach_at = if n < 30 {
            0
        } else {
            self.stream.below(post.coaches.len())
        };
        let Some(coach) = post.coaches.get(coach_at) else {
            return Ok(());
        };
        let arrival = self.arrival();
        let case = self.open(post, coach, &arrival).await?;
        counts.people += 1 + u32::try_from(arrival.children.len()).unwrap_or(0);
        let town = super::staff::TOWNS
            .iter()
            .position(|town| town.area == post.town.area)
            .unwrap_or(0);
        let wanted: Vec<NeedType> = self
            .answered
            .iter()
            .filter(|one| one.town == town)
            .map(|one| one.need)
            .collect();
        let mut minutes = 12;
        for need in arrival
            .needs
            .iter()
            .filter(|need| wanted.contains(need))
            .take(2)
        {
            minutes += 5 + self.below(40);
            self.put(
                at.plus_minutes(minutes),
                Event::Ask {
                    case,
                    coach: coach.clone(),
                    town,
                    need: *need,
                    tried: Vec::new(),
                },
            );
        }
        Ok(())
    }

    async fn ask(
        &mut self,
        at: At,
        case: Ref,
        coach: Account,
        town: usize,
        need: NeedType,
        tried: Vec<Ref>,
    ) -> Result<()> {
        let found = self
            .answered
            .iter()
            .find(|one| one.town == town && one.need == need && !tried.contains(&one.service));
        let Some(asked) = found.copied() else {
            return Ok(());
        };
        let order = SendOrder {
            ask: Ask {
                case,
                service: asked.service,
                need,
            },
            items: BTreeSet::from([
                PacketItem::ChosenName,
                PacketItem::Statement,
                PacketItem::ContactRules,
                PacketItem::ContactDetails,
            ]),
            struck: BTreeSet::new(),
            statement: Some(1),
            reach: Reach::AsAgreed,
            how: HowAgreed::Spoken,
            words: None,
            basis: ShareBasis::Consent,
            art9: Some(Art9Condition::ExplicitConsent),
            dpa: None,
            reasons: None,
        };
        let sent = match referral_send::send(self.app, &coach.actor(), &order).await {
            Ok(sent) => sent,
            // Asked already for another need: one referral carries both.
            Err(throughline_store::Error::Invalid { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        self.referrals += 1;
        // Nobody answers one in fifty: the clock does.
        if !self.chance(0.02) {
            let minutes = self.reply_hours() * 60 + self.below(60);
            self.put(
                at.plus_minutes(minutes),
                Event::Reply {
                    referral: sent.reference,
                    asked,
                    case,
                    coach,
                    tried,
                },
            );
        }
        Ok(())
    }

    /// Hours until an answer: half within a working day, nine in ten within five days (`referral_time_hours`).
    fn reply_hours(&mut self) -> i64 {
        let median = self.parameters.median_hours;
        match self.below(10) {
            0..=4 => 1 + self.below(median),
            5..=8 => median + self.below(self.parameters.p90_hours - median),
            _ => self.parameters.p90_hours + self.below(48),
        }
    }

    async fn reply(
        &mut self,
        at: At,
        reference: Ref,
        asked: Answered,
        case: Ref,
        coach: Account,
        mut tried: Vec<Ref>,
    ) -> Result<()> {
        let Some(by) = self.staff.partners.get(asked.partner) else {
            return Ok(());
        };
        let actor = by.worker.actor();
        let view = partner::open(self.app, &actor, reference).await?;
        // The clock was first: what follows a silence is on the work coach's list.
        if view.referral.state.is_final() {
            return Ok(());
        }
        let declines = if asked.need == NeedType::SafeAccommodation {
            self.parameters.refuge_unsuccessful
        } else {
            0.15
        };
        let answer = if self.chance(declines) {
            Reply::Decline {
                reason: self.why_not(),
                words: None,
            }
        } else if self.chance(0.1) {
            Reply::Waitlist { days: Some(21) }
        } else {
            let Ok(name) = WorkerName::new(&by.worker.name) else {
                return Ok(());
            };
            Reply::Accept {
                by: name,
                when: Some("Within two working days".to_owned()),
                how: Some("In the safe way that was agreed".to_owned()),
            }
        };
        match partner::answer(self.app, &actor, reference, view.referral.version, &answer).await {
            Ok(_) => {}
            Err(throughline_store::Error::Illegal(_) | throughline_store::Error::Conflict) => {
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        match answer {
            Reply::Accept { .. } => {
                let later = at.plus_hours(4 + self.below(44));
                self.put(
                    later,
                    Event::Contact {
                        referral: reference,
                        partner: asked.partner,
                    },
                );
            }
            Reply::Decline { .. } => {
                tried.push(asked.service);
                let later = at.plus_minutes(30 + self.below(180));
                self.put(
                    later,
                    Event::Ask {
                        case,
                        coach,
                        town: asked.town,
                        need: asked.need,
                        tried,
                    },
                );
            }
            _ => {}
        }
        Ok(())
    }

    /// Why a service says no, in the shares of the refuge audit and our split of the rest.
    fn why_not(&mut self) -> UnmetReason {
        match self.below(100) {
            0..=45 => UnmetReason::NoCapacityOrNoSpace,
            46..=79 => UnmetReason::SurvivorDeclinedOffer,
            80..=83 => UnmetReason::NoRecourseToPublicFunds,
            84..=87 => UnmetReason::MentalHealthNeedsTooHigh,
            88..=91 => UnmetReason::NoSpaceForFamilySize,
            92..=93 => UnmetReason::DisabilityAccessNotAvailable,
            _ => UnmetReason::CouldNotContact,
        }
    }

    async fn outcome(&mut self, reference: Ref, partner_at: usize, outcome: Outcome) -> Result<()> {
        let Some(by) = self.staff.partners.get(partner_at) else {
            return Ok(());
        };
        let actor = by.worker.actor();
        let view = partner::open(self.app, &actor, reference).await?;
        match referral_answer::outcome(
            self.app,
            &actor,
            reference,
            view.referral.version,
            outcome,
            Via::Account,
        )
        .await
        {
            Ok(_) | Err(throughline_store::Error::Illegal(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn arrival(&mut self) -> Arrival {
        let mut needs = Vec::new();
        for (need, share) in &self.parameters.needs.clone() {
            if self.chance(*share) {
                needs.push(*need);
            }
        }
        let risk = match self.below(10) {
            0 => Some(RiskBand::High),
            1..=4 => Some(RiskBand::Medium),
            5..=8 => Some(RiskBand::Standard),
            _ => None,
        };
        let children = if self.chance(self.parameters.have_children) {
            1 + self.stream.below(3)
        } else {
            0
        };
        let language = LANGUAGES
            .get(self.stream.below(LANGUAGES.len() * 4))
            .copied()
            .unwrap_or("en");
        // Two in a hundred were here before and are not recognised; the second record says that the telephone is not
        // safe (planted).
        let again = self.before.take().filter(|_| self.chance(0.02));
        let unsafe_now = again.is_some();
        let (given, family, born) = again.unwrap_or_else(|| self.somebody());
        self.before = Some((given.clone(), family.clone(), born.clone()));
        Arrival {
            given,
            family,
            born,
            unsafe_now,
            language,
            needs,
            risk,
            children: (0..children)
                .map(|_| names::given(&mut self.stream).to_owned())
                .collect(),
            phone: names::mobile(&mut self.stream),
            // Three in a hundred ways to reach somebody have lapsed (planted).
            contact_days: if self.chance(0.03) { -1 } else { 30 },
            statement: STATEMENTS
                .get(self.stream.below(STATEMENTS.len()))
                .copied()
                .unwrap_or("I need somewhere to think."),
        }
    }

    /// An invented name and day of birth.
    fn somebody(&mut self) -> (String, String, String) {
        let (year, month, day) = (
            1960 + self.below(45),
            1 + self.below(12),
            1 + self.below(28),
        );
        let given = names::given(&mut self.stream).to_owned();
        let family = names::family(&mut self.stream).to_owned();
        (given, family, format!("{year}-{month:02}-{day:02}"))
    }

    async fn open(&mut self, post: &Post, coach: &Account, arrival: &Arrival) -> Result<Ref> {
        let actor = coach.actor();
        let pack = self.app.pack(post.town.nation, self.clock_now())?;
        let pack = format!("{}@{}", pack.id(), pack.version());
        let pack = &pack;
        self.app
            .store
            .work(&actor, HELP, |w| {
                Box::pin(async move { open(w, post, coach, arrival, pack).await })
            })
            .await
    }

    fn clock_now(&self) -> At {
        throughline_core::env::Clock::now(self.clock.as_ref())
    }
}

/// Languages besides English, of which one in five speaks one (`dv_case_language`).
const LANGUAGES: [&str; 8] = ["pl", "ro", "ur", "pa", "bn", "ar", "so", "cy"];

const STATEMENTS: [&str; 6] = [
    "I want my own bank account and somewhere to keep my papers.",
    "I have told this to three offices already. I would like not to tell it again.",
    "I need a room with a lock before the school term starts.",
    "The rent is in my name and the money is not.",
    "I can talk on Tuesday mornings. Please do not ring at other times.",
    "I do not want to leave my town. I want to feel safe in it.",
];

/// Somebody who comes in.
#[derive(Debug)]
struct Arrival {
    given: String,
    family: String,
    born: String,
    unsafe_now: bool,
    language: &'static str,
    needs: Vec<NeedType>,
    risk: Option<RiskBand>,
    children: Vec<String>,
    phone: String,
    contact_days: i64,
    statement: &'static str,
}

fn sheet(chosen: &str, family: &str, born: Option<&str>, language: &str) -> PersonSheet {
    PersonSheet {
        chosen: chosen.to_owned(),
        given: Some(chosen.to_owned()),
        family: Some(family.to_owned()),
        born: born.map(str::to_owned),
        age_band: None,
        language: Some(language.to_owned()),
        interpreter: None,
        access: Vec::new(),
    }
}

/// The first conversation's record: one unit of work.
async fn open(
    w: &mut Work<'_>,
    post: &Post,
    coach: &Account,
    arrival: &Arrival,
    pack: &str,
) -> Result<Ref> {
    let facts = Facts {
        subject: post.site,
        person: None,
        ties: Ties {
            organisation: Some(coach.organisation),
            site: Some(post.site),
            ..Ties::default()
        },
    };
    let permit = w.permit::<CaseOpen>(&facts)?;
    let person = sheet(
        &arrival.given,
        &arrival.family,
        Some(&arrival.born),
        arrival.language,
    );
    let new = NewCase {
        person: &person,
        lead: coach.id,
        pack,
        risk_clock: throughline_store::case::RiskClock::Running,
    };
    let (_, case) = w.case_open(&permit, &new).await?;
    let facts = w.case_facts(case).await?;
    let change = w.permit_found::<CaseChange>(facts)?;
    for need in &arrival.needs {
        w.need_add(&change, *need, true).await?;
    }
    if let Ok(words) = Words::new(arrival.statement) {
        w.statement_write(&change, &words).await?;
    }
    if let Some(band) = arrival.risk
        && let Ok(reason) = Reason::new("What was told in the conversation")
    {
        w.risk_judge(&change, band, &reason, false).await?;
    }
    let contact = NewContact {
        channel: Channel::PhoneMobile,
        verdict: if arrival.unsafe_now {
            Verdict::Never
        } else {
            Verdict::Safe
        },
        value: &arrival.phone,
        windows: &[],
        voicemail: false,
        answered_by: AnsweredBy::OnlyThem,
        neutral_only: true,
        shared_account: Answer::No,
        say: Some("Say it is the library."),
        expires_at: w.now().plus_days(arrival.contact_days),
    };
    w.contact_add(&change, &contact).await?;
    for child in &arrival.children {
        w.child_add(
            &change,
            &sheet(child, &arrival.family, None, arrival.language),
        )
        .await?;
    }
    Ok(case)
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
