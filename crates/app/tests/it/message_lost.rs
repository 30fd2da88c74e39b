//! What could be lost in silence between a worker and the person, on both databases: nodes that die or come late, what is taken back on
//! its way, and ways that lapse (NE-08).

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop"
)]

use crate::reach::{Post, adds, asks, safe, states, tasks, turn};
use crate::town::{Town, open_case, town};
use throughline_app::mail::{Letter, Mailer, NotSent};
use throughline_app::message::{self, HandedOver};
use throughline_app::outbox::{dispatch_once, given_up};
use throughline_app::{case_view, contact};
use throughline_core::artefact::Artefact;
use throughline_core::contact::Channel;
use throughline_core::message::MessageState;
use throughline_core::task::TaskKind;
use throughline_policy::Purpose;
use throughline_store::Error;
use throughline_store::outbox::{LEASE_SECONDS, Lease, OutboxKind, TRIES};
use throughline_testkit::both;

const KEEP: Purpose = Purpose::KeepPromises;
const DAY: i64 = 24 * 3_600;

/// Takes what the outbox has for the person, as a node does.
async fn leased(town: &Town) -> Vec<Lease> {
    let system = throughline_app::outbox::system(&town.app).await.unwrap();
    town.app
        .store
        .work(&system, KEEP, |w| {
            Box::pin(async move {
                w.outbox_lease_of(OutboxKind::PersonMessage, "dies", 20)
                    .await
            })
        })
        .await
        .unwrap()
}

both!(
    ne_08_a_mail_whose_last_lease_runs_out_leaves_somebody_with_the_task,
    |world| {
        let town = town(world).await;
        let way = adds(
            &town,
            town.case,
            &safe(Channel::Email, "amina@home.example"),
        )
        .await;
        asks(&town, town.case, way, Artefact::EmailPleaseCall).await;
        // Whoever takes it dies, each time.
        for _ in 0..TRIES {
            assert_eq!(leased(&town).await.len(), 1);
            world.clock.advance_seconds(LEASE_SECONDS + 1);
        }
        assert_eq!(
            states(&town, town.case).await,
            [(MessageState::Waiting, None)]
        );
        let post = Post::default();
        turn(&town, &post).await;
        assert_eq!(post.to_the_person(), [], "it is not tried once more");
        assert_eq!(
            states(&town, town.case).await,
            [(MessageState::Failed, None)]
        );
        let left = tasks(&town, town.case, TaskKind::AgreeSafeContact).await;
        assert_eq!(left.len(), 1);
        let given_up = given_up(&town.app.store).await.unwrap();
        assert_eq!(given_up.len(), 1);
        assert_eq!(given_up[0].error, "lease_ran_out");
    }
);

both!(
    whoever_held_what_was_put_off_meanwhile_has_no_more_say_in_it,
    |world| {
        let town = town(world).await;
        let way = adds(
            &town,
            town.case,
            &safe(Channel::Email, "amina@home.example"),
        )
        .await;
        asks(&town, town.case, way, Artefact::EmailPleaseCall).await;
        let system = &throughline_app::outbox::system(&town.app).await.unwrap();
        let first = &leased(&town).await[0];
        world.clock.advance_seconds(LEASE_SECONDS + 1);
        let second = &leased(&town).await[0];
        // The second puts it off, and a third has it: as the first had it, at its first try.
        let put_off = town.app.store.work(system, KEEP, |w| {
            Box::pin(async move { w.outbox_put_off(second, w.now()).await })
        });
        assert!(put_off.await.unwrap());
        let third = &leased(&town).await[0];
        assert_eq!(third.attempt, first.attempt);
        for (lease, holds) in [(first, false), (third, true)] {
            let done = town.app.store.work(system, KEEP, |w| {
                Box::pin(async move { w.outbox_done(lease).await })
            });
            assert_eq!(done.await.unwrap(), holds);
        }
    }
);

/// A mail server that takes what a worker takes back in the same moment.
struct TakenBack<'a>(&'a Town);

impl Mailer for TakenBack<'_> {
    async fn send(&self, _: &Letter) -> Result<(), NotSent> {
        let (app, coach, case) = (&self.0.app, self.0.coach.actor(), self.0.case);
        let known = message::messages(app, &coach, case).await.unwrap();
        let not_wanted = HandedOver::NotWanted;
        message::handed_over(app, &coach, case, known[0].reference, not_wanted)
            .await
            .unwrap();
        Ok(())
    }
}

both!(
    what_went_although_it_was_taken_back_is_on_record_as_sent,
    |world| {
        let town = town(world).await;
        let way = adds(
            &town,
            town.case,
            &safe(Channel::Email, "amina@home.example"),
        )
        .await;
        asks(&town, town.case, way, Artefact::EmailPleaseCall).await;
        dispatch_once(&town.app, &TakenBack(&town), "one")
            .await
            .unwrap();
        assert_eq!(states(&town, town.case).await, [(MessageState::Sent, None)]);
        // What a worker takes back before, nobody can call sent.
        asks(&town, town.case, way, Artefact::EmailPleaseCall).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let known = message::messages(app, coach, town.case).await.unwrap();
        let waits = known
            .iter()
            .find(|it| it.state == MessageState::Waiting)
            .unwrap();
        let named = waits.reference;
        message::handed_over(app, coach, town.case, named, HandedOver::NotWanted)
            .await
            .unwrap();
        let done = message::handed_over(app, coach, town.case, named, HandedOver::Done).await;
        assert!(matches!(done, Err(Error::Illegal(_))), "{done:?}");
    }
);

both!(
    ne_08_one_way_that_is_agreed_anew_does_not_make_another_that_lapses_forgotten,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        let case = open_case(&app.store, &town.coach).await;
        let mail = adds(&town, case, &safe(Channel::Email, "amina@home.example")).await;
        adds(&town, case, &safe(Channel::Sms, "07700 900456")).await;
        let told = async || message::ask_before_a_way_lapses(app, 200).await.unwrap();
        let to_agree = async || tasks(&town, case, TaskKind::AgreeSafeContact).await.len();
        world.clock.advance_seconds(60 * DAY);
        told().await;
        assert_eq!(to_agree().await, 1);
        contact::confirm(app, coach, case, mail).await.unwrap();
        assert_eq!(to_agree().await, 0);
        told().await;
        assert_eq!(to_agree().await, 1, "of the others");
        // The control: once no way lapses, nobody is asked again.
        let view = case_view::read(app, coach, case).await.unwrap();
        for way in &view.contacts.all {
            contact::confirm(app, coach, case, way.reference)
                .await
                .unwrap();
        }
        told().await;
        assert_eq!(to_agree().await, 0);
    }
);
