//! The one address that a service gives once it has said yes: who may see it, when it needs a second person, and that it is gone.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::town::{DIRECTORY, Town, listing, lists, send, town};
use throughline_app::place::{self, PlaceEnd, Way};
use throughline_app::referral_answer::{self, Answer};
use throughline_app::second_person::SecondPersonState;
use throughline_app::{Error, partner, referral, second_person, today};
use throughline_core::directory::{Place, Provision, ServiceType};
use throughline_core::id::Ref;
use throughline_core::reason::Words;
use throughline_core::reveal::{Reason, Why};
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::{Account, NewAccount};
use throughline_store::task::{Task, TaskOutcome};
use throughline_testkit::actor::proved;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

const ADDRESS: &str = "41 Zqplacexw Row. Ring the blue bell.";

/// A request that a service said yes to, and those who could be asked about it.
struct Yes {
    town: Town,
    referral: Ref,
    /// The lead of the case, who has just proved themselves.
    lead: Actor,
    partner: Actor,
    /// The duty officer of the site, who has not.
    duty: Account,
    /// A security officer of another organisation, who has just proved themselves.
    officer: Actor,
}

fn words(text: &str) -> Words {
    Words::new(text).unwrap()
}

fn why() -> Reason {
    Reason::new(Why::TellThem, None).unwrap()
}

async fn joins(town: &Town, like: &Account, role: Role, email: &str) -> Account {
    let new = NewAccount {
        organisation: like.organisation,
        site: like.site,
        role,
        name: "Somebody else",
        email,
        password: None,
    };
    let new = &new;
    town.app
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move { w.account_create(new).await })
        })
        .await
        .unwrap()
}

/// A refuge whose workers have accounts.
async fn refuge(town: &Town) -> Ref {
    let mut entry = listing("r", "Swallow House").entry;
    entry.provision = Provision::new(vec![ServiceType::Refuge], Place::default()).unwrap();
    let refuge = lists(town, entry).await;
    let (service, theirs) = (&refuge, &town.partner.organisation);
    town.app
        .store
        .work(&town.stewards[0], DIRECTORY, |w| {
            Box::pin(async move {
                let id = w.service(*service).await?.unwrap().id;
                w.service_answered_by(id, *theirs, None).await
            })
        })
        .await
        .unwrap();
    refuge
}

async fn yes(world: &TestStore, to_a_refuge: bool) -> Yes {
    let town = town(world).await;
    let duty = joins(&town, &town.coach, Role::DaLead, "duty@example.org").await;
    let officer = joins(
        &town,
        &town.partner,
        Role::SecurityOfficer,
        "officer@harbour.example",
    )
    .await;
    let service = if to_a_refuge {
        refuge(&town).await
    } else {
        town.inbox
    };
    let referral = send(&town, service).await.reference;
    let (partner, now) = (town.partner.actor(), world.env.now());
    let seen = partner::open(&town.app, &partner, referral).await.unwrap();
    let accept = Answer::Accept {
        by: words("Rhian"),
        when: None,
        how: None,
    };
    let version = seen.referral.version;
    partner::answer(&town.app, &partner, referral, version, &accept)
        .await
        .unwrap();
    Yes {
        lead: proved(town.coach.actor(), now),
        officer: proved(officer.actor(), now),
        partner,
        duty,
        referral,
        town,
    }
}

impl Yes {
    async fn says(&self, address: &str) {
        place::say(
            &self.town.app,
            &self.partner,
            self.referral,
            &words(address),
        )
        .await
        .unwrap();
    }

    async fn way(&self) -> Result<Way, Error> {
        place::way(&self.town.app, &self.lead, self.referral).await
    }

    async fn show(&self, to: &Actor, reason: &Reason) -> Result<String, Error> {
        let ask = self.town.app.env().reference();
        place::show(&self.town.app, to, self.referral, ask, reason).await
    }

    async fn asks(&self, why: &str) -> Result<(), Error> {
        place::ask(&self.town.app, &self.lead, self.referral, &words(why)).await
    }

