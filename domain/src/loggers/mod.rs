//! Account loggers: everything devices of one account say and are told, written to a file of its own.
//!
//! The list is shared by all nodes and survives restarts; each node writes what it serves. One stream, `loggers`.

mod event;

use std::collections::BTreeMap;

pub use event::{Level, LoggerAdded, LoggerEnd, LoggerId, LoggerRemoved, LoggersEvent};

use crate::{Aggregate, codes, event::Timestamp, ids::AccountId};

/// Most loggers at a time.
pub const MAX_LOGGERS: usize = 100;
/// Longest path of a file, in bytes.
pub const MAX_PATH_BYTES: usize = 1024;
/// Largest window a logger can ask for.
pub const MAX_WINDOW: u32 = 512;

/// The loggers there are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Loggers {
    /// By number.
    pub list: BTreeMap<LoggerId, LoggerAdded>,
    /// Number of the youngest there ever was.
    pub last_id: u32,
}

impl Aggregate for Loggers {
    type Event = LoggersEvent;

    fn evolve(&mut self, event: &LoggersEvent) {
        match event {
            LoggersEvent::Added(added) => {
                self.last_id = self.last_id.max(added.id.0);
                self.list.insert(added.id, added.clone());
            }
            LoggersEvent::Removed(removed) => {
                self.list.remove(&removed.id);
            }
        }
    }
}

impl Loggers {
    /// Those that run now for an account.
    pub fn of(&self, account: AccountId, now: Timestamp) -> impl Iterator<Item = &LoggerAdded> {
        self.list
            .values()
            .filter(move |logger| logger.account == account && logger.until.is_none_or(|until| now < until))
    }

    /// The window all loggers of an account allow together; `None` when none asks for one.
    pub fn window(&self, account: AccountId, now: Timestamp) -> Option<u32> {
        self.of(account, now).filter_map(|logger| logger.window_size).min()
    }
}

/// What a new logger is to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// Whose requests it writes down.
    pub account: AccountId,
    /// How much.
    pub level: Level,
    /// Where to. Whether the node may write there is the node's to say.
    pub file: String,
    /// Most items of a collection in one answer while it runs.
    pub window_size: Option<u32>,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
}

/// Why a logger is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such account.
    #[error("account '{0}' does not exist")]
    NoSuchAccount(String),
    /// The path is none a logger may write to.
    #[error(
        "file '{0}' is not valid: an absolute path of at most 1024 bytes, without '..' and control characters"
    )]
    BadPath(String),
    /// The window is out of range.
    #[error("window size {0} is not valid: 1 to 512")]
    BadWindow(u32),
    /// The end lies in the past.
    #[error("until {0} is not valid: a moment to come")]
    Past(Timestamp),
    /// Too many.
    #[error("there are {MAX_LOGGERS} loggers already; remove one first")]
    TooMany,
    /// Another logger writes there.
    #[error("logger {0} writes to this file already")]
    FileTaken(LoggerId),
    /// No such logger.
    #[error("logger {0} does not exist")]
    NoSuchLogger(LoggerId),
}

impl Refusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchAccount(_) => codes::NO_SUCH_ACCOUNT,
            Self::BadPath(_) => codes::FILE_UNWRITABLE,
            Self::BadWindow(_) | Self::Past(_) => codes::INVALID_VALUE,
            Self::TooMany | Self::FileTaken(_) => codes::CONFLICTING_PARAMETERS,
            Self::NoSuchLogger(_) => codes::NO_SUCH_ENTRY,
        }
    }
}

/// Sets a logger up.
///
/// # Errors
/// [`Refusal`].
pub fn add(loggers: &Loggers, draft: &Draft, now: Timestamp) -> Result<Vec<LoggersEvent>, Refusal> {
    let Draft { account, level, file, window_size, until } = draft.clone();
    if !is_path(&file) {
        return Err(Refusal::BadPath(file.chars().take(80).collect()));
    }
    if let Some(bad) = window_size.filter(|size| !(1..=MAX_WINDOW).contains(size)) {
        return Err(Refusal::BadWindow(bad));
    }
    if let Some(past) = until.filter(|until| *until <= now) {
        return Err(Refusal::Past(past));
    }
    if let Some(other) = loggers.list.values().find(|logger| logger.file == file) {
        return Err(Refusal::FileTaken(other.id));
    }
    if loggers.list.len() >= MAX_LOGGERS {
        return Err(Refusal::TooMany);
    }
    let id = LoggerId(loggers.last_id.saturating_add(1));
    Ok(vec![LoggersEvent::Added(LoggerAdded { id, account, level, file, window_size, until })])
}

