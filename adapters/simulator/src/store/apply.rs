//! How one collection of a Sync answer changes the phone's memory. MS-ASCMD, "Sync".

use std::collections::BTreeSet;

use syncledger_wbxml::{Element, Tag, pages::air_sync};

use super::{Anomaly, ClientCommand, Collection, Item, KEY_ZERO, item::forbidden_characters};
use crate::{
    ascmd::sync::{CollectionAnswer, CollectionOutcome, Fetched, Replied, Reply, ServerCommand},
    config::BodyChoice,
};

/// What the request said about a collection.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) key: String,
    pub(crate) get_changes: bool,
    pub(crate) window: u16,
    pub(crate) commands: Vec<ClientCommand>,
    pub(crate) fetch: Vec<String>,
    pub(crate) body: Option<BodyChoice>,
}

/// Applies an answer with Status 1. Returns what changed and what was wrong.
pub(crate) fn apply(
    collection: &mut Collection,
    sent: &Sent,
    answer: CollectionAnswer,
    keep_bodies: bool,
) -> (CollectionOutcome, Vec<Anomaly>) {
    let mut applying = Applying {
        collection,
        sent,
        keep_bodies,
        outcome: CollectionOutcome::new(&sent.id, &sent.key, 1),
        anomalies: Vec::new(),
    };
    applying.run(answer);
    (applying.outcome, applying.anomalies)
}

struct Applying<'a> {
    collection: &'a mut Collection,
    sent: &'a Sent,
    keep_bodies: bool,
    outcome: CollectionOutcome,
    anomalies: Vec<Anomaly>,
}

