//! Random schedules of what goes wrong, on both databases: crashes before and after the commit, two nodes of which one is behind, mail
//! that is down or bounces, late and stale answers, jumps of the clock, a colleague who leaves. Whatever happens: nothing that was
//! acknowledged is lost, nobody is asked or taken on twice, every request has an owner and a clock, and with nobody acting any more all
//! of it reaches the top of its ladder.
//!
//! A schedule is what befalls one person and their requests; a dozen of them share a world, so that they meet in the outbox, on the
//! worker's list and at the same services. A few run each time; `THROUGHLINE_SCHEDULES` says how many, `THROUGHLINE_SCHEDULE_SEED`
//! which one first. A failure names its seed and what happened until then.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use throughline_app::access::{Leaver, change};
use throughline_app::mail::{Letter, Mailer, NotSent};
use throughline_app::outbox::dispatch_once;
use throughline_app::partner::{self, Entered};
use throughline_app::referral_answer::{self, Answer, Outcome};
use throughline_app::today::{self, Target};
use throughline_app::{
    App, Error, case_now, directory, promises, referral, referral_hold, referral_send,
};
use throughline_core::code::Code as _;
use throughline_core::env::Env;
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::reason::Words;
use throughline_core::referral::{EndReason, Helped, ReferralState, UnmetReason};
use throughline_core::risk::RiskBand;
use throughline_core::role::Role;
use throughline_core::task::{Owner, TaskKind};
use throughline_policy::action::CaseRead;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::{Account, NewAccount};
use throughline_store::referral::{Referral, Via};
use throughline_store::task::TaskOutcome;
use throughline_testkit::db::TestStore;
use throughline_testkit::env::seeded;

use crate::town::{HELP, Town, open_case, order, town};

/// How many people share a world, and how much happens there.
const PEOPLE: usize = 12;
const STEPS: usize = 150;
/// After how many things it is looked whether all still holds.
const LOOKS: usize = 10;
const NEED: NeedType = NeedType::Debt;

/// A future that is dropped after so many steps, as a process that is killed drops it: before its commit or after it.
struct CrashesAfter<F> {
    inner: Pin<Box<F>>,
    polls: u32,
}

impl<F: Future> Future for CrashesAfter<F> {
    type Output = Option<F::Output>;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        self.inner.as_mut().poll(cx).map(Some)
    }
}

/// Mail as it is at the moment: it leaves, waits for better times, or comes back.
#[derive(Default)]
struct Post {
    problem: Mutex<Option<NotSent>>,
    letters: Mutex<Vec<String>>,
}

impl Mailer for Post {
    async fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        // A crash may fall between the mail's leaving and its being marked.
        tokio::task::yield_now().await;
        if let Some(problem) = *self.problem.lock().unwrap() {
            return Err(problem);
        }
        let text = letter.release.text().whole();
        self.letters.lock().unwrap().push(text);
        tokio::task::yield_now().await;
        Ok(())
    }
}

/// Choices, the same for the same seed.
struct Chance(Env);

impl Chance {
    fn below(&self, n: usize) -> usize {
        let bytes = self.0.bytes::<8>();
        usize::try_from(u64::from_le_bytes(bytes) % u64::try_from(n).unwrap()).unwrap()
    }

