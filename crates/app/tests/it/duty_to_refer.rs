//! The duty to refer, end to end on both databases: three agreements, a council that is not where they must stay away from, a way to
//! reach them that is confirmed as safe, and chasing that does not end by itself.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must stop"
)]

use crate::town::{HELP, Town, town};
use throughline_app::duty_to_refer::{Begin, DutyPage, SentBy, Step, begin, page, step};
use throughline_app::{Error, case, case_view, contact, promises, today};
use throughline_core::duty_to_refer::{Agreements, DutyMove, DutyOutcome, DutyState};
use throughline_core::id::Ref;
use throughline_core::reason::Words;
use throughline_core::task::TaskKind;
use throughline_store::task::{Task, TaskOutcome};
use throughline_testkit::both;

const ALL: Agreements = Agreements {
    referred: true,
    authority: true,
    contact_details: true,
};

fn said(authority: &str, avoid: &[&str]) -> Begin {
    Begin {
        authority: authority.to_owned(),
        avoid: avoid.iter().map(|place| (*place).to_owned()).collect(),
        in_spite: false,
        homeless_on: None,
        reason: Words::new("They must leave by Friday.").unwrap(),
    }
}

async fn shown(town: &Town) -> DutyPage {
    page(&town.app, &town.coach.actor(), town.case)
        .await
        .unwrap()
}

async fn does(town: &Town, what: Step) -> Result<DutyState, Error> {
    let known = shown(town).await.duties;
    let own = &known[0];
    let at = (own.reference, own.version);
    step(&town.app, &town.coach.actor(), town.case, at, &what, None).await
}

async fn begun(town: &Town) -> Ref {
    begin(
        &town.app,
        &town.coach.actor(),
        town.case,
        &said("Camden", &[]),
    )
    .await
    .unwrap()
}

async fn way(town: &Town) -> Ref {
    shown(town).await.safe_ways[0].0
}

async fn sent(town: &Town) {
    begun(town).await;
    let way = way(town).await;
    does(town, Step::Agree(ALL, Some(way))).await.unwrap();
    does(town, Step::Send(SentBy::Phone)).await.unwrap();
}

async fn tasks(town: &Town) -> Vec<Task> {
    let mut found = town
        .app
        .store
        .work(&town.coach.actor(), HELP, |w| {
            Box::pin(async move { w.tasks(&w.scope(), 50).await })
        })
        .await
        .unwrap();
    found.retain(|task| {
        matches!(
            task.kind,
            TaskKind::FinishDutyToRefer | TaskKind::ChaseDutyToRefer | TaskKind::AskAboutHomeAgain
        )
    });
    found
}

