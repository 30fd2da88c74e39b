//! What is not there, what is somebody else's, what is kept from whoever asks and what they are barred from: the same answer to the
//! byte, on every route that names a record, in every list and search, for staff and for programs (ASSURANCE E1, NE-07, NE-26).
//!
//! The control is the same question about a record that they may see: it must be told apart, or the test could not fail.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::programs::{program, web};
use crate::town::{Town, open_case, order, town};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use http_body_util::BodyExt as _;
use throughline_app::case;
use throughline_app::closed::{self, Change};
use throughline_app::erasure;
use throughline_app::interest::{self, Declared, Named};
use throughline_app::referral;
use throughline_app::referral_answer;
use throughline_app::referral_send;
use throughline_core::erasure::Ground;
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::need::NeedType;
use throughline_core::reason::Reason;
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_identity::sessions::Presence;
use throughline_policy::action::{CaseChange, CaseRead, TaskDo};
use throughline_policy::{Actor, Purpose, Standing};
use throughline_store::account::{Account, NewAccount};
use throughline_store::case::CaseState;
use throughline_store::client::grantable;
use throughline_store::person::PersonSheet;
use throughline_testkit::actor::proved;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;
use throughline_web::route::{Access, Kind, Method1, Route};
use throughline_web::{Web, routes, shell};
use tower::ServiceExt as _;

fn why() -> Reason {
    Reason::new("Many people here know her.").unwrap()
}

/// Somebody, as every address names them.
#[derive(Clone, Copy)]
struct Record {
    case: Ref,
    referral: Ref,
    task: Ref,
    /// The case that the task is about.
    other: Ref,
}

struct Asker {
    router: Router,
    /// The cookie of a member of staff, or the bearer of a program.
    proof: (header::HeaderName, String),
    csrf: String,
}

struct World<'a> {
    test: &'a TestStore,
    town: Town,
    web: Web,
    dee: Account,
    una: Account,
    ola: Account,
}

async fn begin(world: &TestStore) -> World<'_> {
    let town = town(world).await;
    let web = web(world, &town);
    let own = &town.coach.organisation;
    let here = &town.coach.site;
    let staff = world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let away = w
                    .site_create(*own, "Riverside South", None, Nation::England, true)
                    .await?;
                let mut out = Vec::new();
                for (name, role, site) in [
                    ("Dee", Role::DaLead, *here),
                    ("Una", Role::WorkCoach, Some(away.id)),
                    ("Ola", Role::SecurityOfficer, *here),
                ] {
                    let new = NewAccount {
                        organisation: *own,
                        site,
                        role,
                        name,
                        email: &format!("{name}@example.org"),
                        password: None,
                    };
                    out.push(w.account_create(&new).await?);
                }
                Ok(out)
            })
        })
        .await
        .unwrap();
    let [dee, una, ola]: [Account; 3] = staff.try_into().unwrap();
    World {
        test: world,
        town,
        web,
        dee,
        una,
        ola,
    }
}

