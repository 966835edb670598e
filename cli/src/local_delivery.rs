//! Delivery inside a directory of Maildirs: what a node without a mail server can do with outgoing messages.
//!
//! A recipient is served if a Maildir of that address exists; a message with another recipient is refused as a whole,
//! so that nobody believes a message left which did not.

use std::path::PathBuf;

use async_trait::async_trait;
use syncledger_domain::{
    ids::{Address, ClientId, DeviceId},
    ports::{
        clock::Clock as _,
        mailbox::{FolderRole, MailFlags, MailboxError, MailboxUser, Mailboxes, NewItem, Origin, Secret},
        transport::{Outgoing, SendError, Transport},
    },
};
use syncledger_mailbox_files::FilesMailboxes;

use crate::system::SystemClock;

/// Delivers to the Maildirs under one root.
pub(crate) struct LocalDelivery {
    mailboxes: FilesMailboxes,
    root: PathBuf,
}

impl LocalDelivery {
    pub(crate) fn new(mailboxes: FilesMailboxes, root: PathBuf) -> Self {
        Self { mailboxes, root }
    }

    fn is_here(&self, address: &Address) -> bool {
        // Addresses hold no separators, so the path cannot leave the root.
        self.root.join(address.domain().as_str()).join(address.local()).join("Maildir").is_dir()
    }

    async fn deliver(&self, recipient: &Address, outgoing: &Outgoing) -> Result<(), MailboxError> {
        let user = MailboxUser { address: recipient.clone() };
        let mailbox = self.mailboxes.open(&user, &Secret(Vec::new())).await?;
        let folders = mailbox.folders().await?;
        let inbox = folders
            .iter()
            .find(|folder| folder.role == Some(FolderRole::Inbox))
            .ok_or_else(|| MailboxError::Refused("the mailbox has no Inbox".to_owned()))?;
        // Delivering the same message to the same mailbox again finds the first copy.
        let digest = syncledger_domain::ports::mailbox::content_digest(&outgoing.message);
        let origin = Origin {
            device: DeviceId::new("local-delivery")
                .map_err(|error| MailboxError::Refused(error.to_string()))?,
            client_id: ClientId::new(&digest).map_err(|error| MailboxError::Refused(error.to_string()))?,
        };
        let item = NewItem {
            origin,
            content: outgoing.message.clone(),
            flags: MailFlags::default(),
            date: SystemClock.now(),
        };
        mailbox.create(&inbox.key, item).await.map(drop)
    }
}

#[async_trait]
impl Transport for LocalDelivery {
    async fn send(&self, outgoing: Outgoing) -> Result<(), SendError> {
        if let Some(stranger) = outgoing.recipients.iter().find(|recipient| !self.is_here(recipient)) {
            return Err(SendError::RecipientRefused(format!(
                "{stranger} has no mailbox here, and no mail server is configured"
            )));
        }
        for recipient in &outgoing.recipients {
            self.deliver(recipient, &outgoing).await.map_err(|error| match error {
                MailboxError::QuotaExceeded => SendError::RecipientRefused(format!("{recipient}: {error}")),
                _ => SendError::Unavailable(error.to_string()),
            })?;
        }
        Ok(())
    }
}
