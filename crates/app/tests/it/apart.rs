//! Keeping people apart, on both databases: who is told, what happens by itself and what never does, and what nobody learns.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use crate::front_site::site;
use crate::two::{BORN, Two, morning, sheet, two};
use throughline_app::apart::{self, Decided};
use throughline_app::appointment::{self, Slot, Which};
use throughline_app::{Error, case, case_lead, case_view, today};
use throughline_core::apart::{Ground, Window};
use throughline_core::appointment::{AppointmentMove, AppointmentState};
use throughline_core::artefact::NeutralTitle;
use throughline_core::task::TaskKind;
use throughline_store::task::TaskOutcome;
use throughline_testkit::actor::proved;
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

both!(
    an_appointment_is_booked_moved_and_answered_for_on_the_page_of_its_case,
    |world| {
        let two = two(world, &[0, 1]).await;
        let (app, coach) = (&two.site.app, two.site.coach.actor());
        let past = world.env.now().plus_minutes(-1);
        let refused = two.books(&two.site.coach, two.amina, past).await;
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{refused:?}");
        let at = morning(&two, 2);
        let reference = two.books(&two.site.coach, two.amina, at).await.unwrap();
        let which = |version| Which {
            case: two.amina,
            appointment: reference,
            version,
        };
        let early = appointment::step(app, &coach, which(1), AppointmentMove::Happen).await;
        assert!(early.is_err(), "what is ahead has not happened");
        let slot = Slot {
            starts_at: at.plus_hours(1),
            minutes: 45,
        };
        appointment::move_to(app, &coach, which(1), slot)
            .await
            .unwrap();
        let again = appointment::move_to(app, &coach, which(1), slot).await;
        assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
        assert_eq!(
            two.tasks(&two.site.coach, TaskKind::AgreeTime).await.len(),
            0
        );
        appointment::step(app, &coach, which(2), AppointmentMove::Rearrange)
            .await
            .unwrap();
        assert_eq!(
            two.tasks(&two.site.coach, TaskKind::AgreeTime).await.len(),
            1
        );
        appointment::move_to(app, &coach, which(3), slot)
            .await
            .unwrap();
        assert_eq!(
            two.tasks(&two.site.coach, TaskKind::AgreeTime).await.len(),
            0,
            "agreed with a new time"
        );
        world.clock.advance_seconds(3 * 86_400);
        appointment::step(app, &coach, which(4), AppointmentMove::Miss)
            .await
            .unwrap();
        let known = two.amina_has().await;
        assert_eq!(known[0].state, AppointmentState::DidNotCome);
        let stranger = appointment::of_case(app, &two.site.other.actor(), two.amina).await;
        assert!(stranger.is_err(), "not of somebody else's person");
    }
);

both!(
    two_who_must_not_meet_are_told_to_the_planner_and_to_nobody_who_works_with_either,
    |world| {
        let two = two(world, &[0, 1]).await;
        two.told().await;
        two.meet(morning(&two, 3)).await;
        assert_eq!(two.to_plan(&two.site.lead).await.len(), 0, "not by booking");
        assert!(two.job().await > 0);
        assert_eq!(two.job().await, 0, "once");
        let [task] = two.to_plan(&two.site.lead).await[..] else {
            unreachable!("one task for the lead")
        };
        for worker in [&two.site.coach, &two.site.other, &two.site.deputy] {
            assert_eq!(two.to_plan(worker).await.len(), 0, "{}", worker.name);
            let refused = apart::plan(&two.site.app, &worker.actor(), task).await;
            assert!(refused.is_err(), "{}", worker.name);
        }
        let planned = apart::plan(&two.site.app, &two.site.lead.actor(), task)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(planned.plan.starts_at, morning(&two, 3).plus_hours(4));
        assert_eq!(planned.plan.other_starts_at, morning(&two, 3));
        assert!(!planned.plan.confirmed);
    }
);

both!(
    a_lead_who_wrote_it_down_does_not_learn_that_anybody_was_found_as_long_as_somebody_else_can_plan,
    |world| {
        let two = two(world, &[0, 1]).await;
        two.says(&two.site.lead, "Rory Vale", None, Window::SAME_DAY)
            .await;
        two.meet(morning(&two, 9)).await;
        two.job().await;
        assert_eq!(two.to_plan(&two.site.lead).await.len(), 0);
        assert_eq!(two.to_plan(&two.site.deputy).await.len(), 1);
        // It climbs, and passes them over again.
        for _ in 0..6 {
            world.clock.advance_seconds(86_400);
            throughline_app::promises::run(&two.site.app).await.unwrap();
            assert_eq!(two.to_plan(&two.site.lead).await.len(), 0);
        }
        assert_eq!(two.to_plan(&two.site.deputy).await.len(), 1, "told again");
    }
);

