//! `receipt verify`: whether what a person holds in their hand is what this server signed.

use std::path::Path;

use serde_json::json;
use throughline_store::Error;

use crate::command::Place;
use crate::config::Config;
use crate::open;
use crate::report::{Failure, Outcome, Report};

/// `throughline receipt verify FILE`. Lines that another system ends its own way, and what is empty at the end, do not count.
pub async fn verify(place: &Place, file: &Path) -> Outcome {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::input(format!("{} cannot be read ({error})", file.display())))?;
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    let note = lines.join("\n") + "\n";
    let config = Config::of(place)?;
    let store = open::store(&config).await?;
    match store.receipt_verify(&note).await {
        Ok(receipt) => Ok(Report::new(
            format!(
                "The receipt is genuine. It was signed by this server for what was taken back at {}.",
                receipt.taken_back_at
            ),
            json!({ "ok": true, "receipt": receipt }),
        )),
        Err(Error::Integrity(why)) => Ok(Report::new(
            format!("The receipt is NOT genuine: {why}."),
            json!({ "ok": false, "problem": why }),
        )
        .but_wrong(true)),
        Err(error) => Err(error.into()),
    }
}
