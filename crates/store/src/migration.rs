//! Migrations: frozen text files in `schema/`, the same for both databases, each with its hash on record.
//!
//! To change the schema: add `schema/mNNNN_what.txt`, a line in [`ALL`], the entity, and the columns' classes in
//! `classification.toml`. Never edit a file that has been released: the hash of what ran is checked at every start.

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::proof::hex;
use crate::tx::Tx;

/// Every migration in order: name and text.
pub(crate) const ALL: &[(&str, &str)] = &[
    ("m0001_spine", include_str!("../schema/m0001_spine.txt")),
    (
        "m0002_by_referral",
        include_str!("../schema/m0002_by_referral.txt"),
    ),
    (
        "m0003_clearance",
        include_str!("../schema/m0003_clearance.txt"),
    ),
    (
        "m0004_partner_join",
        include_str!("../schema/m0004_partner_join.txt"),
    ),
    ("m0005_told", include_str!("../schema/m0005_told.txt")),
    ("m0006_details", include_str!("../schema/m0006_details.txt")),
    ("m0007_closed", include_str!("../schema/m0007_closed.txt")),
    ("m0008_message", include_str!("../schema/m0008_message.txt")),
    ("m0009_seen", include_str!("../schema/m0009_seen.txt")),
    ("m0010_sharing", include_str!("../schema/m0010_sharing.txt")),
    ("m0011_erasure", include_str!("../schema/m0011_erasure.txt")),
    ("m0013_reveal", include_str!("../schema/m0013_reveal.txt")),
    ("m0014_sign_in", include_str!("../schema/m0014_sign_in.txt")),
    ("m0015_apart", include_str!("../schema/m0015_apart.txt")),
    (
        "m0016_access_request",
        include_str!("../schema/m0016_access_request.txt"),
    ),
    (
        "m0017_second_person",
        include_str!("../schema/m0017_second_person.txt"),
    ),
    (
        "m0018_interest",
        include_str!("../schema/m0018_interest.txt"),
    ),
    ("m0019_place", include_str!("../schema/m0019_place.txt")),
    (
        "m0020_person_link",
        include_str!("../schema/m0020_person_link.txt"),
    ),
    ("m0022_urgent", include_str!("../schema/m0022_urgent.txt")),
    ("m0023_watch", include_str!("../schema/m0023_watch.txt")),
    ("m0024_line", include_str!("../schema/m0024_line.txt")),
    ("m0025_duty", include_str!("../schema/m0025_duty.txt")),
    ("m0033_unmet", include_str!("../schema/m0033_unmet.txt")),
    ("m0034_notice", include_str!("../schema/m0034_notice.txt")),
    ("m0035_room", include_str!("../schema/m0035_room.txt")),
];

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS schema_migration (name text NOT NULL PRIMARY KEY, hash text NOT NULL)";

/// The hash of all migrations: names a test template and tells nodes of one version apart from another.
pub fn fingerprint() -> String {
    let mut hash = Sha256::new();
    for (name, text) in ALL {
        hash.update(name.as_bytes());
        hash.update(text.as_bytes());
    }
    hex(&hash.finalize())
}

/// Whether these are the migrations of this program: all of them, none besides, each with its hash.
pub(crate) fn is_all(ran: &std::collections::BTreeMap<String, String>) -> bool {
    ran.len() == ALL.len()
        && ALL.iter().all(|(name, text)| {
            ran.get(*name)
                .is_some_and(|hash| *hash == hex(&Sha256::digest(text.as_bytes())))
        })
}

/// Brings the schema up to date inside `tx`. Errors when a migration that ran is not the one in this program.
pub(crate) async fn up(tx: &Tx) -> Result<Vec<&'static str>> {
    let backend = tx.get_database_backend();
    if backend == DbBackend::Postgres {
        // One node at a time; released with the transaction.
        tx.execute_unprepared("SELECT pg_advisory_xact_lock(7232612946)")
            .await?;
    }
    tx.execute_unprepared(LEDGER).await?;
    let rows = tx
        .query_all_raw(Statement::from_string(
            backend,
            "SELECT name, hash FROM schema_migration",
        ))
        .await?;
    let mut done = std::collections::BTreeMap::new();
    for row in rows {
        done.insert(
            row.try_get::<String>("", "name")?,
            row.try_get::<String>("", "hash")?,
        );
    }
    if let Some(unknown) = done
        .keys()
        .find(|name| !ALL.iter().any(|(known, _)| known == name))
    {
        return Err(Error::Setup(format!(
            "the database was made by a newer version of this program (it has {unknown}); nothing was changed"
        )));
    }
    let mut ran = Vec::new();
    for (name, text) in ALL {
        let hash = hex(&Sha256::digest(text.as_bytes()));
        match done.get(*name) {
            Some(stored) if *stored == hash => {}
            Some(_) => {
                return Err(Error::Setup(format!(
                    "migration {name} is not the one that this database was made with; nothing was changed"
                )));
            }
            None => {
                for sql in statements(text, backend)? {
                    tx.execute_unprepared(&sql).await?;
                }
                let sql = "INSERT INTO schema_migration (name, hash) VALUES ($1, $2)";
                tx.execute_raw(Statement::from_sql_and_values(
                    backend,
                    sql,
                    [(*name).into(), hash.into()],
                ))
                .await?;
                ran.push(*name);
            }
        }
    }
    Ok(ran)
}

