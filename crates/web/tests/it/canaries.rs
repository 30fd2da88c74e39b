//! The whole demo world, read as every role and as anyone: every page that the table of routes lists and every page that a link
//! leads to. Words that nobody may meet there (where a refuge is, where somebody fled to, the number they gave) were put in
//! beforehand, and each answer is read for them: its text, its headers, its title (NE-06, NE-17, NE-26). On the same walk: nothing
//! that a browser would keep of a form (ASSURANCE E5), no number that tells when a row was made (E6), no word in an address, title
//! or cookie that tells a stranger what the page is about (C7, D3).

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::json;
use throughline_app::directory_import::{Import, import};
use throughline_app::directory_source::{FromBytes, Source};
use throughline_app::{App, partner, place};
use throughline_core::answer::Answer;
use throughline_core::code::Code as _;
use throughline_core::contact::{AnsweredBy, Channel, Verdict};
use throughline_core::id::Ref;
use throughline_core::pack::Packs;
use throughline_core::reason::Words;
use throughline_core::role::Role;
use throughline_core::scan::{Protected, scan};
use throughline_exchange::inbound::Limits;
use throughline_identity::Identity;
use throughline_policy::action::{CaseChange, CaseOpen};
use throughline_policy::{Actor, Facts, Purpose, Ties};
use throughline_store::Store;
use throughline_store::account::Account;
use throughline_store::case::{NewCase, RiskClock};
use throughline_store::contact::NewContact;
use throughline_store::person::PersonSheet;
use throughline_testkit::db::TestStore;
use throughline_testkit::env::test_start;
use throughline_testkit::marks::{plain, stands};
use throughline_testkit::world::{self, SIGN_INS, Size};
use throughline_web::route::{Kind, Method1};
use throughline_web::routes::all;
use throughline_web::{Settings, Web, shell};
use tower::ServiceExt as _;

/// Where refuges are, as feeds told it: nobody but a steward who has just proved themselves may meet these.
const PLACES: [&str; 7] = [
    "Zqsafexw Lane",
    "Zqplacexw Row",
    "SE15 8ZQ",
    "51.4787",
    "Zqhousexw",
    "1 Invented Street",
    "SE15 0ZZ",
];
/// What one person told of where and how to reach them: for those who help them, on the page about that.
const CONTACTS: [&str; 3] = ["Zqhomexw Terrace", "LS1 9ZQ", "07700 900 418"];
/// That person's name: for those who help them.
const NAMES: [&str; 2] = ["Zqchosenxw", "Zqfamilyxw"];

/// A refuge whose council told everybody where it is.
fn feed() -> String {
    let place = |name: &str, words: &str, at: serde_json::Value| {
        json!({ "id": name, "name": name, "status": "active",
        "description": words, "organization": { "id": "o", "name": "Quiet" }, "service_at_locations": [{ "id": "l", "location": at }] })
    };
    let at = json!({ "id": "p", "location_type": "physical", "name": "Zqhousexw", "latitude": 51.4787, "longitude": -0.0713,
        "addresses": [{ "id": "d", "address_1": "41 Zqplacexw Row", "city": "London", "state_province": "London",
        "postal_code": "SE15 8ZQ", "country": "GB", "address_type": "physical" }] });
    json!({ "contents": [
        place("Quiet refuge", "A refuge for women fleeing domestic abuse.", at.clone()),
        place("Quiet refuge for children", "A refuge for women fleeing domestic abuse, at 41 Zqplacexw Row, SE15 8ZQ.", at),
    ] })
    .to_string()
}

struct Demo {
    web: Web,
    app: Arc<App>,
    staff: Vec<Account>,
    /// The case of the person whose words are looked for.
    case: Ref,
}

