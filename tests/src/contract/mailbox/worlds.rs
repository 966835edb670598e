//! Worlds that need no server.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, UNIX_EPOCH},
};

use async_trait::async_trait;
use syncledger_domain::{
    ids::{Address, ItemId},
    ports::mailbox::{BackendKey, MailFlags, MailboxUser, Mailboxes, Secret},
};
use syncledger_mailbox_files::FilesMailboxes;
use syncledger_mailbox_memory::{MemoryMailbox, MemoryMailboxes};
use tempfile::TempDir;

use super::{Sample, World};

fn alice() -> MailboxUser {
    MailboxUser { address: Address::new("alice@example.com").unwrap() }
}

/// The mailbox in memory.
#[derive(Clone)]
pub struct MemoryWorld {
    /// The backend.
    pub mailboxes: MemoryMailboxes,
    /// The account's mailbox.
    pub mailbox: MemoryMailbox,
}

impl Default for MemoryWorld {
    fn default() -> Self {
        let mailboxes = MemoryMailboxes::new(true);
        let mailbox = mailboxes.add_account(&alice().address, "secret");
        Self { mailboxes, mailbox }
    }
}

impl MemoryWorld {
    fn find(&self, folder: &BackendKey, message: &Sample) -> ItemId {
        let here = |raw: &[u8]| contains(raw, &message.message_id);
        let found = self.mailbox.messages(folder).into_iter().find(|(_, raw)| here(raw));
        found.expect("the message is in the folder").0
    }
}

#[async_trait]
impl World for MemoryWorld {
    fn backend(&self) -> Arc<dyn Mailboxes> {
        Arc::new(self.mailboxes.clone())
    }

    fn user(&self) -> MailboxUser {
        alice()
    }

    async fn deliver(&self, folder: &BackendKey, message: &Sample) {
        self.mailbox.deliver(folder, &message.raw, message.date, MailFlags::default()).unwrap();
    }

    async fn set_flags(&self, folder: &BackendKey, message: &Sample, flags: MailFlags) {
        assert!(self.mailbox.set_flags(folder, &self.find(folder, message), flags));
    }

    async fn remove(&self, folder: &BackendKey, message: &Sample) {
        assert!(self.mailbox.remove(folder, &self.find(folder, message)));
    }

    async fn add_folder(&self, parent: Option<&BackendKey>, name: &str) -> BackendKey {
        let path = parent.map_or_else(|| name.to_owned(), |parent| format!("{parent}/{name}"));
        self.mailbox.add_folder(&path, None)
    }

    async fn rename_folder(&self, folder: &BackendKey, name: &str) -> BackendKey {
        self.mailbox.rename_folder(folder, name).unwrap()
    }

    async fn take_down(&self, down: bool) -> bool {
        self.mailbox.set_down(down);
        true
    }
}

/// Maildirs in a directory of their own, with a delivery agent and another mail program working on the files.
pub struct FilesWorld {
    directory: TempDir,
    delivered: AtomicU32,
}

impl FilesWorld {
    /// A directory where the account, and somebody else who has mail, have opened their mailboxes before.
    pub async fn new() -> Self {
        let world = Self { directory: tempfile::tempdir().unwrap(), delivered: AtomicU32::new(0) };
        fs::create_dir(world.root()).unwrap();
        let bob = MailboxUser { address: Address::new("bob@example.com").unwrap() };
        for user in [alice(), bob] {
            world.backend().open(&user, &Secret(Vec::new())).await.unwrap();
        }
        let bobs = world.root().join("example.com/bob/Maildir/cur/1.bob:2,S");
        fs::write(bobs, "Subject: for Bob only\r\n\r\n").unwrap();
        fs::write(world.directory.path().join("1"), "outside of the root").unwrap();
        world
    }

    /// The root of all Maildirs.
    pub fn root(&self) -> PathBuf {
        self.directory.path().join("mail")
    }

    /// The account's Maildir.
    pub fn maildir(&self) -> PathBuf {
        self.root().join("example.com/alice/Maildir")
    }

    /// The directory of a folder.
    pub fn folder(&self, key: &BackendKey) -> PathBuf {
        if key.0 == "INBOX" { self.maildir() } else { self.maildir().join(&key.0) }
    }

