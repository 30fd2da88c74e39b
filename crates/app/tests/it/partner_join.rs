//! A partner joins a real installation, wholly through the product, on both databases: two people let it in, its own people answer,
//! nothing that was sent is lost when they go, and nobody else lets anybody in.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::town;
use std::sync::{Arc, Mutex};

use crate::town::{DIRECTORY, HELP, listing, open_case};
use throughline_app::access::{
    Joiner, Leaver, MakeClient, MakeSite, ReadColleague, Stop, change, colleagues,
};
use throughline_app::directory_node::DirectoryNode;
use throughline_app::mail::{Letter, Mailer, NotSent};
use throughline_app::outbox::{self, dispatch_once};
use throughline_app::partner_join::{self, AddressState, Joining};
use throughline_app::referral_answer::{Answer, withdraw};
use throughline_app::referral_recipient::Route;
use throughline_app::referral_send::{self, SendOrder, Sent};
use throughline_app::security::{ReadOverview, check_record};
use throughline_app::set_up::{First, set_up};
use throughline_app::{
    App, Error, Settings, address, partner, referral, referral_clock, referral_hold,
};
use throughline_core::consent::PacketItem;
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::need::NeedType;
use throughline_core::pack::Packs;
use throughline_core::reason::Words;
use throughline_core::referral::ReferralState;
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_identity::cookies::Devices;
use throughline_identity::passwords::Cost;
use throughline_identity::sessions::{Presence, Proof};
use throughline_identity::sign_in::{Attempt, Outcome};
use throughline_identity::welcome::Chosen;
use throughline_identity::{Identity, Settings as IdentitySettings};
use throughline_policy::action::DirectoryImport;
use throughline_policy::{ActionKind, Actor, Reason};
use throughline_store::account::Account;
use throughline_store::feed::import_facts;
use throughline_store::setup::OrganisationKind;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

const PASSWORD: &str = "three plain words";

#[derive(Default)]
struct Post(Mutex<Vec<(String, String)>>);

impl Mailer for Post {
    async fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        let whole = letter.release.text().whole();
        self.0
            .lock()
            .unwrap()
            .push((letter.release.to().to_owned(), whole));
        Ok(())
    }
}

/// A real installation as `set-up` leaves it, with the people whom its administrator let in since, and a feed.
struct Office {
    app: App,
    identity: Identity,
    coach: Account,
    stewards: [Actor; 2],
    harbour: Ref,
    quayside: Ref,
}

impl Office {
    async fn new(world: &TestStore) -> Self {
        let settings = Settings {
            base_url: "https://r.example.org".to_owned(),
            mail_from: "notices@example.org".to_owned(),
            call: Some("01632 960123".to_owned()),
            node: "one".to_owned(),
            demo: false,
        };
        let app = App {
            store: world.store.clone(),
            packs: Packs::embedded().unwrap(),
            directory: DirectoryNode::new().unwrap(),
            settings,
        };
        let settings = IdentitySettings {
            cost: Cost {
                memory_kib: 64,
                passes: 1,
            },
            ..IdentitySettings::default()
        };
        let identity = Identity::new(world.store.clone(), settings).unwrap();
        let first = First {
            organisation: "Riverside Jobcentre",
            kind: OrganisationKind::Jobcentre,
            nation: Nation::England,
            name: "Ada",
            email: "ada@example.org",
        };
        let ada = set_up(&world.store, &first).await.unwrap();
        choose(&identity, &ada).await;
        let admin = signed_in(&identity, "ada@example.org").await;
        let site = MakeSite {
            name: "Riverside North",
            area: None,
            nation: Nation::England,
            private_room: true,
        };
        let site = change(&app.store, &admin, &site).await.unwrap();
        let mut made = Vec::new();
        for (email, role, site) in [
            ("bel@example.org", Role::Administrator, None),
            ("coach@example.org", Role::WorkCoach, Some(site.reference)),
            ("s1@example.org", Role::DirectorySteward, None),
            ("s2@example.org", Role::DirectorySteward, None),
            ("ola@example.org", Role::SecurityOfficer, None),
        ] {
            let account = invite(&app, &admin, email, role, site).await.unwrap();
            choose(&identity, &account).await;
            made.push(account);
        }
        let stewards = [
            signed_in(&identity, "s1@example.org").await,
            signed_in(&identity, "s2@example.org").await,
        ];
        let rows = &[
            listing("1", "Harbour Money Advice"),
            listing("2", "Quayside Women's Centre"),
        ];
        let ours = &ada.organisation;
        app.store
            .work(&stewards[0], DIRECTORY, |w| {
                Box::pin(async move {
                    let permit = w.permit::<DirectoryImport>(&import_facts(*ours))?;
                    let feed = w.feed_create(&permit, "Council", "a file").await?;
                    w.services_upsert(&permit, &feed, rows).await
                })
            })
            .await
            .unwrap();
        let services = app
            .store
            .read(|r| Box::pin(async move { r.services_changed_since(0).await }))
            .await
            .unwrap();
        let find = |id: &str| {
            let found = services.iter().find(|one| one.entry.source_id == id);
            found.unwrap().reference
        };
        Self {
            harbour: find("1"),
            quayside: find("2"),
            app,
            identity,
            coach: made.swap_remove(1),
            stewards,
        }
    }

