//! The open files of loggers. Everything here waits for the disk: it runs where waiting holds up nobody.

use std::{
    collections::HashMap,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use syncledger_domain::loggers::LoggerId;

use super::place::{Identity, LogPlace};

/// A logger and its file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Running {
    pub(super) id: LoggerId,
    pub(super) file: PathBuf,
}

/// A logger whose file cannot be written, and why.
pub(super) type Failed = (LoggerId, String);

struct Open {
    file: File,
    path: PathBuf,
    identity: Identity,
}

/// The open files.
pub(super) struct Files {
    place: LogPlace,
    open: HashMap<LoggerId, Open>,
}

impl Files {
    pub(super) fn new(place: LogPlace) -> Self {
        Self { place, open: HashMap::new() }
    }

    /// Makes files of loggers that have come, and closes those of loggers that ended. What cannot be opened is no fault
    /// yet: perhaps another node serves the account, and writes.
    pub(super) fn keep(&mut self, running: &[Running]) {
        self.open.retain(|id, _| running.iter().any(|logger| logger.id == *id));
        for logger in running {
            if let Err(why) = self.current(logger.id, &logger.file) {
                tracing::debug!(logger = %logger.id, reason = %why, "the file of an account logger cannot be opened yet");
            }
        }
    }

    /// Appends to a logger's file.
    pub(super) fn write(&mut self, logger: &Running, text: &str) -> Result<(), Failed> {
        let failed = |why| (logger.id, why);
        let open = self.current(logger.id, &logger.file).map_err(failed)?;
        if let Err(error) = open.file.write_all(text.as_bytes()) {
            self.open.remove(&logger.id);
            return Err(failed(format!("{}: {error}", logger.file.display())));
        }
        Ok(())
    }

    /// The file that bears the name now: after it was moved away or removed, a new one.
    fn current(&mut self, id: LoggerId, file: &Path) -> Result<&mut Open, String> {
        let moved = |open: &Open| Identity::of(&open.path) != Some(open.identity);
        if self.open.get(&id).is_none_or(moved) {
            self.open.remove(&id);
            let (file, path, identity) = self.place.open(file).map_err(|error| error.to_string())?;
            self.open.insert(id, Open { file, path, identity });
        }
        self.open.get_mut(&id).ok_or_else(|| "the file is not open".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn files() -> (tempfile::TempDir, Files, Running) {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("logs");
        fs::create_dir(&dir).unwrap();
        let logger = Running { id: LoggerId(1), file: dir.canonicalize().unwrap().join("a.log") };
        let place = LogPlace { dir, allow_any_path: false, keep_out: None };
        (temp, Files::new(place), logger)
    }

    fn text(path: &Path) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_file_that_is_moved_away_or_removed_is_made_anew() {
        let (_temp, mut files, logger) = files();
        fs::write(&logger.file, "before\n").unwrap();
        files.write(&logger, "one\n").unwrap();
        let old = logger.file.with_extension("1");
        fs::rename(&logger.file, &old).unwrap();
        files.write(&logger, "two\n").unwrap();
        assert_eq!((text(&old), text(&logger.file)), ("before\none\n".into(), "two\n".into()));
        fs::remove_file(&logger.file).unwrap();
        files.write(&logger, "three\n").unwrap();
        assert_eq!(text(&logger.file), "three\n");
    }

    #[test]
    fn a_link_put_in_its_place_is_not_followed() {
        let (temp, mut files, logger) = files();
        let victim = temp.path().join("victim");
        fs::write(&victim, "kept").unwrap();
        files.write(&logger, "one\n").unwrap();
        fs::remove_file(&logger.file).unwrap();
        symlink(&victim, &logger.file).unwrap();
        let (id, why) = files.write(&logger, "two\n").unwrap_err();
        assert!(id == LoggerId(1) && why.contains("a.log"), "{why}");
        assert_eq!(text(&victim), "kept");
        files.keep(std::slice::from_ref(&logger));
        assert!(files.open.is_empty());
    }

    #[test]
    fn files_of_loggers_that_ended_are_closed() {
        let (_temp, mut files, logger) = files();
        files.keep(std::slice::from_ref(&logger));
        assert!(logger.file.exists() && files.open.len() == 1);
        files.keep(&[]);
        assert!(files.open.is_empty());
    }

    #[test]
    fn a_full_disk_is_told() {
        let (_temp, mut files, logger) = files();
        files.keep(std::slice::from_ref(&logger));
        let full = File::options().write(true).open("/dev/full").unwrap();
        files.open.get_mut(&logger.id).unwrap().file = full;
        let (_, why) = files.write(&logger, "one\n").unwrap_err();
        assert!(why.contains("a.log") && why.contains("No space left"), "{why}");
    }
}
