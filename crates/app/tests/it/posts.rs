//! Who is told when nobody acts, on both databases: from an empty installation on, with the administrator's use cases alone.
//! An escalation, or a request for a room, never goes to nobody.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use throughline_app::access::{Joiner, MakeSite, Mover, Stop, change};
use throughline_app::post::{Missing, NamePost, ReadSitePosts, SitePost, missing};
use throughline_app::set_up::{First, set_up};
use throughline_app::{App, Settings, case, case_now, front_desk, promises};
use throughline_core::id::{AccountId, Id, Ref};
use throughline_core::nation::Nation;
use throughline_core::pack::Packs;
use throughline_core::reason::Reason;
use throughline_core::risk::RiskBand;
use throughline_core::role::Role;
use throughline_core::room::RoomState;
use throughline_core::task::{Owner, TaskKind};
use throughline_identity::passwords::Cost;
use throughline_identity::{Identity, Settings as IdentitySettings};
use throughline_policy::action::TaskDo;
use throughline_policy::{Actor, Purpose, Reason as Refusal};
use throughline_store::Error;
use throughline_store::account::Account;
use throughline_store::outbox::OutboxKind;
use throughline_store::person::PersonSheet;
use throughline_store::post::NOBODY_TO_TELL;
use throughline_store::setup::{OrganisationKind, Site};
use throughline_store::task::Task;
use throughline_testkit::actor::proved;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

const PASSWORD: &str = "three plain words";

struct Office {
    app: App,
    identity: Identity,
    admin: Account,
}

/// An installation as `set-up` leaves it, whose administrator has chosen a password: no site, nobody else, no post.
async fn office(world: &TestStore) -> Office {
    let settings = IdentitySettings {
        cost: Cost {
            memory_kib: 64,
            passes: 1,
        },
        ..IdentitySettings::default()
    };
    let identity = Identity::new(world.store.clone(), settings).unwrap();
    let first = First {
        organisation: "Jobcentre",
        kind: OrganisationKind::Jobcentre,
        nation: Nation::England,
        name: "Ada",
        email: "ada@example.org",
    };
    let admin = set_up(&world.store, &first).await.unwrap();
    let settings = Settings {
        base_url: "https://throughline.example".into(),
        mail_from: "office@throughline.example".into(),
        call: Some("01632 960123".to_owned()),
        node: "test".into(),
        demo: false,
    };
    let app = App::new(world.store.clone(), Packs::embedded().unwrap(), settings).unwrap();
    let mut office = Office {
        app,
        identity,
        admin,
    };
    let admin = office.admin.clone();
    office.admin.version = office.chooses(&admin).await;
    office
}

impl Office {
    /// Their first password: from now on they can sign in. Gives the account's new version.
    async fn chooses(&self, account: &Account) -> i64 {
        let code = self
            .identity
            .welcome_code(account.reference, account.version);
        self.identity.welcome_choose(&code, PASSWORD).await.unwrap();
        account.version + 1
    }

    /// The administrator, who has just proved themselves again.
    fn ada(&self) -> Actor {
        proved(self.admin.actor(), self.app.env().now())
    }

    async fn site(&self, name: &str) -> Site {
        let make = MakeSite {
            name,
            area: None,
            nation: Nation::England,
            private_room: true,
        };
        change(&self.app.store, &self.ada(), &make).await.unwrap()
    }

    /// A colleague who was added and has not chosen a password yet.
    async fn added(&self, name: &str, role: Role, site: &Site) -> Account {
        let joiner = Joiner {
            name,
            email: &format!("{name}@example.org"),
            role,
            site: Some(site.reference),
        };
        change(&self.app.store, &self.ada(), &joiner).await.unwrap()
    }

    /// A colleague who can sign in.
    async fn joins(&self, name: &str, role: Role, site: &Site) -> Account {
        let mut account = self.added(name, role, site).await;
        account.version = self.chooses(&account).await;
        account
    }

    async fn names(&self, site: &Site, post: SitePost, who: &Account) -> Result<(), Error> {
        let name = NamePost {
            site: site.reference,
            post,
            account: who.reference,
        };
        change(&self.app.store, &self.ada(), &name).await
    }

    async fn stops(&self, who: &Account) {
        let stop = Stop {
            reference: who.reference,
            version: who.version,
        };
        change(&self.app.store, &self.ada(), &stop).await.unwrap();
    }

