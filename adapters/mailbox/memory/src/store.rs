//! What a mailbox holds, without waiting and without faults.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use bytes::Bytes;
use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{
        BackendKey, FetchPart, Fetched, Folder, FolderClass, FolderIndex, FolderRole, IndexEntry, ItemState,
        MailFlags, Origin,
    },
};

/// A message as stored.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) raw: Bytes,
    pub(crate) date: i64,
    pub(crate) flags: MailFlags,
}

impl Message {
    pub(crate) fn fetched(&self, id: &ItemId, part: FetchPart) -> Fetched {
        let content = match part {
            FetchPart::Full => self.raw.clone(),
            FetchPart::Prefix(bytes) => {
                let wanted = usize::try_from(bytes).unwrap_or(usize::MAX).max(header_len(&self.raw));
                self.raw.slice(..wanted.min(self.raw.len()))
            }
        };
        let (fingerprint, date) = (self.flags.fingerprint(), self.date);
        Fetched { id: id.clone(), fingerprint, date, content, size: size(&self.raw) }
    }
}

/// Length of the header with the empty line behind it; everything when there is no such line.
fn header_len(raw: &[u8]) -> usize {
    let end =
        |pattern: &[u8]| raw.windows(pattern.len()).position(|w| w == pattern).map(|at| at + pattern.len());
    match (end(b"\r\n\r\n"), end(b"\n\n")) {
        (Some(crlf), Some(lf)) => crlf.min(lf),
        (one, other) => one.or(other).unwrap_or(raw.len()),
    }
}

fn size(raw: &[u8]) -> u32 {
    u32::try_from(raw.len()).unwrap_or(u32::MAX)
}

/// One folder and its messages.
#[derive(Clone)]
pub(crate) struct Drawer {
    identity: u64,
    role: Option<FolderRole>,
    /// Grows with every change, so that equal versions have equal content.
    version: u64,
    pub(crate) items: BTreeMap<ItemId, Message>,
    pub(crate) origins: HashMap<Origin, ItemId>,
}

impl Drawer {
    pub(crate) fn state(&self, id: &ItemId) -> Option<ItemState> {
        let message = self.items.get(id)?;
        Some(ItemState { id: id.clone(), fingerprint: message.flags.fingerprint() })
    }

    pub(crate) fn index(&self, earlier: Option<Arc<FolderIndex>>) -> Arc<FolderIndex> {
        let token = format!("{}:{}", self.identity, self.version);
        if let Some(earlier) = earlier.filter(|earlier| earlier.token == token) {
            return earlier;
        }
        let entries = self.items.iter().map(|(id, message)| IndexEntry {
            id: id.clone(),
            fingerprint: message.flags.fingerprint(),
            date: message.date,
            size: size(&message.raw),
        });
        Arc::new(FolderIndex { entries: entries.collect(), token: token.into() })
    }

    pub(crate) fn set_flags(&mut self, id: &ItemId, flags: MailFlags) -> bool {
        let Some(message) = self.items.get_mut(id) else { return false };
        message.flags = flags;
        self.version += 1;
        true
    }

    pub(crate) fn remove(&mut self, id: &ItemId) -> Option<Message> {
        let message = self.items.remove(id)?;
        self.origins.retain(|_, created| created != id);
        self.version += 1;
        Some(message)
    }
}

/// All folders of a mailbox.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) drawers: BTreeMap<BackendKey, Drawer>,
    last_item: u64,
    last_identity: u64,
}

impl Store {
    pub(crate) fn add_folder(&mut self, path: &str, role: Option<FolderRole>) -> BackendKey {
        let key = BackendKey(path.to_owned());
        let taken = self.drawers.values().any(|drawer| drawer.role.is_some() && drawer.role == role);
        self.last_identity += 1;
        let identity = self.last_identity;
        self.drawers.entry(key.clone()).or_insert_with(|| Drawer {
            identity,
            role: role.filter(|_| !taken),
            version: 0,
            items: BTreeMap::new(),
            origins: HashMap::new(),
        });
        key
    }

    /// Renames a folder and everything below it; `None` when there is no such folder or the new name is taken.
    pub(crate) fn rename_folder(&mut self, from: &BackendKey, to: &str) -> Option<BackendKey> {
        let new = BackendKey(to.to_owned());
        if !self.drawers.contains_key(from) || self.drawers.contains_key(&new) {
            return None;
        }
        let below = format!("{from}/");
        let moved: Vec<BackendKey> =
            self.drawers.keys().filter(|key| *key == from || key.0.starts_with(&below)).cloned().collect();
        for key in moved {
            if let Some(drawer) = self.drawers.remove(&key) {
                self.drawers.insert(BackendKey(format!("{to}{}", &key.0[from.0.len()..])), drawer);
            }
        }
        Some(new)
    }

    pub(crate) fn folders(&self) -> Vec<Folder> {
        self.drawers.iter().map(|(key, drawer)| self.folder(key, drawer)).collect()
    }

    fn folder(&self, key: &BackendKey, drawer: &Drawer) -> Folder {
        let around = key.0.rsplit_once('/').map(|(parent, name)| (BackendKey(parent.to_owned()), name));
        let (parent, name) = match around {
            Some((parent, name)) if self.drawers.contains_key(&parent) => (Some(parent), name),
            _ => (None, key.0.as_str()),
        };
        Folder {
            key: key.clone(),
            parent,
            name: name.to_owned(),
            class: FolderClass::Mail,
            role: drawer.role,
            identity: Some(drawer.identity.to_string()),
        }
    }

    /// Puts a message into a folder under an id never used before.
    pub(crate) fn add(&mut self, folder: &BackendKey, message: Message) -> Option<ItemId> {
        let drawer = self.drawers.get_mut(folder)?;
        self.last_item += 1;
        let id = ItemId::new(&self.last_item.to_string()).expect("a number is a valid item id");
        drawer.items.insert(id.clone(), message);
        drawer.version += 1;
        Some(id)
    }
}