    fn one<T: Clone>(&self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// What a future comes to; in one of four it crashes on the way, sooner or later.
    async fn run<F: Future>(&self, inner: F) -> Option<F::Output> {
        let polls = if self.below(4) == 0 {
            u32::try_from(self.below(40)).unwrap()
        } else {
            u32::MAX
        };
        let inner = Box::pin(inner);
        CrashesAfter { inner, polls }.await
    }
}

struct World {
    town: Town,
    /// A second node, whose copy of the directory is older.
    other: App,
    lead: Account,
    admin: Account,
    heir: Account,
    /// Who leads the cases now.
    worker: Account,
    people: Vec<Ref>,
    post: Post,
    chance: Chance,
    /// Moves that were acknowledged: at least so many of them are on record.
    acknowledged: Mutex<BTreeMap<(Ref, &'static str), usize>>,
    /// The code of the link of the first person, once it is known.
    code: Mutex<Option<String>>,
    said: Mutex<Vec<String>>,
}

async fn world(store: &TestStore, seed: u64) -> World {
    let town = town(store).await;
    let coach = &town.coach;
    let staff = town
        .app
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let mut out = Vec::new();
                for (role, email) in [
                    (Role::DaLead, "lead@example.org"),
                    (Role::WorkCoach, "heir@example.org"),
                    (Role::Administrator, "admin@example.org"),
                ] {
                    let new = NewAccount {
                        organisation: coach.organisation,
                        site: coach.site,
                        role,
                        name: "Somebody else",
                        email,
                        password: None,
                    };
                    out.push(w.account_create(&new).await?);
                }
                w.site_lead_set(coach.site.unwrap(), out[0].id, 0).await?;
                Ok(out)
            })
        })
        .await
        .unwrap();
    let [lead, heir, admin]: [Account; 3] = staff.try_into().unwrap();
    let mut people = vec![town.case];
    while people.len() < PEOPLE {
        people.push(open_case(&town.app.store, coach).await);
    }
    let other = App {
        store: town.app.store.clone(),
        packs: throughline_core::pack::Packs::embedded().unwrap(),
        directory: throughline_app::directory_node::DirectoryNode::new().unwrap(),
        settings: town.app.settings.clone(),
    };
    for app in [&town.app, &other] {
        app.directory.refresh(&app.store).await.unwrap();
    }
    World {
        worker: town.coach.clone(),
        other,
        lead,
        heir,
        admin,
        people,
        post: Post::default(),
        chance: Chance(seeded(seed, store.env.now()).0),
        acknowledged: Mutex::default(),
        code: Mutex::default(),
        said: Mutex::default(),
        town,
    }
}

fn yes() -> Answer {
    Answer::Accept {
        by: Words::new("Rhian").unwrap(),
        when: None,
        how: None,
    }
}

impl World {
    fn node(&self) -> &App {
        if self.chance.below(2) == 0 {
            &self.town.app
        } else {
            &self.other
        }
    }

    async fn requests(&self, case: Ref) -> Vec<Referral> {
        let case = &case;
        self.town
            .app
            .store
            .work(&self.worker.actor(), HELP, |w| {
                Box::pin(async move {
                    let facts = w.case_facts(*case).await?;
                    let permit = w.permit_found::<CaseRead>(facts)?;
                    w.case_referrals(&permit).await
                })
            })
            .await
            .unwrap()
    }

    fn keep<T>(&self, request: Ref, made: &'static str, done: Option<&Result<T, Error>>) {
        match done {
            Some(Ok(_)) => {
                let mut kept = self.acknowledged.lock().unwrap();
                *kept.entry((request, made)).or_insert(0) += 1;
            }
            // Somebody was first, or it is not possible any more: refused, and nothing was changed.
            Some(Err(
                Error::Conflict
                | Error::Illegal(_)
                | Error::Invalid { .. }
                | Error::Denied(_)
                | Error::NotFound(_),
            ))
            | None => {}
            Some(Err(error)) => panic!("{made}: {error:?}"),
        }
    }

    async fn send(&self, case: Ref) {
        let (listed, inbox, linked) = (self.town.listed, self.town.inbox, self.town.linked);
        let mut services = vec![listed, inbox];
        // One person alone has the link, so that its letters can be told apart.
        if case == self.people[0] {
            services.push(linked);
        }
        let first = services.remove(self.chance.below(services.len()));
        let mut order = order(case, first, NEED);
        if self.chance.below(2) == 0 {
            order.next = services;
        }
        if self.chance.below(2) == 0 {
            order.reasons = Some(Words::new("They asked for it.").unwrap());
        }
        let actor = self.worker.actor();
        let sent = self
            .chance
            .run(referral_send::send(self.node(), &actor, &order))
            .await;
        if let Some(Ok(sent)) = &sent {
            let mut code = self.code.lock().unwrap();
            *code = sent.code.clone().or(code.take());
        }
        let reference = match &sent {
            Some(Ok(sent)) => sent.reference,
            _ => case,
        };
        self.keep(reference, "send", sent.as_ref());
    }

