//! What follows from keeping people apart, on both databases: what tells of the old time is taken back, what is to be agreed stays
//! until it is, and nothing that was decided on words holds against a confirmation.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop"
)]

use crate::front_site;
use crate::two::{BORN, Two, morning, sheet, two};
use throughline_app::apart::{self, Decided};
use throughline_app::appointment::{self, Slot, Which};
use throughline_app::closed::{self, Change};
use throughline_app::contact::{self, ContactSaid};
use throughline_app::message::{self, Asked, MessageAsk};
use throughline_app::{App, Error, case, case_view, promises};
use throughline_core::answer::Answer;
use throughline_core::apart::planned_by;
use throughline_core::appointment::{AppointmentMove, AppointmentState};
use throughline_core::artefact::Artefact;
use throughline_core::contact::{AnsweredBy, Channel, Verdict};
use throughline_core::id::Ref;
use throughline_core::message::MessageState;
use throughline_core::nation::Nation;
use throughline_core::pack::Packs;
use throughline_core::role::Role;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_policy::action::CaseChange;
use throughline_policy::{Actor, Purpose};
use throughline_store::account::{Account, NewAccount};
use throughline_testkit::actor::proved;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

const fn slot(starts_at: At) -> Slot {
    Slot {
        starts_at,
        minutes: 30,
    }
}

impl Two {
    /// The planner does this with the one task there is.
    async fn planner(&self, decided: Decided) {
        let task = self.to_plan(&self.site.lead).await[0];
        let lead = self.site.lead.actor();
        let own = apart::plan(&self.site.app, &lead, task).await.unwrap();
        let version = own.unwrap().plan.version;
        apart::decide(&self.site.app, &lead, task, version, decided)
            .await
            .unwrap();
    }

    /// Amina's appointment at this time, as her worker has it before them.
    async fn at(&self, time: At) -> Which {
        let all = self.amina_has().await;
        let one = all.iter().find(|it| it.starts_at == time).unwrap();
        Which {
            case: self.amina,
            appointment: one.reference,
            version: one.version,
        }
    }

    async fn to_agree(&self) -> usize {
        self.tasks(&self.site.coach, TaskKind::AgreeTime)
            .await
            .len()
    }

    async fn way(&self, channel: Channel, value: &str) -> Ref {
        let said = ContactSaid {
            channel,
            verdict: Verdict::Safe,
            value: value.to_owned(),
            windows: Vec::new(),
            voicemail: false,
            answered_by: AnsweredBy::OnlyThem,
            neutral_only: true,
            shared_account: Answer::No,
            say: None,
        };
        let coach = self.site.coach.actor();
        contact::add(&self.site.app, &coach, self.amina, &said)
            .await
            .unwrap()
    }

    async fn tells(&self, contact: Ref, artefact: Artefact, time: At) -> Asked {
        let ask = MessageAsk {
            contact,
            artefact,
            appointment: Some(time),
        };
        let coach = self.site.coach.actor();
        message::ask(&self.site.app, &coach, self.amina, &ask)
            .await
            .unwrap()
    }

    /// Of every message to Amina what it is and where it stands, in no order.
    async fn told_of(&self, time: At) -> Vec<(Artefact, MessageState)> {
        let coach = self.site.coach.actor();
        let all = message::messages(&self.site.app, &coach, self.amina).await;
        let all = all.unwrap();
        let mut of: Vec<_> = all
            .iter()
            .filter(|it| it.appointment == Some(time))
            .map(|it| (it.artefact, it.state))
            .collect();
        of.sort_by_key(|(artefact, _)| format!("{artefact}"));
        of
    }
}

