//! What the database holds, what this program expects, and how every column is classed: three lists that must agree.
//!
//! To add a table: its entity here in [`expected`]; a test fails until schema, entity and `classification.toml` agree.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::ColumnType;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait, Iterable as _,
    PrimaryKeyToColumn as _, QueryResult, Statement,
};

use crate::entity;
use crate::error::{Error, Result};
use crate::store::Store;
use crate::tx::Tx;

/// The class file, as text.
const CLASSIFICATION: &str = include_str!("../classification.toml");

/// What a column holds, as far as both databases can tell: SQLite keeps a truth as a number and an id as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Text.
    Text,
    /// A whole number or a truth.
    Whole,
    /// Bytes: an id, a hash, or something sealed.
    Bytes,
    /// Anything else: nothing here should.
    Other,
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// What it holds.
    pub holds: Holds,
    /// Whether it may be empty.
    pub optional: bool,
    /// Whether it is part of the primary key.
    pub key: bool,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Its columns by name.
    pub columns: BTreeMap<String, Column>,
    /// Column lists that are unique beside the primary key.
    pub unique: BTreeSet<Vec<String>>,
    /// Column lists of the other indexes.
    pub indexes: BTreeSet<Vec<String>>,
    /// Column and the table that it refers to.
    pub references: BTreeSet<(String, String)>,
}

/// Tables by name.
pub type Tables = BTreeMap<String, Table>;

/// How a column is classed (docs/DATA-PROTECTION.md).
pub type Classes = BTreeMap<String, BTreeMap<String, String>>;

/// Every column's class, and under `retention` each table's.
pub fn classes() -> Result<Classes> {
    toml::from_str(CLASSIFICATION)
        .map_err(|error| Error::Setup(format!("classification.toml: {}", error.message())))
}

macro_rules! tables {
    ($($name:ident)+) => { [$(expect(entity::$name::Entity)),+].into_iter().collect() };
}

/// The tables as the entities of this program describe them: columns only.
pub fn expected() -> Tables {
    tables!(
        access_request account api_client appointment audit_entry audit_head bar case_event child clash consent contact_point conversation data_key directory_head draft duty_to_refer emergency erasure feed feed_problem feed_run idempotency immediate_need installation interest interest_mark known_device legal_hold listing_doubt message missed_look need organisation organisation_key outbox partner_join passkey person person_index person_link person_mark protective_link quarantine referral referral_address referral_link referral_transition restriction reveal risk_assessment room_request sealed_place search_count second_person seen sent_mail service session sign_in_attempt sign_in_flow sign_in_link site site_lead statement support_case task unmet_need urgent urgent_case viewer
    )
}

impl Store {
    /// Compares the live columns with those that this program expects. Errors when somebody altered the schema by hand.
    pub async fn schema_check(&self) -> Result<()> {
        let (live, expected) = (self.schema_live().await?, expected());
        let columns = |tables: &Tables| -> BTreeMap<String, BTreeMap<String, Column>> {
            tables
                .iter()
                .map(|(name, table)| (name.clone(), table.columns.clone()))
                .collect()
        };
        let (live, expected) = (columns(&live), columns(&expected));
        let wrong: Vec<&str> = live
            .keys()
            .chain(expected.keys())
            .filter(|name| live.get(*name) != expected.get(*name))
            .map(String::as_str)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        if wrong.is_empty() {
            return Ok(());
        }
        Err(Error::Setup(format!(
            "the database's tables are not those of this version ({}); nothing was changed",
            wrong.join(", ")
        )))
    }

    /// The live schema.
    pub async fn schema_live(&self) -> Result<Tables> {
        let tx = self.begin_read().await?;
        let tables = live(&tx).await;
        tx.rollback().await?;
        tables.map(|mut tables| {
            tables.remove("schema_migration");
            tables
        })
    }
}

fn expect<E: EntityTrait>(entity: E) -> (String, Table) {
    let keys: BTreeSet<String> = E::PrimaryKey::iter()
        .map(|key| key.into_column().to_string_name())
        .collect();
    let columns = E::Column::iter().map(|column| {
        let (name, def) = (column.to_string_name(), column.def());
        let found = Column {
            holds: holds(def.get_column_type()),
            optional: def.is_null(),
            key: keys.contains(&name),
        };
        (name, found)
    });
    let table = Table {
        columns: columns.collect(),
        ..Table::default()
    };
    (entity.table_name().to_owned(), table)
}

/// The name of a column as the database spells it.
trait Named {
    fn to_string_name(&self) -> String;
}

