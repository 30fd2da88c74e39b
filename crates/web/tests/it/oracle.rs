//! Somebody sits in the chair and says that they are the victim. Whatever they invent, through a worker who believes them, they learn
//! nothing of whether, where or when the other one comes (decision 0023; NE-05, NE-20; ASSURANCE I, C1).

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::front_site::{Site, site};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use throughline_app::apart::{self, Decided, NewLink, OtherSheet};
use throughline_app::appointment::{self, Slot};
use throughline_app::{App, case, jobs, promises, today};
use throughline_core::apart::{Ground, Window};
use throughline_core::artefact::NeutralTitle;
use throughline_core::id::Ref;
use throughline_core::people::RelationshipRole;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_identity::Identity;
use throughline_policy::Actor;
use throughline_store::account::Account;
use throughline_store::person::PersonSheet;
use throughline_testkit::actor::proved;
use throughline_testkit::db::TestStore;
use throughline_web::route::Kind;
use throughline_web::{Settings, Web, shell};
use tower::ServiceExt as _;

/// How many people the attacker invents: each tells of the same other one, and each books.
const INVENTED: i64 = 120;
/// Over how many days they book.
const DAYS: i64 = 12;
/// The one they ask about.
const NAME: (&str, &str) = ("Vera", "Quill");
const BORN: &str = "1990-02-03";

fn sheet(chosen: &str, family: &str) -> PersonSheet {
    PersonSheet {
        chosen: chosen.into(),
        given: None,
        family: Some(family.into()),
        born: Some(BORN.into()),
        age_band: None,
        language: None,
        interpreter: None,
        access: vec![],
    }
}

/// Whether the other one is known here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Victim {
    Absent,
    /// Comes every day of the attack, and is to be kept apart, confirmed, from one of the names that the attacker uses.
    Comes,
}

/// What answers the attacker: the program as it is, or one that is broken on purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Build {
    AsItIs,
    /// Refuses a booking on a day on which the other one comes, as others do.
    Refuses,
    /// Does at once what anybody told of, and so moves the appointments of whoever invents it.
    Obeys,
    /// Takes longer where the other one comes.
    Dawdles,
}

struct Here {
    world: TestStore,
    site: Site,
    router: Router,
    cookie: String,
    csrf: String,
    victim: Option<Ref>,
    build: Build,
    seen: Vec<String>,
    took: Vec<Duration>,
}

/// Ten in the morning in London, so many days from when tests happen.
fn morning(days: i64) -> At {
    let day = throughline_testkit::env::test_start().plus_days(days);
    At::from_london(day.london_date().at(10, 0, 0, 0)).unwrap()
}

async fn told(site: &Site, by: &Actor, case: Ref, name: &str, else_known: Option<&str>) -> Ref {
    let other = OtherSheet {
        name: name.into(),
        born: None,
        else_known: else_known.map(Into::into),
    };
    let new = NewLink {
        other: &other,
        role: RelationshipRole::AllegedPerpetrator,
        window: Window::SAME_DAY,
    };
    apart::add(&site.app, by, case, &new).await.unwrap()
}

async fn booked(site: &Site, by: &Account, case: Ref, starts_at: At) {
    let slot = Slot {
        starts_at,
        minutes: 30,
    };
    let title = NeutralTitle::Appointment;
    appointment::book(&site.app, &by.actor(), case, title, slot)
        .await
        .unwrap();
}

impl Here {
    async fn new(victim: Victim, build: Build) -> Self {
        let world = TestStore::sqlite().await;
        let site = site(&world, &[0, 1]).await;
        let mut known = None;
        if victim == Victim::Comes {
            let (other, app) = (&site.other, &site.app);
            let case = case::open(app, &other.actor(), &sheet(NAME.0, NAME.1))
                .await
                .unwrap();
            for day in 1..=DAYS {
                booked(&site, other, case, morning(day).plus_hours(2)).await;
            }
            let link = told(&site, &other.actor(), case, "Invented 7", None).await;
            let lead = proved(site.lead.actor(), world.env.now());
            apart::confirm(app, &lead, case, link, 1, Ground::CourtOrder)
                .await
                .unwrap();
            known = Some(case);
        }
        // The attack begins at one and the same instant in every world.
        world
            .clock
            .set(throughline_testkit::env::test_start().plus_hours(1));
        let mut here = Self {
            router: Router::new(),
            world,
            site,
            cookie: String::new(),
            csrf: String::new(),
            victim: known,
            build,
            seen: Vec::new(),
            took: Vec::new(),
        };
        let coach = here.site.coach.clone();
        here.is_now(&coach).await;
        here
    }

