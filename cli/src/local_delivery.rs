//! Delivery inside a directory of Maildirs: what a node without a mail server can do with outgoing messages.
//!
//! A recipient is served if a Maildir of that address exists; a message with another recipient is refused as a whole,
//! so that nobody believes a message left which did not.

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
}

impl LocalDelivery {
    pub(crate) fn new(mailboxes: FilesMailboxes) -> Self {
        Self { mailboxes }
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
        for recipient in &outgoing.recipients {
            let is_here = self.mailboxes.exists(recipient).await;
            if !is_here.map_err(|error| SendError::Unavailable(error.to_string()))? {
                return Err(SendError::RecipientRefused(format!(
                    "{recipient} has no mailbox here, and no mail server is configured"
                )));
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn message(recipients: &[&str]) -> Outgoing {
        let address = |text: &str| Address::new(text).unwrap();
        Outgoing {
            from: address("alice@example.com"),
            recipients: recipients.iter().copied().map(address).collect(),
            message: b"Subject: hello\r\n\r\nHello.\r\n".to_vec().into(),
        }
    }

    #[tokio::test]
    async fn a_recipient_whose_local_part_is_no_plain_directory_name_is_served() {
        let root = tempfile::tempdir().unwrap();
        let mailboxes = FilesMailboxes::new(root.path().to_owned());
        let delivery = LocalDelivery::new(mailboxes.clone());
        let recipient = "o'brien@example.com";
        let refused = delivery.send(message(&[recipient])).await.unwrap_err();
        assert!(matches!(refused, SendError::RecipientRefused(_)), "{refused}");

        let user = MailboxUser { address: Address::new(recipient).unwrap() };
        let mailbox = mailboxes.open(&user, &Secret(Vec::new())).await.unwrap();
        delivery.send(message(&[recipient])).await.unwrap();
        let inbox = syncledger_domain::ports::mailbox::BackendKey("INBOX".to_owned());
        assert_eq!(mailbox.index(&inbox, None).await.unwrap().entries.len(), 1);

        let refused = delivery.send(message(&[recipient, "nobody@example.com"])).await.unwrap_err();
        assert!(refused.to_string().contains("nobody@example.com"), "{refused}");
        assert_eq!(mailbox.index(&inbox, None).await.unwrap().entries.len(), 1, "all or nobody");
    }
}
