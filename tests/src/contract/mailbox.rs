//! What every mailbox promises, one function per promise.
//!
//! `mailbox_contract!(name, subject)` makes a module with one test per promise; `subject` is an async function that
//! makes a mailbox of its own. A backend whose module is green keeps the contract of
//! `syncledger_domain::ports::mailbox`.
//!
//! To run a new backend through it, write a [`World`]: the backend, and what happens to the mail behind its back.

#![expect(missing_docs, reason = "a promise's name is the promise")]
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a broken promise panics: these are tests"
)]

pub mod changes;
pub mod content;
pub mod faults;
pub mod folders;
pub mod imap_world;
pub mod index;
pub mod watches;
pub mod worlds;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;
use syncledger_domain::{
    event::Timestamp,
    ids::{ClientId, DeviceId, ItemId},
    ports::mailbox::{
        BackendKey, FetchPart, Fetched, Folder, FolderIndex, FolderRole, IndexEntry, MailFlags, Mailbox,
        MailboxError, MailboxUser, Mailboxes, NewItem, Origin, Secret,
    },
};

pub use super::event_log::within_patience;

/// A mail system with one account under test, and the hands of everybody else who changes it.
///
/// At the start the account has an empty mailbox with folders of the roles Inbox and Junk; Drafts, Sent and Trash are
/// there too, or made by the backend.
/// What these functions do has happened when they return.
#[async_trait]
pub trait World: Send + Sync {
    /// The backend, as after a restart: nothing it keeps in memory is shared with one made before.
    fn backend(&self) -> Arc<dyn Mailboxes>;

    /// The account.
    fn user(&self) -> MailboxUser;

    /// Its password.
    fn secret(&self) -> Secret {
        Secret(b"secret".to_vec())
    }

    /// Delivers a message, unread.
    async fn deliver(&self, folder: &BackendKey, message: &Sample);

    /// Sets the flags of the message with this Message-ID.
    async fn set_flags(&self, folder: &BackendKey, message: &Sample, flags: MailFlags);

    /// Deletes the message with this Message-ID for good.
    async fn remove(&self, folder: &BackendKey, message: &Sample);

    /// Makes a folder at the top, or below another.
    async fn add_folder(&self, parent: Option<&BackendKey>, name: &str) -> BackendKey;

    /// Renames a folder at the top that has none below it.
    async fn rename_folder(&self, folder: &BackendKey, name: &str) -> BackendKey;

    /// Removes a folder that has none below it, with its mail; `false` when mailboxes of this world never lack one.
    async fn remove_folder(&self, _folder: &BackendKey) -> bool {
        false
    }

    /// Makes the backend unreachable, or reachable again; `false` when this world cannot do that.
    async fn take_down(&self, down: bool) -> bool;

    /// All that is not the account's own and that no call may ever change, in a form to compare.
    async fn everything_else(&self) -> String {
        String::new()
    }
}

/// A message to deliver.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its Message-ID, with the angle brackets.
    pub message_id: String,
    /// The whole message, with CRLF.
    pub raw: Bytes,
    /// When it is delivered, seconds since 1970.
    pub date: i64,
}

impl Sample {
    /// Message number `n`, a day younger than the one before.
    pub fn new(n: u32) -> Self {
        Self::with_body(n, &format!("Body of message {n}, naïve and plain.\r\n"))
    }

    /// Message number `n` with a body of one's own.
    pub fn with_body(n: u32, body: &str) -> Self {
        let message_id = format!("<sample-{n}@example.com>");
        let raw = format!(
            "From: Bob <bob@example.com>\r\nTo: alice@example.com\r\nSubject: Sample {n}\r\n\
             Message-ID: {message_id}\r\nDate: Fri, 3 May 2024 10:00:00 +0000\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}"
        );
        Self { message_id, raw: raw.into(), date: 1_700_000_000 + i64::from(n) * 86_400 }
    }
}

/// A mailbox under test.
pub struct Subject {
    /// Everybody else.
    pub world: Arc<dyn World>,
    mailboxes: Arc<dyn Mailboxes>,
    wrap: fn(Arc<dyn Mailboxes>) -> Arc<dyn Mailboxes>,
}

