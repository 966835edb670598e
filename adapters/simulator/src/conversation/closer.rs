//! The steps after the folders: a message, an attachment, a read mark, a Ping.

use super::{progress::Step, run::Talk};
use crate::{
    Command,
    ascmd::ping::News,
    error::Error,
    store::{Class, ClientCommand},
};

impl Talk<'_> {
    /// A message, an attachment, a read mark.
    pub(super) async fn look_closer(&mut self) {
        let messages = self.messages();
        if self.plan.fetch_message {
            let since = self.begin(Step::FetchMessage);
            match messages.first() {
                None => self.skip(Step::FetchMessage, "there is no message"),
                Some((folder, id, _)) => {
                    let item = self.phone.fetch_item(folder, id).await;
                    self.end(Step::FetchMessage, since, item, |item| {
                        let bytes = item.body.as_ref().and_then(|body| body.bytes).unwrap_or(0);
                        format!("{bytes} bytes of MIME")
                    });
                }
            }
        }
        if self.plan.fetch_attachment {
            let since = self.begin(Step::FetchAttachment);
            match messages.iter().find_map(|(_, _, attachment)| attachment.clone()) {
                None => self.skip(Step::FetchAttachment, "no message has one"),
                Some(reference) => {
                    let data = self.phone.fetch_attachment(&reference, true).await;
                    self.end(Step::FetchAttachment, since, data, |data| format!("{} bytes", data.len()));
                }
            }
        }
        if self.plan.toggle_read {
            let since = self.begin(Step::ReadMark);
            match messages.first() {
                None => self.skip(Step::ReadMark, "there is no message"),
                Some((folder, id, _)) => {
                    let toggled = self.toggle_read(folder, id).await;
                    self.end(Step::ReadMark, since, toggled, |()| "there and back".to_owned());
                }
            }
        }
        self.tell_anomalies();
    }

    /// Folder, id and first attachment of every message, the folders in their order.
    fn messages(&self) -> Vec<(String, String, Option<String>)> {
        let mut messages = Vec::new();
        let folders = self.phone.synchronised_folders();
        for folder in folders.into_iter().filter(|folder| folder.class() == Some(Class::Email)) {
            messages.extend(self.phone.state().items(&folder.id).map(|(id, item)| {
                let attachment = item.attachments.first().map(|first| first.file_reference.clone());
                (folder.id.clone(), id.to_owned(), attachment)
            }));
        }
        messages
    }

    async fn toggle_read(&mut self, folder: &str, server_id: &str) -> Result<(), Error> {
        let items = self.phone.state().collections.get(folder).map(|collection| &collection.items);
        let was = items.and_then(|items| items.get(server_id)?.read).unwrap_or(false);
        for read in [!was, was] {
            self.phone.queue(folder, [ClientCommand::SetRead { server_id: server_id.to_owned(), read }]);
            let run = self.phone.sync_folder(folder).await?;
            if let Some(refused) = run.replies.iter().find(|reply| reply.status != 1) {
                let status = refused.status;
                let (command, collection) = (Command::Sync, folder.to_owned());
                return Err(Error::CollectionStatus { command, collection, status });
            }
        }
        Ok(())
    }

    pub(super) async fn ping(&mut self) {
        let Some(heartbeat) = self.plan.ping else { return };
        let since = self.begin(Step::Ping);
        let primed: Vec<String> = self
            .phone
            .state()
            .collections
            .iter()
            .filter(|(_, collection)| collection.is_primed())
            .map(|(id, _)| id.clone())
            .collect();
        let primed: Vec<&str> = primed.iter().map(String::as_str).collect();
        let news = self.phone.ping(heartbeat, &primed).await;
        self.end(Step::Ping, since, news, |news| match news {
            News::Nothing => "nothing new".to_owned(),
            News::Folders(folders) => format!("news in {} folders", folders.len()),
            News::Hierarchy => "the folders have changed".to_owned(),
        });
        self.tell_anomalies();
    }
}
