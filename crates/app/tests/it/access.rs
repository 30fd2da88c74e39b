//! Joiner, mover, leaver and programs, on both databases: access ends on the next request, the caseload changes hands, nothing
//! is stranded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use throughline_app::access::{
    Joiner, Leaver, MakeClient, MakeSite, Mover, ReadColleague, RevokeClient, Stop, change,
    clients, colleagues,
};
use throughline_core::id::Ref;
use throughline_core::nation::Nation;
use throughline_core::role::Role;
use throughline_identity::cookies::Devices;
use throughline_identity::passwords::Cost;
use throughline_identity::sessions::{Presence, Proof};
use throughline_identity::sign_in::{Attempt, Outcome};
use throughline_identity::welcome::Chosen;
use throughline_identity::{Identity, Settings, clients as secrets};
use throughline_policy::action::{CaseOpen, CaseRead};
use throughline_policy::{ActionKind, Actor, Facts, Purpose, Ties};
use throughline_seal::Token;
use throughline_store::account::{Account, AccountState, NewAccount};
use throughline_store::case::NewCase;
use throughline_store::person::PersonSheet;
use throughline_store::setup::{OrganisationKind, Site};
use throughline_store::{Error, Store};
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

const HELP: Purpose = Purpose::HelpAPerson;
const PASSWORD: &str = "three plain words";

struct Office {
    identity: Identity,
    site: Site,
    administrator: Account,
    lead: Account,
    one: Account,
    two: Account,
}

async fn office(world: &TestStore) -> Office {
    let settings = Settings {
        cost: Cost {
            memory_kib: 64,
            passes: 1,
        },
        ..Settings::default()
    };
    let identity = Identity::new(world.store.clone(), settings).unwrap();
    let (site, mut people) = world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let org = w
                    .installation_create(
                        "Jobcentre",
                        OrganisationKind::Jobcentre,
                        Nation::England,
                        false,
                    )
                    .await?;
                let site = w
                    .site_create(org.id, "Peckham", None, Nation::England, true)
                    .await?;
                let mut people = vec![];
                for (name, role) in [
                    ("ada", Role::Administrator),
                    ("lee", Role::DaLead),
                    ("one", Role::WorkCoach),
                    ("two", Role::WorkCoach),
                ] {
                    let new = NewAccount {
                        organisation: org.id,
                        site: Some(site.id),
                        role,
                        name,
                        email: &format!("{name}@example.org"),
                        password: None,
                    };
                    people.push(w.account_create(&new).await?);
                }
                Ok((site, people))
            })
        })
        .await
        .unwrap();
    for account in &mut people {
        let code = identity.welcome_code(account.reference, account.version);
        assert_eq!(
            identity.welcome_choose(&code, PASSWORD).await.unwrap(),
            Chosen::Done
        );
        account.version += 1;
    }
    let mut next = people.into_iter();
    let mut take = || next.next().unwrap();
    Office {
        identity,
        site,
        administrator: take(),
        lead: take(),
        one: take(),
        two: take(),
    }
}

async fn sign_in(identity: &Identity, name: &str) -> Option<Token> {
    let none = Devices::default();
    let attempt = Attempt {
        email: &format!("{name}@example.org"),
        password: PASSWORD,
        code: None,
        devices: &none,
        address: None,
        replaces: None,
    };
    match identity.sign_in(&attempt).await.unwrap() {
        Outcome::Signed(signed) => Some(signed.token),
        _ => None,
    }
}

async fn open_case(store: &Store, coach: &Account) -> Result<Ref, Error> {
    let (actor, coach) = (coach.actor(), coach);
    let sheet = &PersonSheet {
        chosen: "Amina".into(),
        given: None,
        family: None,
        born: None,
        age_band: None,
        language: None,
        interpreter: None,
        access: vec![],
    };
    store
        .work(&actor, HELP, |w| {
            Box::pin(async move {
                let site = coach.site.unwrap();
                let facts = Facts {
                    subject: site,
                    person: None,
                    ties: Ties {
                        organisation: Some(coach.organisation),
                        site: Some(site),
                        ..Ties::default()
                    },
                };
                let permit = w.permit::<CaseOpen>(&facts)?;
                let new = NewCase {
                    person: sheet,
                    lead: coach.id,
                    pack: "england-test",
                    risk_clock: throughline_store::case::RiskClock::Running,
                };
                w.case_open(&permit, &new)
                    .await
                    .map(|(_, reference)| reference)
            })
        })
        .await
}