fn problem<T: std::fmt::Debug>(done: Result<T, Error>) -> &'static str {
    match done {
        Err(Error::Invalid { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

both!(
    nothing_goes_to_a_council_before_three_agreements_and_a_way_that_is_safe_now,
    |world| {
        let town = town(world).await;
        begun(&town).await;
        assert_eq!(tasks(&town).await[0].kind, TaskKind::FinishDutyToRefer);
        let way = way(&town).await;
        for bits in 0..7_u8 {
            let given = Agreements {
                referred: bits & 1 > 0,
                authority: bits & 2 > 0,
                contact_details: bits & 4 > 0,
            };
            let state = does(&town, Step::Agree(given, Some(way))).await.unwrap();
            assert_eq!(state, DutyState::Draft);
            let early = does(&town, Step::Send(SentBy::Form)).await;
            assert!(matches!(early, Err(Error::Illegal(_))), "{given:?}");
        }
        assert_eq!(
            problem(does(&town, Step::Agree(ALL, None)).await),
            "duty-way-needed"
        );
        does(&town, Step::Agree(ALL, Some(way))).await.unwrap();
        assert!(shown(&town).await.duties[0].content.contact.is_some());
        // The way lapses between agreeing and sending: nothing goes.
        let (app, coach, now) = (&town.app, &town.coach.actor(), world.env.now());
        contact::change_of_address_or_separation(app, coach, town.case, now)
            .await
            .unwrap();
        assert_eq!(
            problem(does(&town, Step::Send(SentBy::Form)).await),
            "duty-way-not-safe"
        );
        assert_eq!(shown(&town).await.duties[0].state, DutyState::Consented);
    }
);

both!(
    a_council_where_they_must_stay_away_from_is_chosen_only_with_open_eyes,
    |world| {
        let town = town(world).await;
        let (app, coach) = (&town.app, &town.coach.actor());
        for avoid in ["Camden", " camden ", "London Borough of Camden"] {
            let refused = begin(app, coach, town.case, &said("Camden", &[avoid])).await;
            assert_eq!(problem(refused), "duty-authority-avoided", "{avoid}");
        }
        let unknown = begin(app, coach, town.case, &said("Nowhere", &[])).await;
        assert_eq!(problem(unknown), "duty-authority-unknown");
        let wales = begin(app, coach, town.case, &said("Cardiff", &[])).await;
        assert_eq!(problem(wales), "duty-authority-unknown", "England alone");
        let mut late = said("Camden", &[]);
        late.homeless_on = Some(world.env.now().plus_days(57).london_date());
        let late = begin(app, coach, town.case, &late).await;
        assert_eq!(problem(late), "duty-not-yet");
        assert!(shown(&town).await.duties.is_empty(), "nothing was begun");
        let mut eyes_open = said("Camden", &["Camden"]);
        eyes_open.in_spite = true;
        begin(app, coach, town.case, &eyes_open).await.unwrap();
        let second = begin(app, coach, town.case, &said("Leeds", &[])).await;
        assert_eq!(problem(second), "duty-one-is-open");
        let stranger = page(app, &town.partner.actor(), town.case).await;
        assert!(matches!(stranger, Err(Error::Denied(_))));
    }
);

both!(
    a_council_that_does_not_answer_is_chased_on_days_3_7_and_14_and_on_until_something_came,
    |world| {
        let town = town(world).await;
        sent(&town).await;
        let sent_at = world.env.now();
        let mut days = Vec::new();
        for _ in 0..4 {
            let open = tasks(&town).await;
            assert_eq!(open.len(), 1, "one thing to do: {open:?}");
            assert_eq!(open[0].kind, TaskKind::ChaseDutyToRefer);
            days.push((open[0].due_at.london_date() - sent_at.london_date()).get_days());
            world
                .clock
                .advance_seconds(open[0].due_at.seconds_since(world.env.now()));
            does(&town, Step::Chase).await.unwrap();
        }
        assert_eq!(days, [3, 7, 14, 28]);
        // No word that it is done ends it: what happened does.
        let task = tasks(&town).await[0].reference;
        let (app, coach) = (&town.app, &town.coach.actor());
        let ended = today::task_finish(app, coach, task, TaskOutcome::Done).await;
        assert_eq!(problem(ended), "task-duty-first");
        let outcome = DutyMove::Conclude(DutyOutcome::ReliefDuty);
        does(&town, Step::Move(outcome)).await.unwrap();
        assert!(tasks(&town).await.is_empty());
        assert_eq!(
            shown(&town).await.duties[0].outcome,
            Some(DutyOutcome::ReliefDuty)
        );
    }
);

both!(with_nobody_acting_it_climbs, |world| {
    let town = town(world).await;
    sent(&town).await;
    for _ in 0..12 {
        world.clock.advance_seconds(86_400);
        promises::run(&town.app).await.unwrap();
    }
    let open = tasks(&town).await;
    assert_eq!(open.len(), 1);
    assert_ne!(
        open[0].post,
        throughline_core::task::Owner::CaseWorker,
        "{open:?}"
    );
});

both!(
    when_a_council_could_not_reach_them_they_are_asked_again_and_it_is_sent_again,
    |world| {
        let town = town(world).await;
        sent(&town).await;
        let close = || Step::Move(DutyMove::Close);
        assert!(matches!(does(&town, close()).await, Err(Error::Illegal(_))));
        for _ in 0..2 {
            does(&town, Step::Move(DutyMove::Miss)).await.unwrap();
        }
        does(&town, close()).await.unwrap();
        assert_eq!(tasks(&town).await[0].kind, TaskKind::AskAboutHomeAgain);
        does(&town, Step::Move(DutyMove::AskAgain)).await.unwrap();
        let again = &shown(&town).await.duties[0];
        assert_eq!((again.state, again.attempts), (DutyState::Sent, 0));
        assert_eq!(tasks(&town).await[0].kind, TaskKind::ChaseDutyToRefer);
        // They can stop it at any point.
        does(&town, Step::Move(DutyMove::Withdraw)).await.unwrap();
        assert!(tasks(&town).await.is_empty());
    }
);

both!(of_two_who_record_at_once_one_is_told, |world| {
    let town = town(world).await;
    sent(&town).await;
    let known = shown(&town).await.duties;
    let at = (known[0].reference, known[0].version);
    let (app, coach) = (&town.app, &town.coach.actor());
    let (missed, spoke) = (
        Step::Move(DutyMove::Miss),
        Step::Move(DutyMove::MakeContact),
    );
    let (one, two) = tokio::join!(
        step(app, coach, town.case, at, &missed, None),
        step(app, coach, town.case, at, &spoke, None)
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let view = case_view::read(app, coach, town.case).await.unwrap();
    let told = view
        .story
        .iter()
        .filter(|it| it.line.kind == "duty_to_refer");
    assert_eq!(told.count(), 4, "begun, agreed, sent, and one of the two");
    let version = view.case.version;
    let closing = case::close(app, coach, town.case, version).await.unwrap();
    assert!(
        format!("{closing:?}").contains("DutyToRefer"),
        "{closing:?}"
    );
});
