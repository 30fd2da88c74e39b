//! The configuration: one TOML file in which every unknown word is an error, or a folder with everything at its usual name.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::command::Place;
use crate::report::Failure;

/// How an installation is set up. Secrets are never in it: only where they are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where it listens and how people reach it.
    #[serde(default)]
    pub server: Server,
    /// Where the data is.
    pub database: Database,
    /// Where the root key is.
    pub keys: Keys,
    /// How people sign in.
    #[serde(default)]
    pub sign_in: SignIn,
    /// How mail leaves.
    #[serde(default)]
    pub mail: Mail,
    /// What the service is called.
    #[serde(default)]
    pub service: Service,
    /// What runs beside the pages.
    #[serde(default)]
    pub jobs: Jobs,
    /// What is logged and how.
    #[serde(default)]
    pub log: Log,
    /// Law and local practice.
    #[serde(default)]
    pub policy: Policy,
    /// Places.
    #[serde(default)]
    pub geo: Geo,
    /// The feeds of the directory.
    #[serde(default)]
    pub directory: Directory,
}

/// Where it listens and how people reach it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// The address to listen on.
    pub bind: SocketAddr,
    /// Where people reach it, without a slash at the end.
    pub base_url: String,
    /// Whether people reach it over TLS; without a word, whether `base_url` says so.
    pub secure: Option<bool>,
    /// Whether a proxy in front sets `X-Forwarded-For` and may be believed.
    pub behind_proxy: bool,
    /// A file with the word that a program on another machine must bring to read `/metrics`. Without it only this machine may.
    pub figures_file: Option<PathBuf>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            base_url: "http://127.0.0.1:8080".to_owned(),
            secure: None,
            behind_proxy: false,
            figures_file: None,
        }
    }
}

/// Where the data is: exactly one of the two.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// A SQLite file on a local disk.
    pub sqlite: Option<PathBuf>,
    /// A PostgreSQL URL.
    pub postgres: Option<String>,
    /// A file that holds the PostgreSQL URL, when it has a password in it.
    pub postgres_file: Option<PathBuf>,
    /// The most connections to PostgreSQL at once.
    #[serde(default = "sixteen")]
    pub connections: u32,
    /// Megabytes kept free beside the SQLite file, so that a full disk stops no reading; 0 keeps none.
    #[serde(default = "sixty_four")]
    pub reserve_mb: u64,
}

const fn sixty_four() -> u64 {
    64
}

const fn sixteen() -> u32 {
    16
}

/// Where the root key is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The file, which only the service may read.
    pub file: PathBuf,
}

/// How people sign in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    /// Whether a password signs somebody in.
    pub passwords: bool,
    /// The organisation's own sign-in service.
    pub oidc: Option<Oidc>,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            passwords: true,
            oidc: None,
        }
    }
}

/// The organisation's own sign-in service, by OpenID Connect.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// Its issuer, to the letter.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// The file that holds the secret it gave us, where it gave one.
    pub secret_file: Option<PathBuf>,
    /// What people call it: it stands on the page.
    pub name: String,
    /// Values of `acr` that mean that it asked two factors.
    #[serde(default)]
    pub second_factor_acr: Vec<String>,
    /// Values in `amr` that mean the same.
    #[serde(default)]
    pub second_factor_amr: Vec<String>,
}

/// How mail leaves: over SMTP, or only into the mail folder that a demo shows. With neither, messages wait.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// The relay, for example `smtp://smtp.example.org:587?tls=required`.
    pub smtp: Option<String>,
    /// The name to sign in to the relay with.
    pub user: Option<String>,
    /// The file that holds its password.
    pub password_file: Option<PathBuf>,
    /// The neutral address that mail comes from.
    pub from: String,
    /// Nothing is sent: what would have been is shown in the demo's mail folder.
    pub folder: bool,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            smtp: None,
            user: None,
            password_file: None,
            from: "no-reply@example.org".to_owned(),
            folder: false,
        }
    }
}