impl Subject {
    /// The backend of a world.
    pub fn new(world: impl World + 'static) -> Self {
        Self::wrapped(world, |backend| backend)
    }

    /// The backend of a world, behind something.
    pub fn wrapped(world: impl World + 'static, wrap: fn(Arc<dyn Mailboxes>) -> Arc<dyn Mailboxes>) -> Self {
        let mailboxes = wrap(world.backend());
        Self { world: Arc::new(world), mailboxes, wrap }
    }

    /// The account's mailbox.
    pub async fn open(&self) -> Arc<dyn Mailbox> {
        self.try_open().await.unwrap()
    }

    /// The account's mailbox, or why not.
    ///
    /// # Errors
    /// As [`Mailboxes::open`].
    pub async fn try_open(&self) -> Result<Arc<dyn Mailbox>, MailboxError> {
        self.mailboxes.open(&self.world.user(), &self.world.secret()).await
    }

    /// The account's mailbox, opened by a server that has just started.
    pub async fn open_after_restart(&self) -> Arc<dyn Mailbox> {
        let backend = (self.wrap)(self.world.backend());
        backend.open(&self.world.user(), &self.world.secret()).await.unwrap()
    }

    /// Key of the folder with a role.
    pub async fn folder(&self, role: FolderRole) -> BackendKey {
        let folders = self.open().await.folders().await.unwrap();
        let folder = folders.into_iter().find(|folder| folder.role == Some(role));
        folder.unwrap_or_else(|| panic!("no folder is {role:?}")).key
    }

    /// Key of the Inbox.
    pub async fn inbox(&self) -> BackendKey {
        self.folder(FolderRole::Inbox).await
    }

    /// Delivers message number `n` and says which item it became.
    pub async fn deliver(&self, folder: &BackendKey, n: u32) -> ItemId {
        self.deliver_sample(folder, &Sample::new(n)).await
    }

    /// Delivers a message and says which item it became.
    pub async fn deliver_sample(&self, folder: &BackendKey, sample: &Sample) -> ItemId {
        let mailbox = self.open().await;
        let before = full_index(&*mailbox, folder).await;
        self.world.deliver(folder, sample).await;
        let after = full_index(&*mailbox, folder).await;
        let added: Vec<&IndexEntry> = after.entries.iter().filter(|e| before.get(&e.id).is_none()).collect();
        assert_eq!(added.len(), 1, "one delivery adds one item");
        assert_eq!(after.entries.len(), before.entries.len() + 1, "a delivery takes nothing away");
        added[0].id.clone()
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").finish_non_exhaustive()
    }
}

/// The index read from nothing.
pub async fn full_index(mailbox: &dyn Mailbox, folder: &BackendKey) -> Arc<FolderIndex> {
    let index = mailbox.index(folder, None).await.unwrap();
    assert!(index.entries.is_sorted_by(|a, b| a.id < b.id), "an index is sorted and has each id once");
    index
}

/// Whole items, sorted by id.
pub async fn fetch(mailbox: &dyn Mailbox, folder: &BackendKey, ids: &[ItemId]) -> Vec<Fetched> {
    fetch_part(mailbox, folder, ids, FetchPart::Full).await
}

/// Items, sorted by id.
pub async fn fetch_part(
    mailbox: &dyn Mailbox,
    folder: &BackendKey,
    ids: &[ItemId],
    part: FetchPart,
) -> Vec<Fetched> {
    let mut items: Vec<Fetched> =
        mailbox.fetch(folder, ids, part).await.unwrap().try_collect().await.unwrap();
    items.sort_by(|a, b| a.id.cmp(&b.id));
    items
}

/// The folder with a key.
pub async fn listed(mailbox: &dyn Mailbox, key: &BackendKey) -> Option<Folder> {
    mailbox.folders().await.unwrap().into_iter().find(|folder| folder.key == *key)
}

