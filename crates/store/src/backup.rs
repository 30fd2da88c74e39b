//! Backups of a SQLite database: a folder with a consistent copy, the signed checkpoints, and a signed manifest of what must be
//! in it. The keys are not in it: a backup without the key file opens nothing, so they are kept apart.
//!
//! PostgreSQL has its own tools: `pg_dump` for a copy, base backup with archived logs for any point in time. docs/OPERATIONS.md
//! says how ("Backups of PostgreSQL"), and `crates/cli/tests/it/postgres_copy.rs` does it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DbBackend, SqlxSqliteConnector, Statement,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use throughline_policy::{Actor, Purpose};
use throughline_seal::Keyring;
use throughline_seal::checkpoint::{Checkpoint, Signer, sign, verify};

use crate::audit::{self, Event};
use crate::checkpoint::{self, blocking, cannot_sign, replace};
use crate::erased_list;
use crate::error::{Error, Result};
use crate::proof::hex;
use crate::schema::expected;
use crate::store::Store;

const DATABASE: &str = "throughline.db";
const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "manifest.note";
const CHECKPOINTS: &str = "checkpoints";

/// What a backup says is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of this file.
    pub format: u32,
    /// When it was made (UTC).
    pub made_at: String,
    /// The installation's reference.
    pub installation: String,
    /// The schema that it was made with.
    pub schema: String,
    /// The root keys that its organisation keys are wrapped under: which key files are needed.
    pub root_keys: Vec<String>,
    /// SHA-256 of the database file, in hexadecimal.
    pub sha256: String,
    /// Rows per table.
    pub rows: BTreeMap<String, i64>,
    /// Root of each audit log, by the id of its organisation.
    pub audit_roots: BTreeMap<String, String>,
}

impl Store {
    /// Makes a backup in `folder`, which must not exist yet, with the checkpoints of `checkpoints`. Work goes on meanwhile.
    ///
    /// Errors on PostgreSQL, and when the folder is there already: a backup never overwrites another.
    pub async fn backup(&self, folder: &Path, checkpoints: &Path) -> Result<Manifest> {
        if !self.is_sqlite() {
            return Err(Error::Setup(
                "this database is PostgreSQL: copy it with pg_dump, as docs/OPERATIONS.md says; nothing was written"
                    .to_owned(),
            ));
        }
        let tx = self.begin_read().await?;
        let operator = audit::operator(&tx).await;
        tx.rollback().await?;
        let actor = Actor::System {
            organisation: operator?,
        };
        let (to, from) = (folder.to_owned(), checkpoints.to_owned());
        blocking(folder, move || {
            fs::create_dir(&to)?;
            copy_checkpoints(&from, &to.join(CHECKPOINTS))
        })
        .await?;
        // In the record before the copy, so that the copy knows of itself.
        self.work(&actor, Purpose::KeepPromises, |work| {
            Box::pin(async move {
                work.note_event(Event::Exported, None, &["backup"]);
                Ok(())
            })
        })
        .await?;
        let file = folder.join(DATABASE);
        self.copy_to(&file).await?;
        let (rows, audit_roots, root_keys, installation) = contents(&file).await?;
        let path = file.clone();
        let manifest = Manifest {
            format: 1,
            made_at: self.env().now().to_string(),
            installation,
            schema: crate::migration::fingerprint(),
            root_keys,
            sha256: blocking(&file, move || digest_of(&path)).await?,
            rows,
            audit_roots,
        };
        let text = serde_json::to_string_pretty(&manifest)
            .map_err(|_| Error::Integrity("the manifest could not be written".to_owned()))?;
        let signer = checkpoint::signer(self.keys().keyring(), &manifest.installation)?;
        let note = sign(&statement(&manifest, &text), &signer).map_err(cannot_sign)?;
        let to = folder.to_owned();
        blocking(folder, move || {
            fs::File::open(to.join(DATABASE))?.sync_all()?;
            replace(&to.join(SIGNATURE), note.as_bytes())?;
            replace(&to.join(MANIFEST), text.as_bytes())
        })
        .await?;
        Ok(manifest)
    }
}