async fn read_case(store: &Store, actor: &Actor, case: Ref) -> Result<String, Error> {
    let case = &case;
    store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let facts = w.case_facts(*case).await?;
                let permit = w.permit_found::<CaseRead>(facts)?;
                Ok(w.case_read(&permit).await?.sheet.chosen)
            })
        })
        .await
}

both!(a_joiner_signs_in_after_choosing_a_password, |world| {
    let office = office(world).await;
    let joiner = Joiner {
        name: "Bea",
        email: "bea@example.org",
        role: Role::WorkCoach,
        site: Some(office.site.reference),
    };
    let store = &world.store;
    let made = change(store, &office.administrator.actor(), &joiner)
        .await
        .unwrap();
    assert!(
        sign_in(&office.identity, "bea").await.is_none(),
        "no password yet"
    );
    let code = office.identity.welcome_code(made.reference, made.version);
    office
        .identity
        .welcome_choose(&code, PASSWORD)
        .await
        .unwrap();
    assert!(sign_in(&office.identity, "bea").await.is_some());
    // Twice is refused, and so is anyone who may not.
    let taken = change(store, &office.administrator.actor(), &joiner).await;
    assert!(
        matches!(taken, Err(Error::Invalid { field: "email", .. })),
        "{taken:?}"
    );
    assert!(matches!(
        change(store, &office.one.actor(), &joiner).await,
        Err(Error::Denied(_))
    ));
    let nowhere = Joiner {
        site: None,
        email: "cy@example.org",
        ..joiner
    };
    let nowhere = change(store, &office.administrator.actor(), &nowhere).await;
    assert!(matches!(nowhere, Err(Error::Invalid { field: "site", .. })));
    let names: Vec<String> = colleagues(store, &office.administrator.actor())
        .await
        .unwrap()
        .into_iter()
        .map(|account| account.name)
        .collect();
    assert_eq!(names, ["ada", "Bea", "lee", "one", "two"]);
    assert!(
        colleagues(store, &office.one.actor())
            .await
            .unwrap()
            .is_empty()
    );
});

