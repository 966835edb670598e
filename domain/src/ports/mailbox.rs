//! The mailbox: folders and items of one account on some mail system.
//!
//! Promises every backend keeps (one contract suite tests them):
//! * folder keys and item ids are stable: the same folder or item has the same id at every call, after a restart and
//!   for every device; another message never gets an id that was used before (a changed UIDVALIDITY gives new ids);
//! * an index lists every item of the folder exactly once with the fingerprint it has now, and never a message whose
//!   delivery is not complete;
//! * after `update`, `move_items` and `delete` return, the next index shows their effect, and the fingerprint they
//!   report is the one it shows;
//! * `fetch` of a window costs one round trip; an item that is gone is reported as gone, not as an error;
//! * a watch wakes its holder after every change of the folders it names, whoever made it; it may wake once too often,
//!   never too seldom; it is shared: any number of watches of one account cost one connection;
//! * a mailbox that lacks Drafts, Sent or Trash gets them when its folders are first listed, where the backend lets
//!   folders be made: without them a device's deletions are final and its sent mail is kept nowhere;
//! * a backend that is down gives [`MailboxError::Unavailable`], never an empty folder.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use compact_str::CompactString;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::{
    event::Timestamp,
    ids::{ClientId, DeviceId, ItemId},
};

/// A folder's identity in its backend: an IMAP mailbox name, a Maildir++ directory name, a DAV collection path. May
/// change when the folder is renamed there.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct BackendKey(pub String);

impl fmt::Display for BackendKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a folder holds. New classes come at the end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum FolderClass {
    /// Messages.
    Mail,
    /// `VEVENT`s.
    Calendar,
    /// vCards.
    Contacts,
    /// `VTODO`s.
    Tasks,
    /// `VJOURNAL`s or notes.
    Notes,
}

/// A folder's special use (RFC 6154, "New Mailbox Attributes Identifying Special-Use Mailboxes"). New roles come at
/// the end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum FolderRole {
    /// Where mail is delivered.
    Inbox,
    /// `\Drafts`
    Drafts,
    /// `\Trash`
    Trash,
    /// `\Sent`
    Sent,
    /// `\Junk`
    Junk,
    /// The first of its kind among calendars, address books or task lists.
    Default,
    /// `\Archive`
    Archive,
}

/// A folder as the backend shows it now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folder {
    /// Its key.
    pub key: BackendKey,
    /// Key of the folder around it; `None` at the top. Always a folder of the same listing.
    pub parent: Option<BackendKey>,
    /// Last component of its name, decoded; never empty.
    pub name: String,
    /// What it holds.
    pub class: FolderClass,
    /// Special use; at most one folder per class has a given role.
    pub role: Option<FolderRole>,
    /// What stays the same when the folder is renamed or moved (RFC 8474 MAILBOXID, an inode, …); `None` where the
    /// backend cannot tell.
    pub identity: Option<String>,
}

/// What a client can notice of an item's present state, as a number: two states with the same fingerprint need no
/// Change. For mail see [`MailFlags`]; for other classes a hash of the content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Fingerprint(pub u64);

impl Fingerprint {
    /// Equal to no state a mailbox reports: marks that a device holds something else than the mailbox, so that the
    /// next plan sends it the mailbox's version.
    pub const DIFFERENT: Self = Self(u64::MAX);
}

/// The changeable properties of a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "four independent flags of a message, each a flag of IMAP")]
pub struct MailFlags {
    /// `\Seen`
    pub read: bool,
    /// `\Flagged`
    pub flagged: bool,
    /// `\Answered`
    pub answered: bool,
    /// `$Forwarded`
    pub forwarded: bool,
}

impl MailFlags {
    /// Bits 0–3: read, flagged, answered, forwarded; the rest is reserved and zero.
    pub fn fingerprint(self) -> Fingerprint {
        Fingerprint(
            u64::from(self.read)
                | u64::from(self.flagged) << 1
                | u64::from(self.answered) << 2
                | u64::from(self.forwarded) << 3,
        )
    }

    /// The flags behind a mail fingerprint.
    pub fn from_fingerprint(fingerprint: Fingerprint) -> Self {
        let bit = |n: u32| fingerprint.0 >> n & 1 == 1;
        Self { read: bit(0), flagged: bit(1), answered: bit(2), forwarded: bit(3) }
    }
}

/// One line of a folder's index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IndexEntry {
    /// The item.
    pub id: ItemId,
    /// Its present state.
    pub fingerprint: Fingerprint,
    /// Mail: delivery time (IMAP INTERNALDATE), seconds since 1970 UTC. Calendar: end of the last occurrence,
    /// `i64::MAX` when it never ends. Others: 0.
    pub date: i64,
    /// Size in bytes, as far as the backend knows it.
    pub size: u32,
}