    /// A browser of an account, with a session of its own: one locks when nobody comes for a while.
    async fn is_now(&mut self, account: &Account) {
        let store = &self.world.store;
        let identity =
            Identity::new(store.clone(), throughline_identity::Settings::default()).unwrap();
        let settings = Settings {
            service_name: "Appointments".to_owned(),
            secure: false,
            behind_proxy: false,
        };
        let packs = throughline_core::pack::Packs::embedded().unwrap();
        let app = App::new(store.clone(), packs, self.site.app.settings.clone()).unwrap();
        let web = Web::new(Arc::new(app), identity, settings, None);
        self.router = shell::router(&web);
        (self.cookie, self.csrf) = signed_in(&web, account).await;
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, String, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let mut heads: Vec<String> = response
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
            .collect();
        heads.sort();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        (status, heads.join("\n"), body)
    }

    fn sees(&mut self, what: &str, (status, heads, body): (StatusCode, String, String)) {
        assert!(!status.is_server_error(), "{what}: {body}");
        let body = body.replace(&self.csrf, "CSRF");
        self.seen
            .push(format!("{what}\n{status}\n{heads}\n\n{body}"));
    }

    async fn looks(&mut self, path: &str) {
        let request = Request::get(path).header(header::COOKIE, &self.cookie);
        let answer = self.ask(request.body(Body::empty()).unwrap()).await;
        self.sees(path, answer);
    }

    async fn sends(&mut self, path: &str, fields: &str) {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, &self.cookie);
        let body = format!("csrf={}&{fields}", self.csrf);
        let request = request.body(Body::from(body)).unwrap();
        let began = Instant::now();
        if self.build == Build::Dawdles && self.victim.is_some() {
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
        let answer = self.ask(request).await;
        self.took.push(began.elapsed());
        self.sees(path, answer);
    }

    /// Whether the other one comes on a day: what a build that refuses would ask.
    async fn comes(&self, day: i64) -> bool {
        let Some(case) = self.victim else {
            return false;
        };
        let by = self.site.other.actor();
        let all = appointment::of_case(&self.site.app, &by, case)
            .await
            .unwrap();
        let date = morning(day).london_date();
        all.iter()
            .any(|one| one.appointment.starts_at.london_date() == date)
    }

    /// One invented person: told of, booked for, and looked at in every way that their worker has.
    async fn invents(&mut self, number: i64) {
        let coach = self.site.coach.actor();
        let who = sheet("Invented", &number.to_string());
        let case = case::open(&self.site.app, &coach, &who).await.unwrap();
        self.world.clock.advance_seconds(20);
        let at = format!("/cases/{case}");
        self.sends(
            &format!("{at}/apart/add"),
            &format!(
                "name={}+{}&born-day=3&born-month=2&born-year=1990&role=alleged_perpetrator&days={}",
                NAME.0,
                NAME.1,
                [0, 1, 3, 7][usize::try_from(number % 4).unwrap()]
            ),
        )
        .await;
        self.world.clock.advance_seconds(20);
        let day = 1 + number % DAYS;
        if self.build == Build::Refuses && self.comes(day).await {
            self.seen.push("this day cannot be booked".to_owned());
        } else {
            let date = morning(day).london_date();
            self.sends(
                &format!("{at}/appointments/add"),
                &format!(
                    "title=appointment&day-day={}&day-month={}&day-year={}&time=10:00&minutes=30",
                    date.day(),
                    date.month(),
                    date.year()
                ),
            )
            .await;
        }
        if number % 10 == 0 {
            self.beat().await;
        }
        for page in ["", "/appointments", "/apart", "/looks"] {
            self.looks(&format!("{at}{page}")).await;
        }
    }

