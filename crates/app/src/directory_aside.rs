//! Rows of a feed that were set aside: a steward opens one and decides.

use std::sync::Arc;

use serde_json::{Value, json};
use throughline_core::code::Code as _;
use throughline_core::directory::Entry;
use throughline_core::directory::confidential::Because;
use throughline_core::id::Ref;
use throughline_exchange::inbound::{Options, Outcome, judged};
use throughline_policy::Actor;
use throughline_policy::action::QuarantineRead;
use throughline_store::quarantine::{QuarantineRow, QuarantineState};
use throughline_store::{Error, Result};

use crate::App;
use crate::directory::PURPOSE;
use crate::directory_import::new_service;
use crate::directory_source::{FromBytes, Source};

throughline_core::code_list! {
    /// What a steward may do with a row set aside.
    pub enum Decision {
        /// Publish the second row of one identifier as a service of its own.
        KeepApart = "keep_apart",
        /// Its address stays withheld.
        WithoutAddress = "without_address",
        /// Its address may be shown: it houses nobody who flees.
        ShowAddress = "show_address",
        /// It is of no use.
        Discard = "discard",
    }
}

/// A row set aside, as a steward sees it after a step-up.
#[derive(Debug, Clone)]
pub struct Opened {
    /// What is known about it.
    pub row: QuarantineRow,
    /// Its feed's name.
    pub feed: String,
    /// The row as it came; `None` once it was decided.
    pub raw: Option<Value>,
    /// What may be decided.
    pub decisions: Vec<Decision>,
}

/// What may be decided about a row, by why it was set aside.
pub fn decisions(row: &QuarantineRow) -> Vec<Decision> {
    match (row.state, row.reason.as_str(), row.because.as_deref()) {
        (QuarantineState::Open, "repeated_id", _) => vec![Decision::KeepApart, Decision::Discard],
        // A kind that is confidential by what it is can never be shown (ASSURANCE F1).
        (QuarantineState::Open, "address_withheld", Some("kind_of_service")) => {
            vec![Decision::WithoutAddress]
        }
        (QuarantineState::Open, "address_withheld", _) => {
            vec![Decision::WithoutAddress, Decision::ShowAddress]
        }
        (QuarantineState::Open, _, _) => vec![Decision::Discard],
        _ => Vec::new(),
    }
}

/// Opens a row set aside. Needs a step-up.
pub async fn open(app: &App, actor: &Actor, reference: Ref) -> Result<Opened> {
    let reference = &reference;
    app.store
        .work(actor, PURPOSE, |work| {
            Box::pin(async move {
                let facts = work.quarantine_facts(*reference).await?;
                let permit = work.permit_found::<QuarantineRead>(facts)?;
                let (row, feed, raw) = work.quarantine_read(&permit).await?;
                Ok(Opened {
                    decisions: decisions(&row),
                    row,
                    feed: feed.name,
                    raw: raw.and_then(|raw| serde_json::from_str(&raw).ok()),
                })
            })
        })
        .await
}

/// Decides about a row set aside. Needs a step-up. Errors with [`Error::Conflict`] when somebody has decided before or the
/// directory says something else of the service by now, and with [`Error::Illegal`] when this cannot be decided about such a row.
pub async fn decide(app: &App, actor: &Actor, reference: Ref, decision: Decision) -> Result<()> {
    let (reference, decision) = (&reference, &decision);
    app.store
        .work(actor, PURPOSE, |work| {
            Box::pin(async move {
                let facts = work.quarantine_facts(*reference).await?;
                let permit = work.permit_found::<QuarantineRead>(facts)?;
                let (row, feed, raw) = work.quarantine_read(&permit).await?;
                if row.state != QuarantineState::Open {
                    return Err(Error::Conflict);
                }
                if !decisions(&row).contains(decision) {
                    return Err(Error::Illegal("this cannot be decided about such a row"));
                }
                let raw = raw.unwrap_or_default();
                let mut cleared = None;
                let (state, service) = match decision {
                    Decision::Discard => (QuarantineState::Discarded, None),
                    Decision::WithoutAddress => (QuarantineState::WithoutAddress, None),
                    Decision::KeepApart => {
                        let mut entry = read_again(&feed.name, &raw, Some(&row))?;
                        // A name of its own in the feed: its row number may change, this never does.
                        entry.source_id = format!("{}#{reference}", entry.source_id);
                        let new = new_service(entry)?;
                        let id = work.quarantine_publish(&permit, &feed, &new, None).await?;
                        (QuarantineState::KeptApart, Some(id))
                    }
                    Decision::ShowAddress => {
                        let entry = read_again(&feed.name, &raw, None)?;
                        if entry.is_confidential() {
                            return Err(Error::Illegal("such a service never has an address"));
                        }
                        let told = serde_json::from_str(&raw).map_err(|_| Error::Sealed)?;
                        cleared = row.because.as_deref().map(|rule| judged(&told, rule));
                        let new = new_service(entry)?;
                        // What was published of the row as it was read, with its place withheld.
                        let read = new_service(read_again(&feed.name, &raw, Some(&row))?)?;
                        let id = work
                            .quarantine_publish(&permit, &feed, &new, Some(&read))
                            .await?;
                        (QuarantineState::Cleared, Some(id))
                    }
                };
                work.quarantine_decide(&permit, state, service, cleared)
                    .await
            })
        })
        .await?;
    app.directory.refresh(&app.store).await?;
    Ok(())
}

/// Reads one row again as a feed of its own: with its place withheld as when it was set aside, or cleared.
fn read_again(feed: &str, raw: &str, aside: Option<&QuarantineRow>) -> Result<Entry> {
    let value: Value = serde_json::from_str(raw).map_err(|_| Error::Sealed)?;
    let source = FromBytes(Arc::from(
        json!({ "contents": [value] }).to_string().into_bytes(),
    ));
    let mut options = Options::new(feed);
    options.clearing = aside.is_none();
    let before = Because::WithheldBefore.code();
    options.withheld = aside
        .filter(|row| row.because.as_deref() == Some(before))
        .and_then(|row| row.source_id.clone())
        .into_iter()
        .collect();
    let mut found = None;
    source
        .read(&options, &mut |row| {
            if let Outcome::Entry(entry) = row.outcome {
                found = Some(*entry);
            }
            Ok(())
        })
        .map_err(|_| Error::Illegal("the row cannot be read as a service"))?;
    found.ok_or(Error::Illegal("the row cannot be read as a service"))
}
