//! Account loggers: what the devices of an account say and are told, in files of their own.
//!
//! A request offers what it has to tell (`AccountLoggers::offer`) and goes on; one task ([`Writer`]) writes it to the
//! files of all loggers that are detailed enough. In between is a queue with bounds: a disk that is slower than the
//! devices loses lines, which the file then says, and never holds up a request. What is written at which level:
//!
//! | level | adds |
//! |---|---|
//! | crit | requests that met a fault of this server |
//! | err | requests a backend or the log failed |
//! | warn | refused logins and requests, and answers that tell of something else than success |
//! | info | a line for every other request |
//! | debug | documents as XML, without passwords |
//! | trace | headers, without those that let in; bodies as they went over the wire, where no secret can be in them |
//!
//! Each entry begins at the left margin with its time; lines that belong to it are indented, and characters that could
//! feign an entry are escaped.

mod counts;
mod files;
mod place;
mod redact;
mod writer;

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use http::{HeaderMap, Uri};
use syncledger_domain::{
    event::{CorrelationId, Timestamp},
    ids::{AccountId, Address},
    loggers::Level,
};
use syncledger_wbxml::Element;
use tokio::sync::{mpsc, oneshot};

use crate::services::Services;

pub(crate) use counts::Counts;
pub use place::{LogPlace, PlaceError};
pub(crate) use redact::TAPPED;
pub use writer::Writer;

/// Most entries that wait to be written.
const QUEUE: usize = 1024;
/// Most bytes that wait to be written, about.
const QUEUE_BYTES: usize = 16 << 20;

/// What requests tell the loggers of their accounts. Cheap to clone; the default writes nothing.
#[derive(Clone, Default)]
pub struct AccountLoggers(Option<Arc<Shared>>);

impl fmt::Debug for AccountLoggers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountLoggers")
    }
}

struct Shared {
    services: Arc<Services>,
    queue: mpsc::Sender<Message>,
    queued_bytes: AtomicUsize,
    /// Entries lost since this was last told.
    lost: Mutex<HashMap<AccountId, u64>>,
}

enum Message {
    Entry(Entry),
    /// Answered when everything before it is written.
    Flush(oneshot::Sender<()>),
}

/// One thing to write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    pub(crate) account: AccountId,
    pub(crate) level: Level,
    pub(crate) request: CorrelationId,
    /// The line, escaped.
    pub(crate) line: String,
    /// Folders to be named at its end.
    pub(crate) folders: BTreeSet<String>,
    /// More lines, each escaped.
    pub(crate) more: String,
}

impl Entry {
    fn size(&self) -> usize {
        size_of::<Self>() + self.line.len() + self.more.len()
    }
}

impl AccountLoggers {
    /// Loggers of a node, and the task that writes them, which has to be run.
    pub fn new(services: &Arc<Services>, place: LogPlace) -> (Self, Writer) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared {
            services: Arc::clone(services),
            queue,
            queued_bytes: AtomicUsize::new(0),
            lost: Mutex::default(),
        });
        let writer = Writer::new(&shared, waiting, place);
        (Self(Some(shared)), writer)
    }

    /// How much is wanted of the requests of an account; `None` when nothing is.
    pub(crate) fn level(&self, account: AccountId) -> Option<Level> {
        let shared = self.0.as_ref()?;
        let snapshot = shared.services.policy.current();
        if snapshot.loggers().list.is_empty() {
            return None;
        }
        snapshot.loggers().of(account, shared.now()).map(|logger| logger.level).max()
    }

    /// Whether entries of this level are written down.
    pub(crate) fn wants(&self, account: AccountId, level: Level) -> bool {
        self.level(account).is_some_and(|wanted| level <= wanted)
    }

    /// The account that holds an address.
    pub(crate) fn account(&self, address: &Address) -> Option<AccountId> {
        let snapshot = self.0.as_ref()?.services.policy.current();
        snapshot.account_by_address(address).map(|account| account.id)
    }

    /// The address of an account.
    pub(crate) fn address(&self, account: AccountId) -> Option<Address> {
        let snapshot = self.0.as_ref()?.services.policy.current();
        snapshot.account(account).map(|account| account.address.clone())
    }

    /// Writes an entry down some time soon. Never waits: when too much waits already, the entry is lost.
    pub(crate) fn offer(&self, told: Told, account: AccountId, request: CorrelationId) {
        let Some(shared) = &self.0 else { return };
        let Told { level, line, folders, more } = told;
        let entry = Entry { at: shared.now(), account, level, request, line, folders, more };
        let size = entry.size();
        let before = shared.queued_bytes.fetch_add(size, Ordering::Relaxed);
        if before > QUEUE_BYTES || shared.queue.try_send(Message::Entry(entry)).is_err() {
            shared.queued_bytes.fetch_sub(size, Ordering::Relaxed);
            let mut lost = shared.lost.lock().unwrap_or_else(PoisonError::into_inner);
            let count = lost.entry(account).or_default();
            if *count == 0 {
                tracing::warn!(account.id = %account, "account loggers lose lines: their files are written too slowly");
            }
            *count += 1;
        }
    }

    /// Waits until everything told so far is written.
    pub async fn flush(&self) {
        let Some(shared) = &self.0 else { return };
        let (done, written) = oneshot::channel();
        if shared.queue.send(Message::Flush(done)).await.is_ok() {
            let _ = written.await;
        }
    }
}

impl Shared {
    fn now(&self) -> Timestamp {
        self.services.repository.clock().now()
    }
}

/// What a request has to tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Told {
    pub(crate) level: Level,
    line: String,
    folders: BTreeSet<String>,
    more: String,
}

impl Told {
    /// A line of a headline and fields.
    pub(crate) fn line(level: Level, headline: &str) -> Self {
        Self { level, line: headline.to_owned(), folders: BTreeSet::new(), more: String::new() }
    }

    /// Adds a field that has a value.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: Option<impl fmt::Display>) -> Self {
        if let Some(value) = value {
            self.line.push_str(&field(name, &value.to_string()));
        }
        self
    }

    /// Adds the folders the request is about.
    #[must_use]
    pub(crate) fn about(mut self, folders: BTreeSet<String>) -> Self {
        self.folders = folders;
        self
    }

    fn of(level: Level, headline: &str, more: String) -> Self {
        Self { more, ..Self::line(level, headline) }
    }

    /// A document, decoded.
    pub(crate) fn document(headline: &str, document: &Element) -> Self {
        Self::of(Level::Debug, headline, redact::document(document))
    }

    /// A message as a request carries it.
    pub(crate) fn message(headline: &str, bytes: &[u8]) -> Self {
        Self::of(Level::Debug, headline, redact::message(bytes))
    }

    /// Headers, of a request with where it goes.
    pub(crate) fn headers(headline: &str, uri: Option<&Uri>, headers: &HeaderMap) -> Self {
        let told = Self::of(Level::Trace, headline, redact::headers(headers));
        told.with("http.target", uri.map(redact::target))
    }

    /// A body as it went over the wire: its first bytes, how many there are in all, and what they decode to.
    pub(crate) fn raw(
        headline: &str,
        command: Option<&str>,
        document: Option<&Element>,
        (bytes, total): (&[u8], usize),
    ) -> Self {
        Self::of(Level::Trace, headline, redact::raw(command, document, bytes, total))
    }
}

/// ` name=value`, in quotes where the value could be taken for something else.
fn field(name: &str, value: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.:@/+%()".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return format!(" {name}={value}");
    }
    let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!(" {name}=\"{}\"", redact::escaped(&quoted))
}