    /// A beat of the jobs.
    async fn beat(&self) {
        let app = &self.site.app;
        let mailer: Option<&throughline_app::mail::FolderMailer> = None;
        for turn in [5, 45] {
            let failed = jobs::run_once(app, mailer, None, turn).await;
            assert!(failed.is_empty(), "{failed:?}");
        }
        if self.build == Build::Obeys {
            let lead = self.site.lead.actor();
            let day = today::worker(app, &lead).await.unwrap();
            for row in [day.do_now, day.next].concat() {
                if row.what == today::What::Task(TaskKind::PlanApart) {
                    let decided = Decided::Rearrange;
                    // Of several for one appointment the first settles it.
                    let _ = apart::decide(app, &lead, row.task.unwrap(), 1, decided).await;
                }
            }
        }
    }

    /// What their worker sees of the whole in the end, and in the days after, past every evening at six.
    async fn waits(&mut self) {
        for day in 0..=DAYS {
            self.world.clock.set(morning(day).plus_hours(9));
            self.beat().await;
            // It comes by every five seconds: what one run leaves for the next is done before anybody looks.
            while promises::run(&self.site.app).await.unwrap() != promises::Kept::default() {}
            let coach = self.site.coach.clone();
            self.is_now(&coach).await;
            self.looks("/today").await;
            self.looks("/cases").await;
            let date = morning(day + 1).london_date();
            self.looks(&format!("/appointments?day={date}")).await;
        }
    }

    /// What was seen, with every reference named by the order in which it first appeared.
    fn plain(&self) -> Vec<String> {
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        self.seen
            .iter()
            .map(|text| {
                let mut out = String::new();
                let mut word = String::new();
                for c in text.chars().chain([' ']) {
                    if c.is_ascii_lowercase() || c.is_ascii_digit() {
                        word.push(c);
                        continue;
                    }
                    if word.len() == 26 && word.parse::<Ref>().is_ok() {
                        let next = names.len();
                        let number = *names.entry(word.clone()).or_insert(next);
                        out.push_str("REF");
                        out.push_str(&number.to_string());
                    } else {
                        out.push_str(&word);
                    }
                    word.clear();
                    out.push(c);
                }
                out
            })
            .collect()
    }
}

async fn signed_in(web: &Web, account: &Account) -> (String, String) {
    let identity = web.identity();
    let signed = identity
        .demo_sign_in(account.reference, None)
        .await
        .unwrap()
        .unwrap();
    let presence = identity
        .actor_of_session(Some(&signed.token))
        .await
        .unwrap();
    let throughline_identity::sessions::Presence::Here(here) = presence else {
        panic!("not here")
    };
    let name = web.cookies().session_name();
    (format!("{name}={}", signed.token.reveal()), here.csrf)
}

/// What one build shows the attacker where the other one is not known and where they come, and how long each answer took.
struct Attack {
    absent: Vec<String>,
    comes: Vec<String>,
    took: [Vec<Duration>; 2],
}

async fn attack(build: Build, invented: i64) -> Attack {
    let mut absent = Here::new(Victim::Absent, build).await;
    let mut comes = Here::new(Victim::Comes, build).await;
    for number in 0..invented {
        // Side by side and in turn, so that what else the machine does falls on both alike.
        if number % 2 == 0 {
            absent.invents(number).await;
            comes.invents(number).await;
        } else {
            comes.invents(number).await;
            absent.invents(number).await;
        }
    }
    absent.waits().await;
    comes.waits().await;
    let out = Attack {
        absent: absent.plain(),
        comes: comes.plain(),
        took: [absent.took, comes.took],
    };
    absent.world.finish().await;
    comes.world.finish().await;
    out
}

/// The first answer that differs.
fn learned(attack: &Attack) -> Option<String> {
    if attack.absent.len() != attack.comes.len() {
        return Some("how many answers there are".to_owned());
    }
    attack
        .absent
        .iter()
        .zip(&attack.comes)
        .find(|(one, other)| one != other)
        .map(|(one, other)| {
            let line = one.lines().zip(other.lines()).find(|(a, b)| a != b);
            format!("{}: {line:?}", one.lines().next().unwrap_or_default())
        })
}

