//! Creating, opening and replacing the file.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous},
};

static MIGRATIONS: Migrator = sqlx::migrate!("../../../migrations/sqlite/views");

/// How long a connection waits for another process to finish writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections for reading, each with a thread of its own; opened when needed.
const MAX_READERS: u32 = 4;
/// How often opening is tried when another process makes the same file at the same moment.
const ATTEMPTS: usize = 5;

/// Why a view store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be created or moved.
    #[error("view store {path} cannot be created: {source}")]
    Create {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is damaged, or no SQLite database.
    #[error(
        "view store {path} is damaged ({reason}): stop the server and run `views rebuild`, which makes it anew from the event log"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
    /// The file's schema is newer than this build's, or of a build that never was released.
    #[error(
        "view store {path} was made by another build (schema version {version} is not this build's): stop the server and run `views rebuild`, which makes it anew from the event log"
    )]
    OtherBuild {
        /// The file.
        path: PathBuf,
        /// The version in question.
        version: i64,
    },
    /// The file is a database, but not one of views. It is left alone.
    #[error("{path} is a database that holds something else than views: name another file")]
    NotViews {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened now.
    #[error("view store {path} cannot be opened: {reason}")]
    Unavailable {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
}

pub(crate) async fn open(path: &Path) -> Result<(SqliteConnection, SqlitePool), OpenError> {
    create(path).map_err(|source| OpenError::Create { path: path.to_owned(), source })?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging();
    let mut attempt = 1;
    let writer = loop {
        match connect(path, &options).await {
            Err(OpenError::Unavailable { .. }) if attempt < ATTEMPTS => attempt += 1,
            outcome => break outcome?,
        }
    };
    let readers = SqlitePoolOptions::new()
        .max_connections(MAX_READERS)
        .connect_lazy_with(options.pragma("query_only", "on"));
    Ok((writer, readers))
}

/// Makes an empty file only its owner may read (views hold addresses and password hashes); SQLite gives `-wal` and
/// `-shm` the same mode.
fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

async fn connect(path: &Path, options: &SqliteConnectOptions) -> Result<SqliteConnection, OpenError> {
    let mut connection = options.connect().await.map_err(|error| classify(path, &error))?;
    match prepare(path, &mut connection).await {
        Ok(()) => Ok(connection),
        Err(error) => {
            // Closed before anybody moves the file: closing removes what SQLite keeps beside it, by name.
            if let Err(error) = connection.close().await {
                tracing::debug!(file.path = %path.display(), %error, "view store closed badly");
            }
            Err(error)
        }
    }
}

async fn prepare(path: &Path, connection: &mut SqliteConnection) -> Result<(), OpenError> {
    refuse_other_databases(path, connection).await?;
    let damaged = |reason| OpenError::Damaged { path: path.to_owned(), reason };
    match MIGRATIONS.run(connection).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(version) | MigrateError::VersionMismatch(version)) => {
            Err(OpenError::OtherBuild { path: path.to_owned(), version })
        }
        Err(MigrateError::Dirty(version)) => Err(damaged(format!("schema version {version} is half made"))),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
            Err(classify(path, &error))
        }
        Err(error) => Err(OpenError::Unavailable { path: path.to_owned(), reason: error.to_string() }),
    }
}

async fn refuse_other_databases(path: &Path, connection: &mut SqliteConnection) -> Result<(), OpenError> {
    // A file that another process is just making has the table of migrations and nothing else.
    let found = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE name = 'views') AS "ours!: i64",
                  count(*) FILTER (WHERE name <> '_sqlx_migrations') AS "tables!: i64"
           FROM sqlite_schema WHERE type = 'table'"#
    );
    let found = found.fetch_one(connection).await.map_err(|error| classify(path, &error))?;
    if found.tables > 0 && found.ours == 0 {
        return Err(OpenError::NotViews { path: path.to_owned() });
    }
    Ok(())
}

fn classify(path: &Path, error: &sqlx::Error) -> OpenError {
    let (path, reason) = (path.to_owned(), error.to_string());
    if is_damage(error) {
        OpenError::Damaged { path, reason }
    } else {
        OpenError::Unavailable { path, reason }
    }
}

/// Whether SQLite says that the file is damaged (`SQLITE_CORRUPT` and what extends it) or no database
/// (`SQLITE_NOTADB`).
pub(crate) fn is_damage(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let code = code.and_then(|code| code.parse::<u32>().ok());
    matches!(code.map(|code| code & 0xff), Some(11 | 26)) || matches!(error, sqlx::Error::Decode(_))
}

/// Renames a file, with what SQLite keeps beside it, to `<file>.replaced-<n>`. Nothing is deleted: the name may have
/// been a mistake.
pub(crate) fn move_aside(path: &Path) -> Result<PathBuf, OpenError> {
    let with = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let failed = |source| OpenError::Create { path: path.to_owned(), source };
    let mut number = 1_u32;
    let free = loop {
        let candidate = format!(".replaced-{number}");
        if !with(&candidate).exists() {
            break candidate;
        }
        number += 1;
    };
    for beside in ["-wal", "-shm"] {
        match fs::rename(with(beside), with(&format!("{free}{beside}"))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    fs::rename(path, with(&free)).map_err(failed)?;
    Ok(with(&free))
}
