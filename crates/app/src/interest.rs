//! What members of staff say of themselves, and the job that compares it with the records there are (SPEC 4.6, NE-07, decision 0019).
//! Whoever says something is answered alike, and as fast, whether anybody is met by it or not.

use throughline_core::id::Ref;
use throughline_policy::action::{InterestCompare, InterestKeep};
use throughline_policy::{Actor, Permit, Purpose};
pub use throughline_store::interest::{Declared, Interest, Interests, Named};
use throughline_store::{Error, Result, Work};

use crate::{App, outbox};

/// After how long somebody who said that this is all is asked again, in hours (our design).
const ASKED_AGAIN_HOURS: i64 = 365 * 24;
/// How much one turn of the job compares of each; the next one does the rest.
const AT_ONCE: u64 = 50;
const WHY: Purpose = Purpose::AdministerAccess;

fn own(w: &Work<'_>) -> Result<Permit<InterestKeep>> {
    w.permit::<InterestKeep>(&w.interest_facts()?)
}

/// Whether somebody is to be asked: they never said that this is all, or a year ago.
pub async fn is_due(app: &App, actor: &Actor) -> Result<bool> {
    let Some(account) = actor.account() else {
        return Ok(false);
    };
    let all_at = app
        .store
        .read(|r| Box::pin(async move { r.interests_all_at(account).await }))
        .await?;
    Ok(all_at.is_none_or(|at| at.plus_hours(ASKED_AGAIN_HOURS) <= app.env().now()))
}

/// What the actor said and has not ended.
pub async fn read(app: &App, actor: &Actor) -> Result<Interests> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let may = own(w)?;
                w.interests(&may).await
            })
        })
        .await
}

/// Says whom or what the actor must not deal with. Errors as [`Work::interest_add`].
pub async fn declare(app: &App, actor: &Actor, told: &Declared) -> Result<()> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let may = own(w)?;
                w.interest_add(&may, told).await
            })
        })
        .await
}

/// Says that this is all, or that there is nothing.
pub async fn all(app: &App, actor: &Actor) -> Result<()> {
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let may = own(w)?;
                w.interests_all(&may).await
            })
        })
        .await
}

/// Ends one thing that was said. It opens nothing.
pub async fn end(app: &App, actor: &Actor, said: Ref) -> Result<()> {
    let said = &said;
    app.store
        .work(actor, WHY, |w| {
            Box::pin(async move {
                let may = own(w)?;
                w.interest_end(&may, *said).await
            })
        })
        .await
}

/// One thing to be compared.
#[derive(Debug, Clone, Copy)]
enum Step {
    Oneself(throughline_core::id::AccountId),
    Said(uuid::Uuid),
    Person(throughline_core::id::PersonId),
}

/// A job: compares what is new with what there is. What cannot be compared does not hold up the rest, and is tried again.
pub async fn run(app: &App) -> Result<()> {
    let waiting = app
        .store
        .read(|r| Box::pin(async move { r.interests_waiting(AT_ONCE).await }))
        .await?;
    let accounts = waiting.accounts.into_iter().map(Step::Oneself);
    let said = waiting.said.into_iter().map(Step::Said);
    let people = waiting.people.into_iter().map(Step::Person);
    let mut steps = accounts.chain(said).chain(people).peekable();
    if steps.peek().is_none() {
        return Ok(());
    }
    let system = outbox::system(app).await?;
    let mut failed = None;
    for step in steps {
        if let Err(error) = compare(app, &system, step).await {
            tracing::warn!(%error, "something that staff said could not be compared");
            failed = Some(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn compare(app: &App, system: &Actor, step: Step) -> Result<()> {
    let step = &step;
    app.store
        .work(system, Purpose::KeepPromises, |w| {
            Box::pin(async move {
                let operator = system
                    .organisation()
                    .ok_or(Error::Illegal("interest-nobody-runs-it"))?;
                let may = w.permit::<InterestCompare>(&Work::compare_facts(operator))?;
                match step {
                    Step::Oneself(account) => w.interest_of_oneself(&may, *account).await,
                    Step::Said(said) => w.interest_compare(&may, *said).await,
                    Step::Person(person) => w.person_compare(&may, *person).await,
                }
            })
        })
        .await
}
