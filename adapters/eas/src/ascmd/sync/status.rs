//! Status codes of Sync (MS-ASCMD, "Status (Sync)").

/// How a Sync, one of its collections or one of its operations ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum SyncStatus {
    /// Done.
    Success = 1,
    /// The key is not one this collection can go on from: start from key 0.
    InvalidSyncKey = 3,
    /// The request breaks the protocol.
    ProtocolError = 4,
    /// A fault of the server; try again.
    ServerError = 5,
    /// The data of an item cannot be used.
    ConversionError = 6,
    /// The item does not exist.
    ObjectNotFound = 8,
    /// The mailbox is full.
    OutOfSpace = 9,
    /// The folder does not exist: synchronise the folders.
    HierarchyChanged = 12,
    /// An empty or partial request without a remembered one.
    RequestIncomplete = 13,
    /// Wait or HeartbeatInterval out of range.
    WaitOutOfRange = 14,
    /// More collections than a request may name.
    TooManyCollections = 15,
    /// The same again, please.
    Retry = 16,
    /// BodyPartPreference of another type than HTML.
    BodyPartTypeNotSupported = 164,
}

impl SyncStatus {
    /// The number on the wire.
    pub fn value(self) -> u16 {
        self as u16
    }
}