both!(
    where_nobody_else_is_left_it_is_told_to_whoever_is_there,
    |world| {
        let site = site(world, &[0, 1]).await;
        let (lead, deputy) = (site.lead.clone(), site.deputy.clone());
        let amina = sheet("Amina", "Quill", None);
        let rory = sheet("Rory", "Vale", None);
        let amina = case::open(&site.app, &lead.actor(), &amina).await.unwrap();
        let rory = case::open(&site.app, &deputy.actor(), &rory).await.unwrap();
        let two = Two { site, amina, rory };
        two.says(&two.site.manager, "Rory Vale", None, Window::SAME_DAY)
            .await;
        let day = morning(&two, 3);
        two.books(&deputy, rory, day).await.unwrap();
        two.books(&lead, amina, day).await.unwrap();
        two.job().await;
        assert_eq!(two.to_plan(&lead).await.len(), 1, "silence may kill");
    }
);

both!(
    ne_05_a_confirmed_link_holds_by_itself_at_six_the_evening_before_and_one_that_is_told_never,
    |world| {
        for confirmed in [true, false] {
            let world = if world.store.is_sqlite() {
                TestStore::sqlite().await
            } else {
                TestStore::postgres().await.unwrap()
            };
            let two = two(&world, &[0, 1]).await;
            if confirmed {
                two.confirmed().await;
            } else {
                two.told().await;
            }
            let day = morning(&two, 3);
            two.meet(day).await;
            two.job().await;
            let deadline = throughline_core::apart::planned_by(day, day);
            world.clock.set(deadline.plus_seconds(-1));
            two.job().await;
            assert_eq!(two.amina_has().await[0].state, AppointmentState::Booked);
            world.clock.set(deadline);
            two.job().await;
            let state = two.amina_has().await[0].state;
            let together = state.brings_them() && two.rory_has().await[0].state.brings_them();
            assert_eq!(together, !confirmed, "{state}");
            let left = usize::from(!confirmed);
            assert_eq!(two.to_plan(&two.site.lead).await.len(), left);
            let agree = two.tasks(&two.site.coach, TaskKind::AgreeTime).await.len();
            assert_eq!(
                agree,
                usize::from(confirmed),
                "their worker agrees another time"
            );
            let untouched = two.rory_has().await;
            assert_eq!(untouched[0].state, AppointmentState::Booked);
            assert_eq!(untouched[0].version, 1, "nothing of the other one changes");
            world.finish().await;
        }
    }
);

both!(
    ne_05_booked_on_the_day_itself_a_confirmed_link_still_holds,
    |world| {
        let two = two(world, &[0, 1]).await;
        two.confirmed().await;
        let soon = world.env.now().plus_hours(2);
        two.meet(soon).await;
        two.job().await;
        assert_eq!(
            two.amina_has().await[0].state,
            AppointmentState::ToRearrange
        );
        assert_eq!(two.rory_has().await[0].state, AppointmentState::Booked);
    }
);