    /// A service or the worker says what came of a request, by what they read: in one of four from an older page.
    async fn answer(&self, request: &Referral) {
        let seen = request.version - i64::from(self.chance.below(4) == 0);
        let (reference, actor) = (request.reference, self.worker.actor());
        let reasons = [
            UnmetReason::NoCapacityOrNoSpace,
            UnmetReason::LargePet,
            UnmetReason::CouldNotContact,
            UnmetReason::AlreadyWithUs,
            UnmetReason::Other,
        ];
        let reason = self.chance.one(&reasons);
        let (answer, made) = match self.chance.below(6) {
            0..=2 => (yes(), "accept"),
            3 => (Answer::Waitlist { days: None }, "waitlist"),
            4 => (Answer::PersonDeclines, "person_declines"),
            _ => (
                Answer::Decline {
                    reason,
                    words: None,
                },
                "decline",
            ),
        };
        let theirs = !matches!(answer, Answer::PersonDeclines);
        let link = self.code.lock().unwrap().clone().filter(|_| theirs);
        let partner = self.town.partner.actor();
        let app = self.node();
        let by_link = async {
            let token = self.token()?;
            match partner::link_enter(app, &token, &link?).await.ok()? {
                Entered::In(holder, of, _) if of == reference => {
                    partner::open(app, &holder, of).await.ok()?;
                    let version = partner::open(app, &holder, of).await.ok()?.referral.version;
                    Some(partner::answer(app, &holder, of, version, &answer).await)
                }
                _ => None,
            }
        };
        let done = if theirs && request.to == self.town.partner.organisation {
            let opened = self
                .chance
                .run(partner::open(app, &partner, reference))
                .await;
            let version = opened
                .and_then(Result::ok)
                .map_or(seen, |view| view.referral.version);
            let answering = partner::answer(app, &partner, reference, version, &answer);
            self.chance.run(answering).await
        } else if let Some(Some(done)) = self.chance.run(by_link).await {
            Some(done)
        } else {
            let via = Via::Phone;
            let said = referral_answer::record_answer(app, &actor, reference, seen, &answer, via);
            let done = self.chance.run(said).await;
            let old = seen < request.version && matches!(done, Some(Ok(_)));
            assert!(!old, "an answer from an older page was taken");
            done
        };
        self.keep(reference, made, done.as_ref());
    }

    fn token(&self) -> Option<String> {
        let letters = self.post.letters.lock().unwrap();
        let link = letters
            .iter()
            .rev()
            .find_map(|text| text.split("/r/").nth(1))?;
        let end = link.find(|c: char| c.is_whitespace()).unwrap_or(link.len());
        Some(link[..end].to_owned())
    }

    async fn outcome(&self, request: &Referral) {
        let (outcome, made) = match request.state {
            ReferralState::Accepted => (Outcome::FirstContact, "first_contact"),
            ReferralState::FirstContact => (Outcome::Started, "start"),
            _ => {
                let ended = Outcome::Ended {
                    reason: self.chance.one(EndReason::ALL),
                    helped: self.chance.one(Helped::ALL),
                };
                (ended, "end")
            }
        };
        let (actor, version) = (self.worker.actor(), request.version);
        let (app, reference) = (self.node(), request.reference);
        let said = referral_answer::outcome(app, &actor, reference, version, outcome, Via::Worker);
        let done = self.chance.run(said).await;
        self.keep(reference, made, done.as_ref());
    }