/// All items of a folder at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FolderIndex {
    /// Sorted by id, each id once.
    pub entries: Vec<IndexEntry>,
    /// The backend's own mark of this moment (`UIDVALIDITY`, `HIGHESTMODSEQ`, a sync token, …), by which it can tell
    /// what has changed since. Two indexes with the same non-empty token have the same entries.
    pub token: CompactString,
}

impl FolderIndex {
    /// The line of an item.
    pub fn get(&self, id: &ItemId) -> Option<&IndexEntry> {
        self.entries.binary_search_by(|entry| entry.id.cmp(id)).ok().map(|at| &self.entries[at])
    }

    /// Memory it takes, in bytes, about.
    pub fn memory(&self) -> usize {
        size_of::<Self>()
            + self.entries.capacity() * size_of::<IndexEntry>()
            + self
                .entries
                .iter()
                .filter(|e| e.id.as_str().len() > 24)
                .map(|e| e.id.as_str().len())
                .sum::<usize>()
    }
}

/// How much of an item to fetch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FetchPart {
    /// The whole item.
    Full,
    /// Its first bytes, at least the header of a message.
    Prefix(u32),
}

/// An item as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetched {
    /// The item.
    pub id: ItemId,
    /// Its state at the moment of the fetch.
    pub fingerprint: Fingerprint,
    /// As in [`IndexEntry::date`].
    pub date: i64,
    /// RFC 5322 message, iCalendar or vCard object, byte for byte as stored (line ends may be LF).
    pub content: Bytes,
    /// Size of the whole item; larger than `content` when only a prefix was asked for.
    pub size: u32,
}

/// A change of a message's flags; `None` leaves a flag as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FlagChange {
    /// `\Seen`
    pub read: Option<bool>,
    /// `\Flagged`
    pub flagged: Option<bool>,
    /// `\Answered`
    pub answered: Option<bool>,
    /// `$Forwarded`
    pub forwarded: Option<bool>,
}

impl FlagChange {
    /// The flags after the change.
    #[must_use]
    pub fn apply(self, flags: MailFlags) -> MailFlags {
        MailFlags {
            read: self.read.unwrap_or(flags.read),
            flagged: self.flagged.unwrap_or(flags.flagged),
            answered: self.answered.unwrap_or(flags.answered),
            forwarded: self.forwarded.unwrap_or(flags.forwarded),
        }
    }
}

/// A change of one item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ItemChange {
    /// Flags of a message.
    Flags(FlagChange),
    /// New content of an item that is edited as a whole.
    Content(Bytes),
}

/// Something to create.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewItem {
    /// Who creates it: repeating a creation with the same origin finds the first one and creates nothing.
    pub origin: Origin,
    /// RFC 5322 message with CRLF line ends, iCalendar or vCard object.
    pub content: Bytes,
    /// Flags of a message.
    pub flags: MailFlags,
    /// Delivery time of a message.
    pub date: Timestamp,
}

/// Identity of a creation.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Origin {
    /// The device that creates.
    pub device: DeviceId,
    /// The id it gave.
    pub client_id: ClientId,
}

/// 32 hex digits of BLAKE3 over content: an identity for what has no other.
pub fn content_digest(content: &[u8]) -> String {
    blake3::hash(content).to_hex()[..32].to_owned()
}

/// An item and its state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ItemState {
    /// The item.
    pub id: ItemId,
    /// Its state.
    pub fingerprint: Fingerprint,
}

/// Why the mailbox did not do what was asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MailboxError {
    /// The backend is down, overloaded, or not reachable: try again later. Devices hear 503, never 401.
    #[error("mailbox unavailable: {0}")]
    Unavailable(String),
    /// The backend refuses the credentials.
    #[error("mailbox refuses the credentials")]
    Unauthenticated,
    /// The folder does not exist (any more).
    #[error("no such folder: {0}")]
    NoSuchFolder(BackendKey),
    /// The item does not exist (any more).
    #[error("no such item: {0}")]
    NoSuchItem(ItemId),
    /// The folder or the item may not be changed.
    #[error("not permitted: {0}")]
    Denied(String),
    /// The mailbox is full.
    #[error("mailbox full")]
    QuotaExceeded,
    /// The backend cannot do this at all.
    #[error("not supported by this mailbox: {0}")]
    Unsupported(&'static str),
    /// The backend says no, and will say no again.
    #[error("mailbox refused: {0}")]
    Refused(String),
}

/// Per-item results of a batch, in the order asked.
pub type Each<T> = Vec<Result<T, MailboxError>>;