both!(
    the_planner_moves_the_one_who_is_to_be_protected_and_their_worker_learns_that_it_moved_and_not_why,
    |world| {
        let two = two(world, &[0, 1]).await;
        two.told().await;
        let day = morning(&two, 3);
        two.meet(day).await;
        two.job().await;
        let lead = two.site.lead.actor();
        let task = two.to_plan(&two.site.lead).await[0];
        let app = &two.site.app;
        let by_hand = today::task_finish(app, &lead, task, TaskOutcome::Done).await;
        assert!(matches!(by_hand, Err(Error::Invalid { .. })), "{by_hand:?}");
        let slot = |starts_at| Slot {
            starts_at,
            minutes: 30,
        };
        let near = Decided::Move(slot(day.plus_hours(2)));
        let refused = apart::decide(app, &lead, task, 1, near).await;
        assert!(
            matches!(refused, Err(Error::Invalid { problem: "apart-meets-again", .. })),
            "{refused:?}"
        );
        let far = Decided::Move(slot(morning(&two, 4)));
        apart::decide(app, &lead, task, 1, far).await.unwrap();
        assert_eq!(two.amina_has().await[0].starts_at, morning(&two, 4));
        assert_eq!(two.rory_has().await[0].version, 1);
        assert_eq!(two.to_plan(&two.site.lead).await.len(), 0);
        assert_eq!(two.tasks(&two.site.coach, TaskKind::AgreeTime).await.len(), 1);
        let again = apart::decide(app, &lead, task, 2, far).await;
        assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
        let coach = two.site.coach.actor();
        let view = case_view::read(app, &coach, two.amina).await.unwrap();
        let moved: Vec<_> = view
            .story
            .iter()
            .filter(|told| told.line.kind == "appointment_moved")
            .collect();
        assert_eq!(moved.len(), 1);
        assert_eq!(moved[0].by, None, "who moved it is not told");
        let words = format!("{:?}", view.story);
        assert!(!words.contains("plan_apart"), "{words}");
        for (worker, case) in [(&two.site.coach, two.amina), (&two.site.other, two.rory)] {
            let looks = case_view::lookers(app, &worker.actor(), case, 1).await.unwrap();
            let planner = case_view::LookBy::Account(two.site.lead.id);
            assert!(!looks.looks.is_empty());
            // That a lead had them on the list of their own day is so of every lead and of everybody at the site.
            assert!(
                looks.looks.iter().all(|look| look.look.action != "plan_apart"
                    && (look.look.by != planner || look.look.on_list)),
                "who has looked tells nothing of the planner: {looks:?}"
            );
        }
    }
);

both!(
    what_the_planner_lets_stay_is_not_raised_again_until_a_time_changes,
    |world| {
        let two = two(world, &[0, 1]).await;
        two.told().await;
        let day = morning(&two, 3);
        two.meet(day).await;
        two.job().await;
        let lead = two.site.lead.actor();
        let task = two.to_plan(&two.site.lead).await[0];
        let app = &two.site.app;
        apart::decide(app, &lead, task, 1, Decided::SomebodyElse)
            .await
            .unwrap();
        assert_eq!(two.job().await, 0);
        let slot = Slot {
            starts_at: day.plus_hours(5),
            minutes: 30,
        };
        let own = &two.amina_has().await[0];
        let which = Which {
            case: two.amina,
            appointment: own.reference,
            version: own.version,
        };
        appointment::move_to(app, &two.site.coach.actor(), which, slot)
            .await
            .unwrap();
        two.job().await;
        assert_eq!(two.to_plan(&two.site.lead).await.len(), 1);
    }
);

both!(
    for_a_confirmed_link_both_never_stay_and_a_called_off_appointment_settles_it,
    |world| {
        let two = two(world, &[0, 1]).await;
        two.confirmed().await;
        two.meet(morning(&two, 5)).await;
        two.job().await;
        let lead = two.site.lead.actor();
        let task = two.to_plan(&two.site.lead).await[0];
        let stay = Decided::ArrangedOtherwise;
        let refused = apart::decide(&two.site.app, &lead, task, 1, stay).await;
        assert!(
            matches!(
                refused,
                Err(Error::Invalid {
                    problem: "apart-confirmed-stays",
                    ..
                })
            ),
            "{refused:?}"
        );
        let theirs = &two.rory_has().await[0];
        let which = Which {
            case: two.rory,
            appointment: theirs.reference,
            version: 1,
        };
        let by = AppointmentMove::Cancel;
        appointment::step(&two.site.app, &two.site.other.actor(), which, by)
            .await
            .unwrap();
        two.job().await;
        assert_eq!(two.to_plan(&two.site.lead).await.len(), 0);
        assert_eq!(two.amina_has().await[0].state, AppointmentState::Booked);
    }
);

both!(
    whom_a_name_means_is_told_by_the_birth_date_and_who_has_none_on_record_may_be_the_one,
    |world| {
        for (told, met) in [
            (("Rory Vale", Some(BORN)), true),
            (("rory  VALE", None), true),
            (("Rory Vale", Some("1985-04-06")), false),
            (("Rory Vail", None), false),
        ] {
            let world = if world.store.is_sqlite() {
                TestStore::sqlite().await
            } else {
                TestStore::postgres().await.unwrap()
            };
            let two = two(&world, &[0, 1]).await;
            two.says(&two.site.coach, told.0, told.1, Window::SAME_DAY)
                .await;
            two.meet(morning(&two, 3)).await;
            two.job().await;
            let found = two.to_plan(&two.site.lead).await.len();
            assert_eq!(found, usize::from(met), "{told:?}");
            world.finish().await;
        }
    }
);

