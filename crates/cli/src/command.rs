//! The command line, as data.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

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
    /// Once, on an empty database: the organisation that runs the installation and its first administrator.
    SetUp(SetUpArgs),
    /// About the configuration.
    Config {
        /// What to do with it.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// The directory of services.
    Directory {
        /// What to do with it.
        #[command(subcommand)]
        command: DirectoryCommand,
    },
    /// Places.
    Geo {
        /// What to do with them.
        #[command(subcommand)]
        command: GeoCommand,
    },
    /// Asks the match engine.
    Find(FindArgs),
    /// Messages that could not be sent.
    Outbox {
        /// What to do with them.
        #[command(subcommand)]
        command: OutboxCommand,
    },
    /// The audit record.
    Audit {
        /// What to do with it.
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// What a person was given when they took back what they had agreed.
    Receipt {
        /// What to do with it.
        #[command(subcommand)]
        command: ReceiptCommand,
    },
    /// Makes a consistent copy of a SQLite database with a manifest, while people work. PostgreSQL has pg_dump.
    Backup {
        /// The folder to make.
        out: PathBuf,
    },
    /// Puts a backup of a SQLite database into an empty place and checks it against its manifest.
    Restore {
        /// The folder of the backup.
        from: PathBuf,
        /// The newest list of erased people (erased.list, beside the checkpoints): whoever is on it is erased again at once.
        #[arg(long, value_name = "FILE")]
        erased: Option<PathBuf>,
    },
    /// Overwrites what erased records left in free space on disk, now instead of in the next quiet hour. Other writers wait.
    Shred,
    /// The root key.
    Keys {
        /// What to do with it.
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Prints the description of the API.
    Openapi,
    /// Measures on this machine.
    Bench {
        /// What to measure.
        #[command(subcommand)]
        command: BenchCommand,
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
    /// A new file for the secrets of two programs that may ask this demo's API everything, for tests.
    #[arg(long, hide = true, value_name = "FILE")]
    pub programs: Option<PathBuf>,
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
    /// The machine's clock is right although the record holds later instants: somebody had set it ahead. Without this, time goes on
    /// from the latest that was recorded, and the node is not ready.
    #[arg(long)]
    pub clock_is_right: bool,
}

/// How to migrate.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// Make a new root key where the configuration says it is. Refused when one is there.
    #[arg(long)]
    pub new_key: bool,
}

/// Who runs the installation.
#[derive(Debug, Args)]
pub struct SetUpArgs {
    /// The organisation that runs it.
    #[arg(long, value_name = "NAME")]
    pub organisation: String,
    /// What kind of body it is: jobcentre, council, charity, health, housing, justice, other.
    #[arg(long, default_value = "jobcentre")]
    pub kind: String,
    /// Whose rules it works under: england, wales, scotland, northern_ireland.
    #[arg(long, default_value = "england")]
    pub nation: String,
    /// The first administrator.
    #[arg(long, value_name = "NAME")]
    pub admin_name: String,
    /// The address that they sign in with.
    #[arg(long, value_name = "ADDRESS")]
    pub admin_email: String,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Reads it as the service would and names what is wrong, and what needs somebody's eye.
    Check(CheckArgs),
}

/// How to check the configuration.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The instant to check it for, instead of now (RFC 3339), for tests.
    #[arg(long, hide = true, value_name = "INSTANT")]
    pub now: Option<String>,
}

/// What to do with the directory.
#[derive(Debug, Subcommand)]
pub enum DirectoryCommand {
    /// Takes in a file, a folder or the address of a feed. Its format is found out by looking, unless it is named.
    Import(ImportArgs),
    /// Gives it out.
    Export(ExportArgs),
    /// Reads every feed again.
    Sync,
}

/// What to take in.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A path or an address.
    pub from: String,
    /// The feed's name; without it, where it comes from.
    #[arg(long)]
    pub feed: Option<String>,
    /// What it is; when it turns out to be something else, nothing is taken in.
    #[arg(long, value_enum)]
    pub format: Option<FeedFormat>,
    /// The publisher has given up the pages that its services had of their own: its list is all there is from now on.
    #[arg(long, conflicts_with = "dry_run")]
    pub list_only: bool,
    /// Only say what would be done.
    #[arg(long)]
    pub dry_run: bool,
}

