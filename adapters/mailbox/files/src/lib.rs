//! The mailbox as a directory of Maildirs.
//!
//! Mail lies under `<root>/<domain>/<local part>/Maildir`, one file per message, in the layout of Maildir
//! (<https://cr.yp.to/proto/maildir.html>) with folders as Maildir++ has them
//! (<https://www.courier-mta.org/maildir.html>). Any delivery agent and any IMAP server that keeps the same rules may
//! work on the directories at the same time; Dovecot's `,S=` and `,W=` in file names are left alone.
//!
//! What identifies a message is the part of its file name before the `:`, which no flag change touches; its item id
//! is a hash of that. A folder's key is its directory name, `INBOX` for the Maildir itself.
//!
//! Rules of the house:
//! * nothing here follows a symbolic link below an account's Maildir;
//! * a missing root or Maildir is a disk that is not mounted, never an empty mailbox;
//! * every access to the disk runs on the blocking pool.
//!
//! Calendars and address books will lie beside `Maildir`, one directory of `.ics` or `.vcf` files each.

mod account;
mod change;
mod create;
mod error;
mod folders;
mod index;
mod mailbox;
mod message;
mod mutf7;
mod names;
mod read;
mod roles;
mod search;
#[cfg(test)]
mod tests;
mod watch;

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use syncledger_domain::{
    ids::Address,
    ports::mailbox::{BackendKey, Mailbox, MailboxError, MailboxUser, Mailboxes, Secret},
};

use crate::{
    account::{Account, RootId},
    error::blocking,
    folders::Completion,
    mailbox::FilesMailbox,
    watch::Hub,
};

/// All Maildirs under one root directory. Clones share their watches.
#[derive(Clone)]
pub struct FilesMailboxes {
    root: Arc<PathBuf>,
    root_id: Arc<OnceLock<RootId>>,
    hub: Arc<Hub>,
    completion: Arc<Completion>,
}

impl FilesMailboxes {
    /// Serves the Maildirs under `root`, which must exist when the first mailbox is opened: a missing root is taken
    /// for a disk that is not mounted. An account's Maildir is created when it is first opened.
    pub fn new(root: PathBuf) -> Self {
        Self {
            root: Arc::new(root),
            root_id: Arc::default(),
            hub: Arc::default(),
            completion: Arc::new(Completion::new(true)),
        }
    }

    /// The same, but a listing of folders makes none that are missing.
    #[must_use]
    pub fn leaving_folders(self) -> Self {
        Self { completion: Arc::new(Completion::new(false)), ..self }
    }

    /// Whether there is a Maildir of this address already; none is made.
    ///
    /// # Errors
    /// [`MailboxError::Unavailable`] when the root is missing: its disk is not mounted.
    pub async fn exists(&self, address: &Address) -> Result<bool, MailboxError> {
        let (root, root_id) = (Arc::clone(&self.root), Arc::clone(&self.root_id));
        let address = address.clone();
        blocking(move || account::exists(&root, &root_id, &address)).await
    }

    /// Makes a folder, and the folders around it where they are missing; one that exists is left as it is. `path` is
    /// the folder's name below those of its parents, in plain Unicode.
    ///
    /// # Errors
    /// [`MailboxError::Refused`] when a name is empty or too long; otherwise as [`Mailboxes::open`].
    pub async fn add_folder(&self, user: &MailboxUser, path: &[&str]) -> Result<BackendKey, MailboxError> {
        let account = self.account(user).await?;
        let path: Vec<String> = path.iter().map(|&name| name.to_owned()).collect();
        blocking(move || folders::create(&account, &path)).await
    }

    async fn account(&self, user: &MailboxUser) -> Result<Account, MailboxError> {
        let (root, root_id) = (Arc::clone(&self.root), Arc::clone(&self.root_id));
        let address = user.address.clone();
        blocking(move || Account::open(&root, &root_id, &address)).await
    }
}

#[async_trait]
impl Mailboxes for FilesMailboxes {
    async fn open(&self, user: &MailboxUser, _: &Secret) -> Result<Arc<dyn Mailbox>, MailboxError> {
        self.open_vouched(user).await
    }

    async fn open_vouched(&self, user: &MailboxUser) -> Result<Arc<dyn Mailbox>, MailboxError> {
        let account = self.account(user).await?;
        Ok(Arc::new(FilesMailbox::new(account, Arc::clone(&self.hub), Arc::clone(&self.completion))))
    }

    fn checks_secrets(&self) -> bool {
        false
    }
}
