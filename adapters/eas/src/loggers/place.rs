//! Where loggers may write: regular files in the log directory, and nowhere else unless the configuration says so.
//!
//! The path of a logger comes from whoever may add one, and is written with what the server may do. So it is resolved
//! twice: before the logger is set up, for a clear answer, and again whenever the file is opened, which is what counts.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Component, Path, PathBuf},
};

use rustix::fs::OFlags;

/// Where loggers may write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogPlace {
    /// The log directory. It is made when it is missing; the one around it is not.
    pub dir: PathBuf,
    /// Whether files may lie elsewhere, too.
    pub allow_any_path: bool,
    /// A directory whose files are not for logs, wherever they may lie: that of the node's data. The log directory may
    /// be inside.
    pub keep_out: Option<PathBuf>,
}

/// Why a file is none a logger may write to.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// It has no name of its own, or climbs.
    #[error("file '{0}' is not valid: a path to a file, without '..' and control characters")]
    NoFile(String),
    /// It lies elsewhere.
    #[error("file '{file}' is not valid: allowed are files in {dir}, unless logs.allow_any_path is set")]
    Outside {
        /// The file.
        file: String,
        /// The log directory.
        dir: String,
    },
    /// It lies among the node's own files.
    #[error("file '{file}' is not valid: {dir} holds the node's own data")]
    Data {
        /// The file.
        file: String,
        /// The data directory.
        dir: String,
    },
    /// There is something else in its place.
    #[error("file '{0}' is not valid: it is there and no regular file with a single name")]
    NotRegular(String),
    /// The system refuses.
    #[error("file '{file}' cannot be written: {error}")]
    Io {
        /// The file.
        file: String,
        /// Why.
        error: io::Error,
    },
}

/// Which file a name stands for at present.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Identity(u64, u64);

impl Identity {
    /// Of what bears this name now, itself and not what it points to.
    pub(super) fn of(path: &Path) -> Option<Self> {
        fs::symlink_metadata(path).ok().map(|meta| Self(meta.dev(), meta.ino()))
    }
}

impl LogPlace {
    /// The file this path means, all symbolic links before its name resolved. Relative paths start at the log directory.
    ///
    /// # Errors
    /// When the file lies where it may not, or in a directory that is not there.
    pub fn resolve(&self, file: &Path) -> Result<PathBuf, PlaceError> {
        let shown = file.display().to_string();
        let failed = |error| PlaceError::Io { file: shown.clone(), error };
        let climbs = file.components().any(|part| part == Component::ParentDir);
        let text = file.to_str().filter(|text| !text.ends_with('/') && !text.chars().any(char::is_control));
        let (Some(name), Some(_), false) = (file.file_name(), text, climbs) else {
            return Err(PlaceError::NoFile(shown.escape_debug().to_string()));
        };
        let dir = self.resolved_dir().map_err(failed)?;
        let full = dir.join(file);
        let parent = full.parent().unwrap_or(Path::new("/"));
        // The log directory may not be there yet.
        let parent = if parent == dir { dir.clone() } else { parent.canonicalize().map_err(failed)? };
        if parent.starts_with(&dir) {
            return Ok(parent.join(name));
        }
        if !self.allow_any_path {
            return Err(PlaceError::Outside { file: shown, dir: dir.display().to_string() });
        }
        match self.keep_out.as_deref().map(Path::canonicalize).transpose() {
            Ok(Some(data)) if parent.starts_with(&data) => {
                Err(PlaceError::Data { file: shown, dir: data.display().to_string() })
            }
            Ok(_) => Ok(parent.join(name)),
            Err(error) => Err(failed(error)),
        }
    }

    /// The file this path means, if it can most likely be written. Leaves nothing behind: the server may run as another
    /// user, and makes the file itself.
    ///
    /// # Errors
    /// As [`Self::resolve`], and what the system says.
    pub fn probe(&self, file: &Path) -> Result<PathBuf, PlaceError> {
        let path = self.resolve(file)?;
        if path.parent().is_some_and(|parent| !parent.exists()) {
            return Ok(path);
        }
        let failed = |error| PlaceError::Io { file: path.display().to_string(), error };
        match options().open(&path) {
            Ok(file) => must_be_regular(&file, &path).map(|_| ())?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                options().create_new(true).open(&path).map_err(failed)?;
                fs::remove_file(&path).map_err(failed)?;
            }
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
                return Err(PlaceError::NotRegular(path.display().to_string()));
            }
            Err(error) => return Err(failed(error)),
        }
        Ok(path)
    }

    /// Opens the file to append to it, and makes it when it is missing.
    ///
    /// # Errors
    /// As [`Self::probe`].
    pub(super) fn open(&self, file: &Path) -> Result<(File, PathBuf, Identity), PlaceError> {
        let shown = || file.display().to_string();
        let failed = |error| PlaceError::Io { file: shown(), error };
        let path = self.resolve(file)?;
        if path.parent() == Some(&self.resolved_dir().map_err(failed)?) {
            match DirBuilder::new().mode(0o700).create(&self.dir) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
                _ => {}
            }
        }
        let opened = options().create(true).open(&path).map_err(failed)?;
        let identity = must_be_regular(&opened, &path)?;
        // Nothing in between was exchanged for a link out of here.
        if self.resolve(file)? != path || Identity::of(&path) != Some(identity) {
            return Err(PlaceError::NotRegular(shown()));
        }
        Ok((opened, path, identity))
    }

    /// The log directory with all links resolved, also before it is made.
    fn resolved_dir(&self) -> io::Result<PathBuf> {
        match self.dir.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let absolute = std::path::absolute(&self.dir)?;
                match (absolute.parent(), absolute.file_name()) {
                    (Some(parent), Some(name)) => Ok(parent.canonicalize()?.join(name)),
                    _ => Err(error),
                }
            }
            resolved => resolved,
        }
    }
}

