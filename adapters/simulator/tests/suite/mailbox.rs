//! A small honest server: folders, items, two generations of keys. Enough to see whether a phone ends with what
//! the mailbox holds.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use syncledger_wbxml::{
    Element,
    pages::{
        air_sync, air_sync_base, email, folder_hierarchy as fh, get_item_estimate as gie,
        item_operations as io,
    },
};

use crate::canned::{Answer, Received, Server, offer};

/// One message.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Mail {
    pub(crate) subject: String,
    pub(crate) read: bool,
}

/// What a device knows of a folder.
#[derive(Clone, Default)]
struct Known {
    confirmed: (u32, BTreeMap<String, Mail>),
    offered: Option<(u32, BTreeMap<String, Mail>)>,
    last: u32,
    /// Items made for `ClientId`s.
    made: BTreeMap<String, String>,
}

/// Everything at the server.
#[derive(Default)]
pub(crate) struct Mailbox {
    /// Id to name.
    pub(crate) folders: BTreeMap<String, String>,
    pub(crate) items: BTreeMap<String, BTreeMap<String, Mail>>,
    known: BTreeMap<String, Known>,
    next: u32,
    /// Messages sent, by `ClientId`.
    pub(crate) sent: BTreeMap<String, u32>,
}

/// The mailbox behind a server.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Mailbox>>);

impl Shared {
    /// Inbox (2) with `inbox` messages and Archive (21) with none.
    pub(crate) fn with_inbox(inbox: usize) -> Self {
        let shared = Self::default();
        {
            let mut mailbox = shared.lock();
            for (id, name) in [("2", "Inbox"), ("21", "Archive")] {
                mailbox.folders.insert(id.to_owned(), name.to_owned());
                mailbox.items.insert(id.to_owned(), BTreeMap::new());
            }
            for at in 0..inbox {
                mailbox.deliver("2", &format!("message {at}"));
            }
        }
        shared
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Mailbox> {
        self.0.lock().unwrap()
    }

    pub(crate) async fn serve(&self) -> Server {
        let shared = self.clone();
        Server::start(move |request| shared.lock().answer(request)).await
    }

    /// (folder, subject) of everything.
    pub(crate) fn content(&self) -> Vec<(String, String)> {
        let mailbox = self.lock();
        let names = &mailbox.folders;
        let items = mailbox.items.iter();
        items
            .flat_map(|(id, items)| items.values().map(|mail| (names[id].clone(), mail.subject.clone())))
            .collect()
    }
}

impl Mailbox {
    pub(crate) fn deliver(&mut self, folder: &str, subject: &str) -> String {
        self.next += 1;
        let id = format!("{folder}:{}", self.next);
        let mail = Mail { subject: subject.to_owned(), read: false };
        self.items.get_mut(folder).unwrap().insert(id.clone(), mail);
        id
    }

    /// As if the state of this folder were lost.
    pub(crate) fn forget(&mut self, folder: &str) {
        self.known.remove(folder);
    }

    fn answer(&mut self, request: &Received) -> Answer {
        let root = request.document();
        match (request.command(), root) {
            ("OPTIONS", _) => offer("12.1,14.0,14.1,16.0,16.1"),
            ("Provision", _) => {
                Answer::golden("03-provision-acknowledge", "answer to phase 1 when no policy applies")
            }
            ("FolderSync", Some(root)) => self.folder_sync(&root),
            ("GetItemEstimate", Some(root)) => self.estimate(&root),
            ("Sync", Some(root)) => self.sync(&root),
            ("ItemOperations", Some(root)) => fetch(&root),
            ("SendMail", Some(root)) => self.send(&root),
            ("Ping", Some(_)) => Answer::golden("17-ping", "answer: time over"),
            (_, None) => Answer::status(400),
            _ => Answer::status(501),
        }
    }

    fn folder_sync(&mut self, root: &Element) -> Answer {
        let key = text(root, fh::SYNC_KEY);
        let mut changes = Element::new(fh::CHANGES);
        let told = if key == "0" { self.folders.clone() } else { BTreeMap::new() };
        changes.push(Element::text(fh::COUNT, told.len().to_string()));
        for (id, name) in told {
            let kind = if id == "2" { "2" } else { "12" };
            changes.push(
                Element::new(fh::ADD)
                    .with(Element::text(fh::SERVER_ID, id))
                    .with(Element::text(fh::PARENT_ID, "0"))
                    .with(Element::text(fh::DISPLAY_NAME, name))
                    .with(Element::text(fh::TYPE, kind)),
            );
        }
        Answer::document(
            &Element::new(fh::FOLDER_SYNC)
                .with(Element::text(fh::STATUS, "1"))
                .with(Element::text(fh::SYNC_KEY, "h1"))
                .with(changes),
        )
    }

