//! The job runner: everything that must happen although nobody presses a button.
//!
//! Each step is a use case that leases or locks what it works on, so that any number of nodes may run it. A step that fails is
//! said in the log and done again; it never stops the others.

use std::path::Path;
use std::time::Duration;

use throughline_core::time::At;
use throughline_policy::Purpose;

use crate::mail::Mailer;
use crate::{App, Result, apart, consent, message, outbox, promises};

/// Answers to repeated writes are kept for two days: longer than any program retries.
const ONCE_HOURS: i64 = 48;
/// Attempts at signing in are counted within the longest wait there is: a day.
const ATTEMPT_HOURS: i64 = 24;

/// What was typed and never sent is forgotten after a fortnight, counted from the last key: it is a help with today's work, and
/// whoever is on leave for a week still finds it (docs/DATA-PROTECTION.md, `ephemeral`).
const DRAFT_HOURS: i64 = 14 * 24;
/// How many workers one turn tells that a consent lapses; the next one tells the rest.
const LAPSES_AT_ONCE: u64 = 200;

/// Every entry of the record is read again about four times a day: turns are about a second long.
const RECORD_EVERY: u64 = 6 * 3_600;

/// Works until `stop` is done. `checkpoints` is where signed checkpoints of the audit record go.
pub async fn run<M: Mailer>(
    app: &App,
    mailer: Option<&M>,
    checkpoints: Option<&Path>,
    stop: impl Future<Output = ()> + Send,
) {
    tokio::pin!(stop);
    let mut turn = 0_u64;
    loop {
        run_once(app, mailer, checkpoints, turn).await;
        turn = turn.wrapping_add(1);
        // Nodes that started together do not stay together: between 0.75 and 1.25 seconds.
        let [jitter] = app.env().bytes::<1>();
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(Duration::from_millis(750 + 2 * u64::from(jitter))) => {}
        }
    }
}

/// One turn: the queue each time, the clocks and the directory every five, checkpoints and appointments that meet every minute,
/// tidying and what lapses every ten minutes, the whole record four times a day. Without a mailer mail waits. Gives the steps that
/// failed; each was said in the log.
pub async fn run_once<M: Mailer>(
    app: &App,
    mailer: Option<&M>,
    checkpoints: Option<&Path>,
    turn: u64,
) -> Vec<&'static str> {
    let now = app.env().now();
    let mut failed = Vec::new();
    let mut ran = |job, done: Result<()>| {
        if !said(job, now, done) {
            failed.push(job);
        }
    };
    let node = app.settings.node.as_str();
    let sent = match mailer {
        Some(mailer) => outbox::dispatch_once(app, mailer, node).await,
        None => outbox::dispatch_without_mail(app, node).await,
    };
    ran("outbox", sent.map(drop));
    if turn.is_multiple_of(5) {
        ran("promises", promises::run(app).await.map(drop));
        ran("watch", crate::security::watch(app).await.map(drop));
        let lapsed = crate::second_person::lapse(app).await;
        ran("second_person", lapsed.map(drop));
        ran("place", crate::place::lapse(app).await.map(drop));
        let read = app.directory.refresh(&app.store).await;
        ran("directory", read.map(drop));
    }
    // On a beat of its own, never on what is said or recorded: how long that takes tells nobody whether anybody is met (decision 0019).
    if turn % 5 == 3 {
        ran("interests", crate::interest::run(app).await);
    }
    // On a beat of its own, never on a booking: when it ran says nothing of what was booked (decision 0023).
    if turn % 60 == 45 {
        ran("apart", apart::run(app).await.map(drop));
    }
    if turn % 60 == 59 {
        ran("searches", app.directory.write_searches(&app.store).await);
    }
    if let Some(folder) = checkpoints.filter(|_| turn.is_multiple_of(60)) {
        let signed = app.store.checkpoint_write(folder).await;
        ran("checkpoint", signed.map(drop));
    }
    if turn.is_multiple_of(600) {
        ran("erasure", crate::erasure::settle(app).await);
    }
    if turn % 600 == 30 {
        ran("tidy", tidy(app).await);
    }
    if turn % 600 == 90 {
        let asked = consent::ask_before_it_lapses(app, LAPSES_AT_ONCE).await;
        ran("consent", asked.map(drop));
    }
    if turn % 600 == 150 {
        let asked = message::ask_before_a_way_lapses(app, LAPSES_AT_ONCE).await;
        ran("contact", asked.map(drop));
    }
    if turn % RECORD_EVERY == 240 {
        let checked = crate::security::check_record_by_job(&app.store).await;
        ran("record", checked.map(drop));
    }
    failed
}

/// Sets what monitoring reads from the database: how much is recorded, what waits and since when, what is late.
pub async fn figures(app: &App) -> Result<()> {
    let (figures, outbox) = app
        .store
        .read(|r| Box::pin(async move { Ok((r.figures().await?, r.outbox_health().await?)) }))
        .await?;
    let set = |name: &'static str, value: u64| {
        metrics::gauge!(name).set(f64::from(u32::try_from(value).unwrap_or(u32::MAX)));
    };
    let age = outbox
        .oldest_due_at
        .map_or(0, |at| app.env().now().seconds_since(at).max(0));
    set("throughline_audit_entries", figures.audit_entries);
    set("throughline_outbox_waiting", outbox.due);
    set("throughline_outbox_dead", outbox.dead);
    set(
        "throughline_outbox_oldest_seconds",
        u64::try_from(age).unwrap_or(0),
    );
    for (what, late) in [
        ("task", figures.late_tasks),
        ("referral", figures.late_referrals),
        ("room", figures.late_rooms),
    ] {
        metrics::gauge!("throughline_clocks_late", "of" => what)
            .set(f64::from(u32::try_from(late).unwrap_or(u32::MAX)));
    }
    Ok(())
}

/// Forgets what nobody needs any more: sessions that are over, old attempts to sign in, answers to repeated writes,
/// what was typed and never sent.
async fn tidy(app: &App) -> Result<()> {
    let system = outbox::system(app).await?;
    app.store
        .work(&system, Purpose::KeepPromises, |w| {
            Box::pin(async move {
                w.sign_in_sweep(w.now().plus_hours(-ATTEMPT_HOURS)).await?;
                w.once_purge(w.now().plus_hours(-ONCE_HOURS)).await?;
                w.draft_purge(w.now().plus_hours(-DRAFT_HOURS)).await?;
                w.access_copies_lapse().await?;
                Ok(())
            })
        })
        .await
}

/// Says how a step went; gives whether it went well.
fn said(job: &'static str, now: At, result: Result<()>) -> bool {
    let outcome = if result.is_ok() { "done" } else { "failed" };
    metrics::counter!("throughline_jobs_total", "job" => job, "outcome" => outcome).increment(1);
    match result {
        Ok(()) => {
            let seconds = now.timestamp().as_second();
            // Seconds since 1970 fit until 2106.
            metrics::gauge!("throughline_job_last_done_seconds", "job" => job)
                .set(f64::from(u32::try_from(seconds).unwrap_or(u32::MAX)));
            true
        }
        Err(error) => {
            // Messages of the store hold table, column and code names only.
            tracing::warn!(job, %error, "a job will be tried again");
            false
        }
    }
}
