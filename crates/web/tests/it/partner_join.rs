//! The pages by which a partner is let in: what they say, what they refuse, and that they do not exist for anybody else.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use throughline_app::mail::FolderMailer;
use throughline_app::outbox::dispatch_once;
use throughline_app::{App, Settings as AppSettings};
use throughline_core::directory::Entry;
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::pack::Packs;
use throughline_core::role::Role;
use throughline_identity::Identity;
use throughline_identity::passwords::Cost;
use throughline_identity::welcome::Chosen;
use throughline_policy::action::DirectoryImport;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::{Account, NewAccount};
use throughline_store::directory::NewService;
use throughline_store::feed::import_facts;
use throughline_store::setup::OrganisationKind;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;
use throughline_web::{Settings, Web, shell};
use tower::ServiceExt as _;

struct Office {
    web: Web,
    app: Arc<App>,
    people: BTreeMap<&'static str, Account>,
    service: Ref,
}

async fn office(world: &TestStore) -> Office {
    let settings = AppSettings {
        base_url: "https://throughline.example".into(),
        mail_from: "office@throughline.example".into(),
        call: Some("01632 960123".to_owned()),
        node: "test".into(),
        demo: true,
    };
    let app = App::new(world.store.clone(), Packs::embedded().unwrap(), settings).unwrap();
    let people = world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let kind = OrganisationKind::Jobcentre;
                let ours = w
                    .installation_create("Jobcentre", kind, Nation::England, true)
                    .await?;
                let mut people = BTreeMap::new();
                for (name, role) in [
                    ("Ada", Role::Administrator),
                    ("Bel", Role::Administrator),
                    ("Una", Role::WorkCoach),
                    ("Sam", Role::DirectorySteward),
                ] {
                    let new = NewAccount {
                        organisation: ours.id,
                        site: None,
                        role,
                        name,
                        email: &format!("{name}@example.org"),
                        password: None,
                    };
                    people.insert(name, w.account_create(&new).await?);
                }
                Ok(people)
            })
        })
        .await
        .unwrap();
    let entry = Entry::new("1", "Harbour Money Advice");
    let rows = &[NewService {
        digest: entry.canonical_json().unwrap().into_bytes(),
        entry,
    }];
    let steward = &people["Sam"];
    let ours = &steward.organisation;
    world
        .store
        .work(&steward.actor(), Purpose::RunTheDirectory, |w| {
            Box::pin(async move {
                let permit = w.permit::<DirectoryImport>(&import_facts(*ours))?;
                let feed = w.feed_create(&permit, "Council", "a file").await?;
                w.services_upsert(&permit, &feed, rows).await
            })
        })
        .await
        .unwrap();
    app.directory.refresh(&world.store).await.unwrap();
    let services = world
        .store
        .read(|r| Box::pin(async move { r.services_changed_since(0).await }))
        .await
        .unwrap();
    let identity = throughline_identity::Settings {
        cost: Cost {
            memory_kib: 64,
            passes: 1,
        },
        ..throughline_identity::Settings::default()
    };
    let identity = Identity::new(world.store.clone(), identity).unwrap();
    let settings = Settings {
        service_name: "Appointments".to_owned(),
        secure: false,
        behind_proxy: false,
    };
    let app = Arc::new(app);
    Office {
        web: Web::new(Arc::clone(&app), identity, settings, None),
        app,
        people,
        service: services[0].reference,
    }
}

struct Browser<'a> {
    office: &'a Office,
    session: RefCell<String>,
}

struct Answer {
    status: StatusCode,
    to: String,
    page: String,
}