both!(a_wider_window_keeps_them_apart_on_more_days, |world| {
    let two = two(world, &[0, 1]).await;
    two.says(
        &two.site.coach,
        "Rory Vale",
        None,
        Window::around(1).unwrap(),
    )
    .await;
    let (coach, other) = (&two.site.coach, &two.site.other);
    two.books(other, two.rory, morning(&two, 10)).await.unwrap();
    two.books(coach, two.amina, morning(&two, 12))
        .await
        .unwrap();
    two.job().await;
    assert_eq!(two.to_plan(&two.site.lead).await.len(), 0);
    two.books(coach, two.amina, morning(&two, 11))
        .await
        .unwrap();
    two.job().await;
    assert_eq!(two.to_plan(&two.site.lead).await.len(), 1);
});

both!(
    a_link_is_confirmed_only_by_a_lead_who_has_proved_themselves_again,
    |world| {
        let two = two(world, &[0, 1]).await;
        let link = two.told().await;
        let app = &two.site.app;
        let ground = Ground::Police;
        for actor in [
            two.site.coach.actor(),
            proved(two.site.coach.actor(), world.env.now()),
            two.site.lead.actor(),
        ] {
            let refused = apart::confirm(app, &actor, two.amina, link, 1, ground).await;
            assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
        }
        let lead = proved(two.site.lead.actor(), world.env.now());
        apart::confirm(app, &lead, two.amina, link, 1, ground)
            .await
            .unwrap();
    }
);

both!(
    a_site_shows_its_day_by_time_and_worker_and_a_coach_sees_only_their_own,
    |world| {
        let two = two(world, &[0, 1]).await;
        let at = morning(&two, 2);
        two.meet(at).await;
        let day = at.london_date();
        for (who, many) in [
            (&two.site.desk, 2),
            (&two.site.lead, 2),
            (&two.site.coach, 1),
            (&two.site.other, 1),
            (&two.site.officer, 0),
        ] {
            let all = appointment::day(&two.site.app, &who.actor(), day)
                .await
                .unwrap();
            assert_eq!(all.len(), many, "{}", who.name);
            let said = format!("{all:?}");
            assert!(!said.contains("Amina") && !said.contains("Rory"), "{said}");
        }
        case_lead::hand_over(
            &two.site.app,
            &two.site.coach.actor(),
            two.amina,
            two.site.other.reference,
        )
        .await
        .unwrap();
        let now_both = appointment::day(&two.site.app, &two.site.other.actor(), day).await;
        assert_eq!(now_both.unwrap().len(), 2, "appointments go with the case");
    }
);

both!(
    nobody_waits_on_the_day_for_somebody_whose_case_is_closed,
    |world| {
        let two = two(world, &[0, 1]).await;
        let (app, lead) = (&two.site.app, two.site.coach.actor());
        two.books(&two.site.coach, two.amina, morning(&two, 2))
            .await
            .unwrap();
        let closed = world
            .store
            .work(&lead, throughline_policy::Purpose::HelpAPerson, |w| {
                Box::pin(async move {
                    let facts = w.case_facts(two.amina).await?;
                    let may = w.permit_found::<throughline_policy::action::CaseChange>(facts)?;
                    let state = throughline_store::case::CaseState::Closed;
                    w.case_state_set(&may, 1, state).await
                })
            })
            .await;
        closed.unwrap();
        let all = appointment::of_case(app, &lead, two.amina).await.unwrap();
        assert_eq!(all[0].appointment.state, AppointmentState::Cancelled);
        let more = two
            .books(&two.site.coach, two.amina, morning(&two, 2))
            .await;
        assert!(matches!(more, Err(Error::Invalid { .. })), "{more:?}");
    }
);

both!(a_phone_call_brings_nobody_to_the_site, |world| {
    let two = two(world, &[0, 1]).await;
    two.told().await;
    let day = morning(&two, 3);
    two.books(&two.site.other, two.rory, day).await.unwrap();
    let slot = Slot {
        starts_at: day,
        minutes: 15,
    };
    let (app, coach) = (&two.site.app, two.site.coach.actor());
    appointment::book(app, &coach, two.amina, NeutralTitle::PhoneCall, slot)
        .await
        .unwrap();
    two.job().await;
    assert_eq!(two.to_plan(&two.site.lead).await.len(), 0);
});