/// What the service is called.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Service {
    /// A neutral name: it stands in tabs and histories that somebody else may see.
    pub name: String,
    /// The number that a person is asked to call. Whoever answers it says no name of an agency. Without one nobody is asked to call.
    pub call: Option<String>,
}

impl Default for Service {
    fn default() -> Self {
        Self {
            name: "Throughline".to_owned(),
            call: None,
        }
    }
}

/// What runs beside the pages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Jobs {
    /// Whether `serve` works the queue too.
    pub run: bool,
    /// The folder that signed checkpoints of the audit record are written to.
    pub checkpoints: Option<PathBuf>,
    /// The name of this node; no two may share one.
    pub node: String,
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            run: true,
            checkpoints: None,
            node: "node-1".to_owned(),
        }
    }
}

/// What is logged and how. Neither form ever holds a name, an address or a search.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
    /// The least level, or a filter of `tracing`. Libraries never say more than warnings.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info".to_owned(),
        }
    }
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Law and local practice.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// A folder of packs (`*.toml`) that replaces the ones that come with the program.
    pub packs: Option<PathBuf>,
}

/// Places.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Geo {
    /// Where `geo import` keeps a newer table of postcodes. While there is none, the one in the program is used.
    pub postcodes: Option<PathBuf>,
}

/// The feeds of the directory.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Directory {
    /// The longest that fetching one feed may take, in seconds. Then it has failed, and the next is read.
    pub feed_seconds: NonZeroU32,
}

impl Default for Directory {
    /// Two hours: some thirty thousand services, each from a page of its own.
    fn default() -> Self {
        const TWO_HOURS: NonZeroU32 = NonZeroU32::new(7_200).unwrap();
        Self {
            feed_seconds: TWO_HOURS,
        }
    }
}

/// Where systemd puts the secrets of a unit: another folder for each.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

#[expect(
    clippy::disallowed_methods,
    reason = "this is where the configuration is read"
)]
fn credentials() -> Option<PathBuf> {
    std::env::var_os(CREDENTIALS).map(PathBuf::from)
}

/// The path of a secret, of which the first part may be `$CREDENTIALS_DIRECTORY`. Outside a unit that has none it stays as it
/// is, and whoever reads it says that there is no such file.
fn secret(path: PathBuf, given: Option<&Path>) -> PathBuf {
    match (path.strip_prefix(format!("${CREDENTIALS}")), given) {
        (Ok(name), Some(folder)) => folder.join(name),
        _ => path,
    }
}

impl Config {
    /// The configuration that the command line names.
    pub fn of(place: &Place) -> Result<Self, Failure> {
        match (&place.config, &place.data) {
            (Some(file), _) => Self::read(file),
            (None, Some(folder)) => Ok(Self::folder(folder)),
            (None, None) => Err(Failure::input(
                "say where the installation is: --config FILE or --data DIR",
            )),
        }
    }

    /// Reads a file.
    pub fn read(file: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(file).map_err(|error| {
            Failure::input(format!(
                "the configuration file {} cannot be read ({error})",
                file.display()
            ))
        })?;
        Self::parse(&text).map_err(|problem| {
            Failure::input(format!(
                "the configuration file {}: {problem}",
                file.display()
            ))
        })
    }

