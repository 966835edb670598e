//! Creating and opening the file.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    ConnectOptions, SqliteConnection,
    migrate::{Migrate, MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous},
};

static MIGRATIONS: Migrator = sqlx::migrate!("../../../migrations/sqlite/eventlog");

/// Where sqlx keeps which migrations were made.
const MIGRATIONS_TABLE: &str = "_sqlx_migrations";
/// How long a connection waits for another process to finish writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections for reading, each with a thread of its own; opened when needed.
const MAX_READERS: u32 = 8;
/// How often opening is tried when another process brings the same file up to date at the same moment.
const ATTEMPTS: usize = 5;

/// Why a log could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be created.
    #[error("event log {path} cannot be created: {source}")]
    Create {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be opened as an SQLite database.
    #[error("event log {path} cannot be opened: {source}")]
    Connect {
        /// The file.
        path: PathBuf,
        /// Why.
        source: sqlx::Error,
    },
    /// Its schema is newer than this build, was tampered with, or could not be brought up to date.
    #[error("schema of event log {path} cannot be brought up to date: {source}")]
    Schema {
        /// The file.
        path: PathBuf,
        /// Why.
        source: MigrateError,
    },
}

/// An open log.
pub(crate) struct Opened {
    pub(crate) writer: SqliteConnection,
    pub(crate) readers: SqlitePool,
    pub(crate) options: SqliteConnectOptions,
}

/// How a log is read that is not to be written into.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// From the beginning to the end there is now. Where no process has the log open, nothing at all is written, not
    /// even beside it; it may lie on a medium that cannot be written.
    Once,
    /// On and on, as others append.
    Following,
}

/// A log that is only read.
pub(crate) struct OpenedReadOnly {
    pub(crate) readers: SqlitePool,
    pub(crate) options: SqliteConnectOptions,
}

pub(crate) async fn open_read_only(path: &Path, reading: Reading) -> Result<OpenedReadOnly, OpenError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .read_only(true)
        .immutable(reading == Reading::Once && is_still(path))
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("query_only", "on")
        .disable_statement_logging();
    let connect_error = |source| OpenError::Connect { path: path.to_owned(), source };
    let mut connection = options.connect().await.map_err(connect_error)?;
    let schema_error = |source| OpenError::Schema { path: path.to_owned(), source };
    must_be_of_this_build(&mut connection).await.map_err(schema_error)?;
    let readers = SqlitePoolOptions::new().max_connections(MAX_READERS).connect_lazy_with(options.clone());
    Ok(OpenedReadOnly { readers, options })
}

/// Whether all there is stands in the one file. SQLite keeps a `-wal` beside it while anybody has it open for writing,
/// and after a crash; without one it may be read as a file that nobody changes. Should a node start meanwhile, it
/// writes into a new `-wal`, which such a reader does not look at.
fn is_still(path: &Path) -> bool {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    !Path::new(&wal).exists()
}

async fn must_be_of_this_build(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    let applied = connection.list_applied_migrations(MIGRATIONS_TABLE).await?;
    for of_log in &applied {
        match MIGRATIONS.iter().find(|ours| ours.version == of_log.version) {
            None => return Err(MigrateError::VersionMissing(of_log.version)),
            Some(ours) if ours.checksum != of_log.checksum => {
                return Err(MigrateError::VersionMismatch(of_log.version));
            }
            Some(_) => {}
        }
    }
    // One that is too old for this build is brought up to date by opening it for writing.
    let last = applied.last().map_or(0, |of_log| of_log.version);
    match MIGRATIONS.iter().find(|ours| ours.version > last) {
        Some(missing) => Err(MigrateError::VersionTooNew(missing.version, last)),
        None => Ok(()),
    }
}

pub(crate) async fn open(path: &Path) -> Result<Opened, OpenError> {
    create(path).map_err(|source| OpenError::Create { path: path.to_owned(), source })?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging();
    let writer = connect_and_migrate(path, &options).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(MAX_READERS)
        .connect_lazy_with(options.clone().pragma("query_only", "on"));
    Ok(Opened { writer, readers, options })
}

/// Makes an empty file only its owner may read; SQLite gives `-wal` and `-shm` the same mode.
///
/// A file that exists is not opened, not even to look: POSIX locks belong to the process, so closing it again would
/// drop the locks SQLite holds on it elsewhere in this process.
fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => sync_new(&file, path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => warn_if_others_can_read(path),
        Err(error) => Err(error),
    }
}

/// A file whose name is lost with the power is lost with all that was acknowledged.
fn sync_new(file: &File, path: &Path) -> io::Result<()> {
    file.sync_all()?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

fn warn_if_others_can_read(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path)?.permissions());
        if mode & 0o007 != 0 {
            tracing::warn!(file.path = %path.display(), file.mode = format!("{mode:o}"), "everybody can read the event log");
        }
    }
    Ok(())
}

/// Migrations of SQLite databases take no lock: of two processes that open a new file at once one fails, and finds
/// the work done when it looks again.
async fn connect_and_migrate(
    path: &Path,
    options: &SqliteConnectOptions,
) -> Result<SqliteConnection, OpenError> {
    let mut attempt = 1;
    loop {
        match try_connect_and_migrate(path, options).await {
            Err(error) if attempt < ATTEMPTS && error.may_pass() => attempt += 1,
            outcome => return outcome,
        }
    }
}

async fn try_connect_and_migrate(
    path: &Path,
    options: &SqliteConnectOptions,
) -> Result<SqliteConnection, OpenError> {
    let connect_error = |source| OpenError::Connect { path: path.to_owned(), source };
    let mut connection = options.connect().await.map_err(connect_error)?;
    let schema_error = |source| OpenError::Schema { path: path.to_owned(), source };
    // `Migrator::run` on a connection makes a future that cannot be sent to another thread.
    MIGRATIONS.run_direct(None, &mut connection, false).await.map_err(schema_error)?;
    Ok(connection)
}

impl OpenError {
    /// Whether a race with another process that opens the same file may have caused it.
    fn may_pass(&self) -> bool {
        match self {
            Self::Create { .. } => false,
            Self::Connect { source, .. } => source.as_database_error().is_some(),
            Self::Schema { source, .. } => {
                matches!(source, MigrateError::Execute(_) | MigrateError::ExecuteMigration(..))
            }
        }
    }
}