/// Appends; follows no link, waits for nobody at the other end of a pipe, and is for the owner alone where it makes one.
fn options() -> OpenOptions {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut options = OpenOptions::new();
    options.append(true).mode(0o600).custom_flags(flags.bits().cast_signed());
    options
}

/// No device, no pipe, and no second name of a file that lies elsewhere.
fn must_be_regular(file: &File, path: &Path) -> Result<Identity, PlaceError> {
    let shown = || path.display().to_string();
    let meta = file.metadata().map_err(|error| PlaceError::Io { file: shown(), error })?;
    if meta.is_file() && meta.nlink() == 1 {
        Ok(Identity(meta.dev(), meta.ino()))
    } else {
        Err(PlaceError::NotRegular(shown()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// A log directory with a directory `sub` inside, a directory `data` beside it, and links between them.
    fn place() -> (tempfile::TempDir, LogPlace) {
        let temp = tempfile::tempdir().unwrap();
        let at = |name: &str| temp.path().join(name);
        for dir in ["logs", "logs/sub", "elsewhere", "data"] {
            fs::create_dir(at(dir)).unwrap();
        }
        fs::write(at("elsewhere/file"), "kept").unwrap();
        symlink(at("elsewhere"), at("logs/out")).unwrap();
        symlink(at("logs/sub"), at("logs/in")).unwrap();
        symlink(at("logs"), at("elsewhere/back")).unwrap();
        symlink(at("elsewhere/file"), at("logs/link.log")).unwrap();
        fs::hard_link(at("elsewhere/file"), at("logs/second-name.log")).unwrap();
        let place = LogPlace { dir: at("logs"), allow_any_path: false, keep_out: Some(at("data")) };
        (temp, place)
    }

    #[test]
    fn files_lie_in_the_log_directory_whatever_links_say() {
        let (temp, place) = place();
        let root = temp.path().canonicalize().unwrap();
        let full = |name: &str| root.join(name).to_str().unwrap().to_owned();
        for (file, means) in [
            ("a.log".to_owned(), Some("logs/a.log")),
            ("sub/a.log".to_owned(), Some("logs/sub/a.log")),
            ("in/a.log".to_owned(), Some("logs/sub/a.log")),
            (full("logs/a.log"), Some("logs/a.log")),
            (full("elsewhere/back/a.log"), Some("logs/a.log")),
            ("out/a.log".to_owned(), None),
            ("out/back/../a.log".to_owned(), None),
            ("../elsewhere/a.log".to_owned(), None),
            ("sub/../a.log".to_owned(), None),
            ("missing/a.log".to_owned(), None),
            (full("elsewhere/a.log"), None),
            (full("logs-too/a.log"), None),
            ("/etc/passwd".to_owned(), None),
            ("a\nb".to_owned(), None),
            ("sub/".to_owned(), None),
            ("..".to_owned(), None),
            (String::new(), None),
        ] {
            let resolved = place.resolve(Path::new(&file));
            assert_eq!(resolved.ok(), means.map(|path| root.join(path)), "{file:?}");
        }
    }

    #[test]
    fn links_and_second_names_are_not_written_through() {
        let (temp, place) = place();
        for file in ["link.log", "second-name.log", "sub"] {
            assert!(place.probe(Path::new(file)).is_err(), "{file}");
            assert!(place.open(Path::new(file)).is_err(), "{file}");
        }
        assert_eq!(fs::read(temp.path().join("elsewhere/file")).unwrap(), b"kept");
    }

    #[test]
    fn any_path_is_allowed_when_the_configuration_says_so_but_not_the_nodes_data() {
        let (temp, place) = place();
        let place = LogPlace { allow_any_path: true, ..place };
        let file = temp.path().canonicalize().unwrap().join("elsewhere/a.log");
        assert_eq!(place.probe(&file).unwrap(), file);
        assert!(!file.exists(), "the probe leaves nothing behind");
        let error = place.probe(&temp.path().join("data/ledger.db")).unwrap_err();
        assert!(matches!(error, PlaceError::Data { .. }), "{error}");
        assert!(place.probe(Path::new("/dev/null")).is_err());
    }

    #[test]
    fn the_log_directory_is_made_and_files_are_their_owners_alone() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("logs");
        let place = LogPlace { dir: dir.clone(), allow_any_path: false, keep_out: None };
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert!(place.probe(Path::new("sub/a.log")).is_err(), "no other directory is made");
        let path = place.probe(Path::new("a.log")).unwrap();
        assert!(!dir.exists(), "the server makes it");
        place.open(&path).unwrap();
        assert_eq!((mode(&dir), mode(&path)), (0o700, 0o600));
    }
}