    /// How the newest address ended, as the service reads it.
    async fn end(&self) -> Option<PlaceEnd> {
        let read = partner::open(&self.town.app, &self.partner, self.referral).await;
        read.unwrap().places[0].said.ended.map(|(end, _)| end)
    }

    async fn tasks(&self, kind: TaskKind) -> Vec<Task> {
        let system = throughline_app::outbox::system(&self.town.app)
            .await
            .unwrap();
        let all = self
            .town
            .app
            .store
            .work(&system, Purpose::KeepPromises, |w| {
                Box::pin(async move { w.tasks(&w.scope(), 50).await })
            })
            .await
            .unwrap();
        all.into_iter().filter(|task| task.kind == kind).collect()
    }
}

both!(
    i4_the_address_of_a_refuge_is_seen_only_after_somebody_of_another_organisation_said_yes,
    |world| {
        let yes = yes(world, true).await;
        assert!(yes.way().await.is_err(), "nothing was given yet");
        yes.says(ADDRESS).await;
        assert_eq!(yes.way().await.unwrap(), Way::Ask(None));
        assert!(matches!(
            yes.show(&yes.lead, &why()).await,
            Err(Error::Conflict)
        ));
        // What is read elsewhere names neither the person nor the place.
        for told in ["Amina has to leave now", "She goes to Swallow House"] {
            let refused = yes.asks(told).await;
            assert!(
                matches!(
                    refused,
                    Err(Error::Invalid {
                        field: "reason",
                        ..
                    })
                ),
                "{told}: {refused:?}"
            );
        }
        yes.asks("She must be driven there tonight").await.unwrap();
        assert!(matches!(yes.way().await.unwrap(), Way::Asked(_)));
        assert!(yes.show(&yes.lead, &why()).await.is_err());
        let app = &yes.town.app;
        let waiting = second_person::waiting(app, &yes.officer).await.unwrap();
        assert_eq!(waiting.len(), 1);
        let asked = waiting[0].asked.reference;
        let read = second_person::read(app, &yes.officer, asked).await.unwrap();
        let told = format!("{read:?}");
        for secret in ["Amina", "Okafor", "Swallow", "Zqplacexw"] {
            assert!(!told.contains(secret), "{secret} is in {told}");
        }
        second_person::answer(app, &yes.officer, asked, true)
            .await
            .unwrap();
        assert_eq!(yes.way().await.unwrap(), Way::Reason);
        // Nobody but the lead, whoever said yes.
        for other in [
            &yes.officer,
            &yes.partner,
            &proved(yes.duty.actor(), world.env.now()),
        ] {
            assert!(yes.show(other, &why()).await.is_err());
        }
        assert_eq!(yes.show(&yes.lead, &why()).await.unwrap(), ADDRESS);
        assert!(yes.show(&yes.lead, &why()).await.is_err(), "once");
        assert_eq!(yes.end().await, Some(PlaceEnd::Shown));
        // Another address needs another yes: the one that was given is used.
        yes.says("2 Other Row").await;
        assert_eq!(yes.way().await.unwrap(), Way::Ask(None));
        yes.asks("It was moved").await.unwrap();
        let waiting = second_person::waiting(app, &yes.officer).await.unwrap();
        let asked = waiting[0].asked.reference;
        second_person::answer(app, &yes.officer, asked, false)
            .await
            .unwrap();
        let refused = Some(SecondPersonState::Refused);
        assert_eq!(yes.way().await.unwrap(), Way::Ask(refused));
        assert!(yes.show(&yes.lead, &why()).await.is_err());
    }
);

both!(
    an_address_that_anybody_may_know_needs_no_second_person_but_a_lead_who_proved_themselves,
    |world| {
        let yes = yes(world, false).await;
        yes.says(ADDRESS).await;
        assert_eq!(yes.tasks(TaskKind::SeePlace).await.len(), 1);
        let unproved = yes.town.coach.actor();
        assert!(matches!(
            yes.show(&unproved, &why()).await,
            Err(Error::Denied(_))
        ));
        assert_eq!(yes.way().await.unwrap(), Way::Reason);
        assert_eq!(yes.show(&yes.lead, &why()).await.unwrap(), ADDRESS);
        assert!(yes.tasks(TaskKind::SeePlace).await.is_empty());
    }
);