/// The same two at another site, in Wales.
async fn in_wales(world: &TestStore, two: &Two) -> Two {
    let organisation = two.site.coach.organisation;
    let made = world
        .store
        .work(&Actor::Public, Purpose::AdministerAccess, |w| {
            Box::pin(async move {
                let site = w
                    .site_create(organisation, "Llandaff", None, Nation::Wales, true)
                    .await?;
                let mut made = Vec::new();
                for name in ["coach there", "other there"] {
                    let new = NewAccount {
                        organisation,
                        site: Some(site.id),
                        role: Role::WorkCoach,
                        name,
                        email: &format!("{}@example.org", name.replace(' ', "-")),
                        password: None,
                    };
                    made.push(w.account_create(&new).await?);
                }
                Ok(made)
            })
        })
        .await
        .unwrap();
    let (here, packs) = (&two.site, Packs::embedded().unwrap());
    let site = front_site::Site {
        app: App::new(world.store.clone(), packs, here.app.settings.clone()).unwrap(),
        coach: made[0].clone(),
        other: made[1].clone(),
        desk: here.desk.clone(),
        lead: here.lead.clone(),
        deputy: here.deputy.clone(),
        manager: here.manager.clone(),
        officer: here.officer.clone(),
    };
    let opens = async |by: &Account, sheet| case::open(&site.app, &by.actor(), &sheet).await;
    let amina = opens(&site.coach, sheet("Amina", "Quill", None)).await;
    let rory = opens(&site.other, sheet("Rory", "Vale", Some(BORN))).await;
    Two {
        amina: amina.unwrap(),
        rory: rory.unwrap(),
        site,
    }
}

both!(
    ne_05_what_was_let_stay_on_words_is_raised_again_once_the_link_is_confirmed,
    |world| {
        let two = two(world, &[0, 1]).await;
        let link = two.told().await;
        let day = morning(&two, 3);
        two.meet(day).await;
        two.job().await;
        two.planner(Decided::ArrangedOtherwise).await;
        assert_eq!(two.job().await, 0, "on words it may stay");
        two.confirms(link).await;
        assert!(two.job().await > 0);
        assert_eq!(two.to_plan(&two.site.lead).await.len(), 1);
        world.clock.set(planned_by(day, day));
        two.job().await;
        let own = two.amina_has().await;
        assert_eq!(own[0].state, AppointmentState::ToRearrange);
    }
);

both!(
    that_it_is_somebody_else_of_that_name_still_holds_once_the_link_is_confirmed,
    |world| {
        let two = two(world, &[0, 1]).await;
        let link = two.told().await;
        two.meet(morning(&two, 3)).await;
        two.job().await;
        two.planner(Decided::SomebodyElse).await;
        two.confirms(link).await;
        assert_eq!(two.job().await, 0);
    }
);

both!(
    ne_05_no_message_tells_of_a_time_that_a_planner_changed,
    |world| {
        let two = two(world, &[0, 1]).await;
        two.told().await;
        let day = morning(&two, 3);
        let (old, other) = (day.plus_hours(4), day.plus_days(5));
        two.meet(day).await;
        let text = two.way(Channel::Sms, "07700 900456").await;
        let mail = two.way(Channel::Email, "amina@home.example").await;
        for time in [old, other] {
            let waits = two.tells(mail, Artefact::EmailAppointment, time).await;
            assert!(matches!(waits, Asked::Waits(_)), "{waits:?}");
        }
        let in_hand = two.tells(text, Artefact::SmsAppointment, old).await;
        let Asked::InHand(in_hand) = in_hand else {
            unreachable!("a text is sent by hand: {in_hand:?}")
        };
        two.job().await;
        two.planner(Decided::Move(slot(morning(&two, 4)))).await;
        assert_eq!(
            two.told_of(old).await,
            [
                (Artefact::EmailAppointment, MessageState::Dropped),
                (Artefact::SmsAppointment, MessageState::Dropped),
            ]
        );
        let (app, coach) = (&two.site.app, two.site.coach.actor());
        let open = message::in_hand(app, &coach, two.amina, in_hand).await;
        assert!(open.unwrap().released.is_none(), "nothing to read out");
        let done = message::HandedOver::Done;
        let late = message::handed_over(app, &coach, two.amina, in_hand, done).await;
        assert!(matches!(late, Err(Error::Illegal(_))), "{late:?}");
        let by_hand = two.tasks(&two.site.coach, TaskKind::HandOverMessage).await;
        assert_eq!(by_hand.len(), 0);
        // The control: what tells of a time that holds still goes.
        let holds = (Artefact::EmailAppointment, MessageState::Waiting);
        assert_eq!(two.told_of(other).await, [holds]);
        let view = case_view::read(app, &coach, two.amina).await.unwrap();
        let told: Vec<_> = view
            .story
            .iter()
            .filter(|it| it.line.kind == "message_time_changed")
            .collect();
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|it| it.by.is_none()), "nobody learns who");
    }
);