/// Ends a logger.
///
/// # Errors
/// [`Refusal::NoSuchLogger`].
pub fn remove(loggers: &Loggers, id: LoggerId, cause: LoggerEnd) -> Result<Vec<LoggersEvent>, Refusal> {
    if !loggers.list.contains_key(&id) {
        return Err(Refusal::NoSuchLogger(id));
    }
    Ok(vec![LoggersEvent::Removed(LoggerRemoved { id, cause })])
}

/// Ends all loggers. Nothing happens when there is none.
pub fn remove_all(loggers: &Loggers) -> Vec<LoggersEvent> {
    let removed = |id: &LoggerId| LoggerRemoved { id: *id, cause: LoggerEnd::Removed };
    loggers.list.keys().map(removed).map(LoggersEvent::Removed).collect()
}

fn is_path(file: &str) -> bool {
    file.starts_with('/')
        && !file.ends_with('/')
        && file.len() <= MAX_PATH_BYTES
        && !file.chars().any(char::is_control)
        && !file.split('/').any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::given;

    fn account() -> AccountId {
        "0193b2c4-6f1e-7c3a-9d5b-2f4e6a8c0d1e".parse().unwrap()
    }

    fn draft(file: &str) -> Draft {
        let file = file.to_owned();
        Draft { account: account(), level: Level::Debug, file, window_size: Some(1), until: None }
    }

    fn added(id: u32, file: &str) -> LoggersEvent {
        let Draft { account, level, file, window_size, until } = draft(file);
        LoggersEvent::Added(LoggerAdded { id: LoggerId(id), account, level, file, window_size, until })
    }

    const NOW: Timestamp = Timestamp(1_000_000);

    #[test]
    fn numbers_grow_and_are_not_given_again() {
        let ended =
            remove(&crate::event::fold(&[added(1, "/l/a")]), LoggerId(1), LoggerEnd::Removed).unwrap();
        let history = [added(1, "/l/a")].into_iter().chain(ended);
        given::<Loggers>(history).when(|it| add(it, &draft("/l/a"), NOW)).then([added(2, "/l/a")]);
    }

    #[test]
    fn what_is_no_logger_is_refused() {
        let refused = |wish: Draft, why: Refusal| {
            given::<Loggers>([added(1, "/l/a")]).when(|it| add(it, &wish, NOW)).then_refused(&why);
        };
        for path in ["", "l/a", "/", "/l/../etc/passwd", "/l/a\n", "/l/"] {
            refused(draft(path), Refusal::BadPath(path.to_owned()));
        }
        refused(draft(&format!("/{}", "a".repeat(1024))), Refusal::BadPath(format!("/{}", "a".repeat(79))));
        for window in [0, 513] {
            refused(Draft { window_size: Some(window), ..draft("/l/b") }, Refusal::BadWindow(window));
        }
        refused(Draft { until: Some(NOW), ..draft("/l/b") }, Refusal::Past(NOW));
        refused(draft("/l/a"), Refusal::FileTaken(LoggerId(1)));
        given::<Loggers>([])
            .when(|it| remove(it, LoggerId(7), LoggerEnd::Removed))
            .then_refused(&Refusal::NoSuchLogger(LoggerId(7)));
    }

    #[test]
    fn the_smallest_window_of_those_that_run_counts() {
        let mut wide = draft("/l/b");
        (wide.window_size, wide.until) = (Some(5), Some(Timestamp(9_000_000)));
        let mut loggers: Loggers = crate::event::fold(&[added(1, "/l/a")]);
        for event in add(&loggers.clone(), &wide, NOW).unwrap() {
            loggers.evolve(&event);
        }
        assert_eq!(loggers.window(account(), NOW), Some(1));
        loggers.list.remove(&LoggerId(1));
        assert_eq!(loggers.window(account(), NOW), Some(5));
        assert_eq!(loggers.window(account(), Timestamp(9_000_000)), None, "its time is over");
    }
}