    async fn admin(&self, name: &str) -> Actor {
        signed_in(&self.identity, &format!("{name}@example.org")).await
    }

    /// Sends all that waits; gives the newest letter to an address.
    async fn letter_to(&self, email: &str) -> Option<String> {
        let post = Post::default();
        dispatch_once(&self.app, &post, "one").await.unwrap();
        let letters = post.0.into_inner().unwrap();
        let found = letters.into_iter().rev().find(|(to, _)| to == email);
        found.map(|(_, text)| text)
    }

    /// A partner that two people let in for a service, with its first person signed in.
    async fn partner(&self, service: Ref, email: &str) -> Actor {
        let (ada, bel) = (self.admin("ada").await, self.admin("bel").await);
        let join = partner_join::propose(&self.app, &ada, service, &new(email), true)
            .await
            .unwrap();
        partner_join::confirm(&self.app, &bel, join).await.unwrap();
        let code = welcome_code(&self.letter_to(email).await.unwrap());
        let chosen = self.identity.welcome_choose(&code, PASSWORD).await;
        assert_eq!(chosen.unwrap(), Chosen::Done);
        signed_in(&self.identity, email).await
    }

    /// Its worker, signed in.
    async fn worker(&self, manager: &Actor, email: &str) -> (Account, Actor) {
        let made = invite(&self.app, manager, email, Role::PartnerWorker, None)
            .await
            .unwrap();
        choose(&self.identity, &made).await;
        let actor = signed_in(&self.identity, email).await;
        (made, actor)
    }

    /// Somebody new is referred to a service.
    async fn refer(&self, world: &TestStore, service: Ref) -> Sent {
        let case = open_case(&world.store, &self.coach).await;
        let order = order(case, service);
        referral_send::send(&self.app, &self.coach.actor(), &order)
            .await
            .unwrap()
    }

    async fn tasks(&self) -> Vec<TaskKind> {
        let tasks = self
            .app
            .store
            .work(&self.coach.actor(), HELP, |w| {
                Box::pin(async move { w.tasks(&w.scope(), 50).await })
            })
            .await
            .unwrap();
        tasks.into_iter().map(|task| task.kind).collect()
    }
}

fn order(case: Ref, service: Ref) -> SendOrder {
    let mut order = town::order(case, service, NeedType::Debt);
    order.items.insert(PacketItem::Statement.into());
    order.words = Some("Yes, ask them".into());
    order
}

const fn new(email: &str) -> Joining<'_> {
    Joining::New {
        name: "Harbour Advice",
        kind: OrganisationKind::Charity,
        nation: Nation::England,
        person: "Cai",
        email,
    }
}

async fn invite(
    app: &App,
    admin: &Actor,
    email: &str,
    role: Role,
    site: Option<Ref>,
) -> Result<Account, Error> {
    let joiner = Joiner {
        name: email.split('@').next().unwrap(),
        email,
        role,
        site,
    };
    change(&app.store, admin, &joiner).await
}