both!(
    i5_a_leavers_next_request_is_refused_while_fifty_others_read,
    |world| {
        let office = office(world).await;
        let store = &world.store;
        let case = open_case(store, &office.one).await.unwrap();
        let token = Arc::new(sign_in(&office.identity, "one").await.unwrap());
        let over = Arc::new(AtomicBool::new(false));
        let late = Arc::new(AtomicUsize::new(0));
        let mut readers = vec![];
        for _ in 0..50 {
            let (identity, store, token) =
                (office.identity.clone(), store.clone(), Arc::clone(&token));
            let (over, late) = (Arc::clone(&over), Arc::clone(&late));
            readers.push(tokio::spawn(async move {
                let mut reads = 0;
                for _ in 0..20 {
                    // Read before asking: whatever begins after the access has ended must be refused.
                    let ended = over.load(Ordering::SeqCst);
                    match identity.actor_of_session(Some(&token)).await.unwrap() {
                        Presence::Here(here) => {
                            let read = read_case(&store, &here.actor, case).await;
                            if ended {
                                late.fetch_add(1, Ordering::SeqCst);
                            }
                            reads += usize::from(read.is_ok());
                        }
                        _ => return reads,
                    }
                }
                reads
            }));
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let leaver = Leaver {
            reference: office.one.reference,
            version: office.one.version,
            taker: Some(office.two.reference),
        };
        change(store, &office.administrator.actor(), &leaver)
            .await
            .unwrap();
        over.store(true, Ordering::SeqCst);
        assert!(matches!(
            office
                .identity
                .actor_of_session(Some(&token))
                .await
                .unwrap(),
            Presence::Absent
        ));
        let mut reads = 0;
        for reader in readers {
            reads += reader.await.unwrap();
        }
        assert_eq!(
            late.load(Ordering::SeqCst),
            0,
            "somebody came in after the door was shut"
        );
        assert!(reads > 0, "the test read nothing at all");
        // An actor made before the end is no way in either: the work itself is refused.
        assert!(matches!(
            read_case(store, &office.one.actor(), case).await,
            Err(Error::Denied(_))
        ));
        assert!(
            open_case(store, &office.one).await.is_err(),
            "a leaver cannot strand a new case"
        );
        assert!(sign_in(&office.identity, "one").await.is_none());
        assert_eq!(
            read_case(store, &office.two.actor(), case).await.unwrap(),
            "Amina"
        );
        let again = change(store, &office.administrator.actor(), &leaver).await;
        assert!(matches!(again, Err(Error::Conflict)));
    }
);

both!(
    cases_opened_while_the_leaver_leaves_are_never_stranded,
    |world| {
        let office = Arc::new(office(world).await);
        let store = world.store.clone();
        let mut openers = vec![];
        for _ in 0..10 {
            let (office, store) = (Arc::clone(&office), store.clone());
            openers.push(tokio::spawn(async move {
                open_case(&store, &office.one).await.ok()
            }));
        }
        let leaver = Leaver {
            reference: office.one.reference,
            version: office.one.version,
            taker: Some(office.two.reference),
        };
        change(&store, &office.administrator.actor(), &leaver)
            .await
            .unwrap();
        for opener in openers {
            if let Some(case) = opener.await.unwrap() {
                assert!(
                    read_case(&store, &office.two.actor(), case).await.is_ok(),
                    "a case was stranded"
                );
            }
        }
        let page = change(
            &store,
            &office.administrator.actor(),
            &ReadColleague {
                reference: office.one.reference,
            },
        )
        .await
        .unwrap();
        assert!(!page.holdings.needs_taker());
        assert_eq!(page.account.state, AccountState::Ended);
    }
);

both!(
    without_a_named_colleague_the_sites_lead_takes_the_caseload,
    |world| {
        let office = office(world).await;
        let store = &world.store;
        let case = open_case(store, &office.one).await.unwrap();
        let leaver = Leaver {
            reference: office.one.reference,
            version: office.one.version,
            taker: None,
        };
        let nobody = change(store, &office.administrator.actor(), &leaver).await;
        assert!(
            matches!(nobody, Err(Error::Illegal("leaver-nobody-to-take"))),
            "{nobody:?}"
        );
        // Nothing has changed: they still work.
        assert!(sign_in(&office.identity, "one").await.is_some());
        assert!(read_case(store, &office.one.actor(), case).await.is_ok());
        let (site, lead) = (&office.site.id, &office.lead.id);
        store
            .work(&Actor::Public, Purpose::AdministerAccess, |w| {
                Box::pin(w.site_lead_set(*site, *lead, 0))
            })
            .await
            .unwrap();
        change(store, &office.administrator.actor(), &leaver)
            .await
            .unwrap();
        assert!(read_case(store, &office.one.actor(), case).await.is_err());
        assert_eq!(
            read_case(store, &office.lead.actor(), case).await.unwrap(),
            "Amina"
        );
        // The lead cannot go and leave the site without anyone to alert; a named colleague leads from then on.
        let lead_leaves = Leaver {
            reference: office.lead.reference,
            version: office.lead.version,
            taker: None,
        };
        assert!(
            change(store, &office.administrator.actor(), &lead_leaves)
                .await
                .is_err()
        );
        let lead_leaves = Leaver {
            taker: Some(office.two.reference),
            ..lead_leaves
        };
        let coach = change(store, &office.administrator.actor(), &lead_leaves).await;
        assert!(
            matches!(coach, Err(Error::Illegal("leaver-site-without-lead"))),
            "a work coach could not open a colleague's case: {coach:?}"
        );
        let dee = Joiner {
            name: "dee",
            email: "dee@example.org",
            role: Role::DaLead,
            site: Some(office.site.reference),
        };
        let dee = change(store, &office.administrator.actor(), &dee)
            .await
            .unwrap();
        let unused = change(store, &office.administrator.actor(), &lead_leaves).await;
        assert!(
            matches!(unused, Err(Error::Illegal("leaver-site-without-lead"))),
            "nobody who never chose a password is told of anything: {unused:?}"
        );
        let code = office.identity.welcome_code(dee.reference, dee.version);
        office
            .identity
            .welcome_choose(&code, PASSWORD)
            .await
            .unwrap();
        change(store, &office.administrator.actor(), &lead_leaves)
            .await
            .unwrap();
        let leads = store
            .work(&office.administrator.actor(), HELP, |w| {
                Box::pin(w.site_leads(*site))
            })
            .await
            .unwrap();
        assert_eq!(leads.iter().map(|l| l.id).collect::<Vec<_>>(), [dee.id]);
        assert_eq!(
            read_case(store, &office.two.actor(), case).await.unwrap(),
            "Amina"
        );
    }
);

both!(
    a_caseload_is_not_given_to_somebody_who_cannot_take_it,
    |world| {
        let office = office(world).await;
        let store = &world.store;
        open_case(store, &office.one).await.unwrap();
        for taker in [
            office.administrator.reference,
            office.one.reference,
            world.env.reference(),
        ] {
            let leaver = Leaver {
                reference: office.one.reference,
                version: office.one.version,
                taker: Some(taker),
            };
            let done = change(store, &office.administrator.actor(), &leaver).await;
            assert!(
                matches!(done, Err(Error::Invalid { field: "taker", .. })),
                "{done:?}"
            );
        }
        let leaver = Leaver {
            reference: office.one.reference,
            version: office.one.version,
            taker: Some(office.two.reference),
        };
        assert!(matches!(
            change(store, &office.two.actor(), &leaver).await,
            Err(Error::Denied(_))
        ));
        let oneself = Leaver {
            reference: office.administrator.reference,
            version: office.administrator.version,
            taker: None,
        };
        let done = change(store, &office.administrator.actor(), &oneself).await;
        assert!(matches!(done, Err(Error::Illegal("access-of-oneself"))));
    }
);

both!(
    a_mover_signs_in_again_with_the_new_role_and_leaves_their_people_behind,
    |world| {
        let office = office(world).await;
        let store = &world.store;
        let case = open_case(store, &office.one).await.unwrap();
        let token = sign_in(&office.identity, "one").await.unwrap();
        let elsewhere = MakeSite {
            name: "Brixton",
            area: None,
            nation: Nation::England,
            private_room: false,
        };
        let site = change(store, &office.administrator.actor(), &elsewhere)
            .await
            .unwrap();
        let mover = Mover {
            reference: office.one.reference,
            version: office.one.version,
            role: Role::WorkCoach,
            site: Some(site.reference),
            taker: Some(office.two.reference),
        };
        change(store, &office.administrator.actor(), &mover)
            .await
            .unwrap();
        assert!(matches!(
            office
                .identity
                .actor_of_session(Some(&token))
                .await
                .unwrap(),
            Presence::Absent
        ));
        assert!(
            read_case(store, &office.one.actor(), case).await.is_err(),
            "the old role is no way in"
        );
        let token = sign_in(&office.identity, "one").await.unwrap();
        let Presence::Here(here) = office
            .identity
            .actor_of_session(Some(&token))
            .await
            .unwrap()
        else {
            panic!()
        };
        assert_eq!(here.actor.site(), Some(site.id));
        assert!(
            read_case(store, &here.actor, case).await.is_err(),
            "their people stayed at the site"
        );
        assert!(read_case(store, &office.two.actor(), case).await.is_ok());
        // A promotion at the same site keeps the caseload.
        let promoted = Mover {
            reference: office.two.reference,
            version: office.two.version,
            role: Role::DaLead,
            site: Some(office.site.reference),
            taker: None,
        };
        change(store, &office.administrator.actor(), &promoted)
            .await
            .unwrap();
        let token = sign_in(&office.identity, "two").await.unwrap();
        let Presence::Here(here) = office
            .identity
            .actor_of_session(Some(&token))
            .await
            .unwrap()
        else {
            panic!()
        };
        assert!(read_case(store, &here.actor, case).await.is_ok());
    }
);

both!(access_can_always_be_stopped_at_once, |world| {
    let office = office(world).await;
    let store = &world.store;
    let case = open_case(store, &office.one).await.unwrap();
    let token = sign_in(&office.identity, "one").await.unwrap();
    let stop = Stop {
        reference: office.one.reference,
        version: office.one.version,
    };
    let version = change(store, &office.administrator.actor(), &stop)
        .await
        .unwrap();
    assert!(matches!(
        office
            .identity
            .actor_of_session(Some(&token))
            .await
            .unwrap(),
        Presence::Absent
    ));
    assert!(sign_in(&office.identity, "one").await.is_none());
    let page = ReadColleague {
        reference: office.one.reference,
    };
    let page = change(store, &office.administrator.actor(), &page)
        .await
        .unwrap();
    assert_eq!(
        page.holdings.cases.len(),
        1,
        "the case waits for somebody to take it"
    );
    assert_eq!(
        read_case(store, &office.lead.actor(), case).await.unwrap(),
        "Amina"
    );
    let code = office.identity.welcome_code(office.one.reference, version);
    assert_eq!(
        office
            .identity
            .welcome_choose(&code, PASSWORD)
            .await
            .unwrap(),
        Chosen::Done
    );
    assert!(sign_in(&office.identity, "one").await.is_some());
});

async fn stepped_up(office: &Office) -> Actor {
    let token = sign_in(&office.identity, "ada").await.unwrap();
    let Proof::Done(token) = office
        .identity
        .step_up(&token, PASSWORD, None)
        .await
        .unwrap()
    else {
        panic!()
    };
    let Presence::Here(here) = office
        .identity
        .actor_of_session(Some(&token))
        .await
        .unwrap()
    else {
        panic!()
    };
    here.actor
}

both!(
    a_program_does_what_it_was_given_until_it_is_revoked,
    |world| {
        let office = office(world).await;
        let store = &world.store;
        let case = open_case(store, &office.one).await.unwrap();
        let make = MakeClient {
            name: "Housing system",
            scopes: &[ActionKind::CaseRead],
        };
        let without = change(store, &office.administrator.actor(), &make).await;
        assert!(
            matches!(without, Err(Error::Denied(_))),
            "making a program needs a step-up"
        );
        let actor = stepped_up(&office).await;
        let (reference, secret) = change(store, &actor, &make).await.unwrap();
        let bearer = secrets::secret_text(&secret);
        let client = office
            .identity
            .client_of_secret(&bearer)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(client.organisation(), Some(office.one.organisation));
        assert_eq!(read_case(store, &client, case).await.unwrap(), "Amina");
        assert!(
            matches!(
                open_with(store, &client, &office).await,
                Err(Error::Denied(_))
            ),
            "not among its actions"
        );
        for wrong in [
            "",
            "tlc_",
            &bearer[..bearer.len() - 1],
            &bearer.replace("tlc_", ""),
        ] {
            assert!(
                office
                    .identity
                    .client_of_secret(wrong)
                    .await
                    .unwrap()
                    .is_none()
            );
        }
        change(store, &actor, &RevokeClient { reference })
            .await
            .unwrap();
        assert!(
            office
                .identity
                .client_of_secret(&bearer)
                .await
                .unwrap()
                .is_none()
        );
        let listed = clients(store, &actor).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert!(listed[0].revoked_at.is_some());
    }
);

async fn open_with(store: &Store, actor: &Actor, office: &Office) -> Result<(), Error> {
    let office = &office;
    store
        .work(actor, HELP, |w| {
            Box::pin(async move {
                let facts = Facts {
                    subject: office.site.id,
                    person: None,
                    ties: Ties {
                        organisation: Some(office.site.organisation),
                        site: Some(office.site.id),
                        ..Ties::default()
                    },
                };
                w.permit::<CaseOpen>(&facts).map(|_| ())
            })
        })
        .await
}

both!(a_program_is_given_only_what_programs_may_do, |world| {
    let office = office(world).await;
    let actor = stepped_up(&office).await;
    for scopes in [
        &[][..],
        &[ActionKind::AccountManage][..],
        &[ActionKind::CaseRead, ActionKind::ContactReveal][..],
    ] {
        let make = MakeClient {
            name: "Greedy",
            scopes,
        };
        let made = change(&world.store, &actor, &make).await;
        assert!(
            matches!(
                made,
                Err(Error::Invalid {
                    field: "scopes",
                    ..
                })
            ),
            "{made:?}"
        );
    }
    let nameless = MakeClient {
        name: "  ",
        scopes: &[ActionKind::CaseRead],
    };
    assert!(matches!(
        change(&world.store, &actor, &nameless).await,
        Err(Error::Invalid { field: "name", .. })
    ));
});