/// The demo world with the words in it: on SQLite, as a demo is, and without waiting for the disk.
async fn demo(world: &TestStore) -> Demo {
    let (store, end) = (&world.store, test_start());
    let size = Size {
        seed: 7,
        people: 8,
        end,
    };
    let packs = Packs::embedded().unwrap();
    world::fill(store, &world.clock, &packs, &size, &|_| {})
        .await
        .unwrap();
    let settings = throughline_app::Settings {
        base_url: "http://localhost".into(),
        mail_from: "noreply@example.org".into(),
        call: Some("01632 960123".to_owned()),
        node: "test".into(),
        demo: true,
    };
    let app = Arc::new(App::new(store.clone(), packs, settings).unwrap());
    let staff = accounts(store).await;
    let of = |role| staff.iter().find(|one| one.role == role).unwrap();
    take_in(
        &app,
        of(Role::DirectorySteward),
        "Council of canaries",
        &feed(),
    )
    .await;
    let case = somebody(store, of(Role::WorkCoach)).await;
    safe_place(&app, of(Role::PartnerWorker)).await;
    let identity = Identity::new(store.clone(), throughline_identity::Settings::default()).unwrap();
    let settings = Settings {
        service_name: "Appointments".to_owned(),
        secure: true,
        behind_proxy: false,
    };
    let web = Web::new(Arc::clone(&app), identity, settings, None);
    Demo {
        web,
        app,
        staff,
        case,
    }
}

/// Those who sign in to the demo, one of each role.
async fn accounts(store: &Store) -> Vec<Account> {
    let known = store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move { w.demo_accounts().await })
        })
        .await
        .unwrap();
    let offered = |name: &str| SIGN_INS.iter().any(|one| one.name == name);
    let mut seen = BTreeSet::new();
    known
        .into_iter()
        .filter(|one| offered(&one.name) && seen.insert(one.role.code()))
        .collect()
}

async fn take_in(app: &App, steward: &Account, feed: &str, text: &str) {
    let order = Import {
        organisation: steward.organisation,
        feed,
        location: "a test",
        dry_run: false,
        limits: Limits::default(),
    };
    let source: Arc<dyn Source> = Arc::new(FromBytes(Arc::from(text.as_bytes())));
    import(app, &steward.actor(), &order, &source, &|_| {})
        .await
        .unwrap();
    app.directory.refresh(&app.store).await.unwrap();
}

/// A service says where somebody can come: to the lead of the case alone, once, and on no page that anybody walks past.
async fn safe_place(app: &App, partner: &Account) {
    let theirs = partner::caseload(app, &partner.actor(), 50).await.unwrap();
    let taken_on = theirs.iter().find(|row| row.state.has_said_yes()).unwrap();
    let address = Words::new(&format!("7 {}", PLACES[0])).unwrap();
    place::say(app, &partner.actor(), taken_on.reference, &address)
        .await
        .unwrap();
}