both!(
    what_is_taken_back_is_the_same_when_their_own_worker_changes_the_time,
    |world| {
        let two = two(world, &[0, 1]).await;
        let day = morning(&two, 3);
        let times = [day, day.plus_days(1), day.plus_days(2), day.plus_days(3)];
        let mail = two.way(Channel::Email, "amina@home.example").await;
        for time in times {
            two.books(&two.site.coach, two.amina, time).await.unwrap();
            two.tells(mail, Artefact::EmailAppointment, time).await;
        }
        let (app, coach) = (&two.site.app, two.site.coach.actor());
        let [moved, cancelled, rearranged, longer] = times;
        let which = two.at(moved).await;
        appointment::move_to(app, &coach, which, slot(moved.plus_hours(1)))
            .await
            .unwrap();
        for (time, by) in [
            (cancelled, AppointmentMove::Cancel),
            (rearranged, AppointmentMove::Rearrange),
        ] {
            let which = two.at(time).await;
            appointment::step(app, &coach, which, by).await.unwrap();
        }
        let which = two.at(longer).await;
        let hour = Slot {
            starts_at: longer,
            minutes: 60,
        };
        appointment::move_to(app, &coach, which, hour)
            .await
            .unwrap();
        for time in [moved, cancelled, rearranged] {
            let dropped = (Artefact::EmailAppointment, MessageState::Dropped);
            assert_eq!(two.told_of(time).await, [dropped]);
        }
        let waits = (Artefact::EmailAppointment, MessageState::Waiting);
        assert_eq!(two.told_of(longer).await, [waits], "it begins when it did");
    }
);

both!(
    a_time_that_a_planner_changed_is_to_be_agreed_until_its_own_appointment_is_seen_to,
    |world| {
        let two = two(world, &[0, 1]).await;
        two.told().await;
        let day = morning(&two, 9);
        two.meet(day).await;
        let (app, coach) = (&two.site.app, two.site.coach.actor());
        let elsewhere = day.plus_days(5);
        two.books(&two.site.coach, two.amina, elsewhere)
            .await
            .unwrap();
        two.job().await;
        world.clock.advance_seconds(60);
        let first = day.plus_days(1);
        two.planner(Decided::Move(slot(first))).await;
        assert_eq!(two.to_agree().await, 1);
        // Whatever is done about another appointment of theirs leaves it.
        world.clock.advance_seconds(60);
        let which = two.at(elsewhere).await;
        appointment::move_to(app, &coach, which, slot(elsewhere.plus_hours(1)))
            .await
            .unwrap();
        world.clock.advance_seconds(60);
        let which = two.at(elsewhere.plus_hours(1)).await;
        let rearrange = AppointmentMove::Rearrange;
        appointment::step(app, &coach, which, rearrange)
            .await
            .unwrap();
        assert_eq!(two.to_agree().await, 2, "each of the two");
        world.clock.advance_seconds(60);
        let which = two.at(elsewhere.plus_hours(1)).await;
        let cancel = AppointmentMove::Cancel;
        appointment::step(app, &coach, which, cancel).await.unwrap();
        assert_eq!(two.to_agree().await, 1, "the moved one still");
        // A second move by the planner is one thing to agree, and not two or none.
        two.books(&two.site.other, two.rory, first).await.unwrap();
        two.job().await;
        world.clock.advance_seconds(60);
        let second = day.plus_days(3);
        two.planner(Decided::Move(slot(second))).await;
        assert_eq!(two.to_agree().await, 1);
        // Their worker gives it the time that they agreed.
        world.clock.advance_seconds(60);
        let which = two.at(second).await;
        appointment::move_to(app, &coach, which, slot(second.plus_hours(1)))
            .await
            .unwrap();
        assert_eq!(two.to_agree().await, 0);
    }
);