    fn estimate(&mut self, root: &Element) -> Answer {
        let collection = root.child(gie::COLLECTIONS).unwrap().child(gie::COLLECTION).unwrap();
        let id = text(collection, gie::COLLECTION_ID);
        let pending = difference(&self.known[&id].confirmed.1, &self.items[&id]).len();
        let collection = Element::new(gie::COLLECTION)
            .with(Element::text(gie::COLLECTION_ID, id))
            .with(Element::text(gie::ESTIMATE, pending.to_string()));
        let response = Element::new(gie::RESPONSE).with(Element::text(gie::STATUS, "1")).with(collection);
        Answer::document(&Element::new(gie::GET_ITEM_ESTIMATE).with(response))
    }

    fn sync(&mut self, root: &Element) -> Answer {
        let collections = root.child(air_sync::COLLECTIONS).unwrap();
        let answers: Vec<_> = collections.elements().map(|collection| self.collection(collection)).collect();
        Answer::document(
            &Element::new(air_sync::SYNC).with(Element::new(air_sync::COLLECTIONS).with_all(answers)),
        )
    }

    fn collection(&mut self, asked: &Element) -> Element {
        let (id, key) = (text(asked, air_sync::COLLECTION_ID), text(asked, air_sync::SYNC_KEY));
        let answer = |key: String, status: &str| {
            Element::new(air_sync::COLLECTION)
                .with(Element::text(air_sync::SYNC_KEY, key))
                .with(Element::text(air_sync::COLLECTION_ID, &id))
                .with(Element::text(air_sync::STATUS, status))
        };
        if key == "0" {
            let mut known = Known::default();
            known.confirmed.0 = 1;
            known.last = 1;
            self.known.insert(id.clone(), known);
            return answer("1".to_owned(), "1");
        }
        let number: Option<u32> = key.parse().ok();
        let Some(known) = self.known.get_mut(&id) else { return answer("0".to_owned(), "3") };
        match (&known.offered, number) {
            (Some((offered, _)), Some(number)) if *offered == number => {
                known.confirmed = known.offered.take().unwrap();
                known.made.clear();
            }
            (_, Some(number)) if number == known.confirmed.0 => {}
            _ => return answer("0".to_owned(), "3"),
        }
        let mut known = known.clone();
        let mut base = known.confirmed.1.clone();
        // What was told about the user's own changes in an answer that was lost stays known.
        let replies = self.client_commands(&id, asked, &mut known, &mut base);
        let window = text(asked, air_sync::WINDOW_SIZE).parse().unwrap_or(100);
        let changes = difference(&base, &self.items[&id]);
        let more = changes.len() > window;
        let mut commands = Element::new(air_sync::COMMANDS);
        for (item, now) in changes.into_iter().take(window) {
            commands.push(command(&item, base.contains_key(&item), now.as_ref()));
            match now {
                Some(now) => base.insert(item, now),
                None => base.remove(&item),
            };
        }
        let news = !commands.is_empty() || asked.child(air_sync::COMMANDS).is_some();
        let new_key = if news {
            known.last += 1;
            known.offered = Some((known.last, base));
            known.last
        } else {
            number.unwrap()
        };
        self.known.insert(id.clone(), known);
        answer(new_key.to_string(), "1")
            .with_all(more.then(|| Element::new(air_sync::MORE_AVAILABLE)))
            .with_all((!replies.is_empty()).then_some(replies))
            .with_all((!commands.is_empty()).then_some(commands))
    }