/// The mailbox of one account.
#[async_trait]
pub trait Mailbox: Send + Sync {
    /// All folders. Makes those for drafts, sent mail and trash where there are none; a backend that refuses is not an
    /// error: the listing is without them then.
    ///
    /// # Errors
    /// [`MailboxError`].
    async fn folders(&self) -> Result<Vec<Folder>, MailboxError>;

    /// The index of a folder. With an earlier index the backend reads only what has changed since, where it can.
    ///
    /// # Errors
    /// [`MailboxError`].
    async fn index(
        &self,
        folder: &BackendKey,
        earlier: Option<Arc<FolderIndex>>,
    ) -> Result<Arc<FolderIndex>, MailboxError>;

    /// Items of a window, in any order, as they arrive. Items that are gone are left out. The stream ends at the first
    /// error.
    ///
    /// # Errors
    /// [`MailboxError`] for the whole, or inside the stream.
    async fn fetch<'a>(
        &'a self,
        folder: &BackendKey,
        ids: &[ItemId],
        part: FetchPart,
    ) -> Result<BoxStream<'a, Result<Fetched, MailboxError>>, MailboxError>;

    /// Creates an item; a repetition with the same [`Origin`] finds the first.
    ///
    /// # Errors
    /// [`MailboxError`].
    async fn create(&self, folder: &BackendKey, item: NewItem) -> Result<ItemState, MailboxError>;

    /// Changes items and reports the state each has afterwards.
    ///
    /// # Errors
    /// [`MailboxError`] for the whole (backend down); per item inside.
    async fn update(
        &self,
        folder: &BackendKey,
        changes: &[(ItemId, ItemChange)],
    ) -> Result<Each<ItemState>, MailboxError>;

    /// Moves items and reports their new ids. An item already gone is [`MailboxError::NoSuchItem`].
    ///
    /// # Errors
    /// [`MailboxError`] for the whole; per item inside.
    async fn move_items(
        &self,
        from: &BackendKey,
        ids: &[ItemId],
        to: &BackendKey,
    ) -> Result<Each<ItemState>, MailboxError>;

    /// Deletes items for good. An item already gone counts as deleted.
    ///
    /// # Errors
    /// [`MailboxError`] for the whole; per item inside.
    async fn delete(&self, folder: &BackendKey, ids: &[ItemId]) -> Result<Each<()>, MailboxError>;

    /// Ids of messages in which every word occurs in header or body, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`MailboxError`].
    async fn search(
        &self,
        folder: &BackendKey,
        words: &[String],
        limit: usize,
    ) -> Result<Vec<ItemId>, MailboxError>;

    /// Watches folders. Changes made after this call has returned are reported.
    ///
    /// # Errors
    /// [`MailboxError`].
    async fn watch(&self, folders: &[BackendKey]) -> Result<Box<dyn Watch>, MailboxError>;
}

/// Wakes its holder when watched folders change. Dropping it ends the watch.
#[async_trait]
pub trait Watch: Send {
    /// Waits for the next change; several changes may come as one. Dropping the future loses nothing.
    async fn changed(&mut self) -> Changed;
}

/// What a watch has seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Changed {
    /// Something in these folders.
    Folders(Vec<BackendKey>),
    /// Possibly anything, folders coming and going included; also after a reconnect.
    Anything,
}

/// Who opens a mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailboxUser {
    /// Canonical address of the account.
    pub address: crate::ids::Address,
}

/// A password or token on its way to a backend; hidden from `Debug` in every build.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        // Best effort without unsafe code: the buffer is overwritten before it is freed.
        self.0.fill(0);
        std::hint::black_box(&self.0);
    }
}

/// Opens mailboxes of a backend.
#[async_trait]
pub trait Mailboxes: Send + Sync {
    /// Opens a mailbox with the user's own secret, which the backend checks where it checks secrets at all.
    ///
    /// Cheap to call per request: connections are kept and shared per account.
    ///
    /// # Errors
    /// [`MailboxError`].
    async fn open(&self, user: &MailboxUser, secret: &Secret) -> Result<Arc<dyn Mailbox>, MailboxError>;

    /// Opens the mailbox of a user whom this server has let in by a secret the backend does not know (a mobile password).
    /// Whoever calls this has checked who asks.
    ///
    /// Cheap to call per request, as [`Self::open`] is.
    ///
    /// # Errors
    /// [`MailboxError::Unsupported`] when the backend opens mailboxes to their own secrets alone; else [`MailboxError`],
    /// but never [`MailboxError::Unauthenticated`]: no secret of the user's is at fault.
    async fn open_vouched(&self, user: &MailboxUser) -> Result<Arc<dyn Mailbox>, MailboxError>;

    /// Whether this backend checks secrets itself (IMAP does, a directory of files does not).
    fn checks_secrets(&self) -> bool;
}