/// How often an answer of the second took longer than one of the first: one half tells nothing.
fn told_by_time([one, other]: &[Vec<Duration>; 2]) -> f64 {
    let mut score = 0.0;
    for a in one {
        for b in other {
            score += match b.cmp(a) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    let pairs = u32::try_from(one.len() * other.len()).unwrap();
    score / f64::from(pairs)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_invented_people_learn_nothing_of_whether_the_other_one_comes() {
    let attack = attack(Build::AsItIs, INVENTED).await;
    assert!(attack.absent.len() > 700, "{}", attack.absent.len());
    assert_eq!(learned(&attack), None);
    let time = told_by_time(&attack.took);
    assert!((0.4..=0.6).contains(&time), "the time tells: {time}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_that_refuses_the_day_or_moves_what_anybody_invents_is_caught() {
    for build in [Build::Refuses, Build::Obeys] {
        let attack = attack(build, 12).await;
        assert!(learned(&attack).is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_that_takes_longer_where_they_come_is_caught() {
    let attack = attack(Build::Dawdles, 24).await;
    assert_eq!(learned(&attack), None, "only the time tells");
    let time = told_by_time(&attack.took);
    assert!(time > 0.6, "{time}");
}

/// Words that only the survivor's side may hold.
const CANARIES: [&str; 2] = ["Wolfram Zyx", "meets his brother at the blue barn"];

/// The canaries that stand in a text.
fn carried(text: &str) -> Vec<&'static str> {
    CANARIES
        .into_iter()
        .filter(|word| text.contains(word))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ne_20_what_a_survivor_tells_of_the_other_one_never_crosses_to_their_side() {
    let mut here = Here::new(Victim::Comes, Build::AsItIs).await;
    let (survivor, site) = (here.victim.unwrap(), &here.site);
    let by = site.other.actor();
    told(site, &by, survivor, CANARIES[0], Some(CANARIES[1])).await;
    // The one they told of has a record too, with the coach.
    let coach = site.coach.clone();
    let theirs = case::open(&site.app, &coach.actor(), &sheet("Wolfram", "Zyx"))
        .await
        .unwrap();
    booked(site, &coach, theirs, morning(2)).await;
    here.beat().await;
    let lead = here.site.lead.clone();
    let day = today::worker(&here.site.app, &lead.actor()).await.unwrap();
    let task = [day.do_now, day.next]
        .concat()
        .into_iter()
        .find(|row| row.what == today::What::Task(TaskKind::PlanApart))
        .and_then(|row| row.task)
        .expect("the planner was told");
    let date = morning(2).london_date();
    let pages = |case: Ref| {
        [
            "",
            "/plan",
            "/referrals",
            "/sharing",
            "/contact",
            "/appointments",
            "/apart",
            "/looks",
        ]
        .map(|page| format!("/cases/{case}{page}"))
        .to_vec()
    };
    let general = vec![
        "/today".to_owned(),
        "/cases".to_owned(),
        "/front-desk".to_owned(),
        format!("/appointments?day={date}"),
        format!("/tasks/{task}"),
        format!("/tasks/{task}/apart"),
    ];
    let other = here.site.other.clone();
    let desk = here.site.desk.clone();
    let officer = here.site.officer.clone();
    for (who, mut paths) in [
        (&coach, [pages(theirs), pages(survivor)].concat()),
        (&lead, pages(theirs)),
        (&desk, vec![]),
        (&officer, vec!["/security".to_owned()]),
    ] {
        paths.extend(general.clone());
        here.seen.clear();
        here.is_now(who).await;
        for path in &paths {
            here.looks(path).await;
        }
        let all = here.seen.join("\n");
        assert_eq!(carried(&all), Vec::<&str>::new(), "{}", who.name);
    }
    // The same look finds it where it belongs.
    here.seen.clear();
    here.is_now(&other).await;
    here.looks(&format!("/cases/{survivor}/apart")).await;
    assert_eq!(carried(&here.seen.join("\n")), CANARIES);
    let raw = std::fs::read(here.world.sqlite_path().unwrap()).unwrap();
    let raw = String::from_utf8_lossy(&raw);
    assert_eq!(carried(&raw), Vec::<&str>::new(), "sealed on disk");
    here.world.finish().await;
}

#[test]
fn ne_05_no_program_books_an_appointment_or_reads_one() {
    let api: Vec<_> = throughline_web::routes::all()
        .into_iter()
        .filter(|route| route.kind != Kind::Page)
        .filter(|route| route.path.contains("appointment") || route.path.contains("apart"))
        .map(|route| route.path)
        .collect();
    assert_eq!(api, Vec::<&str>::new());
    let pages = throughline_web::routes::all()
        .into_iter()
        .filter(|route| route.path.contains("appointment"))
        .count();
    assert!(pages >= 7, "the same look finds the pages: {pages}");
}
