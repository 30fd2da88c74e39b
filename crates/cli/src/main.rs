//! The one program: `throughline demo`, `serve`, `work` and the commands around them.
//!
//! # Contract
//! Every command takes `--data DIR` or `--config FILE`; exits 0 when it did what was asked, 2 when what was asked makes no
//! sense, 1 when it could not be done; and with `--json` prints exactly one JSON object.
//!
//! To add a command: a variant of `Command`, a function in the file of its area that gives a [`report::Report`].
//! What must never happen here: a rule of the domain; a name, an address or a search in a log or an error.

mod command;
mod config;
mod demo;
mod envs;
mod key_file;
mod open;
mod report;
mod serve;
mod upkeep;

use std::process::ExitCode;

use clap::Parser as _;

use crate::command::{Cli, Command, ConfigCommand};
use crate::report::{Outcome, Report};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.json;
    let done = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(error) => Err(report::Failure::failed(format!(
            "the program could not start its threads: {error}"
        ))),
    };
    report::finish(done, json)
}

async fn run(cli: Cli) -> Outcome {
    let place = &cli.place;
    match &cli.command {
        Command::Demo(args) => demo::run(place, args, cli.json).await,
        Command::Serve(args) => serve::serve(place, args).await,
        Command::Work => serve::work(place).await,
        Command::Migrate(args) => upkeep::migrate(place, args).await,
        Command::Config {
            command: ConfigCommand::Check,
        } => upkeep::config_check(place),
        Command::Pages => Ok(upkeep::pages()),
        Command::Completions { shell } => Ok(Report::text(command::completions(*shell))),
    }
}