/// Somebody of the coach's, with a number and the address that they fled to.
async fn somebody(store: &Store, coach: &Account) -> Ref {
    let case = store
        .work(&coach.actor(), Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = Facts {
                    subject: coach.site.unwrap(),
                    person: None,
                    ties: Ties {
                        organisation: Some(coach.organisation),
                        site: coach.site,
                        ..Ties::default()
                    },
                };
                let permit = w.permit::<CaseOpen>(&facts)?;
                let person = PersonSheet {
                    chosen: NAMES[0].into(),
                    given: None,
                    family: Some(NAMES[1].into()),
                    born: Some("1990-02-03".into()),
                    age_band: None,
                    language: Some("en".into()),
                    interpreter: None,
                    access: vec![],
                };
                let new = NewCase {
                    person: &person,
                    lead: coach.id,
                    pack: "england-2024",
                    risk_clock: RiskClock::Running,
                };
                w.case_open(&permit, &new).await.map(|(_, case)| case)
            })
        })
        .await
        .unwrap();
    let known = &case;
    store
        .work(&coach.actor(), Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.case_facts(*known).await?;
                let permit = w.permit_found::<CaseChange>(facts)?;
                for (channel, value) in [
                    (Channel::PhoneMobile, CONTACTS[2].to_owned()),
                    (
                        Channel::PostToAlternative,
                        format!("3 {}, Leeds {}", CONTACTS[0], CONTACTS[1]),
                    ),
                ] {
                    let new = NewContact {
                        channel,
                        verdict: Verdict::Safe,
                        value: &value,
                        windows: &[],
                        voicemail: false,
                        answered_by: AnsweredBy::OnlyThem,
                        neutral_only: true,
                        shared_account: Answer::No,
                        say: None,
                        expires_at: w.now().plus_days(30),
                    };
                    w.contact_add(&permit, &new).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    case
}

/// One answer, as it came.
struct Seen {
    path: String,
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Seen {
    fn is_page(&self) -> bool {
        let kind = self.headers.get(header::CONTENT_TYPE);
        kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
    }

    fn title(&self) -> &str {
        let title = self.body.split_once("<title>").map_or("", |(_, rest)| rest);
        title.split("</title>").next().unwrap_or_default()
    }

    /// The values of this attribute, of every element that has it.
    fn values<'a>(&'a self, attribute: &'a str) -> impl Iterator<Item = &'a str> {
        let wanted = format!(" {attribute}=\"");
        let starts: Vec<usize> = self
            .body
            .match_indices(&wanted)
            .map(|(at, _)| at + wanted.len())
            .collect();
        starts
            .into_iter()
            .filter_map(|at| self.body[at..].split('"').next())
    }

    /// Addresses of our own that it leads or sends to, without what comes after a question mark.
    fn addresses(&self) -> BTreeSet<String> {
        let own = |href: &&str| href.starts_with('/') && !href.starts_with("//");
        self.values("href")
            .chain(self.values("action"))
            .filter(own)
            .map(|href| href.split(['?', '#']).next().unwrap_or_default().to_owned())
            .collect()
    }

    /// The tags of fields that somebody types into and that a browser would fill in: neither they nor their form say no.
    fn kept_fields(&self) -> Vec<&str> {
        const SILENT: [&str; 6] = ["hidden", "radio", "checkbox", "submit", "button", "file"];
        const NOT_KEPT: [&str; 4] = ["off", "current-password", "new-password", "one-time-code"];
        let says_no = |tag: &str| {
            NOT_KEPT
                .iter()
                .any(|word| tag.contains(&format!("autocomplete=\"{word}\"")))
        };
        let tags = self
            .body
            .split('<')
            .skip(1)
            .filter_map(|rest| rest.split('>').next());
        let (mut kept, mut form) = (Vec::new(), "");
        for tag in tags {
            if tag.starts_with("form") || tag == "/form" {
                form = tag;
            }
            let silent = SILENT
                .iter()
                .any(|kind| tag.contains(&format!("type=\"{kind}\"")));
            let typed = tag.starts_with("textarea") || (tag.starts_with("input") && !silent);
            if typed && !says_no(tag) && !says_no(form) {
                kept.push(tag);
            }
        }
        kept
    }
}

/// Somebody who walks through the service and reads every page.
struct Walker {
    who: Option<Role>,
    router: Router,
    cookie: Option<String>,
}

/// What the open directory lists.
const LISTS: [&str; 4] = [
    "services?full=true",
    "services?format=ndjson&full=true",
    "service_at_locations",
    "organizations?full_service=true",
];

/// The most pages that one of them opens.
const MOST: usize = 90;

impl Walker {
    async fn of(demo: &Demo, account: Option<&Account>) -> Self {
        let cookie = match account {
            Some(account) => {
                let signed = demo
                    .web
                    .identity()
                    .demo_sign_in(account.reference, None)
                    .await
                    .unwrap()
                    .unwrap();
                let name = demo.web.cookies().session_name();
                Some(format!("{name}={}", signed.token.reveal()))
            }
            None => None,
        };
        Self {
            who: account.map(|account| account.role),
            router: shell::router(&demo.web),
            cookie,
        }
    }

    async fn ask(&self, path: &str, form: Option<&str>) -> Seen {
        let mut request = match form {
            None => Request::get(path),
            Some(_) => Request::post(path)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
        };
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let body = Body::from(form.unwrap_or_default().to_owned());
        let response = self
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Seen {
            path: path.to_owned(),
            status,
            headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// Everything that they can get to by following links, beginning at every address without a reference in it, the case among
    /// them; and what the public finder and the open directory answer.
    async fn walk(&self, case: Ref) -> Vec<Seen> {
        // The person's own pages first.
        let own = ["/contact", "/person", "", "/looks", "/plan"];
        let mut queue: VecDeque<String> = own
            .iter()
            .map(|part| format!("/cases/{case}{part}"))
            .chain(LISTS.iter().map(|list| format!("/api/oruk/v3/{list}")))
            .collect();
        queue.extend(
            all()
                .iter()
                .filter(|route| route.method == Method1::Get && !route.path.contains('{'))
                .map(|route| route.path.to_owned()),
        );
        let mut met: BTreeSet<String> = queue.iter().cloned().collect();
        let mut seen = Vec::new();
        // Three of each kind of page that a link leads to.
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        let mut more = |page: &Seen, queue: &mut VecDeque<String>| {
            for next in page.addresses() {
                let parts = next.split('/');
                let kind: Vec<&str> = parts
                    .map(|part| if part.len() > 16 { "{}" } else { part })
                    .collect();
                let times = kinds.entry(kind.join("/")).or_default();
                if *times < 3 && !next.starts_with("/assets") && met.insert(next.clone()) {
                    *times += 1;
                    queue.push_back(next);
                }
            }
        };
        for words in ["Zqplacexw", "Quiet", "refuge"] {
            let sent = format!("words={words}&limit=200");
            let found = self.ask("/find-help", Some(&sent)).await;
            more(&found, &mut queue);
            seen.push(found);
        }
        while let Some(path) = queue.pop_front() {
            if seen.len() >= MOST {
                break;
            }
            let page = self.ask(&path, None).await;
            assert!(
                !page.status.is_server_error() || path == "/readyz",
                "{path}: {}",
                page.status
            );
            more(&page, &mut queue);
            seen.push(page);
        }
        seen
    }
}

/// Where a word of the person may stand: on the pages of those who help them.
fn may_hold(who: Option<Role>, path: &str, case: Ref, is_contact: bool) -> bool {
    let helps = matches!(who, Some(Role::WorkCoach | Role::DaLead));
    let own = format!("/cases/{case}");
    if is_contact {
        return helps && path.starts_with(&own);
    }
    let lists = [
        "/cases",
        "/today",
        "/tasks",
        "/with-me",
        "/find",
        "/conversations",
        "/front-desk",
    ];
    helps && (path.starts_with(&own) || lists.iter().any(|list| path.starts_with(list)))
}

/// Whether it holds a UUID of the seventh version, which begins with the time at which it was made: one of this decade or the next,
/// since every sixteenth random number looks like one.
fn holds_a_time_ordered_id(text: &str) -> bool {
    let hex =
        |part: &str, n: usize| part.len() == n && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split(|c: char| !c.is_ascii_hexdigit() && c != '-')
        .any(|word| {
            let parts: Vec<&str> = word.split('-').collect();
            parts.windows(5).any(|of| {
                let sized = [8, 4, 4, 4, 12]
                    .iter()
                    .zip(of)
                    .all(|(n, part)| hex(part, *n));
                let made = || u64::from_str_radix(&format!("{}{}", of[0], of[1]), 16).unwrap();
                sized && of[2].starts_with('7') && MADE.contains(&made())
            })
        })
}

/// 2020 and 2040, in milliseconds.
const MADE: std::ops::Range<u64> = 1_577_836_800_000..2_208_988_800_000;

/// Whether an address says what it is about. References are left out: they are letters by chance.
fn tells(address: &str) -> bool {
    let words: Vec<&str> = address.split('/').filter(|part| part.len() <= 24).collect();
    scan(
        &words.join(" ").replace(['-', '_', '.'], " "),
        &Protected::default(),
    )
    .is_err()
}

/// Everything that is wrong with what they saw.
fn wrong(who: Option<Role>, seen: &[Seen], case: Ref) -> Vec<String> {
    let mut wrong = Vec::new();
    for page in seen {
        let mut say = |what: &str| wrong.push(format!("{who:?} {}: {what}", page.path));
        let text = plain(format!("{:?}{}", page.headers, page.body).as_bytes());
        for word in PLACES.iter().filter(|word| stands(&text, word)) {
            say(word);
        }
        for (words, is_contact) in [(&CONTACTS[..], true), (&NAMES[..], false)] {
            let here = words.iter().filter(|word| stands(&text, word));
            for word in here.filter(|_| !may_hold(who, &page.path, case, is_contact)) {
                say(word);
            }
        }
        let title = plain(page.title().as_bytes());
        if PLACES
            .iter()
            .chain(&CONTACTS)
            .chain(&NAMES)
            .any(|word| stands(&title, word))
        {
            say("a word in its title");
        }
        if page.is_page()
            && (page.title().is_empty() || scan(page.title(), &Protected::default()).is_err())
        {
            say("a title that tells");
        }
        if holds_a_time_ordered_id(&page.body)
            || holds_a_time_ordered_id(&format!("{:?}", page.headers))
        {
            say("a number that tells when a row was made");
        }
        for address in page.addresses() {
            let told = PLACES
                .iter()
                .chain(&CONTACTS)
                .chain(&NAMES)
                .any(|word| stands(&plain(address.as_bytes()), word));
            if told || tells(&address) {
                say(&format!("an address that tells: {address}"));
            }
        }
        for cookie in page.headers.get_all(header::SET_COOKIE) {
            let name = cookie.to_str().unwrap().split('=').next().unwrap();
            if scan(&name.replace('_', " "), &Protected::default()).is_err() {
                say("a cookie that tells");
            }
        }
        for field in page.kept_fields() {
            say(&format!("a field that a browser would fill in: <{field}>"));
        }
    }
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_ne_06_ne_26_no_page_of_the_demo_world_tells_where_a_refuge_is_or_strangers_who_somebody_is()
 {
    let world = TestStore::throwaway().await;
    let demo = demo(&world).await;
    let mut problems = Vec::new();
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    let everyone: Vec<Option<&Account>> = std::iter::once(None)
        .chain(demo.staff.iter().map(Some))
        .collect();
    assert_eq!(everyone.len(), Role::ALL.len() + 1);
    for account in everyone {
        let walker = Walker::of(&demo, account).await;
        let seen = walker.walk(demo.case).await;
        let pages = seen
            .iter()
            .filter(|page| page.status == StatusCode::OK)
            .count();
        assert!(pages > 12, "{:?} saw {pages} pages", walker.who);
        for word in CONTACTS.iter().chain(&NAMES) {
            *met.entry(word).or_default() += seen
                .iter()
                .filter(|page| stands(&plain(page.body.as_bytes()), word))
                .count();
        }
        problems.extend(wrong(walker.who, &seen, demo.case));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    // Those who help do meet the person: the words are there to be found.
    assert!(met.values().all(|times| *times > 0), "{met:?}");
    // The same walk finds each kind of leak when there is one.
    let steward = demo
        .staff
        .iter()
        .find(|one| one.role == Role::DirectorySteward)
        .unwrap();
    let careless = json!({ "contents": [{ "id": "c", "name": "Careless kitchen", "status": "active",
            "description": "Food. Ask at 41 Zqplacexw Row, where Zqfamilyxw stays: 07700 900 418.",
            "url": "https://example.org/?of=01890a5d-ac96-774b-bcce-b302099a8057", "organization": { "id": "k", "name": "Careless" } }] });
    take_in(&demo.app, steward, "A careless feed", &careless.to_string()).await;
    let walker = Walker::of(&demo, None).await;
    let found = wrong(None, &walker.walk(demo.case).await, demo.case).join("\n");
    for leak in [
        PLACES[1],
        CONTACTS[2],
        NAMES[1],
        "a number that tells when a row was made",
    ] {
        for way in ["/services/", "/api/oruk/v3/services?full=true: "] {
            let told = found
                .lines()
                .any(|line| line.contains(way) && line.contains(leak));
            // A page for people names no numbers of rows.
            assert!(
                told || leak.starts_with("a number"),
                "{way}{leak} was not found in\n{found}"
            );
        }
    }
    assert!(found.contains("a number that tells"), "{found}");
}

#[test]
fn each_thing_that_is_wrong_with_a_page_is_seen() {
    let page = |path: &str, body: &str, cookie: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            "text/html; charset=utf-8".parse().unwrap(),
        );
        headers.insert(header::SET_COOKIE, cookie.parse().unwrap());
        Seen {
            path: path.to_owned(),
            status: StatusCode::OK,
            headers,
            body: format!("<title>Appointments</title>{body}"),
        }
    };
    let case: Ref = Ref::from_bytes([7; 16]);
    let of = |who, page: Seen| wrong(who, &[page], case);
    let fine = r#"<form autocomplete="off"><textarea></textarea></form><input type="text" name="a" autocomplete="off"><input type="hidden" name="b"><a href="/cases/abc">x</a>"#;
    assert_eq!(of(None, page("/", fine, "lang=en")), Vec::<String>::new());
    for body in [
        "41 Zqplacexw Row",
        "<p>51.4787</p>",
        r#"<a href="/x?near=SE15+8ZQ">x</a>"#,
        r#"<a href="/refuge/abc">x</a>"#,
        r#"<form action="/cases/marac">"#,
        "01890a5d-ac96-774b-bcce-b302099a8057",
        r#"<form autocomplete="off"></form><input type="text" name="born">"#,
        "<textarea name=told>",
        "<title>Refuge</title>",
    ] {
        // The second title comes first in the page for a browser; here the first one is taken out.
        let mut told = page("/today", body, "lang=en");
        if body.starts_with("<title>") {
            told.body = body.to_owned();
        }
        assert_eq!(of(Some(Role::WorkCoach), told).len(), 1, "{body}");
    }
    assert_eq!(of(None, page("/", "", "refuge_id=1")).len(), 1);
    // The person: for those who help, on their pages; how to reach them, on their own page alone.
    let own = format!("/cases/{case}/contact");
    assert!(of(Some(Role::WorkCoach), page(&own, CONTACTS[2], "lang=en")).is_empty());
    assert!(of(Some(Role::WorkCoach), page("/today", NAMES[0], "lang=en")).is_empty());
    for (who, path, word) in [
        (Some(Role::WorkCoach), "/today", CONTACTS[2]),
        (Some(Role::PartnerWorker), own.as_str(), CONTACTS[0]),
        (Some(Role::Administrator), "/today", NAMES[0]),
        (None, "/find-help", NAMES[1]),
    ] {
        assert_eq!(of(who, page(path, word, "lang=en")).len(), 1, "{path}");
    }
}

/// PL4: nothing that somebody sends is kept as a file: no picture or document, so nothing hidden inside one can tell a place.
#[test]
fn no_route_takes_a_file_but_the_stewards_feed_which_is_read_and_not_kept() {
    let large: Vec<&str> = all()
        .iter()
        .filter(|route| route.body_limit > 256 * 1_024)
        .map(|route| route.path)
        .collect();
    assert_eq!(large, ["/steward/import"]);
    let takes = |text: &str| text.contains("multipart/form-data");
    let own = ["steward_import.rs", "shell.rs"];
    let mut takers = BTreeSet::new();
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_file()
            && takes(&std::fs::read_to_string(&path).unwrap())
            && !own.contains(&name.as_str())
        {
            takers.insert(name);
        }
    }
    assert!(takers.is_empty(), "{takers:?}");
    assert!(takes(
        &std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/shell.rs")).unwrap()
    ));
    // What answers with a file is a table of rows, a style or a figure, and never something that was sent.
    let raw: BTreeSet<&str> = all()
        .iter()
        .filter(|route| route.kind == Kind::Raw)
        .map(|route| route.path)
        .collect();
    for path in raw {
        assert!(
            [
                "/language",
                "/assets/{hash}/{name}",
                "/healthz",
                "/readyz",
                "/metrics",
                "/robots.txt"
            ]
            .contains(&path)
                || path.starts_with("/steward/")
                || path.starts_with("/api/"),
            "{path}"
        );
    }
}