    fn client_commands(
        &mut self,
        folder: &str,
        asked: &Element,
        known: &mut Known,
        base: &mut BTreeMap<String, Mail>,
    ) -> Element {
        let mut replies = Element::new(air_sync::RESPONSES);
        for command in asked.child(air_sync::COMMANDS).into_iter().flat_map(Element::elements) {
            let data = command.child(air_sync::APPLICATION_DATA);
            match command.tag {
                air_sync::ADD => {
                    let client_id = text(command, air_sync::CLIENT_ID);
                    let made = known.made.get(&client_id).cloned();
                    let made =
                        made.unwrap_or_else(|| self.deliver(folder, &text(data.unwrap(), email::SUBJECT)));
                    known.made.insert(client_id.clone(), made.clone());
                    base.insert(made.clone(), self.items[folder][&made].clone());
                    replies.push(
                        Element::new(air_sync::ADD)
                            .with(Element::text(air_sync::CLIENT_ID, client_id))
                            .with(Element::text(air_sync::SERVER_ID, made))
                            .with(Element::text(air_sync::STATUS, "1")),
                    );
                }
                air_sync::CHANGE => {
                    let id = text(command, air_sync::SERVER_ID);
                    if let Some(mail) = self.items.get_mut(folder).unwrap().get_mut(&id) {
                        mail.read = text(data.unwrap(), email::READ) == "1";
                        // Writing proves nothing about what the phone has.
                        base.entry(id).and_modify(|known| known.clone_from(mail));
                    } else {
                        replies.push(
                            Element::new(air_sync::CHANGE)
                                .with(Element::text(air_sync::SERVER_ID, id))
                                .with(Element::text(air_sync::STATUS, "8")),
                        );
                    }
                }
                air_sync::DELETE => {
                    let id = text(command, air_sync::SERVER_ID);
                    self.items.get_mut(folder).unwrap().remove(&id);
                    base.remove(&id);
                }
                other => panic!("unexpected {other}"),
            }
        }
        replies
    }

    fn send(&mut self, root: &Element) -> Answer {
        use syncledger_wbxml::pages::compose_mail;
        let times = self.sent.entry(text(root, compose_mail::CLIENT_ID)).or_default();
        *times += 1;
        if *times == 1 {
            return Answer::status(200);
        }
        let status = Element::text(compose_mail::STATUS, "118");
        Answer::document(&Element::new(compose_mail::SEND_MAIL).with(status))
    }
}

fn command(id: &str, known: bool, now: Option<&Mail>) -> Element {
    let id = Element::text(air_sync::SERVER_ID, id);
    let Some(mail) = now else { return Element::new(air_sync::DELETE).with(id) };
    let read = Element::text(email::READ, if mail.read { "1" } else { "0" });
    let data = Element::new(air_sync::APPLICATION_DATA);
    if known {
        return Element::new(air_sync::CHANGE).with(id).with(data.with(read));
    }
    let attachment = Element::new(air_sync_base::ATTACHMENT)
        .with(Element::text(air_sync_base::DISPLAY_NAME, "menu.pdf"))
        .with(Element::text(air_sync_base::FILE_REFERENCE, "file-1"))
        .with(Element::text(air_sync_base::METHOD, "1"));
    let data = data
        .with(Element::text(email::SUBJECT, &mail.subject))
        .with(read)
        .with(Element::new(air_sync_base::ATTACHMENTS).with(attachment));
    Element::new(air_sync::ADD).with(id).with(data)
}

fn fetch(root: &Element) -> Answer {
    let fetch = root.child(io::FETCH).unwrap();
    let properties = Element::new(io::PROPERTIES);
    let properties = if fetch.child(air_sync_base::FILE_REFERENCE).is_some() {
        properties.with(Element::text(io::DATA, "UERG"))
    } else {
        let body = Element::new(air_sync_base::BODY)
            .with(Element::text(air_sync_base::TYPE, "4"))
            .with(Element::text(air_sync_base::DATA, "Subject: x\r\n\r\n"));
        properties.with(body)
    };
    let answer = Element::new(io::FETCH)
        .with(Element::text(io::STATUS, "1"))
        .with_all(fetch.child(air_sync_base::FILE_REFERENCE).cloned())
        .with(properties);
    Answer::document(
        &Element::new(io::ITEM_OPERATIONS)
            .with(Element::text(io::STATUS, "1"))
            .with(Element::new(io::RESPONSE).with(answer)),
    )
}

/// What must be told to get from `before` to `after`; `None` is a deletion.
fn difference(
    before: &BTreeMap<String, Mail>,
    after: &BTreeMap<String, Mail>,
) -> Vec<(String, Option<Mail>)> {
    let gone = before.keys().filter(|id| !after.contains_key(*id)).map(|id| (id.clone(), None));
    let new = after.iter().filter(|(id, mail)| before.get(*id) != Some(*mail));
    gone.chain(new.map(|(id, mail)| (id.clone(), Some(mail.clone())))).collect()
}

fn text(parent: &Element, tag: syncledger_wbxml::Tag) -> String {
    parent.child(tag).map(|child| child.text_lossy().into_owned()).unwrap_or_default()
}