both!(
    a_planner_who_is_barred_from_one_of_the_two_does_not_keep_the_task,
    |world| {
        let two = two(world, &[0, 1]).await;
        two.told().await;
        two.meet(morning(&two, 9)).await;
        two.job().await;
        assert_eq!(two.to_plan(&two.site.lead).await.len(), 1);
        let deputy = proved(two.site.deputy.actor(), world.env.now());
        let bar = Change::Bar(two.site.lead.reference);
        closed::change(&two.site.app, &deputy, two.rory, &bar)
            .await
            .unwrap();
        promises::run(&two.site.app).await.unwrap();
        assert_eq!(two.to_plan(&two.site.deputy).await.len(), 1);
        assert_eq!(two.to_plan(&two.site.lead).await.len(), 0);
    }
);

both!(
    ne_05_one_pair_that_cannot_be_told_of_holds_back_nobody_elses_protection,
    |world| {
        let two = two(world, &[0, 1]).await;
        let there = in_wales(world, &two).await;
        let day = morning(&two, 3);
        for (of, from) in [(&there, day), (&two, day.plus_hours(1))] {
            of.told().await;
            of.meet(from).await;
        }
        // Of Wales there is no policy pack, so that nothing with a clock can start there; and what is first comes first.
        let england = include_str!("../../../core/packs/england/england-2024.toml");
        let packs = Packs::parse(&[england]).unwrap();
        let settings = two.site.app.settings.clone();
        let lame = App::new(world.store.clone(), packs, settings).unwrap();
        let told = async || {
            let mut told = 0;
            for planner in [&two.site.lead, &two.site.deputy, &two.site.manager] {
                told += two.to_plan(planner).await.len();
            }
            told
        };
        apart::run(&lame).await.unwrap();
        assert_eq!(told().await, 1);
        assert_eq!(two.to_plan(&two.site.lead).await.len(), 1);
        // The control: there were two, and the other is told of once it can be.
        two.job().await;
        assert_eq!(told().await, 2);
    }
);

both!(two_nodes_that_look_at_once_tell_a_planner_once, |world| {
    let two = two(world, &[0, 1]).await;
    let link = two.told().await;
    two.meet(morning(&two, 3)).await;
    for again in [false, true] {
        let (one, other) = tokio::join!(apart::run(&two.site.app), apart::run(&two.site.app));
        one.unwrap();
        other.unwrap();
        assert_eq!(two.to_plan(&two.site.lead).await.len(), 1);
        if !again {
            two.planner(Decided::ArrangedOtherwise).await;
            two.confirms(link).await;
        }
    }
});

both!(nothing_of_a_closed_case_is_given_a_time_ahead, |world| {
    let two = two(world, &[0, 1]).await;
    let at = morning(&two, 2);
    two.books(&two.site.coach, two.amina, at).await.unwrap();
    world.clock.set(at.plus_hours(1));
    let coach = two.site.coach.actor();
    let closed = world
        .store
        .work(&coach, Purpose::HelpAPerson, |w| {
            Box::pin(async move {
                let facts = w.case_facts(two.amina).await?;
                let may = w.permit_found::<CaseChange>(facts)?;
                let state = throughline_store::case::CaseState::Closed;
                w.case_state_set(&may, 1, state).await
            })
        })
        .await;
    closed.unwrap();
    let which = two.at(at).await;
    let moved = appointment::move_to(&two.site.app, &coach, which, slot(morning(&two, 2)));
    let moved = moved.await;
    assert!(
        matches!(
            moved,
            Err(Error::Invalid {
                problem: "case-is-closed",
                ..
            })
        ),
        "{moved:?}"
    );
});
