//! Answers that read well in tests.

use syncledger_wbxml::{
    Element, Tag,
    pages::{air_sync as a, email},
};

use crate::answer::Answer;

/// The Status of a document's root.
pub(in crate::ascmd) fn status_of(document: &Element) -> u16 {
    let status = Tag::named(document.tag.page_name().unwrap(), "Status").unwrap();
    number(document.child(status).unwrap_or_else(|| panic!("no Status in {document}")))
}

/// All texts of elements with this name, in document order.
pub(in crate::ascmd) fn texts(element: &Element, tag: Tag) -> Vec<String> {
    let mut found = Vec::new();
    collect(element, tag, &mut found);
    found
}

fn collect(element: &Element, tag: Tag, found: &mut Vec<String>) {
    for child in element.elements() {
        if child.tag == tag && child.elements().next().is_none() {
            found.push(child.text_lossy().into_owned());
        }
        collect(child, tag, found);
    }
}

fn number(element: &Element) -> u16 {
    element.text_content().unwrap().parse().unwrap()
}

/// An answer of Sync.
#[derive(Debug)]
pub(in crate::ascmd) struct Synced(Option<Element>);

impl Synced {
    pub(in crate::ascmd) fn of(answer: Answer) -> Self {
        match answer {
            Answer::Wbxml(document) => Self(Some(document)),
            Answer::Empty => Self(None),
            Answer::Multipart(_) => panic!("{answer:?}"),
        }
    }

    /// Whether there was no document.
    pub(in crate::ascmd) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(in crate::ascmd) fn document(&self) -> &Element {
        self.0.as_ref().expect("an answer with a document")
    }

    /// Status of the whole, and Limit.
    pub(in crate::ascmd) fn global(&self) -> (u16, Option<u16>) {
        assert!(self.document().child(a::COLLECTIONS).is_none(), "{}", self.document());
        (status_of(self.document()), self.document().child(a::LIMIT).map(number))
    }

    /// The answers of its collections.
    pub(in crate::ascmd) fn collections(&self) -> Vec<&Element> {
        let collections = self.document().child(a::COLLECTIONS);
        collections.unwrap_or_else(|| panic!("{}", self.document())).children_with(a::COLLECTION).collect()
    }

    /// The one collection there is.
    pub(in crate::ascmd) fn collection(&self) -> &Element {
        let [collection] = self.collections()[..] else { panic!("{}", self.document()) };
        collection
    }

    /// Its key, after a success.
    pub(in crate::ascmd) fn key(&self) -> String {
        assert_eq!(self.status(), 1, "{}", self.document());
        self.any_key()
    }

    /// Its key.
    pub(in crate::ascmd) fn any_key(&self) -> String {
        self.collection().child(a::SYNC_KEY).unwrap().text_lossy().into_owned()
    }

    /// Its Status.
    pub(in crate::ascmd) fn status(&self) -> u16 {
        number(self.collection().child(a::STATUS).unwrap())
    }

    pub(in crate::ascmd) fn more(&self) -> bool {
        self.collection().child(a::MORE_AVAILABLE).is_some()
    }

    fn commands(&self, tag: Tag) -> Vec<&Element> {
        let commands = self.collection().child(a::COMMANDS);
        commands.into_iter().flat_map(|commands| commands.children_with(tag)).collect()
    }

    fn ids(&self, tag: Tag) -> Vec<String> {
        self.commands(tag).into_iter().map(server_id).collect()
    }

    /// Each ServerId of the Adds.
    pub(in crate::ascmd) fn adds(&self) -> Vec<String> {
        self.ids(a::ADD)
    }

    /// Subjects of the Adds.
    pub(in crate::ascmd) fn subjects(&self) -> Vec<String> {
        self.commands(a::ADD).into_iter().flat_map(|add| texts(add, email::SUBJECT)).collect()
    }

    /// ServerId and Read of the Changes; no Read is empty.
    pub(in crate::ascmd) fn changes(&self) -> Vec<(String, String)> {
        let read = |change: &Element| texts(change, email::READ).concat();
        self.commands(a::CHANGE).into_iter().map(|change| (server_id(change), read(change))).collect()
    }

    pub(in crate::ascmd) fn deletes(&self) -> Vec<String> {
        self.ids(a::DELETE)
    }

    pub(in crate::ascmd) fn soft_deletes(&self) -> Vec<String> {
        self.ids(a::SOFT_DELETE)
    }

    /// Name, id (ServerId or ClientId) and Status of each reply.
    pub(in crate::ascmd) fn replies(&self) -> Vec<(&'static str, String, u16)> {
        let responses = self.collection().child(a::RESPONSES);
        let reply = |reply: &Element| {
            let id =
                reply.child(a::CLIENT_ID).or(reply.child(a::SERVER_ID)).unwrap().text_lossy().into_owned();
            (reply.tag.name().unwrap(), id, number(reply.child(a::STATUS).unwrap()))
        };
        responses.into_iter().flat_map(Element::elements).map(reply).collect()
    }
}

fn server_id(element: &Element) -> String {
    element.child(a::SERVER_ID).unwrap().text_lossy().into_owned()
}