impl<'a> Browser<'a> {
    async fn of(office: &'a Office, account: Ref) -> Self {
        let identity = office.web.identity();
        let signed = identity.demo_sign_in(account, None).await.unwrap().unwrap();
        let name = office.web.cookies().session_name();
        Self {
            office,
            session: RefCell::new(format!("{name}={}", signed.token.reveal())),
        }
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let router = shell::router(&self.office.web);
        let response = router.oneshot(request).await.unwrap();
        let name = self.office.web.cookies().session_name();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            if pair.starts_with(name) {
                pair.clone_into(&mut self.session.borrow_mut());
            }
        }
        let to = response.headers().get(header::LOCATION);
        let to = to.map(|to| to.to_str().unwrap().to_owned());
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let page = String::from_utf8(body.to_vec()).unwrap();
        for area in ["partner-", "organisation-kind-", "admin-", "address-"] {
            for before in [">", "> ", "\n"] {
                let key = format!("{before}{area}");
                assert!(!page.contains(&key), "a key without words: {page}");
            }
        }
        Answer {
            status,
            to: to.unwrap_or_default(),
            page,
        }
    }

    async fn get(&self, path: &str) -> Answer {
        let session = self.session.borrow().clone();
        let request = Request::get(path).header(header::COOKIE, session);
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form to `path` with the token of the page at `page`.
    async fn send(&self, page: &str, path: &str, fields: &str) -> Answer {
        let shown = self.get(page).await.page;
        let (_, rest) = shown.split_once("name=\"csrf\" value=\"").unwrap();
        let csrf = rest.split('"').next().unwrap();
        let session = self.session.borrow().clone();
        let request = Request::post(path)
            .header(header::COOKIE, session)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let body = format!("csrf={csrf}&{fields}");
        self.ask(request.body(Body::from(body)).unwrap()).await
    }

    /// Proves themselves again: in a demo nobody has a password.
    async fn step_up(&self) {
        let done = self.send("/step-up", "/step-up", "password=").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.page);
    }
}

const GOOD: &str = "organisation=&name=Harbour+Advice&kind=charity&nation=england&person=Cai\
                    &email=cai%40harbour.example&called_back=yes";

/// The first address on a page that ends so.
fn path_to(page: &str, end: &str) -> String {
    let found = page.split('"').find(|part| part.ends_with(end));
    found
        .unwrap_or_else(|| panic!("no {end} in {page}"))
        .to_owned()
}