    /// The message's file.
    pub fn find(&self, folder: &BackendKey, message: &Sample) -> PathBuf {
        let folder = self.folder(folder);
        let dirs = ["new", "cur"].map(|dir| fs::read_dir(folder.join(dir)).unwrap());
        let mut files = dirs.into_iter().flatten().map(|entry| entry.unwrap().path());
        let here = |path: &PathBuf| contains(&fs::read(path).unwrap(), &message.message_id);
        files.find(here).expect("the message is in the folder")
    }
}

#[async_trait]
impl World for FilesWorld {
    fn backend(&self) -> Arc<dyn Mailboxes> {
        Arc::new(FilesMailboxes::new(self.root()))
    }

    fn user(&self) -> MailboxUser {
        alice()
    }

    /// As the Maildir page asks: written in `tmp`, then renamed into `new`.
    async fn deliver(&self, folder: &BackendKey, message: &Sample) {
        let n = self.delivered.fetch_add(1, Relaxed);
        let name = format!("{}.M{n}P1.host,S={}", message.date, message.raw.len());
        let tmp = self.folder(folder).join("tmp").join(&name);
        fs::write(&tmp, &message.raw).unwrap();
        let date = UNIX_EPOCH + Duration::from_secs(message.date.try_into().unwrap());
        fs::File::open(&tmp).unwrap().set_modified(date).unwrap();
        fs::rename(tmp, self.folder(folder).join("new").join(name)).unwrap();
    }

    async fn set_flags(&self, folder: &BackendKey, message: &Sample, flags: MailFlags) {
        let path = self.find(folder, message);
        let name = path.file_name().unwrap().to_str().unwrap();
        let base = name.split(':').next().unwrap();
        let letters =
            [(flags.flagged, "F"), (flags.forwarded, "P"), (flags.answered, "R"), (flags.read, "S")];
        let letters: String = letters.iter().filter(|(set, _)| *set).map(|(_, letter)| *letter).collect();
        fs::rename(&path, self.folder(folder).join("cur").join(format!("{base}:2,{letters}"))).unwrap();
    }

    async fn remove(&self, folder: &BackendKey, message: &Sample) {
        fs::remove_file(self.find(folder, message)).unwrap();
    }

    /// As Dovecot does it: the directory first, its parts after that. The names used are ASCII or written out here.
    async fn add_folder(&self, parent: Option<&BackendKey>, name: &str) -> BackendKey {
        let name = match name {
            "Entwürfe & Pläne" => "Entw&APw-rfe &- Pl&AOQ-ne",
            "日本語" => "&ZeVnLIqe-",
            name => name,
        };
        assert!(name.is_ascii(), "write {name} out");
        let key = format!("{}.{name}", parent.map_or("", |parent| parent.0.as_str()));
        for part in ["", "tmp", "new", "cur"] {
            fs::create_dir(self.maildir().join(&key).join(part)).unwrap();
        }
        BackendKey(key)
    }

    async fn rename_folder(&self, folder: &BackendKey, name: &str) -> BackendKey {
        let renamed = BackendKey(format!(".{name}"));
        fs::rename(self.folder(folder), self.folder(&renamed)).unwrap();
        renamed
    }

    async fn remove_folder(&self, folder: &BackendKey) -> bool {
        fs::remove_dir_all(self.folder(folder)).unwrap();
        true
    }

    /// The disk is unmounted: the root is an empty directory.
    async fn take_down(&self, down: bool) -> bool {
        let aside = self.directory.path().join("unmounted");
        if down {
            fs::rename(self.root(), aside).unwrap();
            fs::create_dir(self.root()).unwrap();
        } else {
            // Not even an empty directory may have been made in the mount point.
            fs::remove_dir(self.root()).unwrap();
            fs::rename(aside, self.root()).unwrap();
        }
        true
    }

    async fn everything_else(&self) -> String {
        let mut files = BTreeMap::new();
        collect(self.directory.path(), &self.maildir(), &mut files);
        format!("{files:?}")
    }
}

fn collect(dir: &Path, but: &Path, files: &mut BTreeMap<PathBuf, Option<String>>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            files.insert(path.clone(), Some(fs::read_to_string(&path).unwrap()));
        } else if path != but {
            collect(&path, but, files);
            files.insert(path, None);
        }
    }
}

fn contains(raw: &[u8], text: &str) -> bool {
    raw.windows(text.len()).any(|window| window == text.as_bytes())
}