/// Puts a backup back as a new database file at `database`, with its checkpoints in `checkpoints`.
///
/// Errors, and puts nothing back, when there is a database already, when the backup is not what its manifest says, or when the
/// manifest was not signed by a key of `keys`. Afterwards open the store and run [`Store::audit_verify`].
pub async fn restore(
    folder: &Path,
    database: &Path,
    checkpoints: &Path,
    keys: &Keyring,
) -> Result<Manifest> {
    let (from, to) = (folder.to_owned(), database.to_owned());
    let (text, note) = blocking(folder, move || {
        let beside = |end: &str| {
            let mut path = to.clone();
            path.as_mut_os_string().push(end);
            path
        };
        if ["", "-wal", "-shm"].iter().any(|end| beside(end).exists()) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "there is a database already where the backup would go",
            ));
        }
        Ok((
            fs::read_to_string(from.join(MANIFEST))?,
            fs::read_to_string(from.join(SIGNATURE))?,
        ))
    })
    .await?;
    let manifest = read_manifest(&text, &note, keys)?;
    let mut temporary: PathBuf = database.to_owned();
    temporary.as_mut_os_string().push(".restoring");
    let (from, to) = (folder.join(DATABASE), temporary.clone());
    let digest = blocking(folder, move || {
        fs::copy(&from, &to)?;
        fs::File::open(&to)?.sync_all()?;
        digest_of(&to)
    })
    .await?;
    let fits = if digest == manifest.sha256 {
        let (rows, roots, _, _) = contents(&temporary).await?;
        rows == manifest.rows && roots == manifest.audit_roots
    } else {
        false
    };
    let (target, from, marks) = (
        database.to_owned(),
        folder.join(CHECKPOINTS),
        checkpoints.to_owned(),
    );
    blocking(database, move || {
        if fits {
            copy_checkpoints(&from, &marks)?;
            fs::rename(&temporary, &target)?;
            target.parent().map_or(Ok(()), checkpoint::sync_folder)
        } else {
            fs::remove_file(&temporary)
        }
    })
    .await?;
    if fits {
        Ok(manifest)
    } else {
        Err(Error::Integrity(
            "the backup is not what its manifest says; nothing was put back".to_owned(),
        ))
    }
}

/// What is signed: the manifest's hash, as a checkpoint of its own origin.
fn statement(manifest: &Manifest, text: &str) -> Checkpoint {
    Checkpoint {
        origin: checkpoint::origin(&manifest.installation, "backup"),
        size: manifest
            .rows
            .values()
            .filter_map(|rows| u64::try_from(*rows).ok())
            .sum(),
        root: Sha256::digest(text.as_bytes()).into(),
    }
}

fn read_manifest(text: &str, note: &str, keys: &Keyring) -> Result<Manifest> {
    let bad = |what: &str| Error::Integrity(format!("{what}; nothing was put back"));
    let manifest: Manifest =
        serde_json::from_str(text).map_err(|_| bad("the manifest cannot be read"))?;
    let name = checkpoint::key_name(&manifest.installation);
    let signed = keys.keys().any(|key| {
        Signer::from_root(key, &name)
            .and_then(|signer| verify(note, &signer.verifier()))
            .is_ok_and(|said| said == statement(&manifest, text))
    });
    if !signed {
        return Err(bad(
            "the manifest was not signed by a key of this key file, or it was changed",
        ));
    }
    if manifest.schema != crate::migration::fingerprint() {
        return Err(bad(
            "the backup was made by another version of this program: put it back with that version, then upgrade",
        ));
    }
    Ok(manifest)
}

type Contents = (
    BTreeMap<String, i64>,
    BTreeMap<String, String>,
    Vec<String>,
    String,
);

/// Counts what is in a database file that nobody writes to.
async fn contents(file: &Path) -> Result<Contents> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .immutable(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await
        .map_err(|_| Error::Integrity("the copy cannot be opened".to_owned()))?;
    let copy = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool);
    let read = read_contents(&copy).await;
    copy.close().await?;
    read
}

async fn read_contents(copy: &DatabaseConnection) -> Result<Contents> {
    let all = async |sql: &str| {
        copy.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql))
            .await
    };
    let mut rows = BTreeMap::new();
    for table in expected().into_keys() {
        let counted = all(&format!("SELECT count(*) FROM {table}")).await?;
        let counted = counted.first().map(|row| row.try_get_by_index::<i64>(0));
        rows.insert(table, counted.transpose()?.unwrap_or_default());
    }
    let mut roots = BTreeMap::new();
    for row in all("SELECT lower(hex(log_id)), lower(hex(root)) FROM audit_head").await? {
        roots.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    }
    let mut keys = Vec::new();
    for row in all("SELECT DISTINCT root_key_id FROM organisation_key ORDER BY 1").await? {
        keys.push(row.try_get_by_index(0)?);
    }
    let installation = all("SELECT reference FROM installation").await?;
    let installation = installation.first().map(|row| row.try_get_by_index(0));
    Ok((
        rows,
        roots,
        keys,
        installation.transpose()?.unwrap_or_default(),
    ))
}

fn digest_of(file: &Path) -> io::Result<String> {
    let mut file = io::BufReader::with_capacity(1 << 20, fs::File::open(file)?);
    let (mut hash, mut piece) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut piece)?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(hex(&hash.finalize()));
        };
        hash.update(bytes);
    }
}

/// Copies checkpoint files; a folder that does not exist has none.
fn copy_checkpoints(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    if !from.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        // The list of erased people only grows: an older one is joined to the one that is there.
        if entry.file_name() == erased_list::FILE {
            erased_list::join(&entry.path(), to)?;
        } else if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    checkpoint::sync_folder(to)
}