both!(
    i4_when_a_life_is_at_risk_the_duty_officer_sees_the_address_alone_and_somebody_else_reviews_it,
    |world| {
        let yes = yes(world, true).await;
        yes.says(ADDRESS).await;
        let danger = Reason::new(Why::LifeAtRisk, Some(words("He is outside"))).unwrap();
        for other in [&yes.lead, &yes.partner, &yes.officer] {
            assert!(yes.show(other, &danger).await.is_err(), "{other:?}");
        }
        let duty = yes.duty.actor();
        assert_eq!(yes.show(&duty, &danger).await.unwrap(), ADDRESS);
        let reviews = yes.tasks(TaskKind::ReviewReveal).await;
        assert_eq!(reviews.len(), 1);
        assert_eq!(
            reviews[0].told,
            Some(yes.town.coach.id),
            "not by themselves"
        );
        let days = reviews[0].due_at.seconds_since(world.env.now()) / 86_400;
        assert!(days <= 5, "two working days, over a weekend: {days}");
        let app = &yes.town.app;
        let done = TaskOutcome::Done;
        let own = today::task_finish(app, &duty, reviews[0].reference, done).await;
        assert!(
            own.is_err(),
            "nobody reviews what they were shown themselves"
        );
        // The control: the lead of the case, who was shown nothing, may.
        today::task_finish(app, &yes.lead, reviews[0].reference, done)
            .await
            .unwrap();
    }
);

both!(
    ne_06_an_address_that_nobody_may_see_any_more_is_shown_to_nobody,
    |world| {
        let yes = yes(world, false).await;
        let app = &yes.town.app;
        let gone = async || yes.show(&yes.lead, &why()).await.is_err();
        yes.says(ADDRESS).await;
        place::take_back(app, &yes.partner, yes.referral)
            .await
            .unwrap();
        assert!(gone().await);
        assert_eq!(yes.end().await, Some(PlaceEnd::TakenBack));
        assert!(
            matches!(
                place::take_back(app, &yes.partner, yes.referral).await,
                Err(Error::Conflict)
            ),
            "there is nothing to take back twice"
        );
        // Another takes the place of the first: that one alone is seen.
        yes.says(ADDRESS).await;
        yes.says("2 Other Row").await;
        assert_eq!(yes.show(&yes.lead, &why()).await.unwrap(), "2 Other Row");
        // Nobody looks for a week: whether or not the job has come by.
        yes.says(ADDRESS).await;
        world.clock.advance_seconds(7 * 86_400);
        let lead = proved(yes.town.coach.actor(), world.env.now());
        assert!(yes.show(&lead, &why()).await.is_err());
        assert_eq!(yes.end().await, Some(PlaceEnd::Lapsed));
        assert_eq!(place::lapse(app).await.unwrap(), 1);
        assert_eq!(place::lapse(app).await.unwrap(), 0);
        // The control: a new one is seen; and with the request it is gone.
        yes.says(ADDRESS).await;
        assert_eq!(yes.show(&lead, &why()).await.unwrap(), ADDRESS);
        yes.says(ADDRESS).await;
        let view = referral::view(app, &lead, yes.referral).await.unwrap();
        let version = view.referral.version;
        referral_answer::withdraw(app, &lead, yes.referral, version)
            .await
            .unwrap();
        assert!(yes.show(&lead, &why()).await.is_err());
        let view = referral::view(app, &lead, yes.referral).await.unwrap();
        let ends = view.places.iter().map(|place| place.said.ended);
        let over = |end: &Option<(PlaceEnd, _)>| matches!(end, Some((PlaceEnd::Over, _)));
        assert_eq!(ends.filter(over).count(), 1);
        let again = place::say(app, &yes.partner, yes.referral, &words(ADDRESS)).await;
        assert!(again.is_err(), "nor is another one taken");
    }
);