both!(two_administrators_let_a_partner_in_on_its_pages, |world| {
    let office = office(world).await;
    let here = format!("/admin/partners/{}", office.service);
    let ada = Browser::of(&office, office.people["Ada"].reference).await;
    let bel = Browser::of(&office, office.people["Bel"].reference).await;
    assert!(ada.get("/admin").await.page.contains("/admin/partners"));
    assert_eq!(ada.get("/admin/partners").await.to, "/step-up");
    ada.step_up().await;
    bel.step_up().await;
    let none = ada.get("/admin/partners?name=nowhere").await.page;
    assert!(none.contains("No service in the directory"), "{none}");
    let found = ada.get("/admin/partners?name=harbour").await.page;
    assert!(found.contains(&format!("href=\"{here}\"")), "{found}");

    for (fields, said) in [
        ("", "error-summary"),
        (
            "name=Harbour&kind=charity&nation=england",
            "Call back on a number",
        ),
        (&GOOD.replace("cai%40", "cai"), "Enter one e-mail address"),
        (
            &GOOD.replace("cai%40harbour.example", "ada%40example.org"),
            "already signs in",
        ),
        (
            &GOOD.replace("Harbour+Advice", "JOBCENTRE"),
            "with this name is here already",
        ),
        (&GOOD.replace("Harbour+Advice", ""), "Enter a name of 200"),
        (
            &GOOD.replace("organisation=", "organisation=nonsense"),
            "error-summary",
        ),
    ] {
        let wrong = ada.send(&here, &here, fields).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}");
        assert!(wrong.page.contains(said), "{fields}: {}", wrong.page);
    }
    let typed = ada
        .send(&here, &here, &GOOD.replace("&called_back=yes", ""))
        .await;
    assert!(typed.page.contains("value=\"Cai\""), "what was typed stays");

    assert_eq!(ada.send(&here, &here, GOOD).await.to, here);
    let own = ada.get(&here).await.page;
    assert!(own.contains("Somebody else must approve it") && !own.contains("/confirm"));
    assert!(!own.contains("name=\"person\""), "one proposal at a time");
    let confirm = path_to(&bel.get(&here).await.page, "/confirm");
    let alone = ada.send(&here, &confirm, "").await;
    assert_eq!(alone.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(alone.page.contains("Somebody else must approve it"));
    assert_eq!(bel.send(&here, &confirm, "").await.to, here);
    let twice = bel.send(&here, &confirm, "").await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    let joined = bel.get(&here).await.page;
    assert!(joined.contains("has not chosen a password yet"));
    assert!(
        !joined.contains("/welcome/"),
        "nobody here holds their link"
    );
    let again = path_to(&joined, "/welcome");
    assert_eq!(bel.send(&here, &again, "").await.to, here);
    let other = bel
        .send(&here, &here, &GOOD.replace("Harbour", "Other"))
        .await;
    assert!(
        other
            .page
            .contains("Another organisation with accounts answers")
    );

    // The first person comes in by the mail, and manages people of their own with roles of their own.
    dispatch_once(&office.app, &FolderMailer, "one")
        .await
        .unwrap();
    let mails = world
        .store
        .read(|r| Box::pin(async move { r.sent_mails(10).await }));
    let mails = mails.await.unwrap();
    assert!(
        mails
            .iter()
            .all(|mail| mail.recipient == "cai@harbour.example")
    );
    assert_eq!(mails.len(), 2, "the first, and the one sent again");
    let (_, code) = mails[0].body.split_once("/welcome/").unwrap();
    let code = code.lines().next().unwrap();
    let chosen = office
        .web
        .identity()
        .welcome_choose(code, "three plain words")
        .await;
    assert_eq!(chosen.unwrap(), Chosen::Done);
    let cai = world
        .store
        .work(&Actor::Public, Purpose::SignIn, |w| {
            Box::pin(async move { w.credentials_by_email("cai@harbour.example").await })
        })
        .await
        .unwrap()
        .unwrap();
    let cai = Browser::of(&office, cai.reference).await;
    let (theirs, ours) = (
        cai.get("/admin/people/new").await.page,
        ada.get("/admin/people/new").await.page,
    );
    for (role, partner) in [
        ("partner_worker", true),
        ("directory_steward", false),
        ("work_coach", false),
    ] {
        let option = format!("value=\"{role}\"");
        assert_eq!(theirs.contains(&option), partner, "{role}");
        assert_eq!(ours.contains(&option), !partner, "{role}");
    }
    let made = cai
        .send(
            "/admin/people/new",
            "/admin/people/new",
            "name=X&email=x%40harbour.example&role=directory_steward&site=",
        )
        .await;
    assert_eq!(made.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(made.page.contains("This role is not for your organisation"));

    // For them, and for every other role, these pages do not exist.
    let una = Browser::of(&office, office.people["Una"].reference).await;
    assert!(!cai.get("/admin").await.page.contains("/admin/partners"));
    let retire = path_to(&joined, "/retire");
    for browser in [&cai, &una] {
        let unknown = browser.get("/no-such-page").await;
        for path in ["/admin/partners", &here] {
            let hidden = browser.get(path).await;
            assert_eq!(
                (hidden.status, hidden.page),
                (unknown.status, unknown.page.clone())
            );
        }
        for (path, fields) in [
            (&here, GOOD),
            (&here, ""),
            (&confirm, ""),
            (&retire, ""),
            (&again, ""),
        ] {
            let hidden = browser.send("/step-up", path, fields).await;
            assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(hidden.page, unknown.page, "{path}");
        }
    }
    assert_eq!(bel.send(&here, &retire, "").await.to, here);
    assert!(
        bel.get(&here).await.page.contains("name=\"person\""),
        "free again"
    );
});
