//! Chores of the workspace that must not need anything but Cargo.
//!
//! What lives here: one module per chore, each with `run(args) -> Result<(), String>`. To add one: a module and one
//! arm below. What must never happen here: anything the product needs at run time.

use std::io::Write as _;
use std::process::ExitCode;

mod check_docs;
mod check_layers;
mod check_mutants;
mod geo;
mod promises;
mod vendor_assets;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (chore, rest) = args
        .split_first()
        .map_or(("", args.as_slice()), |(first, rest)| {
            (first.as_str(), rest)
        });
    let outcome = match chore {
        "check-docs" => check_docs::run(rest),
        "check-layers" => check_layers::run(rest),
        "check-mutants" => check_mutants::run(rest),
        "geo" => geo::run(rest),
        "vendor-assets" => vendor_assets::run(rest),
        _ => Err(
            "usage: cargo run -p xtask -- check-docs | check-layers | check-mutants FOLDER | geo | vendor-assets"
                .to_owned(),
        ),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _nowhere_left_to_complain = writeln!(std::io::stderr(), "{why}");
            ExitCode::FAILURE
        }
    }
}

/// The folder that holds the workspace: every chore reads and writes below it, wherever it was started.
fn root() -> &'static std::path::Path {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Say one line to the person who ran the chore.
fn say(line: &str) -> Result<(), String> {
    writeln!(std::io::stdout(), "{line}").map_err(|e| e.to_string())
}