    /// Who was sent a neutral notice, in order; takes them from the outbox.
    async fn told(&self) -> Vec<AccountId> {
        let leases = self
            .app
            .store
            .work(&self.system(), Purpose::KeepPromises, |w| {
                Box::pin(async move {
                    let leases = w.outbox_lease("test", 50).await?;
                    for lease in &leases {
                        w.outbox_done(lease).await?;
                    }
                    Ok(leases)
                })
            })
            .await
            .unwrap();
        leases
            .into_iter()
            .map(|lease| {
                assert_eq!(lease.kind, OutboxKind::StaffTask);
                Id::from_uuid(lease.subject.unwrap())
            })
            .collect()
    }

    fn system(&self) -> Actor {
        Actor::System {
            organisation: self.admin.organisation,
        }
    }

    async fn case(&self, coach: &Account) -> Ref {
        let sheet = PersonSheet {
            chosen: "Amina".into(),
            given: None,
            family: None,
            born: None,
            age_band: None,
            language: None,
            interpreter: None,
            access: vec![],
        };
        case::open(&self.app, &coach.actor(), &sheet).await.unwrap()
    }

    async fn judged_high(&self, coach: &Account, case: Ref) -> Result<(), Error> {
        let why = Reason::new("What was told in the conversation").unwrap();
        let actor = coach.actor();
        case_now::risk_judge(&self.app, &actor, case, RiskBand::High, &why, false).await
    }

    /// The unfinished escalations, as the jobs see them, oldest first.
    async fn escalations(&self) -> Vec<Task> {
        self.app
            .store
            .work(&self.system(), Purpose::KeepPromises, |w| {
                Box::pin(async move { w.tasks(&w.scope::<TaskDo>(), 100).await })
            })
            .await
            .unwrap()
            .into_iter()
            .filter(|task| task.kind == TaskKind::ActOnEscalation)
            .collect()
    }
}

both!(
    after_set_up_and_the_administrators_pages_alone_a_high_risk_and_a_room_reach_the_lead,
    |world| {
        let office = office(world).await;
        let site = office.site("Peckham").await;
        let coach = office.joins("bea", Role::WorkCoach, &site).await;
        let desk = office.joins("fay", Role::FrontDesk, &site).await;
        let lead = office.joins("lee", Role::DaLead, &site).await;
        office.names(&site, SitePost::Lead, &lead).await.unwrap();

        let case = office.case(&coach).await;
        office.judged_high(&coach, case).await.unwrap();
        let tasks = office.escalations().await;
        assert_eq!(tasks.len(), 1);
        assert_eq!((tasks[0].owner, tasks[0].told), (None, Some(lead.id)));
        assert_eq!(office.told().await, [lead.id]);

        let room = front_desk::room_request(&office.app, &desk.actor())
            .await
            .unwrap();
        assert_eq!(room.state, RoomState::LeadAlerted);
        assert_eq!(office.told().await, [lead.id]);
        let screen = front_desk::desk(&office.app, &desk.actor()).await.unwrap();
        assert_eq!(screen.on_duty.len(), 1);
        assert!(!screen.on_duty[0].stands_in);
    }
);

both!(
    where_no_post_is_held_those_of_the_site_stand_in_then_the_organisation_then_its_administrators,
    |world| {
        let office = office(world).await;
        let here = office.site("Peckham").await;
        let there = office.site("Brixton").await;
        let coach = office.joins("bea", Role::WorkCoach, &here).await;
        let desk = office.joins("fay", Role::FrontDesk, &here).await;
        // Both the risk and the room, each time: they ask the same ladder.
        let reached = async || {
            let case = office.case(&coach).await;
            office.judged_high(&coach, case).await.unwrap();
            front_desk::room_request(&office.app, &desk.actor())
                .await
                .unwrap();
            let told = office.told().await;
            assert_eq!(told.len(), 2);
            assert_eq!(told[0], told[1]);
            let screen = front_desk::desk(&office.app, &desk.actor()).await.unwrap();
            assert!(screen.on_duty.iter().all(|who| who.stands_in));
            told[0]
        };
        // One who never chose a password is told nothing.
        let unused = office.added("una", Role::DaLead, &here).await;
        assert_eq!(reached().await, office.admin.id);
        let elsewhere = office.joins("eve", Role::DaLead, &there).await;
        assert_eq!(reached().await, elsewhere.id);
        let local = office.joins("lee", Role::DaLead, &here).await;
        assert_eq!(reached().await, local.id);
        // A lead whose access was stopped does not stay first.
        office.chooses(&unused).await;
        office.names(&here, SitePost::Lead, &local).await.unwrap();
        office.stops(&local).await;
        assert_eq!(reached().await, unused.id);
    }
);

