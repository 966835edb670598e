//! Events of one collection of one device.

use serde::{Deserialize, Serialize};

use crate::{
    event::stored_events,
    ids::{ClientId, ItemId},
    ports::mailbox::{Fingerprint, FolderClass},
};

/// The device presented key 0: everything it knew of the collection is forgotten.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CollectionStarted {
    /// Grows by one with each start; part of every key.
    pub generation: u32,
    /// What the collection holds; `None` for the folder hierarchy.
    pub class: Option<FolderClass>,
}

/// A body preference (MS-ASAIRS, "BodyPreference").
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BodyPreference {
    /// 1 plain text, 2 HTML, 3 RTF, 4 MIME.
    pub body_type: u8,
    /// Bytes; `None` asks for everything.
    pub truncation: Option<u32>,
    /// Rather nothing of this type than a part of it.
    pub all_or_none: bool,
    /// Characters of preview text, 0..=255.
    pub preview: Option<u8>,
}

/// The sticky options of a collection (MS-ASCMD, "Options (Sync)"). A new set replaces the old one whole.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CollectionOptions {
    /// FilterType, 0..=8; 0 is everything.
    pub filter_type: u8,
    /// Conflict: whether the client's change wins over the server's.
    pub client_wins: bool,
    /// MIMESupport, 0 never, 1 S/MIME only, 2 all.
    pub mime_support: u8,
    /// MIMETruncation, 0..=8.
    pub mime_truncation: Option<u8>,
    /// At most one per type, in the order sent.
    pub body_preferences: Vec<BodyPreference>,
    /// BodyPartPreference.
    pub body_part_preference: Option<BodyPreference>,
}

/// The device sent other options than before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OptionsChanged {
    /// All of them.
    pub options: CollectionOptions,
}

/// What the server tells a device to add, change and remove.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Delta {
    /// Items new to the device, newest first.
    pub adds: Vec<(ItemId, Fingerprint)>,
    /// Items it knows, in another state than it knows them.
    pub changes: Vec<(ItemId, Fingerprint)>,
    /// Items that are gone.
    pub removes: Vec<ItemId>,
    /// Items that left the filter's window.
    pub soft_removes: Vec<ItemId>,
}

impl Delta {
    /// Number of operations.
    pub fn len(&self) -> usize {
        self.adds.len() + self.changes.len() + self.removes.len() + self.soft_removes.len()
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a client asked to be done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ClientOperation {
    /// Create something, under the id the client gave it.
    Add(ClientId),
    /// Change an item. The digest of what was asked tells a repetition from another change of the same item.
    Change {
        /// First 8 bytes of BLAKE3 over the change as it came, little-endian.
        digest: u64,
    },
    /// Delete an item.
    Delete,
}

/// What a client operation did to what the device knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Effect {
    /// Nothing (it failed, or the server's version is still to come).
    None,
    /// The device knows the item in this state.
    Known(Fingerprint),
    /// The device knows it is gone.
    Gone,
}

/// A client operation that was executed, with the reply it got: a repetition gets the same reply and is not executed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AppliedChange {
    /// What was asked.
    pub operation: ClientOperation,
    /// The item; `None` for an Add that failed.
    pub item: Option<ItemId>,
    /// What it did.
    pub effect: Effect,
    /// The Status the client was told.
    pub reply: u16,
}

/// An answer was prepared, durably before it is written to the wire.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SyncOffered {
    /// Generation both keys belong to.
    pub generation: u32,
    /// Counter of the key the device presented; 0 for key 0.
    pub from: u32,
    /// Counter of the key it is given.
    pub to: u32,
    /// What it is told.
    pub delta: Delta,
    /// What it did, by this request or by the lost ones before it.
    pub client: Vec<AppliedChange>,
}

/// An item is left out because offers with it were never confirmed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ItemSkipped {
    /// Which.
    pub item: ItemId,
    /// Its state; once it changes the item is offered again.
    pub fingerprint: Fingerprint,
    /// How often it was offered in vain.
    pub attempts: u32,
}

/// A skipped item is offered again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ItemUnskipped {
    /// Which.
    pub item: ItemId,
}

/// The device learned of items by another way than Sync: by MoveItems.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ItemsRegistered {
    /// Items it knows now.
    pub known: Vec<(ItemId, Fingerprint)>,
    /// Items it knows to be gone.
    pub gone: Vec<ItemId>,
}

/// The state was dropped: every key is refused until the device starts anew.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CollectionDropped {
    /// Why, for people.
    pub cause: String,
}

stored_events! {
    /// What can happen to a collection.
    pub enum SyncEvent {
        /// The device started from key 0.
        "collection-started" 1 => Started(CollectionStarted);
        /// Its sticky options changed.
        "options-changed" 1 => OptionsChanged(OptionsChanged);
        /// It was offered an answer.
        "sync-offered" 1 => Offered(SyncOffered);
        /// An item was left out.
        "item-skipped" 1 => Skipped(ItemSkipped);
        /// An item is let in again.
        "item-unskipped" 1 => Unskipped(ItemUnskipped);
        /// Items were registered without Sync.
        "items-registered" 1 => Registered(ItemsRegistered);
        /// The state was dropped.
        "collection-dropped" 1 => Dropped(CollectionDropped);
    }
}
