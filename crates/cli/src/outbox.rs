//! `outbox list` and `outbox retry`: what was given up, and letting it go again. Ids and codes only: no recipient, no words.

use std::fmt::Write as _;

use serde_json::{Value, json};
use throughline_app::outbox::{given_up, retry as let_go, retry_all};
use throughline_core::code::Code as _;
use throughline_core::id::{OutboxId, Ref};
use throughline_store::{Error, Store};

use crate::command::{Place, RetryArgs};
use crate::config::Config;
use crate::open;
use crate::report::{Failure, Outcome, Report};

/// What is said of a reference that names nothing here.
const NOT_GIVEN_UP: &str = "is not among the messages that were given up. Nothing was changed. `throughline outbox list` shows what was.";

async fn store(place: &Place) -> Result<Store, Failure> {
    let config = Config::of(place)?;
    let store = open::store(&config).await?;
    open::sound(&config, &store).await?;
    Ok(store)
}

/// `throughline outbox list`.
pub async fn list(place: &Place) -> Outcome {
    let letters = given_up(&store(place).await?).await?;
    let mut text = String::new();
    let mut rows = Vec::<Value>::new();
    for letter in &letters {
        let reference = Ref::from_uuid(letter.id.uuid());
        let _ = writeln!(
            text,
            "{reference}  {:<18} {:<20} {:>2} tries, promised {}",
            letter.kind.code(),
            letter.error,
            letter.attempts,
            letter.created_at
        );
        rows.push(json!({
            "reference": reference, "kind": letter.kind.code(), "reason": letter.error, "tries": letter.attempts,
            "promised_at": letter.created_at.to_string(),
        }));
    }
    let _ = match letters.len() {
        0 => write!(text, "No message was given up."),
        n => write!(
            text,
            "Given up: {n}. docs/OPERATIONS.md says what each reason means."
        ),
    };
    Ok(Report::new(text, json!({ "given_up": rows })))
}

/// `throughline outbox retry`.
pub async fn retry(place: &Place, args: &RetryArgs) -> Outcome {
    let mut letters = Vec::with_capacity(args.references.len());
    for text in &args.references {
        let reference: Ref = text
            .parse()
            .map_err(|_| Failure::input(format!("{text:?} {NOT_GIVEN_UP}")))?;
        let id = OutboxId::from_uuid(reference.as_uuid());
        // Named twice is named once.
        if !letters.contains(&id) {
            letters.push(id);
        }
    }
    let store = store(place).await?;
    let retried = if args.all {
        retry_all(&store).await?
    } else {
        let_go(&store, &letters)
            .await
            .map_err(|error| match error {
                Error::Illegal(_) => Failure::input(format!("one of these {NOT_GIVEN_UP}")),
                error => error.into(),
            })?
    };
    let text = match retried {
        0 => "No message was given up: there was nothing to try again.".to_owned(),
        n => format!(
            "To be tried again from the start: {n}. Whoever works the queue takes them within seconds; what nobody needs any more is left out."
        ),
    };
    Ok(Report::new(text, json!({ "retried": retried })))
}