both!(
    what_could_be_told_to_nobody_at_all_is_refused_and_changes_nothing,
    |world| {
        let office = office(world).await;
        let site = office.site("Peckham").await;
        let coach = office.joins("bea", Role::WorkCoach, &site).await;
        let desk = office.joins("fay", Role::FrontDesk, &site).await;
        let other = office.joins("oli", Role::Administrator, &site).await;
        let case = office.case(&coach).await;
        // The last administrator is stopped by another who then leaves nobody behind: their own password goes too.
        office.stops(&other).await;
        let (id, version) = (office.admin.reference, office.admin.version);
        let stop = Stop {
            reference: id,
            version,
        };
        change(&world.store, &other.actor(), &stop).await.unwrap();

        let high = office.judged_high(&coach, case).await;
        assert!(
            matches!(high, Err(Error::Illegal(NOBODY_TO_TELL))),
            "{high:?}"
        );
        assert!(office.escalations().await.is_empty());
        let room = front_desk::room_request(&office.app, &desk.actor()).await;
        assert!(
            matches!(room, Err(Error::Illegal(NOBODY_TO_TELL))),
            "{room:?}"
        );
        let screen = front_desk::desk(&office.app, &desk.actor()).await.unwrap();
        assert!(screen.rooms.is_empty() && screen.on_duty.is_empty());
        assert!(office.told().await.is_empty());
    }
);

/// Counts what is counted: by what, and of what.
#[derive(Default)]
struct Watch(Mutex<BTreeMap<String, Arc<AtomicU64>>>);

impl Watch {
    fn counted(&self, name: &str, of: &str) -> u64 {
        let name = format!("throughline_escalations_{name}_total {of}");
        let counters = self.0.lock().unwrap();
        let counted = counters.get(&name);
        counted.map_or(0, |counted| counted.load(Ordering::SeqCst))
    }
}