/// The formats of feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FeedFormat {
    /// Open Referral UK 1.
    OrukV1,
    /// Open Referral UK 3, or HSDS 3 as JSON.
    OrukV3,
    /// Outpost.
    Outpost,
    /// HSDS tables, in a folder or a zip.
    Hsds,
}

/// What to do with places.
#[derive(Debug, Subcommand)]
pub enum GeoCommand {
    /// Puts a newer open table of postcodes over the one in the program.
    Import {
        /// A CSV file laid out like the ONS Postcode Directory, or a table that was packed before.
        from: PathBuf,
        /// What it is, with its date, for the attribution that its licence asks for.
        #[arg(long, default_value = "ONS Postcode Directory")]
        edition: String,
    },
}

/// What to give out.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The format.
    #[arg(long, default_value = "oruk-v3")]
    pub format: String,
    /// The file to write.
    pub out: PathBuf,
}

/// What to look for.
#[derive(Debug, Args)]
pub struct FindArgs {
    /// A postcode, whole or outward.
    #[arg(long, value_name = "POSTCODE")]
    pub near: Option<String>,
    /// A need, by its code; may be given several times.
    #[arg(long, num_args = 1.., value_name = "NEED")]
    pub need: Vec<String>,
    /// Words.
    #[arg(long)]
    pub text: Option<String>,
    /// A file with what the person told, as JSON.
    #[arg(long, value_name = "FILE")]
    pub circumstances: Option<PathBuf>,
    /// Print what may stand in that file.
    #[arg(long)]
    pub schema: bool,
    /// How many matches at most.
    #[arg(long, default_value_t = 20)]
    pub limit: usize,
}

/// What to do with messages that could not be sent.
#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// Lists the messages that were given up, oldest first, each with its reason. It names nobody.
    List,
    /// Lets messages that were given up be tried again from the start, once their cause is mended. Recorded.
    Retry(RetryArgs),
}

/// Which messages to try again.
#[derive(Debug, Args)]
pub struct RetryArgs {
    /// Their references, as `outbox list` shows them: all of these are let go, or none.
    #[arg(
        value_name = "REF",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    pub references: Vec<String>,
    /// Everything that was given up.
    #[arg(long)]
    pub all: bool,
}

/// What to do with the audit record.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Recomputes it from its entries and compares it with its signed checkpoints.
    Verify {
        /// Another folder of checkpoints, such as a witness's copies: what lies beside the database can be put back with it.
        #[arg(long, value_name = "DIR")]
        checkpoints: Option<PathBuf>,
    },
}

/// What to do with a receipt.
#[derive(Debug, Subcommand)]
pub enum ReceiptCommand {
    /// Says whether this server signed it, and whether a letter of it was changed since.
    Verify {
        /// The receipt's signed text.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// What to do with the root key.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Prints shares of it, of which some are needed to make it again.
    Split {
        /// How many are needed.
        #[arg(long, default_value_t = 3)]
        needed: u8,
        /// How many there are.
        #[arg(long, default_value_t = 5)]
        total: u8,
    },
    /// Makes it again from shares on standard input, with a blank line between them.
    Recover,
    /// Wraps every key under the newest root key of the key file.
    Rotate,
}

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Finding, over an invented directory.
    Find {
        /// How many services.
        #[arg(long, default_value_t = 10_000)]
        services: usize,
        /// How many questions.
        #[arg(long, default_value_t = 1_000)]
        questions: usize,
    },
    /// Pages and writes over HTTP, against a server of its own on an invented world.
    Journey {
        /// How many invented people.
        #[arg(long, default_value_t = 1_000)]
        people: u32,
        /// Requests per case.
        #[arg(long, default_value_t = 500)]
        requests: usize,
        /// Visitors at once.
        #[arg(long, default_value_t = 4)]
        visitors: usize,
    },
    /// The audit record: looks a second by several writers, and the time to check it whole. In an installation of its own.
    Audit {
        /// Entries in the record when it is checked.
        #[arg(long, default_value_t = 100_000)]
        entries: u64,
        /// Writers at once.
        #[arg(long, default_value_t = 4)]
        writers: usize,
        /// Looks that are measured.
        #[arg(long, default_value_t = 4_000)]
        looks: usize,
        /// A file with the address of an empty PostgreSQL database. Without it, SQLite in a temporary folder.
        #[arg(long)]
        postgres_file: Option<PathBuf>,
    },
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