    /// Reads a text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let given = credentials();
        config.keys.file = secret(config.keys.file, given.as_deref());
        for path in [
            &mut config.mail.password_file,
            &mut config.database.postgres_file,
            &mut config.server.figures_file,
        ] {
            *path = path.take().map(|path| secret(path, given.as_deref()));
        }
        if let Some(oidc) = &mut config.sign_in.oidc {
            let file = oidc.secret_file.take();
            oidc.secret_file = file.map(|path| secret(path, given.as_deref()));
        }
        let databases = [
            config.database.sqlite.is_some(),
            config.database.postgres.is_some(),
            config.database.postgres_file.is_some(),
        ];
        if databases.iter().filter(|given| **given).count() != 1 {
            return Err(
                "[database] needs exactly one of sqlite, postgres and postgres_file".to_owned(),
            );
        }
        if config.mail.smtp.is_some() && config.mail.folder {
            return Err("[mail] takes smtp or folder, not both".to_owned());
        }
        if config.server.base_url.ends_with('/') {
            return Err("[server] base_url must not end with a slash".to_owned());
        }
        Ok(config)
    }

    /// A folder with everything at its usual name.
    pub fn folder(folder: &Path) -> Self {
        Self {
            server: Server::default(),
            database: Database {
                sqlite: Some(folder.join("throughline.db")),
                postgres: None,
                postgres_file: None,
                connections: sixteen(),
                reserve_mb: sixty_four(),
            },
            keys: Keys {
                file: folder.join("root.key"),
            },
            sign_in: SignIn::default(),
            mail: Mail {
                folder: true,
                ..Mail::default()
            },
            service: Service::default(),
            jobs: Jobs {
                checkpoints: Some(folder.join("checkpoints")),
                ..Jobs::default()
            },
            log: Log::default(),
            policy: Policy::default(),
            geo: Geo {
                postcodes: Some(folder.join("postcodes.bin")),
            },
            directory: Directory::default(),
        }
    }

    /// The word that a program on another machine brings to read the figures; `None` where none is set. Errors when its file
    /// cannot be read or is empty: an empty word would let anyone in.
    pub fn figures_word(&self) -> Result<Option<String>, Failure> {
        let Some(file) = &self.server.figures_file else {
            return Ok(None);
        };
        secret_text(file, "the word of the figures").map(Some)
    }

    /// Whether people reach it over TLS.
    pub fn secure(&self) -> bool {
        self.server
            .secure
            .unwrap_or_else(|| self.server.base_url.starts_with("https://"))
    }
}

/// The secret in a file, without the space around it; `what` names it. Errors when the file cannot be read or is empty: an empty
/// secret would let anyone in, or be sent where a right one is needed.
pub fn secret_text(file: &Path, what: &str) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::failed(format!(
            "the file {} with {what} cannot be read ({error})",
            file.display()
        ))
    })?;
    let secret = text.trim();
    if secret.is_empty() {
        return Err(Failure::input(format!(
            "the file {} with {what} is empty",
            file.display()
        )));
    }
    Ok(secret.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "[database]\nsqlite = \"a.db\"\n[keys]\nfile = \"root.key\"\n";

    #[test]
    fn the_least_configuration_is_a_database_and_a_key() {
        let config = Config::parse(LEAST).unwrap();
        assert_eq!(config.server.bind.to_string(), "127.0.0.1:8080");
        assert!(!config.secure());
    }

    #[test]
    fn an_unknown_word_is_an_error_wherever_it_stands() {
        for text in [
            format!("{LEAST}[servr]\n"),
            format!("{LEAST}[server]\nbnd = \"127.0.0.1:1\"\n"),
            format!("{LEAST}[mail]\npassword = \"x\"\n"),
            format!("{LEAST}[directory]\nfeed_seconds = 0\n"),
            LEAST.replace("sqlite", "sqlight"),
        ] {
            assert!(Config::parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn two_databases_or_none_are_an_error() {
        assert!(Config::parse(&LEAST.replace("[keys]", "postgres = \"x\"\n[keys]")).is_err());
        assert!(Config::parse("[database]\n[keys]\nfile = \"k\"\n").is_err());
    }

    #[test]
    fn a_secret_may_lie_where_systemd_puts_it() {
        let at = |path: &str, given: Option<&str>| secret(path.into(), given.map(Path::new));
        assert_eq!(
            at("$CREDENTIALS_DIRECTORY/root-key", Some("/run/c/one")),
            Path::new("/run/c/one/root-key")
        );
        let plain = "/etc/throughline/keys/root.key";
        assert_eq!(at(plain, Some("/run/c/one")), Path::new(plain));
        let none = "$CREDENTIALS_DIRECTORY/root-key";
        assert_eq!(at(none, None), Path::new(none));
    }

    #[test]
    fn the_example_that_is_shipped_can_be_read() {
        let config = Config::parse(include_str!("../../../deploy/throughline.toml")).unwrap();
        assert!(config.secure());
    }
}