impl Applying<'_> {
    fn run(&mut self, answer: CollectionAnswer) {
        let id = self.sent.id.clone();
        let Some(key) = answer.sync_key.clone().filter(|key| key != KEY_ZERO && !key.is_empty()) else {
            self.anomalies.push(Anomaly::NoKey { collection: id });
            self.outcome.status = 0;
            return;
        };
        self.check(&answer, &key);
        self.outcome.more_available = answer.more_available;
        self.replies(answer.replies);
        // A change the server took is part of the state that a key stands for.
        if key == self.sent.key && self.outcome.replies.iter().any(|reply| reply.status == 1) {
            self.anomalies.push(Anomaly::ChangesWithoutNewKey { collection: id.clone(), key: key.clone() });
        }
        self.commands(answer.commands);
        if self.collection.pinged && self.outcome.changes() == 0 && self.sent.get_changes {
            if self.sent.key != KEY_ZERO && !answer.more_available {
                self.anomalies.push(Anomaly::PingWithoutNews { collection: id });
            }
            self.collection.pinged &= answer.more_available || self.sent.key == KEY_ZERO;
        } else if self.outcome.changes() > 0 {
            self.collection.pinged = false;
        }
        if self.sent.key != KEY_ZERO && self.sent.get_changes && !answer.more_available {
            self.collection.complete = true;
        }
        self.outcome.key_after.clone_from(&key);
        self.collection.key = key;
    }

    /// Rules about the answer as a whole.
    fn check(&mut self, answer: &CollectionAnswer, key: &str) {
        let collection = || self.sent.id.clone();
        let commands = answer.commands.len();
        let same_key = key == self.sent.key;
        let mut wrong = Vec::new();
        if self.sent.key == KEY_ZERO && (commands > 0 || answer.more_available) {
            wrong.push(Anomaly::ContentWithKeyZero { collection: collection() });
        }
        if same_key && answer.more_available {
            wrong.push(Anomaly::MoreAvailableWithoutNewKey { collection: collection(), key: key.to_owned() });
        } else if same_key && commands > 0 {
            wrong.push(Anomaly::ChangesWithoutNewKey { collection: collection(), key: key.to_owned() });
        }
        if answer.more_available && commands == 0 && answer.replies.is_empty() && self.sent.key != KEY_ZERO {
            wrong.push(Anomaly::MoreAvailableWithoutChanges { collection: collection() });
        }
        if !self.sent.get_changes && self.sent.key != KEY_ZERO && (commands > 0 || answer.more_available) {
            wrong.push(Anomaly::UnaskedChanges { collection: collection() });
        }
        if commands > usize::from(self.sent.window) {
            let window = self.sent.window;
            wrong.push(Anomaly::WindowExceeded { collection: collection(), commands, window });
        }
        self.anomalies.append(&mut wrong);
    }

    /// Every client change gets its verdict: the reply's, or success where silence means it.
    fn replies(&mut self, replies: Vec<Reply>) {
        let mut replies: Vec<Option<Reply>> = replies.into_iter().map(Some).collect();
        let mut take = |tag: Tag, id: &str| {
            let reply = replies
                .iter_mut()
                .find(|reply| reply.as_ref().is_some_and(|reply| reply.tag == tag && reply.id() == Some(id)));
            reply.and_then(Option::take)
        };
        for command in &self.sent.commands {
            let reply = take(command.tag(), command.id());
            self.settle(command, reply);
        }
        for server_id in &self.sent.fetch {
            let reply = take(air_sync::FETCH, server_id);
            self.fetched(server_id, reply);
        }
        self.collection.in_flight.clear();
        for reply in replies.into_iter().flatten() {
            let id = reply.id().unwrap_or_default().to_owned();
            let what = reply.tag.name().unwrap_or("?").to_owned();
            self.anomalies.push(Anomaly::UnaskedReply { collection: self.sent.id.clone(), what, id });
        }
    }

    fn settle(&mut self, command: &ClientCommand, reply: Option<Reply>) {
        let adds = matches!(command, ClientCommand::Add { .. });
        if reply.is_none() && adds {
            let (what, id) = ("Add".to_owned(), command.id().to_owned());
            self.anomalies.push(Anomaly::NoReply { collection: self.sent.id.clone(), what, id });
            return;
        }
        let status = reply.as_ref().map_or(1, |reply| reply.status);
        let server_id = reply.and_then(|reply| reply.server_id).or(command.server_id().map(str::to_owned));
        if let (1, Some(server_id)) = (status, &server_id) {
            self.done(command, server_id);
        } else if adds && status == 1 {
            let what = "the ServerId of an added item".to_owned();
            self.anomalies.push(Anomaly::CommandLacks { collection: self.sent.id.clone(), what });
        }
        self.outcome.replies.push(Replied { command: command.clone(), server_id, status });
    }

    /// The server took the change; the phone's own copy follows.
    fn done(&mut self, command: &ClientCommand, server_id: &str) {
        let items = &mut self.collection.items;
        match (command.data(), items.get_mut(server_id)) {
            (None, _) => {
                items.remove(server_id);
            }
            (Some(data), Some(item)) => {
                item.merge(&data, self.keep_bodies);
            }
            (Some(data), None) if matches!(command, ClientCommand::Add { .. }) => {
                items.insert(server_id.to_owned(), Item::new(&data, self.keep_bodies));
            }
            // A change of an item that has left meanwhile.
            (Some(_), None) => {}
        }
    }

    fn fetched(&mut self, server_id: &str, reply: Option<Reply>) {
        let Some(reply) = reply else {
            let (what, id) = ("Fetch".to_owned(), server_id.to_owned());
            self.anomalies.push(Anomaly::NoReply { collection: self.sent.id.clone(), what, id });
            return;
        };
        let item = reply.data.as_ref().map(|data| Item::new(data, true));
        self.outcome.fetched.push(Fetched { server_id: server_id.to_owned(), status: reply.status, item });
    }

    fn commands(&mut self, commands: Vec<ServerCommand>) {
        let mut seen = BTreeSet::new();
        for command in commands {
            let collection = self.sent.id.clone();
            let Some(server_id) = command.server_id.clone().filter(|id| !id.is_empty()) else {
                self.anomalies.push(Anomaly::CommandLacks { collection, what: "ServerId".to_owned() });
                continue;
            };
            if !seen.insert(server_id.clone()) {
                self.anomalies.push(Anomaly::ItemTwice { collection, server_id: server_id.clone() });
            }
            self.command(command, server_id);
        }
    }

    fn command(&mut self, command: ServerCommand, server_id: String) {
        let collection = self.sent.id.clone();
        match (command.tag, command.data) {
            (air_sync::ADD | air_sync::CHANGE, None) => {
                let what = format!("ApplicationData of {server_id}");
                self.anomalies.push(Anomaly::CommandLacks { collection, what });
            }
            (air_sync::ADD, Some(data)) => {
                self.inspect(&server_id, &data);
                let item = Item::new(&data, self.keep_bodies);
                self.collection.moved_away.remove(&server_id);
                if self.collection.items.insert(server_id.clone(), item).is_none() {
                    self.outcome.added.push(server_id);
                } else {
                    self.outcome.changed.push(server_id);
                }
            }
            (air_sync::CHANGE, Some(data)) => {
                self.inspect(&server_id, &data);
                match self.collection.items.get_mut(&server_id) {
                    Some(item) => {
                        if !item.merge(&data, self.keep_bodies) {
                            let server_id = server_id.clone();
                            self.anomalies.push(Anomaly::ChangeWithoutNews { collection, server_id });
                        }
                        self.outcome.changed.push(server_id);
                    }
                    None => self.anomalies.push(Anomaly::ChangeOfUnknownItem { collection, server_id }),
                }
            }
            (tag, _) => self.delete(tag, server_id),
        }
    }

    fn delete(&mut self, tag: Tag, server_id: String) {
        let known = self.collection.items.remove(&server_id).is_some();
        if !known && !self.collection.moved_away.remove(&server_id) {
            let collection = self.sent.id.clone();
            self.anomalies.push(Anomaly::DeleteOfUnknownItem { collection, server_id });
        } else if tag == air_sync::SOFT_DELETE {
            self.outcome.soft_deleted.push(server_id);
        } else {
            self.outcome.deleted.push(server_id);
        }
    }

    /// Rules about one item's properties.
    fn inspect(&mut self, server_id: &str, data: &Element) {
        let (collection, server_id) = (self.sent.id.clone(), server_id.to_owned());
        if let Some(property) = forbidden_characters(data) {
            let (collection, server_id) = (collection.clone(), server_id.clone());
            self.anomalies.push(Anomaly::ForbiddenCharacters { collection, server_id, property });
        }
        let Some(body) = Item::new(data, false).body else { return };
        let lacks = if body.kind == 0 {
            Some("Type")
        } else if body.truncated && body.estimated_size.is_none() {
            Some("EstimatedDataSize")
        } else {
            None
        };
        if let Some(what) = lacks {
            let (collection, server_id) = (collection.clone(), server_id.clone());
            self.anomalies.push(Anomaly::BodyLacks { collection, server_id, what: what.to_owned() });
        }
        let asked = self.sent.body.filter(|asked| u32::from(asked.kind) == body.kind);
        if let (Some(bytes), Some(allowed)) = (body.bytes, asked.and_then(|asked| asked.truncation_size))
            && bytes > u64::from(allowed)
        {
            self.anomalies.push(Anomaly::BodyTooLong { collection, server_id, bytes, allowed });
        }
    }
}