impl World<'_> {
    /// A record that nobody made.
    fn absent(&self) -> Record {
        Record {
            case: self.test.env.reference(),
            referral: self.test.env.reference(),
            task: self.test.env.reference(),
            other: self.test.env.reference(),
        }
    }

    /// Somebody whom this worker helps: with a case, a referral and a task.
    async fn met(&self, worker: &Account) -> Record {
        let case = open_case(&self.town.app.store, worker).await;
        let other = PersonSheet {
            chosen: "Zara".to_owned(),
            ..PersonSheet::default()
        };
        self.asked_for(worker, case, &other).await
    }

    /// The same, for somebody whom this colleague has named as one whom they must not deal with; the job has compared it.
    async fn met_of(&self, worker: &Account, colleague: &Account) -> Record {
        let (app, actor) = (&self.town.app, worker.actor());
        let named = Declared::Person(Named {
            name: "Zora Vance".to_owned(),
            born: Some("1984-05-06".to_owned()),
        });
        interest::declare(app, &colleague.actor(), &named)
            .await
            .unwrap();
        let sheet = PersonSheet {
            chosen: "Zora".to_owned(),
            family: Some("Vance".to_owned()),
            born: Some("1984-05-06".to_owned()),
            ..PersonSheet::default()
        };
        let case = case::open(app, &actor, &sheet).await.unwrap();
        let record = self.asked_for(worker, case, &sheet).await;
        interest::run(app).await.unwrap();
        record
    }

    async fn asked_for(&self, worker: &Account, case: Ref, other: &PersonSheet) -> Record {
        let (app, actor) = (&self.town.app, worker.actor());
        let asked = order(case, self.town.inbox, NeedType::Debt);
        let sent = referral_send::send(app, &actor, &asked).await.unwrap();
        let other = case::open(app, &actor, other).await.unwrap();
        let tasks = app
            .store
            .work(&actor, Purpose::HelpAPerson, |w| {
                Box::pin(async move { w.tasks(&w.scope::<TaskDo>(), 500).await })
            })
            .await
            .unwrap();
        let newest = tasks
            .iter()
            .filter(|task| task.kind == TaskKind::JudgeRisk)
            .max_by_key(|task| task.id)
            .unwrap();
        Record {
            case,
            referral: sent.reference,
            task: newest.reference,
            other,
        }
    }

    /// Closes both cases and erases the person of each: asked for by the safety lead, confirmed by the officer.
    async fn erase(&self, record: Record) {
        let (app, now) = (&self.town.app, self.test.env.now());
        let (coach, dee) = (self.town.coach.actor(), proved(self.dee.actor(), now));
        let officer = proved(self.ola.actor(), now);
        let sent = referral::view(app, &coach, record.referral).await.unwrap();
        referral_answer::withdraw(app, &coach, record.referral, sent.referral.version)
            .await
            .unwrap();
        for case in [record.case, record.other] {
            app.store
                .work(&coach, Purpose::HelpAPerson, |w| {
                    Box::pin(async move {
                        let facts = w.case_facts(case).await?;
                        let read = w.permit_found::<CaseRead>(facts)?;
                        let version = w.case_read(&read).await?.version;
                        let may = w.permit_found::<CaseChange>(facts)?;
                        w.case_tasks_end(&may).await?;
                        w.case_state_set(&may, version, CaseState::Closed).await
                    })
                })
                .await
                .unwrap();
            let asked = erasure::ask(app, &dee, case, Ground::AskedByPerson, &why())
                .await
                .unwrap();
            erasure::confirm(app, &officer, asked).await.unwrap();
        }
    }

    /// Closes a record, and whatever its task is about, in one of the two ways.
    async fn close(&self, record: Record, change: &Change) {
        let by = proved(self.town.coach.actor(), self.test.env.now());
        for case in [record.case, record.other] {
            closed::change(&self.town.app, &by, case, change)
                .await
                .unwrap();
        }
    }

    async fn staff(&self, who: &Account) -> Asker {
        let identity = self.web.identity();
        let signed = identity
            .demo_sign_in(who.reference, None)
            .await
            .unwrap()
            .unwrap();
        let here = identity
            .actor_of_session(Some(&signed.token))
            .await
            .unwrap();
        let Presence::Here(here) = here else {
            panic!("not here")
        };
        let name = self.web.cookies().session_name();
        Asker {
            router: shell::router(&self.web),
            proof: (header::COOKIE, format!("{name}={}", signed.token.reveal())),
            csrf: here.csrf,
        }
    }

    async fn program(&self) -> Asker {
        let own = self.town.coach.organisation;
        let made = program(self.test, &self.web, own, "ada@example.org", &grantable()).await;
        Asker {
            router: made.router,
            proof: (header::AUTHORIZATION, format!("Bearer {}", made.bearer)),
            csrf: String::new(),
        }
    }
}

impl Asker {
    /// Everything that comes back: status, headers and body.
    async fn ask(&self, method: Method, path: &str, kind: &str, body: String) -> String {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, kind)
            .header(header::IF_MATCH, "\"1\"");
        request = request.header(&self.proof.0, &self.proof.1);
        let request = request.body(Body::from(body)).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let mut headers: Vec<String> = answer
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.sort();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        format!("{status}\n{}\n\n{body}", headers.join("\n"))
    }

    /// The answers of every route of a kind that names a record, with its path and method.
    async fn about(&self, record: Record, only: &[&Route]) -> Vec<(String, String)> {
        let mut out = Vec::new();
        for route in only {
            let mut path = route.path.to_owned();
            for (name, value) in [
                ("{case}", record.case.to_string()),
                ("{referral}", record.referral.to_string()),
                ("{task}", record.task.to_string()),
                ("{kind}", "bed".to_owned()),
            ] {
                path = path.replace(name, &value);
            }
            // Whatever else is named, is named in the same way for each of them.
            while let Some((before, after)) = path.split_once('{') {
                let (_, after) = after.split_once('}').unwrap();
                path = format!("{before}{}{after}", record.referral);
            }
            let (kind, body) = if route.kind == Kind::Api {
                ("application/json", "{}".to_owned())
            } else {
                (
                    "application/x-www-form-urlencoded",
                    format!("csrf={}", self.csrf),
                )
            };
            let get = route.method == Method1::Get;
            let body = if get { String::new() } else { body };
            let mut answer = self.ask(route.method.http(), &path, kind, body).await;
            for named in [record.case, record.referral, record.task] {
                answer = answer.replace(&named.to_string(), "REFERENCE");
            }
            out.push((format!("{} {}", route.method.name(), route.path), answer));
        }
        out
    }
}

/// The routes that answers of two records differ on.
fn differ(one: &[(String, String)], other: &[(String, String)]) -> Vec<String> {
    assert_eq!(one.len(), other.len());
    let pairs = one.iter().zip(other);
    pairs
        .filter(|(one, other)| one != other)
        .map(|((route, one), (_, other))| {
            let (one, other) = (one.lines().next(), other.lines().next());
            format!("{route}: {one:?} {other:?}")
        })
        .collect()
}

