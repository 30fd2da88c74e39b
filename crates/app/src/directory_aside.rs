//! Rows of a feed that were set aside: a steward opens one and decides.

use std::sync::Arc;

use serde_json::{Value, json};
use throughline_core::code::Code as _;
use throughline_core::directory::confidential::Because;
use throughline_core::id::{Ref, ServiceId};
use throughline_exchange::inbound::{Options, Outcome, judged};
use throughline_policy::action::{DirectoryImport, QuarantineRead};
use throughline_policy::{Actor, Permit};
use throughline_store::directory::NewService;
use throughline_store::feed::{Feed, import_facts};
use throughline_store::quarantine::{NewQuarantine, QuarantineRow, QuarantineState};
use throughline_store::{Error, Result, Work};

use crate::App;
use crate::directory::PURPOSE;
use crate::directory_import::{new_service, set_aside};
use crate::directory_source::{FromBytes, Source};

throughline_core::code_list! {
    /// What a steward may do with a row set aside.
    pub enum Decision {
        /// Publish the second row of one identifier as a service of its own; without its place, where that is withheld.
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
                        let id = keep_apart(work, &permit, &row, &feed, &raw).await?;
                        (QuarantineState::KeptApart, Some(id))
                    }
                    Decision::ShowAddress => {
                        let own = row.source_id.as_deref();
                        let (new, _) = read_again(&feed.name, &raw, own, Told::Shown)?;
                        if new.entry.is_confidential() {
                            return Err(Error::Illegal("such a service never has an address"));
                        }
                        let told = serde_json::from_str(&raw).map_err(|_| Error::Sealed)?;
                        cleared = row.because.as_deref().map(|rule| judged(&told, rule));
                        // What was published of the row as it was read, with its place withheld.
                        let before = row.because.as_deref() == Some(Because::WithheldBefore.code());
                        let told = Told::withheld_if(before);
                        let (read, _) = read_again(&feed.name, &raw, own, told)?;
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

/// Publishes the second row of one identifier as a service of its own. Its place is judged as that of any row is; and where the
/// first row's is withheld, or that of a service kept apart from it before, its own is too: two rows of one identifier may be one
/// house. What is withheld waits for a steward by itself, who may clear it.
async fn keep_apart(
    work: &mut Work<'_>,
    permit: &Permit<QuarantineRead>,
    row: &QuarantineRow,
    feed: &Feed,
    raw: &str,
) -> Result<ServiceId> {
    let import = work.permit::<DirectoryImport>(&import_facts(feed.organisation))?;
    // Until this is done no reading withholds the first row.
    work.feed_lock(&import, &feed.name).await?;
    let first = row.source_id.as_deref().unwrap_or_default();
    let apart = format!("{first}#");
    let is_withheld = work
        .services_of(&import, feed)
        .await?
        .iter()
        .any(|(id, held)| held.confidential && (id == first || id.starts_with(&apart)));
    // A name of its own in the feed: its row number may change, this never does.
    let own = format!("{apart}{}", row.reference);
    let told = Told::withheld_if(is_withheld);
    let (new, withheld) = read_again(&feed.name, raw, Some(&own), told)?;
    let id = work.quarantine_publish(permit, feed, &new, None).await?;
    if let Some(withheld) = withheld {
        let waits = NewQuarantine {
            row: row.row,
            source_id: Some(own),
            service: Some(id),
            ..withheld
        };
        work.quarantine_add(&import, feed, row.run, &[waits])
            .await?;
    }
    Ok(id)
}

/// What is told of a row's place, apart from what the row says.
#[derive(Clone, Copy)]
enum Told {
    /// Nothing.
    Nothing,
    /// It was withheld until now.
    Withheld,
    /// A steward lets it be shown.
    Shown,
}

impl Told {
    const fn withheld_if(is_withheld: bool) -> Self {
        if is_withheld {
            Self::Withheld
        } else {
            Self::Nothing
        }
    }
}

/// Reads one row again as a feed of its own, `own` being its identifier here. With what is withheld of it.
fn read_again(
    feed: &str,
    raw: &str,
    own: Option<&str>,
    told: Told,
) -> Result<(NewService, Option<NewQuarantine>)> {
    let value: Value = serde_json::from_str(raw).map_err(|_| Error::Sealed)?;
    let source = FromBytes(Arc::from(
        json!({ "contents": [value] }).to_string().into_bytes(),
    ));
    let mut options = Options::new(feed);
    options.clearing = matches!(told, Told::Shown);
    options.withholding = matches!(told, Told::Withheld);
    let mut found = None;
    source
        .read(&options, &mut |row| {
            if let Outcome::Entry(entry) = row.outcome {
                found = Some((*entry, row.withheld));
            }
            Ok(())
        })
        .map_err(|_| Error::Illegal("the row cannot be read as a service"))?;
    let (mut entry, withheld) =
        found.ok_or(Error::Illegal("the row cannot be read as a service"))?;
    if let Some(own) = own {
        own.clone_into(&mut entry.source_id);
    }
    Ok((new_service(entry)?, withheld.map(set_aside)))
}
