//! One-time links after the answer, on both databases: they live while the service has the person, die with the address they
//! went to, and where nobody could come in any more somebody is told.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::town::{DIRECTORY, HELP, Town, confirm, reached, town};
use throughline_app::address;
use throughline_app::mail::{Letter, Mailer, NotSent};
use throughline_app::outbox::dispatch_once;
use throughline_app::partner::{self, Entered, Landing};
use throughline_app::referral::{self, Via};
use throughline_app::referral_answer::{self, Answer};
use throughline_app::referral_clock;
use throughline_app::referral_send::{self, Ask, SendOrder, Sent};
use throughline_core::code::Code as _;
use throughline_core::consent::{Art9Condition, HowAgreed, PacketItem, ShareBasis};
use throughline_core::conversation::Reach;
use throughline_core::id::{Id, Ref};
use throughline_core::need::NeedType;
use throughline_core::reason::Words;
use throughline_core::referral::ReferralState;
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_policy::action::AddressPropose;
use throughline_policy::{ActionKind, Actor, Purpose};
use throughline_store::Error;
use throughline_store::account::NewAccount;
use throughline_store::address::NewAddress;
use throughline_testkit::both;

const DAY: i64 = 86_400;

async fn send(town: &Town, service: Ref) -> Sent {
    let order = SendOrder {
        ask: Ask {
            case: town.case,
            service,
            need: NeedType::Debt,
        },
        items: BTreeSet::from(
            [
                PacketItem::ChosenName,
                PacketItem::ContactRules,
                PacketItem::ContactDetails,
            ]
            .map(Into::into),
        ),
        immigration: false,
        shown: None,
        struck: BTreeSet::new(),
        statement: Some(1),
        reach: Reach::AsAgreed,
        how: HowAgreed::Spoken,
        words: None,
        basis: ShareBasis::Consent,
        art9: Some(Art9Condition::ExplicitConsent),
        dpa: None,
        reasons: None,
        life_at_risk: false,
        next: Vec::new(),
        told: None,
    };
    referral_send::send(&town.app, &town.coach.actor(), &order)
        .await
        .unwrap()
}

async fn version(town: &Town, reference: Ref) -> i64 {
    referral::view(&town.app, &town.coach.actor(), reference)
        .await
        .unwrap()
        .referral
        .version
}

/// How many tasks there are to call the service.
async fn calls(town: &Town) -> usize {
    let tasks = town
        .app
        .store
        .work(&town.coach.actor(), HELP, |w| {
            Box::pin(async move { w.tasks(&w.scope(), 50).await })
        })
        .await
        .unwrap();
    let calls =
        |kind: TaskKind, owner| kind == TaskKind::ChaseReferral && owner == Some(town.coach.id);
    tasks
        .iter()
        .filter(|task| calls(task.kind, task.owner))
        .count()
}

fn yes() -> Answer {
    Answer::Accept {
        by: Words::new("Rhian").unwrap(),
        when: None,
        how: None,
    }
}

#[derive(Default)]
struct Post(Mutex<Vec<String>>);

impl Mailer for Post {
    async fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        self.0.lock().unwrap().push(letter.release.text().whole());
        Ok(())
    }
}

/// Sends by link; gives the token that was mailed.
async fn mailed(town: &Town) -> (Sent, String) {
    let post = Post::default();
    let sent = send(town, town.linked).await;
    dispatch_once(&town.app, &post, "one").await.unwrap();
    let letters = post.0.lock().unwrap();
    let (_, rest) = letters.last().unwrap().split_once("/r/").unwrap();
    let token = rest.lines().next().unwrap().to_owned();
    drop(letters);
    (sent, token)
}

async fn landing(town: &Town, token: &str) -> Landing {
    partner::link_landing(&town.app, token).await.unwrap()
}

/// Days go by and the clocks are looked at each day.
async fn days(world: &throughline_testkit::db::TestStore, town: &Town, days: u32) {
    for _ in 0..days {
        world.clock.advance_seconds(DAY);
        referral_clock::time_out_due(&town.app, 50).await.unwrap();
    }
}

/// Proposes an address for the service with a link; `None` for the one it has.
async fn proposed(town: &Town, email: Option<&str>) -> (Ref, Ref) {
    let service = &town.linked;
    town.app
        .store
        .work(&town.stewards[0], DIRECTORY, |w| {
            Box::pin(async move {
                let facts = w.service_facts(*service).await?;
                let permit = w.permit_found::<AddressPropose>(facts)?;
                let id = w.service(*service).await?.unwrap().id;
                let now = w.address_in_use(id).await?.unwrap();
                let new = NewAddress {
                    organisation: now.organisation,
                    email: email.unwrap_or(&now.email),
                    code_route: "Ring the duty desk",
                    called_back_at: w.now(),
                };
                Ok((now.reference, w.address_propose(&permit, &new).await?))
            })
        })
        .await
        .unwrap()
}

both!(
    a_link_leaves_although_our_own_address_bears_a_name_and_a_topic,
    |world| {
        let mut town = town(world).await;
        // The names of the office and of what it does, as councils call their servers.
        town.app.settings.base_url = "https://housing.riverside.gov.uk".to_owned();
        let (_, token) = mailed(&town).await;
        assert_eq!(landing(&town, &token).await, Landing::AskCode);
    }
);