/// A message a device creates, as its client id names it.
pub fn new_item(device: &str, client_id: &str, sample: &Sample, flags: MailFlags) -> NewItem {
    NewItem {
        origin: Origin {
            device: DeviceId::new(device).unwrap(),
            client_id: ClientId::new(client_id).unwrap(),
        },
        content: sample.raw.clone(),
        flags,
        date: Timestamp::from_seconds(sample.date),
    }
}

/// Flags by their letters: `r`ead, `f`lagged, `a`nswered, for`w`arded.
pub fn flags(letters: &str) -> MailFlags {
    let has = |letter: char| letters.contains(letter);
    MailFlags { read: has('r'), flagged: has('f'), answered: has('a'), forwarded: has('w') }
}

/// An id of the right form that no backend gives out.
pub fn unknown_id() -> ItemId {
    ItemId::new("no-such-item.anywhere").unwrap()
}

/// Numbers that look random and are the same at every run.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// A sequence.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// One test per promise of the mailbox.
#[macro_export]
macro_rules! mailbox_contract {
    ($name:ident, $subject:ident) => {
        mod $name {
            $crate::mailbox_contract! { @promises $subject;
                folders: a_listing_has_every_key_once_and_parents_that_are_in_it;
                folders: each_role_is_given_to_one_folder_at_most;
                folders: a_mailbox_that_lacks_drafts_sent_or_trash_gets_them_when_its_folders_are_listed;
                folders: keys_and_identities_survive_a_restart;
                folders: a_folder_made_by_others_appears_with_its_name_and_place;
                folders: a_renamed_folder_keeps_its_identity_and_its_items;
                index: an_index_tells_date_size_and_flags_of_every_item;
                index: ids_are_the_same_for_every_handle_and_after_a_restart;
                index: an_id_is_never_given_to_another_message;
                index: an_earlier_index_gives_the_same_as_none_whatever_happened_between;
                index: an_earlier_index_survives_a_restart;
                index: equal_tokens_mean_equal_entries;
                content: a_window_comes_byte_for_byte_without_the_items_that_are_gone;
                content: a_large_message_comes_byte_for_byte;
                content: a_prefix_is_the_beginning_and_has_the_whole_header;
                content: an_empty_window_is_empty;
                content: a_search_finds_messages_with_every_word_newest_first;
                content: words_to_search_are_words_and_nothing_else;
                changes: flags_are_changed_one_by_one_and_ids_stay;
                changes: changes_of_one_item_count_in_their_order;
                changes: flags_changed_by_others_show_and_ids_stay;
                changes: a_change_of_an_item_that_is_gone_spares_the_others;
                changes: the_content_of_a_message_does_not_change;
                changes: a_creation_shows_as_it_was_reported;
                changes: a_repeated_creation_finds_the_first;
                changes: creations_of_the_same_at_once_create_once;
                changes: another_origin_creates_another;
                changes: a_move_keeps_content_flags_and_date;
                changes: a_move_of_an_item_that_is_gone_spares_the_others;
                changes: a_message_moved_there_and_back_is_whole;
                changes: what_is_deleted_twice_is_deleted_and_nothing_else_is;
                watches: a_watch_wakes_after_a_delivery;
                watches: a_watch_wakes_after_flags_change;
                watches: a_watch_wakes_after_a_message_is_removed;
                watches: a_watch_wakes_after_changes_of_our_own;
                watches: a_watch_wakes_after_folders_change;
                watches: a_watch_tells_which_folder;
                watches: a_dropped_wait_loses_nothing;
                watches: many_watches_wake_and_dropped_ones_do_not_matter;
                faults: folders_that_do_not_exist_are_named;
                faults: hostile_keys_name_no_folder_and_touch_nothing;
                faults: hostile_ids_name_no_item_and_touch_nothing;
                faults: a_backend_that_is_down_is_unavailable_and_comes_back_whole;
            }
        }
    };
    (@promises $subject:ident; $($group:ident: $promise:ident;)+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $promise() {
            let subject = super::$subject().await;
            $crate::contract::mailbox::$group::$promise(subject).await;
        }
    )+ };
}