impl<C: sea_orm::sea_query::Iden> Named for C {
    fn to_string_name(&self) -> String {
        self.unquoted().to_owned()
    }
}

fn holds(kind: &ColumnType) -> Holds {
    match kind {
        ColumnType::Text | ColumnType::String(_) => Holds::Text,
        ColumnType::BigInteger | ColumnType::Integer | ColumnType::Boolean => Holds::Whole,
        ColumnType::Uuid | ColumnType::Blob | ColumnType::VarBinary(_) | ColumnType::Binary(_) => {
            Holds::Bytes
        }
        _ => Holds::Other,
    }
}

/// The name that a database gives a type.
fn holds_named(kind: &str) -> Holds {
    match kind.to_ascii_lowercase().as_str() {
        "text" => Holds::Text,
        "integer" | "bigint" | "boolean" => Holds::Whole,
        "blob" | "bytea" | "uuid" => Holds::Bytes,
        _ => Holds::Other,
    }
}

const SQLITE: [&str; 3] = [
    "SELECT m.name, c.name, c.type, 1 - c.\"notnull\", c.pk > 0 FROM sqlite_master m JOIN pragma_table_info(m.name) c \
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
    "SELECT m.name, i.name, i.\"unique\", x.seqno, x.name FROM sqlite_master m JOIN pragma_index_list(m.name) i \
     JOIN pragma_index_info(i.name) x WHERE m.type = 'table' AND i.origin <> 'pk' \
     AND substr(i.name, 1, 6) <> 'whole_' ORDER BY m.name, i.name, x.seqno",
    "SELECT m.name, f.\"from\", f.\"table\" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
];

const POSTGRES: [&str; 3] = [
    "SELECT c.table_name::text, c.column_name::text, c.data_type::text, (c.is_nullable = 'YES')::int::bigint, \
     (EXISTS (SELECT 1 FROM pg_index x JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = ANY (x.indkey) \
     WHERE x.indisprimary AND x.indrelid = (quote_ident(c.table_schema) || '.' || quote_ident(c.table_name))::regclass \
     AND a.attname = c.column_name))::int::bigint FROM information_schema.columns c WHERE c.table_schema = current_schema()",
    "SELECT t.relname::text, i.relname::text, x.indisunique::int::bigint, k.n, a.attname::text FROM pg_index x \
     JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
     JOIN pg_namespace s ON s.oid = t.relnamespace \
     CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k(att, n) \
     JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.att \
     WHERE s.nspname = current_schema() AND NOT x.indisprimary ORDER BY 1, 2, 4",
    "SELECT t.relname::text, a.attname::text, r.relname::text FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid \
     JOIN pg_class r ON r.oid = k.confrelid JOIN pg_namespace s ON s.oid = t.relnamespace \
     JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.conkey[1] \
     WHERE k.contype = 'f' AND s.nspname = current_schema()",
];

async fn rows(tx: &Tx, sql: &str) -> Result<Vec<QueryResult>> {
    let backend = tx.get_database_backend();
    Ok(tx
        .query_all_raw(Statement::from_string(backend, sql))
        .await?)
}

async fn live(tx: &Tx) -> Result<Tables> {
    let sqlite = tx.get_database_backend() == DbBackend::Sqlite;
    let [columns, indexes, references] = if sqlite { SQLITE } else { POSTGRES };
    let text = |row: &QueryResult, at: usize| row.try_get_by_index::<String>(at);
    let whole = |row: &QueryResult, at: usize| row.try_get_by_index::<i64>(at);
    let mut tables = Tables::new();
    for row in rows(tx, columns).await? {
        let column = Column {
            holds: holds_named(&text(&row, 2)?),
            optional: whole(&row, 3)? == 1,
            key: whole(&row, 4)? == 1,
        };
        let table = tables.entry(text(&row, 0)?).or_default();
        table.columns.insert(text(&row, 1)?, column);
    }
    let mut lists: BTreeMap<(String, String, bool), Vec<String>> = BTreeMap::new();
    for row in rows(tx, indexes).await? {
        let index = (text(&row, 0)?, text(&row, 1)?, whole(&row, 2)? == 1);
        lists.entry(index).or_default().push(text(&row, 4)?);
    }
    for ((table, _, unique), list) in lists {
        let table = tables.entry(table).or_default();
        if unique {
            table.unique.insert(list);
        } else {
            table.indexes.insert(list);
        }
    }
    for row in rows(tx, references).await? {
        let table = tables.entry(text(&row, 0)?).or_default();
        table.references.insert((text(&row, 1)?, text(&row, 2)?));
    }
    Ok(tables)
}
