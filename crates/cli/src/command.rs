//! The command line, as data.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand};

/// Throughline carries a referral through to an outcome.
#[derive(Debug, Parser)]
#[command(name = "throughline", version, about, propagate_version = true)]
pub struct Cli {
    /// Where its data and settings are.
    #[command(flatten)]
    pub place: Place,
    /// Print one JSON object instead of words.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where an installation is: a configuration file, or a folder with everything at its usual name.
#[derive(Debug, Args)]
pub struct Place {
    /// The configuration file.
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "data")]
    pub config: Option<PathBuf>,
    /// A folder with throughline.db, root.key and checkpoints inside.
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// An invented town to look at: makes it if it is not there, then serves it on this machine. Never real people.
    Demo(DemoArgs),
    /// Answers pages and the API, and works the queue unless told not to.
    Serve(ServeArgs),
    /// Sends messages, moves clocks and runs jobs, without answering pages: for several nodes.
    Work,
    /// Brings the database to this version; safe to run twice.
    Migrate(MigrateArgs),
    /// About the configuration.
    Config {
        /// What to do with it.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Every page that the program can show, for tests in a browser.
    #[command(hide = true)]
    Pages,
    /// The completions of a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// How to make and serve the demo.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The port on 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The seed: the same seed makes the same people.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// How many invented people there are.
    #[arg(long, default_value_t = 5_000)]
    pub people: u32,
    /// Do not open a browser.
    #[arg(long)]
    pub no_browser: bool,
    /// Make the world and stop, without serving it.
    #[arg(long, hide = true)]
    pub only_make: bool,
    /// The instant at which the made history ends (RFC 3339), for tests.
    #[arg(long, hide = true, value_name = "INSTANT")]
    pub now: Option<String>,
}

/// How to serve.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The address to listen on, instead of the configured one.
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Option<SocketAddr>,
    /// Leave the queue to `throughline work`.
    #[arg(long)]
    pub no_jobs: bool,
}

/// How to migrate.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// Make a new root key where the configuration says it is. Refused when one is there.
    #[arg(long)]
    pub new_key: bool,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Reads it as the service would and names what is wrong, and what needs somebody's eye.
    Check,
}

/// The completions of a shell.
pub fn completions(shell: clap_complete::Shell) -> String {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "throughline", &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_demo_has_the_promised_defaults() {
        let cli = Cli::parse_from(["throughline", "demo"]);
        let Command::Demo(args) = cli.command else {
            panic!("another command")
        };
        assert_eq!((args.port, args.people), (8080, 5_000));
    }
}
