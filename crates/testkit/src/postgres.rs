//! Where the PostgreSQL of this test run is, and what a test does when there is none.
//!
//! The contract with `./test` (and with a person at a prompt) is one environment variable, [`ADDRESS`]: a URL that may
//! create and drop databases on a cluster that nobody will miss. `scripts/postgres.sh` makes one. Without it a test says
//! that it was skipped; where `CI=true` it fails, so that a forgotten cluster can never look like success.
//!
//! The pattern for a fixture, which the store's harness follows: one template database per text of the migrations, made
//! once under [`TEMPLATE_LOCK`] because every test may be its own process; then [`create_from_template`] for each test,
//! and [`drop_database`] after it. SQL runs through the caller's connection: this module holds none.
//!
//! What must never happen here: connecting to an address that was not given for tests.

/// The environment variable that holds the address.
pub const ADDRESS: &str = "THROUGHLINE_TEST_POSTGRES";

/// The key of the advisory lock (`pg_advisory_lock`) under which the template database is made.
pub const TEMPLATE_LOCK: i64 = 0x7468_726f_7567_686c; // "throughl"

/// The start of every database name that tests make: what is left over after a killed run can be found by it.
pub const PREFIX: &str = "throughline_test_";

/// A PostgreSQL cluster for tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    url: String,
}

/// The cluster of this run, or `None` after saying on standard error that the test is skipped.
///
/// # Panics
///
/// Where `CI=true` and no address is given: in CI, "skipped" would be a lie.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
pub fn cluster() -> Option<Cluster> {
    let found = postgres_admin_url().map(|url| Cluster { url });
    if found.is_none() {
        assert!(
            variable("CI").as_deref() != Some("true"),
            "no PostgreSQL: {ADDRESS} is not set, and in CI nothing is skipped (./test db sets it)"
        );
        eprintln!("skipped: no PostgreSQL ({ADDRESS} is not set; ./test db runs this test)");
    }
    found
}

/// The address in [`ADDRESS`], if there is one.
pub fn postgres_admin_url() -> Option<String> {
    variable(ADDRESS).filter(|url| !url.is_empty())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where tests learn of the outside: configuration is passed in everywhere else"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Cluster {
    /// The address to create and drop databases from.
    pub fn admin_url(&self) -> &str {
        &self.url
    }

    /// The address of another database on the same cluster, with the same options.
    pub fn database_url(&self, database: &str) -> String {
        let (address, options) = self
            .url
            .split_once('?')
            .map_or((self.url.as_str(), None), |(a, o)| (a, Some(o)));
        // scheme://user@host:port/database - what follows the last slash after the authority is the database's name.
        let server = match address.split_once("://") {
            Some((scheme, rest)) => {
                format!("{scheme}://{}", rest.split('/').next().unwrap_or(rest))
            }
            None => address.to_owned(),
        };
        match options {
            Some(options) => format!("{server}/{database}?{options}"),
            None => format!("{server}/{database}"),
        }
    }
}

/// The template's name for one text of the migrations; `digest` is any hash of it, in hexadecimal.
pub fn template_name(digest: &str) -> String {
    let short: String = digest
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(24)
        .collect();
    format!("{PREFIX}template_{}", short.to_lowercase())
}

/// A name for one test's own database. `unique` is anything that no other test of the run has (process, count).
pub fn database_name(unique: &str) -> String {
    let plain: String = unique
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .take(40)
        .collect();
    format!("{PREFIX}{plain}")
}

/// A copy of the template in about a tenth of a second: `WAL_LOG` copies pages through the log; the other strategy would
/// wait for a checkpoint of the whole cluster.
pub fn create_from_template(database: &str, template: &str) -> String {
    format!("CREATE DATABASE \"{database}\" TEMPLATE \"{template}\" STRATEGY WAL_LOG")
}

/// Remove a test's database, even while a connection of the test still lives.
pub fn drop_database(database: &str) -> String {
    format!("DROP DATABASE IF EXISTS \"{database}\" WITH (FORCE)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Cluster {
        Cluster {
            url: url.to_owned(),
        }
    }

    #[test]
    fn another_database_keeps_the_server_and_its_options() {
        for (admin, expected) in [
            (
                "postgres://throughline@localhost:5432/postgres?host=/tmp/x/socket",
                "postgres://throughline@localhost:5432/t1?host=/tmp/x/socket",
            ),
            (
                "postgres://a:b@127.0.0.1:5433/postgres",
                "postgres://a:b@127.0.0.1:5433/t1",
            ),
            ("postgres://127.0.0.1", "postgres://127.0.0.1/t1"),
        ] {
            assert_eq!(at(admin).database_url("t1"), expected);
        }
    }

    #[test]
    fn names_fit_in_an_identifier_and_need_no_escape() {
        let long = "Store::tests/\"quoted\"; DROP".repeat(9);
        for name in [database_name(&long), template_name(&"AB-".repeat(99))] {
            assert!(name.len() <= 63, "{name}");
            assert!(
                name.chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
                "{name}"
            );
        }
    }
}
