//! The one program: `throughline demo`, `serve`, `work` and the commands around them.
//!
//! # Contract
//! Every command takes `--data DIR` or `--config FILE`; exits 0 when it did what was asked, 2 when what was asked makes no
//! sense, 1 when it could not be done; and with `--json` prints exactly one JSON object.
//!
//! To add a command: a variant of `Command`, a function in the file of its area that gives a [`report::Report`].
//! What must never happen here: a rule of the domain; a name, an address or a search in a log or an error.

mod bench;
mod bench_audit;
mod bench_journey;
mod command;
mod config;
mod demo;
mod directory;
mod envs;
mod geo;
mod key_file;
mod open;
mod outbox;
mod proof;
mod provider;
mod quiet;
mod receipt;
mod report;
mod serve;
mod set_up;
mod upkeep;

use std::process::ExitCode;

use clap::Parser as _;

use crate::command::{
    AuditCommand, BenchCommand, Cli, Command, ConfigCommand, DirectoryCommand, GeoCommand,
    OutboxCommand, ReceiptCommand,
};
use crate::report::{Outcome, Report};

fn main() -> ExitCode {
    quiet::keep();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(asked) => return report::misunderstood(&asked),
    };
    let json = cli.json;
    let done = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime.block_on(async {
            let done = run(cli).await;
            open::close().await;
            done
        }),
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
        Command::SetUp(args) => set_up::run(place, args).await,
        Command::Config {
            command: ConfigCommand::Check(args),
        } => upkeep::config_check(place, args),
        Command::Directory { command } => match command {
            DirectoryCommand::Import(args) => directory::take_in(place, args).await,
            DirectoryCommand::Export(args) => directory::give_out(place, args).await,
            DirectoryCommand::Sync => directory::sync(place).await,
        },
        Command::Geo {
            command: GeoCommand::Import { from, edition },
        } => geo::import(place, from, edition),
        Command::Find(args) => directory::find(place, args).await,
        Command::Outbox { command } => match command {
            OutboxCommand::List => outbox::list(place).await,
            OutboxCommand::Retry(args) => outbox::retry(place, args).await,
        },
        Command::Audit {
            command: AuditCommand::Verify { checkpoints },
        } => proof::verify(place, checkpoints.as_deref()).await,
        Command::Receipt {
            command: ReceiptCommand::Verify { file },
        } => receipt::verify(place, file).await,
        Command::Backup { out } => proof::backup(place, out).await,
        Command::Restore { from, erased } => proof::restore(place, from, erased.as_deref()).await,
        Command::Shred => proof::shred(place).await,
        Command::Keys { command } => proof::keys(place, command).await,
        Command::Openapi => {
            let document = throughline_web::openapi::document();
            Ok(Report::new(document.to_string(), document))
        }
        Command::Bench { command } => match *command {
            BenchCommand::Find {
                services,
                questions,
            } => bench::of_find(services, questions),
            BenchCommand::Journey {
                people,
                requests,
                visitors,
            } => {
                let size = bench_journey::Size {
                    people,
                    requests,
                    visitors,
                };
                bench_journey::of_journey(size).await
            }
            BenchCommand::Audit {
                entries,
                writers,
                looks,
                ref postgres_file,
            } => {
                let size = bench_audit::Size {
                    entries,
                    writers,
                    looks,
                    postgres_file: postgres_file.clone(),
                };
                bench_audit::of_audit(&size).await
            }
        },
        Command::Pages => Ok(upkeep::pages()),
        Command::Completions { shell } => Ok(Report::text(command::completions(*shell))),
    }
}
