//! Ids of folders and items, and the keys of synchronisation.

use std::{fmt, str::FromStr};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::InvalidId;

/// A folder of an account, shared by all its devices. Never reused, never changed by rename or move.
///
/// Fixed ids: Inbox 2, Trash 3, Junk 4, Sent 5, Drafts 6, Contacts 7, Calendar 10, Outbox 14, Tasks 15; all others
/// count up from 257.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FolderId(pub u32);

impl FolderId {
    /// The account's Inbox.
    pub const INBOX: Self = Self(2);
    /// Deleted Items.
    pub const TRASH: Self = Self(3);
    /// Junk mail.
    pub const JUNK: Self = Self(4);
    /// Sent Items.
    pub const SENT: Self = Self(5);
    /// Drafts.
    pub const DRAFTS: Self = Self(6);
    /// The outbox clients insist on; always empty on the server.
    pub const OUTBOX: Self = Self(14);
    /// The first id given to a folder without a fixed one.
    pub const FIRST_FREE: u32 = 257;
}

impl fmt::Display for FolderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for FolderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FolderId({})", self.0)
    }
}

impl FromStr for FolderId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let canonical = |n: &u32| *n > 0 && n.to_string() == text;
        let number = text.parse().ok().filter(canonical);
        number.map(Self).ok_or_else(|| InvalidId::new("folder id", text, "a positive whole number"))
    }
}

/// What a SyncKey belongs to: one folder's items, or the folder hierarchy (written `0`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum CollectionId {
    /// The folder hierarchy (EAS command FolderSync).
    Hierarchy,
    /// The items of one folder (EAS command Sync).
    Folder(FolderId),
}

impl fmt::Display for CollectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hierarchy => f.write_str("0"),
            Self::Folder(id) => id.fmt(f),
        }
    }
}

impl FromStr for CollectionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        if text == "0" { Ok(Self::Hierarchy) } else { text.parse().map(Self::Folder) }
    }
}

/// An item inside its folder, derived from the backend's stable identity so that every device sees the same id and
/// nothing has to be looked up. 1..=48 of `A-Z a-z 0-9 . _ -`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ItemId(CompactString);

impl ItemId {
    /// Longest item id: with folder id and colon it stays within the protocol's 64 characters.
    pub const MAX_LEN: usize = 48;

    /// Checks an item id.
    ///
    /// # Errors
    /// When it is empty, too long, or has characters that clients would have to escape.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if text.is_empty() || text.len() > Self::MAX_LEN || !text.bytes().all(good) {
            return Err(InvalidId::new("item id", text, "1 to 48 letters, digits, '.', '_' or '-'"));
        }
        Ok(Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ItemId({})", self.0)
    }
}

impl FromStr for ItemId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::new(text)
    }
}

/// An item as clients name it: `<folder id>:<item id>`, at most 64 characters (MS-ASCMD, "ServerId (Sync)").
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ServerId {
    /// The folder.
    pub folder: FolderId,
    /// The item inside it.
    pub item: ItemId,
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.folder, self.item)
    }
}

impl FromStr for ServerId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let refuse = || InvalidId::new("ServerId", text, "<folder id>:<item id>");
        let (folder, item) = text.split_once(':').ok_or_else(refuse)?;
        Ok(Self {
            folder: folder.parse().map_err(|_| refuse())?,
            item: ItemId::new(item).map_err(|_| refuse())?,
        })
    }
}

/// The id a client gives to something it creates, unique for the device; 1..=64 characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ClientId(String);

impl ClientId {
    /// Checks a client id.
    ///
    /// # Errors
    /// When it is empty, longer than 64 characters or not printable.
    pub fn new(text: &str) -> Result<Self, InvalidId> {
        if text.is_empty() || text.chars().count() > 64 || text.chars().any(char::is_control) {
            return Err(InvalidId::new("ClientId", text, "1 to 64 printable characters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// As the client sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A synchronisation key, `<generation>.<counter>` on the wire.
///
/// The generation grows at each start from key 0, so that a key from before a reset is never taken for a new one;
/// the counter grows with each offer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct SyncKey {
    /// Which start of the collection the key belongs to; from 1.
    pub generation: u32,
    /// Which offer within the generation; 1 is the answer to key 0.
    pub counter: u32,
}

impl SyncKey {
    /// What a client may present: `None` is key 0, the wish to start anew.
    ///
    /// # Errors
    /// When it is neither `0` nor of the form this server gives out.
    pub fn parse(text: &str) -> Result<Option<Self>, InvalidId> {
        if text == "0" {
            return Ok(None);
        }
        let refuse = || InvalidId::new("SyncKey", text, "0 or a key this server gave out");
        let (generation, counter) = text.split_once('.').ok_or_else(refuse)?;
        let number = |part: &str| part.parse::<u32>().ok().filter(|n| *n > 0 && n.to_string() == part);
        match (number(generation), number(counter)) {
            (Some(generation), Some(counter)) => Ok(Some(Self { generation, counter })),
            _ => Err(refuse()),
        }
    }
}

impl fmt::Display for SyncKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.generation, self.counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sync_keys_read_back_as_written_and_nothing_else_does() {
        let key = SyncKey { generation: 3, counter: 41 };
        assert_eq!(SyncKey::parse(&key.to_string()).unwrap(), Some(key));
        assert_eq!(SyncKey::parse("0").unwrap(), None);
        for bad in ["", "00", "1", "1.", ".1", "0.1", "1.0", "01.1", "1.+1", "1.2.3", "99999999999.1", " 1.1"]
        {
            assert!(SyncKey::parse(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn server_ids_stay_within_64_characters() {
        let longest = ServerId { folder: FolderId(u32::MAX), item: ItemId::new(&"x".repeat(48)).unwrap() };
        assert!(longest.to_string().len() <= 64);
        assert_eq!(longest.to_string().parse::<ServerId>().unwrap(), longest);
        for bad in ["", "2", "2:", ":1", "0:1", "2:a b", "02:1", "2:1:2"] {
            assert!(bad.parse::<ServerId>().is_err(), "{bad:?} was accepted");
        }
    }
}