/// The SQL of one migration text for one database. A block begins with `table`, for a new one, or with `more`, for indexes and
/// columns that an older one gets.
pub(crate) fn statements(text: &str, backend: DbBackend) -> Result<Vec<String>> {
    let mut out = Vec::new();
    for block in text.split("\n\n") {
        let mut lines = block.lines().skip_while(|line| line.starts_with('#'));
        let (fresh, table) = match lines.next().and_then(|line| line.split_once(' ')) {
            Some(("table", table)) => (true, table.trim()),
            Some(("more", table)) => (false, table.trim()),
            Some(_) => {
                return Err(Error::Setup(
                    "migration: a block is neither table nor more".to_owned(),
                ));
            }
            None => continue,
        };
        let (mut columns, mut primary, mut indexes) = (Vec::new(), Vec::new(), Vec::new());
        for line in lines.filter(|line| line.starts_with("  ")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [kind @ ("ix" | "ux"), names @ ..] => {
                    let unique = if *kind == "ux" { "UNIQUE " } else { "" };
                    indexes.push(format!(
                        "CREATE {unique}INDEX {kind}_{table}_{} ON {table} ({})",
                        names.join("_"),
                        names.join(", ")
                    ));
                }
                [name, kind, flags @ ..] => {
                    if flags.contains(&"pk") {
                        primary.push(*name);
                    }
                    columns.push(column(name, kind, flags, backend)?);
                }
                _ => {
                    return Err(Error::Setup(format!(
                        "migration: cannot read a line of {table}"
                    )));
                }
            }
        }
        if fresh {
            let strict = if backend == DbBackend::Sqlite {
                " STRICT"
            } else {
                ""
            };
            out.push(format!(
                "CREATE TABLE {table} ({}, PRIMARY KEY ({})){strict}",
                columns.join(", "),
                primary.join(", ")
            ));
        } else {
            out.extend(
                columns
                    .iter()
                    .map(|column| format!("ALTER TABLE {table} ADD COLUMN {column}")),
            );
        }
        out.append(&mut indexes);
    }
    Ok(out)
}

fn column(name: &str, kind: &str, flags: &[&str], backend: DbBackend) -> Result<String> {
    let sqlite = backend == DbBackend::Sqlite;
    let kind = match kind {
        "text" => "text",
        "uuid" => {
            if sqlite {
                "blob"
            } else {
                "uuid"
            }
        }
        "int" => {
            if sqlite {
                "integer"
            } else {
                "bigint"
            }
        }
        "bool" => {
            if sqlite {
                "integer"
            } else {
                "boolean"
            }
        }
        "blob" => {
            if sqlite {
                "blob"
            } else {
                "bytea"
            }
        }
        _ => return Err(Error::Setup(format!("migration: unknown type of {name}"))),
    };
    let mut sql = format!("{name} {kind}");
    if !flags.contains(&"?") {
        sql.push_str(" NOT NULL");
    }
    if flags.contains(&"unique") {
        sql.push_str(" UNIQUE");
    }
    if let Some(target) = flags.iter().find_map(|flag| flag.strip_prefix('>')) {
        sql.push_str(" REFERENCES ");
        sql.push_str(target);
        sql.push_str("(id)");
    }
    Ok(sql)
}

/// One column of the schema as its texts tell it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub table: &'static str,
    pub column: &'static str,
    /// The table whose rows it names.
    pub refers_to: Option<&'static str>,
}

/// Every column of every table, in the order of the texts.
pub(crate) fn columns() -> Vec<Told> {
    let mut out = Vec::new();
    for (_, text) in ALL {
        let mut table = "";
        for line in text.lines() {
            if let Some((_, name)) = line
                .split_once(' ')
                .filter(|(word, _)| ["table", "more"].contains(word))
            {
                table = name.trim();
            }
            let mut words = line.split_whitespace();
            let (Some(column), true) = (words.next(), line.starts_with("  ")) else {
                continue;
            };
            if !["ix", "ux"].contains(&column) {
                out.push(Told {
                    table,
                    column,
                    refers_to: words.find_map(|flag| flag.strip_prefix('>')),
                });
            }
        }
    }
    out
}