    /// One thing happens.
    async fn step(&mut self, clock: &throughline_testkit::env::SetClock) {
        let case = self.people[self.chance.below(self.people.len())];
        let requests = self.requests(case).await;
        let live: Vec<&Referral> = requests
            .iter()
            .filter(|one| !one.state.is_final())
            .collect();
        let request = (!live.is_empty()).then(|| (*self.chance.one(&live)).clone());
        let (app, actor) = (self.node(), self.worker.actor());
        let what = self.chance.below(20);
        self.said.lock().unwrap().push(format!(
            "{what} {case} {:?}",
            request.as_ref().map(|it| it.state)
        ));
        match (what, request) {
            // Also while somebody is asked already: then another service is, or nobody.
            (0, Some(_)) | (0..=4, None) => self.send(case).await,
            (0..=6, Some(request)) => self.answer(&request).await,
            (7..=8, Some(request)) => self.outcome(&request).await,
            (9, Some(request)) => {
                let (reference, seen) = (request.reference, request.version);
                let back = referral_answer::withdraw(app, &actor, reference, seen);
                let done = self.chance.run(back).await;
                self.keep(reference, "withdraw", done.as_ref());
            }
            (10, Some(request)) => {
                let (reference, seen) = (request.reference, request.version);
                let chosen = referral_hold::choose(app, &actor, reference, seen);
                let done = self.chance.run(chosen).await;
                self.keep(reference, "choose", done.as_ref());
            }
            // A yes from two services in the same second, on two nodes.
            (11, Some(_)) => {
                let both: Vec<_> = live.iter().take(2).map(|it| (*it).clone()).collect();
                let (one, two) = (&self.town.app, &self.other);
                if let [first, second] = both.as_slice() {
                    let yes = yes();
                    let answer = |app, it: &Referral| {
                        let (reference, version) = (it.reference, it.version);
                        let (actor, yes) = (actor.clone(), yes.clone());
                        async move {
                            let via = Via::Phone;
                            referral_answer::record_answer(
                                app, &actor, reference, version, &yes, via,
                            )
                            .await
                        }
                    };
                    let (a, b) = tokio::join!(answer(one, first), answer(two, second));
                    self.keep(first.reference, "accept", Some(&a));
                    self.keep(second.reference, "accept", Some(&b));
                }
            }
            (12, _) => {
                let tasks = self.tasks().await;
                if let Some((task, _)) = tasks.first() {
                    let done = today::task_finish(app, &actor, *task, TaskOutcome::Done);
                    let _ = self.chance.run(done).await;
                }
            }
            (13, _) => {
                let problems = [
                    None,
                    None,
                    Some(NotSent::Later("down")),
                    Some(NotSent::Never("refused_by_server")),
                ];
                *self.post.problem.lock().unwrap() = self.chance.one(&problems);
            }
            (14, _) => {
                let rises = Words::new("It got worse.").unwrap();
                let judged = case_now::risk_judge(app, &actor, case, RiskBand::High, &rises, false);
                let _ = self.chance.run(judged).await;
            }
            (15, _) if self.chance.below(6) == 0 => {
                let steward = &self.town.stewards[0];
                let there = self.chance.below(2) == 0;
                let set = directory::set_listed(app, steward, self.town.listed, there);
                let _ = self.chance.run(set).await;
            }
            (15, _) if self.worker.id == self.town.coach.id && self.chance.below(4) == 0 => {
                let leaver = Leaver {
                    reference: self.worker.reference,
                    version: self.worker.version,
                    taker: Some(self.heir.reference),
                };
                let admin = throughline_testkit::actor::proved(self.admin.actor(), app.env().now());
                if change(&app.store, &admin, &leaver).await.is_ok() {
                    self.worker = self.heir.clone();
                }
            }
            (16..=17, _) => {
                clock.advance_seconds(self.chance.one(&[60, 900, 7_200, 86_400, 4 * 86_400]));
                self.machine().await;
            }
            _ => self.machine().await,
        }
    }

    /// What runs by itself: on one node, or on two at once; it too is killed at times.
    async fn machine(&self) {
        let (one, two) = (&self.town.app, &self.other);
        let both = self.chance.below(3) == 0;
        if both {
            let (a, b) = tokio::join!(promises::run(one), promises::run(two));
            a.unwrap();
            b.unwrap();
            let (a, b) = tokio::join!(
                dispatch_once(one, &self.post, "one"),
                dispatch_once(two, &self.post, "two")
            );
            a.unwrap();
            b.unwrap();
        } else {
            let _ = self.chance.run(promises::run(self.node())).await;
            let _ = self
                .chance
                .run(dispatch_once(self.node(), &self.post, "one"))
                .await;
        }
    }

    async fn tasks(&self) -> Vec<(Ref, TaskKind)> {
        let found = self
            .town
            .app
            .store
            .work(&self.worker.actor(), HELP, |w| {
                Box::pin(async move { w.tasks(&w.scope(), 500).await })
            })
            .await
            .unwrap();
        found.iter().map(|it| (it.reference, it.kind)).collect()
    }

    /// What holds at every moment.
    async fn check(&self) -> Result<(), String> {
        for case in &self.people {
            let requests = self.requests(*case).await;
            let mut open = BTreeSet::new();
            for one in &requests {
                let state = one.state;
                if state.duty().is_some() != one.due_at.is_some() {
                    return Err(format!(
                        "{state}: an owner without a clock, or a clock without"
                    ));
                }
                if one.lead != self.worker.id {
                    return Err(format!("{state}: its owner has left"));
                }
                if state == ReferralState::Draft {
                    return Err("half sent".to_owned());
                }
                if !state.is_final() && !open.insert(one.service) {
                    return Err(format!("{state}: the same service was asked twice"));
                }
            }
        }
        let kept = self.acknowledged.lock().unwrap().clone();
        for ((request, made), times) in &kept {
            // "Sent" and "chosen" are more moves than one, or fewer: that the request is there is enough.
            let view = referral::view(&self.town.app, &self.worker.actor(), *request).await;
            let view =
                view.map_err(|error| format!("{made} was acknowledged and lost: {error}"))?;
            let found = view.steps.iter().filter(|step| step.made == **made).count();
            if !matches!(*made, "send" | "choose") && found < *times {
                return Err(format!(
                    "{made} was acknowledged {times} times, and {found} are there"
                ));
            }
        }
        Ok(())
    }

