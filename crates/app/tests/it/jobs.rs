//! The jobs that nobody presses a button for, on both databases: each does its work, also where there is none.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeMap;

use crate::town::{Town, town};
use throughline_app::mail::{Letter, Mailer, NotSent};
use throughline_app::{drafts, jobs};
use throughline_testkit::both;
use throughline_testkit::db::TestStore;

const HOUR: i64 = 3_600;

/// A mail system that takes everything.
struct Post;

impl Mailer for Post {
    async fn send(&self, _: &Letter) -> Result<(), NotSent> {
        Ok(())
    }
}

/// Every step once, an hour apart; gives what failed.
async fn a_day_of_turns(town: &Town, world: &TestStore) -> Vec<&'static str> {
    let folder = tempfile::tempdir().unwrap();
    let mut failed = Vec::new();
    for turn in [0, 5, 30, 59, 60, 90, 240] {
        failed.extend(jobs::run_once(&town.app, Some(&Post), Some(folder.path()), turn).await);
        world.clock.advance_seconds(HOUR);
    }
    failed
}

both!(
    every_job_does_its_work_and_where_there_is_none_as_well,
    |world| {
        let town = town(world).await;
        assert!(a_day_of_turns(&town, world).await.is_empty());
        let coach = &town.coach.actor();
        let typed = BTreeMap::from([("told".to_owned(), vec!["words".to_owned()])]);
        drafts::keep(&town.app, coach, "conversations/new", &typed)
            .await
            .unwrap();
        // A month later everything there is to do is due.
        world.clock.advance_seconds(30 * 24 * HOUR);
        assert!(a_day_of_turns(&town, world).await.is_empty());
        let kept = drafts::read(&town.app, coach, "conversations/new").await;
        assert!(kept.unwrap().is_none(), "forgotten after a fortnight");
        // Nothing is left of it, and that is no failure either.
        assert!(a_day_of_turns(&town, world).await.is_empty());
    }
);