both!(
    the_link_of_a_service_that_said_yes_works_until_help_ends,
    |world| {
        let town = town(world).await;
        let app = &town.app;
        let (sent, token) = mailed(&town).await;
        let code = sent.code.unwrap();
        let enters = || partner::link_enter(app, &token, &code);
        let Entered::In(holder, reference, _) = enters().await.unwrap() else {
            panic!("the code fits")
        };
        let wait = Answer::Waitlist { days: Some(90) };
        let seen = version(&town, reference).await;
        partner::answer(app, &holder, reference, seen, &wait)
            .await
            .unwrap();
        days(world, &town, 25).await;
        assert_eq!(
            landing(&town, &token).await,
            Landing::AskCode,
            "they wait for weeks"
        );
        let seen = version(&town, reference).await;
        partner::answer(app, &holder, reference, seen, &yes())
            .await
            .unwrap();
        // The number is shown at safe hours only, and those may come later than the link would have lived.
        days(world, &town, 4).await;
        assert!(matches!(enters().await.unwrap(), Entered::In(..)));
        let ways = reached(app, &holder, reference).await.unwrap();
        assert_eq!(ways[0].value.as_deref(), Some("07700 900123"));
    }
);

both!(
    a_link_that_nobody_answered_lapses_as_before_and_a_late_yes_is_somebodys_to_tell,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let (sent, token) = mailed(&town).await;
        days(world, &town, 20).await;
        assert_eq!(landing(&town, &token).await, Landing::Expired);
        assert_eq!(calls(&town).await, 0);
        let seen = version(&town, sent.reference).await;
        referral_answer::record_answer(app, coach, sent.reference, seen, &yes(), Via::Phone)
            .await
            .unwrap();
        assert_eq!(
            calls(&town).await,
            1,
            "nobody there can see how to make contact"
        );
        assert_eq!(landing(&town, &token).await, Landing::Expired);
    }
);

both!(
    an_address_that_is_taken_out_of_use_takes_its_links_with_it,
    |world| {
        let town = town(world).await;
        let (app, steward) = (&town.app, &town.stewards[0]);
        let (sent, token) = mailed(&town).await;
        let code = sent.code.unwrap();
        // The same address once more changes nothing.
        let (_, same) = proposed(&town, None).await;
        confirm(&town, 1, town.linked, same).await.unwrap();
        assert_eq!(landing(&town, &token).await, Landing::AskCode);
        // What was only proposed has no links.
        let (_, other) = proposed(&town, Some("wrong@example.net")).await;
        address::retire(app, steward, town.linked, other)
            .await
            .unwrap();
        assert_eq!(landing(&town, &token).await, Landing::AskCode);
        assert_eq!(calls(&town).await, 0);

        address::retire(app, steward, town.linked, same)
            .await
            .unwrap();
        assert_eq!(landing(&town, &token).await, Landing::Closed);
        assert_eq!(
            partner::link_enter(app, &token, &code).await.unwrap(),
            Entered::Not(Landing::Closed)
        );
        assert_eq!(calls(&town).await, 1, "the worker is to call them");
    }
);

both!(
    an_address_in_the_place_of_another_ends_the_links_of_the_other,
    |world| {
        let town = town(world).await;
        let (_, token) = mailed(&town).await;
        let (_, new) = proposed(&town, Some("desk@quayside.example")).await;
        confirm(&town, 1, town.linked, new).await.unwrap();
        assert_eq!(landing(&town, &token).await, Landing::Closed);
        assert_eq!(calls(&town).await, 1);
    }
);

both!(
    a_program_takes_nobody_on_where_no_human_could_make_contact,
    |world| {
        let town = town(world).await;
        let app = &town.app;
        let (sent, token) = mailed(&town).await;
        let service = &town.linked;
        let (system, listed) = (
            throughline_app::outbox::system(app).await.unwrap(),
            *service,
        );
        let there = app
            .store
            .work(&system, Purpose::KeepPromises, |w| {
                Box::pin(async move {
                    let id = w.service(listed).await?.unwrap().id;
                    Ok(w.address_in_use(id).await?.unwrap().organisation)
                })
            })
            .await
            .unwrap();
        let program = Actor::Client {
            client: Id::from_uuid(there.uuid()),
            organisation: there,
            scopes: ActionKind::ALL.to_vec(),
        };
        days(world, &town, 20).await;
        assert_eq!(landing(&town, &token).await, Landing::Expired);
        let seen = version(&town, sent.reference).await;
        let refused = partner::answer(app, &program, sent.reference, seen, &yes()).await;
        let problem = match refused {
            Err(Error::Invalid { problem, .. }) => problem,
            _ => "",
        };
        assert_eq!(problem, "partner-nobody-to-make-contact");
        let new = &NewAccount {
            organisation: there,
            site: None,
            role: Role::PartnerWorker,
            name: "Rhian",
            email: "rhian@quayside.example",
            password: None,
        };
        app.store
            .work(&Actor::Public, Purpose::AdministerAccess, |w| {
                Box::pin(w.account_create(new))
            })
            .await
            .unwrap();
        let state = partner::answer(app, &program, sent.reference, seen, &yes())
            .await
            .unwrap();
        assert_eq!(state, ReferralState::Accepted);
    }
);