    /// Nobody acts any more: mail works again, and time goes on until all of it is at the top.
    async fn end(&self, clock: &throughline_testkit::env::SetClock) -> Result<(), String> {
        *self.post.problem.lock().unwrap() = None;
        // More jumps than there are states and rungs on anybody's way, each longer than a rung may take.
        for _ in 0..24 {
            clock.advance_seconds(3 * 86_400);
            promises::run(&self.town.app).await.unwrap();
            dispatch_once(&self.other, &self.post, "two").await.unwrap();
        }
        self.check().await?;
        let lead = self.lead.actor();
        let at_the_top: BTreeSet<Ref> = today::lead(&self.town.app, &lead)
            .await
            .unwrap()
            .climbing
            .iter()
            .filter(|row| row.turn == Owner::National)
            .filter_map(|row| match row.target {
                Target::Referral(request) => Some(request),
                _ => None,
            })
            .collect();
        for case in &self.people {
            let requests = self.requests(*case).await;
            let said_yes = requests.iter().filter(|one| one.state.has_said_yes());
            if said_yes.count() > 1 {
                return Err("two services have the same person".to_owned());
            }
            let reached = |one: &Referral| at_the_top.contains(&one.reference);
            for one in requests.iter().filter(|one| !one.state.is_final()) {
                let others = requests.iter().any(reached);
                let waits = one.state == ReferralState::InLine && others;
                if !reached(one) && !waits {
                    let mut all = Vec::new();
                    for one in &requests {
                        let view =
                            referral::view(&self.town.app, &self.worker.actor(), one.reference)
                                .await
                                .unwrap();
                        let steps: Vec<_> =
                            view.steps.iter().map(|step| step.made.as_str()).collect();
                        all.push(format!("{} {:?} {steps:?}", one.state, one.due_at));
                    }
                    return Err(format!(
                        "{case} {}: silently stuck; {all:#?}; tasks: {:?}",
                        one.state,
                        self.tasks().await
                    ));
                }
            }
        }
        Ok(())
    }
}

async fn schedule(store: &TestStore, seed: u64) {
    let mut world = world(store, seed).await;
    for step in 1..=STEPS {
        Box::pin(world.step(&store.clock)).await;
        if step % LOOKS > 0 {
            continue;
        }
        if let Err(wrong) = world.check().await {
            panic!(
                "seed {seed}: {wrong}\n{}",
                world.said.lock().unwrap().join("\n")
            );
        }
    }
    if let Err(wrong) = world.end(&store.clock).await {
        panic!(
            "seed {seed}: {wrong}\n{}",
            world.said.lock().unwrap().join("\n")
        );
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how many, from whoever runs the test"
)]
fn number(name: &str, otherwise: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(otherwise, |text| text.parse().unwrap())
}

/// Runs worlds on a few threads until there were enough schedules.
async fn schedules<F, G>(fresh: F)
where
    F: Fn() -> G + Send + Sync + Clone + 'static,
    G: Future<Output = Option<TestStore>> + Send,
{
    let worlds = number("THROUGHLINE_SCHEDULES", 12).div_ceil(PEOPLE as u64);
    let first = number("THROUGHLINE_SCHEDULE_SEED", 1);
    let done = AtomicUsize::new(0);
    for seed in first..first + worlds {
        let Some(store) = fresh().await else { return };
        Box::pin(schedule(&store, seed)).await;
        store.finish().await;
        done.fetch_add(PEOPLE, Ordering::SeqCst);
    }
    println!(
        "{} schedules: 0 lost, doubled, ownerless or stuck",
        done.into_inner()
    );
}

mod sqlite {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn whatever_goes_wrong_nothing_is_lost_doubled_ownerless_or_stuck() {
        schedules(|| async { Some(TestStore::sqlite().await) }).await;
    }
}

mod postgres {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn whatever_goes_wrong_nothing_is_lost_doubled_ownerless_or_stuck() {
        schedules(TestStore::postgres).await;
    }
}