impl metrics::Recorder for Watch {
    fn describe_counter(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn describe_gauge(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn describe_histogram(
        &self,
        _: metrics::KeyName,
        _: Option<metrics::Unit>,
        _: metrics::SharedString,
    ) {
    }
    fn register_counter(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        let of = key.labels().map(metrics::Label::value).collect::<String>();
        let name = format!("{} {of}", key.name());
        let mut counters = self.0.lock().unwrap();
        metrics::Counter::from_arc(Arc::clone(counters.entry(name).or_default()))
    }
    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        metrics::Gauge::noop()
    }
    fn register_histogram(
        &self,
        _: &metrics::Key,
        _: &metrics::Metadata<'_>,
    ) -> metrics::Histogram {
        metrics::Histogram::noop()
    }
}

both!(
    an_escalation_with_nobody_above_is_told_again_and_raises_the_alarm,
    |world| {
        let office = office(world).await;
        let site = office.site("Peckham").await;
        let coach = office.joins("bea", Role::WorkCoach, &site).await;
        let lead = office.joins("lee", Role::DaLead, &site).await;
        office.names(&site, SitePost::Lead, &lead).await.unwrap();
        let case = office.case(&coach).await;
        office.judged_high(&coach, case).await.unwrap();
        assert_eq!(office.told().await, [lead.id]);
        let watch = Watch::default();
        let _watched = metrics::set_default_local_recorder(&watch);
        for times in 1..=2 {
            let climbs_at = office.escalations().await[0].climbs_at.unwrap();
            world.clock.set(climbs_at);
            assert_eq!(promises::run(&office.app).await.unwrap().failed, 0);
            assert_eq!(office.told().await, [lead.id]);
            assert_eq!(watch.counted("again", "task"), times);
        }
    }
);

both!(
    an_escalation_that_reaches_nobody_raises_its_own_alarm_and_goes_on_once_somebody_is_back,
    |world| {
        let office = office(world).await;
        let site = office.site("Peckham").await;
        let coach = office.joins("bea", Role::WorkCoach, &site).await;
        let desk = office.joins("fay", Role::FrontDesk, &site).await;
        let lead = office.joins("lee", Role::DaLead, &site).await;
        let other = office.joins("oli", Role::Administrator, &site).await;
        office.names(&site, SitePost::Lead, &lead).await.unwrap();
        let case = office.case(&coach).await;
        office.judged_high(&coach, case).await.unwrap();
        front_desk::room_request(&office.app, &desk.actor())
            .await
            .unwrap();
        assert_eq!(office.told().await, [lead.id, lead.id]);
        // Everybody who could be told is stopped, the last administrator by one who was stopped just before.
        office.stops(&lead).await;
        office.stops(&other).await;
        let stop = Stop {
            reference: office.admin.reference,
            version: office.admin.version,
        };
        change(&world.store, &other.actor(), &stop).await.unwrap();
        let watch = Watch::default();
        let _watched = metrics::set_default_local_recorder(&watch);
        for times in 1..=2 {
            let climbs_at = office.escalations().await[0].climbs_at.unwrap();
            world.clock.set(climbs_at);
            assert_eq!(promises::run(&office.app).await.unwrap().failed, 0);
            assert!(office.told().await.is_empty());
            assert_eq!(watch.counted("untold", "task"), times);
            assert_eq!(watch.counted("untold", "room"), times);
            assert_eq!(watch.counted("again", "task"), 0);
            let task = &office.escalations().await[0];
            assert_eq!((task.told, task.post), (Some(lead.id), Owner::Lead));
        }
        // The lead's access is given back by the link that an administrator sends.
        let mut back = lead.clone();
        back.version += 1;
        office.chooses(&back).await;
        let climbs_at = office.escalations().await[0].climbs_at.unwrap();
        world.clock.set(climbs_at);
        assert_eq!(promises::run(&office.app).await.unwrap().failed, 0);
        assert_eq!(office.told().await, [lead.id, lead.id]);
        assert_eq!(watch.counted("untold", "task"), 2);
        assert_eq!(watch.counted("again", "task"), 1);
    }
);

both!(
    a_room_that_only_stand_ins_can_be_told_of_climbs_over_three_of_them,
    |world| {
        let office = office(world).await;
        let site = office.site("Peckham").await;
        let desk = office.joins("fay", Role::FrontDesk, &site).await;
        let mut leads = Vec::new();
        for name in ["ann", "ben", "cat", "dan", "eve"] {
            leads.push(office.joins(name, Role::DaLead, &site).await.id);
        }
        leads.sort_unstable();
        front_desk::room_request(&office.app, &desk.actor())
            .await
            .unwrap();
        assert_eq!(office.told().await, [leads[0]]);
        let screen = front_desk::desk(&office.app, &desk.actor()).await.unwrap();
        assert_eq!(screen.on_duty.len(), 3, "no more than are told");
        let watch = Watch::default();
        let _watched = metrics::set_default_local_recorder(&watch);
        for (told, again) in [(leads[1], 0), (leads[2], 0), (leads[2], 1), (leads[2], 2)] {
            world.clock.advance_seconds(15 * 60);
            promises::run(&office.app).await.unwrap();
            assert_eq!(office.told().await, [told]);
            assert_eq!(watch.counted("again", "room"), again);
        }
    }
);

both!(
    a_post_changes_hands_in_one_instant_and_goes_only_to_somebody_who_can_act,
    |world| {
        let office = office(world).await;
        let store = &world.store;
        let none = missing(store, &office.ada()).await.unwrap();
        assert_eq!(none, [Missing::Site]);
        let site = office.site("Peckham").await;
        let there = office.site("Brixton").await;
        let gaps = async || {
            let found = missing(store, &office.ada()).await.unwrap();
            let here = found.into_iter().find(|gap| match gap {
                Missing::Site => true,
                Missing::SafetyLead { name, .. } | Missing::Lead { name, .. } => name == "Peckham",
            });
            here.map(|gap| matches!(gap, Missing::Lead { .. }))
        };
        assert_eq!(gaps().await, Some(false), "nobody there could lead");
        let coach = office.joins("bea", Role::WorkCoach, &site).await;
        let unused = office.added("una", Role::DaLead, &site).await;
        assert_eq!(gaps().await, Some(false), "nobody there could lead yet");
        let lee = office.joins("lee", Role::DaLead, &site).await;
        let dee = office.joins("dee", Role::DaLead, &site).await;
        let eve = office.joins("eve", Role::DaLead, &there).await;
        assert_eq!(
            gaps().await,
            Some(true),
            "somebody could lead and nobody does"
        );
        for wrong in [&coach, &unused, &eve, &office.admin] {
            let named = office.names(&site, SitePost::Lead, wrong).await;
            assert!(
                matches!(
                    named,
                    Err(Error::Invalid {
                        problem: "post-holder-wrong",
                        ..
                    })
                ),
                "{}: {named:?}",
                wrong.name
            );
        }
        let name = NamePost {
            site: site.reference,
            post: SitePost::Lead,
            account: lee.reference,
        };
        let unproved = change(store, &office.admin.actor(), &name).await;
        assert!(
            matches!(unproved, Err(Error::Denied(denied)) if denied.reason == Refusal::StepUpNeeded),
            "{unproved:?}"
        );
        let not_theirs = change(store, &lee.actor(), &name).await;
        assert!(matches!(not_theirs, Err(Error::Denied(_))));

        let holders = async || {
            let read = ReadSitePosts {
                site: site.reference,
            };
            let found = change(store, &office.ada(), &read).await.unwrap();
            found
                .holders
                .into_iter()
                .map(|held| (held.post, held.account.id, held.is_told))
                .collect::<Vec<_>>()
        };
        office.names(&site, SitePost::Lead, &lee).await.unwrap();
        assert_eq!(gaps().await, None);
        assert_eq!(holders().await, [(SitePost::Lead, lee.id, true)]);
        let two = office.names(&site, SitePost::Deputy, &lee).await;
        assert!(
            matches!(
                two,
                Err(Error::Invalid {
                    problem: "post-lead-first",
                    ..
                })
            ),
            "{two:?}"
        );
        office.names(&site, SitePost::Deputy, &dee).await.unwrap();
        // Whoever takes the lead leaves the post below it; whoever had it has none.
        office.names(&site, SitePost::Lead, &dee).await.unwrap();
        assert_eq!(holders().await, [(SitePost::Lead, dee.id, true)]);
        office.names(&site, SitePost::Deputy, &lee).await.unwrap();
        office.stops(&dee).await;
        assert_eq!(
            holders().await,
            [
                (SitePost::Lead, dee.id, false),
                (SitePost::Deputy, lee.id, true)
            ]
        );
        assert_eq!(
            gaps().await,
            Some(true),
            "a lead who cannot be told is none"
        );
    }
);

both!(
    a_lead_who_becomes_a_work_coach_hands_the_post_on_or_stays,
    |world| {
        let office = office(world).await;
        let store = &world.store;
        let site = office.site("Peckham").await;
        let lead = office.joins("lee", Role::DaLead, &site).await;
        let coach = office.joins("bea", Role::WorkCoach, &site).await;
        office.names(&site, SitePost::Lead, &lead).await.unwrap();
        let own = office.case(&lead).await;
        for taker in [None, Some(coach.reference)] {
            let mover = Mover {
                reference: lead.reference,
                version: lead.version,
                role: Role::WorkCoach,
                site: Some(site.reference),
                taker,
            };
            let alone = change(store, &office.ada(), &mover).await;
            assert!(
                matches!(alone, Err(Error::Illegal("leaver-site-without-lead"))),
                "{alone:?}"
            );
        }
        let dee = office.joins("dee", Role::DaLead, &site).await;
        let mover = Mover {
            reference: lead.reference,
            version: lead.version,
            role: Role::WorkCoach,
            site: Some(site.reference),
            taker: None,
        };
        change(store, &office.ada(), &mover).await.unwrap();
        let case = office.case(&coach).await;
        office.judged_high(&coach, case).await.unwrap();
        let told: Vec<_> = office
            .escalations()
            .await
            .iter()
            .map(|task| task.told)
            .collect();
        assert_eq!(told, [Some(dee.id)], "not whoever was the lead");
        // Their own people stay theirs: only the post went.
        let mut now = lead.clone();
        now.role = Role::WorkCoach;
        assert!(
            throughline_app::case_view::read(&office.app, &now.actor(), own)
                .await
                .is_ok()
        );
    }
);