/// The routes that name a record, and that this standing may reach.
fn naming(all: &[Route], standing: Standing) -> Vec<&Route> {
    all.iter()
        .filter(|route| route.access != Access::Public && route.access.admits(standing))
        .filter(|route| {
            ["{case}", "{referral}", "{task}"]
                .iter()
                .any(|name| route.path.contains(name))
        })
        .collect()
}

both!(
    e1_ne_07_ne_26_absent_somebody_elses_kept_barred_and_erased_are_one_answer_to_the_byte,
    |world| {
        let world = begin(world).await;
        let (coach, all) = (&world.town.coach, routes::all());
        let elsewhere = world.met(&world.una).await;
        let kept = world.met(coach).await;
        world.close(kept, &Change::Keep(why())).await;
        let barred = world.met(coach).await;
        let bar = Change::Bar(world.dee.reference);
        world.close(barred, &bar).await;
        let declared = world.met_of(coach, &world.dee).await;
        let erased = world.met(coach).await;
        world.erase(erased).await;
        let open = world.met(coach).await;
        let (dee, routes) = (
            world.staff(&world.dee).await,
            naming(&all, Standing::DaLead),
        );
        assert!(routes.len() > 50, "only {} routes", routes.len());
        let absent = dee.about(world.absent(), &routes).await;
        for (name, record) in [
            ("elsewhere", elsewhere),
            ("kept", kept),
            ("barred", barred),
            ("declared", declared),
            ("erased", erased),
        ] {
            let found = differ(&absent, &dee.about(record, &routes).await);
            assert!(found.is_empty(), "{name}: {found:#?}");
        }
        // The control: what she may see is told apart on most of these routes.
        let control = differ(&absent, &dee.about(open, &routes).await);
        assert!(control.len() > routes.len() / 2, "{control:#?}");
    }
);

both!(
    ne_26_for_a_program_a_kept_or_erased_record_is_one_that_is_not_there,
    |world| {
        let world = begin(world).await;
        let (coach, all) = (&world.town.coach, routes::all());
        let kept = world.met(coach).await;
        world.close(kept, &Change::Keep(why())).await;
        let erased = world.met(coach).await;
        world.erase(erased).await;
        let open = world.met(coach).await;
        let program = world.program().await;
        let routes = naming(&all, Standing::ApiClient);
        assert!(routes.len() > 15, "only {} routes", routes.len());
        let absent = program.about(world.absent(), &routes).await;
        for (name, record) in [("kept", kept), ("erased", erased)] {
            let found = differ(&absent, &program.about(record, &routes).await);
            assert!(found.is_empty(), "{name}: {found:#?}");
        }
        let control = differ(&absent, &program.about(open, &routes).await);
        assert!(control.len() > routes.len() / 3, "{control:#?}");
    }
);

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Lists, counts and searches, as a safety lead and a program of the organisation meet them.
async fn lists(dee: &Asker, program: &Asker) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let csrf = &dee.csrf;
    for (path, body) in [
        ("/cases", ""),
        ("/cases?page=2", ""),
        ("/today", ""),
        ("/with-me", ""),
        ("/with-me/again", "name=Zara"),
        ("/with-me/again", "name=Amina+Okafor"),
        ("/with-me/again", "born-day=3&born-month=2&born-year=1990"),
    ] {
        let answer = if body.is_empty() {
            dee.ask(Method::GET, path, FORM, String::new()).await
        } else {
            let body = format!("csrf={csrf}&{body}");
            dee.ask(Method::POST, path, FORM, body).await
        };
        out.push((format!("{path} {body}"), answer));
    }
    for path in ["/api/v1/tasks", "/api/v1/sent"] {
        let answer = program.ask(Method::GET, path, JSON, String::new()).await;
        out.push((path.to_owned(), answer));
    }
    for body in [r#"{"name":"Zara"}"#, r#"{"born":"1990-02-03"}"#] {
        let path = "/api/v1/cases/search";
        let answer = program.ask(Method::POST, path, JSON, body.to_owned()).await;
        out.push((format!("{path} {body}"), answer));
    }
    out
}

both!(
    ne_26_no_list_count_page_or_search_changes_by_a_byte_for_what_is_closed,
    |world| {
        let world = begin(world).await;
        let coach = &world.town.coach;
        world.met(coach).await;
        let (dee, program) = (world.staff(&world.dee).await, world.program().await);
        let before = lists(&dee, &program).await;
        let kept = world.met(coach).await;
        world.close(kept, &Change::Keep(why())).await;
        let found = differ(&before, &lists(&dee, &program).await);
        assert!(found.is_empty(), "{found:#?}");
        // The control: one more whom they may see changes nearly every one of them.
        world.met(coach).await;
        let control = differ(&before, &lists(&dee, &program).await);
        assert!(control.len() >= 7, "{control:#?}");
    }
);
