//! A small client with a memory, to see that it ends with what the mailbox holds.

use std::collections::BTreeMap;

use syncledger_wbxml::{
    Element, Tag,
    pages::{air_sync as a, email},
};

use super::{Desk, Synced};

/// What the client believes of the Inbox.
#[derive(Clone, Debug)]
pub(in crate::ascmd) struct Client {
    pub(in crate::ascmd) key: String,
    /// Whether each message is read and flagged.
    pub(in crate::ascmd) items: BTreeMap<String, (bool, bool)>,
    /// Adds of messages it had already: content downloaded in vain.
    pub(in crate::ascmd) doubled: usize,
}

impl Default for Client {
    fn default() -> Self {
        Self { key: "0".to_owned(), items: BTreeMap::new(), doubled: 0 }
    }
}

impl Client {
    /// One exchange, whose answer may get lost; gives the answer that did not.
    pub(in crate::ascmd) async fn exchange(&mut self, desk: &Desk, more: &str, lost: bool) -> Option<Synced> {
        let answer = desk.inbox(&self.key, more).await;
        if lost {
            return None;
        }
        if !answer.is_empty() {
            assert_eq!(answer.status(), 1, "{}", answer.document());
            self.take(&answer);
        }
        Some(answer)
    }

    /// Exchanges until there is nothing new; gives how many it took.
    pub(in crate::ascmd) async fn finish(&mut self, desk: &Desk) -> usize {
        for exchanges in 1..200 {
            if self.exchange(desk, "<WindowSize>3</WindowSize>", false).await.unwrap().is_empty() {
                return exchanges;
            }
        }
        panic!("it never ends");
    }

    fn take(&mut self, answer: &Synced) {
        self.key = answer.key();
        let Some(commands) = answer.collection().child(a::COMMANDS) else { return };
        for command in commands.elements() {
            let id = command.child(a::SERVER_ID).unwrap().text_lossy().into_owned();
            match command.tag {
                a::ADD => {
                    let item = (flag(command, email::READ, false), is_flagged(command, false));
                    self.doubled += usize::from(self.items.insert(id, item).is_some());
                }
                a::CHANGE => {
                    let item = self.items.get_mut(&id).unwrap_or_else(|| panic!("Change of an unknown {id}"));
                    *item = (flag(command, email::READ, item.0), is_flagged(command, item.1));
                }
                a::DELETE | a::SOFT_DELETE => drop(self.items.remove(&id)),
                other => panic!("{other} among Commands"),
            }
        }
    }
}

fn flag(command: &Element, tag: Tag, otherwise: bool) -> bool {
    let data = command.child(a::APPLICATION_DATA).unwrap();
    data.child(tag).map_or(otherwise, |value| value.text_lossy() == "1")
}

fn is_flagged(command: &Element, otherwise: bool) -> bool {
    let data = command.child(a::APPLICATION_DATA).unwrap();
    data.child(email::FLAG)
        .map_or(otherwise, |flag| flag.child(email::STATUS).is_some_and(|status| status.text_lossy() == "2"))
}