async fn choose(identity: &Identity, account: &Account) {
    let code = identity.welcome_code(account.reference, account.version);
    let chosen = identity.welcome_choose(&code, PASSWORD).await;
    assert_eq!(chosen.unwrap(), Chosen::Done);
}

/// Signed in with the password, and proven again.
async fn signed_in(identity: &Identity, email: &str) -> Actor {
    let none = Devices::default();
    let attempt = Attempt {
        email,
        password: PASSWORD,
        code: None,
        devices: &none,
        address: None,
        replaces: None,
    };
    let Outcome::Signed(signed) = identity.sign_in(&attempt).await.unwrap() else {
        panic!("{email} is not let in")
    };
    let proof = identity.step_up(&signed.token, PASSWORD, None).await;
    let Proof::Done(token) = proof.unwrap() else {
        panic!("{email} is not known")
    };
    match identity.actor_of_session(Some(&token)).await.unwrap() {
        Presence::Here(here) => here.actor,
        _ => panic!("{email} is not here"),
    }
}

fn welcome_code(letter: &str) -> String {
    let (_, rest) = letter.split_once("https://r.example.org/welcome/").unwrap();
    rest.lines().next().unwrap().to_owned()
}

fn problem<T: std::fmt::Debug>(done: Result<T, Error>) -> &'static str {
    match done {
        Err(Error::Invalid { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

fn refused<T: std::fmt::Debug>(done: Result<T, Error>) -> Reason {
    match done {
        Err(Error::Denied(denied)) => denied.reason,
        other => panic!("{other:?}"),
    }
}

both!(
    a_partner_let_in_by_two_people_answers_what_was_sent_before_and_after,
    |world| {
        let office = Office::new(world).await;
        let (app, harbour) = (&office.app, office.harbour);
        let (ada, bel) = (office.admin("ada").await, office.admin("bel").await);
        let before = office.refer(world, harbour).await;
        assert_eq!(before.routes, [Route::Call], "nobody there is known yet");

        let join = partner_join::propose(app, &ada, harbour, &new("cai@harbour.example"), true)
            .await
            .unwrap();
        let own = partner_join::confirm(app, &ada, join).await;
        assert_eq!(problem(own), "partner-needs-second-person");
        assert_eq!(office.letter_to("cai@harbour.example").await, None);
        partner_join::confirm(app, &bel, join).await.unwrap();
        let again = partner_join::confirm(app, &bel, join).await;
        assert!(matches!(again, Err(Error::Conflict)), "{again:?}");

        // The way in goes to the address that was called back about, and to nobody else.
        let letter = office.letter_to("cai@harbour.example").await.unwrap();
        let chosen = office
            .identity
            .welcome_choose(&welcome_code(&letter), PASSWORD)
            .await;
        assert_eq!(chosen.unwrap(), Chosen::Done);
        let cai = signed_in(&office.identity, "cai@harbour.example").await;
        let found = partner_join::list(app, &ada).await.unwrap();
        assert_eq!(found[0].join.state, AddressState::Confirmed);
        assert!(found[0].join.person.is_none(), "it is the account's own");
        assert!(!found[0].welcome_waits);

        // Until somebody there can read an inbox, nothing is sent to one.
        let case = open_case(&world.store, &office.coach).await;
        let order = order(case, harbour);
        let routes = async || {
            let prepared = referral_send::prepare(app, &office.coach.actor(), &order.ask).await;
            prepared.unwrap().routes
        };
        assert_eq!(routes().await, [Route::Call]);
        let dee = invite(app, &cai, "dee@harbour.example", Role::PartnerWorker, None)
            .await
            .unwrap();
        assert_eq!(routes().await, [Route::Call], "she has no password yet");
        choose(&office.identity, &dee).await;
        assert_eq!(routes().await, [Route::Inbox]);
        let dee = &signed_in(&office.identity, "dee@harbour.example").await;

        let waiting = partner::inbox(app, dee, 10).await.unwrap();
        assert_eq!(waiting.len(), 1, "what was sent before they joined");
        let sent = referral_send::send(app, &office.coach.actor(), &order)
            .await
            .unwrap();
        assert_eq!(sent.routes, [Route::Inbox]);
        assert_eq!(partner::inbox(app, dee, 10).await.unwrap().len(), 2);
        for reference in [before.reference, sent.reference] {
            let view = partner::open(app, dee, reference).await.unwrap();
            assert!(view.packet.is_some());
            let yes = Answer::Accept {
                by: Words::new("Dee").unwrap(),
                when: None,
                how: None,
            };
            partner::answer(app, dee, reference, view.referral.version, &yes)
                .await
                .unwrap();
            let seen = referral::view(app, &office.coach.actor(), reference).await;
            assert_eq!(seen.unwrap().referral.state, ReferralState::Accepted);
        }
        // Programs of theirs are made by them.
        let program = MakeClient {
            name: "Case system",
            scopes: &[ActionKind::ReferralReceive],
        };
        assert!(change(&app.store, &cai, &program).await.is_ok());
        // Whoever let them in sees nobody of theirs.
        assert_eq!(colleagues(&app.store, &ada).await.unwrap().len(), 6);
        let theirs = ReadColleague {
            reference: colleagues(&app.store, &cai).await.unwrap()[1].reference,
        };
        let looked = change(&app.store, &bel, &theirs).await;
        assert_eq!(refused(looked), Reason::NoRelation);
    }
);

both!(both_records_tell_that_a_partner_joined_and_left, |world| {
    let office = Office::new(world).await;
    let app = &office.app;
    let cai = office.partner(office.harbour, "cai@harbour.example").await;
    let bel = office.admin("bel").await;
    let join = partner_join::list(app, &bel).await.unwrap()[0]
        .join
        .reference;
    partner_join::retire(app, &bel, join).await.unwrap();
    let officer = invite(
        app,
        &cai,
        "eli@harbour.example",
        Role::SecurityOfficer,
        None,
    )
    .await
    .unwrap();
    choose(&office.identity, &officer).await;
    let eli = signed_in(&office.identity, "eli@harbour.example").await;
    let ola = office.admin("ola").await;
    for officer in [&eli, &ola] {
        let seen = app
            .store
            .run(officer, DIRECTORY, &ReadOverview)
            .await
            .unwrap();
        for action in ["partner_confirm", "partner_propose"] {
            let by_bel = seen.latest.iter().any(|line| {
                line.seen.action == action && line.who.as_ref().is_some_and(|who| who.1 == "bel")
            });
            assert!(by_bel, "{action} of {:?}", officer.organisation());
        }
        assert_eq!(check_record(&app.store, officer).await.unwrap().problems, 0);
    }
});

both!(
    nobody_else_lets_a_partner_in_and_nothing_unclear_gets_in,
    |world| {
        let office = Office::new(world).await;
        let (app, harbour) = (&office.app, office.harbour);
        let (ada, bel) = (office.admin("ada").await, office.admin("bel").await);
        let propose = async |actor: &Actor, joining: &Joining<'_>| {
            partner_join::propose(app, actor, harbour, joining, true).await
        };
        let cai = "cai@harbour.example";
        let uncalled = partner_join::propose(app, &ada, harbour, &new(cai), false).await;
        assert_eq!(problem(uncalled), "address-call-back-needed");
        for email in [
            "",
            "cai",
            "cai@harbour.example, x@y.example",
            "a@b\r\nBcc: c@d.example",
        ] {
            assert_eq!(
                problem(propose(&ada, &new(email)).await),
                "address-email-bad"
            );
        }
        let taken = propose(&ada, &new("Ada@example.org")).await;
        assert_eq!(problem(taken), "account-email-taken");
        let Joining::New {
            kind,
            nation,
            person,
            email,
            ..
        } = new(cai)
        else {
            panic!()
        };
        for (name, why) in [
            (" ", "partner-name-missing"),
            ("riverside jobcentre", "partner-name-taken"),
        ] {
            let named = Joining::New {
                name,
                kind,
                nation,
                person,
                email,
            };
            assert_eq!(problem(propose(&ada, &named).await), why);
        }
        let unknown = propose(&ada, &Joining::Known(world.env.reference())).await;
        assert_eq!(problem(unknown), "partner-organisation-wrong");
        // Not without proof, and not for any other role.
        let Actor::Staff {
            account,
            organisation,
            site,
            role,
            ..
        } = ada.clone()
        else {
            panic!()
        };
        let unproven = Actor::Staff {
            account,
            organisation,
            site,
            role,
            stepped_up_at: None,
        };
        assert_eq!(
            refused(propose(&unproven, &new(cai)).await),
            Reason::StepUpNeeded
        );
        for other in [
            &office.coach.actor(),
            &office.stewards[0],
            &office.admin("ola").await,
        ] {
            assert_eq!(
                refused(propose(other, &new(cai)).await),
                Reason::NotForThisRole
            );
        }

        let join = propose(&ada, &new(cai)).await.unwrap();
        let second = propose(&bel, &new("x@y.example")).await;
        assert_eq!(problem(second), "partner-already-proposed");
        for other in [&office.coach.actor(), &office.stewards[0]] {
            let done = partner_join::confirm(app, other, join).await;
            assert_eq!(refused(done), Reason::NotForThisRole);
        }
        partner_join::confirm(app, &bel, join).await.unwrap();
        let letter = office.letter_to(cai).await.unwrap();
        let answered = propose(&ada, &new("x@y.example")).await;
        assert_eq!(problem(answered), "partner-service-answered");
        let manager = {
            let code = welcome_code(&letter);
            let chosen = office.identity.welcome_choose(&code, PASSWORD);
            assert_eq!(chosen.await.unwrap(), Chosen::Done);
            signed_in(&office.identity, cai).await
        };
        let same =
            partner_join::propose(app, &ada, office.quayside, &new("x@y.example"), true).await;
        assert_eq!(problem(same), "partner-name-taken");

        // A partner lets nobody in, sees nothing of it, and has no role with which it could reach another's referrals.
        assert_eq!(
            refused(propose(&manager, &new("x@y.example")).await),
            Reason::NoRelation
        );
        assert_eq!(
            refused(partner_join::list(app, &manager).await),
            Reason::NoRelation
        );
        assert_eq!(
            refused(partner_join::retire(app, &manager, join).await),
            Reason::NoRelation
        );
        for role in [
            Role::DirectorySteward,
            Role::WorkCoach,
            Role::DaLead,
            Role::FrontDesk,
        ] {
            let made = invite(app, &manager, "x@y.example", role, None).await;
            assert_eq!(problem(made), "account-role-not-here");
        }
        let made = invite(app, &ada, "x@y.example", Role::PartnerWorker, None).await;
        assert_eq!(problem(made), "account-role-not-here");
    }
);

both!(one_partner_answers_for_two_services, |world| {
    let office = Office::new(world).await;
    let (app, quayside) = (&office.app, office.quayside);
    let cai = office.partner(office.harbour, "cai@harbour.example").await;
    let (_, dee) = office.worker(&cai, "dee@harbour.example").await;
    // A request that went there before goes on by the way on which it was sent.
    let [one, two] = &office.stewards;
    let proposal = address::Proposal {
        email: "desk@quayside.example",
        code_route: "Ring the desk",
        called_back: true,
    };
    let found = address::propose(app, one, quayside, &proposal)
        .await
        .unwrap();
    address::confirm(app, two, quayside, found).await.unwrap();
    let before = office.refer(world, quayside).await;
    assert_eq!(before.routes, [Route::Link]);

    let (ada, bel) = (office.admin("ada").await, office.admin("bel").await);
    let place = partner_join::place(app, &ada, quayside).await.unwrap();
    assert_eq!(place.partners.len(), 1, "the operator is no partner");
    let known = Joining::Known(place.partners[0].reference);
    let join = partner_join::propose(app, &bel, quayside, &known, true)
        .await
        .unwrap();
    partner_join::confirm(app, &ada, join).await.unwrap();
    assert!(
        office.letter_to("desk@quayside.example").await.is_some(),
        "the link that was promised still leaves"
    );
    let sent = office.refer(world, quayside).await;
    assert_eq!(
        sent.routes,
        [Route::Inbox],
        "an address of those before is not theirs"
    );
    assert_eq!(partner::inbox(app, &dee, 10).await.unwrap().len(), 1);
    let people = colleagues(&app.store, &cai).await.unwrap();
    assert_eq!(people.len(), 2, "nobody new was let in");
});

both!(
    a_wrong_first_person_is_kept_out_and_the_place_is_free_again,
    |world| {
        let office = Office::new(world).await;
        let (app, harbour) = (&office.app, office.harbour);
        let email = "cai@harbour.example";
        for turn in 0..2 {
            let (ada, bel) = (office.admin("ada").await, office.admin("bel").await);
            let join = partner_join::propose(app, &ada, harbour, &new(email), true)
                .await
                .unwrap();
            partner_join::confirm(app, &bel, join).await.unwrap();
            let lost = welcome_code(&office.letter_to(email).await.unwrap());
            world.clock.advance_seconds(8 * 86_400);
            let late = office.identity.welcome_choose(&lost, PASSWORD).await;
            assert_eq!(late.unwrap(), Chosen::Over);
            let ada = office.admin("ada").await;
            partner_join::welcome_again(app, &ada, join).await.unwrap();
            let code = welcome_code(&office.letter_to(email).await.unwrap());
            if turn == 0 {
                partner_join::retire(app, &ada, join).await.unwrap();
                let shut = office.identity.welcome_choose(&code, PASSWORD).await;
                assert_eq!(shut.unwrap(), Chosen::Over);
                assert_eq!(office.refer(world, harbour).await.routes, [Route::Call]);
                let gone = partner_join::confirm(app, &office.admin("bel").await, join).await;
                assert!(matches!(gone, Err(Error::Conflict)));
            } else {
                let done = office.identity.welcome_choose(&code, PASSWORD).await;
                assert_eq!(done.unwrap(), Chosen::Done);
                let twice = partner_join::welcome_again(app, &ada, join).await;
                assert!(matches!(twice, Err(Error::Conflict)), "{twice:?}");
            }
        }
    }
);

both!(a_partner_that_is_ended_gets_nothing_new, |world| {
    let office = Office::new(world).await;
    let (app, harbour) = (&office.app, office.harbour);
    let cai = office.partner(harbour, "cai@harbour.example").await;
    let (_, dee) = office.worker(&cai, "dee@harbour.example").await;
    let [one, two] = &office.stewards;
    let proposal = address::Proposal {
        email: "desk@harbour.example",
        code_route: "Ring the desk",
        called_back: true,
    };
    let found = address::propose(app, one, harbour, &proposal)
        .await
        .unwrap();
    address::confirm(app, two, harbour, found).await.unwrap();
    let kept = office.refer(world, harbour).await;
    assert_eq!(kept.routes, [Route::Inbox, Route::Link]);
    office.letter_to("desk@harbour.example").await.unwrap();
    let ada = office.admin("ada").await;
    let join = partner_join::list(app, &ada).await.unwrap()[0]
        .join
        .reference;
    partner_join::retire(app, &ada, join).await.unwrap();
    assert_eq!(office.refer(world, harbour).await.routes, [Route::Call]);
    assert_eq!(
        partner::inbox(app, &dee, 10).await.unwrap().len(),
        1,
        "only what they had"
    );
    // Their address went with them: nobody is left there to be told by mail that the request is closed, and that is no fault.
    let coach = &office.coach.actor();
    let view = referral::view(app, coach, kept.reference).await.unwrap();
    withdraw(app, coach, kept.reference, view.referral.version)
        .await
        .unwrap();
    assert!(office.letter_to("dee@harbour.example").await.is_some());
    let lost = outbox::given_up(&app.store).await.unwrap();
    assert!(lost.is_empty(), "{lost:?}");
});

both!(
    when_the_last_worker_goes_nothing_is_sent_to_an_empty_inbox,
    |world| {
        let office = Office::new(world).await;
        let (app, harbour) = (&office.app, office.harbour);
        let cai = office.partner(harbour, "cai@harbour.example").await;
        let (dee, _) = office.worker(&cai, "dee@harbour.example").await;
        let colleague = invite(app, &cai, "fay@harbour.example", Role::PartnerWorker, None)
            .await
            .unwrap();
        let sent = office.refer(world, harbour).await;
        assert_eq!(sent.routes, [Route::Inbox]);
        let read = ReadColleague {
            reference: dee.reference,
        };
        let version = change(&app.store, &cai, &read)
            .await
            .unwrap()
            .account
            .version;
        let leaver = Leaver {
            reference: dee.reference,
            version,
            taker: None,
        };
        // A colleague who has never signed in takes nothing over.
        let only = change(&app.store, &cai, &leaver).await;
        assert!(
            matches!(only, Err(Error::Illegal("leaver-only-one-who-answers"))),
            "{only:?}"
        );
        // Somebody has to stop at once all the same: then the sender is told when the clock runs out, and nothing new goes there.
        let stop = Stop {
            reference: dee.reference,
            version,
        };
        let version = change(&app.store, &cai, &stop).await.unwrap();
        assert_eq!(office.refer(world, harbour).await.routes, [Route::Call]);
        assert_eq!(office.tasks().await, [TaskKind::ChaseReferral]);
        world.clock.advance_seconds(30 * 86_400);
        referral_clock::time_out_due(app, 10).await.unwrap();
        let coach = &signed_in(&office.identity, "coach@example.org").await;
        let seen = referral::view(app, coach, sent.reference).await.unwrap();
        assert_eq!(seen.referral.state, ReferralState::NoResponse);

        let live: Vec<_> = app
            .store
            .work(coach, HELP, |w| {
                Box::pin(async move { w.referrals_sent(&w.scope(), 50).await })
            })
            .await
            .unwrap();
        for one in live {
            withdraw(app, coach, one.reference, one.version)
                .await
                .unwrap();
        }
        let cai = signed_in(&office.identity, "cai@harbour.example").await;
        for (account, version) in [(&dee, version), (&colleague, colleague.version)] {
            let leaver = Leaver {
                reference: account.reference,
                version,
                taker: None,
            };
            change(&app.store, &cai, &leaver).await.unwrap();
        }
        assert_eq!(office.refer(world, harbour).await.routes, [Route::Call]);
        let [one, two] = [
            &signed_in(&office.identity, "s1@example.org").await,
            &signed_in(&office.identity, "s2@example.org").await,
        ];
        let proposal = address::Proposal {
            email: "desk@harbour.example",
            code_route: "Ring the desk",
            called_back: true,
        };
        let found = address::propose(app, one, harbour, &proposal)
            .await
            .unwrap();
        address::confirm(app, two, harbour, found).await.unwrap();
        assert_eq!(office.refer(world, harbour).await.routes, [Route::Link]);
    }
);

both!(
    a_referral_sent_while_the_last_worker_leaves_is_never_stranded,
    |world| {
        let office = Arc::new(Office::new(world).await);
        let harbour = office.harbour;
        let cai = office.partner(harbour, "cai@harbour.example").await;
        let (dee, _) = office.worker(&cai, "dee@harbour.example").await;
        let mut orders = Vec::new();
        for _ in 0..8 {
            orders.push(order(open_case(&world.store, &office.coach).await, harbour));
        }
        let senders: Vec<_> = orders
            .into_iter()
            .map(|order| {
                let office = Arc::clone(&office);
                tokio::spawn(async move {
                    let coach = office.coach.actor();
                    referral_send::send(&office.app, &coach, &order).await
                })
            })
            .collect();
        let leaver = Leaver {
            reference: dee.reference,
            version: dee.version + 1,
            taker: None,
        };
        let left = change(&office.app.store, &cai, &leaver).await;
        for sender in senders {
            let sent = sender.await.unwrap().unwrap();
            assert!(
                left.is_err() || sent.routes == [Route::Call],
                "it stands in an inbox that nobody reads"
            );
        }
    }
);

both!(
    a_request_that_waited_while_another_partner_was_let_in_is_said_to_reach_nobody_it_does_not,
    |world| {
        let office = Office::new(world).await;
        let (app, quayside) = (&office.app, office.quayside);
        let coach = &office.coach.actor();
        let cai = office.partner(office.harbour, "cai@harbour.example").await;
        let (_, dee) = office.worker(&cai, "dee@harbour.example").await;
        // One person asks both services; one says yes, so that the other request waits.
        let case = open_case(&world.store, &office.coach).await;
        let accepted = referral_send::send(app, coach, &order(case, office.harbour)).await;
        let held = referral_send::send(app, coach, &order(case, quayside)).await;
        let (accepted, held) = (accepted.unwrap().reference, held.unwrap().reference);
        let yes = Answer::Accept {
            by: Words::new("Dee").unwrap(),
            when: None,
            how: None,
        };
        let seen = partner::open(app, &dee, accepted).await.unwrap();
        partner::answer(app, &dee, accepted, seen.referral.version, &yes)
            .await
            .unwrap();
        // Meanwhile a partner that has accounts already is let in for the other service.
        let (ada, bel) = (office.admin("ada").await, office.admin("bel").await);
        let place = partner_join::place(app, &ada, quayside).await.unwrap();
        let known = Joining::Known(place.partners[0].reference);
        let join = partner_join::propose(app, &ada, quayside, &known, true).await;
        partner_join::confirm(app, &bel, join.unwrap())
            .await
            .unwrap();
        office.letter_to("dee@harbour.example").await;

        let said = referral_send::confirmation(app, coach, held).await.unwrap();
        assert_eq!(said.routes, [Route::Call], "it is in no inbox of theirs");
        assert_eq!(said.view.referral.state, ReferralState::Held);
        let routes = referral_hold::ask_again(app, coach, held, said.view.referral.version).await;
        assert_eq!(routes.unwrap(), [Route::Call]);
        let view = referral::view(app, coach, held).await.unwrap();
        assert_eq!(view.referral.state, ReferralState::Sent, "nothing arrived");
        assert!(office.tasks().await.contains(&TaskKind::ChaseReferral));
        assert!(partner::inbox(app, &dee, 10).await.unwrap().is_empty());
        assert!(partner::open(app, &dee, held).await.is_err());
        assert_eq!(
            office.letter_to("dee@harbour.example").await,
            None,
            "nobody there is told of what they cannot see"
        );
    }
);

both!(
    of_two_who_propose_a_partner_at_once_one_is_told_that_it_waits,
    |world| {
        let office = Arc::new(Office::new(world).await);
        let ada = office.admin("ada").await;
        let proposals: Vec<_> = (0..6)
            .map(|number| {
                let (office, ada) = (Arc::clone(&office), ada.clone());
                tokio::spawn(async move {
                    let email = format!("cai{number}@harbour.example");
                    let joining = new(&email);
                    partner_join::propose(&office.app, &ada, office.harbour, &joining, true).await
                })
            })
            .collect();
        let mut made = 0;
        for proposal in proposals {
            match proposal.await.unwrap() {
                Ok(_) => made += 1,
                refused => assert_eq!(problem(refused), "partner-already-proposed"),
            }
        }
        assert_eq!(made, 1);
    }
);

both!(
    looking_at_the_partners_opens_no_address_and_says_of_no_mail_that_it_went,
    |world| {
        let office = Office::new(world).await;
        let (app, harbour) = (&office.app, office.harbour);
        let (ada, bel) = (office.admin("ada").await, office.admin("bel").await);
        let email = "cai@harbour.example";
        let join = partner_join::propose(app, &ada, harbour, &new(email), true)
            .await
            .unwrap();
        partner_join::confirm(app, &bel, join).await.unwrap();
        let found = partner_join::list(app, &ada).await.unwrap();
        assert!(found[0].welcome_waits);
        let of = async |service| partner_join::place(app, &ada, service).await.unwrap().lines;
        assert_eq!(of(harbour).await.len(), 1);
        assert!(of(office.quayside).await.is_empty());
        partner_join::welcome_again(app, &ada, join).await.unwrap();
        let ola = office.admin("ola").await;
        let seen = app.store.run(&ola, DIRECTORY, &ReadOverview).await.unwrap();
        let kept = |line: &&_| {
            let line: &throughline_app::security::Line = line;
            line.seen.action == "promise_kept"
        };
        assert_eq!(seen.latest.iter().filter(kept).count(), 0);
    }
);
